from __future__ import annotations

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nn
from autodiff import import_namespace

PAIRS = [
    pytest.param(name, dtype, marks=[pytest.mark.slow] if (name, dtype) == ("jax.numpy", "float16") else [])
    for name in ("extensor", "numpy", "torch", "jax.numpy")
    for dtype in ("float16", "bfloat16")
    if (name, dtype) != ("numpy", "bfloat16")
]


def namespace(name):
    pytest.importorskip(name.partition(".")[0])
    return import_namespace(name)


def problem(xp, scale=1.0, count=8):
    rng = numpy.random.default_rng(0)
    model = nn.Sequential(nn.Linear(3, 8, rng=rng, xp=xp), nn.Tanh(), nn.Linear(8, 1, rng=rng, xp=xp))
    x = rng.normal(size=(count, 3))
    y = scale * (x @ [[1.0], [-2.0], [0.5]])
    return model, (xp.asarray(x, dtype=xp.float32), xp.asarray(y, dtype=xp.float32))


def fit(model, data, optimizer=None, **options):
    options = {"epochs": 20, "loss": nn.mse} | options
    optimizer = optimizer or nn.SGD(0.1)
    return nn.fit(model, optimizer, nn.DataLoader(data, batch_size=8), progress=False, **options)


@pytest.mark.parametrize(("name", "dtype"), PAIRS)
def test_it_learns_what_single_precision_learns(name, dtype):
    xp = namespace(name)
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes")
    seen = set()

    class Watch(nn.Module):
        def __call__(self, x):
            seen.add(str(x.dtype).rpartition(".")[2])
            return x

    model, data = problem(xp)
    expected = fit(problem(xp)[0], data)
    watched = nn.Sequential(Watch(), model)
    history = fit(watched, data, precision=nn.mixed_precision(dtype, initial_scale=2.0**10))
    assert seen == {dtype}
    assert_allclose(history["loss"], expected["loss"], rtol=0.05)
    assert history["loss"] != expected["loss"]
    assert all(parameter.data.dtype == xp.float32 for parameter in model.parameters())


def test_master_weights_keep_steps_that_half_precision_would_lose():
    # A step of 1e-4 on a weight of 1: the next number of float16 is 1e-3 away.
    class Weight(nn.Module):
        def __init__(self):
            self.weight = numpy.ones(1, dtype=numpy.float32)

        def __call__(self, x):
            return self.weight * x

    data = numpy.ones((1, 1), dtype=numpy.float32), numpy.zeros((1, 1), dtype=numpy.float32)
    model = Weight()
    fit(
        model, data, nn.SGD(1e-4), epochs=10, loss=lambda x, y: x[0, 0], precision=nn.mixed_precision(initial_scale=8.0)
    )
    assert_allclose(model.weight, 1 - 1e-3, rtol=1e-6)


def test_gradients_that_underflow_in_float16_are_saved_by_the_scale():
    def gradient(scale):
        model, (x, y) = problem(numpy)
        before = model[0].weight
        small = nn.mixed_precision(initial_scale=scale)
        fit(model, (x, y), nn.SGD(1e8), epochs=1, loss=lambda x, y: 1e-8 * nn.mse(x, y), precision=small)
        return model[0].weight - before

    model, (x, y) = problem(numpy)
    before = model[0].weight
    fit(model, (x, y), nn.SGD(1.0), epochs=1)
    exact = model[0].weight - before
    assert_array_equal(gradient(1.0), numpy.zeros_like(exact))
    assert numpy.abs(gradient(2.0**20) - exact).max() < 0.2 * numpy.abs(exact).max()


@pytest.mark.parametrize("name", ["extensor", "numpy", "torch"])
def test_steps_whose_gradients_overflow_are_left_out_and_the_scale_goes_down(name):
    xp = namespace(name)
    model, data = problem(xp, scale=100.0)
    precision = nn.mixed_precision(initial_scale=2.0**24)
    before = numpy.array(numpy.asarray(model[0].weight))
    seen = []

    def look(run):
        same = bool((numpy.asarray(run.model[0].weight) == before).all())
        seen.append((run.step, run.optimizer.state["step"], same, precision.scale))

    history = fit(model, data, nn.SGD(1e-5), callbacks=[nn.LambdaCallback(on_step_end=look)], precision=precision)
    left_out = sum(same for _, _, same, _ in seen)
    assert 3 < left_out < 20
    assert seen[left_out - 1] == (left_out, 0, True, 2.0 ** (24 - left_out))
    assert seen[-1] == (20, 20 - left_out, False, 2.0 ** (24 - left_out))
    assert history["loss"][-1] < history["loss"][0]


def test_the_scale_grows_after_good_steps_and_is_in_checkpoints(tmp_path):
    def precision():
        return nn.mixed_precision(initial_scale=8.0, growth_interval=3)

    one, first, second = precision(), precision(), precision()
    model, data = problem(numpy)
    fit(model, data, epochs=7, precision=one)
    assert one.state_dict() == {"dtype": "float16", "scale": 32.0, "good_steps": 1}
    fit(problem(numpy)[0], data, epochs=4, precision=first, callbacks=[nn.Checkpoint(tmp_path)])
    other = problem(numpy)[0]
    fit(other, data, epochs=7, precision=second, callbacks=[nn.Checkpoint(tmp_path)], resume=tmp_path)
    assert second.state_dict() == one.state_dict()
    assert_array_equal(other[0].weight, model[0].weight)
    with pytest.raises(ValueError, match="unexpected precision"):
        fit(problem(numpy)[0], data, epochs=7, callbacks=[nn.Checkpoint(tmp_path)], resume=tmp_path)
    with pytest.raises(ValueError, match="mixed precision with float16, expected bfloat16"):
        nn.mixed_precision("bfloat16").load_state_dict(one.state_dict())


def test_a_model_that_float16_cannot_hold_is_named():
    model, (x, y) = problem(numpy)
    with pytest.raises(nn.NonFiniteError, match=r"the output of '0' \(Linear\); float16 ends at 65504: use bfloat16"):
        fit(model, (x * 1e6, y), precision=nn.mixed_precision())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("float8",), "dtype is 'float8', expected 'float16' or 'bfloat16'"),
        (("float16", {"backoff": 2.0}), "expected 0 < backoff < 1 < growth"),
        (("float16", {"growth_interval": 0}), "growth_interval >= 1"),
    ],
)
def test_bad_options_are_refused(arguments, message):
    dtype, options = arguments if len(arguments) == 2 else (*arguments, {})
    with pytest.raises(ValueError, match=message):
        nn.mixed_precision(dtype, **options)


def test_a_namespace_without_the_data_type_is_named():
    model, data = problem(numpy)
    with pytest.raises(TypeError, match="numpy has no bfloat16, which mixed precision asks for"):
        fit(model, data, precision=nn.mixed_precision("bfloat16"))
