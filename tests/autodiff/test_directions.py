"""Tangents and cotangents: what every transformation that takes one accepts, and how it refuses the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

import extensor
from autodiff import Tape, array_namespace, hvp, jvp, linear_transpose, linearize, vjp, wrap

VECTOR = numpy.asarray([1.0, 2.0, 3.0])


def double(x: Any) -> Any:
    return 2.0 * x


def cube(x: Any) -> Any:
    return array_namespace(x).sum(x**3)


def by_tape(x: Any, ct: Any) -> Any:
    with Tape() as tape:
        x = tape.watch(x)
        y = double(x)
    return tape.gradient(y, x, ct)


def by_live_namespace(x: Any, ct: Any) -> Any:
    live = wrap(array_namespace(x))
    x = live.asarray(x)
    return live.gradient(double(x), x, ct)


TAKERS: dict[str, Callable[[Any, Any], Any]] = {
    "jvp": lambda x, t: jvp(double, [x], [t])[1],
    "vjp": lambda x, t: vjp(double, x)[1](t)[0],
    "vjp within jvp": lambda x, t: jvp(lambda x: vjp(double, x)[1](t)[0], [x], [x])[0],
    "linearize": lambda x, t: linearize(double, x)[1](t),
    "linear_transpose": lambda x, t: linear_transpose(double, x)(t)[0],
    "hvp": lambda x, t: hvp(lambda x: array_namespace(x).sum(x * x), [x], [t])[0],
    "Tape.gradient": by_tape,
    "gradient of a live namespace": by_live_namespace,
}
"""All of them double the direction."""

NAMES = {"jvp": "tangent", "linearize": "tangent", "hvp": "tangent"}
"""What a transformation's direction is called, if not a cotangent."""


LIBRARIES = {"array_api_compat.torch": "torch", "jax.numpy": "jax"}
"""By name of the namespace, where they differ."""


@pytest.fixture(params=TAKERS)
def take(request: pytest.FixtureRequest) -> Callable[[Any, Any], Any]:
    return TAKERS[request.param]


@pytest.fixture
def what(request: pytest.FixtureRequest, take: Any) -> str:
    return NAMES.get(request.node.callspec.params["take"], "cotangent")


@pytest.mark.parametrize("swapped", [False, True])
def test_of_another_library(xp: Any, take: Any, what: str, swapped: bool) -> None:
    pair = (xp, extensor if xp is numpy else numpy)
    first, second = pair[::-1] if swapped else pair
    x, t = (library.asarray([1.0, 2.0, 3.0], dtype=library.float64) for library in (first, second))
    here, there = (LIBRARIES.get(library.__name__, library.__name__) for library in (first, second))
    expected = f"the {what} of an array of {here} must be .* got one of {there}; convert it"
    with pytest.raises(TypeError, match=expected):
        take(x, t)


@pytest.mark.parametrize(
    ("t", "found"),
    [
        (numpy.ones(2), r"shape \(2,\)"),
        (numpy.asarray(1.0), r"shape \(\)"),
        (2.0, "float"),
        ([1.0, 2.0, 3.0], "list"),
        ((VECTOR, VECTOR), "tuple"),
        ("up", "str"),
    ],
)
def test_of_another_shape(take: Any, what: str, t: Any, found: str) -> None:
    with pytest.raises(ValueError, match=rf"the {what} of an array of shape \(3,\) must be .* got {found}"):
        take(VECTOR, t)


def test_complex_of_a_real_array(take: Any, what: str) -> None:
    with pytest.raises(TypeError, match=rf"the {what} of a float64 array .* got complex128; .* real"):
        take(VECTOR, VECTOR * 1j)


@pytest.mark.parametrize("dtype", ["float32", "int64", "bool"])
def test_of_another_real_data_type(xp: Any, take: Any, dtype: str) -> None:
    x, t = xp.ones(3, dtype=xp.float64), xp.ones(3, dtype=getattr(xp, dtype))
    found = take(x, t)
    assert found.dtype == xp.float64
    assert bool(xp.all(found == 2.0))


