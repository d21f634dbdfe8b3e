"""Transforms that divide updates by a running estimate of their size: the hearts of Adam and its relatives."""
# ruff: noqa: N801 -- they are called as functions are, like functools.partial

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from autodiff import array_namespace
from nn.namespaces import Array
from nn.optimizers.basic import mixed, mixed_square
from nn.optimizers.transform import PerArray

__all__ = [
    "scale_by_adadelta",
    "scale_by_adagrad",
    "scale_by_adam",
    "scale_by_adamax",
    "scale_by_lion",
    "scale_by_nadam",
    "scale_by_radam",
    "scale_by_rms",
]


@dataclass
class scale_by_adam(PerArray):
    """Mean of the gradients over the root of the mean of their squares, without the bias of their start at 0.

    Parameters
    ----------
    betas : pair of float
        Decay of the running mean and of the running mean of squares.
    eps : float
        Added to the root, against division by zero.
    amsgrad : bool
        Whether to divide by the largest mean of squares so far.

    References
    ----------
    D. P. Kingma, J. Ba, "Adam: A method for stochastic optimization", ICLR 2015, algorithm 1.
    S. J. Reddi, S. Kale, S. Kumar, "On the convergence of Adam and beyond", ICLR 2018, algorithm 2.

    Examples
    --------
    >>> import numpy
    >>> params = {"x": numpy.asarray([0.0, 0.0])}
    >>> adam = scale_by_adam(eps=0.0)
    >>> adam.update({"x": numpy.asarray([-5.0, 0.1])}, adam.init(params), params, step=1)[0]["x"].round(6)
    array([-1.,  1.])
    """

    fresh = True

    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    amsgrad: bool = False

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        """Names of the arrays that are kept."""
        return ("mean", "mean_square", "largest") if self.amsgrad else ("mean", "mean_square")

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The direction, then the running means."""
        beta1, beta2 = self.betas
        mean, mean_square, *largest = slots
        mean = mixed(mean, update, beta1)
        mean_square = mixed_square(mean_square, update, beta2)
        xp = array_namespace(mean_square)
        if self.amsgrad:
            largest = [xp.maximum(largest[0], mean_square)]
        size = xp.sqrt(largest[0] if self.amsgrad else mean_square)
        # Both corrections meet here as numbers: (mean / c1) / (size / sqrt(c2) + eps).
        correction1, correction2 = 1 - beta1**step, 1 - beta2**step
        size *= correction1 / math.sqrt(correction2)
        size += self.eps * correction1
        return mean / size, mean, mean_square, *largest


@dataclass
class scale_by_nadam(PerArray):
    """Adam with Nesterov's look ahead.

    Parameters
    ----------
    betas, eps
        As for :class:`scale_by_adam`.
    momentum_decay : float
        How fast the momentum warms up to its value.

    References
    ----------
    T. Dozat, "Incorporating Nesterov momentum into Adam", ICLR 2016 workshop, with the schedule of its section 3.1.
    """

    fresh, slots = True, ("mean", "mean_square", "momentum_product")

    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    momentum_decay: float = 4e-3

    def start(self, param: Array) -> tuple[Any, ...]:
        """Zeros, and an empty product."""
        zeros = array_namespace(param).zeros_like(param)
        return zeros, zeros, 1.0

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The direction, the running means and the product of the momenta so far."""
        beta1, beta2 = self.betas
        mean, mean_square, product = slots
        now, ahead = self._momentum(step), self._momentum(step + 1)
        product = product * now
        mean = mixed(mean, update, beta1)
        mean_square = mixed_square(mean_square, update, beta2)
        size = array_namespace(mean_square).sqrt(mean_square)
        size *= 1 / math.sqrt(1 - beta2**step)
        size += self.eps
        direction = (1 - now) / (1 - product) * update
        direction += ahead / (1 - product * ahead) * mean
        direction /= size
        return direction, mean, mean_square, product

    def _momentum(self, step: int) -> float:
        return self.betas[0] * (1 - 0.5 * math.pow(0.96, step * self.momentum_decay))


@dataclass
class scale_by_radam(PerArray):
    """Adam that leaves out the division while too few gradients have come to estimate the variance.

    Parameters
    ----------
    betas, eps
        As for :class:`scale_by_adam`.

    References
    ----------
    L. Liu et al., "On the variance of the adaptive learning rate and beyond", ICLR 2020, algorithm 2.
    """

    fresh, slots = True, ("mean", "mean_square")

    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The direction, then the running means."""
        beta1, beta2 = self.betas
        mean = mixed(slots[0], update, beta1)
        mean_square = mixed_square(slots[1], update, beta2)
        correction1, correction2 = 1 - beta1**step, 1 - beta2**step
        limit = 2 / (1 - beta2) - 1
        length = limit - 2 * step * beta2**step / correction2
        if length <= 5:
            return mean / correction1, mean, mean_square
        rectification = math.sqrt((length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length))
        size = array_namespace(mean_square).sqrt(mean_square)
        size += self.eps
        size *= correction1 / (math.sqrt(correction2) * rectification)
        return mean / size, mean, mean_square


@dataclass
class scale_by_adamax(PerArray):
    """Adam with the largest gradient, which fades, in the place of the root of the mean square.

    Parameters
    ----------
    betas, eps
        As for :class:`scale_by_adam`; `eps` is added to the size of each gradient.

    References
    ----------
    D. P. Kingma, J. Ba, "Adam: A method for stochastic optimization", ICLR 2015, algorithm 2.
    """

    fresh, slots = True, ("mean", "largest")

    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The direction, then the running mean and maximum."""
        beta1, beta2 = self.betas
        xp = array_namespace(update)
        mean = mixed(slots[0], update, beta1)
        largest = xp.maximum(beta2 * slots[1], xp.abs(update) + self.eps)
        return mean / ((1 - beta1**step) * largest), mean, largest


