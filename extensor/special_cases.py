"""Kernels for the special cases that NumPy's ufuncs answer otherwise than the standard.

Each looks first whether there is a special operand or result at all: ordinary elements cost that look and nothing else.
"""

from __future__ import annotations

from math import inf, isfinite, nan
from typing import Any

import numpy
from numpy import ndarray

from . import large
from .array import UFUNCS


def floor_divide(x1: Any, x2: Any) -> Any:
    """Floor of the quotient, also where an operand is infinite (NumPy follows Python's ``divmod`` there)."""
    if _finite(x1) and _finite(x2):
        return numpy.floor_divide(x1, x2)
    dtype = numpy.result_type(x1, x2)
    x1, x2 = numpy.asarray(x1, dtype), numpy.asarray(x2, dtype)
    infinite = numpy.isinf(x1) | numpy.isinf(x2)
    finite_quotient = numpy.floor_divide(numpy.where(infinite, 1, x1), numpy.where(infinite, 1, x2))
    return numpy.where(infinite, numpy.divide(x1, x2), finite_quotient)


def pow(x1: Any, x2: Any) -> Any:  # noqa: A001 -- the standard's name
    """Power, also of -infinity and -0 to 0.5 (NumPy may take a square root), and where complex ones have no value."""
    powers = numpy.power(x1, x2)
    if powers.dtype.kind == "c" and not _every(finite := numpy.isfinite(powers)):
        return numpy.where(finite, powers, numpy.exp(numpy.multiply(x2, numpy.log(x1, dtype=powers.dtype))))
    if powers.dtype.kind == "f" and _holds_half(x2) and not _every(powers > 0):
        rooted = numpy.equal(x2, 0.5)
        return numpy.where(rooted & numpy.equal(x1, -inf), inf, numpy.where(rooted, powers + 0.0, powers))
    return powers


def _holds_half(x: Any) -> bool:
    return not _every(x != 0.5) if type(x) is ndarray else bool(x == 0.5)


def expm1(x: Any) -> Any:
    """``exp(x) - 1``, also where a complex operand is not finite, or its real part is -0 (which gives +0)."""
    if x.dtype.kind != "c":
        return large.unary(numpy.expm1, x)
    if _every(finite := numpy.isfinite(x)):
        result = numpy.expm1(x)
    else:
        result = numpy.where(finite, numpy.expm1(numpy.where(finite, x, 0)), numpy.exp(x) - 1)
    result += complex(0.0, -0.0)  # Turns a real part -0 into +0, and leaves the imaginary part.
    return result


def sign(x: Any) -> Any:
    """Sign, which of a complex zero is zero without signs of its own, and NaN of one with NaN in a part."""
    signs = large.unary(numpy.sign, x)
    if x.dtype.kind != "c" or _every(numpy.isfinite(x) & (x != 0)):
        return signs
    return numpy.where(numpy.isnan(x), complex(nan, nan), numpy.where(x == 0, 0, signs))


def tan(x: Any) -> Any:
    """Tangent; of a complex operand that is not finite, ``-1j * tanh(1j * x)`` to the sign of a zero."""
    if x.dtype.kind != "c" or _every(numpy.isfinite(x)):
        return large.unary(numpy.tan, x)
    turned = tanh(joined(-x.imag, x.real))
    return joined(turned.imag, -turned.real)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent, which keeps the sign of the imaginary part where the real part is infinite."""
    if x.dtype.kind != "c" or _every(numpy.isfinite(x)):
        return large.unary(numpy.tanh, x)
    infinite = numpy.isinf(x.real)
    limit = joined(numpy.copysign(1, x.real), numpy.copysign(0, x.imag))
    return numpy.where(infinite, limit, numpy.tanh(numpy.where(infinite, 0, x)))


def joined(real: Any, imag: Any) -> Any:
    """The complex numbers of two parts; an arithmetic ``real + 1j * imag`` would spread NaN from one to the other."""
    joined = numpy.empty(real.shape, numpy.result_type(real, numpy.complex64))
    joined.real, joined.imag = real, imag
    return joined


def _every(mask: Any) -> bool:
    # A search of the bytes takes a third of the time that mask.all() takes to start.
    return 0 not in mask.tobytes()


def _finite(x: Any) -> bool:
    """Whether no element of an operand is infinite or NaN."""
    if type(x) is not ndarray:
        return isfinite(x)
    return x.dtype.kind != "f" or 0 not in numpy.isfinite(x).tobytes()


UFUNCS.update(
    {
        numpy.expm1: expm1,
        numpy.floor_divide: floor_divide,
        numpy.power: pow,
        numpy.sign: sign,
        numpy.tan: tan,
        numpy.tanh: tanh,
    }
)
