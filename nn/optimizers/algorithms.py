"""The optimizers by name: each is a chain of a few transforms, with PyTorch's names and defaults where it has them.

All take the ``learning_rate``, a number or a schedule; ``weight_decay``, which is half the squared norm of the
parameters in the loss unless it is said to be decoupled; and ``maximize``, to ascend.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from nn.optimizers.adaptive import (
    scale_by_adadelta,
    scale_by_adagrad,
    scale_by_adam,
    scale_by_adamax,
    scale_by_lion,
    scale_by_nadam,
    scale_by_radam,
    scale_by_rms,
)
from nn.optimizers.basic import (
    add_decayed_weights,
    at_step,
    average,
    scale,
    scale_by_learning_rate,
    scale_by_schedule,
)
from nn.optimizers.basic import (
    momentum as heavy_ball,
)
from nn.optimizers.optimizer import chain
from nn.optimizers.per_matrix import (
    clip_by_root_mean_square,
    orthogonalize,
    scale_by_factored_rms,
    scale_by_parameter_size,
    scale_by_trust_ratio,
)
from nn.optimizers.transform import Transform
from nn.schedules import Schedule, inverse_time_decay

__all__ = [
    "LAMB",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Lion",
    "Muon",
    "NAdam",
    "RAdam",
    "RMSprop",
]

Betas = tuple[float, float]


class SGD(chain):
    """Stochastic gradient descent, with PyTorch's :class:`~nn.optimizers.momentum`.

    Parameters
    ----------
    learning_rate
        A number, or a schedule: a function of the step, which counts from 1.
    momentum, dampening, nesterov
        As for :class:`nn.optimizers.momentum`.
    weight_decay
        Weight of half the squared norm of the parameters, added to the loss.
    maximize
        Whether to ascend.

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
        learning_rate: float | Schedule = 1e-3,
        *,
        momentum: float = 0.0,
        dampening: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        maximize: bool = False,
    ) -> None:
        heavy = heavy_ball(momentum, dampening, nesterov)
        super().__init__(
            *_penalized(weight_decay, maximize),
            *((heavy,) if momentum else ()),
            scale_by_learning_rate(learning_rate),
        )


class Adam(chain):
    """Adam: steps along the mean of the gradients over the root of the mean of their squares.

    Parameters
    ----------
    learning_rate
        A number, or a schedule: a function of the step, which counts from 1.
    betas, eps, amsgrad
        As for :class:`nn.optimizers.scale_by_adam`.
    weight_decay
        Weight of half the squared norm of the parameters, added to the loss.
    decoupled_weight_decay
        Whether to take that much of the parameters off in each step instead, as :class:`AdamW` does.
    maximize
        Whether to ascend.

    References
    ----------
    D. P. Kingma, J. Ba, "Adam: A method for stochastic optimization", ICLR 2015, algorithm 1.

    Examples
    --------
    >>> import numpy
    >>> optimizer = Adam(0.5)
    >>> params = {"x": numpy.asarray([4.0])}
    >>> params, state = optimizer.update({"x": numpy.asarray([2.0])}, optimizer.init(params), params)
    >>> params["x"].round(6), list(state["scale_by_adam"])
    (array([3.5]), ['mean', 'mean_square'])
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 1e-3,
        *,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        direction = scale_by_adam(betas, eps, amsgrad)
        super().__init__(
            *_with_decay(direction, weight_decay, decoupled_weight_decay, maximize),
            scale_by_learning_rate(learning_rate),
        )


class AdamW(Adam):
    """Adam with decoupled weight decay: each step takes ``learning_rate * weight_decay`` off the parameters.

    Parameters
    ----------
    learning_rate, betas, eps, amsgrad, maximize
        As for :class:`Adam`.
    weight_decay
        See above. To spare some parameters use :func:`nn.grouped`, or a chain with a mask as below.

    References
    ----------
    I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2.

    Examples
    --------
    >>> import nn
    >>> masked = nn.chain(
    ...     nn.optimizers.scale_by_adam(),
    ...     nn.add_decayed_weights(0.01, mask="*weight"),
    ...     nn.optimizers.scale_by_learning_rate(1e-3),
    ... )
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 1e-3,
        *,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        amsgrad: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            learning_rate,
            betas=betas,
            eps=eps,
            weight_decay=weight_decay,
            amsgrad=amsgrad,
            decoupled_weight_decay=True,
            maximize=maximize,
        )


