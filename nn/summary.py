"""A model as a table: what its modules give, how many parameters they hold, how much they compute."""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import optree

from autodiff import array_namespace
from autodiff.namespaces import device_of
from nn.module import Module
from nn.namespaces import Array, Namespace, dtype_name, is_array, is_floating, namespace_or_default
from nn.tracing import size_in_bytes, traced

__all__ = ["Summary", "summary"]


@dataclass(frozen=True)
class Row:
    """A module; `trained`, `frozen` and `macs` leave out what belongs to the modules within it."""

    path: str
    depth: int
    type: str
    calls: int
    shapes: tuple[tuple[int, ...], ...]
    trained: int
    frozen: int
    macs: int


@dataclass(frozen=True)
class Summary:
    """What :func:`summary` returns. ``str`` of it is a table, and so is what a notebook shows.

    Attributes
    ----------
    inputs : tuple of str
        Shape and data type of each input.
    rows : tuple of Row
        Each module once, in the order of :meth:`nn.Module.named_modules`.
    trained, frozen : int
        Numbers of parameters, tied ones counted once.
    macs : int
        Multiply-accumulate operations of the call.
    state_bytes : int
        Memory of parameters and buffers.
    computed_bytes : int
        Memory of all results of operations together: at most so much, if none is freed before the end, as in training.
    """

    inputs: tuple[str, ...]
    rows: tuple[Row, ...]
    trained: int
    frozen: int
    macs: int
    state_bytes: int
    computed_bytes: int

    def to_dict(self) -> dict[str, Any]:
        """Everything in dicts and tuples, as for JSON."""
        return asdict(self)

    @property
    def _cells(self) -> list[tuple[str, ...]]:
        table = [("Module", "Type", "Output", "Parameters", "Frozen", "MACs"), *map(_cells, self.rows)]
        return table if self.frozen else [(*cells[:4], cells[5]) for cells in table]

    @property
    def _totals(self) -> list[tuple[str, str]]:
        frozen = f", of which {self.frozen:,} frozen" if self.frozen else ""
        return [
            ("Input", ", ".join(self.inputs)),
            ("Parameters", f"{self.trained + self.frozen:,}{frozen}"),
            ("Multiply-accumulates", f"{self.macs:,}"),
            ("Parameters and buffers", _memory(self.state_bytes)),
            ("Results of operations", f"{_memory(self.computed_bytes)} at most"),
        ]

    def __str__(self) -> str:
        head, *body = self._cells
        widths = [max(map(len, column)) for column in zip(head, *body, strict=True)]
        rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
        label = max(len(name) for name, _ in self._totals)
        return "\n".join(
            [
                _line(head, widths),
                rule,
                *[_line(cells, widths) for cells in body],
                rule,
                *[f"{name:<{label}}  {value}" for name, value in self._totals],
            ]
        )

    def _repr_html_(self) -> str:
        head, *body = self._cells
        rows = [_html_row("th", head), *[_html_row("td", cells) for cells in body]]
        totals = "<br>".join(f"{html.escape(name)}: {html.escape(value)}" for name, value in self._totals)
        return f"<table>{''.join(rows)}</table><p>{totals}</p>"


