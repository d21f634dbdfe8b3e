"""Live namespaces: whatever they make is differentiated, and the official suite finds nothing wrong with them."""

from __future__ import annotations

import gc
import inspect
import math
import os
import subprocess
import sys
import weakref
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy
import pytest
from numpy.testing import assert_allclose

from autodiff import Forward, Reverse, WrappedArray, array_namespace, grad, jvp, stop_gradient, vjp, wrap
from conformance import spec

ROOT = Path(__file__).parents[2]
MODES = ["forward", "reverse"]
MAKERS: dict[str, Callable[[Any], Any]] = {
    "arange": lambda xp: xp.arange(0.0, 3.0),
    "asarray": lambda xp: xp.asarray([1.0, 2.0]),
    "empty": lambda xp: xp.empty((2, 3)),
    "empty_like": lambda xp: xp.empty_like(xp.ones(2)),
    "eye": lambda xp: xp.eye(2),
    "from_dlpack": lambda xp: xp.from_dlpack(numpy.ones(2)),
    "full": lambda xp: xp.full((2,), 1.5),
    "full_like": lambda xp: xp.full_like(xp.ones(2), 1.5),
    "linspace": lambda xp: xp.linspace(0.0, 1.0, 3),
    "ones": lambda xp: xp.ones((2, 3)),
    "ones_like": lambda xp: xp.ones_like(xp.ones(2)),
    "zeros": lambda xp: xp.zeros(0),
    "zeros_like": lambda xp: xp.zeros_like(xp.ones(2)),
}


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> Any:
    return request.param


def listed(x: Any) -> Any:
    return numpy.asarray(stop_gradient(x)).tolist()


# What is made is a variable.


@pytest.mark.parametrize("name", MAKERS)
def test_what_is_made_varies(xp: Any, mode: str, name: str) -> None:
    if name == "from_dlpack" and xp.__name__ == "array_api_strict":
        pytest.skip("its from_dlpack is of NumPy's own version of the protocol")
    made = MAKERS[name](wrap(xp, mode))
    assert made.varies()
    assert made.shape == MAKERS[name](xp).shape


def test_only_floating_point_arrays_vary(xp: Any, mode: str) -> None:
    live = wrap(xp, mode)
    x = live.asarray([1, 2])
    assert not x.varies()
    assert not live.ones(2, dtype=xp.bool).varies()
    assert live.asarray(x) is x
    assert live.asarray(1j, dtype=xp.complex128).varies()


def test_arrays_pass_through(xp: Any, mode: str) -> None:
    live = wrap(xp, mode)
    x = live.asarray([1.0, 2.0])
    y = x * x
    assert live.asarray(y) is y
    assert not live.floor(y).varies()


def test_what_functions_make_on_the_way_is_constant(xp: Any) -> None:
    def f(x: Any) -> Any:
        xp = x.__array_namespace__()
        return xp.sum(x * xp.asarray(3.0, dtype=x.dtype) + xp.ones_like(x)) + xp.std(x)

    live = wrap(xp, "forward")
    x = live.asarray([1.0, 2.0])
    assert_allclose(listed(f(x).tangent), jvp(f, [x.primal], [xp.ones_like(x.primal)])[1])


def test_every_name_and_signature(mode: str) -> None:
    plain, live = Reverse(numpy), wrap(numpy, mode)
    for row in spec.FUNCTIONS:
        if row.chapter not in ("info", "inspection"):
            assert inspect.signature(attrgetter(row.path)(live)) == inspect.signature(attrgetter(row.path)(plain))
    assert live.float32 is numpy.float32
    assert live.pi == math.pi
    assert live.__name__ == live.asarray(1.0).__array_namespace__().__name__
    assert live.__name__ in repr(live)
    with pytest.raises(AttributeError):
        _ = live.no_such_name


def test_mode_is_checked() -> None:
    with pytest.raises(ValueError, match=r"mode must be one of 'forward', 'reverse'.*got 'backward'"):
        wrap(numpy, "backward")


# Derivatives.


