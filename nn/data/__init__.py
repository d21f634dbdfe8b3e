"""Data for training: data sets, a loader of minibatches, and augmentation of images."""

from nn.data import augmentation
from nn.data.digits import Dataset, load_digits, load_mnist
from nn.data.loader import DataLoader, minibatches

__all__ = ["DataLoader", "Dataset", "augmentation", "load_digits", "load_mnist", "minibatches"]
