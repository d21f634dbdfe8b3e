"""Transforms, and optimizers made of optimizers."""

from __future__ import annotations

import math

import numpy
import optree
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn


def apply(transform, updates, params=None, step=1):
    params = updates if params is None else params
    return transform.update(updates, transform.init(params), params, step)[0]


def steps(optimizer, params, grads):
    """Parameters after each step."""
    state, seen = optimizer.init(params), []
    for grad in grads:
        params, state = optimizer.update({path: numpy.full(params[path].shape, grad) for path in params}, state, params)
        seen.append(params)
    return seen, state


@pytest.mark.parametrize("size", [0.01, 1.0, 100.0])
def test_clipping_is_pytorch_s(xp, size):
    torch = pytest.importorskip("torch")
    rng = numpy.random.default_rng(0)
    grads = {"w": size * rng.normal(size=(3, 2)), "b": size * rng.normal(size=4), "s": numpy.asarray(size)}
    for ours, theirs in (
        (nn.clip_by_norm(2.0), torch.nn.utils.clip_grad_norm_),
        (nn.clip_by_value(2.0), torch.nn.utils.clip_grad_value_),
    ):
        expected = {path: torch.zeros(grad.shape, dtype=torch.float64) for path, grad in grads.items()}
        for path, grad in grads.items():
            expected[path].grad = torch.tensor(grad)
        theirs(expected.values(), 2.0)
        clipped = apply(ours, {path: xp.asarray(grad) for path, grad in grads.items()})
        for path, grad in clipped.items():
            assert_allclose(numpy.asarray(grad), expected[path].grad.numpy(), rtol=1e-12)


def test_norms_reach_over_data_types(xp):
    grads = {"a": xp.asarray([3.0], dtype=xp.float32), "b": xp.asarray([4.0], dtype=xp.float64)}
    clipped = apply(nn.clip_by_norm(1.0), grads)
    assert [clipped[path].dtype for path in grads] == [xp.float32, xp.float64]
    assert_allclose([float(x[0]) for x in clipped.values()], [0.6, 0.8], rtol=1e-6)


def test_the_norm_of_nothing_clips_nothing():
    assert apply(nn.clip_by_norm(1.0), {}) == {}


@pytest.mark.parametrize(
    "mask", ["*.weight", ["0.weight", "1.w*"], lambda path, param: param.ndim == 2], ids=["pattern", "list", "function"]
)
def test_weights_that_a_mask_names_decay(mask):
    params = {"0.weight": numpy.ones((1, 1)), "0.bias": numpy.ones(1), "1.weight": numpy.ones((1, 1))}
    zeros = {path: 0 * param for path, param in params.items()}
    decayed = apply(nn.add_decayed_weights(0.5, mask), zeros, params)
    assert {path: update.sum() for path, update in decayed.items()} == {"0.weight": 0.5, "0.bias": 0, "1.weight": 0.5}


def test_a_chain_takes_chains_and_numbers_what_comes_twice():
    optimizer = nn.chain(nn.SGD(1.0, momentum=0.5), nn.optimizers.momentum(0.5), nn.optimizers.scale(2.0))
    assert list(optimizer.transforms) == ["momentum", "scale_by_learning_rate", "momentum:2", "scale"]
    params = {"x": numpy.asarray([0.0])}
    seen, state = steps(optimizer, params, [1.0, 1.0])
    # Velocities 1 and 1.5, of these 1 and 2, twice.
    assert_allclose([one["x"][0] for one in seen], [-2, -6])
    assert list(state) == ["step", "momentum", "momentum:2"]


def test_a_chain_is_of_transforms():
    with pytest.raises(TypeError, match=r"a chain is of transforms and chains, got 0\.1"):
        nn.chain(nn.SGD(0.1), 0.1)


