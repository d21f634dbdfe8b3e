"""Attention with several heads."""

from __future__ import annotations

import math
from typing import Any

import numpy

from autodiff import array_namespace
from autodiff.namespaces import device_of
from nn import init
from nn.attention import additive_mask, attend, causal_mask
from nn.layers.dropout import Dropout
from nn.layers.linear import Linear, linear
from nn.module import Module
from nn.namespaces import Array, Namespace, floating_dtype, namespace_or_default
from nn.padding import pad

__all__ = ["KeyValueCache", "MultiHeadAttention", "MultiheadAttention"]

_XAVIER_UNIFORM = init.xavier_uniform()


class KeyValueCache:
    """Keys and values of the positions that an attention layer has seen, so that text is generated one step at a time.

    It is changed in place: each call of the layer with it takes the next positions.

    Examples
    --------
    >>> import numpy
    >>> attention = MultiHeadAttention(4, 2, batch_first=True, rng=numpy.random.default_rng(0), xp=numpy)
    >>> cache, x = KeyValueCache(), numpy.ones((1, 3, 4), dtype=numpy.float32)
    >>> for i in range(3):
    ...     out, _ = attention(x[:, i : i + 1, :], is_causal=True, cache=cache)
    >>> cache.length
    3
    """

    def __init__(self) -> None:
        self.key: Array | None = None
        self.value: Array | None = None

    @property
    def length(self) -> int:
        """How many positions it holds."""
        return 0 if self.key is None else self.key.shape[-2]

    def extend(self, key: Array, value: Array) -> tuple[Array, Array]:
        """Take further keys and values, of shape (..., positions, features), and return all."""
        if self.key is not None:
            xp = array_namespace(self.key, key)
            key, value = xp.concat([self.key, key], axis=-2), xp.concat([self.value, value], axis=-2)
        self.key, self.value = key, value
        return key, value


