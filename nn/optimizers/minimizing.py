"""Minimize a function, in one call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar

import autodiff
from autodiff import array_namespace
from nn.optimizers.lbfgs import LBFGS
from nn.optimizers.optimizer import Optimizer
from nn.optimizers.paths import Arrays, gradients_by_path, parameters_by_path

__all__ = ["Minimum", "minimize"]

Tree = TypeVar("Tree")


class Minimum(NamedTuple, Generic[Tree]):
    """Where :func:`minimize` ended."""

    params: Tree
    value: float
    updates: int
    """How many updates the optimizer made."""
    converged: bool
    """Whether the gradient has vanished, up to the tolerance."""


def minimize(
    f: Callable[[Tree], Any],
    params: Tree,
    optimizer: Optimizer | None = None,
    *,
    max_updates: int = 100,
    tolerance_grad: float = 1e-6,
) -> Minimum[Tree]:
    """Parameters at which a function is least, or near there.

    Parameters
    ----------
    f : callable
        Function of a tree of arrays, or of a module, to a 0-d array of a real floating-point data type.
    params : tree
        Where to start.
    optimizer : Optimizer, optional
        :class:`nn.LBFGS` by default, which goes on until the gradient vanishes.
    max_updates : int
        Updates of the optimizer, at most; one of LBFGS is several iterations.
    tolerance_grad : float
        Largest element of a gradient that is taken for zero.

    Returns
    -------
    Minimum

    Examples
    --------
    >>> import numpy
    >>> def rosenbrock(x):
    ...     return (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    >>> minimum = minimize(rosenbrock, numpy.asarray([-1.2, 1.0]))
    >>> minimum.params.round(6), minimum.converged
    (array([1., 1.]), True)
    """
    if optimizer is None:
        optimizer = LBFGS(tolerance_grad=tolerance_grad, tolerance_change=0.0)
    both = autodiff.value_and_grad(f)
    state = optimizer.init(params)
    value, grads = both(params)
    for count in range(max_updates):
        if _has_vanished(grads, params, tolerance_grad):
            return Minimum(params, float(value), count, True)
        params, state = optimizer.update(both if isinstance(optimizer, LBFGS) else grads, state, params)
        value, grads = both(params)
    return Minimum(params, float(value), max_updates, _has_vanished(grads, params, tolerance_grad))


def _has_vanished(grads: Any, params: Any, tolerance: float) -> bool:
    named: Arrays = gradients_by_path(grads, parameters_by_path(params)[0])
    return all(bool(array_namespace(grad).all(abs(grad) <= tolerance)) for grad in named.values())
