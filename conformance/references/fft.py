"""Discrete Fourier transforms, summed as they are defined."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

from conformance.literals import Array
from conformance.references.shapes import build, normalized, slices
from conformance.ulp import CONTEXT, exact

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

Transform = Callable[[list[Any], int], list[Any]]
"""Of the elements along an axis, with the length of the transform."""


@cache
def root(k: int, n: int) -> Any:
    """The k-th power of the primitive n-th root of unity."""
    return CONTEXT.expjpi(CONTEXT.mpf(2 * k) / n)


def fit(values: list[Any], n: int) -> list[Any]:
    """The first ``n`` elements, with zeros after the last where there are fewer."""
    return values[:n] + [exact(0)] * (n - len(values))


def forward(values: list[Any], n: int) -> list[Any]:
    """``sum(x[j] * exp(-2 pi i j k / n))`` over j, for each k."""
    values = fit(values, n)
    return [CONTEXT.fdot((value, root(-j * k % n, n)) for j, value in enumerate(values)) for k in range(n)]


def inverse(values: list[Any], n: int) -> list[Any]:
    """``sum(x[j] * exp(2 pi i j k / n))`` over j, for each k."""
    transformed = forward(values, n)
    return [transformed[-k % n] for k in range(n)]


def half(values: list[Any], n: int) -> list[Any]:
    """The terms of the transform of a real signal that do not follow from its symmetry."""
    return forward(values, n)[: n // 2 + 1]


def symmetric(values: list[Any], n: int) -> list[Any]:
    """The n terms, of which all beyond the middle are conjugates of those before."""
    first = fit(values, n // 2 + 1)
    return first + [CONTEXT.conj(first[n - k]) for k in range(n // 2 + 1, n)]


def from_half(values: list[Any], n: int) -> list[Any]:
    """The real signal of half a transform."""
    return [value.real for value in inverse(symmetric(values, n), n)]


def to_spectrum(values: list[Any], n: int) -> list[Any]:
    """The real spectrum of half a symmetric signal."""
    return [value.real for value in forward(symmetric(values, n), n)]


def half_inverse(values: list[Any], n: int) -> list[Any]:
    """The half of the symmetric signal of a real spectrum."""
    return inverse(values, n)[: n // 2 + 1]


def along(x: Array, axis: int, transform: Transform, n: int) -> Array:
    """The array transformed along an axis."""
    columns = {rest: transform(values, n) for rest, values in slices(x, (axis,)).items()}
    length = len(transform([exact(0)], n))
    shape = (*x.shape[:axis], length, *x.shape[axis + 1 :])
    return build(shape, lambda index: columns[index[:axis] + index[axis + 1 :]][index[axis]])


def normalization(norm: str, n: int, inverts: bool) -> Any:
    """The factor of a transform of n elements."""
    if norm == "ortho":
        return 1 / CONTEXT.sqrt(n)
    return exact(Fraction(1, n)) if (norm == "forward") != inverts else exact(1)


def several(transform: Transform, last: Transform, *, inverts: bool = False) -> Callable[..., Array]:
    """The function that transforms along several axes, in a way of its own along the last of them."""

    def function(x: Array, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Array:
        axes = normalized(axes, x.ndim)
        out = x._replace(values=tuple(map(exact, x.values)))
        factor = exact(1)
        for position, (axis, n) in enumerate(zip(axes, s or [-1] * len(axes), strict=True), 1):
            step = last if position == len(axes) else transform
            length = n if n != -1 else 2 * (x.shape[axis] - 1) if step in HALVED else x.shape[axis]
            out = along(out, axis, step, length)
            factor *= normalization(norm, length, inverts)
        scale = float(factor) * sum(map(abs, x.values))  # Errors count against all that is summed.
        return Array(out.shape, tuple(value * factor for value in out.values), scales=(scale,) * out.size)

    return function


def one(transform: Transform, *, inverts: bool = False) -> Callable[..., Array]:
    """The function that transforms along one axis."""
    transformed = several(transform, transform, inverts=inverts)

    def function(x: Array, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Array:
        return transformed(x, s=n and (n,), axes=(axis,), norm=norm)

    return function


HALVED = (from_half, to_spectrum)
"""These take half of a symmetric array: of length n // 2 + 1."""

fft = one(forward)
ifft = one(inverse, inverts=True)
rfft = one(half)
irfft = one(from_half, inverts=True)
hfft = one(to_spectrum)
ihfft = one(half_inverse, inverts=True)

fftn = several(forward, forward)
ifftn = several(inverse, inverse, inverts=True)
rfftn = several(forward, half)
irfftn = several(inverse, from_half, inverts=True)


def fftfreq(n: int, *, d: float = 1.0, dtype: Any = None) -> Array:
    """Frequencies of a transform, the negative ones last."""
    cycles = [*range((n + 1) // 2), *range(-(n // 2), 0)]
    return Array((n,), tuple(k / (exact(d) * n) for k in cycles))


def rfftfreq(n: int, *, d: float = 1.0, dtype: Any = None) -> Array:
    """Frequencies of the half transform."""
    return Array((n // 2 + 1,), tuple(k / (exact(d) * n) for k in range(n // 2 + 1)))


def rolled(x: Array, axes: Any, shift: Callable[[int], int]) -> Array:
    """The array with its elements moved around along axes, by as much as the length of each says."""
    chosen = normalized(axes, x.ndim)
    shifts = [shift(n) if axis in chosen else 0 for axis, n in enumerate(x.shape)]
    return build(x.shape, lambda index: x[tuple(i - by for i, by in zip(index, shifts, strict=True))])


def fftshift(x: Array, *, axes: Any = None) -> Array:
    """Frequency zero moved to the middle."""
    return rolled(x, axes, lambda n: n // 2)


def ifftshift(x: Array, *, axes: Any = None) -> Array:
    """Frequency zero moved back from the middle."""
    return rolled(x, axes, lambda n: -(n // 2))
