"""Batching of indexing, of assignment, and of functions that take elements by position.

An index that is the same for all examples is applied with the batch axis last, out of its way. The arrays of any other
index get the batch axis in front, and the batch itself is indexed by ``arange``.
"""

from __future__ import annotations

import math
from typing import Any

from autodiff.batching.kinds import Batching, is_batched, raised, refused, shifted, size_of, spread
from autodiff.namespaces import device_of, is_array, kind
from autodiff.wrapping import plain_index, tracers_in

_refused_mask = refused(
    "selection by a mask", "keep the shape, with where(mask, x, 0), or assign one number, as in x[mask] = 0"
)


def _parts(key: tuple[Any, ...], ndim: int) -> list[Any]:
    """Index as a list in which every axis has its part."""
    taken = sum([part.ndim if _is_mask(part) else part is not None and part is not Ellipsis for part in key])
    at = next((i for i, part in enumerate(key) if part is Ellipsis), len(key))
    return [*key[:at], *[slice(None)] * (ndim - taken), *key[at + 1 :]]


def _tuple(xp: Any, x: Any, key: Any) -> tuple[Any, ...]:
    """Index of x as a tuple in which lists are arrays."""
    parts = key if isinstance(key, tuple) else (key,)
    return tuple([_as_array(xp, part, device_of(x)) if isinstance(part, list) else part for part in parts])


def _as_array(xp: Any, positions: list[Any], device: Any) -> Any:
    if any(is_batched(xp, x) for x in tracers_in(positions)):
        return xp.asarray(positions)
    out = xp.inner.asarray(positions, device=device)
    # What is empty has no data type of its own.
    return out if math.prod(out.shape) else xp.inner.astype(out, xp.inner.int64)


def _is_mask(part: Any) -> bool:
    return is_array(part) and kind(part) == "bool"


def _is_basic(part: Any) -> bool:
    return not isinstance(part, bool) and (not is_array(part) or (part.ndim == 0 and not _is_mask(part)))


def _by_arrays(xp: Any, parts: list[Any], size: int) -> Any:
    """Parts with the batch axis in front of arrays, index of the batch, where the arrays stand and their axes.

    NotImplemented where a slice stands between arrays: libraries differ in what that means.
    """
    places = [i for i, part in enumerate(parts) if part is not None and not isinstance(part, slice)]
    if len(places) != places[-1] - places[0] + 1:
        return NotImplemented
    arrays = [part for part in parts if is_array(part)]
    ndim = max([part.ndim for part in arrays])
    batch = xp.inner.reshape(xp.inner.arange(size, device=device_of(arrays[0])), (size, *[1] * ndim))
    parts = [raised(xp, part, ndim) if is_array(part) else part for part in parts]
    return parts, batch, places[0], ndim


def _axes(start: int, count: int) -> tuple[int, ...]:
    return tuple(range(start, start + count))


def _has_own_index(xp: Any, key: tuple[Any, ...]) -> bool:
    return any(is_batched(xp, part) for part in key)


def _is_standard(parts: list[Any]) -> bool:
    """Whether these are arrays of integers, or integers, for every axis: all that the standard has of arrays."""
    return not any(isinstance(part, slice) or _is_mask(part) for part in parts)


def _getitem(xp: Any, function: Any, x: Any, key: Any) -> Any:
    inner, key = xp.inner, _tuple(xp, x, key)
    own = _has_own_index(xp, key)
    if not own and all(_is_basic(part) for part in key):
        return function(x.primal, (slice(None), *key))
    if any(isinstance(part, bool) for part in key):
        return NotImplemented
    if any(_is_mask(part) and is_batched(xp, part) for part in key):
        return _refused_mask(xp, function)
    parts = _parts(key, x.ndim)
    if not own and not _is_standard(parts):
        out = function(inner.moveaxis(x.primal, 0, -1), _with_batch_last(parts))
        return inner.moveaxis(out, -1, 0)
    found = _by_arrays(xp, parts, size_of(xp, x, *parts))
    if found is NotImplemented:
        return found
    parts, batch, at, ndim = found
    if not is_batched(xp, x):
        return inner.moveaxis(function(x, tuple(parts)), at, 0)
    out = function(x.primal, (batch, *parts))
    return inner.moveaxis(out, _axes(1, ndim), _axes(at + 1, ndim)) if at else out


def _with_batch_last(parts: list[Any]) -> Any:
    # The standard has masks of the leading axes, but none beside another index.
    if parts and _is_mask(parts[0]) and all(isinstance(part, slice) and part == slice(None) for part in parts[1:]):
        return parts[0]
    return (*parts, slice(None))


