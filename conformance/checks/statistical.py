"""Checks of the statistical functions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import inf, nan, prod
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from conformance.checking import Check
from conformance.checks.drawing import arrays, axes, elements, optional, shapes, single_axis, to_precision
from conformance.checks.errors import invalid_axes
from conformance.checks.samples import Form, cases, filled, spread
from conformance.checks.searching import one_axis_forms, several_axes_forms, tied, unsigned_zero
from conformance.dtypes import bits, is_complex, is_float, is_integer, limits
from conformance.judging import Case
from conformance.literals import Array, Call, DType, vector
from conformance.namespaces import Namespace
from conformance.references import statistical as references
from conformance.references.shapes import normalized
from conformance.spec import BY_NAME, DTYPES, KINDS

__all__ = ["CHECKS", "SENTENCES"]

SENTENCES = {
    "cumulative_prod": "each element is the product of those up to it along `axis`, after one with `include_initial`",
    "cumulative_sum": "each element is the sum of those up to it along `axis`, after zero with `include_initial`",
    "max": "the result is the largest element along the axes, NaN where one of them is",
    "mean": "the result is the sum of the elements over their number, NaN where there are none or one of them is",
    "min": "the result is the smallest element along the axes, NaN where one of them is",
    "prod": "the result is the product of the elements along the axes, one where there are none",
    "std": "the result is the square root of the variance",
    "sum": "the result is the sum of the elements along the axes, zero where there are none",
    "var": "the result is the sum of squared differences from the mean over the number of elements less `correction`",
}
SPECIAL = {
    "cumulative_prod": "special cases are those of `multiply`, applied one after the other",
    "cumulative_sum": "special cases are those of `add`, applied one after the other",
    "max": "if an element is NaN, the maximum is NaN",
    "mean": "if there is no element, or if one is NaN, the mean is NaN",
    "min": "if an element is NaN, the minimum is NaN",
    "prod": "special cases are those of `multiply`, applied one after the other; the empty product is one",
    "std": "if an element is NaN, or if the number of elements less `correction` is not positive, the result is NaN",
    "sum": "special cases are those of `add`, applied one after the other; the empty sum is zero",
    "var": "if an element is NaN, or if the number of elements less `correction` is not positive, the result is NaN",
}


SMALL: dict[str, tuple[Any, ...]] = {
    "unsigned integer": (2, 1, 3),
    "signed integer": (2, -1, 1, -3, 1),
    "real floating": (2.0, -1.5, 0.5, -1.0, 3.0),
    "complex floating": (complex(1, 1), 2j, complex(-0.5, 1), 1 + 0j),
}


def small(dtype: str, shape: tuple[int, ...]) -> Array:
    """An array of small elements, whose products no data type lacks."""
    return filled(SMALL[DTYPES[dtype]], dtype, shape, 0)


def large(dtype: str, shape: tuple[int, ...]) -> Array:
    """An array whose sums are beyond the range of small integers, but not of what these widen to."""
    if not is_integer(dtype) or bits(dtype) > 16:
        return spread(dtype, shape)
    low, high = limits(dtype)
    return filled((high, high - 1, high) + ((low,) if low else ()), dtype, shape, 0)


def of_many_digits(dtype: str) -> Array:
    """Numbers whose product and sum have more digits than half of those of single or double precision."""
    if is_integer(dtype):
        return small(dtype, (2,))
    return vector([complex(n) if is_complex(dtype) else float(n) for n in (4097, 4099)], dtype)


def supported(path: str) -> Callable[[Namespace], tuple[str, ...]]:
    """Data types of the function as of the namespace's revision."""

    def dtypes(namespace: Namespace) -> tuple[str, ...]:
        kinds = KINDS[BY_NAME[path].kinds]
        complex_too = path != "mean" or namespace.revision >= "2024.12"
        return tuple(dtype for dtype in namespace.dtypes if dtype in kinds and (complex_too or not is_complex(dtype)))

    return dtypes


