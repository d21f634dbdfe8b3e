from __future__ import annotations

import dataclasses
import importlib
import math
import tracemalloc

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import autodiff
import nn
from nn import functional

OPTIONS = [
    {},
    {"stride": 2, "padding": 1},
    {"stride": 3, "dilation": 2, "padding": 2, "groups": 2},
    {"groups": 4, "padding": "same"},
    {"dilation": 2, "padding": "same"},
    {"padding": "valid"},
]

TRANSPOSED_OPTIONS = [
    {},
    {"stride": 2, "padding": 1, "output_padding": 1},
    {"stride": 3, "dilation": 2, "padding": 2, "groups": 2},
    {"dilation": 3, "output_padding": 2},
    {"stride": 2, "dilation": 4, "output_padding": 3, "padding": 4},
]

MIXED = {"stride": (1, 2), "padding": (0, 2), "dilation": (2, 1)}

SIZES = {1: ((7,), (3,)), 2: ((7, 6), (3, 2)), 3: ((5, 4, 5), (2, 1, 3))}

CASES = [
    *[(f"conv{ndim}d", options) for ndim in SIZES for options in OPTIONS],
    *[(f"conv_transpose{ndim}d", options) for ndim in SIZES for options in TRANSPOSED_OPTIONS],
    ("conv2d", MIXED),
    ("conv_transpose2d", {**MIXED, "output_padding": (1, 0)}),
]


def drawn(*shapes):
    rng = numpy.random.default_rng(0)
    return [rng.normal(size=shape) for shape in shapes]


