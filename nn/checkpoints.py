"""Checkpoints: all that a training run needs to go on, to the bit, in one safetensors file.

Arrays are the file's tensors; everything else is JSON in its metadata, where placeholders stand for the arrays. Nothing
in it is ever executed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
import optree

from autodiff import array_namespace
from nn.fitting import misnamed
from nn.module import Module
from nn.names import joined
from nn.namespaces import Array, as_numpy, converted, dtype_name, is_array
from nn.optimizers import Attached
from nn.serialization import load, read_metadata, save

__all__ = ["latest_checkpoint", "load_checkpoint", "save_checkpoint"]

_TREE, _ARRAY = "checkpoint", "__array__"


def save_checkpoint(path: str | os.PathLike[str], parts: Mapping[str, Any]) -> None:
    """Write the state of a training run to a file, all or nothing: an old file stays whole until the new one is.

    Parameters
    ----------
    path
        File to write; its folder must exist.
    parts
        By name: modules, also with the NumPy generators that they hold, such as those of dropout; anything else with
        ``state_dict()``, such as an attached optimizer or an :class:`nn.DataLoader`; NumPy generators; arrays; numbers,
        texts, None; dicts, lists and tuples of these. Keys are texts.

    Raises
    ------
    TypeError
        If a part is none of these.
    ValueError
        If two arrays go by one name, which is their path with dots.

    Examples
    --------
    >>> import nn, numpy, pathlib, tempfile
    >>> def new():
    ...     rng = numpy.random.default_rng(0)
    ...     model = nn.Linear(3, 2, rng=rng, xp=numpy)
    ...     return {"model": model, "optimizer": nn.Adam().attach(model), "rng": rng, "epoch": 0}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "run.safetensors")
    ...     save_checkpoint(path, new() | {"epoch": 5})
    ...     parts = load_checkpoint(path, new())
    >>> parts["epoch"]
    5
    """
    arrays: dict[str, Array] = {}
    tree = _encoded(_plain(dict(parts)), "", arrays)
    save(path, arrays, metadata={_TREE: json.dumps(tree)})


def load_checkpoint(path: str | os.PathLike[str], parts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Restore the state of a training run.

    Parameters
    ----------
    path
        File that :func:`save_checkpoint` wrote.
    parts
        Parts like those that were saved. Modules, generators and what else has ``load_state_dict`` are changed in
        place; the arrays say to which namespace, data type and device theirs go. If None, all is returned as it was
        saved, in NumPy arrays and dicts.

    Returns
    -------
    dict
        The parts, those that are not changed in place with what was saved.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged or no checkpoint, such as a pickle, or if names, shapes or data types differ. Then
        nothing is changed, and the message lists all differences.
    """
    arrays = load(path, xp=numpy)
    text = read_metadata(path).get(_TREE)
    if text is None:
        raise ValueError(f"{path}: a safetensors file of named arrays, but no checkpoint; read it with nn.load")
    try:
        saved = _decoded(json.loads(text), arrays)
    except (KeyError, ValueError, RecursionError) as error:
        raise ValueError(f"{path}: the state within is damaged ({error})") from error
    if parts is None:
        found: dict[str, Any] = saved
        return found
    if problems := list(_differences(dict(parts), saved, "")):
        raise ValueError(f"{path} does not fit: {'; '.join(problems)}")
    restored: dict[str, Any] = _restored(dict(parts), saved)
    return restored


def latest_checkpoint(folder: str | os.PathLike[str]) -> Path | None:
    """The checkpoint of the latest step among those that :class:`nn.Checkpoint` has left in a folder; None if none.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for step in (900, 1000):
    ...         pathlib.Path(folder, f"step-{step:08}.safetensors").touch()
    ...     latest_checkpoint(folder).name
    'step-00001000.safetensors'
    """
    found = checkpoints_in(folder)
    return found[-1] if found else None


def checkpoints_in(folder: str | os.PathLike[str]) -> list[Path]:
    """Checkpoints by step in a folder, the latest last."""
    found = [path for path in Path(folder).glob("step-*.safetensors") if re.fullmatch(r"step-\d+", path.stem)]
    return sorted(found, key=step_of)


def step_of(path: Path) -> int:
    """The step of a checkpoint, by its name."""
    return int(path.stem.removeprefix("step-"))


