"""Every rule, at every documented option, against differences and against two other libraries.

The table of calls comes first. A function of the standard that is not in it fails a test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import inf
from operator import attrgetter
from typing import Any, NamedTuple

import numpy
import numpy.testing
import optree
import pytest

from autodiff import Reverse, array_namespace, check_grads, grad, jvp, vjp, vmap
from autodiff.rules import COMPOSITES, NON_DIFFERENTIABLE, RULES
from autodiff.rules.kinds import adjoint
from autodiff.rules.manipulation import setitem
from conformance import spec

Interval = tuple[float, float]
LINE = (-inf, inf)


class Case(NamedTuple):
    """One call: arrays of these shapes first, then `args` and `params`, in which lists stand for arrays."""

    shapes: Sequence[tuple[int, ...]]
    args: tuple[Any, ...] = ()
    params: dict[str, Any] = {}  # noqa: RUF012
    call: Callable[..., Any] | None = None
    """Takes the namespace and the arrays, where the call has another form."""
    domains: Sequence[Interval] = ()
    real_only: bool = False
    """Whether the call needs real numbers, whatever the function takes."""
    beyond: bool = False
    """Whether the call goes beyond the standard, so that a library may refuse it."""
    torch_differs: bool = False
    """Whether PyTorch leaves out a part of the derivative."""


class Placing:
    """A namespace whose creation functions make arrays on a device, unless they are what is tested."""

    CREATION = frozenset("arange asarray empty eye full linspace ones zeros".split())

    def __init__(self, xp: Any, device: Any, path: str) -> None:
        self.xp, self.device, self.path = xp, device, path

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.xp, name)
        return partial(value, device=self.device) if name in self.CREATION - {self.path} else value


def function(path: str, case: Case, xp: Any, device: Any = None) -> Callable[..., Any]:
    """The function of arrays, all on a device, that a case calls."""

    def call(*arrays: Any) -> Any:
        here = namespace_of(arrays, xp)
        here = here if device is None else Placing(here, device, path)
        args = [_argument(here, value) for value in case.args]
        params = {name: _argument(here, value) for name, value in case.params.items()}
        out = case.call(here, *arrays) if case.call else attrgetter(path)(here)(*arrays, *args, **params)
        return tuple(out) if isinstance(out, list) else out

    return call


def namespace_of(arrays: Any, xp: Any) -> Any:
    """The namespace of wrapped arrays, and `xp` for its own."""
    return next((x.namespace for x in arrays if hasattr(x, "namespace")), xp)


def _argument(xp: Any, value: Any) -> Any:
    if isinstance(value, list):
        return xp.asarray(value)
    return getattr(xp, value) if isinstance(value, str) and value in spec.DTYPES else value


def inputs(xp: Any, case: Case, dtype: str = "float64", seed: int = 0) -> list[Any]:
    """Arrays for a case, well inside the domain."""
    rng = numpy.random.default_rng(seed)
    domains = [*case.domains, *[LINE] * len(case.shapes)]
    return [array(xp, draw(rng, shape, domain, dtype), dtype) for shape, domain in zip(case.shapes, domains)]  # noqa: B905


def draw(rng: numpy.random.Generator, shape: tuple[int, ...], domain: Interval, dtype: str) -> numpy.ndarray:
    low, high = bounds(domain)
    values = rng.uniform(low, high, shape)
    return values + 1j * rng.uniform(0.2, 0.8, shape) if dtype.startswith("complex") else values


def bounds(domain: Interval) -> Interval:
    """A bounded interval inside a domain, away from its ends."""
    low, high = max(domain[0], min(-1.5, domain[1] - 1.5)), min(domain[1], max(1.5, domain[0] + 1.5))
    margin = (high - low) / 6
    return low + margin, high - margin


def array(xp: Any, values: numpy.ndarray, dtype: str) -> Any:
    dtype = getattr(xp, dtype)
    return xp.asarray(values.tolist(), dtype=dtype) if values.size else xp.zeros(values.shape, dtype=dtype)


def each(shapes: Sequence[tuple[int, ...]], *options: dict[str, Any]) -> list[Case]:
    """One case per set of named arguments."""
    return [Case(shapes, (), params) for params in options]


def elementwise(path: str) -> Iterator[Case]:
    """Cases of a function whose array arguments broadcast, by its row: shapes, then a number in each place."""
    row = spec.BY_NAME[path]
    count = len(row.arrays)
    domains = row.domain or (LINE,) * count
    unary, binary = [((2, 3),), ((),), ((0, 3),)], [((2, 1), (3,)), ((), (2,)), ((2, 3), (2, 3)), ((0, 3), (1,))]
    for shapes in unary if count == 1 else binary:
        yield Case(shapes, domains=domains)
    if count == 2:
        number = [sum(bounds(domain)) / 2 + 0.125 for domain in domains]
        yield Case([(3,)], call=lambda xp, x: attrgetter(path)(xp)(x, number[1]), domains=domains[:1])
        yield Case([(3,)], call=lambda xp, x: attrgetter(path)(xp)(number[0], x), domains=domains[1:])


REDUCTIONS = [
    *each([(2, 3, 2)], {}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, -1)}, {"keepdims": True}),
    Case([()]),
    Case([(0, 3)], (), {"axis": 1}),
]
SUMS = [*REDUCTIONS, Case([(2, 3)], (), {"axis": (), "keepdims": True}), Case([(0, 3)], (), {"axis": 0})]
CAST = [Case([(2, 3)], (), {"dtype": "float64"}, real_only=True)]
SPREADS = [
    *REDUCTIONS[:-2],
    *each([(2, 3)], {"correction": 1}, {"axis": 1, "correction": 0.5}, {"axis": (0, 1), "correction": 1.0}),
    Case([(0, 3)], (), {"axis": 1}),
]
CUMULATIONS = [
    Case([(5,)]),
    *each([(2, 3)], {"axis": 0}, {"axis": -1, "include_initial": True}),
    Case([(2, 3)], (), {"axis": 1, "dtype": "float64"}, real_only=True),
    Case([(3,)], (), {"include_initial": True}),
    Case([(0, 3)], (), {"axis": 0}),
]
PRODUCTS = [
    Case(shapes)
    for shapes in (
        [(2, 3), (3, 2)],
        [(3,), (3,)],
        [(3,), (3, 2)],
        [(2, 3), (3,)],
        [(2, 2, 3), (3, 2)],
        [(2, 1, 2, 3), (2, 3, 2)],
        [(3,), (2, 3, 2)],
        [(2, 2, 3), (3,)],
        [(2, 0), (0, 3)],
    )
]
CONTRACTIONS = [
    Case([(2, 3), (2, 3)]),
    Case([(2, 3), (3, 2)], (), {"axes": 1}),
    Case([(2,), (3,)], (), {"axes": 0}),
    Case([(2, 3, 4), (4, 3, 2)], (), {"axes": ((1, 2), (1, 0))}),
    Case([(2, 3, 4), (4, 2, 3)], (), {"axes": ((-1, 0), (0, -2))}),
    Case([(2, 3), (5, 3)], (), {"axes": ((1,), (1,))}),
]
DOTS = [
    Case([(3,), (3,)]),
    Case([(2, 3), (3,)]),
    Case([(2, 1, 3), (2, 3)]),
    Case([(3, 2), (3, 1)], (), {"axis": -2}),
]
TRANSPOSITIONS = [Case([(2, 3)]), Case([(2, 2, 3)]), Case([(0, 2)])]


def indexed(*key: Any) -> Case:
    """``x[key]``; lists in the key stand for arrays."""
    return Case([(3, 4)], call=lambda xp, x: x[_key(xp, key)])


def assigned(shape: tuple[int, ...], *key: Any) -> Case:
    """``x[key] = value`` with a value of this shape."""
    return Case([(3, 4), shape], call=lambda xp, x, value: setitem(xp, x, _key(xp, key), value))


def _key(xp: Any, key: Any) -> Any:
    key = tuple([xp.asarray(part) if isinstance(part, list) else part for part in key])
    return key if len(key) > 1 else key[0]


LENGTHS = [
    *each([(2, 4)], {}, *[{"n": n} for n in (1, 3, 4, 9)], {"norm": "ortho"}, {"norm": "forward"}),
    *each([(5, 2, 3)], {"axis": 0}, {"axis": -2, "n": 3}, {"axis": 0, "n": 8, "norm": "forward"}),
]
MANY_LENGTHS = [
    *each([(2, 3, 4)], {}, {"axes": (0, -1)}, {"axes": (1,)}, {"axes": (2, 0), "norm": "ortho"}, {"norm": "forward"}),
    Case([(2, 3, 4)], (), {"s": (3, 2), "axes": (1, 0)}),
    Case([(2, 3, 4)], (), {"s": (-1, 3), "axes": (0, 1)}),
    # NumPy deprecates lengths without axes, and array-api-strict passes that on.
    Case([(2, 3, 4)], (), {"s": (4, 3)}, beyond=True),
]
SHIFTS = each([(2, 3, 5)], {}, {"axes": 1}, {"axes": -1}, {"axes": (0, -1)})
SQUARES: list[tuple[int, ...]] = [(3, 3), (2, 2, 2), (1, 1), (0, 0)]
RECTANGLES: list[tuple[int, ...]] = [(3, 3), (4, 2), (2, 3), (2, 3, 2)]
NORMS = [
    Case([(2, 3, 2)], (), {"axis": 1, "keepdims": True}),
    Case([(2, 3, 2)], (), {"axis": (0, -1)}),
    *each([(2, 3)], *[{"ord": p} for p in (2, 1, 0, inf, -inf, 3, 0.5, -1, -2)], {"ord": 3, "axis": 0}),
    Case([()]),
]
MATRIX_NORMS = [
    Case([shape], (), {"ord": p}) for p in ("fro", "nuc", 1, -1, 2, -2, inf, -inf) for shape in ((3, 2), (2, 2, 3))
]


def regular(xp: Any, x: Any) -> Any:
    """Square matrices whose inverses are moderate and whose eigenvalues are far apart."""
    steps = xp.arange(2, 2 + 2 * x.shape[-1], 2)
    return xp.add(x, xp.astype(xp.eye(x.shape[-1], dtype=steps.dtype) * steps, x.dtype))


def hermitian(xp: Any, x: Any) -> Any:
    return regular(xp, x + adjoint(xp, x))


def of_matrices(call: Callable[..., Any], made: Callable[..., Any] = regular) -> list[Case]:
    """Calls of a function of square matrices of a kind."""
    return [Case([shape], call=lambda xp, x: call(xp, made(xp, x))) for shape in SQUARES]


def decomposed_by(name: str) -> Callable[..., Any]:
    def call(xp: Any, x: Any) -> Any:
        values, vectors = getattr(xp.linalg, name)(x)
        return [values, sizes(xp, vectors)]

    return call


def sizes(xp: Any, x: Any) -> Any:
    """What does not change with the factors of modulus one that a library has chosen."""
    return xp.abs(x) ** 2


def first_product(xp: Any, u: Any, vh: Any) -> Any:
    """The first pair of singular vectors, of which the common factor is free."""
    return xp.matmul(u[..., :1], vh[..., :1, :])


def projection(xp: Any, x: Any) -> Any:
    """What does not change with the basis of the columns' space."""
    return xp.matmul(x, adjoint(xp, x))


