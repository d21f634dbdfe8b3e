"""Statistical, sorting, searching, set and utility functions against Python and array_api_strict."""

import bisect
import math
import statistics
from itertools import pairwise

import array_api_strict as strict
import numpy
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import extensor as xp

NUMBERS = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30)
INTEGERS = st.lists(st.integers(-50, 50), min_size=1, max_size=30)
ARRAYS = npst.arrays(numpy.float64, npst.array_shapes(max_dims=4, max_side=4), elements=st.integers(-9, 9))
REDUCTIONS = ["sum", "prod", "max", "min", "mean", "std", "var", "all", "any", "count_nonzero"]


@given(INTEGERS)
def test_reductions_of_integers_are_python_s(values):
    x = xp.asarray(values)
    assert int(xp.sum(x)) == sum(values)
    assert int(xp.max(x)) == max(values)
    assert int(xp.min(x)) == min(values)
    assert bool(xp.all(x)) == all(values)
    assert bool(xp.any(x)) == any(values)
    assert int(xp.prod(x[:9])) == math.prod(values[:9])
    assert float(xp.mean(x)) == pytest.approx(statistics.fmean(values))
    assert int(xp.argmax(x)) == values.index(max(values))
    assert int(xp.argmin(x)) == values.index(min(values))


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30))
def test_spread_is_python_s(values):
    x = xp.asarray(values)
    assert float(xp.var(x)) == pytest.approx(statistics.pvariance(values), abs=1e-9)
    assert float(xp.std(x, correction=1)) == pytest.approx(statistics.stdev(values), abs=1e-6)


@pytest.mark.parametrize("name", REDUCTIONS)
@given(nd=ARRAYS, data=st.data())
def test_axes(name, nd, data):
    axis = data.draw(st.one_of(st.none(), st.integers(-nd.ndim, nd.ndim - 1), npst.valid_tuple_axes(nd.ndim)))
    keepdims = data.draw(st.booleans())
    ours = getattr(xp, name)(xp.asarray(nd), axis=axis, keepdims=keepdims)
    theirs = getattr(strict, name)(strict.asarray(nd), axis=axis, keepdims=keepdims)
    assert type(ours) is xp.ExTensor
    assert (ours.shape, str(ours.dtype)) == (theirs.shape, str(numpy.asarray(theirs).dtype))
    numpy.testing.assert_allclose(ours, numpy.asarray(theirs), atol=1e-12)


@pytest.mark.parametrize("name", REDUCTIONS)
def test_axis_must_exist(name):
    with pytest.raises(IndexError):
        getattr(xp, name)(xp.ones((2, 3)), axis=2)


@pytest.mark.parametrize("name", ["sum", "prod", "cumulative_sum", "cumulative_prod"])
@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("bool", "int64"), ("int8", "int64"), ("uint8", "uint64"), ("float32", "float32"), ("complex64", "complex64")],
)
def test_small_integers_add_up_in_wide_ones(name, dtype, expected):
    x = xp.ones(3, dtype=getattr(xp, dtype))
    function = getattr(xp, name)
    assert function(x).dtype.name == expected
    assert function(x, dtype=xp.complex128).dtype == xp.complex128
    if dtype == "complex64":
        with pytest.raises(TypeError, match="imaginary"):
            function(x, dtype=xp.float64)
    assert int(xp.sum(xp.full(300, 1, dtype=xp.int8))) == 300


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin"])
def test_nothing_has_no_extreme(name):
    with pytest.raises(ValueError, match=r"empty|zero-size"):
        getattr(xp, name)(xp.zeros(0))


def test_empty_reductions():
    x = xp.zeros((0, 3))
    assert xp.sum(x, axis=0).buffer.tolist() == [0, 0, 0]
    assert float(xp.prod(x)) == 1
    with numpy.errstate(invalid="ignore"):
        assert math.isnan(float(xp.mean(x)))


@given(NUMBERS, st.booleans())
def test_cumulative(values, include_initial):
    totals = [math.fsum(values[:i]) for i in range(len(values) + 1)]
    result = xp.cumulative_sum(xp.asarray(values), include_initial=include_initial)
    assert result.buffer.tolist() == pytest.approx(totals if include_initial else totals[1:], abs=1e-9)
    with pytest.raises(ValueError, match="axis"):
        xp.cumulative_sum(xp.ones((2, 2)))
    assert xp.cumulative_prod(xp.full((2, 3), 2), axis=-1, include_initial=True).buffer.tolist() == [[1, 2, 4, 8]] * 2


