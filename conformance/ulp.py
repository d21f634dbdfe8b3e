"""Errors in units in the last place (Goldberg, "What every computer scientist should know about floating-point
arithmetic", 1991): the distance to the exact value, over the spacing of floating-point numbers there.
"""

from __future__ import annotations

import cmath
import math
from fractions import Fraction
from typing import Any

import mpmath

from conformance.dtypes import component, digits, limits, smallest_normal

__all__ = ["error", "exact"]

CONTEXT = mpmath.mp.clone()
CONTEXT.prec = 300
"""Precision in which exact values are kept and errors taken."""


def exact(value: Any) -> Any:
    """A number as ``mpf`` or ``mpc``."""
    if isinstance(value, Fraction):
        return CONTEXT.mpf(value.numerator) / value.denominator
    return CONTEXT.mpmathify(value)


def spacing(magnitude: Any, dtype: str) -> Any:
    """Distance of neighbouring numbers of a data type at a magnitude.

    >>> float(spacing(exact(1.0), "float64")) == 2.0**-52
    True
    """
    tiny = exact(smallest_normal(dtype))
    return CONTEXT.ldexp(1, int(CONTEXT.frexp(max(magnitude, tiny))[1]) - digits(dtype))


def overflows(value: Any, dtype: str) -> bool:
    """Whether a number, or a part of it, is so large that infinity is within an error of two units."""
    largest = exact(limits(component(dtype))[1])
    threshold = largest - 2 * spacing(largest, dtype)
    return bool(max(abs(value.real), abs(value.imag)) > threshold)


def error(got: complex, expected: Any, dtype: str, scale: Any = 0) -> float:
    """Error of a floating-point result, in units in the last place.

    Of complex numbers, that of the modulus of the difference. Not-a-number is right where it is expected and
    infinitely wrong elsewhere. A result may be infinite where the exact one rounds to infinity, and zero where that is
    subnormal, as the standard leaves subnormal numbers open.

    >>> error(1.0000000000000002, 1, "float64"), error(0.5, math.nan, "float64")
    (1.0, inf)
    """
    if got == expected:
        return 0.0
    if got != got or expected != expected:
        return 0.0 if got != got and expected != expected else math.inf
    expected = exact(expected)
    if isinstance(expected, CONTEXT.mpc):
        got = complex(got)
    if not CONTEXT.isfinite(expected) or not cmath.isfinite(got):
        same_sign = isinstance(got, complex) or (got > 0) == (expected > 0)
        return 0.0 if CONTEXT.isfinite(expected) and overflows(expected, dtype) and same_sign else math.inf
    distance = abs(exact(got) - expected)
    magnitude = max(abs(expected), exact(scale))
    if magnitude < exact(smallest_normal(dtype)) and distance <= exact(smallest_normal(dtype)):
        return 0.0
    return float(distance / spacing(magnitude, dtype))
