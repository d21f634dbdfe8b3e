"""Flattening of examples to vectors."""

from __future__ import annotations

from autodiff import array_namespace
from nn.module import Module
from nn.namespaces import Array

__all__ = ["Flatten"]


class Flatten(Module):
    """Every axis but the first becomes one.

    Examples
    --------
    >>> import numpy
    >>> Flatten()(numpy.zeros((5, 8, 8))).shape
    (5, 64)
    """

    def __call__(self, x: Array) -> Array:
        return array_namespace(x).reshape(x, (x.shape[0], -1))
