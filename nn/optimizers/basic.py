"""Transforms that any optimizer may use: scaling, clipping, weight decay and momentum."""
# ruff: noqa: N801 -- they are called as functions are, like functools.partial

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

from autodiff import array_namespace
from nn.namespaces import Array
from nn.optimizers.paths import Arrays, Pattern, matches
from nn.optimizers.transform import InPlace, PerArray, State, Transform
from nn.schedules import Schedule

__all__ = [
    "add_decayed_weights",
    "average",
    "clip_by_norm",
    "clip_by_value",
    "momentum",
    "scale",
    "scale_by_learning_rate",
    "scale_by_schedule",
]


class _Multiplied(InPlace):
    """Updates times a number."""

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The multiplied array."""
        return (self.factor_at(step) * update,)

    def in_place(self, step: int, update: Array, param: Array) -> Array:
        """The multiplied array."""
        update *= self.factor_at(step)
        return update

    def factor_at(self, step: int) -> float:
        """The number."""
        raise NotImplementedError


@dataclass
class scale(_Multiplied):
    """Multiply updates by a number.

    Examples
    --------
    >>> scale(0.5).rule(1, 4.0, None)
    (2.0,)
    """

    factor: float

    def factor_at(self, step: int) -> float:
        """The same at each step."""
        return self.factor


@dataclass
class scale_by_schedule(_Multiplied):
    """Multiply updates by a number that depends on the step.

    Examples
    --------
    >>> scale_by_schedule(lambda step: 1 / step).rule(2, 4.0, None)
    (2.0,)
    """

    schedule: Schedule

    def factor_at(self, step: int) -> float:
        """The schedule's."""
        return float(self.schedule(step))


@dataclass
class scale_by_learning_rate(_Multiplied):
    """Multiply directions of ascent by minus the learning rate, a number or a schedule: the end of most chains.

    Examples
    --------
    >>> scale_by_learning_rate(0.5).rule(1, 4.0, None)
    (-2.0,)
    """

    learning_rate: float | Schedule

    def factor_at(self, step: int) -> float:
        """Minus the rate."""
        return -at_step(self.learning_rate, step)


@dataclass
class add_decayed_weights(InPlace):
    """Add the parameters, times `weight_decay`, to the updates.

    Before what rescales gradients this is the gradient of half the squared norm in the loss; after it, as in AdamW, the
    decay is decoupled.

    Parameters
    ----------
    weight_decay : float or schedule
    mask : str, sequence of str, or callable, optional
        Which parameters decay: patterns of their paths, as for :mod:`fnmatch`, or a function of path and array. All by
        default.

    Examples
    --------
    >>> import numpy
    >>> decay = add_decayed_weights(0.5, mask="*weight")
    >>> decay.update({"0.weight": 1.0, "0.bias": 1.0}, {}, {"0.weight": 2.0, "0.bias": 2.0}, step=1)
    ({'0.weight': 2.0, '0.bias': 1.0}, {})
    """

    weight_decay: float | Schedule
    mask: Pattern = "*"

    def takes(self, path: str, param: Array) -> bool:
        """Those of the mask."""
        return matches(self.mask, path, param)

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The update with decay."""
        return (update + at_step(self.weight_decay, step) * param,)

    def in_place(self, step: int, update: Array, param: Array) -> Array:
        """The update with decay."""
        update += at_step(self.weight_decay, step) * param
        return update


@dataclass
class clip_by_norm(Transform):
    """Shorten updates whose norm, over all arrays together, is above `max_norm`; as ``clip_grad_norm_`` of PyTorch.

    Examples
    --------
    >>> import numpy
    >>> updates, _ = clip_by_norm(1.0).update({"x": numpy.asarray([3.0]), "y": numpy.asarray([4.0])}, {}, {}, step=1)
    >>> updates["x"].round(6), updates["y"].round(6)
    (array([0.6]), array([0.8]))
    """

    max_norm: float

    def update(self, updates: Arrays, state: State, params: Arrays, step: int) -> tuple[Arrays, State]:
        """The clipped updates."""
        if not updates:
            return updates, state
        norm = global_norm(updates)
        xp = array_namespace(norm)
        factor = xp.clip(self.max_norm / (norm + 1e-6), None, 1.0)
        return {path: times_scalar(update, factor) for path, update in updates.items()}, state


@dataclass
class clip_by_value(PerArray):
    """Bring each element of the updates between ``-max_value`` and ``max_value``.

    Examples
    --------
    >>> import numpy
    >>> clip_by_value(1.0).update({"x": numpy.asarray([-3.0, 0.5])}, {}, {"x": None}, step=1)
    ({'x': array([-1. ,  0.5])}, {})
    """

    max_value: float

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The clipped array."""
        return (array_namespace(update).clip(update, -self.max_value, self.max_value),)


