"""Recurrent networks: a state goes from step to step, and each step sees one more element of a sequence.

A step, of :mod:`nn.recurrence`, takes two sums, both of which have a part for each gate: what the input says,
``x @ weight_ih.T + bias_ih``, which is computed for all times at once, and what the state says, ``h @ weight_hh.T +
bias_hh``. Names, shapes and the order of gates are PyTorch's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy

from autodiff import array_namespace
from autodiff.namespaces import device_of
from nn import init, recurrence
from nn.layers.dropout import Dropout
from nn.module import Module
from nn.namespaces import Array, Namespace, floating_dtype, index_dtype, is_array, namespace_or_default
from nn.recurrence import Kind, State

__all__ = ["GRU", "LSTM", "RNN", "GRUCell", "LSTMCell", "RNNCell"]


def _elman(nonlinearity: str) -> Kind:
    if nonlinearity not in recurrence.ELMAN:
        raise ValueError(f"nonlinearity must be one of {', '.join(recurrence.ELMAN)}, got {nonlinearity!r}")
    return recurrence.ELMAN[nonlinearity]


class _Recurrent(Module):
    """What cells and layers share: weights by name, and a step with them."""

    kind: Kind
    hidden_size: int
    out_size: int
    """Length of the hidden state, which an LSTM may project to a smaller one."""

    def _draw(
        self,
        suffix: str,
        input_size: int,
        bias: bool,
        rng: numpy.random.Generator,
        xp: Namespace | None,
        dtype: Any,
        weight_init: init.Initializer | None,
    ) -> None:
        xp = namespace_or_default(xp)
        dtype = floating_dtype(xp, dtype)
        bound = max(self.hidden_size, 1) ** -0.5
        weight_init = weight_init or init.uniform(-bound, bound)
        rows = self.kind.gates * self.hidden_size
        setattr(self, f"weight_ih{suffix}", weight_init(rng, (rows, input_size), dtype, xp))
        setattr(self, f"weight_hh{suffix}", weight_init(rng, (rows, self.out_size), dtype, xp))
        for name in ("bias_ih", "bias_hh"):
            setattr(self, f"{name}{suffix}", xp.zeros((rows,), dtype=dtype) if bias else None)
        if self.out_size != self.hidden_size:
            setattr(self, f"weight_hr{suffix}", weight_init(rng, (self.out_size, self.hidden_size), dtype, xp))

    def _product(self, xp: Namespace, x: Array, which: str) -> Array:
        product = xp.matmul(x, xp.matrix_transpose(getattr(self, f"weight_{which}")))
        bias = getattr(self, f"bias_{which}", None)
        return product if bias is None else xp.add(product, bias)

    def _given(self, state: Any) -> State:
        return () if state is None else (state,) if self.kind.states == 1 else tuple(state)

    def _initial(self, xp: Namespace, given: State, shape: tuple[int, ...], like: Array) -> State:
        """The state that the caller passes, zeros by default; `shape` is without its last axis."""
        shapes = [(*shape, size) for size in (self.out_size, self.hidden_size)[: self.kind.states]]
        if not given:
            return tuple([xp.zeros(shape, dtype=like.dtype, device=device_of(like)) for shape in shapes])
        if (got := [tuple(array.shape) for array in given]) != shapes:
            raise ValueError(f"{type(self).__name__} takes a state of shape {_listed(shapes)} here, got {_listed(got)}")
        return given

    def _shown(self, state: State) -> Any:
        return state[0] if self.kind.states == 1 else state


def _listed(shapes: Sequence[tuple[int, ...]]) -> str:
    return " and ".join(map(str, shapes))


class _Cell(_Recurrent):
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        *,
        bias: bool = True,
        rng: numpy.random.Generator,
        xp: Namespace | None = None,
        dtype: Any = None,
        weight_init: init.Initializer | None = None,
    ) -> None:
        self.input_size, self.hidden_size, self.out_size = input_size, hidden_size, hidden_size
        self._draw("", input_size, bias, rng, xp, dtype, weight_init)

    def __call__(self, x: Array, state: Any = None) -> Any:
        if x.ndim not in (1, 2) or x.shape[-1] != self.input_size:
            raise ValueError(
                f"{type(self).__name__} takes arrays of shape (batch, {self.input_size}) or ({self.input_size},), got "
                f"{tuple(x.shape)}"
            )
        given = self._given(state)
        xp = array_namespace(x, self.weight_ih, *given)
        from_x = self._product(xp, x, "ih")
        state = self._initial(xp, given, tuple(x.shape[:-1]), from_x)
        return self._shown(self.kind.forward(xp, from_x, self._product(xp, state[0], "hh"), state)[0])


class RNNCell(_Cell):
    """One step of an :class:`RNN`: ``tanh(x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh)``.

    Called with an array of shape (batch, input_size) or (input_size,), and with the hidden state, of shape (batch,
    hidden_size) or (hidden_size,), by default zeros; returns the next state.

    Parameters
    ----------
    input_size, hidden_size : int
        Length of the input and of the state.
    nonlinearity : {"tanh", "relu"}
        What is applied to the sum.
    bias, rng, xp, dtype, weight_init
        As :class:`RNN` takes them.

    Raises
    ------
    ValueError
        If there is no such nonlinearity; when called, if a shape does not fit.

    Examples
    --------
    >>> import numpy
    >>> cell = RNNCell(3, 4, rng=numpy.random.default_rng(0), xp=numpy)
    >>> h = cell(numpy.ones((2, 3)))
    >>> cell(numpy.ones((2, 3)), h).shape
    (2, 4)
    """

    def __init__(self, input_size: int, hidden_size: int, *, nonlinearity: str = "tanh", **options: Any) -> None:
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, **options)

    @property
    def kind(self) -> Kind:  # type: ignore[override]
        return _elman(self.nonlinearity)


class LSTMCell(_Cell):
    """One step of an :class:`LSTM`.

    Called with an array of shape (batch, input_size) or (input_size,), and with a pair ``(h, c)``, both of shape
    (batch, hidden_size) or (hidden_size,), by default zeros; returns the next pair.

    Parameters
    ----------
    input_size, hidden_size : int
        Length of the input and of both parts of the state.
    bias, rng, xp, dtype, weight_init
        As :class:`RNN` takes them.

    Raises
    ------
    ValueError
        When called, if a shape does not fit.

    Examples
    --------
    >>> import numpy
    >>> cell = LSTMCell(3, 4, rng=numpy.random.default_rng(0), xp=numpy)
    >>> h, c = cell(numpy.ones((2, 3)))
    >>> h, c = cell(numpy.ones((2, 3)), (h, c))
    >>> h.shape, c.shape
    ((2, 4), (2, 4))
    """

    kind = recurrence.LSTM


class GRUCell(_Cell):
    """One step of a :class:`GRU`.

    Called with an array of shape (batch, input_size) or (input_size,), and with the hidden state, of shape (batch,
    hidden_size) or (hidden_size,), by default zeros; returns the next state.

    Parameters
    ----------
    input_size, hidden_size : int
        Length of the input and of the state.
    bias, rng, xp, dtype, weight_init
        As :class:`RNN` takes them.

    Raises
    ------
    ValueError
        When called, if a shape does not fit.

    Examples
    --------
    >>> import numpy
    >>> cell = GRUCell(3, 4, rng=numpy.random.default_rng(0), xp=numpy)
    >>> cell(numpy.ones((2, 3)), numpy.zeros((2, 4))).shape
    (2, 4)
    """

    kind = recurrence.GRU


class _Layers(_Recurrent):
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        rng: numpy.random.Generator,
        xp: Namespace | None = None,
        dtype: Any = None,
        weight_init: init.Initializer | None = None,
    ) -> None:
        if num_layers < 1:
            raise ValueError(f"num_layers must be positive, got {num_layers}")
        if not 0 <= proj_size < max(hidden_size, 1):
            raise ValueError(
                f"proj_size must be smaller than hidden_size={hidden_size}, or 0 for none, got {proj_size}"
            )
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.out_size = proj_size or hidden_size
        self.batch_first, self.bidirectional = batch_first, bidirectional
        self.dropout = Dropout(dropout, rng=rng)
        for layer in range(num_layers):
            size = self.out_size * (1 + bidirectional) if layer else input_size
            for suffix in self._suffixes(layer):
                self._draw(suffix, size, bias, rng, xp, dtype, weight_init)

    def _suffixes(self, layer: int) -> list[str]:
        return [f"_l{layer}{direction}" for direction in ("", "_reverse")[: 1 + self.bidirectional]]

    def __call__(self, x: Array, state: Any = None, *, lengths: Any = None) -> tuple[Array, Any]:
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size:
            axes = "batch, time" if self.batch_first else "time, batch"
            raise ValueError(
                f"{type(self).__name__} takes arrays of shape ({axes}, {self.input_size}) or (time, "
                f"{self.input_size}), got {tuple(x.shape)}"
            )
        given = self._given(state)
        xp = array_namespace(x, self.weight_ih_l0, lengths, *given)
        time_axis = 1 if x.ndim == 3 and self.batch_first else 0
        # Within, time is the first axis and the batch, of one if there is none, the second.
        x, single = xp.moveaxis(x, time_axis, 0), x.ndim == 2
        if not x.shape[0]:
            raise ValueError(f"{type(self).__name__} takes sequences of at least one element, got none")
        given = self._initial(xp, given, (self.num_layers * (1 + self.bidirectional), *x.shape[1:-1]), x)
        if single:
            x, given = xp.expand_dims(x, axis=1), tuple([xp.expand_dims(part, axis=1) for part in given])
        present = None if lengths is None else self._present(xp, x, lengths)

        pending: Iterator[State] = zip(*map(xp.unstack, given), strict=True)
        final: list[State] = []
        for layer in range(self.num_layers):
            if layer:
                x = self.dropout(x)
            outs = []
            for suffix in self._suffixes(layer):
                out, last = self._run(xp, x, next(pending), suffix, present)
                outs.append(out)
                final.append(last)
            x = xp.concat(outs, axis=-1) if self.bidirectional else outs[0]
        state = tuple([xp.stack(parts) for parts in zip(*final, strict=True)])
        if single:
            x, state = xp.squeeze(x, axis=1), tuple([xp.squeeze(part, axis=1) for part in state])
        return xp.moveaxis(x, 0, time_axis), self._shown(state)

    def _run(self, xp: Namespace, x: Array, state: State, suffix: str, present: Array | None) -> tuple[Array, State]:
        """Outputs at all times and the last state, in one layer and direction."""
        return recurrence.scan(
            self.kind,
            self._product(xp, x, f"ih{suffix}"),
            getattr(self, f"weight_hh{suffix}"),
            getattr(self, f"bias_hh{suffix}"),
            getattr(self, f"weight_hr{suffix}") if self.out_size != self.hidden_size else None,
            state,
            present,
            backwards=suffix.endswith("_reverse"),
        )

    def _present(self, xp: Namespace, x: Array, lengths: Any) -> Array:
        """For each time which examples have an element, shape (time, batch, 1)."""
        if not is_array(lengths):
            lengths = xp.asarray(lengths, dtype=index_dtype(xp), device=device_of(x))
        if math.prod(lengths.shape) != x.shape[1]:
            raise ValueError(f"lengths must be one for each of {x.shape[1]} examples, got shape {tuple(lengths.shape)}")
        times = xp.arange(x.shape[0], dtype=lengths.dtype, device=device_of(x))
        return xp.reshape(times, (-1, 1, 1)) < xp.reshape(lengths, (-1, 1))


class RNN(_Layers):
    """Recurrent layers of the simplest kind (Elman, "Finding structure in time", Cognitive Science 14, 1990):
    ``h = tanh(x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh)`` at each time.

    Parameters
    ----------
    input_size, hidden_size : int
        Length of the input at each time, and of the hidden state.
    num_layers : int
        How many layers; each sees the states of the one below.
    nonlinearity : {"tanh", "relu"}
        What is applied to the sum.
    bias : bool
        Whether there are biases; they start at zero.
    batch_first : bool
        Whether the input and the output have shape (batch, time, ...) rather than (time, batch, ...).
    dropout : float
        Probability with which, in training, a state is hidden from the layer above.
    bidirectional : bool
        Whether a second network runs from the end to the beginning; the output has the states of both.
    rng : numpy.random.Generator
        Draws the weights, and what is dropped.
    xp : namespace, optional
        Namespace of the parameters; None for ``extensor``.
    dtype : optional
        Data type of the parameters; None for ``xp.float32``.
    weight_init : Initializer, optional
        Any initializer of :mod:`nn.init`; by default PyTorch's, uniform up to ``1 / sqrt(hidden_size)``.

    Raises
    ------
    ValueError
        If an option is not one of those; when called, if a shape does not fit.

    Notes
    -----
    ``layer(x, state=None, *, lengths=None)`` takes

    - an array of shape (time, batch, input_size), or without the batch;
    - the hidden states at the beginning, of shape (num_layers, batch, hidden_size), zeros by default. Those of two
      directions follow each other: there are ``2 * num_layers`` then;
    - how long each example is, an array or a list of shape (batch,), in the place of PyTorch's packed sequences. What
      follows the end of an example does not matter: the output there is zero, the last state is that at its end, and
      the backward direction begins there.

    It returns the hidden states of the last layer at all times, of shape (time, batch, hidden_size), twice as long for
    two directions, and those of all layers at the end, of the shape of `state`.

    Examples
    --------
    >>> import numpy
    >>> layer = RNN(3, 4, num_layers=2, rng=numpy.random.default_rng(0), xp=numpy)
    >>> out, h = layer(numpy.ones((7, 2, 3)), lengths=[7, 5])
    >>> out.shape, h.shape
    ((7, 2, 4), (2, 2, 4))
    >>> list(layer.state_dict())[:4]
    ['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0']
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, *, nonlinearity: str = "tanh", **options: Any
    ) -> None:
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, **options)

    @property
    def kind(self) -> Kind:  # type: ignore[override]
        return _elman(self.nonlinearity)


