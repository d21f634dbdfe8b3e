"""What is kept for the backward pass, measured: with checkpoints, and as the pass consumes it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import reduce
from typing import Any, NamedTuple

import numpy
import pytest

from autodiff import array_namespace, checkpoint, grad, jvp, value_and_grad, vjp

SIZE = 20_000
BYTES = SIZE * 8


def peak(call: Callable[[], Any]) -> float:
    """Most memory that a call holds at a time, in arrays."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1] / BYTES
    finally:
        tracemalloc.stop()


def layer(x: Any) -> Any:
    xp = array_namespace(x)
    return xp.sin(xp.exp(xp.cos(x)))


def chain(length: int, wrap: Callable[[Any], Any], depth: int = 1) -> Callable[[Any], Any]:
    """Layers in a row, in segments: each is wrapped, and so are segments of segments."""
    step: Any = layer
    for _ in range(depth):
        step = wrap(lambda x, inner=step: reduce(lambda x, _: inner(x), range(length), x))
    return step


def total(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: array_namespace(x).sum(f(x))


def test_checkpoints_lower_the_peak_of_a_long_chain() -> None:
    x = numpy.linspace(0.0, 1.0, SIZE)

    def run(wrap: Callable[[Any], Any]) -> tuple[float, Any]:
        f = grad(total(chain(10, wrap, depth=2)))
        return peak(lambda: f(x)), f(x)

    # 100 layers of two residuals each.
    plain, expected = run(lambda f: f)
    assert 200 < plain < 210
    remade, found = run(checkpoint)
    assert remade < 40
    assert found.tolist() == expected.tolist()


def test_nested_checkpoints_lower_it_further() -> None:
    x = numpy.linspace(0.0, 1.0, SIZE)

    def segments(depth: int) -> Any:
        return grad(total(chain(round(64 ** (1 / depth)), lambda f: checkpoint(f), depth)))

    flat, nested, deep = (peak(lambda depth=depth: segments(depth)(x)) for depth in (1, 2, 6))
    assert flat > 2 * 64
    assert nested < flat / 4
    assert deep < nested
    assert segments(1)(x).tolist() == segments(6)(x).tolist()


def test_outer_transformations_see_checkpoints_too() -> None:
    x = numpy.linspace(0.0, 1.0, SIZE)

    def run(wrap: Callable[[Any], Any]) -> tuple[float, Any]:
        f = grad(total(lambda x: jvp(chain(8, wrap, depth=2), [x], [x])[1]))
        return peak(lambda: f(x)), f(x)

    plain, expected = run(lambda f: f)
    remade, found = run(checkpoint)
    assert remade < plain / 3
    numpy.testing.assert_allclose(found, expected, rtol=1e-9)


def test_residuals_are_freed_as_they_are_consumed() -> None:
    """Each weight's cotangent takes the place of a residual; a pullback that may be called again keeps both."""
    weights = [numpy.full(SIZE, 1.0 + i / 1000) for i in range(100)]

    def loss(weights: Any) -> Any:
        xp = array_namespace(*weights)
        return xp.sum(reduce(lambda x, w: xp.sin(x * w), weights, numpy.ones(SIZE)))

    once = peak(lambda: value_and_grad(loss)(weights))
    again = peak(lambda: vjp(loss, weights)[1](numpy.asarray(1.0)))
    # Forward: the product and the sine of each layer. Backward: 100 cotangents beside them, or in their place.
    assert again > 290
    assert once < 210


class Scale(NamedTuple):
    """A function that is a tree: its factor is an argument as any other."""

    factor: Any

    def __call__(self, x: Any, *, power: int = 1) -> Any:
        return self.factor * x**power


@pytest.mark.parametrize("power", [1, 3])
def test_functions_that_are_trees(power: int) -> None:
    x = numpy.asarray(2.0)
    grads = grad(lambda f: checkpoint(f)(x, power=power))(Scale(numpy.asarray(3.0)))
    assert grads.factor == 2.0**power
    assert grad(lambda x: checkpoint(Scale(3.0))(x, power=power))(x) == 3.0 * power * 2.0 ** (power - 1)
