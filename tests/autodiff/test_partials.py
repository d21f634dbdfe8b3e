"""Partial derivatives of elementwise functions at hard arguments, against differences in 760 digits of mpmath.

Tiny, large and subnormal arguments, and arguments next to poles and branch points, where a formula that is right on
paper cancels or overflows. The differences know the functions, and no formula of a derivative.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy
import pytest

from autodiff import jvp, vjp
from autodiff.rules import RULES
from conformance import spec

mpmath = pytest.importorskip("mpmath")

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(mpmath, name) for name in "acos acosh asin asinh atan atan2 atanh cos cosh exp expm1".split()},
    **{name: getattr(mpmath, name) for name in "hypot log log10 log1p sin sinh sqrt tan tanh".split()},
    "add": lambda x1, x2: x1 + x2,
    "divide": lambda x1, x2: x1 / x2,
    "log2": lambda x: mpmath.log(x) / mpmath.log(2),
    "logaddexp": lambda x1, x2: mpmath.log(mpmath.exp(x1) + mpmath.exp(x2)),
    "multiply": lambda x1, x2: x1 * x2,
    "negative": lambda x: -x,
    "positive": lambda x: x,
    "pow": mpmath.power,
    "reciprocal": lambda x: 1 / x,
    "square": lambda x: x * x,
    "subtract": lambda x1, x2: x1 - x2,
}
"""The functions in mpmath."""

NOT_HOLOMORPHIC = "abs clip conj copysign imag maximum minimum nextafter real remainder".split()
"""Their partials are constants, signs and choices; the tests of rules and of singular points have them."""

FROM_THE_RESULT = "tan tanh".split()
"""Their partials are polynomials of the result, as in PyTorch and JAX: where these cancel, at a result near a root, the
error is small beside 1 and not beside the partial."""

ALLOWED = {"logaddexp": 64, "pow": 64}
"""Relative errors allowed, in machine epsilons, if not 8. Of these the partial has the exponent of a difference, whose
rounding it multiplies by the size of the exponent."""


def magnitudes(name: str, info: Any, is_complex: bool) -> list[float]:
    eps = float(info.eps)
    near = [eps / 3, 1e-3, 0.5, 1 - 1e-3, 1 - eps / 2, 1.0, 1 + eps, 1 + 1e-3, 3.0, 20.0, 80.0]
    if name in ALLOWED:
        return near[2:4] + near[8:9] if is_complex else near
    if is_complex:
        return near[::2]
    far = [5 * info.smallest_subnormal, 3 * info.tiny, info.tiny**0.5, 1 / eps, 3 * info.max**0.5, info.max / 8]
    return near + [float(x) for x in far]


def arguments(name: str, info: Any, is_complex: bool) -> Iterator[tuple[Any, ...]]:
    real = [sign * x for x in magnitudes(name, info, is_complex) for sign in (1, -1)]
    numbers = [complex(x, y) for x in real for y in real] if is_complex else real
    if len(spec.BY_NAME[name].arrays) == 1:
        return itertools.product(numbers[:: 3 if is_complex else 1])
    step = 11 if is_complex else 3
    return itertools.product(numbers[::step], numbers[1::step])


def partial(name: str, args: tuple[Any, ...], position: int) -> Any:
    """The partial by a central difference; not finite outside of the function's domain."""
    with mpmath.workdps(760):
        exact = [mpmath.mpmathify(x) for x in args]
        step = min(abs(exact[position]), 1) * mpmath.mpf(10) ** -30

        def at(sign: int) -> Any:
            return FUNCTIONS[name](*[x + sign * step if i == position else x for i, x in enumerate(exact)])

        try:
            return (at(1) - at(-1)) / (2 * step)
        except (ValueError, ZeroDivisionError):
            return mpmath.nan


def ours(name: str, args: tuple[Any, ...], dtype: str) -> tuple[Any, list[Any]]:
    arrays = [numpy.asarray([x], dtype=dtype) for x in args]

    def f(*arrays: Any) -> Any:
        return getattr(arrays[0].namespace, name)(*arrays)

    out, pullback = vjp(f, *arrays)
    cts = pullback(numpy.ones_like(out))
    for i, ct in enumerate(cts):
        _, out_dot = jvp(f, arrays, [numpy.ones_like(x) if i == k else None for k, x in enumerate(arrays)])
        numpy.testing.assert_array_equal(out_dot, ct)
    return out.item(), [x.item() for x in cts]


def mistakes(name: str, dtype: str) -> tuple[int, list[str]]:
    """How many partials were compared, and those that are wrong."""
    info, count, wrong = numpy.finfo(dtype), 0, []
    is_complex = dtype.startswith("complex")
    for args in arguments(name, info, is_complex):
        args = tuple([numpy.asarray(x, dtype=dtype).item() for x in args])
        with numpy.errstate(all="ignore"):
            out, cts = ours(name, args, dtype)
        if not numpy.isfinite(out) or abs(out) < info.tiny:
            continue
        for position, found in enumerate(cts):
            expected = partial(name, args, position)
            if not info.tiny < abs(expected) < info.max / 2 or (not is_complex and mpmath.im(expected)):
                continue
            count += 1
            size = max(1, abs(expected)) if name in FROM_THE_RESULT else abs(expected)
            error = abs(mpmath.mpmathify(found) - expected) / size
            if not error <= ALLOWED.get(name, 8) * float(info.eps):
                wrong.append(f"{name}{args} by argument {position}: {found}, expected {mpmath.nstr(expected, 20)}")
    return count, wrong


CASES = [
    (name, dtype)
    for name in FUNCTIONS
    for dtype in ("float32", "float64", "complex64", "complex128")
    if dtype in spec.KINDS[spec.BY_NAME[name].kinds]
]


@pytest.mark.parametrize(("name", "dtype"), CASES)
def test_partials_at_hard_arguments(name: str, dtype: str) -> None:
    count, wrong = mistakes(name, dtype)
    assert count >= 6
    assert not wrong


def test_every_elementwise_rule_is_here_or_known_to_have_simple_partials() -> None:
    rules = {name for name in RULES if name in spec.BY_NAME and spec.BY_NAME[name].chapter == "elementwise"}
    assert rules == {*FUNCTIONS, *NOT_HOLOMORPHIC}


@pytest.mark.parametrize(
    ("name", "textbook"),
    [
        ("asinh", lambda xp, t, out, x: t / xp.sqrt(x * x + 1)),
        ("acosh", lambda xp, t, out, x: t / xp.sqrt(x * x - 1)),
        ("atanh", lambda xp, t, out, x: t / (1 - x * x)),
        ("expm1", lambda xp, t, out, x: t * (xp.expm1(x) + 1)),
        ("log", lambda xp, t, out, x: 1.000001 * t / x),
    ],
)
def test_a_formula_that_cancels_or_overflows_is_found(
    monkeypatch: pytest.MonkeyPatch, name: str, textbook: Any
) -> None:
    monkeypatch.setattr(RULES[name], "pulls", (textbook,))
    monkeypatch.setattr(RULES[name], "reads_operands", True)
    assert mistakes(name, "float64")[1]
