"""Functions as layers: thin shells that remember the options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

from nn.module import Module
from nn.namespaces import is_array
from nn.parameter import Buffer

__all__ = ["FunctionLayer", "layer_of"]

_IN_LAYERS = {"axis": "dim"}
"""Names of options in functions, which are the standard's, and in layers, which are PyTorch's."""

_IN_FUNCTIONS = {layer: function for function, layer in _IN_LAYERS.items()}


class FunctionLayer(Module):
    """A function as a layer: options are set when it is made, operands are passed when it is called.

    Parameters
    ----------
    *args, **options
        Those parameters of the function that are no operands, in its order. Arrays among them become buffers. What is
        ``axis`` in a function is ``dim`` in its layer, as in PyTorch.

    Raises
    ------
    TypeError
        If the function has no such option.

    Examples
    --------
    >>> import nn, numpy
    >>> layer = nn.LeakyReLU(0.1)
    >>> layer
    LeakyReLU(negative_slope=0.1)
    >>> layer(numpy.asarray([-1.0, 2.0]))
    array([-0.1,  2. ])
    """

    function: ClassVar[Callable[..., Any]]
    options: ClassVar[inspect.Signature]

    def __init__(self, *args: Any, **options: Any) -> None:
        try:
            given = self.options.bind(*args, **options)
        except TypeError as error:
            raise TypeError(f"{type(self).__name__} takes {self.options}: {error}") from None
        given.apply_defaults()
        for name, value in given.arguments.items():
            setattr(self, name, Buffer(value) if is_array(value) else value)

    def __call__(self, *operands: Any, **per_call: Any) -> Any:
        options = {_IN_FUNCTIONS.get(name, name): getattr(self, name) for name in self.options.parameters}
        return type(self).function(*operands, **options, **per_call)


def layer_of(
    name: str,
    function: Callable[..., Any],
    module: str,
    per_call: tuple[str, ...] = (),
    required: tuple[str, ...] = (),
) -> type[Module]:
    """The layer of a function.

    Parameters
    ----------
    name : str
        Name of the class.
    function : callable
        Its parameters without defaults are the operands.
    module : str
        Name of the module that defines the layer, where pickle looks for it.
    per_call : tuple of str
        Parameters with defaults that are nevertheless passed when the layer is called.
    required : tuple of str
        Parameters without defaults that are nevertheless options.
    """
    parameters = [
        parameter.replace(
            name=_IN_LAYERS.get(parameter.name, parameter.name), kind=inspect.Parameter.POSITIONAL_OR_KEYWORD
        )
        for parameter in inspect.signature(function, eval_str=True).parameters.values()
        if (parameter.default is not inspect.Parameter.empty and parameter.name not in per_call)
        or parameter.name in required
    ]
    options = inspect.Signature(parameters)
    attributes = {
        "__module__": module,
        "__doc__": f":func:`nn.{function.__name__}` as a layer, made with its options ``{options}``.",
        "__signature__": options,
        "function": staticmethod(function),
        "options": options,
    }
    return type(name, (FunctionLayer,), attributes)
