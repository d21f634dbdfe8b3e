"""The functions beyond the standard against definitions of their own, NumPy, PyTorch, JAX and mpmath."""

import inspect
import itertools
import math
import os
import subprocess
import sys

import mpmath
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import extensor as xp
from extensor import extras

FLOATS = st.floats(-1e6, 1e6)
SHAPES = npst.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)


def arrays(shapes=SHAPES, elements=FLOATS):
    return npst.arrays(numpy.float64, shapes, elements=elements)


def test_each_says_that_it_is_an_extension():
    functions = [f for _, f in inspect.getmembers(extras, inspect.isfunction) if f.__module__ == extras.__name__]
    public = [f for f in functions if not f.__name__.startswith("_")]
    assert {f.__name__ for f in public} <= set(xp.__all__)
    assert all("An extension of the standard" in f.__doc__ for f in public)


# split, flatten, dot, pad


@given(arrays(), st.data())
def test_split(nd, data):
    axis = data.draw(st.integers(-nd.ndim, nd.ndim - 1))
    cuts = sorted(data.draw(st.lists(st.integers(0, nd.shape[axis] + 2), max_size=4)))
    parts = xp.split(xp.asarray(nd), cuts, axis=axis)
    expected = numpy.split(nd, cuts, axis)
    assert isinstance(parts, tuple)
    assert len(parts) == len(expected)
    for part, other in zip(parts, expected, strict=True):
        numpy.testing.assert_array_equal(part, other)
        assert part.size == 0 or numpy.shares_memory(numpy.asarray(part), nd)
    numpy.testing.assert_array_equal(xp.concat(xp.split(xp.asarray(nd), nd.shape[axis], axis=axis), axis=axis), nd)


@given(arrays(npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)), st.data())
def test_flatten(nd, data):
    numpy.testing.assert_array_equal(xp.flatten(xp.asarray(nd)), nd.ravel())
    if nd.ndim:
        first = data.draw(st.integers(0, nd.ndim - 1))
        last = data.draw(st.integers(first, nd.ndim - 1))
        merged = math.prod(nd.shape[first : last + 1])
        flat = xp.flatten(xp.asarray(nd), start_axis=first - nd.ndim, end_axis=last)
        assert flat.shape == (*nd.shape[:first], merged, *nd.shape[last + 1 :])
        numpy.testing.assert_array_equal(xp.flatten(flat), nd.ravel())


@pytest.mark.parametrize("shapes", [((), (3,)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (4, 3, 2)), ((2, 3), (4, 3, 5))])
def test_dot(shapes):
    x, y = (numpy.arange(1.0, 1 + math.prod(shape)).reshape(shape) for shape in shapes)
    result = xp.dot(xp.asarray(x), xp.asarray(y))
    numpy.testing.assert_allclose(result, numpy.dot(x, y))


