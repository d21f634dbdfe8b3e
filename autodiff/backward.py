"""Backward passes of single functions, by the names that libraries with passes written by hand give them.

Each takes the cotangent of the function's result, here `grad_output`, then what the function takes, and returns the
cotangents of its operands. None has a formula of its own: :func:`backward_of` makes them of the rules, as it does for
any function.

>>> import numpy
>>> from autodiff.backward import add_backward, sum_backward
>>> add_backward(numpy.ones((2, 3)), numpy.zeros((2, 3)), numpy.zeros(3))
(array([[1., 1., 1.],
       [1., 1., 1.]]), array([2., 2., 2.]))
>>> sum_backward(numpy.asarray([1.0, 2.0]), numpy.zeros((2, 3)), axis=1)
array([[1., 1., 1.],
       [2., 2., 2.]])

The functions are those of the standard and of ``nn``, which is imported when a pass of its own is first called. Some
have other names here: ``power`` is ``pow``, ``dot`` ``vecdot``, ``max_reduce`` ``max``, ``min_reduce`` ``min``,
``variance`` ``var``, ``unsqueeze`` ``expand_dims``, ``concatenate`` ``concat`` and ``swish`` ``silu``. Losses are not
reduced unless asked for. Every pass takes the operands, also where another library's takes the result, as for
``sigmoid``, ``tanh`` and ``softmax``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import optree

from .arguments import check_argnums, choose_arguments
from .namespaces import array_namespace
from .transforms import checked_pullback, recorded

__all__ = [
    "abs_backward",
    "add_backward",
    "avg_pool2d_backward",
    "backward_of",
    "binary_cross_entropy_backward",
    "clip_backward",
    "concatenate_backward",
    "conv2d_backward",
    "cos_backward",
    "cross_entropy_backward",
    "divide_backward",
    "dot_backward",
    "elu_backward",
    "exp_backward",
    "flatten_backward",
    "gelu_backward",
    "hard_sigmoid_backward",
    "hard_swish_backward",
    "hard_tanh_backward",
    "leaky_relu_backward",
    "log2_backward",
    "log10_backward",
    "log_backward",
    "matmul_backward",
    "max_pool2d_backward",
    "max_reduce_backward",
    "mean_backward",
    "mean_squared_error_backward",
    "min_reduce_backward",
    "mish_backward",
    "mse_backward",
    "multiply_backward",
    "power_backward",
    "prelu_backward",
    "relu_backward",
    "reshape_backward",
    "selu_backward",
    "sigmoid_backward",
    "sign_backward",
    "sin_backward",
    "softmax_backward",
    "sqrt_backward",
    "squeeze_backward",
    "stack_backward",
    "std_backward",
    "subtract_backward",
    "sum_backward",
    "swish_backward",
    "tanh_backward",
    "transpose_backward",
    "unsqueeze_backward",
    "variance_backward",
]


def backward_of(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Backward pass of a function, as a function of the cotangent of its result and of its arguments.

    Parameters
    ----------
    f : callable
        Function of trees of arrays, to a tree of arrays.
    argnums : int or sequence of int
        Positions of the arguments whose cotangents are returned. Other arguments may be anything.

    Returns
    -------
    callable
        ``(grad_output, *args, **kwargs)``, with the names and defaults of the arguments of `f`. Returns the cotangent
        of the argument, or a tuple of cotangents if `argnums` is a sequence, with None in the place of leaves that are
        not arrays of a floating-point data type. Cotangents have the shape and the data type of their argument, also
        where that was broadcast, and are transposed, not conjugated. Within a transformation they are differentiated.

    Raises
    ------
    TypeError
        When called, if the arguments do not fit `f`, or none at `argnums` holds arrays of a floating-point data type.
    ValueError
        When called, if `grad_output` has not the shape of the result.

    Examples
    --------
    >>> import numpy
    >>> def area(width, height):
    ...     return width * height
    >>> area_backward = backward_of(area, argnums=(0, 1))
    >>> area_backward(numpy.asarray([1.0]), numpy.asarray([2.0]), height=numpy.asarray([5.0]))
    (array([5.]), array([2.]))
    """
    argnums = check_argnums(argnums)
    name = getattr(f, "__name__", type(f).__name__)
    signature = inspect.signature(f)
    seed = inspect.Parameter("grad_output", inspect.Parameter.POSITIONAL_ONLY)

    def backward(grad_output: Any, /, *args: Any, **kwargs: Any) -> Any:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{name}_backward takes grad_output and what {name}{signature} takes: {error}") from None
        bound.apply_defaults()
        of_chosen, chosen = choose_arguments(f, argnums, bound.args, bound.kwargs)
        cts = checked_pullback(*recorded(of_chosen, chosen, once=True))(grad_output)
        return cts[0] if isinstance(argnums, int) else cts

    backward.__name__ = backward.__qualname__ = f"{name}_backward"
    backward.__doc__ = _document(name, signature, argnums)
    backward.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[seed, *signature.parameters.values()], return_annotation=inspect.Signature.empty
    )
    return backward


