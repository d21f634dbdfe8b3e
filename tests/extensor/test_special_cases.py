"""The special cases of the standard, one row each, for functions, operators, every float type and several sizes.

A row gives a function, its operands and the result. Operands are values, or words for sets of them (``SETS``); results
may name operands. Where the standard leaves a sign open, the row has ``±`` for it; the sign of a NaN is always open but
for the rows of `copysign`. A complex operand takes two columns, real and imaginary part, and so does its result.
"""

import cmath
import math
import operator
from itertools import product

import numpy
import pytest

import extensor as xp
from conformance.spec import OPERATORS

INF, NAN, PI = math.inf, math.nan, math.pi
NEGATIVE_NAN = math.copysign(NAN, -1)
NAN = math.copysign(NAN, 1)

POSITIVE = [0.25, 1.0, 1.5, 2.0, 300.0]
NEGATIVE = [-value for value in POSITIVE]
FINITE = [0.0, -0.0, *POSITIVE, *NEGATIVE]

SETS = {
    "any": [*FINITE, INF, -INF, NAN],
    "number": [*FINITE, INF, -INF],
    "finite": FINITE,
    "finite|nan": [*FINITE, NAN],
    "nonzero": POSITIVE + NEGATIVE,
    "+finite": POSITIVE,
    "-finite": NEGATIVE,
    ">0": [*POSITIVE, INF],
    "<0": [*NEGATIVE, -INF],
    ">1": [1.5, 300.0, INF],
    "<1": [0.5, 0.0, -0.0, -1.0, -INF],
    "<-1": [-1.5, -300.0, -INF],
    "|x|>1": [1.5, -1.5, INF, -INF],
    "|x|<1": [0.5, -0.5, 0.0, -0.0],
    "≠0": [*POSITIVE, *NEGATIVE, INF, -INF],
    "≠1": [0.0, -0.0, 1.5, -1.0, INF, -INF, NAN],
    "+odd": [1.0, 3.0],
    "-odd": [-1.0, -3.0],
    "+other": [0.5, 2.0, INF],
    "-other": [-0.5, -2.0, -INF],
    "fraction": [0.5, -1.5],
    "integer": [1.0, -3.0, 1e6],
    "+nan": [NAN],
    "-nan": [NEGATIVE_NAN],
    "±0": [0.0, -0.0],
    "±1": [1.0, -1.0],
    "±inf": [INF, -INF],
    "π/4": [PI / 4],
    "π/2": [PI / 2],
    "3π/4": [3 * PI / 4],
    "π": [PI],
}