class NAdam(chain):
    """Adam with Nesterov's look ahead.

    Parameters
    ----------
    betas, eps, momentum_decay
        As for :class:`nn.optimizers.scale_by_nadam`.
    learning_rate, weight_decay, decoupled_weight_decay, maximize
        As for :class:`Adam`.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 2e-3,
        *,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        direction = scale_by_nadam(betas, eps, momentum_decay)
        super().__init__(
            *_with_decay(direction, weight_decay, decoupled_weight_decay, maximize),
            scale_by_learning_rate(learning_rate),
        )


class RAdam(chain):
    """Adam that waits with the division until it can estimate the variance.

    Parameters
    ----------
    betas, eps
        As for :class:`nn.optimizers.scale_by_radam`.
    learning_rate, weight_decay, decoupled_weight_decay, maximize
        As for :class:`Adam`.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 1e-3,
        *,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        maximize: bool = False,
    ) -> None:
        direction = scale_by_radam(betas, eps)
        super().__init__(
            *_with_decay(direction, weight_decay, decoupled_weight_decay, maximize),
            scale_by_learning_rate(learning_rate),
        )


class Adamax(chain):
    """Adam over the largest gradient in the place of the root of the mean square.

    Parameters
    ----------
    betas, eps
        As for :class:`nn.optimizers.scale_by_adamax`.
    learning_rate, weight_decay, maximize
        As for :class:`Adam`.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 2e-3,
        *,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            *_penalized(weight_decay, maximize), scale_by_adamax(betas, eps), scale_by_learning_rate(learning_rate)
        )


class RMSprop(chain):
    """Gradients over the root of the running mean of their squares.

    Parameters
    ----------
    alpha, eps, centered
        As for :class:`nn.optimizers.scale_by_rms`.
    momentum
        Share of the velocity that a step keeps.
    learning_rate, weight_decay, maximize
        As for :class:`Adam`.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 1e-2,
        *,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            *_penalized(weight_decay, maximize),
            scale_by_rms(alpha, eps, centered),
            *((heavy_ball(momentum),) if momentum else ()),
            scale_by_learning_rate(learning_rate),
        )


class Adagrad(chain):
    """Gradients over the root of the sum of all their squares.

    Parameters
    ----------
    lr_decay
        The learning rate of a step is divided by ``1 + (step - 1) * lr_decay``.
    initial_accumulator_value, eps
        As for :class:`nn.optimizers.scale_by_adagrad`.
    learning_rate, weight_decay, maximize
        As for :class:`Adam`.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 1e-2,
        *,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            *_penalized(weight_decay, maximize),
            scale_by_adagrad(initial_accumulator_value, eps),
            scale_by_schedule(inverse_time_decay(1.0, lr_decay)),
            scale_by_learning_rate(learning_rate),
        )


class Adadelta(chain):
    """Gradients in units of the parameters, which needs no learning rate; it multiplies.

    Parameters
    ----------
    rho, eps
        As for :class:`nn.optimizers.scale_by_adadelta`.
    learning_rate, weight_decay, maximize
        As for :class:`Adam`.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 1.0,
        *,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            *_penalized(weight_decay, maximize), scale_by_adadelta(rho, eps), scale_by_learning_rate(learning_rate)
        )


