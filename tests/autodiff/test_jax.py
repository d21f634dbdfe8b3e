"""Transformations within JAX's own, and JAX's around them: no value is read while JAX compiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

from autodiff import (
    array_namespace,
    checkpoint,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    value_and_grad,
    vjp,
)

jax = pytest.importorskip("jax")
VALUES = numpy.asarray([0.3, 0.7, -1.1])


@pytest.fixture(autouse=True)
def _double_precision() -> None:
    jax.config.update("jax_enable_x64", True)


def f(x: Any) -> Any:
    xp = array_namespace(x)
    return xp.sum(xp.where(x > 0, xp.sin(x) * x, x * x)) * x[0] + xp.max(x)


TRANSFORMATIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "grad": (grad(f), jax.grad(f)),
    "value_and_grad": (value_and_grad(f), jax.value_and_grad(f)),
    "jvp": (lambda x: jvp(f, [x], [x]), lambda x: jax.jvp(f, [x], [x])),
    "vjp": (lambda x: vjp(f, x)[1](x[0])[0], lambda x: jax.vjp(f, x)[1](x[0])[0]),
    "linearize": (lambda x: linearize(f, x)[1](x), lambda x: jax.linearize(f, x)[1](x)),
    "hessian": (hessian(f), jax.hessian(f)),
    "hvp": (lambda x: hvp(f, [x], [x])[0], lambda x: jax.hessian(f)(x) @ x),
    "jacfwd": (jacfwd(lambda x: x * f(x)), jax.jacfwd(lambda x: x * f(x))),
    "jacrev": (jacrev(lambda x: x * f(x)), jax.jacrev(lambda x: x * f(x))),
    "checkpoint": (grad(checkpoint(f)), jax.grad(f)),
}


def close(found: Any, expected: Any) -> None:
    for x, y in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        numpy.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_compiled(name: str) -> None:
    ours, theirs = TRANSFORMATIONS[name]
    x = jax.numpy.asarray(VALUES)
    close(jax.jit(ours)(x), jax.jit(theirs)(x))


@pytest.mark.parametrize("around", ["vmap", "jacrev", "jacfwd"])
@pytest.mark.parametrize("name", ["grad", "hvp"])
def test_within_transformations_of_jax(name: str, around: str) -> None:
    x = jax.numpy.asarray([VALUES, 2 * VALUES])
    batched = (jax.vmap(f if around == "vmap" else getattr(jax, around)(f)) for f in TRANSFORMATIONS[name])
    found, expected = (jax.jit(f)(x) for f in batched)
    close(found, expected)


def test_variables_of_jax_outside() -> None:
    x = jax.numpy.asarray(VALUES)
    found = jax.jit(jax.grad(lambda scale: grad(lambda x: f(x) * scale)(x)[0]))(2.0)
    close(found, jax.jit(jax.grad(f))(x)[0])


def test_arrays_inside_of_a_compiled_function_have_no_device() -> None:
    def of(x: Any) -> Any:
        assert x.device is None
        xp = x.__array_namespace__()
        return xp.sum(x * xp.zeros_like(x) + xp.ones(3, device=x.device) * x)

    close(jax.jit(grad(of))(jax.numpy.asarray(VALUES)), numpy.ones(3))
