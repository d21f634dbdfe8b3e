"""Reports as one self-contained HTML page: the matrix of functions and namespaces, and what is behind each cell.

The tables are written here, so that they can be read without scripts. ``script.js`` filters them and opens the details,
from the reports as JSON in the page.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, NamedTuple
from urllib.parse import quote

from conformance.outcomes import Accuracy, Outcome, Report, score
from conformance.spec import DTYPES
from conformance.terminal import percent, ulps
from conformance.texts import url

__all__ = ["page"]

LEGEND = {
    "failed": "departs from the standard",
    "missing": "is not there",
    "xpassed": "passes, though expected to fail",
    "blocked": "what it needs is broken",
    "xfailed": "fails as expected",
    "passed": "as the standard says",
    "undecided": "cannot be told",
    "skipped": "optional, and left out",
}
"""What a cell may show; of the states of its checks, the first one here."""


class Cell(NamedTuple):
    """A function in a namespace."""

    state: str
    score: float | None
    outcomes: list[Outcome]
    accuracy: list[Accuracy]


class Function(NamedTuple):
    """A row of the matrix."""

    path: str
    chapter: str
    cells: list[Cell | None]


def page(reports: Sequence[Report]) -> str:
    """An HTML page without references to anything outside of it, but for links to the standard.

    >>> from conformance.outcomes import Outcome, Report
    >>> "<td" in page([Report("numpy", "2.4.0", "2025.12", (Outcome("sum", "dtype", "statistical", "passed"),))])
    True
    """
    labels = unique(shown(report.namespace) for report in reports)
    functions = [function for group in grouped(rows(reports)).values() for function in group]
    template = Template(part("template.html"))
    return template.substitute(
        title=text(f"{', '.join(labels)}: conformance to the array API standard"),
        style=part("style.css"),
        script=part("script.js"),
        revision=text(", ".join(dict.fromkeys(report.revision for report in reports))),
        facts="".join(f"<li>{text(fact)}</li>" for fact in facts(reports, functions)),
        cards="".join(card(report, label) for report, label in zip(reports, labels, strict=True)),
        chapters=chapter_table(reports, labels),
        chapter_options="".join(
            f'<option value="{anchor(chapter)}">{title(chapter)}</option>' for chapter in grouped(functions)
        ),
        show_options="".join(show_options(functions)),
        legend="".join(
            f'<li class="{state}">{mark(state)}<b>{state}</b> {LEGEND[state]}</li>' for state in LEGEND
            if state in states(functions)
        ),
        matrix=matrix(functions, reports, labels),
        accuracy="".join(accuracy_tables(functions, labels)),
        without_accuracy="" if any(report.accuracy for report in reports) else "hidden",
        data=embedded(data(functions, reports, labels)),
    )  # fmt: skip


def part(name: str) -> str:
    """A file of this package."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def shown(value: object) -> str:
    """Text without the characters that cannot be shown, or that turn others around."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))


def text(value: object) -> str:
    """Text for HTML."""
    return escape(shown(value))


def embedded(value: object) -> str:
    """JSON that may stand in a script element."""
    source = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return source.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def unique(names: Iterable[str]) -> list[str]:
    """Names, told apart by a number where they repeat.

    >>> unique(["numpy", "torch", "numpy"])
    ['numpy', 'torch', 'numpy (2)']
    """
    seen: Counter[str] = Counter()
    labels = []
    for name in names:
        seen[name] += 1
        labels.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return labels


def rows(reports: Sequence[Report]) -> Iterator[Function]:
    """The functions of all reports, each with a cell for each report that has it."""
    chapters: dict[str, str] = {}
    found: dict[tuple[str, int], tuple[list[Outcome], list[Accuracy]]] = {}
    for index, report in enumerate(reports):
        for outcome in report.outcomes:
            chapters.setdefault(outcome.path, outcome.chapter)
            found.setdefault((outcome.path, index), ([], []))[0].append(outcome)
        for figure in report.accuracy:
            if (figure.path, index) in found:
                found[figure.path, index][1].append(figure)
    for path, chapter in chapters.items():
        parts = [found.get((path, index)) for index in range(len(reports))]
        yield Function(shown(path), chapter, [cell(*part) if part else None for part in parts])


def cell(outcomes: list[Outcome], accuracy: list[Accuracy]) -> Cell:
    """A function in a namespace, under the state that matters most."""
    found = {outcome.state for outcome in outcomes}
    if any(outcome.check == "presence" and outcome.state == "failed" for outcome in outcomes):
        found = {"missing"}
    return Cell(next(state for state in LEGEND if state in found), score(outcomes), outcomes, accuracy)


def grouped(functions: Iterable[Function]) -> dict[str, list[Function]]:
    """Functions by chapter."""
    chapters: dict[str, list[Function]] = {}
    for function in functions:
        chapters.setdefault(function.chapter, []).append(function)
    return chapters


def states(functions: Iterable[Function]) -> set[str]:
    """What the cells show."""
    return {cell.state for function in functions for cell in function.cells if cell}


def title(chapter: str) -> str:
    """A chapter as a heading."""
    return text(chapter.replace("_", " "))


def anchor(chapter: str) -> str:
    """Where the functions of a chapter begin in the matrix.

    >>> anchor("data types")
    'chapter-data-types'
    """
    return "chapter-" + re.sub(r"\W+", "-", chapter)


def mark(state: str) -> str:
    """The symbol of a state."""
    return f'<svg class="mark" aria-hidden="true"><use href="#mark-{state}"/></svg>'


def facts(reports: Sequence[Report], functions: Sequence[Function]) -> Iterator[str]:
    """What was run."""
    yield counted(len(functions), "name")
    yield counted(sum(len(report.outcomes) for report in reports), "check")
    for name in ("examples", "seed"):
        if values := dict.fromkeys(str(report.settings[name]) for report in reports if name in report.settings):
            yield f"{name} {', '.join(values)}"


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "check"), counted(1200, "check")
    ('1 check', '1,200 checks')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def card(report: Report, label: str) -> str:
    """Score of a namespace, and how many of its checks are in each state."""
    order = ("passed", *(state for state in LEGEND if state != "passed"))
    counts = [(state, report.counts()[state]) for state in order if report.counts()[state]]
    segments = "".join(f'<i class="{state}" style="flex-grow:{number}"></i>' for state, number in counts)
    listed = "".join(f'<li class="{state}">{mark(state)}{number:,} {state}</li>' for state, number in counts)
    return (
        f'<article class="card"><h3>{text(label)} <small>{text(report.version)}</small></h3>'
        f'<p class="score">{percent(report.score)}</p><div class="segments" aria-hidden="true">{segments}</div>'
        f'<ul class="counts">{listed}</ul></article>'
    )


def columns(reports: Sequence[Report], labels: Sequence[str], first: str) -> str:
    """The head of a table with a column for each namespace."""
    names = "".join(
        f'<th scope="col">{text(label)} <small>{text(report.version)}</small></th>'
        for report, label in zip(reports, labels, strict=True)
    )
    return f'<thead><tr><th scope="col">{first}</th>{names}</tr></thead>'


def chapter_table(reports: Sequence[Report], labels: Sequence[str]) -> str:
    """Scores by chapter, with bars."""
    scores = [report.chapters() for report in reports]
    lines = []
    for chapter in dict.fromkeys(chapter for each in scores for chapter in each):
        name = f'<a href="#{anchor(chapter)}">{title(chapter)}</a>'
        cells = "".join(f"<td>{bar(each.get(chapter))}</td>" for each in scores)
        lines.append(f'<tr><th scope="row">{name}</th>{cells}</tr>')
    overall = "".join(f"<td>{bar(report.score)}</td>" for report in reports)
    lines.append(f'<tr class="overall"><th scope="row">overall</th>{overall}</tr>')
    head = columns(reports, labels, "Chapter")
    return f"<table><caption>Scores by chapter</caption>{head}<tbody>{''.join(lines)}</tbody></table>"


def bar(value: float | None) -> str:
    """A score, and a bar as long."""
    length = "" if value is None else f'<i class="bar" style="--score:{value:.4f}"></i>'
    return f"{length}<span>{percent(value)}</span>"


def show_options(functions: Sequence[Function]) -> Iterator[str]:
    """Options of the filter by state."""
    found = states(functions)
    yield '<option value="">everything</option>'
    if any(len(function.cells) > 1 for function in functions):
        yield '<option value="differences">differences only</option>'
    yield '<option value="failures">failures only</option>'
    yield from (f'<option value="{state}">{state}</option>' for state in LEGEND if state in found)


def matrix(functions: Sequence[Function], reports: Sequence[Report], labels: Sequence[str]) -> str:
    """The functions, a group of rows for each chapter and a column for each namespace."""
    bodies = "".join(
        f'<tbody id="{anchor(chapter)}"><tr class="chapter">'
        f'<th scope="rowgroup" colspan="{len(reports) + 1}"><span>{title(chapter)}</span></th></tr>'
        f"{''.join(matrix_row(function, labels) for function in group)}</tbody>"
        for chapter, group in grouped(functions).items()
    )
    head = columns(reports, labels, "Name")
    return f'<table id="matrix"><caption>State and score of each name in each namespace</caption>{head}{bodies}</table>'


def matrix_row(function: Function, labels: Sequence[str]) -> str:
    """A function in all namespaces."""
    cells = "".join(
        f'<td class="{cell.state}">{link(function.path, label, cell_text(cell))}</td>' if cell else "<td></td>"
        for cell, label in zip(function.cells, labels, strict=True)
    )
    return f'<tr><th scope="row">{breakable(function.path)}</th>{cells}</tr>'


def breakable(path: str) -> str:
    """A name that may go on in the next line after a dot or an underscore.

    >>> breakable("linalg.matrix_rank")
    'linalg.<wbr>matrix_<wbr>rank'
    """
    return text(path).replace(".", ".<wbr>").replace("_", "_<wbr>")


def link(path: str, label: str, content: str) -> str:
    """A link to the details of a function in a namespace."""
    return f'<a href="#{quote(path, safe="")}/{quote(label, safe="")}">{content}</a>'


def cell_text(cell: Cell) -> str:
    """Symbol, state and score; the state is not shown beside a score, as the symbol says it."""
    if cell.score is None or cell.state == "missing":
        return f"{mark(cell.state)}{cell.state}"
    return f'{mark(cell.state)}<span class="unseen">{cell.state} </span>{percent(cell.score)}'


def accuracy_tables(functions: Sequence[Function], labels: Sequence[str]) -> Iterator[str]:
    """Errors in units in the last place, a table for each data type."""
    figures = {
        (function.path, figure.dtype, index): figure
        for function in functions
        for index, cell in enumerate(function.cells)
        for figure in (cell.accuracy if cell else ())
    }
    names = "".join(f'<th scope="col">{text(label)} <small>ordinary, hard</small></th>' for label in labels)
    measured = {dtype for _, dtype, _ in figures}
    for dtype in (*filter(measured.__contains__, DTYPES), *sorted(measured.difference(DTYPES))):
        paths = dict.fromkeys(path for path, each, _ in figures if each == dtype)
        lines = "".join(
            f'<tr><th scope="row">{breakable(path)}</th>'
            + "".join(errors(path, label, figures.get((path, dtype, i))) for i, label in enumerate(labels))
            + "</tr>"
            for path in paths
        )
        yield (
            f"<details><summary>{text(dtype)} <small>{counted(len(paths), 'function')}</small></summary>"
            f'<div class="scroll"><table><caption>Errors in {text(dtype)}</caption>'
            f'<thead><tr><th scope="col">Name</th>{names}</tr></thead><tbody>{lines}</tbody></table></div></details>'
        )


def errors(path: str, label: str, figure: Accuracy | None) -> str:
    """Errors over ordinary and over hard arguments."""
    if figure is None:
        return "<td></td>"
    shown = f'{ulps(figure.error)}<span class="hard"><span class="unseen"> and </span>{ulps(figure.hard_error)}</span>'
    return f"<td>{link(path, label, shown)}</td>"


def data(functions: Sequence[Function], reports: Sequence[Report], labels: Sequence[str]) -> dict[str, Any]:
    """What the script needs for the details: lists rather than objects, as there are thousands of them."""
    return {
        "namespaces": [[label, report.version] for report, label in zip(reports, labels, strict=True)],
        "functions": [
            [
                function.path,
                url(function.path, reports[0].revision),
                [cell_data(each) if each else None for each in function.cells],
            ]
            for function in functions
        ],
    }


def cell_data(cell: Cell) -> dict[str, Any]:
    """The details of a cell."""
    return {
        "state": cell.state,
        "score": percent(cell.score),
        "checks": [check_data(outcome) for outcome in cell.outcomes],
        "accuracy": [
            [figure.dtype, ulps(figure.error), figure.call, ulps(figure.hard_error), figure.hard_call]
            for figure in cell.accuracy
        ],
    }


def check_data(outcome: Outcome) -> list[Any]:
    """A check: name, state, calls, and the reason and the failure if there are any."""
    known: list[Any] = [outcome.check, outcome.state, outcome.calls]
    failure = outcome.failure
    if outcome.reason or failure:
        known.append(outcome.reason)
    if failure:
        known.append([failure.text, failure.url, failure.call, failure.got, failure.expected, failure.snippet])
    return known
