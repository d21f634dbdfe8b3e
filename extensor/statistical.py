"""Statistical functions.

They reduce by ufuncs: ``numpy.add.reduce`` costs a third of ``numpy.sum``.
"""

# ruff: noqa: A001 -- the names are the standard's

from __future__ import annotations

from collections.abc import Callable
from math import nan
from math import prod as product
from typing import Any

import numpy

from . import large
from .array import ExTensor, Kernel, require_lossless, routed, unwrap, wrap
from .dtypes import DTYPES, HALVES, KINDS, DType, canonical, float32, float64, int64, uint64
from .large import LARGE_REDUCED
from .special_cases import joined


def _reducer(ufunc: Any) -> Callable[..., Any]:
    reduce = ufunc.reduce

    def run(nd: Kernel, axis: int | tuple[int, ...] | None, dtype: DType | None = None, *, keepdims: bool) -> Any:
        if nd.nbytes < LARGE_REDUCED:
            return reduce(nd, axis, dtype, keepdims=keepdims)
        return large.reduction(ufunc, nd, axis, dtype, keepdims)

    return run


_add, _multiply = _reducer(numpy.add), _reducer(numpy.multiply)
_maximum, _minimum = _reducer(numpy.maximum), _reducer(numpy.minimum)

ACCUMULATED: dict[DType, DType] = (
    dict.fromkeys(KINDS["bool"] + KINDS["signed integer"], int64)
    | dict.fromkeys(KINDS["unsigned integer"], uint64)
    | {dtype: dtype for dtype in DTYPES.values() if dtype.kind in "fc"}
)
"""The data type in which sums and products of each data type of the standard add up."""


@routed
def cumulative_prod(
    x: Any, /, *, axis: int | None = None, dtype: DType | None = None, include_initial: bool = False
) -> ExTensor:
    """Product of each element with those before it along an axis; parameters as in :func:`cumulative_sum`.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.cumulative_prod(xp.asarray([1, 2, 3]))
    ExTensor([1, 2, 6], dtype=int64)
    """
    return _accumulate(numpy.multiply, x, axis, dtype, include_initial)


@routed
def cumulative_sum(
    x: Any, /, *, axis: int | None = None, dtype: DType | None = None, include_initial: bool = False
) -> ExTensor:
    """Sum of each element with those before it along an axis.

    Parameters
    ----------
    x : ExTensor
        Array with one axis or more.
    axis : int, optional
        The axis; needed if `x` has more than one.
    dtype : dtype, optional
        Data type of the result and in which to add; by default as for :func:`sum`.
    include_initial : bool
        Whether to begin with the sum of nothing, which makes the axis longer by one.

    Raises
    ------
    ValueError
        If `axis` is needed and missing, or there is no such axis.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.cumulative_sum(xp.asarray([1, 2, 3]), include_initial=True)
    ExTensor([0, 1, 3, 6], dtype=int64)
    """
    return _accumulate(numpy.add, x, axis, dtype, include_initial)


