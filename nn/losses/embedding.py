"""Losses of vectors that are to be near one another, or far apart."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from autodiff import array_namespace
from autodiff.namespaces import kind
from nn.losses.reduction import Reduction, in_single_precision, prepared, reduced, without_axis
from nn.namespaces import Array
from nn.vectors import cosine_similarity, norm, pairwise_distance

__all__ = ["contrastive_loss", "cosine_loss", "triplet_loss", "triplet_margin_with_distance_loss"]


@in_single_precision
def cosine_loss(
    predictions: Array,
    targets: Array,
    labels: Array | None = None,
    *,
    margin: float = 0.0,
    axis: int = -1,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """One less the cosine of the angle between vectors; of pairs that are to be dissimilar, the cosine beyond a margin.

    Parameters
    ----------
    predictions, targets : array
        Vectors along `axis`, of the same shape. The cosine with a vector of zeros is 0.
    labels : array, optional
        Positive, or True, for pairs that are to be similar; otherwise dissimilar. Of the shape without `axis`. By
        default all are similar.
    margin : float
        Cosine that dissimilar vectors may have, from -1 to 1.
    axis : int
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`; there is one loss for each vector.

    Examples
    --------
    >>> import numpy
    >>> predictions, targets = numpy.asarray([[1.0, 0.0], [1.0, 0.0]]), numpy.asarray([[0.0, 2.0], [3.0, 0.0]])
    >>> cosine_loss(predictions, targets, reduction="none")
    array([1., 0.])
    >>> cosine_loss(predictions, targets, numpy.asarray([-1, -1]), reduction="none")
    array([0., 1.])
    """
    mask, predictions, targets = prepared(mask, predictions, targets, axis=axis)
    xp = array_namespace(predictions, targets)
    cosine = cosine_similarity(predictions, targets, axis=axis)
    losses = 1 - cosine
    if labels is not None:
        losses = xp.where(_similar(labels, predictions.shape, axis), losses, xp.maximum(cosine - margin, 0.0))
    return reduced(losses, sample_weight, mask, reduction)


@in_single_precision
def contrastive_loss(
    predictions: Array,
    targets: Array,
    labels: Array,
    *,
    margin: float = 1.0,
    axis: int = -1,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Half the square of the Euclidean distance of similar vectors; of dissimilar ones, of what it lacks of a margin.

    Hadsell, Chopra and LeCun, "Dimensionality reduction by learning an invariant mapping", 2006, equation 4.

    Parameters
    ----------
    predictions, targets : array
        Vectors along `axis`, of the same shape.
    labels : array
        Positive, or True, for pairs that are to be similar; otherwise dissimilar. (The paper's are the other way
        round.) Of the shape without `axis`.
    margin : float
        Distance at which dissimilar vectors are far enough apart.
    axis : int
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`; there is one loss for each pair.

    Examples
    --------
    >>> import numpy
    >>> predictions, targets = numpy.asarray([[3.0, 4.0], [0.3, 0.4]]), numpy.zeros((2, 2))
    >>> contrastive_loss(predictions, targets, numpy.asarray([1, 0]), reduction="none")
    array([12.5  ,  0.125])
    """
    mask, predictions, targets = prepared(mask, predictions, targets, axis=axis)
    xp = array_namespace(predictions, targets)
    distance = norm(xp.subtract(predictions, targets), 2.0, axis)
    # Chosen before it is squared, since the square of the other might overflow.
    excess = xp.where(_similar(labels, predictions.shape, axis), distance, xp.maximum(margin - distance, 0.0))
    return reduced(0.5 * excess * excess, sample_weight, mask, reduction)


@in_single_precision
def triplet_loss(
    anchors: Array,
    positives: Array,
    negatives: Array,
    *,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    axis: int = -1,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """By how much anchors are not nearer to the positives than to the negatives, by a margin.

    Schroff, Kalenichenko and Philbin, "FaceNet: a unified embedding for face recognition and clustering", 2015, with
    distances in place of their squares, as in PyTorch.

    Parameters
    ----------
    anchors, positives, negatives : array
        Vectors along `axis`, of the same shape.
    margin : float
    p : float
        Degree of the norm that is the distance.
    eps : float
        Added to each difference, as in PyTorch.
    swap : bool
        Whether to take the distance of positives and negatives where that is smaller than the one of anchors and
        negatives (Balntas et al., "Learning local feature descriptors with triplets and shallow convolutional neural
        networks", 2016).
    axis : int
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`; there is one loss for each triplet.

    Examples
    --------
    >>> import numpy
    >>> anchor, positive, negative = numpy.asarray([0.0]), numpy.asarray([2.0]), numpy.asarray([2.5])
    >>> float(triplet_loss(anchor, positive, negative, eps=0.0))
    0.5
    """
    return triplet_margin_with_distance_loss(
        anchors,
        positives,
        negatives,
        distance_function=partial(pairwise_distance, p=p, eps=eps, axis=axis),
        margin=margin,
        swap=swap,
        axis=axis,
        sample_weight=sample_weight,
        mask=mask,
        reduction=reduction,
    )


@in_single_precision
def triplet_margin_with_distance_loss(
    anchors: Array,
    positives: Array,
    negatives: Array,
    *,
    distance_function: Callable[[Array, Array], Array] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    axis: int = -1,
    sample_weight: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """:func:`triplet_loss` with any distance.

    Parameters
    ----------
    anchors, positives, negatives, margin, swap, axis
        As for :func:`triplet_loss`.
    distance_function : callable, optional
        Function of two arrays of vectors that takes their axis away; by default :func:`pairwise_distance`.
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`; there is one loss for each triplet.

    Examples
    --------
    >>> import numpy
    >>> def difference(x1, x2):
    ...     return abs(x1 - x2)[..., 0]
    >>> anchor, positive, negative = numpy.asarray([0.0]), numpy.asarray([2.0]), numpy.asarray([2.5])
    >>> float(triplet_margin_with_distance_loss(anchor, positive, negative, distance_function=difference))
    0.5
    """
    mask, anchors, positives, negatives = prepared(mask, anchors, positives, negatives, axis=axis)
    xp = array_namespace(anchors, positives, negatives)
    distance = partial(pairwise_distance, axis=axis) if distance_function is None else distance_function
    far = distance(anchors, negatives)
    if swap:
        far = xp.minimum(far, distance(positives, negatives))
    losses = xp.maximum(xp.subtract(distance(anchors, positives), far) + margin, 0.0)
    return reduced(losses, sample_weight, mask, reduction)


def _similar(labels: Array, shape: tuple[int, ...], axis: int) -> Array:
    expected = without_axis(shape, axis)
    if tuple(labels.shape) != expected:
        raise ValueError(
            f"labels are of shape {tuple(labels.shape)}, expected {expected}, one for each pair of vectors"
        )
    return labels if kind(labels) == "bool" else labels > 0
