"""Batching: an array stands for one array per example, and an operation runs on all examples at once."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from functools import partial, wraps
from operator import attrgetter
from typing import Any

import optree

from conformance import spec

from .batching import BATCHING
from .batching.kinds import BatchedValueError, elementwise, one_by_one
from .namespaces import array_namespace, is_array
from .rules import RULES, Rule
from .rules.kinds import Elementwise
from .wrapping import (
    LeakedTracerError,
    WrappedArray,
    WrapperNamespace,
    attach,
    attach_operators,
    extensions,
    lift,
    map_tree,
    tracers_in,
)

__all__ = ["Batch", "BatchArray", "BatchedValueError"]


class BatchArray(WrappedArray):
    """Arrays of all examples, stacked along axis 0 of one inner array; or, not batched, one array for all of them."""

    __slots__ = ()

    batched: Any = vars(WrappedArray)["part"]

    def __init__(self, primal: Any, namespace: Batch, batched: bool) -> None:
        self.primal = primal
        self.namespace = namespace
        self.batched = batched

    @property
    def shape(self) -> Any:
        return self.primal.shape[1:] if self.batched else self.primal.shape

    @property
    def ndim(self) -> int:
        return self.primal.ndim - self.batched  # type: ignore[no-any-return]

    def varies(self) -> bool:
        return self.batched  # type: ignore[no-any-return]

    def as_index(self) -> Any:
        plain = super().as_index()
        return self.namespace.around(array_namespace(plain)).variable(plain) if self.batched else plain


def _of_one_value(name: str) -> Callable[..., Any]:
    convert = getattr(WrappedArray, name)

    @wraps(convert)
    def method(self: BatchArray, *args: Any, **kwargs: Any) -> Any:
        if self.batched:
            raise BatchedValueError(
                f"{name.strip('_')} of an array of vmap that has a value for each example; use functions of "
                "x.__array_namespace__() on it, such as where in the place of an if, and take in the place of an index "
                "of another library's array"
            )
        return convert(self, *args, **kwargs)

    return method


for _name in ("array", "bool", "complex", "dlpack", "float", "index", "int"):
    setattr(BatchArray, f"__{_name}__", _of_one_value(f"__{_name}__"))


class Batch(WrapperNamespace):
    """Namespace in which every operation runs on all examples of a batch.

    Parameters
    ----------
    inner
        Any conforming namespace, a wrapper or not.

    Notes
    -----
    Shapes and axes are those of one example. What depends on no batched array is computed once for all examples.

    Examples
    --------
    >>> import numpy
    >>> xp = Batch(numpy)
    >>> x = xp.variable(numpy.asarray([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    >>> x.shape
    (2,)
    >>> xp.sum(x).primal
    array([ 3.,  7., 11.])
    """

    array_type = BatchArray
    extensions = extensions()

    def constant(self, x: Any) -> BatchArray:
        return BatchArray(x, self, False)

    def variable(self, x: Any) -> BatchArray:
        """Wrap an inner array whose axis 0 counts the examples."""
        return BatchArray(x, self, True)

    def still(self, x: BatchArray, primal: Any) -> BatchArray:
        return BatchArray(primal, self, x.batched)

    def rewrap(self, x: BatchArray) -> BatchArray:
        return BatchArray(lift(self.inner, x.primal), self, x.batched)

    def apply(self, rule: Rule, operands: Any, params: Any) -> Any:
        if RULES.get(rule.name) is rule:
            batching = BATCHING[rule.name]
        else:
            batching = rule.batching or (elementwise if isinstance(rule, Elementwise) else one_by_one)

        def function_in(xp: Any) -> Callable[..., Any]:
            if isinstance(xp, WrapperNamespace):
                return lambda *operands, **params: xp.apply(rule, operands, params)
            return partial(rule.call, xp)

        return self._run(batching, function_in, operands, params)

    def constant_call(self, path: str, *args: Any, **params: Any) -> Any:
        return self._run(BATCHING.get(path, one_by_one), attrgetter(path), args, params)

    def _run(self, batching: Any, function_in: Callable[[Any], Callable[..., Any]], args: Any, params: Any) -> Any:
        """Run a function, which `function_in` finds in a namespace, on all examples by its batching rule."""
        if self.closed:
            raise LeakedTracerError
        tracers = tracers_in((args, params))
        home = self.home_of(tracers)
        if home is not self:
            return function_in(home)(*args, **params)
        args, params = map_tree(self._operand, args), map_tree(self._operand, params)
        function = function_in(self.inner)
        if not any(self.owns(x) and x.batched for x in tracers):
            return _wrapped(self.constant, function(*args, **params))
        out = batching(self, function, *args, **params)
        if out is NotImplemented:
            out = self._one_by_one(function, args, params)
        return _wrapped(lambda x: x if self.owns(x) else self.variable(x), out)

    def _operand(self, x: Any) -> Any:
        """Argument for a batching rule: only what is batched stays wrapped."""
        if not self.owns(x):
            return lift(self.inner, x)
        if x.namespace is not self:
            x = self.rewrap(x)
        return x if x.batched else x.primal

    def _one_by_one(self, function: Callable[..., Any], args: Any, params: Any) -> Any:
        """Run a function of the inner namespace on each example in turn."""
        size = next(x.primal.shape[0] for x in tracers_in((args, params)) if self.owns(x))

        def run(example: Callable[[Any], Any]) -> Any:
            these = map_tree(lambda x: example(x) if self.owns(x) else x, (args, params))
            return function(*these[0], **these[1])

        def at(position: int) -> Callable[[Any], Any]:
            return lambda x: x.primal[position, ...]

        # Where there is no example, the results' shapes and data types come from one that is made up.
        outs = [run(at(i)) for i in range(size)] or [
            run(lambda x: self.inner.ones(x.shape, dtype=x.dtype, device=x.device))
        ]
        return optree.tree_map(lambda *xs: self.inner.stack(xs)[:size, ...], *outs)


def _wrapped(wrap: Callable[[Any], BatchArray], out: Any) -> Any:
    return map_tree(lambda x: wrap(x) if is_array(x) else x, out)


def _batched(row: spec.Function) -> Callable[..., Any]:
    batching, function_in = BATCHING[row.path], attrgetter(row.path)
    results: Any = namedtuple(row.name, row.fields) if row.fields else None

    def function(self: Batch, *args: Any, **params: Any) -> Any:
        out = self._run(batching, function_in, args, params)
        return out if results is None else results(*out)

    return function


for _row in spec.FUNCTIONS:
    # What returns no arrays reads data types alone; asarray and from_dlpack are defined through other functions.
    if _row.result != "none" and _row.path not in ("asarray", "from_dlpack"):
        attach(Batch, _row, _batched(_row))

attach_operators(BatchArray, Batch)
