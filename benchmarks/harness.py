"""Measure contestants side by side: interleaved rounds in one process, medians, and ratios to the first."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

Contestants = dict[str, Callable[[], object]]


def measure(contestants: Contestants, *, rounds: int = 31, seconds: float = 0.01) -> dict[str, list[float]]:
    """Seconds per call in each round; every round runs every contestant, so that noise falls on all alike."""
    repeats = {}
    for name, run in contestants.items():
        run()
        start = time.perf_counter()
        run()
        repeats[name] = max(1, int(seconds / max(time.perf_counter() - start, 1e-9)))
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            start = time.perf_counter()
            for _ in range(repeats[name]):
                run()
            times[name].append((time.perf_counter() - start) / repeats[name])
    return times


def compare(title: str, contestants: Contestants, *, units: int = 1, rounds: int = 31) -> None:
    """Print a table of the median and the minimum in microseconds, per one of `units`, and of ratios to the first."""
    times = measure(contestants, rounds=rounds)
    first = next(iter(contestants))
    print(f"\n{title}\n{'':28}{'median us':>12}{'min us':>12}{'ratio':>9}")
    for name, values in times.items():
        # The ratio of each round, so that a slow moment of the machine cancels.
        ratio = statistics.median([value / base for value, base in zip(values, times[first], strict=True)])
        median, least = (1e6 * f(values) / units for f in (statistics.median, min))
        print(f"{name:28}{median:12.3f}{least:12.3f}{ratio:9.2f}")
