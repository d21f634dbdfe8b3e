"""Checks of the operators: the method, its reflected and its in-place form do what the function does."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from hypothesis.strategies import SearchStrategy

from conformance.checking import Check
from conformance.checks.elementwise import (
    KEPT_SHAPES,
    PAIRED_SHAPES,
    SCALARS,
    SHAPES,
    case_of,
    drawn_cases,
    dtypes_of,
    fixed_cases,
    moderate,
    pairs_of_dtypes,
    row_cases,
    rows_apply,
    scalar_cases,
    scalar_row_cases,
)
from conformance.checks.linear_algebra import dtype_pairs
from conformance.dtypes import is_float, promote
from conformance.judging import Case
from conformance.literals import Array, Call, from_nested, operator_symbol
from conformance.namespaces import Namespace
from conformance.references.elementwise import Open
from conformance.spec import BY_NAME, KINDS, OPERATORS, Operator
from conformance.special_cases import rows

__all__ = ["CHECKS"]

SAME = "element-wise results, including special cases, must equal the results of xp.{function}"
REFLECTED = "the results of applying reflected operators must match their non-reflected equivalents"
IN_PLACE = (
    "an in-place operation must not change the data type or shape of the in-place array, and must have the same "
    "behavior as the binary operation where that promotes to the data type of the array on the left"
)

COMPLEX_SCALARS_SINCE = "2024.12"
"""Revision in which complex scalars came to go with real arrays."""


def form(method: str) -> str:
    """``r`` of a reflected method, ``i`` of an in-place one, else nothing."""
    symbol = operator_symbol(method)
    return symbol[1] if symbol else ""


def fits(method: str, case: Case) -> bool:
    """Whether the form takes these operands, in this order."""
    args = case.call.args
    if form(method) != "i":
        return isinstance(args[-1 if form(method) == "r" else 0], Array)
    if not isinstance(args[0], Array) or args[0].shape != case.expected.shape:
        return False
    others = [each.dtype for each in args if isinstance(each, Array)]
    complex_scalar = isinstance(args[1], complex) and is_float(args[0].dtype)
    return promote(*others) == args[0].dtype and not complex_scalar


def as_method(method: str, case: Case) -> Case:
    """The call of a function as that of an operator."""
    args = case.call.args[::-1] if form(method) == "r" else case.call.args
    return case._replace(call=Call(method, args))


def as_methods(method: str, cases: Iterator[Case]) -> Iterator[Case]:
    """The calls of a function that the operator can make."""
    return (as_method(method, case) for case in cases if fits(method, case))


def function_cases(path: str, namespace: Namespace) -> Iterator[Case]:
    """Calls of the function, of every data type and of pairs of these."""
    for dtype in dtypes_of(namespace, path):
        yield from fixed_cases(path, dtype)
        if len(BY_NAME[path].parameters) == 2:
            for shape in ((), (1,), (3,)):
                yield from defined_case(path, dtype, dtype, (2, 3), shape)
    if len(BY_NAME[path].parameters) == 2:
        for left, right in pairs_of_dtypes(namespace, path):
            if left != right:
                yield from defined_case(path, left, right, (3,), (3,))
                yield from defined_case(path, left, right, (3,), ())


def defined_case(path: str, left: str, right: str, x1: tuple[int, ...], x2: tuple[int, ...]) -> Iterator[Case]:
    """Two arrays of these data types and shapes, if the standard says what comes out."""
    try:
        yield case_of(path, moderate(path, 0, left, x1), moderate(path, 1, right, x2))
    except Open:
        return


def ordinary(method: str, path: str, namespace: Namespace) -> Iterator[Case]:
    """Fixed calls of an operator on arrays."""
    yield from as_methods(method, function_cases(path, namespace))


def drawn(method: str, path: str, namespace: Namespace, dtype: str) -> SearchStrategy[Case] | None:
    """Drawn calls of an operator on arrays."""
    if dtype not in dtypes_of(namespace, path):
        return None
    shapes = PAIRED_SHAPES if len(BY_NAME[path].parameters) == 2 else [(shape,) for shape in SHAPES]
    cases = drawn_cases(path, dtype, KEPT_SHAPES if form(method) == "i" else shapes)
    return cases.map(partial(as_method, method))


def special(method: str, path: str, namespace: Namespace) -> Iterator[Case]:
    """The rows of the function."""
    for dtype in dtypes_of(namespace, path):
        found = row_cases(path, dtype)
        yield from as_methods(method, (case for row, case in found if rows_apply(namespace, row, dtype)))


def scalars(method: str, path: str, namespace: Namespace) -> Iterator[Case]:
    """An array and a Python scalar."""
    wide = namespace.revision >= COMPLEX_SCALARS_SINCE
    for dtype in dtypes_of(namespace, path):
        yield from as_methods(method, iter(scalar_cases(path, dtype, wide)))
        found = scalar_row_cases(path, dtype)
        yield from as_methods(method, (case for row, case in found if rows_apply(namespace, row, dtype)))


def products(method: str, namespace: Namespace) -> Iterator[Case]:
    """Matrix products, of every data type."""
    for dtype in (each for each in namespace.dtypes if each in KINDS["numeric"]):
        for left, right in MATRICES:
            x1, x2 = from_nested(left, dtype), from_nested(right, dtype)
            yield from as_methods(method, iter([Case(Call("matmul", (x1, x2)), matmul(x1, x2))]))
        x1, x2 = Array((0, 2), (), dtype), from_nested([[1, 2, 3], [4, 5, 6]], dtype)
        yield from as_methods(method, iter([Case(Call("matmul", (x1, x2)), Array((0, 3), ()))]))
    for first, second in dtype_pairs(each for each in namespace.dtypes if each in KINDS["numeric"]):
        x1, x2 = (from_nested(each, dtype) for each, dtype in zip(MATRICES[0], (first, second), strict=True))
        yield from as_methods(method, iter([Case(Call("matmul", (x1, x2)), matmul(x1, x2))]))


def matmul(x1: Array, x2: Array) -> Array:
    """Product of small matrices or vectors."""
    rows_ = [x1.values] if x1.ndim == 1 else [x1.values[i : i + x1.shape[1]] for i in range(0, x1.size, x1.shape[1])]
    width = 1 if x2.ndim == 1 else x2.shape[1]
    columns = [x2.values[i::width] for i in range(width)]
    values = [sum(a * b for a, b in zip(row, column, strict=True)) for row in rows_ for column in columns]
    return Array((*x1.shape[:-1], *x2.shape[1:]), tuple(values))


MATRICES = (
    ([[1, 2], [3, 4]], [[0, 1], [2, 3]]),
    ([[1, 2], [3, 4]], [5, 6]),
    ([5, 6], [[1, 2], [3, 4]]),
    ([[1, 2, 3]], [[1], [2], [4]]),
    ([1, 2, 3], [4, 5, 6]),
)


def each_form(operator: Operator) -> Iterator[tuple[str, str]]:
    """The methods of an operator, and what the standard says of each."""
    yield operator.method, SAME.format(function=operator.function)
    if operator.reflected:
        yield operator.reflected, REFLECTED
    if operator.inplace:
        yield operator.inplace, IN_PLACE


def every_check() -> Iterator[Check]:
    """Checks of each method."""
    for operator in OPERATORS:
        path = operator.function
        for method, text in each_form(operator):
            if path == "matmul":
                yield Check(method, "operators", text, fixed=partial(products, method))
                continue
            yield Check(
                method, "operators", text, fixed=partial(ordinary, method, path), drawn=partial(drawn, method, path)
            )
            if len(BY_NAME[path].parameters) == 2:
                yield Check(method, "scalars", SCALARS, fixed=partial(scalars, method, path))
            if rows(path):
                yield Check(method, "special cases", fixed=partial(special, method, path))


CHECKS = list(every_check())
