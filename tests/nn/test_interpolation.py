"""Images of another size, shuffled, unfolded and folded, against PyTorch."""

from __future__ import annotations

import pickle

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn
from nn import functional


def drawn(*shape):
    return numpy.random.default_rng(0).normal(size=shape)


def check_against_torch(name, x, *args, rtol=1e-9, **options):
    torch = pytest.importorskip("torch")
    theirs = torch.tensor(x, requires_grad=True)
    expected = getattr(torch.nn.functional, name)(theirs, *args, **options)
    ct = drawn(*expected.shape)
    expected.backward(torch.asarray(ct))
    out, pullback = autodiff.vjp(lambda x: getattr(functional, name)(x, *args, **options), x)
    assert_allclose(out, expected.detach().numpy(), rtol=rtol, atol=rtol)
    assert_allclose(pullback(ct)[0], theirs.grad.numpy(), rtol=rtol, atol=rtol)


IMAGES = {1: (7,), 2: (7, 4), 3: (5, 4, 6)}
SIZES = {1: [(14,), (3,), (7,), (1,)], 2: [(14, 9), (3, 2), (11, 3), (1, 1)], 3: [(10, 8, 12), (2, 3, 4)]}
SMOOTH = {1: ["linear"], 2: ["bilinear", "bicubic"], 3: ["trilinear"]}

CASES = [
    *[
        (ndim, {"mode": mode, "size": size})
        for ndim in IMAGES
        for mode in ("nearest", "nearest-exact", "area")
        for size in SIZES[ndim]
    ],
    *[
        (ndim, {"mode": mode, "align_corners": align_corners, "size": size})
        for ndim in IMAGES
        for mode in SMOOTH[ndim]
        for align_corners in (True, False)
        for size in SIZES[ndim]
    ],
    *[
        (2, {"mode": mode, "antialias": True, "align_corners": align_corners, "size": size})
        for mode in SMOOTH[2]
        for align_corners in (True, False)
        for size in SIZES[2]
    ],
    *[(2, {"mode": mode, "scale_factor": (1.7, 0.6)}) for mode in ("nearest", "nearest-exact", "area", *SMOOTH[2])],
    *[(2, {"mode": mode, "scale_factor": 2.5, "recompute_scale_factor": True}) for mode in ("nearest", *SMOOTH[2])],
    *[(2, {"mode": mode, "scale_factor": 0.55, "antialias": True}) for mode in SMOOTH[2]],
]


@pytest.mark.filterwarnings("ignore:The default behavior")
@pytest.mark.parametrize(("ndim", "options"), CASES, ids=str)
def test_interpolation_against_torch(ndim, options):
    check_against_torch("interpolate", drawn(2, 3, *IMAGES[ndim]), **options)


@settings(max_examples=40, deadline=None)
@given(
    mode=st.sampled_from(["nearest", "nearest-exact", "linear", "area"]),
    n=st.integers(1, 9),
    size=st.integers(1, 20),
    align_corners=st.booleans(),
)
def test_sequences_against_torch(mode, n, size, align_corners):
    corners = {"align_corners": align_corners} if mode == "linear" else {}
    check_against_torch("interpolate", drawn(1, 2, n), size=size, mode=mode, **corners)


@pytest.mark.parametrize("options", [CASES[i][1] for i in (15, 22, -1, -3, -5)], ids=str)
def test_on_every_namespace(xp, options):
    x = drawn(2, 3, 7, 4)
    out = functional.interpolate(xp.asarray(x), **options)
    assert_allclose(numpy.asarray(out), functional.interpolate(x, **options), rtol=1e-13)
    autodiff.check_grads(lambda x: functional.interpolate(x, **options), (xp.asarray(x),))


def test_half_precision_and_empty_batches(xp):
    for dtype in (getattr(xp, name) for name in ("float16", "bfloat16", "float32") if hasattr(xp, name)):
        out = functional.interpolate(xp.ones((0, 3, 4, 4), dtype=dtype), 8, mode="bicubic")
        assert out.shape == (0, 3, 8, 8)
        assert out.dtype == dtype


LAYERS = [
    ("Upsample", {"scale_factor": 2, "mode": "bicubic"}),
    ("Upsample", {"size": (3, 9), "mode": "bilinear", "align_corners": True}),
    ("UpsamplingNearest2d", {"scale_factor": 3}),
    ("UpsamplingBilinear2d", {"size": 5}),
    ("PixelShuffle", {"upscale_factor": 2}),
    ("PixelUnshuffle", {"downscale_factor": 2}),
    ("ChannelShuffle", {"groups": 4}),
    ("Unfold", {"kernel_size": (2, 3), "padding": 1, "stride": 2}),
]


