"""Reverse mode: operations are written on a tape, and cotangents run back along it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, ClassVar, NoReturn

from conformance import spec

from .rules import RULES, Parts, Rule, unbroadcast
from .rules.kinds import Elementwise
from .wrapping import LeakedTracerError, WrappedArray, WrapperNamespace, attach_operators, lift, rebuilt

__all__ = ["Reverse", "ReverseArray"]


class ReverseArray(WrappedArray):
    """An array that knows at which place of the tape it was written; None for a constant."""

    __slots__ = ()

    node: Any = vars(WrappedArray)["part"]

    def __init__(self, primal: Any, namespace: Reverse, node: int | None) -> None:
        self.primal = primal
        self.namespace = namespace
        self.node = node

    def varies(self) -> bool:
        return self.node is not None


class _ClosedTape:
    """Takes the tape's place when the transformation has ended, so that the running one need not ask."""

    def __len__(self) -> NoReturn:
        raise LeakedTracerError


_CLOSED = _ClosedTape()

_PART = Rule("part", lambda xp, ct, out, position: Parts({position: ct}))
"""Takes one of several results of an operation; its cotangent is a part of the operation's."""


class Reverse(WrapperNamespace):
    """Namespace in which every operation on a variable is written on a tape.

    Parameters
    ----------
    inner
        Any conforming namespace, a wrapper or not.

    Notes
    -----
    An entry of the tape is ``(rule, nodes, shapes, operands, params, out)``. It keeps of the operands and of the result
    what the rule reads, and shapes otherwise. A variable's entry is None. After an operation of several results there
    is an entry for each of them.

    Examples
    --------
    >>> import numpy
    >>> xp = Reverse(numpy)
    >>> x = xp.variable(numpy.asarray([1.0, 2.0]))
    >>> y = xp.sum(x * x)
    >>> xp.pull(y, numpy.asarray(1.0), [x.node])
    [array([2., 4.])]
    """

    array_type: ClassVar[type[ReverseArray]] = ReverseArray

    def __init__(self, inner: Any, *, level: int | None = None) -> None:
        super().__init__(inner, level=level)
        self.tape: Any = []

    def copy(self, inner: Any) -> Any:
        namespace = super().copy(inner)
        namespace.tape = self.tape
        return namespace

    def close(self) -> None:
        super().close()
        for namespace in self.family:
            namespace.tape = _CLOSED

    def constant(self, x: Any) -> ReverseArray:
        return self.array_type(x, self, None)

    def variable(self, x: Any) -> ReverseArray:
        """Wrap an inner array by which to differentiate."""
        return self.array_type(x, self, self.write(None))

    def rewrap(self, x: ReverseArray) -> ReverseArray:
        return self.array_type(lift(self.inner, x.primal), self, x.node)

    def write(self, entry: Any) -> Any:
        """Put an entry on the tape; the node at which it stands."""
        self.tape.append(entry)
        return len(self.tape) - 1

    def record(self, rule: Rule, operands: Any, primals: Any, out: Any, params: Any) -> Any:
        nodes = [x.node if isinstance(x, ReverseArray) and x.namespace is self else None for x in operands]
        if nodes.count(None) == len(nodes):
            return self.wrap(out)
        shapes = [getattr(x, "shape", None) for x in primals]
        node = self.write((rule, nodes, shapes, rule.keep(primals, shapes), params, out if rule.reads_out else None))
        if isinstance(out, tuple):
            parts = [self.write((_PART, (node,), (None,), (position,), None, None)) for position in range(len(out))]
            return rebuilt(out, [self.array_type(x, self, part) for x, part in zip(out, parts, strict=True)])
        return self.array_type(out, self, node)

    def pull(self, out: ReverseArray, ct: Any, nodes: list[Any]) -> list[Any]:
        """Cotangents at nodes, given that of a result; None where the result does not depend on them."""
        return pull(self.tape, self.common, {out.node: ct}, nodes)


