"""Run every benchmark: ``python -m benchmarks``, or some by name: ``python -m benchmarks traced_operation``."""

import importlib
import sys

for name in sys.argv[1:] or (
    "call_cost",
    "large_arrays",
    "traced_operation",
    "large_gradients",
    "jacobians",
    "training_step",
    "convolution",
    "transformer",
):
    importlib.import_module(f"benchmarks.{name}").main()
