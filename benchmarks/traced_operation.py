"""What one traced operation costs, forward plus backward: a chain of 100 on small arrays, against the peers.

Run with ``python -m benchmarks.traced_operation``; peers that are not installed are left out.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy

import autodiff
import extensor

from .harness import Contestants, compare

OPERATIONS = 100


def chain(xp: Any, x: Any, y: Any) -> Any:
    """Multiply, add, sin and scale in turn, then sum."""
    for _ in range(OPERATIONS // 4):
        x = x * y
        x = x + y
        x = xp.sin(x)
        x = x * 0.5
    return xp.sum(x)


def standard(x: Any, y: Any) -> Any:
    return chain(x.__array_namespace__(), x, y)


def contestants(size: int) -> Contestants:
    rng = numpy.random.default_rng(0)
    x, y = rng.random(size), rng.random(size)
    ours = autodiff.value_and_grad(standard, (0, 1))
    ex, ey = extensor.asarray(x), extensor.asarray(y)
    found: Contestants = {}
    if importlib.util.find_spec("torch"):
        import torch

        torch.set_num_threads(1)

        def run_torch() -> None:
            leaves = [torch.tensor(a, requires_grad=True) for a in (x, y)]
            chain(torch, *leaves).backward()

        found["PyTorch"] = run_torch
    found["autodiff over numpy"] = lambda: ours(x, y)
    found["autodiff over extensor"] = lambda: ours(ex, ey)
    if importlib.util.find_spec("autograd"):
        import autograd
        import autograd.numpy

        peer = autograd.value_and_grad(lambda pair: chain(autograd.numpy, *pair))
        found["HIPS/autograd"] = lambda: peer((x, y))
    if importlib.util.find_spec("mygrad"):
        import mygrad

        found["MyGrad"] = lambda: chain(mygrad, mygrad.tensor(x), mygrad.tensor(y)).backward()
    found["numpy, forward alone"] = lambda: chain(numpy, x, y)
    return found


def main() -> None:
    for size in (8, 100):
        compare(f"one traced operation, {size} elements of float64", contestants(size), units=OPERATIONS)


if __name__ == "__main__":
    main()
