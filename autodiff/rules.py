"""The derivative of every function of the standard, one entry per function, for both modes.

An entry is of one of these kinds. ``t`` stands for a tangent or a cotangent, ``xp`` for the namespace of the values.

=============== ============================================== ========================= ============================
kind            the entry states                               forward                   reverse
=============== ============================================== ========================= ============================
Elementwise     for each operand, ``t`` times the partial      the entry, summed         the entry
Linear          the transpose for each operand                 the function itself       the transpose
Bilinear        the transpose for each operand                 the function, by operand  the transpose
Reduction       weights: ``out_dot = sum(weights * x_dot)``    the weighted sum          the weights times ``t``
RealLinear      both, where the function is linear over the    the first                 the second
                reals but not over the complex numbers
composite       a definition through other functions           through the definition    through the definition
=============== ============================================== ========================= ============================

Cotangents are transposed, not conjugated, as in JAX. The engine sums a cotangent over broadcast axes, so no entry
does; and it casts to the data type of the variable at the end, so no entry does that either.
"""

from __future__ import annotations

import cmath
import math
import operator
from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any

from .namespaces import is_complex, kind

__all__ = ["COMPOSITES", "NON_DIFFERENTIABLE", "RULES", "Rule"]

Pull = Callable[..., Any]


class Rule:
    """How one function is called and differentiated.

    Parameters
    ----------
    name : str
        Path of the function in its namespace.
    *pulls : callable or None
        For each operand ``(xp, t, out, *operands, **params) -> cotangent of the operand``; None where the function
        has no derivative in it. Unless `reads_operands`, the engine keeps no operand for the backward pass and passes
        the shape of each in its place; unless `reads_out`, it passes None for the result.
    call : callable, optional
        ``(xp, *operands, **params)``; by default the function of that name.
    bind : callable, optional
        Turns the arguments of a call into operands and parameters, where those are not the positional and the named
        ones.
    """

    reads_operands = False
    reads_out = False

    def __init__(
        self,
        name: str,
        *pulls: Pull | None,
        call: Callable[..., Any] | None = None,
        bind: Callable[..., tuple[tuple[Any, ...], dict[str, Any]]] | None = None,
    ) -> None:
        self.name = name
        self.pulls: Any = pulls
        self.function_in = attrgetter(name)
        self.bind = bind
        self.definition = call

    def call(self, xp: Any, *operands: Any, **params: Any) -> Any:
        """Run the function in a namespace."""
        if self.definition is not None:
            return self.definition(xp, *operands, **params)
        return self.function_in(xp)(*operands, **params)

    def keep(self, operands: Sequence[Any], shapes: Sequence[Any]) -> Sequence[Any]:
        """What the pulls read of the operands."""
        if self.reads_operands:
            return operands
        kept = [x if pull is None else shape for pull, x, shape in zip(self.pulls, operands, shapes, strict=False)]
        return [*kept, *operands[len(kept) :]]

    def push(self, xp: Any, tangents: Sequence[Any], out: Any, operands: Any, params: Any) -> Any:
        """Tangent of the result; a tangent of None is zero, and not all are."""
        raise NotImplementedError


class Elementwise(Rule):
    """Each element of the result depends on one element of each operand: pushing and pulling are the same product."""

    def __init__(self, name: str, *scales: Pull | None, reads: str = "operands", **options: Any) -> None:
        super().__init__(name, *scales, **options)
        self.reads_operands = "operands" in reads
        self.reads_out = "out" in reads

    def push(self, xp: Any, tangents: Sequence[Any], out: Any, operands: Any, params: Any) -> Any:
        out_dot = None
        for scale, x_dot in zip(self.pulls, tangents, strict=True):
            if x_dot is not None and scale is not None:
                term = scale(xp, x_dot, out, *operands, **params)
                out_dot = term if out_dot is None else out_dot + term
        if out_dot is not None and out_dot.shape != out.shape:
            out_dot = xp.broadcast_to(out_dot, out.shape)
        return out_dot


class Linear(Rule):
    """Linear in all operands that have a transpose; the others are constants such as shapes and indices."""

    def push(self, xp: Any, tangents: Sequence[Any], out: Any, operands: Any, params: Any) -> Any:
        arguments = [
            x if pull is None else x_dot if x_dot is not None else xp.zeros_like(x) if hasattr(x, "dtype") else 0.0
            for pull, x, x_dot in zip(self.pulls, operands, tangents, strict=False)
        ]
        arguments += operands[len(arguments) :]
        return self.call(xp, *arguments, **params)


