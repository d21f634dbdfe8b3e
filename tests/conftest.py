"""What all tests share: the namespaces to run on."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

import autodiff

NAMESPACES = ["extensor", "numpy", "array_api_strict", "torch", "jax.numpy"]
"""By the name under which ``autodiff.import_namespace`` finds them; those not installed are left out."""

INSTALLED = [name for name in NAMESPACES if importlib.util.find_spec(name.partition(".")[0])]

LAZY = [name for name in ["dask.array"] if importlib.util.find_spec(name.partition(".")[0])]
"""Namespaces of another standing: without several functions of the standard, and slow on small arrays."""


def namespace(name: str) -> Any:
    """The namespace, set up for testing: everything that the standard has, and nothing beside it."""
    if name == "jax.numpy":
        import jax

        jax.config.update("jax_enable_x64", True)
    if name == "array_api_strict":
        import array_api_strict

        array_api_strict.set_array_api_strict_flags(api_version="2025.12")
    return autodiff.import_namespace(name)


@pytest.fixture(params=INSTALLED)
def xp(request: pytest.FixtureRequest) -> Any:
    """Each installed array namespace in turn."""
    return namespace(request.param)


@pytest.fixture(params=INSTALLED + LAZY)
def any_xp(request: pytest.FixtureRequest) -> Any:
    """Each installed array namespace in turn, and the lazy ones."""
    return namespace(request.param)


@pytest.fixture(params=INSTALLED + LAZY)
def other_xp(request: pytest.FixtureRequest) -> Any:
    """As ``any_xp``, for tests of pairs."""
    return namespace(request.param)
