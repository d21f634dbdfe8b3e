"""Neural networks over any array namespace.

A model is a tree of arrays. Layers call only standard array functions, so the same model trains on ``extensor``,
NumPy, array-api-strict, PyTorch and JAX.
"""

from nn import init
from nn.activations import log_softmax, relu
from nn.data import Dataset, load_digits, load_mnist, minibatches
from nn.layers import Flatten, Linear, ReLU, Sequential
from nn.losses import cross_entropy
from nn.module import Module
from nn.optimizers import SGD, Adam, Optimizer
from nn.schedules import cosine_decay
from nn.serialization import load, save
from nn.training import Epoch, accuracy, train

__all__ = [
    "SGD",
    "Adam",
    "Dataset",
    "Epoch",
    "Flatten",
    "Linear",
    "Module",
    "Optimizer",
    "ReLU",
    "Sequential",
    "accuracy",
    "cosine_decay",
    "cross_entropy",
    "init",
    "load",
    "load_digits",
    "load_mnist",
    "log_softmax",
    "minibatches",
    "relu",
    "save",
    "train",
]
