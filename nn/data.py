"""Small data sets of handwritten digits, and minibatches."""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy

from autodiff import array_namespace
from nn.namespaces import Array, Namespace, index_dtype, namespace_or_default

__all__ = ["Dataset", "load_digits", "load_mnist", "minibatches"]

_UNSIGNED_BYTE = 0x08


class Dataset(NamedTuple):
    """Images in [0, 1], float32, shape (count, height, width), and their class numbers, to train on and to test on."""

    train_images: Array
    train_labels: Array
    test_images: Array
    test_labels: Array

    def to_namespace(self, xp: Namespace) -> Dataset:
        """The same data as arrays of ``xp``."""
        xp = namespace_or_default(xp)
        dtypes = (xp.float32, index_dtype(xp)) * 2
        return Dataset(*(xp.asarray(field, dtype=dtype) for field, dtype in zip(self, dtypes, strict=True)))


def load_digits(test_fraction: float = 0.2, seed: int = 0) -> Dataset:
    """The 1,797 handwritten 8x8 digits that ship with the package, with a random part held out for testing.

    Parameters
    ----------
    test_fraction
        Share of the digits to hold out.
    seed
        Says which digits are held out.

    Notes
    -----
    Source: "Optical Recognition of Handwritten Digits", E. Alpaydin and C. Kaynak, UCI Machine Learning Repository,
    1998, DOI 10.24432/C50P49. Licence: CC BY 4.0.

    Examples
    --------
    >>> digits = load_digits()
    >>> digits.train_images.shape, digits.test_images.shape
    ((1438, 8, 8), (359, 8, 8))
    """
    with resources.as_file(resources.files("nn") / "data_files" / "digits.idx.gz") as path:
        rows = read_idx(path, axes=2)
    rows = numpy.random.default_rng(seed).permutation(rows)
    images = (rows[:, :-1].reshape(-1, 8, 8) / 16).astype(numpy.float32)
    labels = rows[:, -1].astype(numpy.int64)
    held_out = round(test_fraction * len(rows))
    return Dataset(images[held_out:], labels[held_out:], images[:held_out], labels[:held_out])


def load_mnist(folder: str | os.PathLike[str]) -> Dataset:
    """MNIST, or a set in its format such as Fashion-MNIST, from the usual four IDX files, gzipped or not.

    The files are ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte`` and
    ``t10k-labels-idx1-ubyte``; each may end in ``.gz``.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file is damaged, or images and labels differ in number.
    """
    fields: list[Array] = []
    for part in ("train", "t10k"):
        images_path = _plain_or_gzipped(Path(folder), f"{part}-images-idx3-ubyte")
        labels_path = _plain_or_gzipped(Path(folder), f"{part}-labels-idx1-ubyte")
        images, labels = read_idx(images_path, axes=3), read_idx(labels_path, axes=1)
        if len(images) != len(labels):
            raise ValueError(f"{labels_path}: {len(labels)} labels, expected {len(images)}, one per image")
        fields += [(images / 255).astype(numpy.float32), labels.astype(numpy.int64)]
    return Dataset(*fields)


def read_idx(path: str | os.PathLike[str], axes: int) -> numpy.ndarray[tuple[int, ...], numpy.dtype[numpy.uint8]]:
    """Read an IDX file of unsigned bytes with ``axes`` axes, gzipped if its name ends in ``.gz``.

    The format: two zero bytes, a type code, the number of axes, each length as a big-endian 32-bit number, the data.
    """
    content = Path(path).read_bytes()
    if Path(path).suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(f"{path}: not a whole gzip file ({error})") from error
    magic = bytes((0, 0, _UNSIGNED_BYTE, axes))
    if content[:4] != magic:
        raise ValueError(f"{path}: starts with {content[:4].hex()}, expected {magic.hex()}, an IDX file of {axes} axes")
    header = 4 + 4 * axes
    if len(content) < header:
        raise ValueError(f"{path}: ends within its header, {len(content)} bytes, expected at least {header}")
    shape = struct.unpack(f">{axes}I", content[4:header])
    values = numpy.frombuffer(content, numpy.uint8, offset=header)
    expected = int(numpy.prod(shape, dtype=object))
    if len(values) != expected:
        raise ValueError(f"{path}: {len(values)} bytes of data, expected {expected} for shape {shape}")
    return values.reshape(shape)


def minibatches(*arrays: Array, batch_size: int, rng: numpy.random.Generator) -> Iterator[tuple[Array, ...]]:
    """One pass over the rows of ``arrays`` in random order, ``batch_size`` at a time; the last batch may be shorter.

    Examples
    --------
    >>> import numpy
    >>> x, y = numpy.arange(5), numpy.arange(5) * 10
    >>> for batch in minibatches(x, y, batch_size=2, rng=numpy.random.default_rng(0)):
    ...     print(*batch)
    [2 4] [20 40]
    [3 0] [30  0]
    [1] [10]
    """
    xp = array_namespace(*arrays)
    count = arrays[0].shape[0]
    if batch_size < 1:
        raise ValueError(f"batch_size must be 1 or more, got {batch_size}")
    if any(array.shape[0] != count for array in arrays):
        raise ValueError(f"arrays must have as many rows each, got {[array.shape[0] for array in arrays]}")
    order = xp.asarray(rng.permutation(count), dtype=index_dtype(xp))
    shuffled = [xp.take(array, order, axis=0) for array in arrays]
    for start in range(0, count, batch_size):
        # The standard leaves a slice beyond the end undefined.
        stop = min(start + batch_size, count)
        yield tuple(array[start:stop, ...] for array in shuffled)


def _plain_or_gzipped(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise FileNotFoundError(f"{folder / name}: no such file, nor with .gz")
