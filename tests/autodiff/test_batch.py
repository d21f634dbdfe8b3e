"""Every function of the standard on a batch, against a loop over its examples, operands batched and not.

The table of calls comes first. A function of the standard that is not in it fails a test.
"""

from __future__ import annotations

import importlib.util
import operator
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from math import inf
from operator import attrgetter
from typing import Any, NamedTuple

import numpy
import numpy.testing
import optree
import pytest

from autodiff import Batch, BatchedValueError, WrappedArray, array_namespace, jvp, vjp, vmap
from autodiff.batching import BATCHING
from autodiff.rules import COMPOSITES, RULES
from conformance import spec

SIZE = 3

# JAX compiles every operation for every shape, which takes minutes.
NAMESPACES = [
    pytest.param(name, marks=[pytest.mark.slow] if name == "jax.numpy" else [])
    for name in ("extensor", "numpy", "array_api_strict", "torch", "jax.numpy")
    if importlib.util.find_spec(name.partition(".")[0])
]
everywhere = pytest.mark.parametrize("xp", NAMESPACES, indirect=True)


class Ints(NamedTuple):
    """Stands for an array of integers below a bound."""

    shape: tuple[int, ...]
    below: int
    low: int = 0


class Case(NamedTuple):
    """One call: arrays of these shapes first, then `args` and `params`."""

    shapes: Sequence[Any]
    args: tuple[Any, ...] = ()
    params: dict[str, Any] = {}  # noqa: RUF012
    call: Callable[..., Any] | None = None
    """Takes the namespace and the arrays, where the call has another form."""
    dtype: str = "float64"
    beyond: bool = False
    """Whether the call goes beyond the standard, so that a library may refuse it."""


def number(x: Any) -> Any:
    """A wrapped array as it is, another as a Python scalar, which is what libraries take."""
    return x if is_wrapped(x) else float(x)


def numbers(x: Any) -> Any:
    return [float(x[i]) for i in range(x.shape[0])]


def is_wrapped(x: Any) -> bool:
    return isinstance(x, WrappedArray)


def each(shapes: Sequence[Any], *options: dict[str, Any], **fields: Any) -> list[Case]:
    """One case per set of named arguments."""
    return [Case(shapes, (), params, **fields) for params in options]


def after(shapes: Sequence[Any], *args: Any) -> list[Case]:
    """One case per argument after the arrays."""
    return [Case(shapes, (arg,)) for arg in args]


DTYPES = {"integer": "int64", "integer or boolean": "int64", "boolean": "bool", "complex floating-point": "complex128"}


def elementwise(row: spec.Function) -> Iterator[Case]:
    shapes = {
        1: [[(2, 3)], [()], [(0, 2)]],
        2: [[(2, 1), (3,)], [(), (2,)], [(2, 3), (2, 3)], [(0, 3), (1,)], [(), ()], [(4, 2, 1), (3,)]],
        3: [[(2, 3), (3,), ()], [(3,), (), (1,)]],
    }
    dtype = DTYPES.get(row.kinds, "float64")
    for these in shapes[len(row.arrays)]:
        yield Case(these, dtype=dtype)


REDUCTIONS = [
    *each([(2, 3, 2)], {}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, -1)}, {"keepdims": True}),
    *each([()], {}, {"keepdims": True}),
    *each([(2, 3)], {"axis": (1, 0), "keepdims": True}),
]
SUMS = [*REDUCTIONS, *each([(2, 0)], {}, {"axis": 1}), *each([(2, 3)], {"axis": ()}, {"dtype": "float32"})]
BY_AXIS = [case for case in REDUCTIONS if not isinstance(case.params.get("axis"), tuple)]
SPREADS = [
    *REDUCTIONS,
    *each([(2, 3)], {"correction": 1}),
    *each([(2, 3)], {"axis": 1, "correction": 0.5}, beyond=True),
]
MATRICES = [Case([(3, 3)]), Case([(2, 3, 3)])]
RECTANGLES = [*MATRICES, Case([(2, 3)]), Case([(3, 2)]), Case([(2, 0, 3)])]
SYMMETRIC = [
    Case(
        [shape],
        call=lambda xp, x, f: f(xp.matmul(x, xp.matrix_transpose(x)) + xp.eye(3, dtype=x.dtype, device=x.device)),
    )
    for shape in ((3, 3), (2, 3, 3))
]
PRODUCTS = [
    Case(shapes)
    for shapes in (
        [(3,), (3,)],
        [(3,), (3, 2)],
        [(2, 3), (3,)],
        [(2, 3), (3, 2)],
        [(4, 2, 3), (3,)],
        [(3,), (4, 3, 2)],
        [(4, 2, 3), (3, 2)],
        [(2, 3), (4, 3, 2)],
        [(4, 1, 2, 3), (5, 3, 2)],
        [(2, 0), (0, 3)],
    )
]
CONTRACTIONS = [
    Case(shapes, (), {"axes": axes})
    for shapes, axes in (
        ([(2, 3), (3, 2)], 1),
        ([(2, 3), (2, 3)], 2),
        ([(2,), (3,)], 0),
        ([(2, 3, 4), (4, 2)], ((0, 2), (1, 0))),
        ([(2, 3, 4), (3,)], ((-2,), (0,))),
    )
]
DOTS = [
    *each([(2, 3), (2, 3)], {}, {"axis": -2}),
    *each([(4, 2, 3), (3,)], {}),
    *each([(3,), (2, 1, 3)], {}),
    *each([(2, 3), (2, 3)], {"axis": 0}, beyond=True),
]
TRANSFORMS = [
    *each([(4,)], {}, {"n": 6}, {"norm": "ortho"}),
    *each([(2, 4)], {"axis": 0}, {"axis": -1, "n": 3}),
]
TRANSFORMS_ND = [
    *each([(2, 4)], {}, {"axes": (0,)}, {"axes": (-1, 0), "s": (3, 2)}, {"norm": "forward"}),
    *each([(2, 4)], {"s": (4,), "axes": (-1,)}),
]
SHIFTS = each([(3, 4)], {}, {"axes": 1}, {"axes": (0, -1)})
LIKE = [*each([(2, 3)], {}, {"dtype": "float32"}), Case([()])]
SORTS = [*each([(3, 4)], {}, {"axis": 0}), *each([(0, 2)], {"axis": 0})]
SORTS += each([(3, 4)], {"descending": True}, beyond=True)
SCANS = [
    *each([(4,)], {}, {"include_initial": True}),
    *each([(2, 3)], {"axis": 0}, {"axis": -1, "dtype": "float32"}, {"axis": 1, "include_initial": True}),
]
NUMBERS = {"arange": (3,), "empty": ((2,),), "eye": (2,), "ones": ((2,),), "zeros": ((2,),)}

