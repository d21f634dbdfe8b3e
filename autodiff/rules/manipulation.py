"""Rules of functions that make, move, select and convert elements."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autodiff.namespaces import device_of, is_complex, is_floating, kind
from autodiff.rules.kinds import Elementwise, Linear, RealLinear, Rule, Variadic, axis_of, real_part, shape_of
from autodiff.rules.scatter import scatter_add, scatter_add_along_axis


def to_device(x: Any, device: Any, *, stream: Any = None) -> Any:
    """``x.to_device(device)``, also for arrays that lack it, such as PyTorch's."""
    if hasattr(x, "to_device"):
        return x.to_device(device, stream=stream)
    from array_api_compat import to_device as compatible_to_device

    return compatible_to_device(x, device, stream=stream)


def _astype_pull(xp: Any, t: Any, out: Any, shape: Any, dtype: Any, before: Any, /, **params: Any) -> Any:
    # Before it meets operands of the earlier data type, which not every library multiplies with another.
    t = real_part(xp, t) if xp.isdtype(before, "real floating") else t
    return t if t.dtype == before else xp.astype(t, before)


def _permute_back(xp: Any, t: Any, out: Any, shape: Any, axes: Any) -> Any:
    ndim = len(axes)
    inverse = sorted(range(ndim), key=[axis % ndim for axis in axes].__getitem__)
    return xp.permute_dims(t, tuple(inverse))


def _concat_pull(position: int, xp: Any, t: Any, out: Any, *shapes: Any, axis: int | None = 0) -> Any:
    sizes = [math.prod(shape) if axis is None else shape[axis] for shape in shapes]
    start = sum(sizes[:position])
    part = slice(start, start + sizes[position])
    if axis is None:
        return xp.reshape(t[part], shapes[position])
    return t[(*[slice(None)] * (axis % len(t.shape)), part, ...)]


def _stack_pull(position: int, xp: Any, t: Any, out: Any, *shapes: Any, axis: int = 0) -> Any:
    return t[(*[slice(None)] * (axis % len(t.shape)), position, ...)]


def getitem(xp: Any, x: Any, key: Any) -> Any:
    """``x[key]``, as a function."""
    return x[key]


def setitem(xp: Any, x: Any, key: Any, value: Any) -> Any:
    """Copy of x with ``x[key] = value``; a function, so that arrays may be immutable underneath."""
    if hasattr(x, "at") and hasattr(x.at[key], "set"):
        return x.at[key].set(value)
    out = xp.asarray(x, copy=True)
    out[key] = value
    return out


def _selects_by_position(part: Any) -> bool:
    if isinstance(part, list):
        return True
    return hasattr(part, "dtype") and part.ndim > 0 and kind(part) == "integral"


def _getitem_pull(xp: Any, t: Any, out: Any, shape: Any, key: Any) -> Any:
    parts = key if isinstance(key, tuple) else (key,)
    if any(_selects_by_position(part) for part in parts):
        # Positions may repeat, so values are added up, not assigned.
        size = math.prod(shape)
        taken = xp.reshape(xp.arange(size, device=device_of(t)), shape)[key]
        return xp.reshape(scatter_add(xp, xp.reshape(t, (-1,)), xp.reshape(taken, (-1,)), size), shape)
    zeros = xp.zeros(shape, dtype=t.dtype, device=device_of(t))
    if any(part is None for part in parts):
        # Values are not assigned to new axes.
        key = tuple([part for part in parts if part is not None])
        t = xp.reshape(t, zeros[key].shape)
    return setitem(xp, zeros, key, t)


def _take_pull(xp: Any, t: Any, out: Any, shape: Any, indices: Any, *, axis: int | None = None) -> Any:
    # Libraries also take positions of other dimensions than one and, without an axis, elements of the flattened array.
    before = (math.prod(shape),) if axis is None else shape
    axis = 0 if axis is None else axis_of(len(shape), axis)
    t = xp.reshape(t, (*before[:axis], math.prod(indices.shape), *before[axis + 1 :]))
    total = scatter_add(xp, xp.moveaxis(t, axis, 0), xp.reshape(indices, (-1,)), before[axis])
    return xp.reshape(xp.moveaxis(total, 0, axis), shape)


