"""Batching of products, equations and decompositions; most take stacks of matrices as they are."""

from __future__ import annotations

import math
from typing import Any

from autodiff.batching.kinds import Batching, composite, is_batched, matrices, raised, reduction, size_of, spread
from autodiff.rules import COMPOSITES
from autodiff.rules.linear_algebra import contracted


def _matmul(xp: Any, function: Any, x1: Any, x2: Any, /) -> Any:
    row, column = x1.ndim == 1, x2.ndim == 1
    if not x1.ndim or not x2.ndim:
        return NotImplemented
    # With one matrix for all examples there is one product.
    if not is_batched(xp, x2) and x2.ndim <= 2:
        return function(x1.primal, x2)
    if not is_batched(xp, x1) and x1.ndim <= 2 and column:
        return function(x2.primal, x1 if row else xp.inner.matrix_transpose(x1))
    x1 = x1[None, :] if row else x1
    x2 = x2[:, None] if column else x2
    ndim = max(x1.ndim, x2.ndim)
    out = function(raised(xp, x1, ndim), raised(xp, x2, ndim))
    out = out[..., 0, :] if row else out
    return out[..., 0] if column else out


def _tensordot(xp: Any, function: Any, x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    axes1, axes2 = contracted(axes, x1.ndim, x2.ndim)
    if [x1.shape[i] for i in axes1] != [x2.shape[i] for i in axes2]:
        return NotImplemented
    free1 = [i for i in range(x1.ndim) if i not in axes1]
    free2 = [i for i in range(x2.ndim) if i not in axes2]
    shape1, shape2 = [x1.shape[i] for i in free1], [x2.shape[i] for i in free2]
    length = math.prod([x1.shape[i] for i in axes1])
    rows = xp.reshape(xp.permute_dims(x1, (*free1, *axes1)), (math.prod(shape1), length))
    columns = xp.reshape(xp.permute_dims(x2, (*axes2, *free2)), (length, math.prod(shape2)))
    return xp.reshape(xp.matmul(rows, columns), (*shape1, *shape2))


def _vectors(xp: Any, function: Any, x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    """Rule of a product of two stacks of vectors."""
    ndim = max(x1.ndim, x2.ndim)
    if axis >= 0 and x1.ndim == x2.ndim:
        axis -= ndim
    if not -min(x1.ndim, x2.ndim) <= axis < 0:
        return NotImplemented
    return function(raised(xp, x1, ndim), raised(xp, x2, ndim), axis=axis)


def _solve(xp: Any, function: Any, x1: Any, x2: Any, /) -> Any:
    column = x2.ndim == 1
    if x1.ndim < 2 or not x2.ndim:
        return NotImplemented
    x2 = x2[:, None] if column else x2
    ndim = max(x1.ndim, x2.ndim)
    out = function(raised(xp, x1, ndim), raised(xp, x2, ndim))
    return out[..., 0] if column else out


def _with_tolerance(xp: Any, function: Any, x: Any, /, *, rtol: Any = None) -> Any:
    if not hasattr(rtol, "ndim"):
        return matrices(xp, function, x, rtol=rtol)
    if x.ndim < 2 or rtol.ndim > x.ndim - 2:
        return NotImplemented
    return function(spread(xp, x, size_of(xp, x, rtol)), rtol=raised(xp, rtol, x.ndim - 2))


_PRODUCTS: dict[str, Batching] = {"matmul": _matmul, "tensordot": _tensordot, "vecdot": _vectors}

BATCHING: dict[str, Batching] = {
    **_PRODUCTS,
    **{f"linalg.{name}": rule for name, rule in _PRODUCTS.items()},
    **dict.fromkeys(
        "matrix_transpose linalg.matrix_transpose linalg.cholesky linalg.det linalg.diagonal linalg.eig linalg.eigh "
        "linalg.eigvals linalg.eigvalsh linalg.inv linalg.matrix_norm linalg.matrix_power linalg.qr linalg.slogdet "
        "linalg.svd linalg.svdvals linalg.trace tril triu".split(),
        matrices,
    ),
    "linalg.cross": _vectors,
    "linalg.matrix_rank": _with_tolerance,
    "linalg.outer": composite(COMPOSITES["linalg.outer"]),
    "linalg.pinv": _with_tolerance,
    "linalg.solve": _solve,
    "linalg.vector_norm": reduction,
}
