"""What holds for every optimizer there is; they are discovered, so that a new one is tested from its first day."""

from __future__ import annotations

import inspect
import pickle

import numpy
import optree
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn

OPTIMIZERS = {name: value for name, value in vars(nn.optimizers).items() if hasattr(value, "attach")}
del OPTIMIZERS["Optimizer"], OPTIMIZERS["chain"]
MATRICES_ALONE = {"Muon"}

every_optimizer = pytest.mark.parametrize("name", OPTIMIZERS)


def without_decay(name):
    options = {"weight_decay": 0.0} if "weight_decay" in inspect.signature(OPTIMIZERS[name]).parameters else {}
    return OPTIMIZERS[name](0.05, **options)


def start(name, xp=numpy, dtype=None):
    rng = numpy.random.default_rng(0)
    shapes = {"w": (3, 2), "none": (0, 2)} | ({} if name in MATRICES_ALONE else {"b": (2,), "s": ()})
    return {path: xp.asarray(rng.normal(size=shape), dtype=dtype or xp.float64) for path, shape in shapes.items()}


def gradient(params):
    """Of half the squared distance from 2."""
    return optree.tree_map(lambda param: param - 2.0, params)


def value_and_grad(params):
    terms = [autodiff.array_namespace(x).sum((x - 2.0) ** 2) / 2 for x in optree.tree_leaves(params)]
    return sum(map(float, terms)), gradient(params)


def advance(optimizer, state, params, steps=1):
    for _ in range(steps):
        grads = value_and_grad if isinstance(optimizer, nn.LBFGS) else gradient(params)
        params, state = optimizer.update(grads, state, params)
    return params, state


def as_numpy(tree):
    return {name: numpy.asarray(leaf).copy() for name, leaf in nn.SGD(0.0).state_dict(tree).items()}


def assert_identical(left, right):
    left, right = as_numpy(left), as_numpy(right)
    assert left.keys() == right.keys()
    for key in left:
        assert_array_equal(left[key], right[key], err_msg=key, strict=True)


def test_all_optimizers_are_found():
    promised = "SGD Adam AdamW NAdam RMSprop Adagrad Adadelta Adafactor Lion LAMB Muon LBFGS"
    assert OPTIMIZERS.keys() >= set(promised.split())
    assert set(OPTIMIZERS) <= set(nn.__all__)


@every_optimizer
def test_all_namespaces_agree_and_keep_the_data_type(xp, name):
    optimizer = without_decay(name)
    expected, _ = advance(optimizer, optimizer.init(start(name)), start(name), 2)
    params = start(name, xp, xp.float32)
    after, state = advance(optimizer, optimizer.init(params), params, 2)
    assert all(leaf.dtype == xp.float32 for leaf in optree.tree_leaves((after, state)) if hasattr(leaf, "dtype"))
    for path, leaf in after.items():
        assert leaf.shape == params[path].shape
        assert_allclose(numpy.asarray(leaf), expected[path], rtol=1e-4, atol=1e-4)


@every_optimizer
def test_the_arguments_stay_as_they_are(name):
    optimizer, params = without_decay(name), start(name)
    state = advance(optimizer, optimizer.init(params), params)[1]
    grads, kept = gradient(params), (as_numpy(params), as_numpy(state), as_numpy(gradient(params)))
    for leaf in optree.tree_leaves((params, state, grads)):
        if isinstance(leaf, numpy.ndarray):
            leaf.flags.writeable = False
    optimizer.update(value_and_grad if name == "LBFGS" else grads, state, params)
    for tree, before in zip((params, state, grads), kept, strict=True):
        assert_identical(tree, before)


@every_optimizer
def test_zero_gradients_move_nothing(xp, name):
    optimizer, params = without_decay(name), start(name, xp, xp.float32)
    state = optimizer.init(params)
    zeros = optree.tree_map(xp.zeros_like, params)
    after = params
    for _ in range(3):
        after, state = optimizer.update((lambda _: (0.0, zeros)) if name == "LBFGS" else zeros, state, after)
    assert_identical(params, after)


