from __future__ import annotations

import csv
import importlib.util
import struct
import sys
import types

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

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


@pytest.mark.parametrize(
    ("sign", "names"),
    [
        (-1, ["validation loss", "root mean squared error", "validation mse", "mae", "cross entropy"]),
        (1, ["accuracy", "validation top 5 accuracy", "precision", "recall", "f1 score", "r2 score"]),
    ],
)
def test_which_is_better_is_known_of_common_numbers(sign, names):
    assert [nn.EarlyStopping(name).best.sign for name in names] == [sign] * len(names)


def test_which_is_better_is_asked_for_else(tmp_path):
    for callback in (nn.EarlyStopping, lambda name: nn.Checkpoint(tmp_path, best=name)):
        with pytest.raises(ValueError, match=r"'perplexity' .* not known; pass mode='min' or mode='max'"):
            callback("perplexity")
    assert nn.EarlyStopping("perplexity", mode="min").best.sign == -1


def test_nan_is_no_best():
    nan = float("nan")
    _, history = fit(nn.EarlyStopping("score", patience=2), epochs=6, scores=[nan, 1.0, 2.0, nan, 3.0, nan])
    assert len(history) == 6
    _, history = fit(nn.EarlyStopping("score", patience=2), epochs=6, scores=[nan, nan, nan])
    assert len(history) == 2


def test_an_epoch_that_never_got_better_than_nan_is_no_best():
    trained, _ = fit(nn.EarlyStopping("score", patience=2), epochs=2, scores=[float("nan")] * 2)
    assert_array_equal(trained.weight, fit(epochs=2)[0].weight)


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


def events_in(folder):
    """What the event files of a folder hold, the oldest first.

    A record is its length, a checksum of that, itself and a checksum of itself; a summary in it, a protocol buffer.
    """
    protocol = pytest.importorskip("tensorboardX.proto.event_pb2")
    found = []
    for path in sorted(folder.glob("events.out.tfevents.*"), key=lambda path: path.stat().st_mtime_ns):
        content = path.read_bytes()
        while content:
            (length,) = struct.unpack("<Q", content[:8])
            found.append(protocol.Event.FromString(content[12 : 12 + length]))
            content = content[16 + length :]
    return found


def scalars_in(folder):
    return [(value.tag, event.step, value.simple_value) for event in events_in(folder) for value in event.summary.value]


def test_tensorboard_reads_what_the_history_has(tmp_path, caplog):
    pytest.importorskip("tensorboardX")
    _, history = fit(nn.TensorBoard(tmp_path), epochs=3, scores=[1.0, 2.0, 3.0] * 2, validation=BATCHES)
    tags = {"loss": "loss", "score": "score", "validation loss": "validation_loss"}
    scalars = scalars_in(tmp_path)
    for name, tag in tags.items():
        found = [(step, value) for other, step, value in scalars if other == tag]
        assert [step for step, _ in found] == [1, 2, 3]
        assert_allclose([value for _, value in found], history[name], rtol=1e-6)
    assert {tag for tag, _, _ in scalars} == {*tags.values(), "validation_score"}
    assert not caplog.records


def test_tensorboard_forgets_what_a_resumed_run_does_anew(tmp_path):
    pytest.importorskip("tensorboardX")
    log = nn.TensorBoard(tmp_path / "log")
    fit(log, nn.Checkpoint(tmp_path / "first", keep=None), epochs=3)
    resume = tmp_path / "first" / "step-00000001.safetensors"
    fit(log, nn.Checkpoint(tmp_path / "second"), epochs=3, resume=resume)
    assert [step for _, step, _ in scalars_in(tmp_path / "log")] == [1, 2, 3, 2, 3]
    # By this TensorBoard leaves out the first 2 and 3.
    starts = [event.step for event in events_in(tmp_path / "log") if event.HasField("session_log")]
    assert starts == [1, 2]


def test_tensorboard_of_two_runs(tmp_path):
    pytest.importorskip("tensorboardX")
    log = nn.TensorBoard(tmp_path)
    for _ in range(2):
        fit(log, epochs=2)
    assert [step for _, step, _ in scalars_in(tmp_path)] == [1, 2, 1, 2]


def test_without_tensorboard_the_message_says_what_to_install(tmp_path, monkeypatch):
    for name in ("tensorboardX", "torch.utils.tensorboard"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match="pip install tensorboardX"):
        nn.TensorBoard(tmp_path)


def test_without_matplotlib_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"drawing needs Matplotlib: pip install extensor\[plot\]"):
        nn.LearningCurve(tmp_path / "curve.png")
    with pytest.raises(ImportError, match=r"drawing needs Matplotlib: pip install extensor\[plot\]"):
        fit(epochs=1)[1].plot(tmp_path / "curve.png")


@pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="draws")
def test_learning_curve(tmp_path):
    fit(nn.LearningCurve(tmp_path / "new" / "curve.png"), epochs=2, validation=BATCHES)
    assert (tmp_path / "new" / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_a_folder_that_is_missing_is_made_and_one_that_cannot_be_is_named_at_the_start(tmp_path):
    fit(nn.CSVLogger(tmp_path / "new" / "log.csv"))
    assert (tmp_path / "new" / "log.csv").exists()
    path = tmp_path / "new" / "log.csv" / "log.csv"
    for callback in (nn.CSVLogger(path), nn.Checkpoint(path)):
        on = model()
        before = numpy.array(on.weight)
        with pytest.raises(OSError, match=r"log\.csv"):
            fit(callback, on=on)
        assert_array_equal(on.weight, before)


def test_csv_has_a_column_for_each_number_of_an_array(tmp_path):
    def both(predictions, targets):
        return numpy.asarray([predictions.shape[0], 1])

    counts = nn.Metric("counts", both, lambda total: total)
    on = model()
    nn.fit(on, nn.SGD(0.1), BATCHES, epochs=1, metrics=[counts], callbacks=[nn.CSVLogger(tmp_path / "x.csv")])
    (row,) = csv.DictReader((tmp_path / "x.csv").read_text().splitlines())
    assert {name: row[name] for name in row if name != "loss"} == {"epoch": "1", "counts 0": "2", "counts 1": "1"}


def test_history_names_what_it_has():
    _, history = fit(epochs=2)
    assert history.names() == list(history) == ["epoch", "loss"]
    assert repr(history) == "History(2 epochs: epoch, loss)"
    with pytest.raises(KeyError, match="no 'los' in the history; it has epoch, loss"):
        history["los"]