def padded(mode, size, before, after, constant="constant"):
    """Indices into an axis of `size` that padding puts in place, -1 for the constant."""
    if mode == "edge":
        return [min(max(i, 0), size - 1) for i in range(-before, size + after)]
    if mode == "wrap":
        return [i % size for i in range(-before, size + after)]
    if mode == "symmetric":
        return [i % size if i // size % 2 == 0 else size - 1 - i % size for i in range(-before, size + after)]
    if mode == "reflect":
        period = max(2 * size - 2, 1)
        return [min(i % period, period - i % period) if size > 1 else 0 for i in range(-before, size + after)]
    return [i if 0 <= i < size else -1 for i in range(-before, size + after)]


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric", "wrap"])
@given(arrays(), st.data())
def test_pad(mode, nd, data):
    widths = [data.draw(st.tuples(st.integers(0, 6), st.integers(0, 6))) for _ in nd.shape]
    constant = {"constant_values": 7.5} if mode == "constant" else {}
    result = xp.pad(xp.asarray(nd), widths, mode=mode, **constant)
    index = [padded(mode, size, *width) for size, width in zip(nd.shape, widths, strict=True)]
    expected = nd[numpy.ix_(*index)]
    for axis, places in enumerate(index):
        numpy.moveaxis(expected, axis, 0)[numpy.asarray(places) == -1] = 7.5
    numpy.testing.assert_array_equal(result, expected)


# einsum


SUBSCRIPTS = [
    "i,i", "i,i->", "ij,jk", "ij,jk->ki", "ii", "ii->i", "ij->ji", "ij->", "ba", "bij,bjk->bik", "i,j->ij",
    "...i,...i->...", "...ij,...jk", "i...->...", "ij,jk,kl->il", "ij,jk,kl,lm", "bi,ij,bj->b", "ij,ij,ij->ij",
    "a...b,b...->a...", "i,i,i", "ab,bc,cd,de->ae", "ii,i->i",
]  # fmt: skip


@pytest.mark.parametrize("subscripts", SUBSCRIPTS)
@pytest.mark.parametrize("optimize", [True, False, "greedy"])
def test_einsum(subscripts, optimize):
    rng = numpy.random.default_rng(0)
    sizes = {letter: 2 + number for number, letter in enumerate("ijklmabcde")}
    shapes = []
    for term in subscripts.split("->")[0].split(","):
        before, dots, after = term.partition("...")
        shapes.append([sizes[c] for c in before] + ([3, 2] if dots else []) + [sizes[c] for c in after])
    operands = [rng.integers(-5, 6, shape) for shape in shapes]
    # Integers, whose sums are exact in any order.
    expected = numpy.einsum(subscripts, *operands, optimize=False)
    for dtype in ("int64", "float32", "complex128", "float16"):
        result = xp.einsum(subscripts, *(xp.asarray(x, dtype=dtype) for x in operands), optimize=optimize)
        assert result.dtype == dtype
        if dtype != "float16" or abs(expected).max(initial=0) < 2048:
            numpy.testing.assert_array_equal(
                numpy.asarray(result, expected.dtype if dtype[0] != "c" else None), expected
            )


@given(st.data())
def test_einsum_against_the_sum_over_all_indices(data):
    letters = "abc"
    sizes = {letter: data.draw(st.integers(1, 3)) for letter in letters}
    terms = data.draw(st.lists(st.text(letters, min_size=1, max_size=3), min_size=1, max_size=4))
    used = sorted(set("".join(terms)))
    out = "".join(data.draw(st.lists(st.sampled_from(used), unique=True)))
    operands = [
        numpy.arange(1, 1 + math.prod(shape)).reshape(shape) for shape in ([sizes[c] for c in t] for t in terms)
    ]
    expected = numpy.zeros([sizes[c] for c in out], int)
    for index in itertools.product(*(range(sizes[c]) for c in used)):
        at = dict(zip(used, index, strict=True))
        expected[tuple(at[c] for c in out)] += math.prod(
            int(x[tuple(at[c] for c in term)]) for x, term in zip(operands, terms, strict=True)
        )
    result = xp.einsum(f"{','.join(terms)}->{out}", *map(xp.asarray, operands))
    numpy.testing.assert_array_equal(result, expected)


def test_einsum_multiplies_in_a_good_order(monkeypatch):
    opt_einsum = pytest.importorskip("opt_einsum")
    searches = []
    search = opt_einsum.contract_path
    monkeypatch.setattr(
        opt_einsum, "contract_path", lambda *a, **kw: searches.append(kw["optimize"]) or search(*a, **kw)
    )
    paths = []
    run = numpy.einsum
    monkeypatch.setattr(numpy, "einsum", lambda *args, optimize: paths.append(optimize) or run(*args))
    x = xp.ones((30, 30))
    # All at once this is 30 ** 5 products; in order it is 3 * 30 ** 3.
    assert float(xp.einsum("ij,jk,kl,lm->", x, x, x, x)) == 30.0**5
    xp.einsum("ij,jk,kl->il", x, x, x, optimize="dp")
    xp.einsum("ij,jk->ik", x, x)
    assert searches == ["auto", "dp"]
    assert [path if path is True else (path[0], len(path) - 1) for path in paths] == [
        ("einsum_path", 3),
        ("einsum_path", 2),
        True,
    ]


# median, quantile


def hyndman_fan(values, q, method):
    """Quantile by the definition of its method: a place among the sorted values, and a rule for between two."""
    n = len(values)
    alpha, beta = {
        "linear": (1, 1), "weibull": (0, 0), "hazen": (0.5, 0.5),
        "median_unbiased": (1 / 3, 1 / 3), "normal_unbiased": (3 / 8, 3 / 8),
    }.get(method, (1, 1))  # fmt: skip
    place = min(max(n * q + alpha + q * (1 - alpha - beta) - 1, 0), n - 1)
    below, above = math.floor(place), min(math.floor(place) + 1, n - 1)
    fraction = place - below
    weight = {"lower": 0.0, "higher": float(fraction > 0), "midpoint": 0.5 if fraction else 0.0}.get(method, fraction)
    return values[below] * (1 - weight) + values[above] * weight


@pytest.mark.parametrize(
    "method", ["linear", "lower", "higher", "midpoint", "weibull", "hazen", "median_unbiased", "normal_unbiased"]
)
@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=9), st.sampled_from([0, 0.125, 0.25, 0.5, 0.75, 1]))
def test_quantile(method, values, q):
    result = xp.quantile(xp.asarray(values), q, method=method)
    assert result.dtype == xp.float64
    assert result.shape == ()
    assert float(result) == pytest.approx(hyndman_fan(sorted(values), q, method), rel=1e-9, abs=1e-9)


