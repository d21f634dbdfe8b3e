"""A model is a tree: modules are its branches, parameters its leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar

import optree
from optree.registry import __GLOBAL_NAMESPACE as GLOBAL_NAMESPACE

from autodiff import array_namespace
from autodiff.namespaces import device_of, is_complex
from nn.fitting import misfits
from nn.names import joined
from nn.namespaces import (
    Array,
    Namespace,
    converted,
    dtype_name,
    floating_dtype,
    is_array,
    is_floating,
    namespace_or_default,
)
from nn.parameter import Buffer, Parameter

__all__ = ["Module"]

M = TypeVar("M", bound="Module")

_COLLECTIONS = (dict, list, tuple)
"""Where modules may be."""

Hook = Callable[["Module", tuple[Any, ...], Any], Any]
PreHook = Callable[["Module", tuple[Any, ...]], Any]


class Module:
    """A part of a model.

    Set as attributes what it consists of, and define ``__call__`` (or ``forward``) to say what it computes:

    - an array of a floating-point data type becomes a :class:`nn.Parameter`, any other array a :class:`nn.Buffer`; set
      one of these to say otherwise. Reading the attribute gives the array, and setting it again keeps the Parameter or
      Buffer and replaces its data;
    - modules, also in lists, tuples and dicts, become branches;
    - everything else (a number, a string, a function) is static.

    Parameters, buffers and modules go by dotted paths, as in PyTorch: ``"layers.0.weight"``.

    Notes
    -----
    A module is used in two ways, which need no conversion:

    - as an object that is changed in place: ``loss, grads = nn.value_and_grad(f)(model, x)`` gives gradients by name,
      :func:`nn.backward` accumulates them in ``Parameter.grad``, an optimizer attached to it makes steps;
    - as a tree that is never changed: it *is* an `optree <https://optree.readthedocs.io>`_ node whose leaves are the
      data of the parameters that are trained, so it goes as it stands into :func:`autodiff.value_and_grad` and
      :meth:`nn.Optimizer.update`, which answer with modules of the same structure. These share the buffers, the frozen
      parameters and the static attributes of the original. A tree has no sharing, so modules with tied parameters,
      or with one module in two places, cannot be used in this way.

    ``training`` says whether layers such as dropout behave as in training; see :meth:`train` and :meth:`eval`.

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

    # Slots keep these out of ``vars``, which holds the other attributes alone.
    __slots__ = ("__dict__", "__weakref__", "_hooks", "_own", "_pre_hooks", "training")

    if TYPE_CHECKING:

        def __call__(self, *args: Any, **kwargs: Any) -> Any: ...  # noqa: D102

    _own: dict[str, Parameter | Buffer]
    _hooks: list[Hook]
    _pre_hooks: list[PreHook]
    training: bool

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:  # noqa: D102 -- so that subclasses need not call super().__init__
        module = super().__new__(cls)
        module._own, module._hooks, module._pre_hooks, module.training = {}, [], [], True
        return module

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if call := vars(cls).get("__call__", vars(cls).get("forward")):
            cls.__call__ = _with_hooks(call)  # type: ignore[method-assign]
        node: Any = cls  # optree's types take only collections
        flatten: Any = _flatten
        optree.register_pytree_node(node, flatten, partial(_unflatten, node), namespace=GLOBAL_NAMESPACE)

    # Attributes.

    def __setattr__(self, name: str, value: Any) -> None:
        if hasattr(getattr(type(self), name, None), "__set__"):
            # A slot, or a property of a subclass.
            object.__setattr__(self, name, value)
        elif name in self._own and is_array(value):
            self._own[name].data = value
        elif is_array(value) or isinstance(value, (Parameter, Buffer)):
            if hasattr(type(self), name):
                raise AttributeError(
                    f"the class {type(self).__name__} has an attribute {name!r}, which would hide the array; rename one"
                )
            self._hold(name, value)
        else:
            _refuse_arrays(name, value)
            self._own.pop(name, None)
            vars(self)[name] = value

    def _hold(self, name: str, array: Array | Parameter | Buffer) -> None:
        if is_array(array):
            array = Parameter(array) if is_floating(array) else Buffer(array)
        if not is_array(array.data):
            raise TypeError(
                f"{name!r} is a {type(array).__name__} of a {type(array.data).__name__}, not of an array; make it one, "
                "as by xp.asarray"
            )
        if isinstance(array, Parameter) and array.requires_grad and not is_floating(array.data):
            raise TypeError(
                f"{name!r} is of data type {dtype_name(array.data)}, and only floating-point arrays can be trained; "
                "set an nn.Buffer, or pass requires_grad=False"
            )
        vars(self).pop(name, None)
        self._own[name] = array

    def __getattr__(self, name: str) -> Any:
        try:
            return self._own[name].data
        except KeyError:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}") from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._own]

    def __delattr__(self, name: str) -> None:
        if name in self._own:
            del self._own[name]
        else:
            object.__delattr__(self, name)

    def register_buffer(self, name: str, data: Array, persistent: bool = True) -> None:
        """PyTorch's way to set a :class:`nn.Buffer` as an attribute."""
        setattr(self, name, Buffer(data, persistent))

    # What it consists of.

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """Each module with its path, this one first, by the name ``""``; one that is set in two places comes once."""
        return _each_once(_walk(self, prefix))

    def modules(self) -> Iterator[Module]:
        """Each module, in the order of :meth:`named_modules`."""
        return (module for _, module in self.named_modules())

    def children(self) -> Iterator[Module]:
        """Each module of :meth:`named_children`."""
        return (module for _, module in self.named_children())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """Each module that is set as an attribute, or in a list, tuple or dict there, with its name."""
        return _each_once(_children(self))

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Each parameter with its path; tied ones once, by the first."""
        return _each_once(self._arrays(Parameter))

    def parameters(self) -> Iterator[Parameter]:
        """Each parameter, in the order of :meth:`named_parameters`."""
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, Buffer]]:
        """Each buffer with its path; shared ones once, by the first."""
        return _each_once(self._arrays(Buffer))

    def buffers(self) -> Iterator[Buffer]:
        """Each buffer, in the order of :meth:`named_buffers`."""
        return (buffer for _, buffer in self.named_buffers())

    def apply(self: M, function: Callable[[Module], Any]) -> M:
        """Call a function on each module, those within before those around them, and return this module."""
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    def _arrays(self, kind: Any) -> Iterator[tuple[str, Any]]:
        for path, module in _walk(self, ""):
            for name, array in module._own.items():
                if isinstance(array, kind):
                    yield joined(path, name), array

    # Its state.

    def state_dict(self) -> dict[str, Array]:
        """The data of parameters and persistent buffers by path, ready for :func:`nn.save`; tied ones at each path."""
        return {name: array.data for name, array in self._stateful().items()}

    def _stateful(self) -> dict[str, Parameter | Buffer]:
        state: dict[str, Parameter | Buffer] = {}
        for name, array in self._arrays((Parameter, Buffer)):
            if getattr(array, "persistent", True):
                if name in state:
                    raise ValueError(f"two arrays go by the name {name!r}; rename an attribute or key that holds a dot")
                state[name] = array
        return state

    def load_state_dict(self, state: Mapping[str, Array], *, strict: bool = True, cast: bool = False) -> None:
        """Take over copies of the arrays in `state`, keeping the namespace, data type and device of each.

        Parameters
        ----------
        state : mapping of str to array
            Arrays of any namespace and on any device, by path; a state dict of PyTorch too.
        strict : bool
            Whether each path must be there and none beside. Shapes and data types must fit in any case.
        cast : bool
            Whether floating-point arrays of another data type, as float16 for float32, are converted; they are refused
            otherwise. Integers of another width fit if their values do.

        Raises
        ------
        TypeError
            If `state` is no mapping.
        ValueError
            If a name is missing or unexpected, or a shape or data type differs, or something is no array. The message
            lists all of these, and the module is unchanged.

        Examples
        --------
        >>> import nn, numpy
        >>> layer = nn.Linear(2, 1, rng=numpy.random.default_rng(0), xp=numpy)
        >>> layer.load_state_dict({"weight": numpy.ones((1, 2)), "bias": numpy.ones(1)}, cast=True)
        >>> layer.weight
        array([[1., 1.]], dtype=float32)
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"expected arrays by name, such as nn.load(path) gives, got {type(state).__name__}")
        own = self._stateful()
        problems = misfits(state, {name: array.data for name, array in own.items()}, strict=strict, cast=cast)
        if problems:
            raise ValueError(f"state does not fit {type(self).__name__}: {'; '.join(problems)}")
        copies = {
            name: converted(
                state[name], array_namespace(array.data), dtype=array.data.dtype, device=device_of(array.data)
            )
            for name, array in own.items()
            if name in state
        }
        for name, data in copies.items():
            own[name].data = data

    def to(self: M, xp: Namespace | None = None, *, device: Any = None, dtype: Any = None) -> M:
        """Move parameters, their gradients and buffers, in place, and return the module.

        Parameters
        ----------
        xp : namespace, optional
            Where to; the same namespace by default.
        device : optional
            A device of that namespace.
        dtype : optional
            Floating-point data type for those arrays that are of one; kept by default.

        Raises
        ------
        TypeError
            If the namespace lacks a data type, if `dtype` is none of floating point, or if it is real and an array
            complex. The module is unchanged then.
        """
        arrays = [array for _, array in _each_once(self._arrays((Parameter, Buffer)))]
        moved = [
            (_moved(array.data, xp, device, dtype), _moved(getattr(array, "grad", None), xp, device, dtype))
            for array in arrays
        ]
        for array, (data, grad) in zip(arrays, moved, strict=True):
            array.data = data
            if isinstance(array, Parameter):
                array.grad = grad
        return self

    def zero_grad(self) -> None:
        """Forget the accumulated gradients."""
        for parameter in self.parameters():
            parameter.grad = None

    def freeze(self: M) -> M:
        """Train none of the parameters, and return the module."""
        return self._requiring_grad(False)

    def unfreeze(self: M) -> M:
        """Train all of the parameters, and return the module."""
        return self._requiring_grad(True)

    def _requiring_grad(self: M, flag: bool) -> M:
        for parameter in self.parameters():
            parameter.requires_grad = flag
        return self

    def train(self: M, mode: bool = True) -> M:
        """Behave as in training, this module and all below, and return the module."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: M) -> M:
        """Behave as when predicting, this module and all below, and return the module."""
        return self.train(False)

    def update(self: M, tree: M) -> M:
        """Take over the parameters of a tree of the same structure, in place, and return the module."""
        own: Any = self
        given: Any = tree
        if optree.tree_structure(given) != optree.tree_structure(own):
            raise ValueError(f"cannot update: the trees differ in structure\n  own:   {self}\n  given: {tree}")
        for mine, theirs in zip(self.parameters(), tree.parameters(), strict=True):
            mine.data = theirs.data
        return self

    def register_forward_hook(self, hook: Hook) -> Callable[[], None]:
        """Have ``hook(module, args, out)`` called after each call; what it returns, unless None, replaces the result.

        Returns
        -------
        callable
            Removes the hook.
        """
        self._hooks.append(hook)
        return lambda: self._hooks.remove(hook)

    def register_forward_pre_hook(self, hook: PreHook) -> Callable[[], None]:
        """Have ``hook(module, args)`` called before each call; what it returns, unless None, replaces the arguments.

        Returns
        -------
        callable
            Removes the hook.
        """
        self._pre_hooks.append(hook)
        return lambda: self._pre_hooks.remove(hook)

    def __getstate__(self) -> Any:
        return vars(self), self._own, self._hooks, self._pre_hooks, self.training

    def __setstate__(self, state: Any) -> None:
        attributes, own, hooks, pre_hooks, self.training = state
        # A shallow copy shares the arrays, not the attributes that they are under.
        self._own, self._hooks, self._pre_hooks = dict(own), list(hooks), list(pre_hooks)
        vars(self).update(attributes)

    def __repr__(self) -> str:
        shown = {name: f"array{_shape(array.data)}" for name, array in self._own.items()}
        shown |= {name: repr(value) for name, value in vars(self).items()}
        return f"{type(self).__name__}({', '.join(f'{name}={text}' for name, text in shown.items())})"


class _Rest:
    """What a module holds beside its leaves and branches. Trees of one structure agree in the static attributes."""

    def __init__(self, module: Module, names: tuple[str, ...]) -> None:
        self.own = {name: array for name, array in module._own.items() if name not in names}
        self.attributes = {name: value for name, value in vars(module).items() if name not in names}
        self.order = tuple(module._own)
        self.hooks, self.pre_hooks, self.training = module._hooks, module._pre_hooks, module.training

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Rest) and self.attributes == other.attributes

    def __hash__(self) -> int:
        return 0


def _flatten(module: Module) -> tuple[list[Any], tuple[tuple[str, ...], int, _Rest], tuple[str, ...]]:
    _refuse_ties(module)
    trained = [name for name, array in module._own.items() if isinstance(array, Parameter) and array.requires_grad]
    branches = [name for name, value in vars(module).items() if _has_modules(value)]
    children = [module._own[name].data for name in trained] + [vars(module)[name] for name in branches]
    names = (*trained, *branches)
    return children, (names, len(trained), _Rest(module, names)), names


def _refuse_ties(module: Module) -> None:
    arrays = [id(array) for _, part in _walk(module, "") for array in part._own.values()]
    if len(set(arrays)) == len(arrays):
        return
    paths: dict[int, str] = {}
    for path, parameter in module._arrays(Parameter):
        first = paths.setdefault(id(parameter), path)
        if first != path and parameter.requires_grad:
            raise ValueError(
                f"{first!r} and {path!r} of {type(module).__name__} are one parameter, and a tree has no sharing; use "
                "the module as an object, by nn.value_and_grad or nn.backward"
            )


def _unflatten(cls: type[M], structure: tuple[tuple[str, ...], int, _Rest], children: Any) -> M:
    names, count, rest = structure
    children = tuple(children)
    module: M = cls.__new__(cls)
    trained = dict(zip(names[:count], children[:count], strict=True))
    for name in rest.order:
        module._own[name] = Parameter(trained[name]) if name in trained else rest.own[name]
    vars(module).update(rest.attributes)
    vars(module).update(zip(names[count:], children[count:], strict=True))
    module._hooks, module._pre_hooks, module.training = rest.hooks, rest.pre_hooks, rest.training
    return module


def _with_hooks(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def call(self: Module, *args: Any, **kwargs: Any) -> Any:
        # Not where a subclass calls it as super().__call__: that call is a part of the subclass's own.
        if not (self._hooks or self._pre_hooks) or type(self).__call__ is not call:
            return function(self, *args, **kwargs)
        for pre_hook in tuple(self._pre_hooks):
            replaced = pre_hook(self, args)
            args = args if replaced is None else replaced if isinstance(replaced, tuple) else (replaced,)
        out = function(self, *args, **kwargs)
        for hook in tuple(self._hooks):
            replaced = hook(self, args, out)
            out = out if replaced is None else replaced
        return out

    return call


def _branches(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """The modules, arrays and other things in an attribute, with their paths."""
    if isinstance(value, dict):
        items: Any = value.items()
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    else:
        yield name, value
        return
    for key, item in items:
        yield from _branches(item, f"{name}.{key}")


def _children(module: Module) -> Iterator[tuple[str, Module]]:
    for name, value in vars(module).items():
        if isinstance(value, Module):
            yield name, value
        elif isinstance(value, _COLLECTIONS):
            yield from ((path, item) for path, item in _branches(value, name) if isinstance(item, Module))


def _walk(module: Module, path: str) -> list[tuple[str, Module]]:
    found = [(path, module)]
    for name, child in _children(module):
        found += _walk(child, joined(path, name))
    return found


def _each_once(pairs: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    seen: set[int] = set()
    for path, value in pairs:
        if id(value) not in seen:
            seen.add(id(value))
            yield path, value


def _has_modules(value: Any) -> bool:
    if isinstance(value, _COLLECTIONS):
        return any(isinstance(item, Module) for _, item in _branches(value, ""))
    return isinstance(value, Module)


def _refuse_arrays(name: str, value: Any) -> None:
    if any(is_array(item) or isinstance(item, (Parameter, Buffer)) for _, item in _branches(value, name)):
        raise TypeError(
            f"{name!r} holds arrays in a {type(value).__name__}, where they would not be trained; set each as an "
            "attribute, or all in an nn.ParameterDict"
        )


def _moved(data: Array, xp: Namespace | None, device: Any, dtype: Any) -> Array:
    if data is None:
        return None
    xp = array_namespace(data) if xp is None else namespace_or_default(xp)
    if dtype is None or not is_floating(data):
        return converted(data, xp, device=device)
    if is_complex(data) and not is_complex(xp.empty((0,), dtype=floating_dtype(xp, dtype))):
        raise TypeError(f"{dtype!r} would drop the imaginary parts of a complex array; pass a complex data type")
    return converted(data, xp, device=device, dtype=floating_dtype(xp, dtype))


def _shape(data: Any) -> tuple[int, ...] | str:
    return tuple(data.shape) if is_array(data) else f"({data!r})"
