"""Dropout: in training some elements, or whole channels, are zero by chance.

NumPy draws what is dropped, so that one seed drops the same elements on every namespace. A call of one of these
functions takes one integer from the generator it is given and seeds a generator of its own with it: within
:func:`autodiff.checkpoint` both runs drop the same elements, and no mask is kept between them. Under ``vmap`` the
function runs once for all examples, which therefore share a mask.
"""

from __future__ import annotations

import math

import numpy

from autodiff import array_namespace, once
from autodiff.namespaces import device_of
from nn.namespaces import Array, Namespace

__all__ = ["alpha_dropout", "dropout", "dropout1d", "dropout2d", "dropout3d"]

_SATURATION = -1.0507009873554805 * 1.6732632423543772
"""What :func:`nn.selu` tends to on the left."""


def dropout(x: Array, p: float = 0.5, *, rng: numpy.random.Generator) -> Array:
    """Set elements to zero with probability `p`, and scale the others such that the mean stays (Srivastava et al.,
    "Dropout", JMLR 15, 2014).

    Parameters
    ----------
    x : array
        Of a floating-point data type.
    p : float
        Probability, from 0 to 1.
    rng : numpy.random.Generator
        Says which; it advances by one integer.

    Returns
    -------
    array
        Of the shape and data type of `x`.

    Raises
    ------
    ValueError
        If `p` is no probability.

    Examples
    --------
    >>> import numpy
    >>> dropout(numpy.ones(8), 0.5, rng=numpy.random.default_rng(0))
    array([0., 2., 0., 2., 0., 2., 0., 2.])
    """
    return _scaled(x, p, rng, x.shape)


def alpha_dropout(x: Array, p: float = 0.5, *, rng: numpy.random.Generator) -> Array:
    """Dropout that keeps mean 0 and variance 1 of what :func:`nn.selu` returns (Klambauer et al., "Self-normalizing
    neural networks", 2017): elements become the value to which that tends on the left, and the result is scaled and
    shifted.

    Parameters
    ----------
    x, p, rng
        As :func:`dropout` takes them.

    Returns
    -------
    array
        Of the shape and data type of `x`.

    Raises
    ------
    ValueError
        If `p` is no probability.

    Examples
    --------
    >>> import numpy
    >>> alpha_dropout(numpy.zeros(4), 0.5, rng=numpy.random.default_rng(0))
    array([-0.77919393,  0.77919393, -0.77919393,  0.77919393])
    """
    kept = _kept(p, rng, x.shape)
    if p == 1:
        return 0 * x
    scale = 1 / math.sqrt((1 - p) * (1 + p * _SATURATION**2))
    xp = array_namespace(x)
    shift = _constant(xp, scale * _SATURATION * (~kept - p), x)
    return xp.add(xp.multiply(x, _constant(xp, scale * kept, x)), shift)


def dropout1d(x: Array, p: float = 0.5, *, rng: numpy.random.Generator) -> Array:
    """:func:`dropout2d` of sequences, of shape (batch, channels, length) or (channels, length).

    Examples
    --------
    >>> import numpy
    >>> dropout1d(numpy.ones((3, 2)), 0.5, rng=numpy.random.default_rng(0))
    array([[0., 0.],
           [2., 2.],
           [0., 0.]])
    """
    return _of_channels(x, 1, p, rng)


def dropout2d(x: Array, p: float = 0.5, *, rng: numpy.random.Generator) -> Array:
    """Dropout of whole channels (Tompson et al., "Efficient object localization using convolutional networks", CVPR
    2015).

    Parameters
    ----------
    x : array
        Of shape (batch, channels, height, width) or (channels, height, width).
    p, rng
        As :func:`dropout` takes them.

    Returns
    -------
    array
        Of the shape and data type of `x`.

    Raises
    ------
    ValueError
        If `p` is no probability, or `x` has another number of axes.

    Examples
    --------
    >>> import numpy
    >>> dropout2d(numpy.ones((3, 1, 2)), 0.5, rng=numpy.random.default_rng(0))[:, 0, 0]
    array([0., 2., 0.])
    """
    return _of_channels(x, 2, p, rng)


def dropout3d(x: Array, p: float = 0.5, *, rng: numpy.random.Generator) -> Array:
    """:func:`dropout2d` of volumes, of shape (batch, channels, depth, height, width) or without the batch.

    Examples
    --------
    >>> import numpy
    >>> dropout3d(numpy.ones((3, 1, 1, 2)), 0.5, rng=numpy.random.default_rng(0))[:, 0, 0, 0]
    array([0., 2., 0.])
    """
    return _of_channels(x, 3, p, rng)


def _of_channels(x: Array, following: int, p: float, rng: numpy.random.Generator) -> Array:
    if x.ndim not in (following + 1, following + 2):
        raise ValueError(
            f"dropout{following}d takes arrays of {following + 1} or {following + 2} dimensions, got shape "
            f"{tuple(x.shape)}"
        )
    return _scaled(x, p, rng, x.shape[:-following] + (1,) * following)


def _scaled(x: Array, p: float, rng: numpy.random.Generator, shape: tuple[int, ...]) -> Array:
    kept = _kept(p, rng, shape)
    xp = array_namespace(x)
    return xp.multiply(x, _constant(xp, kept / (1 - p) if p < 1 else kept, x))


def _kept(p: float, rng: numpy.random.Generator, shape: tuple[int, ...]) -> numpy.ndarray:
    """True with probability ``1 - p``."""
    if not 0 <= p <= 1:
        raise ValueError(f"p must be a probability, from 0 to 1, got {p}")
    seed = once(lambda: int(rng.integers(2**63)))
    return numpy.random.default_rng(seed).random(tuple(shape)) >= p


def _constant(xp: Namespace, values: numpy.ndarray, x: Array) -> Array:
    return xp.asarray(values, dtype=x.dtype, device=device_of(x))
