"""The loss of sequences that are aligned with their targets in every possible way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autodiff import array_namespace, custom_vjp, primitive, stop_gradient
from autodiff.namespaces import device_of, kind
from autodiff.rules import Linear
from nn.attention import masked_softmax
from nn.indices import check_range
from nn.losses.reduction import (
    Reduction,
    in_single_precision,
    mask_of_shape,
    reduced,
    without_masked,
)
from nn.namespaces import Array, Namespace, index_dtype, is_array, is_floating

__all__ = ["ctc_loss"]


@in_single_precision
def ctc_loss(
    predictions: Array,
    targets: Array,
    prediction_lengths: Array | Sequence[int] | int,
    target_lengths: Array | Sequence[int] | int,
    *,
    blank: int = 0,
    zero_infinity: bool = False,
    sample_weight: Array | None = None,
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
        them; or of one sequence, shape (time, classes).
    targets : array
        Class numbers without blanks, integers of shape (batch, length), of which those past the end of a sequence are
        not read; or those of all sequences one after the other, of shape (sum of the lengths,).
    prediction_lengths, target_lengths : array or sequence of int
        How many of the times and of the labels each sequence has, integers of shape (batch,); a number for one
        sequence.
    blank : int
        Class number of the blank.
    zero_infinity : bool
        Whether the loss of a target that has no alignment, being too long, is 0 rather than infinite.
    sample_weight, mask, reduction
        As for every loss, see :mod:`nn.losses`; there is one loss for each sequence. For a mean each is first divided
        by the length of its target, as in PyTorch.

    Returns
    -------
    array
        Of the data type of the predictions. Where a loss is infinite or zeroed the derivative is 0.

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
    prediction_lengths, target_lengths = (_as_integers(x, targets) for x in (prediction_lengths, target_lengths))
    single = predictions.ndim == 2
    if single:
        predictions = array_namespace(predictions).expand_dims(predictions, axis=1)
        prediction_lengths, target_lengths = (
            array_namespace(x).reshape(x, (-1,)) for x in (prediction_lengths, target_lengths)
        )
    if targets.ndim == 1:
        targets = _padded(targets, target_lengths)
    _check(predictions, targets, prediction_lengths, target_lengths, blank)
    mask = mask_of_shape(mask, (predictions.shape[1],))
    predictions = without_masked(None if mask is None else mask[None, :, None], predictions)
    log_likelihoods = _log_likelihoods(predictions, targets, prediction_lengths, target_lengths, blank)
    xp = array_namespace(log_likelihoods)
    losses = xp.where(log_likelihoods > -math.inf, -log_likelihoods, 0.0 if zero_infinity else math.inf)
    if reduction == "mean":
        losses = losses / xp.astype(array_namespace(target_lengths).maximum(target_lengths, 1), losses.dtype)
    out = reduced(losses, sample_weight, mask, reduction)
    return xp.reshape(out, ()) if single else out


def _as_integers(lengths: Any, targets: Array) -> Array:
    if is_array(lengths):
        return lengths
    xp = array_namespace(targets)
    return xp.asarray(lengths, dtype=index_dtype(xp), device=device_of(targets))


def _padded(targets: Array, lengths: Array) -> Array:
    """Targets one after the other as rows, which end in labels that are not read."""
    xp = array_namespace(targets, lengths)
    total = int(xp.sum(lengths))
    if total != targets.shape[0]:
        raise ValueError(
            f"targets of shape {tuple(targets.shape)}, one after the other, need target_lengths that sum to "
            f"{targets.shape[0]}, got a sum of {total}"
        )
    longest = int(xp.max(lengths)) if total else 0
    starts = xp.cumulative_sum(lengths) - lengths
    places = starts[:, None] + xp.arange(longest, dtype=starts.dtype, device=device_of(targets))
    flat = xp.reshape(xp.minimum(places, max(total - 1, 0)), (-1,))
    return xp.reshape(xp.take(targets, flat, axis=0), (lengths.shape[0], longest))


def _check(predictions: Array, targets: Array, prediction_lengths: Array, target_lengths: Array, blank: int) -> None:
    if predictions.ndim != 3 or not is_floating(predictions):
        raise ValueError(
            "predictions are of a floating-point data type and of shape (time, batch, classes) or (time, classes), got "
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
    """One for each sequence; ``-inf`` where there is no alignment."""
    of_targets = array_namespace(targets)
    states = _states(of_targets, targets, target_lengths, blank)
    check_range("class numbers", states, 0, predictions.shape[2] - 1)
    # From a label directly to the next one, unless the two would be merged.
    skips = of_targets.logical_and(states[:, 2:] != blank, states[:, 2:] != states[:, :-2])
    # An alignment ends in the last label or the blank after it.
    numbers = of_targets.arange(states.shape[1], dtype=states.dtype, device=device_of(states))
    behind = of_targets.astype(2 * target_lengths[:, None], states.dtype, copy=False) - numbers
    ends = of_targets.logical_and(behind >= 0, behind <= 1)
    out: Array = _of_paths(_EMITTED(predictions, states), prediction_lengths, skips, ends)
    return out


@custom_vjp
def _of_paths(emitted: Array, lengths: Array, skips: Array, ends: Array) -> Array:
    """Logarithm of the sum of probabilities of all paths through the states, shape (batch,).

    What is emitted at each time in each state is of shape (time, batch, states). A path begins in one of the first two
    states, stays, goes to the next one, or skips that, and ends in one of the `ends`.
    """
    return _paths_from_start(emitted, lengths, skips, ends)[0]


def _paths_from_start(emitted: Array, lengths: Array, skips: Array, ends: Array) -> tuple[Array, Any]:
    xp = array_namespace(emitted, lengths, skips, ends)
    _, batch, count = emitted.shape
    none = xp.full((batch, 2), -math.inf, dtype=emitted.dtype, device=device_of(emitted))
    zeros = xp.zeros_like(none)
    # Before the first time only a state before the first has been reached, as if by a blank.
    reached = xp.concat([zeros[:, :1], xp.broadcast_to(none[:, :1], (batch, count - 1))], axis=1)
    visited = []
    for time, emission in enumerate(xp.unstack(emitted)):
        stepped = xp.concat([none[:, :1], reached[:, :-1]], axis=1)
        skipped = xp.concat([none, xp.where(skips, reached[:, :-2], -math.inf)], axis=1)
        following = xp.logaddexp(xp.logaddexp(reached, stepped), skipped) + emission
        visited.append(following)
        reached = xp.where(lengths[:, None] > time, following, reached)
    final = xp.where(ends, reached, -math.inf)
    largest = stop_gradient(xp.max(final, axis=1, keepdims=True))
    largest = xp.where(largest > -math.inf, largest, 0.0)
    total = xp.sum(xp.exp(final - largest), axis=1)
    possible = total > 0
    out = xp.where(possible, xp.log(xp.where(possible, total, 1.0)) + largest[:, 0], -math.inf)
    return out, (visited, emitted, lengths, skips, ends)


def _paths_from_end(residuals: Any, ct: Array) -> tuple[Array, None, None, None]:
    """The derivative by what is emitted: the probability that a path passes, given that it is one of these."""
    visited, emitted, lengths, skips, ends = residuals
    xp = array_namespace(ct, emitted, *visited)
    none = xp.full((emitted.shape[1], 2), -math.inf, dtype=emitted.dtype, device=device_of(emitted))
    rest = xp.where(ends, xp.zeros_like(none)[:, :1], -math.inf)
    logarithms: list[Any] = [None] * len(visited)
    for time in reversed(range(len(visited))):
        here = lengths[:, None] > time
        logarithms[time] = xp.where(here, visited[time] + rest, -math.inf)
        following = rest + emitted[time, ...]
        stepped = xp.concat([following[:, 1:], none[:, :1]], axis=1)
        skipped = xp.concat([xp.where(skips, following[:, 2:], -math.inf), none], axis=1)
        rest = xp.where(here, xp.logaddexp(xp.logaddexp(following, stepped), skipped), rest)
    if not logarithms:
        return xp.zeros_like(emitted), None, None, None
    # At each time a path passes one state.
    return xp.multiply(masked_softmax(xp.stack(logarithms)), ct[:, None]), None, None, None


_of_paths.defvjp(_paths_from_start, _paths_from_end)


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
