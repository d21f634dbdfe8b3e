"""Weights between PyTorch and modules, and modules between namespaces."""

from __future__ import annotations

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nn
from nn.namespaces import as_numpy, converted, dtype_name

RNG = {"rng": numpy.random.default_rng(0)}
FLOAT = ["float16", "bfloat16", "float32", "float64", "complex64", "complex128"]
OTHERS = ["bool", "int8", "int64", "uint8"]


class Attended(nn.Module):
    """A transformer over symbols, whose parameters go by the same names in both libraries."""

    def __init__(self, embedding, encoder, head):
        self.embedding, self.encoder, self.head = embedding, encoder, head

    def __call__(self, x):
        return self.head(self.encoder(self.embedding(x)))


def mlp(ours):
    return [ours.Linear(6, 8, **_rng(ours)), ours.GELU(), ours.Linear(8, 4, **_rng(ours)), ours.Tanh()]


def convolutional(ours):
    return [
        ours.Conv2d(1, 6, 5, padding=2, **_rng(ours)),
        ours.ReLU(),
        ours.MaxPool2d(2),
        ours.Conv2d(6, 16, 5, **_rng(ours)),
        ours.ReLU(),
        ours.AvgPool2d(2),
        ours.Flatten(),
        ours.Linear(400, 120, **_rng(ours)),
        ours.ReLU(),
        ours.Linear(120, 84, **_rng(ours)),
        ours.ReLU(),
        ours.Linear(84, 10, **_rng(ours)),
    ]


def normalized(ours):
    return [
        ours.Conv2d(3, 8, 3, bias=False, **_rng(ours)),
        ours.BatchNorm2d(8),
        ours.SiLU(),
        ours.ConvTranspose2d(8, 4, 2, stride=2, **_rng(ours)),
        ours.GroupNorm(2, 4),
        ours.PReLU(4),
        ours.Flatten(),
        ours.LayerNorm(4 * 12 * 12),
    ]


def _rng(library):
    return RNG if library is nn else {}


INPUTS = {
    mlp: numpy.random.default_rng(1).normal(size=(5, 6)),
    convolutional: numpy.random.default_rng(1).normal(size=(2, 1, 28, 28)),
    normalized: numpy.random.default_rng(1).normal(size=(2, 3, 8, 8)),
}


def randomized(torch, model):
    """Weights and running averages all drawn: fresh ones are zeros and ones, which hide mistakes."""
    generator = torch.Generator().manual_seed(0)
    for name, x in model.state_dict().items():
        if x.is_floating_point():
            values = torch.rand(x.shape, generator=generator)
            x.copy_(values + 0.5 if "running_var" in name else (values - 0.5) * 0.5)
    return model.eval()


def pair(torch, layers):
    return nn.Sequential(*layers(nn)).eval(), randomized(torch, torch.nn.Sequential(*layers(torch.nn)))


def transformer(torch):
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, **RNG)
    ours = Attended(nn.Embedding(10, 8, **RNG), nn.TransformerEncoder(layer, 2), nn.Linear(8, 3, **RNG))
    theirs = torch.nn.ModuleDict(
        {
            "embedding": torch.nn.Embedding(10, 8),
            "encoder": torch.nn.TransformerEncoder(
                torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2, enable_nested_tensor=False
            ),
            "head": torch.nn.Linear(8, 3),
        }
    )
    return ours.eval(), randomized(torch, theirs)


def both_ways(torch, tmp_path, ours, theirs, call, x, dtype="float32"):
    """PyTorch's weights give the same outputs here, and after a change those from here give the same there."""
    files = pytest.importorskip("safetensors.torch")
    expected = theirs if call is None else call
    xp = nn.namespaces.namespace_or_default(None)
    given = xp.asarray(x.astype(dtype))

    def outputs():
        with torch.no_grad():
            want = expected(torch.asarray(x.astype(dtype)))
        return numpy.asarray(_first(ours(given))), _first(want).numpy()

    files.save_file(theirs.state_dict(), tmp_path / "theirs.safetensors")
    ours.load_state_dict(nn.load(tmp_path / "theirs.safetensors"))
    got, want = outputs()
    assert numpy.abs(want).max() > 1e-3
    assert_allclose(got, want, rtol=1e-5, atol=1e-5)
    for parameter in ours.parameters():
        parameter.data = parameter.data * 0.75
    nn.save(tmp_path / "ours.safetensors", ours.state_dict())
    theirs.load_state_dict(files.load_file(tmp_path / "ours.safetensors"))
    changed, want = outputs()
    assert_allclose(changed, want, rtol=1e-5, atol=1e-5)
    assert numpy.abs(changed - got).max() > 1e-3


