"""A pytest plugin: ``pytest --pyargs conformance --xp NAMESPACE`` has a test for each function and check.

The checks of a function are run once, by the first of its tests. Under pytest-xdist, ``--dist loadgroup`` keeps the
tests of a function in one worker. Without ``--xp`` the plugin does nothing, and imports nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.namespaces import Namespace
    from conformance.outcomes import Outcome
    from conformance.settings import Settings

__all__ = ["pytest_addoption", "pytest_collect_file", "pytest_configure"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("conformance", "conformance to the Python array API standard")
    group.addoption("--xp", metavar="NAMESPACE", help="check this namespace: a module, or package.module:attribute")
    group.addoption("--xp-revision", metavar="R", help="revision of the standard, such as 2024.12")
    group.addoption("--xp-examples", metavar="N", type=int, help="drawn calls for each function")
    group.addoption("--xp-seed", metavar="N", type=int, help="seed of the drawn calls")
    group.addoption("--xp-device", metavar="D", help="device of all arrays")
    group.addoption("--xp-xfails", metavar="FILE", help="expected failures: a check and, after a '#', the reason")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker with which pytest-xdist keeps the tests of a function together."""
    if config.getoption("--xp"):
        config.addinivalue_line("markers", "xdist_group(name): tests that one worker runs")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Stand in for this file with the tests of the namespace."""
    if file_path == Path(__file__) and parent.config.getoption("--xp"):
        return Standard.from_parent(parent, path=file_path)
    return None


class Standard(pytest.File):
    """All checks of the namespace."""

    namespace: Namespace
    settings: Settings

    def collect(self) -> Iterator[pytest.Item]:
        """A test for each check of each function."""
        from conformance import expectations
        from conformance.running import checks_of, prepared, selected_paths
        from conformance.settings import Settings

        options = {name: self.config.getoption(f"--xp-{name}") for name in ("revision", "examples", "seed", "device")}
        self.settings = Settings(**{name: value for name, value in options.items() if value is not None})
        try:
            self.namespace = prepared(self.config.getoption("--xp"), None, "", self.settings)
        except (ImportError, AttributeError) as problem:
            raise self.CollectError(f"--xp {self.config.getoption('--xp')}: {problem}") from problem
        file = self.config.getoption("--xp-xfails")
        self.found: dict[str, dict[str, Outcome]] = {}
        expected = expectations.read(file) if file else []
        for path in selected_paths(self.namespace, self.settings):
            for title in dict.fromkeys(title for check in checks_of(path) for title in check.titles()):
                name = f"{path}: {title}"
                item: CheckItem = CheckItem.from_parent(self, name=name, path_of_function=path, title=title)
                item.add_marker(pytest.mark.xdist_group(path))
                for entry in expected:
                    if entry.matches(name, path):
                        strict = entry.pattern == name
                        item.add_marker(pytest.mark.xfail(reason=entry.reason, raises=Departure, strict=strict))
                yield item

    def outcome(self, path: str, title: str) -> Outcome | None:
        """What a check of a function found, if it came to be made."""
        from conformance.running import examine

        if path not in self.found:
            self.found[path] = {each.check: each for each in examine(self.namespace, path, self.settings)[0]}
        return self.found[path].get(title)


class Departure(Exception):
    """The namespace departs from the standard."""


class CheckItem(pytest.Item):
    """One check of one function."""

    parent: Standard

    def __init__(self, *, path_of_function: str, title: str, **options: Any) -> None:
        super().__init__(**options)
        self.path_of_function, self.title = path_of_function, title

    def runtest(self) -> None:
        """Make the check, or look up what it found."""
        outcome = self.parent.outcome(self.path_of_function, self.title)
        if outcome is None:
            pytest.skip("not judged with these options")
        if outcome.state == "failed":
            from conformance.terminal import block

            raise Departure(block(outcome))
        if outcome.state != "passed":
            pytest.skip(f"{outcome.state}: {outcome.reason}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The block of the failure, rather than a traceback."""
        return str(excinfo.value) if isinstance(excinfo.value, Departure) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where pytest says that it is."""
        return self.path, None, self.name
