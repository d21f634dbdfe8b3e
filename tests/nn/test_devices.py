"""Layers, losses and optimizers compute where their parameters and inputs are.

array-api-strict and PyTorch refuse to combine arrays of two devices, so an array made on the default one is found.
"""

from __future__ import annotations

import inspect

import numpy
import optree
import pytest

import autodiff
import nn


@pytest.fixture(params=["device1 of array_api_strict", "meta of torch", "cuda of torch"])
def place(request):
    """A namespace, and a device of it that is not the default one. Tensors on "meta" have no values."""
    device, _, name = request.param.partition(" of ")
    library = pytest.importorskip(name)
    if device == "cuda" and not library.cuda.is_available():
        pytest.skip("needs a GPU")
    if name == "torch":
        return autodiff.import_namespace(name), library.empty(0, device=device).device
    library.set_array_api_strict_flags(api_version="2025.12")
    return library, library.Device(device)


LAYERS = {name: x for name, x in vars(nn).items() if inspect.isclass(x) and issubclass(x, nn.Module)}
for _name in "Module ParameterDict Lambda Sequential Residual TransformerDecoder TransformerEncoder".split():
    # Nothing of their own is computed.
    del LAYERS[_name]

SEQUENCE, IMAGE, VOLUME = [(2, 4, 8)], [(2, 4, 9, 9)], [(2, 4, 5, 5, 5)]
BY_DIMENSIONS = {"1d": SEQUENCE, "2d": IMAGE, "3d": VOLUME}
CLASSES, INDICES = [0, 2, 1], [[0, 2], [1, 1]]
PAIR, TRIPLE = [(3, 4)] * 2, [(3, 4)] * 3

CALLS = {
    "BCELoss": ((), PAIR),
    "BCEWithLogitsLoss": ((), PAIR),
    "Bilinear": ((4, 3, 2), [(2, 4), (2, 3)]),
    "ContrastiveLoss": ((), [*PAIR, (3,)]),
    "CosineEmbeddingLoss": ((), [*PAIR, (3,)]),
    "CosineSimilarity": ((), PAIR),
    "CrossEntropyLoss": ((), [(3, 4), CLASSES]),
    "CTCLoss": ((), [(6, 2, 4), [[1, 2], [3, 1]], [6, 5], [2, 1]]),
    "ChannelShuffle": ((2,), IMAGE),
    "Embedding": ((5, 3), [INDICES]),
    "EmbeddingBag": ((5, 3), [INDICES]),
    "Flatten": ((), IMAGE),
    "Fold": ((4, 2), [(2, 8, 9)]),
    "GaussianNLLLoss": ((), TRIPLE),
    "GroupNorm": ((2, 4), SEQUENCE),
    "HingeEmbeddingLoss": ((), PAIR),
    "HingeLoss": ((), PAIR),
    "HuberLoss": ((), PAIR),
    "KLDivLoss": ((), PAIR),
    "L1Loss": ((), PAIR),
    "LayerNorm": ((8,), SEQUENCE),
    "LocalResponseNorm": ((2,), IMAGE),
    "LearnedPositionalEncoding": ((9, 4), [(5, 2, 4)]),
    "Linear": ((8, 3), SEQUENCE),
    "MarginRankingLoss": ((), TRIPLE),
    "MSELoss": ((), PAIR),
    "MultiHeadAttention": ((4, 2), [(5, 2, 4)] * 3),
    "MultiheadAttention": ((4, 2), [(5, 2, 4)] * 3),
    "MultiLabelMarginLoss": ((), [(2, 3), [[0, 2, -1], [1, -1, -1]]]),
    "MultiLabelSoftMarginLoss": ((), PAIR),
    "MultiMarginLoss": ((), [(3, 4), CLASSES]),
    "NLLLoss": ((), [(3, 4), CLASSES]),
    "PairwiseDistance": ((), PAIR),
    "PixelShuffle": ((2,), IMAGE),
    "PixelUnshuffle": ((3,), IMAGE),
    "PoissonNLLLoss": ((), PAIR),
    "Rearrange": (("b c l -> b l c",), SEQUENCE),
    "Reduce": (("b c l -> b c", "mean"), SEQUENCE),
    "Repeat": (("b c l -> b c l 2",), SEQUENCE),
    "RMSNorm": ((8,), SEQUENCE),
    "SinusoidalPositionalEncoding": ((9, 4), [(5, 2, 4)]),
    "SmoothL1Loss": ((), PAIR),
    "SoftMarginLoss": ((), PAIR),
    "Softmax2d": ((), IMAGE),
    "SwiGLU": ((8, 4), SEQUENCE),
    "Threshold": ((0.5, 0.0), SEQUENCE),
    "Transformer": ((4, 2, 1, 1, 8), [(5, 2, 4), (3, 2, 4)]),
    "TransformerDecoderLayer": ((4, 2, 8), [(5, 2, 4), (3, 2, 4)]),
    "TransformerEncoderLayer": ((4, 2, 8), [(5, 2, 4)]),
    "TripletMarginLoss": ((), TRIPLE),
    "TripletMarginWithDistanceLoss": ((), TRIPLE),
    "Unfold": ((2,), IMAGE),
    "Upsample": ((None, 2.0), IMAGE),
    "UpsamplingBilinear2d": ((None, 2.0), IMAGE),
    "UpsamplingNearest2d": ((5,), IMAGE),
    "Unflatten": ((1, (2, 2)), SEQUENCE),
    **{f"Conv{n}": ((4, 2, 3), inputs) for n, inputs in BY_DIMENSIONS.items()},
    **{f"ConvTranspose{n}": ((4, 2, 3), inputs) for n, inputs in BY_DIMENSIONS.items()},
    **{f"{norm}Norm{n}": ((4,), inputs) for norm in ("Batch", "Instance") for n, inputs in BY_DIMENSIONS.items()},
    **{f"{pool}Pool{n}": ((2,), inputs) for pool in ("Avg", "Max") for n, inputs in BY_DIMENSIONS.items()},
    **{f"Adaptive{pool}Pool{n}": ((2,), inputs) for pool in ("Avg", "Max") for n, inputs in BY_DIMENSIONS.items()},
    **{f"LPPool{n}": ((2.0, 2), inputs) for n, inputs in BY_DIMENSIONS.items()},
    "MaxUnpool1d": ((2,), [(1, 1, 2), [[[0, 3]]]]),
    "MaxUnpool2d": ((2,), [(1, 1, 1, 2), [[[[0, 3]]]]]),
    "MaxUnpool3d": ((2,), [(1, 1, 1, 1, 2), [[[[[0, 3]]]]]]),
    **{f"Dropout{n}": ((), inputs) for n, inputs in BY_DIMENSIONS.items()},
    **{
        f"{kind}Pad{n}": ((1,), inputs)
        for kind in ("Circular", "Reflection", "Replication", "Zero")
        for n, inputs in BY_DIMENSIONS.items()
    },
    **{f"ConstantPad{n}": ((1, 0.5), inputs) for n, inputs in BY_DIMENSIONS.items()},
    **{name: ((4, 3), [(5, 2, 4)]) for name in ("GRU", "LSTM", "RNN")},
    **{name: ((4, 3), [(2, 4)]) for name in ("GRUCell", "LSTMCell", "RNNCell")},
}
"""Arguments of a layer, none by default, and of a call of it: shapes, and lists for arrays of integers."""


