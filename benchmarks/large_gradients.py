"""What gradients of large arrays cost, against the forward and backward passes that a person writes by hand.

By hand the derivatives are simplified, as no automatic method does: that of ``exp(-x * x / 2)`` to ``-x`` times itself,
and a factor that two terms share is taken out. Reverse mode multiplies with the derivative of each operation in turn:
of the sine times the bell that makes nine multiplications and additions, where three are written by hand. PyTorch's
own engine, which does the same with the same kernels, is measured beside.

Run with ``python -m benchmarks.large_gradients``; peers that are not installed are left out.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy

import autodiff

from .harness import Contestants, compare

SIZE = 1_000_000

Function = Callable[..., Any]

PEERS = ("numpy", "extensor", "torch")


def constant(x: Any) -> Any:
    return x.detach() if hasattr(type(x), "detach") else autodiff.stop_gradient(x)


def wave(xp: Any, x: Any) -> Any:
    return xp.sum(xp.sin(x) * xp.exp(-0.5 * x * x))


def wave_by_hand(xp: Any, x: Any) -> Any:
    sine, bell = xp.sin(x), xp.exp(-0.5 * x * x)
    return xp.sum(sine * bell), (xp.cos(x) - x * sine) * bell


def logsumexp(xp: Any, x: Any) -> Any:
    largest = constant(xp.max(x, axis=-1, keepdims=True))
    return xp.mean(xp.log(xp.sum(xp.exp(x - largest), axis=-1, keepdims=True)) + largest)


def logsumexp_by_hand(xp: Any, x: Any) -> Any:
    largest = xp.max(x, axis=-1, keepdims=True)
    powers = xp.exp(x - largest)
    total = xp.sum(powers, axis=-1, keepdims=True)
    return xp.mean(xp.log(total) + largest), powers * (1 / (total * total.shape[0]))


def layer(xp: Any, x: Any, w: Any, b: Any) -> Any:
    y = xp.tanh(x @ w + b)
    return xp.mean(y * y)


def layer_by_hand(xp: Any, x: Any, w: Any, b: Any) -> Any:
    y = xp.tanh(x @ w + b)
    ct = y * (2 / (y.shape[0] * y.shape[1])) * (1 - y * y)
    return xp.mean(y * y), (xp.matrix_transpose(x) @ ct, xp.sum(ct, axis=0))


CASES: dict[str, tuple[Function, Function, tuple[int, ...], list[tuple[int, ...]]]] = {
    "sum(sin(x) * exp(-x * x / 2))": (wave, wave_by_hand, (0,), [(SIZE,)]),
    "mean(logsumexp(x))": (logsumexp, logsumexp_by_hand, (0,), [(1000, SIZE // 1000)]),
    "mean(tanh(x @ w + b)**2)": (layer, layer_by_hand, (1, 2), [(1000, 200), (200, SIZE // 1000), (SIZE // 1000,)]),
}
"""Function, the same by hand with its gradient, positions of the arguments to differentiate by, shapes of them all."""


def by_autodiff(function: Function, argnums: tuple[int, ...]) -> Function:
    return autodiff.value_and_grad(lambda *arrays: function(autodiff.array_namespace(*arrays), *arrays), argnums)


def by_torch(xp: Any, function: Function, argnums: tuple[int, ...], arrays: list[Any]) -> Any:
    leaves = [x.detach().requires_grad_(i in argnums) for i, x in enumerate(arrays)]
    value = function(xp, *leaves)
    value.backward()
    return value, [leaves[i].grad for i in argnums]


def main() -> None:
    rng = numpy.random.default_rng(0)
    for name in filter(importlib.util.find_spec, PEERS):
        xp = autodiff.import_namespace(name)
        for title, (function, by_hand, argnums, shapes) in CASES.items():
            arrays = [xp.asarray(rng.random(shape)) for shape in shapes]
            contestants: Contestants = {
                "by hand": partial(by_hand, xp, *arrays),
                "autodiff": partial(by_autodiff(function, argnums), *arrays),
            }
            if name == "torch":
                contestants["PyTorch"] = partial(by_torch, xp, function, argnums, arrays)
            compare(f"{title}, {name}, {shapes[0]} float64", contestants, rounds=15)


if __name__ == "__main__":
    main()
