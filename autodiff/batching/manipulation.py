"""Batching of functions that make, move and convert elements."""

from __future__ import annotations

from typing import Any

from autodiff.batching.kinds import (
    Batching,
    along_axis,
    composite,
    elementwise,
    flattened,
    is_batched,
    like,
    raised,
    refused,
    shifted,
    size_of,
    spread,
)
from autodiff.rules import COMPOSITES
from autodiff.rules.kinds import shape_of


def _broadcast_to(xp: Any, function: Any, x: Any, /, shape: Any) -> Any:
    shape = shape_of(shape)
    if len(shape) < x.ndim:
        return NotImplemented
    return function(raised(xp, x, len(shape)), (x.primal.shape[0], *shape))


def _concat(xp: Any, function: Any, arrays: Any, /, *, axis: int | None = 0) -> Any:
    if axis is None:
        return xp.concat([xp.reshape(x, (-1,)) for x in arrays])
    size = size_of(xp, *arrays)
    return function([spread(xp, x, size) for x in arrays], axis=shifted(axis, arrays[0].ndim))


def _stack(xp: Any, function: Any, arrays: Any, /, *, axis: int = 0) -> Any:
    size = size_of(xp, *arrays)
    return function([spread(xp, x, size) for x in arrays], axis=shifted(axis, arrays[0].ndim + 1))


def _expand_dims(xp: Any, function: Any, x: Any, /, axis: Any = 0) -> Any:
    return function(x.primal, axis=shifted(axis, x.ndim + (len(axis) if isinstance(axis, tuple) else 1)))


def _moveaxis(xp: Any, function: Any, x: Any, source: Any, destination: Any, /) -> Any:
    return function(x.primal, shifted(source, x.ndim), shifted(destination, x.ndim))


def _permute_dims(xp: Any, function: Any, x: Any, /, axes: Any) -> Any:
    return function(x.primal, (0, *[shifted(axis, x.ndim) for axis in axes]))


def _repeat(xp: Any, function: Any, x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    if is_batched(xp, repeats):
        return _repeat_by_example(xp, function)
    if axis is None:
        return function(flattened(xp, x), repeats, axis=1)
    return function(x.primal, repeats, axis=shifted(axis, x.ndim))


_repeat_by_example = refused("repeat by a number of times", "repeat as often for each, and select with where")


def _reshape(xp: Any, function: Any, x: Any, /, shape: Any, *, copy: bool | None = None) -> Any:
    size, shape = x.primal.shape[0], shape_of(shape)
    if not size and -1 in shape:
        return NotImplemented
    return function(x.primal, (size, *shape), copy=copy)


def _roll(xp: Any, function: Any, x: Any, /, shift: Any, *, axis: Any = None) -> Any:
    if not is_batched(xp, x) or is_batched(xp, shift):
        return NotImplemented
    if axis is None:
        return xp.inner.reshape(function(flattened(xp, x), shift, axis=1), x.primal.shape)
    return function(x.primal, shift, axis=shifted(axis, x.ndim))


def _squeeze(xp: Any, function: Any, x: Any, /, axis: Any) -> Any:
    return function(x.primal, axis=shifted(axis, x.ndim))


def _tile(xp: Any, function: Any, x: Any, repetitions: Any, /) -> Any:
    repetitions = shape_of(repetitions)
    ndim = max(x.ndim, len(repetitions))
    return function(raised(xp, x, ndim), (1, *[1] * (ndim - len(repetitions)), *repetitions))


BATCHING: dict[str, Batching] = {
    **{name: composite(COMPOSITES[name]) for name in "broadcast_arrays full full_like linspace meshgrid".split()},
    "arange": refused("arange", "add the start to an arange of the same length for each"),
    "astype": elementwise,
    "broadcast_to": _broadcast_to,
    "concat": _concat,
    "diff": composite(COMPOSITES["diff"]),
    "empty_like": like("empty"),
    "expand_dims": _expand_dims,
    "flip": along_axis(None, every=True),
    "moveaxis": _moveaxis,
    "ones_like": like("ones"),
    "permute_dims": _permute_dims,
    "repeat": _repeat,
    "reshape": _reshape,
    "roll": _roll,
    "squeeze": _squeeze,
    "stack": _stack,
    "tile": _tile,
    "to_device": elementwise,
    "unstack": along_axis(0),
    "zeros_like": like("zeros"),
}
