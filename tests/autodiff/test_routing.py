"""Functions of extensor, NumPy and PyTorch, called by name on arrays under differentiation, reach the rules."""

import numpy
import pytest

import extensor
from autodiff import grad, jvp

VALUES = [0.25, 0.5, 0.75]

# Each function, and its gradient at VALUES worked out by hand.
CASES = {
    "unary": (lambda x: extensor.sum(extensor.exp(x)), numpy.exp(VALUES)),
    "binary": (lambda x: extensor.sum(extensor.multiply(2.0, x)), numpy.full(3, 2.0)),
    "binary with an array": (lambda x: extensor.sum(extensor.ones(3) * x), numpy.ones(3)),
    "list": (lambda x: extensor.sum(extensor.concat([extensor.ones(2), x, x])), numpy.full(3, 2.0)),
    "keywords": (lambda x: extensor.sum(extensor.clip(x, max=0.6)), numpy.asarray([1.0, 1.0, 0.0])),
    "linalg": (lambda x: extensor.linalg.trace(extensor.linalg.outer(x, x)), 2 * numpy.asarray(VALUES)),
    "asarray": (lambda x: extensor.sum(extensor.asarray(x)), numpy.ones(3)),
    "where": (lambda x: extensor.sum(extensor.where(x > 0.3, x, 0.0)), numpy.asarray([0.0, 1.0, 1.0])),
}


@pytest.mark.parametrize("name", CASES)
def test_extensor_functions_called_by_name(name):
    function, expected = CASES[name]
    x = extensor.asarray(VALUES)
    assert numpy.allclose(grad(function)(x), expected)
    ones = extensor.ones(3)
    assert numpy.isclose(float(jvp(function, [x], [ones])[1]), expected.sum())


def test_constants_are_told_from_variables():
    x = extensor.asarray(VALUES)
    floor = grad(lambda x: extensor.sum(x * extensor.floor(x + 1.0)))(x)
    assert numpy.allclose(floor, 1.0)


def test_other_libraries_stay_refused():
    class Foreign:
        def __array_function__(self, func, types, args, kwargs):
            return NotImplemented

    for call in (lambda x: extensor.sin(x), lambda x: extensor.add(x, 1.0), lambda x: extensor.sum(x)):
        with pytest.raises(TypeError, match=r"expected an ExTensor.*Foreign.*asarray"):
            call(Foreign())
