"""Derivatives of a namespace that differentiates, against numerical ones in high precision.

The oracles of :mod:`conformance.references` take numbers of 300 bits, so that a central difference with a step of
2**-80 is exact to some 150 bits: no table of derivatives is needed, and none can be wrong. Where a function takes
complex numbers its derivative is the linear map of real and imaginary parts; the reverse derivative is the transpose
of that map, ``Re(sum(ct * out_dot)) = Re(sum(x_bar * x_dot))``, as in JAX, HIPS/autograd and ``autodiff``.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib import import_module
from itertools import cycle, islice
from typing import Any

from conformance.checking import Check
from conformance.checks.drawing import to_precision
from conformance.dtypes import component, digits, is_complex, result_dtypes
from conformance.judging import Mismatch, described
from conformance.literals import Array, Call, DType, Name, arrays_in, expression, replaced, scalar, source
from conformance.namespaces import Namespace
from conformance.references import elementwise, shapes
from conformance.references.matrices import hermitian_eigenvalues
from conformance.spec import BY_NAME, KINDS
from conformance.ulp import CONTEXT, error, exact

__all__ = ["derivative_checks"]

STEP = CONTEXT.ldexp(1, -80)

# Calls to differentiate, as Python source over makers of arrays: `a` of elements of either sign, all different in
# magnitude; `positive`; `square`, `definite` of matrices; `index` of positions; `mask`.

CALLS: dict[str, tuple[str, ...]] = {
    "astype": ("a(3), same",),
    "asarray": ("a(2, 2)", "a(3), copy=True"),
    "meshgrid": ("a(2), a(3)", "a(2), a(3), indexing='ij'"),
    "tril": ("a(3, 3)", "a(3, 2), k=-1"),
    "triu": ("a(3, 3)", "a(2, 3), k=1"),
    "clip": ("a(5), -1.0, 1.0", "a(5), min=a(5, start=2)", "a(5), max=0.125"),
    "take": ("a(4), index(2, 0, 2)", "a(3, 2), index(1, 1), axis=0", "a(2, 3), index(0), axis=-1"),
    "take_along_axis": ("a(2, 3), indices(2, 2)", "a(2, 3), indices(2, 3), axis=0"),
    "matmul": ("a(2, 3), a(3, 2)", "a(3), a(3)", "a(2, 1, 2), a(2, 2)", "a(3), a(3, 2)", "a(2, 3), a(3)"),
    "matrix_transpose": ("a(2, 3)",),
    "tensordot": (
        *("a(2, 3), a(3, 2), axes=1", "a(2, 3), a(2, 3)", "a(2), a(2), axes=0"),
        "a(2, 3), a(3, 2), axes=((0,), (1,))",
    ),
    "vecdot": ("a(2, 3), a(3)", "a(3, 2), a(3, 2), axis=-2"),
    "broadcast_arrays": ("a(2, 1), a(3)",),
    "broadcast_to": ("a(2, 1), (2, 3)", "a(), (2, 2)"),
    "concat": ("(a(2, 1), a(2, 2)), axis=1", "(a(2), a(1, 2)), axis=None"),
    "expand_dims": ("a(2), 0", "a(2, 2), -1"),
    "flip": ("a(2, 3)", "a(2, 3), axis=-1"),
    "moveaxis": ("a(1, 2, 3), 0, -1",),
    "permute_dims": ("a(2, 3), (1, 0)",),
    "repeat": ("a(3), 2", "a(2, 2), 2, axis=-1", "a(2, 2), 3, axis=0"),
    "reshape": ("a(2, 3), (3, 2)", "a(4), (-1,)"),
    "roll": ("a(4), 1", "a(2, 3), (1, -1), axis=(0, 1)"),
    "squeeze": ("a(1, 2, 1), 0", "a(1, 2, 1), (0, 2)"),
    "stack": ("(a(2), a(2))", "(a(2), a(2)), axis=-1"),
    "tile": ("a(2), (2,)", "a(1, 2), (2, 2)"),
    "unstack": ("a(2, 2)", "a(2, 2), axis=1"),
    "where": ("mask(2, 2), a(2, 2), a(2)", "mask(3), a(3), a(3)"),
    "sort": ("a(5)", "a(2, 3), axis=0, descending=True"),
    "cumulative_prod": ("a(4)", "a(2, 3), axis=-1, include_initial=True"),
    "cumulative_sum": ("a(4)", "a(2, 3), axis=0, include_initial=True"),
    "max": ("a(4)", "a(2, 3), axis=0", "a(2, 3), axis=(0, 1), keepdims=True"),
    "min": ("a(4)", "a(2, 3), axis=-1", "a(2, 3), axis=(0, 1), keepdims=True"),
    "mean": ("a(4)", "a(2, 3), axis=0", "a(2, 3), axis=(0, 1), keepdims=True"),
    "prod": ("a(4)", "a(2, 3), axis=0", "a(2, 3), axis=(0, 1), keepdims=True"),
    "std": ("a(4)", "a(2, 3), axis=-1, correction=1.0", "a(3), keepdims=True"),
    "sum": ("a(4)", "a(2, 3), axis=0", "a(2, 3), axis=(0, 1), keepdims=True"),
    "var": ("a(4)", "a(2, 3), axis=-1, correction=1.0", "a(3), keepdims=True"),
    "diff": ("a(4)", "a(2, 3), axis=0", "a(4), n=2, prepend=a(1), append=a(2)"),
    "linalg.cholesky": ("definite(3)", "definite(2), upper=True"),
    "linalg.cross": ("a(3), a(3)", "a(3, 2), a(3, 2), axis=-2"),
    "linalg.det": ("square(3)", "square(2, 2)"),
    "linalg.diagonal": ("a(3, 3)", "a(2, 3), offset=1"),
    "linalg.eigvalsh": ("definite(3)",),
    "linalg.inv": ("square(3)", "square(2, 2)"),
    "linalg.matrix_norm": ("square(3)", "square(3), ord=1", "square(3), ord=2", "square(2), ord='nuc', keepdims=True"),
    "linalg.matrix_power": ("square(2), 3", "square(2), -2", "square(2), 1"),
    "linalg.outer": ("a(2), a(3)",),
    "linalg.pinv": ("square(3)", "a(3, 2)"),
    "linalg.slogdet": ("square(3)",),
    "linalg.solve": ("square(3), a(3)", "square(2), a(2, 2)"),
    "linalg.svdvals": ("square(3)", "a(3, 2)"),
    "linalg.trace": ("a(3, 3)", "a(2, 3), offset=1"),
    "linalg.vector_norm": ("a(3)", "a(2, 3), axis=0, ord=1", "a(3), ord=3, keepdims=True", "a(4), ord=inf"),
    "fft.fft": ("a(4)", "a(3), n=2", "a(2, 3), n=4, axis=0, norm='ortho'"),
    "fft.ifft": ("a(4)", "a(3), n=5, norm='forward'"),
    "fft.fftn": ("a(2, 3)", "a(2, 2), s=(3,), axes=(0,)"),
    "fft.ifftn": ("a(2, 3)", "a(2, 2), norm='ortho'"),
    "fft.rfft": ("a(4)", "a(5), n=3, norm='ortho'"),
    "fft.irfft": ("a(3)", "a(3), n=5"),
    "fft.rfftn": ("a(2, 3)",),
    "fft.irfftn": ("a(2, 3)",),
    "fft.hfft": ("a(3)", "a(3), n=5, norm='forward'"),
    "fft.ihfft": ("a(4)", "a(5)"),
    "fft.fftshift": ("a(5)", "a(2, 3), axes=1"),
    "fft.ifftshift": ("a(5)", "a(2, 3), axes=(0, 1)"),
}  # fmt: skip
CALLS |= {f"linalg.{name}": CALLS[name] for name in ("matmul", "matrix_transpose", "tensordot", "vecdot")}

NUMBERS = (0.5, -1.25, 2.0, -0.75, 0.375, -1.5, 2.25, -3.0, 0.1875, 1.75, -0.625, 2.75)
"""Different in magnitude, and exact in every data type."""


class Makers:
    """Arrays of a data type for the calls of the table."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype

    def number(self, i: int) -> Any:
        value = NUMBERS[i % len(NUMBERS)] + i // len(NUMBERS) / 64
        return complex(value, NUMBERS[(i + 5) % len(NUMBERS)] / 2) if is_complex(self.dtype) else value

    def a(self, *shape: int, start: int = 0) -> Array:
        return Array(shape, tuple(self.number(i + start) for i in range(math.prod(shape))), self.dtype)

    def square(self, *shape: int) -> Array:
        """Well-conditioned matrices, with singular values that differ."""
        n = shape[-1]
        shape = (*shape[:-1], n, n) if len(shape) > 1 else (n, n)
        diagonal = [2.0 + i // n % n if i // n % n == i % n else 0.0 for i in range(math.prod(shape))]
        return Array(shape, tuple(self.number(i) / 4 + extra for i, extra in enumerate(diagonal)), self.dtype)

    def definite(self, n: int) -> Array:
        """A Hermitian positive definite matrix."""
        half: Any = self.square(n)
        kind = complex if is_complex(self.dtype) else float

        def element(i: int, j: int) -> Any:
            return half[i, j].real + 3 if i == j else half[i, j] if i > j else half[j, i].conjugate()

        return Array((n, n), tuple(kind(element(i, j)) for i in range(n) for j in range(n)), self.dtype)

    def index(self, *values: int) -> Array:
        return Array((len(values),), values, "int64")

    def indices(self, *shape: int) -> Array:
        return Array(shape, tuple(i % 2 for i in range(math.prod(shape))), "int64")

    def mask(self, *shape: int) -> Array:
        return Array(shape, tuple(i % 3 != 1 for i in range(math.prod(shape))), "bool")


def call_of(path: str, text: str, dtype: str) -> Call:
    """The call that a text of the table means."""
    makers = Makers(dtype)
    scope = {name: getattr(makers, name) for name in ("a", "square", "definite", "index", "indices", "mask")}
    scope |= {"call": lambda *args, **kwargs: Call(path, args, kwargs), "same": DType(dtype), "inf": math.inf}
    call: Call = eval(f"call({text})", scope)
    return call


def elementwise_calls(path: str, dtype: str) -> Iterator[Call]:
    """Points inside of the domain of an elementwise function; of complex numbers, off the axes."""
    row = BY_NAME[path]
    count = len(row.arrays)
    if is_complex(dtype):
        points = [complex(value * 0.28125, NUMBERS[(i + 5) % 12] * 0.28125) for i, value in enumerate(NUMBERS)]
        yield Call(path, tuple(Array((4,), tuple(points[3 * k : 3 * k + 4]), dtype) for k in range(count)))
        return
    domain = row.domain or ((-math.inf, math.inf),) * count
    arrays = [Array((4,), tuple(to_precision(x, dtype) for x in inside(*interval)), dtype) for interval in domain]
    yield Call(path, tuple(arrays))
    if count > 1:
        yield Call(path, (arrays[0], Array((), arrays[1].values[:1], dtype)))


def inside(low: float, high: float) -> list[float]:
    """Four numbers of an open interval, off its middle."""
    low, high = max(low, min(-3.0, high - 4.0)), min(high, max(3.0, low + 4.0))
    return [low + (high - low) * part for part in (0.13, 0.37, 0.61, 0.9)]


# References.

SMOOTH: dict[str, Callable[..., Any]] = {
    "pow": CONTEXT.power,
    "copysign": lambda a, b: abs(a) * (1 if b > 0 else -1),
    "remainder": lambda a, b: a - b * CONTEXT.floor(a / b),
    "floor_divide": lambda a, b: CONTEXT.floor(a / b),
    "trunc": lambda a: CONTEXT.floor(abs(a)) * (1 if a > 0 else -1),
    "reciprocal": lambda a: 1 / a,
    "divide": lambda a, b: a / b,
    "sign": lambda a: a / abs(a),
    "conj": CONTEXT.conj,
    "real": CONTEXT.re,
    "imag": CONTEXT.im,
    "nextafter": lambda a, b: a,
    "round": CONTEXT.nint,
    "log2": lambda a: CONTEXT.log(a, 2),
    "log1p": lambda a: CONTEXT.log(1 + a),
    "logaddexp": lambda a, b: CONTEXT.log(CONTEXT.exp(a) + CONTEXT.exp(b)),
    "clip": elementwise.ORACLES["clip"],
}
"""Elementwise functions whose oracle on Python scalars does not take numbers of high precision."""


def cholesky(x: Array, *, upper: bool = False) -> Array:
    """The factor of a Hermitian positive definite matrix, of its lower (or upper) triangle."""
    n = x.shape[0]
    rows = [[exact(0)] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            own = (x[(i, j)] + CONTEXT.conj(x[(j, i)])) / 2
            rest = own - sum((rows[i][k] * CONTEXT.conj(rows[j][k]) for k in range(j)), exact(0))
            rows[i][j] = CONTEXT.sqrt(rest) if i == j else rest / rows[j][j]
    if upper:
        rows = [[CONTEXT.conj(rows[j][i]) for j in range(n)] for i in range(n)]
    return Array((n, n), tuple(value for row in rows for value in row))


def eigvalsh(x: Array) -> Array:
    """Eigenvalues of the Hermitian part, ascending."""
    n = x.shape[0]
    rows = [[(x[(i, j)] + CONTEXT.conj(x[(j, i)])) / 2 for j in range(n)] for i in range(n)]
    return Array((n,), tuple(sorted(CONTEXT.re(value) for value in hermitian_eigenvalues(rows))))


def slogdet(x: Array) -> tuple[Array, Array]:
    """Sign and logarithm of the magnitude of the determinant."""
    (value,) = reference_of("linalg.det")(x).values
    return scalar(value / abs(value)), scalar(CONTEXT.log(abs(value)))


OWN: dict[str, Callable[..., Any]] = {
    "linalg.cholesky": cholesky,
    "linalg.eigvalsh": eigvalsh,
    "linalg.slogdet": slogdet,
    "asarray": lambda x, **_: x,
    "astype": lambda x, dtype, **_: x,
}
"""Where the reference of a chapter states a property, or looks at the data type."""


def reference_of(path: str) -> Callable[..., Any]:
    """The oracle of a function, on arrays of numbers of high precision."""
    row = BY_NAME[path]
    if path in OWN:
        return OWN[path]
    if row.chapter == "elementwise":
        function = SMOOTH.get(path) or getattr(CONTEXT, path, None) or elementwise.ORACLES[path]

        def reference(*args: Any, **kwargs: Any) -> Array:
            return of_scalars(function, [*args, *(kwargs.get(name) for name in row.parameters[len(args) :])])

        return reference
    module = import_module(f"conformance.references.{row.chapter}")
    found: Callable[..., Any] = getattr(module, row.name, None) or getattr(module, f"{row.name}_")
    return found


def of_scalars(function: Callable[..., Any], arguments: Sequence[Any]) -> Array:
    """An elementwise function of arrays, scalars and None."""
    arrays = [each for each in arguments if isinstance(each, Array)]

    def applied(*values: Any) -> Any:
        remaining = iter(values)
        return function(*(next(remaining) if isinstance(each, Array) else each for each in arguments))

    return shapes.elementwise(applied, *arrays)


def results(value: Any) -> tuple[Array, ...]:
    """One or several results, as a tuple."""
    return (value,) if isinstance(value, Array) else tuple(value)


def derivative(path: str, call: Call, directions: Sequence[Array]) -> tuple[Array, ...]:
    """The derivative along a direction for each floating-point array, by central differences."""
    shifted = [results(evaluated(path, call, directions, step)) for step in (STEP, -STEP)]
    return tuple(slope(after, before) for after, before in zip(*shifted, strict=True))


def slope(after: Array, before: Array) -> Array:
    """The central difference quotient."""
    pairs = zip(after.values, before.values, strict=True)
    return after._replace(values=tuple((exact(a) - exact(b)) / (2 * STEP) for a, b in pairs))


def evaluated(path: str, call: Call, directions: Sequence[Array], step: Any) -> Any:
    """The reference at a point moved along the directions."""
    remaining = iter(directions)

    def moved(value: Any) -> Any:
        if isinstance(value, Array) and floating(value.dtype):
            direction = next(remaining)
            values = (exact(x) + step * exact(v) for x, v in zip(value.values, direction.values, strict=True))
            return value._replace(values=tuple(values))
        return value

    args, kwargs = replaced(call.args, moved), replaced(dict(call.kwargs), moved)
    return reference_of(path)(*args, **kwargs)


def floating(dtype: str) -> bool:
    """Whether arrays of a data type have derivatives."""
    return dtype in KINDS["floating-point"]


def tangent(x: Array, start: int) -> Array:
    """A direction."""
    numbers = list(islice(cycle(NUMBERS[::-1]), start, start + 2 * x.size))
    pairs = zip(numbers[: x.size], numbers[x.size :], strict=True)
    return x._replace(values=tuple(complex(a, b) if is_complex(x.dtype) else a for a, b in pairs))


# Checks.


def calls_of(path: str, namespace: Namespace) -> Iterator[Call]:
    """Calls to differentiate, in each floating-point data type of the function."""
    row = BY_NAME[path]
    for dtype in namespace.dtypes:
        if dtype not in KINDS[row.kinds] or not floating(dtype):
            continue
        if path in CALLS:
            yield from (call_of(path, text, dtype) for text in CALLS[path])
        else:
            yield from elementwise_calls(path, dtype)


def differentiable(path: str) -> bool:
    """Whether a function takes and gives floating-point arrays."""
    row = BY_NAME[path]
    takes = row.kinds != "none" and any(map(floating, KINDS[row.kinds]))
    return path in CALLS or (row.chapter == "elementwise" and takes and row.result != "boolean")


def bound(namespace: Namespace, call: Call) -> tuple[Callable[..., Any], list[Array]]:
    """The function of its floating-point arrays, and these."""
    own = [array for array in arrays_in(call) if floating(array.dtype)]

    def function(*arrays: Any) -> Any:
        remaining = iter(arrays)

        def real(value: Any) -> Any:
            return next(remaining) if isinstance(value, Array) and floating(value.dtype) else namespace.realize(value)

        args, kwargs = replaced(call.args, real), replaced(dict(call.kwargs), real)
        return namespace.apply(call, args, kwargs)

    return function, own


def forward(path: str, derivatives: Any, name: str, namespace: Namespace) -> Iterator[Mismatch]:
    """``jvp`` of each call against the derivative along a direction."""
    for call in calls_of(path, namespace):
        function, own = bound(namespace, call)
        directions = [tangent(x, i) for i, x in enumerate(own)]
        text = written(name, "jvp", call, own, directions)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                primals, tangents = (tuple(map(namespace.realize, each)) for each in (own, directions))
                _, out_dot = derivatives.jvp(function, primals, tangents)
        except Exception as problem:
            yield Mismatch("call", text, described(problem), "a derivative")
            continue
        expected = derivative(path, call, directions)
        yield from compared(namespace, text, path, call, several(out_dot), expected)


def reverse(path: str, derivatives: Any, name: str, namespace: Namespace) -> Iterator[Mismatch]:
    """``vjp`` of each call against the transpose of the derivatives along all directions."""
    for call in calls_of(path, namespace):
        function, own = bound(namespace, call)
        outputs = results(evaluated(path, call, [tangent(x, 0) for x in own], 0))
        dtypes = result_dtypes(namespace, BY_NAME[path], call, len(outputs))
        typed = [out._replace(dtype=dtype[0]) for out, dtype in zip(outputs, dtypes, strict=True)]
        cotangents = [tangent(out, i) for i, out in enumerate(typed)]
        text = written(name, "vjp", call, own, cotangents)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                out, pullback = derivatives.vjp(function, *map(namespace.realize, own))
                real = [namespace.realize(each) for each in cotangents]
                found = pullback(rebuilt(out, real))
        except Exception as problem:
            yield Mismatch("call", text, described(problem), "a derivative")
            continue
        expected = tuple(transposed(path, call, own, i, cotangents) for i in range(len(own)))
        yield from compared(namespace, text, path, call, several(found), expected)


def rebuilt(out: Any, arrays: list[Any]) -> Any:
    """Arrays in the container of the results."""
    if not isinstance(out, tuple | list):
        return arrays[0]
    return type(out)(*arrays) if hasattr(out, "_fields") else type(out)(arrays)


def several(value: Any) -> list[Any]:
    """One or several arrays of the library, as a list."""
    return list(value) if isinstance(value, tuple | list) else [value]


def transposed(path: str, call: Call, own: list[Array], place: int, cotangents: list[Array]) -> Array:
    """The cotangent of one argument: derivatives along each of its elements, against the cotangents of the results."""
    x = own[place]
    values = []
    for i in range(x.size):
        along = [unit(each, i if k == place else None, 1) for k, each in enumerate(own)]
        value = paired(derivative(path, call, along), cotangents)
        if is_complex(x.dtype):
            along = [unit(each, i if k == place else None, 1j) for k, each in enumerate(own)]
            value = CONTEXT.mpc(value, -paired(derivative(path, call, along), cotangents))
        values.append(value)
    return Array(x.shape, tuple(values), x.dtype)


def unit(x: Array, place: int | None, value: complex) -> Array:
    """An array that is zero but for one element."""
    return x._replace(values=tuple(value if i == place else 0 for i in range(x.size)))


def paired(left: Sequence[Array], right: Sequence[Array]) -> Any:
    """Real part of the sum of the products."""
    own, other = ([value for array in arrays for value in array.values] for arrays in (left, right))
    return CONTEXT.re(sum((exact(a) * exact(b) for a, b in zip(own, other, strict=True)), exact(0)))


def compared(
    namespace: Namespace, text: str, path: str, call: Call, found: list[Any], expected: tuple[Array, ...]
) -> Iterator[Mismatch]:
    """What differs between arrays of the library and exact ones."""
    if len(found) != len(expected):
        yield Mismatch("type", text, f"{len(found)} arrays", f"{len(expected)} arrays")
        return
    for place, (each, want) in enumerate(zip(found, expected, strict=True)):
        if each is None or not hasattr(each, "dtype"):
            yield Mismatch("type", text, f"{each!r} in place {place}", "an array")
            continue
        got = namespace.read(each)
        if got.shape != want.shape:
            yield Mismatch("shape", text, f"shape {got.shape} in place {place}", str(want.shape))
        elif not floating(got.dtype):
            yield Mismatch("dtype", text, f"{got.dtype} in place {place}", "a floating-point data type")
        else:
            scale = max((abs(value) for value in want.values), default=exact(0))
            limit = 2 ** (digits(component(got.dtype)) // 2)
            for value, exact_value in zip(got.values, want.values, strict=True):
                if error(value, exact_value, got.dtype, max(scale, exact(1) / 64)) > limit:
                    yield Mismatch("values", text, source(got), shown(want))
                    break


def shown(array: Array) -> str:
    """An exact array, rounded for display."""
    values = [complex(value) if CONTEXT.im(value) else float(CONTEXT.re(value)) for value in array.values]
    return f"{values}, of shape {array.shape}"


def written(name: str, transform: str, call: Call, own: list[Array], directions: list[Array]) -> str:
    """A program that differentiates."""
    names = [f"x{i}" if len(own) > 1 else "x" for i in range(1, len(own) + 1)]
    lines = [f"{variable} = {source(x)}" for variable, x in zip(names, own, strict=True)]
    remaining = iter(names)

    def variable(value: Any) -> Any:
        return Name(next(remaining)) if isinstance(value, Array) and floating(value.dtype) else value

    body = expression(Call(call.path, replaced(call.args, variable), replaced(dict(call.kwargs), variable)))
    function = f"lambda {', '.join(names)}: {body}"
    if transform == "jvp":
        tangents = ", ".join(source(each) for each in directions)
        lines.append(f"{name}.jvp({function}, ({', '.join(names)},), ({tangents},))[1]")
    else:
        cotangents = ", ".join(source(each) for each in directions)
        lines.append(f"out, pullback = {name}.vjp({function}, {', '.join(names)})")
        container = "type(out)" if BY_NAME[call.path].fields else ""
        lines.append(f"pullback({cotangents if len(directions) == 1 else f'{container}({cotangents})'})")
    return "\n".join([f"import {name.partition('.')[0]}", *lines])


FORWARD = "the derivative along a direction, of the exact function"
REVERSE = "the transpose of the derivative, applied to a cotangent of the result"


def derivative_checks(path: str, derivatives: Any, name: str) -> list[Check]:
    """Checks of the derivatives of a function; none for a function that has none."""
    if path not in BY_NAME or not differentiable(path):
        return []
    return [
        Check(path, f"{title} derivative", text, custom=partial(check, path, derivatives, name))
        for title, text, check, transform in (
            ("forward", FORWARD, forward, "jvp"),
            ("reverse", REVERSE, reverse, "vjp"),
        )
        if hasattr(derivatives, transform)
    ]
