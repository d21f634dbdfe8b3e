"""The table of the standard, held against array-api-strict and NumPy.

Library and conformance suite both read the table, so neither would notice a wrong row; this file must.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from math import inf, isfinite
from pathlib import Path
from typing import Any

import array_api_strict as strict
import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import spec
from conformance.spec import Function

COUNTS = {
    "creation": 16,
    "data_type": 6,
    "elementwise": 67,
    "indexing": 2,
    "linear_algebra": 4,
    "manipulation": 15,
    "searching": 6,
    "sets": 5,
    "sorting": 2,
    "statistical": 9,
    "utility": 3,
    "inspection": 1,
    "info": 5,
    "linalg": 25,
    "fft": 14,
}

# Where array-api-strict departs from the text of the standard. An entry that it mends fails as well.

SIGNATURES = {
    # A marker for "not passed" in place of None, to refuse newer arguments under older revisions.
    "astype": "(x, dtype, /, *, copy=True, device=<Undef.UNDEF: 0>)",
    "from_dlpack": "(x, /, *, device=<Undef.UNDEF: 0>, copy=<Undef.UNDEF: 0>)",
    "__dlpack__": (
        "(self, /, *, stream=None, max_version=<Undef.UNDEF: 0>, dl_device=<Undef.UNDEF: 0>, copy=<Undef.UNDEF: 0>)"
    ),
    # `stream` may be positional.
    "to_device": "(self, device, /, stream=None)",
    # `self` may be a keyword, which nobody can tell from an instance.
    **dict.fromkeys(["__bool__", "__complex__", "__dlpack_device__", "__float__", "__index__", "__int__"], "(self)"),
    **dict.fromkeys(["__abs__", "__neg__", "__pos__", "__invert__"], "(self)"),
}
EXTRA_NAMES = {
    "ArrayAPIStrictFlags",
    "Device",
    "__array_api_version__",
    "__version__",
    "fft",
    "get_array_api_strict_flags",
    "linalg",
    "reset_array_api_strict_flags",
    "set_array_api_strict_flags",
}
# Defined, but missing from `linalg.__all__`.
UNLISTED = {"eig", "eigvals"}
# Conversion to NumPy, an `__iter__` that refuses, and what every Python class may have.
EXTRA_METHODS = {"__array__", "__buffer__", "__hash__", "__iter__", "__new__", "__reduce__", "__repr__", "__str__"}
# Kinds that it accepts instead of the row's.
ACCEPTED = {
    # The standard says numeric, and leaves the data type for integers to the library.
    "divide": "floating-point",
    # It does not check these.
    "meshgrid": "all",
    "linalg.matrix_rank": "all",
    # The standard says floating-point.
    "vecdot": "numeric",
    "linalg.vecdot": "numeric",
}

# Values for required parameters that are no arrays, and shapes for functions that refuse square matrices.

ARGUMENTS: dict[str, Any] = {
    "axes": (1, 0),
    "axis": 0,
    "destination": 1,
    "dtype": strict.complex128,
    "fill_value": 1.0,
    "n": 2,
    "n_rows": 3,
    "num": 3,
    "repetitions": (1, 1),
    "shape": (3, 3),
    "shift": 1,
    "source": 0,
    "start": 0.0,
    "stop": 1.0,
}
SHAPES = {
    "cumulative_prod": (3,),
    "cumulative_sum": (3,),
    "outer": (3,),
    "repeat": (3,),
    "searchsorted": (3,),
    "squeeze": (1, 3),
    "take": (3,),
}

ISDTYPE: dict[str, str | tuple[str, ...]] = {
    "none": (),
    "all": ("bool", "numeric"),
    "boolean": "bool",
    "integer": "integral",
    "integer or boolean": ("bool", "integral"),
    "real floating-point": "real floating",
    "complex floating-point": "complex floating",
    "floating-point": ("real floating", "complex floating"),
    "real numeric": ("integral", "real floating"),
    "real numeric or boolean": ("bool", "integral", "real floating"),
    "numeric": "numeric",
}

TYPED = [row for row in spec.FUNCTIONS if row.result != "none"]
ELEMENTWISE = [row for row in spec.FUNCTIONS if row.chapter == "elementwise"]
SMOOTH = [row for row in ELEMENTWISE if "float64" in spec.KINDS[row.kinds] and row.result != "boolean"]
OPERATOR_METHODS = tuple(
    Function(method, operator.signature, "array", spec.BY_NAME[operator.function].kinds, "same")
    for operator in spec.OPERATORS
    for method in (operator.method, operator.reflected, operator.inplace)
    if method
)


@pytest.fixture(autouse=True)
def whole_standard() -> Iterator[None]:
    with strict.ArrayAPIStrictFlags(
        api_version=spec.REVISIONS[-1],
        boolean_indexing=True,
        data_dependent_shapes=True,
        enabled_extensions=("linalg", "fft"),
    ):
        yield


def by_path(rows: Iterable[Function]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", [pytest.param(row, id=row.path) for row in rows])


def implementation(row: Function) -> Callable[..., Any]:
    if row.chapter == "array":
        owner: Any = type(strict.asarray(0))
    elif row.chapter == "info":
        owner = strict.__array_namespace_info__()
    else:
        owner = getattr(strict, row.chapter) if row.chapter in spec.NAMESPACES else strict
    found: Callable[..., Any] = getattr(owner, row.name)
    return found


def dtype_name(dtype: Any) -> str:
    return next(name for name in spec.DTYPES if getattr(strict, name) == dtype)


def default(kind: str) -> str:
    return dtype_name({**strict.__array_namespace_info__().default_dtypes()}[kind])


def promote(dtypes: Iterable[str]) -> str | None:
    try:
        return dtype_name(strict.result_type(*(getattr(strict, dtype) for dtype in dtypes)))
    except TypeError:
        return None


def counterpart(dtype: str, kind: int) -> str:
    pairs = (("float32", "complex64"), ("float64", "complex128"))
    return next((pair[kind] for pair in pairs if dtype in pair), dtype)


def accumulated(dtype: str) -> str:
    return {"signed integer": "int64", "unsigned integer": "uint64"}.get(spec.DTYPES[dtype], dtype)


RULES: dict[str, Callable[[tuple[str, ...]], str | None]] = {
    "same": lambda dtypes: dtypes[0],
    "promoted": promote,
    "floating": promote,
    "boolean": lambda dtypes: "bool",
    "real": lambda dtypes: counterpart(dtypes[0], 0),
    "complex": lambda dtypes: counterpart(dtypes[0], 1),
    "index": lambda dtypes: default("indexing"),
    "integer": lambda dtypes: default("integral"),
    "default real": lambda dtypes: default("real floating"),
    "inferred": lambda dtypes: dtypes[0] if dtypes else default("real floating"),
    "accumulated": lambda dtypes: accumulated(dtypes[0]),
    "argument": lambda dtypes: dtype_name(ARGUMENTS["dtype"]),
}


def signature_drift(row: Function) -> list[str]:
    """How the row's parameters differ from those that array-api-strict really has."""
    signature = inspect.signature(implementation(row))
    parameters = signature.parameters.values()
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
    found = {
        "signature": str(inspect.Signature(bare)),
        "parameters": tuple(signature.parameters),
        "arrays": {parameter.name for parameter in parameters if "Array" in str(parameter.annotation)},
    }
    expected = {
        "signature": SIGNATURES.get(row.name, row.signature),
        "parameters": row.parameters,
        "arrays": set(row.arrays),
    }
    if row.chapter == "array" or row.name == "from_dlpack":  # `self`, and arrays of any library, bear no annotation.
        del expected["arrays"]
    return [f"{row.path}: {expected[key]}, strict has {found[key]}" for key in expected if expected[key] != found[key]]


