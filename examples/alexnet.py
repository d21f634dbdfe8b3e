"""Build AlexNet, check its shapes, and measure one step of training on images of ImageNet's size.

Milestone 7. ``--library torch.nn`` builds the same network of PyTorch's layers, to measure beside.
"""

import argparse
import math
import resource
import statistics
import sys
import time
from collections import OrderedDict

import numpy

import autodiff
import nn

PARAMETERS = 61_100_840

AS_IN_PYTORCH = nn.init.kaiming_uniform(gain=3**-0.5)
"""Initializer of PyTorch's layers; the one of ``nn`` is made for networks whose activations are normalized."""

SHAPES = [
    ("Conv2d", (64, 55, 55)),
    ("MaxPool2d", (64, 27, 27)),
    ("Conv2d", (192, 27, 27)),
    ("MaxPool2d", (192, 13, 13)),
    ("Conv2d", (384, 13, 13)),
    ("Conv2d", (256, 13, 13)),
    ("Conv2d", (256, 13, 13)),
    ("MaxPool2d", (256, 6, 6)),
    ("AdaptiveAvgPool2d", (256, 6, 6)),
    ("Flatten", (9216,)),
    ("Linear", (4096,)),
    ("Linear", (4096,)),
    ("Linear", (1000,)),
]
"""What the layers give for an image of 224x224 pixels; those that keep the shape are left out."""


def alexnet(layers, drawn=(), placed=()):
    """A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014, as torchvision builds it.

    `layers` is ``nn`` or ``torch.nn``; the first one takes options, those of layers that draw and those of layers that
    have weights.
    """
    drawn, placed = dict(drawn), dict(placed)
    weights = drawn | placed
    return layers.Sequential(
        OrderedDict(
            features=layers.Sequential(
                layers.Conv2d(3, 64, 11, stride=4, padding=2, **weights),
                layers.ReLU(),
                layers.MaxPool2d(3, stride=2),
                layers.Conv2d(64, 192, 5, padding=2, **weights),
                layers.ReLU(),
                layers.MaxPool2d(3, stride=2),
                layers.Conv2d(192, 384, 3, padding=1, **weights),
                layers.ReLU(),
                layers.Conv2d(384, 256, 3, padding=1, **weights),
                layers.ReLU(),
                layers.Conv2d(256, 256, 3, padding=1, **weights),
                layers.ReLU(),
                layers.MaxPool2d(3, stride=2),
            ),
            avgpool=layers.AdaptiveAvgPool2d((6, 6)),
            flatten=layers.Flatten(),
            classifier=layers.Sequential(
                layers.Dropout(0.5, **drawn),
                layers.Linear(256 * 6 * 6, 4096, **weights),
                layers.ReLU(),
                layers.Dropout(0.5, **drawn),
                layers.Linear(4096, 4096, **weights),
                layers.ReLU(),
                layers.Linear(4096, 1000, **weights),
            ),
        )
    )


def with_nn(options, images, labels):
    """The model, and a function that makes one step of training and returns the loss."""
    xp = autodiff.import_namespace(options.backend)
    model = alexnet(nn, {"rng": numpy.random.default_rng(options.seed)}, {"xp": xp, "weight_init": AS_IN_PYTORCH})
    optimizer = nn.SGD(0.01, momentum=0.9).attach(model)
    loss = nn.backward(lambda model, images, labels: nn.cross_entropy(model(images), labels))
    images, labels = xp.asarray(images), xp.asarray(labels)

    def step():
        optimizer.zero_grad()
        out = loss(model, images, labels)
        optimizer.step()
        return float(out)

    return model, images, step


def with_pytorch(options, images, labels):
    """The same in plain PyTorch."""
    import torch

    torch.manual_seed(options.seed)
    model = alexnet(torch.nn)
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
    images, labels = torch.asarray(images), torch.asarray(labels)

    def step():
        optimizer.zero_grad()
        out = torch.nn.functional.cross_entropy(model(images), labels)
        out.backward()
        optimizer.step()
        return out.item()

    return model, images, step


LIBRARIES = {"nn": with_nn, "torch.nn": with_pytorch}


def shapes(model, images):
    x = images[:1, ...]
    for layer in (*model.features, model.avgpool, model.flatten, *model.classifier):
        x = layer(x)
        name = type(layer).__name__
        if name not in ("ReLU", "Dropout"):
            yield name, tuple(x.shape[1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", choices=LIBRARIES, default="nn", help="whose layers to build of")
    parser.add_argument("--backend", default="extensor", help="for nn: extensor, numpy, torch, jax, ...")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--steps", type=int, default=4)
    options = parser.parse_args()

    rng = numpy.random.default_rng(options.seed)
    images = rng.standard_normal((options.batch_size, 3, 224, 224), dtype=numpy.float32)
    labels = rng.integers(0, 1000, options.batch_size)
    model, images, step = LIBRARIES[options.library](options, images, labels)

    found = list(shapes(model, images))
    for name, shape in found:
        print(f"{name:18}{shape}")
    if found != SHAPES:
        sys.exit(f"expected {SHAPES}")
    count = sum(math.prod(array.shape) for array in model.state_dict().values())
    print(f"{count:,} parameters")
    if count != PARAMETERS:
        sys.exit(f"expected {PARAMETERS:,}")

    # The first step pays for what later ones reuse.
    losses, seconds = [step()], []
    for _ in range(options.steps):
        start = time.perf_counter()
        losses.append(step())
        seconds.append(time.perf_counter() - start)
    # Linux counts in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(f"loss {losses[0]:.3f}, then {losses[-1]:.3f}")
    print(f"{statistics.median(seconds):.2f} s per step, {peak / 2**30:.2f} GiB at most")
    if not losses[-1] < losses[0]:
        sys.exit("expected the loss to fall")


if __name__ == "__main__":
    main()
