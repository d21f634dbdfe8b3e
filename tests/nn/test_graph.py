from __future__ import annotations

import re
import shutil
from xml.etree import ElementTree

import numpy
import pytest

import autodiff
import nn
from nn.tracing import traced

RNG = {"rng": numpy.random.default_rng(0)}

needs_graphviz = pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz")


def parts(dot):
    """Labels of nodes by their names, labels of clusters, edges; by regular expressions, not by what wrote it."""
    nodes = dict(re.findall(r"(\w+) \[label=<(.*?)>(?:,|\])", dot.replace("<br/>", " ")))
    nodes = {name: re.sub("</?font[^>]*>", "", label) for name, label in nodes.items()}
    clusters = re.findall(r'label="(.*?)"', dot)
    edges = [(nodes[start], nodes[end]) for start, end in re.findall(r"(\w+) -> (\w+);", dot)]
    return list(nodes.values()), clusters, edges


def mlp(xp=numpy):
    return nn.Sequential(nn.Linear(3, 4, xp=xp, **RNG), nn.ReLU(), nn.Linear(4, 2, bias=False, xp=xp, **RNG))


def test_the_text_of_a_small_graph():
    found = nn.graph(lambda x, y: x * 2 + y, numpy.ones(3, dtype=numpy.float32), numpy.asarray(1.0))
    lines = str(found).splitlines()
    small = '<br/><font point-size="10" color="#5b6673">'
    blue = 'shape=ellipse, style=filled, color="#2563a8", fillcolor="#dbeafe"'
    assert lines[0] == "digraph {"
    assert lines[4:] == [
        f"  node0 [label=<x{small}(3,) float32</font>>, {blue}];",
        f"  node1 [label=<y{small}() float64</font>>, {blue}];",
        f"  node2 [label=<multiply 2{small}(3,) float32</font>>];",
        f"  node3 [label=<add{small}(3,) float64</font>>, penwidth=2.5];",
        "  node0 -> node2;",
        "  node2 -> node3;",
        "  node1 -> node3;",
        "}",
    ]


def test_a_network_on_every_namespace(xp):
    nodes, clusters, edges = parts(str(nn.graph(mlp(xp), xp.ones((5, 3), dtype=xp.float32))))
    assert clusters == ["Sequential", "0: Linear", "1: ReLU", "2: Linear"]
    assert edges == [
        ("0.weight (4, 3) float32", "matrix_transpose (3, 4) float32"),
        ("x (5, 3) float32", "matmul (5, 4) float32"),
        ("matrix_transpose (3, 4) float32", "matmul (5, 4) float32"),
        ("matmul (5, 4) float32", "add (5, 4) float32"),
        ("0.bias (4,) float32", "add (5, 4) float32"),
        ("add (5, 4) float32", "maximum 0 (5, 4) float32"),
        ("2.weight (2, 4) float32", "matrix_transpose (4, 2) float32"),
        ("maximum 0 (5, 4) float32", "matmul (5, 2) float32"),
        ("matrix_transpose (4, 2) float32", "matmul (5, 2) float32"),
    ]
    assert len(nodes) == 10


def test_it_is_the_same_each_time():
    x = numpy.ones((5, 3), dtype=numpy.float32)
    assert nn.graph(mlp(), x) == nn.graph(mlp(), x)


def test_depth_draws_calls_as_one():
    model, x = nn.Sequential(mlp(), nn.Sigmoid()), numpy.ones((5, 3), dtype=numpy.float32)
    nodes, clusters, edges = parts(str(nn.graph(model, x, depth=0)))
    assert (nodes, clusters) == (["x (5, 3) float32", "Sequential (5, 2) float32"], [])
    assert edges == [tuple(nodes)]
    nodes, clusters, _ = parts(str(nn.graph(model, x, depth=1)))
    assert nodes == ["x (5, 3) float32", "0: Sequential (5, 2) float32", "1: Sigmoid (5, 2) float32"]
    assert clusters == ["Sequential"]
    nodes, clusters, _ = parts(str(nn.graph(model, x, depth=2)))
    assert nodes[1:4] == [
        f"0.{i}: {kind} (5, {n}) float32" for i, kind, n in zip(range(3), KINDS, (4, 4, 2), strict=True)
    ]
    assert clusters == ["Sequential", "0: Sequential", "1: Sigmoid"]
    assert str(nn.graph(model, x, depth=9)) == str(nn.graph(model, x))


KINDS = "Linear", "ReLU", "Linear"


def test_tied_parameters_stand_between_their_users():
    class Tied(nn.Module):
        def __init__(self):
            self.first = nn.Linear(2, 2, bias=False, xp=numpy, **RNG)
            self.second = nn.Linear(2, 2, bias=False, xp=numpy, **RNG)
            self.second.weight = dict(self.first.named_parameters())["weight"]

        def __call__(self, x):
            return self.second(self.first(x))

    nodes, _, edges = parts(str(nn.graph(Tied(), numpy.ones(2, dtype=numpy.float32), depth=1)))
    assert {node.split()[0] for node in nodes} == {"x", "first.weight", "first:", "second:"}
    assert sum(start.startswith("first.weight") for start, _ in edges) == 2


