"""Forward mode: each array carries its derivative along one direction."""

from __future__ import annotations

from typing import Any

from .rules import Rule
from .wrapping import WrappedArray, WrapperNamespace, attach_operators, lift, rebuilt

__all__ = ["Forward", "ForwardArray"]


class ForwardArray(WrappedArray):
    """An array and its tangent; None for a constant."""

    __slots__ = ()

    tangent: Any = vars(WrappedArray)["part"]

    def __init__(self, primal: Any, namespace: Forward, tangent: Any) -> None:
        self.primal = primal
        self.namespace = namespace
        self.tangent = tangent

    def varies(self) -> bool:
        return self.tangent is not None


class Forward(WrapperNamespace):
    """Namespace in which every operation pushes tangents along.

    Parameters
    ----------
    inner
        Any conforming namespace, a wrapper or not.

    Examples
    --------
    >>> import numpy
    >>> xp = Forward(numpy)
    >>> x = xp.variable(numpy.asarray([1.0, 2.0]), numpy.asarray([1.0, 0.0]))
    >>> xp.sum(x * x).tangent.item()
    2.0
    """

    array_type = ForwardArray

    def constant(self, x: Any) -> ForwardArray:
        return ForwardArray(x, self, None)

    def variable(self, x: Any, x_dot: Any) -> ForwardArray:
        """Wrap an inner array and its tangent."""
        return ForwardArray(x, self, x_dot)

    def rewrap(self, x: ForwardArray) -> ForwardArray:
        tangent = None if x.tangent is None else lift(self.inner, x.tangent)
        return ForwardArray(lift(self.inner, x.primal), self, tangent)

    def record(self, rule: Rule, operands: Any, primals: Any, out: Any, params: Any) -> Any:
        tangents = [x.tangent if isinstance(x, ForwardArray) and x.namespace is self else None for x in operands]
        if all(x_dot is None for x_dot in tangents):
            return self.wrap(out)
        out_dot = rule.push(self.inner, tangents, out, primals, params)
        if isinstance(out, tuple):
            return rebuilt(out, [ForwardArray(x, self, x_dot) for x, x_dot in zip(out, out_dot, strict=True)])
        return ForwardArray(out, self, out_dot)


attach_operators(ForwardArray, Forward)
