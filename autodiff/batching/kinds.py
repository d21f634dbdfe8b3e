"""The kinds of batching rules, and what several rules share.

A rule is a function ``(xp, function, *args, **params)`` of the batching namespace, the function of the inner namespace,
and the arguments of the call, at least one of them batched. Among the arguments, arrays of `xp` are batched, and
anything else, arrays of the inner namespace included, is the same for all examples. A rule returns arrays of the inner
namespace whose axis 0 is the batch axis, or arrays of `xp`; or NotImplemented, if it has no way for this call that is
better than one example at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NoReturn

from autodiff.namespaces import array_namespace, device_of, is_array
from autodiff.rules.kinds import axis_of
from autodiff.wrapping import is_operand, lifted

Batching = Callable[..., Any]


class BatchedValueError(TypeError):
    """The value of a batched array was needed where there can be only one for all examples."""


def refused(what: str, instead: str) -> Batching:
    """Rule of a function whose result has another shape, or is another object, for each example."""

    def rule(xp: Any, function: Any, *args: Any, **params: Any) -> NoReturn:
        raise BatchedValueError(
            f"{what} of a batched array has no one result for all examples of vmap; {instead}, or compute it before "
            "vmap"
        )

    return rule


def is_batched(xp: Any, x: Any) -> bool:
    """Whether an object is an array that has a value for each example."""
    return xp.owns(x) and x.batched  # type: ignore[no-any-return]


def raised(xp: Any, x: Any, ndim: int) -> Any:
    """Inner array of x such that it broadcasts as x does with arrays of so many axes, the batch axis not counted."""
    if not is_batched(xp, x):
        return x
    missing = ndim - x.ndim
    return xp.inner.reshape(x.primal, (x.primal.shape[0], *[1] * missing, *x.shape)) if missing > 0 else x.primal


def spread(xp: Any, x: Any, size: int) -> Any:
    """Inner array of x with a batch axis of that length."""
    if is_batched(xp, x):
        return x.primal
    x = xp.unwrap(x)
    here = array_namespace(x)
    return here.broadcast_to(here.expand_dims(x, axis=0), (size, *x.shape))


def size_of(xp: Any, *operands: Any) -> int:
    """Number of examples, one operand at least being batched."""
    return next(x.primal.shape[0] for x in operands if is_batched(xp, x))  # type: ignore[no-any-return]


def shifted(axis: Any, ndim: int) -> Any:
    """Axis or axes of an example as those of the batch."""
    if isinstance(axis, (tuple, list)):
        return tuple([shifted(i, ndim) for i in axis])
    return axis_of(ndim, axis) + 1


def flattened(xp: Any, x: Any) -> Any:
    """Inner array with all axes but the batch axis made one."""
    return xp.inner.reshape(x.primal, (x.primal.shape[0], math.prod(x.shape)))


def composite(definition: Callable[..., Any]) -> Batching:
    """Rule of a function that is defined through others of its namespace."""

    def rule(xp: Any, function: Any, *args: Any, **params: Any) -> Any:
        return definition(xp, *lifted(xp, args), **lifted(xp, params))

    return rule


def elementwise(xp: Any, function: Any, *operands: Any, **params: Any) -> Any:
    """Operands of fewer axes are given axes of length one; the rest is broadcasting."""
    for x in operands:
        is_operand(x)
    ndim = max([x.ndim for x in (*operands, *params.values()) if is_array(x)])
    params = {name: raised(xp, x, ndim) for name, x in params.items()}
    return function(*[raised(xp, x, ndim) for x in operands], **params)


def reduction(xp: Any, function: Any, x: Any, /, *, axis: Any = None, keepdims: bool = False, **params: Any) -> Any:
    """Reduces one axis, several, or all."""
    if axis is None:
        out = function(flattened(xp, x), axis=1, **params)
        return xp.inner.reshape(out, (out.shape[0], *[1] * x.ndim)) if keepdims else out
    if isinstance(axis, tuple) and not axis:
        return NotImplemented
    return function(x.primal, axis=shifted(axis, x.ndim), keepdims=keepdims, **params)


def first_alone(xp: Any, x: Any, args: Any, params: Any) -> bool:
    """Whether of all arguments x alone is batched."""
    return is_batched(xp, x) and not any(is_batched(xp, value) for value in (*args, *params.values()))


def along_axis(default: int | None, *, name: str = "axis", every: bool = False) -> Batching:
    """Works along one axis, or several, of one operand.

    Parameters
    ----------
    default : int or None
        Axis of a call that names none.
    name : str
        Name of the parameter.
    every : bool
        Whether None stands for all axes, unless their lengths `s` are given; otherwise for the only one.
    """

    def rule(xp: Any, function: Any, x: Any, /, *args: Any, **params: Any) -> Any:
        axis = params.pop(name, default)
        if axis is None and every and params.get("s") is None:
            axis = tuple(range(x.ndim))
        elif axis is None and x.ndim == 1:
            axis = 0
        if axis is None or not x.ndim or not first_alone(xp, x, args, params):
            return NotImplemented
        return function(x.primal, *args, **{name: shifted(axis, x.ndim)}, **params)

    return rule


def matrices(xp: Any, function: Any, x: Any, /, *args: Any, **params: Any) -> Any:
    """Works on stacks of matrices as it is."""
    if x.ndim < 2 or not first_alone(xp, x, args, params):
        # A vector per example would pass for a matrix.
        return NotImplemented
    return function(x.primal, *args, **params)


def like(name: str) -> Batching:
    """Makes one array for all examples, of the shape, data type and device of one of them."""

    def rule(xp: Any, function: Any, x: Any, /, *, dtype: Any = None, device: Any = None) -> Any:
        dtype, device = x.dtype if dtype is None else dtype, device_of(x) if device is None else device
        return xp.constant(getattr(xp.inner, name)(x.shape, dtype=dtype, device=device))

    return rule


def one_by_one(xp: Any, function: Any, *args: Any, **params: Any) -> Any:
    """No way to run on all examples at once."""
    return NotImplemented