@every_optimizer
def test_a_saved_state_goes_on_to_the_bit(xp, name, tmp_path):
    optimizer, params = OPTIMIZERS[name](0.05), start(name, xp, xp.float32)
    params, state = advance(optimizer, optimizer.init(params), params, 2)
    nn.save(tmp_path / "state", optimizer.state_dict(state))
    restored = optimizer.load_state_dict(nn.load(tmp_path / "state"), params)
    assert_identical(restored, state)
    assert_identical(pickle.loads(pickle.dumps(optimizer.state_dict(state))), optimizer.state_dict(state))
    straight, resumed = advance(optimizer, state, params, 2), advance(optimizer, restored, params, 2)
    assert_identical(straight[0], resumed[0])
    assert_identical(straight[1], resumed[1])


@every_optimizer
def test_a_state_of_other_parameters_is_refused(name):
    optimizer, params = OPTIMIZERS[name](0.05), start(name)
    saved = optimizer.state_dict(advance(optimizer, optimizer.init(params), params)[1])
    arrays = [key for key, leaf in saved.items() if numpy.asarray(leaf).size > 1]
    if not arrays:
        pytest.skip(f"{name} keeps no arrays")
    with pytest.raises(ValueError, match="unexpected stranger"):
        optimizer.load_state_dict({**saved, "stranger": 1}, params)
    with pytest.raises(ValueError, match="missing step"):
        optimizer.load_state_dict({key: leaf for key, leaf in saved.items() if key != "step"}, params)
    with pytest.raises(ValueError, match=r"has shape \(7, 7\), expected"):
        optimizer.load_state_dict({**saved, arrays[0]: numpy.ones((7, 7))}, params)


@every_optimizer
def test_a_module_a_dict_and_an_attached_model_are_trained_alike(name):
    def model():
        bias = name not in MATRICES_ALONE
        return nn.Linear(3, 2, rng=numpy.random.default_rng(0), xp=numpy, dtype=numpy.float64, bias=bias)

    x = numpy.random.default_rng(1).normal(size=(4, 3))

    def loss(model):
        return autodiff.array_namespace(model(x)).mean((model(x) - 1.0) ** 2)

    optimizer = nn.LBFGS(max_iter=2) if name == "LBFGS" else OPTIMIZERS[name](0.05)
    tree, by_name, attached = model(), model(), optimizer.attach(model())
    both, by_path = autodiff.value_and_grad(loss), nn.value_and_grad(loss)
    params = {path: parameter.data for path, parameter in by_name.named_parameters()}
    states = [optimizer.init(tree), optimizer.init(params)]

    def closure():
        attached.zero_grad()
        return nn.backward(loss)(attached.model)

    def with_data(params):
        new = model()
        new.load_state_dict(params)
        return new

    for _ in range(3):
        tree, states[0] = optimizer.update(both if name == "LBFGS" else both(tree)[1], states[0], tree)
        grads = (lambda params: by_path(with_data(params))) if name == "LBFGS" else by_path(with_data(params))[1]
        params, states[1] = optimizer.update(grads, states[1], params)
        attached.step(closure)
    for path, param in params.items():
        # Only sums over all parameters, which LBFGS takes, depend on the order of their paths.
        assert_allclose(tree.state_dict()[path], param, rtol=1e-12 if name == "LBFGS" else 0)
        assert_allclose(attached.model.state_dict()[path], param, rtol=1e-12 if name == "LBFGS" else 0)
    if name != "LBFGS":
        assert_identical(attached.state, states[0])
        assert_identical(states[1], states[0])


@every_optimizer
def test_a_bare_array_is_a_tree(name):
    optimizer, x = without_decay(name), numpy.asarray([[4.0, 3.0]])
    after, _ = advance(optimizer, optimizer.init(x), x, 5)
    assert (after < x).all()


@every_optimizer
def test_what_is_no_floating_point_array_passes_through(name):
    params = start(name) | {"name": "w", "size": 3, "mask": numpy.asarray([True]), "index": numpy.asarray([1, 2])}
    optimizer = without_decay(name)

    def both(params):
        return 0.0, {path: leaf for path, leaf in params.items() if path not in ("name", "size")}

    after, _ = optimizer.update(both if name == "LBFGS" else both(params)[1], optimizer.init(params), params)
    for path in ("name", "size", "mask", "index"):
        assert after[path] is params[path]


