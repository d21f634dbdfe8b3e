"""Callbacks: what happens beside a training run.

A callback is any object with some of these methods, which :func:`nn.fit` calls with its :class:`nn.Run`, one callback
after the other in the order given:

========================  ==========================================================================================
``on_fit_start(run)``     before the first epoch, and after a checkpoint has been loaded
``on_epoch_start(run)``   before the first batch; the model has just been set to train
``on_step_end(run)``      after each step of the optimizer
``on_epoch_end(run)``     after validation; ``run.logs``, the new row of ``run.history``, has losses and metrics
``on_fit_end(run)``       at the end, also after an error or an interrupt
========================  ==========================================================================================

``run.stop = True`` ends the training after the epoch. What has ``state_dict()`` and ``load_state_dict(state)`` is kept
in checkpoints. So that :class:`Checkpoint` saves what the others have done, it comes last.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from nn.arguments import checked_count
from nn.checkpoints import checkpoints_in, latest_checkpoint, step_of
from nn.history import by_number
from nn.names import free
from nn.plots import require_matplotlib

if TYPE_CHECKING:
    from nn.training import Run

__all__ = [
    "CSVLogger",
    "Checkpoint",
    "EarlyStopping",
    "LambdaCallback",
    "LearningCurve",
    "Observe",
    "ProgressReport",
    "TensorBoard",
]

EVENTS = ("on_fit_start", "on_epoch_start", "on_step_end", "on_epoch_end", "on_fit_end")

Mode = Literal["min", "max"]
Path_ = str | os.PathLike[str]

_BETTER: dict[Mode, tuple[str, ...]] = {
    "min": ("loss", "error", "entropy", "mse", "mae"),
    "max": ("accuracy", "precision", "recall", "score"),
}
"""Words in the names of numbers that are the better the smaller, or the larger, they are."""


class LambdaCallback:
    """A callback made of functions.

    Parameters
    ----------
    **functions
        Functions of the run, by the name of the event.

    Examples
    --------
    >>> callback = LambdaCallback(on_epoch_end=lambda run: print(run.logs["loss"]))
    """

    def __init__(self, **functions: Callable[[Run], Any]) -> None:
        vars(self).update(functions)


class Best:
    """Whether a logged number is the best so far; NaN never is.

    Parameters
    ----------
    monitor : str
        Its name.
    mode : {"min", "max"}, optional
        Which is better; by default its name tells, of losses, errors, accuracies and scores.
    min_delta : float
        By how much to be better.
    """

    def __init__(self, monitor: str, mode: Mode | None, min_delta: float = 0.0) -> None:
        if mode is None:
            mode = _mode_of(monitor)
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max', got {mode!r}")
        self.monitor, self.sign, self.min_delta = monitor, -1 if mode == "min" else 1, min_delta
        self.value: float | None = None

    def improved(self, run: Run) -> bool:
        """Take note of an epoch."""
        value = logged(run, self.monitor)
        if math.isnan(value):
            return False
        if self.value is not None and not self.sign * value > self.sign * self.value + self.min_delta:
            return False
        self.value = value
        return True


def _mode_of(monitor: str) -> Mode:
    modes = [mode for mode, words in _BETTER.items() if any(word in monitor for word in words)]
    if len(modes) != 1:
        raise ValueError(
            f"whether a small or a large {monitor!r} is better is not known; pass mode='min' or mode='max'"
        )
    return modes[0]


def logged(run: Run, name: str) -> float:
    """A number among the logs of an epoch."""
    if name not in run.logs:
        raise ValueError(f"no {name!r} among the logs, which are {', '.join(run.logs)}; pass validation= or metrics=")
    return float(run.logs[name])


class EarlyStopping:
    """Stop when a logged number has not got better for some epochs.

    Parameters
    ----------
    monitor : str
        Its name.
    patience : int
        How many epochs in a row may be no better.
    mode : {"min", "max"}, optional
        Which is better; by default its name tells, of losses, errors, accuracies and scores.
    min_delta : float
        By how much to be better.
    restore_best : bool
        Whether the model gets back the state of its best epoch when the training ends, for whatever reason.
    """

    def __init__(
        self,
        monitor: str = "validation loss",
        *,
        patience: int = 5,
        mode: Mode | None = None,
        min_delta: float = 0.0,
        restore_best: bool = True,
    ) -> None:
        self.best, self.restore_best = Best(monitor, mode, min_delta), restore_best
        self.patience = checked_count("patience", patience)
        self.waited = 0
        self.model: dict[str, Any] | None = None

    def on_epoch_end(self, run: Run) -> None:
        """Compare."""
        if self.best.improved(run):
            self.waited = 0
            self.model = run.model.state_dict() if self.restore_best else None
        else:
            self.waited += 1
            run.stop = run.stop or self.waited >= self.patience

    def on_fit_end(self, run: Run) -> None:
        """Go back to the best epoch."""
        if self.model is not None:
            run.model.load_state_dict(self.model)

    def state_dict(self) -> dict[str, Any]:
        """What it remembers, by name."""
        return {"best": self.best.value, "waited": self.waited, "model": self.model}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave."""
        self.best.value, self.waited, self.model = state["best"], state["waited"], state["model"]


