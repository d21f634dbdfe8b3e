"""What a call does, written down while it runs: its operations, and the modules in which they take place."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from typing import Any

import optree

from autodiff import LeakedTracerError, WrappedArray, WrapperNamespace, array_namespace
from autodiff.rules import RULES, Rule
from autodiff.wrapping import attach, attach_operators, extensions, map_tree
from conformance import spec
from nn.checkpoints import generators
from nn.differentiation import bound
from nn.macs import COUNTS, elements
from nn.module import Module
from nn.namespaces import Array, dtype_name, is_array

__all__ = ["Call", "Node", "Trace", "size_in_bytes", "traced"]


@dataclass(frozen=True)
class Node:
    """An array that a call was given, or the result of an operation.

    Attributes
    ----------
    kind : {"input", "parameter", "buffer", "operation"}
    name : str
        Path of an array, name of an operation.
    details : str
        Numbers and axes among the arguments of an operation.
    sources : tuple of int
        Positions of the nodes that it was computed from.
    shape, dtype
        Of the array; None for several arrays.
    nbytes : int
        Size of the arrays.
    macs : int
        Multiply-accumulate operations; see :mod:`nn.macs`.
    call : Call or None
        The innermost call of a module in which it took place.
    """

    kind: str
    name: str
    details: str
    sources: tuple[int, ...]
    shape: tuple[int, ...] | None
    dtype: str | None
    nbytes: int
    macs: int
    call: Call | None


@dataclass(eq=False)
class Call:
    """One call of a module; `parent` is the one in which it took place."""

    path: str
    module: Module
    parent: Call | None
    out: Any = None

    @property
    def line(self) -> tuple[Call, ...]:
        """The calls from the outermost to this one."""
        return (self,) if self.parent is None else (*self.parent.line, self)


@dataclass
class Trace:
    """Nodes in the order in which they came to be, calls in the order in which they began, and nodes of the results."""

    nodes: list[Node] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    results: tuple[int, ...] = ()


class _TracedArray(WrappedArray):
    """An array that knows the nodes it comes from; none for a constant."""

    __slots__ = ()

    sources: Any = vars(WrappedArray)["part"]

    def __init__(self, primal: Any, namespace: _Tracing, sources: tuple[int, ...]) -> None:
        self.primal = primal
        self.namespace = namespace
        self.sources = sources

    def varies(self) -> bool:
        return False

    def __getitem__(self, key: Any) -> Any:
        # Unlike for derivatives, an index that is an array is a source as well.
        return self.namespace.apply(RULES["getitem"], (self, key), {})


class _Tracing(WrapperNamespace):
    """Namespace in which every operation is written down."""

    array_type = _TracedArray
    extensions = extensions()

    def __init__(self, inner: Any, *, level: int | None = None) -> None:
        super().__init__(inner, level=level)
        self.trace = Trace()
        self.line: list[Call] = []

    def copy(self, inner: Any) -> Any:
        namespace = super().copy(inner)
        namespace.trace, namespace.line = self.trace, self.line
        return namespace

    def constant(self, x: Any) -> _TracedArray:
        return _TracedArray(x, self, ())

    def still(self, x: Any, primal: Any) -> _TracedArray:
        return _TracedArray(primal, self, x.sources)

    def rewrap(self, x: _TracedArray) -> _TracedArray:
        return _TracedArray(x.primal, self, x.sources)

    def given(self, kind: str, name: str, x: Array) -> _TracedArray:
        """Wrap an array that the call is given."""
        wrapped: _TracedArray = self.wrapped(self.node(kind, name, "", (), x, 0, None), x)
        return wrapped

    def wrapped(self, position: int, out: Any) -> Any:
        return map_tree(lambda x: _TracedArray(x, self, (position,)) if is_array(x) else x, out)

    def node(
        self, kind: str, name: str, details: str, sources: tuple[int, ...], out: Any, macs: int, call: Call | None
    ) -> int:
        one = is_array(out)
        shape, dtype = (tuple(out.shape), dtype_name(out)) if one else (None, None)
        nbytes = sum(size_in_bytes(x) for x in ([out] if one else optree.tree_leaves(out)) if is_array(x))
        self.trace.nodes.append(Node(kind, name, details, sources, shape, dtype, nbytes, macs, call))
        return len(self.trace.nodes) - 1

    def apply(self, rule: Rule, operands: Any, params: Any) -> Any:
        def function_in(xp: Any) -> Callable[..., Any]:
            run = xp.apply if isinstance(xp, WrapperNamespace) else partial(_call, xp)
            return lambda *operands, **params: run(rule, operands, params)

        return self.run(rule.name, function_in, operands, params)

    def constant_call(self, path: str, *args: Any, **params: Any) -> Any:
        return self.run(path, attrgetter(path), args, params)

    def run(self, name: str, function_in: Callable[[Any], Callable[..., Any]], args: Any, params: Any) -> Any:
        """Run a function, which `function_in` finds in a namespace, and write it down."""
        if self.closed:
            raise LeakedTracerError
        home = self.home_of((args, params))
        if home is not self:
            return function_in(home)(*args, **params)
        operands: list[_TracedArray] = []

        def operand(x: Any) -> Any:
            if not is_array(x):
                return x
            operands.append(x if self.owns(x) else self.constant(x))
            return operands[-1].primal

        args, params = map_tree(operand, args), map_tree(operand, params)
        out = function_in(self.inner)(*args, **params)
        sources = tuple(dict.fromkeys([source for x in operands for source in x.sources]))
        if not sources:
            return self.wrap(out) if is_array(out) or isinstance(out, tuple) else out
        macs = COUNTS[name](out, *args, **params) if name in COUNTS else 0
        call = self.line[-1] if self.line else None
        return self.wrapped(self.node("operation", name, _details(args, params), sources, out, macs, call), out)


def _call(xp: Any, rule: Rule, operands: Any, params: Any) -> Any:
    return rule.call(xp, *operands, **params)


def _traced_function(path: str) -> Callable[..., Any]:
    return lambda self, *args, **params: self.constant_call(path, *args, **params)


for _row in spec.FUNCTIONS:
    # What returns no arrays reads data types alone; asarray and from_dlpack are defined through other functions.
    if _row.result != "none" and _row.path not in ("asarray", "from_dlpack"):
        attach(_Tracing, _row, _traced_function(_row.path))

attach_operators(_TracedArray, _Tracing)


def traced(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Trace:
    """Call a function or a module, and write down what it does.

    Parameters
    ----------
    function : callable
        A module, or a function of modules and arrays.
    *args, **kwargs
        Its arguments: modules, and trees with arrays. Buffers and generators of the modules are left as they were.

    Raises
    ------
    TypeError
        If there is no array at all.

    Examples
    --------
    >>> import numpy
    >>> [node.name for node in traced(lambda x: x @ x.T, numpy.ones((2, 3))).nodes]
    ['x', 'matrix_transpose', 'matmul']
    """
    inputs = _signature(function).bind(*args, **kwargs)
    modules = [x for x in _leaves((function, inputs.arguments)) if isinstance(x, Module)]
    arrays = [x for x in _leaves(inputs.arguments) if is_array(x)]
    namespace: Any = _Tracing(array_namespace(*arrays, *[p.data for module in modules for p in module.parameters()]))
    with ExitStack() as stack:
        for name, tree in inputs.arguments.items():
            inputs.arguments[name] = _given(namespace, name, tree)
        for module in modules:
            stack.enter_context(_unchanged(module))
            stack.enter_context(_watched(module, namespace))
        out = function(*inputs.args, **inputs.kwargs)
    results = [x for x in _leaves(out) if namespace.owns(x)]
    trace: Trace = namespace.trace
    trace.results = tuple(dict.fromkeys([source for x in results for source in x.sources]))
    namespace.close()
    return trace


def size_in_bytes(x: Array) -> int:
    """Size of an array. Names of data types end in their bits, but for bool, which takes a byte."""
    bits = "".join(filter(str.isdigit, dtype_name(x))) or "8"
    return elements(x) * int(bits) // 8


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    try:
        # A module may tell the signature of its constructor, as classes do.
        return inspect.signature(function.__call__ if isinstance(function, Module) else function)
    except ValueError:
        # Functions in C need not tell theirs.
        return inspect.signature(lambda *args, **kwargs: None)


def _leaves(tree: Any) -> list[Any]:
    return optree.tree_leaves(tree, is_leaf=_is_module)


def _is_module(x: Any) -> bool:
    return isinstance(x, Module)


def _given(namespace: _Tracing, name: str, tree: Any) -> Any:
    """An argument, its arrays wrapped; they go by the argument's name, and where they stand in it."""

    def wrap(path: tuple[Any, ...], x: Any) -> Any:
        return namespace.given("input", name + "".join(f"[{key!r}]" for key in path), x) if is_array(x) else x

    return optree.tree_map_with_path(wrap, tree, is_leaf=_is_module)


