"""Indexing functions."""

from __future__ import annotations

from typing import Any

import numpy

from .array import ExTensor, routed, unwrap, wrap


@routed
def take(x: Any, indices: Any, /, *, axis: int | None = None) -> ExTensor:
    """The elements of `x` at `indices` along an axis.

    Parameters
    ----------
    x : ExTensor
        Array with one axis or more.
    indices : ExTensor
        Integers; negative ones count from the end.
    axis : int, optional
        The axis; needed if `x` has more than one.

    Raises
    ------
    IndexError
        If an index is out of bounds.
    ValueError
        If `axis` is needed and missing.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.take(xp.asarray([10, 20, 30]), xp.asarray([2, 0]))
    ExTensor([30, 10], dtype=int64)
    """
    nd = unwrap(x)
    if axis is None and nd.ndim > 1:
        raise ValueError(f"take needs an axis for an array of shape {nd.shape}")
    return wrap(nd.take(unwrap(indices), axis))


@routed
def take_along_axis(x: Any, indices: Any, /, *, axis: int = -1) -> ExTensor:
    """The elements of `x` at `indices` along an axis, with indices of their own for each vector along it.

    Parameters
    ----------
    x : ExTensor
        Array with one axis or more.
    indices : ExTensor
        Integers, in a shape that broadcasts with that of `x` but for the axis.
    axis : int
        The axis.

    Raises
    ------
    IndexError
        If an index is out of bounds.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.take_along_axis(xp.asarray([[1, 2], [3, 4]]), xp.asarray([[0], [1]]))
    ExTensor([[1],
              [4]], dtype=int64)
    """
    return wrap(numpy.take_along_axis(unwrap(x), unwrap(indices), axis))
