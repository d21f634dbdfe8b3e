"""What got better and what got worse between two reports."""

from __future__ import annotations

from typing import NamedTuple

from conformance.outcomes import Report

__all__ = ["Changes", "changes"]

GOOD, BAD = ("passed", "xpassed"), ("failed", "blocked", "xfailed")


class Changes(NamedTuple):
    """Names of checks, by what became of them."""

    better: tuple[str, ...]
    worse: tuple[str, ...]
    added: tuple[str, ...]
    gone: tuple[str, ...]


def changes(old: Report, new: Report) -> Changes:
    """The checks that pass now and did not before, the reverse, and those in one report alone."""
    before = {outcome.name: outcome.state for outcome in old.outcomes}
    after = {outcome.name: outcome.state for outcome in new.outcomes}
    return Changes(
        better=tuple(name for name in after if before.get(name) in BAD and after[name] in GOOD),
        worse=tuple(name for name in after if before.get(name) in GOOD and after[name] in BAD),
        added=tuple(name for name in after if name not in before),
        gone=tuple(name for name in before if name not in after),
    )
