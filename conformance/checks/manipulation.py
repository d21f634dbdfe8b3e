"""Checks of the manipulation functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from conformance.checking import Check, nothing
from conformance.checks.drawing import axes, optional, shapes, single_axis
from conformance.checks.errors import invalid_axes, raising
from conformance.checks.programs import copies
from conformance.checks.samples import Form, cases, sample
from conformance.dtypes import promote
from conformance.judging import Case, Raises
from conformance.literals import Array, Call, vector
from conformance.namespaces import Namespace
from conformance.references import manipulation as references

__all__ = ["CHECKS", "SENTENCES"]

SENTENCES = {
    "broadcast_arrays": "each result has the common shape, and the data type of its own input",
    "broadcast_shapes": "the result is the one shape to which all broadcast; () for no shapes",
    "broadcast_to": "the result has the shape given, the elements repeated along new axes and those of length one",
    "concat": "arrays are joined along an existing axis; all are flattened first where `axis` is None",
    "expand_dims": "each position in `axis` is that of a new axis of length one in the result",
    "flip": "the elements are in reverse along the axes given, along all where `axis` is None",
    "moveaxis": "the source axes are at the destinations, the others in their order",
    "permute_dims": "axis `i` of the result is axis `axes[i]` of `x`",
    "repeat": "each element occurs `repeats` times, along `axis` or in the flattened array",
    "reshape": "the elements are the same in row-major order; one length may be -1, and follows from the others",
    "roll": "elements move by `shift` to larger indices, and those pushed out at the end come in at the start",
    "squeeze": "the axes given, of length one, are left out",
    "stack": "arrays are joined along a new axis, which is at position `axis` of the result",
    "tile": "the result is `x` repeated along each axis; ones are prepended to the shorter of shape and `repetitions`",
    "unstack": "the result is a tuple of the slices along `axis`",
}

SIDES = 3


def moving(
    path: str,
    reference: Callable[..., Any],
    forms: list[tuple[tuple[int, ...], Form]],
    options: Callable[[Namespace], SearchStrategy[tuple[tuple[int, ...], Form]]],
    newer: tuple[str, list[tuple[tuple[int, ...], Form]]] = ("", []),
    further: Callable[[Namespace], Iterable[Case]] = nothing,
) -> Check:
    """Check of a function of one array: fixed forms of arguments, those of newer revisions, other calls, drawn ones."""

    def fixed(namespace: Namespace) -> Iterator[Case]:
        allowed = forms + (newer[1] if namespace.revision >= newer[0] else [])
        yield from cases(path, reference, allowed)(namespace)
        yield from further(namespace)

    def drawn(namespace: Namespace, dtype: str) -> SearchStrategy[Case]:
        def case(drawn: tuple[tuple[int, ...], Form]) -> Case:
            shape, form = drawn
            x = sample(dtype, shape)
            return Case(Call(path, (x, *form.args), form.kwargs), reference(x, *form.args, **form.kwargs), signs=True)

        return options(namespace).map(case)

    return Check(path, "", fixed=fixed, drawn=drawn)


@st.composite
def broadcastable(draw: DrawFn, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Shapes that broadcast to this one."""
    start = draw(st.integers(0, len(shape)))
    return tuple(draw(st.sampled_from([n, 1])) for n in shape[start:])


@st.composite
def broadcast_to_options(draw: DrawFn, namespace: Namespace) -> tuple[tuple[int, ...], Form]:
    target = draw(shapes(max_dims=4, max_side=SIDES))
    shape = draw(broadcastable(target))
    return shape, draw(st.sampled_from([Form(target), Form(shape=target)]))


