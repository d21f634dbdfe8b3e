"""How far vectors are from one another, and by which angle."""

from __future__ import annotations

from autodiff import array_namespace, stop_gradient
from nn.namespaces import Array

__all__ = ["cosine_similarity", "normalize", "pairwise_distance"]


def cosine_similarity(x1: Array, x2: Array, axis: int = 1) -> Array:
    """Cosine of the angle between vectors along an axis; 0 for a vector of zeros.

    PyTorch's ``eps``, a least length of vectors, is not needed: nothing is divided by zero.

    Examples
    --------
    >>> import numpy
    >>> cosine_similarity(numpy.asarray([[1.0, 0.0], [1.0, 0.0]]), numpy.asarray([[0.0, 2.0], [3.0, 0.0]]))
    array([0., 1.])
    """
    xp = array_namespace(x1, x2)
    return xp.sum(xp.multiply(_unit(x1, axis), _unit(x2, axis)), axis=axis)


def pairwise_distance(
    x1: Array, x2: Array, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False, *, axis: int = -1
) -> Array:
    """Norm of degree `p` of the differences of vectors along an axis.

    Parameters
    ----------
    x1, x2 : array
    p : float
    eps : float
        Added to each difference, as in PyTorch.
    keepdim : bool
        Whether the axis stays, with length one.
    axis : int

    Examples
    --------
    >>> import numpy
    >>> pairwise_distance(numpy.asarray([[3.0, 4.0]]), numpy.asarray([[0.0, 0.0]]), eps=0.0)
    array([5.])
    """
    xp = array_namespace(x1, x2)
    return norm(xp.subtract(x1, x2) + eps, p, axis, keepdim)


def normalize(x: Array, p: float = 2.0, axis: int = 1, eps: float = 1e-12) -> Array:
    """Divide vectors along an axis by their norm of degree `p`, or by `eps` if that is larger.

    Examples
    --------
    >>> import numpy
    >>> normalize(numpy.asarray([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    xp = array_namespace(x)
    return xp.divide(x, xp.maximum(norm(x, p, axis, keepdim=True), eps))


def norm(x: Array, p: float, axis: int, keepdim: bool = False) -> Array:
    """Norm of degree `p`, also where powers of the elements overflow."""
    xp = array_namespace(x)
    scaled, largest = _scaled(x, axis)
    out = xp.linalg.vector_norm(scaled, ord=p, axis=axis, keepdims=True) * largest
    return out if keepdim else xp.squeeze(out, axis=axis)


def _unit(x: Array, axis: int) -> Array:
    # An angle does not depend on lengths, and neither do its derivatives, so the scale may be a constant.
    xp = array_namespace(x)
    scaled, _ = _scaled(x, axis)
    square = xp.sum(scaled * scaled, axis=axis, keepdims=True)
    return scaled / xp.sqrt(xp.where(square == 0, 1.0, square))


def _scaled(x: Array, axis: int) -> tuple[Array, Array]:
    """Vectors over their largest elements, and these; 1 for those of zeros."""
    xp = array_namespace(x)
    if 0 in x.shape:
        return x, xp.sum(x, axis=axis, keepdims=True) + 1
    largest = xp.max(xp.abs(stop_gradient(x)), axis=axis, keepdims=True)
    largest = xp.where(largest == 0, 1.0, largest)
    return x / largest, largest
