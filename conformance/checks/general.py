"""What every function, constant and data type is checked for: that it is there, and can be called as written."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from functools import partial
from inspect import Parameter, Signature
from typing import Any

from conformance.checking import Check, Skipped, Undecided
from conformance.dtypes import is_complex, is_float, limits
from conformance.judging import Mismatch, same_object
from conformance.literals import Array, DType, from_nested, scalar, source
from conformance.namespaces import Blocked, Missing, Namespace
from conformance.spec import ATTRIBUTES, CONSTANTS, DTYPES, FUNCTIONS, METHODS, OPERATORS, Function

__all__ = ["CHECKS"]

OPTIONAL = ("linalg", "fft")
"""Extensions, which a conforming library may lack."""

VALUE_DEPENDENT = ("nonzero", "repeat", "unique_all", "unique_counts", "unique_inverse", "unique_values")
"""Functions the shapes of whose results depend on values."""

KEYWORD = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)

CONSTANT_VALUES = {"e": math.e, "inf": math.inf, "nan": math.nan, "newaxis": None, "pi": math.pi}


def operator_methods(*forms: str) -> tuple[Function, ...]:
    """Rows for the methods behind the operators."""
    methods = [(operator, getattr(operator, form)) for operator in OPERATORS for form in forms]
    return tuple(Function(method, operator.signature, "array", "all", "same") for operator, method in methods if method)


ARRAY_METHODS = (*METHODS, *operator_methods("method", "reflected"))
IN_PLACE = operator_methods("inplace")
"""Methods which a library may lack: Python then falls back to the operator that makes a new array."""


def member(namespace: Namespace, row: Function) -> Any:
    """The function, or the method of the class of arrays.

    Raises
    ------
    Missing
        If there is none.
    """
    if row.chapter != "array":
        return namespace.function(row.path)
    owner = type(namespace.realize(scalar(0, namespace.dtypes[0])))
    try:
        return getattr(owner, row.name)
    except AttributeError:
        raise Missing(f"arrays of {namespace.name} have no {row.name}") from None


def presence(row: Function, namespace: Namespace) -> Iterator[Mismatch]:
    """The namespace has the function, or the class of arrays the method."""
    if row.chapter in OPTIONAL and not hasattr(namespace.xp, row.chapter):
        raise Skipped(f"the extension {row.chapter} is optional, and absent")
    if row.chapter == "info" and not namespace.has(INSPECTION):
        raise Blocked(f"{INSPECTION}: presence")
    try:
        found = member(namespace, row)
    except Missing:
        if row.name in VALUE_DEPENDENT and not namespace.capable("data-dependent shapes"):
            raise Skipped("a library without data-dependent shapes may omit it") from None
        yield Mismatch("presence", spelled(row), "AttributeError", "a function")
        return
    if not callable(found):
        yield Mismatch("presence", spelled(row), f"{type(found).__name__}, not callable", "a function")


INSPECTION = "__array_namespace_info__"


def spelled(row: Function) -> str:
    """The function or method as Python source."""
    if row.chapter == "info":
        return f"xp.{INSPECTION}().{row.name}"
    return f"type(xp.asarray(0)).{row.name}" if row.chapter == "array" else f"xp.{row.path}"


def standard_signature(row: Function) -> Signature:
    """The signature of the standard.

    >>> from conformance.spec import BY_NAME
    >>> standard_signature(BY_NAME["sum"])
    <Signature (x, /, *, axis=None, dtype=None, keepdims=False)>
    """
    scope: dict[str, Any] = {}
    exec(f"def function{row.signature}: pass", scope)
    return inspect.signature(scope["function"])


def departures(standard: Signature, own: Signature) -> Iterator[str]:
    """Calls that the standard allows and this signature does not, in words."""
    parameters = list(own.parameters.values())
    kinds = {parameter.kind for parameter in parameters}
    positional = [parameter for parameter in parameters if parameter.kind in POSITIONAL]
    matched = {Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD}
    used: set[str] = set()
    for index, wanted in enumerate(standard.parameters.values()):
        if wanted.kind is Parameter.VAR_POSITIONAL:
            if Parameter.VAR_POSITIONAL not in kinds:
                yield f"takes no variable number of arguments (*{wanted.name})"
            continue
        by_position = positional[index] if index < len(positional) else None
        by_name = own.parameters.get(wanted.name)
        named = by_name is not None and by_name.kind in KEYWORD
        if wanted.kind in POSITIONAL and by_position is None and Parameter.VAR_POSITIONAL not in kinds:
            yield f"does not take {wanted.name!r} by position"
        if wanted.kind in KEYWORD and not named and Parameter.VAR_KEYWORD not in kinds:
            yield f"does not take {wanted.name!r} by name"
        mine = by_name if wanted.kind is Parameter.KEYWORD_ONLY or (named and wanted.kind in KEYWORD) else by_position
        if mine is None:
            continue
        used.add(mine.name)
        if wanted.default is not Parameter.empty:
            if mine.default is Parameter.empty:
                yield f"requires {wanted.name!r}"
            elif plain(wanted.default) and plain(mine.default) and mine.default != wanted.default:
                yield f"has {wanted.name}={mine.default!r} by default"
    for parameter in parameters:
        if parameter.default is Parameter.empty and parameter.kind not in matched and parameter.name not in used:
            yield f"requires {parameter.name!r}, which the standard does not have"


def plain(value: Any) -> bool:
    """Whether a default says itself what it means; a marker or None may stand for the standard's."""
    return isinstance(value, bool | int | float | str)


