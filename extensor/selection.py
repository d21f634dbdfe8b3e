"""Selection by a mask as arithmetic of bits: NumPy's ``where`` branches at each element, and a random mask lets the
processor guess wrong at every other one.
"""

from __future__ import annotations

from math import copysign
from typing import Any

import numpy
from numpy import ndarray

from . import pool
from .large import GRAIN, LARGE, share

SMALL = 1 << 14
"""Elements: below, NumPy's ``where`` is faster."""

BLOCK = 1 << 14
"""Elements: few enough for what is between the steps to stay in the cache."""

_BITS: dict[int, Any] = {size: numpy.dtype(f"i{size}") for size in (1, 2, 4, 8)}
"""Integers by size in bytes."""


def where(mask: Any, x1: Any, x2: Any) -> Any:
    """``numpy.where(mask, x1, x2)``, where x1 and x2 are ndarrays or Python scalars."""
    if mask.size < SMALL or mask.dtype != bool or not mask.flags.c_contiguous:
        return numpy.where(mask, x1, x2)
    dtype = numpy.result_type(x1, x2)
    bits1, bits2 = _bits(x1, mask.shape, dtype), _bits(x2, mask.shape, dtype)
    if bits1 is None or bits2 is None or bits1 is bits2:
        return numpy.where(mask, x1, x2)
    out = pool.empty(mask.shape, dtype)
    bits, flags = _bits(out, mask.shape, dtype), mask.reshape(-1).view(numpy.int8)

    def run(at: tuple[slice, ...]) -> None:
        for start in range(at[0].start, at[0].stop, BLOCK):
            part = slice(start, min(start + BLOCK, at[0].stop))
            # All bits of an element, or none; a bool in a foreign buffer may be any byte but 0.
            selected = numpy.negative((flags[part] != 0).view(numpy.int8), dtype=bits.dtype)
            if bits2 is _ZERO:
                numpy.bitwise_and(bits1[part], selected, out=bits[part])
            elif bits1 is _ZERO:
                numpy.bitwise_and(bits2[part], ~selected, out=bits[part])
            else:
                differing = numpy.bitwise_xor(bits1[part], bits2[part])
                differing &= selected
                numpy.bitwise_xor(differing, bits2[part], out=bits[part])

    if out.nbytes < LARGE:
        run((slice(0, mask.size),))
    else:
        share(run, mask.size, GRAIN)
    return out


_ZERO = object()


def _bits(x: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """The elements as integers in a row; _ZERO for a scalar without a bit set; None where there is neither."""
    if type(x) is not ndarray:
        return _ZERO if type(x) is not complex and not x and copysign(1.0, x) > 0 else None
    if x.shape != shape or x.dtype != dtype or not x.flags.c_contiguous or dtype.itemsize not in _BITS:
        return None
    return x.reshape(-1).view(_BITS[dtype.itemsize])
