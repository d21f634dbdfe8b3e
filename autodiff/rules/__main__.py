"""Print what there is of the derivative of each function of the standard: ``python -m autodiff.rules``.

The committed docs/derivatives.md is what it prints.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from autodiff.rules import COMPOSITES, NON_DIFFERENTIABLE, RULES, Jvp, RealLinear, Reduction, Rule, Variadic
from autodiff.wrapping import WrapperNamespace
from conformance import spec

__all__ = ["Entry", "entries", "markdown"]

_ROOT = Path(__file__).parents[2]

PAPERS = {
    "Giles 2008": "https://people.maths.ox.ac.uk/gilesm/files/NA-08-01.pdf",
    "Golub and Pereyra 1973": "https://doi.org/10.1137/0710036",
    "Townsend 2016": "https://j-towns.github.io/papers/svd-derivative.pdf",
    "Walter and Lehmann 2010": "https://arxiv.org/abs/1001.1654",
}

SOURCES = {
    **{f"linalg.{name}": "[Giles 2008]" for name in ("cholesky", "det", "eig", "eigh", "inv", "slogdet", "solve")},
    "linalg.pinv": "[Golub and Pereyra 1973]",
    "linalg.qr": "[Walter and Lehmann 2010]",
    "linalg.svd": "[Townsend 2016]",
    "abs": "calculus",
}
"""Where the formula comes from, if not from where those of its kind do."""

_USUAL_SOURCES = {
    **dict.fromkeys(("Elementwise", "Jvp", "Reduction"), "calculus"),
    **dict.fromkeys(("Bilinear", "Linear", "RealLinear", "Variadic"), "linearity"),
    "composite": "definition",
}

_ARGUMENTS = {"full": "fill_value", "full_like": "fill_value", "linspace": "start, stop"}
"""Where arrays are differentiated in arguments that the standard expects to be numbers."""

_METHODS = {"__getitem__": "getitem", "__setitem__": "setitem", "to_device": "to_device"}


class Entry(NamedTuple):
    """What there is of one function's derivative."""

    chapter: str
    name: str
    kind: str
    """Name of the rule's class, "composite" or "none"."""
    arguments: str = ""
    """Those by which it may be differentiated."""
    source: str = ""
    """Where the formula comes from."""
    code: str = ""
    """File, relative to the repository, and line."""


def entries() -> Iterator[Entry]:
    """One entry for each function of the standard, and for each method that has a rule."""
    for row in spec.FUNCTIONS:
        yield _entry(row, row.path, row.path)
    for row in spec.METHODS:
        if row.name in _METHODS:
            yield _entry(row, row.name, _METHODS[row.name])


def _entry(row: spec.Function, name: str, path: str) -> Entry:
    if path in NON_DIFFERENTIABLE or row.chapter in ("info", "inspection"):
        return Entry(row.chapter, name, "none")
    if rule := RULES.get(path):
        kind, arguments, code = type(rule).__name__, _operands(rule, row), _formula(rule)
    else:
        kind = "composite"
        arguments = _ARGUMENTS.get(path) or ", ".join(
            [name for name, kinds in row.arrays.items() if {"float64", "complex128"} & {*spec.KINDS[kinds]}]
        )
        # A few are methods written by hand.
        code = COMPOSITES.get(path) or vars(WrapperNamespace)[path]
    return Entry(row.chapter, name, kind, arguments, SOURCES.get(path, _USUAL_SOURCES[kind]), _place(code))


def _operands(rule: Rule, row: spec.Function) -> str:
    if isinstance(rule, Variadic):
        return row.parameters[0]
    return ", ".join([name for name, pull in zip(row.parameters, rule.pulls, strict=False) if pull is not None])


def _formula(rule: Rule) -> Any:
    if isinstance(rule, Reduction):
        return rule.weights
    if isinstance(rule, Variadic):
        return rule.pulls.pull
    if isinstance(rule, RealLinear):
        return rule.push_one
    formulas = rule.pushes if isinstance(rule, Jvp) else rule.pulls
    return next(f for f in formulas if f is not None)


def _place(function: Callable[..., Any]) -> str:
    code = function.__code__
    return f"{Path(code.co_filename).relative_to(_ROOT).as_posix()}:{code.co_firstlineno}"


_HEAD = """\
# Derivatives of the standard's functions

Every function of the [array API standard](https://data-apis.org/array-api/2025.12/), and the derivative that `autodiff`
has for it. `autodiff.rules` explains the kinds of rules, with an example of each; a composite is defined by other
functions, whose rules serve it. Operators stand for functions, and so do `x.T` and `x.mT`.

{counts}

The source of a formula is calculus, where a textbook has it; linearity, where the function is its own derivative; its
definition, where it is composed of others; or a paper. The last column says where the formula is written.

Made by `python -m autodiff.rules > docs/derivatives.md`.
"""


def markdown() -> str:
    """The page docs/derivatives.md."""
    table = sorted(entries(), key=lambda entry: entry.chapter)
    kinds = Counter([entry.kind for entry in table if entry.chapter != "array"])
    total, composites, constants = kinds.total(), kinds.pop("composite"), kinds.pop("none")
    by_kind = ", ".join([f"{count} {kind}" for kind, count in sorted(kinds.items())])
    counts = (
        f"Of {total} functions {kinds.total()} have a rule ({by_kind}), {composites} are composites "
        f"and {constants} have no derivative."
    )
    parts = [_HEAD.format(counts=textwrap.fill(counts, 120))]
    for chapter, group in groupby(table, key=lambda entry: entry.chapter):
        title = f"`{chapter}`" if chapter in spec.NAMESPACES else chapter.replace("_", " ").capitalize()
        parts += [f"## {title}\n", "| function | kind | differentiable in | source | code |", "|---|---|---|---|---|"]
        parts += [*map(_line, group), ""]
    parts += [f"[{paper}]: {address}" for paper, address in PAPERS.items()]
    return "\n".join(parts) + "\n"


def _line(entry: Entry) -> str:
    path, _, line = entry.code.partition(":")
    code = f"[{path.rpartition('/')[-1]}:{line}](../{path}#L{line})" if line else ""
    arguments = f"`{entry.arguments}`" if entry.arguments else ""
    return f"| `{entry.name}` | {entry.kind} | {arguments} | {entry.source} | {code} |"


if __name__ == "__main__":
    print(markdown(), end="")
