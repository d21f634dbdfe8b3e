"""The page on the official suite: its examples run, and it names every exception."""

import doctest
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def test_examples_run():
    results = doctest.testfile(str(DOCS / "official-suite.md"), module_relative=False)
    assert results.attempted
    assert not results.failed


@pytest.mark.parametrize("name", ["official-suite-xfails.txt", "official-suite-xfails-2022.txt"])
def test_every_exception_has_its_reason(name):
    page = (DOCS / "official-suite.md").read_text()
    for line in (DOCS / name).read_text().splitlines():
        if line and not line.startswith("#"):
            assert line.rpartition("::")[2] in page
