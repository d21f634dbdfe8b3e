"""Functions of NumPy, PyTorch and extensor, called by name on wrapped arrays, reach the rules.

The libraries hand such a call over by their protocols, ``__array_ufunc__``, ``__array_function__`` and
``__torch_function__``. The tables below say which function of the standard it is, and how its arguments are named:

    numpy.sum(x, 0, keepdims=True)  ->  xp.sum(x, axis=0, keepdims=True)
    torch.amax(x, dim=1)            ->  xp.max(x, axis=1)

A function that is in no table is refused, and so is an argument: functions of one name differ between libraries, and a
guess would be a wrong derivative in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from inspect import Parameter, Signature, signature
from operator import attrgetter
from sys import modules
from typing import Any, NamedTuple, NoReturn

from conformance import spec

from .equivalents import EQUIVALENTS

__all__ = ["call_function", "call_ufunc"]


class Library(NamedTuple):
    """How a library calls functions of the standard, and of ``EQUIVALENTS``.

    Parameters
    ----------
    name : str
    names : dict of str to str
        Our names of functions by the library's, where they differ.
    parameters : dict of str to str
        By our name, the function's parameters in the library's order. Those that we take by position only stand first,
        under any name; the others are found by their names, or ``SYNONYMS``. One that we lack may be passed only as
        None or as the default that is stated.
    elementwise : str
        Parameters of elementwise functions that are not in that table.
    """

    name: str
    names: dict[str, str]
    parameters: dict[str, str]
    elementwise: str


SYNONYMS = {
    "a_max": ("max",),
    "a_min": ("min",),
    "ddof": ("correction",),
    "diagonal": ("k",),
    "dim": ("axis", "axes"),
    "dim1": ("axis1",),
    "dim2": ("axis2",),
    "dims": ("axis", "axes"),
    "end_dim": ("stop",),
    "keepdim": ("keepdims",),
    "shifts": ("shift",),
    "start_dim": ("start",),
}
"""Names that NumPy or PyTorch give to the standard's parameters; of several, the one that the function has."""

_ARC = {f"arc{name}": f"a{name}" for name in ("cos", "cosh", "sin", "sinh", "tan", "tan2", "tanh")}


def _each(table: Mapping[str, str]) -> dict[str, str]:
    """Table with an entry for each word of a key."""
    return {word: value for words, value in table.items() for word in words.split()}


