"""Trees as dicts of arrays by dotted path: what transforms of gradients work on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

import optree

from autodiff import array_namespace
from autodiff.namespaces import is_complex
from nn.fitting import misshapen
from nn.namespaces import Array, is_array, is_floating

__all__ = ["Arrays", "Pattern", "by_path", "gradients_by_path", "matches", "parameters_by_path"]

Arrays: TypeAlias = dict[str, Array]
"""Arrays by dotted path, such as ``"layers.0.weight"``."""

Pattern: TypeAlias = str | Sequence[str] | Callable[[str, Array], bool]
"""Which arrays: a pattern of their paths, as for :mod:`fnmatch`, several, or a function of path and array."""

Rebuild: TypeAlias = Callable[[Arrays], Any]


def by_path(tree: Any) -> tuple[dict[str, Any], Callable[[Mapping[str, Any]], Any]]:
    """Leaves of a tree by dotted path, and a function that builds the tree with other leaves at some paths.

    Raises
    ------
    ValueError
        If two leaves have one path.
    """
    leaves, structure = optree.tree_flatten(tree)
    paths = [".".join(map(str, path)) for path in structure.paths()]
    named = dict(zip(paths, leaves, strict=True))
    if len(named) < len(paths):
        twice = next(path for path in paths if paths.count(path) > 1)
        raise ValueError(f"two leaves of the tree go by the path {twice!r}; rename a key that holds a dot")

    def rebuild(others: Mapping[str, Any]) -> Any:
        return structure.unflatten(others.get(path, leaf) for path, leaf in named.items())

    return named, rebuild


def parameters_by_path(tree: Any) -> tuple[Arrays, Rebuild]:
    """Floating-point arrays of a tree by path, complex ones as two real ones, and the way back.

    Other leaves are what they were when the tree is built again.
    """
    leaves, rebuild = by_path(tree)
    params = {path: leaf for path, leaf in leaves.items() if is_array(leaf) and is_floating(leaf)}
    pairs = [path for path, param in params.items() if is_complex(param)]
    if not pairs:
        return params, rebuild

    def rebuild_complex(others: Arrays) -> Any:
        joined = dict(others)
        for path in pairs:
            if f"{path}.real" in joined:
                real, imag = joined.pop(f"{path}.real"), joined.pop(f"{path}.imag")
                joined[path] = array_namespace(real).astype(real + 1j * imag, params[path].dtype, copy=False)
        return rebuild(joined)

    return _with_real_parts(params, 1), rebuild_complex


def gradients_by_path(grads: Any, params: Arrays) -> Arrays:
    """Gradients of parameters by path, in the parameters' data types.

    Raises
    ------
    ValueError
        If one is missing or of another shape.
    """
    found = {path: leaf for path, leaf in by_path(grads)[0].items() if is_array(leaf)}
    # autodiff's gradient by z = x + iy is df/dx - i df/dy, as in JAX.
    named = _with_real_parts(found, -1) if any(map(is_complex, found.values())) else found
    # Not those that are unexpected: a tree may have gradients of integers too, or of parameters that are frozen since.
    if problems := [*(f"missing {path}" for path in params if path not in named), *misshapen(named, params)]:
        raise ValueError(
            f"the gradients do not fit the parameters: {'; '.join(problems)}; differentiate by the same tree"
        )
    return {path: of_dtype(named[path], param) for path, param in params.items()}


def _with_real_parts(named: Arrays, sign: int) -> Arrays:
    parts: Arrays = {}
    for path, array in named.items():
        if is_complex(array):
            xp = array_namespace(array)
            parts[f"{path}.real"] = xp.real(array)
            parts[f"{path}.imag"] = sign * xp.imag(array)
        else:
            parts[path] = array
    return parts


def of_dtype(array: Array, like: Array) -> Array:
    """An array in the data type of another one."""
    return array if array.dtype == like.dtype else array_namespace(array, like).astype(array, like.dtype)


def matches(pattern: Pattern, path: str, param: Array) -> bool:
    """Whether a pattern speaks of a parameter."""
    if callable(pattern):
        return bool(pattern(path, param))
    patterns = (pattern,) if isinstance(pattern, str) else pattern
    return any(fnmatchcase(path, one) for one in patterns)
