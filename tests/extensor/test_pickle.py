"""Pickling and copying: elements, data types, and buffers out of band."""

import copy
import pickle

import numpy
import pytest
from numpy.testing import assert_array_equal

import extensor as xp
from extensor.dtypes import DTYPES

ARRAYS = {
    "contiguous": numpy.arange(12.0).reshape(3, 4),
    "transposed": numpy.arange(12.0).reshape(3, 4).T,
    "permuted": numpy.arange(24.0).reshape(2, 3, 4).transpose(1, 0, 2),
    "strided": numpy.arange(24.0).reshape(4, 6)[::2, 1::2],
    "reversed": numpy.arange(3.0)[::-1],
    "broadcast": numpy.broadcast_to(numpy.arange(3.0), (2, 3)),
    "0-d": numpy.asarray(5.0),
    "empty": numpy.zeros((0, 3)),
}
PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)
ALL_DTYPES = [*DTYPES, "float16", "bfloat16"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("nd", ARRAYS.values(), ids=ARRAYS)
def test_there_and_back(nd, protocol):
    x = pickle.loads(pickle.dumps(xp.asarray(nd), protocol))
    assert type(x) is xp.ExTensor
    assert_array_equal(numpy.asarray(x), nd, strict=True)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", ALL_DTYPES)
def test_the_dtype_is_the_very_one(name, protocol):
    x = xp.ones((2,), dtype=name)
    y = pickle.loads(pickle.dumps(x, protocol))
    assert y.dtype is x.dtype
    assert y.buffer.tobytes() == x.buffer.tobytes()


@pytest.mark.parametrize("nd", ARRAYS.values(), ids=ARRAYS)
def test_out_of_band(nd):
    buffers = []
    data = pickle.dumps(xp.asarray(nd), protocol=5, buffer_callback=buffers.append)
    assert len(buffers) == 1
    x = pickle.loads(data, buffers=buffers)
    assert_array_equal(numpy.asarray(x), nd, strict=True)


@pytest.mark.parametrize("name", ["contiguous", "transposed"])
def test_contiguous_buffers_are_not_copied(name):
    x = xp.asarray(ARRAYS[name], copy=True)
    buffers = []
    data = pickle.dumps(x, protocol=5, buffer_callback=buffers.append)
    y = pickle.loads(data, buffers=buffers)
    assert y.store.address == x.store.address
    y[0, 0] = 77.0
    assert float(x[0, 0]) == 77.0


def test_read_only_buffers_give_read_only_arrays():
    x = xp.from_buffer(bytes(16), xp.float64)
    buffers = []
    data = pickle.dumps(x, protocol=5, buffer_callback=buffers.append)
    y = pickle.loads(data, buffers=buffers)
    assert y.store.address == x.store.address
    with pytest.raises(ValueError, match="read-only"):
        y[0] = 1.0


@pytest.mark.parametrize("copy_of", [copy.copy, copy.deepcopy])
@pytest.mark.parametrize("nd", ARRAYS.values(), ids=ARRAYS)
def test_copies_are_their_own(nd, copy_of):
    x = xp.asarray(nd)
    y = copy_of(x)
    assert y.dtype is x.dtype
    assert_array_equal(numpy.asarray(y), nd, strict=True)
    assert not numpy.shares_memory(numpy.asarray(y), nd)
    y[...] = -1.0
    assert (nd != -1.0).all()


def test_deepcopy_copies_each_array_once():
    x = xp.arange(3.0)
    first, second = copy.deepcopy([x, x])
    assert first is second
    assert first is not x
