"""What is kept for the backward pass, measured: with checkpoints, and as the pass consumes it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial, reduce
from typing import Any, NamedTuple

import numpy
import pytest

from autodiff import WrappedArray, array_namespace, checkpoint, grad, jvp, once, value_and_grad, vjp

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


# What a function has captured is an argument too.

ONE, TWO, THREE = (numpy.asarray(value) for value in (1.0, 2.0, 3.0))


def forward(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: jvp(f, [x], [array_namespace(x).ones_like(x)])[1]


def by_closure(w: Any) -> Any:
    return lambda x: w * w * x


def by_nested_closures(w: Any) -> Any:
    def once(x: Any, times: int = 2) -> Any:
        return x if times == 0 else once(w * x, times - 1)

    return lambda x: once(x)


def by_default(w: Any) -> Any:
    def function(x: Any, *, factor: Any = w, tree: Any = {"w": [w]}) -> Any:  # noqa: B006
        return factor * tree["w"][0] * x

    return function


def by_namespace(w: Any) -> Any:
    xp = array_namespace(w)
    multiply = xp.multiply
    return lambda x: multiply(xp.square(w), x) + xp.linalg.vector_norm(xp.zeros(2))


CAPTURES: dict[str, Callable[[Any], Any]] = {
    "closure": by_closure,
    "nested closures": by_nested_closures,
    "default": by_default,
    "method": lambda w: Scale(w * w).__call__,
    "partial": lambda w: partial(lambda factor, x, power: factor**power * x, w, power=2),
    "namespace": by_namespace,
    "transformation": lambda w: grad(lambda x: w * w * x * x / 2),
    "checkpoint": lambda w: checkpoint(lambda x: checkpoint(by_closure(w))(x)),
}


@pytest.mark.parametrize("name", CAPTURES)
@pytest.mark.parametrize("first", [forward, grad])
@pytest.mark.parametrize("second", [forward, grad])
def test_captured_variables(name: str, first: Any, second: Any) -> None:
    """Of w ** 2 x, at w = 3 and x = 2, with either one a variable, and both."""
    capture = CAPTURES[name]
    assert first(lambda w: checkpoint(capture(w))(TWO))(THREE) == 12.0
    assert second(first(lambda w: checkpoint(capture(w))(TWO)))(THREE) == 4.0
    assert first(lambda w: second(lambda x: checkpoint(capture(w))(x))(TWO))(THREE) == 6.0
    assert first(lambda x: second(lambda w: checkpoint(capture(w))(x))(THREE))(TWO) == 6.0
    assert first(lambda w: checkpoint(capture(w))(w))(THREE) == 27.0


def test_captured_variables_are_those_of_the_first_run() -> None:
    """A loop that makes functions of its own index has gone on when they run again."""

    def f(x: Any) -> Any:
        w = x
        for i in range(1, 4):
            x = checkpoint(lambda y: i * w * y * y)(x)  # noqa: B023
            w = w + i
        return x

    def plain(x: Any) -> Any:
        w = x
        for i in range(1, 4):
            x, w = i * w * x * x, w + i
        return x

    for derivative in (grad, forward, lambda f: grad(grad(f))):
        assert derivative(f)(TWO) == derivative(plain)(TWO)


def test_captured_variables_lower_the_peak_as_arguments_do() -> None:
    weights = [numpy.full(SIZE, 1.0 + i / 1000) for i in range(50)]

    def loss(wrap: Any) -> Any:
        def of(weights: Any) -> Any:
            x = numpy.ones(SIZE)
            for w in weights:
                x = wrap(lambda x, w=w: layer(layer(x * w)))(x)
            return array_namespace(x).sum(x)

        return of

    assert peak(lambda: vjp(loss(checkpoint), weights)) < peak(lambda: vjp(loss(lambda f: f), weights)) / 3


def test_lists_of_the_closure_are_the_same_lists() -> None:
    seen: list[float] = []

    def f(x: Any, y: Any) -> Any:
        def product(x: Any) -> Any:
            seen.append(float(x) if not isinstance(x, WrappedArray) else 0.0)
            return x * y

        return checkpoint(product)(x)

    assert grad(f, (0, 1))(TWO, THREE) == (3.0, 2.0)
    assert seen == [2.0, 0.0]


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_what_is_done_once_is_done_in_the_first_run_only(depth: int) -> None:
    calls: list[int] = []

    def draw() -> int:
        calls.append(len(calls))
        return len(calls)

    def f(x: Any) -> Any:
        # Results come back in their order.
        return once(draw) * x * x + once(draw) * x

    def nested(x: Any) -> Any:
        step: Any = f
        for _ in range(depth):
            step = checkpoint(lambda x, inner=step: inner(x) + once(draw) * x)
        return step(x)

    x = numpy.asarray(3.0)
    out, pullback = vjp(nested, x)
    count = len(calls)
    assert count == 2 + depth
    assert float(out) == 1 * 9 + 2 * 3 + sum(range(3, 3 + depth)) * 3
    for _ in range(2):
        assert float(pullback(numpy.asarray(1.0))[0]) == 2 * 3 + 2 + sum(range(3, 3 + depth))
    assert len(calls) == count


def test_once_in_forward_mode_and_second_derivatives() -> None:
    rng = numpy.random.default_rng(0)
    f = checkpoint(lambda x: once(lambda: int(rng.integers(1, 100))) * x * x * x)
    drawn = [int(n) for n in numpy.random.default_rng(0).integers(1, 100, 2)]
    assert float(jvp(f, [numpy.asarray(2.0)], [numpy.asarray(1.0)])[1]) == drawn[0] * 12
    assert float(grad(grad(f))(numpy.asarray(2.0))) == drawn[1] * 12


def test_once_outside_of_checkpoints_and_after_an_error() -> None:
    def fails(x: Any) -> Any:
        once(lambda: 1)
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        grad(checkpoint(fails))(numpy.asarray(1.0))
    assert [once(iter([n]).__next__) for n in range(3)] == [0, 1, 2]
