"""Normalization layers: what ``nn.normalization`` computes, with parameters and with averages over batches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from autodiff import array_namespace, once
from nn.layers.function import layer_of
from nn.module import Module
from nn.namespaces import Array, Namespace, floating_dtype, index_dtype, namespace_or_default
from nn.normalization import (
    as_shape,
    group_norm,
    layer_norm,
    local_response_norm,
    normalized,
    per_channel,
    rms_norm,
    standardized,
)
from nn.parameter import Buffer

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
    "LocalResponseNorm",
    "RMSNorm",
]


LocalResponseNorm = layer_of("LocalResponseNorm", local_response_norm, __name__, required=("size",))


class _Affine(Module):
    """What all of these hold: a scale, which starts at 1, and a shift, which starts at 0."""

    weight: Array | None
    bias: Array | None

    def _start(self, shape: tuple[int, ...], xp: Namespace | None, dtype: Any, *, weight: bool, bias: bool) -> None:
        xp = namespace_or_default(xp)
        dtype = floating_dtype(xp, dtype)
        self.weight = xp.ones(shape, dtype=dtype) if weight else None
        self.bias = xp.zeros(shape, dtype=dtype) if bias else None


class _OfChannels(_Affine):
    """Normalization of each channel, which may keep running averages of the moments."""

    running_mean: Any
    running_var: Any
    num_batches_tracked: Any

    ndim: ClassVar[tuple[int, ...]]
    """How many dimensions a batch may have."""

    with_batch: ClassVar[bool]
    """Whether the moments are those of the batch, or of each example."""

    def _make(
        self,
        num_features: int,
        eps: float,
        momentum: float | None,
        affine: bool,
        bias: bool,
        track_running_stats: bool,
        xp: Namespace | None,
        dtype: Any,
    ) -> None:
        xp = namespace_or_default(xp)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self._start((num_features,), xp, dtype, weight=affine, bias=affine and bias)
        self.running_mean = self.running_var = self.num_batches_tracked = None
        if track_running_stats:
            dtype = floating_dtype(xp, dtype)
            self.running_mean = Buffer(xp.zeros((num_features,), dtype=dtype))
            self.running_var = Buffer(xp.ones((num_features,), dtype=dtype))
            self.num_batches_tracked = Buffer(xp.asarray(0, dtype=index_dtype(xp)))

    def __call__(self, x: Array) -> Array:
        if x.ndim not in self.ndim or x.shape[1] != self.num_features:
            dims = " or ".join(str(ndim) for ndim in self.ndim)
            raise ValueError(
                f"{type(self).__name__} takes arrays of {dims} dimensions with {self.num_features} channels on axis 1, "
                f"got shape {tuple(x.shape)}"
            )
        tracks = self.running_mean is not None
        weight, bias = (per_channel(param, x.ndim) for param in (self.weight, self.bias))
        if tracks and not self.training:
            mean, var = (per_channel(moment, x.ndim) for moment in (self.running_mean, self.running_var))
            return normalized(x, mean, var, weight, bias, self.eps)
        axis = ((0,) if self.with_batch else ()) + tuple(range(2, x.ndim))
        count = math.prod([x.shape[i] for i in axis])
        if count == 1:
            raise ValueError(
                f"{type(self).__name__} needs more than one value per channel for its variance, got shape "
                f"{tuple(x.shape)}; use larger batches, or eval mode with running statistics"
            )
        out, mean, var = standardized(x, axis, weight, bias, self.eps)
        if tracks and 0 not in x.shape:
            once(lambda: self._track(mean, var * (count / (count - 1))))
        return out

    def _track(self, mean: Array, var: Array) -> None:
        xp = array_namespace(mean, self.running_mean)
        self.num_batches_tracked = self.num_batches_tracked + 1
        for name, moment in (("running_mean", mean), ("running_var", var)):
            running = getattr(self, name)
            share = self.momentum
            if share is None:
                share = 1 / xp.astype(self.num_batches_tracked, running.dtype)
            latest = xp.reshape(xp.mean(moment, axis=0), (self.num_features,))
            setattr(self, name, xp.astype(latest, running.dtype) * share + running * (1 - share))


class _BatchNorm(_OfChannels):
    with_batch = True

    def __init__(
        self,
        num_features: int,
        *,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        bias: bool = True,
        xp: Namespace | None = None,
        dtype: Any = None,
    ) -> None:
        self._make(num_features, eps, momentum, affine, bias, track_running_stats, xp, dtype)


class BatchNorm1d(_BatchNorm):
    """:class:`BatchNorm2d` of vectors, of shape (batch, channels), or of sequences, (batch, channels, length).

    Examples
    --------
    >>> import numpy
    >>> layer = BatchNorm1d(2, xp=numpy, eps=0.0)
    >>> layer(numpy.asarray([[1.0, 10.0], [3.0, 30.0]]))
    array([[-1., -1.],
           [ 1.,  1.]])
    """

    ndim = 2, 3


class BatchNorm2d(_BatchNorm):
    """Normalization of each channel over the batch (Ioffe, Szegedy, "Batch normalization", ICML 2015).

    In training the moments are those of the batch, and their running averages are kept; in eval mode the moments are
    these averages.

    Parameters
    ----------
    num_features : int
        Number of channels. The input has shape (batch, channels, height, width).
    eps : float
        Added to the variance.
    momentum : float or None
        Share of the latest batch in the running averages; None for the average over all batches. As in PyTorch, the
        running variance is the unbiased one, and the one that normalizes is not.
    affine : bool
        Whether there are ``weight`` and ``bias``, a scale and a shift of each channel, which start at 1 and 0.
    track_running_stats : bool
        Whether to keep running averages, in the buffers ``running_mean``, ``running_var`` and ``num_batches_tracked``.
        Without them eval mode takes the moments of the batch, too.
    bias : bool
        False for a ``weight`` alone.
    xp : namespace, optional
        Namespace of the parameters; None for ``extensor``.
    dtype : optional
        Data type of the parameters; None for ``xp.float32``.

    Raises
    ------
    ValueError
        When called, if the shape does not fit, or if the batch has one value per channel only.
    BatchedValueError
        When called within ``vmap``, if running averages would differ from example to example.

    Notes
    -----
    Half precision is computed in float32. A batch without examples changes no running average. Within
    :func:`autodiff.checkpoint` the averages take each batch once.

    Examples
    --------
    >>> import numpy
    >>> layer = BatchNorm2d(3, xp=numpy)
    >>> layer(numpy.ones((4, 3, 8, 8))).shape
    (4, 3, 8, 8)
    >>> layer.running_mean
    array([0.1, 0.1, 0.1], dtype=float32)
    """

    ndim = (4,)


class BatchNorm3d(_BatchNorm):
    """:class:`BatchNorm2d` of volumes, of shape (batch, channels, depth, height, width).

    Examples
    --------
    >>> import numpy
    >>> BatchNorm3d(3, xp=numpy)(numpy.ones((4, 3, 2, 8, 8))).shape
    (4, 3, 2, 8, 8)
    """

    ndim = (5,)


class _InstanceNorm(_OfChannels):
    with_batch = False

    def __init__(
        self,
        num_features: int,
        *,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        bias: bool = True,
        xp: Namespace | None = None,
        dtype: Any = None,
    ) -> None:
        self._make(num_features, eps, momentum, affine, bias, track_running_stats, xp, dtype)

    def __call__(self, x: Array) -> Array:
        if x.ndim not in (ndim - 1 for ndim in self.ndim):
            return super().__call__(x)
        xp = array_namespace(x)
        return xp.squeeze(super().__call__(xp.expand_dims(x, axis=0)), axis=0)


class InstanceNorm1d(_InstanceNorm):
    """:class:`InstanceNorm2d` of sequences, of shape (batch, channels, length) or (channels, length).

    Examples
    --------
    >>> import numpy
    >>> InstanceNorm1d(2, xp=numpy, eps=0.0)(numpy.asarray([[1.0, 3.0], [10.0, 30.0]]))
    array([[-1.,  1.],
           [-1.,  1.]])
    """

    ndim = (3,)


class InstanceNorm2d(_InstanceNorm):
    """Normalization of each channel of each example (Ulyanov et al., "Instance normalization", 2016).

    Parameters
    ----------
    num_features : int
        Number of channels. The input has shape (batch, channels, height, width) or (channels, height, width).
    affine : bool
        Whether there are ``weight`` and ``bias``, a scale and a shift of each channel.
    track_running_stats : bool
        Whether to keep averages of the examples' moments, and take these in eval mode.
    eps, momentum, bias, xp, dtype
        As :class:`BatchNorm2d` takes them.

    Raises
    ------
    ValueError
        When called, if the shape does not fit, or if an example has one value per channel only.

    Examples
    --------
    >>> import numpy
    >>> InstanceNorm2d(3, xp=numpy)(numpy.ones((4, 3, 8, 8))).shape
    (4, 3, 8, 8)
    """

    ndim = (4,)


class InstanceNorm3d(_InstanceNorm):
    """:class:`InstanceNorm2d` of volumes, of shape (batch, channels, depth, height, width) or without the batch.

    Examples
    --------
    >>> import numpy
    >>> InstanceNorm3d(3, xp=numpy)(numpy.ones((4, 3, 2, 8, 8))).shape
    (4, 3, 2, 8, 8)
    """

    ndim = (5,)


class GroupNorm(_Affine):
    """:func:`nn.group_norm` with a scale and a shift of each channel.

    Parameters
    ----------
    num_groups, num_channels : int
        Number of groups, which divides that of the channels. The input has shape (batch, channels, ...).
    eps : float
        Added to the variance.
    affine : bool
        Whether there are ``weight`` and ``bias``, which start at 1 and 0.
    bias : bool
        False for a ``weight`` alone.
    xp : namespace, optional
        Namespace of the parameters; None for ``extensor``.
    dtype : optional
        Data type of the parameters; None for ``xp.float32``.

    Raises
    ------
    ValueError
        If the number of groups does not divide that of the channels; when called, if the shape does not fit.

    Examples
    --------
    >>> import numpy
    >>> GroupNorm(2, 4, xp=numpy, eps=0.0)(numpy.asarray([[1.0, 3.0, 10.0, 30.0]]))
    array([[-1.,  1., -1.,  1.]])
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        *,
        eps: float = 1e-5,
        affine: bool = True,
        bias: bool = True,
        xp: Namespace | None = None,
        dtype: Any = None,
    ) -> None:
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(f"num_groups must divide num_channels, got {num_groups} and {num_channels}")
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps
        self._start((num_channels,), xp, dtype, weight=affine, bias=affine and bias)

    def __call__(self, x: Array) -> Array:
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            raise ValueError(f"GroupNorm takes {self.num_channels} channels on axis 1, got shape {tuple(x.shape)}")
        return group_norm(x, self.num_groups, self.weight, self.bias, self.eps)


