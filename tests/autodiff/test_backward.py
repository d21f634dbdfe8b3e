"""Every named backward pass against PyTorch's autograd, on every namespace."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy
import optree
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, mutually_broadcastable_shapes
from numpy.testing import assert_allclose

from autodiff import backward, check_grads, grad, import_namespace, vjp

LISTED = (
    # Arithmetic, matrices and reductions.
    "add subtract multiply divide power matmul transpose dot sum mean max_reduce "
    # Functions of each element, and of the shape.
    "exp log sqrt sin cos tanh abs sign clip reshape squeeze unsqueeze flatten concatenate stack "
    # Activations and losses.
    "relu leaky_relu prelu sigmoid softmax gelu cross_entropy mse binary_cross_entropy".split()
)
"""The functions whose backward passes a framework that trains networks must have; transpose counts twice there."""


class Case(NamedTuple):
    """One call, and PyTorch's function of the same operands."""

    shapes: Sequence[tuple[int, ...]]
    torch: Callable[..., Any]
    """Takes the module and the operands."""
    params: dict[str, Any] = {}  # noqa: RUF012
    domain: tuple[float, float] = (-2.0, 2.0)
    varied: int = 1
    """How many of the operands have a cotangent."""
    listed: bool = False
    """Whether the operands are passed as one list."""
    labels: tuple[int, ...] = ()
    """Class numbers that follow the operands."""


def unary(name: str, domain: tuple[float, float] = (-2.0, 2.0)) -> list[Case]:
    return [Case([shape], lambda torch, x: getattr(torch, name)(x), domain=domain) for shape in [(2, 3), (), (0,)]]


def binary(name: str, domain: tuple[float, float] = (-2.0, 2.0)) -> list[Case]:
    shapes = [[(2, 3), (3,)], [(2, 3), (2, 3)], [(2, 1), (4, 1, 3)], [(), (2,)], [(0, 3), (1,)]]
    return [Case(pair, lambda torch, a, b: getattr(torch, name)(a, b), domain=domain, varied=2) for pair in shapes]


def reduction(in_torch: Callable[..., Any], *options: str) -> list[Case]:
    """Over all axes and over some; `in_torch` takes axes as a tuple and ``keepdims``."""

    def case(axis: Any, **params: Any) -> Case:
        axes = tuple(range(3)) if axis is None else (axis,) if isinstance(axis, int) else axis
        given = {} if axis is None else {"axis": axis}
        return Case([(2, 3, 4)], lambda torch, x: in_torch(torch, x, axes, **params), given | params)

    cases = [case(1), case(None), case(-1, keepdims=True), case((0, 2)), case((2, -2), keepdims=True)]
    return cases + [case(axis, **{name: 1}) for name in options for axis in (None, 0)]


def functional(name: str, **options: Any) -> Callable[..., Any]:
    return lambda torch, *operands, **params: getattr(torch.nn.functional, name)(*operands, **options | params)


def activation(in_torch: Callable[..., Any], *params: tuple[dict[str, Any], dict[str, Any]]) -> list[Case]:
    """With default options, then with pairs of ours and PyTorch's."""
    cases = [Case([(3, 4)], in_torch), Case([(5,)], in_torch, domain=(-1e4, 1e4))]
    for ours, theirs in params:
        cases.append(Case([(3, 4)], lambda torch, x, theirs=theirs: in_torch(torch, x, **theirs), ours))
    return cases


def loss(name: str, domain: tuple[float, float] = (-2.0, 2.0)) -> list[Case]:
    return [
        Case([(4, 3), (4, 3)], functional(name, reduction="none"), {}, domain),
        Case([(4, 3), (4, 3)], functional(name, reduction="mean"), {"reduction": "mean"}, domain),
        Case([(5,), (5,)], functional(name, reduction="sum"), {"reduction": "sum"}, domain),
    ]


def cross_entropy(reduction: str) -> Case:
    def in_torch(torch: Any, logits: Any, labels: Any) -> Any:
        return torch.nn.functional.cross_entropy(logits, labels, reduction=reduction)

    return Case([(3, 4)], in_torch, {"reduction": reduction}, labels=(3, 0, 3))