def pull(tape: list[Any], xp: Any, seeds: dict[Any, Any], nodes: list[int], *, once: bool = False) -> list[Any]:
    """Run cotangents back along a tape.

    Parameters
    ----------
    tape : list
    xp
        Namespace of the values on the tape and of the cotangents.
    seeds : dict
        Cotangent by node. The key None is passed over: a result without node depends on no variable.
    nodes : list of int
        Where the variables stand, or results on the way.
    once : bool
        Whether this is the only pass: each entry is then dropped, and what it kept freed, as soon as it is consumed.

    Returns
    -------
    list
        Cotangent at each node, None where it is zero.
    """
    kept = {node for node in nodes if tape[node] is not None}
    nested = isinstance(xp, WrapperNamespace)
    cts: list[Any] = [None] * len(tape)
    for node, ct in seeds.items():
        if node is not None:
            cts[node] = lift(xp, ct)
    for node in range(max([node for node in seeds if node is not None], default=-1), -1, -1):
        ct = cts[node]
        if ct is None or tape[node] is None:
            continue
        if not kept or node not in kept:
            cts[node] = None
        rule, operand_nodes, shapes, operands, params, out = tape[node]
        if once:
            tape[node] = None
        if nested:
            # A library's arrays may refuse an operation with a cotangent that another transformation wraps.
            out, operands = lift(xp, out), [lift(xp, x) for x in operands]
        pulls = rule.pulls
        for position, operand_node in enumerate(operand_nodes):
            if operand_node is None or pulls[position] is None:
                continue
            if params:
                term = pulls[position](xp, ct, out, *operands, **params)
            else:
                term = pulls[position](xp, ct, out, *operands)
            if term is None:
                continue
            shape = shapes[position]
            if shape is not None and term.shape != shape:
                term = unbroadcast(xp, term, shape)
            so_far = cts[operand_node]
            cts[operand_node] = term if so_far is None else so_far + term
    return [cts[node] for node in nodes]


# One operation costs little more than its kernels only if the common shapes of a call, one and two operands, do not go
# through lists, nor results through the constructor. These are `apply` and `record` for them; everything unusual goes
# the general way.

_blank: Callable[[], ReverseArray] = partial(object.__new__, ReverseArray)

_SCALARS = frozenset({bool, int, float, complex})

_SAME = (None, None)
"""Shapes of operands whose cotangents are of the right shape as they come."""


def _unary(rule: Rule) -> Callable[..., Any]:
    function_in, reads_operands, reads_out = rule.function_in, rule.reads_operands, rule.reads_out
    same = (None,) if isinstance(rule, Elementwise) else None

    def function(self: Reverse, x: Any, /, **params: Any) -> Any:
        if type(x) is not ReverseArray or x.namespace is not self or x.node is None:
            return self.apply(rule, (x,), params)
        primal = x.primal
        out = function_in(self.inner)(primal, **params) if params else function_in(self.inner)(primal)
        tape = self.tape
        array = _blank()
        array.primal, array.namespace, array.node = out, self, len(tape)
        shapes = same or (primal.shape,)
        tape.append(
            (rule, (x.node,), shapes, (primal,) if reads_operands else shapes, params, out if reads_out else None)
        )
        return array

    return function


def _binary(rule: Rule) -> Callable[..., Any]:
    function_in, reads_operands, reads_out = rule.function_in, rule.reads_operands, rule.reads_out
    elementwise = isinstance(rule, Elementwise)

    def function(self: Reverse, x1: Any, x2: Any, /) -> Any:
        if type(x1) is ReverseArray and x1.namespace is self:
            primal1, node1, shape1 = x1.primal, x1.node, x1.primal.shape
        elif isinstance(x1, WrappedArray):
            return self.apply(rule, (x1, x2), {})
        elif type(x1) in _SCALARS:
            primal1, node1, shape1 = x1, None, None
        else:
            primal1, node1 = lift(self.inner, x1), None
            shape1 = primal1.shape
        if type(x2) is ReverseArray and x2.namespace is self:
            primal2, node2, shape2 = x2.primal, x2.node, x2.primal.shape
        elif isinstance(x2, WrappedArray):
            return self.apply(rule, (x1, x2), {})
        elif type(x2) in _SCALARS:
            primal2, node2, shape2 = x2, None, None
        else:
            primal2, node2 = lift(self.inner, x2), None
            shape2 = primal2.shape
        if node1 is None and node2 is None:
            return self.apply(rule, (x1, x2), {})
        out = function_in(self.inner)(primal1, primal2)
        tape = self.tape
        array = _blank()
        array.primal, array.namespace, array.node = out, self, len(tape)
        same = elementwise and (shape1 == shape2 or shape1 is None or shape2 is None)
        shapes = _SAME if same else (shape1, shape2)
        operands = (primal1, primal2) if reads_operands else shapes
        tape.append((rule, (node1, node2), shapes, operands, None, out if reads_out else None))
        return array

    return function


for _row in spec.FUNCTIONS:
    _rule = RULES.get(_row.name)
    if _rule is None or _rule.bind is not None or isinstance(_row.result, tuple) or _row.chapter in spec.NAMESPACES:
        continue
    if _row.signature == "(x1, x2, /)":
        setattr(Reverse, _row.name, wraps(getattr(Reverse, _row.name))(_binary(_rule)))
    elif _row.signature.startswith(("(x, /)", "(x, /, *")):
        setattr(Reverse, _row.name, wraps(getattr(Reverse, _row.name))(_unary(_rule)))

attach_operators(ReverseArray, Reverse)
