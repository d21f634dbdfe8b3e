"""The affine map."""

from __future__ import annotations

from typing import Any

import numpy

from autodiff import array_namespace
from nn import init
from nn.module import Module
from nn.namespaces import Array, Namespace, namespace_or_default

__all__ = ["Linear"]

_KAIMING_UNIFORM = init.kaiming_uniform()


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
        dtype = xp.float32 if dtype is None else dtype
        self.weight = weight_init(rng, (out_features, in_features), dtype, xp)
        self.bias = xp.zeros((out_features,), dtype=dtype) if bias else None

    def __call__(self, x: Array) -> Array:
        # A function where ``@`` would do: array-api-strict's operators refuse a traced array on their right.
        xp = array_namespace(x, self.weight)
        product = xp.matmul(x, xp.matrix_transpose(self.weight))
        return product if self.bias is None else product + self.bias
