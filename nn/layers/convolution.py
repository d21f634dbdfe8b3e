"""Convolution of images with weights that are learned, and its transpose."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy

from nn import init
from nn.convolution import (
    conv1d,
    conv2d,
    conv3d,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    padding_pairs,
)
from nn.module import Module
from nn.namespaces import Array, Namespace, floating_dtype, namespace_or_default
from nn.padding import pad
from nn.windows import Sizes, per_axis

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

_KAIMING_UNIFORM = init.kaiming_uniform()

_PADDING_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}
"""PyTorch's names of what :func:`nn.functional.pad` does, which has others there, too."""


class _Weighted(Module):
    """What all of these hold; the channels are those of `weight`, whose first axis is not divided into groups."""

    weight: Array
    bias: Array | None

    def _draw(
        self,
        channels: tuple[int, int],
        out_channels: int,
        size: tuple[int, ...],
        groups: int,
        *,
        bias: bool,
        rng: numpy.random.Generator,
        xp: Namespace | None,
        dtype: Any,
        weight_init: init.Initializer,
    ) -> None:
        if groups < 1 or any(n % groups for n in channels):
            raise ValueError(f"groups must divide the channels, got groups={groups} for {channels}")
        xp = namespace_or_default(xp)
        dtype = floating_dtype(xp, dtype)
        first, second = channels
        self.weight = weight_init(rng, (first, second // groups, *size), dtype, xp)
        self.bias = xp.zeros((out_channels,), dtype=dtype) if bias else None


class _Conv(_Weighted):
    ndim: ClassVar[int]
    function: ClassVar[Any]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        *,
        stride: Sizes = 1,
        padding: Sizes | str = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        rng: numpy.random.Generator,
        xp: Namespace | None = None,
        dtype: Any = None,
        weight_init: init.Initializer = _KAIMING_UNIFORM,
    ) -> None:
        if padding_mode not in _PADDING_MODES:
            raise ValueError(f"padding_mode must be one of {', '.join(_PADDING_MODES)}, got {padding_mode!r}")
        size = per_axis("kernel_size", kernel_size, self.ndim)
        self.stride, self.dilation = (per_axis("stride", stride, self.ndim), per_axis("dilation", dilation, self.ndim))
        padding_pairs(padding, size, self.stride, self.dilation)
        self.padding, self.groups, self.padding_mode = padding, groups, padding_mode
        channels = out_channels, in_channels
        self._draw(
            channels, out_channels, size, groups, bias=bias, rng=rng, xp=xp, dtype=dtype, weight_init=weight_init
        )

    def __call__(self, x: Array) -> Array:
        padding = self.padding
        if self.padding_mode != "zeros":
            pairs = padding_pairs(padding, self.weight.shape[2:], self.stride, self.dilation)
            x = pad(x, [n for pair in reversed(pairs) for n in pair], _PADDING_MODES[self.padding_mode])
            padding = 0
        return type(self).function(x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_Conv):
    """Convolution of sequences: :class:`Conv2d` with one axis.

    Examples
    --------
    >>> import numpy
    >>> layer = Conv1d(2, 4, 3, padding="same", rng=numpy.random.default_rng(0), xp=numpy)
    >>> layer(numpy.ones((5, 2, 7))).shape
    (5, 4, 7)
    """

    ndim = 1
    function = staticmethod(conv1d)


class Conv2d(_Conv):
    """Convolution of images with kernels that are learned.

    Parameters
    ----------
    in_channels, out_channels
        Number of channels of the images and of the result.
    kernel_size
        Height and width of a kernel, or one number for both. ``weight`` has shape (out_channels, in_channels / groups,
        height, width), as in PyTorch.
    stride, padding, dilation, groups
        As :func:`nn.functional.conv2d` takes them.
    bias
        Whether to add a bias to each channel; it starts at zero.
    padding_mode
        What the padding is: "zeros", or the image itself, as :func:`nn.functional.pad` makes it: "reflect",
        "replicate" or "circular".
    rng
        Draws the weight; the same generator state gives the same weight on every namespace.
    xp
        Namespace of the parameters; None for ``extensor``.
    dtype
        Data type of the parameters; None for ``xp.float32``.
    weight_init
        Any initializer of :mod:`nn.init`.

    References
    ----------
    Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition", Proceedings
    of the IEEE 86 (1998).

    Examples
    --------
    >>> import numpy
    >>> layer = Conv2d(3, 8, 5, stride=2, padding=2, rng=numpy.random.default_rng(0), xp=numpy)
    >>> layer.weight.shape
    (8, 3, 5, 5)
    >>> layer(numpy.ones((4, 3, 28, 28))).shape
    (4, 8, 14, 14)
    """

    ndim = 2
    function = staticmethod(conv2d)


class Conv3d(_Conv):
    """Convolution of volumes: :class:`Conv2d` with three axes.

    Examples
    --------
    >>> import numpy
    >>> layer = Conv3d(2, 4, (1, 3, 3), rng=numpy.random.default_rng(0), xp=numpy)
    >>> layer(numpy.ones((5, 2, 4, 4, 4))).shape
    (5, 4, 4, 2, 2)
    """

    ndim = 3
    function = staticmethod(conv3d)


class _ConvTranspose(_Weighted):
    ndim: ClassVar[int]
    function: ClassVar[Any]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        *,
        stride: Sizes = 1,
        padding: Sizes = 0,
        output_padding: Sizes = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Sizes = 1,
        padding_mode: str = "zeros",
        rng: numpy.random.Generator,
        xp: Namespace | None = None,
        dtype: Any = None,
        weight_init: init.Initializer = _KAIMING_UNIFORM,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f"padding_mode must be 'zeros' for a transposed convolution, got {padding_mode!r}")
        size = per_axis("kernel_size", kernel_size, self.ndim)
        self.stride, self.padding, self.output_padding = stride, padding, output_padding
        self.groups, self.dilation = groups, dilation
        channels = in_channels, out_channels
        self._draw(
            channels, out_channels, size, groups, bias=bias, rng=rng, xp=xp, dtype=dtype, weight_init=weight_init
        )

    def __call__(self, x: Array) -> Array:
        options = self.stride, self.padding, self.output_padding, self.groups, self.dilation
        return type(self).function(x, self.weight, self.bias, *options)