REAL = """
abs         nan         nan
abs         -0          +0
abs         -inf        inf
acos        nan         nan
acos        >1          nan
acos        <-1         nan
acos        1           +0
acosh       nan         nan
acosh       <1          nan
acosh       1           +0
acosh       inf         inf
asin        nan         nan
asin        >1          nan
asin        <-1         nan
asin        +0          +0
asin        -0          -0
asinh       nan         nan
asinh       +0          +0
asinh       -0          -0
asinh       inf         inf
asinh       -inf        -inf
atan        nan         nan
atan        +0          +0
atan        -0          -0
atan        inf         π/2
atan        -inf        -π/2
atanh       nan         nan
atanh       <-1         nan
atanh       >1          nan
atanh       -1          -inf
atanh       1           inf
atanh       +0          +0
atanh       -0          -0
ceil        integer     x1
ceil        inf         inf
ceil        -inf        -inf
ceil        +0          +0
ceil        -0          -0
ceil        nan         nan
cos         nan         nan
cos         ±0          1
cos         ±inf        nan
cosh        nan         nan
cosh        ±0          1
cosh        ±inf        inf
exp         nan         nan
exp         ±0          1
exp         inf         inf
exp         -inf        +0
expm1       nan         nan
expm1       +0          +0
expm1       -0          -0
expm1       inf         inf
expm1       -inf        -1
floor       integer     x1
floor       inf         inf
floor       -inf        -inf
floor       +0          +0
floor       -0          -0
floor       nan         nan
isfinite    ±inf        false
isfinite    nan         false
isfinite    finite      true
isinf       ±inf        true
isinf       finite|nan  false
isnan       nan         true
isnan       number      false
log         nan         nan
log         <0          nan
log         ±0          -inf
log         1           +0
log         inf         inf
log1p       nan         nan
log1p       <-1         nan
log1p       -1          -inf
log1p       -0          -0
log1p       +0          +0
log1p       inf         inf
log2        nan         nan
log2        <0          nan
log2        ±0          -inf
log2        1           +0
log2        inf         inf
log10       nan         nan
log10       <0          nan
log10       ±0          -inf
log10       1           +0
log10       inf         inf
reciprocal  nan         nan
reciprocal  +0          inf
reciprocal  -0          -inf
reciprocal  inf         +0
reciprocal  -inf        -0
round       integer     x1
round       inf         inf
round       -inf        -inf
round       +0          +0
round       -0          -0
round       nan         nan
round       0.5         +0
round       -0.5        -0
round       1.5         2
round       2.5         2
round       -1.5        -2
sign        <0          -1
sign        ±0          ±0
sign        >0          1
sign        nan         nan
signbit     +0          false
signbit     -0          true
signbit     inf         false
signbit     -inf        true
signbit     +finite     false
signbit     -finite     true
signbit     +nan        false
signbit     -nan        true
sin         nan         nan
sin         +0          +0
sin         -0          -0
sin         ±inf        nan
sinh        nan         nan
sinh        +0          +0
sinh        -0          -0
sinh        inf         inf
sinh        -inf        -inf
sqrt        nan         nan
sqrt        <0          nan
sqrt        +0          +0
sqrt        -0          -0
sqrt        inf         inf
square      nan         nan
square      ±0          +0
square      ±inf        inf
tan         nan         nan
tan         +0          +0
tan         -0          -0
tan         ±inf        nan
tanh        nan         nan
tanh        +0          +0
tanh        -0          -0
tanh        inf         1
tanh        -inf        -1
trunc       integer     x1
trunc       inf         inf
trunc       -inf        -inf
trunc       +0          +0
trunc       -0          -0
trunc       nan         nan
"""

