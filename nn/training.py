"""The training loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

import numpy

from autodiff import array_namespace, value_and_grad
from nn.data import minibatches
from nn.losses import cross_entropy
from nn.namespaces import Array
from nn.optimizers import Optimizer

__all__ = ["Epoch", "accuracy", "train"]

Model = TypeVar("Model", bound=Callable[[Array], Array])


class Epoch(NamedTuple, Generic[Model]):
    """What one pass over the examples left behind."""

    number: int
    """Counts from 1."""
    model: Model
    loss: float
    """Mean over the examples, each taken before the step that it was part of."""


def train(
    model: Model,
    optimizer: Optimizer,
    examples: Array,
    labels: Array,
    *,
    epochs: int,
    batch_size: int,
    rng: numpy.random.Generator,
    loss: Callable[[Array, Array], Array] = cross_entropy,
) -> Iterator[Epoch[Model]]:
    """Train a model, yielding after each epoch: the caller reports, saves and stops.

    Parameters
    ----------
    model
        A module, or any tree that can be called. It is left as it is: take the trained one from the last
        :class:`Epoch`.
    examples, labels
        Arrays of the model's namespace with as many rows.
    rng
        Says in which order the examples come.
    loss
        Mean loss of (predictions, labels).

    Examples
    --------
    >>> import nn, numpy
    >>> x = numpy.linspace(-1, 1, 16)[:, None]
    >>> model = nn.Linear(1, 2, rng=numpy.random.default_rng(0), xp=numpy, dtype=numpy.float64)
    >>> labels = (x[:, 0] > 0).astype(int)
    >>> for epoch in train(model, nn.Adam(0.1), x, labels, epochs=50, batch_size=4, rng=numpy.random.default_rng(0)):
    ...     pass
    >>> accuracy(epoch.model, x, labels)
    1.0
    """

    def objective(model: Model, examples: Array, labels: Array) -> Array:
        return loss(model(examples), labels)

    value_and_grads = value_and_grad(objective)
    state = optimizer.init(model)
    for number in range(1, epochs + 1):
        total = 0.0
        for batch, batch_labels in minibatches(examples, labels, batch_size=batch_size, rng=rng):
            value, grads = value_and_grads(model, batch, batch_labels)
            model, state = optimizer.update(grads, state, model)
            total += float(value) * batch.shape[0]
        yield Epoch(number, model, total / examples.shape[0])


def predict(model: Callable[[Array], Array], examples: Array) -> Array:
    """The class with the highest score for each example."""
    logits = model(examples)
    return array_namespace(logits).argmax(logits, axis=-1)


def accuracy(model: Callable[[Array], Array], examples: Array, labels: Array) -> float:
    """Share of the examples whose predicted class is right."""
    hits = predict(model, examples) == labels
    return float(array_namespace(hits).count_nonzero(hits)) / int(labels.shape[0])
