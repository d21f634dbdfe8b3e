"""A transformation is a namespace that wraps a namespace.

``Forward(xp)`` and ``Reverse(xp)`` are namespaces of the standard themselves. Their arrays hold an array of ``xp``, the
*primal*, and whatever the transformation adds to it. An operation on them unwraps its operands, calls the inner
namespace, looks up the function's rule, and wraps the result:

    xp.add(x, y)  ->  apply: unwrap x and y  ->  inner.add  ->  record: the transformation's own part

Each namespace has a level, higher the later its transformation began; among operands of several levels the highest
takes the operation, and the others are constants to it. An inner namespace may be a wrapper too: nesting is composing.
"""

from __future__ import annotations

import ast
import inspect
import math
import warnings
from collections.abc import Callable, Iterator
from functools import cached_property, partial, reduce, wraps
from itertools import count
from operator import attrgetter
from typing import Any, ClassVar

from conformance import spec

from .namespaces import device_of, is_array, join
from .routing import call_function, call_ufunc
from .rules import COMPOSITES, NON_DIFFERENTIABLE, RULES, Rule

__all__ = ["LeakedTracerError", "LostDerivativeWarning", "WrappedArray", "WrapperNamespace"]

_levels = count(1)

_INSPECTION = ("__array_api_version__", "__array_namespace_info__")


class LeakedTracerError(RuntimeError):
    """An array of a transformation was used after the transformation had ended."""

    def __init__(self) -> None:
        super().__init__(
            "an array of a transformation such as grad or jvp was used after the transformation had ended; return it "
            "from the transformed function (has_aux=True returns extra values) instead of storing it elsewhere"
        )


class LostDerivativeWarning(UserWarning):
    """An array under differentiation became something that has no derivative, such as a Python number."""