CASES: dict[str, list[Case]] = {
    **{row.path: list(elementwise(row)) for row in spec.FUNCTIONS if row.chapter == "elementwise"},
    **dict.fromkeys("max mean min".split(), REDUCTIONS),
    **dict.fromkeys("prod sum".split(), SUMS),
    **dict.fromkeys("std var".split(), SPREADS),
    **{name: [*REDUCTIONS, *each([(2, 3)], {}, dtype="bool")] for name in "all any count_nonzero".split()},
    **dict.fromkeys("argmax argmin".split(), BY_AXIS),
    **dict.fromkeys("cumulative_prod cumulative_sum".split(), SCANS),
    **dict.fromkeys("argsort sort".split(), SORTS),
    **dict.fromkeys("ones_like zeros_like".split(), LIKE),
    **{f"linalg.{name}": MATRICES for name in "det eig eigvals inv slogdet".split()},
    **{f"linalg.{name}": SYMMETRIC for name in "cholesky eigh eigvalsh".split()},
    **{f"{prefix}matmul": PRODUCTS for prefix in ("", "linalg.")},
    **{f"{prefix}matrix_transpose": RECTANGLES for prefix in ("", "linalg.")},
    **{f"{prefix}tensordot": CONTRACTIONS for prefix in ("", "linalg.")},
    **{f"{prefix}vecdot": DOTS for prefix in ("", "linalg.")},
    **{name: [*RECTANGLES, *each([(3, 3)], {"k": 1}, {"k": -1})] for name in "tril triu".split()},
    **{
        f"fft.{name}": [case._replace(dtype=dtype) for case in cases]
        for names, cases, dtype in (
            ("fft ifft irfft hfft", TRANSFORMS, "complex128"),
            ("rfft ihfft", TRANSFORMS, "float64"),
            ("fftn ifftn irfftn", TRANSFORMS_ND, "complex128"),
            ("rfftn", TRANSFORMS_ND, "float64"),
            ("fftshift ifftshift", SHIFTS, "float64"),
        )
        for name in names.split()
    },
    "asarray": [
        *each([(2, 3)], {}, {"dtype": "float32"}, {"copy": True}),
        Case(
            [(2,), (2,)],
            call=lambda xp, x, y, f: f([x, y] if is_wrapped(x) else [numbers(x), numbers(y)], dtype=x.dtype),
        ),
        Case([(), ()], call=lambda xp, x, y, f: f([[number(x), number(y)], [1.0, number(x)]], dtype=xp.float64)),
    ],
    "astype": [
        *[Case([(2, 3)], call=lambda xp, x, f, name=name: f(x, getattr(xp, name))) for name in ("float32", "int64")],
        Case([()], call=lambda xp, x, f: f(x, xp.float64, copy=False)),
    ],
    "broadcast_arrays": [Case([(2, 1), (3,)]), Case([(), (2,)])],
    "broadcast_to": [*after([(3,)], (2, 3), (3,)), *after([()], (2,), ()), *after([(2, 1)], (4, 2, 3))],
    "concat": [
        Case(shapes, call=lambda xp, x, y, f, axis=axis: f([x, y], axis=axis))
        for shapes, axis in (([(2, 3), (1, 3)], 0), ([(2, 3), (2, 2)], -1), ([(2, 3), (4,)], None), ([(2,), (0,)], 0))
    ],
    "diff": [
        *each([(4,)], {}, {"n": 2}),
        *each([(2, 3)], {"axis": 0}),
        Case([(2, 3), (2, 1)], call=lambda xp, x, y, f: f(x, prepend=y)),
        Case([(2, 3), (1, 3)], call=lambda xp, x, y, f: f(x, append=y, axis=0)),
    ],
    "empty_like": [Case([(2, 3)], call=lambda xp, x, f: xp.zeros_like(f(x)))],
    "expand_dims": [*after([(2, 3)], 0, -1, 1), *after([()], 0)],
    "flip": [*each([(2, 3)], {}, {"axis": 0}, {"axis": (0, -1)}), Case([(0,)])],
    "full": [
        Case([()], call=lambda xp, x, f: f((2, 3), number(x), dtype=x.dtype)),
        Case([()], call=lambda xp, x, f: f((), number(x), dtype=xp.float32)),
    ],
    "from_dlpack": [Case([(2, 3)], call=lambda xp, x, f: f(x) if is_wrapped(x) else x)],
    "full_like": [Case([(2, 3)], (1.5,)), Case([(2,), ()], call=lambda xp, x, y, f: f(x, number(y)))],
    "isin": [
        Case([Ints((2, 3), 4), Ints((3,), 4)], dtype="int64"),
        Case([Ints((), 4), Ints((2, 2), 4)], (), {"invert": True}, dtype="int64"),
    ],
    "linspace": [
        Case([(), ()], call=lambda xp, x, y, f: f(number(x), number(y), 3, dtype=x.dtype)),
        Case([()], call=lambda xp, x, f: f(0.5, number(x), 4, dtype=x.dtype, endpoint=False)),
    ],
    "meshgrid": [Case([(2,), (3,)]), Case([(2,), (3,), (1,)], (), {"indexing": "ij"}), Case([(2,)])],
    "moveaxis": [
        Case([(2, 3, 4)], (0, -1)),
        Case([(2, 3, 4)], (-1, 0)),
        Case([(2, 3, 4)], ((0, 1), (1, 2))),
    ],
    "permute_dims": [*after([(2, 3, 4)], (2, 0, 1)), Case([(2, 3, 4)], ((-1, 0, 1),), beyond=True), *after([()], ())],
    "repeat": [
        *after([(2, 3)], 2),
        Case([(2, 3)], (2,), {"axis": 1}),
        Case([(2, 3)], call=lambda xp, x, f: f(x, xp.asarray([1, 0, 2], device=x.device), axis=-1)),
    ],
    "reshape": [*after([(2, 3)], (6,), (3, -1), (1, 2, 3)), *after([()], (1,), (-1,)), *after([(0, 2)], (2, 0))],
    "roll": [
        *after([(2, 3)], 1, -4),
        *[Case([(2, 3)], (shift,), {"axis": axis}) for shift, axis in ((1, 0), ((1, -1), (0, 1)), (2, -1))],
    ],
    "searchsorted": [
        Case([(4,), (2, 3)], call=lambda xp, x, y, f: f(xp.sort(x), y)),
        Case([(4,), ()], call=lambda xp, x, y, f: f(xp.sort(x), y, side="right")),
        Case([(4,), (3,)], call=lambda xp, x, y, f: f(x, y, sorter=xp.argsort(x))),
    ],
    "squeeze": [*after([(1, 2, 1)], 0, -1, (0, 2))],
    "stack": [
        Case(shapes, call=lambda xp, x, y, f, axis=axis: f([x, y], axis=axis))
        for shapes, axis in (([(2, 3)] * 2, 0), ([(2, 3)] * 2, -1), ([(2, 3)] * 2, 1), ([()] * 2, 0))
    ],
    "take": [
        Case([(2, 3), Ints((4,), 3, -3)], (), {"axis": 1}),
        Case([(2, 3), Ints((4,), 2)], (), {"axis": -2}),
        Case([(5,), Ints((2,), 5)]),
    ],
    "take_along_axis": [
        Case([(2, 3), Ints((2, 2), 3)]),
        Case([(2, 3), Ints((1, 3), 2, -2)], (), {"axis": 0}),
    ],
    "tile": [*after([(2, 3)], (2,), (2, 1), (2, 1, 3)), *after([()], (2,), ()), *after([(2,)], (0,))],
    "unstack": each([(2, 3)], {}, {"axis": -1}),
    "where": [
        Case(shapes, call=lambda xp, c, x, y, f: f(c > 0, x, y)) for shapes in ([(2, 3), (3,), ()], [(), (2,), (3, 1)])
    ]
    + [Case([(2, 3), (3,)], call=lambda xp, c, x, f: f(c > 0, x, 0.0))],
    "linalg.cross": [
        Case([(3,), (3,)]),
        Case([(2, 3), (2, 3)]),
        Case([(2, 3), (3,)]),
        Case([(3, 2), (3, 2)], (), {"axis": -2}),
    ],
    "linalg.diagonal": [*RECTANGLES, *each([(3, 3)], {"offset": 1}, {"offset": -1})],
    "linalg.matrix_norm": [
        *each([(2, 3)], *[{"ord": ord_} for ord_ in ("fro", "nuc", 1, -1, 2, -2, inf, -inf)], {"keepdims": True}),
        Case([(2, 2, 3)]),
    ],
    "linalg.matrix_power": [Case([(3, 3)], (n,)) for n in (0, 1, 3, -2)],
    "linalg.matrix_rank": [
        *RECTANGLES[:-1],
        Case([(2, 3, 3), (2,)], call=lambda xp, x, y, f: f(x, rtol=xp.abs(y))),
        Case([(3, 3), ()], call=lambda xp, x, y, f: f(x, rtol=xp.abs(y))),
    ],
    "linalg.outer": [Case([(2,), (3,)])],
    "linalg.pinv": [
        *RECTANGLES[:-1],
        Case([(2, 3, 3), (2,)], call=lambda xp, x, y, f: f(x, rtol=xp.abs(y) / 100)),
    ],
    "linalg.qr": [*RECTANGLES[:-1], *each([(3, 2)], {"mode": "complete"})],
    "linalg.solve": [
        Case(shapes)
        for shapes in ([(3, 3), (3,)], [(3, 3), (3, 2)], [(2, 3, 3), (3, 1)], [(3, 3), (2, 3, 2)], [(2, 3, 3), (3,)])
    ],
    "linalg.svd": [*RECTANGLES[:-1], *each([(3, 2)], {"full_matrices": False})],
    "linalg.svdvals": RECTANGLES[:-1],
    "linalg.trace": [*RECTANGLES, *each([(3, 3)], {"offset": 1}, {"dtype": "float32"})],
    "linalg.vector_norm": [*REDUCTIONS, *each([(2, 3)], *[{"ord": ord_} for ord_ in (0, 1, 3, inf, -inf)])],
}

