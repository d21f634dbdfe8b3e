"""Encodings of positions, without which attention does not know the order of a sequence."""

from __future__ import annotations

from typing import Any

import numpy

from autodiff import array_namespace
from nn import init
from nn.attention import frequencies, rotary_embedding
from nn.layers.function import layer_of
from nn.module import Module
from nn.namespaces import Array, Namespace, floating_dtype, namespace_or_default
from nn.parameter import Buffer

__all__ = ["LearnedPositionalEncoding", "RotaryEmbedding", "SinusoidalPositionalEncoding"]

RotaryEmbedding = layer_of("RotaryEmbedding", rotary_embedding, __name__, per_call=("offset",))


class _Encoding(Module):
    """Adds a row of a table to each position."""

    weight: Array

    def _set(self, weight: Any, batch_first: bool) -> None:
        self.weight = weight
        self.batch_first = batch_first

    def __call__(self, x: Array, *, offset: int = 0) -> Array:
        axis = x.ndim - 2 if self.batch_first else 0
        most, dim = self.weight.shape
        if x.ndim < 2 or x.shape[-1] != dim or offset + x.shape[axis] > most:
            raise ValueError(
                f"{type(self).__name__} is for up to {most} positions of {dim} features, got shape {tuple(x.shape)} "
                f"with batch_first={self.batch_first} and offset={offset}"
            )
        xp = array_namespace(x, self.weight)
        rows = self.weight[offset : offset + x.shape[axis], :]
        between = (1,) * (x.ndim - 2 - axis)
        return xp.add(x, xp.reshape(rows, (rows.shape[0], *between, dim)))


class SinusoidalPositionalEncoding(_Encoding):
    """Add sines and cosines of positions, with wavelengths from ``2 * pi`` to nearly ``2 * pi * base``.

    Parameters
    ----------
    max_length
        Number of positions.
    embed_dim
        Number of features.
    base
        Feature 2 * i is ``sin(position / base ** (2 * i / embed_dim))``, feature 2 * i + 1 the cosine.
    batch_first
        Whether the input is of shape (batch, positions, features), or (positions, batch, features).
    xp
        Namespace of the table; None for ``extensor``.
    dtype
        Data type of the table; None for ``xp.float32``.

    Notes
    -----
    The call takes ``offset``, the position of the first. The table is no part of the state dict.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017, section 3.5.

    Examples
    --------
    >>> import numpy
    >>> layer = SinusoidalPositionalEncoding(10, 4, batch_first=True, xp=numpy)
    >>> layer(numpy.zeros((1, 2, 4))).round(3)
    array([[[0.   , 1.   , 0.   , 1.   ],
            [0.841, 0.54 , 0.01 , 1.   ]]])
    """

    def __init__(
        self,
        max_length: int,
        embed_dim: int,
        *,
        base: float = 10000.0,
        batch_first: bool = False,
        xp: Namespace | None = None,
        dtype: Any = None,
    ) -> None:
        xp = namespace_or_default(xp)
        angles = numpy.arange(max_length)[:, None] * frequencies(embed_dim, base)
        table = numpy.stack([numpy.sin(angles), numpy.cos(angles)], axis=-1)
        table = numpy.reshape(table, (max_length, 2 * angles.shape[1]))[:, :embed_dim]
        dtype = floating_dtype(xp, dtype)
        self._set(Buffer(xp.asarray(table, dtype=dtype, copy=True), persistent=False), batch_first)


class LearnedPositionalEncoding(_Encoding):
    """Add a vector that is learned for each position.

    Parameters
    ----------
    max_length
        Number of positions. ``weight`` has shape (max_length, embed_dim).
    embed_dim
        Number of features.
    batch_first
        Whether the input is of shape (batch, positions, features), or (positions, batch, features).
    rng
        Draws the weight.
    xp
        Namespace of the parameters; None for ``extensor``.
    dtype
        Data type of the parameters; None for ``xp.float32``.
    weight_init
        Any initializer of :mod:`nn.init`; by default normal with a standard deviation of 0.02.

    Notes
    -----
    The call takes ``offset``, the position of the first.

    References
    ----------
    A. Radford et al., "Language models are unsupervised multitask learners", 2019 (GPT-2), for the standard deviation.

    Examples
    --------
    >>> import numpy
    >>> layer = LearnedPositionalEncoding(10, 4, batch_first=True, rng=numpy.random.default_rng(0), xp=numpy)
    >>> layer(numpy.ones((3, 7, 4))).shape
    (3, 7, 4)
    """

    def __init__(
        self,
        max_length: int,
        embed_dim: int,
        *,
        batch_first: bool = False,
        rng: numpy.random.Generator,
        xp: Namespace | None = None,
        dtype: Any = None,
        weight_init: init.Initializer | None = None,
    ) -> None:
        xp = namespace_or_default(xp)
        dtype = floating_dtype(xp, dtype)
        self._set((weight_init or init.normal(0.02))(rng, (max_length, embed_dim), dtype, xp), batch_first)
