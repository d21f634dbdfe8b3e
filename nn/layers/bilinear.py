"""The bilinear map."""

from __future__ import annotations

from typing import Any

import numpy

from autodiff import array_namespace
from nn import init
from nn.module import Module
from nn.namespaces import Array, Namespace, floating_dtype, namespace_or_default

__all__ = ["Bilinear"]


class Bilinear(Module):
    """The map ``x1 @ weight[k] @ x2 + bias[k]`` of two vectors, for each feature k.

    Parameters
    ----------
    in1_features, in2_features, out_features : int
        Length of the last axis of both inputs and of the output. ``weight`` has shape (out_features, in1_features,
        in2_features), as in PyTorch.
    bias : bool
        Whether to add a bias; it starts at zero.
    rng : numpy.random.Generator
        Draws the weight; the same generator state gives the same weight on every namespace.
    xp : namespace, optional
        Namespace of the parameters; None for ``extensor``.
    dtype : optional
        Data type of the parameters; None for ``xp.float32``.
    weight_init : Initializer, optional
        Any initializer of :mod:`nn.init`; by default PyTorch's, uniform up to ``1 / sqrt(in1_features)``.

    Raises
    ------
    ValueError
        When called, if a length does not fit or the other axes differ.

    Examples
    --------
    >>> import numpy
    >>> layer = Bilinear(3, 4, 2, rng=numpy.random.default_rng(0), xp=numpy)
    >>> layer(numpy.ones((5, 3)), numpy.ones((5, 4))).shape
    (5, 2)
    """

    weight: Array
    bias: Array | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        *,
        bias: bool = True,
        rng: numpy.random.Generator,
        xp: Namespace | None = None,
        dtype: Any = None,
        weight_init: init.Initializer | None = None,
    ) -> None:
        xp = namespace_or_default(xp)
        dtype = floating_dtype(xp, dtype)
        bound = max(in1_features, 1) ** -0.5
        weight_init = weight_init or init.uniform(-bound, bound)
        self.weight = weight_init(rng, (out_features, in1_features, in2_features), dtype, xp)
        self.bias = xp.zeros((out_features,), dtype=dtype) if bias else None

    def __call__(self, x1: Array, x2: Array) -> Array:
        xp = array_namespace(x1, x2, self.weight)
        out_features, *in_features = self.weight.shape
        if [*x1.shape[-1:], *x2.shape[-1:]] != in_features or x1.shape[:-1] != x2.shape[:-1]:
            raise ValueError(
                f"Bilinear takes arrays of shapes (..., {in_features[0]}) and (..., {in_features[1]}), alike but for "
                f"the last axis, got {tuple(x1.shape)} and {tuple(x2.shape)}"
            )
        # One product of matrices for all features, then one for each example.
        weight = xp.reshape(xp.permute_dims(self.weight, (1, 0, 2)), (in_features[0], -1))
        left = xp.reshape(xp.matmul(x1, weight), (*x1.shape[:-1], out_features, in_features[1]))
        out = xp.squeeze(xp.matmul(left, xp.expand_dims(x2, axis=-1)), axis=-1)
        return out if self.bias is None else out + self.bias
