"""The oracles, special cases, checks and figures of elementwise functions and operators."""

import cmath
import math
import operator

import array_api_strict
import mpmath
import numpy
import pytest

import extensor
from conformance.accuracy import MEASURED, measure, references
from conformance.checking import perform
from conformance.checks import elementwise, operators
from conformance.checks.elementwise import ROWS, case_of, defined, fixed_cases
from conformance.judging import Element, judge
from conformance.literals import vector
from conformance.namespaces import Namespace
from conformance.references.elementwise import Open, value
from conformance.settings import Settings
from conformance.spec import KINDS
from conformance.special_cases import rows, table
from conformance.ulp import error

FEW = ("bool", "int8", "uint8", "float32", "complex64")
QUICK = Settings(examples=1)

CHECKS = [*elementwise.CHECKS, *operators.CHECKS]


def failures(xp, path, dtypes=FEW, settings=QUICK, **options):
    """Failed outcomes of all checks of a path."""
    namespace = Namespace(xp, "test", "import test as xp", dtypes=dtypes, **options)
    outcomes = [outcome for check in CHECKS if check.path == path for outcome in perform(namespace, check, settings)]
    assert outcomes
    return {outcome.check: outcome.failure for outcome in outcomes if outcome.state == "failed"}


@pytest.mark.parametrize("path", dict.fromkeys(check.path for check in CHECKS))
def test_extensor_conforms(path):
    assert not failures(extensor, path)


KNOWN = {"expm1", "pow"}
"""Of NumPy: expm1(inf+0j) is inf+nanj, and -inf ** 0.5 of scalars is NaN."""


@pytest.mark.parametrize("path", [path for path in ROWS if path not in KNOWN])
def test_array_api_strict_conforms(path):
    assert not failures(array_api_strict, path, ("bool", "int16", "uint32", "float64", "complex128"))


# Oracles.

DTYPES_OF = [
    (path, dtype)
    for path, row in ROWS.items()
    for dtype in ("int32", "float64", "complex128")
    if path != "clip" and dtype in KINDS[row.kinds]
]


@pytest.mark.parametrize(("path", "dtype"), DTYPES_OF)
def test_oracles_agree_with_numpy(path, dtype):
    columns, expected = defined(path, dtype)
    with numpy.errstate(all="ignore"):
        got = getattr(numpy, path)(*(numpy.asarray(x.values, dtype=dtype) for x in columns))
    for operands, left, right in zip(zip(*(x.values for x in columns), strict=True), got, expected.values, strict=True):
        if isinstance(right, Element):
            assert right.accepts(left)
        elif left.dtype.kind in "bui" or left != left:
            assert left == right or (left != left and right != right), operands
        elif not numpy.isfinite(left):
            assert error(left.item(), right, dtype) == 0, operands
        else:  # Remainders of huge by tiny numbers, and cancelling sums, are exact in either.
            assert left == pytest.approx(complex(right), rel=1e-12, abs=1e-300), operands


@pytest.mark.parametrize("path", ["floor_divide", "remainder"])
@pytest.mark.parametrize("x1", [-7, 7, 8, 0, -7.5, 7.25, 1e10])
@pytest.mark.parametrize("x2", [-2, 2, 3, -0.75, 0.1])
def test_division_is_that_of_python(path, x1, x2):
    x1, x2 = (x1, x2) if isinstance(x1, int) and isinstance(x2, int) else (float(x1), float(x2))
    python = {"floor_divide": operator.floordiv, "remainder": operator.mod}[path](x1, x2)
    found = value(path, (x1, x2), "int64" if isinstance(x1, int) else "float64")
    assert found.accepts(int(python)) if isinstance(found, Element) else found == pytest.approx(python, rel=1e-15)


@pytest.mark.parametrize("operands", [(100, 100), (2, -1), (1, 8), (-128, -1)])
def test_open_results_are_not_asked_for(operands):
    path = {(100, 100): "add", (2, -1): "pow", (1, 8): "bitwise_left_shift", (-128, -1): "floor_divide"}[operands]
    with pytest.raises(Open):
        value(path, operands, "int8")


def test_neighbours():
    for a, b in [(1.0, 2.0), (-1.0, 0.5), (3.5, -2.0), (-2.0, -7.0)]:
        assert value("nextafter", (a, b), "float32") == float(numpy.nextafter(numpy.float32(a), numpy.float32(b)))
        assert value("nextafter", (a, b), "float64") == math.nextafter(a, b)


# Special cases.

IN_CMATH = "acos asin asinh atan atanh cos cosh exp log log10 sin sinh sqrt tan tanh".split()


