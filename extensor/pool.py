"""Recycled memory for large results.

Freshly mapped pages cost about as much as the operation that fills them. Blocks above :data:`SMALLEST` bytes are
therefore kept when the last array over them dies, up to a limit, and lent again.

The pool is process-wide. Blocks may be taken and given back from any thread.
"""

from __future__ import annotations

import os
import threading
from math import prod
from typing import Any

import numpy

__all__ = ["clear", "empty", "held", "limit"]

ALIGNMENT = 64
"""Bytes: a cache line, and the widest vector register of common processors."""

SMALLEST = 4 << 20
"""Bytes: below, the C library's allocator recycles memory well enough by itself."""

_lock = threading.RLock()  # reentrant: a garbage collection inside may give a block back


def _unlock() -> None:
    """A forked child has no thread that would release what another held at the fork."""
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock)

_free: dict[int, list[Any]] = {}
_held = 0
_limit = 1 << 29


def block(nbytes: int) -> Any:
    """Fresh, aligned, uninitialised bytes as an ndarray."""
    memory = numpy.empty(nbytes + ALIGNMENT, numpy.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + nbytes]


class _Loan:
    """What arrays over a pooled block hold on to, so that the block returns when the last of them dies."""

    __slots__ = ("__array_interface__", "memory")

    def __init__(self, memory: Any) -> None:
        self.memory = memory
        self.__array_interface__ = memory.__array_interface__

    def __del__(self) -> None:
        _give_back(self.memory)


def empty(shape: tuple[int, ...], dtype: Any) -> Any:
    """An uninitialised, C-contiguous ndarray, over a recycled block where it is large.

    Examples
    --------
    >>> empty((2, 3), numpy.dtype("float64")).shape
    (2, 3)
    """
    nbytes = prod(shape) * dtype.itemsize
    if nbytes < SMALLEST:
        return numpy.empty(shape, dtype)
    return numpy.ndarray(shape, dtype, numpy.asarray(_Loan(_take(_size_class(nbytes)))))


def _size_class(nbytes: int) -> int:
    """Next size of which there are eight to each power of two, so that sizes alike share blocks."""
    step = 1 << max(nbytes.bit_length() - 4, 0)
    return -(-nbytes // step) * step


def _take(size: int) -> Any:
    global _held
    with _lock:
        if _free.get(size):
            _held -= size
            return _free[size].pop()
    return block(size)


def _give_back(memory: Any) -> None:
    global _held
    with _lock:
        if _held + memory.size <= _limit:
            _held += memory.size
            _free.setdefault(memory.size, []).append(memory)


def held() -> int:
    """Bytes that the pool keeps for later, in use by no array."""
    return _held


def limit(nbytes: int | None = None) -> int:
    """Bytes that the pool may keep; set them first, if given. 0 turns recycling off.

    Parameters
    ----------
    nbytes : int, optional
        New limit; 512 MiB at the start.

    Returns
    -------
    int
        The limit.

    Raises
    ------
    ValueError
        If `nbytes` is negative.

    Examples
    --------
    >>> before = limit()
    >>> limit(0), held()
    (0, 0)
    >>> limit(before) == before
    True
    """
    global _limit
    if nbytes is not None:
        if nbytes < 0:
            raise ValueError(f"a pool cannot hold {nbytes} bytes; pass zero or more")
        _limit = nbytes
        if _held > _limit:
            clear()
    return _limit


def clear() -> None:
    """Give every kept block back to the system; blocks in use are not touched."""
    global _held
    with _lock:
        _free.clear()
        _held = 0
