"""Reports as JUnit XML, which continuous integration services read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from conformance.outcomes import Outcome, Report
from conformance.terminal import block

__all__ = ["junit"]


def junit(reports: Iterable[Report]) -> str:
    """A test suite for each namespace, a test case for each check."""
    root = ElementTree.Element("testsuites", name="conformance")
    for report in reports:
        counts = report.counts()
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=f"{report.namespace} {report.version}".strip(),
            tests=str(len(report.outcomes)),
            failures=str(counts["failed"] + counts["xpassed"]),
            skipped=str(counts["skipped"] + counts["undecided"] + counts["blocked"] + counts["xfailed"]),
            errors="0",
            time=f"{report.seconds:.3f}",
        )
        for outcome in report.outcomes:
            add(suite, report, outcome)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + printable(ElementTree.tostring(root, encoding="unicode")) + "\n"


def add(suite: ElementTree.Element, report: Report, outcome: Outcome) -> None:
    """The test case of an outcome."""
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=f"{report.namespace}.{outcome.path}",
        name=outcome.check,
        time=f"{outcome.seconds:.3f}",
    )
    if outcome.state == "failed" and outcome.failure:
        failure = ElementTree.SubElement(case, "failure", message=outcome.failure.text)
        failure.text = block(outcome)
    elif outcome.state == "xpassed":
        ElementTree.SubElement(case, "failure", message=f"passes, but is expected to fail: {outcome.reason}")
    elif outcome.state != "passed":
        ElementTree.SubElement(case, "skipped", message=f"{outcome.state}: {outcome.reason}")


def printable(text: str) -> str:
    """Text without the characters that XML forbids (XML 1.0, production 2)."""
    return re.sub(r"[^\t\n\r -\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]", "\N{REPLACEMENT CHARACTER}", text)