@pytest.mark.parametrize("name", IN_CMATH)
def test_rows_are_those_of_python(name):
    """Which has C99's special values as tables of its own; of acosh, those before a correction of C99."""
    judged = 0
    for row in rows(name):
        if row.kind != "complex":
            continue
        for (z,), columns in row.instances("complex128"):
            try:
                got = getattr(cmath, name)(z)
            except (ValueError, OverflowError):
                continue
            judged += 1
            assert row.accepts(got, columns, "complex128"), (row.sentence, z, got)
    assert judged > 50


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_are_those_of_numpy(dtype):
    for name, found in table().items():
        for row in found:
            if row.kind == "real" and name not in ("clip", "floor_divide"):
                columns = list(zip(*(operands for operands, _ in row.instances(dtype)), strict=True))
                with numpy.errstate(all="ignore"):
                    got = getattr(numpy, name)(*(numpy.asarray(column, dtype=dtype) for column in columns))
                for each, (_, words) in zip(got.tolist(), row.instances(dtype), strict=True):
                    if row.operands[:2] != ("-inf", "+other"):  # Here NumPy takes the square root.
                        assert row.accepts(each, words, dtype), row.sentence


@pytest.mark.parametrize(
    ("name", "index", "sentence"),
    [
        ("add", 1, "If x1_i is any value and x2_i is NaN, the result is NaN."),
        ("atan2", 2, "If x1_i is greater than 0 and x2_i is either +0 or -0, the result is π/2."),
        ("isfinite", 0, "If x_i is either +infinity or -infinity, the result is False."),
        ("sqrt", 8, "If a is -infinity and b is a positive finite number, the result is +0 + infinity j."),
    ],
)
def test_sentences(name, index, sentence):
    assert rows(name)[index].sentence == sentence


def test_open_signs_are_open_and_others_not():
    (zero,) = [row for row in rows("sign") if row.kind == "real" and row.operands == ("±0",)]
    assert zero.accepts(0.0, (-0.0,), "float32")
    (negative,) = [row for row in rows("abs") if row.operands == ("-0",)]
    assert not negative.accepts(-0.0, (-0.0,), "float32")


def test_python_floor_division_is_allowed_but_not_preferred():
    (row,) = [row for row in rows("floor_divide") if row.operands == ("+finite", "-inf")]
    assert row.accepts(-1.0, (1.0, -math.inf), "float64")
    assert not row.accepts(-1.0, (1.0, -math.inf), "float64", strict=True)


# Broken namespaces.


class Broken:
    """NumPy with some functions replaced."""

    def __init__(self, **functions):
        self.__dict__.update(functions)

    def __getattr__(self, name):
        return getattr(numpy, name)


def mutating(x1, x2, /):
    if isinstance(x1, numpy.ndarray) and x1.size:
        x1[...] = x1 + 1
    return numpy.subtract(x1, x2)


def clamped_below(x, /, *args, **bounds):
    low = args[0] if args else bounds.get("min")
    return numpy.maximum(x, x if low is None else low)


def only(dtype, wrong, right):
    """A function that is wrong for one data type."""
    return lambda *args: (wrong if args[0].dtype == dtype else right)(*args)


BROKEN = [
    ("sin", numpy.cos, "values"),
    ("cos", lambda x, /: numpy.cos(numpy.clip(x, -5, 5) if x.dtype.kind == "f" else x), "values"),
    ("exp", lambda x, /: numpy.exp(x).astype("float64") if x.dtype == "float32" else numpy.exp(x), "dtype"),
    ("abs", lambda x, /: numpy.abs(x).reshape(x.shape or (1,)), "shape"),
    ("tanh", lambda x, /: numpy.tanh(numpy.nan_to_num(x)), "special cases"),
    ("log", lambda x, /: [numpy.log(x)], "type"),
    ("subtract", mutating, "inputs"),
    ("add", only("uint8", numpy.bitwise_or, numpy.add), "values"),
    ("bitwise_right_shift", lambda a, b, /: (numpy.abs(a) >> b) if numpy.ndim(a) else a >> b, "values"),
    (
        "divide",
        lambda a, b, /: numpy.multiply(a, numpy.reciprocal(b)) if b.dtype.kind == "f" else numpy.divide(a, b),
        "values",
    ),
    ("nextafter", lambda a, b, /: numpy.nextafter(a, numpy.inf), "values"),
    ("remainder", numpy.fmod, "values"),
    ("floor_divide", lambda a, b, /: numpy.trunc(numpy.divide(a, b)).astype(numpy.result_type(a, b)), "values"),
    ("round", lambda x, /: numpy.floor(x + 0.5) if x.dtype.kind == "f" else numpy.round(x), "values"),
    ("maximum", numpy.fmax, "special cases"),
    ("clip", clamped_below, "values"),
    ("equal", lambda a, b, /: numpy.equal(a, b) | (numpy.isnan(a) & numpy.isnan(b)), "special cases"),
    ("less", lambda a, b, /: numpy.less(a, b) if numpy.shape(a) == numpy.shape(b) else numpy.less(b, a), "values"),
    ("atan2", lambda a, b, /: numpy.arctan2(b, a), "values"),
    ("logical_xor", numpy.logical_or, "values"),
    ("pow", lambda a, b, /: numpy.pow(a, b).astype(numpy.asarray(a).dtype), "dtypes"),
    ("multiply", lambda a, b, /: numpy.multiply(numpy.asarray(a), numpy.asarray(b)), "scalars"),
    ("hypot", lambda a, b, /: numpy.sqrt(a * a + b * b), "special cases"),
    ("signbit", lambda x, /: x < 0, "special cases"),
    ("sign", lambda x, /: numpy.sign(x.real).astype(x.dtype), "values"),
]


