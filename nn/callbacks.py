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

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from nn.checkpoints import checkpoints_in

if TYPE_CHECKING:
    from nn.training import Run

__all__ = [
    "EVENTS",
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
    """Whether a logged number is the best so far.

    Parameters
    ----------
    monitor : str
        Its name.
    mode : {"min", "max"}, optional
        Which is better; by default "min" for losses and errors and "max" for anything else.
    min_delta : float
        By how much to be better.
    """

    def __init__(self, monitor: str, mode: Mode | None, min_delta: float = 0.0) -> None:
        if mode is None:
            mode = "min" if any(word in monitor for word in ("loss", "error")) else "max"
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max', got {mode!r}")
        self.monitor, self.sign, self.min_delta = monitor, -1 if mode == "min" else 1, min_delta
        self.value: float | None = None

    def improved(self, run: Run) -> bool:
        """Take note of an epoch."""
        value = logged(run, self.monitor)
        if self.value is not None and not self.sign * value > self.sign * self.value + self.min_delta:
            return False
        self.value = value
        return True


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
        Which is better; by default "min" for losses and errors and "max" for anything else.
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
        self.best, self.patience, self.restore_best = Best(monitor, mode, min_delta), patience, restore_best
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
        Which is better; by default "min" for losses and errors and "max" for anything else.
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
            if value is not None and value < 1:
                raise ValueError(f"{name} must be 1 or more, got {value}")
        self.folder, self.every, self.every_steps, self.keep = Path(folder), every, every_steps, keep
        self.best = None if best is None else Best(best, mode)

    def on_fit_start(self, run: Run) -> None:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)

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

    The file holds the whole history at any time: a run that was resumed leaves the same as one that was not.
    """

    def __init__(self, path: Path_) -> None:
        self.path = path

    def on_epoch_end(self, run: Run) -> None:
        """Write."""
        run.history.save_csv(self.path)


class LearningCurve:
    """Draw the learning curve anew after each epoch; needs Matplotlib."""

    def __init__(self, path: Path_) -> None:
        self.path = path

    def on_epoch_end(self, run: Run) -> None:
        """Draw."""
        run.history.plot(self.path)


class TensorBoard:
    """Log for TensorBoard; needs the package `tensorboardX`, or `tensorboard` with PyTorch.

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
        self.writer = _summary_writer()(os.fspath(folder))

    def on_epoch_end(self, run: Run) -> None:
        """Write."""
        for name, value in run.logs.items():
            if name != "epoch" and not hasattr(value, "shape"):
                self.writer.add_scalar(name, value, run.epoch)

    def on_fit_end(self, run: Run) -> None:
        """Finish the file."""
        self.writer.close()


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
    """A progress bar on a terminal, elsewhere a plain line per epoch."""

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
            BarColumn(),
            TextColumn("{task.fields[logs]}"),
            TimeElapsedColumn(),
        )
        self.bar = Progress(*columns, console=console)
        self.bar.add_task(self._title(run), total=None, logs="")
        self.bar.start()

    def on_epoch_start(self, run: Run) -> None:
        """Begin anew."""
        self._show(run, completed=run.steps_done, total=run.steps_per_epoch, description=self._title(run))

    def on_step_end(self, run: Run) -> None:
        """Advance."""
        if self.bar is not None and time.monotonic() - self.shown > self.seconds_between:
            self._show(run, completed=run.steps_done)

    def on_epoch_end(self, run: Run) -> None:
        """Say what is logged."""
        logs = "  ".join(f"{name} {value:.4f}" for name, value in run.logs.items() if isinstance(value, float))
        if self.bar is None:
            print(f"{self._title(run)}  {logs}", flush=True)
        else:
            self._show(run, completed=run.steps_done, logs=logs)

    def on_fit_end(self, run: Run) -> None:
        """Close the bar."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None

    def _show(self, run: Run, **fields: Any) -> None:
        if self.bar is not None:
            self.bar.update(self.bar.task_ids[0], **fields)
            self.shown = time.monotonic()

    def _title(self, run: Run) -> str:
        return f"epoch {run.epoch:{len(str(run.epochs))}}/{run.epochs}"


def checked(callbacks: Any) -> list[Any]:
    """The callbacks, if each has events to wait for, and these exist."""
    for callback in callbacks:
        if isinstance(callback, type):
            raise TypeError(f"the callback {callback.__name__} is a class: pass an object, {callback.__name__}(...)")
        names = [name for name in dir(callback) if name.startswith("on_")]
        if strangers := [name for name in names if name not in EVENTS]:
            raise TypeError(f"{type(callback).__name__} has {strangers[0]}; the events are {', '.join(EVENTS)}")
        if not names:
            raise TypeError(f"{type(callback).__name__} is no callback: it has none of {', '.join(EVENTS)}")
    return list(callbacks)


def methods(callbacks: list[Any], event: str) -> list[Callable[[Any], Any]]:
    """What to call at an event."""
    return [method for callback in callbacks if (method := getattr(callback, event, None)) is not None]


def with_states(callbacks: list[Any]) -> dict[str, Any]:
    """Those callbacks that remember something, by name."""
    named: dict[str, Any] = {}
    for callback in callbacks:
        if not hasattr(callback, "state_dict"):
            continue
        name = type(callback).__name__
        taken = sum(other.partition(":")[0] == name for other in named)
        named[f"{name}:{taken + 1}" if taken else name] = callback
    return named
