"""The array: a typed, strided view of a store.

An :class:`ExTensor` holds its *kernel view*, the NumPy array that kernels compute on, in its one slot. This module is
also the border where arguments are unwrapped to kernel views and results are wrapped again; nothing else decides
what may be an operand.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial, wraps
from operator import attrgetter
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, final

import numpy
from numpy import ndarray

from conformance.spec import REVISIONS

from .dtypes import CANONICAL, DTYPES, DType, canonical, require_cpu, require_no_stream, uint16, unfamiliar
from .store import Store
from .strictness import STRICT, check_call, check_index, check_value, refuse

F = TypeVar("F", bound=Callable[..., Any])

Kernel: TypeAlias = Any
"""A kernel view: an ndarray, left untyped because NumPy takes more than its annotations say."""

UFUNCS: dict[Any, Callable[..., Any]] = {}
"""NumPy's ufuncs for which the standard asks something else, and what to run in their place."""


@final
class ExTensor:
    """An array of the array API standard.

    Functions of the namespace make arrays; ``ExTensor(obj)`` is ``asarray(obj)`` under another name.

    Parameters
    ----------
    obj : array, scalar, nested sequence or buffer exporter
        What to convert.
    dtype : dtype, optional
        Data type of the array; inferred from `obj` by default.

    Examples
    --------
    >>> import extensor as xp
    >>> x = xp.ExTensor([1.0, 2.0])
    >>> x + 1
    ExTensor([2., 3.], dtype=float64)
    """

    __slots__ = ("__weakref__", "_nd")

    _nd: Kernel

    def __new__(cls, obj: Any, /, dtype: Any = None) -> ExTensor:  # noqa: D102 -- documented in the class
        return wrap(kernel_view(obj, None if dtype is None else canonical(dtype)))

    # Properties in C: a property whose getter is a Python function costs more than the lookup it makes.
    dtype = property(attrgetter("_nd.dtype"), doc="Data type of the elements.")
    shape = property(attrgetter("_nd.shape"), doc="Number of elements along each axis.")
    ndim = property(attrgetter("_nd.ndim"), doc="Number of axes.")
    size = property(attrgetter("_nd.size"), doc="Number of elements.")
    device = "cpu"

    @property
    def T(self) -> ExTensor:  # noqa: N802 -- the standard's name
        """Transpose of a matrix; for a stack of matrices see `mT`, for any order of axes `permute_dims`."""
        if self._nd.ndim != 2:
            raise ValueError(f"T is for two axes and this array has {self._nd.ndim}; use mT or permute_dims")
        return wrap(self._nd.T)

    @property
    def mT(self) -> ExTensor:  # noqa: N802 -- the standard's name
        """Transpose of each matrix in a stack."""
        if self._nd.ndim < 2:
            raise ValueError(f"mT needs two axes or more and this array has {self._nd.ndim}")
        return wrap(self._nd.mT)

    @property
    def buffer(self) -> memoryview:
        """The elements as a memoryview with a ``struct`` format code, sharing memory; of bfloat16 the bits, as "H"."""
        return memoryview(_lendable(self._nd))

    @property
    def store(self) -> Store:
        """The whole C buffer that this array views, whoever allocated it, sharing memory.

        Raises
        ------
        TypeError
            If the array was lent with gaps: its owner knows the whole.
        """
        root = self._nd
        while isinstance(root.base, ndarray):
            root = root.base
        return Store.adopt(_lendable(root.T if root.flags.f_contiguous else root))

    def to_device(self, device: Any, /, *, stream: Any = None) -> ExTensor:
        """Return this array itself: "cpu" is the one device.

        Raises
        ------
        ValueError
            For any other device, and for a stream.
        """
        require_cpu(device)
        require_no_stream(stream)
        return self

    if TYPE_CHECKING:
        # For type checkers: at run time the operators come from the standard's table. A test compares the two.
        def __abs__(self) -> ExTensor: ...
        def __neg__(self) -> ExTensor: ...
        def __pos__(self) -> ExTensor: ...
        def __invert__(self) -> ExTensor: ...

        __add__: Callable[[Any, Any], ExTensor]
        __radd__: Callable[[Any, Any], ExTensor]
        __iadd__: Callable[[Any, Any], ExTensor]
        __sub__: Callable[[Any, Any], ExTensor]
        __rsub__: Callable[[Any, Any], ExTensor]
        __isub__: Callable[[Any, Any], ExTensor]
        __mul__: Callable[[Any, Any], ExTensor]
        __rmul__: Callable[[Any, Any], ExTensor]
        __imul__: Callable[[Any, Any], ExTensor]
        __truediv__: Callable[[Any, Any], ExTensor]
        __rtruediv__: Callable[[Any, Any], ExTensor]
        __itruediv__: Callable[[Any, Any], ExTensor]
        __floordiv__: Callable[[Any, Any], ExTensor]
        __rfloordiv__: Callable[[Any, Any], ExTensor]
        __ifloordiv__: Callable[[Any, Any], ExTensor]
        __mod__: Callable[[Any, Any], ExTensor]
        __rmod__: Callable[[Any, Any], ExTensor]
        __imod__: Callable[[Any, Any], ExTensor]
        __pow__: Callable[[Any, Any], ExTensor]
        __rpow__: Callable[[Any, Any], ExTensor]
        __ipow__: Callable[[Any, Any], ExTensor]
        __matmul__: Callable[[Any, Any], ExTensor]
        __rmatmul__: Callable[[Any, Any], ExTensor]
        __imatmul__: Callable[[Any, Any], ExTensor]
        __and__: Callable[[Any, Any], ExTensor]
        __rand__: Callable[[Any, Any], ExTensor]
        __iand__: Callable[[Any, Any], ExTensor]
        __or__: Callable[[Any, Any], ExTensor]
        __ror__: Callable[[Any, Any], ExTensor]
        __ior__: Callable[[Any, Any], ExTensor]
        __xor__: Callable[[Any, Any], ExTensor]
        __rxor__: Callable[[Any, Any], ExTensor]
        __ixor__: Callable[[Any, Any], ExTensor]
        __lshift__: Callable[[Any, Any], ExTensor]
        __rlshift__: Callable[[Any, Any], ExTensor]
        __ilshift__: Callable[[Any, Any], ExTensor]
        __rshift__: Callable[[Any, Any], ExTensor]
        __rrshift__: Callable[[Any, Any], ExTensor]
        __irshift__: Callable[[Any, Any], ExTensor]
        __lt__: Callable[[Any, Any], ExTensor]
        __le__: Callable[[Any, Any], ExTensor]
        __gt__: Callable[[Any, Any], ExTensor]
        __ge__: Callable[[Any, Any], ExTensor]
        __eq__: Callable[[Any, Any], ExTensor]  # type: ignore[assignment]
        __ne__: Callable[[Any, Any], ExTensor]  # type: ignore[assignment]

    # Indexing.

    def __getitem__(self, key: Any, /) -> ExTensor:
        if STRICT:
            check_index(self._nd.shape, key, writes=False)
        return wrap(self._nd[key if type(key) in _PLAIN_INDICES else index(key)])

    def __setitem__(self, key: Any, value: Any, /) -> None:
        if STRICT:
            check_index(self._nd.shape, key, writes=True)
            check_value(self, value)
        elements = value if type(value) is list or type(value) is tuple else operand(value)
        if type(elements) is ndarray:
            require_lossless(elements.dtype, self._nd.dtype)
        try:
            self._nd[key if type(key) in _PLAIN_INDICES else index(key)] = elements
        except ValueError:
            require_writable(self._nd)
            raise

    def __len__(self) -> int:
        if STRICT:
            refuse("length of an array", "take shape[0]")
        return len(self._nd)

    def __iter__(self) -> Iterator[ExTensor]:
        if STRICT:
            refuse("iteration over an array", "take unstack")
        return map(wrap, iter(self._nd))

    # Conversion to Python scalars.

    def __bool__(self) -> bool:
        return bool(self._scalar("bool"))

    def __int__(self) -> int:
        return int(self._scalar("int"))

    def __float__(self) -> float:
        return float(self._scalar("float"))

    def __complex__(self) -> complex:
        return complex(self._scalar("complex"))

    def __index__(self) -> int:
        if self._nd.dtype.kind not in "iu":
            raise TypeError(f"an index must be an integer, not an array of {self._nd.dtype}")
        return int(self._scalar("index"))

    def _scalar(self, name: str) -> Any:
        if self._nd.ndim:
            raise TypeError(f"{name}() takes an array without axes; this one has shape {self._nd.shape}")
        return self._nd.item()

    # Interchange.

    def __array_namespace__(self, /, *, api_version: str | None = None) -> ModuleType:
        if api_version is not None and api_version not in REVISIONS:
            raise ValueError(f"no revision {api_version!r} of the standard; extensor follows {', '.join(REVISIONS)}")
        return sys.modules[__package__]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Kernel:
        return numpy.asarray(self._nd, dtype, copy=copy)

    def __array_ufunc__(self, ufunc: numpy.ufunc, method: str, /, *inputs: Any, **kwargs: Any) -> Any:
        """Let ``numpy.sin(x)`` and ``ndarray + x`` give arrays of this namespace."""
        if STRICT:
            refuse("NumPy operand or function for its arrays", "use asarray and the namespace's own function")
        given: tuple[Any, ...] = kwargs.pop("out", ())
        for x in inputs + given:
            if hasattr(x, "__array_ufunc__") and admit(x) is None:
                return NotImplemented
        if kwargs:
            kwargs = {key: _bare(value) for key, value in kwargs.items()}
        if given:
            kwargs["out"] = tuple(map(_bare, given))
        kernel = UFUNCS.get(ufunc, ufunc) if method == "__call__" and not kwargs else getattr(ufunc, method)
        results = kernel(*map(_bare, inputs), **kwargs)
        if given:
            return given if len(given) > 1 else given[0]
        return tuple(map(_dressed, results)) if type(results) is tuple else _dressed(results)

    def __buffer__(self, flags: int, /) -> memoryview:
        if self._nd.dtype.kind == "V":  # NumPy, which asks here before __array__, would take the bits for the elements
            raise BufferError(f"buffers have no format for {self._nd.dtype}; take its bits from x.buffer")
        return memoryview(self._nd)

    def __dlpack__(
        self,
        /,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[Any, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        require_no_stream(stream)
        return self._nd.__dlpack__(max_version=max_version, dl_device=dl_device, copy=copy)

    def __dlpack_device__(self, /) -> tuple[Any, int]:
        return 1, 0  # kDLCPU, and the first of its devices

    # Copying, pickling, printing. A class that defines == without a hash has none: elements may change.

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> ExTensor:
        return wrap(self._nd.copy())

    def __deepcopy__(self, memo: dict[int, Any], /) -> ExTensor:
        return self.__copy__()

    def __reduce__(self) -> tuple[Any, ...]:
        # Contiguous, so that the elements travel as one buffer, out of band where the pickler has a band for them.
        # Made again by the class, as unpickled dtypes are no longer the instances that stand for them.
        return ExTensor, (self._nd if self._nd.flags.forc else self._nd.copy(),)

    def __str__(self) -> str:
        return str(self._nd)

    def __repr__(self) -> str:
        if self._nd.size == 0 and self._nd.ndim > 1:
            return f"empty({self._nd.shape}, dtype={self._nd.dtype})"
        elements = numpy.array2string(self._nd, separator=", ", prefix="ExTensor(", suffix=",")
        return f"ExTensor({elements}, dtype={self._nd.dtype})"


_blank: Callable[[], ExTensor] = partial(object.__new__, ExTensor)


# Bound as a default because a local name is found faster than a global one, and every operation passes through.
def wrap(nd: Any, new: Callable[[], ExTensor] = _blank) -> ExTensor:
    """The array over a kernel's result: an ndarray, or the NumPy scalar that stands for one without axes."""
    array = new()
    array._nd = nd if type(nd) is ndarray else numpy.asarray(nd)
    return array


def admit(x: Any, /) -> Any:
    """What a kernel may see of an operand: its kernel view, a Python scalar as it is, None of anything else.

    Subclasses of ndarray are refused (masked arrays, quantities): they mean more than their elements.
    """
    kind = type(x)
    if kind is ExTensor:
        return x._nd
    if kind in PYTHON_SCALARS:
        return x
    return kernel_view(x) if kind in _NUMPY_ARRAYS or isinstance(x, _SCALARS) else None


def operand(x: Any, /) -> Any:
    """As `admit`, for functions, which have nobody to leave a foreign operand to.

    Raises
    ------
    TypeError
        For anything else: to convert it silently could cut it off from the library that it came from.
    """
    value = admit(x)
    if value is None:
        raise ForeignOperandError(x)
    return value


def unwrap(x: Any, /) -> Kernel:
    """The kernel view of an array argument; as `operand`, but a Python scalar passes for an array of its own type."""
    return x._nd if type(x) is ExTensor else kernel_view(operand(x))


def matrices(x: Any, /) -> Kernel:
    """The kernel view of an argument that must hold matrices in its last two axes."""
    nd = unwrap(x)
    if nd.ndim < 2:
        raise ValueError(f"expected a matrix or a stack of them, got an array of shape {nd.shape}")
    return nd


class ForeignOperandError(TypeError):
    """An argument is an array of another library, or no array at all."""

    def __init__(self, operand: object) -> None:
        self.operand = operand
        super().__init__(
            f"expected an ExTensor, a NumPy array or a scalar, got {type(operand).__module__}."
            f"{type(operand).__qualname__}; convert it first with extensor.asarray() or extensor.from_dlpack()"
        )

    def answer(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the operand itself makes of the call, by the protocol of NEP 18; arrays under differentiation have it.

        Raises
        ------
        ForeignOperandError
            If it makes nothing of it.
        """
        kind = type(self.operand)
        protocol = getattr(kind, "__array_function__", None)
        result = NotImplemented if protocol is None else protocol(self.operand, function, (kind,), args, kwargs)
        if result is NotImplemented:
            raise self
        return result


def routed(function: F) -> F:
    """Let a foreign operand answer a call before it is refused."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if STRICT:
            check_call(call, *args, **kwargs)
        try:
            return function(*args, **kwargs)
        except ForeignOperandError as foreign:
            return foreign.answer(call, args, kwargs)

    return call  # type: ignore[return-value]


def kernel_view(obj: Any, dtype: DType | None = None, copy: bool | None = None) -> Kernel:
    """The kernel view of anything that ``asarray`` takes.

    Raises
    ------
    TypeError
        If the elements have no data type of the standard, or would lose their imaginary part.
    ValueError
        If `copy` is False and only a copy would do.
    """
    if type(obj) is ExTensor:
        obj = obj._nd
    elif type(obj) is bytes:
        obj = numpy.frombuffer(obj, numpy.uint8)
    if dtype is not None and isinstance(obj, (ndarray, numpy.generic)):
        require_lossless(obj.dtype, dtype)
    # NumPy parses keywords for longer than it converts a short list.
    nd = numpy.asarray(obj) if dtype is None and copy is None else numpy.asarray(obj, dtype, copy=copy)
    found = CANONICAL.get(nd.dtype) or unfamiliar(nd.dtype)
    if found is None:
        raise TypeError(
            f"cannot make an array of {nd.dtype} out of a {type(obj).__name__}; its elements must be numbers or bools "
            f"that fit one of {', '.join(DTYPES)}"
        )
    return nd if nd.dtype is found else numpy.asarray(nd, found, copy=copy)


def index(key: Any, /) -> Any:
    """The key that a kernel view takes for an index that may hold arrays.

    Raises
    ------
    TypeError
        If it holds an array of another library.
    """
    if type(key) is tuple:
        return tuple(map(index, key))
    if type(key) is ExTensor:
        return key._nd
    if hasattr(type(key), "__array_namespace__") and admit(key) is None:
        raise ForeignOperandError(key)
    return key


def require_lossless(source: DType, target: DType) -> None:
    """Refuse to drop imaginary parts."""
    if source.kind == "c" and target.kind != "c":
        raise TypeError(f"cannot turn {source} into {target}, which has no imaginary part; take real() or imag() first")


def require_writable(nd: Kernel) -> None:
    """Refuse to write to memory that its owner lent for reading."""
    if not nd.flags.writeable:
        raise ValueError("this array is read-only: it views a read-only buffer or a broadcast array; write to a copy")


def weak(x: Any, other: Any, /) -> Any:
    """An operand as a kernel takes it beside `other`: a float takes the data type of floats, as ml_dtypes omits."""
    return other.dtype.type(x) if type(x) is float and type(other) is ndarray and other.dtype.kind == "V" else x


def _lendable(nd: Kernel) -> Kernel:
    return nd.view(uint16) if nd.dtype.kind == "V" else nd


def _bare(x: Any) -> Any:
    return x._nd if type(x) is ExTensor else x


def _dressed(x: Any) -> Any:
    return wrap(x) if isinstance(x, (ndarray, numpy.generic)) and x.dtype in CANONICAL else x


PYTHON_SCALARS = frozenset({bool, int, float, complex})
_NUMPY_ARRAYS = frozenset({ndarray, numpy.memmap})
_SCALARS = (numpy.generic, int, float, complex)
_PLAIN_INDICES = frozenset({int, slice, type(None), type(...)})
