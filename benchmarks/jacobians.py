"""What Jacobians, Hessians and Hessian-vector products cost, against PyTorch and JAX.

Run with ``python -m benchmarks.jacobians``; peers that are not installed are left out.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy
from threadpoolctl import threadpool_limits

import autodiff

from .harness import Contestants, compare

SIZES = (10, 100)
WEIGHTS = numpy.random.default_rng(0).random((max(SIZES), max(SIZES)))


def rosenbrock(xp: Any, w: Any, x: Any) -> Any:
    """Slices and powers, to a number."""
    return xp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def energy(xp: Any, w: Any, x: Any) -> Any:
    """A product with a matrix, to a number."""
    return xp.sum(xp.tanh(xp.matmul(w, x)) ** 2)


def layer(xp: Any, w: Any, x: Any) -> Any:
    """A product with a matrix, to as many numbers."""
    return xp.tanh(xp.matmul(w, x)) * x


def hvp(library: Any, f: Callable[[Any], Any], x: Any) -> Any:
    """Hessian-vector product, composed as PyTorch and JAX do it."""
    return library.jvp(library.grad(f), (x,), (x,))


TASKS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "Hessian of rosenbrock": (rosenbrock, lambda library, f, x: library.hessian(f)(x)),
    "Hessian of energy": (energy, lambda library, f, x: library.hessian(f)(x)),
    "Hessian-vector product of rosenbrock": (rosenbrock, hvp),
    "Hessian-vector product of energy": (energy, hvp),
    "jacfwd of layer": (layer, lambda library, f, x: library.jacfwd(f)(x)),
    "jacrev of layer": (layer, lambda library, f, x: library.jacrev(f)(x)),
}


def contestants(f: Callable[..., Any], task: Callable[..., Any], size: int) -> Contestants:
    values = numpy.random.default_rng(1).random(size)

    def ours(name: str) -> Callable[[], object]:
        xp = autodiff.import_namespace(name)
        w, x = xp.asarray(WEIGHTS[:size, :size]), xp.asarray(values)
        return partial(task, autodiff, lambda x: f(x.__array_namespace__(), w, x), x)

    found = {f"autodiff over {name}": ours(name) for name in ("numpy", "extensor")}
    if importlib.util.find_spec("torch"):
        import torch

        torch.set_num_threads(1)
        w, x = torch.asarray(WEIGHTS[:size, :size]), torch.asarray(values)
        found["torch.func"] = partial(task, torch.func, partial(f, torch, w), x)
    if importlib.util.find_spec("jax"):
        import jax

        jax.config.update("jax_enable_x64", True)
        w, x = jax.numpy.asarray(WEIGHTS[:size, :size]), jax.numpy.asarray(values)
        compiled = jax.jit(partial(task, jax, partial(f, jax.numpy, w)))
        found["JAX, compiled"] = lambda: jax.block_until_ready(compiled(x))
        found["JAX"] = lambda: jax.block_until_ready(task(jax, partial(f, jax.numpy, w), x))
    return found


def main() -> None:
    # One thread, as for PyTorch: what is measured is the cost of the transformations.
    with threadpool_limits(1):
        for size in SIZES:
            for title, (f, task) in TASKS.items():
                compare(f"{title}, {size} inputs", contestants(f, task, size), rounds=9)


if __name__ == "__main__":
    main()
