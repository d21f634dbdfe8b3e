"""Derivatives that the user defines: of whole functions, and of primitives with a kernel of their own per namespace.

A call with a derivative of its own is one operation, as ``sin`` is, with a rule as those of the standard's functions.
Its one operand is its arguments packed together, so that one backward pass serves them all:

    f(x, y)  ->  pack: x and y as one operand  ->  the call: a tuple of results
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import update_wrapper
from types import MethodType
from typing import Any

import optree

from .batch import Batch
from .batching.calls import BatchedCall
from .forward import ForwardArray
from .namespaces import ALIASES, array_namespace, is_array, is_floating
from .reverse import ReverseArray
from .rules import Parts, Rule
from .rules.kinds import Variadic
from .transforms import as_dtype_of, linear_transpose, recorded, zeros_like
from .wrapping import WrappedArray, WrapperNamespace, lift

__all__ = ["as_operation", "custom_jvp", "custom_vjp", "has_tracers", "primitive"]


class _Packed:
    """Arguments of a call, or their tangents, as one operand."""

    # Compared with that of a cotangent, which is no array either.
    shape = None

    def __init__(self, leaves: Sequence[Any]) -> None:
        self.leaves = leaves


class _Pack(Variadic):
    def call(self, xp: Any, *operands: Any, **params: Any) -> Any:
        return _Packed(operands)

    def push(self, xp: Any, tangents: Sequence[Any], out: Any, operands: Any, params: Any) -> Any:
        return _Packed(tangents)


def _unpack(position: int, xp: Any, t: Any, out: Any, *shapes: Any) -> Any:
    ct = t.cts.get(position)
    _check_shape("cotangent", ct, shapes[position])
    return ct


_PACK = _Pack("pack", _unpack)


def _check_shape(what: str, t: Any, shape: Any) -> None:
    if t is not None and getattr(t, "shape", None) != shape:
        found = f"of shape {t.shape}" if hasattr(t, "shape") else type(t).__name__
        raise ValueError(f"a custom derivative gave a {what} {found} for an array of shape {shape}")


class _Call(Rule):
    """One call of a function of trees, with the arguments packed.

    Parameters
    ----------
    name : str
    treedef
        Structure of the arguments.
    function : callable
        ``(*primals) -> out``.
    push_tree : callable
        ``(primals, tangents) -> (out, out_dot)``, None standing for zero.
    pull_tree : callable
        ``(xp, primals, ct) -> cts``, None standing for zero; `primals` is None unless `reads_operands`.
    """

    def __init__(
        self, name: str, treedef: Any, function: Any, push_tree: Any, pull_tree: Any, *, reads_operands: bool
    ) -> None:
        self.name, self.treedef = name, treedef
        self.function, self.push_tree, self.pull_tree = function, push_tree, pull_tree
        self.reads_operands = reads_operands

    @property
    def pulls(self) -> Any:
        # Not an attribute: what one call keeps for the backward pass is freed with it only outside of reference cycles.
        return (self.pull,)

    def call(self, xp: Any, *operands: Any, **params: Any) -> Any:
        (packed,) = operands
        return self._results(xp, self.function(*self.treedef.unflatten(packed.leaves)))

    def forward(self, packed: ForwardArray) -> Any:
        """Results and their tangents together: what either takes is computed once."""
        namespace: Any = packed.namespace
        xp = namespace.inner
        primals, tangents = (self.treedef.unflatten(part.leaves) for part in (packed.primal, packed.tangent))
        out, out_dot = self.push_tree(primals, tangents)
        if isinstance(xp, Batch):
            # At one point in the directions of a batch, as Jacobians are found, the value is the same for all of them.
            out = self.function(*primals)
        outs = self._results(xp, out)
        dots = self.out_treedef.flatten_up_to(out_dot)
        for x, x_dot in zip(outs, dots, strict=True):
            _check_shape("tangent", x_dot, getattr(x, "shape", None))
        return [ForwardArray(x, namespace, lift(xp, x_dot)) for x, x_dot in zip(outs, dots, strict=True)]

    def _results(self, xp: Any, out: Any) -> Any:
        outs, self.out_treedef = optree.tree_flatten(out)
        if any(isinstance(x, WrappedArray) and x.namespace.level > getattr(xp, "level", 0) for x in outs):
            raise TypeError(
                f"{self.name} has a derivative of its own, so it may depend on the variables of a running "
                "transformation through its arguments only, but uses one from outside; pass it as an argument"
            )
        return tuple([lift(xp, x) for x in outs])

    def pull(self, xp: Any, t: Any, out: Any, packed: Any) -> Any:
        primals = self.treedef.unflatten([lift(xp, x) for x in packed.leaves]) if self.reads_operands else None
        ct = self.out_treedef.unflatten([t.cts.get(i) for i in range(self.out_treedef.num_leaves)])
        cts = self.treedef.flatten_up_to(self.pull_tree(xp, primals, ct))
        return Parts({i: lift(xp, ct) for i, ct in enumerate(cts) if ct is not None})


def has_tracers(tree: Any) -> bool:
    """Whether there is an array under differentiation in a tree."""
    return any(_is_differentiated(x) for x in optree.tree_leaves(tree))


def _is_differentiated(x: Any) -> bool:
    # A function runs on other wrapped arrays, such as a batch, as it is: only derivatives need to know of it.
    while isinstance(x, WrappedArray) and not isinstance(x, (ForwardArray, ReverseArray)):
        x = x.primal
    return isinstance(x, WrappedArray)


def as_operation(name: str, function: Any, args: Any, push: Any, pull: Any, *, reads_operands: bool = True) -> Any:
    """Call a function of trees that hold arrays of a running transformation, as one operation.

    The parameters are those of :class:`_Call`; `function` is called with arrays of the inner namespace.
    """
    leaves, treedef = optree.tree_flatten(args)
    xp = array_namespace(*[x for x in leaves if isinstance(x, WrappedArray)])
    if isinstance(xp, Batch) and not any(xp.owns(x) and x.batched for x in leaves):
        # The same for all examples: an operation that the batch need not know of.
        unwrapped = treedef.unflatten([xp.unwrap(x) for x in leaves])
        outs = as_operation(name, function, unwrapped, push, pull, reads_operands=reads_operands)
        return optree.tree_map(lambda x: lift(xp, x), outs)
    if isinstance(xp, Batch):
        batched = BatchedCall(xp, args, function, push, pull)
        outs = as_operation(
            name, batched.function, batched.args, batched.push, batched.pull, reads_operands=reads_operands
        )
        return batched.wrap(outs)
    rule = _Call(name, treedef, function, push, pull, reads_operands=reads_operands)
    packed = xp.apply(_PACK, leaves, {})
    outs = rule.forward(packed) if isinstance(packed, ForwardArray) else xp.apply(rule, (packed,), {})
    return rule.out_treedef.unflatten([_without_derivative_unless_floating(x) for x in outs])


def _without_derivative_unless_floating(x: Any) -> Any:
    if not isinstance(x, WrappedArray):
        return x
    if not is_array(x.primal):
        # A result that is no array, such as a text, is wrapped with the others.
        return x.primal
    return x if is_floating(x) else x.namespace.still(x, x.primal)


def _positional(f: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Arguments in the order of the signature, defaults among them: derivatives are by position."""
    bound = inspect.signature(f).bind(*args, **kwargs)
    bound.apply_defaults()
    if bound.kwargs:
        raise TypeError(f"{_name(f)} has a derivative of its own, so it cannot take keyword-only arguments")
    return bound.args


