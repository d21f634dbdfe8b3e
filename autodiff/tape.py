"""Gradients without a function to differentiate: operations are recorded while they are typed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any

import optree

from .arguments import directions, is_variable, variables_of
from .namespaces import array_namespace, join, kind
from .reverse import Reverse, ReverseArray, pull
from .transforms import pull_leaves
from .wrapping import lift

__all__ = ["Tape", "gradient"]


class Tape:
    """Record of the operations on watched arrays.

    Parameters
    ----------
    persistent : bool
        Whether :meth:`gradient` may be called more than once. Otherwise it ends the recording, and frees what the tape
        has kept as it goes back.

    Notes
    -----
    Operations are recorded within the ``with`` block. After it, watched arrays and what was computed of them are good
    for :meth:`gradient`, :meth:`value`, ``float`` and ``print`` only; anything else is a :class:`LeakedTracerError`.

    Tapes nest, in each other and in ``grad``, ``jvp`` and the rest: the outer one records the gradients of the inner,
    which must be asked for while it does, before its ``with`` block ends.

    Examples
    --------
    >>> import numpy
    >>> with Tape() as tape:
    ...     x = tape.watch(numpy.asarray(3.0))
    ...     y = x * x
    >>> tape.gradient(y, x)
    np.float64(6.0)
    >>> float(y)
    9.0

    The second derivative:

    >>> with Tape() as outer:
    ...     x = outer.watch(numpy.asarray(3.0))
    ...     with Tape() as inner:
    ...         z = inner.watch(x)
    ...         y = z**3
    ...     slope = inner.gradient(y, z)
    >>> outer.gradient(slope, x)
    np.float64(18.0)
    """

    def __init__(self, *, persistent: bool = False) -> None:
        self.persistent = persistent
        self._namespace: Any = None
        self._entries: list[Any] = []
        self._state = "new"

    def __enter__(self) -> Tape:
        if self._state != "new":
            raise RuntimeError("a tape records once; make another, as in `with Tape() as tape:`")
        self._state = "recording"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._state == "recording":
            self._end("closed")

    def _end(self, state: str) -> None:
        self._state = state
        if self._namespace is not None:
            self._namespace.close()

    def watch(self, tree: Any) -> Any:
        """Begin to record what is done with arrays.

        Parameters
        ----------
        tree : tree of arrays
            Those of a floating-point data type are watched; the others, and everything else, stay as they are.

        Returns
        -------
        tree
            The same tree of watched arrays. Only what is computed of them is recorded, not what is computed of `tree`.

        Raises
        ------
        TypeError
            If the tree holds no array of a floating-point data type.
        RuntimeError
            Outside of the ``with`` block, or after a gradient has ended the recording.
        ValueError
            If an array belongs to a transformation that began after the tape's first array was watched.

        Examples
        --------
        >>> import numpy
        >>> with Tape() as tape:
        ...     params = tape.watch({"w": numpy.asarray(2.0), "steps": 3})
        ...     loss = params["w"] ** params["steps"]
        >>> tape.gradient(loss, params)
        {'w': np.float64(12.0), 'steps': None}
        """
        if self._state != "recording":
            raise RuntimeError(
                "watch arrays where they are recorded, inside of `with Tape() as tape:`, before gradient"
            )
        namespace = array_namespace(*variables_of(optree.tree_leaves(tree)))
        if self._namespace is None:
            self._namespace = Reverse(namespace)
            self._entries = self._namespace.tape
        home = join(self._namespace, namespace)
        if home.level != self._namespace.level:
            raise ValueError(
                f"an array of {namespace.__name__} cannot be watched by a tape that began before; watch it first, or "
                "open another tape inside"
            )

        def watched(x: Any) -> Any:
            if not is_variable(x) or (home.owns(x) and x.varies()):
                return x
            return home.variable(lift(home.inner, home.unwrap(x)))

        return optree.tree_map(watched, tree)

    def gradient(self, target: Any, sources: Any, ct: Any = None) -> Any:
        """Cotangents of watched arrays, or of what was computed of them.

        Parameters
        ----------
        target : tree of arrays
            What is differentiated.
        sources : tree of arrays
            By what: arrays that :meth:`watch` has returned, or results on the way from those to `target`.
        ct : tree of arrays, optional
            Cotangent of `target`, of its structure and shapes, None where zero. By default that of its one array, which
            must be 0-d and real, is one.

        Returns
        -------
        tree
            Of the structure, shapes and data types of `sources`, zeros where `target` does not depend on the source.
            None in the place of leaves that are not arrays of a floating-point data type.

        Raises
        ------
        RuntimeError
            If the tape is not persistent and has been asked before.
        TypeError
            If `ct` is left out and `target` is not one 0-d array of a real floating-point data type.
        ValueError
            If a source is not watched, or the shape of a cotangent is not that of its array.

        Examples
        --------
        >>> import numpy
        >>> with Tape(persistent=True) as tape:
        ...     x = tape.watch(numpy.asarray([1.0, 2.0]))
        ...     y = x * x
        ...     z = y * y
        >>> tape.gradient(z, x, numpy.asarray([1.0, 1.0]))
        array([ 4., 32.])
        >>> tape.gradient(z, y, numpy.asarray([1.0, 1.0]))
        array([2., 8.])
        """
        if self._state == "used":
            raise RuntimeError("gradient of a tape frees what it has recorded; ask again of `Tape(persistent=True)`")
        if self._namespace is None:
            raise ValueError("the tape has nothing to differentiate: no array was watched")
        run = partial(pull, self._entries, once=not self.persistent)
        grads = gradient(self._namespace, run, target, sources, ct)
        if not self.persistent:
            self._end("used")
        return grads

    def value(self, tree: Any) -> Any:
        """The arrays under watched ones and under what was computed of them.

        Examples
        --------
        >>> import numpy
        >>> with Tape() as tape:
        ...     x = tape.watch(numpy.asarray([1.0, 2.0]))
        ...     y = x * x
        >>> tape.value({"y": y})
        {'y': array([1., 4.])}
        """
        return tree if self._namespace is None else optree.tree_map(self._namespace.unwrap, tree)


def gradient(namespace: Reverse, run: Callable[..., Any], target: Any, sources: Any, ct: Any) -> Any:
    """Cotangents of the arrays of a reverse namespace; `run` is the backward pass, as in ``pull_leaves``."""
    targets, target_def = optree.tree_flatten(target)
    targets = [_beneath(namespace, x) for x in targets]
    if ct is None:
        if len(targets) != 1 or getattr(targets[0], "shape", None) != () or kind(targets[0]) != "real floating":
            found = ", ".join(f"{x.dtype} {x.shape}" if hasattr(x, "dtype") else type(x).__name__ for x in targets)
            raise TypeError(
                "gradient needs one 0-d array of a real floating-point data type to differentiate, got "
                f"{found or 'nothing'}; sum or average it, or pass its cotangent, ct"
            )
        value = namespace.unwrap(targets[0])
        cts = [array_namespace(value).ones_like(value)]
    else:
        cts = directions("cotangent", "target", target_def, [namespace.unwrap(x) for x in targets], ct)

    def stand(x: Any) -> tuple[Any, Any]:
        if not is_variable(x):
            return None, x
        if not namespace.owns(x) or not x.varies():
            raise ValueError(
                f"a source of gradient, a {x.dtype} array of shape {x.shape}, was not watched: differentiate by the "
                "arrays that watch has returned, or by results computed of those"
            )
        return x.node, x.primal

    leaves, sources_def = optree.tree_flatten(sources)
    results = [(x.node, x.primal, t) if namespace.owns(x) else (None, x, t) for x, t in zip(targets, cts, strict=True)]
    return sources_def.unflatten(pull_leaves(run, namespace.common, results, [stand(x) for x in leaves]))


def _beneath(namespace: Reverse, x: Any) -> Any:
    """An array without the wrapping of tapes that were opened later and are closed."""
    while isinstance(x, ReverseArray) and x.namespace.level > namespace.level and x.namespace.closed:
        x = x.primal
    return x
