"""Integers that say which element is meant."""

from __future__ import annotations

from autodiff import WrappedArray, array_namespace
from nn.namespaces import Array

__all__ = ["check_range"]


def check_range(what: str, x: Array, low: int, high: int, hint: str = "") -> None:
    """Raise ValueError unless the elements, where they are known, are between the limits.

    They are not known while ``jax.jit`` compiles or ``torch.func`` maps.
    """
    while isinstance(x, WrappedArray):
        x = x.primal
    if 0 in x.shape:
        return
    xp = array_namespace(x)
    try:
        least, largest = int(xp.min(x)), int(xp.max(x))
    except (TypeError, RuntimeError):
        return
    if least < low or largest > high:
        raise ValueError(f"{what} are from {least} to {largest}, expected from {low} to {high}{hint}")
