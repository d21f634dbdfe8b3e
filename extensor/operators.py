"""The operators of the array, attached from the standard's table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from conformance.spec import OPERATORS

from .array import ExTensor, admit, require_writable, wrap
from .dtypes import DType
from .kernels import KERNELS


def attach() -> None:
    """Give the array the operator, the reflected and the in-place method of each row."""
    for row in OPERATORS:
        kernel = KERNELS[row.function]
        if row.signature == "(self, /)":
            _set(row.method, _unary(kernel))
        else:
            _set(row.method, _binary(kernel))
            _set(row.reflected, _reflected(kernel))
            _set(row.inplace, _inplace(kernel))


def _set(name: str | None, method: Any) -> None:
    if name is not None:
        method.__name__ = name
        method.__qualname__ = f"ExTensor.{name}"
        setattr(ExTensor, name, method)


def _unary(kernel: Callable[..., Any]) -> Callable[[ExTensor], ExTensor]:
    def method(self: ExTensor, /) -> ExTensor:
        return wrap(kernel(self._nd))

    return method


def _binary(kernel: Callable[..., Any]) -> Callable[[ExTensor, Any], Any]:
    def method(self: ExTensor, other: Any, /) -> Any:
        if type(other) is ExTensor:
            return wrap(kernel(self._nd, other._nd))
        value = admit(other)
        # An operand of another library gets its turn: Python calls its reflected method next.
        return NotImplemented if value is None else wrap(kernel(self._nd, value))

    return method


def _reflected(kernel: Callable[..., Any]) -> Callable[[ExTensor, Any], Any]:
    def method(self: ExTensor, other: Any, /) -> Any:
        value = admit(other)
        return NotImplemented if value is None else wrap(kernel(value, self._nd))

    return method


def _inplace(kernel: Callable[..., Any]) -> Callable[[ExTensor, Any], Any]:
    def method(self: ExTensor, other: Any, /) -> Any:
        target, value = self._nd, admit(other)
        if value is None:
            return NotImplemented
        if getattr(value, "dtype", None) is not target.dtype:
            _require_same_dtype(target.dtype, numpy.result_type(target, value))
        try:
            if type(kernel) is numpy.ufunc:
                kernel(target, value, out=target)
            else:
                result = kernel(target, value)
                _require_same_dtype(target.dtype, result.dtype)
                target[...] = result
        except ValueError:
            require_writable(target)
            raise
        return self

    return method


def _require_same_dtype(target: DType, result: DType) -> None:
    if target != result:
        raise TypeError(f"an in-place operation cannot turn {target} into {result}; write x = x + y instead of x += y")
