"""Pictures of a training run. Matplotlib is imported when the first is drawn: it is an extra."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy

__all__ = ["draw_learning_curve", "draw_predictions"]

_RIGHT, _WRONG = "#2563a8", "#c2410c"


def draw_learning_curve(path: Path, losses: Sequence[float], accuracies: Sequence[float]) -> None:
    """Training loss and test accuracy by epoch, one above the other."""
    figure = _figure(6.4, 5.2)
    upper, lower = figure.subplots(2, 1, sharex=True)
    epochs = range(1, len(losses) + 1)
    for axes, values, label in (
        (upper, losses, "training loss"),
        (lower, [100 * share for share in accuracies], "test accuracy (%)"),
    ):
        axes.plot(epochs, values, color=_RIGHT, linewidth=1.8, marker="o", markersize=3)
        axes.set_ylabel(label)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    upper.set_yscale("log")
    upper.set_title(f"Learning curve: {accuracies[-1]:.1%} of the test digits right after {len(losses)} epochs")
    lower.set_xlabel("epoch")
    lower.xaxis.get_major_locator().set_params(integer=True)
    figure.savefig(path)


def draw_predictions(path: Path, images: Any, predicted: Any, labels: Any, rows: int = 4, columns: int = 10) -> None:
    """A grid of images, each under its true and its predicted class; the mistakes come first."""
    images, predicted, labels = (numpy.asarray(array) for array in (images, predicted, labels))
    right = predicted == labels
    figure = _figure(columns, 1.3 * rows + 0.5)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.set_axis_off()
    for axes, index in zip(grid, numpy.argsort(right, kind="stable"), strict=False):
        axes.imshow(images[index], cmap="gray_r", interpolation="nearest", vmin=0, vmax=1)
        axes.set_title(f"{labels[index]} → {predicted[index]}", color=_RIGHT if right[index] else _WRONG)
    mistakes = len(right) - numpy.count_nonzero(right)
    figure.suptitle(f"True → predicted: {mistakes} mistakes (orange) among {len(right)} test digits", fontsize=12)
    figure.savefig(path)


def _figure(width: float, height: float) -> Any:
    # Without pyplot there is no global state and no window system to ask for.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    return figure
