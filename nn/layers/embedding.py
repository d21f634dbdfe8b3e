"""Vectors for symbols."""

from __future__ import annotations

import math
from typing import Any, Literal, Self, TypeAlias, get_args

import numpy

from autodiff import array_namespace, stop_gradient
from autodiff.namespaces import device_of
from nn import init
from nn.module import Module
from nn.namespaces import Array, Namespace, as_numpy, floating_dtype, index_dtype, namespace_or_default
from nn.parameter import Parameter

__all__ = ["Embedding", "EmbeddingBag"]

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
    scale_grad_by_freq : bool
        Whether the gradient of a vector is divided by how often its symbol is in the input.
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
        scale_grad_by_freq: bool = False,
        rng: numpy.random.Generator,
        xp: Namespace | None = None,
        dtype: Any = None,
        weight_init: init.Initializer = _STANDARD_NORMAL,
    ) -> None:
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(f"padding_idx must be one of {num_embeddings} symbols, got {padding_idx}")
        xp = namespace_or_default(xp)
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.max_norm, self.norm_type, self.scale_grad_by_freq = max_norm, norm_type, scale_grad_by_freq
        weight = weight_init(rng, (num_embeddings, embedding_dim), floating_dtype(xp, dtype), xp)
        if padding_idx is not None:
            symbols = xp.reshape(xp.arange(num_embeddings), (-1, 1))
            weight = xp.where(symbols == self.padding_idx, xp.zeros_like(weight), weight)
        self.weight = weight

    @classmethod
    def from_pretrained(cls, embeddings: Array, freeze: bool = True, **options: Any) -> Self:
        """The layer with these vectors, an array of shape (num_embeddings, embedding_dim), which are kept as they are.

        Parameters
        ----------
        embeddings : array
        freeze : bool
            Whether they are not trained.
        **options
            As the class takes them.

        Examples
        --------
        >>> import numpy
        >>> Embedding.from_pretrained(numpy.asarray([[1.0, 2.0], [3.0, 4.0]]))(numpy.asarray([1, 0]))
        array([[3., 4.],
               [1., 2.]])
        """
        if embeddings.ndim != 2:
            shape = tuple(embeddings.shape)
            raise ValueError(f"expected vectors of shape (num_embeddings, embedding_dim), got {shape}")
        # Nothing is drawn: the vectors are there.
        rng = numpy.random.default_rng(0)
        layer = cls(
            *embeddings.shape,
            **options,
            rng=rng,
            xp=array_namespace(embeddings),
            dtype=embeddings.dtype,
            weight_init=init.zeros(),
        )
        layer.weight = Parameter(embeddings, requires_grad=not freeze)
        return layer

    def __call__(self, indices: Array) -> Array:
        xp = array_namespace(indices, self.weight)
        if not xp.isdtype(indices.dtype, "integral"):
            raise TypeError(f"Embedding takes an array of integers, got {indices.dtype}")
        flat = xp.reshape(indices, (-1,))
        out = xp.take(self.weight, flat, axis=0)
        if self.max_norm is not None:
            out = out + stop_gradient(self._shortening(xp, out))
        if self.scale_grad_by_freq:
            share = xp.expand_dims(1 / _frequencies(flat, out.dtype), axis=1)
            out = xp.multiply(out, share) + stop_gradient(xp.multiply(out, 1 - share))
        if self.padding_idx is not None:
            out = xp.where(xp.expand_dims(flat == self.padding_idx, axis=1), stop_gradient(out), out)
        return xp.reshape(out, (*indices.shape, self.weight.shape[1]))

    def _shortening(self, xp: Namespace, vectors: Array) -> Array:
        """What to add to vectors such that none is longer than allowed."""
        norm = xp.linalg.vector_norm(vectors, axis=1, keepdims=True, ord=self.norm_type)
        # PyTorch's guard against division by zero.
        scale = xp.where(norm > self.max_norm, self.max_norm / (norm + 1e-7), xp.ones_like(norm))
        return vectors * (scale - 1)


def _frequencies(flat: Array, dtype: Any) -> Array:
    """How often each of these numbers is among them."""
    xp = array_namespace(flat)
    ordered = xp.sort(flat)
    ends, starts = (xp.searchsorted(ordered, flat, side=side) for side in ("right", "left"))
    return xp.astype(ends - starts, dtype)


Mode: TypeAlias = Literal["mean", "sum", "max"]


