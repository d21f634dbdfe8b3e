"""Optimizers made of optimizers: one for each group of parameters, or one for each few gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from autodiff import array_namespace
from nn.optimizers.optimizer import chain
from nn.optimizers.paths import Arrays, matches
from nn.optimizers.transform import State, Transform

__all__ = ["accumulate", "grouped"]


def grouped(groups: Mapping[str, chain]) -> chain:
    """Optimizer that leaves each parameter to the optimizer of its group.

    Parameters
    ----------
    groups : mapping of str to optimizer
        Optimizers by patterns of dotted paths, as for :mod:`fnmatch`. The first pattern that fits counts.

    Returns
    -------
    optimizer
        Its ``init`` raises ValueError for parameters of no group. A group has a state of its own, and norms are taken
        over its parameters alone.

    Examples
    --------
    >>> import nn, numpy
    >>> optimizer = grouped({"*.bias": nn.SGD(1.0), "*": nn.SGD(0.5)})
    >>> params = {"0.weight": numpy.asarray([4.0]), "0.bias": numpy.asarray([4.0])}
    >>> optimizer.update(params, optimizer.init(params), params)[0]
    {'0.weight': array([2.]), '0.bias': array([0.])}
    """
    return chain(Grouped(dict(groups)))


def accumulate(optimizer: chain, every: int) -> chain:
    """Optimizer that makes a step along the mean of each `every` gradients, and none in between.

    Examples
    --------
    >>> import nn, numpy
    >>> optimizer = accumulate(nn.SGD(1.0), every=2)
    >>> params = {"x": numpy.asarray([0.0])}
    >>> state = optimizer.init(params)
    >>> for slope in (2.0, 4.0):
    ...     params, state = optimizer.update({"x": numpy.asarray([slope])}, state, params)
    ...     print(params)
    {'x': array([0.])}
    {'x': array([-3.])}
    """
    return chain(Accumulate(optimizer, every))


@dataclass(repr=False)
class Grouped(Transform):
    """What :func:`grouped` is a chain of."""

    groups: dict[str, chain]

    def __post_init__(self) -> None:
        super().__post_init__()
        for pattern, optimizer in self.groups.items():
            if not isinstance(optimizer, chain):
                raise TypeError(f"the group {pattern!r} needs an optimizer that is a chain, got {optimizer!r}")

    def init(self, params: Arrays) -> State:
        """A state for each group."""
        members = self._members(params)
        return {pattern: group.start(members[pattern]) for pattern, group in self.groups.items()}

    def update(self, updates: Arrays, state: State, params: Arrays, step: int) -> tuple[Arrays, State]:
        """The updates of all groups."""
        out: Arrays = {}
        new: State = {}
        for pattern, members in self._members(params).items():
            own = {path: update for path, update in updates.items() if path in members}
            done, new[pattern] = self.groups[pattern].apply(own, state[pattern], members)
            out |= done
        return out, new

    def _members(self, params: Arrays) -> dict[str, Arrays]:
        members: dict[str, Arrays] = {pattern: {} for pattern in self.groups}
        strangers = []
        for path, param in params.items():
            pattern = next((pattern for pattern in self.groups if matches(pattern, path, param)), None)
            if pattern is None:
                strangers.append(path)
            else:
                members[pattern][path] = param
        if strangers:
            raise ValueError(
                f"no group for {', '.join(strangers)}: the patterns are {', '.join(self.groups)}; add '*' for the rest"
            )
        return members

    def __repr__(self) -> str:
        return ", ".join(f"{pattern}: {group!r}" for pattern, group in self.groups.items())


@dataclass
class Accumulate(Transform):
    """What :func:`accumulate` is a chain of."""

    optimizer: chain
    every: int

    def init(self, params: Arrays) -> State:
        """No gradients yet, and the state of the optimizer."""
        return {"mean": _zeros(params), "optimizer": self.optimizer.start(params)}

    def update(self, updates: Arrays, state: State, params: Arrays, step: int) -> tuple[Arrays, State]:
        """Nothing, or the updates by the mean of the gradients; a missing gradient counts as zero."""
        mean = state["mean"] | {path: state["mean"][path] + update / self.every for path, update in updates.items()}
        if step % self.every:
            return {}, {"mean": mean, "optimizer": state["optimizer"]}
        out, after = self.optimizer.apply({path: mean[path] for path in params}, state["optimizer"], params)
        return out, {"mean": mean | _zeros(params), "optimizer": after}


def _zeros(params: Arrays) -> Arrays:
    return {path: array_namespace(param).zeros_like(param) for path, param in params.items()}
