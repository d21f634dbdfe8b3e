"""Transformations of functions over trees of arrays of any namespace: jvp, vjp, what is linear in them, and grad."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial, wraps
from typing import Any

import optree

from .arguments import (
    check_argnums,
    check_arguments,
    check_holomorphic,
    choose_arguments,
    describe,
    directions,
    is_variable,
    variables_of,
)
from .forward import Forward
from .namespaces import array_namespace, is_array, is_complex, join, kind
from .reverse import Reverse, pull
from .wrapping import WrappedArray, WrapperNamespace, lift

__all__ = ["grad", "jvp", "linear_transpose", "linearize", "stop_gradient", "value_and_grad", "vjp"]


def as_dtype_of(xp: Any, t: Any, x: Any) -> Any:
    """A tangent or cotangent in the data type of its primal; of a lazy array, such as Dask's, also in its chunks."""
    chunks = getattr(x, "chunks", None)
    if chunks is not None and getattr(t, "chunks", chunks) != chunks:
        t = t.rechunk(chunks)
    if t.dtype == x.dtype:
        return t
    if is_complex(t) and not is_complex(x):
        t = xp.real(t)
    return xp.astype(t, x.dtype, copy=False)


def _flatten(tree: Any) -> tuple[list[Any], Any]:
    return optree.tree_flatten(tree)


def _unwrapped(namespace: WrapperNamespace, tree: Any) -> Any:
    return optree.tree_map(namespace.unwrap, tree)


def _split(result: Any, has_aux: bool) -> tuple[Any, Any]:
    """Result of a function and its extra values, None if it has none."""
    if not has_aux:
        return result, None
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(f"with has_aux=True the function must return a pair (out, aux), got {type(result).__name__}")
    return result


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], *, has_aux: bool = False) -> Any:
    """Value of a function and its derivative along a direction, by forward mode.

    Parameters
    ----------
    f : callable
        Function of trees of arrays, to a tree of arrays; with `has_aux`, to a pair of that and anything else.
    primals : sequence of trees
        Arguments at which to differentiate.
    tangents : sequence of trees
        Direction, of the structure and shapes of `primals`; None where the direction has no component. It is converted
        to the data types of `primals`.
    has_aux : bool
        Whether `f` returns a pair ``(out, aux)``.

    Returns
    -------
    out, out_dot : tree
        Value and tangent, of the same structure, with None for the tangent of leaves that are not arrays of a
        floating-point data type. With `has_aux` also ``aux``.

    Raises
    ------
    TypeError
        If no primal is an array of a floating-point data type, or a tangent is of another library than its primal, or
        complex where that is real.
    ValueError
        If the tangents' structure or a tangent's shape is not that of the primals.

    Examples
    --------
    >>> import numpy
    >>> jvp(lambda x: x * x, [numpy.asarray([1.0, 2.0])], [numpy.asarray([1.0, 10.0])])
    (array([1., 4.]), array([ 2., 40.]))
    """
    check_arguments("jvp", primals, tangents)
    leaves, treedef = _flatten(tuple(primals))
    variables = variables_of(leaves)
    x_dots = directions("tangents", "primals", treedef, leaves, tuple(tangents))
    inner = array_namespace(*variables, *[x_dot for x_dot in x_dots if x_dot is not None])
    namespace = Forward(inner)

    def wrap(x: Any, x_dot: Any) -> Any:
        if not is_variable(x):
            return x
        if x_dot is None:
            return namespace.constant(lift(inner, x))
        return namespace.variable(lift(inner, x), as_dtype_of(inner, lift(inner, x_dot), x))

    wrapped = [wrap(x, x_dot) for x, x_dot in zip(leaves, x_dots, strict=True)]
    try:
        out, aux = _split(f(*optree.tree_unflatten(treedef, wrapped)), has_aux)
    finally:
        namespace.close()

    def tangent(x: Any) -> Any:
        if not namespace.owns(x) or x.tangent is None:
            return zeros_like(namespace.unwrap(x))
        return as_dtype_of(x.namespace.inner, x.tangent, x.primal)

    out_dot = optree.tree_map(tangent, out)
    out = _unwrapped(namespace, out)
    return (out, out_dot, _unwrapped(namespace, aux)) if has_aux else (out, out_dot)


