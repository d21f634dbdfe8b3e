"""Rules of linear algebra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autodiff.namespaces import is_complex
from autodiff.rules.kinds import Bilinear, Linear, Rule


def _matmul_pull_first(xp: Any, t: Any, out: Any, x1: Any, x2: Any) -> Any:
    if x2.ndim == 1:
        return t[..., None] * x2
    if x1.ndim == 1:
        return xp.matmul(x2, t[..., None])[..., 0]
    return xp.matmul(t, xp.matrix_transpose(x2))


def _matmul_pull_second(xp: Any, t: Any, out: Any, x1: Any, x2: Any) -> Any:
    if x1.ndim == 1:
        return t[..., None, :] * x1[:, None] if x2.ndim > 1 else t * x1
    if x2.ndim == 1:
        return xp.matmul(xp.matrix_transpose(x1), t[..., None])[..., 0]
    return xp.matmul(xp.matrix_transpose(x1), t)


def _contracted(axes: Any, ndim1: int, ndim2: int) -> tuple[list[int], list[int]]:
    if isinstance(axes, int):
        return list(range(ndim1 - axes, ndim1)), list(range(axes))
    first, second = ([pair] if isinstance(pair, int) else list(pair) for pair in axes)
    return [axis % ndim1 for axis in first], [axis % ndim2 for axis in second]


def _tensordot_pull_first(xp: Any, t: Any, out: Any, x1: Any, x2: Any, *, axes: Any = 2) -> Any:
    axes1, axes2 = _contracted(axes, x1.ndim, x2.ndim)
    free1 = [axis for axis in range(x1.ndim) if axis not in axes1]
    free2 = [axis for axis in range(x2.ndim) if axis not in axes2]
    product = xp.tensordot(t, x2, axes=(list(range(len(free1), t.ndim)), free2))
    # Axes of the product: the free ones of x1, then the contracted ones in the order in which x2 has them.
    order = free1 + [axes1[axes2.index(axis)] for axis in sorted(axes2)]
    return xp.permute_dims(product, tuple([order.index(axis) for axis in range(x1.ndim)]))


def _tensordot_pull_second(xp: Any, t: Any, out: Any, x1: Any, x2: Any, *, axes: Any = 2) -> Any:
    axes1, axes2 = _contracted(axes, x1.ndim, x2.ndim)
    free1 = x1.ndim - len(axes1)
    back = xp.permute_dims(t, (*range(free1, t.ndim), *range(free1)))
    return _tensordot_pull_first(xp, back, out, x2, x1, axes=(axes2, axes1))


def _diagonal_pull(xp: Any, t: Any, out: Any, shape: Any, *, offset: int = 0) -> Any:
    rows = xp.arange(shape[-2], device=t.device)[:, None]
    columns = xp.arange(shape[-1], device=t.device)[None, :]
    at = xp.astype(rows + offset == columns, t.dtype)
    # Row i of the result holds t[i - first], by a product with the shifted identity.
    first = max(0, -offset)
    shifted = xp.eye(shape[-2], t.shape[-1], k=-first, dtype=t.dtype, device=t.device)
    return xp.matmul(shifted, t[..., None]) * at


def _outer(xp: Any, x1: Any, x2: Any, /) -> Any:
    return xp.multiply(x1[:, None], x2[None, :])


def _trace(xp: Any, x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return xp.sum(xp.linalg.diagonal(x, offset=offset), axis=-1, dtype=dtype)


def _vecdot(xp: Any, x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return xp.sum(xp.multiply(xp.conj(x1) if is_complex(x1) else x1, x2), axis=axis)


_BILINEAR = tuple(
    rule
    for prefix in ("", "linalg.")
    for rule in (
        Bilinear(f"{prefix}matmul", _matmul_pull_first, _matmul_pull_second),
        Bilinear(f"{prefix}tensordot", _tensordot_pull_first, _tensordot_pull_second),
    )
)

RULES: tuple[Rule, ...] = (
    *_BILINEAR,
    Linear("linalg.diagonal", _diagonal_pull),
    Linear("matrix_transpose", lambda xp, t, out, shape: xp.matrix_transpose(t)),
)

COMPOSITES: dict[str, Callable[..., Any]] = {
    "linalg.matrix_transpose": lambda xp, x, /: xp.matrix_transpose(x),
    "linalg.outer": _outer,
    "linalg.trace": _trace,
    "linalg.vecdot": _vecdot,
    "vecdot": _vecdot,
}
