"""What the transformations promise: trees, arguments, nesting, and errors that say what to do."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from itertools import product
from math import cos, sin
from typing import Any

import numpy
import pytest

from autodiff import (
    LeakedTracerError,
    Tape,
    array_namespace,
    check_grads,
    checkpoint,
    grad,
    hessian,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    stop_gradient,
    value_and_grad,
    vjp,
    vmap,
)
from autodiff.backward import backward_of

Pair = namedtuple("Pair", ["first", "second"])
ONE = numpy.asarray(1.0)
TWO = numpy.asarray(2.0)
VECTOR = numpy.asarray([1.0, 2.0, 3.0])


def total(x: Any) -> Any:
    return array_namespace(x).sum(x)


def forward(f: Callable[..., Any]) -> Callable[..., Any]:
    """Derivative of a function of one number, by forward mode."""
    return lambda x: jvp(f, [x], [array_namespace(x).ones_like(x)])[1]


MODES = {"forward": forward, "reverse": grad}
PAIRS = list(product(MODES, repeat=2))


# Trees.


def test_trees_keep_their_structure() -> None:
    params = {
        "list": [ONE, TWO],
        "tuple": (VECTOR,),
        "pair": Pair(TWO, None),
        "name": "layer",
        "count": 3,
        "none": None,
    }

    def loss(params: Any) -> Any:
        assert params["name"] == "layer"
        assert params["count"] == 3
        assert params["none"] is None
        assert isinstance(params["pair"], Pair)
        return params["count"] * params["list"][0] * params["pair"].first + total(params["tuple"][0])

    grads = grad(loss)(params)
    assert grads["list"] == [6.0, 0.0]
    assert grads["tuple"][0].tolist() == [1.0, 1.0, 1.0]
    assert grads["pair"] == Pair(3.0, None)
    assert grads["name"] is grads["count"] is grads["none"] is None
    assert list(grads) == list(params)


def test_results_may_be_trees() -> None:
    def f(x: Any, y: Any) -> Any:
        return {"sum": x + y, "rest": (x * y, [ONE, "text"])}

    out, out_dot = jvp(f, [ONE, TWO], [ONE, ONE])
    assert out == {"sum": 3.0, "rest": (2.0, [1.0, "text"])}
    assert out_dot == {"sum": 2.0, "rest": (3.0, [0.0, None])}
    out, pullback = vjp(f, ONE, TWO)
    assert pullback({"sum": ONE, "rest": (ONE, [None, None])}) == (3.0, 2.0)
    assert pullback({"sum": ONE, "rest": (None, [ONE, None])}) == (1.0, 1.0)


@pytest.mark.parametrize(
    "leaf",
    [
        numpy.float32,
        numpy.dtype("float32"),
        numpy.asarray(["a", "b"]),
        numpy.asarray(["2026-01-01"], dtype="datetime64[D]"),
        numpy.asarray([1.0, None], dtype=object),
        float,
        Pair,
        1j,
    ],
    ids=repr,
)
def test_what_has_no_derivative_is_static(leaf: Any) -> None:
    def f(params: Any) -> Any:
        assert params["leaf"] is leaf
        return params["x"] * 2.0, leaf

    params = {"x": ONE, "leaf": leaf}
    assert grad(lambda params: f(params)[0])(params) == {"x": 2.0, "leaf": None}
    assert jvp(f, [params], [{"x": TWO, "leaf": None}])[1] == (4.0, None)
    assert linearize(f, params)[1]({"x": TWO, "leaf": None}) == (4.0, None)
    assert vjp(f, params)[1]((TWO, None)) == ({"x": 4.0, "leaf": None},)
    for jacobian_of in (jacfwd, jacrev, jacobian):
        assert jacobian_of(f)(params) == ({"x": 2.0, "leaf": None}, None)
    assert grad(checkpoint(lambda params: f(params)[0]))(params) == {"x": 2.0, "leaf": None}
    assert vmap(lambda x: f({"x": x, "leaf": leaf})[0])(VECTOR).tolist() == [2.0, 4.0, 6.0]
    with Tape() as tape:
        params = tape.watch(params)
        out = f(params)[0]
    assert tape.gradient(out, params) == {"x": 2.0, "leaf": None}


def test_integers_and_booleans_are_static() -> None:
    params = {"x": VECTOR, "order": numpy.asarray([2, 0, 1]), "mask": numpy.asarray([True, False, True])}
    grads = grad(lambda p: total(p["x"][p["order"]][p["mask"]]))(params)
    assert grads["order"] is grads["mask"] is None
    assert grads["x"].tolist() == [0.0, 1.0, 1.0]


# Arguments.


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, 2.0),
        (1, 1.0),
        (-1, 1.0),
        (-2, 2.0),
        ((0, 1), (2.0, 1.0)),
        ((1,), (1.0,)),
        ([-1, 0], (1.0, 2.0)),
        (range(2), (2.0, 1.0)),
        (numpy.int64(1), 1.0),
        (numpy.asarray(0), 2.0),
        ([numpy.uint8(1), 0], (1.0, 2.0)),
        (numpy.asarray([1, 0]), (1.0, 2.0)),
    ],
)
@pytest.mark.parametrize("transformation", [grad, jacfwd, jacrev, jacobian, value_and_grad, hessian, backward_of])
def test_argnums(transformation: Any, argnums: Any, expected: Any) -> None:
    def f(x: Any, y: Any) -> Any:
        return x * y

    if transformation is value_and_grad:
        assert value_and_grad(f, argnums)(ONE, TWO) == (2.0, expected)
    elif transformation is backward_of:
        assert backward_of(f, argnums)(ONE, ONE, TWO) == expected
    elif transformation is hessian:
        # Of x y y: 0 and 2 y on the diagonal.
        twice = {2.0: 0.0, 1.0: 2.0}
        found = hessian(lambda x, y: x * y * y, argnums)(ONE, TWO)
        found = tuple([row[i] for i, row in enumerate(found)]) if isinstance(expected, tuple) else found
        assert found == (tuple([twice[x] for x in expected]) if isinstance(expected, tuple) else twice[expected])
    else:
        assert transformation(f, argnums)(ONE, TWO) == expected


TAKERS_OF_ARGNUMS = [grad, value_and_grad, jacfwd, jacrev, jacobian, hessian]


@pytest.mark.parametrize("transformation", [*TAKERS_OF_ARGNUMS, backward_of])
@pytest.mark.parametrize("argnums", [1.0, "0", None, True, [0, True], (0, None)])
def test_argnums_are_integers(transformation: Any, argnums: Any) -> None:
    with pytest.raises(TypeError, match="argnums must be an int or a sequence of int, got"):
        transformation(lambda x, y: x * y, argnums)


@pytest.mark.parametrize("transformation", TAKERS_OF_ARGNUMS)
@pytest.mark.parametrize("argnums", [2, -3, (0, 2), [numpy.int64(-3)]])
def test_argnums_that_do_not_fit(transformation: Any, argnums: Any) -> None:
    with pytest.raises(ValueError, match=r"argnums=.* does not fit a call with 2 positional arguments"):
        transformation(lambda x, y: x * y, argnums)(ONE, TWO)
    with pytest.raises(ValueError, match=r"0 positional arguments; .* by keyword is a constant"):
        transformation(lambda *, x: x * x)(x=TWO)


def test_arguments_by_keyword_are_constants() -> None:
    assert grad(lambda x, *, y: x * y * y)(ONE, y=TWO) == 4.0


def test_other_arguments_may_be_anything() -> None:
    def f(x: Any, name: str, *, power: int, scale: Any = None) -> Any:
        return scale * x**power if name == "pow" else x

    assert grad(f)(TWO, "pow", power=3, scale=2.0) == 24.0


def test_aux() -> None:
    def f(x: Any) -> Any:
        return x * x, {"twice": 2 * x, "text": "aux"}

    aux = {"twice": 4.0, "text": "aux"}
    assert grad(f, has_aux=True)(TWO) == (4.0, aux)
    assert value_and_grad(f, has_aux=True)(TWO) == ((4.0, aux), 4.0)
    assert jvp(f, [TWO], [ONE], has_aux=True) == (4.0, 4.0, aux)
    out, pullback, found = vjp(f, TWO, has_aux=True)
    assert (out, pullback(ONE), found) == (4.0, (4.0,), aux)


def test_a_pullback_may_be_called_again() -> None:
    _, pullback = vjp(lambda x: x * x, VECTOR)
    for scale in (1.0, -2.0, 1.0):
        (ct,) = pullback(scale * numpy.ones(3))
        assert ct.tolist() == (2 * scale * VECTOR).tolist()


def test_absent_tangents_are_zero() -> None:
    def f(x: Any, y: Any) -> Any:
        return x * y

    assert jvp(f, [ONE, TWO], [None, ONE]) == (2.0, 1.0)
    assert jvp(f, [ONE, TWO], [ONE, None]) == (2.0, 2.0)
    assert jvp(f, [ONE, TWO], [None, None]) == (2.0, 0.0)


def test_zeros_have_the_shape_and_data_type_of_their_primals(xp: Any) -> None:
    x, y = xp.ones((2, 3), dtype=xp.float32), xp.asarray(1.0, dtype=xp.float64)
    _, pullback = vjp(lambda x, y: 2 * y, x, y)
    ct, _ = pullback(y)
    assert (ct.shape, ct.dtype, bool(xp.all(ct == 0))) == ((2, 3), xp.float32, True)
    _, out_dot = jvp(lambda x, y: (2 * y, x), [x, y], [x, None])
    assert (out_dot[0].shape, out_dot[0].dtype, float(out_dot[0])) == ((), xp.float64, 0.0)


def test_a_result_that_is_an_argument() -> None:
    assert grad(lambda x: x)(ONE) == 1.0
    _, pullback = vjp(lambda x: (x, x), ONE)
    assert pullback((ONE, TWO)) == (3.0,)
    assert jvp(lambda x: (x, x), [ONE], [TWO]) == ((1.0, 1.0), (2.0, 2.0))


def test_stop_gradient() -> None:
    for derivative in MODES.values():
        assert derivative(lambda x: x * stop_gradient(x))(TWO) == 2.0
        assert derivative(derivative(lambda x: x * stop_gradient(x)))(TWO) == 0.0
    assert stop_gradient({"x": 1, "y": [VECTOR]})["y"][0] is VECTOR


def test_functions_keep_their_names() -> None:
    assert grad(total).__name__ == value_and_grad(total).__name__ == "total"


# Nesting.


@pytest.mark.parametrize("modes", list(product(MODES, repeat=3)), ids="-".join)
def test_three_deep(xp: Any, modes: tuple[str, ...]) -> None:
    def f(x: Any) -> Any:
        return x * array_namespace(x).sin(x)

    x = 0.7
    expected = [sin(x) + x * cos(x), 2 * cos(x) - x * sin(x), -3 * sin(x) - x * cos(x)]
    for mode, value in zip(modes, expected, strict=True):
        f = MODES[mode](f)
        assert float(f(xp.asarray(x, dtype=xp.float64))) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("depth", [4, 5])
def test_deeper(depth: int) -> None:
    f: Any = lambda x: x**6  # noqa: E731
    for i in range(depth):
        f = (forward, grad)[i % 2](f)
    factors = numpy.prod([6.0 - i for i in range(depth)])
    assert f(TWO) == factors * 2.0 ** (6 - depth)


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_hessian_vector_products(xp: Any, outer: str, inner: str) -> None:
    def f(x: Any) -> Any:
        xp = array_namespace(x)
        return xp.sum(xp.sin(x[:-1] * x[1:]) * xp.stack([x[0], x[-1]]))

    def derivative(mode: str, f: Any, v: Any) -> Any:
        """Along v by forward mode, the gradient's product with v by reverse mode."""
        if mode == "forward":
            return lambda x: jvp(f, [x], [v])[1]
        return lambda x: total(grad(f)(x) * v)

    x, v, w = (xp.asarray(values, dtype=xp.float64) for values in ([0.3, -0.6, 1.2], [1.0, 2.0, -1.0], [0.5, 0.0, 2.0]))
    found = derivative(outer, derivative(inner, f, v), w)(x)
    check_grads(derivative(inner, f, v), [x])
    swapped = derivative("forward", derivative("forward", f, w), v)(x)
    assert float(found) == pytest.approx(float(swapped), rel=1e-12)


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_perturbations_are_not_confused(xp: Any, outer: str, inner: str) -> None:
    outer_of, inner_of = MODES[outer], MODES[inner]
    one, two = xp.asarray(1.0, dtype=xp.float64), xp.asarray(2.0, dtype=xp.float64)
    # The classic one: 2 instead of 1 where the inner derivative takes the outer variable for its own.
    assert float(outer_of(lambda x: x * inner_of(lambda y: x + y)(one))(one)) == 1.0
    assert float(outer_of(lambda x: x * inner_of(lambda y: x * y)(x))(two)) == 4.0
    assert float(outer_of(lambda x: inner_of(lambda y: x * y * y)(two))(one)) == 4.0
    assert float(outer_of(lambda x: inner_of(lambda y: y * two)(x))(one)) == 0.0


