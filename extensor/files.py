"""Arrays in files: NumPy's .npy and safetensors, written whole or not at all, and mapped into memory.

A mapped array reads from the file what is touched, when it is touched. :func:`save` and :func:`save_safetensors`
replace a file and leave those who have the old one mapped alone; to shorten a mapped file in place crashes them.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from errno import EINVAL
from math import prod
from mmap import ACCESS_READ
from mmap import mmap as map_file
from typing import Any, BinaryIO, Literal, TypeAlias

import numpy

from .array import ExTensor, kernel_view, unwrap, wrap
from .dtypes import DType, canonical, resolve
from .store import Store

PathLike: TypeAlias = str | os.PathLike[str]

SAFETENSORS = {
    "BOOL": "bool",
    "I8": "int8",
    "I16": "int16",
    "I32": "int32",
    "I64": "int64",
    "U8": "uint8",
    "U16": "uint16",
    "U32": "uint32",
    "U64": "uint64",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
    "C64": "complex64",
}
"""What safetensors files call each data type."""

_CODES = {dtype: code for code, dtype in SAFETENSORS.items()}


def save(path: PathLike, x: Any, /) -> None:
    """Write an array to a .npy file, all or nothing: a reader finds the old file or the new one, whole.

    Parameters
    ----------
    path : path
        File to write; its folder must exist.
    x : ExTensor
        Array to write.

    Raises
    ------
    TypeError
        If the format has no such data type (bfloat16).
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import extensor as xp, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     xp.save(pathlib.Path(folder, "x.npy"), xp.arange(3))
    ...     xp.load(pathlib.Path(folder, "x.npy"))
    ExTensor([0, 1, 2], dtype=int64)
    """
    nd = unwrap(x)
    _require_npy(nd.dtype)
    with replacing(path) as file:
        numpy.lib.format.write_array(file, nd, allow_pickle=False)


def load(path: PathLike, /, *, mmap: bool = False) -> ExTensor:
    """Read the array of a .npy file.

    Parameters
    ----------
    path : path
        File to read. Elements in another byte order are converted.
    mmap : bool
        Whether to map the file and give a read-only array over it, as ``open_memmap(path)``, rather than read it.

    Returns
    -------
    ExTensor
        Array in memory of its own, or over the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError
        If its elements have no data type of this library.
    ValueError
        If it is cut short or no .npy file, or in another byte order and to be mapped.

    Examples
    --------
    >>> import extensor as xp, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     xp.save(pathlib.Path(folder, "x.npy"), xp.arange(3))
    ...     xp.load(pathlib.Path(folder, "x.npy"), mmap=True)[1:]
    ExTensor([1, 2], dtype=int64)
    """
    if mmap:
        return open_memmap(path)
    nd = _map_npy(path, "r")
    return wrap(kernel_view(numpy.array(nd, nd.dtype.newbyteorder("="))))


def open_memmap(
    path: PathLike,
    /,
    mode: Literal["r", "r+", "w+", "c"] = "r",
    dtype: Any = None,
    shape: int | Sequence[int] | None = None,
) -> ExTensor:
    """An array over a .npy file, mapped into memory: nothing is read before it is used.

    Parameters
    ----------
    path : path
        The file.
    mode : {"r", "r+", "w+", "c"}
        "r": for reading; "r+": writes go to the file; "w+": likewise, to a new file of zeros, in place of an old one;
        "c": writes stay in memory. The operating system writes to the disk in its own time, at the latest after the
        last array over the file has died.
    dtype : dtype, optional
        Data type of a new file, by default ``float64``.
    shape : int or tuple of int
        Shape of a new file.

    Returns
    -------
    ExTensor
        Array over the file; read-only in mode "r".

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError
        If its elements have no data type of this library, or `dtype` has no place in such files (bfloat16).
    ValueError
        If the file is cut short, no .npy file or in another byte order; if the mode is none of those; if a new file
        comes without a shape, or an old one with a shape or a data type.

    Examples
    --------
    >>> import extensor as xp, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "x.npy")
    ...     x = xp.open_memmap(path, "w+", xp.float32, (2, 2))
    ...     x[0, :] = xp.asarray([1.0, 2.0])
    ...     print(xp.load(path))
    [[1. 2.]
     [0. 0.]]
    """
    if mode not in ("r", "r+", "w+", "c"):
        raise ValueError(f'mode must be one of "r", "r+", "w+" and "c", not {mode!r}')
    if mode == "w+":
        if shape is None:
            raise ValueError('mode "w+" makes a new file: pass its shape')
        dtype = resolve(dtype, None)
        _require_npy(dtype)
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        # Not in place: to shorten a file that is mapped elsewhere would crash those who use it there.
        with _beside(path) as temporary:
            return wrap(numpy.lib.format.open_memmap(temporary, mode, dtype, shape))
    if dtype is not None or shape is not None:
        raise ValueError(f'mode {mode!r} opens a file that has a dtype and a shape; pass them with "w+" only')
    nd = _map_npy(path, mode)
    if not nd.dtype.isnative:
        raise ValueError(f"{path}: its elements, {nd.dtype.str}, are in a foreign byte order; load() converts them")
    return wrap(kernel_view(nd))


def save_safetensors(
    path: PathLike, arrays: Mapping[str, Any], /, *, metadata: Mapping[str, str] | None = None
) -> None:
    """Write named arrays to a safetensors file, all or nothing: a reader finds the old file or the new one, whole.

    Parameters
    ----------
    path : path
        File to write; its folder must exist.
    arrays : mapping of str to ExTensor
        Arrays by name.
    metadata : mapping of str to str, optional
        Texts to keep in the header.

    Raises
    ------
    TypeError
        If the format has no such data type (``complex128``), or a name or text is no string.
    ValueError
        If an array is called ``__metadata__``.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import extensor as xp, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "weights.safetensors")
    ...     xp.save_safetensors(path, {"bias": xp.zeros(2)}, metadata={"made by": "extensor"})
    ...     xp.load_safetensors(path)
    {'bias': ExTensor([0., 0.], dtype=float64)}
    """
    if "__metadata__" in arrays:
        raise ValueError("no array can be called '__metadata__': safetensors files keep their metadata there")
    metadata = dict(metadata or {})
    for text in (*arrays, *metadata, *metadata.values()):
        if not isinstance(text, str):
            raise TypeError(f"names and metadata of a safetensors file are strings, not {text!r}")
    views = {name: numpy.asarray(unwrap(array), order="C") for name, array in arrays.items()}
    # The longest elements first: then each array is aligned.
    layout = dict(sorted(views.items(), key=lambda item: -item[1].itemsize))
    entries: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    end = 0
    for name, nd in layout.items():
        if nd.dtype.name not in _CODES:
            raise TypeError(f"{name!r} is {nd.dtype}; safetensors files hold {', '.join(SAFETENSORS.values())}")
        begin, end = end, end + nd.nbytes
        entries[name] = {"dtype": _CODES[nd.dtype.name], "shape": nd.shape, "data_offsets": (begin, end)}
    header = json.dumps({key: entries[key] for key in ("__metadata__", *views) if key in entries}).encode()
    header += b" " * (-len(header) % 8)
    with replacing(path) as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for nd in layout.values():
            file.write(nd.reshape(-1).view(numpy.uint8).data)


def load_safetensors(path: PathLike, /) -> dict[str, ExTensor]:
    """The named arrays of a safetensors file, mapped into memory and read-only: nothing is read before it is used.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    dict of str to ExTensor
        Arrays over the file by name, in the order of its header.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError
        If an array has a data type that this library lacks.
    ValueError
        If the file is cut short or no safetensors file.

    Examples
    --------
    >>> import extensor as xp, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "weights.safetensors")
    ...     xp.save_safetensors(path, {"weight": xp.eye(2), "bias": xp.zeros(2)})
    ...     list(xp.load_safetensors(path))
    ['weight', 'bias']
    """
    with open(path, "rb") as file:
        try:
            store = Store.adopt(map_file(file.fileno(), 0, access=ACCESS_READ))
            return {
                name: wrap(store.view(dtype, shape, offset=begin))
                for name, (dtype, shape, begin) in _safetensors_layout(store.buffer).items()
            }
        except (ValueError, RecursionError) as error:  # a header may also be nested too deep
            raise ValueError(f"{path}: not a whole safetensors file ({error})") from error


@contextmanager
def replacing(path: PathLike) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` once it is written whole and safe on the disk."""
    with _beside(path) as temporary, open(temporary, "xb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _beside(path: PathLike) -> Iterator[str]:
    """A name beside `path` for a file that then takes its place, its permissions and the links to it."""
    path = os.path.realpath(os.fsdecode(path))
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError(EINVAL, "not a regular file, so that no other can take its place", path)
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{os.urandom(4).hex()}")
    try:
        yield temporary
        if os.path.exists(path):
            os.chmod(temporary, os.stat(path).st_mode)
        os.replace(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(temporary)


def _map_npy(path: PathLike, mode: Literal["r", "r+", "c"]) -> Any:
    try:
        nd = numpy.lib.format.open_memmap(os.fspath(path), "r")
        # Only now for writing: NumPy would lengthen a file that is cut short.
        return nd if mode == "r" else numpy.lib.format.open_memmap(os.fspath(path), mode)
    except OSError:
        raise
    except Exception as error:  # NumPy parses the header as Python, which fails in many ways
        raise ValueError(f"{path}: not a whole .npy file of numbers ({error})") from error


def _require_npy(dtype: DType) -> None:
    if dtype.kind == "V":
        raise TypeError(f".npy files have no {dtype}; use save_safetensors(), or save its bits, x.buffer")


def _safetensors_layout(content: memoryview) -> dict[str, tuple[DType, list[int], int]]:
    """Data type, shape and first byte of each array, after checks that together they fill the file.

    Raises
    ------
    ValueError
        If they do not, or there is no header that says so.
    """
    if len(content) < 8:
        raise ValueError("it has no header")
    start = 8 + struct.unpack_from("<Q", content)[0]
    if start > len(content):
        raise ValueError(f"its header ends at byte {start} and the file at byte {len(content)}")
    header = json.loads(bytes(content[8:start]).decode())
    if not isinstance(header, dict):
        raise ValueError("its header is no mapping")
    header.pop("__metadata__", None)
    layout = {name: _safetensors_entry(name, entry) for name, entry in header.items()}
    position = 0
    for name, (dtype, shape, begin, end) in sorted(layout.items(), key=lambda item: item[1][2:]):
        if begin != position or end - begin != prod(shape) * dtype.itemsize:
            raise ValueError(f"{name!r}, {dtype} of shape {shape}, cannot lie at bytes {begin} to {end}")
        position = end
    if start + position != len(content):
        raise ValueError(f"its arrays end at byte {start + position} and the file at byte {len(content)}")
    return {name: (dtype, shape, start + begin) for name, (dtype, shape, begin, _) in layout.items()}


def _safetensors_entry(name: str, entry: Any) -> tuple[DType, list[int], int, int]:
    match entry:
        case {"dtype": str(code), "shape": [*shape], "data_offsets": [int(begin), int(end)]} if all(
            type(length) is int and length >= 0 for length in shape
        ):
            if code not in SAFETENSORS:
                raise TypeError(f"{name!r} is {code}; extensor has {', '.join(SAFETENSORS)} of such files")
            return canonical(SAFETENSORS[code]), shape, begin, end
    raise ValueError(f"its header says of {name!r} {entry!r}")
