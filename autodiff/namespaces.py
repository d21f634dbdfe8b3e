"""Which namespace do these arrays belong to, and which one does a name stand for?"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
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
        Arrays of one library, wrapped by any number of transformations, also in tuples, lists and dictionaries. Other
        objects are passed over.

    Returns
    -------
    namespace
        The library's namespace, or the wrapper namespace of the innermost running transformation.

    Raises
    ------
    TypeError
        If no argument is an array, or if there are arrays of two libraries.

    Examples
    --------
    >>> import numpy
    >>> array_namespace(numpy.ones(3), 2.0).__name__
    'numpy'
    >>> array_namespace([numpy.ones(3), numpy.zeros(2)]).__name__
    'numpy'
    """
    if len(arrays) == 1 and hasattr(type(arrays[0]), "__array_namespace__"):
        return arrays[0].__array_namespace__()
    namespaces = {id(xp): xp for xp in _namespaces_in(arrays)}
    if not namespaces:
        kinds = ", ".join(type(x).__name__ for x in arrays) or "nothing"
        raise TypeError(f"expected at least one array, got {kinds}; wrap numbers first, as in xp.asarray(2.0)")
    if len(namespaces) == 1:
        return next(iter(namespaces.values()))
    return reduce(join, namespaces.values())


def _namespaces_in(tree: Any) -> Iterator[Any]:
    for x in tree.values() if isinstance(tree, dict) else tree:
        if hasattr(type(x), "__array_namespace__"):
            yield x.__array_namespace__()
        elif isinstance(x, (tuple, list, dict)):
            yield from _namespaces_in(x)
        elif is_array(x):
            # torch, dask and old versions of others have namespaces, but do not say so on their arrays.
            from array_api_compat import array_namespace as compatible_namespace

            yield compatible_namespace(x)


_kinds: dict[tuple[type, Any], str] = {}


def kind(x: Any) -> str:
    """Kind of the data type of an array, wrapped or not.

    One that ``isdtype`` knows, integers all being "integral"; "other" where it knows none, as for text.
    """
    # Libraries' data types may be of one hash and yet refuse to be compared, hence the type in the key.
    key = type(x.dtype), x.dtype
    if key not in _kinds:
        _kinds[key] = _kind_of(array_namespace(x), x.dtype)
    return _kinds[key]


def _kind_of(xp: Any, dtype: Any) -> str:
    try:
        return next((kind for kind in KINDS if xp.isdtype(dtype, kind)), "other")
    except TypeError:
        # NumPy refuses data types that others have added to it; those of ml_dtypes, as bfloat16, have telling names.
        name = str(dtype)
        return "real floating" if "float" in name else "integral" if "int" in name else "other"


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
    if first_level:
        return first.around(join(first.inner, second.inner if first_level == second_level else second))
    if library(first) != library(second):
        raise TypeError(
            f"arrays of {library(first)} and of {library(second)} cannot meet in one operation; convert those of one "
            "library first, as in xp.from_dlpack(x) with the namespace xp of the other"
        )
    return first


def library(xp: Any) -> str:
    """Name of the library beneath all transformations, which may have several namespaces."""
    while getattr(xp, "level", 0):
        xp = xp.inner
    return str(xp.__name__.removeprefix("array_api_compat.").partition(".")[0])


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
        If the module is not an array namespace, or `name` is not a string.

    Examples
    --------
    >>> import_namespace("numpy").__name__
    'numpy'
    """
    if not isinstance(name, str):
        raise TypeError(f"expected the name of an array namespace, such as 'numpy', got {name!r}")
    name = name.replace("-", "_")
    try:
        namespace = importlib.import_module(ALIASES.get(name, name))
    except (ImportError, ValueError, TypeError) as error:
        # The last two of an empty name and of a relative one.
        raise ImportError(f"no array namespace {name!r}: {error}") from error
    if not hasattr(namespace, "asarray"):
        raise TypeError(f"module {name!r} is not an array namespace: it has no asarray")
    return namespace
