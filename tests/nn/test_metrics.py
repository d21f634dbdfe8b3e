from __future__ import annotations

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import nn
from nn.metrics import Totals

CLASSES = 4


def drawn(seed, count):
    rng = numpy.random.default_rng(seed)
    return rng.normal(size=(count, CLASSES)), rng.integers(0, CLASSES - (seed % 2), count)


@pytest.mark.parametrize("average", ["macro", "micro", "weighted", "none"])
@pytest.mark.parametrize("name", ["precision", "recall", "f1_score"])
@given(seed=st.integers(0, 1000), count=st.integers(1, 30))
@settings(max_examples=15, deadline=None)
def test_they_are_those_of_scikit_learn(name, average, seed, count):
    theirs = pytest.importorskip("sklearn.metrics")
    scores, targets = drawn(seed, count)
    found = scores.argmax(axis=-1)
    labels = range(CLASSES)
    options = {"average": None if average == "none" else average, "labels": labels, "zero_division": 0}
    expected = getattr(theirs, {"f1_score": "f1_score"}.get(name, f"{name}_score"))(targets, found, **options)
    assert_allclose(getattr(nn, name)(CLASSES, average=average)(scores, targets), expected, rtol=1e-12)


@given(seed=st.integers(0, 1000), count=st.integers(2, 30))
@settings(max_examples=15, deadline=None)
def test_the_others_are_those_of_scikit_learn(seed, count):
    theirs = pytest.importorskip("sklearn.metrics")
    scores, targets = drawn(seed, count)
    found = scores.argmax(axis=-1)
    assert nn.accuracy(scores, targets) == nn.accuracy(found, targets) == theirs.accuracy_score(targets, found)
    matrix = theirs.confusion_matrix(targets, found, labels=range(CLASSES))
    assert_array_equal(nn.confusion_matrix(CLASSES)(scores, targets), matrix)
    for k in (1, 2, CLASSES):
        expected = theirs.top_k_accuracy_score(targets, scores, k=k, labels=range(CLASSES)) if k < CLASSES else 1.0
        assert_allclose(nn.top_k_accuracy(k)(scores, targets), expected)
    x, y = scores[:, 0], scores[:, 1]
    assert_allclose(nn.r2_score(x, y), theirs.r2_score(y, x), rtol=1e-9)
    assert_allclose(nn.root_mean_squared_error(x, y), theirs.root_mean_squared_error(y, x), rtol=1e-12)


METRICS = [
    nn.accuracy,
    nn.top_k_accuracy(2),
    nn.precision(CLASSES),
    nn.recall(CLASSES, average="micro"),
    nn.f1_score(CLASSES),
    nn.confusion_matrix(CLASSES),
    nn.cross_entropy,
]


@given(sizes=st.lists(st.integers(1, 7), min_size=1, max_size=5), seed=st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_batches_of_any_sizes_add_up_to_the_whole(sizes, seed):
    scores, targets = drawn(seed, sum(sizes))
    totals = Totals(METRICS)
    start = 0
    for size in sizes:
        totals.update(scores[start : start + size], targets[start : start + size], size)
        start += size
    found = totals.values()
    for name, metric in totals.metrics:
        assert_allclose(found[name], metric(scores, targets), rtol=1e-9)


def test_any_namespace_will_do(xp):
    scores, targets = drawn(0, 12)
    for metric in METRICS[:-1]:
        assert_array_equal(metric(xp.asarray(scores), xp.asarray(targets)), metric(scores, targets))


def test_more_axes_than_one():
    scores, targets = drawn(0, 12)
    shaped = scores.reshape(3, 4, CLASSES), targets.reshape(3, 4)
    for metric in METRICS[:-1]:
        assert_array_equal(metric(*shaped), metric(scores, targets))


@pytest.mark.parametrize("offset", [0.0, 1e6, 1.7e9, -1e12])
def test_targets_far_from_zero(offset):
    theirs = pytest.importorskip("sklearn.metrics")
    rng = numpy.random.default_rng(0)
    targets = offset + rng.normal(size=20)
    predictions = targets + rng.normal(0, 0.3, 20)
    expected = theirs.r2_score(targets, predictions)
    totals = Totals([nn.r2_score])
    for start in range(0, 20, 7):
        totals.update(predictions[start : start + 7], targets[start : start + 7], 7)
    assert_allclose(nn.r2_score(predictions, targets), expected, rtol=1e-9)
    # Means of batches are rounded to numbers of the targets' size, whose deviation is about 1.
    assert_allclose(totals.values()["r2 score"], expected, rtol=1e-9 + abs(offset) * numpy.finfo(float).eps)


def test_class_numbers_may_be_of_any_kind():
    for dtype in (bool, numpy.int8, numpy.float32):
        x, y = numpy.asarray([0, 1, 1]).astype(dtype), numpy.asarray([0, 1, 0])
        assert nn.accuracy(x, y) == nn.accuracy(y, x) == 2 / 3
        assert_array_equal(nn.confusion_matrix(2)(x, y), [[1, 1], [0, 1]])


def test_nothing_has_no_accuracy():
    assert numpy.isnan(nn.accuracy(numpy.ones((0, 3)), numpy.ones(0, dtype=int)))
    assert numpy.isnan(nn.r2_score(numpy.ones(3), numpy.ones(3)))


def test_nan_is_no_hit():
    assert nn.top_k_accuracy(1)(numpy.asarray([[numpy.nan, numpy.nan]]), numpy.asarray([0])) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.accuracy(numpy.ones((3, 2)), numpy.ones(4)), r"targets of shape \(4,\) need class numbers"),
        (
            lambda: nn.confusion_matrix(2)(numpy.asarray([0]), numpy.asarray([2])),
            "targets are from 2 to 2, expected",
        ),
        (
            lambda: nn.accuracy(numpy.asarray([0.3, 0.9]), numpy.asarray([0, 1])),
            r"predictions of shape \(2,\) are to be class numbers, got 0.3; .* predictions > 0.5",
        ),
        (lambda: nn.accuracy(numpy.asarray([1]), numpy.asarray([0.9])), "targets .* are to be class numbers, got 0.9"),
        (lambda: nn.accuracy(numpy.ones((3, 1)), numpy.ones(3)), r"scores of shape \(3, 1\) are of a single class"),
        (lambda: nn.top_k_accuracy(1)(numpy.ones((3, 1)), numpy.ones(3)), "are of a single class"),
        (lambda: nn.confusion_matrix(0), "classes must be 1 or more"),
        (lambda: nn.top_k_accuracy(0), "k must be 1 or more"),
        (lambda: nn.top_k_accuracy(1)(numpy.ones((3, 2)), numpy.ones(4)), "do not fit targets"),
        (lambda: nn.precision(2, average="mean"), "average is 'mean', expected one of macro, micro, weighted, none"),
        (lambda: nn.r2_score(numpy.ones(3), numpy.ones((3, 1))), "do not fit targets"),
    ],
)
def test_mistakes_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
