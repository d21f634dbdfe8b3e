"""Schedules against PyTorch's, step by step."""

from __future__ import annotations

import inspect
import math
import pickle

import numpy
import pytest

import nn

# Ours at 0.4, PyTorch's scheduler and its options; for 30 steps.
CASES = [
    (nn.constant_rate(0.4), "ConstantLR", {"factor": 1.0}),
    (nn.step_decay(0.4, 7), "StepLR", {"step_size": 7}),
    (nn.step_decay(0.4, 1, gamma=0.9), "StepLR", {"step_size": 1, "gamma": 0.9}),
    (nn.multistep_decay(0.4, [3, 4, 20], 0.5), "MultiStepLR", {"milestones": [3, 4, 20], "gamma": 0.5}),
    (nn.multistep_decay(0.4, []), "MultiStepLR", {"milestones": []}),
    (nn.exponential_decay(0.4, 0.9), "ExponentialLR", {"gamma": 0.9}),
    (nn.polynomial_decay(0.4, 12), "PolynomialLR", {"total_iters": 12}),
    (nn.polynomial_decay(0.4, 29, power=2.5), "PolynomialLR", {"total_iters": 29, "power": 2.5}),
    (nn.cosine_decay(0.4, 30), "CosineAnnealingLR", {"T_max": 30}),
    (nn.cosine_decay(0.4, 40, final=0.1), "CosineAnnealingLR", {"T_max": 40, "eta_min": 0.1}),
    (nn.cosine_restarts(0.4, 7), "CosineAnnealingWarmRestarts", {"T_0": 7}),
    (nn.cosine_restarts(0.4, 3, 2, 0.1), "CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2, "eta_min": 0.1}),
    (nn.linear_warmup(0.4, 5), "LinearLR", {}),
    (nn.linear_warmup(0.4, 10, start_factor=0.01), "LinearLR", {"start_factor": 0.01, "total_iters": 10}),
    (nn.one_cycle(0.4, 30), "OneCycleLR", {"max_lr": 0.4, "total_steps": 30}),
    (
        nn.one_cycle(0.4, 31, pct_start=0.25, anneal_strategy="linear", div_factor=3.0, final_div_factor=10.0),
        "OneCycleLR",
        {
            "max_lr": 0.4,
            "total_steps": 31,
            "pct_start": 0.25,
            "anneal_strategy": "linear",
            "div_factor": 3.0,
            "final_div_factor": 10.0,
        },
    ),
    (
        nn.one_cycle(0.4, 30, pct_start=0.4, three_phase=True),
        "OneCycleLR",
        {"max_lr": 0.4, "total_steps": 30, "pct_start": 0.4, "three_phase": True},
    ),
]


def optimizer_of(torch):
    return torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.4, momentum=0.9)


def rates_of_pytorch(torch, make):
    optimizer = optimizer_of(torch)
    scheduler, rates = make(optimizer), []
    for _ in range(30):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def rates(schedule):
    return [schedule(step) for step in range(1, 31)]


@pytest.mark.parametrize(("schedule", "name", "options"), CASES)
def test_the_rates_are_pytorch_s(schedule, name, options):
    torch = pytest.importorskip("torch")
    theirs = rates_of_pytorch(torch, lambda optimizer: getattr(torch.optim.lr_scheduler, name)(optimizer, **options))
    assert rates(schedule) == pytest.approx(theirs, rel=1e-12, abs=1e-15)


def test_joined_schedules_are_pytorch_s():
    torch = pytest.importorskip("torch")
    schedulers = torch.optim.lr_scheduler

    def make(optimizer):
        parts = [
            schedulers.LinearLR(optimizer, start_factor=0.1, total_iters=5),
            schedulers.ConstantLR(optimizer, factor=0.5, total_iters=100),
            schedulers.ExponentialLR(optimizer, gamma=0.9),
        ]
        return schedulers.SequentialLR(optimizer, parts, milestones=[5, 12])

    ours = nn.join_schedules(
        [nn.linear_warmup(0.4, 5, start_factor=0.1), nn.constant_rate(0.2), nn.exponential_decay(0.4, 0.9)],
        milestones=[5, 12],
    )
    assert rates(ours) == pytest.approx(rates_of_pytorch(torch, make), rel=1e-12)


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize("options", [{}, {"patience": 0}, {"patience": 2, "cooldown": 3, "factor": 0.5}])
def test_the_plateau_is_pytorch_s(mode, threshold_mode, options):
    torch = pytest.importorskip("torch")
    options = {"patience": 1, "mode": mode, "threshold_mode": threshold_mode, "threshold": 0.05, **options}
    optimizer = optimizer_of(torch)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, min_lr=1e-3, **options)
    schedule = nn.Plateau(0.4, min_rate=1e-3, **options)
    for metric in numpy.random.default_rng(0).normal(size=40):
        scheduler.step(metric)
        schedule.observe(metric)
        assert schedule(1) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
    assert schedule(1) < 0.4


