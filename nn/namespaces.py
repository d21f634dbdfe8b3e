"""What ``nn`` asks of a namespace beyond the standard functions: which one, and which data types."""

from __future__ import annotations

from types import ModuleType
from typing import Any, TypeAlias

import array_api_compat
import numpy

import autodiff
from autodiff.namespaces import is_floating

__all__ = [
    "DEFAULT",
    "Array",
    "Namespace",
    "as_numpy",
    "converted",
    "dtype_name",
    "floating_dtype",
    "index_dtype",
    "is_array",
    "is_floating",
    "namespace_or_default",
]

Array: TypeAlias = Any
Namespace: TypeAlias = Any

DEFAULT = "extensor"


def namespace_or_default(xp: Namespace | None) -> Namespace:
    """``xp``, or the default namespace for None; for a module that does not conform, as ``torch``, its stand-in."""
    if xp is None:
        return autodiff.import_namespace(DEFAULT)
    if hasattr(xp, "__array_namespace_info__"):
        return xp
    if not isinstance(xp, ModuleType):
        raise TypeError(
            f"expected an array namespace, such as the module numpy, got {xp!r}; a device is passed as device=, a data "
            "type as dtype="
        )
    return autodiff.import_namespace(xp.__name__)


def floating_dtype(xp: Namespace, dtype: Any) -> Any:
    """The data type of a layer's parameters: ``xp.float32`` for None.

    Raises
    ------
    TypeError
        If it is not of floating point, as parameters that are trained must be.

    Examples
    --------
    >>> floating_dtype(numpy, None).__name__
    'float32'
    """
    if dtype is None:
        return xp.float32
    if not is_floating(xp.empty((0,), dtype=dtype)):
        raise TypeError(f"dtype must be a floating-point data type, as parameters are trained, got {dtype!r}")
    return dtype


def index_dtype(xp: Namespace) -> Any:
    """The integer type that ``xp`` indexes with: JAX without x64 has no int64."""
    return xp.__array_namespace_info__().default_dtypes()["indexing"]


def is_array(value: Any) -> bool:
    """Whether ``value`` is an array of some namespace; the type is asked, so that a class or a module is not."""
    return hasattr(type(value), "__array_namespace__") or array_api_compat.is_array_api_obj(value)


def dtype_name(array: Array) -> str:
    """The standard's name of an array's data type; PyTorch and array-api-strict put their own name before it."""
    return str(array.dtype).rpartition(".")[2]


def as_numpy(array: Array) -> Any:
    """An array of any namespace and device as one of NumPy."""
    # PyTorch gives no NumPy array of one that it differentiates itself, nor of what NumPy has no data type for.
    if array_api_compat.is_torch_array(array):
        array = array.detach().cpu().resolve_conj().resolve_neg()
        if dtype_name(array) == "bfloat16":
            import ml_dtypes

            return numpy.asarray(array.float()).astype(ml_dtypes.bfloat16)
    try:
        return numpy.asarray(array)
    except RuntimeError:
        # array-api-strict gives none of those on its other devices.
        return numpy.asarray(array.to_device(array.__array_namespace__().__array_namespace_info__().default_device()))


def converted(array: Array, xp: Namespace, *, dtype: Any = None, device: Any = None) -> Array:
    """A copy of an array of any namespace, as one of ``xp``.

    Parameters
    ----------
    array : array
        Of any namespace and on any device. One of PyTorch may be under its own differentiation, which ends here.
    xp : namespace
        Where to. What is not of ``xp`` already goes there through NumPy.
    dtype : optional
        Data type of the copy; that of the array by default. Integers may then come narrower where ``xp`` has none so
        wide, as JAX without x64, if their values fit.
    device : optional
        A device of ``xp``; by default its default device, or where the array is if that is of ``xp``.

    Raises
    ------
    TypeError
        If ``xp`` lacks the data type.

    Examples
    --------
    >>> import extensor
    >>> converted(numpy.asarray([1.0, 2.0]), extensor, dtype=extensor.float16)
    ExTensor([1., 2.], dtype=float16)
    """
    xp = namespace_or_default(xp)
    if array_api_compat.is_torch_array(array):
        array = array.detach()
    if autodiff.array_namespace(array) is xp:
        return xp.asarray(array, dtype=dtype, device=device, copy=True)
    # A copy that the namespace may keep: in the byte order of this machine, with strides that every library knows.
    values = as_numpy(array)
    values = numpy.array(values, dtype=values.dtype.newbyteorder("="), order="C")
    name = values.dtype.name
    if name == "bfloat16" and array_api_compat.is_torch_namespace(xp):
        values, dtype = values.astype(numpy.float32), xp.bfloat16 if dtype is None else dtype
    try:
        copy = xp.asarray(values, dtype=dtype, device=device)
    except TypeError as error:
        raise _lacking(xp, name) from error
    if dtype is None and dtype_name(copy) != name and not _keeps_integers(copy, values):
        raise _lacking(xp, name)
    return copy


def _keeps_integers(copy: Array, values: Any) -> bool:
    return values.dtype.kind in "iu" and bool(numpy.all(as_numpy(copy) == values))


def _lacking(xp: Namespace, name: str) -> TypeError:
    hint = "; jax.config.update('jax_enable_x64', True) gives it such types" if xp.__name__ == "jax.numpy" else ""
    return TypeError(f"{xp.__name__} has no {name}{hint}; pass a dtype that it has, or convert the array beforehand")
