"""All functions of arrays, by the names and options that they have in ``torch.nn.functional``.

>>> import numpy
>>> from nn import functional as F
>>> F.softmax(F.hardtanh(numpy.asarray([[2.0, 1.0], [-3.0, 1.0]])), dim=0)
array([[0.88079708, 0.5       ],
       [0.11920292, 0.5       ]])
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from nn import activations, losses, vectors
from nn.activations import *
from nn.attention import *
from nn.convolution import *
from nn.dropouts import *
from nn.interpolation import *
from nn.layers.linear import linear
from nn.losses import *
from nn.names import public as _public
from nn.normalization import *
from nn.padding import *
from nn.pooling import *
from nn.rearrangement import *
from nn.vectors import *


def _by(function: Callable[..., Any], **names: str) -> Callable[..., Any]:
    """The function under PyTorch's names of options."""

    @wraps(function)
    def call(*args: Any, **options: Any) -> Any:
        return function(*args, **{names.get(name, name): value for name, value in options.items()})

    return call


hardshrink, softshrink, tanhshrink = activations.hard_shrink, activations.soft_shrink, activations.tanh_shrink
hardsigmoid, hardswish, hardtanh = activations.hard_sigmoid, activations.hard_swish, activations.hard_tanh
logsigmoid = activations.log_sigmoid
glu, softmax, softmin, log_softmax, cosine_similarity, normalize = (
    _by(function, dim="axis")
    for function in (
        activations.glu,
        activations.softmax,
        activations.softmin,
        activations.log_softmax,
        vectors.cosine_similarity,
        vectors.normalize,
    )
)
mse_loss, l1_loss = losses.mean_squared_error, losses.mean_absolute_error
cosine_embedding_loss, triplet_margin_loss = losses.cosine_loss, losses.triplet_loss
kl_div = losses.kl_divergence

__all__ = [name for name in _public(globals()) if name not in ("Any", "Callable", "wraps")]
