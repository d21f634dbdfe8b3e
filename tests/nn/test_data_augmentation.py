from __future__ import annotations

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nn
from nn import augmentation

IMAGES = numpy.random.default_rng(3).uniform(size=(6, 2, 7, 9))

RANDOM = {
    "random_horizontal_flip": {},
    "random_vertical_flip": {"probability": 0.3},
    "random_crop": {"padding": 2, "fill": 0.25},
    "cutout": {"size": 3, "fill": 0.5},
    "random_affine": {"degrees": 20, "translate": (1.5, 2), "scale": (0.8, 1.2), "shear": 10, "fill": 1.0},
    "random_rotation": {"degrees": 30},
    "random_translation": {"pixels": 2.5},
    "random_brightness": {"strength": 0.5},
    "random_contrast": {"strength": 0.5},
}


def rng(seed=0):
    return numpy.random.default_rng(seed)


@pytest.mark.parametrize("name", RANDOM)
def test_one_seed_gives_the_same_images_on_every_namespace(xp, name):
    function, options = getattr(augmentation, name), RANDOM[name]
    images = xp.asarray(IMAGES)
    out = function(rng(), images, **options)
    assert type(out) is type(images)
    assert (out.dtype, tuple(out.shape)) == (images.dtype, IMAGES.shape)
    assert_allclose(numpy.asarray(out), function(rng(), IMAGES, **options), rtol=1e-12, atol=1e-12)
    assert_array_equal(numpy.asarray(images), IMAGES)


@pytest.mark.parametrize("name", RANDOM)
def test_seeds_matter_and_single_precision_stays(name):
    function, options = getattr(augmentation, name), RANDOM[name]
    images = IMAGES.astype(numpy.float32)
    out = function(rng(), images, **options)
    assert out.dtype == numpy.float32
    assert (out != function(rng(1), images, **options)).any()


@pytest.mark.parametrize("shape", [(0, 3, 4, 4), (5, 3, 4), (2, 1, 2, 4, 5)])
@pytest.mark.parametrize("name", RANDOM)
def test_any_number_of_axes_between_and_of_images(name, shape):
    assert getattr(augmentation, name)(rng(), numpy.ones(shape), **RANDOM[name]).shape == shape


def test_flips_are_of_whole_images_and_as_often_as_asked():
    images = rng().uniform(size=(4000, 1, 1, 3))
    out = augmentation.random_horizontal_flip(rng(1), images, probability=0.25)
    flipped = (out == images[..., ::-1]).all(axis=(1, 2, 3))
    assert (flipped | (out == images).all(axis=(1, 2, 3))).all()
    assert abs(flipped.mean() - 0.25) < 0.03


@pytest.mark.parametrize(("size", "padding"), [(None, 3), (4, 0), ((2, 9), 1), ((11, 13), 2)])
def test_crops_are_windows_of_the_padded_image_and_all_occur(size, padding):
    images = numpy.arange(1, 64, dtype=numpy.int64).reshape(1, 1, 7, 9).repeat(2000, axis=0)
    out = augmentation.random_crop(rng(), images, size, padding=padding)
    padded = numpy.pad(images[0, 0], padding)
    height, width = (7, 9) if size is None else (size, size) if isinstance(size, int) else size
    windows = numpy.lib.stride_tricks.sliding_window_view(padded, (height, width)).reshape(-1, height, width)
    expected = {window.tobytes() for window in windows}
    found = {window.tobytes() for window in numpy.ascontiguousarray(out[:, 0])}
    assert found <= expected
    assert len(found) == len(expected) or len(expected) > 100


def test_cutout_blanks_at_most_a_square():
    out = augmentation.cutout(rng(), numpy.ones((500, 3, 8, 8)), 4)
    blank = out == 0
    assert (blank == blank[:, :1]).all()
    areas = blank[:, 0].sum(axis=(1, 2))
    assert set(areas) <= {a * b for a in (2, 3, 4) for b in (2, 3, 4)}
    assert blank[:, 0].any(axis=0).all()


def test_affine_maps_are_those_of_scipy():
    ndimage = pytest.importorskip("scipy.ndimage")
    matrices = rng().normal(size=(6, 2, 3))
    out = augmentation.affine(IMAGES, matrices, fill=0.3)
    centre = numpy.asarray([3.0, 4.0])
    for image, matrix, found in zip(IMAGES, matrices, out, strict=True):
        by_row_column = matrix[::-1, 1::-1]
        offset = matrix[::-1, 2] + centre - by_row_column @ centre
        for channel, result in zip(image, found, strict=True):
            expected = ndimage.affine_transform(channel, by_row_column, offset, order=1, mode="grid-constant", cval=0.3)
            assert_allclose(result, expected, atol=1e-12)


