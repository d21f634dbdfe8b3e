"""What ``torch.nn.functional`` has under the same names, and what is here about vectors."""

from __future__ import annotations

import numpy
import pytest
from numpy.testing import assert_allclose

import autodiff
import nn
from nn import functional

X, Y = numpy.random.default_rng(0).normal(size=(2, 4, 6))

CALLS = [
    lambda f, x, y: f.softmax(x, dim=0),
    lambda f, x, y: f.softmin(x, dim=0),
    lambda f, x, y: f.log_softmax(x, dim=0),
    lambda f, x, y: f.glu(x, dim=0),
    lambda f, x, y: f.hardtanh(x, -0.5, 0.5),
    lambda f, x, y: f.hardswish(x),
    lambda f, x, y: f.hardshrink(x),
    lambda f, x, y: f.softshrink(x),
    lambda f, x, y: f.tanhshrink(x),
    lambda f, x, y: f.logsigmoid(x),
    lambda f, x, y: f.mse_loss(x, y),
    lambda f, x, y: f.l1_loss(x, y, reduction="sum"),
    lambda f, x, y: f.linear(x, y),
    lambda f, x, y: f.kl_div(x, y**2, reduction="batchmean"),
    lambda f, x, y: f.triplet_margin_loss(x, y, x + y),
    lambda f, x, y: f.cosine_similarity(x, y, dim=0),
    lambda f, x, y: f.pairwise_distance(x, y, p=3.0, keepdim=True),
    lambda f, x, y: f.normalize(x, p=3.0, dim=0),
    lambda f, x, y: f.normalize(x),
    lambda f, x, y: f.normalize(0 * x),
]


@pytest.mark.parametrize("call", CALLS)
def test_against_torch(call):
    torch = pytest.importorskip("torch")
    x, y = (torch.tensor(z, requires_grad=True) for z in (X, Y))
    expected = call(torch.nn.functional, x, y)
    expected.sum().backward()
    out, pullback = autodiff.vjp(lambda x, y: call(functional, x, y), X, Y)
    assert_allclose(out, expected.detach().numpy(), rtol=1e-9)
    for ct, tensor in zip(pullback(numpy.ones_like(out)), (x, y), strict=True):
        expected_ct = numpy.zeros(tensor.shape) if tensor.grad is None else tensor.grad.numpy()
        assert_allclose(numpy.zeros(tensor.shape) if ct is None else ct, expected_ct, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["CosineSimilarity", "PairwiseDistance"])
def test_layers_against_torch(name):
    torch = pytest.importorskip("torch")
    options = {"dim": 0} if name == "CosineSimilarity" else {"p": 1.0, "keepdim": True}
    expected = getattr(torch.nn, name)(**options)(torch.asarray(X), torch.asarray(Y)).numpy()
    assert_allclose(getattr(nn, name)(**options)(X, Y), expected, rtol=1e-9)


def test_lengths_that_overflow(xp):
    x, y = (xp.asarray(values, dtype=xp.float64) for values in ([[1e300, 1e300]], [[1e300, 0.0]]))
    assert_allclose(float(nn.cosine_similarity(x, y)[0]), 0.5**0.5, rtol=1e-12)
    assert_allclose(float(nn.pairwise_distance(x, 0 * y)[0]), 2**0.5 * 1e300, rtol=1e-12)
    assert_allclose(numpy.asarray(nn.normalize(x)), [[0.5**0.5] * 2], rtol=1e-12)
