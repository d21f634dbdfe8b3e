"""Layers that make images larger or smaller, and that move elements between channels and the image."""

from __future__ import annotations

from collections.abc import Sequence

from nn import rearrangement
from nn.interpolation import interpolate
from nn.layers.function import layer_of
from nn.module import Module
from nn.namespaces import Array

__all__ = [
    "ChannelShuffle",
    "Fold",
    "PixelShuffle",
    "PixelUnshuffle",
    "Unfold",
    "Upsample",
    "UpsamplingBilinear2d",
    "UpsamplingNearest2d",
]

Upsample = layer_of("Upsample", interpolate, __name__)

PixelShuffle = layer_of("PixelShuffle", rearrangement.pixel_shuffle, __name__, required=("upscale_factor",))
PixelUnshuffle = layer_of("PixelUnshuffle", rearrangement.pixel_unshuffle, __name__, required=("downscale_factor",))
ChannelShuffle = layer_of("ChannelShuffle", rearrangement.channel_shuffle, __name__, required=("groups",))
Unfold = layer_of("Unfold", rearrangement.unfold, __name__, required=("kernel_size",))
Fold = layer_of("Fold", rearrangement.fold, __name__, required=("output_size", "kernel_size"))


class _Upsampling2d(Module):
    mode: str
    align_corners: bool | None

    def __init__(
        self, size: int | Sequence[int] | None = None, scale_factor: float | Sequence[float] | None = None
    ) -> None:
        self.size, self.scale_factor = size, scale_factor

    def __call__(self, x: Array) -> Array:
        return interpolate(x, self.size, self.scale_factor, self.mode, self.align_corners)


class UpsamplingNearest2d(_Upsampling2d):
    """:func:`nn.interpolate` of images with the mode "nearest".

    Examples
    --------
    >>> import numpy
    >>> UpsamplingNearest2d(scale_factor=2)(numpy.asarray([[[[1.0, 2.0]]]]))
    array([[[[1., 1., 2., 2.],
             [1., 1., 2., 2.]]]])
    """

    mode, align_corners = "nearest", None


class UpsamplingBilinear2d(_Upsampling2d):
    """:func:`nn.interpolate` of images with the mode "bilinear", whose corners stay where they are.

    Examples
    --------
    >>> import numpy
    >>> UpsamplingBilinear2d((1, 3))(numpy.asarray([[[[1.0, 2.0]]]]))
    array([[[[1. , 1.5, 2. ]]]])
    """

    mode, align_corners = "bilinear", True
