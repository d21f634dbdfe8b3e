"""Axes by name: patterns of `einops <https://einops.rocks>`_ as layers."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import ClassVar

from nn.module import Module
from nn.namespaces import Array

__all__ = ["Rearrange", "Reduce", "Repeat"]

if find_spec("einops"):
    # Makes einops take arrays of any namespace, whether these layers are used or its functions themselves.
    import_module("nn.named_axes")


class _Pattern(Module):
    function: ClassVar[str]

    def __init__(self, *arguments: str, **lengths: int) -> None:
        self.arguments, self.lengths = arguments, lengths
        self._found()

    def _found(self) -> Callable[..., Array]:
        try:
            function: Callable[..., Array] = getattr(import_module("einops"), self.function)
        except ImportError as error:
            raise ImportError(f"{type(self).__name__} needs einops; install it with `pip install einops`") from error
        return function

    def __call__(self, x: Array) -> Array:
        return self._found()(x, *self.arguments, **self.lengths)


class Rearrange(_Pattern):
    """``einops.rearrange`` as a layer: axes in another order, joined or divided.

    Parameters
    ----------
    pattern : str
        Such as ``"b (h w) c -> b c h w"``.
    **lengths : int
        Lengths of axes that the shape does not tell.

    Raises
    ------
    ImportError
        If einops is not installed.

    Examples
    --------
    >>> import numpy
    >>> Rearrange("b c (h w) -> b h w c", h=2)(numpy.ones((5, 3, 8))).shape
    (5, 2, 4, 3)
    """

    function = "rearrange"

    def __init__(self, pattern: str, **lengths: int) -> None:
        super().__init__(pattern, **lengths)


class Reduce(_Pattern):
    """``einops.reduce`` as a layer: what the right side of the pattern does not name is reduced.

    Parameters
    ----------
    pattern : str
        Such as ``"b c h w -> b c"``.
    reduction : {"min", "max", "sum", "mean", "prod", "any", "all"}
        By what.
    **lengths : int
        Lengths of axes that the shape does not tell.

    Raises
    ------
    ImportError
        If einops is not installed.

    Examples
    --------
    >>> import numpy
    >>> Reduce("b c h w -> b c", "mean")(numpy.ones((5, 3, 4, 4))).shape
    (5, 3)
    """

    function = "reduce"

    def __init__(self, pattern: str, reduction: str, **lengths: int) -> None:
        super().__init__(pattern, reduction, **lengths)


class Repeat(_Pattern):
    """``einops.repeat`` as a layer: new axes, along which the elements repeat.

    Parameters
    ----------
    pattern : str
        Such as ``"b c -> b time c"``.
    **lengths : int
        Lengths of the new axes.

    Raises
    ------
    ImportError
        If einops is not installed.

    Examples
    --------
    >>> import numpy
    >>> Repeat("b c -> b time c", time=7)(numpy.ones((5, 3))).shape
    (5, 7, 3)
    """

    function = "repeat"

    def __init__(self, pattern: str, **lengths: int) -> None:
        super().__init__(pattern, **lengths)
