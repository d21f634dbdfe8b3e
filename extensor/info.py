"""What the namespace can do, as :func:`__array_namespace_info__` tells."""

from __future__ import annotations

import sys
from types import ModuleType

from .dtypes import DEFAULTS, DTYPES, KINDS, DType, require_cpu

__all__ = ["capabilities", "default_device", "default_dtypes", "devices", "dtypes"]


def __array_namespace_info__() -> ModuleType:  # noqa: N807 -- the standard's name
    """The namespace of the inspection functions.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.__array_namespace_info__().devices()
    ('cpu',)
    """
    return sys.modules[__name__]


def capabilities() -> dict[str, bool | int | None]:
    """What an array library may leave out, and the greatest number of axes.

    Examples
    --------
    >>> capabilities()["max dimensions"]
    64
    """
    return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}


def default_device() -> str:
    """The device of arrays that name none.

    Examples
    --------
    >>> default_device()
    'cpu'
    """
    return "cpu"


def default_dtypes(*, device: str | None = None) -> dict[str, DType]:
    """The data types of arrays that name none, by kind.

    Examples
    --------
    >>> default_dtypes()["real floating"]
    dtype('float64')
    """
    require_cpu(device)
    return dict(DEFAULTS)


def devices() -> tuple[str, ...]:
    """The devices that arrays can be on.

    Examples
    --------
    >>> devices()
    ('cpu',)
    """
    return ("cpu",)


def dtypes(*, device: str | None = None, kind: str | tuple[str, ...] | None = None) -> dict[str, DType]:
    """The data types by name, of a kind as :func:`isdtype` has it, or of any of several.

    Raises
    ------
    ValueError
        If there is no such kind.

    Examples
    --------
    >>> list(dtypes(kind=("bool", "real floating")))
    ['bool', 'float32', 'float64']
    """
    require_cpu(device)
    if kind is None:
        return dict(DTYPES)
    kinds = (kind,) if isinstance(kind, str) else kind
    unknown = set(kinds) - set(KINDS)
    if unknown:
        raise ValueError(f"no kind of data type {sorted(unknown)}; use some of {', '.join(KINDS)}")
    return {name: dtype for name, dtype in DTYPES.items() if any(dtype in KINDS[each] for each in kinds)}
