"""Classify real handwritten digits of 8x8 pixels with the building blocks of ResNet and of Inception.

Milestone 4: an accuracy above 97 %, on digits that were not trained on.
"""

import argparse
import sys
import time

import numpy

import autodiff
import nn

TARGET = 0.97


def convolution(inputs, outputs, size, *, rng, xp, stride=1):
    """A convolution that keeps the size of images, batch normalization and a ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride=stride, padding=size // 2, bias=False, rng=rng, xp=xp),
        nn.BatchNorm2d(outputs, xp=xp),
        nn.ReLU(),
    )


def residual_block(inputs, outputs, *, rng, xp, stride=1):
    """K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition", CVPR 2016, figure 2."""
    shortcut = nn.Identity()
    if (inputs, stride) != (outputs, 1):
        shortcut = nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False, rng=rng, xp=xp),
            nn.BatchNorm2d(outputs, xp=xp),
        )
    total = nn.Residual(
        convolution(inputs, outputs, 3, stride=stride, rng=rng, xp=xp),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False, rng=rng, xp=xp),
        nn.BatchNorm2d(outputs, xp=xp),
        shortcut=shortcut,
    )
    return nn.Sequential(total, nn.ReLU())


class InceptionBlock(nn.Module):
    """C. Szegedy et al., "Going deeper with convolutions", CVPR 2015, figure 2b: four branches side by side."""

    def __init__(self, inputs, outputs, *, rng, xp):
        width = outputs // 4
        self.branches = [
            convolution(inputs, width, 1, rng=rng, xp=xp),
            nn.Sequential(
                convolution(inputs, width, 1, rng=rng, xp=xp),
                convolution(width, width, 3, rng=rng, xp=xp),
            ),
            nn.Sequential(
                convolution(inputs, width, 1, rng=rng, xp=xp),
                convolution(width, width, 5, rng=rng, xp=xp),
            ),
            nn.Sequential(
                nn.MaxPool2d(3, stride=1, padding=1),
                convolution(inputs, width, 1, rng=rng, xp=xp),
            ),
        ]

    def __call__(self, x):
        xp = autodiff.array_namespace(x)
        return xp.concat([branch(x) for branch in self.branches], axis=1)


def residual(*, rng, xp):
    return nn.Sequential(
        convolution(1, 16, 3, rng=rng, xp=xp),
        residual_block(16, 16, rng=rng, xp=xp),
        residual_block(16, 32, stride=2, rng=rng, xp=xp),
        nn.GlobalAvgPool(),
        nn.Linear(32, 10, rng=rng, xp=xp),
    )


def inception(*, rng, xp):
    return nn.Sequential(
        convolution(1, 16, 3, rng=rng, xp=xp),
        InceptionBlock(16, 32, rng=rng, xp=xp),
        nn.MaxPool2d(2),
        InceptionBlock(32, 64, rng=rng, xp=xp),
        nn.GlobalAvgPool(),
        nn.Linear(64, 10, rng=rng, xp=xp),
    )


MODELS = {"residual": residual, "inception": inception}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=MODELS, default="residual")
    parser.add_argument("--backend", default="extensor", help="array namespace: extensor, numpy, torch, jax, ...")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()

    start = time.perf_counter()
    xp = autodiff.import_namespace(options.backend)
    rng = numpy.random.default_rng(options.seed)
    digits = nn.load_digits().to_namespace(xp)
    train_images, test_images = (xp.expand_dims(x, axis=1) for x in (digits.train_images, digits.test_images))
    model = MODELS[options.model](rng=rng, xp=xp)
    loader = nn.DataLoader((train_images, digits.train_labels), batch_size=32, shuffle=True, rng=rng)
    optimizer = nn.Adam(nn.one_cycle(0.01, options.epochs * len(loader)))
    nn.fit(model, optimizer, loader, epochs=options.epochs, metrics=[nn.accuracy])

    accuracy = nn.evaluate(model, (test_images, digits.test_labels), metrics=[nn.accuracy])["accuracy"]
    print(f"accuracy {accuracy:.2%} on new digits, in {time.perf_counter() - start:.0f} s")
    if not accuracy > TARGET:
        sys.exit(f"expected more than {TARGET:.0%}")


if __name__ == "__main__":
    main()
