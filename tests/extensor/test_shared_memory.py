"""Shared memory: seen by every process that attaches, and gone when it should be."""

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest
from numpy.testing import assert_array_equal

import extensor as xp
from extensor.dtypes import DTYPES

ARRAYS = {
    "matrix": numpy.arange(6.0).reshape(2, 3),
    "transposed": numpy.arange(6.0).reshape(2, 3).T,
    "0-d": numpy.asarray(5.0),
    "empty": numpy.zeros((0, 3)),
}


def attached(x):
    return xp.attach(x.store.name, x.dtype, x.shape)


def run(code):
    """Standard output of a Python process that nobody has told of this one."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


@pytest.mark.parametrize("nd", ARRAYS.values(), ids=ARRAYS)
def test_share_and_attach(nd):
    x = xp.share(xp.asarray(nd))
    y = attached(x)
    assert_array_equal(numpy.asarray(x), nd, strict=True)
    assert_array_equal(numpy.asarray(y), nd, strict=True)
    y[...] = 7.0
    assert bool(xp.all(x == 7.0))
    assert not numpy.shares_memory(numpy.asarray(x), nd)


@pytest.mark.parametrize("name", [*DTYPES, "float16", "bfloat16"])
def test_every_dtype(name):
    x = xp.share(xp.ones((3,), dtype=name))
    y = attached(x)
    assert y.dtype is x.dtype
    assert y.buffer.tobytes() == x.buffer.tobytes()


def test_names():
    x = xp.share(xp.zeros(4))
    assert x[1:].store.name == x.store.name == attached(x).store.name
    assert xp.zeros(4).store.name is None
    assert (x + 1).store.name is None


def test_a_spawned_process_sees_and_is_seen():
    x = xp.share(xp.arange(4.0))
    code = "import extensor as xp; y = xp.attach(name, 'float64', (4,)); y *= 10; assert float(y[3]) == 30.0"
    process = multiprocessing.get_context("spawn").Process(target=exec, args=(code, {"name": x.store.name}))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert x.buffer.tolist() == [0.0, 10.0, 20.0, 30.0]
    assert attached(x).buffer.tolist() == x.buffer.tolist()


def test_an_unrelated_process_leaves_the_name_alone():
    x = xp.share(xp.arange(4.0))
    seen = run(f"import extensor as xp; y = xp.attach({x.store.name!r}, 'float64', (4,)); y[0] = 5; print(y)")
    assert seen == "[5. 1. 2. 3.]"
    assert attached(x).buffer.tolist() == [5.0, 1.0, 2.0, 3.0]


def test_the_end_of_the_creator_takes_the_name_away():
    name = run("import extensor as xp; x = xp.share(xp.zeros(3)); print(x.store.name)")
    with pytest.raises(FileNotFoundError, match="no such shared memory"):
        xp.attach(name, xp.float64, (3,))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
def test_a_fork_of_the_creator_leaves_the_name_alone():
    run(
        "import extensor as xp, os\n"
        "x = xp.share(xp.zeros(3))\n"
        "name = x.store.name\n"
        "if pid := os.fork():\n"
        "    os.waitpid(pid, 0)\n"
        "    assert xp.attach(name, 'float64', (3,)).buffer.tolist() == [1.0, 1.0, 1.0]\n"
        "else:\n"
        "    x += 1\n"
        "    del x\n"
    )


def test_memory_stays_while_a_view_of_it_lives():
    x = xp.share(xp.arange(4.0))
    name, last, lent = x.store.name, x[3:], x.buffer
    del x
    assert xp.attach(name, xp.float64, (4,)).buffer.tolist() == [0.0, 1.0, 2.0, 3.0]
    there = xp.attach(name, xp.float64, (4,))
    del last
    assert lent.tolist() == [0.0, 1.0, 2.0, 3.0]
    del lent
    with pytest.raises(FileNotFoundError):
        xp.attach(name, xp.float64, (4,))
    there[0] = 9.0
    assert there.buffer.tolist() == [9.0, 1.0, 2.0, 3.0]


def test_the_block_must_be_large_enough():
    x = xp.share(xp.zeros(4))
    with pytest.raises(ValueError, match="do not fit"):
        xp.attach(x.store.name, xp.float64, (1 << 20,))
    with pytest.raises(TypeError, match="data type"):
        xp.attach(x.store.name, "text", (1,))
    with pytest.raises(FileNotFoundError, match="keep its array alive"):
        xp.attach("nobody_shares_this", xp.float64, (1,))


def test_eight_threads():
    x = xp.share(xp.zeros((8, 1000)))

    def work(row):
        for step in range(100):
            y = attached(x)
            y[row, :] += 1.0
            own = xp.share(y[row, :])
            assert bool(xp.all(attached(own) == step + 1.0))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert bool(xp.all(x == 100.0))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="the platform does not list open files")
def test_nothing_is_left_behind():
    xp.share(xp.zeros(1))  # starts the resource tracker
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(2000):
        attached(xp.share(xp.zeros(1)))
    assert len(os.listdir("/proc/self/fd")) == before