def broadcast_arrays_fixed(namespace: Namespace) -> Iterator[Case]:
    groups: list[tuple[tuple[int, ...], ...]] = [((2, 1), (3,)), ((2, 3),), ((), (2,)), ((1, 2), (0, 1, 1), (2,))]
    for dtype in namespace.dtypes:
        for other in (dtype, namespace.dtypes[0], namespace.dtypes[-1]):
            arrays = (sample(dtype, (2, 1)), sample(other, (3,), 1))
            yield Case(Call("broadcast_arrays", arrays), references.broadcast_arrays(*arrays), signs=True)
    for group in groups:
        several = tuple(sample(namespace.dtypes[-1], shape, i) for i, shape in enumerate(group))
        yield Case(Call("broadcast_arrays", several), references.broadcast_arrays(*several), signs=True)


@st.composite
def broadcast_arrays_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    target = draw(shapes(max_side=SIDES))
    dtypes = [dtype, *draw(st.lists(st.sampled_from(namespace.dtypes), max_size=2))]
    arrays = tuple(sample(each, draw(broadcastable(target)), i) for i, each in enumerate(dtypes))
    return Case(Call("broadcast_arrays", arrays), references.broadcast_arrays(*arrays), signs=True)


def broadcast_shapes_fixed(namespace: Namespace) -> Iterator[Case]:
    for several in [
        (),
        ((),),
        ((2,), ()),
        ((3, 1), (2,)),
        ((0,), (1,)),
        ((2, 1, 3), (4, 1), (1, 1, 1)),
        ((1,), (0, 1)),
    ]:
        yield Case(Call("broadcast_shapes", several), references.broadcast_shapes(*several))


@st.composite
def broadcast_shapes_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    target = draw(shapes(max_dims=4, max_side=5))
    several = tuple(draw(st.lists(broadcastable(target), max_size=4)))
    return Case(Call("broadcast_shapes", several), references.broadcast_shapes(*several))


def joined(path: str, reference: Callable[..., Any], arrays: Any, **kwargs: Any) -> Case:
    """A call of ``concat`` or ``stack``."""
    return Case(Call(path, (arrays,), kwargs), reference(arrays, **kwargs), signs=True)


def concat_fixed(namespace: Namespace) -> Iterator[Case]:
    for dtype in namespace.dtypes:
        pair = (sample(dtype, (1, 2)), sample(dtype, (2, 2), 2))
        yield joined("concat", references.concat, pair)
        yield joined("concat", references.concat, list(pair))
        yield joined("concat", references.concat, pair, axis=-2)
        yield joined("concat", references.concat, (sample(dtype, (2, 1)), sample(dtype, (2, 2), 2)), axis=1)
        yield joined("concat", references.concat, (sample(dtype, (2,)), sample(dtype, (2, 2), 2)), axis=None)
        yield joined("concat", references.concat, (sample(dtype, (0, 2)), sample(dtype, (1, 2), 2)))
        yield joined("concat", references.concat, (sample(dtype, ()), sample(dtype, (2,), 1)), axis=None)
        yield joined("concat", references.concat, (sample(dtype, (3,)),))


@st.composite
def concat_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    count = draw(st.integers(1, 3))
    kind = draw(st.sampled_from([tuple, list]))
    if draw(st.booleans()):
        several = draw(st.lists(shapes(max_side=SIDES), min_size=count, max_size=count))
        return joined("concat", references.concat, kind(sample(dtype, s, i) for i, s in enumerate(several)), axis=None)
    shape = draw(shapes(min_dims=1, max_side=SIDES))
    axis = draw(single_axis(len(shape)))
    lengths = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    place = axis % len(shape)
    arrays = kind(sample(dtype, (*shape[:place], n, *shape[place + 1 :]), i) for i, n in enumerate(lengths))
    return joined("concat", references.concat, arrays, **({} if place == 0 and draw(st.booleans()) else {"axis": axis}))


def stack_fixed(namespace: Namespace) -> Iterator[Case]:
    for dtype in namespace.dtypes:
        pair = (sample(dtype, (2, 3)), sample(dtype, (2, 3), 2))
        yield joined("stack", references.stack, pair)
        yield joined("stack", references.stack, list(pair), axis=1)
        yield joined("stack", references.stack, pair, axis=-1)
        yield joined("stack", references.stack, pair, axis=-2)
        yield joined("stack", references.stack, (sample(dtype, ()), sample(dtype, (), 1)))
        yield joined("stack", references.stack, (sample(dtype, (0,)),))


