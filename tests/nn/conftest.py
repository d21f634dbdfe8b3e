"""A tiny data set in MNIST's format."""

from __future__ import annotations

import gzip
import struct

import numpy
import pytest


def idx(array):
    """The bytes of an IDX file."""
    array = numpy.asarray(array, dtype=numpy.uint8)
    return bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture
def mnist(tmp_path):
    """A folder like MNIST's, of three training and two test images of 4x5 pixels, half of the files gzipped."""
    rng = numpy.random.default_rng(0)
    for part, count in (("train", 3), ("t10k", 2)):
        images = rng.integers(0, 256, (count, 4, 5))
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(numpy.arange(count)))
    return tmp_path