@dataclass
class momentum(PerArray):
    """PyTorch's momentum: ``velocity = momentum * velocity + (1 - dampening) * update``, undampened at first.

    Parameters
    ----------
    momentum : float
        Share of the velocity that a step keeps.
    dampening : float
    nesterov : bool
        Whether to look one step ahead along the velocity.

    References
    ----------
    I. Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013.

    Examples
    --------
    >>> heavy = momentum(0.5)
    >>> heavy.update({"x": 1.0}, {"velocity": {"x": 2.0}}, {"x": None}, step=2)
    ({'x': 2.0}, {'velocity': {'x': 2.0}})
    """

    slots = ("velocity",)

    momentum: float
    dampening: float = 0.0
    nesterov: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nesterov and (not self.momentum or self.dampening):
            raise ValueError(
                "nesterov needs a momentum above 0 and no dampening, "
                f"got momentum {self.momentum!r} and dampening {self.dampening!r}"
            )

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The velocity, with Nesterov's look ahead, and the velocity."""
        velocity = self.momentum * slots[0]
        velocity += (1 - self.dampening) * update if self.dampening and step > 1 else update
        return (update + self.momentum * velocity if self.nesterov else velocity), velocity


@dataclass
class average(PerArray):
    """Running mean of the updates: ``mean = decay * mean + (1 - decay) * update``.

    Examples
    --------
    >>> average(0.75).update({"x": 4.0}, {"mean": {"x": 0.0}}, {"x": None}, step=1)
    ({'x': 1.0}, {'mean': {'x': 1.0}})
    """

    slots = ("mean",)

    decay: float
    nesterov: bool = False

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The mean, with Nesterov's look ahead, and the mean."""
        mean = mixed(slots[0], update, self.decay)
        return (mixed(mean, update, self.decay) if self.nesterov else mean), mean


def at_step(value: float | Schedule, step: int) -> float:
    """A number, or the value of a schedule at a step."""
    return float(value(step) if callable(value) else value)


def mixed(mean: Array, x: Array, decay: float) -> Array:
    """``decay * mean + (1 - decay) * x``."""
    out = x - mean
    out *= 1 - decay
    out += mean
    return out


def mixed_square(mean_square: Array, x: Array, decay: float) -> Array:
    """``decay * mean_square + (1 - decay) * x**2``."""
    out = x * x
    out -= mean_square
    out *= 1 - decay
    out += mean_square
    return out


def times_scalar(array: Array, factor: Array) -> Array:
    """An array times a 0-d array, in the data type of the first."""
    return array * array_namespace(array, factor).astype(factor, array.dtype, copy=False)


def sum_of_squares(array: Array) -> Array:
    """Sum of the squares of a real array, of 0 dimensions."""
    return array_namespace(array).sum(array * array)


def global_norm(arrays: Arrays) -> Array:
    """Euclidean norm of all arrays together, of 0 dimensions."""
    total = reduce(lambda x, y: x + y, map(sum_of_squares, arrays.values()))
    return array_namespace(total).sqrt(total)
