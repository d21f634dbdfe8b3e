"""Arguments that must be of a kind, and the same words for those that are not."""

from __future__ import annotations

import operator
from typing import Any

import numpy

__all__ = ["checked_count", "checked_generator"]


def checked_count(name: str, value: Any, least: int = 1) -> int:
    """An argument that counts something, as an integer.

    Raises
    ------
    TypeError
        If it is none.
    ValueError
        If it is below `least`.

    Examples
    --------
    >>> checked_count("batch_size", numpy.int64(32))
    32
    """
    try:
        count = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, got {value!r}") from None
    if count < least:
        raise ValueError(f"{name} must be {least} or more, got {count}")
    return count


def checked_generator(rng: Any) -> numpy.random.Generator:
    """A source of random numbers.

    Raises
    ------
    TypeError
        If it is none, such as a seed.
    """
    if not isinstance(rng, numpy.random.Generator):
        raise TypeError(f"rng must be a generator, such as numpy.random.default_rng(0), got {rng!r}")
    return rng
