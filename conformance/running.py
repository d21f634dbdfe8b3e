"""A run: every check of a namespace, in the order of the standard, and what holds up what."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module, metadata
from itertools import chain
from typing import Any

from conformance import accuracy, accuracy_linear
from conformance.checking import Check, perform
from conformance.gradients import derivative_checks
from conformance.judging import ARRAY, RESULT
from conformance.namespaces import Namespace, load
from conformance.outcomes import ASPECTS, Accuracy, Outcome, Report
from conformance.settings import Settings
from conformance.spec import BY_NAME, DTYPES
from conformance.workers import mapped

__all__ = ["run"]

Progress = Callable[[int, int, str], None]
"""Told how many of how many functions are done, and the name of the last."""


def run(
    xp: Any,
    *,
    name: str | None = None,
    setup: str = "",
    settings: Settings | None = None,
    progress: Progress | None = None,
    **options: Any,
) -> Report:
    """Hold a namespace against the standard.

    Parameters
    ----------
    xp
        The namespace, or its name as on the command line: a module, or ``module:attribute``.
    name
        How reports call it.
    setup
        Python source that binds it to ``xp``, for reproducers; known where a name is given.
    settings, **options
        Options, as one :class:`Settings` or by name.
    progress
        Called after each function.

    Returns
    -------
    Report
        An outcome for each check of each function.

    Raises
    ------
    ImportError, AttributeError
        If there is no such module or attribute.
    ValueError
        If several jobs are asked for and ``xp`` is an object, which other processes cannot import, or if no array can
        be made on the device asked for.

    Examples
    --------
    >>> import numpy
    >>> report = run(numpy, only="square", examples=5)
    >>> report.failed, report.score
    (False, 1.0)
    """
    settings = settings or Settings(**options)
    start = time.perf_counter()
    if settings.jobs > 1 and not isinstance(xp, str):
        raise ValueError("several jobs need the namespace by name, such as 'numpy' or 'package.module:attribute'")
    namespace = prepared(xp, name, setup, settings)
    paths = list(selected_paths(namespace, settings))
    outcomes: list[Outcome] = []
    errors: list[Accuracy] = []
    results = zip(paths, each_path(xp, namespace, paths, settings), strict=True)
    for index, (path, (found, figures)) in enumerate(results):
        outcomes += [outcome for outcome in found if selected(outcome.name, settings) or selected(path, settings)]
        errors += figures
        if progress:
            progress(index + 1, len(paths), path)
    return Report(
        namespace.name,
        version(namespace.xp),
        settings.revision,
        tuple(outcomes),
        tuple(errors),
        time.perf_counter() - start,
        settings.to_dict() | {"python": platform.python_version(), "platform": platform.platform()},
    )


def prepared(xp: Any, name: str | None, setup: str, settings: Settings) -> Namespace:
    """The namespace on its device, with those data types of which it can make arrays."""
    if isinstance(xp, str):
        name = name or xp
        xp, setup = load(xp)
    name = str(name or getattr(xp, "__name__", type(xp).__name__))
    namespace = Namespace(xp, name, setup, revision=settings.revision, dtypes=settings.dtypes)
    namespace.device = device(namespace, settings.device)
    namespace.dtypes = tuple(
        dtype
        for dtype in namespace.dtypes
        if all(
            outcome.state != "failed" for check in checks_of(dtype) for outcome in perform(namespace, check, settings)
        )
    )
    if settings.device and not namespace.dtypes:
        named = ", ".join(map(repr, map(str, devices(namespace)))) or "no devices"
        raise ValueError(f"{name} makes no arrays on device {settings.device!r}; it tells of {named}")
    return namespace


def device(namespace: Namespace, name: str | None) -> Any:
    """The device of this name, among those that the namespace tells of."""
    return next((each for each in devices(namespace) if str(each) == name), name) if name else None


def devices(namespace: Namespace) -> list[Any]:
    """The devices that the namespace tells of."""
    return list(namespace.function("info.devices")()) if namespace.has("info.devices") else []


_WORKER: dict[str, Any] = {}
"""In a process of the pool: its namespace and settings."""


def each_path(xp: Any, namespace: Namespace, paths: list[str], settings: Settings) -> Iterator[Any]:
    """Outcomes and figures of each path, in order."""
    if settings.jobs <= 1:
        for path in paths:
            yield examine(namespace, path, settings)
        return
    arguments = (xp, namespace.name, namespace.setup, settings)
    yield from mapped(_examine_in_worker, paths, settings.jobs, _start_worker, arguments)


def _start_worker(*arguments: Any) -> None:
    _WORKER["namespace"], _WORKER["settings"] = prepared(*arguments), arguments[-1]


def _examine_in_worker(path: str) -> Any:
    return examine(_WORKER["namespace"], path, _WORKER["settings"])


def examine(namespace: Namespace, path: str, settings: Settings) -> tuple[list[Outcome], list[Accuracy]]:
    """Outcomes of all checks of a path, and its errors in units in the last place."""
    outcomes: list[Outcome] = []
    for check in checks_of(path):
        if not namespace.dtypes and path not in DTYPES:
            outcomes.append(held_up(check, "blocked", "asarray, which makes arrays of no data type"))
        elif outcomes and outcomes[0].check == "presence" and outcomes[0].state != "passed":
            absent = outcomes[0].state == "failed"
            state, reason = ("blocked", f"{path}: presence") if absent else (outcomes[0].state, outcomes[0].reason)
            outcomes.append(held_up(check, state, reason))
        else:
            outcomes += perform(namespace, check, settings)
    if settings.derivatives and namespace.has(path):
        for check in derivative_checks(path, load(settings.derivatives)[0], settings.derivatives.replace(":", ".")):
            outcomes += perform(namespace, check, settings)
    present = all(outcome.state == "passed" for outcome in outcomes if outcome.check == "presence")
    return without_cascades(outcomes), measure(namespace, path, settings) if settings.accuracy and present else []


def without_cascades(outcomes: list[Outcome]) -> list[Outcome]:
    """Outcomes, where checks that fail by the exception, or the wrong type, that fails another are blocked by that."""
    causes: dict[str, str] = {}
    for outcome in sorted(outcomes, key=lambda outcome: outcome.check not in ASPECTS):
        if symptom := symptom_of(outcome):
            causes.setdefault(symptom, outcome.name)
    reasons = [causes.get(symptom_of(outcome), outcome.name) for outcome in outcomes]
    return [
        outcome if reason == outcome.name else replace(outcome, state="blocked", reason=reason, failure=None)
        for outcome, reason in zip(outcomes, reasons, strict=True)
    ]


def symptom_of(outcome: Outcome) -> str:
    """Of a failure that does not come to what its check is for: the exception, or the type of what is no array."""
    failure = outcome.failure
    if failure and failure.expected == RESULT:
        return failure.got
    return failure.got.partition(":")[0] if failure and failure.expected == ARRAY else ""


def held_up(check: Check, state: str, reason: str) -> Outcome:
    """The outcome of a check that did not run."""
    return Outcome(check.path, check.name or "calls", check.chapter, state, reason=reason)


def measure(namespace: Namespace, path: str, settings: Settings) -> list[Accuracy]:
    """Errors in units in the last place."""
    return [
        *accuracy.measure(namespace, path, settings.seed),
        *accuracy_linear.measure(namespace, path, settings.seed),
    ]


MODULES = (
    *("general", "array_object", "operators", "indexing", "interchange", "creation", "data_type", "elementwise"),
    *("linear_algebra", "manipulation", "searching", "sets", "sorting", "statistical", "utility", "linalg", "fft"),
)
"""Modules of checks, in the order in which a function's checks are run."""


