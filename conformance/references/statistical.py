"""Statistical functions.

Sums and products are exact to :data:`conformance.ulp.CONTEXT`; errors count against what is summed, not against
what is left of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from conformance.literals import Array
from conformance.references.shapes import build, reduce_axes, slices
from conformance.ulp import CONTEXT, exact

__all__ = ["cumulative_prod", "cumulative_sum", "max_", "mean", "min_", "prod", "std", "sum_", "var"]


def is_nan(value: Any) -> bool:
    """Whether an element is no number."""
    return bool(value != value)


def total(values: Sequence[Any]) -> Any:
    """Sum, of integers and booleans as integers."""
    if all(isinstance(value, int) for value in values):
        return sum(values)
    return sum(map(exact, values), exact(0))


def product(values: Sequence[Any]) -> Any:
    """Product, of integers as integers."""
    result: Any = 1
    for value in values:
        result = result * (value if isinstance(value, int) else exact(value))
    return result


def magnitude(values: Sequence[Any]) -> Any:
    """Sum of magnitudes."""
    return sum((abs(exact(value)) for value in values), exact(0))


def sum_(x: Array, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Array:
    """Sum along axes; the error counts against the sum of magnitudes."""
    scales = reduce_axes(magnitude, x, axis, keepdims).values
    return reduce_axes(total, x, axis, keepdims)._replace(scales=scales)


def prod(x: Array, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Array:
    """Product along axes."""
    return reduce_axes(product, x, axis, keepdims)


def cumulative(function: Callable[[Sequence[Any]], Any], x: Array, axis: int | None, initial: bool) -> Array:
    """A function of all beginnings along an axis, the empty one included where there is an initial value."""
    axis = 0 if axis is None else axis % x.ndim
    shape = (*x.shape[:axis], x.shape[axis] + initial, *x.shape[axis + 1 :])
    vectors = slices(x, (axis,))

    def element(index: tuple[int, ...]) -> Any:
        return function(vectors[index[:axis] + index[axis + 1 :]][: index[axis] + 1 - initial])

    return build(shape, element)


def cumulative_sum(x: Array, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Array:
    """Sums of all beginnings along an axis."""
    scales = cumulative(magnitude, x, axis, include_initial).values
    return cumulative(total, x, axis, include_initial)._replace(scales=scales)


def cumulative_prod(x: Array, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False) -> Array:
    """Products of all beginnings along an axis."""
    return cumulative(product, x, axis, include_initial)


def extreme(choose: Callable[[Sequence[Any]], Any]) -> Callable[[Sequence[Any]], Any]:
    """The largest or smallest element, or what is no number."""
    return lambda values: math.nan if any(map(is_nan, values)) else choose(values)


def max_(x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
    """Largest element along axes."""
    return reduce_axes(extreme(max), x, axis, keepdims)


def min_(x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
    """Smallest element along axes."""
    return reduce_axes(extreme(min), x, axis, keepdims)


def average(values: Sequence[Any]) -> Any:
    """Arithmetic mean."""
    return sum(map(exact, values), exact(0)) / len(values) if values else exact("nan")


def mean(x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
    """Arithmetic mean along axes; the error counts against the mean of magnitudes."""
    scales = reduce_axes(lambda values: magnitude(values) / max(len(values), 1), x, axis, keepdims).values
    return reduce_axes(average, x, axis, keepdims)._replace(scales=scales)


def variance(values: Sequence[Any], correction: float) -> Any:
    """Sum of squared differences from the mean, over their number less the correction."""
    freedom = exact(len(values)) - exact(correction)
    if freedom <= 0:
        return exact("nan")
    center = average(values)
    return sum(((exact(value) - center) ** 2 for value in values), exact(0)) / freedom


def square(values: Sequence[Any], correction: float) -> Any:
    """Sum of squares, over their number less the correction: what cancels in a variance."""
    freedom = exact(len(values)) - exact(correction)
    return sum((exact(value) ** 2 for value in values), exact(0)) / freedom if freedom > 0 else exact(0)


def var(x: Array, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Array:
    """Variance along axes; the error counts against the mean of squares."""
    scales = reduce_axes(lambda values: square(values, correction), x, axis, keepdims).values
    return reduce_axes(lambda values: variance(values, correction), x, axis, keepdims)._replace(scales=scales)


def std(x: Array, *, axis: Any = None, correction: float = 0.0, keepdims: bool = False) -> Array:
    """Standard deviation along axes; the error counts against the root of the mean of squares."""
    out = var(x, axis=axis, correction=correction, keepdims=keepdims)
    return out._replace(values=tuple(map(root, out.values)), scales=tuple(map(root, out.scales)))


def root(value: Any) -> Any:
    """Square root; of what is no number, that."""
    return value if is_nan(value) else CONTEXT.sqrt(value)
