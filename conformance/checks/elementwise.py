"""Checks of the elementwise functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import product
from random import Random
from typing import Any

import hypothesis
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from conformance.checking import Check
from conformance.dtypes import (
    component,
    is_complex,
    is_float,
    is_integer,
    limits,
    promote,
    smallest_normal,
    to_precision,
)
from conformance.judging import Case, Element
from conformance.literals import Array, Call, scalar, vector
from conformance.namespaces import Namespace
from conformance.references.elementwise import APPROXIMATE, Open, apply, clip, common_dtype
from conformance.references.shapes import broadcast_shapes, elementwise
from conformance.spec import FUNCTIONS, KINDS, Function
from conformance.special_cases import Row, rows
from conformance.ulp import CONTEXT, exact

__all__ = ["CHECKS", "case_of", "dtypes_of", "fixed_cases", "pairs_of_dtypes", "row_cases"]

ROWS = {row.path: row for row in FUNCTIONS if row.chapter == "elementwise"}

SENTENCES = {
    "abs": "abs(x_i): the magnitude; of complex numbers the modulus, in the real data type of their precision",
    "acos": "an approximation to the inverse cosine, in radians",
    "acosh": "an approximation to the inverse hyperbolic cosine",
    "add": "x1_i + x2_i; of real floating-point numbers correctly rounded",
    "asin": "an approximation to the inverse sine, in radians",
    "asinh": "an approximation to the inverse hyperbolic sine",
    "atan": "an approximation to the inverse tangent, in radians",
    "atan2": "an approximation to the inverse tangent of x1_i/x2_i, in the quadrant of the point (x2_i, x1_i)",
    "atanh": "an approximation to the inverse hyperbolic tangent",
    "bitwise_and": "x1_i & x2_i, bit by bit",
    "bitwise_invert": "each bit flipped",
    "bitwise_left_shift": "the bits of x1_i with x2_i zeros appended on the right",
    "bitwise_or": "x1_i | x2_i, bit by bit",
    "bitwise_right_shift": "the bits of x1_i shifted to the right, propagating the sign: floor division by 2**x2_i",
    "bitwise_xor": "x1_i ^ x2_i, bit by bit",
    "ceil": "the smallest integer-valued number that is not less than x_i",
    "clip": "x_i clamped to the range [min, max], each bound None, a scalar or an array that broadcasts",
    "conj": "the complex conjugate: a - bj for a + bj",
    "copysign": "the magnitude of x1_i with the sign of x2_i",
    "cos": "an approximation to the cosine of an angle in radians",
    "cosh": "an approximation to the hyperbolic cosine",
    "divide": "x1_i / x2_i; of real floating-point numbers correctly rounded",
    "equal": "the truth value of x1_i == x2_i",
    "exp": "an approximation to the exponential function",
    "expm1": "an approximation to exp(x_i) - 1",
    "floor": "the greatest integer-valued number that is not greater than x_i",
    "floor_divide": "the greatest integer-valued number that is not greater than the quotient x1_i / x2_i",
    "greater": "the truth value of x1_i > x2_i",
    "greater_equal": "the truth value of x1_i >= x2_i",
    "hypot": "the square root of the sum of squares of x1_i and x2_i",
    "imag": "the imaginary component, in the real data type of the same precision",
    "isfinite": "whether the element is finite",
    "isinf": "whether the element is positive or negative infinity",
    "isnan": "whether the element is NaN",
    "less": "the truth value of x1_i < x2_i",
    "less_equal": "the truth value of x1_i <= x2_i",
    "log": "an approximation to the natural logarithm",
    "log10": "an approximation to the base 10 logarithm",
    "log1p": "an approximation to log(1 + x_i)",
    "log2": "an approximation to the base 2 logarithm",
    "logaddexp": "an approximation to log(exp(x1_i) + exp(x2_i))",
    "logical_and": "the logical AND of x1_i and x2_i",
    "logical_not": "the logical NOT of x_i",
    "logical_or": "the logical OR of x1_i and x2_i",
    "logical_xor": "the logical XOR of x1_i and x2_i",
    "maximum": "the greater of x1_i and x2_i",
    "minimum": "the lesser of x1_i and x2_i",
    "multiply": "x1_i * x2_i; of real floating-point numbers correctly rounded",
    "negative": "-x_i; of complex numbers both components negated",
    "nextafter": "the next representable number of the data type after x1_i in the direction of x2_i",
    "not_equal": "the truth value of x1_i != x2_i",
    "positive": "+x_i",
    "pow": "an approximation to x1_i raised to the power of x2_i",
    "real": "the real component, in the real data type of the same precision",
    "reciprocal": "1 / x_i; of real floating-point numbers correctly rounded",
    "remainder": "x1_i % x2_i as in Python: the result has the sign of x2_i",
    "round": "the nearest integer-valued number, the even one of two equally close; complex numbers part by part",
    "sign": "-1, 0 or 1 as x_i is less than, equal to or greater than 0; of complex numbers x_i / abs(x_i)",
    "signbit": "whether the sign bit of x_i is set",
    "sin": "an approximation to the sine of an angle in radians",
    "sinh": "an approximation to the hyperbolic sine",
    "sqrt": "the principal square root; of real numbers correctly rounded",
    "square": "x_i * x_i",
    "subtract": "x1_i - x2_i, the same as x1_i + (-x2_i)",
    "tan": "an approximation to the tangent of an angle in radians",
    "tanh": "an approximation to the hyperbolic tangent",
    "trunc": "the nearest integer-valued number that is closer to zero than x_i",
}
"""What the standard says of the elements of the result, in short."""

PROMOTION = (
    "the data type of the result is that to which the data types of the array operands promote, 0-d arrays included"
)

SCALARS = (
    "a Python scalar together with an array behaves as a 0-d array of the array's data type, a complex one with a real "
    "floating-point array as one of the complex data type of the same precision"
)

REAL_PARTS_SINCE = "2024.12"
"""Revision that let conj and real take real-valued arrays."""

SCALARS_SINCE = "2024.12"
"""Revision that let functions of two arrays take Python scalars."""


def dtypes_of(namespace: Namespace, path: str) -> tuple[str, ...]:
    """Data types that a function takes, of those that the namespace has."""
    complex_only = path in ("conj", "real") and namespace.revision < REAL_PARTS_SINCE
    kinds = KINDS["complex floating-point" if complex_only else ROWS[path].kinds]
    return tuple(dtype for dtype in namespace.dtypes if dtype in kinds)


def is_binary(row: Function) -> bool:
    """Whether it is a function of two arrays."""
    return row.parameters == ("x1", "x2")


# Elements: ordinary ones, and those at the ends of a data type.

INTEGERS = (1, 0, 2, -1, 3, -2, 5, -7, 10, 13, 64, 100, -100)
SMALL_INTEGERS = (1, 0, 2, -1, 3, -3, 5, -7, 10)
FLOATS = (
    *(1.0, 0.5, -0.5, 2.0, -1.0, 0.25, 0.0, -0.75, 1.5, -1.5),
    *(3.0, -2.5, 3.3, -7.3, 10.0, -12.7, 0.1, 0.9, -0.9, 0.01),
)
LARGE_FLOATS = (0.001, -0.003, 33.3, -33.3, 100.7, 1000.3, -1000.3, 12345.678)
EXTREME_FLOATS = (
    *(0.49999997, 0.49999999999999994, 4503599627370495.5, 8388607.5, 16777217.0, 9007199254740993.0),
    *(1e30, -1e30, 1e-30, 1.0000001, 0.99999994, 2.5, 3.5, -3.5, 1e15, -123456789.5),
)
PAIRED_FLOATS = (1.0, 2.0, -0.5, 3.3, -7.25, 0.1, 10.0, -1.5, 0.75, 100.7)
PARTS = (0.5, -1.25, 2.0, -3.3, 0.1, 7.5)
EXACT_PARTS = (*PARTS, 0.0, -2.5)

CUT = "acos acosh asin asinh atan atanh log log10 log1p log2 pow sqrt".split()
"""Complex functions with branch cuts, which are provisional: operands keep away from the axes."""


def singles(path: str, dtype: str) -> list[Any]:
    """Operands of a function of one array."""
    if dtype == "bool":
        return [True, False]
    low, high = limits(component(dtype))
    if is_integer(dtype):
        edges = (high, low, high - 1, low + 1, high // 2, low // 2)
        return [n for n in dict.fromkeys((*INTEGERS, *edges)) if low <= n <= high]
    if is_complex(dtype):
        found = PARTS if path in CUT else EXACT_PARTS
        return [complex(*each) for each in product([to_precision(part, component(dtype)) for part in found], repeat=2)]
    usual: tuple[float, ...] = (*FLOATS, *LARGE_FLOATS)
    if path not in APPROXIMATE:
        tiny = smallest_normal(dtype)
        usual = (*usual, *EXTREME_FLOATS, high, low, high / 2, tiny, -2 * tiny)
    return list(dict.fromkeys(to_precision(x, dtype) for x in usual))


def pairs(path: str, dtype: str) -> list[tuple[Any, Any]]:
    """Operands of a function of two arrays."""
    if dtype == "bool":
        return [(a, b) for a in (True, False) for b in (True, False)]
    if is_integer(dtype):
        low, high = limits(dtype)
        found: list[Any] = [n for n in (*SMALL_INTEGERS, high, low, high - 1, high // 3) if low <= n <= high]
    elif is_complex(dtype):
        values = [to_precision(part, component(dtype)) for part in PARTS[:4]]
        found = [complex(*each) for each in product(values[:3], values[1:])]
        found += [] if path in CUT else [0j, 2 + 0j, -1.5j]
    else:
        usual: tuple[float, ...] = PAIRED_FLOATS
        if path not in APPROXIMATE:
            high = limits(dtype)[1]
            usual = (*usual, 0.0, 1 / 3, 16777217.0, 9007199254740993.0, 1e30, -1e-30, high, smallest_normal(dtype))
        found = list(dict.fromkeys(to_precision(x, dtype) for x in usual))
    return [(a, b) for a in found for b in found]


def comfortable(path: str, expected: Array, dtype: str) -> bool:
    """Whether a result keeps away from the ends of the data type, where approximations may overflow before."""
    if path not in APPROXIMATE or is_integer(dtype):
        return True
    size = abs(exact(expected.values[0]))
    if size == 0 or not CONTEXT.isfinite(size):
        return True
    largest, tiny = exact(limits(component(dtype))[1]), exact(smallest_normal(dtype))
    return bool(tiny * 2**20 < size < largest / 2**20 or size > largest * 2**20 or size < tiny / 2**60)


@cache
def defined(path: str, dtype: str) -> tuple[tuple[Any, ...], Array]:
    """Columns of operands of which the standard says what comes out, and what comes out."""
    found = pairs(path, dtype) if is_binary(ROWS[path]) else [(x,) for x in singles(path, dtype)]
    operands, results = [], []
    for each in found:
        try:
            result = apply(path, *(vector([x], dtype) for x in each))
        except Open:
            continue
        if comfortable(path, result, dtype):
            operands.append(each)
            results.append(result)
    values = tuple(result.values[0] for result in results)
    scales = tuple(result.scales[0] for result in results if result.scales)
    return tuple(vector(column, dtype) for column in zip(*operands, strict=True)), Array(
        (len(values),), values, "", scales
    )


def picked(path: str, dtype: str, shape: tuple[int, ...], start: int = 0) -> tuple[tuple[Array, ...], Array]:
    """Arrays of a shape made of the defined columns from the ``start``-th on, and what comes out."""
    columns, expected = defined(path, dtype)
    order = [(start + 7 * i) % expected.size for i in range(math.prod(shape))]

    def rearranged(x: Array) -> Array:
        return x._replace(shape=shape, values=tuple(x.values[i] for i in order))

    return tuple(map(rearranged, columns)), rearranged(expected)._replace(
        scales=tuple(expected.scales[i] for i in order if expected.scales)
    )


def refusable(path: str, *dtypes: str) -> bool:
    """Whether libraries may refuse: the quotient of integers."""
    return path == "divide" and any(map(is_integer, dtypes))


def case_of(path: str, *operands: Any, text: str = "") -> Case:
    """A call and what comes of it."""
    dtypes = [each.dtype for each in operands if isinstance(each, Array)]
    expected = apply(path, *operands)
    if any(isinstance(each, complex) for each in operands) and ROWS[path].result != "boolean":
        expected = expected._replace(dtype=common_dtype(operands))
    return Case(Call(path, operands), expected, text=text, refusable=refusable(path, *dtypes))


@cache
def fixed_cases(path: str, dtype: str) -> tuple[Case, ...]:
    """One element, all of them in a vector, several axes, none, and broadcasting."""
    cases = []
    whole, expected = defined(path, dtype)
    for operands, result in (
        *(picked(path, dtype, (), start) for start in (0, 3)),
        (whole, expected),
        *(picked(path, dtype, shape) for shape in ((2, 3), (1, 2, 2), (0,), (2, 0, 3))),
    ):
        cases.append(Case(Call(path, operands), result, refusable=refusable(path, dtype)))
    if len(whole) == 2:
        for left, right in BROADCASTS:
            try:
                cases.append(case_of(path, moderate(path, 0, dtype, left), moderate(path, 1, dtype, right)))
            except Open:
                continue
    return tuple(cases)


BROADCASTS: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((3,), ()),
    ((), (3,)),
    ((2, 1), (3,)),
    ((3,), (2, 3)),
    ((2, 1, 2), (3, 1)),
    ((1, 3), (0, 1)),
    ((2, 2), (1, 1, 1)),
)

DIVISORS = ("divide", "floor_divide", "remainder", "reciprocal")
SHIFTS = ("bitwise_left_shift", "bitwise_right_shift")


def interval(path: str, position: int, dtype: str) -> tuple[float, float]:
    """Operands among which all results are defined."""
    if path in SHIFTS and position:
        return 0, 3
    if path == "pow" and is_integer(dtype):
        return ((-3, 3), (0, 4))[position]
    if path == "pow" and not is_complex(dtype):
        return ((0.125, 8), (-4, 4))[position]
    if path == "subtract" and is_integer(dtype) and limits(dtype)[0] == 0:
        return ((10, 20), (0, 10))[position]
    if path in DIVISORS and (position or path == "reciprocal"):
        return 1, 9
    if path == "nextafter" and not position:
        return 1, 9
    return -10, 10


MODERATE = (0.5, -1.25, 3.0, 0.1, -0.7, 2.0, 0.9)


def moderate(path: str, position: int, dtype: str, shape: tuple[int, ...]) -> Array:
    """An array of operands among which all results are defined, for broadcasting."""
    size = math.prod(shape)
    low, high = interval(path, position, dtype)
    if dtype == "bool":
        values: list[Any] = [True, False, False, True]
    elif is_integer(dtype):
        low = max(low, limits(dtype)[0])
        values = [int(low + (3 * i + position + 1) % (high - low + 1)) for i in range(7)]
    else:
        values = [to_precision(x if low < 0 else abs(x) + low, component(dtype)) for x in MODERATE]
        if is_complex(dtype):
            values = [complex(a, b) for a, b in zip(values, values[3:] + values[:3], strict=True)]
    return Array(shape, tuple(values[(i + 2 * position) % len(values)] for i in range(size)), dtype)


def ordinary(path: str, namespace: Namespace) -> Iterator[Case]:
    """Fixed calls of a function."""
    for dtype in dtypes_of(namespace, path):
        yield from fixed_cases(path, dtype)


SHAPES: tuple[tuple[int, ...], ...] = (
    *((), (1,), (2,), (3,), (0,), (1, 1), (2, 2), (1, 3), (3, 1), (2, 3), (0, 2), (3, 0)),
    *((1, 1, 1), (2, 2, 2), (1, 2, 3), (3, 2, 1), (2, 0, 2), (2, 1, 2, 2), (7,), (20,)),
)
"""Shapes to draw, simplest first."""


def expanding(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Shapes that broadcast to this one."""
    yield shape
    for start in range(1, len(shape) + 1):
        yield shape[start:]
    for axis, n in enumerate(shape):
        if n != 1:
            yield (*shape[:axis], 1, *shape[axis + 1 :])


