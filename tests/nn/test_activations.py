from __future__ import annotations

import mpmath
import numpy
import pytest
from numpy.testing import assert_allclose

import autodiff
import nn


def test_relu(xp):
    x = xp.asarray([-2.0, -0.0, 0.0, 3.0, float("inf"), float("-inf")], dtype=xp.float32)
    assert_allclose(numpy.asarray(nn.relu(x)), [0, 0, 0, 3, numpy.inf, 0])
    assert nn.relu(x).dtype == xp.float32


def test_relu_lets_nan_through(xp):
    assert numpy.isnan(numpy.asarray(nn.relu(xp.asarray([float("nan")]))))


def test_relu_has_gradient_zero_at_zero_as_in_pytorch(xp):
    x = xp.asarray([-1.0, 0.0, 2.0], dtype=xp.float64)

    def f(x):
        return x.__array_namespace__().sum(3 * nn.relu(x))

    assert_allclose(numpy.asarray(autodiff.grad(f)(x)), [0, 0, 3])


@pytest.mark.parametrize("values", [[0.0], [1.0, 2.0, 3.0], [-1e4, 1e4, 0.0], [1e-300, -745.0, 709.0]])
def test_log_softmax_against_mpmath(xp, values):
    with mpmath.workdps(50):
        total = mpmath.log(sum(mpmath.exp(v) for v in values))
        expected = [float(mpmath.mpf(v) - total) for v in values]
    assert_allclose(
        numpy.asarray(nn.log_softmax(xp.asarray(values, dtype=xp.float64))), expected, rtol=1e-14, atol=1e-15
    )


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_log_softmax_along_an_axis(xp, axis):
    special = pytest.importorskip("scipy.special")
    x = numpy.random.default_rng(0).normal(size=(3, 4, 5))
    actual = nn.log_softmax(xp.asarray(x, dtype=xp.float64), axis=axis)
    assert_allclose(numpy.asarray(actual), special.log_softmax(x, axis=axis), rtol=1e-13)
