"""Small layers to build with: Sequential, Residual, Lambda, Identity, Flatten, Unflatten, and patterns of einops."""

from __future__ import annotations

import pickle

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn


def linear(inside, outside, xp=numpy):
    return nn.Linear(inside, outside, rng=numpy.random.default_rng(0), xp=xp)


def test_sequential_slices_keep_their_names():
    model = nn.Sequential(linear(3, 4), nn.relu, linear(4, 2))
    part = model[1:]
    assert isinstance(part, nn.Sequential)
    assert list(part.state_dict()) == ["2.weight", "2.bias"]
    assert part[1] is model[2]
    x = numpy.ones((5, 3), dtype=numpy.float32)
    assert_array_equal(part(model[:1](x)), model(x))


def test_sequential_grows_and_changes():
    model = nn.Sequential().append(linear(3, 4)).extend([nn.relu, linear(4, 2)])
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    model[-1] = linear(4, 7)
    assert model(numpy.ones((5, 3), dtype=numpy.float32)).shape == (5, 7)
    with pytest.raises(IndexError):
        model[3] = nn.relu


def test_sequential_by_names_is_a_tree():
    model = nn.Sequential({"hidden": linear(3, 4), "activation": nn.relu, "out": linear(4, 2)})
    assert [name for name, _ in model.named_parameters()] == ["hidden.weight", "hidden.bias", "out.weight", "out.bias"]
    x = numpy.ones((5, 3), dtype=numpy.float32)
    grads = autodiff.grad(lambda model: autodiff.array_namespace(y := model(x)).sum(y))(model)
    assert list(grads.state_dict()) == list(model.state_dict())
    assert_array_equal(pickle.loads(pickle.dumps(model))(x), model(x))


def test_residual_adds_its_input(xp):
    x = xp.asarray([[1.0, -2.0, 3.0]], dtype=xp.float32)
    assert_array_equal(numpy.asarray(nn.Residual(nn.relu)(x)), [[2, -2, 6]])
    block = nn.Residual(linear(3, 4, xp), nn.relu, shortcut=linear(3, 4, xp))
    assert_allclose(numpy.asarray(block(x)), numpy.asarray(nn.relu(block.layers[0](x)) + block.shortcut(x)), rtol=1e-6)
    assert {name.partition(".")[0] for name, _ in block.named_parameters()} == {"layers", "shortcut"}
    slope = autodiff.grad(lambda x: autodiff.array_namespace(x).sum(nn.Residual(nn.relu)(x)))(x)
    assert_array_equal(numpy.asarray(slope), [[2, 1, 2]])


def test_flatten_and_unflatten_are_inverse(xp):
    x = xp.reshape(xp.arange(120.0), (2, 3, 4, 5))
    for first, last, shape in [(1, -1, (2, 60)), (0, 1, (6, 4, 5)), (-2, -1, (2, 3, 20)), (2, 2, (2, 3, 4, 5))]:
        flat = nn.Flatten(first, last)(x)
        assert flat.shape == shape
        lengths = x.shape[first : None if last == -1 else last + 1]
        assert_array_equal(numpy.asarray(nn.Unflatten(first % 4, tuple(lengths))(flat)), numpy.asarray(x))
    assert nn.Unflatten(1, (3, -1))(xp.ones((0, 12))).shape == (0, 3, 4)


RULES = [("rearrange", "a b (c d) -> d (b a) c", (), {"d": 2}), ("repeat", "a b c -> a c n b", (), {"n": 3})]
RULES += [("reduce", "a b (c d) -> c a", (by,), {"d": 2}) for by in ("sum", "mean", "min", "max", "prod")]


@pytest.mark.parametrize(("function", "pattern", "by", "lengths"), RULES)
def test_einops_on_every_namespace(xp, function, pattern, by, lengths):
    einops = pytest.importorskip("einops")
    x = numpy.random.default_rng(0).normal(size=(2, 3, 4))
    expected = getattr(einops, function)(x, pattern, *by, **lengths)
    layer = getattr(nn, function.capitalize())(pattern, *by, **lengths)
    assert_allclose(numpy.asarray(layer(xp.asarray(x))), expected, rtol=1e-14)
    # The functions themselves take what is under differentiation, too.
    out, pullback = autodiff.vjp(lambda x: getattr(einops, function)(x, pattern, *by, **lengths), xp.asarray(x))
    assert_allclose(numpy.asarray(out), expected, rtol=1e-14)
    (ct,) = pullback(xp.ones_like(out))
    step = 1e-6 * numpy.random.default_rng(1).normal(size=x.shape)
    change = (
        getattr(einops, function)(x + step, pattern, *by, **lengths)
        - getattr(einops, function)(x - step, pattern, *by, **lengths)
    ).sum() / 2
    assert_allclose(numpy.vdot(numpy.asarray(ct), step), change, rtol=1e-6)


def test_einops_packs_and_stacks_tracers(xp):
    einops = pytest.importorskip("einops")
    x = xp.asarray(numpy.random.default_rng(0).normal(size=(2, 3)))

    def f(x):
        packed, shapes = einops.pack([x, x[:, 0]], "b *")
        first, _ = einops.unpack(packed, shapes, "b *")
        return autodiff.array_namespace(x).sum(einops.rearrange([first, x], "n b c -> b (n c)"))

    assert_array_equal(numpy.asarray(autodiff.grad(f)(x)), 2)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: nn.Sequential(3), TypeError, "layer 0 must be callable, got int"),
        (lambda: nn.Sequential({"a.b": nn.relu}), ValueError, "named 'a.b'"),
        (lambda: nn.Sequential({"train": nn.relu}), ValueError, "named 'train'"),
        (lambda: nn.Lambda("sin"), TypeError, "takes a function, got str"),
        (lambda: nn.Residual(lambda x: x[:1])(numpy.ones((2, 3))), ValueError, r"\(1, 3\).*\(2, 3\).*shortcut="),
        (lambda: nn.Flatten()(numpy.ones(3)), ValueError, r"axes 1 to -1.*\(3,\)"),
        (lambda: nn.Flatten(2, 1)(numpy.ones((2, 3, 4))), ValueError, "axes 2 to 1"),
        (lambda: nn.Unflatten(1, (2, -1))(numpy.ones((2, 3))), ValueError, r"axis 1 of shape \(2, 3\).*\(2, -1\)"),
    ],
)
def test_errors_say_what_does_not_fit(call, error, match):
    with pytest.raises(error, match=match):
        call()
