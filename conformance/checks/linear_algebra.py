"""Checks of the products of vectors, matrices and tensors, under both of their names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from conformance.checking import Check
from conformance.checks.drawing import arrays, case, elements, shapes
from conformance.checks.errors import raising
from conformance.checks.samples import filled, sample, spread
from conformance.dtypes import component, is_complex, is_integer, limits, promote
from conformance.judging import Case, Raises
from conformance.literals import Array, Call
from conformance.namespaces import Namespace
from conformance.references import linear_algebra as references

__all__ = ["CHECKS", "PROMOTION", "SENTENCES", "dtype_pairs", "small", "small_elements"]

SENTENCES = {
    "matmul": "the conventional matrix product of each pair of matrices; nothing is conjugated",
    "matrix_transpose": "rows and columns of each matrix are swapped",
    "tensordot": "the sum of products over the axes given; free axes of x1, then of x2; nothing is conjugated",
    "vecdot": "the sum over the axis of products of the conjugate of x1 with x2",
}
PROMOTION = "the data type of the result is that to which the data types of the arrays promote"

SENTENCES |= {f"linalg.{name}": text for name, text in SENTENCES.items()}

Form = tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]
"""Shapes of two operands, and keyword arguments."""

VALUES = (1, -2, 3, 2, -1, 0, -3)


def small(dtype: str, shape: tuple[int, ...], start: int = 0) -> Array:
    """An array of numbers whose products and their sums no data type is too small for."""
    values: tuple[Any, ...] = VALUES
    if is_complex(dtype):
        values = tuple(complex(a, b) for a, b in zip(VALUES, VALUES[2:] + VALUES[:2], strict=True))
    elif is_integer(dtype) and limits(dtype)[0] == 0:
        values = tuple(map(abs, VALUES))
    elif not is_integer(dtype):
        values = tuple(map(float, VALUES))
    return filled(values, dtype, shape, start)


def small_elements(dtype: str) -> SearchStrategy[Any]:
    """Such numbers, drawn."""
    return elements(dtype, -3, 3)


def dtype_pairs(dtypes: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of different data types that promote."""
    dtypes = tuple(dtypes)
    return ((a, b) for a, b in product(dtypes, dtypes) if a != b and promote(a, b))


