"""Padding of images at their edges."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autodiff import array_namespace
from autodiff.namespaces import device_of
from nn.namespaces import Array, Namespace

__all__ = ["pad"]


def _part(x: Array, axis: int, start: int, stop: int) -> Array:
    return x[(*[slice(None)] * axis, slice(start, stop), ...)]


def _repeated(xp: Namespace, x: Array, axis: int, count: int) -> Array:
    return xp.broadcast_to(x, (*x.shape[:axis], count, *x.shape[axis + 1 :]))


def _reflect(xp: Namespace, x: Array, axis: int, before: int, after: int) -> tuple[Array, Array]:
    n = x.shape[axis]
    parts = _part(x, axis, 1, before + 1), _part(x, axis, n - 1 - after, n - 1)
    return xp.flip(parts[0], axis=axis), xp.flip(parts[1], axis=axis)


def _replicate(xp: Namespace, x: Array, axis: int, before: int, after: int) -> tuple[Array, Array]:
    n = x.shape[axis]
    return (
        _repeated(xp, _part(x, axis, 0, 1), axis, before),
        _repeated(xp, _part(x, axis, n - 1, n), axis, after),
    )


def _circular(xp: Namespace, x: Array, axis: int, before: int, after: int) -> tuple[Array, Array]:
    n = x.shape[axis]
    return _part(x, axis, n - before, n), _part(x, axis, 0, after)


_EDGES: dict[str, Callable[..., tuple[Array, Array]]] = {
    "reflect": _reflect,
    "replicate": _replicate,
    "circular": _circular,
}
"""What comes before the first and after the last element of an axis."""

_LONGEST: dict[str, Callable[[int], float]] = {
    "constant": lambda n: float("inf"),
    "reflect": lambda n: n - 1,
    "replicate": lambda n: float("inf") if n else 0,
    "circular": lambda n: n,
}
"""How much padding an axis of n elements has enough elements for."""

MODES = tuple(_LONGEST)


def _cropped(x: Array, axis: int, before: int, after: int) -> tuple[Array, int, int]:
    """The array without what negative numbers take away, and what is left of these."""
    n = x.shape[axis]
    if min(before, after) < 0:
        if n + min(before, 0) + min(after, 0) < 0:
            raise ValueError(f"an axis of {n} elements is too short for a padding of {before} and {after}")
        x = _part(x, axis, max(-before, 0), n - max(-after, 0))
    return x, max(before, 0), max(after, 0)


def pad(x: Array, padding: Sequence[int], mode: str = "constant", value: float = 0.0) -> Array:
    """Add elements before and after those of an array, along its last axes.

    Parameters
    ----------
    x : array
        Array of any shape.
    padding : sequence of int
        How many elements come before and after the last axis, then the one before it, and so on, as in PyTorch.
        Negative numbers take as many away, with the mode "constant".
    mode : {"constant", "reflect", "replicate", "circular"}
        What they are: `value`, the elements mirrored at the edge, which itself is not repeated, the edge, or the
        elements from the other end.
    value : float
        What to fill with if `mode` is "constant".

    Returns
    -------
    array
        Of the data type of `x`.

    Raises
    ------
    ValueError
        If there is no such mode, `padding` has an odd length, more pairs than axes or negative numbers for another mode
        than "constant", or an axis has too few elements for it.

    Examples
    --------
    >>> import numpy
    >>> x = numpy.asarray([[1.0, 2.0, 3.0]])
    >>> pad(x, (1, 2))
    array([[0., 1., 2., 3., 0., 0.]])
    >>> pad(x, (1, 2), "reflect")
    array([[2., 1., 2., 3., 2., 1.]])
    """
    xp = array_namespace(x)
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}, got {mode!r}")
    if len(padding) % 2 or len(padding) > 2 * x.ndim or (mode != "constant" and min(padding, default=0) < 0):
        raise ValueError(
            "padding must have a pair of numbers for each of the last axes, of at least 0 unless the mode is "
            f"'constant', got {tuple(padding)} for an array of shape {tuple(x.shape)}"
        )
    for i, (before, after) in enumerate(zip(padding[::2], padding[1::2], strict=True)):
        axis = x.ndim - 1 - i
        if not before and not after:
            continue
        if max(before, after) > _LONGEST[mode](x.shape[axis]):
            raise ValueError(
                f"an axis of {x.shape[axis]} elements is too short for a {mode} padding of {before} and {after}"
            )
        if mode == "constant":
            x, before, after = _cropped(x, axis, before, after)
            fill = xp.full((1,) * x.ndim, value, dtype=x.dtype, device=device_of(x))
            shapes = [(*x.shape[:axis], count, *x.shape[axis + 1 :]) for count in (before, after)]
            first, last = (xp.broadcast_to(fill, shape) for shape in shapes)
        else:
            first, last = _EDGES[mode](xp, x, axis, before, after)
        x = xp.concat([first, x, last], axis=axis)
    return x
