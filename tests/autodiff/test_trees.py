"""Every transformation takes and returns trees of every kind, and leaves what is no floating-point array alone."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable
from typing import Any

import numpy
import optree
import pytest
from optree.registry import __GLOBAL_NAMESPACE as GLOBAL_NAMESPACE

from autodiff import (
    array_namespace,
    check_grads,
    checkpoint,
    custom_jvp,
    custom_vjp,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linear_transpose,
    linearize,
    stop_gradient,
    value_and_grad,
    vjp,
)

Pair = namedtuple("Pair", ["first", "second"])


@optree.dataclasses.dataclass(namespace=GLOBAL_NAMESPACE)
class Data:
    first: Any
    second: Any
    name: str = optree.dataclasses.field(default="static", pytree_node=False)


@optree.register_pytree_node_class(namespace=GLOBAL_NAMESPACE)
class Registered:
    def __init__(self, first: Any, second: Any) -> None:
        self.children = first, second

    def tree_flatten(self) -> Any:
        return self.children, None, None

    @classmethod
    def tree_unflatten(cls, metadata: Any, children: Any) -> Registered:
        return cls(*children)


CONTAINERS: dict[str, Callable[[Any, Any], Any]] = {
    "list": lambda a, b: [a, b],
    "tuple": lambda a, b: (a, b),
    "dict": lambda a, b: {"b": b, "a": a},
    "OrderedDict": lambda a, b: OrderedDict([("b", b), ("a", a)]),
    "defaultdict": lambda a, b: defaultdict(list, {"a": a, "b": b}),
    "deque": lambda a, b: deque([a, b]),
    "namedtuple": Pair,
    "dataclass": Data,
    "registered class": Registered,
    "nested": lambda a, b: {"x": [Pair(a, None)], "y": ({}, [Registered(b, [])])},
    "static leaves": lambda a, b: [a, "text", 3, b, numpy.asarray([1, 2]), None, numpy.asarray(True), object],
}
A = numpy.asarray([0.5, -1.0])
B = numpy.asarray(2.0)


@pytest.fixture(params=CONTAINERS)
def tree(request: pytest.FixtureRequest) -> Any:
    """A tree of two variables."""
    return CONTAINERS[request.param](A, B)


def variables(tree: Any) -> list[Any]:
    return [x for x in optree.tree_leaves(tree) if hasattr(x, "dtype") and x.dtype == numpy.float64]


def scaled(tree: Any, factor: float) -> Any:
    """Tangents of a tree."""
    return optree.tree_map(lambda x: factor * x if any(x is y for y in (A, B)) else None, tree)


def f(tree: Any) -> Any:
    """a ** 2 b in the place of each variable, and other leaves as they are."""
    a, b = sorted(variables(tree), key=lambda x: -x.ndim)
    product = a * a * b
    return optree.tree_map(lambda x: product if any(x is y for y in (a, b)) else x, tree)


def loss(tree: Any) -> Any:
    first, _ = variables(f(tree))
    return array_namespace(first).sum(first)


def same_structure(found: Any, tree: Any) -> None:
    """Variables are where they were, and None is in the place of static leaves."""
    assert optree.tree_structure(found, none_is_leaf=True).type is optree.tree_structure(tree).type
    treedef = optree.tree_structure(tree)
    for x, y in zip(treedef.flatten_up_to(found), treedef.flatten_up_to(tree), strict=True):
        assert (x is None) == (not any(y is z for z in (A, B)))


def by_rule(f: Callable[..., Any]) -> Callable[..., Any]:
    function = custom_jvp(f)
    function.defjvp(lambda primals, tangents: jvp(f, primals, tangents))
    return function


def by_passes(f: Callable[..., Any]) -> Callable[..., Any]:
    function = custom_vjp(f)
    function.defvjp(lambda tree: (f(tree), tree), lambda tree, ct: vjp(f, tree)[1](ct))
    return function


# Of the sum of a ** 2 b: by a 2 a b, by b the sum of a ** 2.
GRADS = [2 * A * B, numpy.sum(A * A)]
ALONG = 3 * numpy.sum(A * A) * B
"""Along the variables themselves: of degree three."""


@pytest.mark.parametrize("wrap", [lambda f: f, checkpoint, by_rule, by_passes])
def test_gradients(tree: Any, wrap: Any) -> None:
    value, grads = value_and_grad(wrap(loss))(tree)
    same_structure(grads, tree)
    assert value == numpy.sum(A * A) * B
    for x, y in zip(sorted(variables(grads), key=lambda x: -numpy.ndim(x)), GRADS, strict=True):
        assert numpy.all(x == y)
    assert jvp(wrap(loss), [tree], [scaled(tree, 1.0)])[1] == ALONG


@pytest.mark.parametrize("wrap", [lambda f: f, checkpoint, by_rule, by_passes])
def test_results(tree: Any, wrap: Any) -> None:
    out, out_dot = jvp(wrap(f), [tree], [scaled(tree, 1.0)])
    _, linear = linearize(wrap(f), tree)
    _, pullback = vjp(wrap(f), tree)
    same_structure(linear(scaled(tree, 1.0)), tree)
    assert [x.tolist() for x in variables(out)] == [(A * A * B).tolist()] * 2
    for dots in (out_dot, linear(scaled(tree, 1.0))):
        assert [x.tolist() for x in variables(dots)] == [(3 * A * A * B).tolist()] * 2
    ones = optree.tree_map(lambda x: numpy.ones(2) if hasattr(x, "dtype") and x.dtype == float else None, out)
    (grads,) = pullback(ones)
    same_structure(grads, tree)
    assert sum(numpy.sum(x * y) for x, y in zip(variables(grads), variables(tree), strict=True)) == 2 * ALONG


def test_second_derivatives(tree: Any) -> None:
    (product,) = hvp(loss, [tree], [scaled(tree, 1.0)])
    same_structure(product, tree)
    for x, y in zip(sorted(variables(product), key=lambda x: -numpy.ndim(x)), GRADS, strict=True):
        assert numpy.all(x == 2 * y)
    blocks = [x.shape for x in optree.tree_leaves(hessian(loss)(tree))]
    assert sorted(blocks) == [(), (2,), (2,), (2, 2)]
    check_grads(loss, [tree], order=2)


@pytest.mark.parametrize("transformation", [jacfwd, jacrev, jacobian])
def test_jacobians(tree: Any, transformation: Any) -> None:
    by_tree = transformation(loss)(tree)
    same_structure(by_tree, tree)
    of_trees = transformation(f)(tree)
    assert len(optree.tree_leaves(of_trees)) == 4


def test_linear_transposes(tree: Any) -> None:
    (found,) = linear_transpose(lambda tree: sum(array_namespace(x).sum(x) for x in variables(tree)), tree)(B)
    same_structure(found, tree)
    assert all(numpy.all(x == 2.0) for x in variables(found))


def test_stopped_trees(tree: Any) -> None:
    same = stop_gradient(tree)
    assert all(x is y for x, y in zip(optree.tree_leaves(same), optree.tree_leaves(tree), strict=True))
    grads = grad(lambda tree: loss(stop_gradient(tree)))(tree)
    assert all(numpy.all(x == 0.0) for x in variables(grads))