class WrappedArray:
    """An array of a wrapper namespace: an array of the inner namespace, and what the transformation adds to it.

    A subclass names `part`, what it adds, and has no slots of its own: an array may come to be one of another type.
    """

    __slots__ = ("__weakref__", "extent", "namespace", "part", "primal")
    __hash__ = None  # type: ignore[assignment]

    namespace: WrapperNamespace
    primal: Any
    part: Any

    dtype = property(attrgetter("primal.dtype"))
    ndim = property(attrgetter("primal.ndim"))
    shape = property(attrgetter("primal.shape"))

    @property
    def device(self) -> Any:
        return device_of(self.primal)

    @property
    def size(self) -> int:
        # Not the primal's own: PyTorch has a method of that name.
        return math.prod(self.shape)

    @property
    def mT(self) -> Any:  # noqa: N802 -- the standard's name
        return self.namespace.matrix_transpose(self)

    @property
    def T(self) -> Any:  # noqa: N802 -- the standard's name
        if self.ndim != 2:
            raise ValueError(f"x.T needs a two-dimensional array, got shape {self.shape}; use x.mT or permute_dims")
        return self.namespace.matrix_transpose(self)

    def __getattr__(self, name: str) -> Any:
        hint = f"; write it as x.__array_namespace__().{name}(x)" if name in spec.BY_NAME else ""
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}")

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        return self.namespace

    def to_device(self, device: Any, /, *, stream: Any = None) -> Any:
        return self.namespace.apply(RULES["to_device"], (self, device), {"stream": stream})

    def __bool__(self) -> bool:
        return bool(self.primal)

    def __int__(self) -> int:
        return int(self.primal)

    def __float__(self) -> float:
        self._warn_of_loss("float")
        return float(self.primal)

    def __complex__(self) -> complex:
        self._warn_of_loss("complex")
        return complex(self.primal)

    def _warn_of_loss(self, name: str) -> None:
        # Also what `math.sin(x)` and `buffer[0] = x` on a NumPy array come to, where nobody sees the conversion.
        if self.varies() and not self.namespace.closed:
            warnings.warn(
                f"{name}() of an array under differentiation: its derivative is lost; "
                "if that is meant, say so by taking autodiff.stop_gradient(x) instead of x",
                LostDerivativeWarning,
                stacklevel=3,
            )

    def varies(self) -> bool:
        """Whether the array changes with the variables of the transformation."""
        raise NotImplementedError

    def __index__(self) -> int:
        return self.primal.__index__()  # type: ignore[no-any-return]

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of a 0-d array")
        return int(self.shape[0])

    def __iter__(self) -> Iterator[Any]:
        return (self[i, ...] for i in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        key = plain_index(key)
        return self.namespace.home_of(key).apply(RULES["getitem"], (self, key), {})

    def __setitem__(self, key: Any, value: Any) -> None:
        key = plain_index(key)
        self._become(self.namespace.home_of(key).apply(RULES["setitem"], (self, key, value), {}))

    def as_index(self) -> Any:
        """The array as (a part of) an index."""
        return plain_index(self.primal)

    def _become(self, other: Any) -> None:
        """Rebind in place: what an in-place operation means where arrays underneath may be immutable."""
        if other.shape != self.shape or other.dtype != self.dtype:
            raise TypeError(
                f"an in-place operation cannot turn {self.dtype} {self.shape} into {other.dtype} {other.shape}; "
                "write x = x + y instead of x += y"
            )
        self._take(other)

    def _take(self, other: Any) -> None:
        # A transformation that began later takes the operation, so the result may be of its array type.
        self.__class__ = type(other)
        self.namespace, self.primal, self.part = other.namespace, other.primal, other.part
        if hasattr(other, "extent"):
            self.extent = other.extent

    def __copy__(self) -> Any:
        copy = object.__new__(type(self))
        copy._take(self)
        return copy

    def __deepcopy__(self, memo: Any) -> Any:
        # The arrays beneath are never written to, and those of a copied transformation would have no derivative.
        return self.__copy__()

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(
            f"an array of {self.namespace.__name__} cannot be pickled: the transformation to which it belongs runs "
            "here only; return it from the transformed function and pickle the result"
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.primal!r}, level={self.namespace.level})"

    def __format__(self, format_spec: str) -> str:
        return format(self.primal, format_spec) if format_spec else repr(self)

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.varies():
            return self.primal.__array__(*args, **kwargs)
        raise TypeError(
            f"an array of {self.namespace.__name__} cannot become a NumPy array: its derivative would be lost without "
            "a word. Use functions of x.__array_namespace__() here, or autodiff.stop_gradient(x) if that is meant"
        )

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[Any, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        # Unlike __array__, a method of the standard, which nobody calls without asking for another library's array.
        self._warn_of_loss("__dlpack__")
        options = {"stream": stream, "max_version": max_version, "dl_device": dl_device, "copy": copy}
        return self.primal.__dlpack__(**{key: value for key, value in options.items() if value is not None})

    def __dlpack_device__(self) -> Any:
        return self.primal.__dlpack_device__()

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **params: Any) -> Any:
        return call_ufunc(self, ufunc, method, operands, params)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return call_function(self, func, args, kwargs)

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return call_function(tracers_in((args, kwargs))[0], func, args, kwargs or {})


def tracers_in(tree: Any) -> list[Any]:
    """All wrapped arrays in nested tuples, lists and dictionaries."""
    if isinstance(tree, WrappedArray):
        return [tree]
    found: list[Any] = []
    _collect(tree, found)
    return found


def _collect(tree: Any, found: list[Any]) -> None:
    for x in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, (tuple, list)) else ():
        if isinstance(x, WrappedArray):
            found.append(x)
        elif isinstance(x, (tuple, list, dict)):
            _collect(x, found)


def rebuilt(like: Any, items: Any) -> Any:
    """Tuple or named tuple of other items."""
    return type(like)(*items) if hasattr(like, "_fields") else tuple(items)


def map_tree(function: Callable[[Any], Any], tree: Any) -> Any:
    if not isinstance(tree, (tuple, list, dict)):
        return function(tree)
    if isinstance(tree, dict):
        return {key: map_tree(function, x) for key, x in tree.items()}
    items = [map_tree(function, x) for x in tree]
    return rebuilt(tree, items) if isinstance(tree, tuple) else items


def plain_index(key: Any) -> Any:
    """Index in which nothing is under differentiation: positions have no derivative."""
    return map_tree(lambda x: x.as_index() if isinstance(x, WrappedArray) else x, key)


