"""Transformations of PyTorch's tensors: on any device, within its own derivatives, batching and compiler."""

from __future__ import annotations

from typing import Any

import numpy
import pytest

from autodiff import Tape, array_namespace, checkpoint, grad, hessian, hvp, jacfwd, jvp, linearize, vjp, vmap

torch = pytest.importorskip("torch")
VALUES = [0.3, 0.7, -1.1]
DEVICES = [
    "cpu",
    "meta",
    pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")),
]


def f(x: Any) -> Any:
    xp = array_namespace(x)
    y = xp.where(x > 0, xp.sin(x) * x**2, x * x)
    return xp.sum(y * x[0]) + xp.max(x) * xp.linalg.vector_norm(x)


def tensor(device: str = "cpu") -> Any:
    return torch.tensor(VALUES, dtype=torch.float64, device=device)


def double(f: Any) -> Any:
    """Expected Hessian, by PyTorch itself."""
    return torch.autograd.functional.hessian(f, tensor())


def by_tape(x: Any) -> Any:
    with Tape() as tape:
        x = tape.watch(x)
        out = f(x)
    return tape.gradient(out, x)


TRANSFORMATIONS = {
    "grad": lambda x: grad(f)(x),
    "jvp": lambda x: jvp(f, [x], [x])[1],
    "vjp": lambda x: vjp(f, x)[1](x[0])[0],
    "linearize": lambda x: linearize(f, x)[1](x),
    "hvp": lambda x: hvp(f, [x], [x])[0],
    "hessian": lambda x: hessian(f)(x),
    "jacfwd": lambda x: jacfwd(grad(f))(x),
    "checkpoint": lambda x: hessian(checkpoint(f))(x),
    "vmap": lambda x: vmap(grad(f))(torch.stack([x, 2.0 * x])),
    "vmap of positions": lambda x: vmap(lambda x: x[[0, -1]])(torch.stack([x, 2.0 * x])),
    "grad of vmap": lambda x: grad(lambda x: array_namespace(x).sum(vmap(lambda y: y * x)(x) ** 2))(x),
    "Tape": by_tape,
}


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_derivatives_are_on_the_device_of_their_primals(name: str, device: str) -> None:
    """Tensors on the device "meta" have no values, and meet none that have."""
    found, expected = TRANSFORMATIONS[name](tensor(device)), TRANSFORMATIONS[name](tensor())
    assert (found.device.type, found.shape, found.dtype) == (device, expected.shape, expected.dtype)
    if device != "meta":
        numpy.testing.assert_allclose(found.cpu(), expected, rtol=1e-12)


@pytest.mark.parametrize("device", DEVICES[1:])
@pytest.mark.parametrize(
    "call",
    [
        lambda x, y: grad(lambda x: array_namespace(x).sum(x * y))(x),
        lambda x, y: grad(lambda y: grad(lambda x: array_namespace(x).sum(x * y))(x)[0])(y),
        lambda x, y: jvp(lambda x: x * x, [x], [y]),
        lambda x, y: vjp(lambda x: x * x, x)[1](y),
        lambda x, y: vmap(lambda x, y: x * y)(x, y),
        lambda x, y: grad(lambda x: array_namespace(x).sum(array_namespace(x).asarray([x[0], y[1]])))(x),
    ],
)
def test_devices_do_not_mix(call: Any, device: str) -> None:
    for x, y in ((tensor(device), tensor()), (tensor(), tensor(device))):
        with pytest.raises(RuntimeError, match=r"(?i)device"):
            call(x, y)


def test_values() -> None:
    numpy.testing.assert_allclose(hessian(f)(tensor()), double(f), rtol=1e-12)


def test_pytorch_differentiates_derivatives() -> None:
    x = tensor().requires_grad_()
    (found,) = torch.autograd.grad(grad(f)(x).sum(), x)
    numpy.testing.assert_allclose(found, double(f).sum(0), rtol=1e-12)
    numpy.testing.assert_allclose(torch.func.jacrev(grad(f))(tensor()), double(f), rtol=1e-12)


def test_parameters() -> None:
    found = grad(f)(torch.nn.Parameter(tensor()))
    numpy.testing.assert_allclose(found.detach(), grad(f)(tensor()), rtol=1e-12)


def test_pytorch_batches_derivatives() -> None:
    def of(x: Any) -> Any:
        xp = array_namespace(x)
        return hvp(lambda x: xp.sum(xp.exp(x) * xp.sin(x)) ** 2, [x], [x])[0]

    x = tensor()
    numpy.testing.assert_allclose(torch.func.vmap(of)(torch.stack([x, 2 * x])), [of(x), of(2 * x)], rtol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.complex128])
def test_products_before_a_cast(dtype: Any) -> None:
    # PyTorch multiplies no matrices of two data types, and the cotangent of what was cast comes in the later one.
    matrix = torch.ones((3, 3), dtype=torch.float64)

    def of(x: Any) -> Any:
        xp = array_namespace(x)
        return xp.sum(xp.real(xp.astype(xp.matmul(matrix, x), dtype)))

    found = grad(of)(tensor())
    assert found.dtype == torch.float64
    numpy.testing.assert_allclose(found, [3.0, 3.0, 3.0])
