"""Functions that make arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy
from numpy import ndarray

from .array import ExTensor, ForeignOperandError, kernel_view, matrices, operand, routed, unwrap, wrap
from .dtypes import CANONICAL, DType, canonical, require_cpu, resolve
from .store import Store
from .strictness import STRICT, check_call


def arange(
    start: float, /, stop: float | None = None, step: float = 1, *, dtype: DType | None = None, device: Any = None
) -> ExTensor:
    """Evenly spaced numbers from `start` up to, not including, `stop`; from zero up to `start` if it comes alone.

    Parameters
    ----------
    start, stop, step : int or float
        Bounds and distance.
    dtype : dtype, optional
        By default the default integer type, or the default float type if an argument is a float.
    device : "cpu", optional
        Device of the array.

    Returns
    -------
    ExTensor
        Array of shape ``(ceil((stop - start) / step),)``, or empty.

    Raises
    ------
    ZeroDivisionError
        If `step` is zero.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.arange(0, 6, 2)
    ExTensor([0, 2, 4], dtype=int64)
    """
    bounds = (0, start) if stop is None else (start, stop)
    return wrap(numpy.arange(*map(operand, (*bounds, step)), dtype=resolve(dtype, device, None)))


def asarray(obj: Any, /, *, dtype: DType | None = None, device: Any = None, copy: bool | None = None) -> ExTensor:
    """Convert to an array, sharing memory where possible.

    Parameters
    ----------
    obj : array, scalar, nested sequence or buffer exporter
        What to convert. Buffers (``array.array``, ``memoryview``, ``mmap``, ctypes arrays) are shared, and keep the
        type of their elements, strides and whether they can be written to; bytes are ``uint8``. For other readings of
        the same bytes see :func:`from_buffer`.
    dtype : dtype, optional
        Data type of the array; inferred by default.
    device : "cpu", optional
        Device of the array.
    copy : bool, optional
        True: always copy; False: never; None: only if needed.

    Returns
    -------
    ExTensor
        Array of the elements of `obj`; `obj` itself if it is one and nothing changes.

    Raises
    ------
    TypeError
        If the elements are no numbers of the standard (strings, objects).
    ValueError
        If `copy` is False and a copy is needed, or a nested sequence is ragged.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.asarray([[1, 2], [3, 4]], dtype=xp.float32)
    ExTensor([[1., 2.],
              [3., 4.]], dtype=float32)
    """
    try:
        if type(obj) is list and dtype is None and device is None and copy is None:
            # The questions that other objects and options raise would take as long as a short list itself.
            nd = numpy.asarray(obj)
            if CANONICAL.get(nd.dtype) is nd.dtype:
                return wrap(nd)
        nd = kernel_view(obj, resolve(dtype, device, None), copy)
    except TypeError:
        if not hasattr(type(obj), "__array_function__") or isinstance(obj, ndarray | numpy.generic):
            raise
        # An array under differentiation refuses to be converted, and answers instead.
        kwargs = {"dtype": dtype, "device": device, "copy": copy}
        answer: ExTensor = ForeignOperandError(obj).answer(asarray, (obj,), kwargs)
        return answer
    return obj if type(obj) is ExTensor and nd is obj._nd else wrap(nd)


def empty(shape: int | Sequence[int], *, dtype: DType | None = None, device: Any = None) -> ExTensor:
    """An array of uninitialised elements.

    Parameters
    ----------
    shape : int or tuple of int
        Shape of the array.
    dtype : dtype, optional
        Data type, by default ``float64``.
    device : "cpu", optional
        Device of the array.

    Raises
    ------
    ValueError
        If the shape has a negative axis.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.empty((2, 3)).shape
    (2, 3)
    """
    return wrap(numpy.empty(shape, resolve(dtype, device)))


@routed
def empty_like(x: Any, /, *, dtype: DType | None = None, device: Any = None) -> ExTensor:
    """An array of uninitialised elements with the shape, and by default the data type, of `x`.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.empty_like(xp.zeros(3), dtype=xp.int8).dtype
    dtype('int8')
    """
    return wrap(numpy.empty_like(unwrap(x), resolve(dtype, device, None)))


def eye(
    n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: DType | None = None, device: Any = None
) -> ExTensor:
    """A matrix of zeros with ones on the diagonal `k`: above the main diagonal if positive, below if negative.

    Parameters
    ----------
    n_rows, n_cols : int
        Shape; square by default.
    k : int
        Which diagonal.
    dtype : dtype, optional
        Data type, by default ``float64``.
    device : "cpu", optional
        Device of the array.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.eye(2, dtype=xp.int64)
    ExTensor([[1, 0],
              [0, 1]], dtype=int64)
    """
    return wrap(numpy.eye(n_rows, n_cols, k, resolve(dtype, device)))


def from_buffer(exporter: Any, /, dtype: Any, shape: Sequence[int] | None = None, *, offset: int = 0) -> ExTensor:
    """An array over the bytes of any buffer exporter, whatever type it gives them; an extension of the standard.

    Nothing is copied: what is written on one side is seen on the other, and the exporter lives as long as the array.
    A buffer that already has the right type needs no more than :func:`asarray`, with ``copy=False`` to be sure.

    Parameters
    ----------
    exporter : buffer exporter
        Owner of C-contiguous memory: bytes, bytearray, mmap, ``array.array``, a ctypes array, ``SharedMemory.buf``, an
        Arrow buffer. If it is read-only, so is the array.
    dtype : dtype
        Data type to read the bytes as.
    shape : tuple of int, optional
        Shape of the array; by default one axis of as many elements as there are.
    offset : int
        Byte at which the first element starts.

    Raises
    ------
    TypeError
        If `exporter` exports no C-contiguous buffer.
    ValueError
        If the bytes are too few, or without a shape no whole number of elements.

    Examples
    --------
    >>> import extensor as xp
    >>> message = bytearray(16)
    >>> x = xp.from_buffer(message, xp.int16, (2, 3), offset=4)
    >>> x[1, 2] = 258
    >>> message.hex(" ", 4)
    '00000000 00000000 00000000 00000201'
    """
    store = Store.adopt(exporter)
    dtype = canonical(dtype)
    if shape is None:
        count, rest = divmod(store.nbytes - offset, dtype.itemsize)
        if rest:
            raise ValueError(f"{store.nbytes - offset} bytes hold no whole number of {dtype} elements; pass a shape")
        shape = (count,)
    return wrap(store.view(dtype, shape, offset=offset))


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> ExTensor:
    """An array over the memory of another library's array, by DLPack.

    Parameters
    ----------
    x : object with ``__dlpack__`` and ``__dlpack_device__``
        The other array. If it says that it is read-only, or speaks a version of DLPack that cannot say, so is the
        result.
    device : "cpu", optional
        Device of the array.
    copy : bool, optional
        True: always copy, to memory that can be written to; False: never; None: only if needed.

    Raises
    ------
    AttributeError
        If `x` has no ``__dlpack__``.
    BufferError
        If its owner cannot export it, or NumPy has no such elements (bfloat16).
    ValueError
        If `device` is another.

    Examples
    --------
    >>> import extensor as xp, numpy
    >>> xp.from_dlpack(numpy.arange(3.0))
    ExTensor([0., 1., 2.], dtype=float64)
    """
    require_cpu(device)
    try:
        nd = numpy.from_dlpack(x, device=device, copy=copy)
    except RuntimeError as error:  # what NumPy raises for elements that it does not know
        raise BufferError(f"cannot import a {type(x).__name__}: {error}") from error
    return wrap(kernel_view(nd.copy() if copy and not nd.flags.writeable else nd))


def full(shape: int | Sequence[int], fill_value: Any, *, dtype: DType | None = None, device: Any = None) -> ExTensor:
    """An array with `fill_value` in every place.

    Parameters
    ----------
    shape : int or tuple of int
        Shape of the array.
    fill_value : scalar or 0-d array
        The value.
    dtype : dtype, optional
        Data type; that of the value by default.
    device : "cpu", optional
        Device of the array.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.full((2,), 7)
    ExTensor([7, 7], dtype=int64)
    """
    if STRICT:
        check_call(full, shape, fill_value)
    return wrap(kernel_view(numpy.full(shape, operand(fill_value), resolve(dtype, device, None))))


@routed
def full_like(x: Any, /, fill_value: Any, *, dtype: DType | None = None, device: Any = None) -> ExTensor:
    """An array with `fill_value` in every place, with the shape, and by default the data type, of `x`.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.full_like(xp.zeros(2), 7)
    ExTensor([7., 7.], dtype=float64)
    """
    return wrap(numpy.full_like(unwrap(x), operand(fill_value), resolve(dtype, device, None)))


def linspace(
    start: complex,
    stop: complex,
    /,
    num: int,
    *,
    dtype: DType | None = None,
    device: Any = None,
    endpoint: bool = True,
) -> ExTensor:
    """`num` evenly spaced numbers from `start` to `stop`.

    Parameters
    ----------
    start, stop : scalar
        Bounds.
    num : int
        How many numbers.
    dtype : dtype, optional
        Data type, by default the default float type, or the complex one if a bound is complex.
    device : "cpu", optional
        Device of the array.
    endpoint : bool
        Whether `stop` is the last of the numbers.

    Raises
    ------
    ValueError
        If `num` is negative.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.linspace(0, 1, 5)
    ExTensor([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float64)
    """
    bounds = operand(start), operand(stop)
    return wrap(numpy.linspace(*bounds, num, endpoint=endpoint, dtype=resolve(dtype, device, None)))


@routed
def meshgrid(*arrays: Any, indexing: Literal["xy", "ij"] = "xy") -> tuple[ExTensor, ...]:
    """The coordinates of every point of the grid that one-dimensional arrays span.

    Parameters
    ----------
    *arrays : ExTensor
        Coordinates along each axis.
    indexing : {"xy", "ij"}
        Whether the first two axes of the grid are swapped, as on a page, or follow the arguments, as in a matrix.

    Returns
    -------
    tuple of ExTensor
        An array per argument.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.meshgrid(xp.arange(2), xp.arange(3), indexing="ij")[1]
    ExTensor([[0, 1, 2],
              [0, 1, 2]], dtype=int64)
    """
    return tuple(map(wrap, numpy.meshgrid(*map(unwrap, arrays), indexing=indexing)))


def ones(shape: int | Sequence[int], *, dtype: DType | None = None, device: Any = None) -> ExTensor:
    """An array of ones; parameters as in :func:`empty`.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.ones(2)
    ExTensor([1., 1.], dtype=float64)
    """
    return wrap(numpy.ones(shape, resolve(dtype, device)))


@routed
def ones_like(x: Any, /, *, dtype: DType | None = None, device: Any = None) -> ExTensor:
    """An array of ones with the shape, and by default the data type, of `x`.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.ones_like(xp.asarray([5, 6]))
    ExTensor([1, 1], dtype=int64)
    """
    return wrap(numpy.ones_like(unwrap(x), resolve(dtype, device, None)))


@routed
def tril(x: Any, /, *, k: int = 0) -> ExTensor:
    """The lower triangle of each matrix, with zeros above the diagonal `k`.

    Raises
    ------
    ValueError
        If `x` has fewer than two axes.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.tril(xp.ones((2, 2), dtype=xp.int64))
    ExTensor([[1, 0],
              [1, 1]], dtype=int64)
    """
    return wrap(numpy.tril(matrices(x), k))


@routed
def triu(x: Any, /, *, k: int = 0) -> ExTensor:
    """The upper triangle of each matrix, with zeros below the diagonal `k`.

    Raises
    ------
    ValueError
        If `x` has fewer than two axes.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.triu(xp.ones((2, 2), dtype=xp.int64))
    ExTensor([[1, 1],
              [0, 1]], dtype=int64)
    """
    return wrap(numpy.triu(matrices(x), k))


def zeros(shape: int | Sequence[int], *, dtype: DType | None = None, device: Any = None) -> ExTensor:
    """An array of zeros; parameters as in :func:`empty`.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.zeros(2, dtype=xp.int64)
    ExTensor([0, 0], dtype=int64)
    """
    return wrap(numpy.zeros(shape, resolve(dtype, device)))


@routed
def zeros_like(x: Any, /, *, dtype: DType | None = None, device: Any = None) -> ExTensor:
    """An array of zeros with the shape, and by default the data type, of `x`.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.zeros_like(xp.asarray([5, 6]))
    ExTensor([0, 0], dtype=int64)
    """
    return wrap(numpy.zeros_like(unwrap(x), resolve(dtype, device, None)))