class WrapperNamespace:
    """A namespace of the standard around another.

    Parameters
    ----------
    inner
        Any conforming namespace, a wrapper or not.
    level : int, optional
        Given only by :meth:`around`.

    Notes
    -----
    A subclass names its array type and says in :meth:`record` what the transformation does with an operation.
    """

    array_type: ClassVar[type[WrappedArray]]
    extensions: ClassVar[dict[str, type[Extension]]]
    closed = False

    def __init__(self, inner: Any, *, level: int | None = None) -> None:
        self.inner = inner
        self.level = next(_levels) if level is None else level
        self.kin: list[Any] = []

    @property
    def __name__(self) -> str:
        return f"autodiff.{type(self).__name__}[{self.inner.__name__}]#{self.level}"

    def __repr__(self) -> str:
        return f"<namespace {self.__name__}>"

    def __getattr__(self, name: str) -> Any:
        # Constants, data types and inspection are the inner namespace's own. Its functions, and modules of them such as
        # `special`, are not: they would have no rule. SciPy then takes a definition of its own, where it has one.
        if name.startswith("__") and name not in _INSPECTION:
            raise AttributeError(name)
        value = getattr(self.inner, name)
        is_function = callable(value) and not isinstance(value, type) and name not in _INSPECTION
        if is_function or inspect.ismodule(value):
            raise AttributeError(f"{name!r} is not a function of the standard, so {self.__name__} has no rule for it")
        return value

    @cached_property
    def linalg(self) -> Any:
        return self.extensions["linalg"](self)

    @cached_property
    def fft(self) -> Any:
        return self.extensions["fft"](self)

    # What a transformation defines.

    def constant(self, x: Any) -> Any:
        """Wrap an inner array that does not depend on the transformation's variables."""
        raise NotImplementedError

    def still(self, x: Any, primal: Any) -> Any:
        """Wrap an inner array of the same examples as x that does not depend on the transformation's variables."""
        return self.constant(primal)

    def record(self, rule: Rule, operands: Any, primals: Any, out: Any, params: Any) -> Any:
        """Wrap the result of an operation."""
        raise NotImplementedError

    def rewrap(self, x: Any) -> Any:
        """Array of the same transformation around another namespace, as one around the inner namespace."""
        raise NotImplementedError

    def copy(self, inner: Any) -> Any:
        """The same transformation at the same level, around another namespace."""
        return type(self)(inner, level=self.level)

    # How an operation runs.

    def apply(self, rule: Rule, operands: Any, params: Any) -> Any:
        """Run one operation that has a rule."""
        if self.closed:
            raise LeakedTracerError
        others = [x.namespace for x in operands if isinstance(x, WrappedArray) and x.namespace is not self]
        if others:
            home = reduce(join, others, self)
            operands = [home.adopt(x) for x in operands]
            if home is not self:
                return home.apply(rule, operands, params)
        primals = [lift(self.inner, self.unwrap(x)) for x in operands]
        out = rule.call(self.inner, *primals, **params)
        return self.record(rule, operands, primals, out, params)

    def apply_constant(self, path: str, args: Any, params: Any) -> Any:
        """Run one operation that has no derivative; return what the inner namespace returns."""
        home = self.home_of((args, params))
        if home.closed:
            raise LeakedTracerError
        args, params = map_tree(home.unwrap, args), map_tree(home.unwrap, params)
        return home, attrgetter(path)(home.inner)(*args, **params)

    def home_of(self, tree: Any) -> Any:
        """Namespace that takes an operation of this one on the arrays of a tree."""
        return reduce(join, [x.namespace for x in tracers_in(tree) if x.namespace is not self], self)

    def constant_call(self, path: str, *args: Any, **params: Any) -> Any:
        """Run one operation without derivative; its arrays are constants."""
        home, out = self.apply_constant(path, args, params)
        return home.wrap(out)

    def asarray(self, obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Any:
        """``asarray`` of the standard, also of sequences in which there are wrapped arrays."""
        if isinstance(obj, WrappedArray):
            dtype = obj.dtype if dtype is None else dtype
            if copy is False and dtype != obj.dtype:
                raise ValueError(f"asarray cannot make {dtype} of {obj.dtype} with copy=False; leave copy out")
            x = self.astype(obj, dtype) if copy or dtype != obj.dtype else obj
            return x if device is None or device == x.device else x.to_device(device)
        if tracers := tracers_in(obj):
            # Numbers join the arrays where those are.
            at = device_of(tracers[0])
            items = [self.asarray(x, device=None if is_array(x) or tracers_in(x) else at) for x in obj]
            return self.asarray(self.stack(items), dtype=dtype, device=device)
        return self.constant_call("asarray", obj, dtype=dtype, device=device, copy=copy)

    def from_dlpack(self, x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
        """``from_dlpack`` of the standard; of a wrapped array with its derivative."""
        convert = self.asarray if isinstance(x, WrappedArray) else partial(self.constant_call, "from_dlpack")
        return convert(x, device=device, copy=copy)

    def around(self, inner: Any) -> Any:
        """The same transformation around another inner namespace.

        Needed when an operand belongs to a transformation that began earlier, but is not wrapped by this one's arrays:
        the results' primals then belong to that earlier namespace, not to ``self.inner``.
        """
        family = self.family
        for namespace in family:
            if namespace.inner is inner:
                return namespace
        namespace = self.copy(inner)
        namespace.kin = self.kin
        self.kin[:] = [*family, namespace]
        return namespace

    @property
    def family(self) -> list[Any]:
        """The namespaces of this transformation: mostly just this one, so that it is in no reference cycle."""
        return self.kin or [self]

    def close(self) -> None:
        """End the transformation: its arrays cannot be used any more."""
        for namespace in self.family:
            namespace.closed = True

    @property
    def common(self) -> Any:
        """Namespace that takes an operation on inner arrays of any namespace of this transformation."""
        return reduce(join, [namespace.inner for namespace in self.family])

    def owns(self, x: Any) -> bool:
        """Whether an object is an array of this transformation."""
        return isinstance(x, WrappedArray) and x.namespace.level == self.level

    def adopt(self, x: Any) -> Any:
        """Re-wrap an array of this transformation as one of this very namespace; leave others alone."""
        return self.rewrap(x) if self.owns(x) and x.namespace is not self else x

    def unwrap(self, x: Any) -> Any:
        """Inner array of an array of this transformation; others are left alone."""
        return x.primal if self.owns(x) else x

    def wrap(self, x: Any) -> Any:
        """Wrap every array of a result as a constant."""
        return map_tree(lambda leaf: self.constant(leaf) if hasattr(leaf, "dtype") else leaf, x)


def lift(xp: Any, x: Any) -> Any:
    """Array of any namespace that `xp` wraps, as an array of `xp` itself."""
    if not isinstance(xp, WrapperNamespace) or not is_array(x):
        return x
    if xp.owns(x):
        return xp.adopt(x)
    return xp.constant(lift(xp.inner, x))


def lifted(xp: Any, tree: Any) -> Any:
    """Tree in which every array is one of `xp`."""
    return map_tree(lambda x: lift(xp, x), tree)


class Extension:
    """``linalg`` or ``fft`` of a wrapper namespace."""

    def __init__(self, parent: WrapperNamespace) -> None:
        self.parent = parent
        self.__name__ = f"{parent.__name__}.{type(self).__name__}"

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self.__name__} has no {name!r}: the standard does not name it")


def extensions() -> dict[str, type[Extension]]:
    """Types of the extensions of one type of wrapper namespace, to attach functions to."""
    return {name: type(name, (Extension,), {}) for name in ("linalg", "fft")}


WrapperNamespace.extensions = extensions()


def _differentiable(rule: Rule) -> Callable[..., Any]:
    def function(self: WrapperNamespace, *operands: Any, **params: Any) -> Any:
        if rule.bind is not None:
            operands, params = rule.bind(*operands, **params)
        return self.apply(rule, operands, params)

    return function


def _composed(definition: Callable[..., Any]) -> Callable[..., Any]:
    def function(self: WrapperNamespace, *args: Any, **params: Any) -> Any:
        # In the namespace that takes the operation, as in `apply`: definitions use operators, and a library's arrays
        # refuse those with wrapped ones.
        home = self.home_of((args, params))
        return definition(home, *lifted(home, args), **lifted(home, params))

    return function


def _without_derivative(path: str, *, plain: bool) -> Callable[..., Any]:
    def function(self: WrapperNamespace, *args: Any, **params: Any) -> Any:
        home, out = self.apply_constant(path, args, params)
        return out if plain else home.wrap(out)

    return function


def _signature(row: spec.Function) -> inspect.Signature:
    """Signature of the function that a row describes, as a method."""
    kinds = inspect.Parameter
    kind: Any = kinds.POSITIONAL_ONLY if "/" in row.signature else kinds.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("self", kind)]
    for text in row.signature[1:-1].split(", "):
        name, _, default = text.partition("=")
        if name == "/":
            kind = kinds.POSITIONAL_OR_KEYWORD
        elif name.startswith("*"):
            kind = kinds.KEYWORD_ONLY
            if name != "*":
                parameters.append(inspect.Parameter(name[1:], kinds.VAR_POSITIONAL))
        elif name:
            value = ast.literal_eval(default) if default else kinds.empty
            parameters.append(inspect.Parameter(name, kind, default=value))
    return inspect.Signature(parameters)


