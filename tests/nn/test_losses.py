"""Every loss against PyTorch, its reductions, weights and masks against their definitions."""

from __future__ import annotations

import inspect
import math
import pickle
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn
from nn import losses
from nn.namespaces import as_numpy, index_dtype

RNG = numpy.random.default_rng(0)
X, Y = RNG.normal(size=(2, 4, 3))
Z = RNG.normal(size=(4, 3))
P, Q = RNG.uniform(0.2, 0.8, size=(2, 4, 3))
LOG_P = numpy.log(P / P.sum(axis=1, keepdims=True))
DISTRIBUTIONS = Q / Q.sum(axis=1, keepdims=True)
SIGNS = numpy.sign(Y)
COUNTS = numpy.floor(5 * Q)
CLASSES = numpy.asarray([2, 0, 1, 0])
IGNORED = numpy.asarray([2, -100, 1, 0])
CLASS_WEIGHTS = numpy.asarray([0.5, 2.0, 1.25])
LABELS = numpy.asarray([[2, 0, 1], [1, -1, 0], [-1, 2, 0], [0, 1, -1]])
PAIRS = numpy.asarray([1.0, -1.0, 1.0, -1.0])
IMAGES = RNG.normal(size=(2, 3, 2, 2))
PIXELS = RNG.integers(0, 3, size=(2, 2, 2))


class Case(NamedTuple):
    """One way to call a loss, and PyTorch's function of the same operands."""

    name: str
    operands: Sequence[numpy.ndarray]
    torch: Callable[..., Any]
    """Takes ``torch.nn.functional``, the operands and the reduction."""
    options: dict[str, Any] = {}  # noqa: RUF012


def functional(name: str, **options: Any) -> Callable[..., Any]:
    """PyTorch's function of that name; arrays among the options become its own."""

    def call(f: Any, *operands: Any, reduction: str) -> Any:
        given = {key: as_torch(x) if isinstance(x, numpy.ndarray) else x for key, x in options.items()}
        return getattr(f, name)(*operands, reduction=reduction, **given)

    return call


def kl_div(f: Any, x: Any, y: Any, reduction: str, **options: Any) -> Any:
    out = f.kl_div(x, y, reduction="none", **options).sum(-1)
    return out.mean() if reduction == "mean" else out.sum() if reduction == "sum" else out


def contrastive(f: Any, x: Any, y: Any, labels: Any, reduction: str, margin: float = 1.0) -> Any:
    distance = ((x - y) ** 2).sum(-1).sqrt()
    dissimilar = f.relu(margin - distance) ** 2
    out = (labels > 0) * distance**2 / 2 + (labels <= 0) * dissimilar / 2
    return out.mean() if reduction == "mean" else out.sum() if reduction == "sum" else out


def hinge(f: Any, x: Any, y: Any, reduction: str, margin: float = 1.0) -> Any:
    out = f.relu(margin - x * y)
    return out.mean() if reduction == "mean" else out.sum() if reduction == "sum" else out


def soft_margin(f: Any, x: Any, y: Any, reduction: str) -> Any:
    # PyTorch's own has no derivative by the target.
    out = f.softplus(-x * y, threshold=500)
    return out.mean() if reduction == "mean" else out.sum() if reduction == "sum" else out


def smoothed(f: Any, x: Any, y: Any, reduction: str, function: str) -> Any:
    return getattr(f, function)(x, 0.8 * y + 0.1, reduction=reduction)


def with_distance(f: Any, *operands: Any, reduction: str, **options: Any) -> Any:
    return f.triplet_margin_with_distance_loss(*operands, distance_function=manhattan, reduction=reduction, **options)


def manhattan(x1: Any, x2: Any) -> Any:
    xp = autodiff.array_namespace(x1, x2)
    return xp.sum(xp.abs(x1 - x2), axis=-1)


