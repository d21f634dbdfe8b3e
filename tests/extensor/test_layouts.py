"""What the official suite does not try: every memory layout, extremes of integers, `copy`, `device`, scalars, order."""

import math
import operator
from itertools import product

import array_api_strict as strict
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import extensor as xp
from conformance import spec

# Layouts: ways to hold the same elements.


def reversed_steps(nd):
    every = (slice(None, None, -1),) * nd.ndim
    return numpy.ascontiguousarray(nd[every])[every]


def strided(nd):
    wide = numpy.zeros([2 * size for size in nd.shape], nd.dtype)
    every = (slice(None, None, 2),) * nd.ndim
    wide[every] = nd
    return wide[every]


def read_only(nd):
    nd = nd.copy()
    nd.flags.writeable = False
    return nd


LAYOUTS = {
    "contiguous": numpy.ascontiguousarray,
    "Fortran order": numpy.asfortranarray,
    "negative steps": reversed_steps,
    "strided": strided,
    "read-only": read_only,
    "unaligned": lambda nd: numpy.frombuffer(b"\0" + nd.tobytes(), numpy.uint8)[1:].view(nd.dtype).reshape(nd.shape),
}

ARGUMENTS = {
    "all": {},
    "any": {},
    "argmax": {"axis": 0},
    "argmin": {"axis": -1},
    "argsort": {"axis": 0},
    "sort": {"axis": 0, "descending": True},
    "count_nonzero": {"axis": 1},
    "cumulative_prod": {"axis": 0},
    "cumulative_sum": {"axis": 1, "include_initial": True},
    "diff": {"axis": 0},
    "flip": {},
    "roll": {"axis": 0, "shift": 1},
    "repeat": {"repeats": 2},
    "tile": {"repetitions": (2, 1)},
    "reshape": {"shape": (-1,)},
    "permute_dims": {"axes": (1, 0)},
    "expand_dims": {"axis": 1},
    "squeeze": {"axis": ()},
    "moveaxis": {"source": 0, "destination": 1},
    "broadcast_to": {"shape": (2, 3, 4)},
    "full_like": {"fill_value": 1},
    "astype": {"dtype": "complex128"},
    "take": None,  # These have tests of their own.
    "take_along_axis": None,
    "empty_like": None,  # Of no certain elements.
}
ROWS = [
    row
    for row in spec.FUNCTIONS
    if "x" in row.parameters[:1] and row.chapter not in ("linalg", "fft") and ARGUMENTS.get(row.name, {}) is not None
]


def called(namespace, row, x):
    keywords = dict(ARGUMENTS.get(row.name, {}))
    if "dtype" in keywords:
        keywords["dtype"] = getattr(namespace, keywords["dtype"])
    positional = [
        keywords.pop(name)
        for name in row.parameters[1:]
        if name in keywords and "*" not in row.signature.partition(name)[0]
    ]
    result = getattr(namespace, row.name)(x, *positional, **keywords)
    return list(result) if isinstance(result, (tuple, list)) else [result]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_layout(row, layout):
    for name in spec.KINDS[row.kinds]:
        nd = (numpy.arange(12).reshape(3, 4) % 5).astype(name)
        given = layout(nd)
        results = called(xp, row, xp.asarray(given))
        expected = called(strict, row, strict.asarray(nd))
        for ours, theirs in zip(results, expected, strict=True):
            numpy.testing.assert_allclose(numpy.asarray(ours), numpy.asarray(theirs), rtol=1e-6, atol=1e-6)
            assert str(ours.dtype) == str(numpy.asarray(theirs).dtype)
        numpy.testing.assert_array_equal(given, nd)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("row", [row for row in ROWS if row.name not in ARGUMENTS], ids=lambda row: row.name)
@pytest.mark.parametrize("shape", [(0,), (3, 0), (0, 3), (0, 0, 2)])
def test_nothing(row, shape):
    """Functions of arrays without elements: of the shape that array-api-strict gives, or refused as there."""
    for name in spec.KINDS[row.kinds]:
        try:
            expected = called(strict, row, strict.zeros(shape, dtype=getattr(strict, name)))
        except ValueError:
            with pytest.raises(ValueError, match=r"."):
                called(xp, row, xp.zeros(shape, dtype=getattr(xp, name)))
            continue
        results = called(xp, row, xp.zeros(shape, dtype=getattr(xp, name)))
        assert [x.shape for x in results] == [x.shape for x in expected]
        assert [str(x.dtype) for x in results] == [str(numpy.asarray(x).dtype) for x in expected]


