"""Pooling of images of one, two or three dimensions: each window becomes its mean or its largest element."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce
from typing import TypeAlias

from autodiff import array_namespace, primitive
from autodiff.namespaces import device_of
from autodiff.rules import Jvp, Linear, Rule
from nn.namespaces import Array, Namespace
from nn.padding import pad
from nn.windows import Key, Sizes, Windows, batch_first, batch_last, check_images, more_images, per_axis

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
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
]

OutputSizes: TypeAlias = int | Sequence[int | None] | None


def _padded(x: Array, windows: Windows, value: float) -> Array:
    return pad(x, [n for pair in reversed(windows.padding) for n in pair], value=value)


def _at(x: Array, key: Key) -> Array:
    return x[(slice(None), slice(None), *key, ...)]


def _reduced(xp: Namespace, x: Array, function: str, value: float, windows: Windows) -> Array:
    """One axis after the other: of a window of k x k elements, 2 k are visited."""
    x = _padded(x, windows, value)
    everywhere = [slice(None)] * len(windows.image)
    for axis in range(len(windows.image)):
        parts = [_at(x, (*everywhere[:axis], key)) for key in windows.along(axis)]
        x = reduce(getattr(xp, function), parts)
    return x


def _folded(xp: Namespace, part_of: Callable[[Key], Array], like: Array, windows: Windows) -> Array:
    """Images to which each element of the windows adds its part: the transpose of taking the elements."""
    batch, channels = like.shape[:2]
    shape = (channels, *windows.padded, batch)
    if hasattr(like, "new_zeros"):
        # Within torch.func.vmap a batch can be written only to what is made of one.
        image = like.new_zeros(shape)
    else:
        image = xp.zeros(shape, dtype=like.dtype, device=device_of(like))
    for element in windows.elements():
        key, part = (slice(None), *element, ...), batch_last(xp, part_of(element))
        if hasattr(image, "at"):
            image = image.at[key].add(part)
        else:
            image[key] += part
    return batch_first(xp, image[(slice(None), *windows.inside, ...)])


def _sum_of_windows(xp: Namespace, x: Array, *, windows: Windows) -> Array:
    return _reduced(xp, x, "add", 0.0, windows)


def _spread_over_windows(xp: Namespace, t: Array, *, windows: Windows) -> Array:
    return _folded(xp, lambda element: t, t, windows)


def _max_of_windows(xp: Namespace, x: Array, *, windows: Windows) -> Array:
    return _reduced(xp, x, "maximum", -math.inf, windows)


def _hits(xp: Namespace, x: Array, largest: Array, windows: Windows) -> Callable[[Key], Array]:
    """For an element of the windows, one where it is the largest."""
    x = _padded(x, windows, -math.inf)
    return lambda element: xp.astype(_at(x, element) == largest, largest.dtype)


def _taken_at_largest(xp: Namespace, t: Array, x: Array, largest: Array, *, windows: Windows) -> Array:
    t, hit = _padded(t, windows, 0.0), _hits(xp, x, largest, windows)
    total = reduce(xp.add, (_at(t, element) * hit(element) for element in windows.elements()))
    return total / reduce(xp.add, map(hit, windows.elements()))


def _put_at_largest(xp: Namespace, t: Array, x: Array, largest: Array, *, windows: Windows) -> Array:
    hit = _hits(xp, x, largest, windows)
    share = t / reduce(xp.add, map(hit, windows.elements()))
    return _folded(xp, lambda element: share * hit(element), t, windows)


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
    check_images(x, ndim)
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


def _max_pool(
    ndim: int, x: Array, kernel_size: Sizes, stride: Sizes | None, padding: Sizes, dilation: Sizes, ceil_mode: bool
) -> Array:
    return max_of_windows(x, windows=_windows(ndim, x, kernel_size, stride, padding, dilation, ceil_mode))


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


def _adaptive(
    ndim: int,
    x: Array,
    output_size: OutputSizes,
    pool: Callable[..., Array],
    of_bins: Callable[[Namespace, Array, int, list[tuple[int, int]]], Array],
) -> Array:
    """Pool windows of one size where they divide the image, and uneven ones, that may overlap, one axis at a time."""
    check_images(x, ndim)
    image = tuple(x.shape[2:])
    given = (output_size,) * ndim if output_size is None or isinstance(output_size, int) else tuple(output_size)
    if len(given) != ndim:
        raise ValueError(f"output_size must be a number or None, or {ndim} of those, got {output_size}")
    counts = per_axis(
        "output_size", [n if count is None else count for n, count in zip(image, given, strict=True)], ndim
    )
    if min(image) < 1:
        raise ValueError(f"there is nothing to pool in images of {image}")
    if not any(n % count for n, count in zip(image, counts, strict=True)):
        return pool(x, [n // count for n, count in zip(image, counts, strict=True)])
    xp = array_namespace(x)
    for axis, (n, count) in enumerate(zip(image, counts, strict=True), start=2):
        x = of_bins(xp, x, axis, [(i * n // count, -(-(i + 1) * n // count)) for i in range(count)])
    return x


def _mean_of_bins(xp: Namespace, x: Array, axis: int, bins: list[tuple[int, int]]) -> Array:
    weights = [[(start <= i < stop) / (stop - start) for start, stop in bins] for i in range(x.shape[axis])]
    matrix = xp.asarray(weights, dtype=x.dtype, device=device_of(x))
    return xp.moveaxis(xp.matmul(xp.moveaxis(x, axis, -1), matrix), -1, axis)


def _max_of_bins(xp: Namespace, x: Array, axis: int, bins: list[tuple[int, int]]) -> Array:
    before = (slice(None),) * axis
    return xp.stack([xp.max(x[(*before, slice(*bounds), ...)], axis=axis) for bounds in bins], axis=axis)


def _adaptive_avg_pool(ndim: int, x: Array, output_size: OutputSizes) -> Array:
    def pool(x: Array, size: Sizes) -> Array:
        return _avg_pool(ndim, x, size, None, 0, False, True, None)

    return _adaptive(ndim, x, output_size, pool, _mean_of_bins)


def _adaptive_max_pool(ndim: int, x: Array, output_size: OutputSizes) -> Array:
    def pool(x: Array, size: Sizes) -> Array:
        return _max_pool(ndim, x, size, None, 0, 1, False)

    return _adaptive(ndim, x, output_size, pool, _max_of_bins)


def max_pool1d(
    x: Array,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> Array:
    """Largest element of each window of sequences: :func:`max_pool2d` with one axis.

    Examples
    --------
    >>> import numpy
    >>> max_pool1d(numpy.asarray([[[1.0, 4.0, 2.0, 3.0]]]), 2)
    array([[[4., 3.]]])
    """
    return _max_pool(1, x, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(
    x: Array,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> Array:
    """Largest element of each window. Where several are largest, they share the derivative.

    Parameters
    ----------
    x : array
        Images of a floating-point data type, shape (batch, channels, height, width).
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

    Returns
    -------
    array
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
    return _max_pool(2, x, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d(
    x: Array,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> Array:
    """Largest element of each window of volumes: :func:`max_pool2d` with three axes.

    Examples
    --------
    >>> import numpy
    >>> max_pool3d(numpy.reshape(numpy.arange(8.0), (1, 1, 2, 2, 2)), 2)
    array([[[[[7.]]]]])
    """
    return _max_pool(3, x, kernel_size, stride, padding, dilation, ceil_mode)


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
        Images of a floating-point data type, shape (batch, channels, height, width).
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
        Images of a floating-point data type, shape (batch, channels, height, width).
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


def adaptive_max_pool1d(x: Array, output_size: OutputSizes) -> Array:
    """Largest element of as many windows of sequences as asked for: :func:`adaptive_max_pool2d` with one axis.

    Examples
    --------
    >>> import numpy
    >>> adaptive_max_pool1d(numpy.asarray([[[1.0, 4.0, 2.0]]]), 2)
    array([[[4., 4.]]])
    """
    return _adaptive_max_pool(1, x, output_size)


def adaptive_max_pool2d(x: Array, output_size: OutputSizes) -> Array:
    """Largest element of each window, the windows being as many as asked for, as in :func:`adaptive_avg_pool2d`.

    Examples
    --------
    >>> import numpy
    >>> adaptive_max_pool2d(numpy.reshape(numpy.arange(12.0), (1, 1, 3, 4)), (2, 1))
    array([[[[ 7.],
             [11.]]]])
    """
    return _adaptive_max_pool(2, x, output_size)


def adaptive_max_pool3d(x: Array, output_size: OutputSizes) -> Array:
    """Largest element of as many windows of volumes as asked for: :func:`adaptive_max_pool2d` with three axes.

    Examples
    --------
    >>> import numpy
    >>> adaptive_max_pool3d(numpy.ones((1, 2, 5, 6, 7)), 3).shape
    (1, 2, 3, 3, 3)
    """
    return _adaptive_max_pool(3, x, output_size)
