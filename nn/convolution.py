"""Convolution of images of one, two or three dimensions, and its transpose.

Images `x`, weights and results `y` make one number that is linear in each, ``sum(y * convolve(x, weight))``. All that
derivatives of convolutions are made of, of any order, are its three partial derivatives:

===================== ===================== ====================
function              of                    is the derivative by
===================== ===================== ====================
`convolve`            images and weights    the results
`convolve_transposed` results and weights   the images
`correlate`           images and results    the weights
===================== ===================== ====================

PyTorch and JAX have kernels for these. Elsewhere they are matrix products of windows laid out one block after another.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from autodiff import array_namespace, primitive
from autodiff.batching.kinds import is_batched, size_of, spread
from autodiff.namespaces import device_of
from autodiff.rules import Bilinear, Rule
from nn.namespaces import Array, Namespace
from nn.padding import pad
from nn.windows import AXES, Sizes, Windows, batch_first, batch_last, more_images, of_images, per_axis

__all__ = ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]

_BLOCK = 1 << 19
"""Elements of windows that are laid out at a time: many for one matrix product, few for the cache and the memory."""


def _blocks(windows: Windows, channels: int, batch: int) -> Iterator[slice]:
    """Windows in blocks along the first axis."""
    first, *rest = windows.counts
    rows = max(1, _BLOCK // max(1, channels * math.prod(windows.size) * math.prod(rest) * batch))
    for start in range(0, first, rows):
        yield slice(start, min(start + rows, first))


def _laid_out(xp: Namespace, x: Array, *, windows: Windows, groups: int) -> Iterator[tuple[slice, Array]]:
    """Blocks of windows, each a matrix for each group: a row for each element, a column for each window."""
    batch, channels = x.shape[:2]
    image = xp.zeros((channels, *windows.padded, batch), dtype=x.dtype, device=device_of(x))
    image[(slice(None), *windows.inside, ...)] = batch_last(xp, x)
    elements = math.prod(windows.size)
    blocks = list(_blocks(windows, channels, batch))
    shape = (channels, elements, blocks[0].stop, *windows.counts[1:], batch)
    # Memory is written to many times faster once it has been written to.
    scratch = xp.empty((math.prod(shape),), dtype=x.dtype, device=device_of(x))
    for block in blocks:
        shape = (*shape[:2], block.stop - block.start, *shape[3:])
        patches = xp.reshape(scratch[: math.prod(shape)], shape)
        for i, key in enumerate(windows.elements(block.start, block.stop)):
            patches[:, i, ...] = image[(slice(None), *key, ...)]
        yield block, xp.reshape(patches, (groups, channels // groups * elements, math.prod(shape[2:])))


def _matrices(xp: Namespace, weight: Array, groups: int) -> Array:
    return xp.reshape(weight, (groups, weight.shape[0] // groups, math.prod(weight.shape[1:])))


def _results(xp: Namespace, y: Array, groups: int) -> Array:
    """Results, with the batch axis last, as a matrix for each group."""
    return xp.reshape(y, (groups, y.shape[0] // groups, math.prod(y.shape[1:])))


def _convolve(xp: Namespace, x: Array, weight: Array, *, windows: Windows, groups: int) -> Array:
    shape = (weight.shape[0], *windows.counts, x.shape[0])
    y = xp.empty(shape, dtype=x.dtype, device=device_of(x))
    matrices = _matrices(xp, weight, groups)
    for block, patches in _laid_out(xp, x, windows=windows, groups=groups):
        y[:, block, ...] = xp.reshape(xp.matmul(matrices, patches), (shape[0], block.stop - block.start, *shape[2:]))
    return batch_first(xp, y)


def _convolve_transposed(xp: Namespace, y: Array, weight: Array, *, windows: Windows, groups: int) -> Array:
    batch, channels = y.shape[0], weight.shape[1] * groups
    image = xp.zeros((channels, *windows.padded, batch), dtype=y.dtype, device=device_of(y))
    y = batch_last(xp, y)
    matrices = xp.matrix_transpose(_matrices(xp, weight, groups))
    for block in _blocks(windows, channels, batch):
        patches = xp.reshape(
            xp.matmul(matrices, _results(xp, y[:, block, ...], groups)),
            (channels, math.prod(windows.size), block.stop - block.start, *y.shape[2:]),
        )
        for i, key in enumerate(windows.elements(block.start, block.stop)):
            image[(slice(None), *key, ...)] += patches[:, i, ...]
    return batch_first(xp, image[(slice(None), *windows.inside, ...)])


def _correlate(xp: Namespace, x: Array, y: Array, *, windows: Windows, groups: int) -> Array:
    channels, out_channels = x.shape[1], y.shape[1]
    y = batch_last(xp, y)
    shape = (groups, channels // groups * math.prod(windows.size), out_channels // groups)
    total = xp.zeros(shape, dtype=x.dtype, device=device_of(x))
    for block, patches in _laid_out(xp, x, windows=windows, groups=groups):
        # The longer matrix first, which libraries of linear algebra take better.
        total += xp.matmul(patches, xp.matrix_transpose(_results(xp, y[:, block, ...], groups)))
    return xp.reshape(xp.matrix_transpose(total), (out_channels, channels // groups, *windows.size))


def _in_torch(windows: Windows, groups: int) -> tuple[Any, ...]:
    """Arguments of PyTorch's operators."""
    ndim = len(windows.image)
    return windows.stride, [before for before, _ in windows.padding], windows.dilation, False, [0] * ndim, groups