def _document(name: str, signature: inspect.Signature, argnums: int | tuple[int, ...]) -> str:
    arguments = list(signature.parameters)

    def argument(position: int) -> str:
        # Of a function of any number of arguments not all have a name.
        fits = -len(arguments) <= position < len(arguments)
        return f"`{arguments[position]}`" if fits else f"argument {position}"

    if isinstance(argnums, int):
        kind, cotangents = "array", f"Cotangent of {argument(argnums)}."
    else:
        kind, cotangents = "tuple", f"Cotangents of {', '.join(map(argument, argnums))}."
    return f"""Backward pass of ``{name}{signature}``.

Parameters
----------
grad_output : array
    Cotangent of the result.
{", ".join(arguments)}
    What the function takes.

Returns
-------
{kind}
    {cotangents}
"""


def _of_standard(name: str, forward: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Backward pass of a function of the namespace of its operands, given as ``(xp, *args, **kwargs)``."""
    return _named(name, forward, argnums, lambda args: array_namespace(*optree.tree_leaves(args)))


def _of_nn(name: str, forward: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """Backward pass of a function of ``nn``, given as ``(nn, *args, **kwargs)``."""
    return _named(name, forward, argnums, lambda args: import_module("nn"))


def _named(
    name: str, forward: Callable[..., Any], argnums: int | Sequence[int], home: Callable[[Any], Any]
) -> Callable[..., Any]:
    def f(*args: Any, **kwargs: Any) -> Any:
        return forward(home(args), *args, **kwargs)

    signature = inspect.signature(forward)
    f.__name__ = name
    f.__signature__ = signature.replace(parameters=list(signature.parameters.values())[1:])  # type: ignore[attr-defined]
    return backward_of(f, argnums)


add_backward = _of_standard("add", lambda xp, a, b: xp.add(a, b), (0, 1))
subtract_backward = _of_standard("subtract", lambda xp, a, b: xp.subtract(a, b), (0, 1))
multiply_backward = _of_standard("multiply", lambda xp, a, b: xp.multiply(a, b), (0, 1))
divide_backward = _of_standard("divide", lambda xp, a, b: xp.divide(a, b), (0, 1))
power_backward = _of_standard("power", lambda xp, a, b: xp.pow(a, b), (0, 1))

matmul_backward = _of_standard("matmul", lambda xp, a, b: xp.matmul(a, b), (0, 1))
dot_backward = _of_standard("dot", lambda xp, a, b, axis=-1: xp.vecdot(a, b, axis=axis), (0, 1))
transpose_backward = _of_standard(
    "transpose", lambda xp, x, axes=None: xp.permute_dims(x, tuple(reversed(range(x.ndim))) if axes is None else axes)
)

sum_backward = _of_standard("sum", lambda xp, x, axis=None, keepdims=False: xp.sum(x, axis=axis, keepdims=keepdims))
mean_backward = _of_standard("mean", lambda xp, x, axis=None, keepdims=False: xp.mean(x, axis=axis, keepdims=keepdims))
max_reduce_backward = _of_standard(
    "max_reduce", lambda xp, x, axis=None, keepdims=False: xp.max(x, axis=axis, keepdims=keepdims)
)
min_reduce_backward = _of_standard(
    "min_reduce", lambda xp, x, axis=None, keepdims=False: xp.min(x, axis=axis, keepdims=keepdims)
)
variance_backward = _of_standard(
    "variance",
    lambda xp, x, axis=None, ddof=0, keepdims=False: xp.var(x, axis=axis, correction=ddof, keepdims=keepdims),
)
std_backward = _of_standard(
    "std", lambda xp, x, axis=None, ddof=0, keepdims=False: xp.std(x, axis=axis, correction=ddof, keepdims=keepdims)
)

exp_backward = _of_standard("exp", lambda xp, x: xp.exp(x))
log_backward = _of_standard("log", lambda xp, x: xp.log(x))
log2_backward = _of_standard("log2", lambda xp, x: xp.log2(x))
log10_backward = _of_standard("log10", lambda xp, x: xp.log10(x))
sqrt_backward = _of_standard("sqrt", lambda xp, x: xp.sqrt(x))
sin_backward = _of_standard("sin", lambda xp, x: xp.sin(x))
cos_backward = _of_standard("cos", lambda xp, x: xp.cos(x))
tanh_backward = _of_standard("tanh", lambda xp, x: xp.tanh(x))
abs_backward = _of_standard("abs", lambda xp, x: xp.abs(x))
sign_backward = _of_standard("sign", lambda xp, x: xp.sign(x))
clip_backward = _of_standard("clip", lambda xp, x, min_val=None, max_val=None: xp.clip(x, min=min_val, max=max_val))

reshape_backward = _of_standard("reshape", lambda xp, x, shape: xp.reshape(x, shape))
flatten_backward = _of_standard("flatten", lambda xp, x: xp.reshape(x, (-1,)))
squeeze_backward = _of_standard("squeeze", lambda xp, x, axis: xp.squeeze(x, axis=axis))
unsqueeze_backward = _of_standard("unsqueeze", lambda xp, x, axis=0: xp.expand_dims(x, axis=axis))
concatenate_backward = _of_standard("concatenate", lambda xp, arrays, axis=0: xp.concat(arrays, axis=axis))
stack_backward = _of_standard("stack", lambda xp, arrays, axis=0: xp.stack(arrays, axis=axis))

relu_backward = _of_nn("relu", lambda nn, x: nn.relu(x))
leaky_relu_backward = _of_nn("leaky_relu", lambda nn, x, alpha=0.01: nn.leaky_relu(x, alpha))
prelu_backward = _of_nn("prelu", lambda nn, x, alpha: nn.prelu(x, alpha), (0, 1))
elu_backward = _of_nn("elu", lambda nn, x, alpha=1.0: nn.elu(x, alpha))
selu_backward = _of_nn("selu", lambda nn, x: nn.selu(x))
gelu_backward = _of_nn("gelu", lambda nn, x, approximate="none": nn.gelu(x, approximate))
swish_backward = _of_nn("swish", lambda nn, x: nn.silu(x))
mish_backward = _of_nn("mish", lambda nn, x: nn.mish(x))
sigmoid_backward = _of_nn("sigmoid", lambda nn, x: nn.sigmoid(x))
hard_sigmoid_backward = _of_nn("hard_sigmoid", lambda nn, x: nn.hard_sigmoid(x))
hard_swish_backward = _of_nn("hard_swish", lambda nn, x: nn.hard_swish(x))
hard_tanh_backward = _of_nn("hard_tanh", lambda nn, x, min_val=-1.0, max_val=1.0: nn.hard_tanh(x, min_val, max_val))
softmax_backward = _of_nn("softmax", lambda nn, x, axis=-1: nn.softmax(x, axis))

conv2d_backward = _of_nn(
    "conv2d",
    lambda nn, x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1: nn.conv2d(
        x, weight, bias, stride, padding, dilation, groups
    ),
    (0, 1, 2),
)
max_pool2d_backward = _of_nn(
    "max_pool2d",
    lambda nn, x, kernel_size, stride=None, padding=0: nn.max_pool2d(x, kernel_size, stride, padding),
)
avg_pool2d_backward = _of_nn(
    "avg_pool2d",
    lambda nn, x, kernel_size, stride=None, padding=0: nn.avg_pool2d(x, kernel_size, stride, padding),
)

mean_squared_error_backward = mse_backward = _of_nn(
    "mean_squared_error",
    lambda nn, predictions, targets, reduction="none": nn.mean_squared_error(predictions, targets, reduction=reduction),
)
binary_cross_entropy_backward = _of_nn(
    "binary_cross_entropy",
    lambda nn, predictions, targets, reduction="none": nn.binary_cross_entropy(
        predictions, targets, reduction=reduction
    ),
)
cross_entropy_backward = _of_nn(
    "cross_entropy",
    lambda nn, logits, targets, reduction="none": nn.cross_entropy(logits, targets, reduction=reduction),
)
