"""L-BFGS and its line search, against PyTorch's, and minimize."""

from __future__ import annotations

import math

import numpy
import pytest
from numpy.testing import assert_allclose

import autodiff
import nn
from nn.optimizers.line_search import Point, strong_wolfe

RNG = numpy.random.default_rng(0)
MATRIX = RNG.normal(size=(8, 6)) * 10.0 ** numpy.linspace(-1, 1, 6)
TARGETS = RNG.normal(size=8)
SIGNS = numpy.sign(RNG.normal(size=8))


def rosenbrock(xp, x):
    return xp.sum((x[:-1] - 1) ** 2) + 100 * xp.sum((x[1:] - x[:-1] ** 2) ** 2)


def least_squares(xp, x):
    return xp.sum((xp.matmul(xp.asarray(MATRIX), x) - xp.asarray(TARGETS)) ** 2)


def logistic(xp, x):
    margins = xp.asarray(SIGNS) * xp.matmul(xp.asarray(MATRIX), x)
    return xp.sum(xp.logaddexp(xp.zeros_like(margins), -margins)) + 0.05 * xp.sum(x * x)


def quartic(xp, x):
    return xp.sum((x - 1.5) ** 4) + 0.1 * xp.sum(xp.cos(3 * x))


PROBLEMS = [rosenbrock, least_squares, logistic, quartic]


def of_array(problem):
    return lambda x: problem(autodiff.array_namespace(x), x)


def run_pytorch(torch, problem, steps, **options):
    x = torch.full((6,), 0.3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([x], **options)
    compat = autodiff.import_namespace("torch")

    def closure():
        optimizer.zero_grad()
        value = problem(compat, x)
        value.backward()
        return value

    for _ in range(steps):
        optimizer.step(closure)
    return x.detach().numpy(), optimizer.state[x]


@pytest.mark.parametrize(
    "options",
    [
        {"line_search_fn": "strong_wolfe"},
        {"line_search_fn": "strong_wolfe", "lr": 0.5, "history_size": 2, "max_iter": 7},
        {"line_search_fn": "strong_wolfe", "max_iter": 3, "max_eval": 5},
        {"line_search_fn": None, "lr": 0.01},
    ],
)
@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("steps", [1, 3])
def test_the_iterations_are_pytorch_s(problem, options, steps):
    torch = pytest.importorskip("torch")
    expected, reference = run_pytorch(torch, problem, steps, **options)
    ours = nn.LBFGS(**{"learning_rate" if name == "lr" else name: value for name, value in options.items()})
    both, x = autodiff.value_and_grad(of_array(problem)), numpy.full(6, 0.3)
    state = ours.init(x)
    for _ in range(steps):
        x, state = ours.update(both, state, x)
    assert (state["step"], state["evaluations"]) == (reference["n_iter"], reference["func_evals"])
    assert_allclose(x, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_minimize_finds_what_scipy_finds(xp, problem):
    optimize = pytest.importorskip("scipy.optimize")
    f = of_array(problem)
    expected = optimize.minimize(
        lambda x: float(f(x)), numpy.full(6, 0.3), jac=autodiff.grad(f), method="BFGS", options={"gtol": 1e-9}
    )
    minimum = nn.minimize(f, xp.asarray(numpy.full(6, 0.3)))
    assert minimum.converged
    assert_allclose(minimum.value, expected.fun, rtol=1e-8, atol=1e-10)
    assert_allclose(numpy.asarray(minimum.params), expected.x, atol=1e-5)


def test_minimize_takes_trees_and_other_optimizers():
    def f(params):
        return (params["a"][0] - 1.0) ** 2 + (params["b"] + 2.0) ** 2

    start = {"a": numpy.asarray([0.0], dtype=numpy.float32), "b": numpy.asarray(0.0)}
    for optimizer in (None, nn.SGD(0.3), nn.chain(nn.clip_by_norm(10.0), nn.SGD(0.4))):
        minimum = nn.minimize(f, start, optimizer)
        assert minimum.converged
        assert minimum.updates < 60
        assert minimum.params["a"].dtype == numpy.float32
        assert_allclose([minimum.params["a"][0], minimum.params["b"]], [1, -2], atol=1e-5)
    assert not nn.minimize(f, start, nn.SGD(1e-4), max_updates=3).converged


def test_a_start_at_the_minimum_stays():
    minimum = nn.minimize(lambda x: (x**2)[0], numpy.asarray([0.0]))
    assert (minimum.updates, minimum.converged) == (0, True)
    x, state = nn.LBFGS().update(lambda x: (0.0, x), nn.LBFGS().init(numpy.zeros(2)), numpy.zeros(2))
    assert (x.tolist(), state["step"], state["evaluations"]) == ([0, 0], 0, 1)


def test_lbfgs_needs_a_function():
    x = numpy.ones(2)
    with pytest.raises(TypeError, match=r"such as autodiff\.value_and_grad\(f\), got ndarray"):
        nn.LBFGS().update(x, nn.LBFGS().init(x), x)
    with pytest.raises(ValueError, match="there is no floating-point array to optimize"):
        nn.LBFGS().init({"x": 1})


LINES = {
    "quadratic": lambda x: ((x - 2) ** 2, 2 * (x - 2)),
    "far": lambda x: ((x - 1e3) ** 2, 2 * (x - 1e3)),
    "near": lambda x: ((x - 1e-3) ** 2, 2 * (x - 1e-3)),
    "waves": lambda x: ((x - 2) ** 2 / 4 - math.sin(3 * x), (x - 2) / 2 - 3 * math.cos(3 * x)),
    # The line of Moré and Thuente, ACM TOMS 20, 1994, equation 5.1.
    "rational": lambda x: (-x / (x * x + 2), (x * x - 2) / (x * x + 2) ** 2),
    "wall": lambda x: (-x, -1.0) if x < 0.9 else (math.inf, math.nan),
    "hole": lambda x: (x**2 - x, 2 * x - 1) if x < 0.8 else (math.nan, math.nan),
}


@pytest.mark.parametrize("step", [1e-3, 0.1, 1.0, 10.0, 1000.0])
@pytest.mark.parametrize("name", LINES)
def test_the_point_found_fulfils_the_strong_wolfe_conditions(name, step):
    evaluations = []

    def evaluate(x):
        evaluations.append(x)
        return Point(x, *map(float, LINES[name](x)), None)

    start = Point(0.0, *map(float, LINES[name](0.0)), None)
    point, count = strong_wolfe(evaluate, start, step, length=1.0, max_evaluations=60)
    assert count == len(evaluations)
    assert point.value <= start.value + 1e-4 * point.step * start.slope
    if name != "wall":  # where the slope is the same up to the wall
        assert abs(point.slope) <= -0.9 * start.slope


def test_evaluations_are_limited():
    calls = []

    def evaluate(x):
        calls.append(x)
        return Point(x, -x, -1.0, None)

    point, count = strong_wolfe(evaluate, Point(0.0, 0.0, -1.0, None), 1.0, length=1.0, max_evaluations=4)
    assert count == len(calls) <= 5
    assert point.value < 0
