"""Images of another size, by interpolation.

Along each axis an element of the result is a weighted sum of a few elements of the image, its taps. Which ones, and by
which weights, is computed with NumPy and depends on the sizes alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, NamedTuple, TypeAlias

import numpy

from autodiff import array_namespace
from autodiff.namespaces import device_of
from nn.namespaces import Array, index_dtype
from nn.pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d
from nn.windows import AXES

__all__ = ["interpolate"]

NumPyArray: TypeAlias = numpy.ndarray[Any, numpy.dtype[Any]]

Taps: TypeAlias = tuple[NumPyArray, NumPyArray]
"""Indices of elements of an axis, and weights: arrays of shape (taps, length of the result)."""


def _hat(z: NumPyArray, _: float) -> NumPyArray:
    return numpy.asarray(numpy.maximum(1 - abs(z), 0.0))


def _cubic(z: NumPyArray, a: float) -> NumPyArray:
    """Keys, "Cubic convolution interpolation for digital image processing", 1981, equation 4."""
    z = abs(z)
    near = ((a + 2) * z - (a + 3)) * z * z + 1
    far = ((z - 5) * z + 8) * z * a - 4 * a
    return numpy.where(z <= 1, near, numpy.where(z < 2, far, 0.0))


class _Kernel(NamedTuple):
    weights: Callable[[NumPyArray, float], NumPyArray]
    reach: int
    ndims: tuple[int, ...]
    beyond: bool
    """Whether the image goes on beyond its edges, where a place may be; else places are moved to the edge."""


_KERNELS = {
    "linear": _Kernel(_hat, 1, (1,), False),
    "bilinear": _Kernel(_hat, 1, (2,), False),
    "trilinear": _Kernel(_hat, 1, (3,), False),
    "bicubic": _Kernel(_cubic, 2, (2,), True),
}

_NEAREST = ("nearest", "nearest-exact")

_AREA = {1: adaptive_avg_pool1d, 2: adaptive_avg_pool2d, 3: adaptive_avg_pool3d}

MODES = (*_NEAREST, *_KERNELS, "area")


def interpolate(
    x: Array,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Array:
    """Make images smaller or larger.

    Parameters
    ----------
    x : array
        Images of a floating-point data type, shape (batch, channels, *image), of one to three axes.
    size : int or sequence of int, optional
        Shape of the resulting images, one number for all axes.
    scale_factor : float or sequence of float, optional
        By which factor they are larger, in the place of `size`; a length is rounded down.
    mode : str
        "nearest"; "nearest-exact", which takes the element whose middle is nearest, as Pillow does; "linear",
        "bilinear" or "trilinear", as the images have one, two or three axes; "bicubic", for two; "area", the mean of
        the elements that are covered.
    align_corners : bool, optional
        For linear and cubic modes, whether the middles of the outermost elements stay where they are; else the outer
        edges do.
    recompute_scale_factor : bool, optional
        Whether elements are placed by the sizes, which may have been rounded, and not by `scale_factor`.
    antialias : bool
        For "bilinear" and "bicubic", whether smaller images are made of all elements that are covered. As in PyTorch,
        `align_corners` then changes the distance of the elements alone.

    Returns
    -------
    array
        Of shape (batch, channels, *size).

    Raises
    ------
    ValueError
        If there is no such mode for images of this shape, both or none of `size` and `scale_factor` are given, or they
        have another length than the image has axes.

    Examples
    --------
    >>> import numpy
    >>> x = numpy.asarray([[[1.0, 2.0]]])
    >>> interpolate(x, 4)
    array([[[1., 1., 2., 2.]]])
    >>> interpolate(x, scale_factor=2, mode="linear")
    array([[[1.  , 1.25, 1.75, 2.  ]]])
    """
    image = tuple(x.shape[2:])
    ndims = _KERNELS[mode].ndims if mode in _KERNELS else tuple(AXES)
    if mode not in MODES or len(image) not in ndims:
        raise ValueError(
            f"mode must be one of {', '.join(MODES)}, and fit images of {len(image)} axes, got {mode!r} for an array "
            f"of shape {tuple(x.shape)}"
        )
    if align_corners is not None and mode not in _KERNELS:
        raise ValueError(f"align_corners is for linear and cubic modes, got mode={mode!r}")
    if antialias and mode not in ("bilinear", "bicubic"):
        raise ValueError(f"antialias is for the modes bilinear and bicubic, got mode={mode!r}")
    sizes, scales = _sizes(image, size, scale_factor, bool(recompute_scale_factor))
    if mode == "area":
        return _AREA[len(image)](x, sizes)
    for axis, (n, count, scale) in enumerate(zip(image, sizes, scales, strict=True), start=2):
        if n == 0:
            raise ValueError(f"there is nothing to interpolate in images of {image}")
        if mode in _NEAREST:
            x = _along(x, axis, _nearest(n, count, scale, 0.5 if mode == "nearest-exact" else 0.0), None)
            continue
        if align_corners:
            scale = (n - 1) / (count - 1) if count > 1 else 0.0
        if antialias:
            taps = _averaging_taps(_KERNELS[mode], n, count, scale)
        else:
            taps = _taps(_KERNELS[mode], n, count, scale, bool(align_corners))
        x = _along(x, axis, *taps)
    return x


def _sizes(
    image: tuple[int, ...],
    size: int | Sequence[int] | None,
    scale_factor: float | Sequence[float] | None,
    recomputed: bool,
) -> tuple[list[int], list[float]]:
    """Lengths of the result, and how many elements of the image there are to one of the result."""
    if (size is None) == (scale_factor is None):
        raise ValueError(f"expected either size or scale_factor, got size={size} and scale_factor={scale_factor}")
    given: Any = scale_factor if size is None else size
    numbers = [given] * len(image) if isinstance(given, (int, float)) else list(given)
    if len(numbers) != len(image) or min(numbers) <= 0:
        name = "scale_factor" if size is None else "size"
        raise ValueError(f"{name} must be a positive number, or {len(image)} of those, got {given}")
    sizes = [math.floor(n * f) for n, f in zip(image, numbers, strict=True)] if size is None else [*map(int, numbers)]
    if min(sizes) < 1:
        raise ValueError(f"the result would be images of {tuple(sizes)}, got images of {image} and {given}")
    if size is None and not recomputed:
        return sizes, [1 / factor for factor in numbers]
    return sizes, [n / count for n, count in zip(image, sizes, strict=True)]


def _nearest(n: int, count: int, scale: float, shift: float) -> NumPyArray:
    # In single precision, as PyTorch has it.
    places = (numpy.arange(count, dtype=numpy.float32) + numpy.float32(shift)) * numpy.float32(scale)
    return numpy.asarray(numpy.minimum(numpy.floor(places), n - 1)[None], dtype=int)


def _taps(kernel: _Kernel, n: int, count: int, scale: float, align_corners: bool) -> Taps:
    places = numpy.arange(count) * scale if align_corners else (numpy.arange(count) + 0.5) * scale - 0.5
    if not kernel.beyond:
        places = numpy.clip(places, 0.0, n - 1)
    elements = numpy.floor(places).astype(int) + numpy.arange(1 - kernel.reach, kernel.reach + 1)[:, None]
    return numpy.clip(elements, 0, n - 1), kernel.weights(elements - places, -0.75)


def _averaging_taps(kernel: _Kernel, n: int, count: int, scale: float) -> Taps:
    """The kernel stretched over all elements that one of the result covers, and cut off at the edges of the image."""
    places = (numpy.arange(count) + 0.5) * scale - 0.5
    stretch = max(scale, 1.0)
    first = numpy.maximum(numpy.floor(places + 1 - kernel.reach * stretch), 0).astype(int)
    stop = numpy.minimum(numpy.floor(places + 1 + kernel.reach * stretch), n).astype(int)
    elements = first + numpy.arange((stop - first).max())[:, None]
    # Pillow's cubic kernel, which PyTorch takes here.
    weights = numpy.where(elements < stop, kernel.weights((elements - places) / stretch, -0.5), 0.0)
    return numpy.minimum(elements, n - 1), weights / weights.sum(axis=0)


def _along(x: Array, axis: int, elements: NumPyArray, weights: NumPyArray | None) -> Array:
    xp = array_namespace(x)
    dtype, device = index_dtype(xp), device_of(x)
    parts = [xp.take(x, xp.asarray(row, dtype=dtype, device=device), axis=axis) for row in elements]
    if weights is None:
        return parts[0]
    shape = (-1, *[1] * (x.ndim - 1 - axis))
    factors = [xp.reshape(xp.asarray(row, dtype=x.dtype, device=device), shape) for row in weights]
    return reduce(xp.add, [xp.multiply(part, factor) for part, factor in zip(parts, factors, strict=True)])
