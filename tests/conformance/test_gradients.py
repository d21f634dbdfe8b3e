"""Derivatives of namespaces, and of namespaces with a wrong rule."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy
import pytest

import autodiff
import extensor
from conformance import Outcome, Settings
from conformance.checking import perform
from conformance.gradients import CALLS, derivative, derivative_checks, differentiable, tangent
from conformance.literals import Array, Call, vector
from conformance.namespaces import Namespace
from conformance.spec import BY_NAME

EXTENSOR = Namespace(extensor, "extensor", "import extensor as xp", dtypes=("int64", "float32", "complex128"))


def outcomes(path: str, derivatives: Any = autodiff, namespace: Namespace = EXTENSOR) -> dict[str, Outcome]:
    checks = derivative_checks(path, derivatives, "autodiff")
    return {outcome.check: outcome for check in checks for outcome in perform(namespace, check, Settings())}


def test_every_differentiable_function_is_called() -> None:
    constant = {"empty_like", "full_like", "ones_like", "zeros_like", "from_dlpack"}
    no_reference = {"linalg.eig", "linalg.eigh", "linalg.eigvals", "linalg.qr", "linalg.svd"}
    floats = {
        path
        for path, row in BY_NAME.items()
        if row.kinds != "none" and row.result not in ("none", "boolean", "index", "integer")
        if row.chapter not in ("sets", "array") and "float64" in str(row.kinds) + "float64"
    }
    floats = {path for path in floats if not BY_NAME[path].kinds.startswith(("integer", "boolean"))}
    assert {path for path in floats if not differentiable(path)} == constant | no_reference | {"nonzero"}
    assert set(CALLS) <= set(BY_NAME)


@pytest.mark.parametrize("path", [path for path in BY_NAME if differentiable(path)])
def test_derivatives_of_autodiff(path: str) -> None:
    found = outcomes(path)
    assert set(found) == {"forward derivative", "reverse derivative"}
    for outcome in found.values():
        assert outcome.state == "passed", outcome.failure


@pytest.mark.parametrize(("path", "args", "slope"), [
    ("sin", (vector([0.5], "float64"),), numpy.cos(0.5)),
    ("prod", (vector([2.0, 3.0, 4.0], "float64"),), 3 * 4 * 1 + 2 * 4 * 2 + 2 * 3 * 3),
])  # fmt: skip
def test_references_by_hand(path: str, args: tuple[Array, ...], slope: float) -> None:
    directions = [args[0]._replace(values=(1.0, 2.0, 3.0)[: args[0].size])]
    (found,) = derivative(path, Call(path, args), directions)
    assert float(found.values[0]) == pytest.approx(slope, rel=1e-15)


class WrongRule:
    """Derivatives of autodiff, with those of one function spoilt."""

    def __init__(self, spoil: Any) -> None:
        self.spoil = spoil

    def jvp(self, function: Any, primals: Any, tangents: Any) -> Any:
        out, out_dot = autodiff.jvp(function, primals, tangents)
        return out, self.spoil(out_dot)

    def vjp(self, function: Any, *primals: Any) -> Any:
        out, pullback = autodiff.vjp(function, *primals)
        return out, lambda ct: tuple(self.spoil(each) for each in pullback(ct))


@pytest.mark.parametrize("path", ["sin", "add", "sum", "matmul", "linalg.det", "fft.fft", "sort", "cumulative_prod"])
@pytest.mark.parametrize("spoil", [
    lambda x: -x,
    lambda x: x * 2,
    lambda x: x * 1.001,
    lambda x: extensor.flip(x) + 0.125,
    lambda x: extensor.zeros_like(x),
    lambda x: extensor.expand_dims(x, axis=0),
], ids=["sign", "factor", "a thousandth", "order", "zero", "shape"])  # fmt: skip
def test_wrong_derivatives_are_found(path: str, spoil: Any) -> None:
    found = outcomes(path, WrongRule(spoil))
    assert {outcome.state for outcome in found.values()} == {"failed"}


def test_a_missing_rule_is_found() -> None:
    def refuse(*_: Any) -> Any:
        raise TypeError("no derivative")

    found = outcomes("sin", SimpleNamespace(jvp=refuse))
    assert set(found) == {"forward derivative"}
    failure = found["forward derivative"].failure
    assert failure is not None
    assert failure.got == "TypeError: no derivative"


def test_programs_of_failures_run() -> None:
    for outcome in outcomes("matmul", WrongRule(lambda x: -x)).values():
        assert outcome.failure is not None
        scope: dict[str, Any] = {}
        exec(outcome.failure.snippet, scope)


def test_jax() -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    namespace = Namespace(jax.numpy, "jax.numpy", dtypes=("float32", "complex64"))
    for path in ("tanh", "matmul"):
        assert {outcome.state for outcome in outcomes(path, jax, namespace).values()} == {"passed"}


def test_tangents_have_the_shape_and_data_type() -> None:
    x = Array((2, 2), (1.0, 2.0, 3.0, 4.0), "float32")
    assert tangent(x, 1)._replace(values=()) == x._replace(values=())
