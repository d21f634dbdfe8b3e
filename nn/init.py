"""Initializers: each call returns a function ``f(rng, shape, dtype, xp)`` that draws an array.

Numbers are drawn in float64 by a :class:`numpy.random.Generator` that the caller passes, so one seed gives one model
on every namespace. Weights have shape (out_features, in_features, *receptive_field), as in PyTorch.

References
----------
X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010,
for :func:`xavier_uniform` (equation 16).

K. He, X. Zhang, S. Ren, J. Sun, "Delving deep into rectifiers", ICCV 2015, for :func:`kaiming_normal` (equation 10).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy

from nn.namespaces import Array, Namespace

__all__ = [
    "Initializer",
    "constant",
    "fans",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "kaiming_normal",
    "kaiming_uniform",
    "normal",
    "ones",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]

Shape: TypeAlias = tuple[int, ...]
Initializer: TypeAlias = Callable[[numpy.random.Generator, Shape, Any, Namespace], Array]
Fan: TypeAlias = Literal["in", "out"]

_RELU_GAIN = math.sqrt(2)


def _xavier_std(fan_in: int, fan_out: int) -> float:
    return math.sqrt(2 / (fan_in + fan_out))


_KAIMING_STD: dict[Fan, Callable[[int, int], float]] = {
    "in": lambda fan_in, fan_out: 1 / math.sqrt(fan_in),
    "out": lambda fan_in, fan_out: 1 / math.sqrt(fan_out),
}


def fans(shape: Shape) -> tuple[int, int]:
    """How many inputs feed a unit, and how many outputs an input feeds.

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


def constant(value: float) -> Initializer:
    """Every element is ``value``."""
    return lambda rng, shape, dtype, xp: xp.full(shape, value, dtype=dtype)


zeros = partial(constant, 0.0)
ones = partial(constant, 1.0)


def normal(std: float) -> Initializer:
    """Normal with mean 0."""
    return lambda rng, shape, dtype, xp: xp.asarray(rng.normal(0.0, std, shape), dtype=dtype)


def uniform(std: float) -> Initializer:
    """Uniform with mean 0; its bound is ``sqrt(3) * std``."""
    bound = math.sqrt(3) * std
    return lambda rng, shape, dtype, xp: xp.asarray(rng.uniform(-bound, bound, shape), dtype=dtype)


def xavier_normal(gain: float = 1.0) -> Initializer:
    """Normal with standard deviation ``gain * sqrt(2 / (fan_in + fan_out))``: keeps the variance of linear units."""
    return _by_fans(normal, _xavier_std, gain)


def xavier_uniform(gain: float = 1.0) -> Initializer:
    """Uniform with the standard deviation of :func:`xavier_normal`."""
    return _by_fans(uniform, _xavier_std, gain)


def kaiming_normal(gain: float = _RELU_GAIN, fan: Fan = "in") -> Initializer:
    """Normal with standard deviation ``gain / sqrt(fan)``: the default gain keeps the variance of units before a ReLU.

    ``fan="in"`` keeps it on the way forward, ``fan="out"`` that of the gradients on the way back.
    """
    return _by_fans(normal, _KAIMING_STD[fan], gain)


def kaiming_uniform(gain: float = _RELU_GAIN, fan: Fan = "in") -> Initializer:
    """Uniform with the standard deviation of :func:`kaiming_normal`."""
    return _by_fans(uniform, _KAIMING_STD[fan], gain)


glorot_normal, glorot_uniform = xavier_normal, xavier_uniform
he_normal, he_uniform = kaiming_normal, kaiming_uniform


def _by_fans(
    distribution: Callable[[float], Initializer], std: Callable[[int, int], float], gain: float
) -> Initializer:
    return lambda rng, shape, dtype, xp: distribution(gain * std(*fans(shape)))(rng, shape, dtype, xp)
