"""L-BFGS: Newton's method with what the last steps tell about the curvature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, TypeVar

from autodiff import array_namespace
from nn.namespaces import Array
from nn.optimizers.line_search import Point, strong_wolfe
from nn.optimizers.optimizer import Optimizer
from nn.optimizers.paths import Arrays, gradients_by_path, parameters_by_path
from nn.optimizers.saving import restored
from nn.optimizers.transform import State

__all__ = ["LBFGS"]

Tree = TypeVar("Tree")


class LBFGS(Optimizer):
    """L-BFGS with a line search for the strong Wolfe conditions.

    It evaluates the function several times a step, so :meth:`update` takes, in the place of gradients, the function
    that gives value and gradients.

    Parameters
    ----------
    learning_rate : float
        The step that is tried first, after the very first iteration.
    max_iter : int
        Iterations of one update, at most.
    max_eval : int, optional
        Evaluations of one update, at most; a quarter more than iterations by default.
    tolerance_grad : float
        Largest element of a gradient that is taken for zero.
    tolerance_change : float
        Change of the value, and largest change of a parameter, that is taken for none.
    history_size : int
        How many steps are remembered.
    line_search_fn : {"strong_wolfe", None}
        None makes steps of the learning rate.

    Notes
    -----
    The names are PyTorch's; there `line_search_fn` is None by default, and iterations need not decrease the value.
    All parameters are brought together in one vector, so they are of one namespace and device.

    References
    ----------
    J. Nocedal, S. J. Wright, "Numerical optimization", 2nd edition, 2006, algorithms 7.4 and 7.5.

    Examples
    --------
    >>> import autodiff, numpy
    >>> both = autodiff.value_and_grad(lambda params: (params["x"][0] - 3.0) ** 2)
    >>> optimizer, params = LBFGS(), {"x": numpy.asarray([0.0])}
    >>> params, state = optimizer.update(both, optimizer.init(params), params)
    >>> params
    {'x': array([3.])}
    """

    def __init__(
        self,
        learning_rate: float = 1.0,
        *,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: Literal["strong_wolfe"] | None = "strong_wolfe",
    ) -> None:
        if line_search_fn not in ("strong_wolfe", None):
            raise ValueError(f"line_search_fn must be 'strong_wolfe' or None, got {line_search_fn!r}")
        if not learning_rate > 0:
            raise ValueError(f"learning_rate of LBFGS must be above 0, got {learning_rate!r}")
        self.learning_rate = float(learning_rate)
        self.max_iter = max_iter
        self.max_eval = max_iter * 5 // 4 if max_eval is None else max_eval
        self.tolerance_grad = tolerance_grad
        self.tolerance_change = tolerance_change
        self.history_size = history_size
        self.line_search_fn = line_search_fn

    def __repr__(self) -> str:
        return f"LBFGS({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"

    def start(self, params: Arrays) -> State:  # noqa: D102
        vector = _vector(params)
        zeros = array_namespace(vector).zeros_like(vector)
        return {
            "step": 0,
            "evaluations": 0,
            "value": float("nan"),
            "step_size": 0.0,
            "direction": zeros,
            "gradient": zeros,
            "steps": {},
            "changes": {},
        }

    def load_state_dict(self, saved: Mapping[str, Any], params: Any) -> State:  # noqa: D102
        template = self.init(params)
        for part in ("steps", "changes"):
            count = sum(name.startswith(f"{part}.") for name in saved)
            template[part] = {str(i): template["gradient"] for i in range(count)}
        return restored(template, saved)

    def update(self, grads: Any, state: State, params: Tree) -> tuple[Tree, State]:
        """Up to ``max_iter`` iterations: the new parameters, and the state after them.

        Parameters
        ----------
        grads : callable
            Function of a tree like `params` to its value and gradients, such as ``autodiff.value_and_grad(f)``.
        """
        if not callable(grads):
            raise TypeError(
                "LBFGS takes the function that gives value and gradients, such as autodiff.value_and_grad(f), "
                f"got {type(grads).__name__}"
            )
        named, rebuild = parameters_by_path(params)

        def evaluate(x: Array) -> tuple[float, Array]:
            value, at_x = grads(rebuild(_parts(x, named)))
            return float(value), _vector(gradients_by_path(at_x, named))

        x, new = self._iterate(evaluate, _vector(named), state)
        tree: Tree = rebuild(_parts(x, named))
        return tree, new

    def _iterate(self, evaluate: Callable[[Array], tuple[float, Array]], x: Array, state: State) -> tuple[Array, State]:
        step, step_size, direction, before = (state[name] for name in ("step", "step_size", "direction", "gradient"))
        steps, changes = list(state["steps"].values()), list(state["changes"].values())
        value, gradient = evaluate(x)
        evaluations = 1
        for iteration in range(1, self.max_iter + 1):
            if _largest(gradient) <= self.tolerance_grad:
                break
            if step:
                self._remember(steps, changes, step_size * direction, gradient - before)
            step += 1
            direction = _newton_direction(gradient, steps, changes)
            slope, before = _dot(gradient, direction), gradient
            step_size = self.learning_rate
            if step == 1:
                step_size *= min(1.0, 1.0 / float(array_namespace(x).sum(abs(gradient))))
            if slope > -self.tolerance_change:
                break
            value_before = value
            if self.line_search_fn:
                start = Point(0.0, value, slope, gradient)
                (step_size, value, _, gradient), count = strong_wolfe(
                    partial(_point, evaluate, x, direction),
                    start,
                    step_size,
                    length=_largest(direction),
                    max_evaluations=self.max_eval - evaluations,
                    tolerance_change=self.tolerance_change,
                )
                x = x + step_size * direction
            else:
                x = x + step_size * direction
                count = 0
                if iteration < self.max_iter:
                    value, gradient = evaluate(x)
                    count = 1
            evaluations += count
            if (
                evaluations >= self.max_eval
                or abs(step_size) * _largest(direction) <= self.tolerance_change
                or abs(value - value_before) < self.tolerance_change
            ):
                break
        return x, {
            "step": step,
            "evaluations": state["evaluations"] + evaluations,
            "value": value,
            "step_size": step_size,
            "direction": direction,
            "gradient": before,
            "steps": _numbered(steps),
            "changes": _numbered(changes),
        }

    def _remember(self, steps: list[Array], changes: list[Array], step: Array, change: Array) -> None:
        # Else the approximation would not stay positive definite.
        if _dot(change, step) > 1e-10:
            steps.append(step)
            changes.append(change)
            del steps[: -self.history_size], changes[: -self.history_size]


def _newton_direction(gradient: Array, steps: list[Array], changes: list[Array]) -> Array:
    """Minus the approximate inverse Hessian times the gradient: algorithm 7.4."""
    direction = -gradient
    if not steps:
        return direction
    curvatures = [_dot(change, step) for change, step in zip(changes, steps, strict=True)]
    pairs = list(zip(steps, changes, curvatures, strict=True))
    shares = []
    for step, change, curvature in reversed(pairs):
        shares.append(_dot(step, direction) / curvature)
        direction = direction - shares[-1] * change
    direction = curvatures[-1] / _dot(changes[-1], changes[-1]) * direction
    for (step, change, curvature), share in zip(pairs, reversed(shares), strict=True):
        direction = direction + (share - _dot(change, direction) / curvature) * step
    return direction


def _point(evaluate: Callable[[Array], tuple[float, Array]], origin: Array, direction: Array, step: float) -> Point:
    value, gradient = evaluate(origin + step * direction)
    return Point(step, value, _dot(gradient, direction), gradient)


def _numbered(vectors: list[Array]) -> Arrays:
    return {str(i): vector for i, vector in enumerate(vectors)}


def _dot(x: Array, y: Array) -> float:
    return float(array_namespace(x).vecdot(x, y))


def _largest(x: Array) -> float:
    xp = array_namespace(x)
    return float(xp.max(xp.abs(x)))


def _vector(arrays: Arrays) -> Array:
    if not arrays:
        raise ValueError("there is no floating-point array to optimize")
    xp = array_namespace(*arrays.values())
    return xp.concat([xp.reshape(array, (-1,)) for array in arrays.values()])


def _parts(vector: Array, like: Arrays) -> Arrays:
    xp = array_namespace(vector)
    parts, start = {}, 0
    for path, array in like.items():
        size = int(array.size) if isinstance(array.size, int) else array.numel()
        part = xp.reshape(vector[start : start + size], array.shape)
        parts[path] = xp.astype(part, array.dtype, copy=False)
        start += size
    return parts
