"""The namespace under test: its parts by name, its arrays from plain values and back."""

from __future__ import annotations

import importlib
import operator
import re
from collections.abc import Callable
from functools import cached_property
from typing import Any

from conformance.literals import OF_ARRAYS, Array, Call, DType, indices, nested, operator_symbol, program, replaced
from conformance.spec import ATTRIBUTES, DTYPES, REVISIONS

__all__ = ["Blocked", "Missing", "Namespace", "Unreadable", "load"]


class Missing(AttributeError):
    """The namespace lacks a function."""


class Blocked(RuntimeError):
    """What a check needs is broken; the message names the check that says so."""


class Unreadable(RuntimeError):
    """The elements of an array cannot be had."""


def load(name: str) -> tuple[Any, str]:
    """A namespace by the name of its module, or of an attribute as in ``package.module:attribute``; and its import."""
    module_name, _, attribute = name.partition(":")
    found = importlib.import_module(module_name)
    for part in attribute.split(".") if attribute else ():
        found = getattr(found, part)
    if attribute:
        package = f"import {module_name}\nxp = {module_name}.{attribute}"
        return found, package
    return found, f"import {module_name} as xp"


class Namespace:
    """An array namespace as the checks see it.

    Parameters
    ----------
    xp
        The namespace.
    name
        How reports call it.
    setup
        Python source that binds it to ``xp``.
    revision
        The revision of the standard to hold it against.
    device
        Device of all arrays; None for the default one.
    dtypes
        Names of the data types to test; by default those that the namespace has.
    """

    def __init__(
        self,
        xp: Any,
        name: str,
        setup: str = "",
        *,
        revision: str = REVISIONS[-1],
        device: Any = None,
        dtypes: tuple[str, ...] | None = None,
    ) -> None:
        self.xp, self.name, self.revision, self.device = xp, name, revision, device
        self.setup = setup or f"xp = ...  # {name}"
        self.dtypes = tuple(
            each
            for each in dtypes or DTYPES
            if hasattr(xp, each) and (revision >= "2022.12" or not each.startswith("complex"))
        )
        self._default_dtypes: dict[str, str] = {}

    def has(self, path: str) -> bool:
        """Whether there is such a function."""
        try:
            self.function(path)
        except Missing:
            return False
        return True

    def function(self, path: str) -> Callable[..., Any]:
        """The function at a path such as ``linalg.qr`` or ``info.devices``."""
        found = self.xp
        for part in path.split("."):
            try:
                found = found.__array_namespace_info__() if part == "info" else getattr(found, part)
            except AttributeError:
                raise Missing(f"{self.name} has no {path}") from None
        function: Callable[..., Any] = found
        return function

    def realize(self, value: Any) -> Any:
        """The library's own array or data type for a literal; anything else as it is."""
        if isinstance(value, DType):
            return getattr(self.xp, value.name)
        device = {} if self.device is None else {"device": self.device}
        dtype = getattr(self.xp, value.dtype)
        if value.size:
            return self.xp.asarray(nested(value), dtype=dtype, **device)
        try:  # Nested lists cannot spell every shape without elements.
            empty = self.xp.zeros(value.shape, dtype=dtype, **device)
            sound = tuple(empty.shape) == value.shape
        except Exception:
            sound = False
        if not sound:
            raise Blocked("zeros: shape")
        return empty

    def arguments(self, call: Call) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and keyword arguments with the library's own arrays in place of the literals."""
        return replaced(call.args, self.realize), replaced(dict(call.kwargs), self.realize)

    def apply(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of a call with arguments from :meth:`arguments`; of ``x[key] = value``, the array ``x``."""
        if call.path == "__setitem__":
            operator.setitem(*args)
            return args[0]
        if symbol := operator_symbol(call.path):
            name, form = call.path[2:-2], symbol[1]
            if form == "r" and isinstance(call.args[1], Array):  # The operator would call the method of the other.
                return getattr(args[0], call.path)(args[1])
            if form == "r":
                return PYTHON[name[1:]](args[1], args[0])
            return PYTHON[name](*args)
        if call.path.startswith("__") and call.path in PYTHON:  # Not `add`, which is a function too.
            return PYTHON[call.path](*args)
        if call.path in ATTRIBUTES:
            return getattr(args[0], call.path)
        if call.path in OF_ARRAYS:
            return getattr(args[0], call.path)(*args[1:], **kwargs)
        return self.function(call.path)(*args, **kwargs)

    def dtype_name(self, dtype: Any) -> str:
        """Name of a data type object; its own text where it is none of the standard's."""
        for name in DTYPES:
            own = getattr(self.xp, name, None)
            lax = isinstance(dtype, str) and not isinstance(own, str)  # NumPy's data types equal their names.
            if own is not None and not lax and (own is dtype or bool(dtype == own)):
                return name
        return repr(dtype) if isinstance(dtype, str) else str(dtype)

    def read(self, x: Any) -> Array:
        """Shape, elements and data type of one of the library's arrays."""
        dtype = self.dtype_name(x.dtype)
        try:
            shape = tuple(map(operator.index, x.shape))
        except TypeError:
            raise Unreadable(f"shape {x.shape}") from None
        if dtype not in DTYPES:
            raise Unreadable(f"data type {dtype}")
        problem = "neither by NumPy nor one by one"
        for reader in self._readers:
            try:
                return Array(shape, reader(x, shape, dtype), dtype)
            except Exception as exception:
                problem = f"{type(exception).__name__}: {exception}"
        raise Unreadable(f"the elements of {type(x).__name__} cannot be had: {problem}"[:200])

    @cached_property
    def _readers(self) -> list[Callable[[Any, tuple[int, ...], str], tuple[Any, ...]]]:
        """Ways to read elements that give back what went in, fastest first."""
        return [reader for reader in (through_numpy, through_dlpack, one_by_one) if self._reads(reader)]

    def _reads(self, reader: Callable[[Any, tuple[int, ...], str], tuple[Any, ...]]) -> bool:
        samples = [Array((2, 1), (0, 1), dtype) for dtype in self.dtypes]
        try:
            return all(reader(self.realize(sample), sample.shape, sample.dtype) == sample.values for sample in samples)
        except Exception:
            return False

    def default_dtype(self, kind: str) -> str:
        """Name of the default data type of a kind: real floating, complex floating, integral or indexing."""
        if kind not in self._default_dtypes:
            self._default_dtypes[kind] = self._find_default_dtype(kind)
        return self._default_dtypes[kind]

    def _find_default_dtype(self, kind: str) -> str:
        try:
            return self.dtype_name(self.function("info.default_dtypes")(device=self.device)[kind])
        except Exception:
            samples = {"real floating": [0.0], "complex floating": [0j]}
            return self.dtype_name(self.xp.asarray(samples.get(kind, [0])).dtype)

    def capable(self, capability: str) -> bool:
        """Whether the namespace has a capability that the standard leaves to it, such as ``boolean indexing``."""
        try:
            return bool(self.function("info.capabilities")()[capability])
        except Exception:
            return True

    def program(self, call: Call | str) -> str:
        """A whole program that makes a call, or that is given as source over ``xp``."""
        text = call if isinstance(call, str) else program(call, "device" if self.device is not None else "")
        header = [line for word, line in HEADERS.items() if re.search(word, text)]
        setup = [self.setup]
        if isinstance(self.device, str):
            setup.append(f"device = {self.device!r}")
        elif self.device is not None:
            devices = "xp.__array_namespace_info__().devices()"
            setup.append(f"device = next(each for each in {devices} if str(each) == {str(self.device)!r})")
        return "\n".join([*header, *setup, text])


HEADERS = {
    r"(?<![\w.])(inf|nan)\b": "from math import inf, nan",
    r"\binspect\.": "import inspect",
    r"\boperator\.": "import operator",
}
"""Imports that a program needs where it has such a word."""

PYTHON: dict[str, Callable[..., Any]] = {
    "__abs__": abs,
    "__neg__": operator.neg,
    "__pos__": operator.pos,
    "__invert__": operator.invert,
    "__bool__": bool,
    "__complex__": complex,
    "__float__": float,
    "__index__": operator.index,
    "__int__": int,
    "__getitem__": operator.getitem,
}
PYTHON |= {
    name.strip("_"): getattr(operator, name)
    for name in dir(operator)
    if name.startswith("__") and operator_symbol(name)
}  # fmt: skip


def through_numpy(x: Any, shape: tuple[int, ...], dtype: str) -> tuple[Any, ...]:
    """Elements by way of ``numpy.asarray``."""
    import numpy

    return from_numpy(numpy.asarray(x), shape, dtype)


def through_dlpack(x: Any, shape: tuple[int, ...], dtype: str) -> tuple[Any, ...]:
    """Elements by way of DLPack."""
    import numpy

    return from_numpy(numpy.from_dlpack(x), shape, dtype)


def from_numpy(x: Any, shape: tuple[int, ...], dtype: str) -> tuple[Any, ...]:
    """Elements of a NumPy array."""
    if x.shape != shape or x.dtype != dtype:
        raise Unreadable(f"NumPy sees {x.dtype} of shape {x.shape}")
    return tuple(x.ravel().tolist())


def one_by_one(x: Any, shape: tuple[int, ...], dtype: str) -> tuple[Any, ...]:
    """Elements by indexing and conversion, which every conforming library has."""
    convert = {"bool": bool, "complex64": complex, "complex128": complex, "float32": float, "float64": float}
    return tuple(convert.get(dtype, int)(x[index]) for index in indices(shape))
