"""Losses of probabilities and scores of classes."""

from __future__ import annotations

from typing import Literal

from autodiff import array_namespace
from autodiff.namespaces import kind
from nn.activations import log_softmax, softplus
from nn.indices import check_range
from nn.losses.reduction import (
    Reduction,
    check_fits,
    in_single_precision,
    prepared,
    reduced,
    without_axis,
)
from nn.namespaces import Array, index_dtype, is_floating

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "kl_divergence",
    "nll_loss",
]


@in_single_precision
def binary_cross_entropy(
    predictions: Array,
    targets: Array,
    *,
    weight: Array | None = None,
    label_smoothing: float = 0.0,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Negative log-likelihood of targets that are one with the given probabilities, else zero.

    Parameters
    ----------
    predictions : array
        Probabilities, from 0 to 1.
    targets : array
        Zeros and ones, or what lies between, of the same shape.
    weight : array, optional
        Factor of the losses, of a shape that broadcasts to theirs. It changes no denominator of a mean, as in PyTorch.
    label_smoothing : float
        From 0 to 1: targets are moved towards one half by this part of the way.
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`.

    Notes
    -----
    Of a probability that is 0 the logarithm of the smallest normal number is taken, so that the loss is finite; its
    derivative is 0 there. If a sigmoid makes the probabilities, :func:`binary_cross_entropy_with_logits` has neither
    limit.

    Examples
    --------
    >>> import numpy
    >>> float(binary_cross_entropy(numpy.asarray([0.5, 1.0]), numpy.asarray([0.0, 1.0]), reduction="sum"))
    0.6931471805599453
    """
    mask, predictions, targets = prepared(mask, predictions, targets)
    xp = array_namespace(predictions, targets)
    targets = _smoothed(targets, label_smoothing, 2)
    least = float(xp.finfo(predictions.dtype).smallest_normal)

    def log(x: Array) -> Array:
        return xp.log(xp.maximum(x, least))

    ones, zeros = xp.multiply(targets, log(predictions)), xp.multiply(1 - targets, log(1 - predictions))
    return reduced(_scaled(-(ones + zeros), weight), sample_weight, mask, reduction)


@in_single_precision
def binary_cross_entropy_with_logits(
    predictions: Array,
    targets: Array,
    *,
    weight: Array | None = None,
    pos_weight: Array | float | None = None,
    label_smoothing: float = 0.0,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """:func:`binary_cross_entropy` of the sigmoid of predictions, exact also where that is nearly 0 or 1.

    Parameters
    ----------
    predictions : array
        Logits: any numbers.
    targets : array
        Zeros and ones, or what lies between, of the same shape.
    weight : array, optional
        As for :func:`binary_cross_entropy`.
    pos_weight : array or float, optional
        Factor of the losses where the target is one, of a shape that broadcasts to that of the predictions. It changes
        no denominator of a mean.
    label_smoothing : float
        From 0 to 1: targets are moved towards one half by this part of the way.
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`.

    Examples
    --------
    >>> import numpy
    >>> logits = numpy.asarray([0.0, 1e4, -1e4])
    >>> binary_cross_entropy_with_logits(logits, numpy.asarray([1, 1, 1]), reduction="none")
    array([6.93147181e-01, 0.00000000e+00, 1.00000000e+04])
    """
    mask, predictions, targets = prepared(mask, predictions, targets)
    xp = array_namespace(predictions, targets, pos_weight)
    targets = _smoothed(targets, label_smoothing, 2)
    ones = xp.multiply(targets, softplus(-predictions))
    if pos_weight is not None:
        ones = ones * pos_weight
    losses = xp.add(ones, xp.multiply(1 - targets, softplus(predictions)))
    return reduced(_scaled(losses, weight), sample_weight, mask, reduction)


def _scaled(losses: Array, weight: Array | None) -> Array:
    """Losses times a factor that no mean divides by."""
    if weight is None:
        return losses
    check_fits("weight", weight, losses.shape)
    return array_namespace(losses, weight).multiply(losses, weight)


@in_single_precision
def cross_entropy(
    predictions: Array,
    targets: Array,
    *,
    weight: Array | None = None,
    label_smoothing: float = 0.0,
    ignore_index: int | None = -100,
    axis: int = -1,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Negative log-likelihood of target classes, or of a distribution over them, under the softmax of predictions.

    Parameters
    ----------
    predictions : array
        Logits, unnormalized scores of the classes along `axis`.
    targets : array
        Class numbers, integers from 0 to classes - 1, of the shape of the predictions without `axis`; or
        probabilities of the classes, of a floating-point data type and the shape of the predictions.
    weight : array, optional
        Factor of the losses of each class, shape (classes,). With class numbers a mean is divided by the sum of the
        factors of the targets, with probabilities by their number, as in PyTorch.
    label_smoothing : float
        From 0 to 1: how much of each target is shared by all classes (Szegedy et al., "Rethinking the Inception
        architecture for computer vision", 2016).
    ignore_index : int, optional
        Class number of targets that are masked out.
    axis : int
        Axis of the classes: the last, or 1 for PyTorch's shape (batch, classes, ...).
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`; there is one loss for each target.

    Raises
    ------
    ValueError
        If a class number is out of range. Numbers are not checked while ``jax.jit`` compiles or ``torch.func`` maps,
        where they are not known.

    Examples
    --------
    >>> import numpy
    >>> logits = numpy.asarray([[0.0, 0.0], [0.0, 2.0]])
    >>> cross_entropy(logits, numpy.asarray([0, 1]), reduction="none").round(4)
    array([0.6931, 0.1269])
    >>> cross_entropy(logits, numpy.asarray([[0.5, 0.5], [0.0, 1.0]]), reduction="none").round(4)
    array([0.6931, 0.1269])
    """
    if not is_floating(targets):
        mask, predictions = prepared(mask, predictions, axis=axis)
        return _of_class_numbers(
            log_softmax(predictions, axis),
            targets,
            weight=weight,
            label_smoothing=label_smoothing,
            ignore_index=ignore_index,
            axis=axis,
            sample_weight=sample_weight,
            mask=mask,
            reduction=reduction,
        )
    mask, predictions, targets = prepared(mask, predictions, targets, axis=axis)
    xp = array_namespace(predictions, targets, weight)
    terms = xp.multiply(
        _smoothed(targets, label_smoothing, predictions.shape[axis]),
        _weighted(log_softmax(predictions, axis), weight, axis),
    )
    return reduced(-xp.sum(terms, axis=axis), sample_weight, mask, reduction)


@in_single_precision
def nll_loss(
    predictions: Array,
    targets: Array,
    *,
    weight: Array | None = None,
    ignore_index: int | None = -100,
    axis: int = -1,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Negative log-likelihood of target classes: :func:`cross_entropy` of predictions that are logarithms already.

    Parameters
    ----------
    predictions : array
        Logarithms of the probabilities of the classes along `axis`.
    targets : array
        Class numbers, integers from 0 to classes - 1, of the shape of the predictions without `axis`.
    weight, ignore_index, axis
        As for :func:`cross_entropy`.
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`; there is one loss for each target.

    Raises
    ------
    ValueError
        If a class number is out of range, as for :func:`cross_entropy`.

    Examples
    --------
    >>> import numpy
    >>> float(nll_loss(numpy.log(numpy.asarray([[0.5, 0.5], [0.2, 0.8]])), numpy.asarray([0, -100])))
    0.6931471805599453
    """
    mask, predictions = prepared(mask, predictions, axis=axis)
    return _of_class_numbers(
        predictions,
        targets,
        weight=weight,
        label_smoothing=0.0,
        ignore_index=ignore_index,
        axis=axis,
        sample_weight=sample_weight,
        mask=mask,
        reduction=reduction,
    )


def _of_class_numbers(
    log_probabilities: Array,
    targets: Array,
    *,
    weight: Array | None,
    label_smoothing: float,
    ignore_index: int | None,
    axis: int,
    sample_weight: Array | None,
    mask: Array | None,
    reduction: Reduction,
) -> Array:
    targets, mask = as_indices(log_probabilities, targets, mask, axis, ignore_index)
    of_targets = array_namespace(targets)
    xp = array_namespace(log_probabilities, weight)
    of_target = xp.take_along_axis(log_probabilities, of_targets.expand_dims(targets, axis=axis), axis=axis)
    losses = -xp.squeeze(of_target, axis=axis)
    counts = None
    if weight is not None:
        counts = xp.reshape(xp.take(weight, of_targets.reshape(targets, (-1,)), axis=0), targets.shape)
        losses = xp.multiply(losses, counts)
    if _checked_smoothing(label_smoothing):
        of_all = xp.sum(_weighted(log_probabilities, weight, axis), axis=axis)
        losses = (1 - label_smoothing) * losses - label_smoothing / log_probabilities.shape[axis] * of_all
    return reduced(losses, sample_weight, mask, reduction, counts)


def as_indices(
    predictions: Array, targets: Array, mask: Array | None, axis: int, ignore_index: int | None = None
) -> tuple[Array, Array | None]:
    """Class numbers as indices, 0 where they do not count, and the mask that says where."""
    shape, got = without_axis(predictions.shape, axis), tuple(targets.shape)
    if got != shape or kind(targets) != "integral":
        of_pytorch = predictions.ndim > 2 and got == without_axis(predictions.shape, 1)
        hint = "; pass axis=1 if that is the axis of the classes" if of_pytorch else ""
        raise ValueError(
            f"predictions of shape {tuple(predictions.shape)}, with classes along axis {axis}, need targets of "
            f"integers of shape {shape}, got {targets.dtype} of shape {got}{hint}"
        )
    xp = array_namespace(targets)
    targets = xp.astype(targets, index_dtype(xp), copy=False)
    hint = ""
    if ignore_index is not None:
        counted = targets != ignore_index
        mask = counted if mask is None else xp.logical_and(counted, mask)
        hint = f", or ignore_index={ignore_index}"
    if mask is not None:
        targets = xp.where(mask, targets, 0)
    check_range("class numbers", targets, 0, predictions.shape[axis] - 1, hint)
    return targets, mask


def _weighted(x: Array, weight: Array | None, axis: int) -> Array:
    if weight is None:
        return x
    shape = [1] * x.ndim
    shape[axis] = x.shape[axis]
    xp = array_namespace(x, weight)
    return xp.multiply(x, xp.reshape(weight, tuple(shape)))


def _smoothed(targets: Array, label_smoothing: float, classes: int) -> Array:
    """Targets of which a part is shared by all classes."""
    if not _checked_smoothing(label_smoothing):
        return targets
    return targets * (1 - label_smoothing) + label_smoothing / classes


def _checked_smoothing(label_smoothing: float) -> float:
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing is {label_smoothing!r}, expected a number from 0 to 1")
    return label_smoothing


@in_single_precision
def kl_divergence(
    predictions: Array,
    targets: Array,
    *,
    log_target: bool = False,
    axis: int = -1,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction | Literal["batchmean"] = "mean",
) -> Array:
    """Kullback-Leibler divergence of target distributions from predicted ones, ``sum(t * (log(t) - log(p)))``.

    Parameters
    ----------
    predictions : array
        Logarithms of the predicted probabilities along `axis`.
    targets : array
        Probabilities, of the same shape; where they are 0, a term is 0.
    log_target : bool
        Whether targets are logarithms of the probabilities.
    axis : int
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`; there is one loss for each distribution. The mean is that of
        these, which PyTorch calls "batchmean", as you may here; its "mean" divides by the number of classes as well.

    Examples
    --------
    >>> import numpy
    >>> log_p = numpy.log(numpy.asarray([0.5, 0.5]))
    >>> kl_divergence(log_p, numpy.asarray([1.0, 0.0])).round(4), kl_divergence(log_p, log_p, log_target=True)
    (np.float64(0.6931), np.float64(0.0))
    """
    mask, predictions, targets = prepared(mask, predictions, targets, axis=axis)
    xp = array_namespace(predictions, targets)
    if log_target:
        terms = xp.multiply(xp.exp(targets), xp.subtract(targets, predictions))
    else:
        positive = targets > 0
        logarithms = xp.log(xp.where(positive, targets, 1.0))
        terms = xp.where(positive, xp.multiply(targets, xp.subtract(logarithms, predictions)), 0.0)
    losses = xp.sum(terms, axis=axis)
    return reduced(losses, sample_weight, mask, "mean" if reduction == "batchmean" else reduction)
