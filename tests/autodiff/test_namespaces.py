"""Which namespace arrays belong to, and which one a name stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import array_api_compat.numpy
import numpy
import pytest

import extensor
from autodiff import array_namespace, grad, import_namespace, jvp, vmap, wrap

VECTOR = numpy.asarray([1.0, 2.0])


def test_one_library(any_xp: Any) -> None:
    x = any_xp.ones(2)
    home = array_namespace(x)
    for arrays in ((x,), (x, x), (2.0, x, None, "text"), ([x],), ({"a": (x, 1)}, [2.0])):
        assert array_namespace(*arrays) is home
    assert array_namespace(x, any_xp.float32, (2, 3)) is home


def test_arrays_in_containers_count() -> None:
    def f(y: Any) -> Any:
        xp = array_namespace(VECTOR, [{"y": y}])
        assert xp is y.__array_namespace__()
        return xp.sum(xp.stack([VECTOR, y])[1, ...])

    assert grad(f)(VECTOR).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("arrays", [(), (1.0, "x"), ([],), ([1.0], {"a": 2})])
def test_no_array(arrays: Any) -> None:
    with pytest.raises(TypeError, match=r"at least one array, got (nothing|float, str|list|list, dict); wrap numbers"):
        array_namespace(*arrays)


@pytest.mark.parametrize(
    "call",
    [
        lambda x, y: array_namespace(x, y),
        lambda x, y: array_namespace(y, [x]),
        lambda x, y: grad(lambda x: array_namespace(x, y).sum(x))(x),
        lambda x, y: grad(lambda x, y: x, (0, 1))(x, y),
        lambda x, y: jvp(lambda x, y: x, [x, y], [None, None]),
        lambda x, y: vmap(lambda x, y: x)(x, y),
        lambda x, y: grad(lambda x: grad(lambda y: array_namespace(x, y).sum(x))(y))(x),
    ],
)
def test_two_libraries(xp: Any, call: Callable[[Any, Any], Any]) -> None:
    x, y = xp.asarray([1.0, 2.0]), (extensor if xp is numpy else numpy).asarray([1.0, 2.0])
    name = xp.__name__.removeprefix("array_api_compat.").removesuffix(".numpy")
    for first, second in ((x, y), (y, x)):
        with pytest.raises(TypeError, match=r"arrays of \w+ and of \w+ cannot meet.*; convert .*from_dlpack") as found:
            call(first, second)
        assert f"of {name} " in str(found.value)


def test_two_namespaces_of_one_library() -> None:
    live = wrap(array_api_compat.numpy)
    x = live.asarray([1.0, 2.0])
    assert array_namespace(VECTOR, x) is x.__array_namespace__()


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("no_such_library", ImportError, "no array namespace 'no_such_library'"),
        ("", ImportError, "no array namespace ''"),
        (".numpy", ImportError, "no array namespace '.numpy'"),
        ("math", TypeError, "'math' is not an array namespace"),
        (numpy, TypeError, "expected the name of an array namespace, such as 'numpy', got <module"),
    ],
)
def test_names_that_stand_for_no_namespace(name: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        import_namespace(name)


def test_a_name_is_no_namespace() -> None:
    with pytest.raises(TypeError, match=r"expected an array namespace, got 'numpy'; .*import_namespace"):
        wrap("numpy")
