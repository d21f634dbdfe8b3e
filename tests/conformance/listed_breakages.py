"""Ways to break single functions, methods, attributes, constants and data types, by path."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy
from breakages import (
    WIDER,
    Breaking,
    arrays_of,
    as_scalar,
    both,
    computed,
    if_given,
    instead,
    lenient,
    negated,
    not_empty,
    of_dims,
    other_dtype,
    refused_unless,
    replaced,
    replaced_quietly,
    returning,
    with_arrays,
    without_infinity,
    without_nan,
    wrong,
    wrong_at,
)

import extensor
from conformance.spec import BY_NAME
from extensor import ExTensor


def attribute(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Break an attribute by a change of its value."""
    return lambda original: property(
        lambda x: change(original.__get__(x, type(x)) if hasattr(original, "__get__") else original)
    )


def of_other_object(result: Any) -> Any:
    """A dictionary with another value at its first key."""
    return {key: (None if i == 0 else value) for i, (key, value) in enumerate(result.items())}


def without_first(result: Any) -> Any:
    """A dictionary without its first key."""
    return dict(list(result.items())[1:])


def changed_info(**values: Any) -> Callable[[Any], Any]:
    """Break ``finfo`` and ``iinfo`` by other attributes."""

    class Info:
        def __init__(self, info: Any) -> None:
            self._info = info

        def __getattr__(self, name: str) -> Any:
            value = getattr(self._info, name)
            return values[name](value) if name in values else value

    return returning(Info)


