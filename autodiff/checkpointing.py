"""Less memory for more time: keep the arguments of a function only, and run it again in the backward pass."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from .custom import as_operation, has_tracers
from .transforms import jvp, recorded

__all__ = ["checkpoint"]


def checkpoint(f: Callable[..., Any]) -> Callable[..., Any]:
    """Same function, of which reverse mode keeps the arguments only; the backward pass runs it again.

    Parameters
    ----------
    f : callable
        Function of trees of arrays, to a tree of arrays; may be a tree itself, such as a module with parameters.

    Returns
    -------
    callable
        Takes the arguments of `f`. Values and derivatives are the same; a chain of n functions, each within
        ``checkpoint``, keeps n arrays and the residuals of one function at a time.

    Raises
    ------
    TypeError
        When differentiated, if `f` uses a variable of a running transformation that is not an argument.

    Examples
    --------
    >>> import numpy
    >>> from autodiff import grad
    >>> float(grad(checkpoint(lambda x: x * x * x))(numpy.asarray(2.0)))
    12.0
    """

    @wraps(f)
    def function(*args: Any, **kwargs: Any) -> Any:
        return _checkpointed(_apply, f, args, kwargs)

    return function


def _apply(f: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    return f(*args, **kwargs)


def _push(f: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    return jvp(f, primals, tangents)[1]


def _pull(f: Callable[..., Any], primals: Any, ct: Any) -> Any:
    _, pullback = recorded(f, primals, once=True)
    return pullback(ct)


def _checkpointed(f: Callable[..., Any], *args: Any) -> Any:
    if not has_tracers(args):
        return f(*args)
    # The passes are checkpointed too, for the transformations around this one.
    push = partial(_checkpointed, partial(_push, f))
    pull = partial(_checkpointed, partial(_pull, f))
    return as_operation(
        "a checkpointed function", partial(_checkpointed, f), args, push, lambda xp, *given: pull(*given)
    )
