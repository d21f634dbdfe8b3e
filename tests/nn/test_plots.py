from __future__ import annotations

import numpy
import pytest

from nn import plots

matplotlib = pytest.importorskip("matplotlib")


def size(path):
    from matplotlib.image import imread

    return imread(path).shape[:2]


def test_learning_curve(tmp_path):
    curves = {"loss": [1.0, 0.5], "accuracy": [0.5, 0.75], "validation loss": [1.5, 1.0]}
    plots.draw_curves(tmp_path / "curve.png", [1, 2], curves, "Learning curve")
    assert min(size(tmp_path / "curve.png")) > 400


def test_predictions(tmp_path):
    images = numpy.random.default_rng(0).uniform(size=(3, 8, 8))
    plots.draw_predictions(tmp_path / "some.png", images, numpy.asarray([1, 2, 3]), numpy.asarray([1, 2, 4]))
    assert min(size(tmp_path / "some.png")) > 400