def test_the_average_of_the_weights_by_hand():
    optimizer = nn.chain(nn.SGD(1.0), nn.ema_of_weights(0.75))
    params = {"x": numpy.asarray([4.0])}
    seen, state = steps(optimizer, params, [4.0, 4.0])
    # From 4 on: 0.75 * 4 + 0.25 * 0 is 3, and 0.75 * 3 + 0.25 * -4 is 1.25.
    assert nn.averaged_weights(state, seen[-1])["x"] == 1.25
    with pytest.raises(ValueError, match=r"end the optimizer's chain in nn\.ema_of_weights"):
        nn.averaged_weights(nn.SGD(1.0).init(params), params)


def test_the_average_of_a_module_is_a_module():
    model = nn.Linear(2, 1, rng=numpy.random.default_rng(0), xp=numpy)
    optimizer = nn.grouped({"*bias": nn.chain(nn.SGD(1.0), nn.ema_of_weights(0.5)), "*": nn.SGD(1.0)})
    after, state = optimizer.update(model, optimizer.init(model), model)
    averaged = nn.averaged_weights(state, after)
    assert_allclose(averaged.bias, model.bias / 2)
    assert_allclose(averaged.weight, after.weight)


def test_lookahead_is_that_of_its_paper():
    rng = numpy.random.default_rng(0)
    slopes = rng.normal(size=20)
    seen, _ = steps(
        nn.chain(nn.SGD(0.1, momentum=0.9), nn.lookahead(every=4, alpha=0.3)), {"x": numpy.asarray(2.0)}, slopes
    )
    slow = fast = 2.0
    velocity = 0.0
    for count, slope in enumerate(slopes, 1):
        velocity = 0.9 * velocity + slope
        fast -= 0.1 * velocity
        if count % 4 == 0:
            slow += 0.3 * (fast - slow)
            fast = slow
        assert_allclose(seen[count - 1]["x"], fast, rtol=1e-12)


def test_accumulated_gradients_count_as_their_mean():
    rng = numpy.random.default_rng(0)
    slopes = rng.normal(size=12)
    params = {"x": numpy.asarray([2.0])}
    often, _ = steps(nn.accumulate(nn.Adam(0.1, weight_decay=0.1), every=3), params, slopes)
    rarely, _ = steps(nn.Adam(0.1, weight_decay=0.1), params, slopes.reshape(4, 3).mean(axis=1))
    assert_allclose([one["x"] for one in often[2::3]], [one["x"] for one in rarely], rtol=1e-12)
    assert often[0]["x"] == often[1]["x"] == 2


def test_groups_are_pytorch_s():
    torch = pytest.importorskip("torch")
    rng = numpy.random.default_rng(0)
    start = {name: rng.normal(size=3) for name in ("0.weight", "0.bias", "1.weight", "1.bias")}
    theirs = {name: torch.tensor(value, requires_grad=True) for name, value in start.items()}
    reference = torch.optim.AdamW(
        [
            {"params": [theirs["0.bias"], theirs["1.bias"]], "weight_decay": 0.0},
            {"params": [theirs["0.weight"]], "lr": 0.1, "betas": (0.5, 0.6)},
            {"params": [theirs["1.weight"]]},
        ],
        lr=0.01,
    )
    optimizer = nn.grouped(
        {
            "*.bias": nn.AdamW(0.01, weight_decay=0.0),
            "0.*": nn.AdamW(0.1, betas=(0.5, 0.6)),
            "*": nn.AdamW(0.01),
        }
    )
    params, state = start, optimizer.init(start)
    for _ in range(100):
        params, state = optimizer.update(params, state, params)
        for tensor in theirs.values():
            tensor.grad = tensor.detach().clone()
        reference.step()
    for name, tensor in theirs.items():
        assert_allclose(params[name], tensor.detach().numpy(), rtol=1e-6, atol=1e-9)


