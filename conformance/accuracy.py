"""Accuracy of the elementwise functions: the largest error in units in the last place, by data type.

Arguments are random ones of ordinary magnitude, and hard ones: subnormal, near overflow, near zeros and poles of the
functions, large angles, powers near overflow. No error fails a check; where the standard asks for correct rounding, the
checks of values do.
"""

from __future__ import annotations

import math
import warnings
import zlib
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

from conformance.dtypes import component, digits, is_complex, limits, smallest_normal, to_precision
from conformance.literals import Call, scalar, vector
from conformance.namespaces import Namespace
from conformance.outcomes import Accuracy
from conformance.references.elementwise import APPROXIMATE, Open, value
from conformance.spec import BY_NAME, KINDS
from conformance.ulp import CONTEXT, error, exact

__all__ = ["MEASURED", "measure"]

MEASURED = APPROXIMATE | {
    *("abs", "add", "divide", "multiply", "reciprocal", "remainder", "sign", "sqrt", "square", "subtract")
}
"""Functions that round."""

RANDOM, HARD = 400, 240
"""Number of arguments of either sort; half as many complex ones."""

Operands = tuple[Any, ...]


def measure(namespace: Namespace, path: str, seed: int = 0) -> list[Accuracy]:
    """Largest errors of a function in each data type that it takes; of one that cannot be called, none."""
    if path not in MEASURED:
        return []
    kinds = KINDS[BY_NAME[path].kinds]
    dtypes = [dtype for dtype in namespace.dtypes if dtype in kinds and dtype in KINDS["floating-point"]]
    if path in ("abs", "sign"):
        dtypes = [dtype for dtype in dtypes if is_complex(dtype)]
    found = (measured(namespace, path, dtype, seed) for dtype in dtypes)
    return [accuracy for accuracy in found if accuracy is not None]


def measured(namespace: Namespace, path: str, dtype: str, seed: int) -> Accuracy | None:
    """Largest errors in one data type, from one call."""
    usual, hard = references(path, dtype, seed, hard=False), references(path, dtype, seed, hard=True)
    columns = zip(*(operands for operands, _ in usual + hard), strict=True)
    call = Call(path, tuple(vector(column, dtype) for column in columns))
    try:
        args, kwargs = namespace.arguments(call)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = namespace.read(namespace.apply(call, args, kwargs))
    except Exception:
        return None
    if result.dtype not in KINDS["floating-point"] or result.size != len(usual) + len(hard):
        return None
    first = worst(path, dtype, usual, result.values[: len(usual)], result.dtype)
    second = worst(path, dtype, hard, result.values[len(usual) :], result.dtype)
    return Accuracy(path, dtype, *first, *second, result.size)


def worst(
    path: str, dtype: str, cases: tuple[tuple[Operands, Any], ...], got: tuple[Any, ...], result_dtype: str
) -> tuple[float, str]:
    """The largest error, and the call in which it occurs."""
    errors = [error(value_, expected, result_dtype) for value_, (_, expected) in zip(got, cases, strict=True)]
    index = max(range(len(errors)), key=lambda i: errors[i])
    return errors[index], str(Call(path, tuple(scalar(operand, dtype) for operand in cases[index][0])))


@cache
def references(path: str, dtype: str, seed: int, hard: bool) -> tuple[tuple[Operands, Any], ...]:
    """Operands and exact results."""
    count = (HARD if hard else RANDOM) // (2 if is_complex(dtype) else 1)
    rng = Random(zlib.crc32(f"{path}/{dtype}/{seed}/{hard}".encode()))
    found: list[tuple[Operands, Any]] = []
    for operands in (hard_operands if hard else usual_operands)(path, dtype, rng, 4 * count):
        if len(found) == count:
            break
        try:
            expected = value(path, operands, dtype)
        except (Open, ZeroDivisionError, OverflowError, ValueError):
            continue
        if expected == expected and CONTEXT.isfinite(exact(expected)):
            found.append((operands, expected))
    return tuple(found)


