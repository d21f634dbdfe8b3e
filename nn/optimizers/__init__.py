"""Optimizers: chains of small transforms of gradients, over trees of arrays.

``algorithms.py`` states each optimizer as a chain; ``transform.py`` says what a transform is.
"""

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
from nn.optimizers.algorithms import (
    LAMB,
    SGD,
    Adadelta,
    Adafactor,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Lion,
    Muon,
    NAdam,
    RAdam,
    RMSprop,
)
from nn.optimizers.attached import Attached
from nn.optimizers.basic import (
    add_decayed_weights,
    average,
    clip_by_norm,
    clip_by_value,
    momentum,
    scale,
    scale_by_learning_rate,
    scale_by_schedule,
)
from nn.optimizers.combining import accumulate, grouped
from nn.optimizers.lbfgs import LBFGS
from nn.optimizers.minimizing import Minimum, minimize
from nn.optimizers.optimizer import Optimizer, chain
from nn.optimizers.per_matrix import (
    clip_by_root_mean_square,
    orthogonalize,
    scale_by_factored_rms,
    scale_by_parameter_size,
    scale_by_trust_ratio,
)
from nn.optimizers.sharpness import sharpness_aware
from nn.optimizers.transform import PerArray, Transform
from nn.optimizers.weights import averaged_weights, ema_of_weights, lookahead

__all__ = [
    "LAMB",
    "LBFGS",
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Attached",
    "Lion",
    "Minimum",
    "Muon",
    "NAdam",
    "Optimizer",
    "PerArray",
    "RAdam",
    "RMSprop",
    "Transform",
    "accumulate",
    "add_decayed_weights",
    "average",
    "averaged_weights",
    "chain",
    "clip_by_norm",
    "clip_by_root_mean_square",
    "clip_by_value",
    "ema_of_weights",
    "grouped",
    "lookahead",
    "minimize",
    "momentum",
    "orthogonalize",
    "scale",
    "scale_by_adadelta",
    "scale_by_adagrad",
    "scale_by_adam",
    "scale_by_adamax",
    "scale_by_factored_rms",
    "scale_by_learning_rate",
    "scale_by_lion",
    "scale_by_nadam",
    "scale_by_parameter_size",
    "scale_by_radam",
    "scale_by_rms",
    "scale_by_schedule",
    "scale_by_trust_ratio",
    "sharpness_aware",
]
