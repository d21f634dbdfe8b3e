"""Pooling: each window of an image becomes its mean or its largest element."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from autodiff import array_namespace
from nn import pooling
from nn.layers.function import layer_of
from nn.module import Module
from nn.namespaces import Array

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]


_pool = partial(layer_of, module=__name__, required=("kernel_size",))
_lp = partial(layer_of, module=__name__, required=("norm_type", "kernel_size"))
_unpool = partial(layer_of, module=__name__, required=("kernel_size",), per_call=("output_size",))
_adaptive = partial(layer_of, module=__name__, required=("output_size",))

MaxPool1d = _pool("MaxPool1d", pooling.max_pool1d)
MaxPool2d = _pool("MaxPool2d", pooling.max_pool2d)
MaxPool3d = _pool("MaxPool3d", pooling.max_pool3d)
AvgPool1d = _pool("AvgPool1d", pooling.avg_pool1d)
AvgPool2d = _pool("AvgPool2d", pooling.avg_pool2d)
AvgPool3d = _pool("AvgPool3d", pooling.avg_pool3d)
LPPool1d = _lp("LPPool1d", pooling.lp_pool1d)
LPPool2d = _lp("LPPool2d", pooling.lp_pool2d)
LPPool3d = _lp("LPPool3d", pooling.lp_pool3d)
MaxUnpool1d = _unpool("MaxUnpool1d", pooling.max_unpool1d)
MaxUnpool2d = _unpool("MaxUnpool2d", pooling.max_unpool2d)
MaxUnpool3d = _unpool("MaxUnpool3d", pooling.max_unpool3d)
AdaptiveAvgPool1d = _adaptive("AdaptiveAvgPool1d", pooling.adaptive_avg_pool1d)
AdaptiveAvgPool2d = _adaptive("AdaptiveAvgPool2d", pooling.adaptive_avg_pool2d)
AdaptiveAvgPool3d = _adaptive("AdaptiveAvgPool3d", pooling.adaptive_avg_pool3d)
AdaptiveMaxPool1d = _adaptive("AdaptiveMaxPool1d", pooling.adaptive_max_pool1d)
AdaptiveMaxPool2d = _adaptive("AdaptiveMaxPool2d", pooling.adaptive_max_pool2d)
AdaptiveMaxPool3d = _adaptive("AdaptiveMaxPool3d", pooling.adaptive_max_pool3d)


class _GlobalPool(Module):
    reduction: ClassVar[str]

    def __init__(self, *, keepdims: bool = False) -> None:
        self.keepdims = keepdims

    def __call__(self, x: Array) -> Array:
        reduce = getattr(array_namespace(x), self.reduction)
        return reduce(x, axis=tuple(range(2, x.ndim)), keepdims=self.keepdims)


class GlobalAvgPool(_GlobalPool):
    """Mean of each channel, of images of any number of dimensions.

    Parameters
    ----------
    keepdims
        Whether the axes of the image stay, with length one; otherwise the result has shape (batch, channels).

    References
    ----------
    M. Lin, Q. Chen, S. Yan, "Network in network", ICLR 2014, section 3.2.

    Examples
    --------
    >>> import numpy
    >>> GlobalAvgPool()(numpy.reshape(numpy.arange(8.0), (1, 2, 2, 2)))
    array([[1.5, 5.5]])
    """

    reduction = "mean"


class GlobalMaxPool(_GlobalPool):
    """Largest element of each channel, of images of any number of dimensions.

    Parameters
    ----------
    keepdims
        Whether the axes of the image stay, with length one; otherwise the result has shape (batch, channels).

    Examples
    --------
    >>> import numpy
    >>> GlobalMaxPool(keepdims=True)(numpy.reshape(numpy.arange(8.0), (1, 2, 2, 2)))
    array([[[[3.]],
    <BLANKLINE>
            [[7.]]]])
    """

    reduction = "max"
