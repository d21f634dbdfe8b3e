"""The Fourier transform extension. Single precision stays single; integers count as ``float64``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import numpy

from .array import ExTensor, routed, unwrap, wrap
from .dtypes import DType, resolve
from .kernels import named

__all__ = [
    "fft",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfftn",
    "rfft",
    "rfftfreq",
    "rfftn",
]

Norm: TypeAlias = Literal["backward", "ortho", "forward"]

_ONE = """{summary}

Parameters
----------
x : ExTensor
    Array with one axis or more.
n : int, optional
    Number of elements to transform: more are cut off, fewer filled up with zeros.
axis : int
    The axis.
norm : {{"backward", "ortho", "forward"}}
    Whether the inverse, both or the forward transform divide, by the number of elements or ("ortho") its root.

Raises
------
ValueError
    If `n` is less than one, or there is no such axis or norm.

Examples
--------
>>> import extensor as xp
>>> print(xp.fft.{name}(xp.asarray({given})))
{gives}
"""

_MANY = """{summary}

Parameters
----------
x : ExTensor
    Array with as many axes.
s : sequence of int, optional
    Number of elements along each axis: more are cut off, fewer filled up with zeros.
axes : sequence of int, optional
    The axes; by default the last ones for which there is an `s`, or all.
norm : {{"backward", "ortho", "forward"}}
    Whether the inverse, both or the forward transform divide, by the number of elements or ("ortho") its root.

Raises
------
ValueError
    If a number in `s` is less than one, or there is no such axis or norm.

Examples
--------
>>> import extensor as xp
>>> print(xp.fft.{name}(xp.asarray({given})))
{gives}
"""


def _along_one(name: str, kernel: Callable[..., Any], summary: str, given: str, gives: str) -> Callable[..., ExTensor]:
    @routed
    def function(x: Any, /, *, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> ExTensor:
        return wrap(kernel(unwrap(x), n, axis, norm))

    return named(function, name, _ONE.format(name=name, summary=summary, given=given, gives=gives))


def _along_many(name: str, kernel: Callable[..., Any], summary: str, given: str, gives: str) -> Callable[..., ExTensor]:
    @routed
    def function(
        x: Any, /, *, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: Norm = "backward"
    ) -> ExTensor:
        if axes is None and s is not None:
            axes = range(-len(s), 0)
        return wrap(kernel(unwrap(x), s, axes, norm))

    return named(function, name, _MANY.format(name=name, summary=summary, given=given, gives=gives))


fft = _along_one("fft", numpy.fft.fft, "Discrete Fourier transform along an axis.", "[1, 1]", "[2.+0.j 0.+0.j]")
ifft = _along_one("ifft", numpy.fft.ifft, "Inverse of :func:`fft`.", "[2, 0]", "[1.+0.j 1.+0.j]")
rfft = _along_one("rfft", numpy.fft.rfft, "First half of `fft` of real elements.", "[1, 1]", "[2.+0.j 0.+0.j]")
irfft = _along_one("irfft", numpy.fft.irfft, "Inverse of `rfft`; `n` counts elements out.", "[2, 0]", "[1. 1.]")
hfft = _along_one("hfft", numpy.fft.hfft, "Real `fft` of the first half; `n` counts elements out.", "[1, 0]", "[1. 1.]")
ihfft = _along_one("ihfft", numpy.fft.ihfft, "Inverse of `hfft`.", "[1, 1]", "[1.-0.j 0.-0.j]")

fftn = _along_many("fftn", numpy.fft.fftn, "Discrete Fourier transform along axes.", "[[1, 1]]", "[[2.+0.j 0.+0.j]]")
ifftn = _along_many("ifftn", numpy.fft.ifftn, "Inverse of `fftn`.", "[[2, 0]]", "[[1.+0.j 1.+0.j]]")
rfftn = _along_many("rfftn", numpy.fft.rfftn, "Half of `fftn` of real elements.", "[[1, 1]]", "[[2.+0.j 0.+0.j]]")
irfftn = _along_many("irfftn", numpy.fft.irfftn, "Inverse of `rfftn`; `s` sizes the result.", "[[2, 0]]", "[[1. 1.]]")


def fftfreq(n: int, /, *, d: float = 1.0, dtype: DType | None = None, device: Any = None) -> ExTensor:
    """Frequencies of the elements of :func:`fft`, in cycles per unit of the spacing.

    Parameters
    ----------
    n : int
        Number of elements.
    d : float
        Spacing of samples.
    dtype : dtype, optional
        Data type, by default ``float64``.
    device : "cpu", optional
        Device of the array.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.fft.fftfreq(4)
    ExTensor([ 0.  ,  0.25, -0.5 , -0.25], dtype=float64)
    """
    return wrap(numpy.fft.fftfreq(n, d).astype(resolve(dtype, device)))


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: DType | None = None, device: Any = None) -> ExTensor:
    """Frequencies of the elements of :func:`rfft`; parameters as in :func:`fftfreq`.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.fft.rfftfreq(4)
    ExTensor([0.  , 0.25, 0.5 ], dtype=float64)
    """
    return wrap(numpy.fft.rfftfreq(n, d).astype(resolve(dtype, device)))


@routed
def fftshift(x: Any, /, *, axes: int | Sequence[int] | None = None) -> ExTensor:
    """The elements with frequency zero moved to the middle, along axes, by default all.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.fft.fftshift(xp.asarray([0, 1, 2, -2, -1]))
    ExTensor([-2, -1,  0,  1,  2], dtype=int64)
    """
    return wrap(numpy.fft.fftshift(unwrap(x), axes))


@routed
def ifftshift(x: Any, /, *, axes: int | Sequence[int] | None = None) -> ExTensor:
    """Inverse of :func:`fftshift`.

    Examples
    --------
    >>> import extensor as xp
    >>> xp.fft.ifftshift(xp.asarray([-2, -1, 0, 1, 2]))
    ExTensor([ 0,  1,  2, -2, -1], dtype=int64)
    """
    return wrap(numpy.fft.ifftshift(unwrap(x), axes))
