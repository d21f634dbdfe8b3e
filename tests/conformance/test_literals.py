"""Calls as plain values, and their source."""

from __future__ import annotations

import operator
from math import inf, nan
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.checks.drawing import arrays
from conformance.literals import (
    Array,
    Call,
    DType,
    arrays_in,
    from_nested,
    indices,
    operator_symbol,
    program,
    replaced,
    scalar,
    source,
    vector,
)
from conformance.spec import DTYPES, OPERATORS

CONTEXT = {"xp": numpy, "inf": inf, "nan": nan, "operator": operator}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(DTYPES)).flatmap(arrays))
def test_the_source_of_an_array_makes_it(array: Array) -> None:
    made = eval(source(array), CONTEXT)
    assert (str(made.dtype), made.shape) == (array.dtype, array.shape)
    assert repr(tuple(made.ravel().tolist())) == repr(array.values)


@pytest.mark.parametrize(
    "value", [nan, inf, -inf, -0.0, complex(nan, -0.0), complex(-0.0, inf), 1e-310, 1j, True, 7, None, "xy"]
)
def test_the_source_of_a_scalar_makes_it(value: Any) -> None:
    assert repr(eval(source(value), CONTEXT)) == repr(value)


def test_sources_of_calls() -> None:
    x = vector([1, 2], "int8")
    text = "xp.asarray([1, 2], dtype=xp.int8)"
    assert str(Call("add", (x, 2))) == f"xp.add({text}, 2)"
    assert str(Call("__add__", (x, 2))) == f"{text} + 2"
    assert str(Call("__radd__", (x, 2))) == f"2 + {text}"
    assert str(Call("__invert__", (x,))) == f"~{text}"
    assert str(Call("__float__", (scalar(1.0, "float32"),))) == "float(xp.asarray(1.0, dtype=xp.float32))"
    assert str(Call("__getitem__", (x, (slice(None, -1), None, ...)))) == f"{text}[:-1, None, ...]"
    assert str(Call("__getitem__", (x, slice(None, None, -1)))) == f"{text}[::-1]"
    assert str(Call("__getitem__", (x, (0,)))) == f"{text}[(0,)]"
    assert str(Call("__dlpack__", (x,), {"copy": True})) == f"{text}.__dlpack__(copy=True)"
    assert str(Call("info.dtypes", (), {"kind": "bool"})) == "xp.__array_namespace_info__().dtypes(kind='bool')"
    assert str(Call("concat", ([x, x],), {"axis": None})) == f"xp.concat([{text}, {text}], axis=None)"
    assert str(Call("astype", (x, DType("float32")))) == f"xp.astype({text}, xp.float32)"
    assert source(Array((0, 3), (), "float64"), "'cpu'") == "xp.zeros((0, 3), dtype=xp.float64, device='cpu')"


def test_programs_name_their_arrays() -> None:
    x, y = vector([1, 2], "int64"), scalar(3, "int64")
    scope = dict(CONTEXT)
    text = program(Call("__iadd__", (x, y)))
    assert text.splitlines()[-1] == "x1 += x2"
    exec(text, scope)
    assert scope["x1"].tolist() == [4, 5]
    exec(program(Call("__setitem__", (x, slice(0, 1), 9))), scope)
    assert scope["x"].tolist() == [9, 2]


def test_every_operator_has_a_symbol() -> None:
    for row in OPERATORS:
        if row.reflected:
            plain = operator_symbol(row.method)
            assert plain is not None
            assert operator_symbol(row.reflected) == (plain[0], "r")
            assert row.inplace is not None
            assert operator_symbol(row.inplace) == (plain[0], "i")
    assert operator_symbol("__len__") is None
    assert operator_symbol("add") is None


def test_arrays_are_found_and_replaced_in_containers() -> None:
    x, y, z = (scalar(i, "int8") for i in range(3))
    call = Call("f", ([x, (y, 1)], DType("bool")), {"k": {"z": z}})
    assert list(arrays_in(call)) == [x, y, z]
    assert replaced(call.args, lambda value: value.values if isinstance(value, Array) else value.name) == (
        [(0,), ((1,), 1)],
        "bool",
    )


def test_elements_by_index() -> None:
    x = from_nested([[[1, 2, 3], [4, 5, 6]]])
    assert x.shape == (1, 2, 3)
    assert [x[index] for index in indices(x.shape)] == [1, 2, 3, 4, 5, 6]
    assert from_nested([]).shape == (0,)
    assert scalar(5)[()] == 5
