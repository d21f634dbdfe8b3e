"""The data types beyond the standard: float16 against NumPy, bfloat16 against its bits and JAX's promotion."""

import pickle
import struct
import subprocess
import sys

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import extensor as xp
from conformance import spec

ml_dtypes = pytest.importorskip("ml_dtypes")

HALVES = [xp.float16, xp.bfloat16]
both = pytest.mark.parametrize("half", HALVES, ids=str)
SMALL = st.floats(-100, 100, width=16).filter(lambda value: value == 0 or abs(value) > 1e-3)


def nearest(value):
    """The bfloat16 nearest to a float, ties to even, worked out on the bits of its float32."""
    bits = struct.unpack("I", struct.pack("f", value))[0]
    bits += 0x7FFF + (bits >> 16 & 1)
    return struct.unpack("f", struct.pack("I", bits & 0xFFFF0000))[0]


def test_the_standard_s_inspection_does_not_list_them():
    info = xp.__array_namespace_info__()
    assert set(info.dtypes()) == set(spec.DTYPES)
    assert set(info.dtypes(kind="real floating")) == {"float32", "float64"}
    assert "float16" in xp.__all__


@both
def test_kinds(half):
    assert xp.isdtype(half, "real floating")
    assert xp.isdtype(half, "numeric")
    assert xp.isdtype(half, half)
    assert not xp.isdtype(half, ("bool", "integral", "complex floating"))
    assert half.name in repr(xp.zeros(2, dtype=half))
    assert xp.zeros(2, dtype=half.name).dtype is xp.zeros(2, dtype=half).dtype


def test_finfo():
    assert xp.finfo(xp.float16)[:5] == (16, 2.0**-10, 65504.0, -65504.0, 2.0**-14)
    assert xp.finfo(xp.zeros(1, dtype=xp.bfloat16))[:4] == (
        16,
        2.0**-7,
        2.0**127 * (2 - 2**-7),
        -(2.0**127) * (2 - 2**-7),
    )
    assert xp.finfo(xp.bfloat16).smallest_normal == 2.0**-126
    assert all(type(field) is float for half in HALVES for field in xp.finfo(half)[1:5])


