from __future__ import annotations

import copy
import importlib.util

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn

CLOSE = {"rtol": 1e-9, "atol": 1e-11}

# JAX compiles each operation for each shape, of which a model has many; attention itself is tested on it in any case.
NAMES = [
    pytest.param(name, marks=pytest.mark.slow) if name == "jax.numpy" else name
    for name in ("extensor", "numpy", "array_api_strict", "torch", "jax.numpy")
    if importlib.util.find_spec(name.partition(".")[0])
]

with_jax_slow = pytest.mark.parametrize("xp", NAMES, indirect=True)


def rng():
    return numpy.random.default_rng(0)


def draw(*shape, seed=0):
    return numpy.random.default_rng([seed, *shape]).normal(size=shape)


def on(xp, options):
    """Options with the arrays among them in a namespace, those of numbers as float64."""
    return {
        name: xp.asarray(x, dtype=None if x.dtype == bool else xp.float64) if isinstance(x, numpy.ndarray) else x
        for name, x in options.items()
    }


def in_torch(torch, options):
    return {name: torch.tensor(x) if isinstance(x, numpy.ndarray) else x for name, x in options.items()}


def randomized(torch, layer, seed=1):
    """A layer of PyTorch in float64 whose parameters are all drawn, biases and scales too."""
    generator = torch.Generator().manual_seed(seed)
    layer = layer.double().eval()
    for parameter in layer.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * 0.5
    return layer


def check(xp, torch, ours, theirs, inputs, options):
    """Results and gradients by inputs and parameters, of one layer and of PyTorch's with the same weights."""
    ours = ours.eval()
    ours.load_state_dict({name: x.numpy() for name, x in theirs.state_dict().items()})
    tensors = [torch.tensor(x, requires_grad=True) for x in inputs]
    expected = theirs(*tensors, **in_torch(torch, options))
    expected, weights = expected if isinstance(expected, tuple) else (expected, None)
    ct = draw(*expected.shape, seed=5)
    torch.sum(expected * torch.tensor(ct)).backward()

    def loss(layer, arrays):
        out = layer(*arrays, **on(xp, options))
        out, weights = out if isinstance(out, tuple) else (out, None)
        return autodiff.array_namespace(out).sum(out * xp.asarray(ct, dtype=xp.float64)), (out, weights)

    arrays = [xp.asarray(x, dtype=xp.float64) for x in inputs]
    (_, (out, our_weights)), grads = nn.value_and_grad(loss, has_aux=True)(ours, arrays)
    assert_allclose(numpy.asarray(out), expected.detach().numpy(), **CLOSE)
    if weights is not None:
        assert_allclose(numpy.asarray(our_weights), weights.detach().numpy(), **CLOSE)
    for name, parameter in theirs.named_parameters():
        assert_allclose(numpy.asarray(grads[name]), parameter.grad.numpy(), err_msg=name, rtol=1e-9, atol=1e-10)
    cts = autodiff.grad(lambda arrays: loss(ours, arrays)[0])(arrays)
    for x, tensor in zip(cts, tensors, strict=True):
        assert_allclose(numpy.asarray(x), tensor.grad.numpy(), rtol=1e-9, atol=1e-10)


LEFT_OUT = draw(5, 7) > 0.7
PADDING = numpy.arange(7) >= numpy.asarray([[6], [4], [7]])
FLOATS = numpy.where(PADDING, -numpy.inf, 0.5)

ATTENTIONS = {
    "positions first": ({}, {}),
    "batch first": ({"batch_first": True}, {}),
    "no bias": ({"batch_first": True, "bias": False}, {"average_attn_weights": False}),
    "no weights": ({"batch_first": True}, {"need_weights": False}),
    "other features": ({"batch_first": True, "kdim": 6, "vdim": 3}, {"attn_mask": LEFT_OUT}),
    "other values": ({"vdim": 3}, {}),
    "padding": ({"batch_first": True}, {"key_padding_mask": PADDING, "attn_mask": LEFT_OUT}),
    "padding, positions first": ({}, {"key_padding_mask": PADDING, "attn_mask": LEFT_OUT}),
    "numbers": ({"batch_first": True}, {"key_padding_mask": FLOATS, "attn_mask": draw(5, 7, seed=3)}),
    "learned keys": ({"batch_first": True, "add_bias_kv": True}, {"attn_mask": LEFT_OUT}),
    "keys of zeros": ({"add_zero_attn": True}, {"key_padding_mask": PADDING}),
    "both": ({"add_bias_kv": True, "add_zero_attn": True, "kdim": 6}, {"average_attn_weights": False}),
    "mask by head": ({"batch_first": True}, {"attn_mask": draw(12, 5, 7, seed=3) > 0.7}),
}