def test_a_plateau_goes_on_from_its_state():
    straight, first, second = (nn.Plateau(0.4, patience=1, cooldown=1) for _ in range(3))
    for metric in (3.0, 2.0, 2.0):
        straight.observe(metric)
        first.observe(metric)
    second.load_state_dict(first.state_dict())
    for metric in (2.0, 2.0, 2.0):
        straight.observe(metric)
        second.observe(metric)
    assert second.state_dict() == straight.state_dict()
    with pytest.raises(ValueError, match="expected rate, best, bad, cooling, got rate"):
        second.load_state_dict({"rate": 1.0})


def test_what_pytorch_lacks_by_its_formula():
    for step in range(1, 30):
        assert nn.inverse_square_root(0.4, 7)(step) == pytest.approx(
            0.4 * math.sqrt(7) * min(step**-0.5, step * 7**-1.5), rel=1e-12
        )
        assert nn.inverse_time_decay(0.4, 0.3)(step) == pytest.approx(0.4 / (0.7 + 0.3 * step), rel=1e-12)


@pytest.mark.parametrize("schedule", [schedule for schedule, *_ in CASES])
def test_there_is_no_step_before_the_first(schedule):
    with pytest.raises(ValueError, match="steps count from 1, got 0"):
        schedule(0)


def test_cycles_of_one_step():
    assert nn.one_cycle(0.4, 1)(1) == pytest.approx(0.4 / 25 / 1e4)
    assert nn.cosine_decay(0.4, 1)(1) == 0.4


def test_decays_stay_at_their_end():
    assert nn.cosine_decay(0.4, 10, final=0.1)(1000) == pytest.approx(0.1)
    assert nn.polynomial_decay(0.4, 10, final=0.1)(1000) == pytest.approx(0.1)
    assert nn.one_cycle(0.4, 10)(1000) == nn.one_cycle(0.4, 10)(10)
    assert nn.cosine_restarts(0.4, 3)(10**9) <= 0.4


@pytest.mark.parametrize("schedule", [schedule for schedule, *_ in CASES] + [nn.Plateau(0.4)])
def test_schedules_can_be_pickled(schedule):
    assert rates(pickle.loads(pickle.dumps(schedule))) == rates(schedule)


def test_all_schedules_are_tested():
    classes = {value for name in nn.schedules.__all__ if inspect.isclass(value := getattr(nn.schedules, name))}
    named_elsewhere = {nn.Plateau, nn.join_schedules, nn.inverse_square_root, nn.inverse_time_decay}
    assert classes == {type(schedule) for schedule, *_ in CASES} | named_elsewhere


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.cosine_decay(0.1, 0), "steps must be at least 1, got 0"),
        (lambda: nn.one_cycle(0.1, 0), "steps must be at least 1, got 0"),
        (lambda: nn.step_decay(0.1, 0), "step_size must be at least 1"),
        (lambda: nn.cosine_restarts(0.1, 5, factor=0), "factor must be at least 1"),
        (lambda: nn.multistep_decay(0.1, [3, 2]), r"milestones must ascend, got \[3, 2\]"),
        (lambda: nn.join_schedules([nn.constant_rate(1.0)], [1]), "1 schedules need 0 milestones between them, got 1"),
        (lambda: nn.one_cycle(0.1, 5, pct_start=2.0), "pct_start must be from 0 to 1, got 2.0"),
        (lambda: nn.one_cycle(0.1, 5, anneal_strategy="step"), "anneal_strategy must be 'cos' or 'linear'"),
        (lambda: nn.inverse_time_decay(0.1, -1.0), "decay must be at least 0"),
        (lambda: nn.Plateau(0.1, mode="least"), "mode must be 'min' or 'max', got 'least'"),
        (lambda: nn.Plateau(0.1, threshold_mode="least"), "threshold_mode must be 'rel' or 'abs'"),
        (lambda: nn.Plateau(0.1, factor=1.0), "factor must be below 1, got 1.0"),
    ],
)
def test_impossible_options_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_plateau_drives_an_optimizer():
    schedule = nn.Plateau(1.0, factor=0.5, patience=0)
    optimizer, params = nn.SGD(schedule), {"x": numpy.asarray([0.0])}
    state, grads = optimizer.init(params), {"x": numpy.asarray([-1.0])}
    for _ in range(3):
        params, state = optimizer.update(grads, state, params)
        schedule.observe(1.0)
    # The first metric is the best so far; each of the others halves the rate.
    assert params["x"] == 1 + 1 + 0.5
