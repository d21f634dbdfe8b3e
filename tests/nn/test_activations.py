from __future__ import annotations

import math
import pickle

import mpmath
import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn
from nn.namespaces import as_numpy


def test_relu(xp):
    x = xp.asarray([-2.0, -0.0, 0.0, 3.0, float("inf"), float("-inf")], dtype=xp.float32)
    assert_allclose(numpy.asarray(nn.relu(x)), [0, 0, 0, 3, numpy.inf, 0])
    assert nn.relu(x).dtype == xp.float32


def test_relu_lets_nan_through(xp):
    assert numpy.isnan(numpy.asarray(nn.relu(xp.asarray([float("nan")]))))


def test_relu_has_gradient_zero_at_zero_as_in_pytorch(xp):
    x = xp.asarray([-1.0, 0.0, 2.0], dtype=xp.float64)

    def f(x):
        return x.__array_namespace__().sum(3 * nn.relu(x))

    assert_allclose(numpy.asarray(autodiff.grad(f)(x)), [0, 0, 3])


@pytest.mark.parametrize("values", [[0.0], [1.0, 2.0, 3.0], [-1e4, 1e4, 0.0], [1e-300, -745.0, 709.0]])
def test_log_softmax_against_mpmath(xp, values):
    with mpmath.workdps(50):
        total = mpmath.log(sum(mpmath.exp(v) for v in values))
        expected = [float(mpmath.mpf(v) - total) for v in values]
    assert_allclose(
        numpy.asarray(nn.log_softmax(xp.asarray(values, dtype=xp.float64))), expected, rtol=1e-14, atol=1e-15
    )


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_log_softmax_along_an_axis(xp, axis):
    special = pytest.importorskip("scipy.special")
    x = numpy.random.default_rng(0).normal(size=(3, 4, 5))
    actual = nn.log_softmax(xp.asarray(x, dtype=xp.float64), axis=axis)
    assert_allclose(numpy.asarray(actual), special.log_softmax(x, axis=axis), rtol=1e-13)


POINTS = [-1e4, -800.0, -40.0, -2.5, -1.0, -0.3, -1e-3, 0.0, 1e-3, 0.5, 1.5, 2.9, 40.0, 100.0, 800.0, 1e4]

