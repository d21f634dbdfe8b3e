from __future__ import annotations

import pickle

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
        ((-1, 0), "reflect", "at least 0"),
        ((-2, -2), "constant", "3 elements is too short for a padding of -2 and -2"),
        ((3, 0), "reflect", "3 elements is too short for a reflect padding of 3 and 0"),
        ((0, 4), "circular", "too short"),
        ((1, 1), "mirror", "constant, reflect, replicate, circular, got 'mirror'"),
    ],
)
def test_errors_say_what_does_not_fit(padding, mode, match):
    with pytest.raises(ValueError, match=match):
        pad(numpy.ones((2, 3)), padding, mode)


def test_negative_padding_takes_away(xp):
    torch = pytest.importorskip("torch")
    x = numpy.random.default_rng(0).normal(size=(4, 5))
    for padding in ((-1, 2, 0, -3), (-2, -3, -1, 1)):
        expected = torch.nn.functional.pad(torch.asarray(x), padding).numpy()
        assert_array_equal(numpy.asarray(pad(xp.asarray(x), padding)), expected)


PADDINGS = {1: (2, 0), 2: (2, 0, 1, 2), 3: (0, 1, 2, 0, 1, 1)}


@pytest.mark.parametrize("ndim", PADDINGS)
@pytest.mark.parametrize("name", ["ConstantPad", "ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad"])
def test_layers_against_torch(name, ndim):
    torch = pytest.importorskip("torch")
    x = numpy.random.default_rng(0).normal(size=(2, 3, 4, 5, 3)[: ndim + 2])
    value = (0.5,) if name == "ConstantPad" else ()
    for padding in (1, PADDINGS[ndim]):
        ours, theirs = (getattr(library, f"{name}{ndim}d")(padding, *value) for library in (nn, torch.nn))
        for images in (x, x[0]):
            assert_array_equal(ours(images), theirs(torch.asarray(images)).numpy())
        assert_array_equal(pickle.loads(pickle.dumps(ours))(x), ours(x))


def test_layers_say_what_does_not_fit():
    with pytest.raises(ValueError, match=r"ZeroPad2d takes a number, or 4 of those, got \(1, 2\)"):
        nn.ZeroPad2d((1, 2))
    with pytest.raises(ValueError, match=r"takes arrays of 4 dimensions, or 3 without the batch, got shape \(2, 3\)"):
        nn.ReflectionPad2d(1)(numpy.ones((2, 3)))
