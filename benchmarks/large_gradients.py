"""What gradients of large arrays cost, against the forward and backward passes that a person writes by hand.

Run with ``python -m benchmarks.large_gradients``; peers that are not installed are left out.
"""

from __future__ import annotations

import importlib.util
from functools import partial
from typing import Any

import numpy

import autodiff

from .harness import compare

SIZE = 1_000_000

PEERS = ("numpy", "extensor", "torch")


def wave(x: Any) -> Any:
    xp = x.__array_namespace__()
    return xp.sum(xp.sin(x) * xp.exp(-0.5 * x * x))


def wave_by_hand(xp: Any, x: Any) -> Any:
    sine, bell = xp.sin(x), xp.exp(-0.5 * x * x)
    return xp.sum(sine * bell), (xp.cos(x) - x * sine) * bell


def logsumexp(x: Any) -> Any:
    xp = x.__array_namespace__()
    largest = autodiff.stop_gradient(xp.max(x, axis=-1, keepdims=True))
    return xp.mean(xp.log(xp.sum(xp.exp(x - largest), axis=-1, keepdims=True)) + largest)


def logsumexp_by_hand(xp: Any, x: Any) -> Any:
    largest = xp.max(x, axis=-1, keepdims=True)
    powers = xp.exp(x - largest)
    total = xp.sum(powers, axis=-1, keepdims=True)
    return xp.mean(xp.log(total) + largest), powers * (1 / (total * total.shape[0]))


def layer(x: Any, w: Any, b: Any) -> Any:
    xp = w.__array_namespace__()
    y = xp.tanh(x @ w + b)
    return xp.mean(y * y)


def layer_by_hand(xp: Any, x: Any, w: Any, b: Any) -> Any:
    y = xp.tanh(x @ w + b)
    ct = y * (2 / (y.shape[0] * y.shape[1])) * (1 - y * y)
    return xp.mean(y * y), (xp.matrix_transpose(x) @ ct, xp.sum(ct, axis=0))


def main() -> None:
    rng = numpy.random.default_rng(0)
    rows = SIZE // 1000
    cases = {
        "sum(sin(x) * exp(-x * x / 2))": (wave, wave_by_hand, 0, [(SIZE,)]),
        "mean(logsumexp(x))": (logsumexp, logsumexp_by_hand, 0, [(rows, 1000)]),
        "mean(tanh(x @ w + b)**2)": (layer, layer_by_hand, (1, 2), [(rows, 200), (200, 1000), (1000,)]),
    }
    for name in filter(importlib.util.find_spec, PEERS):
        xp = autodiff.import_namespace(name)
        for title, (function, by_hand, argnums, shapes) in cases.items():
            arrays = [xp.asarray(rng.random(shape)) for shape in shapes]
            gradient = autodiff.value_and_grad(function, argnums)
            contestants = {"by hand": partial(by_hand, xp, *arrays), "autodiff": partial(gradient, *arrays)}
            compare(f"{title}, {name}, {shapes[0]} float64", contestants, rounds=15)


if __name__ == "__main__":
    main()
