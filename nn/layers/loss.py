"""Losses as layers, by PyTorch's names: options are set when one is made, weights and mask passed when it is called."""

from __future__ import annotations

from functools import partial

from nn import losses, vectors
from nn.layers.function import layer_of

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CTCLoss",
    "ContrastiveLoss",
    "CosineEmbeddingLoss",
    "CosineSimilarity",
    "CrossEntropyLoss",
    "GaussianNLLLoss",
    "HingeEmbeddingLoss",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "MarginRankingLoss",
    "MultiLabelMarginLoss",
    "MultiLabelSoftMarginLoss",
    "MultiMarginLoss",
    "NLLLoss",
    "PairwiseDistance",
    "PoissonNLLLoss",
    "SmoothL1Loss",
    "SoftMarginLoss",
    "TripletMarginLoss",
    "TripletMarginWithDistanceLoss",
]

_layer = partial(layer_of, module=__name__, per_call=("labels", "mask", "sample_weight"))

BCELoss = _layer("BCELoss", losses.binary_cross_entropy)
BCEWithLogitsLoss = _layer("BCEWithLogitsLoss", losses.binary_cross_entropy_with_logits)
ContrastiveLoss = _layer("ContrastiveLoss", losses.contrastive_loss)
CosineEmbeddingLoss = _layer("CosineEmbeddingLoss", losses.cosine_loss)
CosineSimilarity = _layer("CosineSimilarity", vectors.cosine_similarity)
CrossEntropyLoss = _layer("CrossEntropyLoss", losses.cross_entropy)
CTCLoss = _layer("CTCLoss", losses.ctc_loss)
GaussianNLLLoss = _layer("GaussianNLLLoss", losses.gaussian_nll_loss)
HingeEmbeddingLoss = _layer("HingeEmbeddingLoss", losses.hinge_embedding_loss)
HingeLoss = _layer("HingeLoss", losses.hinge_loss)
HuberLoss = _layer("HuberLoss", losses.huber_loss)
KLDivLoss = _layer("KLDivLoss", losses.kl_divergence)
L1Loss = _layer("L1Loss", losses.mean_absolute_error)
MarginRankingLoss = _layer("MarginRankingLoss", losses.margin_ranking_loss)
MSELoss = _layer("MSELoss", losses.mean_squared_error)
MultiLabelMarginLoss = _layer("MultiLabelMarginLoss", losses.multilabel_margin_loss)
MultiLabelSoftMarginLoss = _layer("MultiLabelSoftMarginLoss", losses.multilabel_soft_margin_loss)
MultiMarginLoss = _layer("MultiMarginLoss", losses.multi_margin_loss)
NLLLoss = _layer("NLLLoss", losses.nll_loss)
PairwiseDistance = _layer("PairwiseDistance", vectors.pairwise_distance)
PoissonNLLLoss = _layer("PoissonNLLLoss", losses.poisson_nll_loss)
SmoothL1Loss = _layer("SmoothL1Loss", losses.smooth_l1_loss)
SoftMarginLoss = _layer("SoftMarginLoss", losses.soft_margin_loss)
TripletMarginLoss = _layer("TripletMarginLoss", losses.triplet_loss)
TripletMarginWithDistanceLoss = _layer("TripletMarginWithDistanceLoss", losses.triplet_margin_with_distance_loss)
