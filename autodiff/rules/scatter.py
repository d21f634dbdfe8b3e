"""Adding up elements by position: the transpose of taking them.

The standard has no function for it. Libraries do, and without theirs it is a product with a matrix of zeros and ones,
as long as the positions and as wide as there are places.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib import import_module
from typing import Any

from autodiff.namespaces import device_of
from autodiff.rules.kinds import Linear, is_wrapper


def scatter_add(xp: Any, t: Any, indices: Any, size: int) -> Any:
    """``out[indices[i], ...] += t[i, ...]`` for each i, on zeros with `size` places along axis 0.

    Parameters
    ----------
    xp
        Namespace of the arrays, a wrapper or not.
    t : array of shape (n, ...)
    indices : array of integers of shape (n,)
        From ``-size`` to ``size - 1``; they may repeat.
    size : int

    Returns
    -------
    array of shape (size, ...)
    """
    if is_wrapper(xp):
        return xp.apply(_RULE, (t, indices), {"size": size})
    kernel: Callable[..., Any] = _KERNELS.get(xp.__name__, _by_one_hot)
    return kernel(xp, t, _from_start(xp, indices, size), size)


def scatter_add_along_axis(xp: Any, t: Any, indices: Any, size: int, axis: int) -> Any:
    """The transpose of ``take_along_axis``: shape of t, but for `size` places along the axis."""
    t, indices = xp.moveaxis(t, axis, -1), xp.moveaxis(indices, axis, -1)
    indices = xp.broadcast_to(_from_start(xp, indices, size), t.shape)
    rows = math.prod(t.shape[:-1])
    starts = xp.arange(rows, dtype=indices.dtype, device=device_of(indices)) * size
    places = xp.reshape(indices, (rows, -1)) + xp.expand_dims(starts, axis=-1) if t.size else indices
    out = scatter_add(xp, xp.reshape(t, (-1,)), xp.reshape(places, (-1,)), rows * size)
    return xp.moveaxis(xp.reshape(out, (*t.shape[:-1], size)), -1, axis)


def _from_start(xp: Any, indices: Any, size: int) -> Any:
    return xp.where(indices < 0, indices + size, indices)


def _by_one_hot(xp: Any, t: Any, indices: Any, size: int) -> Any:
    places = xp.arange(size, dtype=indices.dtype, device=device_of(indices))
    hot = xp.astype(xp.expand_dims(indices, axis=-1) == places, t.dtype)
    return xp.tensordot(hot, t, axes=((0,), (0,)))


def _in_numpy(xp: Any, t: Any, indices: Any, size: int) -> Any:
    numpy = import_module("numpy")
    t, indices = numpy.asarray(t), numpy.asarray(indices)
    out = numpy.zeros((size, *t.shape[1:]), dtype=t.dtype)
    if math.prod(t.shape[1:]) < _WIDE:
        numpy.add.at(out, indices, t)
    elif t.size:
        # In runs of equal positions: several times as fast as add.at, which has an overhead for each row.
        order = numpy.argsort(indices, kind="stable")
        sorted_indices = indices[order]
        starts = numpy.flatnonzero(numpy.diff(sorted_indices, prepend=-1))
        out[sorted_indices[starts]] = numpy.add.reduceat(t[order], starts, axis=0)
    return xp.asarray(out)


_WIDE = 16
"""Elements of a row from which on sorting the rows pays."""


def _in_torch(xp: Any, t: Any, indices: Any, size: int) -> Any:
    zeros = xp.zeros((size, *t.shape[1:]), dtype=t.dtype, device=t.device)
    return zeros.index_add(0, indices, t)


def _in_jax(xp: Any, t: Any, indices: Any, size: int) -> Any:
    return xp.zeros((size, *t.shape[1:]), dtype=t.dtype, device=device_of(t)).at[indices].add(t)


_KERNELS: dict[str, Callable[..., Any]] = {
    "array_api_compat.torch": _in_torch,
    "extensor": _in_numpy,
    "jax.numpy": _in_jax,
    "numpy": _in_numpy,
}
"""By name of the namespace."""


def _on_all_examples(xp: Any, function: Any, t: Any, indices: Any, *, size: int) -> Any:
    inner = xp.inner
    if not xp.owns(indices):
        # The examples become the last axis.
        return inner.moveaxis(function(inner.moveaxis(t.primal, 0, -1), indices, size=size), -1, 0)
    count, n = indices.primal.shape
    t = t.primal if xp.owns(t) else inner.broadcast_to(inner.expand_dims(t, axis=0), (count, *t.shape))
    starts = inner.arange(count, dtype=indices.dtype, device=device_of(indices)) * size
    places = _from_start(inner, indices.primal, size) + inner.expand_dims(starts, axis=-1)
    out = function(inner.reshape(t, (count * n, *t.shape[2:])), inner.reshape(places, (-1,)), size=count * size)
    return inner.reshape(out, (count, size, *out.shape[1:]))


_RULE = Linear(
    "scatter_add",
    lambda xp, ct, out, shape, indices, *, size: xp.take(ct, indices, axis=0),
    None,
    call=scatter_add,
)
_RULE.batching = _on_all_examples
