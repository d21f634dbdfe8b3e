"""The affine map."""

from __future__ import annotations

import math
from typing import Any

import numpy

from autodiff import array_namespace
from nn import init
from nn.module import Module
from nn.namespaces import Array, Namespace, floating_dtype, namespace_or_default

__all__ = ["Linear"]

_KAIMING_UNIFORM = init.kaiming_uniform()


def linear(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """Product of the last axis with a matrix of shape (out_features, in_features), and a bias.

    Raises
    ------
    ValueError
        If the last axis does not have length in_features.

    Examples
    --------
    >>> import numpy
    >>> linear(numpy.asarray([1.0, 2.0]), numpy.asarray([[3.0, 4.0]]), numpy.asarray([5.0]))
    array([16.])
    """
    xp = array_namespace(x, weight)
    if x.shape[-1:] != weight.shape[1:]:
        raise ValueError(
            f"expected an array whose last axis has length {weight.shape[1]} for a weight of shape "
            f"{tuple(weight.shape)}, got shape {tuple(x.shape)}"
        )
    # One product with all rows takes half the time of one for each leading index, and so does its derivative.
    rows = xp.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1])) if x.ndim > 2 else x
    # A function where ``@`` would do: array-api-strict's operators refuse a traced array on their right.
    product = xp.matmul(rows, xp.matrix_transpose(weight))
    product = product if bias is None else product + bias
    return xp.reshape(product, (*x.shape[:-1], weight.shape[0])) if x.ndim > 2 else product


class Linear(Module):
    """The affine map ``x @ weight.T + bias`` of the last axis.

    Parameters
    ----------
    in_features, out_features
        Length of the last axis of the input and of the output. ``weight`` has shape (out_features, in_features),
        as in PyTorch.
    bias
        Whether to add a bias; it starts at zero.
    rng
        Draws the weight; the same generator state gives the same weight on every namespace.
    xp
        Namespace of the parameters; None for ``extensor``.
    dtype
        Data type of the parameters; None for ``xp.float32``.
    weight_init
        Any initializer of :mod:`nn.init`.

    Raises
    ------
    ValueError
        When called, if the last axis does not have length `in_features`.

    Examples
    --------
    >>> import numpy
    >>> layer = Linear(3, 2, rng=numpy.random.default_rng(0), xp=numpy)
    >>> layer
    Linear(weight=array(2, 3), bias=array(2,))
    >>> layer(numpy.ones((5, 3))).shape
    (5, 2)
    """

    weight: Array
    bias: Array | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        bias: bool = True,
        rng: numpy.random.Generator,
        xp: Namespace | None = None,
        dtype: Any = None,
        weight_init: init.Initializer = _KAIMING_UNIFORM,
    ) -> None:
        xp = namespace_or_default(xp)
        dtype = floating_dtype(xp, dtype)
        self.weight = weight_init(rng, (out_features, in_features), dtype, xp)
        self.bias = xp.zeros((out_features,), dtype=dtype) if bias else None

    def __call__(self, x: Array) -> Array:
        return linear(x, self.weight, self.bias)
