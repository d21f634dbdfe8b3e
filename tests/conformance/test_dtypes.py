"""Data types by name, against NumPy and array-api-strict."""

from __future__ import annotations

from itertools import product

import array_api_strict as strict
import numpy
import pytest

from conformance.dtypes import bits, component, digits, limits, promote, smallest_normal
from conformance.spec import DTYPES


def strict_promotion(*names: str) -> str | None:
    try:
        return str(strict.result_type(*(getattr(strict, name) for name in names))).rpartition(".")[2]
    except TypeError:
        return None


@pytest.mark.parametrize("pair", [*product(DTYPES, repeat=2)], ids="-".join)
def test_promotion_is_that_of_strict(pair: tuple[str, str]) -> None:
    assert promote(*pair) == strict_promotion(*pair)


@pytest.mark.parametrize("dtype", DTYPES)
def test_sizes_and_ranges_are_those_of_numpy(dtype: str) -> None:
    own = numpy.dtype(dtype)
    assert bits(dtype) == 8 * own.itemsize
    if own.kind in "iu":
        assert limits(dtype) == (numpy.iinfo(own).min, numpy.iinfo(own).max)
    if own.kind in "fc":
        info = numpy.finfo(own)
        assert component(dtype) == info.dtype
        assert digits(dtype) == info.nmant + 1
        assert smallest_normal(dtype) == info.smallest_normal
        assert limits(component(dtype)) == (info.min, info.max)
