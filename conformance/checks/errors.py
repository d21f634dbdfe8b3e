"""Exceptions that the standard demands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from conformance.checking import Check
from conformance.judging import Case, Raises
from conformance.literals import Array, Call
from conformance.namespaces import Namespace

__all__ = ["invalid_axes", "raising"]

INVALID_AXIS = "an axis is on the interval [-N, N), where N is the number of axes; otherwise an exception is raised"


def raising(path: str, text: str, since: str, calls: Iterable[Case] | Callable[[Namespace], Iterable[Case]]) -> Check:
    """Check of calls that must raise, as of a revision; by default for an invalid axis."""

    def fixed(namespace: Namespace) -> Iterator[Case]:
        if namespace.revision >= since:
            yield from calls(namespace) if callable(calls) else calls

    return Check(path, "errors", text or INVALID_AXIS, fixed=fixed)


def invalid_axes(path: str, x: Array, since: str = "2025.12", *, several: bool = False, **kwargs: Any) -> Check:
    """Check of the exception for an axis that the array lacks, alone and, where there may be several, among others."""
    axes: list[Any] = [x.ndim, -x.ndim - 1]
    if several:
        axes += [(0, x.ndim), (-x.ndim - 1,)]
    return raising(path, "", since, [Case(Call(path, (x,), kwargs | {"axis": axis}), Raises()) for axis in axes])
