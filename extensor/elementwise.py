"""Elementwise functions: one row each, with name, kernel, first line and example of the documentation."""

# ruff: noqa: A001, A002 -- the names are the standard's

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy

from . import special_cases
from .array import ExTensor, operand, routed, unwrap, weak, wrap
from .kernels import FLOATS, binary, floating, unary

abs = unary("abs", numpy.abs, "Absolute value of each element.", "[-1.0, 2.0]", "[1. 2.]")
acos = unary("acos", numpy.arccos, "Inverse cosine of each element, in radians.", "[1.0]", "[0.]", kinds=FLOATS)
acosh = unary("acosh", numpy.arccosh, "Inverse hyperbolic cosine of each element.", "[1.0]", "[0.]", kinds=FLOATS)
add = binary("add", numpy.add, "Sum of each pair of elements.", "[1, 2]", "[3, 4]", "[4 6]")
asin = unary("asin", numpy.arcsin, "Inverse sine of each element, in radians.", "[0.0]", "[0.]", kinds=FLOATS)
asinh = unary("asinh", numpy.arcsinh, "Inverse hyperbolic sine of each element.", "[0.0]", "[0.]", kinds=FLOATS)
atan = unary("atan", numpy.arctan, "Inverse tangent of each element, in radians.", "[0.0]", "[0.]", kinds=FLOATS)
atan2 = binary(
    "atan2", floating(numpy.arctan2), "Angle of the point ``(x2, x1)``, in radians.", "[0.0]", "[1.0]", "[0.]"
)
atanh = unary("atanh", numpy.arctanh, "Inverse hyperbolic tangent of each element.", "[0.0]", "[0.]", kinds=FLOATS)
bitwise_and = binary("bitwise_and", numpy.bitwise_and, "Bitwise AND of each pair of elements.", "[6]", "[3]", "[2]")
bitwise_invert = unary(
    "bitwise_invert", numpy.bitwise_invert, "Each bit of each element inverted.", "[0, 1]", "[-1 -2]"
)
bitwise_left_shift = binary(
    "bitwise_left_shift",
    numpy.left_shift,
    "Each element of `x1` shifted left by `x2` bits.",
    "[1, 2]",
    "[3, 0]",
    "[8 2]",
)
bitwise_or = binary("bitwise_or", numpy.bitwise_or, "Bitwise OR of each pair of elements.", "[6]", "[3]", "[7]")
bitwise_right_shift = binary(
    "bitwise_right_shift",
    numpy.right_shift,
    "Each element of `x1` shifted right by `x2` bits.",
    "[8, 2]",
    "[3, 0]",
    "[1 2]",
)
bitwise_xor = binary("bitwise_xor", numpy.bitwise_xor, "Bitwise XOR of each pair of elements.", "[6]", "[3]", "[5]")
ceil = unary("ceil", numpy.ceil, "Each element rounded up to an integer.", "[1.5, -1.5]", "[ 2. -1.]")


@routed
def clip(x: Any, /, min: Any = None, max: Any = None) -> ExTensor:
    """Each element of `x`, or the bound that it lies beyond.

    Parameters
    ----------
    x : ExTensor
        Array of any shape.
    min, max : ExTensor or scalar, optional
        Bounds of shapes that broadcast with `x`; where one is NaN, so is the result. None is no bound.

    Returns
    -------
    ExTensor
        Array of the shape to which the arguments broadcast.

    Raises
    ------
    TypeError
        If an argument is no array or scalar.
    OverflowError
        If a scalar bound does not fit the data type of `x`.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.clip(xp.asarray([1, 5, 9]), 2, 6)
    ExTensor([2, 5, 6], dtype=int64)
    """
    nd = unwrap(x)
    raised = nd.copy() if min is None else numpy.maximum(nd, weak(operand(min), nd))
    return wrap(raised if max is None else numpy.minimum(raised, weak(operand(max), nd)))


