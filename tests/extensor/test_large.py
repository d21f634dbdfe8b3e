"""Large operations: the same results as NumPy's, to the last bit for any number of threads, in recycled memory."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading

import numpy
import pytest

import extensor as xp
from extensor import large, pool

RNG = numpy.random.default_rng(0)
SIZE = 2_000_003  # no multiple of anything that a kernel or a cut may like
VALUES = {
    dtype: (RNG.standard_normal(SIZE) * 3).astype(dtype) for dtype in ("float32", "float64", "complex64", "int32")
}


@pytest.fixture(autouse=True)
def _settings():
    threads, limit = large.get_num_threads(), pool.limit()
    yield
    large.set_num_threads(threads)
    pool.limit(limit)


@pytest.mark.parametrize("dtype", VALUES)
@pytest.mark.parametrize("name", ["add", "multiply", "exp", "tanh", "sin", "sqrt", "less", "negative", "abs", "log1p"])
@pytest.mark.parametrize("threads", [1, 2, 3, 5])
def test_elementwise_is_bit_identical(name, dtype, threads):
    x = numpy.abs(VALUES[dtype]) if name in ("sqrt", "log1p") else VALUES[dtype]
    ufunc = {"abs": numpy.absolute}.get(name) or getattr(numpy, name)
    operands = (x, x[::-1]) if ufunc.nin == 2 else (x,)
    with numpy.errstate(all="ignore"):
        expected = ufunc(*operands)
        large.set_num_threads(threads)
        found = large.elementwise(ufunc, *operands)
    assert found.dtype == expected.dtype
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("shape", [(1400, 1500), (2, 1_000_001), (1_000_001, 2), (7, 300, 1000)])
@pytest.mark.parametrize("threads", [1, 3])
def test_broadcast_strided_and_scalar_operands(shape, threads):
    large.set_num_threads(threads)
    x = RNG.standard_normal(shape)
    others = [x[:1], x[..., :1], x[::-1], 2.0, 3, True, x.swapaxes(0, -1).copy().swapaxes(0, -1)]
    for other in others:
        for operands in ((x, other), (other, x)):
            assert numpy.array_equal(
                large.elementwise(numpy.subtract, *operands)
                if not isinstance(other, bool)
                else large.elementwise(numpy.add, *operands),
                numpy.subtract(*operands) if not isinstance(other, bool) else numpy.add(*operands),
            )


@pytest.mark.parametrize("dtype", VALUES)
@pytest.mark.parametrize("axis", [(0,), (1,), (0, 1), (0, 2), (2,), (0, 1, 2)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_reductions_do_not_depend_on_the_number_of_threads(dtype, axis, keepdims):
    x = VALUES[dtype][: 5 * 400 * 1000].reshape(5, 400, 1000)
    results = []
    for threads in (1, 2, 5):
        large.set_num_threads(threads)
        results.append(large.reduction(numpy.add, x, axis, None, keepdims))
    expected = numpy.add.reduce(x, axis=axis, keepdims=keepdims)
    exact = x.astype("complex128" if dtype == "complex64" else "float64").sum(axis=axis, keepdims=keepdims)
    tolerance = 1e-3 if dtype in ("float32", "complex64") else 1e-9
    for result in results:
        assert result.dtype == expected.dtype
        assert result.shape == expected.shape
        assert result.tobytes() == results[0].tobytes()
        assert numpy.allclose(result, exact, rtol=tolerance, atol=tolerance * 1e3)


def test_maximum_passes_nan_on():
    x = VALUES["float64"].copy()
    assert large.reduction(numpy.maximum, x, (0,), None, False) == x.max()
    x[-1] = numpy.nan
    assert numpy.isnan(large.reduction(numpy.maximum, x, (0,), None, False))


def test_errors_and_error_state_reach_the_caller():
    large.set_num_threads(2)
    zeros = numpy.zeros(SIZE)
    with numpy.errstate(divide="raise"), pytest.raises(FloatingPointError):
        large.elementwise(numpy.divide, VALUES["float64"], zeros)
    with numpy.errstate(divide="ignore", invalid="ignore"):
        large.elementwise(numpy.divide, VALUES["float64"], zeros)
    with pytest.raises(OverflowError):
        large.elementwise(numpy.add, VALUES["int32"].astype("uint8"), 300)


@pytest.mark.parametrize("number", [0, -1])
def test_a_number_of_threads_below_one_is_refused(number):
    with pytest.raises(ValueError, match="1 or more"):
        large.set_num_threads(number)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_starts_threads_of_its_own():
    code = (
        "import os, numpy\n"
        "from extensor import large\n"
        "large.set_num_threads(2)\n"
        "x = numpy.ones(2_000_000)\n"
        "large.elementwise(numpy.add, x, x)\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    os._exit(0 if large.elementwise(numpy.add, x, x)[-1] == 2 else 1)\n"
        "raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], timeout=60).returncode == 0


# The pool.


def test_a_block_is_lent_again_only_when_no_view_of_it_lives():
    pool.clear()
    x = pool.empty((3_000_000,), numpy.dtype("float64"))
    address = x.ctypes.data
    view = memoryview(x[5:].reshape(-1, 5))
    del x
    gc.collect()
    assert pool.held() == 0
    assert pool.empty((3_000_000,), numpy.dtype("float64")).ctypes.data != address
    pool.clear()
    del view
    assert pool.held() >= 24_000_000
    assert pool.empty((3_000_000,), numpy.dtype("float64")).ctypes.data == address


def test_the_pool_is_bounded_and_can_be_emptied():
    pool.clear()
    pool.limit(50_000_000)
    arrays = [pool.empty((20_000_000,), numpy.dtype("uint8")) for _ in range(10)]
    del arrays
    assert 20_000_000 <= pool.held() <= 50_000_000
    pool.limit(10_000_000)
    assert pool.held() == 0
    pool.limit(0)
    del_me = pool.empty((20_000_000,), numpy.dtype("uint8"))
    del del_me
    assert pool.held() == 0
    with pytest.raises(ValueError, match="zero or more"):
        pool.limit(-1)


def test_blocks_are_aligned():
    for size in (4_194_304, 4_194_305, 99_999_999):
        assert pool.empty((size,), numpy.dtype("uint8")).ctypes.data % 64 == 0


def test_threads_never_share_a_block():
    wrong = []

    def work(number):
        for round_ in range(20):
            x = pool.empty((600_000,), numpy.dtype("float64"))
            x[...] = number
            view = x[1::2]
            del x
            y = pool.empty((600_000,), numpy.dtype("float64"))
            y[...] = -1
            if not (view == number).all():
                wrong.append((number, round_))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


# Through the namespace: operations on arrays above the threshold give what NumPy gives.

BIG = RNG.standard_normal(large.LARGE // 8 + 777)

CALLS = {
    "operator": lambda xp, x: x * 2.0 - x,
    "reflected": lambda xp, x: 1.0 - x,
    "function": lambda xp, x: xp.multiply(x, x),
    "tanh": lambda xp, x: xp.tanh(x),
    "comparison": lambda xp, x: x < 0.5,
    "reversed": lambda xp, x: x[::-1] + x,
    "broadcast": lambda xp, x: xp.reshape(x[:524_288], (512, 1024)) + x[:1024],
    "concat": lambda xp, x: xp.concat([x, x[:5]]),
    "concat of columns": lambda xp, x: xp.concat([xp.reshape(x[:524_288], (512, 1024))] * 2, axis=-1),
    "astype": lambda xp, x: xp.astype(x, xp.float32),
    "astype to integers": lambda xp, x: xp.astype(x * 100, xp.int16),
    "max": lambda xp, x: xp.max(x),
    "floor_divide": lambda xp, x: x // 0.3,
}


@pytest.mark.parametrize("name", CALLS)
def test_calls_of_the_namespace(name):
    found, expected = CALLS[name](xp, xp.asarray(BIG)), CALLS[name](numpy, BIG)
    assert found.dtype == expected.dtype
    assert numpy.array_equal(numpy.asarray(found), expected)


@pytest.mark.parametrize("shift", [0, 1, -1, 1000])
def test_in_place_on_overlapping_views(shift):
    ours, theirs = xp.asarray(BIG, copy=True), BIG.copy()
    if shift > 0:
        ours[shift:] += ours[:-shift]
        theirs[shift:] += theirs[:-shift]
    elif shift < 0:
        ours[:shift] *= ours[-shift:]
        theirs[:shift] *= theirs[-shift:]
    else:
        ours += ours
        theirs += theirs
    assert numpy.array_equal(numpy.asarray(ours), theirs)


def test_in_place_on_a_read_only_array_is_refused():
    x = xp.asarray(memoryview(BIG).toreadonly())
    with pytest.raises(ValueError, match="read-only"):
        x += 1.0


def run(code):
    return subprocess.run([sys.executable, "-W", "ignore", "-c", code], timeout=60, capture_output=True, text=True)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_finds_the_pool_unlocked():
    code = (
        "import os, threading, numpy\n"
        "from extensor import pool\n"
        "held, go = threading.Event(), threading.Event()\n"
        "def hold():\n"
        "    with pool._lock:\n"
        "        held.set()\n"
        "        go.wait()\n"
        "threading.Thread(target=hold).start()\n"
        "held.wait()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    pool.empty((2_000_000,), numpy.dtype('float64'))\n"
        "    os._exit(0)\n"
        "code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])\n"
        "go.set()\n"
        "raise SystemExit(code)\n"
    )
    assert run(code).returncode == 0


@pytest.mark.parametrize("before", ["", "x + x"])
def test_exit_handlers_may_compute(before):
    code = (
        "import atexit, extensor as xp\n"
        "xp.set_num_threads(2)\n"
        "x = xp.ones(3_000_000)\n"
        f"{before}\n"
        "atexit.register(lambda: print(float((x + x)[-1])))\n"
    )
    assert run(code).stdout == "2.0\n"


@pytest.mark.parametrize("setting", ["abc", "0"])
def test_a_bad_number_of_threads_in_the_environment_is_named(setting):
    code = f"import os; os.environ['EXTENSOR_NUM_THREADS'] = '{setting}'; import extensor"
    assert "EXTENSOR_NUM_THREADS must be a number" in run(code).stderr


def test_in_place_with_an_operand_of_more_axes_is_refused_as_in_numpy():
    x = xp.asarray(BIG, copy=True)
    with pytest.raises(ValueError, match="broadcast"):
        x += xp.ones((2, BIG.size))
