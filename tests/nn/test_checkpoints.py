from __future__ import annotations

import importlib.util
import io
import os
import pickle
from contextlib import nullcontext

import numpy
import optree
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nn

BITWISE = [name for name in ("extensor", "numpy", "torch") if importlib.util.find_spec(name)]


def namespace(name):
    return nn.namespaces.namespace_or_default(importlib.import_module(name))


class Noise(nn.Module):
    """As dropout, it draws as long as it trains, and it counts its calls in a buffer."""

    def __init__(self, rng, xp):
        self.rng = rng
        self.calls = nn.Buffer(xp.asarray(0))

    def __call__(self, x):
        if not self.training:
            return x
        self.calls = self.calls + 1
        from autodiff import array_namespace

        xp = array_namespace(x)
        return xp.multiply(x, xp.asarray(self.rng.uniform(0.5, 1.5, x.shape), dtype=xp.float32))


def jittered(rng, batch):
    x, y = batch
    return x + float(rng.normal(0, 0.1)), y


class Training:
    """All that one run is made of, from fixed seeds."""

    def __init__(self, xp, seed=0, bits=numpy.random.PCG64, batch_size=4, count=14):
        rng = numpy.random.default_rng(seed)
        self.model = nn.Sequential(
            # With a bias before it, batch normalization would leave the bias a gradient of nothing but rounding.
            nn.Linear(3, 8, bias=False, rng=rng, xp=xp),
            nn.BatchNorm1d(8, xp=xp),
            Noise(numpy.random.default_rng(7), xp),
            nn.Linear(8, 2, rng=rng, xp=xp),
        )
        data = numpy.random.default_rng(5)
        arrays = data.normal(size=(count, 3)), data.integers(0, 2, count)
        self.loader = nn.DataLoader(
            (xp.asarray(arrays[0], dtype=xp.float32), xp.asarray(arrays[1])),
            batch_size=batch_size,
            shuffle=True,
            rng=numpy.random.Generator(bits(seed)),
            transform=jittered,
            prefetch=2,
        )

    def fit(self, epochs, **options):
        optimizer = nn.Adam(nn.cosine_decay(0.05, 16))
        options = {"metrics": [nn.accuracy], "progress": False} | options
        return nn.fit(self.model, optimizer, self.loader, epochs=epochs, **options)

    def weights(self):
        return {name: numpy.asarray(array) for name, array in self.model.state_dict().items()}


def assert_same(actual, expected):
    assert actual.keys() == expected.keys()
    for name, array in expected.items():
        assert_array_equal(actual[name], array, err_msg=name, strict=True)


@pytest.mark.parametrize("name", BITWISE)
@pytest.mark.parametrize("bits", [numpy.random.PCG64, numpy.random.MT19937])
def test_two_epochs_and_two_more_are_four_to_the_bit(tmp_path, name, bits):
    xp = namespace(name)
    whole = Training(xp, bits=bits)
    history = whole.fit(4)
    Training(xp, bits=bits).fit(2, callbacks=[nn.Checkpoint(tmp_path)])
    second = Training(xp, seed=99, bits=bits)
    resumed = second.fit(4, callbacks=[nn.Checkpoint(tmp_path)], resume=tmp_path)
    assert resumed.rows == history.rows
    assert_same(second.weights(), whole.weights())


@pytest.mark.parametrize("name", BITWISE)
def test_a_run_that_dies_within_an_epoch_goes_on_to_the_bit(tmp_path, name):
    xp = namespace(name)
    whole = Training(xp)
    history = whole.fit(3)

    def die(run):
        if run.step == 6:
            raise KeyboardInterrupt

    callbacks = [nn.Checkpoint(tmp_path, every_steps=1), nn.LambdaCallback(on_step_end=die)]
    with pytest.raises(KeyboardInterrupt):
        Training(xp).fit(3, callbacks=callbacks)
    assert [path.name for path in sorted(tmp_path.iterdir())] == [f"step-{step:08}.safetensors" for step in (4, 5, 6)]
    second = Training(xp, seed=99)
    resumed = second.fit(3, callbacks=callbacks[:1], resume=tmp_path)
    assert resumed.rows == history.rows
    assert_same(second.weights(), whole.weights())


