"""Checks of the data type functions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from conformance.checking import Check
from conformance.checks.drawing import shapes
from conformance.checks.programs import Program, copies, running
from conformance.checks.samples import filled, ordinary, sample, spread
from conformance.dtypes import digits, is_complex, is_float, is_integer, limits, promote
from conformance.judging import Case
from conformance.literals import Array, Call, DType, vector
from conformance.namespaces import Namespace
from conformance.references import data_type as references
from conformance.spec import DTYPES, KINDS

__all__ = ["CHECKS", "SENTENCES"]

SENTENCES = {
    "astype": "the elements are the same in the data type asked for; True is 1, and what is not zero is True",
    "can_cast": "the result is True where the first data type promotes to the second",
    "finfo": "the limits are those of the floating-point data type, of its components where complex, as `float`",
    "iinfo": "the limits are those of the integer data type, as `int`",
    "isdtype": "the result is True where the data type is the one given, or of the kind, or of one in the tuple",
    "result_type": "the result is the data type to which all arguments promote; scalars take that of the arrays",
}


def castable(dtype: str, to: str) -> tuple[Any, ...]:
    """Elements of a data type that another has too, and that the standard says how to cast; none where it does not."""
    if is_complex(dtype) and not is_complex(to) and to != "bool":
        return ()
    values = sample(dtype, (16,)).values if dtype != "bool" else ordinary(dtype)
    if to == "bool":
        return values
    if is_integer(to):
        low, high = limits(to)
        values = tuple(
            v for v in (*values, *ordinary(dtype)) if v == v and abs(v) < 2**53 and v == int(v) and low <= v <= high
        )
        return values + ((low,) if is_integer(dtype) and limits(dtype)[0] <= low else ())
    if is_integer(dtype):
        largest = 2 ** digits(to)
        return tuple(v for v in (*values, largest - 1, 1 - largest) if abs(v) < largest and in_range(v, dtype))
    if is_complex(dtype) or is_float(dtype):
        return values if promote(dtype, to) == to else moderate(dtype)
    return values


def in_range(value: Any, dtype: str) -> bool:
    """Whether an integer data type has this number."""
    low, high = limits(dtype)
    return bool(low <= value <= high)


def moderate(dtype: str) -> tuple[Any, ...]:
    """Numbers that every floating-point data type has."""
    narrow = {"float64": "float32", "complex128": "complex64"}.get(dtype, dtype)
    return ordinary(narrow)


def cast(x: Array, to: str, **keywords: Any) -> Case:
    """A call of ``astype``."""
    return Case(
        Call("astype", (x, DType(to)), keywords),
        references.astype(x, DType(to)),
        signs=is_float(to) and is_float(x.dtype),
    )


def casts(namespace: Namespace) -> Iterator[Case]:
    for dtype, to in product(namespace.dtypes, repeat=2):
        if values := castable(dtype, to):
            for value in values:
                yield cast(vector([value], dtype), to)
            for keywords in ({}, {"copy": True}, {"copy": False}):
                yield cast(vector(values, dtype), to, **keywords)
            for shape in ((), (0, 2), (2, 3)):
                yield cast(filled(values, dtype, shape, 0), to)


@st.composite
def cast_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    to = draw(st.sampled_from([each for each in namespace.dtypes if castable(dtype, each)]))
    x = filled(castable(dtype, to), dtype, draw(shapes()), draw(st.integers(0, 9)))
    return cast(x, to, **draw(st.sampled_from([{}, {"copy": True}, {"copy": False}])))


def returned(namespace: Namespace) -> Iterator[Program]:
    for dtype in namespace.dtypes:
        one = True if dtype == "bool" else 1
        yield Program(f"x = xp.asarray([{one}], dtype=xp.{dtype})\nxp.astype(x, xp.{dtype}, copy=False) is x")


RETURNED = "with `copy=False` and the data type that `x` has, `x` itself is returned"


def can_casts(namespace: Namespace) -> Iterator[Case]:
    for dtype, to in product(namespace.dtypes, repeat=2):
        expected = references.can_cast(dtype, to)
        if expected is not None:
            yield Case(Call("can_cast", (DType(dtype), DType(to))), expected)
            yield Case(Call("can_cast", (spread(dtype, (2,)), DType(to))), expected)
    for dtype in namespace.dtypes:
        yield Case(Call("can_cast", (spread(dtype, ()), DType(dtype))), True)


def finfos(namespace: Namespace) -> Iterator[Case]:
    for dtype in namespace.dtypes:
        if dtype in KINDS["floating-point"]:
            for given in (DType(dtype), spread(dtype, (2,)), spread(dtype, ())):
                yield Case(Call("finfo", (given,)), references.finfo(dtype), text=SENTENCES["finfo"])


def iinfos(namespace: Namespace) -> Iterator[Case]:
    for dtype in namespace.dtypes:
        if is_integer(dtype):
            for given in (DType(dtype), spread(dtype, (2,)), spread(dtype, ())):
                yield Case(Call("iinfo", (given,)), references.iinfo(dtype), text=SENTENCES["iinfo"])


def isdtypes(namespace: Namespace) -> Iterator[Case]:
    everything = [DType(dtype) for dtype in namespace.dtypes]
    kinds: list[Any] = [
        *references.ISDTYPE,
        *everything,
        ("integral", "bool"),
        ("real floating", "complex floating"),
    ]
    kinds += [("signed integer", DType("uint8")), (DType("float32"), DType("int64")), ("numeric",), (DType("bool"),)]
    known = {DType(dtype) for dtype in DTYPES} - set(everything)
    for dtype, kind in product(everything, kinds):
        if isinstance(kind, tuple) and known & set(kind):
            continue
        yield Case(Call("isdtype", (dtype, kind)), references.isdtype(dtype, kind))
    for dtype in everything:
        yield Case(Call("isdtype", (), {"dtype": dtype, "kind": "integral"}), references.isdtype(dtype, "integral"))


@st.composite
def isdtype_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    single = st.one_of(st.sampled_from([*references.ISDTYPE]), st.sampled_from(namespace.dtypes).map(DType))
    kind = draw(st.one_of(single, st.lists(single, min_size=1, max_size=3).map(tuple)))
    own = DType(draw(st.sampled_from(namespace.dtypes)))
    return Case(Call("isdtype", (own, kind)), references.isdtype(own, kind))


def result(namespace: Namespace, *arguments: Any) -> Iterator[Case]:
    """A call of ``result_type``, where the standard says what comes of it."""
    expected = references.result_type(*arguments)
    if expected and expected.name in namespace.dtypes:
        yield Case(Call("result_type", arguments), expected)


def result_types(namespace: Namespace) -> Iterator[Case]:
    for first in namespace.dtypes:
        yield from result(namespace, DType(first))
        yield from result(namespace, spread(first, (2,)))
        for second in namespace.dtypes:
            yield from result(namespace, DType(first), DType(second))
            yield from result(namespace, spread(first, (2,)), spread(second, ()))
            yield from result(namespace, DType(first), spread(second, (2,)))
            yield from result(namespace, spread(first, ()), DType(second))
            yield from result(namespace, DType(first), DType(second), DType(namespace.dtypes[-1]))
            yield from result(namespace, DType(first), DType("int8"), DType(second))


def result_scalars(namespace: Namespace) -> Iterator[Case]:
    if namespace.revision < "2024.12":
        return
    for dtype in namespace.dtypes:
        for scalar in (True, 1, 0.5, 1j):
            for own in (DType(dtype), spread(dtype, (2,)), spread(dtype, ())):
                yield from result(namespace, own, scalar)
                yield from result(namespace, scalar, own)
                yield from result(namespace, scalar, own, scalar)


@st.composite
def result_type_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    family = [each for each in namespace.dtypes if promote(dtype, each) in namespace.dtypes]
    family = [each for each in family if references.result_type(*map(DType, family)) or each == dtype]
    names = [dtype, *draw(st.lists(st.sampled_from(family), max_size=4))]
    order = draw(st.permutations(names))
    arguments = tuple(spread(each, draw(shapes(max_dims=2))) if draw(st.booleans()) else DType(each) for each in order)
    expected = references.result_type(*arguments)
    return (
        Case(Call("result_type", arguments), expected)
        if expected
        else Case(Call("result_type", (DType(dtype),)), DType(dtype))
    )


CHECKS = [
    Check("astype", "", fixed=casts, drawn=cast_drawn),
    copies("astype", "xp.astype(x, x.dtype)", "xp.astype(x, x.dtype, copy=True)"),
    running("astype", "same array", RETURNED, returned),
    Check("can_cast", "", fixed=can_casts),
    Check("finfo", "", fixed=finfos),
    Check("iinfo", "", fixed=iinfos),
    Check("isdtype", "", fixed=isdtypes, drawn=isdtype_drawn),
    Check("result_type", "", fixed=result_types, drawn=result_type_drawn),
    Check(
        "result_type", "scalars", "a Python scalar takes the data type of the arrays of its kind", fixed=result_scalars
    ),
]
