"""Linear algebra and Fourier transforms: references against NumPy and SciPy, checks on namespaces good and broken."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy
import pytest

from conformance.accuracy_linear import ROWS, measure
from conformance.checking import Check, perform
from conformance.checks import fft, linalg, linear_algebra
from conformance.literals import Array
from conformance.namespaces import Namespace
from conformance.references import fft as fft_references
from conformance.references import linalg as references
from conformance.references import linear_algebra as product_references
from conformance.references import matrices
from conformance.references.linalg import blocks
from conformance.settings import Settings
from conformance.spec import BY_NAME

CHECKS = [*linear_algebra.CHECKS, *linalg.CHECKS, *fft.CHECKS]
RNG = numpy.random.default_rng(0)


def random(*shape: int, dtype: str = "complex128") -> numpy.ndarray:
    x = RNG.normal(size=shape)
    return x + 1j * RNG.normal(size=shape) if dtype == "complex128" else x


def literal(x: Any) -> Array:
    x = numpy.asarray(x)
    return Array(x.shape, tuple(x.ravel().tolist()), str(x.dtype))


def plain(x: Array) -> numpy.ndarray:
    return numpy.array([complex(value) for value in x.values]).reshape(x.shape)


SQUARE = (random(2, 1, 3, 3), random(3, 3, dtype="float64"), random(1, 1), random(0, 0), random(0, 2, 2))
MATRICES = (*SQUARE, random(3, 2), random(2, 4, dtype="float64"), random(2, 2, 3))

PRODUCTS: list[tuple[Callable[..., Array], Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = [
    (product_references.matmul, numpy.matmul, (random(2, 1, 2, 3), random(4, 3, 2)), {}),
    (product_references.matmul, numpy.matmul, (random(3), random(2, 3, 2)), {}),
    (product_references.matmul, numpy.matmul, (random(2, 2, 3), random(3)), {}),
    (product_references.matmul, numpy.matmul, (random(3), random(3)), {}),
    (product_references.matmul, numpy.matmul, (random(2, 0), random(0, 3)), {}),
    (product_references.vecdot, numpy.vecdot, (random(2, 1, 3), random(4, 3)), {}),
    (product_references.vecdot, numpy.vecdot, (random(3, 2), random(4, 3, 1)), {"axis": -2}),
    (product_references.tensordot, numpy.tensordot, (random(2, 3, 4), random(3, 4, 2)), {}),
    (product_references.tensordot, numpy.tensordot, (random(2), random(3)), {"axes": 0}),
    (product_references.tensordot, numpy.tensordot, (random(2, 3, 4), random(4, 5, 2)), {"axes": ((-1, 0), (0, 2))}),
    (product_references.matrix_transpose, numpy.matrix_transpose, (random(2, 3, 4),), {}),
    (references.cross, numpy.linalg.cross, (random(2, 1, 3), random(4, 3)), {}),
    (references.cross, numpy.linalg.cross, (random(3, 2), random(3, 1)), {"axis": -2}),
    (references.outer, numpy.linalg.outer, (random(2), random(3)), {}),
    (references.solve, numpy.linalg.solve, (random(2, 1, 3, 3), random(4, 3, 2)), {}),
    (references.solve, numpy.linalg.solve, (random(2, 3, 3), random(3)), {}),
]


@pytest.mark.parametrize(("reference", "oracle", "args", "kwargs"), PRODUCTS)
def test_products_are_those_of_numpy(
    reference: Callable[..., Array], oracle: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    numpy.testing.assert_allclose(plain(reference(*map(literal, args), **kwargs)), oracle(*args, **kwargs), atol=1e-12)


def test_integers_are_exact() -> None:
    x = Array((1, 2), (2**53 + 1, 1), "int64")
    assert product_references.matmul(x, x._replace(shape=(2, 1))).values == ((2**53 + 1) ** 2 + 1,)


OF_MATRICES: list[tuple[str, tuple[numpy.ndarray, ...], tuple[Any, ...], dict[str, Any]]] = [
    ("det", SQUARE, (), {}),
    ("inv", SQUARE, (), {}),
    *(("matrix_power", SQUARE, (n,), {}) for n in (-2, 0, 3)),
    ("svdvals", MATRICES, (), {}),
    ("pinv", MATRICES, (), {}),
    ("pinv", MATRICES[:3], (), {"rtol": 0.5}),
    *(("matrix_norm", MATRICES[:3], (), {"ord": order}) for order in ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf)),
    ("matrix_norm", MATRICES, (), {"keepdims": True}),
    *(("diagonal", MATRICES, (), {"offset": offset}) for offset in (0, 1, -1)),
    *(("trace", MATRICES, (), {"offset": offset}) for offset in (0, 1, -1)),
]


@pytest.mark.parametrize(("name", "inputs", "args", "kwargs"), OF_MATRICES)
def test_functions_of_matrices_are_those_of_numpy(
    name: str, inputs: tuple[numpy.ndarray, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    for x in inputs:
        mine = plain(getattr(references, name)(literal(x), *args, **kwargs))
        numpy.testing.assert_allclose(mine, getattr(numpy.linalg, name)(x, *args, **kwargs), atol=1e-9)


@pytest.mark.parametrize("order", [0, 0.5, 1, 2, 2.5, -1, -2, math.inf, -math.inf])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (1, 0, -1)])
def test_vector_norms_are_those_of_numpy(order: float, axis: Any) -> None:
    x = random(2, 3, 2)
    mine = plain(references.vector_norm(literal(x), axis=axis, ord=order, keepdims=True))
    numpy.testing.assert_allclose(mine, numpy.linalg.vector_norm(x, axis=axis, ord=order, keepdims=True), rtol=1e-12)


def test_ranks_count_singular_values_above_the_tolerance() -> None:
    x = numpy.stack([numpy.diag([8.0, 4.0, 1.0]), numpy.diag([1.0, 0.0, 0.0])])
    assert references.matrix_rank(literal(x)).values == (3, 1)
    assert references.matrix_rank(literal(x), rtol=0.25).values == (2, 1)
    assert references.matrix_rank(literal(x), rtol=literal([0.75, 0.1])).values == (1, 1)


def test_eigenvalues_are_those_of_numpy() -> None:
    a = random(4, 4)
    rows = next(blocks(literal(a)))
    coefficients = [complex(value) for value in matrices.characteristic_polynomial(rows)]
    numpy.testing.assert_allclose(coefficients, numpy.poly(a), rtol=1e-10)
    both = a + a.conj().T
    mine = [float(value) for value in matrices.hermitian_eigenvalues(next(blocks(literal(both))))]
    numpy.testing.assert_allclose(mine[::-1], numpy.linalg.eigvalsh(both), atol=1e-12)


SIGNAL = random(3, 4, 2)


@pytest.mark.parametrize("norm", ["backward", "ortho", "forward"])
@pytest.mark.parametrize("n", [None, 3, 4, 6])
@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
def test_transforms_are_those_of_numpy(name: str, n: int | None, norm: str) -> None:
    x = SIGNAL.real if name in ("rfft", "irfft", "hfft", "ihfft") else SIGNAL
    kwargs = {"n": n, "axis": 1, "norm": norm}
    mine = getattr(fft_references, name)(literal(x), **kwargs)
    numpy.testing.assert_allclose(plain(mine), getattr(numpy.fft, name)(x, **kwargs), atol=1e-12)


@pytest.mark.parametrize(
    "kwargs", [{}, {"axes": (2, 0)}, {"s": (5, 2), "axes": (1, 0)}, {"norm": "ortho", "axes": (1,)}]
)
def test_transforms_along_several_axes_are_those_of_numpy(kwargs: dict[str, Any]) -> None:
    for name, x in [("fftn", SIGNAL), ("ifftn", SIGNAL), ("rfftn", SIGNAL.real)]:
        mine = getattr(fft_references, name)(literal(x), **kwargs)
        numpy.testing.assert_allclose(plain(mine), getattr(numpy.fft, name)(x, **kwargs), atol=1e-12)
    axes = kwargs.get("axes", (0, 1, 2))
    s = kwargs.get("s", tuple(SIGNAL.shape[axis] for axis in axes))
    spectrum = literal(numpy.fft.rfftn(SIGNAL.real, **kwargs))
    again = plain(fft_references.irfftn(spectrum, **kwargs | {"s": s, "axes": axes}))
    expected = numpy.fft.irfftn(numpy.fft.rfftn(SIGNAL.real, **kwargs), **kwargs | {"s": s, "axes": axes})
    numpy.testing.assert_allclose(again, expected, atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_frequencies_and_shifts_are_those_of_numpy(n: int) -> None:
    for name in ("fftfreq", "rfftfreq"):
        mine = getattr(fft_references, name)(n, d=0.1)
        numpy.testing.assert_allclose(plain(mine), getattr(numpy.fft, name)(n, d=0.1), rtol=1e-14)
    x = numpy.arange(2 * n).reshape(2, n)
    for name in ("fftshift", "ifftshift"):
        for axes in (None, 0, -1, (0, 1)):
            mine = getattr(fft_references, name)(literal(x), axes=axes)
            numpy.testing.assert_array_equal(plain(mine), getattr(numpy.fft, name)(x, axes=axes))


def outcomes(xp: Any, checks: list[Check], examples: int = 4) -> dict[str, str]:
    """State of each outcome."""
    namespace = Namespace(xp, "namespace")
    found = [outcome for check in checks for outcome in perform(namespace, check, Settings(examples=examples))]
    return {outcome.name: outcome.state for outcome in found}


def test_a_conforming_namespace_passes() -> None:
    strict = pytest.importorskip("array_api_strict")
    with strict.ArrayAPIStrictFlags(api_version="2025.12"):
        found = outcomes(strict, CHECKS)
    assert {name: state for name, state in found.items() if state not in ("passed", "skipped")} == {}


def test_every_function_is_checked() -> None:
    chapters = ("linear_algebra", "linalg", "fft")
    assert {check.path for check in CHECKS} == {path for path, row in BY_NAME.items() if row.chapter in chapters}


def replaced(path: str, function: Callable[..., Any]) -> Any:
    """NumPy with another function in one place."""
    *outer, name = path.split(".")
    owner = getattr(numpy, outer[0]) if outer else numpy
    changed = SimpleNamespace(**{key: getattr(owner, key) for key in dir(owner)} | {name: function})
    return SimpleNamespace(**vars(numpy) | {outer[0]: changed}) if outer else changed


def tuple_of(result: Any, *values: Any) -> Any:
    return type(result)(*values)


def conjugated_qr(x: Any, *, mode: str = "reduced") -> Any:
    result = numpy.linalg.qr(x, mode)
    turn = 1j if x.dtype.kind == "c" else 1
    return tuple_of(result, result.Q * turn, result.R / turn)


def svd_without_h(x: Any, *, full_matrices: bool = True) -> Any:
    result = numpy.linalg.svd(x, full_matrices)
    return tuple_of(result, result.U, result.S, numpy.matrix_transpose(result.Vh))


def rank_of_absolute_tolerance(x: Any, *, rtol: Any = None) -> Any:
    return numpy.linalg.matrix_rank(x, tol=rtol)


def solve_of_vectors(a: Any, b: Any) -> Any:
    vectors = b.shape == a.shape[:-1]
    return numpy.linalg.solve(a, b[..., None])[..., 0] if vectors else numpy.linalg.solve(a, b)


BROKEN: list[tuple[str, str, Callable[..., Any]]] = [
    ("matmul", "values", lambda a, b: numpy.matmul(a.conj(), b)),
    ("matmul", "values", lambda a, b: numpy.matmul(a.astype(float), b).astype(b.dtype)),
    ("matmul", "dtypes", lambda a, b: numpy.matmul(a, b.astype(a.dtype))),
    ("matrix_transpose", "shape", lambda x: x.T),
    ("tensordot", "errors", lambda a, b, *, axes=2: numpy.tensordot(a, b, 1)),
    ("vecdot", "values", lambda a, b, *, axis=-1: numpy.sum(a * b, axis=axis)),
    ("linalg.cholesky", "values", lambda x, *, upper=False: numpy.linalg.cholesky(x)),
    ("linalg.cross", "errors", lambda a, b, *, axis=-1: numpy.zeros_like(a)),
    ("linalg.det", "values", lambda x: abs(numpy.linalg.det(x)).astype(x.dtype)),
    ("linalg.eigh", "type", lambda x: tuple(numpy.linalg.eigh(x))),
    ("linalg.eigh", "values", lambda x: tuple_of(r := numpy.linalg.eigh(x), r[0][..., ::-1], r[1])),
    ("linalg.eigvalsh", "values", lambda x: abs(numpy.linalg.eigvalsh(x))),
    ("linalg.eigvals", "values", lambda x: numpy.linalg.eigvals(x).conj() + 1),
    ("linalg.inv", "inputs", lambda x: (r := numpy.linalg.inv(x), numpy.copyto(x, r))[0]),
    ("linalg.matrix_norm", "values", lambda x, **kwargs: numpy.linalg.matrix_norm(x.real, **kwargs)),
    ("linalg.matrix_rank", "values", rank_of_absolute_tolerance),
    ("linalg.pinv", "values", lambda x, *, rtol=None: numpy.linalg.pinv(x)),
    ("linalg.qr", "values", conjugated_qr),
    ("linalg.slogdet", "values", lambda x: tuple_of(r := numpy.linalg.slogdet(x), r[0].conj(), r[1])),
    ("linalg.solve", "shape", solve_of_vectors),
    ("linalg.svd", "shape", svd_without_h),
    ("linalg.svdvals", "values", lambda x: numpy.linalg.svdvals(x)[..., ::-1]),
    ("linalg.trace", "dtype", lambda x, *, offset=0, dtype=None: numpy.linalg.trace(x, offset=offset, dtype=x.dtype)),
    ("linalg.vector_norm", "values", lambda x, *, axis=None, **kwargs: numpy.linalg.vector_norm(x, axis=axis)),
    ("fft.fft", "values", lambda x, *, n=None, axis=-1, norm="backward": numpy.fft.fft(x, n, axis)),
    ("fft.irfft", "shape", lambda x, *, n=None, axis=-1, norm="backward": numpy.fft.irfft(x, None, axis, norm)),
    ("fft.rfftn", "values", lambda x, *, s=None, axes=None, norm="backward": numpy.fft.rfftn(x, s, axes)),
    ("fft.fftfreq", "values", lambda n, *, d=1.0, dtype=None: numpy.fft.fftfreq(n)),
    ("fft.ifftshift", "values", lambda x, *, axes=None: numpy.fft.fftshift(x, axes)),
]


@pytest.mark.parametrize(("path", "aspect", "function"), BROKEN)
def test_a_broken_function_fails(path: str, aspect: str, function: Callable[..., Any]) -> None:
    found = outcomes(replaced(path, function), [check for check in CHECKS if check.path == path])
    assert found[f"{path}: {aspect}"] == "failed"


@pytest.mark.filterwarnings("ignore")
def test_accuracy_tells_good_from_bad() -> None:
    def naive(x: Any) -> Any:
        total = x.dtype.type(0)
        for value in x:
            total += value
        return total

    good, bad = (
        measure(Namespace(xp, "namespace", dtypes=("float32",)), "sum")[0] for xp in (numpy, replaced("sum", naive))
    )
    assert good.hard_error < 4 < 20 < bad.hard_error
    assert bad.hard_call == "xp.sum of 4000 times 0.1"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", [path for path in ROWS if path.startswith(("linalg.", "fft."))])
def test_errors_of_numpy_are_small_on_ordinary_arguments(path: str) -> None:
    namespace = Namespace(numpy, "numpy", dtypes=("float64", "complex128"))
    figures = measure(namespace, path)
    assert figures
    assert all(figure.error < 50 for figure in figures)
    assert figures == measure(namespace, path)