PAIRS = """
add           nan      any      nan
add           any      nan      nan
add           inf      -inf     nan
add           -inf     inf      nan
add           inf      inf      inf
add           -inf     -inf     -inf
add           inf      finite   inf
add           -inf     finite   -inf
add           finite   inf      inf
add           finite   -inf     -inf
add           -0       -0       -0
add           -0       +0       +0
add           +0       -0       +0
add           +0       +0       +0
add           ±0       nonzero  x2
add           nonzero  ±0       x1
add           1.5      -1.5     +0
add           -1.5     1.5      +0
atan2         nan      any      nan
atan2         any      nan      nan
atan2         >0       ±0       π/2
atan2         +0       >0       +0
atan2         +0       +0       +0
atan2         +0       -0       π
atan2         +0       <0       π
atan2         -0       >0       -0
atan2         -0       +0       -0
atan2         -0       -0       -π
atan2         -0       <0       -π
atan2         <0       ±0       -π/2
atan2         +finite  inf      +0
atan2         +finite  -inf     π
atan2         -finite  inf      -0
atan2         -finite  -inf     -π
atan2         inf      finite   π/2
atan2         -inf     finite   -π/2
atan2         inf      inf      π/4
atan2         inf      -inf     3π/4
atan2         -inf     inf      -π/4
atan2         -inf     -inf     -3π/4
copysign      number   <0       -|x1|
copysign      number   -0       -|x1|
copysign      number   +0       |x1|
copysign      number   >0       |x1|
copysign      number   -nan     -|x1|
copysign      number   +nan     |x1|
copysign      nan      <0       -nan
copysign      nan      -0       -nan
copysign      -nan     +0       +nan
copysign      -nan     >0       +nan
copysign      nan      -nan     -nan
copysign      -nan     +nan     +nan
divide        nan      any      nan
divide        any      nan      nan
divide        ±inf     ±inf     nan
divide        ±0       ±0       nan
divide        +0       >0       +0
divide        -0       >0       -0
divide        +0       <0       -0
divide        -0       <0       +0
divide        >0       +0       inf
divide        >0       -0       -inf
divide        <0       +0       -inf
divide        <0       -0       inf
divide        inf      +finite  inf
divide        inf      -finite  -inf
divide        -inf     +finite  -inf
divide        -inf     -finite  inf
divide        +finite  inf      +0
divide        +finite  -inf     -0
divide        -finite  inf      -0
divide        -finite  -inf     +0
equal         nan      any      false
equal         any      nan      false
equal         inf      inf      true
equal         -inf     -inf     true
equal         ±0       ±0       true
equal         1.5      1.5      true
equal         inf      -inf     false
equal         finite   ±inf     false
floor_divide  nan      any      nan
floor_divide  any      nan      nan
floor_divide  ±inf     ±inf     nan
floor_divide  ±0       ±0       nan
floor_divide  +0       >0       +0
floor_divide  -0       >0       -0
floor_divide  +0       <0       -0
floor_divide  -0       <0       +0
floor_divide  >0       +0       inf
floor_divide  >0       -0       -inf
floor_divide  <0       +0       -inf
floor_divide  <0       -0       inf
floor_divide  inf      +finite  inf
floor_divide  inf      -finite  -inf
floor_divide  -inf     +finite  -inf
floor_divide  -inf     -finite  inf
floor_divide  +finite  inf      +0
floor_divide  +finite  -inf     -0
floor_divide  -finite  inf      -0
floor_divide  -finite  -inf     +0
floor_divide  0.25     2        +0
floor_divide  -0.25    -2       +0
floor_divide  -0.25    2        -1
hypot         ±inf     any      inf
hypot         any      ±inf     inf
hypot         ±0       finite   |x2|
hypot         finite   ±0       |x1|
hypot         finite   nan      nan
hypot         nan      finite   nan
hypot         nan      nan      nan
logaddexp     nan      any      nan
logaddexp     any      nan      nan
logaddexp     inf      number   inf
logaddexp     number   inf      inf
logaddexp     -inf     -inf     -inf
logaddexp     -inf     nonzero  x2
maximum       nan      any      nan
maximum       any      nan      nan
maximum       number   inf      inf
maximum       number   -inf     x1
minimum       nan      any      nan
minimum       any      nan      nan
minimum       number   -inf     -inf
minimum       number   inf      x1
multiply      nan      any      nan
multiply      any      nan      nan
multiply      ±inf     ±0       nan
multiply      ±0       ±inf     nan
multiply      +0       +finite  +0
multiply      -0       +finite  -0
multiply      -finite  +0       -0
multiply      -finite  -0       +0
multiply      inf      >0       inf
multiply      inf      <0       -inf
multiply      <0       -inf     inf
multiply      >0       -inf     -inf
nextafter     nan      any      nan
nextafter     any      nan      nan
nextafter     -0       +0       +0
nextafter     +0       -0       -0
not_equal     nan      any      true
not_equal     any      nan      true
not_equal     inf      -inf     true
not_equal     -inf     inf      true
not_equal     1.5      2        true
not_equal     ±0       ±0       false
not_equal     inf      inf      false
pow           ≠1       nan      nan
pow           any      ±0       1
pow           nan      ≠0       nan
pow           |x|>1    inf      inf
pow           |x|>1    -inf     +0
pow           ±1       ±inf     1
pow           1        number   1
pow           |x|<1    inf      +0
pow           |x|<1    -inf     inf
pow           inf      >0       inf
pow           inf      <0       +0
pow           -inf     +odd     -inf
pow           -inf     +other   inf
pow           -inf     -odd     -0
pow           -inf     -other   +0
pow           +0       >0       +0
pow           +0       <0       inf
pow           -0       +odd     -0
pow           -0       +other   +0
pow           -0       -odd     -inf
pow           -0       -other   inf
pow           -finite  fraction nan
remainder     nan      any      nan
remainder     any      nan      nan
remainder     ±inf     ±inf     nan
remainder     ±0       ±0       nan
remainder     ±0       >0       +0
remainder     ±0       <0       -0
remainder     >0       ±0       nan
remainder     <0       ±0       nan
remainder     ±inf     nonzero  nan
remainder     +finite  inf      x1
remainder     +finite  -inf     x2
remainder     -finite  inf      x2
remainder     -finite  -inf     x1
subtract      inf      inf      nan
subtract      -inf     -inf     nan
subtract      +0       +0       +0
subtract      -0       +0       -0
subtract      +0       -0       +0
subtract      -0       -0       +0
"""