@given(npst.arrays(numpy.int64, npst.array_shapes(max_dims=3, max_side=4)), st.data())
def test_broadcast_operands(nd, data):
    shape = data.draw(npst.broadcastable_shapes(nd.shape, max_dims=3, max_side=4))
    shape = numpy.broadcast_shapes(shape, nd.shape)
    x = xp.broadcast_to(xp.asarray(nd), shape)
    assert (x + 1).buffer.tolist() == (numpy.broadcast_to(nd, shape) + 1).tolist()
    assert xp.sum(x, dtype=xp.int64).buffer.tolist() == numpy.broadcast_to(nd, shape).sum()
    assert xp.sort(x, axis=0).buffer.tolist() == numpy.sort(numpy.broadcast_to(nd, shape), axis=0).tolist()


# Integers at the ends of 64 bits: arithmetic wraps, as Python's modulo 2**64.

EXTREMES = [-(2**63), -(2**63) + 1, -1, 0, 1, 2**31, 2**63 - 2, 2**63 - 1]
SIGNED = st.sampled_from(EXTREMES) | st.integers(-(2**63), 2**63 - 1)


def wrapped(value):
    return (value + 2**63) % 2**64 - 2**63


@given(SIGNED, SIGNED)
def test_signed_extremes(a, b):
    x, y = xp.asarray([a]), xp.asarray([b])
    for apply in (operator.add, operator.sub, operator.mul):
        assert int(apply(x, y)[0]) == int(apply(x, b)[0]) == wrapped(apply(a, b))
    assert (bool((x < y)[0]), bool((x == y)[0]), bool((x >= b)[0])) == (a < b, a == b, a >= b)
    assert int((x & y)[0]) == a & b
    assert int((x ^ y)[0]) == a ^ b
    assert int(xp.bitwise_invert(x)[0]) == ~a
    assert int(xp.maximum(x, y)[0]) == max(a, b)
    assert int(xp.max(xp.asarray([a, b]))) == max(a, b)
    assert int(xp.sign(x)[0]) == (a > 0) - (a < 0)
    assert xp.sort(xp.asarray([a, b, 0])).buffer.tolist() == sorted([a, b, 0])
    if b not in (0, -1):
        assert int((x // y)[0]) == a // b
        assert int((x % y)[0]) == a % b


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_unsigned_extremes(a, b):
    x, y = xp.asarray([a], dtype=xp.uint64), xp.asarray([b], dtype=xp.uint64)
    for apply in (operator.add, operator.sub, operator.mul):
        assert int(apply(x, y)[0]) == apply(a, b) % 2**64
    assert int(xp.sum(xp.concat([x, y]))) == (a + b) % 2**64
    assert bool((x < y)[0]) == (a < b)
    if b:
        assert (int((x // y)[0]), int((x % y)[0])) == divmod(a, b)


@pytest.mark.parametrize("name", spec.KINDS["integer"])
@pytest.mark.parametrize("apply", [operator.add, operator.mul, operator.lt, operator.sub], ids=lambda f: f.__name__)
def test_python_integers_must_fit(name, apply):
    limits = xp.iinfo(getattr(xp, name))
    x = xp.ones(1, dtype=limits.dtype)
    assert apply(x, limits.max).dtype in (limits.dtype, xp.bool)
    if apply is not operator.lt:  # A comparison has an answer for any integer.
        for scalar in (limits.max + 1, limits.min - 1):
            for operands in ((x, scalar), (scalar, x)):
                with pytest.raises(OverflowError):
                    apply(*operands)


@pytest.mark.parametrize("name", spec.KINDS["floating-point"])
@pytest.mark.parametrize("scalar", [True, 2, 2.5])
def test_python_scalars_keep_the_precision(name, scalar):
    x = xp.ones((), dtype=getattr(xp, name))
    for result in (x * scalar, scalar * x, xp.where(xp.asarray(True), x, scalar), xp.pow(scalar, x)):
        assert result.dtype == x.dtype
    expected = {"float32": "complex64", "float64": "complex128"}.get(name, name)
    assert (x * 1j).dtype.name == (1j * x).dtype.name == expected


# `copy`: True never shares, False always shares or raises, None shares where it can.


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("copy", [True, False, None])
def test_copy(layout, copy):
    nd = layout(numpy.arange(6.0).reshape(2, 3))
    x = xp.asarray(nd)
    for result in (xp.asarray(x, copy=copy), xp.asarray(nd, copy=copy), numpy.asarray(x, copy=copy)):
        assert numpy.shares_memory(numpy.asarray(result), nd) == (copy is not True)
    astyped = xp.astype(x, xp.float64, copy=bool(copy))
    assert numpy.shares_memory(numpy.asarray(astyped), nd) == (not copy)
    if copy is False:
        with pytest.raises(ValueError, match=r"copy"):
            xp.asarray(x, dtype=xp.float32, copy=False)
        with pytest.raises(ValueError, match=r"copy"):
            xp.asarray([1.0], copy=False)
    else:
        assert not numpy.shares_memory(numpy.asarray(xp.asarray(x, dtype=xp.float32, copy=copy)), nd)


@pytest.mark.parametrize("copy", [True, False, None])
def test_reshape_copies_when_told(copy):
    x = xp.reshape(xp.arange(6), (2, 3))
    result = xp.reshape(x, (3, 2), copy=copy)
    assert numpy.shares_memory(numpy.asarray(result), numpy.asarray(x)) == (copy is not True)
    if copy is False:
        with pytest.raises(ValueError, match=r"copy"):
            xp.reshape(xp.permute_dims(x, (1, 0)), (6,), copy=False)


@pytest.mark.parametrize("row", [row for row in spec.FUNCTIONS if "device" in row.parameters], ids=lambda row: row.path)
def test_device_everywhere(row):
    place = {"fft": xp.fft, "info": xp.__array_namespace_info__()}.get(row.chapter, xp)
    function = getattr(place, row.name)
    x = xp.ones((2, 2))
    arguments = {
        "arange": (3,), "asarray": ([1],), "empty": (2,), "eye": (2,), "full": (2, 1), "full_like": (x, 1),
        "linspace": (0, 1, 3), "ones": (2,), "zeros": (2,), "astype": (x, xp.float32), "fftfreq": (3,),
        "rfftfreq": (3,), "default_dtypes": (), "dtypes": (),
    }.get(row.name, (x,))  # fmt: skip
    for device in ("cpu", None, x.device):
        result = function(*arguments, device=device)
        assert row.chapter == "info" or result.device == "cpu"
    with pytest.raises(ValueError, match="gpu"):
        function(*arguments, device="gpu")


# Indexing with arrays, from either library.


@given(npst.arrays(numpy.int64, (4, 5)), st.data())
def test_integer_arrays(nd, data):
    x = xp.asarray(nd)
    shape = data.draw(npst.array_shapes(min_dims=0, max_dims=2, max_side=3, min_side=0))
    rows = data.draw(npst.arrays(numpy.int64, shape, elements=st.integers(-4, 3)))
    columns = data.draw(npst.arrays(numpy.int64, shape, elements=st.integers(-5, 4)))
    expected = nd[rows, columns]
    for first, second in product((rows, xp.asarray(rows)), (columns, xp.asarray(columns))):
        assert x[first, second].buffer.tolist() == expected.tolist()
    assert xp.take(x, xp.asarray(columns.ravel()), axis=1).buffer.tolist() == nd[:, columns.ravel()].tolist()
    written, copied = xp.asarray(nd, copy=True), nd.copy()
    written[xp.asarray(rows), columns] = 7
    copied[rows, columns] = 7
    assert written.buffer.tolist() == copied.tolist()


@given(npst.arrays(numpy.float64, (3, 4), elements=st.floats(-9, 9)), npst.arrays(bool, (3, 4)), st.floats(-9, 9))
def test_masks(nd, mask, scalar):
    x = xp.asarray(nd)
    for key in (mask, xp.asarray(mask)):
        assert x[key].buffer.tolist() == strict.asarray(nd)[strict.asarray(mask)]._array.tolist()
        written, copied = xp.asarray(nd, copy=True), nd.copy()
        written[key], copied[mask] = scalar, scalar
        assert written.buffer.tolist() == copied.tolist()
        written[key] = x[key]
        assert written.buffer.tolist() == nd.tolist()
    assert xp.asarray(scalar)[xp.asarray(True)].shape == (1,)
    assert xp.asarray(scalar)[xp.asarray(False)].shape == (0,)


# Order.

FEW = st.lists(st.sampled_from([0.0, -0.0, 1.0, 2.0, math.inf, -math.inf, math.nan]), min_size=1, max_size=40)


@given(FEW, st.booleans(), st.sampled_from([xp.float32, xp.float64]))
def test_sorts_are_stable_with_nan_at_one_end(values, descending, dtype):
    x = xp.asarray(values, dtype=dtype)
    order = xp.argsort(x, descending=descending).buffer.tolist()
    key = lambda i: (math.isnan(values[i]), 0.0 if math.isnan(values[i]) else values[i])  # noqa: E731
    expected = sorted(range(len(values)), key=key)
    if descending:
        expected = sorted(range(len(values)), key=lambda i: tuple(-part for part in key(i)))
    assert order == expected
    numpy.testing.assert_array_equal(xp.sort(x, descending=descending), xp.take(x, xp.asarray(order)))


@given(FEW)
def test_sets_count_each_nan_and_one_zero(values):
    x = xp.asarray(values)
    found = xp.unique_all(x)
    nans = sum(math.isnan(value) for value in values)
    assert found.values.size == len({value for value in values if not math.isnan(value)}) + nans
    assert int(xp.sum(xp.astype(xp.isnan(found.values), xp.int64))) == nans
    assert int(xp.sum(found.counts)) == len(values)
    values_and_counts, values_and_inverse = xp.unique_counts(x), xp.unique_inverse(x)
    for ours, theirs in [
        (values_and_counts.values, found.values),
        (values_and_counts.counts, found.counts),
        (values_and_inverse.values, found.values),
        (xp.unique_values(x), found.values),
        (xp.take(found.values, found.inverse_indices), x),
        (xp.take(found.values, values_and_inverse.inverse_indices), x),
        (xp.take(x, found.indices), found.values),
    ]:
        numpy.testing.assert_array_equal(ours, theirs)
    assert not bool(xp.any(xp.isin(xp.asarray([math.nan]), x)))


@given(st.lists(st.integers(-9, 9), min_size=1), st.lists(st.integers(-10, 10)), st.sampled_from(["left", "right"]))
def test_searchsorted_by_a_sorter(values, wanted, side):
    x1, x2 = xp.asarray(values), xp.asarray(wanted, dtype=xp.int64)
    expected = xp.searchsorted(xp.sort(x1), x2, side=side)
    numpy.testing.assert_array_equal(xp.searchsorted(x1, x2, side=side, sorter=xp.argsort(x1)), expected)


# Functions that return several arrays return tuples.


@pytest.mark.parametrize("result", [
    lambda x: xp.meshgrid(x, x), lambda x: xp.broadcast_arrays(x, x), lambda x: xp.unstack(x), lambda x: xp.nonzero(x),
    lambda x: xp.meshgrid(), lambda x: xp.broadcast_arrays(),
])  # fmt: skip
def test_tuples(result):
    arrays = result(xp.ones(2))
    assert type(arrays) is tuple
    assert {type(array) for array in arrays} <= {xp.ExTensor}


@given(st.data())
def test_meshgrid_is_strict_s(data):
    arrays = data.draw(st.lists(npst.arrays(numpy.int64, st.integers(0, 3), elements=st.integers(-9, 9)), max_size=3))
    indexing = data.draw(st.sampled_from(["xy", "ij"]))
    ours = xp.meshgrid(*map(xp.asarray, arrays), indexing=indexing)
    theirs = strict.meshgrid(*map(strict.asarray, arrays), indexing=indexing)
    assert [x.buffer.tolist() for x in ours] == [x._array.tolist() for x in theirs]
