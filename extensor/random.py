"""Random numbers, an extension of the standard: NumPy's generators, giving arrays of this namespace.

>>> from extensor.random import default_rng
>>> rng = default_rng(2024)
>>> rng.integers(0, 10, 3)
ExTensor([2, 6, 0], dtype=int64)

There is no hidden state: every number comes out of a generator that was made from a seed. One seed gives the same
numbers as ``numpy.random.default_rng(seed)``, whose methods these are, under their names and with their parameters;
what differs is said with the method. ``size`` is the shape, as there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import erf, sqrt
from typing import Any, TypeAlias, final

import numpy

from .array import ExTensor, operand, unwrap, wrap
from .dtypes import DType, canonical, float32, float64, int64
from .kernels import named

__all__ = ["Generator", "default_rng"]

Size: TypeAlias = int | Sequence[int] | None

_DRAW = """{summary}

Parameters
----------
{parameters} : ExTensor or scalar
    Parameters of the distribution, of shapes that broadcast.
size : int or tuple of int, optional
    Shape of the result, by keyword; by default the one to which the parameters broadcast.

Returns
-------
ExTensor
    Array of ``{dtype}``.

Raises
------
ValueError
    If the parameters are outside their range.

Examples
--------
>>> Generator(0).{name}({given}, size=3).shape
(3,)
"""


def _distribution(
    name: str, parameters: str, summary: str, given: str, dtype: DType = float64
) -> Callable[..., ExTensor]:
    """The method that draws from NumPy's distribution of that name."""

    def method(self: Generator, /, *args: Any, size: Size = None) -> ExTensor:
        return wrap(getattr(self._rng, name)(*map(operand, args), size=size))

    return named(
        method, name, _DRAW.format(name=name, summary=summary, parameters=parameters, given=given, dtype=dtype)
    )


