"""Pictures of a training run. Matplotlib is imported when the first is drawn: it is an extra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy

__all__ = ["draw_curves", "draw_predictions"]

_RIGHT, _WRONG = "#2563a8", "#c2410c"
_VALIDATION = "validation "


def draw_curves(path: Path, epochs: Sequence[int], curves: Mapping[str, Sequence[float | None]], title: str) -> None:
    """Curves by epoch, one above the other; that of ``"validation x"`` is in the same frame as that of ``"x"``."""
    quantities = list(dict.fromkeys(name.removeprefix(_VALIDATION) for name in curves))
    figure = _figure(6.4, 1 + 2.1 * len(quantities))
    frames = figure.subplots(len(quantities), 1, sharex=True, squeeze=False)[:, 0]
    for axes, quantity in zip(frames, quantities, strict=True):
        for name, label, color in (
            (quantity, "training", _RIGHT),
            (_VALIDATION + quantity, "validation", _WRONG),
        ):
            if name in curves:
                values = numpy.asarray(curves[name], dtype=numpy.float64)  # NaN for epochs without one
                axes.plot(epochs, values, color=color, linewidth=1.8, marker="o", markersize=3, label=label)
        axes.set_ylabel(quantity)
        axes.grid(alpha=0.25)
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        drawn = numpy.concatenate([line.get_ydata() for line in axes.get_lines()])
        if quantity == "loss" and not numpy.any(drawn <= 0):
            axes.set_yscale("log")
    frames[0].set_title(title)
    frames[-1].set_xlabel("epoch")
    frames[-1].xaxis.get_major_locator().set_params(integer=True)
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


def require_matplotlib() -> None:
    """Say what to install.

    Raises
    ------
    ModuleNotFoundError
        If Matplotlib is missing.
    """
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError("drawing needs Matplotlib: pip install extensor[plot]") from error


def _figure(width: float, height: float) -> Any:
    require_matplotlib()
    # Without pyplot there is no global state and no window system to ask for.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    return figure
