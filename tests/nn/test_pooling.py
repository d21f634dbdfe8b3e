from __future__ import annotations

import tracemalloc

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn
from nn import functional

IMAGES = {1: (11,), 2: (9, 8), 3: (5, 6, 4)}

OPTIONS = [
    {"kernel_size": 2},
    {"kernel_size": 3, "stride": 1, "padding": 1},
    {"kernel_size": 3, "stride": 2, "ceil_mode": True},
    {"kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True},
]

CASES = [
    *[(f"{kind}_pool{ndim}d", options) for kind in ("max", "avg") for ndim in IMAGES for options in OPTIONS],
    *[(f"max_pool{ndim}d", {"kernel_size": 2, "stride": 1, "dilation": 3}) for ndim in IMAGES],
    *[(f"avg_pool{ndim}d", options | {"count_include_pad": False}) for ndim in IMAGES for options in OPTIONS[1:]],
    ("max_pool2d", {"kernel_size": (2, 3), "stride": (1, 3), "padding": (1, 0), "dilation": (2, 1)}),
    ("avg_pool2d", {"kernel_size": (2, 3), "stride": (1, 3), "padding": (1, 0)}),
    ("avg_pool2d", {"kernel_size": 3, "padding": 1, "divisor_override": 4}),
    *[
        (f"adaptive_{kind}_pool{ndim}d", {"output_size": n})
        for kind in ("max", "avg")
        for ndim in IMAGES
        for n in (1, 3)
    ],
    *[(f"adaptive_{kind}_pool2d", {"output_size": n}) for kind in ("max", "avg") for n in ((3, 4), (None, 5), (12, 2))],
]


def drawn(*shapes):
    rng = numpy.random.default_rng(0)
    return [rng.normal(size=shape) for shape in shapes]


def images_for(name):
    return drawn((2, 3, *IMAGES[int(name[-2])]))[0]


def check_against_torch(name, options, x):
    torch = pytest.importorskip("torch")
    theirs = torch.tensor(x, requires_grad=True)
    expected = getattr(torch.nn.functional, name)(theirs, **options)
    (ct,) = drawn(tuple(expected.shape))
    expected.backward(torch.asarray(ct))
    out, pullback = autodiff.vjp(lambda x: getattr(functional, name)(x, **options), x)
    assert_allclose(out, expected.detach().numpy(), rtol=1e-12, atol=1e-13)
    assert_allclose(pullback(ct)[0], theirs.grad.numpy(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_values_and_derivatives_against_torch(name, options):
    check_against_torch(name, options, images_for(name))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_sequences_against_torch(data):
    name = data.draw(st.sampled_from(["max_pool1d", "avg_pool1d"]))
    options = {
        "kernel_size": data.draw(st.integers(1, 4)),
        "stride": data.draw(st.integers(1, 5)),
        "ceil_mode": data.draw(st.booleans()),
    }
    if name == "max_pool1d":
        options["dilation"] = data.draw(st.integers(1, 2))
    else:
        options["count_include_pad"] = data.draw(st.booleans())
    options["padding"] = data.draw(st.integers(0, options["kernel_size"] // 2))
    span = options.get("dilation", 1) * (options["kernel_size"] - 1) + 1
    check_against_torch(name, options, drawn((1, 2, data.draw(st.integers(span, 9))))[0])


@pytest.mark.parametrize(("name", "options"), [CASES[i] for i in (1, 6, 15, 31, -4, -1)])
def test_on_every_namespace(xp, name, options):
    x = images_for(name)

    def f(x):
        return getattr(functional, name)(x, **options)

    out, pullback = autodiff.vjp(f, xp.asarray(x, dtype=xp.float64))
    expected, pullback_elsewhere = autodiff.vjp(f, x)
    (ct,) = drawn(expected.shape)
    assert_allclose(numpy.asarray(out), expected, rtol=1e-13, atol=1e-14)
    assert_allclose(numpy.asarray(pullback(xp.asarray(ct))[0]), pullback_elsewhere(ct)[0], rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(("name", "options"), [CASES[i] for i in range(0, len(CASES), 4)])
def test_an_image_without_a_batch(name, options):
    check_against_torch(name, options, images_for(name)[0])


LARGEST = [case for case in CASES if "max" in case[0]]


@pytest.mark.parametrize(("name", "options"), LARGEST)
def test_indices_of_the_largest_against_torch(name, options):
    torch = pytest.importorskip("torch")
    # Integers, of which several are largest.
    for x in (images_for(name), numpy.round(images_for(name)), numpy.round(images_for(name))[0]):
        out, indices = getattr(functional, name)(x, **options, return_indices=True)
        expected = getattr(torch.nn.functional, name)(torch.asarray(x), **options, return_indices=True)
        assert_array_equal(out, expected[0].numpy())
        assert_array_equal(indices, expected[1].numpy())


def test_indices_on_every_namespace(xp):
    x = images_for("max_pool2d")
    for pool in (nn.MaxPool2d(3, 2, 1, return_indices=True), nn.AdaptiveMaxPool2d((3, 5), return_indices=True)):
        for actual, expected in zip(pool(xp.asarray(x)), pool(x), strict=True):
            assert_array_equal(numpy.asarray(actual), expected)


UNPOOLED = [
    ({"kernel_size": 2}, {}),
    ({"kernel_size": 3, "stride": 2, "padding": 1}, {"output_size": True}),
    ({"kernel_size": 2, "stride": 3}, {"output_size": True}),
    ({"kernel_size": 3, "stride": 2}, {"output_size": True}),
]


@pytest.mark.parametrize("ndim", IMAGES)
@pytest.mark.parametrize(("options", "per_call"), UNPOOLED)
def test_unpooling_against_torch(ndim, options, per_call):
    torch = pytest.importorskip("torch")
    images = images_for(f"max_pool{ndim}d")
    name = f"max_unpool{ndim}d"
    for x in (images, images[0]):
        out, indices = getattr(functional, f"max_pool{ndim}d")(x, **options, return_indices=True)
        given = options | ({"output_size": x.shape[-ndim:]} if per_call else {})
        expected = getattr(torch.nn.functional, name)(torch.asarray(out), torch.asarray(indices), **given)
        assert_allclose(getattr(functional, name)(out, indices, **given), expected.numpy(), rtol=1e-15)


def test_unpooling_on_every_namespace(xp):
    pool, unpool = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)
    out, indices = pool(xp.abs(xp.asarray(images_for("max_pool2d"))))
    back = unpool(out, indices, output_size=[9, 8])
    assert_array_equal(numpy.asarray(pool(back)[1]), numpy.asarray(indices))
    autodiff.check_grads(lambda x: unpool(x, indices), (out,))


@pytest.mark.parametrize("ndim", IMAGES)
@pytest.mark.parametrize(
    "options",
    [
        {"norm_type": 2.0, "kernel_size": 2},
        {"norm_type": 1.0, "kernel_size": 3, "stride": 2},
        {"norm_type": 4.0, "kernel_size": 3, "stride": 2, "ceil_mode": True},
    ],
)
def test_norms_of_windows_against_torch(ndim, options):
    name = f"lp_pool{ndim}d"
    check_against_torch(name, options, images_for(name))


def test_the_norm_of_zeros_has_no_infinite_derivative(xp):
    x = xp.zeros((1, 1, 4))
    _, pullback = autodiff.vjp(lambda x: functional.lp_pool1d(x, 2, 2), x)
    assert_array_equal(numpy.asarray(pullback(xp.ones((1, 1, 2)))[0]), 0)


def test_nan_stays_in_its_window():
    x = numpy.asarray([[[numpy.nan, 1.0, 2.0, 3.0, 4.0]]])
    assert_array_equal(functional.adaptive_avg_pool1d(x, 3), [[[numpy.nan, 2.0, 3.5]]])


def test_single_precision_stays(xp):
    x = xp.asarray(images_for("max_pool2d"), dtype=xp.float32)
    for pool in (nn.MaxPool2d(2), nn.AvgPool2d(3, padding=1, count_include_pad=False), nn.AdaptiveAvgPool2d(4)):
        out, pullback = autodiff.vjp(pool, x)
        assert out.dtype == pullback(out)[0].dtype == xp.float32


@pytest.mark.parametrize(("name", "options"), CASES[1:-1:9])
def test_higher_derivatives_in_both_modes(name, options):
    x = images_for(name)[:1, :1]
    autodiff.check_grads(lambda x: getattr(functional, name)(x, **options) ** 2, (x,), order=2)


def test_higher_derivatives_on_every_namespace(xp):
    x = xp.asarray(drawn((1, 1, 7))[0])
    autodiff.check_grads(lambda x: functional.max_pool1d(x, 3, 2, 1) * functional.avg_pool1d(x, 3, 2, 1), (x,), order=2)


def test_ties_share_the_derivative(xp):
    x = xp.asarray([[[2.0, 2.0, 1.0, 3.0, 3.0, 3.0]]])
    _, pullback = autodiff.vjp(lambda x: functional.max_pool1d(x, 3), x)
    (ct,) = pullback(xp.asarray([[[6.0, 6.0]]]))
    assert_array_equal(numpy.asarray(ct), [[[3.0, 3.0, 0.0, 2.0, 2.0, 2.0]]])
    x_dot = xp.asarray([[[1.0, 3.0, 9.0, 1.0, 2.0, 3.0]]])
    assert_array_equal(
        numpy.asarray(autodiff.jvp(lambda x: functional.max_pool1d(x, 3), (x,), (x_dot,))[1]), [[[2.0, 2.0]]]
    )


def test_padding_is_never_largest(xp):
    x = xp.full((1, 1, 3), -5.0)
    assert_array_equal(numpy.asarray(functional.max_pool1d(x, 2, 2, 1)), [[[-5.0, -5.0]]])


def test_nan_is_largest(xp):
    x = xp.asarray([[[float("nan"), 1.0, 2.0, 3.0]]])
    assert_array_equal(numpy.asarray(functional.max_pool1d(x, 2)), [[[float("nan"), 3.0]]])


@pytest.mark.parametrize(("name", "options"), [CASES[1], CASES[13], CASES[-1]])
def test_vmap_of_values_and_derivatives_against_a_loop(xp, name, options):
    x = images_for(name)[:1]
    (weights,) = drawn(getattr(functional, name)(x, **options).shape)
    weights = xp.asarray(weights)

    def gradient(x):
        def loss(x):
            out = getattr(functional, name)(x, **options)
            return autodiff.array_namespace(out).sum(out * weights * out)

        return autodiff.grad(loss)(x)

    xs = numpy.stack([x, -x, 2 * x])
    actual = autodiff.vmap(gradient)(xp.asarray(xs))
    assert_allclose(
        numpy.asarray(actual), numpy.stack([numpy.asarray(gradient(xp.asarray(x))) for x in xs]), rtol=1e-12
    )


def test_under_jit_of_jax():
    jax = pytest.importorskip("jax")

    def gradient(x):
        def loss(x):
            out = functional.max_pool2d(x, 3, 2, 1) + functional.avg_pool2d(x, 3, 2, 1)
            return x.__array_namespace__().sum(out**2)

        return autodiff.grad(loss)(x)

    x = images_for("max_pool2d")
    with jax.enable_x64(True):
        assert_allclose(jax.jit(gradient)(x), gradient(x), rtol=1e-10, atol=1e-12)


def test_within_vmap_of_torch():
    torch = pytest.importorskip("torch")

    def gradient(x):
        def loss(x):
            return autodiff.array_namespace(x).sum(functional.max_pool2d(functional.conv2d(x, weight), 2) ** 2)

        return autodiff.grad(loss)(x)

    xs, weight = map(torch.asarray, drawn((3, 2, 4, 7, 6), (2, 4, 3, 2)))
    assert_allclose(torch.func.vmap(gradient)(xs), torch.stack([gradient(x) for x in xs]), rtol=1e-10)


def test_an_empty_batch(xp):
    x = xp.zeros((0, 2, 4, 4))
    for pool in (nn.MaxPool2d(2), nn.AvgPool2d(2), nn.AdaptiveAvgPool2d(3), nn.AdaptiveMaxPool2d(3)):
        out, pullback = autodiff.vjp(pool, x)
        assert out.shape[:2] == (0, 2)
        assert pullback(out)[0].shape == x.shape


def test_elements_of_large_windows_are_not_laid_out():
    (x,) = drawn((4, 8, 64, 64))
    out, pullback = autodiff.vjp(lambda x: functional.max_pool2d(x, 9, 1, 4), x)
    tracemalloc.start()
    pullback(out)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * x.nbytes


ONES = numpy.ones


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (
            lambda f: f.max_pool2d(ONES((4, 4)), 2),
            r"channels, height, width\), or without the batch, got shape \(4, 4\)",
        ),
        (lambda f: f.adaptive_avg_pool1d(ONES(4), 2), r"\(batch, channels, length\), .* got shape \(4,\)"),
        (lambda f: f.max_unpool1d(ONES((1, 1, 4)), ONES((1, 1, 3), int), 2), r"got \(1, 1, 4\) and \(1, 1, 3\)"),
        (lambda f: f.max_unpool1d(ONES((1, 1, 4)), ONES((1, 1, 4), int), 2, output_size=[11]), r"2,\) from \(8,\)"),
        (lambda f: f.max_unpool1d(ONES((1, 1, 4)), 8 * ONES((1, 1, 4), int), 2), "indices are from 8 to 8, expected"),
        (lambda f: f.max_pool2d(ONES((1, 1, 4, 4)), 2, padding=2), r"a padding of \(2, 2\) is more than half"),
        (lambda f: f.avg_pool2d(ONES((1, 1, 4, 4)), 5), "does not fit"),
        (lambda f: f.avg_pool2d(ONES((1, 1, 4, 4)), 0), "kernel_size must be a number of at least 1"),
        (lambda f: f.max_pool1d(ONES((1, 1, 4)), (1, 2)), "kernel_size must be .* got"),
        (lambda f: f.max_pool1d(ONES((1, 1, 4)), 2, stride=0), "stride must be a number of at least 1"),
        (lambda f: f.adaptive_avg_pool2d(ONES((1, 1, 4, 4)), (1, 2, 3)), "output_size must be a number or None, or 2"),
        (lambda f: f.adaptive_max_pool1d(ONES((1, 1, 4)), 0), "output_size must be a number of at least 1"),
        (lambda f: f.adaptive_max_pool1d(ONES((1, 1, 0)), 1), "nothing to pool"),
    ],
)
def test_errors_say_what_does_not_fit(call, match):
    with pytest.raises(ValueError, match=match):
        call(functional)


@pytest.mark.parametrize(
    "layer",
    [
        nn.MaxPool1d(3, 2),
        nn.MaxPool2d(2, 1, dilation=2),
        nn.MaxPool3d(2, padding=1, ceil_mode=True),
        nn.AvgPool1d(2),
        nn.AvgPool2d((3, 2), padding=1, count_include_pad=False),
        nn.AvgPool3d(2, 1),
        nn.AdaptiveAvgPool1d(4),
        nn.AdaptiveAvgPool2d((None, 3)),
        nn.AdaptiveAvgPool3d(2),
        nn.AdaptiveMaxPool1d(4),
        nn.AdaptiveMaxPool2d((5, 2)),
        nn.AdaptiveMaxPool3d(2),
        nn.LPPool1d(2, 3),
        nn.LPPool2d(2, (3, 2), 1),
        nn.LPPool3d(2, 2, ceil_mode=True),
    ],
)
def test_layers_against_torch(layer):
    torch = pytest.importorskip("torch")
    name = type(layer).__name__
    theirs = getattr(torch.nn, name)(**vars(layer))
    x = images_for(name)
    assert_allclose(layer(x), theirs(torch.asarray(x)).numpy(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("ndim", IMAGES)
def test_global_pools(xp, ndim):
    (x,) = drawn((2, 3, *IMAGES[ndim]))
    axes = tuple(range(2, ndim + 2))
    assert_allclose(numpy.asarray(nn.GlobalAvgPool()(xp.asarray(x))), x.mean(axis=axes), rtol=1e-12)
    assert_array_equal(numpy.asarray(nn.GlobalMaxPool(keepdims=True)(xp.asarray(x))), x.max(axis=axes, keepdims=True))
