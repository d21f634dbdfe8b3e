"""Elementwise functions against Python's own arithmetic, cmath and mpmath."""

import cmath
import math
from itertools import product

import mpmath
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import extensor as xp
from conformance import spec

ROWS = {row.name: row for row in spec.FUNCTIONS if row.chapter == "elementwise"}
FLOATING = ["acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "exp", "expm1", "log", "log10", "log1p"]
FLOATING += ["log2", "sin", "sinh", "sqrt", "tan", "tanh"]
LOW = {"acosh": 1.0, "log": 1e-3, "log10": 1e-3, "log2": 1e-3, "log1p": -0.9, "sqrt": 0.0, "atanh": -0.9}
HIGH = {"acos": 1.0, "asin": 1.0, "atanh": 0.9}


def exact(name):
    return {"log2": lambda z: mpmath.log(z, 2)}.get(name) or getattr(mpmath, name)


@pytest.mark.parametrize("name", FLOATING)
@given(data=st.data())
def test_real_functions(name, data):
    low, high = LOW.get(name, -HIGH.get(name, 20.0)), HIGH.get(name, 20.0)
    value = data.draw(st.floats(low, high))
    for dtype, tolerance in ((xp.float64, 1e-13), (xp.float32, 1e-5)):
        x = xp.asarray([value], dtype=dtype)
        expected = mpmath.re(exact(name)(mpmath.mpf(float(x[0]))))
        result = getattr(xp, name)(x)
        assert result.dtype == dtype
        assert float(result[0]) == pytest.approx(float(expected), rel=tolerance, abs=tolerance)


AWAY_FROM_ZERO = st.floats(1e-3, 50) | st.floats(-50, -1e-3)  # mpmath has no signed zeros.
EXACT_PAIRS = {
    "atan2": mpmath.atan2,
    "divide": lambda x, y: x / y,
    "hypot": mpmath.hypot,
    "logaddexp": lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y)),
    "multiply": lambda x, y: x * y,
    "pow": lambda x, y: abs(x) ** y,
    "subtract": lambda x, y: x - y,
}


