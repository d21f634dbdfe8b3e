"""Checks of the creation functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from conformance.checking import Check
from conformance.checks.drawing import elements, optional, shapes
from conformance.checks.errors import raising
from conformance.checks.programs import Program, copies, running
from conformance.checks.samples import Form, cases, sample, spread
from conformance.dtypes import is_complex, is_float, promote
from conformance.judging import Case, Holds, Raises
from conformance.literals import Array, Call, DType, nested, vector
from conformance.namespaces import Namespace
from conformance.references import creation as references
from conformance.spec import DTYPES, KINDS

__all__ = ["CHECKS", "SENTENCES"]

SENTENCES = {
    "arange": "the elements are start, start + step, ...: ceil((stop - start) / step) of them",
    "asarray": "the result has the elements of the scalar, nested sequence, buffer or array given",
    "empty": "the result has the shape given",
    "empty_like": "the result has the shape of `x`",
    "eye": "the elements are one on the `k`-th diagonal, above the main one where `k` is positive, and zero elsewhere",
    "full": "every element is the fill value",
    "full_like": "every element is the fill value",
    "linspace": "the numbers are evenly spaced from `start` to `stop`, which is left out unless `endpoint`",
    "meshgrid": "result `i` is vector `i` along axis `i`; with `indexing='xy'` the first two axes are exchanged",
    "ones": "every element is one",
    "ones_like": "every element is one",
    "tril": "elements above the `k`-th diagonal are zero, the others those of `x`",
    "triu": "elements below the `k`-th diagonal are zero, the others those of `x`",
    "zeros": "every element is zero",
    "zeros_like": "every element is zero",
}

SHAPES: tuple[Any, ...] = ((2, 3), 3, 0, (), (4,), (0,), (2, 0, 3), (1, 2, 1))


def called(path: str, reference: Callable[..., Any], form: Form) -> Case:
    """A call and what its reference makes of it."""
    return Case(Call(path, form.args, form.kwargs), reference(*form.args, **form.kwargs))


def in_kinds(namespace: Namespace, kinds: str) -> list[str]:
    """Data types of a kind."""
    return [dtype for dtype in namespace.dtypes if dtype in KINDS[kinds]]


def of_any_dtype(namespace: Namespace) -> SearchStrategy[dict[str, Any]]:
    """``dtype=``, or not."""
    return optional(dtype=st.sampled_from(namespace.dtypes).map(DType))


def shape_arguments(shape: SearchStrategy[Any]) -> SearchStrategy[Form]:
    """A shape by position and by name, and the length of one axis as such."""
    return st.one_of(shape.map(Form), shape.map(lambda shape: Form(shape=shape)), st.integers(0, 5).map(Form))


# arange


def aranges(namespace: Namespace) -> Iterator[Case]:
    whole = [
        (5,),
        (0,),
        (-3,),
        (1, 4),
        (4, 1),
        (-2, 3),
        (3, 3),
        (1, 8, 3),
        (1, 7, 3),
        (5, 0, -1),
        (5, 0, -2),
        (0, 5, -1),
        (2, None, 2),
    ]
    broken = [
        (2.5,),
        (3.0,),
        (0.5, 2),
        (1, 2.0),
        (0, 1, 0.25),
        (0.0, 1.0, 0.5),
        (1.5, -1.0, -0.5),
        (0, 4, 1.5),
        (-1.0,),
        (1.0, 0.0),
    ]
    for args in whole + broken:
        yield called("arange", references.arange, Form(*args))
    for form in (
        Form(1, stop=4),
        Form(1, stop=6, step=2),
        Form(5, step=2),
        Form(1, 6, step=3),
        Form(3, stop=None),
        Form(0, stop=2.0),
    ):
        yield called("arange", references.arange, form)
    for dtype in in_kinds(namespace, "real numeric"):
        yield called("arange", references.arange, Form(1, 9, 3, dtype=DType(dtype)))
        yield called("arange", references.arange, Form(4, dtype=DType(dtype)))
        yield called("arange", references.arange, Form(0, dtype=DType(dtype)))
        if DTYPES[dtype] != "unsigned integer":
            yield called("arange", references.arange, Form(3, -3, -2, dtype=DType(dtype)))
        if is_float(dtype):
            yield called("arange", references.arange, Form(0.5, 3, 0.75, dtype=DType(dtype)))


@st.composite
def arange_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    whole = st.integers(-20, 20)
    numbers = draw(st.sampled_from([whole, st.one_of(whole, whole.map(lambda n: n / 4))]))
    start, stop = draw(numbers), draw(st.none() | numbers)
    step = draw(numbers.filter(bool))
    args = (start,) if stop is None else (start, stop)
    keywords = {"step": step} if draw(st.booleans()) else {}
    if draw(st.booleans()):
        signed = all(value >= 0 for value in (*args, *keywords.values()))
        fractions = any(isinstance(value, float) for value in (*args, *keywords.values()))
        kinds = "real floating-point" if fractions else "real numeric" if signed else "signed"
        names = (
            [name for name in in_kinds(namespace, "real numeric") if "u" not in name]
            if kinds == "signed"
            else in_kinds(namespace, kinds)
        )
        if names:
            return called(
                "arange", references.arange, Form(*args, **keywords, dtype=DType(draw(st.sampled_from(names))))
            )
    return called("arange", references.arange, Form(*args, **keywords))


# asarray


def asarrays(namespace: Namespace) -> Iterator[Case]:
    scalars: list[Any] = [True, False, 3, -2, 0, 1.5, -0.0, float("inf"), float("nan")]
    sequences: list[Any] = [
        [True, False], [1, 2, 3], [1.5, 2.5], [True, 2], [1, 2.5], (1, 2),
        [[1, 2], [3, 4]], ((1.0,), (2.0,)), [(1, 2), (3, 4)],
        [[[1], [2]], [[3], [4]]], [[True], [False]], [[1, 2.5], [3, 4]], [1.5, float("nan")],
    ]  # fmt: skip
    if is_complex(namespace.dtypes[-1]):
        scalars += [1j, complex(2, -1)]
        sequences += [[1j, 2j], [1, 2j], [1.5, 2j], [[1.5, 2], [0, 1j]]]
    for obj in scalars + sequences:
        yield called("asarray", references.asarray, Form(obj))
    for dtype in namespace.dtypes:
        for values in (sample(dtype, ()), sample(dtype, (3,), 1), sample(dtype, (2, 2), 3)):
            yield Case(Call("asarray", (nested(values),), {"dtype": DType(dtype)}), values, signs=True)
        yield Case(Call("asarray", ([],), {"dtype": DType(dtype)}), vector(()))
        for x in (sample(dtype, (2, 3)), sample(dtype, ()), sample(dtype, (0, 2))):
            yield Case(Call("asarray", (x,)), x, signs=True)
            for copy in (None, True):
                yield Case(Call("asarray", (x,), {"copy": copy}), x, signs=True)
        for wide in namespace.dtypes:
            if promote(dtype, wide) == wide:
                x = spread(dtype, (2, 2))
                yield Case(Call("asarray", (x,), {"dtype": DType(wide)}), x._replace(dtype=""))
    for dtype in in_kinds(namespace, "floating-point"):
        yield Case(Call("asarray", ([1, 2],), {"dtype": DType(dtype)}), vector((1, 2)))


@st.composite
def asarray_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    values = sample(dtype, draw(shapes(min_side=1)), draw(st.integers(0, 9)))
    keywords: dict[str, Any] = draw(optional(copy=st.sampled_from([None, True])))
    if draw(st.booleans()):
        return Case(
            Call("asarray", (values,), keywords | draw(optional(dtype=st.just(DType(dtype))))), values, signs=True
        )
    obj = draw(st.sampled_from([nested(values), as_tuples(nested(values))]))
    return Case(Call("asarray", (obj,), keywords | {"dtype": DType(dtype)}), values, signs=True)


def as_tuples(value: Any) -> Any:
    """Nested lists as tuples."""
    return tuple(map(as_tuples, value)) if isinstance(value, list) else value


CODES = {
    "int8": "b",
    "uint8": "B",
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
}
CODES |= {"float32": "f", "float64": "d"}
"""Type codes of `array.array`."""


BUFFERS = "`obj` may be any object with a buffer, which `copy=True` always copies, and `copy=False` never"


def buffers(namespace: Namespace) -> Iterator[Program]:
    """Objects with a buffer are taken as arrays, copied where this is asked for, and shared where this is."""
    for dtype, code in CODES.items():
        if dtype in namespace.dtypes:
            buffer = f"import array\nbuffer = array.array({code!r}, [1, 2])\n"
            yield Program(f"{buffer}xp.asarray(buffer).dtype == xp.{dtype}", aspect="dtype")
            yield Program(f"{buffer}xp.asarray(buffer).shape == (2,)", aspect="shape")
            yield Program(f"{buffer}out = xp.asarray(buffer)\nbool(out[0] == 1 and out[1] == 2)")
            yield Program(f"{buffer}out = xp.asarray(buffer, copy=True)\nbuffer[0] = 2\nbool(out[0] == 1)")
            shared = f"{buffer}out = xp.asarray(buffer, copy=False)\nbuffer[0] = 2\nbool(out[0] == 2)"
            yield Program(shared, allowed=(ValueError,))


def needs_copy(namespace: Namespace) -> Iterator[Case]:
    """Conversions to other data types, which no view can show."""
    for dtype in namespace.dtypes:
        wide = next((each for each in namespace.dtypes if promote(dtype, each) == each != dtype), None)
        if wide:
            call = Call("asarray", (spread(dtype, (2,)),), {"dtype": DType(wide), "copy": False})
            yield Case(call, Raises((ValueError,)))


# functions of a shape


def emptied(path: str) -> Check:
    """Check of a function whose elements are open."""

    def case(form: Form, shape: Any) -> Case:
        return Case(Call(path, form.args, form.kwargs), Holds(lambda out: "", (references.shape_of(shape),)))

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for shape in SHAPES:
            yield case(Form(shape), shape)
            yield case(Form(shape=shape), shape)
        for dtype in namespace.dtypes:
            yield case(Form((2, 3), dtype=DType(dtype)), (2, 3))

    return Check(path, "", fixed=fixed)


def shaped(path: str, reference: Callable[..., Any]) -> Check:
    """Check of ``zeros`` and ``ones``."""

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for shape in SHAPES:
            yield called(path, reference, Form(shape))
            yield called(path, reference, Form(shape=shape))
        for dtype in namespace.dtypes:
            for shape in ((2, 3), 2, (), (0, 2)):
                yield called(path, reference, Form(shape, dtype=DType(dtype)))

    @st.composite
    def drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
        form = draw(shape_arguments(shapes(max_dims=4)))
        return called(path, reference, Form(*form.args, **form.kwargs, **draw(of_any_dtype(namespace))))

    return Check(path, "", fixed=fixed, drawn=drawn)


def like(path: str, reference: Callable[..., Any] | None) -> Check:
    """Check of a function that makes an array like another."""

    def expected(x: Array) -> Any:
        return Holds(lambda out: "", (x.shape,)) if reference is None else reference(x.shape)

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for dtype in namespace.dtypes:
            for shape in ((2, 3), (), (0, 2), (3,)):
                x = sample(dtype, shape)
                yield Case(Call(path, (x,)), expected(x))
            for other in namespace.dtypes:
                x = sample(dtype, (2,))
                yield Case(Call(path, (x,), {"dtype": DType(other)}), expected(x))

    @st.composite
    def drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
        x = sample(dtype, draw(shapes(max_dims=4)))
        return Case(Call(path, (x,), draw(of_any_dtype(namespace))), expected(x))

    return Check(path, "", fixed=fixed, drawn=drawn)


def fills(dtype: str) -> tuple[Any, ...]:
    """Fill values of the data type's own kind: ordinary, extreme, and no numbers."""
    return tuple(sample(dtype, (8,)).values)


