"""Broken namespaces: extensor with one function, method, operator or attribute wrong in one way.

Most ways are generic, applied to each function that they concern by its row in the table of the standard; the others
are listed by function. A mutant keeps the signature of what it breaks, so that only calls can tell.
"""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import partial, wraps
from typing import Any, NamedTuple

import numpy

import extensor
from conformance.checks.general import standard_signature
from conformance.literals import operator_symbol
from conformance.running import all_checks
from conformance.special_cases import rows
from conformance.spec import BY_NAME, FUNCTIONS, KINDS, METHODS, OPERATORS, Function
from extensor import ExTensor

Breaking = Callable[[Callable[..., Any]], Callable[..., Any]]
"""Makes a broken function from a good one."""


class Mutant(NamedTuple):
    """One function, broken in one way."""

    path: str
    way: str
    breaking: Callable[[Any], Any]

    @property
    def name(self) -> str:
        """Such as ``sum: keepdims ignored``."""
        return f"{self.path}: {self.way}"


# How a namespace with a broken part is made.


class Overlay:
    """A namespace with one name bound anew."""

    def __init__(self, base: Any, name: str, value: Any) -> None:
        self._base, self._name, self._value = base, name, value

    def __getattr__(self, name: str) -> Any:
        return self._value if name == self._name else getattr(self._base, name)


def overlaid(base: Any, path: str, breaking: Callable[[Any], Any]) -> Any:
    """The namespace with the function at a path broken."""
    head, _, rest = path.partition(".")
    if head == "info":
        info = overlaid(base.__array_namespace_info__(), rest, breaking)
        return Overlay(base, "__array_namespace_info__", lambda: info)
    if rest:
        return Overlay(base, head, overlaid(getattr(base, head), rest, breaking))
    return Overlay(base, head, breaking(getattr(base, head)))


@contextmanager
def broken(mutant: Mutant) -> Iterator[Any]:
    """The namespace of a mutant. Of a method the class of arrays itself is broken, for as long."""
    if mutant.path not in vars(ExTensor):
        yield overlaid(extensor, mutant.path, mutant.breaking)
        return
    original = vars(ExTensor)[mutant.path]
    setattr(ExTensor, mutant.path, mutant.breaking(original))
    try:
        yield extensor
    finally:
        setattr(ExTensor, mutant.path, original)


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
            return (wrong(x.real) + numpy.asarray(1j) * x.imag).astype(x.dtype)
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
    **{"int8": "int16", "int16": "int32", "int32": "int64", "int64": "int32"},
    **{"uint8": "uint16", "uint16": "uint32", "uint32": "uint64", "uint64": "int64"},
    **{"float32": "float64", "float64": "float32", "complex64": "complex128", "complex128": "complex64"},
}


def other_dtype(x: Any) -> Any:
    """Another data type, wider where there is one."""
    with numpy.errstate(all="ignore"):
        return x.astype(WIDER[x.dtype.name])


def in_precision(narrow: str) -> Change:
    """Elements computed in a data type of fewer digits."""

    def change(x: Any) -> Any:
        with numpy.errstate(all="ignore"):
            if x.dtype.kind == "c":
                part = x.real.dtype
                return (x.real.astype(narrow).astype(part) + 1j * x.imag.astype(narrow).astype(part)).astype(x.dtype)
            return x.astype(narrow).astype(x.dtype) if x.dtype.kind == "f" else x

    return change


def single(x: Any) -> Any:
    """Double precision computed in single."""
    return in_precision("float32")(x) if x.dtype.name in ("float64", "complex128") else x


def half(x: Any) -> Any:
    """Single precision computed in half."""
    return in_precision("float16")(x) if x.dtype.name in ("float32", "complex64") else x


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
    """A Python scalar for an array without axes."""
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
            return change(result, arrays_of([*args, *kwargs.values()]))

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
        arguments[name] = -1


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


def overwritten(result: Any, arrays: list[Any]) -> Any:
    """Zeros in the first array, once it has served."""
    result = replaced(result, lambda x: x)
    if arrays and arrays[0].size:
        elements = numpy.asarray(arrays[0])
        elements[...] = wrong(elements)
    return result


def where_operands(select: Callable[..., Any], result: Any, arrays: list[Any]) -> Any:
    """Other elements where a condition on the operands holds."""

    def change(x: Any) -> Any:
        return numpy.where(select(*map(numpy.array, arrays)), wrong(x), x).astype(x.dtype)

    if isinstance(result, ExTensor) and arrays and all(x.dtype.kind in "fc" for x in arrays):
        return replaced(result, change)
    return result


def lenient(original: Callable[..., Any]) -> Callable[..., Any]:
    """Answer with the first argument where an exception is due."""

    @wraps(original)
    def function(*args: Any, **kwargs: Any) -> Any:
        try:
            return original(*args, **kwargs)
        except Exception:
            return args[0]

    return function


# Which mutants there are: generic ones of a function by its row.


def chosen_dtype(row: Function, salt: str) -> str:
    """One of the data types of a function; which one is as good as random."""
    kinds = KINDS[row.kinds]
    return kinds[zlib.crc32(f"{row.path} {salt}".encode()) % len(kinds)]


OPEN_VALUES = ("empty", "empty_like")
"""Functions that may return any elements."""


def of_results(row: Function) -> Iterator[tuple[str, Breaking]]:
    """Wrong results."""
    yield "another data type", with_arrays(other_dtype)
    yield "a Python scalar for no axes", returning(as_scalar)
    yield "an axis where there is none", with_arrays(with_axis)
    yield "no arrays without elements", with_arrays(not_empty)
    yield "empty arrays flattened", with_arrays(flattened_empty)
    if row.kinds != "none":
        yield "another data type for one", both(row, partial(if_given, chosen_dtype(row, "type"), other_dtype))
        yield "inputs overwritten", both(row, overwritten)
        yield "one data type refused", given(row, partial(without_one_dtype, chosen_dtype(row, "refused")))
    if row.path in OPEN_VALUES:
        return
    yield "negated", with_arrays(negated)
    yield "last element wrong", with_arrays(wrong_last)
    yield "wrong without axes", with_arrays(of_dims(0))
    yield "wrong for two axes", with_arrays(of_dims(2))
    yield "wrong for more axes", with_arrays(of_dims(3, 4, 5))
    if row.kinds != "none":
        yield "wrong for one data type", both(row, partial(if_given, chosen_dtype(row, "values"), wrong))


COMPARING = ("boolean", "index", "integer")


def of_floats(row: Function) -> Iterator[tuple[str, Breaking]]:
    """Wrong floating-point numbers."""
    if row.kinds == "none" or not set(KINDS[row.kinds]) & set(KINDS["floating-point"]):
        return
    if row.result in COMPARING:
        return
    yield "computed in single precision", with_arrays(single)
    yield "computed in half precision", with_arrays(half)
    yield "NaN lost", with_arrays(without_nan)
    yield "infinity lost", with_arrays(without_infinity)


ZEROS = (
    "copysign divide floor ceil trunc round multiply negative pow remainder sqrt add sin tan asin atan sinh tanh expm1"
)

CORRECTLY_ROUNDED = ("add", "subtract", "multiply", "divide", "reciprocal", "remainder", "sqrt")

CONDITIONS: dict[str, Callable[[Any], Any]] = {
    "NaN": numpy.isnan,
    "infinity": lambda x: numpy.isinf(x) & (x.real >= 0),
    "-infinity": lambda x: numpy.isinf(x) & (x.real < 0),
    "zero": lambda x: x == 0,
    "large numbers": lambda x: numpy.isfinite(x) & (abs(x) > 9),
    "small numbers": lambda x: (x != 0) & (abs(x) < 0.3),
}


def at_position(position: int, select: Callable[[Any], Any], *operands: Any) -> Any:
    return select(operands[position])


def of_elementwise(row: Function) -> Iterator[tuple[str, Breaking]]:
    """Wrong for some operands of an elementwise function."""
    if row.chapter != "elementwise" or not set(KINDS[row.kinds]) & set(KINDS["floating-point"]):
        if row.chapter == "elementwise" and "integer" in row.kinds:
            yield "negative numbers taken as positive", given(row, magnitudes)
        return
    if "real" in row.kinds or row.kinds in ("numeric", "floating-point", "all"):
        yield "negative numbers taken as positive", given(row, magnitudes)
    count = len([name for name in row.parameters if name in ("x", "x1", "x2")])
    for position in range(count):
        which = ("", "") if count == 1 else (" at the left", " at the right")
        for condition, select in CONDITIONS.items():
            if not rows(row.path) and condition in ("NaN", "infinity", "-infinity"):
                continue
            change = partial(where_operands, partial(at_position, position, select))
            yield f"wrong for {condition}{which[position]}", both(row, change)
    if row.path in ZEROS.split():
        yield "zeros without sign", with_arrays(without_signed_zeros)
    if row.path in CORRECTLY_ROUNDED:
        yield "two units in the last place off", with_arrays(two_ulps_up)


