"""Padding of images at their edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from nn.module import Module
from nn.namespaces import Array
from nn.padding import pad

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]


class _Pad(Module):
    ndim: ClassVar[int]
    mode: ClassVar[str] = "constant"
    value: float = 0.0

    def __init__(self, padding: int | Sequence[int]) -> None:
        count = 2 * self.ndim
        self.padding = (padding,) * count if isinstance(padding, int) else tuple(padding)
        if len(self.padding) != count:
            raise ValueError(f"{type(self).__name__} takes a number, or {count} of those, got {padding}")

    def __call__(self, x: Array) -> Array:
        if x.ndim not in (self.ndim + 1, self.ndim + 2):
            raise ValueError(
                f"{type(self).__name__} takes arrays of {self.ndim + 2} dimensions, or {self.ndim + 1} without the "
                f"batch, got shape {tuple(x.shape)}"
            )
        return pad(x, self.padding, self.mode, self.value)


class _ConstantPad(_Pad):
    def __init__(self, padding: int | Sequence[int], value: float) -> None:
        super().__init__(padding)
        self.value = value


def _of_each_ndim(prefix: str, doc: str, base: type[_Pad], mode: str) -> list[type[_Pad]]:
    """The layers for sequences, images and volumes."""
    layers = []
    for ndim, images in enumerate(("sequences", "images", "volumes"), start=1):
        attributes = {
            "__module__": __name__,
            "__doc__": f"""{doc.format(images)}

    Takes how many elements come before and after the last axis, then the one before it, as :func:`nn.functional.pad`
    does, or one number for all.
    """,
            "ndim": ndim,
            "mode": mode,
        }
        layers.append(type(f"{prefix}Pad{ndim}d", (base,), attributes))
    return layers


ConstantPad1d, ConstantPad2d, ConstantPad3d = _of_each_ndim(
    "Constant", "Adds a value, the second argument, at the edges of {}.", _ConstantPad, "constant"
)
ZeroPad1d, ZeroPad2d, ZeroPad3d = _of_each_ndim("Zero", "Adds zeros at the edges of {}.", _Pad, "constant")
ReflectionPad1d, ReflectionPad2d, ReflectionPad3d = _of_each_ndim(
    "Reflection", "Mirrors {} at their edges.", _Pad, "reflect"
)
ReplicationPad1d, ReplicationPad2d, ReplicationPad3d = _of_each_ndim(
    "Replication", "Repeats the edges of {}.", _Pad, "replicate"
)
CircularPad1d, CircularPad2d, CircularPad3d = _of_each_ndim(
    "Circular", "Continues {} with what is at the other end.", _Pad, "circular"
)
