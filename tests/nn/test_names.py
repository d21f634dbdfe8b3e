"""What `nn` offers, and that no name of one module hides that of another."""

from __future__ import annotations

import ast
import importlib
import inspect

import numpy
import pytest

import nn


@pytest.mark.parametrize("package", [nn, nn.layers, nn.optimizers])
def test_each_name_is_that_of_its_module(package):
    offered = set()
    for node in ast.walk(ast.parse(inspect.getsource(package))):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            module = importlib.import_module(node.module)
            offered |= set(module.__all__)
            for name in module.__all__:
                assert getattr(package, name) is getattr(module, name)
    assert offered <= set(package.__all__)
    assert len(set(package.__all__)) == len(package.__all__)
    assert not any(name.startswith("_") for name in package.__all__)


@pytest.mark.parametrize("package", [nn, nn.functional, nn.layers, nn.optimizers])
def test_nothing_of_others_is_offered(package):
    others = {name for name in package.__all__ if not _module_of(getattr(package, name)).startswith("nn")}
    assert others <= {"ModuleDict", "ModuleList"}


def _module_of(value):
    return value.__name__ if inspect.ismodule(value) else value.__module__


def test_modules_are_not_offered_unless_they_are_spaces_of_names():
    assert {name for name in nn.__all__ if inspect.ismodule(getattr(nn, name))} == {
        "augmentation",
        "functional",
        "init",
        "optimizers",
        "schedules",
    }


@pytest.mark.parametrize("make", [nn.Linear, nn.Conv2d, nn.Embedding, nn.LSTM, nn.BatchNorm1d, nn.LayerNorm, nn.PReLU])
def test_layers_of_integers_are_refused(make):
    sizes = {"Conv2d": (1, 2, 3), "BatchNorm1d": (3,), "LayerNorm": (3,), "PReLU": (3,)}.get(make.__name__, (3, 2))
    options = {} if make in (nn.BatchNorm1d, nn.LayerNorm, nn.PReLU) else {"rng": numpy.random.default_rng(0)}
    with pytest.raises(TypeError, match="dtype must be a floating-point data type, as parameters are trained, got"):
        make(*sizes, xp=numpy, dtype=numpy.int64, **options)
