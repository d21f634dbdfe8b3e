"""Axes by name: patterns of `einops <https://einops.rocks>`_ on arrays of any namespace, under differentiation too.

Where einops is installed, importing :mod:`nn` is enough for ``einops.rearrange``, ``reduce``, ``repeat``, ``pack`` and
``unpack`` to take them. NumPy's, JAX's and PyTorch's arrays stay in einops' own hands.
"""

from __future__ import annotations

from typing import Any

from einops._backends import AbstractBackend  # einops finds subclasses of it by itself

from autodiff import array_namespace
from nn.namespaces import Array

__all__ = ["StandardBackend"]

_SERVED = ("numpy", "jax", "cupy")
"""Libraries that einops serves itself, of those whose arrays tell their namespace."""


class StandardBackend(AbstractBackend):
    """What einops asks of an array library, in functions of the standard."""

    framework_name = "autodiff"

    def is_appropriate_type(self, tensor: Any) -> bool:
        """Whether it is an array of a library that einops does not serve itself."""
        if not hasattr(type(tensor), "__array_namespace__"):
            return False
        return array_namespace(tensor).__name__.partition(".")[0] not in _SERVED

    def reshape(self, x: Array, shape: Any) -> Array:
        """The elements in another shape."""
        return array_namespace(x).reshape(x, tuple(shape))

    def transpose(self, x: Array, axes: Any) -> Array:
        """The axes in another order."""
        return array_namespace(x).permute_dims(x, tuple(axes))

    def reduce(self, x: Array, operation: str, axes: Any) -> Array:
        """A sum, mean, product, minimum or maximum, or any or all of them."""
        return getattr(array_namespace(x), operation)(x, axis=tuple(axes))

    def stack_on_zeroth_dimension(self, tensors: list[Array]) -> Array:
        """The arrays along a new first axis."""
        return array_namespace(*tensors).stack(tensors)

    def add_axes(self, x: Array, n_axes: int, pos2len: dict[int, int]) -> Array:
        """New axes, along which the elements repeat."""
        xp = array_namespace(x)
        for position in sorted(pos2len):
            x = xp.expand_dims(x, axis=position)
        return xp.broadcast_to(x, tuple(pos2len.get(position, n) for position, n in enumerate(x.shape)))

    def concat(self, tensors: list[Array], axis: int) -> Array:
        """The arrays in a row along an axis."""
        return array_namespace(*tensors).concat(tensors, axis=axis)

    def is_float_type(self, x: Array) -> bool:
        """Whether a mean exists."""
        return bool(array_namespace(x).isdtype(x.dtype, ("real floating", "complex floating")))