def test_groups_of_a_module_go_by_its_paths():
    rng = numpy.random.default_rng(0)
    model = nn.Sequential(nn.Linear(2, 2, rng=rng, xp=numpy), nn.ReLU(), nn.Linear(2, 1, rng=rng, xp=numpy))
    optimizer = nn.grouped({"0.*": nn.SGD(0.0), "*.bias": nn.SGD(1.0), "2.weight": nn.Muon(0.1)})
    ones = optree.tree_map(numpy.ones_like, model)
    after, state = optimizer.update(ones, optimizer.init(model), model)
    assert list(state["Grouped"]) == ["0.*", "*.bias", "2.weight"]
    for path, kept in {"0.weight": True, "0.bias": True, "2.weight": False, "2.bias": False}.items():
        assert numpy.array_equal(after.state_dict()[path], model.state_dict()[path]) is kept


def test_a_parameter_of_no_group_is_named():
    with pytest.raises(ValueError, match=r"no group for 0\.weight: the patterns are \*\.bias; add '\*' for the rest"):
        nn.grouped({"*.bias": nn.SGD(0.1)}).init({"0.weight": numpy.ones(1), "0.bias": numpy.ones(1)})
    with pytest.raises(TypeError, match=r"the group '\*' needs an optimizer that is a chain, got 0.1"):
        nn.grouped({"*": 0.1})


def test_two_leaves_of_one_path_are_refused():
    with pytest.raises(ValueError, match=r"two leaves of the tree go by the path 'a\.b'; rename a key"):
        nn.SGD(0.1).init({"a": {"b": numpy.ones(1)}, "a.b": numpy.ones(1)})


def test_gradients_by_path_serve_a_module():
    model = nn.Linear(2, 1, rng=numpy.random.default_rng(0), xp=numpy)
    _, grads = nn.value_and_grad(lambda model: autodiff.array_namespace(model.bias).sum(model.bias))(model)
    after, _ = nn.SGD(1.0).update(grads, nn.SGD(1.0).init(model), model)
    assert_allclose(after.bias, model.bias - 1)


@pytest.mark.parametrize("adaptive", [False, True])
def test_sharpness_aware_gradients_are_those_uphill(xp, adaptive):
    """Of a quadratic, in closed form."""
    curvature, x = numpy.asarray([1.0, 10.0]), numpy.asarray([3.0, -0.2])
    of_tree = nn.sharpness_aware(
        autodiff.value_and_grad(lambda params: autodiff.array_namespace(params["x"]).sum(params["x"] ** 2 * c) / 2),
        rho=0.5,
        adaptive=adaptive,
    )
    c = xp.asarray(curvature)
    value, grads = of_tree({"x": xp.asarray(x)})
    unit = abs(x) if adaptive else 1.0
    slope = unit * curvature * x
    uphill = x + 0.5 * unit * slope / math.hypot(*slope)
    assert_allclose(float(value), (curvature * x**2).sum() / 2)
    assert_allclose(numpy.asarray(grads["x"]), curvature * uphill, rtol=1e-12)


def test_sharpness_aware_gradients_of_a_model_leave_it_as_it_was():
    model = nn.Linear(2, 1, rng=numpy.random.default_rng(0), xp=numpy, dtype=numpy.float64, bias=False)
    kept, x = model.weight.copy(), numpy.asarray([3.0, 4.0])

    def loss(model):
        return model(x)[0] ** 2

    steep = 2 * (kept @ x)[0] * x
    expected = 2 * ((kept + 0.1 * steep / math.hypot(*steep)) @ x)[0] * x
    for transform in (nn.value_and_grad, autodiff.value_and_grad):
        _, grads = nn.sharpness_aware(transform(loss), rho=0.1)(model)
        grad = grads["weight"] if isinstance(grads, dict) else grads.weight
        assert_allclose(grad, expected[None], rtol=1e-12)
        assert_allclose(model.weight, kept, rtol=0)
    with pytest.raises(ValueError, match="rho must be at least 0"):
        nn.sharpness_aware(loss, rho=-1.0)


