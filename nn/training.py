"""The training loop."""

from __future__ import annotations

import itertools
import math
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import numpy
import optree

from autodiff import array_namespace
from autodiff.namespaces import device_of
from nn.arguments import checked_count
from nn.callbacks import EVENTS, ProgressReport, checked, methods, with_states
from nn.checkpoints import latest_checkpoint, load_checkpoint, save_checkpoint
from nn.data import DataLoader
from nn.differentiation import value_and_grad
from nn.finiteness import NonFiniteError, all_finite, source_of_non_finite
from nn.history import History
from nn.losses import cross_entropy
from nn.metrics import Metric, Totals
from nn.mixed_precision import MixedPrecision
from nn.module import Module
from nn.namespaces import Array, is_array
from nn.optimizers import LBFGS, Attached, Optimizer
from nn.parameter import Parameter

__all__ = ["Run", "evaluate", "fit"]

Batch: TypeAlias = Any
Loss: TypeAlias = Callable[[Array, Array], Array]
Metrics: TypeAlias = Sequence[Metric | Callable[[Array, Array], Any]]
Forward: TypeAlias = Callable[[Callable[..., Any], Batch], tuple[Any, Any]]

_COUNTERS = "step", "steps_done", "exhausted", "stop"


def predictions_and_targets(model: Callable[..., Any], batch: Batch) -> tuple[Any, Any]:
    """What a model makes of all parts of a batch but the last, and that one.

    Raises
    ------
    TypeError
        If the batch has not several parts.
    """
    if not isinstance(batch, (tuple, list)) or len(batch) < 2:
        raise TypeError(
            f"expected batches (inputs, targets), got {type(batch).__name__}; for others pass forward=, a function of "
            "(model, batch) that returns predictions and targets"
        )
    *inputs, targets = batch
    return model(*inputs), targets


