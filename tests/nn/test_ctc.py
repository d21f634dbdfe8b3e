"""Connectionist temporal classification against PyTorch, and against all alignments counted one by one."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy
import pytest
from numpy.testing import assert_allclose

import autodiff
import nn
from nn.namespaces import index_dtype

RNG = numpy.random.default_rng(0)
TIMES, CLASSES = 7, 4
LOGITS = RNG.normal(scale=2.0, size=(TIMES, 5, CLASSES))
# Repeated labels, an empty target, one as long as its predictions allow; what is past the end of a target is no class.
TARGETS = numpy.asarray([[1, 2, 3], [1, 1, 2], [3, 99, -1], [2, 2, 2], [0, -5, 0]])
TARGET_LENGTHS = numpy.asarray([3, 3, 1, 3, 0])
LENGTHS = numpy.asarray([7, 6, 1, 5, 4])
PADDED = numpy.where(numpy.arange(3) < TARGET_LENGTHS[:, None], TARGETS, 1)


def loss(logits: Any, xp: Any = numpy, targets: Any = TARGETS, lengths: Any = LENGTHS, **options: Any) -> Any:
    numbers = [xp.asarray(x.tolist(), dtype=index_dtype(xp)) for x in (targets, lengths, TARGET_LENGTHS)]
    return nn.ctc_loss(nn.log_softmax(logits), *numbers, **options)


def in_torch(logits: numpy.ndarray, seed: Any, targets: Any = PADDED, **options: Any) -> tuple[Any, Any]:
    torch = pytest.importorskip("torch")
    x = torch.tensor(logits, dtype=torch.float64, requires_grad=True)
    numbers = [torch.tensor(y) for y in (targets, LENGTHS, TARGET_LENGTHS)]
    out = torch.nn.functional.ctc_loss(x.log_softmax(-1), *numbers, **options)
    out.backward(torch.tensor(seed, dtype=torch.float64))
    return out.detach().numpy(), x.grad.numpy()


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("blank", [0, 3])
def test_against_torch(reduction, blank):
    swapped = numpy.where(blank == PADDED, 0, PADDED)
    seed = numpy.linspace(0.5, 2.0, 5) if reduction == "none" else numpy.asarray(1.5)
    expected, expected_ct = in_torch(LOGITS, seed, swapped, reduction=reduction, blank=blank)
    out, pullback = autodiff.vjp(lambda x: loss(x, targets=swapped, reduction=reduction, blank=blank), LOGITS)
    assert_allclose(out, expected, rtol=1e-12)
    assert_allclose(pullback(seed)[0], expected_ct, rtol=1e-9, atol=1e-12)


def test_every_namespace(xp):
    expected, expected_ct = in_torch(LOGITS, 1.0)
    out, pullback = autodiff.vjp(lambda x: loss(x, xp), xp.asarray(LOGITS.tolist(), dtype=xp.float64))
    assert_allclose(float(out), expected, rtol=1e-12)
    assert_allclose(numpy.asarray(pullback(xp.ones_like(out))[0]), expected_ct, rtol=1e-9, atol=1e-12)


def test_sum_over_all_alignments():
    log_p = nn.log_softmax(LOGITS)
    out = loss(LOGITS, reduction="none")
    for i in range(5):
        total = 0.0
        for alignment in itertools.product(range(CLASSES), repeat=int(LENGTHS[i])):
            merged = [label for label, _ in itertools.groupby(alignment) if label != 0]
            if merged == TARGETS[i, : TARGET_LENGTHS[i]].tolist():
                total += math.exp(sum(log_p[t, i, label] for t, label in enumerate(alignment)))
        assert_allclose(out[i], -math.log(total))


def test_second_derivatives():
    autodiff.check_grads(loss, (LOGITS,), order=2)


def test_targets_without_alignment(xp):
    # Twice the same label takes three times.
    lengths = numpy.asarray([7, 2, 1, 4, 0])
    x = xp.asarray(LOGITS.tolist(), dtype=xp.float64)
    out, pullback = autodiff.vjp(lambda x: loss(x, xp, lengths=lengths, reduction="none"), x)
    assert_allclose(numpy.isinf(numpy.asarray(out)), [False, True, False, True, False])
    assert float(out[4]) == 0
    ct = numpy.asarray(pullback(xp.ones_like(out))[0])
    assert numpy.all(numpy.isfinite(ct))
    assert not numpy.any(ct[:, [1, 3]])
    zeroed = loss(x, xp, lengths=lengths, reduction="none", zero_infinity=True)
    assert_allclose(numpy.asarray(zeroed), numpy.where(numpy.isinf(numpy.asarray(out)), 0, numpy.asarray(out)))


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_low_precision_and_large_logits(xp, dtype):
    if not hasattr(xp, dtype):
        pytest.skip(f"no {dtype}")
    epsilon = float(numpy.finfo(dtype).eps)
    for logits in (LOGITS, 5e3 * numpy.sign(LOGITS)):
        logits = numpy.asarray(logits, dtype=dtype)
        expected, expected_ct = in_torch(logits.astype("float64"), numpy.ones(5), reduction="none")
        x = xp.asarray(logits.tolist(), dtype=getattr(xp, dtype))
        out, pullback = autodiff.vjp(lambda x: loss(x, xp, reduction="none"), x)
        ct = numpy.asarray(pullback(xp.ones_like(out))[0])
        assert numpy.asarray(out).dtype == ct.dtype == dtype
        assert_allclose(numpy.asarray(out), expected, rtol=8 * epsilon, atol=8 * epsilon)
        # A derivative cannot be surer than the logarithms are, whose absolute error may be more than one.
        error = epsilon * max(20, 2 * abs(expected).max())
        assert numpy.all(abs(ct) <= 1 + 20 * epsilon)
        assert_allclose(ct, expected_ct, rtol=0, atol=error)


def test_masks_and_weights():
    each = loss(LOGITS, reduction="none") / numpy.maximum(TARGET_LENGTHS, 1)
    mask = numpy.asarray([True, False, True, True, False])
    weights = numpy.linspace(1.0, 2.0, 5)
    assert_allclose(loss(LOGITS, mask=mask, sample_weight=weights), numpy.average(each[mask], weights=weights[mask]))
    log_p = nn.log_softmax(LOGITS)
    log_p[:, 1] = math.nan
    numbers = TARGETS, LENGTHS, TARGET_LENGTHS
    out, pullback = autodiff.vjp(lambda x: nn.ctc_loss(x, *numbers, mask=mask), log_p)
    assert_allclose(out, each[mask].mean())
    ct = pullback(numpy.asarray(1.0))[0]
    assert not numpy.any(ct[:, ~mask])
    assert numpy.all(numpy.isfinite(ct))


def test_nothing(xp):
    dtype = index_dtype(xp)
    log_p = nn.log_softmax(xp.asarray(LOGITS[:, :2].tolist(), dtype=xp.float64))
    lengths, zeros = xp.asarray([7, 0], dtype=dtype), xp.zeros((2,), dtype=dtype)
    out = nn.ctc_loss(log_p, xp.zeros((2, 0), dtype=dtype), lengths, zeros, reduction="none")
    assert_allclose(numpy.asarray(out), [-numpy.sum(numpy.asarray(log_p)[:, 0, 0]), 0])
    none = xp.zeros((0,), dtype=dtype)
    assert float(nn.ctc_loss(xp.zeros((7, 0, 4)), xp.zeros((0, 3), dtype=dtype), none, none)) == 0
    timeless = nn.ctc_loss(xp.zeros((0, 2, 4)), xp.ones((2, 1), dtype=dtype), zeros, zeros, reduction="none")
    assert_allclose(numpy.asarray(timeless), [0, 0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            (LOGITS[0, 0], TARGETS, LENGTHS, TARGET_LENGTHS),
            r"\(time, batch, classes\) or \(time, classes\), got float64 of shape \(4,\)",
        ),
        ((LOGITS, TARGETS[:3], LENGTHS, TARGET_LENGTHS), r"shape \(5, length\), .* got int64 of shape \(3, 3\)"),
        ((LOGITS, TARGETS, LENGTHS[:3], TARGET_LENGTHS), r"prediction_lengths are of integers and of shape \(5,\)"),
        ((LOGITS, TARGETS, LENGTHS + 1, TARGET_LENGTHS), "prediction_lengths are from 2 to 8, expected from 0 to 7"),
        ((LOGITS, TARGETS, LENGTHS, TARGET_LENGTHS + 1), "target_lengths are from 1 to 4, expected from 0 to 3"),
        ((LOGITS, TARGETS + 1, LENGTHS, TARGET_LENGTHS), "class numbers are from 0 to 4, expected from 0 to 3"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        nn.ctc_loss(*arguments)


def test_targets_one_after_the_other_and_lengths_in_lists(xp):
    log_p = nn.log_softmax(xp.asarray(LOGITS.tolist(), dtype=xp.float64))
    flat = [label for row, length in zip(TARGETS, TARGET_LENGTHS, strict=True) for label in row[:length]]
    targets = xp.asarray(numpy.asarray(flat).tolist(), dtype=index_dtype(xp))
    out = nn.ctc_loss(log_p, targets, LENGTHS.tolist(), TARGET_LENGTHS.tolist())
    assert_allclose(float(out), loss(LOGITS), rtol=1e-12)
    with pytest.raises(ValueError, match=r"shape \(\d+,\), one after the other, need target_lengths that sum to"):
        nn.ctc_loss(log_p, targets, LENGTHS.tolist(), [1] * 5)


@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_one_sequence_without_a_batch(reduction):
    torch = pytest.importorskip("torch")
    log_p = nn.log_softmax(LOGITS[:, 0])
    options = {"reduction": reduction}
    out = nn.ctc_loss(log_p, TARGETS[0], 7, 3, **options)
    expected = torch.nn.functional.ctc_loss(
        torch.asarray(log_p), torch.asarray(TARGETS[0]), *map(torch.tensor, (7, 3)), **options
    )
    assert out.shape == ()
    assert_allclose(out, expected.numpy().reshape(()), rtol=1e-12)


def test_a_blank_that_is_no_class():
    with pytest.raises(ValueError, match="blank is 4, expected a class number from 0 to 3"):
        loss(LOGITS, blank=4)


def test_as_a_layer():
    log_p = nn.log_softmax(LOGITS)
    assert nn.CTCLoss(reduction="sum")(log_p, TARGETS, LENGTHS, TARGET_LENGTHS) == loss(LOGITS, reduction="sum")
