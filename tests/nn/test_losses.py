from __future__ import annotations

import numpy
import pytest
from numpy.testing import assert_allclose

import autodiff
import nn
from nn.namespaces import index_dtype

special = pytest.importorskip("scipy.special")

LOGITS = numpy.random.default_rng(0).normal(scale=5, size=(6, 4))
TARGETS = numpy.asarray([0, 3, 1, 1, 2, 0])


def as_arrays(xp, logits=LOGITS, targets=TARGETS):
    return xp.asarray(logits, dtype=xp.float64), xp.asarray(targets, dtype=index_dtype(xp))


@pytest.mark.parametrize(("reduction", "reduce"), [("mean", numpy.mean), ("sum", numpy.sum), ("none", numpy.asarray)])
def test_cross_entropy_against_scipy(xp, reduction, reduce):
    expected = reduce(-special.log_softmax(LOGITS, axis=-1)[numpy.arange(6), TARGETS])
    assert_allclose(numpy.asarray(nn.cross_entropy(*as_arrays(xp), reduction=reduction)), expected, rtol=1e-13)


def test_cross_entropy_stays_finite_where_exp_overflows(xp):
    logits, targets = as_arrays(xp, [[1e4, -1e4]], [1])
    assert float(nn.cross_entropy(logits, targets)) == 2e4
    assert_allclose(numpy.asarray(autodiff.grad(nn.cross_entropy)(logits, targets)), [[1, -1]])


def test_gradient_is_softmax_minus_one_hot(xp):
    expected = (special.softmax(LOGITS, axis=-1) - numpy.eye(4)[TARGETS]) / 6
    assert_allclose(numpy.asarray(autodiff.grad(nn.cross_entropy)(*as_arrays(xp))), expected, rtol=1e-12, atol=1e-16)


def test_more_axes_are_more_targets(xp):
    logits, targets = as_arrays(xp, LOGITS.reshape(2, 3, 4), TARGETS.reshape(2, 3))
    flat = nn.cross_entropy(*as_arrays(xp), reduction="none")
    stacked = nn.cross_entropy(logits, targets, reduction="none")
    assert_allclose(numpy.asarray(stacked), numpy.asarray(flat).reshape(2, 3))


def test_unknown_reduction_is_named():
    with pytest.raises(ValueError, match="'average', expected one of mean, sum, none"):
        nn.cross_entropy(*as_arrays(numpy), reduction="average")


def test_targets_of_another_shape_are_refused(xp):
    with pytest.raises(ValueError, match="need targets of shape"):
        nn.cross_entropy(xp.zeros((2, 3)), xp.asarray([0]))
