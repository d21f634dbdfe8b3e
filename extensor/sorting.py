"""Sorting functions. NaN sorts as greater than every number."""

from __future__ import annotations

from typing import Any

import numpy

from .array import ExTensor, Kernel, routed, unwrap, wrap
from .dtypes import HALVES, float32


@routed
def argsort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> ExTensor:
    """Indices that sort `x` along an axis; parameters as in :func:`sort`.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.argsort(xp.asarray([3, 1, 2]), descending=True)
    ExTensor([0, 2, 1], dtype=int64)
    """
    nd = _with_axis(x)
    kind = "stable" if stable else None
    if not descending:
        return wrap(nd.argsort(axis, kind=kind))
    # Sorted backwards twice, equal elements keep their order.
    order = numpy.flip(numpy.flip(nd, axis).argsort(axis, kind=kind), axis)
    return wrap(nd.shape[axis] - 1 - order)


@routed
def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> ExTensor:
    """The elements of `x` in order along an axis.

    Parameters
    ----------
    x : ExTensor
        Array with one axis or more.
    axis : int
        The axis.
    descending : bool
        Whether the greatest element comes first.
    stable : bool
        Whether elements that are equal keep their order.

    Raises
    ------
    ValueError
        If `x` has no such axis.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.sort(xp.asarray([3, 1, 2]))
    ExTensor([1, 2, 3], dtype=int64)
    """
    nd = _with_axis(x).copy()
    # Equal integers cannot be told apart, and NumPy's fastest sort of them is not a stable one.
    kind = "stable" if stable and nd.dtype.kind in "fc" else None
    (numpy.flip(nd, axis) if descending else nd).sort(axis, kind=kind)
    return wrap(nd.astype(unwrap(x).dtype, copy=False))


def _with_axis(x: Any) -> Kernel:
    nd = unwrap(x)
    if nd.ndim == 0:
        raise ValueError("sorting needs an array with an axis or more")
    # ml_dtypes does not put NaN last, and float32 holds every half.
    return nd.astype(float32) if nd.dtype in HALVES else nd