@pytest.mark.parametrize("case", ATTENTIONS)
def test_multi_head_attention_is_that_of_pytorch(case):
    check_attention(numpy, case)


def test_multi_head_attention_on_every_namespace(xp):
    check_attention(xp, "padding")


def check_attention(xp, case):
    torch = pytest.importorskip("torch")
    made, called = ATTENTIONS[case]
    theirs = randomized(torch, torch.nn.MultiheadAttention(8, 4, **made))
    ours = nn.MultiHeadAttention(8, 4, **made, rng=rng(), xp=xp, dtype=xp.float64)
    shapes = [(3, 5, 8), (3, 7, made.get("kdim", 8)), (3, 7, made.get("vdim", 8))]
    inputs = [draw(*shape, seed=i) for i, shape in enumerate(shapes)]
    if not made.get("batch_first"):
        inputs = [numpy.swapaxes(x, 0, 1) for x in inputs]
    check(xp, torch, ours, theirs, inputs, called)


def test_keys_that_follow_a_sequence_are_not_later_ones():
    options = {"add_bias_kv": True, "add_zero_attn": True, "batch_first": True, "rng": rng(), "xp": numpy}
    layer = nn.MultiHeadAttention(8, 2, **options, dtype=numpy.float64)
    x, later = draw(3, 5, 8), numpy.triu(numpy.ones((5, 5), dtype=bool), k=1)
    for out, expected in zip(layer(x, is_causal=True), layer(x, attn_mask=later), strict=True):
        assert_allclose(out, expected, rtol=1e-12)
    assert layer(x)[1].shape == (3, 5, 7)


TRANSFORMERS = [
    ({}, {}),
    ({"batch_first": True, "norm_first": True, "activation": "gelu", "bias": False}, {"tgt_is_causal": True}),
]


@pytest.mark.filterwarnings("ignore:enable_nested_tensor")
@pytest.mark.parametrize(("made", "called"), TRANSFORMERS)
def test_transformer_is_that_of_pytorch(made, called):
    torch = pytest.importorskip("torch")
    theirs = randomized(torch, torch.nn.Transformer(8, 2, 2, 1, 16, dropout=0.0, **made))
    ours = nn.Transformer(8, 2, 2, 1, 16, dropout=0.0, **made, rng=rng(), xp=numpy, dtype=numpy.float64)
    source, target = draw(3, 7, 8), draw(3, 5, 8)
    if not made:
        source, target = (numpy.swapaxes(x, 0, 1) for x in (source, target))
    options = {"src_key_padding_mask": PADDING, "memory_key_padding_mask": PADDING}
    if called:
        options["tgt_mask"] = nn.Transformer.generate_square_subsequent_mask(5, xp=numpy, dtype=numpy.float64)
    check(numpy, torch, ours, theirs, [source, target], options)
    if called:
        expected = ours(source, target, **options)
        del options["tgt_mask"]
        assert_allclose(ours(source, target, **options, **called), expected, rtol=1e-12)


def test_parts_of_a_transformer_that_are_given():
    model = nn.Transformer(
        8, custom_encoder=lambda src, **_: 2 * src, custom_decoder=lambda tgt, memory, **_: tgt + memory
    )
    assert_array_equal(model(numpy.ones((1, 8)), numpy.ones((1, 8))), numpy.full((1, 8), 3.0))


def test_multi_head_attention_without_batch():
    torch, xp = pytest.importorskip("torch"), numpy
    theirs = randomized(torch, torch.nn.MultiheadAttention(8, 4))
    ours = nn.MultiheadAttention(8, 4, rng=rng(), xp=xp, dtype=xp.float64)
    options = {"key_padding_mask": PADDING[0], "attn_mask": draw(4, 5, 7) > 0.7}
    check(xp, torch, ours, theirs, [draw(5, 8), draw(7, 8), draw(7, 8)], options)


