"""DLPack: memory shared with NumPy, PyTorch and JAX, in both directions."""

import ctypes

import numpy
import pytest
from numpy.testing import assert_array_equal

import extensor as xp
from extensor.dtypes import DTYPES

CPU = (1, 0)
CUDA = (2, 0)
READ_ONLY, IS_COPIED = 1, 2

SHAPES = {
    "contiguous": numpy.arange(12.0).reshape(3, 4),
    "transposed": numpy.arange(12.0).reshape(3, 4).T,
    "strided": numpy.arange(24.0).reshape(4, 6)[::2, 1::2],
    "reversed": numpy.arange(3.0)[::-1],
    "0-d": numpy.asarray(5.0),
    "empty": numpy.zeros((0, 3)),
}


def read_only(nd):
    nd = nd.copy()
    nd.flags.writeable = False
    return xp.asarray(nd)


def managed(capsule):
    """Address of the DLManagedTensorVersioned in a capsule."""
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return pointer(capsule, b"dltensor_versioned")


def flags(capsule):
    # Before the flags: the version (two times 4 bytes), the context and the deleter (8 bytes each).
    return ctypes.c_uint64.from_address(managed(capsule) + 24).value


class Producer:
    """What DLPack asks of an array, and nothing else."""

    def __init__(self, array, device=CPU):
        self.array, self.device, self.asked = array, device, {}

    def __dlpack__(self, **kwargs):
        self.asked = kwargs
        return self.array.__dlpack__(**kwargs)

    def __dlpack_device__(self):
        return self.device


@pytest.mark.parametrize("nd", SHAPES.values(), ids=SHAPES)
def test_numpy_both_ways(nd):
    x = xp.asarray(nd, copy=False)
    there = numpy.from_dlpack(x)
    back = xp.from_dlpack(Producer(there))
    assert_array_equal(numpy.asarray(back), nd, strict=True)
    assert there.strides == nd.strides
    if nd.size:
        assert numpy.shares_memory(nd, there)
        assert numpy.shares_memory(nd, numpy.asarray(back))
        back[...] = 7.0
        assert (nd == 7.0).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(dtype):
    x = xp.from_dlpack(Producer(xp.ones((2,), dtype=getattr(xp, dtype))))
    assert x.dtype is getattr(xp, dtype)
    assert bool(xp.all(x == xp.ones_like(x)))


# PyTorch has no negative strides: it aborts the process.
@pytest.mark.parametrize("name", [name for name in SHAPES if name != "reversed"])
def test_torch_both_ways(name):
    torch = pytest.importorskip("torch")
    nd = SHAPES[name]
    x = xp.asarray(nd, copy=True)
    there = torch.from_dlpack(x)
    back = xp.from_dlpack(there)
    assert_array_equal(numpy.asarray(back), nd, strict=True)
    there.fill_(3.0)
    assert bool(xp.all(x == 3.0))
    assert bool(xp.all(back == 3.0))
    back[...] = 4.0
    assert bool((there == 4.0).all())
    own = xp.from_dlpack(there, copy=True)
    own[...] = 5.0
    assert bool((there == 4.0).all())


def test_jax_both_ways():
    jax = pytest.importorskip("jax")
    x = xp.asarray([1, 2, 3], dtype=xp.int32)
    there = jax.numpy.from_dlpack(x)
    assert there.tolist() == [1, 2, 3]
    back = xp.from_dlpack(there)
    assert back.buffer.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="read-only"):
        back[0] = 9
    own = xp.from_dlpack(there, copy=True)
    own[0] = 9
    assert there.tolist() == [1, 2, 3]


def test_read_only_memory_says_so():
    x = read_only(numpy.arange(3.0))
    assert flags(x.__dlpack__(max_version=(1, 0))) & READ_ONLY
    assert not flags(xp.zeros(3).__dlpack__(max_version=(1, 0))) & READ_ONLY
    assert numpy.from_dlpack(x).flags.writeable is False
    with pytest.raises(ValueError, match="read-only"):
        xp.from_dlpack(Producer(x))[0] = 1.0


def test_read_only_memory_goes_to_nobody_who_cannot_know():
    with pytest.raises(BufferError, match="readonly"):
        read_only(numpy.arange(3.0)).__dlpack__()


def test_a_copy_says_so_and_can_be_written_to():
    x = read_only(numpy.arange(3.0))
    capsule = x.__dlpack__(max_version=(1, 0), copy=True)
    assert flags(capsule) & (IS_COPIED | READ_ONLY) == IS_COPIED
    own = xp.from_dlpack(Producer(x), copy=True)
    own[0] = 5.0
    assert x.buffer.tolist() == [0.0, 1.0, 2.0]


def test_versions():
    x = xp.zeros(1)
    assert '"dltensor"' in repr(x.__dlpack__())
    assert '"dltensor"' in repr(x.__dlpack__(max_version=(0, 8)))
    assert '"dltensor_versioned"' in repr(x.__dlpack__(max_version=(1, 0)))
    assert '"dltensor_versioned"' in repr(x.__dlpack__(max_version=(9, 9)))


def test_the_device_is_the_processor():
    x = xp.zeros(1)
    assert x.__dlpack_device__() == CPU
    x.__dlpack__(dl_device=CPU)
    for device in (CUDA, (1, 1)):
        with pytest.raises(BufferError, match="device"):
            x.__dlpack__(dl_device=device)
    with pytest.raises(ValueError, match="stream"):
        x.__dlpack__(stream=1)
    with pytest.raises(ValueError, match="gpu"):
        xp.from_dlpack(x, device="gpu")


def test_the_producer_is_asked_for_what_the_caller_wants():
    producer = Producer(xp.zeros(1))
    xp.from_dlpack(producer, device="cpu", copy=False)
    assert producer.asked["dl_device"] == CPU
    assert producer.asked["copy"] is False
    assert producer.asked["max_version"] >= (1, 0)


def test_memory_of_another_device_is_refused():
    class Elsewhere(Producer):
        def __dlpack__(self, **kwargs):
            capsule = super().__dlpack__(**kwargs)
            # The tensor follows the flags: its data pointer, then its device.
            ctypes.c_int32.from_address(managed(capsule) + 40).value = CUDA[0]
            return capsule

    with pytest.raises(BufferError, match="device"):
        xp.from_dlpack(Elsewhere(xp.zeros(2), CUDA))


def test_elements_without_a_code_are_refused():
    torch = pytest.importorskip("torch")
    with pytest.raises(BufferError, match="Tensor"):
        xp.from_dlpack(torch.zeros(2, dtype=torch.bfloat16))
    with pytest.raises(BufferError):
        xp.zeros(2, dtype="bfloat16").__dlpack__(max_version=(1, 0))


def test_what_speaks_no_dlpack_is_refused():
    with pytest.raises(AttributeError, match="__dlpack__"):
        xp.from_dlpack([1.0])


def test_memory_outlives_its_array():
    there = numpy.from_dlpack(xp.full((1000,), 5.0))
    xp.full((1000,), 6.0)
    assert (there == 5.0).all()