def summary(model: Module, *inputs: Any, xp: Namespace | None = None, dtype: Any = None) -> Summary:
    """Call a model once, and tell for each module the shape of its result, its parameters and what it computes.

    Parameters
    ----------
    model : Module
        Called in eval mode; its mode, buffers and generators are left as they were.
    *inputs : tuple of int or array or anything
        Arguments of the call; for each tuple of integers an array of zeros of that shape, which names all axes, that of
        the batch among them.
    xp : namespace, optional
        Namespace of those zeros; that of the parameters by default.
    dtype : optional
        Data type of those zeros, such as an integer type for an embedding; that of the first parameter of a
        floating-point type by default.

    Returns
    -------
    Summary

    Notes
    -----
    Multiply-accumulate operations are counted as they take place, in all products of matrices and all convolutions,
    also those outside of layers; a module that is called twice counts twice. Convolutions count padding like the image.
    Elementwise operations and sums, so biases, normalizations and activations, count as none.

    Examples
    --------
    >>> import nn, numpy
    >>> rng = numpy.random.default_rng(0)
    >>> model = nn.Sequential(nn.Linear(784, 128, rng=rng), nn.ReLU(), nn.Linear(128, 10, rng=rng))
    >>> print(summary(model, (32, 784)))
    Module  Type        Output     Parameters       MACs
    ────────────────────────────────────────────────────
            Sequential  (32, 10)            0          0
    0       Linear      (32, 128)     100,480  3,211,264
    1       ReLU        (32, 128)           0          0
    2       Linear      (32, 10)        1,290     40,960
    ────────────────────────────────────────────────────
    Input                   (32, 784) float32
    Parameters              101,770
    Multiply-accumulates    3,252,224
    Parameters and buffers  407.1 kB
    Results of operations   458.2 kB at most
    """
    given = [_zeros(model, x, xp, dtype) if _is_shape(x) else x for x in inputs]
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        trace = traced(model, *given)
    finally:
        for module, mode in modes:
            module.training = mode
    modules = dict(model.named_modules())
    trained, frozen, macs = Counter[str](), Counter[str](), Counter[str]()
    for name, parameter in model.named_parameters():
        count = trained if parameter.requires_grad else frozen
        count[_owner(name, modules)] += math.prod(parameter.data.shape)
    for node in trace.nodes:
        if node.call is not None:
            macs[node.call.path] += node.macs
    calls = Counter(call.path for call in trace.calls)
    outs = {call.path: call.out for call in trace.calls}
    rows = [
        Row(
            path,
            _depth(path, modules),
            type(module).__name__,
            calls[path],
            tuple([tuple(x.shape) for x in _leaves(outs.get(path))]),
            trained[path],
            frozen[path],
            macs[path],
        )
        for path, module in modules.items()
    ]
    arrays = [p.data for p in model.parameters()] + [buffer.data for _, buffer in model.named_buffers()]
    return Summary(
        tuple([f"{_shape(x.shape)} {dtype_name(x)}" for x in _leaves(given)]),
        tuple(rows),
        trained.total(),
        frozen.total(),
        macs.total(),
        sum(map(size_in_bytes, arrays)),
        sum(node.nbytes for node in trace.nodes if node.kind == "operation"),
    )


def _leaves(tree: Any) -> list[Array]:
    return [x for x in optree.tree_leaves(tree) if is_array(x)]


def _is_shape(x: Any) -> bool:
    return isinstance(x, (tuple, list)) and all(isinstance(n, int) for n in x)


def _zeros(model: Module, shape: Any, xp: Namespace | None, dtype: Any) -> Array:
    like = next((p.data for p in model.parameters() if is_floating(p.data)), None)
    if xp is not None or like is None:
        xp = namespace_or_default(xp)
        return xp.zeros(tuple(shape), dtype=dtype or xp.float32)
    return array_namespace(like).zeros(tuple(shape), dtype=dtype or like.dtype, device=device_of(like))


def _owner(name: str, modules: Mapping[str, Module]) -> str:
    """Path of the module in which something of a path is; names may have dots of their own."""
    owner = name.rpartition(".")[0]
    while owner not in modules:
        owner = owner.rpartition(".")[0]
    return owner


def _depth(path: str, modules: Mapping[str, Module]) -> int:
    return 1 + _depth(_owner(path, modules), modules) if path else 0


def _cells(row: Row) -> tuple[str, ...]:
    output = ", ".join(map(_shape, row.shapes)) if row.calls else "not called"
    output += f" ({row.calls} calls)" if row.calls > 1 else ""
    numbers = row.trained + row.frozen, row.frozen, row.macs
    return "  " * max(0, row.depth - 1) + row.path, row.type, output, *[f"{n:,}" for n in numbers]


def _shape(shape: Sequence[int]) -> str:
    return str(tuple(shape))


def _memory(nbytes: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if nbytes < 1000:
            return f"{nbytes:.4g} {unit}"
        nbytes /= 1000
    return f"{nbytes:.4g} GB"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Words to the left, numbers to the right."""
    sides = "<<<>>>"
    return "  ".join(
        [f"{cell:{side}{width}}" for cell, side, width in zip(cells, sides, widths, strict=False)]
    ).rstrip()


def _html_row(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"
