"""Sorting functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.judging import Holds
from conformance.literals import Array
from conformance.references.shapes import build, slices

__all__ = ["argsort", "numbers_in_order", "sort"]


def by_axis(function: Callable[[list[Any]], list[Any]], x: Array, axis: int) -> Array:
    """A function of the vectors along an axis, which keeps their lengths."""
    axis %= x.ndim
    done = {index: function(values) for index, values in slices(x, (axis,)).items()}
    return build(x.shape, lambda index: done[index[:axis] + index[axis + 1 :]][index[axis]])


def order(values: list[Any], descending: bool) -> list[int]:
    """Positions in sorted order, equal elements in the order in which they stand."""
    return sorted(range(len(values)), key=values.__getitem__, reverse=descending)


def sort(x: Array, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """Elements in order."""
    return by_axis(lambda values: sorted(values, reverse=descending), x, axis)


def argsort(x: Array, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array | Holds:
    """Positions in order; of equal elements any order where the sort need not be stable."""
    if stable:
        return by_axis(lambda values: order(values, descending), x, axis)
    return Holds(lambda got: wrong_positions(x, got, axis % x.ndim, descending), (x.shape,))


def wrong_positions(x: Array, got: Array, axis: int, descending: bool) -> str:
    """What is wrong with positions that should sort."""
    wanted = sort(x, axis=axis, descending=descending)
    for index, positions in slices(got, (axis,)).items():
        if sorted(positions) != list(range(len(positions))):
            return f"{positions}, which is no permutation"
        sorted_values = [x[(*index[:axis], i, *index[axis:])] for i in positions]
        if sorted_values != slices(wanted, (axis,))[index]:
            return f"{positions}, which gives {sorted_values}"
    return ""


def numbers_in_order(x: Array, descending: bool, positions: bool) -> Holds:
    """A vector, or its positions, sorted, with elements that are no numbers anywhere among the others."""
    numbers = sorted((value for value in x.values if value == value), reverse=descending)

    def check(got: Array) -> str:
        if positions and sorted(got.values) != list(range(x.size)):
            return f"{list(got.values)}, which is no permutation"
        values = [x.values[i] for i in got.values] if positions else list(got.values)
        in_order = [value for value in values if value == value] == numbers
        return "" if in_order else f"{values}, in which the numbers are not in order"

    return Holds(check, (x.shape,))
