"""Transformers: layers of attention and feed-forward networks, each added to its input."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy

from autodiff import array_namespace
from nn import init
from nn.activations import gelu, relu
from nn.layers.attention import KeyValueCache, MultiHeadAttention
from nn.layers.dropout import Dropout
from nn.layers.linear import Linear
from nn.layers.normalization import LayerNorm
from nn.module import Module
from nn.namespaces import Array, Namespace, namespace_or_default

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]

_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {"gelu": gelu, "relu": relu}

_XAVIER_UNIFORM = init.xavier_uniform()


class _Layer(Module):
    """What both kinds of layers share: the parts, of which the last is the feed-forward network, and their sum."""

    attentions: ClassVar[tuple[str, ...]]

    self_attn: MultiHeadAttention
    multihead_attn: MultiHeadAttention

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        *,
        dropout: float = 0.1,
        activation: str | Callable[[Array], Array] = "relu",
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        num_kv_heads: int | None = None,
        rotary: Module | None = None,
        rng: numpy.random.Generator,
        xp: Namespace | None = None,
        dtype: Any = None,
        weight_init: init.Initializer = _XAVIER_UNIFORM,
    ) -> None:
        if isinstance(activation, str) and activation not in _ACTIVATIONS:
            raise ValueError(f"activation must be one of {', '.join(_ACTIVATIONS)} or a function, got {activation!r}")
        self.activation = _ACTIVATIONS[activation] if isinstance(activation, str) else activation
        self.norm_first = norm_first
        made: dict[str, Any] = {"bias": bias, "xp": xp, "dtype": dtype}
        drawn: dict[str, Any] = {**made, "rng": rng, "weight_init": weight_init}
        for name in self.attentions:
            attention = MultiHeadAttention(
                d_model, nhead, num_kv_heads=num_kv_heads, dropout=dropout, batch_first=batch_first, **drawn
            )
            setattr(self, name, attention)
        self.self_attn.rotary = rotary
        self.linear1 = Linear(d_model, dim_feedforward, **drawn)
        self.dropout = Dropout(dropout, rng=rng)
        self.linear2 = Linear(dim_feedforward, d_model, **drawn)
        for i in range(1, len(self.attentions) + 2):
            setattr(self, f"norm{i}", LayerNorm(d_model, eps=layer_norm_eps, **made))
            setattr(self, f"dropout{i}", Dropout(dropout, rng=rng))

    def _added(self, i: int, part: Callable[[Array], Array], x: Array) -> Array:
        norm, dropout = getattr(self, f"norm{i}"), getattr(self, f"dropout{i}")
        out = dropout(part(norm(x) if self.norm_first else x))
        total = array_namespace(x, out).add(x, out)
        return total if self.norm_first else norm(total)

    def _feed_forward(self, x: Array) -> Array:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Attention of a sequence to itself and a feed-forward network, each added to its input and normalized.

    Parameters
    ----------
    d_model
        Number of features.
    nhead
        Number of heads of the attention.
    dim_feedforward
        Number of hidden units of the feed-forward network.
    dropout
        Probability with which weights of the attention, hidden units and results of the parts are dropped.
    activation
        Of the hidden units: "relu", "gelu", or a function.
    layer_norm_eps
        Added to the variances.
    batch_first
        Whether arrays are of shape (batch, positions, features), or (positions, batch, features) as by PyTorch's
        default.
    norm_first
        Whether to normalize the input of each part instead of the sum, which trains more easily (R. Xiong et al., "On
        layer normalization in the transformer architecture", ICML 2020).
    bias
        Whether projections and normalizations have biases.
    num_kv_heads, rotary
        As :class:`nn.MultiHeadAttention` takes them; `rotary` is for the attention of the sequence to itself.
    rng
        Draws the weights, and what is dropped.
    xp
        Namespace of the parameters; None for ``extensor``.
    dtype
        Data type of the parameters; None for ``xp.float32``.
    weight_init
        Any initializer of :mod:`nn.init`.

    Raises
    ------
    ValueError
        If `nhead` does not divide `d_model`, or there is no such activation.

    Notes
    -----
    The call takes ``src_mask``, ``src_key_padding_mask``, ``is_causal`` and ``cache``, which are ``attn_mask``,
    ``key_padding_mask``, ``is_causal`` and ``cache`` of :class:`nn.MultiHeadAttention`. Parameters have PyTorch's
    names.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017, section 3.

    Examples
    --------
    >>> layer = TransformerEncoderLayer(8, 2, 16, batch_first=True, rng=numpy.random.default_rng(0), xp=numpy)
    >>> layer(numpy.ones((3, 5, 8)), is_causal=True).shape
    (3, 5, 8)
    """

    attentions = ("self_attn",)

    def __call__(
        self,
        src: Array,
        src_mask: Array | None = None,
        src_key_padding_mask: Array | None = None,
        is_causal: bool = False,
        cache: KeyValueCache | None = None,
    ) -> Array:
        def attend(x: Array) -> Array:
            return self.self_attn(
                x,
                attn_mask=src_mask,
                key_padding_mask=src_key_padding_mask,
                is_causal=is_causal,
                cache=cache,
                need_weights=False,
            )[0]

        return self._added(2, self._feed_forward, self._added(1, attend, src))


