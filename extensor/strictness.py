"""A switch that turns leniency off: within it whatever the standard does not guarantee raises TypeError.

What is guaranteed, the standard's table says. Functions and operators read the switch, :data:`STRICT`, and ask this
module only where it is on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from inspect import signature
from operator import attrgetter, index
from types import EllipsisType
from typing import Any

import numpy

from conformance.spec import BY_NAME, DTYPES, KINDS, NAMESPACES, Function

STRICT: list[None] = []
"""Holds an item for every block of :func:`strict` that is being run, by any thread; empty, nothing is checked."""

_strict_here: ContextVar[bool] = ContextVar("strict", default=False)

_SCALARS = {
    "elementwise": ("x1", "x2", "min", "max"),
    "sets": ("x1", "x2"),
    "linalg": ("rtol",),
    "searchsorted": ("x2",),
    "where": ("x1", "x2"),
    "repeat": ("repeats",),
    "result_type": ("arrays_and_dtypes",),
}
"""Array parameters, by function or chapter, for which the standard also takes a Python scalar."""

_FAMILIES = {"b": "b", "i": "iu", "u": "iu", "f": "fc", "c": "fc"}
"""The kinds of data types with which one of a kind promotes, and to one of which it does."""

_SCALAR_TARGETS = {bool: "b", int: "iufc", float: "fc", complex: "fc"}
"""The kinds of data types that a Python scalar beside an array may take."""

_parameters, _arrays = cache(attrgetter("parameters")), cache(attrgetter("arrays"))


@contextmanager
def strict() -> Iterator[None]:
    """Refuse, within a ``with`` block, whatever the array API standard does not guarantee.

    Code that runs in such a block runs on every library that conforms. Refused are mixed kinds of data types, data
    types that a function need not take (true division of integers among them), NumPy arrays and scalars as operands
    and indices, ``fill_value`` as an array, data types beyond the standard, ``len`` and iteration, and indices that
    the standard leaves open. Functions beyond the standard, such as those of ``extensor.random``, stay what they are.

    The block holds for its own thread or asyncio task, as one of ``numpy.errstate`` does: other threads stay lenient,
    and pay for a short look at each call while it runs. Threads started inside begin lenient.

    Raises
    ------
    TypeError
        Within the block, by the call that relies on more than the standard.

    Examples
    --------
    >>> import extensor as xp
    >>> with xp.strict():
    ...     xp.asarray([1, 2]) + xp.asarray([0.5, 0.5])
    Traceback (most recent call last):
        ...
    TypeError: strict: add of int64 and float64: the standard promotes no data type to another kind; use astype first
    """
    token = _strict_here.set(True)
    STRICT.append(None)
    try:
        yield
    finally:
        STRICT.pop()
        _strict_here.reset(token)


def check(name: str, /, *operands: Any) -> None:
    """Check a call of an elementwise function, or of an operator that stands for it."""
    if _strict_here.get():
        row = BY_NAME[name]
        _check_arrays(row, dict(zip(_parameters(row), operands, strict=True)))


def check_call(function: Any, /, *args: Any, **kwargs: Any) -> None:
    """Check a call of any function."""
    chapter = function.__module__.rpartition(".")[2]
    row = BY_NAME.get(f"{chapter}.{function.__name__}" if chapter in NAMESPACES else function.__name__)
    if row is None or not _strict_here.get():
        return
    arguments = signature(function).bind(*args, **kwargs).arguments
    _check_arrays(row, arguments)
    if "fill_value" in arguments and type(arguments["fill_value"]) not in _SCALAR_TARGETS:
        raise _refusal(f"fill_value is a Python scalar to the standard, not {_called(arguments['fill_value'])}")
    check_dtype(arguments.get("dtype"))


def check_dtype(dtype: Any) -> None:
    """Check an argument `dtype`."""
    if dtype is not None and _strict_here.get() and not (isinstance(dtype, numpy.dtype) and dtype.name in DTYPES):
        raise _refusal(f"{dtype!r} is no data type object of the standard; pass one such as extensor.float64")


def check_index(shape: tuple[int, ...], key: Any, *, writes: bool) -> None:
    """Check an index of an array of `shape`; the rules are those of the chapter on indexing."""
    if not _strict_here.get():
        return
    keys = key if type(key) is tuple else (key,)
    arrays = [x for x in keys if _is_array(x)]
    for x in keys:
        if type(x) is bool or not (x is None or isinstance(x, (int, slice, EllipsisType)) or _is_array(x)):
            raise _refusal(f"the standard has no index such as {_called(x)}; convert it to an array of extensor")
    if any(x.dtype.kind == "b" for x in arrays):
        if len(keys) > 1:
            raise _refusal("the standard has boolean arrays as the only index, not as one of several")
        return
    if arrays and writes and any(x.ndim for x in arrays):
        raise _refusal("the standard assigns to no integer-array index; use a mask, or where and take")
    if any(x is None for x in keys) and writes:
        raise _refusal("the standard assigns to no index with newaxis; reshape the value instead")
    if any(x.ndim for x in arrays) and not all(_is_array(x) or type(x) is int for x in keys):
        raise _refusal("the standard combines integer-array indices with integers only; use take instead")
    axes = [x for x in keys if x is not None and x is not ...]
    if len(axes) < len(shape) and ... not in [x for x in keys if not _is_array(x)]:
        raise _refusal(f"{len(axes)} indices for {len(shape)} axes; end with an ellipsis to take all of the rest")
    ahead = next((i for i, x in enumerate(x for x in keys if x is not None) if x is ...), len(axes))
    sizes = (*shape[:ahead], *shape[len(shape) - len(axes) + ahead :])
    for x, size in zip(axes, sizes, strict=False):
        if isinstance(x, slice) and any(end is not None and abs(index(end)) > size for end in (x.start, x.stop)):
            raise _refusal(f"{x} reaches beyond an axis of size {size}, which the standard leaves open")


def check_value(x: Any, value: Any) -> None:
    """Check what is assigned to elements of `x`."""
    if _strict_here.get():
        if not _is_array(value) and type(value) not in _SCALAR_TARGETS:
            raise _refusal(f"arrays and Python scalars are assigned to the standard, not {_called(value)}")
        _check_promotion("assignment", [x, value])


def refuse(what: str, instead: str) -> None:
    """Refuse what the standard has not at all."""
    if _strict_here.get():
        raise _refusal(f"the standard has no {what}; {instead}")


def _check_arrays(row: Function, arguments: Mapping[str, Any]) -> None:
    scalars = _SCALARS.get(row.name, _SCALARS.get(row.chapter, ()))
    own_kinds = dict(row.other_kinds)
    together = []
    for name, kinds in _arrays(row).items():
        given = arguments.get(name)
        # Integers divide truly in most libraries, but to which data type the standard leaves open.
        allowed = KINDS["floating-point" if row.result == "floating" else kinds]
        for x in given if name in ("arrays", "arrays_and_dtypes") and given is not None else (given,):
            if x is None:
                continue
            if type(x) not in _SCALAR_TARGETS or name not in scalars:
                _check_array(row, name, x, allowed)
            elif type(x) is complex and "complex128" not in allowed:
                raise _refusal(f"{row.name} need not take complex numbers, such as {x!r} as `{name}`")
            if name not in own_kinds:
                together.append(x)
    if len(together) > 1 and type(row.result) is str:
        _check_promotion(row.name, together)


def _check_array(row: Function, name: str, x: Any, allowed: tuple[str, ...]) -> None:
    if isinstance(x, (numpy.ndarray, numpy.generic, list, tuple, *_SCALAR_TARGETS)):
        raise _refusal(f"`{name}` of {row.name} is an array to the standard, not {_called(x)}; use asarray first")
    dtype = _dtype_of(x)
    if dtype is not None and dtype.name not in allowed:
        raise _refusal(
            f"{row.name} need not take {dtype.name} as `{name}`, only {', '.join(allowed)}; use astype first"
        )


def _check_promotion(name: str, operands: list[Any]) -> None:
    dtypes = [dtype for x in operands if (dtype := _dtype_of(x)) is not None]
    if not dtypes:
        return
    family = _FAMILIES[dtypes[0].kind]
    names = " and ".join(dict.fromkeys(dtype.name for dtype in dtypes))
    if any(dtype.kind not in family for dtype in dtypes) or numpy.result_type(*dtypes).kind not in family:
        raise _refusal(f"{name} of {names}: the standard promotes no data type to another kind; use astype first")
    for x in operands:
        if numpy.result_type(*dtypes).kind not in _SCALAR_TARGETS.get(type(x), family):
            raise _refusal(f"{name} of {names} and the scalar {x!r}: a scalar takes no data type of another kind")


def _refusal(what: str) -> TypeError:
    return TypeError(f"strict: {what}")


def _dtype_of(x: Any) -> Any:
    """The data type of an array of extensor, or a data type itself; None of anything else, such as a tracer."""
    return x if isinstance(x, numpy.dtype) else x.dtype if _is_array(x) else None


def _is_array(x: Any) -> bool:
    from .array import ExTensor  # Which reads the switch, and so imports this module first.

    return type(x) is ExTensor


def _called(x: Any) -> str:
    return f"a {type(x).__module__}.{type(x).__qualname__}"