COMPLEX = """
abs    ±inf     any       inf
abs    any      ±inf      inf
abs    ±0       any       |b|
abs    any      ±0        |a|
abs    nan      finite    nan
abs    finite   nan       nan
abs    nan      nan       nan
acos   ±0       +0        π/2    -0
acos   ±0       nan       π/2    nan
acos   finite   inf       π/2    -inf
acos   nonzero  nan       nan    nan
acos   -inf     +finite   π      -inf
acos   inf      +finite   +0     -inf
acos   -inf     inf       3π/4   -inf
acos   inf      inf       π/4    -inf
acos   ±inf     nan       nan    ±inf
acos   nan      finite    nan    nan
acos   nan      inf       nan    -inf
acos   nan      nan       nan    nan
acosh  ±0       +0        +0     π/2
acosh  finite   inf       inf    π/2
acosh  nonzero  nan       nan    nan
acosh  ±0       nan       nan    ±π/2
acosh  -inf     +finite   inf    π
acosh  inf      +finite   inf    +0
acosh  -inf     inf       inf    3π/4
acosh  inf      inf       inf    π/4
acosh  ±inf     nan       inf    nan
acosh  nan      finite    nan    nan
acosh  nan      inf       inf    nan
acosh  nan      nan       nan    nan
asinh  +0       +0        +0     +0
asinh  +finite  inf       inf    π/2
asinh  finite   nan       nan    nan
asinh  inf      +finite   inf    +0
asinh  inf      inf       inf    π/4
asinh  nan      +0        nan    +0
asinh  nan      nonzero   nan    nan
asinh  nan      inf       ±inf   nan
asinh  nan      nan       nan    nan
atanh  +0       +0        +0     +0
atanh  +0       nan       +0     nan
atanh  1        +0        inf    +0
atanh  +finite  inf       +0     π/2
atanh  nonzero  nan       nan    nan
atanh  inf      +finite   +0     π/2
atanh  inf      inf       +0     π/2
atanh  inf      nan       +0     nan
atanh  nan      finite    nan    nan
atanh  nan      inf       ±0     π/2
atanh  nan      nan       nan    nan
cosh   +0       +0        1      +0
cosh   +0       inf       nan    ±0
cosh   +0       nan       nan    ±0
cosh   nonzero  inf       nan    nan
cosh   nonzero  nan       nan    nan
cosh   inf      +0        inf    +0
cosh   inf      nonzero   inf·cos(b)  inf·sin(b)
cosh   inf      inf       ±inf   nan
cosh   inf      nan       inf    nan
cosh   nan      ±0        nan    ±0
cosh   nan      nonzero   nan    nan
cosh   nan      nan       nan    nan
exp    ±0       +0        1      +0
exp    finite   inf       nan    nan
exp    finite   nan       nan    nan
exp    inf      +0        inf    +0
exp    -inf     finite    0·cos(b)  0·sin(b)
exp    inf      nonzero   inf·cos(b)  inf·sin(b)
exp    -inf     inf       ±0     ±0
exp    inf      inf       ±inf   nan
exp    -inf     nan       ±0     ±0
exp    inf      nan       ±inf   nan
exp    nan      +0        nan    +0
exp    nan      ≠0        nan    nan
exp    nan      nan       nan    nan
expm1  ±0       +0        +0     +0
expm1  finite   inf       nan    nan
expm1  finite   nan       nan    nan
expm1  inf      +0        inf    +0
expm1  -inf     finite    -1     0·sin(b)
expm1  inf      nonzero   inf·cos(b)  inf·sin(b)
expm1  -inf     inf       -1     ±0
expm1  inf      inf       ±inf   nan
expm1  -inf     nan       -1     ±0
expm1  inf      nan       ±inf   nan
expm1  nan      +0        nan    +0
expm1  nan      ≠0        nan    nan
expm1  nan      nan       nan    nan
isfinite  nan      any      false
isfinite  any      nan      false
isfinite  ±inf     any      false
isfinite  any      ±inf     false
isfinite  finite   finite   true
isinf     ±inf     any      true
isinf     any      ±inf     true
isinf     finite|nan  finite|nan  false
isnan     nan      any      true
isnan     any      nan      true
isnan     number   number   false
log    -0       +0        -inf   π
log    +0       +0        -inf   +0
log    finite   inf       inf    π/2
log    finite   nan       nan    nan
log    -inf     +finite   inf    π
log    inf      +finite   inf    +0
log    -inf     inf       inf    3π/4
log    inf      inf       inf    π/4
log    ±inf     nan       inf    nan
log    nan      finite    nan    nan
log    nan      inf       inf    nan
log    nan      nan       nan    nan
log1p  -1       +0        -inf   +0
log1p  finite   inf       inf    π/2
log1p  finite   nan       nan    nan
log1p  -inf     +finite   inf    π
log1p  inf      +finite   inf    +0
log1p  -inf     inf       inf    3π/4
log1p  inf      inf       inf    π/4
log1p  ±inf     nan       inf    nan
log1p  nan      finite    nan    nan
log1p  nan      inf       inf    nan
log1p  nan      nan       nan    nan
round  2.5      -0.5      2      -0
round  inf      nan       inf    nan
round  nan      -inf      nan    -inf
round  integer  1.5       a      2
sign   ±0       ±0        +0     +0
sign   nan      any       nan    nan
sign   any      nan       nan    nan
sinh   +0       +0        +0     +0
sinh   +0       inf       ±0     nan
sinh   +0       nan       ±0     nan
sinh   +finite  inf       nan    nan
sinh   +finite  nan       nan    nan
sinh   inf      +0        inf    +0
sinh   inf      +finite   inf·cos(b)  inf·sin(b)
sinh   inf      inf       ±inf   nan
sinh   inf      nan       ±inf   nan
sinh   nan      +0        nan    +0
sinh   nan      nonzero   nan    nan
sinh   nan      nan       nan    nan
sqrt   ±0       +0        +0     +0
sqrt   any      inf       inf    inf
sqrt   finite   nan       nan    nan
sqrt   -inf     +finite   +0     inf
sqrt   inf      +finite   inf    +0
sqrt   -inf     nan       nan    ±inf
sqrt   inf      nan       inf    nan
sqrt   nan      finite    nan    nan
sqrt   nan      nan       nan    nan
tanh   +0       +0        +0     +0
tanh   nonzero  inf       nan    nan
tanh   +0       inf       +0     nan
tanh   nonzero  nan       nan    nan
tanh   +0       nan       +0     nan
tanh   inf      +finite   1      +0
tanh   inf      inf       1      ±0
tanh   inf      nan       1      ±0
tanh   nan      +0        nan    +0
tanh   nan      ≠0        nan    nan
tanh   nan      nan       nan    nan
"""

