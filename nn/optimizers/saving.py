"""State as named arrays and numbers, ready for a file, and back, to the bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from autodiff import array_namespace
from nn.fitting import misnamed, misshapen
from nn.names import joined
from nn.namespaces import converted, is_array
from nn.optimizers.transform import State

__all__ = ["flat", "merged", "restored"]


def flat(state: State) -> dict[str, Any]:
    """Arrays and numbers of nested dicts by dotted path."""
    return dict(_leaves(state, ""))


def restored(template: State, saved: Mapping[str, Any]) -> State:
    """Nested dicts like `template`, with copies of the saved values in the template's namespaces and data types.

    Raises
    ------
    ValueError
        If a name is missing or unexpected or a shape differs.
    """
    expected = flat(template)
    if problems := misnamed(saved, expected) + misshapen(saved, expected):
        raise ValueError(f"the saved state does not fit this optimizer and these parameters: {'; '.join(problems)}")
    state: State = _rebuilt(template, saved, "")
    return state


def merged(template: Any, state: Any) -> Any:
    """Nested dicts like `template`, with the values of `state` where it has some."""
    if not isinstance(template, dict):
        return state
    return {key: merged(part, state[key]) if key in state else part for key, part in template.items()}


def _leaves(part: Any, path: str) -> Iterator[tuple[str, Any]]:
    if not isinstance(part, dict):
        yield path, part
        return
    for key, inner in part.items():
        yield from _leaves(inner, joined(path, key))


def _rebuilt(part: Any, saved: Mapping[str, Any], path: str) -> Any:
    if isinstance(part, dict):
        return {key: _rebuilt(inner, saved, joined(path, key)) for key, inner in part.items()}
    value = saved[path]
    if not is_array(part):
        return type(part)(value)
    return converted(value, array_namespace(part), dtype=part.dtype, device=part.device)
