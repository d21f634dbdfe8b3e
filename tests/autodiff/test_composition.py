"""Transformations compose: every pair in both orders, and three deep, to the last bit.

Each entry of the table turns a function of a vector into another, and says what it does to polynomials with integer
coefficients, whose derivatives are exact. So are the numbers at integers, below 2 ** 53: nothing is compared within a
tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from itertools import product
from operator import mul
from typing import Any, NamedTuple

import numpy
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autodiff import (
    array_namespace,
    checkpoint,
    custom_jvp,
    custom_vjp,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linear_transpose,
    linearize,
    stop_gradient,
    value_and_grad,
    vjp,
    vmap,
)
from autodiff.namespaces import device_of

Function = Callable[[Any], Any]
Polynomial = dict[tuple[int, int], int]
"""Coefficient by the exponents of both variables."""
Polynomials = Sequence[Polynomial]

POINT = (2, -1)
X: Polynomials = [{(1, 0): 1}, {(0, 1): 1}]
V: Polynomials = [{(0, 0): 1}, {(0, 0): -2}]
W: Polynomials = [{(0, 0): 3}, {(0, 0): 1}]
BASE: Polynomials = [{(4, 3): 1, (1, 1): -2, (0, 5): 1}, {(3, 4): 2, (2, 0): 1, (0, 3): -1}]


def plus(*terms: Polynomial) -> Polynomial:
    exponents = {key for p in terms for key in p}
    return {key: sum(p.get(key, 0) for p in terms) for key in exponents}


def times(p: Polynomial, q: Polynomial) -> Polynomial:
    return plus(*[{(i + k, j + m): a * b} for (i, j), a in p.items() for (k, m), b in q.items()])


def partial(p: Polynomial, variable: int) -> Polynomial:
    terms = [((i - 1, j), i * c) if variable == 0 else ((i, j - 1), j * c) for (i, j), c in p.items()]
    return {key: c for key, c in terms if c}


def dot(p: Polynomials, q: Polynomials) -> Polynomial:
    return plus(*[times(a, b) for a, b in zip(p, q, strict=True)])


def pushed(f: Polynomials, v: Polynomials) -> Polynomials:
    return [dot([partial(p, j) for j in (0, 1)], v) for p in f]


def pulled(f: Polynomials, ct: Polynomials) -> Polynomials:
    return [dot([partial(p, j) for p in f], ct) for j in (0, 1)]


def second(f: Polynomials) -> Polynomials:
    """Second derivatives of W . f, along V."""
    return pushed(pulled(f, W), V)


def added(f: Polynomials, g: Polynomials) -> Polynomials:
    return [plus(p, q) for p, q in zip(f, g, strict=True)]


def doubled(f: Polynomials) -> Polynomials:
    """Functions of twice the variable."""
    return [{(i, j): c * 2 ** (i + j) for (i, j), c in p.items()} for p in f]


def value(f: Polynomials) -> list[int]:
    return [sum(c * POINT[0] ** i * POINT[1] ** j for (i, j), c in p.items()) for p in f]


def base(x: Any) -> Any:
    xp = array_namespace(x)
    x0, x1 = x

    def term(exponents: tuple[int, int], coefficient: int) -> Any:
        return reduce(mul, [x0] * exponents[0] + [x1] * exponents[1]) * float(coefficient)

    return xp.stack([reduce(lambda y, z: y + z, [term(*item) for item in p.items()]) for p in BASE])


def like(p: Polynomials, x: Any) -> Any:
    return array_namespace(x).asarray([float(value) for value in value(p)], dtype=x.dtype, device=device_of(x))


def stacked(x: Any, y: Any) -> Any:
    return array_namespace(x, y).stack([x, y])


def weighed(f: Function) -> Function:
    """A function to numbers."""
    return lambda x: total(f(x) * like(W, x))


def total(x: Any) -> Any:
    return array_namespace(x).sum(x)


def by_rule(f: Function) -> Function:
    function = custom_jvp(lambda x: f(x))
    function.defjvp(lambda primals, tangents: jvp(f, primals, tangents))
    return function


def by_passes(f: Function) -> Function:
    function = custom_vjp(lambda x: f(x))
    function.defvjp(lambda x: (function(x), x), lambda x, ct: vjp(f, x)[1](ct))
    return function


def in_trees(f: Function) -> Function:
    def of(tree: Any) -> Any:
        return weighed(f)(tree["x"]) + total(tree["rest"][0] * tree["x"]), tree["name"]

    def derivative(x: Any) -> Any:
        grads, name = grad(of, has_aux=True)({"x": x, "rest": (x, None), "name": "text"})
        assert name == "text"
        return grads["x"] - grads["rest"][0]

    return derivative


class Entry(NamedTuple):
    transform: Callable[[Function], Function]
    exact: Callable[[Polynomials], Polynomials]


TABLE = {
    "checkpoint": Entry(checkpoint, lambda f: f),
    "checkpoint of a closure": Entry(
        lambda f: lambda x: checkpoint(lambda y: f(x) + y)(like(V, x)), lambda f: added(f, V)
    ),
    "custom_jvp": Entry(by_rule, lambda f: f),
    "custom_vjp": Entry(by_passes, lambda f: f),
    "grad": Entry(lambda f: grad(weighed(f)), lambda f: pulled(f, W)),
    "grad of the second argument": Entry(
        lambda f: lambda x: grad(lambda y, z: total(z * f(y)), argnums=1)(x, x), lambda f: f
    ),
    "grad of both arguments": Entry(
        lambda f: lambda x: (lambda cts: cts[0] + cts[1])(grad(lambda y, z: total(z * f(y)), argnums=(0, -1))(x, x)),
        lambda f: added(f, pulled(f, X)),
    ),
    "grad of a closure": Entry(lambda f: lambda x: grad(lambda y: total(f(y) * x))(x), lambda f: pulled(f, X)),
    "grad of trees": Entry(in_trees, lambda f: pulled(f, W)),
    "hessian": Entry(lambda f: lambda x: hessian(weighed(f))(x) @ like(V, x), second),
    "hvp": Entry(lambda f: lambda x: hvp(weighed(f), [x], [like(V, x)])[0], second),
    "jacfwd": Entry(lambda f: lambda x: jacfwd(f)(x) @ like(V, x), lambda f: pushed(f, V)),
    "jacobian": Entry(lambda f: lambda x: jacobian(f)(x) @ x, lambda f: pushed(f, X)),
    "jacrev": Entry(lambda f: lambda x: like(W, x) @ jacrev(f)(x), lambda f: pulled(f, W)),
    "jvp": Entry(lambda f: lambda x: jvp(f, [x], [like(V, x)])[1], lambda f: pushed(f, V)),
    "jvp's value": Entry(lambda f: lambda x: jvp(f, [x], [x])[0], lambda f: f),
    "jvp along the variable": Entry(lambda f: lambda x: jvp(f, [x], [x])[1], lambda f: pushed(f, X)),
    "jvp of a closure": Entry(
        lambda f: lambda x: jvp(lambda y: f(y) * x, [x], [like(V, x)])[1],
        lambda f: [times(p, q) for p, q in zip(pushed(f, V), X, strict=True)],
    ),
    "linear_transpose": Entry(
        lambda f: lambda x: linear_transpose(linearize(f, x)[1], x)(like(W, x))[0], lambda f: pulled(f, W)
    ),
    "linearize": Entry(lambda f: lambda x: linearize(f, x)[1](x), lambda f: pushed(f, X)),
    "stop_gradient": Entry(lambda f: lambda x: f(x) + 0.0 * stop_gradient(f(x)), lambda f: f),
    "value_and_grad": Entry(
        lambda f: lambda x: sum(value_and_grad(weighed(f))(x)), lambda f: [plus(dot(W, f), p) for p in pulled(f, W)]
    ),
    "vjp": Entry(lambda f: lambda x: vjp(f, x)[1](like(W, x))[0], lambda f: pulled(f, W)),
    "vjp with the variable": Entry(lambda f: lambda x: vjp(f, x)[1](x)[0], lambda f: pulled(f, X)),
    "vmap": Entry(lambda f: lambda x: vmap(f)(stacked(x, x + x))[1, ...], doubled),
    "vmap of a closure": Entry(
        lambda f: lambda x: vmap(lambda y: f(y) * x, in_axes=1, out_axes=-1)(stacked(x, x + x).T)[:, 0],
        lambda f: [times(p, q) for p, q in zip(f, X, strict=True)],
    ),
    "vmap of constants": Entry(lambda f: lambda x: vmap(lambda y: f(x))(stacked(x, x))[0, ...], lambda f: f),
    "vmap of tangents": Entry(
        lambda f: lambda x: vmap(lambda v: jvp(f, [x], [v])[1])(stacked(x, like(V, x)))[1, ...], lambda f: pushed(f, V)
    ),
}


def check(xp: Any, names: Sequence[str], device: Any = None) -> None:
    f: Function = base
    exact = BASE
    for name in names:
        f, exact = TABLE[name].transform(f), TABLE[name].exact(exact)
    found = f(xp.asarray([float(x) for x in POINT], dtype=xp.float64, device=device))
    assert device in (None, device_of(found))
    assert [float(found[i]) for i in (0, 1)] == value(exact), " within ".join(names)


def test_the_oracle() -> None:
    """By hand, of x0 ** 4 x1 ** 3 - 2 x0 x1 + x1 ** 5 at (2, -1)."""
    assert value(BASE)[0] == -16 + 4 - 1
    assert value([partial(BASE[0], j) for j in (0, 1)]) == [4 * 8 * -1 + 2, 3 * 16 - 4 + 5]
    assert value(pulled(BASE, W)) == [3 * -30 + 6 * 4 + 4, 3 * 49 + 8 * 8 * -1 - 3]


@pytest.mark.parametrize("name", TABLE)
def test_alone(any_xp: Any, name: str) -> None:
    check(any_xp, [name])


@pytest.mark.parametrize("name", TABLE)
def test_alone_on_another_device(name: str) -> None:
    strict = pytest.importorskip("array_api_strict")
    check(strict, [name], strict.Device("device1"))


@pytest.mark.parametrize("outer", TABLE)
def test_pairs(outer: str) -> None:
    for inner in TABLE:
        check(numpy, [inner, outer])


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(sorted(TABLE)), min_size=3, max_size=3))
@example(["checkpoint", "hessian", "grad"])
@example(["custom_vjp", "hessian", "grad"])
def test_three_deep(names: list[str]) -> None:
    check(numpy, names)


@pytest.mark.slow
@pytest.mark.parametrize("outer", TABLE)
def test_all_three_deep(outer: str) -> None:
    for inner, middle in product(TABLE, repeat=2):
        check(numpy, [inner, middle, outer])