def test_masks_of_pytorchs_layer_say_what_is_left_out():
    layer = nn.MultiHeadAttention(4, 2, batch_first=True, rng=rng(), xp=numpy, dtype=numpy.float64)
    x = draw(1, 3, 4)
    later = numpy.triu(numpy.ones((3, 3), dtype=bool), k=1)
    causal, _ = layer(x, is_causal=True)
    assert_allclose(layer(x, attn_mask=later)[0], causal, rtol=1e-13)
    assert not numpy.allclose(layer(x, attn_mask=~later)[0], causal)


def test_a_query_of_which_all_keys_are_padding_gets_the_bias():
    layer = nn.MultiHeadAttention(4, 2, batch_first=True, rng=rng(), xp=numpy, dtype=numpy.float64)
    layer.out_proj.bias = draw(4)
    out, weights = layer(draw(2, 3, 4), key_padding_mask=numpy.asarray([[True] * 3, [False] * 3]))
    assert_allclose(out[0], numpy.broadcast_to(layer.out_proj.bias, (3, 4)))
    assert_array_equal(weights[0], 0)


@with_jax_slow
def test_grouped_heads_share_keys_and_values(xp):
    grouped = nn.MultiHeadAttention(8, 4, num_kv_heads=2, rng=rng(), xp=xp, dtype=xp.float64)
    assert grouped.in_proj_weight.shape == (16, 8)
    full = nn.MultiHeadAttention(8, 4, rng=rng(), xp=xp, dtype=xp.float64)
    state = {name: numpy.asarray(x) for name, x in grouped.state_dict().items()}

    def repeated(x):
        q, k, v = numpy.split(x, [8, 12])
        wide = [numpy.repeat(part.reshape(2, 2, *x.shape[1:]), 2, axis=0).reshape(8, *x.shape[1:]) for part in (k, v)]
        return numpy.concatenate([q, *wide])

    full.load_state_dict({name: repeated(x) if name.startswith("in_proj") else x for name, x in state.items()})
    x = xp.asarray(draw(5, 3, 8), dtype=xp.float64)
    for a, b in zip(grouped(x, is_causal=True), full(x, is_causal=True), strict=True):
        assert_allclose(numpy.asarray(a), numpy.asarray(b), rtol=1e-12)


@pytest.mark.parametrize("steps", [[1] * 6, [4, 2], [1, 5]])
def test_with_a_cache_each_step_gives_what_the_whole_does(steps):
    check_cache(numpy, steps)


@with_jax_slow
def test_cache_on_every_namespace(xp):
    check_cache(xp, [4, 2])


def check_cache(xp, steps):
    made = {"num_kv_heads": 2, "rotary": nn.RotaryEmbedding(interleaved=True), "batch_first": True}
    made |= {"rng": rng(), "xp": xp, "dtype": xp.float64}
    encoder = nn.TransformerEncoder(lambda: nn.TransformerEncoderLayer(8, 4, 16, **made), 2).eval()
    x = xp.asarray(draw(2, 6, 8), dtype=xp.float64)
    caches = [nn.KeyValueCache() for _ in range(2)]
    outs, start = [], 0
    for count in steps:
        outs.append(numpy.asarray(encoder(x[:, start : start + count, :], is_causal=True, caches=caches)))
        start += count
    assert_allclose(numpy.concatenate(outs, axis=1), numpy.asarray(encoder(x, is_causal=True)), rtol=1e-12)
    assert [cache.length for cache in caches] == [6, 6]


def test_rotary_attention_does_not_depend_on_where_a_sequence_begins():
    layer = nn.MultiHeadAttention(8, 2, rotary=nn.RotaryEmbedding(), rng=rng(), xp=numpy, dtype=numpy.float64)
    x = draw(4, 1, 8)
    _, weights = layer(x)
    _, longer = layer(
        numpy.concatenate([draw(3, 1, 8, seed=2), x]), attn_mask=numpy.arange(7)[None, :].repeat(7, 0) < 3
    )
    assert_allclose(longer[:, 3:, 3:], weights, rtol=1e-11)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"embed_dim": 10}, "num_heads must divide embed_dim, got num_heads=4, embed_dim=10"),
        ({"num_kv_heads": 3}, "num_kv_heads must divide num_heads, got num_kv_heads=3, num_heads=4"),
        ({"num_heads": 0}, "num_heads must divide"),
    ],
)
def test_heads_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        nn.MultiHeadAttention(**{"embed_dim": 8, "num_heads": 4} | options, rng=rng(), xp=numpy)