class MultiHeadAttention(Module):
    """Several attentions side by side, each on projections of its own, and a projection of what they find.

    Parameters
    ----------
    embed_dim
        Number of features of the queries and of the result.
    num_heads
        Number of heads, each of ``embed_dim / num_heads`` features.
    num_kv_heads
        Number of heads of keys and values, each of which serves as many heads of queries; by default `num_heads`.
    dropout
        Probability with which a weight is dropped in training.
    bias
        Whether the projections have biases; they start at zero.
    add_bias_kv
        Whether one more key and value, which are learned, follow those of each sequence: ``bias_k`` and ``bias_v``.
    add_zero_attn
        Whether one more key and value of zeros follow them.
    kdim, vdim
        Number of features of keys and values, by default `embed_dim`.
    batch_first
        Whether arrays are of shape (batch, positions, features), or (positions, batch, features) as by PyTorch's
        default.
    rotary
        A :class:`nn.RotaryEmbedding`, which turns queries and keys by their positions, in the place of an encoding that
        is added to the input.
    rng
        Draws the weights, and those weights of the attention that are dropped.
    xp
        Namespace of the parameters; None for ``extensor``.
    dtype
        Data type of the parameters; None for ``xp.float32``.
    weight_init
        Any initializer of :mod:`nn.init`.

    Raises
    ------
    ValueError
        If `num_heads` does not divide `embed_dim`, or `num_kv_heads` does not divide `num_heads`.

    Notes
    -----
    It is called as PyTorch's ``MultiheadAttention``, which is another name of it: ``layer(query, key, value)``, or
    ``layer(x)`` for attention of a sequence to itself, returns the result and the weights, or None unless
    `need_weights`. Arrays without a batch axis are taken, too. Options of the call are

    - ``key_padding_mask``, of shape (batch, S): keys that no query takes into account;
    - ``attn_mask``, of shape (L, S), (heads, L, S) or (batch * heads, L, S): keys that a query leaves out. Either mask
      is of bools that are True for what is *left out*, the opposite of :func:`scaled_dot_product_attention`, or of
      numbers that are added to the scores;
    - ``is_causal``: whether a query takes only keys up to its own position into account;
    - ``need_weights`` and ``average_attn_weights``: whether to return weights, of shape (batch, L, S) averaged over the
      heads or (batch, heads, L, S);
    - ``cache``, a :class:`KeyValueCache`, to whose keys and values those of the call are appended.

    The parameters are those of PyTorch: ``in_proj_weight`` has the projections of queries, keys and values one below
    the other. With grouped heads those of keys and values are smaller. If keys or values have a number of features of
    their own there is ``q_proj_weight``, ``k_proj_weight`` and ``v_proj_weight`` instead.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017, section 3.2.2.

    Examples
    --------
    >>> layer = MultiHeadAttention(8, 2, batch_first=True, rng=numpy.random.default_rng(0), xp=numpy)
    >>> out, weights = layer(numpy.ones((3, 5, 8)), is_causal=True)
    >>> out.shape, weights.shape
    ((3, 5, 8), (3, 5, 5))
    >>> list(layer.state_dict())
    ['in_proj_weight', 'in_proj_bias', 'out_proj.weight', 'out_proj.bias']
    """

    in_proj_weight: Array
    q_proj_weight: Array
    k_proj_weight: Array
    v_proj_weight: Array
    in_proj_bias: Array | None
    bias_k: Array | None
    bias_v: Array | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        *,
        num_kv_heads: int | None = None,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        rotary: Module | None = None,
        rng: numpy.random.Generator,
        xp: Namespace | None = None,
        dtype: Any = None,
        weight_init: init.Initializer = _XAVIER_UNIFORM,
    ) -> None:
        num_kv_heads = num_heads if num_kv_heads is None else num_kv_heads
        if num_heads < 1 or embed_dim % num_heads:
            raise ValueError(f"num_heads must divide embed_dim, got num_heads={num_heads}, embed_dim={embed_dim}")
        if num_kv_heads < 1 or num_heads % num_kv_heads:
            raise ValueError(
                f"num_kv_heads must divide num_heads, got num_kv_heads={num_kv_heads}, num_heads={num_heads}"
            )
        xp = namespace_or_default(xp)
        dtype = floating_dtype(xp, dtype)
        self.embed_dim, self.num_heads, self.num_kv_heads = embed_dim, num_heads, num_kv_heads
        self.batch_first = batch_first
        self.kdim, self.vdim = (embed_dim if dim is None else dim for dim in (kdim, vdim))
        kv_dim = embed_dim // num_heads * num_kv_heads
        self.packed = self.kdim == self.vdim == embed_dim
        if self.packed:
            self.in_proj_weight = weight_init(rng, (embed_dim + 2 * kv_dim, embed_dim), dtype, xp)
        else:
            self.q_proj_weight = weight_init(rng, (embed_dim, embed_dim), dtype, xp)
            self.k_proj_weight = weight_init(rng, (kv_dim, self.kdim), dtype, xp)
            self.v_proj_weight = weight_init(rng, (kv_dim, self.vdim), dtype, xp)
        self.in_proj_bias = xp.zeros((embed_dim + 2 * kv_dim,), dtype=dtype) if bias else None
        self.bias_k = weight_init(rng, (1, 1, kv_dim), dtype, xp) if add_bias_kv else None
        self.bias_v = weight_init(rng, (1, 1, kv_dim), dtype, xp) if add_bias_kv else None
        self.add_zero_attn = add_zero_attn
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, rng=rng, xp=xp, dtype=dtype, weight_init=weight_init)
        self.dropout = Dropout(dropout, rng=rng)
        self.rotary = rotary

    def __call__(
        self,
        query: Array,
        key: Array | None = None,
        value: Array | None = None,
        *,
        key_padding_mask: Array | None = None,
        need_weights: bool = True,
        attn_mask: Array | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
        cache: KeyValueCache | None = None,
    ) -> tuple[Array, Array | None]:
        key = query if key is None else key
        value = key if value is None else value
        self._check(query, key, value)
        q, k, v = (self._heads(*parts) for parts in zip((query, key, value), *self._projections(), strict=True))
        offset = 0 if cache is None else cache.length
        if self.rotary is not None:
            q, k = (self.rotary(x, offset=offset) for x in (q, k))
        if cache is not None:
            k, v = cache.extend(k, v)
        mask = _mask((*q.shape[:-1], k.shape[-2]), q.dtype, attn_mask, key_padding_mask)
        if more := [self.bias_k is not None, self.add_zero_attn].count(True):
            if is_causal:
                # The keys that follow the sequence are not later ones.
                causal = causal_mask((q.shape[-2], k.shape[-2]), offset, like=q)
                mask = causal if mask is None else array_namespace(mask, causal).add(mask, causal)
                is_causal = False
            k, v = self._followed(k, self.bias_k), self._followed(v, self.bias_v)
            mask = None if mask is None else pad(mask, (0, more))
        out, weights = attend(q, k, v, mask=mask, is_causal=is_causal, offset=offset, drop=self.dropout)
        xp = array_namespace(out)
        out = _swapped(xp, out)
        out = self._batch_moved(self.out_proj(xp.reshape(out, (*out.shape[:-2], self.embed_dim))))
        if not need_weights:
            return out, None
        return out, xp.mean(weights, axis=-3) if average_attn_weights else weights

    def _check(self, *arrays: Array) -> None:
        expected = [self.embed_dim, self.kdim, self.vdim]
        if [x.shape[-1] for x in arrays] != expected or {x.ndim for x in arrays} not in ({2}, {3}):
            shapes = ", ".join(str(tuple(x.shape)) for x in arrays)
            layout = "(batch, positions, features)" if self.batch_first else "(positions, batch, features)"
            raise ValueError(
                f"query, key and value must be of shape {layout} or (positions, features), with {expected} features, "
                f"got {shapes}"
            )

    def _projections(self) -> tuple[list[Array], list[Array | None]]:
        """Weights and biases for queries, keys and values."""
        kv_dim = self.embed_dim // self.num_heads * self.num_kv_heads
        stops = (self.embed_dim, self.embed_dim + kv_dim, self.embed_dim + 2 * kv_dim)
        parts = [slice(start, stop) for start, stop in zip((0, *stops), stops, strict=False)]
        if self.packed:
            weights = [self.in_proj_weight[part, :] for part in parts]
        else:
            weights = [self.q_proj_weight, self.k_proj_weight, self.v_proj_weight]
        return weights, [None if self.in_proj_bias is None else self.in_proj_bias[part] for part in parts]

    def _heads(self, x: Array, weight: Array, bias: Array | None) -> Array:
        """A projection, of shape (batch, heads, positions, features of a head)."""
        x = self._batch_moved(linear(x, weight, bias))
        xp = array_namespace(x)
        return _swapped(xp, xp.reshape(x, (*x.shape[:-1], -1, self.embed_dim // self.num_heads)))

    def _followed(self, x: Array, bias: Array | None) -> Array:
        """Keys or values, and those that follow each sequence."""
        xp = array_namespace(x, bias)
        parts = [x]
        shape = (*x.shape[:-2], 1, x.shape[-1])
        if bias is not None:
            parts.append(xp.broadcast_to(xp.reshape(bias, (x.shape[-3], 1, x.shape[-1])), shape))
        if self.add_zero_attn:
            parts.append(xp.zeros(shape, dtype=x.dtype, device=device_of(x)))
        return xp.concat(parts, axis=-2)

    def _batch_moved(self, x: Array) -> Array:
        """The batch axis as the first one, or back to where it comes from."""
        return x if self.batch_first or x.ndim < 3 else array_namespace(x).permute_dims(x, (1, 0, 2))


def _swapped(xp: Namespace, x: Array) -> Array:
    """The axes of positions and of heads the other way round."""
    return xp.permute_dims(x, (*range(x.ndim - 3), x.ndim - 2, x.ndim - 3, x.ndim - 1))


def _mask(shape: tuple[int, ...], dtype: Any, attn_mask: Array | None, key_padding_mask: Array | None) -> Array | None:
    """What both masks of PyTorch's kind add to scores of shape (batch, heads, L, S), or without the batch."""
    *batch, heads, queries, keys = shape
    added = None
    if attn_mask is not None:
        shapes = [(queries, keys), (heads, queries, keys), (math.prod(batch) * heads, queries, keys)]
        _check_mask("attn_mask", attn_mask, shapes)
        xp = array_namespace(attn_mask)
        leading = () if attn_mask.ndim == 2 else (heads,) if attn_mask.shape[0] == heads else (*batch, heads)
        added = xp.reshape(additive_mask(attn_mask, dtype, taken=False), (*leading, queries, keys))
    if key_padding_mask is not None:
        _check_mask("key_padding_mask", key_padding_mask, [(*batch, keys)])
        padding = additive_mask(key_padding_mask, dtype, taken=False)[..., None, None, :]
        added = padding if added is None else added + padding
    return added


def _check_mask(name: str, mask: Array, shapes: list[tuple[int, ...]]) -> None:
    if tuple(mask.shape) not in shapes:
        expected = " or ".join(map(str, dict.fromkeys(shapes)))
        raise ValueError(f"{name} must be of shape {expected}, got {tuple(mask.shape)}")


MultiheadAttention = MultiHeadAttention
