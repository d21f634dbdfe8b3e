"""The kinds of derivative rules, and what several rules share."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from functools import partial
from math import nan
from operator import attrgetter
from typing import Any

from autodiff.namespaces import device_of, is_complex
from conformance import spec

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
    batching: Callable[..., Any] | None = None

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
    """Each element of the result depends on one element of each operand: pushing and pulling are the same product.

    Parameters
    ----------
    name : str
        Path of the function in its namespace.
    *scales : callable or None
        For each operand ``(xp, t, out, *operands, **params)``: `t` times the partial; None where that is zero.
    reads : str
        What the entry reads: "operands", "out", both or nothing. The rest is not kept for the backward pass.

    Examples
    --------
    >>> import numpy
    >>> from autodiff import grad, primitive
    >>> softsign = primitive(
    ...     Elementwise("softsign", lambda xp, t, out, x: t / (1 + xp.abs(x)) ** 2),
    ...     {},
    ...     definition=lambda xp, x: x / (1 + xp.abs(x)),
    ... )
    >>> float(grad(softsign)(numpy.asarray(1.0)))
    0.25
    """

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
    """Linear in all operands that have a transpose; the others are constants such as shapes and indices.

    Parameters
    ----------
    name : str
        Path of the function in its namespace.
    *pulls : callable or None
        For each operand the transpose, ``(xp, t, out, *shapes, **params)``: of operands that have a transpose it is
        told the shapes, of constants their values. `out` is None.

    Examples
    --------
    >>> import numpy
    >>> from autodiff import primitive, vjp
    >>> evens = primitive(
    ...     Linear("evens", lambda xp, t, out, shape: xp.reshape(xp.stack([t, 0 * t], axis=-1), shape)),
    ...     {},
    ...     definition=lambda xp, x: x[::2],
    ... )
    >>> out, pullback = vjp(evens, numpy.asarray([1.0, 2.0, 3.0, 4.0]))
    >>> pullback(numpy.asarray([5.0, 6.0]))
    (array([5., 0., 6., 0.]),)
    """

    def push(self, xp: Any, tangents: Sequence[Any], out: Any, operands: Any, params: Any) -> Any:
        arguments = [
            x if pull is None else x_dot if x_dot is not None else xp.zeros_like(x) if hasattr(x, "dtype") else 0.0
            for pull, x, x_dot in zip(self.pulls, operands, tangents, strict=False)
        ]
        arguments += operands[len(arguments) :]
        return self.call(xp, *arguments, **params)


class Variadic(Linear):
    """Linear in a sequence of arrays; the transpose is told the position of the operand.

    Parameters
    ----------
    name : str
        Path of the function in its namespace.
    pull : callable
        ``(position, xp, t, out, *shapes, **params) -> cotangent of the operand at that position``.

    Examples
    --------
    >>> import numpy
    >>> from autodiff import primitive, vjp
    >>> total = primitive(
    ...     Variadic("total", lambda position, xp, t, out, *shapes: t), {}, definition=lambda xp, *arrays: sum(arrays)
    ... )
    >>> out, pullback = vjp(lambda x, y: total([x, y, x]), numpy.asarray(1.0), numpy.asarray(2.0))
    >>> [float(ct) for ct in pullback(numpy.asarray(1.0))]
    [2.0, 1.0]
    """

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
    """Linear in each of two operands.

    Parameters
    ----------
    name : str
        Path of the function in its namespace.
    *pulls : callable
        For each operand the transpose, ``(xp, t, out, x1, x2, **params)``.

    Examples
    --------
    >>> import numpy
    >>> from autodiff import grad, primitive
    >>> inner = primitive(
    ...     Bilinear("inner", lambda xp, t, out, x1, x2: t * x2, lambda xp, t, out, x1, x2: t * x1),
    ...     {"numpy": numpy.inner},
    ... )
    >>> grad(inner)(numpy.asarray([1.0, 2.0]), numpy.asarray([3.0, 4.0]))
    array([3., 4.])
    """

    reads_operands = True

    def push(self, xp: Any, tangents: Sequence[Any], out: Any, operands: Any, params: Any) -> Any:
        (x1, x2), (x1_dot, x2_dot) = operands, tangents
        first = None if x1_dot is None else self.call(xp, x1_dot, x2, **params)
        second = None if x2_dot is None else self.call(xp, x1, x2_dot, **params)
        return first if second is None else second if first is None else first + second


class Reduction(Rule):
    """Reduces axes of one operand; the result changes with each element by a weight.

    Parameters
    ----------
    name : str
        Path of the function in its namespace, which takes ``axis`` and ``keepdims``.
    weights : callable
        ``(xp, out, x, axis, **params)``, where `out` has kept its reduced axes.

    Examples
    --------
    >>> import numpy
    >>> from autodiff import grad, primitive
    >>> energy = primitive(
    ...     Reduction("energy", lambda xp, out, x, axis: 2 * x),
    ...     {},
    ...     definition=lambda xp, x, *, axis=None, keepdims=False: xp.sum(x * x, axis=axis, keepdims=keepdims),
    ... )
    >>> grad(energy)(numpy.asarray([1.0, 2.0]))
    array([2., 4.])
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
    """Linear over the reals only, one operand: the entry gives the push and the pull.

    Parameters
    ----------
    name : str
        Path of the function in its namespace.
    push, pull : callable
        ``(xp, t, out, *operands, **params)``. Unless `reads_operands`, the pull is told its operand's shape.

    Examples
    --------
    >>> import numpy
    >>> from autodiff import jvp, primitive
    >>> exchange = primitive(
    ...     RealLinear(
    ...         "exchange", lambda xp, t, out, x: 1j * xp.conj(t), lambda xp, t, out, shape: -1j * xp.conj(t)
    ...     ),
    ...     {},
    ...     definition=lambda xp, x: 1j * xp.conj(x),
    ... )
    >>> out, out_dot = jvp(exchange, [numpy.asarray(1 + 2j)], [numpy.asarray(3 + 4j)])
    >>> complex(out), complex(out_dot)
    ((2+1j), (4+3j))
    """

    def __init__(
        self, name: str, push: Callable[..., Any], pull: Pull, *, reads_operands: bool = False, **options: Any
    ) -> None:
        super().__init__(name, pull, **options)
        self.reads_operands = reads_operands
        self.push_one = push

    def push(self, xp: Any, tangents: Sequence[Any], out: Any, operands: Any, params: Any) -> Any:
        return self.push_one(xp, tangents[0], out, *operands, **params)


