"""Wrapped arrays as Python objects, and transformations that run side by side."""

from __future__ import annotations

import asyncio
import copy
import pickle
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy
import pytest

from autodiff import LeakedTracerError, array_namespace, checkpoint, grad, hessian, jvp

X = numpy.asarray([1.0, 2.0])


def total(x: Any) -> Any:
    return array_namespace(x).sum(x)


def forward(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Gradient by forward mode."""
    return lambda x: numpy.stack([jvp(f, [x], [direction])[1] for direction in numpy.eye(x.size)])


MODES = {"forward": forward, "reverse": grad}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda x: copy.deepcopy({"x": [x]})["x"][0]])
def test_copies_have_the_derivative_of_the_original(mode: str, duplicate: Callable[[Any], Any]) -> None:
    def f(x: Any) -> Any:
        y = duplicate(x)
        assert y is not x
        x[0] = 0.0
        return total(y * y)

    assert MODES[mode](f)(X).tolist() == [2.0, 4.0]


@pytest.mark.parametrize("mode", MODES)
def test_they_are_not_pickled(mode: str) -> None:
    with pytest.raises(TypeError, match=r"cannot be pickled.*return it from the transformed function"):
        MODES[mode](lambda x: pickle.dumps({"x": x}))(X)


@pytest.mark.parametrize("mode", MODES)
def test_protocols_of_sequences(mode: str) -> None:
    def f(x: Any) -> Any:
        first, *rest = x
        assert 2.0 in x
        assert 3.0 not in x
        assert list(map(float, map(stop, reversed(x)))) == [2.0, 1.0]
        return max(x) * first + sum(rest) + sorted(x)[0]

    assert MODES[mode](f)(X).tolist() == [3.0, 2.0]


def stop(x: Any) -> Any:
    while hasattr(x, "primal"):
        x = x.primal
    return x


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (hash, TypeError, "unhashable"),
        (lambda x: {x: 1}, TypeError, "unhashable"),
        (bool, ValueError, "ambiguous"),
        (lambda x: x[0, ...] if x > 0 else x, ValueError, "ambiguous"),
        (lambda x: list(x[0, ...]), TypeError, "0-d"),
        (lambda x: range(x[0, ...]), TypeError, "integer"),
    ],
)
def test_what_arrays_refuse(mode: str, use: Callable[[Any], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        MODES[mode](use)(X)


def test_printing_shows_values() -> None:
    seen: list[str] = []

    def f(x: Any) -> Any:
        y = total(x * x)
        seen.extend([f"{y:.2f}", str(x), f"{x}", repr(x)])
        return y

    grad(f)(X)
    assert seen[0] == "5.00"
    assert seen[1] == seen[2] == seen[3]
    assert "[1., 2.]" in seen[1]


# Side by side.


def in_threads(*calls: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(timeout=30) for future in [pool.submit(call) for call in calls]]


def test_transformations_take_turns() -> None:
    """Each thread's function waits for the other's, between its operations."""
    barrier = threading.Barrier(2, timeout=30)

    def f(x: Any) -> Any:
        for _ in range(5):
            barrier.wait()
            x = x * x
        return total(x)

    found = in_threads(lambda: grad(f)(X), lambda: jvp(f, [X], [numpy.ones(2)])[1])
    expected = 32 * X**31
    assert found[0].tolist() == expected.tolist()
    assert found[1] == total(expected)


def test_threads_do_not_see_each_other() -> None:
    def f(x: Any) -> Any:
        return total(x**3)

    derivatives = [grad(f), forward(f), hessian(f), grad(lambda x: total(grad(f)(x) * x)), checkpoint(grad(f))] * 2
    expected = [derivative(X).tolist() for derivative in derivatives]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        found = in_threads(*[lambda derivative=derivative: derivative(X).tolist() for derivative in derivatives])
    finally:
        sys.setswitchinterval(interval)
    assert found == expected


def test_an_array_of_another_thread_s_transformation() -> None:
    """It is a constant to the transformation that began later, as that of an outer one."""
    found = grad(lambda x: total(x * in_threads(lambda: grad(lambda y: total(x * y))(X))[0]))(X)
    assert found.tolist() == (2 * X).tolist()


@pytest.mark.parametrize("mode", MODES)
def test_a_generator_that_outlives_the_transformation(mode: str) -> None:
    def squares(x: Any) -> Any:
        while True:
            x = x * x
            yield x

    kept: list[Any] = []

    def f(x: Any) -> Any:
        generator = squares(x)
        kept.append(generator)
        return total(next(generator))

    assert MODES[mode](f)(X).tolist() == [2.0, 4.0]
    for generator in kept:
        with pytest.raises(LeakedTracerError):
            next(generator)


def test_coroutines_take_turns() -> None:
    async def power(x: Any, n: int) -> Any:
        y = x
        for _ in range(n - 1):
            await asyncio.sleep(0)
            y = y * x
        return y

    async def several(x: Any) -> Any:
        return await asyncio.gather(power(x, 2), power(x, 3))

    found = grad(lambda x: total(sum(asyncio.run(several(x)))))(X)
    assert found.tolist() == (2 * X + 3 * X**2).tolist()


def test_functions_are_no_methods() -> None:
    with pytest.raises(AttributeError, match=r"no attribute 'mean'; write it as x.__array_namespace__\(\).mean\(x\)"):
        grad(lambda x: (x * x).mean())(numpy.ones(2))
    with pytest.raises(AttributeError, match=r"no attribute 'data'$"):
        grad(lambda x: x.data)(numpy.ones(2))
