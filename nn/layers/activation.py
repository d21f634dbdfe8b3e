"""Activations as layers: thin shells around the functions of ``nn.activations``."""

from __future__ import annotations

from nn.activations import relu
from nn.module import Module
from nn.namespaces import Array

__all__ = ["ReLU"]


class ReLU(Module):
    """:func:`nn.relu` as a layer."""

    def __call__(self, x: Array) -> Array:
        return relu(x)
