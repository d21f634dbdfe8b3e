"""Checks of the sorting functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, nan
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from conformance.checking import Check
from conformance.checks.drawing import arrays, elements, optional, shapes, single_axis
from conformance.checks.errors import invalid_axes
from conformance.checks.samples import Form, cases, spread
from conformance.checks.searching import tied, unsigned_zero
from conformance.dtypes import is_float
from conformance.judging import Case
from conformance.literals import Call, vector
from conformance.namespaces import Namespace
from conformance.references import sorting as references
from conformance.spec import KINDS

__all__ = ["CHECKS", "SENTENCES"]

SENTENCES = {
    "argsort": "the indices sort `x` along `axis`; equal elements stay in the order in which they are, also descending",
    "sort": "the elements are in order along `axis`, ascending unless `descending`",
}
NUMBERS = "where NaNs go is open, but the numbers are in order"

KEYWORDS: list[dict[str, Any]] = [
    {},
    {"axis": 0},
    {"axis": -2},
    {"axis": 1, "descending": True},
    {"axis": 0, "descending": True},
    {"descending": True},
    {"descending": False, "stable": True},
    {"stable": False},
    {"stable": True, "descending": True},
    {"stable": False, "descending": True, "axis": 0},
]
FORMS = [
    *(((3, 4), Form(**keywords)) for keywords in KEYWORDS),
    *(((9,), Form(**keywords)) for keywords in KEYWORDS if keywords.get("axis", 0) == 0),
    *(((40,), Form(**keywords)) for keywords in ({}, {"descending": True})),
    ((2, 3, 2), Form(axis=1)),
    ((1,), Form()),
    ((0,), Form()),
    ((2, 0), Form()),
    ((0, 3), Form(axis=-1)),
]


def real(namespace: Namespace) -> tuple[str, ...]:
    """Real numeric data types."""
    return tuple(dtype for dtype in namespace.dtypes if dtype in KINDS["real numeric"])


def accepts(namespace: Namespace, call: Call) -> bool:
    """Whether a call goes through at all; where it does not, the check of calls says so."""
    args, kwargs = namespace.arguments(call)
    try:
        namespace.apply(call, args, kwargs)
    except Exception:
        return False
    return True


def sorting(path: str, reference: Callable[..., Any]) -> list[Check]:
    """Checks of ``sort`` and ``argsort``."""

    def fixed(namespace: Namespace) -> Iterator[Case]:
        yield from cases(path, reference, FORMS, tied, real)(namespace)
        yield from cases(path, reference, FORMS, spread, real)(namespace)

    @st.composite
    def drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
        x = draw(arrays(dtype, shapes(min_dims=1), elements(dtype, -3, 3).map(unsigned_zero)))
        keywords = draw(optional(axis=single_axis(x.ndim), descending=st.booleans(), stable=st.booleans()))
        return Case(Call(path, (x,), keywords), reference(x, **keywords))

    def order(namespace: Namespace) -> Iterator[Case]:
        for dtype in filter(is_float, namespace.dtypes):
            for values in ((nan, 1.0), (2.0, nan, 1.0), (nan, 3.0, nan, -inf, 2.0, inf), (nan, nan)):
                x = vector(values, dtype)
                for descending in (
                    (False, True) if accepts(namespace, Call(path, (x,), {"descending": True})) else (False,)
                ):
                    expected = references.numbers_in_order(x, descending, path == "argsort")
                    yield Case(Call(path, (x,), {"descending": descending} if descending else {}), expected)

    return [Check(path, "", fixed=fixed, drawn=drawn), Check(path, "order", NUMBERS, fixed=order)]


X = spread("float32", (2, 3))

CHECKS = [
    *sorting("argsort", references.argsort),
    invalid_axes("argsort", X),
    *sorting("sort", references.sort),
    invalid_axes("sort", X),
]
