"""Errors of what sums many products: reductions, linear algebra and Fourier transforms.

A number is held against the exact one, in units in the last place; where terms cancel, of the sum of their magnitudes.
Factors, inverses and solutions are held against what defines them, as backward error analysis has it (Higham,
"Accuracy and Stability of Numerical Algorithms", 2nd edition, 2002): the norm of the residual, over that of the matrix
and the spacing of numbers at one.
"""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from conformance.checks.drawing import to_precision
from conformance.dtypes import component, digits, is_complex, is_float, limits, smallest_normal
from conformance.literals import Array, Call
from conformance.namespaces import Namespace
from conformance.outcomes import Accuracy
from conformance.references import fft, linalg, linear_algebra, statistical
from conformance.references.linalg import blocks
from conformance.references.matrices import (
    Matrix,
    adjoint,
    characteristic_polynomial,
    frobenius,
    hermitian_eigenvalues,
    identity,
    polynomial,
    product,
    transpose,
)
from conformance.spec import BY_NAME, KINDS
from conformance.ulp import CONTEXT, error, exact

__all__ = ["measure"]

Numbers = Callable[[], float]


class Arguments(NamedTuple):
    """Arguments to measure with, and what they are in words."""

    words: str
    arrays: tuple[Array, ...]


Source = Callable[[random.Random, str], Arguments]


def array(dtype: str, shape: tuple[int, ...], number: Numbers) -> Array:
    """An array of numbers; where it is complex, in both parts."""

    def element() -> Any:
        if is_complex(dtype):
            return complex(to_precision(number(), component(dtype)), to_precision(number(), component(dtype)))
        return to_precision(number(), dtype)

    return Array(shape, tuple(element() for _ in range(math.prod(shape))), dtype)


def uniform(low: float, high: float, *every: tuple[int, ...]) -> Source:
    """Arrays of numbers between bounds."""

    def source(rng: random.Random, dtype: str) -> Arguments:
        sizes = " and ".join(" by ".join(map(str, shape)) for shape in every)
        return Arguments(
            f"{sizes} numbers from {low} to {high}",
            tuple(array(dtype, shape, lambda: rng.uniform(low, high)) for shape in every),
        )

    return source


def equal(number: float, *every: tuple[int, ...]) -> Source:
    """Arrays of one and the same number, whose partial sums all err to the same side."""

    def source(rng: random.Random, dtype: str) -> Arguments:
        words = f"{' and '.join(' by '.join(map(str, shape)) for shape in every)} times {number}"
        return Arguments(words, tuple(array(dtype, shape, lambda: number) for shape in every))

    return source


def graded(*every: tuple[int, ...]) -> Source:
    """Arrays of numbers of either sign and very different magnitudes."""

    def source(rng: random.Random, dtype: str) -> Arguments:
        def number() -> float:
            return rng.choice((-1, 1)) * rng.uniform(1, 10) * 10.0 ** rng.randint(-8, 8)

        sizes = " and ".join(" by ".join(map(str, shape)) for shape in every)
        arrays = tuple(array(dtype, shape, number) for shape in every)
        return Arguments(f"{sizes} numbers of magnitudes from 1e-8 to 1e8", arrays)

    return source


def extreme(bound: Callable[[str], float], words: str, *every: tuple[int, ...]) -> Source:
    """Arrays of numbers whose squares are too large or too small for the data type."""

    def source(rng: random.Random, dtype: str) -> Arguments:
        size = bound(component(dtype))
        return Arguments(words, tuple(array(dtype, shape, lambda: rng.uniform(0.5, 1) * size) for shape in every))

    return source


HUGE = "numbers whose squares overflow"
TINY = "numbers whose squares underflow"


def huge(dtype: str) -> float:
    return math.ldexp(limits(dtype)[1], -10)


def tiny(dtype: str) -> float:
    return math.ldexp(smallest_normal(dtype), 10)