def fulls(namespace: Namespace) -> Iterator[Case]:
    values: list[Any] = [True, False, 3, -1, 0, 1.5, float("nan"), float("inf")]
    values += [1j, complex(2, -1)] if is_complex(namespace.dtypes[-1]) else []
    for value in values:
        yield called("full", references.full, Form((2, 3), value))
    for shape in SHAPES:
        yield called("full", references.full, Form(shape, 7))
        yield called("full", references.full, Form(shape=shape, fill_value=2.5))
    for dtype in namespace.dtypes:
        for value in fills(dtype):
            yield called("full", references.full, Form((2,), value, dtype=DType(dtype)))._replace(signs=True)


@st.composite
def full_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    form = draw(shape_arguments(shapes(max_dims=4)))
    dtype = draw(st.sampled_from(namespace.dtypes))
    value = draw(elements(dtype))
    keywords = form.kwargs | {"fill_value": value} | draw(optional(dtype=st.just(DType(dtype))))
    if not isinstance(value, float | complex | bool) and "dtype" not in keywords:
        value = keywords["fill_value"] = abs(value)
    return called("full", references.full, Form(*form.args, **keywords))


def full_likes(namespace: Namespace) -> Iterator[Case]:
    for dtype in namespace.dtypes:
        for value in fills(dtype):
            yield called("full_like", references.full_like, Form(spread(dtype, (2,)), value))._replace(signs=True)
        for shape in ((), (0, 2), (2, 3)):
            yield called("full_like", references.full_like, Form(sample(dtype, shape), fill_value=fills(dtype)[0]))
        for other in namespace.dtypes:
            form = Form(sample(dtype, (2,)), fills(other)[0], dtype=DType(other))
            yield called("full_like", references.full_like, form)


