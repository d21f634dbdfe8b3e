from __future__ import annotations

import json
import os
import pickle
import stat
import struct
import subprocess
import sys

import numpy
import pytest
from numpy.testing import assert_array_equal

import nn

STATE = {"0.weight": numpy.arange(6, dtype=numpy.float32).reshape(2, 3).T, "0.bias": numpy.asarray(1.5)}


def test_there_and_back(xp, tmp_path):
    path = tmp_path / "w.safetensors"
    nn.save(path, {name: xp.asarray(numpy.array(array, order="C")) for name, array in STATE.items()})
    loaded = nn.load(path, xp=xp)
    assert loaded.keys() == STATE.keys()
    for name, array in STATE.items():
        assert_array_equal(numpy.asarray(loaded[name]), array, strict=True)


def test_transposed_arrays_are_written_in_order(tmp_path):
    nn.save(tmp_path / "w", STATE)
    assert_array_equal(nn.load(tmp_path / "w", xp=numpy)["0.weight"], STATE["0.weight"])


def test_other_readers_read_it(tmp_path):
    from safetensors.numpy import load_file

    nn.save(tmp_path / "w", STATE, metadata={"made by": "extensor"})
    assert_array_equal(load_file(tmp_path / "w")["0.weight"], STATE["0.weight"])


@pytest.mark.parametrize("damage", [lambda b: b[:-1], lambda b: b[:5], lambda b: b"", lambda b: b"\xff" * 40])
def test_a_damaged_file_is_named(tmp_path, damage):
    path = tmp_path / "w.safetensors"
    nn.save(path, STATE)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"w\.safetensors: not a whole safetensors file"):
        nn.load(path, xp=numpy)


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_while_writing_leaves_the_old_file_alone(tmp_path, monkeypatch, step):
    path = tmp_path / "w"
    nn.save(path, STATE)
    before = path.read_bytes()

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="disk full"):
        nn.save(path, {"other": numpy.zeros(1000)})
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["w"]


def test_the_file_is_as_readable_as_any_other(tmp_path):
    nn.save(tmp_path / "w", STATE)
    (tmp_path / "plain").touch()
    assert stat.S_IMODE((tmp_path / "w").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


SHAPES = [(), (0,), (3, 0, 2), (2, 3)]
DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64".split()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_data_type_and_shape_of_the_format(tmp_path, dtype, shape):
    x = numpy.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    nn.save(tmp_path / "w", {"x": x})
    assert_array_equal(nn.load(tmp_path / "w", xp=numpy)["x"], x, strict=True)
    assert_array_equal(numpy.asarray(nn.load(tmp_path / "w")["x"]), x, strict=True)


def test_what_the_format_lacks_is_named(tmp_path):
    with pytest.raises(TypeError, match="'x' is complex128; safetensors files hold bool, int8,"):
        nn.save(tmp_path / "w", {"x": numpy.ones(2, dtype=numpy.complex128)})


def test_the_default_namespace_reads_what_is_touched(tmp_path):
    nn.save(tmp_path / "w", STATE)
    loaded = nn.load(tmp_path / "w")["0.weight"]
    assert type(loaded).__module__.startswith("extensor")
    view = numpy.asarray(loaded)
    assert not view.flags.writeable
    # Over the file itself: what is written to it in place appears in the array.
    content = (tmp_path / "w").read_bytes()
    with open(tmp_path / "w", "r+b") as file:
        file.seek(content.index(view.tobytes()))
        file.write(struct.pack("<f", 7.0))
    assert view.flat[0] == 7.0
    # And it stays as it is when another file takes the place.
    nn.save(tmp_path / "w", {"0.weight": numpy.zeros((3, 2), dtype=numpy.float32)})
    assert view.flat[0] == 7.0


def test_a_model_that_has_loaded_a_mapped_file_is_its_own(tmp_path):
    model = nn.Linear(2, 3, rng=numpy.random.default_rng(0))
    nn.save(tmp_path / "w", model.state_dict())
    model.load_state_dict(nn.load(tmp_path / "w"))
    model.weight[0, 0] = 5.0
    assert float(model.weight[0, 0]) == 5.0


def test_a_namespace_that_lacks_data_types_names_them(tmp_path):
    strict = pytest.importorskip("array_api_strict")
    state = {"a": numpy.ones(2, "float16"), "b": numpy.ones(2, "float32"), "c": numpy.ones(2, "float16")}
    nn.save(tmp_path / "w", state)
    message = r"w cannot be loaded into array_api_strict: a: array_api_strict has no float16.*; c: array_api_strict"
    with pytest.raises(TypeError, match=message):
        nn.load(tmp_path / "w", xp=strict)


class Malicious:
    def __reduce__(self):
        return os.abort, ()


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_refused_with_the_way_to_convert_it(tmp_path, protocol):
    (tmp_path / "w.pt").write_bytes(pickle.dumps(Malicious(), protocol=protocol))
    with pytest.raises(ValueError, match=r"w.pt: not .* a pickle, which is never read.*safetensors.torch.save_file"):
        nn.load(tmp_path / "w.pt")


@pytest.mark.parametrize(("zipped", "kind"), [(True, "a zip archive as of torch.save"), (False, "a pickle")])
def test_what_torch_saves_is_refused(tmp_path, zipped, kind):
    torch = pytest.importorskip("torch")
    torch.save({"x": torch.ones(2)}, tmp_path / "w.pt", _use_new_zipfile_serialization=zipped)
    with pytest.raises(ValueError, match=rf"w.pt: not .* {kind}.*torch.load\(path, weights_only=True\)"):
        nn.load(tmp_path / "w.pt")


def test_a_cut_file_whose_length_looks_like_a_pickle_is_no_pickle(tmp_path):
    name = "x"
    while len(header := json.dumps({name: {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}})) < 0x280:
        name += "x"
    (tmp_path / "w").write_bytes(struct.pack("<Q", len(header)) + header.encode())
    with pytest.raises(ValueError, match="not a whole safetensors file") as caught:
        nn.load(tmp_path / "w")
    assert "pickle" not in str(caught.value)


def test_every_truncation_is_refused(tmp_path):
    nn.save(tmp_path / "w", STATE)
    content = (tmp_path / "w").read_bytes()
    for length in range(len(content)):
        (tmp_path / "w").write_bytes(content[:length])
        with pytest.raises(ValueError, match="w: not a whole safetensors file"):
            nn.load(tmp_path / "w")


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        nn.load(tmp_path / "w")


def test_a_process_that_dies_while_writing_leaves_the_old_file(tmp_path):
    nn.save(tmp_path / "w", STATE)
    before = (tmp_path / "w").read_bytes()
    program = (
        "import os, sys, numpy, nn; os.fsync = lambda file: os._exit(9); nn.save(sys.argv[1], {'x': numpy.ones(9)})"
    )
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "w"], check=False)
    assert done.returncode == 9
    assert (tmp_path / "w").read_bytes() == before


