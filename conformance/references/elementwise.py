"""Elementwise functions: what each makes of scalars, exactly or in high precision.

Operands are Python scalars: bool, int, float, complex. Results are such scalars where these are exact; else
``Fraction``, ``mpf`` or ``mpc``.
"""

from __future__ import annotations

import cmath
import math
import operator
import struct
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import partial
from typing import Any

from conformance.dtypes import is_complex, is_float, is_integer, limits, promote, to_complex, to_precision
from conformance.judging import Element
from conformance.literals import Array, scalar
from conformance.references.shapes import broadcast_to, elementwise
from conformance.ulp import CONTEXT, exact

__all__ = ["APPROXIMATE", "ORACLES", "Open", "apply", "common_dtype", "value"]

APPROXIMATE = frozenset(
    (
        "acos acosh asin asinh atan atan2 atanh cos cosh exp expm1 hypot "
        "log log10 log1p log2 logaddexp pow sin sinh tan tanh"
    ).split()
)
"""Functions of which the standard asks for an approximation only."""

STEP = 2.0**-30
"""Relative change of an operand, to see how much the result depends on it."""


class Open(ValueError):
    """The standard leaves the result open."""


def inexact(a: Any) -> bool:
    """Whether a number is floating-point."""
    return isinstance(a, float | complex)


def arithmetic(operation: Callable[..., Any]) -> Callable[..., Any]:
    """An operation on integers, or on floating-point numbers as they are exactly."""
    return lambda *operands: operation(*(exact(a) if inexact(a) else a for a in operands))


def parts(function: Callable[[float], Any]) -> Callable[[Any], Any]:
    """A function of real numbers that takes complex ones part by part."""
    return lambda z: complex(function(z.real), function(z.imag)) if isinstance(z, complex) else function(z)