def needs_arguments(name):
    parameters = inspect.signature(LAYERS[name]).parameters.values()
    positional = [x for x in parameters if x.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    return any(x.default is inspect.Parameter.empty for x in positional)


def test_every_layer_has_a_call():
    assert {name for name in LAYERS if needs_arguments(name)} <= set(CALLS)


def arrays(shapes, xp, device):
    rng = numpy.random.default_rng(0)
    return [
        xp.asarray(shape, device=device)
        if isinstance(shape, list)
        else xp.asarray(rng.uniform(0.1, 0.9, shape).tolist(), dtype=xp.float64, device=device)
        for shape in shapes
    ]


def made(name, xp):
    parameters = inspect.signature(LAYERS[name]).parameters
    options = {"rng": numpy.random.default_rng(0), "xp": xp, "dtype": xp.float64}
    fitting = {key: value for key, value in options.items() if key in parameters or "options" in parameters}
    return LAYERS[name](*CALLS.get(name, ((), ()))[0], **fitting)


def values_and_gradients(name, xp, device=None):
    layer = made(name, xp).to(device=device)
    inputs = arrays(CALLS.get(name, ((), SEQUENCE))[1], xp, device)
    params = {key: parameter.data for key, parameter in layer.named_parameters()}

    def f(params, inputs):
        return nn.functional_call(layer, params, *inputs)

    out, pullback = autodiff.vjp(f, params, inputs)
    return optree.tree_leaves((out, pullback(optree.tree_map(xp.ones_like, out))))


def to_numpy(x):
    return numpy.asarray(x.cpu() if hasattr(x, "cpu") else x.to_device(type(x.device)("CPU_DEVICE")))


@pytest.mark.parametrize("name", [name for name in sorted(LAYERS) if name in CALLS or not needs_arguments(name)])
def test_layers(place, name):
    if name in ("Rearrange", "Reduce", "Repeat"):
        pytest.importorskip("einops")
    xp, device = place
    found = values_and_gradients(name, xp, device)
    assert {x.device for x in found} == {device}
    if str(device) == "meta":
        return
    for x, expected in zip(found, values_and_gradients(name, xp), strict=True):
        numpy.testing.assert_allclose(to_numpy(x), to_numpy(expected), rtol=1e-9, atol=1e-12)


OPTIMIZERS = {name: x for name, x in vars(nn.optimizers).items() if hasattr(x, "attach")}
del OPTIMIZERS["Optimizer"], OPTIMIZERS["chain"]


def distance(params):
    return autodiff.array_namespace(params["w"]).sum((params["w"] - 2.0) ** 2)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(place, name):
    xp, device = place
    if str(device) == "meta" and name == "LBFGS":
        pytest.skip("its search along a line reads values")
    optimizer = OPTIMIZERS[name](0.05)
    params = {"w": xp.ones((3, 2), dtype=xp.float64, device=device)}
    state = optimizer.init(params)
    value_and_grad = autodiff.value_and_grad(distance)
    for _ in range(3):
        grads = value_and_grad if isinstance(optimizer, nn.LBFGS) else value_and_grad(params)[1]
        params, state = optimizer.update(grads, state, params)
    assert params["w"].device == device
    # What counts steps is one number for all parameters.
    assert {x.device for x in optree.tree_leaves(state) if hasattr(x, "device") and x.ndim} <= {device}


def test_a_layer_that_makes_an_array_on_the_default_device_is_found(place, monkeypatch):
    xp, device = place
    monkeypatch.setattr(nn.Linear, "__call__", lambda layer, x: x @ layer.weight.mT + xp.ones(3, dtype=x.dtype))
    with pytest.raises((ValueError, RuntimeError), match="device"):
        values_and_gradients("Linear", xp, device)
