"""The gradient tape: what is typed within it is differentiated."""

from __future__ import annotations

import gc
import warnings
import weakref
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from autodiff import LeakedTracerError, Tape, grad, jvp, vjp


def listed(x: Any) -> Any:
    return numpy.asarray(x).tolist()


def test_gradient_is_that_of_grad(xp: Any) -> None:
    def f(x: Any) -> Any:
        xp = x.__array_namespace__()
        return xp.sum(xp.sin(x) * xp.flip(x) ** 2)

    x = xp.asarray([1.0, 2.0, 3.0], dtype=xp.float64)
    with Tape() as tape:
        watched = tape.watch(x)
        out = f(watched)
    found = tape.gradient(out, watched)
    assert type(found) is type(x)
    assert listed(found) == listed(grad(f)(x))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["add", "multiply", "sin", "in place"]), min_size=1, max_size=8), st.integers(0, 9))
def test_random_programs(steps: list[str], seed: int) -> None:
    x, y = numpy.random.default_rng(seed).uniform(-1.0, 1.0, size=(2, 3))

    def program(x: Any, y: Any) -> Any:
        z = x * 1.0
        for step in steps:
            if step == "in place":
                z[0] = z[1] * y[2]
            else:
                z = numpy.sin(z) if step == "sin" else getattr(z.__array_namespace__(), step)(z, y)
        return z.__array_namespace__().sum(z)

    with Tape() as tape:
        a, b = tape.watch((x, y))
        out = program(a, b)
    for found, expected in zip(tape.gradient(out, [a, b]), grad(program, (0, 1))(x, y), strict=True):
        assert_allclose(found, expected)


def test_trees(xp: Any) -> None:
    params = {"w": xp.asarray([2.0, 3.0]), "b": (xp.asarray(1.0), None), "steps": 3, "mask": xp.asarray([True, False])}
    with Tape() as tape:
        live = tape.watch(params)
        out = {"a": live["b"][0] * xp.sum(params["w"]), "b": live["w"] * live["b"][0]}
    assert live["steps"] == 3
    assert live["mask"] is params["mask"]
    found = tape.gradient(out, live, {"a": xp.asarray(1.0), "b": xp.asarray([1.0, 10.0])})
    assert listed(found["w"]) == [1.0, 10.0]
    assert listed(found["b"][0]) == 5.0 + 2.0 + 30.0
    assert found["b"][1] is found["steps"] is found["mask"] is None
    assert listed(tape.value(out)["b"]) == [2.0, 3.0]


def test_complex_numbers_are_those_of_vjp() -> None:
    x = numpy.asarray([1.0 + 2.0j, 3.0 - 1.0j])
    ct = numpy.asarray([1.0j, 2.0])
    with Tape() as tape:
        z = tape.watch(x)
        out = z * numpy.exp(z)
    expected = vjp(lambda x: x * numpy.exp(x), x)[1](ct)[0]
    assert_allclose(tape.gradient(out, z, ct), expected)


def test_sources_on_the_way_and_targets_that_do_not_depend() -> None:
    with Tape() as tape:
        x, unused = tape.watch((numpy.asarray(2.0), numpy.ones(2)))
        y = x * x
        z = y * y + x
    by_z, by_y, by_x, by_unused = tape.gradient(z, (z, y, x, unused))
    assert (float(by_z), float(by_y), float(by_x)) == (1.0, 8.0, 33.0)
    assert by_unused.tolist() == [0.0, 0.0]
    with Tape(persistent=True) as tape:
        x = tape.watch(numpy.asarray(2.0))
    assert float(tape.gradient(numpy.asarray(3.0), x)) == 0.0
    assert float(tape.gradient(x, x)) == 1.0


def test_persistent(xp: Any) -> None:
    with Tape(persistent=True) as tape:
        x = tape.watch(xp.asarray(3.0, dtype=xp.float64))
        y = x * x
        # Within the block, and of what comes later.
        assert listed(tape.gradient(y, x)) == 6.0
        z = y * x
    assert [listed(tape.gradient(out, x)) for out in (y, z, y)] == [6.0, 27.0, 6.0]


def test_once_only_and_freed() -> None:
    kept = []
    with Tape() as tape:
        x = tape.watch(numpy.ones(5))
        y = numpy.exp(x)
        kept.append(weakref.ref(y.primal))
        out = x.__array_namespace__().sum(y * x)
    del y
    gc.collect()
    assert kept[0]() is not None
    tape.gradient(out, x)
    gc.collect()
    assert kept[0]() is None
    with pytest.raises(RuntimeError, match=r"Tape\(persistent=True\)"):
        tape.gradient(out, x)


