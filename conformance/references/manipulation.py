"""Manipulation functions: the same elements at other positions."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from conformance.literals import Array, vector
from conformance.references import shapes
from conformance.references.shapes import build, normalized

__all__ = [
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "concat",
    "expand_dims",
    "flip",
    "moveaxis",
    "permute_dims",
    "repeat",
    "reshape",
    "roll",
    "squeeze",
    "stack",
    "tile",
    "unstack",
]


def several(value: int | Iterable[int]) -> tuple[int, ...]:
    """A tuple of one or of several."""
    return (value,) if isinstance(value, int) else tuple(value)


def without(index: tuple[int, ...], axes: Iterable[int]) -> tuple[int, ...]:
    """An index without its components on some axes."""
    return tuple(i for a, i in enumerate(index) if a not in axes)


def broadcast_arrays(*arrays: Array) -> tuple[Array, ...]:
    """All arrays in their common shape."""
    shape = shapes.broadcast_shapes(*(x.shape for x in arrays))
    return tuple(shapes.broadcast_to(x, shape) for x in arrays)


def broadcast_shapes(*several_shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The common shape."""
    return shapes.broadcast_shapes(*several_shapes)


def broadcast_to(x: Array, shape: tuple[int, ...]) -> Array:
    """The array repeated to a shape."""
    return shapes.broadcast_to(x, shape)


def concat(arrays: Iterable[Array], *, axis: int | None = 0) -> Array:
    """Arrays one after the other along an axis, or all their elements in order."""
    arrays = list(arrays)
    if axis is None:
        return vector(value for x in arrays for value in x.values)
    axis %= arrays[0].ndim
    sources = [(x, i) for x in arrays for i in range(x.shape[axis])]
    shape = (*arrays[0].shape[:axis], len(sources), *arrays[0].shape[axis + 1 :])

    def element(index: tuple[int, ...]) -> Any:
        x, i = sources[index[axis]]
        return x[(*index[:axis], i, *index[axis + 1 :])]

    return build(shape, element)


def expand_dims(x: Array, axis: int | tuple[int, ...]) -> Array:
    """New axes of length one, at these positions of the result."""
    added = [a % (x.ndim + len(several(axis))) for a in several(axis)]
    lengths = iter(x.shape)
    shape = tuple(1 if a in added else next(lengths) for a in range(x.ndim + len(added)))
    return Array(shape, x.values)


def flip(x: Array, *, axis: Any = None) -> Array:
    """Elements in reverse along axes."""
    axes = normalized(axis, x.ndim)
    return build(x.shape, lambda index: x[tuple(-1 - i if a in axes else i for a, i in enumerate(index))])


def permute_dims(x: Array, axes: tuple[int, ...]) -> Array:
    """Axes in another order."""
    axes = normalized(axes, x.ndim)
    return build(tuple(x.shape[a] for a in axes), lambda index: x[tuple(index[axes.index(a)] for a in range(x.ndim))])


def moveaxis(x: Array, source: int | tuple[int, ...], destination: int | tuple[int, ...]) -> Array:
    """Some axes at new places, the others in order."""
    targets = dict(zip(normalized(several(destination), x.ndim), normalized(several(source), x.ndim), strict=True))
    others = (a for a in range(x.ndim) if a not in targets.values())
    return permute_dims(x, tuple(targets[a] if a in targets else next(others) for a in range(x.ndim)))


def repeat(x: Array, repeats: int | Array, *, axis: int | None = None) -> Array:
    """Each element several times, along an axis or in row-major order."""
    if axis is None:
        return repeat(reshape(x, (x.size,)), repeats, axis=0)
    axis %= x.ndim
    counts = repeats.values if isinstance(repeats, Array) else (repeats,)
    counts = counts * x.shape[axis] if len(counts) == 1 else counts
    positions = [i for i, count in enumerate(counts) for _ in range(count)]
    return take(x, positions, axis)


def take(x: Array, positions: Iterable[int], axis: int) -> Array:
    """The elements at positions along an axis."""
    positions = list(positions)
    shape = (*x.shape[:axis], len(positions), *x.shape[axis + 1 :])
    return build(shape, lambda index: x[(*index[:axis], positions[index[axis]], *index[axis + 1 :])])


def reshape(x: Array, shape: tuple[int, ...], *, copy: bool | None = None) -> Array:
    """The elements in row-major order in another shape, of which one length may follow from the others."""
    known = math.prod(n for n in shape if n != -1)
    return Array(tuple(x.size // known if n == -1 else n for n in shape), x.values)


def roll(x: Array, shift: Any, *, axis: Any = None) -> Array:
    """Elements shifted along axes, or in row-major order, round the ends."""
    if axis is None:
        return Array(x.shape, roll(reshape(x, (x.size,)), shift, axis=0).values)
    axes = normalized(axis, x.ndim)
    shifts = several(shift) * (len(axes) if isinstance(shift, int) else 1)
    by_axis = dict.fromkeys(range(x.ndim), 0)
    for a, n in zip(axes, shifts, strict=True):
        by_axis[a] += n
    return build(x.shape, lambda index: x[tuple(i - by_axis[a] for a, i in enumerate(index))])


def squeeze(x: Array, axis: int | tuple[int, ...]) -> Array:
    """The array without axes of length one."""
    return Array(without(x.shape, normalized(several(axis), x.ndim)), x.values)


def stack(arrays: Iterable[Array], *, axis: int = 0) -> Array:
    """Arrays along a new axis."""
    return concat([expand_dims(x, axis) for x in arrays], axis=axis)


def tile(x: Array, repetitions: tuple[int, ...]) -> Array:
    """Copies of the array side by side."""
    ndim = max(x.ndim, len(repetitions))
    shape = (1,) * (ndim - x.ndim) + x.shape
    counts = (1,) * (ndim - len(repetitions)) + tuple(repetitions)
    source = Array(shape, x.values)
    return build(tuple(n * count for n, count in zip(shape, counts, strict=True)), lambda index: source[index])


def unstack(x: Array, *, axis: int = 0) -> tuple[Array, ...]:
    """The array at each position of an axis."""
    axis %= x.ndim
    return tuple(squeeze(take(x, [i], axis), axis) for i in range(x.shape[axis]))