@given(arrays(), st.data(), st.booleans())
def test_quantile_along_axes(nd, data, keepdims):
    axes = tuple(data.draw(st.lists(st.integers(0, nd.ndim - 1), unique=True, min_size=1)))
    q = data.draw(npst.arrays(numpy.float64, npst.array_shapes(min_dims=0, max_dims=2), elements=st.floats(0, 1)))
    result = xp.quantile(xp.asarray(nd), xp.asarray(q), axis=axes, keepdims=keepdims)
    numpy.testing.assert_allclose(result, numpy.quantile(nd, q, axis=axes, keepdims=keepdims))
    numpy.testing.assert_array_equal(
        xp.median(xp.asarray(nd), axis=axes, keepdims=keepdims), numpy.median(nd, axis=axes, keepdims=keepdims)
    )


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8"])
def test_quantile_s_data_type(dtype):
    x = xp.asarray([1, 2, 3, 10], dtype=dtype)
    expected = xp.float64 if dtype == "int8" else x.dtype
    for q in (0.5, xp.asarray([0.5]), xp.asarray(0.5, dtype=xp.float32)):
        assert xp.quantile(x, q).dtype == expected
    assert xp.median(x).dtype == expected
    assert float(xp.median(x)) == 2.5


@pytest.mark.parametrize(("shape", "axis", "expected"), [((0,), None, ()), ((3, 0), -1, (3,)), ((0, 2), (0, 1), ())])
def test_quantiles_of_no_elements_are_nan(shape, axis, expected):
    x = xp.zeros(shape, dtype=xp.float32)
    several = xp.quantile(x, xp.asarray([0.1, 0.2]), axis=axis)
    for result in (xp.median(x, axis=axis), xp.quantile(x, 0.5, axis=axis), several[0, ...], several[1, ...]):
        assert result.shape == expected
        assert result.dtype == xp.float32
        assert xp.all(xp.isnan(result))
    assert xp.median(xp.zeros((0, 3)), axis=1).shape == (0,)


def test_nan_in_quantiles():
    x = xp.asarray([[1.0, math.nan, 3.0], [4.0, 5.0, 6.0]])
    for function in (xp.median, lambda x, **kw: xp.quantile(x, 0.5, **kw)):
        assert [str(float(value)) for value in function(x, axis=1)] == ["nan", "5.0"]
        assert math.isnan(float(function(x)))
        assert function(x, axis=1, nan_policy="omit").buffer.tolist() == [2.0, 5.0]


