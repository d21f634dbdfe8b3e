"""Mixed precision: models computed in half precision, trained in single."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import numpy
import optree

from autodiff import WrapperNamespace, array_namespace
from nn.differentiation import bound
from nn.module import Module
from nn.namespaces import Array, Namespace, is_array, is_floating

__all__ = ["MixedPrecision", "mixed_precision"]

Tree = TypeVar("Tree")


class MixedPrecision:
    """How to compute in half precision; made by :func:`mixed_precision`.

    Attributes
    ----------
    scale : float
        What losses are multiplied by before they are differentiated, so that small gradients do not vanish in float16.
    """

    def __init__(
        self, dtype: str, *, scale: float, growth_interval: int, growth: float, backoff: float, least: float
    ) -> None:
        self.dtype, self.scale = dtype, scale
        self.growth_interval, self.growth, self.backoff, self.least = growth_interval, growth, backoff, least
        self.good_steps = 0

    def around(self, model: Module) -> Callable[..., Any]:
        """The model as a function that casts parameters and inputs to half precision, and results to single."""
        return _InHalf(model, self)

    def lower(self, tree: Tree) -> Tree:
        """Floating-point arrays of a tree in half precision."""
        lowered: Tree = _cast(tree, lambda xp: dtype_of(xp, self.dtype))
        return lowered

    def unscaled(self, grads: Mapping[str, Array]) -> dict[str, Array]:
        """Gradients of a loss, given those of the scaled loss."""
        return {name: grad * (1 / self.scale) for name, grad in grads.items()}

    def observe(self, finite: bool) -> None:
        """Adapt the scale: lower after gradients that overflowed, higher after many in a row that did not."""
        if not finite:
            self.scale, self.good_steps = max(self.scale * self.backoff, self.least), 0
            return
        self.good_steps += 1
        if self.good_steps == self.growth_interval:
            self.scale, self.good_steps = self.scale * self.growth, 0

    @property
    def exhausted(self) -> bool:
        """Whether the scale is the least already: gradients that are not finite now never will be."""
        return self.scale <= self.least

    def state_dict(self) -> dict[str, Any]:
        """What it remembers, by name."""
        return {"dtype": self.dtype, "scale": self.scale, "good_steps": self.good_steps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave.

        Raises
        ------
        ValueError
            If that was of another data type.
        """
        if state["dtype"] != self.dtype:
            raise ValueError(f"the state is that of mixed precision with {state['dtype']}, expected {self.dtype}")
        self.scale, self.good_steps = float(state["scale"]), int(state["good_steps"])

    def __repr__(self) -> str:
        return f"mixed_precision({self.dtype!r}, scale={self.scale:g})"


def mixed_precision(
    dtype: str = "float16",
    *,
    initial_scale: float = 2.0**16,
    growth_interval: int = 2000,
    growth: float = 2.0,
    backoff: float = 0.5,
) -> MixedPrecision:
    """Compute a model in half precision, and keep its parameters and the optimizer's state in single.

    For the ``precision`` of :func:`nn.fit`. The parameters of the model are the master weights; what the model is
    called with and what it returns is cast on the way, so that the loss is of single precision again.

    Parameters
    ----------
    dtype : {"float16", "bfloat16"}
        The lower precision. The namespace must have it: PyTorch, JAX and extensor have both (bfloat16 by `ml_dtypes`),
        NumPy has float16.
    initial_scale : float
        With float16, the first factor of the loss. It adapts: a step whose gradients are not finite is left out and the
        scale goes down.
    growth_interval : int
        After how many steps without that it goes up.
    growth, backoff : float
        By what factors.

    References
    ----------
    P. Micikevicius et al., "Mixed precision training", ICLR 2018.

    Examples
    --------
    >>> import nn, numpy
    >>> model = nn.Linear(2, 1, rng=numpy.random.default_rng(0), xp=numpy)
    >>> half = nn.mixed_precision("float16").around(model)
    >>> half(numpy.asarray([[0.1, 0.2]], dtype=numpy.float32)).dtype
    dtype('float32')
    """
    if dtype not in ("float16", "bfloat16"):
        raise ValueError(f"dtype is {dtype!r}, expected 'float16' or 'bfloat16'")
    if not (0 < backoff < 1 < growth and growth_interval >= 1 and initial_scale > 0):
        raise ValueError(
            "expected 0 < backoff < 1 < growth, growth_interval >= 1 and initial_scale > 0, got "
            f"{backoff=}, {growth=}, {growth_interval=}, {initial_scale=}"
        )
    if dtype == "bfloat16":
        # The range of bfloat16 is that of float32: nothing needs scaling.
        return MixedPrecision(dtype, scale=1.0, growth_interval=-1, growth=growth, backoff=backoff, least=1.0)
    return MixedPrecision(
        dtype, scale=initial_scale, growth_interval=growth_interval, growth=growth, backoff=backoff, least=2.0**-14
    )


class _InHalf:
    def __init__(self, model: Module, precision: MixedPrecision) -> None:
        self.model, self.precision = model, precision

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        lower = self.precision.lower
        params = {name: lower(parameter.data) for name, parameter in self.model.named_parameters()}
        # Infinities are what the scale of the loss is made for.
        with numpy.errstate(over="ignore", invalid="ignore"), bound(self.model, params):
            return _cast(self.model(*lower(args), **lower(kwargs)), lambda xp: xp.float32)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)


def _cast(tree: Any, dtype: Callable[[Namespace], Any]) -> Any:
    return optree.tree_map(partial(_cast_leaf, dtype), tree)


def _cast_leaf(dtype: Callable[[Namespace], Any], leaf: Any) -> Any:
    if not is_array(leaf) or not is_floating(leaf):
        return leaf
    xp = array_namespace(leaf)
    return xp.astype(leaf, dtype(xp), copy=False)


def dtype_of(xp: Namespace, name: str) -> Any:
    """The data type of a namespace by name.

    Raises
    ------
    TypeError
        If it has none.
    """
    while isinstance(xp, WrapperNamespace):
        xp = xp.inner
    dtype = getattr(xp, name, None)
    if dtype is None:
        raise TypeError(f"{xp.__name__} has no {name}, which mixed precision asks for; use another namespace")
    return dtype