def _name(f: Any) -> str:
    return getattr(f, "__name__", type(f).__name__)


class _Decorated:
    """A function, or a method, in the place of which an object stands."""

    def __init__(self, f: Callable[..., Any]) -> None:
        update_wrapper(self, f)
        self.f = f

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError


class custom_jvp(_Decorated):  # noqa: N801 -- a decorator
    """Give a function a derivative of its own, as a rule for tangents; reverse mode takes the rule's transpose.

    Parameters
    ----------
    f : callable
        Function of trees of arrays, to a tree of arrays. Arguments that are not arrays may be anything. Of a method the
        object is the first argument.

    Notes
    -----
    The rule is a function ``(primals, tangents) -> (out, out_dot)`` that ``f.defjvp`` takes. Both its arguments are
    tuples, one entry for each argument of `f`, and `tangents` has zeros where there is no direction and None in the
    place of leaves that are not arrays of a floating-point data type. It must be linear in the tangents and may call
    `f`. Higher derivatives are those of the rule.

    `f` may depend on variables of a running transformation through its arguments only.

    Raises
    ------
    TypeError
        When differentiated, if there is no rule yet, or if `f` uses a variable that is not an argument.
    ValueError
        When differentiated, if a tangent's shape is not that of its result.

    Examples
    --------
    >>> import numpy
    >>> from autodiff import grad
    >>> @custom_jvp
    ... def log1pexp(x):
    ...     xp = x.__array_namespace__()
    ...     return xp.log1p(xp.exp(x))
    >>> @log1pexp.defjvp
    ... def rule(primals, tangents):
    ...     (x,), (x_dot,) = primals, tangents
    ...     xp = x.__array_namespace__()
    ...     return log1pexp(x), x_dot * (1 - 1 / (1 + xp.exp(x)))
    >>> with numpy.errstate(over="ignore"):
    ...     float(grad(log1pexp)(numpy.asarray(1000.0)))
    1.0
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        super().__init__(f)
        self.rule: Callable[..., Any] | None = None

    def defjvp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Set the rule; return it, so that this is a decorator too."""
        self.rule = rule
        return rule

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not has_tracers((args, kwargs)):
            return self.f(*args, **kwargs)
        return as_operation(_name(self.f), self, _positional(self.f, args, kwargs), self._push, self._pull)

    def _push(self, primals: Any, tangents: Any) -> Any:
        if self.rule is None:
            raise TypeError(f"{_name(self.f)} is a custom_jvp function without a rule; define one with defjvp")
        pair = self.rule(primals, _or_zeros("tangent", tangents, primals))
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise TypeError(f"the rule of {_name(self.f)} must return a pair (out, out_dot), got {type(pair).__name__}")
        out, out_dot = pair
        return out, _or_zeros("tangent", out_dot, out)

    def _pull(self, xp: Any, primals: Any, ct: Any) -> Any:
        _, pullback = recorded(lambda *tangents: self._push(primals, tangents)[1], zeros_like(primals), once=True)
        return pullback(ct)