@pytest.mark.parametrize("modes", list(product(MODES, repeat=3)), ids="-".join)
def test_closures_over_outer_variables(modes: tuple[str, ...]) -> None:
    first, second, third = (MODES[mode] for mode in modes)
    # The innermost variable is a plain array that meets the two others: d3/dx dy dz of x y^2 z^3 = 6 y z^2.
    found = first(lambda x: second(lambda y: third(lambda z: x * y**2 * z**3)(TWO))(ONE))(ONE)
    assert found == 24.0
    # The outermost and the innermost meet without the one between.
    assert first(lambda x: second(lambda y: y * third(lambda z: x * z * z)(TWO))(ONE))(ONE) == 4.0


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_outer_variables_in_every_form(xp: Any, outer: str, inner: str) -> None:
    three = xp.asarray(3.0, dtype=xp.float64)

    def body(x: Any, y: Any) -> Any:
        xp = array_namespace(x, y)
        rows = xp.stack([y * x, x, y])
        rows = xp.concat([rows, xp.asarray([x, y])])
        rows = xp.where(rows > 0, rows, x)
        rows[0] = x * y * y
        return xp.sum(rows) + xp.matmul(xp.reshape(y, (1,)), xp.reshape(x, (1,))) + xp.max(rows)

    # xyy + 2x + 2y + xy + xyy: by y 4xy + 2 + x, by x then 4y + 1.
    one = xp.asarray(1.0, dtype=xp.float64)
    assert float(MODES[outer](lambda x: MODES[inner](lambda y: body(x, y))(three))(one)) == 13.0


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_outer_variables_may_be_assigned_inner_ones(xp: Any, outer: str, inner: str) -> None:
    two = xp.asarray(2.0, dtype=xp.float64)

    def f(x: Any) -> Any:
        def f_inner(y: Any) -> Any:
            rows = array_namespace(x).stack([x, x])
            rows[0] = y * y
            rows[1] *= y
            return rows[0] * rows[1]

        return MODES[inner](f_inner)(two)

    # Of x y^3, by y then 3 x y^2, by x then 3 y^2.
    assert float(MODES[outer](f)(xp.asarray(5.0, dtype=xp.float64))) == 12.0