def operands_of(name, options, batch=2):
    image, size = SIZES[int(name[-2])]
    channels = (4, 8 // options.get("groups", 1)) if "transpose" in name else (8, 4 // options.get("groups", 1))
    return drawn((batch, 4, *image), (*channels, *size), (8,))


def in_torch(torch, name, operands, options):
    """Result, a cotangent of it, and the cotangents of the operands."""
    theirs = [torch.tensor(x, requires_grad=True) for x in operands]
    out = getattr(torch.nn.functional, name)(*theirs, **options)
    (ct,) = drawn(tuple(out.shape))
    cts = torch.autograd.grad(out, theirs, torch.asarray(ct))
    return out.detach().numpy(), ct, [x.numpy() for x in cts]


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(("name", "options"), CASES)
def test_values_and_derivatives_against_torch(name, options):
    torch = pytest.importorskip("torch")
    operands = operands_of(name, options)
    expected, ct, cts = in_torch(torch, name, operands, options)
    out, pullback = autodiff.vjp(lambda *operands: getattr(functional, name)(*operands, **options), *operands)
    assert_allclose(out, expected, rtol=1e-11, atol=1e-11)
    for actual, x in zip(pullback(ct), cts, strict=True):
        assert_allclose(actual, x, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d"])
def test_an_image_without_a_batch(name):
    x, weight, bias = operands_of(name, {})
    out = getattr(functional, name)(x[0], weight, bias)
    assert_allclose(out, getattr(functional, name)(x, weight, bias)[0], rtol=1e-12)


@pytest.mark.parametrize(("name", "options"), [CASES[i] for i in (2, 9, -2, -1)])
def test_on_every_namespace(xp, name, options):
    operands = operands_of(name, options)

    def f(*operands):
        return getattr(functional, name)(*operands, **options)

    out, pullback = autodiff.vjp(f, *map(xp.asarray, operands))
    expected, pullback_elsewhere = autodiff.vjp(f, *operands)
    (ct,) = drawn(expected.shape)
    for actual, elsewhere in zip([out, *pullback(xp.asarray(ct))], [expected, *pullback_elsewhere(ct)], strict=True):
        assert actual.dtype == xp.float64
        assert_allclose(numpy.asarray(actual), elsewhere, rtol=1e-11, atol=1e-11)


def test_single_precision_stays(xp):
    x, weight, bias = (xp.asarray(x.astype("float32")) for x in operands_of("conv2d", {}))
    out, pullback = autodiff.vjp(functional.conv2d, x, weight, bias)
    assert all(x.dtype == xp.float32 for x in (out, *pullback(out)))
    assert functional.conv2d(xp.astype(x, xp.float64), weight).dtype == xp.float64


def test_complex_numbers_are_transposed_not_conjugated(xp):
    x, weight, _ = (xp.asarray(x + 1j * numpy.flip(x)) for x in operands_of("conv2d", {}))
    out, pullback = autodiff.vjp(functional.conv2d, x, weight)
    ct = xp.asarray(drawn(out.shape)[0] * (1 + 2j))
    f_dot = autodiff.jvp(functional.conv2d, (x, weight), (x, weight))[1]
    cts = pullback(ct)
    expected = complex(xp.sum(ct * f_dot))
    assert_allclose(complex(xp.sum(cts[0] * x)) + complex(xp.sum(cts[1] * weight)), expected, rtol=1e-10)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_against_loops(data):
    small = st.integers(1, 3)
    batch, groups, inside, outside, height, width = (data.draw(small) for _ in range(6))
    stride, dilation = data.draw(small), data.draw(st.integers(1, 2))
    padding = data.draw(st.integers(0, 2))
    shape = tuple(data.draw(st.integers(dilation * (n - 1) + 1, 7)) for n in (height, width))
    x, weight = drawn((batch, groups * inside, *shape), (groups * outside, inside, height, width))
    padded = numpy.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    out = functional.conv2d(x, weight, stride=stride, padding=padding, dilation=dilation, groups=groups)
    expected = numpy.zeros_like(out)
    for b, o, i, j in numpy.ndindex(out.shape):
        first = o // outside * inside
        rows = slice(i * stride, i * stride + dilation * (height - 1) + 1, dilation)
        columns = slice(j * stride, j * stride + dilation * (width - 1) + 1, dilation)
        expected[b, o, i, j] = numpy.sum(padded[b, first : first + inside, rows, columns] * weight[o])
    assert_allclose(out, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("conv1d", OPTIONS[2]),
        ("conv2d", OPTIONS[1]),
        ("conv3d", OPTIONS[0]),
        ("conv_transpose2d", TRANSPOSED_OPTIONS[1]),
    ],
)
def test_higher_derivatives_in_both_modes(name, options):
    operands = operands_of(name, options, batch=1)
    autodiff.check_grads(lambda *operands: getattr(functional, name)(*operands, **options), operands, order=2)


def test_higher_derivatives_on_every_namespace(xp):
    operands = [xp.asarray(x) for x in drawn((1, 2, 4), (2, 1, 2))]

    def cubed(x, weight):
        return functional.conv1d(x, weight, groups=2) ** 3

    autodiff.check_grads(cubed, operands, order=2)


@pytest.mark.parametrize(
    ("name", "options", "in_axes"),
    [
        ("conv2d", MIXED | {"groups": 2}, (0, None)),
        ("conv2d", MIXED | {"groups": 2}, (2, -1)),
        ("conv_transpose1d", {"stride": 2}, (None, 0)),
    ],
)
def test_vmap_of_values_and_derivatives_against_a_loop(xp, name, options, in_axes):
    x, weight, _ = operands_of(name, options)

    def gradients(x, weight):
        def loss(x, weight):
            return autodiff.array_namespace(x, weight).sum(getattr(functional, name)(x, weight, **options) ** 2)

        return autodiff.grad(loss, (0, 1))(x, weight)

    examples = [
        [(i + 1) * x if axis is not None else x for i in range(3)] for x, axis in zip((x, weight), in_axes, strict=True)
    ]
    batched = [
        xp.asarray(these[0] if axis is None else numpy.stack(these, axis=axis))
        for these, axis in zip(examples, in_axes, strict=True)
    ]
    actual = autodiff.vmap(gradients, in_axes=in_axes)(*batched)
    expected = [gradients(*these) for these in zip(*examples, strict=True)]
    for position in range(2):
        stacked = numpy.stack([cts[position] for cts in expected])
        assert_allclose(numpy.asarray(actual[position]), stacked, rtol=1e-9, atol=1e-9)


def test_vmap_runs_one_convolution_for_all_examples(monkeypatch):
    calls = []
    convolution = importlib.import_module("nn.convolution")
    laid_out = convolution._laid_out
    monkeypatch.setattr(convolution, "_laid_out", lambda *args, **params: calls.append(1) or laid_out(*args, **params))
    x, weight, _ = operands_of("conv2d", {})
    autodiff.vmap(functional.conv2d, in_axes=(0, None))(numpy.stack([x] * 5), weight)
    autodiff.vmap(functional.conv2d)(numpy.stack([x] * 5), numpy.stack([weight] * 5))
    assert len(calls) == 2


def test_under_jit_of_jax():
    jax = pytest.importorskip("jax")
    operands = operands_of("conv2d", {})

    def gradient(*operands):
        def loss(*operands):
            return autodiff.array_namespace(*operands).sum(functional.conv2d(*operands, stride=2, padding=1) ** 2)

        return autodiff.grad(loss, (0, 1, 2))(*operands)

    with jax.enable_x64(True):
        for actual, expected in zip(jax.jit(gradient)(*operands), gradient(*operands), strict=True):
            assert_allclose(actual, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("batch", [0, 1])
@pytest.mark.parametrize("name", ["conv2d", "conv_transpose1d"])
def test_an_empty_batch(xp, name, batch):
    x, weight, bias = (xp.asarray(x) for x in operands_of(name, {}, batch))
    out, pullback = autodiff.vjp(getattr(functional, name), x, weight, bias)
    cts = pullback(xp.ones_like(out))
    assert out.shape[:2] == (batch, 8)
    assert [ct.shape for ct in cts] == [x.shape, weight.shape, bias.shape]
    if not batch:
        assert not numpy.any(numpy.asarray(cts[1]))


def test_images_in_any_layout():
    x, weight, _ = operands_of("conv2d", {})
    expected = functional.conv2d(x, weight)
    for axes in [(1, 2, 3, 0), (0, 2, 3, 1)]:
        laid_out = numpy.ascontiguousarray(x.transpose(axes)).transpose(numpy.argsort(axes))
        assert_allclose(functional.conv2d(laid_out, weight), expected, rtol=1e-13, atol=1e-13)


def test_large_images_are_not_laid_out_whole():
    x, weight = drawn((1, 8, 256, 256), (8, 8, 5, 5))
    tracemalloc.start()
    functional.conv2d(x, weight)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * x.nbytes


def test_several_blocks_make_one_convolution(monkeypatch):
    operands = operands_of("conv3d", {})
    f = functional.conv3d

    def results():
        out, pullback = autodiff.vjp(lambda *operands: f(*operands, padding=1, stride=2), *operands)
        return [out, *pullback(numpy.ones_like(out))]

    whole = results()
    monkeypatch.setattr("nn.convolution._BLOCK", 1)
    for actual, expected in zip(results(), whole, strict=True):
        assert_allclose(actual, expected, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("wrong", [{"padding": ((0, 2), (1, 1))}, {"stride": (2, 1)}, {"dilation": (1, 2)}])
def test_these_tests_find_a_transpose_with_other_windows(monkeypatch, wrong):
    rule = nn.convolution._TRANSPOSED
    call = rule.call

    def of_other_windows(xp, *operands, windows, groups):
        return call(xp, *operands, windows=dataclasses.replace(windows, **wrong), groups=groups)

    monkeypatch.setattr(rule, "call", of_other_windows)
    with pytest.raises((AssertionError, ValueError)):
        test_values_and_derivatives_against_torch("conv2d", {"padding": 1})


ONES = numpy.ones


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (
            lambda f: f.conv2d(ONES((4, 4)), ONES((3, 2, 2, 2))),
            r"\(batch, channels, height, width\), or without the batch, got shape \(4, 4\)",
        ),
        (lambda f: f.conv1d(ONES((2, 4, 4)), ONES((3, 4, 2, 2))), r"kernel length\), got \(3, 4, 2, 2\)"),
        (lambda f: f.conv2d(ONES((1, 3, 4, 4)), ONES((3, 2, 2, 2))), "is for 2 channels, got 3"),
        (lambda f: f.conv2d(ONES((1, 4, 4, 4)), ONES((3, 2, 2, 2)), groups=2), "got .* for groups=2"),
        (lambda f: f.conv2d(ONES((1, 4, 4, 4)), ONES((3, 2, 2, 2)), groups=0), "got .* for groups=0"),
        (lambda f: f.conv2d(ONES((1, 2, 4, 4)), ONES((3, 2, 2, 2)), ONES(2)), r"bias must be of shape \(3,\).*\(2,\)"),
        (lambda f: f.conv2d(ONES((1, 2, 4, 4)), ONES((3, 2, 5, 2))), r"\(5, 2\).*does not fit.*\(4, 4\)"),
        (lambda f: f.conv2d(ONES((1, 2, 4, 4)), ONES((3, 2, 2, 2)), stride=0), "stride must .* 2 of those, got 0"),
        (lambda f: f.conv2d(ONES((1, 2, 4, 4)), ONES((3, 2, 2, 2)), dilation=(1, 1, 1)), "dilation must"),
        (lambda f: f.conv2d(ONES((1, 2, 4, 4)), ONES((3, 2, 2, 2)), padding=-1), "padding must .* at least 0"),
        (lambda f: f.conv2d(ONES((1, 2, 4, 4)), ONES((3, 2, 2, 2)), padding="full"), "'valid', 'same' or numbers"),
        (lambda f: f.conv2d(ONES((1, 2, 4, 4)), ONES((3, 2, 2, 2)), padding="same", stride=2), "stride of 1"),
        (lambda f: f.conv_transpose1d(ONES((1, 2, 4)), ONES((3, 2, 2))), "is for 3 channels, got 2"),
        (lambda f: f.conv_transpose1d(ONES((1, 2, 4)), ONES((2, 2, 2)), output_padding=1), "less than the stride"),
        (lambda f: f.conv_transpose1d(ONES((1, 2, 2)), ONES((2, 2, 2)), padding=2), "too small for a padding"),
    ],
)
def test_errors_say_what_does_not_fit(call, match):
    with pytest.raises(ValueError, match=match):
        call(functional)


LAYERS = [
    (nn.Conv1d, (4, 8, 3), {"padding": 2, "padding_mode": "reflect"}),
    (nn.Conv2d, (4, 8, (3, 2)), {"stride": 2, "padding": 1, "groups": 2}),
    (nn.Conv2d, (4, 8, 3), {"padding": "same", "padding_mode": "replicate", "bias": False}),
    (nn.Conv2d, (4, 8, (2, 3)), {"padding": (2, 1), "stride": (2, 1), "padding_mode": "circular"}),
    (nn.Conv2d, (4, 8, 2), {"padding": "same", "dilation": 3, "padding_mode": "circular"}),
    (nn.Conv3d, (4, 8, 2), {"dilation": (1, 2, 1)}),
    (nn.ConvTranspose1d, (4, 8, 3), {"stride": 2, "output_padding": 1, "bias": False}),
    (nn.ConvTranspose2d, (4, 8, (3, 2)), {"stride": (2, 3), "padding": 1, "groups": 4}),
    (nn.ConvTranspose3d, (4, 8, 2), {"dilation": 2}),
]


@pytest.mark.parametrize(("layer", "sizes", "options"), LAYERS)
def test_layers_against_torch_with_the_same_state(layer, sizes, options):
    torch = pytest.importorskip("torch")
    ours = layer(*sizes, **options, rng=numpy.random.default_rng(0), xp=numpy, dtype=numpy.float64)
    theirs = getattr(torch.nn, layer.__name__)(*sizes, **options, dtype=torch.float64)
    ours.load_state_dict(theirs.state_dict())
    (x,) = drawn((2, 4, *SIZES[ours.ndim][0]))
    assert_allclose(ours(x), theirs(torch.asarray(x)).detach().numpy(), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("mode", ["zeros", "circular"])
def test_layers_train_on_every_namespace(xp, mode):
    rng = numpy.random.default_rng(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, padding_mode=mode, rng=rng, xp=xp),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.ConvTranspose2d(4, 1, 2, stride=2, rng=rng, xp=xp),
    )
    x = xp.asarray(drawn((2, 1, 6, 6))[0], dtype=xp.float32)
    loss, grads = nn.value_and_grad(lambda model, x: nn.mean_squared_error(model(x), x))(model, x)
    assert math.isfinite(float(loss))
    assert set(grads) == set(model.state_dict())
    assert all(numpy.any(numpy.asarray(grad)) for grad in grads.values())


def test_the_same_seed_gives_the_same_weights_on_every_namespace(xp):
    weights = [nn.Conv2d(3, 4, 5, rng=numpy.random.default_rng(7), xp=where).weight for where in (xp, numpy)]
    assert_allclose(numpy.asarray(weights[0]), weights[1])
    # The bound of the uniform distribution by the fan-in, for a ReLU.
    assert 0.9 < numpy.abs(weights[1]).max() / math.sqrt(6 / 75) <= 1


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda rng: nn.Conv2d(3, 4, 3, groups=2, rng=rng), r"groups must divide.*groups=2 for \(4, 3\)"),
        (lambda rng: nn.ConvTranspose2d(4, 3, 3, groups=2, rng=rng), r"groups must divide.*groups=2 for \(4, 3\)"),
        (lambda rng: nn.Conv2d(3, 4, (3, 3, 3), rng=rng), "kernel_size must be .* 2 of those"),
        (lambda rng: nn.Conv2d(3, 4, 3, padding="same", stride=2, rng=rng), "stride of 1"),
        (lambda rng: nn.Conv2d(3, 4, 3, padding_mode="wrap", rng=rng), "zeros, reflect, replicate, circular"),
    ],
)
def test_layers_refuse_what_does_not_fit(call, match):
    with pytest.raises(ValueError, match=match):
        call(numpy.random.default_rng(0))
