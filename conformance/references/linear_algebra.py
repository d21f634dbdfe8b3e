"""Products of vectors, matrices and tensors. Integers are exact; of other sums the error counts against the magnitudes
of their terms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from conformance.literals import Array, indices
from conformance.references.shapes import broadcast_shapes, build, normalized
from conformance.ulp import CONTEXT

__all__ = ["matmul", "matrix_transpose", "sums_of_products", "tensordot", "vecdot"]

Pairs = Iterable[tuple[Any, Any]]


def dot(pairs: Sequence[tuple[Any, Any]]) -> Any:
    """Sum of the products of pairs, of integers an integer."""
    if all(isinstance(a, int) and isinstance(b, int) for a, b in pairs):
        return sum(a * b for a, b in pairs)
    return CONTEXT.fdot(pairs)


def sums_of_products(shape: tuple[int, ...], terms: Callable[[tuple[int, ...]], Pairs]) -> Array:
    """The array each of whose elements is a sum of products, of the pairs for its index."""
    pairs = [list(terms(index)) for index in indices(shape)]
    scales = tuple(sum(abs(a) * abs(b) for a, b in each) for each in pairs)
    return Array(shape, tuple(map(dot, pairs)), scales=scales)


def stretched(x: Array, index: tuple[int, ...]) -> Any:
    """Element at an index of a shape to which the array broadcasts."""
    return x[index[len(index) - x.ndim :]]  # Array counts indices modulo the length of their axis.


def matmul(x1: Array, x2: Array) -> Array:
    """Products of matrices; a vector is a row at the left and a column at the right."""
    left = x1 if x1.ndim > 1 else x1._replace(shape=(1, *x1.shape))
    right = x2 if x2.ndim > 1 else x2._replace(shape=(*x2.shape, 1))
    stack = broadcast_shapes(left.shape[:-2], right.shape[:-2])

    def terms(index: tuple[int, ...]) -> Pairs:
        *place, i, j = index
        for k in range(left.shape[-1]):
            yield stretched(left, (*place, i, k)), stretched(right, (*place, k, j))

    out = sums_of_products((*stack, left.shape[-2], right.shape[-1]), terms)
    return out._replace(shape=stack + left.shape[-2:-1] * (x1.ndim > 1) + right.shape[-1:] * (x2.ndim > 1))


def matrix_transpose(x: Array) -> Array:
    """The transpose of each matrix."""
    *stack, rows, columns = x.shape
    return build((*stack, columns, rows), lambda index: x[(*index[:-2], index[-1], index[-2])])


def tensordot(x1: Array, x2: Array, *, axes: Any = 2) -> Array:
    """Contraction of pairs of axes; the free axes of the first argument come first."""
    if isinstance(axes, int):
        axes = range(x1.ndim - axes, x1.ndim), range(axes)
    contracted = [normalized(each, x.ndim) for each, x in zip(axes, (x1, x2), strict=True)]
    free = [[a for a in range(x.ndim) if a not in each] for each, x in zip(contracted, (x1, x2), strict=True)]
    shape = tuple(x.shape[a] for each, x in zip(free, (x1, x2), strict=True) for a in each)
    lengths = tuple(x1.shape[a] for a in contracted[0])

    def element(which: int, kept: tuple[int, ...], along: tuple[int, ...]) -> Any:
        place = dict(zip((*free[which], *contracted[which]), (*kept, *along), strict=True))
        return (x1, x2)[which][tuple(place[axis] for axis in sorted(place))]

    def terms(index: tuple[int, ...]) -> Pairs:
        first = len(free[0])
        for along in indices(lengths):
            yield element(0, index[:first], along), element(1, index[first:], along)

    return sums_of_products(shape, terms)


def vecdot(x1: Array, x2: Array, *, axis: int = -1) -> Array:
    """Inner products along an axis, the first argument conjugated."""
    shape, at = aligned(x1, x2, axis)

    def terms(index: tuple[int, ...]) -> Pairs:
        for k in range(x1.shape[axis]):
            place = (*index[:at], k, *index[at:])
            yield stretched(x1, place).conjugate(), stretched(x2, place)

    return sums_of_products(shape[:at] + shape[at + 1 :], terms)


def aligned(x1: Array, x2: Array, axis: int) -> tuple[tuple[int, ...], int]:
    """The shape to which two arrays of vectors broadcast, and where in it the axis of the vectors is."""
    shape = broadcast_shapes(x1.shape, x2.shape)
    return shape, len(shape) + axis
