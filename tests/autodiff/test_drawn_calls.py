"""Every rule at drawn shapes, axes and options: forward mode against differences, reverse against forward, twice over.

A function without a strategy fails a test. Elementwise functions and reductions draw from their rows; for the others
the table below says how a call is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy
import numpy.testing
import optree
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import (
    array_shapes,
    arrays,
    basic_indices,
    integer_array_indices,
    mutually_broadcastable_shapes,
)

from autodiff import check_grads, jvp, vjp
from autodiff.rules import COMPOSITES, RULES
from autodiff.rules.kinds import adjoint
from autodiff.rules.manipulation import setitem
from conformance import spec

Shape = tuple[int, ...]
Draw = Callable[[st.SearchStrategy[Any]], Any]
Call = tuple[list[Shape], Callable[..., Any]]
"""Shapes of the arrays, and the function of the namespace and of them."""

DOMAINS = {row.path: row.domain for row in spec.FUNCTIONS if row.domain}


def called(path: str, shapes: list[Shape], *args: Any, **params: Any) -> Call:
    return shapes, lambda xp, *x: attrgetter(path)(xp)(*x, *args, **params)


def shapes_of(draw: Draw, *, dims: tuple[int, int] = (0, 3), empty: bool = True) -> Shape:
    return draw(array_shapes(min_dims=dims[0], max_dims=dims[1], min_side=0 if empty else 1, max_side=3))


def axis_of(draw: Draw, shape: Shape) -> int:
    return draw(st.integers(-len(shape), len(shape) - 1))


def axes_of(draw: Draw, shape: Shape, *, least: int = 0) -> tuple[int, ...]:
    axes = draw(st.lists(st.integers(0, len(shape) - 1), min_size=least, unique=True)) if shape else []
    return tuple([axis - draw(st.sampled_from([0, len(shape)])) for axis in axes])


def some(draw: Draw, **options: Any) -> dict[str, Any]:
    """Some of the options, each drawn from a strategy or a list of choices."""
    chosen = draw(st.sets(st.sampled_from(sorted(options))))
    choices = {name: options[name] for name in sorted(chosen)}
    return {name: draw(x if isinstance(x, st.SearchStrategy) else st.sampled_from(x)) for name, x in choices.items()}


def broadcast(draw: Draw, count: int, tail: Shape = ()) -> list[Shape]:
    found = draw(mutually_broadcastable_shapes(num_shapes=count, max_dims=2, min_side=0, max_side=3))
    return [(*shape, *tail) for shape in found.input_shapes]


def elementwise(path: str) -> Callable[[Draw], Call]:
    return lambda draw: called(path, broadcast(draw, len(spec.BY_NAME[path].arrays)))


def reduction(path: str, **options: Any) -> Callable[[Draw], Call]:
    def drawn(draw: Draw) -> Call:
        shape = shapes_of(draw, dims=(0, 4), empty=False)
        axis = draw(st.sampled_from([None, axis_of(draw, shape), axes_of(draw, shape, least=1)])) if shape else None
        return called(path, [shape], axis=axis, **some(draw, keepdims=[True, False], **options))

    return drawn


def spread(path: str) -> Callable[[Draw], Call]:
    def drawn(draw: Draw) -> Call:
        # Each group has several elements: the standard deviation of one is 0, where the root is not smooth.
        shape = (2, *shapes_of(draw, dims=(0, 2), empty=False), 3)
        axis = draw(st.sampled_from([None, 0, -1, (0, -1), (-1,)]))
        return called(path, [shape], axis=axis, **some(draw, correction=[0, 1, 0.5], keepdims=[True, False]))

    return drawn


def cumulation(path: str) -> Callable[[Draw], Call]:
    def drawn(draw: Draw) -> Call:
        shape = shapes_of(draw, dims=(1, 3))
        params = some(draw, include_initial=[True, False])
        if len(shape) > 1 or draw(st.booleans()):
            params["axis"] = axis_of(draw, shape)
        return called(path, [shape], **params)

    return drawn


def concat(draw: Draw) -> Call:
    count = draw(st.integers(1, 3))
    if draw(st.booleans()):
        shapes = [shapes_of(draw) for _ in range(count)]
        return shapes, lambda xp, *x: xp.concat(x, axis=None)
    shape = shapes_of(draw, dims=(1, 3))
    axis = axis_of(draw, shape)
    shapes = []
    for _ in range(count):
        sizes = list(shape)
        sizes[axis] = draw(st.integers(0, 3))
        shapes.append(tuple(sizes))
    return shapes, lambda xp, *x: xp.concat(list(x), axis=axis)


def stack(draw: Draw) -> Call:
    shape = shapes_of(draw, dims=(0, 2))
    axis = axis_of(draw, (*shape, 1))
    return [shape] * draw(st.integers(1, 3)), lambda xp, *x: xp.stack(x, axis=axis)


def diff(draw: Draw) -> Call:
    shape = shapes_of(draw, dims=(1, 3), empty=False)
    axis, n = axis_of(draw, shape), draw(st.integers(0, shape[0]))
    names = sorted(draw(st.sets(st.sampled_from(["prepend", "append"]))))
    sizes = list(shape)
    sizes[axis] = draw(st.integers(1, 2))
    return [shape] + [tuple(sizes)] * len(names), lambda xp, x, *ends: xp.diff(
        x, axis=axis, n=min(n, x.shape[axis]), **dict(zip(names, ends, strict=True))
    )


def expand_dims(draw: Draw) -> Call:
    shape = shapes_of(draw, dims=(0, 2))
    return called("expand_dims", [shape], axis=draw(st.sampled_from([axis_of(draw, (*shape, 1)), (0, -1)])))


def getitem(draw: Draw) -> Call:
    shape = shapes_of(draw, dims=(1, 3), empty=False)
    plain = basic_indices(shape, allow_newaxis=True, max_dims=5)
    key = draw(plain | integer_array_indices(shape) | arrays(bool, shape))
    return [shape], lambda xp, x: x[key]


def assign(draw: Draw) -> Call:
    shape = shapes_of(draw, dims=(1, 3), empty=False)
    key = draw(basic_indices(shape) | arrays(bool, shape))
    taken = numpy.zeros(shape)[key].shape
    value = ()
    if taken and not isinstance(key, numpy.ndarray):
        value = tuple([draw(st.sampled_from([1, n])) for n in taken])[draw(st.integers(0, len(taken))) :]
    return [shape, value], lambda xp, x, value: setitem(xp, x, key, value)


def transform(path: str) -> Callable[[Draw], Call]:
    def drawn(draw: Draw) -> Call:
        # irfft makes n = 2 (m - 1) of m numbers, so one alone makes none.
        shape = tuple([n + 1 for n in shapes_of(draw, dims=(1, 3), empty=False)])
        options = some(draw, n=st.integers(1, 6), norm=["backward", "ortho", "forward"])
        return called(path, [shape], axis=axis_of(draw, shape), **options)

    return drawn


def transforms(path: str) -> Callable[[Draw], Call]:
    def drawn(draw: Draw) -> Call:
        shape = tuple([n + 1 for n in shapes_of(draw, dims=(1, 3), empty=False)])
        axes = axes_of(draw, shape, least=1)
        params = some(draw, s=st.tuples(*[st.integers(1, 5)] * len(axes)), norm=["backward", "ortho", "forward"])
        return called(path, [shape], axes=axes, **params)

    return drawn


def flip_or_shift(path: str, name: str) -> Callable[[Draw], Call]:
    def drawn(draw: Draw) -> Call:
        shape = shapes_of(draw, dims=(1, 3))
        axes = draw(st.sampled_from([None, axis_of(draw, shape), axes_of(draw, shape, least=1)]))
        return called(path, [shape], **{name: axes})

    return drawn


def regular(xp: Any, x: Any) -> Any:
    """Matrices whose inverses are moderate and whose eigenvalues and singular values are far apart."""
    steps = xp.arange(3, 3 + 3 * x.shape[-1], 3)[: x.shape[-1]]
    columns = xp.astype(xp.eye(*x.shape[-2:], dtype=xp.float64) * xp.astype(steps, xp.float64), x.dtype)
    return x * 0.5 + columns


def of_matrices(body: Callable[..., Any], *, square: bool = True, **options: Any) -> Callable[[Draw], Call]:
    def drawn(draw: Draw) -> Call:
        n = draw(st.integers(0, 3)) if square else draw(st.integers(1, 3))
        m = n if square else draw(st.integers(1, 3))
        params = some(draw, **options) if options else {}
        return [(*shapes_of(draw, dims=(0, 1)), m, n)], lambda xp, x: body(xp, regular(xp, x), **params)

    return drawn


def hermitian(xp: Any, x: Any) -> Any:
    return (x + adjoint(xp, x)) / 2


def definite(xp: Any, x: Any) -> Any:
    return xp.matmul(x, adjoint(xp, x))


def rebuilt(xp: Any, left: Any, values: Any, right: Any) -> Any:
    """A function of matrices by their decomposition, which no choice of vectors changes."""
    values = xp.sin(values)
    return xp.matmul(left * xp.astype(values, left.dtype)[..., None, :], right)


def eig(xp: Any, x: Any) -> Any:
    values, vectors = xp.linalg.eig(x)
    return rebuilt(xp, vectors, values, xp.linalg.inv(vectors))


def eigh(xp: Any, x: Any) -> Any:
    values, vectors = xp.linalg.eigh(hermitian(xp, x))
    return rebuilt(xp, vectors, values, adjoint(xp, vectors))


def svd(xp: Any, x: Any, *, full_matrices: bool = True) -> Any:
    u, s, vh = xp.linalg.svd(x, full_matrices=full_matrices)
    k = s.shape[-1]
    rest = [definite(xp, u[..., k:]), definite(xp, adjoint(xp, vh)[..., k:])] if full_matrices else []
    return [rebuilt(xp, u[..., :k], s, vh[..., :k, :]), *rest]


def qr(xp: Any, x: Any, *, mode: str = "reduced") -> Any:
    q, r = xp.linalg.qr(x, mode=mode)
    k = min(x.shape[-2:])
    return [q[..., :k], r, definite(xp, q[..., k:])]


def matrix_norm(draw: Draw) -> Call:
    params = some(draw, ord=["fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf], keepdims=[True, False])
    shapes, call = of_matrices(lambda xp, x: xp.linalg.matrix_norm(x, **params), square=False)(draw)
    return shapes, call


def vector_norm(draw: Draw) -> Call:
    drawn = reduction("linalg.vector_norm", ord=[2, 1, 0, math.inf, -math.inf, 3, 0.5, -1, 2.5])
    return drawn(draw)


def cross(draw: Draw) -> Call:
    shapes = broadcast(draw, 2, (3,))
    if len(shapes[0]) != len(shapes[1]) or draw(st.booleans()):
        return called("linalg.cross", shapes)
    axis = axis_of(draw, shapes[0]) % len(shapes[0])
    moved = [(*shape[:-1][:axis], 3, *shape[:-1][axis:]) for shape in shapes]
    return called("linalg.cross", moved, axis=axis - len(shapes[0]))


def vecdot(path: str) -> Callable[[Draw], Call]:
    return lambda draw: called(path, broadcast(draw, 2, (draw(st.integers(0, 3)),)))


def solve(draw: Draw) -> Call:
    n = draw(st.integers(1, 3))
    if draw(st.booleans()):
        shapes = [(*shapes_of(draw, dims=(0, 1)), n, n), (n,)]
    else:
        shapes = [(*shape[:-1], n, shape[-1]) for shape in broadcast(draw, 2, (draw(st.integers(0, 2)),))]
        shapes[0] = (*shapes[0][:-1], n)
    return shapes, lambda xp, x1, x2: xp.linalg.solve(regular(xp, x1), x2)


def matmul(path: str) -> Callable[[Draw], Call]:
    def drawn(draw: Draw) -> Call:
        m, n, k = (draw(st.integers(0, 3)) for _ in range(3))
        first, second = broadcast(draw, 2)
        shapes = [draw(st.sampled_from([(n,), (*first, m, n)])), draw(st.sampled_from([(n,), (*second, n, k)]))]
        return called(path, shapes)

    return drawn


def tensordot(path: str) -> Callable[[Draw], Call]:
    def drawn(draw: Draw) -> Call:
        shape = shapes_of(draw, dims=(0, 3))
        count = draw(st.integers(0, len(shape)))
        rest = shapes_of(draw, dims=(0, 1))
        if draw(st.booleans()):
            return called(path, [shape, (*shape[len(shape) - count :], *rest)], axes=count)
        axes = axes_of(draw, shape)
        second = (*rest, *[shape[axis] for axis in axes])
        order = draw(st.permutations(range(len(second))))
        places = tuple([order.index(len(rest) + i) - draw(st.sampled_from([0, len(second)])) for i in range(len(axes))])
        return called(path, [shape, tuple([second[i] for i in order])], axes=(axes, places))

    return drawn


def matrices(path: str, **options: Any) -> Callable[[Draw], Call]:
    return lambda draw: called(path, [shapes_of(draw, dims=(2, 3))], **(some(draw, **options) if options else {}))


def moveaxis(draw: Draw) -> Call:
    shape = shapes_of(draw, dims=(1, 3))
    source = axes_of(draw, shape)
    return called("moveaxis", [shape], source, tuple(draw(st.permutations(range(len(shape))))[: len(source)]))


def permute_dims(draw: Draw) -> Call:
    shape = shapes_of(draw)
    order = draw(st.permutations(range(len(shape))))
    return called("permute_dims", [shape], tuple([i - draw(st.sampled_from([0, len(shape)])) for i in order]))


def repeat(draw: Draw) -> Call:
    shape = shapes_of(draw, dims=(1, 3), empty=False)
    axis = draw(st.none()) if draw(st.booleans()) else axis_of(draw, shape)
    size = math.prod(shape) if axis is None else shape[axis]
    repeats = draw(st.integers(0, 3) | arrays(numpy.int64, size, elements=st.integers(0, 2)))
    return called("repeat", [shape], repeats, axis=axis)


def reshape(draw: Draw) -> Call:
    shape = shapes_of(draw)
    return called("reshape", [shape], draw(st.sampled_from([(math.prod(shape),), (1, *shape), shape[::-1]])))


def roll(draw: Draw) -> Call:
    shape = shapes_of(draw, dims=(1, 3))
    if draw(st.booleans()):
        return called(
            "roll", [shape], draw(st.integers(-5, 5)), axis=draw(st.sampled_from([None, axis_of(draw, shape)]))
        )
    axes = axes_of(draw, shape)
    return called("roll", [shape], draw(st.tuples(*[st.integers(-5, 5)] * len(axes))), axis=axes)


def squeeze(draw: Draw) -> Call:
    shape = (1, *shapes_of(draw, dims=(0, 2)), 1)
    return called("squeeze", [shape], axis=draw(st.sampled_from([0, -1, (0, -1), (-len(shape),)])))


def take(draw: Draw) -> Call:
    shape = shapes_of(draw, dims=(1, 3), empty=False)
    axis = axis_of(draw, shape)
    indices = draw(arrays(numpy.int64, st.integers(0, 4), elements=st.integers(-shape[axis], shape[axis] - 1)))
    return called("take", [shape], indices, axis=axis)


def take_along_axis(draw: Draw) -> Call:
    shape = shapes_of(draw, dims=(1, 3), empty=False)
    axis = axis_of(draw, shape)
    sizes = [draw(st.sampled_from([1, n])) for n in shape]
    sizes[axis] = draw(st.integers(0, 4))
    indices = draw(arrays(numpy.int64, tuple(sizes), elements=st.integers(-shape[axis], shape[axis] - 1)))
    return called("take_along_axis", [shape], indices, axis=axis)


def tile(draw: Draw) -> Call:
    return called("tile", [shapes_of(draw, dims=(0, 2))], tuple(draw(st.lists(st.integers(0, 2), max_size=3))))


def sort(draw: Draw) -> Call:
    shape = shapes_of(draw, dims=(1, 3))
    # NumPy's own sort has not all options of the standard.
    return called("sort", [shape], axis=axis_of(draw, shape), stable=True)


def where(draw: Draw) -> Call:
    condition, first, second = broadcast(draw, 3)
    mask = draw(arrays(bool, condition))
    return [first, second], lambda xp, x1, x2: xp.where(mask, x1, x2)


def linspace(draw: Draw) -> Call:
    return called("linspace", [(), ()], draw(st.integers(1, 5)), **some(draw, endpoint=[True, False]))


def clip(draw: Draw) -> Call:
    # In the order of the row, whose domains keep the bounds apart.
    names = [name for name in ("min", "max") if draw(st.booleans())]
    return broadcast(draw, 1 + len(names)), lambda xp, x, *ends: xp.clip(x, **dict(zip(names, ends, strict=True)))


def shaped(body: Callable[..., Any], **dims: Any) -> Callable[[Draw], Call]:
    return lambda draw: ([shapes_of(draw, **dims)], body)


def filled(draw: Draw) -> Call:
    shape = shapes_of(draw)
    return [()], lambda xp, x: xp.full(shape, x)


def filled_like(draw: Draw) -> Call:
    shape = shapes_of(draw)
    return [()], lambda xp, x: xp.full_like(xp.zeros(shape), x, dtype=x.dtype)


def squares(xp: Any, x: Any) -> Any:
    return xp.sum(x * x)


STRATEGIES: dict[str, Callable[[Draw], Call]] = {
    **{
        path: elementwise(path)
        for path in (*RULES, *COMPOSITES)
        if path in spec.BY_NAME and spec.BY_NAME[path].chapter == "elementwise"
    },
    **{f"fft.{name}": transform(f"fft.{name}") for name in "fft ifft rfft irfft hfft ihfft".split()},
    **{f"fft.{name}": transforms(f"fft.{name}") for name in "fftn ifftn rfftn irfftn".split()},
    **{f"fft.{name}": flip_or_shift(f"fft.{name}", "axes") for name in ("fftshift", "ifftshift")},
    **{path: matmul(path) for path in ("matmul", "linalg.matmul")},
    **{path: tensordot(path) for path in ("tensordot", "linalg.tensordot")},
    **{path: vecdot(path) for path in ("vecdot", "linalg.vecdot")},
    **{path: matrices(path) for path in ("matrix_transpose", "linalg.matrix_transpose")},
    **{path: matrices(path, k=st.integers(-3, 3)) for path in ("tril", "triu")},
    **{path: reduction(path) for path in ("max", "mean", "min", "prod", "sum")},
    "astype": shaped(lambda xp, x: xp.astype(x, xp.complex128)),
    "broadcast_arrays": lambda draw: called("broadcast_arrays", broadcast(draw, draw(st.integers(1, 3)))),
    "broadcast_to": lambda draw: called(
        "broadcast_to", (shapes := broadcast(draw, 2))[:1], numpy.broadcast_shapes(*shapes)
    ),
    "clip": clip,
    "concat": concat,
    "cumulative_prod": cumulation("cumulative_prod"),
    "cumulative_sum": cumulation("cumulative_sum"),
    "diff": diff,
    "expand_dims": expand_dims,
    "flip": flip_or_shift("flip", "axis"),
    "full": filled,
    "full_like": filled_like,
    "getitem": getitem,
    "linalg.cholesky": of_matrices(
        lambda xp, x, **params: xp.linalg.cholesky(definite(xp, x), **params), upper=[True, False]
    ),
    "linalg.cross": cross,
    "linalg.det": of_matrices(lambda xp, x: xp.linalg.det(x)),
    "linalg.diagonal": matrices("linalg.diagonal", offset=st.integers(-2, 2)),
    "linalg.eig": of_matrices(eig),
    "linalg.eigh": of_matrices(eigh),
    "linalg.eigvals": of_matrices(lambda xp, x: xp.astype(xp.linalg.eigvals(x), xp.complex128)),
    "linalg.eigvalsh": of_matrices(lambda xp, x: xp.linalg.eigvalsh(hermitian(xp, x))),
    "linalg.inv": of_matrices(lambda xp, x: xp.linalg.inv(x)),
    "linalg.matrix_norm": matrix_norm,
    "linalg.matrix_power": of_matrices(lambda xp, x, n=2: xp.linalg.matrix_power(x / 4, n), n=st.integers(-3, 5)),
    "linalg.outer": lambda draw: called("linalg.outer", [(draw(st.integers(0, 3)),), (draw(st.integers(0, 3)),)]),
    "linalg.pinv": of_matrices(lambda xp, x, **params: xp.linalg.pinv(x, **params), square=False, rtol=[1e-12, None]),
    "linalg.qr": of_matrices(qr, square=False, mode=["reduced", "complete"]),
    "linalg.slogdet": of_matrices(lambda xp, x: tuple(xp.linalg.slogdet(x))),
    "linalg.solve": solve,
    "linalg.svd": of_matrices(svd, square=False, full_matrices=[True, False]),
    "linalg.svdvals": of_matrices(lambda xp, x: xp.linalg.svdvals(x), square=False),
    "linalg.trace": matrices("linalg.trace", offset=st.integers(-2, 2)),
    "linalg.vector_norm": vector_norm,
    "linspace": linspace,
    "meshgrid": lambda draw: called(
        "meshgrid",
        [(draw(st.integers(0, 3)),) for _ in range(draw(st.integers(1, 3)))],
        **some(draw, indexing=["xy", "ij"]),
    ),
    "moveaxis": moveaxis,
    "permute_dims": permute_dims,
    "repeat": repeat,
    "reshape": reshape,
    "roll": roll,
    "setitem": assign,
    "sort": sort,
    "squeeze": squeeze,
    "stack": stack,
    "std": spread("std"),
    "take": take,
    "take_along_axis": take_along_axis,
    "tile": tile,
    "to_device": shaped(lambda xp, x: x.to_device("cpu")),
    # In which order they come is the library's choice.
    **{
        f"unique_{name}": shaped(lambda xp, x, name=name: squares(xp, getattr(xp, f"unique_{name}")(x).values))
        for name in ("all", "counts", "inverse")
    },
    "unique_values": shaped(lambda xp, x: squares(xp, xp.unique_values(x))),
    "unstack": lambda draw: called("unstack", [(shape := shapes_of(draw, dims=(1, 3)))], axis=axis_of(draw, shape)),
    "var": spread("var"),
    "where": where,
}


def test_every_rule_is_drawn() -> None:
    assert set(STRATEGIES) == {*RULES, *COMPOSITES}


def accepted(path: str) -> list[str]:
    kinds = spec.KINDS[spec.BY_NAME[path].kinds] if path in spec.BY_NAME else ()
    return [name for name in ("float64", "complex128") if name in (kinds or spec.KINDS["all"])]


def values(rng: numpy.random.Generator, shape: Shape, domain: tuple[float, float], dtype: str) -> numpy.ndarray:
    """Numbers inside a domain, away from its ends and from 0."""
    low, high = max(domain[0], min(-1.5, domain[1] - 1.5)), min(domain[1], max(1.5, domain[0] + 1.5))
    margin = (high - low) / 6
    x = rng.uniform(low + margin, high - margin, shape)
    x = numpy.where(abs(x) < 0.2, x + 0.4, x) if high - low > 1 else x
    return x + 1j * rng.uniform(0.2, 0.8, shape) if dtype == "complex128" else x


DRAWN = settings(max_examples=8, deadline=None, derandomize=True, database=None, phases=[Phase.generate])


def check(path: str, data: st.DataObject) -> None:
    shapes, body = STRATEGIES[path](data.draw)
    dtype = data.draw(st.sampled_from(accepted(path)))
    rng = numpy.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    domains = [*DOMAINS.get(path, ()), *[(-math.inf, math.inf)] * len(shapes)]
    inputs = [numpy.asarray(values(rng, shape, domain, dtype)) for shape, domain in zip(shapes, domains)]  # noqa: B905

    def f(*arrays: Any) -> Any:
        xp = next((x.namespace for x in arrays if hasattr(x, "namespace")), numpy)
        out = body(xp, *arrays)
        return list(out) if isinstance(out, tuple) else out

    check_grads(f, inputs, order=2)
    in_single_precision(f, inputs)


@pytest.mark.parametrize("path", STRATEGIES)
@DRAWN
@given(data=st.data())
def test_derivatives_at_drawn_calls(path: str, data: st.DataObject) -> None:
    check(path, data)


def in_single_precision(f: Callable[..., Any], inputs: list[numpy.ndarray]) -> None:
    """The same call in half the precision has the same derivatives, of the variables' data types."""
    found, expected = [], []
    for results, narrow in ((found, True), (expected, False)):
        arrays = [x.astype({"f": "float32", "c": "complex64"}[x.dtype.kind]) if narrow else x for x in inputs]
        out, pullback = vjp(f, *arrays)
        cts = pullback(optree.tree_map(numpy.ones_like, out))
        _, out_dot = jvp(f, arrays, arrays)
        assert [x.dtype for x in cts] == [x.dtype for x in arrays]
        assert [x.dtype for x in optree.tree_leaves(out)] == [x.dtype for x in optree.tree_leaves(out_dot)]
        results += [*cts, *optree.tree_leaves(out_dot)]
    for x, y in zip(found, expected, strict=True):
        numpy.testing.assert_allclose(x, y, rtol=2e-3, atol=2e-3 * max(1.0, numpy.max(abs(y), initial=0.0)))


