"""Creation functions."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from conformance.literals import Array, from_nested, vector
from conformance.references.shapes import build
from conformance.ulp import exact

__all__ = ["arange", "asarray", "eye", "full", "full_like", "linspace", "meshgrid", "ones", "tril", "triu", "zeros"]


def shape_of(shape: int | Iterable[int]) -> tuple[int, ...]:
    """A shape, given as such or as the length of one axis."""
    return (shape,) if isinstance(shape, int) else tuple(shape)


def arange(start: Any, stop: Any = None, step: Any = 1, **_: Any) -> Array:
    """``start``, ``start + step``, ..., short of ``stop``; from zero to ``start`` where there is no ``stop``."""
    if stop is None:
        start, stop = 0, start
    start, stop, step = map(Fraction, (start, stop, step))
    return vector(number(start + i * step) for i in range(max(0, math.ceil((stop - start) / step))))


def number(value: Fraction) -> int | Fraction:
    """An integer, where it is one."""
    return value.numerator if value.denominator == 1 else value


def asarray(obj: Any, **_: Any) -> Array:
    """The elements of nested sequences, or of an array."""
    return obj._replace(dtype="") if isinstance(obj, Array) else from_nested(obj)


def full(shape: Any, fill_value: Any, **_: Any) -> Array:
    """One value everywhere."""
    return build(shape_of(shape), lambda index: fill_value)


def full_like(x: Array, fill_value: Any, **_: Any) -> Array:
    """One value everywhere, in the shape of an array."""
    return full(x.shape, fill_value)


def zeros(shape: Any, **_: Any) -> Array:
    """Zeros."""
    return full(shape, 0)


def ones(shape: Any, **_: Any) -> Array:
    """Ones."""
    return full(shape, 1)


def eye(n_rows: int, n_cols: int | None = None, *, k: int = 0, **_: Any) -> Array:
    """Ones on the ``k``-th diagonal."""
    return build((n_rows, n_rows if n_cols is None else n_cols), lambda index: int(index[1] - index[0] == k))


def linspace(start: Any, stop: Any, num: int, *, endpoint: bool = True, **_: Any) -> Array:
    """Evenly spaced numbers; the error counts against the larger end."""
    steps = num - 1 if endpoint else num
    first, last = exact(start), exact(stop)
    scale = max(abs(first), abs(last))
    values = [first + (last - first) * i / steps if i else first for i in range(num)]
    return Array((num,), tuple(values), scales=(scale,) * num)


def meshgrid(*arrays: Array, indexing: str = "xy") -> tuple[Array, ...]:
    """Each vector along an axis of its own; with ``xy``, the first two axes are exchanged."""
    lengths = [x.size for x in arrays]
    order = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        lengths[:2], order[:2] = lengths[1::-1], order[1::-1]
    return tuple(
        build(tuple(lengths), lambda index, x=x, axis=axis: x.values[index[axis]])  # type: ignore[misc]
        for x, axis in zip(arrays, order, strict=True)
    )


def tril(x: Array, *, k: int = 0) -> Array:
    """The elements up to the ``k``-th diagonal, zeros beyond."""
    return build(x.shape, lambda index: x[index] if index[-1] - index[-2] <= k else 0)


def triu(x: Array, *, k: int = 0) -> Array:
    """The elements from the ``k``-th diagonal on, zeros before."""
    return build(x.shape, lambda index: x[index] if index[-1] - index[-2] >= k else 0)
