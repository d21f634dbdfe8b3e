"""How a NumPy ufunc becomes a function of the standard: unwrap, run the kernel, wrap.

A *kernel* is a ufunc or any function of its shape: kernel views in, kernel view out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy
from numpy import ndarray

from . import large
from .array import PYTHON_SCALARS, UFUNCS, ExTensor, ForeignOperandError, operand, unwrap, weak, wrap
from .dtypes import MET, float64, promoted
from .large import LARGE
from .strictness import STRICT, check

F = TypeVar("F", bound=Callable[..., Any])

KERNELS: dict[str, Callable[..., Any]] = {}
"""The kernel of each elementwise function by name, for the operators of the array."""

ALL, FLOATS = "biufcV", "fcV"
"""Kinds of data types, as ``numpy.dtype.kind`` has them, that a kernel can be given; "V" is bfloat16's."""

_UNARY = """{summary}

Parameters
----------
x : ExTensor
    Array of any shape.{note}

Returns
-------
ExTensor
    Array of the shape of `x`.

Raises
------
TypeError
    If `x` is no array or scalar, or its data type has no such operation.

Examples
--------
>>> import extensor as xp
>>> print(xp.{name}(xp.asarray({given})))
{gives}
"""

_BINARY = """{summary}

Parameters
----------
x1, x2 : ExTensor or scalar
    Operands of compatible shapes, one of them an array; a Python scalar takes the data type of the other.

Returns
-------
ExTensor
    Array of the shape to which the operands broadcast.

Raises
------
TypeError
    If an operand is no array or scalar, or the data types have no such operation.
ValueError
    If the shapes do not broadcast.

Examples
--------
>>> import extensor as xp
>>> print(xp.{name}(xp.asarray({given1}), xp.asarray({given2})))
{gives}
"""


def unary(
    name: str, kernel: Callable[..., Any], summary: str, given: str, gives: str, *, kinds: str = ALL
) -> Callable[[Any], ExTensor]:
    """The function of one array that runs `kernel` on each element.

    Parameters
    ----------
    name : str
        Name of the function.
    kernel : callable
        Kernel of one view.
    summary, given, gives : str
        Documentation: first line, and the elements of an example, and its printed result.
    kinds : str
        Kinds of data types that go to the kernel as they are (``numpy.dtype.kind``); the others, integers and bools,
        go as the default float, where NumPy would choose a float as short as the integer.
    """

    def function(x: Any, /) -> Any:
        if STRICT:
            check(name, x)
        try:
            nd = x._nd if type(x) is ExTensor else unwrap(x)
        except ForeignOperandError as foreign:
            return foreign.answer(function, (x,), {})
        nd = nd if nd.dtype.kind in kinds else nd.astype(float64)
        return wrap(run(nd, out=...) if nd.nbytes < LARGE else on_large(nd))

    run, on_large = arrayed(kernel), large.kernel(kernel)
    if kinds == FLOATS:
        replaced = [ufunc for ufunc, substitute in UFUNCS.items() if substitute is kernel]
        for ufunc in replaced or [kernel]:
            UFUNCS[ufunc] = lambda nd: kernel(nd if nd.dtype.kind in kinds else nd.astype(float64))
    note = "" if "i" in kinds else " Integers and bools count as ``float64``."
    doc = _UNARY.format(name=name, summary=summary, given=given, gives=gives, note=note)
    KERNELS[name] = kernel
    return named(function, name, doc)


def binary(
    name: str, kernel: Callable[..., Any], summary: str, given1: str, given2: str, gives: str
) -> Callable[[Any, Any], ExTensor]:
    """The function of two arrays that runs `kernel` on each pair of elements; parameters as in :func:`unary`."""

    def function(x1: Any, x2: Any, /) -> Any:
        if STRICT:
            check(name, x1, x2)
        if type(x1) is ExTensor:
            if type(x2) is ExTensor:
                nd1, nd2 = x1._nd, x2._nd
                return wrap(run(nd1, nd2, out=...) if nd1.nbytes < LARGE else on_large(nd1, nd2))
            if type(x2) in PYTHON_SCALARS:
                nd1, scalar = x1._nd, weak(x2, x1._nd) if MET else x2
                return wrap(run(nd1, scalar, out=...) if nd1.nbytes < LARGE else on_large(nd1, scalar))
        try:
            first, second = operands(x1, x2)
        except ForeignOperandError as foreign:
            return foreign.answer(function, (x1, x2), {})
        return wrap((on_large if getattr(second, "nbytes", 0) >= LARGE else kernel)(first, second))

    run, on_large = arrayed(kernel), large.kernel(kernel)
    doc = _BINARY.format(name=name, summary=summary, given1=given1, given2=given2, gives=gives)
    KERNELS[name] = kernel
    return named(function, name, doc)


def operands(x1: Any, x2: Any) -> tuple[Any, Any]:
    """The kernel views of two operands, of which a Python scalar may be one.

    Raises
    ------
    TypeError
        If one is no operand, or both are Python scalars.
    """
    first, second = operand(x1), operand(x2)
    if type(first) is not ndarray and type(second) is not ndarray:
        raise TypeError(f"one operand must be an array, got {x1!r} and {x2!r}; use extensor.asarray() on one")
    return weak(first, second), weak(second, first)


def arrayed(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """The kernel with the ``out`` of a ufunc, of which ``out=...`` gives an array without axes rather than a scalar."""
    return kernel if type(kernel) is numpy.ufunc else lambda *operands, out: kernel(*operands)


def floating(ufunc: numpy.ufunc) -> Callable[[Any, Any], Any]:
    """A kernel for a ufunc of floats that takes two integers as the default float, not as a shorter one."""

    def kernel(x1: Any, x2: Any) -> Any:
        return ufunc(x1, x2) if promoted(x1, x2).kind in FLOATS else ufunc(x1, x2, dtype=float64)

    UFUNCS[ufunc] = kernel
    return kernel


def named(function: F, name: str, doc: str) -> F:
    """Give a function that a factory made the name and the documentation that it goes by."""
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function
