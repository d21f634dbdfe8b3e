"""Data types: NumPy's own dtype instances, what they are called, and the kinds they belong to.

Beyond the standard there are two halves: float16, and bfloat16, which the package ml_dtypes adds to NumPy. They are of
kind "real floating", as the standard says such types may be, and no part of its inspection.
"""

# ruff: noqa: A001 -- the names are the standard's

from __future__ import annotations

from functools import cache
from typing import Any, TypeAlias

import numpy

from .strictness import STRICT, check_dtype

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
"""The ``struct`` format code of each data type; those of the complex ones are PEP 3118's.

A buffer may say "l" for "q", and "L" for "Q", on platforms where they are the same.
"""

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


FORMATS_BEYOND = {"float16": "e", "bfloat16": "H"}
"""The format codes of the data types beyond the standard; ``struct`` has none for bfloat16, which lends its bits."""


def extend(dtype: DType) -> DType:
    """Take up a data type beyond the standard."""
    HALVES.add(dtype)
    CANONICAL[dtype] = dtype
    FORMATS[dtype] = FORMATS_BEYOND[dtype.name]
    KINDS["real floating"] += (dtype,)
    KINDS["numeric"] += (dtype,)
    return dtype


HALVES: set[DType] = set()
"""The data types beyond the standard: float16 and, from its first use on, bfloat16."""

float16 = extend(numpy.dtype("float16"))

MET: set[DType] = set()
"""Holds bfloat16 from its first use on: until then, operations pay nothing for what ml_dtypes leaves to them."""


@cache
def ml_dtypes() -> Any:
    """The package that bfloat16 is from, imported, and bfloat16 taken up, on first use.

    Raises
    ------
    AttributeError
        If it is not installed: then there is no ``extensor.bfloat16``, and ``hasattr`` shall say so.
    """
    try:
        import ml_dtypes
    except ModuleNotFoundError:
        raise AttributeError("extensor.bfloat16 needs the package ml_dtypes: pip install ml_dtypes") from None
    MET.add(extend(numpy.dtype(ml_dtypes.bfloat16)))
    return ml_dtypes


def bfloat16() -> DType:
    """The data type bfloat16; raises as :func:`ml_dtypes` does."""
    dtype: DType = numpy.dtype(ml_dtypes().bfloat16)
    return dtype


def unfamiliar(dtype: DType, /) -> DType | None:
    """The data type that stands for one of foreign byte order, or for bfloat16 where it is met for the first time."""
    if dtype.kind in "iufc":
        return CANONICAL.get(dtype.newbyteorder("="))
    return bfloat16() if dtype.name == "bfloat16" else None


def promoted(*operands: Any) -> DType:
    """The data type to which arrays, data types and Python scalars promote.

    NumPy decides. It does not know bfloat16, which promotes as float16 does, and with float16 to ``float32``.
    """
    if not MET:
        return numpy.result_type(*operands)
    dtypes = [getattr(x, "dtype", x) for x in operands]
    halves: set[DType] = HALVES.intersection(dtypes)
    found = numpy.result_type(*(float16 if dtype in halves else x for x, dtype in zip(operands, dtypes, strict=True)))
    if found != float16:
        return found
    return float32 if len(halves) > 1 else halves.pop()


def alike(*arrays: Any) -> Any:
    """The arrays and Python scalars, all in the data type to which they promote if bfloat16 is among them.

    NumPy decides for itself otherwise, but where a function is not a ufunc it finds no such type for bfloat16.
    """
    if not MET or MET.isdisjoint(getattr(x, "dtype", None) for x in arrays):
        return arrays
    dtype = promoted(*arrays)
    return [numpy.asarray(x, dtype) for x in arrays]


def rounded(result: Any, *operands: Any) -> Any:
    """The result of a function that knows no bfloat16 and computes it in a wider type, in the type of the operands."""
    if not MET or MET.isdisjoint(x.dtype for x in operands):
        return result
    return result.astype(promoted(*operands), copy=False)


def canonical(dtype: Any, /) -> DType:
    """The data type that `dtype` names: a dtype, its name or a Python scalar type.

    Raises
    ------
    TypeError
        If there is no such data type.

    Examples
    --------
    >>> canonical("float32"), canonical(float)
    (dtype('float32'), dtype('float64'))
    """
    try:
        return CANONICAL[numpy.dtype(dtype)]
    except (TypeError, KeyError):
        if getattr(dtype, "__name__", str(dtype)) == "bfloat16":
            return bfloat16()
        raise TypeError(
            f"{dtype!r} is not a data type of extensor; use one of {', '.join((*DTYPES, *FORMATS_BEYOND))}"
        ) from None


def resolve(dtype: Any, device: object, default: str | None = "real floating") -> Any:
    """The data type that a creation function shall use, and a check of its device."""
    if device is not None:
        require_cpu(device)
    if dtype is not None:
        if STRICT:
            check_dtype(dtype)
        return canonical(dtype)
    return None if default is None else DEFAULTS[default]


def require_no_stream(stream: object) -> None:
    """Refuse a queue of work for a device: the processor has none."""
    if stream is not None:
        raise ValueError(f"'cpu' has no streams, so stream must be None, not {stream!r}")


def require_cpu(device: object) -> None:
    """Refuse any device but the one there is."""
    if device is not None and device != "cpu":
        raise ValueError(f"no device {device!r}: extensor computes on 'cpu' only; pass 'cpu' or None")