def test_gradient(xp: Any) -> None:
    live = wrap(xp)
    x, y = live.asarray([1.0, 2.0]), live.asarray(3.0)
    n = live.asarray(2)
    grads = live.gradient(live.sum(x**2) * y, {"x": x, "y": [y], "n": n})
    assert listed(grads["x"]) == [6.0, 12.0]
    assert listed(grads["y"][0]) == 5.0
    assert grads["n"] is None
    # And again: nothing is used up.
    assert listed(live.gradient(live.sum(x**2) * y, x)) == [6.0, 12.0]


def test_gradient_by_results_on_the_way_and_of_several_results() -> None:
    live = wrap(numpy)
    x = live.asarray([[2.0, 0.0], [0.0, 3.0]])
    values, vectors = live.linalg.eigh(x)
    out = live.sum(values**2)
    by_values, by_x, by_none = live.gradient(out, (values, x, live.ones(2)))
    assert by_values.tolist() == [4.0, 6.0]
    assert_allclose(by_x, [[4.0, 0.0], [0.0, 6.0]])
    assert by_none.tolist() == [0.0, 0.0]
    first, second = live.unstack(vectors)
    assert live.gradient((first, second), vectors, (numpy.ones(2), None)).tolist() == [[1.0, 1.0], [0.0, 0.0]]


def test_assignment_and_in_place_operations() -> None:
    live = wrap(numpy)
    x = live.asarray([1.0, 2.0, 3.0])
    y = live.zeros(3)
    y[0] = x[1] * x[2]
    y[1:] += x[1:] * x[1:]
    y *= 2.0
    assert live.gradient(live.sum(y), x).tolist() == [0.0, 6.0 + 8.0, 4.0 + 12.0]


def test_gradient_is_that_of_grad() -> None:
    live = wrap(numpy)

    def f(x: Any) -> Any:
        xp = x.__array_namespace__()
        q, r = xp.linalg.qr(xp.tanh(x) @ x.mT)
        return xp.sum(xp.cumulative_prod(xp.sort(q, axis=0), axis=1) @ r * x)

    x = numpy.random.default_rng(0).normal(size=(3, 3))
    made = live.asarray(x)
    assert_allclose(live.gradient(f(made), made), grad(f)(x), rtol=1e-12)


def test_constants_are_no_sources() -> None:
    live = wrap(numpy)
    x = live.asarray([1.0, 2.0])
    with pytest.raises(ValueError, match="was not watched"):
        live.gradient(live.sum(x), live.floor(x))
    with pytest.raises(TypeError, match=r"one 0-d array.*pass its cotangent"):
        live.gradient(x, x)


def test_transformations_of_the_namespace(xp: Any, mode: str) -> None:
    live = wrap(xp, mode)
    x = live.asarray(3.0)
    assert listed(live.grad(lambda x: x**3)(x)) == 27.0
    assert [listed(part) for part in live.value_and_grad(lambda x: x**3)(x)] == [27.0, 27.0]
    assert [listed(part) for part in live.jvp(lambda x: x**2, [x], [live.asarray(1.0)])] == [9.0, 6.0]
    _, pullback = live.vjp(lambda x: x**2, x)
    assert listed(pullback(live.asarray(1.0))[0]) == 6.0


def test_two_deep() -> None:
    live = wrap(wrap(numpy), "forward")
    x = live.asarray([1.0, 2.0])
    out = live.sum(x**3)
    assert isinstance(out.tangent, WrappedArray)
    assert live.inner.gradient(out.tangent, x.primal).tolist() == [6.0, 12.0]


# Memory.


def test_operations_are_freed_with_the_arrays_computed_by_them() -> None:
    live = wrap(numpy)
    param = live.ones(100)
    kept = [weakref.ref(param.primal)]
    for _ in range(20):
        out = live.sum(live.exp(param) * param)
        kept.append(weakref.ref(live.exp(param).primal))
        del out
    # By reference counts alone: no cycle waits for the collector.
    assert [ref() is not None for ref in kept] == [True] + [False] * 20
    assert live.namespace.tape == []


