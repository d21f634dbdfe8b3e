"""Products in which a tangent of zero counts for nothing, whatever the partial derivative.

Where the result of a function is not taken, as behind a ``where``, its cotangent is zero. At a pole of the derivative,
such as that of ``sqrt`` at 0, or outside of the function's domain, ``0 * inf`` and ``0 * nan`` would make NaN of it.

The products are operations with rules of their own: the zero is exact, but a product stays linear in the tangent, so
that derivatives of derivatives are right where a tangent happens to be zero.
"""

from __future__ import annotations

from sys import modules
from typing import Any

from autodiff.rules.kinds import Elementwise, is_wrapper


def over(xp: Any, t: Any, x: Any) -> Any:
    """``t / x``, and 0 where t is 0."""
    if not hasattr(x, "dtype"):
        return t / x
    if is_wrapper(xp):
        return xp.apply(_OVER, (t, x), {})
    return _masked(xp, "divide", t, x) if xp.__name__ in _MASKING else t / xp.where(t == 0, 1, x)


def times(xp: Any, t: Any, x: Any) -> Any:
    """``t * x``, and 0 where t is 0."""
    if is_wrapper(xp):
        return xp.apply(_TIMES, (t, x), {})
    return _masked(xp, "multiply", t, x) if xp.__name__ in _MASKING else xp.where(t == 0, 0, t * x)


def _product(xp: Any, t1: Any, t2: Any) -> Any:
    """``t1 * t2``, and 0 where either is 0."""
    return xp.apply(_PRODUCT, (t1, t2), {}) if is_wrapper(xp) else xp.where((t1 == 0) | (t2 == 0), 0, t1 * t2)


_MASKING = frozenset({"extensor", "numpy"})
"""Namespaces of arrays of NumPy, whose ufuncs take a mask: one pass over memory in the place of three."""


def _masked(xp: Any, name: str, t: Any, x: Any) -> Any:
    numpy = modules["numpy"]
    t, x = numpy.asarray(t), numpy.asarray(x)
    shape = t.shape if t.shape == x.shape else numpy.broadcast_shapes(t.shape, x.shape)
    zeros = numpy.zeros(shape, numpy.result_type(t, x))
    return xp.asarray(getattr(numpy, name)(t, x, out=zeros, where=t.astype(bool)))


_OVER = Elementwise(
    "over",
    lambda xp, ct, out, t, x: over(xp, ct, x),
    lambda xp, ct, out, t, x: -over(xp, over(xp, _product(xp, ct, t), x), x),
    call=over,
)
_TIMES = Elementwise(
    "times",
    lambda xp, ct, out, t, x: times(xp, ct, x),
    lambda xp, ct, out, t, x: _product(xp, ct, t),
    call=times,
)
_PRODUCT = Elementwise(
    "product",
    lambda xp, ct, out, t1, t2: _product(xp, ct, t2),
    lambda xp, ct, out, t1, t2: _product(xp, ct, t1),
    call=_product,
)
