"""Reports as text: a short block for each failure, and a table of scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from textwrap import indent, wrap

from conformance.comparing import Changes
from conformance.outcomes import ASPECTS, STATES, Outcome, Report

__all__ = ["block", "lines"]

WIDTH = 110


def block(outcome: Outcome) -> str:
    """A failure: what the standard says, what came out, what was expected, and a program that shows it."""
    failure = outcome.failure
    if failure is None:
        return f"{outcome.state.upper()}  {outcome.name}\n{labelled('reason', outcome.reason)}"
    parts = [
        f"{outcome.state.upper()}  {outcome.name}",
        labelled("standard", failure.text),
        labelled("", failure.url),
        labelled("call", failure.call),
        labelled("got", failure.got),
        labelled("expected", failure.expected),
        labelled("reproduce", failure.snippet),
    ]
    return "\n".join(part for part in parts if part)


def labelled(label: str, text: str) -> str:
    """Text beside a label, long lines wrapped."""
    if not text:
        return ""
    rows = text.splitlines()
    if label != "reproduce":
        rows = [row for line in rows for row in wrap(line, WIDTH - 14, break_on_hyphens=False, break_long_words=False)]
    return "\n".join(f"  {label if index == 0 else '':<10}  {row}" for index, row in enumerate(rows))


def percent(score: float | None) -> str:
    """A score as text, never rounded up to the whole."""
    if score is None:
        return "-"
    return f"{100 * score:.1f} %" if score == 1 or score < 0.9995 else "99.9 %"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns of text, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    aligned = [
        [cell.rjust(n) if i else cell.ljust(n) for i, (cell, n) in enumerate(zip(row, widths, strict=True))]
        for row in (header, *rows)
    ]
    return "\n".join("  ".join(row).rstrip() for row in aligned)


def chapters(report: Report) -> str:
    """Counts and scores by chapter."""
    counts: dict[str, Counter[str]] = {}
    functions: dict[str, set[str]] = {}
    for outcome in report.outcomes:
        counts.setdefault(outcome.chapter, Counter())[outcome.state] += 1
        functions.setdefault(outcome.chapter, set()).add(outcome.path)
    shown = [state for state in STATES if any(count[state] for count in counts.values())]

    def row(title: str, names: int, count: Counter[str], score: float | None) -> list[str]:
        return [title, str(names), *(str(count[state] or "") for state in shown), percent(score)]

    rows = [
        row(chapter.replace("_", " "), len(functions[chapter]), counts[chapter], score)
        for chapter, score in report.chapters().items()
    ]
    rows.append(row("overall", sum(map(len, functions.values())), report.counts(), report.score))
    return table(["chapter", "names", *shown, "score"], rows)


def matrix(reports: Sequence[Report]) -> str:
    """Scores by chapter, a column for each namespace."""
    order = list(dict.fromkeys(chapter for report in reports for chapter in report.chapters()))
    rows = [
        [chapter.replace("_", " "), *(percent(report.chapters().get(chapter)) for report in reports)]
        for chapter in order
    ]
    rows.append(["overall", *(percent(report.score) for report in reports)])
    return table(["chapter", *(report.namespace for report in reports)], rows)


def accuracy(report: Report) -> str:
    """Largest errors in units in the last place, a row for each function."""
    dtypes = list(dict.fromkeys(figure.dtype for figure in report.accuracy))
    by_path: dict[str, dict[str, str]] = {}
    for figure in report.accuracy:
        by_path.setdefault(figure.path, {})[figure.dtype] = f"{ulps(figure.error)} / {ulps(figure.hard_error)}"
    rows = [[path, *(row.get(dtype, "") for dtype in dtypes)] for path, row in by_path.items()]
    title = "Largest error in units in the last place, over ordinary / hard arguments"
    return f"{title}\n{table(['function', *dtypes], rows)}"


def ulps(error: float) -> str:
    """An error in three digits."""
    return f"{error:.2f}" if error < 100 else f"{error:.2g}"


def lines(report: Report, *, with_accuracy: bool = False) -> Iterator[str]:
    """The report of one namespace."""
    yield f"{report.namespace} {report.version}".strip() + f" and the Python array API standard {report.revision}\n"
    for outcome in report.outcomes:
        if outcome.state in ("failed", "xpassed"):
            yield block(outcome) + "\n"
    for state in ("blocked", "undecided"):
        reasons: dict[str, list[str]] = {}
        for outcome in report.outcomes:
            if outcome.state == state:
                reasons.setdefault(outcome.reason, []).append(outcome.name)
        for reason, names in reasons.items():
            by = "blocked by" if state == "blocked" else "undecided:"
            yield f"{len(names)} {by} {reason}\n{indent(chr(10).join(wrap(', '.join(names), WIDTH - 2)), '  ')}\n"
    if with_accuracy and report.accuracy:
        yield accuracy(report) + "\n"
    yield chapters(report)
    calls = sum(outcome.calls for outcome in report.outcomes if outcome.check not in ASPECTS[1:])  # They share a call.
    yield f"\n{len(report.outcomes)} checks, {calls} calls, {report.seconds:.1f} s"


def changed(changes: Changes) -> Iterator[str]:
    """What got better and what got worse."""
    for title, names in zip(("better", "worse", "new", "gone"), changes, strict=True):
        if names:
            yield f"{title}: {len(names)}\n" + indent("\n".join(names), "  ")
    if not any(changes):
        yield "nothing changed"
