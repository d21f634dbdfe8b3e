"""Data type functions."""

from __future__ import annotations

from typing import Any

from conformance.dtypes import (
    bits,
    component,
    digits,
    is_complex,
    is_float,
    is_integer,
    limits,
    promote,
    smallest_normal,
)
from conformance.judging import Attributes
from conformance.literals import Array, DType
from conformance.spec import DTYPES, KINDS

__all__ = ["astype", "can_cast", "finfo", "iinfo", "isdtype", "result_type"]


def astype(x: Array, dtype: DType, **_: Any) -> Array:
    """The elements in another data type, which can hold them."""
    if dtype.name == "bool":
        return x._replace(values=tuple(value != 0 for value in x.values), dtype="")
    convert = complex if is_complex(dtype.name) else float if is_float(dtype.name) else int
    return x._replace(values=tuple(map(convert, x.values)), dtype="")


def can_cast(from_: str, to: str) -> bool | None:
    """Whether one data type promotes to another; None where the standard does not say."""
    common = promote(from_, to)
    return None if common is None else common == to


def finfo(dtype: str) -> Attributes:
    """Limits of a floating-point data type."""
    real = component(dtype)
    low, high = limits(real)
    return Attributes(
        {
            "bits": bits(real),
            "eps": 2.0 ** (1 - digits(real)),
            "max": high,
            "min": low,
            "smallest_normal": smallest_normal(real),
            "dtype": DType(real),
        }
    )


def iinfo(dtype: str) -> Attributes:
    """Limits of an integer data type."""
    low, high = limits(dtype)
    return Attributes({"bits": bits(dtype), "max": high, "min": low, "dtype": DType(dtype)})


ISDTYPE = {
    "bool": KINDS["boolean"],
    "signed integer": tuple(name for name, kind in DTYPES.items() if kind == "signed integer"),
    "unsigned integer": tuple(name for name, kind in DTYPES.items() if kind == "unsigned integer"),
    "integral": KINDS["integer"],
    "real floating": KINDS["real floating-point"],
    "complex floating": KINDS["complex floating-point"],
    "numeric": KINDS["numeric"],
}
"""Names of kinds, and the data types of each."""


def isdtype(dtype: DType, kind: DType | str | tuple[DType | str, ...]) -> bool:
    """Whether a data type is another, or of a kind."""
    if isinstance(kind, DType):
        return dtype == kind
    if isinstance(kind, str):
        return dtype.name in ISDTYPE[kind]
    return any(isdtype(dtype, each) for each in kind)


def result_type(*arrays_and_dtypes: Any) -> DType | None:
    """The data type to which all promote; None where the standard does not say."""
    names = [
        each.dtype if isinstance(each, Array) else each.name
        for each in arrays_and_dtypes
        if isinstance(each, Array | DType)
    ]
    scalars = [each for each in arrays_and_dtypes if not isinstance(each, Array | DType)]
    common = promote(*names)
    for scalar in scalars:
        common = with_scalar(common, scalar) if common else None
    return DType(common) if common else None


def with_scalar(dtype: str, scalar: Any) -> str | None:
    """Data type of an array together with a Python scalar."""
    if isinstance(scalar, bool):
        return dtype if dtype == "bool" else None
    if isinstance(scalar, int):
        return dtype if dtype != "bool" else None
    if is_integer(dtype) or dtype == "bool":
        return None
    if isinstance(scalar, complex) and is_float(dtype):
        return promote(dtype, "complex64")
    return dtype