@dataclass
class scale_by_rms(PerArray):
    """Gradients over the root of the running mean of their squares.

    Parameters
    ----------
    alpha : float
        Decay of the running mean.
    eps : float
        Added to the root.
    centered : bool
        Whether to take the variance instead: the mean of squares less the square of the mean.

    References
    ----------
    G. Hinton, "Neural networks for machine learning", lecture 6e, 2012.
    A. Graves, "Generating sequences with recurrent neural networks", arXiv:1308.0850, equations 38 to 45: centered.

    Examples
    --------
    >>> import numpy
    >>> params = {"x": numpy.asarray([0.0])}
    >>> rms = scale_by_rms(alpha=0.75, eps=0.0)
    >>> rms.update({"x": numpy.asarray([8.0])}, rms.init(params), params, step=1)
    ({'x': array([2.])}, {'mean_square': {'x': array([16.])}})
    """

    fresh = True

    alpha: float = 0.99
    eps: float = 1e-8
    centered: bool = False

    @property
    def slots(self) -> tuple[str, ...]:  # type: ignore[override]
        """Names of the arrays that are kept."""
        return ("mean_square", "mean") if self.centered else ("mean_square",)

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The divided gradient, then the running means."""
        mean_square = mixed_square(slots[0], update, self.alpha)
        means = [mixed(slots[1], update, self.alpha)] if self.centered else []
        variance = mean_square - means[0] * means[0] if self.centered else mean_square
        size = array_namespace(variance).sqrt(variance)
        size += self.eps
        return update / size, mean_square, *means


@dataclass
class scale_by_adagrad(PerArray):
    """Gradients over the root of the sum of all their squares.

    Parameters
    ----------
    initial_accumulator_value : float
        What the sum starts from.
    eps : float
        Added to the root.

    References
    ----------
    J. Duchi, E. Hazan, Y. Singer, "Adaptive subgradient methods for online learning and stochastic optimization",
    JMLR 12, 2011.
    """

    fresh, slots = True, ("total_square",)

    initial_accumulator_value: float = 0.0
    eps: float = 1e-10

    def start(self, param: Array) -> tuple[Any, ...]:
        """The sum before the first step."""
        return (array_namespace(param).full_like(param, self.initial_accumulator_value),)

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The divided gradient and the sum."""
        total_square = slots[0] + update * update
        size = array_namespace(total_square).sqrt(total_square)
        size += self.eps
        return update / size, total_square


@dataclass
class scale_by_adadelta(PerArray):
    """Gradients in units of the parameters: times the size of the steps so far, over the size of the gradients.

    Parameters
    ----------
    rho : float
        Decay of both running means of squares.
    eps : float
        Added to both before their roots.

    References
    ----------
    M. D. Zeiler, "ADADELTA: An adaptive learning rate method", arXiv:1212.5701, algorithm 1.
    """

    fresh, slots = True, ("mean_square", "mean_square_step")

    rho: float = 0.9
    eps: float = 1e-6

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The step, then both running means."""
        sqrt = array_namespace(update).sqrt
        mean_square = mixed_square(slots[0], update, self.rho)
        out = sqrt(slots[1] + self.eps)
        out /= sqrt(mean_square + self.eps)
        out *= update
        return out, mean_square, mixed_square(slots[1], out, self.rho)


@dataclass
class scale_by_lion(PerArray):
    """Sign of a mean of the gradients in which the newest weighs more than in the mean that is kept.

    Parameters
    ----------
    betas : pair of float
        Decay of the mean whose sign is taken, and of the one that is kept.

    References
    ----------
    X. Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023, algorithm 2.

    Examples
    --------
    >>> import numpy
    >>> params = {"x": numpy.asarray([0.0, 0.0])}
    >>> lion = scale_by_lion()
    >>> lion.update({"x": numpy.asarray([-5.0, 0.1])}, lion.init(params), params, step=1)[0]["x"]
    array([-1.,  1.])
    """

    fresh, slots = True, ("mean",)

    betas: tuple[float, float] = (0.9, 0.99)

    def rule(self, step: int, update: Array, param: Array, *slots: Any) -> tuple[Any, ...]:
        """The sign, then the mean."""
        beta1, beta2 = self.betas
        return array_namespace(update).sign(mixed(slots[0], update, beta1)), mixed(slots[0], update, beta2)
