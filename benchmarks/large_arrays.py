"""What operations on large arrays cost, against NumPy and PyTorch.

Run with ``python -m benchmarks.large_arrays``; peers that are not installed are left out.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy

import autodiff
import extensor

from .harness import compare


def softmax(xp: Any, x: Any) -> Any:
    shifted = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
    return shifted / xp.sum(shifted, axis=-1, keepdims=True)


OPERATIONS: dict[str, Callable[[Any, Any], object]] = {
    "x + x": lambda xp, x: x + x,
    "x * x + x": lambda xp, x: x * x + x,
    "exp": lambda xp, x: xp.exp(x),
    "tanh": lambda xp, x: xp.tanh(x),
    "sum": lambda xp, x: xp.sum(x),
    "sum, axis=-1": lambda xp, x: xp.sum(x, axis=-1),
    "softmax": softmax,
    "x < 0.5": lambda xp, x: x < 0.5,
    "astype": lambda xp, x: xp.astype(x, xp.float64 if x.dtype == xp.float32 else xp.float32),
    "concat": lambda xp, x: xp.concat([x, x]),
    "where": lambda xp, x: xp.where(x < 0.5, x, 0.0),
}


def main() -> None:
    namespaces = {"numpy": numpy, "extensor": extensor}
    if importlib.util.find_spec("torch"):
        namespaces["torch"] = autodiff.import_namespace("torch")
    print(f"extensor shares large operations among {extensor.get_num_threads()} threads")
    for dtype in ("float32", "float64"):
        for columns in (1_000, 10_000):
            values = numpy.random.default_rng(0).random((1_000, columns)).astype(dtype)
            arrays = {name: xp.asarray(values) for name, xp in namespaces.items()}
            for title, operation in OPERATIONS.items():
                contestants = {name: partial(operation, xp, arrays[name]) for name, xp in namespaces.items()}
                compare(f"{title}, {dtype}, shape (1000, {columns})", contestants, rounds=9)


if __name__ == "__main__":
    main()