@st.composite
def full_like_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    keywords = draw(of_any_dtype(namespace))
    value = draw(elements(keywords["dtype"].name if keywords else dtype))
    return called("full_like", references.full_like, Form(sample(dtype, draw(shapes())), value, **keywords))


def eyes(namespace: Namespace) -> Iterator[Case]:
    for args in [(3,), (0,), (1,), (2, 3), (3, 2), (3, None), (0, 2), (2, 0)]:
        yield called("eye", references.eye, Form(*args))
    for k in (-4, -2, -1, 0, 1, 2, 4):
        yield called("eye", references.eye, Form(3, k=k))
        yield called("eye", references.eye, Form(2, 4, k=k))
        yield called("eye", references.eye, Form(4, 2, k=k))
    for dtype in namespace.dtypes:
        yield called("eye", references.eye, Form(2, dtype=DType(dtype)))
        yield called("eye", references.eye, Form(2, 3, k=1, dtype=DType(dtype)))


@st.composite
def eye_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    sides = st.integers(0, 5)
    args = draw(st.one_of(st.tuples(sides), st.tuples(sides, st.none() | sides)))
    keywords = draw(optional(k=st.integers(-6, 6))) | draw(of_any_dtype(namespace))
    return called("eye", references.eye, Form(*args, **keywords))


