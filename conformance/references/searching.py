"""Searching functions."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

from conformance.literals import Array, indices, vector
from conformance.references.shapes import elementwise, reduce_axes

__all__ = ["argmax", "argmin", "count_nonzero", "nonzero", "searchsorted", "where"]


def argmax(x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """Position of the first of the largest elements."""
    return reduce_axes(lambda values: values.index(max(values)), x, axis, keepdims)


def argmin(x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """Position of the first of the smallest elements."""
    return reduce_axes(lambda values: values.index(min(values)), x, axis, keepdims)


def count_nonzero(x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
    """How many elements are not zero."""
    return reduce_axes(lambda values: sum(value != 0 for value in values), x, axis, keepdims)


def nonzero(x: Array) -> tuple[Array, ...]:
    """Indices of elements that are not zero, in row-major order: an array for each axis."""
    found = [index for index, value in zip(indices(x.shape), x.values, strict=True) if value != 0]
    return tuple(vector(index[a] for index in found) for a in range(x.ndim))


def searchsorted(x1: Array, x2: Any, *, side: str = "left", sorter: Array | None = None) -> Array:
    """Where to insert so that the order is kept, before or after what is equal."""
    values = [x1.values[i] for i in sorter.values] if sorter else list(x1.values)
    find = bisect_left if side == "left" else bisect_right
    return elementwise(lambda value: find(values, value), as_array(x2))


def where(condition: Array, x1: Any, x2: Any) -> Array:
    """Elements of one array or of another."""
    return elementwise(lambda c, a, b: a if c else b, condition, as_array(x1), as_array(x2))


def as_array(value: Any) -> Array:
    """A scalar as an array without axes."""
    return value if isinstance(value, Array) else Array((), (value,))