class TransformerDecoderLayer(_Layer):
    """An encoder layer with attention to a second sequence, the memory, between its two parts.

    Its parameters are those of :class:`nn.TransformerEncoderLayer`, and the attention to the memory is called
    ``multihead_attn``. The call takes both sequences and for each a mask, a key padding mask, and whether attention to
    it is causal; a cache is of the first one.

    Examples
    --------
    >>> layer = TransformerDecoderLayer(8, 2, 16, batch_first=True, rng=numpy.random.default_rng(0), xp=numpy)
    >>> layer(numpy.ones((3, 5, 8)), numpy.ones((3, 7, 8)), tgt_is_causal=True).shape
    (3, 5, 8)
    """

    attentions = ("self_attn", "multihead_attn")

    def __call__(
        self,
        tgt: Array,
        memory: Array,
        tgt_mask: Array | None = None,
        memory_mask: Array | None = None,
        tgt_key_padding_mask: Array | None = None,
        memory_key_padding_mask: Array | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
        cache: KeyValueCache | None = None,
    ) -> Array:
        def attend(x: Array) -> Array:
            return self.self_attn(
                x,
                attn_mask=tgt_mask,
                key_padding_mask=tgt_key_padding_mask,
                is_causal=tgt_is_causal,
                cache=cache,
                need_weights=False,
            )[0]

        def attend_to_memory(x: Array) -> Array:
            return self.multihead_attn(
                x,
                memory,
                attn_mask=memory_mask,
                key_padding_mask=memory_key_padding_mask,
                is_causal=memory_is_causal,
                need_weights=False,
            )[0]

        x = self._added(2, attend_to_memory, self._added(1, attend, tgt))
        return self._added(3, self._feed_forward, x)


class _Stack(Module):
    """Layers in a row and a normalization of the last one's result."""

    layers: list[Module]
    norm: Module | None

    def _fill(self, layer: Module | Callable[[], Module], num_layers: int, norm: Module | None) -> None:
        self.layers = [_copied(layer) if isinstance(layer, Module) else layer() for _ in range(num_layers)]
        self.norm = norm

    def _run(self, x: Array, *args: Any, caches: Sequence[KeyValueCache] | None) -> Array:
        if caches is not None and len(caches) != len(self.layers):
            raise ValueError(f"expected {len(self.layers)} caches, one for each layer, got {len(caches)}")
        for i, layer in enumerate(self.layers):
            x = layer(x, *args, cache=None if caches is None else caches[i])
        return x if self.norm is None else self.norm(x)


def _copied(layer: Module) -> Module:
    """A copy that draws from the same generators: copies of these would drop the same units in each layer."""
    generators = [
        value
        for module in layer.modules()
        for value in vars(module).values()
        if isinstance(value, numpy.random.Generator)
    ]
    return copy.deepcopy(layer, {id(rng): rng for rng in generators})


class TransformerEncoder(_Stack):
    """Encoder layers in a row.

    Parameters
    ----------
    encoder_layer
        A function that makes a layer, called once for each, so that they draw weights of their own; or, as in PyTorch,
        a layer, of which all are copies, which then start with the same weights.
    num_layers
        Number of layers.
    norm
        Applied to the result, such as a :class:`nn.LayerNorm`, which layers with ``norm_first`` need.

    Notes
    -----
    The call takes ``mask``, ``src_key_padding_mask`` and ``is_causal``, which each layer is passed, and ``caches``, a
    :class:`nn.KeyValueCache` for each.

    Examples
    --------
    >>> rng = numpy.random.default_rng(0)
    >>> encoder = TransformerEncoder(lambda: TransformerEncoderLayer(8, 2, 16, rng=rng, xp=numpy), 2)
    >>> encoder(numpy.ones((5, 3, 8))).shape
    (5, 3, 8)
    >>> list(encoder.state_dict())[:2]
    ['layers.0.self_attn.in_proj_weight', 'layers.0.self_attn.in_proj_bias']
    """

    def __init__(
        self, encoder_layer: Module | Callable[[], Module], num_layers: int, norm: Module | None = None
    ) -> None:
        self._fill(encoder_layer, num_layers, norm)

    def __call__(
        self,
        src: Array,
        mask: Array | None = None,
        src_key_padding_mask: Array | None = None,
        is_causal: bool = False,
        caches: Sequence[KeyValueCache] | None = None,
    ) -> Array:
        return self._run(src, mask, src_key_padding_mask, is_causal, caches=caches)


