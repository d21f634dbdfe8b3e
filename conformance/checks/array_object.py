"""Checks of the array object: attributes, conversions, devices, and what it tells of its namespace."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, nan
from typing import Any

from conformance.checking import Check
from conformance.checks.programs import Program, running
from conformance.checks.samples import sample
from conformance.dtypes import is_complex, is_integer, limits
from conformance.judging import Case, Raises
from conformance.literals import Array, Call, DType, scalar
from conformance.namespaces import Namespace
from conformance.references.shapes import build
from conformance.spec import BY_NAME, DTYPES, KINDS

__all__ = ["CHECKS"]

SHAPES = ((), (0,), (3,), (2, 3), (2, 0), (1, 2, 3))

SENTENCES = {
    "T": "the transpose of a two-dimensional array, in its data type",
    "mT": "the transpose of each matrix of a stack, in its data type",
    "dtype": "data type of the elements",
    "ndim": "number of axes",
    "shape": "lengths of the axes, a tuple",
    "size": "number of elements, the product of the lengths of the axes",
    "__bool__": "the element as a Python bool: False for zero, True for all others, NaN included",
    "__complex__": "the element as a Python complex",
    "__float__": "the element as a Python float; a complex array must raise TypeError",
    "__index__": "the element of an integer array as a Python int; a floating-point array must raise TypeError",
    "__int__": "the integer part; infinities raise OverflowError, NaN raises ValueError, complex arrays TypeError",
}


def transposed(x: Array) -> Array:
    """The transpose of each matrix."""
    shape = (*x.shape[:-2], x.shape[-1], x.shape[-2])
    return build(shape, lambda index: x[(*index[:-2], index[-1], index[-2])])._replace(dtype=x.dtype)


def attributes(name: str) -> Check:
    """Check of an attribute."""

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for dtype in namespace.dtypes:
            for shape in SHAPES:
                x = sample(dtype, shape)
                values: dict[str, Any] = {"dtype": DType(dtype), "ndim": x.ndim, "shape": shape, "size": x.size}
                if x.ndim == 2 or (name == "mT" and x.ndim > 2):
                    values |= {"T": transposed(x), "mT": transposed(x)}
                if name in values:
                    yield Case(Call(name, (x,)), values[name], signs=True)

    return Check(name, "", SENTENCES[name], fixed=fixed)


def elements(dtype: str) -> list[Any]:
    """Elements to convert."""
    if dtype == "bool":
        return [False, True]
    if is_integer(dtype):
        return [0, 1, 42, *limits(dtype)]
    real = [0.0, -0.0, 1.0, 0.5, -0.25, -3.75, 1e6, inf, -inf, nan]
    return [complex(a, b) for a in real for b in (0.0, -2.0, nan)] if is_complex(dtype) else real


def converted(name: str, value: Any) -> Any:
    """What a conversion gives, or the exception that it must raise."""
    complex_, float_ = isinstance(value, complex), isinstance(value, float)
    match name:
        case "__bool__":
            return bool(value)
        case "__complex__":
            return complex(value)
        case "__float__":
            return Raises((TypeError,)) if complex_ else float(value)
        case "__index__":
            return Raises((TypeError,)) if complex_ or float_ else value
    if complex_:
        return Raises((TypeError,))
    if float_ and value - value != 0:
        return Raises((ValueError if value != value else OverflowError,))
    return int(value)


def conversions(name: str) -> Check:
    """Check of a conversion to a Python scalar."""

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for dtype in namespace.dtypes:
            if name == "__index__" and dtype == "bool":  # Left open.
                continue
            if namespace.revision < "2022.12" and (is_complex(dtype) or (dtype == "bool" and name != "__bool__")):
                continue
            for value in elements(dtype):
                if is_integer(dtype) and name in ("__float__", "__complex__") and abs(value) > 2**53:
                    continue
                if name == "__complex__" and value != value and not is_complex(dtype):  # NaN + NaN j: its own row.
                    continue
                yield Case(Call(name, (scalar(value, dtype),)), converted(name, value), signs=True)

    return Check(name, "", SENTENCES[name], fixed=fixed)


# Devices: what is created is where it is asked for. A device that the library does not tell of cannot be tried.

CREATED = {
    "arange": "arange(3",
    "asarray": "asarray([1.0]",
    "empty": "empty(2",
    "empty_like": "empty_like(xp.asarray([1.0])",
    "eye": "eye(2",
    "from_dlpack": "from_dlpack(xp.asarray([1.0])",
    "full": "full((2,), 1.0",
    "full_like": "full_like(xp.asarray([1.0]), 2.0",
    "linspace": "linspace(0.0, 1.0, 3",
    "ones": "ones(2",
    "ones_like": "ones_like(xp.asarray([1.0])",
    "zeros": "zeros(2",
    "zeros_like": "zeros_like(xp.asarray([1.0])",
    "astype": "astype(xp.asarray([1.0]), xp.float32",
    "fft.fftfreq": "fft.fftfreq(4",
    "fft.rfftfreq": "fft.rfftfreq(4",
}
"""A call of each function that takes a device, without its last parenthesis."""

DEVICE_SINCE = {"astype": "2023.12", "from_dlpack": "2023.12"}


def created(path: str, call: str) -> Check:
    """Check of the argument ``device``."""
    since = max(DEVICE_SINCE.get(path, "2021.12"), BY_NAME[path].since)
    return running(path, "device", "`device` is the device on which to place the created array", [
        Program(f"device = xp.asarray(0).device\nxp.{call}, device=device).device == device", since),
        Program(f"device = xp.asarray(0).device\nxp.{call}, device=None).device == device", since),
    ])  # fmt: skip


def moves(namespace: Namespace) -> Iterator[Program]:
    """Moving an array to the device where it is, in each data type."""
    for dtype in namespace.dtypes:
        x = f"x = xp.asarray([[1, 0, 1]], dtype=xp.{dtype})\n"
        yield Program(
            f"{x}y = x.to_device(x.device)\ny.device == x.device and y.dtype == x.dtype and y.shape == (1, 3)"
        )
        yield Program(f"{x}bool(xp.all(x.to_device(x.device) == x))")
        yield Program(f"{x}x.to_device(x.device, stream=None).device == x.device")


def own_namespace(namespace: Namespace) -> Iterator[Program]:
    """The namespace that arrays tell of has every function that this one has."""
    names = [row.name for row in BY_NAME.values() if row.path == row.name and namespace.has(row.name)]
    for call in ("xp.asarray(0).__array_namespace__()", "xp.asarray(0).__array_namespace__(api_version=None)"):
        yield Program(f"own = {call}\n[name for name in {names!r} if not hasattr(own, name)] == []")
        yield Program(f"own = {call}\nbool(own.add(xp.asarray(1), xp.asarray(2)) == xp.asarray(3))")


# What the namespace tells of itself.

INFO = "info = xp.__array_namespace_info__()\n"
DEVICE = "the default device is that on which arrays are made, or None where it cannot be foretold"
DTYPES_TEXT = "the data types of the kinds asked for, by their canonical names"

CAPABILITIES = [
    Program(f"{INFO}isinstance(info.capabilities(), dict)"),
    Program(f"{INFO}type(info.capabilities()['boolean indexing']) is bool"),
    Program(f"{INFO}type(info.capabilities()['data-dependent shapes']) is bool"),
    Program(
        f"{INFO}most = info.capabilities()['max dimensions']\nmost is None or (isinstance(most, int) and most >= 1)",
        "2024.12",
    ),
]
DEFAULT_DTYPES = [
    Program(f"{INFO}info.default_dtypes()['real floating'] == xp.asarray(0.5).dtype"),
    Program(f"{INFO}info.default_dtypes()['complex floating'] == xp.asarray(0.5j).dtype"),
    Program(f"{INFO}info.default_dtypes()['integral'] == xp.asarray(1).dtype"),
    Program(f"{INFO}info.default_dtypes()['indexing'] == xp.argmax(xp.asarray([1.0])).dtype"),
    Program(f"{INFO}info.default_dtypes(device=None) == info.default_dtypes()"),
    Program(f"{INFO}info.default_dtypes(device=xp.asarray(0).device).keys() >= {{'real floating', 'integral'}}"),
]
DEFAULT_DEVICE = [Program(f"{INFO}device = info.default_device()\ndevice is None or device == xp.zeros(1).device")]
DEVICES = [
    Program(f"{INFO}isinstance(info.devices(), (tuple, list)) and len(info.devices()) > 0"),
    Program(f"{INFO}type(info.devices()) is tuple", "2025.12", aspect="type"),
    Program(f"{INFO}[device for device in info.devices() if xp.zeros(1, device=device).device != device] == []"),
    Program(f"{INFO}xp.asarray(0).device in info.devices()"),
]
KIND_NAMES = {
    "bool": "boolean",
    "integral": "integer",
    "real floating": "real floating-point",
    "complex floating": "complex floating-point",
    "numeric": "numeric",
}


def kinds() -> Iterator[tuple[Any, list[str]]]:
    """Arguments ``kind``, and the names of the data types that belong to each."""
    yield None, list(DTYPES)
    for kind, key in KIND_NAMES.items():
        yield kind, list(KINDS[key])
    for kind in ("signed integer", "unsigned integer"):
        yield kind, [name for name, own in DTYPES.items() if own == kind]
    yield ("bool", "real floating"), ["bool", "float32", "float64"]
    yield ("integral",), list(KINDS["integer"])
    yield (), []


def told_dtypes(namespace: Namespace) -> Iterator[Program]:
    """The data types told are those that there are."""
    for kind, names in kinds():
        names = [name for name in names if hasattr(namespace.xp, name)]
        yield Program(f"{INFO}sorted(info.dtypes(kind={kind!r})) == {sorted(names)!r}")
    yield Program(f"{INFO}[name for name, dtype in info.dtypes().items() if dtype != getattr(xp, name)] == []")
    yield Program(f"{INFO}info.dtypes(device=xp.asarray(0).device).keys() == info.dtypes().keys()")


CHECKS = [
    *(attributes(name) for name in ("T", "mT", "dtype", "ndim", "shape", "size")),
    running("device", "values", "device on which the data resides", [
        Program("x = xp.asarray([1.0])\nx.device == xp.zeros(2).device"),
        Program("x = xp.asarray([1.0])\nxp.empty(2, device=x.device).device == x.device"),
    ]),
    *(conversions(name) for name in ("__bool__", "__complex__", "__float__", "__index__", "__int__")),
    running("__array_namespace__", "values", "an object that has all functions of the standard", own_namespace),
    running("to_device", "values", "an array with the same data and data type, on the device given", moves),
    *(created(path, call) for path, call in CREATED.items()),
    running("__array_namespace_info__", "values", "an object with the functions of the chapter on inspection", [
        Program(f"{INFO}hasattr(info, '{name}')")
        for name in ("capabilities", "default_device", "default_dtypes", "devices", "dtypes")
    ]),
    running("info.capabilities", "values", "a dictionary with the keys of the standard", CAPABILITIES),
    running("info.default_device", "values", DEVICE, DEFAULT_DEVICE),
    running("info.default_dtypes", "values", "the default data type of each kind", DEFAULT_DTYPES),
    running("info.devices", "values", "a tuple of devices, each of which creation functions take", DEVICES),
    running("info.dtypes", "values", DTYPES_TEXT, told_dtypes),
]  # fmt: skip
