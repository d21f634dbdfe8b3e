"""A model is a tree: modules are its branches, parameters its leaves."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

import optree
from optree.registry import __GLOBAL_NAMESPACE as GLOBAL_NAMESPACE

from autodiff import array_namespace
from nn.namespaces import Array, is_array

__all__ = ["Module"]

M = TypeVar("M", bound="Module")

_Static = tuple[tuple[str, Any], ...]
_Structure = tuple[tuple[str, ...], _Static]


class Module:
    """A part of a model.

    Set arrays, modules, or lists, tuples and dicts of these as attributes: they become the branches of a tree
    whose leaves are the parameters. Every other attribute (a number, a string, a function) is static and travels
    with the tree untouched. Define ``__call__`` to say what the module computes.

    A tree has no sharing: a module or an array that is set in two places becomes two with the first step.

    An instance *is* an `optree <https://optree.readthedocs.io>`_ tree, so it goes as it stands into
    :func:`autodiff.value_and_grad` and :meth:`nn.Optimizer.update`, which answer with trees of the same shape.

    Examples
    --------
    >>> import numpy, optree
    >>> class Scale(Module):
    ...     def __init__(self, factor):
    ...         self.factor = factor
    ...         self.name = "scale"
    ...
    ...     def __call__(self, x):
    ...         return self.factor * x
    >>> model = Scale(numpy.asarray([1.0, 2.0]))
    >>> model
    Scale(factor=array(2,), name='scale')
    >>> doubled = optree.tree_map(lambda p: 2 * p, model)
    >>> doubled(10.0)
    array([20., 40.])
    """

    # A name that was a branch stays one when a transformation puts something else than an array there, such as the
    # 0 of ``optree.tree_map(lambda _: 0, model)``. A slot keeps this out of ``vars``, which holds attributes alone.
    __slots__ = ("__dict__", "__weakref__", "_branches")

    _branches: tuple[str, ...]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        node: Any = cls  # optree's types take only collections
        optree.register_pytree_node(node, _flatten, partial(_unflatten, node), namespace=GLOBAL_NAMESPACE)

    def named_parameters(self) -> Iterator[tuple[str, Array]]:
        """Each parameter with its dotted path, as in PyTorch: ``"0.weight"``."""
        paths, leaves, _ = optree.tree_flatten_with_path(_as_tree(self))
        return ((_dotted(path), leaf) for path, leaf in zip(paths, leaves, strict=True) if is_array(leaf))

    def parameters(self) -> Iterator[Array]:
        """Every parameter, in the order of :meth:`named_parameters`."""
        return (parameter for _, parameter in self.named_parameters())

    def state_dict(self) -> dict[str, Array]:
        """The parameters by name, ready for :func:`nn.save`."""
        state: dict[str, Array] = {}
        for name, parameter in self.named_parameters():
            if name in state:
                raise ValueError(f"two parameters go by the name {name!r}; rename an attribute or key that holds a dot")
            state[name] = parameter
        return state

    def load_state_dict(self, state: Mapping[str, Array]) -> None:
        """Take over the parameters in ``state``, keeping the namespace, data type and device of each.

        Raises
        ------
        ValueError
            If a name is missing or unexpected or a shape differs. The module is unchanged then.
        """
        own = self.state_dict()
        problems = [f"missing {name}" for name in own if name not in state]
        problems += [f"unexpected {name}" for name in state if name not in own]
        problems += [
            f"{name} has shape {tuple(state[name].shape)}, expected {tuple(parameter.shape)}"
            for name, parameter in own.items()
            if name in state and tuple(state[name].shape) != tuple(parameter.shape)
        ]
        if problems:
            raise ValueError(f"state does not fit {type(self).__name__}: {'; '.join(problems)}")
        self._place({name: _as_like(state[name], parameter) for name, parameter in own.items()})

    def update(self: M, tree: M) -> M:
        """Take over the parameters of a tree of the same structure, in place, and return the module."""
        if optree.tree_structure(_as_tree(tree)) != optree.tree_structure(_as_tree(self)):
            raise ValueError(f"cannot update: the trees differ in structure\n  own:   {self}\n  given: {tree}")
        self._place(tree.state_dict())
        return self

    def _place(self, state: Mapping[str, Array]) -> None:
        paths, leaves, structure = optree.tree_flatten_with_path(_as_tree(self))
        placed = [state.get(_dotted(path), leaf) for path, leaf in zip(paths, leaves, strict=True)]
        _take_over(self, structure.unflatten(placed))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={_brief(value)}' for name, value in vars(self).items())})"


def _flatten(module: Any) -> tuple[list[Any], _Structure, tuple[str, ...]]:
    attributes = vars(module)
    branches = getattr(module, "_branches", ())
    names = tuple(name for name, value in attributes.items() if name in branches or _has_branches(value))
    static = tuple((name, value) for name, value in attributes.items() if name not in names)
    return [attributes[name] for name in names], (names, static), names


def _unflatten(cls: type[M], structure: _Structure, children: Any) -> M:
    names, static = structure
    module = cls.__new__(cls)
    vars(module).update(zip(names, children, strict=True))
    vars(module).update(static)
    module._branches = names
    return module


def _has_branches(value: Any) -> bool:
    leaves = optree.tree_leaves(value, is_leaf=lambda node: isinstance(node, Module))
    return any(isinstance(leaf, Module) or is_array(leaf) for leaf in leaves)


def _as_tree(module: Module) -> Any:
    return module  # optree's types know no registered classes


def _dotted(path: tuple[Hashable, ...]) -> str:
    return ".".join(map(str, path))


def _take_over(old: Any, new: Any) -> Any:
    """The new values in the old modules, so that whoever holds one sees them."""
    if isinstance(old, Module):
        for name, value in vars(new).items():
            setattr(old, name, _take_over(getattr(old, name), value))
        return old
    if isinstance(old, tuple):
        items = [_take_over(*pair) for pair in zip(old, new, strict=True)]
        return type(old)(*items) if hasattr(old, "_fields") else tuple(items)
    if isinstance(old, list):
        old[:] = [_take_over(*pair) for pair in zip(old, new, strict=True)]
        return old
    if isinstance(old, dict):
        old.update({key: _take_over(value, new[key]) for key, value in old.items()})
        return old
    return new


def _as_like(value: Array, like: Array) -> Array:
    return array_namespace(like).asarray(value, dtype=like.dtype, device=like.device, copy=True)


def _brief(value: Any) -> str:
    return f"array{tuple(value.shape)}" if is_array(value) else repr(value)
