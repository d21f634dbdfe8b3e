"""Rules of products, traces and norms."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from autodiff.namespaces import device_of, is_complex
from autodiff.rules.kinds import Bilinear, Linear, Reduction, Rule, axis_of
from autodiff.rules.statistical import extremum_weights


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


def contracted(axes: Any, ndim1: int, ndim2: int) -> tuple[list[int], list[int]]:
    """Axes over which ``tensordot`` sums, of either operand."""
    if isinstance(axes, int):
        return list(range(ndim1 - axes, ndim1)), list(range(axes))
    first, second = ([pair] if isinstance(pair, int) else list(pair) for pair in axes)
    return [axis_of(ndim1, axis) for axis in first], [axis_of(ndim2, axis) for axis in second]


def _tensordot_pull_first(xp: Any, t: Any, out: Any, x1: Any, x2: Any, *, axes: Any = 2) -> Any:
    axes1, axes2 = contracted(axes, x1.ndim, x2.ndim)
    free1 = [axis for axis in range(x1.ndim) if axis not in axes1]
    free2 = [axis for axis in range(x2.ndim) if axis not in axes2]
    product = xp.tensordot(t, x2, axes=(list(range(len(free1), t.ndim)), free2))
    # Axes of the product: the free ones of x1, then the contracted ones in the order in which x2 has them.
    order = free1 + [axes1[axes2.index(axis)] for axis in sorted(axes2)]
    return xp.permute_dims(product, tuple([order.index(axis) for axis in range(x1.ndim)]))


def _tensordot_pull_second(xp: Any, t: Any, out: Any, x1: Any, x2: Any, *, axes: Any = 2) -> Any:
    axes1, axes2 = contracted(axes, x1.ndim, x2.ndim)
    free1 = x1.ndim - len(axes1)
    back = xp.permute_dims(t, (*range(free1, t.ndim), *range(free1)))
    return _tensordot_pull_first(xp, back, out, x2, x1, axes=(axes2, axes1))


def _diagonal_pull(xp: Any, t: Any, out: Any, shape: Any, *, offset: int = 0) -> Any:
    rows = xp.arange(shape[-2], device=device_of(t))[:, None]
    columns = xp.arange(shape[-1], device=device_of(t))[None, :]
    at = xp.astype(rows + offset == columns, t.dtype)
    # Row i of the result holds t[i - first], by a product with the shifted identity.
    first = max(0, -offset)
    shifted = xp.eye(shape[-2], t.shape[-1], k=-first, dtype=t.dtype, device=device_of(t))
    return xp.matmul(shifted, t[..., None]) * at


def _outer(xp: Any, x1: Any, x2: Any, /) -> Any:
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(f"linalg.outer needs two vectors, got shapes {tuple(x1.shape)} and {tuple(x2.shape)}")
    return xp.multiply(x1[:, None], x2[None, :])


def _trace(xp: Any, x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return xp.sum(xp.linalg.diagonal(x, offset=offset), axis=-1, dtype=dtype)


def _vecdot(xp: Any, x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    if x1.shape[axis] != x2.shape[axis]:
        shapes = f"{tuple(x1.shape)} and {tuple(x2.shape)}"
        raise ValueError(f"vecdot needs vectors of one length, got shapes {shapes}, axis {axis}")
    product = xp.multiply(xp.conj(x1) if is_complex(x1) else x1, x2)
    return xp.sum(product, axis=axis, dtype=product.dtype)


def _norm_weights(xp: Any, out: Any, x: Any, axis: Any, *, ord: float = 2) -> Any:  # noqa: A002
    """Partials of the norm of a real vector; 0 where the norm is 0, or where an element is and has no other."""
    if ord == 0:
        return xp.zeros_like(x)
    if ord in (inf, -inf):
        return extremum_weights(xp, out, xp.abs(x), axis) * xp.sign(x)
    out = xp.where(out == 0, 1.0, out)
    if ord == 2:
        return x / out
    return xp.where(x == 0, 1.0, xp.abs(x) / out) ** (ord - 1) * xp.sign(x)


_VECTOR_NORM = Reduction("linalg.vector_norm", _norm_weights)


def _vector_norm(xp: Any, x: Any, /, **params: Any) -> Any:
    return xp.apply(_VECTOR_NORM, (xp.abs(x) if is_complex(x) else x,), params)


_MATRIX_NORMS: dict[Any, Callable[[Any, Any], Any]] = {
    "fro": lambda xp, x: xp.linalg.vector_norm(x, axis=(-2, -1)),
    "nuc": lambda xp, x: xp.sum(xp.linalg.svdvals(x), axis=-1),
    2: lambda xp, x: xp.max(xp.linalg.svdvals(x), axis=-1),
    -2: lambda xp, x: xp.min(xp.linalg.svdvals(x), axis=-1),
    1: lambda xp, x: xp.max(xp.sum(xp.abs(x), axis=-2), axis=-1),
    -1: lambda xp, x: xp.min(xp.sum(xp.abs(x), axis=-2), axis=-1),
    inf: lambda xp, x: xp.max(xp.sum(xp.abs(x), axis=-1), axis=-1),
    -inf: lambda xp, x: xp.min(xp.sum(xp.abs(x), axis=-1), axis=-1),
}


def _matrix_norm(xp: Any, x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:  # noqa: A002
    if ord not in _MATRIX_NORMS:
        raise ValueError(f"ord must be one of {list(_MATRIX_NORMS)}, got {ord!r}")
    out = _MATRIX_NORMS[ord](xp, x)
    return out[..., None, None] if keepdims else out


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
    _VECTOR_NORM,
    Bilinear(
        "linalg.cross",
        lambda xp, t, out, x1, x2, *, axis=-1: xp.linalg.cross(x2, t, axis=axis),
        lambda xp, t, out, x1, x2, *, axis=-1: xp.linalg.cross(t, x1, axis=axis),
    ),
    Linear("linalg.diagonal", _diagonal_pull),
    Linear("matrix_transpose", lambda xp, t, out, shape: xp.matrix_transpose(t)),
)

COMPOSITES: dict[str, Callable[..., Any]] = {
    "linalg.matrix_norm": _matrix_norm,
    "linalg.matrix_transpose": lambda xp, x, /: xp.matrix_transpose(x),
    "linalg.outer": _outer,
    "linalg.trace": _trace,
    "linalg.vecdot": _vecdot,
    "linalg.vector_norm": _vector_norm,
    "vecdot": _vecdot,
}