def case(path: str, reference: Callable[..., Any], x: Array, **keywords: Any) -> Case:
    """A call and what its reference makes of it."""
    return Case(Call(path, (x,), keywords), reference(x, **keywords))


def wider(dtype: str, namespace: Namespace) -> list[str]:
    """Data types for ``dtype=``: of the same kind, narrower ones included."""
    return [each for each in namespace.dtypes if DTYPES[each] == DTYPES[dtype]]


EMPTY = [
    ((0,), Form()),
    ((0,), Form(keepdims=True)),
    ((2, 0), Form()),
    ((2, 0), Form(axis=1)),
    ((0, 3), Form(axis=0)),
    ((0, 3), Form(axis=1)),
    ((2, 0, 3), Form(axis=(0, 1))),
    ((0, 2, 3), Form(axis=1)),
]


def summing(path: str, reference: Callable[..., Any]) -> Check:
    """Check of ``sum`` and ``prod``."""
    moderate = spread if path == "sum" else small

    def fixed(namespace: Namespace) -> Iterator[Case]:
        dtypes = supported(path)
        yield from plain(cases(path, reference, several_axes_forms + EMPTY, small, dtypes)(namespace))
        if path == "sum":
            yield from plain(cases(path, reference, several_axes_forms, large, dtypes)(namespace))
        for dtype in dtypes(namespace):
            yield case(path, reference, of_many_digits(dtype))
            yield case(path, reference, moderate(dtype, (3,)), dtype=None)
            for other in wider(dtype, namespace):
                for shape in ((2, 3), (), (0,)):
                    yield case(path, reference, small(dtype, shape), dtype=DType(other))
                yield case(path, reference, small(dtype, (2, 3)), axis=0, dtype=DType(other), keepdims=True)
            if is_integer(dtype) and (own := widest(dtype, namespace)):
                yield case(path, reference, vector((limits(dtype)[1], 2), dtype), dtype=DType(own))
            if is_integer(dtype) and bits(dtype) == 8:
                yield case(path, reference, vector((limits(dtype)[1],) * 3, dtype))

    @st.composite
    def drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
        values = elements(dtype) if path == "sum" else elements(dtype, -2, 2)
        x = draw(arrays(dtype, shapes(max_side=3), values))
        if is_integer(dtype) and path == "prod":
            x = x._replace(values=tuple(v if i < 6 else 1 for i, v in enumerate(x.values)))
        axis = axes(x.ndim).filter(lambda axis: axis != ())
        return case(path, reference, x, **draw(optional(axis=axis, keepdims=st.booleans())))

    return Check(path, "", fixed=fixed, drawn=drawn)


def widest(dtype: str, namespace: Namespace) -> str | None:
    """The widest data type of the same kind, where there is room for twice the elements."""
    own = [each for each in wider(dtype, namespace) if bits(each) == 64]
    return own[0] if own and bits(dtype) < 64 else None


def plain(found: Iterable[Case]) -> Iterator[Case]:
    """The calls, judged without the signs of zeros."""
    for each in found:
        yield each._replace(signs=False)


