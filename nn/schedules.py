"""Learning-rate schedules: functions of the step, which counts from 1."""
# ruff: noqa: N801 -- they are called as functions are, like functools.partial

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, TypeAlias

__all__ = [
    "Plateau",
    "constant_rate",
    "cosine_decay",
    "cosine_restarts",
    "exponential_decay",
    "inverse_square_root",
    "inverse_time_decay",
    "join_schedules",
    "linear_warmup",
    "multistep_decay",
    "one_cycle",
    "polynomial_decay",
    "step_decay",
]

Schedule: TypeAlias = Callable[[int], float]


class _OfStep:
    """What schedules without a memory share."""

    def __call__(self, step: int) -> float:
        """Rate of a step.

        Raises
        ------
        ValueError
            If the step is below 1, where steps begin.
        """
        if step < 1:
            raise ValueError(f"steps count from 1, got {step!r}")
        return self._rate(step)

    def _rate(self, step: int) -> float:
        raise NotImplementedError


@dataclass(frozen=True)
class constant_rate(_OfStep):
    """The same rate at every step.

    Examples
    --------
    >>> constant_rate(0.1)(1000)
    0.1
    """

    rate: float

    def _rate(self, step: int) -> float:
        return self.rate


@dataclass(frozen=True)
class step_decay(_OfStep):
    """Times `gamma` after each `step_size` steps.

    Examples
    --------
    >>> [step_decay(1.0, step_size=2, gamma=0.5)(step) for step in (1, 2, 3, 4, 5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    initial: float
    step_size: int
    gamma: float = 0.1

    def __post_init__(self) -> None:
        _positive("step_size", self.step_size)

    def _rate(self, step: int) -> float:
        return self.initial * self.gamma ** ((step - 1) // self.step_size)


@dataclass(frozen=True)
class multistep_decay(_OfStep):
    """Times `gamma` after each of the steps in `milestones`, which ascend.

    Examples
    --------
    >>> [multistep_decay(1.0, milestones=[1, 3], gamma=0.5)(step) for step in (1, 2, 3, 4)]
    [1.0, 0.5, 0.5, 0.25]
    """

    initial: float
    milestones: Sequence[int]
    gamma: float = 0.1

    def __post_init__(self) -> None:
        _ascending(self.milestones)

    def _rate(self, step: int) -> float:
        return self.initial * self.gamma ** bisect_right(self.milestones, step - 1)


@dataclass(frozen=True)
class exponential_decay(_OfStep):
    """Times `gamma` after each step.

    Examples
    --------
    >>> [exponential_decay(1.0, gamma=0.5)(step) for step in (1, 2, 3)]
    [1.0, 0.5, 0.25]
    """

    initial: float
    gamma: float

    def _rate(self, step: int) -> float:
        return self.initial * self.gamma ** (step - 1)


@dataclass(frozen=True)
class inverse_time_decay(_OfStep):
    """``initial / (1 + decay * (step - 1))``.

    Examples
    --------
    >>> [inverse_time_decay(1.0, decay=0.5)(step) for step in (1, 3, 7)]
    [1.0, 0.5, 0.25]
    """

    initial: float
    decay: float

    def __post_init__(self) -> None:
        if not self.decay >= 0:
            raise ValueError(f"decay must be at least 0, got {self.decay!r}")

    def _rate(self, step: int) -> float:
        return self.initial / (1 + self.decay * (step - 1))


@dataclass(frozen=True)
class inverse_square_root(_OfStep):
    """Linear growth to `peak` at step `warmup_steps`, then decay by the root of the steps.

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS 2017, equation 3, where `peak` is
    ``(d_model * warmup_steps) ** -0.5``.

    Examples
    --------
    >>> [inverse_square_root(1.0, warmup_steps=4)(step) for step in (1, 2, 4, 16)]
    [0.25, 0.5, 1.0, 0.5]
    """

    peak: float
    warmup_steps: int

    def __post_init__(self) -> None:
        _positive("warmup_steps", self.warmup_steps)

    def _rate(self, step: int) -> float:
        return self.peak * min(step / self.warmup_steps, math.sqrt(self.warmup_steps / step))


@dataclass(frozen=True)
class polynomial_decay(_OfStep):
    """From `initial` to `final` along a power of the steps that are left of `steps`, then `final`.

    Examples
    --------
    >>> [polynomial_decay(1.0, steps=2, power=2.0)(step) for step in (1, 2, 3, 4)]
    [1.0, 0.25, 0.0, 0.0]
    """

    initial: float
    steps: int
    power: float = 1.0
    final: float = 0.0

    def __post_init__(self) -> None:
        _positive("steps", self.steps)

    def _rate(self, step: int) -> float:
        return self.final + (self.initial - self.final) * math.pow(1 - _progress(step, self.steps), self.power)


@dataclass(frozen=True)
class cosine_decay(_OfStep):
    """Half a cosine from `initial` at the first of `steps` steps to nearly `final` at the last, then `final`.

    References
    ----------
    I. Loshchilov, F. Hutter, "SGDR: Stochastic gradient descent with warm restarts", ICLR 2017, equation 5.

    Examples
    --------
    >>> schedule = cosine_decay(0.1, steps=4)
    >>> [round(schedule(step), 3) for step in (1, 2, 3, 4, 5, 6)]
    [0.1, 0.085, 0.05, 0.015, 0.0, 0.0]
    """

    initial: float
    steps: int
    final: float = 0.0

    def __post_init__(self) -> None:
        _positive("steps", self.steps)

    def _rate(self, step: int) -> float:
        return _cosine(self.initial, self.final, _progress(step, self.steps))


@dataclass(frozen=True)
class cosine_restarts(_OfStep):
    """Half a cosine from `initial` to nearly `final`, again and again.

    Parameters
    ----------
    initial, final : float
    period : int
        Steps of the first cosine.
    factor : int
        How many times longer each is than the one before it.

    References
    ----------
    I. Loshchilov, F. Hutter, "SGDR: Stochastic gradient descent with warm restarts", ICLR 2017, section 3.

    Examples
    --------
    >>> [round(cosine_restarts(1.0, period=2, factor=2)(step), 3) for step in (1, 2, 3, 4, 5, 6, 7)]
    [1.0, 0.5, 1.0, 0.854, 0.5, 0.146, 1.0]
    """

    initial: float
    period: int
    factor: int = 1
    final: float = 0.0

    def __post_init__(self) -> None:
        _positive("period", self.period)
        _positive("factor", self.factor)

    def _rate(self, step: int) -> float:
        since, period = step - 1, self.period
        if self.factor == 1:
            since %= period
        while since >= period:
            since -= period
            period *= self.factor
        return _cosine(self.initial, self.final, since / period)


@dataclass(frozen=True)
class linear_warmup(_OfStep):
    """A line from ``start_factor * peak`` to `peak`, which is reached after `steps` steps and kept.

    Examples
    --------
    >>> [linear_warmup(1.0, steps=2, start_factor=0.5)(step) for step in (1, 2, 3, 4)]
    [0.5, 0.75, 1.0, 1.0]
    """

    peak: float
    steps: int
    start_factor: float = 1 / 3

    def __post_init__(self) -> None:
        _positive("steps", self.steps)

    def _rate(self, step: int) -> float:
        return self.peak * _line(self.start_factor, 1.0, _progress(step, self.steps))


@dataclass(frozen=True)
class one_cycle(_OfStep):
    """Up to `peak` and down to almost nothing in `steps` steps.

    Parameters
    ----------
    peak : float
        Largest rate.
    steps : int
        Length of the cycle; after it the rate stays.
    pct_start : float
        Share of the steps that go up.
    anneal_strategy : {"cos", "linear"}
        Whether along cosines or lines.
    div_factor : float
        The first rate is the largest over this.
    final_div_factor : float
        The last rate is the first over this.
    three_phase : bool
        Whether to go down as fast as up, to the first rate, and then on to the last.

    References
    ----------
    L. N. Smith, N. Topin, "Super-convergence: Very fast training of neural networks using large learning rates", 2019,
    with PyTorch's phases.

    Examples
    --------
    >>> schedule = one_cycle(1.0, steps=5, pct_start=0.4, anneal_strategy="linear", div_factor=2.0)
    >>> [round(schedule(step), 3) for step in (1, 2, 3, 4, 5)]
    [0.5, 1.0, 0.667, 0.333, 0.0]
    """

    peak: float
    steps: int
    pct_start: float = 0.3
    anneal_strategy: Literal["cos", "linear"] = "cos"
    div_factor: float = 25.0
    final_div_factor: float = 1e4
    three_phase: bool = False

    def __post_init__(self) -> None:
        _positive("steps", self.steps)
        if not 0 <= self.pct_start <= 1:
            raise ValueError(f"pct_start must be from 0 to 1, got {self.pct_start!r}")
        if self.anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy must be 'cos' or 'linear', got {self.anneal_strategy!r}")

    def _rate(self, step: int) -> float:
        first = self.peak / self.div_factor
        up = self.pct_start * self.steps - 1
        corners = [(0.0, first), (up, self.peak), (self.steps - 1.0, first / self.final_div_factor)]
        if self.three_phase:
            corners.insert(2, (2 * up, first))
        time = min(step - 1, self.steps - 1)
        anneal = _cosine if self.anneal_strategy == "cos" else _line
        for (start, before), (end, after) in pairwise(corners):
            if time <= end and start < end:
                return anneal(before, after, (time - start) / (end - start))
        return corners[-1][1]


@dataclass(frozen=True)
class join_schedules(_OfStep):
    """One schedule after the other; each counts from 1 at its turn.

    Parameters
    ----------
    schedules : sequence of schedules
    milestones : sequence of int
        After which steps the next takes over; one less than there are schedules.

    Examples
    --------
    >>> schedule = join_schedules([linear_warmup(1.0, 2, start_factor=0.5), cosine_decay(1.0, 2)], milestones=[2])
    >>> [round(schedule(step), 3) for step in (1, 2, 3, 4, 5)]
    [0.5, 0.75, 1.0, 0.5, 0.0]
    """

    schedules: Sequence[Schedule]
    milestones: Sequence[int]

    def __post_init__(self) -> None:
        _ascending(self.milestones)
        if len(self.schedules) != len(self.milestones) + 1:
            raise ValueError(
                f"{len(self.schedules)} schedules need {len(self.schedules) - 1} milestones between them, "
                f"got {len(self.milestones)}"
            )

    def _rate(self, step: int) -> float:
        turn = bisect_right(self.milestones, step - 1)
        return self.schedules[turn](step - (self.milestones[turn - 1] if turn else 0))


class Plateau:
    """Times `factor` when a metric has stopped getting better.

    It is the one schedule with a memory: the rate depends not on the step, but on what it has been told.

    Parameters
    ----------
    initial : float
        The first rate.
    mode : {"min", "max"}
        Whether small or large metrics are good.
    factor : float
        What the rate is multiplied by.
    patience : int
        How many metrics in a row may be no better.
    threshold : float
        How much better counts.
    threshold_mode : {"rel", "abs"}
        Whether `threshold` is a share of the best so far, or added to it.
    cooldown : int
        How many metrics are not counted after a reduction.
    min_rate : float
        Least rate.
    eps : float
        Least change of the rate.

    Examples
    --------
    >>> schedule = Plateau(1.0, factor=0.5, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.0):
    ...     schedule.observe(loss)
    >>> schedule(5)
    0.5
    """

    def __init__(
        self,
        initial: float,
        *,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_rate: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max', got {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold_mode must be 'rel' or 'abs', got {threshold_mode!r}")
        if not factor < 1:
            raise ValueError(f"factor must be below 1, got {factor!r}")
        self.mode, self.threshold, self.threshold_mode = mode, threshold, threshold_mode
        self.factor, self.patience, self.cooldown, self.min_rate, self.eps = factor, patience, cooldown, min_rate, eps
        self.rate = initial
        self.best = math.inf if mode == "min" else -math.inf
        self.bad = 0
        self.cooling = 0

    def __call__(self, step: int) -> float:
        """Rate now, whatever the step."""
        return self.rate

    def observe(self, metric: Any) -> None:
        """Take note of a metric, such as the loss of an epoch, and reduce the rate if it is time; changes in place."""
        metric = float(metric)
        better = self._is_better(metric)
        if better:
            self.best = metric
        self.bad = 0 if better or self.cooling else self.bad + 1
        self.cooling = max(0, self.cooling - 1)
        if self.bad > self.patience:
            reduced = max(self.rate * self.factor, self.min_rate)
            if self.rate - reduced > self.eps:
                self.rate = reduced
            self.bad, self.cooling = 0, self.cooldown

    def _is_better(self, metric: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        margin = self.threshold if self.threshold_mode == "abs" else self.threshold * self.best
        if self.threshold_mode == "rel" and math.isinf(self.best):
            margin = 0.0
        return sign * metric > sign * (self.best + sign * margin)

    def state_dict(self) -> dict[str, float]:
        """What it remembers, by name."""
        return {"rate": self.rate, "best": self.best, "bad": self.bad, "cooling": self.cooling}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave.

        Raises
        ------
        ValueError
            If the names are not those.
        """
        if state.keys() != self.state_dict().keys():
            raise ValueError(f"expected {', '.join(self.state_dict())}, got {', '.join(state)}")
        self.rate, self.best = float(state["rate"]), float(state["best"])
        self.bad, self.cooling = int(state["bad"]), int(state["cooling"])


def _progress(step: int, steps: int) -> float:
    """Share of the steps that have been made before this one, from 0 to 1."""
    return min((step - 1) / steps, 1.0)


def _line(before: float, after: float, progress: float) -> float:
    return before + (after - before) * progress


def _cosine(before: float, after: float, progress: float) -> float:
    return after + (before - after) * (1 + math.cos(math.pi * progress)) / 2


def _positive(name: str, value: int) -> None:
    if not value >= 1:
        raise ValueError(f"{name} must be at least 1, got {value!r}")


def _ascending(milestones: Sequence[int]) -> None:
    if list(milestones) != sorted(milestones):
        raise ValueError(f"milestones must ascend, got {list(milestones)}")