CASES: dict[str, list[Case]] = {
    "add": binary("add"),
    "subtract": binary("subtract"),
    "multiply": binary("multiply"),
    "divide": binary("divide", (0.5, 2.0)),
    "power": binary("pow", (0.5, 2.0)),
    "matmul": [
        Case(shapes, lambda torch, a, b: torch.matmul(a, b), varied=2)
        for shapes in ([(2, 3), (3, 4)], [(3,), (3, 4)], [(2, 3), (3,)], [(3,), (3,)], [(5, 1, 2, 3), (4, 3, 2)])
    ],
    "dot": [
        Case([(3,), (3,)], lambda torch, a, b: torch.dot(a, b), varied=2),
        Case([(2, 3), (3,)], lambda torch, a, b: torch.linalg.vecdot(a, b), varied=2),
        Case([(3, 2), (3, 2)], lambda torch, a, b: torch.linalg.vecdot(a, b, dim=0), {"axis": -2}, varied=2),
    ],
    "transpose": [
        Case([(2, 3)], lambda torch, x: x.permute(1, 0)),
        Case([(2, 3, 4)], lambda torch, x: x.permute(2, 1, 0)),
        Case([(2, 3, 4)], lambda torch, x: x.permute(1, 2, 0), {"axes": (1, 2, 0)}),
        Case([()], lambda torch, x: x),
    ],
    "sum": reduction(lambda torch, x, axes, keepdims=False: x.sum(axes, keepdim=keepdims)),
    "mean": reduction(lambda torch, x, axes, keepdims=False: x.mean(axes, keepdim=keepdims)),
    "max_reduce": reduction(lambda torch, x, axes, keepdims=False: x.amax(axes, keepdim=keepdims)),
    "min_reduce": reduction(lambda torch, x, axes, keepdims=False: x.amin(axes, keepdim=keepdims)),
    "variance": reduction(
        lambda torch, x, axes, keepdims=False, ddof=0: x.var(axes, correction=ddof, keepdim=keepdims), "ddof"
    ),
    "std": reduction(
        lambda torch, x, axes, keepdims=False, ddof=0: x.std(axes, correction=ddof, keepdim=keepdims), "ddof"
    ),
    "exp": unary("exp"),
    "log": unary("log", domain=(0.5, 2.0)),
    "log2": unary("log2", domain=(0.5, 2.0)),
    "log10": unary("log10", domain=(0.5, 2.0)),
    "sqrt": unary("sqrt", domain=(0.5, 2.0)),
    "sin": unary("sin"),
    "cos": unary("cos"),
    "tanh": unary("tanh"),
    "abs": unary("abs"),
    "sign": unary("sign"),
    "clip": [
        Case([(3, 4)], lambda torch, x, limits=limits: torch.clip(x, *limits), params)
        for params, limits in [
            ({"min_val": -0.5, "max_val": 0.5}, (-0.5, 0.5)),
            ({"max_val": 0.5}, (None, 0.5)),
            ({"min_val": 0.5}, (0.5, None)),
        ]
    ],
    "reshape": [Case([(2, 3)], lambda torch, x: x.reshape(3, -1), {"shape": (3, -1)})],
    "flatten": [Case([shape], lambda torch, x: x.flatten()) for shape in [(2, 3, 4), (), (0, 2)]],
    "squeeze": [
        Case([(1, 3, 1)], lambda torch, x: x.squeeze(0), {"axis": 0}),
        Case([(1, 3, 1)], lambda torch, x: x.squeeze((0, -1)), {"axis": (0, -1)}),
    ],
    "unsqueeze": [
        Case([(2, 3)], lambda torch, x: x.unsqueeze(0)),
        Case([(2, 3)], lambda torch, x: x.unsqueeze(-1), {"axis": -1}),
    ],
    "concatenate": [
        Case([(2, 3), (1, 3)], lambda torch, *arrays: torch.cat(arrays), listed=True),
        Case([(2, 1), (2, 2), (2, 0)], lambda torch, *arrays: torch.cat(arrays, dim=-1), {"axis": -1}, listed=True),
    ],
    "stack": [
        Case([(2, 3), (2, 3)], lambda torch, *arrays: torch.stack(arrays), listed=True),
        Case([(2, 3)] * 3, lambda torch, *arrays: torch.stack(arrays, dim=1), {"axis": 1}, listed=True),
    ],
    "relu": activation(functional("relu")),
    "leaky_relu": activation(functional("leaky_relu"), ({"alpha": 0.3}, {"negative_slope": 0.3})),
    "prelu": [
        Case([(3, 4), ()], functional("prelu"), varied=2),
        Case([(2, 3, 4), (3, 1)], lambda torch, x, w: functional("prelu")(torch, x, w[:, 0]), varied=2),
    ],
    "elu": activation(functional("elu"), ({"alpha": 0.3}, {"alpha": 0.3})),
    "selu": activation(functional("selu")),
    "gelu": activation(functional("gelu"), ({"approximate": "tanh"}, {"approximate": "tanh"})),
    "swish": activation(functional("silu")),
    "mish": activation(functional("mish")),
    "sigmoid": activation(functional("sigmoid")),
    # PyTorch's own has 1 / 6 in single precision.
    "hard_sigmoid": [Case([(20,)], lambda torch, x: torch.nn.functional.relu6(x + 3) / 6, domain=(-5.0, 5.0))],
    "hard_swish": [Case([(20,)], functional("hardswish"), domain=(-5.0, 5.0))],
    "hard_tanh": activation(
        functional("hardtanh"), ({"min_val": -0.5, "max_val": 1.5}, {"min_val": -0.5, "max_val": 1.5})
    ),
    "softmax": activation(functional("softmax", dim=-1), ({"axis": 0}, {"dim": 0})),
    "conv2d": [
        Case([(2, 2, 3, 3), (3, 2, 2, 1), (3,)], functional("conv2d"), varied=3),
        Case(
            [(2, 4, 5, 5), (6, 2, 3, 2), (6,)],
            functional("conv2d", stride=2, padding=1, groups=2),
            {"stride": 2, "padding": 1, "groups": 2},
            varied=3,
        ),
    ],
    "max_pool2d": [
        Case([(2, 3, 4, 3)], functional("max_pool2d", kernel_size=(2, 1)), {"kernel_size": (2, 1)}),
        Case(
            [(2, 3, 6, 5)],
            functional("max_pool2d", kernel_size=(2, 3), stride=1, padding=1),
            {"kernel_size": (2, 3), "stride": 1, "padding": 1},
        ),
    ],
    "avg_pool2d": [
        Case([(2, 3, 4, 3)], functional("avg_pool2d", kernel_size=(2, 1)), {"kernel_size": (2, 1)}),
        Case(
            [(2, 3, 6, 5)],
            functional("avg_pool2d", kernel_size=(2, 3), stride=1, padding=1),
            {"kernel_size": (2, 3), "stride": 1, "padding": 1},
        ),
    ],
    "mean_squared_error": loss("mse_loss"),
    "mse": loss("mse_loss"),
    "binary_cross_entropy": loss("binary_cross_entropy", (0.1, 0.9)),
    "cross_entropy": [cross_entropy(reduction) for reduction in ("none", "mean", "sum")],
}

