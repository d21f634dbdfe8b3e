"""Activations as layers, by PyTorch's names."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy

from autodiff import array_namespace
from nn import activations, init
from nn.layers.function import layer_of
from nn.layers.linear import Linear
from nn.module import Module
from nn.namespaces import Array, Namespace, floating_dtype, namespace_or_default

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "SwiGLU",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]

_layer = partial(layer_of, module=__name__)

CELU = _layer("CELU", activations.celu)
ELU = _layer("ELU", activations.elu)
GELU = _layer("GELU", activations.gelu)
GLU = _layer("GLU", activations.glu)
Hardshrink = _layer("Hardshrink", activations.hard_shrink)
Hardsigmoid = _layer("Hardsigmoid", activations.hard_sigmoid)
Hardswish = _layer("Hardswish", activations.hard_swish)
Hardtanh = _layer("Hardtanh", activations.hard_tanh)
LeakyReLU = _layer("LeakyReLU", activations.leaky_relu)
LogSigmoid = _layer("LogSigmoid", activations.log_sigmoid)
LogSoftmax = _layer("LogSoftmax", activations.log_softmax)
Mish = _layer("Mish", activations.mish)
ReLU = _layer("ReLU", activations.relu)
ReLU6 = _layer("ReLU6", activations.relu6)
SELU = _layer("SELU", activations.selu)
Sigmoid = _layer("Sigmoid", activations.sigmoid)
SiLU = _layer("SiLU", activations.silu)
Softmax = _layer("Softmax", activations.softmax)
Softmin = _layer("Softmin", activations.softmin)
Softplus = _layer("Softplus", activations.softplus)
Softshrink = _layer("Softshrink", activations.soft_shrink)
Softsign = _layer("Softsign", activations.softsign)
Tanh = _layer("Tanh", activations.tanh)
Tanhshrink = _layer("Tanhshrink", activations.tanh_shrink)
Threshold = _layer("Threshold", activations.threshold, required=("threshold", "value"))


class Softmax2d(Module):
    """:func:`nn.softmax` over the channels of images, of shape (batch, channels, height, width) or without the batch.

    Examples
    --------
    >>> import numpy
    >>> Softmax2d()(numpy.zeros((2, 1, 1)))
    array([[[0.5]],
    <BLANKLINE>
           [[0.5]]])
    """

    def __call__(self, x: Array) -> Array:
        if x.ndim not in (3, 4):
            raise ValueError(f"Softmax2d takes arrays of 3 or 4 dimensions, got shape {tuple(x.shape)}")
        return activations.softmax(x, -3)


class RReLU(Module):
    """:func:`nn.rrelu`, with slopes that are drawn in training; in eval mode they are the mean.

    Parameters
    ----------
    lower, upper : float
        Between which slopes are drawn.
    rng : numpy.random.Generator
        Draws them; each call in training advances it.

    Examples
    --------
    >>> import numpy
    >>> RReLU(0.25, 0.75, rng=numpy.random.default_rng(0)).eval()(numpy.asarray([-1.0, 2.0]))
    array([-0.5,  2. ])
    """

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, *, rng: numpy.random.Generator) -> None:
        self.lower, self.upper, self.rng = lower, upper, rng

    def __call__(self, x: Array) -> Array:
        return activations.rrelu(x, self.lower, self.upper, rng=self.rng if self.training else None)


class PReLU(Module):
    """:func:`nn.prelu` with slopes that are trained: one for all, or one for each channel.

    Parameters
    ----------
    num_parameters : int
        How many slopes: 1, or the length of the channel axis, which is the second, or the only one.
    init : float
        Value at which they start.
    xp : namespace, optional
        Namespace of the slopes; None for ``extensor``.
    dtype : optional
        Data type of the slopes; None for ``xp.float32``.

    Examples
    --------
    >>> import numpy
    >>> PReLU(2, xp=numpy)(numpy.asarray([[-1.0, -2.0], [3.0, 4.0]]))
    array([[-0.25, -0.5 ],
           [ 3.  ,  4.  ]])
    """

    weight: Array

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, *, xp: Namespace | None = None, dtype: Any = None
    ) -> None:
        xp = namespace_or_default(xp)
        self.weight = xp.full((num_parameters,), init, dtype=floating_dtype(xp, dtype))

    def __call__(self, x: Array) -> Array:
        xp = array_namespace(x, self.weight)
        (count,) = self.weight.shape
        channels = () if count == 1 else (count,) + (1,) * (x.ndim - 2)
        return activations.prelu(x, xp.reshape(self.weight, channels))


class SwiGLU(Module):
    """Gated feed-forward network: a projection of the :func:`nn.silu` of a second one times a third (Shazeer, "GLU
    variants improve transformer", 2020, equation 6).

    Parameters
    ----------
    in_features, hidden_features : int
        Length of the last axis of the input, and of what is gated. The parameters have the names that transformers
        give them: ``gate_proj`` and ``up_proj`` lead to the hidden features, ``down_proj`` from there.
    out_features : int, optional
        Length of the last axis of the output, by default that of the input.
    bias : bool
        Whether the projections have biases; the paper's have none.
    rng : numpy.random.Generator
        Draws the weights.
    xp : namespace, optional
        Namespace of the parameters; None for ``extensor``.
    dtype : optional
        Data type of the parameters; None for ``xp.float32``.
    weight_init : Initializer
        Any initializer of :mod:`nn.init`.

    Examples
    --------
    >>> import numpy
    >>> layer = SwiGLU(3, 8, rng=numpy.random.default_rng(0), xp=numpy)
    >>> layer(numpy.ones((5, 3))).shape
    (5, 3)
    """

    def __init__(
        self,
        in_features: int,
        hidden_features: int,
        out_features: int | None = None,
        *,
        bias: bool = False,
        rng: numpy.random.Generator,
        xp: Namespace | None = None,
        dtype: Any = None,
        weight_init: init.Initializer | None = None,
    ) -> None:
        out_features = in_features if out_features is None else out_features
        linear = partial(
            Linear, bias=bias, rng=rng, xp=xp, dtype=dtype, weight_init=weight_init or init.xavier_uniform()
        )
        self.gate_proj = linear(in_features, hidden_features)
        self.up_proj = linear(in_features, hidden_features)
        self.down_proj = linear(hidden_features, out_features)

    def __call__(self, x: Array) -> Array:
        return self.down_proj(activations.silu(self.gate_proj(x)) * self.up_proj(x))
