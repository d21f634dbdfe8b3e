"""Searching functions."""

from __future__ import annotations

from typing import Any, Literal

import numpy

from . import selection
from .array import ExTensor, operand, routed, unwrap, wrap
from .dtypes import alike


@routed
def argmax(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> ExTensor:
    """Index of the first greatest element, of all (in row-major order) or along an axis.

    Raises
    ------
    ValueError
        If there are no elements, or no such axis.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.argmax(xp.asarray([1, 3, 2]))
    ExTensor(1, dtype=int64)
    """
    return wrap(unwrap(x).argmax(axis, keepdims=keepdims))


@routed
def argmin(x: Any, /, *, axis: int | None = None, keepdims: bool = False) -> ExTensor:
    """Index of the first least element, of all (in row-major order) or along an axis.

    Raises
    ------
    ValueError
        If there are no elements, or no such axis.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.argmin(xp.asarray([1, 3, 2]))
    ExTensor(0, dtype=int64)
    """
    return wrap(unwrap(x).argmin(axis, keepdims=keepdims))


@routed
def count_nonzero(x: Any, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> ExTensor:
    """How many elements are not zero, of all or along axes.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.count_nonzero(xp.asarray([0, 3, 2]))
    ExTensor(2, dtype=int64)
    """
    return wrap(numpy.count_nonzero(unwrap(x), axis, keepdims=keepdims))


@routed
def nonzero(x: Any, /) -> tuple[ExTensor, ...]:
    """Indices of the elements that are not zero, an array per axis, in row-major order.

    Raises
    ------
    ValueError
        If `x` has no axes.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.nonzero(xp.asarray([0, 3, 2]))
    (ExTensor([1, 2], dtype=int64),)
    """
    nd = unwrap(x)
    if nd.ndim == 0:
        raise ValueError("nonzero needs an array with an axis or more; reshape it to (1,) first")
    return tuple(map(wrap, nd.nonzero()))


@routed
def searchsorted(x1: Any, x2: Any, /, *, side: Literal["left", "right"] = "left", sorter: Any = None) -> ExTensor:
    """Where to insert the elements of `x2` into a sorted `x1` so that it stays sorted.

    Parameters
    ----------
    x1 : ExTensor
        Array of one axis, sorted, unless `sorter` sorts it.
    x2 : ExTensor or scalar
        What to insert.
    side : {"left", "right"}
        Whether to insert before or after equal elements.
    sorter : ExTensor, optional
        Indices that sort `x1`.

    Returns
    -------
    ExTensor
        Indices, in the shape of `x2`.

    Raises
    ------
    ValueError
        If `x1` has not one axis.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.searchsorted(xp.asarray([1, 2, 3]), xp.asarray([2, 9]))
    ExTensor([1, 3], dtype=int64)
    """
    order = None if sorter is None else unwrap(sorter)
    return wrap(numpy.searchsorted(unwrap(x1), operand(x2), side, order))


@routed
def where(condition: Any, x1: Any, x2: Any, /) -> ExTensor:
    """Elements of `x1` where `condition` holds, and of `x2` elsewhere.

    Parameters
    ----------
    condition : ExTensor
        Array of bools.
    x1, x2 : ExTensor or scalar
        Alternatives; a Python scalar takes the data type of the other.

    Returns
    -------
    ExTensor
        Array of the shape to which the arguments broadcast.

    Raises
    ------
    TypeError
        If an argument is no array or scalar.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.where(xp.asarray([True, False]), xp.asarray([1, 2]), 0)
    ExTensor([1, 0], dtype=int64)
    """
    return wrap(selection.where(unwrap(condition), *alike(operand(x1), operand(x2))))