@pytest.mark.parametrize("step", range(1, 7))
@pytest.mark.parametrize("kind", ["loader", "list"])
def test_a_run_with_steps_of_several_batches_goes_on_to_the_bit(tmp_path, step, kind):
    # Five batches an epoch, of two a step: the loader is used up before the last step of the epoch is made.
    def make():
        training = Training(numpy, batch_size=3)
        if kind == "list":
            training.loader = list(nn.DataLoader(training.loader.source.tree, batch_size=3))
        return training

    whole = make()
    folder = tmp_path / "whole"
    history = whole.fit(2, accumulate=2, callbacks=[nn.Checkpoint(folder, every=9, every_steps=1, keep=None)])
    second = make()
    path = folder / f"step-{step:08}.safetensors"
    resumed = second.fit(2, accumulate=2, callbacks=[nn.Checkpoint(tmp_path / "second")], resume=path)
    assert resumed.rows == history.rows
    assert_same(second.weights(), whole.weights())


@pytest.mark.parametrize("name", BITWISE)
def test_steps_leave_weights_in_the_order_in_memory_that_a_checkpoint_restores(tmp_path, name):
    # Linear algebra rounds otherwise in another order, as of a gradient that is a transpose.
    xp = namespace(name)
    rng = numpy.random.default_rng(0)
    data = xp.asarray(rng.normal(size=(7, 100)), dtype=xp.float32), xp.asarray(rng.integers(0, 10, 7))

    def weight(epochs, **options):
        model = nn.Linear(100, 10, rng=numpy.random.default_rng(1), xp=xp)
        nn.fit(model, nn.SGD(0.1), [data], epochs=epochs, progress=False, **options)
        return numpy.asarray(model.weight)

    for epochs in (2, 5, 8, 9):
        parts = weight(epochs, callbacks=[nn.Checkpoint(tmp_path)], resume=tmp_path)
    assert_array_equal(parts, weight(9))


def test_without_the_state_of_the_generators_the_runs_would_differ(tmp_path, monkeypatch):
    # The checks above can fail.
    whole = Training(numpy)
    whole.fit(4)
    Training(numpy).fit(2, callbacks=[nn.Checkpoint(tmp_path)])
    second = Training(numpy, seed=99)
    monkeypatch.setattr(nn.DataLoader, "load_state_dict", lambda self, state: None)
    second.fit(4, callbacks=[nn.Checkpoint(tmp_path)], resume=tmp_path)
    assert any((second.weights()[name] != array).any() for name, array in whole.weights().items())


def test_a_list_of_batches_is_read_up_to_the_checkpoint(tmp_path):
    batches = [(numpy.full((2, 3), x, dtype=numpy.float32), numpy.asarray([0, 1])) for x in (1.0, 2.0, 3.0)]

    def fit(model, **options):
        nn.fit(model, nn.SGD(0.1), batches, epochs=2, progress=False, **options)
        return model.weight

    def model():
        return nn.Linear(3, 2, rng=numpy.random.default_rng(0), xp=numpy)

    expected = fit(model(), callbacks=[nn.Checkpoint(tmp_path, every_steps=1, keep=None)])
    middle = tmp_path / "step-00000002.safetensors"
    assert_array_equal(fit(model(), resume=middle, callbacks=[nn.Checkpoint(tmp_path / "other")]), expected)


def test_training_goes_on_after_changes_of_backend(tmp_path, xp):
    """The curve of a run on NumPy that goes over to another namespace and back, within epochs, is that of one run."""
    whole = Training(numpy, count=12)
    expected = whole.fit(4, callbacks=[nn.Checkpoint(tmp_path / "whole", keep=None, every_steps=1)])

    def stop_at(step):
        def stop(run):
            if run.step == step:
                raise KeyboardInterrupt

        return nn.LambdaCallback(on_step_end=stop)

    for seed, (namespace, until) in enumerate([(numpy, 4), (xp, 8), (numpy, None)]):
        training = Training(namespace, seed=seed, count=12)
        callbacks = [nn.Checkpoint(tmp_path / "parts", keep=None, every_steps=1), stop_at(until)]
        with nullcontext() if until is None else pytest.raises(KeyboardInterrupt):
            history = training.fit(4, callbacks=callbacks, resume=tmp_path / "parts")
    assert_allclose(history["loss"], expected["loss"], rtol=1e-5)
    assert len(history) == 4
    for step in range(1, 12 + 1):
        runs = (nn.load_checkpoint(tmp_path / run / f"step-{step:08}.safetensors") for run in ("parts", "whole"))
        # Weights, running statistics, moments of the optimizer.
        found, wanted = (optree.tree_leaves([run["model"]["state"], run["optimizer"]]) for run in runs)
        for x, y in zip(found, wanted, strict=True):
            assert_allclose(x, y, rtol=1e-4, atol=1e-6, err_msg=str(step))


def test_a_folder_without_checkpoints_is_a_beginning(tmp_path):
    for folder in (tmp_path, tmp_path / "not yet"):
        assert len(Training(numpy).fit(1, resume=folder)) == 1
    with pytest.raises(FileNotFoundError):
        Training(numpy).fit(1, resume=tmp_path / "wrong.safetensors")


