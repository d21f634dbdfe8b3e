"""The check of derivatives can fail."""

from __future__ import annotations

import re
from typing import Any

import numpy
import pytest

from autodiff import check_grads, reverse
from autodiff.rules import RULES

X = numpy.asarray([[0.5, 1.0, -0.7]])
Y = numpy.asarray([[0.2], [0.9]])


def sin(x: Any) -> Any:
    return x.__array_namespace__().sin(x)


def scaled(pull: Any, factor: float) -> Any:
    return lambda *args, **params: factor * pull(*args, **params)


@pytest.mark.parametrize("factor", [-1.0, 2.0, 1.001, 0.0])
def test_a_wrong_partial_is_found(monkeypatch: pytest.MonkeyPatch, factor: float) -> None:
    check_grads(sin, [X], order=2)
    monkeypatch.setattr(RULES["sin"], "pulls", (scaled(RULES["sin"].pulls[0], factor),))
    with pytest.raises(AssertionError, match="forward, f: the derivative is"):
        check_grads(sin, [X])


def test_an_error_that_both_modes_share_is_found_by_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RULES["sin"], "pulls", (scaled(RULES["sin"].pulls[0], -1.0),))
    for mode in ("forward", "reverse"):
        with pytest.raises(AssertionError, match=f"{mode}, f: the derivative is"):
            check_grads(sin, [X], modes=[mode])


@pytest.mark.parametrize("name", ["sum", "conj"])
@pytest.mark.parametrize("factor", [-1.0, 2.0])
def test_a_wrong_transpose_is_found(monkeypatch: pytest.MonkeyPatch, name: str, factor: float) -> None:
    monkeypatch.setattr(RULES[name], "pulls", (scaled(RULES[name].pulls[0], factor),))
    with pytest.raises(AssertionError, match="reverse, f: the derivative is"):
        check_grads(lambda x: getattr(x.__array_namespace__(), name)(x), [X])


def test_a_wrong_push_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RULES["conj"], "push_one", lambda xp, t, out, x: -t)
    with pytest.raises(AssertionError, match="forward, f"):
        check_grads(lambda x: x.__array_namespace__().conj(x), [X + 1j])


def test_a_wrong_second_derivative_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RULES["cos"], "pulls", (scaled(RULES["cos"].pulls[0], -1.0),))
    check_grads(sin, [X])
    with pytest.raises(AssertionError, match=r"jvp\(f\)"):
        check_grads(sin, [X], order=2)


def test_a_missing_sum_over_broadcast_axes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reverse, "unbroadcast", lambda xp, t, shape: t)
    with pytest.raises(AssertionError, match="shape"):
        check_grads(lambda x, y: x * y, [X, Y])


def test_only_the_modes_asked_for_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RULES["sum"], "pulls", (scaled(RULES["sum"].pulls[0], -1.0),))
    check_grads(lambda x: x.__array_namespace__().sum(x), [X], modes=["forward"])


def test_functions_of_trees() -> None:
    check_grads(lambda p: {"out": p["x"] * p["y"], "n": 3}, [{"x": X, "y": Y, "name": "static"}], order=2)


def test_the_report_names_the_mode_the_numbers_and_the_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    right, wrong = RULES["multiply"].pulls
    monkeypatch.setattr(RULES["multiply"], "pulls", (right, scaled(wrong, 2.0)))
    with pytest.raises(AssertionError) as failure:
        check_grads(lambda tree, z: tree["x"] * tree["y"][0] + z, [{"x": X, "y": (Y, None)}, X])
    assert re.fullmatch(
        r"forward, f: the derivative is \S+, expected \S+; they differ by \S+ where \S+ is allowed; "
        r"by one argument at a time it is wrong by args\[0\]\['y'\]\[0\]",
        str(failure.value),
    )


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize("name", ["multiply", "exp", "real", "abs"])
def test_wrong_complex_derivatives_are_found(monkeypatch: pytest.MonkeyPatch, mode: str, name: str) -> None:
    def f(z: Any) -> Any:
        xp = z.__array_namespace__()
        return xp.real(xp.exp(z) * z) * xp.abs(z)

    z = X + 1j * X[:, ::-1]
    check_grads(f, [z], order=2, modes=[mode])
    rule = RULES[name]
    monkeypatch.setattr(rule, "pulls", tuple([scaled(pull, 1j) for pull in rule.pulls]))
    if hasattr(rule, "push_one"):
        monkeypatch.setattr(rule, "push_one", scaled(rule.push_one, -1.0))
    with pytest.raises(AssertionError, match=f"{mode}, f: the derivative is"):
        check_grads(f, [z], modes=[mode])


def test_a_jump_is_found() -> None:
    """Where the derivative is 0 and the function is not constant."""
    with pytest.raises(AssertionError, match="forward, f: the derivative is 0"):
        check_grads(lambda x: x.__array_namespace__().floor(x), [numpy.asarray([1.0])])


@pytest.mark.parametrize("modes", ["forward", "reverse"])
def test_a_mode_may_be_named_alone(monkeypatch: pytest.MonkeyPatch, modes: str) -> None:
    check_grads(sin, [X], modes=modes)
    monkeypatch.setattr(RULES["sin"], "pulls", (scaled(RULES["sin"].pulls[0], 2.0),))
    with pytest.raises(AssertionError, match=f"{modes}, f"):
        check_grads(sin, [X], modes=modes)


@pytest.mark.parametrize(
    ("args", "options", "error", "message"),
    [
        ([X], {"modes": ["backward"]}, ValueError, "'backward'"),
        ([X], {"modes": "backward"}, ValueError, "'backward'"),
        ([X], {"modes": []}, ValueError, "one or more of"),
        ([X], {"order": 0}, ValueError, "order must be 1 or more, got 0"),
        (X, {}, TypeError, r"takes its args in a tuple or a list.* got ndarray; .* write \[x\]"),
    ],
)
def test_a_check_of_nothing_is_refused(args: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        check_grads(sin, args, **options)


def test_functions_without_results_to_differentiate() -> None:
    check_grads(lambda x: (x > 0, "text", None), [X], order=2)