def test_outer_variables_that_were_assigned_inner_ones_are_inner_ones() -> None:
    def f(x: Any) -> Any:
        rows = x.__array_namespace__().stack([x, x])

        def f_inner(y: Any) -> Any:
            rows[0] = y
            return rows[0] * rows[1]

        return grad(f_inner)(TWO) * rows[1]

    with pytest.raises(LeakedTracerError):
        grad(f)(ONE)


@pytest.mark.parametrize("mode", MODES)
def test_cotangents_and_tangents_may_be_outer_variables(mode: str) -> None:
    assert MODES[mode](lambda x: vjp(lambda y: y * y, TWO)[1](x)[0])(ONE) == 4.0
    assert MODES[mode](lambda x: jvp(lambda y: y * y, [TWO], [x])[1])(ONE) == 4.0


@pytest.mark.parametrize("mode", MODES)
def test_a_pullback_made_inside_may_be_called_inside(mode: str) -> None:
    def f(x: Any) -> Any:
        out, pullback = vjp(lambda y: x * y * y, x)
        return out * pullback(x.__array_namespace__().ones_like(x))[0]

    assert MODES[mode](f)(ONE) == 10.0  # of x**3 * 2 x**2


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_siblings(first: str, second: str) -> None:
    def f(x: Any) -> Any:
        return MODES[first](lambda y: x * y * y)(x) + MODES[second](lambda y: y * y * y)(x)

    assert f(TWO) == 20.0
    assert grad(f)(TWO) == forward(f)(TWO) == 20.0