class Jvp(Rule):
    """For each operand the entry gives a rule linear in its tangent; running Reverse over the rule transposes it.

    Parameters
    ----------
    name : str
        Path of the function in its namespace.
    *pushes : callable or None
        For each operand ``(xp, x_dot, out, *operands, **params) -> out_dot``; of a function of several results, which
        takes one operand, the tangents of them all, None where zero. None where the function has no derivative in it.
    transposes : dict of int to callable
        By position of the operand: a pull to take instead of the transposed push.

    Examples
    --------
    >>> import numpy
    >>> from autodiff import primitive, vjp
    >>> def push(xp, x_dot, out, x):
    ...     return (x_dot - out * xp.vecdot(out, x_dot)) / xp.linalg.vector_norm(x)
    >>> direction = primitive(
    ...     Jvp("direction", push), {}, definition=lambda xp, x: x / xp.linalg.vector_norm(x)
    ... )
    >>> out, pullback = vjp(direction, numpy.asarray([0.0, 2.0]))
    >>> pullback(numpy.asarray([1.0, 1.0]))
    (array([0.5, 0. ]),)
    """

    reads_operands = reads_out = True

    def __init__(
        self, name: str, *pushes: Pull | None, transposes: dict[int, Pull] | None = None, **options: Any
    ) -> None:
        super().__init__(name, **options)
        self.pushes: Any = pushes
        known = transposes or {}
        self.pulls = tuple(
            [None if push is None else known.get(i, partial(self.pull, i)) for i, push in enumerate(pushes)]
        )
        row = spec.BY_NAME.get(name)
        fields = () if row is None else row.fields
        self.results: Any = namedtuple(name.rpartition(".")[-1], fields) if fields else None

    def call(self, xp: Any, *operands: Any, **params: Any) -> Any:
        out = super().call(xp, *operands, **params)
        return out if self.results is None else self.results(*out)

    def push(self, xp: Any, tangents: Sequence[Any], out: Any, operands: Any, params: Any) -> Any:
        terms = [
            push(xp, x_dot, out, *operands, **params)
            for push, x_dot in zip(self.pushes, tangents, strict=True)
            if x_dot is not None and push is not None
        ]
        return sum(terms[1:], terms[0]) if terms else None

    def pull(self, position: int, xp: Any, t: Any, out: Any, *operands: Any, **params: Any) -> Any:
        # Reverse is itself made of rules.
        from autodiff.reverse import Reverse, pull

        namespace = Reverse(xp)
        tape = namespace.tape
        # The rule is linear: its transpose is the same at any tangent.
        x_dot: Any = namespace.variable(xp.zeros_like(operands[position]))
        out_dots = self.pushes[position](namespace, x_dot, namespace.wrap(out), *namespace.wrap(operands), **params)
        if isinstance(t, Parts):
            cts = t.cts
        else:
            out_dots, cts = (out_dots,), {0: t}
        namespace.close()
        seeds = {out_dots[i].node: ct for i, ct in cts.items() if out_dots[i] is not None}
        return pull(tape, xp, seeds, [x_dot.node])[0]


