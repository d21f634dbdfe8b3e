"""Rules of Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from autodiff.namespaces import device_of, is_complex
from autodiff.rules.kinds import RealLinear, Rule, axes_of, real_part

_OPPOSITE = {"backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The norm under which the other direction is scaled as this one is."""


def _as_complex(t: Any) -> Any:
    # The tangent and the cotangent of a complex array are real where nothing complex has met them.
    return t if is_complex(t) else t + 0j


def _fit(xp: Any, t: Any, shape: tuple[int, ...]) -> Any:
    """Cut or pad with zeros at the end of each axis: the transpose of what a transform of another length does first."""
    t = t[tuple([slice(0, min(pair)) for pair in zip(t.shape, shape, strict=True)])]
    for axis, n in enumerate(shape):
        if t.shape[axis] < n:
            missing = (*t.shape[:axis], n - t.shape[axis], *t.shape[axis + 1 :])
            t = xp.concat([t, xp.zeros(missing, dtype=t.dtype, device=device_of(t))], axis=axis)
    return t


def _complex_transform(name: str) -> Rule:
    """Transform from complex to complex numbers: a symmetric matrix, after a fit to the transform's length."""
    function_in = attrgetter(name)

    def push(xp: Any, t: Any, out: Any, shape: Any, **params: Any) -> Any:
        return function_in(xp)(_as_complex(t), **params)

    def pull(xp: Any, t: Any, out: Any, shape: Any, *, n: Any = None, s: Any = None, **params: Any) -> Any:
        if s is not None and params.get("axes") is None:
            params["axes"] = tuple(range(-len(s), 0))
        return _fit(xp, function_in(xp)(_as_complex(t), **params), shape)

    return RealLinear(name, push, pull)


def _rfft_push(xp: Any, t: Any, out: Any, shape: Any, **params: Any) -> Any:
    return xp.fft.rfft(t, **params)


def _rfft_pull(
    xp: Any, t: Any, out: Any, shape: Any, *, n: int | None = None, axis: int = -1, norm: str = "backward"
) -> Any:
    n = shape[axis] if n is None else n
    return _fit(xp, xp.real(xp.fft.fft(_as_complex(t), n=n, axis=axis, norm=norm)), shape)


def _irfft_push(xp: Any, t: Any, out: Any, shape: Any, **params: Any) -> Any:
    return xp.fft.irfft(_as_complex(t), **params)


def _irfft_pull(
    xp: Any, t: Any, out: Any, shape: Any, *, n: int | None = None, axis: int = -1, norm: str = "backward"
) -> Any:
    n = 2 * (shape[axis] - 1) if n is None else n
    t = real_part(xp, t)
    half = xp.fft.rfft(t, axis=axis, norm=_OPPOSITE[norm])
    # Every element stands also for its mirror image, save the first and, of an even length, the last.
    position = xp.arange(half.shape[axis], device=device_of(t))
    images = xp.where((position == 0) | (2 * position == n), xp.ones_like(position), 2)
    along = [1] * len(shape)
    along[axis] = -1
    weights = xp.astype(xp.reshape(images, tuple(along)), t.dtype)
    return _fit(xp, xp.conj(half * weights), shape)


def _lengths_and_axes(x: Any, s: Any, axes: Any) -> list[tuple[Any, int]]:
    if axes is None:
        axes = range(-x.ndim if s is None else -len(s), 0)
    lengths = [None] * len(axes) if s is None else [None if n == -1 else n for n in s]
    return list(zip(lengths, axes, strict=True))


def _rfftn(xp: Any, x: Any, /, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Any:
    *rest, (n, axis) = _lengths_and_axes(x, s, axes)
    x = xp.fft.rfft(x, n=n, axis=axis, norm=norm)
    for n, axis in rest:
        x = xp.fft.fft(x, n=n, axis=axis, norm=norm)
    return x


def _irfftn(xp: Any, x: Any, /, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Any:
    *rest, (last, last_axis) = _lengths_and_axes(x, s, axes)
    for n, axis in rest:
        x = xp.fft.ifft(x, n=n, axis=axis, norm=norm)
    return xp.fft.irfft(x, n=last, axis=last_axis, norm=norm)


def _hfft(xp: Any, x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    return xp.fft.irfft(xp.conj(x), n=n, axis=axis, norm=_OPPOSITE[norm])


def _ihfft(xp: Any, x: Any, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Any:
    return xp.conj(xp.fft.rfft(x, n=n, axis=axis, norm=_OPPOSITE[norm]))


def _shift(sign: int, xp: Any, x: Any, /, *, axes: Any = None) -> Any:
    axes = axes_of(x.shape, axes)
    return xp.roll(x, tuple([sign * (x.shape[axis] // 2) for axis in axes]), axis=axes)


RULES: tuple[Rule, ...] = (
    *[_complex_transform(f"fft.{name}") for name in ("fft", "ifft", "fftn", "ifftn")],
    RealLinear("fft.rfft", _rfft_push, _rfft_pull),
    RealLinear("fft.irfft", _irfft_push, _irfft_pull),
)

COMPOSITES: dict[str, Callable[..., Any]] = {
    "fft.fftshift": lambda xp, x, /, **params: _shift(1, xp, x, **params),
    "fft.hfft": _hfft,
    "fft.ifftshift": lambda xp, x, /, **params: _shift(-1, xp, x, **params),
    "fft.ihfft": _ihfft,
    "fft.irfftn": _irfftn,
    "fft.rfftn": _rfftn,
}
