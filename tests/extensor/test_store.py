"""Stores: allocation, adoption, alignment, formats, lifetimes."""

import array
import ctypes
import gc
import mmap
import pickle
import struct
import sys
import tracemalloc
import weakref
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.shared_memory import SharedMemory

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
    "mmap": lambda data: written(mmap.mmap(-1, len(data)), data),
    "ctypes": lambda data: (ctypes.c_double * (len(data) // 8)).from_buffer_copy(data),
    "characters": lambda data: ctypes.create_string_buffer(data, len(data)),
    "matrix": lambda data: memoryview(bytearray(data)).cast("d", (1, len(data) // 8)),
}


def written(memory, data):
    memory[: len(data)] = data
    return memory


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


def test_adopts_empty_buffers():
    assert xp.Store.adopt(b"").nbytes == 0
    for exporter in (b"", bytearray(), array.array("d")):
        assert xp.asarray(exporter, copy=False).shape == (0,)
        assert xp.from_buffer(exporter, xp.float64).shape == (0,)


@pytest.mark.parametrize("make", EXPORTERS.values(), ids=EXPORTERS)
def test_from_buffer_shares_the_bytes(make):
    exporter = make(struct.pack("3d", 1.0, 2.0, 3.0))
    x = xp.from_buffer(exporter, xp.float64)
    assert x.buffer.tolist() == [1.0, 2.0, 3.0]
    assert xp.from_buffer(exporter, xp.float64, (1, 2), offset=8).buffer.tolist() == [[2.0, 3.0]]
    assert x.store.readonly == memoryview(exporter).readonly
    if x.store.readonly:
        for write in (lambda: x.__setitem__(0, 9.0), lambda: x.__iadd__(1.0), lambda: x.__ipow__(2.0)):
            with pytest.raises(ValueError, match="read-only"):
                write()
        assert x.buffer.tolist() == [1.0, 2.0, 3.0]
    else:
        x[0] = 9.0
        assert struct.unpack_from("d", exporter)[0] == 9.0
        memoryview(exporter).cast("B")[:8] = struct.pack("d", 8.0)
        assert float(x[0]) == 8.0


def test_from_buffer_checks_the_size():
    with pytest.raises(ValueError, match="10 bytes hold no whole number of float64"):
        xp.from_buffer(bytes(10), xp.float64)
    for arguments in ({"shape": (3,)}, {"shape": (2,), "offset": 8}, {"offset": 24}):
        with pytest.raises(ValueError, match="do not fit into 16 bytes"):
            xp.from_buffer(bytes(16), xp.float64, **arguments)
    with pytest.raises(ValueError, match="-8"):
        xp.from_buffer(bytes(16), xp.float64, (1,), offset=-8)
    with pytest.raises(TypeError):
        xp.from_buffer([1.0], xp.float64)


TYPED = {
    "array.array": array.array("h", range(6)),
    "memoryview": memoryview(array.array("h", range(6))),
    "strided": memoryview(array.array("h", range(12)))[::2],
    "reversed": memoryview(array.array("h", range(6)))[::-1],
    "matrix": memoryview(array.array("h", range(6))).cast("B").cast("h", (2, 3)),
    "ctypes": (ctypes.c_int16 * 6)(*range(6)),
    "ctypes matrix": (ctypes.c_int16 * 2 * 3)(),
    "ctypes scalar": ctypes.c_int16(5),
}


@pytest.mark.parametrize("exporter", TYPED.values(), ids=TYPED)
def test_asarray_shares_what_has_a_type(exporter):
    x = xp.asarray(exporter, copy=False)
    view = memoryview(exporter)
    assert x.dtype is xp.int16
    assert (x.shape, x.buffer.strides) == (view.shape, view.strides)
    x[...] = 300
    assert view.tobytes() == struct.pack("h", 300) * x.size


def test_adopts_shared_memory():
    memory = SharedMemory(create=True, size=16)
    try:
        x = xp.from_buffer(memory.buf, xp.float64, (2,))
        x[1] = 7.0
        assert struct.unpack_from("2d", memory.buf) == (0.0, 7.0)
        del x
    finally:
        memory.close()
        memory.unlink()


def test_an_exporter_is_kept_and_not_resized():
    data = bytearray(16)
    x = xp.from_buffer(data, xp.float64)
    with pytest.raises(BufferError):
        data.append(1)
    del x
    data.append(1)


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


@pytest.mark.skipif(sys.version_info < (3, 12), reason="classes export buffers since Python 3.12")
@pytest.mark.parametrize("dtype", [dtype for dtype in FORMATS if dtype.kind != "V"], ids=str)
def test_memoryview(dtype):
    x = xp.zeros((2, 3), dtype=dtype)
    view = memoryview(x)
    assert (view.format, view.shape, view.strides) == (x.buffer.format, x.shape, x.buffer.strides)
    assert not view.readonly
    read_only = xp.asarray(bytes(3))
    assert memoryview(read_only).readonly
    with pytest.raises(TypeError, match="not writable"):
        (ctypes.c_char * 3).from_buffer(read_only)


def test_bfloat16_lends_its_bits_to_who_asks_for_them():
    x = xp.ones((2,), dtype="bfloat16")
    assert (x.buffer.format, x.buffer.tolist()) == ("H", [0x3F80, 0x3F80])
    assert numpy.asarray(x).dtype == x.dtype
    with pytest.raises((BufferError, TypeError)):
        memoryview(x)


MAKERS = {
    "zeros": lambda: xp.zeros(100),
    "allocate": lambda: xp.asarray(xp.Store.allocate(800).view(xp.float64, (100,))),
    "adopt": lambda: xp.from_buffer(bytearray(800), xp.float64),
    "store": lambda: xp.zeros(100).store.buffer,
    "from_dlpack": lambda: xp.from_dlpack(xp.zeros(100)),
    "pickle": lambda: pickle.loads(pickle.dumps(xp.zeros(100), protocol=5)),
}


@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_no_memory_is_lost(make):
    cycles = 100_000 // len(MAKERS)
    make()
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(cycles):
            make()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The smallest object takes 16 bytes; less than one in two cycles is what Python's own caches grow by.
    assert after - before < 8 * cycles
    assert peak - before < 100_000


def test_eight_threads_make_write_and_drop():
    shared = xp.from_buffer(bytearray(8 * 8 * 100), xp.float64, (8, 100))

    def work(row):
        for step in range(500):
            own = xp.asarray(xp.Store.allocate(800).view(xp.float64, (100,)))
            own[...] = float(row * step)
            shared[row, :] += 1.0
            there = xp.from_dlpack(own)
            lent = own.buffer
            del own
            assert bool(xp.all(there == float(row * step)))
            assert set(lent) == {float(row * step)}

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert bool(xp.all(shared == 500.0))
