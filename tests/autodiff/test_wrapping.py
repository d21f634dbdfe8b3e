"""Wrapped arrays are arrays of a conforming namespace, to the code that meets them."""

from __future__ import annotations

import enum
import inspect
import math
import operator
from collections.abc import Callable
from typing import Any

import array_api_compat
import array_api_extra
import numpy
import pytest

from autodiff import Forward, Reverse, WrappedArray, array_namespace, check_grads, grad, stop_gradient
from conformance import spec

KINDS = {
    "Forward": lambda xp, x: Forward(xp).variable(x, xp.ones_like(x)),
    "Reverse": lambda xp, x: Reverse(xp).variable(x),
    "Forward of Reverse": lambda xp, x: (lambda y: Forward(y.namespace).variable(y, y))(Reverse(xp).variable(x)),
    "Reverse of Forward": lambda xp, x: (lambda y: Reverse(y.namespace).variable(y))(Forward(xp).variable(x, x)),
}
"""Ways to wrap an array."""

OPERATORS = {
    "__abs__": abs,
    "__neg__": operator.neg,
    "__pos__": operator.pos,
    "__invert__": operator.invert,
    **{f"__{name}__": getattr(operator, name) for name in "add sub mul truediv floordiv mod pow matmul".split()},
    **{f"__{name}__": getattr(operator, name) for name in "and_ or_ xor lshift rshift lt le gt ge eq ne".split()},
}
OPERATORS |= {f"__{name}__": OPERATORS.pop(f"__{name}___") for name in ("and", "or")}
INTEGER = {"__invert__", "__and__", "__or__", "__xor__", "__lshift__", "__rshift__"}
ROWS = [pytest.param(row, id=row.method) for row in spec.OPERATORS]
FUNCTIONS = [row for row in spec.FUNCTIONS if row.chapter not in ("info", "inspection")]


@pytest.fixture(params=KINDS)
def wrap(request: pytest.FixtureRequest) -> Callable[[Any, Any], Any]:
    """Wraps an array of a namespace by each kind of transformation."""
    return KINDS[request.param]


def stripped(x: Any) -> Any:
    while isinstance(x, WrappedArray):
        x = x.primal
    return x


def same(xp: Any, found: Any, expected: Any) -> bool:
    found = stripped(found)
    return found.dtype == expected.dtype and found.shape == expected.shape and bool(xp.all(found == expected))


def test_attributes(xp: Any, wrap: Any) -> None:
    inner = xp.reshape(xp.arange(6, dtype=xp.float64), (2, 3))
    x = wrap(xp, inner)
    assert (x.dtype, x.ndim, x.shape, x.size) == (xp.float64, 2, (2, 3), 6)
    assert x.device == inner.device
    assert same(xp, x.T, xp.matrix_transpose(inner))
    assert same(xp, x.mT, xp.matrix_transpose(inner))
    assert same(xp, x.to_device(x.device), inner)
    assert len(x) == 2
    assert [row.shape for row in x] == [(3,), (3,)]
    assert "Array(" in repr(x)
    with pytest.raises(ValueError, match=r"two-dimensional.*use x\.mT"):
        x[0, ...].T  # noqa: B018
    with pytest.raises(TypeError, match="unhashable"):
        hash(x)


def test_conversion_to_python(xp: Any, wrap: Any) -> None:
    x = wrap(xp, xp.asarray(2.5, dtype=xp.float64))
    assert (bool(x), int(x)) == (True, 2)
    for convert in (float, complex, math.exp):
        with pytest.warns(UserWarning, match="derivative is lost.*stop_gradient"):
            assert convert(x) == convert(2.5)
    constant = stop_gradient(x)
    assert (float(constant), complex(constant)) == (2.5, 2.5 + 0j)
    assert operator.index(x.__array_namespace__().asarray(3)) == 3
    with pytest.raises(TypeError, match="0-d"):
        len(x)


