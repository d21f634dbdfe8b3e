"""Utility functions."""

# ruff: noqa: A001 -- the names are the standard's

from __future__ import annotations

from typing import Any

import numpy

from .array import ExTensor, routed, unwrap, wrap

# NumPy's annotations take `keepdims` as a literal only.
_and: Any = numpy.logical_and.reduce
_or: Any = numpy.logical_or.reduce


@routed
def all(x: Any, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> ExTensor:
    """Whether all elements are true (not zero), of the whole array or along axes.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.all(xp.asarray([True, False]))
    ExTensor(False, dtype=bool)
    """
    return wrap(_and(unwrap(x), axis, keepdims=keepdims))


@routed
def any(x: Any, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> ExTensor:
    """Whether an element is true (not zero), of the whole array or along axes.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.any(xp.asarray([True, False]))
    ExTensor(True, dtype=bool)
    """
    return wrap(_or(unwrap(x), axis, keepdims=keepdims))


@routed
def diff(x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> ExTensor:
    """Differences of neighbours along an axis, taken `n` times.

    Parameters
    ----------
    x : ExTensor
        Array with one axis or more.
    axis : int
        The axis.
    n : int
        How many times.
    prepend, append : ExTensor, optional
        Elements to add at the ends first.

    Raises
    ------
    ValueError
        If `n` is negative or `x` has no axes.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.diff(xp.asarray([1, 4, 9]))
    ExTensor([3, 5], dtype=int64)
    """
    ends = {key: unwrap(end) for key, end in (("prepend", prepend), ("append", append)) if end is not None}
    return wrap(numpy.diff(unwrap(x), n, axis, **ends))
