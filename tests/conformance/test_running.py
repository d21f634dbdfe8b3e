"""Whole runs on good and on broken namespaces: what is failed, blocked, skipped and undecided."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import array_api_strict as strict
import numpy
import pytest

import conformance
import extensor
from conformance import Outcome, Report
from conformance.running import all_checks
from conformance.spec import ATTRIBUTES, BY_NAME, CONSTANTS, DTYPES, METHODS, OPERATORS


class Broken:
    """NumPy with some functions replaced."""

    __name__ = "broken"

    def __init__(self, **functions: Any) -> None:
        self.functions = functions

    def __getattr__(self, name: str) -> Any:
        found = self.functions.get(name, getattr(numpy, name, None))
        if found is None:
            raise AttributeError(name)
        return found


def run(xp: Any, only: str = "*", **options: Any) -> Report:
    return conformance.run(xp, only=only, accuracy=False, **options)


def states(report: Report) -> dict[str, str]:
    return {outcome.name: outcome.state for outcome in report.outcomes}


def found(report: Report, name: str) -> Outcome:
    return next(outcome for outcome in report.outcomes if outcome.name == name)


def test_every_part_of_the_standard_is_checked() -> None:
    operators = [method for row in OPERATORS for method in (row.method, row.reflected, row.inplace) if method]
    assert set(all_checks()) == {*BY_NAME, *DTYPES, *CONSTANTS, *ATTRIBUTES, *(row.name for row in METHODS), *operators}


def test_a_conforming_namespace_passes() -> None:
    report = run(extensor, only="s*", examples=5)
    assert not report.failed
    assert report.score == 1
    assert set(states(report).values()) <= {"passed", "undecided"}
    assert report.namespace == "extensor"
    assert report.version == extensor.__version__


def test_a_missing_function_blocks_its_checks() -> None:
    report = run(Broken(sum=None), only="sum")
    assert states(report).pop("sum: presence") == "failed"
    others = [outcome for outcome in report.outcomes if outcome.check != "presence"]
    assert others
    assert {outcome.state for outcome in others} == {"blocked"}
    assert {outcome.reason for outcome in others} == {"sum: presence"}
    assert report.score == 0


def test_a_missing_extension_is_skipped() -> None:
    report = run(Broken(linalg=None), only="linalg.*")
    assert set(states(report).values()) == {"skipped"}
    assert report.score is None
    assert not report.failed


def test_a_function_missing_from_an_extension_fails() -> None:
    report = run(Broken(linalg=SimpleNamespace(qr=numpy.linalg.qr)), only="linalg.[dq]*")
    assert states(report)["linalg.det: presence"] == "failed"
    assert states(report)["linalg.qr: presence"] == "passed"


def test_a_broken_data_type_is_failed_once() -> None:
    def asarray(obj: Any, /, *, dtype: Any = None, **keywords: Any) -> Any:
        return numpy.asarray(obj, dtype="float32" if dtype == numpy.float64 else dtype, **keywords)

    report = run(Broken(asarray=asarray), only="*t64*", examples=5)
    assert states(report)["float64: arrays"] == "failed"
    assert states(report)["int64: arrays"] == "passed"
    report = run(Broken(asarray=asarray), only="sum", examples=5)
    assert "failed" not in states(report).values()


def test_without_arrays_everything_is_blocked() -> None:
    def asarray(obj: Any, /, *, dtype: Any = None, **keywords: Any) -> Any:
        raise RuntimeError("no memory")

    report = run(Broken(asarray=asarray), only="s*", examples=3)
    assert set(states(report).values()) == {"blocked"}
    assert all("asarray" in outcome.reason for outcome in report.outcomes)


def test_arrays_without_elements_are_blocked_by_zeros() -> None:
    def zeros(shape: Any, **keywords: Any) -> Any:
        return numpy.zeros(shape if numpy.prod(shape) else (), **keywords)

    assert "failed" not in states(run(Broken(zeros=zeros), only="sum", examples=5)).values()


def test_what_varies_is_undecided() -> None:
    calls = iter(range(10**6))

    def flaky(x: Any, /, **keywords: Any) -> Any:
        if x.dtype == numpy.uint8 and next(calls) % 2:
            raise RuntimeError("lost")
        return numpy.sum(x, **keywords)

    assert states(run(Broken(sum=flaky), only="sum"))["sum: call"] in ("undecided", "failed")


def wrong(error: Callable[..., Any]) -> Outcome:
    return found(run(Broken(sum=error), only="sum"), "sum: values")


def test_a_failure_is_small_and_reproduces() -> None:
    def off(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:
        total = numpy.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)
        return total + numpy.astype(total > 12, total.dtype) if x.dtype == numpy.int16 else total

    failure = wrong(off).failure
    assert failure is not None
    assert failure.snippet.splitlines()[0] == "xp = ...  # broken"
    assert len(failure.snippet.splitlines()) == 3
    scope: dict[str, Any] = {"xp": Broken(sum=off)}
    *lines, last = failure.snippet.splitlines()[1:]
    exec("\n".join(lines), scope)
    got, expected = eval(last, scope), numpy.sum(scope["x"])
    assert got == expected + 1
    assert (failure.got, failure.expected) == (str(got), str(expected))
    assert scope["x"].size <= 3
    assert "statistical" in wrong(off).chapter
    assert failure.url == "https://data-apis.org/array-api/2025.12/API_specification/generated/array_api.sum.html"


def test_a_wrong_data_type_does_not_hide_a_wrong_value() -> None:
    def off(x: Any, /, **keywords: Any) -> Any:
        return numpy.asarray(numpy.sum(x, **keywords) + 1, dtype=numpy.complex128)

    report = run(Broken(sum=off), only="sum")
    failed = [name for name, state in states(report).items() if state == "failed"]
    assert {"sum: dtype", "sum: values"} <= {*failed} <= {"sum: dtype", "sum: values", "sum: special cases"}


def test_the_same_seed_gives_the_same_answer() -> None:
    def off(x: Any, /, **keywords: Any) -> Any:
        total = numpy.sum(x, **keywords)
        return total + numpy.astype(abs(total) > 9, total.dtype)

    def outcomes(**options: Any) -> list[Outcome]:
        return [replace(outcome, seconds=0) for outcome in run(Broken(sum=off), only="sum", **options).outcomes]

    assert outcomes(seed=3) == outcomes(seed=3)


def test_jobs_do_not_change_the_answer() -> None:
    one, two = (conformance.run("numpy", only="s[qu]*", examples=4, jobs=jobs, accuracy=False) for jobs in (1, 2))
    assert [replace(outcome, seconds=0) for outcome in one.outcomes] == [replace(o, seconds=0) for o in two.outcomes]


def test_jobs_need_a_name() -> None:
    with pytest.raises(ValueError, match="several jobs need the namespace by name"):
        run(numpy, jobs=2)


def test_older_revisions_have_fewer_functions() -> None:
    assert "diff: presence" in states(run(numpy, only="diff: presence", revision="2024.12"))
    assert run(numpy, only="diff: presence", revision="2023.12").outcomes == ()


def test_only_these_data_types() -> None:
    all_of_them = found(run(numpy, only="sum", examples=4), "sum: call").calls
    assert found(run(numpy, only="sum", dtypes=("int8",), examples=4), "sum: call").calls < all_of_them / 3


def test_importing_the_package_is_light() -> None:
    program = "import sys, conformance; print([m for m in ('hypothesis', 'mpmath', 'numpy') if m in sys.modules])"
    root = Path(conformance.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_arrays_are_made_on_the_device() -> None:
    name = "array_api_strict.Device('device1')"
    report = conformance.run("array_api_strict", only="[sz]*", device=name, examples=3, accuracy=False)
    assert found(report, "sum: device").state == "passed"
    assert found(report, "zeros: device").state == "passed"
    failure = found(report, "std: special cases").failure
    assert failure is not None
    scope: dict[str, Any] = {}
    exec(failure.snippet.rpartition("\n")[0], scope)
    assert str(scope["x"].device) == name


def test_results_on_another_device_are_found() -> None:
    def moved(x: Any, /, **keywords: Any) -> Any:
        return strict.sum(x, **keywords).to_device(strict.Device("CPU_DEVICE"))

    xp = SimpleNamespace(**{**vars(strict), "sum": moved})
    report = run(xp, only="sum", device="array_api_strict.Device('device1')", examples=3, dtypes=("float64",))
    assert found(report, "sum: device").state == "failed"


def cast(name: str, dtype: str) -> Broken:
    """NumPy with all results of one function in another data type."""
    function = getattr(numpy, name)

    def casting(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        if not isinstance(result, tuple):
            return numpy.asarray(result).astype(dtype)
        return tuple(part.astype(dtype) for part in result)

    return Broken(**{name: casting})


@pytest.mark.filterwarnings("ignore:.*:numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize("dtype", ["complex128", "float64", "bool", "int64", "object", "U5", "float16"])
@pytest.mark.parametrize("name", ["sqrt", "abs", "where", "full", "astype", "unique_all", "argsort", "nonzero", "std"])
def test_any_data_type_is_judged(name: str, dtype: str) -> None:
    assert run(cast(name, dtype), only=name, examples=3).outcomes


def test_derivatives_by_name() -> None:
    report = run("extensor", only="square: * derivative", derivatives="autodiff", dtypes=("float64",))
    assert states(report) == {"square: forward derivative": "passed", "square: reverse derivative": "passed"}
