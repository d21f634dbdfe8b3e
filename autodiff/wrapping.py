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
from functools import cached_property, reduce, wraps
from itertools import count
from operator import attrgetter
from typing import Any, ClassVar

from conformance import spec

from .namespaces import join
from .rules import COMPOSITES, NON_DIFFERENTIABLE, RULES, Rule

__all__ = ["LeakedTracerError", "WrappedArray", "WrapperNamespace"]

_levels = count(1)

_INSPECTION = ("__array_api_version__", "__array_namespace_info__")


class LeakedTracerError(RuntimeError):
    """An array of a transformation was used after the transformation had ended."""

    def __init__(self) -> None:
        super().__init__(
            "an array of a transformation such as grad or jvp was used after the transformation had ended; return it "
            "from the transformed function (has_aux=True returns extra values) instead of storing it elsewhere"
        )


class WrappedArray:
    """An array of a wrapper namespace: an array of the inner namespace, and what the transformation adds to it."""

    __slots__ = ("__weakref__", "namespace", "primal")
    __hash__ = None  # type: ignore[assignment]

    namespace: WrapperNamespace
    primal: Any

    dtype = property(attrgetter("primal.dtype"))
    device = property(attrgetter("primal.device"))
    ndim = property(attrgetter("primal.ndim"))
    shape = property(attrgetter("primal.shape"))

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
        if self.varies():
            warnings.warn(
                f"{name}() of an array under differentiation: its derivative is lost; "
                f"if that is meant, say so with {name}(autodiff.stop_gradient(x))",
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
        return self.namespace.apply(RULES["getitem"], (self, _plain(key)), {})

    def __setitem__(self, key: Any, value: Any) -> None:
        self._become(self.namespace.apply(RULES["setitem"], (self, _plain(key), value), {}))

    def _become(self, other: Any) -> None:
        """Rebind in place: what an in-place operation means where arrays underneath may be immutable."""
        if other.shape != self.shape or other.dtype != self.dtype:
            raise TypeError(
                f"an in-place operation cannot turn {self.dtype} {self.shape} into {other.dtype} {other.shape}; "
                "write x = x + y instead of x += y"
            )
        for slot in (*WrappedArray.__slots__[1:], *type(self).__slots__):
            setattr(self, slot, getattr(other, slot))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.primal!r}, level={self.namespace.level})"

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(
            f"an array of {self.namespace.__name__} cannot become a NumPy array: its derivative would be lost without "
            "a word. Use functions of x.__array_namespace__() here, or autodiff.stop_gradient(x) if that is meant"
        )

    def __dlpack__(self, **kwargs: Any) -> Any:
        self.__array__()

    def __dlpack_device__(self) -> Any:
        return self.primal.__dlpack_device__()

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **params: Any) -> Any:
        if method != "__call__" or params:
            return NotImplemented
        return _foreign(self, ufunc, operands, {})

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return _foreign(self, func, args, kwargs)

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        wrapped = next(x for x in _leaves((args, kwargs)) if isinstance(x, WrappedArray))
        return _foreign(wrapped, func, args, kwargs or {})


NUMPY_NAMES = {
    **{f"arc{name}": f"a{name}" for name in ("cos", "cosh", "sin", "sinh", "tan", "tan2", "tanh")},
    "absolute": "abs",
    "concatenate": "concat",
    "conjugate": "conj",
    "invert": "bitwise_invert",
    "left_shift": "bitwise_left_shift",
    "mul": "multiply",
    "neg": "negative",
    "power": "pow",
    "right_shift": "bitwise_right_shift",
    "sub": "subtract",
    "transpose": "permute_dims",
    "true_divide": "divide",
}
"""Names that NumPy or PyTorch give to functions of the standard."""


def _foreign(x: WrappedArray, func: Any, args: Any, kwargs: Any) -> Any:
    """Route NumPy's and PyTorch's own functions to the rules."""
    if func.__name__.startswith("__"):
        # An operator of the other library's array met a wrapped one: let the reflected operator have its turn.
        return NotImplemented
    name = NUMPY_NAMES.get(func.__name__, func.__name__)
    for path in (name, f"linalg.{name}", f"fft.{name}"):
        if path in spec.BY_NAME:
            return attrgetter(path)(x.namespace)(*args, **kwargs)
    raise TypeError(
        f"{func.__name__} is not a function of the standard, so it has no derivative rule; "
        "write it with functions of x.__array_namespace__()"
    )


def _leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, (tuple, list)):
        for x in tree:
            yield from _leaves(x)
    elif isinstance(tree, dict):
        yield from _leaves(list(tree.values()))
    else:
        yield tree


def rebuilt(like: Any, items: Any) -> Any:
    """Tuple or named tuple of other items."""
    return type(like)(*items) if hasattr(like, "_fields") else tuple(items)


def _map(function: Callable[[Any], Any], tree: Any) -> Any:
    if isinstance(tree, tuple):
        return rebuilt(tree, [_map(function, x) for x in tree])
    if isinstance(tree, list):
        return [_map(function, x) for x in tree]
    if isinstance(tree, dict):
        return {key: _map(function, x) for key, x in tree.items()}
    return function(tree)


