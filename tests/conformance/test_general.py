"""Presence and signatures."""

from __future__ import annotations

import inspect

import array_api_strict as strict
import pytest

from conformance.checks.general import departures, standard_signature
from conformance.namespaces import Namespace, load
from conformance.spec import BY_NAME, FUNCTIONS, Function

SUM = standard_signature(BY_NAME["sum"])


def own(text: str) -> inspect.Signature:
    return standard_signature(Function("f", text, "statistical", "all", "same"))


@pytest.mark.parametrize("row", FUNCTIONS, ids=lambda row: row.path)
def test_a_signature_agrees_with_itself(row: Function) -> None:
    assert list(departures(standard_signature(row), standard_signature(row))) == []


@pytest.mark.parametrize("text", [
    "(x, /, *, axis=None, dtype=None, keepdims=False)",
    "(a, axis=None, dtype=None, out=None, keepdims=False)",
    "(*args, **kwargs)",
    "(x, axis=None, *, keepdims=0, **others)",
    "(x, axis=None, *, keepdims=None, dtype=None)",
])  # fmt: skip
def test_wider_signatures_agree(text: str) -> None:
    assert list(departures(SUM, own(text))) == []


@pytest.mark.parametrize(("text", "complaint"), [
    ("(*, x, axis=None, dtype=None, keepdims=False)", "does not take 'x' by position"),
    ("(x, axis=None, /, *, dtype=None, keepdims=False)", "does not take 'axis' by name"),
    ("(x, *, axis=None, dtype=None)", "does not take 'keepdims' by name"),
    ("(x, *, axis, dtype=None, keepdims=False)", "requires 'axis'"),
    ("(x, where, *, axis=None, dtype=None, keepdims=False)", "requires 'where', which the standard does not have"),
    ("(x, *, axis=None, dtype=None, keepdims=True)", "has keepdims=True by default"),
    ("()", "does not take 'x' by position"),
])  # fmt: skip
def test_narrower_signatures_are_found(text: str, complaint: str) -> None:
    assert complaint in list(departures(SUM, own(text)))


def test_variable_arguments_are_demanded() -> None:
    standard = standard_signature(BY_NAME["broadcast_arrays"])
    assert list(departures(standard, own("(x, y)"))) == [
        "takes no variable number of arguments (*arrays)",
        "requires 'x', which the standard does not have",
        "requires 'y', which the standard does not have",
    ]


def test_namespaces_by_name() -> None:
    assert load("array_api_strict") == (strict, "import array_api_strict as xp")
    found, setup = load("conformance.spec:BY_NAME")
    assert found is BY_NAME
    scope: dict[str, object] = {}
    exec(setup, scope)
    assert scope["xp"] is BY_NAME
    with pytest.raises(ModuleNotFoundError):
        load("no_such_library")


def test_parts_of_a_namespace() -> None:
    namespace = Namespace(strict, "strict")
    assert namespace.function("linalg.qr") is strict.linalg.qr
    assert namespace.has("info.devices")
    assert not namespace.has("linalg.no_such_function")
    assert namespace.default_dtype("real floating") == "float64"
