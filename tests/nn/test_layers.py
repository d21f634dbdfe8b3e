from __future__ import annotations

import re

import numpy
import pytest
from numpy.testing import assert_allclose

import nn


def rng():
    return numpy.random.default_rng(0)


@pytest.mark.parametrize("bias", [True, False])
def test_linear(xp, bias):
    layer = nn.Linear(3, 2, bias=bias, rng=rng(), xp=xp, dtype=xp.float64)
    x = rng().normal(size=(4, 5, 3))
    expected = x @ numpy.asarray(layer.weight).T + (numpy.asarray(layer.bias) if bias else 0)
    assert_allclose(numpy.asarray(layer(xp.asarray(x, dtype=xp.float64))), expected, rtol=1e-14)
    assert len(list(layer.parameters())) == 1 + bias


def test_linear_is_float32_unless_told(xp):
    assert all(p.data.dtype == xp.float32 for p in nn.Linear(3, 2, rng=rng(), xp=xp).parameters())


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 2), (2,), ()])
def test_linear_says_which_shape_it_takes(xp, shape):
    layer = nn.Linear(3, 2, rng=rng(), xp=xp)
    expected = f"last axis has length 3 for a weight of shape (2, 3), got shape {shape}"
    with pytest.raises(ValueError, match=re.escape(expected)):
        layer(xp.ones(shape))


def test_the_default_namespace_is_extensor():
    extensor = pytest.importorskip("extensor")
    assert nn.Linear(3, 2, rng=rng()).weight.__array_namespace__() is extensor


def test_flatten_keeps_the_first_axis(xp):
    assert nn.Flatten()(xp.ones((2, 3, 4))).shape == (2, 12)


def test_sequential_indexes_like_a_list():
    layers = [nn.ReLU() for _ in range(12)]
    model = nn.Sequential(*layers)
    assert len(model) == 12
    assert list(model) == layers
    assert model[-1] is layers[-1]
    with pytest.raises(IndexError):
        model[12]


def test_the_same_model_in_pytorch_reads_the_weights(tmp_path):
    torch = pytest.importorskip("torch")
    safetensors_torch = pytest.importorskip("safetensors.torch")
    r = rng()
    model = nn.Sequential(nn.Linear(3, 4, rng=r, xp=numpy), nn.ReLU(), nn.Linear(4, 2, rng=r, xp=numpy))
    nn.save(tmp_path / "w.safetensors", model.state_dict())
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    theirs.load_state_dict(safetensors_torch.load_file(tmp_path / "w.safetensors"))
    x = r.normal(size=(5, 3)).astype(numpy.float32)
    assert_allclose(model(x), theirs(torch.asarray(x)).detach().numpy(), rtol=1e-5, atol=1e-6)
