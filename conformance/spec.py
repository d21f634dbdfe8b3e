"""The Python array API standard, revision 2025.12, as a table.

Pure data over the standard library. Everything that needs to know what the standard says reads it here: the
operators of ``extensor`` and of ``autodiff`` arrays, the conformance checks, the coverage pages. Expected *values*
never come from here, so a wrong row cannot fool a library and its tests alike.
"""

from __future__ import annotations

from math import inf, pi
from typing import NamedTuple

__all__ = [
    "ATTRIBUTES",
    "BY_NAME",
    "CONSTANTS",
    "DTYPES",
    "FUNCTIONS",
    "KINDS",
    "METHODS",
    "NAMESPACES",
    "OPERATORS",
    "RESULTS",
    "REVISIONS",
    "Function",
    "Operator",
]

REVISIONS = ("2021.12", "2022.12", "2023.12", "2024.12", "2025.12")

NAMESPACES = ("linalg", "fft", "info")
"""Chapters with a namespace of their own; ``info`` is what ``__array_namespace_info__()`` returns."""

CONSTANTS = ("e", "inf", "nan", "newaxis", "pi")

ATTRIBUTES = ("T", "device", "dtype", "mT", "ndim", "shape", "size")

DTYPES = {
    "bool": "bool",
    "int8": "signed integer",
    "int16": "signed integer",
    "int32": "signed integer",
    "int64": "signed integer",
    "uint8": "unsigned integer",
    "uint16": "unsigned integer",
    "uint32": "unsigned integer",
    "uint64": "unsigned integer",
    "float32": "real floating",
    "float64": "real floating",
    "complex64": "complex floating",
    "complex128": "complex floating",
}
"""Data types and the finest kind in which ``isdtype`` counts each."""


def _names(*kinds: str) -> tuple[str, ...]:
    return tuple(name for name, kind in DTYPES.items() if kind in kinds)


KINDS = {
    "none": (),
    "all": tuple(DTYPES),
    "boolean": _names("bool"),
    "integer": _names("signed integer", "unsigned integer"),
    "integer or boolean": _names("bool", "signed integer", "unsigned integer"),
    "real floating-point": _names("real floating"),
    "complex floating-point": _names("complex floating"),
    "floating-point": _names("real floating", "complex floating"),
    "real numeric": _names("signed integer", "unsigned integer", "real floating"),
    "real numeric or boolean": _names("bool", "signed integer", "unsigned integer", "real floating"),
    "numeric": _names("signed integer", "unsigned integer", "real floating", "complex floating"),
}
"""The standard's categories of data types; "none" where a function takes no array."""

RESULTS = {
    "none": "no array",
    "same": "that of the first array argument; for several results of several arrays, each its own",
    "promoted": "that to which the array arguments (of the row's kinds) promote",
    "floating": "that to which the array arguments promote; any floating-point data type where that is an integer's",
    "boolean": "bool",
    "real": "that of the components of the first array argument, where complex; else its own",
    "complex": "complex, in the precision of the first array argument",
    "index": "the default array index data type",
    "integer": "the default integer data type",
    "default real": "the default real floating-point data type",
    "inferred": "the default for the Python scalars given, floating-point in `linspace`; that of an array given",
    "accumulated": "that of the first array argument; small integers widen to the default integer's size, signs kept",
    "argument": "that named by the argument `dtype`",
    "...": "any number of further arrays, each by the rule before",
}
"""How the data type of a result follows. Wherever a call passes `dtype`, that decides instead."""

_ARRAYS = {
    *("self", "other", "value", "x", "x1", "x2", "arrays", "obj", "min", "max", "prepend", "append"),
    *("condition", "indices", "repeats", "rtol", "sorter"),
    *("type", "from_", "arrays_and_dtypes"),
}
"""Names of the parameters that may be arrays; the standard gives each name one meaning throughout."""