NUMPY = Library(
    "numpy",
    names=_ARC
    | {"absolute": "abs", "amax": "max", "amin": "min", "concatenate": "concat", "conjugate": "conj"}
    | {"cumprod": "cumulative_prod", "cumsum": "cumulative_sum", "fabs": "abs", "invert": "bitwise_invert"}
    | {"iscomplexobj": "is_complex", "left_shift": "bitwise_left_shift", "linalg.norm": "norm", "power": "pow"}
    | {"right_shift": "bitwise_right_shift", "squeeze": "squeeze_all", "true_divide": "divide"},
    parameters=_each(
        {
            "all any": "a axis out keepdims where=True",
            "argmax argmin": "a axis out keepdims",
            "argsort sort": "a axis kind order stable",
            "astype": "x dtype copy device",
            "atleast_1d atleast_2d": "*arys",
            "broadcast_arrays": "*args subok=False",
            "broadcast_to": "array shape subok=False",
            "clip": "a a_min a_max out min max",
            "column_stack": "tup",
            "concat stack": "arrays axis out dtype casting=same_kind",
            "copy": "a order=K subok=False",
            "count_nonzero": "a axis keepdims",
            "cumulative_prod cumulative_sum": "x axis dtype out include_initial",
            "diagonal": "a offset axis1 axis2",
            "diff": "a n axis prepend append",
            "dot": "a b out",
            "empty_like ones_like zeros_like": "a dtype order=K subok=True shape device",
            "exp2 matmul": "x1 x2 out where=True casting=same_kind order=K dtype subok=True",
            "expand_dims": "a axis",
            "flip": "m axis",
            "full_like": "a fill_value dtype order=K subok=True shape device",
            "hstack vstack": "tup dtype casting=same_kind",
            "imag real": "val",
            "inner outer": "a b out",
            "is_complex isrealobj nonzero": "x",
            "matrix_transpose linalg.matrix_transpose": "x",
            "max min": "a axis out keepdims initial where=True",
            "mean": "a axis dtype out keepdims where=True",
            "meshgrid": "*xi copy=True sparse=False indexing",
            "moveaxis": "a source destination",
            "ndim shape": "a",
            "norm": "x ord axis keepdims",
            "prod sum": "a axis dtype out keepdims initial where=True",
            "ravel": "a order=C",
            "repeat": "a repeats axis",
            "reshape": "a shape order=C copy",
            "result_type": "*arrays_and_dtypes",
            "roll": "a shift axis",
            "round": "a decimals=0 out",
            "searchsorted": "a v side sorter",
            "size squeeze_all": "a axis",
            "std var": "a axis dtype out ddof keepdims where=True mean correction",
            "swapaxes": "a axis1 axis2",
            "take": "a indices axis out mode=raise",
            "take_along_axis": "arr indices axis",
            "tensordot": "a b axes",
            "tile": "A reps",
            "trace": "a offset axis1 axis2 dtype out",
            "transpose": "a axes",
            "tril triu": "m k",
            "unique_all unique_counts unique_inverse unique_values": "x",
            "unstack": "x axis",
            "vecdot": "x1 x2 out where=True casting=same_kind order=K dtype subok=True axis",
            "where": "condition x y",
            "linalg.cholesky": "a upper",
            "linalg.cross linalg.vecdot": "x1 x2 axis",
            "linalg.det linalg.eig linalg.eigvals linalg.inv linalg.slogdet linalg.svdvals": "a",
            "linalg.diagonal": "x offset",
            "linalg.eigh linalg.eigvalsh": "a UPLO=L",
            "linalg.matmul linalg.outer": "x1 x2",
            "linalg.tensordot": "x1 x2 axes",
            "linalg.matrix_norm": "x keepdims ord",
            "linalg.matrix_power": "a n",
            "linalg.matrix_rank": "A tol hermitian=False rtol",
            "linalg.pinv": "a rcond hermitian=False rtol",
            "linalg.qr": "a mode",
            "linalg.solve": "a b",
            "linalg.svd": "a full_matrices compute_uv=True hermitian=False",
            "linalg.trace": "x offset dtype",
            "linalg.vector_norm": "x axis keepdims ord",
            "fft.fft fft.hfft fft.ifft fft.ihfft fft.irfft fft.rfft": "a n axis norm=None out",
            "fft.fftn fft.ifftn fft.irfftn fft.rfftn": "a s axes norm=None out",
            "fft.fftshift fft.ifftshift": "x axes",
        }
    ),
    elementwise="x1 x2 out where=True casting=same_kind order=K dtype subok=True",
)

