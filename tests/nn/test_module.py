from __future__ import annotations

import copy
import pickle
import subprocess
import sys

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
    assert [p.data.shape for p in net.parameters()] == [(1,), (4, 3), (4,), (4, 4), (4,), (2, 4)]


def test_the_leaves_of_the_tree_are_the_parameters():
    net = Net()
    assert all(leaf is p.data for leaf, p in zip(optree.tree_leaves(net), net.parameters(), strict=True))


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
    grads = autodiff.grad(lambda model: nn.cross_entropy(model(x), labels))(model)
    trained, _ = nn.Adam().update(grads, nn.Adam().init(model), model)
    assert list(trained.state_dict()) == ["layers.0.weight", "layers.0.bias"]
    assert trained.layers[1] is nn.relu
    assert (trained.layers[0].weight != model.layers[0].weight).any()


def test_state_travels_from_one_namespace_to_another(xp):
    source, target = Net(numpy), Net(xp)
    source = optree.tree_map(lambda p: p * 2, source)
    target.load_state_dict(source.state_dict())
    for mine, theirs in zip(target.parameters(), source.parameters(), strict=True):
        assert mine.data.dtype == xp.float32
        assert_array_equal(numpy.asarray(mine.data), theirs.data)


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
    assert all((before[name] == p.data).all() for name, p in net.named_parameters())


def test_update_takes_over_a_tree():
    net = Net()
    first = net.first
    assert net.update(optree.tree_map(lambda p: p + 1, net)) is net
    assert_array_equal(first.bias, [1, 1, 1, 1])
    with pytest.raises(ValueError, match="differ in structure"):
        net.update(nn.ReLU())


def test_a_shallow_copy_has_attributes_of_its_own():
    layer = nn.Linear(2, 1, rng=numpy.random.default_rng(0), xp=numpy)
    copied = copy.copy(layer)
    copied.bias = None
    copied.register_forward_hook(lambda module, args, out: 0)
    assert copied.weight is layer.weight
    assert layer(numpy.ones((3, 2))).shape == (3, 1)
    assert list(layer.state_dict()) == ["weight", "bias"]


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
        self.parts = {"a.b": nn.Linear(1, 1, rng=numpy.random.default_rng(0), xp=numpy, bias=False)}
        self.parts["a"] = {"b": self.parts["a.b"]}


def test_parameters_of_one_name_are_refused():
    with pytest.raises(ValueError, match=r"two arrays.*parts\.a\.b"):
        Twins().state_dict()


@pytest.mark.parametrize("value", [[numpy.zeros(1)], {"a": numpy.zeros(1)}, (1, [nn.Parameter(numpy.zeros(1))])])
def test_arrays_in_containers_are_refused(value):
    with pytest.raises(TypeError, match=r"'pair' holds arrays in a (list|dict|tuple).*ParameterDict"):
        nn.Flatten().pair = value


def test_attributes_become_what_they_are():
    module = nn.Flatten()
    module.weight = numpy.zeros(2)
    module.count = numpy.asarray(3)
    module.mask = nn.Buffer(numpy.ones(2), persistent=False)
    module.frozen = nn.Parameter(numpy.ones(1), requires_grad=False)
    assert list(dict(module.named_parameters())) == ["weight", "frozen"]
    assert list(dict(module.named_buffers())) == ["count", "mask"]
    assert list(module.state_dict()) == ["weight", "count", "frozen"]
    assert len(optree.tree_leaves(module)) == 1
    holder = next(module.parameters())
    module.weight = numpy.ones(2)
    assert next(module.parameters()) is holder
    assert holder.data[0] == 1
    module.weight = None
    assert list(dict(module.named_parameters())) == ["frozen"]
    module.weight = numpy.zeros(1)
    assert module.weight.shape == (1,)
    del module.weight
    with pytest.raises(AttributeError, match="'Flatten' object has no attribute 'weight'"):
        _ = module.weight


