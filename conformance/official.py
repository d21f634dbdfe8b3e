"""The official test suite, data-apis/array-api-tests, run from a checkout, its outcome in the same report."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from conformance.outcomes import Failure, Outcome, Report
from conformance.settings import Settings
from conformance.spec import ATTRIBUTES, BY_NAME, CONSTANTS, METHODS, OPERATORS
from conformance.texts import chapter_of, url

__all__ = ["require_checkout", "with_official_suite"]

CHECK = "official suite"
"""Name of the check of each function, and of what the suite tests beside functions."""

NAMES = {
    *BY_NAME,
    *ATTRIBUTES,
    *CONSTANTS,
    *(row.name for row in METHODS),
    *(method for row in OPERATORS for method in row[0:1] + row[2:] if method),
}

HOW_TO_GET_IT = """\
{directory} is no checkout of the official suite with its submodule; get one by
    git clone --recurse-submodules https://github.com/data-apis/array-api-tests {directory}
or, where only the submodule is missing, by
    git -C {directory} submodule update --init"""


class OfficialTest(NamedTuple):
    """One test of the suite, and what came of it."""

    module: str
    name: str
    state: str
    message: str

    @property
    def path(self) -> str:
        """The function, method or constant that its name speaks of."""
        name, _, parameters = self.name.removeprefix("test_").partition("[")
        dotted = re.findall(r"[\w.]+", parameters.replace("-", "."))
        words = [*dotted, *re.findall(r"\w+", parameters), name, name.split("_")[0]]
        prefix = next((f"{each}." for each in ("linalg", "fft") if f"test_{each}" in self.module), "")
        candidates = [start + word for start in (prefix, "", "info.", "linalg.", "fft.") for word in words]
        return next((each for each in candidates if each in NAMES), CHECK)

    @property
    def node(self) -> str:
        """How pytest names it on its command line."""
        if not self.module:
            return self.name.replace(".", "/") + ".py"
        folder, file, *classes = self.module.split(".")
        return "::".join([f"{folder}/{file}.py", *classes, self.name])


def with_official_suite(
    report: Report, directory: str | Path, settings: Settings, *, setup: str = "", xp: Any = None
) -> Report:
    """Run the suite and add an outcome for each function that it tests.

    Parameters
    ----------
    report
        The report to add to.
    directory
        A checkout of data-apis/array-api-tests.
    settings
        Examples, seed and revision.
    setup
        Python source that binds the namespace to ``xp``, such as ``"import numpy as xp"``.
    xp
        The namespace itself, where no source can make it. The suite then runs in a fork of this process.

    Raises
    ------
    FileNotFoundError
        If there is no such checkout, or its submodule is missing.
    RuntimeError
        If the suite cannot start.
    """
    directory = require_checkout(directory)
    with tempfile.TemporaryDirectory() as folder:
        xml = Path(folder) / "junit.xml"
        arguments = [
            "array_api_tests",
            *("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--disable-deadline"),
            "--continue-on-collection-errors",
            *(f"--junitxml={xml}", f"--max-examples={settings.examples}", f"--hypothesis-seed={settings.seed}"),
        ]
        environment = {
            "ARRAY_API_TESTS_MODULE": f"exec('{setup or UNDER_TEST_SETUP}')",
            "ARRAY_API_TESTS_VERSION": settings.revision,
            "HYPOTHESIS_STORAGE_DIRECTORY": folder,
        }
        if setup:
            output = in_subprocess(arguments, environment, directory)
        else:
            output = in_fork(arguments, environment, directory, xp)
        tests = list(read(xml)) if xml.exists() else []
        if not any(test.module for test in tests):  # A file that cannot be imported has no module.
            raise RuntimeError(f"the official suite did not run:\n{output}")
    return replace(report, outcomes=(*report.outcomes, *outcomes(tests, directory, setup, settings.revision)))


def require_checkout(directory: str | Path) -> Path:
    """The folder, if it holds the suite and its submodule.

    Raises
    ------
    FileNotFoundError
        If not; the message tells how to get one.
    """
    directory = Path(directory).resolve()
    if not (directory / "array_api_tests").is_dir() or not (directory / "array-api" / "src").is_dir():
        raise FileNotFoundError(HOW_TO_GET_IT.format(directory=directory))
    return directory


def in_subprocess(arguments: list[str], environment: dict[str, str], directory: Path) -> str:
    """Run pytest in a process of its own; the end of what it printed."""
    paths = os.pathsep.join(path or os.getcwd() for path in sys.path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=directory,
        env=os.environ | environment | {"PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout[-2000:]


UNDER_TEST: list[Any] = []
"""In a fork: the namespace that the suite tests."""

UNDER_TEST_SETUP = "import conformance.official; xp = conformance.official.UNDER_TEST[0]"


def in_fork(arguments: list[str], environment: dict[str, str], directory: Path, xp: Any) -> str:
    """Run pytest in a fork of this process, which has the namespace."""
    process = get_context("fork").Process(target=_forked, args=(arguments, environment, directory, xp))
    process.start()
    process.join()
    return f"exit status {process.exitcode}"


def _forked(arguments: list[str], environment: dict[str, str], directory: Path, xp: Any) -> None:
    import pytest

    UNDER_TEST[:] = [xp]
    os.environ |= environment
    os.chdir(directory)
    sys.path.insert(0, str(directory))
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os._exit(pytest.main(arguments))


def read(xml: Path) -> Iterator[OfficialTest]:
    """The tests of a JUnit file."""
    for case in ElementTree.parse(xml).iter("testcase"):
        state, message = "passed", ""
        for child in case:
            if child.tag in ("failure", "error"):
                state, message = "failed", child.get("message", "") or (child.text or "")
            elif child.tag == "skipped":
                state, message = "skipped", child.get("message", "")
        yield OfficialTest(case.get("classname", ""), case.get("name", ""), state, message)


def outcomes(tests: Iterable[OfficialTest], directory: Path, setup: str, revision: str) -> Iterator[Outcome]:
    """One outcome for each function: failed where a test of it failed."""
    by_path: dict[str, list[OfficialTest]] = {}
    for test in tests:
        by_path.setdefault(test.path, []).append(test)
    for path, group in by_path.items():
        failed = [test for test in group if test.state == "failed"]
        skipped = [test for test in group if test.state == "skipped"]
        chapter = CHECK if path == CHECK else chapter_of(path)
        state, reason, failure = "passed", "", None
        if failed:
            state, failure = "failed", failure_of(failed, path, directory, setup, revision)
        elif len(skipped) == len(group):
            state, reason = "skipped", skipped[0].message
        yield Outcome(path, CHECK, chapter, state, len(group) - len(skipped), reason=reason, failure=failure)


def failure_of(failed: list[OfficialTest], path: str, directory: Path, setup: str, revision: str) -> Failure:
    """The first failed test, and a command that runs it."""
    first = failed[0]
    command = (
        f"cd {directory}\n"
        f"ARRAY_API_TESTS_VERSION={revision} ARRAY_API_TESTS_MODULE=\"exec('{setup}')\" "
        f"python -m pytest '{first.node}'"
    )
    others = f" (and {len(failed) - 1} more: {', '.join(each.name for each in failed[1:4])})" if failed[1:] else ""
    lines = [line for line in first.message.splitlines() if line.strip()] or [""]
    return Failure(
        f"the official suite tests it by {first.name}{others}",
        url(path, revision),
        first.node,
        " ".join(lines[:4])[:400],
        "a pass",
        command,
    )