class LayerNorm(_Affine):
    """:func:`nn.layer_norm` with a scale and a shift of each element.

    Parameters
    ----------
    normalized_shape : int or tuple of int
        Lengths of the last axes; an integer is that of the last one.
    eps : float
        Added to the variance.
    elementwise_affine : bool
        Whether there are ``weight`` and ``bias``, which start at 1 and 0.
    bias : bool
        False for a ``weight`` alone.
    xp : namespace, optional
        Namespace of the parameters; None for ``extensor``.
    dtype : optional
        Data type of the parameters; None for ``xp.float32``.

    Raises
    ------
    ValueError
        When called, if the array's shape does not end with `normalized_shape`.

    Examples
    --------
    >>> import numpy
    >>> LayerNorm(2, xp=numpy, eps=0.0)(numpy.asarray([[1.0, 3.0], [10.0, 30.0]]))
    array([[-1.,  1.],
           [-1.,  1.]])
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        *,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        xp: Namespace | None = None,
        dtype: Any = None,
    ) -> None:
        self.normalized_shape, self.eps = as_shape(normalized_shape), eps
        self._start(self.normalized_shape, xp, dtype, weight=elementwise_affine, bias=elementwise_affine and bias)

    def __call__(self, x: Array) -> Array:
        return layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)


class RMSNorm(_Affine):
    """:func:`nn.rms_norm` with a scale of each element.

    Parameters
    ----------
    normalized_shape : int or tuple of int
        Lengths of the last axes; an integer is that of the last one.
    eps : float, optional
        Added to the mean square; by default the machine epsilon of the data type that it is computed in.
    elementwise_affine : bool
        Whether there is a ``weight``, which starts at 1.
    xp : namespace, optional
        Namespace of the parameters; None for ``extensor``.
    dtype : optional
        Data type of the parameters; None for ``xp.float32``.

    Raises
    ------
    ValueError
        When called, if the array's shape does not end with `normalized_shape`.

    Examples
    --------
    >>> import numpy
    >>> RMSNorm(2, xp=numpy, eps=0.0)(numpy.asarray([[1.0, 7.0]]))
    array([[0.2, 1.4]])
    """

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        *,
        eps: float | None = None,
        elementwise_affine: bool = True,
        xp: Namespace | None = None,
        dtype: Any = None,
    ) -> None:
        self.normalized_shape, self.eps = as_shape(normalized_shape), eps
        self._start(self.normalized_shape, xp, dtype, weight=elementwise_affine, bias=False)

    def __call__(self, x: Array) -> Array:
        return rms_norm(x, self.normalized_shape, self.weight, self.eps)
