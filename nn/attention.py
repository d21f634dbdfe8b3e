"""Attention: each query takes a weighted mean of values, the weights being those of the keys that it resembles.

Arrays end in axes (positions, features); any axes before these are batches, the last of them the heads, if there are
several. ``L`` stands for the number of queries, ``S`` for that of keys and values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

import numpy

from autodiff import array_namespace, primitive
from autodiff.batching.kinds import elementwise
from autodiff.namespaces import device_of
from nn.activations import ReadsResult, softmax_derivative
from nn.dropouts import dropout
from nn.namespaces import Array, Namespace, is_floating, namespace_or_default

__all__ = ["alibi_bias", "rotary_embedding", "scaled_dot_product_attention"]


def _weights(xp: Namespace, scores: Array) -> Array:
    largest = xp.max(scores, axis=-1, keepdims=True)
    weights = xp.exp(scores - xp.where(largest == -math.inf, 0.0, largest))
    total = xp.sum(weights, axis=-1, keepdims=True)
    return weights / xp.where(total == 0, 1.0, total)


def _torch_weights(scores: Array) -> Array:
    weights = import_module("torch").softmax(scores, -1)
    return weights.masked_fill_(scores.amax(-1, keepdim=True) == -math.inf, 0.0)


masked_softmax = primitive(
    ReadsResult("masked_softmax", softmax_derivative, softmax_derivative),
    {"torch": _torch_weights},
    definition=_weights,
    batching=elementwise,
)
"""Softmax of each row of scores, which reads its result alone on the way back; zeros where all scores are -inf."""


def additive_mask(mask: Array, dtype: object, *, taken: bool) -> Array:
    """What a mask adds to scores: itself, if of numbers; 0 where one of bools is `taken`, otherwise -inf.

    Raises
    ------
    TypeError
        If the mask is neither of bools nor of floating-point numbers.
    """
    xp = array_namespace(mask)
    if is_floating(mask):
        return xp.astype(mask, dtype, copy=False)
    if not xp.isdtype(mask.dtype, "bool"):
        raise TypeError(
            f"a mask is of bools, or of floating-point numbers that are added to the scores, got {mask.dtype}; "
            "convert it first, as in mask != 0"
        )
    still, cut = (xp.asarray(x, dtype=dtype, device=device_of(mask)) for x in (0.0, -math.inf))
    return xp.where(mask, still, cut) if taken else xp.where(mask, cut, still)


def causal_mask(shape: tuple[int, ...], offset: int, *, like: Array) -> Array:
    """What to add to scores of that shape such that no query takes a later key into account."""
    xp = array_namespace(like)
    later = xp.full(shape, -math.inf, dtype=like.dtype, device=device_of(like))
    return xp.triu(later, k=offset + 1)


def attend(
    query: Array,
    key: Array,
    value: Array,
    *,
    mask: Array | None = None,
    is_causal: bool = False,
    offset: int = 0,
    scale: float | None = None,
    drop: Callable[[Array], Array] | None = None,
) -> tuple[Array, Array]:
    """What :func:`scaled_dot_product_attention` returns, and the weights, of shape (..., L, S).

    Heads may be grouped. Beyond that function, causal attention takes an `offset`, the position of the first query
    among the keys, and `drop` is a function of the weights.
    """
    xp = array_namespace(query, key, value, mask)
    dtype = xp.result_type(query, key, value)
    # Scores of half precision overflow, and their sums have few digits.
    wide = xp.float32 if xp.finfo(dtype).bits < 32 else dtype
    query, key, value = (_cast(xp, x, wide) for x in (query, key, value))
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = _by_groups(xp, query * scale, xp.matrix_transpose(key))
    if is_causal:
        scores = scores + causal_mask(scores.shape[-2:], offset, like=query)
    if mask is not None:
        scores = xp.add(scores, additive_mask(mask, wide, taken=True))
    weights = masked_softmax(scores) if scores.shape[-1] else scores
    out = _by_groups(xp, weights if drop is None else drop(weights), value)
    return _cast(xp, out, dtype), _cast(xp, weights, dtype)


def _cast(xp: Namespace, x: Array, dtype: object) -> Array:
    return x if x.dtype == dtype else xp.astype(x, dtype)


def _by_groups(xp: Namespace, x1: Array, x2: Array) -> Array:
    """Product of matrices, one of `x2` for as many consecutive ones of `x1` as there are more of these."""
    heads, groups = (x.shape[-3] if x.ndim > 2 else 1 for x in (x1, x2))
    if not heads > groups > 1:
        return xp.matmul(x1, x2)
    *batch, _, rows, columns = x1.shape
    product = xp.matmul(xp.reshape(x1, (*batch, groups, heads // groups * rows, columns)), x2)
    return xp.reshape(product, (*product.shape[:-3], heads, rows, x2.shape[-1]))


def scaled_dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    *,
    mask: Array | None = None,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
    dropout_p: float = 0.0,
    rng: numpy.random.Generator | None = None,
) -> Array:
    """Mean of the values for each query, weighted by ``softmax(query @ key.T * scale)``.

    Parameters
    ----------
    query : array
        Shape (..., L, E), of a real floating-point data type.
    key : array
        Shape (..., S, E).
    value : array
        Shape (..., S, Ev). Leading axes of all three are broadcast.
    mask : array, optional
        What broadcasts to (..., L, S): of bools, True where the query takes the key into account; or of floating-point
        numbers, which are added to the scores, so that -inf leaves the key out.
    is_causal : bool
        Whether query i takes the keys up to i only into account, beside what the mask leaves.
    scale : float, optional
        By default ``1 / sqrt(E)``.
    enable_gqa : bool
        Whether keys and values may have fewer heads, on axis -3, than queries: each serves as many consecutive heads
        of the queries as there are more of these.
    dropout_p : float
        Probability with which a weight is replaced by zero, the others being scaled up to keep the mean.
    rng : numpy.random.Generator, optional
        Draws the weights that are dropped; needed if there are any.

    Returns
    -------
    array
        Shape (..., L, Ev). It is zero for a query for which no key is left.

    Raises
    ------
    TypeError
        If the mask is of integers.
    ValueError
        If shapes do not fit, or `rng` is missing.

    Notes
    -----
    Half precision is computed in single precision. PyTorch's function has the same arguments; its mask is called
    ``attn_mask``, and it refuses to combine it with `is_causal`.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017, equation 1. J. Ainslie et al., "GQA: Training
    generalized multi-query transformer models from multi-head checkpoints", EMNLP 2023, for the grouped heads.

    Examples
    --------
    >>> import numpy
    >>> value = numpy.asarray([[1.0], [3.0], [8.0]])
    >>> scaled_dot_product_attention(numpy.zeros((3, 2)), numpy.zeros((3, 2)), value, is_causal=True)
    array([[1.],
           [2.],
           [4.]])
    """
    _check(query, key, value, mask, enable_gqa=enable_gqa)
    drop = None
    if dropout_p:
        if rng is None:
            raise ValueError(f"dropout_p={dropout_p} needs an rng, as in rng=numpy.random.default_rng(0)")
        drop = partial(dropout, p=dropout_p, rng=rng)
    return attend(query, key, value, mask=mask, is_causal=is_causal, scale=scale, drop=drop)[0]


def _check(query: Array, key: Array, value: Array, mask: Array | None, *, enable_gqa: bool) -> None:
    q, k, v = shapes = [tuple(x.shape) for x in (query, key, value)]
    if min(map(len, shapes)) < 2 or q[-1] != k[-1] or k[-2] != v[-2]:
        raise ValueError(f"attention takes shapes (..., L, E), (..., S, E) and (..., S, Ev), got {q}, {k} and {v}")
    heads, groups = (shape[-3] if len(shape) > 2 else 1 for shape in (q, k))
    if enable_gqa and groups and heads % groups == 0 and k[-3:-2] == v[-3:-2]:
        k, v = (shape if len(shape) < 3 else (*shape[:-3], heads, *shape[-2:]) for shape in (k, v))
    try:
        batch = numpy.broadcast_shapes(q[:-2], k[:-2], v[:-2])
    except ValueError:
        hint = "" if enable_gqa else "; enable_gqa=True lets several heads of queries share one of keys and values"
        raise ValueError(f"leading axes of {q}, {k} and {v} do not broadcast{hint}") from None
    scores = (*batch, q[-2], k[-2])
    if mask is not None and not _broadcasts(tuple(mask.shape), scores):
        raise ValueError(f"a mask must broadcast to (..., L, S), which is {scores}, got shape {tuple(mask.shape)}")


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    padded = (1,) * (len(to) - len(shape)) + shape
    return len(padded) == len(to) and all(n in (1, m) for n, m in zip(padded, to, strict=True))


def frequencies(dim: int, base: float) -> numpy.ndarray[Any, Any]:
    """Angles by which pairs of `dim` features turn from one position to the next: ``base ** (-2 * i / dim)``."""
    return base ** (-numpy.arange(0, dim, 2) / dim)


def alibi_bias(
    num_heads: int,
    queries: int,
    keys: int | None = None,
    *,
    offset: int = 0,
    xp: Namespace | None = None,
    dtype: Any = None,
) -> Array:
    """What attention with linear biases adds to scores: the distance of query and key, times a slope for each head.

    It takes the place of an encoding of positions, also for texts longer than those trained on. Pass it as a mask, to
    :func:`scaled_dot_product_attention` or as ``attn_mask`` of :class:`nn.MultiHeadAttention`.

    Parameters
    ----------
    num_heads : int
    queries, keys : int
        How many there are, by default as many keys as queries.
    offset : int
        Position of the first query among the keys.
    xp : namespace, optional
        Namespace of the result; None for ``extensor``.
    dtype : optional
        Data type of the result; None for ``xp.float32``.

    Returns
    -------
    array
        Shape (num_heads, queries, keys), ``-slope * abs(position of the query - position of the key)``.

    References
    ----------
    O. Press, N. A. Smith, M. Lewis, "Train short, test long: attention with linear biases enables input length
    extrapolation", ICLR 2022, section 3.

    Examples
    --------
    >>> import numpy
    >>> alibi_bias(8, 2, xp=numpy)[0]
    array([[-0. , -0.5],
           [-0.5, -0. ]], dtype=float32)
    """
    if num_heads < 1:
        raise ValueError(f"num_heads must be positive, got {num_heads}")
    xp = namespace_or_default(xp)
    distances = abs(numpy.arange(offset, offset + queries)[:, None] - numpy.arange(queries if keys is None else keys))
    biases = -_slopes(num_heads)[:, None, None] * distances
    return xp.asarray(biases, dtype=xp.float32 if dtype is None else dtype)


def _slopes(num_heads: int) -> numpy.ndarray[Any, Any]:
    """A geometric sequence; where heads are no power of two, those of the next lower one, then every other of twice as
    many, as in the paper's code.
    """
    whole = 2 ** math.floor(math.log2(num_heads))
    slopes: numpy.ndarray[Any, Any] = 2.0 ** (-8 / whole * numpy.arange(1, whole + 1))
    if whole == num_heads:
        return slopes
    return numpy.concatenate([slopes, _slopes(2 * whole)[::2][: num_heads - whole]])


def rotary_embedding(x: Array, *, base: float = 10000.0, interleaved: bool = False, offset: int = 0) -> Array:
    """Turn pairs of features by angles that grow with the position, so that products of two depend on their distance.

    Parameters
    ----------
    x : array
        Queries or keys, shape (..., L, E), of an even number of features.
    base : float
        Pair i turns by ``base ** (-2 * i / E)`` from one position to the next.
    interleaved : bool
        Which features are a pair: 2 * i and 2 * i + 1, as in the paper and GPT-J; or i and i + E / 2, as in GPT-NeoX
        and Llama. Weights that were trained with one do not serve the other.
    offset : int
        Position of the first.

    Returns
    -------
    array
        Of the shape and data type of `x`.

    Raises
    ------
    ValueError
        If the number of features is odd.

    References
    ----------
    J. Su et al., "RoFormer: Enhanced transformer with rotary position embedding", 2021, equation 34.

    Examples
    --------
    >>> import numpy
    >>> rotary_embedding(numpy.asarray([[1.0, 0.0], [1.0, 0.0]])).round(3)
    array([[1.   , 0.   ],
           [0.54 , 0.841]])
    """
    xp = array_namespace(x)
    *_, length, dim = x.shape
    if dim % 2:
        raise ValueError(f"a rotary embedding turns pairs of features, got {dim} in an array of shape {tuple(x.shape)}")
    angles = numpy.arange(offset, offset + length)[:, None] * frequencies(dim, base)
    cos, sin = (xp.asarray(f(angles), dtype=x.dtype, device=device_of(x)) for f in (numpy.cos, numpy.sin))
    axis, pairs = (-1, (dim // 2, 2)) if interleaved else (-2, (2, dim // 2))
    first, second = xp.unstack(xp.reshape(x, (*x.shape[:-1], *pairs)), axis=axis)
    turned = xp.stack([first * cos - second * sin, first * sin + second * cos], axis=axis)
    return xp.reshape(turned, x.shape)