# linspace


def linspaces(namespace: Namespace) -> Iterator[Case]:
    ends = [(0, 1), (0.0, 1.0), (1, -2), (-1.5, 3), (2, 2), (-3.0, -7.5)]
    complex_ends = [(1j, 2), (0, complex(1, -1)), (complex(1, 2), complex(-3, 0.5)), (1.5, 2j)]
    for start, stop in ends + (complex_ends if is_complex(namespace.dtypes[-1]) else []):
        yield called("linspace", references.linspace, Form(start, stop, 5))
        yield called("linspace", references.linspace, Form(start, stop, num=4, endpoint=False))
        yield called("linspace", references.linspace, Form(start, stop, 2, endpoint=True))
        yield called("linspace", references.linspace, Form(start, stop, 0))
        yield called("linspace", references.linspace, Form(start, stop, 1, endpoint=False))
    for dtype in in_kinds(namespace, "floating-point"):
        for num, endpoint in ((3, True), (4, False), (0, True), (50, True)):
            yield called("linspace", references.linspace, Form(-1, 2, num, dtype=DType(dtype), endpoint=endpoint))
            yield called("linspace", references.linspace, Form(0.5, 2.25, num, dtype=DType(dtype), endpoint=endpoint))
        if is_complex(dtype):
            yield called("linspace", references.linspace, Form(1j, complex(2, -3), 5, dtype=DType(dtype)))