def _plain(key: Any) -> Any:
    """Index with every wrapping removed: positions have no derivative."""

    def strip(x: Any) -> Any:
        while isinstance(x, WrappedArray):
            x = x.primal
        return x

    return _map(strip, key)


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
        # Constants, data types and inspection are the inner namespace's own. Its functions are not: they would have
        # no rule.
        if name.startswith("__") and name not in _INSPECTION:
            raise AttributeError(name)
        value = getattr(self.inner, name)
        if callable(value) and not isinstance(value, type) and name not in _INSPECTION:
            raise AttributeError(f"{name!r} is not a function of the standard, so {self.__name__} has no rule for it")
        return value

    @cached_property
    def linalg(self) -> Any:
        return _EXTENSIONS["linalg"](self)

    @cached_property
    def fft(self) -> Any:
        return _EXTENSIONS["fft"](self)

    # What a transformation defines.

    def constant(self, x: Any) -> Any:
        """Wrap an inner array that does not depend on the transformation's variables."""
        raise NotImplementedError

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
        home = reduce(join, [x.namespace for x in _leaves((args, params)) if isinstance(x, WrappedArray)], self)
        if home.closed:
            raise LeakedTracerError
        args, params = _map(home.unwrap, args), _map(home.unwrap, params)
        return home, attrgetter(path)(home.inner)(*args, **params)

    def constant_call(self, path: str, *args: Any, **params: Any) -> Any:
        """Run one operation without derivative; its arrays are constants."""
        home, out = self.apply_constant(path, args, params)
        return home.wrap(out)

    def asarray(self, obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Any:
        """``asarray`` of the standard, also of sequences in which there are wrapped arrays."""
        if isinstance(obj, WrappedArray):
            x = obj if copy is not True else self.positive(obj)
            x = x if dtype is None or dtype == x.dtype else self.astype(x, dtype)
            return x if device is None or device == x.device else x.to_device(device)
        if any(isinstance(x, WrappedArray) for x in _leaves(obj)):
            return self.asarray(self.stack([self.asarray(item) for item in obj]), dtype=dtype, device=device)
        return self.constant_call("asarray", obj, dtype=dtype, device=device, copy=copy)

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
        return _map(lambda leaf: self.constant(leaf) if hasattr(leaf, "dtype") else leaf, x)


def lift(xp: Any, x: Any) -> Any:
    """Array of any namespace that `xp` wraps, as an array of `xp` itself."""
    if not isinstance(xp, WrapperNamespace) or not hasattr(x, "dtype"):
        return x
    if xp.owns(x):
        return xp.adopt(x)
    return xp.constant(lift(xp.inner, x))


class _Extension:
    """``linalg`` or ``fft`` of a wrapper namespace."""

    def __init__(self, parent: WrapperNamespace) -> None:
        self.parent = parent
        self.__name__ = f"{parent.__name__}.{type(self).__name__}"

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self.__name__} has no {name!r}: the standard does not name it")


_EXTENSIONS: dict[str, type[_Extension]] = {name: type(name, (_Extension,), {}) for name in ("linalg", "fft")}


def _differentiable(rule: Rule) -> Callable[..., Any]:
    def function(self: WrapperNamespace, *operands: Any, **params: Any) -> Any:
        if rule.bind is not None:
            operands, params = rule.bind(*operands, **params)
        return self.apply(rule, operands, params)

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


def _attach(row: spec.Function) -> None:
    """Give wrapper namespaces the function that a row of the table describes."""
    if row.path in vars(WrapperNamespace):
        return
    # A composite may end in a rule of the same name.
    if row.path in COMPOSITES:
        function = COMPOSITES[row.path]
    elif row.path in NON_DIFFERENTIABLE:
        function = _without_derivative(row.path, plain=row.result == "none")
    else:
        function = _differentiable(RULES[row.path])
    function.__name__ = row.name
    function.__doc__ = f"``{row.path}`` of the standard, on wrapped arrays."
    function.__signature__ = _signature(row)  # type: ignore[attr-defined]
    if row.chapter not in _EXTENSIONS:
        setattr(WrapperNamespace, row.name, function)
    else:
        setattr(_EXTENSIONS[row.chapter], row.name, _through_parent(function))


def _through_parent(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def method(self: _Extension, *args: Any, **params: Any) -> Any:
        return function(self.parent, *args, **params)

    return method


for _row in spec.FUNCTIONS:
    if _row.chapter not in ("info", "inspection"):
        _attach(_row)


def attach_operators(array_type: type[WrappedArray], namespace_type: type[WrapperNamespace]) -> None:
    """Give an array type the operators of the standard, each by the function it stands for."""

    def unary(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self: function(self.namespace, self)

    def binary(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, other: function(self.namespace, self, other)

    def reflected(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda self, other: function(self.namespace, other, self)

    def inplace(function: Callable[..., Any]) -> Callable[..., Any]:
        def method(self: WrappedArray, other: Any) -> WrappedArray:
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
