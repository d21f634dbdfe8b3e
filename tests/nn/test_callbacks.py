from __future__ import annotations

import csv
import importlib.util
import sys
import types

import numpy
import pytest
from numpy.testing import assert_array_equal

import nn

BATCHES = [(numpy.ones((2, 3), dtype=numpy.float32), numpy.asarray([0, 1]))]


def model():
    return nn.Linear(3, 2, rng=numpy.random.default_rng(0), xp=numpy)


def fit(*callbacks, epochs=4, scores=(), on=None, **options):
    """A run in which the metric "score" of the epochs is as told."""
    values = iter(scores)

    def score(predictions, targets):
        return next(values)

    metrics = [score] if scores else []
    on = on or model()
    return on, nn.fit(
        on, nn.SGD(0.1), BATCHES, epochs=epochs, metrics=metrics, callbacks=callbacks, progress=False, **options
    )


def test_events_come_in_order_and_any_object_will_do():
    seen = []
    names = ("on_fit_start", "on_epoch_start", "on_step_end", "on_epoch_end", "on_fit_end")
    plain = types.SimpleNamespace(**{name: lambda run, name=name: seen.append((name, run.epoch)) for name in names})
    fit(plain, epochs=2)
    epochs = [(name, epoch) for epoch in (1, 2) for name in names[1:-1]]
    assert seen == [("on_fit_start", 0), *epochs, ("on_fit_end", 2)]


def test_the_end_comes_after_an_interrupt_too():
    def interrupt(run):
        raise KeyboardInterrupt

    seen = []
    with pytest.raises(KeyboardInterrupt):
        fit(nn.LambdaCallback(on_step_end=interrupt, on_fit_end=seen.append))
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("scores", "options", "epochs", "best"),
    [
        ([1.0, 2.0, 1.5, 1.5, 9.0], {}, 4, 2),
        ([1.0, 2.0, 1.5, 2.5, 2.0], {}, 5, 4),
        ([3.0, 2.0, 2.5, 2.5, 0.0], {"mode": "min"}, 4, 2),
        ([1.0, 1.1, 1.2, 9.0], {"min_delta": 0.5}, 3, 1),
        ([1.0, 0.5, 0.5], {"restore_best": False}, 3, 3),
    ],
)
def test_early_stopping(scores, options, epochs, best):
    seen = []
    watch = nn.LambdaCallback(on_epoch_end=lambda run: seen.append(run.model.weight))
    trained, history = fit(watch, nn.EarlyStopping("score", patience=2, **options), epochs=len(scores), scores=scores)
    assert len(history) == epochs
    assert_array_equal(trained.weight, seen[best - 1])


def test_early_stopping_goes_on_after_a_checkpoint(tmp_path):
    def callbacks():
        return nn.EarlyStopping("score", patience=2), nn.Checkpoint(tmp_path)

    fit(*callbacks(), epochs=2, scores=[2.0, 1.0])
    trained, history = fit(*callbacks(), epochs=9, scores=[1.5], resume=tmp_path)
    assert len(history) == 3
    assert_array_equal(trained.weight, fit(epochs=1)[0].weight)
    # A run that has stopped stays so.
    assert len(fit(*callbacks(), epochs=9, resume=tmp_path)[1]) == 3


def test_losses_and_errors_are_to_be_small_and_anything_else_large():
    signs = [nn.EarlyStopping(name).best.sign for name in ("validation loss", "mean squared error", "accuracy")]
    assert signs == [-1, -1, 1]


def test_what_is_not_logged_is_named():
    with pytest.raises(
        ValueError, match="no 'validation loss' among the logs, which are epoch, loss; pass validation="
    ):
        fit(nn.EarlyStopping())


def test_a_plateau_is_observed_and_remembered(tmp_path):
    def observe():
        return nn.Observe(nn.Plateau(1.0, factor=0.5, patience=1), "score")

    first, whole = observe(), observe()
    fit(first, nn.Checkpoint(tmp_path), epochs=2, scores=[1.0, 1.0])
    second = observe()
    fit(second, nn.Checkpoint(tmp_path), epochs=4, scores=[1.0, 1.0], resume=tmp_path)
    fit(whole, epochs=4, scores=[1.0] * 4)
    assert second.state_dict() == whole.state_dict()
    assert whole.schedule.rate == 0.5


def test_csv_of_a_resumed_run_is_that_of_a_whole_one(tmp_path):
    fit(nn.CSVLogger(tmp_path / "whole.csv"))
    fit(nn.CSVLogger(tmp_path / "parts.csv"), nn.Checkpoint(tmp_path), epochs=2)
    _, history = fit(nn.CSVLogger(tmp_path / "parts.csv"), nn.Checkpoint(tmp_path), resume=tmp_path)
    text = (tmp_path / "parts.csv").read_text()
    assert text == (tmp_path / "whole.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    assert [float(row["loss"]) for row in rows] == history["loss"]


def test_tensorboard(tmp_path, monkeypatch):
    written = []

    class SummaryWriter:
        def __init__(self, folder):
            written.append(folder)

        def add_scalar(self, name, value, epoch):
            written.append((name, epoch))

        def close(self):
            written.append("closed")

    fake = types.ModuleType("tensorboardX")
    fake.SummaryWriter = SummaryWriter
    monkeypatch.setitem(sys.modules, "tensorboardX", fake)
    fit(nn.TensorBoard(tmp_path), epochs=1, scores=[1.0])
    assert written == [str(tmp_path), ("loss", 1), ("score", 1), "closed"]


def test_without_tensorboard_the_message_says_what_to_install(tmp_path, monkeypatch):
    for name in ("tensorboardX", "torch.utils.tensorboard"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match="pip install tensorboardX"):
        nn.TensorBoard(tmp_path)


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="draws")
def test_learning_curve(tmp_path):
    fit(nn.LearningCurve(tmp_path / "curve.png"), epochs=2, validation=BATCHES)
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_history_names_what_it_has():
    _, history = fit(epochs=2)
    assert history.names() == list(history) == ["epoch", "loss"]
    assert repr(history) == "History(2 epochs: epoch, loss)"
    with pytest.raises(KeyError, match="no 'los' in the history; it has epoch, loss"):
        history["los"]
