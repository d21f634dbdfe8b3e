"""Where a function is not smooth, its derivative is the documented one, and finite."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log
from typing import Any

import numpy.testing
import pytest

from autodiff import grad, jvp, vjp


def cts(f: Callable[..., Any], *arrays: Any) -> list[Any]:
    """Cotangents of the arrays for a cotangent of ones, after a look at the tangents."""
    out, pullback = vjp(f, *arrays)
    xp = f.xp
    found = pullback(xp.ones_like(out))
    for i, ct in enumerate(found):
        tangents = [xp.ones_like(x) if i == k else None for k, x in enumerate(arrays)]
        _, out_dot = jvp(f, arrays, tangents)
        assert float(xp.sum(out_dot)) == pytest.approx(float(xp.sum(ct)), rel=1e-12, abs=1e-12)
    return [listed(ct) for ct in found]


def listed(x: Any) -> Any:
    return (
        x.tolist() if hasattr(x, "tolist") else [listed(x[i, ...]) for i in range(x.shape[0])] if x.ndim else float(x)
    )


class Call:
    """A function of the namespace, of wrapped arrays or of its own."""

    def __init__(self, xp: Any, body: Callable[..., Any]) -> None:
        self.xp = xp
        self.body = body

    def __call__(self, *arrays: Any) -> Any:
        return self.body(next((x.namespace for x in arrays if hasattr(x, "namespace")), self.xp), *arrays)


TABLE = {
    "abs at 0": (lambda xp, x: abs(x), [[0.0, -2.0]], [[0.0, -1.0]]),
    "maximum, equal arrays share": (
        lambda xp, x, y: xp.maximum(x, y),
        [[1.0, 2.0], [1.0, 3.0]],
        [[0.5, 0.0], [0.5, 1.0]],
    ),
    "minimum, equal arrays share": (
        lambda xp, x, y: xp.minimum(x, y),
        [[1.0, 2.0], [1.0, 3.0]],
        [[0.5, 1.0], [0.5, 0.0]],
    ),
    "max, ties share": (lambda xp, x: xp.max(x), [[3.0, 1.0, 3.0]], [[0.5, 0.0, 0.5]]),
    "min, ties share": (lambda xp, x: xp.min(x), [[1.0, 1.0, 3.0, 1.0]], [[1 / 3, 1 / 3, 0.0, 1 / 3]]),
    "hypot at the origin": (lambda xp, x, y: xp.hypot(x, y), [[0.0, 3.0], [0.0, 4.0]], [[0.0, 0.6], [0.0, 0.8]]),
    "0 ** 0": (lambda xp, x, y: x**y, [[0.0], [0.0]], [[0.0], [0.0]]),
    "0 ** 1": (lambda xp, x, y: x**y, [[0.0], [1.0]], [[1.0], [0.0]]),
    "0 ** 2": (lambda xp, x, y: x**y, [[0.0], [2.0]], [[0.0], [0.0]]),
    "0 ** 0, the exponent a number": (lambda xp, x: x**0, [[0.0, 2.0]], [[0.0, 0.0]]),
    "0 ** 1, the exponent a number": (lambda xp, x: x**1, [[0.0, 2.0]], [[1.0, 1.0]]),
    "0 ** x, the base a number": (lambda xp, x: 0.0**x, [[0.0, 2.0]], [[0.0, 0.0]]),
    "2 ** x": (lambda xp, x: 2.0**x, [[3.0]], [[8.0 * log(2.0)]]),
    "a negative base": (lambda xp, x: x**3, [[-2.0]], [[12.0]]),
    "prod of one zero": (lambda xp, x: xp.prod(x), [[2.0, 0.0, 3.0]], [[0.0, 6.0, 0.0]]),
    "prod of two zeros": (lambda xp, x: xp.prod(x), [[0.0, 0.0, 3.0]], [[0.0, 0.0, 0.0]]),
    "cumulative_prod through zero": (
        lambda xp, x: xp.cumulative_prod(x),
        [[2.0, 0.0, 3.0]],
        [[1.0, 2.0 + 2.0 * 3.0, 0.0]],
    ),
    "where masks what is not taken": (lambda xp, x: xp.where(x > 0, x * x, 0.0), [[-1.0, 2.0]], [[0.0, 4.0]]),
    "sqrt where it is safe": (
        lambda xp, x: xp.where(x > 0, xp.sqrt(xp.where(x > 0, x, 1.0)), 0.0),
        [[0.0, 4.0]],
        [[0.0, 0.25]],
    ),
    "clip at its bounds": (lambda xp, x: xp.clip(x, 0.0, 1.0), [[0.0, 0.5, 1.0, 2.0]], [[1.0, 1.0, 1.0, 0.0]]),
    "remainder": (lambda xp, x: x % 2.0, [[5.0, 4.0]], [[1.0, 1.0]]),
    "floor is constant": (lambda xp, x: xp.floor(x) * x, [[2.5]], [[2.0]]),
    "sign is constant": (lambda xp, x: xp.sign(x) * x, [[-2.5]], [[-1.0]]),
    "vector_norm at 0": (lambda xp, x: xp.linalg.vector_norm(x), [[0.0, 0.0]], [[0.0, 0.0]]),
    "vector_norm of order 1 at 0": (lambda xp, x: xp.linalg.vector_norm(x, ord=1), [[0.0, -2.0]], [[0.0, -1.0]]),
    "vector_norm of order 1/2 at 0": (lambda xp, x: xp.linalg.vector_norm(x, ord=0.5), [[0.0, 4.0]], [[0.0, 1.0]]),
    "vector_norm of order inf, ties share": (
        lambda xp, x: xp.linalg.vector_norm(x, ord=inf),
        [[2.0, -2.0, 1.0]],
        [[0.5, -0.5, 0.0]],
    ),
    "vector_norm counts": (lambda xp, x: xp.linalg.vector_norm(x, ord=0), [[2.0, 0.0]], [[0.0, 0.0]]),
    "matrix_norm at 0": (lambda xp, x: xp.linalg.matrix_norm(x), [[[0.0, 0.0]]], [[[0.0, 0.0]]]),
    "det of rank one": (lambda xp, x: xp.linalg.det(x), [[[1.0, 2.0], [0.0, 0.0]]], [[[0.0, 0.0], [-2.0, 1.0]]]),
    "det of rank zero": (lambda xp, x: xp.linalg.det(x), [[[0.0, 0.0], [0.0, 0.0]]], [[[0.0, 0.0], [0.0, 0.0]]]),
    "the sum of equal eigenvalues": (
        lambda xp, x: xp.sum(xp.linalg.eigvalsh(x)),
        [[[2.0, 0.0], [0.0, 2.0]]],
        [[[1.0, 0.0], [0.0, 1.0]]],
    ),
    "the sum of equal singular values": (
        lambda xp, x: xp.sum(xp.linalg.svdvals(x)),
        [[[2.0, 0.0], [0.0, 2.0]]],
        [[[1.0, 0.0], [0.0, 1.0]]],
    ),
    "no elements": (lambda xp, x: xp.sum(x), [[]], [[]]),
}
"""What is called, its arguments, and the derivative by each."""


@pytest.mark.parametrize("name", TABLE)
def test_chosen_derivatives(xp: Any, name: str) -> None:
    body, arguments, expected = TABLE[name]
    found = cts(Call(xp, body), *[xp.asarray(values, dtype=xp.float64) for values in arguments])
    for x, values in zip(found, expected, strict=True):
        numpy.testing.assert_allclose(x, values, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_a_number_takes_all_where_it_is_equal(xp: Any, name: str, swapped: bool) -> None:
    def body(xp: Any, x: Any) -> Any:
        return getattr(xp, name)(0.0, x) if swapped else getattr(xp, name)(x, 0.0)

    x = xp.asarray([0.0, 1.0, -1.0], dtype=xp.float64)
    try:
        body(xp, x)
    except TypeError as error:
        pytest.skip(f"{xp.__name__} itself: {error}")
    kept = 1.0 if name == "maximum" else 0.0
    assert cts(Call(xp, body), x) == [[0.0, kept, 1.0 - kept]]


def test_second_derivatives_of_prod_through_zeros(xp: Any) -> None:
    x = xp.asarray([0.0, 0.0, 3.0], dtype=xp.float64)
    gradient = grad(Call(xp, lambda xp, x: xp.prod(x)))
    _, out_dot = jvp(gradient, [x], [xp.asarray([1.0, 0.0, 0.0], dtype=xp.float64)])
    assert listed(out_dot) == [0.0, 3.0, 0.0]


def fourth_powers(xp: Any, x: Any) -> Any:
    return xp.sum(xp.abs(x) ** 4)


@pytest.mark.parametrize(
    "body",
    [
        lambda xp, x: fourth_powers(xp, xp.linalg.eigh(x)[1]),
        lambda xp, x: fourth_powers(xp, xp.linalg.eig(x)[1]),
        lambda xp, x: fourth_powers(xp, xp.linalg.svd(x)[0]),
        lambda xp, x: fourth_powers(xp, xp.linalg.svd(x)[2]),
        lambda xp, x: xp.linalg.det(x),
        lambda xp, x: xp.sum(xp.linalg.svdvals(x)),
    ],
    ids=["eigh", "eig", "svd U", "svd Vh", "det", "svdvals"],
)
@pytest.mark.parametrize("values", [[[1.0, 0.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]]])
def test_derivatives_of_decompositions_are_finite(xp: Any, body: Callable[..., Any], values: Any) -> None:
    x = xp.asarray(values, dtype=xp.float64)
    for x_dot in ([[1.0, 2.0], [2.0, 3.0]], [[0.0, 1.0], [-1.0, 0.0]]):
        gradient, second = jvp(grad(Call(xp, body)), [x], [xp.asarray(x_dot, dtype=xp.float64)])
        assert bool(xp.all(xp.isfinite(gradient)))
        assert bool(xp.all(xp.isfinite(second)))


def test_second_derivatives_of_det(xp: Any) -> None:
    # Of a matrix of rank one, and of one with equal singular values.
    for values, expected in (([[1.0, 2.0], [0.0, 0.0]], [[0, 0], [0, 1]]), ([[1, 0], [0, 1]], [[0, 0], [0, 1]])):
        x = xp.asarray(values, dtype=xp.float64)
        x_dot = xp.asarray([[1.0, 0.0], [0.0, 0.0]], dtype=xp.float64)
        _, second = jvp(grad(Call(xp, lambda xp, x: xp.linalg.det(x))), [x], [x_dot])
        numpy.testing.assert_allclose(listed(second), expected, atol=1e-12)
