"""Checks, and how one is run: its fixed calls, then drawn ones, the first departure shrunk to the smallest.

Aspects of a call are judged together and reported apart: when one is found wrong, the calls are drawn again
without it, so that a wrong data type does not hide a wrong value.
"""

from __future__ import annotations

import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.errors import Flaky, Unsatisfiable
from hypothesis.strategies import SearchStrategy

from conformance.judging import RESULT, Case, Holds, Mismatch, Raises, gives_arrays, judge, narrowed, row_of
from conformance.namespaces import Blocked, Missing, Namespace, Unreadable
from conformance.outcomes import ASPECTS, Failure, Outcome
from conformance.settings import Settings
from conformance.spec import KINDS
from conformance.texts import chapter_of, sentence, url

__all__ = ["Check", "Skipped", "Undecided", "perform"]

SHRINKING = 200
"""Calls after the first departure, in search of a smaller one."""


OBJECT_ASPECTS = ("call", "type", "values")
"""Of functions that return no arrays."""


class Undecided(Exception):
    """The check cannot tell."""


class Skipped(Exception):
    """The namespace lacks an optional part."""


def nothing(namespace: Namespace) -> Iterable[Case]:
    """No fixed calls."""
    return ()


class Check(NamedTuple):
    """One or several aspects of a function."""

    path: str
    name: str
    """Such as ``special cases``; empty where each of :data:`ASPECTS` is reported for itself."""
    text: str = ""
    """What the standard says; by default what it says of the function or of the aspect."""
    fixed: Callable[[Namespace], Iterable[Case]] = nothing
    """Calls to make always, simplest first."""
    drawn: Callable[[Namespace, str], SearchStrategy[Case] | None] | None = None
    """Calls to draw, for each data type of the function's kinds; None for a data type with nothing to draw."""
    custom: Callable[[Namespace], Iterator[Mismatch]] | None = None
    """What is no single call: a program that yields what it finds wrong."""
    kinds: str = ""
    """Key of ``spec.KINDS``: data types to draw for, where these are not the row's."""

    def title(self, aspect: str) -> str:
        """Name of the outcome for an aspect."""
        return self.name or aspect

    def titles(self) -> tuple[str, ...]:
        """Names of its outcomes."""
        row = row_of(self.path)
        returns_object = row is not None and row.result == "none"
        return (self.name,) if self.name else OBJECT_ASPECTS if returns_object else ASPECTS

    @property
    def chapter(self) -> str:
        """Chapter of the standard."""
        return chapter_of(self.path)

    def dtypes(self, namespace: Namespace) -> tuple[str, ...]:
        """Data types to draw for; one empty name where the function takes no array."""
        row = row_of(self.path)
        kinds = KINDS[self.kinds or (row.kinds if row else "all")]
        return tuple(dtype for dtype in namespace.dtypes if dtype in kinds) if kinds else ("",)


class Departed(Exception):
    """A call departs from the standard."""


