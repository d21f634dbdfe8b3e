"""Functions that move elements, leaving each as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from . import pool
from .array import ExTensor, routed, unwrap, wrap
from .dtypes import alike
from .large import LARGE


@routed
def broadcast_arrays(*arrays: Any) -> tuple[ExTensor, ...]:
    """The arrays, broadcast against one another; views, read-only where elements repeat.

    Raises
    ------
    ValueError
        If the shapes do not broadcast.

    Examples
    --------
    >>> import extensor as xp
    >>> [x.shape for x in xp.broadcast_arrays(xp.ones((2, 1)), xp.ones(3))]
    [(2, 3), (2, 3)]
    """
    views = [unwrap(x) for x in arrays]
    shape = numpy.broadcast_shapes(*(nd.shape for nd in views))
    return tuple(wrap(nd if nd.shape == shape else numpy.broadcast_to(nd, shape)) for nd in views)


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape to which shapes broadcast.

    Raises
    ------
    ValueError
        If they do not.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
    return numpy.broadcast_shapes(*shapes)


@routed
def broadcast_to(x: Any, /, shape: tuple[int, ...]) -> ExTensor:
    """`x` in a shape to which it broadcasts: a read-only view.

    Raises
    ------
    ValueError
        If it does not broadcast to `shape`.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.broadcast_to(xp.asarray([1, 2]), (2, 2))
    ExTensor([[1, 2],
              [1, 2]], dtype=int64)
    """
    return wrap(numpy.broadcast_to(unwrap(x), shape))


@routed
def concat(arrays: Sequence[Any], /, *, axis: int | None = 0) -> ExTensor:
    """Arrays joined along an axis they have; flattened first if it is None.

    Parameters
    ----------
    arrays : tuple or list of ExTensor
        Arrays of one shape but for the axis.
    axis : int, optional
        The axis.

    Raises
    ------
    ValueError
        If the shapes do not match, or there are no arrays.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.concat([xp.asarray([1, 2]), xp.asarray([3])])
    ExTensor([1, 2, 3], dtype=int64)
    """
    views = alike(*[unwrap(x) for x in arrays])
    if sum([nd.nbytes for nd in views]) >= LARGE and axis is not None:
        shape = list(views[0].shape)
        shape[axis] = sum([nd.shape[axis] for nd in views])
        return wrap(numpy.concatenate(views, axis, out=pool.empty(tuple(shape), numpy.result_type(*views))))
    return wrap(numpy.concatenate(views, axis))


@routed
def expand_dims(x: Any, /, axis: int | tuple[int, ...]) -> ExTensor:
    """A view of `x` with an axis of size one at each position `axis` of the result.

    Raises
    ------
    IndexError
        If there is no such position.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.expand_dims(xp.ones(3), axis=0).shape
    (1, 3)
    """
    return wrap(numpy.expand_dims(unwrap(x), axis))


@routed
def flip(x: Any, /, *, axis: int | tuple[int, ...] | None = None) -> ExTensor:
    """A view of `x` with the order of elements reversed along axes, by default along all.

    Raises
    ------
    IndexError
        If there is no such axis.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.flip(xp.asarray([1, 2, 3]))
    ExTensor([3, 2, 1], dtype=int64)
    """
    return wrap(numpy.flip(unwrap(x), axis))


@routed
def moveaxis(x: Any, source: int | tuple[int, ...], destination: int | tuple[int, ...], /) -> ExTensor:
    """A view of `x` with the axes `source` at the positions `destination`, the others in their order.

    Raises
    ------
    ValueError
        If there are no such axes, or not as many positions.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.moveaxis(xp.ones((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    return wrap(numpy.moveaxis(unwrap(x), source, destination))


@routed
def permute_dims(x: Any, /, axes: tuple[int, ...]) -> ExTensor:
    """A view of `x` with its axes in the order `axes`.

    Raises
    ------
    ValueError
        If `axes` does not name each axis once.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.permute_dims(xp.ones((2, 3, 4)), (2, 0, 1)).shape
    (4, 2, 3)
    """
    return wrap(unwrap(x).transpose(axes))


@routed
def repeat(x: Any, repeats: Any, /, *, axis: int | None = None) -> ExTensor:
    """Each element, or each slice along an axis, repeated.

    Parameters
    ----------
    x : ExTensor
        Array of any shape; flattened if `axis` is None.
    repeats : int or ExTensor
        How often, for all or for each.
    axis : int, optional
        The axis.

    Raises
    ------
    ValueError
        If `repeats` does not broadcast to the size of the axis.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.repeat(xp.asarray([1, 2]), 2)
    ExTensor([1, 1, 2, 2], dtype=int64)
    """
    return wrap(unwrap(x).repeat(unwrap(repeats), axis))


@routed
def reshape(x: Any, /, shape: int | Sequence[int], *, copy: bool | None = None) -> ExTensor:
    """The elements of `x` in another shape.

    Parameters
    ----------
    x : ExTensor
        Array of any shape.
    shape : int or tuple of int
        The shape; one axis may be -1, for the size that is left.
    copy : bool, optional
        True: always copy; False: never; None: only if needed.

    Raises
    ------
    ValueError
        If the number of elements differs, or `copy` is False and a copy is needed.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.reshape(xp.arange(4), (2, -1))
    ExTensor([[0, 1],
              [2, 3]], dtype=int64)
    """
    nd = unwrap(x)
    # Twice as fast without the keyword.
    return wrap(nd.reshape(shape) if copy is None else nd.reshape(shape, copy=copy))


@routed
def roll(x: Any, /, shift: int | tuple[int, ...], *, axis: int | tuple[int, ...] | None = None) -> ExTensor:
    """The elements of `x` shifted along axes, those pushed out coming in at the other end.

    Parameters
    ----------
    x : ExTensor
        Array of any shape; shifted as if flattened if `axis` is None.
    shift : int or tuple of int
        How far, for each axis.
    axis : int or tuple of int, optional
        The axes.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.roll(xp.asarray([1, 2, 3]), 1)
    ExTensor([3, 1, 2], dtype=int64)
    """
    return wrap(numpy.roll(unwrap(x), shift, axis))


@routed
def squeeze(x: Any, /, axis: int | tuple[int, ...]) -> ExTensor:
    """A view of `x` without axes of size one.

    Raises
    ------
    ValueError
        If such an axis is missing or not of size one.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.squeeze(xp.ones((1, 3)), axis=0).shape
    (3,)
    """
    return wrap(unwrap(x).squeeze(axis))


@routed
def stack(arrays: Sequence[Any], /, *, axis: int = 0) -> ExTensor:
    """Arrays of one shape joined along a new axis.

    Raises
    ------
    ValueError
        If the shapes differ, or there are no arrays.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.stack([xp.asarray([1, 2]), xp.asarray([3, 4])])
    ExTensor([[1, 2],
              [3, 4]], dtype=int64)
    """
    return wrap(numpy.stack(alike(*[unwrap(x) for x in arrays]), axis))


@routed
def tile(x: Any, repetitions: tuple[int, ...], /) -> ExTensor:
    """Copies of `x` laid side by side along each axis, counted from the last.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.tile(xp.asarray([1, 2]), (2, 2))
    ExTensor([[1, 2, 1, 2],
              [1, 2, 1, 2]], dtype=int64)
    """
    return wrap(numpy.tile(unwrap(x), repetitions))


@routed
def unstack(x: Any, /, *, axis: int = 0) -> tuple[ExTensor, ...]:
    """Views of the slices of `x` along an axis.

    Raises
    ------
    ValueError
        If there is no such axis.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.unstack(xp.asarray([[1, 2], [3, 4]]))
    (ExTensor([1, 2], dtype=int64), ExTensor([3, 4], dtype=int64))
    """
    nd = numpy.moveaxis(unwrap(x), axis, 0)
    return tuple(wrap(nd[i, ...]) for i in range(len(nd)))