@given(arrays(), st.floats(0, 1))
def test_quantile_as_torch(nd, q):
    torch = pytest.importorskip("torch")
    expected = torch.quantile(torch.asarray(nd), torch.asarray(q, dtype=torch.float64), dim=-1)
    numpy.testing.assert_allclose(xp.quantile(xp.asarray(nd), q, axis=-1), expected.numpy(), rtol=1e-9, atol=1e-6)


# scatter


COMBINE = {"set": lambda old, new: new, "add": lambda old, new: old + new, "multiply": lambda old, new: old * new}
COMBINE |= {"min": min, "max": max}


@pytest.mark.parametrize("mode", COMBINE)
@given(st.data())
def test_scatter(mode, data):
    """Value after value, also where an index repeats."""
    shape = data.draw(npst.array_shapes(min_dims=1, max_dims=3, max_side=4))
    axis = data.draw(st.integers(0, len(shape) - 1))
    size = shape[axis]
    places = data.draw(st.lists(st.integers(-size, size - 1), max_size=6))
    small = st.integers(-3, 3)
    values = data.draw(npst.arrays(numpy.int64, (*shape[:axis], len(places), *shape[axis + 1 :]), elements=small))
    nd = data.draw(npst.arrays(numpy.int64, shape, elements=small))
    expected = nd.copy()
    rows, given_rows = numpy.moveaxis(expected, axis, 0), numpy.moveaxis(values, axis, 0)
    for number, place in enumerate(places):
        for at in numpy.ndindex(rows.shape[1:]):
            rows[(place, *at)] = COMBINE[mode](rows[(place, *at)], given_rows[(number, *at)])
    x, before = xp.asarray(nd), nd.copy()
    indices = xp.asarray(places, dtype=xp.int64)
    result = xp.scatter(x, indices, xp.asarray(values), axis=axis - len(shape), mode=mode)
    numpy.testing.assert_array_equal(result, expected)
    numpy.testing.assert_array_equal(nd, before)
    if places and mode == "set":
        last = {place % size: number for number, place in enumerate(places)}
        taken = xp.take(result, xp.asarray(list(last)), axis=axis)
        numpy.testing.assert_array_equal(taken, values.take(list(last.values()), axis))


def test_scatter_takes_any_index():
    x = xp.zeros((2, 3))
    mask = xp.asarray([[True, False, True], [False, True, False]])
    assert xp.scatter(x, mask, 1.0).buffer.tolist() == [[1, 0, 1], [0, 1, 0]]
    pairs = (xp.asarray([0, 0, 1]), xp.asarray([2, 2, 0]))
    assert xp.scatter(x, pairs, xp.asarray([1.0, 2.0, 4.0]), mode="add").buffer.tolist() == [[0, 0, 3], [4, 0, 0]]
    assert xp.scatter(x, slice(1), 5.0, axis=1).buffer.tolist() == [[5, 0, 0], [5, 0, 0]]
    assert xp.scatter(x, -1, xp.asarray([7.0, 8.0]), axis=-1).buffer.tolist() == [[0, 0, 7], [0, 0, 8]]


@given(arrays(st.just((5,))), st.lists(st.integers(0, 4), min_size=1, max_size=8))
def test_scatter_as_jax(nd, places):
    jax = pytest.importorskip("jax")
    with jax.experimental.enable_x64() if hasattr(jax.experimental, "enable_x64") else jax.enable_x64(True):
        at = jax.numpy.asarray(nd).at[numpy.asarray(places)]
        values = numpy.arange(1.0, 1.0 + len(places))
        for mode in ("add", "multiply", "min", "max"):
            result = xp.scatter(xp.asarray(nd), xp.asarray(places), xp.asarray(values), mode=mode)
            # JAX takes subnormal numbers for zero.
            numpy.testing.assert_allclose(result, getattr(at, mode)(values), atol=1e-300)


# special functions


mpmath.mp.dps = 30
EXACT = {
    "erf": mpmath.erf, "erfc": mpmath.erfc, "gamma": mpmath.gamma, "digamma": mpmath.digamma,
    "gammaln": lambda x: mpmath.log(abs(mpmath.gamma(x))),
}  # fmt: skip