def _take_along_axis_pull(xp: Any, t: Any, out: Any, shape: Any, indices: Any, *, axis: int = -1) -> Any:
    return scatter_add_along_axis(xp, t, indices, shape[axis], axis)


def _unstack_pull(xp: Any, t: Any, out: Any, shape: Any, /, *, axis: int = 0) -> Any:
    axis = axis % len(shape)
    some = next(iter(t.cts.values()))
    zeros = xp.zeros(shape[:axis] + shape[axis + 1 :], dtype=some.dtype, device=device_of(some))
    return xp.stack([t.cts.get(i, zeros) for i in range(shape[axis])], axis=axis)


def _roll_pull(xp: Any, t: Any, out: Any, shape: Any, shift: Any, *, axis: Any = None) -> Any:
    return xp.roll(t, tuple([-n for n in shift]) if isinstance(shift, (tuple, list)) else -shift, axis=axis)


def _reshape_pull(xp: Any, t: Any, out: Any, shape: Any, /, *args: Any, **params: Any) -> Any:
    return xp.reshape(t, shape)


RULES: tuple[Rule, ...] = (
    Elementwise(
        "where",
        None,
        lambda xp, t, out, condition, x1, x2: xp.where(condition, t, 0.0),
        lambda xp, t, out, condition, x1, x2: xp.where(condition, 0.0, t),
    ),
    RealLinear(
        "to_device",
        lambda xp, t, out, x, device, *, stream=None: to_device(t, device, stream=stream),
        lambda xp, t, out, x, device, *, stream=None: to_device(t, device_of(x), stream=stream),
        reads_operands=True,
        call=lambda xp, x, device, *, stream=None: to_device(x, device, stream=stream),
    ),
    Linear(
        "astype",
        _astype_pull,
        None,
        None,
        call=lambda xp, x, dtype, before, /, **params: xp.astype(x, dtype, **params),
    ),
    Linear("broadcast_to", lambda xp, t, out, shape, /, *args, **params: t),
    Variadic("concat", _concat_pull),
    Linear("expand_dims", _reshape_pull),
    Linear("flip", lambda xp, t, out, shape, *, axis=None: xp.flip(t, axis=axis)),
    Linear("getitem", _getitem_pull, None, call=getitem),
    Linear(
        "moveaxis",
        lambda xp, t, out, shape, source, destination: xp.moveaxis(t, destination, source),
        None,
        None,
    ),
    Linear("permute_dims", _permute_back, None),
    Linear("reshape", _reshape_pull),
    Linear("roll", _roll_pull),
    Linear(
        "setitem",
        lambda xp, t, out, shape, key, value: setitem(xp, t, key, 0.0),
        None,
        lambda xp, t, out, shape, key, value: t[key],
        call=setitem,
    ),
    Linear("squeeze", _reshape_pull),
    Variadic("stack", _stack_pull),
    Linear("take", _take_pull, None),
    Linear("take_along_axis", _take_along_axis_pull, None),
    Linear("tril", lambda xp, t, out, shape, *, k=0: xp.tril(t, k=k)),
    Linear("triu", lambda xp, t, out, shape, *, k=0: xp.triu(t, k=k)),
    Linear("unstack", _unstack_pull),
)

_ASTYPE = next(rule for rule in RULES if rule.name == "astype")


