"""Named arrays in a safetensors file, readable by PyTorch, JAX and every other reader of the format.

It is the default namespace that knows the format; arrays of others come and go through NumPy.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy

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
    arrays = {name: numpy.asarray(array) for name, array in state.items()}
    namespace_or_default(None).save_safetensors(path, arrays, metadata=metadata)


def load(path: str | os.PathLike[str], *, xp: Namespace | None = None) -> dict[str, Array]:
    """Read the named arrays of a safetensors file into ``xp``, or into ``extensor`` if None.

    Raises
    ------
    ValueError
        If the file is cut short or is no safetensors file.
    """
    xp = namespace_or_default(xp)
    arrays = namespace_or_default(None).load_safetensors(path)
    # Copied out of the file, which is mapped for reading only.
    return {name: xp.asarray(numpy.array(array)) for name, array in arrays.items()}