@pytest.mark.parametrize("name", EXACT)
@given(value=st.floats(0.03125, 8, width=32))
def test_special_functions(name, value):
    pytest.importorskip("scipy")
    for dtype, tolerance in (("float64", 1e-12), ("float32", 1e-5), ("float16", 4e-3)):
        x = xp.asarray([value], dtype=dtype)
        result = getattr(xp, name)(x)
        assert result.dtype == dtype
        assert float(result[0]) == pytest.approx(float(EXACT[name](float(x[0]))), rel=tolerance, abs=tolerance)


@given(st.floats(-0.999, 0.999))
def test_erfinv(value):
    pytest.importorskip("scipy")
    assert float(xp.erfinv(xp.asarray(value))) == pytest.approx(float(mpmath.erfinv(value)), rel=1e-12, abs=1e-300)


# Errors


ERRORS = {
    "split": (ValueError, lambda: xp.split(xp.ones(5), 2)),
    "split into none": (ValueError, lambda: xp.split(xp.ones(5), 0)),
    "split axis": (ValueError, lambda: xp.split(xp.ones(5), 1, axis=1)),
    "dot": (ValueError, lambda: xp.dot(xp.ones(2), xp.ones(3))),
    "flatten axis": (ValueError, lambda: xp.flatten(xp.ones(2), end_axis=1)),
    "flatten order": (ValueError, lambda: xp.flatten(xp.ones((2, 2)), start_axis=1, end_axis=0)),
    "einsum": (ValueError, lambda: xp.einsum("ij,jk", xp.ones((2, 3)), xp.ones((2, 3)))),
    "einsum operands": (ValueError, lambda: xp.einsum("ij", xp.ones((2, 3)), xp.ones((2, 3)))),
    "pad mode": (ValueError, lambda: xp.pad(xp.ones(2), 1, mode="empty")),
    "pad negative": (ValueError, lambda: xp.pad(xp.ones(2), -1)),
    "pad constant": (TypeError, lambda: xp.pad(xp.ones(2), 1, constant_values=1j)),
    "quantile": (ValueError, lambda: xp.quantile(xp.ones(2), 1.5)),
    "quantile complex": (TypeError, lambda: xp.quantile(xp.ones(2, dtype=xp.complex64), 0.5)),
    "quantile policy": (ValueError, lambda: xp.quantile(xp.ones(2), 0.5, nan_policy="raise")),
    "quantile method": (ValueError, lambda: xp.quantile(xp.ones(2), 0.5, method="best")),
    "median policy": (ValueError, lambda: xp.median(xp.ones(2), nan_policy="raise")),
    "scatter mode": (ValueError, lambda: xp.scatter(xp.ones(2), 0, 1.0, mode="divide")),
    "scatter axis": (ValueError, lambda: xp.scatter(xp.ones(2), 0, 1.0, axis=1)),
    "scatter bounds": (IndexError, lambda: xp.scatter(xp.ones(2), 2, 1.0)),
    "scatter float": (TypeError, lambda: xp.scatter(xp.asarray([1, 2]), 0, 1.5)),
    "scatter int": (OverflowError, lambda: xp.scatter(xp.ones(2, dtype=xp.int8), 0, 300)),
    "scatter shape": (ValueError, lambda: xp.scatter(xp.ones(2), xp.asarray([0, 1]), xp.ones(3))),
    "erf": (TypeError, lambda: xp.erf(xp.ones(2), xp.ones(2))),
    "foreign": (TypeError, lambda: xp.split([1, 2], 2)),
    "foreign index": (TypeError, lambda: xp.scatter(xp.ones(2), Foreign(), 1.0)),
}


class Foreign:
    def __array_namespace__(self, api_version=None):
        return math


@pytest.mark.parametrize(("error", "call"), ERRORS.values(), ids=ERRORS)
def test_errors(error, call):
    with pytest.raises(error):
        call()


