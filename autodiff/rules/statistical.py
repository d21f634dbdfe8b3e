"""Rules of sums, products, extrema and what is made of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from autodiff.namespaces import device_of
from autodiff.rules.kinds import Linear, Reduction, Rule, axes_of, axis_of, expand


def _sum_pull(
    xp: Any, t: Any, out: Any, shape: Any, *, axis: Any = None, dtype: Any = None, keepdims: bool = False
) -> Any:
    if not keepdims and axis is not None:
        t = expand(xp, t, shape, axis)
    return xp.broadcast_to(t, shape)


def _mean_pull(xp: Any, t: Any, out: Any, shape: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    size = math.prod([shape[i] for i in axes_of(shape, axis)])
    return _sum_pull(xp, t / size, out, shape, axis=axis, keepdims=keepdims)


def _cumulative_sum_pull(
    xp: Any, t: Any, out: Any, shape: Any, *, axis: int | None = None, include_initial: bool = False, dtype: Any = None
) -> Any:
    axis = 0 if axis is None else axis % len(shape)
    if include_initial:
        t = t[(*[slice(None)] * axis, slice(1, None), ...)]
    return xp.flip(xp.cumulative_sum(xp.flip(t, axis=axis), axis=axis, dtype=t.dtype), axis=axis)


def extremum_weights(xp: Any, out: Any, x: Any, axis: Any) -> Any:
    """One where the extremum is taken; ties share."""
    taken = xp.astype(x == out, x.dtype)
    return taken / xp.sum(taken, axis=axis, keepdims=True)


def prod_weights(xp: Any, out: Any, x: Any, axis: Any, *, dtype: Any = None) -> Any:
    """Product of all other elements: those before times those after, so that zeros need no division."""
    axes = axes_of(x.shape, axis)
    kept = [i for i in range(x.ndim) if i not in axes]
    order = (*kept, *axes)
    rows = xp.reshape(xp.permute_dims(x, order), (*[x.shape[i] for i in kept], math.prod([x.shape[i] for i in axes])))
    before = xp.cumulative_prod(rows, axis=-1, include_initial=True)[..., :-1]
    after = xp.flip(xp.cumulative_prod(xp.flip(rows, axis=-1), axis=-1, include_initial=True)[..., :-1], axis=-1)
    weights = xp.reshape(before * after, tuple([x.shape[i] for i in order]))
    return xp.permute_dims(weights, tuple([order.index(i) for i in range(x.ndim)]))


def _cumulative_prod(
    xp: Any, x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    if axis is None and x.ndim != 1:
        raise ValueError(f"cumulative_prod of an array of {x.ndim} dimensions needs an axis")
    axis = 0 if axis is None else axis_of(x.ndim, axis)
    if not xp.isdtype(x.dtype if dtype is None else dtype, ("real floating", "complex floating")):
        return xp.constant_call("cumulative_prod", x, axis=axis, dtype=dtype, include_initial=include_initial)
    x = x if dtype is None else xp.astype(x, dtype)
    before, step = (slice(None),) * axis, 1
    # Each round doubles how many elements a product spans. Nothing is divided, so zeros are as good as other numbers.
    while step < x.shape[axis]:
        longer = x[(*before, slice(step, None), ...)] * x[(*before, slice(None, -step), ...)]
        x = xp.concat([x[(*before, slice(None, step), ...)], longer], axis=axis)
        step *= 2
    if include_initial:
        shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
        x = xp.concat([xp.ones(shape, dtype=x.dtype, device=device_of(x)), x], axis=axis)
    return x


def _var(xp: Any, x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    deviation = x - xp.mean(x, axis=axis, keepdims=True)
    size = math.prod([x.shape[i] for i in axes_of(x.shape, axis)])
    squares = xp.sum(deviation * deviation, axis=axis, keepdims=keepdims)
    return squares / (size - correction) if size > correction else squares * math.nan


def _std(xp: Any, x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    variance = _var(xp, x, axis=axis, correction=correction, keepdims=keepdims)
    # Of equal elements the subgradient 0, as of a norm.
    zero = variance == 0
    return xp.where(zero, 0.0, xp.sqrt(xp.where(zero, 1.0, variance)))


RULES: tuple[Rule, ...] = (
    Linear("cumulative_sum", _cumulative_sum_pull),
    Linear("mean", _mean_pull),
    Linear("sum", _sum_pull),
    Reduction("max", extremum_weights),
    Reduction("min", extremum_weights),
    Reduction("prod", prod_weights),
)

COMPOSITES: dict[str, Callable[..., Any]] = {
    "cumulative_prod": _cumulative_prod,
    "std": _std,
    "var": _var,
}
