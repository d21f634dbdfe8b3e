"""What a training run has to tell, epoch by epoch."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping
from numbers import Real
from pathlib import Path
from typing import Any

import numpy

from nn.plots import draw_curves

__all__ = ["History"]


class History:
    """Losses and metrics of the epochs of a training run.

    ``history["loss"]`` is a list with a value per epoch; those of the validation data are called ``"validation loss"``
    and so on. ``history.rows`` has a dict per epoch.

    Examples
    --------
    >>> history = History()
    >>> history.rows += [{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 1.5}]
    >>> history["loss"], len(history)
    ([2.0, 1.5], 2)
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> list[Any]:
        if name not in self.names():
            raise KeyError(f"no {name!r} in the history; it has {', '.join(self.names()) or 'no epoch yet'}")
        return [row.get(name) for row in self.rows]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def names(self) -> list[str]:
        """What there is a value of, in the order in which it came."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def save_csv(self, path: str | os.PathLike[str]) -> None:
        """Write a line per epoch, below one with the names. The file is replaced as a whole.

        An array, such as a confusion matrix, has a column per element: ``confusion matrix 0 1``.
        """
        rows = list(map(by_number, self.rows))
        temporary = Path(path).with_name(f".{Path(path).name}.{os.getpid()}")
        with temporary.open("w", newline="") as file:
            writer = csv.DictWriter(file, dict.fromkeys(name for row in rows for name in row))
            writer.writeheader()
            writer.writerows(rows)
        temporary.replace(path)

    def plot(self, path: str | os.PathLike[str], title: str = "Learning curve") -> None:
        """Draw the curves of all numbers, those of training and validation data in one frame. Needs Matplotlib.

        Parameters
        ----------
        path
            Picture to write; the ending says in which format.
        title
            Above it.

        Raises
        ------
        ValueError
            If there is no epoch yet.
        """
        if not self.rows:
            raise ValueError("there is no curve to draw: the history has no epoch yet")
        curves = {name: self[name] for name in self if name != "epoch" and any(isinstance(x, Real) for x in self[name])}
        draw_curves(Path(path), self["epoch"], curves, title)

    def state_dict(self) -> dict[str, Any]:
        """The rows."""
        return {"rows": [dict(row) for row in self.rows]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave."""
        self.rows = [dict(row) for row in state["rows"]]

    def __repr__(self) -> str:
        return f"History({len(self)} epochs: {', '.join(self.names())})"


def by_number(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row whose arrays are spread out, each number under its name with its indices.

    Examples
    --------
    >>> by_number({"epoch": 1, "recall": numpy.asarray([0.5, 0.25])})
    {'epoch': 1, 'recall 0': 0.5, 'recall 1': 0.25}
    """
    out: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, numpy.ndarray):
            out |= {" ".join([name, *map(str, place)]): number.item() for place, number in numpy.ndenumerate(value)}
        else:
            out[name] = value
    return out
