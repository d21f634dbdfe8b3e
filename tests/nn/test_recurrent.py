"""Recurrent layers against PyTorch's: names, results and gradients; and sequences of several lengths."""

from __future__ import annotations

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn


def rng(seed=0):
    return numpy.random.default_rng(seed)


def drawn(*shape, seed=0):
    return rng(seed).normal(size=shape)


def made(name, *sizes, xp=numpy, **options):
    return getattr(nn, name)(*sizes, **options, rng=rng(), xp=xp, dtype=xp.float64)


def states(name, *shape, out_size=4):
    h = drawn(*shape, out_size, seed=1)
    return (h, drawn(*shape, 4, seed=2)) if "LSTM" in name else h


@pytest.mark.parametrize("name", ["RNNCell", "LSTMCell", "GRUCell"])
@pytest.mark.parametrize("options", [{}, {"bias": False}])
@pytest.mark.parametrize("batch", [(), (5,)])
@pytest.mark.parametrize("with_state", [True, False])
def test_cells_against_torch(compare_with_torch, name, options, batch, with_state):
    torch = pytest.importorskip("torch")
    inputs = (drawn(*batch, 3), states(name, *batch)) if with_state else (drawn(*batch, 3),)
    compare_with_torch(made(name, 3, 4, **options), getattr(torch.nn, name)(3, 4, **options), *inputs)


LAYERS = [
    ("RNN", {}),
    ("RNN", {"nonlinearity": "relu", "bidirectional": True, "num_layers": 2}),
    ("LSTM", {"num_layers": 2, "bias": False}),
    ("LSTM", {"bidirectional": True, "num_layers": 2, "batch_first": True}),
    ("LSTM", {"bidirectional": True, "num_layers": 2, "proj_size": 2}),
    ("GRU", {"batch_first": True}),
    ("GRU", {"bidirectional": True, "num_layers": 3, "bias": False}),
]


@pytest.mark.parametrize(("name", "options"), LAYERS)
@pytest.mark.parametrize("batch", [(), (5,)])
@pytest.mark.parametrize("with_state", [True, False])
def test_layers_against_torch(compare_with_torch, name, options, batch, with_state):
    torch = pytest.importorskip("torch")
    count = options.get("num_layers", 1) * (1 + options.get("bidirectional", False))
    x = drawn(*batch, 6, 3) if options.get("batch_first") else drawn(6, *batch, 3)
    state = states(name, count, *batch, out_size=options.get("proj_size") or 4)
    inputs = (x, state) if with_state else (x,)
    compare_with_torch(made(name, 3, 4, **options), getattr(torch.nn, name)(3, 4, **options), *inputs)


@pytest.mark.parametrize("name", ["RNNCell", "LSTM", "GRU"])
def test_on_every_namespace(compare_with_torch, xp, name):
    torch = pytest.importorskip("torch")
    x = drawn(2, 3) if name == "RNNCell" else drawn(3, 2, 3)
    compare_with_torch(made(name, 3, 4, xp=xp), getattr(torch.nn, name)(3, 4), x, xp=xp)