def test_long_chains() -> None:
    live = wrap(numpy)
    x = live.asarray(1.0)
    y = x
    for _ in range(5_000):
        y = y + x
    assert float(live.gradient(y, x)) == 5_001.0
    del y
    gc.collect()


# What the official suite found on live tracers.


@pytest.fixture(params=[Forward, Reverse])
def tracer(request: pytest.FixtureRequest) -> Callable[[Any, Any], Any]:
    """Makes a live tracer of an array."""
    if request.param is Forward:
        return lambda xp, x: Forward(xp).variable(x, xp.ones_like(x))
    return lambda xp, x: Reverse(xp).variable(x)


def test_copies_of_every_data_type(xp: Any, mode: str) -> None:
    live = wrap(xp, mode)
    for dtype in (xp.bool, xp.uint8, xp.int64, xp.float32, xp.complex128):
        x = live.ones(3, dtype=dtype)
        copy = live.asarray(x, copy=True)
        copy[0] = live.zeros((), dtype=dtype)
        assert copy.dtype == dtype
        assert bool(live.all(x == 1 if dtype != xp.bool else x))
        assert not bool(copy[0])


def test_asarray_does_not_copy_where_it_must_not() -> None:
    x = wrap(numpy).ones(2)
    assert x.namespace.asarray(x, copy=False) is x
    assert x.namespace.astype(x, x.dtype, copy=False) is x
    with pytest.raises(ValueError, match=r"float32.* of float64 with copy=False"):
        x.namespace.asarray(x, copy=False, dtype=numpy.float32)


def test_from_dlpack_keeps_the_derivative(xp: Any) -> None:
    def f(x: Any) -> Any:
        xp = x.__array_namespace__()
        return xp.sum(xp.from_dlpack(x) * 3.0)

    assert listed(grad(f)(xp.ones(2, dtype=xp.float64))) == [3.0, 3.0]


def test_dlpack(xp: Any, tracer: Any) -> None:
    x = xp.asarray([1.0, 2.0], dtype=xp.float64)
    live = tracer(xp, x)
    with pytest.warns(UserWarning, match="__dlpack__.*derivative is lost.*stop_gradient"):
        live.__dlpack__()
    stop_gradient(live).__dlpack__()
    assert live.__dlpack_device__() == x.__dlpack_device__()


def test_constants_become_numpy_arrays(xp: Any, tracer: Any) -> None:
    x = tracer(xp, xp.asarray([1.0, 2.0], dtype=xp.float64))
    with pytest.raises(TypeError, match=r"autodiff\.stop_gradient"):
        numpy.asarray(x)
    assert numpy.asarray(stop_gradient(x)).tolist() == [1.0, 2.0]


def test_tolerance_may_be_wrapped(xp: Any, tracer: Any) -> None:
    x = tracer(xp, xp.asarray([[2.0, 0.0], [0.0, 0.001]], dtype=xp.float64))
    namespace = x.namespace
    rtol = tracer(xp, xp.asarray(0.1, dtype=xp.float64))
    for tolerance in (namespace.asarray(0.1, dtype=namespace.float64), rtol):
        out = namespace.linalg.pinv(x, rtol=tolerance)
        assert listed(out) == [[0.5, 0.0], [0.0, 0.0]]


def test_a_tolerance_has_no_derivative(xp: Any) -> None:
    x, rtol = xp.asarray([[2.0, 0.0], [0.0, 0.001]]), xp.asarray(0.1)

    def f(rtol: Any) -> Any:
        xp = rtol.__array_namespace__()
        return xp.sum(xp.linalg.pinv(x, rtol=rtol))

    assert listed(grad(f)(rtol)) == 0.0
    assert listed(jvp(f, [rtol], [xp.ones_like(rtol)])[1]) == 0.0


def test_vecdot_takes_vectors_of_one_length_and_keeps_the_data_type(xp: Any) -> None:
    namespace = Forward(xp)
    x = namespace.asarray([1, 2], dtype=namespace.uint8)
    for module in (namespace, namespace.linalg):
        assert module.vecdot(x, x).dtype == xp.uint8
        with pytest.raises(ValueError, match=r"one length.*\(2, 1\).*\(2, 3\)"):
            module.vecdot(namespace.ones((2, 1)), namespace.ones((2, 3)))


