"""What a run finds: an outcome for each check of each function, and how they are counted."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

__all__ = ["ASPECTS", "STATES", "Accuracy", "Failure", "Outcome", "Report"]

ASPECTS = ("call", "type", "shape", "dtype", "device", "values", "inputs")
"""What is judged of each call. ``call``: it accepts the arguments. ``inputs``: it leaves them as they were."""

STATES = ("passed", "failed", "blocked", "undecided", "skipped", "xfailed", "xpassed")
"""``blocked``: what the check needs is broken. ``undecided``: the answer cannot be read, or varies from run to run.
``skipped``: the namespace lacks an optional part. ``xfailed``, ``xpassed``: named in the file of expected failures."""


@dataclass(frozen=True)
class Failure:
    """How a namespace departs from the standard, with the smallest input found."""

    text: str
    """What the standard says."""
    url: str
    """Where it says so."""
    call: str
    """The call, as Python source over ``xp``."""
    got: str
    expected: str
    snippet: str
    """A whole program that shows the failure."""


@dataclass(frozen=True)
class Outcome:
    """State of one check of one function, method or operator."""

    path: str
    """Such as ``sum``, ``linalg.qr``, ``__getitem__`` or ``info.devices``."""
    check: str
    """Such as ``presence``, ``dtype`` or ``special cases``."""
    chapter: str
    state: str
    calls: int = 0
    """How many calls were judged."""
    seconds: float = 0.0
    reason: str = ""
    """Why it is blocked, undecided, skipped or expected to fail."""
    failure: Failure | None = None

    @property
    def name(self) -> str:
        """Name of the check in lists, such as ``linalg.qr: shape``."""
        return f"{self.path}: {self.check}"


@dataclass(frozen=True)
class Accuracy:
    """Largest error of a function in one data type, in units in the last place of the exact result."""

    path: str
    dtype: str
    error: float
    """Over random arguments of ordinary magnitude."""
    call: str
    """Where, as Python source."""
    hard_error: float
    """Over hard arguments: subnormal, huge, near zeros of the function and near overflow."""
    hard_call: str
    arguments: int = 0


@dataclass(frozen=True)
class Report:
    """All outcomes of a namespace."""

    namespace: str
    version: str
    revision: str
    outcomes: tuple[Outcome, ...]
    accuracy: tuple[Accuracy, ...] = ()
    seconds: float = 0.0
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Options of the run, and the versions of Python and of this package."""

    def counts(self) -> Counter[str]:
        """Number of outcomes in each state."""
        return Counter(outcome.state for outcome in self.outcomes)

    @property
    def score(self) -> float | None:
        """Mean of the functions' scores, from 0 to 1."""
        return mean(self.functions().values())

    def functions(self) -> dict[str, float | None]:
        """Score of each function: the part of its decided checks that passed. None where nothing was decided."""
        checks: dict[str, list[Outcome]] = {}
        for outcome in self.outcomes:
            checks.setdefault(outcome.path, []).append(outcome)
        return {path: score(outcomes) for path, outcomes in checks.items()}

    def chapters(self) -> dict[str, float | None]:
        """Score of each chapter: the mean over its functions."""
        chapter_of = {outcome.path: outcome.chapter for outcome in self.outcomes}
        scores: dict[str, list[float | None]] = {}
        for path, value in self.functions().items():
            scores.setdefault(chapter_of[path], []).append(value)
        return {chapter: mean(values) for chapter, values in scores.items()}

    @property
    def failed(self) -> bool:
        """Whether anything departs from what was expected, or all was held up."""
        counts = self.counts()
        held_up = counts["blocked"] and not (counts["passed"] or counts["xfailed"])
        return bool(counts["failed"] or counts["xpassed"] or held_up)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON types; infinite and undefined errors as text, as JSON has no numbers for them."""
        data = asdict(self)
        for figure in data["accuracy"]:
            figure.update((key, str(figure[key])) for key in ERRORS if not math.isfinite(figure[key]))
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """The report of :meth:`to_dict`."""
        outcomes = tuple(
            Outcome(**{**row, "failure": Failure(**row["failure"]) if row["failure"] else None})
            for row in data["outcomes"]
        )
        accuracy = tuple(Accuracy(**{**row, **{key: float(row[key]) for key in ERRORS}}) for row in data["accuracy"])
        return cls(**{**data, "outcomes": outcomes, "accuracy": accuracy})


ERRORS = ("error", "hard_error")
"""Fields of :class:`Accuracy` that may be infinite or undefined."""


def score(outcomes: Iterable[Outcome]) -> float | None:
    """The part of the decided checks that passed; what is blocked did not."""
    states = Counter(outcome.state for outcome in outcomes)
    passed = states["passed"] + states["xpassed"]
    decided = passed + states["failed"] + states["xfailed"] + states["blocked"]
    return passed / decided if decided else None


def mean(values: Iterable[float | None]) -> float | None:
    """Mean of those that are known."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