EVERY = [pytest.param(name, case, id=f"{name}-{i}") for name, cases in CASES.items() for i, case in enumerate(cases)]
FIRST = [param for param in EVERY if param.id.endswith("-0")]


def named(name: str) -> Callable[..., Any]:
    return getattr(backward, f"{name}_backward")


def forward_of(name: str) -> Callable[..., Any]:
    """The function that a pass belongs to, found in the pass itself."""
    return inspect.getclosurevars(named(name)).nonlocals["f"]


def drawn(case: Case, seed: int = 0) -> list[numpy.ndarray]:
    rng = numpy.random.default_rng(seed)
    return [numpy.asarray(rng.uniform(*case.domain, size=shape)) for shape in case.shapes]


def arguments(xp: Any, case: Case, operands: Sequence[Any]) -> list[Any]:
    labels = [xp.asarray(case.labels)] if case.labels else []
    return [list(operands)] if case.listed else [*operands, *labels]


def cotangents(name: str, case: Case, grad_output: Any, args: Sequence[Any]) -> list[Any]:
    """What the pass returns, as a list with one entry for each operand that has a cotangent."""
    cts = named(name)(grad_output, *args, **case.params)
    if case.listed:
        assert isinstance(cts, list)
        return cts
    if case.varied == 1:
        return [cts]
    assert isinstance(cts, tuple)
    return list(cts)


def as_numpy(x: Any) -> numpy.ndarray:
    return numpy.asarray(x)


def test_all_listed_passes_are_there() -> None:
    assert len(LISTED) + 1 == 36
    assert set(LISTED) <= set(CASES)