def generators(model: Module) -> dict[str, numpy.random.Generator]:
    """The NumPy generators that a model's modules hold as attributes, by path."""
    return {
        joined(path, name): value
        for path, module in model.named_modules()
        for name, value in vars(module).items()
        if isinstance(value, numpy.random.Generator)
    }


def _opened(value: Any) -> Any:
    """What a part consists of, where that is known beforehand."""
    if isinstance(value, Module):
        return {"state": value.state_dict(), "generators": generators(value)}
    return value.state_dict() if isinstance(value, Attached) else value


def _plain(value: Any) -> Any:
    """The state of an object, as a tree of arrays and JSON."""
    value = _opened(value)
    if isinstance(value, numpy.random.Generator):
        return dict(value.bit_generator.state)
    if hasattr(value, "state_dict"):
        return _plain(value.state_dict())
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _encoded(value: Any, path: str, arrays: dict[str, Array]) -> Any:
    """The tree as JSON, its arrays put aside by path."""
    if isinstance(value, dict):
        if strangers := [key for key in value if not isinstance(key, str)]:
            raise TypeError(f"keys of a checkpoint are texts, got {strangers[0]!r} in {path or 'the parts'}")
        return {key: _encoded(item, joined(path, key), arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [_encoded(item, joined(path, str(i)), arrays) for i, item in enumerate(value)]
    if is_array(value):
        if path in arrays:
            raise ValueError(f"two arrays go by the name {path!r}; rename a key that holds a dot")
        arrays[path] = as_numpy(value)
        return {_ARRAY: path}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"{path}: a checkpoint holds arrays, numbers and texts, not {type(value).__name__}")


def _decoded(value: Any, arrays: Mapping[str, Array]) -> Any:
    if isinstance(value, dict):
        if value.keys() == {_ARRAY}:
            return arrays[value[_ARRAY]]
        return {key: _decoded(item, arrays) for key, item in value.items()}
    return [_decoded(item, arrays) for item in value] if isinstance(value, list) else value


def _differences(part: Any, saved: Any, path: str) -> Iterator[str]:
    """Why what was saved cannot become the state of a part. Parts that load a state themselves may still refuse it."""
    part = _opened(part)
    if isinstance(part, numpy.random.Generator):
        found = saved.get("bit_generator") if isinstance(saved, dict) else type(saved).__name__
        if found != (own := type(part.bit_generator).__name__):
            yield f"{path} is of a generator {found}, expected {own}"
    elif isinstance(part, Mapping):
        theirs = saved if isinstance(saved, dict) else {}
        yield from misnamed([joined(path, key) for key in theirs], [joined(path, key) for key in part])
        for key, item in part.items():
            if key in theirs:
                yield from _differences(item, theirs[key], joined(path, key))
    elif isinstance(part, (list, tuple)) and _has_arrays(part):
        yield from _differences(_by_position(part), _by_position(saved if isinstance(saved, list) else ()), path)
    elif (is_array(part) or is_array(saved)) and (own := _describe(part)) != (found := _describe(saved)):
        yield f"{path} is {found}, expected {own}"


def _restored(part: Any, saved: Any) -> Any:
    if isinstance(part, Module):
        part.load_state_dict(saved["state"])
        _restored(generators(part), saved["generators"])
        return part
    if isinstance(part, numpy.random.Generator):
        part.bit_generator.state = saved
        return part
    if hasattr(part, "load_state_dict"):
        part.load_state_dict(saved)
        return part
    if isinstance(part, Mapping):
        return {key: _restored(item, saved[key]) for key, item in part.items()}
    if isinstance(part, (list, tuple)) and _has_arrays(part):
        return type(part)(_restored(item, one) for item, one in zip(part, saved, strict=True))
    if is_array(part):
        return converted(saved, array_namespace(part), dtype=part.dtype, device=getattr(part, "device", None))
    return saved


def _has_arrays(tree: Any) -> bool:
    return any(map(is_array, optree.tree_leaves(tree)))


def _by_position(items: Sequence[Any]) -> dict[str, Any]:
    return {str(i): item for i, item in enumerate(items)}


def _describe(value: Any) -> str:
    if not is_array(value):
        return type(value).__name__
    return f"{dtype_name(value)} of shape {tuple(value.shape)}"