def test_a_loss_with_what_is_beside_the_model():
    def loss(model, x, labels):
        return nn.cross_entropy(model(x), labels)

    found = str(
        nn.graph(loss, mlp(), numpy.ones((5, 3), dtype=numpy.float32), numpy.zeros(5, dtype=numpy.int64), depth=0)
    )
    nodes, clusters, edges = parts(found)
    assert clusters == []
    assert nodes[:2] == ["x (5, 3) float32", "labels (5,) int64"]
    assert ("x (5, 3) float32", "Sequential (5, 2) float32") in edges
    # All that is computed leads to the loss, in bold.
    assert found.count("penwidth=2.5") == 1
    (result,) = [line for line in found.splitlines() if "penwidth" in line]
    assert "() float32" in result


def test_buffers_and_gradients_appear():
    model = nn.BatchNorm1d(3, xp=numpy).eval()
    nodes, _, _ = parts(str(nn.graph(model, numpy.ones((5, 3), dtype=numpy.float32))))
    assert {"running_mean (3,) float32", "running_var (3,) float32", "weight (3,) float32"} <= set(nodes)
    assert not any("num_batches_tracked" in node for node in nodes)
    names = [node.name for node in traced(autodiff.grad(lambda x: x * x), numpy.asarray(2.0)).nodes]
    assert names.count("multiply") == 3


def test_what_stops_gradients_is_seen_all_the_same():
    x = numpy.ones(3)
    assert [node.name for node in traced(lambda x: autodiff.stop_gradient(x * 2) + 1, x).nodes] == [
        "x",
        "multiply",
        "add",
    ]


def test_arrays_in_trees_and_indices():
    def pick(table, key, *, scale):
        return table["rows"][key["i"]] * scale

    trace = traced(pick, {"rows": numpy.ones((4, 2))}, {"i": numpy.asarray([0, 2])}, scale=numpy.asarray(2.0))
    assert [node.name for node in trace.nodes] == ["table['rows']", "key['i']", "scale", "getitem", "multiply"]
    assert trace.nodes[3].sources == (0, 1)


def test_results_of_several_arrays_and_in_place_operations(xp):
    def call(x):
        found = autodiff.array_namespace(x)
        values = found.unique_values(x) if x.shape == () else found.linalg.qr(x)
        y = values[0] + 0
        y[0, 0] = 1.0
        y += 1
        return y

    trace = traced(call, xp.ones((2, 2)))
    assert [node.name for node in trace.nodes] == ["x", "linalg.qr", "add", "setitem", "add"]
    assert trace.nodes[1].shape is None
    assert trace.nodes[1].nbytes == 2 * trace.nodes[0].nbytes


def test_labels_are_escaped():
    def less(a, b):
        return a < b

    class Odd(nn.Module):
        def __init__(self):
            self.parts = {'<"x">': nn.Linear(1, 1, xp=numpy, **RNG)}

        def __call__(self, x):
            return self.parts['<"x">'](x)

    found = nn.graph(Odd(), numpy.ones(1, dtype=numpy.float32))
    assert "&lt;" in str(found)
    if shutil.which("dot"):
        ElementTree.fromstring(found.drawn("svg"))


def test_a_traced_array_does_not_outlive_its_trace():
    kept = []
    traced(lambda x: kept.append(x) or x, numpy.ones(2))
    with pytest.raises(autodiff.LeakedTracerError):
        kept[0] + 1


def test_no_array_at_all_is_an_error():
    with pytest.raises(TypeError, match="expected at least one array"):
        nn.graph(lambda: 1)


def test_the_text_is_saved(tmp_path):
    found = nn.graph(lambda x: x + 1, numpy.ones(2))
    found.save(tmp_path / "x.dot")
    assert (tmp_path / "x.dot").read_text(encoding="utf-8") == str(found)


@needs_graphviz
def test_pictures(tmp_path):
    found = nn.graph(mlp(), numpy.ones((5, 3), dtype=numpy.float32))
    found.save(tmp_path / "x.svg")
    texts = {x.text for x in ElementTree.parse(tmp_path / "x.svg").iter("{http://www.w3.org/2000/svg}text")}
    assert {"x", "0.weight", "matmul", "(5, 2) float32", "0: Linear"} <= texts
    assert found._repr_svg_().startswith("<?xml")
    found.save(tmp_path / "x.png")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="dot cannot draw 'nothing'"):
        found.save(tmp_path / "x.nothing")
    assert not (tmp_path / "x.nothing").exists()


def test_without_graphviz_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    found = nn.graph(lambda x: x + 1, numpy.ones(2))
    assert found._repr_svg_() is None
    with pytest.raises(FileNotFoundError, match=r"graphviz.org/download, or save the graph as \.dot"):
        found.save(tmp_path / "x.svg")
