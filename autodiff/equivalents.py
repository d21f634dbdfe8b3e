"""Functions of NumPy and PyTorch that the standard lacks, in terms of functions that it has.

They take the namespace first and name their parameters as the standard would; :mod:`autodiff.routing` says what the
libraries call them.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from math import prod
from typing import Any

from .namespaces import is_complex, is_floating
from .rules.kinds import axis_of

__all__ = ["EQUIVALENTS"]

Pair = namedtuple("Pair", ("values", "indices"))


def _atleast(ndim: int) -> Callable[..., Any]:
    def atleast(xp: Any, /, *arrays: Any) -> Any:
        wide = [xp.asarray(x) for x in arrays]
        wide = [xp.reshape(x, (1,) * (ndim - x.ndim) + x.shape) for x in wide]
        return wide[0] if len(wide) == 1 else tuple(wide)

    return atleast


def _column_stack(xp: Any, arrays: Any, /) -> Any:
    columns = [xp.asarray(x) for x in arrays]
    return xp.concat([xp.reshape(x, (-1, 1)) if x.ndim < 2 else x for x in columns], axis=1)


def _diagonal(xp: Any, x: Any, /, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return xp.linalg.diagonal(xp.moveaxis(x, (axis1, axis2), (-2, -1)), offset=offset)


def _dot(xp: Any, x1: Any, x2: Any, /) -> Any:
    x1, x2 = xp.asarray(x1), xp.asarray(x2)
    if not x1.ndim or not x2.ndim:
        return xp.multiply(x1, x2)
    return xp.tensordot(x1, x2, axes=((-1,), (-min(x2.ndim, 2),)))


def _extremum(name: str, elementwise: str) -> Callable[..., Any]:
    """PyTorch's ``max`` and ``min``: of all elements, along an axis with the positions, or of two arrays."""

    def extremum(xp: Any, x: Any, /, *, axis: Any = None, keepdims: bool = False, other: Any = None) -> Any:
        other = axis if hasattr(axis, "dtype") else other
        if other is not None:
            return getattr(xp, elementwise)(x, other)
        if axis is None:
            return getattr(xp, name)(x)
        indices = getattr(xp, f"arg{name}")(x, axis=axis, keepdims=True)
        pair = Pair(xp.take_along_axis(x, indices, axis=axis), indices)
        return pair if keepdims else Pair(*[xp.squeeze(part, axis=axis) for part in pair])

    return extremum


def _flatten(xp: Any, x: Any, /, *, start: int = 0, stop: int = -1) -> Any:
    first, last = (axis_of(max(x.ndim, 1), axis) for axis in (start, stop))
    return xp.reshape(x, (*x.shape[:first], prod(x.shape[first : last + 1]), *x.shape[last + 1 :]))


def _hstack(xp: Any, arrays: Any, /) -> Any:
    rows = [EQUIVALENTS["atleast_1d"](xp, x) for x in arrays]
    return xp.concat(rows, axis=min(rows[0].ndim - 1, 1))


def _inner(xp: Any, x1: Any, x2: Any, /) -> Any:
    x1, x2 = xp.asarray(x1), xp.asarray(x2)
    return xp.tensordot(x1, x2, axes=((-1,), (-1,))) if x1.ndim and x2.ndim else xp.multiply(x1, x2)


def _logsumexp(xp: Any, x: Any, /, *, axis: Any, keepdims: bool = False) -> Any:
    largest = xp.max(x, axis=axis, keepdims=True)
    largest = xp.where(xp.isfinite(largest), largest, 0.0)
    out = xp.log(xp.sum(xp.exp(x - largest), axis=axis, keepdims=True)) + largest
    return out if keepdims else xp.squeeze(out, axis=axis)


