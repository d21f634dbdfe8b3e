"""Differentiation over any namespace of the Python array API standard.

>>> import numpy
>>> from autodiff import grad
>>> def f(x):
...     xp = x.__array_namespace__()
...     return xp.sum(xp.sin(x) ** 2)
>>> grad(f)(numpy.asarray([0.0, 0.5]))
array([0.        , 0.84147098])
"""

from .batch import Batch, BatchedValueError
from .checking import check_grads
from .checkpointing import checkpoint, once
from .custom import custom_jvp, custom_vjp, primitive
from .forward import Forward
from .jacobians import hessian, hvp, jacfwd, jacobian, jacrev
from .live import wrap
from .namespaces import array_namespace, import_namespace
from .reverse import Reverse
from .tape import Tape
from .transforms import grad, jvp, linear_transpose, linearize, stop_gradient, value_and_grad, vjp
from .vectorizing import vmap
from .wrapping import LeakedTracerError, LostDerivativeWarning, WrappedArray, WrapperNamespace

__all__ = [
    "Batch",
    "BatchedValueError",
    "Forward",
    "LeakedTracerError",
    "LostDerivativeWarning",
    "Reverse",
    "Tape",
    "WrappedArray",
    "WrapperNamespace",
    "array_namespace",
    "check_grads",
    "checkpoint",
    "custom_jvp",
    "custom_vjp",
    "grad",
    "hessian",
    "hvp",
    "import_namespace",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "linear_transpose",
    "linearize",
    "once",
    "primitive",
    "stop_gradient",
    "value_and_grad",
    "vjp",
    "vmap",
    "wrap",
]
