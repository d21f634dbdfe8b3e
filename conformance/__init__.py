"""How far an array namespace is from the Python array API standard, function by function.

``conformance.run(xp)`` holds a namespace against the standard; ``python -m conformance NAMESPACE`` does so from the
command line. ``conformance.spec`` is the standard as a table, over the standard library alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.outcomes import Accuracy, Failure, Outcome, Report
    from conformance.running import run
    from conformance.settings import Settings

__all__ = ["Accuracy", "Failure", "Outcome", "Report", "Settings", "run"]

_HOMES = {"run": "running", "Settings": "settings"}


def __getattr__(name: str) -> Any:
    """Import on demand, as the table alone needs neither Hypothesis nor mpmath."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        return getattr(import_module(f"conformance.{_HOMES.get(name, 'outcomes')}"), name)
    except ModuleNotFoundError as problem:
        if problem.name in ("hypothesis", "mpmath"):
            raise ModuleNotFoundError(
                f"conformance.{name} needs {problem.name}: pip install 'extensor[conformance]'", name=problem.name
            ) from None
        raise
