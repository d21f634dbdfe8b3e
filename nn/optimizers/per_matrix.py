"""Transforms that see a parameter as a whole: its rows and columns, its norm, its singular values."""
# ruff: noqa: N801 -- they are called as functions are, like functools.partial

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from autodiff import array_namespace
from nn.namespaces import Array
from nn.optimizers.basic import mixed, sum_of_squares
from nn.optimizers.paths import Arrays
from nn.optimizers.transform import PerArray, State

__all__ = [
    "clip_by_root_mean_square",
    "orthogonalize",
    "scale_by_factored_rms",
    "scale_by_parameter_size",
    "scale_by_trust_ratio",
]


@dataclass
class scale_by_factored_rms(PerArray):
    """Gradients over the root of their mean square, of which matrices keep only the means of rows and of columns.

    Arrays of more dimensions are stacks of matrices; those of fewer keep the mean of each element.

    Parameters
    ----------
    beta2_decay : float
        The newest square weighs ``step ** beta2_decay``.
    eps : float, optional
        Least root mean square; the machine epsilon by default.

    References
    ----------
    N. Shazeer, M. Stern, "Adafactor: Adaptive learning rates with sublinear memory cost", ICML 2018, algorithm 4.
    """

    fresh, slots = True, ("rows", "columns")

    beta2_decay: float = -0.8
    eps: float | None = None

    def start(self, param: Array) -> tuple[Any, ...]:
        """Zeros for the rows and for the columns; where there is no matrix, for the elements, and nothing."""
        shapes = [(*param.shape[:-1], 1), (*param.shape[:-2], 1, param.shape[-1])] if param.ndim > 1 else [param.shape]
        xp = array_namespace(param)
        zeros = [xp.zeros(shape, dtype=param.dtype, device=param.device) for shape in shapes]
        return tuple(zeros) if param.ndim > 1 else (zeros[0], 0.0)

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The divided gradient, then the running means."""
        xp = array_namespace(update)
        eps = float(xp.finfo(update.dtype).eps) if self.eps is None else self.eps
        decay = 1 - step**self.beta2_decay
        square = update * update
        rows, columns = slots
        if update.ndim > 1:
            rows = mixed(rows, _mean(square, -1), decay)
            columns = mixed(columns, _mean(square, -2), decay)
            mean_square = rows * columns / xp.clip(_mean(rows, -2), eps, None)
        else:
            rows = mean_square = mixed(rows, square, decay)
        return update / xp.sqrt(xp.clip(mean_square, eps * eps, None)), rows, columns


@dataclass
class clip_by_root_mean_square(PerArray):
    """Shorten each array of updates whose root mean square is above `threshold`.

    Examples
    --------
    >>> import numpy
    >>> clip_by_root_mean_square(1.0).update({"x": numpy.asarray([2.0, -2.0])}, {}, {"x": None}, step=1)
    ({'x': array([ 1., -1.])}, {})
    """

    fresh = True

    threshold: float = 1.0

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The clipped array."""
        xp = array_namespace(update)
        return (update / xp.clip(_root_mean_square(update) / self.threshold, 1.0, None),)


@dataclass
class scale_by_parameter_size(PerArray):
    """Multiply each array of updates by the root mean square of its parameter, or by `least` if that is more.

    Examples
    --------
    >>> import numpy
    >>> x = numpy.asarray([1.0, 0.0])
    >>> scale_by_parameter_size().update({"x": x}, {}, {"x": 3 * numpy.ones(2)}, step=1)
    ({'x': array([3., 0.])}, {})
    """

    fresh = True

    least: float = 1e-3

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The scaled array."""
        return (update * array_namespace(param).clip(_root_mean_square(param), self.least, None),)


@dataclass
class scale_by_trust_ratio(PerArray):
    """Give each array of updates the norm of its parameter, unless one of them is 0.

    References
    ----------
    Y. You et al., "Large batch optimization for deep learning: Training BERT in 76 minutes", ICLR 2020, algorithm 2.

    Examples
    --------
    >>> import numpy
    >>> scale_by_trust_ratio().update({"x": numpy.asarray([2.0])}, {}, {"x": numpy.asarray([-3.0])}, step=1)
    ({'x': array([3.])}, {})
    """

    fresh = True

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The scaled array."""
        xp = array_namespace(update)
        size, length = xp.sqrt(sum_of_squares(param)), xp.sqrt(sum_of_squares(update))
        one = xp.ones_like(length)
        usable = xp.logical_and(size > 0, length > 0)
        return (update * xp.where(usable, size / xp.where(usable, length, one), one),)


@dataclass
class orthogonalize(PerArray):
    """Bring the singular values of each matrix of updates near 1 by a Newton-Schulz iteration, and scale the result.

    Parameters
    ----------
    ns_coefficients : three floats
        Coefficients of the odd polynomial of the singular values, of degree 5.
    ns_steps : int
        How often it is applied.
    eps : float
        Least norm to divide by.
    adjust_lr_fn : {None, "original", "match_rms_adamw"}
        How the shape scales the result: None and ``"original"`` by ``sqrt(max(1, rows / columns))``,
        ``"match_rms_adamw"`` by ``0.2 * sqrt(max(rows, columns))``.

    Notes
    -----
    It is computed in the data type of the parameters; PyTorch computes it in bfloat16.

    References
    ----------
    K. Jordan, "Muon: An optimizer for hidden layers in neural networks", 2024.

    Examples
    --------
    >>> import numpy
    >>> x = {"x": numpy.asarray([[2.0, 0.0], [0.0, 2.0]])}
    >>> orthogonalize((1.5, -0.5, 0.0), ns_steps=9).update(x, {}, x, step=1)[0]["x"].round(6)
    array([[1., 0.],
           [0., 1.]])
    """

    fresh = True

    ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315)
    ns_steps: int = 5
    eps: float = 1e-7
    adjust_lr_fn: Literal["original", "match_rms_adamw"] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"adjust_lr_fn must be None, 'original' or 'match_rms_adamw', got {self.adjust_lr_fn!r}")

    def init(self, params: Arrays) -> State:
        """Nothing, if all parameters are matrices."""
        if others := [path for path, param in params.items() if param.ndim != 2]:
            raise ValueError(
                f"only matrices can be orthogonalized, and {', '.join(others)} are none; give those to another "
                "optimizer with nn.grouped"
            )
        return {}

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The orthogonalized matrix."""
        rows, columns = update.shape
        if not rows * columns:
            return (update,)
        xp = array_namespace(update)
        a, b, c = self.ns_coefficients
        x = update.T if rows > columns else update
        x = x / xp.clip(xp.sqrt(sum_of_squares(x)), self.eps, None)
        for _ in range(self.ns_steps):
            gram = xp.matmul(x, x.T)
            x = a * x + xp.matmul(b * gram + c * xp.matmul(gram, gram), x)
        return (self._factor(rows, columns) * (x.T if rows > columns else x),)

    def _factor(self, rows: int, columns: int) -> float:
        if self.adjust_lr_fn == "match_rms_adamw":
            return 0.2 * math.sqrt(max(rows, columns))
        return math.sqrt(max(1.0, rows / columns))


def _mean(array: Array, axis: int) -> Array:
    """The mean; of nothing, which namespaces warn of, it is 0."""
    return array_namespace(array).sum(array, axis=axis, keepdims=True) / max(1, array.shape[axis])


def _root_mean_square(array: Array) -> Array:
    xp = array_namespace(array)
    return xp.sqrt(sum_of_squares(array) / max(1, math.prod(array.shape)))