def test_the_latest_are_kept_and_the_best(tmp_path):
    values = iter([3.0, 1.0, 2.0, 1.5])

    def score(predictions, targets):
        return next(values)

    one = nn.Linear(3, 2, rng=numpy.random.default_rng(0), xp=numpy)
    batches = [(numpy.ones((2, 3)), numpy.asarray([0, 1]))]
    checkpoint = nn.Checkpoint(tmp_path, keep=2, best="score", mode="min")
    nn.fit(one, nn.SGD(0.1), batches, epochs=4, metrics=[score], callbacks=[checkpoint], progress=False)
    assert sorted(os.listdir(tmp_path)) == [
        "best.safetensors",
        "step-00000003.safetensors",
        "step-00000004.safetensors",
    ]
    assert nn.load_checkpoint(tmp_path / "best.safetensors")["step"] == 2
    assert nn.latest_checkpoint(tmp_path).name == "step-00000004.safetensors"


def test_a_run_does_not_mix_with_a_later_one_in_its_folder(tmp_path):
    # A new one would at once delete what it saves, and the other one would be resumed.
    Training(numpy).fit(3, callbacks=[nn.Checkpoint(tmp_path)])
    names = sorted(os.listdir(tmp_path))
    fresh = Training(numpy)
    before = fresh.weights()
    message = "holds checkpoints of later steps than {}, up to step-00000012.safetensors: continue .* resume="
    with pytest.raises(ValueError, match=message.format(0)):
        fresh.fit(1, callbacks=[nn.Checkpoint(tmp_path)])
    with pytest.raises(ValueError, match=message.format(4)):
        fresh.fit(2, callbacks=[nn.Checkpoint(tmp_path)], resume=tmp_path / names[0])
    assert sorted(os.listdir(tmp_path)) == names
    assert_same(Training(numpy).weights(), before)
    assert len(fresh.fit(4, callbacks=[nn.Checkpoint(tmp_path)], resume=tmp_path)) == 4


@pytest.mark.parametrize("options", [{"every": 0}, {"every_steps": 0}, {"keep": 0}, {"best": "x", "mode": "least"}])
def test_bad_options_are_refused(tmp_path, options):
    with pytest.raises(ValueError, match="must be"):
        nn.Checkpoint(tmp_path, **options)


# The files.


def parts(xp=numpy, features=3):
    rng = numpy.random.default_rng(0)
    model = nn.Linear(features, 2, rng=rng, xp=xp)
    one = xp.ones(1, dtype=xp.float64)
    return {
        "model": model,
        "optimizer": nn.Adam().attach(model),
        "rng": rng,
        "state": {"means": [one + 1, one + 2], "pair": (one, 5), "name": "x", "none": None},
        "count": numpy.int64(3),
    }


def test_there_and_back(tmp_path, xp):
    path = tmp_path / "c.safetensors"
    saved = parts(xp)
    draws = saved["rng"].bit_generator.state
    nn.save_checkpoint(path, saved)
    saved["rng"].normal()
    fresh = parts(xp)
    fresh["model"].weight = fresh["model"].weight * 0
    fresh["rng"].normal(size=10)
    loaded = nn.load_checkpoint(path, fresh)
    assert loaded["model"] is fresh["model"]
    assert loaded["rng"].bit_generator.state == draws
    assert loaded["count"] == 3
    assert loaded["state"]["name"] == "x"
    assert loaded["state"]["none"] is None
    for actual, expected in [
        (loaded["model"].weight, saved["model"].weight),
        *zip(loaded["state"]["means"], saved["state"]["means"], strict=True),
        (loaded["state"]["pair"][0], saved["state"]["pair"][0]),
    ]:
        assert type(actual) is type(expected)
        assert_array_equal(numpy.asarray(actual), numpy.asarray(expected), strict=True)
    assert isinstance(loaded["state"]["pair"], tuple)


def test_other_readers_read_the_arrays(tmp_path):
    load_file = pytest.importorskip("safetensors.numpy").load_file
    nn.save_checkpoint(tmp_path / "c", parts())
    assert_array_equal(load_file(tmp_path / "c")["model.state.weight"], parts()["model"].weight)


def test_bfloat16_comes_back_as_such(tmp_path):
    torch = pytest.importorskip("torch")
    pytest.importorskip("ml_dtypes")
    x = torch.asarray([1.0, 3.140625, -1e30], dtype=torch.bfloat16)
    nn.save_checkpoint(tmp_path / "c", {"x": x})
    loaded = nn.load_checkpoint(tmp_path / "c")["x"]
    assert loaded.dtype.name == "bfloat16"
    assert_array_equal(loaded.astype(numpy.float32), x.float().numpy())