def shifted(dtype: str) -> float:
    """A mean against which spreads around one lose half of the digits."""
    return 2.0 ** (digits(dtype) // 2)


def far_from_zero(rng: random.Random, dtype: str) -> Arguments:
    mean = shifted(dtype)
    return Arguments(f"1000 numbers from {mean} to {mean + 1}", (array(dtype, (1000,), lambda: mean + rng.random()),))


def with_matrix(words: str, change: Callable[[Matrix, random.Random], Matrix], n: int, right: bool = False) -> Source:
    """A square matrix made of a random one; and a right-hand side."""

    def source(rng: random.Random, dtype: str) -> Arguments:
        start = array(dtype, (n, n), lambda: rng.uniform(-1, 1))
        rows = change(next(blocks(start)), rng)
        x = Array((n, n), tuple(nearest(value, dtype) for row in rows for value in row), dtype)
        vector = (array(dtype, (n,), lambda: rng.uniform(-1, 1)),) if right else ()
        return Arguments(f"{n} by {n} {words}", (x, *vector))

    return source


def nearest(value: Any, dtype: str) -> Any:
    """An element of a floating-point data type."""
    parts = [to_precision(float(part), component(dtype)) for part in (value.real, value.imag)]
    return complex(*parts) if is_complex(dtype) else parts[0]


def hilbert(a: Matrix, rng: random.Random) -> Matrix:
    return [[exact(1) / (i + j + 1) for j in range(len(a))] for i in range(len(a))]


def unchanged(a: Matrix, rng: random.Random) -> Matrix:
    return a


def scaled_rows(a: Matrix, rng: random.Random) -> Matrix:
    return [[value * exact(10) ** rng.randint(-4, 4) for value in row] for row in a]


def hermitian(a: Matrix, rng: random.Random) -> Matrix:
    return [[x + y for x, y in zip(*rows, strict=True)] for rows in zip(a, adjoint(a), strict=True)]


def definite(a: Matrix, rng: random.Random) -> Matrix:
    return [[value + (i == j) for j, value in enumerate(row)] for i, row in enumerate(product(a, adjoint(a)))]


def graded_definite(a: Matrix, rng: random.Random) -> Matrix:
    scales = [exact(2) ** rng.randint(-12, 12) for _ in a]
    return [[value * scales[i] * scales[j] for j, value in enumerate(row)] for i, row in enumerate(definite(a, rng))]


def graded_hermitian(a: Matrix, rng: random.Random) -> Matrix:
    scales = [exact(2) ** rng.randint(-12, 12) for _ in a]
    return [[value * scales[i] * scales[j] for j, value in enumerate(row)] for i, row in enumerate(hermitian(a, rng))]


def triangular(a: Matrix, rng: random.Random) -> Matrix:
    """Nearly defective: equal eigenvalues but for a small corner."""
    n = len(a)
    corner = exact(2) ** -20
    return [[exact(int(j in (i, i + 1))) if (i, j) != (n - 1, 0) else corner for j in range(n)] for i in range(n)]


Measure = Callable[[Sequence[Array], Sequence[Array]], float]
"""Error of the results, from them and the arguments."""


def against(reference: Callable[..., Array], *, scaled: bool = True) -> Measure:
    """Largest error of an element, in units in the last place."""

    def error_of(arguments: Sequence[Array], results: Sequence[Array]) -> float:
        expected, got = reference(*arguments), results[0]
        scales = expected.scales if scaled and expected.scales else (0,) * expected.size
        return max(map(error, got.values, expected.values, [got.dtype] * got.size, scales))

    return error_of


def residual(relative: Callable[..., Any]) -> Measure:
    """A relative residual in units of the spacing of numbers at one."""

    def error_of(arguments: Sequence[Array], results: Sequence[Array]) -> float:
        parts = [next(blocks(x, x.ndim)) for x in (*arguments, *results)]
        value = float(CONTEXT.ldexp(relative(*parts), digits(arguments[0].dtype) - 1))
        return value if value == value else math.inf

    return error_of


def distance(a: Matrix, b: Matrix) -> Any:
    """Frobenius norm of the difference."""
    return frobenius([[x - y for x, y in zip(*rows, strict=True)] for rows in zip(a, b, strict=True)])


def from_unitary(q: Matrix) -> Any:
    """How far columns are from orthonormal."""
    return distance(product(adjoint(q), q), identity(len(q[0])))


def diagonal_product(a: Matrix, values: Sequence[Any]) -> Matrix:
    """The matrix with each column times a number."""
    return [[x * value for x, value in zip(row, values, strict=True)] for row in a]


def inverse_residual(a: Matrix, x: Matrix) -> Any:
    """The smaller of the residuals at the left and at the right: an algorithm has one of them small."""
    both = (distance(product(*pair), identity(len(a))) for pair in ((a, x), (x, a)))
    return min(both) / (frobenius(a) * frobenius(x))


def solution_residual(a: Matrix, b: Sequence[Any], x: Sequence[Any]) -> Any:
    difference = [CONTEXT.fdot(row, x) - value for row, value in zip(a, b, strict=True)]
    return frobenius([difference]) / (frobenius(a) * frobenius([x]) + frobenius([b]))


def eigenvector_residual(a: Matrix, values: Sequence[Any], vectors: Matrix) -> Any:
    columns = map(transpose, (product(a, vectors), diagonal_product(vectors, values), vectors))
    triples = zip(*columns, strict=True)
    return max(distance([left], [right]) / frobenius([vector]) for left, right, vector in triples) / frobenius(a)


def eigenvalue_residual(a: Matrix, values: Sequence[Any]) -> Any:
    """Of the coefficients of the characteristic polynomial, each relative to its largest possible."""
    n, norm = len(a), frobenius(a)
    pairs = zip(polynomial(values), characteristic_polynomial(a), strict=True)
    return max(abs(x - y) / (math.comb(n, k) * norm**k) for k, (x, y) in enumerate(pairs))


def pseudo_inverse_residual(a: Matrix, x: Matrix) -> Any:
    return distance(product(product(a, x), a), a) / (frobenius(a) ** 2 * frobenius(x))


def logarithm_error(arguments: Sequence[Array], results: Sequence[Array]) -> float:
    """Of the logarithm alone, against one where it is smaller."""
    determinant = abs(linalg.det(arguments[0]).values[0])
    return error(results[1].values[0], CONTEXT.log(determinant), results[1].dtype, 1)


def hermitian_eigenvalue_error(arguments: Sequence[Array], results: Sequence[Array]) -> float:
    a = next(blocks(arguments[0]))
    pairs = zip(sorted(results[0].values, reverse=True), hermitian_eigenvalues(a), strict=True)
    return max(error(mine, right, results[0].dtype, frobenius(a)) for mine, right in pairs)


class Row(NamedTuple):
    """What to measure a function with, and how."""

    error: Measure
    ordinary: tuple[Source, ...]
    hard: tuple[Source, ...]


LONG = (1000,)
SUMMED = ((uniform(0, 1, LONG), uniform(-1, 1, LONG)), (equal(0.1, (4000,)), graded(LONG)))
STATISTICS = ((uniform(0, 1, LONG), uniform(-1, 1, LONG)), (far_from_zero,))
RUNNING = ((uniform(0, 1, (60,)), uniform(-1, 1, (60,))), (equal(0.1, (100,)), graded((60,))))
FACTORS = ((uniform(0.5, 1.5, (40,)),), (uniform(0.999, 1.001, (200,)),))

UNEVEN = "matrix with rows of very different norms"
ONE_MATRIX = "matrix of numbers from -1 to 1"
SQUARE = (
    (with_matrix(ONE_MATRIX, unchanged, 3), with_matrix(ONE_MATRIX, unchanged, 6)),
    (
        with_matrix("Hilbert matrix", hilbert, 6),
        with_matrix(UNEVEN, scaled_rows, 6),
    ),
)
SMALL_SQUARE = (
    (with_matrix(ONE_MATRIX, unchanged, 3), with_matrix(ONE_MATRIX, unchanged, 4)),
    (
        with_matrix("Hilbert matrix", hilbert, 4),
        with_matrix(UNEVEN, scaled_rows, 4),
    ),
)
GENERAL = (SQUARE[0], (*SQUARE[1], with_matrix("nearly defective matrix", triangular, 5)))
HERMITIAN = (
    (with_matrix("Hermitian matrix of numbers from -2 to 2", hermitian, 4),),
    (with_matrix("Hilbert matrix", hilbert, 4), with_matrix("graded Hermitian matrix", graded_hermitian, 4)),
)
DEFINITE = (
    (with_matrix("positive definite matrix", definite, 3), with_matrix("positive definite matrix", definite, 6)),
    (with_matrix("Hilbert matrix", hilbert, 4), with_matrix("graded positive definite matrix", graded_definite, 6)),
)
SYSTEM = (
    (with_matrix(ONE_MATRIX, unchanged, 3, right=True), with_matrix(ONE_MATRIX, unchanged, 6, right=True)),
    (
        with_matrix("Hilbert matrix", hilbert, 6, right=True),
        with_matrix(UNEVEN, scaled_rows, 6, right=True),
    ),
)
SIGNAL = ((uniform(-1, 1, (16,)), uniform(0, 1, (30,))), (uniform(-1, 1, (37,)), graded((32,))))

ROWS = {
    "sum": Row(against(statistical.sum_), *SUMMED),
    "mean": Row(against(statistical.mean), *SUMMED),
    "prod": Row(against(statistical.prod), *FACTORS),
    "var": Row(against(statistical.var, scaled=False), *STATISTICS),
    "std": Row(against(statistical.std, scaled=False), *STATISTICS),
    "cumulative_sum": Row(against(statistical.cumulative_sum), *RUNNING),
    "cumulative_prod": Row(against(statistical.cumulative_prod), *FACTORS),
    "matmul": Row(against(linear_algebra.matmul), (uniform(-1, 1, (4, 100), (100, 4)),), (graded((4, 100), (100, 4)),)),
    "vecdot": Row(
        against(linear_algebra.vecdot), (uniform(-1, 1, LONG, LONG),), (graded(LONG, LONG), equal(0.1, LONG, LONG))
    ),
    "tensordot": Row(
        against(linear_algebra.tensordot), (uniform(-1, 1, (2, 5, 5), (5, 5, 2)),), (graded((2, 5, 5), (5, 5, 2)),)
    ),
    "linalg.vector_norm": Row(
        against(linalg.vector_norm),
        (uniform(-1, 1, LONG),),
        (graded(LONG), extreme(huge, HUGE, (10,)), extreme(tiny, TINY, (10,))),
    ),
    "linalg.matrix_norm": Row(
        against(linalg.matrix_norm, scaled=False),
        (uniform(-1, 1, (20, 20)),),
        (graded((20, 20)), extreme(huge, HUGE, (3, 3)), extreme(tiny, TINY, (3, 3))),
    ),
    "linalg.trace": Row(against(linalg.trace), (uniform(-1, 1, (40, 40)),), (graded((40, 40)),)),
    "linalg.det": Row(against(linalg.det), *SQUARE),
    "linalg.slogdet": Row(logarithm_error, *SQUARE),
    "linalg.inv": Row(residual(inverse_residual), *SQUARE),
    "linalg.solve": Row(residual(solution_residual), *SYSTEM),
    "linalg.cholesky": Row(residual(lambda a, f: distance(product(f, adjoint(f)), a) / frobenius(a)), *DEFINITE),
    "linalg.qr": Row(
        residual(lambda a, q, r: max(distance(product(q, r), a) / frobenius(a), from_unitary(q))), *SQUARE
    ),
    "linalg.svd": Row(
        residual(
            lambda a, u, s, vh: max(
                distance(product(diagonal_product(u, s), vh), a) / frobenius(a), from_unitary(u), from_unitary(vh)
            )
        ),
        *SQUARE,
    ),
    "linalg.svdvals": Row(against(linalg.svdvals), *SMALL_SQUARE),
    "linalg.pinv": Row(residual(pseudo_inverse_residual), *SQUARE),
    "linalg.eig": Row(residual(eigenvector_residual), *GENERAL),
    "linalg.eigvals": Row(residual(eigenvalue_residual), *GENERAL),
    "linalg.eigh": Row(
        residual(lambda a, values, q: max(eigenvector_residual(a, values, q), from_unitary(q))), *HERMITIAN
    ),
    "linalg.eigvalsh": Row(hermitian_eigenvalue_error, *HERMITIAN),
    **{f"fft.{name}": Row(against(getattr(fft, name)), *SIGNAL) for name in ("fft", "ifft", "rfft", "ihfft")},
}
"""Functions under their first name."""


def measure(namespace: Namespace, path: str, seed: int = 0) -> list[Accuracy]:
    """Largest errors of a function, by data type; without those data types for which it gives no results."""
    if path not in ROWS:
        return []
    row, figures = ROWS[path], []
    for dtype in namespace.dtypes:
        if dtype in KINDS[BY_NAME[path].kinds] and (is_float(dtype) or is_complex(dtype)):
            rng = random.Random(f"{path}/{dtype}/{seed}")
            try:
                ordinary, hard = (
                    [figure(namespace, path, row.error, source(rng, dtype)) for source in sources]
                    for sources in (row.ordinary, row.hard)
                )
            except Unmeasured:
                continue
            figures.append(Accuracy(path, dtype, *max(ordinary), *max(hard), len(ordinary) + len(hard)))
    return figures


class Unmeasured(Exception):
    """A call gives no result."""


def figure(namespace: Namespace, path: str, error_of: Measure, given: Arguments) -> tuple[float, str]:
    """Error of one call, and the call in words."""
    call = Call(path, given.arrays)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = namespace.apply(call, *namespace.arguments(call))
        results = [namespace.read(each) for each in (result if isinstance(result, tuple | list) else [result])]
        return error_of(given.arrays, results), f"xp.{path} of {given.words}"
    except Exception as problem:
        raise Unmeasured(path) from problem
