"""Padding of images at their edges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from nn.module import Module
from nn.namespaces import Array
from nn.padding import pad

__all__ = ["CircularPad2d", "ReflectionPad2d", "ReplicationPad2d", "ZeroPad2d"]


class _Pad2d(Module):
    mode: ClassVar[str]

    def __init__(self, padding: int | Sequence[int]) -> None:
        self.padding = (padding,) * 4 if isinstance(padding, int) else tuple(padding)

    def __call__(self, x: Array) -> Array:
        return pad(x, self.padding, self.mode)


class ZeroPad2d(_Pad2d):
    """Adds zeros at the edges of images.

    Parameters
    ----------
    padding
        How many come to the left, to the right, above and below, as in PyTorch; or one number for all.

    Examples
    --------
    >>> import numpy
    >>> ZeroPad2d((1, 0, 0, 1))(numpy.ones((1, 1, 1, 2)))
    array([[[[0., 1., 1.],
             [0., 0., 0.]]]])
    """

    mode = "constant"


class ReflectionPad2d(_Pad2d):
    """Mirrors images at their edges; takes what :class:`ZeroPad2d` takes.

    Examples
    --------
    >>> import numpy
    >>> ReflectionPad2d((1, 1, 0, 0))(numpy.asarray([[[[1.0, 2.0]]]]))
    array([[[[2., 1., 2., 1.]]]])
    """

    mode = "reflect"


class ReplicationPad2d(_Pad2d):
    """Repeats the edges of images; takes what :class:`ZeroPad2d` takes.

    Examples
    --------
    >>> import numpy
    >>> ReplicationPad2d((1, 1, 0, 0))(numpy.asarray([[[[1.0, 2.0]]]]))
    array([[[[1., 1., 2., 2.]]]])
    """

    mode = "replicate"


class CircularPad2d(_Pad2d):
    """Continues images with what is at the other end; takes what :class:`ZeroPad2d` takes.

    Examples
    --------
    >>> import numpy
    >>> CircularPad2d((1, 1, 0, 0))(numpy.asarray([[[[1.0, 2.0, 3.0]]]]))
    array([[[[3., 1., 2., 3., 1.]]]])
    """

    mode = "circular"