TORCH = Library(
    "torch",
    names=_ARC
    | {"absolute": "abs", "amax": "max", "amin": "min", "bitwise_not": "bitwise_invert", "bmm": "matmul"}
    | {"broadcast_tensors": "broadcast_arrays", "cat": "concat", "clamp": "clip", "clone": "copy"}
    | {"concatenate": "concat", "cumprod": "cumulative_prod", "cumsum": "cumulative_sum", "det": "linalg.det"}
    | {"div": "divide", "eq": "equal", "ge": "greater_equal", "gt": "greater", "inverse": "linalg.inv"}
    | {"le": "less_equal", "linalg.norm": "norm", "lt": "less", "max": "max_with_indices", "min": "min_with_indices"}
    | {"mm": "matmul", "movedim": "moveaxis", "mul": "multiply", "mv": "matmul", "ne": "not_equal", "neg": "negative"}
    | {"nn.functional.log_softmax": "log_softmax", "nn.functional.relu": "relu", "nn.functional.softmax": "softmax"}
    | {"numel": "size", "permute": "permute_dims", "sgn": "sign", "sort": "sorted_with_indices"}
    | {"special.expit": "sigmoid", "special.expm1": "expm1", "special.log1p": "log1p"}
    | {"special.logsumexp": "logsumexp", "squeeze": "squeeze_ones", "std": "sample_std", "sub": "subtract"}
    | {"swapdims": "swapaxes", "take_along_dim": "take_along_axis", "transpose": "swapaxes"}
    | {"true_divide": "divide", "unbind": "unstack", "unsqueeze": "expand_dims", "var": "sample_var"},
    parameters=_each(
        {
            "add subtract": "input other alpha=1 out",
            "all any count_nonzero": "input dim keepdim out",
            "argmax argmin": "input dim keepdim",
            "argsort": "input dim descending stable",
            "atleast_1d atleast_2d broadcast_arrays": "*tensors",
            "broadcast_to": "input size",
            "clip": "input min max out",
            "column_stack hstack vstack": "tensors out",
            "concat stack": "tensors dim out",
            "copy": "input memory_format",
            "cumulative_prod cumulative_sum": "input dim dtype out",
            "diagonal": "input offset dim1 dim2",
            "diff": "input n dim prepend append out",
            "divide": "input other rounding_mode out",
            "dot inner outer": "input other out",
            "empty_like ones_like zeros_like": "input dtype layout device requires_grad=False memory_format",
            "exp2 sigmoid": "input out",
            "expand_dims": "input dim",
            "flatten": "input start_dim end_dim",
            "flip": "input dims",
            "full_like": "input fill_value dtype layout device requires_grad=False memory_format",
            "is_complex is_floating_point size": "input",
            "log_softmax softmax": "input dim _stacklevel=3 dtype",
            "logsumexp": "input dim keepdim out",
            "matmul": "input other out",
            "max min": "input dim keepdim out",
            "max_with_indices min_with_indices": "input dim keepdim other out",
            "mean": "input dim keepdim dtype out",
            "moveaxis": "input source destination",
            "norm": "A ord dim keepdim dtype out",
            "permute_dims": "input dims",
            "prod sum": "input dim keepdim dtype out",
            "ravel": "input",
            "relu": "input inplace=False",
            "reshape": "input shape",
            "roll": "input shifts dims",
            "sample_std sample_var": "input dim correction keepdim",
            "sorted_with_indices": "input dim descending stable",
            "squeeze_ones": "input dim",
            "swapaxes": "input dim0 dim1",
            "take_along_axis": "input indices dim out",
            "tensordot": "a b dims out",
            "tile": "input dims",
            "tril triu": "input diagonal out",
            "unstack": "input dim",
            "where": "condition input other out",
            "linalg.cholesky": "input upper out",
            "linalg.cross": "input other dim out",
            "linalg.det linalg.eig linalg.eigvals linalg.inv linalg.slogdet linalg.svdvals": "A out driver",
            "linalg.diagonal": "A offset dim1=-2 dim2=-1",
            "linalg.eigh linalg.eigvalsh": "A UPLO=L out",
            "linalg.matmul": "input other out",
            "linalg.matrix_norm": "A ord dim keepdim dtype out",
            "linalg.matrix_power": "A n out",
            "linalg.pinv": "A atol rtol hermitian=False out",
            "linalg.qr": "A mode out",
            "linalg.solve": "A B left=True out",
            "linalg.svd": "A full_matrices driver out",
            "linalg.vecdot": "x y dim out",
            "linalg.vector_norm": "x ord dim keepdim dtype out",
            "fft.fft fft.hfft fft.ifft fft.ihfft fft.irfft fft.rfft": "input n dim norm=None out",
            "fft.fftn fft.ifftn fft.irfftn fft.rfftn": "input s dim norm=None out",
            "fft.fftshift fft.ifftshift": "input dim",
        }
    ),
    elementwise="input other out",
)

EXTENSOR = Library("extensor", {}, {}, "")
"""Calls every function as the standard does."""

_ELEMENTWISE = frozenset(row.name for row in spec.FUNCTIONS if row.chapter == "elementwise")
_OPERATORS = frozenset(name for row in spec.OPERATORS for name in (row.method, row.reflected, row.inplace))