def required(row: Function) -> list[str]:
    texts = row.signature[1:-1].split(", ")
    return [name for name in row.parameters if name in texts or f"*{name}" in texts]


def call(row: Function, dtypes: tuple[str, ...], **keywords: Any) -> Any:
    """Call with arrays of these data types, and whatever else the function requires."""
    remaining = iter(dtypes)

    def argument(name: str) -> Any:
        if name not in row.arrays:
            return ARGUMENTS[name]
        dtype = spec.KINDS[row.arrays[name]][-1] if name in dict(row.other_kinds) else next(remaining)
        shape = SHAPES.get(row.name, (3, 3))
        array = strict.astype(strict.eye(3) if shape == (3, 3) else strict.ones(shape), getattr(strict, dtype))
        return [array] if row.signature.startswith("(arrays") else array

    with numpy.errstate(all="ignore"):
        return implementation(row)(*map(argument, required(row)), **keywords)


def result_dtypes(row: Function, dtypes: tuple[str, ...]) -> list[str] | None:
    try:
        result = call(row, dtypes)
    except TypeError:
        return None
    arrays = result if isinstance(result, tuple | list) else [result]
    return [dtype_name(array.dtype) for array in arrays]


def dtype_drift(row: Function) -> list[str]:
    """How the kinds and results of the row differ from what array-api-strict really takes and gives."""
    kinds = spec.KINDS[ACCEPTED.get(row.path, row.kinds)]
    arity = sum(name in row.arrays and name not in dict(row.other_kinds) for name in required(row))
    drift = []
    for dtypes in product(spec.DTYPES, repeat=arity):
        if dtypes and promote(dtypes) is None:  # The standard leaves mixed kinds open.
            continue
        if row.name == "nextafter" and len(set(dtypes)) > 1:  # Both should have the same data type.
            continue
        found = result_dtypes(row, dtypes)
        expected = None
        if set(dtypes) <= set(kinds):
            rules = [row.result] if isinstance(row.result, str) else [*row.result]
            if rules[-1] == "...":
                rules = rules[:1] * len(found or ())
            expected = [RULES[rule](dtypes) for rule in rules]
        if found != expected:
            drift.append(f"{row.path}{dtypes}: {expected}, strict gives {found}")
    return drift


