"""Losses as layers, by PyTorch's names: options are set when one is made, weights and mask passed when it is called."""

from __future__ import annotations

from functools import partial

from nn import losses
from nn.layers.function import layer_of

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "ContrastiveLoss",
    "CosineEmbeddingLoss",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
    "PoissonNLLLoss",
    "TripletMarginLoss",
]

_layer = partial(layer_of, module=__name__, per_call=("labels", "mask", "weights"))

BCELoss = _layer("BCELoss", losses.binary_cross_entropy)
BCEWithLogitsLoss = _layer("BCEWithLogitsLoss", losses.binary_cross_entropy_with_logits)
ContrastiveLoss = _layer("ContrastiveLoss", losses.contrastive_loss)
CosineEmbeddingLoss = _layer("CosineEmbeddingLoss", losses.cosine_loss)
CrossEntropyLoss = _layer("CrossEntropyLoss", losses.cross_entropy)
CTCLoss = _layer("CTCLoss", losses.ctc_loss)
GaussianNLLLoss = _layer("GaussianNLLLoss", losses.gaussian_nll_loss)
HingeLoss = _layer("HingeLoss", losses.hinge_loss)
HuberLoss = _layer("HuberLoss", losses.huber_loss)
KLDivLoss = _layer("KLDivLoss", losses.kl_divergence)
L1Loss = _layer("L1Loss", losses.mean_absolute_error)
MSELoss = _layer("MSELoss", losses.mean_squared_error)
NLLLoss = _layer("NLLLoss", losses.nll_loss)
PoissonNLLLoss = _layer("PoissonNLLLoss", losses.poisson_nll_loss)
TripletMarginLoss = _layer("TripletMarginLoss", losses.triplet_loss)