def test_all_differences_are_listed_and_nothing_is_changed(tmp_path):
    path = tmp_path / "c.safetensors"
    nn.save_checkpoint(path, parts(features=4) | {"more": 1})
    mine = parts()
    mine["model"].bias = numpy.zeros(2, dtype=numpy.float64)
    mine["rng"] = numpy.random.Generator(numpy.random.MT19937(0))
    mine["state"]["fresh"] = numpy.ones(1)
    before = numpy.array(mine["model"].weight)
    with pytest.raises(ValueError, match="does not fit") as caught:
        nn.load_checkpoint(path, mine)
    message = str(caught.value)
    for part in (
        "unexpected more",
        "model.state.weight is float32 of shape (2, 4), expected float32 of shape (2, 3)",
        "model.state.bias is float32 of shape (2,), expected float64 of shape (2,)",
        "rng is of a generator PCG64, expected MT19937",
        "missing state.fresh",
    ):
        assert part in message
    assert_array_equal(mine["model"].weight, before)


def test_another_namespace_has_the_same_data_types(tmp_path, xp):
    nn.save_checkpoint(tmp_path / "c", parts())
    loaded = nn.load_checkpoint(tmp_path / "c", parts(xp))
    assert_array_equal(numpy.asarray(loaded["model"].weight), parts()["model"].weight)


def zipped():
    out = io.BytesIO()
    numpy.savez(out, x=numpy.ones(3))
    return out.getvalue()


class Malicious:
    def __reduce__(self):
        return os.abort, ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (pickle.dumps(Malicious()), "it seems to be a pickle, which is never read"),
        (zipped(), "it seems to be a zip archive as of torch.save"),
        (b"", "not a whole safetensors file"),
        (None, "not a whole safetensors file"),
    ],
)
def test_what_is_no_checkpoint_is_refused(tmp_path, content, message):
    path = tmp_path / "c.safetensors"
    nn.save_checkpoint(path, parts())
    path.write_bytes(path.read_bytes()[:-1] if content is None else content)
    with pytest.raises(ValueError, match=message):
        nn.load_checkpoint(path)


def test_every_truncation_is_noticed(tmp_path):
    path = tmp_path / "c.safetensors"
    nn.save_checkpoint(path, {"x": numpy.ones(2), "y": 1})
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="not a whole safetensors file"):
            nn.load_checkpoint(path)


def test_weights_alone_are_no_checkpoint(tmp_path):
    nn.save(tmp_path / "w", {"x": numpy.ones(2)})
    with pytest.raises(ValueError, match=r"no checkpoint; read it with nn\.load"):
        nn.load_checkpoint(tmp_path / "w")


@pytest.mark.parametrize("text", ["{", '{"x": {"__array__": "gone"}}'])
def test_damage_within_is_named(tmp_path, text):
    nn.save(tmp_path / "w", {"x": numpy.ones(2)}, metadata={"checkpoint": text})
    with pytest.raises(ValueError, match="the state within is damaged"):
        nn.load_checkpoint(tmp_path / "w")


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_crash_while_saving_leaves_the_old_file_whole(tmp_path, monkeypatch, step):
    path = tmp_path / "c.safetensors"
    nn.save_checkpoint(path, {"x": 1})

    def fail(*args):
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(os, step, fail)
        with pytest.raises(OSError, match="disk full"):
            nn.save_checkpoint(path, {"x": 2})
    assert nn.load_checkpoint(path) == {"x": 1}
    assert os.listdir(tmp_path) == ["c.safetensors"]


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ({"x": object()}, TypeError, "x: a checkpoint holds arrays, numbers and texts, not object"),
        ({"x": {1: 2}}, TypeError, "keys of a checkpoint are texts, got 1 in x"),
        ({"x.y": numpy.ones(1), "x": {"y": numpy.ones(1)}}, ValueError, "two arrays go by the name 'x.y'"),
    ],
)
def test_what_cannot_be_saved_is_named(tmp_path, value, error, message):
    with pytest.raises(error, match=message):
        nn.save_checkpoint(tmp_path / "c", value)
    assert not os.listdir(tmp_path)


def test_another_loader_is_refused(tmp_path):
    Training(numpy).fit(1, callbacks=[nn.Checkpoint(tmp_path)])
    with pytest.raises(ValueError, match="batch_size 4, expected 7"):
        Training(numpy, batch_size=7).fit(2, callbacks=[nn.Checkpoint(tmp_path)], resume=tmp_path)
