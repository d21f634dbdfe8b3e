"""Optimizers: functions from (gradients, state, parameters) to (parameters, state), over trees of arrays.

Each optimizer states its slots, the trees that it keeps beside the parameters, and the rule for one array. Nothing is
changed in place: the caller rebinds what :meth:`Optimizer.update` returns.
"""

from __future__ import annotations

import math
from typing import Any, TypeVar

import optree

from autodiff import array_namespace
from nn.namespaces import Array, is_array
from nn.schedules import Schedule

__all__ = ["SGD", "Adam", "Optimizer"]

Tree = TypeVar("Tree")
State = dict[str, Any]


class Optimizer:
    """What optimizers share: the step count, the learning rate and the walk over the trees.

    A subclass names its ``slots`` and defines :meth:`rule`. Leaves that are no arrays pass through.
    """

    slots: tuple[str, ...] = ()

    def __init__(self, learning_rate: float | Schedule) -> None:
        self.learning_rate = learning_rate

    def init(self, params: Any) -> State:
        """State before the first step: the step count and, zero at the start, a tree for each slot."""
        return {"step": 0, **{slot: optree.tree_map(_zeros_like, params) for slot in self.slots}}

    def update(self, grads: Tree, state: State, params: Tree) -> tuple[Tree, State]:
        """One step: the new parameters, and the state after it."""
        step = state["step"] + 1
        # A Python number, which takes the data type of the parameters; a NumPy scalar would have one of its own.
        rate = float(self.learning_rate(step) if callable(self.learning_rate) else self.learning_rate)
        tree: Any = params
        leaves, structure = optree.tree_flatten(tree)
        columns = [structure.flatten_up_to(part) for part in (grads, *(state[slot] for slot in self.slots))]
        rows = [
            self.rule(rate, step, param, grad, *slots) if is_array(param) else (param, *slots)
            for param, grad, *slots in zip(leaves, *columns, strict=True)
        ]
        trees: list[Any] = [structure.unflatten(row[column] for row in rows) for column in range(1 + len(self.slots))]
        return trees[0], {"step": step, **dict(zip(self.slots, trees[1:], strict=True))}

    def rule(self, rate: float, step: int, param: Array, grad: Array, *slots: Array) -> tuple[Array, ...]:
        """For one array: the new parameter, then its new slots."""
        raise NotImplementedError


class SGD(Optimizer):
    """Stochastic gradient descent, with PyTorch's momentum: ``velocity = momentum * velocity + grad``.

    Parameters
    ----------
    learning_rate
        A number, or a schedule: a function of the step, which counts from 1.
    momentum
        Share of the velocity that a step keeps.
    nesterov
        Whether to look one step ahead along the velocity.
    weight_decay
        Weight of half the squared norm of the parameters, added to the loss.

    Examples
    --------
    >>> import numpy
    >>> optimizer = SGD(0.5)
    >>> params = {"x": numpy.asarray([4.0])}
    >>> params, state = optimizer.update({"x": numpy.asarray([2.0])}, optimizer.init(params), params)
    >>> params, state
    ({'x': array([3.])}, {'step': 1})
    """

    def __init__(
        self,
        learning_rate: float | Schedule,
        *,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        if nesterov and not momentum:
            raise ValueError("nesterov needs a momentum above 0")
        super().__init__(learning_rate)
        self.weight_decay = float(weight_decay)
        self.momentum = float(momentum)
        self.nesterov = nesterov
        self.slots = ("velocity",) if momentum else ()

    def rule(self, rate: float, step: int, param: Array, grad: Array, *slots: Array) -> tuple[Array, ...]:
        """For one array: the new parameter, then its velocity."""
        grad = _decayed(grad, param, self.weight_decay)
        if not slots:
            return (param - rate * grad,)
        velocity = self.momentum * slots[0] + grad
        direction = grad + self.momentum * velocity if self.nesterov else velocity
        return param - rate * direction, velocity


class Adam(Optimizer):
    """Adam: steps along the mean of the gradients over the root of the mean of their squares.

    Parameters
    ----------
    learning_rate
        A number, or a schedule: a function of the step, which counts from 1.
    betas
        Decay of the running mean and of the running mean of squares.
    eps
        Added to the root, against division by zero.
    weight_decay
        Weight of half the squared norm of the parameters, added to the loss.

    References
    ----------
    D. P. Kingma, J. Ba, "Adam: A method for stochastic optimization", ICLR 2015, algorithm 1.

    Examples
    --------
    >>> import numpy
    >>> optimizer = Adam(0.5)
    >>> params = {"x": numpy.asarray([4.0])}
    >>> params, state = optimizer.update({"x": numpy.asarray([2.0])}, optimizer.init(params), params)
    >>> params["x"].round(6), list(state)
    (array([3.5]), ['step', 'mean', 'mean_square'])
    """

    slots = ("mean", "mean_square")

    def __init__(
        self,
        learning_rate: float | Schedule = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(learning_rate)
        self.betas = float(betas[0]), float(betas[1])
        self.eps = float(eps)
        self.weight_decay = float(weight_decay)

    def rule(self, rate: float, step: int, param: Array, grad: Array, *slots: Array) -> tuple[Array, ...]:
        """For one array: the new parameter, then the running mean and the running mean of squares."""
        mean, mean_square = slots
        beta1, beta2 = self.betas
        grad = _decayed(grad, param, self.weight_decay)
        mean = beta1 * mean + (1 - beta1) * grad
        mean_square = beta2 * mean_square + (1 - beta2) * (grad * grad)
        # The order of section 2 of the paper: bias corrections meet as numbers, not as arrays.
        root_correction = math.sqrt(1 - beta2**step)
        scale = rate * root_correction / (1 - beta1**step)
        root = array_namespace(param).sqrt(mean_square)
        return param - scale * mean / (root + self.eps * root_correction), mean, mean_square


def _decayed(grad: Array, param: Array, weight_decay: float) -> Array:
    return grad + weight_decay * param if weight_decay else grad


def _zeros_like(leaf: Any) -> Any:
    return array_namespace(leaf).zeros_like(leaf) if is_array(leaf) else leaf
