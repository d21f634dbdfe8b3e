"""Where windows lie that slide over an image of any number of dimensions: what convolution and pooling share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import wraps
from itertools import product
from typing import Any, TypeAlias

import numpy
import optree

from autodiff import array_namespace
from autodiff.batching.kinds import size_of, spread
from autodiff.namespaces import device_of
from nn.namespaces import Array, Namespace
from nn.padding import pad

__all__ = [
    "AXES",
    "Sizes",
    "Windows",
    "batch_first",
    "batch_last",
    "folded",
    "more_images",
    "of_images",
    "padded",
    "per_axis",
]

Sizes: TypeAlias = int | Sequence[int]
"""One number for each axis of an image, or one for all."""

NumPyArray: TypeAlias = numpy.ndarray[Any, numpy.dtype[Any]]
Key: TypeAlias = tuple[slice, ...]

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""Names of the axes of an image by their number."""


def per_axis(what: str, value: Sizes, ndim: int, least: int = 1) -> tuple[int, ...]:
    """One number for each of so many axes.

    Raises
    ------
    ValueError
        If they are too many, too few or too small.
    """
    values = (value,) * ndim if isinstance(value, int) else tuple(value)
    if len(values) != ndim or min(values) < least:
        raise ValueError(f"{what} must be a number of at least {least}, or {ndim} of those, got {value}")
    return values


def of_images(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function ``(ndim, x, ...)`` of a batch of images of so many dimensions take a single image, too."""

    @wraps(function)
    def run(ndim: int, x: Array, *args: Any) -> Any:
        if x.ndim not in (ndim + 1, ndim + 2):
            expected = ", ".join(("batch", "channels", *AXES[ndim]))
            raise ValueError(
                f"expected an array of shape ({expected}), or without the batch, got shape {tuple(x.shape)}"
            )
        if x.ndim == ndim + 2:
            return function(ndim, x, *args)
        out = function(ndim, array_namespace(x).expand_dims(x, axis=0), *args)
        return optree.tree_map(lambda y: array_namespace(y).squeeze(y, axis=0), out)

    return run


@dataclass(frozen=True)
class Windows:
    """Windows that slide over an image.

    Parameters
    ----------
    image : tuple of int
        Shape of the image.
    size, stride, dilation : tuple of int
        For each axis, the number of elements of a window, the step between windows and that between its elements.
    padding : tuple of pairs of int
        For each axis, the elements that the image is thought to have before its first and after its last.
    """

    image: tuple[int, ...]
    size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    dilation: tuple[int, ...]

    def __post_init__(self) -> None:
        if min(self.counts) < 1:
            raise ValueError(
                f"a window of {self.size} with a dilation of {self.dilation} does not fit an image of {self.image} "
                f"with a padding of {self.padding}"
            )

    @property
    def padded(self) -> tuple[int, ...]:
        """Shape of the padded image."""
        return tuple([before + n + after for n, (before, after) in zip(self.image, self.padding, strict=True)])

    @property
    def counts(self) -> tuple[int, ...]:
        """For each axis the number of windows, the shape of what is made of the image."""
        return tuple(
            [
                (n - d * (k - 1) - 1) // s + 1
                for n, k, s, d in zip(self.padded, self.size, self.stride, self.dilation, strict=True)
            ]
        )

    @property
    def inside(self) -> Key:
        """Where the image is in the padded image."""
        return tuple([slice(before, before + n) for n, (before, _) in zip(self.image, self.padding, strict=True)])

    def along(self, axis: int, start: int = 0, stop: int | None = None) -> list[slice]:
        """Along one axis, for each element of a window, where it lies in the padded image for windows start to stop."""
        step, count = self.stride[axis], (self.counts[axis] if stop is None else stop) - start
        firsts = [start * step + i * self.dilation[axis] for i in range(self.size[axis])]
        return [slice(first, first + (count - 1) * step + 1, step) for first in firsts]

    def places(self) -> list[NumPyArray]:
        """For each axis, which elements of the image each window holds, -1 for padding: shape (windows, elements)."""
        places = []
        for axis, (n, (before, _)) in enumerate(zip(self.image, self.padding, strict=True)):
            elements = numpy.stack([numpy.arange(self.padded[axis])[key] for key in self.along(axis)], axis=1) - before
            places.append(numpy.where((elements >= 0) & (elements < n), elements, -1))
        return places

    def elements(self, start: int = 0, stop: int | None = None) -> Iterator[Key]:
        """The same along all axes; `start` and `stop` count along the first."""
        return product(self.along(0, start, stop), *[self.along(axis) for axis in range(1, len(self.image))])


def batch_last(xp: Namespace, x: Array) -> Array:
    """Images with the batch axis at the end.

    So steps of any stride along an image leave whole runs of memory together, and elementwise functions of a result
    laid out in this way keep the layout.
    """
    return xp.permute_dims(x, (*range(1, x.ndim), 0))


def batch_first(xp: Namespace, x: Array) -> Array:
    """The inverse of :func:`batch_last`."""
    return xp.permute_dims(x, (x.ndim - 1, *range(x.ndim - 1)))


def padded(x: Array, windows: Windows, value: float = 0.0) -> Array:
    """Images with the padding that they are thought to have."""
    return pad(x, [n for pair in reversed(windows.padding) for n in pair], value=value)


def folded(xp: Namespace, part_of: Callable[[Key], Array], like: Array, windows: Windows) -> Array:
    """Images to which each element of the windows adds its part: the transpose of taking the elements."""
    batch, channels = like.shape[:2]
    shape = (channels, *windows.padded, batch)
    if hasattr(like, "new_zeros"):
        # Within torch.func.vmap a batch can be written only to what is made of one.
        image = like.new_zeros(shape)
    else:
        image = xp.zeros(shape, dtype=like.dtype, device=device_of(like))
    for element in windows.elements():
        key, part = (slice(None), *element, ...), batch_last(xp, part_of(element))
        if hasattr(image, "at"):
            image = image.at[key].add(part)
        else:
            image[key] += part
    return batch_first(xp, image[(slice(None), *windows.inside, ...)])


def more_images(xp: Namespace, function: Any, *operands: Array, **params: Any) -> Array:
    """Batching rule of a function of images: the examples' images are images of one batch."""
    size = size_of(xp, *operands)
    stacks = [spread(xp, x, size) for x in operands]
    count = stacks[0].shape[1]
    here = array_namespace(*stacks)
    out = function(*[here.reshape(x, (size * count, *x.shape[2:])) for x in stacks], **params)
    return here.reshape(out, (size, count, *out.shape[1:]))
