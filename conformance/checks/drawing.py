"""Strategies for arguments: shapes, elements, arrays, axes, keyword arguments."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from conformance.dtypes import component, is_complex, is_float, limits, to_precision
from conformance.judging import Case
from conformance.literals import Array, Call

__all__ = ["arrays", "axes", "elements", "optional", "shapes", "single_axis", "to_precision"]


def shapes(
    min_dims: int = 0, max_dims: int = 3, min_side: int = 0, max_side: int = 4
) -> SearchStrategy[tuple[int, ...]]:
    """Shapes, those without elements and without axes included."""
    return st.lists(st.integers(min_side, max_side), min_size=min_dims, max_size=max_dims).map(tuple)


def elements(dtype: str, low: float = -10, high: float = 10) -> SearchStrategy[Any]:
    """Elements of ordinary magnitude, inside of the data type's range."""
    if dtype == "bool":
        return st.booleans()
    if is_complex(dtype):
        parts = elements(component(dtype), low, high)
        return st.builds(complex, parts, parts)
    if is_float(dtype):
        return st.one_of(
            st.integers(math.ceil(low), math.floor(high)).map(float),
            st.floats(to_precision(low, dtype), to_precision(high, dtype), width=32, allow_subnormal=False),
        )
    least, most = limits(dtype)
    return st.integers(max(math.ceil(low), least), min(math.floor(high), most))


@st.composite
def arrays(
    draw: DrawFn,
    dtype: str,
    shape: SearchStrategy[tuple[int, ...]] | tuple[int, ...] | None = None,
    values: SearchStrategy[Any] | None = None,
) -> Array:
    """Arrays of a data type."""
    drawn = shape if isinstance(shape, tuple) else draw(shapes() if shape is None else shape)
    size = math.prod(drawn)
    values = elements(dtype) if values is None else values
    return Array(drawn, tuple(draw(st.lists(values, min_size=size, max_size=size))), dtype)


def single_axis(ndim: int) -> SearchStrategy[int]:
    """One axis, counted from either end."""
    return st.integers(-ndim, ndim - 1)


@st.composite
def axes(draw: DrawFn, ndim: int) -> Any:
    """What reductions take as ``axis``: None, an integer, or a tuple of different axes."""
    kind = draw(st.sampled_from(["none", "one", "several"] if ndim else ["none", "empty"]))
    if kind == "none":
        return None
    if kind == "one":
        return draw(single_axis(ndim))
    chosen = draw(st.lists(st.integers(0, max(ndim - 1, 0)), unique=True, max_size=ndim)) if ndim else []
    return tuple(a - ndim if draw(st.booleans()) else a for a in chosen)


@st.composite
def optional(draw: DrawFn, /, **keywords: SearchStrategy[Any]) -> dict[str, Any]:
    """Some of the keyword arguments, so that defaults are called for too."""
    return {name: draw(strategy) for name, strategy in keywords.items() if draw(st.booleans())}


def case(path: str, reference: Callable[..., Any], *args: Any, **kwargs: Any) -> Case:
    """A call and what its reference makes of it."""
    return Case(Call(path, args, kwargs), reference(*args, **kwargs))