def usual_operands(path: str, dtype: str, rng: Random, count: int) -> Iterator[Operands]:
    """Random operands in the domain of the function, over several magnitudes."""
    row = BY_NAME[path]
    domains = row.domain if row.domain and not is_complex(dtype) else ((-math.inf, math.inf),) * len(row.parameters)
    part = component(dtype)

    def number(low: float, high: float) -> float:
        if math.isfinite(low) and math.isfinite(high):
            return rng.uniform(low, high)
        size: float = 2.0 ** rng.uniform(-6, 5)
        if math.isinf(low) and math.isinf(high):
            return size * rng.choice((-1, 1))
        return low + size if math.isfinite(low) else high - size

    for _ in range(count):
        if is_complex(dtype):
            yield tuple(complex(*(to_precision(number(*d), part) for _ in range(2))) for d in domains)
        else:
            yield tuple(to_precision(number(*d), part) for d in domains)


@cache
def hard_numbers(dtype: str) -> tuple[float, ...]:
    """Numbers at which functions are hard: each positive, negative ones follow."""
    tiny, largest = smallest_normal(dtype), limits(dtype)[1]
    exponent = math.log(largest)
    bits, last = digits(dtype), 300 if dtype == "float64" else 38
    found = [
        *(tiny, 3 * tiny, tiny * 2**10, tiny / 4, tiny * 2.0 ** (2 - bits), math.sqrt(tiny)),
        *(largest, largest / 3, math.sqrt(largest), math.sqrt(largest / 2), largest**0.25),
        *(exponent * (1 + step) for step in (-1e-3, -1e-5, 1e-3)),
        *(exponent + math.log(2) - 1e-3, exponent / math.log(2) - 1e-2, exponent / math.log(10) - 1e-3),
        *(1 + sign * 2.0**-k for k in range(2, bits - 1, 3) for sign in (1, -1)),
        *(k * math.pi / 2 for k in (1, 2, 3, 4, 6, 7, 11, 22, 355, 1024, 710, 103993)),
        *(10.0**k for k in range(1, last, max(1, last // 16))),
        *(10.0**-k for k in range(1, last, max(1, last // 10))),
    ]
    return tuple(dict.fromkeys(to_precision(x, dtype) for x in found))


def hard_operands(path: str, dtype: str, rng: Random, count: int) -> Iterator[Operands]:
    """Operands at which functions are hard."""
    part = component(dtype)
    numbers = [sign * x for x in hard_numbers(part) for sign in (1, -1)]
    if is_complex(dtype):
        near = [x for x in numbers if 1e-10 < abs(x) < 1e5]

        def complex_number() -> complex:
            pool = (numbers, near)[rng.random() < 0.5]
            return complex(rng.choice(pool), rng.choice(near))

        for _ in range(count):
            yield tuple(complex_number() for _ in BY_NAME[path].parameters)
        return
    if len(BY_NAME[path].parameters) == 1:
        yield from ((x,) for x in rng.sample(numbers, len(numbers)))
        return
    largest = limits(dtype)[1]
    for _ in range(count):
        a = rng.choice(numbers)
        if path == "pow":
            a = to_precision(2.0 ** rng.uniform(-20, 20), dtype)
            yield (
                a,
                to_precision(math.log(largest) / math.log(a) * rng.choice((1, -1)) * rng.uniform(0.98, 0.9999), dtype),
            )
        elif path == "logaddexp":
            x = rng.uniform(-3, -0.01)
            yield to_precision(x, dtype), to_precision(math.log1p(-math.exp(x)), dtype)
        elif rng.random() < 0.5:  # Of nearly the same magnitude.
            yield a, to_precision(a * rng.uniform(0.5, 2) * rng.choice((1, -1)), dtype)
        else:
            yield a, rng.choice(numbers)
