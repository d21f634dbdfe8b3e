"""The ``extensor`` command."""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import NoReturn, TypeVar

import numpy
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

import autodiff
from nn.data import Dataset, load_digits, load_mnist
from nn.layers import Flatten, Linear, ReLU, Sequential
from nn.namespaces import DEFAULT, Namespace
from nn.optimizers import Adam
from nn.plots import draw_learning_curve, draw_predictions
from nn.schedules import cosine_decay
from nn.serialization import save
from nn.training import Epoch, accuracy, predict, train

__all__ = ["main"]

USAGE_ERROR = 2
INTERRUPTED = 128 + 2  # as shells count a death by SIGINT

Number = TypeVar("Number", int, float)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    return command(options)


def parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = _Parser(prog="extensor", description="Arrays, derivatives and neural networks over any array namespace.")
    parser.add_argument("--version", action="version", version=f"extensor {_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train_command = commands.add_parser(
        "train",
        help="train a classifier of handwritten digits",
        description="Train a classifier of handwritten digits: two dense layers, cross-entropy, Adam.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    train_command.set_defaults(command=_train)
    option = train_command.add_argument
    option("--backend", metavar="NAME", default=DEFAULT, help="array namespace: extensor, numpy, torch, jax, ...")
    option("--epochs", metavar="N", type=_positive(int), default=20, help="passes over the training digits")
    option("--seed", metavar="N", type=_seed, default=0, help="says the first weights and the order of the digits")
    option("--batch-size", metavar="N", type=_positive(int), default=32, help="digits per step")
    option("--learning-rate", metavar="X", type=_positive(float), default=3e-3, help="of the first step")
    option("--hidden", metavar="N", type=_positive(int), default=512, help="units in the hidden layer")
    option("--out", metavar="DIR", type=Path, default=Path("runs/digits"), help="where weights and pictures go")
    option("--data", metavar="DIR", type=Path, help="four IDX files as of MNIST; without it, the digits shipped inside")
    return parser


def _version() -> str:
    try:
        return metadata.version("extensor")
    except metadata.PackageNotFoundError:
        return "(from a checkout, not installed)"


def _train(options: argparse.Namespace) -> int:
    weights = options.out / "weights.safetensors"
    losses: list[float] = []
    accuracies: list[float] = []
    started = time.perf_counter()
    try:
        with _usage_errors():
            xp = autodiff.import_namespace(options.backend)
            dataset = (load_mnist(options.data) if options.data else load_digits()).to_namespace(xp)
            options.out.mkdir(parents=True, exist_ok=True)
        with _reporting(options.epochs) as report:
            for epoch in run(options, xp, dataset):
                with _usage_errors():
                    save(weights, epoch.model.state_dict())
                losses.append(epoch.loss)
                accuracies.append(accuracy(epoch.model, dataset.test_images, dataset.test_labels))
                report(epoch.number, losses[-1], accuracies[-1])
        seconds = time.perf_counter() - started
        print(f"{options.backend}: test accuracy {accuracies[-1]:.2%} after {options.epochs} epochs, {seconds:.1f} s")
        print(f"wrote {weights}")
        _draw(options.out, epoch.model, dataset, losses, accuracies)
    except KeyboardInterrupt:
        kept = f"{weights} is whole, from epoch {len(losses)}" if losses else "before the first checkpoint"
        print(f"extensor: interrupted; {kept}", file=sys.stderr)
        return INTERRUPTED
    return 0


def run(options: argparse.Namespace, xp: Namespace, dataset: Dataset) -> Iterator[Epoch[Sequential]]:
    """What ``extensor train`` does with its options, epoch by epoch."""
    count, height, width = dataset.train_images.shape
    classes = 1 + int(xp.max(dataset.train_labels))
    rng = numpy.random.default_rng(options.seed)
    model = Sequential(
        Flatten(),
        Linear(height * width, options.hidden, rng=rng, xp=xp),
        ReLU(),
        Linear(options.hidden, classes, rng=rng, xp=xp),
    )
    steps = options.epochs * -(-count // options.batch_size)
    return train(
        model,
        Adam(cosine_decay(options.learning_rate, steps)),
        dataset.train_images,
        dataset.train_labels,
        epochs=options.epochs,
        batch_size=options.batch_size,
        rng=rng,
    )


def _draw(folder: Path, model: Sequential, data: Dataset, losses: Sequence[float], accuracies: Sequence[float]) -> None:
    curve, digits = folder / "learning_curve.png", folder / "digits.png"
    try:
        draw_learning_curve(curve, losses, accuracies)
        draw_predictions(digits, data.test_images, predict(model, data.test_images), data.test_labels)
    except ModuleNotFoundError:
        print("no pictures without matplotlib: pip install extensor[plot]")
    else:
        print(f"wrote {curve}\nwrote {digits}")


Report = Callable[[int, float, float], None]


@contextmanager
def _reporting(epochs: int) -> Iterator[Report]:
    """A progress bar on a terminal, elsewhere a plain line per epoch."""
    console = Console()
    if not console.is_terminal:
        yield lambda number, loss, share: print(
            f"epoch {number:{len(str(epochs))}}/{epochs}  loss {loss:.4f}  test accuracy {share:.2%}", flush=True
        )
        return
    columns = (
        TextColumn("epoch {task.completed}/{task.total}"),
        BarColumn(),
        TextColumn("loss {task.fields[loss]:.4f}  test accuracy {task.fields[share]:.2%}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=epochs, loss=math.nan, share=0.0)
        yield lambda number, loss, share: progress.update(task, completed=number, loss=loss, share=share)


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_ERROR, f"{self.prog}: {message}\n")


@contextmanager
def _usage_errors() -> Iterator[None]:
    """Turn what the user can mend (a backend, a path, a file) into one line; anything else is a bug and shows."""
    try:
        yield
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        print(f"extensor: {reason}", file=sys.stderr)
        raise SystemExit(USAGE_ERROR) from error
    except (ImportError, TypeError, ValueError) as error:
        print(f"extensor: {error}", file=sys.stderr)
        raise SystemExit(USAGE_ERROR) from error


def _positive(kind: type[Number]) -> Callable[[str], Number]:
    def parse(text: str) -> Number:
        value = kind(text)
        if not 0 < value < math.inf:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value

    parse.__name__ = kind.__name__  # argparse names the type by it
    return parse


def _seed(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return value


_seed.__name__ = "int"
