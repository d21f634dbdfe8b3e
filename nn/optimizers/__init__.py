"""Optimizers: chains of small transforms of gradients, over trees of arrays.

``algorithms.py`` states each optimizer as a chain; ``transform.py`` says what a transform is.
"""

from nn.names import public as _public
from nn.optimizers.adaptive import *
from nn.optimizers.algorithms import *
from nn.optimizers.attached import *
from nn.optimizers.basic import *
from nn.optimizers.combining import *
from nn.optimizers.lbfgs import *
from nn.optimizers.minimizing import *
from nn.optimizers.optimizer import *
from nn.optimizers.per_matrix import *
from nn.optimizers.sharpness import *
from nn.optimizers.transform import *
from nn.optimizers.weights import *

__all__ = _public(globals())