CASES = [
    Case("mean_squared_error", (X, Y), functional("mse_loss")),
    Case("mean_absolute_error", (X, Y), functional("l1_loss")),
    Case("huber_loss", (X, Y), functional("huber_loss")),
    Case("huber_loss", (X, Y), functional("huber_loss", delta=0.3), {"delta": 0.3}),
    Case("gaussian_nll_loss", (X, Y, P), functional("gaussian_nll_loss")),
    Case("gaussian_nll_loss", (X, Y, P[:, :1]), functional("gaussian_nll_loss", full=True), {"full": True}),
    Case("poisson_nll_loss", (X, COUNTS), functional("poisson_nll_loss")),
    Case(
        "poisson_nll_loss",
        # PyTorch's derivative by a count of 0 is NaN.
        (P, COUNTS + 1),
        functional("poisson_nll_loss", log_input=False, full=True),
        {"log_input": False, "full": True},
    ),
    Case("binary_cross_entropy", (P, Q), functional("binary_cross_entropy")),
    Case("binary_cross_entropy", (P, Q), partial(smoothed, function="binary_cross_entropy"), {"label_smoothing": 0.2}),
    Case("binary_cross_entropy_with_logits", (X, Q), functional("binary_cross_entropy_with_logits")),
    Case(
        "binary_cross_entropy_with_logits",
        (X, Q),
        functional("binary_cross_entropy_with_logits", pos_weight=CLASS_WEIGHTS),
        {"pos_weight": CLASS_WEIGHTS},
    ),
    Case(
        "binary_cross_entropy_with_logits",
        (X, Q),
        partial(smoothed, function="binary_cross_entropy_with_logits"),
        {"label_smoothing": 0.2},
    ),
    Case(
        "binary_cross_entropy",
        (P, Q),
        functional("binary_cross_entropy", weight=CLASS_WEIGHTS),
        {"weight": CLASS_WEIGHTS},
    ),
    Case(
        "binary_cross_entropy_with_logits",
        (X, Q),
        functional("binary_cross_entropy_with_logits", weight=P, pos_weight=CLASS_WEIGHTS),
        {"weight": P, "pos_weight": CLASS_WEIGHTS},
    ),
    Case("smooth_l1_loss", (X, Y), functional("smooth_l1_loss")),
    Case("smooth_l1_loss", (X, Y), functional("smooth_l1_loss", beta=0.3), {"beta": 0.3}),
    Case("smooth_l1_loss", (X, Y), functional("smooth_l1_loss", beta=0.0), {"beta": 0.0}),
    Case("soft_margin_loss", (X, SIGNS), soft_margin),
    Case("hinge_embedding_loss", (P, SIGNS), functional("hinge_embedding_loss")),
    Case("hinge_embedding_loss", (P, SIGNS), functional("hinge_embedding_loss", margin=0.5), {"margin": 0.5}),
    Case("margin_ranking_loss", (X, Y, SIGNS), functional("margin_ranking_loss")),
    Case("margin_ranking_loss", (X, Y, SIGNS), functional("margin_ranking_loss", margin=0.7), {"margin": 0.7}),
    Case("multi_margin_loss", (X, CLASSES), functional("multi_margin_loss")),
    Case(
        "multi_margin_loss",
        (X, CLASSES),
        functional("multi_margin_loss", p=2, margin=0.7, weight=CLASS_WEIGHTS),
        {"p": 2, "margin": 0.7, "weight": CLASS_WEIGHTS},
    ),
    Case("multilabel_margin_loss", (X, LABELS), functional("multilabel_margin_loss")),
    Case("multilabel_margin_loss", (X[1], LABELS[1]), functional("multilabel_margin_loss")),
    Case("multilabel_soft_margin_loss", (X, Q), functional("multilabel_soft_margin_loss")),
    Case(
        "multilabel_soft_margin_loss",
        (X, Q),
        functional("multilabel_soft_margin_loss", weight=CLASS_WEIGHTS),
        {"weight": CLASS_WEIGHTS},
    ),
    Case("triplet_margin_with_distance_loss", (X, Y, Z), functional("triplet_margin_with_distance_loss")),
    Case(
        "triplet_margin_with_distance_loss",
        (X, Y, Z),
        partial(with_distance, margin=2.0, swap=True),
        {"distance_function": manhattan, "margin": 2.0, "swap": True},
    ),
    Case("cross_entropy", (X, CLASSES), functional("cross_entropy")),
    Case("cross_entropy", (X, IGNORED), functional("cross_entropy")),
    Case("cross_entropy", (X, CLASSES), functional("cross_entropy", ignore_index=1), {"ignore_index": 1}),
    Case(
        "cross_entropy",
        (X, IGNORED),
        functional("cross_entropy", weight=CLASS_WEIGHTS, label_smoothing=0.2),
        {"weight": CLASS_WEIGHTS, "label_smoothing": 0.2},
    ),
    Case(
        "cross_entropy",
        (IMAGES, PIXELS),
        functional("cross_entropy", label_smoothing=0.2),
        {"axis": 1, "label_smoothing": 0.2},
    ),
    Case("cross_entropy", (X, DISTRIBUTIONS), functional("cross_entropy")),
    Case(
        "cross_entropy",
        (X, DISTRIBUTIONS),
        functional("cross_entropy", weight=CLASS_WEIGHTS, label_smoothing=0.2),
        {"weight": CLASS_WEIGHTS, "label_smoothing": 0.2},
    ),
    Case("cross_entropy", (X[0], CLASSES[0]), functional("cross_entropy")),
    Case("nll_loss", (LOG_P, CLASSES), functional("nll_loss")),
    Case(
        "nll_loss",
        (IMAGES, PIXELS),
        functional("nll_loss", weight=CLASS_WEIGHTS, ignore_index=0),
        {"weight": CLASS_WEIGHTS, "ignore_index": 0, "axis": -3},
    ),
    Case("kl_divergence", (LOG_P, DISTRIBUTIONS), kl_div),
    Case(
        "kl_divergence",
        (LOG_P, numpy.log(DISTRIBUTIONS)),
        partial(kl_div, log_target=True),
        {"log_target": True},
    ),
    Case("hinge_loss", (X, SIGNS), hinge),
    Case("hinge_loss", (X, SIGNS), partial(hinge, margin=0.3), {"margin": 0.3}),
    Case("cosine_loss", (X, Y, PAIRS), functional("cosine_embedding_loss")),
    Case("cosine_loss", (X, Y, PAIRS), functional("cosine_embedding_loss", margin=-0.5), {"margin": -0.5}),
    Case("contrastive_loss", (X, Y, PAIRS), contrastive),
    Case("contrastive_loss", (X, Y, PAIRS), partial(contrastive, margin=3.0), {"margin": 3.0}),
    Case("triplet_loss", (X, Y, Z), functional("triplet_margin_loss")),
    Case(
        "triplet_loss",
        (X, Y, Z),
        functional("triplet_margin_loss", margin=2.0, p=1.0, swap=True, eps=1e-3),
        {"margin": 2.0, "p": 1.0, "swap": True, "eps": 1e-3},
    ),
]

