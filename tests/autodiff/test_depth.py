"""Long computations: nothing recurses along them, and nothing of them outlives its use."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

import numpy
import pytest

from autodiff import (
    WrappedArray,
    array_namespace,
    checkpoint,
    custom_jvp,
    custom_vjp,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacrev,
    jvp,
    linear_transpose,
    linearize,
    value_and_grad,
    vjp,
)

ONE = numpy.asarray(1.0)


def chain(length: int) -> Callable[[Any], Any]:
    """x ** 2 (1 + length / 1024), an operation after the other."""
    return lambda x: reduce(lambda y, _: y + x * (x / 1024), range(length), x * x)


DERIVATIVES: dict[str, tuple[Callable[[Any], Any], float]] = {
    "jvp": (lambda f: jvp(f, [ONE], [ONE])[1], 2.0),
    "grad": (lambda f: grad(f)(ONE), 2.0),
    "pullback, twice": (lambda f: sum(vjp(f, ONE)[1](ONE) * 2), 4.0),
    "linearize": (lambda f: linearize(f, ONE)[1](ONE), 2.0),
    "grad of grad": (lambda f: grad(grad(f))(ONE), 2.0),
    "jvp of grad": (lambda f: hvp(f, [ONE], [ONE])[0], 2.0),
    "grad of jvp": (lambda f: grad(lambda x: jvp(f, [x], [ONE])[1])(ONE), 2.0),
    "checkpoint": (lambda f: grad(checkpoint(f))(ONE), 2.0),
}


@pytest.fixture
def shallow_stack() -> Iterator[None]:
    """Room for the calls of a few nested transformations, and not for a call per operation."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(_stack()) + 150)
    yield
    sys.setrecursionlimit(limit)


def _stack() -> list[Any]:
    frame, frames = sys._getframe(), []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back  # type: ignore[assignment]
    return frames


@pytest.mark.usefixtures("shallow_stack")
@pytest.mark.parametrize("length", [1024, pytest.param(100_000, marks=pytest.mark.slow)], ids=["short", "long"])
@pytest.mark.parametrize("name", DERIVATIVES)
def test_depth_is_not_recursion(name: str, length: int) -> None:
    derivative, factor = DERIVATIVES[name]
    assert derivative(chain(length)) == pytest.approx(factor * (1 + length / 1024), rel=1e-9)


@pytest.mark.usefixtures("shallow_stack")
def test_many_checkpoints_in_a_row() -> None:
    def f(x: Any) -> Any:
        return reduce(lambda y, _: checkpoint(lambda y: y * x)(y), range(1000), x)

    assert grad(f)(ONE) == jvp(f, [ONE], [ONE])[1] == 1001.0


# Memory.

X = numpy.linspace(0.1, 1.0, 3)
square = custom_jvp(lambda x: x * x)
square.defjvp(lambda primals, tangents: (square(*primals), 2 * primals[0] * tangents[0]))
cube = custom_vjp(lambda x: x * x * x)
cube.defvjp(lambda x: (cube(x), x), lambda x, ct: (3 * x * x * ct,))


def f(x: Any) -> Any:
    xp = array_namespace(x)
    x = square(x) + cube(x)
    matrix = x[:, None] * x + xp.eye(3, dtype=x.dtype)
    return xp.sum(xp.linalg.svdvals(matrix)) + xp.linalg.det(matrix) + xp.max(xp.sort(x))


TRANSFORMATIONS: dict[str, Callable[[], Any]] = {
    "jvp": lambda: jvp(f, [X], [X]),
    "vjp": lambda: vjp(f, X)[1](ONE),
    "grad": lambda: value_and_grad(f)(X),
    "linearize": lambda: linearize(f, X)[1](X),
    "linear_transpose": lambda: linear_transpose(f, X)(ONE),
    "jacfwd": lambda: jacfwd(f)(X),
    "jacrev": lambda: jacrev(f)(X),
    "hessian": lambda: hessian(f)(X),
    "checkpoint": lambda: hessian(checkpoint(f))(X),
    "checkpoint of a closure": lambda: grad(lambda w: checkpoint(lambda x: f(w * x))(X))(X),
    "closure": lambda: grad(lambda x: grad(lambda y: f(x * y))(X) @ x)(X),
    "leak": lambda: _leaking(),
    "error": lambda: _failing(),
}


def _leaking() -> None:
    leaked: list[Any] = []
    grad(lambda x: (leaked.append(x * x), f(x))[1])(X)


def _failing() -> None:
    def fails(x: Any) -> Any:
        raise ArithmeticError(f(x))

    with pytest.raises(ArithmeticError):
        grad(fails)(X)


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_arrays_do_not_wait_for_the_garbage_collector(name: str) -> None:
    TRANSFORMATIONS[name]()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        TRANSFORMATIONS[name]()
        gc.collect()
        garbage = [x for x in gc.garbage if isinstance(x, (WrappedArray, numpy.ndarray)) or _holds_arrays(x)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert not garbage


def _holds_arrays(x: Any) -> bool:
    """Whether an object in a reference cycle refers to an array, which is itself in none."""
    return any(isinstance(y, (WrappedArray, numpy.ndarray)) for y in gc.get_referents(x))
