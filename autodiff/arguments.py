"""What transformations take: variables, positions of arguments, tangents and cotangents. The rest is refused here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

import optree

from .namespaces import array_namespace, is_array, is_complex, is_floating, library

__all__ = [
    "check_argnums",
    "check_arguments",
    "check_holomorphic",
    "check_sequence",
    "choose_arguments",
    "describe",
    "directions",
    "integer",
    "is_variable",
    "variables_of",
]


def is_variable(x: Any) -> bool:
    """Whether a leaf is differentiated: arrays of a floating-point data type are, everything else is static."""
    return is_array(x) and is_floating(x)


def variables_of(leaves: Sequence[Any]) -> list[Any]:
    """The leaves that are differentiated."""
    variables = [x for x in leaves if is_variable(x)]
    if not variables:
        found = ", ".join(sorted({describe(x) for x in leaves})) or "nothing"
        raise TypeError(
            f"only arrays of a floating-point data type are differentiated, but the arguments hold only: {found}; "
            "convert numbers first, as in xp.asarray(x, dtype=xp.float64), and make a class of your own a tree, as by "
            "optree.register_pytree_node"
        )
    return variables


def describe(x: Any) -> str:
    """A leaf, for messages."""
    return f"{x.dtype} array" if is_array(x) else type(x).__name__


def integer(x: Any) -> int:
    """What libraries have for integers as one of Python; a TypeError for anything else, True and False too."""
    if isinstance(x, bool):
        raise TypeError("a bool is no position")
    return index(x)


def check_argnums(argnums: Any) -> int | tuple[int, ...]:
    """Positions of arguments, of any type that counts, as Python's integers."""
    several = getattr(argnums, "ndim", 0) or not hasattr(argnums, "__index__")
    try:
        return tuple([integer(position) for position in argnums]) if several else integer(argnums)
    except TypeError:
        raise TypeError(f"argnums must be an int or a sequence of int, got {argnums!r}") from None


def choose_arguments(
    f: Callable[..., Any], argnums: int | tuple[int, ...], args: Sequence[Any], kwargs: dict[str, Any]
) -> tuple[Callable[..., Any], Any]:
    """Function of the arguments at some positions alone, and the tuple of these arguments."""
    positions = (argnums,) if isinstance(argnums, int) else argnums
    if any(not -len(args) <= position < len(args) for position in positions):
        raise ValueError(
            f"argnums={argnums} does not fit a call with {len(args)} positional arguments; an argument that is passed "
            "by keyword is a constant: pass it by position, as through lambda x: f(x=x)"
        )
    if len({position % len(args) for position in positions}) < len(positions):
        raise ValueError(f"argnums={argnums} names an argument twice in a call with {len(args)} positional arguments")

    def of_chosen(*chosen: Any) -> Any:
        arguments = list(args)
        for position, x in zip(positions, chosen, strict=True):
            arguments[position] = x
        return f(*arguments, **kwargs)

    return of_chosen, tuple([args[position] for position in positions])


def check_holomorphic(name: str, what: str, tree: Any) -> None:
    """Raise a TypeError unless all variables of a tree are complex."""
    if real := [x for x in optree.tree_leaves(tree) if is_variable(x) and not is_complex(x)]:
        raise TypeError(
            f"{name} with holomorphic=True needs {what} of a complex floating-point data type, got "
            f"{describe(real[0])}; leave holomorphic=True out for a function of real numbers"
        )


def directions(what: str, of: str, treedef: Any, leaves: Sequence[Any], tree: Any) -> list[Any]:
    """Tangents or cotangents of the leaves of a tree, as the user gives them; None where there is none."""
    try:
        given = _matched(treedef, tree)
    except ValueError as error:
        raise ValueError(
            f"the {what} must be a tree of the structure of the {of}, with None for any part that is zero; {error}"
        ) from None
    return [
        _checked(what.removesuffix("s"), t, x) if is_variable(x) else None for t, x in zip(given, leaves, strict=True)
    ]


def _matched(treedef: Any, tree: Any) -> list[Any]:
    """Leaves of a tree of that structure, where None may stand for a tree."""
    if tree is None:
        return [None] * treedef.num_leaves
    if treedef.is_leaf():
        return [tree]
    parts = treedef.one_level().flatten_up_to(tree)
    return [x for child, part in zip(treedef.children(), parts, strict=True) for x in _matched(child, part)]


def _checked(what: str, t: Any, x: Any) -> Any:
    if t is None:
        return None
    if is_array(t) and (found := library(array_namespace(t))) != (expected := library(array_namespace(x))):
        raise TypeError(
            f"the {what} of an array of {expected} must be one of {expected} too, got one of {found}; convert it "
            f"first, as in xp.from_dlpack({what}) with the namespace xp of {expected}"
        )
    if not is_array(t) or t.shape != x.shape:
        found = f"shape {t.shape}" if is_array(t) else type(t).__name__
        raise ValueError(f"the {what} of an array of shape {x.shape} must be an array of that shape, got {found}")
    if is_complex(t) and not is_complex(x):
        raise TypeError(f"the {what} of a {x.dtype} array must be real too, got {t.dtype}; take its real part first")
    return t


def check_sequence(name: str, what: str, arguments: Any) -> None:
    """Raise a TypeError unless arguments are in a sequence: an array would pass for one of its rows."""
    if not isinstance(arguments, (tuple, list)):
        raise TypeError(
            f"{name} takes its {what} in a tuple or a list, an entry for each argument of the function, got "
            f"{type(arguments).__name__}; for a function of one argument write [x] instead of x"
        )


def check_arguments(name: str, primals: Any, tangents: Any) -> None:
    """Raise an error unless both are sequences, with a tangent for each primal."""
    check_sequence(name, "primals", primals)
    check_sequence(name, "tangents", tangents)
    if len(primals) != len(tangents):
        raise ValueError(
            f"{name} takes a tangent for each primal, None where it is zero, got {len(primals)} primals and "
            f"{len(tangents)} tangents"
        )
