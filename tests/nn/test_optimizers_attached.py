"""Optimizers that change a model in place."""

from __future__ import annotations

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn


def model(xp=numpy):
    rng = numpy.random.default_rng(0)
    options = {"rng": rng, "xp": xp, "dtype": xp.float64}
    return nn.Sequential(nn.Linear(3, 4, **options), nn.ReLU(), nn.Linear(4, 1, **options))


def loss(model, x):
    out = model(x)
    return autodiff.array_namespace(out).mean((out - 1.0) ** 2)


X = numpy.random.default_rng(1).normal(size=(8, 3))


def train(attached, x, steps):
    for _ in range(steps):
        attached.zero_grad()
        nn.backward(loss)(attached.model, x)
        attached.step()


def test_the_loop_of_pytorch(xp):
    torch = pytest.importorskip("torch")
    ours, x = model(xp), xp.asarray(X)
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1)).double()
    theirs.load_state_dict({name: torch.tensor(numpy.asarray(array)) for name, array in ours.state_dict().items()})
    reference = torch.optim.Adam(theirs.parameters(), lr=0.01)
    for _ in range(20):
        reference.zero_grad()
        ((theirs(torch.tensor(X)) - 1.0) ** 2).mean().backward()
        reference.step()
    train(nn.Adam(0.01).attach(ours), x, 20)
    for name, tensor in theirs.state_dict().items():
        assert_allclose(numpy.asarray(ours.state_dict()[name]), tensor.numpy(), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("optimizer", [nn.Adam(0.1), nn.LBFGS(max_iter=2)], ids=["Adam", "LBFGS"])
@pytest.mark.parametrize("start", ["float32", "float64"])
def test_the_state_follows_a_model_that_is_moved(xp, optimizer, start):
    def losses(moves):
        layers = model().to(dtype=getattr(numpy, start))
        attached = optimizer.attach(layers)

        def closure():
            attached.zero_grad()
            return nn.backward(loss)(layers, x)

        found = []
        for space in moves:
            x = space.asarray(X, dtype=space.float64)
            layers.to(space, dtype=space.float64)
            found += [float(attached.step(closure)) for _ in range(2)]
            assert all(array.dtype == space.float64 for array in layers.state_dict().values())
        return found

    assert_allclose(losses([numpy, xp, numpy]), losses([numpy, numpy, numpy]), rtol=1e-7)


@pytest.mark.parametrize("wrong", [model().parameters(), "0.1", None])
def test_a_learning_rate_is_a_number_or_a_schedule(wrong):
    with pytest.raises(TypeError, match="learning_rate of scale_by_learning_rate must be a number or a schedule, got"):
        nn.Adam(wrong)


def test_frozen_parameters_and_those_without_gradient_stay():
    attached = nn.Adam(0.1, weight_decay=0.1).attach(model())
    layers = attached.model
    frozen = dict(layers.named_parameters())["0.weight"]
    frozen.requires_grad = False
    before = layers.state_dict()
    nn.backward(loss)(layers, X)
    frozen.grad = numpy.ones((4, 3))
    dict(layers.named_parameters())["2.bias"].grad = None
    attached.step()
    same = {name: numpy.array_equal(before[name], after) for name, after in layers.state_dict().items()}
    assert same == {"0.weight": True, "0.bias": False, "2.weight": False, "2.bias": True}


@pytest.mark.parametrize("optimizer", [nn.Adam(0.1), nn.accumulate(nn.Adam(0.1), 1), nn.grouped({"*": nn.Adam(0.1)})])
def test_what_is_unfrozen_later_is_trained_from_then_on(optimizer):
    layers = model()
    first = next(iter(layers.named_children()))[1].freeze()
    attached = optimizer.attach(layers)
    assert not any("0.weight" in name for name in attached.state_dict())
    train(attached, X, 2)
    kept = attached.state_dict()
    first.unfreeze()
    before = layers.state_dict()
    train(attached, X, 1)
    assert not numpy.array_equal(before["0.weight"], layers.state_dict()["0.weight"])
    assert kept.keys() < attached.state_dict().keys()
    # And frozen again it keeps what it has.
    first.freeze()
    slot = next(name for name in attached.state_dict() if name.endswith("mean.0.weight"))
    held = attached.state_dict()[slot]
    train(attached, X, 1)
    assert_array_equal(attached.state_dict()[slot], held)


def test_tied_parameters_are_one():
    tied, separate = (
        nn.Sequential(*(nn.Linear(3, 3, rng=numpy.random.default_rng(0), xp=numpy) for _ in range(2))) for _ in range(2)
    )
    first, last = (layer for _, layer in tied.named_children())
    last.weight = dict(first.named_parameters())["weight"]
    train(nn.SGD(0.1).attach(tied), X, 1)
    train(nn.SGD(0.1).attach(separate), X, 1)
    assert last.weight is first.weight
    # Two layers that start alike: the tied step is the sum of both.
    start = nn.Linear(3, 3, rng=numpy.random.default_rng(0), xp=numpy).weight
    moves = [layer.weight - start for _, layer in separate.named_children()]
    assert_allclose(first.weight - start, moves[0] + moves[1], rtol=1e-5)


def test_training_goes_on_from_a_file_to_the_bit(tmp_path):
    straight = nn.Adam(0.01, amsgrad=True).attach(model())
    train(straight, X, 6)
    first = nn.Adam(0.01, amsgrad=True).attach(model())
    train(first, X, 3)
    nn.save(tmp_path / "model", first.model.state_dict())
    nn.save(tmp_path / "optimizer", first.state_dict())
    second = nn.Adam(0.01, amsgrad=True).attach(model())
    second.model.load_state_dict(nn.load(tmp_path / "model"))
    second.load_state_dict(nn.load(tmp_path / "optimizer"))
    train(second, X, 3)
    for name, array in straight.model.state_dict().items():
        assert_array_equal(second.model.state_dict()[name], array, strict=True)
    with pytest.raises(ValueError, match=r"missing scale_by_adam\.largest\.0\.weight"):
        second.load_state_dict(nn.Adam(0.01).attach(model()).state_dict())


def test_a_closure_is_called_first():
    attached = nn.SGD(0.1).attach(model())

    def closure():
        attached.zero_grad()
        return nn.backward(loss)(attached.model, X)

    losses = [float(attached.step(closure)) for _ in range(3)]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] == float(loss(model(), X))


def test_lbfgs_needs_a_closure():
    attached = nn.LBFGS().attach(model())
    with pytest.raises(TypeError, match=r"give step\(\) a closure"):
        attached.step()

    def closure():
        attached.zero_grad()
        return nn.backward(loss)(attached.model, X)

    first = attached.step(closure)
    assert first == loss(model(), X)
    assert loss(attached.model, X) < first / 10
    next(iter(attached.model.named_children()))[1].freeze()
    attached.step(closure)


def test_a_model_that_is_frozen_whole_stays():
    attached = nn.Adam(0.1).attach(model().freeze())
    attached.step()
    assert attached.state["step"] == 1
