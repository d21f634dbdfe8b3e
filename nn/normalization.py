"""Normalization: each group of elements is brought to mean 0 and variance 1; the kinds differ in what is a group.

In half precision everything is computed in float32, whose squares do not overflow, and the result is rounded.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from autodiff import array_namespace, custom_vjp, stop_gradient
from nn.namespaces import Array, Namespace
from nn.padding import pad

__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "rms_norm",
]

Shape = tuple[int, ...]


def batch_norm(
    x: Array,
    mean: Array | None = None,
    var: Array | None = None,
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
) -> Array:
    """Normalize each channel over the batch (Ioffe, Szegedy, "Batch normalization", ICML 2015).

    Parameters
    ----------
    x : array
        Of shape (batch, channels, ...).
    mean, var : array, optional
        Moments of each channel, of shape (channels,); those of `x` by default.
    weight, bias : array, optional
        Scale and shift of each channel, of shape (channels,).
    eps : float
        Added to the variance.

    Returns
    -------
    array
        Of the shape of `x`.

    Raises
    ------
    ValueError
        If `x` has no axis for channels.

    Examples
    --------
    >>> import numpy
    >>> batch_norm(numpy.asarray([[1.0, 10.0], [3.0, 30.0]]), eps=0.0)
    array([[-1., -1.],
           [ 1.,  1.]])
    """
    _check_ndim(x, 2)
    weight, bias = (per_channel(param, x.ndim) for param in (weight, bias))
    if mean is None or var is None:
        return standardized(x, (0, *range(2, x.ndim)), weight, bias, eps)[0]
    mean, var = (per_channel(param, x.ndim) for param in (mean, var))
    return normalized(x, mean, var, weight, bias, eps)


def instance_norm(x: Array, weight: Array | None = None, bias: Array | None = None, eps: float = 1e-5) -> Array:
    """Normalize each channel of each example (Ulyanov et al., "Instance normalization", 2016).

    Parameters
    ----------
    x : array
        Of shape (batch, channels, ...), with at least one axis after the channels.
    weight, bias : array, optional
        Scale and shift of each channel, of shape (channels,).
    eps : float
        Added to the variance.

    Returns
    -------
    array
        Of the shape of `x`.

    Raises
    ------
    ValueError
        If `x` has too few axes.

    Examples
    --------
    >>> import numpy
    >>> instance_norm(numpy.asarray([[[1.0, 3.0], [10.0, 30.0]]]), eps=0.0)
    array([[[-1.,  1.],
            [-1.,  1.]]])
    """
    _check_ndim(x, 3)
    return group_norm(x, x.shape[1], weight, bias, eps)


def group_norm(
    x: Array, num_groups: int, weight: Array | None = None, bias: Array | None = None, eps: float = 1e-5
) -> Array:
    """Normalize groups of channels of each example (Wu, He, "Group normalization", ECCV 2018).

    Parameters
    ----------
    x : array
        Of shape (batch, channels, ...).
    num_groups : int
        Number of groups, which divides that of the channels.
    weight, bias : array, optional
        Scale and shift of each channel, of shape (channels,).
    eps : float
        Added to the variance.

    Returns
    -------
    array
        Of the shape of `x`.

    Raises
    ------
    ValueError
        If `num_groups` does not divide the number of channels, or there is no axis for these.

    Examples
    --------
    >>> import numpy
    >>> group_norm(numpy.asarray([[1.0, 3.0, 10.0, 30.0]]), 2, eps=0.0)
    array([[-1.,  1., -1.,  1.]])
    """
    _check_ndim(x, 2)
    channels = x.shape[1]
    if num_groups < 1 or channels % num_groups:
        raise ValueError(f"num_groups must divide the channels, got {num_groups} for an array of shape {x.shape}")
    groups = _reshaped(x, (x.shape[0], num_groups, channels // num_groups, *x.shape[2:]))
    shape = groups.shape[1:3] + (1,) * (x.ndim - 2)
    weight, bias = (_reshaped(param, shape) for param in (weight, bias))
    return _reshaped(standardized(groups, tuple(range(2, groups.ndim)), weight, bias, eps)[0], x.shape)


def layer_norm(
    x: Array,
    normalized_shape: int | Sequence[int],
    weight: Array | None = None,
    bias: Array | None = None,
    eps: float = 1e-5,
) -> Array:
    """Normalize the last axes (Ba, Kiros, Hinton, "Layer normalization", 2016).

    Parameters
    ----------
    x : array
        Of shape (..., *normalized_shape).
    normalized_shape : int or tuple of int
        Lengths of the last axes; an integer is that of the last one.
    weight, bias : array, optional
        Scale and shift of each element, of shape `normalized_shape`.
    eps : float
        Added to the variance.

    Returns
    -------
    array
        Of the shape of `x`.

    Raises
    ------
    ValueError
        If the shape of `x` does not end with `normalized_shape`.

    Examples
    --------
    >>> import numpy
    >>> layer_norm(numpy.asarray([[1.0, 3.0], [10.0, 30.0]]), 2, eps=0.0)
    array([[-1.,  1.],
           [-1.,  1.]])
    """
    return standardized(x, _last_axes(x, normalized_shape), weight, bias, eps)[0]


def rms_norm(
    x: Array, normalized_shape: int | Sequence[int], weight: Array | None = None, eps: float | None = None
) -> Array:
    """Divide by the root of the mean square of the last axes (Zhang, Sennrich, "Root mean square layer normalization",
    NeurIPS 2019).

    Parameters
    ----------
    x : array
        Of shape (..., *normalized_shape).
    normalized_shape : int or tuple of int
        Lengths of the last axes; an integer is that of the last one.
    weight : array, optional
        Scale of each element, of shape `normalized_shape`.
    eps : float, optional
        Added to the mean square; by default the machine epsilon of the data type that it is computed in.

    Returns
    -------
    array
        Of the shape of `x`.

    Raises
    ------
    ValueError
        If the shape of `x` does not end with `normalized_shape`.

    Examples
    --------
    >>> import numpy
    >>> rms_norm(numpy.asarray([[1.0, 7.0]]), 2, eps=0.0)
    array([[0.2, 1.4]])
    """
    axis = _last_axes(x, normalized_shape)
    if eps is None:
        xp = array_namespace(x)
        eps = float(xp.finfo(_widened(xp, x).dtype).eps)
    return standardized(x, axis, weight, None, eps, centred=False)[0]


def local_response_norm(x: Array, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Array:
    """Divide by a power of the mean square of neighbouring channels (Krizhevsky et al., "ImageNet classification with
    deep convolutional neural networks", 2012, section 3.3).

    Parameters
    ----------
    x : array
        Of shape (batch, channels, ...), with at least one axis after the channels.
    size : int
        How many channels, ``size // 2`` of them before; those that there are not count as zeros.
    alpha, beta, k : float
        ``x / (k + alpha * mean_square) ** beta``.

    Returns
    -------
    array
        Of the shape of `x`.

    Raises
    ------
    ValueError
        If `x` has too few axes, or `size` is not positive.

    Examples
    --------
    >>> import numpy
    >>> local_response_norm(numpy.asarray([[[3.0], [4.0]]]), 2, alpha=2.0, beta=0.5, k=0.0).round(4)
    array([[[1. ],
            [0.8]]])
    """
    _check_ndim(x, 3)
    if size < 1:
        raise ValueError(f"size must be positive, got {size}")
    xp = array_namespace(x)
    wide = _widened(xp, x)
    squares = pad(xp.moveaxis(wide * wide, 1, -1), (size // 2, (size - 1) // 2))
    count = x.shape[1]
    total = reduce(xp.add, [squares[..., i : i + count] for i in range(size)])
    scale = xp.pow(k + alpha / size * xp.moveaxis(total, -1, 1), -beta)
    return xp.astype(xp.multiply(wide, scale), x.dtype, copy=False)


@dataclass(frozen=True)
class _Groups:
    """Which elements of an array are a group: those along some axes."""

    axis: Shape
    eps: float
    centred: bool

    def mean_product(self, xp: Namespace, x1: Array, x2: Array) -> Array:
        """Mean of the products of elements; without an array of products where the axes are the last."""
        count = len(self.axis)
        if tuple([axis % x1.ndim for axis in self.axis]) != tuple(range(x1.ndim - count, x1.ndim)):
            return xp.mean(xp.multiply(x1, x2), axis=self.axis, keepdims=True)
        leading, size = tuple(x1.shape[: x1.ndim - count]), math.prod(x1.shape[x1.ndim - count :])
        total = xp.vecdot(*[xp.reshape(x, (*leading, size)) for x in (x1, x2)])
        return xp.reshape(total, leading + (1,) * count) / size


def _standardize(x: Array, groups: _Groups) -> tuple[tuple[Array, Array, Array], Any]:
    xp = array_namespace(x)
    mean = xp.mean(x, axis=groups.axis, keepdims=True)
    out = x - mean if groups.centred else x
    var = groups.mean_product(xp, out, out)
    scale = 1 / xp.sqrt(var + groups.eps)
    if groups.centred:
        # In place, as the memory of one more array takes longer to get than the product.
        out *= scale
    else:
        out = xp.multiply(out, scale)
    return (out, mean, var), (out, scale, groups)


def _standardize_backward(residuals: Any, cts: tuple[Array, Array, Array]) -> tuple[Array, None]:
    """Of the result alone: that of mean and variance ends where these are returned."""
    (out, scale, groups), ct = residuals, cts[0]
    xp = array_namespace(out, ct)
    x_ct = xp.multiply(out, -groups.mean_product(xp, ct, out))
    x_ct += ct
    if groups.centred:
        x_ct -= xp.mean(ct, axis=groups.axis, keepdims=True)
    x_ct *= scale
    return x_ct, None


@custom_vjp
def _standardized(x: Array, groups: _Groups) -> tuple[Array, Array, Array]:
    return _standardize(x, groups)[0]


_standardized.defvjp(_standardize, _standardize_backward)


def standardized(
    x: Array, axis: Shape, weight: Array | None, bias: Array | None, eps: float, *, centred: bool = True
) -> tuple[Array, Array, Array]:
    """Elements along some axes less their mean, if `centred`, over the root of their mean square, scaled and shifted.

    Also returned are that mean and mean square, with axes of length 1, as constants.
    """
    xp = array_namespace(x, weight, bias)
    wide = _widened(xp, x)
    if 0 in x.shape:
        zeros = xp.sum(wide, axis=axis, keepdims=True)
        return x, stop_gradient(zeros), stop_gradient(zeros + 1)
    out, mean, var = _standardized(wide, _Groups(axis, eps, centred))
    if weight is not None:
        out = xp.multiply(out, weight)
    if bias is not None:
        out = xp.add(out, bias)
    return xp.astype(out, x.dtype) if _is_half(xp, x) else out, stop_gradient(mean), stop_gradient(var)


def normalized(x: Array, mean: Array, var: Array, weight: Array | None, bias: Array | None, eps: float) -> Array:
    """``(x - mean) / sqrt(var + eps) * weight + bias``, all of which broadcast; in the data type of `x`, if half."""
    xp = array_namespace(x, mean, var, weight, bias)
    out = xp.subtract(_widened(xp, x), mean)
    scale = 1 / xp.sqrt(_widened(xp, var) + eps)
    out = xp.multiply(out, scale if weight is None else xp.multiply(scale, weight))
    if bias is not None:
        out = xp.add(out, bias)
    return xp.astype(out, x.dtype) if _is_half(xp, x) else out


def per_channel(param: Array | None, ndim: int) -> Array | None:
    """A parameter with an element for each channel, such that it meets axis 1 of an array of `ndim` dimensions."""
    return _reshaped(param, (-1,) + (1,) * (ndim - 2))


def _is_half(xp: Namespace, x: Array) -> bool:
    return bool(xp.finfo(x.dtype).bits < 32)


def _widened(xp: Namespace, x: Array) -> Array:
    return xp.astype(x, xp.float32) if _is_half(xp, x) else x


def as_shape(normalized_shape: int | Sequence[int]) -> Shape:
    """The lengths of the last axes that are normalized."""
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)


def _last_axes(x: Array, normalized_shape: int | Sequence[int]) -> Shape:
    shape = as_shape(normalized_shape)
    if not shape or tuple(x.shape[-len(shape) :]) != shape:
        raise ValueError(f"normalized_shape is {shape}, which the array's shape {tuple(x.shape)} must end with")
    return tuple(range(-len(shape), 0))


def _reshaped(x: Array | None, shape: Shape) -> Any:
    return None if x is None else array_namespace(x).reshape(x, shape)


def _check_ndim(x: Array, least: int) -> None:
    if x.ndim < least:
        raise ValueError(
            f"expected an array of {least} or more dimensions, (batch, channels, ...), got shape {tuple(x.shape)}"
        )
