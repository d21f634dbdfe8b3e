from __future__ import annotations

import inspect
import math

import mpmath
import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nn import init

SHAPE = (300, 200)  # fan_in 200, fan_out 300

# Mean, standard deviation and bound from the papers' formulas, worked out by hand for SHAPE.
CASES = [
    (init.normal(2.0, 5.0), 5.0, 2.0, math.inf),
    (init.uniform(), 0.5, 0.2886751, 1.0),
    (init.uniform(-3.0, 3.0), 0.0, 1.7320508, 3.0),
    (init.truncated_normal(), 0.0, 0.8796257, 2.0),
    (init.truncated_normal(2.0, lower=-1.0, upper=1.0), 0.0, 1.0791203, 2.0),
    (init.xavier_normal(), 0.0, 0.0632456, math.inf),
    (init.xavier_uniform(), 0.0, 0.0632456, 0.1095445),
    (init.xavier_uniform(gain=2.0), 0.0, 0.1264911, 0.2190890),
    (init.kaiming_normal(), 0.0, 0.1, math.inf),
    (init.kaiming_uniform(), 0.0, 0.1, 0.1732051),
    (init.kaiming_normal(mode="fan_out"), 0.0, 0.0816497, math.inf),
    (init.kaiming_uniform(gain=1.0), 0.0, 0.0707107, 0.1224745),
    (init.lecun_normal(), 0.0, 0.0707107, math.inf),
    (init.lecun_uniform(gain=0.75), 0.0, 0.0530330, 0.0918559),
    (init.variance_scaling(), 0.0, 0.0707107, 0.1607741),
    (init.variance_scaling(3.0, "fan_avg", "uniform"), 0.0, 0.1095445, 0.1897367),
    (init.variance_scaling(3.0, "fan_out", "normal"), 0.0, 0.1, math.inf),
]


def draw(initializer, xp=numpy, seed=0, shape=SHAPE):
    return initializer(numpy.random.default_rng(seed), shape, xp.float32, xp)


@pytest.mark.parametrize(("initializer", "mean", "std", "bound"), CASES)
def test_statistics(initializer, mean, std, bound):
    sample = draw(initializer).ravel()
    # 60,000 draws: five standard errors either side, of the mean and of the standard deviation.
    assert abs(sample.mean() - mean) < 5 * std / math.sqrt(sample.size)
    assert abs(sample.std() / std - 1) < 5 / math.sqrt(2 * sample.size)
    largest = numpy.abs(sample).max()
    if math.isinf(bound):
        assert largest > mean + 3.5 * std
    else:
        assert 0.999 * bound < largest <= bound * (1 + 1e-6)


def test_a_normal_distribution_is_truncated_on_one_side():
    sample = draw(init.truncated_normal(0.5, mean=1.0, lower=0.0, upper=math.inf))
    assert sample.min() >= 1.0
    # The mean of half a normal distribution.
    assert_allclose(sample.mean(), 1.0 + 0.5 * math.sqrt(2 / math.pi), rtol=0.005)


def test_standard_deviation_of_the_truncated_normal_distribution():
    with mpmath.workdps(30):
        within = mpmath.ncdf(2) - mpmath.ncdf(-2)
        variance = mpmath.quad(lambda x: x**2 * mpmath.npdf(x), [-2, 2]) / within
        assert float(mpmath.sqrt(variance)) == init._TRUNCATED_STD


@pytest.mark.parametrize(("lower", "upper"), [(4.0, 5.0), (1.0, -1.0), (0.0, 0.0), (math.nan, 1.0)])
def test_bounds_with_nothing_between(lower, upper):
    with pytest.raises(ValueError, match="of a normal distribution; expected"):
        init.truncated_normal(lower=lower, upper=upper)


EVERY = [*[case[0] for case in CASES], init.orthogonal(), init.identity(), init.zeros(), init.constant(0.1)]


@pytest.mark.parametrize("initializer", EVERY)
def test_one_seed_gives_one_array_everywhere(xp, initializer):
    array = draw(initializer, xp, seed=3, shape=(4, 5))
    assert array.dtype == xp.float32
    assert_array_equal(numpy.asarray(array), draw(initializer, seed=3, shape=(4, 5)))
    assert draw(initializer, xp, shape=(0, 3)).shape == (0, 3)
    assert draw(initializer, xp, shape=(3, 0, 2)).shape == (3, 0, 2)


def test_another_seed_gives_another_array():
    for initializer in EVERY[:-3]:
        assert numpy.any(draw(initializer, seed=1) != draw(initializer, seed=2))


def test_variance_survives_a_deep_stack_of_relus():
    # What He initialization is for; with Xavier's weights the same stack fades by 2**-20.
    x = numpy.random.default_rng(1).normal(size=(200, 64))
    rng = numpy.random.default_rng(0)

    def spread(initializer):
        y = x
        for fan_in in (64, *[200] * 19):
            y = numpy.maximum(y @ initializer(rng, (200, fan_in), numpy.float64, numpy).T, 0)
        return (y**2).mean()

    assert 0.1 < spread(init.kaiming_normal()) < 10
    assert spread(init.xavier_normal()) < 1e-4