def model():
    return nn.Linear(2, 3, rng=numpy.random.default_rng(0), xp=numpy)


def test_loading_lists_every_misfit_and_changes_nothing():
    layer = model()
    before = layer.state_dict()
    state = {"weight": numpy.ones((3, 3), dtype=numpy.float64), "more": numpy.ones(1)}
    message = (
        "state does not fit Linear: missing bias; unexpected more; weight has shape (3, 3), expected (3, 2); "
        "weight is float64, expected float32; cast=True converts it"
    )
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- compared in full
        layer.load_state_dict(state)
    assert str(caught.value) == message
    assert all(layer.state_dict()[name] is array for name, array in before.items())


@pytest.mark.parametrize(
    ("found", "own", "cast", "fits"),
    [
        ("float64", "float32", False, False),
        ("float64", "float32", True, True),
        ("float16", "float32", True, True),
        ("complex64", "float32", True, False),
        ("float32", "complex64", True, False),
        ("complex128", "complex64", True, True),
        ("int64", "float32", True, False),
        ("float32", "int64", True, False),
        ("bool", "int64", True, False),
        ("int64", "int32", False, True),
        ("uint8", "int64", False, True),
    ],
)
def test_data_types_fit_or_are_cast_or_refused(found, own, cast, fits):
    module = nn.Module()
    module.x = numpy.zeros(3, dtype=own)
    state = {"x": numpy.asarray([1, 0, 1]).astype(found)}
    if fits:
        module.load_state_dict(state, cast=cast)
        assert_array_equal(module.x, numpy.asarray([1, 0, 1]).astype(own), strict=True)
    else:
        with pytest.raises(ValueError, match=f"x is {found}, expected {own}"):
            module.load_state_dict(state, cast=cast)


def test_integers_that_do_not_fit_are_refused():
    module = nn.Module()
    module.x = numpy.zeros(1, dtype=numpy.int8)
    with pytest.raises(ValueError, match="x is int64, expected int8"):
        module.load_state_dict({"x": numpy.asarray([200])}, cast=True)


def test_without_strict_what_is_there_is_loaded():
    layer = model()
    layer.load_state_dict({"bias": numpy.ones(3, dtype=numpy.float32), "more": numpy.ones(1)}, strict=False)
    assert_array_equal(layer.bias, [1, 1, 1])
    with pytest.raises(ValueError, match="bias has shape"):
        layer.load_state_dict({"bias": numpy.ones(4, dtype=numpy.float32)}, strict=False)
