"""Set functions. Each NaN counts as an element of its own, as NaN equals nothing."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy

from .array import ExTensor, routed, unwrap, wrap
from .kernels import operands


class UniqueAll(NamedTuple):
    """What :func:`unique_all` tells."""

    values: ExTensor
    indices: ExTensor
    inverse_indices: ExTensor
    counts: ExTensor


class UniqueCounts(NamedTuple):
    """What :func:`unique_counts` tells."""

    values: ExTensor
    counts: ExTensor


class UniqueInverse(NamedTuple):
    """What :func:`unique_inverse` tells."""

    values: ExTensor
    inverse_indices: ExTensor


@routed
def isin(x1: Any, x2: Any, /, *, invert: bool = False) -> ExTensor:
    """Whether each element of `x1` is an element of `x2`, or is none if `invert`.

    Raises
    ------
    TypeError
        If an argument is no array or scalar, or both are scalars.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.isin(xp.asarray([1, 2, 3]), xp.asarray([3, 1]))
    ExTensor([ True, False,  True], dtype=bool)
    """
    elements, candidates = operands(x1, x2)
    return wrap(numpy.isin(elements, candidates, invert=invert))


@routed
def unique_all(x: Any, /) -> UniqueAll:
    """The distinct elements in ascending order, where each comes first, how they make up `x`, and how often.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.unique_all(xp.asarray([5, 3, 5])).indices
    ExTensor([1, 0], dtype=int64)
    """
    found = numpy.unique(unwrap(x), return_index=True, return_inverse=True, return_counts=True, equal_nan=False)
    return UniqueAll(*map(wrap, found))


@routed
def unique_counts(x: Any, /) -> UniqueCounts:
    """The distinct elements in ascending order, and how often each occurs.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.unique_counts(xp.asarray([5, 3, 5])).counts
    ExTensor([1, 2], dtype=int64)
    """
    return UniqueCounts(*map(wrap, numpy.unique(unwrap(x), return_counts=True, equal_nan=False)))


@routed
def unique_inverse(x: Any, /) -> UniqueInverse:
    """The distinct elements in ascending order, and the indices into them that make up `x`.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.unique_inverse(xp.asarray([5, 3, 5])).inverse_indices
    ExTensor([1, 0, 1], dtype=int64)
    """
    return UniqueInverse(*map(wrap, numpy.unique(unwrap(x), return_inverse=True, equal_nan=False)))


@routed
def unique_values(x: Any, /) -> ExTensor:
    """The distinct elements in ascending order.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.unique_values(xp.asarray([5, 3, 5]))
    ExTensor([3, 5], dtype=int64)
    """
    return wrap(numpy.unique(unwrap(x), equal_nan=False))
