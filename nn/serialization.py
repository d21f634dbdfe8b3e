"""Named arrays in a safetensors file, readable by PyTorch, JAX and every other reader of the format."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy
import safetensors
import safetensors.numpy

from nn.namespaces import Array, Namespace, namespace_or_default

__all__ = ["load", "save"]


def save(path: str | os.PathLike[str], state: Mapping[str, Array], metadata: Mapping[str, str] | None = None) -> None:
    """Write named arrays to ``path``, all or nothing: whoever reads it finds the old file or the new one, whole.

    Parameters
    ----------
    path
        File to write; its folder must exist.
    state
        Arrays by name, such as :meth:`nn.Module.state_dict` returns.
    metadata
        Texts to keep in the header.

    Examples
    --------
    >>> import numpy, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "weights.safetensors")
    ...     save(path, {"0.bias": numpy.asarray([1.0, 2.0])})
    ...     load(path, xp=numpy)
    {'0.bias': array([1., 2.])}
    """
    arrays = {name: numpy.asarray(array, order="C") for name, array in state.items()}
    replace_file(path, safetensors.numpy.save(arrays, None if metadata is None else dict(metadata)))


def load(path: str | os.PathLike[str], *, xp: Namespace | None = None) -> dict[str, Array]:
    """Read the named arrays of a safetensors file into ``xp``, or into ``extensor`` if None.

    Raises
    ------
    ValueError
        If the file is cut short or is no safetensors file.
    """
    xp = namespace_or_default(xp)
    try:
        arrays = safetensors.numpy.load(Path(path).read_bytes())
    except safetensors.SafetensorError as error:
        raise ValueError(f"{path}: not a whole safetensors file ({error})") from error
    return {name: xp.asarray(array) for name, array in arrays.items()}


def replace_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Write ``content`` beside ``path``, then rename: a crash at any moment leaves one whole file."""
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
