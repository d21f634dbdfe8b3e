"""Normalization against PyTorch, and at what PyTorch does not say: half precision, checkpoints, vmap, wrong shapes."""

from __future__ import annotations

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn


def drawn(*shape, seed=0):
    # Far from mean 0 and variance 1, so that no moment can be forgotten.
    return numpy.random.default_rng(seed).normal(3.0, 2.0, size=shape)


LAYERS = [
    ("BatchNorm1d", (4,), {}, (5, 4)),
    ("BatchNorm1d", (4,), {"eps": 0.1, "momentum": 0.3}, (5, 4, 3)),
    ("BatchNorm2d", (4,), {"momentum": None}, (2, 4, 3, 2)),
    ("BatchNorm2d", (4,), {"affine": False}, (2, 4, 3, 2)),
    ("BatchNorm3d", (4,), {"track_running_stats": False}, (2, 4, 3, 2, 2)),
    ("InstanceNorm1d", (4,), {}, (5, 4, 3)),
    ("InstanceNorm1d", (4,), {"affine": True}, (4, 3)),
    ("InstanceNorm2d", (4,), {"affine": True, "track_running_stats": True, "momentum": 0.3}, (2, 4, 3, 2)),
    ("InstanceNorm3d", (4,), {"eps": 0.1}, (2, 4, 3, 2, 2)),
    ("GroupNorm", (2, 4), {}, (5, 4)),
    ("GroupNorm", (4, 4), {"affine": False}, (2, 4, 3)),
    ("GroupNorm", (1, 4), {"eps": 0.1}, (2, 4, 3, 2)),
    ("LayerNorm", (4,), {}, (5, 4)),
    ("LayerNorm", ((3, 4),), {"bias": False, "eps": 0.1}, (2, 5, 3, 4)),
    ("LayerNorm", ([4],), {"elementwise_affine": False}, (4,)),
    ("BatchNorm1d", (4,), {"bias": False}, (5, 4)),
    ("InstanceNorm2d", (4,), {"affine": True, "bias": False}, (2, 4, 3, 2)),
    ("GroupNorm", (2, 4), {"bias": False}, (5, 4)),
    ("LocalResponseNorm", (3,), {"alpha": 0.5}, (2, 4, 3)),
    ("LocalResponseNorm", (2,), {"alpha": 0.5, "beta": 0.6, "k": 2.0}, (2, 5, 3, 2)),
    ("LocalResponseNorm", (7,), {}, (2, 5, 3, 2)),
    ("RMSNorm", (4,), {}, (5, 4)),
    ("RMSNorm", ((3, 4),), {"eps": 0.1}, (5, 3, 4)),
    ("RMSNorm", (4,), {"elementwise_affine": False}, (5, 4)),
]


@pytest.mark.parametrize(("name", "sizes", "options", "shape"), LAYERS)
@pytest.mark.parametrize("training", [True, False])
def test_against_torch(compare_with_torch, name, sizes, options, shape, training):
    torch = pytest.importorskip("torch")
    made = {} if name == "LocalResponseNorm" else {"xp": numpy, "dtype": numpy.float64}
    ours = getattr(nn, name)(*sizes, **options, **made)
    theirs = getattr(torch.nn, name)(*sizes, **options)
    for seed in range(2):
        # The second time running averages have values of their own.
        ours.train(training or not seed)
        theirs.train(training or not seed)
        compare_with_torch(ours, theirs, drawn(*shape, seed=seed))


@pytest.mark.parametrize(
    ("layer", "shape"),
    [("BatchNorm2d", (2, 4, 3, 2)), ("GroupNorm", (5, 4))],
)
def test_on_every_namespace(compare_with_torch, xp, layer, shape):
    torch = pytest.importorskip("torch")
    sizes = (2, 4) if layer == "GroupNorm" else (4,)
    ours = getattr(nn, layer)(*sizes, xp=xp, dtype=xp.float64)
    compare_with_torch(ours, getattr(torch.nn, layer)(*sizes), drawn(*shape), xp=xp)


