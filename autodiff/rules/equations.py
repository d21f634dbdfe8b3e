"""Rules of inverses, linear equations and determinants.

The formulas are those of Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008), and for the pseudo-inverse of Golub and Pereyra (1973). A singular matrix is refused, or not,
as the library refuses it; its ``slogdet`` has NaN for a derivative. The pseudo-inverse is taken to keep its rank.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from operator import index
from typing import Any

from autodiff.namespaces import device_of, is_complex
from autodiff.rules.kinds import Jvp, Rule, adjoint, constant, inverse_or_nan, real_part


def _between(xp: Any, t: Any, inverse: Any) -> Any:
    return -xp.matmul(inverse, xp.matmul(t, inverse))


def _pinv(xp: Any, x_dot: Any, out: Any, x: Any, rtol: Any) -> Any:
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


def _products_of_others(xp: Any, x: Any) -> Any:
    """At i and j, the product of all numbers but those two; where i is j, but that one."""
    n = x.shape[-1]
    number = xp.arange(n, device=device_of(x))
    row, column = number[:, None], number[None, :]
    before = xp.cumulative_prod(x, axis=-1, include_initial=True)[..., :-1]
    after = xp.flip(xp.cumulative_prod(xp.flip(x, axis=-1), axis=-1, include_initial=True)[..., :-1], axis=-1)
    later = xp.where(column > row, x[..., None, :], 1.0)
    between = xp.cumulative_prod(later, axis=-1, include_initial=True)[..., :-1]
    pairs = xp.triu(before[..., :, None] * between * after[..., None, :], k=1)
    return xp.where(row == column, (before * after)[..., None, :], pairs + xp.matrix_transpose(pairs))


def _cofactors(xp: Any, out: Any, x: Any) -> Any:
    """Partials of the determinant.

    Of a singular matrix there is no inverse to take them from. Between its singular vectors, held fast, it is diagonal,
    and the adjugate of a diagonal matrix is known up to squares of what may be added beside the diagonal. So these and
    their derivatives are right; of singular matrices, the derivatives after those lack terms.
    """
    u, s, vh = xp.linalg.svd(constant(x))
    total = xp.sum(s, axis=-1, keepdims=True)
    singular = xp.any(s <= total * float(xp.finfo(s.dtype).eps) ** 0.5, axis=-1)[..., None, None]
    eye = xp.eye(x.shape[-1], dtype=x.dtype, device=device_of(x))
    inverse = xp.linalg.inv(xp.where(singular, eye, x))
    between = xp.matmul(adjoint(xp, u), xp.matmul(x, adjoint(xp, vh)))
    others = _products_of_others(xp, xp.linalg.diagonal(between))
    adjugate = others * xp.where(eye == 1, eye, -between)
    turned = xp.matmul(adjoint(xp, vh), xp.matmul(adjugate, adjoint(xp, u)))
    phase = (xp.linalg.det(u) * xp.linalg.det(vh))[..., None, None]
    return xp.matrix_transpose(xp.where(singular, phase * turned, inverse * out[..., None, None]))


def _slogdet(xp: Any, x_dot: Any, out: Any, x: Any) -> Any:
    inverse = inverse_or_nan(xp, x, out.logabsdet == -inf)
    change = xp.sum(x_dot * xp.matrix_transpose(inverse), axis=(-2, -1))
    turn = 1j * xp.imag(change) * out.sign if is_complex(x) else None
    return turn, real_part(xp, change)


def _matrix_power(xp: Any, x: Any, n: int, /) -> Any:
    n = index(n)
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
    Jvp(
        "linalg.pinv",
        _pinv,
        None,
        call=lambda xp, x, rtol: xp.linalg.pinv(x, rtol=rtol),
        bind=lambda x, /, *, rtol=None: ((x, rtol), {}),
    ),
    Jvp("linalg.slogdet", _slogdet),
    _SOLVE,
)

COMPOSITES: dict[str, Callable[..., Any]] = {
    "linalg.matrix_power": _matrix_power,
    "linalg.solve": _solve,
}
