from __future__ import annotations

import gc
import threading

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import extensor
import nn

KINDS = {
    "arrays": lambda rows: rows,
    "examples": list,
    "stream": lambda rows: lambda: iter(rows),
}


def rng(seed=0):
    return numpy.random.default_rng(seed)


def epochs(loader, count=1):
    return [[batch.tolist() for batch in loader] for _ in range(count)]


@given(
    count=st.integers(0, 12),
    batch_size=st.integers(1, 5),
    drop_last=st.booleans(),
    prefetch=st.sampled_from([0, 1, 3]),
    shuffle=st.booleans(),
    kind=st.sampled_from(sorted(KINDS)),
)
@settings(max_examples=60, deadline=None)
def test_each_epoch_has_every_example_once(count, batch_size, drop_last, prefetch, shuffle, kind):
    shuffle = shuffle and kind != "stream"
    options = {"batch_size": batch_size, "drop_last": drop_last, "prefetch": prefetch, "shuffle": shuffle}
    loader = nn.DataLoader(KINDS[kind](numpy.arange(count)), rng=rng(), **options)
    for batches in epochs(loader, 2):
        sizes = [len(batch) for batch in batches]
        whole, rest = divmod(count, batch_size)
        assert sizes == [batch_size] * whole + ([rest] if rest and not drop_last else [])
        rows = [row for batch in batches for row in batch]
        assert len(set(rows)) == len(rows)
        if not shuffle:
            assert rows == list(range(len(rows)))
        if kind != "stream":
            assert len(loader) == len(sizes)


@given(
    before=st.integers(0, 3),
    within=st.integers(1, 4),
    prefetch=st.sampled_from([0, 2]),
    kind=st.sampled_from(sorted(KINDS)),
    bits=st.sampled_from([numpy.random.PCG64, numpy.random.MT19937, numpy.random.Philox]),
)
@settings(max_examples=40, deadline=None)
def test_a_state_within_an_epoch_continues_it_to_the_bit(before, within, prefetch, kind, bits):
    def make(seed):
        return nn.DataLoader(
            KINDS[kind](numpy.arange(11.0)),
            batch_size=3,
            shuffle=kind != "stream",
            rng=numpy.random.Generator(bits(seed)),
            prefetch=prefetch,
            transform=lambda rng, batch: batch + rng.normal(size=batch.shape),
        )

    expected = epochs(make(0), before + 2)
    first = make(0)
    epochs(first, before)
    batches = iter(first)
    for _ in range(within):
        next(batches)
    second = make(1)
    second.load_state_dict(first.state_dict())
    assert epochs(second, 2) == [expected[before][within:], expected[before + 1]]


def test_epochs_differ_and_follow_the_seed():
    def orders(seed):
        return epochs(nn.DataLoader(numpy.arange(50), batch_size=7, shuffle=True, rng=rng(seed)), 2)

    assert orders(1) == orders(1) != orders(2)
    assert orders(1)[0] != orders(1)[1]


def test_a_loop_that_was_left_is_not_continued():
    loader = nn.DataLoader(numpy.arange(6), batch_size=2)
    for _ in loader:
        break
    assert epochs(loader) == [[[0, 1], [2, 3], [4, 5]]]


def test_trees_of_arrays_of_any_namespace(xp):
    tree = {"x": xp.reshape(xp.arange(10), (5, 2)), "more": (numpy.arange(5), xp.arange(5))}
    batches = list(nn.DataLoader(tree, batch_size=3, shuffle=True, rng=rng()))
    assert [sorted(batch) for batch in batches] == [["more", "x"]] * 2
    for batch in batches:
        rows, same = batch["more"]
        assert type(rows) is numpy.ndarray
        assert type(batch["x"]) is type(tree["x"]) is type(same)
        assert_array_equal(numpy.asarray(batch["x"])[:, 0], 2 * rows)
        assert_array_equal(numpy.asarray(same), rows)


