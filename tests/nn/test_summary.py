from __future__ import annotations

import json
import math

import numpy
import pytest

import autodiff
import nn
from nn.tracing import traced

RNG = {"rng": numpy.random.default_rng(0)}


def lenet():
    """LeNet-5 as it is taught today; 61,706 parameters (LeCun et al., 1998, without the sparse table of maps)."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2, **RNG),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5, **RNG),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120, **RNG),
        nn.Tanh(),
        nn.Linear(120, 84, **RNG),
        nn.Tanh(),
        nn.Linear(84, 10, **RNG),
    )


def alexnet():
    """The one of torchvision (Krizhevsky, "One weird trick", 2014)."""
    convolutions = [(3, 64, 11, 4), (64, 192, 5, 1), (192, 384, 3, 1), (384, 256, 3, 1), (256, 256, 3, 1)]
    layers = []
    for i, (*channels, size, stride) in enumerate(convolutions):
        padding = 2 if size > 3 else 1
        layers += [nn.Conv2d(*channels, size, stride=stride, padding=padding, **CHEAP), nn.ReLU()]
        layers += [nn.MaxPool2d(3, 2)] if i in (0, 1, 4) else []
    layers += [nn.AdaptiveAvgPool2d(6), nn.Flatten()]
    for i, sizes in enumerate([(9216, 4096), (4096, 4096), (4096, 1000)]):
        layers += [*([nn.Dropout(rng=numpy.random.default_rng(0)), nn.ReLU()] if i else []), nn.Linear(*sizes, **CHEAP)]
    return nn.Sequential(*layers)


CHEAP = RNG | {"weight_init": lambda rng, shape, dtype, xp: xp.zeros(shape, dtype=dtype)}


def test_lenet_5():
    table = nn.summary(lenet(), (1, 1, 28, 28))
    assert table.trained == 61_706
    assert table.frozen == 0
    # Pixels of the result times the window times channels, by hand.
    convolutions = 28 * 28 * 6 * 25, 10 * 10 * 16 * 25 * 6
    dense = 400 * 120, 120 * 84, 84 * 10
    assert table.macs == sum(convolutions) + sum(dense) == 416_520
    assert [row.macs for row in table.rows if row.macs] == [*convolutions, *dense]
    assert table.state_bytes == 4 * 61_706


@pytest.mark.slow
def test_alexnet():
    table = nn.summary(alexnet(), (1, 3, 224, 224))
    assert table.trained == 61_100_840
    assert table.macs == 714_188_480


def test_the_table_is_to_be_read():
    model = nn.Sequential(nn.Linear(3, 1000, **RNG), nn.Residual(nn.Linear(1000, 1000, **RNG), nn.ReLU()))
    model[0].freeze()
    model[1].layers[0].weight = nn.Parameter(model[1].layers[0].weight, requires_grad=False)
    assert str(nn.summary(model, (2, 3))).splitlines() == [
        "Module          Type        Output     Parameters     Frozen       MACs",
        "───────────────────────────────────────────────────────────────────────",
        "                Sequential  (2, 1000)           0          0          0",
        "0               Linear      (2, 1000)       4,000      4,000      6,000",
        "1               Residual    (2, 1000)           0          0          0",
        "  1.layers      Sequential  (2, 1000)           0          0          0",
        "    1.layers.0  Linear      (2, 1000)   1,001,000  1,000,000  2,000,000",
        "    1.layers.1  ReLU        (2, 1000)           0          0          0",
        "  1.shortcut    Identity    (2, 1000)           0          0          0",
        "───────────────────────────────────────────────────────────────────────",
        "Input                   (2, 3) float32",
        "Parameters              1,005,000, of which 1,004,000 frozen",
        "Multiply-accumulates    2,006,000",
        "Parameters and buffers  4.02 MB",
        "Results of operations   4.06 MB at most",
    ]


def test_it_goes_into_json_and_notebooks():
    table = nn.summary(lenet(), (2, 1, 28, 28))
    loaded = json.loads(json.dumps(table.to_dict()))
    assert loaded["macs"] == 2 * 416_520
    assert loaded["rows"][1]["shapes"] == [[2, 6, 28, 28]]
    page = table._repr_html_()
    assert page.count("<tr>") == 1 + len(table.rows)
    assert "61,706" in page


def test_shared_modules_and_tied_parameters_count_once():
    class Twice(nn.Module):
        def __init__(self):
            self.first = nn.Linear(4, 4, **RNG)
            self.again = self.first
            self.tied = nn.Linear(4, 4, bias=False, **RNG)
            self.tied.weight = dict(self.first.named_parameters())["weight"]

        def __call__(self, x):
            return self.tied(self.again(self.first(x)))

    table = nn.summary(Twice(), (2, 4))
    assert table.trained == 4 * 4 + 4
    assert [(row.path, row.trained, row.calls, row.macs) for row in table.rows] == [
        ("", 0, 1, 0),
        ("first", 20, 2, 2 * 32),
        ("tied", 0, 1, 32),
    ]
    assert "(2 calls)" in str(table)


def test_what_is_not_called_says_so():
    class Spare(nn.Module):
        def __init__(self):
            self.used, self.spare = nn.Linear(2, 2, **RNG), nn.Linear(2, 2, **RNG)

        def __call__(self, x):
            return self.used(x)

    table = nn.summary(Spare(), (1, 2))
    assert "not called" in str(table).splitlines()[4]
    assert table.rows[2].calls == 0


def test_several_inputs_and_results_of_several_kinds(xp):
    class Score(nn.Module):
        def __init__(self):
            self.embedding = nn.Embedding(10, 4, xp=xp, **RNG)

        def __call__(self, symbols, weights):
            vectors = self.embedding(symbols)
            return {"score": autodiff.array_namespace(vectors, weights).matmul(vectors, weights), "vectors": vectors}

    table = nn.summary(Score(), xp.zeros((3, 5), dtype=xp.int64), (4, 2))
    assert table.inputs == ("(3, 5) int64", "(4, 2) float32")
    assert set(table.rows[0].shapes) == {(3, 5, 2), (3, 5, 4)}
    assert table.rows[0].macs == 3 * 5 * 2 * 4


@pytest.mark.parametrize(
    ("layer", "shape", "macs"),
    [
        # Pixels of the result x channels out x (channels in / groups) x window, times the batch.
        (lambda xp: nn.Conv1d(4, 6, 3, stride=2, xp=xp, **RNG), (2, 4, 9), 2 * 4 * 6 * 4 * 3),
        (lambda xp: nn.Conv2d(4, 6, 3, groups=2, xp=xp, **RNG), (2, 4, 7, 8), 2 * 5 * 6 * 6 * 2 * 9),
        (lambda xp: nn.Conv3d(1, 2, 2, xp=xp, **RNG), (1, 1, 3, 3, 3), 8 * 2 * 8),
        (lambda xp: nn.ConvTranspose2d(4, 6, 3, stride=2, xp=xp, **RNG), (2, 4, 5, 5), 2 * 25 * 4 * 6 * 9),
        (lambda xp: nn.Linear(5, 3, xp=xp, **RNG), (2, 4, 5), 2 * 4 * 5 * 3),
        (lambda xp: nn.Linear(5, 3, xp=xp, **RNG), (5,), 15),
        (lambda xp: nn.Linear(5, 3, xp=xp, **RNG), (0, 5), 0),
        (lambda xp: nn.BatchNorm1d(5, xp=xp), (2, 5), 0),
    ],
)
def test_multiply_accumulates_by_hand(xp, layer, shape, macs):
    assert nn.summary(layer(xp), shape).macs == macs


def test_multiply_accumulates_of_larger_layers():
    assert nn.summary(nn.LSTM(3, 5, **RNG), (7, 2, 3)).macs == 7 * 2 * 4 * 5 * (3 + 5)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, **RNG)
    # Four projections, then for each of two heads scores and the sum of values, then the network, and squares in norms.
    assert nn.summary(layer, (3, 5, 8)).macs == 3 * (5 * 8 * 8 * 4 + 2 * 2 * 5 * 5 * 4 + 2 * 5 * 8 * 16 + 2 * 5 * 8)


@pytest.mark.parametrize(
    ("function", "shapes", "macs"),
    [
        ("matmul", [(2, 3), (3, 4)], 24),
        ("matmul", [(3,), (3,)], 3),
        ("matmul", [(5, 2, 3), (3, 4)], 120),
        ("vecdot", [(2, 1, 3), (4, 3)], 24),
        ("linalg.matmul", [(2, 3), (3, 4)], 24),
        ("linalg.vecdot", [(2, 3), (2, 3)], 6),
        ("tensordot", [(2, 3, 4), (3, 4, 5)], 120),
        ("linalg.tensordot", [(2, 3, 4), (3, 4, 5)], 120),
    ],
)
def test_products_of_arrays(xp, function, shapes, macs):
    def call(*arrays):
        found = autodiff.array_namespace(*arrays)
        for name in function.split("."):
            found = getattr(found, name)
        return found(*arrays)

    trace = traced(call, *[xp.ones(shape) for shape in shapes])
    assert sum(node.macs for node in trace.nodes) == macs


def test_tensordot_over_named_axes(xp):
    def call(x, y):
        return autodiff.array_namespace(x).tensordot(x, y, axes=((-1, 0), (0, 1)))

    assert sum(node.macs for node in traced(call, xp.ones((2, 3, 4)), xp.ones((4, 2, 5))).nodes) == 2 * 3 * 4 * 5


def test_checkpointed_work_counts():
    x, y = numpy.ones((2, 3)), numpy.ones((3, 4))
    trace = traced(lambda x, y: autodiff.checkpoint(lambda x, y: x @ y)(x, y), x, y)
    assert sum(node.macs for node in trace.nodes) == 24


def test_the_work_of_derivatives_counts():
    x, y = numpy.ones((2, 3)), numpy.ones((3, 4))

    def function(x, y):
        def total(x, y):
            return autodiff.array_namespace(x, y).sum(x @ y)

        return autodiff.grad(total, argnums=(0, 1))(x, y)

    # The product, and one for the cotangent of each operand.
    assert sum(node.macs for node in traced(function, x, y).nodes) == 3 * 24


def test_nothing_changes():
    model = nn.Sequential(nn.Linear(3, 3, **RNG), nn.BatchNorm1d(3), nn.Dropout(0.5, rng=numpy.random.default_rng(7)))
    model[1].eval()
    before = {name: numpy.array(x) for name, x in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    nn.summary(model, (4, 3))
    traced(model.train(), nn.summary.__globals__["_zeros"](model, (4, 3), None, None))
    model[1].eval()
    for name, x in model.state_dict().items():
        numpy.testing.assert_array_equal(numpy.asarray(x), before[name])
    assert [module.training for module in model.modules()] == modes
    assert model[2].rng.random() == numpy.random.default_rng(7).random()
    assert not any(module._hooks or module._pre_hooks for module in model.modules())


def test_a_failing_call_leaves_the_model_as_it_was():
    model = nn.Sequential(nn.Linear(3, 3, **RNG), nn.Linear(4, 3, **RNG))
    before = model.state_dict()
    with pytest.raises(ValueError):  # noqa: PT011 -- whose message is the library's
        nn.summary(model, (4, 3))
    assert all(model.state_dict()[name] is x for name, x in before.items())
    assert model.training
    assert not any(module._hooks or module._pre_hooks for module in model.modules())


def test_namespace_and_data_type_of_what_is_made_up(xp):
    assert nn.summary(nn.ReLU(), (2, 3), xp=xp, dtype=xp.float64).inputs == ("(2, 3) float64",)
    assert nn.summary(nn.Linear(3, 2, xp=xp, dtype=xp.float64, **RNG), (3,)).inputs == ("(3,) float64",)


def test_memory_in_units():
    assert "8 bytes" in str(nn.summary(nn.Linear(1, 1, **RNG), (1, 1)))
    big = nn.Linear(1000, 1000, **CHEAP)
    assert "4.004 MB" in str(nn.summary(big, (1, 1000)))
    assert math.isclose(nn.summary(big, (1, 1000)).state_bytes, 4_004_000)
