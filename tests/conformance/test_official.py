"""The official suite, folded into the report; a small stand-in takes the place of its checkout."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import numpy
import pytest

from conformance import Outcome, Report, Settings
from conformance.official import OfficialTest, with_official_suite

EMPTY = Report("numpy", numpy.__version__, "2025.12", ())

CONFTEST = """
def pytest_addoption(parser):
    parser.addoption("--max-examples", type=int)
    parser.addoption("--disable-deadline", action="store_true")
    parser.addoption("--hypothesis-seed-of-the-suite")
"""

SUITE = """
import os, pytest
scope = {}
exec(os.environ["ARRAY_API_TESTS_MODULE"][6:-2], scope)
xp = scope["xp"]

def test_sum():
    assert xp.sum(xp.asarray([1, 2])) == 3

def test_sum_again():
    assert False, "a reason"

@pytest.mark.parametrize("name", ["linalg.qr", "add(x1, x2)", "__iadd__(x1, x2)"])
def test_signature(name):
    assert os.environ["ARRAY_API_TESTS_VERSION"] == "2025.12"

@pytest.mark.skip(reason="not today")
def test_take():
    pass
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "array-api" / "src").mkdir(parents=True)
    folder = tmp_path / "array_api_tests"
    folder.mkdir()
    (folder / "test_statistical_functions.py").write_text(SUITE)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return tmp_path


def by_path(report: Report) -> dict[str, Outcome]:
    return {outcome.path: outcome for outcome in report.outcomes}


def test_outcomes_are_folded_in(checkout: Path) -> None:
    found = by_path(with_official_suite(EMPTY, checkout, Settings(examples=3), setup="import numpy as xp"))
    assert {path: outcome.state for path, outcome in found.items()} == {
        "sum": "failed",
        "linalg.qr": "passed",
        "add": "passed",
        "__iadd__": "passed",
        "take": "skipped",
    }
    assert found["take"].reason == "not today"
    assert found["sum"].calls == 2
    failure = found["sum"].failure
    assert failure is not None
    assert "a reason" in failure.got
    assert failure.snippet.endswith("python -m pytest 'array_api_tests/test_statistical_functions.py::test_sum_again'")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning", "ignore:.*fork.*:RuntimeWarning")
def test_a_namespace_that_exists_only_here(checkout: Path) -> None:
    here = SimpleNamespace(__name__="here", sum=lambda x: 3, asarray=lambda x: x)
    found = by_path(with_official_suite(EMPTY, checkout, Settings(), xp=here))
    assert found["linalg.qr"].state == "passed"
    assert found["sum"].calls == 2


def test_a_missing_checkout_tells_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"git clone --recurse-submodules .*array-api-tests"):
        with_official_suite(EMPTY, tmp_path, Settings(), setup="import numpy as xp")
    (tmp_path / "array_api_tests").mkdir()
    with pytest.raises(FileNotFoundError, match="submodule update --init"):
        with_official_suite(EMPTY, tmp_path, Settings(), setup="import numpy as xp")


def test_a_suite_that_cannot_start_says_why(checkout: Path) -> None:
    with pytest.raises(RuntimeError, match="no_such_library"):
        with_official_suite(EMPTY, checkout, Settings(), setup="import no_such_library as xp")


def test_a_file_that_cannot_be_imported_does_not_stop_the_others(checkout: Path) -> None:
    (checkout / "array_api_tests" / "test_inspection_functions.py").write_text("import no_such_module_at_all\n")
    found = by_path(with_official_suite(EMPTY, checkout, Settings(examples=3), setup="import numpy as xp"))
    assert found["sum"].state == "failed"
    rest = found["official suite"]
    assert rest.state == "failed"
    assert rest.failure is not None
    assert rest.failure.call == "array_api_tests/test_inspection_functions.py"


@pytest.mark.parametrize(("module", "name", "path"), [
    ("array_api_tests.test_linalg", "test_qr", "linalg.qr"),
    ("array_api_tests.test_linalg", "test_matmul", "linalg.matmul"),
    ("array_api_tests.test_fft", "test_fft", "fft.fft"),
    ("array_api_tests.test_signatures", "test_extension_func_signature[fft.fftfreq]", "fft.fftfreq"),
    ("array_api_tests.test_signatures", "test_func_signature[clip]", "clip"),
    ("array_api_tests.test_has_names", "test_has_names[linalg-cross]", "linalg.cross"),
    ("array_api_tests.test_special_cases", "test_unary[expm1(real(x_i) is NaN) -> NaN]", "expm1"),
    ("array_api_tests.test_special_cases", "test_iop[__ifloordiv__(x1_i is NaN) -> NaN]", "__ifloordiv__"),
    ("array_api_tests.test_inspection_functions.TestInspection", "test_devices", "info.devices"),
    ("array_api_tests.test_creation_functions", "test_asarray_scalars", "asarray"),
    ("array_api_tests.test_constants", "test_mathematical_constants[pi]", "pi"),
    ("array_api_tests.test_array_object", "test_nothing_known", "official suite"),
])  # fmt: skip
def test_tests_are_told_by_their_names(module: str, name: str, path: str) -> None:
    assert OfficialTest(module, name, "passed", "").path == path


def test_nodes_of_classes() -> None:
    test = OfficialTest("array_api_tests.test_inspection_functions.TestInspection", "test_devices", "passed", "")
    assert test.node == "array_api_tests/test_inspection_functions.py::TestInspection::test_devices"