@settings(max_examples=30, deadline=None)
@given(
    shape=st.lists(st.integers(1, 4), min_size=2, max_size=5).map(tuple),
    groups=st.integers(1, 2),
    seed=st.integers(0, 99),
)
def test_functions_by_their_definition(shape, groups, seed):
    batch, channels, *rest = shape
    channels *= groups
    x = drawn(batch, channels, *rest, seed=seed)
    weight, bias = drawn(channels, seed=seed + 1), drawn(channels, seed=seed + 2)

    def by_hand(axis_groups):
        """Normalize the elements of each group by loops over groups."""
        out = numpy.empty_like(x)
        for group in axis_groups:
            elements = x[group]
            deviation = elements - elements.sum() / elements.size
            out[group] = deviation / numpy.sqrt((deviation**2).sum() / elements.size + 1e-5)
        across = (slice(None),) + (None,) * len(rest)
        return out * weight[across] + bias[across]

    size = channels // groups
    of_batch = [(slice(None), c) for c in range(channels)]
    of_groups = [(n, slice(c * size, (c + 1) * size)) for n in range(batch) for c in range(groups)]
    assert_allclose(nn.batch_norm(x, weight=weight, bias=bias), by_hand(of_batch), rtol=1e-10, atol=1e-10)
    assert_allclose(nn.group_norm(x, groups, weight, bias), by_hand(of_groups), rtol=1e-10, atol=1e-10)
    if rest:
        of_instances = [(n, c) for n in range(batch) for c in range(channels)]
        assert_allclose(nn.instance_norm(x, weight, bias), by_hand(of_instances), rtol=1e-10, atol=1e-10)


def test_a_mean_of_all_batches(xp):
    layer = nn.BatchNorm1d(2, momentum=None, xp=xp, dtype=xp.float64)
    batches = [drawn(5, 2, seed=seed) for seed in range(3)]
    for batch in batches:
        layer(xp.asarray(batch))
    assert int(layer.num_batches_tracked) == 3
    assert_allclose(numpy.asarray(layer.running_mean), numpy.mean([x.mean(axis=0) for x in batches], axis=0))
    assert_allclose(numpy.asarray(layer.running_var), numpy.mean([x.var(axis=0, ddof=1) for x in batches], axis=0))


HALVES = [("numpy", "float16"), ("torch", "bfloat16"), ("jax.numpy", "float16"), ("extensor", "bfloat16")]


@pytest.mark.parametrize(("library", "dtype"), HALVES)
@pytest.mark.parametrize(("name", "sizes", "shape"), [("BatchNorm1d", (4,), (64, 4)), ("RMSNorm", (64,), (4, 64))])
def test_half_precision_is_computed_in_single(library, dtype, name, sizes, shape):
    pytest.importorskip(library.partition(".")[0])
    xp = autodiff.import_namespace(library)
    dtype = getattr(xp, dtype)
    # Squares overflow in float16, and sums have no digits left in either.
    exact = 300 + 100 * numpy.random.default_rng(0).normal(size=shape)
    x = xp.astype(xp.asarray(exact, dtype=xp.float32), dtype)
    layer = getattr(nn, name)(*sizes, xp=xp, dtype=dtype)
    out, pullback = autodiff.vjp(layer, x)
    assert out.dtype == dtype
    (ct,) = pullback(xp.ones_like(out))
    assert ct.dtype == dtype

    rounded = numpy.asarray(xp.astype(x, xp.float32), dtype=numpy.float64)
    single = getattr(nn, name)(*sizes, xp=numpy, dtype=numpy.float64)
    assert_allclose(numpy.asarray(xp.astype(out, xp.float32)), single(rounded), rtol=0.01, atol=0.01)
    for (_, buffer), (_, expected) in zip(layer.named_buffers(), single.named_buffers(), strict=True):
        assert_allclose(numpy.asarray(xp.astype(buffer.data, xp.float32)), expected.data, rtol=0.01)


@pytest.mark.parametrize("mean", [1e4, 1e8])
def test_no_digits_are_lost_far_from_zero(mean):
    x = drawn(64, 1).astype(numpy.float64)
    expected = nn.batch_norm(x)
    assert_allclose(nn.batch_norm(x + mean), expected, rtol=0, atol=1e-14 * mean)


def test_an_empty_batch_has_no_statistics(xp):
    layer = nn.BatchNorm2d(3, xp=xp)
    assert layer(xp.zeros((0, 3, 2, 2), dtype=xp.float32)).shape == (0, 3, 2, 2)
    assert_array_equal(numpy.asarray(layer.running_mean), numpy.zeros(3))
    assert int(layer.num_batches_tracked) == 0
    for layer in (nn.InstanceNorm2d(3, xp=xp), nn.GroupNorm(1, 3, xp=xp), nn.LayerNorm(2, xp=xp), nn.RMSNorm(2, xp=xp)):
        assert layer(xp.zeros((0, 3, 2, 2), dtype=xp.float32)).shape == (0, 3, 2, 2)