RESULTS = {
    "x1": lambda x1, x2=0.0: x1,
    "x2": lambda x1, x2: x2,
    "a": lambda a, b: a,
    "|x1|": lambda x1, x2: abs(x1),
    "-|x1|": lambda x1, x2: -abs(x1),
    "|x2|": lambda x1, x2: abs(x2),
    "|a|": lambda a, b: abs(a),
    "|b|": lambda a, b: abs(b),
    "inf·cos(b)": lambda a, b: INF * math.cos(b),
    "inf·sin(b)": lambda a, b: INF * math.sin(b),
    "0·cos(b)": lambda a, b: 0.0 * math.cos(b),
    "0·sin(b)": lambda a, b: 0.0 * math.sin(b),
}


def lines(text):
    return [line.split() for line in text.strip().splitlines()]


def rows(text):
    return [pytest.param(name, columns, id=f"{name} {' '.join(columns)}") for name, *columns in lines(text)]


def values(word):
    if word in SETS:
        return SETS[word]
    if word[1:] in SETS:
        return [-value for value in SETS[word[1:]]]
    return [float(word)]


def agrees(value, word, operands, tolerance=0.0):
    """Whether a result is what a row says, to the last bit but for multiples of π."""
    if word in ("true", "false"):
        return bool(value) == (word == "true")
    expected = RESULTS[word](*operands) if word in RESULTS else values(word)[-1]
    value = float(value)
    if math.isnan(expected):
        sign = {"+nan": 1, "-nan": -1}.get(word)
        return math.isnan(value) and sign in (None, math.copysign(1, value))
    if word.startswith("±"):
        return abs(value) == abs(expected) or math.isclose(abs(value), abs(expected), rel_tol=1e-6)
    same_sign = math.copysign(1, value) == math.copysign(1, expected)
    return same_sign and (value == expected or math.isclose(value, expected, rel_tol=1e-6 if "π" in word else 0))


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