PROMOTION = [
    ("float16", "float16", "float16"), ("bfloat16", "bfloat16", "bfloat16"), ("float16", "bfloat16", "float32"),
    ("float16", "float32", "float32"), ("bfloat16", "float32", "float32"), ("float16", "float64", "float64"),
    ("bfloat16", "float64", "float64"), ("float16", "complex64", "complex64"), ("bfloat16", "complex64", "complex64"),
    ("bfloat16", "complex128", "complex128"), ("float16", "int8", "float16"), ("bfloat16", "int8", "bfloat16"),
    ("bfloat16", "uint8", "bfloat16"), ("bfloat16", "bool", "bfloat16"), ("float16", "int16", "float32"),
    ("bfloat16", "int16", "float32"), ("bfloat16", "uint16", "float32"), ("float16", "int32", "float64"),
    ("bfloat16", "int32", "float64"), ("bfloat16", "uint64", "float64"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second", "expected"), PROMOTION)
def test_promotion(first, second, expected):
    first, second, expected = (getattr(xp, name) for name in (first, second, expected))
    assert xp.result_type(first, second) == xp.result_type(second, first) == expected
    x, y = xp.ones(2, dtype=first), xp.ones(2, dtype=second)
    assert (x + y).dtype == (y * x).dtype == xp.subtract(x, y).dtype == expected
    if expected.kind != "c":
        assert xp.atan2(x, y).dtype == xp.hypot(y, x).dtype == expected
    assert (x == y).dtype == xp.bool
    joined = [xp.concat([x, y]), xp.stack([y, x]), xp.where(x == y, x, y)]
    contracted = [xp.tensordot(x, y, axes=1), xp.dot(y, x), xp.einsum("i,i", x, y)]
    assert {result.dtype for result in joined + contracted} == {expected}
    assert xp.can_cast(first, expected)


PRODUCTS = {
    "matmul": lambda x, v: xp.matmul(x, x),
    "matmul of a vector": lambda x, v: x @ v,
    "matmul in place": lambda x, v: x.__imatmul__(x),
    "vecdot": lambda x, v: xp.vecdot(x, v),
    "matrix_power": lambda x, v: xp.linalg.matrix_power(x, 3),
    "vector_norm": lambda x, v: xp.linalg.vector_norm(x, axis=0),
    "matrix_norm": lambda x, v: xp.linalg.matrix_norm(x),
    "outer": lambda x, v: xp.linalg.outer(v, v),
    "trace": lambda x, v: xp.linalg.trace(x),
}


@both
@pytest.mark.parametrize("name", PRODUCTS)
def test_products_keep_the_data_type(half, name):
    numbers = numpy.asarray([[1.0, 2.0], [-3.0, 0.5]])
    x, wide = xp.asarray(numbers, dtype=half), xp.asarray(numbers)
    expected = PRODUCTS[name](wide, wide[0, :])
    result = PRODUCTS[name](x, x[0, :])
    assert result.dtype == half
    numpy.testing.assert_allclose(numpy.asarray(xp.astype(result, xp.float64)), numpy.asarray(expected), rtol=2**-7)


@both
@pytest.mark.parametrize("scalar", [2, 0.5, True], ids=repr)
def test_python_scalars_take_the_data_type(half, scalar):
    x = xp.ones(3, dtype=half)
    for result in (x + scalar, scalar * x, x / scalar, xp.maximum(x, scalar), xp.pow(scalar, x), xp.clip(x, 0.25, 2.0)):
        assert result.dtype == half
    assert xp.where(x > 0, x, scalar).dtype == xp.where(x > 0, scalar, x).dtype == half
    assert xp.result_type(half, scalar) == xp.result_type(scalar, x) == half
    x += scalar
    x *= 0.5
    assert x.dtype == half
    with pytest.raises(TypeError, match="in-place"):
        x += xp.ones(3, dtype=xp.float32)
    assert (x + 1j).dtype == xp.complex64


@given(st.floats(-(2.0**126), 2.0**126, width=32).filter(lambda value: value == 0 or abs(value) > 2.0**-120))
def test_bfloat16_rounds_to_the_nearest(value):
    for x in (xp.asarray([value], dtype=xp.bfloat16), xp.asarray([value], dtype=xp.float32)):
        half = xp.astype(x, xp.bfloat16)
        assert half.dtype == xp.bfloat16
        assert float(half[0]) == nearest(value)
        assert half.buffer.tolist() == [struct.unpack("HH", struct.pack("f", nearest(value)))[1]]


@given(SMALL, SMALL)
def test_bfloat16_arithmetic(first, second):
    """Each operation is the exact one, here in float64, rounded once."""
    first, second = nearest(first), nearest(second)
    x, y = xp.asarray([first], dtype=xp.bfloat16), xp.asarray([second], dtype=xp.bfloat16)
    assert float((x + y)[0]) == nearest(first + second)
    assert float((x * y)[0]) == nearest(first * second)
    assert float(xp.abs(x)[0]) == abs(first)
    assert bool((x < y)[0]) == (first < second)
    if second:
        assert float((x / y)[0]) == pytest.approx(first / second, rel=2**-8)
    assert float(xp.exp(x / 64)[0]) == pytest.approx(float(numpy.exp(float((x / 64)[0]))), rel=2**-7)


@given(st.lists(SMALL, min_size=1, max_size=20))
def test_float16_is_numpy_s(values):
    nd = numpy.asarray(values, numpy.float16)
    x = xp.asarray(nd)
    for result, expected in (
        (x + x, nd + nd), (xp.sin(x), numpy.sin(nd)), (xp.sort(x), numpy.sort(nd)), (xp.round(x), numpy.round(nd)),
        (xp.max(x), nd.max()), (x * 0.5, nd * 0.5), (xp.astype(x, xp.int32), nd.astype("i4")), (xp.mean(x), nd.mean()),
    ):  # fmt: skip
        assert result.dtype == expected.dtype
        numpy.testing.assert_array_equal(result, expected)


@both
def test_sums_add_up_in_float32(half):
    """In bfloat16 itself 256 + 1 is 256, and in float16 2048 + 1 is 2048."""
    x = xp.ones((4096, 2), dtype=half)
    for result in (xp.sum(x, axis=0), xp.sum(xp.matrix_transpose(x), axis=1), xp.cumulative_sum(x, axis=0)[-1, :]):
        assert result.dtype == half
        assert result.shape == (2,)
        assert float(result[0]) == 4096
    assert xp.sum(x, dtype=xp.float64).dtype == xp.float64
    for function in (xp.mean, xp.var, xp.std, xp.prod):
        assert function(x).dtype == half
    assert float(xp.mean(x)) == 1
    assert float(xp.std(x)) == 0
    assert float(xp.prod(x)) == 1


@both
def test_sorting_puts_nan_last(half):
    x = xp.asarray([3, 1, float("nan"), 2], dtype=half)
    assert xp.argsort(x).buffer.tolist() == [1, 3, 0, 2]
    assert [float(value) for value in xp.sort(x)[:3]] == [1, 2, 3]
    assert xp.sort(x).dtype == half
    assert float(xp.sort(x, descending=True)[1]) == 3


@both
def test_creation_and_manipulation_keep_the_data_type(half):
    x = xp.arange(6, dtype=half)
    made = [xp.linspace(0, 1, 3, dtype=half), xp.full(2, 1.5, dtype=half), xp.eye(2, dtype=half), xp.zeros_like(x)]
    moved = [
        xp.reshape(x, (2, 3)),
        xp.concat([x, x]),
        xp.stack([x, x]),
        xp.flip(x),
        xp.roll(x, 1),
        x[1:],
        xp.tile(x, (2,)),
    ]
    computed = [xp.diff(x), xp.real(x), xp.max(x), xp.take(x, xp.asarray([1])), xp.unique_values(x), xp.floor(x), -x]
    assert {result.dtype for result in made + moved + computed} == {half}
    assert xp.concat([x, xp.ones(1, dtype=xp.float32)]).dtype == xp.float32
    x[0] = 2.5
    x[1:3] = xp.asarray([1.5, 0.5])
    assert float(x[0]) == 2.5
    assert bool(x[0])
    assert complex(x[2]) == 0.5
    assert int(x[0]) == 2


@both
def test_interchange(half):
    x = xp.asarray([1.5, -2.0, 3.0], dtype=half)
    again = pickle.loads(pickle.dumps(x))
    assert again.dtype == half
    assert bool(xp.all(again == x))
    assert numpy.asarray(x).dtype == half
    assert xp.asarray(numpy.asarray(x)).dtype == half
    assert x.store.nbytes == 6
    numpy.testing.assert_array_equal(numpy.frombuffer(x.buffer, numpy.uint16), numpy.asarray(x).view(numpy.uint16))
    assert x.buffer.format == {"float16": "e", "bfloat16": "H"}[half.name]
    x.buffer.cast("B")[:2] = x.buffer.cast("B")[2:4]
    assert float(x[0]) == -2.0


def test_dlpack():
    x = xp.asarray([1.5, 2.0], dtype=xp.float16)
    numpy.testing.assert_array_equal(numpy.from_dlpack(x), numpy.asarray(x))
    assert xp.from_dlpack(numpy.asarray(x)).dtype == xp.float16
    with pytest.raises(BufferError):
        numpy.from_dlpack(xp.zeros(2, dtype=xp.bfloat16))


def test_equations():
    """What NumPy and ml_dtypes do: those of float16 are refused, those of bfloat16 solved in float64."""
    with pytest.raises(TypeError, match="float16"):
        xp.linalg.inv(xp.eye(2, dtype=xp.float16))
    assert xp.linalg.inv(xp.eye(2, dtype=xp.bfloat16)).dtype == xp.float64


def test_matmul_of_bfloat16_adds_up_in_more_digits():
    x = xp.ones((1, 1000), dtype=xp.bfloat16)
    assert float((x @ x.mT)[0, 0]) == 1000.0  # added up in bfloat16 itself it would stay at 256


FIRST_USES = {
    "name": "xp.zeros(2, dtype='bfloat16')",
    "attribute": "xp.zeros(2, dtype=xp.bfloat16)",
    "array": "xp.asarray(numpy.zeros(2, ml_dtypes.bfloat16))",
    "scalar type": "xp.zeros(2, dtype=ml_dtypes.bfloat16)",
    "operand": "numpy.zeros(2, ml_dtypes.bfloat16) + xp.zeros(2, dtype=xp.float16)",
    "pickle": f"pickle.loads({pickle.dumps(xp.zeros(2, dtype=xp.bfloat16))!r}) * 0.5",
}


@pytest.mark.parametrize("use", FIRST_USES.values(), ids=FIRST_USES)
def test_any_use_may_be_the_first(use):
    extra = "import ml_dtypes, numpy\n" if "ml_dtypes." in use else ""
    code = f"{extra}import pickle, extensor as xp\nx = {use}\nprint(x.dtype, xp.mean(x).dtype, (x + 0.5).dtype)"
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    expected = "float32" if "float16 " in use or ("float16)" in use and "+" in use) else "bfloat16"
    assert result.stdout.split() == [expected] * 3, result.stderr


def test_without_ml_dtypes():
    code = """
import sys
sys.modules["ml_dtypes"] = None
import extensor as xp
assert not hasattr(xp, "bfloat16")
for use in (lambda: xp.bfloat16, lambda: xp.zeros(2, dtype="bfloat16")):
    try:
        use()
    except AttributeError as error:
        assert "pip install ml_dtypes" in str(error)
    else:
        raise AssertionError
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
