from __future__ import annotations

import math

import mpmath
import numpy
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import autodiff
from nn import special
from nn.special import erfc


def series(x):
    """The definition for namespaces without a kernel."""
    return special._erfc(autodiff.array_namespace(x), x)


@pytest.mark.parametrize("function", [erfc, series])
@settings(deadline=None)  # the first call imports SciPy
@given(st.floats(-26, 26))
@example(0.0)
@example(5e-324)
@example(-1e-17)
def test_erfc_against_mpmath(function, x):
    assert_allclose(function(numpy.asarray(x)), float(mpmath.erfc(x)), rtol=2e-13)


def test_the_coefficients_are_those_of_the_series():
    nodes = 64
    with mpmath.workdps(40):
        angles = [mpmath.pi * (2 * k + 1) / (2 * nodes) for k in range(nodes)]
        values = []
        for angle in angles:
            t = (mpmath.cos(angle) + 1) / 2
            z = 2 / t - 2
            # erfc(z) * exp(z * z), which overflows and underflows, is Tricomi's function.
            scaled = mpmath.hyperu(0.5, 0.5, z * z) / mpmath.sqrt(mpmath.pi)
            values.append(mpmath.log(scaled / t))
        for j, coefficient in enumerate(special._COEFFICIENTS):
            transform = mpmath.fsum(v * mpmath.cos(j * angle) for v, angle in zip(values, angles, strict=True))
            assert float(transform * (2 if j else 1) / nodes) == coefficient


def test_erfc_on_every_namespace(xp):
    x = numpy.asarray([-30.0, -3.0, -0.5, 0.0, 0.5, 3.0, 30.0])
    expected = [float(mpmath.erfc(v)) for v in x]
    actual = erfc(xp.asarray(x))
    assert actual.dtype == xp.float64
    assert_allclose(numpy.asarray(actual), expected, rtol=1e-13, atol=1e-300)
    (ct,) = autodiff.vjp(erfc, xp.asarray(x))[1](xp.ones_like(actual))
    assert_allclose(numpy.asarray(ct), -2 / numpy.sqrt(numpy.pi) * numpy.exp(-(x**2)), rtol=1e-13)


@pytest.mark.parametrize("x", [float("inf"), float("-inf"), float("nan"), 1e300, -1e300])
def test_erfc_at_the_ends(xp, x):
    assert_allclose(numpy.asarray(erfc(xp.asarray(x, dtype=xp.float64))), math.erfc(x))


@pytest.mark.parametrize(("dtype", "rtol"), [("float32", 1e-6), ("float16", 1e-3)])
def test_erfc_in_lower_precision(xp, dtype, rtol):
    if not hasattr(xp, dtype):
        pytest.skip(f"no {dtype}")
    values = [float(numpy.float16(v)) for v in (-1.1, 0.0, 2.0, 2.75, 1e4)]
    x = xp.asarray(values, dtype=getattr(xp, dtype))
    out, pullback = autodiff.vjp(erfc, x)
    for result in (out, series(x)):
        assert result.dtype == x.dtype
        assert_allclose(numpy.asarray(result), [math.erfc(v) for v in values], rtol=rtol, atol=1e-7)
    expected = [-2 / math.sqrt(math.pi) * math.exp(-v * v) for v in values]
    assert_allclose(numpy.asarray(pullback(xp.ones_like(x))[0]), expected, rtol=3 * rtol, atol=2e-7)


def test_higher_derivatives():
    autodiff.check_grads(erfc, (numpy.linspace(-2, 2, 5),), order=3)
