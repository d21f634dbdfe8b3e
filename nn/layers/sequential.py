"""Layers in a row, and small layers to build with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, overload

from autodiff import array_namespace
from nn.module import Module
from nn.namespaces import Array

__all__ = ["Identity", "Lambda", "Residual", "Sequential"]

Layer = Callable[[Any], Any]


class Sequential(Module):
    """Layers in a row, each fed with the output of the one before.

    A layer is any callable of one argument, a module or a plain function such as :func:`nn.relu`.

    Parameters
    ----------
    *layers : callable or mapping of str to callable
        The layers, or one mapping in which they have names.

    Raises
    ------
    TypeError
        If a layer cannot be called.
    ValueError
        If a name is empty, holds a dot or is that of a method.

    Examples
    --------
    >>> import nn, numpy
    >>> rng = numpy.random.default_rng(0)
    >>> model = Sequential(nn.Linear(3, 4, rng=rng, xp=numpy), nn.relu, nn.Linear(4, 2, rng=rng, xp=numpy))
    >>> list(model.state_dict())
    ['0.weight', '0.bias', '2.weight', '2.bias']
    >>> len(model), model(numpy.ones((5, 3))).shape
    (3, (5, 2))
    >>> model[:2](numpy.ones((5, 3))).shape
    (5, 4)
    >>> named = Sequential({"hidden": nn.Linear(3, 4, rng=rng, xp=numpy), "activation": nn.relu})
    >>> list(named.append(nn.Linear(4, 2, rng=rng, xp=numpy, bias=False)).state_dict())
    ['hidden.weight', 'hidden.bias', '2.weight']
    """

    def __init__(self, *layers: Layer | Mapping[str, Layer]) -> None:
        # Attributes named by position give the parameters the names that PyTorch gives them.
        named = layers[0] if len(layers) == 1 and isinstance(layers[0], Mapping) else enumerate(layers)
        for name, layer in dict(named).items():
            self._add(str(name), layer)

    def _add(self, name: str, layer: Any) -> None:
        if not callable(layer):
            hint = "; pass layers one by one, Sequential(*layers)" if isinstance(layer, (list, tuple)) else ""
            raise TypeError(f"layer {name} must be callable, got {type(layer).__name__}{hint}")
        if not name or "." in name or hasattr(type(self), name):
            raise ValueError(f"a layer cannot be named {name!r}; choose a name without dots that is not of a method")
        setattr(self, name, layer)

    def __call__(self, x: Any) -> Any:
        for layer in self:
            x = layer(x)
        return x

    def append(self, layer: Layer) -> Sequential:
        """Add a layer at the end, named by its position, and return the module."""
        self._add(str(len(self)), layer)
        return self

    def extend(self, layers: Iterable[Layer]) -> Sequential:
        """Add layers at the end, and return the module."""
        for layer in layers:
            self.append(layer)
        return self

    def __len__(self) -> int:
        return len(vars(self))

    @overload
    def __getitem__(self, position: int) -> Layer: ...
    @overload
    def __getitem__(self, position: slice) -> Sequential: ...
    def __getitem__(self, position: int | slice) -> Layer | Sequential:
        if isinstance(position, slice):
            # With their names, so that a part reads what the whole has saved.
            return Sequential(dict(list(vars(self).items())[position]))
        layer: Layer = list(vars(self).values())[position]
        return layer

    def __setitem__(self, position: int, layer: Layer) -> None:
        self._add(list(vars(self))[position], layer)

    def __iter__(self) -> Iterator[Layer]:
        return iter(vars(self).values())


class Identity(Module):
    """The input as it is.

    Parameters
    ----------
    *args, **kwargs
        Passed over, so that it can take the place of any layer.

    Examples
    --------
    >>> Identity(64, bias=False)("anything")
    'anything'
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __call__(self, x: Any) -> Any:
        return x


class Lambda(Module):
    """A function as a layer.

    Parameters
    ----------
    function : callable
        What it does; shown by its name.

    Raises
    ------
    TypeError
        If it cannot be called.

    Examples
    --------
    >>> import numpy
    >>> Lambda(lambda x: x[::-1])(numpy.asarray([1.0, 2.0]))
    array([2., 1.])
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        if not callable(function):
            raise TypeError(f"Lambda takes a function, got {type(function).__name__}")
        self.function = function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)


class Residual(Module):
    """The input added to what layers make of it (He et al., "Deep residual learning for image recognition", CVPR 2016).

    Parameters
    ----------
    *layers : callable
        Layers in a row, as :class:`Sequential` takes them.
    shortcut : callable, optional
        A layer for the input, where its shape is not that of the result; by default it stays as it is.

    Raises
    ------
    ValueError
        When called, if the shapes differ: what broadcasts would not be the sum that is meant.

    Examples
    --------
    >>> import nn, numpy
    >>> block = Residual(nn.Linear(3, 3, rng=numpy.random.default_rng(0), xp=numpy), nn.relu)
    >>> block(numpy.ones((5, 3))).shape
    (5, 3)
    >>> list(block.state_dict())
    ['layers.0.weight', 'layers.0.bias']
    """

    def __init__(self, *layers: Layer, shortcut: Layer | None = None) -> None:
        self.layers = Sequential(*layers)
        self.shortcut = Identity() if shortcut is None else shortcut

    def __call__(self, x: Array) -> Array:
        out, kept = self.layers(x), self.shortcut(x)
        if out.shape != kept.shape:
            raise ValueError(
                f"the layers of Residual give shape {tuple(out.shape)}, and the shortcut {tuple(kept.shape)}; pass a "
                "shortcut= that gives the same shape"
            )
        return array_namespace(out, kept).add(kept, out)
