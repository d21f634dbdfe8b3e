"""Kernels for the special cases that NumPy's ufuncs answer otherwise than the standard.

Each looks for its special operands first, so that ordinary ones cost one test more and nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy

from .array import UFUNCS


def floor_divide(x1: Any, x2: Any) -> Any:
    """Floor of the quotient, also where an operand is infinite (NumPy follows Python's ``divmod`` there)."""
    dtype = numpy.result_type(x1, x2)
    if dtype.kind != "f":
        return numpy.floor_divide(x1, x2)
    infinite = numpy.isinf(x1) | numpy.isinf(x2)
    if not numpy.logical_or.reduce(infinite, axis=None):
        return numpy.floor_divide(x1, x2)
    x1, x2 = numpy.asarray(x1, dtype), numpy.asarray(x2, dtype)
    finite_quotient = numpy.floor_divide(numpy.where(infinite, 1, x1), numpy.where(infinite, 1, x2))
    return numpy.where(infinite, numpy.divide(x1, x2), finite_quotient)


def expm1(x: Any) -> Any:
    """``exp(x) - 1``, also where a complex operand is not finite, or its real part is -0 (which gives +0)."""
    if x.dtype.kind != "c":
        return numpy.expm1(x)
    finite = numpy.isfinite(x)
    if finite.all():
        result = numpy.asarray(numpy.expm1(x))
    else:
        result = numpy.where(finite, numpy.expm1(numpy.where(finite, x, 0)), numpy.exp(x) - 1)
    result.real += 0.0
    return result


def sign(x: Any) -> Any:
    """Sign, which of a complex zero is zero without signs of its own."""
    signs = numpy.sign(x)
    if x.dtype.kind != "c" or (nonzero := x != 0).all():
        return signs
    return numpy.where(nonzero, signs, 0)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent, which keeps the sign of the imaginary part where the real part is infinite."""
    if x.dtype.kind != "c" or not (infinite := numpy.isinf(x.real)).any():
        return numpy.tanh(x)
    limit = numpy.empty_like(x)
    limit.real, limit.imag = numpy.copysign(1, x.real), numpy.copysign(0, x.imag)
    return numpy.where(infinite, limit, numpy.tanh(numpy.where(infinite, 0, x)))


UFUNCS.update({numpy.floor_divide: floor_divide, numpy.expm1: expm1, numpy.sign: sign, numpy.tanh: tanh})
