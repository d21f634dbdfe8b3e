"""Images whose elements change places: between channels and the image, and out of windows into columns and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autodiff import array_namespace, primitive
from autodiff.rules import Linear, Rule
from nn.namespaces import Array, Namespace
from nn.windows import Sizes, Windows, folded, more_images, of_images, padded, per_axis

__all__ = ["channel_shuffle", "fold", "pixel_shuffle", "pixel_unshuffle", "unfold"]


def pixel_shuffle(x: Array, upscale_factor: int) -> Array:
    """Make images larger by a factor, out of its square as many channels (Shi et al., "Real-time single image and video
    super-resolution using an efficient sub-pixel convolutional neural network", CVPR 2016).

    Parameters
    ----------
    x : array
        Shape (..., channels * upscale_factor ** 2, height, width).
    upscale_factor : int

    Returns
    -------
    array
        Shape (..., channels, height * upscale_factor, width * upscale_factor).

    Raises
    ------
    ValueError
        If the channels do not divide.

    Examples
    --------
    >>> import numpy
    >>> pixel_shuffle(numpy.reshape(numpy.arange(4.0), (4, 1, 1)), 2)
    array([[[0., 1.],
            [2., 3.]]])
    """
    r = _checked(x, "upscale_factor", upscale_factor)
    *leading, channels, height, width = x.shape
    if channels % (r * r):
        raise ValueError(f"channels must be divisible by {r * r}, got {channels} in an array of shape {tuple(x.shape)}")
    xp, n = array_namespace(x), len(leading)
    x = xp.reshape(x, (*leading, channels // (r * r), r, r, height, width))
    x = xp.permute_dims(x, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return xp.reshape(x, (*leading, channels // (r * r), height * r, width * r))


def pixel_unshuffle(x: Array, downscale_factor: int) -> Array:
    """Make images smaller by a factor, with its square as many channels: the inverse of :func:`pixel_shuffle`.

    Parameters
    ----------
    x : array
        Shape (..., channels, height * downscale_factor, width * downscale_factor).
    downscale_factor : int

    Returns
    -------
    array
        Shape (..., channels * downscale_factor ** 2, height, width).

    Raises
    ------
    ValueError
        If height or width does not divide.

    Examples
    --------
    >>> import numpy
    >>> pixel_unshuffle(numpy.reshape(numpy.arange(4.0), (1, 2, 2)), 2).shape
    (4, 1, 1)
    """
    r = _checked(x, "downscale_factor", downscale_factor)
    *leading, channels, height, width = x.shape
    if height % r or width % r:
        raise ValueError(f"height and width must be divisible by {r}, got an array of shape {tuple(x.shape)}")
    xp, n = array_namespace(x), len(leading)
    x = xp.reshape(x, (*leading, channels, height // r, r, width // r, r))
    x = xp.permute_dims(x, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return xp.reshape(x, (*leading, channels * r * r, height // r, width // r))


def _checked(x: Array, name: str, factor: int) -> int:
    if x.ndim < 3 or factor < 1:
        raise ValueError(
            f"expected an array of shape (..., channels, height, width) and a positive {name}, got shape "
            f"{tuple(x.shape)} and {factor}"
        )
    return factor


def channel_shuffle(x: Array, groups: int) -> Array:
    """Deal channels out, the first of each group, then the second, and so on (Zhang et al., "ShuffleNet", CVPR 2018).

    Parameters
    ----------
    x : array
        Shape (batch, channels, ...).
    groups : int
        Number of groups, which divides that of the channels.

    Raises
    ------
    ValueError
        If it does not.

    Examples
    --------
    >>> import numpy
    >>> channel_shuffle(numpy.asarray([[1.0, 2.0, 3.0, 4.0]]), 2)
    array([[1., 3., 2., 4.]])
    """
    if x.ndim < 2 or groups < 1 or x.shape[1] % groups:
        raise ValueError(f"groups must divide the channels, on axis 1, got {groups} for shape {tuple(x.shape)}")
    xp = array_namespace(x)
    batch, channels, *image = x.shape
    x = xp.reshape(x, (batch, groups, channels // groups, *image))
    return xp.reshape(xp.permute_dims(x, (0, 2, 1, *range(3, x.ndim))), (batch, channels, *image))


def _columns(xp: Namespace, x: Array, *, windows: Windows) -> Array:
    """The elements of each window one below the other, channel by channel: shape (batch, elements, windows)."""
    x = padded(x, windows)
    parts = xp.stack([x[(slice(None), slice(None), *key)] for key in windows.elements()], axis=2)
    elements, count = math.prod(windows.size), math.prod(windows.counts)
    return xp.reshape(parts, (x.shape[0], x.shape[1] * elements, count))


def _images(xp: Namespace, x: Array, *, windows: Windows) -> Array:
    elements = math.prod(windows.size)
    parts = xp.reshape(x, (x.shape[0], x.shape[1] // elements, elements, *windows.counts))
    remaining = iter(xp.unstack(parts, axis=2))
    return folded(xp, lambda _: next(remaining), parts[:, :, 0, ...], windows)


_COLUMNS: Rule = Linear("columns_of_windows", lambda xp, t, out, shape, **params: _IMAGES.call(xp, t, **params))
_IMAGES: Rule = Linear("images_of_columns", lambda xp, t, out, shape, **params: _COLUMNS.call(xp, t, **params))

columns_of_windows = primitive(_COLUMNS, {}, definition=_columns, batching=more_images)
images_of_columns = primitive(_IMAGES, {}, definition=_images, batching=more_images)


def _windows(image: Sequence[int], kernel_size: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes) -> Windows:
    size, step = per_axis("kernel_size", kernel_size, 2), per_axis("stride", stride, 2)
    pairs = tuple([(p, p) for p in per_axis("padding", padding, 2, 0)])
    return Windows(tuple(image), size, step, pairs, per_axis("dilation", dilation, 2))


@of_images
def _unfolded(_: int, x: Array, *options: Any) -> Array:
    return columns_of_windows(x, windows=_windows(x.shape[2:], *options))


def unfold(x: Array, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> Array:
    """Lay out the windows of images as columns, the operand of a convolution as a product of matrices.

    Parameters
    ----------
    x : array
        Shape (batch, channels, height, width), or without the batch.
    kernel_size, dilation, padding, stride : int or pair of int
        As for :func:`nn.functional.conv2d`.

    Returns
    -------
    array
        Shape (batch, channels * elements of a window, windows), or without the batch.

    Raises
    ------
    ValueError
        If shapes and options do not fit.

    Examples
    --------
    >>> import numpy
    >>> unfold(numpy.reshape(numpy.arange(6.0), (1, 2, 3)), 2)
    array([[0., 1.],
           [1., 2.],
           [3., 4.],
           [4., 5.]])
    """
    return _unfolded(2, x, kernel_size, dilation, padding, stride)


def fold(
    x: Array, output_size: Sizes, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
) -> Array:
    """Add columns up to images, each element where :func:`unfold` takes it from: its transpose as a linear map.

    Parameters
    ----------
    x : array
        Shape (batch, channels * elements of a window, windows), or without the batch.
    output_size : int or pair of int
        Height and width of the images.
    kernel_size, dilation, padding, stride : int or pair of int
        As for :func:`unfold`.

    Returns
    -------
    array
        Shape (batch, channels, height, width), or without the batch.

    Raises
    ------
    ValueError
        If shapes and options do not fit.

    Examples
    --------
    >>> import numpy
    >>> fold(unfold(numpy.ones((1, 2, 3)), 2), (2, 3), 2)
    array([[[1., 2., 1.],
            [1., 2., 1.]]])
    """
    windows = _windows(per_axis("output_size", output_size, 2), kernel_size, dilation, padding, stride)
    elements, count = math.prod(windows.size), math.prod(windows.counts)
    if x.ndim not in (2, 3) or x.shape[-2] % elements or x.shape[-1] != count:
        raise ValueError(
            f"expected an array of shape (batch, channels * {elements}, {count}), or without the batch, for images of "
            f"{windows.image}, got shape {tuple(x.shape)}"
        )
    xp = array_namespace(x)
    if x.ndim == 3:
        return images_of_columns(x, windows=windows)
    return xp.squeeze(images_of_columns(xp.expand_dims(x, axis=0), windows=windows), axis=0)