REFUSED = frozenset(
    # The result's shape, or what it is, would differ from example to example; or there is no array to batch.
    "arange empty eye ones zeros nonzero unique_all unique_counts unique_inverse unique_values "
    "fft.fftfreq fft.rfftfreq".split()
)


def test_every_function_is_tested_or_refused() -> None:
    paths = {row.path for row in spec.FUNCTIONS if row.result != "none"}
    assert set(CASES) | REFUSED == paths
    assert not set(CASES) & REFUSED
    assert paths - {"asarray", "from_dlpack"} <= set(BATCHING)


def draw(xp: Any, shape: Any, row: spec.Function, position: int, case: Case, *, batched: bool, seed: int) -> Any:
    rng = numpy.random.default_rng(seed + position)
    if isinstance(shape, Ints):
        full = (SIZE, *shape.shape) if batched else shape.shape
        return xp.asarray(rng.integers(shape.low, shape.below, full).tolist(), dtype=xp.int64)
    full = (SIZE, *shape) if batched else shape
    low, high = row.domain[position] if position < len(row.domain) else (-inf, inf)
    low, high = max(low, min(-1.5, high - 1.5)), min(high, max(1.5, low + 1.5))
    if case.dtype == "int64":
        values = rng.integers(1, 5, full)
    elif case.dtype == "bool":
        values = rng.random(full) < 0.5
    else:
        values = rng.uniform(low, high, full)
        values = values + 1j * rng.random(full) if case.dtype == "complex128" else values
    dtype = getattr(xp, case.dtype)
    return xp.asarray(values.tolist(), dtype=dtype) if values.size else xp.zeros(full, dtype=dtype)