def test_batches_go_to_another_namespace(xp):
    loader = nn.DataLoader((numpy.ones((3, 2), dtype=numpy.float32), numpy.arange(3)), batch_size=2, xp=xp)
    for x, y in loader:
        assert type(x) is type(y) is type(xp.ones(1))
        assert x.dtype == xp.float32
        assert_array_equal(numpy.asarray(x), numpy.ones((y.shape[0], 2)))


def test_what_is_there_already_is_not_copied():
    x = numpy.arange(6.0)
    (batch,) = nn.DataLoader(x, batch_size=6, xp=numpy)
    assert numpy.shares_memory(batch, x)

    def take(self, indices, axis=None, out=None, mode="raise"):
        self.taken.append(len(indices))
        return super().take(indices, axis, out, mode)


@pytest.mark.parametrize("shuffle", [True, False])
def test_memory_maps(tmp_path, shuffle):
    values = numpy.arange(40, dtype=numpy.float32).reshape(10, 4)
    numpy.save(tmp_path / "x.npy", values)
    maps = {
        "numpy": numpy.load(tmp_path / "x.npy", mmap_mode="r"),
        "extensor": extensor.open_memmap(tmp_path / "x.npy"),
    }
    found = {}
    for name, mapped in maps.items():
        batches = list(nn.DataLoader(mapped, batch_size=4, shuffle=shuffle, rng=rng(), prefetch=1))
        found[name] = numpy.concatenate([numpy.asarray(batch) for batch in batches])
        if shuffle:
            assert not any(isinstance(batch, numpy.memmap) for batch in batches)
    expected = values[rng().permutation(10)] if shuffle else values
    for array in found.values():
        assert_array_equal(array, expected)


def test_a_large_file_is_not_read_for_a_batch(tmp_path):
    # A file of a terabyte, without content, on a machine with less memory.
    path = tmp_path / "large"
    try:
        mapped = numpy.memmap(path, numpy.float32, "w+", shape=(2**16, 2**22))
    except OSError:
        pytest.skip("no sparse files here")
    batch = next(iter(nn.DataLoader(mapped, batch_size=2, shuffle=True, rng=rng())))
    assert batch.shape == (2, 2**22)


def test_examples_are_stacked_in_their_structure():
    class Pairs:
        def __len__(self):
            return 3

        def __getitem__(self, i):
            if not 0 <= i < 3:
                raise IndexError(i)
            return {"x": numpy.full(2, float(i)), "y": i, "name": f"no. {i}"}

    first, second = nn.DataLoader(Pairs(), batch_size=2)
    assert_array_equal(first["x"], [[0, 0], [1, 1]])
    assert_array_equal(first["y"], [0, 1])
    assert first["name"] == ("no. 0", "no. 1")
    assert_array_equal(second["y"], [2])
    (lengths,) = nn.DataLoader(["a", "bcd"], collate=lambda texts: list(map(len, texts)))
    assert lengths == [1, 3]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"dataset": numpy.ones(3), "batch_size": 0}, ValueError, "batch_size must be 1 or more, got 0"),
        ({"dataset": numpy.ones(3), "batch_size": 2.0}, TypeError, "batch_size must be an integer, got 2.0"),
        ({"dataset": numpy.ones(3), "batch_size": "2"}, TypeError, "batch_size must be an integer, got '2'"),
        ({"dataset": numpy.ones(3), "prefetch": -1}, ValueError, "prefetch must be 0 or more"),
        ({"dataset": numpy.ones(3), "prefetch": 1.5}, TypeError, "prefetch must be an integer, got 1.5"),
        ({"dataset": numpy.ones(3), "rng": 0}, TypeError, r"rng must be a generator, .*default_rng\(0\), got 0"),
        ({"dataset": numpy.ones(3), "device": "cpu"}, ValueError, "device='cpu' needs xp="),
        ({"dataset": numpy.ones(3), "shuffle": True}, ValueError, r"shuffle=True needs .*default_rng\(seed\)"),
        ({"dataset": numpy.ones(3), "transform": max}, ValueError, "a transform needs a source of random numbers"),
        ({"dataset": (numpy.ones(3), numpy.ones(2))}, ValueError, r"as many rows each, got \[3, 2\]"),
        ({"dataset": numpy.asarray(3.0)}, ValueError, "must have rows"),
        ({"dataset": (numpy.ones(3), "x")}, TypeError, "expected arrays, .* got tuple of ndarray, str"),
        ({"dataset": 3}, TypeError, "got int"),
        ({"dataset": iter([1]), "shuffle": True, "rng": rng()}, TypeError, "cannot be shuffled; put them into arrays"),
        ({"dataset": numpy.ones(3), "collate": list}, TypeError, "use transform"),
    ],
)
def test_mistakes_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        nn.DataLoader(**arguments)


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ([numpy.ones(2), numpy.ones(3)], r"shapes \(2,\), \(3,\)"),
        ([(1, 2), (1, 2, 3)], "tuple arity mismatch"),
        ([{"x": 1}, {"y": 1}], "dictionary key mismatch"),
    ],
)
def test_examples_that_do_not_stack_are_named(examples, message):
    with pytest.raises(ValueError, match=f"examples of a batch must be alike.*: .*{message}.* pass collate="):
        list(nn.DataLoader(examples))


