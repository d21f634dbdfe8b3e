from __future__ import annotations

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn
from nn.functional import pad

MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
"""NumPy's names."""


@pytest.mark.parametrize("padding", [(), (1, 2), (2, 0, 0, 1), (1, 1, 2, 2, 0, 1)])
@pytest.mark.parametrize("mode", MODES)
def test_against_numpy(xp, mode, padding):
    x = numpy.arange(60.0).reshape(3, 4, 5)
    pairs = list(zip(padding[::2], padding[1::2], strict=True))[::-1]
    expected = numpy.pad(x, [(0, 0)] * (3 - len(pairs)) + pairs, mode=MODES[mode])
    assert_array_equal(numpy.asarray(pad(xp.asarray(x), padding, mode)), expected)


def test_a_value(xp):
    x = xp.ones((2,), dtype=xp.float32)
    out = pad(x, (1, 0), value=-float("inf"))
    assert out.dtype == xp.float32
    assert_array_equal(numpy.asarray(out), [-float("inf"), 1.0, 1.0])


@pytest.mark.parametrize("mode", MODES)
def test_derivatives(xp, mode):
    x = xp.asarray(numpy.random.default_rng(0).normal(size=(2, 3)))
    autodiff.check_grads(lambda x: pad(x, (1, 2), mode), (x,))


@pytest.mark.parametrize("mode", MODES)
def test_vmap(xp, mode):
    x = xp.asarray(numpy.random.default_rng(0).normal(size=(2, 3, 4)))
    actual = autodiff.vmap(lambda x: pad(x, (1, 2), mode))(x)
    assert_allclose(numpy.asarray(actual), numpy.asarray(pad(x, (1, 2), mode)))


@pytest.mark.parametrize(
    ("padding", "mode", "match"),
    [
        ((1,), "constant", r"a pair of numbers .* got \(1,\) for an array of shape \(2, 3\)"),
        ((1, 1, 1, 1, 1, 1), "constant", "a pair of numbers"),
        ((-1, 0), "constant", "at least 0"),
        ((3, 0), "reflect", "3 elements is too short for a reflect padding of 3 and 0"),
        ((0, 4), "circular", "too short"),
        ((1, 1), "mirror", "constant, reflect, replicate, circular, got 'mirror'"),
    ],
)
def test_errors_say_what_does_not_fit(padding, mode, match):
    with pytest.raises(ValueError, match=match):
        pad(numpy.ones((2, 3)), padding, mode)


@pytest.mark.parametrize("padding", [1, (2, 0, 1, 2)])
@pytest.mark.parametrize("name", ["ZeroPad2d", "ReflectionPad2d", "ReplicationPad2d", "CircularPad2d"])
def test_layers_against_torch(name, padding):
    torch = pytest.importorskip("torch")
    x = numpy.random.default_rng(0).normal(size=(2, 3, 4, 5))
    expected = getattr(torch.nn, name)(padding)(torch.asarray(x)).numpy()
    assert_array_equal(getattr(nn, name)(padding)(x), expected)
