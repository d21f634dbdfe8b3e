"""Checks of DLPack: export, import, and copies on request."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checking import Check
from conformance.checks.programs import Program, running
from conformance.checks.samples import sample
from conformance.judging import Case
from conformance.literals import Call
from conformance.namespaces import Namespace

__all__ = ["CHECKS"]

SHAPES = ((), (1,), (3,), (2, 3), (2, 1, 3), (0,), (2, 0, 3))

EXPORTED = "a capsule for consumption by `from_dlpack`; BufferError where the data cannot be exported"
DEVICE = "a tuple of the type and the number of the device, in DLPack's numbers"
IMPORTED = "an array with the data of the object"
COPIED = "with `copy=True` the data must be copied, with `copy=False` never, if need be by raising an exception"

REFUSED = (BufferError,)
"""Where the data type or the memory is none of DLPack's."""


def exported(namespace: Namespace) -> Iterator[Program]:
    """Capsules in all ways to ask for one."""
    capsule = "type(x.__dlpack__({})).__name__ == 'PyCapsule'"
    for dtype in namespace.dtypes:
        x = f"x = xp.asarray([[1, 0, 1]], dtype=xp.{dtype})\n"
        yield Program(x + capsule.format(""), allowed=REFUSED)
        yield Program(x + capsule.format("stream=None"), allowed=REFUSED)
        for options in (
            "max_version=(1, 0)",
            "dl_device=x.__dlpack_device__()",
            "copy=True",
            "copy=None",
            "dl_device=None",
        ):
            yield Program(x + capsule.format(options), "2023.12", allowed=REFUSED)


def devices(namespace: Namespace) -> Iterator[Program]:
    """The device in DLPack's numbers."""
    for dtype in namespace.dtypes:
        x = f"x = xp.asarray([1, 0, 1], dtype=xp.{dtype})\n"
        yield Program(f"{x}device = x.__dlpack_device__()\nisinstance(device, tuple) and len(device) == 2")
        yield Program(f"{x}kind, number = x.__dlpack_device__()\nint(kind) >= 1 and int(number) >= 0")


def round_trips(namespace: Namespace) -> Iterator[Case]:
    """An array from each of the library's own."""
    for dtype in namespace.dtypes:
        for shape in SHAPES:
            x = sample(dtype, shape)
            yield Case(Call("from_dlpack", (x,)), x, signs=True)
            if namespace.revision >= "2023.12":
                yield Case(Call("from_dlpack", (x,), {"copy": None, "device": None}), x, signs=True)


def imported(namespace: Namespace) -> Iterator[Program]:
    """Arrays of another library, and views with strides."""
    for dtype in namespace.dtypes:
        other = f"import numpy\nx = numpy.asarray([[1, 0], [0, 1]], dtype='{dtype}')\ny = xp.from_dlpack(x)\n"
        yield Program(f"{other}y.dtype == xp.{dtype} and y.shape == (2, 2)", allowed=REFUSED)
        yield Program(f"{other}bool(xp.all(y == xp.asarray([[1, 0], [0, 1]], dtype=xp.{dtype})))", allowed=REFUSED)
    for view in ("x[::2, 1:]", "xp.permute_dims(x, (1, 0))", "x[1, :]"):
        x = f"x = xp.reshape(xp.arange(12), (3, 4))\ny = xp.from_dlpack({view})\n"
        yield Program(f"{x}y.shape == {view}.shape and bool(xp.all(y == {view}))", allowed=REFUSED)


MUTABLE = """\
x = xp.asarray([1.0, 2.0])
try:
    x[0] = 3.0
except TypeError:
    raise BufferError('immutable') from None
"""
"""An array that can be changed in place; where there are none, there is nothing to see."""

COPIES = [
    Program(
        MUTABLE + "y = xp.from_dlpack(x, copy=True)\nx[0] = 5.0\nfloat(y[0]) == 3.0",
        "2023.12",
        allowed=REFUSED,
    ),
    Program(
        MUTABLE + "y = xp.from_dlpack(x, copy=False)\nx[0] = 5.0\nfloat(y[0]) == 5.0",
        "2023.12",
        allowed=(*REFUSED, ValueError),
    ),
]

CHECKS = [
    running("__dlpack__", "values", EXPORTED, exported),
    running("__dlpack_device__", "values", DEVICE, devices),
    Check("from_dlpack", "", IMPORTED, fixed=round_trips),
    running("from_dlpack", "interchange", IMPORTED, imported),
    running("from_dlpack", "copy", COPIED, COPIES),
]
