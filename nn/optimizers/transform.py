"""What a transform of gradients is: the part that optimizers are chained of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any, ClassVar, TypeAlias

from autodiff import array_namespace
from nn.namespaces import Array
from nn.optimizers.paths import Arrays

__all__ = ["PerArray", "Transform"]

State: TypeAlias = dict[str, Any]
"""What an optimizer remembers: nested dicts of arrays and numbers."""

LIMITS = {
    "alpha": (0.0, math.inf),
    "betas": (0.0, 1.0),
    "decay": (0.0, 1.0),
    "eps": (0.0, math.inf),
    "every": (1, math.inf),
    "learning_rate": (0.0, math.inf),
    "max_norm": (0.0, math.inf),
    "max_value": (0.0, math.inf),
    "momentum": (0.0, math.inf),
    "momentum_decay": (0.0, math.inf),
    "rho": (0.0, 1.0),
    "threshold": (0.0, math.inf),
    "weight_decay": (0.0, math.inf),
}
"""From where to below where the options may lie, whichever transform has them."""


@dataclass
class Transform:
    """Turns gradients into updates, what is to be added to the parameters, or one kind of updates into another.

    A transform is a dataclass of its options. Neither method changes its arguments.

    Notes
    -----
    ``updates`` and ``params`` are dicts by dotted path. Updates may lack a path: that parameter stays as it is.
    """

    def __post_init__(self) -> None:
        for field in fields(self):
            value = _plain(getattr(self, field.name))
            _check(type(self).__name__, field.name, value)
            setattr(self, field.name, value)

    def init(self, params: Arrays) -> State:
        """State before the first step; empty for a transform that remembers nothing."""
        return {}

    def update(self, updates: Arrays, state: State, params: Arrays, step: int) -> tuple[Arrays, State]:
        """Other updates, and the state after this step, which counts from 1."""
        raise NotImplementedError


class PerArray(Transform):
    """A transform that looks at one array at a time. It names its slots, the arrays it keeps beside each parameter.

    Examples
    --------
    >>> import nn, numpy
    >>> @dataclass
    ... class change(PerArray):
    ...     slots = ("before",)
    ...     def rule(self, step, update, param, before):
    ...         return update - before, update
    >>> optimizer, params = nn.chain(change(), nn.SGD(1.0)), {"x": numpy.asarray([0.0])}
    >>> state = optimizer.init(params)
    >>> for slope in (1.0, 5.0):
    ...     params, state = optimizer.update({"x": numpy.asarray([slope])}, state, params)
    >>> params, state
    ({'x': array([-5.])}, {'step': 2, 'change': {'before': {'x': array([5.])}}})
    """

    slots: ClassVar[tuple[str, ...]] = ()
    fresh: ClassVar[bool] = False
    """Whether the update that the rule gives is a new array, which it does not keep: the next may overwrite it."""

    def takes(self, path: str, param: Array) -> bool:
        """Whether it has to do with a parameter; updates of others pass by."""
        return True

    def start(self, param: Array) -> tuple[Any, ...]:
        """The slots of a parameter before the first step: zeros, unless a transform says otherwise."""
        return tuple(array_namespace(param).zeros_like(param) for _ in self.slots)

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """For one array: the new update, then its new slots."""
        raise NotImplementedError

    def init(self, params: Arrays) -> State:
        """The slots of all parameters, by slot and path."""
        started = {path: self.start(param) for path, param in params.items()}
        return {slot: {path: row[i] for path, row in started.items()} for i, slot in enumerate(self.slots)}

    def update(self, updates: Arrays, state: State, params: Arrays, step: int) -> tuple[Arrays, State]:
        """The rule on each array."""
        out, states = update_each({"": self}, updates, {"": state}, params, step)
        return out, states[""]


class InPlace(PerArray):
    """A transform of one array at a time, with no slots, that can also overwrite updates which nothing else holds."""

    fresh = True

    def in_place(self, step: int, update: Array, param: Array) -> Array:
        """What `rule` does, in the memory of the update if its namespace can."""
        raise NotImplementedError


def update_each(
    transforms: Mapping[str, PerArray], updates: Arrays, states: Mapping[str, State], params: Arrays, step: int
) -> tuple[Arrays, dict[str, State]]:
    """What transforms make of updates in turn, and their states after that.

    All of them go over one array before the next, so that what lies between them needs little memory.
    """
    for name, transform in transforms.items():
        if not states.get(name, {}).keys() >= set(transform.slots):
            raise ValueError(f"the state knows no {type(transform).__name__}; take one from optimizer.init(params)")
    out: Arrays = {}
    new: dict[str, State] = {
        name: {slot: dict(states[name][slot]) for slot in transform.slots} for name, transform in transforms.items()
    }
    parts = [
        (one, list(new[name].values()), one.in_place if isinstance(one, InPlace) else None)
        for name, one in transforms.items()
    ]
    for path, update in updates.items():
        param, fresh = params[path], False
        for transform, kept, in_place in parts:
            if not transform.takes(path, param):
                continue
            if fresh and in_place:
                update = in_place(step, update, param)
                continue
            try:
                slots = [arrays[path] for arrays in kept]
            except KeyError:
                raise ValueError(
                    f"the state knows no parameter {path!r}; take one from optimizer.init(params)"
                ) from None
            update, *slots = transform.rule(step, update, param, *slots)
            for arrays, value in zip(kept, slots, strict=True):
                arrays[path] = value
            fresh = transform.fresh
        out[path] = update
    return out, new


def _plain(value: Any) -> Any:
    """A NumPy scalar as Python's number, which takes the data type of the arrays it meets."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    return float(value) if isinstance(value, Real) and not isinstance(value, int) else value


def _check(owner: str, name: str, value: Any) -> None:
    if name == "learning_rate" and not (isinstance(value, Real) or callable(value)):
        raise TypeError(
            f"{name} of {owner} must be a number or a schedule, got {value!r}; parameters go to init() and update(), "
            "or give the model to attach()"
        )
    low, high = LIMITS.get(name, (-math.inf, math.inf))
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(number, Real) and not low <= float(number) < high:
            bounds = f"at least {low:g}" + (f" and below {high:g}" if high < math.inf else "")
            raise ValueError(f"{name} of {owner} must be {bounds}, got {value!r}")
