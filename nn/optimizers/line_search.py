"""A line search for the strong Wolfe conditions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from nn.namespaces import Array

__all__ = ["Point", "strong_wolfe"]


class Point(NamedTuple):
    """A point of a line: how far along, and what is there."""

    step: float
    value: float
    slope: float
    """Derivative of the value along the line."""
    gradient: Array


def strong_wolfe(
    evaluate: Callable[[float], Point],
    start: Point,
    step: float,
    *,
    length: float,
    max_evaluations: int,
    decrease: float = 1e-4,
    curvature: float = 0.9,
    tolerance_change: float = 1e-9,
) -> tuple[Point, int]:
    """Point of a line where the value has decreased enough and the slope is flat enough, and how many were evaluated.

    Parameters
    ----------
    evaluate : callable
        The point at a step.
    start : Point
        The one at 0, of negative slope.
    step : float
        Where to look first.
    length : float
        Largest element of the line's direction; intervals shorter than `tolerance_change` by it are not divided.
    decrease, curvature : float
        The constants of the conditions, c1 and c2.

    Returns
    -------
    point : Point
        The best so far, when evaluations run out.
    evaluations : int

    References
    ----------
    J. Nocedal, S. J. Wright, "Numerical optimization", 2nd edition, 2006: algorithms 3.5 and 3.6, and equation 3.59 for
    the cubic. The safeguards, a tenth of the interval from its ends, are those of M. Schmidt's minFunc.

    Examples
    --------
    >>> def evaluate(x):
    ...     return Point(x, (x - 2) ** 2, 2 * (x - 2), None)
    >>> strong_wolfe(evaluate, evaluate(0.0), 1.0, length=1.0, max_evaluations=10)[0].step
    1.0
    """

    def too_high(point: Point) -> bool:
        # Written so that a value that is no number is too high.
        return not point.value <= start.value + decrease * point.step * start.slope

    def is_flat(point: Point) -> bool:
        return abs(point.slope) <= -curvature * start.slope

    # Algorithm 3.5: go on until a minimum must lie behind.
    before, point, evaluations = start, evaluate(step), 1
    while evaluations <= max_evaluations:
        if too_high(point) or (evaluations > 1 and point.value >= before.value):
            break
        if is_flat(point):
            return point, evaluations
        if point.slope >= 0:
            break
        least, most = point.step + 0.01 * (point.step - before.step), 10 * point.step
        before, point = point, evaluate(_minimum_of_cubic(before, point, least, most))
        evaluations += 1
    else:
        return min(start, point, key=lambda end: end.value), evaluations

    # Algorithm 3.6: shrink the interval between the best point that has decreased enough and another.
    low, high = (before, point) if too_high(point) or point.value >= before.value else (point, before)
    near_end = False
    while evaluations <= max_evaluations and abs(high.step - low.step) * length >= tolerance_change:
        left, right = sorted((low.step, high.step))
        step = _minimum_of_cubic(low, high, left, right)
        margin = 0.1 * (right - left)
        if min(right - step, step - left) < margin:
            if near_end or step >= right or step <= left:
                step = right - margin if right - step < step - left else left + margin
                near_end = False
            else:
                near_end = True
        else:
            near_end = False
        point = evaluate(step)
        evaluations += 1
        if too_high(point) or point.value >= low.value:
            high = point
            continue
        if is_flat(point):
            return point, evaluations
        if point.slope * (high.step - low.step) >= 0:
            high = low
        low = point
    return low, evaluations


def _minimum_of_cubic(one: Point, other: Point, least: float, most: float) -> float:
    """Minimum of the cubic through the values and slopes of two points, kept within bounds; their middle if none."""
    left, right = sorted((one, other), key=lambda point: point.step)
    secant = left.slope + right.slope - 3 * (left.value - right.value) / (left.step - right.step)
    square = secant * secant - left.slope * right.slope
    if not (square >= 0 and math.isfinite(square)):
        return (least + most) / 2
    root = math.sqrt(square)
    divisor = right.slope - left.slope + 2 * root
    if not divisor:
        return (least + most) / 2
    step = right.step - (right.step - left.step) * (right.slope + root - secant) / divisor
    return min(max(step, least), most)
