"""The mutation test: of namespaces broken in one way each, the checks find nearly all, and nothing in good ones.

``pytest -m slow tests/conformance/test_mutants.py`` runs all mutants; ``python tests/conformance/test_mutants.py``
prints how many are found, and which are not. A mutant counts as found where a check of the function concerned fails
with default options.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import mutants
import pytest
from mutants import Mutant

import conformance
import extensor
from conformance.checking import Check, Skipped, Undecided, perform
from conformance.judging import judge
from conformance.namespaces import Blocked, Missing, Namespace, Unreadable
from conformance.running import all_checks, checks_of, examine
from conformance.settings import Settings
from conformance.spec import DTYPES

SURVIVORS: dict[str, str] = {}
"""Mutants that are not found, and why."""

SAMPLE = 60
"""Mutants in the default run."""

ENOUGH = 0.98
"""The part of the mutants that is to be found."""


@cache
def departing() -> tuple[Mutant, ...]:
    return tuple(mutant for mutant in mutants.generated() if not mutants.equivalent(mutant))


@cache
def equivalent() -> tuple[Mutant, ...]:
    return tuple(mutant for mutant in mutants.generated() if mutants.equivalent(mutant))


def sampled(several: tuple[Mutant, ...], size: int) -> list[Mutant]:
    """Some of the mutants, the same in each run."""
    return Random(0).sample([mutant for mutant in several if mutant.name not in SURVIVORS], size)


def concerned(mutant: Mutant) -> list[Check]:
    """Checks of the function; of `asarray`, which makes the arguments, those of the data types before, as in a run."""
    paths = (*DTYPES, mutant.path) if mutant.path == "asarray" else (mutant.path,)
    return [check for path in paths for check in checks_of(path)]


def found(mutant: Mutant, seed: int = 0) -> bool:
    """Whether a check fails: by a fixed call, of which the first that departs will do, else by drawn ones."""
    with mutants.broken(mutant) as xp:
        namespace = Namespace(xp, "broken")
        checks = concerned(mutant)
        return any(departs(namespace, check) for check in checks) or any(
            outcome.state == "failed"
            for check in checks
            if check.drawn
            for outcome in perform(namespace, check._replace(fixed=lambda _: ()), Settings(seed=seed))
        )


def departs(namespace: Namespace, check: Check) -> bool:
    """Whether a program or a fixed call departs."""
    try:
        return any(True for _ in check.custom(namespace)) if check.custom else any(departures(namespace, check))
    except (Missing, Blocked, Skipped, Undecided):
        return False


def departures(namespace: Namespace, check: Check) -> Iterator[bool]:
    """Whether each fixed call departs, of those that can be judged."""
    for case in check.fixed(namespace):
        try:
            yield bool(judge(namespace, case))
        except (Blocked, Unreadable):
            continue


def names(several: Any) -> list[str]:
    return [mutant.name for mutant in several]


def test_there_are_mutants_of_everything() -> None:
    every = names(departing())
    assert len(every) == len(set(every)) >= 500
    assert {mutant.path for mutant in departing()} >= set(all_checks()) - {*DTYPES}
    assert set(SURVIVORS) <= set(every)


def test_sampled_mutants_are_found() -> None:
    assert names(mutant for mutant in sampled(departing(), SAMPLE) if not found(mutant)) == []


def test_sampled_mutants_are_reported() -> None:
    for mutant in sampled(departing(), 5):
        with mutants.broken(mutant) as xp:
            outcomes, _ = examine(Namespace(xp, "broken"), mutant.path, Settings())
        failures = [outcome.failure for outcome in outcomes if outcome.state == "failed"]
        assert failures, mutant.name
        assert all(failure is not None and failure.got for failure in failures), mutant.name


def test_nothing_is_left_broken() -> None:
    for mutant in sampled(departing(), 10):
        with mutants.broken(mutant):
            pass
        assert not any(departs(Namespace(extensor, "extensor"), check) for check in concerned(mutant)), mutant.name


@pytest.mark.parametrize("only", ["sqrt", pytest.param("*", marks=pytest.mark.slow)])
def test_the_same_seed_gives_the_same_report(only: str) -> None:
    first, second = (untimed(conformance.run(extensor, only=only, seed=3).to_dict()) for _ in range(2))
    assert json.dumps(first) == json.dumps(second)


def untimed(report: dict[str, Any]) -> dict[str, Any]:
    """The report without what a clock told."""
    outcomes = [{key: value for key, value in row.items() if key != "seconds"} for row in report["outcomes"]]
    return report | {"seconds": 0, "outcomes": outcomes}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_all_mutants_but_known_survivors_are_found(seed: int) -> None:
    survivors = names(mutant for mutant in departing() if not found(mutant, seed))
    assert sorted(survivors) == sorted(SURVIVORS)
    assert len(survivors) <= (1 - ENOUGH) * len(departing())


@pytest.mark.slow
def test_equivalent_mutants_pass() -> None:
    assert names(filter(found, equivalent())) == []


KNOWN = {
    "extensor": {},
    "array_api_strict": {
        "astype: call": "complex numbers must cast to bool",
        "expm1: special cases": "of infinity + 0 j the result is the same",
        "pow: special cases": "-infinity to the power of 0.5 is infinity",
        "pow: scalars": "-infinity to the power of 0.5 is infinity",
        "__pow__: special cases": "as pow",
        "__pow__: scalars": "as pow",
        "__rpow__: special cases": "as pow",
        "__rpow__: scalars": "as pow",
        "__ipow__: special cases": "as pow",
        "__ipow__: scalars": "as pow",
        "isin: values": "`invert` is ignored",
        "isin: scalars": "`invert` is ignored",
        "std: values": "without degrees of freedom the result is NaN",
        "var: values": "without degrees of freedom the result is NaN",
        "std: special cases": "without degrees of freedom the result is NaN",
        "var: special cases": "without degrees of freedom the result is NaN",
        "__getitem__: call": "a slice with a negative step may stop at -n - 1",
        "__setitem__: call": "a slice with a negative step may stop at -n - 1",
    },
}
"""What the best namespaces there are have against the text."""


@pytest.mark.slow
@pytest.mark.parametrize("name", KNOWN)
def test_good_namespaces_pass_at_any_seed(name: str) -> None:
    if name == "array_api_strict":
        pytest.importorskip(name).set_array_api_strict_flags(api_version="2025.12")
    for seed in range(10):
        report = conformance.run(name, seed=seed, accuracy=False)
        assert {outcome.name for outcome in report.outcomes if outcome.state == "failed"} <= KNOWN[name].keys(), seed


def main() -> None:
    """Print how many mutants are found."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    survivors = names(mutant for mutant in departing() if not found(mutant, seed))
    part = 1 - len(survivors) / len(departing())
    print(f"{len(departing()) - len(survivors)} of {len(departing())} mutants found ({part:.2%}) at seed {seed}")
    print(*(f"not found: {name} ({SURVIVORS.get(name, 'unknown')})" for name in survivors), sep="\n")


if __name__ == "__main__":
    main()