@pytest.mark.parametrize(
    ("shapes", "options", "message"),
    [
        ([(3, 5, 7)], {}, r"\(positions, batch, features\).*\[8, 8, 8\] features, got \(3, 5, 7\)"),
        ([(3, 5, 8), (5, 8)], {}, "must be of shape"),
        ([(1, 3, 5, 8)], {}, "must be of shape"),
        ([(5, 3, 8)], {"attn_mask": (3, 5)}, r"attn_mask must be of shape \(5, 5\) or .*\(12, 5, 5\), got \(3, 5\)"),
        ([(5, 3, 8)], {"key_padding_mask": (5, 3)}, r"key_padding_mask must be of shape \(3, 5\), got \(5, 3\)"),
    ],
)
def test_calls_that_do_not_fit_are_refused(shapes, options, message):
    layer = nn.MultiHeadAttention(8, 4, rng=rng(), xp=numpy)
    with pytest.raises(ValueError, match=message):
        layer(*map(numpy.ones, shapes), **{name: numpy.zeros(shape, dtype=bool) for name, shape in options.items()})


LAYERS = {
    "as it is": {},
    "norm first": {"norm_first": True, "batch_first": True},
    "gelu without bias": {"activation": "gelu", "bias": False, "layer_norm_eps": 1e-3},
}


def positions_first(x, options):
    return x if options.get("batch_first") else numpy.swapaxes(x, 0, 1)


@pytest.mark.parametrize("case", LAYERS)
def test_encoder_is_that_of_pytorch(case):
    check_encoder(numpy, case)


@pytest.mark.parametrize("case", LAYERS)
def test_decoder_is_that_of_pytorch(case):
    check_decoder(numpy, case)


@with_jax_slow
def test_encoder_and_decoder_on_every_namespace(xp):
    check_encoder(xp, "norm first")
    check_decoder(xp, "as it is")


def check_encoder(xp, case):
    torch = pytest.importorskip("torch")
    options = LAYERS[case]
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, **options)
    theirs = torch.nn.TransformerEncoder(layer, 2, norm=torch.nn.LayerNorm(8), enable_nested_tensor=False)
    made = {"rng": rng(), "xp": xp, "dtype": xp.float64}
    ours = nn.TransformerEncoder(
        lambda: nn.TransformerEncoderLayer(8, 2, 16, **options, **made), 2, nn.LayerNorm(8, xp=xp, dtype=xp.float64)
    )
    x = positions_first(draw(3, 7, 8), options)
    called = {"mask": numpy.triu(numpy.ones((7, 7), dtype=bool), k=1), "src_key_padding_mask": PADDING}
    check(xp, torch, ours, randomized(torch, theirs), [x], called)


def check_decoder(xp, case):
    torch = pytest.importorskip("torch")
    options = LAYERS[case]
    theirs = torch.nn.TransformerDecoder(torch.nn.TransformerDecoderLayer(8, 2, 16, **options), 2)
    made = {"rng": rng(), "xp": xp, "dtype": xp.float64}
    ours = nn.TransformerDecoder(lambda: nn.TransformerDecoderLayer(8, 2, 16, **options, **made), 2)
    inputs = [positions_first(x, options) for x in (draw(3, 5, 8), draw(3, 7, 8))]
    called = {
        "tgt_mask": numpy.triu(numpy.ones((5, 5), dtype=bool), k=1),
        "memory_mask": draw(5, 7) > 1.5,
        "tgt_key_padding_mask": PADDING[:, 2:],
        "memory_key_padding_mask": PADDING,
    }
    check(xp, torch, ours, randomized(torch, theirs), inputs, called)