@contextmanager
def _unchanged(module: Module) -> Iterator[None]:
    """After the block buffers and generators are as they were before."""
    buffers = [(buffer, buffer.data) for _, buffer in module.named_buffers()]
    states = [(rng, rng.bit_generator.state) for rng in generators(module).values()]
    try:
        yield
    finally:
        for buffer, data in buffers:
            buffer.data = data
        for rng, state in states:
            rng.bit_generator.state = state


@contextmanager
def _watched(module: Module, namespace: _Tracing) -> Iterator[None]:
    """Within the block the arrays of a module are wrapped, and its calls are written down."""

    def begin(path: str, module: Module, args: Any) -> None:
        namespace.line.append(Call(path, module, namespace.line[-1] if namespace.line else None))
        namespace.trace.calls.append(namespace.line[-1])

    def end(module: Module, args: Any, out: Any) -> None:
        namespace.line.pop().out = optree.tree_map(lambda x: x.primal if isinstance(x, _TracedArray) else x, out)

    removals = []
    for path, part in module.named_modules():
        removals += [part.register_forward_pre_hook(partial(begin, path)), part.register_forward_hook(end)]
    own = {name: namespace.given("parameter", name, parameter.data) for name, parameter in module.named_parameters()}
    for name, buffer in module.named_buffers():
        # To set its data would unwrap it.
        buffer._data = namespace.given("buffer", name, buffer.data)
    try:
        with bound(module, own):
            yield
    finally:
        for remove in removals:
            remove()


def _details(args: Any, params: Any) -> str:
    """The numbers and the axes among arguments."""
    numbers = [
        f"{x:.4g}" if isinstance(x, float) else str(x) for x in args if isinstance(x, (bool, int, float, complex))
    ]
    axis = params.get("axis")
    return ", ".join(numbers if axis is None else [*numbers, f"axis={axis}"])