def test_every_pass_is_exported_and_has_a_case() -> None:
    assert set(backward.__all__) == {"backward_of", *[f"{name}_backward" for name in CASES]}
    for name in set(CASES) - {"mse"}:
        assert named(name).__name__ == f"{name}_backward"


@pytest.mark.parametrize(("name", "case"), EVERY)
def test_cotangents_agree_with_torch(name: str, case: Case) -> None:
    torch = pytest.importorskip("torch")
    values = drawn(case)
    count = len(values) if case.listed else case.varied
    tensors = [torch.tensor(x, requires_grad=i < count) for i, x in enumerate(values)]
    out = case.torch(torch, *tensors, *([torch.tensor(case.labels)] if case.labels else []))
    ct = numpy.random.default_rng(1).normal(size=tuple(out.shape))
    expected = torch.autograd.grad(out, tensors[:count], torch.asarray(ct, dtype=torch.float64))

    found = cotangents(name, case, ct, arguments(numpy, case, values))
    assert len(found) == count
    for actual, like, theirs in zip(found, values, expected, strict=False):
        assert actual.shape == like.shape
        assert_allclose(actual, theirs.numpy(), rtol=1e-10, atol=1e-12)


def check_against_vjp(xp: Any, name: str, case: Case) -> None:
    values = [x.astype(numpy.float32) for x in drawn(case)]
    operands = [xp.asarray(x) for x in values]
    args = arguments(xp, case, operands)
    out, pullback = vjp(lambda *args: forward_of(name)(*args, **case.params), *args)
    found = cotangents(name, case, xp.ones_like(out), args)
    elsewhere = cotangents(name, case, numpy.ones(out.shape, dtype="float32"), arguments(numpy, case, values))
    for actual, like, expected, other in zip(
        found, operands, optree.tree_leaves(pullback(xp.ones_like(out))), elsewhere, strict=False
    ):
        assert actual.dtype == xp.float32
        assert actual.shape == like.shape
        assert_allclose(as_numpy(actual), as_numpy(expected))
        assert_allclose(as_numpy(actual), other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("namespace", ["extensor", "array_api_strict"])
@pytest.mark.parametrize(("name", "case"), FIRST)
def test_cotangents_are_those_of_vjp(namespace: str, name: str, case: Case) -> None:
    pytest.importorskip(namespace)
    check_against_vjp(import_namespace(namespace), name, case)


@pytest.mark.parametrize(
    "name", ["add", "matmul", "max_reduce", "transpose", "clip", "concatenate", "prelu", "softmax"]
)
def test_every_namespace_will_do(xp: Any, name: str) -> None:
    check_against_vjp(xp, name, CASES[name][0])


@pytest.mark.parametrize(("name", "case"), FIRST)
def test_passes_are_differentiable(name: str, case: Case) -> None:
    values = drawn(case)
    args = arguments(numpy, case, values)
    varied = args[: len(args) - len(case.labels[:1])]
    out = forward_of(name)(*args, **case.params)
    ct = numpy.random.default_rng(1).normal(size=out.shape)

    def f(ct: Any, varied: Any) -> Any:
        return named(name)(ct, *varied, *args[len(varied) :], **case.params)

    check_grads(f, (ct, varied), order=1)


@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_broadcast_operands_get_sums(data: st.DataObject) -> None:
    pair = data.draw(mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
    a, b = (numpy.ones(shape) for shape in pair.input_shapes)
    first, second = backward.add_backward(numpy.ones(pair.result_shape), a, b)
    total = numpy.prod(pair.result_shape)
    assert (first.shape, second.shape) == pair.input_shapes
    assert numpy.sum(first) == numpy.sum(second) == total


@given(data=st.data())
@settings(max_examples=20, deadline=None)
def test_mean_gets_equal_shares(data: st.DataObject) -> None:
    shape = data.draw(array_shapes(max_dims=3, max_side=4))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    keepdims = data.draw(st.booleans())
    ct = numpy.ones(numpy.mean(numpy.zeros(shape), axis=axis, keepdims=keepdims).shape)
    share = backward.mean_backward(ct, numpy.zeros(shape), axis, keepdims)
    assert_allclose(share, numpy.full(shape, 1 / shape[axis]))


def test_no_bias_has_no_cotangent() -> None:
    x, weight = numpy.ones((1, 1, 3, 3)), numpy.ones((1, 1, 2, 2))
    x_ct, weight_ct, bias_ct = backward.conv2d_backward(numpy.ones((1, 1, 2, 2)), x, weight)
    assert_allclose(x_ct[0, 0], [[1, 2, 1], [2, 4, 2], [1, 2, 1]])
    assert_allclose(weight_ct, numpy.full((1, 1, 2, 2), 4.0))
    assert bias_ct is None


def test_ties_share() -> None:
    ct = backward.max_reduce_backward(numpy.asarray(1.0), numpy.asarray([2.0, 1.0, 2.0]))
    assert_allclose(ct, [0.5, 0.0, 0.5])


def test_second_derivative_of_a_pass() -> None:
    # The pass of sin is cos.
    assert float(grad(lambda x: backward.sin_backward(numpy.asarray(1.0), x))(numpy.asarray(0.5))) == -numpy.sin(0.5)


def test_operands_that_are_no_floating_point_arrays_have_no_cotangent() -> None:
    first, second = backward.power_backward(numpy.ones(2), numpy.asarray([3.0, 4.0]), 2)
    assert_allclose(first, [6.0, 8.0])
    assert second is None


def test_arguments_by_name() -> None:
    x = numpy.ones((2, 3))
    assert_allclose(backward.sum_backward(numpy.ones((2, 1)), x=x, keepdims=True, axis=1), x)
    first, second = backward.multiply_backward(numpy.ones(()), b=numpy.asarray(3.0), a=numpy.asarray(2.0))
    assert (float(first), float(second)) == (3.0, 2.0)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: backward.add_backward(numpy.ones(2), numpy.ones(3), numpy.ones(3)), ValueError, r"\(3,\).*\(2,\)"),
        (lambda: backward.exp_backward(1.0, numpy.ones(3)), ValueError, r"shape \(3,\).*float"),
        (lambda: backward.add_backward(numpy.ones(2), numpy.ones(2)), TypeError, r"add\(a, b\) takes.*'b'"),
        (lambda: backward.exp_backward(numpy.ones(2), 1, 2), TypeError, r"exp_backward takes grad_output.*too many"),
        (lambda: backward.exp_backward(numpy.ones(2), numpy.ones(2, dtype=int)), TypeError, "floating-point"),
        (lambda: backward.exp_backward(numpy.asarray(1.0), 1.0), TypeError, "floating-point"),
        (lambda: backward.mse_backward(numpy.ones(2), numpy.ones(2), numpy.ones(1)), ValueError, "need targets"),
    ],
)
def test_errors_say_what_was_passed(call: Callable[[], Any], error: type[Exception], match: str) -> None:
    with pytest.raises(error, match=match):
        call()


