"""C buffers: memory that a store allocates or adopts, and lends to arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy
from numpy import ndarray

from . import pool
from .dtypes import canonical


@final
class Store:
    """One C buffer, owned or adopted, that any number of arrays may view.

    Make one with :meth:`allocate` or :meth:`adopt`; ``asarray(store.view(dtype, shape))`` is an array over it.

    Examples
    --------
    >>> import extensor as xp
    >>> store = xp.Store.adopt(bytearray(16))
    >>> x = xp.asarray(store.view(xp.float64, (2,)))
    >>> x[0] = 1.0
    >>> store.buffer.cast("d").tolist()
    [1.0, 0.0]
    """

    __slots__ = ("__weakref__", "buffer")

    buffer: memoryview
    """The bytes: one-dimensional, contiguous, format ``"B"``."""

    def __init__(self, buffer: memoryview) -> None:
        self.buffer = buffer

    @classmethod
    def allocate(cls, nbytes: int) -> Store:
        """Take `nbytes` of uninitialised memory, aligned to 64 bytes; large blocks come from :mod:`extensor.pool`.

        Raises
        ------
        ValueError
            If `nbytes` is negative.

        Examples
        --------
        >>> Store.allocate(100).address % 64
        0
        """
        if nbytes < 0:
            raise ValueError(f"a store cannot hold {nbytes} bytes; pass zero or more")
        recycled = nbytes >= pool.SMALLEST
        return cls((pool.empty((nbytes,), numpy.dtype(numpy.uint8)) if recycled else pool.block(nbytes)).data)

    @classmethod
    def adopt(cls, exporter: Any) -> Store:
        """Share the memory of `exporter` without a copy: bytes, bytearray, mmap, array.array, any C-contiguous buffer.

        The exporter stays alive, and in most cases cannot be resized, while the store or an array over it lives.

        Raises
        ------
        TypeError
            If `exporter` exports no buffer, or one that is not contiguous.

        Examples
        --------
        >>> Store.adopt(b"read only").readonly
        True
        """
        view = memoryview(exporter)
        if not view.c_contiguous:
            raise TypeError("a store adopts C-contiguous buffers only; copy this one first")
        # memoryview.cast refuses empty shapes and PEP 3118 codes that struct lacks; NumPy's view has no such gaps.
        flat = numpy.asarray(view).reshape(-1).view(numpy.uint8) if view.nbytes else numpy.empty(0, numpy.uint8)
        flat.flags.writeable = not view.readonly
        return cls(flat.data)

    @property
    def nbytes(self) -> int:
        """Size in bytes."""
        return self.buffer.nbytes

    @property
    def readonly(self) -> bool:
        """Whether arrays over this store refuse to be written to."""
        return self.buffer.readonly

    @property
    def name(self) -> str | None:
        """The name by which other processes :func:`attach` to the memory, or None if it is not shared."""
        owner: Any = self.buffer
        while isinstance(owner, memoryview | ndarray):
            owner = owner.obj if isinstance(owner, memoryview) else owner.base
        return owner.name if isinstance(owner, SharedBlock) else None

    @property
    def address(self) -> int:
        """Address of the first byte."""
        return int(numpy.frombuffer(self.buffer, numpy.uint8).ctypes.data) if self.nbytes else 0

    def view(
        self, dtype: Any, shape: Sequence[int], *, offset: int = 0, strides: Sequence[int] | None = None
    ) -> ndarray[Any, Any]:
        """A typed, strided NumPy view of the bytes from `offset` on; ``asarray`` takes it without a copy.

        Parameters
        ----------
        dtype : dtype
            Data type of the elements.
        shape : sequence of int
            Shape of the view.
        offset : int
            Byte at which the first element starts.
        strides : sequence of int, optional
            Bytes from one element to the next along each axis; by default those of a C-contiguous array.

        Raises
        ------
        TypeError
            If `dtype` is no data type.
        ValueError
            If the view would reach outside the store.

        Examples
        --------
        >>> Store.adopt(bytes(range(8))).view("uint8", (2, 2), offset=1, strides=(4, 1)).tolist()
        [[1, 2], [5, 6]]
        """
        shape, dtype = tuple(shape), canonical(dtype)
        if offset < 0:  # NumPy would read what lies in front of the buffer
            raise ValueError(f"offset must be zero or more bytes, not {offset}")
        try:
            return ndarray(shape, dtype, self.buffer, offset, strides)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{dtype} elements of shape {shape} from byte {offset} on do not fit into {self.nbytes} bytes: {error}"
            ) from error

    def __repr__(self) -> str:
        return f"<Store of {self.nbytes} bytes{', read-only' if self.readonly else ''}>"


class SharedBlock:
    """A block of shared memory that stays mapped until the last array over it dies.

    NumPy takes it by ``__array_interface__``, not as a buffer: ``SharedMemory`` cannot be closed while its buffer is
    exported, and an array lets go of a buffer only after everything else that it holds.
    """

    __slots__ = ("__weakref__", "_memory", "name")

    def __init__(self, memory: Any) -> None:
        self._memory = memory
        self.name = memory.name

    @property
    def __array_interface__(self) -> dict[str, Any]:
        block = numpy.frombuffer(self._memory.buf, numpy.uint8)
        return {"version": 3, "data": (block.ctypes.data, False), "shape": block.shape, "typestr": "|u1"}
