"""Neural networks over any array namespace.

A model is a tree of arrays. Layers call only standard array functions, so the same model trains on ``extensor``,
NumPy, array-api-strict, PyTorch and JAX.
"""

from nn import functional, init, optimizers, schedules
from nn.activations import *
from nn.attention import *
from nn.callbacks import *
from nn.checkpoints import *
from nn.containers import *
from nn.convolution import *
from nn.data import augmentation
from nn.data.digits import *
from nn.data.loader import *
from nn.differentiation import *
from nn.dropouts import *
from nn.finiteness import *
from nn.graph import *
from nn.history import *
from nn.interpolation import *
from nn.layers import *
from nn.losses import *
from nn.metrics import *
from nn.mixed_precision import *
from nn.module import *
from nn.names import public as _public
from nn.normalization import *
from nn.optimizers import add_decayed_weights, clip_by_norm, clip_by_value
from nn.optimizers.algorithms import *
from nn.optimizers.attached import *
from nn.optimizers.combining import *
from nn.optimizers.lbfgs import *
from nn.optimizers.minimizing import *
from nn.optimizers.optimizer import *
from nn.optimizers.sharpness import *
from nn.optimizers.weights import *
from nn.padding import *
from nn.parameter import *
from nn.pooling import *
from nn.rearrangement import *
from nn.schedules import *
from nn.serialization import *
from nn.summary import *
from nn.training import *
from nn.vectors import *

__all__ = ["augmentation", "functional", "init", "optimizers", "schedules", *_public(globals())]
