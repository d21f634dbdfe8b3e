"""The linear algebra extension. Functions work on stacks of matrices: the last two axes.

Integers count as ``float64``. A matrix for which a function has no answer raises ``numpy.linalg.LinAlgError``, a
``ValueError``.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy

from . import statistical
from .array import ExTensor, Kernel, matrices, operand, routed, unwrap, wrap
from .dtypes import DType, rounded
from .linear_algebra import matmul, matrix_transpose, tensordot, vecdot

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


class EigResult(NamedTuple):
    """What :func:`eig` gives."""

    eigenvalues: ExTensor
    eigenvectors: ExTensor


class EighResult(NamedTuple):
    """What :func:`eigh` gives."""

    eigenvalues: ExTensor
    eigenvectors: ExTensor


class QRResult(NamedTuple):
    """What :func:`qr` gives."""

    Q: ExTensor
    R: ExTensor


class SlogdetResult(NamedTuple):
    """What :func:`slogdet` gives."""

    sign: ExTensor
    logabsdet: ExTensor


class SVDResult(NamedTuple):
    """What :func:`svd` gives."""

    U: ExTensor
    S: ExTensor
    Vh: ExTensor


@routed
def cholesky(x: Any, /, *, upper: bool = False) -> ExTensor:
    """Triangular factor of Hermitian positive-definite matrices, for which ``L @ conj(L).mT`` is `x`.

    With `upper` it is ``U``, for which ``conj(U).mT @ U`` is `x`.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is not positive-definite.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.cholesky(xp.asarray([[4.0, 2.0], [2.0, 5.0]]))
    ExTensor([[2., 0.],
              [1., 2.]], dtype=float64)
    """
    return wrap(numpy.linalg.cholesky(unwrap(x), upper=upper))


@routed
def cross(x1: Any, x2: Any, /, *, axis: int = -1) -> ExTensor:
    """Cross product of three-element vectors along an axis.

    Raises
    ------
    ValueError
        If the axis has not three elements.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.cross(xp.asarray([1, 0, 0]), xp.asarray([0, 1, 0]))
    ExTensor([0, 0, 1], dtype=int64)
    """
    return wrap(numpy.linalg.cross(unwrap(x1), unwrap(x2), axis=axis))


@routed
def det(x: Any, /) -> ExTensor:
    """Determinant of each matrix.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrices are not square.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.det(xp.asarray([[2.0, 0.0], [0.0, 3.0]]))
    ExTensor(6., dtype=float64)
    """
    return wrap(numpy.linalg.det(unwrap(x)))


@routed
def diagonal(x: Any, /, *, offset: int = 0) -> ExTensor:
    """Diagonal of each matrix, as a read-only view.

    Parameters
    ----------
    x : ExTensor
        Stack of matrices.
    offset : int
        Which diagonal: above the main one if positive, below if negative.

    Raises
    ------
    ValueError
        If `x` has fewer than two axes.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.diagonal(xp.asarray([[1, 2], [3, 4]]))
    ExTensor([1, 4], dtype=int64)
    """
    return wrap(matrices(x).diagonal(offset, -2, -1))


@routed
def eig(x: Any, /) -> EigResult:
    """Eigenvalues and right eigenvectors (in columns) of square matrices, always complex.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrices are not square, or the iteration does not converge.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.eig(xp.asarray([[2.0, 0.0], [0.0, 3.0]])).eigenvalues
    ExTensor([2.+0.j, 3.+0.j], dtype=complex128)
    """
    values, vectors = numpy.linalg.eig(unwrap(x))
    return EigResult(wrap(_complex(values)), wrap(_complex(vectors)))


@routed
def eigh(x: Any, /) -> EighResult:
    """Eigenvalues in ascending order and eigenvectors (in columns) of Hermitian matrices.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrices are not square, or the iteration does not converge.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.eigh(xp.asarray([[3.0, 0.0], [0.0, 2.0]])).eigenvalues
    ExTensor([2., 3.], dtype=float64)
    """
    return EighResult(*map(wrap, numpy.linalg.eigh(unwrap(x))))


@routed
def eigvals(x: Any, /) -> ExTensor:
    """Eigenvalues of square matrices, always complex.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrices are not square, or the iteration does not converge.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.eigvals(xp.asarray([[2.0, 0.0], [0.0, 3.0]]))
    ExTensor([2.+0.j, 3.+0.j], dtype=complex128)
    """
    return wrap(_complex(numpy.linalg.eigvals(unwrap(x))))


@routed
def eigvalsh(x: Any, /) -> ExTensor:
    """Eigenvalues of Hermitian matrices, in ascending order.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrices are not square, or the iteration does not converge.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.eigvalsh(xp.asarray([[3.0, 0.0], [0.0, 2.0]]))
    ExTensor([2., 3.], dtype=float64)
    """
    return wrap(numpy.linalg.eigvalsh(unwrap(x)))


@routed
def inv(x: Any, /) -> ExTensor:
    """Inverse of each matrix.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrices are not square, or one is singular.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.inv(xp.asarray([[2.0, 0.0], [0.0, 4.0]]))
    ExTensor([[0.5 , 0.  ],
              [0.  , 0.25]], dtype=float64)
    """
    return wrap(numpy.linalg.inv(unwrap(x)))


@routed
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: float | Literal["fro", "nuc"] | None = "fro") -> ExTensor:  # noqa: A002
    """Norm of each matrix.

    Parameters
    ----------
    x : ExTensor
        Stack of matrices.
    keepdims : bool
        Whether the last two axes stay, with size one.
    ord : {"fro", "nuc", 1, -1, 2, -2, inf, -inf}
        Frobenius or nuclear norm; greatest or least sum of a column (1) or row (inf), or singular value (2).

    Raises
    ------
    ValueError
        If there is no such norm, or `x` has fewer than two axes.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.matrix_norm(xp.asarray([[3.0, 0.0], [0.0, 4.0]]))
    ExTensor(5., dtype=float64)
    """
    nd = matrices(x)
    return wrap(rounded(numpy.linalg.matrix_norm(nd, keepdims=keepdims, ord=ord), nd))


@routed
def matrix_power(x: Any, n: int, /) -> ExTensor:
    """Each square matrix multiplied by itself `n` times; its inverse if `n` is negative.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrices are not square, or one is singular and `n` is negative.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.matrix_power(xp.asarray([[1, 1], [0, 1]]), 3)
    ExTensor([[1, 3],
              [0, 1]], dtype=int64)
    """
    nd = unwrap(x)
    return wrap(rounded(numpy.linalg.matrix_power(nd, n), nd))


@routed
def matrix_rank(x: Any, /, *, rtol: Any = None) -> ExTensor:
    """Number of linearly independent rows of each matrix.

    Parameters
    ----------
    x : ExTensor
        Stack of matrices.
    rtol : float or ExTensor, optional
        Singular values up to this part of the greatest count as zero; by default the greater side of the matrix times
        the rounding unit.

    Raises
    ------
    ValueError
        If `x` has fewer than two axes.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.matrix_rank(xp.asarray([[1.0, 2.0], [2.0, 4.0]]))
    ExTensor(1, dtype=int64)
    """
    nd = matrices(x)
    values = numpy.linalg.svdvals(nd)
    if rtol is None:
        rtol = max(nd.shape[-2:]) * numpy.finfo(values.dtype).eps
    threshold = values.max(axis=-1, keepdims=True, initial=0) * numpy.asarray(operand(rtol))[..., numpy.newaxis]
    return wrap(numpy.count_nonzero(values > threshold, axis=-1))


@routed
def outer(x1: Any, x2: Any, /) -> ExTensor:
    """Product of each element of a vector with each of another.

    Raises
    ------
    ValueError
        If an argument has not one axis.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.outer(xp.asarray([1, 2]), xp.asarray([3, 4]))
    ExTensor([[3, 4],
              [6, 8]], dtype=int64)
    """
    return wrap(numpy.linalg.outer(unwrap(x1), unwrap(x2)))


@routed
def pinv(x: Any, /, *, rtol: Any = None) -> ExTensor:
    """Moore-Penrose pseudo-inverse of each matrix; `rtol` as in :func:`matrix_rank`.

    Raises
    ------
    ValueError
        If `x` has fewer than two axes.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.pinv(xp.asarray([[2.0, 0.0], [0.0, 0.0]]))
    ExTensor([[0.5, 0. ],
              [0. , 0. ]], dtype=float64)
    """
    tolerance: Any = None if rtol is None else operand(rtol)
    return wrap(numpy.linalg.pinv(matrices(x), rtol=tolerance))


@routed
def qr(x: Any, /, *, mode: Literal["reduced", "complete"] = "reduced") -> QRResult:
    """Factors ``Q @ R`` of each matrix: orthonormal columns and an upper triangle.

    Parameters
    ----------
    x : ExTensor
        Stack of matrices.
    mode : {"reduced", "complete"}
        Whether `Q` has as many columns as are needed, or is square.

    Raises
    ------
    ValueError
        If there is no such mode.

    Examples
    --------
    >>> import extensor as xp
    >>> q, r = xp.linalg.qr(xp.ones((3, 2)))
    >>> q.shape, r.shape
    ((3, 2), (2, 2))
    """
    if mode not in ("reduced", "complete"):
        raise ValueError(f"mode must be 'reduced' or 'complete', not {mode!r}")
    return QRResult(*map(wrap, numpy.linalg.qr(unwrap(x), mode)))


@routed
def slogdet(x: Any, /) -> SlogdetResult:
    """Sign of the determinant of each matrix, and the logarithm of its absolute value.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrices are not square.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.slogdet(xp.asarray([[-1.0, 0.0], [0.0, 1.0]])).sign
    ExTensor(-1., dtype=float64)
    """
    return SlogdetResult(*map(wrap, numpy.linalg.slogdet(unwrap(x))))


@routed
def solve(x1: Any, x2: Any, /) -> ExTensor:
    """The solution `x` of ``x1 @ x == x2``.

    Parameters
    ----------
    x1 : ExTensor
        Stack of square matrices.
    x2 : ExTensor
        A vector, if it has one axis; else a stack of matrices.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the matrices are not square, or one is singular.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.solve(xp.asarray([[2.0, 0.0], [0.0, 4.0]]), xp.asarray([2.0, 2.0]))
    ExTensor([1. , 0.5], dtype=float64)
    """
    return wrap(numpy.linalg.solve(unwrap(x1), unwrap(x2)))


@routed
def svd(x: Any, /, *, full_matrices: bool = True) -> SVDResult:
    """Singular value decomposition ``U @ diag(S) @ Vh`` of each matrix.

    Parameters
    ----------
    x : ExTensor
        Stack of matrices.
    full_matrices : bool
        Whether `U` and `Vh` are square, or have as many columns and rows as there are singular values.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the iteration does not converge.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.svd(xp.asarray([[0.0, 2.0], [1.0, 0.0]])).S
    ExTensor([2., 1.], dtype=float64)
    """
    return SVDResult(*map(wrap, numpy.linalg.svd(unwrap(x), full_matrices)))


@routed
def svdvals(x: Any, /) -> ExTensor:
    """Singular values of each matrix, in descending order.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the iteration does not converge.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.svdvals(xp.asarray([[0.0, 2.0], [1.0, 0.0]]))
    ExTensor([2., 1.], dtype=float64)
    """
    return wrap(numpy.linalg.svdvals(unwrap(x)))


@routed
def trace(x: Any, /, *, offset: int = 0, dtype: DType | None = None) -> ExTensor:
    """Sum of the diagonal of each matrix; `offset` as in :func:`diagonal`, `dtype` as in :func:`sum`.

    Raises
    ------
    ValueError
        If `x` has fewer than two axes.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.trace(xp.asarray([[1, 2], [3, 4]]))
    ExTensor(5, dtype=int64)
    """
    return statistical.sum(diagonal(x, offset=offset), axis=-1, dtype=dtype)


@routed
def vector_norm(
    x: Any,
    /,
    *,
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    ord: float = 2,  # noqa: A002 -- the standard's name
) -> ExTensor:
    """Norm of vectors, of the whole array or along axes.

    Parameters
    ----------
    x : ExTensor
        Array of any shape.
    axis : int or tuple of int, optional
        Axes of the vectors; all by default.
    keepdims : bool
        Whether the axes stay, with size one.
    ord : float
        Root of the sum of powers of this order; inf and -inf give the extremes, 0 the number of nonzero elements.

    Raises
    ------
    ValueError
        If there is no such axis.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linalg.vector_norm(xp.asarray([3.0, 4.0]))
    ExTensor(5., dtype=float64)
    """
    along: Any = axis
    nd = unwrap(x)
    return wrap(rounded(numpy.linalg.vector_norm(nd, axis=along, keepdims=keepdims, ord=ord), nd))


def _complex(nd: Kernel) -> Kernel:
    return nd.astype(numpy.result_type(nd.dtype, numpy.complex64), copy=False)
