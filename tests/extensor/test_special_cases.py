"""The special cases of the standard, and of its rows for functions, operators, every float type and several sizes."""

import cmath
import math
import operator
from itertools import product

import numpy
import pytest

import extensor as xp
from conformance.spec import OPERATORS
from conformance.special_cases import table

INF, NAN = math.inf, math.copysign(math.nan, 1)

ROWS = [row for rows in table().values() for row in rows]


SHAPES = [(), (1,), (17,)]  # No axes; one element; more than a vector register holds, and some left over.
REAL_DTYPES, COMPLEX_DTYPES = [xp.float32, xp.float64], [xp.complex64, xp.complex128]
quiet = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def elements(x):
    return xp.reshape(x, (-1,)).buffer.tolist() if x.dtype.kind != "c" else [complex(z) for z in xp.reshape(x, (-1,))]


METHODS = {row.function: row for row in OPERATORS}


def inplace(name):
    def run(x1, x2):
        x1 = xp.asarray(x1, copy=True)
        return getattr(x1, name)(x2)

    return run


def forms(name, x1, x2, values1, values2):
    """The function, and the operator with arrays and Python scalars on either side and in place."""
    function = getattr(xp, name)
    yield function(x1, x2)
    yield function(x1, values2)
    yield function(values1, x2)
    if name in METHODS:
        row = METHODS[name]
        symbol = getattr(operator, row.method)
        yield from (symbol(x1, x2), symbol(x1, values2), symbol(values1, x2))
        if row.inplace:
            yield from (inplace(row.inplace)(x1, x2), inplace(row.inplace)(x1, values2))


def identified(rows):
    return [pytest.param(row, id=f"{row.function}: {row.sentence}") for row in rows]


@quiet
@pytest.mark.parametrize("row", identified(row for row in ROWS if row.kind == "real"))
def test_real(row):
    for dtype, shape in product(REAL_DTYPES, SHAPES):
        for operands, columns in row.instances(str(dtype)):
            x = [xp.full(shape, value, dtype=dtype) for value in operands]
            results = forms(row.function, *x, *operands) if len(x) == 2 else [getattr(xp, row.function)(*x)]
            for result in results:
                assert all(row.accepts(each, columns, str(dtype), strict=True) for each in elements(result)), operands


@quiet
@pytest.mark.parametrize("row", identified(row for row in ROWS if row.kind == "complex"))
def test_complex(row):
    for dtype, shape in product(COMPLEX_DTYPES, SHAPES):
        for operands, columns in row.instances(str(dtype)):
            result = getattr(xp, row.function)(*(xp.full(shape, value, dtype=dtype) for value in operands))
            assert all(row.accepts(each, columns, str(dtype), strict=True) for each in elements(result)), operands


@pytest.mark.parametrize("row", identified(row for row in ROWS if row.kind == "integer"))
@pytest.mark.parametrize("dtype", [xp.int8, xp.uint8, xp.int64, xp.uint64], ids=str)
def test_integer(row, dtype):
    for (operand,), columns in row.instances(str(dtype)):
        result = getattr(xp, row.function)(xp.asarray([operand], dtype=dtype))
        assert row.accepts(elements(result)[0], columns, str(dtype), strict=True), operand


@quiet
def test_logaddexp_of_nothing():
    """As ``log(exp(x1) + exp(x2))``, which the text has no row for."""
    for dtype in REAL_DTYPES:
        x = xp.asarray([-INF, -INF, 1.5], dtype=dtype)
        assert elements(xp.logaddexp(x, xp.asarray([-INF, 1.5, -INF], dtype=dtype))) == [-INF, 1.5, 1.5]


# Functions that the text defines by another, or by a symmetry. `ROTATED`: f(z) = -1j * g(1j * z), where g has its rows.

ROTATED = {"asin": "asinh", "atan": "atanh", "sin": "sinh", "tan": "tanh"}
CONJUGATE = "acos acosh asin asinh atan atanh cos cosh exp expm1 log log1p log2 log10 sin sinh sqrt tan tanh".split()
ODD = "asin asinh atan atanh sin sinh tan tanh".split()
EVEN = "cos cosh".split()
PLANE = [complex(a, b) for a, b in product([0.0, -0.0, 1.0, 1.5, -2.0, INF, -INF, NAN], repeat=2)]


def turned(z):
    """1j * z, part by part, as the table for multiplication with an imaginary number has it."""
    return complex(-z.imag, z.real)


def turned_back(z):
    return complex(z.imag, -z.real)


def apply(name, z, dtype):
    return complex(getattr(xp, name)(xp.asarray([z], dtype=dtype))[0])


def same_part(value, expected, *, signed=True):
    if math.isnan(expected):
        return math.isnan(value)
    return math.isclose(abs(value), abs(expected), rel_tol=1e-6) and (
        not signed or math.copysign(1, value) == math.copysign(1, expected)
    )


