from __future__ import annotations

import numpy
import pytest

import nn
from nn import plots

matplotlib = pytest.importorskip("matplotlib")


def size(path):
    from matplotlib.image import imread

    return imread(path).shape[:2]


def test_learning_curve(tmp_path):
    curves = {"loss": [1.0, 0.5], "accuracy": [0.5, 0.75], "validation loss": [1.5, 1.0]}
    plots.draw_curves(tmp_path / "curve.png", [1, 2], curves, "Learning curve")
    assert min(size(tmp_path / "curve.png")) > 400


@pytest.mark.parametrize("losses", [[-1.0, -2.0], [1.0, 0.0], [1.0, float("nan")], [None, 1.0], [3.0]])
def test_any_losses_are_drawn(tmp_path, losses):
    # Of a Gaussian likelihood they may be negative: there a logarithm would leave them out, and warn.
    history = nn.History()
    history.rows += [{"epoch": epoch, "loss": loss} for epoch, loss in enumerate(losses, 1)]
    history.plot(tmp_path / "curve.png")
    assert min(size(tmp_path / "curve.png")) > 300


def test_what_there_is_nothing_to_draw_of_is_named(tmp_path):
    with pytest.raises(ValueError, match="no curve to draw: the history has no epoch yet"):
        nn.History().plot(tmp_path / "curve.png")


def test_predictions(tmp_path):
    images = numpy.random.default_rng(0).uniform(size=(3, 8, 8))
    plots.draw_predictions(tmp_path / "some.png", images, numpy.asarray([1, 2, 3]), numpy.asarray([1, 2, 4]))
    assert min(size(tmp_path / "some.png")) > 400