def _astype(xp: Any, x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    if not copy and x.dtype == dtype:
        pass  # The standard asks for this very array.
    elif xp.isdtype(dtype, ("real floating", "complex floating")):
        x = xp.apply(_ASTYPE, (x, dtype, x.dtype), {"copy": copy})
    else:
        x = xp.constant_call("astype", x, dtype, copy=copy)
    return x if device is None else x.to_device(device)


def _broadcast_arrays(xp: Any, *arrays: Any) -> Any:
    shape = xp.broadcast_shapes(*[x.shape for x in arrays])
    return tuple([xp.broadcast_to(x, shape) for x in arrays])


def _diff(xp: Any, x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    parts = [part for part in (prepend, x, append) if part is not None]
    x = xp.concat(parts, axis=axis) if n and len(parts) > 1 else x
    before = (slice(None),) * axis_of(x.ndim, axis)
    if n < 0:
        raise ValueError(f"diff needs a number of times n that is not negative, got {n}")
    for _ in range(n):
        x = x[(*before, slice(1, None), ...)] - x[(*before, slice(None, -1), ...)]
    return x


def _full(xp: Any, shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    if not hasattr(fill_value, "dtype"):
        return xp.constant_call("full", shape, fill_value, dtype=dtype, device=device)
    return xp.broadcast_to(xp.asarray(fill_value, dtype=dtype, device=device), shape_of(shape))


def _full_like(xp: Any, x: Any, /, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    return _full(xp, x.shape, fill_value, dtype=x.dtype if dtype is None else dtype, device=device or device_of(x))


def _linspace(
    xp: Any, start: Any, stop: Any, /, num: int, *, dtype: Any = None, device: Any = None, endpoint: bool = True
) -> Any:
    if not hasattr(start, "dtype") and not hasattr(stop, "dtype"):
        return xp.constant_call("linspace", start, stop, num, dtype=dtype, device=device, endpoint=endpoint)
    like = xp.result_type(start, stop) if dtype is None else dtype
    at = device_of(start if hasattr(start, "dtype") else stop)
    steps = xp.constant_call("linspace", 0, 1, num, dtype=like, device=at, endpoint=endpoint)
    steps = xp.reshape(steps, (num, *[1] * max(getattr(start, "ndim", 0), getattr(stop, "ndim", 0))))
    out = start + (stop - start) * steps
    return out if device is None else out.to_device(device)


def _meshgrid(xp: Any, *arrays: Any, indexing: str = "xy") -> Any:
    order = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        order[:2] = 1, 0
    elif indexing not in ("xy", "ij"):
        raise ValueError(f"indexing must be 'xy' or 'ij', got {indexing!r}")
    return _broadcast_arrays(
        xp,
        *[xp.reshape(x, tuple([-1 if i == order[k] else 1 for i in range(len(order))])) for k, x in enumerate(arrays)],
    )


def _repeat(xp: Any, x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    if axis is None:
        x, axis = xp.reshape(x, (-1,)), 0
    positions = xp.arange(x.shape[axis], device=device_of(x))
    return xp.take(x, xp.constant_call("repeat", positions, repeats), axis=axis)


def _sort(xp: Any, x: Any, /, *, axis: int = -1, **options: Any) -> Any:
    return xp.take_along_axis(x, xp.argsort(x, axis=axis, **options), axis=axis)


def _tile(xp: Any, x: Any, repetitions: Any, /) -> Any:
    repetitions = shape_of(repetitions)
    ndim = max(x.ndim, len(repetitions))
    shape = (1,) * (ndim - x.ndim) + x.shape
    repetitions = (1,) * (ndim - len(repetitions)) + repetitions
    x = xp.reshape(x, tuple([k for n in shape for k in (1, n)]))
    x = xp.broadcast_to(x, tuple([k for pair in zip(repetitions, shape, strict=True) for k in pair]))
    return xp.reshape(x, tuple([r * n for r, n in zip(repetitions, shape, strict=True)]))


def _unique(name: str) -> Callable[..., Any]:
    """Function of the chapter on sets: each of its values is an element, the first of those that are equal."""

    def unique(xp: Any, x: Any, /) -> Any:
        out = xp.constant_call(name, x)
        if not is_floating(x) or not x.size:
            return out
        values = out if name == "unique_values" else out.values
        flat = xp.reshape(x, (-1,))
        if is_complex(x):
            # Complex numbers have no order; PyTorch, for one, lacks this function.
            at = xp.constant_call("unique_all", x).indices
        else:
            order = xp.argsort(flat)
            # Not all libraries find a NaN among NaNs.
            place = xp.minimum(xp.searchsorted(xp.take(flat, order), values), flat.size - 1)
            at = xp.take(order, place)
        values = xp.take(flat, at)
        return values if name == "unique_values" else out._replace(values=values)

    return unique


COMPOSITES: dict[str, Callable[..., Any]] = {
    "astype": _astype,
    "broadcast_arrays": _broadcast_arrays,
    "diff": _diff,
    "full": _full,
    "full_like": _full_like,
    "linspace": _linspace,
    "meshgrid": _meshgrid,
    "repeat": _repeat,
    "sort": _sort,
    "tile": _tile,
    **{name: _unique(name) for name in ("unique_all", "unique_counts", "unique_inverse", "unique_values")},
}
