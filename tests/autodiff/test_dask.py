"""Derivatives of lazy arrays are lazy arrays, in the chunks of their primals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy
import pytest

from autodiff import array_namespace, checkpoint, grad, hvp, jvp, linearize, value_and_grad, vjp

dask = pytest.importorskip("dask.array")
config = pytest.importorskip("dask.config")
VALUES = numpy.linspace(0.1, 1.2, 12).reshape(6, 2)


@pytest.fixture(autouse=True)
def nothing_is_computed() -> Iterator[None]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a lazy array was computed")

    with config.set(scheduler=refuse):
        yield


def computed(x: Any) -> numpy.ndarray:
    return x.compute(scheduler="sync")  # type: ignore[no-any-return]


def lazy(chunks: Any = (4, 1)) -> Any:
    return dask.from_array(VALUES, chunks=chunks)


FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "elementwise": lambda xp, x: xp.sum(xp.sin(x) * x),
    "sum": lambda xp, x: xp.sum(x) * 2.0,
    "sums along an axis": lambda xp, x: xp.sum(xp.sum(x, axis=0) ** 2),
    "mean": lambda xp, x: xp.mean(x * x),
    "max": lambda xp, x: xp.max(x * x),
    "product": lambda xp, x: xp.sum(xp.matmul(xp.matrix_transpose(x), x) ** 2),
    "slice": lambda xp, x: xp.sum(x[1:4, ...] ** 2),
    "reshape": lambda xp, x: xp.sum(xp.reshape(x, (3, 2, 2))[1, ...] ** 3),
    "concat": lambda xp, x: xp.sum(xp.concat([x, x[:2, ...]]) ** 2),
    "where": lambda xp, x: xp.sum(xp.where(x > 0.5, x * x, 0.0)),
    "checkpoint": lambda xp, x: checkpoint(lambda x: xp.sum(x * x * x))(x),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("chunks", [(4, 1), (6, 2), ((1, 5), (2,))])
def test_gradients(name: str, chunks: Any) -> None:
    def f(x: Any) -> Any:
        return FUNCTIONS[name](array_namespace(x), x)

    x = lazy(chunks)
    value, grads = value_and_grad(f)(x)
    assert isinstance(grads, dask.Array)
    assert (grads.chunks, grads.dtype) == (x.chunks, x.dtype)
    expected_value, expected = value_and_grad(f)(VALUES)
    numpy.testing.assert_allclose(computed(value), expected_value, rtol=1e-12)
    numpy.testing.assert_allclose(computed(grads), expected, rtol=1e-12)


TRANSFORMATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "jvp": lambda f, x: jvp(f, [x], [x])[1],
    "vjp": lambda f, x: vjp(f, x)[1](array_namespace(x).asarray(2.0))[0],
    "linearize": lambda f, x: linearize(f, x)[1](x),
    "hvp": lambda f, x: hvp(f, [x], [x])[0],
    "grad of grad": lambda f, x: grad(lambda x: array_namespace(x).sum(grad(f)(x) ** 2))(x),
}


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_every_transformation(name: str) -> None:
    def f(x: Any) -> Any:
        return FUNCTIONS["elementwise"](array_namespace(x), x)

    x = lazy()
    found = TRANSFORMATIONS[name](f, x)
    assert found.chunks == (x.chunks if found.ndim else ())
    numpy.testing.assert_allclose(computed(found), TRANSFORMATIONS[name](f, VALUES), rtol=1e-12)


def test_arguments_are_of_any_chunks() -> None:
    x, w = lazy((2, 2)), dask.from_array(VALUES.T, chunks=(1, 3))
    grads = grad(lambda args: array_namespace(*args).sum(array_namespace(*args).matmul(*args) ** 2))([x, w])
    assert [ct.chunks for ct in grads] == [x.chunks, w.chunks]


def test_a_value_that_is_asked_for_is_computed() -> None:
    with pytest.raises(AssertionError, match="was computed"):
        grad(lambda x: x[0, 0] if x[0, 0] > 0 else x[0, 1])(lazy())