def test_real_of_a_complex_array(xp: Any) -> None:
    x, t = xp.ones(3, dtype=xp.complex128), xp.ones(3, dtype=xp.float64)
    for found in (jvp(double, [x], [t])[1], vjp(double, x)[1](t)[0], linearize(double, x)[1](t)):
        assert found.dtype == xp.complex128
        assert bool(xp.all(found == 2.0))


# Trees.


def scaled(params: Any) -> Any:
    return {"rows": [params["x"] * params["y"]], "sum": params["x"] + params["y"]}


TREE = {"x": numpy.asarray(2.0), "y": numpy.asarray(3.0)}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda t: jvp(scaled, [TREE], [t]), "the tangents must be a tree of the structure of the primals"),
        (lambda t: linearize(scaled, TREE)[1](t), "the tangents must be a tree of the structure of the primals"),
        (lambda t: vjp(scaled, TREE)[1](t), "the cotangent must be a tree of the structure of the result"),
        (lambda t: linear_transpose(scaled, TREE)(t), "the cotangent must be a tree of the structure of the result"),
    ],
    ids=["jvp", "linearize", "vjp", "linear_transpose"],
)
@pytest.mark.parametrize("t", [{"x": VECTOR}, VECTOR, [VECTOR, VECTOR], {"x": VECTOR, "z": VECTOR}, 1.0])
def test_of_another_structure(call: Any, message: str, t: Any) -> None:
    with pytest.raises(ValueError, match=message):
        call(t)


def test_of_a_target_of_another_structure() -> None:
    with Tape() as tape:
        x = tape.watch(VECTOR)
        y = [x, x]
    with pytest.raises(ValueError, match="the cotangent must be a tree of the structure of the target"):
        tape.gradient(y, x, (VECTOR, VECTOR))


def test_none_stands_for_a_whole_tree() -> None:
    def f(params: Any, x: Any) -> Any:
        return scaled(params), x * x

    x, one = numpy.asarray(5.0), numpy.asarray(1.0)
    expected = {"rows": [0.0], "sum": 0.0}, 10.0
    assert jvp(f, [TREE, x], [None, one])[1] == expected
    assert linearize(f, TREE, x)[1](None, one) == expected
    assert vjp(f, TREE, x)[1]((None, one)) == ({"x": 0.0, "y": 0.0}, 10.0)
    assert vjp(f, TREE, x)[1](({"rows": None, "sum": one}, None)) == ({"x": 1.0, "y": 1.0}, 0.0)


# Sequences of arguments.


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: jvp(double, VECTOR, VECTOR), TypeError, r"jvp takes its primals .* got ndarray; .* write \[x\]"),
        (lambda: jvp(double, [VECTOR], VECTOR), TypeError, "jvp takes its tangents .* got ndarray"),
        (lambda: jvp(scaled, TREE, TREE), TypeError, "jvp takes its primals .* got dict"),
        (lambda: hvp(cube, VECTOR, VECTOR), TypeError, "hvp takes its primals .* got ndarray"),
        (lambda: hvp(cube, [VECTOR], VECTOR), TypeError, "hvp takes its tangents .* got ndarray"),
        (lambda: jvp(double, [VECTOR], [VECTOR, VECTOR]), ValueError, "jvp takes a tangent .* got 1 primals? and 2"),
        (lambda: hvp(cube, [VECTOR], []), ValueError, "hvp takes a tangent .* got 1 primals? and 0"),
        (lambda: linearize(double, VECTOR)[1](), ValueError, "takes a tangent .* got 1 primals? and 0"),
        (lambda: linearize(double, VECTOR)[1](VECTOR, VECTOR), ValueError, "takes a tangent .* got 1 primals? and 2"),
    ],
)
def test_arguments_are_in_a_sequence(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


# Results without a variable among them.


@pytest.mark.parametrize("f", [lambda x: 3.0, lambda x: None, lambda x: (x > 0, "text")])
def test_results_that_have_no_tangent(f: Callable[[Any], Any]) -> None:
    expected = (None, None) if isinstance(f(VECTOR), tuple) else None
    assert jvp(f, [VECTOR], [VECTOR])[1] == expected
    assert linearize(f, VECTOR)[1](VECTOR) == expected
    assert vjp(f, VECTOR)[1](expected)[0].tolist() == [0.0, 0.0, 0.0]
