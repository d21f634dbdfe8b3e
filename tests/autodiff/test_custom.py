"""Derivatives that the user defines are entries like the others: over trees, in both modes, nested."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy
import pytest

from autodiff import (
    array_namespace,
    check_grads,
    checkpoint,
    custom_jvp,
    custom_vjp,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    primitive,
    value_and_grad,
    vjp,
    vmap,
)
from autodiff.rules.kinds import Bilinear, Elementwise, Linear

ONE = numpy.asarray(1.0)
TWO = numpy.asarray(2.0)
VECTOR = numpy.asarray([0.5, -1.0, 2.0])


def total(x: Any) -> Any:
    return array_namespace(x).sum(x)


def forward(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: jvp(f, [x], [array_namespace(x).ones_like(x)])[1]


MODES = {"forward": forward, "reverse": grad}


# Each stands for x * sin(y["a"]) and x * y["b"]; marked, so that a test sees whether the rule was taken.


def plain(x: Any, y: Any, scale: float = 1.0) -> Any:
    return {"sine": scale * x * array_namespace(y["a"]).sin(y["a"]), "rest": (x * y["b"], "text")}


@custom_jvp
def by_jvp(x: Any, y: Any, scale: float = 1.0) -> Any:
    return plain(x, y, scale)


@by_jvp.defjvp
def _rule(primals: Any, tangents: Any) -> Any:
    (x, y, scale), (x_dot, y_dot, scale_dot) = primals, tangents
    assert scale_dot is None
    xp = array_namespace(x, y["a"], x_dot)
    sine_dot = scale * (x_dot * xp.sin(y["a"]) + y_dot["a"] * x * xp.cos(y["a"]))
    return by_jvp(x, y, scale), {"sine": sine_dot, "rest": (y_dot["b"] * x + x_dot * y["b"], None)}


@custom_vjp
def by_vjp(x: Any, y: Any, scale: float = 1.0) -> Any:
    return plain(x, y, scale)


def _fwd(x: Any, y: Any, scale: float) -> Any:
    return plain(x, y, scale), (x, y, scale)


def _bwd(residuals: Any, ct: Any) -> Any:
    x, y, scale = residuals
    xp = array_namespace(x, ct["sine"])
    of_sine, of_rest = scale * ct["sine"], ct["rest"][0]
    ct_x = of_sine * xp.sin(y["a"]) + of_rest * y["b"]
    return ct_x, {"a": of_sine * x * xp.cos(y["a"]), "b": of_rest * x}, None


by_vjp.defvjp(_fwd, _bwd)
CUSTOM = {"custom_jvp": by_jvp, "custom_vjp": by_vjp, "checkpoint": checkpoint(plain)}


def arguments(xp: Any) -> Any:
    x, a, b = (xp.asarray((VECTOR * scale).tolist(), dtype=xp.float64) for scale in (1.0, 0.5, -2.0))
    return x, {"a": a, "b": b}


def loss(f: Callable[..., Any]) -> Callable[..., Any]:
    def of(x: Any, y: Any) -> Any:
        out = f(x, y, scale=3.0)
        assert out["rest"][1] == "text"
        return total(out["sine"] ** 2) + total(out["rest"][0] * y["b"])

    return of


def close(found: Any, expected: Any) -> None:
    numpy.testing.assert_allclose(numpy.asarray(found), numpy.asarray(expected), rtol=1e-12)


@pytest.mark.parametrize("name", CUSTOM)
def test_trees_and_higher_orders(xp: Any, name: str) -> None:
    x, y = arguments(xp)
    f = CUSTOM[name]
    assert f(x, y)["rest"][1] == "text"
    close(f(x, y)["sine"], plain(x, y)["sine"])
    value, (ct_x, ct_y) = value_and_grad(loss(f), (0, 1))(x, y)
    expected, (expected_x, expected_y) = value_and_grad(loss(plain), (0, 1))(x, y)
    close(value, expected)
    close(ct_x, expected_x)
    close(ct_y["a"], expected_y["a"])
    close(ct_y["b"], expected_y["b"])
    close(hvp(loss(f), [x, y], [x, y])[1]["a"], hvp(loss(plain), [x, y], [x, y])[1]["a"])
    close(hessian(loss(f))(x, y), hessian(loss(plain))(x, y))
    close(grad(lambda x: total(grad(loss(f))(x, y) * x))(x), grad(lambda x: total(grad(loss(plain))(x, y) * x))(x))


@pytest.mark.parametrize("name", CUSTOM)
def test_both_modes_to_second_order(name: str) -> None:
    check_grads(loss(CUSTOM[name]), arguments(numpy), order=2)
    check_grads(lambda x, y: CUSTOM[name](x, y)["rest"][0], arguments(numpy))


@pytest.mark.parametrize("name", CUSTOM)
@pytest.mark.parametrize(
    "transformation",
    [
        lambda f, x: vjp(f, x)[1](x)[0],
        lambda f, x: linearize(f, x)[1](x),
        lambda f, x: jacrev(f)(x),
        lambda f, x: jacfwd(lambda x: vjp(f, x)[1](x)[0])(x),
        lambda f, x: jacrev(jacrev(f))(x),
        lambda f, x: checkpoint(lambda x: vjp(f, x)[1](x)[0])(x),
        lambda f, x: grad(lambda x: total(checkpoint(f)(x)))(x),
        lambda f, x: grad(lambda x: total(checkpoint(lambda x: grad(lambda x: total(f(x) ** 2))(x))(x)))(x),
    ],
)
def test_every_transformation(name: str, transformation: Callable[..., Any]) -> None:
    x, y = arguments(numpy)
    close(transformation(lambda x: CUSTOM[name](x, y)["sine"], x), transformation(lambda x: plain(x, y)["sine"], x))


def marked(x: Any) -> Any:
    """Of the value x ** 2, and by its rules of the derivatives 10 x ** 2 and 20 x."""
    return x * x


marked_jvp = custom_jvp(marked)
marked_jvp.defjvp(lambda primals, tangents: (primals[0] ** 2, 10 * primals[0] ** 2 * tangents[0]))
marked_vjp = custom_vjp(marked)
marked_vjp.defvjp(lambda x: (marked(x), x), lambda x, ct: (10 * x**2 * ct,))


@pytest.mark.parametrize("f", [marked_jvp, marked_vjp], ids=["custom_jvp", "custom_vjp"])
@pytest.mark.parametrize(("outer", "inner"), list(product(MODES, repeat=2)))
def test_the_rule_is_taken_in_every_nesting(outer: str, inner: str, f: Any) -> None:
    assert MODES[inner](f)(TWO) == 40.0
    assert MODES[outer](MODES[inner](f))(TWO) == 40.0
    # The inner variable alone meets the function, then the outer one alone, then both.
    first, second = MODES[outer], MODES[inner]
    assert first(lambda x: second(lambda y: x * f(y))(TWO))(ONE) == 40.0
    assert first(lambda x: second(lambda y: y * f(x))(TWO))(ONE) == 10.0
    assert first(lambda x: second(lambda y: f(x * y))(TWO))(ONE) == 10 * 3 * 4.0


@pytest.mark.parametrize("modes", list(product(MODES, repeat=3)), ids="-".join)
def test_passes_may_call_the_function(modes: Any) -> None:
    """Of the derivative 10 f, at every order."""
    f: Any = custom_vjp(marked)
    f.defvjp(lambda x: (f(x), x), lambda x, ct: (10 * f(x) * ct,))
    derivative = f
    for order, mode in enumerate(modes):
        derivative = MODES[mode](derivative)
        assert derivative(TWO) == 10 ** (order + 1) * 4.0


def test_a_backward_pass_that_is_not_linear_has_the_tangent_of_its_derivative_at_zero() -> None:
    f = custom_vjp(lambda x: x)
    f.defvjp(lambda x: (x, None), lambda residuals, ct: (array_namespace(ct).clip(ct, -1.0, 1.0),))
    assert grad(lambda x: 5.0 * f(x))(TWO) == 1.0
    assert forward(lambda x: 5.0 * f(x))(TWO) == 5.0


def test_forward_mode_runs_the_function_once() -> None:
    calls: list[Any] = []

    def counted(x: Any) -> Any:
        calls.append(x)
        return x * x

    f = custom_jvp(counted)
    f.defjvp(lambda primals, tangents: (f(*primals), 2 * primals[0] * tangents[0]))
    h = custom_vjp(counted)
    h.defvjp(lambda x: (h(x), x), lambda x, ct: (2 * x * ct,))
    for function in (f, h, checkpoint(counted)):
        calls.clear()
        assert forward(function)(TWO) == 4.0
        assert len(calls) == 1


def test_a_pullback_may_be_called_again() -> None:
    for f, factor in ((marked_jvp, 10 * TWO**2), (marked_vjp, 10 * TWO**2), (checkpoint(marked), 2 * TWO)):
        _, pullback = vjp(f, TWO)
        assert [float(pullback(ct)[0]) for ct in (ONE, TWO, ONE)] == [factor, 2 * factor, factor]


def test_results_without_derivative() -> None:
    @custom_jvp
    def f(x: Any) -> Any:
        return x * x, array_namespace(x).argmax(x), 3

    f.defjvp(lambda primals, tangents: (f(*primals), (2 * primals[0] * tangents[0], None, None)))

    def of(x: Any) -> Any:
        square, position, number = f(x)
        assert number == 3
        return square[position] * number + total(position * x)

    assert grad(of)(VECTOR).tolist() == [2.0, 2.0, 14.0]
    assert jvp(of, [VECTOR], [VECTOR])[1] == grad(of)(VECTOR) @ VECTOR


@pytest.mark.parametrize("derive", [custom_vjp, custom_jvp, checkpoint])
def test_results_of_integers_alone(derive: Any) -> None:
    f = derive(lambda x: (array_namespace(x).argmax(x), "text"))
    if derive is custom_jvp:
        f.defjvp(lambda primals, tangents: (f(*primals), (None, None)))
    elif derive is not checkpoint:
        f.defvjp(lambda x: (f(x), None), lambda residuals, ct: (None,))
    assert jvp(f, [VECTOR], [VECTOR])[0] == (2, "text")
    assert grad(lambda x: x[f(x)[0]])(VECTOR).tolist() == [0.0, 0.0, 1.0]
    assert forward(lambda x: x[f(x)[0]])(VECTOR) == 1.0


def test_zero_tangents_and_cotangents_may_be_absent() -> None:
    @custom_vjp
    def f(x: Any, y: Any) -> Any:
        return x + y, y

    f.defvjp(lambda x, y: ((x + y, y), None), lambda residuals, ct: (ct[0] + ct[1], None))
    assert grad(lambda x, y: f(x, y)[0], (0, 1))(ONE, TWO) == (1.0, 0.0)
    h = custom_jvp(lambda x: (x, x * x))
    h.defjvp(lambda primals, tangents: (h(*primals), (None, tangents[0])))
    assert forward(lambda x: h(x)[0])(TWO) == grad(lambda x: h(x)[0])(TWO) == 0.0
    assert forward(lambda x: h(x)[1])(TWO) == grad(lambda x: h(x)[1])(TWO) == 1.0


def test_cotangents_of_real_results_are_real() -> None:
    @custom_vjp
    def f(x: Any) -> Any:
        return x * x

    def bwd(x: Any, ct: Any) -> Any:
        assert ct.dtype == numpy.float64
        return (2 * x * ct,)

    f.defvjp(lambda x: (x * x, x), bwd)
    assert grad(lambda x: array_namespace(x).real((1 + 2j) * f(x)))(TWO) == 4.0


def test_functions_keep_their_names() -> None:
    assert by_jvp.__name__ == "by_jvp"
    assert by_vjp.__name__ == "by_vjp"
    assert checkpoint(plain).__name__ == "plain"


# Primitives.

ERF = {"numpy": numpy.vectorize(math.erf, otypes=[float])}


def erf_by_series(xp: Any, x: Any) -> Any:
    """Good for small x."""
    term = out = x
    for n in range(1, 30):
        term = -term * x * x / n
        out = out + term / (2 * n + 1)
    return out * (2 / math.sqrt(math.pi))


def erf_rule() -> Elementwise:
    return Elementwise("erf", lambda xp, t, out, x: t * (2 / math.sqrt(math.pi)) * xp.exp(-x * x))


@pytest.mark.parametrize("modes", list(product(MODES, repeat=2)))
def test_primitives_in_every_namespace(xp: Any, modes: Any) -> None:
    f: Any = primitive(erf_rule(), ERF, definition=erf_by_series)
    for order, mode in enumerate(modes):
        x = xp.asarray(0.5, dtype=xp.float64)
        close(f(x), math.erf(0.5) if order == 0 else 2 / math.sqrt(math.pi) * math.exp(-0.25))
        f = MODES[mode](f)
    close(f(x), -2 * 0.5 * 2 / math.sqrt(math.pi) * math.exp(-0.25))


def test_the_kernel_is_that_of_the_namespace() -> None:
    f = primitive(erf_rule(), {"numpy": lambda x: x + 1, "array-api-strict": lambda x: x + 2}, definition=erf_by_series)
    assert f(ONE) == 2.0
    strict = pytest.importorskip("array_api_strict", reason="a second namespace")
    assert float(f(strict.asarray(1.0))) == 3.0
    assert f.__name__ == "erf"


def test_primitives_of_other_kinds() -> None:
    scale = primitive(Linear("scale", lambda xp, t, out, shape, *, by: by * t), {"numpy": lambda x, *, by: by * x})
    assert grad(lambda x: total(scale(x, by=3.0)))(VECTOR).tolist() == [3.0, 3.0, 3.0]
    product = primitive(
        Bilinear("product", lambda xp, t, out, x1, x2: t * x2, lambda xp, t, out, x1, x2: t * x1),
        {"numpy": numpy.multiply},
    )
    check_grads(product, [VECTOR, VECTOR[:1]], order=2)


class Squares:
    """Its methods have derivatives of their own, by one factor too much."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    @custom_jvp
    def by_jvp(self, x: Any) -> Any:
        return self.factor * x * x

    @by_jvp.defjvp
    def _rule(primals: Any, tangents: Any) -> Any:  # noqa: N805
        (self, x), (_, x_dot) = primals, tangents
        return self.by_jvp(x), 4.0 * self.factor * x * x_dot

    @custom_vjp
    def by_vjp(self, x: Any) -> Any:
        return self.factor * x * x

    by_vjp.defvjp(
        lambda self, x: (self.factor * x * x, (self.factor, x)),
        lambda residuals, ct: (None, 4.0 * residuals[0] * residuals[1] * ct),
    )


