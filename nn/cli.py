"""The ``extensor`` command."""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import numpy

import autodiff
from autodiff import array_namespace
from nn.callbacks import LambdaCallback
from nn.data import Dataset, load_digits, load_mnist
from nn.finiteness import NonFiniteError
from nn.history import History
from nn.layers import Flatten, Linear, ReLU, Sequential
from nn.metrics import accuracy
from nn.namespaces import DEFAULT
from nn.optimizers import Adam
from nn.plots import draw_predictions
from nn.schedules import cosine_decay
from nn.serialization import save
from nn.training import Run, fit

__all__ = ["main"]

FAILURE = 1
USAGE_ERROR = 2
# As shells count deaths by SIGINT and SIGPIPE.
INTERRUPTED = 128 + 2
NOT_READ = 128 + 13

Number = TypeVar("Number", int, float)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        code = command(options)
        print(end="", flush=True)
    except OSError as error:
        if error.filename is None:
            _drop_output()
        if isinstance(error, BrokenPipeError):
            return NOT_READ
        print(f"extensor: {_reason(error)}", file=sys.stderr)
        return FAILURE
    return code


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
    option("--data", metavar="DIR", help="'mnist', fetched once, or a folder of such files")
    return parser


def _version() -> str:
    try:
        return metadata.version("extensor")
    except metadata.PackageNotFoundError:
        return "(from a checkout, not installed)"


def _train(options: argparse.Namespace) -> int:
    weights = options.out / "weights.safetensors"
    saved: list[int] = []

    def save_weights(run: Run) -> None:
        with _usage_errors():
            save(weights, run.model.state_dict())
        saved.append(run.epoch)

    started = time.perf_counter()
    try:
        with _usage_errors():
            dataset = _load(options.data).to_namespace(autodiff.import_namespace(options.backend))
            options.out.mkdir(parents=True, exist_ok=True)
        model, history = run(options, dataset, [LambdaCallback(on_epoch_end=save_weights)], progress=True)
        seconds = time.perf_counter() - started
        share = history["validation accuracy"][-1]
        print(f"{options.backend}: test accuracy {share:.2%} after {options.epochs} epochs, {seconds:.1f} s")
        print(f"wrote {weights}")
        _draw(options.out, model, dataset, history)
    except KeyboardInterrupt:
        kept = f"{weights} is whole, from epoch {saved[-1]}" if saved else "before the first checkpoint"
        print(f"extensor: interrupted; {kept}", file=sys.stderr)
        return INTERRUPTED
    except NonFiniteError as error:
        print(f"extensor: {error}", file=sys.stderr)
        return FAILURE
    return 0


def _load(data: str | None) -> Dataset:
    if data is None:
        return load_digits()
    return load_mnist(None if data == "mnist" else data)


def run(
    options: argparse.Namespace, dataset: Dataset, callbacks: Sequence[Any] = (), *, progress: bool = False
) -> tuple[Sequential, History]:
    """What ``extensor train`` does with its options: the trained model, and how it came about."""
    xp = array_namespace(dataset.train_images)
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
    history = fit(
        model,
        Adam(cosine_decay(options.learning_rate, steps)),
        (dataset.train_images, dataset.train_labels),
        epochs=options.epochs,
        batch_size=options.batch_size,
        rng=rng,
        validation=(dataset.test_images, dataset.test_labels),
        metrics=[accuracy],
        callbacks=callbacks,
        progress=progress,
    )
    return model, history


def _draw(folder: Path, model: Sequential, data: Dataset, history: History) -> None:
    curve, digits = folder / "learning_curve.png", folder / "digits.png"
    xp = array_namespace(data.test_images)
    try:
        history.plot(curve)
        draw_predictions(digits, data.test_images, xp.argmax(model(data.test_images), axis=-1), data.test_labels)
    except ModuleNotFoundError:
        print("no pictures without matplotlib: pip install extensor[plot]")
    else:
        print(f"wrote {curve}\nwrote {digits}")


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
        print(f"extensor: {_reason(error)}", file=sys.stderr)
        raise SystemExit(USAGE_ERROR) from error
    except (ImportError, TypeError, ValueError) as error:
        print(f"extensor: {error}", file=sys.stderr)
        raise SystemExit(USAGE_ERROR) from error


def _drop_output() -> None:
    """Let nobody read what is left to write: Python writes it as it exits, and would complain there once more."""
    with suppress(AttributeError, OSError):  # without a file beneath, there is nothing to do
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _reason(error: OSError) -> str:
    if error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror


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
