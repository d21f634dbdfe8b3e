"""Data types: NumPy's own dtype instances, what they are called, and the kinds they belong to."""

# ruff: noqa: A001 -- the names are the standard's

from __future__ import annotations

from typing import Any, TypeAlias

import numpy

DType: TypeAlias = numpy.dtype[Any]

bool = numpy.dtype("bool")
int8 = numpy.dtype("int8")
int16 = numpy.dtype("int16")
int32 = numpy.dtype("int32")
int64 = numpy.dtype("int64")
uint8 = numpy.dtype("uint8")
uint16 = numpy.dtype("uint16")
uint32 = numpy.dtype("uint32")
uint64 = numpy.dtype("uint64")
float32 = numpy.dtype("float32")
float64 = numpy.dtype("float64")
complex64 = numpy.dtype("complex64")
complex128 = numpy.dtype("complex128")

FORMATS: dict[DType, str] = {
    bool: "?",
    int8: "b",
    int16: "h",
    int32: "i",
    int64: "q",
    uint8: "B",
    uint16: "H",
    uint32: "I",
    uint64: "Q",
    float32: "f",
    float64: "d",
    complex64: "Zf",
    complex128: "Zd",
}
"""The ``struct`` format code of each data type; those of the complex ones are PEP 3118's."""

DTYPES: dict[str, DType] = {dtype.name: dtype for dtype in FORMATS}
"""The data types of the standard by name."""

CANONICAL: dict[DType, DType] = {dtype: dtype for dtype in FORMATS}
"""Maps a dtype to the one instance that stands for it (a platform may have two 64-bit integer types)."""

KINDS: dict[str, tuple[DType, ...]] = {
    "bool": (bool,),
    "signed integer": (int8, int16, int32, int64),
    "unsigned integer": (uint8, uint16, uint32, uint64),
    "real floating": (float32, float64),
    "complex floating": (complex64, complex128),
}
KINDS["integral"] = KINDS["signed integer"] + KINDS["unsigned integer"]
KINDS["numeric"] = KINDS["integral"] + KINDS["real floating"] + KINDS["complex floating"]

DEFAULTS: dict[str, DType] = {
    "real floating": float64,
    "complex floating": complex128,
    "integral": int64,
    "indexing": numpy.dtype("intp"),
}


def canonical(dtype: Any, /) -> DType:
    """The data type that `dtype` names: a dtype, its name or a Python scalar type.

    Raises
    ------
    TypeError
        If the standard has no such data type.

    Examples
    --------
    >>> canonical("float32"), canonical(float)
    (dtype('float32'), dtype('float64'))
    """
    try:
        return CANONICAL[numpy.dtype(dtype)]
    except (TypeError, KeyError):
        raise TypeError(f"{dtype!r} is not a data type of the standard; use one of {', '.join(DTYPES)}") from None


def resolve(dtype: Any, device: object, default: str | None = "real floating") -> Any:
    """The data type that a creation function shall use, and a check of its device."""
    if device is not None:
        require_cpu(device)
    if dtype is not None:
        return canonical(dtype)
    return None if default is None else DEFAULTS[default]


def require_cpu(device: object) -> None:
    """Refuse any device but the one there is."""
    if device is not None and device != "cpu":
        raise ValueError(f"no device {device!r}: extensor computes on 'cpu' only; pass 'cpu' or None")
