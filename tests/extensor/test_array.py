"""The array object: operators and their neighbours, indexing, conversion, interchange."""

import copy
import operator
import pickle

import array_api_strict as strict
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import extensor as xp

BINARY = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "floor_divide": operator.floordiv,
    "remainder": operator.mod,
    "pow": operator.pow,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
}


class Foreign:
    """An array of another library, which answers every operator itself."""

    __array_ufunc__ = None

    def __array_namespace__(self, api_version=None):
        return "foreign"

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("converted silently")

    def _answer(self, other):
        return "foreign"

    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = __rmatmul__ = _answer
    __rand__ = __ror__ = __rxor__ = __rlshift__ = __rrshift__ = _answer
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _answer
    __hash__ = None


ALL_OPERATORS = [*BINARY.values(), operator.matmul, operator.and_, operator.or_, operator.xor]
ALL_OPERATORS += [operator.lshift, operator.rshift]


@pytest.mark.parametrize("apply", ALL_OPERATORS, ids=lambda f: f.__name__)
def test_operator_leaves_a_foreign_operand_its_turn(apply):
    assert apply(xp.ones(2), Foreign()) == "foreign"


@pytest.mark.parametrize("apply", [operator.iadd, operator.imul, operator.imatmul], ids=lambda f: f.__name__)
def test_inplace_operator_leaves_a_foreign_operand_its_turn(apply):
    assert apply(xp.ones(2), Foreign()) == "foreign"


@pytest.mark.parametrize(
    "call",
    [
        lambda x, foreign: xp.add(x, foreign),
        lambda x, foreign: xp.sin(foreign),
        lambda x, foreign: xp.sum(foreign),
        lambda x, foreign: xp.concat([x, foreign]),
        lambda x, foreign: xp.where(x > 0, x, foreign),
        lambda x, foreign: x[foreign],
        lambda x, foreign: x[0, foreign],
        lambda x, foreign: operator.setitem(x, 0, foreign),
    ],
)
def test_function_refuses_a_foreign_operand(call):
    with pytest.raises(TypeError, match=r"expected .* got .*Foreign; convert .*asarray"):
        call(xp.ones(2), Foreign())


@pytest.mark.parametrize("other", ["text", None, object(), [1.0, 2.0], (1.0,)])
def test_arithmetic_needs_numbers(other):
    with pytest.raises(TypeError):
        xp.ones(2) + other
    with pytest.raises(TypeError):
        other - xp.ones(2)


def test_comparison_with_none_is_python_s():
    assert (xp.ones(2) == None) is False  # noqa: E711


@pytest.mark.parametrize("name", BINARY)
def test_operator_equals_function_and_numpy_on_either_side(name):
    apply, function = BINARY[name], getattr(xp, name)
    a, b = numpy.asarray([1.0, -2.5, 3.0]), numpy.asarray([2.0, 0.5, -1.5])
    with numpy.errstate(all="ignore"):
        expected = getattr(strict, name)(strict.asarray(a), strict.asarray(b))
        x, y = xp.asarray(a), xp.asarray(b)
        for result in (apply(x, y), function(x, y), apply(x, b), apply(a, y), function(a, y), function(x, b)):
            assert type(result) is xp.ExTensor
            numpy.testing.assert_array_equal(result, numpy.asarray(expected))
        for scalar in (2, 2.0, numpy.float64(2.0)):
            assert type(apply(x, scalar)) is type(apply(scalar, x)) is xp.ExTensor
            numpy.testing.assert_array_equal(apply(scalar, x), apply(xp.full((3,), 2.0), x))
            numpy.testing.assert_array_equal(apply(x, scalar), apply(x, xp.full((3,), 2.0)))


@given(st.lists(st.integers(-(2**31), 2**31), min_size=1), st.integers(-(2**31), 2**31))
def test_integer_arithmetic_is_python_s(values, scalar):
    x = xp.asarray(values, dtype=xp.int64)
    for apply in (operator.add, operator.sub, operator.mul, operator.lt, operator.eq, operator.and_, operator.xor):
        assert apply(x, scalar).buffer.tolist() == [apply(value, scalar) for value in values]
    if scalar:
        for apply in (operator.floordiv, operator.mod, operator.truediv):
            assert apply(x, scalar).buffer.tolist() == pytest.approx([apply(value, scalar) for value in values])


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "float32", "float64", "complex64"])
def test_a_python_scalar_takes_the_dtype_of_the_array(dtype):
    x = xp.ones(2, dtype=getattr(xp, dtype))
    assert (x + 1).dtype == (1 + x).dtype == x.dtype
    if dtype.startswith("float"):
        assert (x * 2.5).dtype == x.dtype


