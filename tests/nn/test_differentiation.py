"""Modules as objects: gradients by name, accumulated, through ties, past what is frozen and what is a buffer."""

from __future__ import annotations

import numpy
import optree
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn


class Net(nn.Module):
    def __init__(self, xp):
        rng = numpy.random.default_rng(0)
        self.layers = [
            nn.Linear(3, 4, rng=rng, xp=xp, dtype=xp.float64),
            nn.Linear(4, 2, rng=rng, xp=xp, dtype=xp.float64),
        ]

    def __call__(self, x):
        for layer in self.layers:
            x = nn.relu(layer(x))
        return x


def total(model, x):
    y = model(x)
    return y.__array_namespace__().sum(y * y)


def inputs(xp):
    return xp.asarray(numpy.random.default_rng(1).normal(size=(5, 3)))


def test_gradients_as_of_the_tree(xp):
    model, x = Net(xp), inputs(xp)
    before = model.layers[0].weight
    loss, grads = nn.value_and_grad(total)(model, x)
    expected_loss, expected = autodiff.value_and_grad(total)(model, x)
    assert float(loss) == float(expected_loss)
    assert list(grads) == list(model.state_dict())
    for name, ct in expected.state_dict().items():
        assert_array_equal(numpy.asarray(grads[name]), numpy.asarray(ct))
    assert model.layers[0].weight is before


def test_auxiliary_results():
    model, x = Net(numpy), inputs(numpy)
    (loss, aux), _ = nn.value_and_grad(lambda model, x: (total(model, x), model(x)), has_aux=True)(model, x)
    assert_allclose(numpy.sum(aux**2), loss)
    assert type(aux) is numpy.ndarray


def test_gradients_accumulate_until_forgotten(xp):
    model, x = Net(xp), inputs(xp)
    _, grads = nn.value_and_grad(total)(model, x)
    for _ in range(2):
        nn.backward(total)(model, x)
    for name, parameter in model.named_parameters():
        assert_allclose(numpy.asarray(parameter.grad), 2 * numpy.asarray(grads[name]))
    model.zero_grad()
    assert all(parameter.grad is None for parameter in model.parameters())


def test_frozen_parameters_have_no_gradient():
    model, x = Net(numpy), inputs(numpy)
    model.layers[0].freeze()
    _, grads = nn.value_and_grad(total)(model, x)
    assert list(grads) == ["layers.1.weight", "layers.1.bias"]
    with pytest.raises(ValueError, match="Net has no parameter to train"):
        nn.value_and_grad(total)(model.freeze(), x)


def test_the_gradient_of_a_tied_parameter_is_the_sum_over_its_places(xp):
    rng = numpy.random.default_rng(0)
    model = nn.Sequential(*[nn.Linear(3, 3, rng=rng, xp=xp, dtype=xp.float64, bias=False) for _ in range(2)])
    x = inputs(xp)
    model[1].weight = model[0].weight
    _, apart = nn.value_and_grad(total)(model, x)
    model[1].weight = next(model[0].parameters())
    _, tied = nn.value_and_grad(total)(model, x)
    assert list(tied) == ["0.weight"]
    assert_allclose(numpy.asarray(tied["0.weight"]), numpy.asarray(apart["0.weight"] + apart["1.weight"]))


class Average(nn.Module):
    """Keeps a running mean of what it is given, scaled by a parameter."""

    def __init__(self, xp):
        self.scale = xp.asarray(2.0, dtype=xp.float64)
        self.mean = nn.Buffer(xp.asarray(0.0, dtype=xp.float64))

    def __call__(self, x):
        xp = autodiff.array_namespace(x, self.scale)
        y = xp.multiply(x, self.scale)
        if self.training:
            self.mean = 0.5 * xp.mean(y) + 0.5 * self.mean
        return y - self.mean


@pytest.mark.parametrize("transform", [nn.value_and_grad, autodiff.value_and_grad])
def test_buffers_keep_what_the_call_left_and_end_derivatives(xp, transform):
    model, x = Average(xp), xp.asarray([1.0, 3.0], dtype=xp.float64)
    for expected in (2.0, 3.0):
        transform(lambda model, x: xp_sum(model(x)))(model, x)
        assert float(model.mean) == expected
    model.eval()
    _, grads = transform(lambda model, x: xp_sum(model(x)))(model, x)
    assert float(model.mean) == 3.0
    assert float(optree.tree_leaves(grads)[0]) == 4.0


def xp_sum(x):
    return x.__array_namespace__().sum(x)


def test_calls_with_other_parameters_leave_the_model_alone():
    model, x = Net(numpy), inputs(numpy)
    before = model.state_dict()
    zeros = {name: numpy.zeros_like(data) for name, data in before.items()}
    assert not nn.functional_call(model, zeros, x).any()
    assert all(model.state_dict()[name] is data for name, data in before.items())
    with pytest.raises(ValueError, match=r"Net has no parameter bias; it has layers.0.weight, "):
        nn.functional_call(model, {"bias": x}, x)

    def fails(model):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        nn.value_and_grad(fails)(model)
    assert all(model.state_dict()[name] is data for name, data in before.items())