def of_pairs(row: Function) -> Iterator[tuple[str, Breaking]]:
    """Two operands confused."""
    first, second = row.parameters[:2] if len(row.parameters) > 1 else ("", "")
    if (first, second) != ("x1", "x2"):
        if "arrays" in row.parameters or row.path == "where":
            yield "mixed data types refused", given(row, same_dtypes_only)
            yield "the data type of the first array", both(row, first_dtype)
        return
    if row.path not in COMMUTATIVE:
        yield "operands swapped", given(row, partial(swapped, first, second))
    yield "mixed data types refused", given(row, same_dtypes_only)
    if row.result == "promoted":
        yield "the data type of the first operand", both(row, first_dtype)
    if row.chapter == "elementwise":
        yield "broadcasting refused", given(row, same_shapes_only)
        yield "arrays without axes refused among others", given(row, no_mixed_axes)
        yield "Python scalars refused", given(row, no_scalars)
        yield "Python scalars refused at the left", given(row, no_scalar_first)


COMMUTATIVE = {
    *("add", "multiply", "equal", "not_equal", "hypot", "logaddexp", "maximum", "minimum"),
    *("bitwise_and", "bitwise_or", "bitwise_xor", "logical_and", "logical_or", "logical_xor"),
}

OTHER_DEFAULTS: dict[tuple[str, Any], Any] = {
    ("axis", -1): 0,
    ("axis", 0): -1,
    ("axes", 2): 1,
    ("k", 0): 1,
    ("n", 1): 2,
    ("offset", 0): 1,
    ("step", 1): 2,
    ("d", 1.0): 2.0,
    ("correction", 0.0): 1.0,
    ("ord", 2): 1,
    ("ord", "fro"): 1,
    ("indexing", "xy"): "ij",
    ("norm", "backward"): "ortho",
    ("side", "left"): "right",
    ("mode", "reduced"): "complete",
}


def of_options(row: Function) -> Iterator[tuple[str, Breaking]]:
    """Optional arguments ignored, refused, and of another default."""
    for name, parameter in standard_signature(row).parameters.items():
        default = parameter.default
        if default is not inspect.Parameter.empty:
            yield f"{name} refused", given(row, partial(refused, name))
            if name not in ("device", "stream"):
                yield f"{name} ignored", given(row, partial(ignored, name))
            other = not default if isinstance(default, bool) else OTHER_DEFAULTS.get((name, default))
            if other is not None:
                yield f"{name}={other!r} by default", given(row, partial(assumed, name, other))
        if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD:
            yield f"{name} refused by name", partial(not_by_name, name)
            position = row.parameters.index(name)
            yield f"{name} refused by position", partial(not_by_position, position)