@pytest.mark.parametrize("row", ROWS)
def test_operators(xp: Any, wrap: Any, row: spec.Operator) -> None:
    dtype = xp.int64 if row.method in INTEGER else xp.float64
    a, b = xp.asarray([[3, 2], [1, 2]], dtype=dtype), xp.asarray([[1, 2], [3, 1]], dtype=dtype)
    f = OPERATORS[row.method]
    x, expected = wrap(xp, a), f(a) if row.signature == "(self, /)" else f(a, b)
    if row.signature == "(self, /)":
        assert same(xp, f(x), expected)
        return
    y = x.__array_namespace__().asarray(b)
    assert same(xp, f(x, b), expected)
    assert same(xp, f(x, y), expected)
    if row.reflected:
        assert same(xp, getattr(x, row.reflected)(b), f(b, a))
    if row.method != "__matmul__":
        assert same(xp, f(x, 2), f(a, 2))
        assert same(xp, f(2, x), f(2, a))
    if row.inplace:
        was, alias = x, x
        x = getattr(operator, row.inplace)(x, b)
        assert x is was is alias
        assert same(xp, x, expected)
        assert same(xp, a, xp.asarray([[3, 2], [1, 2]], dtype=dtype))


class Number(enum.IntEnum):
    TWO = 2


@pytest.mark.parametrize("other", [Number.TWO, numpy.float32(2.0)], ids=["enum", "scalar"])
@pytest.mark.parametrize("name", ["__add__", "__mul__", "__truediv__", "__pow__"])
def test_numbers_of_other_types(wrap: Any, name: str, other: Any) -> None:
    f, a = OPERATORS[name], numpy.asarray([1.5, 2.5, 0.5])
    x = wrap(numpy, a)
    assert same(numpy, f(x, other), f(a, other))
    assert same(numpy, getattr(x, f"__r{name[2:]}")(other), f(other, a))
    check_grads(lambda x: f(x, other), [a], order=2)


class Unit:
    """Has an operator of its own."""

    def __rmul__(self, other: Any) -> str:
        return "with unit"


@pytest.mark.parametrize("other", [[1.0, 2.0], (1.0, 2.0), {}], ids=repr)
def test_containers_are_no_operands(xp: Any, wrap: Any, other: Any) -> None:
    x = wrap(xp, xp.asarray([1.0, 2.0]))
    for f in (operator.add, operator.mul, operator.lt, operator.eq, operator.matmul, operator.iadd):
        for operands in ((x, other), (other, x)):
            with pytest.raises(TypeError, match=rf"must be an array .* got {type(other).__name__}; make it an array"):
                f(*operands)


@pytest.mark.parametrize("other", [None, "text", object()], ids=["none", "text", "object"])
def test_other_operands_have_their_turn(xp: Any, wrap: Any, other: Any) -> None:
    x = wrap(xp, xp.asarray([1.0, 2.0]))
    for f in (operator.add, operator.truediv, operator.lt, operator.matmul, operator.iadd):
        with pytest.raises(TypeError, match=r"unsupported operand|not supported between"):
            f(x, other)
    assert (x == other) is False
    assert x != other
    assert x * Unit() == "with unit"


def test_in_place_operations_do_not_change_shape_or_data_type(wrap: Any) -> None:
    x = wrap(numpy, numpy.ones(3, dtype="float32"))
    for other in (numpy.ones((2, 3), dtype="float32"), numpy.ones(3)):
        with pytest.raises(TypeError, match=r"write x = x \+ y"):
            x += other


def test_assignment_rebinds_and_leaves_the_arrays_beneath_alone(xp: Any) -> None:
    original = xp.asarray([1.0, 2.0, 3.0], dtype=xp.float64)

    def f(x: Any) -> Any:
        y = +x
        y[0] = x[1] * x[2]
        y[1:] *= 2.0
        x[2] = 0.0
        return x.__array_namespace__().sum(y * x)

    # (x1 x2) x0 + 2 x1 x1
    assert same(xp, grad(f)(original), xp.asarray([6.0, 3.0 + 8.0, 2.0], dtype=xp.float64))
    assert same(xp, original, xp.asarray([1.0, 2.0, 3.0], dtype=xp.float64))


def test_indices_may_be_wrapped() -> None:
    x = numpy.asarray([1.0, 5.0, 3.0])

    def f(x: Any) -> Any:
        xp = x.__array_namespace__()
        return x[xp.argmax(x)] * xp.sum(x[x < 4.0]) + xp.sum(x[xp.asarray([0, 0, 1])]) + x[xp.asarray(2)]

    check_grads(f, [x], order=2)
    assert grad(f)(x).tolist() == [5.0 + 2.0, 4.0 + 1.0, 5.0 + 1.0]


def test_iteration_and_unpacking() -> None:
    def f(x: Any) -> Any:
        first, second = x
        return first @ second + sum(row[0] for row in x)

    x = numpy.asarray([[1.0, 2.0], [3.0, 4.0]])
    assert grad(f)(x).tolist() == [[4.0, 4.0], [2.0, 2.0]]


