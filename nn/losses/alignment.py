"""The loss of sequences that are aligned with their targets in every possible way."""

from __future__ import annotations

import math

from autodiff import array_namespace, primitive
from autodiff.namespaces import device_of, kind
from autodiff.rules import Linear
from nn.losses.reduction import Reduction, at_least_single, check_range, mask_of_shape, reduced, without_masked
from nn.namespaces import Array, Namespace, index_dtype, is_floating

__all__ = ["ctc_loss"]


def ctc_loss(
    predictions: Array,
    targets: Array,
    prediction_lengths: Array,
    target_lengths: Array,
    *,
    blank: int = 0,
    zero_infinity: bool = False,
    weights: Array | None = None,
    mask: Array | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Negative log-likelihood of label sequences under all their alignments with longer sequences of predictions.

    Connectionist temporal classification (Graves, Fernández, Gomez and Schmidhuber, "Connectionist temporal
    classification: labelling unsegmented sequence data with recurrent neural networks", 2006, equations 5 to 8), with
    the forward variables as logarithms. An alignment says a label or blank at each time; repeated ones are merged, then
    blanks removed.

    Parameters
    ----------
    predictions : array
        Logarithms of the probabilities of the labels, shape (time, batch, classes), as :func:`nn.log_softmax` gives
        them.
    targets : array
        Class numbers without blanks, integers of shape (batch, length); those past the end of a sequence are not read.
    prediction_lengths, target_lengths : array
        How many of the times and of the labels each sequence has, integers of shape (batch,).
    blank : int
        Class number of the blank.
    zero_infinity : bool
        Whether the loss of a target that has no alignment, being too long, is 0 rather than infinite.
    weights, mask, reduction
        As for every loss, see :mod:`nn.losses`; there is one loss for each sequence. For a mean each is first divided
        by the length of its target, as in PyTorch.

    Returns
    -------
    array
        Of the data type of the predictions; it is computed in single precision at least. Where a loss is infinite or
        zeroed the derivative is 0.

    Raises
    ------
    ValueError
        If a length or class number is out of range. As for :func:`nn.cross_entropy`, they are not checked where they
        are not known.

    Examples
    --------
    >>> import numpy
    >>> log_p = numpy.log(numpy.asarray([[[0.4, 0.6]], [[0.5, 0.5]]]))
    >>> one = numpy.asarray([1])
    >>> loss = ctc_loss(log_p, numpy.asarray([[1]]), 2 * one, one, reduction="none")
    >>> numpy.exp(-loss)  # all but twice the blank
    array([0.8])
    """
    _check(predictions, targets, prediction_lengths, target_lengths, blank)
    mask = mask_of_shape(mask, (predictions.shape[1],))
    predictions = without_masked(None if mask is None else mask[None, :, None], predictions)
    log_likelihoods = _log_likelihoods(predictions, targets, prediction_lengths, target_lengths, blank)
    xp = array_namespace(log_likelihoods)
    losses = xp.where(log_likelihoods > -math.inf, -log_likelihoods, 0.0 if zero_infinity else math.inf)
    if reduction == "mean":
        losses = losses / xp.astype(array_namespace(target_lengths).maximum(target_lengths, 1), losses.dtype)
    return reduced(xp.astype(losses, predictions.dtype, copy=False), weights, mask, reduction)


def _check(predictions: Array, targets: Array, prediction_lengths: Array, target_lengths: Array, blank: int) -> None:
    if predictions.ndim != 3 or not is_floating(predictions):
        raise ValueError(
            "predictions are of a floating-point data type and of shape (time, batch, classes), got "
            f"{predictions.dtype} of shape {tuple(predictions.shape)}"
        )
    times, batch, classes = predictions.shape
    if targets.ndim != 2 or targets.shape[0] != batch or kind(targets) != "integral":
        raise ValueError(
            f"targets are of integers and of shape ({batch}, length), as there are {batch} sequences of predictions, "
            f"got {targets.dtype} of shape {tuple(targets.shape)}"
        )
    if not 0 <= blank < classes:
        raise ValueError(f"blank is {blank}, expected a class number from 0 to {classes - 1}")
    for name, lengths, longest in (
        ("prediction_lengths", prediction_lengths, times),
        ("target_lengths", target_lengths, targets.shape[1]),
    ):
        if tuple(lengths.shape) != (batch,) or kind(lengths) != "integral":
            raise ValueError(
                f"{name} are of integers and of shape ({batch},), got {lengths.dtype} of shape {tuple(lengths.shape)}"
            )
        check_range(name, lengths, 0, longest)


def _log_likelihoods(
    predictions: Array, targets: Array, prediction_lengths: Array, target_lengths: Array, blank: int
) -> Array:
    """One for each sequence, by the recursion over times; ``-inf`` where there is no alignment."""
    xp, of_targets = array_namespace(predictions), array_namespace(targets)
    dtype, device = at_least_single(xp, predictions), device_of(predictions)
    _, batch, classes = predictions.shape
    states = _states(of_targets, targets, target_lengths, blank)
    check_range("class numbers", states, 0, classes - 1)
    count = states.shape[1]
    emitted = _EMITTED(xp.astype(predictions, dtype, copy=False), states)
    # From a label directly to the next one, unless the two would be merged.
    skips = of_targets.logical_and(states[:, 2:] != blank, states[:, 2:] != states[:, :-2])
    none = xp.full((batch, 2), -math.inf, dtype=dtype, device=device)

    # Before the first time only the first state, a blank, has been reached.
    reached = xp.where(
        xp.arange(count, device=device) == 0, xp.zeros((batch, 1), dtype=dtype, device=device), none[:, :1]
    )
    for time, emission in enumerate(xp.unstack(emitted)):
        stepped = xp.concat([none[:, :1], reached[:, :-1]], axis=1)
        skipped = xp.concat([none, xp.where(skips, reached[:, :-2], -math.inf)], axis=1)
        following = xp.logaddexp(xp.logaddexp(reached, stepped), skipped) + emission
        reached = xp.where(prediction_lengths[:, None] > time, following, reached)

    # An alignment ends in the last label or the blank after it.
    end = of_targets.astype(2 * target_lengths[:, None], states.dtype, copy=False)
    in_blank = xp.take_along_axis(reached, end, axis=1)
    in_label = xp.take_along_axis(reached, of_targets.maximum(end - 1, 0), axis=1)
    in_label = xp.where(end > 0, in_label, -math.inf)
    return xp.squeeze(xp.logaddexp(in_blank, in_label), axis=1)


def _emitted(xp: Namespace, predictions: Array, states: Array) -> Array:
    """What is predicted of each state, shape (time, batch, states)."""
    return xp.take_along_axis(predictions, xp.broadcast_to(states, (predictions.shape[0], *states.shape)), axis=2)


def _emitted_pull(xp: Namespace, t: Array, out: Array, shape: tuple[int, ...], states: Array) -> Array:
    # The states of a sequence are the same at all times: one product of matrices adds up those of one label.
    classes = xp.arange(shape[2], dtype=states.dtype, device=device_of(t))
    selection = xp.astype(xp.expand_dims(states, axis=-1) == classes, t.dtype)
    return xp.permute_dims(xp.matmul(xp.permute_dims(t, (1, 0, 2)), selection), (1, 0, 2))


_EMITTED = primitive(Linear("emitted", _emitted_pull, None), {}, definition=_emitted)


def _states(xp: Namespace, targets: Array, target_lengths: Array, blank: int) -> Array:
    """Each sequence of labels with blanks between, before and behind them, shape (batch, 2 * length + 1)."""
    dtype, device = index_dtype(xp), device_of(targets)
    batch, length = targets.shape
    if length == 0:
        # The recursion takes two states at least; no target reaches beyond the first.
        return xp.full((batch, 3), blank, dtype=dtype, device=device)
    positions = xp.arange(length, dtype=dtype, device=device)
    known = xp.where(positions < target_lengths[:, None], xp.astype(targets, dtype, copy=False), blank)
    blanks = xp.full_like(known, blank)
    return xp.concat([xp.reshape(xp.stack([blanks, known], axis=2), (batch, 2 * length)), blanks[:, :1]], axis=1)
