"""Which namespace do these arrays belong to, and which one does a name stand for?"""

from __future__ import annotations

import importlib
from functools import reduce
from typing import Any

__all__ = ["array_namespace", "import_namespace"]

ALIASES = {
    "cupy": "array_api_compat.cupy",
    "dask": "array_api_compat.dask.array",
    "dask.array": "array_api_compat.dask.array",
    "jax": "jax.numpy",
    "torch": "array_api_compat.torch",
}
"""Libraries whose own top-level module is not, or not quite, a namespace of the standard."""


KINDS = ("real floating", "complex floating", "integral", "bool")


def array_namespace(*arrays: Any) -> Any:
    """Namespace of the standard that takes an operation on these arrays.

    Parameters
    ----------
    *arrays
        Arrays of one library, wrapped by any number of transformations. Other objects are passed over.

    Returns
    -------
    namespace
        The library's namespace, or the wrapper namespace of the innermost running transformation.

    Raises
    ------
    TypeError
        If no argument is an array.

    Examples
    --------
    >>> import numpy
    >>> array_namespace(numpy.ones(3), 2.0).__name__
    'numpy'
    """
    if len(arrays) == 1 and hasattr(type(arrays[0]), "__array_namespace__"):
        return arrays[0].__array_namespace__()
    namespaces = {id(xp): xp for xp in map(_namespace_of, arrays) if xp is not None}
    if not namespaces:
        kinds = ", ".join(type(x).__name__ for x in arrays) or "nothing"
        raise TypeError(f"expected at least one array, got {kinds}; wrap numbers first, as in xp.asarray(2.0)")
    if len(namespaces) == 1:
        return next(iter(namespaces.values()))
    return reduce(join, namespaces.values())


def _namespace_of(x: Any) -> Any:
    if hasattr(type(x), "__array_namespace__"):
        return x.__array_namespace__()
    if not hasattr(x, "dtype"):
        return None
    # torch, dask and old versions of others have namespaces, but do not say so on their arrays.
    from array_api_compat import array_namespace as compatible_namespace

    return compatible_namespace(x)


_kinds: dict[tuple[type, Any], str] = {}


def kind(x: Any) -> str:
    """Kind of the data type of an array, wrapped or not: one that ``isdtype`` knows, integers all being "integral"."""
    # Libraries' data types may be of one hash and yet refuse to be compared, hence the type in the key.
    key = type(x.dtype), x.dtype
    if key not in _kinds:
        xp = array_namespace(x)
        _kinds[key] = next(kind for kind in KINDS if xp.isdtype(x.dtype, kind))
    return _kinds[key]


def is_complex(x: Any) -> bool:
    """Whether an array, wrapped or not, is of a complex data type."""
    return kind(x) == "complex floating"


def is_floating(x: Any) -> bool:
    """Whether an array, wrapped or not, is of a floating-point data type, real or complex."""
    return kind(x) in ("real floating", "complex floating")


def is_array(x: Any) -> bool:
    """Whether an object is an array. NumPy's data types are none, though they have an attribute ``dtype``."""
    return hasattr(type(x), "dtype")


def device_of(x: Any) -> Any:
    """Device of an array; None, the default, where the library does not tell: JAX while it compiles, and Dask."""
    return getattr(x, "device", None)


def join(first: Any, second: Any) -> Any:
    """Namespace that takes an operation on arrays of two namespaces: the higher level, around what both wrap."""
    if first is second:
        return first
    first_level, second_level = getattr(first, "level", 0), getattr(second, "level", 0)
    if first_level < second_level:
        first, second, first_level, second_level = second, first, second_level, first_level
    if first_level == 0:
        return first
    return first.around(join(first.inner, second.inner if first_level == second_level else second))


def import_namespace(name: str) -> Any:
    """Import the namespace that a name stands for.

    Parameters
    ----------
    name : str
        Any importable module that is a namespace of the standard, such as ``"extensor"``, ``"numpy"``, ``"torch"``,
        ``"jax"`` or ``"array-api-strict"``. For libraries that do not conform by themselves, array-api-compat's
        version is taken.

    Returns
    -------
    namespace

    Raises
    ------
    ImportError
        If there is no such module.
    TypeError
        If the module is not an array namespace.

    Examples
    --------
    >>> import_namespace("numpy").__name__
    'numpy'
    """
    name = name.replace("-", "_")
    try:
        namespace = importlib.import_module(ALIASES.get(name, name))
    except (ImportError, ValueError) as error:
        raise ImportError(f"no array namespace {name!r}: {error}") from error
    if not hasattr(namespace, "asarray"):
        raise TypeError(f"module {name!r} is not an array namespace: it has no asarray")
    return namespace