@pytest.mark.parametrize("name", ["by_jvp", "by_vjp"])
def test_methods(name: str) -> None:
    f = getattr(Squares(3.0), name)
    assert f(TWO) == 12.0
    assert grad(f)(TWO) == jvp(f, [TWO], [ONE])[1] == 24.0
    assert vmap(grad(f))(VECTOR).tolist() == (12.0 * VECTOR).tolist()


# Errors.


def _without_rule() -> Any:
    return custom_jvp(marked)


def _returning(jvp_result: Any) -> Any:
    f = custom_jvp(lambda x: x)
    f.defjvp(lambda primals, tangents: jvp_result)
    return f


_widening = custom_jvp(lambda x: x)
_widening.defjvp(lambda primals, tangents: (primals[0], tangents[0][None]))


def _pulling(fwd_result: Any, cts: Any) -> Any:
    f = custom_vjp(lambda x: x)
    f.defvjp(lambda x: fwd_result(x), lambda residuals, ct: cts)
    return f


class Hidden:
    """Holds an array out of reach: it is no tree."""

    def __init__(self, factor: Any) -> None:
        self.factor = factor

    def times(self, x: Any) -> Any:
        return self.factor * x


def _keyword_only(x: Any, *, power: int) -> Any:
    return x**power


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: grad(custom_jvp(marked))(ONE), TypeError, "marked is a custom_jvp function without a rule.* defjvp"),
        (lambda: grad(custom_vjp(marked))(ONE), TypeError, "marked is a custom_vjp function without a rule.* defvjp"),
        (lambda: grad(_returning(ONE))(ONE), TypeError, r"must return a pair \(out, out_dot\), got ndarray"),
        (lambda: forward(_returning((ONE, VECTOR)))(ONE), ValueError, r"tangent of shape \(3,\) .* of shape \(\)"),
        (lambda: forward(_returning((ONE, 2.0)))(ONE), ValueError, r"tangent float for an array of shape \(\)"),
        (lambda: grad(_returning((ONE, VECTOR)))(ONE), ValueError, r"tangent of shape \(3,\) .* of shape \(\)"),
        (lambda: grad(_widening)(ONE), ValueError, r"tangent of shape \(1,\) .* of shape \(\)"),
        (lambda: forward(_widening)(ONE), ValueError, r"tangent of shape \(1,\) .* of shape \(\)"),
        (lambda: forward(_pulling(lambda x: (x, x), (2.0,)))(ONE), ValueError, "cotangent float for an array"),
        (lambda: forward(_pulling(lambda x: (x, x), (VECTOR,)))(ONE), ValueError, r"cotangent of shape \(3,\) for"),
        (lambda: grad(_pulling(lambda x: x, ()))(ONE), TypeError, r"fwd .* pair \(out, residuals\), got"),
        (lambda: grad(_pulling(lambda x: (x, x), ONE))(ONE), TypeError, "each of the 1 arguments, got ndarray"),
        (lambda: grad(_pulling(lambda x: (x, x), (ONE, ONE)))(ONE), TypeError, "got 2 in a tuple"),
        (lambda: grad(_pulling(lambda x: (x, x), (VECTOR,)))(ONE), ValueError, r"cotangent of shape \(3,\)"),
        (lambda: grad(_pulling(lambda x: (x, x), ({},)))(ONE), ValueError, "shape|dict"),
        (
            lambda: grad(lambda x: custom_jvp(_keyword_only)(x, power=2))(ONE),
            TypeError,
            "_only .* keyword-only",
        ),
        (lambda: grad(lambda x: checkpoint(Hidden(x).times)(x))(ONE), TypeError, "pass it as an argument"),
        (lambda: grad(lambda x: custom_jvp(lambda y: x * y)(x))(ONE), TypeError, "pass it as an argument"),
        (lambda: primitive(erf_rule(), {"torch": abs})(ONE), NotImplementedError, "erf has kernels for torch.* numpy"),
    ],
)
def test_errors_say_what_to_do(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
