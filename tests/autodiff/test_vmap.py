"""vmap: its axes, trees and errors; with derivatives inside, outside and on both sides; against loops and JAX."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy
import optree
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autodiff import (
    array_namespace,
    check_grads,
    checkpoint,
    custom_jvp,
    custom_vjp,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacrev,
    jvp,
    linear_transpose,
    linearize,
    primitive,
    stop_gradient,
    value_and_grad,
    vjp,
    vmap,
)
from autodiff.rules.kinds import Bilinear, Elementwise

RNG = numpy.random.default_rng(0)
VECTORS = RNG.uniform(0.5, 1.5, (4, 3))
MATRIX = RNG.uniform(-1.0, 1.0, (3, 3))


def close(found: Any, expected: Any) -> None:
    numpy.testing.assert_allclose(numpy.asarray(found), numpy.asarray(expected), rtol=1e-10, atol=1e-12)


def all_close(found: Any, expected: Any) -> None:
    found, expected = optree.tree_leaves(found), optree.tree_leaves(expected)
    assert len(found) == len(expected)
    for x, y in zip(found, expected, strict=True):
        close(x, y)


def looped(f: Callable[..., Any]) -> Callable[..., Any]:
    """The function on each row in turn, results stacked."""

    def run(*xs: Any) -> Any:
        xp = array_namespace(*xs)
        outs = [f(*[x[i, ...] for x in xs]) for i in range(xs[0].shape[0])]
        return optree.tree_map(lambda *rows: xp.stack(rows), *outs)

    return run


# Axes.


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_axes(data: st.DataObject) -> None:
    """The axis may stand anywhere among those of an argument and of a result."""
    shapes = data.draw(st.lists(st.lists(st.integers(1, 3), max_size=3), min_size=1, max_size=3))
    ndim = data.draw(st.integers(0, 2))
    axes = [data.draw(st.none() | st.integers(-len(shape) - 1, len(shape))) for shape in shapes]
    axes[0] = data.draw(st.integers(-len(shapes[0]) - 1, len(shapes[0])))
    out_axis = data.draw(st.integers(-ndim - 1, ndim))
    one_by_one = [RNG.random(shape if axis is None else (4, *shape)) for shape, axis in zip(shapes, axes, strict=True)]

    def f(*xs: Any) -> Any:
        assert [list(x.shape) for x in xs] == shapes
        total = sum([array_namespace(x).sum(x) for x in xs[1:]], array_namespace(xs[0]).sum(xs[0]))
        return total * array_namespace(total).ones((2, 3)[:ndim])

    moved = [x if axis is None else numpy.moveaxis(x, 0, axis) for x, axis in zip(one_by_one, axes, strict=True)]
    found = vmap(f, in_axes=tuple(axes), out_axes=out_axis)(*moved)
    expected = [f(*[x if axis is None else x[i] for x, axis in zip(one_by_one, axes, strict=True)]) for i in range(4)]
    close(found, numpy.stack(expected, axis=out_axis))


def test_trees_of_axes(xp: Any) -> None:
    params = {"w": xp.ones((2, 3), dtype=xp.float64), "b": [xp.ones((3, 4), dtype=xp.float64), "static", None, 2.0]}

    def f(params: Any, x: Any, *, scale: Any) -> Any:
        w, (b, name, nothing, number) = params["w"], params["b"]
        assert (name, nothing, number) == ("static", None, 2.0)
        assert (w.shape, b.shape, x.shape, scale.shape) == ((2,), (4,), (3, 2), ())
        here = array_namespace(x)
        return {"out": here.matmul(x, w), "same": here.ones((2,)), "parts": (b * scale, "static", None)}

    axes = ({"w": -1, "b": 0}, None)
    scale = xp.asarray([1.0, 2.0, 3.0], dtype=xp.float64)
    out = vmap(f, in_axes=axes, out_axes={"out": 1, "same": None, "parts": 0})(params, xp.ones((3, 2)), scale=scale)
    assert tuple(out["out"].shape) == (3, 3)
    assert tuple(out["same"].shape) == (2,)
    assert tuple(out["parts"][0].shape) == (3, 4)
    assert out["parts"][1:] == ("static", None)
    close(out["parts"][0][:, 0], [1.0, 2.0, 3.0])
    # A list of axes is a tuple of them.
    assert vmap(lambda x, y: x + y, in_axes=[0, None])(scale, scale[0]).shape == (3,)


def test_results_that_are_the_same_for_all_are_repeated(xp: Any) -> None:
    constant = xp.asarray([1.0, 2.0])
    found = vmap(lambda x: (constant, x.__array_namespace__().arange(2), 3.0), out_axes=(1, 0, 0))(xp.ones((4, 2)))
    assert [tuple(x.shape) for x in found[:2]] == [(2, 4), (4, 2)]
    assert found[2] == 3.0
    found = vmap(lambda x, y: y, in_axes=(0, None), out_axes=None)(xp.ones((4,)), constant)
    assert found is constant or tuple(found.shape) == (2,)


def test_repeated_results_can_be_written_to() -> None:
    out = vmap(lambda x, y: y, in_axes=(0, None))(numpy.ones(4), numpy.ones(2))
    out[0, 0] = 5.0
    assert out[1, 0] == 1.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: vmap(lambda x: x)(x[0, 0]), ValueError, r"in_axes is 0 for args\[0\], which is of shape \(\)"),
        (lambda x: vmap(lambda x: x, in_axes=2)(x), ValueError, r"in_axes is 2 for args\[0\].* \(2, 3\)"),
        (lambda x: vmap(lambda x: x, in_axes=-3)(x), ValueError, r"in_axes is -3"),
        (lambda x: vmap(lambda x: x, in_axes=None)(x), ValueError, "names no array"),
        (lambda x: vmap(lambda x: x)(2.0), ValueError, "among the arguments, but in_axes names no array"),
        (
            lambda x: vmap(lambda x, y, z: x["a"])({"a": x}, x.T, z=x.T),
            ValueError,
            r"2 in args\[0\]\['a'\] \(axis 0 of shape \(2, 3\)\), 3 in args\[1\] .*, 3 in kwargs\['z'\]",
        ),
        (lambda x: vmap(lambda x, y: x, in_axes=(0,))(x, x), ValueError, "in_axes must be"),
        (lambda x: vmap(lambda x: x, in_axes=({"a": 0},))(x), ValueError, "in_axes must be"),
        (lambda x: vmap(lambda x: x, in_axes="0")(x), TypeError, "in_axes must be an int, None.*'0'"),
        (lambda x: vmap(lambda x: x, in_axes=True)(x), TypeError, "in_axes must be"),
        (lambda x: vmap(lambda x: x, out_axes=1.0)(x), TypeError, "out_axes must be"),
        (lambda x: vmap(lambda x: x, out_axes=2)(x), ValueError, "out_axes is 2 for out.* 2 dimensions"),
        (lambda x: vmap(lambda x: (x, x), out_axes=(0, -3))(x), ValueError, r"out_axes is -3 for out\[1\]"),
        (lambda x: vmap(lambda x: (x, x), out_axes=(0, 0, 0))(x), ValueError, "out_axes must be"),
        (lambda x: vmap(lambda x: {"a": x}, out_axes=None)(x), ValueError, r"out_axes is None for out\['a'\]"),
    ],
)
def test_errors(call: Callable[..., Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(numpy.ones((2, 3)))


def test_a_list_is_no_operand() -> None:
    # It would be broadcast against the examples.
    for f in (lambda x: x * [1.0, 2.0], lambda x: array_namespace(x).multiply(x, [1.0, 2.0])):
        with pytest.raises(TypeError, match="operand"):
            vmap(f)(numpy.ones(2))


def test_integers_and_booleans_are_batched() -> None:
    found = vmap(lambda i, flag: flag.__array_namespace__().where(flag, i, -i))(
        numpy.asarray([1, 2, 3]), numpy.asarray([True, False, True])
    )
    assert found.tolist() == [1, -2, 3]


def test_names_are_kept() -> None:
    def f(x: Any) -> Any:
        """Documented."""
        return x

    assert vmap(f).__name__ == "f"
    assert vmap(f).__doc__ == "Documented."


# Nesting, and derivatives on either side.


def energy(x: Any) -> Any:
    """A number, through products, indices, reductions and a decomposition."""
    xp = array_namespace(x)
    matrix = xp.asarray(MATRIX.tolist(), dtype=x.dtype)
    y = xp.tanh(xp.matmul(matrix, x)) * x[0] + xp.exp(-xp.flip(x))
    spread = xp.linalg.inv(xp.eye(3, dtype=x.dtype) * 4 + y[:, None] * y[None, :])
    return xp.sum(y**2) + xp.sum(spread) + xp.max(y) + xp.linalg.vector_norm(xp.concat([x, y[1:]]))


def total(values: Any) -> Any:
    return array_namespace(values).sum(values)


def sum_of(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *xs: total(f(*xs))


@custom_jvp
def softplus(x: Any) -> Any:
    xp = array_namespace(x)
    return xp.log1p(xp.exp(x))


@softplus.defjvp
def _softplus_rule(primals: Any, tangents: Any) -> Any:
    (x,), (x_dot,) = primals, tangents
    xp = array_namespace(x)
    # Not the true derivative, so that it shows whether the rule was asked.
    return softplus(x), 3.0 * x_dot * (1 - 1 / (1 + xp.exp(x)))


@custom_vjp
def scaled(x: Any, y: Any) -> Any:
    return x * total(y)


scaled.defvjp(
    lambda x, y: (x * total(y), (x, y)),
    lambda residuals, ct: (5.0 * ct * total(residuals[1]), residuals[1] * total(ct * residuals[0])),
)

erf = primitive(
    Elementwise("erf", lambda xp, t, out, x: t * (2 / math.sqrt(math.pi)) * xp.exp(-x * x)),
    {"numpy": numpy.vectorize(math.erf)},
)
convolve = primitive(
    Bilinear(
        "convolve",
        lambda xp, t, out, x1, x2: convolve(t, xp.flip(x2))[x2.shape[0] - 1 : x2.shape[0] - 1 + x1.shape[0]],
        lambda xp, t, out, x1, x2: convolve(t, xp.flip(x1))[x1.shape[0] - 1 : x1.shape[0] - 1 + x2.shape[0]],
    ),
    {"numpy": numpy.convolve},
)

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "energy": energy,
    "checkpoint": checkpoint(energy),
    "checkpoint with a captured array": lambda x: checkpoint(lambda y: energy(y * x))(x),
    "custom_jvp": lambda x: total(softplus(x) * x),
    "custom_vjp": lambda x: total(scaled(x, x)),
    "primitive": lambda x: total(erf(x) * x),
    "primitive without a rule for batches": lambda x: total(convolve(x, x[:2]) ** 2),
    "stop_gradient": lambda x: total(x * stop_gradient(x) ** 2),
    "grad": lambda x: total(grad(energy)(x) ** 2),
    "jvp": lambda x: jvp(energy, [x], [x])[1],
    "loop with a condition": lambda x: energy(sum([x for i in range(3) if i != 1], x)),
    "in place": lambda x: energy(_in_place(x)),
}


def _in_place(x: Any) -> Any:
    xp = array_namespace(x)
    out = xp.asarray(x, copy=True)
    out[0] = x[1] * x[2]
    out *= 2.0
    return out


DERIVATIVES: dict[str, Callable[..., Any]] = {
    "value": lambda f: f,
    "grad": grad,
    "value_and_grad": value_and_grad,
    "jvp": lambda f: lambda x: jvp(f, [x], [x * x])[1],
    "vjp": lambda f: lambda x: vjp(f, x)[1](2.0 * array_namespace(x).ones(()))[0],
    "linearize": lambda f: lambda x: linearize(f, x)[1](x),
    "jacfwd": lambda f: jacfwd(grad(f)),
    "jacrev": lambda f: jacrev(grad(f)),
    "hessian": hessian,
    "hvp": lambda f: lambda x: hvp(f, [x], [x])[0],
    "jvp of jvp": lambda f: lambda x: jvp(lambda y: jvp(f, [y], [y])[1], [x], [x])[1],
}


@pytest.mark.parametrize("derivative", DERIVATIVES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_inside(name: str, derivative: str) -> None:
    f = DERIVATIVES[derivative](FUNCTIONS[name])
    all_close(vmap(f)(VECTORS), looped(f)(VECTORS))


@pytest.mark.parametrize("derivative", ["grad", "jvp", "vjp", "hvp", "linearize"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_outside(name: str, derivative: str) -> None:
    f, of = FUNCTIONS[name], DERIVATIVES[derivative]
    all_close(of(sum_of(vmap(f)))(VECTORS), of(sum_of(looped(f)))(VECTORS))


@pytest.mark.parametrize("inside", ["grad", "jvp", "hvp"])
@pytest.mark.parametrize("outside", ["grad", "jvp", "hessian"])
def test_derivatives_on_both_sides(inside: str, outside: str, xp: Any) -> None:
    if xp.__name__ == "jax.numpy":
        pytest.skip("JAX compiles every operation, which takes long; see the comparison with jax.vmap")
    f, of = DERIVATIVES[inside](energy), DERIVATIVES[outside]
    x = xp.asarray(VECTORS[:2].tolist(), dtype=xp.float64)
    all_close(of(sum_of(vmap(f)))(x), of(sum_of(looped(f)))(x))


@pytest.mark.parametrize("outside", ["value", "grad", "jvp"])
@pytest.mark.parametrize("name", ["energy", "checkpoint", "custom_jvp", "custom_vjp", "primitive", "grad"])
def test_nested(name: str, outside: str) -> None:
    """Matrices of functions, with the derivative at each level."""
    f, of = FUNCTIONS[name], DERIVATIVES[outside]
    x = RNG.uniform(0.5, 1.5, (2, 3, 3))
    all_close(vmap(vmap(of(f)))(x), looped(looped(of(f)))(x))
    all_close(vmap(of(sum_of(vmap(f))))(x), looped(of(sum_of(looped(f))))(x))
    if outside != "value":
        all_close(of(sum_of(vmap(vmap(f))))(x), of(sum_of(looped(looped(f))))(x))


def test_levels_in_every_order() -> None:
    """Arrays of an outer vmap, of an outer derivative and of neither meet in an inner one."""
    ys, zs = RNG.random((2, 3)), RNG.random(3)

    def f(w: Any, x: Any, y: Any) -> Any:
        return total(array_namespace(w, x, y).sin(w * x) * y)

    def inner(vmapped: Callable[..., Any]) -> Callable[..., Any]:
        def of_y(w: Any, y: Any) -> Any:
            return total(vmapped(lambda x: grad(f)(w, x, y) * x)(VECTORS)) * total(zs * w)

        return of_y

    def outer(vmapped: Callable[..., Any]) -> Any:
        return grad(lambda w: total(vmapped(lambda y: inner(vmapped)(w, y) * grad(inner(vmapped))(w, y))(ys)))(zs)

    close(outer(vmap), outer(looped))


def test_gradients_of_selection_by_positions(xp: Any) -> None:
    rows = xp.asarray(VECTORS.tolist(), dtype=xp.float64)
    positions = [[0, -1, 0], [1, 1, 2], [0, 1, 2], [-1, -1, -1]]
    count = numpy.asarray([[2, 0, 1], [0, 2, 1], [1, 1, 1], [0, 0, 3]])
    of_each = xp.asarray(positions)

    def squares(x: Any, i: Any) -> Any:
        return array_namespace(x).sum(x[i] ** 2)

    by_row = lambda f: lambda rows, i, axis: array_namespace(rows).sum(vmap(f, (0, axis))(rows, i))  # noqa: E731
    close(grad(by_row(squares))(rows, of_each, 0), 2 * VECTORS * count)
    close(grad(by_row(squares))(rows, of_each[0, ...], None), 2 * VECTORS * count[0])
    close(jvp(lambda rows: by_row(squares)(rows, of_each, 0), [rows], [rows])[1], numpy.sum(2 * VECTORS**2 * count))


def test_outer_variables_are_assigned_what_differs_by_example() -> None:
    def f(x: Any) -> Any:
        def assign(y: Any) -> Any:
            rows = +x
            rows[0] = y
            return rows[0] * rows[1]

        return array_namespace(x).sum(vmap(assign)(x))

    # Of (x0 + x1 + x2) x1.
    close(grad(f)(numpy.asarray([1.0, 2.0, 3.0])), [2.0, 8.0, 2.0])


def test_axes_may_be_integers_of_numpy() -> None:
    axis = numpy.int64(-1)
    close(vmap(lambda x: array_namespace(x).sum(x, axis=axis))(VECTORS), numpy.sum(VECTORS, axis=1))
    close(vmap(grad(lambda x: array_namespace(x).max(x, axis=axis)))(VECTORS), VECTORS.max(1)[:, None] == VECTORS)


@pytest.mark.parametrize("axis", [numpy.int64(1), numpy.asarray(1), (numpy.int8(1), numpy.int8(-1))])
def test_axes_of_examples_may_be_integers_of_numpy(axis: Any) -> None:
    axes = axis if isinstance(axis, tuple) else (axis, axis)
    out = vmap(lambda x, y: (x + y, x), in_axes=axes, out_axes=axes)(VECTORS, VECTORS)
    close(out[0], 2 * VECTORS)
    close(out[1], VECTORS)


def test_per_example_gradients_and_their_sum(xp: Any) -> None:
    def loss(params: Any, x: Any, y: Any) -> Any:
        here = array_namespace(params["w"], x)
        return here.sum((here.matmul(params["w"], x) + params["b"] - y) ** 2)

    w, b = xp.asarray(MATRIX.tolist(), dtype=xp.float64), xp.ones((3,), dtype=xp.float64)
    x = xp.asarray(VECTORS.tolist(), dtype=xp.float64)
    params = {"w": w, "b": b}
    found = vmap(grad(loss), in_axes=(None, 0, 0))(params, x, x)
    assert tuple(found["w"].shape) == (4, 3, 3)
    summed = grad(lambda params: total(vmap(loss, in_axes=(None, 0, 0))(params, x, x)))(params)
    for name in params:
        close(summed[name], numpy.sum(numpy.asarray(found[name]), axis=0))
        rows = [grad(loss)(params, x[i, :], x[i, :])[name] for i in range(4)]
        close(found[name], numpy.stack([numpy.asarray(row) for row in rows]))


def test_directions_are_batched_and_conditions_on_primals_work() -> None:
    def f(x: Any) -> Any:
        if x[0] > 0 and float(stop_gradient(x[1])) > 0:
            return x**3
        raise AssertionError

    x = VECTORS[0]
    close(vmap(lambda x_dot: jvp(f, [x], [x_dot])[1])(numpy.eye(3)), numpy.diag(3 * x**2))
    _, pullback = vjp(f, x)
    close(vmap(lambda ct: pullback(ct)[0])(numpy.eye(3)), numpy.diag(3 * x**2))
    _, pushforward = linearize(f, x)
    close(vmap(pushforward)(numpy.eye(3)), numpy.diag(3 * x**2))
    for jacobian in (jacfwd, jacrev):
        close(jacobian(f)(x), numpy.diag(3 * x**2))
    close(hessian(lambda x: total(f(x)))(x), numpy.diag(6 * x))


def test_jacobians_of_code_without_a_rule_for_batches() -> None:
    x = VECTORS[0]
    for jacobian in (jacfwd, jacrev):
        found = jacobian(lambda x: convolve(x, x[:2]))(x)
        expected = [
            (numpy.convolve(x + step, (x + step)[:2]) - numpy.convolve(x - step, (x - step)[:2])) / 2e-6
            for step in 1e-6 * numpy.eye(3)
        ]
        numpy.testing.assert_allclose(found, numpy.stack(expected, axis=-1), rtol=1e-6, atol=1e-8)


def test_transposes_of_batched_functions() -> None:
    transposed = linear_transpose(vmap(lambda x: MATRIX @ numpy.ones(3) * x[0]), numpy.zeros((2, 3)))
    (found,) = transposed(numpy.ones((2, 3)))
    close(found, numpy.asarray([[MATRIX.sum(), 0, 0]] * 2))


def test_gradients_against_differences() -> None:
    check_grads(vmap(energy), (VECTORS,), order=2)
    check_grads(vmap(lambda x, i: x[i] * x, in_axes=(0, 0)), (VECTORS, numpy.asarray([0, 2, 1, 1])), order=2)


def test_custom_derivatives_of_what_is_the_same_for_all() -> None:
    def of_y(vmapped: Callable[..., Any]) -> Callable[..., Any]:
        return lambda y: total(vmapped(lambda x: scaled(x, y))(VECTORS) ** 2)

    y = numpy.asarray([1.0, 2.0])
    close(grad(of_y(vmap))(y), grad(of_y(looped))(y))
    close(hvp(of_y(vmap), [y], [y])[0], hvp(of_y(looped), [y], [y])[0])


# Other libraries.


class Peer(NamedTuple):
    """A function of arrays alone, and the shapes and axes of its arguments."""

    f: Callable[..., Any]
    shapes: Sequence[tuple[int, ...]]
    in_axes: Any
    out_axes: Any


PEERS = {
    "matmul": Peer(lambda xp, x, y: xp.matmul(x, y), [(3, 4, 2), (2, 4, 5)], (1, -2), 2),
    "where": Peer(lambda xp, x, y: xp.where(x > 0.5, x, y), [(2, 3), (3, 2)], (0, 1), -1),
    "cholesky": Peer(lambda xp, x: xp.linalg.cholesky(x @ x.T + 3 * xp.eye(2)), [(2, 3, 2)], 1, 0),
    "sort": Peer(lambda xp, x: xp.sort(x, axis=0), [(4, 2, 3)], -1, 1),
    "fft": Peer(lambda xp, x: xp.fft.rfft(x), [(4, 3)], 1, -1),
    "tensordot": Peer(lambda xp, x, y: xp.tensordot(x, y, axes=((0, 1), (1, 0))), [(3, 2, 4), (2, 3)], (-1, None), 0),
    "take": Peer(
        lambda xp, x, y: xp.take(x, xp.asarray(y * 3, dtype=xp.int64), axis=1), [(2, 2, 3), (4, 2)], (0, 1), 1
    ),
}


@pytest.mark.parametrize("peer", PEERS.values(), ids=PEERS)
def test_as_jax_does(peer: Peer, xp: Any) -> None:
    jax = pytest.importorskip("jax", reason="JAX is the reference")
    jax.config.update("jax_enable_x64", True)
    arrays = [numpy.random.default_rng(1).random(shape) for shape in peer.shapes]
    theirs = jax.vmap(lambda *xs: peer.f(jax.numpy, *xs), peer.in_axes, peer.out_axes)(*arrays)
    ours = vmap(lambda *xs: peer.f(array_namespace(*xs), *xs), peer.in_axes, peer.out_axes)
    close(ours(*[xp.asarray(x.tolist(), dtype=xp.float64) for x in arrays]), theirs)


def test_within_jax() -> None:
    jax = pytest.importorskip("jax", reason="JAX compiles")
    jax.config.update("jax_enable_x64", True)
    x = jax.numpy.asarray(VECTORS)
    close(jax.jit(vmap(energy))(x), looped(energy)(VECTORS))
    close(jax.jit(vmap(grad(energy)))(x), looped(grad(energy))(VECTORS))
    close(jax.jit(hessian(energy))(x[0]), hessian(energy)(VECTORS[0]))
    close(jax.vmap(vmap(energy))(x[None]), looped(energy)(VECTORS)[None])
