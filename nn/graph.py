"""The picture of a call: its operations as a graph, for Graphviz."""

from __future__ import annotations

import html
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import optree

from nn.namespaces import dtype_name, is_array
from nn.tracing import Call, Trace, traced

__all__ = ["Graph", "graph"]

_FONT = 'fontname="Helvetica,Arial,sans-serif"'

_HEAD = (
    f'graph [{_FONT}, fontsize=11, labeljust=l, nodesep=0.3, ranksep=0.35, style="rounded,filled", color="#c3ccd6"];',
    f'node [{_FONT}, fontsize=11, shape=box, style="rounded,filled", color="#8a97a6", fillcolor=white, height=0.3];',
    'edge [color="#5b6673", arrowsize=0.6];',
)

_STYLES = {
    "input": ', shape=ellipse, style=filled, color="#2563a8", fillcolor="#dbeafe"',
    "parameter": ', style=filled, color="#b45309", fillcolor="#fef3c7"',
    "buffer": ', style="filled,dashed", color="#b45309", fillcolor="#fffbeb"',
    "operation": "",
    "call": ', color="#3f7d58", fillcolor="#dcf1e4"',
}

_RESULT = ", penwidth=2.5"

_SHADES = ("#e4e9f0", "#f1f4f8")
"""Of boxes around calls, in turn."""

_Box: TypeAlias = int | Call
"""What is drawn as one: a node, by its position, or a call."""


@dataclass(frozen=True)
class Graph:
    """What :func:`graph` returns.

    Attributes
    ----------
    dot : str
        The graph in the language of `Graphviz <https://graphviz.org>`_; also ``str`` of this.
    """

    dot: str

    def __str__(self) -> str:
        return self.dot

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the graph to a file, as its ending says: .dot or .gv as text, .svg, .png, .pdf as a picture.

        Raises
        ------
        FileNotFoundError
            If a picture is asked for, and there is no program ``dot``, which draws it.
        """
        path = Path(path)
        if path.suffix in (".dot", ".gv"):
            path.write_text(self.dot, encoding="utf-8")
        else:
            path.write_bytes(self.drawn(path.suffix.removeprefix(".")))

    def drawn(self, form: str) -> bytes:
        """The picture in a format that Graphviz knows, such as ``"svg"`` or ``"png"``.

        Raises
        ------
        FileNotFoundError
            If there is no program ``dot``, which draws it.
        ValueError
            If it does not know the format.
        """
        program = shutil.which("dot")
        if program is None:
            raise FileNotFoundError(
                "pictures are drawn by the program dot of Graphviz, which is not installed; see "
                "https://graphviz.org/download, or save the graph as .dot"
            )
        done = subprocess.run([program, f"-T{form}"], input=self.dot.encode(), capture_output=True, check=False)
        if done.returncode:
            raise ValueError(f"dot cannot draw {form!r}: {done.stderr.decode().strip()}")
        return done.stdout

    def _repr_svg_(self) -> str | None:
        return self.drawn("svg").decode() if shutil.which("dot") else None


def graph(function: Callable[..., Any], *args: Any, depth: int | None = None, **kwargs: Any) -> Graph:
    """Call a function once and draw what it computes: operations by the calls of modules in which they take place.

    Parameters
    ----------
    function : callable
        A module, or a function of modules and arrays, such as one that returns a loss.
    *args, **kwargs
        Its arguments: arrays, modules, trees of these, anything.
    depth : int, optional
        How deep calls of modules are opened: those below are each drawn as one. 0 draws a model as one box, 1 its
        layers. By default all are opened.

    Returns
    -------
    Graph
        Text for Graphviz, the same for each call of the same kind; a picture in a notebook, or by :meth:`Graph.save`.

    Notes
    -----
    A module is called in the mode in which it is; its buffers and generators are left as they were. Operations that
    depend on nothing that the call was given are constants, which are not drawn, and so are calls that compute nothing,
    such as that of dropout in eval mode.

    Examples
    --------
    >>> import numpy
    >>> print(graph(lambda x: x * 2, numpy.ones(3)))
    digraph {
      ...
      node0 [label=<x<br/>...(3,) float64...>, shape=ellipse, ...];
      node1 [label=<multiply 2<br/>...(3,) float64...>...];
      node0 -> node1;
    }
    """
    return Graph(_dot(traced(function, *args, **kwargs), depth))


def _dot(trace: Trace, depth: int | None) -> str:
    lines = _lines(trace)
    boxes: dict[int, _Box] = {i: i if depth is None or len(line) <= depth else line[depth] for i, line in lines.items()}
    arrows = dict.fromkeys([(boxes[source], boxes[i]) for i in boxes for source in trace.nodes[i].sources])
    within: dict[_Box | None, dict[_Box, None]] = {None: {}}
    # What a module holds comes last, so that calls come in their order.
    for i, box in sorted(boxes.items(), key=lambda item: trace.nodes[item[0]].kind in ("parameter", "buffer")):
        line: list[_Box] = [*lines[i][:depth], box]
        for around, inside in zip((None, *line), line, strict=False):
            within.setdefault(around, {})[inside] = None
    names: dict[_Box, str] = {call: f"call{i}" for i, call in enumerate(trace.calls)}
    names |= {i: f"node{i}" for i in boxes}
    results = {boxes[i] for i in trace.results}

    def drawn(box: _Box) -> Iterator[str]:
        if isinstance(box, Call) and box in within:
            yield f"subgraph cluster_{names[box]} {{"
            yield f'  label="{_title(box)}"; fillcolor="{_SHADES[len(box.line) % 2]}";'
            yield from (f"  {line}" for inside in within[box] for line in drawn(inside))
            yield "}"
        else:
            yield f"{names[box]} [label=<{_label(box, trace)}>{_style(box, trace)}{_RESULT if box in results else ''}];"

    body = [line for box in within[None] for line in drawn(box)]
    edges = [f"{names[start]} -> {names[end]};" for start, end in arrows if start != end]
    return "\n".join(["digraph {", *[f"  {line}" for line in (*_HEAD, *body, *edges)], "}"])


def _lines(trace: Trace) -> dict[int, tuple[Call, ...]]:
    """The calls around each node; of an array of a module those that all of its uses share, if there is one."""
    lines = {i: node.call.line if node.call else () for i, node in enumerate(trace.nodes)}
    users: dict[int, list[tuple[Call, ...]]] = {i: [()] for i in trace.results}
    for i, node in enumerate(trace.nodes):
        for source in node.sources:
            users.setdefault(source, []).append(lines[i])
    for i, node in enumerate(trace.nodes):
        if node.kind in ("parameter", "buffer"):
            if i in users:
                lines[i] = tuple([calls[0] for calls in zip(*users[i], strict=False) if len(set(calls)) == 1])
            else:
                del lines[i]
    return lines


def _title(call: Call) -> str:
    kind = type(call.module).__name__
    return f"{call.path}: {kind}" if call.path else kind


def _label(box: _Box, trace: Trace) -> str:
    if isinstance(box, Call):
        title, leaves = _title(box), optree.tree_leaves(box.out)
        texts = [f"{tuple(x.shape)} {dtype_name(x)}" for x in leaves if is_array(x)]
    else:
        node = trace.nodes[box]
        title = f"{node.name} {node.details}".strip()
        texts = [] if node.shape is None else [f"{node.shape} {node.dtype}"]
    small = "".join(f'<br/><font point-size="10" color="#5b6673">{html.escape(text)}</font>' for text in texts)
    return html.escape(title) + small


def _style(box: _Box, trace: Trace) -> str:
    return _STYLES["call" if isinstance(box, Call) else trace.nodes[box].kind]
