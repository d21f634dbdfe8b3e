"""Rules of matrix decompositions.

The formulas are those of Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008), for singular values of Townsend, "Differentiating the singular value decomposition" (2016),
for QR of Walter and Lehmann, "Algorithmic differentiation of linear algebra functions" (2010), and of JAX.

Vectors are determined only up to a factor of modulus one, and those of an orthogonal complement up to a rotation. The
rules choose tangents that do not turn vectors along themselves, so derivatives are right of functions that do not
depend on the library's choice, such as projections.

Between vectors of equal eigenvalues or singular values the derivative does not exist, and the term that would be
infinite is left out. Results stay finite, and right of what is symmetric in the equal values alone, such as their sum;
a function of the vectors too, such as V f(w) V^H, lacks there what those terms would add up to. Of singular vectors
only the turn of both bases alike is left out: the polar factor U V^H of equal values has its derivative.

QR needs linearly independent first columns, Cholesky a positive definite matrix and eig a diagonalizable one. The
library refuses the Cholesky decomposition of others; QR and eig of others have derivatives of NaN, or huge ones where
rounding hides it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from autodiff.namespaces import device_of, is_complex
from autodiff.rules.kinds import Jvp, Rule, adjoint, inverse_or_nan, real_part, reciprocal_or_zero


def _hermitian(xp: Any, x: Any) -> Any:
    # Libraries read one triangle. Both count here, so that the result does not depend on which.
    return (x + adjoint(xp, x)) / 2


def _completed(xp: Any, q: Any, first_dot: Any) -> Any:
    """Tangent of a unitary matrix, from that of its first columns: the others stay orthogonal to them."""
    count = first_dot.shape[-1]
    if q.shape[-1] == count:
        return first_dot
    first, rest = q[..., :count], q[..., count:]
    return xp.concat([first_dot, -xp.matmul(first, xp.matmul(adjoint(xp, first_dot), rest))], axis=-1)


def _turn(xp: Any, x: Any) -> Any:
    """The imaginary part of the diagonal of complex matrices, as diagonal matrices."""
    return (x - adjoint(xp, x)) / 2 * xp.eye(x.shape[-1], dtype=x.dtype, device=device_of(x))


def _cholesky(xp: Any, x_dot: Any, out: Any, x: Any, *, upper: bool = False) -> Any:
    lower = adjoint(xp, out) if upper else out
    inverse = xp.linalg.inv(lower)
    change = xp.matmul(inverse, xp.matmul(_hermitian(xp, x_dot), adjoint(xp, inverse)))
    lower_dot = xp.matmul(lower, (xp.tril(change) + xp.tril(change, k=-1)) / 2)
    return adjoint(xp, lower_dot) if upper else lower_dot


def _inverse_gaps(xp: Any, values: Any) -> Any:
    return reciprocal_or_zero(xp, values[..., None, :] - values[..., :, None])


def _eigh(xp: Any, x_dot: Any, out: Any, x: Any) -> Any:
    values, vectors = out
    change = xp.matmul(adjoint(xp, vectors), xp.matmul(_hermitian(xp, x_dot), vectors))
    values_dot = real_part(xp, xp.linalg.diagonal(change))
    return values_dot, xp.matmul(vectors, change * _inverse_gaps(xp, values))


def _eig(xp: Any, x_dot: Any, out: Any, x: Any) -> Any:
    values, vectors = out
    # Those of a defective matrix depend on each other.
    inverse = inverse_or_nan(xp, vectors, xp.linalg.slogdet(vectors).logabsdet == -inf)
    change = xp.matmul(inverse, xp.matmul(x_dot, vectors))
    vectors_dot = xp.matmul(vectors, change * _inverse_gaps(xp, values))
    # Vectors are of unit length.
    conjugates = xp.conj(vectors) if is_complex(vectors) else vectors
    along = xp.sum(vectors_dot * conjugates, axis=-2, keepdims=True)
    return xp.linalg.diagonal(change), vectors_dot - along * vectors


def _qr(xp: Any, x_dot: Any, out: Any, x: Any, *, mode: str = "reduced") -> Any:
    count = min(x.shape[-2:])
    q, square = out.Q[..., :count], out.R[..., :count, :count]
    # The first columns determine Q, unless they depend on each other.
    dependent = xp.any(xp.linalg.diagonal(square) == 0, axis=-1)
    moved = xp.matmul(x_dot[..., :count], inverse_or_nan(xp, square, dependent))
    change = xp.matmul(adjoint(xp, q), moved)
    below = xp.tril(change, k=-1)
    skew = below - adjoint(xp, below)
    if is_complex(change):
        # R has a real diagonal.
        skew = skew + _turn(xp, change)
    q_dot = xp.matmul(q, skew - change) + moved
    r_dot = xp.matmul(change - skew, square)
    if x.shape[-1] > count:
        rest = xp.matmul(adjoint(xp, q_dot), x[..., count:]) + xp.matmul(adjoint(xp, q), x_dot[..., count:])
        r_dot = xp.concat([r_dot, rest], axis=-1)
    if out.R.shape[-2] > count:
        below = xp.zeros_like(out.R[..., count:, :])
        r_dot = xp.concat([r_dot, below], axis=-2)
    return _completed(xp, out.Q, q_dot), r_dot


def _svd(xp: Any, x_dot: Any, out: Any, x: Any, *, full_matrices: bool = True) -> Any:
    count = out.S.shape[-1]
    u, v = out.U[..., :count], adjoint(xp, out.Vh)[..., :count]
    columns, rows = out.S[..., None, :], out.S[..., :, None]
    inverse = reciprocal_or_zero(xp, columns)
    right = xp.matmul(x_dot, v)
    change = xp.matmul(adjoint(xp, u), right)
    # Both bases turn alike by the Hermitian part, and against each other by the rest, where equal values do no harm.
    alike = (change + adjoint(xp, change)) / 2 * reciprocal_or_zero(xp, columns - rows)
    against = (change - adjoint(xp, change)) / 2 * reciprocal_or_zero(xp, columns + rows)
    u_dot, v_dot = xp.matmul(u, alike + against), xp.matmul(v, alike - against)
    if x.shape[-2] > count:
        u_dot = u_dot + (right - xp.matmul(u, change)) * inverse
    if x.shape[-1] > count:
        left = xp.matmul(adjoint(xp, x_dot), u)
        v_dot = v_dot + (left - xp.matmul(v, adjoint(xp, change))) * inverse
    vh_dot = adjoint(xp, _completed(xp, adjoint(xp, out.Vh), v_dot))
    return _completed(xp, out.U, u_dot), real_part(xp, xp.linalg.diagonal(change)), vh_dot


RULES: tuple[Rule, ...] = (
    Jvp("linalg.cholesky", _cholesky),
    Jvp("linalg.eig", _eig),
    Jvp("linalg.eigh", _eigh),
    Jvp("linalg.qr", _qr),
    Jvp("linalg.svd", _svd),
)

COMPOSITES: dict[str, Callable[..., Any]] = {
    "linalg.eigvals": lambda xp, x, /: xp.linalg.eig(x).eigenvalues,
    "linalg.eigvalsh": lambda xp, x, /: xp.linalg.eigh(x).eigenvalues,
    "linalg.svdvals": lambda xp, x, /: xp.linalg.svd(x, full_matrices=False).S,
}
