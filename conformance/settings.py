"""Options of a run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from conformance.spec import REVISIONS

__all__ = ["Settings"]


@dataclass(frozen=True)
class Settings:
    """What to check, and how thoroughly."""

    revision: str = REVISIONS[-1]
    only: str = "*"
    """Pattern, as in a shell, that the names of checks (``linalg.qr: shape``) or of functions must match."""
    chapters: tuple[str, ...] = ()
    """Chapters to check; empty for all."""
    examples: int = 50
    """Drawn calls for each function, shared among its data types."""
    seed: int = 0
    jobs: int = 1
    device: str | None = None
    dtypes: tuple[str, ...] | None = None
    accuracy: bool = True
    """Whether to measure errors in units in the last place."""
    derivatives: str | None = None
    """Object with `jvp` and `vjp`, as ``module:attribute``, with which to check derivatives."""

    def to_dict(self) -> dict[str, Any]:
        """The options as JSON types."""
        return asdict(self)
