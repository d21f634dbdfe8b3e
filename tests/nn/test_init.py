from __future__ import annotations

import math

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nn import init

SHAPE = (300, 200)  # fan_in 200, fan_out 300

# Standard deviations from the papers' formulas, worked out by hand for SHAPE.
CASES = [
    (init.xavier_normal(), 0.0632456, False),
    (init.xavier_uniform(), 0.0632456, True),
    (init.xavier_uniform(gain=2.0), 0.1264911, True),
    (init.kaiming_normal(), 0.1, False),
    (init.kaiming_uniform(), 0.1, True),
    (init.kaiming_normal(fan="out"), 0.0816497, False),
    (init.kaiming_uniform(gain=1.0), 0.0707107, True),
]


def draw(initializer, xp=numpy, seed=0, shape=SHAPE):
    return initializer(numpy.random.default_rng(seed), shape, xp.float32, xp)


@pytest.mark.parametrize(("initializer", "std", "bounded"), CASES)
def test_statistics(initializer, std, bounded):
    sample = draw(initializer).ravel()
    # 60,000 draws: five standard errors either side, of the mean and of the standard deviation.
    assert abs(sample.mean()) < 5 * std / math.sqrt(sample.size)
    assert abs(sample.std() / std - 1) < 5 / math.sqrt(2 * sample.size)
    assert (numpy.abs(sample).max() <= math.sqrt(3) * std * (1 + 1e-6)) == bounded


@pytest.mark.parametrize("initializer", [case[0] for case in CASES])
def test_one_seed_gives_one_array_everywhere(xp, initializer):
    array = draw(initializer, xp, seed=3, shape=(4, 5))
    assert array.dtype == xp.float32
    assert_array_equal(numpy.asarray(array), draw(initializer, seed=3, shape=(4, 5)))


def test_variance_survives_a_deep_stack_of_relus():
    # What He initialization is for; with Xavier's weights the same stack fades by 2**-20.
    x = numpy.random.default_rng(1).normal(size=(200, 64))
    rng = numpy.random.default_rng(0)

    def spread(initializer):
        y = x
        for fan_in in (64, *[200] * 19):
            y = numpy.maximum(y @ initializer(rng, (200, fan_in), numpy.float64, numpy).T, 0)
        return (y**2).mean()

    assert 0.1 < spread(init.kaiming_normal()) < 10
    assert spread(init.xavier_normal()) < 1e-4


def test_constants(xp):
    assert_array_equal(numpy.asarray(draw(init.zeros(), xp, shape=(3,))), [0, 0, 0])
    assert_array_equal(numpy.asarray(draw(init.ones(), xp, shape=(3,))), [1, 1, 1])


def test_fans_of_a_convolution():
    assert init.fans((16, 3, 5, 5)) == (75, 400)


def test_one_axis_has_no_fans():
    with pytest.raises(ValueError, match=r"shape is \(3,\), expected \(out_features, in_features"):
        draw(init.xavier_normal(), shape=(3,))


def test_against_pytorch():
    torch = pytest.importorskip("torch")
    theirs = torch.nn.init.xavier_uniform_(torch.empty(SHAPE)).abs().max()
    assert_allclose(float(theirs), numpy.abs(draw(init.xavier_uniform())).max(), rtol=1e-3)
    theirs = torch.nn.init.kaiming_normal_(torch.empty(SHAPE), nonlinearity="relu").std()
    assert_allclose(float(theirs), draw(init.kaiming_normal()).std(), rtol=0.02)