class Variadic(Linear):
    """Linear in a sequence of arrays; the transpose is told the position of the operand."""

    def __init__(self, name: str, pull: Callable[..., Any]) -> None:
        def call(xp: Any, *arrays: Any, **params: Any) -> Any:
            return self.function_in(xp)(arrays, **params)

        def bind(arrays: Any, /, **params: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
            return tuple(arrays), params

        super().__init__(name, call=call, bind=bind)
        self.pulls = _ByPosition(pull)


class _ByPosition:
    def __init__(self, pull: Callable[..., Any]) -> None:
        self.pull = pull

    def __getitem__(self, position: int) -> Pull:
        return partial(self.pull, position)


class Bilinear(Rule):
    """Linear in each of two operands."""

    reads_operands = True

    def push(self, xp: Any, tangents: Sequence[Any], out: Any, operands: Any, params: Any) -> Any:
        (x1, x2), (x1_dot, x2_dot) = operands, tangents
        first = None if x1_dot is None else self.call(xp, x1_dot, x2, **params)
        second = None if x2_dot is None else self.call(xp, x1, x2_dot, **params)
        return first if second is None else second if first is None else first + second


class Reduction(Rule):
    """Reduces axes of one operand; the result changes with each element by a weight.

    The entry gives ``weights(xp, out, x, axis, **params)``, where `out` has kept its reduced axes.
    """

    reads_operands = reads_out = True

    def __init__(self, name: str, weights: Callable[..., Any]) -> None:
        super().__init__(name, self.pull)
        self.weights = weights

    def pull(
        self, xp: Any, t: Any, out: Any, x: Any, *, axis: Any = None, keepdims: bool = False, **params: Any
    ) -> Any:
        out, t = (value if keepdims else expand(xp, value, x.shape, axis) for value in (out, t))
        return t * self.weights(xp, out, x, axis, **params)

    def push(self, xp: Any, tangents: Sequence[Any], out: Any, operands: Any, params: Any) -> Any:
        (x,), (x_dot,) = operands, tangents
        axis, keepdims = params.get("axis"), params.get("keepdims", False)
        extra = {key: value for key, value in params.items() if key not in ("axis", "keepdims")}
        weights = self.weights(xp, out if keepdims else expand(xp, out, x.shape, axis), x, axis, **extra)
        return xp.sum(x_dot * weights, axis=axis, keepdims=keepdims, dtype=out.dtype)


class RealLinear(Rule):
    """Linear over the reals only, one operand: the entry gives the push and the pull."""

    def __init__(
        self, name: str, push: Callable[..., Any], pull: Pull, *, reads_operands: bool = False, **options: Any
    ) -> None:
        super().__init__(name, pull, **options)
        self.reads_operands = reads_operands
        self.push_one = push

    def push(self, xp: Any, tangents: Sequence[Any], out: Any, operands: Any, params: Any) -> Any:
        return self.push_one(xp, tangents[0], out, *operands, **params)


# Helpers of several entries.


def axes_of(shape: tuple[int, ...], axis: int | tuple[int, ...] | None) -> tuple[int, ...]:
    """Axes as nonnegative numbers; None stands for all."""
    ndim = len(shape)
    if axis is None:
        return tuple(range(ndim))
    return tuple(i % ndim for i in ((axis,) if isinstance(axis, int) else axis))


def expand(xp: Any, t: Any, shape: tuple[int, ...], axis: int | tuple[int, ...] | None) -> Any:
    """Give reduced axes back as axes of length one."""
    axes = axes_of(shape, axis)
    return xp.reshape(t, tuple([1 if i in axes else n for i, n in enumerate(shape)]))


def unbroadcast(xp: Any, t: Any, shape: tuple[int, ...]) -> Any:
    """Sum over the axes along which an operand of this shape was broadcast: the transpose of ``broadcast_to``."""
    extra = len(t.shape) - len(shape)
    axes = (*range(extra), *[i + extra for i, n in enumerate(shape) if n == 1 != t.shape[i + extra]])
    if axes:
        t = xp.sum(t, axis=axes, keepdims=True, dtype=t.dtype)
    if extra:
        t = xp.reshape(t, shape)
    return t


def one_hot(xp: Any, indices: Any, length: int, like: Any) -> Any:
    """``out[..., i] = (indices[...] == i)``, with negative indices counted from the end."""
    positions = xp.arange(length, dtype=indices.dtype, device=like.device)
    wrapped = xp.where(indices < 0, indices + length, indices)
    return xp.astype(xp.expand_dims(wrapped, axis=-1) == positions, like.dtype)


def real_part(xp: Any, t: Any) -> Any:
    """Cotangent of a real result, which is complex where complex numbers came after."""
    return xp.real(t) if is_complex(t) else t


def to_device(x: Any, device: Any, *, stream: Any = None) -> Any:
    if hasattr(x, "to_device"):
        return x.to_device(device, stream=stream)
    from array_api_compat import to_device as compatible_to_device

    return compatible_to_device(x, device, stream=stream)


def _positional(*names: str) -> Callable[..., Any]:
    """Bind arrays that may be passed by name, None where absent."""

    def bind(*operands: Any, **params: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        given = dict(zip(names, operands, strict=False)) | {key: params.pop(key) for key in names if key in params}
        return tuple([given.get(name) for name in names]), params

    return bind


# Elementwise.


def _share(larger: Callable[[Any, Any], Any], other: Callable[[Any, Any], Any]) -> tuple[Pull, Pull]:
    """Partials of maximum or minimum: one where the operand is taken; two equal arrays share, a number takes all."""

    def taken(xp: Any, t: Any, x1: Any, x2: Any, larger: Any) -> Any:
        if isinstance(x1, (int, float)) or isinstance(x2, (int, float)):
            return xp.where(larger(x1, x2), t, 0.0)
        return xp.where(x1 == x2, t * 0.5, xp.where(larger(x1, x2), t, 0.0))

    return (
        lambda xp, t, out, x1, x2: taken(xp, t, x1, x2, larger),
        lambda xp, t, out, x1, x2: taken(xp, t, x1, x2, other),
    )


def _pow_base(xp: Any, t: Any, out: Any, x1: Any, x2: Any) -> Any:
    if isinstance(x2, (int, float, complex)):
        return t * (x2 * x1 ** (x2 - 1)) if x2 != 0 else xp.zeros_like(t)
    # At x2 == 0 the partial is 0, also where x1 ** -1 is not finite.
    return t * xp.where(x2 == 0, 0.0, x2 * x1 ** xp.where(x2 == 0, 1.0, x2 - 1))


def _pow_exponent(xp: Any, t: Any, out: Any, x1: Any, x2: Any) -> Any:
    if isinstance(x1, (int, float, complex)):
        return t * out * (cmath.log(x1) if isinstance(x1, complex) or x1 < 0 else math.log(x1) if x1 else 0.0)
    # At x1 == 0 the limit of x1 ** x2 * log(x1) is 0.
    return t * out * xp.log(xp.where(x1 == 0, 1.0, x1))


def _hypot(xp: Any, t: Any, out: Any, x: Any) -> Any:
    # The subgradient 0 at the origin.
    return t * (x / xp.where(out == 0, 1.0, out))


def _within(x: Any, low: Any, high: Any) -> Any:
    inside = x == x
    if low is not None:
        inside = inside & (x >= low)
    if high is not None:
        inside = inside & (x <= high)
    return inside


def _same_sign(xp: Any, t: Any, out: Any, x1: Any, x2: Any) -> Any:
    return xp.where(xp.signbit(out) == xp.signbit(x1), t, -t)


_ELEMENTWISE = (
    Elementwise("acos", lambda xp, t, out, x: -t / xp.sqrt((1 - x) * (1 + x))),
    Elementwise("acosh", lambda xp, t, out, x: t / (xp.sqrt(x - 1) * xp.sqrt(x + 1))),
    Elementwise("add", lambda xp, t, out, x1, x2: t, lambda xp, t, out, x1, x2: t, reads=""),
    Elementwise("asin", lambda xp, t, out, x: t / xp.sqrt((1 - x) * (1 + x))),
    Elementwise("asinh", lambda xp, t, out, x: t / xp.sqrt(x * x + 1)),
    Elementwise("atan", lambda xp, t, out, x: t / (x * x + 1)),
    Elementwise(
        "atan2",
        lambda xp, t, out, x1, x2: t * x2 / (x1 * x1 + x2 * x2),
        lambda xp, t, out, x1, x2: -t * x1 / (x1 * x1 + x2 * x2),
    ),
    Elementwise("atanh", lambda xp, t, out, x: t / ((1 - x) * (1 + x))),
    Elementwise(
        "clip",
        lambda xp, t, out, x, low, high: xp.where(_within(x, low, high), t, 0.0),
        lambda xp, t, out, x, low, high: xp.where(x < low, t, 0.0),
        lambda xp, t, out, x, low, high: xp.where(x > high, t, 0.0),
        bind=_positional("x", "min", "max"),
    ),
    Elementwise("copysign", _same_sign, None, reads="operands out"),
    Elementwise("cos", lambda xp, t, out, x: -t * xp.sin(x)),
    Elementwise("cosh", lambda xp, t, out, x: t * xp.sinh(x)),
    Elementwise(
        "divide", lambda xp, t, out, x1, x2: t / x2, lambda xp, t, out, x1, x2: -t * out / x2, reads="operands out"
    ),
    Elementwise("exp", lambda xp, t, out, x: t * out, reads="out"),
    Elementwise("expm1", lambda xp, t, out, x: t * (out + 1), reads="out"),
    Elementwise(
        "hypot",
        lambda xp, t, out, x1, x2: _hypot(xp, t, out, x1),
        lambda xp, t, out, x1, x2: _hypot(xp, t, out, x2),
        reads="operands out",
    ),
    Elementwise("log", lambda xp, t, out, x: t / x),
    Elementwise("log1p", lambda xp, t, out, x: t / (x + 1)),
    Elementwise("log2", lambda xp, t, out, x: t / (x * math.log(2))),
    Elementwise("log10", lambda xp, t, out, x: t / (x * math.log(10))),
    Elementwise(
        "logaddexp",
        lambda xp, t, out, x1, x2: t * xp.exp(x1 - out),
        lambda xp, t, out, x1, x2: t * xp.exp(x2 - out),
        reads="operands out",
    ),
    Elementwise("maximum", *_share(operator.gt, operator.lt)),
    Elementwise("minimum", *_share(operator.lt, operator.gt)),
    Elementwise("multiply", lambda xp, t, out, x1, x2: t * x2, lambda xp, t, out, x1, x2: t * x1),
    Elementwise("negative", lambda xp, t, out, x: -t, reads=""),
    Elementwise("nextafter", lambda xp, t, out, x1, x2: t, None, reads=""),
    Elementwise("positive", lambda xp, t, out, x: t, reads=""),
    Elementwise("pow", _pow_base, _pow_exponent, reads="operands out"),
    Elementwise("reciprocal", lambda xp, t, out, x: -t * out * out, reads="out"),
    Elementwise("remainder", lambda xp, t, out, x1, x2: t, lambda xp, t, out, x1, x2: -t * xp.floor_divide(x1, x2)),
    Elementwise("sin", lambda xp, t, out, x: t * xp.cos(x)),
    Elementwise("sinh", lambda xp, t, out, x: t * xp.cosh(x)),
    Elementwise("sqrt", lambda xp, t, out, x: t / (out + out), reads="out"),
    Elementwise("square", lambda xp, t, out, x: t * (x + x)),
    Elementwise("subtract", lambda xp, t, out, x1, x2: t, lambda xp, t, out, x1, x2: -t, reads=""),
    Elementwise("tan", lambda xp, t, out, x: t * (out * out + 1), reads="out"),
    Elementwise("tanh", lambda xp, t, out, x: t * (1 - out * out), reads="out"),
    Elementwise(
        "where",
        None,
        lambda xp, t, out, condition, x1, x2: xp.where(condition, t, 0.0),
        lambda xp, t, out, condition, x1, x2: xp.where(condition, 0.0, t),
    ),
    RealLinear(
        "abs",
        lambda xp, t, out, x: xp.real(t * xp.conj(xp.sign(x))) if is_complex(x) else t * xp.sign(x),
        lambda xp, t, out, x: real_part(xp, t) * (xp.conj(xp.sign(x)) if is_complex(x) else xp.sign(x)),
        reads_operands=True,
    ),
    RealLinear("conj", lambda xp, t, out, x: xp.conj(t), lambda xp, t, out, x: xp.conj(t)),
    RealLinear("imag", lambda xp, t, out, x: xp.imag(t), lambda xp, t, out, x: real_part(xp, t) * -1j),
    RealLinear(
        "to_device",
        lambda xp, t, out, x, device, *, stream=None: to_device(t, device, stream=stream),
        lambda xp, t, out, x, device, *, stream=None: to_device(t, x.device, stream=stream),
        reads_operands=True,
        call=lambda xp, x, device, *, stream=None: to_device(x, device, stream=stream),
    ),
    RealLinear("real", lambda xp, t, out, x: xp.real(t), lambda xp, t, out, x: real_part(xp, t)),
)


# Shapes, selection and order.


def _permute_back(xp: Any, t: Any, out: Any, shape: Any, axes: Any) -> Any:
    ndim = len(axes)
    inverse = sorted(range(ndim), key=[axis % ndim for axis in axes].__getitem__)
    return xp.permute_dims(t, tuple(inverse))


def _concat_pull(position: int, xp: Any, t: Any, out: Any, *shapes: Any, axis: int | None = 0) -> Any:
    sizes = [math.prod(shape) if axis is None else shape[axis] for shape in shapes]
    start = sum(sizes[:position])
    part = slice(start, start + sizes[position])
    if axis is None:
        return xp.reshape(t[part], shapes[position])
    return t[(*[slice(None)] * (axis % len(t.shape)), part, ...)]


def _stack_pull(position: int, xp: Any, t: Any, out: Any, *shapes: Any, axis: int = 0) -> Any:
    return t[(*[slice(None)] * (axis % len(t.shape)), position, ...)]


def getitem(xp: Any, x: Any, key: Any) -> Any:
    """``x[key]``, as a function."""
    return x[key]


def setitem(xp: Any, x: Any, key: Any, value: Any) -> Any:
    """Copy of x with ``x[key] = value``; a function, so that arrays may be immutable underneath."""
    if hasattr(x, "at") and hasattr(x.at[key], "set"):
        return x.at[key].set(value)
    out = xp.asarray(x, copy=True)
    out[key] = value
    return out


def _selects_by_position(part: Any) -> bool:
    if isinstance(part, list):
        return True
    return hasattr(part, "dtype") and part.ndim > 0 and kind(part) == "integral"


def _getitem_pull(xp: Any, t: Any, out: Any, shape: Any, key: Any) -> Any:
    parts = key if isinstance(key, tuple) else (key,)
    if any(_selects_by_position(part) for part in parts):
        # Positions may repeat, so values are added up, not assigned.
        size = math.prod(shape)
        taken = xp.reshape(xp.arange(size, device=t.device), shape)[key]
        return xp.reshape(_take_pull(xp, xp.reshape(t, (-1,)), out, (size,), xp.reshape(taken, (-1,))), shape)
    zeros = xp.zeros(shape, dtype=t.dtype, device=t.device)
    if any(part is None for part in parts):
        # Values are not assigned to new axes.
        key = tuple([part for part in parts if part is not None])
        t = xp.reshape(t, zeros[key].shape)
    return setitem(xp, zeros, key, t)


def _take_pull(xp: Any, t: Any, out: Any, shape: Any, indices: Any, *, axis: int | None = None) -> Any:
    axis = 0 if axis is None else axis % len(shape)
    selection = one_hot(xp, indices, shape[axis], t)
    return xp.moveaxis(xp.tensordot(t, selection, axes=((axis,), (0,))), -1, axis)


def _take_along_axis_pull(xp: Any, t: Any, out: Any, shape: Any, indices: Any, *, axis: int = -1) -> Any:
    axis = axis % len(shape)
    selection = xp.moveaxis(one_hot(xp, indices, shape[axis], t), axis, -2)
    t = xp.expand_dims(xp.moveaxis(t, axis, -1), axis=-1)
    return xp.moveaxis(xp.sum(t * selection, axis=-2), -1, axis)


def _cumulative_sum_pull(
    xp: Any, t: Any, out: Any, shape: Any, *, axis: int | None = None, include_initial: bool = False, dtype: Any = None
) -> Any:
    axis = 0 if axis is None else axis % len(shape)
    if include_initial:
        t = t[(*[slice(None)] * axis, slice(1, None), ...)]
    return xp.flip(xp.cumulative_sum(xp.flip(t, axis=axis), axis=axis, dtype=t.dtype), axis=axis)


def _sum_pull(
    xp: Any, t: Any, out: Any, shape: Any, *, axis: Any = None, dtype: Any = None, keepdims: bool = False
) -> Any:
    if not keepdims and axis is not None:
        t = expand(xp, t, shape, axis)
    return xp.broadcast_to(t, shape)


def _mean_pull(xp: Any, t: Any, out: Any, shape: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    size = math.prod([shape[i] for i in axes_of(shape, axis)])
    return _sum_pull(xp, t / size, out, shape, axis=axis, keepdims=keepdims)


def _roll_pull(xp: Any, t: Any, out: Any, shape: Any, shift: Any, *, axis: Any = None) -> Any:
    return xp.roll(t, tuple([-n for n in shift]) if isinstance(shift, tuple) else -shift, axis=axis)


def _reshape_pull(xp: Any, t: Any, out: Any, shape: Any, /, *args: Any, **params: Any) -> Any:
    return xp.reshape(t, shape)


def _diagonal_pull(xp: Any, t: Any, out: Any, shape: Any, *, offset: int = 0) -> Any:
    rows = xp.arange(shape[-2], device=t.device)[:, None]
    columns = xp.arange(shape[-1], device=t.device)[None, :]
    at = xp.astype(rows + offset == columns, t.dtype)
    # Row i of the result holds t[i - first], by a product with the shifted identity.
    first = max(0, -offset)
    shifted = xp.eye(shape[-2], t.shape[-1], k=-first, dtype=t.dtype, device=t.device)
    return xp.matmul(shifted, t[..., None]) * at


_LINEAR = (
    Linear("astype", lambda xp, t, out, shape, /, *args, **params: t),
    Linear("broadcast_to", lambda xp, t, out, shape, /, *args, **params: t),
    Variadic("concat", _concat_pull),
    Linear("cumulative_sum", _cumulative_sum_pull),
    Linear("expand_dims", _reshape_pull),
    Linear("flip", lambda xp, t, out, shape, *, axis=None: xp.flip(t, axis=axis)),
    Linear("getitem", _getitem_pull, None, call=getitem),
    Linear("linalg.diagonal", _diagonal_pull),
    Linear("matrix_transpose", lambda xp, t, out, shape: xp.matrix_transpose(t)),
    Linear("mean", _mean_pull),
    Linear(
        "moveaxis",
        lambda xp, t, out, shape, source, destination: xp.moveaxis(t, destination, source),
        None,
        None,
    ),
    Linear("permute_dims", _permute_back, None),
    Linear("reshape", _reshape_pull),
    Linear("roll", _roll_pull),
    Linear(
        "setitem",
        lambda xp, t, out, shape, key, value: setitem(xp, t, key, 0.0),
        None,
        lambda xp, t, out, shape, key, value: t[key],
        call=setitem,
    ),
    Linear("squeeze", _reshape_pull),
    Variadic("stack", _stack_pull),
    Linear("sum", _sum_pull),
    Linear("take", _take_pull, None),
    Linear("take_along_axis", _take_along_axis_pull, None),
    Linear("tril", lambda xp, t, out, shape, *, k=0: xp.tril(t, k=k)),
    Linear("triu", lambda xp, t, out, shape, *, k=0: xp.triu(t, k=k)),
)


# Products.


def _matmul_pull_first(xp: Any, t: Any, out: Any, x1: Any, x2: Any) -> Any:
    if x2.ndim == 1:
        return t[..., None] * x2
    if x1.ndim == 1:
        return xp.matmul(x2, t[..., None])[..., 0]
    return xp.matmul(t, xp.matrix_transpose(x2))


def _matmul_pull_second(xp: Any, t: Any, out: Any, x1: Any, x2: Any) -> Any:
    if x1.ndim == 1:
        return t[..., None, :] * x1[:, None] if x2.ndim > 1 else t * x1
    if x2.ndim == 1:
        return xp.matmul(xp.matrix_transpose(x1), t[..., None])[..., 0]
    return xp.matmul(xp.matrix_transpose(x1), t)


def _contracted(axes: Any, ndim1: int, ndim2: int) -> tuple[list[int], list[int]]:
    if isinstance(axes, int):
        return list(range(ndim1 - axes, ndim1)), list(range(axes))
    first, second = ([pair] if isinstance(pair, int) else list(pair) for pair in axes)
    return [axis % ndim1 for axis in first], [axis % ndim2 for axis in second]


def _tensordot_pull_first(xp: Any, t: Any, out: Any, x1: Any, x2: Any, *, axes: Any = 2) -> Any:
    axes1, axes2 = _contracted(axes, x1.ndim, x2.ndim)
    free1 = [axis for axis in range(x1.ndim) if axis not in axes1]
    free2 = [axis for axis in range(x2.ndim) if axis not in axes2]
    product = xp.tensordot(t, x2, axes=(list(range(len(free1), t.ndim)), free2))
    # Axes of the product: the free ones of x1, then the contracted ones in the order in which x2 has them.
    order = free1 + [axes1[axes2.index(axis)] for axis in sorted(axes2)]
    return xp.permute_dims(product, tuple([order.index(axis) for axis in range(x1.ndim)]))


def _tensordot_pull_second(xp: Any, t: Any, out: Any, x1: Any, x2: Any, *, axes: Any = 2) -> Any:
    axes1, axes2 = _contracted(axes, x1.ndim, x2.ndim)
    free1 = x1.ndim - len(axes1)
    back = xp.permute_dims(t, (*range(free1, t.ndim), *range(free1)))
    return _tensordot_pull_first(xp, back, out, x2, x1, axes=(axes2, axes1))


_BILINEAR = tuple(
    rule
    for prefix in ("", "linalg.")
    for rule in (
        Bilinear(f"{prefix}matmul", _matmul_pull_first, _matmul_pull_second),
        Bilinear(f"{prefix}tensordot", _tensordot_pull_first, _tensordot_pull_second),
    )
)


# Reductions whose result depends on an element through a weight.


def _extremum_weights(xp: Any, out: Any, x: Any, axis: Any) -> Any:
    # Ties share.
    taken = xp.astype(x == out, x.dtype)
    return taken / xp.sum(taken, axis=axis, keepdims=True)


def _prod_weights(xp: Any, out: Any, x: Any, axis: Any, *, dtype: Any = None) -> Any:
    """Product of all other elements: those before times those after, so that zeros need no division."""
    axes = axes_of(x.shape, axis)
    kept = [i for i in range(x.ndim) if i not in axes]
    order = (*kept, *axes)
    rows = xp.reshape(xp.permute_dims(x, order), (*[x.shape[i] for i in kept], math.prod([x.shape[i] for i in axes])))
    before = xp.cumulative_prod(rows, axis=-1, include_initial=True)[..., :-1]
    after = xp.flip(xp.cumulative_prod(xp.flip(rows, axis=-1), axis=-1, include_initial=True)[..., :-1], axis=-1)
    weights = xp.reshape(before * after, tuple([x.shape[i] for i in order]))
    return xp.permute_dims(weights, tuple([order.index(i) for i in range(x.ndim)]))


_REDUCTIONS = (
    Reduction("max", _extremum_weights),
    Reduction("min", _extremum_weights),
    Reduction("prod", _prod_weights),
)


# Functions through other functions.


def _astype(xp: Any, x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    if not xp.isdtype(dtype, ("real floating", "complex floating")):
        return xp.constant_call("astype", x, dtype, copy=copy)
    x = xp.apply(_ASTYPE, (x, dtype), {"copy": copy})
    return x if device is None else x.to_device(device)


def _broadcast_arrays(xp: Any, *arrays: Any) -> Any:
    shape = xp.broadcast_shapes(*[x.shape for x in arrays])
    return tuple([xp.broadcast_to(x, shape) for x in arrays])


def _cumulative_prod(
    xp: Any, x: Any, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    axis = 0 if axis is None else axis % x.ndim
    if not xp.isdtype(x.dtype if dtype is None else dtype, ("real floating", "complex floating")):
        return xp.constant_call("cumulative_prod", x, axis=axis, dtype=dtype, include_initial=include_initial)
    x = x if dtype is None else xp.astype(x, dtype)
    before, step = (slice(None),) * axis, 1
    # Each round doubles how many elements a product spans. Nothing is divided, so zeros are as good as other numbers.
    while step < x.shape[axis]:
        longer = x[(*before, slice(step, None), ...)] * x[(*before, slice(None, -step), ...)]
        x = xp.concat([x[(*before, slice(None, step), ...)], longer], axis=axis)
        step *= 2
    if include_initial:
        shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
        x = xp.concat([xp.ones(shape, dtype=x.dtype, device=x.device), x], axis=axis)
    return x


def _diff(xp: Any, x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    parts = [part for part in (prepend, x, append) if part is not None]
    x = xp.concat(parts, axis=axis) if len(parts) > 1 else x
    before = (slice(None),) * (axis % x.ndim)
    for _ in range(n):
        x = x[(*before, slice(1, None), ...)] - x[(*before, slice(None, -1), ...)]
    return x


def _full(xp: Any, shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    if not hasattr(fill_value, "dtype"):
        return xp.constant_call("full", shape, fill_value, dtype=dtype, device=device)
    return xp.broadcast_to(xp.asarray(fill_value, dtype=dtype, device=device), shape)


def _full_like(xp: Any, x: Any, /, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Any:
    return _full(xp, x.shape, fill_value, dtype=x.dtype if dtype is None else dtype, device=device or x.device)


def _linspace(
    xp: Any, start: Any, stop: Any, /, num: int, *, dtype: Any = None, device: Any = None, endpoint: bool = True
) -> Any:
    if not hasattr(start, "dtype") and not hasattr(stop, "dtype"):
        return xp.constant_call("linspace", start, stop, num, dtype=dtype, device=device, endpoint=endpoint)
    like = xp.result_type(start, stop) if dtype is None else dtype
    return start + (stop - start) * xp.constant_call("linspace", 0, 1, num, dtype=like, endpoint=endpoint)


def _meshgrid(xp: Any, *arrays: Any, indexing: str = "xy") -> Any:
    order = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        order[:2] = 1, 0
    elif indexing not in ("xy", "ij"):
        raise ValueError(f"indexing must be 'xy' or 'ij', got {indexing!r}")
    return _broadcast_arrays(
        xp,
        *[xp.reshape(x, tuple([-1 if i == order[k] else 1 for i in range(len(order))])) for k, x in enumerate(arrays)],
    )


def _outer(xp: Any, x1: Any, x2: Any, /) -> Any:
    return xp.multiply(x1[:, None], x2[None, :])


def _repeat(xp: Any, x: Any, repeats: Any, /, *, axis: int | None = None) -> Any:
    if axis is None:
        x, axis = xp.reshape(x, (-1,)), 0
    positions = xp.arange(x.shape[axis], device=x.device)
    return xp.take(x, xp.constant_call("repeat", positions, repeats), axis=axis)


def _sort(xp: Any, x: Any, /, *, axis: int = -1, **options: Any) -> Any:
    return xp.take_along_axis(x, xp.argsort(x, axis=axis, **options), axis=axis)


def _tile(xp: Any, x: Any, repetitions: tuple[int, ...], /) -> Any:
    ndim = max(x.ndim, len(repetitions))
    shape = (1,) * (ndim - x.ndim) + x.shape
    repetitions = (1,) * (ndim - len(repetitions)) + tuple(repetitions)
    x = xp.reshape(x, tuple([k for n in shape for k in (1, n)]))
    x = xp.broadcast_to(x, tuple([k for pair in zip(repetitions, shape, strict=True) for k in pair]))
    return xp.reshape(x, tuple([r * n for r, n in zip(repetitions, shape, strict=True)]))


def _trace(xp: Any, x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return xp.sum(xp.linalg.diagonal(x, offset=offset), axis=-1, dtype=dtype)


def _unstack(xp: Any, x: Any, /, *, axis: int = 0) -> Any:
    before = (slice(None),) * (axis % x.ndim)
    return tuple([x[(*before, i, ...)] for i in range(x.shape[axis])])


def _var(xp: Any, x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    deviation = x - xp.mean(x, axis=axis, keepdims=True)
    size = math.prod([x.shape[i] for i in axes_of(x.shape, axis)])
    squares = xp.sum(deviation * deviation, axis=axis, keepdims=keepdims)
    return squares / (size - correction) if size > correction else squares * math.nan


def _sign(xp: Any, x: Any, /) -> Any:
    if not is_complex(x):
        return xp.constant_call("sign", x)
    size = xp.abs(x)
    return x / xp.where(size == 0, 1.0, size)


def _std(xp: Any, x: Any, /, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Any:
    return xp.sqrt(_var(xp, x, axis=axis, correction=correction, keepdims=keepdims))


def _vecdot(xp: Any, x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return xp.sum(xp.multiply(xp.conj(x1) if is_complex(x1) else x1, x2), axis=axis)


_ASTYPE, *_ = _LINEAR

COMPOSITES: dict[str, Callable[..., Any]] = {
    "astype": _astype,
    "broadcast_arrays": _broadcast_arrays,
    "cumulative_prod": _cumulative_prod,
    "diff": _diff,
    "full": _full,
    "full_like": _full_like,
    "linalg.matrix_transpose": lambda xp, x, /: xp.matrix_transpose(x),
    "linalg.outer": _outer,
    "linalg.trace": _trace,
    "linalg.vecdot": _vecdot,
    "linspace": _linspace,
    "meshgrid": _meshgrid,
    "repeat": _repeat,
    "sign": _sign,
    "sort": _sort,
    "std": _std,
    "tile": _tile,
    "unstack": _unstack,
    "var": _var,
    "vecdot": _vecdot,
}
"""Definitions through other functions of the namespace."""

RULES: dict[str, Rule] = {rule.name: rule for rule in (*_ELEMENTWISE, *_LINEAR, *_BILINEAR, *_REDUCTIONS)}
"""Functions that have an entry of their own; ``getitem``, ``setitem`` and ``to_device`` are methods of arrays."""

NON_DIFFERENTIABLE = frozenset(
    # Results that do not change with the operands, or only in steps.
    "arange can_cast empty empty_like eye finfo iinfo isdtype ones ones_like result_type zeros zeros_like "
    "broadcast_shapes bitwise_and bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor ceil "
    "equal floor floor_divide greater greater_equal isfinite isinf isnan less less_equal logical_and logical_not "
    "logical_or logical_xor not_equal round signbit trunc argmax argmin argsort count_nonzero nonzero "
    "searchsorted isin unique_all unique_counts unique_inverse unique_values all any fft.fftfreq fft.rfftfreq "
    "linalg.matrix_rank from_dlpack".split()
)
"""Functions without derivative: their results are constants."""
