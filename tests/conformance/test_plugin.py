"""The pytest plugin, in pytest runs of its own."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from xml.etree import ElementTree

import pytest

import conformance

ROOT = Path(conformance.__file__).parents[1]
INSTALLED = bool(entry_points(group="pytest11", name="conformance"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "broken.py").write_text(
        "import numpy\n"
        "class Broken:\n"
        "    __name__ = 'broken'\n"
        "    def __getattr__(self, name):\n"
        "        return getattr(numpy, name)\n"
        "    def sum(self, x, /, *, axis=None, dtype=None, keepdims=False):\n"
        "        total = numpy.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)\n"
        "        return total + numpy.asarray(1, dtype=total.dtype)\n"
        "xp = Broken()\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n")
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    plugin = () if INSTALLED else ("-p", "conformance.plugin")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            *plugin,
            "--pyargs",
            "conformance",
            "-q",
            "-p",
            "no:cacheprovider",
            *arguments,
        ],
        cwd=folder,
        env={"PYTHONPATH": f"{ROOT}:{folder}", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_conforming_function_passes(folder: Path) -> None:
    status, output = run(folder, "--xp", "numpy", "-k", "sum and not cumulative", "--xp-examples", "5", "-vv")
    assert status == 0, output
    assert "::sum: values PASSED" in output


def test_a_failure_shows_its_block(folder: Path) -> None:
    status, output = run(folder, "--xp", "broken:xp", "-k", "sum and not cumulative", "--junitxml=junit.xml")
    assert status == 1
    assert "FAILED  sum: values" in output
    assert "import broken\n" in output
    assert "Traceback" not in output
    cases = {case.get("name"): case for case in ElementTree.parse(folder / "junit.xml").iter("testcase")}
    assert cases["sum: values"].find("failure") is not None
    assert cases["sum: dtype"].find("failure") is None


def test_expected_failures(folder: Path) -> None:
    xfails = folder / "xfails.txt"
    xfails.write_text("sum: values  # wrong\nsum: [!v]*  # may be wrong too\n")
    status, output = run(folder, "--xp", "broken:xp", "-k", "sum and not cumulative", "--xp-xfails", "xfails.txt")
    assert "xfailed" in output
    assert status == 0, output
    xfails.write_text("sum: dtype  # wrong no more\n")
    status, output = run(folder, "--xp", "numpy", "-k", "sum and not cumulative", "--xp-xfails", "xfails.txt")
    assert status == 1
    assert "XPASS(strict)" in output


def test_several_workers(folder: Path) -> None:
    pytest.importorskip("xdist")
    status, output = run(
        folder, "--xp", "numpy", "-k", "sum and not cumulative", "--xp-examples", "5", "-n", "2", "--dist", "loadgroup"
    )
    assert status == 0, output


def test_a_missing_namespace_is_wrong_usage(folder: Path) -> None:
    status, output = run(folder, "--xp", "no_such_library")
    assert status == 2
    assert "Traceback" not in output
    assert "No module named 'no_such_library'" in output


def test_without_a_namespace_nothing_happens(folder: Path) -> None:
    assert run(folder)[0] == 5  # No tests collected.
    program = "import conformance.plugin, sys; print([m for m in ('hypothesis', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