class _Run:
    """The state of one check while it runs."""

    def __init__(self, namespace: Namespace, check: Check, settings: Settings) -> None:
        self.namespace, self.check, self.settings = namespace, check, settings
        self.judged: Counter[str] = Counter()
        self.found: dict[str, Mismatch] = {}
        self.undecided = ""
        self.blocked = ""

    def mismatches(self, case: Case) -> list[Mismatch]:
        """What is wrong with a call, beyond what is known."""
        try:
            found = judge(self.namespace, case)
        except Blocked as problem:
            self.blocked = str(problem)
            return []
        except Unreadable as problem:
            self.undecided = self.undecided or str(problem)
            return []
        wrong = {mismatch.aspect for mismatch in found}
        self.judged.update(judged_aspects(self.namespace, case, wrong))
        return [mismatch for mismatch in found if not self.known(mismatch)]

    def known(self, mismatch: Mismatch) -> bool:
        """Whether its outcome has failed already; a wrong result says more than an exception."""
        found = self.found.get(self.check.title(mismatch.aspect))
        return found is not None and (found.aspect != "call" or mismatch.aspect == "call")

    def note(self, mismatches: Iterable[Mismatch]) -> None:
        for mismatch in mismatches:
            if not self.known(mismatch):
                self.found[self.check.title(mismatch.aspect)] = mismatch

    def fixed(self) -> None:
        for case in self.check.fixed(self.namespace):
            self.note(self.isolated(case, mismatch) for mismatch in self.mismatches(case))

    def isolated(self, case: Case, mismatch: Mismatch) -> Mismatch:
        """The same departure in a smaller call, where there is one."""
        for smaller in narrowed(case):
            for found in judge(self.namespace, smaller):
                if found.aspect == mismatch.aspect:
                    return self.isolated(smaller, found)
        return mismatch

    def drawn(self) -> None:
        if self.check.drawn is None:
            return
        dtypes = self.check.dtypes(self.namespace)
        examples = max(3, -(-self.settings.examples // max(1, len(dtypes))))
        for dtype in dtypes:
            strategy = self.check.drawn(self.namespace, dtype)
            while strategy is not None and (mismatch := self.search(strategy, dtype, examples)):
                self.note([mismatch])

    def search(self, strategy: SearchStrategy[Case], dtype: str, examples: int) -> Mismatch | None:
        """The smallest departure among drawn calls."""
        known: dict[str, Mismatch] = {}
        calls_after = 0
        wanted = ""  # The aspect first found wrong: shrinking must not slip to another.

        def attempt(case: Case) -> None:
            nonlocal calls_after, wanted
            if known and repr(case) not in known:
                calls_after += 1
                if calls_after > SHRINKING:
                    return
            for mismatch in self.mismatches(case):
                if wanted in ("", mismatch.aspect):
                    wanted, key = mismatch.aspect, repr(case)
                    known[key] = mismatch
                    raise Departed(key)

        key = f"{self.check.path}/{self.check.name}/{dtype}/{self.settings.seed}"
        wrapped = hypothesis.settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
        )(hypothesis.seed(zlib.crc32(key.encode()))(hypothesis.given(strategy)(attempt)))
        try:
            wrapped()
        except Departed as departed:
            return known[str(departed)]
        except Unsatisfiable:
            return None
        except Flaky:
            self.undecided = "the same call gave different results"
        return None

    def outcomes(self, seconds: float) -> list[Outcome]:
        check = self.check
        outcomes = []
        for name in self.names():
            calls = self.judged["call" if check.name else name]
            state, reason, failure = "passed", "", None
            if name in self.found:
                state, failure = "failed", self.failure(self.found[name], name)
            elif not calls and self.found:
                state, reason = "blocked", f"{check.path}: {next(iter(self.found))}"
            elif not calls and self.blocked:
                state, reason = "blocked", self.blocked
            elif self.undecided:
                state, reason = "undecided", self.undecided
            elif not calls:
                state, reason = "skipped", "nothing to check with these data types and options"
            outcomes.append(Outcome(check.path, name, check.chapter, state, calls, seconds, reason, failure))
            seconds = 0.0
        return outcomes

    def names(self) -> tuple[str, ...]:
        """What there is to tell: what was judged, and what was held up."""
        broken = "call" in self.found or self.blocked
        held_up = {"values"} if broken or self.undecided else set()
        if broken and not self.judged["type"]:  # No call came to a result.
            held_up = set(ASPECTS) - {"device"}
        return tuple(
            name
            for name in self.check.titles()
            if self.check.name or self.judged[name] or name in self.found or name in held_up
        )

    def failure(self, mismatch: Mismatch, name: str) -> Failure:
        call_made = mismatch.aspect == "call" and mismatch.expected != RESULT  # It had to raise an exception.
        own = self.check.text if self.check.name or mismatch.aspect == "values" or call_made else ""
        text = mismatch.text or own or sentence(self.check.path, name)
        return failure_of(self.namespace, mismatch, text, self.check.path)


def failure_of(namespace: Namespace, mismatch: Mismatch, text: str, path: str) -> Failure:
    """The report of a departure."""
    page, program = url(path, namespace.revision), namespace.program(mismatch.call)
    return Failure(text, page, str(mismatch.call), mismatch.got, mismatch.expected, program)


def judged_aspects(namespace: Namespace, case: Case, wrong: set[str]) -> list[str]:
    """Aspects that a call came to."""
    if "call" in wrong or isinstance(case.expected, Raises):
        return ["call"]
    if not gives_arrays(case):
        return list(OBJECT_ASPECTS)
    unseen = {"device"} if namespace.device is None else set()
    needed = {"shape", "type", "dtype"} if isinstance(case.expected, Holds) else {"shape", "type"}
    if wrong & needed and "values" not in wrong:
        unseen.add("values")
    return [aspect for aspect in ASPECTS if aspect not in unseen]


def smallest(*found: dict[str, Mismatch]) -> dict[str, Mismatch]:
    """For each outcome the departure that is shortest to write, an exception only where nothing else is wrong."""
    names = dict.fromkeys(name for each in found for name in each)
    return {
        name: min((each[name] for each in found if name in each), key=lambda m: (m.aspect == "call", len(str(m.call))))
        for name in names
    }


def perform(namespace: Namespace, check: Check, settings: Settings) -> list[Outcome]:
    """Outcomes of a check."""
    start = time.perf_counter()
    run = _Run(namespace, check, settings)
    try:
        if check.custom is not None:
            run.judged["call"] += 1
            for mismatch in check.custom(namespace):
                run.note([mismatch])
        run.fixed()
        fixed, run.found = run.found, {}
        run.drawn()
        run.found = smallest(fixed, run.found)
    except Missing:
        state, reason = "blocked", f"{check.path}: presence"
    except Blocked as problem:
        if run.found:
            return run.outcomes(time.perf_counter() - start)
        state, reason = "blocked", str(problem)
    except Skipped as problem:
        state, reason = "skipped", str(problem)
    except Undecided as problem:
        state, reason = "undecided", str(problem)
    else:
        return run.outcomes(time.perf_counter() - start)
    names = [check.name] if check.name else [aspect for aspect in ASPECTS if aspect != "device"]
    return [Outcome(check.path, name, check.chapter, state, reason=reason) for name in names]
