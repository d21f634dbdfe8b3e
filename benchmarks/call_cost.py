"""What one call on a small array costs, against the peers.

Run with ``python -m benchmarks.call_cost``; peers that are not installed are left out.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import numpy

import autodiff

from .harness import compare

CALLS: dict[str, Callable[[Any, Any], object]] = {
    "add(x, x)": lambda xp, x: xp.add(x, x),
    "x + x": lambda xp, x: x + x,
    "x * 0.5": lambda xp, x: x * 0.5,
    "exp(x)": lambda xp, x: xp.exp(x),
    "sum(x)": lambda xp, x: xp.sum(x),
    "reshape(x, (2, 4))": lambda xp, x: xp.reshape(x, (2, 4)),
    "x[1:]": lambda xp, x: x[1:],
    "asarray(list)": lambda xp, x: xp.asarray([1.0, 2.0, 3.0]),
}

PEERS = ("array_api_strict", "torch", "jax")


def main() -> None:
    namespaces = {name: autodiff.import_namespace(name) for name in ("numpy", "extensor")}
    namespaces |= {name: autodiff.import_namespace(name) for name in PEERS if importlib.util.find_spec(name)}
    values = numpy.random.default_rng(0).random(8)
    arrays = {name: xp.asarray(values) for name, xp in namespaces.items()}
    for title, call in CALLS.items():
        compare(
            f"{title}, shape (8,)",
            {name: lambda xp=xp, x=arrays[name], call=call: call(xp, x) for name, xp in namespaces.items()},
        )


if __name__ == "__main__":
    main()
