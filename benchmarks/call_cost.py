"""What one call on a small array costs, against the peers.

Run with ``python -m benchmarks.call_cost``; peers that are not installed are left out.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy

import autodiff

from .harness import compare

CALLS: dict[str, Callable[[Any, Any], object]] = {
    "add(x, x)": lambda xp, x: xp.add(x, x),
    "x + x": lambda xp, x: x + x,
    "x * 0.5": lambda xp, x: x * 0.5,
    "exp(x)": lambda xp, x: xp.exp(x),
    "x < x": lambda xp, x: x < x,
    "sum(x)": lambda xp, x: xp.sum(x),
    "reshape(x, (-1,))": lambda xp, x: xp.reshape(x, (-1,)),
    "x[...]": lambda xp, x: x[...],
}

OTHERS: dict[str, tuple[tuple[int, ...], Callable[[Any, Any], object]]] = {
    "x[1:]": ((8,), lambda xp, x: x[1:]),
    "matmul(x, x)": ((8, 8), lambda xp, x: xp.matmul(x, x)),
    "asarray(list)": ((8,), lambda xp, x: xp.asarray([1.0, 2.0, 3.0])),
}

PEERS = ("array_api_strict", "torch", "jax")


def main() -> None:
    namespaces = {name: autodiff.import_namespace(name) for name in ("numpy", "extensor")}
    namespaces |= {name: autodiff.import_namespace(name) for name in PEERS if importlib.util.find_spec(name)}
    rows = [(title, shape, call) for title, call in CALLS.items() for shape in ((), (8,), (100,))]
    rows += [(title, shape, call) for title, (shape, call) in OTHERS.items()]
    for title, shape, call in rows:
        values = numpy.asarray(numpy.random.default_rng(0).random(shape))
        contestants = {name: partial(call, xp, xp.asarray(values)) for name, xp in namespaces.items()}
        compare(f"{title}, shape {shape}", contestants, rounds=15)


if __name__ == "__main__":
    main()
