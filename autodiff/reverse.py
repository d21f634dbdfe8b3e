"""Reverse mode: operations are written on a tape, and cotangents run back along it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, ClassVar, NoReturn

from conformance import spec

from .namespaces import is_array
from .rules import RULES, Parts, Rule, unbroadcast
from .rules.kinds import Elementwise
from .wrapping import LeakedTracerError, WrappedArray, WrapperNamespace, attach_operators, lift, rebuilt

__all__ = ["Reverse", "ReverseArray"]


class ReverseArray(WrappedArray):
    """An array that knows at which place of the tape it was written; None for a constant."""

    __slots__ = ()

    node: Any = vars(WrappedArray)["part"]
    # Kept, since libraries make a shape anew each time that they are asked for it.
    shape: Any = vars(WrappedArray)["extent"]

    def __init__(self, primal: Any, namespace: Reverse, node: int | None) -> None:
        self.primal = primal
        self.namespace = namespace
        self.node = node
        self.shape = getattr(primal, "shape", None)

    def varies(self) -> bool:
        return self.node is not None


class _ClosedTape:
    """Takes the tape's place when the transformation has ended, so that the running one need not ask."""

    def __len__(self) -> NoReturn:
        raise LeakedTracerError


_CLOSED = _ClosedTape()


def _pull_part(xp: Any, ct: Any, out: Any, position: int) -> Parts:
    """Cotangent of an operation of several results, of which one is taken."""
    return Parts({position: ct})


class Reverse(WrapperNamespace):
    """Namespace in which every operation on a variable is written on a tape.

    Parameters
    ----------
    inner
        Any conforming namespace, a wrapper or not.

    Notes
    -----
    An entry of the tape is ``(edges, operands, params, out)``, with an edge ``(node, pull, shape)`` for each operand
    through which cotangents go on; the shape is None where the cotangent has that of the operand as it comes. It keeps
    of the operands and of the result what the rule reads, and shapes otherwise. A variable's entry is None. After an
    operation of several results there is an entry for each of them.

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
        # Of operands there may be more than pulls.
        edges = [
            (node, pull_operand, shape)
            for node, pull_operand, shape in zip(nodes, rule.pulls, shapes, strict=False)
            if node is not None and pull_operand is not None
        ]
        node = self.write((edges, rule.keep(primals, shapes), params, out if rule.reads_out else None))
        if isinstance(out, tuple):
            parts = [self.write((((node, _pull_part, None),), (i,), None, None)) for i in range(len(out))]
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
        if node not in kept:
            cts[node] = None
        edges, operands, params, out = tape[node]
        if once:
            tape[node] = None
        if nested:
            # A library's arrays may refuse an operation with a cotangent that another transformation wraps.
            out, operands = lift(xp, out), [lift(xp, x) for x in operands]
        for operand_node, pull_operand, shape in edges:
            term = pull_operand(xp, ct, out, *operands, **params) if params else pull_operand(xp, ct, out, *operands)
            if term is None:
                continue
            if shape is not None and term.shape != shape:
                term = unbroadcast(xp, term, shape)
            cts[operand_node] = term if cts[operand_node] is None else _take(cts, operand_node) + term
    return [cts[node] for node in nodes]


def _take(cts: list[Any], node: int) -> Any:
    """A cotangent that nobody else holds any more, if nobody else did: NumPy adds to that in place."""
    ct, cts[node] = cts[node], None
    return ct


# One operation costs little more than its kernels only if the common shapes of a call, one and two operands, do not go
# through lists, nor results through the constructor. These are `apply` and `record` for them; everything unusual goes
# the general way.

_blank: Callable[[], ReverseArray] = partial(object.__new__, ReverseArray)

_SCALARS = frozenset({bool, int, float, complex})


def _unary(rule: Rule) -> Callable[..., Any]:
    function_in, reads_operands, reads_out = rule.function_in, rule.reads_operands, rule.reads_out
    elementwise = isinstance(rule, Elementwise)

    def function(self: Reverse, x: Any, /, **params: Any) -> Any:
        if type(x) is not ReverseArray or x.namespace is not self or x.node is None:
            return self.apply(rule, (x,), params)
        primal, shape = x.primal, x.shape
        out = function_in(self.inner)(primal, **params) if params else function_in(self.inner)(primal)
        tape = self.tape
        array = _blank()
        array.primal, array.namespace, array.node = out, self, len(tape)
        array.shape = shape if elementwise else out.shape
        edges = ((x.node, rule.pulls[0], None if elementwise else shape),)
        tape.append((edges, (primal if reads_operands else shape,), params, out if reads_out else None))
        return array

    return function


def _binary(rule: Rule) -> Callable[..., Any]:
    function_in, reads_operands, reads_out = rule.function_in, rule.reads_operands, rule.reads_out
    elementwise = isinstance(rule, Elementwise)

    def function(self: Reverse, x1: Any, x2: Any, /) -> Any:
        if type(x1) is ReverseArray and x1.namespace is self:
            primal1, node1, shape1 = x1.primal, x1.node, x1.shape
        elif type(x1) in _SCALARS:
            primal1, node1, shape1 = x1, None, None
        elif isinstance(x1, WrappedArray) or not is_array(x1):
            return self.apply(rule, (x1, x2), {})
        else:
            primal1, node1 = lift(self.inner, x1), None
            shape1 = primal1.shape
        if type(x2) is ReverseArray and x2.namespace is self:
            primal2, node2, shape2 = x2.primal, x2.node, x2.shape
        elif type(x2) in _SCALARS:
            primal2, node2, shape2 = x2, None, None
        elif isinstance(x2, WrappedArray) or not is_array(x2):
            return self.apply(rule, (x1, x2), {})
        else:
            primal2, node2 = lift(self.inner, x2), None
            shape2 = primal2.shape
        if node1 is None and node2 is None:
            return self.apply(rule, (x1, x2), {})
        out = function_in(self.inner)(primal1, primal2)
        operands = (primal1, primal2) if reads_operands else (shape1, shape2)
        tape = self.tape
        array = _blank()
        array.primal, array.namespace, array.node = out, self, len(tape)
        if elementwise and (shape1 == shape2 or shape1 is None or shape2 is None):
            array.shape = shape2 if shape1 is None else shape1
            shape1 = shape2 = None
        else:
            array.shape = out.shape
        pull1, pull2 = rule.pulls
        if node2 is None:
            edges: Any = ((node1, pull1, shape1),)
        elif node1 is None:
            edges = ((node2, pull2, shape2),)
        else:
            edges = ((node1, pull1, shape1), (node2, pull2, shape2))
        tape.append((edges, operands, None, out if reads_out else None))
        return array

    return function


for _row in spec.FUNCTIONS:
    _rule = RULES.get(_row.name)
    if _rule is None or _rule.bind is not None or isinstance(_row.result, tuple) or _row.chapter in spec.NAMESPACES:
        continue
    if None in _rule.pulls:
        continue
    if _row.signature == "(x1, x2, /)":
        setattr(Reverse, _row.name, wraps(getattr(Reverse, _row.name))(_binary(_rule)))
    elif _row.signature.startswith(("(x, /)", "(x, /, *")):
        setattr(Reverse, _row.name, wraps(getattr(Reverse, _row.name))(_unary(_rule)))

attach_operators(ReverseArray, Reverse)
