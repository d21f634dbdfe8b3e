"""Several axes as one, and one as several."""

from __future__ import annotations

import math

from autodiff import array_namespace
from nn.module import Module
from nn.namespaces import Array

__all__ = ["Flatten", "Unflatten"]


class Flatten(Module):
    """Some axes become one, by default every axis but the first.

    Parameters
    ----------
    start_dim, end_dim : int
        The first and the last of these axes; negative ones count from the end.

    Raises
    ------
    ValueError
        When called, if there are no such axes.

    Examples
    --------
    >>> import numpy
    >>> Flatten()(numpy.zeros((5, 8, 8))).shape
    (5, 64)
    >>> Flatten(0, -2)(numpy.zeros((5, 8, 3))).shape
    (40, 3)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def __call__(self, x: Array) -> Array:
        dims = range(x.ndim)
        try:
            first, last = dims[self.start_dim], dims[self.end_dim]
        except IndexError:
            first, last = 1, 0
        if first > last:
            raise ValueError(
                f"Flatten joins axes {self.start_dim} to {self.end_dim}, which an array of shape {tuple(x.shape)} "
                "does not have"
            )
        length = math.prod(x.shape[first : last + 1])
        return array_namespace(x).reshape(x, (*x.shape[:first], length, *x.shape[last + 1 :]))


class Unflatten(Module):
    """One axis becomes several.

    Parameters
    ----------
    dim : int
        The axis; a negative one counts from the end.
    unflattened_size : tuple of int
        Lengths of the axes in its place; one of them may be -1, for what fits.

    Raises
    ------
    ValueError
        When called, if the axis has not as many elements.
    IndexError
        When called, if there is no such axis.

    Examples
    --------
    >>> import numpy
    >>> Unflatten(1, (3, -1, 4))(numpy.zeros((5, 24, 2))).shape
    (5, 3, 2, 4, 2)
    """

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)

    def __call__(self, x: Array) -> Array:
        dim = range(x.ndim)[self.dim]
        known = math.prod([n for n in self.unflattened_size if n != -1])
        size = [x.shape[dim] // max(known, 1) if n == -1 else n for n in self.unflattened_size]
        if math.prod(size) != x.shape[dim]:
            raise ValueError(f"axis {dim} of shape {tuple(x.shape)} does not unflatten to {self.unflattened_size}")
        return array_namespace(x).reshape(x, (*x.shape[:dim], *size, *x.shape[dim + 1 :]))