@cache
def all_checks() -> dict[str, list[Check]]:
    """Checks by path, functions in the order of the table."""
    by_path: dict[str, list[Check]] = {}
    for name in MODULES:
        module = import_module(f"conformance.checks.{name}")
        sentences = getattr(module, "SENTENCES", {})
        for check in module.CHECKS:
            check = check if check.text else check._replace(text=sentences.get(check.path, ""))
            by_path.setdefault(check.path, []).append(check)
    return by_path


def checks_of(path: str) -> list[Check]:
    """Checks of a function, method, constant or data type."""
    return all_checks().get(path, [])


def selected_paths(namespace: Namespace, settings: Settings) -> Iterator[str]:
    """What the revision has and the options ask for."""
    for path, checks in all_checks().items():
        row = BY_NAME.get(path)
        if row and row.since > namespace.revision:
            continue
        if settings.chapters and checks[0].chapter not in settings.chapters:
            continue
        derivatives = [f"{path}: {title} derivative" for title in ("forward", "reverse") if settings.derivatives]
        if any(selected(name, settings) for name in (*chain(*map(names, checks)), *derivatives)):
            yield path


def names(check: Check) -> Iterator[str]:
    """What a pattern may match: the function, or one of its checks."""
    yield check.path
    for title in check.titles():
        yield f"{check.path}: {title}"


def selected(name: str, settings: Settings) -> bool:
    """Whether a name matches the pattern of the options."""
    return fnmatchcase(name, settings.only)


def version(xp: Any) -> str:
    """Version of the library, "" where it tells none."""
    own = getattr(xp, "__version__", None)
    if own is None:
        try:
            own = metadata.version(getattr(xp, "__name__", "").partition(".")[0])
        except (metadata.PackageNotFoundError, ValueError):
            own = ""
    return str(own)