@pytest.mark.parametrize("index", [(5,), (0, 0, 0), "text", 1.5])
def test_wrong_indices_raise_the_error_of_the_namespace(wrap: Any, index: Any) -> None:
    x = wrap(numpy, numpy.ones((2, 2)))
    with pytest.raises(IndexError):
        x[index]


# Creation.


def test_arrays_from_nested_lists(xp: Any) -> None:
    def f(x: Any, y: Any) -> Any:
        xp = x.__array_namespace__()
        matrix = xp.asarray([[x, y, 1.0], [2.0, x * y, 0.0]])
        assert matrix.shape == (2, 3)
        return xp.sum(matrix * matrix) + xp.asarray(x, copy=True)

    x, y = xp.asarray(2.0, dtype=xp.float64), xp.asarray(3.0, dtype=xp.float64)
    assert [float(ct) for ct in grad(f, (0, 1))(x, y)] == [4.0 + 36.0 + 1.0, 6.0 + 24.0]


def test_asarray_converts_and_keeps_the_derivative(xp: Any) -> None:
    def f(x: Any) -> Any:
        xp = x.__array_namespace__()
        y = xp.asarray(x, dtype=xp.float32)
        assert y.dtype == xp.float32
        assert xp.asarray(x) is x
        return xp.sum(y)

    assert same(xp, grad(f)(xp.zeros(2, dtype=xp.float64)), xp.ones(2, dtype=xp.float64))


def test_constants_made_inside(xp: Any, wrap: Any) -> None:
    x = wrap(xp, xp.ones((2, 3), dtype=xp.float64))
    inner, xp = xp, x.__array_namespace__()
    made = [
        (xp.zeros((2, 3)), inner.zeros((2, 3))),
        (xp.ones((2,), dtype=xp.float32), inner.ones((2,), dtype=inner.float32)),
        (xp.eye(3), inner.eye(3)),
        (xp.arange(3), inner.arange(3)),
        (xp.linspace(0.0, 1.0, 3), inner.linspace(0.0, 1.0, 3)),
        (xp.full((2,), 0.5), inner.full((2,), 0.5)),
        (xp.zeros_like(x), inner.zeros((2, 3), dtype=inner.float64)),
        (xp.asarray([1, 2]), inner.asarray([1, 2])),
    ]
    for found, expected in made:
        assert isinstance(found, type(x))
        assert same(inner, found, expected)
    assert same(inner, x + xp.zeros((2, 3), dtype=xp.float64), inner.ones((2, 3), dtype=inner.float64))


# The namespace.


def test_names_are_unique_and_namespaces_hashable() -> None:
    namespaces = [Forward(numpy), Forward(numpy), Reverse(numpy), Reverse(Forward(numpy))]
    assert len({xp.__name__ for xp in namespaces}) == len(set(namespaces)) == 4
    assert namespaces[3].__name__.startswith("autodiff.Reverse[autodiff.Forward[numpy]#")
    assert namespaces[0].__name__ in repr(namespaces[0])


@pytest.mark.parametrize("row", FUNCTIONS, ids=lambda row: row.path)
def test_signatures_are_those_of_the_standard(row: spec.Function) -> None:
    for kind in (Forward, Reverse):
        function = operator.attrgetter(row.path)(kind(numpy))
        assert function.__name__ == row.name
        assert row.name in function.__doc__
        parameters = inspect.signature(function).parameters.values()
        bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
        assert str(inspect.Signature(bare)) == row.signature


def test_constants_data_types_and_inspection_are_those_of_the_inner_namespace(xp: Any) -> None:
    for wrapped in (Forward(xp), Reverse(xp)):
        for name in (*spec.CONSTANTS, *spec.DTYPES):
            assert getattr(wrapped, name) is getattr(xp, name) or name == "nan"
        assert wrapped.isdtype(xp.float32, "real floating")
        assert wrapped.finfo(xp.float32).bits == 32
        assert wrapped.iinfo(xp.int8).max == 127
        assert wrapped.result_type(xp.float32, wrapped.constant(xp.ones(2, dtype=xp.float64))) == xp.float64
        assert wrapped.can_cast(xp.float32, xp.float64)
        assert wrapped.__array_namespace_info__().dtypes()["float64"] == xp.float64


