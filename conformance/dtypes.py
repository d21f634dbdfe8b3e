"""Data types by name: ranges, promotion, and what the table of the standard says of results."""

from __future__ import annotations

import math
import struct
from functools import reduce
from typing import Any

from conformance.literals import Array, Call, DType, arrays_in
from conformance.namespaces import Namespace
from conformance.spec import DTYPES, Function

__all__ = ["bits", "component", "digits", "is_complex", "is_float", "is_integer", "limits", "promote", "result_dtypes"]


def bits(dtype: str) -> int:
    """Size of an element, in bits.

    >>> bits("int16"), bits("complex64"), bits("bool")
    (16, 64, 8)
    """
    return int(dtype.lstrip("abcdefghijklmnopqrstuvwxyz") or 8)


def is_integer(dtype: str) -> bool:
    """Whether the data type is an integer's, signed or not."""
    return DTYPES[dtype].endswith("integer")


def is_float(dtype: str) -> bool:
    """Whether the data type is real floating-point."""
    return DTYPES[dtype] == "real floating"


def is_complex(dtype: str) -> bool:
    """Whether the data type is complex."""
    return DTYPES[dtype] == "complex floating"


def component(dtype: str) -> str:
    """Data type of the real and imaginary parts of a complex data type; any other itself."""
    return f"float{bits(dtype) // 2}" if is_complex(dtype) else dtype


def to_complex(dtype: str) -> str:
    """Complex data type of the same precision."""
    return f"complex{bits(dtype) * 2}" if is_float(dtype) else dtype


def digits(dtype: str) -> int:
    """Bits of the significand of a floating-point data type or of its components.

    >>> digits("float32"), digits("complex128")
    (24, 53)
    """
    return {"float32": 24, "float64": 53}[component(dtype)]


def limits(dtype: str) -> tuple[Any, Any]:
    """Smallest and largest finite value of a real data type.

    >>> limits("int8"), limits("bool")
    ((-128, 127), (False, True))
    """
    if dtype == "bool":
        return False, True
    if is_integer(dtype):
        signed = DTYPES[dtype].startswith("signed")
        return (-(2 ** (bits(dtype) - 1)), 2 ** (bits(dtype) - 1) - 1) if signed else (0, 2 ** bits(dtype) - 1)
    largest = (2 - 2.0 ** (1 - digits(dtype))) * 2.0 ** {24: 127, 53: 1023}[digits(dtype)]
    return -largest, largest


def smallest_normal(dtype: str) -> float:
    """Smallest positive normal number of a floating-point data type."""
    return 2.0 ** {24: -126, 53: -1022}[digits(dtype)]


def to_precision(value: float, dtype: str) -> float:
    """The nearest number of a floating-point data type.

    >>> to_precision(0.1, "float32")
    0.10000000149011612
    """
    if dtype == "float64" or not math.isfinite(value):
        return value
    if abs(value) > limits("float32")[1]:
        return math.copysign(math.inf, value)
    return float(struct.unpack("f", struct.pack("f", value))[0])


def promote(*dtypes: str) -> str | None:
    """Data type to which arrays of these promote; None where the standard leaves it open.

    >>> promote("int8", "uint8"), promote("float32", "complex64"), promote("int64", "uint64"), promote("bool", "int8")
    ('int16', 'complex64', None, None)
    """
    return reduce(_promote, dtypes)  # type: ignore[arg-type]


def _promote(a: str | None, b: str) -> str | None:
    if a == b or a is None:
        return a
    if is_integer(a) and is_integer(b):
        wide = max(bits(a), bits(b))
        if DTYPES[a] == DTYPES[b]:
            return a if bits(a) == wide else b
        unsigned = a if DTYPES[a].startswith("unsigned") else b
        signed = max(wide, 2 * bits(unsigned))
        return f"int{signed}" if signed <= 64 else None
    floating = {"real floating", "complex floating"}
    if {DTYPES[a], DTYPES[b]} <= floating:
        wide = max(bits(component(a)), bits(component(b)))
        return f"complex{2 * wide}" if is_complex(a) or is_complex(b) else f"float{wide}"
    return None