def function(path: str, case: Case) -> Callable[..., Any]:
    def run(*arrays: Any) -> Any:
        xp = array_namespace(*arrays)
        f = attrgetter(path)(xp)
        if case.call is not None:
            return case.call(xp, *arrays, f)
        params = {k: getattr(xp, v) if v in ("float32",) else v for k, v in case.params.items()}
        return f(*arrays, *case.args, **params)

    return run


def loop(xp: Any, f: Callable[..., Any], arrays: Sequence[Any], flags: Sequence[bool]) -> Any:
    """What vmap is defined to return."""
    outs = [f(*[x[i, ...] if flag else x for x, flag in zip(arrays, flags, strict=True)]) for i in range(SIZE)]
    return optree.tree_map(lambda *xs: xp.stack(xs), *outs)


def to_numpy(x: Any) -> Any:
    return numpy.asarray(x.resolve_conj() if hasattr(x, "resolve_conj") else x)


def check(found: Any, expected: Any) -> None:
    found, expected = optree.tree_leaves(found), optree.tree_leaves(expected)
    assert len(found) == len(expected)
    for x, y in zip(found, expected, strict=True):
        assert x.dtype == y.dtype
        assert x.shape == y.shape
        exact = 1e-6 if to_numpy(x).dtype in (numpy.float32, numpy.complex64) else 1e-10
        numpy.testing.assert_allclose(to_numpy(x), to_numpy(y), rtol=exact, atol=exact)


def drawn(xp: Any, path: str, case: Case, flags: Sequence[bool]) -> list[Any]:
    """Arrays for a case."""
    return [
        draw(xp, shape, spec.BY_NAME[path], position, case, batched=flag, seed=1)
        for position, (shape, flag) in enumerate(zip(case.shapes, flags, strict=True))
    ]


def run_cases(xp: Any, path: str) -> None:
    for case in CASES[path]:
        f = function(path, case)
        for flags in product((True, False), repeat=len(case.shapes)):
            if not any(flags):
                continue
            arrays = drawn(xp, path, case, flags)
            try:
                expected = loop(xp, f, arrays, flags)
            except Exception:
                if case.beyond:
                    continue
                raise
            check(vmap(f, in_axes=tuple([0 if flag else None for flag in flags]))(*arrays), expected)