class Function(NamedTuple):
    """One function or method of the standard."""

    name: str
    signature: str
    """The text of the standard without annotations, as ``str(inspect.signature(...))`` would write it."""
    chapter: str
    """The page of the standard; see also :data:`NAMESPACES`."""
    kinds: str
    """Key of :data:`KINDS`: the data types that the array arguments may have."""
    result: str | tuple[str, ...]
    """Key of :data:`RESULTS`: how the data type of the result follows; a tuple of keys for a tuple of arrays."""
    since: str = "2021.12"
    domain: tuple[tuple[float, float], ...] = ()
    """Open interval per array argument where the function is real, finite and smooth; empty: the whole line.

    Of several smooth pieces it names one where a forgotten sign or factor shows, such as the negative half for ``abs``.
    Floats may still overflow close to the ends or far out.
    """
    other_kinds: tuple[tuple[str, str], ...] = ()
    """Array arguments with kinds of their own, such as the indices of ``take``."""
    fields: tuple[str, ...] = ()
    """Names of the fields where the result is a named tuple."""

    @property
    def path(self) -> str:
        """Where the namespace keeps the function, such as ``linalg.qr``; its key in :data:`BY_NAME`."""
        return f"{self.chapter}.{self.name}" if self.chapter in NAMESPACES else self.name

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters."""
        names = (text.partition("=")[0].lstrip("*") for text in self.signature[1:-1].split(", "))
        return tuple(name for name in names if name not in ("", "/"))

    @property
    def arrays(self) -> dict[str, str]:
        """Parameters that may be arrays, and the kinds of each."""
        if self.kinds == "none":
            return {}
        return {name: self.kinds for name in self.parameters if name in _ARRAYS} | dict(self.other_kinds)


class Operator(NamedTuple):
    """One operator of the array object and the function that it stands for."""

    method: str
    function: str
    reflected: str | None = None
    inplace: str | None = None

    @property
    def signature(self) -> str:
        """Signature of the method, the same for its reflected and in-place forms."""
        return "(self, /)" if len(BY_NAME[self.function].parameters) == 1 else "(self, other, /)"


_LINE = (-inf, inf)
_POSITIVE = (0.0, inf)
_NEGATIVE = (-inf, 0.0)

_LINEAR_ALGEBRA = (
    Function("matmul", "(x1, x2, /)", "linear_algebra", "numeric", "promoted"),
    Function("matrix_transpose", "(x, /)", "linear_algebra", "all", "same"),
    Function("tensordot", "(x1, x2, /, *, axes=2)", "linear_algebra", "numeric", "promoted"),
    Function("vecdot", "(x1, x2, /, *, axis=-1)", "linear_algebra", "floating-point", "promoted"),
)

FUNCTIONS = (
    Function("arange", "(start, /, stop=None, step=1, *, dtype=None, device=None)", "creation", "none", "inferred"),
    Function("asarray", "(obj, /, *, dtype=None, device=None, copy=None)", "creation", "all", "inferred"),
    Function("empty", "(shape, *, dtype=None, device=None)", "creation", "none", "default real"),
    Function("empty_like", "(x, /, *, dtype=None, device=None)", "creation", "all", "same"),
    Function("eye", "(n_rows, n_cols=None, /, *, k=0, dtype=None, device=None)", "creation", "none", "default real"),
    Function("from_dlpack", "(x, /, *, device=None, copy=None)", "creation", "all", "same"),
    Function("full", "(shape, fill_value, *, dtype=None, device=None)", "creation", "none", "inferred"),
    Function("full_like", "(x, /, fill_value, *, dtype=None, device=None)", "creation", "all", "same"),
    Function(
        "linspace", "(start, stop, /, num, *, dtype=None, device=None, endpoint=True)", "creation", "none", "inferred"
    ),
    Function("meshgrid", "(*arrays, indexing='xy')", "creation", "numeric", ("same", "...")),
    Function("ones", "(shape, *, dtype=None, device=None)", "creation", "none", "default real"),
    Function("ones_like", "(x, /, *, dtype=None, device=None)", "creation", "all", "same"),
    Function("tril", "(x, /, *, k=0)", "creation", "all", "same"),
    Function("triu", "(x, /, *, k=0)", "creation", "all", "same"),
    Function("zeros", "(shape, *, dtype=None, device=None)", "creation", "none", "default real"),
    Function("zeros_like", "(x, /, *, dtype=None, device=None)", "creation", "all", "same"),
    Function("astype", "(x, dtype, /, *, copy=True, device=None)", "data_type", "all", "argument"),
    Function("can_cast", "(from_, to, /)", "data_type", "all", "none"),
    Function("finfo", "(type, /)", "data_type", "floating-point", "none"),
    Function("iinfo", "(type, /)", "data_type", "integer", "none"),
    Function("isdtype", "(dtype, kind)", "data_type", "none", "none", "2022.12"),
    Function("result_type", "(*arrays_and_dtypes)", "data_type", "all", "none"),
    Function("abs", "(x, /)", "elementwise", "numeric", "real", domain=(_NEGATIVE,)),
    Function("acos", "(x, /)", "elementwise", "floating-point", "same", domain=((-1.0, 1.0),)),
    Function("acosh", "(x, /)", "elementwise", "floating-point", "same", domain=((1.0, inf),)),
    Function("add", "(x1, x2, /)", "elementwise", "numeric", "promoted"),
    Function("asin", "(x, /)", "elementwise", "floating-point", "same", domain=((-1.0, 1.0),)),
    Function("asinh", "(x, /)", "elementwise", "floating-point", "same"),
    Function("atan", "(x, /)", "elementwise", "floating-point", "same"),
    Function("atan2", "(x1, x2, /)", "elementwise", "real floating-point", "promoted", domain=(_LINE, _POSITIVE)),
    Function("atanh", "(x, /)", "elementwise", "floating-point", "same", domain=((-1.0, 1.0),)),
    Function("bitwise_and", "(x1, x2, /)", "elementwise", "integer or boolean", "promoted"),
    Function("bitwise_invert", "(x, /)", "elementwise", "integer or boolean", "same"),
    Function("bitwise_left_shift", "(x1, x2, /)", "elementwise", "integer", "promoted"),
    Function("bitwise_or", "(x1, x2, /)", "elementwise", "integer or boolean", "promoted"),
    Function("bitwise_right_shift", "(x1, x2, /)", "elementwise", "integer", "promoted"),
    Function("bitwise_xor", "(x1, x2, /)", "elementwise", "integer or boolean", "promoted"),
    Function("ceil", "(x, /)", "elementwise", "real numeric", "same", domain=((0.0, 1.0),)),
    Function(
        "clip",
        "(x, /, min=None, max=None)",
        "elementwise",
        "real numeric",
        "same",
        "2023.12",
        domain=((0.0, 1.0), _NEGATIVE, (1.0, inf)),
    ),
    Function("conj", "(x, /)", "elementwise", "numeric", "same", "2022.12"),
    Function(
        "copysign",
        "(x1, x2, /)",
        "elementwise",
        "real floating-point",
        "promoted",
        "2023.12",
        domain=(_NEGATIVE, _POSITIVE),
    ),
    Function("cos", "(x, /)", "elementwise", "floating-point", "same"),
    Function("cosh", "(x, /)", "elementwise", "floating-point", "same"),
    Function("divide", "(x1, x2, /)", "elementwise", "numeric", "floating", domain=(_LINE, _POSITIVE)),
    Function("equal", "(x1, x2, /)", "elementwise", "all", "boolean"),
    Function("exp", "(x, /)", "elementwise", "floating-point", "same"),
    Function("expm1", "(x, /)", "elementwise", "floating-point", "same"),
    Function("floor", "(x, /)", "elementwise", "real numeric", "same", domain=((0.0, 1.0),)),
    Function("floor_divide", "(x1, x2, /)", "elementwise", "real numeric", "promoted", domain=((2.0, 3.0), (1.5, 2.0))),
    Function("greater", "(x1, x2, /)", "elementwise", "real numeric", "boolean"),
    Function("greater_equal", "(x1, x2, /)", "elementwise", "real numeric", "boolean"),
    Function(
        "hypot", "(x1, x2, /)", "elementwise", "real floating-point", "promoted", "2023.12", domain=(_LINE, _POSITIVE)
    ),
    Function("imag", "(x, /)", "elementwise", "complex floating-point", "real", "2022.12"),
    Function("isfinite", "(x, /)", "elementwise", "numeric", "boolean"),
    Function("isinf", "(x, /)", "elementwise", "numeric", "boolean"),
    Function("isnan", "(x, /)", "elementwise", "numeric", "boolean"),
    Function("less", "(x1, x2, /)", "elementwise", "real numeric", "boolean"),
    Function("less_equal", "(x1, x2, /)", "elementwise", "real numeric", "boolean"),
    Function("log", "(x, /)", "elementwise", "floating-point", "same", domain=(_POSITIVE,)),
    Function("log10", "(x, /)", "elementwise", "floating-point", "same", domain=(_POSITIVE,)),
    Function("log1p", "(x, /)", "elementwise", "floating-point", "same", domain=((-1.0, inf),)),
    Function("log2", "(x, /)", "elementwise", "floating-point", "same", domain=(_POSITIVE,)),
    Function("logaddexp", "(x1, x2, /)", "elementwise", "real floating-point", "promoted"),
    Function("logical_and", "(x1, x2, /)", "elementwise", "boolean", "boolean"),
    Function("logical_not", "(x, /)", "elementwise", "boolean", "boolean"),
    Function("logical_or", "(x1, x2, /)", "elementwise", "boolean", "boolean"),
    Function("logical_xor", "(x1, x2, /)", "elementwise", "boolean", "boolean"),
    Function(
        "maximum", "(x1, x2, /)", "elementwise", "real numeric", "promoted", "2023.12", domain=(_NEGATIVE, _POSITIVE)
    ),
    Function(
        "minimum", "(x1, x2, /)", "elementwise", "real numeric", "promoted", "2023.12", domain=(_NEGATIVE, _POSITIVE)
    ),
    Function("multiply", "(x1, x2, /)", "elementwise", "numeric", "promoted"),
    Function("negative", "(x, /)", "elementwise", "numeric", "same"),
    Function("nextafter", "(x1, x2, /)", "elementwise", "real floating-point", "same", "2024.12"),
    Function("not_equal", "(x1, x2, /)", "elementwise", "all", "boolean"),
    Function("positive", "(x, /)", "elementwise", "numeric", "same"),
    Function("pow", "(x1, x2, /)", "elementwise", "numeric", "promoted", domain=(_POSITIVE, _LINE)),
    Function("real", "(x, /)", "elementwise", "numeric", "real", "2022.12"),
    Function("reciprocal", "(x, /)", "elementwise", "floating-point", "same", "2024.12", domain=(_POSITIVE,)),
    Function("remainder", "(x1, x2, /)", "elementwise", "real numeric", "promoted", domain=((2.0, 3.0), (1.5, 2.0))),
    Function("round", "(x, /)", "elementwise", "numeric", "same", domain=((-0.5, 0.5),)),
    Function("sign", "(x, /)", "elementwise", "numeric", "same", domain=(_NEGATIVE,)),
    Function("signbit", "(x, /)", "elementwise", "real floating-point", "boolean", "2023.12"),
    Function("sin", "(x, /)", "elementwise", "floating-point", "same"),
    Function("sinh", "(x, /)", "elementwise", "floating-point", "same"),
    Function("sqrt", "(x, /)", "elementwise", "floating-point", "same", domain=(_POSITIVE,)),
    Function("square", "(x, /)", "elementwise", "numeric", "same"),
    Function("subtract", "(x1, x2, /)", "elementwise", "numeric", "promoted"),
    Function("tan", "(x, /)", "elementwise", "floating-point", "same", domain=((-pi / 2, pi / 2),)),
    Function("tanh", "(x, /)", "elementwise", "floating-point", "same"),
    Function("trunc", "(x, /)", "elementwise", "real numeric", "same", domain=((-1.0, 1.0),)),
    Function(
        "take",
        "(x, indices, /, *, axis=None)",
        "indexing",
        "all",
        "same",
        "2022.12",
        other_kinds=(("indices", "integer"),),
    ),
    Function(
        "take_along_axis",
        "(x, indices, /, *, axis=-1)",
        "indexing",
        "all",
        "same",
        "2024.12",
        other_kinds=(("indices", "integer"),),
    ),
    *_LINEAR_ALGEBRA,
    Function("broadcast_arrays", "(*arrays)", "manipulation", "all", ("same", "...")),
    Function("broadcast_shapes", "(*shapes)", "manipulation", "none", "none", "2025.12"),
    Function("broadcast_to", "(x, /, shape)", "manipulation", "all", "same"),
    Function("concat", "(arrays, /, *, axis=0)", "manipulation", "all", "promoted"),
    Function("expand_dims", "(x, /, axis)", "manipulation", "all", "same"),
    Function("flip", "(x, /, *, axis=None)", "manipulation", "all", "same"),
    Function("moveaxis", "(x, source, destination, /)", "manipulation", "all", "same", "2023.12"),
    Function("permute_dims", "(x, /, axes)", "manipulation", "all", "same"),
    Function(
        "repeat",
        "(x, repeats, /, *, axis=None)",
        "manipulation",
        "all",
        "same",
        "2023.12",
        other_kinds=(("repeats", "integer"),),
    ),
    Function("reshape", "(x, /, shape, *, copy=None)", "manipulation", "all", "same"),
    Function("roll", "(x, /, shift, *, axis=None)", "manipulation", "all", "same"),
    Function("squeeze", "(x, /, axis)", "manipulation", "all", "same"),
    Function("stack", "(arrays, /, *, axis=0)", "manipulation", "all", "promoted"),
    Function("tile", "(x, repetitions, /)", "manipulation", "all", "same", "2023.12"),
    Function("unstack", "(x, /, *, axis=0)", "manipulation", "all", ("same", "..."), "2023.12"),
    Function("argmax", "(x, /, *, axis=None, keepdims=False)", "searching", "real numeric", "index"),
    Function("argmin", "(x, /, *, axis=None, keepdims=False)", "searching", "real numeric", "index"),
    Function("count_nonzero", "(x, /, *, axis=None, keepdims=False)", "searching", "all", "index", "2024.12"),
    Function("nonzero", "(x, /)", "searching", "all", ("index", "...")),
    Function(
        "searchsorted",
        "(x1, x2, /, *, side='left', sorter=None)",
        "searching",
        "real numeric",
        "index",
        "2023.12",
        other_kinds=(("sorter", "integer"),),
    ),
    Function(
        "where", "(condition, x1, x2, /)", "searching", "all", "promoted", other_kinds=(("condition", "boolean"),)
    ),
    Function("isin", "(x1, x2, /, *, invert=False)", "sets", "integer", "boolean", "2025.12"),
    Function(
        "unique_all",
        "(x, /)",
        "sets",
        "all",
        ("same", "index", "index", "index"),
        fields=("values", "indices", "inverse_indices", "counts"),
    ),
    Function("unique_counts", "(x, /)", "sets", "all", ("same", "index"), fields=("values", "counts")),
    Function("unique_inverse", "(x, /)", "sets", "all", ("same", "index"), fields=("values", "inverse_indices")),
    Function("unique_values", "(x, /)", "sets", "all", "same"),
    Function("argsort", "(x, /, *, axis=-1, descending=False, stable=True)", "sorting", "real numeric", "index"),
    Function("sort", "(x, /, *, axis=-1, descending=False, stable=True)", "sorting", "real numeric", "same"),
    Function(
        "cumulative_prod",
        "(x, /, *, axis=None, dtype=None, include_initial=False)",
        "statistical",
        "numeric",
        "accumulated",
        "2024.12",
    ),
    Function(
        "cumulative_sum",
        "(x, /, *, axis=None, dtype=None, include_initial=False)",
        "statistical",
        "numeric",
        "accumulated",
        "2023.12",
    ),
    Function("max", "(x, /, *, axis=None, keepdims=False)", "statistical", "real numeric", "same"),
    Function("mean", "(x, /, *, axis=None, keepdims=False)", "statistical", "floating-point", "same"),
    Function("min", "(x, /, *, axis=None, keepdims=False)", "statistical", "real numeric", "same"),
    Function("prod", "(x, /, *, axis=None, dtype=None, keepdims=False)", "statistical", "numeric", "accumulated"),
    Function(
        "std", "(x, /, *, axis=None, correction=0.0, keepdims=False)", "statistical", "real floating-point", "same"
    ),
    Function("sum", "(x, /, *, axis=None, dtype=None, keepdims=False)", "statistical", "numeric", "accumulated"),
    Function(
        "var", "(x, /, *, axis=None, correction=0.0, keepdims=False)", "statistical", "real floating-point", "same"
    ),
    Function("all", "(x, /, *, axis=None, keepdims=False)", "utility", "all", "boolean"),
    Function("any", "(x, /, *, axis=None, keepdims=False)", "utility", "all", "boolean"),
    Function("diff", "(x, /, *, axis=-1, n=1, prepend=None, append=None)", "utility", "numeric", "same", "2024.12"),
    Function("__array_namespace_info__", "()", "inspection", "none", "none", "2023.12"),
    Function("capabilities", "()", "info", "none", "none", "2023.12"),
    Function("default_device", "()", "info", "none", "none", "2023.12"),
    Function("default_dtypes", "(*, device=None)", "info", "none", "none", "2023.12"),
    Function("devices", "()", "info", "none", "none", "2023.12"),
    Function("dtypes", "(*, device=None, kind=None)", "info", "none", "none", "2023.12"),
    Function("cholesky", "(x, /, *, upper=False)", "linalg", "floating-point", "same"),
    Function("cross", "(x1, x2, /, *, axis=-1)", "linalg", "numeric", "promoted"),
    Function("det", "(x, /)", "linalg", "floating-point", "same"),
    Function("diagonal", "(x, /, *, offset=0)", "linalg", "all", "same"),
    Function(
        "eig",
        "(x, /)",
        "linalg",
        "floating-point",
        ("complex", "complex"),
        "2025.12",
        fields=("eigenvalues", "eigenvectors"),
    ),
    Function("eigh", "(x, /)", "linalg", "floating-point", ("real", "same"), fields=("eigenvalues", "eigenvectors")),
    Function("eigvals", "(x, /)", "linalg", "floating-point", "complex", "2025.12"),
    Function("eigvalsh", "(x, /)", "linalg", "floating-point", "real"),
    Function("inv", "(x, /)", "linalg", "floating-point", "same"),
    Function(
        "matrix_norm", "(x, /, *, keepdims=False, ord='fro')", "linalg", "floating-point", "real", domain=(_POSITIVE,)
    ),
    Function("matrix_power", "(x, n, /)", "linalg", "floating-point", "same"),
    Function(
        "matrix_rank",
        "(x, /, *, rtol=None)",
        "linalg",
        "floating-point",
        "integer",
        other_kinds=(("rtol", "real floating-point"),),
    ),
    Function("outer", "(x1, x2, /)", "linalg", "numeric", "promoted"),
    Function(
        "pinv",
        "(x, /, *, rtol=None)",
        "linalg",
        "floating-point",
        "same",
        other_kinds=(("rtol", "real floating-point"),),
    ),
    Function("qr", "(x, /, *, mode='reduced')", "linalg", "floating-point", ("same", "same"), fields=("Q", "R")),
    Function("slogdet", "(x, /)", "linalg", "floating-point", ("same", "real"), fields=("sign", "logabsdet")),
    Function("solve", "(x1, x2, /)", "linalg", "floating-point", "promoted"),
    Function(
        "svd",
        "(x, /, *, full_matrices=True)",
        "linalg",
        "floating-point",
        ("same", "real", "same"),
        fields=("U", "S", "Vh"),
    ),
    Function("svdvals", "(x, /)", "linalg", "floating-point", "real"),
    Function("trace", "(x, /, *, offset=0, dtype=None)", "linalg", "numeric", "accumulated"),
    Function(
        "vector_norm",
        "(x, /, *, axis=None, keepdims=False, ord=2)",
        "linalg",
        "floating-point",
        "real",
        domain=(_POSITIVE,),
    ),
    *(row._replace(chapter="linalg") for row in _LINEAR_ALGEBRA),
    Function("fft", "(x, /, *, n=None, axis=-1, norm='backward')", "fft", "complex floating-point", "same", "2022.12"),
    Function("ifft", "(x, /, *, n=None, axis=-1, norm='backward')", "fft", "complex floating-point", "same", "2022.12"),
    Function(
        "fftn", "(x, /, *, s=None, axes=None, norm='backward')", "fft", "complex floating-point", "same", "2022.12"
    ),
    Function(
        "ifftn", "(x, /, *, s=None, axes=None, norm='backward')", "fft", "complex floating-point", "same", "2022.12"
    ),
    Function("rfft", "(x, /, *, n=None, axis=-1, norm='backward')", "fft", "real floating-point", "complex", "2022.12"),
    Function(
        "irfft", "(x, /, *, n=None, axis=-1, norm='backward')", "fft", "complex floating-point", "real", "2022.12"
    ),
    Function(
        "rfftn", "(x, /, *, s=None, axes=None, norm='backward')", "fft", "real floating-point", "complex", "2022.12"
    ),
    Function(
        "irfftn", "(x, /, *, s=None, axes=None, norm='backward')", "fft", "complex floating-point", "real", "2022.12"
    ),
    Function("hfft", "(x, /, *, n=None, axis=-1, norm='backward')", "fft", "complex floating-point", "real", "2022.12"),
    Function(
        "ihfft", "(x, /, *, n=None, axis=-1, norm='backward')", "fft", "real floating-point", "complex", "2022.12"
    ),
    Function("fftfreq", "(n, /, *, d=1.0, dtype=None, device=None)", "fft", "none", "default real", "2022.12"),
    Function("rfftfreq", "(n, /, *, d=1.0, dtype=None, device=None)", "fft", "none", "default real", "2022.12"),
    Function("fftshift", "(x, /, *, axes=None)", "fft", "floating-point", "same", "2022.12"),
    Function("ifftshift", "(x, /, *, axes=None)", "fft", "floating-point", "same", "2022.12"),
)

METHODS = (
    Function("__array_namespace__", "(self, /, *, api_version=None)", "array", "all", "none"),
    Function("__bool__", "(self, /)", "array", "all", "none"),
    Function("__complex__", "(self, /)", "array", "all", "none", "2022.12"),
    Function(
        "__dlpack__", "(self, /, *, stream=None, max_version=None, dl_device=None, copy=None)", "array", "all", "none"
    ),
    Function("__dlpack_device__", "(self, /)", "array", "all", "none"),
    Function("__float__", "(self, /)", "array", "real numeric or boolean", "none"),
    Function("__getitem__", "(self, key, /)", "array", "all", "same"),
    Function("__index__", "(self, /)", "array", "integer", "none"),
    Function("__int__", "(self, /)", "array", "real numeric or boolean", "none"),
    Function("__setitem__", "(self, key, value, /)", "array", "all", "none"),
    Function("to_device", "(self, device, /, *, stream=None)", "array", "all", "same"),
)
"""Methods of the array object that are no operators."""

BY_NAME = {row.path: row for row in FUNCTIONS}

OPERATORS = (
    Operator("__abs__", "abs"),
    Operator("__neg__", "negative"),
    Operator("__pos__", "positive"),
    Operator("__invert__", "bitwise_invert"),
    Operator("__add__", "add", "__radd__", "__iadd__"),
    Operator("__sub__", "subtract", "__rsub__", "__isub__"),
    Operator("__mul__", "multiply", "__rmul__", "__imul__"),
    Operator("__truediv__", "divide", "__rtruediv__", "__itruediv__"),
    Operator("__floordiv__", "floor_divide", "__rfloordiv__", "__ifloordiv__"),
    Operator("__mod__", "remainder", "__rmod__", "__imod__"),
    Operator("__pow__", "pow", "__rpow__", "__ipow__"),
    Operator("__matmul__", "matmul", "__rmatmul__", "__imatmul__"),
    Operator("__and__", "bitwise_and", "__rand__", "__iand__"),
    Operator("__or__", "bitwise_or", "__ror__", "__ior__"),
    Operator("__xor__", "bitwise_xor", "__rxor__", "__ixor__"),
    Operator("__lshift__", "bitwise_left_shift", "__rlshift__", "__ilshift__"),
    Operator("__rshift__", "bitwise_right_shift", "__rrshift__", "__irshift__"),
    Operator("__lt__", "less"),
    Operator("__le__", "less_equal"),
    Operator("__gt__", "greater"),
    Operator("__ge__", "greater_equal"),
    Operator("__eq__", "equal"),
    Operator("__ne__", "not_equal"),
)
