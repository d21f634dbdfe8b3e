"""The mutation test: of namespaces broken in one way each, the checks find nearly all.

``pytest -m slow tests/conformance/test_mutants.py`` runs all mutants; ``python tests/conformance/test_mutants.py``
prints how many are found, and those that are not. A mutant counts as found where the checks of the function concerned,
with default options, fail.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from random import Random

import mutants
import pytest
from mutants import Mutant

import conformance
import extensor
from conformance.checking import Check, Skipped, Undecided, perform
from conformance.judging import judge
from conformance.namespaces import Blocked, Missing, Namespace, Unreadable
from conformance.running import checks_of
from conformance.settings import Settings
from conformance.spec import DTYPES

SURVIVORS: dict[str, str] = {}
"""Mutants that are not found, and why."""

SAMPLE = 60
"""Mutants in the default run."""


@cache
def all_mutants() -> tuple[Mutant, ...]:
    return tuple(mutants.mutants())


def concerned(mutant: Mutant) -> list[Check]:
    """Checks of the function; of `asarray`, which makes the arguments, those of the data types too."""
    paths = (mutant.path, *DTYPES) if mutant.path == "asarray" else (mutant.path,)
    return [check for path in paths for check in checks_of(path)]


def found(mutant: Mutant, seed: int = 0) -> bool:
    """Whether a check fails: by a fixed call, of which the first that departs will do, else by drawn ones."""
    settings = Settings(seed=seed)
    with mutants.broken(mutant) as xp:
        namespace = Namespace(xp, "broken")
        checks = concerned(mutant)
        return any(departs(namespace, check) for check in checks) or any(
            outcome.state == "failed"
            for check in checks
            if check.drawn
            for outcome in perform(namespace, check._replace(fixed=none, custom=None), settings)
        )


def none(namespace: Namespace) -> tuple[()]:
    return ()


def departs(namespace: Namespace, check: Check) -> bool:
    """Whether a fixed call, or a program, departs."""
    try:
        return any(True for _ in check.custom(namespace)) if check.custom else any(departures(namespace, check))
    except (Missing, Blocked, Skipped, Undecided):
        return False


def departures(namespace: Namespace, check: Check) -> Iterator[bool]:
    """Whether each fixed call departs, as far as it can be judged."""
    for case in check.fixed(namespace):
        try:
            yield bool(judge(namespace, case))
        except (Blocked, Unreadable):
            continue


def sampled() -> list[Mutant]:
    """Some mutants, the same in each run."""
    candidates = [mutant for mutant in all_mutants() if mutant.name not in SURVIVORS]
    return Random(0).sample(candidates, min(SAMPLE, len(candidates)))