@everywhere
@pytest.mark.parametrize("path", CASES)
def test_against_a_loop(path: str, xp: Any) -> None:
    run_cases(xp, path)


def in_axes_of(count: int) -> Iterator[tuple[int | None, ...]]:
    """Every way in which some of so many arrays are batched."""
    return (axes for axes in product((0, None), repeat=count) if any(axis == 0 for axis in axes))


def on_another_device(strict: Any, f: Callable[..., Any], arrays: Sequence[Any]) -> None:
    """array-api-strict refuses to combine arrays of two devices, so an array made on the default one is found."""
    device = strict.Device("device1")
    found = optree.tree_leaves(f(*[x.to_device(device) for x in arrays]))
    assert {x.device for x in found} == {device}
    check([x.to_device(strict.Device("CPU_DEVICE")) for x in found], f(*arrays))


@pytest.mark.parametrize("path", CASES)
def test_results_are_on_the_device_of_the_arrays(path: str) -> None:
    strict = pytest.importorskip("array_api_strict")
    strict.set_array_api_strict_flags(api_version="2025.12")
    for case in CASES[path]:
        for in_axes in in_axes_of(len(case.shapes)) if not case.beyond else ():
            f = vmap(function(path, case), in_axes)
            on_another_device(strict, f, drawn(strict, path, case, [axis == 0 for axis in in_axes]))


def pulled(f: Callable[..., Any], ct: float) -> Callable[..., Any]:
    """Cotangents of the arguments of a function, and of all its results the same cotangent."""

    def run(*arrays: Any) -> Any:
        out, pullback = vjp(f, *arrays)
        return pullback(optree.tree_map(lambda x: ct * array_namespace(x).ones_like(x), out))

    return run