@given(st.lists(st.integers(-3, 3), max_size=40), st.booleans())
def test_sorting_is_python_s(values, descending):
    x = xp.asarray(values, dtype=xp.int64)
    order = sorted(range(len(values)), key=lambda i: -values[i] if descending else values[i])
    assert xp.sort(x, descending=descending).buffer.tolist() == sorted(values, reverse=descending)
    assert xp.argsort(x, descending=descending).buffer.tolist() == order


def test_sorting_along_axes():
    x = xp.asarray([[3, 1], [2, 4]])
    assert xp.sort(x, axis=0).buffer.tolist() == [[2, 1], [3, 4]]
    assert xp.sort(x, axis=-2, descending=True).buffer.tolist() == [[3, 4], [2, 1]]
    assert xp.argsort(x, axis=0, descending=True).buffer.tolist() == [[0, 1], [1, 0]]
    for sort in (xp.sort, xp.argsort):
        with pytest.raises(ValueError, match="axis"):
            sort(xp.asarray(1))


@given(st.lists(st.integers(-9, 9), max_size=40))
def test_sets_are_python_s(values):
    x = xp.asarray(values, dtype=xp.int64)
    found = xp.unique_all(x)
    distinct = sorted(set(values))
    assert found.values.buffer.tolist() == xp.unique_values(x).buffer.tolist() == distinct
    assert found.indices.buffer.tolist() == [values.index(value) for value in distinct]
    assert found.counts.buffer.tolist() == [values.count(value) for value in distinct]
    assert xp.unique_counts(x).counts.buffer.tolist() == found.counts.buffer.tolist()
    assert (found.values[found.inverse_indices].buffer.tolist()) == values
    assert xp.unique_inverse(x).inverse_indices.buffer.tolist() == found.inverse_indices.buffer.tolist()
    assert xp.isin(x, xp.asarray([1, 2])).buffer.tolist() == [value in (1, 2) for value in values]
    assert xp.isin(x, 1, invert=True).buffer.tolist() == [value != 1 for value in values]


def test_each_nan_is_unique():
    assert xp.unique_values(xp.asarray([xp.nan, 1.0, xp.nan])).shape == (3,)
    assert xp.unique_inverse(xp.asarray([[1, 2], [2, 1]])).inverse_indices.shape == (2, 2)


@given(INTEGERS, st.lists(st.integers(-60, 60), max_size=10), st.sampled_from(["left", "right"]))
def test_searchsorted(values, wanted, side):
    expected = [getattr(bisect, f"bisect_{side}")(sorted(values), value) for value in wanted]
    x = xp.asarray(values)
    x2 = xp.asarray(wanted, dtype=xp.int64)
    assert xp.searchsorted(xp.sort(x), x2, side=side).buffer.tolist() == expected
    assert xp.searchsorted(x, x2, side=side, sorter=xp.argsort(x)).buffer.tolist() == expected
    assert xp.searchsorted(xp.sort(x), values[0]).shape == ()


@given(ARRAYS)
def test_nonzero_and_where(nd):
    x = xp.asarray(nd)
    assume(nd.size)
    assert [i.buffer.tolist() for i in xp.nonzero(x)] == [i.tolist() for i in numpy.nonzero(nd)]
    assert float(xp.sum(xp.where(x > 0, x, 0))) == nd[nd > 0].sum()
    with pytest.raises(ValueError, match="axis"):
        xp.nonzero(xp.asarray(1))


@given(INTEGERS, st.integers(0, 3))
def test_diff(values, n):
    expected = list(values)
    for _ in range(n):
        expected = [b - a for a, b in pairwise(expected)]
    assert xp.diff(xp.asarray(values), n=n).buffer.tolist() == expected
    assert xp.diff(xp.asarray(values), prepend=xp.asarray([0]))[0].buffer.tolist() == values[0]


@pytest.mark.parametrize("name", ["mean", "var", "std", "sum", "max"])
def test_numpy_integers_are_axes(name):
    x = xp.asarray([[1.0, 2.0, 4.0], [0.0, 1.0, 5.0]])
    function = getattr(xp, name)
    assert xp.all(function(x, axis=numpy.int64(1)) == function(x, axis=1))