def decomposed_by_svd(full: bool) -> Callable[..., Any]:
    def call(xp: Any, x: Any) -> Any:
        u, s, vh = xp.linalg.svd(x, full_matrices=full)
        k = s.shape[-1]
        rest = [projection(xp, u[..., k:]), projection(xp, adjoint(xp, vh)[..., k:])] if full else []
        return [s, first_product(xp, u, vh), sizes(xp, u[..., :k]), sizes(xp, vh[..., :k, :]), *rest]

    return call


def decomposed_by_qr(mode: str) -> Callable[..., Any]:
    def call(xp: Any, x: Any) -> Any:
        q, r = xp.linalg.qr(x, mode=mode)
        k = min(x.shape[-2:])
        return [q[..., :k], r, projection(xp, q[..., k:])] if mode == "complete" else [q, r]

    return call


MASK = [[True, False, True, False], [False, False, False, True], [True, True, False, False]]

CASES: dict[str, list[Case]] = {
    "astype": [Case([(2, 3)], ("float64",), real_only=True), Case([(2,)], ("complex128",), {"copy": False})],
    "broadcast_arrays": [Case([(2, 1), (3,), ()])],
    "broadcast_to": [Case([(2, 1)], ((4, 2, 3),)), Case([()], ((2, 3),)), Case([(1,)], ((0,),))],
    "clip": [
        Case([(2, 3), (3,), (2, 1)], domains=[LINE, (-0.4, -0.1), (0.1, 0.4)]),
        Case([(2, 3), (3,)]),
        *each([(2, 3)], {}, {"min": 0.1}, {"max": 0.1}, {"min": -0.3, "max": 0.3}),
        Case([(2, 3)], (-0.2, 0.2)),
        Case([(2, 3), (3,)], call=lambda xp, x, high: xp.clip(x, max=high)),
        Case([(2, 3), (3,)], call=lambda xp, x, high: xp.clip(x, -0.25, high), domains=[LINE, (0.1, 0.4)]),
        Case([(2, 1), (3,)], call=lambda xp, x, low: xp.clip(x, low, 0.25), domains=[LINE, (-0.4, 0.1)]),
    ],
    "concat": [
        Case([(2, 3), (1, 3)], call=lambda xp, *arrays: xp.concat(arrays)),
        Case([(2, 3), (2, 1), (2, 0)], call=lambda xp, *arrays: xp.concat(list(arrays), axis=-1)),
        Case([(2, 3), (2,), ()], call=lambda xp, *arrays: xp.concat(arrays, axis=None)),
    ],
    "cumulative_prod": CUMULATIONS,
    "cumulative_sum": CUMULATIONS,
    "diff": [
        *each([(3, 4)], {}, {"axis": 0}, {"n": 2}, {"n": 0}),
        Case([(3, 4), (3, 1), (3, 2)], call=lambda xp, x, first, last: xp.diff(x, prepend=first, append=last)),
    ],
    "expand_dims": [Case([(2, 3)], (), {"axis": axis}) for axis in (0, -1, 1, (0, -1))],
    "flip": each([(2, 3)], {}, {"axis": 0}, {"axis": -1}, {"axis": (0, -1)}),
    "full": [Case([()], call=lambda xp, x: xp.full((2, 3), x, dtype=x.dtype), beyond=True)],
    "full_like": [Case([()], call=lambda xp, x: xp.full_like(xp.zeros((2, 3), dtype=x.dtype), x), beyond=True)],
    "getitem": [
        indexed(1, ...),
        indexed(-1, 2),
        indexed(slice(None, None, 2), ...),
        indexed(slice(None), slice(None, None, -1)),
        indexed(None, ...),
        indexed(...),
        indexed(..., None, 1),
        indexed(slice(0, 0), ...),
        indexed(MASK),
        indexed([2, 0, 2, -1])._replace(beyond=True),
        indexed([0, 1, 0], [3, 3, 3]),
        indexed([[0], [1]], [1, 1]),
        indexed(1, [0, 0, 2]),
        indexed(slice(0, 2), [0, 0, 2])._replace(beyond=True),
    ],
    **{f"fft.{name}": LENGTHS for name in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")},
    **{f"fft.{name}": MANY_LENGTHS for name in ("fftn", "ifftn", "rfftn", "irfftn")},
    **{f"fft.{name}": SHIFTS for name in ("fftshift", "ifftshift")},
    "linalg.cholesky": [
        *of_matrices(lambda xp, x: xp.linalg.cholesky(projection(xp, x))),
        *of_matrices(lambda xp, x: xp.linalg.cholesky(projection(xp, x), upper=True)),
    ],
    "linalg.cross": [
        Case([(3,), (3,)]),
        Case([(2, 3), (3,)]),
        Case([(2, 1, 3), (4, 3)]),
        Case([(3, 2), (3, 2)], (), {"axis": -2}),
    ],
    "linalg.det": of_matrices(lambda xp, x: xp.linalg.det(x)),
    "linalg.diagonal": [
        *each([(3, 4)], *[{"offset": k} for k in (0, 1, -1, 3, -2)]),
        Case([(2, 4, 3)], (), {"offset": -1}),
        Case([(2, 4, 3)], (), {"offset": 1}),
    ],
    "linalg.eig": of_matrices(decomposed_by("eig")),
    "linalg.eigh": of_matrices(decomposed_by("eigh"), hermitian),
    # NumPy's are real where they can be.
    "linalg.eigvals": of_matrices(lambda xp, x: xp.astype(xp.linalg.eigvals(x), xp.complex128)),
    "linalg.eigvalsh": of_matrices(lambda xp, x: xp.linalg.eigvalsh(x), hermitian),
    "linalg.inv": of_matrices(lambda xp, x: xp.linalg.inv(x)),
    "linalg.matrix_norm": [*MATRIX_NORMS, *each([(2, 2, 3)], {}, {"keepdims": True}, {"ord": "nuc", "keepdims": True})],
    "linalg.matrix_power": [
        *[Case([(2, 3, 3)], (n,)) for n in (2, 0, 1, 5)],
        *of_matrices(lambda xp, x: xp.linalg.matrix_power(x, -1)),
        *of_matrices(lambda xp, x: xp.linalg.matrix_power(x, -3)),
    ],
    "linalg.matrix_transpose": TRANSPOSITIONS,
    "linalg.outer": [Case([(2,), (3,)])],
    "linalg.pinv": [*[Case([shape]) for shape in RECTANGLES], Case([(3, 2)], (), {"rtol": 1e-8})],
    "linalg.qr": [
        Case([shape], call=decomposed_by_qr(mode))
        for mode in ("reduced", "complete")
        for shape in (*RECTANGLES, (0, 0))
    ],
    "linalg.slogdet": of_matrices(lambda xp, x: tuple(xp.linalg.slogdet(x))),
    "linalg.solve": [
        Case(shapes, call=lambda xp, x1, x2: xp.linalg.solve(regular(xp, x1), x2))
        for shapes in (
            [(3, 3), (3, 2)],
            [(3, 3), (3,)],
            [(2, 2, 2), (2,)],
            [(2, 2, 2), (2, 3)],
            [(2, 2), (4, 2, 3)],
            [(0, 0), (0, 2)],
        )
    ],
    "linalg.svd": [
        Case([shape], call=decomposed_by_svd(full), torch_differs=full and shape[-2] != shape[-1])
        for full in (False, True)
        for shape in RECTANGLES
    ],
    "linalg.svdvals": [Case([shape]) for shape in (*RECTANGLES, (0, 0))],
    "linalg.trace": [*each([(3, 4)], {}, {"offset": 1}, {"offset": -2}), *CAST, Case([(2, 3, 3)])],
    "linalg.vector_norm": NORMS,
    "linspace": [
        Case([(), ()], call=lambda xp, start, stop: xp.linspace(start, stop, 5, dtype=start.dtype), beyond=True),
        Case(
            [(), ()],
            call=lambda xp, start, stop: xp.linspace(start, stop, 4, dtype=start.dtype, endpoint=False),
            beyond=True,
        ),
        Case([()], call=lambda xp, stop: xp.linspace(1.0, stop, 3, dtype=stop.dtype), beyond=True),
    ],
    "matrix_transpose": TRANSPOSITIONS,
    "max": REDUCTIONS,
    "mean": REDUCTIONS,
    "meshgrid": [
        Case([(2,), (3,), (4,)]),
        Case([(2,), (3,)], (), {"indexing": "ij"}),
        Case([(2,)]),
        Case([(2,), (3,)]),
    ],
    "min": REDUCTIONS,
    "moveaxis": [Case([(2, 3, 4)], (0, -1)), Case([(2, 3, 4)], ((0, 1), (-1, 0)))],
    "permute_dims": [Case([(2, 3, 4)], ((2, 0, 1),)), Case([(2, 3)], ((-1, 0),)), Case([()], ((),))],
    "prod": [*SUMS, *CAST],
    "repeat": [
        Case([(2, 3)], (2,)),
        Case([(2, 3)], (2,), {"axis": -1}),
        Case([(2, 3)], ([1, 0, 2],), {"axis": 1}),
        Case([(2, 3)], ([2],), {"axis": 0}),
    ],
    "reshape": [Case([(2, 3)], ((3, -1),)), Case([(2, 3)], ((6,),), {"copy": True}), Case([()], ((1, 1),))],
    "roll": [
        Case([(2, 3)], (2,)),
        Case([(2, 3)], (-1,), {"axis": 1}),
        Case([(2, 3)], ((1, 2),), {"axis": (0, -1)}),
    ],
    "setitem": [
        assigned((4,), 1, ...),
        assigned((), slice(None), 2),
        assigned((2, 4), slice(0, 2), ...),
        assigned((3, 1), ...),
        assigned((4, 3), slice(None), slice(None))._replace(
            call=lambda xp, x, value: setitem(xp, x, (slice(None), slice(None)), value.T)
        ),
        assigned((), MASK),
        Case([(3, 4)], call=lambda xp, x: setitem(xp, x, (0, slice(1, 3)), 2.5)),
        Case([()], call=lambda xp, value: setitem(xp, xp.ones((2, 3), dtype=value.dtype), (0, 1), value)),
    ],
    "sort": [*each([(2, 3)], {}, {"axis": 0}, {"descending": True}, {"stable": False})],
    "squeeze": [Case([(1, 3, 1)], (), {"axis": axis}) for axis in (0, -1, (0, 2))],
    "stack": [
        Case([(2, 3), (2, 3)], call=lambda xp, *arrays: xp.stack(arrays)),
        Case([(2, 3), (2, 3)], call=lambda xp, *arrays: xp.stack(list(arrays), axis=-1)),
        Case([(), ()], call=lambda xp, *arrays: xp.stack(arrays)),
    ],
    "std": SPREADS,
    "sum": [*SUMS, *CAST],
    "take": [
        Case([(3, 4)], ([2, 0, 2],), {"axis": 0}),
        Case([(3, 4)], ([1, -1],), {"axis": -1}),
        Case([(3,)], ([0, 0, 1],)),
    ],
    "take_along_axis": [
        Case([(3, 2)], ([[0, 2], [0, -1]],), {"axis": 0}),
        Case([(3, 2)], ([[0, 0, 1]] * 3,)),
        Case([(3, 2)], ([[1, 0]],), {"axis": -2}),
    ],
    "tile": [Case([(2, 3)], (repetitions,)) for repetitions in ((2,), (2, 1), (2, 1, 3), (1, 0))]
    + [Case([()], ((2,),))],
    "to_device": [Case([(2, 3)], call=lambda xp, x: RULES["to_device"].call(xp, x, x.device))],
    "tril": [*each([(3, 3)], {}, {"k": 1}, {"k": -1}), Case([(2, 2, 3)])],
    "triu": [*each([(3, 3)], {}, {"k": 1}, {"k": -1}), Case([(2, 2, 3)])],
    "unstack": each([(2, 3)], {}, {"axis": -1}),
    "var": SPREADS,
    "where": [
        Case([(3,), (2, 1)], call=lambda xp, x1, x2: xp.where(xp.asarray([True, False, True]), x1, x2)),
        Case([(2, 3)], call=lambda xp, x: xp.where(x > 0, x, 0.5), real_only=True),
        Case([(2, 3)], call=lambda xp, x: xp.where(x > 0, 0.5, x * x), real_only=True),
    ],
    **{
        name: [Case([shape], call=lambda xp, x, name=name: getattr(xp, name)(x).values, real_only=True)]
        for name, shape in (("unique_all", (5,)), ("unique_counts", (5,)), ("unique_inverse", (2, 3)))
    },
    "unique_values": [Case([(5,)], real_only=True), Case([(2, 3)], real_only=True), Case([(0,)], real_only=True)],
    **{f"{prefix}matmul": PRODUCTS for prefix in ("", "linalg.")},
    **{f"{prefix}tensordot": CONTRACTIONS for prefix in ("", "linalg.")},
    **{f"{prefix}vecdot": DOTS for prefix in ("", "linalg.")},
}
CASES |= {
    path: list(elementwise(path))
    for path in (*RULES, *COMPOSITES)
    if path not in CASES and spec.BY_NAME[path].chapter == "elementwise"
}


SLOW = "JAX compiles each operation for each shape and data type; one case of each function must do"
METHODS = {"getitem", "setitem", "to_device"}
COMPLETE = ("array_api_strict", "extensor")
"""Namespaces that have every function and option; where the others fall short, the call is skipped."""


def kinds(path: str, case: Case) -> set[str]:
    """Data types in which to check a case: float64, complex128 or both."""
    accepted = spec.KINDS["all" if path in METHODS else spec.BY_NAME[path].kinds]
    accepted = spec.KINDS["all"] if accepted == () else accepted
    return {"float64", "complex128"} & set(accepted) - ({"complex128"} if case.real_only else set())


EVERY = [
    pytest.param(path, case, dtype, id=f"{path}-{i}-{dtype}")
    for path, cases in CASES.items()
    for i, case in enumerate(cases)
    for dtype in sorted(kinds(path, case))
]
FIRST = [param for param in EVERY if param.values[1] is CASES[param.values[0]][0]]
IN = {
    dtype: [pytest.param(*param.values[:2], id=param.id) for param in EVERY if param.values[2] == dtype]
    for dtype in ("float64", "complex128")
}


def applicable(xp: Any, path: str, case: Case, arrays: Sequence[Any]) -> Callable[..., Any]:
    """The function that a case calls; skips if the library itself cannot."""
    f = function(path, case, xp)
    try:
        f(*arrays)
    except Exception as error:
        if xp.__name__ in COMPLETE and not case.beyond:
            raise
        pytest.skip(f"{xp.__name__} itself: {error}")
    return f


def test_every_function_is_differentiable_or_constant() -> None:
    named = {row.path for row in spec.FUNCTIONS if row.chapter not in ("info", "inspection")} | METHODS
    assert {*RULES, *COMPOSITES, *NON_DIFFERENTIABLE, "asarray", "from_dlpack"} == named
    assert not {*RULES, *COMPOSITES} & NON_DIFFERENTIABLE


def test_every_rule_has_a_case() -> None:
    assert set(CASES) == set(RULES) | set(COMPOSITES)


PROMOTING = [
    path
    for path in CASES
    if path in spec.BY_NAME
    and spec.BY_NAME[path].result in ("promoted", "floating")
    and len(CASES[path][0].shapes) == 2
]


@pytest.mark.parametrize(("path", "case"), IN["float64"])
def test_derivatives_agree_with_differences(xp: Any, path: str, case: Case) -> None:
    if xp.__name__ == "jax.numpy" and case is not CASES[path][0]:
        pytest.skip(SLOW)
    arrays = inputs(xp, case)
    check_grads(applicable(xp, path, case, arrays), arrays, order=1 if xp.__name__ == "jax.numpy" else 2)


@pytest.mark.parametrize(("path", "case"), IN["complex128"])
def test_complex_derivatives_agree_with_differences(xp: Any, path: str, case: Case) -> None:
    if xp.__name__ == "jax.numpy":
        pytest.skip(SLOW)
    arrays = inputs(xp, case, "complex128")
    check_grads(applicable(xp, path, case, arrays), arrays, order=2)


@pytest.mark.parametrize(("path", "case"), IN["float64"])
def test_derivatives_have_the_data_type_of_their_primals(xp: Any, path: str, case: Case) -> None:
    if xp.__name__ == "jax.numpy":
        pytest.skip(SLOW)
    found, expected = [], []
    for dtype, results in (("float32", found), ("float64", expected)):
        arrays = inputs(xp, case, dtype)
        f = applicable(xp, path, case, arrays)
        out, out_dot = jvp(f, arrays, [xp.ones_like(x) for x in arrays])
        out, pullback = vjp(f, *arrays)
        grads = pullback(optree.tree_map(xp.ones_like, out))
        assert [x.dtype for x in optree.tree_leaves(out)] == [x.dtype for x in optree.tree_leaves(out_dot)]
        assert [x.dtype for x in grads] == [x.dtype for x in arrays]
        assert [x.shape for x in grads] == [x.shape for x in arrays]
        results += [*optree.tree_leaves(out_dot), *grads]
    for narrow, wide in zip(found, expected, strict=True):
        numpy.testing.assert_allclose(to_numpy(narrow), to_numpy(wide), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("path", "case", "dtype"), EVERY)
def test_derivatives_are_on_the_device_of_their_primals(path: str, case: Case, dtype: str) -> None:
    """array-api-strict refuses to combine arrays of two devices, so an array made on the default one is found."""
    strict = pytest.importorskip("array_api_strict")
    strict.set_array_api_strict_flags(api_version="2025.12")
    arrays = inputs(strict, case, dtype)
    try:
        vjp(function(path, case, strict), *arrays)
    except Exception as error:
        if not case.beyond:
            raise
        pytest.skip(f"array-api-strict itself: {error}")
    device = strict.Device("device1")
    f, arrays = function(path, case, strict, device), [x.to_device(device) for x in arrays]
    out, pullback = vjp(f, *arrays)
    ct = optree.tree_map(strict.ones_like, out)
    forward = jvp(lambda *x: vjp(f, *x)[1](ct), arrays, arrays)
    reverse = vjp(lambda *x: jvp(f, x, arrays), *arrays)[1]((ct, ct))
    assert {x.device for x in optree.tree_leaves((out, pullback(ct), forward, reverse))} == {device}


FIRST_REAL = [pytest.param(*param.values[:2], id=param.id) for param in FIRST if param.values[2] == "float64"]


@pytest.mark.parametrize(("path", "case"), FIRST_REAL)
def test_derivatives_read_no_values_while_jax_compiles(path: str, case: Case) -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    arrays = inputs(jax.numpy, case)
    f = function(path, case, jax.numpy)
    try:
        jax.eval_shape(f, *arrays)
    except (AttributeError, TypeError) as error:
        pytest.skip(f"JAX itself: {error}")
    jax.eval_shape(lambda *x: both_modes(f, x), *arrays)


def both_modes(f: Callable[..., Any], arrays: Sequence[Any]) -> Any:
    """Derivatives of a function along its own arguments, and pulled back from ones."""
    out, pullback = vjp(f, *arrays)
    ct = optree.tree_map(lambda x: array_namespace(x).ones_like(x), out)
    return jvp(f, arrays, arrays)[1], pullback(ct)


LACKING = {
    "the function itself": "linalg.cross linalg.det linalg.eig linalg.eigh linalg.eigvals linalg.eigvalsh "
    "linalg.matrix_power linalg.pinv linalg.slogdet take_along_axis to_device",
    "broadcast_shapes": "broadcast_arrays meshgrid",
    "take_along_axis": "sort",
    "full_matrices=True": "linalg.svd",
    "axis=None": "repeat",
    "the lower triangle": "linalg.cholesky",
    "lazy sizes": "diff linspace unique_all unique_counts unique_inverse unique_values",
}
"""Functions by what array-api-compat's Dask does not have of them."""


@pytest.mark.parametrize(("path", "case"), FIRST_REAL)
def test_derivatives_of_lazy_arrays_are_lazy(path: str, case: Case) -> None:
    config = pytest.importorskip("dask.config")
    xp = pytest.importorskip("array_api_compat.dask.array")

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a lazy array was computed")

    for what, paths in LACKING.items():
        if path in paths.split():
            pytest.skip(f"Dask lacks {what}")
    with config.set(scheduler=refuse):
        found = optree.tree_leaves(both_modes(function(path, case, xp), inputs(xp, case)))
    expected = optree.tree_leaves(both_modes(function(path, case, numpy), inputs(numpy, case)))
    for x, y in zip(found, expected, strict=True):
        numpy.testing.assert_allclose(x.compute(scheduler="sync"), y, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtypes", [("float32", "float64"), ("float64", "complex128"), ("complex64", "float64")])
@pytest.mark.parametrize("path", PROMOTING)
def test_mixed_data_types(xp: Any, path: str, dtypes: tuple[str, str]) -> None:
    if xp.__name__ == "jax.numpy":
        pytest.skip(SLOW)
    case = CASES[path][0]
    if "complex128" not in kinds(path, case) and dtypes != ("float32", "float64"):
        pytest.skip("real numbers only")
    arrays = [inputs(xp, case, dtype)[i] for i, dtype in enumerate(dtypes)]
    f = applicable(xp, path, case, arrays)
    out, out_dot = jvp(f, arrays, [xp.ones_like(x) for x in arrays])
    assert out.dtype == out_dot.dtype
    out, pullback = vjp(f, *arrays)
    assert [x.dtype for x in pullback(xp.ones_like(out))] == [x.dtype for x in arrays]
    check_grads(f, arrays, step=1e-3, tolerance=1e-3)


@pytest.mark.parametrize("varied", [0, 1])
@pytest.mark.parametrize("path", PROMOTING)
def test_plain_arrays_are_constants_at_every_depth(xp: Any, path: str, varied: int) -> None:
    if xp.__name__ == "jax.numpy":
        pytest.skip(SLOW)
    case = CASES[path][0]
    arrays = inputs(xp, case)
    f = applicable(xp, path, case, arrays)
    check_grads(lambda x: f(*arrays[:varied], x, *arrays[varied + 1 :]), [arrays[varied]], order=2)


@pytest.mark.parametrize(
    ("path", "case", "dtype"),
    [param for param in FIRST if param.values[0] in COMPOSITES and param.values[1].call is None],
)
def test_composites_take_plain_arrays(path: str, case: Case, dtype: str) -> None:
    # Which refuse operators with arrays of another kind.
    xp = pytest.importorskip("array_api_strict")
    arrays = inputs(xp, case, dtype)
    f = applicable(xp, path, case, arrays)
    found = optree.tree_leaves(function(path, case, Reverse(xp))(*arrays))
    for x, expected in zip(found, optree.tree_leaves(f(*arrays)), strict=True):
        assert not x.varies()
        numpy.testing.assert_allclose(to_numpy(x.primal), to_numpy(expected), rtol=1e-9, atol=1e-9)


WRONG_CALLS: dict[str, tuple[Callable[[Any, Any], Any], type[Exception]]] = {
    "cumulative_prod: axis": (lambda xp, x: xp.cumulative_prod(x, axis=2), IndexError),
    "cumulative_prod: no axis": (lambda xp, x: xp.cumulative_prod(x), ValueError),
    "diff: axis": (lambda xp, x: xp.diff(x, axis=-3), IndexError),
    "diff: n": (lambda xp, x: xp.diff(x, n=-1), ValueError),
    "fft.fftshift: axes": (lambda xp, x: xp.fft.fftshift(x, axes=2), IndexError),
    "linalg.matrix_power: n": (lambda xp, x: xp.linalg.matrix_power(x, 2.5), TypeError),
    "linalg.outer: axes": (lambda xp, x: xp.linalg.outer(x, x), ValueError),
    "sort: axis": (lambda xp, x: xp.sort(x, axis=2), IndexError),
    "tensordot: axes": (lambda xp, x: xp.tensordot(x, x, axes=((2,), (0,))), IndexError),
    "unstack: axis": (lambda xp, x: xp.unstack(x, axis=2), IndexError),
    "var: axis": (lambda xp, x: xp.var(x, axis=(0, 2)), IndexError),
}
"""By function and wrong argument; each raises as the library's own function does."""


@pytest.mark.parametrize(
    "run",
    [lambda f, x: f(x), vjp, lambda f, x: jvp(f, [x], [x]), lambda f, x: vmap(f)(x[None])],
    ids=["library", "reverse", "forward", "batch"],
)
@pytest.mark.parametrize(("call", "error"), WRONG_CALLS.values(), ids=WRONG_CALLS)
def test_wrong_arguments_are_refused(call: Callable[..., Any], error: type[Exception], run: Callable[..., Any]) -> None:
    with pytest.raises(error):
        run(lambda x: call(array_namespace(x), x), numpy.ones((3, 3)))


BEYOND: dict[str, Callable[[Any, Any], Any]] = {
    "broadcast_to: number": lambda xp, x: xp.broadcast_to(x[0, 0], 2),
    "full: number of NumPy": lambda xp, x: xp.full(numpy.int64(2), x[0, 0]),
    "reshape: number": lambda xp, x: xp.reshape(x, 6),
    "roll: lists": lambda xp, x: xp.roll(x, [1, 2], axis=[0, 1]),
    "take: 0-d": lambda xp, x: xp.take(x, numpy.asarray(-1), axis=1),
    "take: 2-d": lambda xp, x: xp.take(x, numpy.asarray([[0, 1], [1, 1]]), axis=1),
    "take: no axis": lambda xp, x: xp.take(x, numpy.asarray([0, 4, 4])),
    "take: numbers by name": lambda xp, x: numpy.take(x, [0, -1, 0], axis=0),
    "take: number by name": lambda xp, x: numpy.take(x, 1, axis=1),
    "tile: number": lambda xp, x: xp.tile(x, 2),
    "tile: by name": lambda xp, x: numpy.tile(x, 2),
}
"""Calls that NumPy takes beyond the standard."""


@pytest.mark.parametrize("call", BEYOND.values(), ids=BEYOND)
def test_what_numpy_takes_beyond_the_standard(call: Callable[..., Any]) -> None:
    def f(x: Any) -> Any:
        return call(array_namespace(x), x)

    x = numpy.asarray([[1.0, 2.0, 4.0], [3.0, 5.0, 6.0]])
    out, _ = vjp(f, x)
    numpy.testing.assert_array_equal(out, f(x))
    check_grads(f, [x], order=2)
    numpy.testing.assert_array_equal(vmap(f)(numpy.stack([x, -x])), [f(x), f(-x)])


@pytest.mark.parametrize("arguments", ["start", "stop", "both"])
def test_a_linspace_of_arrays_is_along_a_new_first_axis(arguments: str) -> None:
    start, stop = numpy.asarray([0.5, -1.0]), numpy.asarray([[2.0], [3.0], [5.0]])
    chosen = {"start": [start], "stop": [stop], "both": [start, stop]}[arguments]

    def f(*chosen: Any) -> Any:
        first, last = chosen if len(chosen) == 2 else (*chosen, 4.0) if arguments == "start" else (-1.0, *chosen)
        return array_namespace(*chosen).linspace(first, last, 4, endpoint=False)

    out, _ = vjp(f, *chosen)
    numpy.testing.assert_allclose(out, f(*chosen), rtol=1e-15)
    check_grads(f, chosen, order=2)


@pytest.mark.parametrize(("path", "case", "dtype"), FIRST)
def test_pullbacks_of_constants_are_differentiable(xp: Any, path: str, case: Case, dtype: str) -> None:
    if xp.__name__ == "jax.numpy":
        pytest.skip(SLOW)
    arrays = inputs(xp, case, dtype)
    out, pullback = vjp(applicable(xp, path, case, arrays), *arrays)
    ct = optree.tree_map(xp.ones_like, out)
    cts, cts_dot = jvp(pullback, [ct], [ct])
    for x, x_dot in zip(cts, cts_dot, strict=True):
        numpy.testing.assert_allclose(to_numpy(x_dot), to_numpy(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("path", "case", "dtype"), EVERY)
def test_wrapped_calls_have_the_library_s_values(path: str, case: Case, dtype: str) -> None:
    arrays = inputs(numpy, case, dtype)
    f = applicable(numpy, path, case, arrays)
    out, _ = vjp(f, *arrays)
    for found, expected in zip(optree.tree_leaves(out), optree.tree_leaves(f(*arrays)), strict=True):
        assert found.dtype == expected.dtype
        numpy.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("row", [row for row in spec.FUNCTIONS if row.fields and row.chapter == "linalg"], ids=str)
@pytest.mark.parametrize("mode", [vjp, lambda f, x: jvp(f, [x], [x])], ids=["reverse", "forward"])
def test_several_results_have_names(xp: Any, row: spec.Function, mode: Callable[..., Any]) -> None:
    def f(x: Any) -> Any:
        out = attrgetter(row.path)(x.namespace)(x)
        assert out._fields == row.fields
        constant = attrgetter(row.path)(x.namespace)(array(xp, numpy.eye(2), "float64"))
        assert constant._fields == row.fields
        return out

    out, _ = mode(f, array(xp, numpy.eye(2) * [1, 2], "float64"))
    assert out._fields == row.fields


def to_numpy(x: Any) -> numpy.ndarray:
    return numpy.asarray(x.detach().resolve_conj() if hasattr(x, "detach") else x)


def ours(path: str, case: Case, dtype: str) -> tuple[list[numpy.ndarray], Any, list[numpy.ndarray]]:
    """Inputs, a cotangent of the leaves of the result, and the cotangents of the inputs."""
    arrays = inputs(numpy, case, dtype)
    out, pullback = vjp(applicable(numpy, path, case, arrays), *arrays)
    rng = numpy.random.default_rng(1)
    ct = optree.tree_map(lambda x: draw(rng, x.shape, LINE, str(x.dtype)), out)
    return arrays, optree.tree_leaves(ct), pullback(ct)


CONSTANT_IN_JAX = {"sign", "unique_all", "unique_counts", "unique_inverse", "unique_values"}
"""Functions of which JAX takes the result for constant; that of ``sign`` is, for real numbers only."""
VARYING = [param for param in FIRST if param.values[0] not in CONSTANT_IN_JAX]


@pytest.mark.parametrize(("path", "case", "dtype"), VARYING)
def test_cotangents_agree_with_jax(path: str, case: Case, dtype: str) -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    arrays, ct, expected = ours(path, case, dtype)
    f = function(path, case, jax.numpy)
    try:
        _, pullback = jax.vjp(lambda *x: optree.tree_leaves(f(*x)), *arrays)
    except (AttributeError, NotImplementedError, TypeError) as error:
        pytest.skip(f"JAX itself: {error}")
    for x, y in zip(pullback(ct), expected, strict=True):
        numpy.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("path", "case", "dtype"), [param for param in EVERY if not param.values[1].torch_differs])
def test_cotangents_agree_with_torch(path: str, case: Case, dtype: str) -> None:
    torch = pytest.importorskip("torch")
    xp = pytest.importorskip("array_api_compat.torch")
    arrays, ct, expected = ours(path, case, dtype)
    variables = [torch.tensor(x, requires_grad=True) for x in arrays]
    try:
        outs = optree.tree_leaves(function(path, case, xp)(*variables))
        cts = torch.autograd.grad(outs, variables, [torch.tensor(x).conj() for x in ct], allow_unused=True)
    except (IndexError, NotImplementedError, RuntimeError, TypeError, ValueError) as error:
        pytest.skip(f"PyTorch itself: {error}")
    for x, y in zip(cts, expected, strict=True):
        # PyTorch's gradients are the adjoint's, the conjugates of ours.
        numpy.testing.assert_allclose(0 * y if x is None else to_numpy(x.conj()), y, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["unique_all", "unique_counts", "unique_inverse", "unique_values"])
def test_unique_complex_numbers_which_have_no_order(xp: Any, name: str) -> None:
    if "torch" in xp.__name__:
        pytest.skip("array-api-compat's unique_all for PyTorch is not implemented")
    x = xp.asarray([2.0 + 1.0j, 1.0 + 0.0j, 2.0 + 1.0j], dtype=xp.complex128)

    def total(x: Any) -> Any:
        here = x.__array_namespace__()
        out = getattr(here, name)(x)
        values = out if name == "unique_values" else out.values
        return here.sum(here.real(values * here.conj(values)))

    ct = grad(total)(x)
    # One of equal elements takes all.
    assert {complex(ct[i]) for i in (0, 2)} == {0j, 4 - 2j}
    assert complex(ct[1]) == 2 + 0j


def test_parts_of_unstack_that_nothing_reads(xp: Any) -> None:
    def f(x: Any) -> Any:
        xp = array_namespace(x)
        _, second, third = xp.unstack(x, axis=-1)
        return xp.sum(second * second * third)

    x = xp.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    numpy.testing.assert_allclose(numpy.asarray(grad(f)(x)), [[0, 12, 4], [0, 60, 25]])
