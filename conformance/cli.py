"""The command ``conformance``."""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread
from typing import Any

from conformance import comparing, expectations, terminal
from conformance.namespaces import load
from conformance.outcomes import Report
from conformance.settings import Settings
from conformance.spec import BY_NAME, DTYPES, REVISIONS

__all__ = ["main"]

CHAPTERS = tuple(dict.fromkeys([row.chapter for row in BY_NAME.values()] + ["array", "constants", "data types"]))
"""Names of the chapters."""


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser(
        prog="conformance",
        description="Tell how far array namespaces are from the Python array API standard, function by function.",
        epilog="Exit status: 0 everything passes or fails as expected, 1 something fails, 2 wrong usage.",
    )
    add = options.add_argument
    add("namespaces", nargs="+", metavar="NAMESPACE", help="a module (torch) or an attribute (package.module:xp)")
    add("--revision", choices=REVISIONS[1:], default=REVISIONS[-1], help="of the standard (default: %(default)s)")
    add("--only", metavar="PATTERN", default="*", help="functions or checks, such as 'linalg.*' or 'sum: dtype'")
    chapters = f"one of {', '.join(CHAPTERS)}; may be repeated"
    add("--chapter", action="append", choices=CHAPTERS, default=[], metavar="NAME", help=chapters)
    examples = "drawn calls for each function (default: %(default)s)"
    add("--examples", type=positive, default=Settings.examples, metavar="N", help=examples)
    add("--seed", type=int, default=0, metavar="N", help="of the drawn calls (default: %(default)s)")
    add("--jobs", type=positive, default=1, metavar="N", help="processes (default: %(default)s)")
    add("--device", metavar="D", help="device of all arrays, as the namespace names it")
    add("--dtypes", nargs="+", choices=DTYPES, metavar="D", help="data types to test (default: all that there are)")
    derivatives = "object with jvp and vjp, as module or module:attribute: check derivatives too"
    add("--derivatives", metavar="OBJECT", help=derivatives)
    add("--accuracy", action="store_true", help="print the errors in units in the last place")
    add("--official", metavar="DIR", type=Path, help="a checkout of data-apis/array-api-tests to run as well")
    add("--json", metavar="FILE", type=Path, help="write the report as JSON")
    add("--html", metavar="FILE", type=Path, help="write it as a page")
    add("--junit", metavar="FILE", type=Path, help="write it as JUnit XML")
    add("--badge", metavar="FILE", type=Path, help="write the score of the first namespace as an SVG badge")
    add(
        "--xfails",
        metavar="FILE",
        type=Path,
        help="expected failures: a check and, after a '#', the reason on each line",
    )
    add("--compare", metavar="OLD.json", type=Path, help="tell what got better and what got worse since this report")
    return options


