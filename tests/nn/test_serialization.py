from __future__ import annotations

import os
import stat

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
