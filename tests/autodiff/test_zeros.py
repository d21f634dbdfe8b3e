"""Products in which a zero tangent counts for nothing: values, shapes and data types, with what each library has."""

from __future__ import annotations

import operator
from math import inf, isnan, nan
from typing import Any

import numpy
import pytest

from autodiff.namespaces import array_namespace
from autodiff.rules.zeros import over, times

PRODUCTS = {"over": (over, operator.truediv), "times": (times, operator.mul)}
TANGENTS = [0.0, -0.0, 0.0, 0.0, 1.5, -2.0, inf, nan, 3.0]
FACTORS = [inf, nan, 2.0, 0.0, 4.0, -0.5, 2.0, 3.0, nan]


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("dtypes", [("float64", "float64"), ("float32", "float64"), ("complex64", "float32")])
def test_zero_times_anything_is_zero(any_xp: Any, name: str, dtypes: tuple[str, str]) -> None:
    xp = any_xp
    product, plain = PRODUCTS[name]
    t, x = (
        xp.asarray(values, dtype=getattr(xp, dtype)) for values, dtype in zip((TANGENTS, FACTORS), dtypes, strict=True)
    )
    with numpy.errstate(all="ignore"):
        out = numpy.asarray(product(xp, t, x))
    assert out.shape == t.shape
    assert out.dtype == numpy.result_type(*dtypes)
    for found, t_value, x_value in zip(out.tolist(), TANGENTS, FACTORS, strict=True):
        if t_value == 0:
            assert found == 0
        elif "complex" not in dtypes[0]:
            expected = plain(t_value, x_value)
            assert found == expected or (isnan(found) and isnan(expected))


@pytest.mark.parametrize("name", PRODUCTS)
@pytest.mark.parametrize("shapes", [((3, 1), (4,)), ((), (2,)), ((2,), ()), ((), ()), ((0,), (1,)), ((2, 0), (2, 1))])
def test_operands_broadcast(xp: Any, name: str, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    product, plain = PRODUCTS[name]
    t, x = (xp.full(shape, value, dtype=xp.float64) for shape, value in zip(shapes, (3.0, 2.0), strict=True))
    out, expected = product(xp, t, x), plain(t, x)
    assert (out.shape, out.dtype) == (expected.shape, expected.dtype)
    assert bool(xp.all(out == expected))
    assert array_namespace(out) is array_namespace(t)
