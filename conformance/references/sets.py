"""Set functions. The order of unique elements is open, so theirs are properties: ``""``, or what is wrong."""

from __future__ import annotations

from typing import Any

from conformance.judging import Holds
from conformance.literals import Array
from conformance.references.searching import as_array
from conformance.references.shapes import elementwise

__all__ = ["isin", "unique_all", "unique_counts", "unique_inverse", "unique_values"]


def isin(x1: Any, x2: Any, *, invert: bool = False) -> Array:
    """Whether each element is among those of another array."""
    members = set(as_array(x2).values)
    return elementwise(lambda value: (value in members) != invert, as_array(x1))


def groups(x: Array) -> list[list[int]]:
    """Positions of equal elements, by their first; what does not equal itself stands alone."""
    found: list[list[int]] = []
    for position, value in enumerate(x.values):
        own = next((group for group in found if x.values[group[0]] == value), None)
        if own is None:
            found.append([position])
        else:
            own.append(position)
    return found


def same(a: Any, b: Any) -> bool:
    """Whether two elements are equal, or are both no numbers."""
    return bool(a == b) or (a != a and b != b)


def wrong_values(x: Array, values: Array) -> str:
    """What is wrong with the unique elements."""
    left = [x.values[group[0]] for group in groups(x)]
    for value in values.values:
        place = next((i for i, each in enumerate(left) if same(each, value)), None)
        if place is None:
            known = any(same(each, value) for each in x.values)
            return f"{value} more often than it should be" if known else f"{value}, which is no element"
        del left[place]
    return ""


def wrong_indices(x: Array, values: Array, got: Array) -> str:
    """What is wrong with the first positions."""
    first = {group[0] for group in groups(x)}
    for value, position in zip(values.values, got.values, strict=True):
        if position not in first or not same(x.values[position], value):
            return f"index {position} for {value}, which is not where this is first"
    return "" if set(got.values) == first else f"indices {list(got.values)}, of which some are the same"


def wrong_inverse_indices(x: Array, values: Array, got: Array) -> str:
    """What is wrong with the positions of elements among the unique ones."""
    for value, place in zip(x.values, got.values, strict=True):
        if not 0 <= place < values.size or not same(values.values[place], value):
            return f"inverse index {place} for {value}, where the unique elements are {list(values.values)}"
    different = len(set(got.values)) == values.size
    return "" if different else f"inverse indices {list(got.values)}, which leave some unique elements out"


def wrong_counts(x: Array, values: Array, got: Array) -> str:
    """What is wrong with the counts."""
    sizes = [(x.values[group[0]], len(group)) for group in groups(x)]
    for value, count in zip(values.values, got.values, strict=True):
        if count != next(size for each, size in sizes if same(each, value)):
            return f"{count} counted for {value}"
    return ""


WRONG = {"indices": wrong_indices, "inverse_indices": wrong_inverse_indices, "counts": wrong_counts}


def unique(x: Array, *fields: str) -> Holds:
    """The property of unique elements, and of what is returned with them."""
    count = len(groups(x))
    shapes = tuple(x.shape if field == "inverse_indices" else (count,) for field in ("values", *fields))

    def check(values: Array, *others: Array) -> str:
        complaints = (WRONG[field](x, values, got) for field, got in zip(fields, others, strict=True))
        return wrong_values(x, values) or next(filter(None, complaints), "")

    return Holds(check, shapes)


def unique_values(x: Array) -> Holds:
    """Each different element once."""
    return unique(x)


def unique_counts(x: Array) -> Holds:
    """Unique elements, and how often each occurs."""
    return unique(x, "counts")


def unique_inverse(x: Array) -> Holds:
    """Unique elements, and where each element is among them."""
    return unique(x, "inverse_indices")


def unique_all(x: Array) -> Holds:
    """Unique elements, where each is first, where each element is among them, and how often each occurs."""
    return unique(x, "indices", "inverse_indices", "counts")
