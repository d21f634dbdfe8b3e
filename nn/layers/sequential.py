"""Layers in a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nn.module import Module
from nn.namespaces import Array

__all__ = ["Sequential"]

Layer = Callable[[Array], Array]


class Sequential(Module):
    """Layers in a row, each fed with the output of the one before.

    A layer is any callable from array to array, a module or a plain function such as :func:`nn.relu`.

    Examples
    --------
    >>> import nn, numpy
    >>> rng = numpy.random.default_rng(0)
    >>> model = Sequential(nn.Linear(3, 4, rng=rng, xp=numpy), nn.relu, nn.Linear(4, 2, rng=rng, xp=numpy))
    >>> list(model.state_dict())
    ['0.weight', '0.bias', '2.weight', '2.bias']
    >>> len(model), model(numpy.ones((5, 3))).shape
    (3, (5, 2))
    """

    def __init__(self, *layers: Layer) -> None:
        # Attributes named by position give the parameters the names that PyTorch gives them.
        for position, layer in enumerate(layers):
            setattr(self, str(position), layer)

    def __call__(self, x: Array) -> Array:
        for layer in self:
            x = layer(x)
        return x

    def __len__(self) -> int:
        return len(vars(self))

    def __getitem__(self, position: int) -> Layer:
        layer: Layer = vars(self)[str(range(len(self))[position])]
        return layer

    def __iter__(self) -> Iterator[Layer]:
        return (self[position] for position in range(len(self)))