def test_a_python_scalar_must_fit():
    with pytest.raises(OverflowError):
        xp.ones(2, dtype=xp.int8) + 300


def test_two_scalars_are_no_array_operation():
    with pytest.raises(TypeError, match="must be an array"):
        xp.add(1, 2)


# In place.


def test_inplace_writes_into_the_buffer():
    x = xp.zeros((2, 3))
    whole = x
    view = x[0, :]
    x += xp.asarray([1, 2, 3], dtype=xp.int64)
    x *= 2
    x //= 2.0
    assert whole is x
    assert view.buffer.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("dtype", "other", "apply"),
    [
        ("int64", 1.5, operator.iadd),
        ("int64", 2, operator.itruediv),
        ("float32", numpy.float64(1), operator.imul),
        ("int8", numpy.int64(1), operator.ilshift),
        ("int64", numpy.asarray([2.0, 2.0]), operator.ifloordiv),
    ],
)
def test_inplace_keeps_the_dtype(dtype, other, apply):
    x = xp.ones(2, dtype=getattr(xp, dtype))
    with pytest.raises(TypeError):
        apply(x, other)
    assert x.buffer.tolist() == [1, 1]


def test_inplace_keeps_the_shape():
    with pytest.raises(ValueError, match="shape"):
        operator.iadd(xp.ones(2), xp.ones((3, 2)))


@pytest.mark.parametrize("make", [lambda: xp.asarray(bytes(2)), lambda: xp.broadcast_to(xp.ones(1), (2,))])
def test_read_only_arrays_refuse_writes(make):
    x = make()
    for write in (lambda: operator.iadd(x, x), lambda: operator.ifloordiv(x, x), lambda: operator.setitem(x, 0, 1)):
        with pytest.raises(ValueError, match="read-only"), numpy.errstate(all="ignore"):
            write()
    assert (x + x).shape == (2,)


# Indexing.


