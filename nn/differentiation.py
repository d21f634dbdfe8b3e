"""Gradients of modules that are used as objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any

import autodiff
from nn.module import Module
from nn.namespaces import Array
from nn.parameter import Parameter

__all__ = ["backward", "functional_call", "value_and_grad"]


@contextmanager
def bound(model: Module, params: Mapping[str, Array]) -> Iterator[None]:
    """Within the block the named parameters of a model have other data, such as arrays under differentiation.

    Raises
    ------
    ValueError
        If the model has no parameter of a name.
    """
    own = dict(model.named_parameters())
    if strangers := [name for name in params if name not in own]:
        raise ValueError(f"{type(model).__name__} has no parameter {', '.join(strangers)}; it has {', '.join(own)}")
    with _holding(own, params):
        yield


@contextmanager
def _holding(parameters: Mapping[str, Parameter], params: Mapping[str, Array]) -> Iterator[None]:
    before = {name: parameters[name].data for name in params}
    try:
        for name, data in params.items():
            parameters[name].data = data
        yield
    finally:
        for name, data in before.items():
            parameters[name].data = data


def functional_call(model: Module, params: Mapping[str, Array], *args: Any, **kwargs: Any) -> Any:
    """Call a model with other data in the named parameters, and leave it as it was.

    Raises
    ------
    ValueError
        If the model has no parameter of a name.

    Examples
    --------
    >>> import nn, numpy
    >>> layer = nn.Linear(2, 1, rng=numpy.random.default_rng(0), xp=numpy)
    >>> functional_call(layer, {"weight": numpy.ones((1, 2)), "bias": numpy.ones(1)}, numpy.asarray([1.0, 2.0]))
    array([4.])
    """
    with bound(model, params):
        return model(*args, **kwargs)


def value_and_grad(f: Callable[..., Any], *, has_aux: bool = False) -> Callable[..., Any]:
    """Function that returns the value of `f` and its gradients by the parameters of its first argument, by name.

    Parameters
    ----------
    f : callable
        Function of a module and anything else, to a 0-d array of a real floating-point data type; with `has_aux`, to a
        pair of that and anything else.
    has_aux : bool
        Whether `f` returns a pair ``(out, aux)``.

    Returns
    -------
    callable
        Takes the arguments of `f` and returns ``(out, grads)``, or ``((out, aux), grads)``, where `grads` is a dict of
        the gradients of the parameters that are not frozen. The module keeps its parameters; its buffers are those
        that the call left. While it runs, the module is used by no other thread.

    Raises
    ------
    TypeError
        If the result is not such an array.
    ValueError
        If the module has no parameter to train.

    Examples
    --------
    >>> import nn, numpy
    >>> model = nn.Linear(2, 1, rng=numpy.random.default_rng(0), xp=numpy, dtype=numpy.float64)
    >>> loss, grads = value_and_grad(lambda model, x: model(x)[0])(model, numpy.asarray([3.0, 4.0]))
    >>> grads
    {'weight': array([[3., 4.]]), 'bias': array([1.])}
    """

    @wraps(f)
    def function(model: Module, *args: Any, **kwargs: Any) -> Any:
        return _value_and_grad(f, trained_parameters(model), has_aux, model, *args, **kwargs)

    return function


def backward(f: Callable[..., Any]) -> Callable[..., Any]:
    """Function that returns the value of `f` and adds its gradients to ``grad`` of the parameters.

    Parameters
    ----------
    f : callable
        As for :func:`value_and_grad`, without `aux`.

    Returns
    -------
    callable
        Takes the arguments of `f` and returns its value.

    Examples
    --------
    >>> import nn, numpy
    >>> model = nn.Linear(2, 1, rng=numpy.random.default_rng(0), xp=numpy, dtype=numpy.float64, bias=False)
    >>> for x in numpy.asarray([[1.0, 2.0], [3.0, 4.0]]):
    ...     loss = backward(lambda model, x: model(x)[0])(model, x)
    >>> [parameter.grad for parameter in model.parameters()]
    [array([[4., 6.]])]
    >>> model.zero_grad()
    """

    @wraps(f)
    def function(model: Module, *args: Any, **kwargs: Any) -> Any:
        parameters = trained_parameters(model)
        out, grads = _value_and_grad(f, parameters, False, model, *args, **kwargs)
        for name, parameter in parameters.items():
            parameter.grad = grads[name] if parameter.grad is None else parameter.grad + grads[name]
        return out

    return function


def trained_parameters(model: Module) -> dict[str, Parameter]:
    """The parameters that are not frozen, by path.

    Raises
    ------
    TypeError
        If that is no module.
    """
    if not isinstance(model, Module):
        raise TypeError(
            f"expected an nn.Module, got {type(model).__name__}; for arrays and other trees there are "
            "autodiff.value_and_grad and the update of an optimizer"
        )
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def _value_and_grad(
    f: Callable[..., Any], parameters: Mapping[str, Parameter], has_aux: bool, model: Module, *args: Any, **kwargs: Any
) -> Any:
    if not parameters:
        raise ValueError(f"{type(model).__name__} has no parameter to train: all are frozen, or there is none")

    def of_params(params: Mapping[str, Array]) -> Any:
        with _holding(parameters, params):
            return f(model, *args, **kwargs)

    params = {name: parameter.data for name, parameter in parameters.items()}
    return autodiff.value_and_grad(of_params, has_aux=has_aux)(params)
