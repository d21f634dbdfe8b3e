"""Losses of numbers."""

from __future__ import annotations

import math
from typing import Any

from autodiff import array_namespace
from nn.losses.reduction import Reduction, in_single_precision, prepared, reduced
from nn.namespaces import Array

__all__ = [
    "gaussian_nll_loss",
    "huber_loss",
    "mae",
    "mean_absolute_error",
    "mean_squared_error",
    "mse",
    "poisson_nll_loss",
    "smooth_l1_loss",
]


@in_single_precision
def mean_squared_error(
    predictions: Array,
    targets: Array,
    *,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Square of the difference.

    Parameters
    ----------
    predictions, targets : array
        Of the same shape.
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`.

    Examples
    --------
    >>> import numpy
    >>> float(mean_squared_error(numpy.asarray([1.0, 2.0]), numpy.asarray([1.0, 5.0])))
    4.5
    """
    mask, predictions, targets = prepared(mask, predictions, targets)
    difference = array_namespace(predictions, targets).subtract(predictions, targets)
    return reduced(difference * difference, sample_weight, mask, reduction)


@in_single_precision
def mean_absolute_error(
    predictions: Array,
    targets: Array,
    *,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Absolute value of the difference; its derivative is 0 where that is.

    Parameters
    ----------
    predictions, targets : array
        Of the same shape.
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`.

    Examples
    --------
    >>> import numpy
    >>> float(mean_absolute_error(numpy.asarray([1.0, 2.0]), numpy.asarray([1.0, 5.0])))
    1.5
    """
    mask, predictions, targets = prepared(mask, predictions, targets)
    xp = array_namespace(predictions, targets)
    return reduced(xp.abs(xp.subtract(predictions, targets)), sample_weight, mask, reduction)


mse, mae = mean_squared_error, mean_absolute_error


@in_single_precision
def huber_loss(
    predictions: Array,
    targets: Array,
    *,
    delta: float = 1.0,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Half the square of the difference up to `delta`, from there on a straight line (Huber, "Robust estimation of a
    location parameter", 1964).

    Parameters
    ----------
    predictions, targets : array
        Of the same shape.
    delta : float
        Positive.
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`.

    Examples
    --------
    >>> import numpy
    >>> huber_loss(numpy.asarray([0.5, 3.0]), numpy.asarray([0.0, 0.0]), reduction="none")
    array([0.125, 2.5  ])
    """
    if not delta > 0:
        raise ValueError(f"delta is {delta!r}, expected a positive number")
    mask, predictions, targets = prepared(mask, predictions, targets)
    xp = array_namespace(predictions, targets)
    difference = xp.subtract(predictions, targets)
    near = xp.clip(difference, -delta, delta)
    return reduced(near * (difference - 0.5 * near), sample_weight, mask, reduction)


def smooth_l1_loss(
    predictions: Array,
    targets: Array,
    *,
    beta: float = 1.0,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """:func:`huber_loss` divided by its limit, so that the slope of the straight line is 1 (Girshick, "Fast R-CNN",
    2015); the absolute value of the difference for a `beta` of 0.

    Examples
    --------
    >>> import numpy
    >>> smooth_l1_loss(numpy.asarray([0.5, 3.0]), numpy.asarray([0.0, 0.0]), beta=2.0, reduction="none")
    array([0.0625, 2.    ])
    """
    options: dict[str, Any] = {"sample_weight": sample_weight, "mask": mask, "reduction": reduction}
    if beta == 0:
        return mean_absolute_error(predictions, targets, **options)
    return huber_loss(predictions, targets, delta=beta, **options) / beta


@in_single_precision
def gaussian_nll_loss(
    predictions: Array,
    targets: Array,
    variances: Array,
    *,
    full: bool = False,
    eps: float = 1e-6,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Negative log-likelihood of targets under normal distributions (Nix and Weigend, "Estimating the mean and variance
    of the target probability distribution", 1994).

    Parameters
    ----------
    predictions, targets : array
        Means of the distributions and what was seen, of the same shape.
    variances : array
        Of a shape that broadcasts to that of the predictions. Those below `eps` are taken to be `eps`, and have the
        derivative 0.
    full : bool
        Whether to add the constant ``log(2 * pi) / 2``.
    eps : float
        Least variance; at least the smallest normal number of the data type is taken.
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`.

    Examples
    --------
    >>> import numpy
    >>> mean, seen, variance = numpy.asarray([0.0]), numpy.asarray([2.0]), numpy.asarray([1.0])
    >>> float(gaussian_nll_loss(mean, seen, variance))
    2.0
    """
    xp = array_namespace(predictions, targets, variances)
    variances = xp.broadcast_to(variances, predictions.shape)
    mask, predictions, targets, variances = prepared(mask, predictions, targets, variances)
    variances = xp.maximum(variances, max(eps, float(xp.finfo(variances.dtype).smallest_normal)))
    # Divided before it is squared, which might overflow.
    deviations = xp.subtract(predictions, targets) / xp.sqrt(variances)
    losses = 0.5 * (xp.log(variances) + deviations * deviations)
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, sample_weight, mask, reduction)


@in_single_precision
def poisson_nll_loss(
    predictions: Array,
    targets: Array,
    *,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Negative log-likelihood of counts under Poisson distributions, without the constant ``log(targets!)``.

    Parameters
    ----------
    predictions, targets : array
        Logarithms of the rates and the counts, of the same shape.
    log_input : bool
        False if predictions are the rates themselves.
    full : bool
        Whether to add Stirling's approximation of the constant, for counts above 1.
    eps : float
        Added to rates before the logarithm is taken, if predictions are rates.
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`.

    Examples
    --------
    >>> import numpy
    >>> float(poisson_nll_loss(numpy.asarray([0.0]), numpy.asarray([3.0])))
    1.0
    """
    mask, predictions, targets = prepared(mask, predictions, targets)
    xp = array_namespace(predictions, targets)
    if log_input:
        losses = xp.subtract(xp.exp(predictions), xp.multiply(targets, predictions))
    else:
        losses = xp.subtract(predictions, xp.multiply(targets, xp.log(predictions + eps)))
    if full:
        counts = xp.where(targets > 1, targets, 1.0)
        stirling = counts * xp.log(counts) - counts + 0.5 * xp.log(2 * math.pi * counts)
        losses = xp.add(losses, xp.where(targets > 1, stirling, 0.0))
    return reduced(losses, sample_weight, mask, reduction)
