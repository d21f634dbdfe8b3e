"""Vectors for symbols."""

from __future__ import annotations

from typing import Any

import numpy

from autodiff import array_namespace, stop_gradient
from nn import init
from nn.module import Module
from nn.namespaces import Array, Namespace, namespace_or_default

__all__ = ["Embedding"]

_STANDARD_NORMAL = init.normal()


class Embedding(Module):
    """A vector for each symbol of a vocabulary, by number.

    Parameters
    ----------
    num_embeddings, embedding_dim : int
        Number of symbols, and of elements of a vector. ``weight`` has shape (num_embeddings, embedding_dim).
    padding_idx : int, optional
        A symbol whose vector starts at zero and is not trained. A negative one counts from the end.
    max_norm : float, optional
        Longer vectors are scaled to this length where they are looked up. The weight itself stays, and its gradient is
        that of the scaled vector, as in PyTorch.
    norm_type : float
        Order of the norm that is meant.
    rng : numpy.random.Generator
        Draws the weight; the same generator state gives the same weight on every namespace.
    xp : namespace, optional
        Namespace of the weight; None for ``extensor``.
    dtype : optional
        Data type of the weight; None for ``xp.float32``.
    weight_init : Initializer
        Any initializer of :mod:`nn.init`.

    Raises
    ------
    ValueError
        If `padding_idx` is not a symbol.
    TypeError
        When called with an array that is not of integers.

    Notes
    -----
    The input is an array of integers of any shape; the result has one more axis. What a number outside of the
    vocabulary gives is the namespace's affair: most raise ``IndexError``.

    Examples
    --------
    >>> import numpy
    >>> layer = Embedding(10, 3, rng=numpy.random.default_rng(0), xp=numpy)
    >>> layer(numpy.asarray([[1, 2, 4, 5], [4, 3, 2, 9]])).shape
    (2, 4, 3)
    """

    weight: Array

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        *,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        rng: numpy.random.Generator,
        xp: Namespace | None = None,
        dtype: Any = None,
        weight_init: init.Initializer = _STANDARD_NORMAL,
    ) -> None:
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(f"padding_idx must be one of {num_embeddings} symbols, got {padding_idx}")
        xp = namespace_or_default(xp)
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.max_norm, self.norm_type = max_norm, norm_type
        weight = weight_init(rng, (num_embeddings, embedding_dim), xp.float32 if dtype is None else dtype, xp)
        if padding_idx is not None:
            symbols = xp.reshape(xp.arange(num_embeddings), (-1, 1))
            weight = xp.where(symbols == self.padding_idx, xp.zeros_like(weight), weight)
        self.weight = weight

    def __call__(self, indices: Array) -> Array:
        xp = array_namespace(indices, self.weight)
        if not xp.isdtype(indices.dtype, "integral"):
            raise TypeError(f"Embedding takes an array of integers, got {indices.dtype}")
        flat = xp.reshape(indices, (-1,))
        out = xp.take(self.weight, flat, axis=0)
        if self.max_norm is not None:
            out = out + stop_gradient(self._shortening(xp, out))
        if self.padding_idx is not None:
            out = xp.where(xp.expand_dims(flat == self.padding_idx, axis=1), stop_gradient(out), out)
        return xp.reshape(out, (*indices.shape, self.weight.shape[1]))

    def _shortening(self, xp: Namespace, vectors: Array) -> Array:
        """What to add to vectors such that none is longer than allowed."""
        norm = xp.linalg.vector_norm(vectors, axis=1, keepdims=True, ord=self.norm_type)
        # PyTorch's guard against division by zero.
        scale = xp.where(norm > self.max_norm, self.max_norm / (norm + 1e-7), xp.ones_like(norm))
        return vectors * (scale - 1)
