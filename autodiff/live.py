"""Differentiable namespaces in their own right: the floating-point arrays that they make are variables."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from itertools import count
from operator import attrgetter
from typing import Any

from conformance import spec

from .forward import Forward
from .namespaces import is_floating
from .reverse import Reverse, ReverseArray, pull
from .tape import gradient
from .transforms import grad, jvp, value_and_grad, vjp
from .wrapping import WrapperNamespace

__all__ = ["LiveArray", "LiveNamespace", "LiveReverse", "wrap"]

_MAKERS = {row.name for row in spec.FUNCTIONS if row.chapter == "creation"} - {"meshgrid", "tril", "triu"}
"""Functions that make arrays, rather than arrange the elements of others."""

_orders = count()


class _Node:
    """An entry of a tape that nothing keeps but the arrays computed from it; its operands are nodes, not places."""

    __slots__ = ("entry", "order")

    def __init__(self, entry: Any) -> None:
        self.entry = entry
        self.order = next(_orders)

    @property
    def operands(self) -> list[_Node]:
        return [] if self.entry is None else [node for node, _, _ in self.entry[0]]


class LiveArray(ReverseArray):
    """An array that holds the operations by which it was computed."""

    __slots__ = ()


class LiveReverse(Reverse):
    """Reverse mode for a namespace that never ends, whose tape would grow for ever."""

    array_type = LiveArray

    def write(self, entry: Any) -> _Node:
        return _Node(entry)

    def gradient(self, target: Any, sources: Any, ct: Any = None) -> Any:
        """Cotangents of arrays, or of what was computed of them, as :meth:`autodiff.Tape.gradient` returns them."""
        return gradient(self, _pull, target, sources, ct)


def _pull(xp: Any, seeds: dict[_Node, Any], nodes: list[_Node]) -> list[Any]:
    """The backward pass, on a tape of the operations that lead to some results."""
    found: set[_Node] = set()
    waiting = [*seeds, *nodes]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(node.operands)
    ordered = sorted(found, key=attrgetter("order"))
    places = {node: place for place, node in enumerate(ordered)}

    def entry(node: _Node) -> Any:
        if node.entry is None:
            return None
        edges, *rest = node.entry
        return [(places[operand], *edge) for operand, *edge in edges], *rest

    cts = {places[node]: ct for node, ct in seeds.items()}
    return pull([entry(node) for node in ordered], xp, cts, [places[node] for node in nodes])


def _forward(namespace: Any, x: Any) -> Any:
    return namespace.variable(x, namespace.inner.ones_like(x)) if is_floating(x) else None


def _reverse(namespace: Any, x: Any) -> Any:
    return namespace.variable(x) if is_floating(x) else None


MODES: dict[str, tuple[type[WrapperNamespace], Callable[[Any, Any], Any]]] = {
    "forward": (Forward, _forward),
    "reverse": (LiveReverse, _reverse),
}
"""Transformations, and how each makes a variable of an array of the inner namespace, or None where it makes none."""


class LiveNamespace:
    """What :func:`wrap` returns: a wrapper namespace whose own creation functions make variables.

    Functions other than those are the wrapper namespace's. Its arrays know that one, so what a function makes on the
    way with ``x.__array_namespace__()`` is a constant, as it must be for the function's derivative to be right.
    """

    jvp = staticmethod(jvp)
    vjp = staticmethod(vjp)
    grad = staticmethod(grad)
    value_and_grad = staticmethod(value_and_grad)

    def __init__(self, inner: Any, mode: str) -> None:
        self.inner = inner
        kind, self._variable = MODES[mode]
        self.namespace: Any = kind(inner.namespace if isinstance(inner, LiveNamespace) else inner)

    @property
    def __name__(self) -> str:
        return str(self.namespace.__name__)

    def __repr__(self) -> str:
        return f"<live namespace {self.__name__}>"

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.namespace, name)
        return self._making(value) if name in _MAKERS else value

    def _making(self, make: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(make)
        def function(*args: Any, **kwargs: Any) -> Any:
            return self.made(make(*args, **kwargs))

        function.__signature__ = inspect.signature(make)  # type: ignore[attr-defined]
        return function

    def made(self, x: Any) -> Any:
        """A variable in the place of a constant of this namespace; anything else as it is."""
        if not self.namespace.owns(x) or x.varies():
            return x
        primal = self.inner.made(x.primal) if isinstance(self.inner, LiveNamespace) else x.primal
        variable = self._variable(self.namespace, primal)
        return x if variable is None else variable


def wrap(xp: Any, mode: str = "reverse") -> LiveNamespace:
    """A namespace of the standard whose arrays are differentiated from the moment they are made.

    Parameters
    ----------
    xp
        Any conforming namespace, a wrapped one too.
    mode : {"reverse", "forward"}
        In reverse mode every floating-point array that ``asarray`` or another creation function makes is a variable,
        and ``gradient(target, sources, ct=None)`` of the namespace returns cotangents, as :meth:`Tape.gradient` does.
        Arrays hold the operations that they come from, so memory is freed with them and there is nothing to close.
        In forward mode the tangent of every such array is one: ``x.tangent`` is the derivative of `x` along the
        direction in which they all increase together, None for zero.

    Returns
    -------
    namespace
        With everything that the standard names, and ``jvp``, ``vjp``, ``grad`` and ``value_and_grad`` beside it.

    Raises
    ------
    TypeError
        If `xp` is not a namespace.
    ValueError
        If there is no such mode.

    Examples
    --------
    >>> import numpy
    >>> xp = wrap(numpy)
    >>> x, y = xp.asarray([1.0, 2.0]), xp.asarray(3.0)
    >>> xp.gradient(xp.sum(x * x) * y, {"x": x, "y": y})
    {'x': array([ 6., 12.]), 'y': np.float64(5.0)}

    >>> xp = wrap(numpy, "forward")
    >>> x = xp.asarray([1.0, 2.0])
    >>> (x * x).tangent
    array([2., 4.])
    """
    if not hasattr(xp, "asarray"):
        raise TypeError(f"expected an array namespace, got {xp!r}; get one by autodiff.import_namespace(name)")
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(map(repr, MODES))}, got {mode!r}")
    return LiveNamespace(xp, mode)