PAIRED_SHAPES = (
    *(
        pair
        for shape in SHAPES
        for other in dict.fromkeys(expanding(shape))
        for pair in dict.fromkeys([(shape, other), (other, shape)])
    ),
    *(((2, 1), (3,)), ((3,), (2, 1)), ((2, 1, 2), (3, 1)), ((1, 3), (2, 1, 1)), ((0, 1), (1, 3)), ((2, 1), (1, 3))),
)
"""Shapes of two arrays that broadcast, simplest first."""

KEPT_SHAPES = tuple((left, right) for left, right in PAIRED_SHAPES if broadcast_shapes(left, right) == left)
"""Those that broadcast to the shape of the first."""


def random_elements(path: str, position: int, dtype: str, size: int, rng: Random) -> Iterator[Any]:
    """Elements of which results are mostly defined, with few digits."""
    if dtype == "bool":
        yield from (rng.random() < 0.5 for _ in range(size))
        return
    low, high = interval(path, position, dtype)
    if is_integer(dtype):
        yield from (rng.randint(max(int(low), limits(dtype)[0]), int(high)) for _ in range(size))
        return

    def number() -> float:
        x = rng.uniform(low, high) if rng.random() < 0.7 else float(rng.randint(math.ceil(low), math.floor(high)))
        return to_precision(round(x, 2), component(dtype))

    away = 0.25 if path in CUT else 0.0
    for _ in range(size):
        yield complex(number() or away, number() or away) if is_complex(dtype) else number()


