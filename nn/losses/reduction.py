"""What all losses share: which arrays they take, what a mask takes out, and how losses become one number."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, Literal, TypeAlias, TypeVar, cast, get_args

from autodiff import array_namespace
from autodiff.namespaces import kind
from nn.namespaces import Array, is_array, is_floating

__all__ = [
    "Reduction",
    "as_floating",
    "check_fits",
    "in_single_precision",
    "mask_of_shape",
    "prepared",
    "reduced",
    "without_axis",
    "without_masked",
]

Reduction: TypeAlias = Literal["mean", "sum", "none"]

Loss = TypeVar("Loss", bound=Callable[..., Array])


def in_single_precision(loss: Loss) -> Loss:
    """Compute a loss of half-precision predictions in float32, where squares and long sums of them do not overflow."""
    first = next(iter(signature(loss).parameters))

    @wraps(loss)
    def computed(*operands: Any, **options: Any) -> Array:
        predictions: Any = operands[0] if operands else options.get(first)
        if not _is_half(predictions):
            return loss(*operands, **options)
        out = loss(*[_widened(x) for x in operands], **{name: _widened(x) for name, x in options.items()})
        return array_namespace(out).astype(out, predictions.dtype)

    return cast(Loss, computed)


def _is_half(x: Any) -> bool:
    return is_array(x) and is_floating(x) and bool(array_namespace(x).finfo(x.dtype).bits < 32)


def _widened(x: Any) -> Any:
    if not _is_half(x):
        return x
    xp = array_namespace(x)
    return xp.astype(x, xp.float32)


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


def check_fits(name: str, x: Array, shape: tuple[int, ...]) -> None:
    """Raise a ValueError unless an array can be broadcast to the shape of the losses."""
    if x.ndim > len(shape) or any(n not in (1, m) for n, m in zip(x.shape[::-1], shape[::-1], strict=False)):
        raise ValueError(f"{name} of shape {tuple(x.shape)} cannot be broadcast to the losses' shape {tuple(shape)}")


def mask_of_shape(mask: Array | None, shape: tuple[int, ...]) -> Array | None:
    """The mask, broadcast to the shape of the losses."""
    if mask is None:
        return None
    if kind(mask) != "bool":
        raise TypeError(f"mask is of data type {mask.dtype}, expected bool: True where a loss counts")
    check_fits("mask", mask, shape)
    return array_namespace(mask).broadcast_to(mask, shape)


def without_masked(mask: Array | None, x: Array, axis: int | None = None) -> Array:
    """The array with a harmless number where the mask takes it out: NaN times zero is NaN, in derivatives too."""
    if mask is None:
        return x
    xp = array_namespace(x, mask)
    # One half is within the domain of each loss.
    return xp.where(mask if axis is None else xp.expand_dims(mask, axis=axis), x, 0.5)


def reduced(
    losses: Array,
    sample_weight: Array | None,
    mask: Array | None,
    reduction: Reduction,
    counts: Array | None = None,
) -> Array:
    """Losses as the caller wants them.

    Parameters
    ----------
    losses : array
    sample_weight, mask : array or None
        See :mod:`nn.losses`.
    reduction : {"mean", "sum", "none"}
    counts : array, optional
        By how much each loss counts in a mean, where that is not by 1: factors that the losses have already.
    """
    if reduction not in get_args(Reduction):
        raise ValueError(f"reduction is {reduction!r}, expected one of {', '.join(get_args(Reduction))}")
    xp = array_namespace(losses, sample_weight, counts)
    if sample_weight is not None:
        check_fits("sample_weight", sample_weight, losses.shape)
        sample_weight = as_floating(sample_weight, losses.dtype)
        losses = xp.multiply(losses, sample_weight)
        counts = sample_weight if counts is None else xp.multiply(counts, sample_weight)
    if mask is not None:
        losses = xp.where(mask, losses, 0.0)
        counts = xp.astype(mask, losses.dtype) if counts is None else xp.where(mask, counts, 0.0)
    if reduction == "none":
        return losses
    out = xp.sum(losses)
    if reduction == "sum":
        return out
    if counts is None:
        return out / max(math.prod(losses.shape), 1)
    count = xp.sum(xp.broadcast_to(counts, losses.shape))
    return out / xp.where(count == 0, 1.0, count)