def test_binary_functions_of_an_array_and_a_number(xp: Any) -> None:
    x = xp.asarray([0.25, 2.0], dtype=xp.float64)
    names = [row.name for row in spec.FUNCTIONS if row.signature == "(x1, x2, /)" and row.chapter == "elementwise"]
    names = [name for name in names if not name.startswith(("bitwise", "logical"))]
    assert len(names) > 15
    for name in names:
        for order in (1, -1):

            def f(x: Any, half: Any = 0.5, name: str = name, order: int = order) -> Any:
                return getattr(array_namespace(x), name)(*(x, half)[::order])

            out, out_dot = jvp(f, [x], [xp.ones_like(x)])
            assert_allclose(listed(out), listed(f(x, xp.full_like(x, 0.5))), rtol=1e-15)
            if out.dtype == x.dtype:
                (ct,) = vjp(f, x)[1](xp.ones_like(out))
                assert_allclose(listed(ct), listed(out_dot), rtol=1e-15)


def test_sign_of_complex_zero(xp: Any) -> None:
    namespace = Forward(xp)
    x = namespace.variable(xp.asarray(complex(-0.0, -0.0)), xp.asarray(1j))
    assert math.copysign(1.0, float(xp.real(namespace.sign(x).primal))) == 1.0


@pytest.mark.parametrize("name", ["slogdet", "qr", "eig"])
def test_singular_matrices_have_values_and_no_derivative(xp: Any, name: str) -> None:
    # Singular, and with a Jordan block for eigenvalues; neither.
    x = xp.asarray([[[0.0, 1e300], [0.0, 0.0]], [[2.0, 1.0], [0.0, 1.0]]], dtype=xp.float64)
    if not hasattr(xp.linalg, name):
        pytest.skip(f"no {name}")
    out, out_dot = jvp(lambda x: getattr(x.__array_namespace__().linalg, name)(x), [x], [xp.ones_like(x)])
    for found, expected in zip(out, getattr(xp.linalg, name)(x), strict=True):
        assert bool(xp.all(found == expected))
    singular, regular = (float(xp.sum(xp.abs(out_dot[1][i, ...]))) for i in range(2))
    assert math.isnan(singular)
    assert math.isfinite(regular)


# The suite itself.


LIVE = "import autodiff, extensor;"
SUITE = {
    "forward": (f'{LIVE} xp = autodiff.wrap(extensor, "forward")', []),
    "reverse": (f'{LIVE} xp = autodiff.wrap(extensor, "reverse")', []),
    "both": (f'{LIVE} xp = autodiff.wrap(autodiff.wrap(extensor), "forward")', []),
    "batch": (
        "import live_batches; xp = live_batches.namespace()",
        [
            "--disable-data-dependent-shapes",
            # Numbers of times that differ from example to example.
            "--deselect=array_api_tests/test_manipulation_functions.py::test_repeat",
        ],
    ),
}
"""What to run it on, and options."""


@pytest.mark.slow
@pytest.mark.parametrize("name", SUITE)
def test_the_official_suite_passes(name: str) -> None:
    script, options = SUITE[name]
    checkout = os.environ.get("ARRAY_API_TESTS_CHECKOUT")
    if not checkout:
        pytest.skip("ARRAY_API_TESTS_CHECKOUT names no checkout of data-apis/array-api-tests")
    command = (
        "pytest array_api_tests -q -p no:cacheprovider --disable-deadline --max-examples 20 "
        "-W ignore::autodiff.LostDerivativeWarning"
    )
    exceptions = str(ROOT / "docs" / "official-suite-xfails.txt")
    run = subprocess.run(
        [sys.executable, "-m", *command.split(), "--xfails-file", exceptions, *options],
        cwd=checkout,
        env=os.environ
        | {
            "ARRAY_API_TESTS_MODULE": f"exec('{script}')",
            "ARRAY_API_TESTS_VERSION": "2025.12",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)]),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-5000:]
