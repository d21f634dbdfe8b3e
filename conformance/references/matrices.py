"""One matrix at a time, in high precision: rows of `mpf` or `mpc`.

Two algorithms of the textbook serve all: elimination (Golub and Van Loan, "Matrix Computations", 4th edition, 3.4) for
determinants and linear systems, and one-sided Jacobi rotations (8.6.3) for singular values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from conformance.ulp import CONTEXT, exact

__all__ = [
    "Matrix",
    "adjoint",
    "characteristic_polynomial",
    "eliminate",
    "frobenius",
    "hermitian_eigenvalues",
    "identity",
    "polynomial",
    "product",
    "singular_value_decomposition",
]

Matrix = Sequence[Sequence[Any]]

ORTHOGONAL = CONTEXT.ldexp(1, -80)
"""Columns with a smaller cosine count as orthogonal: singular values are then right to its square."""

NEGLIGIBLE = CONTEXT.ldexp(1, -400)
"""Squared length, relative to the matrix's, of columns that are rounding errors."""


def identity(n: int) -> Matrix:
    """The identity."""
    return [[exact(int(i == j)) for j in range(n)] for i in range(n)]


def transpose(a: Matrix) -> Matrix:
    """Rows as columns; of a matrix with rows."""
    return list(zip(*a, strict=True))


def adjoint(a: Matrix) -> Matrix:
    """The conjugate transpose."""
    return [[CONTEXT.conj(value) for value in column] for column in transpose(a)]


def product(a: Matrix, b: Matrix) -> Matrix:
    """The matrix product."""
    columns = transpose(b)
    return [[CONTEXT.fdot(row, column) for column in columns] for row in a]


def square(values: Iterable[Any]) -> Any:
    """Sum of squared magnitudes."""
    return sum((value.real**2 + value.imag**2 for value in values), exact(0))


def frobenius(a: Matrix) -> Any:
    """Frobenius norm."""
    return CONTEXT.sqrt(square(value for row in a for value in row))


def eliminate(a: Matrix, b: Matrix) -> tuple[Any, Matrix | None]:
    """Determinant of a square matrix, and the solution X of A X = B; None where the matrix is singular."""
    rows = [[*left, *right] for left, right in zip(a, b, strict=True)]
    n = len(rows)
    determinant = exact(1)
    for k in range(n):
        pivot = max(range(k, n), key=lambda i: abs(complex(rows[i][k])))
        if rows[pivot][k] == 0:
            return exact(0), None
        if pivot != k:
            rows[k], rows[pivot] = rows[pivot], rows[k]
            determinant = -determinant
        determinant *= rows[k][k]
        rows[k] = [value / rows[k][k] for value in rows[k]]
        for i in range(n):
            if i != k:
                factor = rows[i][k]
                rows[i] = [value - factor * above for value, above in zip(rows[i], rows[k], strict=True)]
    return determinant, [row[n:] for row in rows]


class Decomposition(NamedTuple):
    """``A V = W`` with unitary V and orthogonal columns of W, whose lengths are the singular values, in no order."""

    values: Sequence[Any]
    w: Matrix
    """By column."""
    v: Matrix
    """By column."""


def singular_value_decomposition(a: Matrix) -> Decomposition:
    """Rotate pairs of columns until all are orthogonal."""
    w = [list(column) for column in transpose(a)]
    v = [list(row) for row in identity(len(w))]
    negligible = NEGLIGIBLE * square(value for column in w for value in column)
    rotated = True
    while rotated:
        rotated = False
        for p, q in combinations(range(len(w)), 2):
            alpha, beta = square(w[p]), square(w[q])
            gamma = CONTEXT.fdot(w[q], w[p], conjugate=True)
            overlap = abs(gamma)
            if min(alpha, beta) <= negligible or overlap <= ORTHOGONAL * CONTEXT.sqrt(alpha * beta):
                continue
            rotated = True
            zeta = (beta - alpha) / (2 * overlap)
            tangent = (1 if zeta >= 0 else -1) / (abs(zeta) + CONTEXT.sqrt(1 + zeta**2))
            cosine = 1 / CONTEXT.sqrt(1 + tangent**2)
            sine = cosine * tangent
            turn = CONTEXT.conj(gamma) / overlap
            for m in (w, v):
                pairs = [(x, turn * y) for x, y in zip(m[p], m[q], strict=True)]
                m[p] = [cosine * x - sine * y for x, y in pairs]
                m[q] = [sine * x + cosine * y for x, y in pairs]
    return Decomposition([CONTEXT.sqrt(square(column)) for column in w], w, v)


def hermitian_eigenvalues(a: Matrix) -> list[Any]:
    """Eigenvalues, in descending order: the singular values of a positive semidefinite matrix, shifted back."""
    shift = frobenius(a)
    shifted = [[value + shift * (i == j) for j, value in enumerate(row)] for i, row in enumerate(a)]
    return sorted((value - shift for value in singular_value_decomposition(shifted).values), reverse=True)


def characteristic_polynomial(a: Matrix) -> list[Any]:
    """Coefficients of det(t I - A), of the highest power first (the method of Faddeev and LeVerrier)."""
    n = len(a)
    coefficients = [exact(1)]
    power: Matrix = [[exact(0)] * n for _ in range(n)]
    for k in range(1, n + 1):
        power = [[value + coefficients[-1] * (i == j) for j, value in enumerate(row)] for i, row in enumerate(power)]
        power = product(a, power)
        coefficients.append(-sum(power[i][i] for i in range(n)) / k)
    return coefficients


def polynomial(roots: Iterable[Any]) -> list[Any]:
    """Coefficients of the monic polynomial with these roots, of the highest power first."""
    coefficients = [exact(1)]
    for root in roots:
        shifted = [exact(0), *(root * value for value in coefficients)]
        coefficients = [high - low for high, low in zip([*coefficients, exact(0)], shifted, strict=True)]
    return coefficients
