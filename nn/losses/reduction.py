"""What all losses share: which arrays they take, what a mask takes out, and how losses become one number."""

from __future__ import annotations

import math
from typing import Any, Literal, TypeAlias, get_args

from autodiff import WrappedArray, array_namespace
from autodiff.namespaces import kind
from nn.namespaces import Array, Namespace, is_floating

__all__ = [
    "Reduction",
    "as_floating",
    "at_least_single",
    "check_range",
    "mask_of_shape",
    "prepared",
    "reduced",
    "without_axis",
    "without_masked",
]

Reduction: TypeAlias = Literal["mean", "sum", "none"]


def prepared(mask: Array | None, predictions: Array, *targets: Array, axis: int | None = None) -> tuple[Any, ...]:
    """Mask, predictions and targets, checked and such that what is masked out can do no harm.

    Parameters
    ----------
    mask : array or None
        See :mod:`nn.losses`.
    predictions : array
    *targets : array
        Of the same shape.
    axis : int, optional
        The axis along which there are vectors, with one loss for each.

    Returns
    -------
    mask : array or None
        In the shape of the losses.
    predictions, *targets : array
        Of floating-point data types.
    """
    if not is_floating(predictions):
        raise TypeError(f"predictions are of data type {predictions.dtype}, expected a floating-point one")
    shape = tuple(predictions.shape)
    for target in targets:
        if tuple(target.shape) != shape:
            raise ValueError(f"predictions of shape {shape} need targets of shape {shape}, got {tuple(target.shape)}")
    numbers = [predictions, *[as_floating(target, predictions.dtype) for target in targets]]
    mask = mask_of_shape(mask, shape if axis is None else without_axis(shape, axis))
    return mask, *[without_masked(mask, x, axis) for x in numbers]


def as_floating(x: Array, dtype: Any) -> Array:
    """The array, converted if it is of integers or bools."""
    return x if is_floating(x) else array_namespace(x).astype(x, dtype)


def without_axis(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    """What is left of a shape without an axis."""
    if not -len(shape) <= axis < len(shape):
        raise ValueError(f"predictions of shape {tuple(shape)} have no axis {axis}")
    position = axis % len(shape)
    return (*shape[:position], *shape[position + 1 :])


def _check_fits(name: str, x: Array, shape: tuple[int, ...]) -> None:
    if x.ndim > len(shape) or any(n not in (1, m) for n, m in zip(x.shape[::-1], shape[::-1], strict=False)):
        raise ValueError(f"{name} of shape {tuple(x.shape)} cannot be broadcast to the losses' shape {tuple(shape)}")


def mask_of_shape(mask: Array | None, shape: tuple[int, ...]) -> Array | None:
    """The mask, broadcast to the shape of the losses."""
    if mask is None:
        return None
    if kind(mask) != "bool":
        raise TypeError(f"mask is of data type {mask.dtype}, expected bool: True where a loss counts")
    _check_fits("mask", mask, shape)
    return array_namespace(mask).broadcast_to(mask, shape)


def without_masked(mask: Array | None, x: Array, axis: int | None = None) -> Array:
    """The array with a harmless number where the mask takes it out: NaN times zero is NaN, in derivatives too."""
    if mask is None:
        return x
    xp = array_namespace(x, mask)
    # One half is within the domain of each loss.
    return xp.where(mask if axis is None else xp.expand_dims(mask, axis=axis), x, 0.5)


def at_least_single(xp: Namespace, x: Array) -> Any:
    """Data type in which long sums of such numbers neither overflow nor lose their small terms."""
    return xp.float32 if xp.finfo(x.dtype).bits < 32 else x.dtype


def reduced(
    losses: Array,
    weights: Array | None,
    mask: Array | None,
    reduction: Reduction,
    counts: Array | None = None,
) -> Array:
    """Losses as the caller wants them.

    Parameters
    ----------
    losses : array
    weights, mask : array or None
        See :mod:`nn.losses`.
    reduction : {"mean", "sum", "none"}
    counts : array, optional
        By how much each loss counts in a mean, where that is not by 1: factors that the losses have already.
    """
    if reduction not in get_args(Reduction):
        raise ValueError(f"reduction is {reduction!r}, expected one of {', '.join(get_args(Reduction))}")
    xp = array_namespace(losses, weights, counts)
    if weights is not None:
        _check_fits("weights", weights, losses.shape)
        weights = as_floating(weights, losses.dtype)
        losses = xp.multiply(losses, weights)
        counts = weights if counts is None else xp.multiply(counts, weights)
    if mask is not None:
        losses = xp.where(mask, losses, 0.0)
        counts = xp.astype(mask, losses.dtype) if counts is None else xp.where(mask, counts, 0.0)
    if reduction == "none":
        return losses
    dtype = at_least_single(xp, losses)
    out = xp.sum(losses, dtype=dtype)
    if reduction == "mean" and counts is None:
        out = out / max(math.prod(losses.shape), 1)
    elif reduction == "mean":
        count = xp.sum(xp.broadcast_to(counts, losses.shape), dtype=dtype)
        out = out / xp.where(count == 0, 1.0, count)
    return out if dtype == losses.dtype else xp.astype(out, losses.dtype)


def check_range(what: str, x: Array, low: int, high: int, hint: str = "") -> None:
    """Raise ValueError unless the elements, where they are known, are between the limits.

    They are not known while ``jax.jit`` compiles or ``torch.func`` maps.
    """
    while isinstance(x, WrappedArray):
        x = x.primal
    if 0 in x.shape:
        return
    xp = array_namespace(x)
    try:
        least, largest = int(xp.min(x)), int(xp.max(x))
    except (TypeError, RuntimeError):
        return
    if least < low or largest > high:
        raise ValueError(f"{what} are from {least} to {largest}, expected from {low} to {high}{hint}")
