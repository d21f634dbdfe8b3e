"""Rules of inverses, linear equations and determinants.

The formulas are those of Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008), and for the pseudo-inverse of Golub and Pereyra (1973). A singular matrix is refused, or not,
as the library refuses it; the pseudo-inverse is taken to keep its rank.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autodiff.namespaces import is_complex
from autodiff.rules.kinds import Jvp, Rule, adjoint, real_part
from autodiff.rules.statistical import prod_weights


def _between(xp: Any, t: Any, inverse: Any) -> Any:
    return -xp.matmul(inverse, xp.matmul(t, inverse))


def _pinv(xp: Any, x_dot: Any, out: Any, x: Any, *, rtol: Any = None) -> Any:
    x_dot_adjoint, out_adjoint = adjoint(xp, x_dot), adjoint(xp, out)
    along = xp.matmul(out, xp.matmul(out_adjoint, x_dot_adjoint))
    across = xp.matmul(xp.matmul(x_dot_adjoint, out_adjoint), out)
    return (
        (along - xp.matmul(xp.matmul(along, x), out))
        + (across - xp.matmul(out, xp.matmul(x, across)))
        - xp.matmul(out, xp.matmul(x_dot, out))
    )


def _solved_back(xp: Any, t: Any, x1: Any) -> Any:
    return xp.linalg.solve(xp.matrix_transpose(x1), t)


_SOLVE = Jvp(
    "linalg.solve",
    lambda xp, x1_dot, out, x1, x2: -xp.linalg.solve(x1, xp.matmul(x1_dot, out)),
    lambda xp, x2_dot, out, x1, x2: xp.linalg.solve(x1, x2_dot),
    transposes={
        0: lambda xp, t, out, x1, x2: -xp.matmul(_solved_back(xp, t, x1), xp.matrix_transpose(out)),
        1: lambda xp, t, out, x1, x2: _solved_back(xp, t, x1),
    },
)


def _solve(xp: Any, x1: Any, x2: Any, /) -> Any:
    if x2.ndim == 1:
        return _solve(xp, x1, x2[:, None])[..., 0]
    return xp.apply(_SOLVE, (x1, x2), {})


def _cofactors(xp: Any, out: Any, x: Any) -> Any:
    """Partials of the determinant.

    Of a singular matrix there is no inverse to take them from, but a singular value decomposition. Their own
    derivatives there are right where the singular values are distinct.
    """
    singular = (out == 0)[..., None, None]
    eye = xp.eye(x.shape[-1], dtype=x.dtype, device=x.device)
    inverse = xp.linalg.inv(xp.where(singular, eye, x))
    u, s, vh = xp.linalg.svd(xp.where(singular, x, eye))
    phase = xp.linalg.det(u) * xp.linalg.det(vh)
    others = phase[..., None] * prod_weights(xp, None, s, -1)
    adjugate = xp.matmul(adjoint(xp, vh), adjoint(xp, u) * others[..., None])
    return xp.matrix_transpose(xp.where(singular, adjugate, inverse * out[..., None, None]))


def _slogdet(xp: Any, x_dot: Any, out: Any, x: Any) -> Any:
    change = xp.sum(x_dot * xp.matrix_transpose(xp.linalg.inv(x)), axis=(-2, -1))
    turn = 1j * xp.imag(change) * out.sign if is_complex(x) else None
    return turn, real_part(xp, change)


def _matrix_power(xp: Any, x: Any, n: int, /) -> Any:
    if n == 0:
        return xp.constant_call("linalg.matrix_power", x, n)
    if n < 0:
        x, n = xp.linalg.inv(x), -n
    power = None
    while n:
        if n % 2:
            power = x if power is None else xp.matmul(power, x)
        n //= 2
        x = xp.matmul(x, x) if n else x
    return power


RULES: tuple[Rule, ...] = (
    Jvp(
        "linalg.det",
        lambda xp, x_dot, out, x: xp.sum(x_dot * _cofactors(xp, out, x), axis=(-2, -1)),
        transposes={0: lambda xp, t, out, x: t[..., None, None] * _cofactors(xp, out, x)},
    ),
    Jvp(
        "linalg.inv",
        lambda xp, x_dot, out, x: _between(xp, x_dot, out),
        transposes={0: lambda xp, t, out, x: _between(xp, t, xp.matrix_transpose(out))},
    ),
    Jvp("linalg.pinv", _pinv),
    Jvp("linalg.slogdet", _slogdet),
    _SOLVE,
)

COMPOSITES: dict[str, Callable[..., Any]] = {
    "linalg.matrix_power": _matrix_power,
    "linalg.solve": _solve,
}