def test_parameter_dict():
    module = nn.ParameterDict({"a": numpy.zeros(2)})
    module["b.c"] = nn.Parameter(numpy.ones(1))
    assert [name for name, _ in module.items()] == list(module) == ["a", "b.c"]
    first = next(module.parameters())
    first.requires_grad = False
    module["a"] = numpy.ones(2)
    assert next(module.parameters()) is first
    assert module["a"].tolist() == [1.0, 1.0]
    del module["a"]
    assert len(module) == 1
    assert list(module.state_dict()) == ["b.c"]
    outer = nn.Flatten()
    outer.table = module
    doubled = optree.tree_map(lambda p: 2 * p, outer)
    assert doubled.table["b.c"] == 2


class Pair(nn.Module):
    """Two modules with one weight."""

    def __init__(self, xp=numpy):
        rng = numpy.random.default_rng(0)
        self.first = nn.Linear(2, 2, rng=rng, xp=xp, dtype=xp.float64, bias=False)
        self.second = nn.Linear(2, 2, rng=rng, xp=xp, dtype=xp.float64, bias=False)
        self.second.weight = next(self.first.parameters())

    def __call__(self, x):
        return self.second(self.first(x))


def test_tied_parameters_are_one():
    pair = Pair()
    assert [name for name, _ in pair.named_parameters()] == ["first.weight"]
    assert list(pair.state_dict()) == ["first.weight", "second.weight"]
    pair.first.weight = numpy.ones((2, 2))
    assert pair.second.weight[0, 0] == 1
    copied = copy.deepcopy(pair)
    copied.first.weight = numpy.zeros((2, 2))
    assert copied.second.weight[0, 0] == 0
    assert pair.second.weight[0, 0] == 1
    with pytest.raises(ValueError, match=r"'first.weight' and 'second.weight' of Pair are one .*nn.value_and_grad"):
        optree.tree_leaves(pair)
    assert len(optree.tree_leaves(copy.deepcopy(pair.first))) == 1
    pair.second.weight = nn.Parameter(numpy.zeros((2, 2)))
    assert len(optree.tree_leaves(pair)) == 2


def test_a_module_in_two_places_is_an_object_and_no_tree():
    layer = nn.Linear(2, 2, rng=numpy.random.default_rng(0), xp=numpy, bias=False)
    model = nn.Sequential(layer, nn.Sequential(nn.ReLU(), layer))
    x = numpy.ones(2, dtype=numpy.float32)
    _, grads = nn.value_and_grad(lambda model: model(x)[0])(model)
    assert list(grads) == ["0.weight"]
    with pytest.raises(ValueError, match=r"'0.weight' and '1.1.weight' of Sequential are one parameter"):
        autodiff.grad(lambda model: model(x)[0])(model)
    layer.freeze()
    assert optree.tree_leaves(model) == []


def test_a_tree_shares_buffers_and_frozen_parameters():
    net = Net()
    net.first.freeze()
    net.mean = nn.Buffer(numpy.zeros(1))
    mapped = optree.tree_map(lambda p: p + 1, net)
    assert mapped.first.weight is net.first.weight
    assert not any(parameter.requires_grad for parameter in mapped.first.parameters())
    mapped.mean = numpy.ones(1)
    assert net.mean == 1
    assert len(optree.tree_leaves(net)) == len(NAMES) - 2
    assert len(optree.tree_leaves(net.unfreeze())) == len(NAMES)


def test_modes_reach_every_module():
    net = Net()
    assert all(module.training for module in net.modules())
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    assert not optree.tree_map(lambda p: p, net).heads["a"].training
    assert optree.tree_structure(net) == optree.tree_structure(Net())
    assert net.train().blocks[0].training


def test_modules_have_names():
    net = Net()
    assert [name for name, _ in net.named_modules()] == ["", "first", "blocks.0", "heads.a"]
    assert [name for name, _ in net.named_children()] == ["first", "blocks.0", "heads.a"]
    net.again = net.first
    assert len(list(net.modules())) == 4


def test_moving_to_another_namespace_in_place(xp):
    net = Net()
    first = net.first
    net.first.mean = nn.Buffer(numpy.asarray([1, 2]))
    net.scale = nn.Parameter(net.scale, grad=numpy.ones(1))
    assert net.to(xp, dtype=xp.float64) is net
    assert net.first is first
    assert all(parameter.data.dtype == xp.float64 for parameter in net.parameters())
    assert xp.isdtype(first.mean.dtype, "integral")
    assert next(net.parameters()).grad.dtype == xp.float64
    y = net(xp.ones((2, 3), dtype=xp.float64))
    assert_allclose(numpy.asarray(y), Net()(numpy.ones((2, 3))), rtol=1e-6)


