"""Layers: modules that map one array to one array."""

from nn.layers.activation import *
from nn.layers.attention import *
from nn.layers.bilinear import *
from nn.layers.convolution import *
from nn.layers.dropout import *
from nn.layers.embedding import *
from nn.layers.flatten import *
from nn.layers.interpolation import *
from nn.layers.linear import *
from nn.layers.loss import *
from nn.layers.normalization import *
from nn.layers.padding import *
from nn.layers.pooling import *
from nn.layers.positional import *
from nn.layers.rearrange import *
from nn.layers.recurrent import *
from nn.layers.sequential import *
from nn.layers.transformer import *
from nn.names import public as _public

__all__ = _public(globals())