def pairs(
    name: str,
    forms: Callable[[Namespace], list[Form]],
    drawn: Callable[[Namespace], SearchStrategy[Form]],
) -> list[Check]:
    """Checks of a product under both names: shapes of the operands, and keyword arguments."""
    reference = getattr(references, name)

    def checks(path: str) -> Iterator[Check]:
        def fixed(namespace: Namespace) -> Iterator[Case]:
            for dtype in check.dtypes(namespace):
                for left, right, kwargs in forms(namespace):
                    yield case(path, reference, small(dtype, left), small(dtype, right, 2), **kwargs)
                yield case(path, reference, *large(dtype), **({"axes": 1} if name == "tensordot" else {}))

        @st.composite
        def calls(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
            left, right, kwargs = draw(drawn(namespace))
            x1, x2 = (draw(arrays(dtype, shape, small_elements(dtype))) for shape in (left, right))
            return case(path, reference, x1, x2, **kwargs)

        def mixed(namespace: Namespace) -> Iterator[Case]:
            left, right, kwargs = forms(namespace)[0]
            for a, b in dtype_pairs(check.dtypes(namespace)):
                yield case(path, reference, small(a, left), small(b, right, 2), **kwargs)

        check = Check(path, "", fixed=fixed, drawn=calls)
        yield check
        yield Check(path, "dtypes", PROMOTION, fixed=mixed)

    return [*checks(name), *checks(f"linalg.{name}")]


def large(dtype: str) -> tuple[Array, Array]:
    """Vectors whose product is the largest integer of the data type, which no floating-point number is.

    Of floating-point vectors the product has more digits than half of those of double precision.
    """
    if not is_integer(dtype):
        left, right = ([complex(n) if is_complex(dtype) else float(n) for n in each] for each in ((4097, 1), (4099, 2)))
        return Array((2,), tuple(left), dtype), Array((2,), tuple(right), dtype)
    most = limits(dtype)[1]
    return Array((2,), (most // 2, 1), dtype), Array((2,), (2, 1), dtype)


MATMUL: list[Form] = [
    ((2, 3), (3, 2), {}),
    ((3,), (3,), {}),
    ((2, 3), (3,), {}),
    ((3,), (3, 2), {}),
    ((1, 1), (1, 1), {}),
    ((2, 2, 3), (3, 2), {}),
    ((2, 3), (2, 3, 1), {}),
    ((2, 1, 2, 3), (3, 3, 2), {}),
    ((3,), (2, 3, 2), {}),
    ((2, 2, 3), (3,), {}),
    ((0, 3), (3, 2), {}),
    ((2, 0), (0, 3), {}),
    ((0, 2, 3), (3, 2), {}),
    ((0,), (0,), {}),
]


@st.composite
def matmul_shapes(draw: DrawFn, namespace: Namespace) -> Form:
    m, k, n = (draw(st.integers(0, 4)) for _ in range(3))
    left, right = draw(broadcastable_shapes(max_dims=2))
    forms = [((*left, m, k), (*right, k, n)), ((k,), (*right, k, n)), ((*left, m, k), (k,)), ((k,), (k,))]
    return *draw(st.sampled_from(forms)), {}


@st.composite
def broadcastable_shapes(
    draw: DrawFn, max_dims: int = 2, min_side: int = 0, common: tuple[int, ...] | None = None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that broadcast, here or there with an axis of length one or without leading ones."""
    shape = draw(shapes(max_dims=max_dims, min_side=min_side, max_side=3)) if common is None else common
    left, right = (tuple(draw(st.sampled_from([n, n, 1])) for n in shape) for _ in range(2))
    return left[draw(st.integers(0, len(shape))) * draw(st.booleans()) :], right


VECDOT: list[Form] = [
    ((3,), (3,), {}),
    ((2, 3), (2, 3), {}),
    ((2, 3), (2, 3), {"axis": -1}),
    ((3, 2), (3, 2), {"axis": -2}),
    ((2, 1, 3), (4, 3), {}),
    ((2, 3, 1), (3, 2), {"axis": -2}),
    ((3, 1, 2), (3, 2, 1), {"axis": -3}),
    ((3,), (2, 3), {"axis": -1}),
    ((2, 0), (2, 0), {}),
    ((0, 3), (1, 3), {}),
]


@st.composite
def vecdot_shapes(draw: DrawFn, namespace: Namespace) -> Form:
    left, right = draw(broadcastable_shapes())
    n, axis = draw(st.integers(0, 4)), draw(st.integers(-1 - min(len(left), len(right)), -1))
    return insert(left, axis, n), insert(right, axis, n), {"axis": axis} if axis != -1 or draw(st.booleans()) else {}


def insert(shape: tuple[int, ...], axis: int, n: int) -> tuple[int, ...]:
    """The shape with one more axis, at a negative position of the result."""
    place = len(shape) + 1 + axis
    return (*shape[:place], n, *shape[place:])


TENSORDOT: list[Form] = [
    ((2, 3), (3, 2), {"axes": 1}),
    ((2, 3, 2), (3, 2, 4), {}),
    ((2, 3, 2), (3, 2, 4), {"axes": 2}),
    ((2,), (3,), {"axes": 0}),
    ((2, 1, 3), (2, 1, 3), {"axes": 3}),
    ((), (2,), {"axes": 0}),
    ((2, 3), (2, 3), {"axes": ((0,), (0,))}),
    ((2, 3, 4), (4, 2), {"axes": ((2, 0), (0, 1))}),
    ((2, 3, 2), (3, 2, 2), {"axes": ([0, 1], [2, 0])}),
    ((2, 3), (2, 3), {"axes": ((), ())}),
    ((2, 0), (0, 3), {"axes": 1}),
    ((0, 2), (2, 3), {"axes": 1}),
]
NEGATIVE_AXES: list[Form] = [
    ((2, 3), (3, 2), {"axes": ((-1,), (-2,))}),
    ((2, 3, 4), (4, 2), {"axes": ((-1, -3), (0, -1))}),
]


def tensordot_forms(namespace: Namespace) -> list[Form]:
    return TENSORDOT + (NEGATIVE_AXES if namespace.revision >= "2023.12" else [])


@st.composite
def tensordot_shapes(draw: DrawFn, namespace: Namespace) -> Form:
    summed = draw(shapes(max_dims=2, max_side=3))
    left, right = (draw(shapes(max_dims=2, max_side=3)) for _ in range(2))
    if draw(st.booleans()):
        return (*left, *summed), (*summed, *right), {} if len(summed) == 2 else {"axes": len(summed)}
    (x1, axes1), (x2, axes2) = (draw(mixed_in(free, summed, namespace)) for free in (left, right))
    return x1, x2, {"axes": (axes1, axes2)}


@st.composite
def mixed_in(
    draw: DrawFn, free: tuple[int, ...], summed: tuple[int, ...], namespace: Namespace
) -> tuple[tuple[int, ...], tuple[int, ...] | list[int]]:
    """A shape with the summed lengths anywhere among the free ones, and where each of them is."""
    ndim = len(free) + len(summed)
    order = draw(st.permutations(range(ndim)))
    lengths = dict(zip(order, (*summed, *free), strict=True))
    negative = namespace.revision >= "2023.12" and draw(st.booleans())
    axes = [axis - ndim if negative else axis for axis in order[: len(summed)]]
    return tuple(lengths[axis] for axis in range(ndim)), draw(st.sampled_from([tuple, list]))(axes)


def invalid_tensordot_axes(path: str) -> Check:
    """Of ``tensordot``: axes that an argument lacks."""

    def calls(namespace: Namespace) -> Iterator[Case]:
        x = spread(component(namespace.dtypes[-1]), (2, 2))
        for axes in [((2,), (0,)), ((0,), (2,)), ((-3,), (0,)), ((0,), (-3,))]:
            yield Case(Call(path, (x, x), {"axes": axes}), Raises())

    return raising(path, "if provided an invalid axis, the function must raise an exception", "2025.12", calls)


def transposes(path: str) -> Check:
    """Of ``matrix_transpose``."""

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for dtype in namespace.dtypes:
            for shape in [(2, 3), (1, 1), (3, 3), (2, 2, 3), (3, 1, 2, 2), (0, 2), (2, 0), (0, 2, 3)]:
                yield case(path, references.matrix_transpose, sample(dtype, shape))

    def drawn(namespace: Namespace, dtype: str) -> SearchStrategy[Case]:
        x = arrays(dtype, shapes(min_dims=2, max_dims=4, max_side=3))
        return x.map(lambda x: case(path, references.matrix_transpose, x))

    return Check(path, "", fixed=fixed, drawn=drawn)


CHECKS = [
    *pairs("matmul", lambda namespace: MATMUL, matmul_shapes),
    *map(transposes, ("matrix_transpose", "linalg.matrix_transpose")),
    *pairs("tensordot", tensordot_forms, tensordot_shapes),
    *map(invalid_tensordot_axes, ("tensordot", "linalg.tensordot")),
    *pairs("vecdot", lambda namespace: VECDOT, vecdot_shapes),
]