def test_hooks_see_calls_and_may_replace_results():
    class Loud(nn.ReLU):
        def __call__(self, x):
            return 10 * super().__call__(x)

    seen = []
    module = Loud()
    remove = module.register_forward_hook(lambda module, args, out: seen.append((args, out)))
    assert module(2.0 * numpy.ones(1)) == 20
    assert len(seen) == 1
    replace = module.register_forward_hook(lambda module, args, out: out + 1)
    assert module(2.0 * numpy.ones(1)) == 21
    remove()
    replace()
    assert module(2.0 * numpy.ones(1)) == 20
    assert len(seen) == 2


def test_pre_hooks_see_calls_and_may_replace_arguments():
    seen = []
    module = nn.ReLU()
    remove = module.register_forward_pre_hook(lambda module, args: seen.append(args))
    assert module(2.0 * numpy.ones(1)) == 2
    assert len(seen) == 1
    replace = module.register_forward_pre_hook(lambda module, args: args[0] + 1)
    assert module(2.0 * numpy.ones(1)) == 3
    replace()
    replace = module.register_forward_pre_hook(lambda module, args: (args[0] + 2,))
    assert module(2.0 * numpy.ones(1)) == 4
    remove()
    replace()
    assert module(2.0 * numpy.ones(1)) == 2
    assert len(seen) == 3


def test_habits_of_pytorch():
    class Net(nn.Module):
        def __init__(self, rng):
            self.layers = nn.ModuleList([nn.Linear(2, 3, rng=rng, xp=numpy)])
            self.layers.append(nn.Linear(3, 1, rng=rng, xp=numpy))
            self.heads = nn.ModuleDict({"a": nn.ReLU()})

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return self.heads["a"](x)

    class Doubled(Net):
        def forward(self, x):
            return 2 * super().forward(x)

    seen = []
    net, doubled = (kind(numpy.random.default_rng(0)) for kind in (Net, Doubled))
    assert list(net.state_dict()) == ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]
    doubled.register_forward_hook(lambda module, args, out: seen.append(out))
    x = numpy.ones((4, 2), dtype=numpy.float32)
    assert_array_equal(doubled(x), 2 * net(x))
    assert len(seen) == 1


def test_more_habits_of_pytorch():
    class Net(nn.Module):
        def __init__(self):
            self.register_buffer("mask", numpy.ones(2), persistent=False)
            self.register_buffer("mean", numpy.zeros(2))
            self.layers = [nn.Linear(2, 2, rng=numpy.random.default_rng(0), xp=numpy), nn.ReLU()]
            self.head = nn.Sequential(nn.ReLU())

    net, seen = Net(), []
    assert [type(child) for child in net.children()] == [nn.Linear, nn.ReLU, nn.Sequential]
    assert [buffer.data.shape for buffer in net.buffers()] == [(2,), (2,)]
    assert list(net.state_dict()) == ["mean", "layers.0.weight", "layers.0.bias"]
    assert net.apply(lambda module: seen.append(type(module))) is net
    assert seen == [nn.Linear, nn.ReLU, nn.ReLU, nn.Sequential, Net]


def test_bfloat16_of_ml_dtypes_is_trained():
    # In a process of its own, as extensor knows the data type, and what it has told is remembered.
    pytest.importorskip("ml_dtypes")
    code = (
        "import ml_dtypes, nn, numpy\n"
        "module = nn.Module()\n"
        "module.weight = numpy.ones(3, dtype=ml_dtypes.bfloat16)\n"
        "module.count = numpy.ones(3, dtype=ml_dtypes.int4)\n"
        "print([*dict(module.named_parameters()), *dict(module.named_buffers())])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['weight', 'count']"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (nn.Parameter([1.0, 2.0]), "'x' is a Parameter of a list, not of an array; make it one, as by xp.asarray"),
        (nn.Buffer(3), "'x' is a Buffer of a int, not of an array"),
        (nn.Parameter(numpy.ones(2, dtype=int)), "'x' is of data type int64, and only floating-point arrays can be tr"),
    ],
)
def test_what_cannot_be_held_is_refused(value, message):
    with pytest.raises(TypeError, match=message):
        nn.Module().x = value


