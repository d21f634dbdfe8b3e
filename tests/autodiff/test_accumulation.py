"""Cotangents that come to one array from several places add up, in no memory that anyone else sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

from autodiff import value_and_grad, vjp

SIZE = 100_000  # NumPy adds in place to temporary results of a quarter of a megabyte and more

RNG = numpy.random.default_rng(0)
X, Y, CT = (RNG.standard_normal(SIZE) for _ in range(3))

# Functions of two arrays, and the cotangents of both for the cotangent CT.
CASES: dict[str, tuple[Callable[[Any, Any], Any], Any, Any]] = {
    "the same cotangent thrice": (lambda x, y: x + x + x + y, 3 * CT, CT),
    "the same cotangent for two operands": (lambda x, y: (x + y) + (x + y) + y, 2 * CT, 3 * CT),
    "a product with itself": (lambda x, y: x * x * x + y, 3 * X**2 * CT, CT),
    "an operand is the other's partial": (lambda x, y: x * y + y * x + x * y, 3 * Y * CT, 3 * X * CT),
    "views of the cotangent": (
        lambda x, y: x.namespace.reshape(x.namespace.reshape(x, (2, -1)), (-1,)) + x + x.namespace.flip(x) + y,
        2 * CT + CT[::-1],
        CT,
    ),
    "a broadcast cotangent": (
        lambda x, y: x + x.namespace.broadcast_to(x.namespace.sum(x), (SIZE,)) + x.namespace.sum(x) + y,
        CT + 2 * numpy.sum(CT),
        CT,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_nothing_is_overwritten(name: str) -> None:
    f, *expected = CASES[name]
    arrays = [X.copy(), Y.copy(), CT.copy()]
    x, y, ct = arrays
    out, pullback = vjp(f, x, y)
    value = out.copy()
    first = pullback(ct)
    copies = [found.copy() for found in first]
    for found, again, copy, right in zip(first, pullback(ct), copies, expected, strict=True):
        numpy.testing.assert_allclose(found, right, rtol=1e-10, atol=1e-10)
        assert numpy.array_equal(found, copy)
        assert numpy.array_equal(again, copy)
    assert numpy.array_equal(out, value)
    assert all(numpy.array_equal(x, before) for x, before in zip(arrays, (X, Y, CT), strict=True))


def test_a_result_on_the_way_keeps_its_cotangent() -> None:
    def loss(x: Any, y: Any) -> Any:
        z = x * y
        return x.namespace.sum(z * z + z + x)

    _, (ct_x, ct_y) = value_and_grad(loss, (0, 1))(X, Y)
    numpy.testing.assert_allclose(ct_x, (2 * X * Y + 1) * Y + 1, rtol=1e-10, atol=1e-10)
    numpy.testing.assert_allclose(ct_y, (2 * X * Y + 1) * X, rtol=1e-10, atol=1e-10)
