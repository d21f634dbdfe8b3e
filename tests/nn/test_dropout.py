"""Dropout: what is dropped, how often, what stays of moments, and that every run of one call drops the same."""

from __future__ import annotations

import copy
import math

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn


def rng(seed=0):
    return numpy.random.default_rng(seed)


def test_a_share_of_p_is_zero_and_the_mean_stays():
    x = numpy.ones(100_000)
    for p in (0.1, 0.5, 0.9):
        out = nn.dropout(x, p, rng=rng())
        # Five standard deviations of a binomial distribution.
        assert abs(numpy.mean(out == 0) - p) < 5 * math.sqrt(p * (1 - p) / x.size)
        assert_allclose(numpy.unique(out), [0, 1 / (1 - p)])


def test_the_extremes(xp):
    x = xp.asarray([1.0, 2.0], dtype=xp.float32)
    for function in (nn.dropout, nn.alpha_dropout):
        assert_array_equal(numpy.asarray(function(x, 0.0, rng=rng())), [1, 2])
        assert_array_equal(numpy.asarray(function(x, 1.0, rng=rng())), [0, 0])
    assert nn.dropout(xp.ones((0, 3), dtype=xp.float32), rng=rng()).shape == (0, 3)
    assert nn.dropout(xp.asarray(1.0), 0.5, rng=rng()).shape == ()


@pytest.mark.parametrize("name", ["Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout"])
def test_one_seed_drops_the_same_everywhere(xp, name):
    shape = {"Dropout1d": (4, 5, 2), "Dropout3d": (4, 5, 2, 2, 1)}.get(name, (4, 5, 2, 2))
    x = rng(1).normal(size=shape).astype(numpy.float32)
    layer = getattr(nn, name)(0.4, rng=rng())
    here, there = layer(xp.asarray(x)), getattr(nn, name)(0.4, rng=rng())(x)
    assert here.dtype == xp.float32
    assert_allclose(numpy.asarray(here), there, rtol=1e-6)
    assert not numpy.array_equal(numpy.asarray(layer(xp.asarray(x))), there)
    assert layer.eval()(x) is x


@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("batch", [(), (50,)])
def test_spatial_dropout_takes_whole_channels(ndim, batch):
    function = getattr(nn, f"dropout{ndim}d")
    out = function(numpy.ones((*batch, 40, *range(2, 2 + ndim))), 0.25, rng=rng())
    channels = out.reshape((*batch, 40, -1))
    assert_array_equal(channels, numpy.broadcast_to(channels[..., :1], channels.shape))
    assert abs(numpy.mean(out == 0) - 0.25) < 5 * math.sqrt(0.25 * 0.75 / (40 * math.prod(batch)))


def test_alpha_dropout_keeps_mean_and_variance():
    x = rng(1).normal(size=200_000)
    out = nn.alpha_dropout(x, 0.3, rng=rng())
    assert abs(out.mean()) < 0.01
    assert abs(out.var() - 1) < 0.01


def test_alpha_dropout_is_the_affine_map_that_torch_has():
    torch = pytest.importorskip("torch")
    x = rng(1).normal(size=1000)

    def affine(out):
        """What dropped elements are, and the slope and shift of the others."""
        values, counts = numpy.unique(out, return_counts=True)
        dropped = values[numpy.argmax(counts)]
        return [dropped, *numpy.polyfit(x[out != dropped], out[out != dropped], 1)]

    theirs = torch.nn.functional.alpha_dropout(torch.asarray(x), 0.3, training=True).numpy()
    # PyTorch has seven digits of the constants.
    assert_allclose(affine(nn.alpha_dropout(x, 0.3, rng=rng())), affine(theirs), rtol=1e-6)


def test_the_gradient_is_the_mask(xp):
    x = xp.asarray(rng(1).normal(size=(3, 4)))
    out, pullback = autodiff.vjp(nn.Dropout(0.5, rng=rng()), x)
    (ct,) = pullback(xp.ones_like(x))
    assert_allclose(numpy.asarray(ct * x), numpy.asarray(out), rtol=1e-15)


@pytest.mark.parametrize("nested", [False, True])
def test_a_checkpoint_drops_the_same_when_it_runs_again(nested):
    x = rng(1).normal(size=20)

    def f(layer):
        def inner(x):
            return layer(x**3)

        return (lambda x: autodiff.checkpoint(inner)(layer(x))) if nested else lambda x: inner(layer(x))

    first, second = nn.Dropout(0.5, rng=rng()), nn.Dropout(0.5, rng=rng())
    expected, pullback = autodiff.vjp(f(first), x)
    out, checkpointed = autodiff.vjp(autodiff.checkpoint(f(second)), x)
    assert_array_equal(out, expected)
    assert_allclose(checkpointed(numpy.ones(20))[0], pullback(numpy.ones(20))[0], rtol=1e-14)
    # The generator has moved as far, so that what follows agrees too.
    assert_array_equal(first(x), second(x))


def test_without_once_a_checkpoint_would_be_wrong():
    x, generator = numpy.ones(20), rng()
    careless = autodiff.checkpoint(lambda x: x * (generator.random(20) >= 0.5))
    out, pullback = autodiff.vjp(careless, x)
    assert not numpy.array_equal(pullback(numpy.ones(20))[0], out)


def test_examples_of_vmap_share_a_mask():
    out = autodiff.vmap(nn.Dropout(0.5, rng=rng()))(numpy.ones((5, 8)))
    assert_array_equal(out, numpy.broadcast_to(nn.dropout(numpy.ones(8), 0.5, rng=rng()), (5, 8)))


def test_a_copy_goes_on_as_the_original_would():
    layer = nn.Dropout(0.5, rng=rng())
    twin = copy.deepcopy(layer)
    assert_array_equal(layer(numpy.ones(50)), twin(numpy.ones(50)))


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: nn.Dropout(1.5, rng=rng()), "from 0 to 1, got 1.5"),
        (lambda: nn.dropout(numpy.ones(3), -0.5, rng=rng()), "from 0 to 1, got -0.5"),
        (lambda: nn.dropout2d(numpy.ones((3, 4)), rng=rng()), r"3 or 4 dimensions, got shape \(3, 4\)"),
    ],
)
def test_errors_say_what_does_not_fit(call, match):
    with pytest.raises(ValueError, match=match):
        call()
