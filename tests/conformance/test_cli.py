"""The command: what it prints and writes, its exit status, and what it says of wrong usage."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest

import conformance
from conformance import Failure, Outcome, Report
from conformance.cli import main, parser
from conformance.junit import junit

ROOT = Path(conformance.__file__).parents[1]

BROKEN = """
import numpy

class Broken:
    __name__ = "broken"
    def __getattr__(self, name):
        return getattr(numpy, name)
    def sum(self, x, /, *, axis=None, dtype=None, keepdims=False):
        total = numpy.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)
        return total + numpy.asarray(1, dtype=total.dtype)

xp = Broken()
"""


class Done(NamedTuple):
    """A finished command."""

    status: int
    output: str
    errors: str


Command = Callable[..., Done]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a broken namespace in it."""
    (tmp_path / "broken_namespace.py").write_text(BROKEN)
    (tmp_path / "fails_to_import.py").write_text("raise RuntimeError('no licence')")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def command(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs the command in this process."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = signal.getsignal(signal.SIGTERM)

    def run(*arguments: str) -> Done:
        try:
            status = main([*arguments, "--examples", "3"])
        except SystemExit as end:
            status = int(end.code or 0)
        return Done(status, *capsys.readouterr())

    yield run
    signal.signal(signal.SIGTERM, before)
    sys.modules.pop("broken_namespace", None)


def started(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": environment, "text": True} | options
    return subprocess.Popen([sys.executable, "-m", "conformance", *arguments], **pipes)


def reports(file: Path | str) -> list[dict[str, Any]]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    found: list[dict[str, Any]] = json.loads(Path(file).read_text(), parse_constant=refuse)["reports"]
    return found


def without_seconds(report: dict[str, Any]) -> dict[str, Any]:
    outcomes = [{**outcome, "seconds": 0} for outcome in report["outcomes"]]
    return {**report, "outcomes": outcomes, "seconds": 0, "settings": {**report["settings"], "jobs": 0}}


def test_everything_passes(command: Command) -> None:
    done = command("numpy", "--only", "abs")
    assert done.status == 0
    assert "overall" in done.output
    assert "100.0 %" in done.output
    assert "FAILED" not in done.output
    assert done.errors == ""


def test_something_fails(command: Command) -> None:
    done = command("broken_namespace:xp", "--only", "sum")
    assert done.status == 1
    for text in ("FAILED  sum: values", "got", "expected", "import broken_namespace\n", "https://data-apis.org"):
        assert text in done.output
    assert done.errors == ""


def test_several_namespaces(command: Command) -> None:
    done = command("numpy", "broken_namespace:xp", "--only", "sum", "--json", "out.json", "--html", "out.html")
    assert done.status == 1
    *_, last, overall = done.output.strip().splitlines()
    assert last.split()[0] == "statistical"
    assert overall.split()[:3] == ["overall", "100.0", "%"]
    assert [report["namespace"] for report in reports("out.json")] == ["numpy", "broken_namespace:xp"]
    parsed = HTMLParser()
    parsed.feed(Path("out.html").read_text())
    assert "broken_namespace:xp" in Path("out.html").read_text()


def test_options_reach_the_run(command: Command) -> None:
    done = command(
        *("numpy", "--only", "s*", "--chapter", "statistical", "--chapter", "sorting", "--revision", "2023.12"),
        *("--seed", "7", "--device", "cpu", "--dtypes", "float32", "int8", "--json", "out.json"),
    )
    assert done.status in (0, 1)
    (report,) = reports("out.json")
    assert {outcome["chapter"] for outcome in report["outcomes"]} == {"statistical", "sorting"}
    assert {outcome["path"] for outcome in report["outcomes"]} == {"sum", "std", "sort"}
    assert report["revision"] == "2023.12"
    given = {"seed": 7, "device": "cpu", "dtypes": ["float32", "int8"], "examples": 3, "only": "s*"}
    assert report["settings"] | given == report["settings"]
    assert {figure["dtype"] for figure in report["accuracy"]} <= {"float32"}


def test_accuracy(command: Command) -> None:
    assert "units in the last place" not in command("numpy", "--only", "exp").output
    assert "units in the last place" in command("numpy", "--only", "exp", "--accuracy").output


def test_derivatives(command: Command) -> None:
    done = command("extensor", "--only", "tan", "--derivatives", "autodiff", "--json", "out.json")
    assert any("derivative" in outcome["check"] for outcome in reports("out.json")[0]["outcomes"]), done.output


@pytest.mark.parametrize(("arguments", "message"), [
    ("no_such_library", "no_such_library: No module named 'no_such_library'"),
    ("numpy:nothing.here", "numpy:nothing.here: module 'numpy' has no attribute 'nothing'"),
    ("fails_to_import", "fails_to_import: RuntimeError('no licence')"),
    ("numpy no_such_library", "no_such_library: No module named 'no_such_library'"),
    ("numpy --derivatives no_such_library", "no_such_library: No module named 'no_such_library'"),
    ("numpy --only nothing", "nothing to check: 'nothing' names no function"),
    ("numpy --only linalg.* --chapter fft", "nothing to check"),
    ("numpy --only sum --device moon", "numpy makes no arrays on device 'moon'; it tells of 'cpu'"),
    ("numpy --official .", "git clone --recurse-submodules"),
    ("numpy --chapter nothing", "invalid choice: 'nothing'"),
    ("numpy --revision 2019.12", "invalid choice: '2019.12'"),
    ("numpy --dtypes float16", "invalid choice: 'float16'"),
    ("numpy --seed one", "invalid int value: 'one'"),
    ("numpy --jobs 0", "0 is not positive"),
    ("numpy --json missing/out.json", "missing/out.json: cannot be written"),
    ("numpy --html .", ".: is a directory"),
    ("numpy --xfails missing.txt", "missing.txt: No such file or directory"),
    ("numpy --compare missing.json", "missing.json: No such file or directory"),
    ("numpy --xfails .", ".: Is a directory"),
    ("", "the following arguments are required: NAMESPACE"),
])  # fmt: skip
def test_wrong_usage(command: Command, arguments: str, message: str) -> None:
    only = [] if "--only" in arguments or not arguments else ["--only", "square"]
    done = command(*arguments.split(), *only)
    assert done.status == 2
    assert message in done.errors
    assert "Traceback" not in done.errors
    assert done.output == "" or "numpy " in done.output


MALFORMED = r"""

{
[]
3
{}
{"reports": 1}
{"reports": ["x"]}
{"reports": [{"outcomes": []}]}
{"reports": {"a": 1}}
""".splitlines()[1:]


@pytest.mark.parametrize("text", [*MALFORMED, "\ud800"])
def test_malformed_reports(command: Command, folder: Path, text: str) -> None:
    (folder / "old.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    done = command("numpy", "--only", "abs", "--compare", "old.json")
    assert (done.status, done.output) == (2, "")
    assert done.errors.startswith("conformance: old.json: ")


@pytest.mark.parametrize("text", [b"sum: values\n", b"\xff # reason\n"])
def test_malformed_expectations(command: Command, folder: Path, text: bytes) -> None:
    (folder / "xfails.txt").write_bytes(text)
    done = command("numpy", "--only", "abs", "--xfails", "xfails.txt")
    assert (done.status, done.output) == (2, "")
    assert done.errors.startswith("conformance: xfails.txt")


def test_expected_failures(command: Command, folder: Path) -> None:
    file = folder / "xfails.txt"
    file.write_text("sum  # adds one\n\nmean: values # not in this run\n")
    arguments = ("broken_namespace:xp", "--only", "sum", "--xfails", "xfails.txt", "--json", "out.json")
    done = command(*arguments)
    assert done.status == 0
    assert "'mean: values' names no check that ran" in done.output
    outcome = next(each for each in reports("out.json")[0]["outcomes"] if each["state"] == "xfailed")
    assert outcome["reason"] == "adds one"
    assert outcome["failure"]["snippet"]
    file.write_text("sum*  # adds one\nsum: presence  # was missing\n")
    done = command(*arguments)
    assert done.status == 1
    assert "XPASSED  sum: presence\n  reason      was missing" in done.output


def test_better_and_worse(command: Command, folder: Path) -> None:
    command("broken_namespace:xp", "--only", "sum", "--json", "old.json")
    (folder / "broken_namespace.py").write_text(BROKEN.replace("sum", "prod").replace("asarray(1", "asarray(2"))
    sys.modules.pop("broken_namespace")
    done = command("broken_namespace:xp", "--only", "[sp][ur][mo]*", "--compare", "old.json")
    _, since = done.output.split("since old.json")
    better, new = since.split("new: ")
    assert "better: " in better
    assert "  sum: values" in better
    assert "worse" not in since
    assert "  prod: presence" in new
    command("broken_namespace:xp", "--only", "sum", "--json", "old.json")
    (folder / "broken_namespace.py").write_text(BROKEN)
    sys.modules.pop("broken_namespace")
    done = command("broken_namespace:xp", "--only", "sum", "--compare", "old.json", "--json", "old.json")
    assert "worse: " in done.output.split("since old.json")[1]
    assert done.status == 1
    done = command("broken_namespace:xp", "--only", "sum", "--compare", "old.json")
    assert "nothing changed" in done.output.split("since old.json")[1]
    done = command("numpy", "--only", "abs", "--compare", "old.json")
    assert "no report of numpy, but of broken_namespace:xp" in done.output


def test_the_same_seed_gives_the_same_report(command: Command) -> None:
    for file in ("one.json", "two.json"):
        command("broken_namespace:xp", "--only", "s[qu][mu]*", "--seed", "5", "--json", file)
    one, two = (list(map(without_seconds, reports(file))) for file in ("one.json", "two.json"))
    assert one == two


def test_jobs_do_not_change_the_report(command: Command) -> None:
    for jobs in ("1", "2"):
        command("broken_namespace:xp", "--only", "s[qu][mu]*", "--jobs", jobs, "--json", f"{jobs}.json")
    one, two = (list(map(without_seconds, reports(file))) for file in ("1.json", "2.json"))
    assert any(outcome["state"] == "failed" for outcome in one[0]["outcomes"])
    assert one == two


def test_a_namespace_that_ends_python(command: Command, folder: Path) -> None:
    (folder / "broken_namespace.py").write_text(BROKEN.replace("total = ", "import os; os._exit(3); total = "))
    done = command("broken_namespace:xp", "--only", "sum", "--jobs", "2")
    assert done.status == 2
    assert "broken_namespace:xp ended the Python that ran it" in done.errors


def test_devices_are_written_to_as_they_are(command: Command, folder: Path) -> None:
    (folder / "link.json").symlink_to("/dev/null")
    assert command("numpy", "--only", "abs", "--json", "link.json").status == 0
    assert (folder / "link.json").is_symlink()


def test_help_is_light() -> None:
    program = "import sys, conformance.cli; print({'hypothesis', 'mpmath', 'numpy', 'rich'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
    for option in ("--compare", "--html", "Exit status: 0"):
        assert option in parser().format_help()


def test_without_hypothesis(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "hypothesis" or name == "conformance.running"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(conformance, "running", raising=False)
    for name in ("checking", "gradients"):
        monkeypatch.delitem(sys.modules, f"conformance.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    done = command("numpy", "--only", "abs")
    assert done.status == 2
    assert "pip install 'extensor[conformance]'" in done.errors


def test_quiet_in_a_pipe_that_closes_early(folder: Path) -> None:
    arguments = ("broken_namespace:xp", "numpy", "--only", "sum", "--examples", "3", "--json", "out.json")
    process = started(*arguments)
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(120) == 1
    assert len(reports("out.json")) == 2


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="the system has no pseudo-terminals")
def test_progress_on_a_terminal(folder: Path) -> None:
    ours, theirs = os.openpty()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "TERM": "xterm"}
    process = started("numpy", "--only", "abs", "--examples", "3", stderr=theirs, env=environment)
    os.close(theirs)
    drawn = b""
    try:
        while read := os.read(ours, 1 << 16):
            drawn += read
    except OSError:  # How Linux tells that the other end is closed.
        pass
    os.close(ours)
    assert process.stdout
    assert "overall" in process.stdout.read()
    process.stdout.close()
    assert process.wait(120) == 0
    assert b"1/1" in drawn


def test_any_encoding(folder: Path) -> None:
    (folder / "broken_namespace.py").write_text(
        BROKEN.replace("        return total + ", "        raise ValueError('π ≠ 🐍')  # ")
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    process = started("broken_namespace:xp", "--only", "sum", "--examples", "3", env=environment)
    output, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (1, "")
    assert "\\u03c0" in output


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(folder: Path, number: signal.Signals) -> None:
    (folder / "broken_namespace.py").write_text(
        BROKEN.replace("import numpy", "import numpy, os, pathlib, time")
        .replace("total = numpy", "pathlib.Path(f'started-{os.getpid()}').touch(); time.sleep(600); total = numpy")
    )  # fmt: skip
    process = started("broken_namespace:xp", "--only", "sum", "--jobs", "2", start_new_session=True)
    deadline = time.monotonic() + 120
    while not (marks := list(folder.glob("started-*"))) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)
    output, errors = process.communicate(timeout=120)
    assert (process.returncode, output, errors) == (130, "", "conformance: interrupted\n")
    workers = [int(mark.name.removeprefix("started-")) for mark in marks]
    assert workers
    for worker in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)


HOSTILE = "</failure>]]> \"'&<! \0 \x1b[31m \ud800 \ufffe π 🐍"


def test_junit() -> None:
    failure = Failure(*[HOSTILE] * 6)
    states = ("passed", "failed", "blocked", "undecided", "skipped", "xfailed", "xpassed")
    outcomes = tuple(
        Outcome("sum", HOSTILE + state, "statistical", state, 1, 0.25, HOSTILE, failure if state == "failed" else None)
        for state in states
    )
    text = junit([Report(HOSTILE, "1.0", "2025.12", outcomes, seconds=1.5), Report("empty", "", "2025.12", ())])
    root = ElementTree.fromstring(text.encode("utf-8"))
    assert root.tag == "testsuites"
    for suite in root:
        assert suite.tag == "testsuite"
        cases = list(suite)
        assert {case.tag for case in cases} <= {"testcase"}
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure"))
        assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped"))
        assert suite.attrib["errors"] == "0"
        assert float(suite.attrib["time"]) >= 0
        for case in cases:
            assert {"classname", "name", "time"} == set(case.attrib)
            assert len(case) <= 1
            assert all("message" in child.attrib for child in case)
    assert [len(case) for case in root[0]] == [0, 1, 1, 1, 1, 1, 1]
    assert "π 🐍" in (root[0][1][0].text or "")


def test_badge_and_junit_are_written(command: Command) -> None:
    command("broken_namespace:xp", "numpy", "--only", "sum", "--badge", "badge.svg", "--junit", "junit.xml")
    svg = ElementTree.parse("badge.svg").getroot()
    assert svg.tag.endswith("svg")
    label = svg.attrib["aria-label"]
    assert label.startswith("array API 2025.12: ")
    assert "100.0 %" not in label
    suites = ElementTree.parse("junit.xml").getroot()
    assert [suite.attrib["name"].split()[0] for suite in suites] == ["broken_namespace:xp", "numpy"]


def test_nothing_is_left_where_it_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "numpy", "--only", "sum", "--examples", "3"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if not name.startswith("HYPOTHESIS")}
        | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