@final
class Generator:
    """A stream of random numbers.

    Parameters
    ----------
    seed : int, sequence of int, numpy.random.SeedSequence, BitGenerator or Generator
        Where the stream begins. A generator of NumPy is shared: numbers drawn from one are gone from the other.

    Raises
    ------
    TypeError
        If the seed is None: numbers that cannot be drawn again take ``Generator(secrets.randbits(128))``.

    Examples
    --------
    >>> rng = Generator(7)
    >>> rng.normal(size=(2, 3)).shape
    (2, 3)
    """

    __slots__ = ("_rng",)

    def __init__(self, seed: Any) -> None:
        if seed is None:
            raise TypeError("a generator needs a seed; for another stream each time pass secrets.randbits(128)")
        self._rng = numpy.random.default_rng(seed)

    @property
    def state(self) -> Mapping[str, Any]:
        """Where the stream is: assign it to a generator, and that goes on from there."""
        return self._rng.bit_generator.state

    @state.setter
    def state(self, state: Mapping[str, Any]) -> None:
        self._rng.bit_generator.state = state

    def spawn(self, n: int) -> list[Generator]:
        """`n` generators of streams that are independent of one another and of this, which does not move.

        Examples
        --------
        >>> [child.integers(10) for child in Generator(1).spawn(2)]
        [ExTensor(0, dtype=int64), ExTensor(9, dtype=int64)]
        """
        return [Generator(child) for child in self._rng.spawn(n)]

    def __repr__(self) -> str:
        return f"<extensor.random.Generator of {type(self._rng.bit_generator).__name__}>"

    # Floats. NumPy draws some in float32 natively, in half the time: other numbers than in float64, not their rounding.

    def random(self, size: Size = None, dtype: Any = float64) -> ExTensor:
        """Uniform numbers from 0 up to, not including, 1.

        Parameters
        ----------
        size : int or tuple of int, optional
            Shape of the result.
        dtype : dtype
            ``float32`` or ``float64``.

        Examples
        --------
        >>> Generator(0).random(2)
        ExTensor([0.63696169, 0.26978671], dtype=float64)
        """
        return wrap(self._rng.random(size, _real(dtype)))

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Size = None, *, dtype: Any = float64) -> ExTensor:
        """Uniform numbers from `low` to `high`.

        Parameters
        ----------
        low, high : ExTensor or scalar
            Bounds; `high` itself comes up only by rounding.
        size : int or tuple of int, optional
            Shape of the result; by default the one to which the bounds broadcast.
        dtype : dtype
            ``float32`` or ``float64``.

        Examples
        --------
        >>> Generator(0).uniform(-1.0, 1.0, 2)
        ExTensor([ 0.27392337, -0.46042657], dtype=float64)
        """
        if _real(dtype) == float64:
            return wrap(self._rng.uniform(operand(low), operand(high), size))
        start, end = _parameters(low, high)
        return wrap(start + (end - start) * self._rng.random(_size(size, start, end), float32))

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Size = None, *, dtype: Any = float64) -> ExTensor:
        """Normal numbers.

        Parameters
        ----------
        loc, scale : ExTensor or scalar
            Mean and standard deviation.
        size : int or tuple of int, optional
            Shape of the result; by default the one to which the parameters broadcast.
        dtype : dtype
            ``float32`` or ``float64``.

        Raises
        ------
        ValueError
            If a standard deviation is negative.

        Examples
        --------
        >>> Generator(0).normal(10.0, 2.0, 2)
        ExTensor([10.25146044,  9.73579027], dtype=float64)
        """
        if _real(dtype) == float64:
            return wrap(self._rng.normal(operand(loc), operand(scale), size))
        mean, deviation = _parameters(loc, scale)
        _require_scale(deviation)
        return wrap(mean + deviation * self._rng.standard_normal(_size(size, mean, deviation), float32))

    def exponential(self, scale: Any = 1.0, size: Size = None, *, dtype: Any = float64) -> ExTensor:
        """Exponential numbers.

        Parameters
        ----------
        scale : ExTensor or scalar
            Their mean.
        size : int or tuple of int, optional
            Shape of the result; by default that of `scale`.
        dtype : dtype
            ``float32`` or ``float64``.

        Raises
        ------
        ValueError
            If `scale` is negative.

        Examples
        --------
        >>> Generator(0).exponential(2.0)
        ExTensor(1.35986381, dtype=float64)
        """
        if _real(dtype) == float64:
            return wrap(self._rng.exponential(operand(scale), size))
        (mean,) = _parameters(scale)
        _require_scale(mean)
        return wrap(mean * self._rng.standard_exponential(_size(size, mean), float32))

    def gamma(self, shape: Any, scale: Any = 1.0, size: Size = None, *, dtype: Any = float64) -> ExTensor:
        """Gamma-distributed numbers.

        Parameters
        ----------
        shape, scale : ExTensor or scalar
            Shape and scale of the distribution; its mean is their product.
        size : int or tuple of int, optional
            Shape of the result; by default the one to which the parameters broadcast.
        dtype : dtype
            ``float32`` or ``float64``.

        Raises
        ------
        ValueError
            If a parameter is negative.

        Examples
        --------
        >>> Generator(0).gamma(2.0)
        ExTensor(1.83431007, dtype=float64)
        """
        if _real(dtype) == float64:
            return wrap(self._rng.gamma(operand(shape), operand(scale), size))
        form, factor = _parameters(shape, scale)
        _require_scale(factor)
        return wrap(factor * self._rng.standard_gamma(form, _size(size, form, factor), float32))

    def truncated_normal(
        self,
        lower: float = -2.0,
        upper: float = 2.0,
        loc: Any = 0.0,
        scale: Any = 1.0,
        size: Size = None,
        *,
        dtype: Any = float64,
    ) -> ExTensor:
        """Normal numbers within bounds, those outside being drawn again. NumPy has no such method.

        Parameters
        ----------
        lower, upper : float
            Bounds, in standard deviations from the mean, as in JAX.
        loc, scale : ExTensor or scalar
            Mean and standard deviation before those outside are dropped.
        size : int or tuple of int, optional
            Shape of the result; by default the one to which `loc` and `scale` broadcast.
        dtype : dtype
            ``float32`` or ``float64``.

        Raises
        ------
        ValueError
            If less than one number in a thousand is within the bounds, for this would take too long.

        Examples
        --------
        >>> Generator(0).truncated_normal(size=2)
        ExTensor([ 0.12573022, -0.13210486], dtype=float64)
        """
        kept = (erf(upper / sqrt(2)) - erf(lower / sqrt(2))) / 2
        if not kept >= 1e-3:
            raise ValueError(
                f"the bounds {lower} and {upper} keep too few normal numbers: a part of {max(kept, 0):.2g}"
            )
        mean, deviation = (numpy.asarray(operand(x), _real(dtype)) for x in (loc, scale))
        _require_scale(deviation)
        shape = _size(size, mean, deviation)
        numbers = numpy.asarray(self._rng.standard_normal(shape, mean.dtype))
        while numpy.any(outside := (numbers < lower) | (numbers > upper)):
            numbers[outside] = self._rng.standard_normal(numpy.count_nonzero(outside), mean.dtype)
        return wrap(mean + deviation * numbers)

    beta = _distribution("beta", "a, b", "Beta-distributed numbers, between 0 and 1.", "2.0, 3.0")
    binomial = _distribution(
        "binomial", "n, p", "Numbers of successes in `n` trials, each with odds `p`.", "10, 0.5", int64
    )
    gumbel = _distribution(
        "gumbel", "loc, scale", "Gumbel-distributed numbers: ``argmax(logits + gumbel)`` samples.", "0.0, 1.0"
    )
    laplace = _distribution("laplace", "loc, scale", "Laplace-distributed numbers.", "0.0, 1.0")
    logistic = _distribution("logistic", "loc, scale", "Logistically distributed numbers.", "0.0, 1.0")
    lognormal = _distribution("lognormal", "mean, sigma", "Exponentials of normal numbers.", "0.0, 1.0")
    poisson = _distribution("poisson", "lam", "Poisson-distributed integers of mean `lam`.", "4.0", int64)

    # Integers, choices and orders.

    def bernoulli(self, p: Any = 0.5, size: Size = None) -> ExTensor:
        """Bools that are True with probability `p`: where ``random(size) < p``. NumPy has no such method.

        Parameters
        ----------
        p : ExTensor or scalar
            Probability.
        size : int or tuple of int, optional
            Shape of the result; by default that of `p`.

        Raises
        ------
        ValueError
            If a probability is not between 0 and 1.

        Examples
        --------
        >>> Generator(0).bernoulli(0.5, 4)
        ExTensor([False,  True,  True,  True], dtype=bool)
        """
        odds = numpy.asarray(operand(p))
        if not numpy.all((odds >= 0) & (odds <= 1)):
            raise ValueError(f"a probability is between 0 and 1; p is {odds}")
        return wrap(self._rng.random(_size(size, odds)) < odds)

    def integers(
        self, low: Any, high: Any = None, size: Size = None, *, dtype: Any = int64, endpoint: bool = False
    ) -> ExTensor:
        """Integers from `low` up to, not including, `high`, all equally likely.

        Parameters
        ----------
        low, high : ExTensor or int
            Bounds; with one, from zero up to it.
        size : int or tuple of int, optional
            Shape of the result; by default the one to which the bounds broadcast.
        dtype : dtype
            Data type of the result.
        endpoint : bool
            Whether `high` is included.

        Raises
        ------
        ValueError
            If there is no integer between the bounds, or a bound does not fit the data type.

        Examples
        --------
        >>> Generator(0).integers(1, 6, 4, endpoint=True)
        ExTensor([6, 4, 4, 2], dtype=int64)
        """
        bounds = (operand(low), None if high is None else operand(high))
        return wrap(self._rng.integers(*bounds, size, canonical(dtype), endpoint))

    def choice(
        self,
        a: Any,
        size: Size = None,
        replace: bool = True,
        p: Any = None,
        axis: int = 0,
        shuffle: bool = True,
    ) -> ExTensor:
        """Elements, or slices, chosen at random.

        Parameters
        ----------
        a : ExTensor or int
            What to choose from: slices along an axis, or the integers below a number.
        size : int or tuple of int, optional
            Shape of the choices, in place of the axis.
        replace : bool
            Whether one can be chosen several times.
        p : ExTensor, optional
            Probability of each; by default all are equally likely.
        axis : int
            The axis.
        shuffle : bool
            Whether choices without replacement come in random order; False is faster.

        Raises
        ------
        ValueError
            If there are too few to choose from, or the probabilities do not add up to 1.

        Examples
        --------
        >>> Generator(0).choice(5, 3, replace=False)
        ExTensor([3, 4, 2], dtype=int64)
        """
        odds = None if p is None else unwrap(p)
        return wrap(self._rng.choice(operand(a), size, replace, odds, axis, shuffle))

    def permutation(self, x: Any, axis: int = 0) -> ExTensor:
        """A copy of `x` with its slices along an axis in random order, or the integers below `x` in random order.

        Nothing here shuffles in place: assign the result.

        Parameters
        ----------
        x : ExTensor or int
            What to order.
        axis : int
            The axis.

        Examples
        --------
        >>> Generator(0).permutation(4)
        ExTensor([2, 0, 1, 3], dtype=int64)
        """
        return wrap(self._rng.permutation(operand(x), axis))


def default_rng(seed: Any) -> Generator:
    """The generator of a seed, under NumPy's name for it; parameters as in :class:`Generator`.

    Examples
    --------
    >>> float(default_rng(0).random()) == float(numpy.random.default_rng(0).random())
    True
    """
    return Generator(seed)


def _real(dtype: Any) -> Any:
    found = canonical(dtype)
    if found not in (float32, float64):
        raise TypeError(f"random floats are drawn in float32 or float64, not {found}; use astype() on the result")
    return found


def _parameters(*parameters: Any) -> tuple[Any, ...]:
    return tuple(numpy.asarray(operand(x), float32) for x in parameters)


def _size(size: Size, *parameters: Any) -> Any:
    return numpy.broadcast_shapes(*(nd.shape for nd in parameters)) if size is None else size


def _require_scale(scale: Any) -> None:
    if numpy.any(scale < 0):
        raise ValueError(f"the scale of a distribution must not be negative; it is {scale}")
