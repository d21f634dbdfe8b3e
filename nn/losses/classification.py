"""Losses of probabilities and scores of classes."""

from __future__ import annotations

from autodiff import array_namespace
from autodiff.namespaces import kind
from nn.activations import log_softmax, softplus
from nn.losses.reduction import Reduction, check_range, prepared, reduced, without_axis
from nn.namespaces import Array, index_dtype, is_floating

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "hinge_loss",
    "kl_divergence",
    "nll_loss",
]


def binary_cross_entropy(
    predictions: Array,
    targets: Array,
    *,
    label_smoothing: float = 0.0,
    weights: Array | None = None,
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
    label_smoothing : float
        From 0 to 1: targets are moved towards one half by this part of the way.
    weights, mask, reduction
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
    return reduced(-(ones + zeros), weights, mask, reduction)


def binary_cross_entropy_with_logits(
    predictions: Array,
    targets: Array,
    *,
    positive_weights: Array | float | None = None,
    label_smoothing: float = 0.0,
    weights: Array | None = None,
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
    positive_weights : array or float, optional
        Factor of the losses where the target is one, of a shape that broadcasts to that of the predictions. It changes
        no denominator of a mean.
    label_smoothing : float
        From 0 to 1: targets are moved towards one half by this part of the way.
    weights, mask, reduction
        As for every loss, see :mod:`nn.losses`.

    Examples
    --------
    >>> import numpy
    >>> logits = numpy.asarray([0.0, 1e4, -1e4])
    >>> binary_cross_entropy_with_logits(logits, numpy.asarray([1, 1, 1]), reduction="none")
    array([6.93147181e-01, 0.00000000e+00, 1.00000000e+04])
    """
    mask, predictions, targets = prepared(mask, predictions, targets)
    xp = array_namespace(predictions, targets, positive_weights)
    targets = _smoothed(targets, label_smoothing, 2)
    ones = xp.multiply(targets, softplus(-predictions))
    if positive_weights is not None:
        ones = ones * positive_weights
    return reduced(xp.add(ones, xp.multiply(1 - targets, softplus(predictions))), weights, mask, reduction)


def cross_entropy(
    predictions: Array,
    targets: Array,
    *,
    class_weights: Array | None = None,
    label_smoothing: float = 0.0,
    ignore_index: int | None = -100,
    axis: int = -1,
    weights: Array | None = None,
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
    class_weights : array, optional
        Factor of the losses of each class, shape (classes,). With class numbers a mean is divided by the sum of the
        factors of the targets, with probabilities by their number, as in PyTorch.
    label_smoothing : float
        From 0 to 1: how much of each target is shared by all classes (Szegedy et al., "Rethinking the Inception
        architecture for computer vision", 2016).
    ignore_index : int, optional
        Class number of targets that are masked out.
    axis : int
        Axis of the classes: the last, or 1 for PyTorch's shape (batch, classes, ...).
    weights, mask, reduction
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
            class_weights=class_weights,
            label_smoothing=label_smoothing,
            ignore_index=ignore_index,
            axis=axis,
            weights=weights,
            mask=mask,
            reduction=reduction,
        )
    mask, predictions, targets = prepared(mask, predictions, targets, axis=axis)
    xp = array_namespace(predictions, targets, class_weights)
    terms = xp.multiply(
        _smoothed(targets, label_smoothing, predictions.shape[axis]),
        _weighted(log_softmax(predictions, axis), class_weights, axis),
    )
    return reduced(-xp.sum(terms, axis=axis), weights, mask, reduction)


def nll_loss(
    predictions: Array,
    targets: Array,
    *,
    class_weights: Array | None = None,
    ignore_index: int | None = -100,
    axis: int = -1,
    weights: Array | None = None,
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
    class_weights, ignore_index, axis
        As for :func:`cross_entropy`.
    weights, mask, reduction
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
        class_weights=class_weights,
        label_smoothing=0.0,
        ignore_index=ignore_index,
        axis=axis,
        weights=weights,
        mask=mask,
        reduction=reduction,
    )


def _of_class_numbers(
    log_probabilities: Array,
    targets: Array,
    *,
    class_weights: Array | None,
    label_smoothing: float,
    ignore_index: int | None,
    axis: int,
    weights: Array | None,
    mask: Array | None,
    reduction: Reduction,
) -> Array:
    shape = without_axis(log_probabilities.shape, axis)
    if tuple(targets.shape) != shape or kind(targets) != "integral":
        raise ValueError(
            f"predictions of shape {tuple(log_probabilities.shape)}, with classes along axis {axis}, need targets of "
            f"integers of shape {shape}, got {targets.dtype} of shape {tuple(targets.shape)}"
        )
    classes = log_probabilities.shape[axis]
    of_targets = array_namespace(targets)
    targets = of_targets.astype(targets, index_dtype(of_targets), copy=False)
    if ignore_index is not None:
        counted = targets != ignore_index
        mask = counted if mask is None else of_targets.logical_and(counted, mask)
    if mask is not None:
        targets = of_targets.where(mask, targets, 0)
    check_range("class numbers", targets, 0, classes - 1, f", or ignore_index={ignore_index}")

    xp = array_namespace(log_probabilities, class_weights)
    of_target = xp.take_along_axis(log_probabilities, of_targets.expand_dims(targets, axis=axis), axis=axis)
    losses = -xp.squeeze(of_target, axis=axis)
    counts = None
    if class_weights is not None:
        counts = xp.reshape(xp.take(class_weights, of_targets.reshape(targets, (-1,)), axis=0), shape)
        losses = xp.multiply(losses, counts)
    if _checked_smoothing(label_smoothing):
        of_all = xp.sum(_weighted(log_probabilities, class_weights, axis), axis=axis)
        losses = (1 - label_smoothing) * losses - label_smoothing / classes * of_all
    return reduced(losses, weights, mask, reduction, counts)


def _weighted(x: Array, class_weights: Array | None, axis: int) -> Array:
    if class_weights is None:
        return x
    shape = [1] * x.ndim
    shape[axis] = x.shape[axis]
    xp = array_namespace(x, class_weights)
    return xp.multiply(x, xp.reshape(class_weights, tuple(shape)))


def _smoothed(targets: Array, label_smoothing: float, classes: int) -> Array:
    """Targets of which a part is shared by all classes."""
    if not _checked_smoothing(label_smoothing):
        return targets
    return targets * (1 - label_smoothing) + label_smoothing / classes


def _checked_smoothing(label_smoothing: float) -> float:
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing is {label_smoothing!r}, expected a number from 0 to 1")
    return label_smoothing


def kl_divergence(
    predictions: Array,
    targets: Array,
    *,
    log_targets: bool = False,
    axis: int = -1,
    weights: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Kullback-Leibler divergence of target distributions from predicted ones, ``sum(t * (log(t) - log(p)))``.

    Parameters
    ----------
    predictions : array
        Logarithms of the predicted probabilities along `axis`.
    targets : array
        Probabilities, of the same shape; where they are 0, a term is 0.
    log_targets : bool
        Whether targets are logarithms of the probabilities.
    axis : int
    weights, mask, reduction
        As for every loss, see :mod:`nn.losses`; there is one loss for each distribution. The mean is that which
        PyTorch calls "batchmean", not its default, which divides by the number of classes as well.

    Examples
    --------
    >>> import numpy
    >>> log_p = numpy.log(numpy.asarray([0.5, 0.5]))
    >>> kl_divergence(log_p, numpy.asarray([1.0, 0.0])).round(4), kl_divergence(log_p, log_p, log_targets=True)
    (np.float64(0.6931), np.float64(0.0))
    """
    mask, predictions, targets = prepared(mask, predictions, targets, axis=axis)
    xp = array_namespace(predictions, targets)
    if log_targets:
        terms = xp.multiply(xp.exp(targets), xp.subtract(targets, predictions))
    else:
        positive = targets > 0
        logarithms = xp.log(xp.where(positive, targets, 1.0))
        terms = xp.where(positive, xp.multiply(targets, xp.subtract(logarithms, predictions)), 0.0)
    return reduced(xp.sum(terms, axis=axis), weights, mask, reduction)


def hinge_loss(
    predictions: Array,
    targets: Array,
    *,
    margin: float = 1.0,
    weights: Array | None = None,
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
    weights, mask, reduction
        As for every loss, see :mod:`nn.losses`.

    Examples
    --------
    >>> import numpy
    >>> hinge_loss(numpy.asarray([0.25, 0.25, 3.0]), numpy.asarray([1, -1, 1]), reduction="none")
    array([0.75, 1.25, 0.  ])
    """
    mask, predictions, targets = prepared(mask, predictions, targets)
    xp = array_namespace(predictions, targets)
    return reduced(xp.maximum(margin - xp.multiply(targets, predictions), 0.0), weights, mask, reduction)
