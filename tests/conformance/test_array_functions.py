"""Checks of creation, data types, manipulation, indexing, searching, sets, sorting, statistics and utilities.

Their references are held against array-api-strict and extensor, which share no code with them, and the checks against
namespaces that are broken on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from importlib import import_module
from typing import Any

import array_api_strict as strict
import pytest
from hypothesis import given
from hypothesis import strategies as st

import extensor
from conformance.checking import Check, perform
from conformance.literals import Array, vector
from conformance.namespaces import Namespace
from conformance.references import creation, data_type, indexing, statistical
from conformance.settings import Settings
from conformance.spec import BY_NAME
from conformance.ulp import exact

CHAPTERS = (
    "creation",
    "data_type",
    "manipulation",
    "indexing",
    "searching",
    "sets",
    "sorting",
    "statistical",
    "utility",
)

# What departs from the text of the standard; an entry that is mended fails as well.
DEPARTURES: dict[str, dict[str, str]] = {
    "array_api_strict": {
        "astype: call": "complex numbers cannot be cast to bool, for which the standard has a rule",
        "__getitem__: call": "a slice with a negative step may not stop at -n - 1, which the standard demands",
        "__setitem__: call": "as for __getitem__",
        "isin: values": "`invert` is ignored",
        "isin: scalars": "`invert` is ignored",
        "std: special cases": "infinity where the number of elements less the correction is zero, as NumPy has it",
        "var: special cases": "infinity where the number of elements less the correction is zero, as NumPy has it",
    },
    "extensor": {},
}
FEW = ("bool", "int8", "uint16", "float32", "complex64")


@pytest.fixture(autouse=True)
def whole_standard() -> Iterator[None]:
    with strict.ArrayAPIStrictFlags(api_version="2025.12", boolean_indexing=True, data_dependent_shapes=True):
        yield


def checks(chapter: str) -> list[Check]:
    found: list[Check] = import_module(f"conformance.checks.{chapter}").CHECKS
    return found


def failures(namespace: Namespace, several: list[Check]) -> set[str]:
    outcomes = [outcome for check in several for outcome in perform(namespace, check, Settings(examples=1))]
    assert all(outcome.state in ("passed", "failed", "blocked", "skipped") for outcome in outcomes)
    return {outcome.name for outcome in outcomes if outcome.state == "failed"}


@pytest.mark.parametrize("chapter", CHAPTERS)
@pytest.mark.parametrize("xp", [strict, extensor], ids=lambda xp: xp.__name__)
def test_conforming(xp: Any, chapter: str) -> None:
    known = DEPARTURES[xp.__name__]
    found = failures(Namespace(xp, xp.__name__, dtypes=FEW), checks(chapter))
    assert found == {name for name in known if name.partition(":")[0] in {check.path for check in checks(chapter)}}


@pytest.mark.parametrize("revision", ["2022.12", "2023.12", "2024.12"])
def test_older_revisions_are_not_held_to_newer_text(revision: str) -> None:
    with strict.ArrayAPIStrictFlags(api_version=revision):
        namespace = Namespace(strict, "array_api_strict", revision=revision, dtypes=("int16", "float32", "complex64"))
        several = [check._replace(drawn=None) for chapter in CHAPTERS for check in checks(chapter)]
        known = [check for check in several if check.path not in BY_NAME or BY_NAME[check.path].since <= revision]
        assert failures(namespace, known) <= set(DEPARTURES["array_api_strict"])


class Broken:
    """A namespace with one function replaced."""

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name, self.function = name, function

    def __getattr__(self, name: str) -> Any:
        return self.function if name == self.name else getattr(extensor, name)


def keyword_lost(name: str, keyword: str) -> Callable[..., Any]:
    def function(*args: Any, **kwargs: Any) -> Any:
        kwargs.pop(keyword, None)
        return getattr(extensor, name)(*args, **kwargs)

    return function


def mutating_sort(x: Any, **kwargs: Any) -> Any:
    out = extensor.sort(x, **kwargs)
    if x.size > 1:
        x[...] = out
    return out


def collapsing_unique(x: Any) -> Any:
    values = extensor.unique_values(x)
    return values[: values.size - 1] if values.size > 1 and bool(xp.any(values != values)) else values


xp = extensor
BROKEN: list[tuple[str, Callable[..., Any], str]] = [
    ("arange", lambda *a, **k: xp.arange(*a, **k)[:-1] if xp.arange(*a, **k).size else xp.arange(*a, **k), "shape"),
    ("asarray", lambda obj, copy=None, **k: xp.asarray(obj, **k), "copy"),
    ("astype", lambda x, dtype, **k: xp.astype(x, dtype, copy=True), "same array"),
    ("broadcast_shapes", lambda *shapes: list(xp.broadcast_shapes(*shapes)), "type"),
    ("concat", lambda arrays, axis=0: xp.astype(xp.concat(arrays, axis=axis), arrays[0].dtype), "dtypes"),
    ("cumulative_sum", keyword_lost("cumulative_sum", "include_initial"), "shape"),
    ("diff", keyword_lost("diff", "append"), "shape"),
    ("eye", lambda n, m=None, k=0, **kw: xp.eye(n, m, k=-k, **kw), "values"),
    ("flip", lambda x, axis=None: xp.flip(x, axis=0 if axis is None and x.ndim else axis), "values"),
    ("isdtype", lambda dtype, kind: (kind == "numeric" and dtype == xp.bool) or xp.isdtype(dtype, kind), "values"),
    ("isin", keyword_lost("isin", "invert"), "values"),
    ("linspace", keyword_lost("linspace", "endpoint"), "values"),
    ("max", lambda x, **k: xp.max(xp.where(x == x, x, xp.zeros_like(x)), **k), "special cases"),
    ("mean", keyword_lost("mean", "keepdims"), "shape"),
    ("meshgrid", lambda *arrays, indexing="xy": list(xp.meshgrid(*arrays, indexing=indexing)), "type"),
    ("moveaxis", lambda x, source, destination: xp.moveaxis(x, destination, source), "shape"),
    ("nonzero", lambda x: tuple(xp.flip(each) for each in xp.nonzero(x)), "values"),
    ("prod", lambda x, dtype=None, **k: xp.prod(x, dtype=dtype or x.dtype, **k), "dtype"),
    ("result_type", lambda *a: xp.result_type(*[each for each in a if getattr(each, "ndim", 1)] or a), "values"),
    ("roll", lambda x, shift, axis=None: xp.roll(x, shift, axis=-1 if axis is None and x.ndim else axis), "values"),
    ("searchsorted", keyword_lost("searchsorted", "side"), "values"),
    ("sort", mutating_sort, "inputs"),
    ("squeeze", lambda x, axis: xp.reshape(x, tuple(n for n in x.shape if n != 1)), "shape"),
    ("sum", lambda x, **k: xp.sum(x, **k) + (x.size == 0), "values"),
    ("take", lambda x, indices, axis=None: xp.take(x, xp.sort(indices), axis=axis), "values"),
    ("tril", lambda x, k=0: xp.tril(x, k=k - 1), "values"),
    ("unique_inverse", lambda x: tuple(xp.unique_inverse(x)), "type"),
    ("unique_values", collapsing_unique, "special cases"),
    ("unstack", lambda x, axis=0: xp.unstack(x, axis=abs(axis) % max(x.ndim, 1)), "errors"),
    ("var", lambda x, correction=1, **k: xp.var(x, correction=correction, **k), "values"),
    ("where", lambda c, a, b: xp.where(c, b, a) if not hasattr(a, "dtype") else xp.where(c, a, b), "scalars"),
]


@pytest.mark.parametrize(("path", "function", "aspect"), BROKEN, ids=[path for path, _, _ in BROKEN])
def test_broken_namespaces_are_found(path: str, function: Callable[..., Any], aspect: str) -> None:
    several = [check for chapter in CHAPTERS for check in checks(chapter) if check.path == path]
    namespace = Namespace(Broken(path, function), "broken", dtypes=("bool", "int8", "int16", "float32", "complex64"))
    assert f"{path}: {aspect}" in failures(namespace, [check._replace(drawn=None) for check in several])


def test_lost_dtype_of_one_kind_is_found_and_shown_with_a_small_array() -> None:
    def repeat(x: Any, repeats: Any, **kwargs: Any) -> Any:
        out = xp.repeat(x, repeats, **kwargs)
        return xp.astype(out, xp.int32) if x.dtype == xp.int16 else out

    [check] = [check for check in checks("manipulation") if (check.path, check.name) == ("repeat", "")]
    outcomes = perform(Namespace(Broken("repeat", repeat), "broken"), check, Settings(examples=1))
    [failed] = [outcome for outcome in outcomes if outcome.state == "failed"]
    assert failed.check == "dtype"
    assert failed.failure is not None
    assert (failed.failure.got, failed.failure.expected) == ("int32", "int16")


class Incapable(Broken):
    """A namespace that tells of no data-dependent shapes and no boolean indexing."""

    def __array_namespace_info__(self) -> Any:
        return self

    def capabilities(self) -> dict[str, Any]:
        return {"boolean indexing": False, "data-dependent shapes": False, "max dimensions": 64}


@pytest.mark.parametrize("path", ["nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values"])
def test_what_a_namespace_cannot_do_is_skipped(path: str) -> None:
    namespace = Namespace(Incapable("", lambda: None), "incapable")
    several = [check for chapter in CHAPTERS for check in checks(chapter) if check.path == path]
    assert {outcome.state for check in several for outcome in perform(namespace, check, Settings())} == {"skipped"}


bounds = st.none() | st.integers(-6, 6)


@given(st.integers(0, 5), bounds, bounds, st.sampled_from([None, 1, 2, 3, -1, -2]))
def test_slices_are_those_of_lists(n: int, start: int | None, stop: int | None, step: int | None) -> None:
    key = slice(start, stop, step)
    assert indexing.getitem(vector(range(n), "int64"), key).values == tuple(list(range(n))[key])


@given(st.lists(st.integers(-9, 9), min_size=1), st.integers(0, 3))
def test_variance_is_that_of_rational_numbers(values: list[int], correction: int) -> None:
    [got] = statistical.var(vector(values), correction=correction).values
    if len(values) <= correction:
        assert got != got
    else:
        mean = Fraction(sum(values), len(values))
        squares = sum(((value - mean) ** 2 for value in values), Fraction(0))
        assert abs(got - exact(squares / (len(values) - correction))) < 1e-60


@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(-5, 5).filter(bool))
def test_ranges_are_those_of_python(start: int, stop: int, step: int) -> None:
    assert creation.arange(start, stop, step).values == tuple(range(start, stop, step))


def test_casts_that_the_standard_leaves_open_are_not_judged() -> None:
    assert data_type.can_cast("int64", "uint64") is None
    assert data_type.can_cast("int32", "float64") is None
    assert data_type.can_cast("float64", "complex64") is False


def test_a_mask_without_axes_adds_one() -> None:
    x = Array((2,), (1, 2), "int8")
    assert indexing.getitem(x, Array((), (True,), "bool")).shape == (1, 2)
    assert indexing.getitem(x, Array((), (False,), "bool")).shape == (0, 2)
