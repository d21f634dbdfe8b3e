"""Ways to break a function: changes of its arguments and of its results."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy

import extensor
from conformance.checks.general import standard_signature
from conformance.spec import Function
from extensor import ExTensor

Breaking = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Makes a broken function from a good one."""

# Changes of results.

Change = Callable[[Any], Any]
"""Of the elements of an array, as NumPy has them."""


def replaced(result: Any, change: Change) -> Any:
    """A result with each of its arrays changed."""
    if isinstance(result, ExTensor):
        return extensor.asarray(numpy.asarray(change(numpy.array(result))))
    if isinstance(result, tuple) and hasattr(result, "_fields"):
        return type(result)(*(replaced(each, change) for each in result))
    if isinstance(result, tuple | list):
        return type(result)(replaced(each, change) for each in result)
    return result


def returning(change: Callable[[Any], Any]) -> Breaking:
    """Break by a change of the result."""

    def breaking(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def function(*args: Any, **kwargs: Any) -> Any:
            return change(original(*args, **kwargs))

        return function

    return breaking


def with_arrays(change: Change) -> Breaking:
    """Break by a change of each array of the result."""
    return returning(lambda result: replaced(result, change))


def wrong(x: Any) -> Any:
    """Other elements, all of them."""
    with numpy.errstate(all="ignore"):
        if x.dtype.kind == "b":
            return ~x
        if x.dtype.kind in "iu":
            return x + x.dtype.type(1)
        if x.dtype.kind == "c":
            changed = x.copy()
            changed.real = wrong(x.real)
            return changed
        return numpy.where(numpy.isnan(x), 1, numpy.where(abs(x) < 1000, x + 1, -x)).astype(x.dtype)


def negated(x: Any) -> Any:
    """Each element with the other sign."""
    return ~x if x.dtype.kind == "b" else numpy.negative(x)


def wrong_at(select: Callable[[Any], Any]) -> Change:
    """Other elements where a condition says so."""

    def change(x: Any) -> Any:
        return numpy.where(select(x), wrong(x), x).astype(x.dtype)

    return change


def wrong_last(x: Any) -> Any:
    """Another last element, where there are several."""
    if x.size > 1:
        x.reshape(-1)[-1:] = wrong(x.reshape(-1)[-1:])
    return x


def of_dims(*dims: int) -> Change:
    """Other elements of arrays with so many axes."""
    return lambda x: wrong(x) if x.ndim in dims else x


def with_axis(x: Any) -> Any:
    """An axis where there is none."""
    return x.reshape(1) if x.ndim == 0 else x


def not_empty(x: Any) -> Any:
    """Refuse arrays without elements."""
    if x.size == 0:
        raise ValueError("no elements")
    return x


def flattened_empty(x: Any) -> Any:
    """Lose the shape of arrays without elements."""
    return x.reshape(0) if x.size == 0 else x


WIDER = {
    "bool": "int8",
    "int8": "int16",
    "int16": "int32",
    "int32": "int64",
    "int64": "int32",
    "uint8": "uint16",
    "uint16": "uint32",
    "uint32": "uint64",
    "uint64": "int64",
    "float32": "float64",
    "float64": "float32",
    "complex64": "complex128",
    "complex128": "complex64",
}


def other_dtype(x: Any) -> Any:
    """Another data type, wider where there is one."""
    with numpy.errstate(all="ignore"):
        return x.astype(WIDER[x.dtype.name])


def single(x: Any) -> Any:
    """Double precision computed in single."""
    narrow = {"float64": "float32", "complex128": "complex64"}.get(x.dtype.name)
    with numpy.errstate(all="ignore"):
        return x.astype(narrow).astype(x.dtype) if narrow else x


def coarse(x: Any) -> Any:
    """Single precision computed with eight bits."""
    if x.dtype.name not in ("float32", "complex64"):
        return x
    parts = numpy.ascontiguousarray(x).reshape(-1).view("uint32")
    return (parts & numpy.uint32(0xFFFF0000)).view(x.dtype).reshape(x.shape)


def without_nan(x: Any) -> Any:
    """Zeros in place of NaN."""
    return numpy.where(numpy.isnan(x), 0, x).astype(x.dtype) if x.dtype.kind in "fc" else x


def without_infinity(x: Any) -> Any:
    """The largest finite number in place of infinity."""
    return numpy.nan_to_num(x, nan=numpy.nan) if x.dtype.kind in "fc" else x


def without_signed_zeros(x: Any) -> Any:
    """Zeros without sign."""
    return x + x.dtype.type(0) if x.dtype.kind == "f" else x


def two_ulps_up(x: Any) -> Any:
    """Real numbers two units in the last place off."""
    return numpy.nextafter(numpy.nextafter(x, numpy.inf), numpy.inf) if x.dtype.kind == "f" else x


def as_scalar(result: Any) -> Any:
    """Python scalars for arrays without axes."""
    if isinstance(result, tuple):
        changed = map(as_scalar, result)
        return type(result)(*changed) if hasattr(result, "_fields") else tuple(changed)
    return numpy.array(result).item() if isinstance(result, ExTensor) and result.ndim == 0 else result


# Changes of arguments, by name.

Arguments = dict[str, Any]


def given(row: Function, change: Callable[[Arguments], None]) -> Breaking:
    """Break by a change of the arguments, which may be an exception."""
    signature = standard_signature(row)

    def breaking(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def function(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            change(bound.arguments)
            return original(*bound.args, **bound.kwargs)

        return function

    return breaking


def both(row: Function, change: Callable[[Any, list[Any]], Any]) -> Breaking:
    """Break by a change of the result that depends on the arrays given."""

    def breaking(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def function(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs)
            return change(result, arrays_of([*args, *kwargs.values()][row.path == "where" :]))

        return function

    return breaking


def arrays_of(values: Any) -> list[Any]:
    """All arrays among arguments."""
    found = []
    for value in values:
        if isinstance(value, ExTensor):
            found.append(value)
        elif isinstance(value, tuple | list):
            found += arrays_of(value)
    return found


def ignored(name: str, arguments: Arguments) -> None:
    arguments.pop(name, None)


def refused(name: str, arguments: Arguments) -> None:
    if name in arguments:
        raise TypeError(f"no argument {name!r}")


def assumed(name: str, value: Any, arguments: Arguments) -> None:
    arguments.setdefault(name, value)


def swapped(first: str, second: str, arguments: Arguments) -> None:
    arguments[first], arguments[second] = arguments[second], arguments[first]


def moved_axis(name: str, arguments: Arguments) -> None:
    """The next axis, where there are several."""
    axis, ndim = arguments.get(name), first_array(arguments).ndim
    if isinstance(axis, int) and ndim > 1 and -ndim <= axis < ndim:
        arguments[name] = (axis + 1) % ndim


def axis_from_front(name: str, arguments: Arguments) -> None:
    """A negative axis counted from the first."""
    axis, ndim = arguments.get(name), first_array(arguments).ndim
    if isinstance(axis, int) and -ndim <= axis < 0:
        arguments[name] = -1 - axis
    elif isinstance(axis, tuple):
        arguments[name] = tuple(-1 - a if -ndim <= a < 0 else a for a in axis)


def only_first_axis(name: str, arguments: Arguments) -> None:
    """The first of several axes."""
    if isinstance(arguments.get(name), tuple) and len(arguments[name]) > 1:
        arguments[name] = arguments[name][:1]


def axis_of_none(name: str, arguments: Arguments) -> None:
    """The last axis in place of all."""
    if arguments.get(name) is None and first_array(arguments).ndim:
        arguments[name] = -1 if name == "axis" else (-1,)


def first_array(arguments: Arguments) -> Any:
    """The first array among the arguments, of which lists count by their first."""
    return arrays_of(arguments.values())[0]


def same_shapes_only(arguments: Arguments) -> None:
    shapes = {x.shape for x in arrays_of(arguments.values()) if x.ndim}
    if len(shapes) > 1:
        raise ValueError("shapes differ")


def no_mixed_axes(arguments: Arguments) -> None:
    if len({x.ndim == 0 for x in arrays_of(arguments.values())}) > 1:
        raise ValueError("an array without axes among others")


def same_dtypes_only(arguments: Arguments) -> None:
    if len({x.dtype for x in arrays_of(arguments.values())}) > 1:
        raise TypeError("data types differ")


def no_scalars(arguments: Arguments) -> None:
    if any(isinstance(each, bool | int | float | complex) for each in arguments.values()):
        raise TypeError("a Python scalar")


def no_scalar_first(arguments: Arguments) -> None:
    if isinstance(next(iter(arguments.values())), bool | int | float | complex):
        raise TypeError("a Python scalar at the left")


def without_one_dtype(dtype: str, arguments: Arguments) -> None:
    if any(x.dtype == dtype for x in arrays_of(arguments.values())):
        raise TypeError(f"no arrays of {dtype}")


def of_first_matrix(arguments: Arguments) -> None:
    """Of a stack of matrices the first, again and again."""
    for name, x in arguments.items():
        if isinstance(x, ExTensor) and x.ndim > 2 and x.size:
            first = numpy.array(x)[(0,) * (x.ndim - 2)]
            arguments[name] = extensor.asarray(numpy.broadcast_to(first, x.shape).copy())


def magnitudes(arguments: Arguments) -> None:
    """Magnitudes in place of numbers."""
    for name, x in arguments.items():
        if isinstance(x, ExTensor) and x.dtype.kind in "if":
            arguments[name] = replaced_quietly(x, numpy.abs)


def replaced_quietly(x: Any, change: Change) -> Any:
    with numpy.errstate(all="ignore"):
        return replaced(x, change)


def first_dtype(result: Any, arrays: list[Any]) -> Any:
    """The data type of the first array, whatever the others'."""
    if len(arrays) > 1 and isinstance(result, ExTensor) and result.dtype.kind == arrays[0].dtype.kind:
        return replaced(result, lambda x: x.astype(arrays[0].dtype.name))
    return result


def if_given(dtype: str, change: Change, result: Any, arrays: list[Any]) -> Any:
    """A change where the first array is of a data type."""
    return replaced(result, change) if arrays and arrays[0].dtype == dtype else result


def if_made(dtype: str, change: Change, result: Any, arrays: list[Any]) -> Any:
    """A change where the result is of a data type."""
    return replaced(result, lambda x: change(x) if x.dtype == dtype else x)


def if_more_axes(result: Any, arrays: list[Any]) -> Any:
    """Other elements where an argument or the result has more than two axes."""
    results = result if isinstance(result, tuple) else (result,)
    return replaced(result, wrong) if any(x.ndim > 2 for x in (*arrays, *results)) else result


def overwritten(result: Any, arrays: list[Any]) -> Any:
    """Zeros in the first array, once it has served."""
    result = replaced(result, lambda x: x)
    if arrays and arrays[0].size:
        elements = numpy.asarray(arrays[0])
        elements[...] = wrong(elements)
    return result


def where_operands(count: int, select: Callable[..., Any], result: Any, arrays: list[Any]) -> Any:
    """Other elements where a condition on the operands holds."""

    def change(x: Any) -> Any:
        return numpy.where(select(*map(numpy.array, arrays)), wrong(x), x).astype(x.dtype)

    complete = len(arrays) == count and all(x.dtype.kind in "fc" for x in arrays)
    return replaced(result, change) if complete and isinstance(result, ExTensor) else result


def lenient(original: Callable[..., Any]) -> Callable[..., Any]:
    """Answer with the first argument where an exception is due."""

    @wraps(original)
    def function(*args: Any, **kwargs: Any) -> Any:
        try:
            return original(*args, **kwargs)
        except Exception:
            return args[0]

    return function


# Anything else.


def instead(function: Any) -> Callable[[Any], Any]:
    """Break by something else altogether."""
    return lambda original: function


def computed(change: Callable[..., Any]) -> Breaking:
    """Break by a function of the good one and the arguments."""

    def breaking(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def function(*args: Any, **kwargs: Any) -> Any:
            return change(original, *args, **kwargs)

        return function

    return breaking


def refused_unless(condition: Callable[..., Any]) -> Breaking:
    """Break by refusing arguments for which a condition does not hold."""

    def breaking(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def function(*args: Any, **kwargs: Any) -> Any:
            if not condition(*args, **kwargs):
                raise TypeError("refused")
            return original(*args, **kwargs)

        return function

    return breaking