def first_revision(row: Function) -> str:
    """First revision under which array-api-strict has the function."""
    function = implementation(row)
    for revision in spec.REVISIONS[1:]:  # It counts the first two as one.
        with strict.ArrayAPIStrictFlags(api_version=revision):
            try:
                function()
            except RuntimeError:
                continue
            except (TypeError, ValueError):
                pass
            return revision
    return "none"


def test_chapters_have_as_many_functions_as_the_standard() -> None:
    assert Counter(row.chapter for row in spec.FUNCTIONS) == COUNTS
    assert len(spec.BY_NAME) == len(spec.FUNCTIONS) == sum(COUNTS.values())
    assert len(spec.METHODS) == 11
    assert len(spec.OPERATORS) == 23


@by_path(spec.FUNCTIONS + spec.METHODS)
def test_rows_use_the_vocabulary(row: Function) -> None:
    results = [row.result] if isinstance(row.result, str) else row.result
    assert set(results) <= spec.RESULTS.keys()
    assert {row.kinds, *dict(row.other_kinds).values()} <= spec.KINDS.keys()
    assert row.since in spec.REVISIONS
    assert set(dict(row.other_kinds)) <= set(row.parameters)
    assert len(row.domain) in (0, len(row.arrays))
    assert all(low < high for low, high in row.domain)
    assert len(row.fields) in (0, len(results))


def test_every_rule_is_used() -> None:
    used = {rule for row in spec.FUNCTIONS for rule in ([row.result] if isinstance(row.result, str) else row.result)}
    assert used == spec.RESULTS.keys()


def test_names_equal_those_of_strict() -> None:
    named = {row.name for row in spec.FUNCTIONS if row.chapter not in spec.NAMESPACES}
    assert {*named, *spec.DTYPES, *spec.CONSTANTS} == set(strict.__all__) - EXTRA_NAMES


@pytest.mark.parametrize("chapter", spec.NAMESPACES)
def test_names_of_a_namespace_equal_those_of_strict(chapter: str) -> None:
    found = {
        "linalg": {*strict.linalg.__all__, *UNLISTED},
        "fft": {*strict.fft.__all__},
        "info": {name for name in dir(strict.__array_namespace_info__()) if not name.startswith("_")},
    }
    assert {row.name for row in spec.FUNCTIONS if row.chapter == chapter} == found[chapter]


def test_members_of_the_array_equal_those_of_strict() -> None:
    members = inspect.getmembers_static(
        type(strict.asarray(0)), lambda x: inspect.isfunction(x) or isinstance(x, property)
    )
    found = {name for name, _ in members if name.startswith("__") or not name.startswith("_")} - EXTRA_METHODS
    assert found == {*(row.name for row in (*spec.METHODS, *OPERATOR_METHODS)), *spec.ATTRIBUTES}


@by_path((*spec.FUNCTIONS, *spec.METHODS, *OPERATOR_METHODS))
def test_signature_equals_that_of_strict(row: Function) -> None:
    assert signature_drift(row) == []


@by_path(TYPED)
def test_data_types_are_those_of_strict(row: Function) -> None:
    assert dtype_drift(row) == []


@by_path(row for row in TYPED if "dtype=None" in row.signature)
def test_the_argument_dtype_decides(row: Function) -> None:
    dtypes = ("float32",) * len(row.arrays)
    assert call(row, dtypes, dtype=strict.float64).dtype == strict.float64
    assert call(row, dtypes, dtype=strict.float32).dtype == strict.float32


@by_path(row for row in TYPED if row.fields)
def test_fields_are_those_of_strict(row: Function) -> None:
    assert call(row, ("float64",))._fields == row.fields


@by_path(spec.FUNCTIONS)
def test_revision_is_that_of_strict(row: Function) -> None:
    assert first_revision(row) == max(row.since, spec.REVISIONS[1])


