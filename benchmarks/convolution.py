"""What convolution, pooling and a whole convolutional network cost, against PyTorch, on one thread and on two.

Run with ``python -m benchmarks.convolution``. PyTorch has kernels of its own for every shape; ours are matrix products.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy
from threadpoolctl import threadpool_limits

import autodiff
import nn

from .harness import Contestants, compare

BATCH = 64

NAMESPACES = ("numpy", "extensor")

CONVOLUTIONS = {
    "5x5, 1 to 6 channels, 28x28": ((1, 28, 28), (6, 1, 5, 5), 2),
    "5x5, 6 to 16 channels, 14x14": ((6, 14, 14), (16, 6, 5, 5), 0),
    "3x3, 16 to 32 channels, 14x14": ((16, 14, 14), (32, 16, 3, 3), 1),
}

POOLS = {"2x2 of 6x28x28": ((6, 28, 28), 2, 2, 0), "3x3, stride 2, of 16x28x28": ((16, 28, 28), 3, 2, 1)}


def drawn(*shapes: tuple[int, ...]) -> list[numpy.ndarray]:
    rng = numpy.random.default_rng(0)
    return [rng.standard_normal(shape, dtype=numpy.float32) for shape in shapes]


def ours(f: Callable[..., Any], arrays: list[numpy.ndarray], *, gradient: bool) -> Contestants:
    def contestant(name: str) -> Callable[[], object]:
        xp = autodiff.import_namespace(name)
        operands = [xp.asarray(x) for x in arrays]
        if not gradient:
            return partial(f, *operands)

        def run() -> object:
            out, pullback = autodiff.vjp(f, *operands)
            return pullback(out)

        return run

    return {name: contestant(name) for name in NAMESPACES}


def of_torch(f: Callable[..., Any], arrays: list[numpy.ndarray], *, gradient: bool) -> Contestants:
    import torch

    operands = [torch.tensor(x, requires_grad=gradient) for x in arrays]

    def run() -> object:
        out = f(*operands)
        return torch.autograd.grad(out, operands, out.detach()) if gradient else out

    return {"torch": run}


def function(library: Any, name: str, *options: Any, **named: Any) -> Callable[..., Any]:
    return lambda *operands: getattr(library, name)(*operands, *options, **named)


def lenet_ours(name: str, images: numpy.ndarray, labels: numpy.ndarray) -> Callable[[], object]:
    """Loss and gradients of LeNet-5."""
    xp, rng = autodiff.import_namespace(name), numpy.random.default_rng(0)
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2, rng=rng, xp=xp),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5, rng=rng, xp=xp),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120, rng=rng, xp=xp),
        nn.ReLU(),
        nn.Linear(120, 84, rng=rng, xp=xp),
        nn.ReLU(),
        nn.Linear(84, 10, rng=rng, xp=xp),
    )
    loss = nn.value_and_grad(lambda model, x, y: nn.cross_entropy(model(x), y))
    return partial(loss, model, xp.asarray(images), xp.asarray(labels))


def lenet_of_torch(images: numpy.ndarray, labels: numpy.ndarray) -> Callable[[], object]:
    import torch
    from torch import nn as layers

    model = layers.Sequential(
        layers.Conv2d(1, 6, 5, padding=2),
        layers.ReLU(),
        layers.MaxPool2d(2),
        layers.Conv2d(6, 16, 5),
        layers.ReLU(),
        layers.MaxPool2d(2),
        layers.Flatten(),
        layers.Linear(400, 120),
        layers.ReLU(),
        layers.Linear(120, 84),
        layers.ReLU(),
        layers.Linear(84, 10),
    )
    x, y = torch.asarray(images), torch.asarray(labels)

    def run() -> object:
        loss = layers.functional.cross_entropy(model(x), y)
        return loss, torch.autograd.grad(loss, list(model.parameters()))

    return run


def run_all(threads: int) -> None:
    has_torch = importlib.util.find_spec("torch") is not None
    if has_torch:
        import torch

        torch.set_num_threads(threads)

    def show(title: str, name: str, arrays: list[numpy.ndarray], *options: Any, **named: Any) -> None:
        for gradient in (False, True):
            contestants: Contestants = {}
            if has_torch:
                theirs = function(torch.nn.functional, name, *options, **named)
                contestants |= of_torch(theirs, arrays, gradient=gradient)
            contestants |= ours(function(nn, name, *options, **named), arrays, gradient=gradient)
            what = "forward and backward" if gradient else "forward"
            compare(f"{name}, {title}, {what}, {threads} threads", contestants, rounds=15)

    for title, (image, weight, padding) in CONVOLUTIONS.items():
        show(title, "conv2d", drawn((BATCH, *image), weight), padding=padding)
    for title, (image, *options) in POOLS.items():
        for name in ("max_pool2d", "avg_pool2d"):
            show(title, name, drawn((BATCH, *image)), *options)
    (images,) = drawn((BATCH, 1, 28, 28))
    labels = numpy.arange(BATCH) % 10
    contestants = {"torch": lenet_of_torch(images, labels)} if has_torch else {}
    contestants |= {name: lenet_ours(name, images, labels) for name in NAMESPACES}
    compare(f"LeNet-5, loss and gradients of {BATCH} images, {threads} threads", contestants, rounds=15)


def main() -> None:
    for threads in (1, 2):
        with threadpool_limits(threads):
            run_all(threads)


if __name__ == "__main__":
    main()
