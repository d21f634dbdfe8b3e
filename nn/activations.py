"""Activations: plain functions of an array.

Neither they nor their derivatives overflow, also in half precision: where an intermediate result would, it is computed
in another way. At a kink the derivative is the one that PyTorch takes.
"""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any, Literal

import numpy

from autodiff import array_namespace, custom_vjp, once, primitive, stop_gradient
from autodiff.batching.kinds import along_axis
from autodiff.namespaces import device_of
from autodiff.rules import Elementwise, RealLinear
from nn.namespaces import Array, Namespace
from nn.special import erfc

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hard_shrink",
    "hard_sigmoid",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "mish",
    "prelu",
    "relu",
    "relu6",
    "rrelu",
    "selu",
    "sigmoid",
    "silu",
    "soft_shrink",
    "softmax",
    "softmin",
    "softplus",
    "softsign",
    "swiglu",
    "tanh",
    "tanh_shrink",
    "threshold",
]


def relu(x: Array) -> Array:
    """Rectified linear unit, ``max(x, 0)``.

    Examples
    --------
    >>> import numpy
    >>> relu(numpy.asarray([-1.0, 0.0, 2.0]))
    array([0., 0., 2.])
    """
    return array_namespace(x).maximum(x, 0.0)


def relu6(x: Array) -> Array:
    """:func:`relu`, but at most 6 (Howard et al., "MobileNets", 2017).

    Examples
    --------
    >>> import numpy
    >>> relu6(numpy.asarray([-1.0, 2.0, 8.0]))
    array([0., 2., 6.])
    """
    return hard_tanh(x, 0.0, 6.0)


def threshold(x: Array, threshold: float, value: float) -> Array:
    """``x`` where larger than the threshold, else the value.

    Examples
    --------
    >>> import numpy
    >>> threshold(numpy.asarray([-1.0, 0.5, 2.0]), 0.5, -3.0)
    array([-3., -3.,  2.])
    """
    return array_namespace(x).where(x > threshold, x, value)


def leaky_relu(x: Array, negative_slope: float = 0.01) -> Array:
    """``x`` where positive, else ``negative_slope * x``.

    Examples
    --------
    >>> import numpy
    >>> leaky_relu(numpy.asarray([-1.0, 0.0, 2.0]))
    array([-0.01,  0.  ,  2.  ])
    """
    return array_namespace(x).where(x > 0, x, negative_slope * x)


def rrelu(x: Array, lower: float = 1 / 8, upper: float = 1 / 3, *, rng: numpy.random.Generator | None = None) -> Array:
    """:func:`leaky_relu` with a slope that is drawn for each element (Xu et al., "Empirical evaluation of rectified
    activations in convolutional network", 2015).

    Parameters
    ----------
    x : array
    lower, upper : float
        Between which slopes are drawn, uniformly.
    rng : numpy.random.Generator, optional
        Draws them, in training; without it, as in eval mode, all are the mean of both.

    Examples
    --------
    >>> import numpy
    >>> rrelu(numpy.asarray([-1.0, 2.0]), 0.25, 0.75)
    array([-0.5,  2. ])
    """
    if rng is None:
        return leaky_relu(x, (lower + upper) / 2)
    seed = once(lambda: int(rng.integers(2**63)))
    slopes = numpy.random.default_rng(seed).uniform(lower, upper, tuple(x.shape))
    return prelu(x, array_namespace(x).asarray(slopes, dtype=x.dtype, device=device_of(x)))


def prelu(x: Array, alpha: Array) -> Array:
    """:func:`leaky_relu` with a slope that is learned (He et al., "Delving deep into rectifiers", 2015).

    Parameters
    ----------
    x : array
    alpha : array
        Slopes, of a shape that broadcasts to that of `x`: ``()`` for one, ``(channels, 1, 1)`` for one per channel.

    Examples
    --------
    >>> import numpy
    >>> prelu(numpy.asarray([-1.0, 0.0, 2.0]), numpy.asarray(0.25))
    array([-0.25,  0.  ,  2.  ])
    """
    xp = array_namespace(x, alpha)
    return xp.where(x > 0, x, xp.multiply(alpha, x))


def elu(x: Array, alpha: float = 1.0) -> Array:
    """``x`` where positive, else ``alpha * (exp(x) - 1)`` (Clevert et al., "Fast and accurate deep network learning by
    exponential linear units", 2015).

    Examples
    --------
    >>> import numpy
    >>> elu(numpy.asarray([-1.0, 0.0, 2.0]))
    array([-0.63212056,  0.        ,  2.        ])
    """
    xp = array_namespace(x)
    # Positive elements are kept from the exponential, which would overflow.
    return xp.where(x > 0, x, alpha * xp.expm1(xp.where(x > 0, 0.0, x)))


