"""An optimizer: functions from (gradients, state, parameters) to (parameters, state), over trees of arrays.

Nothing is changed in place: the caller rebinds what :meth:`Optimizer.update` returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from nn.names import free
from nn.namespaces import Array
from nn.optimizers.paths import Arrays, gradients_by_path, of_dtype, parameters_by_path
from nn.optimizers.saving import flat, restored
from nn.optimizers.transform import PerArray, State, Transform, update_each

if TYPE_CHECKING:
    from nn.module import Module
    from nn.optimizers.attached import Attached

__all__ = ["Optimizer", "chain"]

Tree = TypeVar("Tree")


class Optimizer:
    """What optimizers share.

    Notes
    -----
    Parameters are any tree of arrays, a module among them, or the dict by path that :func:`nn.value_and_grad` gives
    gradients in. Arrays of other than floating-point data types, and leaves that are no arrays, stay as they are. A
    complex parameter is trained as two real ones, ``"path.real"`` and ``"path.imag"``; its gradient is expected as
    :mod:`autodiff` and JAX give it, the conjugate of PyTorch's.

    The state is nested dicts of arrays by path and of numbers, ``state["step"]`` being the count of steps.
    """

    def init(self, params: Any) -> State:
        """State before the first step."""
        return self.start(parameters_by_path(params)[0])

    def update(self, grads: Any, state: State, params: Tree) -> tuple[Tree, State]:
        """One step: the new parameters, and the state after it.

        Raises
        ------
        ValueError
            If a gradient is missing or of another shape than its parameter, or the state is of other parameters.
        """
        raise NotImplementedError

    def start(self, params: Arrays) -> State:
        """State before the first step, for real parameters by path."""
        raise NotImplementedError

    def state_dict(self, state: State) -> dict[str, Any]:
        """Arrays and numbers of a state by dotted path, ready for :func:`nn.save`."""
        return flat(state)

    def load_state_dict(self, saved: Mapping[str, Any], params: Any) -> State:
        """State for these parameters with saved values, of any namespace; exactly the state that was saved.

        Raises
        ------
        ValueError
            If a name is missing or unexpected or a shape differs.

        Examples
        --------
        >>> import nn, numpy
        >>> optimizer, params = nn.SGD(0.5, momentum=0.9), {"x": numpy.asarray([4.0])}
        >>> params, state = optimizer.update({"x": numpy.asarray([2.0])}, optimizer.init(params), params)
        >>> saved = optimizer.state_dict(state)
        >>> saved
        {'step': 1, 'momentum.velocity.x': array([2.])}
        >>> optimizer.load_state_dict(saved, params) == state
        True
        """
        return restored(self.init(params), saved)

    def attach(self, model: Module) -> Attached:
        """The optimizer with a model that it changes in place, as in PyTorch; see :class:`nn.Attached`."""
        from nn.optimizers.attached import Attached

        return Attached(self, model)


class chain(Optimizer):  # noqa: N801 -- called as a function is, like itertools.chain
    """An optimizer of transforms, each of which works on what the one before it made of the gradients.

    Parameters
    ----------
    *parts : Transform or chain
        Other chains among them, such as :class:`nn.Adam`, give their transforms.

    Examples
    --------
    >>> import nn, numpy
    >>> optimizer = chain(nn.clip_by_norm(1.0), nn.SGD(0.5, momentum=0.9))
    >>> optimizer  # doctest: +NORMALIZE_WHITESPACE
    chain(clip_by_norm(max_norm=1.0),
          momentum(momentum=0.9, dampening=0.0, nesterov=False),
          scale_by_learning_rate(learning_rate=0.5))
    >>> params = {"x": numpy.asarray([1.0])}
    >>> params, state = optimizer.update({"x": numpy.asarray([8.0])}, optimizer.init(params), params)
    >>> params["x"].round(6), list(state)
    (array([0.5]), ['step', 'momentum'])
    """

    def __init__(self, *parts: Transform | chain) -> None:
        self.transforms: dict[str, Transform] = {}
        for part in parts:
            for transform in part.transforms.values() if isinstance(part, chain) else (part,):
                if not isinstance(transform, Transform):
                    raise TypeError(f"a chain is of transforms and chains, got {transform!r}")
                self.transforms[free(type(transform).__name__, self.transforms)] = transform
        self._runs, self._runs_to_params = _runs(self.transforms), _runs({**self.transforms, "": _Moved()})

    def update(self, grads: Any, state: State, params: Tree) -> tuple[Tree, State]:  # noqa: D102
        named, rebuild = parameters_by_path(params)
        moved, state = _applied(self._runs_to_params, gradients_by_path(grads, named), state, named)
        tree: Tree = rebuild(moved)
        return tree, state

    def start(self, params: Arrays) -> State:  # noqa: D102
        states = {name: transform.init(params) for name, transform in self.transforms.items()}
        return {"step": 0, **{name: state for name, state in states.items() if state}}

    def apply(self, updates: Arrays, state: State, params: Arrays) -> tuple[Arrays, State]:
        """What gradients by path make of the state, and what is to be added to the parameters."""
        return _applied(self._runs, updates, state, params)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.transforms.values()))})"


class _Moved(PerArray):
    """Parameters with their updates, in an order in memory that is that of the parameters.

    The memory of the updates may have another, as that of a transpose, which no checkpoint keeps, and in which linear
    algebra rounds otherwise.
    """

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        return (of_dtype(param + update, param),)


_Run: TypeAlias = tuple[bool, dict[str, Any]]


def _runs(transforms: Mapping[str, Transform]) -> list[_Run]:
    """Transforms one after the other, but those in a row that look at one array at a time together."""

    def is_per_array(item: tuple[str, Transform]) -> bool:
        return isinstance(item[1], PerArray) and type(item[1]).update is PerArray.update

    return [(per_array, dict(items)) for per_array, items in groupby(transforms.items(), is_per_array)]


def _applied(runs: list[_Run], updates: Arrays, state: State, params: Arrays) -> tuple[Arrays, State]:
    step = state["step"] + 1
    states: State = {}
    for per_array, run in runs:
        if per_array:
            updates, after = update_each(run, updates, state, params, step)
            states |= after
        else:
            for name, transform in run.items():
                updates, states[name] = transform.update(updates, state.get(name, {}), params, step)
    return updates, {"step": step, **{name: one for name, one in states.items() if one}}
