"""Errors in units in the last place, against NumPy's spacing."""

from __future__ import annotations

from fractions import Fraction
from math import inf, nan

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.ulp import error, exact, spacing


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["float32", "float64"]), st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False))
def test_spacing_is_that_of_numpy(dtype: str, value: float) -> None:
    expected = numpy.spacing(numpy.asarray(abs(value) or numpy.finfo(dtype).smallest_normal, dtype=dtype))
    assert float(spacing(exact(abs(value)), dtype)) == float(expected)


@settings(max_examples=200, deadline=None)
@given(st.floats(2.0**-100, 2.0**100, width=32), st.integers(-5, 5))
def test_neighbours_are_units_apart(value: float, steps: int) -> None:
    got = value
    for _ in range(abs(steps)):
        got = float(numpy.nextafter(got, inf if steps > 0 else -inf))
    if numpy.frexp(got)[1] == numpy.frexp(value)[1]:
        assert error(got, value, "float64") == abs(steps)


@pytest.mark.parametrize(("got", "expected", "dtype", "result"), [
    (nan, nan, "float64", 0),
    (nan, 1.0, "float64", inf),
    (1.0, nan, "float64", inf),
    (inf, inf, "float64", 0),
    (-inf, inf, "float64", inf),
    (inf, 1e38, "float32", inf),
    (inf, exact(10) ** 39, "float32", 0),
    (-inf, exact(10) ** 39, "float32", inf),
    (2.0**127, exact(2) ** 128, "float32", 2**22),
    (0.0, 1e-310, "float64", 0),
    (0.0, 2.0**-1000, "float64", 2**52),
    (0.5, Fraction(1, 2), "float64", 0),
    (1 / 3, Fraction(1, 3), "float64", 0.5),
    (complex(1, 2.0**-52), 1, "complex128", 1),
    (complex(inf, 0), exact(10) ** 39 + 0j, "complex64", 0),
    (complex(nan, 0), 1, "complex128", inf),
])  # fmt: skip
def test_errors(got: complex, expected: object, dtype: str, result: float) -> None:
    assert error(got, expected, dtype) == pytest.approx(result, rel=0.6 if result == 0.5 else 1e-3)


def test_an_error_counts_against_a_larger_scale() -> None:
    assert error(2.0**-52, 0, "float64", scale=1) == 1
    assert error(2.0**-52, 0, "float64") > 1e6