def positive(text: str) -> int:
    """A positive integer."""
    if (value := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = parser().parse_args(arguments)
    if current_thread() is main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # So that worker processes end with this one.
    scratch = Path(tempfile.gettempdir(), "conformance-hypothesis")  # Else Hypothesis leaves a folder where it runs.
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(scratch))
    sys.path.append(os.getcwd())  # For a namespace that is being written, and is not installed.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # What a library prints need not fit the terminal's encoding.
    try:
        return report_on(options)
    except Usage as problem:
        print(f"conformance: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("conformance: interrupted", file=sys.stderr)
        return 130


class Usage(Exception):
    """The command cannot be run as it was written."""


def say(*paragraphs: str) -> None:
    """Print, as long as somebody reads."""
    try:
        print(*paragraphs, sep="\n", flush=True)
    except BrokenPipeError:  # The reader, such as `head`, has seen enough; the files and the exit status still count.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def report_on(options: argparse.Namespace) -> int:
    """Run, print, and write the files."""
    for path in (options.json, options.html, options.junit, options.badge):
        if path and not (path.parent.is_dir() and os.access(path if path.exists() else path.parent, os.W_OK)):
            raise Usage(f"{path}: cannot be written")
        if path and path.is_dir():
            raise Usage(f"{path}: is a directory")
    expected = reading(expectations.read, options.xfails) if options.xfails else []
    old = reading(read_reports, options.compare) if options.compare else []
    settings = Settings(
        revision=options.revision,
        only=options.only,
        chapters=tuple(options.chapter),
        examples=options.examples,
        seed=options.seed,
        jobs=options.jobs,
        device=options.device,
        dtypes=tuple(options.dtypes) if options.dtypes else None,
        derivatives=options.derivatives,
        accuracy=bool(options.accuracy or options.json or options.html),
    )
    for name in filter(None, (*options.namespaces, options.derivatives)):
        importable(name)
    if options.official:
        from conformance.official import require_checkout

        reading(require_checkout, options.official)
    reports = []
    unmatched = list(expected)
    for name in options.namespaces:
        report, left = expectations.applied(run_one(name, settings, options.official), expected)
        unmatched = [entry for entry in unmatched if entry in left]
        reports.append(report)
        say(*terminal.lines(report, with_accuracy=options.accuracy))
        if options.compare:
            say(f"\nsince {options.compare}", *since(old, report))
    if len(reports) > 1:
        say("\n" + terminal.matrix(reports))
    for entry in unmatched:
        say(f"\n{options.xfails}: {entry.pattern!r} names no check that ran")
    write_files(options, reports)
    return int(any(report.failed for report in reports))


def since(old: list[Report], report: Report) -> Iterator[str]:
    """What changed since the report of the same namespace."""
    before = next((each for each in old if each.namespace == report.namespace), None)
    if before is None:
        yield f"no report of {report.namespace}, but of {', '.join(each.namespace for each in old) or 'nothing'}"
    else:
        yield from terminal.changed(comparing.changes(before, report))


def importable(name: str) -> None:
    """Import a module or an attribute once, to know before all checks that it is there."""
    try:
        load(name)
    except Exception as problem:  # A module may raise anything.
        known = isinstance(problem, ImportError | AttributeError)
        raise Usage(f"{name}: {problem if known else repr(problem)}") from problem


def run_one(name: str, settings: Settings, official: Path | None) -> Report:
    """The report of a namespace, with progress on a terminal."""
    try:
        from conformance import run  # Imports Hypothesis, which `--help` does without.

        with progress(name) as told:
            report = run(name, settings=settings, progress=told)
    except (ModuleNotFoundError, ValueError) as problem:
        raise Usage(str(problem)) from problem
    except BrokenExecutor as problem:
        raise Usage(f"{name} ended the Python that ran it; find where with `--jobs 1 --only PATTERN`") from problem
    if official is not None:
        from conformance.official import with_official_suite

        try:
            report = with_official_suite(report, official, settings, setup=load(name)[1])
        except RuntimeError as problem:
            raise Usage(str(problem)) from problem
    if not report.outcomes:
        raise Usage(f"nothing to check: {settings.only!r} names no function or check of these chapters and revision")
    return report


@contextmanager
def progress(name: str) -> Iterator[Callable[[int, int, str], None] | None]:
    """A bar on the standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn(name),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("")
        yield lambda done, total, path: bar.update(task, completed=done, total=total, description=path)


def reading(reader: Callable[[Path], Any], path: Path) -> Any:
    """What a file holds, or why it cannot be read."""
    try:
        return reader(path)
    except OSError as problem:
        raise Usage(f"{path}: {problem.strerror}" if problem.strerror else str(problem)) from problem
    except ValueError as problem:
        raise Usage(str(problem) if str(path) in str(problem) else f"{path}: {problem}") from problem


def read_reports(path: Path) -> list[Report]:
    """The reports of a file that ``--json`` wrote."""
    data = json.loads(path.read_text(encoding="utf-8"))
    try:
        return [Report.from_dict(report) for report in data["reports"]]
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"{path}: is no report that --json wrote ({problem!r})") from problem


def write_files(options: argparse.Namespace, reports: list[Report]) -> None:
    """Write the report in each format asked for."""
    if options.json:
        data = {"reports": [report.to_dict() for report in reports]}
        write(options.json, json.dumps(data, indent=1, allow_nan=False) + "\n")
    if options.junit:
        from conformance.junit import junit

        write(options.junit, junit(reports))
    if options.html:
        from conformance.page import page

        write(options.html, page(reports))
    if options.badge:
        from conformance.badge import badge

        write(options.badge, badge(reports[0]))


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all; what is no file, such as ``/dev/stdout``, as it is."""
    whole = path.is_file() or not path.exists()
    target = path.with_name(f".{path.name}.{os.getpid()}") if whole else path
    try:
        target.write_text(text, encoding="utf-8")
        if whole:
            target.replace(path)
    except OSError as problem:
        if whole:
            target.unlink(missing_ok=True)
        raise Usage(f"{path}: {problem.strerror}") from problem