def _torch_convolve(x: Array, weight: Array, *, windows: Windows, groups: int) -> Array:
    return import_module("torch").ops.aten.convolution(x, weight, None, *_in_torch(windows, groups))


def _torch_transposed(y: Array, weight: Array, *, windows: Windows, groups: int) -> Array:
    x = y.new_empty(()).expand((y.shape[0], weight.shape[1] * groups, *windows.image))
    return _torch_backward(y, x, weight, 0, windows, groups)


def _torch_correlate(x: Array, y: Array, *, windows: Windows, groups: int) -> Array:
    weight = y.new_empty(()).expand((y.shape[1], x.shape[1] // groups, *windows.size))
    return _torch_backward(y, x, weight, 1, windows, groups)


def _torch_backward(y: Array, x: Array, weight: Array, position: int, windows: Windows, groups: int) -> Array:
    wanted = [i == position for i in range(3)]
    operator = import_module("torch").ops.aten.convolution_backward
    return operator(y, x, weight, None, *_in_torch(windows, groups), wanted)[position]


def _jax_convolve(x: Array, weight: Array, *, windows: Windows, groups: int) -> Array:
    return import_module("jax.lax").conv_general_dilated(
        x, weight, windows.stride, windows.padding, rhs_dilation=windows.dilation, feature_group_count=groups
    )


def _jax_transposed(y: Array, weight: Array, *, windows: Windows, groups: int) -> Array:
    shape = (y.shape[0], weight.shape[1] * groups, *windows.image)
    return _jax_linear_transpose(lambda x: _jax_convolve(x, weight, windows=windows, groups=groups), shape, y)


def _jax_correlate(x: Array, y: Array, *, windows: Windows, groups: int) -> Array:
    shape = (y.shape[1], x.shape[1] // groups, *windows.size)
    return _jax_linear_transpose(lambda weight: _jax_convolve(x, weight, windows=windows, groups=groups), shape, y)


def _jax_linear_transpose(f: Any, shape: tuple[int, ...], y: Array) -> Array:
    jax = import_module("jax")
    return jax.linear_transpose(f, jax.ShapeDtypeStruct(shape, y.dtype))(y)[0]


_CONVOLVE: Rule = Bilinear(
    "convolve",
    lambda xp, t, out, x, weight, **params: _TRANSPOSED.call(xp, t, weight, **params),
    lambda xp, t, out, x, weight, **params: _CORRELATE.call(xp, x, t, **params),
)
_TRANSPOSED: Rule = Bilinear(
    "convolve_transposed",
    lambda xp, t, out, y, weight, **params: _CONVOLVE.call(xp, t, weight, **params),
    lambda xp, t, out, y, weight, **params: _CORRELATE.call(xp, t, y, **params),
)
_CORRELATE: Rule = Bilinear(
    "correlate",
    lambda xp, t, out, x, y, **params: _TRANSPOSED.call(xp, y, t, **params),
    lambda xp, t, out, x, y, **params: _CONVOLVE.call(xp, x, t, **params),
)


def _into_groups(x: Array, weights: bool) -> Array:
    """Weights or images of all examples as those of more channels, which are divided into so many more groups."""
    xp = array_namespace(x)
    if not weights:
        x = xp.moveaxis(x, 0, 1)
    axis = 0 if weights else 1
    return xp.reshape(x, (*x.shape[:axis], x.shape[axis] * x.shape[axis + 1], *x.shape[axis + 2 :]))


def _out_of_groups(x: Array, size: int, weights: bool) -> Array:
    """The inverse."""
    xp = array_namespace(x)
    axis = 0 if weights else 1
    x = xp.reshape(x, (*x.shape[:axis], size, x.shape[axis] // size, *x.shape[axis + 1 :]))
    return x if weights else xp.moveaxis(x, 1, 0)


def _batching(
    xp: Namespace, function: Any, first: Array, second: Array, *, windows: Windows, groups: int, weights: int
) -> Array:
    """Batching rule; `weights` is the position of the weights among operands and result."""
    if weights == 1 and not is_batched(xp, second):
        return more_images(xp, lambda x: function(x, second, windows=windows, groups=groups), first)
    size = size_of(xp, first, second)
    if not size:
        # That would be no group at all.
        return NotImplemented
    stacks = [_into_groups(spread(xp, x, size), i == weights) for i, x in enumerate((first, second))]
    return _out_of_groups(function(*stacks, windows=windows, groups=groups * size), size, weights == 2)


def _of_real_numbers(kernel: Any, definition: Any) -> Any:
    """Kernel of PyTorch, whose operators are not made for complex numbers."""

    def run(first: Array, second: Array, **params: Any) -> Array:
        if first.is_complex():
            return definition(array_namespace(first), first, second, **params)
        return kernel(first, second, **params)

    return run


def _primitive(rule: Rule, definition: Any, in_torch: Any, in_jax: Any, *, weights: int) -> Any:
    kernels = {"torch": _of_real_numbers(in_torch, definition), "jax": in_jax}
    return primitive(rule, kernels, definition=definition, batching=partial(_batching, weights=weights))


convolve = _primitive(_CONVOLVE, _convolve, _torch_convolve, _jax_convolve, weights=1)
convolve_transposed = _primitive(_TRANSPOSED, _convolve_transposed, _torch_transposed, _jax_transposed, weights=1)
correlate = _primitive(_CORRELATE, _correlate, _torch_correlate, _jax_correlate, weights=2)


def padding_pairs(
    padding: Sizes | str, size: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> list[tuple[int, int]]:
    """Elements before and after each axis of an image, as `padding` asks for."""
    if not isinstance(padding, str):
        return [(p, p) for p in per_axis("padding", padding, len(size), 0)]
    if padding not in ("valid", "same"):
        raise ValueError(f"padding must be 'valid', 'same' or numbers, got {padding!r}")
    if padding == "valid":
        return [(0, 0)] * len(size)
    if max(stride) > 1:
        raise ValueError(f"padding='same' is for a stride of 1, got {tuple(stride)}; give numbers instead")
    totals = [d * (k - 1) for k, d in zip(size, dilation, strict=True)]
    return [(total // 2, total - total // 2) for total in totals]


def _check(ndim: int, x: Array, weight: Array, bias: Array | None, groups: int, *, transposed: bool) -> None:
    channels = ("in_channels", "out_channels / groups") if transposed else ("out_channels", "in_channels / groups")
    expected = ", ".join((*channels, *[f"kernel {axis}" for axis in AXES[ndim]]))
    if groups < 1 or weight.ndim != ndim + 2 or weight.shape[0] % groups:
        raise ValueError(f"weight must be of shape ({expected}), got {tuple(weight.shape)} for groups={groups}")
    inside, outside = (weight.shape[0], weight.shape[1] * groups)[:: 1 if transposed else -1]
    if x.shape[1] != inside:
        raise ValueError(
            f"weight of shape {tuple(weight.shape)}, which is ({expected}), with groups={groups} is for {inside} "
            f"channels, got {x.shape[1]} in an array of shape {tuple(x.shape)}"
        )
    if bias is not None and bias.shape != (outside,):
        raise ValueError(f"bias must be of shape ({outside},), one number for each channel, got {tuple(bias.shape)}")


def _of_one_dtype(xp: Namespace, *arrays: Array) -> list[Array]:
    dtype = xp.result_type(*arrays)
    return [x if x.dtype == dtype else xp.astype(x, dtype) for x in arrays]


def _with_bias(xp: Namespace, y: Array, bias: Array | None) -> Array:
    return y if bias is None else xp.add(y, xp.reshape(bias, (-1, *[1] * (y.ndim - 2))))


@of_images
def _conv(
    ndim: int,
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: Sizes,
    padding: Sizes | str,
    dilation: Sizes,
    groups: int,
) -> Array:
    _check(ndim, x, weight, bias, groups, transposed=False)
    xp = array_namespace(x, weight, bias)
    x, weight = _of_one_dtype(xp, x, weight)
    size = tuple(weight.shape[2:])
    stride, dilation = per_axis("stride", stride, ndim), per_axis("dilation", dilation, ndim)
    pairs = padding_pairs(padding, size, stride, dilation)
    # The kernels of libraries take one number for both ends.
    x = pad(x, [n for before, after in reversed(pairs) for n in (0, after - before)])
    windows = Windows(tuple(x.shape[2:]), size, stride, tuple([(before, before) for before, _ in pairs]), dilation)
    return _with_bias(xp, convolve(x, weight, windows=windows, groups=groups), bias)


@of_images
def _conv_transpose(
    ndim: int,
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: Sizes,
    padding: Sizes,
    output_padding: Sizes,
    groups: int,
    dilation: Sizes,
) -> Array:
    _check(ndim, x, weight, bias, groups, transposed=True)
    xp = array_namespace(x, weight, bias)
    x, weight = _of_one_dtype(xp, x, weight)
    size = tuple(weight.shape[2:])
    stride, dilation = per_axis("stride", stride, ndim), per_axis("dilation", dilation, ndim)
    padding, output_padding = per_axis("padding", padding, ndim, 0), per_axis("output_padding", output_padding, ndim, 0)
    if any(extra >= max(s, d) for extra, s, d in zip(output_padding, stride, dilation, strict=True)):
        raise ValueError(
            f"output_padding must be less than the stride or the dilation, got {output_padding} with a stride of "
            f"{stride} and a dilation of {dilation}"
        )
    image = tuple(
        [
            (n - 1) * s - 2 * p + d * (k - 1) + extra + 1
            for n, k, s, p, extra, d in zip(x.shape[2:], size, stride, padding, output_padding, dilation, strict=True)
        ]
    )
    if min(image) < 1:
        raise ValueError(
            f"the result would be images of {image}; {tuple(x.shape[2:])} is too small for a padding of {padding}"
        )
    # What output_padding adds may have room for further windows, which are then of nothing.
    x = pad(x, [n for extra, s in zip(output_padding[::-1], stride[::-1], strict=True) for n in (0, extra // s)])
    windows = Windows(image, size, stride, tuple([(p, p) for p in padding]), dilation)
    return _with_bias(xp, convolve_transposed(x, weight, windows=windows, groups=groups), bias)


def conv1d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Array:
    """Convolution of sequences: :func:`conv2d` with one axis.

    Examples
    --------
    >>> import numpy
    >>> conv1d(numpy.asarray([[[1.0, 2.0, 4.0, 7.0]]]), numpy.asarray([[[-1.0, 1.0]]]))
    array([[[1., 2., 3.]]])
    """
    return _conv(1, x, weight, bias, stride, padding, dilation, groups)


def conv2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Array:
    """Convolution, as networks call the cross-correlation of images with kernels.

    Parameters
    ----------
    x : array
        Images of a floating-point data type, shape (batch, in_channels, height, width), or one without the batch.
    weight : array
        Kernels, shape (out_channels, in_channels / groups, kernel height, kernel width).
    bias : array, optional
        Added to each channel, shape (out_channels,).
    stride : int or pair of int
        Step between windows.
    padding : int, pair of int, "same" or "valid"
        Rows and columns of zeros at either end. "same" keeps height and width, with the odd one out at the end, and is
        for a stride of 1; "valid" stands for 0.
    dilation : int or pair of int
        Step between the elements of a window.
    groups : int
        Parts into which channels are divided; each part of the result depends on one part of the images alone.

    Returns
    -------
    array
        Shape (batch, out_channels, rows, columns), or without the batch, where
        ``rows = (height + 2 * padding - dilation * (kernel height - 1) - 1) // stride + 1`` and so for columns.

    Raises
    ------
    ValueError
        If shapes and options do not fit.

    Notes
    -----
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, draws the options.

    Examples
    --------
    >>> import numpy
    >>> conv2d(numpy.reshape(numpy.arange(9.0), (1, 1, 3, 3)), numpy.ones((1, 1, 2, 2)))
    array([[[[ 8., 12.],
             [20., 24.]]]])
    """
    return _conv(2, x, weight, bias, stride, padding, dilation, groups)


def conv3d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Array:
    """Convolution of volumes: :func:`conv2d` with three axes.

    Examples
    --------
    >>> import numpy
    >>> conv3d(numpy.ones((1, 1, 2, 3, 3)), numpy.ones((1, 1, 2, 2, 2)))
    array([[[[[8., 8.],
              [8., 8.]]]]])
    """
    return _conv(3, x, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Array:
    """Transposed convolution of sequences: :func:`conv_transpose2d` with one axis.

    Examples
    --------
    >>> import numpy
    >>> conv_transpose1d(numpy.asarray([[[1.0, 2.0]]]), numpy.asarray([[[1.0, 3.0, 1.0]]]), stride=2)
    array([[[1., 3., 3., 6., 2.]]])
    """
    return _conv_transpose(1, x, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Array:
    """The transpose of :func:`conv2d` as a linear map, bias apart: each element of `x` adds a kernel to the result.

    Parameters
    ----------
    x : array
        Images of a floating-point data type, shape (batch, in_channels, height, width), or one without the batch.
    weight : array
        Kernels, shape (in_channels, out_channels / groups, kernel height, kernel width).
    bias : array, optional
        Added to each channel, shape (out_channels,).
    stride : int or pair of int
        Step between the places where kernels are added.
    padding : int or pair of int
        Rows and columns that the result lacks at either end.
    output_padding : int or pair of int
        Rows and columns that the result has more at the end: with a stride, convolution makes images of one shape of
        images of several. Less than the stride or the dilation.
    groups : int
        Parts into which channels are divided.
    dilation : int or pair of int
        Step between the elements of a kernel.

    Returns
    -------
    array
        Shape (batch, out_channels, rows, columns), or without the batch, where
        ``rows = (height - 1) * stride - 2 * padding + dilation * (kernel height - 1) + output_padding + 1`` and so for
        columns.

    Raises
    ------
    ValueError
        If shapes and options do not fit.

    Examples
    --------
    >>> import numpy
    >>> conv_transpose2d(numpy.asarray([[[[1.0, 2.0]]]]), numpy.ones((1, 1, 2, 2)), stride=2)
    array([[[[1., 1., 2., 2.],
             [1., 1., 2., 2.]]]])
    """
    return _conv_transpose(2, x, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Array:
    """Transposed convolution of volumes: :func:`conv_transpose2d` with three axes.

    Examples
    --------
    >>> import numpy
    >>> conv_transpose3d(numpy.ones((1, 1, 2, 2, 2)), numpy.ones((1, 1, 2, 2, 2)), stride=2).shape
    (1, 1, 4, 4, 4)
    """
    return _conv_transpose(3, x, weight, bias, stride, padding, output_padding, groups, dilation)
