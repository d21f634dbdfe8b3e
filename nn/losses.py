"""Losses: functions of predictions and targets, zero or near it where they agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from autodiff import array_namespace
from nn.activations import log_softmax
from nn.namespaces import Array

__all__ = ["Reduction", "cross_entropy"]

Reduction: TypeAlias = Literal["mean", "sum", "none"]

_REDUCTIONS: dict[str, Callable[[Array], Array]] = {
    "mean": lambda losses: array_namespace(losses).mean(losses),
    "sum": lambda losses: array_namespace(losses).sum(losses),
    "none": lambda losses: losses,
}


def cross_entropy(logits: Array, targets: Array, reduction: Reduction = "mean") -> Array:
    """Negative log-likelihood of the target classes under the softmax of ``logits``.

    Parameters
    ----------
    logits
        Unnormalized scores, shape (..., classes).
    targets
        Class numbers of the namespace's indexing type, shape (...), from 0 to classes - 1: they are not checked.
    reduction
        ``"mean"`` or ``"sum"`` over all targets, or ``"none"`` for one loss per target.

    Examples
    --------
    >>> import numpy
    >>> logits = numpy.asarray([[0.0, 0.0], [0.0, 2.0]])
    >>> cross_entropy(logits, numpy.asarray([0, 1]), reduction="none").round(4)
    array([0.6931, 0.1269])
    """
    if reduction not in _REDUCTIONS:
        raise ValueError(f"reduction is {reduction!r}, expected one of {', '.join(_REDUCTIONS)}")
    if targets.shape != logits.shape[:-1]:
        raise ValueError(
            f"logits of shape {logits.shape} need targets of shape {logits.shape[:-1]}, got {targets.shape}"
        )
    xp = array_namespace(logits)
    log_likelihood = xp.take_along_axis(log_softmax(logits), xp.expand_dims(targets, axis=-1), axis=-1)
    return _REDUCTIONS[reduction](-xp.squeeze(log_likelihood, axis=-1))