@pytest.mark.parametrize(
    "drifted",
    [
        spec.BY_NAME["linalg.qr"]._replace(signature="(x, /, *, mode='complete')"),
        spec.BY_NAME["sum"]._replace(signature="(x, /, axis=None, *, dtype=None, keepdims=False)"),
        spec.BY_NAME["add"]._replace(signature="(x, y, /)"),
        spec.BY_NAME["take"]._replace(name="take_along_axis"),
    ],
    ids=str,
)
def test_a_drifted_signature_is_found(drifted: Function) -> None:
    assert signature_drift(drifted) != []


@pytest.mark.parametrize(
    "drifted",
    [
        spec.BY_NAME["abs"]._replace(result="same"),
        spec.BY_NAME["sin"]._replace(kinds="numeric"),
        spec.BY_NAME["add"]._replace(kinds="all"),
        spec.BY_NAME["sum"]._replace(result="same"),
        spec.BY_NAME["linalg.svd"]._replace(result=("same", "same", "same")),
        spec.BY_NAME["unique_counts"]._replace(result=("same",)),
    ],
    ids=str,
)
def test_a_drifted_data_type_is_found(drifted: Function) -> None:
    assert dtype_drift(drifted) != []


@pytest.mark.parametrize("name", spec.KINDS)
def test_kinds_are_those_of_isdtype(name: str) -> None:
    members = tuple(dtype for dtype in spec.DTYPES if strict.isdtype(getattr(strict, dtype), ISDTYPE[name]))
    assert spec.KINDS[name] == members


def test_dtypes_are_those_of_strict() -> None:
    info = strict.__array_namespace_info__()
    assert {name: kind for kind in {*spec.DTYPES.values()} for name in info.dtypes(kind=kind)} == spec.DTYPES
    assert info.dtypes().keys() == spec.DTYPES.keys()


@pytest.mark.parametrize("operator", spec.OPERATORS, ids=str)
def test_operators_compute_their_function(operator: spec.Operator) -> None:
    row = spec.BY_NAME[operator.function]
    dtype = strict.float64 if "float64" in spec.KINDS[row.kinds] else strict.int64
    function = implementation(row)

    def operands() -> list[Any]:
        return [strict.asarray(values, dtype=dtype) for values in ([7, 2, 3], [2, 2, 5])][: len(row.parameters)]

    x, *rest = operands()
    expected = function(x, *rest)
    assert strict.all(getattr(x, operator.method)(*rest) == expected)
    if operator.reflected:
        assert strict.all(getattr(rest[0], operator.reflected)(x) == expected)
    if operator.inplace and operator.inplace != "__imatmul__":  # The product of two vectors does not fit in one.
        assert strict.all(getattr(x, operator.inplace)(*rest) == expected)


def inside(interval: tuple[float, float]) -> st.SearchStrategy[float]:
    """Points at a distance from the ends, where neither overflow nor rounding hides the function."""
    low, high = (max(interval[0], -4.0), min(interval[1], 4.0))
    margin = 0.05 * (high - low)
    return st.floats(low + margin * isfinite(interval[0]), high - margin * isfinite(interval[1]))


def evaluate(row: Function, point: list[float]) -> float:
    with numpy.errstate(all="raise", under="ignore"):
        return float(getattr(numpy, row.name)(*point))


@by_path(SMOOTH)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_functions_are_finite_and_smooth_in_their_domain(row: Function, data: st.DataObject) -> None:
    domain = row.domain or ((-inf, inf),) * len(row.arrays)
    point = [data.draw(inside(interval)) for interval in domain]
    assert kinks(row, point) == []


def kinks(row: Function, point: list[float], step: float = 1e-6) -> list[str]:
    """Arguments in which the slopes to the left and to the right of the point differ."""
    value = evaluate(row, point)
    if not isfinite(value):
        return [f"{row.path}{point} is {value}"]
    found = []
    for index in range(len(point)):
        left, right = (
            sign * (evaluate(row, [x + sign * step * (i == index) for i, x in enumerate(point)]) - value) / step
            for sign in (-1, 1)
        )
        if abs(left - right) > 1e-3 * (1 + abs(value) + abs(left)):
            found.append(f"{row.path}{point}: slopes {left} and {right} in argument {index}")
    return found


def test_a_kink_is_found() -> None:
    assert kinks(spec.BY_NAME["abs"], [0.0]) != []
    assert kinks(spec.BY_NAME["maximum"], [1.0, 1.0]) != []


def test_import_brings_in_nothing_else() -> None:
    program = (
        "import __future__, math, sys, typing; before = {*sys.modules}; import conformance.spec; "
        "print(*sorted({*sys.modules} - before))"
    )
    root = Path(spec.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["conformance", "conformance.spec"]
