"""The extension for linear algebra. Factors and vectors that are not unique are known by what defines them, to half of
the digits; the rest is computed in high precision, and its errors count against the largest element of a matrix.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from conformance.dtypes import digits
from conformance.judging import Holds
from conformance.literals import Array
from conformance.references.linear_algebra import (
    aligned,
    matmul,
    matrix_transpose,
    stretched,
    sums_of_products,
    tensordot,
    vecdot,
)
from conformance.references.matrices import (
    Matrix,
    adjoint,
    characteristic_polynomial,
    eliminate,
    frobenius,
    hermitian_eigenvalues,
    identity,
    polynomial,
    product,
    singular_value_decomposition,
    transpose,
)
from conformance.references.shapes import broadcast_shapes, broadcast_to, build, reduce_axes
from conformance.ulp import CONTEXT, exact

__all__ = [
    "cholesky",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "inv",
    "matmul",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "outer",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "tensordot",
    "trace",
    "vecdot",
    "vector_norm",
]


def blocks(x: Array, ndim: int = 2) -> Iterator[Any]:
    """The matrices of a stack as rows; with one axis the vectors, with none the elements."""
    core = x.shape[x.ndim - ndim :]
    size, columns = math.prod(core), core[-1] if core else 1
    for k in range(math.prod(x.shape[: x.ndim - ndim])):
        values = [exact(value) for value in x.values[k * size : (k + 1) * size]]
        if ndim == 2:
            yield [values[i * columns : (i + 1) * columns] for i in range(core[0])]
        else:
            yield values if ndim else values[0]


def per_matrix(function: Callable[..., Matrix], x: Array, core: tuple[int, ...], *others: Iterable[Any]) -> Array:
    """The stack of what a function makes of each matrix."""
    values: list[Any] = []
    scales: list[Any] = []
    for arguments in zip(blocks(x), *others, strict=True):
        flat = [value for row in function(*arguments) for value in row]
        values += flat
        scales += [max(map(abs, flat), default=0)] * len(flat)
    return Array((*x.shape[:-2], *core), tuple(values), scales=tuple(scales))


def scalars(function: Callable[..., Any], x: Array) -> Array:
    """The stack of the numbers that a function makes of each matrix."""
    return Array(x.shape[:-2], tuple(map(function, blocks(x))))


def cross(x1: Array, x2: Array, *, axis: int = -1) -> Array:
    """Cross products of vectors along an axis."""
    shape, at = aligned(x1, x2, axis)

    def terms(index: tuple[int, ...]) -> Iterator[tuple[Any, Any]]:
        after, before = ((*index[:at], (index[at] + turn) % 3, *index[at + 1 :]) for turn in (1, 2))
        yield stretched(x1, after), stretched(x2, before)
        yield -stretched(x1, before), stretched(x2, after)

    return sums_of_products(shape, terms)


def outer(x1: Array, x2: Array) -> Array:
    """All products of an element of each."""
    return sums_of_products((x1.size, x2.size), lambda index: [(x1.values[index[0]], x2.values[index[1]])])


def diagonal(x: Array, *, offset: int = 0) -> Array:
    """The elements of each matrix as far right of the main diagonal as the offset says."""
    *stack, m, n = x.shape
    down, right = max(-offset, 0), max(offset, 0)
    length = max(min(m - down, n - right), 0)
    return build((*stack, length), lambda index: x[(*index[:-1], index[-1] + down, index[-1] + right)])


def trace(x: Array, *, offset: int = 0, dtype: Any = None) -> Array:
    """Sum of a diagonal."""

    def total(values: Sequence[Any]) -> Any:
        return sum(values) if all(isinstance(value, int) for value in values) else sum(map(exact, values), exact(0))

    terms = diagonal(x, offset=offset)
    scales = reduce_axes(lambda values: sum(map(abs, values)), terms, -1).values
    return reduce_axes(total, terms, -1)._replace(scales=scales)


def vector_norm(x: Array, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Array:  # noqa: A002
    """Norm of the elements along axes."""

    def norm(values: Sequence[Any]) -> Any:
        sizes = [abs(exact(value)) for value in values]
        if ord in (math.inf, -math.inf):
            return max(sizes) if ord > 0 else min(sizes)
        if ord == 0:
            return exact(sum(size != 0 for size in sizes))
        return sum((size**ord for size in sizes), exact(0)) ** (1 / exact(ord))

    return reduce_axes(norm, x, axis, keepdims)


def singular_values(a: Matrix) -> list[Any]:
    """Singular values, in descending order."""
    short = a if not a or len(a) >= len(a[0]) else transpose(a)
    return sorted(singular_value_decomposition(short).values, reverse=True)


NORMS: dict[Any, Callable[[Matrix], Any]] = {
    "fro": frobenius,
    "nuc": lambda a: sum(singular_values(a), exact(0)),
    1: lambda a: max(map(magnitude, transpose(a))),
    -1: lambda a: min(map(magnitude, transpose(a))),
    2: lambda a: max(singular_values(a)),
    -2: lambda a: min(singular_values(a)),
    math.inf: lambda a: max(map(magnitude, a)),
    -math.inf: lambda a: min(map(magnitude, a)),
}


def magnitude(values: Iterable[Any]) -> Any:
    """Sum of magnitudes."""
    return sum(map(abs, values), exact(0))


def matrix_norm(x: Array, *, keepdims: bool = False, ord: Any = "fro") -> Array:  # noqa: A002
    """Norm of each matrix; errors of the smallest singular value count against the largest."""
    out = scalars(NORMS[ord], x)
    scales = scalars(frobenius, x).values
    return out._replace(shape=out.shape + (1, 1) * keepdims, scales=scales)


def rows_product(a: Matrix) -> Any:
    """Product of the lengths of the rows, which bounds the determinant (Hadamard)."""
    return CONTEXT.fprod(frobenius([row]) for row in a)


def det(x: Array) -> Array:
    """Determinants."""
    return scalars(lambda a: eliminate(a, a)[0], x)._replace(scales=scalars(rows_product, x).values)


def inverse(a: Matrix) -> Matrix:
    """The inverse of a matrix that has one."""
    return eliminate(a, identity(len(a)))[1] or []


def inv(x: Array) -> Array:
    """Inverses."""
    return per_matrix(inverse, x, x.shape[-2:])


def matrix_power(x: Array, n: int) -> Array:
    """Powers; errors count against the power of the norm."""

    def power(a: Matrix) -> Matrix:
        factor = inverse(a) if n < 0 else a
        result = identity(len(a))
        for _ in range(abs(n)):
            result = product(result, factor)
        return result

    def scale(a: Matrix) -> Any:
        return frobenius(inverse(a) if n < 0 else a) ** abs(n)

    out = per_matrix(power, x, x.shape[-2:])
    return out._replace(scales=tuple(size for size in scalars(scale, x).values for _ in range(math.prod(x.shape[-2:]))))


def solve(x1: Array, x2: Array) -> Array:
    """Solutions of linear systems; a right-hand side with one axis is a vector."""
    right = x2 if x2.ndim > 1 else x2._replace(shape=(*x2.shape, 1))
    stack = broadcast_shapes(x1.shape[:-2], right.shape[:-2])
    left, right = (broadcast_to(x, stack + x.shape[-2:]) for x in (x1, right))
    out = per_matrix(lambda a, b: eliminate(a, b)[1] or [], left, right.shape[-2:], blocks(right))
    return out if x2.ndim > 1 else out._replace(shape=out.shape[:-1])


def tolerances(x: Array, rtol: Any) -> Iterable[Any]:
    """Relative tolerance for the singular values of each matrix."""
    if rtol is None:
        rtol = max(x.shape[-2:]) * 2.0 ** (1 - digits(x.dtype))
    if not isinstance(rtol, Array):
        rtol = Array((), (rtol,))
    return broadcast_to(rtol, x.shape[:-2]).values


def matrix_rank(x: Array, *, rtol: Any = None) -> Array:
    """Numbers of singular values above the tolerance."""

    def rank(a: Matrix, tolerance: float) -> int:
        values = singular_values(a)
        return sum(value > tolerance * values[0] for value in values)

    return Array(x.shape[:-2], tuple(map(rank, blocks(x), tolerances(x, rtol))))


def pinv(x: Array, *, rtol: Any = None) -> Array:
    """Pseudo-inverses, from the singular values above the tolerance."""

    def pseudo_inverse(a: Matrix, tolerance: float) -> Matrix:
        values, w, v = singular_value_decomposition(a)
        least = tolerance * max(values, default=0)
        kept = [(value, left, right) for value, left, right in zip(values, w, v, strict=True) if value > least]
        lefts = [[CONTEXT.conj(y) / value**2 for y in left] for value, left, _ in kept]
        rights = [right for _, _, right in kept]
        return product(transpose(rights), lefts) if kept else [[exact(0)] * len(a) for _ in v]

    return per_matrix(pseudo_inverse, x, (x.shape[-1], x.shape[-2]), tolerances(x, rtol))


def svdvals(x: Array) -> Array:
    """Singular values."""
    return per_matrix(lambda a: [singular_values(a)], x, (min(x.shape[-2:]),))


def slack(dtype: str) -> Any:
    """Relative error allowed to a factor or a residual: half of the digits, as the standard sets no accuracy."""
    return CONTEXT.ldexp(1, digits(dtype) // 2 - digits(dtype))


def holding(x: Array, complaint: Callable[..., str], *shapes: tuple[int, ...]) -> Holds:
    """What a complaint about each matrix and its results does not refute."""

    def check(*results: Array) -> str:
        parts = [blocks(result, 2 + result.ndim - x.ndim) for result in results]
        return next(filter(None, map(complaint, blocks(x), *parts)), "")

    return Holds(check, shapes)


def exceeds(error: Any, limit: Any) -> bool:
    """Whether an error is too large; what is not a number is."""
    return not error <= limit


def differs(left: str, a: Matrix, right: str, b: Matrix, limit: Any) -> str:
    """Complaint about two matrices that should be equal."""
    error = frobenius([[x - y for x, y in zip(*rows, strict=True)] for rows in zip(a, b, strict=True)])
    return f"the norm of {left} - {right} is {CONTEXT.nstr(error, 3)}" if exceeds(error, limit) else ""


def not_orthonormal(name: str, a: Matrix, limit: Any) -> str:
    """Complaint about columns that are not orthonormal."""
    return differs(f"{name}^H {name}", product(adjoint(a), a), "I", identity(len(a[0])), limit) if a else ""


def not_triangular(name: str, a: Matrix, upper: bool) -> str:
    """Complaint about elements beyond the diagonal."""
    wrong = any(value != 0 and (i > j if upper else i < j) for i, row in enumerate(a) for j, value in enumerate(row))
    return f"{name} is not {'upper' if upper else 'lower'} triangular" if wrong else ""


def cholesky(x: Array, *, upper: bool = False) -> Holds:
    """``x = L L^H``, or ``x = U^H U``."""
    limit = slack(x.dtype)

    def complaint(a: Matrix, factor: Matrix) -> str:
        name, text = ("U", "U^H U") if upper else ("L", "L L^H")
        lower = adjoint(factor) if upper else factor
        return not_triangular(name, factor, upper) or differs(
            text, product(lower, adjoint(lower)), "x", a, limit * frobenius(a)
        )

    return holding(x, complaint, x.shape)


def qr(x: Array, *, mode: str = "reduced") -> Holds:
    """``x = Q R``: orthonormal columns and an upper triangle with real diagonal."""
    limit = slack(x.dtype)
    *stack, m, n = x.shape
    k = min(m, n) if mode == "reduced" else m

    def complaint(a: Matrix, q: Matrix, r: Matrix) -> str:
        norm = frobenius(a)
        if text := not_orthonormal("Q", q, limit) or not_triangular("R", r, upper=True):
            return text
        if any(exceeds(abs(r[i][i].imag), limit * norm) for i in range(min(k, n))):
            return "the diagonal of R is not real"
        return differs("Q R", product(q, r), "x", a, limit * norm) if m * n else ""

    return holding(x, complaint, (*stack, m, k), (*stack, k, n))


def svd(x: Array, *, full_matrices: bool = True) -> Holds:
    """``x = U diag(S) Vh``: orthonormal columns, orthonormal rows, and S descending to no less than zero."""
    limit = slack(x.dtype)
    *stack, m, n = x.shape
    k = min(m, n)

    def complaint(a: Matrix, u: Matrix, s: Sequence[Any], vh: Matrix) -> str:
        if any(not above.real >= below.real for above, below in zip(s, [*s[1:], exact(0)], strict=False)):
            return f"S = [{', '.join(CONTEXT.nstr(value, 8) for value in s)}] is not descending"
        if text := not_orthonormal("U", u, limit) or (not_orthonormal("V", adjoint(vh), limit) if vh else ""):
            return text
        scaled = [[value * size for value, size in zip(row, s, strict=False)] for row in u]
        return differs("U diag(S) Vh", product(scaled, vh[:k]), "x", a, limit * frobenius(a)) if m * n else ""

    left, right = (m, n) if full_matrices else (k, k)
    return holding(x, complaint, (*stack, m, left), (*stack, k), (*stack, right, n))


def eigenvectors_wrong(a: Matrix, values: Sequence[Any], vectors: Matrix, limit: Any) -> str:
    """Complaint about vectors that the matrix does not merely stretch."""
    for value, vector in zip(values, transpose(vectors), strict=True):
        size = frobenius([vector])
        residual = [CONTEXT.fdot(row, vector) - value * x for row, x in zip(a, vector, strict=True)]
        if not size > 0 or exceeds(frobenius([residual]), limit * frobenius(a) * size):
            return f"x v = lambda v does not hold for lambda = {CONTEXT.nstr(value, 8)} and its column"
    return ""


def eigenvalues_wrong(a: Matrix, values: Sequence[Any], limit: Any) -> str:
    """Complaint about numbers that are not the roots of the characteristic polynomial.

    The coefficients are compared and not the roots, of which those of high multiplicity are ill-conditioned.
    """
    n, norm = len(a), frobenius(a)
    for k, (mine, right) in enumerate(zip(polynomial(values), characteristic_polynomial(a), strict=True)):
        if exceeds(abs(mine - right), limit * math.comb(n, k) * norm**k):
            shown = ", ".join(CONTEXT.nstr(value, 8) for value in values)
            return f"[{shown}] are not the roots of the characteristic polynomial"
    return ""


def eig(x: Array) -> Holds:
    """Eigenvalues, and a vector for each."""
    limit = slack(x.dtype)
    return holding(
        x,
        lambda a, values, vectors: eigenvalues_wrong(a, values, limit) or eigenvectors_wrong(a, values, vectors, limit),
        x.shape[:-1],
        x.shape,
    )


def eigvals(x: Array) -> Holds:
    """Eigenvalues, in any order."""
    limit = slack(x.dtype)
    return holding(x, lambda a, values: eigenvalues_wrong(a, values, limit), x.shape[:-1])


def eigh(x: Array) -> Holds:
    """Eigenvalues and orthonormal eigenvectors of Hermitian matrices."""
    limit = slack(x.dtype)
    return holding(
        x,
        lambda a, values, vectors: (
            not_orthonormal("Q", vectors, limit) or eigenvectors_wrong(a, values, vectors, limit)
        ),
        x.shape[:-1],
        x.shape,
    )


def eigvalsh(x: Array) -> Holds:
    """Eigenvalues of Hermitian matrices, in any order."""
    limit = slack(x.dtype)

    def complaint(a: Matrix, values: Sequence[Any]) -> str:
        right = hermitian_eigenvalues(a)
        mine = sorted(values, key=lambda value: value.real, reverse=True)
        if any(exceeds(abs(x - y), limit * frobenius(a)) for x, y in zip(mine, right, strict=True)):
            return f"[{', '.join(CONTEXT.nstr(value, 8) for value in values)}] are not the eigenvalues"
        return ""

    return holding(x, complaint, x.shape[:-1])


def slogdet(x: Array) -> Holds:
    """Sign and logarithm of the determinant; of a singular matrix, whatever stands for a negligible one."""
    limit = slack(x.dtype)

    def complaint(a: Matrix, sign: Any, logarithm: Any) -> str:
        determinant, bound = eliminate(a, a)[0], rows_product(a)
        size = abs(determinant)
        if size <= limit**4 * bound:
            wrong = exceeds(abs(sign * CONTEXT.exp(logarithm)), limit * bound)
        else:
            right = CONTEXT.log(size)
            wrong = exceeds(abs(sign - determinant / size), limit)
            wrong = wrong or exceeds(abs(logarithm - right), limit * max(1, abs(right)))
        shown = f"sign {CONTEXT.nstr(sign, 8)} and logarithm {CONTEXT.nstr(logarithm, 8)}"
        return f"{shown} of the determinant {CONTEXT.nstr(determinant, 8)}" if wrong else ""

    return holding(x, complaint, x.shape[:-2], x.shape[:-2])
