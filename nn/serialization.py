"""Named arrays in a safetensors file, readable by PyTorch, JAX and every other reader of the format.

It is the default namespace that knows the format; arrays of others come and go through NumPy.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from typing import Any

from nn.namespaces import Array, Namespace, as_numpy, converted, namespace_or_default

__all__ = ["load", "save"]


def save(path: str | os.PathLike[str], state: Mapping[str, Array], metadata: Mapping[str, str] | None = None) -> None:
    """Write named arrays to ``path``, all or nothing: whoever reads it finds the old file or the new one, whole.

    Parameters
    ----------
    path
        File to write; its folder must exist.
    state
        Arrays of any namespace and device by name, such as the state dict of a module, of PyTorch too. Arrays that are
        one, as those of tied parameters, are written at each name.
    metadata
        Texts to keep in the header.

    Raises
    ------
    TypeError
        If safetensors files have no such data type, as ``complex128``, or a name or text is no string.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> import numpy, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "weights.safetensors")
    ...     save(path, {"0.bias": numpy.asarray([1.0, 2.0])})
    ...     load(path, xp=numpy)
    {'0.bias': array([1., 2.])}
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"expected arrays by name, such as module.state_dict() gives, got {type(state).__name__}")
    arrays = {name: as_numpy(array) for name, array in state.items()}
    namespace_or_default(None).save_safetensors(path, arrays, metadata=metadata)


def load(path: str | os.PathLike[str], *, xp: Namespace | None = None, device: Any = None) -> dict[str, Array]:
    """Read the named arrays of a safetensors file.

    Parameters
    ----------
    path
        File of this library or any other, such as ``safetensors.torch.save_file`` writes.
    xp
        Namespace of the arrays; None for ``extensor``, whose arrays are not copied: they lie over the file, which is
        mapped into memory, are read when they are first used, and are read-only. What loads them into a module, such
        as ``module.load_state_dict(load(path))``, copies once. Do not write to such a file in place; :func:`save` does
        not, and its old content stays as long as arrays lie over it.
    device
        A device of that namespace.

    Returns
    -------
    dict of str to array
        Of the data types in the file.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError
        If the namespace lacks the data type of an array; the message lists them all.
    ValueError
        If the file is cut short or is no safetensors file. A pickle, as ``torch.save`` writes, is never read; the
        message says how to convert it.
    """
    default = namespace_or_default(None)
    try:
        arrays: dict[str, Array] = default.load_safetensors(path)
    except ValueError as error:
        raise ValueError(f"{error}{_hint(path)}") from error
    xp = namespace_or_default(xp)
    if xp is default:
        return arrays
    loaded, problems = {}, []
    for name, array in arrays.items():
        try:
            loaded[name] = converted(array, xp, device=device)
        except TypeError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise TypeError(f"{path} cannot be loaded into {xp.__name__}: {'; '.join(problems)}")
    return loaded


def read_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """The texts that :func:`save` has put into the header of a file, which must be whole.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "weights.safetensors")
    ...     save(path, {}, metadata={"made by": "extensor"})
    ...     read_metadata(path)
    {'made by': 'extensor'}
    """
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        metadata: dict[str, str] = json.loads(file.read(length)).get("__metadata__", {})
    return metadata


def _hint(path: str | os.PathLike[str]) -> str:
    """What a file that is not of the format may be instead."""
    with open(path, "rb") as file:
        start = file.read(9)
    if start.startswith(b"PK"):
        kind = "a zip archive as of torch.save, with a pickle inside"
    # The first eight bytes of a safetensors file, which may be any, are the length of its header, a JSON object.
    elif start.startswith(b"\x80") and start[8:] != b"{":
        kind = "a pickle"
    else:
        return ""
    return (
        f"; it seems to be {kind}, which is never read, as that can run code: if you trust it, convert it with "
        "safetensors.torch.save_file(torch.load(path, weights_only=True), new_path)"
    )
