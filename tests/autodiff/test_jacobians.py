"""Jacobians and Hessians: their structure and shapes, against JAX and PyTorch, real and complex, nested."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import pytest

from autodiff import (
    array_namespace,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linear_transpose,
    linearize,
    value_and_grad,
)

JACOBIANS = {"jacfwd": jacfwd, "jacrev": jacrev, "jacobian": jacobian}
VECTOR = numpy.asarray([0.3, -0.7, 1.1])
MATRIX = numpy.asarray([[1.0, 2.0, 0.5], [-1.0, 0.25, 3.0]])


def smooth(xp: Any, x: Any, m: Any) -> Any:
    return xp.sin(xp.matmul(m, x)) * x[0] + xp.exp(x[1:])


def standard(x: Any, m: Any) -> Any:
    return smooth(array_namespace(x, m), x, m)


def total(x: Any, m: Any) -> Any:
    return array_namespace(x, m).sum(standard(x, m) ** 2)


def close(found: Any, expected: Any) -> None:
    numpy.testing.assert_allclose(numpy.asarray(found), numpy.asarray(expected), rtol=1e-12, atol=1e-14)


@pytest.fixture(scope="module")
def of_jax() -> Any:
    jax = pytest.importorskip("jax", reason="JAX is the reference")
    jax.config.update("jax_enable_x64", True)
    return jax


@pytest.fixture(scope="module")
def of_torch() -> Any:
    return pytest.importorskip("torch", reason="PyTorch is the reference")


# Against other libraries.


@pytest.mark.parametrize("name", JACOBIANS)
@pytest.mark.parametrize("argnums", [0, 1])
def test_jacobians_are_those_of_jax_and_torch(xp: Any, of_jax: Any, of_torch: Any, name: str, argnums: int) -> None:
    found = JACOBIANS[name](standard, argnums)(xp.asarray(VECTOR.tolist(), dtype=xp.float64), _matrix(xp))
    assert found.shape == (2, 3) if argnums == 0 else (2, 2, 3)
    close(found, of_jax.jacfwd(lambda x, m: smooth(of_jax.numpy, x, m), argnums)(VECTOR, MATRIX))
    tensors = of_torch.asarray(VECTOR), of_torch.asarray(MATRIX)
    close(found, of_torch.func.jacrev(lambda x, m: smooth(of_torch, x, m), argnums)(*tensors))


def _matrix(xp: Any) -> Any:
    return xp.asarray(MATRIX.tolist(), dtype=xp.float64)


@pytest.mark.parametrize("argnums", [0, (0, 1)])
def test_hessians_are_those_of_jax(xp: Any, of_jax: Any, argnums: Any) -> None:
    found = hessian(total, argnums)(xp.asarray(VECTOR.tolist(), dtype=xp.float64), _matrix(xp))
    expected = of_jax.hessian(lambda x, m: of_jax.numpy.sum(smooth(of_jax.numpy, x, m) ** 2), argnums)(VECTOR, MATRIX)
    if argnums == 0:
        close(found, expected)
        return
    for i in range(2):
        for j in range(2):
            close(found[i][j], expected[i][j])


def test_hessians_are_those_of_torch(of_torch: Any) -> None:
    def theirs(x: Any) -> Any:
        return (smooth(of_torch, x, of_torch.asarray(MATRIX)) ** 2).sum()

    # torch.func.hessian loads forward-mode formulas that warn.
    expected = of_torch.func.jacrev(of_torch.func.jacrev(theirs))(of_torch.asarray(VECTOR))
    close(hessian(total)(VECTOR, MATRIX), expected)


def holomorphic(xp: Any, z: Any) -> Any:
    return xp.exp(z) * xp.sum(z * z)


Z = numpy.asarray([0.3 + 0.5j, -1.0 + 0.25j])


@pytest.mark.parametrize("name", JACOBIANS)
def test_holomorphic_jacobians_are_those_of_jax(of_jax: Any, name: str) -> None:
    found = JACOBIANS[name](lambda z: holomorphic(array_namespace(z), z), holomorphic=True)(Z)
    close(found, of_jax.jacfwd(lambda z: holomorphic(of_jax.numpy, z), holomorphic=True)(Z))


def test_holomorphic_gradients_and_hessians_are_those_of_jax(of_jax: Any) -> None:
    def ours(z: Any) -> Any:
        return array_namespace(z).sum(holomorphic(array_namespace(z), z))

    def theirs(z: Any) -> Any:
        return of_jax.numpy.sum(holomorphic(of_jax.numpy, z))

    value, found = value_and_grad(ours, holomorphic=True)(Z)
    close(value, theirs(Z))
    close(found, of_jax.grad(theirs, holomorphic=True)(Z))
    close(hessian(ours, holomorphic=True)(Z), of_jax.hessian(theirs, holomorphic=True)(Z))
    close(grad(grad(lambda z: z**3, holomorphic=True), holomorphic=True)(Z[0]), 6 * Z[0])


def test_complex_results_of_real_arguments_and_the_reverse(of_jax: Any) -> None:
    found = jacobian(lambda x: array_namespace(x).exp(x * 2j))(VECTOR)
    close(found, of_jax.jacfwd(lambda x: of_jax.numpy.exp(x * 2j))(VECTOR))
    found = jacobian(lambda z: array_namespace(z).abs(z) ** 2)(Z)
    close(found, of_jax.jacrev(lambda z: of_jax.numpy.abs(z) ** 2)(Z))


# Trees.


@pytest.mark.parametrize("name", JACOBIANS)
def test_trees_of_trees(name: str) -> None:
    def f(params: Any, scale: Any) -> Any:
        product = params["m"] * scale
        return {"product": product, "rest": [params["x"], "text", numpy.asarray(3)]}, {"aux": product}

    params = {"m": MATRIX, "x": VECTOR, "count": 3, "order": numpy.asarray([1, 0])}
    found, aux = JACOBIANS[name](f, (0, 1), has_aux=True)(params, numpy.asarray(2.0))
    by_params, by_scale = found["product"]
    assert found["rest"][1] is found["rest"][2] is by_params["count"] is by_params["order"] is None
    assert by_params["m"].shape == (2, 3, 2, 3)
    close(by_params["m"], 2.0 * numpy.eye(6).reshape(2, 3, 2, 3))
    close(by_params["x"], numpy.zeros((2, 3, 3)))
    close(by_scale, MATRIX)
    by_params, by_scale = found["rest"][0]
    close(by_params["x"], numpy.eye(3))
    close(by_scale, numpy.zeros(3))
    close(aux["aux"], 2.0 * MATRIX)
    assert type(aux["aux"]) is numpy.ndarray


@pytest.mark.parametrize("name", JACOBIANS)
@pytest.mark.parametrize(("rows", "columns"), [(0, 2), (2, 0), (0, 0)])
def test_empty_arrays(xp: Any, name: str, rows: int, columns: int) -> None:
    def f(x: Any) -> Any:
        return array_namespace(x).zeros((rows,), dtype=x.dtype) + array_namespace(x).sum(x)

    found = JACOBIANS[name](f)(xp.ones((columns,), dtype=xp.float64))
    assert found.shape == (rows, columns)
    assert found.dtype == xp.float64


@pytest.mark.parametrize(("columns", "mode"), [(50, "Reverse"), (1, "Forward")])
def test_the_jacobian_takes_the_smaller_basis(columns: int, mode: str) -> None:
    modes: list[str] = []

    def f(x: Any) -> Any:
        modes.append(type(array_namespace(x)).__name__)
        return array_namespace(x).sum(x) * numpy.ones(2)

    jacobian(f)(numpy.ones(columns))
    assert modes[1:] == [mode]


# Linearization.


def test_linearize_is_jvp_without_running_again(xp: Any) -> None:
    calls: list[None] = []

    def f(x: Any, params: Any) -> Any:
        calls.append(None)
        return {"y": standard(x, params["m"]), "rest": (x, "text")}

    x, params = xp.asarray(VECTOR.tolist(), dtype=xp.float64), {"m": _matrix(xp), "count": 2}
    out, f_jvp = linearize(f, x, params)
    assert len(calls) == 1
    for scale in (1.0, -2.0):
        tangents = scale * xp.ones_like(x), {"m": scale * params["m"], "count": None}
        expected, expected_dot = jvp(f, (x, params), tangents)
        found = f_jvp(*tangents)
        close(out["y"], expected["y"])
        close(found["y"], expected_dot["y"])
        close(found["rest"][0], expected_dot["rest"][0])
        assert found["rest"][1] is None
    assert len(calls) == 3
    assert linearize(lambda x: (x, "aux"), VECTOR, has_aux=True)[2] == "aux"


def test_linearize_complex() -> None:
    for f in (numpy.abs, numpy.conj, numpy.imag, lambda z: holomorphic(array_namespace(z), z)):
        out, f_jvp = linearize(f, Z)
        close(out, f(Z))
        close(f_jvp(Z * 1j), jvp(f, [Z], [Z * 1j])[1])


def test_linear_transpose(xp: Any) -> None:
    m = _matrix(xp)
    transpose = linear_transpose(lambda x: array_namespace(x).matmul(m, x), xp.zeros((3,), dtype=xp.float64))
    (found,) = transpose(xp.asarray([1.0, -1.0], dtype=xp.float64))
    close(found, MATRIX.T @ [1.0, -1.0])
    (found,) = linear_transpose(transpose, xp.zeros((2,), dtype=xp.float64))((xp.ones((3,), dtype=xp.float64),))
    close(found, MATRIX @ numpy.ones(3))


def test_hessian_vector_products(xp: Any) -> None:
    x, m = xp.asarray(VECTOR.tolist(), dtype=xp.float64), _matrix(xp)
    full = numpy.asarray(hessian(total)(x, m))
    by_x, by_m = hvp(total, [x, m], [xp.ones_like(x), None])
    close(by_x, full @ numpy.ones(3))
    assert by_m.shape == (2, 3)
    by_x, by_order = hvp(lambda x, order: total(x, m), [x, xp.asarray([0, 1])], [xp.ones_like(x), None])
    close(by_x, full @ numpy.ones(3))
    assert by_order is None


# Nesting.


@pytest.mark.parametrize("name", JACOBIANS)
def test_three_deep(xp: Any, name: str) -> None:
    x = xp.asarray([0.5, 2.0], dtype=xp.float64)
    third = JACOBIANS[name](hessian(lambda x: x[0] ** 3 * x[1]))(x)
    close(third, [[[12.0, 3.0], [3.0, 0.0]], [[3.0, 0.0], [0.0, 0.0]]])


@pytest.mark.parametrize("outer", JACOBIANS)
@pytest.mark.parametrize("inner", JACOBIANS)
def test_perturbations_are_not_confused(xp: Any, outer: str, inner: str) -> None:
    first, second = JACOBIANS[outer], JACOBIANS[inner]
    x = xp.asarray([1.0, 2.0], dtype=xp.float64)
    ones = xp.ones_like(x)
    # The inner derivative, of y + x by y, is the identity whatever x is.
    found = first(lambda x: second(lambda y: y + x)(ones) * x)(x)
    close(found, [[[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]])


# Errors.


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: jacfwd(lambda z: z)(Z), "jacfwd needs arguments of real .* use jacrev, or pass holomorphic=True"),
        (lambda: jacrev(lambda x: x * 1j)(VECTOR), "jacrev needs results of real .* use jacfwd"),
        (lambda: jacrev(lambda z: z)(Z), "pass holomorphic=True"),
        (lambda: jacfwd(lambda x: x, holomorphic=True)(VECTOR), "needs arguments of a complex .* got float64 array"),
        (lambda: jacrev(lambda x: x, holomorphic=True)(VECTOR), "needs arguments of a complex"),
        (lambda: jacrev(abs, holomorphic=True)(Z), "needs results of a complex"),
        (lambda: grad(lambda x: x, holomorphic=True)(VECTOR[0]), "needs arguments of a complex .* leave holomorphic"),
        (lambda: grad(lambda z: z)(Z[0]), "got complex128 array .* pass holomorphic=True"),
        (lambda: grad(abs, holomorphic=True)(Z[0]), "0-d array of a complex .* got float64"),
        (lambda: jacfwd(lambda x: x)(numpy.arange(3)), "hold only: int64 array"),
        (lambda: hvp(lambda x: x, [VECTOR], [VECTOR]), r"0-d array .* shape \(3,\)"),
    ],
)
def test_errors_say_what_to_do(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()
