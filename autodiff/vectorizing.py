"""Vectorization of functions over trees of arrays: vmap."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import optree

from .arguments import integer
from .batch import Batch
from .batching.kinds import spread
from .namespaces import array_namespace, is_array
from .wrapping import lift

__all__ = ["vmap"]

_KIND_OF_AXES = "an int, None, or a tree of those that the structure of the arrays continues"


def vmap(f: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0) -> Callable[..., Any]:
    """Function that runs `f` on every example of a batch at once.

    Parameters
    ----------
    f : callable
        Function of trees of arrays, to a tree of arrays.
    in_axes : int, None, or tuple of trees of these
        Axis of the arrays that counts the examples, negative from the end; None where an array is the same for all. One
        for all positional arguments, or a tuple with an entry for each, which may be a tree of the structure of that
        argument, or of its upper part.
    out_axes : int, None, or tree of these
        The same for the results.

    Returns
    -------
    callable
        Takes the arguments of `f`, its positional arguments with the axis that `in_axes` names, those by keyword with
        axis 0 counting the examples. The results have the axis that `out_axes` names; they are the same as
        those of a loop over the examples, stacked. A result that is the same for all examples is repeated. What is not
        an array is passed as it is, both in and out.

    Raises
    ------
    ValueError
        If arrays differ in their number of examples, lack the axis, or none is mapped; if an axis is None for a result
        that depends on the example; if a tree of axes does not fit.
    TypeError
        If an axis is something else than an int or None. Within `f`, :class:`BatchedValueError` if it needs the value
        of an array that has one for each example, as in ``if x > 0``, or a function the shape of whose result depends
        on values.

    Examples
    --------
    >>> import numpy
    >>> from autodiff import grad
    >>> def loss(w, x):
    ...     xp = x.__array_namespace__()
    ...     return xp.sum(w * x) ** 2
    >>> w, xs = numpy.asarray([1.0, 2.0]), numpy.asarray([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> vmap(grad(loss), in_axes=(None, 0))(w, xs)
    array([[2., 0.],
           [0., 4.],
           [6., 6.]])
    """

    @wraps(f)
    def function(*args: Any, **kwargs: Any) -> Any:
        arguments: Any = args, kwargs
        leaves, treedef = optree.tree_flatten(arguments, none_is_leaf=True)
        axes = _axes("in_axes", (tuple(in_axes) if isinstance(in_axes, list) else in_axes, 0), arguments)
        size = _size(leaves, axes, arguments)
        inner = array_namespace(*[x for x in leaves if is_array(x)])
        namespace = Batch(inner)

        def wrap(x: Any, axis: int | None) -> Any:
            if not is_array(x):
                return x
            x = lift(inner, x)
            return namespace.constant(x) if axis is None else namespace.variable(_moved(x, axis, 0))

        wrapped = [wrap(x, axis) for x, axis in zip(leaves, axes, strict=True)]
        positional, named = optree.tree_unflatten(treedef, wrapped)
        try:
            out = f(*positional, **named)
        finally:
            namespace.close()
        outs, out_treedef = optree.tree_flatten(out, none_is_leaf=True)
        axes = _axes("out_axes", out_axes, out)

        def unwrap(position: int, x: Any, axis: int | None) -> Any:
            batched = namespace.owns(x) and x.batched
            x = namespace.unwrap(x)
            if not is_array(x) or (axis is None and not batched):
                return x
            if axis is None:
                raise ValueError(
                    f"out_axes is None for {_name(out, 'out', position)}, which depends on the example; give it an int"
                )
            ndim = x.ndim + (not batched)
            if not -ndim <= axis < ndim:
                raise ValueError(
                    f"out_axes is {axis} for {_name(out, 'out', position)}, of {ndim} dimensions with that of the "
                    "examples"
                )
            if not batched:
                # A view by broadcasting could not be written to.
                x = array_namespace(x).asarray(spread(namespace, x, size), copy=True)
            return _moved(x, 0, axis)

        return out_treedef.unflatten(
            [unwrap(position, x, axis) for position, (x, axis) in enumerate(zip(outs, axes, strict=True))]
        )

    return function


def _axes(what: str, axes: Any, tree: Any) -> list[int | None]:
    """An axis for every leaf."""
    try:
        found = optree.broadcast_prefix(axes, tree, none_is_leaf=True)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{what} must be {_KIND_OF_AXES}; {error}") from error
    try:
        return [None if axis is None else integer(axis) for axis in found]
    except TypeError:
        raise TypeError(f"{what} must be {_KIND_OF_AXES}, got {axes!r}") from None


def _size(leaves: list[Any], axes: list[int | None], arguments: Any) -> int:
    """Number of examples."""
    sizes = {}
    for position, (x, axis) in enumerate(zip(leaves, axes, strict=True)):
        if axis is None or not is_array(x):
            continue
        if not -x.ndim <= axis < x.ndim:
            raise ValueError(
                f"in_axes is {axis} for {_argument(arguments, position)}, which is of shape {tuple(x.shape)}; if it is "
                "the same for all examples, its axis is None"
            )
        sizes[position] = x.shape[axis]
    if not sizes:
        raise ValueError("vmap needs an array with an axis of examples among the arguments, but in_axes names no array")
    if len(set(sizes.values())) > 1:
        found = ", ".join(
            f"{size} in {_argument(arguments, position)} (axis {axes[position]} of shape "
            f"{tuple(leaves[position].shape)})"
            for position, size in sizes.items()
        )
        raise ValueError(f"vmap needs the same number of examples in all arrays, got {found}")
    return next(iter(sizes.values()))  # type: ignore[no-any-return]


def _argument(arguments: Any, position: int) -> str:
    args, kwargs = arguments
    count = optree.tree_structure(args, none_is_leaf=True).num_leaves
    return _name(args, "args", position) if position < count else _name(kwargs, "kwargs", position - count)


def _name(tree: Any, root: str, position: int) -> str:
    """Python expression for a leaf of a tree."""
    return optree.tree_accessors(tree, none_is_leaf=True)[position].codify(root)


def _moved(x: Any, source: int, destination: int) -> Any:
    if x.ndim and source % x.ndim == destination % x.ndim:
        return x
    return array_namespace(x).moveaxis(x, source, destination)
