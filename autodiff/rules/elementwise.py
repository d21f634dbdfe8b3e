"""Rules of elementwise functions."""

from __future__ import annotations

import cmath
import math
import operator
from collections.abc import Callable
from typing import Any

from autodiff.namespaces import is_complex
from autodiff.rules.kinds import Elementwise, Pull, RealLinear, Rule, real_part
from autodiff.rules.zeros import over, times


def _positional(*names: str) -> Callable[..., Any]:
    """Bind arrays that may be passed by name, None where absent."""

    def bind(*operands: Any, **params: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        given = dict(zip(names, operands, strict=False)) | {key: params.pop(key) for key in names if key in params}
        return tuple([given.get(name) for name in names]), params

    return bind


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
    if not isinstance(x2, (int, float, complex)):
        # At 0 ** 0 the derivative is 0.
        return times(xp, t * x2, xp.where((x1 == 0) & (x2 == 0), 1.0, x1) ** (x2 - 1))
    if x2.real < 1:
        return over(xp, t * x2, x1 ** (1 - x2))
    return t * (x2 * x1 ** (x2 - 1)) if x2 == x2.real // 1 else times(xp, t * x2, x1 ** (x2 - 1))


def _pow_exponent(xp: Any, t: Any, out: Any, x1: Any, x2: Any) -> Any:
    if isinstance(x1, (int, float, complex)):
        return t * out * (cmath.log(x1) if isinstance(x1, complex) or x1 < 0 else math.log(x1)) if x1 else t * 0.0
    # At x1 == 0 the limit of x1 ** x2 * log(x1) is 0, for positive exponents.
    zero = x1 == 0
    return times(xp, times(xp, t, xp.where(zero, 0.0, out)), xp.log(xp.where(zero, 1.0, x1)))


def _over_roots(xp: Any, t: Any, x1: Any, x2: Any) -> Any:
    return over(xp, over(xp, t, xp.sqrt(x1)), xp.sqrt(x2))


def _asinh(xp: Any, t: Any, out: Any, x: Any) -> Any:
    return _over_roots(xp, t, 1 - 1j * x, 1 + 1j * x) if is_complex(x) else t / xp.hypot(x, xp.ones_like(x))


def _atan(xp: Any, t: Any, out: Any, x: Any) -> Any:
    return over(xp, over(xp, t, 1 - 1j * x), 1 + 1j * x) if is_complex(x) else t / (x * x + 1)


def _atan2(xp: Any, t: Any, x1: Any, x2: Any) -> Any:
    """Derivative by x1, and with -x1 and x2 in each other's place, by x2. The subgradient at the origin is 0."""
    length = xp.hypot(x1, x2)
    length = xp.where(length == 0, 1.0, length)
    return t * (x2 / length) / length


def _logaddexp(xp: Any, t: Any, x1: Any, x2: Any) -> Any:
    """Derivative by x1, ``1 / (1 + exp(x2 - x1))``; two equal infinities share."""
    x2 = x2 if hasattr(x2, "dtype") else xp.full_like(x1, x2)
    same = (x1 == x2) & xp.isinf(x1)
    apart = xp.where(same, 0.0, x2) - xp.where(same, 0.0, x1)
    return t * xp.exp(-xp.logaddexp(apart, xp.zeros_like(apart)))


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


def _sign(xp: Any, x: Any, /) -> Any:
    if not is_complex(x):
        return xp.constant_call("sign", x)
    size = xp.abs(x)
    zero = size == 0
    return xp.where(zero, 0.0, x) / xp.where(zero, 1.0, size)


RULES: tuple[Rule, ...] = (
    Elementwise("acos", lambda xp, t, out, x: _over_roots(xp, -t, 1 - x, 1 + x)),
    Elementwise("acosh", lambda xp, t, out, x: _over_roots(xp, t, x - 1, x + 1)),
    Elementwise("add", lambda xp, t, out, x1, x2: t, lambda xp, t, out, x1, x2: t, reads=""),
    Elementwise("asin", lambda xp, t, out, x: _over_roots(xp, t, 1 - x, 1 + x)),
    Elementwise("asinh", _asinh),
    Elementwise("atan", _atan),
    Elementwise(
        "atan2",
        lambda xp, t, out, x1, x2: _atan2(xp, t, x1, x2),
        lambda xp, t, out, x1, x2: _atan2(xp, -t, x2, x1),
    ),
    Elementwise("atanh", lambda xp, t, out, x: over(xp, over(xp, t, 1 - x), 1 + x)),
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
        "divide",
        lambda xp, t, out, x1, x2: over(xp, t, x2),
        lambda xp, t, out, x1, x2: times(xp, -t, out / x2),
        reads="operands out",
    ),
    Elementwise("exp", lambda xp, t, out, x: t * out, reads="out"),
    Elementwise("expm1", lambda xp, t, out, x: t * xp.exp(x)),
    Elementwise(
        "hypot",
        lambda xp, t, out, x1, x2: _hypot(xp, t, out, x1),
        lambda xp, t, out, x1, x2: _hypot(xp, t, out, x2),
        reads="operands out",
    ),
    Elementwise("log", lambda xp, t, out, x: over(xp, t, x)),
    Elementwise("log1p", lambda xp, t, out, x: over(xp, t, x + 1)),
    Elementwise("log2", lambda xp, t, out, x: over(xp, t, x * math.log(2))),
    Elementwise("log10", lambda xp, t, out, x: over(xp, t, x * math.log(10))),
    Elementwise(
        "logaddexp",
        lambda xp, t, out, x1, x2: _logaddexp(xp, t, x1, x2),
        lambda xp, t, out, x1, x2: _logaddexp(xp, t, x2, x1),
    ),
    Elementwise("maximum", *_share(operator.gt, operator.lt)),
    Elementwise("minimum", *_share(operator.lt, operator.gt)),
    Elementwise("multiply", lambda xp, t, out, x1, x2: t * x2, lambda xp, t, out, x1, x2: t * x1),
    Elementwise("negative", lambda xp, t, out, x: -t, reads=""),
    Elementwise("nextafter", lambda xp, t, out, x1, x2: t, None, reads=""),
    Elementwise("positive", lambda xp, t, out, x: t, reads=""),
    Elementwise("pow", _pow_base, _pow_exponent, reads="operands out"),
    Elementwise("reciprocal", lambda xp, t, out, x: -times(xp, times(xp, t, out), out), reads="out"),
    Elementwise("remainder", lambda xp, t, out, x1, x2: t, lambda xp, t, out, x1, x2: -t * xp.floor_divide(x1, x2)),
    Elementwise("sin", lambda xp, t, out, x: t * xp.cos(x)),
    Elementwise("sinh", lambda xp, t, out, x: t * xp.cosh(x)),
    Elementwise("sqrt", lambda xp, t, out, x: over(xp, t, out + out), reads="out"),
    Elementwise("square", lambda xp, t, out, x: t * (x + x)),
    Elementwise("subtract", lambda xp, t, out, x1, x2: t, lambda xp, t, out, x1, x2: -t, reads=""),
    Elementwise("tan", lambda xp, t, out, x: t * (out * out + 1), reads="out"),
    Elementwise("tanh", lambda xp, t, out, x: t * (1 - out * out), reads="out"),
    RealLinear(
        "abs",
        lambda xp, t, out, x: xp.real(t * xp.conj(xp.sign(x))) if is_complex(x) else t * xp.sign(x),
        lambda xp, t, out, x: real_part(xp, t) * (xp.conj(xp.sign(x)) if is_complex(x) else xp.sign(x)),
        reads_operands=True,
    ),
    RealLinear("conj", lambda xp, t, out, x: xp.conj(t), lambda xp, t, out, x: xp.conj(t)),
    RealLinear("imag", lambda xp, t, out, x: xp.imag(t), lambda xp, t, out, x: real_part(xp, t) * -1j),
    RealLinear("real", lambda xp, t, out, x: xp.real(t), lambda xp, t, out, x: real_part(xp, t)),
)

COMPOSITES: dict[str, Callable[..., Any]] = {
    "sign": _sign,
}