@st.composite
def drawn_cases(draw: DrawFn, path: str, dtype: str, shapes: Sequence[tuple[tuple[int, ...], ...]]) -> Case:
    """Calls with arrays of these shapes, elements made from one number: drawing each takes ten times longer."""
    chosen, rng = draw(st.sampled_from(shapes)), Random(draw(st.integers(0, 2**32)))
    operands = (
        Array(shape, tuple(random_elements(path, position, dtype, math.prod(shape), rng)), dtype)
        for position, shape in enumerate(chosen)
    )
    try:
        return case_of(path, *operands)
    except Open:
        hypothesis.reject()


def drawn(path: str, namespace: Namespace, dtype: str) -> SearchStrategy[Case] | None:
    """Drawn calls of a function."""
    shapes = PAIRED_SHAPES if is_binary(ROWS[path]) else [(shape,) for shape in SHAPES]
    return drawn_cases(path, dtype, shapes) if dtype in dtypes_of(namespace, path) else None


# Data types of two arrays.


def pairs_of_dtypes(namespace: Namespace, path: str) -> Iterator[tuple[str, str]]:
    """All pairs of data types that promote."""
    found = dtypes_of(namespace, path)
    for left, right in product(found, repeat=2):
        common = promote(left, right)
        if common in namespace.dtypes and (path != "nextafter" or left == right):
            yield left, right


