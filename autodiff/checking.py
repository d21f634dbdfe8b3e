"""Are the derivatives of a function right? Forward mode against differences, reverse mode against forward mode."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy
import optree

from .arguments import check_sequence, is_variable
from .namespaces import array_namespace, device_of, is_complex
from .transforms import jvp, vjp

__all__ = ["check_grads"]

MODES = ("forward", "reverse")


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    *,
    order: int = 1,
    modes: str | Sequence[str] = MODES,
    rng: numpy.random.Generator | None = None,
    step: float | None = None,
    tolerance: float | None = None,
) -> None:
    """Check a function's derivatives, up to an order.

    Forward mode is compared with a central difference along a random direction, reverse mode with forward mode by the
    inner product with a random cotangent: ``sum(ct * f_dot) == sum(pullback(ct) * x_dot)``. Higher orders check the
    derivatives' own derivatives.

    Parameters
    ----------
    f : callable
        Function of trees of arrays to a tree of arrays, smooth near `args`.
    args : sequence of trees
        Arguments at which to check, of data type float64 or complex128 if the default tolerance is to be met.
    order : int
        Highest derivative to check.
    modes : {"forward", "reverse"} or sequence of these
        What to check.
    rng : numpy.random.Generator, optional
        Source of the directions; seeded with 0 by default, so that a check that fails fails again.
    step : float, optional
        Relative step of the difference; the cube root of the machine epsilon by default.
    tolerance : float, optional
        Largest difference relative to the size of the terms; a hundred times the square of `step` by default.

    Raises
    ------
    AssertionError
        If a derivative is wrong; says in which mode, what was found and expected, and by which of several arguments.
    TypeError
        If `args` is no tuple or list.
    ValueError
        If there is no such mode, or none is named, or `order` is less than 1.

    Examples
    --------
    >>> import numpy
    >>> check_grads(lambda x: x.__array_namespace__().sin(x), [numpy.asarray([0.5, 1.0])], order=2)
    """
    check_sequence("check_grads", "args", args)
    modes = (modes,) if isinstance(modes, str) else tuple(modes)
    if not modes or set(modes) - set(MODES):
        raise ValueError(f"modes must be one or more of {MODES}, got {modes}")
    if order < 1:
        raise ValueError(f"order must be 1 or more, got {order}")
    rng = numpy.random.default_rng(0) if rng is None else rng
    tree: Any = tuple(args)
    epsilon = max([_epsilon(x) for x in optree.tree_leaves(tree) if is_variable(x)], default=2.0**-52)
    step = epsilon ** (1 / 3) if step is None else step
    tolerance = 100 * step**2 if tolerance is None else tolerance
    how: Any = order, modes, rng, step, tolerance
    try:
        _check(f, tree, "f", *how)
    except AssertionError as error:
        wrong = ", ".join(_wrong_alone(f, tree, how))
        raise AssertionError(f"{error}; by one argument at a time it is wrong by {wrong or 'none'}") from None


def _wrong_alone(f: Any, args: Any, how: Any) -> Iterator[str]:
    """Arguments by which a derivative is wrong where the others are constants."""
    paths, leaves, treedef = optree.tree_flatten_with_path(args)

    def of_one(position: int, x: Any) -> Any:
        return f(*treedef.unflatten([*leaves[:position], x, *leaves[position + 1 :]]))

    for position, (path, x) in enumerate(zip(paths, leaves, strict=True)):
        if is_variable(x):
            try:
                _check(partial(of_one, position), (x,), "f", *how)
            except AssertionError:
                yield "args" + "".join(f"[{key!r}]" for key in path)


def _check(
    f: Any, args: Any, name: str, order: int, modes: tuple[str, ...], rng: Any, step: float, tolerance: float
) -> None:
    direction = _like(args, rng)
    forward = "forward" in modes
    out, out_dot = jvp(f, args, direction) if forward else (f(*args), None)
    ct = _like(out, rng)
    up, down = (_inner(ct, f(*_moved(args, direction, sign * step))) for sign in (1, -1))
    difference = (up - down) / (2 * step)
    # Forward mode is the sharper judge of reverse mode, but both read the same rule: unchecked, it may share the error.
    expected = _inner(ct, out_dot) if forward else difference
    size = (_size(ct, out_dot) if forward else abs(difference)) + _size(ct, out)
    if forward:
        _compare(expected, difference, size, tolerance, f"forward, {name}")
    if "reverse" in modes:
        _, pullback = vjp(f, *args)
        cts = pullback(ct)
        # The real parts, since functions such as `abs` and `conj` are linear over the real numbers only.
        _compare(
            _inner(cts, direction).real, expected.real, size + _size(cts, direction), tolerance, f"reverse, {name}"
        )
    if order > 1:
        if forward:
            _check(lambda *x: jvp(f, x, direction)[1], args, f"jvp({name})", order - 1, modes, rng, step, tolerance)
        if "reverse" in modes:
            _check(lambda *x: vjp(f, *x)[1](ct), args, f"vjp({name})", order - 1, modes, rng, step, tolerance)


def _compare(found: complex, expected: complex, size: float, tolerance: float, what: str) -> None:
    if not abs(found - expected) <= tolerance * max(size, 1.0):
        raise AssertionError(
            f"{what}: the derivative is {found!r}, expected {expected!r}; they differ by {abs(found - expected):.3g} "
            f"where {tolerance * max(size, 1.0):.3g} is allowed"
        )


def _epsilon(x: Any) -> float:
    return float(array_namespace(x).finfo(x.dtype).eps)


def _like(tree: Any, rng: Any) -> Any:
    """Random arrays of the shapes and data types of a tree's variables, None for other leaves."""

    def draw(x: Any) -> Any:
        if not is_variable(x):
            return None
        xp = array_namespace(x)
        values = rng.standard_normal(x.shape)
        if is_complex(x):
            values = values + 1j * rng.standard_normal(x.shape)
        return xp.asarray(values.tolist(), dtype=x.dtype, device=device_of(x)) if values.size else xp.zeros_like(x)

    return optree.tree_map(draw, tree)


def _moved(tree: Any, direction: Any, step: float) -> Any:
    return optree.tree_map(lambda x, x_dot: x if x_dot is None else x + step * x_dot, tree, direction)


def _terms(first: Any, second: Any) -> list[Any]:
    """Products of the leaves that are in both; shapes must agree, lest broadcasting hide an error."""
    leaves, treedef = optree.tree_flatten(first, none_is_leaf=True)
    pairs = [
        (x, y) for x, y in zip(leaves, treedef.flatten_up_to(second), strict=True) if x is not None and y is not None
    ]
    for x, y in pairs:
        if x.shape != y.shape:
            raise AssertionError(f"a derivative is of shape {x.shape} where {y.shape} is expected")
    return [x * y for x, y in pairs]


def _inner(first: Any, second: Any) -> complex:
    """Sum of the products, without conjugation."""
    return sum([complex(array_namespace(x).sum(x)) for x in _terms(first, second)])


def _size(first: Any, second: Any) -> float:
    return math.fsum([float(array_namespace(x).sum(abs(x))) for x in _terms(first, second)])