class Adafactor(chain):
    """Adaptive steps of which matrices keep one number a row and one a column; relative to the size of the parameters.

    Parameters
    ----------
    learning_rate
        Steps are no larger than ``1 / sqrt(step)`` in any case.
    beta2_decay
        The newest square weighs ``step ** beta2_decay``.
    eps
        Least root mean square of gradients, None for the machine epsilon, and of parameters.
    d
        Root mean square above which steps are clipped.
    weight_decay
        Decoupled, as for :class:`AdamW`.
    maximize
        Whether to ascend.

    References
    ----------
    N. Shazeer, M. Stern, "Adafactor: Adaptive learning rates with sublinear memory cost", ICML 2018, algorithm 4.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 1e-2,
        *,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            *_penalized(0.0, maximize),
            scale_by_factored_rms(beta2_decay, eps[0]),
            clip_by_root_mean_square(d),
            scale_by_parameter_size(eps[1]),
            scale_by_schedule(_NoMoreThanInverseRoot(learning_rate)),
            scale(-1.0),
            *((add_decayed_weights(_Times(-weight_decay, learning_rate)),) if weight_decay else ()),
        )


class Lion(chain):
    """Steps of one size, in the direction of the sign of a mean of the gradients.

    Parameters
    ----------
    betas
        As for :class:`nn.optimizers.scale_by_lion`.
    weight_decay
        Decoupled, as for :class:`AdamW`.
    learning_rate, maximize
        As for :class:`Adam`.

    References
    ----------
    X. Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023, algorithm 2.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 1e-4,
        *,
        betas: Betas = (0.9, 0.99),
        weight_decay: float = 0.0,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            *_with_decay(scale_by_lion(betas), weight_decay, True, maximize), scale_by_learning_rate(learning_rate)
        )


class LAMB(chain):
    """Adam whose steps are, for each array, as long as the learning rate times the norm of the parameter.

    Parameters
    ----------
    weight_decay
        Decoupled, as for :class:`AdamW`, and part of what is brought to that length.
    learning_rate, betas, eps, maximize
        As for :class:`Adam`.

    References
    ----------
    Y. You et al., "Large batch optimization for deep learning: Training BERT in 76 minutes", ICLR 2020, algorithm 2.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 1e-3,
        *,
        betas: Betas = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            *_with_decay(scale_by_adam(betas, eps), weight_decay, True, maximize),
            scale_by_trust_ratio(),
            scale_by_learning_rate(learning_rate),
        )


class Muon(chain):
    """Momentum whose singular values are brought near 1; for the matrices of hidden layers alone.

    Parameters
    ----------
    weight_decay
        Decoupled, as for :class:`AdamW`.
    momentum, nesterov
        Decay of the running mean of gradients, and whether to look one step ahead.
    ns_coefficients, ns_steps, eps, adjust_lr_fn
        As for :class:`nn.optimizers.orthogonalize`.
    learning_rate, maximize
        As for :class:`Adam`.

    References
    ----------
    K. Jordan, "Muon: An optimizer for hidden layers in neural networks", 2024.

    Examples
    --------
    Biases and other arrays that are no matrices go to another optimizer:

    >>> import nn
    >>> optimizer = nn.grouped({"*.bias": nn.AdamW(1e-3), "*": Muon(0.02)})
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 1e-3,
        *,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: Literal["original", "match_rms_adamw"] | None = None,
        maximize: bool = False,
    ) -> None:
        super().__init__(
            *_penalized(0.0, maximize),
            average(momentum, nesterov),
            orthogonalize(ns_coefficients, ns_steps, eps, adjust_lr_fn),
            *_decay(weight_decay),
            scale_by_learning_rate(learning_rate),
        )


def _penalized(weight_decay: float, maximize: bool) -> tuple[Transform, ...]:
    ascent = (scale(-1.0),) if maximize else ()
    return *ascent, *_decay(weight_decay)


def _decay(weight_decay: float) -> tuple[Transform, ...]:
    return (add_decayed_weights(weight_decay),) if weight_decay else ()


def _with_decay(direction: Transform, weight_decay: float, decoupled: bool, maximize: bool) -> tuple[Transform, ...]:
    if decoupled:
        return *_penalized(0.0, maximize), direction, *_decay(weight_decay)
    return *_penalized(weight_decay, maximize), direction


@dataclass(frozen=True)
class _NoMoreThanInverseRoot:
    """The schedule of Adafactor's relative steps."""

    learning_rate: float | Schedule

    def __call__(self, step: int) -> float:
        return min(at_step(self.learning_rate, step), 1 / math.sqrt(step))


@dataclass(frozen=True)
class _Times:
    """A schedule times a number."""

    factor: float
    schedule: float | Schedule

    def __call__(self, step: int) -> float:
        return self.factor * at_step(self.schedule, step)