def signature(row: Function, namespace: Namespace) -> Iterator[Mismatch]:
    """The function can be called as the standard writes it, as far as its signature tells."""
    try:
        own = inspect.signature(member(namespace, row))
    except Missing as problem:
        raise Skipped(f"{problem}: Python falls back to the operator that makes a new array") from None
    except (TypeError, ValueError):
        raise Undecided("it has no signature to inspect; the calls of the other checks tell") from None
    for complaint in departures(standard_signature(row), own):
        yield Mismatch("signature", f"inspect.signature({spelled(row)})", f"{own}: {complaint}", row.signature)


def constant(name: str, namespace: Namespace) -> Iterator[Mismatch]:
    """The constant is there, as a Python scalar."""
    expected = CONSTANT_VALUES[name]
    if not hasattr(namespace.xp, name):
        yield Mismatch("presence", f"xp.{name}", "AttributeError", repr(expected))
    elif not same_object(found := getattr(namespace.xp, name), expected):
        yield Mismatch("values", f"xp.{name}", repr(found), repr(expected))


def attribute(name: str, namespace: Namespace) -> Iterator[Mismatch]:
    """Arrays have the attribute, and it is no method."""
    x = namespace.realize(from_nested([[0, 1]], namespace.dtypes[0]))
    if not hasattr(x, name):
        yield Mismatch("presence", f"xp.asarray([[0, 1]]).{name}", "AttributeError", "a value")
    elif callable(getattr(x, name)) and name != "dtype":
        yield Mismatch("presence", f"xp.asarray([[0, 1]]).{name}", "a method", "a value")


def samples(dtype: str) -> list[Array]:
    """Arrays that any library of the data type can make: every shape of up to two axes, every kind of number."""
    least, most = limits("float32" if is_complex(dtype) else dtype)
    values: list[Any] = [False, True] if dtype == "bool" else [0, 1, 2, 100, least, most]
    if is_float(dtype):
        values = [0.0, 1.5, -2.25, 1e10, least, most, math.inf, -math.inf]
    if is_complex(dtype):
        values = [0j, 1.5 - 2.25j, 1e10j, complex(least, most)]
    convert = {"bool": bool}.get(dtype, lambda value: value)
    values = [convert(value) for value in values]
    halves = values[: len(values) // 2 * 2]
    return [scalar(values[-1], dtype), from_nested(values, dtype), from_nested([halves[::2], halves[1::2]], dtype)]


def data_type(dtype: str, namespace: Namespace) -> Iterator[Mismatch]:
    """``asarray`` makes arrays of the data type, and gives back what it was given."""
    for array in samples(dtype):
        text = source(array)
        try:
            got = namespace.read(namespace.realize(array))
        except Exception as problem:
            yield Mismatch("arrays", text, f"{type(problem).__name__}: {problem}"[:300], "an array")
            return
        if got != array:
            yield Mismatch("arrays", text, source(got), text)
            return


def each(check: Callable[[Any, Namespace], Iterator[Mismatch]], path: str, name: str, subject: Any) -> Check:
    """A check of one subject."""
    return Check(path, name, custom=partial(check, subject))


def has_dtype(dtype: str, namespace: Namespace) -> Iterator[Mismatch]:
    """The namespace has the data type, and it is none of the others."""
    if not hasattr(namespace.xp, dtype):
        yield Mismatch("presence", source(DType(dtype)), "AttributeError", "a data type")
        return
    for other in DTYPES:
        if (
            other != dtype
            and hasattr(namespace.xp, other)
            and namespace.realize(DType(dtype)) == getattr(namespace.xp, other)
        ):
            yield Mismatch("presence", f"xp.{dtype} == xp.{other}", "True", "False")


CHECKS = [
    *(each(has_dtype, dtype, "presence", dtype) for dtype in DTYPES),
    *(each(data_type, dtype, "arrays", dtype) for dtype in DTYPES),
    *(each(constant, name, "values", name) for name in CONSTANTS),
    *(each(attribute, name, "presence", name) for name in ATTRIBUTES),
    *(each(presence, row.path, "presence", row) for row in (*FUNCTIONS, *ARRAY_METHODS)),
    *(each(signature, row.path, "signature", row) for row in (*FUNCTIONS, *ARRAY_METHODS, *IN_PLACE)),
]