def test_signatures_are_readable() -> None:
    assert str(inspect.signature(backward.add_backward)) == "(grad_output, /, a, b)"
    assert str(inspect.signature(backward.sum_backward)) == "(grad_output, /, x, axis=None, keepdims=False)"
    assert str(inspect.signature(backward.softmax_backward)) == "(grad_output, /, x, axis=-1)"
    for name in CASES:
        assert "grad_output : array" in (inspect.getdoc(named(name)) or "")
    assert "Cotangents of `x`, `alpha`." in (inspect.getdoc(backward.prelu_backward) or "")
    assert "Cotangent of `x`." in (inspect.getdoc(backward.sum_backward) or "")


def test_backward_of_a_function_of_trees(xp: Any) -> None:
    def affine(x: Any, params: Any, *, scale: float = 1.0) -> Any:
        return scale * (params["w"] * x + params["b"])

    affine_backward = backward.backward_of(affine, argnums=(1, 0))
    x = xp.asarray([1.0, 2.0])
    params = {"w": xp.asarray([3.0, 4.0]), "b": xp.asarray(1.0)}
    params_ct, x_ct = affine_backward(xp.asarray([1.0, 10.0]), x, params, scale=2.0)
    assert_allclose(as_numpy(x_ct), [6.0, 80.0])
    assert_allclose(as_numpy(params_ct["w"]), [2.0, 40.0])
    assert_allclose(as_numpy(params_ct["b"]), 22.0)


def test_importing_the_passes_does_not_import_nn() -> None:
    code = "import sys, autodiff.backward; sys.exit('nn' in sys.modules or 'extensor' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