def celu(x: Array, alpha: float = 1.0) -> Array:
    """``x`` where positive, else ``alpha * (exp(x / alpha) - 1)``, whose slope is continuous for each positive `alpha`
    (Barron, "Continuously differentiable exponential linear units", 2017).

    Examples
    --------
    >>> import numpy
    >>> celu(numpy.asarray([-1.0, 0.0, 2.0]), alpha=0.5)
    array([-0.43233236,  0.        ,  2.        ])
    """
    xp = array_namespace(x)
    return xp.where(x > 0, x, alpha * xp.expm1(xp.where(x > 0, 0.0, x) / alpha))


def selu(x: Array) -> Array:
    """:func:`elu` scaled such that mean 0 and variance 1 are a fixed point (Klambauer et al., "Self-normalizing neural
    networks", 2017).

    Examples
    --------
    >>> import numpy
    >>> selu(numpy.asarray([-1.0, 0.0, 2.0]))
    array([-1.11133074,  0.        ,  2.10140197])
    """
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def _sigmoid(xp: Namespace, x: Array) -> Array:
    smaller = xp.exp(-xp.abs(x))
    return xp.where(x >= 0, 1.0, smaller) / (1 + smaller)


_SIGMOID = primitive(
    Elementwise("sigmoid", lambda xp, t, out, x: t * out * (1 - out), reads="out"),
    {
        "torch": lambda x: import_module("torch").sigmoid(x),
        "jax": lambda x: import_module("jax.nn").sigmoid(x),
    },
    definition=_sigmoid,
)


def sigmoid(x: Array) -> Array:
    """Logistic function, ``1 / (1 + exp(-x))``.

    Examples
    --------
    >>> import numpy
    >>> sigmoid(numpy.asarray([-1e4, 0.0, 1e4]))
    array([0. , 0.5, 1. ])
    """
    return _SIGMOID(x)


def log_sigmoid(x: Array) -> Array:
    """Logarithm of :func:`sigmoid`.

    Examples
    --------
    >>> import numpy
    >>> log_sigmoid(numpy.asarray([-1e4, 0.0, 1e4]))
    array([-1.00000000e+04, -6.93147181e-01, -0.00000000e+00])
    """
    return -softplus(-x)


def hard_sigmoid(x: Array) -> Array:
    """:func:`sigmoid` of three straight pieces, ``clip((x + 3) / 6, 0, 1)``.

    Examples
    --------
    >>> import numpy
    >>> hard_sigmoid(numpy.asarray([-4.0, 0.0, 4.0]))
    array([0. , 0.5, 1. ])
    """
    return hard_tanh(x + 3, 0.0, 6.0) / 6


def silu(x: Array) -> Array:
    """``x * sigmoid(x)``, also called swish (Ramachandran et al., "Searching for activation functions", 2017).

    Examples
    --------
    >>> import numpy
    >>> silu(numpy.asarray([-1e4, 0.0, 2.0]))
    array([-0.        ,  0.        ,  1.76159416])
    """
    return x * sigmoid(x)


def hard_swish(x: Array) -> Array:
    """``x * hard_sigmoid(x)`` (Howard et al., "Searching for MobileNetV3", 2019).

    Examples
    --------
    >>> import numpy
    >>> hard_swish(numpy.asarray([-4.0, 0.0, 3.0]))
    array([-0.,  0.,  3.])
    """
    return x * hard_sigmoid(x)


def hard_tanh(x: Array, min_val: float = -1.0, max_val: float = 1.0) -> Array:
    """``x``, but at least ``min_val`` and at most ``max_val``.

    Examples
    --------
    >>> import numpy
    >>> hard_tanh(numpy.asarray([-4.0, 0.5, 3.0]))
    array([-1. ,  0.5,  1. ])
    """
    xp = array_namespace(x)
    return xp.maximum(xp.minimum(x, max_val), min_val)


def hard_shrink(x: Array, lambd: float = 0.5) -> Array:
    """``x``, but 0 from ``-lambd`` to ``lambd``.

    Examples
    --------
    >>> import numpy
    >>> hard_shrink(numpy.asarray([-2.0, 0.5, 1.0]))
    array([-2.,  0.,  1.])
    """
    xp = array_namespace(x)
    return xp.where(xp.abs(x) > lambd, x, 0.0)


