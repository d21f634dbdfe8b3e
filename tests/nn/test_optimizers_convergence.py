"""Each optimizer must reach the minimum of each problem, with one documented learning rate that decays along a cosine.

All parameters are matrices, which every optimizer takes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy
import pytest

import autodiff
import nn

RNG = numpy.random.default_rng(0)


class Problem(NamedTuple):
    start: dict[str, Any]
    value_and_grad: Callable[[dict[str, Any]], tuple[float, dict[str, Any]]]
    enough: float
    """How far above the minimum to come."""
    least: float = 0.0
    steps: int = 1000


def quadratic(params):
    """Of condition 100."""
    distance = params["w"] - 1.0
    slope = numpy.asarray([[1.0, 5.0], [20.0, 100.0]]) * distance
    return float((slope * distance).sum()) / 2, {"w": slope}


def rosenbrock(params):
    (x,), (y,) = params["w"]
    slopes = [[2 * (x - 1) - 40 * x * (y - x * x)], [20 * (y - x * x)]]
    return float((1 - x) ** 2 + 10 * (y - x * x) ** 2), {"w": numpy.asarray(slopes)}


FEATURES = numpy.concatenate([RNG.normal(size=(40, 3)), numpy.ones((40, 1))], axis=1)
LABELS = numpy.sign(FEATURES[:, :1] + 0.5 + RNG.normal(size=(40, 1)))


def logistic(params):
    margins = LABELS * (FEATURES @ params["w"])
    weights = -LABELS / (1 + numpy.exp(margins))
    value = numpy.logaddexp(0.0, -margins).mean() + 0.005 * (params["w"] ** 2).sum()
    return float(value), {"w": FEATURES.T @ weights / 40 + 0.01 * params["w"]}


def least_logistic():
    """By Newton's method."""
    w = numpy.zeros((4, 1))
    for _ in range(20):
        share = 1 / (1 + numpy.exp(FEATURES @ w))
        hessian = FEATURES.T @ (share * (1 - share) * FEATURES) / 40 + 0.01 * numpy.eye(4)
        w = w - numpy.linalg.solve(hessian, logistic({"w": w})[1]["w"])
    return logistic({"w": w})[0]


CORNERS = numpy.asarray([[-1.0, -1.0, 1.0], [-1.0, 1.0, 1.0], [1.0, -1.0, 1.0], [1.0, 1.0, 1.0]])


def exclusive_or(params):
    """The loss of a network of one hidden layer."""
    xp = autodiff.array_namespace(params["hidden"])
    hidden = xp.tanh(xp.matmul(params["hidden"], CORNERS.T))
    return xp.mean((xp.matmul(params["out"], hidden) - numpy.asarray([[-1.0, 1.0, 1.0, -1.0]])) ** 2)


PROBLEMS = {
    "quadratic": Problem({"w": numpy.asarray([[3.0, -1.0], [2.0, 0.5]])}, quadratic, 0.01),
    "rosenbrock": Problem({"w": numpy.asarray([[-1.2], [1.0]])}, rosenbrock, 0.01),
    "logistic": Problem({"w": numpy.zeros((4, 1))}, logistic, 1e-3, least_logistic()),
    "exclusive or": Problem(
        {"hidden": RNG.normal(size=(8, 3)), "out": 0.3 * RNG.normal(size=(1, 8))},
        autodiff.value_and_grad(exclusive_or),
        0.02,
        steps=200,
    ),
}

RATES = {
    "SGD": {"quadratic": 0.015, "rosenbrock": 0.03, "logistic": 0.3, "exclusive or": 0.3},
    "RAdam": dict.fromkeys(PROBLEMS, 0.03),
    "Adadelta": dict.fromkeys(PROBLEMS, 10.0),
    "Adagrad": dict.fromkeys(PROBLEMS, 1.0),
}
"""Learning rates; 0.1 for those that are not named."""

OPTIMIZERS = {name: value for name, value in vars(nn.optimizers).items() if hasattr(value, "attach")}
del OPTIMIZERS["Optimizer"], OPTIMIZERS["chain"]


def make(name, problem):
    if name == "LBFGS":
        return nn.LBFGS()
    options = {"weight_decay": 0.0} if "weight_decay" in inspect.signature(OPTIMIZERS[name]).parameters else {}
    rate = RATES.get(name, {}).get(problem, 0.1)
    if name == "RAdam":  # With the default of 0.999 it would still be warming up at the last step.
        options["betas"] = (0.9, 0.99)
    return OPTIMIZERS[name](nn.cosine_decay(rate, PROBLEMS[problem].steps), **options)


def reaches_the_minimum(optimizer, problem):
    params, state = problem.start, optimizer.init(problem.start)
    for _ in range(5 if isinstance(optimizer, nn.LBFGS) else problem.steps):
        both = problem.value_and_grad
        params, state = optimizer.update(both if isinstance(optimizer, nn.LBFGS) else both(params)[1], state, params)
    return problem.value_and_grad(params)[0] - problem.least <= problem.enough


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_minimum_is_reached(name, problem):
    assert reaches_the_minimum(make(name, problem), PROBLEMS[problem])


@pytest.mark.parametrize("problem", PROBLEMS)
def test_helpers_reach_it_too(problem):
    adam = make("Adam", problem)
    for optimizer in (
        nn.chain(adam, nn.lookahead()),
        nn.chain(nn.clip_by_norm(1.0), adam),
        nn.grouped({"w": adam, "h*": make("NAdam", problem), "*": make("Lion", problem)}),
    ):
        assert reaches_the_minimum(optimizer, PROBLEMS[problem])


class Uphill(nn.optimizers.PerArray):
    def rule(self, step, update, param, *slots):
        return (abs(update),)


class Upended(nn.optimizers.PerArray):
    def rule(self, step, update, param, *slots):
        return (update[::-1],)


BROKEN = {
    "does not move": lambda rate: nn.Adam(0.0),
    "climbs": lambda rate: nn.Adam(rate, maximize=True),
    "loses the sign": lambda rate: nn.chain(Uphill(), nn.Adam(rate)),
    "mixes up the rows": lambda rate: nn.chain(nn.Adam(rate), Upended()),
    "decays": lambda rate: nn.AdamW(rate, weight_decay=3.0),
}


@pytest.mark.parametrize("problem", ["quadratic", "rosenbrock", "logistic"])
@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_a_broken_optimizer_does_not(name, problem):
    rate = nn.cosine_decay(0.1, PROBLEMS[problem].steps)
    assert not reaches_the_minimum(BROKEN[name](rate), PROBLEMS[problem])
