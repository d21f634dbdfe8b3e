"""Activations: plain functions of an array."""

from __future__ import annotations

from autodiff import array_namespace, stop_gradient
from nn.namespaces import Array

__all__ = ["log_softmax", "relu"]


def relu(x: Array) -> Array:
    """Rectified linear unit, ``max(x, 0)``.

    Examples
    --------
    >>> import numpy
    >>> relu(numpy.asarray([-1.0, 0.0, 2.0]))
    array([0., 0., 2.])
    """
    return array_namespace(x).maximum(x, 0.0)


def log_softmax(x: Array, axis: int = -1) -> Array:
    """Logarithm of the softmax along ``axis``.

    The maximum is subtracted first, so that no exponential overflows. The result does not depend on it, so neither
    does the gradient.

    Examples
    --------
    >>> import numpy
    >>> log_softmax(numpy.asarray([1e4, 0.0]))
    array([     0., -10000.])
    """
    xp = array_namespace(x)
    shifted = x - xp.max(stop_gradient(x), axis=axis, keepdims=True)
    return shifted - xp.log(xp.sum(xp.exp(shifted), axis=axis, keepdims=True))
