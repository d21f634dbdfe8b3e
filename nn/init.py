"""Initializers: each call returns a function ``f(rng, shape, dtype, xp)`` that makes an array.

Numbers are drawn in float64 by a :class:`numpy.random.Generator` that the caller passes, so one seed gives one model
on every namespace. Weights have shape (out_features, in_features, *receptive_field), as in PyTorch.

>>> import numpy
>>> kaiming_normal()(numpy.random.default_rng(0), (2, 3), numpy.float32, numpy).shape
(2, 3)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy

from nn.arguments import checked_generator
from nn.namespaces import Array, Namespace

__all__ = [
    "Initializer",
    "calculate_gain",
    "constant",
    "fans",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "ones",
    "orthogonal",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]

Shape: TypeAlias = tuple[int, ...]
Initializer: TypeAlias = Callable[[numpy.random.Generator, Shape, Any, Namespace], Array]
Mode: TypeAlias = Literal["fan_in", "fan_out", "fan_avg"]
Distribution: TypeAlias = Literal["normal", "truncated_normal", "uniform"]


def _drawn(draw: Callable[[numpy.random.Generator, Shape], numpy.ndarray]) -> Initializer:
    """The initializer that draws with NumPy."""

    def initializer(rng: numpy.random.Generator, shape: Shape, dtype: Any, xp: Namespace) -> Array:
        return xp.asarray(draw(checked_generator(rng), shape), dtype=dtype)

    return initializer


def constant(value: float) -> Initializer:
    """Every element is `value`."""
    return lambda rng, shape, dtype, xp: xp.full(shape, value, dtype=dtype)


zeros = partial(constant, 0.0)
ones = partial(constant, 1.0)


def uniform(low: float = 0.0, high: float = 1.0) -> Initializer:
    """Uniform from `low` to `high`."""
    return _drawn(lambda rng, shape: rng.uniform(low, high, shape))


def normal(std: float = 1.0, mean: float = 0.0) -> Initializer:
    """Normal with this standard deviation and mean."""
    return _drawn(lambda rng, shape: rng.normal(mean, std, shape))


def truncated_normal(std: float = 1.0, mean: float = 0.0, lower: float = -2.0, upper: float = 2.0) -> Initializer:
    """Normal, but drawn again until within bounds.

    Parameters
    ----------
    std, mean : float
        Standard deviation and mean before truncation.
    lower, upper : float
        Bounds, in standard deviations from the mean. (PyTorch's ``a`` and ``b`` are bounds of the numbers themselves.)

    Raises
    ------
    ValueError
        If less than a hundredth of a normal distribution is within the bounds.
    """
    within = (math.erf(upper / math.sqrt(2)) - math.erf(lower / math.sqrt(2))) / 2
    if not within >= 0.01:
        raise ValueError(
            f"lower is {lower} and upper {upper}, between which there is {max(within, 0.0):.2g} of a normal "
            "distribution; expected 0.01 at least, so that drawing again ends"
        )

    def draw(rng: numpy.random.Generator, shape: Shape) -> numpy.ndarray:
        z = rng.normal(size=shape)
        while (outside := (z < lower) | (z > upper)).any():
            z = numpy.where(outside, rng.normal(size=shape), z)
        return mean + std * z

    return _drawn(draw)


_GAINS = {
    "linear": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}


def calculate_gain(activation: str, negative_slope: float = 0.01) -> float:
    """By how much weights are to be larger before an activation than before none: the numbers of PyTorch.

    Parameters
    ----------
    activation : {"linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"}
    negative_slope : float
        Of ``leaky_relu``.

    Raises
    ------
    ValueError
        If there is no number for the activation.

    Examples
    --------
    >>> calculate_gain("leaky_relu", 1.0)
    1.0
    """
    if activation == "leaky_relu":
        return math.sqrt(2 / (1 + negative_slope**2))
    if activation not in _GAINS:
        raise ValueError(f"activation is {activation!r}, expected one of {', '.join([*_GAINS, 'leaky_relu'])}")
    return _GAINS[activation]


def fans(shape: Shape) -> tuple[int, int]:
    """How many inputs feed a unit, and how many outputs an input feeds.

    Raises
    ------
    ValueError
        If the shape has less than two axes.

    Examples
    --------
    >>> fans((10, 3)), fans((16, 3, 5, 5))
    ((3, 10), (75, 400))
    """
    if len(shape) < 2:
        raise ValueError(f"shape is {shape}, expected (out_features, in_features, ...)")
    out_features, in_features, *receptive_field = shape
    area = math.prod(receptive_field)
    return in_features * area, out_features * area


_FANS: dict[str, Callable[[int, int], float]] = {
    "fan_in": lambda fan_in, fan_out: fan_in,
    "fan_out": lambda fan_in, fan_out: fan_out,
    "fan_avg": lambda fan_in, fan_out: (fan_in + fan_out) / 2,
}

_TRUNCATED_STD = 0.8796256610342398
"""Standard deviation of a normal distribution truncated at two: ``sqrt(1 - 4 * pdf(2) / (cdf(2) - cdf(-2)))``."""

_OF_STD: dict[str, Callable[[float], Initializer]] = {
    "normal": normal,
    "truncated_normal": lambda std: truncated_normal(std / _TRUNCATED_STD),
    "uniform": lambda std: uniform(-math.sqrt(3) * std, math.sqrt(3) * std),
}


def variance_scaling(
    scale: float = 1.0, mode: Mode = "fan_in", distribution: Distribution = "truncated_normal"
) -> Initializer:
    """Mean 0 and variance ``scale / fan``.

    Parameters
    ----------
    scale : float
        The square of what others call gain.
    mode : {"fan_in", "fan_out", "fan_avg"}
        The fan: how many inputs feed a unit, how many outputs an input feeds, or the mean of both.
    distribution : {"normal", "truncated_normal", "uniform"}
        Which distribution of that variance; a normal one is truncated at two of its standard deviations.

    Raises
    ------
    ValueError
        If there is no such mode or distribution; when called, if the shape has less than two axes.
    """
    for name, value, known in (("mode", mode, _FANS), ("distribution", distribution, _OF_STD)):
        if value not in known:
            raise ValueError(f"{name} is {value!r}, expected one of {', '.join(known)}")

    def initializer(rng: numpy.random.Generator, shape: Shape, dtype: Any, xp: Namespace) -> Array:
        # Of an empty array no fan is needed.
        fan = max(_FANS[mode](*fans(shape)), 1)
        return _OF_STD[distribution](math.sqrt(scale / fan))(rng, shape, dtype, xp)

    return initializer


def xavier_normal(gain: float = 1.0) -> Initializer:
    """Normal with standard deviation ``gain * sqrt(2 / (fan_in + fan_out))``: keeps the variance of linear units.

    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010, equation 12.
    """
    return variance_scaling(gain**2, "fan_avg", "normal")


def xavier_uniform(gain: float = 1.0) -> Initializer:
    """Uniform with the standard deviation of :func:`xavier_normal` (equation 16 there)."""
    return variance_scaling(gain**2, "fan_avg", "uniform")


def kaiming_normal(gain: float = _GAINS["relu"], mode: Mode = "fan_in") -> Initializer:
    """Normal with standard deviation ``gain / sqrt(fan)``: the default gain keeps the variance of units before a ReLU.

    The mode "fan_in" keeps it on the way forward, "fan_out" that of the gradients on the way back. He, Zhang, Ren and
    Sun, "Delving deep into rectifiers", 2015, equations 10 and 14.
    """
    return variance_scaling(gain**2, mode, "normal")


def kaiming_uniform(gain: float = _GAINS["relu"], mode: Mode = "fan_in") -> Initializer:
    """Uniform with the standard deviation of :func:`kaiming_normal`."""
    return variance_scaling(gain**2, mode, "uniform")


def lecun_normal(gain: float = 1.0) -> Initializer:
    """Normal with standard deviation ``gain / sqrt(fan_in)``, for :func:`nn.selu` among others.

    LeCun, Bottou, Orr and Müller, "Efficient backprop", 1998, equation 16.
    """
    return variance_scaling(gain**2, "fan_in", "normal")


def lecun_uniform(gain: float = 1.0) -> Initializer:
    """Uniform with the standard deviation of :func:`lecun_normal`."""
    return variance_scaling(gain**2, "fan_in", "uniform")


glorot_normal, glorot_uniform = xavier_normal, xavier_uniform
he_normal, he_uniform = kaiming_normal, kaiming_uniform


def orthogonal(gain: float = 1.0) -> Initializer:
    """Orthonormal rows, or columns where those are fewer, times `gain`, of the matrix that has all axes but the first
    as one; uniform among such matrices.

    Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", 2014. Mezzadri, "How to generate random matrices from the classical compact groups", 2007, for the signs.

    Raises
    ------
    ValueError
        When called, if the shape has less than two axes.
    """

    def draw(rng: numpy.random.Generator, shape: Shape) -> numpy.ndarray:
        fans(shape)
        rows, columns = shape[0], math.prod(shape[1:])
        q, r = numpy.linalg.qr(rng.normal(size=(max(rows, columns), min(rows, columns))))
        q = q * numpy.where(numpy.diagonal(r) < 0, -1.0, 1.0)
        return gain * (q if rows >= columns else q.T).reshape(shape)

    return _drawn(draw)


def identity(gain: float = 1.0) -> Initializer:
    """The identity, times `gain`: a one where the input and output feature agree, of a convolution in the middle.

    Features beyond the smaller of both numbers are zero.

    Raises
    ------
    ValueError
        When called, if the shape has less than two axes.
    """

    def draw(rng: numpy.random.Generator, shape: Shape) -> numpy.ndarray:
        fans(shape)
        weights = numpy.zeros(shape)
        features: Any = range(min(shape[:2]))
        weights[(features, features, *[n // 2 for n in shape[2:]])] = gain
        return weights

    return _drawn(draw)