class Checkpoint:
    """Save the run, so that ``nn.fit(..., resume=folder)`` continues it to the bit.

    Parameters
    ----------
    folder : path
        Where to: ``step-00001200.safetensors``, and ``best.safetensors``. It is made if it is missing.
    every : int
        Epochs between two checkpoints.
    every_steps : int, optional
        Steps between two checkpoints within epochs.
    keep : int, optional
        How many to keep, the latest, not counting the best; all if None.
    best : str, optional
        Name of a logged number: the epoch in which it was the best is kept as well.
    mode : {"min", "max"}, optional
        Which is better; by default its name tells, of losses, errors, accuracies and scores.
    """

    def __init__(
        self,
        folder: Path_,
        *,
        every: int = 1,
        every_steps: int | None = None,
        keep: int | None = 3,
        best: str | None = None,
        mode: Mode | None = None,
    ) -> None:
        for name, value in (("every", every), ("every_steps", every_steps), ("keep", keep)):
            if value is not None:
                checked_count(name, value)
        self.folder, self.every, self.every_steps, self.keep = Path(folder), every, every_steps, keep
        self.best = None if best is None else Best(best, mode)

    def on_fit_start(self, run: Run) -> None:
        """Make the folder; refuse one in which another run was further than this one is."""
        self.folder.mkdir(parents=True, exist_ok=True)
        latest = latest_checkpoint(self.folder)
        if latest is not None and step_of(latest) > run.step:
            raise ValueError(
                f"{self.folder} holds checkpoints of later steps than {run.step}, up to {latest.name}: continue from "
                f"them with resume={os.fspath(self.folder)!r}, delete them, or take another folder"
            )

    def on_step_end(self, run: Run) -> None:
        """Save, if it is time."""
        if self.every_steps is not None and run.step % self.every_steps == 0:
            self._save(run)

    def on_epoch_end(self, run: Run) -> None:
        """Save, if it is time, or the best."""
        if self.best is not None and self.best.improved(run):
            run.save(self.folder / "best.safetensors")
        if run.epoch % self.every == 0 or run.epoch == run.epochs or run.stop:
            self._save(run)

    def _save(self, run: Run) -> None:
        run.save(self.folder / f"step-{run.step:08}.safetensors")
        if self.keep is not None:
            for path in checkpoints_in(self.folder)[: -self.keep]:
                path.unlink()

    def state_dict(self) -> dict[str, Any]:
        """What it remembers, by name."""
        return {"best": self.best and self.best.value}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave."""
        if self.best is not None:
            self.best.value = state["best"]


class Observe:
    """Tell a schedule that has a memory, such as :class:`nn.Plateau`, a logged number after each epoch.

    Parameters
    ----------
    schedule
        Anything with ``observe(number)``; with its state in checkpoints if it has ``state_dict()``.
    monitor : str
        Name of the number.
    """

    def __init__(self, schedule: Any, monitor: str = "validation loss") -> None:
        self.schedule, self.monitor = schedule, monitor

    def on_epoch_end(self, run: Run) -> None:
        """Tell it."""
        self.schedule.observe(logged(run, self.monitor))

    def state_dict(self) -> dict[str, Any]:
        """What the schedule remembers, by name."""
        state: dict[str, Any] = self.schedule.state_dict() if hasattr(self.schedule, "state_dict") else {}
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave."""
        if state:
            self.schedule.load_state_dict(state)


class CSVLogger:
    """Write a line per epoch, of all that is logged, to a file of comma-separated values.

    The file holds the whole history at any time: a run that was resumed leaves the same as one that was not. Its folder
    is made if it is missing.
    """

    def __init__(self, path: Path_) -> None:
        self.path = Path(path)

    def on_fit_start(self, run: Run) -> None:
        """Make the folder."""
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def on_epoch_end(self, run: Run) -> None:
        """Write."""
        run.history.save_csv(self.path)


class LearningCurve:
    """Draw the learning curve anew after each epoch; needs Matplotlib. The folder is made if it is missing."""

    def __init__(self, path: Path_) -> None:
        require_matplotlib()
        self.path = Path(path)

    def on_fit_start(self, run: Run) -> None:
        """Make the folder."""
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def on_epoch_end(self, run: Run) -> None:
        """Draw."""
        run.history.plot(self.path)


