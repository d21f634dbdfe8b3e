"""Creation, manipulation, indexing and data type functions against array_api_strict."""

import math

import array_api_strict as strict
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import extensor as xp
from conformance import spec

X = numpy.arange(24.0).reshape(2, 3, 4)
INDICES = numpy.asarray([2, 0, -1])

CALLS = {
    "broadcast_arrays": lambda m: m.broadcast_arrays(m.asarray(X), m.ones((3, 1))),
    "broadcast_to": lambda m: m.broadcast_to(m.asarray(X), (5, 2, 3, 4)),
    "concat": lambda m: m.concat([m.asarray(X), m.asarray(X[:, :1])], axis=-2),
    "concat flat": lambda m: m.concat((m.asarray(X), m.ones(2)), axis=None),
    "expand_dims": lambda m: m.expand_dims(m.asarray(X), axis=-2),
    "flip": lambda m: m.flip(m.asarray(X), axis=(0, -1)),
    "flip all": lambda m: m.flip(m.asarray(X)),
    "moveaxis": lambda m: m.moveaxis(m.asarray(X), (0, 1), (-1, 0)),
    "permute_dims": lambda m: m.permute_dims(m.asarray(X), (2, 0, 1)),
    "repeat": lambda m: m.repeat(m.asarray(X), 2, axis=1),
    "repeat each": lambda m: m.repeat(m.asarray(X), m.asarray([0, 1, 2]), axis=1),
    "reshape": lambda m: m.reshape(m.asarray(X), (4, -1)),
    "roll": lambda m: m.roll(m.asarray(X), (1, -2), axis=(0, 2)),
    "roll flat": lambda m: m.roll(m.asarray(X), 5),
    "squeeze": lambda m: m.squeeze(m.ones((1, 3, 1)), axis=(0, -1)),
    "stack": lambda m: m.stack([m.asarray(X), m.asarray(X)], axis=-1),
    "tile": lambda m: m.tile(m.asarray(X), (2, 1)),
    "unstack": lambda m: m.unstack(m.asarray(X), axis=-2),
    "take": lambda m: m.take(m.asarray(X), m.asarray(INDICES), axis=1),
    "take_along_axis": lambda m: m.take_along_axis(m.asarray(X), m.asarray(INDICES[None, :, None]), axis=-2),
    "arange": lambda m: m.arange(5, 0, -2),
    "arange float": lambda m: m.arange(0.0, 1.0, 0.25, dtype=m.float32),
    "linspace": lambda m: m.linspace(0, 1, 4, endpoint=False),
    "linspace complex": lambda m: m.linspace(0, 1j, 3),
    "eye": lambda m: m.eye(2, 3, k=-1, dtype=m.complex64),
    "full": lambda m: m.full((2, 2), 3j),
    "full_like": lambda m: m.full_like(m.asarray(X), 2),
    "ones_like": lambda m: m.ones_like(m.asarray(X), dtype=m.int8),
    "zeros_like": lambda m: m.zeros_like(m.asarray(X)),
    "tril": lambda m: m.tril(m.asarray(X), k=1),
    "triu": lambda m: m.triu(m.asarray(X), k=-1),
    "meshgrid": lambda m: m.meshgrid(m.arange(2), m.arange(3), m.arange(1)),
    "meshgrid none": lambda m: m.meshgrid(),
    "tensordot": lambda m: m.tensordot(m.asarray(X), m.asarray(X), axes=((0, -1), (0, 2))),
    "vecdot": lambda m: m.vecdot(m.asarray(X * 1j), m.asarray(X[0] * 1j), axis=-2),
    "matmul": lambda m: m.matmul(m.asarray(X), m.asarray(X[0].T)),
    "matrix_transpose": lambda m: m.matrix_transpose(m.asarray(X)),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_as_strict(call):
    ours, theirs = call(xp), call(strict)
    if not isinstance(ours, tuple):
        ours, theirs = (ours,), (theirs,)
    assert len(ours) == len(theirs)
    for x, y in zip(ours, theirs, strict=True):
        assert type(x) is xp.ExTensor
        assert (x.shape, str(x.dtype)) == (y.shape, str(numpy.asarray(y).dtype))
        numpy.testing.assert_allclose(x, numpy.asarray(y))


ERRORS = {
    "broadcast": (ValueError, lambda: xp.broadcast_to(xp.ones(2), (3,))),
    "broadcast_shapes": (ValueError, lambda: xp.broadcast_shapes((2,), (3,))),
    "concat": (ValueError, lambda: xp.concat([xp.ones((2, 2)), xp.ones((3, 3))])),
    "expand_dims": (IndexError, lambda: xp.expand_dims(xp.ones(2), axis=3)),
    "flip": (IndexError, lambda: xp.flip(xp.ones(2), axis=1)),
    "permute_dims": (ValueError, lambda: xp.permute_dims(xp.ones((2, 2)), (0, 0))),
    "reshape": (ValueError, lambda: xp.reshape(xp.ones(3), (2,))),
    "reshape copy": (ValueError, lambda: xp.reshape(xp.ones((2, 3)).T, (6,), copy=False)),
    "squeeze": (ValueError, lambda: xp.squeeze(xp.ones(2), axis=0)),
    "take": (ValueError, lambda: xp.take(xp.ones((2, 2)), xp.asarray([0]))),
    "take bounds": (IndexError, lambda: xp.take(xp.ones(2), xp.asarray([2]))),
    "tril": (ValueError, lambda: xp.tril(xp.ones(2))),
    "astype": (TypeError, lambda: xp.astype(xp.ones(1, dtype=xp.complex64), xp.float32)),
    "asarray complex": (TypeError, lambda: xp.asarray(xp.asarray([1j]), dtype=xp.float64)),
    "asarray text": (TypeError, lambda: xp.asarray("text")),
    "asarray texts": (TypeError, lambda: xp.asarray(["text"])),
    "asarray ragged": (ValueError, lambda: xp.asarray([[1], [1, 2]])),
    "asarray object": (TypeError, lambda: xp.asarray(object())),
    "asarray long double": (TypeError, lambda: xp.asarray(numpy.zeros(2, numpy.clongdouble))),
    "asarray copy": (ValueError, lambda: xp.asarray([1.0], copy=False)),
    "zeros dtype": (TypeError, lambda: xp.zeros(2, dtype="float8")),
    "zeros device": (ValueError, lambda: xp.zeros(2, device="gpu")),
    "isdtype": (ValueError, lambda: xp.isdtype(xp.int8, "integer")),
    "result_type": (TypeError, lambda: xp.result_type(1, 2.0)),
    "finfo": (ValueError, lambda: xp.finfo(xp.int8)),
    "iinfo": (ValueError, lambda: xp.iinfo(xp.float32)),
}


@pytest.mark.parametrize(("error", "call"), ERRORS.values(), ids=ERRORS)
def test_errors(error, call):
    with pytest.raises(error):
        call()


@given(st.data(), npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
def test_reshape_shares_memory(data, shape):
    x = xp.asarray(numpy.arange(math.prod(shape)).reshape(shape))
    flat = xp.reshape(x, (x.size,))
    assert flat.buffer.tolist() == list(range(x.size))
    if x.size:
        assert numpy.shares_memory(numpy.asarray(flat), numpy.asarray(x))
        assert not numpy.shares_memory(numpy.asarray(xp.reshape(x, shape, copy=True)), numpy.asarray(x))
    assert xp.reshape(x, list(shape)).shape == shape


@given(npst.mutually_broadcastable_shapes(num_shapes=3))
def test_broadcast_shapes(shapes):
    assert xp.broadcast_shapes(*shapes.input_shapes) == shapes.result_shape
    assert xp.broadcast_shapes() == ()


NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.complex_numbers(allow_nan=False)
SCALARS = st.booleans() | NUMBERS


@given(SCALARS)
def test_asarray_infers_from_python_scalars(value):
    expected = {bool: xp.bool, int: xp.int64, float: xp.float64, complex: xp.complex128}[type(value)]
    for x in (xp.asarray(value), xp.asarray([[value]])[0, 0], xp.full((), value)):
        assert x.dtype == expected
        assert x.buffer.tolist() == value if type(value) is not complex else complex(x) == value


def test_asarray_copies_when_told():
    nd = numpy.zeros(2)
    x = xp.asarray(nd)
    assert xp.asarray(x) is x
    assert xp.asarray(x, copy=False) is x
    assert numpy.shares_memory(numpy.asarray(x), nd)
    assert not numpy.shares_memory(numpy.asarray(xp.asarray(nd, copy=True)), nd)
    assert xp.asarray(numpy.zeros(2, ">f8")).dtype is xp.float64
    assert xp.asarray(numpy.zeros(2, "q")).dtype is xp.int64
    assert xp.asarray([xp.asarray(1), xp.asarray(2)]).buffer.tolist() == [1, 2]
    assert xp.astype(x, xp.float64, copy=False) is x
    assert xp.astype(x, xp.float64) is not x
    assert xp.astype(xp.asarray([2j, 0]), xp.bool).buffer.tolist() == [True, False]


@pytest.mark.parametrize("name", spec.DTYPES)
def test_limits(name):
    dtype = getattr(xp, name)
    if xp.isdtype(dtype, ("real floating", "complex floating")):
        limits, theirs = xp.finfo(dtype), strict.finfo(getattr(strict, name))
        assert [type(value) for value in limits[:-1]] == [int, float, float, float, float]
        assert limits.eps == theirs.eps
        assert limits.smallest_normal == theirs.smallest_normal
        assert xp.finfo(xp.ones(1, dtype=dtype)) == limits
    elif xp.isdtype(dtype, "integral"):
        limits = xp.iinfo(dtype)
        signed = xp.isdtype(dtype, "signed integer")
        assert limits.max == 2 ** (limits.bits - signed) - 1
        assert limits.min == (-limits.max - 1 if signed else 0)
        assert {type(value) for value in limits[:-1]} == {int}