@settings(max_examples=15, deadline=None)
@given(
    name=st.sampled_from(["RNN", "LSTM", "GRU"]),
    bidirectional=st.booleans(),
    batch_first=st.booleans(),
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=4),
)
def test_lengths_are_packed_sequences(name, bidirectional, batch_first, lengths):
    torch = pytest.importorskip("torch")
    options = {"num_layers": 2, "bidirectional": bidirectional, "batch_first": batch_first}
    ours, theirs = made(name, 3, 4, **options), getattr(torch.nn, name)(3, 4, **options).double()
    ours.load_state_dict({key: array.numpy() for key, array in theirs.state_dict().items()})
    x = drawn(max(lengths), len(lengths), 3)
    x = numpy.swapaxes(x, 0, 1) if batch_first else x
    packing = torch.nn.utils.rnn
    packed = packing.pack_padded_sequence(torch.asarray(x), lengths, batch_first, enforce_sorted=False)
    expected, last = theirs(packed)
    expected, _ = packing.pad_packed_sequence(expected, batch_first)
    out, state = ours(x, lengths=lengths)
    assert_allclose(out, expected.detach().numpy(), rtol=1e-9, atol=1e-12)
    pairs = zip(state, last, strict=True) if name == "LSTM" else [(state, last)]
    for part, expected in pairs:
        assert_allclose(part, expected.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_what_follows_the_end_does_not_matter(xp):
    layer = made("GRU", 3, 4, bidirectional=True, xp=xp)
    x = drawn(5, 2, 3)
    lengths = xp.asarray([3, 5])
    out, pullback = autodiff.vjp(lambda x: layer(x, lengths=lengths)[0], xp.asarray(x))
    (ct,) = pullback(xp.ones_like(out))
    assert_array_equal(numpy.asarray(ct)[3:, 0], 0)
    assert numpy.all(numpy.asarray(ct)[:3, 0])
    x[3:, 0] = numpy.nan
    assert_array_equal(numpy.asarray(layer(xp.asarray(x), lengths=[3, 5])[0]), numpy.asarray(out))


def test_no_length_leaves_the_state():
    state = drawn(1, 2, 4)
    out, last = made("RNN", 3, 4)(drawn(5, 2, 3), state, lengths=[0, 0])
    assert_array_equal(out, 0)
    assert_array_equal(last, state)


def test_dropout_is_between_layers_and_in_training_only():
    x = drawn(6, 2, 3)
    one = made("LSTM", 3, 4, dropout=0.5)
    assert_array_equal(one(x)[0], one(x)[0])
    two = made("LSTM", 3, 4, num_layers=2, dropout=0.5)
    assert not numpy.array_equal(two(x)[0], two(x)[0])
    two.eval()
    assert_array_equal(two(x)[0], two(x)[0])
    assert not hasattr(two, "weight_ih_l2")
    all_dropped, alone = made("LSTM", 3, 4, num_layers=2, dropout=1.0), made("LSTM", 4, 4)
    alone.load_state_dict({key.replace("_l1", "_l0"): x for key, x in all_dropped.state_dict().items() if "_l1" in key})
    assert_array_equal(all_dropped(x)[0], alone(numpy.zeros((6, 2, 4)))[0])


def test_unbatched_within_vmap():
    layer, x = made("LSTM", 3, 4, batch_first=True), drawn(5, 6, 3)
    lengths = numpy.asarray([1, 2, 3, 6, 6])
    expected, (h, c) = layer(x, lengths=lengths)
    out, (h_each, c_each) = autodiff.vmap(lambda x, length: layer(x, lengths=length))(x, lengths)
    assert_allclose(out, expected, rtol=1e-12)
    assert_allclose(h_each[:, 0], h[0], rtol=1e-12)
    assert_allclose(c_each[:, 0], c[0], rtol=1e-12)


def test_gradients_of_the_state_alone(xp):
    cell, x = made("LSTMCell", 3, 4, xp=xp), xp.asarray(drawn(2, 3))
    h, c = (xp.asarray(part) for part in states("LSTM", 2))

    def loss(c):
        h_next, c_next = cell(x, (h, c))
        return autodiff.array_namespace(h_next).sum(h_next * c_next)

    assert numpy.all(numpy.asarray(autodiff.grad(loss)(c)))


def test_an_empty_batch(xp):
    out, (h, c) = made("LSTM", 3, 4, xp=xp)(xp.zeros((5, 0, 3), dtype=xp.float64))
    assert out.shape == (5, 0, 4)
    assert h.shape == c.shape == (1, 0, 4)


def test_second_derivatives():
    layer = made("GRU", 2, 2)
    autodiff.check_grads(lambda x: layer(x)[0], (drawn(2, 1, 2),), order=2)


def test_initial_weights_follow_the_seed_and_the_bound():
    layer, same = nn.LSTM(30, 100, rng=rng()), nn.LSTM(30, 100, rng=rng(), xp=numpy)
    weight = numpy.asarray(layer.weight_ih_l0)
    assert_array_equal(weight, same.weight_ih_l0)
    assert 0.09 < numpy.max(numpy.abs(weight)) <= 0.1
    assert not numpy.any(numpy.asarray(layer.bias_hh_l0))


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: made("RNN", 3, 4, nonlinearity="gelu"), "one of tanh, relu, got 'gelu'"),
        (lambda: made("RNN", 3, 4, 0), "num_layers must be positive, got 0"),
        (lambda: made("LSTM", 3, 4, proj_size=4), "smaller than hidden_size=4.*got 4"),
        (lambda: made("GRU", 3, 4, dropout=2.0), "probability"),
        (lambda: made("GRU", 3, 4)(numpy.ones((5, 2, 4))), r"\(time, batch, 3\).*got \(5, 2, 4\)"),
        (lambda: made("GRU", 3, 4, batch_first=True)(numpy.ones(3)), r"\(batch, time, 3\).*got \(3,\)"),
        (lambda: made("GRU", 3, 4)(numpy.ones((0, 2, 3))), "at least one element"),
        (lambda: made("GRU", 3, 4)(numpy.ones((5, 2, 3)), numpy.ones((2, 4))), r"\(1, 2, 4\) here, got \(2, 4\)"),
        (lambda: made("LSTM", 3, 4)(numpy.ones((5, 2, 3)), lengths=[1, 2, 3]), r"each of 2 examples, got shape \(3,\)"),
        (lambda: made("LSTMCell", 3, 4)(numpy.ones((2, 3)), numpy.ones((2, 4))), r"\(2, 4\) and \(2, 4\) here, got"),
        (lambda: made("GRUCell", 3, 4)(numpy.ones((2, 5))), r"\(batch, 3\) or \(3,\), got \(2, 5\)"),
    ],
)
def test_errors_say_what_does_not_fit(call, match):
    with pytest.raises(ValueError, match=match):
        call()
