"""One fault, one failure: what fails only for the reason of another check is blocked by that one."""

from __future__ import annotations

import inspect
import math
from types import SimpleNamespace
from typing import Any

import numpy
import pytest

import conformance
import extensor
from conformance import Outcome
from conformance.judging import Case, judge
from conformance.literals import Call, scalar
from conformance.namespaces import Namespace


class Broken:
    """A conforming namespace with some functions replaced, and others gone."""

    def __init__(self, *absent: str, **replaced: Any) -> None:
        self.absent, self.replaced = absent, replaced

    def __getattr__(self, name: str) -> Any:
        if name in self.absent:
            raise AttributeError(name)
        return self.replaced.get(name, getattr(extensor, name))


def outcomes(xp: Any, only: str) -> dict[str, Outcome]:
    report = conformance.run(xp, name="broken", only=only, accuracy=False, examples=10)
    return {outcome.name: outcome for outcome in report.outcomes}


def no_uint16(function: Any) -> Any:
    """The function, without an implementation for one data type."""

    def broken(x1: Any, x2: Any, /) -> Any:
        if getattr(x1, "dtype", None) == extensor.uint16:
            raise NotImplementedError("no kernel for uint16")
        return function(x1, x2)

    return broken


def test_an_exception_is_reported_once() -> None:
    found = outcomes(Broken(maximum=no_uint16(extensor.maximum)), "maximum")
    assert found["maximum: call"].state == "failed"
    assert found["maximum: scalars"].state == "blocked"
    assert found["maximum: scalars"].reason == "maximum: call"
    assert found["maximum: scalars"].failure is None
    assert found["maximum: special cases"].state == "passed"


def test_another_exception_is_no_cascade() -> None:
    def maximum(x1: Any, x2: Any, /) -> Any:
        if not hasattr(x2, "dtype"):
            raise TypeError("no scalars")
        return no_uint16(extensor.maximum)(x1, x2)

    found = outcomes(Broken(maximum=maximum), "maximum")
    assert found["maximum: scalars"].state == "failed"


def test_a_wrong_value_is_not_hidden_by_an_exception() -> None:
    def maximum(x1: Any, x2: Any, /) -> Any:
        result = no_uint16(extensor.maximum)(x1, x2)
        return result if hasattr(x2, "dtype") else result + result

    found = outcomes(Broken(maximum=maximum), "maximum")
    failure = found["maximum: scalars"].failure
    assert failure is not None
    assert "no kernel" not in failure.got


def test_results_of_a_wrong_type_are_reported_once() -> None:
    found = outcomes(Broken(max=lambda x, /, **options: SimpleNamespace(values=extensor.max(x, **options))), "max")
    assert found["max: type"].state == "failed"
    assert found["max: special cases"].state == "blocked"
    assert found["max: special cases"].reason == "max: type"


def test_a_program_is_blocked_by_a_function_that_it_calls() -> None:
    found = outcomes(Broken("permute_dims"), "from_dlpack")
    assert found["from_dlpack: interchange"].state == "blocked"
    assert found["from_dlpack: interchange"].reason == "permute_dims: presence"


def test_a_program_is_blocked_by_an_attribute_that_it_reads() -> None:
    class Numbers(numpy.ndarray[Any, Any]):
        @property
        def device(self) -> str:
            raise AttributeError("device")

    broken = SimpleNamespace(**{**vars(numpy), "asarray": lambda *a, **k: numpy.asarray(*a, **k).view(Numbers)})
    found = outcomes(broken, "full: device")
    assert found["full: device"].state == "blocked"
    assert found["full: device"].reason == "device: presence"


def test_inspection_is_blocked_by_the_function_that_returns_it() -> None:
    found = outcomes(Broken("__array_namespace_info__"), "info.*")
    assert {outcome.reason for outcome in found.values()} == {"__array_namespace_info__: presence"}


@pytest.mark.parametrize(("capable", "state"), [(True, "failed"), (False, "skipped")])
def test_functions_of_data_dependent_shapes_may_be_omitted(capable: bool, state: str) -> None:
    info = SimpleNamespace(capabilities=lambda: {"boolean indexing": True, "data-dependent shapes": capable})
    found = outcomes(Broken("unique_all", __array_namespace_info__=lambda: info), "unique_all")
    assert found["unique_all: presence"].state == state


def test_conversions_have_no_shape_to_be_held_up() -> None:
    class Numbers(numpy.ndarray[Any, Any]):
        def __float__(self) -> float:
            if self.dtype == numpy.uint16:
                raise NotImplementedError("no kernel for uint16")
            return float(numpy.asarray(self))

    def asarray(*args: Any, **options: Any) -> Any:
        return numpy.asarray(*args, **options).view(Numbers)

    broken = SimpleNamespace(**{**vars(numpy), "asarray": asarray})
    found = outcomes(broken, "__float__")
    assert found["__float__: call"].state == "failed"
    assert not {"__float__: shape", "__float__: dtype", "__float__: inputs"} & found.keys()


def test_a_call_that_has_to_raise_is_explained_by_what_the_check_is_for() -> None:
    class Numbers(numpy.ndarray[Any, Any]):
        def __float__(self) -> float:
            return float(numpy.asarray(self).real)

    broken = SimpleNamespace(**{**vars(numpy), "asarray": lambda *a, **k: numpy.asarray(*a, **k).view(Numbers)})
    failure = outcomes(broken, "__float__")["__float__: call"].failure
    assert failure is not None
    assert "complex" in failure.text


@pytest.mark.parametrize(("dtype", "wrong"), [("float32", True), ("int32", False)])
def test_only_division_of_floating_point_numbers_has_to_be_rounded_correctly(dtype: str, wrong: bool) -> None:
    one_off = SimpleNamespace(**{**vars(numpy), "divide": lambda x1, x2, /: numpy.nextafter(x1 / x2, 0)})
    case = Case(Call("divide", (scalar(3, dtype), scalar(4, dtype))), scalar(0.75))
    aspects = [mismatch.aspect for mismatch in judge(Namespace(one_off, "one off"), case)]
    assert aspects == (["values"] if wrong else [])


def test_programs_of_signatures_run() -> None:
    failure = outcomes(Broken(sort=lambda x, /: x), "sort")["sort: signature"].failure
    assert failure is not None
    program = failure.snippet.replace("xp = ...", "xp = given")
    scope: dict[str, Any] = {"given": extensor}
    exec(program, scope)
    assert scope["inspect"] is inspect


def test_an_unknown_shape_leaves_a_check_undecided() -> None:
    unknown = SimpleNamespace(shape=(math.nan,), dtype=extensor.float64)
    found = outcomes(Broken(nonzero=lambda x, /: (unknown,) * x.ndim), "nonzero")
    assert found["nonzero: values"].state == "undecided"
    assert found["nonzero: values"].reason == "shape (nan,)"


def test_a_lazy_library_may_raise_when_the_result_is_computed() -> None:
    class Lazy:
        shape, dtype = (2,), extensor.float32

        def __array__(self, *args: Any, **options: Any) -> Any:
            raise IndexError("axis out of range")

    def flip(x: Any, /, *, axis: Any = None) -> Any:
        try:
            return extensor.flip(x, axis=axis)
        except Exception:
            return Lazy()

    assert outcomes(Broken(flip=flip), "flip")["flip: errors"].state == "passed"
    assert outcomes(Broken(flip=lambda x, /, *, axis=None: x), "flip")["flip: errors"].state == "failed"