conj = unary("conj", numpy.conjugate, "Complex conjugate of each element.", "[1 + 2j]", "[1.-2.j]")
copysign = binary(
    "copysign",
    floating(numpy.copysign),
    "Magnitude of each element of `x1` with the sign of `x2`.",
    "[1.0]",
    "[-2.0]",
    "[-1.]",
)
cos = unary("cos", numpy.cos, "Cosine of each element, in radians.", "[0.0]", "[1.]", kinds=FLOATS)
cosh = unary("cosh", numpy.cosh, "Hyperbolic cosine of each element.", "[0.0]", "[1.]", kinds=FLOATS)
divide = binary(
    "divide",
    numpy.divide,
    "Quotient of each pair of elements; of integers as float64.",
    "[1.0, 3.0]",
    "[2.0, 2.0]",
    "[0.5 1.5]",
)
equal = binary(
    "equal", numpy.equal, "Whether the elements of each pair are equal.", "[1, 2]", "[1, 3]", "[ True False]"
)
exp = unary("exp", numpy.exp, "Exponential of each element.", "[0.0]", "[1.]", kinds=FLOATS)
expm1 = unary(
    "expm1",
    special_cases.expm1,
    "``exp(x) - 1`` of each element, accurate near zero.",
    "[1e-20]",
    "[1.e-20]",
    kinds=FLOATS,
)
floor = unary("floor", numpy.floor, "Each element rounded down to an integer.", "[1.5, -1.5]", "[ 1. -2.]")
floor_divide = binary(
    "floor_divide",
    special_cases.floor_divide,
    "Quotient of each pair, rounded down to an integer.",
    "[7, -7]",
    "[2, 2]",
    "[ 3 -4]",
)
greater = binary(
    "greater",
    numpy.greater,
    "Whether each element of `x1` is greater than that of `x2`.",
    "[1, 2]",
    "[1, 1]",
    "[False  True]",
)
greater_equal = binary(
    "greater_equal",
    numpy.greater_equal,
    "Whether each element of `x1` is at least that of `x2`.",
    "[1, 0]",
    "[1, 1]",
    "[ True False]",
)
hypot = binary(
    "hypot", floating(numpy.hypot), "``sqrt(x1**2 + x2**2)``, without overflow on the way.", "[3.0]", "[4.0]", "[5.]"
)
imag = unary("imag", attrgetter("imag"), "Imaginary part of each element.", "[1 + 2j]", "[2.]")
isfinite = unary(
    "isfinite",
    numpy.isfinite,
    "Whether each element is neither infinite nor NaN.",
    '[1.0, float("inf")]',
    "[ True False]",
)
isinf = unary("isinf", numpy.isinf, "Whether each element is infinite.", '[1.0, float("inf")]', "[False  True]")
isnan = unary("isnan", numpy.isnan, "Whether each element is NaN.", '[1.0, float("nan")]', "[False  True]")
less = binary(
    "less", numpy.less, "Whether each element of `x1` is less than that of `x2`.", "[1, 0]", "[1, 1]", "[False  True]"
)
less_equal = binary(
    "less_equal",
    numpy.less_equal,
    "Whether each element of `x1` is at most that of `x2`.",
    "[1, 2]",
    "[1, 1]",
    "[ True False]",
)
log = unary("log", numpy.log, "Natural logarithm of each element.", "[1.0]", "[0.]", kinds=FLOATS)
log10 = unary("log10", numpy.log10, "Logarithm of each element to base 10.", "[1.0, 100.0]", "[0. 2.]", kinds=FLOATS)
log1p = unary(
    "log1p", numpy.log1p, "``log(1 + x)`` of each element, accurate near zero.", "[1e-20]", "[1.e-20]", kinds=FLOATS
)
log2 = unary("log2", numpy.log2, "Logarithm of each element to base 2.", "[1.0, 8.0]", "[0. 3.]", kinds=FLOATS)
logaddexp = binary(
    "logaddexp",
    floating(numpy.logaddexp),
    "``log(exp(x1) + exp(x2))``, without overflow on the way.",
    "[0.0]",
    "[0.0]",
    "[0.69314718]",
)
logical_and = binary(
    "logical_and",
    numpy.logical_and,
    "Whether both elements of each pair are true.",
    "[True, True]",
    "[True, False]",
    "[ True False]",
)
logical_not = unary(
    "logical_not", numpy.logical_not, "Whether each element is zero or False.", "[True, False]", "[False  True]"
)
logical_or = binary(
    "logical_or",
    numpy.logical_or,
    "Whether an element of each pair is true.",
    "[True, False]",
    "[False, False]",
    "[ True False]",
)
logical_xor = binary(
    "logical_xor",
    numpy.logical_xor,
    "Whether just one element of each pair is true.",
    "[True, True]",
    "[True, False]",
    "[False  True]",
)
maximum = binary(
    "maximum", numpy.maximum, "Greater element of each pair; NaN where one is NaN.", "[1, 4]", "[3, 2]", "[3 4]"
)
minimum = binary(
    "minimum", numpy.minimum, "Lesser element of each pair; NaN where one is NaN.", "[1, 4]", "[3, 2]", "[1 2]"
)
multiply = binary("multiply", numpy.multiply, "Product of each pair of elements.", "[1, 2]", "[3, 4]", "[3 8]")
negative = unary("negative", numpy.negative, "Each element negated.", "[1, -2]", "[-1  2]")
nextafter = binary(
    "nextafter",
    floating(numpy.nextafter),
    "Next float after each element of `x1` toward `x2`.",
    "[1.0]",
    "[1.0]",
    "[1.]",
)
not_equal = binary(
    "not_equal", numpy.not_equal, "Whether the elements of each pair differ.", "[1, 2]", "[1, 3]", "[False  True]"
)
positive = unary("positive", numpy.positive, "A copy of each element.", "[1, -2]", "[ 1 -2]")
pow = binary(
    "pow", special_cases.pow, "Each element of `x1` to the power of `x2`.", "[2.0, 3.0]", "[3.0, 2.0]", "[8. 9.]"
)
real = unary("real", attrgetter("real"), "Real part of each element.", "[1 + 2j]", "[1.]")
reciprocal = unary(
    "reciprocal", numpy.reciprocal, "``1 / x`` of each element.", "[2.0, 4.0]", "[0.5  0.25]", kinds=FLOATS
)
remainder = binary(
    "remainder",
    numpy.remainder,
    "What `floor_divide` leaves of `x1`, with the sign of `x2`.",
    "[7, -7]",
    "[3, 3]",
    "[1 2]",
)
round = unary("round", numpy.ndarray.round, "Nearest integer to each element, halves to even.", "[0.5, 1.5]", "[0. 2.]")
sign = unary("sign", special_cases.sign, "Sign of each element: ``x / abs(x)``, or zero.", "[-3, 0]", "[-1  0]")
signbit = unary(
    "signbit", numpy.signbit, "Whether the sign bit of each element is set.", "[-0.0, 0.0]", "[ True False]"
)
sin = unary("sin", numpy.sin, "Sine of each element, in radians.", "[0.0]", "[0.]", kinds=FLOATS)
sinh = unary("sinh", numpy.sinh, "Hyperbolic sine of each element.", "[0.0]", "[0.]", kinds=FLOATS)
sqrt = unary("sqrt", numpy.sqrt, "Square root of each element.", "[4.0, 9.0]", "[2. 3.]", kinds=FLOATS)
square = unary("square", numpy.square, "Square of each element.", "[2, -3]", "[4 9]")
subtract = binary("subtract", numpy.subtract, "Difference of each pair of elements.", "[1, 2]", "[3, 5]", "[-2 -3]")
tan = unary("tan", special_cases.tan, "Tangent of each element, in radians.", "[0.0]", "[0.]", kinds=FLOATS)
tanh = unary("tanh", special_cases.tanh, "Hyperbolic tangent of each element.", "[0.0]", "[0.]", kinds=FLOATS)
trunc = unary("trunc", numpy.trunc, "Each element rounded toward zero to an integer.", "[1.5, -1.5]", "[ 1. -1.]")