@pytest.mark.parametrize("name", EXACT_PAIRS)
@given(first=AWAY_FROM_ZERO, second=AWAY_FROM_ZERO)
def test_functions_of_two(name, first, second):
    for dtype, tolerance in ((xp.float64, 1e-13), (xp.float32, 1e-5)):
        x1, x2 = xp.asarray(first, dtype=dtype), xp.asarray(second, dtype=dtype)
        if name == "pow":
            x1, x2 = xp.abs(x1) + 0.5, x2 / 4
        with mpmath.workdps(50):
            expected = float(EXACT_PAIRS[name](mpmath.mpf(float(x1)), mpmath.mpf(float(x2))))
        with numpy.errstate(under="ignore"):
            result = getattr(xp, name)(x1, x2)
        assert result.dtype == dtype
        assert float(result) == pytest.approx(expected, rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("name", FLOATING)
@given(real=st.floats(0.1, 4), imag=st.floats(0.1, 4), negative=st.booleans())
def test_complex_functions(name, real, imag, negative):
    """Off the axes, where the branch cuts lie: mpmath has no signed zeros."""
    z = complex(-real if negative else real, imag)
    result = getattr(xp, name)(xp.asarray([z]))
    assert result.dtype == xp.complex128
    assert complex(result[0]) == pytest.approx(complex(exact(name)(mpmath.mpc(z))), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("name", [*FLOATING, "reciprocal"])
@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int64"])
def test_integers_go_in_as_the_default_float(name, dtype):
    function = getattr(xp, name)
    with numpy.errstate(all="ignore"):
        result = function(xp.ones(2, dtype=getattr(xp, dtype)))
        numpy.testing.assert_array_equal(result, function(xp.ones(2)))
    assert result.dtype == xp.float64


@pytest.mark.parametrize("name", ["atan2", "copysign", "divide", "hypot", "logaddexp", "nextafter"])
@pytest.mark.parametrize("other", [3, 2.5, numpy.int8(3), xp.ones(1, dtype=xp.int16)], ids=repr)
def test_two_integers_go_in_as_the_default_float(name, other):
    assert getattr(xp, name)(xp.ones(2, dtype=xp.int8), other).dtype == xp.float64


@pytest.mark.parametrize("name", ["ceil", "floor", "round", "trunc"])
@given(values=st.lists(st.floats(-1e6, 1e6), min_size=1))
def test_rounding(name, values):
    python = {"ceil": math.ceil, "floor": math.floor, "round": round, "trunc": math.trunc}[name]
    assert getattr(xp, name)(xp.asarray(values)).buffer.tolist() == [float(python(value)) for value in values]
    integers = xp.asarray([1, -2], dtype=xp.int8)
    assert repr(getattr(xp, name)(integers)) == repr(integers)


# Special cases. Each row: operands, and what the standard asks for.

INF, NAN = math.inf, math.nan
FLOOR_DIVIDE = [
    (INF, 2.0, INF), (INF, -2.0, -INF), (-INF, 2.0, -INF), (-INF, -2.0, INF), (2.0, INF, 0.0), (2.0, -INF, -0.0),
    (-2.0, INF, -0.0), (-2.0, -INF, 0.0), (INF, INF, NAN), (0.0, 0.0, NAN), (-0.0, 3.0, -0.0), (0.0, -3.0, -0.0),
    (1.0, 0.0, INF), (1.0, -0.0, -INF), (NAN, 1.0, NAN), (7.0, -2.0, -4.0), (INF, 0.0, INF),
]  # fmt: skip


def same(result, expected):
    if math.isnan(expected):
        return math.isnan(result)
    return result == expected and math.copysign(1, result) == math.copysign(1, expected)


@pytest.mark.parametrize(("x1", "x2", "expected"), FLOOR_DIVIDE)
@pytest.mark.parametrize("dtype", [xp.float32, xp.float64], ids=str)
def test_floor_divide_at_infinities(x1, x2, expected, dtype):
    with numpy.errstate(all="ignore"):
        # Among ordinary elements, to see that those stay as they are.
        result = xp.asarray([7.0, x1], dtype=dtype) // xp.asarray([2.0, x2], dtype=dtype)
        inplace = xp.asarray([x1], dtype=dtype)
        inplace //= x2
    assert float(result[0]) == 3.0
    assert same(float(result[1]), expected)
    assert same(float(inplace[0]), expected)
    assert result.dtype == dtype


def test_floor_divide_by_infinity_is_silent():
    assert (xp.asarray([INF, 1.0]) // xp.asarray([2.0, -INF])).buffer.tolist() == [INF, -0.0]


@given(st.floats(-1e300, 1e300), st.floats(1e-3, 1e3), st.booleans())
def test_floor_divide_is_python_s(x1, x2, negative):
    x2 = -x2 if negative else x2
    with numpy.errstate(under="ignore"):
        assert same(float(xp.asarray(x1) // x2), x1 // x2)
        assert same(float(xp.asarray(x1) % x2), x1 % x2)


@pytest.mark.parametrize("dtype", [xp.complex64, xp.complex128], ids=str)
def test_complex_expm1_at_infinities(dtype):
    z = xp.asarray([complex(INF, 0), complex(-INF, INF), complex(NAN, 0), complex(-INF, NAN), 1e-3], dtype=dtype)
    with numpy.errstate(all="ignore"):
        result = [complex(value) for value in xp.expm1(z)]
    assert result[0] == complex(INF, 0)
    assert result[1] == result[3] == -1
    assert math.isnan(result[2].real)
    assert result[2].imag == 0
    assert result[4].real == pytest.approx(math.expm1(1e-3))


@pytest.mark.parametrize("zero", [complex(0.0, 0.0), complex(-0.0, 0.0)])
def test_complex_expm1_of_zero(zero):
    for result in (xp.expm1(xp.asarray(zero)), xp.expm1(xp.asarray([zero]))[0]):
        assert same(complex(result).real, 0.0)
        assert same(complex(result).imag, 0.0)


@pytest.mark.parametrize("real", [INF, -INF])
@given(imag=st.floats(allow_nan=True))
def test_complex_tanh_at_infinities(real, imag):
    result = complex(xp.tanh(xp.asarray(complex(real, imag))))
    assert result.real == math.copysign(1, real)
    assert same(result.imag, math.copysign(0.0, imag))


@pytest.mark.parametrize("zero", [complex(a, b) for a, b in product((0.0, -0.0), repeat=2)])
def test_complex_sign_of_zero(zero):
    signs = xp.sign(xp.asarray([zero, 3 - 4j]))
    assert same(complex(signs[0]).real, 0.0)
    assert same(complex(signs[0]).imag, 0.0)
    assert complex(signs[1]) == pytest.approx(0.6 - 0.8j)


def c99_values():
    """Operands, and the values that cmath has for them, which are those of C99 and of the standard."""
    for name in ("sqrt", "exp", "log", "cosh", "sinh", "acosh", "asinh", "atanh", "acos", "cos", "sin"):
        for z in (complex(a, b) for a, b in product((0.0, -0.0, 1.5, -1.5, INF, -INF, NAN), repeat=2)):
            try:
                expected = getattr(cmath, name)(z)
            except (ValueError, OverflowError):
                continue  # Python raises where IEEE 754 has a value.
            if name == "acosh" and z.real == 0 and math.isnan(z.imag):
                expected = complex(NAN, math.pi / 2)  # C99 leaves the imaginary part open.
            yield name, z, expected


@pytest.mark.parametrize(("name", "z", "expected"), list(c99_values()))
def test_complex_special_values_are_c99_s(name, z, expected):
    with numpy.errstate(all="ignore"):
        result = complex(getattr(xp, name)(xp.asarray(z)))
    for part, wanted in ((result.real, expected.real), (result.imag, expected.imag)):
        assert math.isnan(part) if math.isnan(wanted) else abs(part) == pytest.approx(abs(wanted))


@given(st.floats(), st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_clip(value, low, high):
    low, high = sorted((low, high))
    result = float(xp.clip(xp.asarray(value), low, high))
    assert math.isnan(result) if math.isnan(value) else result == min(max(value, low), high)


def test_clip_sides():
    x = xp.asarray([1, 5, 9])
    assert xp.clip(x).buffer.tolist() == [1, 5, 9]
    assert not numpy.shares_memory(numpy.asarray(xp.clip(x)), numpy.asarray(x))
    assert xp.clip(x, min=2).buffer.tolist() == [2, 5, 9]
    assert xp.clip(x, max=xp.asarray([0, 7, 7])).buffer.tolist() == [0, 5, 7]
    assert math.isnan(float(xp.clip(xp.asarray(1.0), xp.nan, 2.0)))


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 1)])
def test_shape_and_dtype(row, shape):
    """Every function and every data type that the table allows: arrays out of any shape, also without axes."""
    for name in spec.KINDS[row.kinds]:
        arrays = [xp.ones(shape, dtype=getattr(xp, name)) for _ in range(max(1, min(2, len(row.arrays))))]
        with numpy.errstate(all="ignore"):
            result = getattr(xp, row.name)(*arrays)
        assert type(result) is xp.ExTensor
        assert result.shape == shape
        expected = {"same": name, "promoted": name, "boolean": "bool"}.get(row.result)
        if row.result == "real":
            expected = {"complex64": "float32", "complex128": "float64"}.get(name, name)
        assert expected in (result.dtype.name, None)


@given(st.sampled_from(list(spec.DTYPES)), st.sampled_from(list(spec.DTYPES)))
def test_promotion(first, second):
    """As the standard has it inside a kind, and as NumPy has it across."""
    x, y = xp.ones(1, dtype=getattr(xp, first)), xp.ones(1, dtype=getattr(xp, second))
    expected = numpy.promote_types(first, second)
    assert (x + y).dtype == xp.result_type(x, y.dtype) == expected
    assert xp.can_cast(x, y.dtype) == (expected == y.dtype)