def accumulating(path: str, reference: Callable[..., Any]) -> Check:
    """Check of ``cumulative_sum`` and ``cumulative_prod``."""
    forms = [
        *(
            ((4,), Form(**keywords))
            for keywords in ({}, {"axis": 0}, {"axis": -1}, {"axis": None}, {"include_initial": True})
        ),
        ((4,), Form(include_initial=False)),
        *(((2, 3), Form(axis=axis, include_initial=initial)) for axis in (0, 1, -1, -2) for initial in (False, True)),
        ((2, 3), Form(axis=1)),
        ((2, 3, 2), Form(axis=1)),
        ((0,), Form()),
        ((0,), Form(include_initial=True)),
        ((2, 0), Form(axis=1, include_initial=True)),
        ((2, 0), Form(axis=0, include_initial=True)),
        ((1,), Form()),
    ]
    dtypes = supported(path)

    def fixed(namespace: Namespace) -> Iterator[Case]:
        yield from plain(cases(path, reference, forms, small, dtypes)(namespace))
        if path == "cumulative_sum":
            yield from plain(cases(path, reference, forms[:6], large, dtypes)(namespace))
        for dtype in dtypes(namespace):
            yield case(path, reference, of_many_digits(dtype))
            for other in wider(dtype, namespace):
                yield case(path, reference, small(dtype, (3,)), dtype=DType(other))
                yield case(path, reference, small(dtype, (2, 2)), axis=0, dtype=DType(other), include_initial=True)
            yield case(path, reference, small(dtype, (3,)), dtype=None)
            if is_integer(dtype) and (own := widest(dtype, namespace)):
                yield case(path, reference, vector((limits(dtype)[1], 2), dtype), dtype=DType(own))
            if is_integer(dtype) and bits(dtype) == 8:
                yield case(path, reference, vector((limits(dtype)[1],) * 3, dtype))

    @st.composite
    def drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
        values = elements(dtype) if path == "cumulative_sum" else elements(dtype, -2, 2)
        x = draw(arrays(dtype, shapes(min_dims=1), values))
        keywords = draw(optional(include_initial=st.booleans()))
        if x.ndim > 1 or draw(st.booleans()):
            keywords["axis"] = draw(single_axis(x.ndim))
        return case(path, reference, x, **keywords)

    return Check(path, "", fixed=fixed, drawn=drawn)


def ranging(path: str, reference: Callable[..., Any]) -> Check:
    """Check of ``max`` and ``min``."""
    forms = [*several_axes_forms, ((2, 0), Form(axis=0)), ((2, 0, 3), Form(axis=(0, 2), keepdims=True))]

    def fixed(namespace: Namespace) -> Iterator[Case]:
        yield from plain(cases(path, reference, forms, tied, supported(path))(namespace))
        yield from plain(cases(path, reference, one_axis_forms, spread, supported(path))(namespace))
        for dtype in supported(path)(namespace):
            low, high = limits(dtype)
            for values in ((low, high), (high, low), (low,), (high,), (high - 1, high), (low + 1, low)):
                yield case(path, reference, vector(values, dtype))
            if is_float(dtype):
                yield case(path, reference, vector([to_precision(1 / 3, dtype)] * 2, dtype))

    @st.composite
    def drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
        x = draw(arrays(dtype, shapes(min_side=1), elements(dtype).map(unsigned_zero)))
        axis = axes(x.ndim).filter(lambda axis: axis != ())
        return case(path, reference, x, **draw(optional(axis=axis, keepdims=st.booleans())))

    return Check(path, "", fixed=fixed, drawn=drawn)


CORRECTIONS: list[dict[str, Any]] = [
    {},
    {"correction": 0},
    {"correction": 1},
    {"correction": 1.0},
    {"correction": 0.5},
    {"correction": -1},
]


def averaging(path: str, reference: Callable[..., Any]) -> Check:
    """Check of ``mean``, ``var`` and ``std``."""
    corrections = CORRECTIONS if path != "mean" else []
    forms = [
        *several_axes_forms,
        *(((5,), Form(**keywords)) for keywords in corrections),
        *(((3, 4), Form(axis=0, **keywords)) for keywords in corrections),
        *(((3, 4), Form(axis=(1, 0), keepdims=True, **keywords)) for keywords in corrections),
    ]

    def fixed(namespace: Namespace) -> Iterator[Case]:
        yield from plain(cases(path, reference, forms, spread, supported(path))(namespace))
        yield from plain(cases(path, reference, several_axes_forms[:6], small, supported(path))(namespace))

    def drawn(namespace: Namespace, dtype: str) -> SearchStrategy[Case] | None:
        return averages(dtype) if dtype in supported(path)(namespace) else None

    @st.composite
    def averages(draw: DrawFn, dtype: str) -> Case:
        x = draw(arrays(dtype))
        axis = axes(x.ndim).filter(lambda axis: axis != ())
        keywords = draw(optional(axis=axis, keepdims=st.booleans()))
        if path != "mean":  # Without degrees of freedom the result is a special case.
            count = prod(x.shape[a] for a in normalized(keywords.get("axis"), x.ndim))
            corrections = [c for c in (0, 1, 0.5, 1.0, 2.0, -1.5) if c < count]
            keywords |= draw(optional(correction=st.sampled_from(corrections)))
        return case(path, reference, x, **keywords)

    return Check(path, "", fixed=fixed, drawn=drawn)