def vjp(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """Value of a function and the function that pulls cotangents back, by reverse mode.

    Parameters
    ----------
    f : callable
        Function of trees of arrays, to a tree of arrays; with `has_aux`, to a pair of that and anything else.
    *primals : trees
        Arguments at which to differentiate.
    has_aux : bool
        Whether `f` returns a pair ``(out, aux)``.

    Returns
    -------
    out : tree
    pullback : callable
        Takes a cotangent of the structure of `out`, None where it is zero, and returns a tuple of cotangents of the
        structure of `primals`, with None in the place of leaves that are not arrays of a floating-point data type.
        It may be called any number of times. Cotangents are transposed, not conjugated.
    aux
        Only with `has_aux`.

    Raises
    ------
    TypeError
        If no primal is an array of a floating-point data type; of `pullback`, if a cotangent is of another library
        than its array, or complex where that is real.
    ValueError
        Of `pullback`, if the cotangent's structure or shapes are not those of `out`.

    Examples
    --------
    >>> import numpy
    >>> out, pullback = vjp(lambda x, y: x * y, numpy.asarray([1.0, 2.0]), numpy.asarray([3.0, 4.0]))
    >>> pullback(numpy.asarray([1.0, 1.0]))
    (array([3., 4.]), array([1., 2.]))
    """
    out, pullback, *aux = recorded(f, primals, has_aux=has_aux)
    return out, checked_pullback(out, pullback), *aux


def checked_pullback(out: Any, pullback: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same function, which says what is wrong with a cotangent of `out`."""
    leaves, treedef = _flatten(out)

    def checked(ct: Any) -> Any:
        return pullback(treedef.unflatten(directions("cotangent", "result", treedef, leaves, ct)))

    return checked


def recorded(f: Callable[..., Any], primals: Sequence[Any], *, has_aux: bool = False, once: bool = False) -> Any:
    """What :func:`vjp` returns, with a pullback that trusts its cotangent.

    A pullback that is called `once` frees what the tape keeps as it goes.
    """
    leaves, treedef = _flatten(tuple(primals))
    namespace = Reverse(array_namespace(*variables_of(leaves)))
    wrapped = [namespace.variable(lift(namespace.inner, x)) if is_variable(x) else x for x in leaves]
    # Read before the function runs, which may rebind its arguments in place.
    nodes = [x.node if namespace.owns(x) else None for x in wrapped]
    tape = namespace.tape
    try:
        out, aux = _split(f(*optree.tree_unflatten(treedef, wrapped)), has_aux)
    finally:
        namespace.close()
    common = namespace.common
    outs, out_treedef = _flatten(out)
    out_nodes = [x.node if namespace.owns(x) else None for x in outs]
    outs = [namespace.unwrap(x) for x in outs]

    def pullback(ct: Any) -> Any:
        seeds = zip(out_nodes, outs, out_treedef.flatten_up_to(ct), strict=True)
        grads = pull_leaves(partial(pull, tape, once=once), common, seeds, list(zip(nodes, leaves, strict=True)))
        return optree.tree_unflatten(treedef, grads)

    out = optree.tree_unflatten(out_treedef, outs)
    return (out, pullback, _unwrapped(namespace, aux)) if has_aux else (out, pullback)


def pull_leaves(run: Callable[..., Any], xp: Any, results: Iterable[Any], variables: Sequence[Any]) -> list[Any]:
    """Cotangents of the leaves of a tree, given those of the leaves of a result.

    Parameters
    ----------
    run : callable
        The backward pass: ``run(xp, seeds, nodes)``, as :func:`~autodiff.reverse.pull` does on a tape.
    xp
        Namespace of the values on the tape.
    results : iterable of (node, array, cotangent)
    variables : sequence of (node, array)
        A leaf without a node, None, has None for its cotangent.
    """
    seeds: dict[Any, Any] = {}
    for node, x, ct in results:
        if ct is None or node is None:
            continue
        here = array_namespace(ct)
        xp, ct = join(xp, here), as_dtype_of(here, ct, x)
        seeds[node] = ct if node not in seeds else seeds[node] + ct
    found = iter(run(xp, seeds, [node for node, _ in variables if node is not None]))

    def cotangent(x: Any, ct: Any) -> Any:
        return xp.zeros_like(x) if ct is None else as_dtype_of(xp, ct, x)

    return [None if node is None else cotangent(x, next(found)) for node, x in variables]


def linearize(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """Value of a function and its derivative as a linear function, which does not run the function again.

    Parameters
    ----------
    f : callable
        Function of trees of arrays, to a tree of arrays; with `has_aux`, to a pair of that and anything else.
    *primals : trees
        Arguments at which to differentiate.
    has_aux : bool
        Whether `f` returns a pair ``(out, aux)``.

    Returns
    -------
    out : tree
    f_jvp : callable
        Takes tangents as :func:`jvp` does, one for each argument, and returns the tangent of `out`, with None in the
        place of leaves that are not arrays of a floating-point data type. It may be called any number of times.
    aux
        Only with `has_aux`.

    Raises
    ------
    TypeError, ValueError
        As :func:`jvp`; for a tangent, of `f_jvp`.

    Examples
    --------
    >>> import numpy
    >>> out, f_jvp = linearize(lambda x: x * x, numpy.asarray([1.0, 2.0]))
    >>> f_jvp(numpy.asarray([1.0, 10.0]))
    array([ 2., 40.])
    """
    out, pullback, *aux = recorded(f, primals, has_aux=has_aux)
    leaves, treedef = _flatten(primals)
    zeros = zeros_like(out)
    # Pulling back is linear, and its own transpose is pushing forward.
    pushforward = recorded(pullback, (zeros,))[1] if optree.tree_leaves(zeros) else lambda tangents: (zeros,)

    def f_jvp(*tangents: Any) -> Any:
        check_arguments("f_jvp of linearize", primals, tangents)
        x_dots = directions("tangents", "primals", treedef, leaves, tangents)
        (out_dot,) = pushforward(treedef.unflatten(x_dots))
        return out_dot

    return out, f_jvp, *aux


def linear_transpose(f: Callable[..., Any], *primals: Any) -> Callable[[Any], Any]:
    """Transpose of a linear function.

    Parameters
    ----------
    f : callable
        Linear function of trees of arrays, to a tree of arrays. A function that is not linear is replaced by its
        derivative at `primals`.
    *primals : trees
        Arguments of the structure, shapes and data types that `f` takes; the values do not matter.

    Returns
    -------
    callable
        Takes a tree of the structure and shapes of the result of `f` and returns a tuple of the structure and shapes of
        `primals`. It is the transpose, not the adjoint: nothing is conjugated.

    Raises
    ------
    TypeError
        If no primal is an array of a floating-point data type.

    Examples
    --------
    >>> import numpy
    >>> transpose = linear_transpose(lambda x: 3.0 * x[1:], numpy.zeros(3))
    >>> transpose(numpy.asarray([1.0, 2.0]))
    (array([0., 3., 6.]),)
    """
    _, pullback = vjp(f, *primals)
    return pullback  # type: ignore[no-any-return]


def zeros_like(tree: Any) -> Any:
    """Zeros for the variables of a tree, None for its other leaves."""
    return optree.tree_map(lambda x: array_namespace(x).zeros_like(x) if is_variable(x) else None, tree)


def value_and_grad(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    *,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """Function that returns the value of `f` and its gradient, by reverse mode.

    Parameters
    ----------
    f : callable
        Function of trees of arrays, to a 0-d array of a real floating-point data type (complex with `holomorphic`);
        with `has_aux`, to a pair of that and anything else.
    argnums : int or sequence of int
        Positions of the arguments by which to differentiate. Other arguments may be anything.
    has_aux : bool
        Whether `f` returns a pair ``(out, aux)``.
    holomorphic : bool
        Whether `f` is a holomorphic function of complex arguments: the gradient is then its complex derivative.

    Returns
    -------
    callable
        Takes the arguments of `f` and returns ``(out, grads)``, or ``((out, aux), grads)``. The gradient has the
        structure, shapes and data types of the argument, or of the tuple of arguments if `argnums` is a sequence, with
        None in the place of leaves that are not arrays of a floating-point data type.

    Raises
    ------
    TypeError
        If the result is not a 0-d array of the data type that is asked for, if there is nothing to differentiate by, or
        if `argnums` is something else than integers.
    ValueError
        If `argnums` does not fit the call.

    Examples
    --------
    >>> import numpy
    >>> def loss(params, x):
    ...     y = params["w"] * x + params["b"]
    ...     return y.__array_namespace__().sum(y * y)
    >>> params = {"w": numpy.asarray(2.0), "b": numpy.asarray(1.0)}
    >>> value, grads = value_and_grad(loss)(params, numpy.asarray([1.0, 3.0]))
    >>> float(value), float(grads["w"]), float(grads["b"])
    (58.0, 48.0, 20.0)
    """
    argnums = check_argnums(argnums)

    @wraps(f)
    def function(*args: Any, **kwargs: Any) -> Any:
        of_chosen, chosen = choose_arguments(f, argnums, args, kwargs)
        if holomorphic:
            check_holomorphic("grad", "arguments", chosen)
        out, pullback, *aux = recorded(of_chosen, chosen, has_aux=has_aux, once=True)
        expected = "complex" if holomorphic else "real"
        if not is_array(out) or out.shape != () or kind(out) != f"{expected} floating":
            found = f"{describe(out)} of shape {out.shape}" if is_array(out) else describe(out)
            raise TypeError(
                f"grad needs a function whose result is a 0-d array of a {expected} floating-point data type, got "
                f"{found}; sum or average it, or use vjp, which takes a cotangent; for the complex derivative of a "
                "holomorphic function pass holomorphic=True"
            )
        grads = pullback(array_namespace(out).ones_like(out))
        return ((out, *aux) if has_aux else out), (grads[0] if isinstance(argnums, int) else grads)

    return function


def grad(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    *,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """Function that returns the gradient of `f`, by reverse mode.

    Parameters
    ----------
    f, argnums, has_aux, holomorphic
        As for :func:`value_and_grad`.

    Returns
    -------
    callable
        Takes the arguments of `f` and returns the gradient, or ``(grads, aux)`` with `has_aux`.

    Raises
    ------
    TypeError, ValueError
        As :func:`value_and_grad`.

    Examples
    --------
    >>> import numpy
    >>> float(grad(lambda x: x**3)(numpy.asarray(2.0)))
    12.0
    >>> float(grad(grad(lambda x: x**3))(numpy.asarray(2.0)))
    12.0
    """
    both = value_and_grad(f, argnums, has_aux=has_aux, holomorphic=holomorphic)

    @wraps(f)
    def function(*args: Any, **kwargs: Any) -> Any:
        out, grads = both(*args, **kwargs)
        return (grads, out[1]) if has_aux else grads

    return function


def stop_gradient(tree: Any) -> Any:
    """The same values as constants: of derivative zero in every running transformation.

    Parameters
    ----------
    tree : tree of arrays

    Returns
    -------
    tree

    Examples
    --------
    >>> import numpy
    >>> float(grad(lambda x: x * stop_gradient(x))(numpy.asarray(3.0)))
    3.0
    """

    def stop(x: Any) -> Any:
        return x.namespace.still(x, stop(x.primal)) if isinstance(x, WrappedArray) else x

    return optree.tree_map(stop, tree)
