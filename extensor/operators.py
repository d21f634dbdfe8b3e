"""The operators of the array, attached from the standard's table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from conformance.spec import OPERATORS

from . import large
from .array import ExTensor, admit, require_writable, weak, wrap
from .dtypes import MET, DType, promoted
from .kernels import KERNELS, arrayed
from .large import LARGE
from .strictness import STRICT, check


def attach() -> None:
    """Give the array the operator, the reflected and the in-place method of each row."""
    for row in OPERATORS:
        if row.signature == "(self, /)":
            _set(row.method, _unary(row.function))
        else:
            _set(row.method, _binary(row.function))
            _set(row.reflected, _reflected(row.function))
            _set(row.inplace, _inplace(row.function))


def _set(name: str | None, method: Any) -> None:
    if name is not None:
        method.__name__ = name
        method.__qualname__ = f"ExTensor.{name}"
        setattr(ExTensor, name, method)


def _unary(name: str) -> Callable[[ExTensor], ExTensor]:
    run, on_large = arrayed(KERNELS[name]), large.kernel(KERNELS[name])

    def method(self: ExTensor, /) -> ExTensor:
        if STRICT:
            check(name, self)
        nd = self._nd
        return wrap(run(nd, out=...) if nd.nbytes < LARGE else on_large(nd))

    return method


def _binary(name: str) -> Callable[[ExTensor, Any], Any]:
    run, on_large = arrayed(KERNELS[name]), large.kernel(KERNELS[name])

    def method(self: ExTensor, other: Any, /) -> Any:
        if STRICT:
            check(name, self, other)
        nd = self._nd
        value = other._nd if type(other) is ExTensor else weak(admit(other), nd) if MET else admit(other)
        if value is None:
            # An operand of another library gets its turn: Python calls its reflected method next.
            return NotImplemented
        return wrap(run(nd, value, out=...) if nd.nbytes < LARGE else on_large(nd, value))

    return method


def _reflected(name: str) -> Callable[[ExTensor, Any], Any]:
    run, on_large = arrayed(KERNELS[name]), large.kernel(KERNELS[name])

    def method(self: ExTensor, other: Any, /) -> Any:
        if STRICT:
            check(name, other, self)
        nd = self._nd
        value = weak(admit(other), nd) if MET else admit(other)
        if value is None:
            return NotImplemented
        return wrap(run(value, nd, out=...) if nd.nbytes < LARGE else on_large(value, nd))

    return method


def _inplace(name: str) -> Callable[[ExTensor, Any], Any]:
    kernel = KERNELS[name]
    on_large = large.kernel(kernel)

    def method(self: ExTensor, other: Any, /) -> Any:
        if STRICT:
            check(name, self, other)
        target, value = self._nd, admit(other)
        if value is None:
            return NotImplemented
        if getattr(value, "dtype", None) is not target.dtype:
            _require_same_dtype(target.dtype, promoted(target, value))
        try:
            if type(kernel) is numpy.ufunc:
                (kernel if target.nbytes < LARGE else on_large)(target, value, out=target)
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