class ConvTranspose1d(_ConvTranspose):
    """Transposed convolution of sequences: :class:`ConvTranspose2d` with one axis.

    Examples
    --------
    >>> import numpy
    >>> layer = ConvTranspose1d(4, 2, 4, stride=2, padding=1, rng=numpy.random.default_rng(0), xp=numpy)
    >>> layer(numpy.ones((5, 4, 7))).shape
    (5, 2, 14)
    """

    ndim = 1
    function = staticmethod(conv_transpose1d)


class ConvTranspose2d(_ConvTranspose):
    """Transposed convolution with kernels that are learned, which makes images larger.

    Parameters
    ----------
    in_channels, out_channels
        Number of channels of the images and of the result.
    kernel_size
        Height and width of a kernel, or one number for both. ``weight`` has shape (in_channels, out_channels / groups,
        height, width), as in PyTorch.
    stride, padding, output_padding, groups, dilation
        As :func:`nn.functional.conv_transpose2d` takes them.
    padding_mode
        "zeros", the only one that there is.
    bias, rng, xp, dtype, weight_init
        As :class:`Conv2d` takes them.

    Examples
    --------
    >>> import numpy
    >>> layer = ConvTranspose2d(8, 3, 4, stride=2, padding=1, rng=numpy.random.default_rng(0), xp=numpy)
    >>> layer(numpy.ones((5, 8, 14, 14))).shape
    (5, 3, 28, 28)
    """

    ndim = 2
    function = staticmethod(conv_transpose2d)


class ConvTranspose3d(_ConvTranspose):
    """Transposed convolution of volumes: :class:`ConvTranspose2d` with three axes.

    Examples
    --------
    >>> import numpy
    >>> layer = ConvTranspose3d(4, 2, 2, stride=2, rng=numpy.random.default_rng(0), xp=numpy)
    >>> layer(numpy.ones((5, 4, 3, 3, 3))).shape
    (5, 2, 6, 6, 6)
    """

    ndim = 3
    function = staticmethod(conv_transpose3d)
