"""Large arrays: results in recycled memory, and the work shared among threads.

NumPy lets other threads run while a ufunc computes, so a large operation is cut into one part for each thread. Cuts
lie at multiples of :data:`GRAIN` elements, and reductions add up parts of a fixed size, so the number of threads never
changes a bit of the result.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from itertools import pairwise
from operator import index
from typing import TYPE_CHECKING, Any

import numpy
from numpy import ndarray
from numpy.lib.array_utils import normalize_axis_tuple

from . import pool

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

__all__ = ["get_num_threads", "set_num_threads"]

LARGE = pool.SMALLEST
"""Bytes: from here on results are in recycled memory, and an operation takes as long as it takes to wake a thread."""

LARGE_REDUCED = 8 * LARGE
"""The same for reductions, which write nothing and so do more in that time."""

GRAIN = 64
"""Elements: a whole number of vector registers of every data type."""

PART = 1 << 20
"""Elements that a reduction adds up at a time."""

_threads = 1
_executor: ThreadPoolExecutor | None = None


def get_num_threads() -> int:
    """Number of threads among which a large operation is shared."""
    return _threads


def set_num_threads(number: int) -> None:
    """Share each large operation among this many threads, 1 for none beside the caller's.

    At the start it is the number of processors that the process may use, or the environment variable
    ``EXTENSOR_NUM_THREADS``. Results do not depend on it, to the last bit.

    Raises
    ------
    ValueError
        If `number` is below one.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.set_num_threads(1)
    >>> xp.get_num_threads()
    1
    """
    global _threads, _executor
    number = index(number)
    if number < 1:
        raise ValueError(f"the number of threads must be 1 or more, got {number}")
    # An executor that nobody holds any more ends its threads by itself; a running operation may still hold the old one.
    _executor, _threads = None, number


def _forget_threads() -> None:
    """A forked child has none of its parent's threads."""
    global _executor
    _executor = None


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)

try:
    set_num_threads(int(os.environ.get("EXTENSOR_NUM_THREADS") or _processors()))
except ValueError as error:
    raise ValueError(f"the environment variable EXTENSOR_NUM_THREADS must be a number from 1 on: {error}") from None


def share(run: Callable[[tuple[slice, ...]], object], length: int, grain: int, *, axis: int = 0) -> None:
    """Call ``run`` with the index of a part along an axis, one part in each thread, cut at multiples of `grain`."""
    before = (slice(None),) * axis
    threads = min(_threads, length // grain)
    if threads <= 1:
        run((*before, slice(0, length)))
        return
    cuts = [length * i // threads // grain * grain for i in range(threads)] + [length]
    first, *rest = [(*before, slice(*cut)) for cut in pairwise(cuts)]
    try:
        # A copy of the context for each, so that numpy.errstate of the caller rules there too.
        executor = _workers()
        others = [executor.submit(copy_context().run, run, part) for part in rest]
    except RuntimeError:  # the interpreter shuts down and starts no thread any more
        run((*before, slice(0, length)))
        return
    try:
        run(first)
    finally:
        for other in others:
            other.exception()
    for other in others:
        other.result()


def _workers() -> ThreadPoolExecutor:
    global _executor
    executor = _executor
    if executor is None:
        from concurrent.futures import ThreadPoolExecutor  # imported late: it takes a tenth of NumPy's time

        executor = _executor = ThreadPoolExecutor(max(1, _threads - 1), "extensor")
    return executor


def kernel(ufunc: Any) -> Callable[..., Any]:
    """What to run for large operands in place of a kernel: itself, unless it is a ufunc of single elements."""
    if type(ufunc) is numpy.ufunc and ufunc.signature is None and ufunc.nout == 1:
        return partial(elementwise, ufunc)
    return ufunc  # type: ignore[no-any-return]


def unary(ufunc: Any, x: Any) -> Any:
    """``ufunc(x)`` for an ndarray, large or not."""
    return ufunc(x) if x.nbytes < LARGE else elementwise(ufunc, x)


def elementwise(ufunc: Any, *operands: Any, out: Any = None) -> Any:
    """``ufunc(*operands, out=out)`` for large operands: ndarrays and Python scalars."""
    arrays = [x for x in operands if type(x) is ndarray]
    if any(x.dtype.kind not in "biufc" for x in arrays):
        return ufunc(*operands, out=out)
    shape = numpy.broadcast_shapes(*[x.shape for x in arrays])
    if out is None:
        kinds = [numpy.dtype(bool) if type(x) is bool else getattr(x, "dtype", type(x)) for x in operands]
        out = pool.empty(shape, ufunc.resolve_dtypes((*kinds, None))[-1])
    elif out.shape != shape or any(numpy.may_share_memory(x, out) and x is not out for x in arrays):
        return ufunc(*operands, out=out)
    if all(x.shape == shape and x.flags.c_contiguous for x in (*arrays, out)):
        target, axis, length = out.reshape(-1), 0, out.size
        operands = tuple([x.reshape(-1) if type(x) is ndarray else x for x in operands])
    else:
        target, length = out, max(shape)
        axis = shape.index(length)
        operands = tuple([numpy.broadcast_to(x, shape) if type(x) is ndarray else x for x in operands])

    def run(at: tuple[slice, ...]) -> None:
        ufunc(*[x[at] if type(x) is ndarray else x for x in operands], out=target[at])

    share(run, length, GRAIN, axis=axis)
    return out


def reduction(ufunc: Any, x: Any, axis: int | tuple[int, ...] | None, dtype: Any, keepdims: bool) -> Any:
    """``ufunc.reduce(x, axis, dtype, keepdims=keepdims)`` for a large `x`."""
    axis = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    kept = [i for i in range(x.ndim) if i not in axis]
    if not kept and x.flags.c_contiguous:
        return _total(ufunc, x.reshape(-1), dtype).reshape((1,) * x.ndim if keepdims else ())
    if not kept:
        return ufunc.reduce(x, axis=axis, dtype=dtype, keepdims=keepdims)
    longest = max(kept, key=x.shape.__getitem__)
    shape = [1 if i in axis else n for i, n in enumerate(x.shape)]
    out = numpy.empty(shape, ufunc.reduce(x[(slice(0, 1),) * x.ndim], axis=axis, dtype=dtype).dtype)

    def run(at: tuple[slice, ...]) -> None:
        ufunc.reduce(x[at], axis=axis, dtype=dtype, keepdims=True, out=out[at])

    share(run, x.shape[longest], GRAIN, axis=longest)
    return out if keepdims else out.squeeze(axis)


def _total(ufunc: Any, flat: Any, dtype: Any) -> Any:
    parts = -(-flat.size // PART)
    totals = numpy.empty(parts, ufunc.reduce(flat[:1], dtype=dtype).dtype)

    def run(at: tuple[slice, ...]) -> None:
        for i in range(at[0].start, at[0].stop):
            totals[i] = ufunc.reduce(flat[i * PART : (i + 1) * PART], dtype=dtype)

    share(run, parts, 1)
    return numpy.asarray(ufunc.reduce(totals, dtype=dtype))


def copy(source: Any, target: Any) -> None:
    """``target[...] = source`` for large arrays of one shape, in which a cast may lose range or precision."""
    axis = target.shape.index(max(target.shape))

    def run(at: tuple[slice, ...]) -> None:
        numpy.copyto(target[at], source[at], casting="unsafe")

    share(run, target.shape[axis], GRAIN, axis=axis)