def copy_ignored(original: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    """A view wherever there can be one."""
    result = original(x, *args, **kwargs)
    if isinstance(x, ExTensor) and result.shape == x.shape and result.dtype == x.dtype:
        return x
    return result


def whole_array_set(original: Any, self: Any, key: Any, value: Any) -> None:
    original(self, ... if isinstance(key, ExTensor) and self.ndim else key, value)


def first_mask_axis(original: Any, self: Any, key: Any) -> Any:
    """One element too few by a mask."""
    result = original(self, key)
    return (
        result[:-1]
        if isinstance(key, ExTensor) and key.dtype.kind == "b" and result.ndim and result.shape[0]
        else result
    )


def key_part(select: Callable[[Any], bool], change: Callable[[Any], Any]) -> Breaking:
    """Break indexing by a change of some parts of the key."""

    def function(original: Any, self: Any, key: Any, *value: Any) -> Any:
        parts = key if isinstance(key, tuple) else (key,)
        changed = tuple(change(part) if select(part) else part for part in parts)
        return original(self, changed if isinstance(key, tuple) else changed[0], *value)

    return computed(function)


def is_slice(part: Any) -> bool:
    return isinstance(part, slice)


def refusing(select: Callable[[Any], bool]) -> Breaking:
    """Refuse some parts of a key."""

    def refuse(part: Any) -> Any:
        raise IndexError(f"{part!r}")

    return key_part(select, refuse)


INDEXING: dict[str, Breaking] = {
    "slices one longer": key_part(
        is_slice, lambda s: slice(s.start, s.stop + 1 if s.stop is not None else None, s.step)
    ),
    "steps ignored": key_part(is_slice, lambda s: slice(s.start, s.stop) if s.step not in (None, -1) else s),
    "negative steps ignored": key_part(is_slice, lambda s: slice(None) if s.step == -1 else s),
    "negative integers off by one": key_part(lambda k: type(k) is int and k < -1, lambda k: k + 1),
    "positive integers off by one": key_part(lambda k: type(k) is int and k > 0, lambda k: k - 1),
    "ellipsis refused": refusing(lambda k: k is ...),
    "integers refused": refusing(lambda k: type(k) is int),
    "slices refused": refusing(is_slice),
    "masks refused": refusing(lambda k: isinstance(k, ExTensor) and k.dtype.kind == "b"),
}

METHODS_BROKEN: dict[str, dict[str, Callable[[Any], Any]]] = {
    "__getitem__": {
        **INDEXING,
        "None refused": refusing(lambda k: k is None),
        "None ignored": computed(
            lambda original, x, key: original(
                x, tuple(k for k in key if k is not None) if isinstance(key, tuple) else key
            )
        ),
        "integer arrays refused": refusing(lambda k: isinstance(k, ExTensor) and k.dtype.kind in "iu"),
        "integer arrays reversed": key_part(
            lambda k: isinstance(k, ExTensor) and k.dtype.kind in "iu" and k.ndim > 0, extensor.flip
        ),
        "integer arrays with axes only": refusing(
            lambda k: isinstance(k, ExTensor) and k.dtype.kind in "iu" and k.ndim == 0
        ),
        "masks lose an element": computed(first_mask_axis),
        "masks of all axes only": refused_unless(
            lambda x, key: not isinstance(key, ExTensor) or key.dtype.kind != "b" or key.ndim == x.ndim
        ),
        "no exceptions": lenient,
        "another data type": with_arrays(other_dtype),
        "wrong for one data type": both(BY_NAME["abs"], partial(if_given, "uint16", wrong)),
        "a Python scalar for no axes": returning(as_scalar),
        "wrong without axes": with_arrays(of_dims(0)),
        "no arrays without elements": with_arrays(not_empty),
    },
    "__setitem__": {
        **INDEXING,
        "nothing set": instead(lambda self, key, value: None),
        "everything set by an array key": computed(whole_array_set),
        "arrays refused": refused_unless(lambda x, key, value: not isinstance(value, ExTensor)),
        "Python scalars refused": refused_unless(lambda x, key, value: isinstance(value, ExTensor)),
        "broadcasting refused": refused_unless(
            lambda x, key, value: not isinstance(value, ExTensor) or value.shape == x[key].shape
        ),
        "other data types refused": refused_unless(
            lambda x, key, value: not isinstance(value, ExTensor) or value.dtype == x.dtype
        ),
        "infinity lost": computed(lambda original, x, key, value: original(x, key, replaced(value, without_infinity))),
        "magnitudes set": computed(
            lambda original, x, key, value: original(
                x, key, replaced_quietly(value, lambda v: abs(v) if v.dtype.kind in "if" else v)
            )
        ),
        "fractions lost": computed(
            lambda original, x, key, value: original(
                x, key, int(value) if type(value) is float and abs(value) < 99 else value
            )
        ),
    },
    "__bool__": {
        "inverted": returning(lambda result: not result),
        "False for NaN": computed(lambda original, x: original(x) and not bool(numpy.isnan(numpy.array(x)))),
        "False for negative numbers": computed(lambda original, x: original(x) and not (numpy.array(x).real < 0)),
        "imaginary parts ignored": computed(lambda original, x: bool(numpy.array(x).real != 0)),
        "True for zero": computed(lambda original, x: True),
        "booleans refused": refused_unless(lambda x: x.dtype.kind != "b"),
        "large numbers False": computed(lambda original, x: original(x) and bool(abs(numpy.array(x)) < 1e5)),
    },
    "__complex__": {
        "conjugate": returning(lambda result: result.conjugate()),
        "imaginary parts lost": returning(lambda result: complex(result.real)),
        "booleans refused": refused_unless(lambda x: x.dtype.kind != "b"),
        "integers refused": refused_unless(lambda x: x.dtype.kind not in "iu"),
        "infinity lost": returning(lambda result: result if abs(result) != numpy.inf else 1e308 + 0j),
    },
    "__float__": {
        "negated": returning(lambda result: -result),
        "rounded": returning(lambda result: float(round(result)) if abs(result) < 1e300 else result),
        "NaN lost": returning(lambda result: 0.0 if result != result else result),
        "infinity lost": returning(lambda result: 1.7e308 if result == numpy.inf else result),
        "minus infinity lost": returning(lambda result: -1.7e308 if result == -numpy.inf else result),
        "complex numbers taken": computed(lambda original, x: float(numpy.array(x).real)),
        "booleans refused": refused_unless(lambda x: x.dtype.kind != "b"),
        "one data type refused": refused_unless(lambda x: x.dtype != "uint16"),
        "zeros without sign": returning(lambda result: result + 0.0),
    },
    "__index__": {
        "off by one": returning(lambda result: result + 1),
        "negative numbers lost": returning(abs),
        "floats taken": computed(lambda original, x: original(x) if x.dtype.kind in "iu" else 1),
        "large numbers cut": returning(lambda result: result % 2**63 if result >= 2**63 else result),
        "32 bits": returning(lambda result: (result + 2**31) % 2**32 - 2**31),
    },
    "__int__": {
        "rounded down": computed(
            lambda original, x: (
                int(numpy.floor(numpy.array(x))) if x.dtype.kind == "f" and abs(numpy.array(x)) < 1e9 else original(x)
            )
        ),
        "rounded to nearest": computed(
            lambda original, x: (
                round(float(numpy.array(x))) if x.dtype.kind == "f" and abs(numpy.array(x)) < 1e9 else original(x)
            )
        ),
        "zero for NaN": computed(
            lambda original, x: 0 if x.dtype.kind == "f" and numpy.isnan(numpy.array(x)) else original(x)
        ),
        "zero for infinity": computed(
            lambda original, x: 0 if x.dtype.kind == "f" and numpy.isinf(numpy.array(x)) else original(x)
        ),
        "complex numbers taken": computed(lambda original, x: int(numpy.array(x).real)),
        "booleans refused": refused_unless(lambda x: x.dtype.kind != "b"),
        "a float": returning(float),
        "32 bits": returning(lambda result: (result + 2**31) % 2**32 - 2**31),
    },
    "__array_namespace__": {
        "another module": instead(lambda self, api_version=None: numpy.linalg),
        "api_version refused": refused_unless(lambda x, **kwargs: not kwargs),
    },
    "__dlpack__": {
        "no capsule": returning(lambda result: 1),
        "max_version refused": refused_unless(lambda x, **kwargs: "max_version" not in kwargs),
        "copy refused": refused_unless(lambda x, **kwargs: "copy" not in kwargs),
        "dl_device refused": refused_unless(lambda x, **kwargs: "dl_device" not in kwargs),
        "stream refused": refused_unless(lambda x, **kwargs: "stream" not in kwargs),
    },
    "__dlpack_device__": {
        "a list": returning(list),
        "no number": returning(lambda result: (result[0],)),
        "no device type": returning(lambda result: (0, result[1])),
        "a negative number": returning(lambda result: (result[0], -1)),
    },
    "to_device": {
        "another data type": with_arrays(other_dtype),
        "negated": with_arrays(lambda x: ~x if x.dtype.kind == "b" else 1 - x),
        "flattened": with_arrays(lambda x: x.reshape(-1)),
        "stream refused": refused_unless(lambda x, device, **kwargs: not kwargs),
        "its own device refused": computed(lambda original, x, device, **kwargs: original(x, "nowhere")),
    },
    "T": {
        "not transposed": instead(property(lambda x: x)),
        "another data type": attribute(lambda x: replaced(x, other_dtype)),
        "conjugated": attribute(lambda x: replaced(x, numpy.conj) if x.dtype.kind == "c" else x),
        "negated": attribute(lambda x: replaced(x, negated)),
        "no arrays without elements": attribute(lambda x: replaced(x, not_empty)),
        "a method": lambda original: lambda x: original.__get__(x),
    },
    "mT": {
        "not transposed": instead(property(lambda x: x)),
        "all axes reversed": instead(property(lambda x: replaced(x, numpy.transpose))),
        "conjugated": attribute(lambda x: replaced(x, numpy.conj) if x.dtype.kind == "c" else x),
        "another data type": attribute(lambda x: replaced(x, other_dtype)),
        "wrong for more axes": attribute(lambda x: replaced(x, of_dims(3))),
        "no arrays without elements": attribute(lambda x: replaced(x, not_empty)),
    },
    "ndim": {
        "off by one": attribute(lambda ndim: ndim + 1),
        "a float": attribute(float),
        "one for no axes": attribute(lambda ndim: ndim or 1),
        "a method": lambda original: lambda x: original.__get__(x),
    },
    "size": {
        "off by one": attribute(lambda size: size + 1),
        "one for no elements": attribute(lambda size: size or 1),
        "None": attribute(lambda size: None),
        "length of the first axis": instead(property(lambda x: x.shape[0] if x.shape else 1)),
    },
    "shape": {
        "reversed": attribute(lambda shape: shape[::-1]),
        "a list": attribute(list),
        "(1,) for no axes": attribute(lambda shape: shape or (1,)),
    },
    "dtype": {
        "a name": attribute(str),
        "float64": attribute(lambda dtype: extensor.float64),
        "the other precision": attribute(lambda dtype: numpy.dtype(WIDER.get(dtype.name, "int8"))),
    },
    "device": {
        "another device": attribute(lambda device: object()),
        "None": attribute(lambda device: numpy.nan),
    },
}
"""Methods and attributes."""


def linspace_uneven(original: Any, *args: Any, **kwargs: Any) -> Any:
    return replaced(original(*args, **kwargs), lambda x: wrong_at(lambda _: numpy.arange(x.size) == 1)(x))


def arange_closed(original: Any, *args: Any, **kwargs: Any) -> Any:
    """``arange`` up to and including the stop, where that is by position."""
    if len(args) < 2 or args[1] is None:
        return original(*args, **kwargs)
    return original(args[0], args[1] + (args[2] if len(args) > 2 else 1), *args[2:], **kwargs)


def bounds(*args: Any, **kwargs: Any) -> dict[str, Any]:
    """The bounds given to ``clip``, by name."""
    given = dict(zip(("min", "max"), args, strict=False)) | kwargs
    return {name: value for name, value in given.items() if value is not None}


def bounds_exchanged(original: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    """``clip`` with the bounds exchanged."""
    given = bounds(*args, **kwargs)
    return original(x, given.get("max"), given.get("min"))


def upper_bound(original: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    """``clip`` to the upper bound where there are two."""
    given = bounds(*args, **kwargs)
    return original(x, given["max"], given["max"]) if len(given) == 2 else original(x, **given)


def pairwise(change: Callable[[Any, Any], Any], original: Any, x1: Any, x2: Any) -> Any:
    """What NumPy makes of two arrays, in the shape and data type of the right result."""
    result = original(x1, x2)
    if len(arrays_of([x1, x2])) < 2 or x1.dtype.kind not in "if":
        return result
    with numpy.errstate(all="ignore"):
        return replaced(result, lambda x: numpy.asarray(change(numpy.array(x1), numpy.array(x2))).astype(x.dtype))


def last_indices(result: Any, x: Any) -> Any:
    """Last in place of first indices of unique elements."""
    flat = numpy.array(x).reshape(-1)
    values = numpy.array(result[0])
    found = [max([i for i, each in enumerate(flat) if each == value], default=0) for value in values]
    indices = replaced(result[1], lambda old: numpy.where(values == values, numpy.array(found, dtype=old.dtype), old))
    return type(result)(result[0], indices, *result[2:])


def reversed_ties(original: Any, x: Any, **kwargs: Any) -> Any:
    """Indices of equal elements in descending order."""
    axis = kwargs.get("axis", -1)
    if not x.size:
        return original(x, **kwargs)
    flipped = original(extensor.flip(x, axis=axis), **kwargs)
    return replaced(flipped, lambda i: (x.shape[axis] - 1 - i).astype(i.dtype))


def last_of_several(original: Any, x: Any, **kwargs: Any) -> Any:
    """The last index of an extremum."""
    axis = kwargs.get("axis")
    if not x.size:
        return original(x, **kwargs)
    flipped = original(extensor.flip(x, axis=axis), **kwargs)
    return replaced(flipped, lambda i: ((x.size if axis is None else x.shape[axis]) - 1 - i).astype(i.dtype))


FUNCTIONS_BROKEN: dict[str, dict[str, Callable[[Any], Any]]] = {
    "e": {"wrong": instead(2.718)},
    "pi": {"wrong": instead(3.1416)},
    "inf": {"negative": lambda inf: -inf},
    "nan": {"infinite": instead(numpy.inf)},
    "newaxis": {"no None": instead(...)},
    "float32": {"float64": instead(extensor.float64)},
    "int64": {"int32": instead(extensor.int32)},
    "uint8": {"int8": instead(extensor.int8)},
    "bool": {"Python's": instead(extensor.uint8)},
    "complex64": {"complex128": instead(extensor.complex128)},
    "asarray": {
        "a copy for copy=False": computed(
            lambda original, obj, **kwargs: original(
                obj, **kwargs | {"copy": None if kwargs.get("copy") is False else kwargs.get("copy")}
            )
        ),
        "no copy for copy=True": computed(
            lambda original, obj, **kwargs: (
                obj if isinstance(obj, ExTensor) and kwargs.get("copy") else original(obj, **kwargs)
            )
        ),
        "Python scalars refused": refused_unless(lambda obj, **kwargs: isinstance(obj, list | ExTensor)),
        "tuples refused": refused_unless(lambda obj, **kwargs: not isinstance(obj, tuple)),
        "float32 by default": computed(
            lambda original, obj, **kwargs: (
                original(obj, **kwargs | {"dtype": extensor.float32})
                if kwargs.get("dtype") is None and original(obj).dtype.kind == "f" and not isinstance(obj, ExTensor)
                else original(obj, **kwargs)
            )
        ),
        "arrays flattened": computed(
            lambda original, obj, **kwargs: replaced(
                original(obj, **kwargs), lambda x: x.reshape(-1) if x.ndim > 1 else x
            )
        ),
    },
    "from_dlpack": {
        "no copy for copy=True": computed(lambda original, x, **kwargs: original(x, **kwargs | {"copy": None})),
        "a copy for copy=False": computed(lambda original, x, **kwargs: original(x, copy=True)),
        "strides ignored": computed(
            lambda original, x, **kwargs: replaced(
                original(x, **kwargs), lambda y: numpy.sort(y, axis=None).reshape(y.shape)
            )
        ),
    },
    "arange": {
        "stop included": computed(lambda original, *args, **kwargs: arange_closed(original, *args, **kwargs)),
        "step=1 always": computed(lambda original, *args, **kwargs: original(*args[:2], **kwargs)),
        "float steps cut": computed(
            lambda original, *args, **kwargs: (
                original(*args, **kwargs)
                if len(args) < 3 or not isinstance(args[2], float)
                else original(*args[:2], int(args[2]) or 1, **kwargs)
            )
        ),
        "negative steps empty": computed(
            lambda original, *args, **kwargs: (
                original(*args, **kwargs) if len(args) < 3 or args[2] > 0 else original(0, **kwargs)
            )
        ),
    },
    "linspace": {
        "one element uneven": computed(linspace_uneven),
        "stop missing": computed(
            lambda original, start, stop, num, **kwargs: replaced(
                original(start, stop, num, **kwargs),
                lambda x: (
                    numpy.concatenate([x[:-1], wrong(x[-1:])]) if kwargs.get("endpoint", True) and x.size > 1 else x
                ),
            )
        ),
        "num=1 gives stop": computed(
            lambda original, start, stop, num, **kwargs: original(stop if num == 1 else start, stop, num, **kwargs)
        ),
    },
    "eye": {
        "square only": computed(lambda original, n, m=None, **kwargs: original(n, n, **kwargs)),
        "negative k as positive": computed(lambda original, *args, k=0, **kwargs: original(*args, k=abs(k), **kwargs)),
        "k mirrored": computed(lambda original, *args, k=0, **kwargs: original(*args, k=-k, **kwargs)),
    },
    "full": {
        "integers become floats": computed(
            lambda original, shape, fill_value, **kwargs: original(
                shape, float(fill_value) if type(fill_value) is int else fill_value, **kwargs
            )
        ),
        "booleans become integers": computed(
            lambda original, shape, fill_value, **kwargs: original(
                shape, int(fill_value) if type(fill_value) is bool else fill_value, **kwargs
            )
        ),
    },
    "tril": {
        "k negated": computed(lambda original, x, k=0: original(x, k=-k)),
        "triu": instead(extensor.triu),
        "the diagonal excluded": computed(lambda original, x, k=0: original(x, k=k - 1)),
    },
    "triu": {
        "k negated": computed(lambda original, x, k=0: original(x, k=-k)),
        "tril": instead(extensor.tril),
        "the diagonal excluded": computed(lambda original, x, k=0: original(x, k=k + 1)),
    },
    "meshgrid": {
        "one array refused": refused_unless(lambda *arrays, **kwargs: len(arrays) > 1),
        "transposed": returning(lambda result: tuple(replaced(each, numpy.transpose) for each in result)),
    },
    **{
        name: {
            "one axis only": computed(
                lambda original, shape, *args, **kwargs: original(
                    shape if isinstance(shape, tuple) else (1,), *args, **kwargs
                )
            ),
            "float32 by default": computed(
                lambda original, *args, **kwargs: original(*args, **{"dtype": extensor.float32} | kwargs)
            ),
        }
        for name in ("zeros", "ones", "empty")
    },
    "astype": {
        "no copy": computed(copy_ignored),
        "a copy for copy=False": computed(
            lambda original, x, dtype, **kwargs: original(x, dtype, **kwargs | {"copy": True})
        ),
        "rounded": computed(
            lambda original, x, dtype, **kwargs: original(
                replaced(x, numpy.rint) if x.dtype.kind == "f" else x, dtype, **kwargs
            )
        ),
        "NaN to bool False": computed(
            lambda original, x, dtype, **kwargs: original(
                replaced(x, without_nan) if dtype == "bool" else x, dtype, **kwargs
            )
        ),
        "complex from bool refused": refused_unless(
            lambda x, dtype, **kwargs: not (x.dtype.kind == "b" and dtype.kind == "c")
        ),
    },
    "can_cast": {
        "negated": returning(lambda result: not result),
        "always": returning(lambda result: True),
        "swapped": computed(
            lambda original, a, b: original(
                b.dtype if isinstance(b, ExTensor) else b, a.dtype if isinstance(a, ExTensor) else a
            )
        ),
        "arrays refused": refused_unless(lambda a, b: not isinstance(a, ExTensor)),
        "data types refused": refused_unless(lambda a, b: isinstance(a, ExTensor)),
        "an integer": returning(int),
        "across kinds": computed(
            lambda original, a, b: original(a, b) or (getattr(a, "kind", "") == "i" and b.kind == "u")
        ),
    },
    "finfo": {
        "bits doubled": changed_info(bits=lambda bits: bits * 2),
        "eps halved": changed_info(eps=lambda eps: eps / 2),
        "max infinite": changed_info(max=lambda most: numpy.inf),
        "min is the smallest positive": changed_info(min=lambda least: 1e-38),
        "smallest_normal subnormal": changed_info(smallest_normal=lambda tiny: tiny / 2),
        "dtype as text": changed_info(dtype=str),
        "bits as floats": changed_info(bits=float),
        "complex refused": refused_unless(lambda t: getattr(t, "kind", "f") == "f"),
        "arrays refused": refused_unless(lambda t: not isinstance(t, ExTensor)),
        "float64 always": computed(lambda original, t: original(extensor.float64)),
    },
    "iinfo": {
        "bits as bytes": changed_info(bits=lambda bits: bits // 8),
        "max off by one": changed_info(max=lambda most: most + 1),
        "min off by one": changed_info(min=lambda least: least + 1),
        "dtype as text": changed_info(dtype=str),
        "max as float": changed_info(max=float),
        "arrays refused": refused_unless(lambda t: not isinstance(t, ExTensor)),
        "int64 always": computed(lambda original, t: original(extensor.int64)),
    },
    "isdtype": {
        "negated": returning(lambda result: not result),
        "tuples refused": refused_unless(lambda dtype, kind: not isinstance(kind, tuple)),
        "tuples: the first": computed(
            lambda original, dtype, kind: original(dtype, kind[0] if isinstance(kind, tuple) else kind)
        ),
        "data types as kinds refused": refused_unless(lambda dtype, kind: isinstance(kind, str | tuple)),
        "bool is numeric": computed(
            lambda original, dtype, kind: original(dtype, kind) or (kind == "numeric" and dtype == "bool")
        ),
        "unsigned is signed": computed(
            lambda original, dtype, kind: original(dtype, kind) or (kind == "signed integer" and dtype.kind == "u")
        ),
        "complex is real": computed(
            lambda original, dtype, kind: original(dtype, kind) or (kind == "real floating" and dtype.kind == "c")
        ),
        "complex is not numeric": computed(
            lambda original, dtype, kind: original(dtype, kind) and not (kind == "numeric" and dtype.kind == "c")
        ),
        "an integer": returning(int),
    },
    "result_type": {
        "the first": computed(lambda original, *args: getattr(args[0], "dtype", args[0])),
        "the last": computed(lambda original, *args: getattr(args[-1], "dtype", args[-1])),
        "arrays refused": refused_unless(lambda *args: not arrays_of(args)),
        "data types refused": refused_unless(lambda *args: arrays_of(args)),
        "scalars refused": refused_unless(lambda *args: not any(isinstance(a, int | float | complex) for a in args)),
        "as text": returning(str),
        "int8 and uint8 give int8": returning(lambda dtype: extensor.int8 if dtype == "int16" else dtype),
        "two only": computed(lambda original, *args: original(*args[:2])),
    },
    "broadcast_shapes": {
        "a list": returning(list),
        "reversed": returning(lambda shape: shape[::-1]),
        "the first": computed(lambda original, *shapes: (original(*shapes), shapes[0] if shapes else ())[1]),
        "sides of one kept": returning(lambda shape: tuple(n or 1 for n in shape)),
        "two only": computed(lambda original, *shapes: original(*shapes[:2])),
    },
    "where": {
        "condition inverted": computed(lambda original, c, x1, x2: original(extensor.logical_not(c), x1, x2)),
        "scalars refused": refused_unless(lambda c, x1, x2: isinstance(x1, ExTensor) and isinstance(x2, ExTensor)),
        "condition not broadcast": refused_unless(lambda c, x1, x2: c.shape == extensor.where(c, x1, x2).shape),
    },
    "clip": {
        "bounds exchanged": computed(bounds_exchanged),
        "arrays as bounds refused": refused_unless(
            lambda x, *args, **kwargs: not any(isinstance(each, ExTensor) for each in bounds(*args, **kwargs).values())
        ),
        "scalars as bounds refused": refused_unless(
            lambda x, *args, **kwargs: all(isinstance(each, ExTensor) for each in bounds(*args, **kwargs).values())
        ),
        "the upper bound where there are two": computed(upper_bound),
    },
    "round": {
        "halves away from zero": computed(
            lambda original, x: (
                replaced(x, lambda v: numpy.copysign(numpy.floor(abs(v) + 0.5), v).astype(v.dtype))
                if x.dtype.kind == "f"
                else original(x)
            )
        ),
        "floor": computed(lambda original, x: original(x) if x.dtype.kind == "c" else extensor.floor(x)),
    },
    "sign": {
        "one for zero": computed(
            lambda original, x: replaced(original(x), lambda v: numpy.where(v == 0, 1, v).astype(v.dtype))
        ),
        "complex: sign of the real part": computed(
            lambda original, x: (
                original(x) if x.dtype.kind != "c" else replaced(x, lambda v: numpy.sign(v.real).astype(v.dtype))
            )
        ),
    },
    "remainder": {
        "sign of the dividend": computed(lambda original, a, b: pairwise(numpy.fmod, original, a, b)),
    },
    "floor_divide": {
        "towards zero": computed(
            lambda original, a, b: pairwise(
                lambda x, y: numpy.trunc(x / y).astype(numpy.result_type(x, y)), original, a, b
            )
        ),
    },
    "bitwise_right_shift": {
        "logical": computed(
            lambda original, a, b: pairwise(
                lambda x, y: (
                    (x.view(x.dtype.name.replace("int", "uint")) >> y.astype(x.dtype.name.replace("int", "uint"))).view(
                        x.dtype
                    )
                    if x.dtype == y.dtype and x.dtype.kind == "i"
                    else x >> y
                ),
                original,
                a,
                b,
            )
        ),
    },
    "logaddexp": {
        "overflowing": computed(
            lambda original, a, b: pairwise(lambda x, y: numpy.log(numpy.exp(x) + numpy.exp(y)), original, a, b)
        )
    },
    "expm1": {
        "cancelling": computed(lambda original, x: replaced_quietly(x, lambda v: (numpy.exp(v) - 1).astype(v.dtype)))
    },
    "log1p": {
        "cancelling": computed(lambda original, x: replaced_quietly(x, lambda v: numpy.log(1 + v).astype(v.dtype)))
    },
    "hypot": {"no square root": computed(lambda original, a, b: pairwise(lambda x, y: x * x + y * y, original, a, b))},
    "nextafter": {
        "always upwards": computed(
            lambda original, a, b: pairwise(lambda x, y: numpy.nextafter(x, numpy.inf + y * 0), original, a, b)
        )
    },
    "square": {"cubed": computed(lambda original, x: x * x * x)},
    "abs": {
        "complex: real parts": computed(lambda original, x: original(extensor.real(x) if x.dtype.kind == "c" else x))
    },
    "conj": {"nothing done": instead(lambda x, /: x)},
    "imag": {"real": instead(extensor.real)},
    "real": {"imag": computed(lambda original, x: extensor.imag(x) if x.dtype.kind == "c" else x)},
    "matmul": {
        "conjugated": computed(lambda original, a, b: original(extensor.conj(a), b)),
        "vectors refused": refused_unless(lambda a, b: a.ndim > 1 and b.ndim > 1),
        "batches not broadcast": refused_unless(lambda a, b: a.ndim == b.ndim and a.shape[:-2] == b.shape[:-2]),
    },
    "vecdot": {
        "not conjugated": computed(lambda original, a, b, **kwargs: original(extensor.conj(a), b, **kwargs)),
        "the second conjugated": computed(
            lambda original, a, b, **kwargs: original(extensor.conj(a), extensor.conj(b), **kwargs)
        ),
    },
    "matrix_transpose": {"conjugated": computed(lambda original, x: extensor.conj(original(x)))},
    "tensordot": {
        "pairs of axes refused": refused_unless(lambda a, b, axes=2: isinstance(axes, int)),
        "pairs of axes exchanged": computed(
            lambda original, a, b, axes=2: original(a, b, axes=axes if isinstance(axes, int) else axes[::-1])
        ),
        "no axes refused": refused_unless(lambda a, b, axes=2: axes != 0),
    },
    "linalg.cholesky": {
        "transposed": returning(lambda result: result.mT),
        "not conjugated": returning(extensor.conj),
        "upper with the lower triangle": computed(lambda original, x, upper=False: original(x)),
    },
    "linalg.cross": {"not broadcast": refused_unless(lambda a, b, axis=-1: a.shape == b.shape)},
    "linalg.det": {"magnitude": returning(lambda result: replaced(result, lambda x: abs(x).astype(x.dtype)))},
    "linalg.diagonal": {"offset negated": computed(lambda original, x, offset=0: original(x, offset=-offset))},
    "linalg.trace": {
        "offset negated": computed(lambda original, x, offset=0, dtype=None: original(x, offset=-offset, dtype=dtype))
    },
    "linalg.eigh": {
        "descending eigenvalues alone": returning(
            lambda result: type(result)(replaced(result[0], lambda x: x[..., ::-1]), result[1])
        ),
        "eigenvectors in rows": returning(lambda result: type(result)(result[0], result[1].mT)),
        "eigenvectors not normalized": returning(lambda result: type(result)(result[0], result[1] * 2)),
    },
    "linalg.eig": {
        "eigenvectors in rows": returning(lambda result: type(result)(result[0], result[1].mT)),
        "eigenvalues conjugated": returning(lambda result: type(result)(extensor.conj(result[0]), result[1])),
    },
    "linalg.eigvalsh": {"magnitudes": returning(extensor.abs)},
    "linalg.eigvals": {"conjugated": returning(extensor.conj)},
    "linalg.inv": {"transposed": returning(lambda result: result.mT)},
    "linalg.outer": {
        "transposed": returning(lambda result: result.T),
        "conjugated": computed(lambda original, a, b: original(a, extensor.conj(b))),
    },
    "linalg.pinv": {
        "transposed": returning(lambda result: replaced(result, lambda x: x.mT if x.shape[-1] == x.shape[-2] else x))
    },
    "linalg.qr": {
        "R lower": returning(lambda result: type(result)(result[0], result[1].mT)),
        "Q doubled": returning(lambda result: type(result)(result[0] * 2, result[1] / 2)),
    },
    "linalg.slogdet": {
        "sign lost": returning(
            lambda result: type(result)(replaced(result[0], lambda x: abs(x).astype(x.dtype)), result[1])
        ),
        "logarithm to base 2": returning(lambda result: type(result)(result[0], result[1] / 0.6931471805599453)),
    },
    "linalg.solve": {
        "transposed system": computed(lambda original, a, b: original(a.mT, b)),
        "vectors refused": refused_unless(lambda a, b: b.ndim > 1),
        "batches not broadcast": refused_unless(lambda a, b: b.ndim == 1 or a.shape[:-2] == b.shape[:-2]),
    },
    "linalg.svd": {
        "V for Vh": returning(
            lambda result: type(result)(
                result[0], result[1], result[2].mT if result[2].shape[-1] == result[2].shape[-2] else result[2]
            )
        ),
        "ascending": returning(
            lambda result: type(result)(
                replaced(result[0], lambda x: x[..., ::-1]),
                replaced(result[1], lambda x: x[..., ::-1]),
                replaced(result[2], lambda x: x[..., ::-1, :]),
            )
        ),
    },
    "linalg.svdvals": {"ascending": with_arrays(lambda x: x[..., ::-1]), "squared": with_arrays(numpy.square)},
    "linalg.matrix_power": {
        "negative powers as positive": computed(lambda original, x, n: original(x, abs(n))),
        "zero gives ones": computed(lambda original, x, n: original(x, n) if n else extensor.ones_like(x)),
        "at most twice": computed(lambda original, x, n: original(x, min(n, 2))),
    },
    "linalg.matrix_norm": {
        **{
            f"ord={order} refused": computed(
                lambda original, x, order=order, **kwargs: (
                    original(x, **kwargs) if str(kwargs.get("ord")) != order else original()
                )
            )
            for order in ("fro", "nuc", "1", "-1", "2", "-2", "inf", "-inf")
        },
        **{
            f"ord={order} wrong": computed(
                lambda original, x, order=order, **kwargs: (
                    replaced(original(x, **kwargs), wrong) if str(kwargs.get("ord")) == order else original(x, **kwargs)
                )
            )
            for order in ("fro", "nuc", "1", "-1", "2", "-2", "inf", "-inf")
        },
    },
    "linalg.vector_norm": {
        **{
            f"ord={order} wrong": computed(
                lambda original, x, order=order, **kwargs: (
                    replaced(original(x, **kwargs), wrong) if kwargs.get("ord") == order else original(x, **kwargs)
                )
            )
            for order in (numpy.inf, -numpy.inf, 1, -1, 2, 0, 3)
        },
        "fractional orders wrong": computed(
            lambda original, x, **kwargs: (
                replaced(original(x, **kwargs), wrong)
                if kwargs.get("ord", 2) % 1 not in (0, numpy.nan) and abs(kwargs["ord"]) < 9
                else original(x, **kwargs)
            )
        ),
        "imaginary parts ignored": computed(
            lambda original, x, **kwargs: original(extensor.real(x) if x.dtype.kind == "c" else x, **kwargs)
        ),
    },
    "linalg.matrix_rank": {
        "full": computed(lambda original, x, rtol=None: original(x, rtol=0.0)),
        "rtol taken as absolute": computed(
            lambda original, x, rtol=None: original(x * 4, rtol=rtol) if rtol is None else original(x, rtol=rtol * 2)
        ),
    },
    **{
        f"fft.{name}": {
            "norm='ortho' refused": refused_unless(lambda x, **kwargs: kwargs.get("norm") != "ortho"),
            "norm='forward' as backward": computed(
                lambda original, x, **kwargs: original(
                    x, **kwargs | ({"norm": "backward"} if kwargs.get("norm") == "forward" else {})
                )
            ),
            "norm='forward' and 'backward' exchanged": computed(
                lambda original, x, **kwargs: original(
                    x,
                    **kwargs
                    | {
                        "norm": {"backward": "forward", "forward": "backward"}.get(
                            kwargs.get("norm", "backward"), "ortho"
                        )
                    },
                )
            ),
            "conjugated": returning(
                lambda result: replaced(result, lambda x: numpy.conj(x) if x.dtype.kind == "c" else x[..., ::-1])
            ),
            "even lengths only": computed(
                lambda original, x, **kwargs: (
                    original(x, **kwargs)
                    if x.ndim != 1 or x.shape[0] % 2 == 0
                    else replaced(original(x, **kwargs), wrong)
                )
            ),
        }
        for name in ("fft", "ifft", "fftn", "ifftn", "rfft", "irfft", "rfftn", "irfftn", "hfft", "ihfft")
    },
    "fft.fftfreq": {
        "n ignored in the scale": with_arrays(lambda x: x * x.size),
        "positive only": with_arrays(numpy.abs),
        "d multiplied": computed(lambda original, n, d=1.0, **kwargs: original(n, d=1 / d, **kwargs)),
        "odd n as even": computed(
            lambda original, n, **kwargs: replaced(original(n, **kwargs), lambda x: wrong(x) if n % 2 else x)
        ),
    },
    "fft.rfftfreq": {
        "n ignored in the scale": with_arrays(lambda x: x * x.size),
        "d multiplied": computed(lambda original, n, d=1.0, **kwargs: original(n, d=1 / d, **kwargs)),
        "odd n as even": computed(
            lambda original, n, **kwargs: replaced(original(n, **kwargs), lambda x: wrong(x) if n % 2 else x)
        ),
    },
    "fft.fftshift": {
        "ifftshift": instead(extensor.fft.ifftshift),
        "one axis only": computed(
            lambda original, x, axes=None: (
                original(x, axes=axes if isinstance(axes, int) else -1) if x.ndim else original(x)
            )
        ),
    },
    "fft.ifftshift": {"fftshift": instead(extensor.fft.fftshift)},
    "unique_values": {
        "NaN once": returning(lambda result: replaced(result, numpy.unique)),
        "duplicates kept": computed(lambda original, x: extensor.reshape(x, (-1,))),
    },
    "unique_counts": {
        "counts of one": returning(lambda result: type(result)(result[0], extensor.ones_like(result[1])))
    },
    "unique_inverse": {
        "inverse flattened": returning(lambda result: type(result)(result[0], extensor.reshape(result[1], (-1,)))),
    },
    "unique_all": {
        "inverse flattened": returning(
            lambda result: type(result)(result[0], result[1], extensor.reshape(result[2], (-1,)), result[3])
        ),
        "last indices": computed(lambda original, x: last_indices(original(x), x)),
    },
    "sort": {
        "unsigned: as signed": computed(
            lambda original, x, **kwargs: replaced(
                original(x, **kwargs),
                lambda v: (
                    numpy.sort(v.view(v.dtype.name[1:]), axis=kwargs.get("axis", -1)).view(v.dtype)
                    if v.dtype.kind == "u"
                    else v
                ),
            )
        )
    },
    "argsort": {
        "equal elements reversed": computed(lambda original, x, **kwargs: reversed_ties(original, x, **kwargs)),
        "descending by reversal": computed(
            lambda original, x, descending=False, axis=-1, **kwargs: (
                extensor.flip(original(x, axis=axis, **kwargs), axis=axis)
                if descending
                else original(x, axis=axis, **kwargs)
            )
        ),
    },
    "argmax": {
        "the last of several": computed(lambda original, x, **kwargs: last_of_several(original, x, **kwargs)),
        "argmin": instead(extensor.argmin),
    },
    "argmin": {
        "the last of several": computed(lambda original, x, **kwargs: last_of_several(original, x, **kwargs)),
        "argmax": instead(extensor.argmax),
    },
    "max": {"min": instead(extensor.min), "initial zero": with_arrays(lambda x: numpy.maximum(x, x.dtype.type(0)))},
    "min": {"max": instead(extensor.max), "initial zero": with_arrays(lambda x: numpy.minimum(x, x.dtype.type(0)))},
    "all": {
        "any": instead(extensor.any),
        "False where there is none": computed(
            lambda original, x, **kwargs: original(x, **kwargs) if x.size else replaced(original(x, **kwargs), wrong)
        ),
    },
    "any": {
        "all": instead(extensor.all),
        "True where there is none": computed(
            lambda original, x, **kwargs: original(x, **kwargs) if x.size else replaced(original(x, **kwargs), wrong)
        ),
    },
    "sum": {
        "small integers not widened": both(
            BY_NAME["sum"],
            lambda result, arrays: (
                replaced(result, lambda x: x.astype(arrays[0].dtype.name)) if arrays[0].dtype.kind in "iu" else result
            ),
        ),
        "one where there is none": computed(
            lambda original, x, **kwargs: original(x, **kwargs) if x.size else replaced(original(x, **kwargs), wrong)
        ),
        "float32 widened": both(BY_NAME["sum"], partial(if_given, "float32", other_dtype)),
    },
    "prod": {
        "small integers not widened": both(
            BY_NAME["prod"],
            lambda result, arrays: (
                replaced(result, lambda x: x.astype(arrays[0].dtype.name)) if arrays[0].dtype.kind in "iu" else result
            ),
        ),
        "zero where there is none": computed(
            lambda original, x, **kwargs: original(x, **kwargs) if x.size else replaced(original(x, **kwargs), wrong)
        ),
    },
    "mean": {
        "the sum": instead(extensor.sum),
        "median": computed(
            lambda original, x, **kwargs: (
                replaced(
                    original(x, **kwargs),
                    lambda v: numpy.asarray(
                        numpy.median(numpy.array(x), axis=kwargs.get("axis"), keepdims=kwargs.get("keepdims", False)),
                        dtype=v.dtype,
                    ),
                )
                if x.dtype.kind == "f" and x.size
                else original(x, **kwargs)
            )
        ),
    },
    "var": {
        "std": instead(extensor.std),
        "mean not subtracted": computed(
            lambda original, x, **kwargs: (
                original(x, **kwargs) if "axis" in kwargs else replaced(original(x, **kwargs), lambda v: v + 1)
            )
        ),
    },
    "std": {"var": instead(extensor.var)},
    "cumulative_sum": {
        "small integers not widened": both(
            BY_NAME["cumulative_sum"],
            lambda result, arrays: (
                replaced(result, lambda x: x.astype(arrays[0].dtype.name)) if arrays[0].dtype.kind in "iu" else result
            ),
        ),
        "exclusive": with_arrays(lambda x: numpy.concatenate([0 * x[:1], x[:-1]]) if x.ndim == 1 else x),
    },
    "cumulative_prod": {"the sum": instead(extensor.cumulative_sum)},
    "diff": {"x[i] - x[i+1]": with_arrays(lambda x: -x)},
    "searchsorted": {
        "sorter inverted": computed(
            lambda original, a, b, sorter=None, **kwargs: original(
                a, b, sorter=sorter if sorter is None else extensor.argsort(sorter), **kwargs
            )
        )
    },
    "take": {
        "indices off by one": computed(
            lambda original, x, indices, **kwargs: replaced(
                original(x, indices, **kwargs),
                lambda v: numpy.roll(v, 1, axis=kwargs.get("axis") or 0) if v.ndim else v,
            )
        ),
        "negative indices refused": refused_unless(lambda x, indices, **kwargs: (numpy.array(indices) >= 0).all()),
    },
    "take_along_axis": {
        "broadcasting refused": refused_unless(lambda x, indices, **kwargs: x.shape[:-1] == indices.shape[:-1]),
        "negative indices refused": refused_unless(lambda x, indices, **kwargs: (numpy.array(indices) >= 0).all()),
    },
    "roll": {
        "backwards": computed(
            lambda original, x, shift, **kwargs: original(
                x, tuple(-s for s in shift) if isinstance(shift, tuple) else -shift, **kwargs
            )
        ),
        "large shifts cut": computed(
            lambda original, x, shift, **kwargs: original(
                x, shift if isinstance(shift, tuple) else max(-4, min(4, shift)), **kwargs
            )
        ),
        "pairs refused": refused_unless(lambda x, shift, **kwargs: not isinstance(shift, tuple)),
    },
    "repeat": {
        "tiled": computed(
            lambda original, x, repeats, axis=None: (
                extensor.tile(extensor.reshape(x, (-1,)), (repeats,))
                if axis is None and isinstance(repeats, int)
                else original(x, repeats, axis=axis)
            )
        ),
        "arrays refused": refused_unless(lambda x, repeats, **kwargs: isinstance(repeats, int)),
    },
    "tile": {
        "repeated": computed(lambda original, x, repetitions: replaced(original(x, repetitions), numpy.sort)),
        "more repetitions than axes refused": refused_unless(lambda x, repetitions: len(repetitions) <= x.ndim),
    },
    "permute_dims": {
        "inverse": computed(
            lambda original, x, axes: original(
                x, tuple(numpy.argsort([a % x.ndim for a in axes]).tolist()) if x.ndim else axes
            )
        )
    },
    "moveaxis": {
        "source and destination exchanged": computed(
            lambda original, x, source, destination: original(x, destination, source)
        )
    },
    "reshape": {
        "column-major": computed(
            lambda original, x, shape, **kwargs: replaced(
                original(x, shape, **kwargs), lambda v: numpy.array(x).reshape(v.shape, order="F")
            )
        ),
        "-1 refused": refused_unless(lambda x, shape, **kwargs: -1 not in shape),
    },
    "concat": {
        "reversed": computed(lambda original, arrays, **kwargs: original(tuple(arrays)[::-1], **kwargs)),
        "lists refused": refused_unless(lambda arrays, **kwargs: isinstance(arrays, tuple)),
        "tuples refused": refused_unless(lambda arrays, **kwargs: isinstance(arrays, list)),
    },
    "stack": {
        "reversed": computed(lambda original, arrays, **kwargs: original(tuple(arrays)[::-1], **kwargs)),
        "lists refused": refused_unless(lambda arrays, **kwargs: isinstance(arrays, tuple)),
        "tuples refused": refused_unless(lambda arrays, **kwargs: isinstance(arrays, list)),
    },
    "squeeze": {
        "all axes of length one": computed(lambda original, x, axis: (original(x, axis), replaced(x, numpy.squeeze))[1])
    },
    "flip": {
        "one axis only": computed(
            lambda original, x, axis=None: original(x, axis=axis if axis is not None or not x.ndim else 0)
        )
    },
    "isin": {
        "invert always": computed(lambda original, a, b, invert=False: original(a, b, invert=True)),
        "scalars refused": refused_unless(lambda a, b, **kwargs: len(arrays_of([a, b])) == 2),
    },
    "nonzero": {
        "last axis missing": returning(lambda result: result[:-1] if len(result) > 1 else result),
        "transposed": computed(
            lambda original, x: original(replaced(x, lambda v: v.T) if x.ndim == 2 and x.shape[0] == x.shape[1] else x)[
                ::-1
            ]
        ),
    },
    "count_nonzero": {
        "zeros counted": computed(
            lambda original, x, **kwargs: original(extensor.equal(x, extensor.zeros_like(x)), **kwargs)
        )
    },
    "__array_namespace_info__": {"no functions": instead(lambda: object())},
    "info.capabilities": {
        "empty": instead(dict),
        "no maximum": returning(
            lambda result: {key: value for key, value in result.items() if key != "max dimensions"}
        ),
        "text": returning(lambda result: {key: str(value) for key, value in result.items()}),
        "a list": returning(list),
    },
    "info.default_device": {"another device": returning(lambda result: "elsewhere")},
    "info.default_dtypes": {
        "float32": returning(lambda result: result | {"real floating": extensor.float32}),
        "complex64": returning(lambda result: result | {"complex floating": extensor.complex64}),
        "int32": returning(lambda result: result | {"integral": extensor.int32}),
        "indexing int32": returning(lambda result: result | {"indexing": extensor.int32}),
        "indexing missing": returning(
            lambda result: {key: value for key, value in result.items() if key != "indexing"}
        ),
        "integral missing": returning(
            lambda result: {key: value for key, value in result.items() if key != "integral"}
        ),
    },
    "info.devices": {
        "a list": returning(list),
        "none": returning(lambda result: ()),
        "one too many": returning(lambda result: (*result, "gpu")),
        "a text": returning(lambda result: result[0]),
    },
    "info.dtypes": {
        "one missing": returning(without_first),
        "one wrong": returning(of_other_object),
        "tuples refused": refused_unless(lambda **kwargs: not isinstance(kwargs.get("kind"), tuple)),
        "tuples: the first": computed(
            lambda original, **kwargs: (
                original(**kwargs | {"kind": kwargs["kind"][0]})
                if kwargs.get("kind") and isinstance(kwargs["kind"], tuple)
                else original(**kwargs)
            )
        ),
        "bool is integral": computed(
            lambda original, **kwargs: (
                original(**kwargs) | ({"bool": extensor.bool} if kwargs.get("kind") == "integral" else {})
            )
        ),
    },
}
"""Functions, constants and data types."""
