"""Embedding and Bilinear against PyTorch's."""

from __future__ import annotations

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn


def rng(seed=0):
    return numpy.random.default_rng(seed)


EMBEDDINGS = [
    {},
    {"padding_idx": 2},
    {"padding_idx": -1},
    {"max_norm": 1.5},
    {"max_norm": 2.0, "norm_type": 1.0, "padding_idx": 0},
    {"scale_grad_by_freq": True},
    {"scale_grad_by_freq": True, "padding_idx": 1, "max_norm": 1.5},
]


@pytest.mark.parametrize("options", EMBEDDINGS)
@pytest.mark.parametrize("shape", [(), (7,), (2, 3, 4), (0, 3)])
def test_embedding_against_torch(compare_with_torch, options, shape):
    torch = pytest.importorskip("torch")
    ours = nn.Embedding(6, 4, **options, rng=rng(), xp=numpy, dtype=numpy.float64)
    theirs = torch.nn.Embedding(6, 4, **options)
    compare_with_torch(ours, theirs, rng(1).integers(0, 6, shape))


@pytest.mark.parametrize("options", EMBEDDINGS[1:4:2])
def test_embedding_on_every_namespace(compare_with_torch, xp, options):
    torch = pytest.importorskip("torch")
    ours = nn.Embedding(6, 4, **options, rng=rng(), xp=xp, dtype=xp.float64)
    compare_with_torch(ours, torch.nn.Embedding(6, 4, **options), rng(1).integers(0, 6, (2, 3)), xp=xp)


def test_vectors_that_are_given(xp):
    vectors = xp.asarray(rng(1).normal(size=(6, 4)))
    frozen, trained = (nn.Embedding.from_pretrained(vectors, freeze=freeze, padding_idx=2) for freeze in (True, False))
    assert_array_equal(numpy.asarray(frozen(xp.asarray([2, 0]))), numpy.asarray(vectors)[[2, 0]])
    assert not next(frozen.parameters()).requires_grad
    assert next(trained.parameters()).requires_grad
    with pytest.raises(ValueError, match=r"\(num_embeddings, embedding_dim\), got \(4,\)"):
        nn.Embedding.from_pretrained(vectors[0, :])


BAGS = [
    {},
    {"mode": "sum"},
    {"mode": "max"},
    {"mode": "mean", "padding_idx": 2},
    {"mode": "sum", "padding_idx": 2, "max_norm": 1.5},
    {"mode": "max", "padding_idx": -4},
    {"mode": "sum", "include_last_offset": True},
]

SYMBOLS = numpy.asarray([1, 2, 2, 5, 2, 2, 0, 3])
OFFSETS = numpy.asarray([0, 3, 3, 4, 6])


def bag(xp=numpy, **options):
    return nn.EmbeddingBag(6, 4, **options, rng=rng(), xp=xp, dtype=xp.float64)


@pytest.mark.parametrize("options", BAGS)
def test_bags_against_torch(compare_with_torch, options):
    torch = pytest.importorskip("torch")
    offsets = numpy.append(OFFSETS, 8) if options.get("include_last_offset") else OFFSETS
    compare_with_torch(bag(**options), torch.nn.EmbeddingBag(6, 4, **options), SYMBOLS, offsets)
    if "include_last_offset" not in options:
        compare_with_torch(bag(**options), torch.nn.EmbeddingBag(6, 4, **options), SYMBOLS.reshape(4, 2))


def test_bags_of_weighted_symbols(compare_with_torch, xp):
    torch = pytest.importorskip("torch")
    ours, theirs = bag(xp, mode="sum", padding_idx=2), torch.nn.EmbeddingBag(6, 4, mode="sum", padding_idx=2)
    compare_with_torch(ours, theirs, SYMBOLS, OFFSETS, rng(1).normal(size=8), xp=xp)


def test_no_bags():
    none = numpy.zeros((0,), dtype=int)
    assert bag()(none, []).shape == (0, 4)
    assert_array_equal(bag()(none, [0, 0]), numpy.zeros((2, 4)))
    assert_array_equal(bag(mode="max")(numpy.zeros((2, 0), dtype=int)), numpy.zeros((2, 4)))


def test_padding_starts_at_zero_and_stays(xp):
    layer = nn.Embedding(5, 3, padding_idx=-2, rng=rng(), xp=xp)
    weight = numpy.asarray(layer.weight)
    assert_array_equal(numpy.flatnonzero(~weight.any(axis=1)), [3])
    out, pullback = autodiff.vjp(lambda layer: layer(xp.asarray([3, 1, 3])), layer)
    (grads,) = pullback(xp.ones_like(out))
    assert_array_equal(numpy.asarray(grads.weight).sum(axis=1), [0, 3, 0, 0, 0])


def test_embedding_under_vmap():
    layer = nn.Embedding(6, 4, padding_idx=0, rng=rng(), xp=numpy)
    symbols = rng(1).integers(0, 6, (5, 3))
    assert_array_equal(autodiff.vmap(layer)(symbols), layer(symbols))


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("batch", [(), (5,), (2, 3), (0,)])
def test_bilinear_against_torch(compare_with_torch, bias, batch):
    torch = pytest.importorskip("torch")
    ours = nn.Bilinear(3, 4, 2, bias=bias, rng=rng(), xp=numpy, dtype=numpy.float64)
    inputs = rng(1).normal(size=(*batch, 3)), rng(2).normal(size=(*batch, 4))
    compare_with_torch(ours, torch.nn.Bilinear(3, 4, 2, bias=bias), *inputs)


def test_bilinear_on_every_namespace(xp):
    layer = nn.Bilinear(3, 4, 2, rng=rng(), xp=xp, dtype=xp.float64)
    x1, x2 = rng(1).normal(size=(5, 3)), rng(2).normal(size=(5, 4))
    expected = numpy.einsum("bi,oij,bj->bo", x1, numpy.asarray(layer.weight), x2)
    assert_allclose(numpy.asarray(layer(xp.asarray(x1), xp.asarray(x2))), expected, rtol=1e-12)
    autodiff.check_grads(layer, (xp.asarray(x1), xp.asarray(x2)), order=2)


def embedding(**options):
    return nn.Embedding(6, 4, **options, rng=rng(), xp=numpy)


def bilinear():
    return nn.Bilinear(3, 4, 2, rng=rng(), xp=numpy)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: embedding(padding_idx=6), ValueError, "one of 6 symbols, got 6"),
        (lambda: bag(mode="min"), ValueError, "one of mean, sum, max, got 'min'"),
        (lambda: bag()(SYMBOLS), ValueError, r"got shape \(8,\) without offsets"),
        (lambda: bag()(SYMBOLS, [1, 2]), ValueError, r"start with 0, not decrease and be at most 8, got \[1, 2\]"),
        (lambda: bag()(SYMBOLS, [0, 9]), ValueError, "be at most 8"),
        (lambda: bag()(SYMBOLS, [0], numpy.ones(8)), ValueError, r"mode 'sum' .* got shape \(8,\) and mode 'mean'"),
        (lambda: embedding()(numpy.ones(3)), TypeError, "array of integers, got float64"),
        (lambda: embedding()(numpy.asarray([6])), IndexError, "6"),
        (lambda: bilinear()(numpy.ones((5, 3)), numpy.ones((5, 3))), ValueError, r"\.\.\., 4\).*\(5, 3\) and \(5, 3\)"),
        (lambda: bilinear()(numpy.ones((5, 3)), numpy.ones((6, 4))), ValueError, "alike but for the last axis"),
    ],
)
def test_errors_say_what_does_not_fit(call, error, match):
    with pytest.raises(error, match=match):
        call()
