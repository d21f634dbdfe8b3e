"""Each optimizer against PyTorch's, over a hundred steps; those that it lacks against their papers."""

from __future__ import annotations

import itertools
import math

import numpy
import pytest
from numpy.testing import assert_allclose

import nn

OPTIONS = {
    "SGD": [
        {},
        {"weight_decay": 0.1, "maximize": True},
        {"momentum": 0.9},
        {"momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01},
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    ],
    "Adam": [
        {},
        {"betas": (0.8, 0.99), "eps": 1e-3, "weight_decay": 0.1},
        {"amsgrad": True},
        {"amsgrad": True, "maximize": True, "weight_decay": 0.1, "decoupled_weight_decay": True},
    ],
    "AdamW": [{}, {"weight_decay": 0.3, "amsgrad": True}, {"maximize": True}],
    "NAdam": [{}, {"momentum_decay": 0.1, "weight_decay": 0.1}, {"decoupled_weight_decay": True, "weight_decay": 0.1}],
    "RAdam": [{}, {"betas": (0.8, 0.9), "weight_decay": 0.1}, {"decoupled_weight_decay": True, "weight_decay": 0.1}],
    "Adamax": [{}, {"betas": (0.8, 0.9), "eps": 1e-2, "weight_decay": 0.1, "maximize": True}],
    "RMSprop": [
        {},
        {"alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1},
        {"momentum": 0.9},
        {"centered": True, "momentum": 0.5, "maximize": True},
    ],
    "Adagrad": [{}, {"lr_decay": 0.1, "weight_decay": 0.1}, {"initial_accumulator_value": 0.5, "maximize": True}],
    "Adadelta": [{}, {"rho": 0.5, "eps": 1e-3, "weight_decay": 0.1, "maximize": True}],
    "Adafactor": [
        {},
        {"d": 2.0, "eps": (1e-2, 0.5), "weight_decay": 0.1},
        {"beta2_decay": -0.5, "maximize": True},
    ],
    "Muon": [
        {},
        {"nesterov": False, "momentum": 0.5, "weight_decay": 0.0},
        {"adjust_lr_fn": "match_rms_adamw", "ns_steps": 3},
        {"ns_coefficients": (1.5, -0.5, 0.0), "eps": 0.1, "adjust_lr_fn": "original"},
    ],
}
RATES = [0.01, 0.3]
CASES = [(name, options, rate) for name, rows in OPTIONS.items() for options, rate in itertools.product(rows, RATES)]


def start(name):
    """Parameters of all the shapes that an optimizer takes."""
    rng = numpy.random.default_rng(0)
    shapes = [(3, 4), (5, 2), (1, 3)]
    shapes += [] if name == "Muon" else [(5,), (), (2, 3, 4), (1,)]
    return {f"p{i}": numpy.asarray(rng.normal(size=shape)) for i, shape in enumerate(shapes)}


def gradient(step, params):
    """A gradient that depends on the parameters, so that steps which go wrong do not come back."""
    rng = numpy.random.default_rng(step)
    return {path: numpy.asarray(0.3 * param + rng.normal(size=param.shape)) for path, param in params.items()}


def run(optimizer, params, steps=100):
    state = optimizer.init(params)
    for step in range(steps):
        params, state = optimizer.update(gradient(step, params), state, params)
    return params


def run_pytorch(torch, name, options, rate):
    params = {path: torch.tensor(param, requires_grad=True) for path, param in start(name).items()}
    optimizer = getattr(torch.optim, name)(params.values(), lr=rate, **options)
    for step in range(100):
        values = {path: param.detach().numpy() for path, param in params.items()}
        for path, grad in gradient(step, values).items():
            params[path].grad = torch.tensor(grad)
        optimizer.step()
    return {path: param.detach().numpy() for path, param in params.items()}


@pytest.fixture
def torch(monkeypatch):
    torch = pytest.importorskip("torch")
    # Muon's iteration is in bfloat16 there, where two digits are all there is to compare.
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    return torch


def assert_same(ours, theirs):
    for path, expected in theirs.items():
        assert_allclose(numpy.asarray(ours[path]), expected, rtol=1e-6, atol=1e-9, err_msg=path)


@pytest.mark.parametrize(("name", "options", "rate"), CASES)
def test_a_hundred_steps_of_pytorch(torch, name, options, rate):
    ours = run(getattr(nn, name)(rate, **options), start(name))
    assert_same(ours, run_pytorch(torch, name, options, rate))


@pytest.mark.parametrize("name", OPTIONS)
def test_the_defaults_are_pytorch_s(torch, name):
    params = {path: numpy.asarray(param) for path, param in start(name).items()}
    theirs = run_pytorch(torch, name, {}, getattr(torch.optim, name)([torch.ones(1, 1)]).defaults["lr"])
    assert_same(run(getattr(nn, name)(), params), theirs)


def test_a_wrong_option_shows(torch):
    for name, options in [("SGD", {"momentum": 0.9}), ("Adam", {"eps": 1e-6}), ("RMSprop", {"alpha": 0.989})]:
        with pytest.raises(AssertionError, match="Not equal"):
            assert_same(run(getattr(nn, name)(0.01, **options), start(name)), run_pytorch(torch, name, {}, 0.01))


def lion(params, rate, beta1=0.9, beta2=0.99, weight_decay=0.0):
    """Algorithm 2 of arXiv:2302.06675, number by number."""
    means = {path: numpy.zeros(param.shape) for path, param in params.items()}
    for step in range(100):
        grads = gradient(step, params)
        new = {}
        for path, param in params.items():
            flat = []
            for p, m, grad in zip(param.flat, means[path].flat, grads[path].flat, strict=True):
                c = beta1 * m + (1 - beta1) * grad
                flat.append(p - rate * (math.copysign(1.0, c) * (c != 0) + weight_decay * p))
            means[path] = beta2 * means[path] + (1 - beta2) * grads[path]
            new[path] = numpy.asarray(flat).reshape(param.shape)
        params = new
    return params


def lamb(params, rate, beta1=0.9, beta2=0.999, eps=1e-6, weight_decay=0.0):
    """Algorithm 2 of arXiv:1904.00962, with the identity for phi."""
    m = {path: numpy.zeros(param.shape) for path, param in params.items()}
    v = {path: numpy.zeros(param.shape) for path, param in params.items()}
    for t in range(1, 101):
        grads = gradient(t - 1, params)
        new = {}
        for path, x in params.items():
            m[path] = beta1 * m[path] + (1 - beta1) * grads[path]
            v[path] = beta2 * v[path] + (1 - beta2) * grads[path] ** 2
            m_hat, v_hat = m[path] / (1 - beta1**t), v[path] / (1 - beta2**t)
            r = m_hat / (numpy.sqrt(v_hat) + eps)
            direction = r + weight_decay * x
            ratio = math.hypot(*x.flat) / math.hypot(*direction.flat)
            new[path] = numpy.asarray(x - rate * ratio * direction)
        params = new
    return params


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(
    ("make", "paper", "options"),
    [
        (nn.Lion, lion, {}),
        (nn.Lion, lion, {"weight_decay": 0.1}),
        (nn.LAMB, lamb, {}),
        (nn.LAMB, lamb, {"weight_decay": 0.1, "eps": 1e-3}),
    ],
)
def test_a_hundred_steps_of_the_paper(make, paper, options, rate):
    assert_same(run(make(rate, **options), start("")), paper(start(""), rate, **options))


def test_betas_of_lion_and_lamb_are_those_of_the_papers():
    assert_same(run(nn.Lion(0.1, betas=(0.5, 0.7)), start("")), lion(start(""), 0.1, 0.5, 0.7))
    assert_same(run(nn.LAMB(0.1, betas=(0.5, 0.7)), start("")), lamb(start(""), 0.1, 0.5, 0.7))


# Worked out by hand: distances of three steps from 0 along the constant gradient 1.
BY_HAND = [
    (nn.SGD(1.0), [1, 1, 1]),
    (nn.SGD(1.0, momentum=0.5), [1, 1.5, 1.75]),
    (nn.SGD(1.0, momentum=0.5, dampening=0.5), [1, 1, 1]),
    (nn.SGD(1.0, momentum=0.5, nesterov=True), [1.5, 1.75, 1.875]),
    (nn.SGD(1.0, weight_decay=0.5), [1, 0.5, 0.25]),
    (nn.SGD(1.0, maximize=True), [-1, -1, -1]),
    (nn.Adam(0.1, eps=0.0), [0.1, 0.1, 0.1]),
    (nn.Adam(0.1, eps=1.0), [0.05, 0.05, 0.05]),
    (nn.RMSprop(1.0, alpha=0.75, eps=0.0), [2, 1 / math.sqrt(0.4375), 1 / math.sqrt(0.578125)]),
    (nn.Adagrad(1.0, eps=0.0), [1, 1 / math.sqrt(2), 1 / math.sqrt(3)]),
    (nn.Lion(0.1), [0.1, 0.1, 0.1]),
]


@pytest.mark.parametrize(("optimizer", "distances"), BY_HAND)
def test_three_steps_by_hand(xp, optimizer, distances):
    params = {"x": xp.asarray([0.0], dtype=xp.float64)}
    state, grads = optimizer.init(params), {"x": xp.asarray([1.0], dtype=xp.float64)}
    for distance in distances:
        before = params
        params, state = optimizer.update(grads, state, params)
        assert_allclose(numpy.asarray(before["x"] - params["x"]), [distance], rtol=1e-12)


def test_first_adam_step_is_the_learning_rate_whatever_the_scale():
    optimizer = nn.Adam(0.1)
    for size in (1e-3, 1.0, 1e6):
        params = {"x": numpy.asarray([0.0])}
        after, _ = optimizer.update({"x": numpy.asarray([size])}, optimizer.init(params), params)
        assert_allclose(after["x"], -0.1, rtol=1e-4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.SGD(-0.1), r"learning_rate of scale_by_learning_rate must be at least 0, got -0.1"),
        (lambda: nn.SGD(0.1, nesterov=True), r"nesterov needs a momentum above 0 and no dampening"),
        (lambda: nn.SGD(0.1, momentum=0.9, dampening=0.1, nesterov=True), r"and no dampening, got momentum 0.9"),
        (lambda: nn.SGD(0.1, weight_decay=-1.0), r"weight_decay of add_decayed_weights must be at least 0"),
        (lambda: nn.Adam(betas=(0.9, 1.0)), r"betas of scale_by_adam must be at least 0 and below 1, got \(0.9, 1.0\)"),
        (lambda: nn.Adam(eps=-1.0), r"eps of scale_by_adam must be at least 0"),
        (lambda: nn.Muon(adjust_lr_fn="other"), r"adjust_lr_fn must be None, 'original' or 'match_rms_adamw'"),
        (lambda: nn.LBFGS(line_search_fn="backtracking"), r"line_search_fn must be 'strong_wolfe' or None"),
    ],
)
def test_impossible_options_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_muon_says_what_to_do_with_biases():
    with pytest.raises(ValueError, match=r"0\.bias are none; give those to another optimizer with nn\.grouped"):
        nn.Muon().init({"0.weight": numpy.ones((2, 2)), "0.bias": numpy.ones(2)})