@pytest.mark.parametrize(("path", "function", "check"), BROKEN, ids=lambda each: each if isinstance(each, str) else "")
def test_broken_functions_are_found(path, function, check):
    dtypes = (*FEW, "float64", "int16")
    assert check not in failures(numpy, path, dtypes) or path == "pow"
    assert check in failures(Broken(**{path: function}), path, dtypes)


class Wrapped(numpy.ndarray):
    """Arrays with broken operators."""

    def __rsub__(self, other):
        return numpy.subtract(numpy.asarray(self), numpy.asarray(other))

    def __iadd__(self, other):
        return numpy.add(self, numpy.negative(other))

    def __ge__(self, other):
        return numpy.greater(numpy.asarray(self), other)

    def __neg__(self):
        return numpy.asarray(self)

    def __matmul__(self, other):
        return numpy.matmul(numpy.asarray(other), numpy.asarray(self))


def wrapped(obj, **options):
    return numpy.asarray(obj, **options).view(Wrapped)


@pytest.mark.parametrize("method", ["__rsub__", "__iadd__", "__ge__", "__neg__", "__matmul__"])
def test_broken_operators_are_found(method):
    assert "operators" not in failures(numpy, method)
    assert "operators" in failures(Broken(asarray=wrapped), method)


def test_the_failure_shows_one_element():
    failure = failures(Broken(sin=lambda x, /: numpy.sin(numpy.where(x == 33.3, 0, x))), "sin", ("float64",))["values"]
    assert failure.call == "xp.sin(xp.asarray(33.3, dtype=xp.float64))"
    assert failure.text == "an approximation to the sine of an angle in radians"


def test_the_failure_of_a_special_case_quotes_its_row():
    broken = Broken(acosh=lambda x, /: numpy.where(x < 1, 0, numpy.acosh(x)).astype(x.dtype))
    failure = failures(broken, "acosh", ("float32",))["special cases"]
    assert failure.text == "If x_i is less than 1, the result is NaN."


def test_quotients_of_integers_may_be_refused_but_not_be_integers():
    case = case_of("divide", vector([6, 7], "int8"), vector([3, 2], "int8"))
    assert not judge(Namespace(array_api_strict, "strict"), case)
    assert [each.aspect for each in judge(Namespace(Broken(divide=numpy.floor_divide), "broken"), case)] == [
        "dtype",
        "values",
    ]


def test_scalars_are_not_asked_for_before_2024():
    broken = Broken(add=lambda a, b, /: numpy.add(a, b) if isinstance(b, numpy.ndarray) else None)
    assert "scalars" in failures(broken, "add")
    assert "scalars" not in failures(broken, "add", revision="2023.12")


def test_fixed_calls_have_every_form():
    shapes = {case.expected.shape for case in fixed_cases("add", "float32")}
    assert {(), (0,), (2, 3), (2, 3, 2)} <= shapes


# Accuracy.


def test_accuracy_of_numpy():
    namespace = Namespace(numpy, "numpy")
    for path in ("sqrt", "add", "divide"):
        for found in measure(namespace, path):
            assert found.dtype.startswith("complex") or max(found.error, found.hard_error) <= 0.5
    (sine,) = [each for each in measure(namespace, "sin") if each.dtype == "float64"]
    assert sine.error < 1
    assert sine.hard_call.startswith("xp.sin(xp.asarray(")
    assert measure(namespace, "sin") == measure(namespace, "sin")
    assert not measure(namespace, "equal")


def test_inaccuracy_is_measured_where_it_is():
    naive = Namespace(Broken(log1p=lambda x, /: numpy.log(1 + x)), "naive")
    (found,) = [each for each in measure(naive, "log1p") if each.dtype == "float64"]
    assert found.hard_error > 1e6
    assert found.error < 1000


def test_references_of_accuracy_agree_with_longer_precision():
    with mpmath.workprec(2500):
        for path in ("sin", "log1p", "expm1", "asinh", "atanh", "tan"):
            function = getattr(mpmath, path)
            for (x,), expected in references(path, "float64", 0, hard=True)[:30]:
                exact = function(mpmath.mpf(x))
                assert mpmath.almosteq(exact, mpmath.mpf(expected), 1e-60), (path, x)


def test_every_function_that_rounds_is_measured():
    assert {path for path in ROWS if "an approximation" in elementwise.SENTENCES[path]} <= MEASURED


def test_errors_of_the_worst_argument():
    namespace = Namespace(numpy, "numpy", "import numpy as xp")
    for found in measure(namespace, "tan"):
        assert found.arguments > 100
        if found.dtype == "float64":
            x = eval(found.hard_call.removeprefix("xp.tan"), {"xp": numpy})
            assert error(float(numpy.tan(x)), value("tan", (float(x),), "float64"), "float64") <= 2
