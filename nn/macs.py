"""How many multiply-accumulate operations an operation takes.

Products of matrices and convolutions count, where padding counts like the image. Elementwise operations, sums and
decompositions count as none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from nn.namespaces import Array

__all__ = ["COUNTS", "elements"]


def elements(x: Array) -> int:
    """Number of elements; not ``x.size``, which is a method in PyTorch."""
    return _product(x.shape)


def _product(lengths: Iterable[int]) -> int:
    return math.prod(lengths)


def _matrix_product(out: Array, x1: Array, *_: Any, **__: Any) -> int:
    return elements(out) * _product(x1.shape[-1:])


def _vector_product(out: Array, x1: Array, *_: Any, axis: int = -1) -> int:
    return elements(out) * _product([x1.shape[axis]])


def _tensor_product(out: Array, x1: Array, _: Array, *, axes: Any = 2) -> int:
    contracted = x1.shape[x1.ndim - axes :] if isinstance(axes, int) else [x1.shape[axis] for axis in axes[0]]
    return elements(out) * _product(contracted)


def _convolution(out: Array, _: Array, weight: Array, **__: Any) -> int:
    return elements(out) * _product(weight.shape[1:])


def _transposed_convolution(_: Array, y: Array, weight: Array, **__: Any) -> int:
    return elements(y) * _product(weight.shape[1:])


def _correlation(out: Array, _: Array, y: Array, **__: Any) -> int:
    return elements(y) * _product(out.shape[1:])


COUNTS: dict[str, Callable[..., int]] = {
    "matmul": _matrix_product,
    "linalg.matmul": _matrix_product,
    "vecdot": _vector_product,
    "linalg.vecdot": _vector_product,
    "tensordot": _tensor_product,
    "linalg.tensordot": _tensor_product,
    "convolve": _convolution,
    "convolve_transposed": _transposed_convolution,
    "correlate": _correlation,
}
"""From the result and the operands of a call, by the name of the operation."""
