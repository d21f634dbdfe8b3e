"""What ``nn`` asks of a namespace beyond the standard functions: which one, and which data types."""

from __future__ import annotations

from typing import Any, TypeAlias

import array_api_compat

import autodiff

__all__ = ["DEFAULT", "Array", "Namespace", "index_dtype", "is_array", "namespace_or_default"]

Array: TypeAlias = Any
Namespace: TypeAlias = Any

DEFAULT = "extensor"


def namespace_or_default(xp: Namespace | None) -> Namespace:
    """``xp``, or the default namespace for None; for a module that does not conform, as ``torch``, its stand-in."""
    if xp is None or not hasattr(xp, "__array_namespace_info__"):
        return autodiff.import_namespace(DEFAULT if xp is None else xp.__name__)
    return xp


def index_dtype(xp: Namespace) -> Any:
    """The integer type that ``xp`` indexes with: JAX without x64 has no int64."""
    return xp.__array_namespace_info__().default_dtypes()["indexing"]


def is_array(value: Any) -> bool:
    """Whether ``value`` is an array of some namespace; the type is asked, so that a class or a module is not."""
    return hasattr(type(value), "__array_namespace__") or array_api_compat.is_array_api_obj(value)
