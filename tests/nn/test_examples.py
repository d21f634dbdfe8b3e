"""The examples run, reach what they promise, and say so when they do not."""

from __future__ import annotations

import importlib.util
import re
import runpy
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy
import pytest

import nn

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def run(monkeypatch, capsys):
    """Run an example with options, and return what it prints and what it exits with, None for success."""
    monkeypatch.syspath_prepend(EXAMPLES)

    def run(name, *options):
        monkeypatch.setattr(sys, "argv", [name, *map(str, options)])
        status = None
        try:
            runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
        except SystemExit as end:
            status = end.code
        return capsys.readouterr().out, status

    # One example imports others, by names that anything may have.
    before = set(sys.modules)
    yield run
    for name in set(sys.modules) - before:
        if (EXAMPLES / f"{name}.py").is_file():
            del sys.modules[name]


def figure(out):
    """The first number in the last line, as a fraction if it is a percentage."""
    number, percent = re.search(r"([\d.]+(?:e[-+]\d+)?)(%?)", out.splitlines()[-1]).groups()
    return float(number) / 100 if percent else float(number)


def losses(out):
    return [float(number) for number in re.findall(r"loss ([\d.]+(?:e[-+]\d+)?)", out)]


@pytest.fixture
def tiny_mnist(monkeypatch):
    """Random images in the place of MNIST."""
    rng = numpy.random.default_rng(0)

    def drawn(count):
        return rng.random((count, 28, 28), dtype=numpy.float32), rng.integers(0, 10, count)

    data = nn.Dataset(*drawn(70), *drawn(30))
    monkeypatch.setattr(nn, "load_mnist", lambda folder: data)


def test_regression(run):
    out, status = run("regression", "--steps", 300)
    assert status is None
    assert figure(out) < 1e-3


@pytest.mark.parametrize("name", ["classification", "forward_only"])
def test_classification(run, name):
    out, status = run(name, "--epochs", 10)
    assert status is None
    assert figure(out) > 0.9


@pytest.mark.parametrize("model", ["residual", "inception"])
def test_blocks_learn(run, model):
    out, _ = run("residual", "--model", model, "--epochs", 1)
    assert figure(out) > 0.5


@pytest.mark.parametrize(("name", "option"), [("regression", "--steps"), ("classification", "--epochs")])
def test_missed_figure_is_told(run, name, option):
    _, status = run(name, option, 1)
    assert str(status).startswith("expected ")


def test_forward_pass_is_enough(run):
    by_hand, _ = run("classification", "--epochs", 5)
    by_autodiff, _ = run("forward_only", "--epochs", 5)
    assert losses(by_hand) == pytest.approx(losses(by_autodiff), rel=1e-3)


@pytest.mark.parametrize(("name", "option"), [("regression", "--steps"), ("forward_only", "--epochs")])
def test_backends_agree(run, xp, name, option):
    if (name, xp.__name__) == ("forward_only", "jax.numpy"):
        pytest.skip("compiles for many seconds")
    on_numpy, _ = run(name, option, 1, "--backend", "numpy")
    out, _ = run(name, option, 1, "--backend", xp.__name__)
    assert figure(out) == pytest.approx(figure(on_numpy), rel=0.01)


def test_seed_decides_all(run):
    first, again, other = (figure(run("regression", "--steps", 1, "--seed", seed)[0]) for seed in (0, 0, 1))
    assert first == again != other


@pytest.mark.usefixtures("tiny_mnist")
def test_lenet_runs(run):
    out, status = run("lenet", "--epochs", 1)
    assert losses(out) == [pytest.approx(2.5, abs=1.5)]
    assert str(status).startswith("expected ")


@pytest.mark.usefixtures("tiny_mnist")
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_lenet_is_that_of_pytorch(run):
    ours, _ = run("lenet", "--epochs", 2)
    theirs, _ = run("lenet_in_pytorch", "--epochs", 2)
    assert losses(ours) == pytest.approx(losses(theirs), rel=1e-3)


NETWORKS = {
    "lenet": (lambda module, drawn: module.lenet(nn, **drawn), (2, 1, 28, 28), numpy.float32),
    "residual": (lambda module, drawn: module.residual(**drawn), (2, 1, 8, 8), numpy.float32),
    "inception": (lambda module, drawn: module.inception(**drawn), (2, 1, 8, 8), numpy.float32),
    "language_model": (
        lambda module, drawn: module.LanguageModel(11, width=16, heads=2, layers=2, **drawn),
        (2, 5),
        numpy.int64,
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_tables_and_pictures_of_the_networks(name, monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    make, shape, dtype = NETWORKS[name]
    example = "residual" if name == "inception" else name
    namespace = SimpleNamespace(**runpy.run_path(str(EXAMPLES / f"{example}.py")))
    network = make(namespace, {"rng": numpy.random.default_rng(0), "xp": numpy})
    table = nn.summary(network, shape, dtype=dtype)
    assert table.trained == sum(parameter.data.size for parameter in network.parameters())
    assert all(row.calls for row in table.rows)
    picture = str(nn.graph(network, numpy.zeros(shape, dtype=dtype)))
    for path, module in network.named_modules():
        # What computes nothing, such as dropout when predicting, is not drawn.
        if any(module.parameters()):
            assert f'"{path}: {type(module).__name__}"' in picture or not path
    if shutil.which("dot"):
        assert nn.graph(network, numpy.zeros(shape, dtype=dtype), depth=2).drawn("svg").startswith(b"<?xml")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("regression", ()),
        ("classification", ()),
        ("forward_only", ()),
        ("residual", ("--model", "residual")),
        ("residual", ("--model", "inception")),
        ("alexnet", ("--batch-size", 2)),
    ],
)
def test_milestone(run, name, options):
    _, status = run(name, *options)
    assert status is None


@pytest.mark.slow
def test_milestone_on_mnist(run):
    try:
        nn.load_mnist()
    except OSError as error:
        pytest.skip(str(error))
    _, status = run("lenet")
    assert status is None
