"""The Python array API standard, revision 2025.12, in full: the main namespace, ``linalg`` and ``fft``.

>>> import extensor as xp
>>> x = xp.asarray([1.0, 2.0, 3.0])
>>> xp.sum(x * x)
ExTensor(14., dtype=float64)

Where the standard leaves a choice, this namespace is practical: NumPy arrays and scalars mix with its arrays, on
either side; mixed kinds of data types promote as in NumPy; integers go into functions of floats as ``float64``.
Arrays of other libraries are refused, never converted silently.

What goes beyond the standard is listed in ``docs/extensions.md``.

Division by zero, overflow and invalid operations give the values that IEEE 754 and the standard ask for, and the
warnings that ``numpy.errstate`` governs:

>>> import numpy
>>> with numpy.errstate(divide="ignore"):
...     1 / xp.asarray([0.0])
ExTensor([inf], dtype=float64)
"""

# ruff: noqa: A004 -- the names are the standard's

from __future__ import annotations

from importlib import import_module
from math import e, inf, nan, pi
from typing import TYPE_CHECKING, Any

from . import dtypes, linalg, operators, pool
from .array import ExTensor
from .creation import (
    arange,
    asarray,
    empty,
    empty_like,
    eye,
    from_buffer,
    from_dlpack,
    full,
    full_like,
    linspace,
    meshgrid,
    ones,
    ones_like,
    tril,
    triu,
    zeros,
    zeros_like,
)
from .data_type import astype, can_cast, finfo, iinfo, isdtype, result_type
from .dtypes import (
    bool,
    complex64,
    complex128,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    uint8,
    uint16,
    uint32,
    uint64,
)
from .elementwise import (
    abs,
    acos,
    acosh,
    add,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    bitwise_and,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    ceil,
    clip,
    conj,
    copysign,
    cos,
    cosh,
    divide,
    equal,
    exp,
    expm1,
    floor,
    floor_divide,
    greater,
    greater_equal,
    hypot,
    imag,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    multiply,
    negative,
    nextafter,
    not_equal,
    positive,
    pow,
    real,
    reciprocal,
    remainder,
    round,
    sign,
    signbit,
    sin,
    sinh,
    sqrt,
    square,
    subtract,
    tan,
    tanh,
    trunc,
)
from .indexing import take, take_along_axis
from .info import __array_namespace_info__
from .large import get_num_threads, set_num_threads
from .linear_algebra import matmul, matrix_transpose, tensordot, vecdot
from .manipulation import (
    broadcast_arrays,
    broadcast_shapes,
    broadcast_to,
    concat,
    expand_dims,
    flip,
    moveaxis,
    permute_dims,
    repeat,
    reshape,
    roll,
    squeeze,
    stack,
    tile,
    unstack,
)
from .searching import argmax, argmin, count_nonzero, nonzero, searchsorted, where
from .sets import isin, unique_all, unique_counts, unique_inverse, unique_values
from .sorting import argsort, sort
from .statistical import cumulative_prod, cumulative_sum, max, mean, min, prod, std, sum, var
from .store import Store
from .strictness import strict
from .utility import all, any, diff

if TYPE_CHECKING:
    from . import fft, random, special
    from .extras import dot, einsum, flatten, median, pad, quantile, scatter, split
    from .files import load, load_safetensors, open_memmap, save, save_safetensors
    from .shared_memory import attach, share
    from .special import digamma, erf, erfc, erfinv, gamma, gammaln

__array_api_version__ = "2025.12"
__version__ = "0.1.0.dev0"

newaxis = None

__all__ = [
    "ExTensor",
    "Store",
    "__array_api_version__",
    "__array_namespace_info__",
    "__version__",
    "abs",
    "acos",
    "acosh",
    "add",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "asarray",
    "asin",
    "asinh",
    "astype",
    "atan",
    "atan2",
    "atanh",
    "attach",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "bool",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "can_cast",
    "ceil",
    "clip",
    "complex64",
    "complex128",
    "concat",
    "conj",
    "copysign",
    "cos",
    "cosh",
    "count_nonzero",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
    "divide",
    "e",
    "empty",
    "empty_like",
    "equal",
    "exp",
    "expand_dims",
    "expm1",
    "eye",
    "fft",
    "finfo",
    "flip",
    "float32",
    "float64",
    "floor",
    "floor_divide",
    "from_buffer",
    "from_dlpack",
    "full",
    "full_like",
    "get_num_threads",
    "greater",
    "greater_equal",
    "hypot",
    "iinfo",
    "imag",
    "inf",
    "int8",
    "int16",
    "int32",
    "int64",
    "isdtype",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "linalg",
    "linspace",
    "load",
    "load_safetensors",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "matmul",
    "matrix_transpose",
    "max",
    "maximum",
    "mean",
    "meshgrid",
    "min",
    "minimum",
    "moveaxis",
    "multiply",
    "nan",
    "negative",
    "newaxis",
    "nextafter",
    "nonzero",
    "not_equal",
    "ones",
    "ones_like",
    "open_memmap",
    "permute_dims",
    "pi",
    "pool",
    "positive",
    "pow",
    "prod",
    "real",
    "reciprocal",
    "remainder",
    "repeat",
    "reshape",
    "result_type",
    "roll",
    "round",
    "save",
    "save_safetensors",
    "searchsorted",
    "set_num_threads",
    "share",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sort",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "strict",
    "subtract",
    "sum",
    "take",
    "take_along_axis",
    "tan",
    "tanh",
    "tensordot",
    "tile",
    "tril",
    "triu",
    "trunc",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
    "unstack",
    "var",
    "vecdot",
    "where",
    "zeros",
    "zeros_like",
]

# Beyond the standard; docs/extensions.md says why each is here. Also bfloat16, for which ml_dtypes must be installed.
__all__ += [
    "digamma",
    "dot",
    "einsum",
    "erf",
    "erfc",
    "erfinv",
    "flatten",
    "float16",
    "gamma",
    "gammaln",
    "median",
    "pad",
    "quantile",
    "random",
    "scatter",
    "special",
    "split",
]


_ON_FIRST_USE = {
    "fft": None,
    "random": None,
    "special": None,
    **dict.fromkeys(("dot", "einsum", "flatten", "median", "pad", "quantile", "scatter", "split"), "extras"),
    **dict.fromkeys(("load", "load_safetensors", "open_memmap", "save", "save_safetensors"), "files"),
    **dict.fromkeys(("attach", "share"), "shared_memory"),
    **dict.fromkeys(("digamma", "erf", "erfc", "erfinv", "gamma", "gammaln"), "special"),
}
"""Modules, and functions by their module, that are loaded on first use, so that the import stays quick."""


def __getattr__(name: str) -> Any:
    if name == "bfloat16":
        return dtypes.bfloat16()
    if name not in _ON_FIRST_USE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _ON_FIRST_USE[name]
    found = import_module(f".{module or name}", __name__)
    globals()[name] = found if module is None else getattr(found, name)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


operators.attach()
