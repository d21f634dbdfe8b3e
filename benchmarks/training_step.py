"""What a training step of a small network costs, and what the loop around it adds: MLP 784-256-128-10, batches of 64.

Run with ``python -m benchmarks.training_step``; PyTorch, in eager mode, is the first contestant where it is installed.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy
from threadpoolctl import threadpool_limits

import autodiff
import nn

from .harness import Contestants, compare

SIZES = (784, 256, 128, 10)
BATCH = 64

OPTIMIZERS: dict[str, Callable[[], nn.Optimizer]] = {"SGD": lambda: nn.SGD(0.01), "Adam": lambda: nn.Adam(1e-3)}


def batch_of(xp: Any) -> tuple[Any, Any]:
    rng = numpy.random.default_rng(0)
    images, labels = rng.random((BATCH, SIZES[0])), rng.integers(0, SIZES[-1], BATCH)
    return xp.asarray(images, dtype=xp.float32), xp.asarray(labels)


def network(xp: Any) -> nn.Sequential:
    rng = numpy.random.default_rng(0)
    first, second, third = (nn.Linear(n, m, rng=rng, xp=xp) for n, m in pairwise(SIZES))
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), third)


def torch_step(name: str) -> Callable[[], object]:
    import torch

    images, labels = batch_of(torch)
    first, second, third = (torch.nn.Linear(n, m) for n, m in pairwise(SIZES))
    model = torch.nn.Sequential(first, torch.nn.ReLU(), second, torch.nn.ReLU(), third)
    optimizer = getattr(torch.optim, name)(model.parameters(), lr=0.01 if name == "SGD" else 1e-3)

    def step() -> float:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def bare_step(xp: Any, optimizer: nn.Optimizer) -> Callable[[], object]:
    """Gradients and update, and nothing else."""
    images, labels = batch_of(xp)
    model = network(xp)
    parameters = dict(model.named_parameters())
    value_and_grad = nn.value_and_grad(lambda model: nn.cross_entropy(model(images), labels))
    state = optimizer.init({name: parameter.data for name, parameter in parameters.items()})

    def step() -> float:
        nonlocal state
        loss, grads = value_and_grad(model)
        params, state = optimizer.update(grads, state, {name: parameter.data for name, parameter in parameters.items()})
        for name, parameter in parameters.items():
            parameter.data = params[name]
        return float(loss)

    return step


def fit_step(xp: Any, optimizer: nn.Optimizer) -> Callable[[], object]:
    """The same within `nn.fit`: a step at a time of one endless epoch."""
    batch = batch_of(xp)

    def endless() -> Iterator[Any]:
        while True:
            yield batch

    run = nn.Run(network(xp), optimizer, endless(), 1, [], 1, None)
    steps = run.steps()
    return lambda: next(steps)


def main() -> None:
    for name, make in OPTIMIZERS.items():
        contestants: Contestants = {}
        if importlib.util.find_spec("torch"):
            contestants["PyTorch eager"] = torch_step(name)
        for namespace in ("numpy", "extensor"):
            xp = autodiff.import_namespace(namespace)
            contestants[f"{namespace}, bare"] = bare_step(xp, make())
            contestants[f"{namespace}, nn.fit"] = fit_step(xp, make())
        with threadpool_limits(1):
            compare(f"training step of {'-'.join(map(str, SIZES))}, {name}", contestants, rounds=15)


if __name__ == "__main__":
    main()
