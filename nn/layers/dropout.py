"""Dropout layers: the functions of ``nn.dropouts``, in training only."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import numpy

from nn.dropouts import alpha_dropout, dropout, dropout1d, dropout2d, dropout3d
from nn.module import Module
from nn.namespaces import Array

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d"]


class Dropout(Module):
    """:func:`nn.dropout` in training; in eval mode the input as it is.

    Parameters
    ----------
    p : float
        Probability with which an element is dropped, from 0 to 1.
    rng : numpy.random.Generator
        Says which; each call in training advances it. Layers may share one.

    Raises
    ------
    ValueError
        If `p` is no probability.

    Examples
    --------
    >>> import numpy
    >>> layer = Dropout(0.5, rng=numpy.random.default_rng(0))
    >>> layer(numpy.ones(8))
    array([0., 2., 0., 2., 0., 2., 0., 2.])
    >>> layer.eval()(numpy.ones(8))
    array([1., 1., 1., 1., 1., 1., 1., 1.])
    """

    function: ClassVar[Callable[..., Array]] = staticmethod(dropout)

    def __init__(self, p: float = 0.5, *, rng: numpy.random.Generator) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"p must be a probability, from 0 to 1, got {p}")
        self.p, self.rng = p, rng

    def __call__(self, x: Array) -> Array:
        return type(self).function(x, self.p, rng=self.rng) if self.training and self.p else x


class Dropout1d(Dropout):
    """:func:`nn.dropout1d`, which drops whole channels of sequences, in training.

    Examples
    --------
    >>> import numpy
    >>> Dropout1d(0.5, rng=numpy.random.default_rng(0))(numpy.ones((3, 2)))
    array([[0., 0.],
           [2., 2.],
           [0., 0.]])
    """

    function = staticmethod(dropout1d)


class Dropout2d(Dropout):
    """:func:`nn.dropout2d`, which drops whole channels of images, in training.

    Examples
    --------
    >>> import numpy
    >>> Dropout2d(0.5, rng=numpy.random.default_rng(0))(numpy.ones((4, 3, 8, 8))).shape
    (4, 3, 8, 8)
    """

    function = staticmethod(dropout2d)


class Dropout3d(Dropout):
    """:func:`nn.dropout3d`, which drops whole channels of volumes, in training.

    Examples
    --------
    >>> import numpy
    >>> Dropout3d(0.5, rng=numpy.random.default_rng(0))(numpy.ones((4, 3, 2, 8, 8))).shape
    (4, 3, 2, 8, 8)
    """

    function = staticmethod(dropout3d)


class AlphaDropout(Dropout):
    """:func:`nn.alpha_dropout`, for networks of :func:`nn.selu`, in training.

    Examples
    --------
    >>> import numpy
    >>> AlphaDropout(0.5, rng=numpy.random.default_rng(0))(numpy.zeros(4))
    array([-0.77919393,  0.77919393, -0.77919393,  0.77919393])
    """

    function = staticmethod(alpha_dropout)
