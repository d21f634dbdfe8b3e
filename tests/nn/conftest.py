"""A tiny data set in MNIST's format, and layers next to PyTorch's."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy
import optree
import pytest
from numpy.testing import assert_allclose

import autodiff
import nn

FOLDER = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """On JAX, run one case of each test for each layer or function; the other cases are slow.

    JAX compiles each operation for each shape and data type that it meets, which takes nearly all of the time.
    """
    seen = set()
    for item in items:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        if FOLDER in item.path.parents and params.get("xp") == "jax.numpy":
            subject = item.path, item.originalname, *(id(value) for value in params.values() if callable(value))
            if subject in seen:
                item.add_marker("slow")
            seen.add(subject)


def idx(array):
    """The bytes of an IDX file."""
    array = numpy.asarray(array, dtype=numpy.uint8)
    return bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


@pytest.fixture
def mnist(tmp_path):
    """A folder like MNIST's, of three training and two test images of 4x5 pixels, half of the files gzipped."""
    rng = numpy.random.default_rng(0)
    for part, count in (("train", 3), ("t10k", 2)):
        images = rng.integers(0, 256, (count, 4, 5))
        (tmp_path / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(numpy.arange(count)))
    return tmp_path


def _compare_with_torch(ours, theirs, *inputs, xp=numpy):
    torch = pytest.importorskip("torch")
    rng = numpy.random.default_rng(0)
    theirs = theirs.double()
    for parameter in theirs.parameters():
        parameter.data = torch.asarray(rng.normal(size=tuple(parameter.shape)))
    ours.load_state_dict({name: array.numpy() for name, array in theirs.state_dict().items()})
    assert [name for name, _ in ours.named_parameters()] == [name for name, _ in theirs.named_parameters()]

    given = optree.tree_map(lambda x: torch.tensor(x, requires_grad=x.dtype == numpy.float64), inputs)
    expected = optree.tree_leaves(theirs(*given))
    cts = [rng.normal(size=tuple(x.shape)) for x in expected]
    variables = [x for x in optree.tree_leaves(given) if x.requires_grad] + list(theirs.parameters())
    expected_cts = torch.autograd.grad(expected, variables, [torch.asarray(ct) for ct in cts])

    leaves, treedef = optree.tree_flatten(optree.tree_map(xp.asarray, inputs))
    floating = [i for i, x in enumerate(leaves) if xp.isdtype(x.dtype, "real floating")]

    def f(arrays, params):
        both = [*leaves]
        for i, x in zip(floating, arrays, strict=True):
            both[i] = x
        return optree.tree_leaves(nn.functional_call(ours, params, *treedef.unflatten(both)))

    params = [parameter.data for parameter in ours.parameters()]
    names = [name for name, _ in ours.named_parameters()]
    outs, pullback = autodiff.vjp(
        lambda arrays, params: f(arrays, dict(zip(names, params, strict=True))), [leaves[i] for i in floating], params
    )
    actual_cts = optree.tree_leaves(pullback([xp.asarray(ct) for ct in cts]))
    found, wanted = [*outs, *actual_cts], [*expected, *expected_cts]
    for name, buffer in ours.named_buffers():
        if name.startswith("running"):
            found.append(buffer.data)
            wanted.append(theirs.get_buffer(name))
    for x, y in zip(found, wanted, strict=True):
        assert x.dtype == xp.float64
        assert_allclose(numpy.asarray(x), y.detach().numpy(), rtol=1e-9, atol=1e-9)


@pytest.fixture
def compare_with_torch():
    """Hold a layer in float64 against PyTorch's: names, results, all gradients to 1e-9, and running averages.

    The layer takes over the state of PyTorch's layer, of which parameters have been drawn anew.
    """
    return _compare_with_torch
