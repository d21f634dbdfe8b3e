"""Less memory for more time: keep the arguments of a function only, and run it again in the backward pass."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial, wraps
from typing import Any, TypeVar

import optree

from .closures import converted
from .custom import as_operation, has_tracers
from .namespaces import array_namespace
from .transforms import jvp, recorded

__all__ = ["checkpoint", "once"]

T = TypeVar("T")


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """Same function, of which reverse mode keeps the arguments only; the backward pass runs it again.

    Parameters
    ----------
    f : callable
        Function of trees of arrays, to a tree of arrays; may be a tree itself, such as a module with parameters. It may
        use variables of a running transformation that are in its closure, a default or, if it is a method, its object.

    Returns
    -------
    callable
        Takes the arguments of `f`. Values and derivatives are the same; a chain of n functions, each within
        ``checkpoint``, keeps n arrays and the residuals of one function at a time.

    Raises
    ------
    TypeError
        When differentiated, if `f` uses a variable of a running transformation that it keeps elsewhere, as in a global
        name or an object that is not a tree.

    Notes
    -----
    `f` must be pure, but for what it does by :func:`once`. When it runs again, variables of its closure have the values
    that they had at the first run, such as a loop's index; each run has copies of them, so what `f` assigns to them by
    ``nonlocal`` is not seen outside.

    Examples
    --------
    >>> import numpy
    >>> from autodiff import grad
    >>> float(grad(checkpoint(lambda x: x * x * x))(numpy.asarray(2.0)))
    12.0
    """

    @wraps(f)
    def function(*args: Any, **kwargs: Any) -> Any:
        captured, bind = converted(f)
        if not has_tracers((captured, args, kwargs)):
            return f(*args, **kwargs)
        return _checkpointed(_Repeated(partial(_apply, bind)), captured, args, kwargs)

    return function


def once(action: Callable[[], T]) -> T:
    """Result of an action that is not pure, such as the drawing of a random number.

    Parameters
    ----------
    action : callable
        Takes no arguments. Within :func:`checkpoint` it is called in the first run; later runs are given what it
        returned then, which must hold no variable of a running transformation.

    Returns
    -------
    What the action returns.

    Examples
    --------
    >>> import numpy
    >>> from autodiff import grad
    >>> rng = numpy.random.default_rng(0)
    >>> def scaled(x):
    ...     return x * x * once(lambda: rng.integers(1, 100))
    >>> slope = grad(checkpoint(scaled))(numpy.asarray(1.0))
    >>> float(slope), 2 * int(numpy.random.default_rng(0).integers(1, 100))
    (170.0, 170)
    """
    result: T = _once.get()(action)
    return result


_once: ContextVar[Callable[[Callable[[], Any]], Any]] = ContextVar("once", default=lambda action: action())


class _Repeated:
    """A function that runs several times, and what :func:`once` returned in the first run."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self.results: list[Any] | None = None

    def __call__(self, *args: Any) -> Any:
        results: list[Any] = []
        if self.results is None:
            # A checkpoint within another one may be in its own first run, but in a later one of the other.
            around = _once.get()

            def perform(action: Callable[[], Any]) -> Any:
                results.append(around(action))
                return results[-1]
        else:
            again = iter(self.results)

            def perform(action: Callable[[], Any]) -> Any:
                return next(again)

        token = _once.set(perform)
        try:
            out = self.f(*args)
        finally:
            _once.reset(token)
        if self.results is None:
            self.results = results
        return out


def _apply(bind: Callable[..., Any], captured: Any, args: Any, kwargs: Any) -> Any:
    given: Any = captured, args, kwargs
    xp = array_namespace(*optree.tree_leaves(given))
    return bind(xp, captured)(*args, **kwargs)


def _pull(f: Callable[..., Any], primals: Any, ct: Any) -> Any:
    _, pullback = recorded(f, primals, once=True)
    return pullback(ct)


def _checkpointed(f: Callable[..., Any], *args: Any) -> Any:
    if not has_tracers(args):
        return f(*args)
    # The passes are checkpointed too, for the transformations around this one.
    push = partial(_checkpointed, partial(jvp, f))
    pull = partial(_checkpointed, partial(_pull, f))
    return as_operation(
        "a checkpointed function", partial(_checkpointed, f), args, push, lambda xp, *given: pull(*given)
    )