UFUNC_METHODS = {
    "reduce": {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min"}
    | {"logical_and": "all", "logical_or": "any"},
    "accumulate": {"add": "cumsum", "multiply": "cumprod"},
}
"""Functions of NumPy that methods of its ufuncs stand for, except that both take the first axis by default."""


def call_ufunc(x: Any, ufunc: Any, method: str, operands: Any, params: Any) -> Any:
    """Route a ufunc, of NumPy or of ``scipy.special``, that met a wrapped array `x`."""
    name, xp = ufunc.__name__, x.namespace
    home = next((path for path in ("numpy", "scipy.special") if _has(path, name, ufunc)), "ufunc")
    label = ".".join([home, name] if method == "__call__" else [home, name, method])
    if home != "numpy" and not (home == "scipy.special" and name in _ELEMENTWISE):
        _refuse(label)
    operands = [xp.asarray(operand) if isinstance(operand, (list, tuple)) else operand for operand in operands]
    if method in UFUNC_METHODS:
        name, params = UFUNC_METHODS[method].get(name, label), {"axis": 0} | params
    elif method == "outer":
        first, second = (xp.asarray(operand) for operand in operands)
        operands = [xp.reshape(first, first.shape + (1,) * second.ndim), second]
    elif method != "__call__":
        _refuse(label)
    return _call(xp, NUMPY, name, label, operands, params)


def call_function(x: Any, function: Any, args: Any, params: Any) -> Any:
    """Route a function of NumPy, PyTorch or extensor that met a wrapped array `x`."""
    name = function.__name__
    if name in _OPERATORS:
        # Of an array of the other library: let the reflected operator have its turn.
        return NotImplemented
    library, path = _origin(function)
    return _call(x.namespace, library, path, f"{library.name}.{path}", args, params)


def _has(module: str, name: str, function: Any) -> bool:
    return getattr(modules.get(module), name, None) is function


def _origin(function: Any) -> tuple[Library, str]:
    """Library of a function, and the function's path in it."""
    name, (library, *inner) = function.__name__, (getattr(function, "__module__", None) or "torch").split(".")
    if library == "numpy":
        return NUMPY, ".".join([*inner, name])
    if library == "extensor":
        # By chapter of the standard; those with a namespace of their own are modules of that name.
        return EXTENSOR, f"{inner[0]}.{name}" if inner[0] in spec.NAMESPACES else name
    if library != "torch":
        _refuse(f"{library}.{name}")
    if getattr(function, "__qualname__", name).startswith("Tensor") and TORCH.names.get(name, name) not in _ELEMENTWISE:
        # Methods may take their arguments in another order than the functions.
        _refuse(f"torch.Tensor.{name}")
    if inner == ["nn", "functional"]:
        return TORCH, f"nn.functional.{name}"
    chapter, _, rest = name.partition("_")
    return TORCH, f"{chapter}.{rest}" if chapter in ("linalg", "fft", "special") else name


@cache
def _signature(row: str) -> Signature:
    """Parameters of a row of the tables; a default is a text, or None where none is stated."""
    kind: Any = Parameter.POSITIONAL_OR_KEYWORD
    parameters = []
    for word in row.split():
        name, _, default = word.partition("=")
        if name.startswith("*"):
            parameters.append(Parameter(name[1:], Parameter.VAR_POSITIONAL))
            kind = Parameter.KEYWORD_ONLY
        else:
            parameters.append(Parameter(name, kind, default=default or None))
    return Signature(parameters)


@cache
def _slots(path: str) -> tuple[int, frozenset[str]]:
    """How many parameters a function of ours takes by position only, and the names of the others."""
    if path in EQUIVALENTS:
        parameters = list(signature(EQUIVALENTS[path]).parameters.values())[1:]
        names = [each.name for each in parameters if each.kind is not Parameter.POSITIONAL_ONLY]
        return len(parameters) - len(names), frozenset(names)
    before, _, after = spec.BY_NAME[path].signature[1:-1].rpartition("/")
    return before.count(","), frozenset(part.partition("=")[0].strip() for part in after.split(","))


def _call(xp: Any, library: Library, path: str, label: str, args: Any, params: Any) -> Any:
    """Call our function for a library's, with the arguments of the library's."""
    ours = library.names.get(path, path)
    row = library.parameters.get(ours)
    if ours in EQUIVALENTS and row is not None:
        function: Callable[..., Any] = partial(EQUIVALENTS[ours], xp)
    elif ours in spec.BY_NAME and (row is not None or ours in _ELEMENTWISE or library is EXTENSOR):
        function = attrgetter(ours)(xp)
    else:
        _refuse(label)
    if row is None and (library is EXTENSOR or not params):
        return function(*args, **params)
    operands, options = _translated(label, ours, row or library.elementwise, args, params)
    return function(*operands, **options)


def _translated(label: str, path: str, row: str, args: Any, params: Any) -> tuple[list[Any], dict[str, Any]]:
    """Arguments of a library's function as those of ours."""
    theirs = _signature(row)
    try:
        given = theirs.bind(*args, **params).arguments
    except TypeError as error:
        raise TypeError(f"{label} of an array under differentiation: {error}; {_ADVICE}") from None
    by_position, by_name = _slots(path)
    operands: list[Any] = []
    options: dict[str, Any] = {}
    for position, (name, parameter) in enumerate(theirs.parameters.items()):
        value = given.get(name)
        if parameter.kind is Parameter.VAR_POSITIONAL:
            operands.extend(value or ())
        elif name not in given or str(value) == parameter.default:
            continue
        elif position < by_position:
            operands.append(value)
        elif ours := next((each for each in (name, *SYNONYMS.get(name, ())) if each in by_name), None):
            options[ours] = value
        elif name == "out" and value is not None:
            raise TypeError(
                f"{label} cannot write into another array: what is stored there has no derivative; take the result "
                "that it returns instead of out=, and write x = x + y instead of x += y"
            )
        elif value is not None:
            raise TypeError(f"{label} of an array under differentiation takes no {name}={value!r}; {_ADVICE}")
    return operands, options


_ADVICE = "write it with functions of x.__array_namespace__(), or give it a derivative by autodiff.custom_jvp"


def _refuse(label: str) -> NoReturn:
    raise TypeError(f"{label} is not a function of the standard, so it has no derivative rule; {_ADVICE}")
