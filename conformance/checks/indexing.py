"""Checks of indexing: ``take``, ``take_along_axis``, ``x[key]`` and ``x[key] = value``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from conformance.checking import Check, Skipped
from conformance.checks.drawing import shapes, single_axis
from conformance.checks.errors import raising
from conformance.checks.manipulation import broadcastable
from conformance.checks.samples import ordinary, sample, spread
from conformance.dtypes import is_complex, is_float, is_integer, promote
from conformance.judging import Case, Raises
from conformance.literals import Array, Call, from_nested, vector
from conformance.namespaces import Namespace
from conformance.references import indexing as references

__all__ = ["CHECKS", "SENTENCES"]

SENTENCES = {
    "take": "the result has the elements at `indices` along `axis`; negative ones count from the end",
    "take_along_axis": "each vector along `axis` has the elements at its own indices; negative ones count from the end",
    "__getitem__": "each axis is indexed by an integer, which removes it, or by a slice, as a Python list would be",
    "__setitem__": "the elements selected by the key become the value, broadcast; all others stay",
}
MASK = "a boolean array as the sole index selects, in row-major order, where it is true"
COORDINATES = "integers and integer arrays as indices are broadcast, and their elements taken together as coordinates"
TOO_MANY = "an IndexError is raised for more indices than axes, and for more than one ellipsis"


def positions(values: Any, dtype: str) -> Array:
    """An integer array."""
    return from_nested(values, dtype)


def taken(x: Array, indices: Array, **keywords: Any) -> Case:
    """A call of ``take``."""
    return Case(Call("take", (x, indices), keywords), references.take(x, indices, **keywords), signs=True)


def takes(namespace: Namespace) -> Iterator[Case]:
    index = namespace.default_dtype("indexing")
    for dtype in namespace.dtypes:
        yield taken(sample(dtype, (4,)), positions([2, 0, 2], index))
        yield taken(sample(dtype, (4,)), positions([3], index), axis=0)
        yield taken(sample(dtype, (2, 3)), positions([1, 0], index), axis=0)
        yield taken(sample(dtype, (2, 3)), positions([2, 2, 0, 1], index), axis=1)
        yield taken(sample(dtype, (2, 3, 2)), positions([2], index), axis=-2)
        yield taken(sample(dtype, (2, 3)), vector((), index), axis=-1)
        yield taken(sample(dtype, (0, 3)), positions([1], index), axis=1)
        if namespace.revision >= "2024.12":
            yield taken(sample(dtype, (4,)), positions([-1, 0, -4], index))
            yield taken(sample(dtype, (2, 3)), positions([-1, -3], index), axis=1)
    for own in namespace.dtypes:
        if is_integer(own):
            yield taken(sample("float64" if "float64" in namespace.dtypes else own, (3,)), positions([2, 0], own))


def valid(namespace: Namespace, length: int) -> SearchStrategy[int]:
    """Indices of an axis."""
    return st.integers(-length if namespace.revision >= "2024.12" else 0, length - 1)


@st.composite
def take_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    shape = draw(shapes(min_dims=1))
    axis = draw(single_axis(len(shape)))
    values = draw(st.lists(valid(namespace, shape[axis]), max_size=4)) if shape[axis] else []
    keywords = {} if len(shape) == 1 and draw(st.booleans()) else {"axis": axis}
    return taken(sample(dtype, shape), vector(values, namespace.default_dtype("indexing")), **keywords)


def along(x: Array, indices: Array, **keywords: Any) -> Case:
    """A call of ``take_along_axis``."""
    expected = references.take_along_axis(x, indices, **keywords)
    return Case(Call("take_along_axis", (x, indices), keywords), expected, signs=True)


def alongs(namespace: Namespace) -> Iterator[Case]:
    index = namespace.default_dtype("indexing")
    for dtype in namespace.dtypes:
        x = sample(dtype, (2, 3))
        yield along(x, positions([[2, 0], [1, 1]], index))
        yield along(x, positions([[-1, 0, 1, -3], [2, -2, 0, 1]], index), axis=-1)
        yield along(x, positions([[1, 0, -1]], index), axis=0)
        yield along(x, positions([[2], [0]], index), axis=1)
        yield along(x, positions([[2, 0]], index), axis=1)
        yield along(sample(dtype, (1, 3)), positions([[2, 0], [1, 1]], index), axis=1)
        yield along(sample(dtype, (4,)), positions([3, 0, -1], index))
        yield along(sample(dtype, (2, 3, 2)), positions([[[1, 0]], [[2, -1]]], index), axis=-2)
        yield along(sample(dtype, (2, 3)), Array((2, 0), (), index))


@st.composite
def along_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    shape = draw(shapes(min_dims=1))
    axis = draw(single_axis(len(shape)))
    place = axis % len(shape)
    own = tuple(draw(st.sampled_from([n, 1])) for n in shape)
    other = tuple(draw(st.sampled_from([n, 1])) for n in shape)
    length = draw(st.integers(0, 4)) if shape[place] else 0
    x = sample(dtype, (*own[:place], shape[place], *own[place + 1 :]))
    wanted = (*other[:place], length, *other[place + 1 :])
    count = math.prod(wanted)
    values = draw(st.lists(valid(namespace, shape[place]), min_size=count, max_size=count)) if count else []
    indices = Array(wanted, tuple(values), namespace.default_dtype("indexing"))
    keywords = {} if place == len(shape) - 1 and draw(st.booleans()) else {"axis": axis}
    return along(x, indices, **keywords)


def off_the_axes(namespace: Namespace) -> Iterator[Case]:
    indices = positions([[0, 1]], namespace.default_dtype("indexing"))
    for axis in (2, -3):
        yield Case(Call("take_along_axis", (X, indices), {"axis": axis}), Raises())


# x[key]

SLICES = [
    slice(None), slice(1, None), slice(None, 3), slice(1, 3), slice(2, 2), slice(-2, None), slice(None, -1),
    slice(-3, -1), slice(0, 4), slice(4, 4), slice(-4, 4), slice(3, 1), slice(1, 3, None),
    slice(None, None, 2), slice(1, None, 2), slice(0, 4, 3), slice(None, None, 5), slice(None, None, -1),
    slice(3, 0, -1), slice(3, None, -2), slice(None, 0, -1), slice(-1, -5, -1), slice(-1, -4, -2), slice(4, 1, -1),
]  # fmt: skip

KEYS: list[tuple[tuple[int, ...], Any]] = [
    *(((4,), key) for key in (0, 2, 3, -1, -4, ..., (1,), (-2,), (slice(1, 3),), (..., 1), (0, ...), *SLICES)),
    *(
        ((2, 3), key)
        for key in ((0, 1), (-1, -3), (slice(None), 1), (0, slice(None)), (slice(1), slice(None, None, -1)))
    ),
    *(
        ((2, 3), key)
        for key in (..., (1, ...), (..., 1), (..., slice(0, 2)), (slice(1, 2), ...), (0, ..., 1), (0, 1, ...))
    ),
    *(
        ((2, 3, 4), key)
        for key in ((1, slice(1, 3), -1), (slice(None), 2, slice(3, 0, -2)), (..., 1, 2), (1, ..., 3), (0, 1, 2))
    ),
    *(
        ((2, 3), key)
        for key in (
            (None, 0, 1),
            (None, ...),
            (slice(None), None, slice(None)),
            (0, None, 1),
            (..., None),
            (0, 1, None),
        )
    ),
    ((3,), (None, slice(None), None)),
    ((), ()),
    ((), ...),
    ((), None),
    ((), (None, ...)),
    ((0,), slice(None)),
    ((0,), slice(0, 0)),
    ((0,), slice(None, None, -1)),
    ((2, 0), (1, slice(None))),
]


def got(x: Array, key: Any) -> Case:
    """A call of ``x[key]``."""
    return Case(Call("__getitem__", (x, key)), references.getitem(x, key), signs=True)


def gets(namespace: Namespace) -> Iterator[Case]:
    for dtype in namespace.dtypes:
        for shape, key in KEYS:
            yield got(sample(dtype, shape), key)


@st.composite
def single(draw: DrawFn, n: int) -> Any:
    """An integer or slice for an axis, within the bounds that the standard demands."""
    if n and draw(st.booleans()):
        return draw(st.integers(-n, n - 1))
    step = draw(st.none() | st.integers(1, 3) | st.integers(-3, -1))
    start = draw(st.none() | st.integers(-n, n))
    stops = st.integers(-n, n) if step is None or step > 0 else st.integers(-n - 1, max(0, n - 1))
    return slice(start, draw(st.none() | stops), step)


@st.composite
def keys(draw: DrawFn, shape: tuple[int, ...], *, expand: bool = True) -> Any:
    """Integers and slices for all axes, or an ellipsis for some; new axes between them where asked for."""
    parts = [draw(single(n)) for n in shape]
    if draw(st.booleans()):
        start = draw(st.integers(0, len(parts)))
        stop = draw(st.integers(start, len(parts)))
        parts[start:stop] = [...]
    if expand:
        for _ in range(draw(st.integers(0, 2))):
            parts.insert(draw(st.integers(0, len(parts))), None)
    return parts[0] if len(parts) == 1 and draw(st.booleans()) else tuple(parts)


@st.composite
def get_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    shape = draw(shapes())
    return got(sample(dtype, shape), draw(keys(shape)))


def masks() -> Iterator[tuple[tuple[int, ...], Array]]:
    """Shapes and boolean indices for them."""
    yield (4,), vector((True, False, True, True), "bool")
    yield (4,), vector((False,) * 4, "bool")
    yield (2, 3), from_nested([[True, False, True], [False, True, False]], "bool")
    yield (2, 3), vector((False, True), "bool")
    yield (2, 3, 2), from_nested([[True, False, True], [False, False, True]], "bool")
    yield (0,), vector((), "bool")
    yield (0, 2), vector((), "bool")
    for shape in ((), (3,), (2, 3)):
        yield shape, Array((), (True,), "bool")
        yield shape, Array((), (False,), "bool")


def boolean_indexing(namespace: Namespace) -> None:
    """Raise where the namespace leaves boolean indices out."""
    if not namespace.capable("boolean indexing"):
        raise Skipped("the namespace tells of no boolean indexing")


def get_masked(namespace: Namespace) -> Iterator[Case]:
    boolean_indexing(namespace)
    for dtype in namespace.dtypes:
        for shape, mask in masks():
            yield got(sample(dtype, shape), mask)


@st.composite
def mask_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    shape = draw(shapes())
    mask = draw(mask_of(shape))
    return got(sample(dtype, shape), mask)


@st.composite
def mask_of(draw: DrawFn, shape: tuple[int, ...]) -> Array:
    """A boolean array for the first axes of a shape."""
    own = shape[: draw(st.integers(0, len(shape)))]
    size = math.prod(own)
    return Array(own, tuple(draw(st.lists(st.booleans(), min_size=size, max_size=size))), "bool")


def coordinates(index: str) -> list[tuple[tuple[int, ...], tuple[Any, ...]]]:
    """Shapes, and tuples of integers and integer arrays that index them."""

    def at(values: Any) -> Array:
        return from_nested(values, index)

    return [
        ((4,), (at([2, 0, 2]),)),
        ((4,), (at([[-1, 0], [1, -4]]),)),
        ((4,), (at(2),)),
        ((4,), (Array((0,), (), index),)),
        ((3, 4), (at([0, 2]), at([3, 1]))),
        ((3, 4), (at([0, 2]), 1)),
        ((3, 4), (-1, at([0, 2, -1]))),
        ((3, 4), (at([[0], [2]]), at([1, 3, 0]))),
        ((3, 4), (at(1), at([3, -2]))),
        ((3, 4), (at(1), at(-1))),
        ((3, 4), (2, at(0))),
        ((2, 3, 4), (at([0, 1]), 2, at([[3], [1]]))),
        ((2, 3, 4), (1, 0, at(3))),
    ]


def get_gathered(namespace: Namespace) -> Iterator[Case]:
    if namespace.revision < "2024.12":
        raise Skipped("integer arrays are indices as of revision 2024.12")
    for dtype in namespace.dtypes:
        for shape, key in coordinates(namespace.default_dtype("indexing")):
            yield got(sample(dtype, shape), key)


@st.composite
def gather_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    shape = draw(shapes(min_dims=1, min_side=1))
    common = draw(shapes(max_dims=2, max_side=3))
    parts: list[Any] = []
    for n in shape:
        if draw(st.booleans()):
            own = draw(broadcastable(common))
            size = math.prod(own)
            values = draw(st.lists(st.integers(-n, n - 1), min_size=size, max_size=size))
            parts.append(Array(own, tuple(values), namespace.default_dtype("indexing")))
        else:
            parts.append(draw(st.integers(-n, n - 1)))
    if not any(isinstance(part, Array) for part in parts):
        parts[0] = Array((), (parts[0],), namespace.default_dtype("indexing"))
    return got(sample(dtype, shape), tuple(parts))


def raised(x: Array, key: Any, *error: type[Exception]) -> Case:
    """A key that must be refused."""
    return Case(Call("__getitem__", (x, key)), Raises(error or (Exception,)))


def refused(namespace: Namespace) -> Iterator[Case]:
    x = spread("float32", (2, 3))
    for key in ((0, 1, 0), (slice(None), 0, 0), (0, 1, slice(None)), (0, 1, 2, ...), (..., 0, ...), (..., ...)):
        yield raised(x, key, IndexError)
    yield raised(spread("float32", ()), 0, IndexError)
    yield raised(spread("float32", (3,)), (None, 0, 0), IndexError)


def refused_masks(namespace: Namespace) -> Iterator[Case]:
    boolean_indexing(namespace)
    x = spread("float32", (2, 3))
    for mask in (
        Array((2, 3, 1), (True,) * 6, "bool"),
        vector((True, False, True), "bool"),
        Array((2, 2), (True,) * 4, "bool"),
    ):
        yield raised(x, mask, IndexError)
    yield raised(spread("float32", ()), vector((True,), "bool"), IndexError)


def refused_coordinates(namespace: Namespace) -> Iterator[Case]:
    index = namespace.default_dtype("indexing")
    yield raised(spread("float32", (3, 4)), (vector((0, 1), index), vector((0, 1, 2), index)))


# x[key] = value


def was_set(x: Array, key: Any, value: Any) -> Case:
    """A call of ``x[key] = value``."""
    expected = references.setitem(x, key, value)
    return Case(Call("__setitem__", (x, key, value)), expected, signs=True)


def settable(dtype: str) -> tuple[Any, ...]:
    """Python scalars of the kinds that an array of this data type takes."""
    if dtype == "bool":
        return (True, False)
    kinds = (9, 2.5, complex(1, -2)) if is_complex(dtype) else (9, 2.5) if is_float(dtype) else (9,)
    return (*kinds, sample(dtype, (4,)).values[1])


SET_KEYS = [(shape, key) for shape, key in KEYS if key is not None and not (isinstance(key, tuple) and None in key)]


def sets(namespace: Namespace) -> Iterator[Case]:
    for dtype in namespace.dtypes:
        values = settable(dtype)
        for i, (shape, key) in enumerate(SET_KEYS):
            x = sample(dtype, shape)
            yield was_set(x, key, values[i % len(values)])
            chosen = references.getitem(x, key).shape
            yield was_set(x, key, sample(dtype, chosen, 5))
        for value in values:
            yield was_set(sample(dtype, (2, 3)), (slice(None), 1), value)
        for shape in ((), (1,), (3,), (1, 3), (2, 1)):
            yield was_set(sample(dtype, (2, 3)), ..., sample(dtype, shape, 3))


def sets_of_others(namespace: Namespace) -> Iterator[Case]:
    if namespace.revision < "2025.12":
        raise Skipped("values of other data types are promoted as of revision 2025.12")
    for dtype in namespace.dtypes:
        for other in namespace.dtypes:
            if other != dtype and promote(dtype, other) == dtype:
                value = vector(ordinary(other)[:3], other)
                yield was_set(spread(dtype, (2, 3)), (0, ...), value)
                yield was_set(spread(dtype, (3,)), 1, Array((), value.values[1:2], other))


@st.composite
def set_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    shape = draw(shapes())
    x = sample(dtype, shape)
    key = draw(keys(shape, expand=False))
    return was_set(x, key, draw(value_for(dtype, references.getitem(x, key).shape)))


@st.composite
def value_for(draw: DrawFn, dtype: str, shape: tuple[int, ...]) -> Any:
    """A scalar, or an array that broadcasts to a shape."""
    if draw(st.booleans()):
        return draw(st.sampled_from(settable(dtype)))
    return sample(dtype, draw(broadcastable(shape)), 5)


def set_masked(namespace: Namespace) -> Iterator[Case]:
    boolean_indexing(namespace)
    for dtype in namespace.dtypes:
        for shape, mask in masks():
            x = sample(dtype, shape)
            yield was_set(x, mask, settable(dtype)[0])
            yield was_set(x, mask, sample(dtype, references.getitem(x, mask).shape, 5))


X = spread("float32", (2, 3))

CHECKS = [
    Check("take", "", fixed=takes, drawn=take_drawn),
    Check("take_along_axis", "", fixed=alongs, drawn=along_drawn),
    raising(
        "take_along_axis",
        "",
        "2025.12",
        off_the_axes,
    ),
    Check("__getitem__", "", fixed=gets, drawn=get_drawn),
    Check("__getitem__", "boolean arrays", MASK, fixed=get_masked, drawn=mask_drawn),
    Check("__getitem__", "integer arrays", COORDINATES, fixed=get_gathered, drawn=gather_drawn),
    raising("__getitem__", TOO_MANY, "2021.12", refused),
    Check("__setitem__", "", fixed=sets, drawn=set_drawn),
    Check("__setitem__", "boolean arrays", MASK, fixed=set_masked),
    Check("__setitem__", "dtypes", "`value` is promoted to the data type of the array", fixed=sets_of_others),
]