def test_constants(xp):
    assert_array_equal(numpy.asarray(draw(init.zeros(), xp, shape=(3,))), [0, 0, 0])
    assert_array_equal(numpy.asarray(draw(init.ones(), xp, shape=(3,))), [1, 1, 1])
    assert_array_equal(numpy.asarray(draw(init.constant(0.5), xp, shape=())), 0.5)


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (4, 2, 3, 3), (20, 2, 3)])
def test_orthogonal(shape):
    array = init.orthogonal(gain=2.0)(numpy.random.default_rng(0), shape, numpy.float64, numpy)
    assert array.shape == shape
    matrix = array.reshape(shape[0], -1)
    product = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    assert_allclose(product, 4 * numpy.eye(len(product)), atol=1e-12)


def test_orthogonal_matrices_have_no_preferred_sign():
    # LAPACK's own Q has a first column whose first element is never positive.
    rng = numpy.random.default_rng(0)
    corners = [init.orthogonal()(rng, (3, 3), numpy.float64, numpy)[0, 0] for _ in range(1000)]
    assert abs(numpy.mean(corners)) < 5 / math.sqrt(3 * 1000)


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3)])
def test_identity_of_a_matrix(shape):
    assert_array_equal(draw(init.identity(2.0), shape=shape), 2 * numpy.eye(*shape))


@pytest.mark.parametrize("shape", [(3, 3, 5), (4, 2, 3, 3), (2, 4, 3, 2, 5)])
def test_identity_of_a_convolution_against_pytorch(shape):
    torch = pytest.importorskip("torch")
    assert_array_equal(draw(init.identity(), shape=shape), torch.nn.init.dirac_(torch.empty(shape)).numpy())


@pytest.mark.parametrize("activation", ["linear", "sigmoid", "tanh", "relu", "selu", "leaky_relu", ("leaky_relu", 0.3)])
def test_gains_are_those_of_pytorch(activation):
    torch = pytest.importorskip("torch")
    arguments = activation if isinstance(activation, tuple) else (activation,)
    assert_allclose(init.calculate_gain(*arguments), torch.nn.init.calculate_gain(*arguments))


def test_unknown_names_are_named():
    with pytest.raises(ValueError, match="activation is 'gelu', expected one of linear, sigmoid, tanh, relu, selu"):
        init.calculate_gain("gelu")
    with pytest.raises(ValueError, match="mode is 'in', expected one of fan_in, fan_out, fan_avg"):
        init.kaiming_normal(mode="in")
    with pytest.raises(ValueError, match="distribution is 'cauchy', expected one of normal, truncated_normal, uniform"):
        init.variance_scaling(distribution="cauchy")


def test_fans_of_a_convolution():
    assert init.fans((16, 3, 5, 5)) == (75, 400)


@pytest.mark.parametrize("initializer", [init.xavier_normal(), init.orthogonal(), init.identity()])
def test_one_axis_has_no_fans(initializer):
    with pytest.raises(ValueError, match=r"shape is \(3,\), expected \(out_features, in_features"):
        draw(initializer, shape=(3,))


@pytest.mark.parametrize("shape", [SHAPE, (100, 20, 5, 3)])
def test_against_pytorch(shape):
    torch = pytest.importorskip("torch")
    generator = torch.Generator().manual_seed(0)
    theirs = torch.nn.init.xavier_uniform_(torch.empty(shape), generator=generator).abs().max()
    assert_allclose(float(theirs), numpy.abs(draw(init.xavier_uniform(), shape=shape)).max(), rtol=1e-3)
    theirs = torch.nn.init.kaiming_normal_(torch.empty(shape), nonlinearity="relu", generator=generator).std()
    assert_allclose(float(theirs), draw(init.kaiming_normal(), shape=shape).std(), rtol=0.02)
    theirs = torch.nn.init.kaiming_uniform_(
        torch.empty(shape), a=0.2, mode="fan_out", nonlinearity="leaky_relu", generator=generator
    )
    ours = init.kaiming_uniform(init.calculate_gain("leaky_relu", 0.2), "fan_out")
    assert_allclose(float(theirs.abs().max()), numpy.abs(draw(ours, shape=shape)).max(), rtol=1e-3)


def test_every_initializer_is_tested():
    tested = inspect.getsource(inspect.getmodule(test_every_initializer_is_tested))
    aliases = {"Initializer", "glorot_normal", "glorot_uniform", "he_normal", "he_uniform"}
    assert [name for name in set(init.__all__) - aliases if f"init.{name}(" not in tested] == []
    assert init.glorot_normal is init.xavier_normal
    assert init.he_uniform is init.kaiming_uniform


@pytest.mark.parametrize("rng", [0, None, numpy.random])
def test_a_seed_is_no_generator(rng):
    with pytest.raises(TypeError, match=r"rng must be a generator, such as numpy.random.default_rng\(0\), got"):
        init.normal()(rng, (2, 3), numpy.float32, numpy)
