"""Losses of scores that are to be on the right side of a limit, or of one another, by a margin."""

from __future__ import annotations

from autodiff import array_namespace
from autodiff.namespaces import device_of
from nn.activations import softplus
from nn.indices import check_range
from nn.losses.classification import as_indices, binary_cross_entropy_with_logits
from nn.losses.reduction import (
    Reduction,
    in_single_precision,
    mask_of_shape,
    prepared,
    reduced,
    without_axis,
)
from nn.namespaces import Array, index_dtype

__all__ = [
    "hinge_embedding_loss",
    "hinge_loss",
    "margin_ranking_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "soft_margin_loss",
]


@in_single_precision
def hinge_loss(
    predictions: Array,
    targets: Array,
    *,
    margin: float = 1.0,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """By how much a score is not on the right side of zero by a margin, ``max(0, margin - targets * predictions)``.

    Parameters
    ----------
    predictions : array
        Scores: any numbers.
    targets : array
        1 and -1, of the same shape; not 0 and 1.
    margin : float
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`.

    Examples
    --------
    >>> import numpy
    >>> hinge_loss(numpy.asarray([0.25, 0.25, 3.0]), numpy.asarray([1, -1, 1]), reduction="none")
    array([0.75, 1.25, 0.  ])
    """
    mask, predictions, targets = prepared(mask, predictions, targets)
    xp = array_namespace(predictions, targets)
    return reduced(xp.maximum(margin - xp.multiply(targets, predictions), 0.0), sample_weight, mask, reduction)


@in_single_precision
def soft_margin_loss(
    predictions: Array,
    targets: Array,
    *,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """:func:`hinge_loss` without a corner, ``log(1 + exp(-targets * predictions))``.

    Parameters
    ----------
    predictions : array
        Scores: any numbers.
    targets : array
        1 and -1, of the same shape.
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`.

    Examples
    --------
    >>> import numpy
    >>> soft_margin_loss(numpy.asarray([0.0, 1e4, 1e4]), numpy.asarray([1, 1, -1]), reduction="none")
    array([6.93147181e-01, 0.00000000e+00, 1.00000000e+04])
    """
    mask, predictions, targets = prepared(mask, predictions, targets)
    xp = array_namespace(predictions, targets)
    return reduced(softplus(-xp.multiply(targets, predictions)), sample_weight, mask, reduction)


@in_single_precision
def hinge_embedding_loss(
    predictions: Array,
    targets: Array,
    *,
    margin: float = 1.0,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """A distance where the target is 1; where it is -1, what the distance lacks of a margin.

    Parameters
    ----------
    predictions : array
        Distances.
    targets : array
        1 for pairs that are to be similar and -1 for the others, of the same shape.
    margin : float
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`.

    Examples
    --------
    >>> import numpy
    >>> hinge_embedding_loss(numpy.asarray([0.25, 0.25, 3.0]), numpy.asarray([1, -1, -1]), reduction="none")
    array([0.25, 0.75, 0.  ])
    """
    mask, predictions, targets = prepared(mask, predictions, targets)
    xp = array_namespace(predictions, targets)
    losses = xp.where(targets > 0, predictions, xp.maximum(margin - predictions, 0.0))
    return reduced(losses, sample_weight, mask, reduction)


@in_single_precision
def margin_ranking_loss(
    predictions: Array,
    others: Array,
    targets: Array,
    *,
    margin: float = 0.0,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """By how much a score is not on the right side of another one by a margin: :func:`hinge_loss` of the difference.

    Parameters
    ----------
    predictions, others : array
        Scores, of the same shape.
    targets : array
        1 where the first is to be larger, -1 where the second is, of the same shape.
    margin : float
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`.

    Examples
    --------
    >>> import numpy
    >>> first, second = numpy.asarray([2.0, 2.0]), numpy.asarray([0.0, 0.0])
    >>> margin_ranking_loss(first, second, numpy.asarray([1, -1]), reduction="none")
    array([0., 2.])
    """
    mask, predictions, others, targets = prepared(mask, predictions, others, targets)
    difference = array_namespace(predictions, others).subtract(predictions, others)
    return hinge_loss(difference, targets, margin=margin, sample_weight=sample_weight, mask=mask, reduction=reduction)


@in_single_precision
def multi_margin_loss(
    predictions: Array,
    targets: Array,
    *,
    p: int = 1,
    margin: float = 1.0,
    weight: Array | None = None,
    axis: int = -1,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """By how much the target's score is not above those of the other classes by a margin, as a mean over the classes.

    Parameters
    ----------
    predictions : array
        Scores of the classes along `axis`.
    targets : array
        Class numbers, integers of the shape of the predictions without `axis`.
    p : {1, 2}
        Power of what is lacking.
    margin : float
    weight : array, optional
        Factor of the losses of each class, shape (classes,). It changes no denominator of a mean, as in PyTorch.
    axis : int
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`; there is one loss for each target.

    Examples
    --------
    >>> import numpy
    >>> float(multi_margin_loss(numpy.asarray([0.5, 2.0, 0.0]), numpy.asarray(1)))
    0.0
    >>> float(multi_margin_loss(numpy.asarray([0.5, 2.0, 0.0]), numpy.asarray(0)).round(4))
    1.0
    """
    if p not in (1, 2):
        raise ValueError(f"p is {p!r}, expected 1 or 2")
    mask, predictions = prepared(mask, predictions, axis=axis)
    targets, mask = as_indices(predictions, targets, mask, axis)
    of_targets = array_namespace(targets)
    chosen = of_targets.expand_dims(targets, axis=axis)
    xp = array_namespace(predictions, weight)
    lacking = margin - xp.take_along_axis(predictions, chosen, axis=axis) + predictions
    excess = xp.where(chosen == _class_numbers(targets, predictions, axis), 0.0, xp.maximum(lacking, 0.0))
    losses = xp.mean(excess if p == 1 else excess * excess, axis=axis)
    if weight is not None:
        factors = xp.take(weight, of_targets.reshape(targets, (-1,)), axis=0)
        losses = xp.multiply(losses, xp.reshape(factors, targets.shape))
    return reduced(losses, sample_weight, mask, reduction)


@in_single_precision
def multilabel_margin_loss(
    predictions: Array,
    targets: Array,
    *,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """By how much scores of target classes are not above those of all others by 1: the sum over such pairs, divided by
    the number of classes.

    Parameters
    ----------
    predictions : array
        Scores of the classes, which are the last axis.
    targets : array
        For each vector of scores the numbers of its target classes, then -1 and whatever follows: integers, of the
        same shape.
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`; there is one loss for each vector.

    Examples
    --------
    >>> import numpy
    >>> scores = numpy.asarray([0.1, 0.2, 0.4, 0.8])
    >>> float(multilabel_margin_loss(scores, numpy.asarray([3, 0, -1, 1])).round(4))
    0.85
    """
    if tuple(targets.shape) != tuple(predictions.shape):
        raise ValueError(
            f"predictions of shape {tuple(predictions.shape)} need targets of shape {tuple(predictions.shape)}, got "
            f"{tuple(targets.shape)}"
        )
    mask, predictions = prepared(mask, predictions, axis=-1)
    if 0 in predictions.shape:
        return reduced(array_namespace(predictions).sum(predictions, axis=-1), sample_weight, mask, reduction)
    of_targets = array_namespace(targets)
    listed = of_targets.cumulative_prod(of_targets.astype(targets >= 0, index_dtype(of_targets)), axis=-1) > 0
    if mask is not None:
        listed = of_targets.logical_and(listed, of_targets.expand_dims(mask, axis=-1))
    targets = of_targets.where(listed, of_targets.astype(targets, index_dtype(of_targets), copy=False), 0)
    check_range("class numbers", targets, 0, predictions.shape[-1] - 1, ", or -1 after the last")
    xp = array_namespace(predictions)
    # Axes: targets in the order of the list, then classes.
    listed = of_targets.expand_dims(listed, axis=-1)
    is_target = of_targets.logical_and(
        listed, of_targets.expand_dims(targets, axis=-1) == _class_numbers(targets, predictions, -1)
    )
    other = of_targets.logical_not(of_targets.any(is_target, axis=-2, keepdims=True))
    lacking = 1 - xp.expand_dims(xp.take_along_axis(predictions, targets, axis=-1), axis=-1)
    lacking = xp.maximum(lacking + xp.expand_dims(predictions, axis=-2), 0.0)
    losses = xp.sum(xp.where(of_targets.logical_and(listed, other), lacking, 0.0), axis=(-2, -1))
    return reduced(losses / predictions.shape[-1], sample_weight, mask, reduction)


def multilabel_soft_margin_loss(
    predictions: Array,
    targets: Array,
    *,
    weight: Array | None = None,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Mean over the classes, which are the last axis, of :func:`binary_cross_entropy_with_logits`.

    Parameters
    ----------
    predictions : array
        Logits: any numbers.
    targets : array
        Zeros and ones, of the same shape.
    weight : array, optional
        Factor of the losses of each class, shape (classes,). It changes no denominator of a mean, as in PyTorch.
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`; there is one loss for each vector.

    Examples
    --------
    >>> import numpy
    >>> float(multilabel_soft_margin_loss(numpy.asarray([[0.0, 1e4]]), numpy.asarray([[1, 1]])).round(4))
    0.3466
    """
    mask = mask_of_shape(mask, without_axis(predictions.shape, -1))
    counted = None if mask is None else array_namespace(mask).expand_dims(mask, axis=-1)
    losses = binary_cross_entropy_with_logits(predictions, targets, weight=weight, mask=counted, reduction="none")
    xp = array_namespace(losses)
    return reduced(xp.sum(losses, axis=-1) / max(losses.shape[-1], 1), sample_weight, mask, reduction)


def _class_numbers(targets: Array, predictions: Array, axis: int) -> Array:
    """The numbers of the classes, in the namespace of the targets, such that they meet that axis of the predictions."""
    xp = array_namespace(targets)
    shape = [1] * predictions.ndim
    shape[axis] = -1
    return xp.reshape(xp.arange(predictions.shape[axis], dtype=targets.dtype, device=device_of(targets)), tuple(shape))