def test_values_after_the_block() -> None:
    with Tape() as tape:
        x = tape.watch(numpy.asarray(3.0))
        y = x * x
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert float(y) == 9.0
    assert tape.value([y, 1, numpy.ones(2)])[:2] == [9.0, 1]
    with pytest.raises(LeakedTracerError):
        y * 2.0
    with pytest.raises(LeakedTracerError):
        numpy.asarray(2.0) + y


def test_later_watches() -> None:
    with Tape() as tape:
        x = tape.watch(numpy.asarray([1.0, 2.0]))
        y = tape.watch(numpy.asarray([3.0, 4.0]))
        assert tape.watch(x) is x
        constant = tape.watch(x.__array_namespace__().ones(2))
        out = x.__array_namespace__().sum(x * y * constant)
    assert [ct.tolist() for ct in tape.gradient(out, (x, y, constant))] == [[3.0, 4.0], [1.0, 2.0], [3.0, 8.0]]


# Nested.


def test_second_and_third_derivatives(xp: Any) -> None:
    with Tape() as first:
        x = first.watch(xp.asarray(2.0, dtype=xp.float64))
        with Tape() as second:
            y = second.watch(x)
            with Tape() as third:
                z = third.watch(y)
                out = z**4
            slope = third.gradient(out, z)
        bend = second.gradient(slope, y)
    assert listed(first.gradient(bend, x)) == 48.0
    assert float(third.value(out).primal.primal) == 16.0


def test_a_result_of_an_inner_tape_is_one_of_the_outer() -> None:
    with Tape() as outer:
        x = outer.watch(numpy.asarray(3.0))
        with Tape() as inner:
            y = inner.watch(x)
            out = y * y * x
    assert float(outer.gradient(out, x)) == 27.0


def test_inside_of_other_transformations() -> None:
    def slope(x: Any) -> Any:
        with Tape() as tape:
            y = tape.watch(x)
            out = y**3
        return tape.gradient(out, y)

    x = numpy.asarray(2.0)
    assert float(slope(x)) == 12.0
    assert float(grad(slope)(x)) == 12.0
    assert [float(part) for part in jvp(slope, [x], [x])] == [12.0, 24.0]
    with Tape() as tape:
        y = tape.watch(x)
        out = grad(lambda x: x**3)(y)
    assert float(tape.gradient(out, y)) == 12.0


# Errors.


def test_what_is_not_watched() -> None:
    x = numpy.asarray(3.0)
    with Tape(persistent=True) as tape:
        y = tape.watch(x)
        out = y * y
        constant = y.__array_namespace__().asarray(1.0)
    for source in (x, constant, [y, x]):
        with pytest.raises(ValueError, match=r"float64 array of shape \(\), was not watched"):
            tape.gradient(out, source)
    with Tape() as empty:
        pass
    with pytest.raises(ValueError, match="no array was watched"):
        empty.gradient(out, y)
    with Tape() as other:
        z = other.watch(x)
    with pytest.raises(ValueError, match="was not watched"):
        other.gradient(z, y)


def test_targets_and_cotangents_are_checked() -> None:
    with Tape(persistent=True) as tape:
        x = tape.watch(numpy.asarray([1.0, 2.0]))
        out = x * x
    for target, found in ((out, r"float64 \(2,\)"), (3.0, "float"), ([], "nothing")):
        with pytest.raises(TypeError, match=f"one 0-d array.*got {found};.*pass its cotangent"):
            tape.gradient(target, x)
    with pytest.raises(ValueError, match="cotangent of an array of shape"):
        tape.gradient(out, x, numpy.ones(3))


def test_where_a_tape_records() -> None:
    tape = Tape()
    with pytest.raises(RuntimeError, match="inside of `with"):
        tape.watch(numpy.ones(1))
    with tape, pytest.raises(TypeError, match=r"hold only: int64 array"):
        tape.watch(numpy.asarray([1, 2], dtype="int64"))
    with pytest.raises(RuntimeError, match="records once"), tape:
        pass
    with pytest.raises(RuntimeError, match="inside of `with"):
        tape.watch(numpy.ones(1))


def test_a_tape_that_began_before_does_not_watch_later_transformations() -> None:
    with Tape() as outer:
        x = outer.watch(numpy.ones(2))
        with Tape() as inner:
            y = inner.watch(x)
            with pytest.raises(ValueError, match="watch it first"):
                outer.watch(y * y)


def test_an_error_closes_the_tape() -> None:
    leaked = []

    def fail() -> None:
        with Tape() as tape:
            leaked.append(tape.watch(numpy.asarray(1.0)))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with pytest.raises(LeakedTracerError):
        _ = leaked[0] + 1.0
