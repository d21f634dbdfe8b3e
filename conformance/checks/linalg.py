"""Checks of the extension for linear algebra."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from conformance.checking import Check
from conformance.checks.drawing import arrays, axes, case, optional, shapes
from conformance.checks.errors import raising
from conformance.checks.linear_algebra import (
    PROMOTION,
    broadcastable_shapes,
    dtype_pairs,
    insert,
    small,
    small_elements,
)
from conformance.checks.samples import Form, sample, spread
from conformance.dtypes import bits, component, is_complex, is_float, is_integer, limits, promote
from conformance.judging import Case, Raises
from conformance.literals import Array, Call, DType, from_nested, indices
from conformance.namespaces import Namespace
from conformance.references import linalg as references

__all__ = ["CHECKS", "SENTENCES"]

SENTENCES = {
    "cholesky": "x = L L^H with a lower triangular L, or x = U^H U with an upper triangular U where `upper` is True",
    "cross": "the cross product of each pair of vectors of three elements along the axis",
    "det": "the determinant of each square matrix",
    "diagonal": "the diagonals `offset` places above the main ones, or below where it is negative, along the last axis",
    "eig": "x v = lambda v for each eigenvalue, of which each root of det(x - lambda I) is one, and its column",
    "eigh": "x = Q Lambda Q^H with real eigenvalues and orthonormal columns of Q",
    "eigvals": "the roots, counted with multiplicity, of det(x - lambda I), in any order",
    "eigvalsh": "the roots, counted with multiplicity, of det(x - lambda I), in any order",
    "inv": "the inverse of each square matrix",
    "matrix_norm": "the norm of each matrix, as the table of orders has it",
    "matrix_power": "each matrix times itself; its inverse for negative powers, the identity for zero",
    "matrix_rank": "the number of singular values above rtol * largest_singular_value; by default max(M, N) * eps",
    "outer": "element i, j is the product of elements i of x1 and j of x2",
    "pinv": "the pseudo-inverse, in which singular values up to rtol * largest_singular_value count as zero",
    "qr": "x = Q R with orthonormal columns of Q and an upper triangular R whose diagonal is real",
    "slogdet": "the determinant is sign * exp(logabsdet)",
    "solve": "A X = B for each pair of stacked matrices; x2 is a vector only where it has one axis",
    "svd": "x = U diag(S) Vh with orthonormal columns of U, orthonormal rows of Vh, and S descending",
    "svdvals": "the singular values of each matrix, in descending order",
    "trace": "the sum of each diagonal `offset` places above the main one, or below where it is negative",
    "vector_norm": "the norm over the axes given, all elements where `axis` is None, as the table of orders has it",
}
SENTENCES = {f"linalg.{name}": text for name, text in SENTENCES.items()}

INVERTIBLE = ([[2]], [[0, 2], [3, 1]], [[0, 2, 1], [4, 1, 0], [1, -1, 5]], [[[1, 2], [3, 1]], [[-2, 0], [1, 1]]])
HERMITIAN = ([[-2]], [[1, 2], [2, -3]], [[2, 1, 0], [1, -4, 3], [0, 3, 1]], [[[1, 1], [1, -1]], [[3, 0], [0, 3]]])
DEFINITE = ([[4]], [[2, 1], [1, 3]], [[4, 1, -2], [1, 5, 0], [-2, 0, 6]], [[[5, 2], [2, 1]], [[3, -1], [-1, 2]]])
TALL = ([[3], [4]], [[1, 2], [0, -1], [2, 1]], [[[1, 1], [2, 0], [0, 3]], [[0, 1], [1, 0], [4, 4]]])
WIDE = ([[3, -4]], [[1, 2, 0], [0, 1, -3]], [[[1, 0, 3], [2, 1, 0]], [[0, 2, 1], [1, 1, 1]]])
DEFICIENT = ([[0]], [[1, 0], [0, 0]], [[2, 2], [2, 2]], [[3, 0, 0], [0, 0, 0], [0, 0, -1]], [[0, 0], [0, 0], [1, 0]])
OF_SEVERAL_RANKS = ([[[1, 0], [0, 0]], [[2, 1], [0, 3]], [[0, 0], [0, 0]]],)
DEFECTIVE = ([[1, 1], [0, 1]], [[0, -1], [1, 0]], [[0, 1, 0], [0, 0, 1], [0, 0, 0]])
"""Fewer eigenvectors than columns, or none of them real."""


def phased(x: Array, dtype: str) -> Array:
    """The matrices in a data type; where that is complex turned by unitary ones, Hermitian ones staying so.

    Element i, j is multiplied by the power i - j of the imaginary unit.
    """
    n = x.shape[-1]
    powers = (1, 1j, -1, -1j)
    turns = [powers[(k // n % x.shape[-2] - k % n) % 4] if is_complex(dtype) else 1 for k in range(x.size)]
    number = complex if is_complex(dtype) else float
    return Array(x.shape, tuple(number(value * turn) for value, turn in zip(x.values, turns, strict=True)), dtype)


def turned(x: Array) -> Array:
    """The matrices times a complex number, where they are complex."""
    factor = 1 + 2j if is_complex(x.dtype) else 1
    return x._replace(values=tuple(value * factor for value in x.values))


class Kind(NamedTuple):
    """A kind of matrices: some of them, and how to draw others."""

    fixed: Callable[[str], Iterable[Array]]
    drawn: Callable[[str], SearchStrategy[Array]]


def kind(
    nested: Iterable[Any],
    empty: Iterable[tuple[int, ...]],
    drawn: Callable[[str], SearchStrategy[Array]],
    *,
    hermitian: bool = False,
) -> Kind:
    """A kind from nested lists of real elements, and shapes without elements."""

    def fixed(dtype: str) -> Iterator[Array]:
        for each in nested:
            x = phased(from_nested(each), dtype)
            yield x if hermitian else turned(x)
        for shape in empty:
            yield Array(shape, (), dtype)

    return Kind(fixed, drawn)


STACKS = shapes(max_dims=2, max_side=2)


def matrices(
    dtype: str, rows: SearchStrategy[int], columns: SearchStrategy[int] | None = None
) -> SearchStrategy[Array]:
    """Stacks of matrices of small numbers; square ones by default."""

    def shaped(drawn: tuple[tuple[int, ...], int, int]) -> SearchStrategy[Array]:
        stack, m, n = drawn
        return arrays(dtype, (*stack, m, n if columns is not None else m), whole(dtype))

    return st.tuples(STACKS, rows, rows if columns is None else columns).flatmap(shaped)


def whole(dtype: str) -> SearchStrategy[Any]:
    """Small whole numbers."""
    parts = st.integers(-3, 3)
    return st.builds(complex, parts, parts) if is_complex(dtype) else parts.map(float)


@st.composite
def dominant(draw: DrawFn, x: Array, *, permuted: bool) -> Array:
    """Square matrices plus a diagonal so large that none is ill-conditioned; with rows in another order, perhaps."""
    n = x.shape[-1]
    order = draw(st.permutations(range(n))) if permuted else list(range(n))
    values = list(x.values)
    for start in range(0, x.size, n):
        column = order[start // n % n]
        size = sum(map(abs, values[start : start + n])) - abs(values[start + column])
        values[start + column] = type(values[0])(math.ceil(size) + draw(st.integers(1, 3)))
    return x._replace(values=tuple(values))


def mirrored(x: Array) -> Array:
    """Hermitian matrices with the lower triangles of these."""
    conjugate = references.matrix_transpose(x).values
    n = x.shape[-1]
    values = []
    for k, (value, other) in enumerate(zip(x.values, conjugate, strict=True)):
        i, j = k // n % n, k % n
        values.append(value if i > j else other.conjugate() if i < j else type(value)(value.real))
    return x._replace(values=tuple(values))


def scaled(x: SearchStrategy[Array]) -> SearchStrategy[Array]:
    """The matrices times a power of two."""

    def times(x: Array, factor: float) -> Array:
        return x._replace(values=tuple(value * factor for value in x.values))

    return st.builds(times, x, st.sampled_from([1.0, 2.0**-6, 2.0**10]))


SIDES = st.integers(1, 3)


def drawn_invertible(dtype: str) -> SearchStrategy[Array]:
    return scaled(matrices(dtype, SIDES).flatmap(lambda x: dominant(x, permuted=True)))


def drawn_hermitian(dtype: str) -> SearchStrategy[Array]:
    return scaled(matrices(dtype, SIDES).map(mirrored))


def drawn_definite(dtype: str) -> SearchStrategy[Array]:
    return scaled(matrices(dtype, SIDES).map(mirrored).flatmap(lambda x: dominant(x, permuted=False)))


def drawn_square(dtype: str) -> SearchStrategy[Array]:
    return scaled(matrices(dtype, SIDES))


def drawn_matrices(dtype: str) -> SearchStrategy[Array]:
    return scaled(matrices(dtype, SIDES, SIDES))


def drawn_independent(dtype: str) -> SearchStrategy[Array]:
    """Matrices of full rank: some of the rows or columns of invertible ones."""

    def cut(x: Array, m: int, n: int) -> Array:
        kept = [value for k, value in enumerate(x.values) if k // x.shape[-1] % x.shape[-1] < m and k % x.shape[-1] < n]
        return Array((*x.shape[:-2], min(m, x.shape[-1]), min(n, x.shape[-1])), tuple(kept), dtype)

    whole_rows = st.tuples(st.just(3), SIDES) | st.tuples(SIDES, st.just(3))
    square = matrices(dtype, st.just(3)).flatmap(lambda x: dominant(x, permuted=False))
    return scaled(st.builds(lambda x, sides: cut(x, *sides), square, whole_rows))


def drawn_deficient(dtype: str) -> SearchStrategy[Array]:
    """Matrices with a row of zeros: their rank is clear to any algorithm, whatever the tolerance."""

    def with_zeros(x: Array) -> Array:
        m, n = x.shape[-2:]
        rows = [x.values[start : start + n] for start in range(0, x.size, n)]
        zeros = (0j if is_complex(dtype) else 0.0,) * n
        values = [value for k, row in enumerate(rows) for value in (*(zeros if k % m == 0 else ()), *row)]
        return Array((*x.shape[:-2], m + 1, n), tuple(values), dtype)

    return drawn_independent(dtype).map(with_zeros)


NO_SQUARES = ((0, 2, 2), (2, 0, 2, 2), (0, 0), (2, 0, 0))
NO_MATRICES = ((0, 2, 3), (2, 0, 2, 3), (0, 2), (2, 0), (0, 0))

INVERTIBLES = kind(INVERTIBLE, NO_SQUARES, drawn_invertible)
SQUARES = kind(INVERTIBLE + DEFECTIVE, NO_SQUARES, drawn_square)
HERMITIANS = kind(HERMITIAN, NO_SQUARES, drawn_hermitian, hermitian=True)
DEFINITES = kind(DEFINITE, NO_SQUARES, drawn_definite, hermitian=True)
INDEPENDENTS = kind(INVERTIBLE + TALL + WIDE, NO_MATRICES, drawn_independent)
ANY = kind(INVERTIBLE + TALL + WIDE + DEFICIENT, NO_MATRICES, drawn_matrices)
NOT_EMPTY = kind(INVERTIBLE + TALL + WIDE + DEFICIENT, [(0, 2, 3)], drawn_matrices)
OF_CLEAR_RANK = kind(INVERTIBLE + TALL + WIDE, [(0, 2, 3)], drawn_independent)
DEFICIENTS = kind(DEFICIENT + OF_SEVERAL_RANKS, (), drawn_deficient)


class Family(NamedTuple):
    """Matrices, and arguments after them."""

    matrices: Kind
    forms: tuple[Form, ...] = (Form(),)
    """The first is called with each of the matrices, the others with some."""


ORDERS = ("nuc", 1, -1, 2, -2, math.inf, -math.inf)

FAMILIES = {
    "cholesky": [Family(DEFINITES, (Form(), Form(upper=True), Form(upper=False)))],
    "det": [Family(SQUARES)],
    "eig": [Family(SQUARES)],
    "eigh": [Family(HERMITIANS)],
    "eigvals": [Family(SQUARES)],
    "eigvalsh": [Family(HERMITIANS)],
    "inv": [Family(INVERTIBLES)],
    "matrix_norm": [
        Family(ANY, (Form(), Form(keepdims=True), Form(keepdims=False), Form(ord="fro"))),
        Family(NOT_EMPTY, tuple(Form(ord=order, keepdims=keepdims) for order in ORDERS for keepdims in (False, True))),
    ],
    "matrix_power": [
        Family(INVERTIBLES, tuple(map(Form, (2, 1, 0, 3, -1, 5, -2, 4, -3)))),
        Family(SQUARES, (Form(0), Form(3))),
    ],
    "matrix_rank": [
        Family(OF_CLEAR_RANK, (Form(), Form(rtol=None), Form(rtol=1e-3))),
        Family(DEFICIENTS, (Form(), Form(rtol=1e-3))),
    ],
    "pinv": [
        Family(OF_CLEAR_RANK, (Form(), Form(rtol=None), Form(rtol=1e-3))),
        Family(DEFICIENTS, (Form(), Form(rtol=1e-3))),
    ],
    "qr": [Family(INDEPENDENTS, (Form(), Form(mode="complete"), Form(mode="reduced")))],
    "slogdet": [Family(SQUARES)],
    "svd": [Family(ANY, (Form(), Form(full_matrices=False), Form(full_matrices=True)))],
    "svdvals": [Family(ANY)],
}
"""Functions of one matrix, or of a stack."""

TRUNCATED = from_nested([[2, 1], [1, 2]]), from_nested([[[8, 0], [0, 2]], [[1, 0], [2, 3]]])
"""Singular values 3 and 1; 8 and 2, 3.65 and 0.82."""


def truncations(dtype: str) -> Iterator[tuple[Array, Form]]:
    """Tolerances that leave out the smaller singular value of some."""
    one, stack = (turned(phased(x, dtype)) for x in TRUNCATED)
    for rtol in (0.125, 0.5):
        yield one, Form(rtol=rtol)
        yield one, Form(rtol=Array((), (rtol,), component(dtype)))
        yield stack, Form(rtol=rtol)
    for values in [(0.125, 0.5), (0.5, 0.125), (0.5,)]:
        yield stack, Form(rtol=Array((len(values),), values, component(dtype)))


def of_many_digits(dtype: str) -> Iterator[tuple[Array, Form]]:
    """A determinant of more digits than single precision has."""
    yield phased(from_nested([[4097, 1], [-2, 4099]]), dtype), Form()


def nothing_further(dtype: str) -> Iterable[tuple[Array, Form]]:
    return ()


FURTHER: dict[str, Callable[[str], Iterable[tuple[Array, Form]]]] = {
    "det": of_many_digits,
    "matrix_rank": truncations,
    "pinv": truncations,
}


def of_matrices(name: str) -> Check:
    """The check of a function of one matrix."""
    path, reference, further = f"linalg.{name}", getattr(references, name), FURTHER.get(name, nothing_further)

    def made(x: Array, form: Form) -> Case:
        return case(path, reference, x, *form.args, **form.kwargs)

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for dtype in check.dtypes(namespace):
            for family in FAMILIES[name]:
                first, *others = family.forms
                every = list(family.matrices.fixed(dtype))
                yield from (made(x, first) for x in every)
                some = [every[1], *(x for x in every if x.ndim > 2 and x.size)]
                yield from (made(x, form) for form in others for x in some)
            yield from (made(x, form) for x, form in further(dtype))

    def drawn(namespace: Namespace, dtype: str) -> SearchStrategy[Case]:
        strategies: list[SearchStrategy[Case]] = [
            st.builds(made, family.matrices.drawn(dtype), st.sampled_from(family.forms)) for family in FAMILIES[name]
        ]
        return st.one_of(strategies)

    check = Check(path, "", fixed=fixed, drawn=drawn)
    return check


Shapes = tuple[tuple[int, ...], tuple[int, ...], Form]
"""Shapes of two operands, and arguments after them."""


def pairwise(
    name: str,
    forms: list[Shapes],
    broadcasting: list[Shapes],
    operands: Callable[[str, tuple[int, ...], tuple[int, ...]], tuple[Array, Array]],
    drawn: Callable[[DrawFn, Namespace, str], tuple[Array, Array, Form]],
) -> list[Check]:
    """Checks of a function of two arrays: of two shapes with fixed elements, drawn, and of two data types."""
    path, reference = f"linalg.{name}", getattr(references, name)

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for dtype in check.dtypes(namespace):
            for left, right, form in forms + (broadcasting if namespace.revision >= "2022.12" else []):
                yield case(path, reference, *operands(dtype, left, right), **form.kwargs)

    @st.composite
    def calls(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
        x1, x2, form = drawn(draw, namespace, dtype)
        return case(path, reference, x1, x2, **form.kwargs)

    def mixed(namespace: Namespace) -> Iterator[Case]:
        left, right, form = forms[0]
        for a, b in dtype_pairs(check.dtypes(namespace)):
            x1, x2 = operands(a, left, right)[0], operands(b, left, right)[1]
            yield case(path, reference, x1, x2, **form.kwargs)

    check = Check(path, "", fixed=fixed, drawn=calls)
    return [check, Check(path, "dtypes", PROMOTION, fixed=mixed)]


def is_unsigned(dtype: str) -> bool:
    """Whether the data type has no negative numbers."""
    return is_integer(dtype) and limits(dtype)[0] == 0


CROSS: list[Shapes] = [
    ((3,), (3,), Form()),
    ((2, 3), (2, 3), Form()),
    ((2, 3), (2, 3), Form(axis=-1)),
    ((3, 2), (3, 2), Form(axis=-2)),
    ((2, 3, 1, 2), (2, 3, 1, 2), Form(axis=-3)),
    ((0, 3), (0, 3), Form()),
]
CROSS_BROADCAST: list[Shapes] = [
    ((2, 1, 3), (2, 3), Form()),
    ((3,), (2, 3), Form()),
    ((3, 1), (2, 3, 2), Form(axis=-2)),
]


def axes_of(dtype: str, x: Array, axis: int, which: int) -> Array:
    """Vectors, of unsigned integers along one coordinate axis only: no component of a product is negative then."""
    if not is_unsigned(dtype):
        return x
    places = (index[axis] for index in indices(x.shape))
    return x._replace(values=tuple(v if place == which else 0 for v, place in zip(x.values, places, strict=True)))


def crossed(dtype: str, left: tuple[int, ...], right: tuple[int, ...]) -> tuple[Array, Array]:
    axis = max(a for a in range(-min(len(left), len(right)), 0) if left[a] == right[a] == 3)
    return axes_of(dtype, small(dtype, left), axis, 0), axes_of(dtype, small(dtype, right, 2), axis, 1)


def drawn_cross(draw: DrawFn, namespace: Namespace, dtype: str) -> tuple[Array, Array, Form]:
    left, right = draw(broadcastable_shapes())
    if namespace.revision < "2022.12":
        left = right
    axis = draw(st.integers(-1 - min(len(left), len(right)), -1))
    which = draw(st.integers(0, 2))
    x1, x2 = (draw(arrays(dtype, insert(shape, axis, 3), small_elements(dtype))) for shape in (left, right))
    form = Form(axis=axis) if axis != -1 or draw(st.booleans()) else Form()
    return axes_of(dtype, x1, axis, which), axes_of(dtype, x2, axis, (which + 1) % 3), form


def wrong_sizes(namespace: Namespace) -> Iterator[Case]:
    """Vectors of other than three elements."""
    dtype = component(namespace.dtypes[-1])
    for shape, axis in [((2,), -1), ((4,), -1), ((3, 2), -1), ((2, 3), -2)]:
        yield Case(Call("linalg.cross", (spread(dtype, shape), spread(dtype, shape)), {"axis": axis}), Raises())


OUTER: list[Shapes] = [((2,), (3,), Form()), ((3,), (1,), Form()), ((0,), (2,), Form()), ((2,), (0,), Form())]


def drawn_outer(draw: DrawFn, namespace: Namespace, dtype: str) -> tuple[Array, Array, Form]:
    sides = shapes(min_dims=1, max_dims=1)
    x1, x2 = (draw(arrays(dtype, sides, small_elements(dtype))) for _ in range(2))
    return x1, x2, Form()


SOLVE: list[Shapes] = [
    ((2, 2), (2, 3), Form()),
    ((2, 2), (2,), Form()),
    ((3, 3), (3, 1), Form()),
    ((2, 2, 2), (2, 2, 1), Form()),
    ((2, 2, 2), (2, 2, 2), Form()),
    ((0, 0), (0, 2), Form()),
    ((2, 2), (2, 0), Form()),
    ((0, 2, 2), (0, 2, 1), Form()),
]
SOLVE_BROADCAST: list[Shapes] = [
    ((2, 2, 2), (2,), Form()),
    ((2, 2, 2), (2, 1), Form()),
    ((2, 2, 2), (2, 2), Form()),
    ((2, 2), (3, 2, 1), Form()),
    ((2, 1, 2, 2), (3, 2, 2), Form()),
    ((3, 1, 1), (1,), Form()),
]
"""A stack of vectors looks like one matrix, and is that."""


def system(dtype: str, left: tuple[int, ...], right: tuple[int, ...]) -> tuple[Array, Array]:
    """Equations of which each has one large coefficient, in another place than the others."""
    x, n = small(dtype, left), left[-1]
    values = [value + 20 * (k // n % n == (k + 1) % n) for k, value in enumerate(x.values)]
    return x._replace(values=tuple(values)), small(dtype, right, 2)


def drawn_system(draw: DrawFn, namespace: Namespace, dtype: str) -> tuple[Array, Array, Form]:
    left, right = draw(broadcastable_shapes())
    if namespace.revision < "2022.12":
        left = right
    n, k = draw(SIDES), draw(st.integers(0, 3))
    x1 = draw(arrays(dtype, (*left, n, n), whole(dtype)).flatmap(lambda x: dominant(x, permuted=True)))
    vector = draw(st.booleans()) and (namespace.revision >= "2022.12" or not left)
    return x1, draw(arrays(dtype, (n,) if vector else (*right, n, k), small_elements(dtype))), Form()


FurtherCases = Callable[[Namespace, str], Iterable[Case]]


def of_diagonals(name: str, elements: Callable[[str, tuple[int, ...]], Array], further: FurtherCases) -> Check:
    """The check of ``diagonal`` or ``trace``."""
    path, reference = f"linalg.{name}", getattr(references, name)

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for dtype in check.dtypes(namespace):
            for shape, offsets in DIAGONALS:
                yield case(path, reference, elements(dtype, shape))
                for offset in offsets:
                    yield case(path, reference, elements(dtype, shape), offset=offset)
            yield from further(namespace, dtype)

    @st.composite
    def drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
        x = draw(arrays(dtype, shapes(min_dims=2, max_dims=4, max_side=4)))
        offsets = st.integers(-max(x.shape[-2] - 1, 0), max(x.shape[-1] - 1, 0))
        return case(path, reference, x, **draw(optional(offset=offsets)))

    check = Check(path, "", fixed=fixed, drawn=drawn)
    return check


DIAGONALS = [
    ((2, 2), (0, 1, -1)),
    ((3, 4), (1, 3, -2)),
    ((4, 2), (1, -1, -3)),
    ((2, 3, 3), (-1, 2)),
    ((2, 1, 3, 2), (1, -2)),
    ((0, 3, 3), (1,)),
    ((0, 0), ()),
    ((0, 3), ()),
    ((3, 0), ()),
]
"""Shapes, and offsets that lie inside of the matrices."""


def traces(namespace: Namespace, dtype: str) -> Iterator[Case]:
    """Sums too large for small integers, those in another data type, and those of what is no number."""
    path, reference = "linalg.trace", references.trace
    if is_integer(dtype):
        most = limits(dtype)[1]
        wide = bits(dtype) < bits(namespace.default_dtype("integral"))
        yield case(path, reference, Array((2, 2), (most if wide else most - 1, 3, 3, most if wide else 1), dtype))
    for other in namespace.dtypes:
        if promote(dtype, other) == other:
            yield case(path, reference, small(dtype, (2, 3, 3)), offset=-1, dtype=DType(other))
    if is_float(dtype):
        yield case(path, reference, Array((2, 2), (2.0**24, 0.0, 0.0, 3.0), dtype))
        for a, b in [(1.0, 2.0), (math.inf, 1.0), (math.inf, -math.inf), (math.nan, 1.0)]:
            yield case(path, reference, Array((2, 2), (a, math.nan, -math.inf, b), dtype))


def no_cases(namespace: Namespace, dtype: str) -> Iterable[Case]:
    return ()


NORMS = (1, 2, 3, 2.5, 1.0, math.inf, 0, 0.5, -1, -2, -math.inf, -0.5, -3)
VECTORS: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((3,), {}),
    ((), {}),
    ((2, 3), {}),
    ((2, 3), {"axis": 0}),
    ((2, 3), {"axis": -1}),
    ((2, 3), {"axis": (0, 1)}),
    ((2, 3, 2), {"axis": (2, 0)}),
    ((2, 3, 2), {"axis": (-1, -2), "keepdims": True}),
    ((2, 3, 2), {"axis": (1,)}),
    ((2, 3, 2), {"axis": None, "keepdims": False}),
    ((2, 3, 2), {"axis": 1, "keepdims": True}),
    ((2, 3, 2), {"keepdims": True}),
    ((0, 3), {"axis": 1}),
    ((0, 3), {"axis": 0}),
    ((0, 3), {"axis": 1, "keepdims": True}),
    ((2, 0), {}),
]


def nonzero(x: Array) -> Array:
    """The array with ones for zeros, by which norms of negative order divide."""
    return x._replace(values=tuple(value or type(value)(1) for value in x.values))


def vector_norms() -> Check:
    """The check of ``vector_norm``."""
    path, reference = "linalg.vector_norm", references.vector_norm

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for dtype in check.dtypes(namespace):
            for shape, kwargs in VECTORS:
                yield case(path, reference, small(dtype, shape, 2), **kwargs)
            for order in NORMS:
                x = small(dtype, (2, 4), 2)
                yield case(path, reference, x if order >= 0 else nonzero(x), ord=order)
                yield case(path, reference, x if order >= 0 else nonzero(x), ord=order, axis=-1)
                yield case(path, reference, nonzero(x), ord=order, axis=0, keepdims=True)

    @st.composite
    def drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
        order = draw(st.sampled_from(NORMS))
        x = draw(arrays(dtype, shapes(max_side=3, min_side=1), small_elements(dtype).map(rounded)))
        kwargs: dict[str, Any] = draw(
            optional(axis=axes(x.ndim).filter(lambda axis: axis != ()), keepdims=st.booleans())
        )
        if order != 2 or draw(st.booleans()):
            kwargs["ord"] = order
        return case(path, reference, x if order >= 0 else nonzero(x), **kwargs)

    check = Check(path, "", fixed=fixed, drawn=drawn)
    return check


def rounded(value: Any) -> Any:
    """A number in eighths: its powers stay far from the smallest ones."""
    if isinstance(value, complex):
        return complex(rounded(value.real), rounded(value.imag))
    return round(8 * value) / 8


CHECKS = [
    *map(of_matrices, FAMILIES),
    *pairwise("cross", CROSS, CROSS_BROADCAST, crossed, drawn_cross),
    raising("linalg.cross", "exceptions: if the size of the axis is not equal to 3", "2022.12", wrong_sizes),
    *pairwise("outer", OUTER, [], lambda dtype, left, right: (small(dtype, left), small(dtype, right, 2)), drawn_outer),
    *pairwise("solve", SOLVE, SOLVE_BROADCAST, system, drawn_system),
    of_diagonals("diagonal", sample, no_cases),
    of_diagonals("trace", small, traces),
    vector_norms(),
]