def test_long_chains_neither_recurse_nor_overflow() -> None:
    def chain(x: Any) -> Any:
        y = x
        for _ in range(100_000):
            y = y + x
        return y

    assert grad(chain)(ONE) == 100_001.0


# Leaks.


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "use",
    [
        lambda x: x + 1.0,
        lambda x: 2.0 * x,
        lambda x: -x,
        lambda x: x[()],
        lambda x: x.__array_namespace__().sin(x),
        lambda x: x.__array_namespace__().floor(x),
        lambda x: x.__array_namespace__().stack([x, x]),
        lambda x: VECTOR * x,
        lambda x: grad(lambda y: y * x)(ONE),
        lambda x: forward(lambda y: x * y)(ONE),
    ],
)
def test_a_leaked_array_is_an_error_at_its_next_use(mode: str, use: Callable[[Any], Any]) -> None:
    leaked: list[Any] = []

    def f(x: Any) -> Any:
        leaked.append(x)
        leaked.append(x * x)
        return x * x

    MODES[mode](f)(ONE)
    for x in leaked:
        with pytest.raises(LeakedTracerError, match="has_aux=True"):
            use(x)


@pytest.mark.parametrize("mode", MODES)
def test_a_function_that_raises_ends_its_transformation(mode: str) -> None:
    leaked: list[Any] = []

    def f(x: Any) -> Any:
        leaked.append(x)
        raise ArithmeticError("of the function")

    with pytest.raises(ArithmeticError, match="of the function"):
        MODES[mode](f)(ONE)
    with pytest.raises(LeakedTracerError):
        leaked[0] + 1.0


