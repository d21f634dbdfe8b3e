"""Utility functions."""

from __future__ import annotations

from typing import Any

from conformance.literals import Array
from conformance.references.manipulation import concat, take
from conformance.references.shapes import elementwise, reduce_axes

__all__ = ["all_", "any_", "diff"]


def all_(x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
    """Whether no element is zero."""
    return reduce_axes(lambda values: all(value != 0 for value in values), x, axis, keepdims)


def any_(x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
    """Whether some element is not zero."""
    return reduce_axes(lambda values: any(value != 0 for value in values), x, axis, keepdims)


def diff(x: Array, *, axis: int = -1, n: int = 1, prepend: Array | None = None, append: Array | None = None) -> Array:
    """Differences of neighbours, ``n`` times over."""
    axis %= x.ndim
    out = concat([each for each in (prepend, x, append) if each is not None], axis=axis)
    for _ in range(n):
        length = out.shape[axis]
        out = elementwise(
            lambda later, earlier: later - earlier,
            take(out, range(1, length), axis),
            take(out, range(length - 1), axis),
        )
    return out