PER_ARRAY = {
    "adam": nn.optimizers.scale_by_adam(),
    "average": nn.optimizers.average(0.5),
    "clip": nn.clip_by_value(0.5),
    "decay": nn.add_decayed_weights(0.3, mask="w*"),
    "ema": nn.ema_of_weights(0.5),
    "factored": nn.optimizers.scale_by_factored_rms(),
    "lookahead": nn.lookahead(every=1),
    "momentum": nn.optimizers.momentum(0.5),
    "rate": nn.optimizers.scale_by_learning_rate(0.5),
    "scale": nn.optimizers.scale(1.0),
}


@pytest.mark.parametrize("second", PER_ARRAY)
@pytest.mark.parametrize("first", PER_ARRAY)
def test_a_chain_is_its_transforms_one_by_one(first, second):
    """A chain may overwrite what lies between its transforms: nothing else may change by that."""
    rng = numpy.random.default_rng(0)
    params = {"w": rng.normal(size=(3, 2)), "b": rng.normal(size=3), "c": numpy.asarray(2.0)}
    transforms = [PER_ARRAY[first], PER_ARRAY[second]]
    optimizer = nn.chain(*transforms)
    state, states, expected = optimizer.init(params), [one.init(params) for one in transforms], dict(params)
    for step in range(1, 4):
        grads = {path: rng.normal(size=param.shape) for path, param in params.items()}
        updates = {path: grad.copy() for path, grad in grads.items()}
        for i, transform in enumerate(transforms):
            updates, states[i] = transform.update(updates, states[i], expected, step)
            updates, states[i] = optree.tree_map(numpy.copy, (updates, states[i]))
        expected = {path: expected[path] + update for path, update in updates.items()}
        before = {path: grad.copy() for path, grad in grads.items()}
        params, state = optimizer.update(grads, state, params)
        for path in params:
            assert_array_equal(grads[path], before[path])
            assert_allclose(params[path], expected[path], rtol=1e-12)
        kept = [part for name, part in state.items() if name != "step"]
        for part, one in zip(kept, [one for one in states if one], strict=True):
            optree.tree_map(lambda x, y: assert_allclose(x, y, rtol=1e-12), part, one)


def test_a_transform_that_overwrites_what_is_kept_shows():
    """The check above would notice a transform that says of an array it keeps that it is fresh."""

    class careless(nn.optimizers.momentum):  # noqa: N801
        fresh = True

    params = {"w": numpy.ones(2)}
    optimizer = nn.chain(careless(0.5), nn.optimizers.scale_by_learning_rate(0.5))
    _, state = optimizer.update({"w": numpy.ones(2)}, optimizer.init(params), params)
    assert not numpy.array_equal(state["careless"]["velocity"]["w"], numpy.ones(2))


def test_a_state_of_another_optimizer_is_refused():
    params = {"x": numpy.ones(3)}
    with pytest.raises(ValueError, match=r"the state knows no scale_by_adam; take one from optimizer\.init"):
        nn.Adam().update(params, nn.SGD(momentum=0.9).init(params), params)
    with pytest.raises(ValueError, match=r"the state knows no scale_by_adam; take one from optimizer\.init"):
        nn.Adam(amsgrad=True).update(params, nn.Adam().init(params), params)


def test_gradients_of_another_library_are_refused():
    torch = pytest.importorskip("torch")
    optimizer, params = nn.SGD(0.1), {"x": torch.ones(3)}
    with pytest.raises(TypeError, match="arrays of numpy and of torch cannot meet in one operation"):
        optimizer.update({"x": numpy.ones(3)}, optimizer.init(params), params)


def test_parameters_keep_a_data_type_that_numbers_promote():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    optimizer, params = nn.Adam(0.5), {"x": numpy.ones(3, dtype=ml_dtypes.bfloat16)}
    params, _ = optimizer.update(params, optimizer.init(params), params)
    assert params["x"].dtype == ml_dtypes.bfloat16