def soft_shrink(x: Array, lambd: float = 0.5) -> Array:
    """``x``, but nearer to 0 by ``lambd``, at which it stops.

    Raises
    ------
    ValueError
        If `lambd` is negative.

    Examples
    --------
    >>> import numpy
    >>> soft_shrink(numpy.asarray([-2.0, 0.25, 1.0]))
    array([-1.5,  0. ,  0.5])
    """
    if lambd < 0:
        raise ValueError(f"lambd must be at least 0, got {lambd}")
    xp = array_namespace(x)
    return xp.where(x > lambd, x - lambd, xp.where(x < -lambd, x + lambd, 0.0))


def tanh_shrink(x: Array) -> Array:
    """``x - tanh(x)``.

    Examples
    --------
    >>> import numpy
    >>> tanh_shrink(numpy.asarray([-1e4, 0.0, 1.0])).round(4)
    array([-9.999e+03,  0.000e+00,  2.384e-01])
    """
    return x - array_namespace(x).tanh(x)


def tanh(x: Array) -> Array:
    """Hyperbolic tangent, the function of the namespace.

    Examples
    --------
    >>> import numpy
    >>> tanh(numpy.asarray([-1e4, 0.0, 1e4]))
    array([-1.,  0.,  1.])
    """
    return array_namespace(x).tanh(x)


_SOFTPLUS = primitive(
    Elementwise("softplus", lambda xp, t, out, x: t * sigmoid(x)),
    {},
    definition=lambda xp, x: xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.abs(x))),
)


def softplus(x: Array, beta: float = 1.0, threshold: float = math.inf) -> Array:
    """Smooth :func:`relu`, ``log(1 + exp(beta * x)) / beta``; the larger the positive `beta`, the sharper.

    Where ``beta * x`` is above the threshold it is `x` itself. PyTorch takes 20 for it; it is infinite by
    default, as nothing overflows here.

    Examples
    --------
    >>> import numpy
    >>> softplus(numpy.asarray([-1e4, 0.0, 1e4]))
    array([0.00000000e+00, 6.93147181e-01, 1.00000000e+04])
    """
    out = _SOFTPLUS(x) if beta == 1 else _SOFTPLUS(x * beta) / beta
    return out if threshold == math.inf else array_namespace(x).where(x * beta > threshold, x, out)


def _softsign_derivative(xp: Namespace, t: Array, out: Array, x: Array) -> Array:
    # Not the square, which overflows.
    size = 1 + xp.abs(x)
    return t / size / size


_SOFTSIGN = primitive(Elementwise("softsign", _softsign_derivative), {}, definition=lambda xp, x: x / (1 + xp.abs(x)))


def softsign(x: Array) -> Array:
    """``x / (1 + abs(x))``.

    Examples
    --------
    >>> import numpy
    >>> softsign(numpy.asarray([-1.0, 0.0, 3.0]))
    array([-0.5 ,  0.  ,  0.75])
    """
    return _SOFTSIGN(x)


def mish(x: Array) -> Array:
    """``x * tanh(softplus(x))`` (Misra, "Mish: a self regularized non-monotonic activation function", 2019).

    Examples
    --------
    >>> import numpy
    >>> mish(numpy.asarray([-1e4, 0.0, 2.0]))
    array([-0.        ,  0.        ,  1.94395896])
    """
    return x * array_namespace(x).tanh(softplus(x))


def gelu(x: Array, approximate: Literal["none", "tanh"] = "none") -> Array:
    """``x`` times the normal distribution function (Hendrycks and Gimpel, "Gaussian error linear units", 2016).

    Parameters
    ----------
    x : array
    approximate : str
        ``"tanh"`` for the paper's approximation, which is off by less than 5e-4.

    Raises
    ------
    ValueError
        If `approximate` is neither.

    Examples
    --------
    >>> import numpy
    >>> gelu(numpy.asarray([-1.0, 0.0, 2.0]))
    array([-0.15865525,  0.        ,  1.95449974])
    """
    if approximate == "tanh":
        # Beyond 30 the other factor is 0 or 1 in every data type, and the cube would overflow.
        z = array_namespace(x).clip(x, -30.0, 30.0)
        # (1 + tanh(u)) / 2 is sigmoid(2 * u), which keeps its digits where it is tiny.
        return x * sigmoid(math.sqrt(8 / math.pi) * (z + 0.044715 * z * z * z))
    if approximate == "none":
        return x * 0.5 * erfc(x * -math.sqrt(0.5))
    raise ValueError(f"approximate is {approximate!r}, expected 'none' or 'tanh'")