@given(st.data(), npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
def test_indexing_is_numpy_s(data, shape):
    nd = numpy.arange(numpy.prod(shape, dtype=int), dtype=float).reshape(shape)
    key = data.draw(npst.basic_indices(shape, allow_newaxis=True))
    x = xp.asarray(nd.copy())
    assert type(x[key]) is xp.ExTensor
    numpy.testing.assert_array_equal(x[key], nd[key])
    x[key] = -1.0
    nd[key] = -1.0
    numpy.testing.assert_array_equal(x, nd)


def test_fancy_indices_of_any_kind():
    nd = numpy.arange(12.0).reshape(3, 4)
    x = xp.asarray(nd)
    picks = [numpy.asarray([2, 0]), [2, 0], (numpy.asarray([2, 0]), numpy.asarray([1, 1])), nd > 4, (..., nd[0] > 1)]
    for pick in picks:
        ours = tuple(map(_ours, pick)) if isinstance(pick, tuple) else _ours(pick)
        for key in (pick, ours):
            numpy.testing.assert_array_equal(x[key], nd[pick])
    x[x > 4.0] = xp.asarray(0.0)
    assert float(xp.max(x)) == 4.0


def _ours(key):
    return xp.asarray(key) if isinstance(key, numpy.ndarray) else key


def test_complex_elements_need_a_complex_array():
    with pytest.raises(TypeError, match="complex"):
        xp.ones(2)[0] = xp.asarray(1j)
    with pytest.raises(TypeError):
        xp.ones(2)[0] = 1j


def test_out_of_bounds():
    with pytest.raises(IndexError):
        xp.ones(2)[2]


def test_length_and_iteration():
    x = xp.asarray([[1, 2], [3, 4]])
    assert len(x) == 2
    assert [row.buffer.tolist() for row in x] == [[1, 2], [3, 4]]
    assert all(type(item) is xp.ExTensor and item.shape == () for item in x[0])
    for ask in (len, iter):
        with pytest.raises(TypeError):
            ask(xp.asarray(1))


# Conversion and attributes.


def test_scalars():
    assert float(xp.asarray(1.5)) == 1.5
    assert int(xp.asarray(2.7)) == 2
    assert complex(xp.asarray(1 + 2j)) == 1 + 2j
    assert bool(xp.asarray(0.0)) is False
    assert range(5)[xp.asarray(3)] == 3
    for convert in (float, int, complex, bool, operator.index):
        with pytest.raises(TypeError):
            convert(xp.ones(1, dtype=xp.int64))
    with pytest.raises(TypeError):
        float(xp.asarray(1j))
    with pytest.raises(TypeError, match="integer"):
        operator.index(xp.asarray(True))


@pytest.mark.parametrize("attribute", ["shape", "ndim", "size", "dtype"])
def test_attributes(attribute):
    nd = numpy.zeros((2, 0, 3), numpy.int16)
    assert getattr(xp.asarray(nd), attribute) == getattr(nd, attribute)
    with pytest.raises(AttributeError):
        setattr(xp.asarray(nd), attribute, None)


def test_transposes():
    x = xp.zeros((2, 3, 4))
    assert x.mT.shape == (2, 4, 3)
    assert x[0].T.shape == (4, 3)
    for ask in (lambda: x.T, lambda: xp.zeros(3).mT):
        with pytest.raises(ValueError, match="ax"):
            ask()


def test_devices():
    x = xp.zeros(1)
    assert x.to_device("cpu") is x
    with pytest.raises(ValueError, match="gpu"):
        x.to_device("gpu")
    with pytest.raises(ValueError, match="stream"):
        x.to_device("cpu", stream=1)


@pytest.mark.parametrize(
    "x",
    [
        xp.asarray(1.5),
        xp.asarray([1.0, xp.nan, xp.inf]),
        xp.asarray([[True, False]]),
        xp.asarray([1 + 2j], dtype=xp.complex64),
        xp.asarray([], dtype=xp.int8),
        xp.zeros((0, 3), dtype=xp.float32),
    ],
    ids=repr,
)
def test_copies_equal_their_source(x):
    copies = [eval(repr(x), vars(xp) | {"array": None}), pickle.loads(pickle.dumps(x)), copy.copy(x), copy.deepcopy(x)]
    for other in copies:
        assert (other.dtype, other.shape) == (x.dtype, x.shape)
        numpy.testing.assert_array_equal(other, x)
        assert other.size == 0 or not numpy.shares_memory(numpy.asarray(other), numpy.asarray(x))


def test_arrays_have_no_hash():
    with pytest.raises(TypeError, match="unhashable"):
        hash(xp.zeros(1))


# Interchange with NumPy.


def test_array_protocol():
    x = xp.asarray([1.0, 2.0])
    assert numpy.shares_memory(numpy.asarray(x), numpy.asarray(x))
    assert not numpy.shares_memory(numpy.array(x, copy=True), numpy.asarray(x))
    assert numpy.asarray(x, dtype=numpy.float32).dtype == numpy.float32
    with pytest.raises(ValueError, match="copy"):
        numpy.asarray(x, dtype=numpy.float32, copy=False)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float32", "complex128"])
def test_dlpack_round_trip(dtype):
    nd = numpy.ones((2, 3), dtype)
    x = xp.from_dlpack(nd)
    assert x.dtype == nd.dtype
    back = numpy.from_dlpack(x)
    assert numpy.shares_memory(back, nd)
    assert x.__dlpack_device__() == (1, 0)
    assert not numpy.shares_memory(numpy.asarray(xp.from_dlpack(x, copy=True)), nd)
    with pytest.raises(ValueError, match="gpu"):
        xp.from_dlpack(nd, device="gpu")
    with pytest.raises(AttributeError):
        xp.from_dlpack(3)


def test_numpy_functions_give_our_arrays():
    x = xp.asarray([1, 2], dtype=xp.int8)
    assert repr(numpy.add(x, 1)) == "ExTensor([2, 3], dtype=int8)"
    assert numpy.sin(x).dtype == numpy.tanh(x).dtype == numpy.hypot(x, x).dtype == xp.float64
    assert repr(numpy.add.reduce(x)) == "ExTensor(3, dtype=int64)"
    fraction, whole = numpy.modf(xp.asarray([1.5]))
    assert type(fraction) is type(whole) is xp.ExTensor
    nd = numpy.zeros(2)
    assert numpy.add(nd, xp.ones(2), out=nd) is nd
    assert nd.tolist() == [1.0, 1.0]
    y = xp.zeros(2)
    assert numpy.add(1.0, y, out=y) is y
    assert y.buffer.tolist() == [1.0, 1.0]
    assert numpy.floor_divide(xp.asarray([xp.inf]), 2.0).buffer.tolist() == [xp.inf]
    with pytest.raises(TypeError):
        numpy.add(x, Foreign())
