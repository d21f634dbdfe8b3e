"""The IDX format of MNIST's files."""

from __future__ import annotations

import gzip
import struct
import zlib
from typing import TypeAlias

import numpy

__all__ = ["Bytes", "parse_idx"]

Bytes: TypeAlias = numpy.ndarray[tuple[int, ...], numpy.dtype[numpy.uint8]]

_UNSIGNED_BYTE = 0x08


def parse_idx(name: str, content: bytes, axes: int) -> Bytes:
    """The array of an IDX file of unsigned bytes with ``axes`` axes, gzipped if its name ends in ``.gz``.

    The format: two zero bytes, a type code, the number of axes, each length as a big-endian 32-bit number, the data.

    Parameters
    ----------
    name
        Of the file; errors begin with it.
    content
        What is in it.
    axes
        How many axes the array must have.

    Raises
    ------
    ValueError
        If the file is damaged or holds something else.
    """
    if name.endswith(".gz"):
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(f"{name}: not a whole gzip file ({error})") from error
    magic = bytes((0, 0, _UNSIGNED_BYTE, axes))
    if content[:4] != magic:
        raise ValueError(f"{name}: starts with {content[:4].hex()}, expected {magic.hex()}, an IDX file of {axes} axes")
    header = 4 + 4 * axes
    if len(content) < header:
        raise ValueError(f"{name}: ends within its header, {len(content)} bytes, expected at least {header}")
    shape = struct.unpack(f">{axes}I", content[4:header])
    values = numpy.frombuffer(content, numpy.uint8, offset=header)
    expected = int(numpy.prod(shape, dtype=object))
    if len(values) != expected:
        raise ValueError(f"{name}: {len(values)} bytes of data, expected {expected} for shape {shape}")
    return values.reshape(shape)
