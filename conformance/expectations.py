"""Files of expected failures: a pattern of checks and a reason on each line.

::

    # Checks that are known to fail
    sort: signature     # no keyword `descending` yet, see issue 12
    linalg.*            # under construction
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from conformance.outcomes import Report

__all__ = ["Expectation", "applied", "read"]


class Expectation(NamedTuple):
    """A line of the file."""

    pattern: str
    reason: str

    def matches(self, name: str, path: str) -> bool:
        """Whether it speaks of this check, or of all checks of this function."""
        return fnmatchcase(name, self.pattern) or fnmatchcase(path, self.pattern)


def read(path: str | Path) -> list[Expectation]:
    """The expectations of a file.

    Raises
    ------
    ValueError
        If a line has no reason.
    """
    expectations = []
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), start=1):
        pattern, _, reason = (part.strip() for part in line.partition("#"))
        if not pattern:
            continue
        if not reason:
            raise ValueError(f"{path}, line {number}: {pattern!r} has no reason; write one after a '#'")
        expectations.append(Expectation(pattern, reason))
    return expectations


def applied(report: Report, expectations: Iterable[Expectation]) -> tuple[Report, list[Expectation]]:
    """The report with expected failures marked, and the expectations that match no check.

    An expectation all of whose checks pass has had its day: these are marked ``xpassed``.
    """
    expectations = list(expectations)
    outcomes = list(report.outcomes)
    unmatched = []
    for expectation in expectations:
        places = [i for i, outcome in enumerate(report.outcomes) if expectation.matches(outcome.name, outcome.path)]
        if not places:
            unmatched.append(expectation)
            continue
        wrong = [index for index in places if report.outcomes[index].state in ("failed", "blocked")]
        passed = [index for index in places if report.outcomes[index].state == "passed"]
        for index in wrong or passed:
            state = "xfailed" if wrong else "xpassed"
            outcomes[index] = replace(outcomes[index], state=state, reason=expectation.reason)
    return replace(report, outcomes=tuple(outcomes)), unmatched
