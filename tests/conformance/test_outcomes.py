"""Scores, expected failures, comparisons."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance import Accuracy, Failure, Outcome, Report
from conformance.comparing import changes
from conformance.expectations import applied, read
from conformance.terminal import percent

FAILURE = Failure("text", "https://example.org", "xp.f()", "1", "2", "import numpy as xp\nxp.f()")


def outcome(name: str, state: str, chapter: str = "elementwise") -> Outcome:
    path, _, check = name.partition(": ")
    return Outcome(path, check, chapter, state, failure=FAILURE if state == "failed" else None)


def report(*outcomes: Outcome) -> Report:
    return Report("numpy", "2.4.0", "2025.12", outcomes)


def test_scores() -> None:
    found = report(
        outcome("add: values", "passed"),
        outcome("add: dtype", "failed"),
        outcome("sub: values", "passed"),
        outcome("sub: signature", "undecided"),
        outcome("fft.fft: values", "skipped", "fft"),
        outcome("linalg.qr: call", "failed", "linalg"),
        outcome("linalg.qr: values", "blocked", "linalg"),
    )
    assert found.functions() == {"add": 0.5, "sub": 1.0, "fft.fft": None, "linalg.qr": 0.0}
    assert found.chapters() == {"elementwise": 0.75, "fft": None, "linalg": 0.0}
    assert found.score == 0.5
    assert found.failed
    assert not report(outcome("add: values", "xfailed"), outcome("add: dtype", "blocked")).failed
    assert report(outcome("add: values", "blocked"), outcome("add: dtype", "blocked")).failed


def test_a_score_short_of_all_is_never_shown_as_all() -> None:
    assert [percent(score) for score in (None, 0.0, 0.9949, 0.99999, 1.0)] == [
        "-",
        "0.0 %",
        "99.5 %",
        "99.9 %",
        "100.0 %",
    ]


def test_a_report_survives_json() -> None:
    figure = Accuracy("sin", "float64", float("inf"), "xp.sin(0)", float("nan"), "", 3)
    found = replace(report(outcome("add: dtype", "failed"), outcome("add: values", "passed")), accuracy=(figure,))
    text = json.dumps(found.to_dict(), allow_nan=False)
    again = Report.from_dict(json.loads(text))
    assert again.outcomes == found.outcomes
    assert repr(again) == repr(found)


def test_expected_failures(tmp_path: Path) -> None:
    file = tmp_path / "xfails.txt"
    file.write_text(
        "# a comment\n\nadd: dtype   # wrong for int8\nlinalg.*  # no LAPACK\nsub: *# mended\nmul  # unknown\n"
    )
    expectations = read(file)
    assert [each.reason for each in expectations] == ["wrong for int8", "no LAPACK", "mended", "unknown"]
    found, unmatched = applied(
        report(
            outcome("add: dtype", "failed"),
            outcome("add: values", "passed"),
            outcome("linalg.qr: call", "failed"),
            outcome("linalg.qr: values", "blocked"),
            outcome("linalg.det: values", "passed"),
            outcome("sub: values", "passed"),
        ),
        expectations,
    )
    assert [each.state for each in found.outcomes] == ["xfailed", "passed", "xfailed", "xfailed", "passed", "xpassed"]
    assert found.failed  # An entry that has had its day is to be deleted.
    assert [each.pattern for each in unmatched] == ["mul"]


def test_an_expectation_needs_a_reason(tmp_path: Path) -> None:
    file = tmp_path / "xfails.txt"
    file.write_text("add: dtype\n")
    with pytest.raises(ValueError, match=r"line 1: 'add: dtype' has no reason"):
        read(file)


def test_changes() -> None:
    old = report(
        outcome("a: x", "failed"), outcome("b: x", "passed"), outcome("c: x", "passed"), outcome("d: x", "blocked")
    )
    new = report(
        outcome("a: x", "passed"), outcome("b: x", "failed"), outcome("e: x", "passed"), outcome("d: x", "failed")
    )
    assert changes(old, new) == (("a: x",), ("b: x",), ("e: x",), ("c: x",))
