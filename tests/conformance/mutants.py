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
from breakages import (
    Breaking,
    as_scalar,
    assumed,
    axis_from_front,
    axis_of_none,
    both,
    coarse,
    first_dtype,
    flattened_empty,
    given,
    if_given,
    if_made,
    if_more_axes,
    ignored,
    lenient,
    magnitudes,
    moved_axis,
    negated,
    no_mixed_axes,
    no_scalar_first,
    no_scalars,
    not_empty,
    of_dims,
    of_first_matrix,
    only_first_axis,
    other_dtype,
    overwritten,
    refused,
    replaced,
    returning,
    same_dtypes_only,
    same_shapes_only,
    single,
    swapped,
    two_ulps_up,
    where_operands,
    with_arrays,
    with_axis,
    without_infinity,
    without_nan,
    without_one_dtype,
    without_signed_zeros,
    wrong,
    wrong_last,
)
from listed_breakages import FUNCTIONS_BROKEN, METHODS_BROKEN

import extensor
from conformance.checks.general import standard_signature
from conformance.literals import operator_symbol
from conformance.running import all_checks
from conformance.spec import BY_NAME, FUNCTIONS, KINDS, OPERATORS, Function
from conformance.special_cases import rows
from extensor import ExTensor


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


# Which mutants there are: generic ones of a function by its row.


def chosen_dtype(row: Function, salt: str) -> str:
    """One of the data types of a function; which one is as good as random."""
    kinds = KINDS["floating-point" if row.result == "floating" else row.kinds]
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
    yield "wrong for more axes", both(row, if_more_axes)
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
    yield "computed with eight bits", with_arrays(coarse)
    yield "NaN lost", with_arrays(without_nan)
    yield "infinity lost", with_arrays(without_infinity)


ZEROS = (
    "copysign divide floor ceil trunc round multiply negative pow remainder sqrt add sin tan asin atan sinh tanh expm1"
)

CORRECTLY_ROUNDED = ("add", "subtract", "multiply", "divide", "reciprocal", "remainder", "sqrt")

CONDITIONS: dict[str, Callable[[Any], Any]] = {
    "NaN": numpy.isnan,
    "infinity": lambda x: numpy.isinf(x) & ~(x.real < 0),
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
            change = partial(where_operands, count, partial(at_position, position, select))
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
    return "bool" if row.result == "boolean" else chosen_dtype(row, salt)


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


EQUIVALENT = (
    (
        "no result of these is without axes",
        ("a Python scalar for no axes", "wrong without axes", "an axis where there is none"),
        (
            "arange eye linspace meshgrid tril triu take take_along_axis matrix_transpose concat expand_dims moveaxis "
            "repeat stack nonzero unique_counts unique_values argsort sort cumulative_prod "
            "cumulative_sum diff linalg.cholesky linalg.cross linalg.diagonal linalg.eig linalg.eigh linalg.eigvals "
            "linalg.eigvalsh linalg.inv linalg.matrix_power linalg.outer linalg.pinv linalg.qr linalg.solve "
            "linalg.svd linalg.svdvals linalg.matrix_transpose fft.* __imatmul__"
        ),
    ),
    (
        "no result of these has several axes",
        ("wrong for two axes", "empty arrays flattened"),
        "arange linspace nonzero unique_counts unique_values fft.fftfreq fft.rfftfreq",
    ),
    ("no argument or result has more axes", ("wrong for more axes",), "arange linspace eye fft.*fftfreq linalg.outer"),
    ("no result is empty", ("no arrays without elements",), "fft.fftfreq fft.rfftfreq"),
    (
        "the elements are whole numbers, or any",
        ("computed in single precision", "computed with eight bits", "NaN lost", "infinity lost"),
        "empty_like ones_like zeros_like nonzero",
    ),
    ("no result is infinite", ("infinity lost",), "atan2 sign std tan tanh var"),
    ("whether infinity is the next of any number is left open", ("infinity lost",), "nextafter"),
    (
        "the standard says nothing of what is no finite number",
        ("NaN lost", "infinity lost"),
        (
            "diff matmul tensordot vecdot fft.*fft fft.*fftn linalg.c* linalg.det linalg.[eiopqsv]* linalg.matmul "
            "linalg.matrix_[npr]* linalg.tensordot"
        ),
    ),
    ("the function is even", ("negative numbers taken as positive",), "abs cos cosh hypot isfinite isinf isnan square"),
    ("all arguments have one data type", ("mixed data types refused",), "logical_* meshgrid nextafter"),
    ("all arguments have one data type", ("the data type of the first array",), "meshgrid"),
    ("each result has the data type of its own argument", ("the data type of the first array",), "broadcast_arrays"),
    ("what is stable is as good", ("stable ignored",), "argsort sort"),
    ("equal elements cannot be told apart", ("stable=False by default",), "sort"),
    ("the factors are unique up to signs", ("negated",), "linalg.cholesky linalg.qr"),
)
"""Mutants that the standard allows, or that do what the good function does: the reason, ways, and patterns of paths."""


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
    return any(
        mutant.way in ways and any(fnmatchcase(mutant.path, pattern) for pattern in paths.split())
        for _, ways, paths in EQUIVALENT
    )
