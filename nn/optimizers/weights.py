"""Transforms at the end of a chain, which follow where the weights go: their running mean, and looking ahead."""
# ruff: noqa: N801 -- they are called as functions are, like functools.partial

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from autodiff import array_namespace
from nn.namespaces import Array
from nn.optimizers.basic import mixed
from nn.optimizers.paths import Arrays, parameters_by_path
from nn.optimizers.transform import PerArray, State

__all__ = ["averaged_weights", "ema_of_weights", "lookahead"]

Tree = TypeVar("Tree")


@dataclass
class ema_of_weights(PerArray):
    """Keep an exponential moving average of the weights, from those before the first step on; updates stay as they are.

    Put it at the end of a chain and read it with :func:`averaged_weights`.

    Parameters
    ----------
    decay : float
        Share of the average that a step keeps.

    References
    ----------
    B. T. Polyak, A. B. Juditsky, "Acceleration of stochastic approximation by averaging", SIAM J. Control Optim. 30,
    1992, with exponential weights.

    Examples
    --------
    >>> import nn, numpy
    >>> optimizer = nn.chain(nn.SGD(1.0), ema_of_weights(0.5))
    >>> params = {"x": numpy.asarray([4.0])}
    >>> params, state = optimizer.update({"x": numpy.asarray([2.0])}, optimizer.init(params), params)
    >>> params, averaged_weights(state, params)
    ({'x': array([2.])}, {'x': array([3.])})
    """

    slots = ("average",)

    decay: float = 0.999

    def start(self, param: Array) -> tuple[Any, ...]:
        """A copy of the weights."""
        return (array_namespace(param).asarray(param, copy=True),)

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The same update, and the average with the new weights."""
        return update, mixed(slots[0], param + update, self.decay)


def averaged_weights(state: State, params: Tree) -> Tree:
    """The average that :class:`ema_of_weights` keeps, as a tree like `params`.

    Raises
    ------
    ValueError
        If the state has no average.
    """
    averages = {path: average for found in _averages(state) for path, average in found.items()}
    if not averages:
        raise ValueError("the state has no average of the weights; end the optimizer's chain in nn.ema_of_weights")
    tree: Tree = parameters_by_path(params)[1](averages)
    return tree


def _averages(state: State) -> Iterator[Arrays]:
    for name, part in state.items():
        if name == ema_of_weights.__name__:
            yield part["average"]
        elif isinstance(part, dict):
            yield from _averages(part)


@dataclass
class lookahead(PerArray):
    """Every few steps go back part of the way to where the last of these returns ended.

    Put it at the end of a chain.

    Parameters
    ----------
    every : int
        How many steps there are between returns.
    alpha : float
        Share of the way that is kept.

    References
    ----------
    M. R. Zhang et al., "Lookahead optimizer: k steps forward, 1 step back", NeurIPS 2019, algorithm 1.

    Examples
    --------
    >>> import nn, numpy
    >>> optimizer = nn.chain(nn.SGD(1.0), lookahead(every=2, alpha=0.5))
    >>> params = {"x": numpy.asarray([0.0])}
    >>> state = optimizer.init(params)
    >>> for _ in range(2):
    ...     params, state = optimizer.update({"x": numpy.asarray([-2.0])}, state, params)
    ...     print(params)
    {'x': array([2.])}
    {'x': array([2.])}
    """

    slots = ("slow",)

    every: int = 5
    alpha: float = 0.5

    def start(self, param: Array) -> tuple[Any, ...]:
        """A copy of the weights."""
        return (array_namespace(param).asarray(param, copy=True),)

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The update, or the way to the slow weights; and these."""
        if step % self.every:
            return update, slots[0]
        slow = mixed(slots[0], param + update, 1 - self.alpha)
        return slow - param, slow
