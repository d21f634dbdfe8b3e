"""Checks of the searching functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from conformance.checking import Check, Skipped
from conformance.checks.drawing import arrays, axes, elements, optional, shapes, single_axis
from conformance.checks.errors import invalid_axes, raising
from conformance.checks.manipulation import broadcastable
from conformance.checks.samples import Form, cases, filled, ordinary, sample, spread
from conformance.dtypes import is_complex, is_float, limits, promote
from conformance.judging import Case, Raises
from conformance.literals import Array, Call, vector
from conformance.namespaces import Namespace
from conformance.references import searching as references
from conformance.spec import KINDS

__all__ = ["CHECKS", "SENTENCES", "data_dependent", "one_axis_forms", "several_axes_forms", "tied"]

SENTENCES = {
    "argmax": "the result is the index of the first of the largest elements, of the flattened array without `axis`",
    "argmin": "the result is the index of the first of the smallest elements, of the flattened array without `axis`",
    "count_nonzero": "the result is the number of elements that are not zero, along `axis` or in the whole array",
    "nonzero": "the result is an array for each axis, of the indices of elements that are not zero, in row-major order",
    "searchsorted": "x1[i-1] < v <= x1[i] for side 'left', x1[i-1] <= v < x1[i] for side 'right'",
    "where": "the elements are those of `x1` where the condition is true, and those of `x2` elsewhere, all broadcast",
}

one_axis_forms = [
    *(
        ((2, 3), Form(**keywords))
        for keywords in ({}, {"axis": None}, {"axis": 0}, {"axis": 1}, {"axis": -1}, {"axis": -2})
    ),
    ((2, 3), Form(keepdims=True)),
    ((2, 3), Form(keepdims=False)),
    ((2, 3), Form(axis=0, keepdims=True)),
    ((2, 3), Form(axis=-1, keepdims=True)),
    ((2, 3, 4), Form(axis=1)),
    ((9,), Form()),
    ((1,), Form(axis=0)),
    ((), Form()),
    ((), Form(keepdims=True)),
]
"""Shapes and keyword arguments of reductions along one axis."""

several_axes_forms = [
    *one_axis_forms,
    ((2, 3), Form(axis=(0, 1))),
    ((2, 3, 4), Form(axis=(0, 2))),
    ((2, 3, 4), Form(axis=(-1, 0))),
    ((2, 3, 4), Form(axis=(2, 0), keepdims=True)),
    ((2, 3), Form(axis=(1,))),
]
"""Shapes and keyword arguments of reductions along one or several axes."""


def tied(dtype: str, shape: tuple[int, ...]) -> Array:
    """An array in which the largest and smallest elements occur more than once, and no zeros of different sign."""
    values = {"bool": (True, False)}.get(dtype, ordinary(dtype)[:5])
    low, high = limits(dtype)
    extremes = (high, low) if not is_float(dtype) else (float("inf"), float("-inf"))
    return filled((values[0], *extremes, values[1], *extremes, *values[2:4]), dtype, shape, 0)


def real(namespace: Namespace) -> tuple[str, ...]:
    """Real numeric data types."""
    return tuple(dtype for dtype in namespace.dtypes if dtype in KINDS["real numeric"])


def extremes(path: str, reference: Callable[..., Array]) -> Check:
    """Check of ``argmax`` and ``argmin``."""

    @st.composite
    def drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
        x = draw(arrays(dtype, shapes(min_side=1), elements(dtype, -3, 3).map(unsigned_zero)))
        axis = single_axis(x.ndim) | st.none() if x.ndim else st.none()
        keywords = draw(optional(axis=axis, keepdims=st.booleans()))
        return Case(Call(path, (x,), keywords), reference(x, **keywords))

    def fixed(namespace: Namespace) -> Iterator[Case]:
        none = [((2, 0), Form(axis=0)), ((2, 0), Form(axis=0, keepdims=True))]
        yield from cases(path, reference, [*one_axis_forms, *none], tied, real)(namespace)
        yield from cases(path, reference, one_axis_forms[:6], spread, real)(namespace)
        for dtype in real(namespace):
            low, high = limits(dtype)
            for values in ((low, high), (high, low), (low, low), (high, high), (high - 1, high), (low + 1, low)):
                yield Case(Call(path, (vector(values, dtype),)), reference(vector(values)))

    return Check(path, "", fixed=fixed, drawn=drawn)


def unsigned_zero(value: Any) -> Any:
    """The element, zero without a sign."""
    return abs(value) if value == 0 else value


def counts(namespace: Namespace) -> Iterator[Case]:
    forms = [*several_axes_forms, ((0,), Form()), ((0, 2), Form(axis=0)), ((0, 2), Form(axis=1, keepdims=True))]
    yield from cases("count_nonzero", references.count_nonzero, forms)(namespace)


@st.composite
def count_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    x = draw(arrays(dtype, values=sparse(dtype)))
    axis = axes(x.ndim).filter(lambda axis: axis != ())
    keywords = draw(optional(axis=axis, keepdims=st.booleans()))
    return Case(Call("count_nonzero", (x,), keywords), references.count_nonzero(x, **keywords))


def sparse(dtype: str) -> Any:
    """Elements of all sorts, every other one zero."""
    zero = {"bool": False}.get(dtype, 0j if is_complex(dtype) else 0.0 if is_float(dtype) else 0)
    return st.one_of(st.just(zero), st.sampled_from(sample(dtype, (12,)).values))


def data_dependent(namespace: Namespace) -> None:
    """Raise where the namespace leaves results out whose shape depends on elements."""
    if not namespace.capable("data-dependent shapes"):
        raise Skipped("the namespace tells of no data-dependent shapes")


def nonzeros(namespace: Namespace) -> Iterator[Case]:
    data_dependent(namespace)
    for dtype in namespace.dtypes:
        zero = 0 if dtype != "bool" else False
        some = sample(dtype, (6,)).values
        for x in (
            Array((4,), (some[0], zero, some[1], zero), dtype),
            Array((2, 3), (zero, some[0], some[1], some[2], zero, some[3]), dtype),
            sample(dtype, (12,)),
            sample(dtype, (2, 2, 3)),
            Array((2,), (zero, zero), dtype),
            Array((0,), (), dtype),
            Array((2, 0), (), dtype),
        ):
            yield Case(Call("nonzero", (x,)), references.nonzero(x))


@st.composite
def nonzero_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    x = draw(arrays(dtype, shapes(min_dims=1), sparse(dtype)))
    return Case(Call("nonzero", (x,)), references.nonzero(x))


def without_axes(namespace: Namespace) -> Iterator[Case]:
    data_dependent(namespace)
    yield Case(Call("nonzero", (spread("float32", ()),)), Raises())


# searchsorted


def searched(x1: Array, x2: Any, **keywords: Any) -> Case:
    """A call of ``searchsorted``."""
    return Case(Call("searchsorted", (x1, x2), keywords), references.searchsorted(x1, x2, **keywords))


def searches(namespace: Namespace) -> Iterator[Case]:
    index = namespace.default_dtype("indexing")
    for dtype in real(namespace):
        low, high = (float("-inf"), float("inf")) if is_float(dtype) else limits(dtype)
        values = sorted({low, *ordinary(dtype)[:5], high})
        values = [values[0], values[1], values[1], values[1], *values[2:]]
        x1 = vector(values, dtype)
        wanted = vector((*values, *ordinary(dtype)[:9]), dtype)
        inner = vector(values[2:-1], dtype)
        for keywords in ({}, {"side": "left"}, {"side": "right"}):
            yield searched(x1, wanted, **keywords)
            yield searched(inner, wanted, **keywords)
            yield searched(x1, Array((), wanted.values[1:2], dtype), **keywords)
            yield searched(x1, Array((2, 3), wanted.values[:6], dtype), **keywords)
            yield searched(x1, vector((), dtype), **keywords)
            yield searched(vector((), dtype), wanted, **keywords)
            order = (2, 0, *range(3, x1.size), 1)
            shuffled = vector((values[order.index(i)] for i in range(x1.size)), dtype)
            yield searched(shuffled, wanted, sorter=vector(order, index), **keywords)
        yield searched(x1, wanted, side="right", sorter=None)


def search_scalars(namespace: Namespace) -> Iterator[Case]:
    if namespace.revision < "2025.12":
        raise Skipped("`x2` may be a scalar as of revision 2025.12")
    for dtype in real(namespace):
        x1 = vector((1, 2, 2, 4), dtype)
        for scalar in (0, 1, 2, 3, 5) + ((1.5, 2.0, 4.25) if is_float(dtype) else ()):
            for keywords in ({}, {"side": "right"}):
                yield searched(x1, scalar, **keywords)


@st.composite
def search_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    values = elements(dtype, -4, 4).map(unsigned_zero)
    own = sorted(draw(st.lists(values, max_size=6)))
    keywords = draw(optional(side=st.sampled_from(["left", "right"])))
    if draw(st.booleans()):
        order = draw(st.permutations(range(len(own))))
        own = [own[order.index(i)] for i in range(len(own))]
        keywords["sorter"] = vector(order, namespace.default_dtype("indexing"))
    return searched(vector(own, dtype), draw(arrays(dtype, values=values)), **keywords)


# where


def chosen(condition: Array, x1: Any, x2: Any, dtype: str = "") -> Case:
    """A call of ``where``."""
    expected = references.where(condition, x1, x2)._replace(dtype=dtype)
    return Case(Call("where", (condition, x1, x2)), expected, signs=True)


def truths(*shape: int) -> Array:
    """A boolean array."""
    return sample("bool", shape)


def wheres(namespace: Namespace) -> Iterator[Case]:
    for dtype in namespace.dtypes:
        yield chosen(truths(3), sample(dtype, (3,)), sample(dtype, (3,), 3))
        yield chosen(truths(2, 3), sample(dtype, (3,)), sample(dtype, (2, 1), 3))
        yield chosen(truths(3), sample(dtype, (2, 3)), sample(dtype, (), 3))
        yield chosen(truths(2, 1), sample(dtype, ()), sample(dtype, (1, 3), 3))
        yield chosen(truths(), sample(dtype, (2,)), sample(dtype, (2,), 3))
        yield chosen(Array((), (False,), "bool"), sample(dtype, (2,)), sample(dtype, (), 3))
        yield chosen(truths(0), sample(dtype, (1,)), sample(dtype, (0,), 3))


def where_dtypes(namespace: Namespace) -> Iterator[Case]:
    for first in namespace.dtypes:
        for second in namespace.dtypes:
            if promote(first, second) in namespace.dtypes:
                yield chosen(truths(2), vector(ordinary(first)[:2], first), vector(ordinary(second)[1:3], second))
                yield chosen(truths(2), vector(ordinary(first)[:2], first), Array((), (ordinary(second)[0],), second))


def where_scalars(namespace: Namespace) -> Iterator[Case]:
    if namespace.revision < "2024.12":
        raise Skipped("`x1` and `x2` may be scalars as of revision 2024.12")
    for dtype in namespace.dtypes:
        kinds: tuple[Any, ...] = (5,)
        if dtype == "bool":
            kinds = (True, False)
        elif is_float(dtype):
            kinds = (5, -2.5, 1j)
        elif is_complex(dtype):
            kinds = (5, -2.5, complex(2, -1))
        for scalar in kinds:
            result = promote(dtype, "complex64") if isinstance(scalar, complex) and is_float(dtype) else dtype
            if result in namespace.dtypes:
                yield chosen(truths(3), sample(dtype, (3,)), scalar, result or "")
                yield chosen(truths(3), scalar, sample(dtype, (3,), 2), result or "")
                yield chosen(truths(2, 1), scalar, sample(dtype, (3,)), result or "")
                yield chosen(truths(3), sample(dtype, ()), scalar, result or "")


@st.composite
def where_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    target = draw(shapes(max_side=3))
    condition = draw(arrays("bool", draw(broadcastable(target))))
    x1, x2 = (sample(dtype, draw(broadcastable(target)), start) for start in (0, 5))
    return chosen(condition, x1, x2)


X = spread("float32", (2, 3))

CHECKS = [
    extremes("argmax", references.argmax),
    invalid_axes("argmax", X),
    extremes("argmin", references.argmin),
    invalid_axes("argmin", X),
    Check("count_nonzero", "", fixed=counts, drawn=count_drawn),
    invalid_axes("count_nonzero", X, several=True),
    Check("nonzero", "", fixed=nonzeros, drawn=nonzero_drawn),
    raising("nonzero", "an exception is raised for an array without axes", "2021.12", without_axes),
    Check("searchsorted", "", fixed=searches, drawn=search_drawn),
    Check("searchsorted", "scalars", "a scalar `x2` stands for an array without axes", fixed=search_scalars),
    Check("where", "", fixed=wheres, drawn=where_drawn),
    Check("where", "dtypes", "the data types of `x1` and `x2` are promoted", fixed=where_dtypes),
    Check(
        "where",
        "scalars",
        "a scalar takes the data type of the array; complex with real gives complex",
        fixed=where_scalars,
    ),
]
