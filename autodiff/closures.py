"""What a function has captured, turned into arguments: variables of its closure, defaults, the object of a method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import CellType, FunctionType, MethodType
from typing import Any, NamedTuple

import optree

from .wrapping import WrappedArray, WrapperNamespace

__all__ = ["converted"]


_EMPTY = CellType()


@dataclass(frozen=True)
class _Place:
    """Stands where a captured array was, or a namespace, which has no position."""

    position: int | None


class Converted(NamedTuple):
    """Captured arrays of running transformations, and the function with others in their places."""

    captured: list[Any]
    bind: Callable[[Any, Sequence[Any]], Any]
    """``(xp, arrays) -> function``; `xp` is in the place of the transformations' namespaces."""


def converted(f: Any) -> Converted:
    """Take out of a function, or a tree, what it has captured of running transformations.

    Captured variables keep the values that they have now: a loop may go on before the function is called again. The
    function runs on copies of these variables, so what it assigns to them by ``nonlocal`` is not seen outside.
    """
    captured: list[Any] = []

    def take(x: Any) -> _Place:
        if isinstance(x, WrapperNamespace):
            return _Place(None)
        captured.append(x)
        return _Place(len(captured) - 1)

    frozen = _Exchange((WrappedArray, WrapperNamespace), take).tree(f)

    def bind(xp: Any, arrays: Sequence[Any]) -> Any:
        return _Exchange(_Place, lambda x: xp if x.position is None else arrays[x.position]).tree(frozen)

    return Converted(captured, bind)


class _Exchange:
    """Copies trees, and functions among their leaves, with all that is of some kinds exchanged."""

    # Not functions within a function, which would be in a reference cycle with the arrays that they have copied.

    def __init__(self, kinds: Any, exchange: Callable[[Any], Any]) -> None:
        self.kinds, self.exchange = kinds, exchange
        self.copies: dict[int, Any] = {}

    def tree(self, tree: Any) -> Any:
        leaves, treedef = optree.tree_flatten(tree)
        exchanged = [self.leaf(x) for x in leaves]
        # A list that the function appends to stays that list.
        unchanged = all(x is y for x, y in zip(leaves, exchanged, strict=True))
        return tree if unchanged else treedef.unflatten(exchanged)

    def leaf(self, x: Any) -> Any:
        if isinstance(x, self.kinds):
            return self.exchange(x)
        if isinstance(x, FunctionType):
            return self.function(x) if x.__closure__ or x.__defaults__ or x.__kwdefaults__ else x
        if isinstance(x, MethodType):
            owner = self.tree(x.__self__)
            return x if owner is x.__self__ else _method(x.__func__, owner)
        if isinstance(x, partial):
            return partial(self.tree(x.func), *self.tree(x.args), **self.tree(x.keywords))
        return x

    def function(self, f: FunctionType) -> Any:
        if id(f) not in self.copies:
            cells = tuple([CellType() for _ in f.__closure__ or ()])
            # Before its cells are filled, one of which may hold the function itself.
            self.copies[id(f)] = copy = FunctionType(f.__code__, f.__globals__, f.__name__, None, cells)
            for cell, original in zip(cells, f.__closure__ or (), strict=True):
                if original != _EMPTY:
                    cell.cell_contents = self.tree(original.cell_contents)
            copy.__defaults__, copy.__kwdefaults__ = self.tree(f.__defaults__), self.tree(f.__kwdefaults__)
            copy.__dict__.update(f.__dict__)
        return self.copies[id(f)]


def _method(function: Any, owner: Any) -> Any:
    """Method of another object than the one to which it was bound."""
    if isinstance(owner, _Place):
        return MethodType(function, owner)
    # A namespace's function is not that of another namespace with another first argument.
    return getattr(owner, function.__name__)