class Parts:
    """Cotangents of a function of several results, by position; those missing are zero."""

    # Compared with that of an operand, which is no array either.
    shape = None

    def __init__(self, cts: dict[int, Any]) -> None:
        self.cts = cts

    def __add__(self, other: Parts) -> Parts:
        return Parts(self.cts | other.cts)


def is_wrapper(xp: Any) -> bool:
    """Whether a namespace is that of a transformation."""
    # Asked of the class, since a library may look long for what its module has not.
    return hasattr(type(xp), "apply")


def axis_of(ndim: int, axis: int) -> int:
    """Axis as a nonnegative number."""
    if not -ndim <= axis < ndim:
        raise IndexError(f"axis {axis} is out of range for an array of {ndim} dimensions")
    return axis % ndim


def axes_of(shape: tuple[int, ...], axis: int | tuple[int, ...] | None) -> tuple[int, ...]:
    """Axes as nonnegative numbers; None stands for all."""
    ndim = len(shape)
    if axis is None:
        return tuple(range(ndim))
    return tuple([axis_of(ndim, i) for i in (axis if isinstance(axis, (tuple, list)) else (axis,))])


def shape_of(shape: Any) -> tuple[int, ...]:
    """Shape, or repetitions, as a tuple; libraries take a number for that of one axis."""
    return tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)


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


def adjoint(xp: Any, x: Any) -> Any:
    """Transposed and conjugated matrices."""
    return xp.matrix_transpose(xp.conj(x) if is_complex(x) else x)


def constant(x: Any) -> Any:
    """The same values as constants of every running transformation."""
    # Transformations are themselves made of rules.
    from autodiff.transforms import stop_gradient

    return stop_gradient(x)


def inverse_or_nan(xp: Any, x: Any, singular: Any) -> Any:
    """Inverse of matrices; NaN where they are `singular`, which libraries refuse to invert, or do not."""
    singular = singular[..., None, None]
    eye = xp.eye(x.shape[-1], dtype=x.dtype, device=device_of(x))
    return xp.where(singular, nan, xp.linalg.inv(xp.where(singular, eye, x)))


def reciprocal_or_zero(xp: Any, x: Any) -> Any:
    """``1 / x``, and 0 where x is 0: there a rule has no answer, or a choice, and stays finite."""
    zero = x == 0
    return xp.where(zero, 0.0, 1.0 / xp.where(zero, 1.0, x))


def real_part(xp: Any, t: Any) -> Any:
    """Real part of an array that may be real already, as the cotangent of a real result before complex numbers."""
    return xp.real(t) if is_complex(t) else t
