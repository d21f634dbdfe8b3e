"""The derivative of every function of the standard, one entry per function, for both modes.

An entry is of one of these kinds. ``t`` stands for a tangent or a cotangent, ``xp`` for the namespace of the values.

=============== ============================================== ========================= ============================
kind            the entry states                               forward                   reverse
=============== ============================================== ========================= ============================
Elementwise     for each operand, ``t`` times the partial      the entry, summed         the entry
Linear          the transpose for each operand                 the function itself       the transpose
Variadic        the same, for a sequence of arrays             the function itself       the transpose
Bilinear        the transpose for each operand                 the function, by operand  the transpose
Reduction       weights: ``out_dot = sum(weights * x_dot)``    the weighted sum          the weights times ``t``
RealLinear      both, where the function is linear over the    the first                 the second
                reals but not over the complex numbers
Jvp             for each operand, a rule linear in ``t``       the entry                 the transpose of the entry,
                                                                                         by running Reverse over it
composite       a definition through other functions           through the definition    through the definition
=============== ============================================== ========================= ============================

The kinds are classes, which :func:`autodiff.primitive` takes for functions of a user's own; each has an example. What
there is of each function of the standard ``python -m autodiff.rules`` prints as a table, docs/derivatives.md.

Cotangents are transposed, not conjugated, as in JAX. The engine sums a cotangent over broadcast axes, so no entry
does; and it casts to the data type of the variable at the end, so no entry does that either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autodiff.rules import decompositions, elementwise, equations, fourier, linear_algebra, manipulation, statistical
from autodiff.rules.kinds import (
    Bilinear,
    Elementwise,
    Jvp,
    Linear,
    Parts,
    RealLinear,
    Reduction,
    Rule,
    Variadic,
    unbroadcast,
)

__all__ = [
    "COMPOSITES",
    "NON_DIFFERENTIABLE",
    "RULES",
    "Bilinear",
    "Elementwise",
    "Jvp",
    "Linear",
    "Parts",
    "RealLinear",
    "Reduction",
    "Rule",
    "Variadic",
    "unbroadcast",
]

_CHAPTERS = (decompositions, elementwise, equations, fourier, linear_algebra, manipulation, statistical)

RULES: dict[str, Rule] = {rule.name: rule for chapter in _CHAPTERS for rule in chapter.RULES}
"""Functions that have an entry of their own; ``getitem``, ``setitem`` and ``to_device`` are methods of arrays."""

COMPOSITES: dict[str, Callable[..., Any]] = {
    name: definition for chapter in _CHAPTERS for name, definition in chapter.COMPOSITES.items()
}
"""Definitions through other functions of the namespace."""

NON_DIFFERENTIABLE = frozenset(
    # Results that do not change with the operands, or only in steps.
    "arange can_cast empty empty_like eye finfo iinfo isdtype ones ones_like result_type zeros zeros_like "
    "broadcast_shapes bitwise_and bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor ceil "
    "equal floor floor_divide greater greater_equal isfinite isinf isnan less less_equal logical_and logical_not "
    "logical_or logical_xor not_equal round signbit trunc argmax argmin argsort count_nonzero nonzero "
    "searchsorted isin all any fft.fftfreq fft.rfftfreq linalg.matrix_rank".split()
)
"""Functions without derivative: their results are constants."""
