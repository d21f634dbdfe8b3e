"""Where a function is not smooth, its derivative is the documented one, and finite."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, log
from typing import Any

import numpy
import numpy.testing
import pytest

from autodiff import check_grads, grad, jvp, stop_gradient, vjp

SLOW = "JAX compiles each operation for each shape; the same rules are checked on other namespaces"


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
    "atan2 at the origin": (
        lambda xp, x, y: xp.atan2(x, y),
        [[0.0, -0.0, 3.0], [0.0, -0.0, 4.0]],
        [[0.0, 0.0, 0.16], [0.0, 0.0, -0.12]],
    ),
    "logaddexp, equal infinities share": (
        lambda xp, x, y: xp.logaddexp(x, y),
        [[-inf, inf, -inf, inf, 2.0], [-inf, inf, 1.0, -inf, 2.0]],
        [[0.5, 0.5, 0.0, 1.0, 0.5], [0.5, 0.5, 1.0, 0.0, 0.5]],
    ),
    "copysign at 0": (
        lambda xp, x, y: xp.copysign(x, y),
        [[0.0, 0.0, -0.0, -2.0], [1.0, -1.0, 1.0, 1.0]],
        [[1.0, -1.0, -1.0, -1.0], [0.0, 0.0, 0.0, 0.0]],
    ),
    "nextafter moves with its first argument": (
        lambda xp, x, y: xp.nextafter(x, y),
        [[0.0, 1.0], [1.0, 1.0]],
        [[1.0, 1.0], [0.0, 0.0]],
    ),
    "remainder at multiples": (
        lambda xp, x, y: xp.remainder(x, y),
        [[4.0, -4.0, 0.0, 5.0], [2.0, 2.0, 2.0, -2.0]],
        [[1.0, 1.0, 1.0, 1.0], [-2.0, 2.0, 0.0, 3.0]],
    ),
    "std of equal elements": (lambda xp, x: xp.std(x), [[2.0, 2.0]], [[0.0, 0.0]]),
    "var of equal elements": (lambda xp, x: xp.var(x), [[2.0, 2.0]], [[0.0, 0.0]]),
    "sort, ties keep their order": (
        lambda xp, x: xp.sort(x) * xp.asarray([1.0, 2.0, 3.0], dtype=x.dtype),
        [[2.0, 1.0, 1.0]],
        [[3.0, 1.0, 2.0]],
    ),
    "0 ** 0": (lambda xp, x, y: x**y, [[0.0], [0.0]], [[0.0], [0.0]]),
    "0 ** 1": (lambda xp, x, y: x**y, [[0.0], [1.0]], [[1.0], [0.0]]),
    "0 ** -1, by the exponent": (lambda xp, x: 0.0**x, [[-1.0]], [[0.0]]),
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
    **{
        f"vector_norm of order {p} of the zero vector": (
            lambda xp, x, p=p: xp.linalg.vector_norm(x, ord=p),
            [[0.0, 0.0]],
            [[0.0, 0.0]],
        )
        for p in (-inf, -1, 0.5, 1, 3, inf)
    },
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
    with numpy.errstate(all="ignore"):
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


def test_mixed_derivatives_of_pow_where_the_exponent_is_zero(xp: Any) -> None:
    # d/dx x ** y is y x ** (y - 1), which changes with y by 1 / x at y = 0, and is 0 at x = 0 too.
    x, y = (xp.asarray(values, dtype=xp.float64) for values in ([2.0, 0.0], [0.0, 0.0]))
    _, pullback = vjp(Call(xp, lambda xp, x, y: x**y), x, y)
    assert listed(pullback(xp.ones_like(x))[0]) == [0.0, 0.0]

    def by_x(y: Any) -> Any:
        return vjp(Call(xp, lambda xp, x: xp.pow(x, y)), x)[1](xp.ones_like(x))[0]

    _, mixed = jvp(by_x, [y], [xp.ones_like(y)])
    assert listed(mixed)[0] == pytest.approx(0.5)


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
    if xp.__name__ == "jax.numpy":
        pytest.skip(SLOW)
    x = xp.asarray(values, dtype=xp.float64)
    for x_dot in ([[1.0, 2.0], [2.0, 3.0]], [[0.0, 1.0], [-1.0, 0.0]]):
        gradient, second = jvp(grad(Call(xp, body)), [x], [xp.asarray(x_dot, dtype=xp.float64)])
        assert bool(xp.all(xp.isfinite(gradient)))
        assert bool(xp.all(xp.isfinite(second)))


def minors(x: Any) -> numpy.ndarray:
    """What a determinant and its derivatives are made of: at i and j, the determinant without row i and column j."""
    count = range(len(x))
    return numpy.asarray([[numpy.linalg.det(numpy.delete(numpy.delete(x, i, 0), j, 1)) for j in count] for i in count])


TURN = numpy.linalg.qr(numpy.asarray([[1.0, 2.0, 0.5], [0.3, 1.0, -1.0], [2.0, 0.1, 1.0]])).Q


@pytest.mark.parametrize(
    "values",
    [
        numpy.diag([2.0, 3.0, 0.0]),
        numpy.diag([2.0, 2.0, 0.0]),
        numpy.diag([2.0, 0.0, 0.0]),
        numpy.zeros((3, 3)),
        numpy.eye(3),
        TURN @ numpy.diag([2.0, 2.0, 0.0]) @ TURN.T,
        TURN @ numpy.diag([2.0, 0.0, 0.0]),
        # Of rank two, but rounding leaves a determinant of 1e-15.
        numpy.reshape(numpy.arange(1.0, 10.0), (3, 3)),
    ],
    ids=["rank 2", "rank 2, equal", "rank 1", "zero", "identity", "turned", "turned, rank 1", "nearly singular"],
)
def test_derivatives_of_det(xp: Any, values: Any) -> None:
    if xp.__name__ == "jax.numpy":
        pytest.skip(SLOW)
    signs = numpy.asarray([[1, -1, 1], [-1, 1, -1], [1, -1, 1]])
    x = xp.asarray(values.tolist(), dtype=xp.float64)
    x_dot = numpy.zeros((3, 3))
    x_dot[0, 0] = 1.0
    gradient, second = jvp(
        grad(Call(xp, lambda xp, x: xp.linalg.det(x))), [x], [xp.asarray(x_dot.tolist(), dtype=xp.float64)]
    )
    numpy.testing.assert_allclose(listed(gradient), signs * minors(values), atol=1e-13)
    # The determinant changes with the first element by that of the rest.
    expected = numpy.zeros((3, 3))
    expected[1:, 1:] = signs[1:, 1:] * values[1:, 1:][::-1, ::-1]
    numpy.testing.assert_allclose(listed(second), expected, atol=1e-13)


def polar(xp: Any, x: Any) -> Any:
    u, _, vh = xp.linalg.svd(x, full_matrices=False)
    return xp.matmul(u, vh)


@pytest.mark.parametrize("values", [[[2.0, 0.0], [0.0, 2.0]], [[0.0, -1.0], [1.0, 0.0]]])
def test_the_polar_factor_of_equal_singular_values(xp: Any, values: Any) -> None:
    # Of s Q with Q orthogonal it changes by Q times the skew part of Q^T x_dot, over s.
    x, x_dot = numpy.asarray(values), numpy.asarray([[1.0, 2.0], [-1.0, 0.5]])
    s = abs(numpy.linalg.det(x)) ** 0.5
    q = x / s
    expected = q @ (q.T @ x_dot - x_dot.T @ q) / (2 * s)
    arrays = [xp.asarray(a.tolist(), dtype=xp.float64) for a in (x, x_dot)]
    _, found = jvp(Call(xp, polar), arrays[:1], arrays[1:])
    numpy.testing.assert_allclose(listed(found), expected, atol=1e-12)
    _, second = jvp(grad(Call(xp, lambda xp, x: xp.linalg.matrix_norm(x, ord="nuc"))), arrays[:1], arrays[1:])
    numpy.testing.assert_allclose(listed(second), expected, atol=1e-12)


def test_the_pseudo_inverse_where_the_rank_stays(xp: Any) -> None:
    if xp.__name__ == "jax.numpy":
        pytest.skip(SLOW)

    def body(xp: Any, x: Any) -> Any:
        rank_one = xp.matmul(x[:, :1], x[:1, :])
        return xp.linalg.pinv(rank_one, rtol=1e-10)

    x = xp.asarray([[1.0, 2.0, -0.5], [0.5, 1.5, 1.0]], dtype=xp.float64)
    check_grads(Call(xp, body), [x], order=2)


POLES: dict[str, tuple[Callable[..., Any], list[float], float, float]] = {
    "sqrt": (lambda xp, x: xp.sqrt(x), [0.0, -1.0], 4.0, 0.25),
    "log": (lambda xp, x: xp.log(x), [0.0, -1.0], 4.0, 0.25),
    "log1p": (lambda xp, x: xp.log1p(x), [-1.0, -2.0], 3.0, 0.25),
    "log2": (lambda xp, x: xp.log2(x), [0.0, -1.0], 4.0, 0.25 / log(2)),
    "log10": (lambda xp, x: xp.log10(x), [0.0, -1.0], 4.0, 0.25 / log(10)),
    "reciprocal": (lambda xp, x: xp.reciprocal(x), [0.0], 4.0, -1 / 16),
    "1 / x": (lambda xp, x: 1.0 / x, [0.0], 4.0, -1 / 16),
    "x / x": (lambda xp, x: x / (x * x), [0.0], 4.0, -1 / 16),
    "x ** 0.5": (lambda xp, x: x**0.5, [0.0, -1.0], 4.0, 0.25),
    "x ** -1": (lambda xp, x: x**-1, [0.0], 4.0, -1 / 16),
    "x ** y": (lambda xp, x: x ** xp.asarray(0.5, dtype=x.dtype), [0.0, -1.0], 4.0, 0.25),
    "x ** -y": (lambda xp, x: x ** xp.asarray(-1.0, dtype=x.dtype), [0.0], 4.0, -1 / 16),
    "y ** x": (lambda xp, x: (x - 2.0) ** x, [1.0], 4.0, 16 * log(2) + 4 * 2**3),
    "asin": (lambda xp, x: xp.asin(x), [1.0, -1.0, 2.0], 0.6, 1.25),
    "acos": (lambda xp, x: xp.acos(x), [1.0, -1.0, 2.0], 0.6, -1.25),
    "acosh": (lambda xp, x: xp.acosh(x), [1.0, 0.5], 1.25, 4 / 3),
    "atanh": (lambda xp, x: xp.atanh(x), [1.0, -1.0, 2.0], 0.6, 1 / 0.64),
    "norm": (lambda xp, x: xp.sqrt(x * x), [0.0], 4.0, 1.0),
}
"""A function, where its derivative is not finite, and an argument where it is; and the derivative there."""


def only_where_it_is_smooth(xp: Any, name: str) -> tuple[Any, Any, list[float]]:
    """The function behind a ``where``, arguments good and bad, and the derivatives."""
    body, bad, good, slope = POLES[name]
    values = [*bad, good]

    def masked(xp: Any, x: Any) -> Any:
        taken = xp.asarray([False] * len(bad) + [True])
        return xp.where(taken, body(xp, x), 0.0)

    return Call(xp, masked), xp.asarray(values, dtype=xp.float64), [0.0] * len(bad) + [slope]


@pytest.mark.parametrize("name", POLES)
def test_what_is_not_taken_adds_nothing_to_the_derivative(xp: Any, name: str) -> None:
    f, x, expected = only_where_it_is_smooth(xp, name)
    with numpy.errstate(all="ignore"):
        assert cts(f, x)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", POLES)
def test_what_is_not_taken_adds_nothing_to_second_derivatives(xp: Any, name: str) -> None:
    if xp.__name__ == "jax.numpy":
        pytest.skip(SLOW)
    f, x, expected = only_where_it_is_smooth(xp, name)
    alone = Call(xp, POLES[name][0])
    with numpy.errstate(all="ignore"):
        good = x[-1, ...]
        _, slope_dot = jvp(grad(alone), [good], [xp.ones_like(good)])
        ones = xp.ones_like(x)
        for gradient in (lambda x: vjp(f, x)[1](ones)[0], lambda x: jvp(f, [x], [ones])[1]):
            _, second = jvp(gradient, [x], [ones])
            assert listed(second) == pytest.approx([0.0] * (len(expected) - 1) + [float(slope_dot)], rel=1e-9)
            assert listed(vjp(gradient, x)[1](ones)[0]) == pytest.approx(listed(second), rel=1e-12)


@pytest.mark.parametrize("name", POLES)
def test_second_derivatives_where_a_cotangent_is_zero(xp: Any, name: str) -> None:
    if xp.__name__ == "jax.numpy":
        pytest.skip(SLOW)
    # At the minimum of the square of a function's distance from its value, the second derivative is its slope squared.
    body, _, good, slope = POLES[name]

    def distance(xp: Any, x: Any) -> Any:
        y = body(xp, x)
        return (y - stop_gradient(y)) ** 2 / 2

    x = xp.asarray(good, dtype=xp.float64)
    one = xp.ones_like(x)
    gradient = grad(Call(xp, distance))
    _, second = jvp(gradient, [x], [one])
    assert float(second) == pytest.approx(slope**2, rel=1e-12)
    assert float(grad(gradient)(x)) == pytest.approx(slope**2, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "expected"),
    {
        "sqrt": inf,
        "log": inf,
        "log1p": inf,
        "1 / x": -inf,
        "reciprocal": -inf,
        "x ** 0.5": inf,
        "asin": inf,
        "acos": -inf,
    }.items(),
)
def test_infinite_derivatives_are_infinite(xp: Any, name: str, expected: float) -> None:
    body, bad, _, _ = POLES[name]
    with numpy.errstate(all="ignore"):
        assert cts(Call(xp, body), xp.asarray(bad[:1], dtype=xp.float64)) == [[expected]]


@pytest.mark.parametrize("x", [0j, 2j])
@pytest.mark.parametrize(
    ("body", "slope"),
    [
        (lambda xp, x: x * abs(x), lambda x: None),
        (lambda xp, x: x**2, lambda x: 2 * x),
        (lambda xp, x: x**1, lambda x: 1),
        (lambda xp, x: x ** xp.asarray(2, dtype=x.dtype), lambda x: 2 * x),
        (lambda xp, x: x * xp.sign(x), lambda x: None),
    ],
    ids=["x abs(x)", "x ** 2", "x ** 1", "x ** y", "x sign(x)"],
)
def test_complex_zero(xp: Any, body: Any, slope: Any, x: complex) -> None:
    out, pullback = vjp(Call(xp, body), xp.asarray(x, dtype=xp.complex128))
    ct = complex(pullback(xp.ones_like(out))[0])
    assert ct == pytest.approx(slope(x), abs=1e-12) if slope(x) is not None else (x != 0 or ct == 0)
