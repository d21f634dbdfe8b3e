"""Elements added up by position, on every namespace, against Python's own sums."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autodiff import array_namespace, check_grads, grad, vmap
from autodiff.rules.scatter import scatter_add


def expected(t: Any, indices: Any, size: int) -> Any:
    out = numpy.zeros((size, *t.shape[1:]), dtype=t.dtype)
    for position, row in zip(indices, t, strict=True):
        out[position] += row
    return out


@pytest.mark.parametrize("row", [(), (3,), (2, 0), (4, 5)])
@pytest.mark.parametrize("indices", [[], [0], [2, -1, 2, 0, 2, -4]])
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_every_namespace_adds_up(any_xp: Any, row: Any, indices: Any, dtype: str) -> None:
    t = numpy.random.default_rng(0).normal(size=(len(indices), *row)).astype(dtype)
    places = any_xp.asarray(numpy.asarray(indices, dtype=numpy.int64))
    out = scatter_add(any_xp, any_xp.asarray(t), places, 4)
    assert out.dtype == getattr(any_xp, dtype)
    numpy.testing.assert_allclose(numpy.asarray(out), expected(t, indices, 4), rtol=1e-6, atol=1e-6)


@given(st.lists(st.integers(-7, 6), max_size=40), st.integers(0, 20))
def test_numpy_in_runs_of_equal_positions(indices: list[int], columns: int) -> None:
    t = numpy.random.default_rng(len(indices)).integers(-9, 9, (len(indices), columns)).astype(float)
    out = scatter_add(numpy, t, numpy.asarray(indices, dtype=int), 7)
    numpy.testing.assert_array_equal(out, expected(t, indices, 7))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_taking_a_few_of_many_needs_no_matrix(axis: int) -> None:
    # One of zeros and ones would take 80 GB.
    x = numpy.ones((100_000, 2) if axis == 0 else (2, 100_000))
    indices = numpy.arange(100_000) // 2
    ct = grad(lambda x: x.__array_namespace__().sum(x.__array_namespace__().take(x, indices, axis=axis)))(x)
    assert ct.sum() == 200_000
    order = numpy.flip(numpy.argsort(x, axis=axis), axis=axis)
    ct = grad(lambda x: x.__array_namespace__().sum(x.__array_namespace__().take_along_axis(x, order, axis=axis)))(x)
    assert (ct == 1).all()


def test_derivatives_of_the_derivative(xp: Any) -> None:
    x = xp.asarray([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype=xp.float64)
    indices = xp.asarray([0, 2, 0, -1])
    check_grads(lambda x: array_namespace(x).take(x * x, indices, axis=0), [x], order=2)


@pytest.mark.parametrize("batched", ["t", "indices", "both"])
def test_on_all_examples_as_on_each(xp: Any, batched: str) -> None:
    rng = numpy.random.default_rng(0)
    t = rng.normal(size=(5, 4, 2)) if batched != "indices" else rng.normal(size=(4, 2))
    indices = rng.integers(-3, 3, (5, 4)) if batched != "t" else rng.integers(-3, 3, (4,))
    axes = (None if batched == "indices" else 0, None if batched == "t" else 0)

    def f(t: Any, indices: Any) -> Any:
        namespace = getattr(t, "namespace", None) or getattr(indices, "namespace", xp)
        return scatter_add(namespace, t, indices, 3)

    out = vmap(f, in_axes=axes)(xp.asarray(t), xp.asarray(indices))
    each = [
        expected(t[i] if axes[0] == 0 else t, indices[i] if axes[1] == 0 else indices, 3)  # example by example
        for i in range(5)
    ]
    numpy.testing.assert_allclose(numpy.asarray(out), each, rtol=1e-12)
