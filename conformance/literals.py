"""Calls and their arguments as plain Python values: to be drawn, judged, printed, and made into any library's arrays.

>>> call = Call("sum", (Array((2,), (1.0, 2.0), "float32"),), {"keepdims": True})
>>> print(call)
xp.sum(xp.asarray([1.0, 2.0], dtype=xp.float32), keepdims=True)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

from conformance.spec import ATTRIBUTES, METHODS

__all__ = [
    "Array",
    "Call",
    "DType",
    "arrays_in",
    "from_nested",
    "indices",
    "operator_symbol",
    "program",
    "replaced",
    "scalar",
    "source",
    "vector",
]

Scalar = bool | int | float | complex


class DType(NamedTuple):
    """A data type object of the namespace, by name."""

    name: str


class Name(NamedTuple):
    """A variable, in a program."""

    name: str


class Array(NamedTuple):
    """An array as its shape and its elements in row-major order.

    As an argument its elements are exactly representable in ``dtype``. As an expected result its elements may be
    more precise (``mpmath.mpf``, ``fractions.Fraction``), and its data type is left to the table of the standard
    when it is empty.
    """

    shape: tuple[int, ...]
    values: tuple[Any, ...]
    dtype: str = ""
    scales: tuple[Any, ...] = ()
    """Of an expected result: the magnitude against which the error of each element counts, where that is larger
    than the element itself, such as the sum of the magnitudes of summands that cancel."""

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return len(self.values)

    def __getitem__(self, index: Any) -> Any:
        """Element at a tuple of indices, one for each axis."""
        flat = 0
        for i, n in zip(index, self.shape, strict=True):
            flat = flat * n + i % n
        return self.values[flat]


class Call(NamedTuple):
    """A call of a function by its path (``linalg.qr``), or of a method or operator by its name (``__radd__``).

    Arguments are :class:`Array`, :class:`DType`, ``None``, ``Ellipsis``, slices, Python scalars and strings, and
    tuples, lists and dicts of these.
    """

    path: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = {}

    def __str__(self) -> str:
        return expression(self)


def indices(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """All indices of a shape, in row-major order."""
    return product(*map(range, shape))


def scalar(value: Any, dtype: str = "") -> Array:
    """An array without axes."""
    return Array((), (value,), dtype)


def vector(values: Iterable[Any], dtype: str = "") -> Array:
    """An array with one axis."""
    values = tuple(values)
    return Array((len(values),), values, dtype)


def from_nested(values: Any, dtype: str = "") -> Array:
    """The array of nested lists.

    >>> from_nested([[1, 2], [3, 4]]).shape
    (2, 2)
    """
    if not isinstance(values, list | tuple):
        return scalar(values, dtype)
    parts = [from_nested(value) for value in values]
    shape = (len(parts), *(parts[0].shape if parts else ()))
    return Array(shape, tuple(value for part in parts for value in part.values), dtype)


def nested(array: Array) -> Any:
    """The elements as nested lists, or the only one of an array without axes."""
    rows: list[Any] = list(array.values)
    for n in reversed(array.shape):
        rows = [rows[i : i + n] for i in range(0, len(rows), n)] if n else []
    return rows[0] if rows else []


def arrays_in(value: Any) -> Iterator[Array]:
    """All arrays among (nested) arguments, in order."""
    if isinstance(value, Array):
        yield value
    elif isinstance(value, Call):
        yield from arrays_in((*value.args, *value.kwargs.values()))
    elif isinstance(value, Mapping):
        yield from arrays_in(tuple(value.values()))
    elif isinstance(value, tuple | list) and not isinstance(value, DType | Name):
        for each in value:
            yield from arrays_in(each)


def replaced(value: Any, replace: Callable[[Any], Any]) -> Any:
    """Arguments with each array and data type replaced by what a function makes of it, inside of containers too."""
    if isinstance(value, Array | DType):
        return replace(value)
    if isinstance(value, Mapping):
        return {key: replaced(each, replace) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(replaced(each, replace) for each in value)
    return value


def source(value: Any, device: str = "") -> str:
    """Python source of an argument; arrays and data types are those of ``xp``."""
    match value:
        case Name(name):
            return name
        case DType(name):
            return f"xp.{name}"
        case Array():
            suffix = f"dtype=xp.{value.dtype}{device and f', device={device}'})"
            if not value.size:
                return f"xp.zeros({value.shape}, {suffix}"
            return f"xp.asarray({source(nested(value))}, {suffix}"
        case Call():
            return expression(value, device)
        case bool() | int() | float() | str() | None:
            return repr(value)
        case complex():
            return f"complex({value.real!r}, {value.imag!r})"
        case slice():
            bounds = (value.start, value.stop) if value.step is None else (value.start, value.stop, value.step)
            return ":".join("" if bound is None else source(bound) for bound in bounds)
        case tuple():
            return f"({', '.join(source(each, device) for each in value)}{',' * (len(value) == 1)})"
        case list():
            return f"[{', '.join(source(each, device) for each in value)}]"
        case Mapping():
            return f"{{{', '.join(f'{key!r}: {source(each, device)}' for key, each in value.items())}}}"
    return "..." if value is ... else repr(value)


OF_ARRAYS = {row.name for row in METHODS}
"""Methods of the class of arrays."""

UNARY = {"__abs__": "abs({})", "__neg__": "-{}", "__pos__": "+{}", "__invert__": "~{}"}
CONVERSIONS = {
    "__bool__": "bool({})",
    "__complex__": "complex({})",
    "__float__": "float({})",
    "__index__": "operator.index({})",
    "__int__": "int({})",
}
BINARY = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@",
    "and": "&", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>",
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=",
}  # fmt: skip


def operator_symbol(path: str) -> tuple[str, str] | None:
    """Symbol of an operator, and ``""``, ``"r"`` or ``"i"`` for its plain, reflected and in-place forms.

    >>> operator_symbol("__rsub__"), operator_symbol("__rshift__"), operator_symbol("__len__")
    (('-', 'r'), ('>>', ''), None)
    """
    name = path[2:-2] if path.startswith("__") else ""
    if name in BINARY:
        return BINARY[name], ""
    if name[1:] in BINARY and name[:1] in ("r", "i"):
        return BINARY[name[1:]], name[0]
    return None


def expression(call: Call, device: str = "") -> str:
    """Python source of a call."""
    args = [source(arg, device) for arg in call.args]
    if call.path in UNARY | CONVERSIONS:
        return (UNARY | CONVERSIONS)[call.path].format(*args)
    symbol = operator_symbol(call.path)
    if symbol and not (symbol[1] == "r" and isinstance(call.args[1], Array | Name)):
        left, right = reversed(args) if symbol[1] == "r" else args
        return f"{left} {symbol[0]}{'=' * (symbol[1] == 'i')} {right}"
    if call.path in ("__getitem__", "__setitem__"):
        key = source(call.args[1], device)
        key = key[1:-1].rstrip(",") if isinstance(call.args[1], tuple) and len(call.args[1]) > 1 else key
        return f"{args[0]}[{key}]" + (f" = {args[2]}" if len(args) > 2 else "")
    args += [f"{key}={source(value, device)}" for key, value in call.kwargs.items()]
    if call.path in ATTRIBUTES:
        return f"{args[0]}.{call.path}"
    if call.path in OF_ARRAYS or symbol:
        return f"{args[0]}.{call.path}({', '.join(args[1:])})"
    path = call.path.replace("info.", "__array_namespace_info__().", 1) if call.path.startswith("info.") else call.path
    return f"xp.{path}({', '.join(args)})"


def program(call: Call, device: str = "") -> str:
    """Python source of a call with each array in a variable of its own: a statement per line, the call last."""
    arrays = list(arrays_in(call))
    names = ["x"] if len(arrays) == 1 else [f"x{i}" for i in range(1, len(arrays) + 1)]
    lines = [f"{name} = {source(array, device)}" for name, array in zip(names, arrays, strict=True)]
    variables = iter(names)

    def variable(value: Any) -> Any:
        return Name(next(variables)) if isinstance(value, Array) else value

    args = replaced(call.args, variable)
    lines.append(expression(Call(call.path, args, replaced(call.kwargs, variable)), device))
    return "\n".join(lines)
