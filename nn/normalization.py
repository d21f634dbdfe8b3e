"""Normalization: each group of elements is brought to mean 0 and variance 1; the kinds differ in what is a group.

In half precision everything is computed in float32, whose squares do not overflow, and the result is rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autodiff import array_namespace
from nn.namespaces import Array, Namespace

__all__ = [
    "as_shape",
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "moments",
    "normalized",
    "per_channel",
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
    if mean is None or var is None:
        mean, var = moments(x, (0, *range(2, x.ndim)))
    mean, var, weight, bias = (per_channel(param, x.ndim) for param in (mean, var, weight, bias))
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
    mean, var = moments(groups, tuple(range(2, groups.ndim)))
    # In groups too, so that they join the scale of a group before that meets the elements.
    shape = groups.shape[1:3] + (1,) * (x.ndim - 2)
    weight, bias = (_reshaped(param, shape) for param in (weight, bias))
    return _reshaped(normalized(groups, mean, var, weight, bias, eps), x.shape)


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
    mean, var = moments(x, _last_axes(x, normalized_shape))
    return normalized(x, mean, var, weight, bias, eps)


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
    xp = array_namespace(x)
    wide = _widened(xp, x)
    mean_square = xp.mean(wide * wide, axis=_last_axes(x, normalized_shape), keepdims=True)
    eps = float(xp.finfo(wide.dtype).eps) if eps is None else eps
    return normalized(x, None, mean_square, weight, None, eps)


def moments(x: Array, axis: Shape) -> tuple[Array, Array]:
    """Mean and variance over some axes, which stay with length 1; 0 and 1 where there are no elements."""
    xp = array_namespace(x)
    x = _widened(xp, x)
    if 0 in x.shape:
        kept = xp.sum(x, axis=axis, keepdims=True)
        return kept, kept + 1
    return xp.mean(x, axis=axis, keepdims=True), xp.var(x, axis=axis, keepdims=True)


def normalized(x: Array, mean: Array | None, var: Array, weight: Array | None, bias: Array | None, eps: float) -> Array:
    """``(x - mean) / sqrt(var + eps) * weight + bias``, all of which broadcast; in the data type of `x`, if half."""
    xp = array_namespace(x, mean, var, weight, bias)
    out = _widened(xp, x)
    if mean is not None:
        out = xp.subtract(out, mean)
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
