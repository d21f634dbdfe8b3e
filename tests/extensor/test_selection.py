"""`where` on arrays large enough to be selected by bits, against NumPy's."""

from __future__ import annotations

import itertools

import numpy
import pytest

import extensor as xp
from extensor.selection import BLOCK, SMALL

DTYPES = ["bool", "int8", "uint16", "int64", "float16", "float32", "float64", "complex64", "complex128"]
VALUES = (0, 1, -0.0, 2.5, 1j)


def assert_same(found, expected):
    found = numpy.asarray(found)
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    assert found.tobytes() == expected.tobytes()


def arrays(shape, dtype):
    rng = numpy.random.default_rng(0)
    x1, x2 = (rng.normal(scale=50, size=shape) for _ in range(2))
    if "float" in dtype:
        x1.flat[::7], x2.flat[::5] = numpy.nan, -numpy.inf
    return rng.random(shape) < 0.5, *((numpy.abs(x) if dtype == "uint16" else x).astype(dtype) for x in (x1, x2))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(SMALL,), (BLOCK + 1,), (3, BLOCK, 1), (0,), (5,), ()])
def test_two_arrays(dtype, shape):
    mask, x1, x2 = arrays(shape, dtype)
    assert_same(xp.where(xp.asarray(mask), xp.asarray(x1), xp.asarray(x2)), numpy.where(mask, x1, x2))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("value", VALUES)
def test_an_array_and_a_number(dtype, value):
    mask, x, _ = arrays((2, SMALL), dtype)
    assert_same(xp.where(xp.asarray(mask), xp.asarray(x), value), numpy.where(mask, x, value))
    assert_same(xp.where(xp.asarray(mask), value, xp.asarray(x)), numpy.where(mask, value, x))


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations_with_replacement(VALUES, 2)))
def test_two_numbers(first, second):
    mask, _, _ = arrays((SMALL,), "int64")
    assert_same(xp.where(xp.asarray(mask), first, second), numpy.where(mask, first, second))


def test_other_layouts_and_mixed_data_types():
    mask, x1, x2 = arrays((64, 128), "float32")
    for m, a, b in (
        (mask.T, x1.T, x2.T),
        (mask, x1[::-1], x2),
        (mask, x1, x2[0]),
        (mask[:1], x1, x2),
        (mask, x1, x2.astype("float64")),
        (mask, x1, x2.astype(">f4")),
        (mask.view("uint8") * numpy.uint8(3), x1, x2),
    ):
        assert_same(xp.where(xp.asarray(m.astype(bool)), xp.asarray(a), xp.asarray(b)), numpy.where(m, a, b))


def test_true_may_be_any_byte_in_a_foreign_buffer():
    flags = numpy.tile(numpy.asarray([0, 1, 2, 255], dtype="uint8"), SMALL)
    mask = xp.from_buffer(bytearray(flags.tobytes()), xp.bool)
    x = numpy.arange(flags.size, dtype="float64")
    assert_same(xp.where(mask, xp.asarray(x), 0.0), numpy.where(flags, x, 0.0))


@pytest.mark.parametrize("threads", [1, 3])
def test_large_arrays_are_shared_among_threads(threads):
    mask, x1, x2 = arrays((2_500_001,), "float64")
    before = xp.get_num_threads()
    xp.set_num_threads(threads)
    try:
        assert_same(xp.where(xp.asarray(mask), xp.asarray(x1), xp.asarray(x2)), numpy.where(mask, x1, x2))
    finally:
        xp.set_num_threads(before)