@st.composite
def linspace_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    wide = "complex64" if draw(st.booleans()) and is_complex(namespace.dtypes[-1]) else "float32"
    ends = st.one_of(elements(wide, -100, 100), st.integers(-100, 100))
    start, stop = draw(ends), draw(ends)
    endpoint = draw(st.booleans())
    keywords = {} if endpoint and draw(st.booleans()) else {"endpoint": endpoint}
    num = draw(st.integers(0, 9).filter(lambda num: num != 1 or not endpoint))
    names = [each for each in in_kinds(namespace, "floating-point") if is_complex(each) or wide == "float32"]
    keywords |= draw(optional(dtype=st.sampled_from(names).map(DType)))
    return called(
        "linspace",
        references.linspace,
        draw(st.sampled_from([Form(start, stop, num, **keywords), Form(start, stop, num=num, **keywords)])),
    )


# meshgrid, tril, triu


def meshgrids(namespace: Namespace) -> Iterator[Case]:
    for dtype in in_kinds(namespace, "numeric"):
        x, y, z = (sample(dtype, (n,), n) for n in (2, 3, 4))
        for arrays in ((x,), (x, y), (x, y, z)):
            for keywords in ({}, {"indexing": "xy"}, {"indexing": "ij"}):
                yield called("meshgrid", references.meshgrid, Form(*arrays, **keywords))._replace(signs=True)
        yield called("meshgrid", references.meshgrid, Form(x, sample(dtype, (0,))))
    yield called("meshgrid", references.meshgrid, Form())
    yield called("meshgrid", references.meshgrid, Form(indexing="ij"))


@st.composite
def meshgrid_drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
    lengths = draw(st.lists(st.integers(0, 3), min_size=1, max_size=4))
    keywords = draw(optional(indexing=st.sampled_from(["xy", "ij"])))
    arrays = (sample(dtype, (n,), i) for i, n in enumerate(lengths))
    return called("meshgrid", references.meshgrid, Form(*arrays, **keywords))


TRIANGLES = [
    *(((3, 3), Form(**keywords)) for keywords in ({}, {"k": 0}, {"k": 1}, {"k": -1}, {"k": 2}, {"k": -2})),
    *((shape, Form(k=k)) for shape in ((2, 3), (3, 2), (2, 2, 3)) for k in (-1, 0, 1)),
    ((2, 3), Form(k=5)),
    ((2, 3), Form(k=-5)),
    ((0, 2), Form()),
    ((2, 0, 3), Form(k=1)),
]


def triangle(path: str, reference: Callable[..., Any]) -> Check:
    """Check of ``tril`` and ``triu``."""

    @st.composite
    def drawn(draw: DrawFn, namespace: Namespace, dtype: str) -> Case:
        x = sample(dtype, draw(shapes(min_dims=2, max_dims=4)), draw(st.integers(0, 9)))
        return called(path, reference, Form(x, **draw(optional(k=st.integers(-5, 5)))))

    def fixed(namespace: Namespace) -> Iterator[Case]:
        for case in cases(path, reference, TRIANGLES)(namespace):
            yield case._replace(signs=False)

    return Check(path, "", fixed=fixed, drawn=drawn)


CHECKS = [
    Check("arange", "", fixed=aranges, drawn=arange_drawn),
    Check("asarray", "", fixed=asarrays, drawn=asarray_drawn),
    copies("asarray", "xp.asarray(x, copy=True)"),
    running("asarray", "buffers", BUFFERS, buffers),
    raising(
        "asarray", "with `copy=False`, a ValueError is raised where a copy would be necessary", "2021.12", needs_copy
    ),
    emptied("empty"),
    like("empty_like", None),
    Check("eye", "", fixed=eyes, drawn=eye_drawn),
    Check("full", "", fixed=fulls, drawn=full_drawn),
    Check("full_like", "", fixed=full_likes, drawn=full_like_drawn),
    Check("linspace", "", fixed=linspaces, drawn=linspace_drawn),
    Check("meshgrid", "", fixed=meshgrids, drawn=meshgrid_drawn),
    shaped("ones", references.ones),
    like("ones_like", references.ones),
    triangle("tril", references.tril),
    triangle("triu", references.triu),
    shaped("zeros", references.zeros),
    like("zeros_like", references.zeros),
]