class ReadsResult(RealLinear):
    """A rule that reads the result of its function, and nothing else."""

    reads_out = True


def _softmax(xp: Namespace, x: Array, *, axis: int) -> Array:
    out = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    out /= xp.sum(out, axis=axis, keepdims=True)
    return out


def softmax_derivative(xp: Namespace, t: Array, out: Array, _: object, *, axis: int = -1) -> Array:
    """Product with the Jacobian, which is symmetric: ``diag(out) - outer(out, out)``."""
    product = xp.multiply(t, out)
    return product - xp.multiply(out, xp.sum(product, axis=axis, keepdims=True))


_SOFTMAX = primitive(
    ReadsResult("softmax", softmax_derivative, softmax_derivative),
    {
        "torch": lambda x, axis: import_module("torch").softmax(x, axis),
        "jax": lambda x, axis: import_module("jax.nn").softmax(x, axis),
    },
    definition=_softmax,
    batching=along_axis(None),
)


def softmax(x: Array, axis: int = -1) -> Array:
    """Positive numbers that sum to one along `axis`, proportional to ``exp(x)``.

    An element that is ``-inf`` counts for nothing; where all are, the result is NaN.

    Examples
    --------
    >>> import numpy
    >>> softmax(numpy.asarray([1e4, 0.0, 1e4]))
    array([0.5, 0. , 0.5])
    """
    return x if 0 in x.shape else _SOFTMAX(x, axis=axis)


def softmin(x: Array, axis: int = -1) -> Array:
    """:func:`softmax` of ``-x``.

    Examples
    --------
    >>> import numpy
    >>> softmin(numpy.asarray([1e4, 0.0, 0.0]))
    array([0. , 0.5, 0.5])
    """
    return softmax(-x, axis)


@custom_vjp
def _log_softmax(x: Array, axis: int) -> Array:
    return _log_softmax_forward(x, axis)[0]


def _log_softmax_forward(x: Array, axis: int) -> tuple[Array, Any]:
    xp = array_namespace(x)
    out = x - xp.max(stop_gradient(x), axis=axis, keepdims=True)
    exponentials = xp.exp(out)
    total = xp.sum(exponentials, axis=axis, keepdims=True)
    out -= xp.log(total)
    return out, (exponentials, total, axis)


def _log_softmax_backward(residuals: Any, ct: Array) -> tuple[Array, None]:
    exponentials, total, axis = residuals
    xp = array_namespace(exponentials, ct)
    x_ct = xp.multiply(exponentials, -xp.sum(ct, axis=axis, keepdims=True) / total)
    x_ct += ct
    return x_ct, None


_log_softmax.defvjp(_log_softmax_forward, _log_softmax_backward)


def log_softmax(x: Array, axis: int = -1) -> Array:
    """Logarithm of :func:`softmax`.

    Examples
    --------
    >>> import numpy
    >>> log_softmax(numpy.asarray([1e4, 0.0]))
    array([     0., -10000.])
    """
    out: Array = x if 0 in x.shape else _log_softmax(x, axis)
    return out


def glu(x: Array, axis: int = -1) -> Array:
    """Gated linear unit: the first half of `x` along `axis` times the :func:`sigmoid` of the second (Dauphin et al.,
    "Language modeling with gated convolutional networks", 2017).

    Raises
    ------
    ValueError
        If the axis is of odd length.

    Examples
    --------
    >>> import numpy
    >>> glu(numpy.asarray([2.0, 4.0, 0.0, 1e4]))
    array([1., 4.])
    """
    value, gate = _halves(x, axis)
    return value * sigmoid(gate)


def swiglu(x: Array, axis: int = -1) -> Array:
    """:func:`silu` of the first half of `x` along `axis` times the second (Shazeer, "GLU variants improve transformer",
    2020, without the weights, for which there is :class:`nn.SwiGLU`).

    Raises
    ------
    ValueError
        If the axis is of odd length.

    Examples
    --------
    >>> import numpy
    >>> swiglu(numpy.asarray([0.0, 1e3, 5.0, 2.0]))
    array([   0., 2000.])
    """
    gate, value = _halves(x, axis)
    return silu(gate) * value


def _halves(x: Array, axis: int) -> tuple[Array, Array]:
    length = x.shape[axis]
    if length % 2:
        raise ValueError(f"an axis of even length is halved, got axis {axis} of shape {tuple(x.shape)}")
    before = (slice(None),) * (axis % x.ndim)
    return x[(*before, slice(None, length // 2))], x[(*before, slice(length // 2, None))]