class LSTM(_Layers):
    """Long short-term memory (Hochreiter, Schmidhuber, Neural Computation 9, 1997, with the forget gate of Gers et al.,
    Neural Computation 12, 2000): a cell keeps its state but for what gates let in and out.

    Parameters
    ----------
    input_size, hidden_size, num_layers
        As :class:`RNN` takes them.
    proj_size : int
        Length to which the hidden state is projected (Sak et al., "Long short-term memory based recurrent neural
        network architectures for large vocabulary speech recognition", 2014); 0 for none.
    bias, batch_first, dropout, bidirectional, rng, xp, dtype, weight_init
        As :class:`RNN` takes them.

    Raises
    ------
    ValueError
        If `proj_size` is not smaller than `hidden_size`; when called, if a shape does not fit.

    Notes
    -----
    Called as :class:`RNN`, but that a state is a pair ``(h, c)``; the cell state ``c`` is never projected. Parts of the
    weights are in the order input, forget, cell and output gate.

    Examples
    --------
    >>> import numpy
    >>> layer = LSTM(3, 4, bidirectional=True, rng=numpy.random.default_rng(0), xp=numpy)
    >>> out, (h, c) = layer(numpy.ones((7, 2, 3)))
    >>> out.shape, h.shape, c.shape
    ((7, 2, 8), (2, 2, 4), (2, 2, 4))
    """

    kind = recurrence.LSTM


class GRU(_Layers):
    """Gated recurrent unit (Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP 2014), with
    the reset gate after the product, as cuDNN and PyTorch have it.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, rng, xp, dtype, weight_init
        As :class:`RNN` takes them.

    Raises
    ------
    ValueError
        When called, if a shape does not fit.

    Notes
    -----
    Called as :class:`RNN`. Parts of the weights are in the order reset, update and new.

    Examples
    --------
    >>> import numpy
    >>> layer = GRU(3, 4, batch_first=True, rng=numpy.random.default_rng(0), xp=numpy)
    >>> out, h = layer(numpy.ones((2, 7, 3)))
    >>> out.shape, h.shape
    ((2, 7, 4), (1, 2, 4))
    """

    kind = recurrence.GRU
