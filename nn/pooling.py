"""Pooling of images of one, two or three dimensions: each window becomes its mean or its largest element."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from typing import Any, TypeAlias

import numpy

from autodiff import array_namespace, primitive, stop_gradient
from autodiff.namespaces import device_of
from autodiff.rules import Jvp, Linear, Rule
from autodiff.rules.scatter import scatter_add_along_axis
from nn.indices import check_range
from nn.namespaces import Array, Namespace, index_dtype
from nn.windows import Key, Sizes, Windows, folded, more_images, of_images, padded, per_axis

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]

OutputSizes: TypeAlias = int | Sequence[int | None] | None
NumPyArray: TypeAlias = numpy.ndarray[Any, numpy.dtype[Any]]


def _at(x: Array, key: Key) -> Array:
    return x[(slice(None), slice(None), *key, ...)]


def _reduced(xp: Namespace, x: Array, function: str, value: float, windows: Windows) -> Array:
    """One axis after the other: of a window of k x k elements, 2 k are visited."""
    x = padded(x, windows, value)
    everywhere = [slice(None)] * len(windows.image)
    for axis in range(len(windows.image)):
        parts = [_at(x, (*everywhere[:axis], key)) for key in windows.along(axis)]
        x = reduce(getattr(xp, function), parts)
    return x


def _sum_of_windows(xp: Namespace, x: Array, *, windows: Windows) -> Array:
    return _reduced(xp, x, "add", 0.0, windows)


def _spread_over_windows(xp: Namespace, t: Array, *, windows: Windows) -> Array:
    return folded(xp, lambda element: t, t, windows)


def _max_of_windows(xp: Namespace, x: Array, *, windows: Windows) -> Array:
    return _reduced(xp, x, "maximum", -math.inf, windows)


def _hits(xp: Namespace, x: Array, largest: Array, windows: Windows) -> Callable[[Key], Array]:
    """For an element of the windows, one where it is the largest."""
    x = padded(x, windows, -math.inf)
    return lambda element: xp.astype(_at(x, element) == largest, largest.dtype)


def _taken_at_largest(xp: Namespace, t: Array, x: Array, largest: Array, *, windows: Windows) -> Array:
    t, hit = padded(t, windows, 0.0), _hits(xp, x, largest, windows)
    total = reduce(xp.add, (_at(t, element) * hit(element) for element in windows.elements()))
    return total / reduce(xp.add, map(hit, windows.elements()))


def _put_at_largest(xp: Namespace, t: Array, x: Array, largest: Array, *, windows: Windows) -> Array:
    hit = _hits(xp, x, largest, windows)
    share = t / reduce(xp.add, map(hit, windows.elements()))
    return folded(xp, lambda element: share * hit(element), t, windows)


_SUM: Rule = Linear("sum_of_windows", lambda xp, t, out, shape, **params: _SPREAD.call(xp, t, **params))
_SPREAD: Rule = Linear("spread_over_windows", lambda xp, t, out, shape, **params: _SUM.call(xp, t, **params))

_MAX = Jvp(
    "max_of_windows",
    lambda xp, x_dot, out, x, **params: _TAKE.call(xp, x_dot, x, out, **params),
    transposes={0: lambda xp, t, out, x, **params: _PUT.call(xp, t, x, out, **params)},
)
# Where the largest elements are does not change with the elements, but for steps.
_TAKE: Rule = Linear(
    "taken_at_largest", lambda xp, t, out, shape, *places, **params: _PUT.call(xp, t, *places, **params), None, None
)
_PUT: Rule = Linear(
    "put_at_largest", lambda xp, t, out, shape, *places, **params: _TAKE.call(xp, t, *places, **params), None, None
)

_of_images = partial(primitive, kernels={}, batching=more_images)

sum_of_windows = _of_images(_SUM, definition=_sum_of_windows)
max_of_windows = _of_images(_MAX, definition=_max_of_windows)
_of_images(_SPREAD, definition=_spread_over_windows)
_of_images(_TAKE, definition=_taken_at_largest)
_of_images(_PUT, definition=_put_at_largest)


def _windows(
    ndim: int, x: Array, kernel_size: Sizes, stride: Sizes | None, padding: Sizes, dilation: Sizes, ceil_mode: bool
) -> Windows:
    size, dilation = per_axis("kernel_size", kernel_size, ndim), per_axis("dilation", dilation, ndim)
    stride = size if stride is None else per_axis("stride", stride, ndim)
    padding = per_axis("padding", padding, ndim, 0)
    spans = [d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)]
    if any(2 * p > span for p, span in zip(padding, spans, strict=True)):
        raise ValueError(
            f"a padding of {padding} is more than half of a window of {size} with a dilation of {dilation}, which then "
            "might be empty"
        )
    image = tuple(x.shape[2:])
    pairs = [(p, p) for p in padding]
    if ceil_mode:
        pairs = [_room_for_last(*sizes) for sizes in zip(image, spans, stride, padding, strict=True)]
    return Windows(image, size, stride, tuple(pairs), dilation)


def _room_for_last(n: int, span: int, stride: int, padding: int) -> tuple[int, int]:
    """Padding of an axis such that windows reach its end; none begins beyond the elements, though."""
    steps = -((span - n - 2 * padding) // stride)
    if steps * stride >= n + padding:
        steps -= 1
    return padding, max(padding, steps * stride + span - n - padding)


@of_images
def _max_pool(
    ndim: int,
    x: Array,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    windows = _windows(ndim, x, kernel_size, stride, padding, dilation, ceil_mode)
    out = max_of_windows(x, windows=windows)
    return (out, _places(x, windows.places())) if return_indices else out


def _places(x: Array, places: Sequence[NumPyArray]) -> Array:
    """Where the first of the largest elements of each window is in its image, whose axes are counted as one.

    `places` are, for each axis, the elements of each window, -1 for padding: an array of shape (windows, elements).
    """
    x = stop_gradient(x)
    xp = array_namespace(x)
    dtype, device = index_dtype(xp), device_of(x)
    count = math.prod(x.shape[2:])
    # NaN is larger than any number, but argmax may differ.
    x = xp.where(xp.isnan(x), math.inf, x)
    at = xp.broadcast_to(xp.reshape(xp.arange(count, dtype=dtype, device=device), x.shape[2:]), x.shape)
    # The last axis first: of equal elements the first row counts, and within that the first column.
    for axis in reversed(range(2, x.ndim)):
        elements = places[axis - 2]
        shape = (*x.shape[:axis], *elements.shape, *x.shape[axis + 1 :])
        flat = xp.asarray(numpy.maximum(elements, 0).reshape(-1), dtype=dtype, device=device)
        x, at = (xp.reshape(xp.take(values, flat, axis=axis), shape) for values in (x, at))
        inside = numpy.reshape(elements >= 0, (*elements.shape, *[1] * (len(shape) - axis - 2)))
        x = xp.where(xp.asarray(inside, device=device), x, -math.inf)
        first = xp.argmax(x, axis=axis + 1, keepdims=True)
        x, at = (xp.squeeze(xp.take_along_axis(values, first, axis=axis + 1), axis=axis + 1) for values in (x, at))
    return at


@of_images
def _avg_pool(
    ndim: int,
    x: Array,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array:
    xp = array_namespace(x)
    windows = _windows(ndim, x, kernel_size, stride, padding, 1, ceil_mode)
    total = sum_of_windows(x, windows=windows)
    if divisor_override is not None:
        return total / divisor_override
    divisor = 1
    for axis, widths in enumerate(_widths(windows, count_include_pad)):
        if len(set(widths)) == 1:
            divisor *= widths[0]
        else:
            shape = (len(widths), *[1] * (ndim - 1 - axis))
            total = total / xp.reshape(xp.asarray(widths, dtype=x.dtype, device=device_of(x)), shape)
    return total / divisor


def _widths(windows: Windows, count_include_pad: bool) -> Iterator[list[int]]:
    """Along each axis, how many elements of each window count; those beyond the padding at the end never do."""
    for n, count, size, stride, (padding, _) in zip(
        windows.image, windows.counts, windows.size, windows.stride, windows.padding, strict=True
    ):
        low, high = (-padding, n + padding) if count_include_pad else (0, n)
        starts = [i * stride - padding for i in range(count)]
        yield [min(start + size, high) - max(start, low) for start in starts]


def _counts(x: Array, output_size: OutputSizes) -> tuple[int, ...]:
    """How many windows there are along each axis."""
    image = tuple(x.shape[2:])
    ndim = len(image)
    given = (output_size,) * ndim if output_size is None or isinstance(output_size, int) else tuple(output_size)
    if len(given) != ndim:
        raise ValueError(f"output_size must be a number or None, or {ndim} of those, got {output_size}")
    if min(image) < 1:
        raise ValueError(f"there is nothing to pool in images of {image}")
    return per_axis("output_size", [n if count is None else count for n, count in zip(image, given, strict=True)], ndim)


def _bins(n: int, count: int) -> list[tuple[int, int]]:
    """Where windows start and stop along an axis: of one size if that divides it; else uneven, and they may overlap."""
    return [(i * n // count, -(-(i + 1) * n // count)) for i in range(count)]


@of_images
def _adaptive_avg_pool(ndim: int, x: Array, output_size: OutputSizes) -> Array:
    counts = _counts(x, output_size)
    if all(n % count == 0 for n, count in zip(x.shape[2:], counts, strict=True)):
        size = [n // count for n, count in zip(x.shape[2:], counts, strict=True)]
        return _avg_pool(ndim, x, size, None, 0, False, True, None)
    for axis, count in enumerate(counts, start=2):
        x = _mean_of_bins(array_namespace(x), x, axis, _bins(x.shape[axis], count))
    return x


@of_images
def _adaptive_max_pool(ndim: int, x: Array, output_size: OutputSizes, return_indices: bool) -> Any:
    counts = _counts(x, output_size)
    image = tuple(x.shape[2:])
    if all(n % count == 0 for n, count in zip(image, counts, strict=True)):
        size = [n // count for n, count in zip(image, counts, strict=True)]
        return _max_pool(ndim, x, size, None, 0, 1, False, return_indices)
    out, bins = x, [_bins(n, count) for n, count in zip(image, counts, strict=True)]
    for axis, bins_of_axis in enumerate(bins, start=2):
        out = _max_of_bins(array_namespace(out), out, axis, bins_of_axis)
    return (out, _places(x, [_elements(bins_of_axis) for bins_of_axis in bins])) if return_indices else out


def _elements(bins: list[tuple[int, int]]) -> NumPyArray:
    """The elements of each window, the last of them repeated in windows that are shorter than others."""
    longest = max(stop - start for start, stop in bins)
    return numpy.asarray([[min(start + i, stop - 1) for i in range(longest)] for start, stop in bins])


def _mean_of_bins(xp: Namespace, x: Array, axis: int, bins: list[tuple[int, int]]) -> Array:
    before = (slice(None),) * axis
    return xp.stack([xp.mean(x[(*before, slice(*bounds), ...)], axis=axis) for bounds in bins], axis=axis)


def _max_of_bins(xp: Namespace, x: Array, axis: int, bins: list[tuple[int, int]]) -> Array:
    before = (slice(None),) * axis
    return xp.stack([xp.max(x[(*before, slice(*bounds), ...)], axis=axis) for bounds in bins], axis=axis)


def max_pool1d(
    x: Array,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Largest element of each window of sequences: :func:`max_pool2d` with one axis.

    Examples
    --------
    >>> import numpy
    >>> max_pool1d(numpy.asarray([[[1.0, 4.0, 2.0, 3.0]]]), 2)
    array([[[4., 3.]]])
    """
    return _max_pool(1, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    x: Array,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Largest element of each window. Where several are largest, they share the derivative.

    Parameters
    ----------
    x : array
        Images of a floating-point data type, shape (batch, channels, height, width), or one without the batch.
    kernel_size : int or pair of int
        Size of a window.
    stride : int or pair of int, optional
        Step between windows, by default their size.
    padding : int or pair of int
        Rows and columns at either end that are never largest, at most half of a window.
    dilation : int or pair of int
        Step between the elements of a window.
    ceil_mode : bool
        Whether windows go on to the end of the images, and the last may reach beyond.
    return_indices : bool
        Whether to return a pair: the result, and where each of its elements is in the image, counted row by row; of
        several that are largest, the first. :func:`max_unpool2d` takes these.

    Returns
    -------
    array, or pair of arrays
        Shape (batch, channels, rows, columns), where
        ``rows = (height + 2 * padding - dilation * (kernel height - 1) - 1) // stride + 1`` and so for columns.

    Raises
    ------
    ValueError
        If shapes and options do not fit.

    Notes
    -----
    Sharing is what the derivative of ``max`` does here; PyTorch gives it all to the first of them. NaN is larger than
    any number.

    Examples
    --------
    >>> import numpy
    >>> max_pool2d(numpy.reshape(numpy.arange(16.0), (1, 1, 4, 4)), 2)
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """
    return _max_pool(2, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    x: Array,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Largest element of each window of volumes: :func:`max_pool2d` with three axes.

    Examples
    --------
    >>> import numpy
    >>> max_pool3d(numpy.reshape(numpy.arange(8.0), (1, 1, 2, 2, 2)), 2)
    array([[[[[7.]]]]])
    """
    return _max_pool(3, x, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _max_unpool(
    ndim: int,
    x: Array,
    indices: Array,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    output_size: Sequence[int] | None,
) -> Array:
    if x.ndim not in (ndim + 1, ndim + 2) or tuple(indices.shape) != tuple(x.shape):
        raise ValueError(
            f"expected two arrays of one shape, of {ndim + 2} dimensions or {ndim + 1} without the batch, got "
            f"{tuple(x.shape)} and {tuple(indices.shape)}"
        )
    size = per_axis("kernel_size", kernel_size, ndim)
    stride = size if stride is None else per_axis("stride", stride, ndim)
    padding = per_axis("padding", padding, ndim, 0)
    image = tuple([(n - 1) * s - 2 * p + k for n, s, p, k in zip(x.shape[-ndim:], stride, padding, size, strict=True)])
    if output_size is not None:
        given = tuple(output_size)[-ndim:]
        if len(given) != ndim or any(abs(n - m) >= s for n, m, s in zip(given, image, stride, strict=True)):
            raise ValueError(f"output_size must be less than a stride of {stride} from {image}, got {output_size}")
        image = given
    xp = array_namespace(x, indices)
    leading, elements = tuple(x.shape[:-ndim]), math.prod(image)
    x, indices = (array_namespace(y).reshape(y, (*leading, -1)) for y in (x, indices))
    check_range("indices", indices, 0, elements - 1)
    # An element that is largest in several windows is there several times.
    times = scatter_add_along_axis(xp, xp.ones_like(stop_gradient(x)), indices, elements, -1)
    shares = xp.divide(x, xp.take_along_axis(times, indices, axis=-1))
    return xp.reshape(scatter_add_along_axis(xp, shares, indices, elements, -1), (*leading, *image))


def max_unpool1d(
    x: Array,
    indices: Array,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Array:
    """Put largest elements of windows of sequences back: :func:`max_unpool2d` with one axis.

    Examples
    --------
    >>> import numpy
    >>> max_unpool1d(*max_pool1d(numpy.asarray([[[1.0, 4.0, 2.0, 3.0]]]), 2, return_indices=True), 2)
    array([[[0., 4., 0., 3.]]])
    """
    return _max_unpool(1, x, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    x: Array,
    indices: Array,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Array:
    """Put the largest elements of windows where they have been; everything else is zero.

    Parameters
    ----------
    x, indices : array
        What :func:`max_pool2d` with ``return_indices=True`` returns.
    kernel_size, stride, padding
        Options of that call.
    output_size : sequence of int, optional
        Shape of the images, or of the array, before pooling; by default the smallest that gives the shape of `x`.

    Returns
    -------
    array
        Of shape (batch, channels, height, width), or without the batch.

    Raises
    ------
    ValueError
        If shapes, indices and options do not fit.

    Examples
    --------
    >>> import numpy
    >>> out, indices = max_pool2d(numpy.reshape(numpy.arange(16.0), (1, 1, 4, 4)), 2, return_indices=True)
    >>> max_unpool2d(out, indices, 2)
    array([[[[ 0.,  0.,  0.,  0.],
             [ 0.,  5.,  0.,  7.],
             [ 0.,  0.,  0.,  0.],
             [ 0., 13.,  0., 15.]]]])
    """
    return _max_unpool(2, x, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    x: Array,
    indices: Array,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Array:
    """Put largest elements of windows of volumes back: :func:`max_unpool2d` with three axes.

    Examples
    --------
    >>> import numpy
    >>> out, indices = max_pool3d(numpy.ones((1, 1, 4, 4, 4)), 2, return_indices=True)
    >>> max_unpool3d(out, indices, 2).sum()
    np.float64(8.0)
    """
    return _max_unpool(3, x, indices, kernel_size, stride, padding, output_size)


def avg_pool1d(
    x: Array,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """Mean of each window of sequences: :func:`avg_pool2d` with one axis.

    Examples
    --------
    >>> import numpy
    >>> avg_pool1d(numpy.asarray([[[1.0, 4.0, 2.0, 3.0]]]), 2)
    array([[[2.5, 2.5]]])
    """
    return _avg_pool(1, x, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    x: Array,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Mean of each window.

    Parameters
    ----------
    x : array
        Images of a floating-point data type, shape (batch, channels, height, width), or one without the batch.
    kernel_size : int or pair of int
        Size of a window.
    stride : int or pair of int, optional
        Step between windows, by default their size.
    padding : int or pair of int
        Rows and columns of zeros at either end, at most half of a window.
    ceil_mode : bool
        Whether windows go on to the end of the images, and the last may reach beyond. What is beyond the padding does
        not count.
    count_include_pad : bool
        Whether padding counts.
    divisor_override : int, optional
        What to divide the sum of each window by instead.

    Returns
    -------
    array
        Shape (batch, channels, rows, columns), where
        ``rows = (height + 2 * padding - kernel height) // stride + 1`` and so for columns.

    Raises
    ------
    ValueError
        If shapes and options do not fit.

    Examples
    --------
    >>> import numpy
    >>> avg_pool2d(numpy.reshape(numpy.arange(16.0), (1, 1, 4, 4)), 2)
    array([[[[ 2.5,  4.5],
             [10.5, 12.5]]]])
    """
    return _avg_pool(2, x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    x: Array,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Mean of each window of volumes: :func:`avg_pool2d` with three axes.

    Examples
    --------
    >>> import numpy
    >>> avg_pool3d(numpy.reshape(numpy.arange(8.0), (1, 1, 2, 2, 2)), 2)
    array([[[[[3.5]]]]])
    """
    return _avg_pool(3, x, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def adaptive_avg_pool1d(x: Array, output_size: OutputSizes) -> Array:
    """Mean of as many windows of sequences as asked for: :func:`adaptive_avg_pool2d` with one axis.

    Examples
    --------
    >>> import numpy
    >>> adaptive_avg_pool1d(numpy.asarray([[[1.0, 4.0, 2.0]]]), 2)
    array([[[2.5, 3. ]]])
    """
    return _adaptive_avg_pool(1, x, output_size)


def adaptive_avg_pool2d(x: Array, output_size: OutputSizes) -> Array:
    """Mean of each window, the windows being as many as asked for.

    Parameters
    ----------
    x : array
        Images of a floating-point data type, shape (batch, channels, height, width), or one without the batch.
    output_size : int, None, or pair of these
        Number of rows and columns; None for as many as there are.

    Returns
    -------
    array
        Shape (batch, channels, rows, columns). Row i is of ``x[..., floor(i * height / rows) : ceil((i + 1) * height /
        rows), :]``, and so for columns, so windows may be of several sizes, and overlap.

    Raises
    ------
    ValueError
        If the shape or `output_size` does not fit.

    Examples
    --------
    >>> import numpy
    >>> adaptive_avg_pool2d(numpy.reshape(numpy.arange(12.0), (1, 1, 3, 4)), (None, 2))
    array([[[[ 0.5,  2.5],
             [ 4.5,  6.5],
             [ 8.5, 10.5]]]])
    """
    return _adaptive_avg_pool(2, x, output_size)


def adaptive_avg_pool3d(x: Array, output_size: OutputSizes) -> Array:
    """Mean of as many windows of volumes as asked for: :func:`adaptive_avg_pool2d` with three axes.

    Examples
    --------
    >>> import numpy
    >>> adaptive_avg_pool3d(numpy.ones((1, 2, 5, 6, 7)), 3).shape
    (1, 2, 3, 3, 3)
    """
    return _adaptive_avg_pool(3, x, output_size)


def adaptive_max_pool1d(x: Array, output_size: OutputSizes, return_indices: bool = False) -> Any:
    """Largest element of as many windows of sequences as asked for: :func:`adaptive_max_pool2d` with one axis.

    Examples
    --------
    >>> import numpy
    >>> adaptive_max_pool1d(numpy.asarray([[[1.0, 4.0, 2.0]]]), 2)
    array([[[4., 4.]]])
    """
    return _adaptive_max_pool(1, x, output_size, return_indices)


def adaptive_max_pool2d(x: Array, output_size: OutputSizes, return_indices: bool = False) -> Any:
    """Largest element of each window, the windows being as many as asked for, as in :func:`adaptive_avg_pool2d`.

    Examples
    --------
    >>> import numpy
    >>> adaptive_max_pool2d(numpy.reshape(numpy.arange(12.0), (1, 1, 3, 4)), (2, 1))
    array([[[[ 7.],
             [11.]]]])
    """
    return _adaptive_max_pool(2, x, output_size, return_indices)


def adaptive_max_pool3d(x: Array, output_size: OutputSizes, return_indices: bool = False) -> Any:
    """Largest element of as many windows of volumes as asked for: :func:`adaptive_max_pool2d` with three axes.

    Examples
    --------
    >>> import numpy
    >>> adaptive_max_pool3d(numpy.ones((1, 2, 5, 6, 7)), 3).shape
    (1, 2, 3, 3, 3)
    """
    return _adaptive_max_pool(3, x, output_size, return_indices)


@of_images
def _lp_pool(ndim: int, x: Array, norm_type: float, kernel_size: Sizes, stride: Sizes | None, ceil_mode: bool) -> Array:
    xp = array_namespace(x)
    elements = math.prod(per_axis("kernel_size", kernel_size, ndim))
    total = elements * _avg_pool(ndim, xp.pow(x, norm_type), kernel_size, stride, 0, ceil_mode, True, None)
    # At 0 the root has no derivative, and is given 0, as in PyTorch.
    nothing = total == 0
    return xp.where(nothing, 0.0, xp.pow(xp.where(nothing, 1.0, total), 1 / norm_type))


def lp_pool1d(
    x: Array, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
) -> Array:
    """Root of the sum of powers of each window of sequences: :func:`lp_pool2d` with one axis.

    Examples
    --------
    >>> import numpy
    >>> lp_pool1d(numpy.asarray([[[3.0, 4.0, 1.0, 0.0]]]), 2, 2)
    array([[[5., 1.]]])
    """
    return _lp_pool(1, x, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    x: Array, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
) -> Array:
    """``sum(x ** norm_type) ** (1 / norm_type)`` of each window; where that is 0, so is its derivative.

    As in PyTorch, a window that reaches beyond the image has the mean of its elements there.

    Parameters
    ----------
    x : array
        Images of a floating-point data type, shape (batch, channels, height, width), or one without the batch.
    norm_type : float
        1 for the sum, 2 for the Euclidean norm; the larger, the nearer to the largest of positive elements.
    kernel_size, stride, ceil_mode
        As :func:`avg_pool2d` takes them.

    Examples
    --------
    >>> import numpy
    >>> lp_pool2d(numpy.full((1, 1, 2, 2), 3.0), 2, 2)
    array([[[[6.]]]])
    """
    return _lp_pool(2, x, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    x: Array, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
) -> Array:
    """Root of the sum of powers of each window of volumes: :func:`lp_pool2d` with three axes.

    Examples
    --------
    >>> import numpy
    >>> lp_pool3d(numpy.ones((1, 1, 2, 2, 2)), 3, 2)
    array([[[[[2.]]]]])
    """
    return _lp_pool(3, x, norm_type, kernel_size, stride, ceil_mode)