def special(path: str, reference: Callable[..., Any]) -> Check:
    """Check of elements that are no numbers, and of no elements."""
    vectors: list[tuple[float, ...]] = [(1.0, nan, 2.0), (nan, 1.0), (1.0, nan), (nan,), (nan, nan)]
    if path not in ("var", "std"):
        vectors += [(inf, 1.0), (1.0, -inf), (inf, nan), (2.0, inf, inf), (-inf, -inf)]
    if path not in ("var", "std", "mean", "max", "min"):
        vectors += [(inf, -inf, 1.0), (0.0, inf), (inf, 0.0, nan), (-1.0, inf, -2.0)]
    along = {"axis": 1}

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for dtype in supported(path)(namespace):
            if is_float(dtype):
                for values in vectors:
                    yield case(path, reference, vector(values, dtype))
                yield case(path, reference, Array((2, 3), (1.0, nan, 2.0, 3.0, 4.0, 5.0), dtype), **along)
                yield case(path, reference, Array((2, 2), (1.0, 3.0, nan, 4.0), dtype), axis=0)
                yield case(path, reference, Array((2, 2), (5.0, 3.0, 4.0, nan), dtype), axis=-1)
            if is_complex(dtype) and path in ("mean", "sum", "cumulative_sum"):
                yield case(path, reference, vector((1j, complex(nan, nan), 2j), dtype))
                yield case(path, reference, Array((2, 2), (1j, 2j, complex(nan, nan), 1 + 0j), dtype), **along)
            if path in ("mean", "var", "std"):
                for shape, form in EMPTY:
                    yield case(path, reference, Array(shape, (), dtype), **form.kwargs)
            if path in ("var", "std"):
                for shape, correction in (((1,), 1), ((2,), 2), ((2,), 3.0), ((), 1), ((), 1.5), ((2, 1), 2)):
                    yield case(path, reference, spread(dtype, shape), correction=correction)
                yield case(path, reference, spread(dtype, (2, 3)), correction=2, axis=0)
                yield case(path, reference, spread(dtype, (2, 3)), correction=3, axis=1, keepdims=True)

    return Check(path, "special cases", SPECIAL[path], fixed=fixed)


X = spread("float32", (2, 3))

CHECKS = [
    accumulating("cumulative_prod", references.cumulative_prod),
    special("cumulative_prod", references.cumulative_prod),
    invalid_axes("cumulative_prod", X),
    accumulating("cumulative_sum", references.cumulative_sum),
    special("cumulative_sum", references.cumulative_sum),
    invalid_axes("cumulative_sum", X),
    ranging("max", references.max_),
    special("max", references.max_),
    invalid_axes("max", X, several=True),
    averaging("mean", references.mean),
    special("mean", references.mean),
    invalid_axes("mean", X, several=True),
    ranging("min", references.min_),
    special("min", references.min_),
    invalid_axes("min", X, several=True),
    summing("prod", references.prod),
    special("prod", references.prod),
    invalid_axes("prod", X, several=True),
    averaging("std", references.std),
    special("std", references.std),
    invalid_axes("std", X, several=True),
    summing("sum", references.sum_),
    special("sum", references.sum_),
    invalid_axes("sum", X, several=True),
    averaging("var", references.var),
    special("var", references.var),
    invalid_axes("var", X, several=True),
]
