"""The table of derivatives in the docs: complete, true and up to date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from autodiff import rules
from autodiff.rules import COMPOSITES, NON_DIFFERENTIABLE, RULES, Rule, decompositions, equations
from autodiff.rules.__main__ import PAPERS, SOURCES, Entry, entries, markdown
from conformance import spec

ROOT = Path(__file__).parents[2]

ENTRIES = {entry.name: entry for entry in entries()}


def test_the_page_is_what_the_generator_writes() -> None:
    page = (ROOT / "docs" / "derivatives.md").read_text(encoding="utf-8")
    assert page == markdown(), "rules have moved: run `python -m autodiff.rules > docs/derivatives.md`"


def test_every_function_is_in_the_table_once() -> None:
    rows = re.findall(r"^\| `(\S+)` \|", markdown(), re.MULTILINE)
    assert sorted(rows) == sorted([*spec.BY_NAME, "__getitem__", "__setitem__", "to_device"])


def test_counts_add_up() -> None:
    text = markdown().replace("\n", " ")
    found = re.search(r"Of (\d+) functions (\d+) have a rule \((.*?)\), (\d+) are composites and (\d+) have no", text)
    assert found is not None
    total, entered, kinds, composites, constants = found.groups()
    assert int(total) == len(spec.FUNCTIONS) == int(entered) + int(composites) + int(constants)
    # Three rules are of methods.
    assert sum(map(int, re.findall(r"\d+", kinds))) == int(entered) == len(RULES) - 3


@pytest.mark.parametrize(
    ("name", "kind", "arguments", "source"),
    [
        ("add", "Elementwise", "x1, x2", "calculus"),
        ("where", "Elementwise", "x1, x2", "calculus"),
        ("clip", "Elementwise", "x, min, max", "calculus"),
        ("copysign", "Elementwise", "x1", "calculus"),
        ("abs", "RealLinear", "x", "calculus"),
        ("concat", "Variadic", "arrays", "linearity"),
        ("take", "Linear", "x", "linearity"),
        ("matmul", "Bilinear", "x1, x2", "linearity"),
        ("max", "Reduction", "x", "calculus"),
        ("linalg.pinv", "Jvp", "x", "[Golub and Pereyra 1973]"),
        ("linalg.solve", "Jvp", "x1, x2", "[Giles 2008]"),
        ("diff", "composite", "x, prepend, append", "definition"),
        ("linspace", "composite", "start, stop", "definition"),
        ("fft.hfft", "composite", "x", "definition"),
        ("__setitem__", "Linear", "self, value", "linearity"),
        ("argmax", "none", "", ""),
        ("info.dtypes", "none", "", ""),
    ],
)
def test_some_rows(name: str, kind: str, arguments: str, source: str) -> None:
    assert ENTRIES[name][2:5] == (kind, arguments, source)


def test_what_can_be_differentiated_says_by_what_and_where() -> None:
    for entry in ENTRIES.values():
        assert bool(entry.arguments) == bool(entry.code) == (entry.kind != "none"), entry


def line_of(entry: Entry) -> str:
    path, _, line = entry.code.partition(":")
    return (ROOT / path).read_text(encoding="utf-8").splitlines()[int(line) - 1]


def test_links_lead_to_formulas() -> None:
    for entry in ENTRIES.values():
        if entry.code:
            assert re.search(r"\bdef \w+\(|\blambda\b", line_of(entry)), entry
    assert '"sin"' in line_of(ENTRIES["sin"])
    assert "def _svd(" in line_of(ENTRIES["linalg.svd"])
    assert "def _var(" in line_of(ENTRIES["var"])


def test_sources_are_of_functions_with_a_derivative() -> None:
    assert set(SOURCES) <= {*RULES, *COMPOSITES} - NON_DIFFERENTIABLE
    # Rules of linear algebra do not stand in textbooks of calculus.
    assert {rule.name for chapter in (decompositions, equations) for rule in chapter.RULES} <= set(SOURCES)
    assert {source.strip("[]") for source in SOURCES.values()} - {"calculus"} == set(PAPERS)


def subclasses(kind: type) -> Iterator[type]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


def test_kinds_of_rules_are_public_and_have_examples() -> None:
    kinds = {kind.__name__ for kind in subclasses(Rule) if kind.__module__ == "autodiff.rules.kinds"}
    assert kinds >= {type(rule).__name__ for rule in RULES.values()}
    assert kinds <= set(rules.__all__)
    for name in kinds:
        assert getattr(rules, name).__name__ == name
        assert re.search(rf"^{name} ", rules.__doc__ or "", re.MULTILINE), f"the table of kinds lacks {name}"
        assert "Examples\n" in (getattr(rules, name).__doc__ or ""), name
