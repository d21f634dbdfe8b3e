"""Linear algebra functions of the main namespace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from .array import ExTensor, matrices, routed, unwrap, wrap
from .dtypes import alike, rounded
from .kernels import binary

# NumPy's annotations lack `axis`.
_vecdot: Any = numpy.vecdot


def _matmul(x1: Any, x2: Any) -> Any:
    return rounded(numpy.matmul(x1, x2), x1, x2)


matmul = binary("matmul", _matmul, "Matrix product over the last two axes.", "[[1, 2]]", "[[3], [4]]", "[[11]]")


@routed
def matrix_transpose(x: Any, /) -> ExTensor:
    """The transpose of each matrix, sharing memory.

    Raises
    ------
    ValueError
        If `x` has fewer than two axes.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.matrix_transpose(xp.asarray([[1, 2], [3, 4]]))
    ExTensor([[1, 3],
              [2, 4]], dtype=int64)
    """
    return wrap(matrices(x).mT)


@routed
def tensordot(x1: Any, x2: Any, /, *, axes: int | tuple[Sequence[int], Sequence[int]] = 2) -> ExTensor:
    """Sum of products over axes of two arrays.

    Parameters
    ----------
    x1, x2 : ExTensor
        Arrays.
    axes : int or tuple of two sequences of int
        How many axes to contract, the last of `x1` with the first of `x2`; or which ones, for each.

    Returns
    -------
    ExTensor
        The remaining axes of `x1`, then those of `x2`.

    Raises
    ------
    ValueError
        If the sizes of contracted axes differ.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.tensordot(xp.asarray([1, 2]), xp.asarray([3, 4]), axes=1)
    ExTensor(11, dtype=int64)
    """
    first, second = alike(unwrap(x1), unwrap(x2))
    return wrap(numpy.tensordot(first, second, axes))


@routed
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> ExTensor:
    """Dot product of vectors, the first of each pair conjugated.

    Parameters
    ----------
    x1, x2 : ExTensor
        Arrays of vectors, whose other axes broadcast.
    axis : int
        Axis of the vectors, counted from the end.

    Raises
    ------
    ValueError
        If the vectors differ in size.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.vecdot(xp.asarray([1, 2]), xp.asarray([3, 4]))
    ExTensor(11, dtype=int64)
    """
    first, second = unwrap(x1), unwrap(x2)
    return wrap(rounded(_vecdot(first, second, axis=axis), first, second))