def _setitem(xp: Any, function: Any, x: Any, key: Any, value: Any) -> Any:
    inner, key = xp.inner, _tuple(xp, x, key)
    size = size_of(xp, x, value, *key)
    if any(isinstance(part, bool) for part in key):
        return NotImplemented
    masked = any(_is_mask(part) and is_batched(xp, part) for part in key)
    if masked and len(key) == 1:
        return _assign_by_mask(xp, function, x, key[0], value)
    if masked:
        return _refused_mask(xp, function)
    parts, primal = _parts(key, x.ndim), spread(xp, x, size)
    if not _has_own_index(xp, key):
        if is_batched(xp, value):
            value = inner.moveaxis(value.primal, 0, -1)
        elif is_array(value):
            value = value[..., None]
        return inner.moveaxis(function(inner.moveaxis(primal, 0, -1), _with_batch_last(parts), value), -1, 0)
    found = _by_arrays(xp, parts, size)
    if found is NotImplemented:
        return found
    selected = sum([part is None or isinstance(part, slice) for part in parts])
    parts, batch, at, ndim = found
    if is_array(value):
        value = raised(xp, xp.variable(spread(xp, value, size)), selected + ndim)
        value = inner.moveaxis(value, _axes(at + 1, ndim), _axes(1, ndim))
    return function(primal, (batch, *parts), value)


def _assign_by_mask(xp: Any, function: Any, x: Any, mask: Any, value: Any) -> Any:
    if is_array(value) and value.ndim:
        return _refused_mask(xp, function)
    if mask.shape != x.shape[: mask.ndim]:
        return NotImplemented
    mask = xp.reshape(mask, (*mask.shape, *[1] * (x.ndim - mask.ndim)))
    device = None if is_array(value) else device_of(x)
    return xp.where(mask, xp.asarray(value, dtype=x.dtype, device=device), x)


def _take(xp: Any, function: Any, x: Any, indices: Any, /, *, axis: int | None = None) -> Any:
    if axis is None and x.ndim != 1:
        return NotImplemented
    inner, axis = xp.inner, shifted(0 if axis is None else axis, x.ndim)
    if not is_batched(xp, indices):
        return function(x.primal, indices, axis=axis)
    size = indices.primal.shape[0]
    if not is_batched(xp, x):
        flat = inner.reshape(indices.primal, (size * math.prod(indices.shape),))
        out = function(x, flat, axis=axis - 1)
        shape = (*x.shape[: axis - 1], size, *indices.shape, *x.shape[axis:])
        return inner.moveaxis(inner.reshape(out, shape), axis - 1, 0)
    if indices.ndim != 1:
        return NotImplemented
    aligned = inner.reshape(indices.primal, (size, *[indices.shape[0] if i == axis else 1 for i in _axes(1, x.ndim)]))
    shape = tuple([n if i == axis else m for i, (n, m) in enumerate(zip(aligned.shape, x.primal.shape, strict=True))])
    return inner.take_along_axis(x.primal, inner.broadcast_to(aligned, shape), axis=axis)


def _take_along_axis(xp: Any, function: Any, x: Any, indices: Any, /, *, axis: int = -1) -> Any:
    if not x.ndim or x.ndim != indices.ndim:
        return NotImplemented
    size = size_of(xp, x, indices)
    return function(spread(xp, x, size), spread(xp, indices, size), axis=shifted(axis, x.ndim))


def _where_sorted(xp: Any, function: Any, x1: Any, x2: Any, /, *, side: str = "left", sorter: Any = None) -> Any:
    if is_batched(xp, x1) or is_batched(xp, sorter):
        return NotImplemented
    return function(x1, x2.primal, side=side, sorter=sorter)


def _isin(xp: Any, function: Any, x1: Any, x2: Any, /, *, invert: bool = False) -> Any:
    if is_batched(xp, x2):
        return NotImplemented
    return function(x1.primal, x2, invert=invert)


def _with_plain_index(rule: Batching) -> Batching:
    """Rule whose indices, which are inner arrays, may go to a transformation within: there they have no derivative."""

    def indexing(xp: Any, function: Any, *args: Any) -> Any:
        return rule(xp, lambda x, key, *value: function(x, plain_index(key), *value), *args)

    return indexing


BATCHING: dict[str, Batching] = {
    "getitem": _with_plain_index(_getitem),
    "isin": _isin,
    "nonzero": refused("nonzero", "use where, or count_nonzero"),
    "searchsorted": _where_sorted,
    "setitem": _with_plain_index(_setitem),
    "take": _take,
    "take_along_axis": _take_along_axis,
    **{
        f"unique_{name}": refused(f"unique_{name}", "use sort, of which the shape is known")
        for name in ("all", "counts", "inverse", "values")
    },
}
