"""Data type functions."""

# ruff: noqa: A002 -- the names are the standard's

from __future__ import annotations

from typing import Any, NamedTuple

import numpy

from . import large, pool
from .array import ExTensor, kernel_view, operand, require_lossless, routed, unwrap, wrap
from .dtypes import KINDS, DType, canonical, ml_dtypes, promoted, require_cpu
from .large import LARGE


class FloatLimits(NamedTuple):
    """What :func:`finfo` tells; plain Python numbers."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


class IntegerLimits(NamedTuple):
    """What :func:`iinfo` tells; plain Python numbers."""

    bits: int
    max: int
    min: int
    dtype: DType


@routed
def astype(x: Any, dtype: DType, /, *, copy: bool = True, device: Any = None) -> ExTensor:
    """The elements of `x` in another data type.

    Parameters
    ----------
    x : ExTensor
        Array of any shape.
    dtype : dtype
        Data type of the result.
    copy : bool
        Whether to copy if `x` has that data type already.
    device : "cpu", optional
        Device of the array.

    Raises
    ------
    TypeError
        If `x` is complex and `dtype` is real: take :func:`real` or :func:`imag` first.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.astype(xp.asarray([1.5, 2.5]), xp.int64)
    ExTensor([1, 2], dtype=int64)
    """
    require_cpu(device)
    target = canonical(dtype)
    if target.name == "bool":
        # The conversion to bool is the one from complex that loses nothing it should keep.
        return wrap(unwrap(x).astype(target)) if copy or unwrap(x).dtype != target else x
    nd = unwrap(x)
    if nd.nbytes >= LARGE and nd.dtype != target:
        require_lossless(nd.dtype, target)
        out = pool.empty(nd.shape, target)
        large.copy(nd, out)
        return wrap(out)
    nd = kernel_view(nd, target, copy or None)
    return x if type(x) is ExTensor and nd is x._nd else wrap(nd)


@routed
def can_cast(from_: Any, to: DType, /) -> bool:
    """Whether promotion can turn one data type, or that of an array, into another.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.can_cast(xp.float32, xp.float64), xp.can_cast(xp.float64, xp.float32)
    (True, False)
    """
    return _promoted(from_, to) == canonical(to)


def finfo(type: Any, /) -> FloatLimits:
    """Limits of a floating-point data type, of the components of a complex one, or of the data type of an array.

    Raises
    ------
    ValueError
        If the data type is no floating-point one.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.finfo(xp.float32).bits, xp.finfo(xp.float64).eps
    (32, 2.220446049250313e-16)
    """
    dtype = _dtype_of(type)
    limits = (ml_dtypes() if dtype.kind == "V" else numpy).finfo(dtype)
    return FloatLimits(
        bits=limits.bits,
        eps=float(limits.eps),
        max=float(limits.max),
        min=float(limits.min),
        smallest_normal=float(limits.smallest_normal),
        dtype=canonical(limits.dtype),
    )


def iinfo(type: Any, /) -> IntegerLimits:
    """Limits of an integer data type, or of the data type of an array.

    Raises
    ------
    ValueError
        If the data type is no integer one.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.iinfo(xp.int8).max
    127
    """
    limits = numpy.iinfo(_dtype_of(type))
    return IntegerLimits(bits=limits.bits, max=int(limits.max), min=int(limits.min), dtype=canonical(limits.dtype))


def isdtype(dtype: DType, kind: DType | str | tuple[DType | str, ...]) -> bool:
    """Whether a data type is of a kind.

    Parameters
    ----------
    dtype : dtype
        The data type.
    kind : dtype, str or tuple of them
        A data type, "bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating" or
        "numeric"; of a tuple, any.

    Raises
    ------
    ValueError
        If there is no such kind.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.isdtype(xp.float32, "real floating"), xp.isdtype(xp.float32, ("bool", "integral"))
    (True, False)
    """
    if isinstance(kind, tuple):
        return any(isdtype(dtype, each) for each in kind)
    if isinstance(kind, str):
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is not a kind of data type; use one of {', '.join(KINDS)}")
        return dtype in KINDS[kind]
    return canonical(dtype) == canonical(kind)


@routed
def result_type(*arrays_and_dtypes: Any) -> DType:
    """The data type to which arrays, data types and scalars promote.

    Mixed kinds promote as in NumPy: integers with floats to a float that holds both.

    Raises
    ------
    TypeError
        If an argument is neither, or all are Python scalars.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.result_type(xp.int8, xp.uint8), xp.result_type(xp.float32, 1.0)
    (dtype('int16'), dtype('float32'))
    """
    return _promoted(*arrays_and_dtypes)


def _promoted(*arrays_and_dtypes: Any) -> DType:
    given = [canonical(x) if isinstance(x, (numpy.dtype, str, type)) else operand(x) for x in arrays_and_dtypes]
    if not any(hasattr(x, "dtype") or isinstance(x, numpy.dtype) for x in given):
        raise TypeError("result_type needs an array or a data type among its arguments; Python scalars follow theirs")
    return canonical(promoted(*given))


def _dtype_of(type: Any) -> DType:
    return type.dtype if isinstance(type, (ExTensor, numpy.ndarray)) else canonical(type)