class Answering(Foreign):
    def __array_function__(self, function, types, args, kwargs):
        return function, args, kwargs


@pytest.mark.parametrize("function", [xp.split, xp.dot, xp.flatten, xp.pad, xp.quantile, xp.median, xp.erf, xp.scatter])
def test_a_foreign_operand_may_answer(function):
    foreign = Answering()
    arguments = (foreign, 0, 1.0)[: {xp.flatten: 1, xp.median: 1, xp.erf: 1, xp.scatter: 3}.get(function, 2)]
    assert function(*arguments)[1] == arguments


# Imports


def test_import_loads_nothing_optional():
    code = """
import sys
before = set(sys.modules)
import extensor
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
assert loaded.isdisjoint({"scipy", "opt_einsum", "ml_dtypes", "torch", "jax"}), loaded
assert "numpy.random" not in sys.modules
assert extensor.random.default_rng(0).random().shape == ()
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_without_scipy_and_opt_einsum():
    code = """
import sys
sys.modules["scipy"] = sys.modules["opt_einsum"] = None
import extensor as xp
x = xp.ones((2, 2))
assert float(xp.einsum("ij,jk,kl->", x, x, x)) == 16
try:
    xp.erf(x)
except ModuleNotFoundError as error:
    assert "pip install scipy" in str(error)
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


SPECIAL = {name: f for name, f in vars(xp.special).items() if getattr(f, "__module__", "") == "extensor.special"}
SPECIAL = {name: f for name, f in SPECIAL.items() if not name.startswith("_")}


def arguments(name):
    """Numbers between 0 and 1, which are in the domain of all; but the order of polygamma, and zeta's x."""
    count = SPECIAL[name].__doc__.partition(" : ExTensor or scalar")[0].rpartition("\n")[2].count(",") + 1
    first = {"polygamma": [1.0, 2.0], "zeta": [1.5, 2.0]}.get(name, [0.75, 0.5])
    return [numpy.asarray(values) for values in ([first, [0.25, 0.5]] if count == 2 else [[0.5, 0.75]] * count)]


@pytest.mark.parametrize("name", SPECIAL)
def test_each_special_function(name):
    scipy_special = pytest.importorskip("scipy.special")
    given = arguments(name)
    expected = getattr(scipy_special, name)(*given)
    result = SPECIAL[name](*map(xp.asarray, given))
    assert isinstance(result, xp.ExTensor)
    numpy.testing.assert_array_equal(result, expected)
    assert SPECIAL[name](*(xp.asarray(x, dtype="float32") for x in given)).dtype == xp.float32
    assert SPECIAL[name](*(float(x[0]) for x in given)).dtype == xp.float64
    assert "An extension of the standard" in SPECIAL[name].__doc__


@pytest.mark.parametrize("name", ["erf", "gamma", "loggamma", "xlogy"])
def test_complex_special_functions(name):
    scipy_special = pytest.importorskip("scipy.special")
    given = [x + 0.5j for x in arguments(name)]
    numpy.testing.assert_array_equal(SPECIAL[name](*map(xp.asarray, given)), getattr(scipy_special, name)(*given))
    with pytest.raises(TypeError):
        xp.special.ndtri(xp.asarray([1j]))


def test_scipy_finds_the_special_functions_and_answers_as_ever():
    """SciPy prefers what a namespace has, and composes more of that: stdtr of betainc, less exact than its own."""
    pytest.importorskip("scipy")
    code = f"""
import numpy, scipy.special
from numpy import array
import extensor as xp
asked = []
answer = xp.special.erf
xp.special.erf = lambda x: asked.append(x) or answer(x)
for name, given in { ({name: arguments(name) for name in SPECIAL})!r}.items():
    expected = getattr(scipy.special, name)(*given)
    result = getattr(scipy.special, name)(*map(xp.asarray, given))
    assert isinstance(result, xp.ExTensor), name
    numpy.testing.assert_array_equal(result, expected, err_msg=name)
assert len(asked) == 1
"""
    environment = os.environ | {"SCIPY_ARRAY_API": "1"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
