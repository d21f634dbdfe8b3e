"""Random generators: NumPy's numbers for a seed, exact resumption, and the distributions' own moments."""

import copy
import inspect
import pickle

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import extensor as xp
from extensor.random import Generator, default_rng

SEEDS = st.integers(0, 2**64)
DRAWS = {
    "random": lambda rng: rng.random((2, 3)),
    "random float32": lambda rng: rng.random(5, numpy.float32),
    "uniform": lambda rng: rng.uniform(-2.0, 3.0, (2, 3)),
    "uniform broadcast": lambda rng: rng.uniform(0.0, numpy.asarray([[1.0], [2.0]]), (2, 3)),
    "normal": lambda rng: rng.normal(1.0, 2.0, 7),
    "exponential": lambda rng: rng.exponential(3.0, 7),
    "gamma": lambda rng: rng.gamma(2.0, 3.0, 7),
    "beta": lambda rng: rng.beta(2.0, 3.0, size=7),
    "binomial": lambda rng: rng.binomial(10, 0.3, size=7),
    "gumbel": lambda rng: rng.gumbel(1.0, 2.0, size=7),
    "laplace": lambda rng: rng.laplace(1.0, 2.0, size=7),
    "logistic": lambda rng: rng.logistic(1.0, 2.0, size=7),
    "lognormal": lambda rng: rng.lognormal(1.0, 2.0, size=7),
    "poisson": lambda rng: rng.poisson(4.0, size=7),
    "integers": lambda rng: rng.integers(10, 20, (2, 3)),
    "integers below": lambda rng: rng.integers(10, size=5, dtype="uint8", endpoint=True),
    "integers broadcast": lambda rng: rng.integers(numpy.asarray([1, 10, 100])),
    "choice": lambda rng: rng.choice(10, (2, 3)),
    "choice without replacement": lambda rng: rng.choice(10, 4, replace=False, shuffle=False),
    "choice of slices": lambda rng: rng.choice(
        numpy.arange(12).reshape(3, 4), 2, p=numpy.asarray([0.1, 0.2, 0.3, 0.4]), axis=1
    ),
    "permutation": lambda rng: rng.permutation(9),
    "permutation of slices": lambda rng: rng.permutation(numpy.arange(12).reshape(3, 4), axis=1),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
@given(SEEDS)
def test_the_numbers_are_numpy_s(draw, seed):
    rng, reference = default_rng(seed), numpy.random.default_rng(seed)
    # Twice: the first draw must leave both where the second starts.
    for _ in range(2):
        result, expected = draw(rng), draw(reference)
        assert isinstance(result, xp.ExTensor)
        assert result.dtype == expected.dtype
        numpy.testing.assert_array_equal(result, expected)


def test_every_method_is_tested():
    methods = {name for name, method in inspect.getmembers(Generator, callable) if not name.startswith("_")}
    methods -= {"spawn", "bernoulli", "truncated_normal"}
    assert methods == {name.partition(" ")[0] for name in DRAWS}


FLOATS = {
    # Draw, mean, variance.
    "random": (lambda rng, **kw: rng.random(100_000, **kw), 1 / 2, 1 / 12),
    "uniform": (lambda rng, **kw: rng.uniform(-1.0, 3.0, 100_000, **kw), 1.0, 16 / 12),
    "normal": (lambda rng, **kw: rng.normal(5.0, 2.0, 100_000, **kw), 5.0, 4.0),
    "exponential": (lambda rng, **kw: rng.exponential(2.0, 100_000, **kw), 2.0, 4.0),
    "gamma": (lambda rng, **kw: rng.gamma(3.0, 2.0, 100_000, **kw), 6.0, 12.0),
    # Variance of the standard normal within (-2, 2): 1 - 4 phi(2) / (2 Phi(2) - 1).
    "truncated_normal": (
        lambda rng, **kw: rng.truncated_normal(-2.0, 2.0, 1.0, 3.0, 100_000, **kw),
        1.0,
        9 * 0.7737413035499232,
    ),
}


@pytest.mark.parametrize(("draw", "mean", "variance"), FLOATS.values(), ids=FLOATS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_moments(draw, mean, variance, dtype):
    numbers = draw(default_rng(1), dtype=dtype)
    assert numbers.dtype == getattr(xp, dtype)
    # Five standard errors.
    assert float(xp.mean(numbers)) == pytest.approx(mean, abs=5 * (variance / 1e5) ** 0.5)
    assert float(xp.var(numbers)) == pytest.approx(variance, rel=0.05)
    again = draw(default_rng(1), dtype=dtype)
    assert bool(xp.all(numbers == again))


@pytest.mark.parametrize("name", ["uniform", "normal", "exponential", "gamma", "truncated_normal"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parameters_broadcast(name, dtype):
    scales = xp.asarray([[1.0], [100.0]])
    parameters = {
        "uniform": lambda rng, **kw: rng.uniform(0.0, scales, **kw),
        "normal": lambda rng, **kw: rng.normal(xp.zeros(3), scales, **kw),
        "exponential": lambda rng, **kw: rng.exponential(scales, **kw),
        "gamma": lambda rng, **kw: rng.gamma(2.0, scales, **kw),
        "truncated_normal": lambda rng, **kw: rng.truncated_normal(loc=xp.zeros(3), scale=scales, **kw),
    }[name]
    natural = (2, 3) if name in ("normal", "truncated_normal") else (2, 1)
    assert parameters(default_rng(0), dtype=dtype).shape == natural
    wide = parameters(default_rng(0), dtype=dtype, size=(2, 3))
    assert wide.shape == (2, 3)
    assert float(xp.max(xp.abs(wide[0, :]))) < 20.0
    assert float(xp.max(xp.abs(wide[1, :]))) > 20.0


@given(SEEDS, st.floats(-2.5, 1), st.floats(0.5, 3))
def test_truncated_normal_stays_within_bounds(seed, lower, width):
    numbers = default_rng(seed).truncated_normal(lower, lower + width, size=100)
    assert bool(xp.all((numbers >= lower) & (numbers <= lower + width)))


@given(SEEDS, st.floats(0, 1))
def test_bernoulli(seed, p):
    drawn = default_rng(seed).bernoulli(p, 200)
    assert drawn.dtype == xp.bool
    assert bool(xp.all(drawn == (default_rng(seed).random(200) < p)))
    assert bool(xp.any(default_rng(seed).bernoulli(xp.asarray([0.0, 0.0])))) is False
    assert bool(xp.all(default_rng(seed).bernoulli(xp.asarray([1.0, 1.0]))))


@pytest.mark.parametrize("resume", [lambda rng: pickle.loads(pickle.dumps(rng)), copy.deepcopy], ids=["pickle", "copy"])
def test_a_copy_goes_on_from_the_same_place(resume):
    rng = default_rng(3)
    rng.normal(size=5)
    resumed = resume(rng)
    assert bool(xp.all(rng.normal(size=5) == resumed.normal(size=5)))
    for child, other in zip(rng.spawn(2), resumed.spawn(2), strict=True):
        assert bool(xp.all(child.random(5) == other.random(5)))


def test_state_is_exact():
    rng = default_rng(4)
    # An odd number of integers of 32 bits leaves half a word behind, which belongs to the state.
    rng.integers(100, size=3, dtype="uint32")
    state = rng.state
    first = rng.integers(100, size=20, dtype="uint32")
    other = default_rng(5)
    other.state = state
    assert bool(xp.all(first == other.integers(100, size=20, dtype="uint32")))


def test_spawned_streams_are_numpy_s_and_differ():
    rng, reference = default_rng(6), numpy.random.default_rng(6)
    children = rng.spawn(3)
    assert bool(xp.all(rng.random(5) == xp.asarray(default_rng(6).random(5))))
    drawn = [child.random(5) for child in children]
    for result, expected in zip(drawn, reference.spawn(3), strict=True):
        numpy.testing.assert_array_equal(result, expected.random(5))
    assert len({float(x[0]) for x in drawn}) == 3


def test_a_generator_of_numpy_is_shared():
    shared = numpy.random.default_rng(8)
    rng = Generator(shared)
    drawn = [float(rng.random()), shared.random()]
    numpy.testing.assert_array_equal(drawn, numpy.random.default_rng(8).random(2))


ERRORS = {
    "no seed": (TypeError, "seed", lambda: Generator(None)),
    "half": (TypeError, "float16", lambda: Generator(0).random(2, "float16")),
    "integer dtype": (TypeError, "int64", lambda: Generator(0).normal(dtype=xp.int64)),
    "negative scale": (ValueError, "negative", lambda: Generator(0).normal(0.0, -1.0, dtype="float32")),
    "negative deviation": (ValueError, "negative", lambda: Generator(0).truncated_normal(scale=-1.0)),
    "probability": (ValueError, "between 0 and 1", lambda: Generator(0).bernoulli(1.5)),
    "NaN probability": (ValueError, "between 0 and 1", lambda: Generator(0).bernoulli(float("nan"))),
    "far tail": (ValueError, "too few", lambda: Generator(0).truncated_normal(5.0, 6.0)),
    "wrong order": (ValueError, "too few", lambda: Generator(0).truncated_normal(1.0, -1.0)),
    "foreign": (TypeError, "convert", lambda: Generator(0).permutation([1, 2, 3])),
}


@pytest.mark.parametrize(("error", "message", "call"), ERRORS.values(), ids=ERRORS)
def test_errors(error, message, call):
    with pytest.raises(error, match=message):
        call()
