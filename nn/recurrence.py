"""Steps of recurrent networks, and backpropagation through time.

A step makes a state of the one before it and of two sums, which both have a part for each gate: what the input says,
and what the state says, ``h @ weight.T + bias``. :func:`scan` goes through all times, and has a derivative of its own:
on its way back it visits each step once, and finds the derivative by the weights in the end, for all times at once
(Werbos, "Backpropagation through time: what it does and how to do it", Proceedings of the IEEE 78, 1990).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import zip_longest
from typing import Any, NamedTuple, TypeAlias

import numpy

from autodiff import array_namespace, custom_vjp
from autodiff.namespaces import device_of
from nn.namespaces import Array, Namespace

__all__ = ["ELMAN", "GRU", "LSTM", "Kind", "State", "scan"]

State: TypeAlias = tuple[Array, ...]
"""The hidden state, and that of the cell if there is one."""


class Kind(NamedTuple):
    """A kind of step."""

    gates: int
    states: int
    forward: Callable[[Namespace, Array, Array, State], tuple[State, Any]]
    """``(xp, from_x, from_h, state) -> (state, kept)``, where `kept` is for the way back."""
    backward: Callable[[Namespace, Any, State], tuple[Array, Array, State]]
    """``(xp, kept, state_ct) -> (from_x_ct, from_h_ct, before_ct)``: the last is of the state before, sums apart."""


def _parts(x: Array, count: int) -> list[Array]:
    size = x.shape[-1] // count
    return [x[..., i * size : (i + 1) * size] for i in range(count)]


def _sigmoid(xp: Namespace, x: Array) -> Array:
    """The hyperbolic tangent in other coordinates, which takes fewer passes over the array than by an exponential."""
    return 0.5 * xp.tanh(0.5 * x) + 0.5


def _tanh_forward(xp: Namespace, from_x: Array, from_h: Array, state: State) -> tuple[State, Any]:
    h = xp.tanh(xp.add(from_x, from_h))
    return (h,), h


def _tanh_backward(xp: Namespace, h: Any, state_ct: State) -> tuple[Array, Array, State]:
    ct = xp.multiply(state_ct[0], 1 - h * h)
    return ct, ct, (None,)


def _relu_forward(xp: Namespace, from_x: Array, from_h: Array, state: State) -> tuple[State, Any]:
    h = xp.maximum(xp.add(from_x, from_h), 0.0)
    return (h,), h


def _relu_backward(xp: Namespace, h: Any, state_ct: State) -> tuple[Array, Array, State]:
    ct = xp.where(h > 0, state_ct[0], 0.0)
    return ct, ct, (None,)


def _lstm_forward(xp: Namespace, from_x: Array, from_h: Array, state: State) -> tuple[State, Any]:
    # All gates by one hyperbolic tangent; of the third, the candidate, it is that itself.
    scale, shift = (
        xp.asarray(numpy.repeat(values, from_h.shape[-1] // 4), dtype=from_h.dtype, device=device_of(from_h))
        for values in ([0.5, 0.5, 1.0, 0.5], [0.5, 0.5, 0.0, 0.5])
    )
    centred = xp.multiply(xp.tanh(xp.multiply(xp.add(from_x, from_h), scale)), scale)
    gates = xp.add(centred, shift)
    enter, keep, candidate, show = _parts(gates, 4)
    cell = xp.add(xp.multiply(keep, state[1]), xp.multiply(enter, candidate))
    shown = xp.tanh(cell)
    return (xp.multiply(show, shown), cell), (centred, scale, gates, shown, state[1])


def _lstm_backward(xp: Namespace, kept: Any, state_ct: State) -> tuple[Array, Array, State]:
    (centred, scale, gates, shown, before), (h_ct, cell_ct) = kept, state_ct
    enter, keep, candidate, show = _parts(gates, 4)
    cell_ct = xp.add(cell_ct, xp.multiply(xp.multiply(h_ct, show), 1 - shown * shown))
    gates_ct = xp.concat(
        [
            xp.multiply(cell_ct, candidate),
            xp.multiply(cell_ct, before),
            xp.multiply(cell_ct, enter),
            xp.multiply(h_ct, shown),
        ],
        axis=-1,
    )
    ct = xp.multiply(gates_ct, xp.subtract(xp.multiply(scale, scale), xp.multiply(centred, centred)))
    return ct, ct, (None, xp.multiply(cell_ct, keep))


def _gru_forward(xp: Namespace, from_x: Array, from_h: Array, state: State) -> tuple[State, Any]:
    size = from_h.shape[-1] // 3
    gates = _sigmoid(xp, xp.add(from_x[..., : 2 * size], from_h[..., : 2 * size]))
    reset, update = _parts(gates, 2)
    new_h = from_h[..., 2 * size :]
    new = xp.tanh(xp.add(from_x[..., 2 * size :], xp.multiply(reset, new_h)))
    difference = xp.subtract(state[0], new)
    return (xp.add(new, xp.multiply(update, difference)),), (gates, new_h, new, difference)


def _gru_backward(xp: Namespace, kept: Any, state_ct: State) -> tuple[Array, Array, State]:
    (gates, new_h, new, difference), (h_ct,) = kept, state_ct
    reset, update = _parts(gates, 2)
    before_ct = xp.multiply(h_ct, update)
    new_ct = xp.multiply(xp.subtract(h_ct, before_ct), 1 - new * new)
    gates_ct = xp.concat([xp.multiply(new_ct, new_h), xp.multiply(h_ct, difference)], axis=-1)
    gates_ct = xp.multiply(gates_ct, xp.multiply(gates, 1 - gates))
    from_x_ct = xp.concat([gates_ct, new_ct], axis=-1)
    return from_x_ct, xp.concat([gates_ct, xp.multiply(new_ct, reset)], axis=-1), (before_ct,)


ELMAN = {"tanh": Kind(1, 1, _tanh_forward, _tanh_backward), "relu": Kind(1, 1, _relu_forward, _relu_backward)}
LSTM = Kind(4, 2, _lstm_forward, _lstm_backward)
GRU = Kind(3, 1, _gru_forward, _gru_backward)


@dataclass(frozen=True)
class _Way:
    kind: Kind
    backwards: bool

    def times(self, count: int) -> Sequence[int]:
        """The order in which times are visited."""
        return range(count - 1, -1, -1) if self.backwards else range(count)


def scan(
    kind: Kind,
    from_x: Array,
    weight: Array,
    bias: Array | None,
    projection: Array | None,
    state: State,
    present: Array | None,
    *,
    backwards: bool,
) -> tuple[Array, State]:
    """Hidden states at all times, and the last state.

    Parameters
    ----------
    kind : Kind
    from_x : array
        What the input says, shape (time, batch, gates * hidden).
    weight, bias : array
        What the state says is ``h @ weight.T + bias``; no bias for None.
    projection : array or None
        Matrix, transposed, of a product of each hidden state.
    state : tuple of array
        The first one.
    present : array or None
        Bools, shape (time, batch, 1): where there is an element. Elsewhere the state stays and what is shown is zero.
    backwards : bool
        Whether to go from the last time to the first.
    """
    out: tuple[Array, State] = _scan(from_x, weight, bias, projection, state, present, _Way(kind, backwards))
    return out


@custom_vjp
def _scan(
    from_x: Array,
    weight: Array,
    bias: Array | None,
    projection: Array | None,
    state: State,
    present: Array | None,
    way: _Way,
) -> tuple[Array, State]:
    return _forward(from_x, weight, bias, projection, state, present, way)[0]


class _Visit(NamedTuple):
    """What the way back reads of a step."""

    time: int
    before: Array
    unprojected: Array
    kept: Any


def _forward(
    from_x: Array,
    weight: Array,
    bias: Array | None,
    projection: Array | None,
    state: State,
    present: Array | None,
    way: _Way,
) -> tuple[tuple[Array, State], Any]:
    xp = array_namespace(from_x, weight, bias, projection, *state)
    transposed = xp.matrix_transpose(weight)
    steps = xp.unstack(from_x)
    here = None if present is None else array_namespace(present).unstack(present)
    outs: list[Any] = [None] * len(steps)
    visits = []
    for time in way.times(len(steps)):
        before = state
        from_h = xp.matmul(before[0], transposed)
        from_h = from_h if bias is None else xp.add(from_h, bias)
        state, kept = way.kind.forward(xp, steps[time], from_h, before)
        visits.append(_Visit(time, before[0], state[0], kept))
        if projection is not None:
            state = (xp.matmul(state[0], xp.matrix_transpose(projection)), *state[1:])
        outs[time] = state[0]
        if here is not None:
            outs[time] = xp.where(here[time], state[0], 0.0)
            state = tuple([xp.where(here[time], *pair) for pair in zip(state, before, strict=True)])
    return (xp.stack(outs), state), (visits, weight, bias is not None, projection, here, way)


def _backward(residuals: Any, cts: tuple[Array, State]) -> tuple[Any, ...]:
    (visits, weight, has_bias, projection, here, way), (outs_ct, state_ct) = residuals, cts
    xp = array_namespace(outs_ct, *state_ct, weight)
    outs_cts = xp.unstack(outs_ct)
    visits = visits[::-1]
    from_x_cts: list[Any] = [None] * len(visits)
    from_h_cts, h_cts = [], []
    for time, _, _, kept in visits:
        out_ct, stays = outs_cts[time], ()
        if here is not None:
            stays = tuple([xp.where(here[time], 0.0, ct) for ct in state_ct])
            out_ct = xp.where(here[time], out_ct, 0.0)
            state_ct = tuple([xp.where(here[time], ct, 0.0) for ct in state_ct])
        h_ct = xp.add(state_ct[0], out_ct)
        h_cts.append(h_ct)
        if projection is not None:
            h_ct = xp.matmul(h_ct, projection)
        from_x_cts[time], from_h_ct, before_ct = way.kind.backward(xp, kept, (h_ct, *state_ct[1:]))
        from_h_cts.append(from_h_ct)
        terms = zip_longest([xp.matmul(from_h_ct, weight)], before_ct, stays)
        state_ct = tuple([reduce(xp.add, [ct for ct in cts if ct is not None]) for cts in terms])

    def product(cts: Sequence[Array], operands: Sequence[Array]) -> Array:
        """What is given to a matrix, of all times at once."""
        return xp.matmul(xp.matrix_transpose(xp.concat(cts, axis=0)), xp.concat(operands, axis=0))

    return (
        xp.stack(from_x_cts),
        product(from_h_cts, [visit.before for visit in visits]),
        xp.sum(xp.concat(from_h_cts, axis=0), axis=0) if has_bias else None,
        None if projection is None else product(h_cts, [visit.unprojected for visit in visits]),
        state_ct,
        None,
        None,
    )


_scan.defvjp(_forward, _backward)
