"""One call, judged: what came out against what the standard asks for, aspect by aspect."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from conformance.dtypes import digits, is_complex, is_float, is_integer, result_dtypes
from conformance.literals import Array, Call, DType, arrays_in, indices, operator_symbol, replaced, source
from conformance.namespaces import Missing, Namespace, Unreadable
from conformance.references.shapes import broadcast_to
from conformance.spec import BY_NAME, DTYPES, OPERATORS, Function
from conformance.ulp import CONTEXT, error, exact

__all__ = [
    "ARRAY",
    "RESULT",
    "Attributes",
    "Case",
    "Element",
    "Holds",
    "Mismatch",
    "Raises",
    "gives_arrays",
    "judge",
    "narrowed",
    "row_of",
]

CORRECTLY_ROUNDED = {"add", "subtract", "multiply", "divide", "reciprocal", "remainder", "sqrt"}
"""Of real numbers, in any rounding mode: the chapter on accuracy."""

MOVED = {
    *("manipulation", "indexing", "searching", "sets", "sorting", "data_type"),
    *("arange", "asarray", "eye", "full", "full_like", "meshgrid", "ones", "ones_like", "tril", "triu"),
    *("zeros", "zeros_like", "max", "min", "matrix_transpose"),
    *("linalg.diagonal", "linalg.matrix_transpose", "fft.fftshift", "fft.ifftshift"),
    *("ceil", "clip", "conj", "copysign", "floor", "imag", "maximum", "minimum", "negative", "nextafter"),
    *("positive", "real", "round", "trunc"),
}
"""Chapters and functions that compute nothing: their elements are exact."""

FUNCTION_OF = {
    method: BY_NAME[operator.function]
    for operator in OPERATORS
    for method in (operator.method, operator.reflected, operator.inplace)
    if method
}


RESULT = "a result"
"""What is expected of a call that must not raise an exception."""

ARRAY = "an array"
"""What is expected of a call that returns something else."""


class Raises(NamedTuple):
    """The call has to raise an exception: one of these types, where the standard names any."""

    types: tuple[type[Exception], ...] = (Exception,)

    def __str__(self) -> str:
        return f"{' or '.join(each.__name__ for each in self.types)} raised"


class Element(NamedTuple):
    """An element of an expected result that is known by a property, such as a zero of either sign."""

    text: str
    accepts: Callable[[Any], bool]

    def __str__(self) -> str:
        return self.text


class Holds(NamedTuple):
    """The results are known by a property, such as the product of the factors of a matrix.

    ``check`` takes the results as :class:`Array` and returns what is wrong in words, or "".
    """

    check: Callable[..., str]
    shapes: tuple[tuple[int, ...], ...] = ()
    """Of the results, where known."""


class Attributes(NamedTuple):
    """The result is an object with these attributes."""

    values: Mapping[str, Any]


class Case(NamedTuple):
    """A call and what has to come of it.

    ``expected`` is an :class:`Array` or a tuple of these, whose data types come from the table of the standard where
    they are empty; or :class:`Raises`, :class:`Holds`, :class:`Attributes`, a data type, or a Python object.
    """

    call: Call
    expected: Any
    signs: bool = False
    """Whether the signs of zeros count."""
    text: str = ""
    """What the standard says of this case, where that is more than of its check."""
    refusable: bool = False
    """Whether the library may raise an exception instead."""

    def __repr__(self) -> str:
        return f"{self.call} -> {self.expected}"


class Mismatch(NamedTuple):
    """One aspect in which a call departs."""

    aspect: str
    call: Call | str
    """The call, or Python source over ``xp`` for what is no single call."""
    got: str
    expected: str
    text: str = ""


def row_of(path: str) -> Function | None:
    """Row of the table for a function, or for what an operator stands for."""
    return BY_NAME.get(path) or FUNCTION_OF.get(path)


def judge(namespace: Namespace, case: Case) -> list[Mismatch]:
    """Make the call and list all that is wrong with its outcome.

    Raises
    ------
    Missing
        If there is no such function.
    Unreadable
        If the elements of a result cannot be had.
    """
    with warnings.catch_warnings():  # A lazy library warns when its results are read.
        warnings.simplefilter("ignore")
        return _judge(namespace, case)


def _judge(namespace: Namespace, case: Case) -> list[Mismatch]:
    call, expected = case.call, case.expected

    def mismatch(aspect: str, got: str, wanted: str) -> Mismatch:
        return Mismatch(aspect, call, got, wanted, case.text)

    args, kwargs = namespace.arguments(call)
    try:
        result = namespace.apply(call, args, kwargs)
    except Missing:
        raise
    except Exception as problem:
        if case.refusable:
            return []
        if isinstance(expected, Raises):
            return [] if isinstance(problem, expected.types) else [mismatch("call", described(problem), str(expected))]
        return [mismatch("call", described(problem), RESULT)]
    if isinstance(expected, Raises):
        if raises_late(namespace, result):
            return []
        return [mismatch("call", f"no exception, but {shown(namespace, result)}", str(expected))]
    if not gives_arrays(case):
        return _judge_object(namespace, result, expected, mismatch)
    found = _judge_arrays(namespace, case, result, mismatch)
    return found + _judge_inputs(namespace, call, (args, kwargs), mismatch)


def raises_late(namespace: Namespace, result: Any) -> bool:
    """Whether a lazy library raises an exception once the result is computed."""
    try:
        namespace.read(result)
    except Unreadable:
        return True
    except Exception:
        return False
    return False


def gives_arrays(case: Case) -> bool:
    """Whether one array or several have to come of a call."""
    row = row_of(case.call.path)
    several = row is not None and isinstance(row.result, tuple)
    return several or isinstance(case.expected, Holds) or any(True for _ in arrays_in(case.expected))


def _judge_object(
    namespace: Namespace, result: Any, expected: Any, mismatch: Callable[[str, str, str], Mismatch], place: str = ""
) -> list[Mismatch]:
    if isinstance(expected, Attributes):
        return [
            found
            for name, value in expected.values.items()
            for found in _judge_object(namespace, getattr(result, name, None), value, mismatch, f"{name}: ")
        ]
    if isinstance(expected, DType):
        got = namespace.dtype_name(result)
        return [] if got == expected.name else [mismatch("values", place + got, place + expected.name)]
    if not same_type(result, expected):
        got = f"{type(result).__name__} {result!r}"[:200]
        return [mismatch("type", place + got, f"{place}{type(expected).__name__}")]
    if not same_object(result, expected):
        return [mismatch("values", f"{place}{result!r}", f"{place}{expected!r}")]
    return []


def _judge_arrays(
    namespace: Namespace, case: Case, result: Any, mismatch: Callable[[str, str, str], Mismatch]
) -> list[Mismatch]:
    row = row_of(case.call.path)
    several = isinstance(case.expected, tuple) and not isinstance(case.expected, Array | Holds)
    if row is not None and isinstance(row.result, tuple):
        several = True
    results = list(result) if several and isinstance(result, tuple | list) else [result]
    found = []
    if several and not isinstance(result, tuple | list):
        return [mismatch("type", f"{type(result).__name__}", "a tuple of arrays")]
    if several and isinstance(result, list) and namespace.revision >= "2025.12":
        found.append(mismatch("type", "a list", "a tuple"))
    if row is not None and row.fields and row.path == case.call.path:
        missing = [field for field in row.fields if not hasattr(result, field)]
        if missing:
            found.append(mismatch("type", f"{type(result).__name__} without {', '.join(missing)}",
                                  f"a named tuple with fields {', '.join(row.fields)}"))  # fmt: skip
    for each in results:
        if not (hasattr(each, "shape") and hasattr(each, "dtype")):
            return [*found, mismatch("type", " ".join(f"{type(each).__name__}: {each!r}".split())[:200], ARRAY)]
    read = [namespace.read(each) for each in results]
    if isinstance(case.expected, Holds):
        wanted: Sequence[Any] = [Array(shape, ()) for shape in case.expected.shapes] or [None] * len(read)
    else:
        wanted = case.expected if several and not isinstance(case.expected, Array) else (case.expected,)
    if len(read) != len(wanted):
        return [*found, mismatch("type", f"{len(read)} arrays", f"{len(wanted)} arrays")]
    found += _judge_dtypes(namespace, case, row, read, wanted, mismatch)
    fits = True
    for got, want in zip(read, wanted, strict=True):
        if want is not None and got.shape != want.shape:
            found.append(mismatch("shape", str(got.shape), str(want.shape)))
            fits = False
    placed = namespace.device is not None and any(True for _ in arrays_in(case.call))
    devices = [each for each in results if placed and each.device != namespace.device]
    if devices:
        found.append(mismatch("device", str(devices[0].device), str(namespace.device)))
    if fits and isinstance(case.expected, Holds) and not any(each.aspect == "dtype" for each in found):
        if complaint := case.expected.check(*read):
            found.append(mismatch("values", complaint, "see the text"))
    elif fits and not isinstance(case.expected, Holds):
        for got, want in zip(read, wanted, strict=True):
            if (index := first_difference(case, got, want)) is not None:
                found.append(mismatch("values", located(got, index), located(want, index)))
                break
    return found


def _judge_dtypes(
    namespace: Namespace,
    case: Case,
    row: Function | None,
    read: Sequence[Array],
    wanted: Sequence[Any],
    mismatch: Callable[[str, str, str], Mismatch],
) -> list[Mismatch]:
    rules: list[tuple[str, ...]] = [()] * len(read)
    if row:
        rules = result_dtypes(namespace, row, case.call, len(read))
    symbol = operator_symbol(case.call.path)
    if symbol and symbol[1] == "i":  # A library may refuse the quotient of integers, and choose its data type.
        own = case.call.args[0].dtype
        rules = [() if row and row.result == "floating" and is_integer(own) else (own,)]
    found = []
    for got, want, allowed in zip(read, wanted, rules, strict=True):
        allowed = (want.dtype,) if want is not None and want.dtype else allowed
        if allowed and got.dtype not in allowed:
            found.append(mismatch("dtype", got.dtype, " or ".join(allowed)))
    return found


def _judge_inputs(
    namespace: Namespace, call: Call, arguments: Any, mismatch: Callable[[str, str, str], Mismatch]
) -> list[Mismatch]:
    symbol = operator_symbol(call.path)
    changed_on_purpose = call.path == "__setitem__" or (symbol is not None and symbol[1] == "i")
    found = []
    for literal, array in list(paired((call.args, call.kwargs), arguments))[changed_on_purpose:]:
        after = namespace.read(array)
        as_given = Case(call, None, signs=True)
        if (
            after.shape != literal.shape
            or after.dtype != literal.dtype
            or first_difference(as_given, after, literal) is not None
        ):
            found.append(mismatch("inputs", f"the argument became {source(after)}", f"still {source(literal)}"))
    return found


def paired(literal: Any, real: Any) -> Iterator[tuple[Array, Any]]:
    """Each array among (nested) arguments, and what the library made of it."""
    if isinstance(literal, Array):
        yield literal, real
    elif isinstance(literal, Mapping):
        for key, value in literal.items():
            yield from paired(value, real[key])
    elif isinstance(literal, tuple | list) and not isinstance(literal, DType):
        for each, made in zip(literal, real, strict=True):
            yield from paired(each, made)


def first_difference(case: Case, got: Array, want: Array) -> int | None:
    """Position of the first element that is wrong."""
    limit = tolerance(case.call, got.dtype)
    for index, (left, right) in enumerate(zip(got.values, want.values, strict=True)):
        scale = want.scales[index] if want.scales else 0
        if not agree(left, right, got.dtype, scale, limit):
            return index
        if case.signs and not isinstance(right, Element) and not same_signs(left, right):
            return index
    return None


def tolerance(call: Call, dtype: str) -> float:
    """Largest error allowed, in units in the last place, of elements of the result.

    Where the standard asks for correct rounding, which it does of real floating-point operands, less than one unit;
    elsewhere half of the digits, as it sets no accuracy.
    """
    if dtype not in ("float32", "float64", "complex64", "complex128"):
        return 0.0
    row = row_of(call.path)
    real = not is_complex(dtype) and all(is_float(each.dtype) for each in arrays_in(call))
    if row and row.path in CORRECTLY_ROUNDED and real:
        return 0.999999
    if row is None or row.chapter in MOVED or row.path in MOVED:
        return 0.0
    return float(2 ** (digits(dtype) // 2))


def agree(got: Any, expected: Any, dtype: str, scale: Any, limit: float) -> bool:
    """Whether an element is right."""
    if isinstance(expected, Element):
        return expected.accepts(got)
    if got == expected:
        return True
    if dtype not in DTYPES or DTYPES[dtype] in ("bool", "signed integer", "unsigned integer"):
        return False
    return error(got, expected, dtype, scale) <= limit


def same_signs(got: Any, expected: Any) -> bool:
    """Whether zeros have the same sign, in both parts."""
    if isinstance(got, complex) or isinstance(expected, complex):
        got, expected = complex(got), complex(expected)
        return same_signs(got.real, expected.real) and same_signs(got.imag, expected.imag)
    if not isinstance(got, float) or got != 0:
        return True
    return math.copysign(1, got) == math.copysign(1, float(expected))


def same_object(got: Any, expected: Any) -> bool:
    """Whether a Python object is the expected one; NaN equals NaN, -0.0 does not equal 0.0, nor True 1."""
    if isinstance(expected, complex) and expected != expected:
        return isinstance(got, complex) and same_object((got.real, got.imag), (expected.real, expected.imag))
    if isinstance(expected, float) and expected != expected:
        return isinstance(got, float) and got != got
    if isinstance(expected, float) and expected == 0 and isinstance(got, float) and not same_signs(got, expected):
        return False
    if isinstance(expected, tuple | list):
        return same_type(got, expected) and len(got) == len(expected) and all(map(same_object, got, expected))
    return same_type(got, expected) and bool(got == expected)


def same_type(got: Any, expected: Any) -> bool:
    """Whether a Python object is of the expected type or of one derived from it; True is no integer."""
    return isinstance(got, type(expected)) and isinstance(got, bool) == isinstance(expected, bool)


def narrowed(case: Case) -> Iterator[Case]:
    """Smaller cases of a call of an elementwise function: each element alone, then repeated, then halves."""
    row, whole = row_of(case.call.path), case.expected
    if row is None or row.chapter != "elementwise" or not isinstance(whole, Array) or whole.size < 2:
        return

    def part(first: int, last: int, shape: tuple[int, ...], times: int = 1) -> Case:
        def cut(x: Any) -> Any:
            if not isinstance(x, Array):
                return x
            x = x if x.shape == whole.shape else x._replace(values=broadcast_to(x, whole.shape).values)
            return x._replace(shape=shape, values=x.values[first:last] * times, scales=x.scales[first:last] * times)

        call = case.call._replace(args=replaced(case.call.args, cut), kwargs=replaced(case.call.kwargs, cut))
        return case._replace(call=call, expected=cut(whole))

    yield from (part(i, i + 1, ()) for i in range(whole.size))
    if whole.size > 16:
        yield from (part(i, i + 1, (16,), 16) for i in range(whole.size))
    yield part(0, whole.size // 2, (whole.size // 2,))
    yield part(whole.size // 2, whole.size, (whole.size - whole.size // 2,))


def described(problem: BaseException) -> str:
    """An exception in one line."""
    lines = str(problem).strip().splitlines() or [""]
    return f"{type(problem).__name__}: {lines[0][:200]}".rstrip(": ")


def shown(namespace: Namespace, result: Any) -> str:
    """A result as source, or as Python prints it."""
    try:
        return source(namespace.read(result))[:300]
    except Exception:
        return repr(result)[:300]


def located(array: Array, index: int) -> str:
    """One element of an array, with its place where there are several."""
    value = array.values[index]
    plain = isinstance(value, bool | int | float | complex | Element)
    text = str(value) if plain else CONTEXT.nstr(exact(value), 20)
    if array.size == 1:
        return text
    place = list(indices(array.shape))[index]
    return f"{text} at [{', '.join(map(str, place))}]"