@pytest.mark.parametrize(("name", "options"), LAYERS)
def test_layers_against_torch(name, options):
    torch = pytest.importorskip("torch")
    x = drawn(2, 8, 4, 6)
    layer = getattr(nn, name)(**options)
    expected = getattr(torch.nn, name)(**options)(torch.asarray(x)).numpy()
    assert_allclose(layer(x), expected, rtol=1e-12)
    assert_array_equal(pickle.loads(pickle.dumps(layer))(x), layer(x))


@pytest.mark.parametrize("shape", [(8, 4, 6), (2, 8, 4, 6), (2, 3, 8, 4, 6)])
@pytest.mark.parametrize("name", ["pixel_shuffle", "pixel_unshuffle"])
def test_pixels_against_torch(name, shape):
    check_against_torch(name, drawn(*shape), 2)


WINDOWS = [
    {"kernel_size": 3},
    {"kernel_size": (2, 3), "stride": (3, 2), "padding": (1, 2), "dilation": (2, 1)},
    {"kernel_size": 2, "stride": 3},
]


@pytest.mark.parametrize("options", WINDOWS)
@pytest.mark.parametrize("batch", [(), (2,)])
def test_unfold_and_fold_against_torch(options, batch):
    check_against_torch("unfold", drawn(*batch, 3, 7, 6), **options)
    columns = functional.unfold(drawn(*batch, 3, 7, 6), **options)
    check_against_torch("fold", columns, output_size=(7, 6), **options)
    layer = nn.Fold((7, 6), **options)
    assert_array_equal(layer(columns), functional.fold(columns, (7, 6), **options))


def test_unfold_and_fold_on_every_namespace(xp):
    x = xp.asarray(drawn(2, 2, 5, 4))
    columns = functional.unfold(x, 2, padding=1)
    assert_allclose(numpy.asarray(columns), functional.unfold(drawn(2, 2, 5, 4), 2, padding=1))
    autodiff.check_grads(lambda x: functional.unfold(x, 2, padding=1) ** 2, (x,), order=2)
    autodiff.check_grads(lambda x: functional.fold(x, (5, 4), 2, padding=1), (columns,), order=2)
    each = autodiff.vmap(lambda x: functional.unfold(x, 2, padding=1))(x)
    assert_allclose(numpy.asarray(each), numpy.asarray(columns))


def test_a_convolution_is_a_product_with_columns():
    x, weight = drawn(2, 3, 7, 6), drawn(4, 3, 3, 2)
    columns = functional.unfold(x, (3, 2), stride=2)
    out = (weight.reshape(4, -1) @ columns).reshape(2, 4, 3, 3)
    assert_allclose(out, functional.conv2d(x, weight, stride=2), rtol=1e-12)


ONES = numpy.ones


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda f: f.interpolate(ONES((1, 1, 4)), 2, mode="bilinear"), r"'bilinear' for an array of shape \(1, 1, 4\)"),
        (lambda f: f.interpolate(ONES((1, 1, 4)), 2, mode="lanczos"), "mode must be one of nearest, .* got 'lanczos'"),
        (lambda f: f.interpolate(ONES((1, 1, 4))), "expected either size or scale_factor, got size=None"),
        (lambda f: f.interpolate(ONES((1, 1, 4)), 2, 2), "expected either size or scale_factor, got size=2"),
        (lambda f: f.interpolate(ONES((1, 1, 4)), (2, 3)), r"size must be a positive number, or 1 of those, got"),
        (lambda f: f.interpolate(ONES((1, 1, 4)), scale_factor=0.1), r"would be images of \(0,\)"),
        (lambda f: f.interpolate(ONES((1, 1, 4)), 2, align_corners=True), "align_corners is for linear and cubic"),
        (lambda f: f.interpolate(ONES((1, 1, 4)), 2, mode="linear", antialias=True), "antialias is for the modes"),
        (lambda f: f.interpolate(ONES((1, 1, 0)), 2), "nothing to interpolate"),
        (lambda f: f.pixel_shuffle(ONES((3, 2, 2)), 2), r"divisible by 4, got 3 in an array of shape \(3, 2, 2\)"),
        (lambda f: f.pixel_unshuffle(ONES((3, 2, 3)), 2), r"divisible by 2, got an array of shape \(3, 2, 3\)"),
        (lambda f: f.pixel_shuffle(ONES((3, 2)), 2), r"channels, height, width\) and a positive upscale_factor"),
        (lambda f: f.channel_shuffle(ONES((1, 3)), 2), r"groups must divide the channels, .* got 2 for shape \(1, 3\)"),
        (lambda f: f.unfold(ONES((1, 3)), 2), "without the batch, got shape"),
        (lambda f: f.fold(ONES((1, 4, 3)), 3, 2), r"\(batch, channels \* 4, 4\).* got shape \(1, 4, 3\)"),
    ],
)
def test_errors_say_what_does_not_fit(call, match):
    with pytest.raises(ValueError, match=match):
        call(functional)