def test_eval_mode_changes_nothing_and_takes_the_averages():
    layer = nn.BatchNorm1d(2, xp=numpy, dtype=numpy.float64)
    layer(drawn(5, 2))
    before = layer.state_dict()
    x = drawn(1, 2)
    out = layer.eval()(x)
    assert_allclose(out, (x - before["running_mean"]) / numpy.sqrt(before["running_var"] + 1e-5), rtol=1e-12)
    assert all(layer.state_dict()[name] is array for name, array in before.items())


def test_buffers_hold_plain_arrays_and_checkpoints_track_once(xp):
    x = xp.asarray(drawn(5, 2))

    def tracked(wrap):
        layer = nn.BatchNorm1d(2, xp=xp, dtype=xp.float64)

        def loss(model, x):
            out = wrap(lambda x: model(x))(x)
            return autodiff.array_namespace(out).sum(out**3)

        _, grads = nn.value_and_grad(loss)(layer, x)
        return layer.running_mean, layer.num_batches_tracked, grads["weight"]

    plain, checkpointed = tracked(lambda f: f), tracked(autodiff.checkpoint)
    assert not any(isinstance(array, autodiff.WrappedArray) for array in plain)
    assert int(checkpointed[1]) == 1
    for array, expected in zip(checkpointed, plain, strict=True):
        assert_allclose(numpy.asarray(array), numpy.asarray(expected), rtol=1e-12)


def test_vmap_over_models_would_need_a_buffer_for_each():
    layer = nn.BatchNorm1d(2, xp=numpy, dtype=numpy.float64)
    x = drawn(3, 5, 2)
    with pytest.raises(autodiff.BatchedValueError, match="eval mode"):
        autodiff.vmap(layer)(x)
    layer = nn.BatchNorm1d(2, xp=numpy, dtype=numpy.float64, track_running_stats=False)
    assert_allclose(autodiff.vmap(layer)(x), numpy.stack([layer(batch) for batch in x]), rtol=1e-12)


def test_second_derivatives():
    layer = nn.LayerNorm(3, xp=numpy, dtype=numpy.float64)
    autodiff.check_grads(layer, (drawn(2, 3),), order=2)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (
            lambda: nn.BatchNorm2d(3, xp=numpy)(numpy.ones((2, 4, 5, 5))),
            r"4 dimensions with 3 channels.*\(2, 4, 5, 5\)",
        ),
        (lambda: nn.BatchNorm2d(3, xp=numpy)(numpy.ones((2, 3))), r"4 dimensions.*\(2, 3\)"),
        (lambda: nn.BatchNorm1d(3, xp=numpy)(numpy.ones((2, 3, 4, 5))), "2 or 3 dimensions"),
        (lambda: nn.BatchNorm1d(3, xp=numpy)(numpy.ones((1, 3))), "more than one value per channel"),
        (lambda: nn.InstanceNorm1d(3, xp=numpy)(numpy.ones((5, 3, 1))), "more than one value per channel"),
        (lambda: nn.InstanceNorm1d(3, xp=numpy)(numpy.ones((4, 5))), "3 channels"),
        (lambda: nn.GroupNorm(2, 3, xp=numpy), "num_groups must divide num_channels, got 2 and 3"),
        (lambda: nn.GroupNorm(1, 3, xp=numpy)(numpy.ones((2, 4))), "takes 3 channels"),
        (lambda: nn.group_norm(numpy.ones((2, 3)), 2), "must divide"),
        (lambda: nn.batch_norm(numpy.ones(3)), r"2 or more dimensions.*got shape \(3,\)"),
        (lambda: nn.LayerNorm((3, 4), xp=numpy)(numpy.ones((2, 4))), r"\(3, 4\), which the array's shape \(2, 4\)"),
        (lambda: nn.RMSNorm(3, xp=numpy)(numpy.ones((2, 4))), r"\(3,\), which the array's shape \(2, 4\)"),
    ],
)
def test_errors_say_what_does_not_fit(call, match):
    with pytest.raises(ValueError, match=match):
        call()