class custom_vjp(_Decorated):  # noqa: N801 -- a decorator
    """Give a function a derivative of its own, as a forward and a backward pass; forward mode takes their transpose.

    Parameters
    ----------
    f : callable
        Function of trees of arrays, to a tree of arrays. Arguments that are not arrays may be anything. Of a method the
        object is the first argument.

    Notes
    -----
    ``f.defvjp(fwd, bwd)`` takes both passes. ``fwd(*args) -> (out, residuals)`` computes the result and whatever the
    backward pass reads; ``bwd(residuals, ct) -> cts`` takes a cotangent of the structure of the result, zeros where the
    result does not matter, and returns a tuple with the cotangent of each argument, None where it is zero. Both may
    call `f`. Higher derivatives are those of the two passes.

    In forward mode, and so in :func:`hessian`, the tangent of the result is that of the transposed backward pass, which
    is linear in `ct`; of one that is not, such as the clipping below, it is that of its derivative at zero.

    `f` may depend on variables of a running transformation through its arguments only.

    Raises
    ------
    TypeError
        When differentiated, if there are no passes yet, or if `f` uses a variable that is not an argument.
    ValueError
        When differentiated, if a cotangent's structure or shape is not that of its argument.

    Examples
    --------
    >>> import numpy
    >>> from autodiff import grad
    >>> @custom_vjp
    ... def clip_gradient(x):
    ...     return x
    >>> clip_gradient.defvjp(
    ...     lambda x: (x, None),
    ...     lambda residuals, ct: (ct.__array_namespace__().clip(ct, -1.0, 1.0),),
    ... )
    >>> float(grad(lambda x: 5.0 * clip_gradient(x))(numpy.asarray(2.0)))
    1.0
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        super().__init__(f)
        self.fwd: Callable[..., Any] | None = None
        self.bwd: Callable[..., Any] | None = None

    def defvjp(self, fwd: Callable[..., Any], bwd: Callable[..., Any]) -> None:
        """Set the forward and the backward pass."""
        self.fwd, self.bwd = fwd, bwd

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not has_tracers((args, kwargs)):
            return self.f(*args, **kwargs)
        args = _positional(self.f, args, kwargs)
        name, fwd, bwd = _name(self.f), self.fwd, self.bwd
        if fwd is None or bwd is None:
            raise TypeError(f"{name} is a custom_vjp function without a rule; define one with defvjp")
        kept: Any = []

        def run(*primals: Any) -> Any:
            pair = fwd(*primals)
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise TypeError(f"fwd of {name} must return a pair (out, residuals), got {type(pair).__name__}")
            return pair

        def pull_back(residuals: Any, ct: Any) -> Any:
            cts = bwd(residuals, ct)
            if not isinstance(cts, tuple) or len(cts) != len(args):
                found = f"{len(cts)} in a tuple" if isinstance(cts, tuple) else type(cts).__name__
                raise TypeError(
                    f"bwd of {name} must return a tuple of cotangents, one for each of the {len(args)} arguments, got "
                    f"{found}"
                )
            return cts

        def function(*primals: Any) -> Any:
            kept[:] = run(*primals)
            return kept[0]

        def push(primals: Any, tangents: Any) -> Any:
            out, residuals = run(*primals)
            zeros = zeros_like(out)
            if not optree.tree_leaves(zeros):
                return out, zeros
            pushforward = linear_transpose(lambda ct: _or_zeros("cotangent", pull_back(residuals, ct), primals), zeros)
            (out_dot,) = pushforward(tangents)
            return out, out_dot

        def pull(xp: Any, primals: Any, ct: Any) -> Any:
            out, residuals = optree.tree_map(lambda x: lift(xp, x), kept)
            return pull_back(residuals, _or_zeros("cotangent", ct, out))

        return as_operation(name, function, args, push, pull, reads_operands=False)


def _or_zeros(what: str, t: Any, primals: Any) -> Any:
    """Tangents or cotangents in the data types of their primals, zeros in the place of None."""

    def fill(x: Any, x_dot: Any) -> Any:
        if x_dot is None:
            return zeros_like(x)
        _check_shape(what, x_dot, getattr(x, "shape", None))
        return as_dtype_of(array_namespace(x, x_dot), x_dot, x)

    return optree.tree_map(fill, primals, t)


def primitive(
    rule: Rule,
    kernels: Mapping[str, Callable[..., Any]],
    *,
    definition: Callable[..., Any] | None = None,
    batching: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """Make a function from a kernel for each namespace and a derivative rule.

    Parameters
    ----------
    rule : Rule
        Entry of one of the kinds of :mod:`autodiff.rules`, as those of the standard's functions are. It belongs to
        the new function from then on.
    kernels : mapping of str to callable
        Kernel ``(*operands, **params)`` by name of the namespace, as :func:`import_namespace` takes it.
    definition : callable, optional
        ``(xp, *operands, **params)`` in terms of the standard, for namespaces without a kernel.
    batching : callable, optional
        How it runs on all examples of :func:`vmap` at once, as :mod:`autodiff.batching.kinds` says. By default
        elementwise functions do so by broadcasting, and others take one example after another.

    Returns
    -------
    callable
        Takes arrays of any of these namespaces, and of transformations of them.

    Raises
    ------
    NotImplementedError
        When called, if the namespace has no kernel and there is no definition.

    Examples
    --------
    >>> import math, numpy
    >>> from autodiff import grad
    >>> from autodiff.rules import Elementwise
    >>> erf = primitive(
    ...     Elementwise("erf", lambda xp, t, out, x: t * (2 / math.sqrt(math.pi)) * xp.exp(-x * x)),
    ...     {"numpy": numpy.vectorize(math.erf)},
    ... )
    >>> float(grad(erf)(numpy.asarray(0.0)))
    1.1283791670955126
    """
    name = rule.name
    table = {ALIASES.get(key, key.replace("-", "_")): kernel for key, kernel in kernels.items()}

    def call(xp: Any, *operands: Any, **params: Any) -> Any:
        if isinstance(xp, WrapperNamespace):
            return xp.apply(rule, operands, params)
        if kernel := table.get(xp.__name__):
            return kernel(*operands, **params)
        if definition is not None:
            return definition(xp, *operands, **params)
        raise NotImplementedError(
            f"{name} has kernels for {', '.join(kernels) or 'no namespace'}, but not for {xp.__name__}; add one, or a "
            "definition"
        )

    rule.definition, rule.batching = call, batching

    def function(*operands: Any, **params: Any) -> Any:
        if rule.bind is not None:
            operands, params = rule.bind(*operands, **params)
        return call(array_namespace(*operands), *operands, **params)

    function.__name__ = function.__qualname__ = name
    return function