def test_functions_beyond_the_standard_are_refused() -> None:
    for name in ("nansum", "linalg.lstsq", "fft.helper"):
        with pytest.raises(AttributeError, match="standard"):
            operator.attrgetter(name)(Reverse(numpy))
    assert not hasattr(Reverse(numpy), "vectorize_nothing")


# Other libraries' functions and arrays.


@pytest.mark.parametrize("f", [numpy.sin, numpy.arctan, numpy.square, numpy.negative, numpy.exp])
def test_numpy_functions(f: Any) -> None:
    check_grads(lambda x: f(x), [numpy.asarray([0.3, 0.6])], order=2)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: numpy.sum(x, axis=0),
        lambda x: numpy.concatenate([x, x * x]),
        lambda x: numpy.where(x > 0.4, x, x * x),
        lambda x: numpy.power(x, 3.0),
        lambda x: numpy.asarray([1.0, 2.0]) * x,
        lambda x: numpy.asarray([1.0, 2.0]) - x,
        lambda x: numpy.asarray([[1.0, 2.0], [3.0, 4.0]]) @ x,
        lambda x: numpy.float64(2.0) * x,
        lambda x: numpy.float64(2.0) / x,
        lambda x: numpy.add(numpy.ones(2), x),
    ],
)
def test_numpy_arrays_and_functions_meet_wrapped_arrays(f: Any) -> None:
    check_grads(f, [numpy.asarray([0.3, 0.6])], order=2)


def test_torch_functions_and_tensors_meet_wrapped_arrays() -> None:
    torch = pytest.importorskip("torch")
    x = torch.asarray([0.3, 0.6], dtype=torch.float64)
    for f in (
        torch.sin,
        lambda x: torch.add(x, x),
        lambda x: torch.mul(torch.ones(2, dtype=torch.float64), x),
        lambda x: torch.ones(2, dtype=torch.float64) * x,
        lambda x: torch.ones(2, dtype=torch.float64) - x,
        lambda x: torch.stack([x, x * x]),
    ):
        check_grads(f, [x], order=2)


def test_functions_without_rule_of_other_libraries_are_refused() -> None:
    with pytest.raises(TypeError, match="nansum is not a function of the standard"):
        grad(numpy.nansum)(numpy.ones(3))


def test_array_on_the_left(xp: Any) -> None:
    x = xp.asarray([1.0, 2.0], dtype=xp.float64)
    if xp.__name__ == "array_api_strict":
        pytest.skip("its operators raise for foreign operands instead of returning NotImplemented")
    ct = grad(lambda y: array_namespace(y).sum(x * y - x / y))(x)
    assert same(xp, ct, xp.asarray([2.0, 2.5], dtype=xp.float64))


@pytest.mark.parametrize("convert", [numpy.asarray, numpy.array])
def test_conversion_to_numpy_is_refused(wrap: Any, convert: Any) -> None:
    with pytest.raises(TypeError, match=r"autodiff\.stop_gradient"):
        convert(wrap(numpy, numpy.ones(3)))


# Code that never heard of this package.


def test_array_api_compat_finds_the_namespace(xp: Any, wrap: Any) -> None:
    x = wrap(xp, xp.ones(3, dtype=xp.float64))
    assert array_api_compat.array_namespace(x) is x.namespace
    assert array_api_compat.array_namespace(x, x * 2.0) is x.namespace
    assert array_namespace(x, 2.0, None) is x.namespace
    assert array_api_compat.size(x) == 3
    assert array_api_compat.is_array_api_obj(x)


@pytest.mark.parametrize(
    "f",
    [
        array_api_extra.cov,
        lambda x: array_api_extra.kron(x, x),
        lambda x: array_api_extra.sinc(x[0, ...]),
        lambda x: array_api_extra.atleast_nd(x, ndim=3),
        lambda x: array_api_extra.create_diagonal(x[0, ...]),
        lambda x: array_api_extra.pad(x, 1),
    ],
    ids="cov kron sinc atleast_nd create_diagonal pad".split(),
)
def test_array_api_extra_differentiates(xp: Any, f: Any) -> None:
    check_grads(f, [xp.asarray([[0.3, -0.6, 1.2], [0.5, 0.1, 0.9]], dtype=xp.float64)], order=2)


def test_storing_into_a_numpy_buffer_is_never_silent() -> None:
    def f(x: Any) -> Any:
        buffer = numpy.zeros(1)
        buffer[0] = x * x
        return x * buffer[0]

    with pytest.warns(UserWarning, match="derivative is lost"):
        grad(f)(numpy.asarray(3.0))
