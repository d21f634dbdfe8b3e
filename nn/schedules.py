"""Learning-rate schedules: functions of the step, which counts from 1."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Schedule", "cosine_decay"]

Schedule: TypeAlias = Callable[[int], float]


def cosine_decay(initial: float, steps: int) -> Schedule:
    """Half a cosine from ``initial`` at the first of ``steps`` steps to nearly 0 at the last, then 0.

    References
    ----------
    I. Loshchilov, F. Hutter, "SGDR: Stochastic gradient descent with warm restarts", ICLR 2017, equation 5.

    Examples
    --------
    >>> schedule = cosine_decay(0.1, steps=4)
    >>> [round(schedule(step), 3) for step in (1, 2, 3, 4, 5, 6)]
    [0.1, 0.085, 0.05, 0.015, 0.0, 0.0]
    """
    return lambda step: initial * (1 + math.cos(math.pi * min((step - 1) / steps, 1.0))) / 2