FIRST = list({case.name: case for case in reversed(CASES)}.values())
"""One for each loss."""


def ids(cases: Sequence[Case]) -> list[str]:
    return [f"{case.name}-{'-'.join(case.options)}".rstrip("-") for case in cases]


def as_torch(x: numpy.ndarray) -> Any:
    torch = pytest.importorskip("torch")
    return torch.tensor(x, dtype=torch.float64 if x.dtype.kind == "f" else torch.int64)


def as_array(xp: Any, x: numpy.ndarray, dtype: str = "float64") -> Any:
    return xp.asarray(x.tolist(), dtype=getattr(xp, dtype) if x.dtype.kind == "f" else index_dtype(xp))


def in_torch(case: Case, reduction: str) -> tuple[numpy.ndarray, list[numpy.ndarray]]:
    """Value, and the cotangents of all operands under increasing cotangents of the result."""
    torch = pytest.importorskip("torch")
    operands = [as_torch(x) for x in case.operands]
    variables = [x.requires_grad_() for x in operands if x.is_floating_point()]
    out = case.torch(torch.nn.functional, *operands, reduction=reduction)
    cts = torch.autograd.grad(out, variables, as_torch(seed(out.shape)), allow_unused=True)
    return out.detach().numpy(), [
        numpy.zeros(x.shape) if ct is None else ct.numpy() for x, ct in zip(variables, cts, strict=True)
    ]


