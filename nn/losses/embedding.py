"""Losses of vectors that are to be near one another, or far apart."""

from __future__ import annotations

from autodiff import array_namespace, stop_gradient
from autodiff.namespaces import kind
from nn.losses.reduction import Reduction, prepared, reduced, without_axis
from nn.namespaces import Array, Namespace

__all__ = ["contrastive_loss", "cosine_loss", "triplet_loss"]


def cosine_loss(
    predictions: Array,
    targets: Array,
    labels: Array | None = None,
    *,
    margin: float = 0.0,
    axis: int = -1,
    weights: Array | None = None,
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
    weights, mask, reduction
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
    cosine = xp.sum(xp.multiply(_unit(xp, predictions, axis), _unit(xp, targets, axis)), axis=axis)
    losses = 1 - cosine
    if labels is not None:
        losses = xp.where(_similar(labels, predictions.shape, axis), losses, xp.maximum(cosine - margin, 0.0))
    return reduced(losses, weights, mask, reduction)


def contrastive_loss(
    predictions: Array,
    targets: Array,
    labels: Array,
    *,
    margin: float = 1.0,
    axis: int = -1,
    weights: Array | None = None,
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
    weights, mask, reduction
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
    distance = _norm(xp, xp.subtract(predictions, targets), 2.0, axis)
    # Chosen before it is squared, since the square of the other might overflow.
    excess = xp.where(_similar(labels, predictions.shape, axis), distance, xp.maximum(margin - distance, 0.0))
    return reduced(0.5 * excess * excess, weights, mask, reduction)


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
    weights: Array | None = None,
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
    weights, mask, reduction
        As for every loss, see :mod:`nn.losses`; there is one loss for each triplet.

    Examples
    --------
    >>> import numpy
    >>> anchor, positive, negative = numpy.asarray([0.0]), numpy.asarray([2.0]), numpy.asarray([2.5])
    >>> float(triplet_loss(anchor, positive, negative, eps=0.0))
    0.5
    """
    mask, anchors, positives, negatives = prepared(mask, anchors, positives, negatives, axis=axis)
    xp = array_namespace(anchors, positives, negatives)

    def distance(x1: Array, x2: Array) -> Array:
        return _norm(xp, xp.subtract(x1, x2) + eps, p, axis)

    far = distance(anchors, negatives)
    if swap:
        far = xp.minimum(far, distance(positives, negatives))
    return reduced(xp.maximum(distance(anchors, positives) - far + margin, 0.0), weights, mask, reduction)


def _similar(labels: Array, shape: tuple[int, ...], axis: int) -> Array:
    expected = without_axis(shape, axis)
    if tuple(labels.shape) != expected:
        raise ValueError(
            f"labels are of shape {tuple(labels.shape)}, expected {expected}, one for each pair of vectors"
        )
    return labels if kind(labels) == "bool" else labels > 0


def _scaled(xp: Namespace, x: Array, axis: int) -> tuple[Array, Array]:
    """Vectors over their largest elements, so that squares do not overflow, and these; 1 for those of zeros."""
    largest = xp.max(xp.abs(stop_gradient(x)), axis=axis, keepdims=True)
    largest = xp.where(largest == 0, 1.0, largest)
    return x / largest, largest


def _norm(xp: Namespace, x: Array, p: float, axis: int) -> Array:
    scaled, largest = _scaled(xp, x, axis)
    return xp.squeeze(xp.linalg.vector_norm(scaled, ord=p, axis=axis, keepdims=True) * largest, axis=axis)


def _unit(xp: Namespace, x: Array, axis: int) -> Array:
    # An angle does not depend on lengths, and neither do its derivatives, so the scale may be a constant.
    scaled, _ = _scaled(xp, x, axis)
    square = xp.sum(scaled * scaled, axis=axis, keepdims=True)
    return scaled / xp.sqrt(xp.where(square == 0, 1.0, square))
