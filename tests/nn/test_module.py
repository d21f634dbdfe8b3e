from __future__ import annotations

import copy
import pickle

import numpy
import optree
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn


class Net(nn.Module):
    """Parameters of every kind of place: direct, in a module, in a list, in a dict; and static attributes."""

    def __init__(self, xp=numpy):
        rng = numpy.random.default_rng(0)
        self.scale = xp.asarray([2.0], dtype=xp.float32)
        self.first = nn.Linear(3, 4, rng=rng, xp=xp)
        self.blocks = []
        self.heads = {"a": nn.Linear(4, 2, rng=rng, xp=xp, bias=False)}
        self.activation = nn.relu
        self.kernel_size = (3, 3)
        self.blocks.append(nn.Linear(4, 4, rng=rng, xp=xp))

    def __call__(self, x):
        x = self.activation(self.first(x)) * self.scale
        for block in self.blocks:
            x = block(x)
        return self.heads["a"](x)


NAMES = ["scale", "first.weight", "first.bias", "blocks.0.weight", "blocks.0.bias", "heads.a.weight"]


def test_names_and_order(xp):
    net = Net(xp)
    assert [name for name, _ in net.named_parameters()] == NAMES
    assert list(net.state_dict()) == NAMES
    assert [p.shape for p in net.parameters()] == [(1,), (4, 3), (4,), (4, 4), (4,), (2, 4)]


def test_the_leaves_of_the_tree_are_the_parameters():
    net = Net()
    assert all(leaf is p for leaf, p in zip(optree.tree_leaves(net), net.parameters(), strict=True))


def test_mapping_keeps_class_static_attributes_and_computation():
    net = Net()
    same = optree.tree_map(lambda p: p + 0, net)
    assert type(same) is Net
    assert (same.activation, same.kernel_size) == (nn.relu, (3, 3))
    x = numpy.ones((2, 3), dtype=numpy.float32)
    assert_array_equal(same(x), net(x))


def test_structure_survives_leaves_that_are_no_arrays():
    net = Net()
    axes = optree.tree_map(lambda _: 0, net)
    assert axes.first.weight == 0
    assert optree.tree_structure(axes) == optree.tree_structure(net)
    assert optree.tree_leaves(optree.tree_map(lambda axis: axis + 1, axes)) == [1] * len(NAMES)


def test_differs_in_structure_when_a_static_attribute_differs():
    one, other = Net(), Net()
    other.kernel_size = (5, 5)
    assert optree.tree_structure(one) != optree.tree_structure(other)


def test_gradient_over_a_module_is_a_module(xp):
    net, x = Net(xp), xp.ones((2, 3), dtype=xp.float32)

    def total(net, x):
        y = net(x)
        return y.__array_namespace__().sum(y)

    value, grads = autodiff.value_and_grad(total)(net, x)
    assert isinstance(grads, Net)
    assert list(grads.state_dict()) == NAMES
    assert_allclose(float(value), numpy.sum(numpy.asarray(net(x))), rtol=1e-6)
    assert_allclose(numpy.asarray(grads.blocks[0].bias), 2 * numpy.asarray(net.heads["a"].weight).sum(0), rtol=1e-6)


def test_a_list_may_mix_modules_and_functions():
    class Stack(nn.Module):
        def __init__(self):
            self.layers = [nn.Linear(3, 2, rng=numpy.random.default_rng(0), xp=numpy), nn.relu]

        def __call__(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    model, x, labels = Stack(), numpy.ones((4, 3), dtype=numpy.float32), numpy.asarray([0, 0, 1, 1])
    (epoch,) = nn.train(model, nn.Adam(), x, labels, epochs=1, batch_size=4, rng=numpy.random.default_rng(0))
    assert list(epoch.model.state_dict()) == ["layers.0.weight", "layers.0.bias"]
    assert epoch.model.layers[1] is nn.relu
    assert (epoch.model.layers[0].weight != model.layers[0].weight).any()


def test_state_travels_from_one_namespace_to_another(xp):
    source, target = Net(numpy), Net(xp)
    source = optree.tree_map(lambda p: p * 2, source)
    target.load_state_dict(source.state_dict())
    for mine, theirs in zip(target.parameters(), source.parameters(), strict=True):
        assert mine.dtype == xp.float32
        assert_array_equal(numpy.asarray(mine), theirs)


def test_loading_copies_and_keeps_the_submodules():
    net, state = Net(), Net().state_dict()
    first, state["first.bias"] = net.first, numpy.ones(4, dtype=numpy.float32)
    net.load_state_dict(state)
    state["first.bias"][0] = 99
    assert net.first is first
    assert_array_equal(first.bias, [1, 1, 1, 1])


def test_loading_names_every_misfit_and_changes_nothing():
    net = Net()
    before = copy.deepcopy(net.state_dict())
    state = net.state_dict()
    state["first.weight"] = numpy.zeros((3, 4))
    state["more"] = state.pop("scale")
    with pytest.raises(ValueError, match=r"Net: missing scale; unexpected more; first.weight has shape \(3, 4\), "):
        net.load_state_dict(state)
    assert all((before[name] == p).all() for name, p in net.named_parameters())


def test_update_takes_over_a_tree():
    net = Net()
    first = net.first
    assert net.update(optree.tree_map(lambda p: p + 1, net)) is net
    assert_array_equal(first.bias, [1, 1, 1, 1])
    with pytest.raises(ValueError, match="differ in structure"):
        net.update(nn.ReLU())


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_copies_and_pickles_even_after_a_transformation(duplicate):
    net = duplicate(optree.tree_map(lambda p: p + 1, Net()))
    assert list(net.state_dict()) == NAMES
    assert_array_equal(net.first.bias, [1, 1, 1, 1])


def test_repr_says_shapes_and_static_attributes():
    model = nn.Sequential(nn.Linear(2, 3, rng=numpy.random.default_rng(0), xp=numpy), nn.ReLU())
    assert repr(model) == "Sequential(0=Linear(weight=array(3, 2), bias=array(3,)), 1=ReLU())"


class Twins(nn.Module):
    def __init__(self):
        self.parts = {"a.b": numpy.ones(2), "a": {"b": numpy.zeros(2)}}


def test_parameters_of_one_name_are_refused():
    with pytest.raises(ValueError, match=r"two parameters.*parts\.a\.b"):
        Twins().state_dict()


class Nested(nn.Module):
    def __init__(self, value):
        self.first = numpy.full(1, value)
        self.pair = (numpy.full(2, value), [numpy.full(3, value)])
        self.inner = nn.Flatten()
        self.inner.scale = numpy.full(1, value)


def test_parameters_in_tuples_are_loaded_and_modules_stay_the_same_objects():
    model = Nested(1.0)
    inner = model.inner
    model.load_state_dict(Nested(2.0).state_dict())
    assert {float(parameter[0]) for parameter in model.parameters()} == {2.0}
    assert model.inner is inner
    assert float(inner.scale[0]) == 2.0