def result_dtypes(namespace: Namespace, row: Function, call: Call, count: int) -> list[tuple[str, ...]]:
    """Data types that each of ``count`` results of a call may have; an empty tuple where the standard says nothing."""
    rules = [row.result] if isinstance(row.result, str) else [*row.result]
    if rules[-1] == "...":
        rules = rules[:-1] * count
    requested = call.kwargs.get("dtype")
    if isinstance(requested, DType) and row.path not in ("astype",):
        return [(requested.name,)] * count
    return [_allowed(namespace, rule, row, call, index) for index, rule in enumerate(rules)]


def arguments_by_name(row: Function, call: Call) -> dict[str, Any]:
    """Arguments by the names of their parameters."""
    if row.signature.startswith("(*") and row.signature[2] != ",":
        return {row.parameters[0]: call.args} | dict(call.kwargs)
    return dict(zip(row.parameters, call.args, strict=False)) | dict(call.kwargs)


def _allowed(namespace: Namespace, rule: str, row: Function, call: Call, index: int) -> tuple[str, ...]:
    others = {name for name, _ in row.other_kinds}
    named = arguments_by_name(row, call)
    arrays = [array for name, value in named.items() if name not in others for array in arrays_in(value)]
    if not arrays:
        arrays = list(arrays_in(call))
    own = [array.dtype for array in arrays]
    first = own[0] if own else ""
    promoted = promote(*own) if own else None
    match rule:
        case "same":
            return (
                own[index] if isinstance(row.result, tuple) and row.result[-1] == "..." and len(own) > 1 else first,
            )
        case "promoted":
            return (promoted,) if promoted else ()
        case "floating":
            floats = tuple(name for name in DTYPES if is_float(name))
            return floats if promoted and is_integer(promoted) else (promoted,) if promoted else ()
        case "boolean":
            return ("bool",)
        case "real":
            return (component(first),)
        case "complex":
            return (to_complex(first),)
        case "index":
            return (namespace.default_dtype("indexing"),)
        case "integer":
            return (namespace.default_dtype("integral"),)
        case "default real":
            return (namespace.default_dtype("real floating"),)
        case "inferred":
            return (first,) if own else (_inferred(namespace, row, call),)
        case "accumulated":
            return _accumulated(namespace, first)
        case "argument":
            return tuple(value.name for value in call.args if isinstance(value, DType))
    return ()


INFERRED_FROM = ("obj", "fill_value", "start", "stop", "step")
"""Parameters of creation functions from which the data type follows."""


def _inferred(namespace: Namespace, row: Function, call: Call) -> str:
    """Default data type of the kind of the Python scalars among the arguments."""
    named = arguments_by_name(row, call)
    scalars = list(_scalars([value for name, value in named.items() if name in INFERRED_FROM]))
    if row.name == "linspace":
        complex_ = any(isinstance(value, complex) for value in scalars)
        return namespace.default_dtype("complex floating" if complex_ else "real floating")
    if any(isinstance(value, complex) for value in scalars):
        return namespace.default_dtype("complex floating")
    if any(isinstance(value, float) for value in scalars) or not scalars:
        return namespace.default_dtype("real floating")
    if all(isinstance(value, bool) for value in scalars):
        return "bool"
    return namespace.default_dtype("integral")


def _scalars(value: Any) -> Any:
    if isinstance(value, tuple | list) and not isinstance(value, Array | DType):
        for each in value:
            yield from _scalars(each)
    elif isinstance(value, bool | int | float | complex):
        yield value


def _accumulated(namespace: Namespace, dtype: str) -> tuple[str, ...]:
    if dtype == "bool" or not is_integer(dtype):
        if namespace.revision < "2023.12" and dtype != "bool":  # Then they widened to the default; since, they stay.
            return tuple(name for name in DTYPES if DTYPES[name] == DTYPES[dtype] and bits(name) >= bits(dtype))
        return (dtype,)
    wide = max(bits(dtype), bits(namespace.default_dtype("integral")))
    prefix = "uint" if DTYPES[dtype].startswith("unsigned") else "int"
    return (f"{prefix}{wide}",)
