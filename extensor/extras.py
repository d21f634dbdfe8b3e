"""Functions that the standard lacks and users reach for.

None of them is in the standard: code that uses them works with extensor only. ``docs/extensions.md`` says why each is
here. The special functions among them are in a module of their own, ``extensor.special``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any, Literal

import numpy
from numpy.lib.array_utils import normalize_axis_tuple

from .array import ExTensor, Kernel, index, operand, routed, unwrap, wrap
from .dtypes import HALVES, alike, float32, float64, promoted
from .kernels import FLOATS


@routed
def dot(x1: Any, x2: Any, /) -> ExTensor:
    """Sum of products over the last axis of `x1` and the last but one of `x2`, or its only one.

    An extension of the standard, for code that calls ``numpy.dot``, as NumPy defines it. The standard has
    :func:`matmul` for stacks of matrices, :func:`vecdot` for stacks of vectors, :func:`tensordot` for any axes.

    Parameters
    ----------
    x1, x2 : ExTensor or scalar
        Arrays; where one has no axes, the result is their product.

    Raises
    ------
    ValueError
        If the sizes of the two axes differ.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.dot(xp.asarray([1, 2]), xp.asarray([[3, 4], [5, 6]]))
    ExTensor([13, 16], dtype=int64)
    """
    return wrap(numpy.dot(*alike(unwrap(x1), unwrap(x2))))


@routed
def einsum(subscripts: str, /, *operands: Any, optimize: bool | str = True) -> ExTensor:
    """Sum of products over axes named by letters.

    An extension of the standard: ``einsum`` of NumPy, PyTorch and JAX.

    Parameters
    ----------
    subscripts : str
        Letters for the axes of each operand, separated by commas; a letter that repeats is one axis. After ``->`` come
        the axes of the result, the others being summed; without ``->`` those that occur once, in alphabetical order.
        ``...`` stands for any further axes, which broadcast.
    *operands : ExTensor
        The operands.
    optimize : bool or str
        In which order to multiply: True for a good one, False for all at once; or how to look for it, for example
        "greedy" or "optimal". The package opt_einsum does, where it is installed, with its names; else NumPy.

    Returns
    -------
    ExTensor
        The sums; a view of the operand where nothing is to be multiplied or summed.

    Raises
    ------
    ValueError
        If the subscripts do not fit the operands, or the sizes of the axes one another.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.einsum("ij,j->i", xp.asarray([[1, 2], [3, 4]]), xp.asarray([1, 10]))
    ExTensor([21, 43], dtype=int64)
    """
    views = alike(*map(unwrap, operands))
    dtype = promoted(*views)
    # NumPy's does not know bfloat16; and halves add up in float32 here as in all sums.
    if dtype in HALVES:
        views = [nd.astype(float32) for nd in views]
    result = numpy.einsum(subscripts, *views, optimize=_path(subscripts, views, optimize))
    return wrap(result.astype(dtype) if dtype in HALVES else result)


def _path(subscripts: str, views: list[Kernel], optimize: bool | str) -> Any:
    # Two operands leave nothing to choose, but NumPy multiplies matrices only along a path.
    if not optimize or len(views) < 3:
        return bool(optimize) and len(views) > 1
    try:
        from opt_einsum import contract_path
    except ModuleNotFoundError:
        return optimize
    path, _ = contract_path(subscripts, *views, optimize="auto" if optimize is True else optimize)
    return ["einsum_path", *path]


@routed
def flatten(x: Any, /, *, start_axis: int = 0, end_axis: int = -1) -> ExTensor:
    """`x` with consecutive axes made one; by default all.

    An extension of the standard: ``torch.flatten``, and NumPy's and JAX's ``ravel``. A view where possible.

    Parameters
    ----------
    x : ExTensor
        Array of any shape; one without axes gets one.
    start_axis, end_axis : int
        First and last of the axes.

    Raises
    ------
    ValueError
        If there are no such axes, or they are in the wrong order.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.flatten(xp.ones((2, 3, 4)), start_axis=1).shape
    (2, 12)
    """
    nd = unwrap(x)
    if nd.ndim == 0:
        nd = nd.reshape(1)
    axes = range(nd.ndim)
    if not (-nd.ndim <= start_axis < nd.ndim and -nd.ndim <= end_axis < nd.ndim):
        raise ValueError(f"no axes {start_axis} to {end_axis} in an array of shape {nd.shape}")
    first, last = axes[start_axis], axes[end_axis]
    if first > last:
        raise ValueError(f"start_axis {start_axis} comes after end_axis {end_axis} in an array of shape {nd.shape}")
    # Not -1, which NumPy cannot work out beside an axis of size zero.
    size = int(numpy.prod(nd.shape[first : last + 1]))
    return wrap(nd.reshape((*nd.shape[:first], size, *nd.shape[last + 1 :])))


@routed
def median(
    x: Any,
    /,
    *,
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    nan_policy: Literal["propagate", "omit"] = "propagate",
) -> ExTensor:
    """Middle element in order of size, or the mean of the middle two; parameters as in :func:`quantile`.

    An extension of the standard: ``median`` of NumPy and JAX. That of PyTorch takes the lesser of the middle two.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.median(xp.asarray([3, 1, 2, 10]))
    ExTensor(2.5, dtype=float64)
    """
    return _ordered(numpy.median if nan_policy == "propagate" else numpy.nanmedian, x, axis, keepdims, nan_policy)


@routed
def pad(
    x: Any,
    /,
    pad_width: int | Sequence[int] | Sequence[Sequence[int]],
    *,
    mode: Literal["constant", "edge", "reflect", "symmetric", "wrap"] = "constant",
    constant_values: complex = 0,
) -> ExTensor:
    """`x` with elements added before and after it along each axis.

    An extension of the standard: ``pad`` of NumPy and JAX, ``torch.nn.functional.pad``.

    Parameters
    ----------
    x : ExTensor
        Array of any shape.
    pad_width : int or sequence
        How many: a number for all sides, a pair (before, after) for all axes, or a pair for each axis.
    mode : {"constant", "edge", "reflect", "symmetric", "wrap"}
        What: a constant, the element at the edge, the mirror image without or with the edge, the other end.
    constant_values : scalar
        The constant.

    Raises
    ------
    ValueError
        If there is no such mode, a width is negative, or there is nothing to repeat.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.pad(xp.asarray([1, 2, 3]), (1, 2), mode="reflect")
    ExTensor([2, 1, 2, 3, 2, 1], dtype=int64)
    """
    nd = unwrap(x)
    if mode == "constant":
        return wrap(numpy.pad(nd, pad_width, constant_values=_fitting(constant_values, nd)))
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise ValueError(f"no mode {mode!r} of padding; use constant, edge, reflect, symmetric or wrap")
    return wrap(numpy.pad(nd, pad_width, mode))


@routed
def quantile(
    x: Any,
    q: Any,
    /,
    *,
    axis: int | tuple[int, ...] | None = None,
    keepdims: bool = False,
    method: str = "linear",
    nan_policy: Literal["propagate", "omit"] = "propagate",
) -> ExTensor:
    """The values below which lie given parts of the elements, of the whole array or along axes.

    An extension of the standard: ``quantile`` of NumPy, PyTorch and JAX.

    Parameters
    ----------
    x : ExTensor
        Array of real numbers.
    q : float or ExTensor
        Parts, from 0 to 1. Their axes come first in the result.
    axis : int or tuple of int, optional
        Axes to reduce; all by default.
    keepdims : bool
        Whether the axes stay, with size one.
    method : str
        What to take between two elements: "linear", "lower", "higher", "midpoint", "nearest", or another method of
        ``numpy.quantile``, which explains them.
    nan_policy : {"propagate", "omit"}
        Whether NaN makes a result NaN, or does not count.

    Returns
    -------
    ExTensor
        Quantiles in the data type of `x`, of integers in ``float64``; NaN where there are no elements.

    Raises
    ------
    ValueError
        If a part is not between 0 and 1, or there is no such method or policy.
    TypeError
        If `x` is complex.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.quantile(xp.asarray([1.0, 2.0, 3.0, 4.0]), xp.asarray([0.25, 0.5]))
    ExTensor([1.75, 2.5 ], dtype=float64)
    """
    kernel = numpy.quantile if nan_policy == "propagate" else numpy.nanquantile
    return _ordered(kernel, x, axis, keepdims, nan_policy, q=numpy.asarray(operand(q), float64), method=method)


def _ordered(kernel: Any, x: Any, axis: Any, keepdims: bool, nan_policy: str, **kwargs: Any) -> ExTensor:
    if nan_policy not in ("propagate", "omit"):
        raise ValueError(f"nan_policy must be 'propagate' or 'omit', not {nan_policy!r}")
    nd = unwrap(x)
    if nd.dtype.kind == "c":
        raise TypeError(f"complex numbers have no order, and the array is of {nd.dtype}; take real(), imag() or abs()")
    dtype = nd.dtype if nd.dtype.kind in FLOATS else float64
    floats = nd.astype(float32 if dtype in HALVES else dtype, copy=False)
    axes = range(nd.ndim) if axis is None else normalize_axis_tuple(axis, nd.ndim)
    if 0 in [nd.shape[i] for i in axes]:
        # As of NaN alone: NumPy raises an IndexError here, or warns that it divides by zero.
        floats = numpy.full([1 if i in axes else n for i, n in enumerate(nd.shape)], nan, floats.dtype)
    return wrap(numpy.asarray(kernel(floats, axis=axis, keepdims=keepdims, **kwargs), dtype))


SCATTER: dict[str, Any] = {
    "set": None,
    "add": numpy.add,
    "multiply": numpy.multiply,
    "min": numpy.minimum,
    "max": numpy.maximum,
}
"""How :func:`scatter` combines a value with what is there."""


@routed
def scatter(
    x: Any,
    indices: Any,
    values: Any,
    /,
    *,
    axis: int = 0,
    mode: Literal["set", "add", "multiply", "min", "max"] = "set",
) -> ExTensor:
    """A copy of `x` with other elements at `indices`.

    An extension of the standard: ``x.at[indices].set(values)``, ``.add(values)`` and so on of JAX,
    ``array_api_extra.at``, ``index_put`` and ``index_add`` of PyTorch.

    Parameters
    ----------
    x : ExTensor
        Array with one axis or more.
    indices : int, slice, ExTensor or tuple of them
        Which elements: whatever `x` can be indexed with, integers and masks among them.
    values : ExTensor or scalar
        Values that broadcast with the elements at `indices`.
    axis : int
        The axis to which `indices` applies, or from which on if it is a tuple; so with integers, :func:`take` gives
        what is at the same place.
    mode : {"set", "add", "multiply", "min", "max"}
        How a value combines with the element that is there. An element that occurs several times in `indices`
        combines with each of the values; with "set" the last remains.

    Returns
    -------
    ExTensor
        Array of the shape and data type of `x`.

    Raises
    ------
    IndexError
        If an index is out of bounds.
    ValueError
        If the shapes do not broadcast, or there is no such mode.
    TypeError
        If the values do not fit the data type of `x`.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.scatter(xp.zeros(3), xp.asarray([0, 2, 2]), xp.asarray([1.0, 2.0, 3.0]), mode="add")
    ExTensor([1., 0., 5.], dtype=float64)
    """
    if mode not in SCATTER:
        raise ValueError(f"no mode {mode!r} of scatter; use one of {', '.join(SCATTER)}")
    target = unwrap(x).copy()
    if not -target.ndim <= axis < target.ndim:
        raise ValueError(f"no axis {axis} in an array of shape {target.shape}")
    key = (slice(None),) * (axis % target.ndim) + (indices if type(indices) is tuple else (indices,))
    value = _fitting(values, target)
    if mode == "set":
        target[index(key)] = value
    else:
        SCATTER[mode].at(target, index(key), value)
    return wrap(target)


@routed
def split(x: Any, indices_or_sections: int | Sequence[int], /, *, axis: int = 0) -> tuple[ExTensor, ...]:
    """Views of the parts of `x` along an axis.

    An extension of the standard: ``split`` of NumPy and JAX, ``torch.tensor_split``. (``torch.split`` takes the size
    of a part.)

    Parameters
    ----------
    x : ExTensor
        Array with one axis or more.
    indices_or_sections : int or sequence of int
        Number of parts, all of one size; or the indices at which to cut.
    axis : int
        The axis.

    Raises
    ------
    ValueError
        If there are no parts of one size, or no such axis.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.split(xp.arange(5), (1, 3))
    (ExTensor([0], dtype=int64), ExTensor([1, 2], dtype=int64), ExTensor([3, 4], dtype=int64))
    """
    nd = unwrap(x)
    if not -nd.ndim <= axis < nd.ndim:
        raise ValueError(f"no axis {axis} in an array of shape {nd.shape}")
    if isinstance(indices_or_sections, int):
        if indices_or_sections < 1 or nd.shape[axis] % indices_or_sections:
            raise ValueError(
                f"cannot split an axis of size {nd.shape[axis]} into {indices_or_sections} parts of one size; "
                "pass the indices at which to cut"
            )
        return tuple(map(wrap, numpy.split(nd, indices_or_sections, axis)))
    return tuple(map(wrap, numpy.split(nd, [int(i) for i in indices_or_sections], axis)))


def _fitting(x: Any, nd: Kernel) -> Kernel:
    """The operand in the data type of `nd`, if it is of its kind or a lower one."""
    value = operand(x)
    if not numpy.can_cast(promoted(nd, value), nd.dtype, "same_kind"):
        raise TypeError(
            f"{nd.dtype} does not hold a value of {promoted(value)}; convert one to the other with astype()"
        )
    return numpy.asarray(value, nd.dtype)
