"""Indexing: ``take``, ``take_along_axis``, ``x[key]`` and ``x[key] = value``."""

from __future__ import annotations

import math
from typing import Any

from conformance.literals import Array, indices
from conformance.references import manipulation
from conformance.references.shapes import broadcast_shapes, broadcast_to, build

__all__ = ["getitem", "setitem", "take", "take_along_axis"]


def take(x: Array, positions: Array, *, axis: int | None = None) -> Array:
    """The elements at positions along an axis."""
    return manipulation.take(x, positions.values, 0 if axis is None else axis % x.ndim)


def take_along_axis(x: Array, positions: Array, *, axis: int = -1) -> Array:
    """For each vector along an axis, the elements at its own positions."""
    axis %= x.ndim
    others = broadcast_shapes(
        (*x.shape[:axis], 1, *x.shape[axis + 1 :]), (*positions.shape[:axis], 1, *positions.shape[axis + 1 :])
    )
    source = broadcast_to(x, (*others[:axis], x.shape[axis], *others[axis + 1 :]))
    wanted = broadcast_to(positions, (*others[:axis], positions.shape[axis], *others[axis + 1 :]))
    return build(wanted.shape, lambda index: source[(*index[:axis], wanted[index], *index[axis + 1 :])])


def places(shape: tuple[int, ...], key: Any) -> Array:
    """What a key selects: an array of positions, row-major, in an array of this shape."""
    own = Array(shape, tuple(range(math.prod(shape))))
    if isinstance(key, Array) and key.dtype == "bool":
        return masked(own, key)
    keys = key if isinstance(key, tuple) and not isinstance(key, Array) else (key,)
    if any(isinstance(each, Array) and each.ndim for each in keys):
        return gathered(own, keys)
    given = sum(each is not None and each is not ... for each in keys)
    whole = (slice(None),) * (len(shape) - given)
    split = next((i for i, each in enumerate(keys) if each is ...), len(keys))
    keys = (*keys[:split], *whole, *keys[split + 1 :])
    axes = iter(shape)
    sources, lengths = [], []
    for each in keys:
        if each is None:
            lengths.append(1)
            continue
        n = next(axes)
        if isinstance(each, slice):
            chosen = list(range(n))[each]
            lengths.append(len(chosen))
        else:
            chosen = [each.values[0] if isinstance(each, Array) else each]
        sources.append(chosen)
    picked = tuple(own[index] for index in _product(sources))
    return Array(tuple(lengths), picked)


def _product(sources: list[list[int]]) -> Any:
    for choice in indices(tuple(map(len, sources))):
        yield tuple(source[i] for source, i in zip(sources, choice, strict=True))


def gathered(own: Array, keys: tuple[Any, ...]) -> Array:
    """Elements at coordinates that are given by an array for each axis."""
    arrays = [each if isinstance(each, Array) else Array((), (each,)) for each in keys]
    shape = broadcast_shapes(*(each.shape for each in arrays))
    coordinates = [broadcast_to(each, shape) for each in arrays]
    return build(shape, lambda index: own[tuple(each[index] for each in coordinates)])


def masked(own: Array, mask: Array) -> Array:
    """Elements where a mask over the first axes is true."""
    rest = own.shape[mask.ndim :]
    chosen = [index for index in indices(mask.shape) if mask[index]]
    values = tuple(own[(*index, *more)] for index in chosen for more in indices(rest))
    return Array((len(chosen), *rest), values)


def getitem(x: Array, key: Any) -> Array:
    """``x[key]``."""
    where = places(x.shape, key)
    return Array(where.shape, tuple(x.values[i] for i in where.values), x.dtype)


def setitem(x: Array, key: Any, value: Any) -> Array:
    """``x`` after ``x[key] = value``."""
    where = places(x.shape, key)
    given = broadcast_to(value if isinstance(value, Array) else Array((), (value,)), where.shape)
    values = list(x.values)
    for i, new in zip(where.values, given.values, strict=True):
        values[i] = new
    return x._replace(values=tuple(values))