class TensorBoard:
    """Log for TensorBoard; needs the package `tensorboardX`, or `tensorboard` with PyTorch.

    The tags are the names of what is logged, with underscores: ``validation_loss``. Epochs that a resumed run does anew
    replace those of the run before.

    Parameters
    ----------
    folder : path
        Where to.

    Raises
    ------
    ImportError
        If there is no such package.
    """

    def __init__(self, folder: Path_) -> None:
        self.folder, self.open = os.fspath(folder), _summary_writer()
        self.writer: Any = None

    def on_fit_start(self, run: Run) -> None:
        """Open a new file."""
        # Files of the same second are told apart by their suffixes.
        self.writer = self.open(self.folder, purge_step=len(run.history) + 1, filename_suffix=f".{time.time_ns()}")

    def on_epoch_end(self, run: Run) -> None:
        """Write."""
        for name, value in by_number(run.logs).items():
            if name != "epoch" and isinstance(value, Real):
                self.writer.add_scalar(name.replace(" ", "_"), value, run.epoch)
        self.writer.flush()

    def on_fit_end(self, run: Run) -> None:
        """Finish the file."""
        if self.writer is not None:
            self.writer.close()
            self.writer = None


def _summary_writer() -> Any:
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ImportError(
                "nn.TensorBoard needs a package that writes its files: pip install tensorboardX"
            ) from error
    return SummaryWriter


class ProgressReport:
    """A plain line per epoch, and on a terminal a progress bar below them."""

    seconds_between = 0.1

    def __init__(self) -> None:
        self.bar: Progress | None = None
        self.shown = 0.0

    def on_fit_start(self, run: Run) -> None:
        """Open the bar."""
        console = Console()
        if not console.is_terminal:
            return
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[loss]}"),
            TimeElapsedColumn(),
        )
        self.bar = Progress(*columns, console=console, transient=True)
        self.bar.add_task(self._title(run), total=None, loss="")
        self.bar.start()

    def on_epoch_start(self, run: Run) -> None:
        """Begin anew."""
        self._show(completed=run.steps_done, total=run.steps_per_epoch, description=self._title(run))

    def on_step_end(self, run: Run) -> None:
        """Advance."""
        if self.bar is not None and time.monotonic() - self.shown >= self.seconds_between:
            self._show(completed=run.steps_done, loss=f"loss {_short(run.totals.value('loss'))}")

    def on_epoch_end(self, run: Run) -> None:
        """Say what is logged."""
        numbers = {name: value for name, value in run.logs.items() if name != "epoch" and isinstance(value, Real)}
        line = "  ".join([self._title(run), *(f"{name} {_short(value)}" for name, value in numbers.items())])
        if self.bar is None:
            print(line, flush=True)
        else:
            self.bar.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def on_fit_end(self, run: Run) -> None:
        """Close the bar."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None

    def _show(self, **fields: Any) -> None:
        if self.bar is not None:
            self.bar.update(self.bar.task_ids[0], **fields)
            self.shown = time.monotonic()

    def _title(self, run: Run) -> str:
        return f"epoch {run.epoch:{len(str(run.epochs))}}/{run.epochs}"


def _short(value: Any) -> str:
    return f"{value:.2e}" if 0 < abs(value) < 1e-3 else f"{value:.4f}"


def checked(callbacks: Iterable[Any]) -> list[Any]:
    """The callbacks, if each has events to wait for, and these exist."""
    if not isinstance(callbacks, Iterable):
        raise TypeError(f"callbacks are a list, got {type(callbacks).__name__}")
    callbacks = list(callbacks)
    for callback in callbacks:
        if isinstance(callback, type):
            raise TypeError(f"the callback {callback.__name__} is a class: pass an object, {callback.__name__}(...)")
        names = [name for name in dir(callback) if name.startswith("on_")]
        if strangers := [name for name in names if name not in EVENTS]:
            raise TypeError(f"{type(callback).__name__} has {strangers[0]}; the events are {', '.join(EVENTS)}")
        if not names:
            raise TypeError(f"{type(callback).__name__} is no callback: it has none of {', '.join(EVENTS)}")
    return callbacks


def methods(callbacks: list[Any], event: str) -> list[Callable[[Any], Any]]:
    """What to call at an event."""
    return [method for callback in callbacks if (method := getattr(callback, event, None)) is not None]


def with_states(callbacks: list[Any]) -> dict[str, Any]:
    """Those callbacks that remember something, by name."""
    named: dict[str, Any] = {}
    for callback in callbacks:
        if hasattr(callback, "state_dict"):
            named[free(type(callback).__name__, named)] = callback
    return named
