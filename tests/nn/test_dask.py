"""Networks over arrays that Dask keeps in chunks along the batch: lazy, chunk by chunk, and of the same values."""

from __future__ import annotations

import copy

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nn
from autodiff import import_namespace

dask = pytest.importorskip("dask")
arrays = pytest.importorskip("dask.array")
ROWS, CHUNKS = 10, (4, 4, 2)


@pytest.fixture
def nothing_is_computed():
    def refuse(*args, **kwargs):
        raise AssertionError("a lazy array was computed")

    with dask.config.set(scheduler=refuse):
        yield


def data():
    rng = numpy.random.default_rng(1)
    return rng.normal(size=(ROWS, 3)), rng.integers(0, 2, ROWS)


def in_chunks(array):
    return arrays.from_array(array, chunks=(CHUNKS, *array.shape[1:]))


def network(seed=0):
    kinds = {"rng": numpy.random.default_rng(seed), "xp": numpy, "dtype": numpy.float64}
    return nn.Sequential(nn.Linear(3, 8, **kinds), nn.LayerNorm(8, xp=numpy), nn.GELU(), nn.Linear(8, 2, **kinds))


def lazy(model):
    model = copy.deepcopy(model)
    model.to(import_namespace("dask.array"))
    return model


def probabilities(labels):
    """Of two classes, 1 for the right one; computes nothing of lazy labels."""
    return (labels[:, None] == numpy.arange(2)).astype(numpy.float64)


@pytest.mark.usefixtures("nothing_is_computed")
def test_inference_is_lazy_and_keeps_the_chunks():
    model = network()
    x, _ = data()
    out = lazy(model)(in_chunks(x))
    assert isinstance(out, arrays.Array)
    assert out.chunks == (CHUNKS, (2,))
    assert_allclose(out.compute(scheduler="sync"), model(x), rtol=1e-12)
    assert_allclose(nn.softmax(out).compute(scheduler="sync"), nn.softmax(model(x)), rtol=1e-12)


def test_weights_of_numpy_are_applied_chunk_by_chunk():
    model = network()
    x, _ = data()
    seen = []

    def of_a_chunk(chunk):
        seen.append(chunk.shape[0])
        return model(chunk)

    out = arrays.map_blocks(of_a_chunk, in_chunks(x), dtype=x.dtype, chunks=(CHUNKS, 2), meta=numpy.empty((0, 2)))
    assert not seen
    assert_allclose(out.compute(scheduler="sync"), model(x), rtol=1e-12)
    assert sorted(seen) == sorted(CHUNKS)


def squares(model, x, labels):
    return nn.mse(model(x), probabilities(labels))


def entropy(model, x, labels):
    return nn.cross_entropy(model(x), probabilities(labels))


@pytest.mark.parametrize("loss", [squares, entropy])
@pytest.mark.usefixtures("nothing_is_computed")
def test_losses_and_gradients_are_lazy(loss):
    model = network()
    x, labels = data()
    value, grads = nn.value_and_grad(loss)(lazy(model), in_chunks(x), in_chunks(labels))
    assert all(isinstance(array, arrays.Array) for array in (value, *grads.values()))
    expected, expected_grads = nn.value_and_grad(loss)(model, x, labels)
    with dask.config.set(scheduler="sync"):
        found, found_grads = dask.compute(value, grads)
    assert_allclose(found, expected, rtol=1e-12)
    assert found_grads.keys() == expected_grads.keys()
    for name, grad in expected_grads.items():
        assert_allclose(found_grads[name], grad, rtol=1e-9, atol=1e-12, err_msg=name)


def test_probabilities_are_class_numbers():
    model = network()
    x, labels = data()
    assert_allclose(entropy(model, x, labels), nn.cross_entropy(model(x), labels), rtol=1e-12)


def test_a_model_of_numpy_trains_on_chunks_and_reads_those_of_a_batch():
    x, labels = data()
    read = []

    def note(chunk, block_info=None):
        if block_info:
            read.append(block_info[0]["chunk-location"][0])
        return chunk

    noted = arrays.map_blocks(note, in_chunks(x), dtype=x.dtype, meta=numpy.empty((0, 3)))
    first = next(iter(nn.DataLoader((noted, in_chunks(labels)), batch_size=4, xp=numpy)))
    assert_array_equal(first[0], x[:4])
    assert read == [0]

    def trained(*data):
        model = network()
        options = {"epochs": 2, "batch_size": 4, "rng": numpy.random.default_rng(0), "progress": False}
        history = nn.fit(model, nn.Adam(0.01), data, validation=data, metrics=[nn.accuracy], **options)
        return model, history.rows

    (model, rows), (expected, expected_rows) = trained(in_chunks(x), in_chunks(labels)), trained(x, labels)
    assert rows == expected_rows
    assert_array_equal(model[0].weight, expected[0].weight)


def test_weights_of_numpy_do_not_meet_lazy_arrays_by_chance():
    with pytest.raises(TypeError, match=r"arrays of \w+ and of \w+ cannot meet"):
        network()(in_chunks(data()[0]))