def test_integers_may_be_parameters_that_are_not_trained():
    module = nn.Module()
    module.x = nn.Parameter(numpy.ones(2, dtype=int), requires_grad=False)
    assert list(module.state_dict()) == ["x"]


@pytest.mark.parametrize(
    ("move", "message"),
    [
        (lambda module: module.to("cuda"), "expected an array namespace, such as the module numpy, got 'cuda'; a dev"),
        (lambda module: module.to(numpy.dtype("float32")), "expected an array namespace, .* a data type as dtype="),
        (lambda module: module.to(dtype=numpy.int64), "dtype must be a floating-point data type"),
        (lambda module: module.to(dtype=numpy.float32), "would drop the imaginary parts of a complex array"),
    ],
)
def test_impossible_moves_are_refused_and_change_nothing(move, message):
    module = nn.Module()
    module.real, module.complex = numpy.ones(2), 1j * numpy.ones(2)
    before = module.state_dict()
    with pytest.raises(TypeError, match=message):
        move(module)
    assert all(module.state_dict()[name] is array for name, array in before.items())


def test_moving_to_another_device_takes_gradients_and_buffers_along():
    xp = pytest.importorskip("array_api_strict")
    device = xp.Device("device1")
    layer = nn.BatchNorm1d(3, xp=xp)
    for parameter in layer.parameters():
        parameter.grad = xp.ones_like(parameter.data)
    layer.to(device=device)
    arrays = [*layer.state_dict().values(), *[parameter.grad for parameter in layer.parameters()]]
    assert {array.device for array in arrays} == {device}
    assert layer(xp.ones((4, 3), dtype=xp.float32, device=device)).device == device


def test_data_of_another_library_are_refused_with_both_names():
    torch = pytest.importorskip("torch")
    layer = nn.Linear(3, 2, rng=numpy.random.default_rng(0), xp=torch)
    for call in (layer, lambda x: nn.value_and_grad(lambda layer: layer(x).sum())(layer)):
        with pytest.raises(TypeError, match=r"arrays of .* cannot meet in one operation; convert those of one library"):
            call(numpy.ones((4, 3), dtype=numpy.float32))


def test_what_shares_arrays_is_no_tree_however_deep():
    def linear():
        return nn.Linear(2, 2, rng=numpy.random.default_rng(0), xp=numpy)

    shared = linear()
    model = nn.Sequential(nn.Sequential(nn.Sequential(shared)), nn.Sequential(linear(), nn.Sequential(shared)))
    with pytest.raises(ValueError, match=r"'0\.0\.0\.weight' and '1\.1\.0\.weight' of Sequential are one parameter"):
        optree.tree_leaves(model)
    assert len(optree.tree_leaves(model.freeze())) == 0


def test_an_array_that_the_class_would_hide_is_refused():
    class Net(nn.Module):
        bias = None

    for name in ("bias", "parameters", "apply"):
        with pytest.raises(AttributeError, match=f"the class Net has an attribute '{name}', which would hide the arr"):
            setattr(Net(), name, numpy.ones(2))
    assert nn.ParameterDict({"items": numpy.ones(2)})["items"].shape == (2,)


def test_properties_are_set_as_such():
    class Positive(nn.Module):
        @property
        def scale(self):
            return numpy.exp(self.log_scale)

        @scale.setter
        def scale(self, value):
            self.log_scale = numpy.log(value)

    module = Positive()
    module.scale = numpy.asarray([2.0])
    assert_allclose(module.scale, [2.0])
    assert list(module.state_dict()) == ["log_scale"]


def test_arrays_are_listed_for_completion():
    assert {"weight", "bias", "parameters"} <= set(dir(nn.Linear(2, 1, rng=numpy.random.default_rng(0), xp=numpy)))