IN_TORCH = {
    "celu": lambda f, x: f.celu(x),
    "elu": lambda f, x: f.elu(x),
    "gelu": lambda f, x: f.gelu(x),
    "glu": lambda f, x: f.glu(x),
    # PyTorch's own hardsigmoid has 1 / 6 in single precision.
    "hard_sigmoid": lambda f, x: f.relu6(x + 3) / 6,
    "hard_shrink": lambda f, x: f.hardshrink(x),
    "hard_swish": lambda f, x: f.hardswish(x),
    "hard_tanh": lambda f, x: f.hardtanh(x),
    "leaky_relu": lambda f, x: f.leaky_relu(x),
    "log_sigmoid": lambda f, x: f.logsigmoid(x),
    "log_softmax": lambda f, x: f.log_softmax(x, dim=-1),
    "mish": lambda f, x: f.mish(x),
    "relu": lambda f, x: f.relu(x),
    "relu6": lambda f, x: f.relu6(x),
    "rrelu": lambda f, x: f.rrelu(x),
    "selu": lambda f, x: f.selu(x),
    "sigmoid": lambda f, x: f.sigmoid(x),
    "silu": lambda f, x: f.silu(x),
    "soft_shrink": lambda f, x: f.softshrink(x),
    "softmax": lambda f, x: f.softmax(x, dim=-1),
    "softmin": lambda f, x: f.softmin(x, dim=-1),
    "softplus": lambda f, x: f.softplus(x, threshold=500),
    "softsign": lambda f, x: f.softsign(x),
    "swiglu": lambda f, x: f.silu(x[..., : x.shape[-1] // 2]) * x[..., x.shape[-1] // 2 :],
    "tanh": lambda f, x: f.tanh(x),
    "tanh_shrink": lambda f, x: f.tanhshrink(x),
}

WITH_OPTIONS = [
    ("celu", {"alpha": 2.5}, lambda f, x: f.celu(x, 2.5)),
    ("elu", {"alpha": 2.5}, lambda f, x: f.elu(x, 2.5)),
    ("gelu", {"approximate": "tanh"}, lambda f, x: f.gelu(x, approximate="tanh")),
    ("glu", {"axis": 0}, lambda f, x: f.glu(x, 0)),
    ("glu", {"axis": -2}, lambda f, x: f.glu(x, -2)),
    ("hard_shrink", {"lambd": 1.25}, lambda f, x: f.hardshrink(x, 1.25)),
    ("hard_tanh", {"min_val": -2.0, "max_val": 0.75}, lambda f, x: f.hardtanh(x, -2.0, 0.75)),
    ("leaky_relu", {"negative_slope": 0.3}, lambda f, x: f.leaky_relu(x, 0.3)),
    ("log_softmax", {"axis": 0}, lambda f, x: f.log_softmax(x, 0)),
    ("rrelu", {"lower": 0.1, "upper": 0.5}, lambda f, x: f.rrelu(x, 0.1, 0.5)),
    ("soft_shrink", {"lambd": 1.25}, lambda f, x: f.softshrink(x, 1.25)),
    ("softmax", {"axis": 1}, lambda f, x: f.softmax(x, 1)),
    ("softmin", {"axis": 0}, lambda f, x: f.softmin(x, 0)),
    ("softplus", {"beta": 3.0}, lambda f, x: f.softplus(x, 3.0, threshold=500)),
    ("softplus", {"beta": 3.0, "threshold": 4.0}, lambda f, x: f.softplus(x, 3.0, threshold=4.0)),
    ("threshold", {"threshold": 0.5, "value": -3.0}, lambda f, x: f.threshold(x, 0.5, -3.0)),
    ("swiglu", {"axis": 0}, lambda f, x: f.silu(x[:2]) * x[2:]),
]


def weights_of(shape):
    return numpy.linspace(0.5, 2.0, math.prod(shape)).reshape(shape)


def values_and_derivatives_in_torch(function, values):
    torch = pytest.importorskip("torch")
    x = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    out = function(torch.nn.functional, x)
    out.backward(torch.asarray(weights_of(out.shape)))
    return out.detach().numpy(), x.grad.numpy()


def values_and_derivatives(function, x):
    xp = autodiff.array_namespace(x)
    out, pullback = autodiff.vjp(function, x)
    (ct,) = pullback(xp.asarray(weights_of(out.shape), dtype=x.dtype))
    assert out.dtype == ct.dtype == x.dtype
    return as_numpy(out), as_numpy(ct)


@pytest.mark.parametrize("name", IN_TORCH)
def test_values_and_derivatives_against_torch_where_exp_overflows(xp, name):
    expected, expected_ct = values_and_derivatives_in_torch(IN_TORCH[name], POINTS)
    out, ct = values_and_derivatives(getattr(nn, name), xp.asarray(POINTS, dtype=xp.float64))
    assert_allclose(out, expected, rtol=1e-12, atol=1e-15)
    assert_allclose(ct, expected_ct, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize(("name", "options", "in_torch"), WITH_OPTIONS)
def test_options_against_torch(name, options, in_torch):
    values = numpy.asarray(POINTS).reshape(4, 4)
    expected, expected_ct = values_and_derivatives_in_torch(in_torch, values)
    out, ct = values_and_derivatives(lambda x: getattr(nn, name)(x, **options), values)
    assert_allclose(out, expected, rtol=1e-12, atol=1e-15)
    assert_allclose(ct, expected_ct, rtol=1e-10, atol=1e-14)


HALVES = [float(numpy.float16(v)) for v in (-1e4, -100.0, -20.0, -2.5, -0.3, 0.0, 0.5, 1.5, 20.0, 1e4)]


def check_lower_precision(function, in_torch, xp, dtype, values):
    x = xp.asarray(values, dtype=getattr(xp, dtype))
    expected, expected_ct = values_and_derivatives_in_torch(in_torch, as_numpy(x).astype("float64"))
    out, ct = values_and_derivatives(function, x)
    epsilon = float(xp.finfo(x.dtype).eps)
    for actual, x in ((out, expected), (ct, expected_ct)):
        assert_allclose(actual.astype("float64"), x, rtol=8 * epsilon, atol=8 * epsilon)


@pytest.mark.parametrize("name", IN_TORCH)
def test_single_precision(name):
    xp = pytest.importorskip("array_api_strict")
    check_lower_precision(getattr(nn, name), IN_TORCH[name], xp, "float32", POINTS)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", IN_TORCH)
def test_half_precision(xp, name, dtype):
    if not hasattr(xp, dtype):
        pytest.skip(f"no {dtype}")
    check_lower_precision(getattr(nn, name), IN_TORCH[name], xp, dtype, HALVES)


@pytest.mark.parametrize(("name", "options", "in_torch"), [case for case in WITH_OPTIONS if "axis" not in case[1]])
def test_options_in_half_precision(name, options, in_torch):
    check_lower_precision(lambda x: getattr(nn, name)(x, **options), in_torch, numpy, "float16", HALVES)


@pytest.mark.parametrize("name", IN_TORCH)
def test_empty(name):
    function = getattr(nn, name)
    assert function(numpy.zeros((0, 2))).shape == (0, 1 if name.endswith("glu") else 2)
    assert function(numpy.zeros((2, 0))).shape == (2, 0)


@pytest.mark.parametrize("name", [name for name in IN_TORCH if not name.endswith(("softmax", "softmin", "glu"))])
def test_a_number_is_an_array_without_axes(name):
    function = getattr(nn, name)
    out = function(numpy.asarray(-0.5))
    assert out.shape == ()
    assert_allclose(out, function(numpy.asarray([-0.5]))[0])


@pytest.mark.parametrize("name", ["glu", "swiglu"])
def test_an_odd_axis_has_no_halves(name):
    with pytest.raises(ValueError, match=r"axis of even length is halved, got axis -1 of shape \(2, 3\)"):
        getattr(nn, name)(numpy.ones((2, 3)))


def test_softmax_of_excluded_elements(xp):
    x = xp.asarray([0.0, -math.inf, 0.0], dtype=xp.float64)
    assert_allclose(numpy.asarray(nn.softmax(x)), [0.5, 0, 0.5])
    assert_allclose(numpy.asarray(nn.log_softmax(x)), [-math.log(2), -math.inf, -math.log(2)])


KINKED = {"hard_shrink", "leaky_relu", "relu", "relu6", "rrelu", "soft_shrink"}
SMOOTH = set(IN_TORCH) - KINKED - {"hard_sigmoid", "hard_swish", "hard_tanh"}


@pytest.mark.parametrize("name", sorted(SMOOTH))
def test_second_derivatives(name):
    x = numpy.random.default_rng(0).uniform(-2, 2, size=(2, 4))
    autodiff.check_grads(getattr(nn, name), (x,), order=2)


@pytest.mark.parametrize("name", sorted(SMOOTH - {"celu", "elu", "selu", "softsign"}))
def test_second_derivatives_at_zero(name):
    autodiff.check_grads(getattr(nn, name), (numpy.zeros((1, 2)),), order=2)


def test_sigmoid_keeps_its_digits_where_it_is_tiny(xp):
    with mpmath.workdps(50):
        expected = [float(1 / (1 + mpmath.exp(-mpmath.mpf(v)))) for v in (-700.0, -50.0, -1.0)]
    x = xp.asarray([-700.0, -50.0, -1.0], dtype=xp.float64)
    assert_allclose(numpy.asarray(nn.sigmoid(x)), expected, rtol=1e-15)


def test_gelu_against_mpmath(xp):
    values = [-30.0, -5.0, -1.0, 0.0, 0.1, 2.0, 30.0]
    with mpmath.workdps(50):
        expected = [float(mpmath.mpf(v) * mpmath.erfc(-mpmath.mpf(v) / mpmath.sqrt(2)) / 2) for v in values]
    assert_allclose(numpy.asarray(nn.gelu(xp.asarray(values, dtype=xp.float64))), expected, rtol=2e-13)


def test_gelu_names_what_it_knows():
    with pytest.raises(ValueError, match="'erf', expected 'none' or 'tanh'"):
        nn.gelu(numpy.ones(3), approximate="erf")


@pytest.mark.parametrize("shape", [(), (3, 1), (2, 3, 4)])
def test_prelu_has_slopes_of_any_shape(xp, shape):
    rng = numpy.random.default_rng(0)
    x, slopes = rng.normal(size=(2, 3, 4)), numpy.asarray(rng.uniform(size=shape))
    ct = numpy.where(x > 0, 0, x)
    expected = numpy.where(x > 0, x, slopes * x)
    x, slopes = xp.asarray(x), xp.asarray(slopes)
    out, pullback = autodiff.vjp(nn.prelu, x, slopes)
    assert_allclose(numpy.asarray(out), expected)
    _, actual = pullback(xp.ones_like(out))
    assert actual.shape == shape
    assert_allclose(numpy.sum(numpy.asarray(actual)), numpy.sum(ct))
    # Either alone may be differentiated.
    _, pullback = autodiff.vjp(lambda slopes: nn.prelu(x, slopes), slopes)
    assert_allclose(numpy.asarray(pullback(xp.ones_like(out))[0]), numpy.asarray(actual))


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_along_an_axis(xp, axis):
    special = pytest.importorskip("scipy.special")
    x = numpy.random.default_rng(0).normal(size=(3, 4, 5))
    actual = nn.softmax(xp.asarray(x, dtype=xp.float64), axis=axis)
    assert_allclose(numpy.asarray(actual), special.softmax(x, axis=axis), rtol=1e-13)


def test_selu_keeps_mean_and_variance():
    x = numpy.random.default_rng(0).normal(size=1_000_000)
    out = nn.selu(x)
    assert math.isclose(numpy.mean(out), 0, abs_tol=5e-3)
    assert math.isclose(numpy.var(out), 1, abs_tol=5e-3)


IN_LAYERS = {
    "CELU": ("celu", {"alpha": 0.5}),
    "ELU": ("elu", {"alpha": 0.5}),
    "GELU": ("gelu", {"approximate": "tanh"}),
    "GLU": ("glu", {"dim": 1}),
    "Hardshrink": ("hard_shrink", {"lambd": 0.75}),
    "Hardsigmoid": ("hard_sigmoid", {}),
    "Hardswish": ("hard_swish", {}),
    "Hardtanh": ("hard_tanh", {"min_val": -2.0, "max_val": 0.5}),
    "LeakyReLU": ("leaky_relu", {"negative_slope": 0.2}),
    "LogSigmoid": ("log_sigmoid", {}),
    "LogSoftmax": ("log_softmax", {"dim": 1}),
    "Mish": ("mish", {}),
    "ReLU": ("relu", {}),
    "ReLU6": ("relu6", {}),
    "SELU": ("selu", {}),
    "SiLU": ("silu", {}),
    "Sigmoid": ("sigmoid", {}),
    "Softmax": ("softmax", {"dim": 0}),
    "Softmin": ("softmin", {"dim": 0}),
    "Softplus": ("softplus", {"beta": 2.0, "threshold": 1.0}),
    "Softshrink": ("soft_shrink", {"lambd": 0.75}),
    "Softsign": ("softsign", {}),
    "Tanh": ("tanh", {}),
    "Tanhshrink": ("tanh_shrink", {}),
    "Threshold": ("threshold", {"threshold": 0.25, "value": 2.0}),
}


@pytest.mark.parametrize("name", IN_LAYERS)
def test_layers(name):
    torch = pytest.importorskip("torch")
    function, options = IN_LAYERS[name]
    layer = getattr(nn, name)(**options)
    by_position = getattr(nn, name)(*options.values())
    theirs = getattr(torch.nn, name)(**options)
    x = numpy.random.default_rng(0).normal(size=(3, 4))
    assert_allclose(layer(x), theirs(torch.asarray(x)).numpy(), rtol=1e-6, atol=1e-7)
    assert_array_equal(layer(x), getattr(nn, function)(x, *options.values()))
    assert_array_equal(by_position(x), layer(x))
    assert_array_equal(pickle.loads(pickle.dumps(layer))(x), layer(x))
    assert not list(layer.parameters())


def test_layers_refuse_options_that_the_function_has_not():
    with pytest.raises(TypeError, match=r"ELU takes \(alpha: float = 1.0\): got an unexpected keyword argument 'beta'"):
        nn.ELU(beta=2.0)


def test_softmax_of_channels():
    torch = pytest.importorskip("torch")
    for shape in ((3, 4, 5), (2, 3, 4, 5)):
        x = numpy.random.default_rng(0).normal(size=shape)
        assert_allclose(nn.Softmax2d()(x), torch.nn.Softmax2d()(torch.asarray(x)).numpy(), rtol=1e-12)
    with pytest.raises(ValueError, match=r"3 or 4 dimensions, got shape \(2, 3\)"):
        nn.Softmax2d()(numpy.ones((2, 3)))


def test_slopes_of_rrelu_are_drawn_in_training(xp):
    x = xp.full((10_000,), -1.0, dtype=xp.float64)
    layer, same = (nn.RReLU(0.1, 0.5, rng=numpy.random.default_rng(0)) for _ in range(2))
    slopes = -numpy.asarray(layer(x))
    assert_array_equal(-numpy.asarray(same(x)), slopes)
    assert 0.1 <= slopes.min() < 0.101
    assert 0.499 < slopes.max() < 0.5
    assert_allclose(slopes.mean(), 0.3, atol=0.005)
    assert_allclose(-numpy.asarray(layer.eval()(x)), 0.3)
    assert float(layer(xp.asarray(2.0))) == 2


@pytest.mark.parametrize(
    ("count", "shape"), [(1, ()), (1, (4,)), (1, (2, 3)), (3, (3,)), (3, (2, 3)), (3, (2, 3, 4, 5))]
)
def test_prelu_layer_against_torch(count, shape):
    torch = pytest.importorskip("torch")
    x = numpy.random.default_rng(0).normal(size=shape)
    ours, theirs = nn.PReLU(count, 0.5, xp=numpy, dtype=numpy.float64), torch.nn.PReLU(count, 0.5).double()
    slopes = numpy.linspace(0.1, 0.9, count)
    ours.load_state_dict({"weight": slopes})
    theirs.load_state_dict({"weight": torch.asarray(slopes)})
    expected = theirs(torch.asarray(x)) if shape != (3,) else theirs(torch.asarray(x)[None])[0]
    expected.sum().backward()
    loss, grads = nn.value_and_grad(lambda layer: total(layer(x)))(ours)
    assert_allclose(loss, expected.detach().sum())
    assert_allclose(grads["weight"], theirs.weight.grad.numpy(), atol=1e-15)


def total(x):
    return autodiff.array_namespace(x).sum(x)


def test_swiglu_layer(xp):
    layer = nn.SwiGLU(3, 8, 5, rng=numpy.random.default_rng(0), xp=xp, dtype=xp.float64)
    gate, up, down = (numpy.asarray(parameter.data) for parameter in layer.parameters())
    assert list(layer.state_dict()) == ["gate_proj.weight", "up_proj.weight", "down_proj.weight"]
    x = numpy.random.default_rng(1).normal(size=(2, 3))
    hidden = x @ gate.T
    expected = (hidden / (1 + numpy.exp(-hidden)) * (x @ up.T)) @ down.T
    assert_allclose(numpy.asarray(layer(xp.asarray(x))), expected, rtol=1e-13)
    with_biases = nn.SwiGLU(3, 8, bias=True, rng=numpy.random.default_rng(0), xp=numpy)
    assert with_biases(x).shape == (2, 3)
    assert len(list(with_biases.parameters())) == 6
