"""Why arrays by name cannot take the places of others: all reasons, for one message."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy

from nn.namespaces import Array, as_numpy, dtype_name, is_array

__all__ = ["misfits", "misnamed", "misshapen"]


def misfits(state: Mapping[str, Array], own: Mapping[str, Array], *, strict: bool, cast: bool) -> list[str]:
    """What is wrong with the names, shapes and data types of a state.

    Parameters
    ----------
    state
        What was given.
    own
        What is to take it over.
    strict
        Whether names that are missing or unexpected count.
    cast
        Whether floating-point arrays of another data type fit.

    Examples
    --------
    >>> misfits({"x": numpy.ones(2)}, {"x": numpy.ones(3), "y": numpy.ones(1)}, strict=True, cast=False)
    ['missing y', 'x has shape (2,), expected (3,)']
    """
    problems = misnamed(state, own) if strict else []
    strangers = [name for name in own if name in state and not is_array(state[name])]
    problems += [f"{name} is a {type(state[name]).__name__}, expected an array" for name in strangers]
    state = {name: array for name, array in state.items() if name not in strangers}
    problems += misshapen(state, own)
    for name, array in own.items():
        if name in state and not _fits(state[name], dtype := dtype_name(array), cast):
            hint = "; cast=True converts it" if _fits(state[name], dtype, cast=True) else ""
            problems.append(f"{name} is {dtype_name(state[name])}, expected {dtype}{hint}")
    return problems


def misnamed(given: Collection[str], expected: Collection[str]) -> list[str]:
    """Names that are missing, and those that are not expected."""
    missing = [f"missing {name}" for name in expected if name not in given]
    return missing + [f"unexpected {name}" for name in given if name not in expected]


def misshapen(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Shapes, of what goes by the same name, that differ; a number has that of a 0-d array."""
    shapes = {
        name: (getattr(given[name], "shape", ()), getattr(value, "shape", ()))
        for name, value in expected.items()
        if name in given
    }
    return [
        f"{name} has shape {tuple(found)}, expected {tuple(own)}"
        for name, (found, own) in shapes.items()
        if found != own
    ]


def _fits(array: Array, dtype: str, cast: bool) -> bool:
    """Whether an array can become one of a data type."""
    kind = _kind(dtype_name(array))
    if dtype_name(array) == dtype or kind != _kind(dtype):
        return dtype_name(array) == dtype
    if kind != "int":
        return cast
    values = as_numpy(array)
    return bool(numpy.all(values.astype(dtype) == values))


def _kind(dtype: str) -> str:
    return next((kind for kind in ("float", "int", "complex") if kind in dtype), dtype)