def analytic(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function in high precision; of real operands, not-a-number where it is not real."""

    def of(*operands: Any) -> Any:
        result = function(*map(exact, operands))
        if not any(isinstance(a, complex) for a in operands) and isinstance(result, CONTEXT.mpc):
            return result.real if not result.imag else math.nan
        return result

    return of


def divide(a: Any, b: Any) -> Any:
    """Quotient; of real numbers by zero as IEEE 754 has it."""
    if b == 0:
        if not isinstance(b, float) or isinstance(a, complex):
            raise Open("division by zero")
        return math.nan if a == 0 else math.copysign(math.inf, a) * math.copysign(1, b)
    return exact(a) / exact(b)


def floor_divide(a: Any, b: Any) -> Any:
    """Greatest integer not above the quotient; of floats, before or after it is rounded."""
    if not isinstance(a, float):
        if b == 0:
            raise Open("division by zero")
        return a // b
    if b == 0:
        return divide(a, b)
    quotient = Fraction(a) / Fraction(b)
    below, nearest = math.floor(quotient), round(quotient)
    if below < nearest < 2**20 and nearest - quotient <= Fraction(nearest, 2**20):
        return Element(f"{below} or {nearest}", {below, nearest}.__contains__)
    return below


def remainder(a: Any, b: Any) -> Any:
    """Remainder with the sign of the divisor, as of Python."""
    if b == 0:
        if not isinstance(b, float):
            raise Open("division by zero")
        return math.nan
    return Fraction(a) % Fraction(b) if isinstance(a, float) else a % b


def power(a: Any, b: Any) -> Any:
    """Power; of real numbers as IEEE 754 has it."""
    if not inexact(a):
        if b < 0 or (b > 64 and abs(a) > 1):
            raise Open("negative exponent, or overflow")
        return a**b
    if b == 0:
        return 1
    if isinstance(a, complex):
        if a == 0:
            raise Open("power of complex zero")
        return CONTEXT.power(exact(a), exact(b))
    odd = b % 2 == 1
    if a == 0:
        size = 0.0 if b > 0 else math.inf
        return math.copysign(size, a) if odd else size
    if a < 0 and b != math.floor(b):
        return math.nan
    return CONTEXT.power(exact(a), exact(b))


def atan2(a: float, b: float) -> Any:
    """Angle, with the signs of zeros."""
    return CONTEXT.atan2(exact(a), exact(b)) if a and b else math.atan2(a, b)


def logaddexp(a: Any, b: Any) -> Any:
    """Logarithm of the sum of exponentials."""
    return CONTEXT.log(CONTEXT.exp(a) + CONTEXT.exp(b))


def sign(a: Any) -> Any:
    """Sign, or direction of a complex number."""
    if isinstance(a, complex):
        return exact(a) / abs(exact(a)) if a else 0
    return (a > 0) - (a < 0)


def clip(x: Any, low: Any = None, high: Any = None) -> Any:
    """The number, or the bound beyond which it is; NaN where any of them is."""
    if any(each != each for each in (x, low, high)):
        return math.nan
    if low is not None and high is not None and low > high:
        raise Open("lower bound above the upper one")
    x = x if high is None or x <= high else high
    return x if low is None or x >= low else low


def shift(operation: Callable[[int, int], int], bits: int) -> Callable[[int, int], int]:
    """A shift by less than the number of bits."""

    def shifted(a: int, b: int) -> int:
        if not 0 <= b < bits:
            raise Open("shift by a negative number or by all bits")
        return operation(a, b)

    return shifted


def invert(a: Any, dtype: str) -> Any:
    """All bits flipped."""
    if isinstance(a, bool):
        return not a
    low, high = limits(dtype)
    return ~a if low < 0 else high - a


def next_after(a: float, b: float, dtype: str) -> float:
    """The neighbouring number of the data type on the way from ``a`` to ``b``."""
    if a == 0 or a == b:
        if a == b:
            return b
        raise Open("subnormal numbers")
    if dtype == "float64":
        return math.nextafter(a, b)
    (bits,) = struct.unpack("i", struct.pack("f", a))
    outward = (b > a) == (a > 0)
    return float(struct.unpack("f", struct.pack("i", bits + (1 if outward else -1)))[0])


def isfinite(a: Any) -> bool:
    """Whether a number is finite, in both parts."""
    return cmath.isfinite(a)


ORACLES: dict[str, Callable[..., Any]] = {
    "abs": lambda a: abs(exact(a)) if isinstance(a, complex) else abs(a),
    "acos": analytic(CONTEXT.acos),
    "acosh": analytic(CONTEXT.acosh),
    "add": arithmetic(operator.add),
    "asin": analytic(CONTEXT.asin),
    "asinh": analytic(CONTEXT.asinh),
    "atan": analytic(CONTEXT.atan),
    "atan2": atan2,
    "atanh": analytic(CONTEXT.atanh),
    "bitwise_and": operator.and_,
    "bitwise_or": operator.or_,
    "bitwise_xor": operator.xor,
    "ceil": math.ceil,
    "clip": clip,
    "conj": lambda a: a.conjugate(),
    "copysign": math.copysign,
    "cos": analytic(CONTEXT.cos),
    "cosh": analytic(CONTEXT.cosh),
    "divide": divide,
    "equal": operator.eq,
    "exp": analytic(CONTEXT.exp),
    "expm1": analytic(CONTEXT.expm1),
    "floor": math.floor,
    "floor_divide": floor_divide,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "hypot": analytic(CONTEXT.hypot),
    "imag": lambda a: a.imag,
    "isfinite": isfinite,
    "isinf": cmath.isinf,
    "isnan": cmath.isnan,
    "less": operator.lt,
    "less_equal": operator.le,
    "log": analytic(CONTEXT.log),
    "log10": analytic(CONTEXT.log10),
    "log1p": analytic(CONTEXT.log1p),
    "log2": analytic(partial(CONTEXT.log, b=2)),
    "logaddexp": analytic(logaddexp),
    "logical_and": operator.and_,
    "logical_not": operator.not_,
    "logical_or": operator.or_,
    "logical_xor": operator.xor,
    "maximum": max,
    "minimum": min,
    "multiply": arithmetic(operator.mul),
    "negative": operator.neg,
    "not_equal": operator.ne,
    "positive": operator.pos,
    "pow": power,
    "real": lambda a: a.real,
    "reciprocal": lambda a: divide(complex(1) if isinstance(a, complex) else 1.0, a),
    "remainder": remainder,
    "round": parts(round),
    "sign": sign,
    "signbit": lambda a: math.copysign(1, a) < 0,
    "sin": analytic(CONTEXT.sin),
    "sinh": analytic(CONTEXT.sinh),
    "sqrt": analytic(CONTEXT.sqrt),
    "square": arithmetic(lambda a: a * a),
    "subtract": arithmetic(operator.sub),
    "tan": analytic(CONTEXT.tan),
    "tanh": analytic(CONTEXT.tanh),
    "trunc": math.trunc,
}
"""The functions, on scalars."""

OF_DTYPE: dict[str, Callable[[str], Callable[..., Any]]] = {
    "bitwise_invert": lambda dtype: partial(invert, dtype=dtype),
    "bitwise_left_shift": lambda dtype: shift(operator.lshift, limits(dtype)[1].bit_length()),
    "bitwise_right_shift": lambda dtype: shift(operator.rshift, limits(dtype)[1].bit_length()),
    "nextafter": lambda dtype: partial(next_after, dtype=dtype),
}
"""Those that depend on the data type."""


def oracle(path: str, dtype: str) -> Callable[..., Any]:
    """The function, on scalars of a data type."""
    return OF_DTYPE[path](dtype) if path in OF_DTYPE else ORACLES[path]


def value(path: str, operands: tuple[Any, ...], dtype: str) -> Any:
    """The result of an elementwise function.

    Raises
    ------
    Open
        If the standard leaves it open, such as where integers overflow.
    """
    result = oracle(path, dtype)(*operands)
    if is_integer(dtype) and not isinstance(result, bool) and path != "divide":
        low, high = limits(dtype)
        if not low <= result <= high:
            raise Open(f"{result} is no {dtype}")
    return result


def sensitivity(path: str, operands: tuple[Any, ...], result: Any, dtype: str) -> Any:
    """By how much the result changes, in relation to the change of an operand: what an approximation may be off."""
    largest: Any = 0
    function, result = oracle(path, dtype), exact(result)
    for i, operand in enumerate(operands):
        change = abs(exact(function(*operands[:i], operand * (1 - STEP), *operands[i + 1 :])) - result) / STEP
        if CONTEXT.isfinite(change):
            largest = max(largest, change)
    return largest


def apply(path: str, *operands: Any) -> Array:
    """The result of an elementwise function, of arrays and Python scalars.

    Raises
    ------
    Open
        If the standard leaves any element open.
    """
    dtype = common_dtype(operands)
    arrays = [converted(each if isinstance(each, Array) else scalar(each), dtype) for each in operands]
    result = elementwise(lambda *values: value(path, values, dtype), *arrays)
    if path not in APPROXIMATE or is_integer(dtype):
        return result
    scales = elementwise(
        lambda expected, *values: sensitivity(path, values, expected, dtype),
        result,
        *(broadcast_to(each, result.shape) for each in arrays),
    )
    return result._replace(scales=scales.values)


def common_dtype(operands: Iterable[Any]) -> str:
    """Data type to which arrays and Python scalars promote."""
    operands = list(operands)
    dtype = promote(*(each.dtype for each in operands if isinstance(each, Array)))
    if dtype is None:
        raise Open("no common data type")
    return to_complex(dtype) if any(isinstance(each, complex) for each in operands) else dtype


def converted(x: Array, dtype: str) -> Array:
    """The array with its elements as Python scalars of a data type's kind."""
    if is_complex(dtype):
        return x._replace(values=tuple(map(complex, x.values)))
    return x._replace(values=tuple(to_precision(float(a), dtype) for a in x.values)) if is_float(dtype) else x