@routed
def max(x: Any, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> ExTensor:
    """Greatest element, of the whole array or along axes; NaN where there is one.

    Raises
    ------
    ValueError
        If there are no elements, or no such axis.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.max(xp.asarray([1, 3, 2]))
    ExTensor(3, dtype=int64)
    """
    return wrap(_maximum(unwrap(x), axis, keepdims=keepdims))


@routed
def mean(x: Any, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> ExTensor:
    """Arithmetic mean, of the whole array or along axes; of integers as ``float64``.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.mean(xp.asarray([1.0, 2.0, 6.0]))
    ExTensor(3., dtype=float64)
    """
    nd = unwrap(x)
    floats = _floats(nd)
    average = _mean(floats, axis, keepdims)
    return wrap(average if floats is nd else _rounded(average, nd))


@routed
def min(x: Any, /, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> ExTensor:
    """Least element, of the whole array or along axes; NaN where there is one.

    Raises
    ------
    ValueError
        If there are no elements, or no such axis.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.min(xp.asarray([1, 3, 2]))
    ExTensor(1, dtype=int64)
    """
    return wrap(_minimum(unwrap(x), axis, keepdims=keepdims))


@routed
def prod(
    x: Any, /, *, axis: int | tuple[int, ...] | None = None, dtype: DType | None = None, keepdims: bool = False
) -> ExTensor:
    """Product of elements, of the whole array or along axes; parameters as in :func:`sum`.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.prod(xp.asarray([2, 3, 4]))
    ExTensor(24, dtype=int64)
    """
    nd = unwrap(x)
    accumulated = _accumulated(nd, dtype)
    total = _multiply(nd, axis, accumulated, keepdims=keepdims)
    return wrap(_rounded(total, nd, dtype) if accumulated is float32 else total)


@routed
def std(
    x: Any, /, *, axis: int | tuple[int, ...] | None = None, correction: float = 0.0, keepdims: bool = False
) -> ExTensor:
    """Standard deviation, of the whole array or along axes; parameters as in :func:`var`.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.std(xp.asarray([1.0, 3.0]))
    ExTensor(1., dtype=float64)
    """
    nd = unwrap(x)
    return wrap(_rounded(numpy.sqrt(_variance(_floats(nd), axis, correction, keepdims)), nd))


@routed
def sum(
    x: Any, /, *, axis: int | tuple[int, ...] | None = None, dtype: DType | None = None, keepdims: bool = False
) -> ExTensor:
    """Sum of elements, of the whole array or along axes.

    Parameters
    ----------
    x : ExTensor
        Array of any shape.
    axis : int or tuple of int, optional
        Axes to add along; all by default.
    dtype : dtype, optional
        Data type of the result and in which to add. By default that of `x`, but at least ``int64`` for integers and
        bools, and ``uint64`` for unsigned integers.
    keepdims : bool
        Whether the axes stay, with size one.

    Raises
    ------
    ValueError
        If there is no such axis.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.sum(xp.asarray([[1, 2], [3, 4]]), axis=0)
    ExTensor([4, 6], dtype=int64)
    """
    nd = unwrap(x)
    accumulated = _accumulated(nd, dtype)
    total = _add(nd, axis, accumulated, keepdims=keepdims)
    return wrap(_rounded(total, nd, dtype) if accumulated is float32 else total)


@routed
def var(
    x: Any, /, *, axis: int | tuple[int, ...] | None = None, correction: float = 0.0, keepdims: bool = False
) -> ExTensor:
    """Variance, of the whole array or along axes.

    Parameters
    ----------
    x : ExTensor
        Array of any shape.
    axis : int or tuple of int, optional
        Axes to reduce; all by default.
    correction : float
        What to subtract from the number of elements before dividing by it; 1 gives the unbiased estimate.
    keepdims : bool
        Whether the axes stay, with size one.

    Raises
    ------
    ValueError
        If there is no such axis.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.var(xp.asarray([1.0, 3.0]), correction=1)
    ExTensor(2., dtype=float64)
    """
    nd = unwrap(x)
    return wrap(_rounded(_variance(_floats(nd), axis, correction, keepdims), nd))


def _accumulated(nd: Kernel, dtype: DType | None) -> DType:
    if dtype is None:
        return ACCUMULATED.get(nd.dtype, float32)
    require_lossless(nd.dtype, canonical(dtype))
    return canonical(dtype)


def _rounded(result: Any, nd: Kernel, dtype: DType | None = None) -> Any:
    """The result for `nd` in its data type, if that is a half, for halves add up in ``float32``."""
    return result.astype(nd.dtype) if dtype is None and nd.dtype in HALVES else result


def _accumulate(ufunc: numpy.ufunc, x: Any, axis: int | None, dtype: DType | None, include_initial: bool) -> ExTensor:
    nd = unwrap(x)
    if nd.ndim == 0 or (axis is None and nd.ndim > 1):
        raise ValueError(f"cumulative functions need an axis to run along; axis is {axis} and the shape {nd.shape}")
    along = 0 if axis is None else axis
    totals = ufunc.accumulate(nd, along, _accumulated(nd, dtype))
    if include_initial:
        first = list(totals.shape)
        first[along] = 1
        totals = numpy.concatenate([numpy.full(first, ufunc.identity, totals.dtype), totals], along)
    return wrap(_rounded(totals, nd, dtype))


def _floats(nd: Kernel) -> Kernel:
    return nd if nd.dtype.char in "fdFD" else nd.astype(float32 if nd.dtype in HALVES else float64)


def _count(nd: Kernel, axis: int | tuple[int, ...] | None) -> int:
    shape: tuple[int, ...] = nd.shape
    if axis is None:
        return product(shape)
    return product(shape[i] for i in axis) if isinstance(axis, tuple) else shape[axis]


def _mean(nd: Kernel, axis: int | tuple[int, ...] | None, keepdims: bool) -> Any:
    total = _add(nd, axis, keepdims=keepdims)
    if nd.dtype.kind != "c":
        return total / nd.dtype.type(_count(nd, axis))
    # A complex quotient would spread NaN from one part to the other.
    count = nd.real.dtype.type(_count(nd, axis))
    return joined(total.real / count, total.imag / count)


def _variance(nd: Kernel, axis: int | tuple[int, ...] | None, correction: float, keepdims: bool) -> Any:
    deviations = nd - _mean(nd, axis, True)
    squares = (deviations * deviations.conj()).real if nd.dtype.kind == "c" else numpy.square(deviations)
    freedom = _count(nd, axis) - correction
    return _add(squares, axis, keepdims=keepdims) / squares.dtype.type(freedom if freedom > 0 else nan)