def fit(
    model: Module,
    optimizer: Optimizer | Attached,
    data: Any,
    *,
    epochs: int,
    loss: Loss = cross_entropy,
    forward: Forward = predictions_and_targets,
    validation: Any = None,
    metrics: Metrics = (),
    callbacks: Sequence[Any] = (),
    batch_size: int | None = None,
    rng: numpy.random.Generator | None = None,
    accumulate: int = 1,
    precision: MixedPrecision | None = None,
    resume: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> History:
    """Train a model, in place.

    Parameters
    ----------
    model : Module
    optimizer : Optimizer or Attached
        An attached one continues with the state that it has. For clipping of gradients put it into the chain:
        ``nn.chain(nn.clip_by_norm(1.0), nn.Adam())``.
    data
        A tuple of arrays, inputs and targets with as many rows, which are shuffled, and go batch by batch to where the
        model's parameters are; an :class:`nn.DataLoader`; or any other iterable of batches.
    epochs : int
        Passes over the data, those before a checkpoint among them.
    loss : callable
        Mean loss of (predictions, targets), an array of 0 dimensions.
    forward : callable
        Predictions and targets of (model, batch). By default a batch is a tuple: the model is called with all parts but
        the last, and that one is the targets.
    validation
        As `data`, but not shuffled: loss and metrics of these are found after each epoch, with ``model.eval()``.
    metrics : sequence
        Metrics of :mod:`nn.metrics`, or functions of (predictions, targets) that return a mean over the rows.
    callbacks : sequence
        See :mod:`nn.callbacks`.
    batch_size : int, optional
        For `data` or `validation` that are arrays; 32 by default.
    rng : numpy.random.Generator, optional
        For `data` that are arrays: says their order.
    accumulate : int
        How many batches make up one step of the optimizer; its gradient is that of all their rows together.
    precision : MixedPrecision, optional
        See :func:`nn.mixed_precision`.
    resume : path, optional
        A checkpoint to continue from, or the folder of :class:`nn.Checkpoint`, in which the latest is taken; if that
        has none or is not there yet, training begins at the start. Model, optimizer, data and callbacks are to be made
        as they were then.
    progress : bool
        Whether to show a progress bar on a terminal, and elsewhere to print a line per epoch.

    Returns
    -------
    History
        Losses and metrics of each epoch. Those of the training data are means over the epoch: of predictions that were
        made before the steps which they led to.

    Raises
    ------
    NonFiniteError
        If the loss or a gradient is NaN or infinite. The step is not made.
    TypeError
        If an argument is of another kind, or `batch_size` or `rng` is given where nothing is cut into batches.
    ValueError
        If there are no batches, or a checkpoint does not fit.

    Notes
    -----
    Modules are set to train at the beginning of each epoch, and get back their modes at the end. The gradients that
    parameters hold are forgotten. NumPy's warnings of invalid operations are held back, as :exc:`nn.NonFiniteError`
    says more.

    Examples
    --------
    >>> import nn, numpy
    >>> x = numpy.linspace(-1, 1, 16)[:, None]
    >>> labels = (x[:, 0] > 0).astype(int)
    >>> model = nn.Linear(1, 2, rng=numpy.random.default_rng(0), xp=numpy, dtype=numpy.float64)
    >>> history = nn.fit(
    ...     model, nn.Adam(0.1), (x, labels), epochs=50, batch_size=4, rng=numpy.random.default_rng(0), progress=False
    ... )
    >>> nn.accuracy(model(x), labels)
    1.0
    """
    if not callable(loss):
        raise TypeError(f"loss must be a function of predictions and targets, got {loss!r}")
    loader = _loader(_checked(model), data, batch_size, rng, shuffle=True)
    held_out = None if validation is None else _loader(model, validation, batch_size, None, shuffle=False)
    if loader is data:
        _refuse_unused(data, batch_size if held_out is validation else None, rng)
    run = Run(model, optimizer, loader, epochs, metrics, accumulate, precision)
    run.objective = loss, forward
    run.callbacks = [*checked(callbacks), *([ProgressReport()] if progress else [])]
    if resume is not None and (path := _checkpoint_at(Path(resume))):
        run.load(path)
    emit = {event: methods(run.callbacks, event) for event in EVENTS}

    def tell(event: str) -> None:
        for method in emit[event]:
            method(run)

    with _modes_kept(model):
        try:
            model.zero_grad()
            tell("on_fit_start")
            while len(run.history) < run.epochs and not run.stop:
                run.epoch = len(run.history) + 1
                model.train()
                tell("on_epoch_start")
                with closing(run.steps()) as steps:
                    for _ in steps:
                        tell("on_step_end")
                logs = run.totals.values()
                if held_out is not None:
                    found = evaluate(model, held_out, loss=loss, forward=forward, metrics=metrics)
                    logs |= {f"validation {name}": value for name, value in found.items()}
                run.close_epoch(logs)
                tell("on_epoch_end")
        finally:
            tell("on_fit_end")
    return run.history


def evaluate(
    model: Module,
    data: Any,
    *,
    loss: Loss | None = None,
    metrics: Metrics = (),
    forward: Forward = predictions_and_targets,
    batch_size: int | None = None,
) -> dict[str, Any]:
    """Loss and metrics of a model on data, with ``model.eval()``; parameters as of :func:`fit`.

    Examples
    --------
    >>> import nn, numpy
    >>> model = nn.Linear(1, 2, rng=numpy.random.default_rng(0), xp=numpy, dtype=numpy.float64)
    >>> nn.evaluate(model, (numpy.ones((4, 1)), numpy.asarray([0, 1, 0, 1])), metrics=[nn.accuracy])
    {'accuracy': 0.5}
    """
    totals = Totals(metrics)
    loader = _loader(_checked(model), data, batch_size, None, shuffle=False)
    if loader is data:
        _refuse_unused(data, batch_size, None)
    with _modes_kept(model), _batches_of(loader) as batches:
        model.eval()
        for batch in batches:
            predictions, targets = forward(model, batch)
            rows = _rows(batch)
            if loss is not None:
                totals.add_mean("loss", float(loss(predictions, targets)), rows)
            totals.update(predictions, targets, rows)
    if not totals.sums and (loss is not None or metrics):
        raise ValueError("there are no batches to evaluate")
    return totals.values()


class Run:
    """A training run, as callbacks see it.

    Attributes
    ----------
    model : Module
    optimizer : Attached
    loader
        Gives the batches.
    epochs, epoch : int
        How many there are to be, and the number of the current one, from 1.
    step : int
        How many steps have been made, from the first epoch on.
    steps_done : int
        How many of them in this epoch.
    logs : dict
        After an epoch, its losses and metrics by name.
    history : History
    exhausted : bool
        Whether the loader has no more batches in this epoch.
    stop : bool
        Set it to end the training after the epoch.
    """

    objective: tuple[Loss, Forward] = cross_entropy, predictions_and_targets
    callbacks: Sequence[Any] = ()

    def __init__(
        self,
        model: Module,
        optimizer: Optimizer | Attached,
        loader: Any,
        epochs: int,
        metrics: Metrics,
        accumulate: int,
        precision: MixedPrecision | None,
    ) -> None:
        self.model = model
        if not isinstance(optimizer, (Optimizer, Attached)):
            raise TypeError(f"expected an optimizer, such as nn.Adam(), got {optimizer!r}")
        self.optimizer = optimizer if isinstance(optimizer, Attached) else optimizer.attach(model)
        if isinstance(self.optimizer.optimizer, LBFGS):
            raise TypeError("LBFGS evaluates a loss several times a step, which minibatches do not allow: nn.minimize")
        if precision is not None and not isinstance(precision, MixedPrecision):
            raise TypeError(f"precision must be nn.mixed_precision(...) or None, got {precision!r}")
        self.epochs, self.accumulate = checked_count("epochs", epochs, least=0), checked_count("accumulate", accumulate)
        self.loader, self.precision = loader, precision
        self.history, self.totals = History(), Totals(metrics)
        self.logs: dict[str, Any] = {}
        self.step = self.epoch = self.steps_done = 0
        self.exhausted = self.stop = False

    @property
    def steps_per_epoch(self) -> int | None:
        """How many steps an epoch has; None if that is not known."""
        try:
            return -(-len(self.loader) // self.accumulate)
        except TypeError:
            return None

    def steps(self) -> Generator[None]:
        """Make the steps of an epoch, or the rest of them."""
        function = self.precision.around(self.model) if self.precision else self.model
        loss, forward = self.objective

        def objective(_: Module, batch: Batch) -> tuple[Array, Any]:
            predictions, targets = forward(function, batch)
            value = loss(predictions, targets)
            scale = self.precision.scale if self.precision else 1.0
            return value if scale == 1 else value * scale, (value, predictions, targets)

        gradients = value_and_grad(objective, has_aux=True)
        parameters = dict(self.model.named_parameters())
        # What cannot continue by itself is read up to where a checkpoint was.
        passed = 0 if hasattr(self.loader, "state_dict") else self.steps_done * self.accumulate
        with _batches_of(() if self.exhausted else self.loader) as batches:
            batches = itertools.islice(batches, passed, None)
            while group := list(itertools.islice(batches, self.accumulate)):
                self.exhausted = len(group) < self.accumulate
                self.step += 1
                self.steps_done += 1
                with _quiet():
                    grads = self._gradients(gradients, group)
                    if self._usable(grads, group[-1]):
                        self._move(parameters, grads)
                yield
        if not self.totals.sums:
            raise ValueError(
                f"epoch {self.epoch} has no batches: the data are empty, or fewer than a batch with drop_last, or an "
                "iterator that is used up; pass a function that begins a new one to nn.DataLoader"
            )

    def _gradients(self, gradients: Callable[..., Any], group: list[Batch]) -> dict[str, Array]:
        """Of all rows of some batches together."""
        rows = list(map(_rows, group))
        total: dict[str, Array] = {}
        for batch, count in zip(group, rows, strict=True):
            (_, (value, predictions, targets)), grads = gradients(self.model, batch)
            value = float(value)
            if not math.isfinite(value):
                raise self._error(f"the loss is {value}", batch, grads)
            self.totals.add_mean("loss", value, count)
            self.totals.update(predictions, targets, count)
            if len(group) > 1:
                share = count / sum(rows)
                grads = {name: grad * share for name, grad in grads.items()}
            total = {name: total[name] + grad for name, grad in grads.items()} if total else grads
        return total

    def _usable(self, grads: dict[str, Array], batch: Batch) -> bool:
        """Whether gradients are finite, and those of the loss itself from then on. If not, the step is left out."""
        finite = all_finite(grads.values())
        if not finite and (self.precision is None or self.precision.exhausted):
            raise self._error("a gradient is not finite", batch, grads)
        if self.precision is not None:
            if self.precision.scale != 1:
                grads |= self.precision.unscaled(grads)
            self.precision.observe(finite)
        return finite

    def _move(self, parameters: dict[str, Parameter], grads: dict[str, Array]) -> None:
        for name, grad in grads.items():
            parameters[name].grad = grad
        self.optimizer.step()
        for name in grads:
            parameters[name].grad = None

    def _error(self, what: str, batch: Batch, grads: dict[str, Array]) -> NonFiniteError:
        loss, forward = self.objective
        function = self.precision.around(self.model) if self.precision else self.model
        source = source_of_non_finite(self.model, batch, lambda: loss(*forward(function, batch)), grads)
        advice = "lower the learning rate, clip gradients (nn.clip_by_norm) or mend the data"
        if self.precision is not None and self.precision.dtype == "float16":
            advice = "float16 ends at 65504: use bfloat16, or scale the data down"
        return NonFiniteError(f"{what} in epoch {self.epoch}", self.step, source, advice)

    def close_epoch(self, logs: dict[str, Any]) -> None:
        """Put an epoch into the history."""
        self.logs = {"epoch": self.epoch, **logs}
        self.history.rows.append(self.logs)
        self.totals.sums = {}
        self.steps_done, self.exhausted = 0, False

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a checkpoint, from which :func:`fit` can resume."""
        save_checkpoint(path, self._parts())

    def load(self, path: str | os.PathLike[str]) -> None:
        """Continue from a checkpoint."""
        parts = load_checkpoint(path, self._parts())
        for name in _COUNTERS:
            setattr(self, name, parts[name])

    def _parts(self) -> dict[str, Any]:
        parts = {
            # First, as it may refuse a state: then nothing has been changed yet.
            "loader": self.loader if hasattr(self.loader, "state_dict") else None,
            "precision": self.precision,
            "callbacks": with_states(list(self.callbacks)),
            "history": self.history,
            "totals": self.totals,
            **{name: getattr(self, name) for name in _COUNTERS},
            "model": self.model,
            "optimizer": self.optimizer,
        }
        return {name: part for name, part in parts.items() if part is not None}


def _loader(
    model: Module, data: Any, batch_size: int | None, rng: numpy.random.Generator | None, *, shuffle: bool
) -> Any:
    leaves: list[Any] = [] if isinstance(data, (DataLoader, list)) else optree.tree_leaves(data)
    if leaves and all(map(is_array, leaves)):
        weight = next((parameter.data for parameter in model.parameters()), leaves[0])
        return DataLoader(
            data,
            batch_size=32 if batch_size is None else batch_size,
            shuffle=shuffle,
            rng=rng,
            xp=array_namespace(weight),
            device=device_of(weight),
        )
    if not isinstance(data, Iterable):
        raise TypeError(f"expected arrays, an nn.DataLoader or another iterable of batches, got {type(data).__name__}")
    return data


def _refuse_unused(data: Any, batch_size: int | None, rng: numpy.random.Generator | None) -> None:
    if batch_size is not None or rng is not None:
        raise TypeError(
            f"batch_size and rng are for arrays, got {type(data).__name__}; give them to an nn.DataLoader, which makes "
            "batches of arrays or of examples"
        )


def _checked(model: Any) -> Module:
    if not isinstance(model, Module):
        found = (
            f"the class {model.__name__}: make one, {model.__name__}(...)" if isinstance(model, type) else type(model)
        )
        raise TypeError(f"expected an nn.Module, got {found}")
    return model


@contextmanager
def _batches_of(loader: Any) -> Iterator[Iterator[Batch]]:
    """An iterator over an epoch, nothing of which goes on afterwards, such as a thread."""
    batches = iter(loader)
    try:
        yield batches
    finally:
        if isinstance(loader, DataLoader):
            batches.close()


def _checkpoint_at(path: Path) -> Path | None:
    return path if path.is_file() or path.suffix == ".safetensors" else latest_checkpoint(path)


def _rows(batch: Batch) -> int:
    leaves: list[Any] = optree.tree_leaves(batch)
    for leaf in leaves:
        if is_array(leaf) and leaf.shape:
            return int(leaf.shape[0])
    raise TypeError(f"a batch must hold arrays with rows, got {type(batch).__name__}")


@contextmanager
def _modes_kept(model: Module) -> Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _quiet() -> Any:
    """Without NumPy's warnings, where they are no more than that."""
    policies: Any = {kind: "ignore" for kind, policy in numpy.geterr().items() if policy == "warn"}
    return numpy.errstate(**policies)
