"""Fit a function with a two-layer network whose backward pass is written by hand, of the passes of single operations.

Milestone 1: a mean squared error below 1e-3, on points that were not trained on.
"""

import argparse
import sys
import time

import numpy

import autodiff
import nn
from autodiff.backward import add_backward, matmul_backward, mse_backward, relu_backward

TARGET = 1e-3
HIDDEN = 64


def points(rng, count, xp):
    """Points in a square, and what is to be learned there: a wave along one axis, a slope along the other."""
    x = rng.uniform(-1, 1, (count, 2))
    y = numpy.sin(3 * x[:, :1]) + 0.5 * x[:, 1:]
    return xp.asarray(x, dtype=xp.float32), xp.asarray(y, dtype=xp.float32)


def loss_and_grads(params, x, y):
    product1 = x @ params["w1"]
    sum1 = product1 + params["b1"]
    hidden = nn.relu(sum1)
    product2 = hidden @ params["w2"]
    predicted = product2 + params["b2"]
    loss = nn.mse(predicted, y)

    # The same lines from the last to the first. `ct` is the derivative of the loss by what stands at the left there.
    grads = {}
    xp = autodiff.array_namespace(loss)
    ct = mse_backward(xp.ones_like(loss), predicted, y, reduction="mean")
    ct, grads["b2"] = add_backward(ct, product2, params["b2"])
    ct, grads["w2"] = matmul_backward(ct, hidden, params["w2"])
    ct = relu_backward(ct, sum1)
    ct, grads["b1"] = add_backward(ct, product1, params["b1"])
    _, grads["w1"] = matmul_backward(ct, x, params["w1"])
    return loss, grads


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backend", default="extensor", help="array namespace: extensor, numpy, torch, jax, ...")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=600)
    options = parser.parse_args()

    start = time.perf_counter()
    xp = autodiff.import_namespace(options.backend)
    rng = numpy.random.default_rng(options.seed)
    x, y = points(rng, 512, xp)
    params = {
        "w1": xp.asarray(rng.normal(0, 1, (2, HIDDEN)), dtype=xp.float32),
        "b1": xp.zeros(HIDDEN, dtype=xp.float32),
        "w2": xp.asarray(rng.normal(0, (2 / HIDDEN) ** 0.5, (HIDDEN, 1)), dtype=xp.float32),
        "b2": xp.zeros(1, dtype=xp.float32),
    }
    optimizer = nn.Adam(nn.cosine_decay(0.03, options.steps))
    state = optimizer.init(params)
    for step in range(1, options.steps + 1):
        loss, grads = loss_and_grads(params, x, y)
        params, state = optimizer.update(grads, state, params)
        if step % 100 == 0:
            print(f"step {step}  loss {float(loss):.2e}")

    loss, _ = loss_and_grads(params, *points(rng, 512, xp))
    print(f"mean squared error {float(loss):.2e} on new points, in {time.perf_counter() - start:.1f} s")
    if not float(loss) < TARGET:
        sys.exit(f"expected less than {TARGET}")


if __name__ == "__main__":
    main()