@with_jax_slow
def test_causal_layers_do_not_look_ahead(xp):
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, rng=rng(), xp=xp, dtype=xp.float64).eval()
    x, y = draw(1, 6, 8), draw(1, 6, 8)
    y[:, 4:] += 1
    a, b = (numpy.asarray(layer(xp.asarray(z, dtype=xp.float64), is_causal=True)) for z in (x, y))
    assert_allclose(a[:, :4], b[:, :4], rtol=1e-13)
    assert (a[:, 4:] != b[:, 4:]).all()


def test_a_layer_is_copied_as_in_pytorch_but_not_its_generator():
    generator = rng()
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5, rng=generator, xp=numpy)
    encoder = nn.TransformerEncoder(layer, 2)
    first, second = encoder.layers
    assert first is not second
    assert_array_equal(first.linear1.weight, second.linear1.weight)
    assert first.dropout.rng is second.dropout.rng is generator
    assert not numpy.allclose(
        *[layer.linear1.weight for layer in nn.TransformerEncoder(lambda: _new(generator), 2).layers]
    )


def _new(generator):
    return nn.TransformerEncoderLayer(8, 2, 16, rng=generator, xp=numpy)


def test_dropout_is_for_training_only():
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.5, rng=rng(), xp=numpy)
    x = draw(4, 3, 8)
    assert (layer(x) != layer(x)).any()
    layer.eval()
    assert_array_equal(layer(x), layer(x))


def test_layers_are_trees_too():
    layer = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0, rng=rng(), xp=numpy, dtype=numpy.float64)
    x = draw(3, 2, 4)
    grads = autodiff.grad(lambda layer: layer(x)[0, 0, 0])(layer)
    loss = nn.value_and_grad(lambda layer: layer(x)[0, 0, 0])
    for name, grad in loss(layer)[1].items():
        assert_allclose(dict(grads.named_parameters())[name].data, grad)


def test_an_unknown_activation_is_refused():
    with pytest.raises(ValueError, match="activation must be one of gelu, relu or a function, got 'tanh'"):
        nn.TransformerEncoderLayer(8, 2, 16, activation="tanh", rng=rng(), xp=numpy)


def test_each_layer_needs_a_cache():
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, rng=rng(), xp=numpy), 2)
    with pytest.raises(ValueError, match="expected 2 caches, one for each layer, got 1"):
        encoder(numpy.ones((3, 1, 8)), caches=[nn.KeyValueCache()])


def test_sinusoidal_encoding_is_the_papers(xp):
    layer = nn.SinusoidalPositionalEncoding(9, 5, batch_first=True, xp=xp, dtype=xp.float64)
    x = draw(2, 4, 5)
    expected = copy.copy(x)
    for position in range(4):
        for feature in range(5):
            angle = (position + 3) / 10000 ** (2 * (feature // 2) / 5)
            expected[:, position, feature] += numpy.cos(angle) if feature % 2 else numpy.sin(angle)
    actual = numpy.asarray(layer(xp.asarray(x, dtype=xp.float64), offset=3))
    assert_allclose(actual, expected, rtol=1e-13, atol=1e-15)
    assert layer.state_dict() == {}


@pytest.mark.parametrize("batch_first", [True, False])
def test_learned_encoding_adds_its_rows(xp, batch_first):
    layer = nn.LearnedPositionalEncoding(9, 3, batch_first=batch_first, rng=rng(), xp=xp, dtype=xp.float64)
    x = draw(2, 4, 3)
    rows = numpy.asarray(layer.weight)[2:6]
    ours = xp.asarray(x if batch_first else numpy.swapaxes(x, 0, 1), dtype=xp.float64)
    actual = numpy.asarray(layer(ours, offset=2))
    assert_allclose(actual if batch_first else numpy.swapaxes(actual, 0, 1), x + rows, rtol=1e-15)
    assert list(layer.state_dict()) == ["weight"]


@pytest.mark.parametrize(("shape", "offset"), [((10, 3), 0), ((4, 3), 6), ((4, 2), 0), ((3,), 0)])
def test_encodings_refuse_what_they_have_no_rows_for(shape, offset):
    layer = nn.LearnedPositionalEncoding(9, 3, rng=rng(), xp=numpy)
    with pytest.raises(ValueError, match="up to 9 positions of 3 features"):
        layer(numpy.ones(shape), offset=offset)