def test_a_stream_has_no_length():
    with pytest.raises(TypeError, match="no known number"):
        len(nn.DataLoader(iter([1, 2])))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"batch_size": 3}, "batch_size 2, expected 3"),
        ({"dataset": numpy.arange(5)}, "examples 4, expected 5"),
        ({"rng": numpy.random.Generator(numpy.random.MT19937(0))}, "generator PCG64, expected MT19937"),
        ({"rng": None}, "generator PCG64, expected None"),
    ],
)
def test_the_state_of_another_loader_is_refused(other, message):
    options = {"dataset": numpy.arange(4), "batch_size": 2, "rng": rng()}
    state = nn.DataLoader(**options).state_dict()
    with pytest.raises(ValueError, match=message):
        nn.DataLoader(**(options | other)).load_state_dict(state)


# The thread.


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("prefetch")]


def test_the_thread_is_ahead_by_as_much_as_it_may():
    made = []

    def examples():
        for i in range(20):
            made.append(i)
            yield i

    batches = iter(nn.DataLoader(examples, batch_size=1, prefetch=3))
    next(batches)
    # It has three more to make beside the one that was taken, and makes them in its own time.
    deadline = threading.Event()
    for _ in range(1000):
        if len(made) == 4:
            break
        deadline.wait(0.005)
    deadline.wait(0.05)
    assert len(made) == 4
    batches.close()
    assert not threads()


def test_the_thread_ends_with_the_loop_however_that_ends():
    loader = nn.DataLoader(numpy.arange(100), batch_size=1, prefetch=4)
    list(loader)
    assert not threads()
    for _ in loader:
        assert len(threads()) == 1
        break
    assert not threads()

    def leave():
        for _ in loader:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        leave()
    gc.collect()
    assert not threads()
    cycle = [iter(loader)]
    next(cycle[0])
    cycle.append(cycle)
    del cycle
    gc.collect()
    assert not threads()


def test_what_the_thread_raises_comes_in_its_place():
    def examples():
        yield from (1, 2, 3)
        raise OSError("the disk is gone")

    batches = iter(nn.DataLoader(examples, batch_size=1, prefetch=8))
    assert [next(batches).tolist() for _ in range(3)] == [[1], [2], [3]]
    with pytest.raises(OSError, match="the disk is gone"):
        next(batches)
    assert not threads()


def test_the_thread_keeps_the_policies_of_numpy():
    with numpy.errstate(divide="ignore"):
        loader = nn.DataLoader(
            numpy.zeros(4), batch_size=2, prefetch=1, rng=rng(), transform=lambda rng, batch: numpy.float64(1) / batch
        )
        assert numpy.isinf(numpy.concatenate(list(loader))).all()
