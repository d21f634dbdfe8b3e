"""The arrays of a model: parameters, which are trained, and buffers, which are not."""

from __future__ import annotations

from typing import Any

from autodiff import BatchedValueError, WrappedArray
from nn.namespaces import Array

__all__ = ["Buffer", "Parameter"]


class Parameter:
    """An array that is trained.

    Modules hold one for each array that is set as an attribute; ``module.weight`` is its data. Set the same Parameter
    in two places to tie them: both see one array, and its gradient is the sum over the places.

    Parameters
    ----------
    data : array
        The values.
    grad : array, optional
        The gradient that :func:`nn.backward` has accumulated since the last ``zero_grad()``; None is zero.
    requires_grad : bool
        False for one that is frozen: it has no gradient and optimizers leave it as it is.

    Examples
    --------
    >>> import nn, numpy
    >>> layer = nn.Linear(2, 1, rng=numpy.random.default_rng(0), xp=numpy, bias=False)
    >>> layer.weight = Parameter(numpy.asarray([[1.0, 2.0]]), requires_grad=False)
    >>> layer.weight, dict(layer.named_parameters())
    (array([[1., 2.]]), {'weight': Parameter(shape=(1, 2), dtype=float64, requires_grad=False)})
    """

    __slots__ = ("data", "grad", "requires_grad")

    def __init__(self, data: Array, grad: Array | None = None, requires_grad: bool = True) -> None:
        self.data = data
        self.grad = grad
        self.requires_grad = requires_grad

    def __repr__(self) -> str:
        return f"Parameter({_describe(self.data)}, requires_grad={self.requires_grad})"


class Buffer:
    """An array that belongs to the state of a model and is not trained, such as a running mean.

    Parameters
    ----------
    data : array
        The values. What a layer sets while it is differentiated is kept as a plain array: derivatives end here, and
        one that has a value for each example of ``vmap`` is refused.
    persistent : bool
        Whether the state dict has it. False for what can be computed again, such as a mask.

    Examples
    --------
    >>> import nn, numpy
    >>> class Counter(nn.Module):
    ...     def __init__(self):
    ...         self.calls = Buffer(numpy.asarray(0))
    ...
    ...     def __call__(self, x):
    ...         self.calls = self.calls + 1
    ...         return x
    >>> counter = Counter()
    >>> counter(counter("x")), counter.calls.item(), list(counter.named_parameters())
    ('x', 2, [])
    """

    __slots__ = ("_data", "persistent")

    def __init__(self, data: Array, persistent: bool = True) -> None:
        self.data = data
        self.persistent = persistent

    @property
    def data(self) -> Array:
        """The values."""
        return self._data

    @data.setter
    def data(self, data: Array) -> None:
        while isinstance(data, WrappedArray):
            if data.shape != data.primal.shape:
                raise BatchedValueError(
                    "a buffer would have a value for each example of vmap; put the module in eval mode, or keep no "
                    "running statistics"
                )
            data = data.primal
        self._data = data

    def __repr__(self) -> str:
        return f"Buffer({_describe(self.data)})"


def _describe(data: Any) -> str:
    return f"shape={tuple(data.shape)}, dtype={data.dtype}" if hasattr(data, "shape") else repr(data)