@quiet
@pytest.mark.parametrize(("name", "columns"), rows(REAL))
def test_real(name, columns):
    for value, dtype, shape in product(values(columns[0]), REAL_DTYPES, SHAPES):
        x = xp.full(shape, value, dtype=dtype)
        results = [getattr(xp, name)(x)]
        if name == "abs":
            results.append(abs(x))
        for result in results:
            assert all(agrees(each, columns[1], (value,)) for each in elements(result)), (value, result)


@quiet
@pytest.mark.parametrize(("name", "columns"), rows(PAIRS))
def test_pairs(name, columns):
    for first, second in product(values(columns[0]), values(columns[1])):
        for dtype, shape in product(REAL_DTYPES, SHAPES):
            x1, x2 = xp.full(shape, first, dtype=dtype), xp.full(shape, second, dtype=dtype)
            for result in forms(name, x1, x2, first, second):
                assert all(agrees(each, columns[2], (first, second)) for each in elements(result)), (
                    first,
                    second,
                    result,
                )


@quiet
@pytest.mark.parametrize(("name", "columns"), rows(COMPLEX))
def test_complex(name, columns):
    for a, b in product(values(columns[0]), values(columns[1])):
        for dtype, shape in product(COMPLEX_DTYPES, SHAPES):
            result = getattr(xp, name)(xp.full(shape, complex(a, b), dtype=dtype))
            parts = [elements(result)] if len(columns) == 3 else [elements(xp.real(result)), elements(xp.imag(result))]
            for part, word in zip(parts, columns[2:], strict=True):
                assert all(agrees(each, word, (a, b)) for each in part), (a, b, result)


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
@pytest.mark.parametrize("name", sorted({name for name, *_ in lines(REAL) + lines(PAIRS)}))
def test_ordinary_neighbours(name):
    pair = name in {row[0] for row in lines(PAIRS)}
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
