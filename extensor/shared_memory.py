"""Arrays in shared memory, which other processes map by its name: an extension of the standard."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Sequence
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy

from .array import ExTensor, unwrap, wrap
from .dtypes import DType
from .store import SharedBlock, Store

if TYPE_CHECKING:
    from multiprocessing.shared_memory import SharedMemory


def share(x: Any, /) -> ExTensor:
    """Copy `x` into a new block of shared memory, to which other processes :func:`attach` by ``x.store.name``.

    The process that shares takes the name away when its last array over the block dies, at the latest when it ends;
    a process that is killed leaves that to Python's resource tracker. The memory itself stays, in each process that
    has attached, until that process drops its last array over it. Pickling copies the elements: send the name, the
    data type and the shape instead. Who writes when is for the processes to agree upon.

    Parameters
    ----------
    x : ExTensor
        What to share: ``share(xp.zeros(shape))`` for a block to fill later.

    Returns
    -------
    ExTensor
        C-contiguous array of the same elements.

    Raises
    ------
    OSError
        If there is no more shared memory to be had.

    Examples
    --------
    >>> import extensor as xp
    >>> x = xp.share(xp.zeros((2, 2)))
    >>> there = xp.attach(x.store.name, x.dtype, x.shape)  # in another process
    >>> there[0, 1] = 5.0
    >>> x
    ExTensor([[0., 5.],
              [0., 0.]], dtype=float64)
    """
    from multiprocessing.shared_memory import SharedMemory  # imported late: it takes a third of NumPy's time

    nd = unwrap(x)
    memory = SharedMemory(create=True, size=max(nd.nbytes, 1))
    block = SharedBlock(memory)
    weakref.finalize(block, _unlink, memory, os.getpid())
    array = _view(block, nd.dtype, nd.shape)
    array._nd[...] = nd
    return array


def attach(name: str, dtype: Any, shape: Sequence[int]) -> ExTensor:
    """An array over the shared memory that another process made with :func:`share`.

    Parameters
    ----------
    name : str
        Its ``x.store.name``.
    dtype : dtype
        Its data type.
    shape : tuple of int
        Its shape.

    Returns
    -------
    ExTensor
        Array that sees what any process writes.

    Raises
    ------
    FileNotFoundError
        If nothing is shared under that name, or no longer.
    ValueError
        If the block is too small.

    Examples
    --------
    >>> import extensor as xp
    >>> x = xp.share(xp.asarray([1, 2, 3]))
    >>> xp.attach(x.store.name, xp.int64, (3,))
    ExTensor([1, 2, 3], dtype=int64)
    """
    try:
        memory = _open(name)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            error.errno, "no such shared memory; the process that shared it must keep its array alive", name
        ) from error
    return _view(SharedBlock(memory), dtype, shape)


def _view(block: SharedBlock, dtype: DType, shape: Sequence[int]) -> ExTensor:
    return wrap(Store.adopt(numpy.asarray(block)).view(dtype, shape))


def _unlink(memory: SharedMemory, creator: int) -> None:
    """Take the name away, unless this process is a fork of the one that gave it."""
    if os.getpid() == creator:
        with suppress(FileNotFoundError):
            memory.unlink()


_TRACKER = Lock()


def _open(name: str) -> SharedMemory:
    """Map shared memory without making this process's resource tracker take away another's name."""
    from multiprocessing.shared_memory import SharedMemory

    if sys.version_info >= (3, 13):
        return SharedMemory(name, track=False)

    from multiprocessing import resource_tracker

    def register(registered: Any, kind: str) -> None:
        if registered.lstrip("/") != name.lstrip("/"):
            original(registered, kind)

    with _TRACKER:
        original = resource_tracker.register
        resource_tracker.register = register  # type: ignore[assignment]
        try:
            return SharedMemory(name)
        finally:
            resource_tracker.register = original