def pushed(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arrays: jvp(f, arrays, arrays)[1]


@pytest.mark.parametrize("path", [path for path in CASES if path in RULES or path in COMPOSITES])
def test_derivatives_against_a_loop(path: str) -> None:
    """Rules run on batches, and batching rules are differentiated."""
    for case in CASES[path]:
        f = function(path, case)
        for flags in product((True, False), repeat=len(case.shapes)):
            arrays = drawn(numpy, path, case, flags)
            if not any(flags) or case.beyond or not any(x.dtype.kind in "fc" for x in arrays):
                continue
            in_axes = tuple([0 if flag else None for flag in flags])

            def of_loop(*xs: Any, f: Any = f, flags: Any = flags) -> Any:
                return loop(array_namespace(*xs), f, xs, flags)

            for transformation in (partial(pulled, ct=0.5), pushed):
                g = transformation(f)
                check(vmap(g, in_axes)(*arrays), loop(numpy, g, arrays, flags))
                check(transformation(vmap(f, in_axes))(*arrays), transformation(of_loop)(*arrays))


@pytest.mark.parametrize("path", ["sum", "concat", "linalg.cross", "take"])
def test_a_wrong_rule_is_found(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(xp: Any, function: Any, *args: Any, **params: Any) -> Any:
        # Axes of the batch taken for those of an example.
        plain = optree.tree_map(lambda x: x.primal if hasattr(x, "primal") else x, args)
        return function(*plain, **params)

    assert path in BATCHING
    owner, name = (Batch.extensions["linalg"], path[7:]) if path.startswith("linalg") else (Batch, path)

    def function(self: Any, *args: Any, **params: Any) -> Any:
        namespace = getattr(self, "parent", self)
        return namespace._run(wrong, attrgetter(path), args, params)

    monkeypatch.setattr(owner, name, function)
    with pytest.raises((AssertionError, ValueError, IndexError, TypeError)):
        run_cases(numpy, path)


# Indexing.


class Index(NamedTuple):
    """An index of an array of this shape, made of an array of integers below `below` of the shape `indices`."""

    shape: tuple[int, ...]
    key: Callable[[Any], Any]
    indices: tuple[int, ...] | None = None
    below: int = 2
    values: Sequence[tuple[int, ...]] = ((),)
    """Shapes of what can be assigned."""
    standard: bool = True
    """Whether the standard requires it for selection."""


INDICES = {
    "0": Index((4, 3), lambda i: (0, ...), values=((), (3,))),
    "-1, 1": Index((4, 3), lambda i: (-1, 1)),
    "1:3": Index((4, 3), lambda i: (slice(1, 3), ...), values=((), (3,), (2, 1), (2, 3))),
    "1:3, no ellipsis": Index((4, 3), lambda i: slice(1, 3), values=((3,),), standard=False),
    "..., 0": Index((4, 3), lambda i: (..., 0), values=((), (4,))),
    "...": Index((4, 3), lambda i: ..., values=((), (3,), (4, 3))),
    "... of a number": Index((), lambda i: ...),
    "none": Index((4,), lambda i: (slice(0, 0),), values=((), (0,))),
    "::-1, 2": Index((4, 3), lambda i: (slice(None, None, -1), 2), values=((4,),), standard=False),
    "None": Index((4, 3), lambda i: (None, ..., None), values=(), standard=False),
    "0-d array": Index((4, 3), lambda i: (i, ...), (), values=((), (3,)), standard=False),
    "0-d array last": Index((4, 3), lambda i: (..., i), (), values=((), (4,)), standard=False),
    "array": Index((4,), lambda i: i, (2,), 4, values=((), (2,))),
    "array of arrays": Index((4,), lambda i: (i,), (2, 3), 4, values=((), (3,), (2, 3))),
    "arrays": Index((4, 3), lambda i: (i, i), (2,), 3, values=((), (2,))),
    "array, number": Index((4, 3), lambda i: (i, 1), (2,), 3, values=((), (2,))),
    "number, array": Index((4, 3), lambda i: (-1, i), (2,), 3),
    "array of rows": Index((4, 3), lambda i: i, (2,), 4, values=((), (3,), (2, 1)), standard=False),
    "array of columns": Index((4, 3), lambda i: (slice(None), i), (2,), 3, values=((), (2,), (4, 2)), standard=False),
    "..., array": Index((2, 4, 3), lambda i: (..., i), (2,), 3, values=((), (2,), (2, 4, 2)), standard=False),
    "middle": Index((4, 3, 2), lambda i: (slice(1, 3), i), (2, 2), 3, values=((), (2, 2, 2)), standard=False),
    "array and number": Index((4, 3, 2), lambda i: (slice(1, 3), i, 0), (2,), 3, values=((2,),), standard=False),
    "None, array": Index((4,), lambda i: (None, i), (2,), 4, values=(), standard=False),
    "empty array": Index((4,), lambda i: i, (0,), 4, values=((), (0,))),
    "empty arrays of rows": Index((4, 3), lambda i: i, (2, 0), 4, values=((), (2, 0, 3)), standard=False),
    "list": Index((4, 3), lambda i: [0, -1], values=((), (3,), (2, 3)), standard=False),
    "list of columns": Index((4, 3), lambda i: (..., [2, 0]), values=((), (4, 2)), standard=False),
    "lists": Index((4, 3), lambda i: ([0, 3], [2, 0]), values=((), (2,)), standard=False),
    "list of lists": Index((4, 3), lambda i: [[0, 1], [3, 2]], values=((), (2, 2, 3)), standard=False),
    "list of booleans": Index((3, 2), lambda i: [True, False, True], values=((), (2, 2)), standard=False),
    "empty list": Index((4, 3), lambda i: [], values=((), (0, 3)), standard=False),
    "empty list of columns": Index((4, 3), lambda i: (slice(None), []), values=((), (4, 0)), standard=False),
    "list beside array": Index((4, 3), lambda i: ([0, 3], i), (2,), 3, values=((), (2,)), standard=False),
    "list of numbers": Index((4, 3), lambda i: [i, 0], (), 4, values=((), (2, 3)), standard=False),
    "list of arrays": Index((4,), lambda i: ([i, i],), (2,), 4, values=(), standard=False),
    "apart": Index((2, 3, 2), lambda i: (i, slice(None), i), (2,), 2, values=((), (2, 3)), standard=False),
    "apart, number": Index((2, 3, 2), lambda i: (0, slice(None), i), (2,), 2, values=((),), standard=False),
}


def indexed(index: Index) -> Callable[..., Any]:
    return lambda x, i=None: x[index.key(i)]


def assigned(index: Index) -> Callable[..., Any]:
    def run(x: Any, value: Any, i: Any = None) -> Any:
        if hasattr(x, "at"):
            return x.at[index.key(i)].set(value)
        xp = array_namespace(x, value, *[] if i is None else [i])
        x = xp.asarray(x, copy=True)
        x[index.key(i)] = value
        return x

    return run


def every(xp: Any, f: Callable[..., Any], shapes: Sequence[Any], *, standard: bool) -> None:
    """Hold a function under vmap against a loop, for operands batched and not."""
    rng = numpy.random.default_rng(0)
    row = spec.BY_NAME["positive"]
    for flags in product((True, False), repeat=len(shapes)):
        if not any(flags):
            continue
        arrays = []
        for shape, flag in zip(shapes, flags, strict=True):
            # Positions differ, as those that repeat are assigned in no order.
            if isinstance(shape, Ints):
                size = SIZE if flag else 1
                count = int(numpy.prod(shape.shape))
                rows = [rng.permutation(max(shape.below, count))[:count] % shape.below for _ in range(size)]
                values = numpy.reshape(rows, (size, *shape.shape))
                arrays.append(xp.asarray((values if flag else values[0]).tolist(), dtype=xp.int64))
            else:
                arrays.append(draw(xp, shape, row, len(arrays), Case(shapes), batched=flag, seed=int(rng.integers(99))))
        try:
            expected = loop(xp, f, arrays, flags)
        except Exception:
            if standard or xp.__name__ in ("numpy", "extensor"):
                raise
            continue
        check(vmap(f, in_axes=tuple([0 if flag else None for flag in flags]))(*arrays), expected)


def operands_of(index: Index) -> list[Any]:
    return [] if index.indices is None else [Ints(index.indices, index.below)]


@everywhere
@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_selection(index: Index, xp: Any) -> None:
    every(xp, indexed(index), [index.shape, *operands_of(index)], standard=index.standard)


@everywhere
@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_assignment(index: Index, xp: Any) -> None:
    # array-api-strict assigns by no array of integers, as the standard leaves that open.
    standard = index.standard and index.indices is None
    for shape in index.values:
        every(xp, assigned(index), [index.shape, shape, *operands_of(index)], standard=standard)


@pytest.mark.parametrize("name", [name for name, index in INDICES.items() if index.standard])
def test_what_is_selected_is_on_the_device_of_the_array(name: str) -> None:
    strict, index = pytest.importorskip("array_api_strict"), INDICES[name]
    x = strict.asarray(numpy.random.default_rng(0).random((SIZE, *index.shape)).tolist(), dtype=strict.float64)
    i = [] if index.indices is None else [strict.ones((SIZE, *index.indices), dtype=strict.int64)]
    on_another_device(strict, vmap(indexed(index)), [x, *i])


def test_what_is_assigned_by_a_mask_is_on_the_device_of_the_array() -> None:
    strict = pytest.importorskip("array_api_strict")

    def f(x: Any) -> Any:
        x[x > 0] = 2.0
        return x

    on_another_device(strict, vmap(f), [strict.asarray([[1.0, -1.0], [-2.0, 3.0]])])


@everywhere
@pytest.mark.parametrize("shape", [(4,), (4, 3)])
def test_masks_that_are_the_same_for_all(shape: tuple[int, ...], xp: Any) -> None:
    mask = xp.asarray((numpy.arange(12).reshape(4, 3) % 2 == 0)[:, : len(shape) * 2 - 1].reshape(shape).tolist())
    every(xp, lambda x: x[mask], [shape], standard=True)
    every(xp, assigned(Index(shape, lambda i: mask)), [shape, ()], standard=True)


@everywhere
def test_masks_of_some_axes(xp: Any) -> None:
    mask, other = xp.asarray([True, False, True]), xp.asarray([False, True])
    every(xp, lambda x: x[mask], [(3, 2)], standard=False)
    every(xp, lambda x: x[:, other], [(3, 2)], standard=False)
    every(xp, lambda x: x[mask, 1], [(3, 2)], standard=False)
    every(xp, assigned(Index((3, 2), lambda i: (slice(None), other))), [(3, 2), (3, 1)], standard=False)


@everywhere
def test_a_number_is_assigned_by_a_mask_of_each_example(xp: Any) -> None:
    def f(x: Any, value: Any) -> Any:
        here = array_namespace(x, value)
        if not isinstance(x, WrappedArray):
            return here.where(x > 0, value, x)
        x[x > 0] = value
        return x

    every(xp, f, [(2, 3), ()], standard=True)
    every(xp, lambda x: f(x, 2.0), [(2, 3)], standard=True)


def test_assignment_to_what_is_the_same_for_all_makes_it_batched(xp: Any) -> None:
    def f(x: Any) -> Any:
        out = array_namespace(x).zeros((2, 3), dtype=x.dtype)
        out[0, :] = x
        out[1, 0] += 1.0
        return out

    found = vmap(f)(xp.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype=xp.float64))
    assert to_numpy(found).tolist() == [[[1, 2, 3], [1, 0, 0]], [[4, 5, 6], [1, 0, 0]]]


# What a batch is not.


@pytest.mark.parametrize(
    "f",
    [
        lambda xp, x: bool(x[0, 0] > 0),
        lambda xp, x: float(x[0, 0]),
        lambda xp, x: int(x[0, 0]),
        lambda xp, x: complex(x[0, 0]),
        lambda xp, x: [1, 2][xp.astype(x[0, 0], xp.int64)],
        lambda xp, x: range(3)[xp.astype(x[0, 0], xp.int64) :],
        lambda xp, x: numpy.ones(3)[xp.astype(x[0, 0], xp.int64)],
        lambda xp, x: numpy.asarray(x),
        lambda xp, x: numpy.from_dlpack(x),
        lambda xp, x: x[x > 0],
        lambda xp, x: x[:, x[0, :] > 0],
        lambda xp, x: x.__setitem__(x > 0, x[0, :1]),
        lambda xp, x: xp.repeat(x, xp.astype(x[0, :2], xp.int64), axis=0),
        lambda xp, x: xp.nonzero(x),
        lambda xp, x: xp.unique_all(x),
        lambda xp, x: xp.unique_counts(x),
        lambda xp, x: xp.unique_inverse(x),
        lambda xp, x: xp.unique_values(x),
        lambda xp, x: xp.arange(x[0, 0]),
        lambda xp, x: xp.zeros((xp.astype(x[0, 0], xp.int64),)),
        lambda xp, x: xp.ones(xp.astype(x[0, 0], xp.int64)),
        lambda xp, x: xp.eye(xp.astype(x[0, 0], xp.int64)),
        lambda xp, x: xp.empty(xp.astype(x[0, 0], xp.int64)),
        lambda xp, x: xp.fft.fftfreq(xp.astype(x[0, 0], xp.int64)),
        lambda xp, x: xp.fft.rfftfreq(xp.astype(x[0, 0], xp.int64)),
    ],
)
def test_what_depends_on_values_is_a_named_error(f: Callable[..., Any]) -> None:
    with pytest.raises(BatchedValueError, match="vmap"):
        vmap(lambda x: f(x.__array_namespace__(), x))(numpy.ones((SIZE, 2, 2)))


def test_what_is_the_same_for_all_is_a_plain_array(xp: Any) -> None:
    def f(x: Any, n: Any) -> Any:
        here = x.__array_namespace__()
        assert bool(n > 0)
        assert int(n) == 2
        assert float(n) == 2.0
        assert list(range(4))[n] == 2
        flags = here.asarray([True, False, True])
        (positions,) = here.nonzero(flags)
        assert here.unique_values(positions).shape == (2,)
        return x * here.astype(n, x.dtype) + here.arange(3, dtype=x.dtype)[:n][-1]

    x = xp.ones((3, 2), dtype=xp.float64)
    assert to_numpy(vmap(f, in_axes=(0, None))(x, xp.asarray(2))).tolist() == [[3.0, 3.0]] * 3


def test_shapes_are_those_of_one_example() -> None:
    xp = Batch(numpy)
    x = xp.variable(numpy.ones((5, 2, 3)))
    assert (x.shape, x.ndim, x.size, len(x), x.T.shape, x.mT.shape) == ((2, 3), 2, 6, 2, (3, 2), (3, 2))
    assert [row.shape for row in x] == [(3,), (3,)]
    assert x.dtype == numpy.float64
    assert x.device == "cpu"
    assert x.to_device("cpu").shape == (2, 3)
    assert "Batch" in repr(x)


@pytest.mark.parametrize("row", spec.OPERATORS, ids=lambda row: row.method)
def test_operators(row: spec.Operator) -> None:
    integers = spec.BY_NAME[row.function].kinds.startswith("integer")
    make = numpy.asarray([[1, 2], [3, 1]]) if integers else numpy.asarray([[1.0, 2.0], [3.0, 1.0]])
    if row.function == "matmul":
        make = make[:, :, None] * numpy.ones((2, 2, 2))
    xp = Batch(numpy)
    x = xp.variable(make)
    if row.signature == "(self, /)":
        check(getattr(x, row.method)().primal, getattr(make, row.method)())
        return
    infix = getattr(operator, row.method)
    check(infix(x, x).primal, infix(make, make))
    if row.reflected and row.function != "matmul":
        check(infix(make[0], x).primal, infix(make[0], make))
        check(infix(2, x).primal, infix(2, make))
    if row.inplace and not (integers and row.function == "divide"):
        before = x
        x = getattr(operator, row.inplace)(x, x)
        assert x is before
        check(x.primal, infix(make, make))


def test_an_operation_in_place_keeps_its_shape() -> None:
    xp = Batch(numpy)
    x = xp.variable(numpy.ones((3, 2)))
    with pytest.raises(TypeError, match="in-place"):
        x += xp.variable(numpy.ones((3, 4, 2)))


@pytest.mark.parametrize(
    "f",
    [
        lambda xp, x: xp.sum(x, axis=2),
        lambda xp, x: xp.sum(x, axis=-3),
        lambda xp, x: xp.flip(x, axis=(0, 2)),
        lambda xp, x: xp.expand_dims(x, axis=4),
        lambda xp, x: xp.linalg.det(x[0, :]),
        lambda xp, x: xp.linalg.cholesky(xp.sum(x)),
        lambda xp, x: xp.matmul(x, x[0, 0]),
        lambda xp, x: xp.reshape(x, (5,)),
        lambda xp, x: xp.broadcast_to(x, (2,)),
        lambda xp, x: xp.tensordot(x, x[:1, :], axes=((0, 1), (0, 1))),
        lambda xp, x: xp.sort(xp.sum(x)),
        lambda xp, x: xp.cumulative_sum(x),
        lambda xp, x: x + x[None, :, :1, None] * xp.ones(3)[:, None],
        lambda xp, x: x[5, 0],
        lambda xp, x: x[0, 0, 0],
    ],
)
def test_the_batch_axis_is_out_of_reach(f: Callable[..., Any]) -> None:
    """As many examples as rows, so that a mistaken axis would fit."""
    with pytest.raises((IndexError, ValueError, TypeError, numpy.linalg.LinAlgError)):
        vmap(lambda x: f(x.__array_namespace__(), x))(numpy.ones((2, 2, 2)))


def test_no_examples(xp: Any) -> None:
    """Shapes and data types come out as they would of any number."""

    def f(x: Any) -> Any:
        here = x.__array_namespace__()
        product = here.matmul(x, here.matrix_transpose(x))
        found = here.searchsorted(here.sort(x[0, :]), x[1, :])
        return (
            here.sum(product),
            here.reshape(x, (-1,)),
            here.linalg.inv(product).mT,
            found,
            x[:, 1],
            here.cumulative_sum(x, axis=0),
        )

    few = vmap(f)(xp.ones((0, 2, 3), dtype=xp.float64))
    shapes = [tuple(out.shape) for out in few]
    assert shapes == [(0,), (0, 6), (0, 2, 2), (0, 3), (0, 2), (0, 2, 3)]
    assert [out.dtype for out in (few[0], few[1])] == [xp.float64, xp.float64]
