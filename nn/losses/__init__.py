"""Losses: functions of predictions and targets, the smaller the better they agree.

Each is called as ``loss(predictions, targets, *, weights=None, mask=None, reduction="mean")``, with options of its own
by name; nothing is broadcast between predictions and targets, nor changed in place. There is one loss for each element,
or where a loss is of whole vectors, for each vector. Of these,

- `weights`, of a shape that broadcasts to that of the losses, multiply them;
- `mask`, of bools and such a shape, says which count. The others are zero, and so are their derivatives, whatever the
  predictions and targets are there, NaN included;
- `reduction` is ``"mean"``, their mean by the weights, ``sum(weights * losses) / sum(weights)`` over those that count;
  ``"sum"``, their weighted sum; or ``"none"``, the weighted losses themselves. The mean and the sum of no losses, of
  an empty batch or where the mask takes none, are 0. (PyTorch's mean of nothing is NaN, which would spoil a training
  run; and its ``binary_cross_entropy`` divides by the number of losses, not by the sum of the weights.)

A target that is an integer or a bool, where a number is expected, is converted to the data type of the predictions.

Every loss raises ValueError if shapes do not fit or there is no such reduction, and TypeError if predictions are not of
a floating-point data type or a mask is not of bools.
"""

from nn.losses.alignment import ctc_loss
from nn.losses.classification import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge_loss,
    kl_divergence,
    nll_loss,
)
from nn.losses.embedding import contrastive_loss, cosine_loss, triplet_loss
from nn.losses.reduction import Reduction
from nn.losses.regression import (
    gaussian_nll_loss,
    huber_loss,
    mae,
    mean_absolute_error,
    mean_squared_error,
    mse,
    poisson_nll_loss,
)

__all__ = [
    "Reduction",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "contrastive_loss",
    "cosine_loss",
    "cross_entropy",
    "ctc_loss",
    "gaussian_nll_loss",
    "hinge_loss",
    "huber_loss",
    "kl_divergence",
    "mae",
    "mean_absolute_error",
    "mean_squared_error",
    "mse",
    "nll_loss",
    "poisson_nll_loss",
    "triplet_loss",
]
