from __future__ import annotations

import numpy
import optree
import pytest
from numpy.testing import assert_allclose

import autodiff
import nn

CASES = [
    ("SGD", {}),
    ("SGD", {"weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("Adam", {}),
    ("Adam", {"betas": (0.8, 0.99), "eps": 1e-3, "weight_decay": 0.1}),
]


def rosenbrock(params):
    x, y = params["x"], params["y"]
    xp = autodiff.array_namespace(x)
    return xp.sum((1 - x) ** 2) + 10 * xp.sum((y - x**2) ** 2)


def start(xp):
    return {"x": xp.asarray([-1.2, 0.5], dtype=xp.float64), "y": xp.asarray([1.0, -0.3], dtype=xp.float64)}


def run(optimizer, params, steps):
    state, gradient = optimizer.init(params), autodiff.grad(rosenbrock)
    for _ in range(steps):
        params, state = optimizer.update(gradient(params), state, params)
    return params, state


@pytest.mark.parametrize(("name", "options"), CASES)
def test_a_hundred_steps_of_pytorch(xp, name, options):
    torch = pytest.importorskip("torch")
    theirs = {key: torch.tensor(numpy.asarray(value), requires_grad=True) for key, value in start(numpy).items()}
    optimizer = getattr(torch.optim, name)(theirs.values(), lr=0.005, **options)
    for _ in range(100):
        optimizer.zero_grad()
        (((1 - theirs["x"]) ** 2).sum() + 10 * ((theirs["y"] - theirs["x"] ** 2) ** 2).sum()).backward()
        optimizer.step()
    ours, _ = run(getattr(nn, name)(0.005, **options), start(xp), 100)
    for key in ours:
        assert_allclose(numpy.asarray(ours[key]), theirs[key].detach().numpy(), rtol=1e-6)


# Worked out by hand: distances of three steps from 0 along the constant gradient 1.
BY_HAND = [
    (nn.SGD(1.0), [1, 1, 1]),
    (nn.SGD(1.0, momentum=0.5), [1, 1.5, 1.75]),
    (nn.SGD(1.0, momentum=0.5, nesterov=True), [1.5, 1.75, 1.875]),
    (nn.SGD(1.0, weight_decay=0.5), [1, 0.5, 0.25]),
    (nn.Adam(0.1, eps=0.0), [0.1, 0.1, 0.1]),
    (nn.Adam(0.1, eps=1.0), [0.05, 0.05, 0.05]),
]


@pytest.mark.parametrize(("optimizer", "distances"), BY_HAND)
def test_three_steps_by_hand(xp, optimizer, distances):
    params = {"x": xp.asarray([0.0], dtype=xp.float64)}
    state, grads = optimizer.init(params), {"x": xp.asarray([1.0], dtype=xp.float64)}
    for distance in distances:
        before = params
        params, state = optimizer.update(grads, state, params)
        assert_allclose(numpy.asarray(before["x"] - params["x"]), [distance], rtol=1e-12)


@pytest.mark.parametrize("optimizer", [nn.SGD(0.01), nn.SGD(0.005, momentum=0.9, nesterov=True), nn.Adam(0.05)])
def test_reaches_the_minimum(xp, optimizer):
    params, state = run(optimizer, start(xp), 1500)
    assert state["step"] == 1500
    for value in params.values():
        assert_allclose(numpy.asarray(value), 1, atol=0.02)


@pytest.mark.parametrize("optimizer", [nn.SGD(0.1, momentum=0.9), nn.Adam(0.1)])
def test_nothing_changes_in_place_and_the_data_type_stays(xp, optimizer):
    params = optree.tree_map(lambda p: xp.astype(p, xp.float32), start(xp))
    kept = optree.tree_map(lambda p: numpy.asarray(p).copy(), params)
    state = optimizer.init(params)
    after, _ = optimizer.update(params, state, params)
    for key in params:
        assert_allclose(numpy.asarray(params[key]), kept[key], rtol=0)
        assert after[key].dtype == xp.float32
    assert state["step"] == 0
    assert not any(numpy.any(numpy.asarray(leaf)) for leaf in optree.tree_leaves(state))


def test_first_adam_step_is_the_learning_rate_whatever_the_scale():
    optimizer = nn.Adam(0.1)
    for scale in (1e-3, 1.0, 1e6):
        params = {"x": numpy.asarray([0.0])}
        after, _ = optimizer.update({"x": numpy.asarray([scale])}, optimizer.init(params), params)
        assert_allclose(after["x"], -0.1, rtol=1e-4)


def test_a_schedule_counts_steps_from_one():
    seen = []
    run(nn.SGD(lambda step: seen.append(step) or 0.0), start(numpy), 3)
    assert seen == [1, 2, 3]


def test_leaves_that_are_no_arrays_pass_through():
    params = {"w": numpy.ones(2), "name": "w", "size": 3}
    optimizer = nn.Adam(0.1)
    after, _ = optimizer.update(params, optimizer.init(params), params)
    assert (after["name"], after["size"]) == ("w", 3)


def test_gradients_of_another_structure_are_refused():
    optimizer, params = nn.SGD(0.1), start(numpy)
    with pytest.raises(ValueError, match="dictionary key mismatch"):
        optimizer.update({"x": params["x"]}, optimizer.init(params), params)


def test_nesterov_needs_momentum():
    with pytest.raises(ValueError, match="nesterov needs a momentum"):
        nn.SGD(0.1, nesterov=True)


@pytest.mark.parametrize("make", [nn.SGD, nn.Adam])
def test_numpy_scalars_as_settings_keep_the_data_type(make):
    params = {"x": numpy.ones(2, dtype=numpy.float32)}
    for rate in (numpy.float64(0.1), lambda step: numpy.float64(0.1)):
        optimizer = make(rate, weight_decay=numpy.float64(0.1))
        new, _ = optimizer.update(params, optimizer.init(params), params)
        assert new["x"].dtype == numpy.float32