def _norm(xp: Any, x: Any, /, *, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    if axis is None and ord is None:
        norm = xp.linalg.vector_norm(xp.reshape(x, (-1,)))
        return xp.reshape(norm, (1,) * x.ndim) if keepdims else norm
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(axes) == 1:
        return xp.linalg.vector_norm(x, ord=2 if ord is None else ord, axis=axes, keepdims=keepdims)
    norm = xp.linalg.matrix_norm(xp.moveaxis(x, axes, (-2, -1)), ord="fro" if ord is None else ord)
    return xp.expand_dims(norm, axis=tuple(sorted(i % x.ndim for i in axes))) if keepdims else norm


def _outer(xp: Any, x1: Any, x2: Any, /) -> Any:
    return xp.linalg.outer(*[xp.reshape(xp.asarray(x), (-1,)) for x in (x1, x2)])


def _sorted(xp: Any, x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = False) -> Any:
    indices = xp.argsort(x, axis=axis, descending=descending, stable=stable)
    return Pair(xp.take_along_axis(x, indices, axis=axis), indices)


def _spread(name: str) -> Callable[..., Any]:
    """PyTorch's ``std`` and ``var``, whose default correction is 1."""

    def spread(xp: Any, x: Any, /, *, axis: Any = None, correction: float = 1, keepdims: bool = False) -> Any:
        if isinstance(axis, bool):
            raise TypeError(f"torch.{name}(x, unbiased) is refused; pass correction={int(axis)} instead")
        return getattr(xp, name)(x, axis=axis, correction=correction, keepdims=keepdims)

    return spread


def _squeeze(xp: Any, x: Any, /, *, axis: Any = None) -> Any:
    axes = tuple(range(x.ndim)) if axis is None else axis
    return xp.squeeze(x, axis=tuple([i for i in axes if x.shape[i] == 1]) if axis is None else axis)


def _squeeze_ones(xp: Any, x: Any, /, *, axis: Any = None) -> Any:
    """PyTorch's ``squeeze``, which leaves axes of other lengths alone."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return xp.squeeze(x, axis=tuple([i for i in axes if x.shape[i] == 1]))


def _swapaxes(xp: Any, x: Any, axis1: int, axis2: int, /) -> Any:
    order = list(range(x.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return xp.permute_dims(x, tuple(order))


def _trace(xp: Any, x: Any, /, *, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    return xp.sum(_diagonal(xp, x, offset=offset, axis1=axis1, axis2=axis2), axis=-1, dtype=dtype)


def _transpose(xp: Any, x: Any, /, *, axes: Any = None) -> Any:
    return xp.permute_dims(x, tuple(reversed(range(x.ndim))) if axes is None else axes)


EQUIVALENTS: dict[str, Callable[..., Any]] = {
    "atleast_1d": _atleast(1),
    "atleast_2d": _atleast(2),
    "column_stack": _column_stack,
    "copy": lambda xp, x, /: xp.asarray(x, copy=True),
    "diagonal": _diagonal,
    "dot": _dot,
    "exp2": lambda xp, x, /: xp.pow(2.0, x),
    "flatten": _flatten,
    "hstack": _hstack,
    "inner": _inner,
    "is_complex": lambda xp, x, /: is_complex(x),
    "is_floating_point": lambda xp, x, /: is_floating(x) and not is_complex(x),
    "isrealobj": lambda xp, x, /: not is_complex(x),
    "log_softmax": lambda xp, x, /, *, axis: x - _logsumexp(xp, x, axis=axis, keepdims=True),
    "logsumexp": _logsumexp,
    "max_with_indices": _extremum("max", "maximum"),
    "min_with_indices": _extremum("min", "minimum"),
    "ndim": lambda xp, x, /: x.ndim,
    "norm": _norm,
    "outer": _outer,
    "ravel": lambda xp, x, /: xp.reshape(x, (-1,)),
    "relu": lambda xp, x, /: xp.maximum(x, 0.0),
    "sample_std": _spread("std"),
    "sample_var": _spread("var"),
    "shape": lambda xp, x, /: x.shape,
    "sigmoid": lambda xp, x, /: 0.5 * (xp.tanh(0.5 * x) + 1.0),
    "size": lambda xp, x, /, *, axis=None: x.size if axis is None else x.shape[axis],
    "softmax": lambda xp, x, /, *, axis: xp.exp(x - _logsumexp(xp, x, axis=axis, keepdims=True)),
    "sorted_with_indices": _sorted,
    "squeeze_all": _squeeze,
    "squeeze_ones": _squeeze_ones,
    "swapaxes": _swapaxes,
    "take": lambda xp, x, indices, /, *, axis=None: xp.take(x, xp.asarray(indices), axis=axis),
    "trace": _trace,
    "transpose": _transpose,
    "vstack": lambda xp, arrays, /: xp.concat([EQUIVALENTS["atleast_2d"](xp, x) for x in arrays], axis=0),
}
"""By a name of our own where the libraries' functions of one name differ."""
