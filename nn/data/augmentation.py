"""Augmentation: other images of the same thing.

Images are arrays of shape (count, ..., height, width), such as (count, channels, height, width), of any namespace. Each
function takes a NumPy generator, whose draws say what happens to each image, and returns new images; the same state of
the generator gives the same draws on every namespace. In an :class:`nn.DataLoader` they go into ``transform``:

>>> import nn, numpy
>>> def augment(rng, batch):
...     images, labels = batch
...     return random_horizontal_flip(rng, random_crop(rng, images, padding=2)), labels
>>> images, labels = numpy.ones((10, 1, 8, 8)), numpy.zeros(10)
>>> loader = nn.DataLoader((images, labels), batch_size=5, transform=augment, rng=numpy.random.default_rng(0))
>>> [batch_images.shape for batch_images, _ in loader]
[(5, 1, 8, 8), (5, 1, 8, 8)]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import Any, TypeAlias

import numpy

from autodiff import array_namespace
from nn.namespaces import Array, index_dtype, is_floating

__all__ = [
    "affine",
    "cutout",
    "mixup",
    "normalize",
    "random_affine",
    "random_brightness",
    "random_contrast",
    "random_crop",
    "random_horizontal_flip",
    "random_rotation",
    "random_translation",
    "random_vertical_flip",
]

NumPyArray: TypeAlias = numpy.ndarray[Any, numpy.dtype[Any]]
Generator: TypeAlias = numpy.random.Generator
Range: TypeAlias = tuple[float, float]


def random_horizontal_flip(rng: Generator, images: Array, probability: float = 0.5) -> Array:
    """Mirror each image, left to right, with a probability.

    Examples
    --------
    >>> random_horizontal_flip(numpy.random.default_rng(0), numpy.asarray([[[1, 2]], [[1, 2]]]))
    array([[[1, 2]],
           [[2, 1]]])
    """
    return _randomly_flipped(rng, images, probability, axis=-1)


def random_vertical_flip(rng: Generator, images: Array, probability: float = 0.5) -> Array:
    """Mirror each image, top to bottom, with a probability.

    Examples
    --------
    >>> random_vertical_flip(numpy.random.default_rng(0), numpy.asarray([[[1], [2]]]), probability=1)
    array([[[2],
            [1]]])
    """
    return _randomly_flipped(rng, images, probability, axis=-2)


def _randomly_flipped(rng: Generator, images: Array, probability: float, axis: int) -> Array:
    count, _, _ = _sizes(images)
    xp = array_namespace(images)
    flipped = _per_image(rng.random(count) < probability, images, xp.bool)
    return xp.where(flipped, xp.flip(images, axis=axis), images)


def random_crop(
    rng: Generator, images: Array, size: int | tuple[int, int] | None = None, *, padding: int = 0, fill: float = 0.0
) -> Array:
    """Cut a random window out of each image.

    Parameters
    ----------
    size
        Height and width of the window, one number for both; by default those of the images.
    padding
        How many pixels to add on each side before.
    fill
        Value of these.

    Raises
    ------
    ValueError
        If a padded image is smaller than the window.

    Examples
    --------
    >>> random_crop(numpy.random.default_rng(0), numpy.asarray([[[1, 2, 3], [4, 5, 6]]]), (2, 2))
    array([[[2, 3],
            [5, 6]]])
    """
    count, height, width = _sizes(images)
    if size is None:
        size = height, width
    new_height, new_width = (size, size) if isinstance(size, int) else size
    room = height + 2 * padding - new_height, width + 2 * padding - new_width
    if min(room) < 0:
        raise ValueError(
            f"no window of {new_height}x{new_width} fits into images of {height}x{width} with a padding of {padding}"
        )
    top, left = (rng.integers(-padding, length - padding + 1, count)[:, None, None] for length in room)
    rows, columns = top + numpy.arange(new_height)[:, None], left + numpy.arange(new_width)
    return _pixels(images, rows, columns, fill)


def cutout(rng: Generator, images: Array, size: int, *, fill: float = 0.0) -> Array:
    """Blank out a square of each image, as far as it lies within: its centre may be any pixel.

    References
    ----------
    T. DeVries, G. W. Taylor, "Improved regularization of convolutional neural networks with cutout", arXiv:1708.04552.

    Examples
    --------
    >>> cutout(numpy.random.default_rng(0), numpy.ones((1, 3, 3)), 2)
    array([[[1., 1., 1.],
            [0., 0., 1.],
            [0., 0., 1.]]])
    """
    count, height, width = _sizes(images)
    xp = array_namespace(images)
    inside = [
        (start <= numpy.arange(length)) & (numpy.arange(length) < start + size)
        for length in (height, width)
        for start in [rng.integers(0, length, count)[:, None] - size // 2]
    ]
    blank = _per_image(inside[0][:, :, None] & inside[1][:, None, :], images, xp.bool)
    return xp.where(blank, _filling(images, fill), images)


def affine(images: Array, matrices: NumPyArray, *, fill: float = 0.0) -> Array:
    """Map each image by an affine map about its centre, with bilinear interpolation.

    Parameters
    ----------
    matrices
        NumPy array of shape (count, 2, 3). Where the pixel ``(x, y)`` of the result, counted from the centre to the
        right and down, comes from: ``matrix @ (x, y, 1)``.
    fill
        Value of all pixels beyond the edges.

    Raises
    ------
    TypeError
        If the images are not of a floating-point data type.

    Examples
    --------
    >>> shift = numpy.asarray([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]])
    >>> affine(numpy.asarray([[[0.0, 1.0, 2.0]]]), shift)
    array([[[0.5, 1.5, 1. ]]])
    """
    _require_floating(images)
    xp = array_namespace(images)
    _, height, width = _sizes(images)
    y, x = numpy.arange(height)[:, None] - (height - 1) / 2, numpy.arange(width) - (width - 1) / 2

    def places(row: NumPyArray, length: int) -> NumPyArray:
        by_x, by_y, offset = (row[:, i, None, None] for i in range(3))
        return numpy.asarray(by_x * x + by_y * y + offset + (length - 1) / 2)

    columns, rows = places(matrices[:, 0], width), places(matrices[:, 1], height)
    left, top = numpy.floor(columns).astype(int), numpy.floor(rows).astype(int)
    right_share, bottom_share = columns - left, rows - top
    terms = [
        xp.multiply(_pixels(images, row, column, fill), _per_image(share, images, images.dtype))
        for row, column, share in (
            (top, left, (1 - bottom_share) * (1 - right_share)),
            (top, left + 1, (1 - bottom_share) * right_share),
            (top + 1, left, bottom_share * (1 - right_share)),
            (top + 1, left + 1, bottom_share * right_share),
        )
    ]
    return reduce(xp.add, terms)


def random_affine(
    rng: Generator,
    images: Array,
    *,
    degrees: float = 0.0,
    translate: tuple[float, float] = (0.0, 0.0),
    scale: Range = (1.0, 1.0),
    shear: float = 0.0,
    fill: float = 0.0,
) -> Array:
    """Turn, enlarge, shear and shift each image at random, about its centre, with bilinear interpolation.

    Parameters
    ----------
    degrees
        Turned by up to this angle in either direction.
    translate
        Shifted by up to these numbers of pixels, horizontally and vertically, in either direction.
    scale
        Enlarged by a factor between these two.
    shear
        Sheared horizontally by up to this angle, in degrees, in either direction.
    fill
        Value of what comes in from beyond the edges.

    Examples
    --------
    >>> images = numpy.ones((4, 3, 8, 8), dtype=numpy.float32)
    >>> random_affine(numpy.random.default_rng(0), images, degrees=10, scale=(0.9, 1.1)).shape
    (4, 3, 8, 8)
    """
    count = _sizes(images)[0]
    angle = numpy.radians(rng.uniform(-degrees, degrees, count))
    slope = numpy.tan(numpy.radians(rng.uniform(-shear, shear, count)))
    factor = rng.uniform(*scale, count)
    shift = [rng.uniform(-most, most, count) for most in translate]
    cos, sin = numpy.cos(angle) / factor, numpy.sin(angle) / factor
    # The inverse of: shear, then enlarge and turn, then shift.
    linear = numpy.asarray([[cos + slope * sin, sin - slope * cos], [-sin, cos]])
    offset = -numpy.einsum("ijn,jn->in", linear, shift)
    matrices = numpy.concatenate([linear, offset[:, None]], axis=1)
    return affine(images, numpy.moveaxis(matrices, -1, 0), fill=fill)


def random_rotation(rng: Generator, images: Array, degrees: float, *, fill: float = 0.0) -> Array:
    """Turn each image about its centre by a random angle, up to `degrees` in either direction.

    Examples
    --------
    >>> random_rotation(numpy.random.default_rng(0), numpy.ones((2, 5, 5)), 15).shape
    (2, 5, 5)
    """
    return random_affine(rng, images, degrees=degrees, fill=fill)


def random_translation(rng: Generator, images: Array, pixels: float, *, fill: float = 0.0) -> Array:
    """Shift each image by a random part of pixels, up to `pixels` in each direction.

    Examples
    --------
    >>> random_translation(numpy.random.default_rng(0), numpy.ones((2, 5, 5)), 1.5).shape
    (2, 5, 5)
    """
    return random_affine(rng, images, translate=(pixels, pixels), fill=fill)


def random_brightness(rng: Generator, images: Array, strength: float, *, limits: Range = (0.0, 1.0)) -> Array:
    """Multiply each image by a random factor from ``1 - strength`` to ``1 + strength``, within the limits of pixels.

    Examples
    --------
    >>> random_brightness(numpy.random.default_rng(0), numpy.full((2, 1, 1), 0.5), 0.1).round(3).tolist()
    [[[0.514]], [[0.477]]]
    """
    _require_floating(images)
    factor = _per_image(rng.uniform(1 - strength, 1 + strength, _sizes(images)[0]), images, images.dtype)
    xp = array_namespace(images)
    return xp.clip(xp.multiply(images, factor), *limits)


def random_contrast(rng: Generator, images: Array, strength: float, *, limits: Range = (0.0, 1.0)) -> Array:
    """Multiply each image's difference from its mean by a factor from ``1 - strength`` to ``1 + strength``.

    Examples
    --------
    >>> random_contrast(numpy.random.default_rng(0), numpy.asarray([[[0.2, 0.4]]]), 0.5).round(3)
    array([[[0.186, 0.414]]])
    """
    _require_floating(images)
    factor = _per_image(rng.uniform(1 - strength, 1 + strength, _sizes(images)[0]), images, images.dtype)
    xp = array_namespace(images)
    mean = xp.mean(images, axis=tuple(range(1, images.ndim)), keepdims=True)
    return xp.clip(mean + xp.multiply(images - mean, factor), *limits)


def normalize(images: Array, mean: float | Sequence[float], std: float | Sequence[float]) -> Array:
    """Subtract a mean and divide by a standard deviation: one number, or one per channel, which is axis 1.

    Examples
    --------
    >>> normalize(numpy.asarray([[[[4.0]], [[6.0]]]]), mean=[2.0, 3.0], std=2.0)
    array([[[[1. ]],
    <BLANKLINE>
            [[1.5]]]])
    """
    _require_floating(images)
    xp = array_namespace(images)

    def by_channel(values: float | Sequence[float]) -> Any:
        if isinstance(values, (int, float)):
            return float(values)
        if len(values) != images.shape[1]:
            raise ValueError(f"got {len(values)} numbers for {images.shape[1]} channels (axis 1)")
        return xp.reshape(_like(values, images, images.dtype), (len(values),) + (1,) * (images.ndim - 2))

    return (images - by_channel(mean)) / by_channel(std)


def mixup(rng: Generator, images: Array, targets: Array, alpha: float = 0.2) -> tuple[Array, Array]:
    """Blend each image, and its target, with those of another one of the batch.

    Parameters
    ----------
    targets
        Of a floating-point data type and as many rows as `images`: probabilities of classes, or numbers.
    alpha
        The share of the first is drawn from the beta distribution with both parameters `alpha`, once per image.

    Raises
    ------
    TypeError
        If the targets are class numbers, which cannot be blended.

    References
    ----------
    H. Zhang, M. Cisse, Y. N. Dauphin, D. Lopez-Paz, "mixup: Beyond empirical risk minimization", ICLR 2018.

    Examples
    --------
    >>> images, targets = numpy.asarray([[[0.0]], [[1.0]]]), numpy.eye(2)
    >>> _, blended = mixup(numpy.random.default_rng(0), images, targets, alpha=1.0)
    >>> blended.sum(axis=-1)
    array([1., 1.])
    """
    _require_floating(images)
    if not is_floating(targets):
        raise TypeError(f"mixup blends targets of a floating-point data type, got {targets.dtype}; make them one-hot")
    count = images.shape[0]
    share, other = rng.beta(alpha, alpha, count), rng.permutation(count)

    def blended(x: Array) -> Array:
        xp = array_namespace(x)
        partner = xp.take(x, _like(other, x, index_dtype(xp)), axis=0)
        return partner + xp.multiply(x - partner, _per_image(share, x, x.dtype))

    return blended(images), blended(targets)


def _pixels(images: Array, rows: NumPyArray, columns: NumPyArray, fill: float) -> Array:
    """Pixels at integer places, arrays that broadcast to (count, height, width); `fill` beyond the edges."""
    xp = array_namespace(images)
    count, height, width = _sizes(images)
    rows, columns = numpy.broadcast_arrays(rows, columns)
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    places = numpy.where(inside, rows * width + columns, 0)
    between = images.shape[1:-2]
    flat = xp.reshape(images, (count, *between, height * width))
    chosen = _like(places.reshape(count, *(1,) * len(between), math.prod(places.shape[1:])), images, index_dtype(xp))
    out = xp.take_along_axis(flat, xp.broadcast_to(chosen, (count, *between, chosen.shape[-1])), axis=-1)
    out = xp.reshape(out, (count, *between, *rows.shape[1:]))
    return out if inside.all() else xp.where(_per_image(inside, out, xp.bool), out, _filling(out, fill))


def _sizes(images: Array) -> tuple[int, int, int]:
    if images.ndim < 3:
        raise ValueError(f"images have the shape (count, ..., height, width), got {tuple(images.shape)}")
    return images.shape[0], images.shape[-2], images.shape[-1]


def _per_image(values: NumPyArray, images: Array, dtype: Any) -> Array:
    """Values of shape (count,) or (count, height, width) in a shape that broadcasts with the images."""
    missing = (1,) * (images.ndim - values.ndim)
    return _like(values.reshape(values.shape[0], *missing, *values.shape[1:]), images, dtype)


def _like(values: Any, images: Array, dtype: Any) -> Array:
    return array_namespace(images).asarray(values, dtype=dtype, device=getattr(images, "device", None))


def _filling(images: Array, fill: float) -> Array:
    return array_namespace(images).full_like(images, fill if is_floating(images) else int(fill))


def _require_floating(images: Array) -> None:
    if not is_floating(images):
        raise TypeError(f"expected images of a floating-point data type, got {images.dtype}; convert them first")
