"""Losses: functions of predictions and targets, the smaller the better they agree.

Each is called as ``loss(predictions, targets, *, sample_weight=None, mask=None, reduction="mean")``, with options of
its own by name; nothing is broadcast between predictions and targets, nor changed in place. There is one loss for each
element, or where a loss is of whole vectors, for each vector. Of these,

- `sample_weight`, of a shape that broadcasts to that of the losses, multiplies them;
- `mask`, of bools and such a shape, says which count. The others are zero, and so are their derivatives, whatever the
  predictions and targets are there, NaN included;
- `reduction` is ``"mean"``, their mean by these weights, ``sum(weights * losses) / sum(weights)`` over those that
  count; ``"sum"``, their weighted sum; or ``"none"``, the weighted losses themselves. The mean and the sum of no
  losses, of an empty batch or where the mask takes none, are 0. (PyTorch's mean of nothing is NaN, which would spoil a
  training run.)

PyTorch's `weight`, of the classes, is another factor, which only the means of :func:`nn.cross_entropy` and
:func:`nn.nll_loss` divide by.

A target that is an integer or a bool, where a number is expected, is converted to the data type of the predictions.
Losses of half-precision predictions are computed in float32, and rounded.

Every loss raises ValueError if shapes do not fit or there is no such reduction, and TypeError if predictions are not of
a floating-point data type or a mask is not of bools.
"""

from nn.losses.alignment import ctc_loss
from nn.losses.classification import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    kl_divergence,
    nll_loss,
)
from nn.losses.embedding import contrastive_loss, cosine_loss, triplet_loss, triplet_margin_with_distance_loss
from nn.losses.margins import (
    hinge_embedding_loss,
    hinge_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
)
from nn.losses.regression import (
    gaussian_nll_loss,
    huber_loss,
    mae,
    mean_absolute_error,
    mean_squared_error,
    mse,
    poisson_nll_loss,
    smooth_l1_loss,
)

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "contrastive_loss",
    "cosine_loss",
    "cross_entropy",
    "ctc_loss",
    "gaussian_nll_loss",
    "hinge_embedding_loss",
    "hinge_loss",
    "huber_loss",
    "kl_divergence",
    "mae",
    "margin_ranking_loss",
    "mean_absolute_error",
    "mean_squared_error",
    "mse",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "triplet_loss",
    "triplet_margin_with_distance_loss",
]
