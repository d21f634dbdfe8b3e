"""Namespace for the official suite: behind every array that it makes there are two examples, which are alike.

Where the suite asks an array for a value, it gets that of the first example; the second has to agree.
"""

from __future__ import annotations

import inspect
from typing import Any

import extensor
from autodiff.batch import Batch, BatchArray
from autodiff.live import MODES, wrap


def of_each_example(name: str) -> Any:
    refusing = getattr(BatchArray, name)

    def method(x: Any, *args: Any, **kwargs: Any) -> Any:
        if not x.batched:
            return refusing(x, *args, **kwargs)
        first, second = (getattr(x.primal[i, ...], name)(*args, **kwargs) for i in range(2))
        if name != "__dlpack__" and first == first:
            assert first == second
        return first

    method.__signature__ = inspect.signature(refusing)  # type: ignore[attr-defined]
    return method


def namespace() -> Any:
    """The namespace; from then on every batched array of this process answers for its first example."""
    for name in ("bool", "complex", "dlpack", "float", "index", "int"):
        setattr(BatchArray, f"__{name}__", of_each_example(f"__{name}__"))
    MODES["batch"] = Batch, lambda namespace, x: namespace.variable(namespace.inner.stack([x, x]))
    return wrap(extensor, "batch")
