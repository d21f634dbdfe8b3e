"""Sharpness-aware minimization: gradients where the loss is worst nearby."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from autodiff import array_namespace
from autodiff.namespaces import is_complex
from nn.differentiation import bound
from nn.module import Module
from nn.optimizers.basic import global_norm, times_scalar
from nn.optimizers.paths import Arrays, by_path

__all__ = ["sharpness_aware"]


def sharpness_aware(
    value_and_grad: Callable[..., Any], *, rho: float = 0.05, adaptive: bool = False
) -> Callable[..., Any]:
    """Function that gives the value at the parameters, and the gradients a little way uphill.

    It stands in the place of the function that it is made of, before any optimizer. That is called twice.

    Parameters
    ----------
    value_and_grad : callable
        What :func:`autodiff.value_and_grad` or :func:`nn.value_and_grad` returns; its first argument is the tree or the
        module to differentiate by.
    rho : float
        Norm of the way uphill, over all arrays together.
    adaptive : bool
        Whether to measure the way in units of the parameters.

    References
    ----------
    P. Foret et al., "Sharpness-aware minimization for efficiently improving generalization", ICLR 2021, algorithm 1.
    J. Kwon et al., "ASAM: Adaptive sharpness-aware minimization", ICML 2021: adaptive.

    Examples
    --------
    >>> import autodiff, numpy
    >>> step = sharpness_aware(autodiff.value_and_grad(lambda x: (x**2)[0]), rho=0.5)
    >>> step(numpy.asarray([3.0]))[1]
    array([7.])
    """
    if not rho >= 0:
        raise ValueError(f"rho must be at least 0, got {rho!r}")

    @wraps(value_and_grad)
    def function(params: Any, *args: Any, **kwargs: Any) -> Any:
        value, grads = value_and_grad(params, *args, **kwargs)
        slopes = by_path(grads)[0]
        if isinstance(params, Module):
            own = {name: parameter.data for name, parameter in params.named_parameters() if name in slopes}
            with bound(params, _uphill(own, slopes, rho, adaptive)):
                return value, value_and_grad(params, *args, **kwargs)[1]
        leaves, rebuild = by_path(params)
        own = {path: leaves[path] for path in slopes}
        return value, value_and_grad(rebuild(_uphill(own, slopes, rho, adaptive)), *args, **kwargs)[1]

    return function


def _uphill(params: Arrays, grads: Arrays, rho: float, adaptive: bool) -> Arrays:
    scales = {path: abs(param) for path, param in params.items()} if adaptive else {}
    slopes = {path: scales[path] * grad if adaptive else grad for path, grad in grads.items()}
    norm = global_norm({path: abs(slope) for path, slope in slopes.items()})
    factor = rho / array_namespace(norm).clip(norm, 1e-12, None)
    ways = {path: times_scalar(slope, factor) for path, slope in slopes.items()}
    return {
        path: param + _conjugate(scales[path] * ways[path] if adaptive else ways[path])
        for path, param in params.items()
    }


def _conjugate(array: Any) -> Any:
    # The gradient by a complex parameter is the conjugate of the way uphill.
    return array_namespace(array).conj(array) if is_complex(array) else array