@cache
def mixed_cases(path: str, left: str, right: str) -> tuple[Case, ...]:
    """Two arrays of these data types, each also without axes."""
    cases = []
    for shapes_ in (((3,), (3,)), ((3,), ()), ((), (3,)), ((), ())):
        x1, x2 = (
            moderate(path, i, dtype, shape) for i, (dtype, shape) in enumerate(zip((left, right), shapes_, strict=True))
        )
        try:
            cases.append(case_of(path, x1, x2))
        except Open:
            continue
    return tuple(cases)


def mixed(path: str, namespace: Namespace) -> Iterator[Case]:
    """Two arrays of all pairs of data types."""
    for left, right in pairs_of_dtypes(namespace, path):
        yield from mixed_cases(path, left, right)


# Special cases.


def kind_of(dtype: str) -> str:
    """Kind of rows that a data type has; none for bool."""
    if is_complex(dtype):
        return "complex"
    return "real" if is_float(dtype) else "integer" if is_integer(dtype) else ""


@cache
def row_cases(path: str, dtype: str) -> tuple[tuple[Row, Case], ...]:
    """Each row alone and in a vector longer than a register."""
    found = []
    for row in rows(path):
        if row.kind != kind_of(dtype):
            continue
        instances = row.instances(dtype)
        if not instances:
            continue
        whole = instances * -(-9 // len(instances))
        for chosen, shape in ((instances[:1], ()), (whole, (len(whole),))):
            columns = zip(*(operands for operands, _ in chosen), strict=True)
            expected = tuple(accepted(row, columns_, dtype) for _, columns_ in chosen)
            call = Call(path, tuple(Array(shape, tuple(column), dtype) for column in columns))
            found.append((row, Case(call, Array(shape, expected), text=row.sentence)))
    return tuple(found)


def accepted(row: Row, columns: tuple[float, ...], dtype: str) -> Element:
    """The result of a row."""

    def accepts(got: Any) -> bool:
        try:
            return row.accepts(got, columns, dtype)
        except TypeError:  # A real number where there should be a complex one, or the reverse.
            return False

    return Element(row.expected, accepts)


def signs_of_nan(namespace: Namespace, dtype: str) -> bool:
    """Whether the library keeps the sign of NaN."""
    negative = math.copysign(math.nan, -1)
    try:
        (value,) = namespace.read(namespace.realize(vector([negative], dtype))).values
    except Exception:
        return False
    return math.copysign(1, value) < 0


def rows_apply(namespace: Namespace, row: Row, dtype: str) -> bool:
    """Whether a row can be put to the library."""
    return "-nan" not in row.operands or signs_of_nan(namespace, dtype)


def special(path: str, namespace: Namespace) -> Iterator[Case]:
    """The rows of a function."""
    for dtype in dtypes_of(namespace, path):
        for row, case in row_cases(path, dtype):
            if rows_apply(namespace, row, dtype):
                yield case


# Python scalars.

SCALAR_KINDS = {
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor"), (bool, int)),
    **dict.fromkeys(SHIFTS, (int,)),
    **dict.fromkeys(("logical_and", "logical_or", "logical_xor"), (bool,)),
    **dict.fromkeys(("add", "divide", "multiply", "pow", "subtract"), (int, float, complex)),
    **dict.fromkeys(("equal", "not_equal"), (bool, int, float, complex)),
}
"""Python scalars that a function of two arrays takes; int and float where it has no entry."""

SCALAR_VALUES: dict[type, tuple[Any, ...]] = {
    bool: (True, False),
    int: (2, 1, 3, 0, -3, 100),
    float: (0.5, 2.0, -1.25, 0.1, 3.0),
    complex: (1 + 2j, -0.5j, 2 + 0.5j),
}


def scalar_kinds(path: str, dtype: str, mixed_complex: bool) -> Iterable[type]:
    """Kinds of Python scalars that go with arrays of a data type."""
    if dtype == "bool":
        allowed: tuple[type, ...] = (bool,)
    elif is_integer(dtype):
        allowed = (int,)
    else:
        allowed = (int, float, complex) if is_complex(dtype) or mixed_complex else (int, float)
    return [kind for kind in SCALAR_KINDS.get(path, (int, float)) if kind in allowed]


@cache
def scalar_cases(path: str, dtype: str, mixed_complex: bool) -> tuple[Case, ...]:
    """An array and a Python scalar, on either side."""
    cases = []
    for kind in scalar_kinds(path, dtype, mixed_complex):
        for index, number in enumerate(SCALAR_VALUES[kind]):
            if is_integer(dtype) and not limits(dtype)[0] <= number <= limits(dtype)[1]:
                continue
            for position in (1, 0):
                x = moderate(path, 1 - position, dtype, () if index == 1 else (3,))
                operands = (x, number) if position else (number, x)
                if refusable(path, dtype):
                    continue
                try:
                    cases.append(case_of(path, *operands))
                except Open:
                    continue
    return tuple(cases)


@cache
def scalar_row_cases(path: str, dtype: str) -> tuple[tuple[Row, Case], ...]:
    """Rows of real numbers with one operand a Python scalar, on either side."""
    cases = []
    for row, case in row_cases(path, dtype):
        x1, x2 = case.call.args
        if x1.shape or row.kind != "real" or path == "nextafter":
            continue
        either = ((x1, x2.values[0]), (x1.values[0], x2))
        cases += [(row, case._replace(call=Call(path, operands))) for operands in either]
    return tuple(cases)


def scalars(path: str, namespace: Namespace) -> Iterator[Case]:
    """An array and a Python scalar."""
    if namespace.revision < SCALARS_SINCE:
        return
    for dtype in dtypes_of(namespace, path):
        yield from scalar_cases(path, dtype, False)
        for row, case in scalar_row_cases(path, dtype):
            if rows_apply(namespace, row, dtype):
                yield case


# clip


def clip_case(x: Array, *args: Any, **kwargs: Any) -> Case:
    """A call of clip, with bounds by position or by name."""
    bounds = dict(zip(("min", "max"), args, strict=False)) | kwargs
    names = [name for name in ("min", "max") if bounds.get(name) is not None]

    def clipped(element: Any, *values: Any) -> Any:
        given = dict(zip(names, values, strict=True))
        return clip(element, given.get("min"), given.get("max"))

    operands = (each if isinstance(each, Array) else scalar(each) for each in (bounds[name] for name in names))
    return Case(Call("clip", (x, *args), kwargs), elementwise(clipped, x, *operands))


def of_dtype(values: Iterable[Any], dtype: str) -> tuple[Any, ...]:
    """Numbers as a data type has them."""
    return tuple(int(x) if is_integer(dtype) else float(x) for x in values)


@cache
def clip_cases(dtype: str) -> tuple[Case, ...]:
    """All forms of bounds."""
    low, high = limits(dtype)
    x = vector(of_dtype((5, 0, 3, 7, 2, 1, 6, 4), dtype), dtype)
    ends = (
        vector(of_dtype((low, high, 1, 0), dtype), dtype)
        if is_integer(dtype)
        else vector((low, high, -1.0, 0.5, 0.125, to_precision(10 / 3, dtype), math.inf, -math.inf), dtype)
    )
    square = Array((2, 3), of_dtype((9, 1, 5, 0, 7, 3), dtype), dtype)
    point, empty = scalar(of_dtype((5,), dtype)[0], dtype), Array((0, 3), (), dtype)
    below, above = of_dtype((2, 6), dtype)
    zero, one = scalar(below, dtype), scalar(above, dtype)
    row, column = vector(of_dtype((1, 2, 3), dtype), dtype), Array((2, 1), of_dtype((4, 6), dtype), dtype)
    lows, highs = (Array((2, 3), of_dtype(each, dtype), dtype) for each in ((1, 2, 3, 1, 2, 3), (4, 4, 4, 6, 6, 6)))
    cases = [
        *(clip_case(each) for each in (x, point, square, empty, ends)),
        *(clip_case(each, None, None) for each in (x, point)),
        *(clip_case(each, below, above) for each in (point, x, square, empty, ends)),
        *(clip_case(each, min=below) for each in (point, x, ends)),
        *(clip_case(each, max=above) for each in (point, x, ends)),
        clip_case(x, below),
        clip_case(x, None, above),
        clip_case(x, max=above, min=below),
        clip_case(x, min=None, max=above),
        clip_case(x, below, max=None),
        clip_case(x, above, above),
        *(clip_case(each, zero, one) for each in (point, x, square)),
        *(clip_case(each, min=zero) for each in (point, x)),
        *(clip_case(each, max=one) for each in (point, x)),
        clip_case(x, zero, above),
        clip_case(x, below, one),
        clip_case(square, lows, highs),
        clip_case(square, row, column),
        clip_case(square, min=column),
        clip_case(square, max=row),
        clip_case(point, row),
        clip_case(point, row, column),
        clip_case(row, max=column),
        clip_case(square, row, above),
        clip_case(square, below, column),
    ]
    if not is_integer(dtype):
        cases += [
            clip_case(x, 2, 6),
            clip_case(x, 1.5),
            clip_case(x, max=6),
            clip_case(x, 2, 5.5),
            clip_case(x, -math.inf, math.inf),
        ]
    return tuple(cases)


def clips(namespace: Namespace) -> Iterator[Case]:
    """Fixed calls of clip."""
    for dtype in dtypes_of(namespace, "clip"):
        yield from clip_cases(dtype)


CLIP_NAN_SINCE = "2024.12"
"""Revision that came to say what becomes of NaN."""

NAN_CLIPPED = "if x_i, min_i or max_i is NaN, the result is NaN"


def clips_of_nan(namespace: Namespace) -> Iterator[Case]:
    """Numbers and bounds of which some are NaN."""
    if namespace.revision < CLIP_NAN_SINCE:
        return
    for dtype in filter(is_float, namespace.dtypes):
        x = vector((math.nan, 1.0, 3.0, -2.0), dtype)
        none, some = scalar(math.nan, dtype), vector((0.0, math.nan, 0.5, math.nan), dtype)
        yield from (clip_case(scalar(math.nan, dtype), *bounds) for bounds in ((0, 2), (0,), (None, 2)))
        yield from (clip_case(x, *bounds) for bounds in ((), (0, 2), (0,), (None, 2)))
        yield from (clip_case(x, *bounds) for bounds in ((none,), (None, none), (none, 2), (0, none), (none, none)))
        yield from (clip_case(x, *bounds) for bounds in ((some,), (None, some), (some, 2), (-5, some), (some, some)))
        yield from (clip_case(x, *bounds) for bounds in ((math.nan,), (None, math.nan), (math.nan, 2), (0, math.nan)))


@st.composite
def drawn_clips(draw: DrawFn, dtype: str) -> Case:
    """Calls of clip with any bounds."""
    shapes, rng = draw(st.sampled_from(PAIRED_SHAPES)), Random(draw(st.integers(0, 2**32)))
    forms = draw(st.lists(st.sampled_from(["none", "scalar", "array", "point"]), min_size=2, max_size=2))
    middle = 0 if limits(dtype)[0] < 0 else 5

    def numbers(shape: tuple[int, ...], low: int, high: int) -> Array:
        values = (
            rng.randint(4 * low, 4 * high) // 4 if is_integer(dtype) else rng.randint(4 * low, 4 * high) / 4
            for _ in range(math.prod(shape))
        )
        return Array(shape, tuple(values), dtype)

    def bound(form: str, low: int, high: int) -> Any:
        if form == "none":
            return None
        values = numbers(shapes[1] if form == "array" else (), low, high)
        return values.values[0] if form == "scalar" else values

    bounds = {"min": bound(forms[0], middle - 5, middle), "max": bound(forms[1], middle, middle + 5)}
    x = numbers(shapes[0], max(middle - 10, 0 if middle else -10), middle + 10)
    count = draw(st.integers(0, 2))
    return clip_case(x, *tuple(bounds.values())[:count], **dict(tuple(bounds.items())[count:]))


def every_check() -> Iterator[Check]:
    """Checks of each function, in the order of the table."""
    for path, row in ROWS.items():
        text = SENTENCES[path]
        if path == "clip":
            yield Check(path, "", text, fixed=clips, drawn=lambda namespace, dtype: drawn_clips(dtype))
            yield Check(path, "special cases", NAN_CLIPPED, fixed=clips_of_nan)
        else:
            yield Check(path, "", text, fixed=partial(ordinary, path), drawn=partial(drawn, path))
        if is_binary(row):
            yield Check(path, "dtypes", PROMOTION, fixed=partial(mixed, path))
            yield Check(path, "scalars", SCALARS, fixed=partial(scalars, path))
        if rows(path):
            yield Check(path, "special cases", fixed=partial(special, path))


CHECKS = list(every_check())
