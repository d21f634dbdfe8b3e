"""Stores: allocation, adoption, alignment, formats, lifetimes."""

import array
import gc
import mmap
import struct
import weakref

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import extensor as xp
from extensor.dtypes import FORMATS

EXPORTERS = {
    "bytearray": lambda data: bytearray(data),
    "bytes": lambda data: data,
    "memoryview": lambda data: memoryview(data),
    "array.array": lambda data: array.array("d", data),
    "numpy": lambda data: numpy.frombuffer(data, "d"),
    "store": lambda data: xp.Store.adopt(data).buffer,
}


@given(st.integers(0, 1 << 16))
def test_allocation_is_aligned(nbytes):
    store = xp.Store.allocate(nbytes)
    assert store.nbytes == nbytes
    assert store.address % 64 == 0
    assert not store.readonly


def test_allocation_needs_a_size():
    with pytest.raises(ValueError, match="-1"):
        xp.Store.allocate(-1)


@pytest.mark.parametrize("make", EXPORTERS.values(), ids=EXPORTERS)
def test_adopts_any_exporter(make):
    data = struct.pack("3d", 1.0, 2.0, 3.0)
    exporter = make(data)
    store = xp.Store.adopt(exporter)
    assert bytes(store.buffer) == data
    assert store.readonly == memoryview(exporter).readonly
    x = xp.asarray(store.view(xp.float64, (3,)))
    assert x.buffer.tolist() == [1.0, 2.0, 3.0]
    if store.readonly:
        with pytest.raises(ValueError, match="read-only"):
            x[0] = 9.0
    else:
        x[0] = 9.0
        assert struct.unpack_from("d", exporter)[0] == 9.0


def test_adopts_mmap_and_empty_buffers():
    x = xp.asarray(xp.Store.adopt(mmap.mmap(-1, 64)).view(xp.int32, (16,)))
    x += 5
    assert int(xp.sum(x)) == 80
    assert xp.Store.adopt(b"").nbytes == 0


def test_refuses_what_is_no_contiguous_buffer():
    with pytest.raises(TypeError):
        xp.Store.adopt([1, 2])
    with pytest.raises(TypeError, match="contiguous"):
        xp.Store.adopt(memoryview(b"abcd")[::2])


def test_view_stays_inside():
    store = xp.Store.allocate(8)
    for arguments in ({"shape": (2,)}, {"shape": (1,), "offset": 1}):
        with pytest.raises((ValueError, TypeError)):
            store.view(xp.float64, **arguments)
    with pytest.raises(ValueError, match="strides"):
        store.view(xp.uint8, (2,), strides=(8,))


@pytest.mark.parametrize("dtype", FORMATS, ids=str)
def test_buffer_has_a_struct_format(dtype):
    view = xp.zeros((2, 3), dtype=dtype).buffer
    # 'l' and 'q' are the same eight bytes where a C long has eight, and NumPy names them 'l'.
    assert view.format.replace("l", "q").replace("L", "Q") == FORMATS[dtype]
    assert (view.shape, view.itemsize) == ((2, 3), dtype.itemsize)
    if dtype.kind != "c":
        assert struct.calcsize("=" + FORMATS[dtype]) == dtype.itemsize


def test_results_have_a_store_too():
    x = xp.arange(6.0)
    part = xp.reshape(x, (2, 3))[1, ::2]
    assert part.store.nbytes == 48
    assert part.store.address == x.store.address
    part[0] = 42.0
    assert x.store.buffer.cast("d").tolist() == [0.0, 1.0, 2.0, 42.0, 4.0, 5.0]


def test_an_array_keeps_its_memory_alive():
    store = xp.Store.allocate(16)
    x = xp.asarray(store.view(xp.float64, (2,)))
    x[...] = 1.0
    watch = weakref.ref(store)
    del store
    gc.collect()
    assert watch() is None
    assert x.buffer.tolist() == [1.0, 1.0]