def not_by_name(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse an argument by name."""

    @wraps(original)
    def function(*args: Any, **kwargs: Any) -> Any:
        refused(name, kwargs)
        return original(*args, **kwargs)

    return function


def not_by_position(position: int, original: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse an argument by position."""

    @wraps(original)
    def function(*args: Any, **kwargs: Any) -> Any:
        if len(args) > position:
            raise TypeError(f"{position} arguments by position, not {len(args)}")
        return original(*args, **kwargs)

    return function


ONE_AXIS = {"argmax", "argmin", "concat", "stack", "sort", "argsort", "diff", "repeat", "take", "take_along_axis"} | {
    "cumulative_sum", "cumulative_prod", "unstack", "vecdot", "linalg.vecdot", "linalg.cross",
    *(f"fft.{name}" for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")),
}  # fmt: skip
"""Functions of which ``axis`` is an integer."""


def of_axes(row: Function) -> Iterator[tuple[str, Breaking]]:
    """Axes confused."""
    for name in ("axis", "axes"):
        if name not in row.parameters or row.path in ("tensordot", "linalg.tensordot"):
            continue
        yield f"{name} counted from the front where negative", given(row, partial(axis_from_front, name))
        if name == "axis":
            yield f"{name} off by one", given(row, partial(moved_axis, name))
        if row.path not in ONE_AXIS:
            yield f"{name}: the first of several", given(row, partial(only_first_axis, name))
        if f"{name}=None" in row.signature and row.path not in ("take", "cumulative_sum", "cumulative_prod"):
            yield f"{name}: the last in place of all", given(row, partial(axis_of_none, name))


def of_stacks(row: Function) -> Iterator[tuple[str, Breaking]]:
    """Stacks of matrices confused."""
    outer = (
        "linalg.outer",
        "linalg.vector_norm",
        "linalg.tensordot",
        "tensordot",
        "linalg.cross",
        "vecdot",
        "linalg.vecdot",
    )
    if row.chapter in ("linalg", "linear_algebra") and row.path not in outer:
        yield "the first matrix of a stack for all", given(row, of_first_matrix)


def nth_wrong(index: int, result: Any) -> Any:
    """One of several results wrong."""
    changed = [replaced(each, wrong) if i == index else each for i, each in enumerate(result)]
    return type(result)(*changed) if hasattr(result, "_fields") else tuple(changed)


def nth_of_other_dtype(index: int, result: Any) -> Any:
    """One of several results of another data type."""
    changed = [replaced(each, other_dtype) if i == index else each for i, each in enumerate(result)]
    return type(result)(*changed) if hasattr(result, "_fields") else tuple(changed)


def of_tuples(row: Function) -> Iterator[tuple[str, Breaking]]:
    """Several results confused."""
    if not isinstance(row.result, tuple):
        return
    yield "a list", returning(list)
    yield "results reversed", returning(lambda result: type(result)(*result[::-1]) if row.fields else result[::-1])
    yield "last result missing", returning(lambda result: tuple(result)[:-1])
    if row.fields:
        yield "a plain tuple", returning(tuple)
    for index, field in enumerate(row.fields):
        yield f"{field} wrong", returning(partial(nth_wrong, index))
        yield f"{field} of another data type", returning(partial(nth_of_other_dtype, index))


def demands_exceptions(path: str) -> bool:
    """Whether the standard demands exceptions of a function."""
    return any(check.name == "errors" for check in all_checks().get(path, []))


def of_function(row: Function) -> Iterator[tuple[str, Breaking]]:
    """All generic ways to break a function."""
    if row.result != "none":
        for ways in (of_results, of_floats, of_elementwise, of_pairs, of_axes, of_stacks, of_tuples):
            yield from ways(row)
    yield from of_options(row)
    if demands_exceptions(row.path):
        yield "no exceptions", lenient


# Operators.


def of_operator(method: str, row: Function) -> Iterator[tuple[str, Breaking]]:
    """Ways to break an operator."""
    symbol = operator_symbol(method)
    form = symbol[1] if symbol else ""
    yield "negated", with_arrays(negated)
    yield "another data type", with_arrays(other_dtype)
    yield "wrong for one data type", both(row, partial(if_made, chosen_result(row, method), wrong))
    yield "last element wrong", with_arrays(wrong_last)
    yield "wrong without axes", with_arrays(of_dims(0))
    if form != "i":
        yield "no arrays without elements", with_arrays(not_empty)
        yield "inputs overwritten", both(row, overwritten)
    if symbol:
        names = row._replace(signature="(self, other, /)")
        if row.path not in COMMUTATIVE and form != "i":
            yield "operands swapped", partial(exchanged, row.path)
        yield "broadcasting refused", given(names, same_shapes_only)
        if row.path != "matmul":
            yield "Python scalars refused", given(names, no_scalars)
        if form != "r":
            yield "mixed data types refused", given(names, same_dtypes_only)
        if form == "i":
            yield "nothing changed", unchanged


def chosen_result(row: Function, salt: str) -> str:
    """One of the data types that a function may give."""
    return "bool" if row.result == "boolean" else chosen_dtype(row, salt) if row.result != "floating" else "float32"


def exchanged(path: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """An operator with its operands exchanged."""
    function = getattr(extensor, path)

    @wraps(original)
    def method(self: Any, other: Any) -> Any:
        found = original(self, other)
        reflected = original.__name__.startswith("__r") and original.__name__ not in ("__rshift__",)
        if found is NotImplemented:
            return found
        return function(self, other) if reflected else function(other, self)

    return method


def unchanged(original: Callable[..., Any]) -> Callable[..., Any]:
    """An in-place operator that does nothing."""

    @wraps(original)
    def method(self: Any, other: Any) -> Any:
        return self

    return method


# Ways listed by function.


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


def attribute(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Break an attribute by a change of its value."""
    return lambda original: property(
        lambda x: change(original.__get__(x, type(x)) if hasattr(original, "__get__") else original)
    )


def numbers(kind: str) -> Callable[[Any], bool]:
    """Whether an array is of a kind of data type, by NumPy's letter."""
    return lambda x: x.dtype.kind in kind


def rounded_up(original: Any, x: Any) -> Any:
    return -int(-float(x) // 1) if x.dtype.kind == "f" and abs(float(x)) < 1e300 else original(x)


def of_other_object(result: Any) -> Any:
    """A dictionary with another value at its first key."""
    return {key: (None if i == 0 else value) for i, (key, value) in enumerate(result.items())}


def without_first(result: Any) -> Any:
    """A dictionary without its first key."""
    return dict(list(result.items())[1:])


def item(original: Any, x: Any) -> Any:
    return original(x)


def changed_info(**values: Any) -> Callable[[Any], Any]:
    """Break ``finfo`` and ``iinfo`` by other attributes."""

    class Info:
        def __init__(self, info: Any) -> None:
            self._info = info

        def __getattr__(self, name: str) -> Any:
            value = getattr(self._info, name)
            return values[name](value) if name in values else value

    return returning(Info)


def copy_ignored(original: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    """A view wherever there can be one."""
    result = original(x, *args, **kwargs)
    if isinstance(x, ExTensor) and result.shape == x.shape and result.dtype == x.dtype:
        return x
    return result


def whole_array_set(original: Any, self: Any, key: Any, value: Any) -> None:
    original(self, ... if isinstance(key, ExTensor) and self.ndim else key, value)


def first_mask_axis(original: Any, self: Any, key: Any) -> Any:
    """One element too few by a mask."""
    result = original(self, key)
    return (
        result[:-1]
        if isinstance(key, ExTensor) and key.dtype.kind == "b" and result.ndim and result.shape[0]
        else result
    )


def key_part(select: Callable[[Any], bool], change: Callable[[Any], Any]) -> Breaking:
    """Break indexing by a change of some parts of the key."""

    def function(original: Any, self: Any, key: Any, *value: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        changed = tuple(change(part) if select(part) else part for part in parts)
        return original(self, changed if isinstance(key, tuple) else changed[0], *value)

    return computed(function)


def is_slice(part: Any) -> bool:
    return isinstance(part, slice)


def refusing(select: Callable[[Any], bool]) -> Breaking:
    """Refuse some parts of a key."""

    def refuse(part: Any) -> Any:
        raise IndexError(f"{part!r}")

    return key_part(select, refuse)


INDEXING: dict[str, Breaking] = {
    "slices one longer": key_part(
        is_slice, lambda s: slice(s.start, s.stop + 1 if s.stop is not None else None, s.step)
    ),
    "steps ignored": key_part(is_slice, lambda s: slice(s.start, s.stop) if s.step not in (None, -1) else s),
    "negative steps ignored": key_part(is_slice, lambda s: slice(None) if s.step == -1 else s),
    "negative integers off by one": key_part(lambda k: type(k) is int and k < -1, lambda k: k + 1),
    "positive integers off by one": key_part(lambda k: type(k) is int and k > 0, lambda k: k - 1),
    "ellipsis refused": refusing(lambda k: k is ...),
    "integers refused": refusing(lambda k: type(k) is int),
    "slices refused": refusing(is_slice),
    "masks refused": refusing(lambda k: isinstance(k, ExTensor) and k.dtype.kind == "b"),
}

METHODS_BROKEN: dict[str, dict[str, Callable[[Any], Any]]] = {
    "__getitem__": {
        **INDEXING,
        "None refused": refusing(lambda k: k is None),
        "None ignored": computed(
            lambda original, x, key: original(x, tuple(k for k in key if k is not None) if isinstance(key, tuple) else key)
        ),
        "integer arrays refused": refusing(lambda k: isinstance(k, ExTensor) and k.dtype.kind in "iu"),
        "integer arrays off by one": key_part(
            lambda k: isinstance(k, ExTensor) and k.dtype.kind in "iu" and k.ndim > 0, lambda k: replaced(k, wrong) - 2
        ),
        "integer arrays with axes only": refusing(lambda k: isinstance(k, ExTensor) and k.dtype.kind in "iu" and k.ndim == 0),
        "masks lose an element": computed(first_mask_axis),
        "masks of all axes only": computed(
            lambda original, x, key: original(x, key)
            if not isinstance(key, ExTensor) or key.dtype.kind != "b" or key.ndim == x.ndim
            else original(x, [])
        ),
        "missing axes refused": computed(
            lambda original, x, key: original(x, key) if not isinstance(key, int) or x.ndim == 1 else original(x, (0,) * 9)
        ),
        "no exceptions": lenient,
        "another data type": with_arrays(other_dtype),
        "wrong for one data type": both(BY_NAME["abs"], partial(if_given, "uint16", wrong)),
        "a Python scalar for no axes": returning(as_scalar),
        "wrong without axes": with_arrays(of_dims(0)),
        "no arrays without elements": with_arrays(not_empty),
    },
    "__setitem__": {
        **INDEXING,
        "nothing set": instead(lambda self, key, value: None),
        "everything set by an array key": computed(whole_array_set),
        "arrays refused": computed(
            lambda original, x, key, value: original(x, key, value) if not isinstance(value, ExTensor) else original(x, key, "")
        ),
        "Python scalars refused": computed(
            lambda original, x, key, value: original(x, key, value) if isinstance(value, ExTensor) else original(x, key, "")
        ),
        "broadcasting refused": computed(
            lambda original, x, key, value: original(x, key, value)
            if not isinstance(value, ExTensor) or value.shape == x[key].shape
            else original(x, key, "")
        ),
        "other data types refused": computed(
            lambda original, x, key, value: original(x, key, value)
            if not isinstance(value, ExTensor) or value.dtype == x.dtype
            else original(x, key, "")
        ),
        "infinity lost": computed(
            lambda original, x, key, value: original(x, key, replaced(value, without_infinity))
        ),
        "magnitudes set": computed(
            lambda original, x, key, value: original(
                x, key, replaced_quietly(value, lambda v: abs(v) if v.dtype.kind in "if" else v)
            )
        ),
        "fractions lost": computed(
            lambda original, x, key, value: original(x, key, int(value) if type(value) is float and abs(value) < 99 else value)
        ),
    },
    "__bool__": {
        "inverted": returning(lambda result: not result),
        "False for NaN": computed(lambda original, x: original(x) and not bool(numpy.isnan(numpy.array(x)))),
        "False for negative numbers": computed(lambda original, x: original(x) and not (numpy.array(x).real < 0)),
        "imaginary parts ignored": computed(lambda original, x: bool(numpy.array(x).real != 0)),
        "True for zero": computed(lambda original, x: True),
        "booleans refused": computed(lambda original, x: original(x) if x.dtype.kind != "b" else original(None)),
        "large numbers False": computed(lambda original, x: original(x) and bool(abs(numpy.array(x)) < 1e5)),
    },
    "__complex__": {
        "conjugate": returning(lambda result: result.conjugate()),
        "imaginary parts lost": returning(lambda result: complex(result.real)),
        "booleans refused": computed(lambda original, x: original(x) if x.dtype.kind != "b" else original(None)),
        "integers refused": computed(lambda original, x: original(x) if x.dtype.kind not in "iu" else original(None)),
        "infinity lost": returning(lambda result: result if abs(result) != numpy.inf else 1e308 + 0j),
    },
    "__float__": {
        "negated": returning(lambda result: -result),
        "rounded": returning(lambda result: float(round(result)) if abs(result) < 1e300 else result),
        "NaN lost": returning(lambda result: 0.0 if result != result else result),
        "infinity lost": returning(lambda result: 1.7e308 if result == numpy.inf else result),
        "minus infinity lost": returning(lambda result: -1.7e308 if result == -numpy.inf else result),
        "complex numbers taken": computed(lambda original, x: float(numpy.array(x).real)),
        "booleans refused": computed(lambda original, x: original(x) if x.dtype.kind != "b" else original(None)),
        "one data type refused": computed(lambda original, x: original(x) if x.dtype != "uint16" else original(None)),
        "zeros without sign": returning(lambda result: result + 0.0),
    },
    "__index__": {
        "off by one": returning(lambda result: result + 1),
        "negative numbers lost": returning(abs),
        "floats taken": computed(lambda original, x: original(x) if x.dtype.kind in "iu" else 1),
        "large numbers cut": returning(lambda result: result % 2**63 if result >= 2**63 else result),
        "32 bits": returning(lambda result: (result + 2**31) % 2**32 - 2**31),
    },
    "__int__": {
        "rounded down": computed(
            lambda original, x: int(numpy.floor(numpy.array(x))) if x.dtype.kind == "f" and abs(numpy.array(x)) < 1e9
            else original(x)
        ),
        "rounded to nearest": computed(
            lambda original, x: round(float(numpy.array(x))) if x.dtype.kind == "f" and abs(numpy.array(x)) < 1e9
            else original(x)
        ),
        "zero for NaN": computed(
            lambda original, x: 0 if x.dtype.kind == "f" and numpy.isnan(numpy.array(x)) else original(x)
        ),
        "zero for infinity": computed(
            lambda original, x: 0 if x.dtype.kind == "f" and numpy.isinf(numpy.array(x)) else original(x)
        ),
        "complex numbers taken": computed(lambda original, x: int(numpy.array(x).real)),
        "booleans refused": computed(lambda original, x: original(x) if x.dtype.kind != "b" else original(None)),
        "a float": returning(float),
        "32 bits": returning(lambda result: (result + 2**31) % 2**32 - 2**31),
    },
    "__array_namespace__": {
        "another module": instead(lambda self, api_version=None: numpy.linalg),
        "api_version refused": computed(lambda original, x, **kwargs: original(x, **kwargs) if not kwargs else original()),
    },
    "__dlpack__": {
        "no capsule": returning(lambda result: 1),
        "max_version refused": computed(
            lambda original, x, **kwargs: original(x, **kwargs) if "max_version" not in kwargs else original()
        ),
        "copy refused": computed(lambda original, x, **kwargs: original(x, **kwargs) if "copy" not in kwargs else original()),
        "dl_device refused": computed(
            lambda original, x, **kwargs: original(x, **kwargs) if "dl_device" not in kwargs else original()
        ),
        "stream refused": computed(lambda original, x, **kwargs: original(x, **kwargs) if "stream" not in kwargs else original()),
    },
    "__dlpack_device__": {
        "a list": returning(list),
        "no number": returning(lambda result: (result[0],)),
        "no device type": returning(lambda result: (0, result[1])),
        "a negative number": returning(lambda result: (result[0], -1)),
    },
    "to_device": {
        "another data type": with_arrays(other_dtype),
        "negated": with_arrays(lambda x: ~x if x.dtype.kind == "b" else 1 - x),
        "flattened": with_arrays(lambda x: x.reshape(-1)),
        "stream refused": computed(lambda original, x, device, **kwargs: original(x, device) if not kwargs else original()),
        "its own device refused": computed(lambda original, x, device, **kwargs: original(x, "nowhere")),
    },
    "T": {
        "not transposed": instead(property(lambda x: x)),
        "another data type": attribute(lambda x: replaced(x, other_dtype)),
        "conjugated": attribute(lambda x: replaced(x, numpy.conj) if x.dtype.kind == "c" else x),
        "negated": attribute(lambda x: replaced(x, negated)),
        "no arrays without elements": attribute(lambda x: replaced(x, not_empty)),
        "a method": lambda original: lambda x: original.__get__(x),
    },
    "mT": {
        "not transposed": instead(property(lambda x: x)),
        "all axes reversed": instead(property(lambda x: replaced(x, numpy.transpose))),
        "conjugated": attribute(lambda x: replaced(x, numpy.conj) if x.dtype.kind == "c" else x),
        "another data type": attribute(lambda x: replaced(x, other_dtype)),
        "wrong for more axes": attribute(lambda x: replaced(x, of_dims(3))),
        "no arrays without elements": attribute(lambda x: replaced(x, not_empty)),
    },
    "ndim": {
        "off by one": attribute(lambda ndim: ndim + 1),
        "a float": attribute(float),
        "one for no axes": attribute(lambda ndim: ndim or 1),
        "a method": lambda original: lambda x: original.__get__(x),
    },
    "size": {
        "off by one": attribute(lambda size: size + 1),
        "one for no elements": attribute(lambda size: size or 1),
        "None": attribute(lambda size: None),
        "length of the first axis": instead(property(lambda x: x.shape[0] if x.shape else 1)),
    },
    "shape": {
        "reversed": attribute(lambda shape: shape[::-1]),
        "a list": attribute(list),
        "(1,) for no axes": attribute(lambda shape: shape or (1,)),
    },
    "dtype": {
        "a name": attribute(str),
        "float64": attribute(lambda dtype: extensor.float64),
        "the other precision": attribute(lambda dtype: numpy.dtype(WIDER.get(dtype.name, "int8"))),
    },
    "device": {
        "another device": attribute(lambda device: object()),
        "None": attribute(lambda device: numpy.nan),
    },
}  # fmt: skip
"""Methods and attributes."""


def linspace_uneven(original: Any, *args: Any, **kwargs: Any) -> Any:
    return replaced(original(*args, **kwargs), lambda x: wrong_at(lambda _: numpy.arange(x.size) == 1)(x))


def sorted_values(original: Any, x: Any) -> Any:
    """NaN counted as equal to itself."""
    result = original(x)
    return result


FUNCTIONS_BROKEN: dict[str, dict[str, Callable[[Any], Any]]] = {
    "e": {"wrong": instead(2.718)},
    "pi": {"wrong": instead(3.1416)},
    "inf": {"negative": lambda inf: -inf},
    "nan": {"infinite": instead(numpy.inf)},
    "newaxis": {"no None": instead(...)},
    "float32": {"float64": instead(extensor.float64)},
    "int64": {"int32": instead(extensor.int32)},
    "uint8": {"int8": instead(extensor.int8)},
    "bool": {"Python's": instead(extensor.uint8)},
    "complex64": {"complex128": instead(extensor.complex128)},
    "asarray": {
        "a copy for copy=False": computed(
            lambda original, obj, **kwargs: original(obj, **kwargs | {"copy": None if kwargs.get("copy") is False else kwargs.get("copy")})
        ),
        "no copy for copy=True": computed(
            lambda original, obj, **kwargs: obj if isinstance(obj, ExTensor) and kwargs.get("copy") else original(obj, **kwargs)
        ),
        "Python scalars refused": computed(
            lambda original, obj, **kwargs: original(obj, **kwargs) if isinstance(obj, list | ExTensor) else original()
        ),
        "tuples refused": computed(
            lambda original, obj, **kwargs: original(obj, **kwargs) if not isinstance(obj, tuple) else original()
        ),
        "float32 by default": computed(
            lambda original, obj, **kwargs: original(obj, **kwargs | {"dtype": extensor.float32})
            if kwargs.get("dtype") is None and original(obj).dtype.kind == "f" and not isinstance(obj, ExTensor)
            else original(obj, **kwargs)
        ),
        "arrays flattened": computed(
            lambda original, obj, **kwargs: replaced(original(obj, **kwargs), lambda x: x.reshape(-1) if x.ndim > 1 else x)
        ),
    },
    "from_dlpack": {
        "no copy for copy=True": computed(lambda original, x, **kwargs: original(x, **kwargs | {"copy": None})),
        "a copy for copy=False": computed(lambda original, x, **kwargs: original(x, copy=True)),
        "strides ignored": computed(
            lambda original, x, **kwargs: replaced(original(x, **kwargs), lambda y: numpy.sort(y, axis=None).reshape(y.shape))
        ),
    },
    "arange": {
        "stop included": computed(lambda original, *args, **kwargs: arange_closed(original, *args, **kwargs)),
        "step=1 always": computed(lambda original, *args, **kwargs: original(*args[:2], **kwargs)),
        "float steps cut": computed(
            lambda original, *args, **kwargs: original(*args, **kwargs)
            if len(args) < 3 or not isinstance(args[2], float) else original(*args[:2], int(args[2]) or 1, **kwargs)
        ),
        "negative steps empty": computed(
            lambda original, *args, **kwargs: original(*args, **kwargs)
            if len(args) < 3 or args[2] > 0 else original(0, **kwargs)
        ),
    },
    "linspace": {
        "one element uneven": computed(linspace_uneven),
        "stop missing": computed(
            lambda original, start, stop, num, **kwargs: replaced(
                original(start, stop, num, **kwargs),
                lambda x: numpy.concatenate([x[:-1], wrong(x[-1:])]) if kwargs.get("endpoint", True) and x.size > 1 else x,
            )
        ),
        "num=1 gives stop": computed(
            lambda original, start, stop, num, **kwargs: original(stop if num == 1 else start, stop, num, **kwargs)
        ),
    },
    "eye": {
        "square only": computed(lambda original, n, m=None, **kwargs: original(n, n, **kwargs)),
        "negative k as positive": computed(lambda original, *args, k=0, **kwargs: original(*args, k=abs(k), **kwargs)),
        "k mirrored": computed(lambda original, *args, k=0, **kwargs: original(*args, k=-k, **kwargs)),
    },
    "full": {
        "integers become floats": computed(
            lambda original, shape, fill_value, **kwargs: original(
                shape, float(fill_value) if type(fill_value) is int else fill_value, **kwargs
            )
        ),
        "booleans become integers": computed(
            lambda original, shape, fill_value, **kwargs: original(
                shape, int(fill_value) if type(fill_value) is bool else fill_value, **kwargs
            )
        ),
    },
    "tril": {
        "k negated": computed(lambda original, x, k=0: original(x, k=-k)),
        "triu": instead(extensor.triu),
        "the diagonal excluded": computed(lambda original, x, k=0: original(x, k=k - 1)),
    },
    "triu": {
        "k negated": computed(lambda original, x, k=0: original(x, k=-k)),
        "tril": instead(extensor.tril),
        "the diagonal excluded": computed(lambda original, x, k=0: original(x, k=k + 1)),
    },
    "meshgrid": {
        "one array refused": computed(
            lambda original, *arrays, **kwargs: original(*arrays, **kwargs) if len(arrays) > 1 else original(1)
        ),
        "transposed": returning(lambda result: tuple(replaced(each, numpy.transpose) for each in result)),
    },
    **{
        name: {
            "one axis only": computed(lambda original, shape, *args, **kwargs: original(shape if isinstance(shape, tuple) else (1,), *args, **kwargs)),
            "float32 by default": computed(lambda original, *args, **kwargs: original(*args, **{"dtype": extensor.float32} | kwargs)),
        }
        for name in ("zeros", "ones", "empty")
    },
    "astype": {
        "no copy": computed(copy_ignored),
        "a copy for copy=False": computed(lambda original, x, dtype, **kwargs: original(x, dtype, **kwargs | {"copy": True})),
        "rounded": computed(
            lambda original, x, dtype, **kwargs: original(replaced(x, numpy.rint) if x.dtype.kind == "f" else x, dtype, **kwargs)
        ),
        "NaN to bool False": computed(
            lambda original, x, dtype, **kwargs: original(replaced(x, without_nan) if dtype == "bool" else x, dtype, **kwargs)
        ),
        "complex from bool refused": computed(
            lambda original, x, dtype, **kwargs: original(x, dtype, **kwargs)
            if not (x.dtype.kind == "b" and dtype.kind == "c") else original()
        ),
    },
    "can_cast": {
        "negated": returning(lambda result: not result),
        "always": returning(lambda result: True),
        "swapped": computed(lambda original, a, b: original(b.dtype if isinstance(b, ExTensor) else b, a.dtype if isinstance(a, ExTensor) else a)),
        "arrays refused": computed(lambda original, a, b: original(a, b) if not isinstance(a, ExTensor) else original()),
        "data types refused": computed(lambda original, a, b: original(a, b) if isinstance(a, ExTensor) else original()),
        "an integer": returning(int),
        "across kinds": computed(lambda original, a, b: original(a, b) or getattr(a, "kind", "") == "i" and b.kind == "u"),
    },
    "finfo": {
        "bits doubled": changed_info(bits=lambda bits: bits * 2),
        "eps halved": changed_info(eps=lambda eps: eps / 2),
        "max infinite": changed_info(max=lambda most: numpy.inf),
        "min is the smallest positive": changed_info(min=lambda least: 1e-38),
        "smallest_normal subnormal": changed_info(smallest_normal=lambda tiny: tiny / 2),
        "dtype as text": changed_info(dtype=str),
        "eps of NumPy": changed_info(eps=numpy.float64),
        "bits as floats": changed_info(bits=float),
        "complex refused": computed(lambda original, t: original(t) if getattr(t, "kind", "f") == "f" else original()),
        "arrays refused": computed(lambda original, t: original(t) if not isinstance(t, ExTensor) else original()),
        "float64 always": computed(lambda original, t: original(extensor.float64)),
    },
    "iinfo": {
        "bits as bytes": changed_info(bits=lambda bits: bits // 8),
        "max off by one": changed_info(max=lambda most: most + 1),
        "min off by one": changed_info(min=lambda least: least + 1),
        "dtype as text": changed_info(dtype=str),
        "max as float": changed_info(max=float),
        "arrays refused": computed(lambda original, t: original(t) if not isinstance(t, ExTensor) else original()),
        "int64 always": computed(lambda original, t: original(extensor.int64)),
    },
    "isdtype": {
        "negated": returning(lambda result: not result),
        "tuples refused": computed(lambda original, dtype, kind: original(dtype, kind) if not isinstance(kind, tuple) else original()),
        "tuples: the first": computed(lambda original, dtype, kind: original(dtype, kind[0] if isinstance(kind, tuple) else kind)),
        "data types as kinds refused": computed(
            lambda original, dtype, kind: original(dtype, kind) if isinstance(kind, str | tuple) else original()
        ),
        "bool is numeric": computed(lambda original, dtype, kind: original(dtype, kind) or (kind == "numeric" and dtype == "bool")),
        "unsigned is signed": computed(
            lambda original, dtype, kind: original(dtype, kind) or (kind == "signed integer" and dtype.kind == "u")
        ),
        "complex is real": computed(
            lambda original, dtype, kind: original(dtype, kind) or (kind == "real floating" and dtype.kind == "c")
        ),
        "complex is not numeric": computed(
            lambda original, dtype, kind: original(dtype, kind) and not (kind == "numeric" and dtype.kind == "c")
        ),
        "an integer": returning(int),
    },
    "result_type": {
        "the first": computed(lambda original, *args: getattr(args[0], "dtype", args[0])),
        "the last": computed(lambda original, *args: getattr(args[-1], "dtype", args[-1])),
        "arrays refused": computed(lambda original, *args: original(*args) if not arrays_of(args) else original()),
        "data types refused": computed(lambda original, *args: original(*args) if arrays_of(args) else original()),
        "scalars refused": computed(
            lambda original, *args: original(*args) if not any(isinstance(a, int | float | complex) for a in args) else original()
        ),
        "as text": returning(str),
        "int8 and uint8 give int8": returning(lambda dtype: extensor.int8 if dtype == "int16" else dtype),
        "two only": computed(lambda original, *args: original(*args[:2])),
    },
    "broadcast_shapes": {
        "a list": returning(list),
        "reversed": returning(lambda shape: shape[::-1]),
        "the first": computed(lambda original, *shapes: (original(*shapes), shapes[0] if shapes else ())[1]),
        "sides of one kept": returning(lambda shape: tuple(n or 1 for n in shape)),
        "no exceptions": computed(
            lambda original, *shapes: lenient(original)(*shapes)
        ),
        "two only": computed(lambda original, *shapes: original(*shapes[:2])),
    },
    "where": {
        "condition inverted": computed(lambda original, c, x1, x2: original(extensor.logical_not(c), x1, x2)),
        "scalars refused": computed(
            lambda original, c, x1, x2: original(c, x1, x2) if isinstance(x1, ExTensor) and isinstance(x2, ExTensor) else original()
        ),
        "condition not broadcast": computed(
            lambda original, c, x1, x2: original(c, x1, x2) if c.shape == original(c, x1, x2).shape else original()
        ),
    },
    "clip": {
        "bounds exchanged": computed(lambda original, x, min=None, max=None: original(x, max, min)),  # noqa: A006
        "arrays as bounds refused": computed(
            lambda original, x, min=None, max=None: original(x, min, max) if not arrays_of([min, max]) else original()  # noqa: A006
        ),
        "scalars as bounds refused": computed(
            lambda original, x, *args, **kwargs: original(x, *args, **kwargs)
            if len(arrays_of([*args, *kwargs.values()])) == len([a for a in [*args, *kwargs.values()] if a is not None])
            else original()
        ),
        "strictly inside": computed(
            lambda original, x, min=None, max=None: original(x, min, max) if min is None or max is None else original(x, max, max)  # noqa: A006
        ),
    },
    "round": {
        "halves away from zero": computed(
            lambda original, x: replaced(x, lambda v: numpy.copysign(numpy.floor(abs(v) + 0.5), v).astype(v.dtype))
            if x.dtype.kind == "f" else original(x)
        ),
        "floor": computed(lambda original, x: original(x) if x.dtype.kind == "c" else extensor.floor(x)),
    },
    "sign": {
        "one for zero": computed(lambda original, x: replaced(original(x), lambda v: numpy.where(v == 0, 1, v).astype(v.dtype))),
        "complex: sign of the real part": computed(
            lambda original, x: original(x) if x.dtype.kind != "c" else replaced(x, lambda v: numpy.sign(v.real).astype(v.dtype))
        ),
    },
    "remainder": {
        "sign of the dividend": computed(lambda original, a, b: pairwise(numpy.fmod, original, a, b)),
    },
    "floor_divide": {
        "towards zero": computed(
            lambda original, a, b: pairwise(lambda x, y: numpy.trunc(x / y).astype(numpy.result_type(x, y)), original, a, b)
        ),
    },
    "bitwise_right_shift": {
        "logical": computed(
            lambda original, a, b: pairwise(
                lambda x, y: (x.view(x.dtype.name.replace("int", "uint")) >> y.astype(x.dtype.name.replace("int", "uint"))).view(x.dtype)
                if x.dtype == y.dtype and x.dtype.kind == "i" else x >> y, original, a, b
            )
        ),
    },
    "logaddexp": {"overflowing": computed(lambda original, a, b: pairwise(lambda x, y: numpy.log(numpy.exp(x) + numpy.exp(y)), original, a, b))},
    "expm1": {"cancelling": computed(lambda original, x: replaced_quietly(x, lambda v: (numpy.exp(v) - 1).astype(v.dtype)))},
    "log1p": {"cancelling": computed(lambda original, x: replaced_quietly(x, lambda v: numpy.log(1 + v).astype(v.dtype)))},
    "hypot": {"no square root": computed(lambda original, a, b: pairwise(lambda x, y: x * x + y * y, original, a, b))},
    "nextafter": {"always upwards": computed(lambda original, a, b: pairwise(lambda x, y: numpy.nextafter(x, numpy.inf + y * 0), original, a, b))},
    "square": {"cubed": computed(lambda original, x: x * x * x)},
    "abs": {"complex: real parts": computed(lambda original, x: original(extensor.real(x) if x.dtype.kind == "c" else x))},
    "conj": {"nothing done": instead(lambda x, /: x)},
    "imag": {"real": instead(extensor.real)},
    "real": {"imag": computed(lambda original, x: extensor.imag(x) if x.dtype.kind == "c" else x)},
    "matmul": {
        "conjugated": computed(lambda original, a, b: original(extensor.conj(a), b)),
        "vectors refused": computed(lambda original, a, b: original(a, b) if a.ndim > 1 and b.ndim > 1 else original()),
        "batches not broadcast": computed(
            lambda original, a, b: original(a, b) if a.ndim == b.ndim and a.shape[:-2] == b.shape[:-2] else original()
        ),
    },
    "vecdot": {
        "not conjugated": computed(lambda original, a, b, **kwargs: original(extensor.conj(a), b, **kwargs)),
        "the second conjugated": computed(lambda original, a, b, **kwargs: original(extensor.conj(a), extensor.conj(b), **kwargs)),
    },
    "matrix_transpose": {"conjugated": computed(lambda original, x: extensor.conj(original(x)))},
    "tensordot": {
        "pairs of axes refused": computed(
            lambda original, a, b, axes=2: original(a, b, axes=axes) if isinstance(axes, int) else original()
        ),
        "pairs of axes exchanged": computed(
            lambda original, a, b, axes=2: original(a, b, axes=axes if isinstance(axes, int) else axes[::-1])
        ),
        "no axes refused": computed(lambda original, a, b, axes=2: original(a, b, axes=axes) if axes != 0 else original()),
    },
    "linalg.cholesky": {
        "transposed": returning(lambda result: result.mT),
        "not conjugated": returning(extensor.conj),
        "upper with the lower triangle": computed(lambda original, x, upper=False: original(x)),
    },
    "linalg.cross": {"not broadcast": computed(lambda original, a, b, axis=-1: original(a, b, axis=axis) if a.shape == b.shape else original())},
    "linalg.det": {"magnitude": returning(lambda result: replaced(result, lambda x: abs(x).astype(x.dtype)))},
    "linalg.diagonal": {"offset negated": computed(lambda original, x, offset=0: original(x, offset=-offset))},
    "linalg.trace": {"offset negated": computed(lambda original, x, offset=0, dtype=None: original(x, offset=-offset, dtype=dtype))},
    "linalg.eigh": {
        "descending eigenvalues alone": returning(lambda result: type(result)(replaced(result[0], lambda x: x[..., ::-1]), result[1])),
        "eigenvectors in rows": returning(lambda result: type(result)(result[0], result[1].mT)),
        "eigenvectors not normalized": returning(lambda result: type(result)(result[0], result[1] * 2)),
    },
    "linalg.eig": {
        "eigenvectors in rows": returning(lambda result: type(result)(result[0], result[1].mT)),
        "eigenvalues conjugated": returning(lambda result: type(result)(extensor.conj(result[0]), result[1])),
    },
    "linalg.eigvalsh": {"magnitudes": returning(extensor.abs)},
    "linalg.eigvals": {"conjugated": returning(extensor.conj)},
    "linalg.inv": {"transposed": returning(lambda result: result.mT)},
    "linalg.outer": {"transposed": returning(lambda result: result.T), "conjugated": computed(lambda original, a, b: original(a, extensor.conj(b)))},
    "linalg.pinv": {"transposed": returning(lambda result: replaced(result, lambda x: x.mT if x.shape[-1] == x.shape[-2] else x))},
    "linalg.qr": {
        "R lower": returning(lambda result: type(result)(result[0], result[1].mT)),
        "Q doubled": returning(lambda result: type(result)(result[0] * 2, result[1] / 2)),
    },
    "linalg.slogdet": {
        "sign lost": returning(lambda result: type(result)(replaced(result[0], lambda x: abs(x).astype(x.dtype)), result[1])),
        "logarithm to base 2": returning(lambda result: type(result)(result[0], result[1] / 0.6931471805599453)),
    },
    "linalg.solve": {
        "transposed system": computed(lambda original, a, b: original(a.mT, b)),
        "vectors refused": computed(lambda original, a, b: original(a, b) if b.ndim > 1 else original()),
        "batches not broadcast": computed(
            lambda original, a, b: original(a, b) if b.ndim == 1 or a.shape[:-2] == b.shape[:-2] else original()
        ),
    },
    "linalg.svd": {
        "V for Vh": returning(lambda result: type(result)(result[0], result[1], result[2].mT if result[2].shape[-1] == result[2].shape[-2] else result[2])),
        "ascending": returning(lambda result: type(result)(
            replaced(result[0], lambda x: x[..., ::-1]), replaced(result[1], lambda x: x[..., ::-1]), replaced(result[2], lambda x: x[..., ::-1, :]))),
    },
    "linalg.svdvals": {"ascending": with_arrays(lambda x: x[..., ::-1]), "squared": with_arrays(numpy.square)},
    "linalg.matrix_power": {
        "negative powers as positive": computed(lambda original, x, n: original(x, abs(n))),
        "zero gives ones": computed(lambda original, x, n: original(x, n) if n else extensor.ones_like(x)),
        "at most twice": computed(lambda original, x, n: original(x, min(n, 2))),
    },
    "linalg.matrix_norm": {
        **{f"ord={order} refused": computed(
            lambda original, x, order=order, **kwargs: original(x, **kwargs) if str(kwargs.get("ord")) != order else original())
            for order in ("fro", "nuc", "1", "-1", "2", "-2", "inf", "-inf")},
        **{f"ord={order} wrong": computed(
            lambda original, x, order=order, **kwargs: replaced(original(x, **kwargs), wrong) if str(kwargs.get("ord")) == order else original(x, **kwargs))
            for order in ("fro", "nuc", "1", "-1", "2", "-2", "inf", "-inf")},
    },
    "linalg.vector_norm": {
        **{f"ord={order} wrong": computed(
            lambda original, x, order=order, **kwargs: replaced(original(x, **kwargs), wrong) if kwargs.get("ord") == order else original(x, **kwargs))
            for order in (numpy.inf, -numpy.inf, 1, -1, 2, 0, 3)},
        "fractional orders wrong": computed(
            lambda original, x, **kwargs: replaced(original(x, **kwargs), wrong) if kwargs.get("ord", 2) % 1 not in (0, numpy.nan) and abs(kwargs["ord"]) < 9 else original(x, **kwargs)),
        "imaginary parts ignored": computed(lambda original, x, **kwargs: original(extensor.real(x) if x.dtype.kind == "c" else x, **kwargs)),
    },
    "linalg.matrix_rank": {"full": computed(lambda original, x, rtol=None: original(x, rtol=0.0)),
                           "rtol taken as absolute": computed(lambda original, x, rtol=None: original(x * 4, rtol=rtol) if rtol is None else original(x, rtol=rtol * 2))},
    **{f"fft.{name}": {
        "norm='ortho' refused": computed(lambda original, x, **kwargs: original(x, **kwargs) if kwargs.get("norm") != "ortho" else original()),
        "norm='forward' as backward": computed(
            lambda original, x, **kwargs: original(x, **kwargs | ({"norm": "backward"} if kwargs.get("norm") == "forward" else {}))),
        "norm='forward' and 'backward' exchanged": computed(
            lambda original, x, **kwargs: original(x, **kwargs | {"norm": {"backward": "forward", "forward": "backward"}.get(
                kwargs.get("norm", "backward"), "ortho")})),
        "conjugated": returning(lambda result: replaced(result, lambda x: numpy.conj(x) if x.dtype.kind == "c" else x[..., ::-1])),
        "even lengths only": computed(
            lambda original, x, **kwargs: original(x, **kwargs) if x.ndim != 1 or x.shape[0] % 2 == 0 else replaced(original(x, **kwargs), wrong)),
    } for name in ("fft", "ifft", "fftn", "ifftn", "rfft", "irfft", "rfftn", "irfftn", "hfft", "ihfft")},
    "fft.fftfreq": {
        "n ignored in the scale": with_arrays(lambda x: x * x.size),
        "positive only": with_arrays(numpy.abs),
        "d multiplied": computed(lambda original, n, d=1.0, **kwargs: original(n, d=1 / d, **kwargs)),
        "odd n as even": computed(lambda original, n, **kwargs: replaced(original(n, **kwargs), lambda x: wrong(x) if n % 2 else x)),
    },
    "fft.rfftfreq": {
        "n ignored in the scale": with_arrays(lambda x: x * x.size),
        "d multiplied": computed(lambda original, n, d=1.0, **kwargs: original(n, d=1 / d, **kwargs)),
        "odd n as even": computed(lambda original, n, **kwargs: replaced(original(n, **kwargs), lambda x: wrong(x) if n % 2 else x)),
    },
    "fft.fftshift": {"ifftshift": instead(extensor.fft.ifftshift), "one axis only": computed(
        lambda original, x, axes=None: original(x, axes=axes if isinstance(axes, int) else -1) if x.ndim else original(x))},
    "fft.ifftshift": {"fftshift": instead(extensor.fft.fftshift)},
    "unique_values": {"NaN once": returning(lambda result: replaced(result, numpy.unique)), "duplicates kept": computed(lambda original, x: extensor.reshape(x, (-1,)))},
    "unique_counts": {"counts of one": returning(lambda result: type(result)(result[0], extensor.ones_like(result[1])))},
    "unique_inverse": {"inverse flattened": returning(lambda result: type(result)(result[0], extensor.reshape(result[1], (-1,)))), },
    "unique_all": {
        "inverse flattened": returning(lambda result: type(result)(result[0], result[1], extensor.reshape(result[2], (-1,)), result[3])),
        "last indices": computed(lambda original, x: last_indices(original(x), x)),
    },
    "sort": {"unsigned: as signed": computed(lambda original, x, **kwargs: replaced(
        original(x, **kwargs), lambda v: numpy.sort(v.view(v.dtype.name[1:]), axis=kwargs.get("axis", -1)).view(v.dtype) if v.dtype.kind == "u" else v))},
    "argsort": {
        "equal elements reversed": computed(lambda original, x, **kwargs: reversed_ties(original, x, **kwargs)),
        "descending by reversal": computed(
            lambda original, x, descending=False, axis=-1, **kwargs: extensor.flip(original(x, axis=axis, **kwargs), axis=axis)
            if descending else original(x, axis=axis, **kwargs)),
    },
    "argmax": {"the last of several": computed(lambda original, x, **kwargs: last_of_several(original, x, **kwargs)), "argmin": instead(extensor.argmin)},
    "argmin": {"the last of several": computed(lambda original, x, **kwargs: last_of_several(original, x, **kwargs)), "argmax": instead(extensor.argmax)},
    "max": {"min": instead(extensor.min), "initial zero": with_arrays(lambda x: numpy.maximum(x, x.dtype.type(0)))},
    "min": {"max": instead(extensor.max), "initial zero": with_arrays(lambda x: numpy.minimum(x, x.dtype.type(0)))},
    "all": {"any": instead(extensor.any), "False where there is none": computed(
        lambda original, x, **kwargs: original(x, **kwargs) if x.size else replaced(original(x, **kwargs), wrong))},
    "any": {"all": instead(extensor.all), "True where there is none": computed(
        lambda original, x, **kwargs: original(x, **kwargs) if x.size else replaced(original(x, **kwargs), wrong))},
    "sum": {
        "small integers not widened": both(BY_NAME["sum"], lambda result, arrays: replaced(result, lambda x: x.astype(arrays[0].dtype.name)) if arrays[0].dtype.kind in "iu" else result),
        "one where there is none": computed(lambda original, x, **kwargs: original(x, **kwargs) if x.size else replaced(original(x, **kwargs), wrong)),
        "float32 widened": both(BY_NAME["sum"], partial(if_given, "float32", other_dtype)),
    },
    "prod": {
        "small integers not widened": both(BY_NAME["prod"], lambda result, arrays: replaced(result, lambda x: x.astype(arrays[0].dtype.name)) if arrays[0].dtype.kind in "iu" else result),
        "zero where there is none": computed(lambda original, x, **kwargs: original(x, **kwargs) if x.size else replaced(original(x, **kwargs), wrong)),
    },
    "mean": {"the sum": instead(extensor.sum), "median": computed(lambda original, x, **kwargs: replaced(original(x, **kwargs), lambda v: numpy.asarray(
        numpy.median(numpy.array(x), axis=kwargs.get("axis"), keepdims=kwargs.get("keepdims", False)), dtype=v.dtype)) if x.dtype.kind == "f" and x.size else original(x, **kwargs))},
    "var": {"std": instead(extensor.std), "mean not subtracted": computed(lambda original, x, **kwargs: original(x, **kwargs) if "axis" in kwargs else replaced(original(x, **kwargs), lambda v: v + 1))},
    "std": {"var": instead(extensor.var)},
    "cumulative_sum": {"small integers not widened": both(BY_NAME["cumulative_sum"], lambda result, arrays: replaced(result, lambda x: x.astype(arrays[0].dtype.name)) if arrays[0].dtype.kind in "iu" else result),
                       "exclusive": with_arrays(lambda x: numpy.concatenate([0 * x[:1], x[:-1]]) if x.ndim == 1 else x)},
    "cumulative_prod": {"the sum": instead(extensor.cumulative_sum)},
    "diff": {"x[i] - x[i+1]": with_arrays(lambda x: -x)},
    "searchsorted": {"sorter ignored, sorted": computed(lambda original, a, b, **kwargs: original(extensor.sort(a), b, **{k: v for k, v in kwargs.items() if k != "sorter"}) if kwargs.get("side") else original(a, b, **kwargs))},
    "take": {"indices off by one": computed(lambda original, x, indices, **kwargs: replaced(original(x, indices, **kwargs), lambda v: numpy.roll(v, 1, axis=kwargs.get("axis") or 0) if v.ndim else v)),
             "negative indices refused": computed(lambda original, x, indices, **kwargs: original(x, indices, **kwargs) if (numpy.array(indices) >= 0).all() else original())},
    "take_along_axis": {"broadcasting refused": computed(lambda original, x, indices, **kwargs: original(x, indices, **kwargs) if x.shape[:-1] == indices.shape[:-1] else original()),
                        "negative indices refused": computed(lambda original, x, indices, **kwargs: original(x, indices, **kwargs) if (numpy.array(indices) >= 0).all() else original())},
    "roll": {"backwards": computed(lambda original, x, shift, **kwargs: original(x, tuple(-s for s in shift) if isinstance(shift, tuple) else -shift, **kwargs)),
             "large shifts cut": computed(lambda original, x, shift, **kwargs: original(x, shift if isinstance(shift, tuple) else max(-4, min(4, shift)), **kwargs)),
             "pairs refused": computed(lambda original, x, shift, **kwargs: original(x, shift, **kwargs) if not isinstance(shift, tuple) else original())},
    "repeat": {"tiled": computed(lambda original, x, repeats, axis=None: extensor.tile(extensor.reshape(x, (-1,)), (repeats,)) if axis is None and isinstance(repeats, int) else original(x, repeats, axis=axis)),
               "arrays refused": computed(lambda original, x, repeats, **kwargs: original(x, repeats, **kwargs) if isinstance(repeats, int) else original())},
    "tile": {"repeated": computed(lambda original, x, repetitions: replaced(original(x, repetitions), numpy.sort)),
             "more repetitions than axes refused": computed(lambda original, x, repetitions: original(x, repetitions) if len(repetitions) <= x.ndim else original())},
    "permute_dims": {"inverse": computed(lambda original, x, axes: original(x, tuple(numpy.argsort([a % x.ndim for a in axes]).tolist()) if x.ndim else axes))},
    "moveaxis": {"source and destination exchanged": computed(lambda original, x, source, destination: original(x, destination, source))},
    "reshape": {"column-major": computed(lambda original, x, shape, **kwargs: replaced(original(x, shape, **kwargs), lambda v: numpy.array(x).reshape(v.shape, order="F"))),
                "-1 refused": computed(lambda original, x, shape, **kwargs: original(x, shape, **kwargs) if -1 not in shape else original())},
    "concat": {"reversed": computed(lambda original, arrays, **kwargs: original(tuple(arrays)[::-1], **kwargs)),
               "lists refused": computed(lambda original, arrays, **kwargs: original(arrays, **kwargs) if isinstance(arrays, tuple) else original()),
               "tuples refused": computed(lambda original, arrays, **kwargs: original(arrays, **kwargs) if isinstance(arrays, list) else original())},
    "stack": {"reversed": computed(lambda original, arrays, **kwargs: original(tuple(arrays)[::-1], **kwargs)),
              "lists refused": computed(lambda original, arrays, **kwargs: original(arrays, **kwargs) if isinstance(arrays, tuple) else original()),
              "tuples refused": computed(lambda original, arrays, **kwargs: original(arrays, **kwargs) if isinstance(arrays, list) else original())},
    "squeeze": {"all axes of length one": computed(lambda original, x, axis: (original(x, axis), replaced(x, numpy.squeeze))[1]),
                "no exceptions": lenient},
    "flip": {"one axis only": computed(lambda original, x, axis=None: original(x, axis=axis if axis is not None or not x.ndim else 0))},
    "isin": {"invert always": computed(lambda original, a, b, invert=False: original(a, b, invert=True)),
             "scalars refused": computed(lambda original, a, b, **kwargs: original(a, b, **kwargs) if len(arrays_of([a, b])) == 2 else original())},
    "nonzero": {"last axis missing": returning(lambda result: result[:-1] if len(result) > 1 else result),
                "transposed": computed(lambda original, x: original(replaced(x, lambda v: v.T) if x.ndim == 2 and x.shape[0] == x.shape[1] else x)[::-1])},
    "count_nonzero": {"zeros counted": computed(lambda original, x, **kwargs: original(extensor.equal(x, extensor.zeros_like(x)), **kwargs))},
    "__array_namespace_info__": {"no functions": instead(lambda: object())},
    "info.capabilities": {
        "empty": instead(lambda: {}),
        "no maximum": returning(lambda result: {key: value for key, value in result.items() if key != "max dimensions"}),
        "text": returning(lambda result: {key: str(value) for key, value in result.items()}),
        "a list": returning(list),
    },
    "info.default_device": {"another device": returning(lambda result: "elsewhere")},
    "info.default_dtypes": {
        "float32": returning(lambda result: result | {"real floating": extensor.float32}),
        "complex64": returning(lambda result: result | {"complex floating": extensor.complex64}),
        "int32": returning(lambda result: result | {"integral": extensor.int32}),
        "indexing int32": returning(lambda result: result | {"indexing": extensor.int32}),
        "indexing missing": returning(lambda result: {key: value for key, value in result.items() if key != "indexing"}),
        "integral missing": returning(lambda result: {key: value for key, value in result.items() if key != "integral"}),
    },
    "info.devices": {
        "a list": returning(list),
        "none": returning(lambda result: ()),
        "one too many": returning(lambda result: (*result, "gpu")),
        "a text": returning(lambda result: result[0]),
    },
    "info.dtypes": {
        "one missing": returning(without_first),
        "one wrong": returning(of_other_object),
        "tuples refused": computed(lambda original, **kwargs: original(**kwargs) if not isinstance(kwargs.get("kind"), tuple) else original(1)),
        "tuples: the first": computed(
            lambda original, **kwargs: original(**kwargs | {"kind": kwargs["kind"][0]}) if kwargs.get("kind") and isinstance(kwargs["kind"], tuple)
            else original(**kwargs)),
        "bool is integral": computed(
            lambda original, **kwargs: original(**kwargs) | ({"bool": extensor.bool} if kwargs.get("kind") == "integral" else {})),
    },
}  # fmt: skip
"""Functions, constants and data types."""


def arange_closed(original: Any, *args: Any, **kwargs: Any) -> Any:
    """``arange`` up to and including the stop, where that is by position."""
    if len(args) < 2 or args[1] is None:
        return original(*args, **kwargs)
    return original(args[0], args[1] + (args[2] if len(args) > 2 else 1), *args[2:], **kwargs)


def pairwise(change: Callable[[Any, Any], Any], original: Any, x1: Any, x2: Any) -> Any:
    """What NumPy makes of two arrays, in the shape and data type of the right result."""
    result = original(x1, x2)
    if len(arrays_of([x1, x2])) < 2 or x1.dtype.kind not in "if":
        return result
    with numpy.errstate(all="ignore"):
        return replaced(result, lambda x: numpy.asarray(change(numpy.array(x1), numpy.array(x2))).astype(x.dtype))


def last_indices(result: Any, x: Any) -> Any:
    """Last in place of first indices of unique elements."""
    flat = numpy.array(x).reshape(-1)
    values = numpy.array(result[0])
    found = [max([i for i, each in enumerate(flat) if each == value], default=0) for value in values]
    indices = replaced(result[1], lambda old: numpy.where(values == values, numpy.array(found, dtype=old.dtype), old))
    return type(result)(result[0], indices, *result[2:])


def reversed_ties(original: Any, x: Any, **kwargs: Any) -> Any:
    """Indices of equal elements in descending order."""
    axis = kwargs.get("axis", -1)
    if not x.size:
        return original(x, **kwargs)
    flipped = original(extensor.flip(x, axis=axis), **kwargs)
    return replaced(flipped, lambda i: (x.shape[axis] - 1 - i).astype(i.dtype))


def last_of_several(original: Any, x: Any, **kwargs: Any) -> Any:
    """The last index of an extremum."""
    axis = kwargs.get("axis")
    if not x.size:
        return original(x, **kwargs)
    flipped = original(extensor.flip(x, axis=axis), **kwargs)
    return replaced(flipped, lambda i: ((x.size if axis is None else x.shape[axis]) - 1 - i).astype(i.dtype))


EQUIVALENT: dict[str, str] = {}
"""Mutants that the standard allows, or that do what the good function does: patterns of names, and the reason."""


def generated() -> Iterator[Mutant]:
    """All mutants, equivalent ones included."""
    for row in FUNCTIONS:
        yield from (Mutant(row.path, *way) for way in of_function(row))
    for operator in OPERATORS:
        row = BY_NAME[operator.function]
        for method in (operator.method, operator.reflected, operator.inplace):
            if method:
                yield from (Mutant(method, *way) for way in of_operator(method, row))
    for table in (FUNCTIONS_BROKEN, METHODS_BROKEN):
        for path, ways in table.items():
            yield from (Mutant(path, *way) for way in ways.items())


def equivalent(mutant: Mutant) -> bool:
    """Whether the standard allows the mutant."""
    return any(fnmatchcase(mutant.name, pattern) for pattern in EQUIVALENT)


def mutants() -> list[Mutant]:
    """All mutants that depart from the standard."""
    return [mutant for mutant in generated() if not equivalent(mutant)]