def test_affine_maps_are_those_of_pytorch(xp):
    torch = pytest.importorskip("torch")
    theta = rng().normal(size=(6, 2, 3))
    grid = torch.nn.functional.affine_grid(torch.asarray(theta), (6, 2, 7, 9), align_corners=True)
    expected = torch.nn.functional.grid_sample(torch.asarray(IMAGES), grid, align_corners=True)
    # PyTorch counts from -1 to 1 along each axis.
    half = numpy.asarray([4.0, 3.0])
    matrices = theta * half[:, None] / numpy.asarray([*half, 1.0])
    assert_allclose(numpy.asarray(augmentation.affine(xp.asarray(IMAGES), matrices)), expected, atol=1e-12)


def test_a_quarter_turn_is_that_of_numpy(monkeypatch):
    class Extreme:
        def uniform(self, low, high, count):
            return numpy.full(count, high)

    square = IMAGES[..., :7]
    out = augmentation.random_rotation(Extreme(), square, 90)
    assert_allclose(out, numpy.rot90(square, -1, axes=(-2, -1)), atol=1e-12)
    out = augmentation.random_translation(Extreme(), IMAGES, 2)
    assert_allclose(out[..., 2:, 2:], IMAGES[..., :-2, :-2], atol=1e-12)
    assert (out[..., :2, :] == 0).all()
    out = augmentation.random_affine(Extreme(), IMAGES, scale=(1, 2))
    assert_allclose(out[..., 3, 4], IMAGES[..., 3, 4])
    assert_allclose(out[..., 5, 6], IMAGES[..., 4, 5])


def test_brightness_and_contrast_have_their_limits_and_their_formulas():
    factors = rng().uniform(0.5, 1.5, 6)[:, None, None, None]
    assert_allclose(augmentation.random_brightness(rng(), IMAGES, 0.5), numpy.clip(IMAGES * factors, 0, 1))
    mean = IMAGES.mean(axis=(1, 2, 3), keepdims=True)
    expected = numpy.clip(mean + (IMAGES - mean) * factors, 0.1, 0.9)
    assert_allclose(augmentation.random_contrast(rng(), IMAGES, 0.5, limits=(0.1, 0.9)), expected)


def test_normalize(xp):
    out = augmentation.normalize(xp.asarray(IMAGES), mean=[0.5, 0.25], std=[0.5, 2.0])
    expected = (IMAGES - numpy.asarray([0.5, 0.25]).reshape(2, 1, 1)) / numpy.asarray([0.5, 2.0]).reshape(2, 1, 1)
    assert_allclose(numpy.asarray(out), expected)
    with pytest.raises(ValueError, match="got 3 numbers for 2 channels"):
        augmentation.normalize(IMAGES, mean=[1.0, 2.0, 3.0], std=1.0)


def test_mixup(xp):
    targets = numpy.eye(6)
    images, blended = augmentation.mixup(rng(), xp.asarray(IMAGES), xp.asarray(targets), alpha=1.0)
    shares = rng().beta(1.0, 1.0, 6)
    blended = numpy.asarray(blended)
    assert_allclose(blended.sum(axis=1), 1)
    # What the targets tell is what has become of the images.
    assert_allclose(numpy.asarray(images), numpy.einsum("nm,mchw->nchw", blended, IMAGES), atol=1e-12)
    assert ((numpy.diagonal(blended) == shares) | (numpy.diagonal(blended) == 1)).all()
    with pytest.raises(TypeError, match="make them one-hot"):
        augmentation.mixup(rng(), IMAGES, numpy.arange(6))


def test_integers_can_be_flipped_cut_and_cropped_but_not_interpolated(xp):
    images = xp.reshape(xp.arange(24), (2, 1, 3, 4))
    for name in ("random_horizontal_flip", "random_vertical_flip"):
        assert getattr(augmentation, name)(rng(), images).dtype == images.dtype
    assert augmentation.cutout(rng(), images, 2, fill=7).dtype == images.dtype
    assert augmentation.random_crop(rng(), images, padding=1, fill=7).dtype == images.dtype
    for name in ("random_rotation", "random_brightness", "random_contrast"):
        with pytest.raises(TypeError, match=r"images of a floating-point data type, got .*convert them first"):
            getattr(augmentation, name)(rng(), images, 0.5)


def test_bad_shapes_are_named():
    with pytest.raises(ValueError, match=r"images have the shape \(count, ..., height, width\), got \(3, 4\)"):
        augmentation.random_horizontal_flip(rng(), numpy.ones((3, 4)))
    with pytest.raises(ValueError, match="no window of 5x5 fits into images of 3x3 with a padding of 0"):
        augmentation.random_crop(rng(), numpy.ones((1, 3, 3)), 5)


def test_the_module_is_at_hand():
    assert nn.augmentation is augmentation
