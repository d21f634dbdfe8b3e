"""Layers: modules that map one array to one array."""

from nn.layers.activation import ReLU
from nn.layers.flatten import Flatten
from nn.layers.linear import Linear
from nn.layers.sequential import Sequential

__all__ = ["Flatten", "Linear", "ReLU", "Sequential"]
