"""Where a NaN or an infinity came from."""

from __future__ import annotations

import cmath
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy
import optree

from autodiff import array_namespace
from nn.module import Module
from nn.namespaces import Array, is_array, is_floating

__all__ = ["NonFiniteError"]


class NonFiniteError(FloatingPointError):
    """A loss or a gradient is NaN or infinite. The message names the step and where that came from first.

    Attributes
    ----------
    step : int
        The step, counted from 1, that would have been made.
    source : str
        What was not finite first, such as ``"the output of '2' (Linear)"``.
    """

    def __init__(self, what: str, step: int, source: str, advice: str) -> None:
        super().__init__(f"{what} at step {step}: the first value that is not finite is in {source}; {advice}")
        self.step, self.source = step, source


def all_finite(arrays: Iterable[Array]) -> bool:
    """Whether no element is NaN or infinite."""

    def finite(array: Array) -> bool:
        xp = array_namespace(array)
        # A sum reads the array once and writes nothing. Finite numbers whose sum overflows are rare: look again.
        return cmath.isfinite(complex(xp.sum(array))) or bool(xp.all(xp.isfinite(array)))

    with numpy.errstate(over="ignore", invalid="ignore"):
        return all(map(finite, arrays))


def source_of_non_finite(model: Module, batch: Any, run: Callable[[], Any], grads: Mapping[str, Array]) -> str:
    """What is not finite first on the way of a batch: parameters, the batch, outputs of modules, the loss, gradients.

    Parameters
    ----------
    model : Module
    batch : tree
        What the model was run on.
    run : callable
        Runs it again, without differentiating, and returns the loss.
    grads : mapping of str to array
        The gradients by name.
    """
    bad = [name for name, parameter in model.named_parameters() if not all_finite([parameter.data])]
    if bad:
        return f"the parameter {', '.join(map(repr, bad))}, before the step"
    bad = [".".join(map(str, path)) for path, leaf in _paths_and_leaves(batch) if _is_bad(leaf)]
    if bad:
        return f"the batch itself (at {', '.join(map(repr, bad))})" if bad != [""] else "the batch itself"
    found: list[str] = []
    removals = []
    for path, module in model.named_modules():
        place = f"{path!r} ({type(module).__name__})" if path else f"the model ({type(module).__name__})"

        def hook(_: Module, args: Any, out: Any, place: str = place) -> None:
            if any(map(_is_bad, optree.tree_leaves(out))):
                found.append(place)

        removals.append(module.register_forward_hook(hook))
    try:
        with numpy.errstate(all="ignore"):
            loss = run()
    finally:
        for remove in removals:
            remove()
    if found:
        return f"the output of {found[0]}"
    if _is_bad(loss):
        return "the loss itself, of finite predictions"
    bad = [name for name, grad in grads.items() if not all_finite([grad])]
    if bad:
        return f"the gradient of {', '.join(map(repr, bad))}"
    return "what random numbers made of this batch: run again, all values are finite"


def _paths_and_leaves(tree: Any) -> Iterable[tuple[tuple[Any, ...], Any]]:
    leaves, structure = optree.tree_flatten(tree)
    return zip(structure.paths(), leaves, strict=True)


def _is_bad(leaf: Any) -> bool:
    return is_array(leaf) and is_floating(leaf) and not all_finite([leaf])