class Changed:
    """The pulls of a rule, each with a mistake."""

    def __init__(self, pulls: Any, mistake: Callable[[Any, Any], Any]) -> None:
        self.pulls, self.mistake = pulls, mistake

    def __getitem__(self, position: int) -> Any:
        pull = self.pulls[position]
        return pull and (lambda xp, *args, **params: self.mistake(xp, pull(xp, *args, **params)))


def conjugated(xp: Any, x: Any) -> Any:
    return xp.conj(x) if xp.isdtype(x.dtype, "complex floating") else x


def misplaced(xp: Any, x: Any) -> Any:
    return xp.flip(x)


MISTAKES = [
    *[("sign", path, lambda xp, x: -x) for path in RULES],
    *[("factor", path, lambda xp, x: x * 1.0001) for path in RULES],
    *[
        ("conjugate", path, conjugated)
        for path in "add cos divide fft.fft getitem linalg.det linalg.eig linalg.inv linalg.qr linalg.solve linalg.svd "
        "matmul multiply pow prod sum tensordot where".split()
    ],
    *[
        ("place", path, misplaced)
        for path in "concat cumulative_sum fft.fft flip getitem linalg.cross linalg.diagonal linalg.matmul max "
        "moveaxis multiply permute_dims prod reshape roll setitem stack take take_along_axis tensordot tril".split()
    ],
]


@pytest.mark.parametrize(("mistake", "path", "change"), MISTAKES, ids=lambda x: x if isinstance(x, str) else "")
def test_a_mistake_in_a_rule_is_found(
    monkeypatch: pytest.MonkeyPatch, mistake: str, path: str, change: Callable[[Any, Any], Any]
) -> None:
    monkeypatch.setattr(RULES[path], "pulls", Changed(RULES[path].pulls, change))
    with pytest.raises(AssertionError, match=r"(forward|reverse), \w+"):
        DRAWN(given(path=st.just(path), data=st.data())(check))()