def same(value, expected):
    """Equal in both parts; the sign is open beside a NaN."""
    certain = not (cmath.isnan(value) and cmath.isnan(expected))
    return same_part(value.real, expected.real, signed=certain) and same_part(value.imag, expected.imag, signed=certain)


@quiet
@pytest.mark.parametrize("dtype", COMPLEX_DTYPES, ids=str)
@pytest.mark.parametrize("name", ROTATED)
def test_rotated(name, dtype):
    for z in PLANE:
        assert same(apply(name, z, dtype), turned_back(apply(ROTATED[name], turned(z), dtype))), z


@quiet
@pytest.mark.parametrize("dtype", COMPLEX_DTYPES, ids=str)
def test_cos_is_cosh_of_the_rotated(dtype):
    for z in PLANE:
        assert same(apply("cos", z, dtype), apply("cosh", turned(z), dtype)), z


@quiet
@pytest.mark.parametrize(("name", "base"), [("log2", 2), ("log10", 10)])
@pytest.mark.parametrize("dtype", COMPLEX_DTYPES, ids=str)
def test_logarithms_change_base(name, base, dtype):
    for z in PLANE:
        natural = apply("log", z, dtype)
        assert same(apply(name, z, dtype), complex(natural.real / math.log(base), natural.imag / math.log(base))), z


@quiet
@pytest.mark.parametrize("dtype", COMPLEX_DTYPES, ids=str)
@pytest.mark.parametrize("name", CONJUGATE)
def test_conjugate_symmetry(name, dtype):
    for z in PLANE:
        if not (name == "expm1" and z.imag == 0):
            assert same(apply(name, z.conjugate(), dtype), apply(name, z, dtype).conjugate()), z


@quiet
@pytest.mark.parametrize("dtype", COMPLEX_DTYPES, ids=str)
@pytest.mark.parametrize("name", ODD + EVEN)
def test_parity(name, dtype):
    for z in PLANE:
        expected = apply(name, z, dtype)
        assert same(apply(name, -z, dtype), expected if name in EVEN else -expected), z


# Powers of complex numbers are exp(x2 * log(x1)) where they have no finite value of their own.


@quiet
@pytest.mark.parametrize("dtype", COMPLEX_DTYPES, ids=str)
@pytest.mark.parametrize("x2", [2.0, -1.0, 0.5, 3.0, 1 + 1j, -2j], ids=str)
def test_complex_pow(x2, dtype):
    for z in PLANE:
        base = xp.asarray([z, 2.0], dtype=dtype)
        expected = xp.exp(x2 * xp.log(base))
        inplace = xp.asarray(base, copy=True)
        inplace **= x2
        for result in (base**x2, xp.pow(base, xp.full(2, x2, dtype=dtype)), inplace):
            if not cmath.isfinite(complex(result[0])):
                assert same(complex(result[0]), complex(expected[0])), z
            assert complex(result[1]) == pytest.approx(2.0**x2, rel=1e-6)


def test_complex_pow_zero_is_one():
    """As of real numbers and in Python, though ``exp(0 * log(0))`` is NaN; the text says *should* here."""
    assert complex(xp.asarray(0j) ** 0) == 1


# Sequences: as by successive application of the operation, and NaN wherever there is one.

SEQUENCES = [[1.0, NAN, 2.0], [INF, 2.0, -INF, 1.0], [0.0, INF, 1.0], [-0.0, -0.0], [-0.0, 0.0], [INF, NAN, 0.0]]


@quiet
@pytest.mark.parametrize("shift", [0, 1j], ids=["real", "complex"])
@pytest.mark.parametrize("sequence", SEQUENCES, ids=str)
@pytest.mark.parametrize(("total", "running", "step"), [
    ("sum", "cumulative_sum", "add"), ("prod", "cumulative_prod", "multiply"),
])  # fmt: skip
def test_successive_application(total, running, step, sequence, shift):
    x = xp.asarray([complex(value, 1) if shift else value for value in sequence])
    partial = [x[0]]
    for i in range(1, x.size):
        partial.append(getattr(xp, step)(partial[-1], x[i]))
    results = getattr(xp, running)(x)
    for result, expected in zip(results, partial, strict=True):
        assert same(complex(result), complex(expected))
    if not cmath.isnan(complex(partial[-1])):
        assert complex(getattr(xp, total)(x)) == complex(partial[-1])
    else:
        assert cmath.isnan(complex(getattr(xp, total)(x)))