@st.composite
def stack_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    shape = draw(shapes(max_side=SIDES))
    count = draw(st.integers(1, 3))
    arrays = draw(st.sampled_from([tuple, list]))(sample(dtype, shape, 2 * i) for i in range(count))
    keywords = draw(optional(axis=single_axis(len(shape)))) if shape else {}
    return joined("stack", references.stack, arrays, **keywords)


def promoting(path: str, reference: Callable[..., Any]) -> Check:
    """Check of the data type to which joined arrays promote."""

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for first in namespace.dtypes:
            for second in namespace.dtypes:
                if promote(first, second) in namespace.dtypes:
                    yield joined(path, reference, (both(first, second), both(second, first)))

    return Check(path, "dtypes", "arrays of different data types are promoted", fixed=fixed)


def both(dtype: str, other: str) -> Array:
    """Elements that two data types have."""
    if "bool" in (dtype, other):
        return vector((True, False), dtype)
    return vector((100, 3) if dtype < other else (7, 101), dtype)


def same_elements(drawn: tuple[int, ...]) -> SearchStrategy[tuple[int, ...]]:
    """Shapes with as many elements as this one."""
    size = math.prod(drawn)
    if size == 0:
        return st.sampled_from([(0,), (0, 2), (3, 0), (1, 0, 2)])
    factors = [n for n in range(1, size + 1) if size % n == 0]

    def whole(n: int) -> tuple[int, ...]:
        return (n, size // n)

    return st.one_of(st.just((size,)), st.sampled_from(factors).map(whole), st.permutations(drawn).map(tuple))


@st.composite
def reshape_options(draw: DrawFn, namespace: Namespace) -> tuple[tuple[int, ...], Form]:
    shape = draw(shapes())
    target: tuple[int, ...] = draw(same_elements(shape))
    if target and 0 not in target and draw(st.booleans()):
        place = draw(st.integers(0, len(target) - 1))
        target = (*target[:place], -1, *target[place + 1 :])
    keywords = draw(optional(copy=st.sampled_from([None, True])))
    return shape, draw(st.sampled_from([Form(target, **keywords), Form(shape=target, **keywords)]))


@st.composite
def expand_dims_options(draw: DrawFn, namespace: Namespace) -> tuple[tuple[int, ...], Form]:
    shape = draw(shapes())
    count = draw(st.integers(1, 3)) if namespace.revision >= "2025.12" else 1
    ndim = len(shape) + count
    places = draw(st.lists(st.integers(0, ndim - 1), min_size=count, max_size=count, unique=True))
    axis: Any = tuple(a - ndim if draw(st.booleans()) else a for a in places)
    axis = axis[0] if count == 1 and (namespace.revision < "2025.12" or draw(st.booleans())) else axis
    return shape, draw(st.sampled_from([Form(axis), Form(axis=axis)]))


@st.composite
def flip_options(draw: DrawFn, namespace: Namespace) -> tuple[tuple[int, ...], Form]:
    shape = draw(shapes())
    axis = draw(axes(len(shape)).filter(lambda axis: axis != ()))
    return shape, Form() if axis is None and draw(st.booleans()) else Form(axis=axis)


@st.composite
def moveaxis_options(draw: DrawFn, namespace: Namespace) -> tuple[tuple[int, ...], Form]:
    shape = draw(shapes(min_dims=1, max_dims=4))
    ndim = len(shape)
    count = draw(st.integers(1, ndim))
    either = st.permutations(range(ndim)).map(lambda order: order[:count])
    source, destination = (tuple(a - ndim if draw(st.booleans()) else a for a in draw(either)) for _ in range(2))
    if count == 1 and draw(st.booleans()):
        return shape, Form(source[0], destination[0])
    return shape, Form(source, destination)


@st.composite
def permute_dims_options(draw: DrawFn, namespace: Namespace) -> tuple[tuple[int, ...], Form]:
    shape = draw(shapes(max_dims=4, max_side=SIDES))
    order: Any = tuple(draw(st.permutations(range(len(shape)))))
    if namespace.revision >= "2025.12":
        order = tuple(a - len(shape) if draw(st.booleans()) else a for a in order)
    return shape, draw(st.sampled_from([Form(order), Form(axes=order)]))


@st.composite
def repeat_options(draw: DrawFn, namespace: Namespace) -> tuple[tuple[int, ...], Form]:
    shape = draw(shapes(max_side=SIDES))
    axis = draw(st.none() | single_axis(len(shape))) if shape else None
    repeats: Any = draw(st.integers(0, 3))
    length = math.prod(shape) if axis is None else shape[axis]
    if namespace.capable("data-dependent shapes") and draw(st.booleans()):
        count = draw(st.sampled_from([1, length]))
        values = tuple(draw(st.lists(st.integers(0, 3), min_size=count, max_size=count)))
        repeats = vector(values, namespace.default_dtype("integral"))
    return shape, Form(repeats) if axis is None and draw(st.booleans()) else Form(repeats, axis=axis)


def repeat_by_array(namespace: Namespace) -> Iterator[Case]:
    if not namespace.capable("data-dependent shapes"):
        return
    for dtype in namespace.dtypes:
        counts = namespace.default_dtype("integral")
        for shape, form in [
            ((3,), Form(vector((2, 0, 1), counts))),
            ((2, 2), Form(vector((1, 3, 0, 2), counts))),
            ((2, 3), Form(vector((2, 0, 1), counts), axis=1)),
            ((2, 3), Form(vector((2, 1), counts), axis=-2)),
            ((2, 3), Form(vector((2,), counts), axis=0)),
            ((0,), Form(vector((), counts))),
        ]:
            x = sample(dtype, shape)
            yield Case(
                Call("repeat", (x, *form.args), form.kwargs), references.repeat(x, *form.args, **form.kwargs), True
            )


@st.composite
def roll_options(draw: DrawFn, namespace: Namespace) -> tuple[tuple[int, ...], Form]:
    shape = draw(shapes())
    shifts = st.integers(-5, 5)
    kind = draw(st.sampled_from(["none", "one", "several", "each"] if shape else ["none"]))
    if kind == "none":
        return shape, Form(draw(shifts))
    if kind == "one":
        return shape, Form(draw(shifts), axis=draw(single_axis(len(shape))))
    places = draw(st.lists(st.integers(0, len(shape) - 1), min_size=1, max_size=len(shape), unique=True))
    axis = tuple(a - len(shape) if draw(st.booleans()) else a for a in places)
    shift = draw(shifts) if kind == "several" else tuple(draw(shifts) for _ in axis)
    return shape, draw(st.sampled_from([Form(shift, axis=axis), Form(shift=shift, axis=axis)]))


@st.composite
def squeeze_options(draw: DrawFn, namespace: Namespace) -> tuple[tuple[int, ...], Form]:
    shape = draw(shapes(min_dims=1, max_dims=4).map(lambda shape: (*shape[:-1], 1)).flatmap(st.permutations).map(tuple))
    singles = [a for a, n in enumerate(shape) if n == 1]
    places = draw(st.lists(st.sampled_from(singles), min_size=1, max_size=len(singles), unique=True))
    axis: Any = tuple(a - len(shape) if draw(st.booleans()) else a for a in places)
    axis = axis[0] if len(axis) == 1 and draw(st.booleans()) else axis
    return shape, draw(st.sampled_from([Form(axis), Form(axis=axis)]))


@st.composite
def tile_options(draw: DrawFn, namespace: Namespace) -> tuple[tuple[int, ...], Form]:
    shape = draw(shapes(max_side=SIDES))
    return shape, Form(tuple(draw(st.lists(st.integers(0, 3), max_size=3))))


@st.composite
def unstack_options(draw: DrawFn, namespace: Namespace) -> tuple[tuple[int, ...], Form]:
    shape = draw(shapes(min_dims=1))
    axis = draw(single_axis(len(shape)))
    return shape, Form() if axis % len(shape) == 0 and draw(st.booleans()) else Form(axis=axis)


def raises(path: str, *args: Any, **kwargs: Any) -> Case:
    """A call that must raise."""
    return Case(Call(path, args, kwargs), Raises())


PAIR = (sample("float32", (2, 3)), sample("float32", (2, 3)))
X = PAIR[0]

CHECKS = [
    Check("broadcast_arrays", "", fixed=broadcast_arrays_fixed, drawn=broadcast_arrays_drawn),
    Check("broadcast_shapes", "", fixed=broadcast_shapes_fixed, drawn=broadcast_shapes_drawn),
    moving(
        "broadcast_to",
        references.broadcast_to,
        [
            ((), Form((2,))),
            ((1, 3), Form((2, 3))),
            ((2, 1), Form(shape=(0, 2, 3))),
            ((4,), Form((2, 4))),
            ((2,), Form((2,))),
            ((), Form(())),
        ],
        broadcast_to_options,
    ),
    raising(
        "broadcast_to",
        "`broadcast_to` raises an exception where `x` does not broadcast to the shape",
        "2024.12",
        [raises("broadcast_to", X, (2,)), raises("broadcast_to", X, (3, 2)), raises("broadcast_to", X, (1, 3))],
    ),
    Check("concat", "", fixed=concat_fixed, drawn=concat_drawn),
    promoting("concat", references.concat),
    raising("concat", "", "2025.12", [raises("concat", PAIR, axis=2), raises("concat", PAIR, axis=-3)]),
    moving(
        "expand_dims",
        references.expand_dims,
        [((2, 3), Form(0)), ((2, 3), Form(axis=-1)), ((2, 3), Form(-2)), ((), Form(0)), ((0,), Form(1))],
        expand_dims_options,
        (
            "2025.12",
            [
                ((2, 3), Form((0, 2))),
                ((2, 3), Form((1, 0))),
                ((2, 3), Form((-1, 0))),
                ((2,), Form(axis=(1,))),
                ((), Form((1, 0))),
            ],
        ),
    ),
    raising(
        "expand_dims",
        "",
        "2025.12",
        [raises("expand_dims", X, 3), raises("expand_dims", X, -4), raises("expand_dims", X, (0, 4))],
    ),
    moving(
        "flip",
        references.flip,
        [
            *[
                ((2, 3), Form(**keywords))
                for keywords in ({}, {"axis": None}, {"axis": 0}, {"axis": -1}, {"axis": (0, 1)})
            ],
            ((2, 2, 2), Form(axis=(-1, 0))),
            ((), Form()),
            ((0, 2), Form(axis=1)),
        ],
        flip_options,
    ),
    invalid_axes("flip", X),
    moving(
        "moveaxis",
        references.moveaxis,
        [
            ((2, 3, 4), Form(0, -1)),
            ((2, 3, 4), Form(2, 0)),
            ((2, 3, 4), Form(-1, 1)),
            ((2, 3, 4), Form((0, 1), (2, 0))),
            ((2, 3, 4), Form((0, -1), (-1, 0))),
            ((2, 0), Form(0, 1)),
        ],
        moveaxis_options,
    ),
    raising(
        "moveaxis",
        "",
        "2025.12",
        [
            raises("moveaxis", X, 2, 0),
            raises("moveaxis", X, -3, 0),
            raises("moveaxis", X, 0, 2),
            raises("moveaxis", X, 0, -3),
        ],
    ),
    moving(
        "permute_dims",
        references.permute_dims,
        [
            ((2, 3), Form((1, 0))),
            ((2, 3), Form(axes=(0, 1))),
            ((2, 3, 4), Form((1, 2, 0))),
            ((2, 3, 4), Form((2, 0, 1))),
            ((), Form(())),
            ((0, 2), Form((1, 0))),
        ],
        permute_dims_options,
        ("2025.12", [((2, 3), Form((-1, 0))), ((2, 3, 4), Form((-1, -3, 1)))]),
    ),
    raising("permute_dims", "", "2025.12", [raises("permute_dims", X, (0, 2)), raises("permute_dims", X, (-3, 0))]),
    moving(
        "repeat",
        references.repeat,
        [
            ((2, 3), Form(2)),
            ((2, 3), Form(2, axis=None)),
            ((2, 3), Form(3, axis=0)),
            ((2, 3), Form(2, axis=-1)),
            ((2,), Form(0)),
            ((), Form(2)),
            ((0, 2), Form(2, axis=1)),
        ],
        repeat_options,
        further=repeat_by_array,
    ),
    raising("repeat", "", "2025.12", [raises("repeat", X, 2, axis=2), raises("repeat", X, 2, axis=-3)]),
    moving(
        "reshape",
        references.reshape,
        [
            ((2, 3), Form((3, 2))),
            ((2, 3), Form((-1,))),
            ((2, 3), Form((3, -1), copy=None)),
            ((2, 3), Form(shape=(1, 6), copy=True)),
            ((1, 1), Form(())),
            ((), Form((1,))),
            ((0, 2), Form((3, 0))),
        ],
        reshape_options,
    ),
    copies("reshape", "xp.reshape(x, (2,), copy=True)"),
    moving(
        "roll",
        references.roll,
        [
            ((2, 3), Form(1)),
            ((2, 3), Form(-2, axis=None)),
            ((2, 3), Form(1, axis=0)),
            ((2, 3), Form(-1, axis=-1)),
            ((2, 3), Form((1, 2), axis=(0, 1))),
            ((2, 3), Form((-1, 1), axis=(-1, 0))),
            ((3, 3), Form(1, axis=(0, 1))),
            ((3,), Form(8)),
            ((), Form(1)),
            ((0, 2), Form(1, axis=1)),
        ],
        roll_options,
    ),
    raising("roll", "", "2025.12", [raises("roll", X, 1, axis=2), raises("roll", X, 1, axis=-3)]),
    moving(
        "squeeze",
        references.squeeze,
        [
            ((1, 3), Form(0)),
            ((2, 1, 3), Form(axis=-2)),
            ((1, 2, 1), Form((0, 2))),
            ((1, 2, 1), Form((-1, 0))),
            ((1, 2, 1), Form(0)),
            ((1,), Form(0)),
            ((0, 1), Form((1,))),
        ],
        squeeze_options,
    ),
    raising("squeeze", "", "2025.12", [raises("squeeze", X, 2), raises("squeeze", X, -3), raises("squeeze", X, (2,))]),
    Check("stack", "", fixed=stack_fixed, drawn=stack_drawn),
    promoting("stack", references.stack),
    raising("stack", "", "2021.12", [raises("stack", PAIR, axis=3), raises("stack", PAIR, axis=-4)]),
    moving(
        "tile",
        references.tile,
        [
            ((2, 3), Form((2, 1))),
            ((2, 3), Form((2,))),
            ((2,), Form((2, 1, 3))),
            ((2, 3), Form(())),
            ((), Form((2,))),
            ((2, 3), Form((0, 2))),
            ((0, 2), Form((2, 2))),
        ],
        tile_options,
    ),
    moving(
        "unstack",
        references.unstack,
        [
            ((2, 3), Form()),
            ((2, 3), Form(axis=1)),
            ((2, 3), Form(axis=-1)),
            ((2,), Form()),
            ((2, 0), Form()),
            ((0, 2), Form()),
        ],
        unstack_options,
    ),
    invalid_axes("unstack", X, since="2023.12"),
]
