"""Shapes and positions: broadcasting, axes, and arrays made element by element."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from conformance.literals import Array, indices

__all__ = ["broadcast_shapes", "broadcast_to", "build", "elementwise", "normalized", "reduce_axes", "slices"]


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape to which all broadcast.

    >>> broadcast_shapes((3, 1), (2,), ())
    (3, 2)
    """
    ndim = max((len(shape) for shape in shapes), default=0)
    result = []
    for lengths in zip(*((1,) * (ndim - len(shape)) + shape for shape in shapes), strict=True):
        others = {n for n in lengths if n != 1}
        if len(others) > 1:
            raise ValueError(f"shapes {shapes} do not broadcast")
        result.append(others.pop() if others else 1)
    return tuple(result)


def build(shape: tuple[int, ...], element: Callable[[tuple[int, ...]], Any]) -> Array:
    """The array whose elements are a function of their indices."""
    return Array(shape, tuple(element(index) for index in indices(shape)))


def broadcast_to(x: Array, shape: tuple[int, ...]) -> Array:
    """The array repeated along new axes and axes of length one."""
    lead = len(shape) - x.ndim

    def element(index: tuple[int, ...]) -> Any:
        return x[tuple(0 if n == 1 else i for i, n in zip(index[lead:], x.shape, strict=True))]

    return build(shape, element)


def elementwise(function: Callable[..., Any], *arrays: Array) -> Array:
    """The function of the elements, after broadcasting."""
    shape = broadcast_shapes(*(x.shape for x in arrays))
    columns = [x.values if x.shape == shape else broadcast_to(x, shape).values for x in arrays]
    return Array(shape, tuple(map(function, *columns)))


def normalized(axis: int | Iterable[int] | None, ndim: int) -> tuple[int, ...]:
    """Axes counted from the front; all of them for None.

    >>> normalized(-1, 3), normalized(None, 2)
    ((2,), (0, 1))
    """
    if axis is None:
        return tuple(range(ndim))
    return tuple(a % ndim if ndim else a for a in ([axis] if isinstance(axis, int) else axis))


def slices(x: Array, axes: tuple[int, ...]) -> dict[tuple[int, ...], list[Any]]:
    """The elements along some axes, in row-major order, by the indices along the others."""
    groups: dict[tuple[int, ...], list[Any]] = {
        index: [] for index in indices(tuple(n for a, n in enumerate(x.shape) if a not in axes))
    }
    for index, value in zip(indices(x.shape), x.values, strict=True):
        groups[tuple(i for a, i in enumerate(index) if a not in axes)].append(value)
    return groups


def reduce_axes(
    function: Callable[[list[Any]], Any], x: Array, axis: int | Iterable[int] | None = None, keepdims: bool = False
) -> Array:
    """The function of the elements along axes: an array without these axes, or with length one there."""
    axes = normalized(axis, x.ndim)
    values = tuple(function(group) for group in slices(x, axes).values())
    if keepdims:
        return Array(tuple(1 if a in axes else n for a, n in enumerate(x.shape)), values)
    return Array(tuple(n for a, n in enumerate(x.shape) if a not in axes), values)
