"""Names: of what a package offers, of places in a tree, of things of one kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import ModuleType
from typing import Any

__all__ = ["free", "joined", "public"]


def public(namespace: Mapping[str, Any]) -> list[str]:
    """The names that a package offers by ``__all__``, which are those of its modules: all without an underscore.

    Examples
    --------
    >>> public({"Linear": object, "math": __import__("math"), "_name": None})
    ['Linear']
    """
    return [name for name, value in namespace.items() if not name.startswith("_") and not isinstance(value, ModuleType)]


def joined(path: str, name: str) -> str:
    """A name within a place in a tree, by dots; "" is the tree itself.

    Examples
    --------
    >>> joined("layers.0", "weight"), joined("", "weight"), joined("layers.0", "")
    ('layers.0.weight', 'weight', 'layers.0')
    """
    return f"{path}.{name}" if path and name else path or name


def free(name: str, taken: Collection[str]) -> str:
    """The name, or with a number if it is taken: ``name``, ``name:2``, ``name:3``.

    Examples
    --------
    >>> free("Adam", []), free("Adam", ["Adam", "SGD", "Adam:2"])
    ('Adam', 'Adam:3')
    """
    count = sum(other.partition(":")[0] == name for other in taken)
    return f"{name}:{count + 1}" if count else name
