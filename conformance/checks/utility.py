"""Checks of the utility functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf, nan
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from conformance.checking import Check
from conformance.checks.drawing import arrays, axes, elements, optional, shapes, single_axis
from conformance.checks.errors import invalid_axes
from conformance.checks.samples import Form, cases, filled, spread
from conformance.checks.searching import several_axes_forms, sparse
from conformance.dtypes import is_complex, is_float
from conformance.judging import Case
from conformance.literals import Array, Call, indices, vector
from conformance.namespaces import Namespace
from conformance.references import utility as references
from conformance.references.manipulation import take
from conformance.spec import DTYPES, KINDS

__all__ = ["CHECKS", "SENTENCES"]

SENTENCES = {
    "all": "the result is True where no element along the axes is zero, and where there is none",
    "any": "the result is True where some element along the axes is not zero, and False where there is none",
    "diff": "out[i] = x[i+1] - x[i] along `axis`, `n` times over, after `prepend` and `append` are joined to `x`",
}
TRUTH = {
    "all": "infinities and NaN are True, and so are complex numbers with any part that is not zero",
    "any": "infinities and NaN are True, and so are complex numbers with any part that is not zero",
}


REAL_TRUTHS = (nan, inf, -inf, -0.0, 2.0**-100)
COMPLEX_TRUTHS = (
    *(1j, 1 + 0j, complex(0.0, -0.0)),
    *(complex(0, nan), complex(nan, 0), complex(inf, 0), complex(0, -inf)),
)


def numbers(dtype: str, *truths: bool) -> tuple[Any, ...]:
    """Elements that are zero or not."""
    one = {"bool": True}.get(dtype, 2 + 0j if is_complex(dtype) else 2.0 if is_float(dtype) else 2)
    return tuple(one if truth else one - one if dtype != "bool" else False for truth in truths)


def testing(path: str, reference: Callable[..., Array]) -> list[Check]:
    """Checks of ``all`` and ``any``."""
    empty = [
        ((0,), Form()),
        ((2, 0), Form(axis=1)),
        ((0, 2), Form(axis=1)),
        ((0, 2, 3), Form(axis=1)),
        ((2, 0), Form()),
        ((2, 0), Form(axis=(0, 1), keepdims=True)),
    ]
    patterns = [
        (True,) * 24,
        (False,) * 24,
        (True, True, False, True, True, False, True),
        (False, False, True, False, False),
    ]

    def case(x: Array, **keywords: Any) -> Case:
        return Case(Call(path, (x,), keywords), reference(x, **keywords))

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for pattern in patterns:

            def patterned(dtype: str, shape: tuple[int, ...], pattern: tuple[bool, ...] = pattern) -> Array:
                return filled(numbers(dtype, *pattern), dtype, shape, 0)

            yield from cases(
                path, reference, several_axes_forms + (empty if pattern is patterns[0] else []), patterned
            )(namespace)

    def special(namespace: Namespace) -> Iterator[Case]:
        for dtype in namespace.dtypes:
            for value in REAL_TRUTHS if is_float(dtype) else COMPLEX_TRUTHS if is_complex(dtype) else ():
                yield case(vector((value,), dtype))
                yield case(Array((2, 2), (value, *numbers(dtype, True, False), value), dtype), axis=0)

    @st.composite
    def drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
        x = draw(arrays(dtype, shapes(max_side=3), sparse(dtype)))
        axis = axes(x.ndim).filter(lambda axis: axis != ())
        return case(x, **draw(optional(axis=axis, keepdims=st.booleans())))

    return [Check(path, "", fixed=fixed, drawn=drawn), Check(path, "special cases", TRUTH[path], fixed=special)]


def differing(x: Array, **keywords: Any) -> Case:
    """A call of ``diff``; the error of a difference counts against the elements."""
    expected = references.diff(x, **keywords)
    largest = max(
        (abs(value) for each in (x, *keywords.values()) if isinstance(each, Array) for value in each.values), default=0
    )
    return Case(
        Call("diff", (x,), keywords), expected._replace(scales=(largest * 2 ** keywords.get("n", 1),) * expected.size)
    )


def rising(dtype: str, shape: tuple[int, ...], axis: int) -> Array:
    """An array whose differences along an axis, also repeated ones, are no negative numbers where these lack."""
    if is_float(dtype) or is_complex(dtype):
        return spread(dtype, shape)
    if DTYPES[dtype] == "signed integer":
        return filled((3, -1, 0, 7, -5, 2, 6, -4, 1), dtype, shape, 0)
    values = (
        sum(i * (3 if a == axis % len(shape) else 1) for a, i in enumerate(index)) + index[axis] ** 3
        for index in indices(shape)
    )
    return Array(shape, tuple(values), dtype)


def split(x: Array, axis: int, before: int, after: int) -> tuple[Array, Array, Array]:
    """The first elements along an axis, those between, and the last."""
    length = x.shape[axis]
    axis %= x.ndim
    parts = (range(before), range(before, length - after), range(length - after, length))
    first, middle, last = (take(x, part, axis)._replace(dtype=x.dtype) for part in parts)
    return first, middle, last


def diffs(namespace: Namespace) -> Iterator[Case]:
    for dtype in namespace.dtypes:
        if dtype not in KINDS["numeric"]:
            continue
        for shape, axis in (
            ((4,), -1),
            ((2, 4), 1),
            ((3, 2), 0),
            ((3, 2), -2),
            ((2, 3, 2), 1),
            ((1,), 0),
            ((1, 2), 0),
            ((2, 1, 2), 1),
        ):
            yield differing(rising(dtype, shape, axis), **({} if axis in (-1, len(shape) - 1) else {"axis": axis}))
            yield differing(rising(dtype, shape, axis), axis=axis, n=1)
        for n in (0, 2, 3):
            yield differing(rising(dtype, (4,), 0), n=n)
            yield differing(rising(dtype, (2, 4), 1), axis=-1, n=n)
            yield differing(rising(dtype, (4, 2), 0), axis=0, n=n)
        yield differing(rising(dtype, (0, 3), 1))
        for before, after in ((1, 0), (0, 1), (2, 1)):
            for axis in (0, -1):
                first, middle, last = split(rising(dtype, (5, 2) if axis == 0 else (2, 5), axis), axis, before, after)
                for n in (1, 2):
                    keywords: dict[str, Any] = {"axis": axis, "n": n}
                    keywords |= {"prepend": first} if before else {}
                    keywords |= {"append": last} if after else {}
                    yield differing(middle, **keywords)
        first, middle, last = split(rising(dtype, (4,), 0), 0, 1, 1)
        yield differing(middle, prepend=first, append=last)
        yield differing(middle, prepend=None, append=None)


@st.composite
def diff_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    shape = draw(shapes(min_dims=1, min_side=1))
    axis = draw(single_axis(len(shape)))
    unsigned = DTYPES[dtype] == "unsigned integer"
    x = rising(dtype, shape, axis) if unsigned else draw(arrays(dtype, shape, elements(dtype)))
    length = shape[axis]
    before = draw(st.integers(0, length))
    after = draw(st.integers(0, length - before))
    first, middle, last = split(x, axis, before, after)
    keywords = draw(optional(n=st.integers(0 if before + after == 0 else 1, min(3, length))))
    if length < keywords.get("n", 1):
        keywords["n"] = 0
    keywords |= {"prepend": first} if before else {}
    keywords |= {"append": last} if after else {}
    if axis % len(shape) != len(shape) - 1 or draw(st.booleans()):
        keywords["axis"] = axis
    return differing(middle, **keywords)


X = spread("float32", (2, 3))

CHECKS = [
    *testing("all", references.all_),
    invalid_axes("all", X, "2021.12", several=True),
    *testing("any", references.any_),
    invalid_axes("any", X, "2021.12", several=True),
    Check("diff", "", fixed=diffs, drawn=diff_drawn),
    invalid_axes("diff", X, "2024.12"),
]
