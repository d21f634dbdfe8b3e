"""Arrays for fixed calls: all sorts of elements of a data type, different from each other where it has as many."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import cycle, islice
from typing import Any

from conformance.checks.drawing import to_precision
from conformance.dtypes import component, is_complex, is_integer, limits
from conformance.judging import Case
from conformance.literals import Array, Call
from conformance.namespaces import Namespace

__all__ = ["Form", "cases", "ordinary", "sample", "spread"]

INTEGERS = (3, 1, 0, 2, 5, 100, 7, 42, 4, 6, 11, 64, *range(12, 41))
FLOATS = (1.5, -2.0, 0.0, 3.25, -0.5, 7.0, 1 / 3, -11.0, 2.0**-30, 64.0, 5.0, -1e5, 0.1, 10.0, 2.5, -3.0)
SPECIALS = (math.nan, math.inf, -0.0, -math.inf)


def ordinary(dtype: str) -> tuple[Any, ...]:
    """Different elements of moderate magnitude, of either sign where the data type has signs."""
    if dtype == "bool":
        return (True, False, False, True, True, True, False, True, False)
    if is_integer(dtype):
        signed = limits(dtype)[0] < 0
        return tuple(-n if signed and i % 3 == 1 else n for i, n in enumerate(INTEGERS))
    values = tuple(to_precision(value, component(dtype)) for value in FLOATS)
    if is_complex(dtype):
        return tuple(complex(a, b) for a, b in zip(values, values[5:] + values[:5], strict=True))
    return values


def every_sort(dtype: str) -> tuple[Any, ...]:
    """Different elements: ordinary ones among the largest, the smallest, and those that are no numbers."""
    usual = ordinary(dtype)
    if dtype == "bool":
        return usual
    low, high = limits(component(dtype))
    if is_integer(dtype):
        edges = tuple(value for value in (high, low, high - 1, low + 1) if value not in usual)
        return (usual[0], edges[0], usual[1], *edges[1:], *usual[2:])
    if is_complex(dtype):
        a, b, c, d = SPECIALS
        extremes = (complex(a, 1), complex(2, b), complex(c, d), complex(high, low), complex(c, 0), complex(0, c))
    else:
        extremes = (*SPECIALS, high, low)
    return (usual[0], extremes[0], usual[1], extremes[1], usual[2], *extremes[2:], *usual[3:])


def sample(dtype: str, shape: tuple[int, ...], start: int = 0) -> Array:
    """An array of all sorts of elements, from the ``start``-th on."""
    return filled(every_sort(dtype), dtype, shape, start)


def spread(dtype: str, shape: tuple[int, ...], start: int = 0) -> Array:
    """An array of elements of moderate magnitude, from the ``start``-th on."""
    return filled(ordinary(dtype), dtype, shape, start)


def filled(values: tuple[Any, ...], dtype: str, shape: tuple[int, ...], start: int) -> Array:
    """An array of these elements, in order and again from the first."""
    start %= len(values)
    return Array(shape, tuple(islice(cycle(values), start, start + math.prod(shape))), dtype)


class Form:
    """Arguments after the array: ``Form(1, axis=0)``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.args, self.kwargs = args, kwargs


def cases(
    path: str,
    reference: Callable[..., Any],
    forms: Iterable[tuple[tuple[int, ...], Form]],
    elements: Callable[[str, tuple[int, ...]], Array] = sample,
    dtypes: Callable[[Namespace], tuple[str, ...]] | None = None,
) -> Callable[[Namespace], Iterator[Case]]:
    """Fixed calls: each form of arguments, for an array of a shape in each data type."""

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for dtype in dtypes(namespace) if dtypes else namespace.dtypes:
            for shape, form in forms:
                x = elements(dtype, shape)
                yield Case(
                    Call(path, (x, *form.args), form.kwargs), reference(x, *form.args, **form.kwargs), signs=True
                )

    return fixed
