"""Files: what is written is read, by others too; what is no whole file is refused by name."""

import json
import os
import stat
import struct
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import extensor as xp
from extensor.dtypes import DTYPES

ARRAYS = {
    "matrix": numpy.arange(6.0).reshape(2, 3),
    "transposed": numpy.arange(6.0).reshape(2, 3).T,
    "strided": numpy.arange(24.0).reshape(4, 6)[::2, 1::2],
    "0-d": numpy.asarray(5.0),
    "empty": numpy.zeros((0, 3)),
}
DAMAGE = {
    "short by a byte": lambda content: content[:-1],
    "cut in the header": lambda content: content[:20],
    "cut in the first word": lambda content: content[:5],
    "empty": lambda content: b"",
    "garbage": lambda content: b"\xff" * 40,
    "text": lambda content: b"once upon a time, there was an array",
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x"


def nested(header, data=b""):
    return struct.pack("<Q", len(header)) + header + data


# .npy files


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("nd", ARRAYS.values(), ids=ARRAYS)
def test_npy_there_and_back(path, nd, mmap):
    xp.save(path, xp.asarray(nd))
    assert_array_equal(numpy.load(path), nd, strict=True)
    x = xp.load(path, mmap=mmap)
    assert_array_equal(numpy.asarray(x), nd, strict=True)
    assert x.store.readonly == mmap


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("name", [*DTYPES, "float16"])
def test_npy_dtypes(path, name, mmap):
    xp.save(path, xp.ones((3,), dtype=name))
    x = xp.load(path, mmap=mmap)
    assert x.dtype is xp.zeros(1, dtype=name).dtype
    assert bool(xp.all(x == xp.ones_like(x)))


def test_npy_has_no_bfloat16(path):
    x = xp.zeros(1, dtype="bfloat16")
    with pytest.raises(TypeError, match="save_safetensors"):
        xp.save(path, x)
    with pytest.raises(TypeError, match="save_safetensors"):
        xp.open_memmap(path, "w+", x.dtype, (1,))
    assert not path.exists()


@pytest.mark.parametrize("dtype", [">f8", ">i2", ">c8"])
def test_a_foreign_byte_order_is_converted_never_mapped(path, dtype):
    nd = numpy.arange(3).astype(dtype)
    numpy.save(path.with_suffix(".npy"), nd)
    x = xp.load(path.with_suffix(".npy"))
    assert x.dtype.isnative
    assert_array_equal(numpy.asarray(x), nd)
    for mode in ("r", "r+", "c"):
        with pytest.raises(ValueError, match="byte order"):
            xp.open_memmap(path.with_suffix(".npy"), mode)


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_npy_file_is_named(path, damage):
    xp.save(path, xp.arange(3.0))
    path.write_bytes(damage(path.read_bytes()))
    for load in (xp.load, xp.open_memmap, lambda path: xp.open_memmap(path, "r+")):
        with pytest.raises(ValueError, match=r"x: not a whole \.npy file"):
            load(path)


@pytest.mark.parametrize("nd", [numpy.asarray(["a"]), numpy.zeros(2, "i4,f4"), numpy.asarray([{}])], ids=str)
def test_npy_of_what_is_no_number(tmp_path, nd):
    numpy.save(tmp_path / "x.npy", nd)
    with pytest.raises((TypeError, ValueError), match="numbers"):
        xp.load(tmp_path / "x.npy")


def test_modes(path):
    x = xp.open_memmap(path, "w+", xp.int32, (2, 3))
    x[1, 2] = 7
    other = xp.open_memmap(path)
    assert int(other[1, 2]) == 7
    xp.open_memmap(path, "r+")[0, 0] = 8
    assert (int(x[0, 0]), int(other[0, 0])) == (8, 8)
    own = xp.open_memmap(path, "c")
    own[0, 0] = 9
    assert (int(own[0, 0]), int(x[0, 0])) == (9, 8)
    with pytest.raises(ValueError, match="read-only"):
        other[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        other += 1
    assert numpy.load(path).tolist() == [[8, 0, 0], [0, 0, 7]]


@pytest.mark.parametrize("shape", [(), (0, 3), 4])
def test_new_files_of_any_shape(path, shape):
    x = xp.open_memmap(path, "w+", shape=shape)
    assert x.dtype is xp.float64
    assert x.shape == xp.zeros(shape).shape == xp.load(path).shape


def test_modes_are_checked(path):
    with pytest.raises(ValueError, match="shape"):
        xp.open_memmap(path, "w+", xp.float64)
    with pytest.raises(ValueError, match="mode"):
        xp.open_memmap(path, "a")
    for arguments in ({"dtype": xp.float64}, {"shape": (1,)}):
        with pytest.raises(ValueError, match=r"w\+"):
            xp.open_memmap(path, "r", **arguments)
    with pytest.raises(FileNotFoundError):
        xp.open_memmap(path)
    with pytest.raises(FileNotFoundError):
        xp.load(path)


# safetensors files


@pytest.mark.parametrize("nd", ARRAYS.values(), ids=ARRAYS)
def test_safetensors_there_and_back(path, nd):
    xp.save_safetensors(path, {"x": xp.asarray(nd)})
    assert_array_equal(safetensors.numpy.load_file(path)["x"], nd, strict=True)
    assert_array_equal(numpy.asarray(xp.load_safetensors(path)["x"]), nd, strict=True)


def test_safetensors_dtypes(path):
    names = [name for name in (*DTYPES, "float16", "bfloat16") if name != "complex128"]
    # Of odd lengths, so that no array is aligned unless the writer sees to it.
    arrays = {name: xp.ones((3,), dtype=name) for name in names}
    xp.save_safetensors(path, arrays)
    loaded = xp.load_safetensors(path)
    theirs = safetensors.numpy.load_file(path)
    assert list(loaded) == names
    for name, x in loaded.items():
        assert x.dtype is arrays[name].dtype
        assert x.buffer.tobytes() == arrays[name].buffer.tobytes()
        assert numpy.asarray(x).flags.aligned
        assert theirs[name].dtype == x.dtype
        assert_array_equal(theirs[name], numpy.asarray(x))


def test_safetensors_of_others(path):
    arrays = {"b": numpy.arange(3, dtype=numpy.int8), "a": numpy.arange(4.0).reshape(2, 2), "none": numpy.zeros((0, 2))}
    safetensors.numpy.save_file(arrays, path, metadata={"made by": "another"})
    loaded = xp.load_safetensors(path)
    assert loaded.keys() == arrays.keys()
    for name, nd in arrays.items():
        assert_array_equal(numpy.asarray(loaded[name]), nd, strict=True)


def test_safetensors_metadata(path):
    xp.save_safetensors(path, {}, metadata={"made by": "extensor"})
    with safetensors.safe_open(path, "numpy") as file:
        assert file.metadata() == {"made by": "extensor"}
    assert xp.load_safetensors(path) == {}


def test_safetensors_are_mapped_for_reading(path):
    xp.save_safetensors(path, {"x": xp.arange(3.0), "y": xp.zeros(2)})
    loaded = xp.load_safetensors(path)
    with pytest.raises(ValueError, match="read-only"):
        loaded["x"][0] = 1.0
    assert loaded["x"].store.nbytes >= 40
    # Whoever has the old file mapped keeps it.
    xp.save_safetensors(path, {"x": xp.ones(3)})
    assert loaded["x"].buffer.tolist() == [0.0, 1.0, 2.0]


def test_what_safetensors_cannot_hold(path):
    with pytest.raises(TypeError, match="complex128"):
        xp.save_safetensors(path, {"x": xp.zeros(1, dtype=xp.complex128)})
    with pytest.raises(TypeError, match="strings"):
        xp.save_safetensors(path, {1: xp.zeros(1)})
    with pytest.raises(TypeError, match="strings"):
        xp.save_safetensors(path, {}, metadata={"version": 1})
    with pytest.raises(ValueError, match="__metadata__"):
        xp.save_safetensors(path, {"__metadata__": xp.zeros(1)})
    assert not path.exists()


def header(**changes):
    entry = {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]} | changes
    return json.dumps({"x": {key: value for key, value in entry.items() if value is not None}}).encode()


WRONG = {
    "no mapping": nested(b"[]"),
    "no json": nested(b"{"),
    "no text": nested(b"\xff{}"),
    "nested": nested(b"[" * 100_000),
    "header too long": struct.pack("<Q", 1 << 63) + b"{}",
    "no entry": nested(b'{"x": 1}'),
    "no offsets": nested(header(data_offsets=None), bytes(16)),
    "three offsets": nested(header(data_offsets=[0, 8, 16]), bytes(16)),
    "negative length": nested(header(shape=[-2]), bytes(16)),
    "no integer": nested(header(shape=[2.0]), bytes(16)),
    "too few bytes": nested(header(data_offsets=[0, 8]), bytes(8)),
    "backwards": nested(header(data_offsets=[16, 0]), bytes(16)),
    "beyond the end": nested(header(data_offsets=[8, 24]), bytes(16)),
    "bytes that nothing claims": nested(header(), bytes(24)),
    "huge": nested(header(shape=[1 << 62, 1 << 62]), bytes(16)),
    "huge and empty": nested(header(shape=[0, 1 << 70], data_offsets=[0, 0])),
    "many axes": nested(header(shape=[1] * 1000 + [2]), bytes(16)),
    "overlapping": nested(
        b'{"x": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]},'
        b' "y": {"dtype": "F64", "shape": [1], "data_offsets": [8, 16]}}',
        bytes(16),
    ),
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
def test_a_wrong_header_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match="x: not a whole safetensors file"):
        xp.load_safetensors(path)


def test_an_unknown_dtype_is_named(path):
    path.write_bytes(nested(header(dtype="F8_E4M3", data_offsets=[0, 2]), bytes(2)))
    with pytest.raises(TypeError, match="F8_E4M3"):
        xp.load_safetensors(path)


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_safetensors_file_is_named(path, damage):
    xp.save_safetensors(path, {"x": xp.arange(3.0)})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="x: not a whole safetensors file"):
        xp.load_safetensors(path)