def _function(row: spec.Function) -> Callable[..., Any]:
    # A composite may end in a rule of the same name.
    if row.path in COMPOSITES:
        return _composed(COMPOSITES[row.path])
    if row.path in NON_DIFFERENTIABLE:
        return _without_derivative(row.path, plain=row.result == "none")
    return _differentiable(RULES[row.path])


def attach(namespace_type: type[WrapperNamespace], row: spec.Function, function: Callable[..., Any]) -> None:
    """Give a type of wrapper namespaces the function that a row of the table describes."""
    function.__name__ = row.name
    function.__doc__ = f"``{row.path}`` of the standard, on wrapped arrays."
    function.__signature__ = _signature(row)  # type: ignore[attr-defined]
    if row.chapter in namespace_type.extensions:
        setattr(namespace_type.extensions[row.chapter], row.name, _through_parent(function))
    else:
        setattr(namespace_type, row.name, function)


def _through_parent(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def method(self: Extension, *args: Any, **params: Any) -> Any:
        return function(self.parent, *args, **params)

    return method


for _row in spec.FUNCTIONS:
    if _row.chapter not in ("info", "inspection") and _row.path not in vars(WrapperNamespace):
        attach(WrapperNamespace, _row, _function(_row))


def is_operand(x: Any) -> bool:
    """Whether an object is an array or a number; a TypeError for a container, such as a list of numbers.

    Some libraries take lists for arrays, but then they would be broadcast against the examples of a batch, and Python
    would repeat one as often as an array of one integer says.
    """
    if isinstance(x, (WrappedArray, int, float, complex)) or is_array(x):
        return True
    if isinstance(x, (list, tuple, set, dict)):
        raise TypeError(
            f"an operand must be an array or a Python number, got {type(x).__name__}; make it an array first, as by "
            "x.__array_namespace__().asarray"
        )
    return False


def attach_operators(array_type: type[WrappedArray], namespace_type: type[WrapperNamespace]) -> None:
    """Give an array type the operators of the standard, each by the function it stands for."""

    def unary(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self: function(self.namespace, self)

    def binary(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, other: function(self.namespace, self, other) if is_operand(other) else NotImplemented

    def reflected(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, other: function(self.namespace, other, self) if is_operand(other) else NotImplemented

    def inplace(function: Callable[..., Any]) -> Callable[..., Any]:
        def method(self: WrappedArray, other: Any) -> Any:
            if not is_operand(other):
                return NotImplemented
            self._become(function(self.namespace, self, other))
            return self

        return method

    for row in spec.OPERATORS:
        function = getattr(namespace_type, row.function)
        forms = {row.method: unary if row.signature == "(self, /)" else binary}
        forms |= {row.reflected: reflected} if row.reflected else {}
        forms |= {row.inplace: inplace} if row.inplace else {}
        for name, form in forms.items():
            method = form(function)
            method.__name__ = name
            setattr(array_type, name, method)
