"""Checks of the set functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, nan
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from conformance.checking import Check
from conformance.checks.drawing import arrays, elements, optional, shapes
from conformance.checks.samples import ordinary, spread
from conformance.checks.searching import data_dependent
from conformance.dtypes import is_complex, is_float, is_integer, limits, promote
from conformance.judging import Case, Holds
from conformance.literals import Array, Call, vector
from conformance.namespaces import Namespace
from conformance.references import sets as references

__all__ = ["CHECKS", "SENTENCES"]

SENTENCES = {
    "isin": "the result is True where an element of `x1` is in `x2`, and the opposite with `invert=True`",
    "unique_all": "the results are the unique elements, their first indices, those that give back `x`, and counts",
    "unique_counts": "the results are the unique elements, in any order, and how often each occurs",
    "unique_inverse": "the results are the unique elements, in any order, and the indices of these that give back `x`",
    "unique_values": "the result is a vector of the unique elements, in any order",
}
EQUALITY = "uniqueness is that of values: NaNs are distinct, zeros of either sign are not"


def among(x1: Any, x2: Any, **keywords: Any) -> Case:
    """A call of ``isin``."""
    return Case(Call("isin", (x1, x2), keywords), references.isin(x1, x2, **keywords))


def integers(namespace: Namespace) -> tuple[str, ...]:
    """Integer data types."""
    return tuple(filter(is_integer, namespace.dtypes))


def isins(namespace: Namespace) -> Iterator[Case]:
    for dtype in integers(namespace):
        low, high = limits(dtype)
        x1 = vector((1, high, 3, low, 1, 5), dtype)
        x2 = vector((low, 5, 1, 7, 1), dtype)
        for keywords in ({}, {"invert": False}, {"invert": True}):
            yield among(x1, x2, **keywords)
            yield among(Array((2, 3), x1.values, dtype), x2, **keywords)
            yield among(x1, Array((1, 5), x2.values, dtype), **keywords)
            yield among(Array((), (5,), dtype), x2, **keywords)
            yield among(x1, Array((), (3,), dtype), **keywords)
            yield among(vector((), dtype), x2, **keywords)
            yield among(x1, vector((), dtype), **keywords)
            yield among(vector((high, high - 1), dtype), vector((high,), dtype), **keywords)


def isin_scalars(namespace: Namespace) -> Iterator[Case]:
    for dtype in integers(namespace):
        x = vector((1, 3, 1, 5), dtype)
        for scalar in (1, 2, 5, limits(dtype)[1]):
            for keywords in ({}, {"invert": True}):
                yield among(x, scalar, **keywords)
                yield among(scalar, x, **keywords)
                yield among(Array((2, 2), x.values, dtype), scalar, **keywords)
                yield among(scalar, Array((), (1,), dtype), **keywords)


def isin_dtypes(namespace: Namespace) -> Iterator[Case]:
    for first in integers(namespace):
        for second in integers(namespace):
            if first != second and promote(first, second) in namespace.dtypes:
                ends = (*limits(first), *limits(second), -1, 0, 1)
                x1, x2 = (
                    vector((v for v in ends if low <= v <= high), dtype)
                    for dtype in (first, second)
                    for low, high in [limits(dtype)]
                )
                yield among(x1, x2)
                yield among(x1, vector(x2.values[:1], second))


@st.composite
def isin_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    values = elements(dtype, -3, 4)
    x1, x2 = draw(arrays(dtype, values=values)), draw(arrays(dtype, shapes(max_dims=2), values))
    return among(x1, x2, **draw(optional(invert=st.booleans())))


def duplicated(dtype: str) -> tuple[Any, ...]:
    """Elements of which some are the same, the largest and smallest among them."""
    usual = ordinary(dtype)
    if dtype == "bool":
        return usual
    if is_integer(dtype):
        low, high = limits(dtype)
        return (usual[1], high, usual[0], usual[1], low, high, usual[3], usual[0], usual[1], high - 1)
    if is_complex(dtype):
        a, b, c = usual[:3]
        return (b, a, b, c, complex(a.real, b.imag), complex(inf, 1), a, b, complex(inf, 1), c)
    return (usual[1], inf, usual[0], usual[1], -inf, inf, usual[3], usual[0], usual[1], limits(dtype)[1])


def unique(path: str, reference: Callable[[Array], Holds]) -> list[Check]:
    """Checks of a function that finds unique elements."""

    def case(x: Array) -> Case:
        return Case(Call(path, (x,)), reference(x))

    def fixed(namespace: Namespace) -> Iterator[Case]:
        data_dependent(namespace)
        for dtype in namespace.dtypes:
            values = duplicated(dtype)
            yield case(vector(values, dtype))
            for shape, size in (((2, 2), 4), ((2, 3), 6), ((), 1), ((0,), 0), ((2, 0), 0), ((2, 1, 3), 6), ((1,), 1)):
                yield case(Array(shape, values[:size], dtype))
            yield case(spread(dtype, (7,)))

    def special(namespace: Namespace) -> Iterator[Case]:
        data_dependent(namespace)
        for dtype in namespace.dtypes:
            if is_float(dtype):
                for values in (
                    (nan, nan),
                    (1.0, nan, 1.0, nan),
                    (0.0, -0.0),
                    (-0.0, 1.0, 0.0, nan),
                    (inf, nan, -inf, inf),
                ):
                    yield case(vector(values, dtype))
                yield case(Array((2, 2), (nan, 2.0, 2.0, nan), dtype))
            elif is_complex(dtype):
                yield case(vector((complex(nan, 1), 1j, complex(nan, 1)), dtype))
                yield case(vector((complex(1, nan), complex(1, nan), complex(nan, nan)), dtype))
                yield case(vector((complex(0.0, -0.0), complex(-0.0, 0.0), 1j), dtype))

    @st.composite
    def drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
        values = elements(dtype, -2, 2).map(lambda value: value + 0 if dtype != "bool" else value)
        return case(draw(arrays(dtype, values=values)))

    return [Check(path, "", fixed=fixed, drawn=drawn), Check(path, "special cases", EQUALITY, fixed=special)]


CHECKS = [
    Check("isin", "", fixed=isins, drawn=isin_drawn),
    Check("isin", "dtypes", "elements are compared by value, whatever their data types", fixed=isin_dtypes),
    Check("isin", "scalars", "either argument may be a Python int", fixed=isin_scalars),
    *unique("unique_all", references.unique_all),
    *unique("unique_counts", references.unique_counts),
    *unique("unique_inverse", references.unique_inverse),
    *unique("unique_values", references.unique_values),
]