def test_a_missing_file_is_missing(path):
    with pytest.raises(FileNotFoundError):
        xp.load_safetensors(path)


# Both


LOADERS = {
    "npy": (lambda path: xp.save(path, xp.ones((2, 3))), xp.load),
    "safetensors": (lambda path: xp.save_safetensors(path, {"x": xp.ones((2, 3))}), xp.load_safetensors),
}


@pytest.mark.parametrize(("save", "load"), LOADERS.values(), ids=LOADERS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(data=st.data())
def test_no_content_does_worse_than_an_error(path, save, load, data):
    save(path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(content) - 1))
        content[position : position + 1] = data.draw(st.sampled_from([b"", b"9", b"0", b"[", b'"', b" ", b"\xff"]))
    path.write_bytes(content)
    with suppress(ValueError, TypeError):
        load(path)


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize(("save", "load"), LOADERS.values(), ids=LOADERS)
def test_a_failure_while_writing_leaves_the_old_file_alone(path, monkeypatch, save, load, step):
    path.write_bytes(b"old")

    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="disk full"):
        save(path)
    assert path.read_bytes() == b"old"
    assert os.listdir(path.parent) == ["x"]


@pytest.mark.parametrize(("save", "load"), LOADERS.values(), ids=LOADERS)
def test_the_file_is_as_readable_as_any_other(path, save, load):
    save(path)
    path.with_name("plain").touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(path.with_name("plain").stat().st_mode)


@pytest.mark.parametrize(("save", "load"), LOADERS.values(), ids=LOADERS)
def test_eight_threads_write_and_read_one_file(path, save, load):
    save(path)

    def work(_):
        for _ in range(10):
            save(path)
            load(path)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert os.listdir(path.parent) == ["x"]


def test_a_new_map_leaves_those_of_the_old_file_alone(tmp_path):
    path = tmp_path / "x.npy"
    xp.save(path, xp.ones(100_000))
    old = xp.load(path, mmap=True)
    new = xp.open_memmap(path, "w+", xp.float64, (10,))
    new[...] = 2.0
    assert float(xp.sum(old)) == 100_000
    assert xp.load(path).shape == (10,)
    assert float(xp.load(path)[0]) == 2.0


@pytest.mark.skipif(os.name != "posix", reason="needs links and permissions of POSIX")
def test_saving_keeps_links_and_permissions(tmp_path):
    path, link = tmp_path / "x.npy", tmp_path / "link.npy"
    xp.save(path, xp.ones(2))
    path.chmod(0o600)
    link.symlink_to(path)
    xp.save(link, xp.zeros(2))
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o600
    assert float(xp.load(path)[0]) == 0.0
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        xp.save(tmp_path / "pipe", xp.ones(2))
