"""Derivatives as arrays: Jacobians and Hessians, all columns or rows at once by vmap, and Hessian-vector products.

The derivative of a tree by a tree is a tree of trees: the structure of the result, with the structure of the argument
in the place of each leaf. Its leaves have the shape of the result's leaf followed by that of the argument's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any

import optree

from .arguments import (
    check_argnums,
    check_arguments,
    check_holomorphic,
    choose_arguments,
    is_variable,
    variables_of,
)
from .namespaces import array_namespace, device_of, is_complex
from .transforms import grad, jvp, vjp
from .vectorizing import vmap

__all__ = ["hessian", "hvp", "jacfwd", "jacobian", "jacrev"]


def _along_basis(linear: Callable[[Any], Any], x: Any, *, axis: int) -> Any:
    """What a function returns for each element of the standard basis of arrays like x.

    The function returns extra values, which do not depend on its argument, and results, which are linear in it. They
    come with the axes of x first, or last if `axis` is -1.
    """
    xp, size = array_namespace(x), math.prod(x.shape)
    basis = xp.reshape(xp.eye(size, dtype=x.dtype, device=device_of(x)), (size, *x.shape))
    # One element, as of a scalar result, is no batch.
    extra, outs = vmap(linear, out_axes=(None, axis))(basis) if size != 1 else linear(xp.reshape(basis, x.shape))

    def unflattened(out: Any) -> Any:
        of_one = out.shape if size == 1 else out.shape[:-1] if axis else out.shape[1:]
        return array_namespace(out).reshape(out, (*of_one, *x.shape) if axis else (*x.shape, *of_one))

    return extra, [None if out is None else unflattened(out) for out in outs]


def _only(position: int | None, x: Any, treedef: Any) -> Any:
    """Tree that has one leaf alone, and None in the place of the others."""
    return treedef.unflatten([x if i == position else None for i in range(treedef.num_leaves)])


def _check_real(name: str, what: str, tree: Any, instead: str) -> None:
    if any(is_variable(x) and is_complex(x) for x in optree.tree_leaves(tree)):
        raise TypeError(
            f"{name} needs {what} of real floating-point data types, got complex ones; use {instead}, or pass "
            "holomorphic=True if the function is holomorphic"
        )


def jacfwd(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    *,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """Function that returns the Jacobian of `f`, by forward mode: for few inputs, many outputs.

    Parameters
    ----------
    f : callable
        Function of trees of arrays, to a tree of arrays; with `has_aux`, to a pair of that and anything else.
    argnums : int or sequence of int
        Positions of the arguments by which to differentiate. Other arguments may be anything.
    has_aux : bool
        Whether `f` returns a pair ``(out, aux)``.
    holomorphic : bool
        Whether `f` is a holomorphic function of complex arguments: the Jacobian is then that of complex derivatives.

    Returns
    -------
    callable
        Takes the arguments of `f` and returns the Jacobian, or ``(jacobian, aux)`` with `has_aux`. The Jacobian is of
        the structure of the result. In the place of each leaf it holds the structure of the argument, or of the tuple
        of arguments if `argnums` is a sequence, with leaves of shape ``(*out.shape, *x.shape)``. None stands in the
        place of leaves that are not arrays of a floating-point data type.

    Raises
    ------
    TypeError
        If an argument is complex without `holomorphic`, or real with it; or if there is nothing to differentiate by.
    ValueError
        If `argnums` does not fit the call.

    Notes
    -----
    All columns are found at once, by :func:`vmap` over tangents, which takes memory for as many arrays of each kind
    that `f` makes as the argument has elements. Values within `f` are those of one run, so that it may depend on them
    by Python's conditions.

    Examples
    --------
    >>> import numpy
    >>> jacfwd(lambda x: x[:2] * x[2])(numpy.asarray([1.0, 2.0, 3.0]))
    array([[3., 0., 1.],
           [0., 3., 2.]])
    """
    argnums = check_argnums(argnums)

    @wraps(f)
    def function(*args: Any, **kwargs: Any) -> Any:
        of_chosen, chosen = choose_arguments(f, argnums, args, kwargs)
        if holomorphic:
            check_holomorphic("jacfwd", "arguments", chosen)
        else:
            _check_real("jacfwd", "arguments", chosen, "jacrev")
        leaves, treedef = optree.tree_flatten(chosen)
        variables_of(leaves)

        def push(position: int, x_dot: Any) -> Any:
            out, out_dot, *aux = jvp(of_chosen, chosen, _only(position, x_dot, treedef), has_aux=has_aux)
            return (out, *aux), optree.tree_structure(out).flatten_up_to(out_dot)

        columns = {}
        for position, x in enumerate(leaves):
            if is_variable(x):
                (out, *aux), columns[position] = _along_basis(partial(push, position), x, axis=-1)
        outs, out_treedef = optree.tree_flatten(out)
        nothing = [None] * len(outs)
        rows = zip(*[columns.get(position, nothing) for position in range(len(leaves))], strict=True)
        jacobian = _tree_of_trees(outs, out_treedef, rows, treedef, argnums)
        return (jacobian, *aux) if has_aux else jacobian

    return function


def jacrev(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    *,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """Function that returns the Jacobian of `f`, by reverse mode: for many inputs, few outputs.

    Parameters
    ----------
    f, argnums, has_aux, holomorphic
        As for :func:`jacfwd`.

    Returns
    -------
    callable
        As that of :func:`jacfwd`.

    Raises
    ------
    TypeError
        If a result is complex without `holomorphic`, or an argument or a result real with it; or if there is nothing to
        differentiate by.
    ValueError
        If `argnums` does not fit the call.

    Examples
    --------
    >>> import numpy
    >>> jacrev(lambda x: x[:2] * x[2])(numpy.asarray([1.0, 2.0, 3.0]))
    array([[3., 0., 1.],
           [0., 3., 2.]])
    """
    argnums = check_argnums(argnums)

    @wraps(f)
    def function(*args: Any, **kwargs: Any) -> Any:
        of_chosen, chosen = choose_arguments(f, argnums, args, kwargs)
        out, pullback, *aux = vjp(of_chosen, *chosen, has_aux=has_aux)
        if holomorphic:
            check_holomorphic("jacrev", "arguments", chosen)
            check_holomorphic("jacrev", "results", out)
        else:
            _check_real("jacrev", "results", out, "jacfwd")
        treedef = optree.tree_structure(chosen)
        outs, out_treedef = optree.tree_flatten(out)

        def pull(position: int, ct: Any) -> Any:
            return None, treedef.flatten_up_to(pullback(_only(position, ct, out_treedef)))

        rows = [
            _along_basis(partial(pull, position), x, axis=0)[1] if is_variable(x) else None
            for position, x in enumerate(outs)
        ]
        jacobian = _tree_of_trees(outs, out_treedef, rows, treedef, argnums)
        return (jacobian, *aux) if has_aux else jacobian

    return function


def _tree_of_trees(outs: Any, out_treedef: Any, rows: Any, treedef: Any, argnums: int | tuple[int, ...]) -> Any:
    def row_tree(out: Any, row: Any) -> Any:
        if not is_variable(out):
            return None
        arguments = treedef.unflatten(row)
        return arguments[0] if isinstance(argnums, int) else arguments

    return out_treedef.unflatten([row_tree(out, row) for out, row in zip(outs, rows, strict=True)])


def jacobian(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    *,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """Function that returns the Jacobian of `f`, by the mode that takes fewer passes.

    That is :func:`jacrev` where the result has fewer elements than the arguments, or an argument is complex and the
    result is not; else :func:`jacfwd`.

    Parameters
    ----------
    f, argnums, has_aux, holomorphic
        As for :func:`jacfwd`.

    Returns
    -------
    callable
        As that of :func:`jacfwd`. It runs `f` once to learn the sizes.

    Raises
    ------
    TypeError, ValueError
        As :func:`jacfwd` and :func:`jacrev`.

    Examples
    --------
    >>> import numpy
    >>> jacobian(lambda x: x[:2] * x[2])(numpy.asarray([1.0, 2.0, 3.0]))
    array([[3., 0., 1.],
           [0., 3., 2.]])
    """
    argnums = check_argnums(argnums)

    @wraps(f)
    def function(*args: Any, **kwargs: Any) -> Any:
        of_chosen, chosen = choose_arguments(f, argnums, args, kwargs)
        out, *_ = jvp(of_chosen, chosen, _only(None, None, optree.tree_structure(chosen)), has_aux=has_aux)
        inputs, outs = ([x for x in optree.tree_leaves(tree) if is_variable(x)] for tree in (chosen, out))
        complex_in, complex_out = (any(is_complex(x) for x in xs) for xs in (inputs, outs))
        if holomorphic or complex_in == complex_out:
            rows, columns = (sum(math.prod(x.shape) for x in xs) for xs in (outs, inputs))
            transformation = jacrev if rows < columns else jacfwd
        else:
            transformation = jacrev if complex_in else jacfwd
        return transformation(f, argnums, has_aux=has_aux, holomorphic=holomorphic)(*args, **kwargs)

    return function


def hessian(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    *,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Callable[..., Any]:
    """Function that returns the second derivative of `f`, by forward over reverse mode.

    Parameters
    ----------
    f, argnums, has_aux, holomorphic
        As for :func:`jacfwd`.

    Returns
    -------
    callable
        Takes the arguments of `f` and returns the Hessian, or ``(hessian, aux)`` with `has_aux`: the Jacobian of the
        Jacobian. For `f` of one array x to a 0-d array it is of shape ``(*x.shape, *x.shape)``; in general a tree of
        trees of trees with leaves of shape ``(*out.shape, *x1.shape, *x2.shape)``.

    Raises
    ------
    TypeError, ValueError
        As :func:`jacfwd` and :func:`jacrev`.

    Examples
    --------
    >>> import numpy
    >>> hessian(lambda x: x[0] ** 2 * x[1])(numpy.asarray([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    options: dict[str, Any] = {"has_aux": has_aux, "holomorphic": holomorphic}
    return jacfwd(jacrev(f, argnums, **options), argnums, **options)


def hvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Product of the Hessian of `f` and a vector, at the cost of a few evaluations, by forward over reverse mode.

    Parameters
    ----------
    f : callable
        Function of trees of arrays, to a 0-d array of a real floating-point data type.
    primals : sequence of trees
        Arguments at which to differentiate.
    tangents : sequence of trees
        Vector, of the structure and shapes of `primals`; None where it has no component.

    Returns
    -------
    tuple of trees
        The product, of the structure and shapes of `primals`, with None in the place of leaves that are not arrays of a
        floating-point data type.

    Raises
    ------
    TypeError
        As :func:`grad`.
    ValueError
        If a tangent's shape is not that of its primal.

    Examples
    --------
    >>> import numpy
    >>> hvp(lambda x: x[0] ** 2 * x[1], [numpy.asarray([1.0, 2.0])], [numpy.asarray([1.0, 0.0])])
    (array([4., 2.]),)
    """
    check_arguments("hvp", primals, tangents)
    _, product = jvp(grad(f, tuple(range(len(primals)))), primals, tangents)
    return product
