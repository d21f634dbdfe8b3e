"""Containers. Modules need none of their own: lists, tuples and dicts hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nn.module import Module
from nn.namespaces import Array
from nn.parameter import Parameter

__all__ = ["ModuleDict", "ModuleList", "ParameterDict"]

ModuleList = list
"""PyTorch's name for what a list does."""

ModuleDict = dict
"""PyTorch's name for what a dict does."""


class ParameterDict(Module):
    """Parameters by name.

    Parameters
    ----------
    arrays : mapping of str to array or Parameter

    Examples
    --------
    >>> import numpy
    >>> parameters = ParameterDict({"left": numpy.zeros(2), "right": numpy.ones(2)})
    >>> parameters["right"], list(parameters), len(parameters)
    (array([1., 1.]), ['left', 'right'], 2)
    """

    def __init__(self, arrays: Mapping[str, Array | Parameter] | None = None) -> None:
        for name, array in (arrays or {}).items():
            self[name] = array

    def __setitem__(self, name: str, array: Array | Parameter) -> None:
        if isinstance(array, Parameter):
            self._hold(name, array)
        elif name in self._own:
            self._own[name].data = array
        else:
            self._hold(name, Parameter(array))

    def __getitem__(self, name: str) -> Array:
        return self._own[name].data

    def __delitem__(self, name: str) -> None:
        del self._own[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._own)

    def __len__(self) -> int:
        return len(self._own)

    def items(self) -> Iterator[tuple[str, Array]]:
        """Names and arrays."""
        return ((name, array.data) for name, array in self._own.items())