# Errors.


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: grad(total)(1.0), TypeError, r"hold only: float; convert numbers first, as in xp\.asarray"),
        (lambda: grad(total)(numpy.arange(3)), TypeError, "int64 array; convert"),
        (lambda: vjp(total, [None, "text"]), TypeError, "only arrays of a floating-point data type .* only: str"),
        (lambda: jvp(total, [], []), TypeError, "only arrays of a floating-point data type .* only: nothing"),
        (lambda: grad(lambda x: x)(VECTOR), TypeError, r"0-d array .* array of shape \(3,\); sum or average"),
        (lambda: grad(lambda x: x * 1j)(ONE), TypeError, "got complex128 array"),
        (lambda: grad(lambda x: x > 0)(ONE), TypeError, "got bool array"),
        (lambda: grad(lambda x: 1.0)(ONE), TypeError, "got float; sum"),
        (lambda: grad(lambda x: (x, x))(ONE), TypeError, "got tuple"),
        (lambda: grad(lambda x: x, has_aux=True)(ONE), TypeError, r"must return a pair \(out, aux\)"),
        (lambda: jvp(lambda x: (x, x, x), [ONE], [ONE], has_aux=True), TypeError, r"pair \(out, aux\), got tuple"),
    ],
)
def test_errors_say_what_to_do(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("argnums", [(0, 0), (0, -2)])
def test_an_argument_named_twice_is_refused(argnums: Any) -> None:
    with pytest.raises(ValueError, match="twice"):
        grad(lambda a, b: a * b, argnums)(numpy.asarray(2.0), numpy.asarray(3.0))