@every_optimizer
def test_a_complex_parameter_is_trained_as_two_real_ones(name):
    start = numpy.asarray([[1.0, -2.0], [3.0, 4.0]])
    pair, single = {"z.real": start, "z.imag": start[::-1]}, {"z": start + 1j * start[::-1]}

    def of_pair(params):
        terms = (params["z.real"] - 1.0) ** 2 + 2 * (params["z.imag"] + 1.0) ** 2
        return autodiff.array_namespace(terms).sum(terms)

    def of_single(params):
        xp = autodiff.array_namespace(params["z"])
        return of_pair({"z.real": xp.real(params["z"]), "z.imag": xp.imag(params["z"])})

    optimizer, states = OPTIMIZERS[name](0.05), []
    for f, params in ((of_pair, pair), (of_single, single)):
        state, both = optimizer.init(params), autodiff.value_and_grad(f)
        for _ in range(3):
            params, state = optimizer.update(both if name == "LBFGS" else both(params)[1], state, params)
        states.append((params, state))
    (pair, pair_state), (single, single_state) = states
    for path, leaf in as_numpy(single_state).items():
        assert_allclose(numpy.sort(leaf, axis=None), numpy.sort(as_numpy(pair_state)[path], axis=None), rtol=1e-12)
    assert_allclose(single["z"], pair["z.real"] + 1j * pair["z.imag"], rtol=1e-12)
    assert single["z"].dtype == numpy.complex128


@every_optimizer
def test_an_optimizer_can_be_pickled(name):
    optimizer, params = OPTIMIZERS[name](0.05), start(name)
    again = pickle.loads(pickle.dumps(optimizer))
    assert_identical(*(advance(one, one.init(params), params, 2)[0] for one in (optimizer, again)))
    assert repr(again) == repr(optimizer)


@every_optimizer
def test_a_numpy_scalar_as_learning_rate_keeps_the_data_type(name):
    params = start(name, numpy, numpy.float32)
    optimizer = OPTIMIZERS[name](numpy.float64(0.1))
    assert {leaf.dtype for leaf in advance(optimizer, optimizer.init(params), params)[0].values()} == {
        numpy.dtype("float32")
    }


CHAINS = [name for name, value in OPTIMIZERS.items() if issubclass(value, nn.chain)]


@pytest.mark.parametrize("name", CHAINS)
def test_a_schedule_counts_steps_from_one(name):
    seen = set()
    params, optimizer = start(name), OPTIMIZERS[name](lambda step: seen.add(step) or 0.01 * step)
    advance(optimizer, optimizer.init(params), params, 3)
    assert seen == {1, 2, 3}


@pytest.mark.parametrize("name", CHAINS)
def test_gradients_that_do_not_fit_are_refused(name):
    optimizer, params = OPTIMIZERS[name](), start(name)
    state = optimizer.init(params)
    with pytest.raises(ValueError, match="the gradients do not fit the parameters: missing w"):
        optimizer.update({path: leaf for path, leaf in params.items() if path != "w"}, state, params)
    with pytest.raises(ValueError, match=r"w has shape \(2,\), expected \(3, 2\)"):
        optimizer.update(params | {"w": numpy.ones(2)}, state, params)
    if len(state) > 1:
        with pytest.raises(ValueError, match=r"the state knows no .*'x'; take one from optimizer\.init"):
            optimizer.update({"x": numpy.ones((2, 2))}, state, {"x": numpy.ones((2, 2))})


@pytest.mark.parametrize("name", CHAINS)
def test_steps_can_be_differentiated(name):
    """By the start of three steps, against differences."""

    def end(x):
        optimizer, params = OPTIMIZERS[name](0.05), {"x": x}
        state = optimizer.init(params)
        for _ in range(3):
            params, state = optimizer.update({"x": params["x"] - 2.0}, state, params)
        return autodiff.array_namespace(params["x"]).sum(params["x"])

    autodiff.check_grads(end, [numpy.asarray([[1.0, -0.5], [0.3, 4.0]])], order=1)