class EmbeddingBag(Embedding):
    """The sum, the mean or the largest elements of the vectors of several symbols, a bag.

    Parameters
    ----------
    num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, rng, xp, dtype, weight_init
        As :class:`Embedding` takes them. What is `padding_idx` is in no bag.
    mode : {"mean", "sum", "max"}
        What becomes of the vectors of a bag; of an empty one it is zeros.
    include_last_offset : bool
        Whether the last of the offsets is where the last bag ends.

    Raises
    ------
    ValueError
        If there is no such mode; when called, if shapes do not fit.
    TypeError
        When called with an array that is not of integers.

    Notes
    -----
    ``layer(indices, offsets=None, per_sample_weights=None)`` takes integers of shape (bags, length); or of shape
    (length,), with the offsets at which bags begin, an array or a list that starts with 0. Each symbol may have a
    weight, by which its vector is multiplied, for the mode "sum". The result has shape (bags, embedding_dim).

    Examples
    --------
    >>> import numpy
    >>> layer = EmbeddingBag.from_pretrained(numpy.asarray([[1.0, 2.0], [3.0, 4.0]]), mode="sum")
    >>> layer(numpy.asarray([0, 1, 1, 1]), [0, 1])
    array([[ 1.,  2.],
           [ 9., 12.]])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        *,
        mode: Mode = "mean",
        include_last_offset: bool = False,
        **options: Any,
    ) -> None:
        if mode not in get_args(Mode):
            raise ValueError(f"mode must be one of {', '.join(get_args(Mode))}, got {mode!r}")
        self.mode, self.include_last_offset = mode, include_last_offset
        super().__init__(num_embeddings, embedding_dim, **options)

    def __call__(self, indices: Array, offsets: Any = None, per_sample_weights: Array | None = None) -> Array:
        if indices.ndim not in (1, 2) or (indices.ndim == 1) != (offsets is not None):
            raise ValueError(
                f"EmbeddingBag takes indices of shape (bags, length), or (length,) with offsets, got shape "
                f"{tuple(indices.shape)} {'without' if offsets is None else 'with'} offsets"
            )
        if per_sample_weights is not None and (
            self.mode != "sum" or tuple(per_sample_weights.shape) != tuple(indices.shape)
        ):
            raise ValueError(
                "per_sample_weights are for the mode 'sum' and of the shape of the indices, "
                f"{tuple(indices.shape)}, got shape {tuple(per_sample_weights.shape)} and mode {self.mode!r}"
            )
        xp = array_namespace(indices, self.weight, per_sample_weights)
        vectors = super().__call__(indices)
        if per_sample_weights is not None:
            vectors = xp.multiply(vectors, xp.expand_dims(per_sample_weights, axis=-1))
        counted = indices == (-1 if self.padding_idx is None else self.padding_idx)
        counted = xp.logical_not(counted)
        if offsets is not None:
            places, inside = self._bags(offsets, indices.shape[0])
            flat = xp.asarray(places.reshape(-1), dtype=index_dtype(xp), device=device_of(indices))
            vectors = xp.reshape(xp.take(vectors, flat, axis=0), (*places.shape, vectors.shape[-1]))
            counted = xp.reshape(xp.take(counted, flat, axis=0), places.shape)
            counted = xp.logical_and(counted, xp.asarray(inside, device=device_of(indices)))
        return self._reduced(xp, vectors, xp.expand_dims(counted, axis=-1))

    def _bags(self, offsets: Any, length: int) -> tuple[numpy.ndarray[Any, Any], numpy.ndarray[Any, Any]]:
        """For each bag the places of its symbols, and which of them there are, as arrays of shape (bags, longest)."""
        starts = numpy.asarray(as_numpy(offsets), dtype=int)
        stops = numpy.append(starts[1:], [] if self.include_last_offset else [length]).astype(int)
        starts = starts[: stops.shape[0]]
        if starts[:1].any() or (stops < starts).any() or stops[-1:].max(initial=0) > length:
            raise ValueError(f"offsets must start with 0, not decrease and be at most {length}, got {offsets}")
        places = starts[:, None] + numpy.arange((stops - starts).max(initial=0))
        return numpy.minimum(places, max(length - 1, 0)), places < stops[:, None]

    def _reduced(self, xp: Namespace, vectors: Array, counted: Array) -> Array:
        if 0 in vectors.shape:
            return xp.sum(vectors, axis=-2)
        number = xp.sum(xp.astype(counted, vectors.dtype), axis=-2)
        if self.mode == "max":
            largest = xp.max(xp.where(counted, vectors, -math.inf), axis=-2)
            return xp.where(number == 0, 0.0, largest)
        total = xp.sum(xp.where(counted, vectors, 0.0), axis=-2)
        return total if self.mode == "sum" else total / xp.where(number == 0, 1.0, number)