def seed(shape: Sequence[int]) -> numpy.ndarray:
    return numpy.linspace(0.5, 2.0, math.prod(shape)).reshape(tuple(shape))


def loss_of(case: Case, xp: Any, **options: Any) -> Callable[..., Any]:
    given = {key: as_array(xp, x) if isinstance(x, numpy.ndarray) else x for key, x in case.options.items()}
    return lambda *operands: getattr(nn, case.name)(*operands, **given, **options)


def value_and_cotangents(f: Any, xp: Any, operands: Sequence[Any]) -> tuple[numpy.ndarray, list[numpy.ndarray]]:
    out, pullback = autodiff.vjp(f, *operands)
    cts = pullback(xp.asarray(seed(out.shape).tolist(), dtype=out.dtype))
    return as_numpy(out), [as_numpy(ct) for ct in cts if ct is not None]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_values_and_derivatives_against_torch(case, reduction):
    expected, expected_cts = in_torch(case, reduction)
    out, cts = value_and_cotangents(loss_of(case, numpy, reduction=reduction), numpy, case.operands)
    assert out.shape == expected.shape
    assert_allclose(out, expected, rtol=1e-9, atol=1e-9)
    for ct, expected_ct in zip(cts, expected_cts, strict=True):
        assert_allclose(ct, expected_ct, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("case", FIRST, ids=ids(FIRST))
def test_every_namespace(xp, case):
    expected, expected_cts = in_torch(case, "mean")
    operands = [as_array(xp, x) for x in case.operands]
    out, cts = value_and_cotangents(loss_of(case, xp), xp, operands)
    assert_allclose(out, expected, rtol=1e-9)
    for ct, expected_ct in zip(cts, expected_cts, strict=True):
        assert_allclose(ct, expected_ct, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("case", FIRST, ids=ids(FIRST))
def test_weights_and_masks(case):
    xp = pytest.importorskip("array_api_strict")
    operands = [as_array(xp, x) for x in case.operands]
    each = numpy.asarray(loss_of(case, xp, reduction="none")(*operands))
    weights = seed((4, 1)) if each.ndim == 2 else seed((4,))
    mask = numpy.asarray([True, False, True, True])
    mask = mask[:, None] & numpy.asarray([True, True, False]) if each.ndim == 2 else mask
    full = numpy.broadcast_to(weights, each.shape)
    given = {"sample_weight": as_array(xp, weights), "mask": xp.asarray(mask.tolist())}
    call = partial(loss_of, case, xp)
    assert_allclose(numpy.asarray(call(reduction="none", **given)(*operands)), each * full * mask)
    assert_allclose(numpy.asarray(call(reduction="sum", **given)(*operands)), (each * full * mask).sum())
    assert_allclose(numpy.asarray(call(**given)(*operands)), numpy.average(each[mask], weights=full[mask]))
    assert_allclose(numpy.asarray(call(mask=given["mask"])(*operands)), each[mask].mean())
    del given["mask"]
    assert_allclose(numpy.asarray(call(**given)(*operands)), numpy.average(each, weights=full))


@pytest.mark.parametrize("case", CASES, ids=ids(CASES))
def test_what_is_masked_out_does_no_harm(case):
    shape = getattr(nn, case.name)(*case.operands, **case.options, reduction="none").shape
    if shape == ():
        pytest.skip("one loss")
    mask = numpy.ones(shape, dtype=bool)
    mask[1] = False
    # NaN, and class numbers that do not exist.
    spoiled = [numpy.array(x) for x in case.operands]
    for x in spoiled:
        x[1] = math.nan if x.dtype.kind == "f" else 77
    f = loss_of(case, numpy, mask=mask)
    expected, expected_cts = value_and_cotangents(f, numpy, case.operands)
    out, cts = value_and_cotangents(f, numpy, spoiled)
    assert_allclose(out, expected)
    for ct, expected_ct in zip(cts, expected_cts, strict=True):
        assert_array_equal(ct[1], 0)
        assert_allclose(ct, expected_ct)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("case", FIRST, ids=ids(FIRST))
def test_no_losses_are_none(case, reduction):
    shape = getattr(nn, case.name)(*case.operands, **case.options, reduction="none").shape
    f = loss_of(case, numpy, mask=numpy.zeros(shape, dtype=bool), reduction=reduction)
    out, cts = value_and_cotangents(f, numpy, case.operands)
    assert out == 0
    for ct in cts:
        assert_array_equal(ct, 0)
    empty = [x[:0] for x in case.operands]
    assert loss_of(case, numpy, reduction=reduction)(*empty) == 0
    assert loss_of(case, numpy, reduction="none")(*empty).shape == (0, *shape[1:])


@pytest.mark.parametrize("case", FIRST, ids=ids(FIRST))
def test_second_derivatives(case):
    floating = [x for x in case.operands if x.dtype.kind == "f" and x is not PAIRS]
    rest = case.operands[len(floating) :]
    autodiff.check_grads(lambda *operands: loss_of(case, numpy)(*operands, *rest), floating, order=2)


# Differences, scores and logits of 1e4, where squares and exponentials overflow half precision.
LARGE = numpy.asarray([[1e4, -1e4, 0.0], [-1e4, 1e4, 100.0], [1e4, 1e4, 1.0], [0.5, 0.0, -1.0]])
NEAR = LARGE + numpy.asarray([128.0, -128.0, 0.25])
STABLE = [
    Case("mean_absolute_error", (LARGE, -LARGE), functional("l1_loss")),
    Case("huber_loss", (LARGE, -LARGE), functional("huber_loss")),
    Case("smooth_l1_loss", (LARGE, -LARGE), functional("smooth_l1_loss")),
    Case("hinge_embedding_loss", (NEAR, SIGNS), functional("hinge_embedding_loss")),
    Case("margin_ranking_loss", (NEAR, -NEAR, SIGNS), functional("margin_ranking_loss")),
    Case("multi_margin_loss", (LARGE, CLASSES), functional("multi_margin_loss")),
    Case("multilabel_margin_loss", (LARGE, LABELS), functional("multilabel_margin_loss")),
    Case("multilabel_soft_margin_loss", (LARGE, P.round()), functional("multilabel_soft_margin_loss")),
    Case("soft_margin_loss", (LARGE, SIGNS), soft_margin),
    Case("gaussian_nll_loss", (LARGE, NEAR, 1e4 + 0 * P), functional("gaussian_nll_loss")),
    Case("binary_cross_entropy_with_logits", (LARGE, P.round()), functional("binary_cross_entropy_with_logits")),
    Case("cross_entropy", (LARGE, CLASSES), functional("cross_entropy")),
    Case("cross_entropy", (LARGE, P.round()), functional("cross_entropy")),
    Case("nll_loss", (-abs(LARGE), CLASSES), functional("nll_loss")),
    Case("hinge_loss", (LARGE, SIGNS), hinge),
    Case("cosine_loss", (LARGE, NEAR, PAIRS), functional("cosine_embedding_loss")),
    Case("contrastive_loss", (LARGE, NEAR, PAIRS), contrastive),
    Case("triplet_loss", (LARGE, -LARGE, NEAR), functional("triplet_margin_loss", margin=0.5), {"margin": 0.5}),
]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("case", STABLE, ids=ids(STABLE))
def test_half_precision(xp, case, dtype):
    if not hasattr(xp, dtype):
        pytest.skip(f"no {dtype}")
    check_lower_precision(xp, case, dtype)


def test_means_of_squares_that_overflow_half_precision(xp):
    if not hasattr(xp, "float16"):
        pytest.skip("no float16")
    x = xp.asarray([300.0, *[0.0] * 99], dtype=xp.float16)
    out, pullback = autodiff.vjp(lambda x: nn.mse(x, xp.zeros_like(x)), x)
    assert out.dtype == x.dtype
    assert float(out) == 900
    assert float(pullback(xp.ones_like(out))[0][0]) == 6


@pytest.mark.parametrize("case", STABLE, ids=ids(STABLE))
def test_single_precision(case):
    check_lower_precision(pytest.importorskip("array_api_strict"), case, "float32")


def check_lower_precision(xp, case, dtype):
    operands = [as_array(xp, x, dtype) for x in case.operands]
    rounded = [as_numpy(x).astype(x_in.dtype) for x, x_in in zip(operands, case.operands, strict=True)]
    expected, expected_cts = in_torch(case._replace(operands=rounded), "none")
    out, cts = value_and_cotangents(loss_of(case, xp, reduction="none"), xp, operands)
    tolerance = 20 * float(xp.finfo(getattr(xp, dtype)).eps)
    assert out.dtype == dtype
    assert_allclose(out.astype("float64"), expected, rtol=tolerance, atol=tolerance)
    for ct, expected_ct in zip(cts, expected_cts, strict=True):
        assert ct.dtype == dtype
        assert_allclose(ct.astype("float64"), expected_ct, rtol=tolerance, atol=tolerance)


def test_a_mean_of_many_halves():
    many = numpy.full(100_000, 2.0, dtype=numpy.float16)
    zeros = numpy.zeros_like(many)
    assert nn.mean_absolute_error(many, zeros) == 2
    assert nn.mean_absolute_error(many, zeros, sample_weight=many, mask=many > 1) == 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_binary_cross_entropy_is_finite_where_the_logarithm_is_not(xp, dtype):
    p, y = (xp.asarray(values, dtype=getattr(xp, dtype)) for values in ([0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 1.0]))
    out, pullback = autodiff.vjp(lambda p: nn.binary_cross_entropy(p, y, reduction="none"), p)
    wrong = -numpy.log(numpy.finfo(dtype).smallest_normal)
    assert_allclose(numpy.asarray(out), [0, wrong, wrong, 0], rtol=1e-6)
    assert numpy.all(numpy.isfinite(numpy.asarray(pullback(xp.ones_like(out))[0])))


def test_logits_lose_no_small_losses(xp):
    logits = xp.asarray([40.0, -40.0], dtype=xp.float64)
    out = nn.binary_cross_entropy_with_logits(logits, xp.asarray([1, 0]), reduction="none")
    assert_allclose(numpy.asarray(out), math.log1p(math.exp(-40.0)), rtol=1e-14)


def test_targets_may_be_integers_and_bools(xp):
    x = xp.asarray([0.5, -0.5], dtype=xp.float64)
    expected = nn.binary_cross_entropy_with_logits(x, xp.asarray([1.0, 0.0], dtype=xp.float64))
    for targets in ([1, 0], [True, False]):
        assert nn.binary_cross_entropy_with_logits(x, xp.asarray(targets)) == expected
    labels = xp.asarray([True, False])
    x = xp.asarray(X[:2].tolist(), dtype=xp.float64)
    assert nn.cosine_loss(x, x + 1, labels) == nn.cosine_loss(x, x + 1, xp.asarray([1, -1]))


def test_gradient_of_a_zero_vector_is_finite(xp):
    zeros, ones = xp.zeros((2, 3), dtype=xp.float64), xp.ones((2, 3), dtype=xp.float64)
    for loss in (
        nn.cosine_loss,
        lambda x, y: nn.contrastive_loss(x, x * y, xp.asarray([1, 0])),
        lambda x, y: nn.triplet_loss(x, x, y, eps=0.0, margin=2.0),
    ):
        for ct in autodiff.vjp(loss, zeros, ones)[1](xp.asarray(1.0, dtype=xp.float64)):
            assert numpy.all(numpy.isfinite(numpy.asarray(ct)))
    assert nn.cosine_loss(zeros, ones) == 1


def test_vectors_along_another_axis():
    for name, extra in (("cosine_loss", [PAIRS]), ("contrastive_loss", [PAIRS]), ("triplet_loss", [])):
        operands = (X, Y, Z) if name == "triplet_loss" else (X, Y)
        loss, mask = getattr(nn, name), PAIRS > 0
        expected = loss(*operands, *extra, mask=mask)
        assert_allclose(loss(*[x.T for x in operands], *extra, axis=0, mask=mask), expected)
    assert_allclose(nn.kl_divergence(LOG_P.T, DISTRIBUTIONS.T, axis=0), nn.kl_divergence(LOG_P, DISTRIBUTIONS))


def test_kl_divergence_of_impossible_events_is_that_of_the_rest(xp):
    log_p = xp.asarray([math.log(0.25), math.log(0.75)], dtype=xp.float64)
    target = xp.asarray([0.0, 1.0], dtype=xp.float64)
    assert_allclose(float(nn.kl_divergence(log_p, target)), -math.log(0.75))


@pytest.mark.parametrize("wrong", [-1, 3])
def test_class_numbers_out_of_range_are_named(xp, wrong):
    targets = xp.asarray([0, wrong], dtype=index_dtype(xp))
    logits = xp.zeros((2, 3))
    low, high = min(0, wrong), max(0, wrong)
    message = f"class numbers are from {low} to {high}, expected from 0 to 2, or ignore_index=-100"
    with pytest.raises(ValueError, match=message):
        nn.cross_entropy(logits, targets)
    # Also under differentiation, and under vmap.
    with pytest.raises(ValueError, match=message):
        autodiff.grad(lambda x: nn.cross_entropy(x, targets))(logits)
    if wrong > 0:
        with pytest.raises(ValueError, match=message):
            autodiff.vmap(lambda x, y: nn.cross_entropy(x, y))(logits, targets)


def test_class_numbers_of_any_integer_type(xp):
    logits, expected = as_array(xp, X), nn.cross_entropy(X, CLASSES)
    for dtype in (xp.int8, xp.uint8, xp.int32):
        assert_allclose(float(nn.cross_entropy(logits, xp.asarray(CLASSES.tolist(), dtype=dtype))), expected)


def test_losses_compile_in_jax():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    x, y = jax.numpy.asarray(X), jax.numpy.asarray(CLASSES)
    assert_allclose(jax.jit(nn.cross_entropy)(x, y), nn.cross_entropy(X, CLASSES))


def test_under_vmap():
    each = autodiff.vmap(nn.cross_entropy)(X, CLASSES)
    assert_allclose(each, nn.cross_entropy(X, CLASSES, reduction="none"))


class TestErrors:
    def test_reduction(self):
        with pytest.raises(ValueError, match="'average', expected one of mean, sum, none"):
            nn.cross_entropy(X, CLASSES, reduction="average")

    @pytest.mark.parametrize("loss", [nn.mse, nn.mae, nn.binary_cross_entropy, nn.kl_divergence, nn.cosine_loss])
    def test_shapes(self, loss):
        with pytest.raises(ValueError, match=r"\(4, 3\) need targets of shape \(4, 3\), got \(3,\)"):
            loss(X, numpy.ones(3))

    def test_shape_of_class_numbers(self):
        with pytest.raises(ValueError, match=r"\(2, 3\), with classes along axis -1, need .* shape \(2,\), got int64"):
            nn.cross_entropy(numpy.zeros((2, 3)), numpy.asarray([0]))
        with pytest.raises(ValueError, match="need targets of integers"):
            nn.nll_loss(X, Y[:, 0])

    def test_data_types(self):
        with pytest.raises(TypeError, match="predictions are of data type int64, expected a floating-point one"):
            nn.mse(CLASSES, CLASSES)
        with pytest.raises(TypeError, match="mask is of data type int64, expected bool"):
            nn.mse(PAIRS, PAIRS, mask=CLASSES)

    def test_weights_and_masks_that_do_not_fit(self):
        with pytest.raises(ValueError, match=r"mask of shape \(4,\) cannot be broadcast to the losses' shape \(4, 3\)"):
            nn.mse(X, Y, mask=CLASSES > 0)
        with pytest.raises(ValueError, match=r"sample_weight of shape \(4, 3\) cannot be broadcast .* shape \(4,\)"):
            nn.cross_entropy(X, CLASSES, sample_weight=X)

    def test_options(self):
        with pytest.raises(ValueError, match=r"label_smoothing is 1.5, expected a number from 0 to 1"):
            nn.cross_entropy(X, CLASSES, label_smoothing=1.5)
        with pytest.raises(ValueError, match="delta is 0, expected a positive number"):
            nn.huber_loss(X, Y, delta=0)
        with pytest.raises(ValueError, match=r"labels are of shape \(3,\), expected \(4,\), one for each pair"):
            nn.cosine_loss(X, Y, PAIRS[:3])
        with pytest.raises(ValueError, match=r"shape \(4, 3\) have no axis 2"):
            nn.cosine_loss(X, Y, axis=2)


def test_every_loss_has_one_interface_and_a_case():
    tested = {case.name for case in CASES} | {"ctc_loss", "mae", "mse"}
    assert set(losses.__all__) == tested
    for name in tested:
        parameters = inspect.signature(getattr(nn, name)).parameters
        options = list(parameters)[-3:]
        assert options == ["sample_weight", "mask", "reduction"]
        assert all(parameters[key].kind is inspect.Parameter.KEYWORD_ONLY for key in options)


IN_LAYERS = {
    "BCELoss": ((P, Q), {}),
    "BCEWithLogitsLoss": ((X, Q), {}),
    "CosineEmbeddingLoss": ((X, Y, PAIRS), {"margin": 0.2}),
    "CrossEntropyLoss": ((X, CLASSES), {"label_smoothing": 0.1}),
    "GaussianNLLLoss": ((X, Y, P), {"full": True}),
    "HingeEmbeddingLoss": ((P, SIGNS), {"margin": 0.5}),
    "HuberLoss": ((X, Y), {"delta": 0.5}),
    "L1Loss": ((X, Y), {"reduction": "sum"}),
    "KLDivLoss": ((LOG_P, DISTRIBUTIONS), {"reduction": "batchmean"}),
    "MSELoss": ((X, Y), {}),
    "MarginRankingLoss": ((X, Y, SIGNS), {"margin": 0.1}),
    "MultiLabelMarginLoss": ((X, LABELS), {}),
    "MultiLabelSoftMarginLoss": ((X, Q), {"reduction": "sum"}),
    "MultiMarginLoss": ((X, CLASSES), {"margin": 0.5}),
    "NLLLoss": ((LOG_P, IGNORED), {"ignore_index": -100}),
    "PoissonNLLLoss": ((P, COUNTS), {"log_input": False}),
    "SmoothL1Loss": ((X, Y), {"beta": 0.5}),
    "SoftMarginLoss": ((X, SIGNS), {"reduction": "sum"}),
    "TripletMarginLoss": ((X, Y, Z), {"swap": True}),
    "TripletMarginWithDistanceLoss": ((X, Y, Z), {"margin": 0.5}),
}


@pytest.mark.parametrize("name", IN_LAYERS)
def test_layers(name):
    torch = pytest.importorskip("torch")
    operands, options = IN_LAYERS[name]
    layer = getattr(nn, name)(**options)
    expected = getattr(torch.nn, name)(**options)(*[as_torch(x) for x in operands])
    assert_allclose(layer(*operands), expected, rtol=1e-9)
    assert_allclose(pickle.loads(pickle.dumps(layer))(*operands), expected, rtol=1e-9)
    if expected.ndim == 0 and operands[0].ndim == 2:
        assert layer(*operands, mask=numpy.asarray(False)) == 0


def test_class_weights_of_a_layer_are_a_buffer():
    layer = nn.CrossEntropyLoss(weight=CLASS_WEIGHTS)
    assert not list(layer.parameters())
    assert list(layer.state_dict()) == ["weight"]
    assert_allclose(layer(X, CLASSES), nn.cross_entropy(X, CLASSES, weight=CLASS_WEIGHTS))
    assert nn.ContrastiveLoss(margin=2.0)(X, Y, PAIRS) == nn.contrastive_loss(X, Y, PAIRS, margin=2.0)
    assert nn.HingeLoss(margin=2.0)(X, SIGNS) == nn.hinge_loss(X, SIGNS, margin=2.0)
    assert nn.KLDivLoss()(LOG_P, DISTRIBUTIONS) == nn.kl_divergence(LOG_P, DISTRIBUTIONS)
