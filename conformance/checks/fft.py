"""Checks of the extension for Fourier transforms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from conformance.checking import Check
from conformance.checks.drawing import arrays, axes, case, optional, shapes, single_axis, to_precision
from conformance.checks.linear_algebra import small, small_elements
from conformance.checks.samples import sample, spread
from conformance.dtypes import component, is_float
from conformance.judging import Case
from conformance.literals import Array, DType, indices
from conformance.namespaces import Namespace
from conformance.references import fft as references

__all__ = ["CHECKS", "SENTENCES"]

SENTENCES = {
    "fft": "the discrete Fourier transform along an axis, padded with zeros or trimmed to n elements",
    "ifft": "the inverse of `fft`",
    "fftn": "the discrete Fourier transform along the axes, each padded with zeros or trimmed to its length in s",
    "ifftn": "the inverse of `fftn`",
    "rfft": "the first n//2 + 1 elements of the discrete Fourier transform of a real array along an axis",
    "irfft": "the inverse of `rfft`: n real elements, 2*(M - 1) by default, from n//2 + 1",
    "rfftn": "the transform of a real array along the axes, the last of which keeps its first s[-1]//2 + 1 elements",
    "irfftn": "the inverse of `rfftn`",
    "hfft": "the real transform, of n elements, 2*(M - 1) by default, of a signal of which n//2 + 1 elements are given",
    "ihfft": "the inverse of `hfft`: the first n//2 + 1 elements of a signal with Hermitian symmetry",
    "fftfreq": "[0, 1, ..., -1] / (d*n), the negative frequencies last, -n/2 among them where n is even",
    "rfftfreq": "[0, 1, ...] / (d*n) up to n/2 where n is even and (n - 1)/2 where it is odd",
    "fftshift": "the halves of each axis are swapped: the first element is at position n//2",
    "ifftshift": "the inverse of `fftshift`: the element at position n//2 is the first",
}
SENTENCES = {f"fft.{name}": text for name, text in SENTENCES.items()}

NORMS = ("backward", "ortho", "forward")
HALVED = ("irfft", "irfftn", "hfft")
"""Functions that take half of an array with Hermitian symmetry."""

Call = tuple[tuple[int, ...], dict[str, Any]]
"""Shape, and keyword arguments."""

ONE: list[Call] = [
    ((4,), {}),
    ((3,), {}),
    ((2, 3), {}),
    ((3, 2), {"axis": 0}),
    ((2, 3, 2), {"axis": -2}),
    ((2, 3, 2), {"axis": 1}),
    ((4,), {"n": 6}),
    ((4,), {"n": 5}),
    ((4,), {"n": 3}),
    ((5,), {"n": 2}),
    ((4,), {"n": 4, "axis": -1}),
    ((2,), {"n": 1}),
    ((3, 2), {"n": 4, "axis": 0}),
    ((4, 2), {"n": 3, "axis": -2}),
    ((4,), {"n": None}),
    *(((3,), {"norm": norm}) for norm in NORMS),
    *(((4, 2), {"norm": norm, "n": 5, "axis": 0}) for norm in NORMS),
    ((0, 3), {}),
]
SEVERAL: list[Call] = [
    ((4,), {}),
    ((2, 3), {}),
    ((2, 3, 2), {}),
    ((2, 3), {"axes": None}),
    ((2, 3, 2), {"axes": (1, 2)}),
    ((3, 2, 2), {"axes": (0, 1)}),
    ((2, 3, 4), {"axes": (-1, 0)}),
    ((2, 3, 2), {"axes": (2, 0, 1)}),
    ((3, 2), {"axes": (0,)}),
    ((2, 3), {"axes": [0, 1]}),
    ((2, 3), {"s": (2, 3), "axes": (0, 1)}),
    ((3, 4), {"s": (2, 3), "axes": (0, 1)}),
    ((3, 4), {"s": [2, 3], "axes": [1, 0]}),
    ((2, 5), {"s": (4,), "axes": (1,)}),
    ((2, 3, 2), {"s": (5,), "axes": (-2,)}),
    *(((2, 3), {"norm": norm}) for norm in NORMS),
    *(((2, 3, 3), {"norm": norm, "s": (3, 2), "axes": (1, 2)}) for norm in NORMS),
    ((2, 2), {"s": (-1, 3), "axes": (0, 1)}),
    ((0, 3), {"axes": (1,)}),
]
PADDED: list[Call] = [
    ((2, 3), {"s": (3, 5), "axes": (0, 1)}),
    ((2, 3), {"s": (4, 2), "axes": (-1, -2)}),
]
"""Of no use to ``irfftn``, for which zeros in some places contradict the symmetry."""


def with_symmetry(x: Array, name: str, kwargs: dict[str, Any]) -> Array:
    """The array changed to be half of one with Hermitian symmetry, in what a function makes use of.

    What it makes of any other the standard leaves open.
    """
    if name == "irfftn" and len(kwargs.get("axes") or x.shape) > 1:
        return half_transform(x, **{key: value for key, value in kwargs.items() if key != "norm"})
    axis = kwargs.get("axis", -1) if name != "irfftn" else (kwargs.get("axes") or (-1,))[0]
    n = kwargs.get("n") if name != "irfftn" else (kwargs.get("s") or (None,))[0]
    n = n or 2 * (x.shape[axis] - 1)
    own = [0, n // 2] if n % 2 == 0 else [0]
    pairs = zip(indices(x.shape), x.values, strict=True)
    return x._replace(values=tuple(complex(v.real, 0) if index[axis] in own else v for index, v in pairs))


def half_transform(x: Array, s: Any = None, axes: Any = None) -> Array:
    """The array with the transform of a real one in those places that its inverse with these arguments takes."""
    axes = tuple(axis % x.ndim for axis in axes or range(x.ndim))
    s = s or (*(x.shape[axis] for axis in axes[:-1]), 2 * (x.shape[axes[-1]] - 1))
    lengths = {axis: x.shape[axis] if n == -1 else n for axis, n in zip(axes, s, strict=True)}
    shape = tuple(lengths.get(axis, n) for axis, n in enumerate(x.shape))
    signal = small(component(x.dtype), shape, int(abs(sum(x.values))))
    transform = references.rfftn(signal, axes=axes)

    def element(index: tuple[int, ...], other: complex) -> complex:
        if any(i >= n for i, n in zip(index, transform.shape, strict=True)):
            return other
        value: Any = transform[index]
        return complex(*(to_precision(float(part), component(x.dtype)) for part in (value.real, value.imag)))

    return x._replace(values=tuple(map(element, indices(x.shape), x.values)))


def transforms(name: str, forms: list[Call], drawn: Callable[[str], SearchStrategy[Call]]) -> Check:
    """The check of a transform."""
    path, reference = f"fft.{name}", getattr(references, name)

    def made(x: Array, kwargs: dict[str, Any]) -> Case:
        return case(path, reference, with_symmetry(x, name, kwargs) if name in HALVED else x, **kwargs)

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for dtype in check.dtypes(namespace):
            for shape, kwargs in forms:
                yield made(small(dtype, shape, len(shape)), kwargs)

    def calls(namespace: Namespace, dtype: str) -> SearchStrategy[Case]:
        def filled(call: Call) -> SearchStrategy[Case]:
            shape, kwargs = call
            return arrays(dtype, shape, small_elements(dtype)).map(lambda x: made(x, kwargs))

        return drawn(name).flatmap(filled)

    check = Check(path, "", fixed=fixed, drawn=calls)
    return check


@st.composite
def along_one(draw: DrawFn, name: str) -> Call:
    shape = draw(shapes(min_dims=1, max_dims=3, min_side=2 if name in HALVED else 1))
    lengths = st.none() | st.integers(1, 6)
    return shape, draw(optional(n=lengths, axis=single_axis(len(shape)), norm=st.sampled_from(NORMS)))


@st.composite
def along_several(draw: DrawFn, name: str) -> Call:
    shape = draw(shapes(min_dims=1, max_dims=3, min_side=2 if name in HALVED else 1, max_side=3))
    kwargs: dict[str, Any] = draw(optional(norm=st.sampled_from(NORMS)))
    chosen = draw(axes(len(shape)).map(lambda axis: (axis,) if isinstance(axis, int) else axis or None))
    if chosen:
        kwargs["axes"] = chosen
    if chosen and draw(st.booleans()):
        longest = [shape[axis] if name in HALVED and len(chosen) > 1 else 5 for axis in chosen]
        kwargs["s"] = tuple(draw(st.integers(1, n)) for n in longest)
    return shape, kwargs


def frequencies(name: str) -> Check:
    """The check of ``fftfreq`` or ``rfftfreq``."""
    path, reference = f"fft.{name}", getattr(references, name)

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for n in (4, 5, 1, 2, 3, 8, 9):
            yield case(path, reference, n)
            yield case(path, reference, n, d=0.25)
            yield case(path, reference, n, d=3.0)
        for dtype in filter(is_float, namespace.dtypes if namespace.revision >= "2024.12" else ()):
            for n in (4, 5):
                yield case(path, reference, n, dtype=DType(dtype))
                yield case(path, reference, n, d=0.1, dtype=DType(dtype))

    def drawn(namespace: Namespace, dtype: str) -> SearchStrategy[Case]:
        numbers = st.integers(1, 40)
        spacings = st.integers(1, 80).map(lambda k: k / 8)
        return st.builds(lambda n, kwargs: case(path, reference, n, **kwargs), numbers, optional(d=spacings))

    return Check(path, "", fixed=fixed, drawn=drawn)


SHIFTS: list[Call] = [
    ((5,), {}),
    ((4,), {}),
    ((2, 3), {}),
    ((3, 5), {"axes": None}),
    ((3, 5), {"axes": 0}),
    ((3, 5), {"axes": -1}),
    ((3, 5), {"axes": (1,)}),
    ((3, 2, 5), {"axes": (0, -1)}),
    ((3, 2, 5), {"axes": [2, 0]}),
    ((1, 0), {}),
]


def shifts(name: str) -> Check:
    """The check of ``fftshift`` or ``ifftshift``."""
    path, reference = f"fft.{name}", getattr(references, name)

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for dtype in check.dtypes(namespace):
            for shape, kwargs in SHIFTS:
                yield case(path, reference, sample(dtype, shape), **kwargs)

    @st.composite
    def drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
        shape = draw(shapes(min_dims=1, max_side=5))
        some = axes(len(shape)).filter(lambda chosen: chosen != ())
        return case(path, reference, spread(dtype, shape), **draw(optional(axes=some)))

    check = Check(path, "", fixed=fixed, drawn=drawn)
    return check


CHECKS = [
    *(transforms(name, ONE, along_one) for name in ("fft", "ifft")),
    *(transforms(name, SEVERAL + PADDED, along_several) for name in ("fftn", "ifftn")),
    *(transforms(name, ONE, along_one) for name in ("rfft", "irfft")),
    transforms("rfftn", SEVERAL + PADDED, along_several),
    transforms("irfftn", SEVERAL, along_several),
    *(transforms(name, ONE, along_one) for name in ("hfft", "ihfft")),
    *map(frequencies, ("fftfreq", "rfftfreq")),
    *map(shifts, ("fftshift", "ifftshift")),
]