def _first(out):
    return out[0] if isinstance(out, tuple) else out


@pytest.mark.parametrize("layers", INPUTS, ids=lambda layers: layers.__name__)
def test_networks_of_layers(tmp_path, layers):
    torch = pytest.importorskip("torch")
    ours, theirs = pair(torch, layers)
    both_ways(torch, tmp_path, ours, theirs, None, INPUTS[layers])


@pytest.mark.parametrize("name", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_recurrent_networks(tmp_path, name, bidirectional):
    torch = pytest.importorskip("torch")
    options = {"num_layers": 2, "batch_first": True, "bidirectional": bidirectional}
    ours = getattr(nn, name)(4, 6, **options, **RNG)
    theirs = randomized(torch, getattr(torch.nn, name)(4, 6, **options))
    x = numpy.random.default_rng(1).normal(size=(3, 7, 4))
    both_ways(torch, tmp_path, ours, theirs, None, x)


def test_transformers(tmp_path):
    torch = pytest.importorskip("torch")
    ours, theirs = transformer(torch)

    def call(x):
        return theirs["head"](theirs["encoder"](theirs["embedding"](x)))

    both_ways(torch, tmp_path, ours, theirs, call, numpy.random.default_rng(1).integers(0, 10, (2, 5)), "int64")


def test_a_state_dict_of_torch_goes_in_and_out_as_it_is(tmp_path):
    torch = pytest.importorskip("torch")
    layer = nn.Linear(2, 3, rng=numpy.random.default_rng(0))
    weight = torch.arange(6.0).reshape(2, 3).T.requires_grad_()
    state = {"weight": weight, "bias": torch.nn.Parameter(torch.ones(3))}
    layer.load_state_dict(state)
    assert_array_equal(numpy.asarray(layer.weight), weight.detach().numpy())
    nn.save(tmp_path / "w", state)
    assert_array_equal(nn.load(tmp_path / "w", xp=numpy)["weight"], weight.detach().numpy())
    there = nn.Linear(2, 3, rng=numpy.random.default_rng(0), xp=torch)
    there.load_state_dict(state)
    assert there.weight.grad_fn is None
    assert not there.weight.requires_grad


def test_halves_of_torch(tmp_path):
    torch = pytest.importorskip("torch")
    pytest.importorskip("ml_dtypes")
    state = {"b": torch.asarray([1.5, -2.0, float("inf")], dtype=torch.bfloat16), "h": torch.ones(2).half()}
    nn.save(tmp_path / "w", state)
    back = nn.load(tmp_path / "w", xp=torch)
    assert all(torch.equal(back[name], x) and back[name].dtype == x.dtype for name, x in state.items())
    ours = nn.load(tmp_path / "w")
    assert [dtype_name(ours[name]) for name in ("b", "h")] == ["bfloat16", "float16"]
    module = nn.Module()
    module.b, module.h = numpy.zeros(3, dtype=numpy.float32), numpy.zeros(2)
    module.load_state_dict(state, cast=True)
    assert_array_equal(module.b, [1.5, -2.0, numpy.inf])


def test_lazily_conjugated_and_negated_tensors(tmp_path):
    torch = pytest.importorskip("torch")
    z = torch.asarray([1 + 2j], dtype=torch.complex64)
    nn.save(tmp_path / "w", {"conj": z.conj(), "imag": z.conj().imag})
    loaded = nn.load(tmp_path / "w", xp=numpy)
    assert_array_equal(loaded["conj"], [1 - 2j])
    assert_array_equal(loaded["imag"], [-2])


def sample(xp, dtype):
    """Some values of a data type, or None where a namespace lacks it."""
    values = numpy.asarray([[1.0, 2.0], [0.0, 3.0]]).T
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes")
        # NumPy and Dask have this one by another package only, and no standard function knows it there.
        if not hasattr(xp, "bfloat16"):
            return None
    try:
        own = xp.asarray(values)
        return xp.astype(own, getattr(xp, dtype))
    except AttributeError:
        return None


@pytest.mark.filterwarnings("ignore:Casting complex values")
def test_arrays_between_all_namespaces(any_xp, other_xp):
    source, target = any_xp, other_xp
    for dtype in FLOAT + OTHERS:
        x = sample(source, dtype)
        if x is None:
            continue
        if sample(target, dtype) is None and not hasattr(target, dtype) and target.__name__ == "array_api_strict":
            with pytest.raises(TypeError, match=f"{target.__name__} has no {dtype}.*pass a dtype"):
                converted(x, target)
            y = converted(x, target, dtype=target.float32)
            assert dtype_name(y) == "float32"
        else:
            y = converted(x, target)
            assert dtype_name(y) == dtype
        assert_array_equal(as_numpy(y).astype("complex128"), as_numpy(x).astype("complex128"))


def test_models_between_all_namespaces(any_xp, other_xp):
    source, target = any_xp, other_xp
    model = nn.Sequential(nn.Linear(3, 4, xp=source, **RNG), nn.BatchNorm1d(4, xp=source), nn.ReLU()).eval()
    x = numpy.random.default_rng(0).normal(size=(2, 3)).astype(numpy.float32)
    expected = as_numpy(model(source.asarray(x)))
    assert model.to(target) is model
    assert {dtype_name(p.data) for p in model.parameters()} == {"float32"}
    out = model(target.asarray(x))
    assert_allclose(as_numpy(out), expected, rtol=1e-5, atol=1e-6)
    model.to(source, dtype=source.float64)
    assert {dtype_name(p.data) for p in model.parameters()} == {"float64"}
    assert_allclose(as_numpy(model(source.asarray(x, dtype=source.float64))), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("empty", [(), (0,), (2, 0)])
def test_empty_and_0d_arrays_between_all_namespaces(any_xp, other_xp, empty):
    y = converted(any_xp.ones(empty, dtype=any_xp.float32), other_xp)
    assert tuple(y.shape) == empty
    assert_array_equal(as_numpy(y), numpy.ones(empty))


def test_what_numpy_alone_has_is_brought_in_order(xp):
    x = numpy.arange(6, dtype=">f4").reshape(2, 3)[::-1, ::-1]
    x.flags.writeable = False
    y = converted(x, xp)
    assert xp is numpy or dtype_name(y) == "float32"
    assert_array_equal(as_numpy(y), x)


def test_a_copy_is_never_a_view(xp):
    x = numpy.ones(3)
    y = converted(x, xp)
    x[0] = 5.0
    assert_array_equal(as_numpy(y), [1.0, 1.0, 1.0])


def test_devices_of_array_api_strict(tmp_path):
    xp = pytest.importorskip("array_api_strict")
    model = nn.Linear(2, 3, xp=numpy, **RNG)
    device = xp.Device("device1")
    model.to(xp, device=device)
    assert model.weight.device == device
    nn.save(tmp_path / "w", model.state_dict())
    model.load_state_dict(nn.load(tmp_path / "w"))
    assert model.weight.device == device
    assert_array_equal(model.to(numpy).weight, nn.load(tmp_path / "w", xp=numpy)["weight"])


def test_a_move_that_fails_moves_nothing():
    xp = pytest.importorskip("array_api_strict")
    module = nn.Module()
    module.a, module.b = numpy.ones(2, dtype=numpy.float32), numpy.ones(2, dtype=numpy.float16)
    with pytest.raises(TypeError, match="array_api_strict has no float16"):
        module.to(xp)
    assert isinstance(module.a, numpy.ndarray)
    assert module.to(xp, dtype=xp.float32).b.dtype == xp.float32


def test_gradients_move_too(xp):
    layer = nn.Linear(2, 1, xp=numpy, **RNG)
    nn.backward(lambda layer, x: layer(x)[0])(layer, numpy.asarray([3.0, 4.0], dtype=numpy.float32))
    layer.to(xp)
    for parameter in layer.parameters():
        assert type(parameter.grad) is type(parameter.data)


def test_jax_without_x64_does_not_narrow_in_silence():
    jax = pytest.importorskip("jax")
    with jax.enable_x64(False):
        with pytest.raises(TypeError, match=r"jax.numpy has no float64; jax.config.update"):
            converted(numpy.ones(2), jax.numpy)
        assert converted(numpy.asarray([7]), jax.numpy).dtype == "int32"
        with pytest.raises(TypeError, match="has no int64"):
            converted(numpy.asarray([2**40]), jax.numpy)
        assert converted(numpy.ones(2), jax.numpy, dtype=jax.numpy.float32).dtype == "float32"