@pytest.mark.parametrize("name", ["max", "min", "mean", "std", "var", "sum", "prod"])
@pytest.mark.parametrize("dtype", REAL_DTYPES, ids=str)
@pytest.mark.parametrize("place", [0, 8, 16])
def test_nan_propagates(name, dtype, place):
    x = xp.ones((2, 17), dtype=dtype)
    x[1, place] = NAN
    result = getattr(xp, name)(x, axis=1)
    assert not math.isnan(float(result[0]))
    assert math.isnan(float(result[1]))
    assert math.isnan(float(getattr(xp, name)(x)))


@quiet
@pytest.mark.parametrize("dtype", REAL_DTYPES + COMPLEX_DTYPES, ids=str)
def test_reductions_of_nothing(dtype):
    nothing = xp.zeros((0,), dtype=dtype)
    assert complex(xp.sum(nothing)) == 0
    assert complex(xp.prod(nothing)) == 1
    assert complex(xp.linalg.trace(xp.zeros((0, 0), dtype=dtype))) == 0
    mean = complex(xp.mean(nothing))
    assert math.isnan(mean.real)
    assert math.isnan(mean.imag) == (dtype in COMPLEX_DTYPES)


@quiet
@pytest.mark.parametrize("name", ["std", "var"])
@pytest.mark.parametrize("correction", [2, 2.5, 7])
@pytest.mark.parametrize("dtype", REAL_DTYPES, ids=str)
def test_no_freedom_no_spread(name, correction, dtype):
    x = xp.asarray([[1.0, 4.0], [2.0, 2.0]], dtype=dtype)
    assert xp.all(xp.isnan(getattr(xp, name)(x, axis=1, correction=correction)))


def test_mean_of_complex_parts_are_independent():
    mean = complex(xp.mean(xp.asarray([complex(NAN, 1), 2 + 3j])))
    assert math.isnan(mean.real)
    assert mean.imag == 2
    mean = complex(xp.mean(xp.asarray([complex(1, INF), 3 + 3j])))
    assert mean == complex(2, INF)


@pytest.mark.parametrize("dtype", REAL_DTYPES, ids=str)
@pytest.mark.parametrize(
    "bounds", [(None, None), (0.0, 1.0), (NAN, 1.0), (0.0, NAN), (NAN, None), (None, NAN)], ids=str
)
def test_clip_propagates_nan(bounds, dtype):
    nan = NAN in bounds
    for value in (0.5, NAN):
        for shape in SHAPES:
            result = xp.clip(xp.full(shape, value, dtype=dtype), *bounds)
            assert all(math.isnan(each) == (nan or math.isnan(value)) for each in elements(result))


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("size", [3, 17, 300])
def test_sorting_keeps_every_nan(size, descending):
    """The text leaves their place open; all stay together at one end, and the numbers in order."""
    x = xp.asarray([NAN if i % 3 == 0 else float(i * 7 % 11) for i in range(size)])
    for result in (xp.sort(x, descending=descending), xp.take(x, xp.argsort(x, descending=descending))):
        values = elements(result)
        nans = [math.isnan(value) for value in values]
        assert nans == sorted(nans, reverse=descending)
        numbers = [value for value in values if not math.isnan(value)]
        assert numbers == sorted((v for v in elements(x) if not math.isnan(v)), reverse=descending)


@pytest.mark.parametrize("determinant", [[[0.0, 0.0], [0.0, 0.0]], [[1.0, 2.0], [2.0, 4.0]]], ids=str)
@pytest.mark.parametrize("dtype", REAL_DTYPES + COMPLEX_DTYPES, ids=str)
def test_slogdet_of_singular_matrices(determinant, dtype):
    sign, logabsdet = xp.linalg.slogdet(xp.asarray(determinant, dtype=dtype))
    assert complex(sign) == 0
    assert float(logabsdet) == -INF


# Ordinary elements are computed alike beside special ones.


@quiet
@pytest.mark.parametrize(
    ("name", "arity"), sorted({(row.function, row.arity) for row in ROWS if row.kind == "real"} - {("clip", 3)})
)
def test_ordinary_neighbours(name, arity):
    pair = arity == 2
    ordinary, beside = [0.3, 0.7, 2.3], [1.7, 0.5, -3.0]
    for dtype in REAL_DTYPES if pair else REAL_DTYPES + COMPLEX_DTYPES:
        if dtype in COMPLEX_DTYPES and name in ("ceil", "floor", "trunc", "signbit"):
            continue
        special = [0.0, -0.0, INF, -INF, NAN]
        x = xp.asarray([*ordinary, *special, *ordinary], dtype=dtype)
        arguments = (x, xp.asarray([*beside, *special[::-1], *beside], dtype=dtype)) if pair else (x,)
        result = getattr(xp, name)(*arguments)
        alone = getattr(xp, name)(*(argument[:3] for argument in arguments))
        # Vectorised and scalar loops may round differently.
        for part in (result[:3], result[-3:]):
            numpy.testing.assert_allclose(part, alone, rtol=1e-6 if dtype.itemsize < 8 else 1e-5)