class TransformerDecoder(_Stack):
    """Decoder layers in a row, made of `decoder_layer` as :class:`nn.TransformerEncoder` makes its layers.

    Examples
    --------
    >>> rng = numpy.random.default_rng(0)
    >>> decoder = TransformerDecoder(lambda: TransformerDecoderLayer(8, 2, 16, rng=rng, xp=numpy), 2)
    >>> decoder(numpy.ones((5, 3, 8)), numpy.ones((7, 3, 8)), tgt_is_causal=True).shape
    (5, 3, 8)
    """

    def __init__(
        self, decoder_layer: Module | Callable[[], Module], num_layers: int, norm: Module | None = None
    ) -> None:
        self._fill(decoder_layer, num_layers, norm)

    def __call__(
        self,
        tgt: Array,
        memory: Array,
        tgt_mask: Array | None = None,
        memory_mask: Array | None = None,
        tgt_key_padding_mask: Array | None = None,
        memory_key_padding_mask: Array | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
        caches: Sequence[KeyValueCache] | None = None,
    ) -> Array:
        return self._run(
            tgt,
            memory,
            tgt_mask,
            memory_mask,
            tgt_key_padding_mask,
            memory_key_padding_mask,
            tgt_is_causal,
            memory_is_causal,
            caches=caches,
        )


class Transformer(Module):
    """An encoder of one sequence, and a decoder of another that attends to what it finds.

    Parameters
    ----------
    d_model, nhead
        Number of features, and of heads of each attention.
    num_encoder_layers, num_decoder_layers
        Number of layers of either part, which end with a :class:`nn.LayerNorm`.
    dim_feedforward
        Number of hidden units of the feed-forward networks.
    custom_encoder, custom_decoder
        What takes the place of either part, and is called as :class:`nn.TransformerEncoder` or
        :class:`nn.TransformerDecoder`.
    dropout, activation, layer_norm_eps, batch_first, norm_first, bias, rng, xp, dtype, weight_init
        As :class:`nn.TransformerEncoderLayer` takes them.

    Raises
    ------
    ValueError
        If `nhead` does not divide `d_model`, or there is no such activation.

    Notes
    -----
    The call takes both sequences, and for each of the three kinds of attention a mask, a key padding mask and whether
    it is causal, under PyTorch's names. Parameters have PyTorch's names.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017.

    Examples
    --------
    >>> rng = numpy.random.default_rng(0)
    >>> model = Transformer(8, 2, 1, 1, 16, batch_first=True, rng=rng, xp=numpy)
    >>> model(numpy.ones((3, 7, 8)), numpy.ones((3, 5, 8)), tgt_is_causal=True).shape
    (3, 5, 8)
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        *,
        custom_encoder: Callable[..., Array] | None = None,
        custom_decoder: Callable[..., Array] | None = None,
        layer_norm_eps: float = 1e-5,
        bias: bool = True,
        xp: Namespace | None = None,
        dtype: Any = None,
        **options: Any,
    ) -> None:
        made: dict[str, Any] = {"bias": bias, "xp": xp, "dtype": dtype}

        def layers(kind: type[_Layer], stack: Callable[..., Any], count: int) -> Any:
            def layer() -> _Layer:
                return kind(d_model, nhead, dim_feedforward, layer_norm_eps=layer_norm_eps, **made, **options)

            return stack(layer, count, LayerNorm(d_model, eps=layer_norm_eps, **made))

        self.encoder = custom_encoder or layers(TransformerEncoderLayer, TransformerEncoder, num_encoder_layers)
        self.decoder = custom_decoder or layers(TransformerDecoderLayer, TransformerDecoder, num_decoder_layers)

    def __call__(
        self,
        src: Array,
        tgt: Array,
        src_mask: Array | None = None,
        tgt_mask: Array | None = None,
        memory_mask: Array | None = None,
        src_key_padding_mask: Array | None = None,
        tgt_key_padding_mask: Array | None = None,
        memory_key_padding_mask: Array | None = None,
        src_is_causal: bool = False,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Array:
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(size: int, *, xp: Namespace | None = None, dtype: Any = None) -> Array:
        """The mask of causal attention: -inf where a key is later than a query, otherwise 0.

        Examples
        --------
        >>> Transformer.generate_square_subsequent_mask(2, xp=numpy)
        array([[  0., -inf],
               [  0.,   0.]], dtype=float32)
        """
        xp = namespace_or_default(xp)
        later = xp.full((size, size), -math.inf, dtype=xp.float32 if dtype is None else dtype)
        return xp.triu(later, k=1)
