"""Functions of extensor, NumPy and PyTorch, called by name on arrays under differentiation, reach the rules."""

import inspect
from operator import attrgetter

import numpy
import pytest

import extensor
from autodiff import check_grads, grad, jvp
from autodiff.equivalents import EQUIVALENTS
from autodiff.routing import NUMPY, TORCH
from conformance import spec

VALUES = [0.25, 0.5, 0.75]

# Each function, and its gradient at VALUES worked out by hand.
CASES = {
    "unary": (lambda x: extensor.sum(extensor.exp(x)), numpy.exp(VALUES)),
    "binary": (lambda x: extensor.sum(extensor.multiply(2.0, x)), numpy.full(3, 2.0)),
    "binary with an array": (lambda x: extensor.sum(extensor.ones(3) * x), numpy.ones(3)),
    "list": (lambda x: extensor.sum(extensor.concat([extensor.ones(2), x, x])), numpy.full(3, 2.0)),
    "keywords": (lambda x: extensor.sum(extensor.clip(x, max=0.6)), numpy.asarray([1.0, 1.0, 0.0])),
    "fft": (lambda x: extensor.sum(extensor.real(extensor.fft.rfft(x)[0])), numpy.ones(3)),
    "linalg": (lambda x: extensor.linalg.trace(extensor.linalg.outer(x, x)), 2 * numpy.asarray(VALUES)),
    "asarray": (lambda x: extensor.sum(extensor.asarray(x)), numpy.ones(3)),
    "where": (lambda x: extensor.sum(extensor.where(x > 0.3, x, 0.0)), numpy.asarray([0.0, 1.0, 1.0])),
}


@pytest.mark.parametrize("name", CASES)
def test_extensor_functions_called_by_name(name):
    function, expected = CASES[name]
    x = extensor.asarray(VALUES)
    assert numpy.allclose(grad(function)(x), expected)
    ones = extensor.ones(3)
    assert numpy.isclose(float(jvp(function, [x], [ones])[1]), expected.sum())


def test_constants_are_told_from_variables():
    x = extensor.asarray(VALUES)
    floor = grad(lambda x: extensor.sum(x * extensor.floor(x + 1.0)))(x)
    assert numpy.allclose(floor, 1.0)


def test_other_libraries_stay_refused():
    class Foreign:
        def __array_function__(self, func, types, args, kwargs):
            return NotImplemented

    for call in (lambda x: extensor.sin(x), lambda x: extensor.add(x, 1.0), lambda x: extensor.sum(x)):
        with pytest.raises(TypeError, match=r"expected an ExTensor.*Foreign.*asarray"):
            call(Foreign())


# NumPy and PyTorch. Each call runs on plain arrays too: the library itself says what the value is, and differences of
# its values what the derivatives are.

RNG = numpy.random.default_rng(20251122)
X = RNG.uniform(0.2, 0.9, (2, 3))
CUBE = RNG.uniform(0.2, 0.9, (2, 3, 4))
SQUARE = X.T @ X + numpy.eye(3)

NUMPY_CALLS = {
    "sin": lambda np, x: np.sin(x),
    "sin where=True": lambda np, x: np.sin(x, out=None, where=True, casting="same_kind", order="K", subok=True),
    "arctan2": lambda np, x: np.arctan2(x, x * x),
    "absolute": lambda np, x: np.absolute(-x),
    "fabs": lambda np, x: np.fabs(-x),
    "square": lambda np, x: np.square(x),
    "exp2": lambda np, x: np.exp2(x),
    "power": lambda np, x: np.power(x, 3),
    "positions of lists": lambda np, x: np.add([1.0, 2.0, 3.0], x),
    "maximum": lambda np, x: np.maximum(x, 0.5),
    "matmul": lambda np, x: np.matmul(x, x.T),
    "clip": lambda np, x: np.clip(x, 0.3, 0.6),
    "clip a_min": lambda np, x: np.clip(x, a_min=0.3, a_max=None),
    "clip min": lambda np, x: np.clip(x, min=0.3),
    "round": lambda np, x: x * np.round(x * 10.0),
    "array *": lambda np, x: numpy.asarray([1.0, 2.0, 3.0]) * x,
    "array @": lambda np, x: numpy.asarray([1.0, 2.0]) @ x,
    "array **": lambda np, x: numpy.asarray([1.0, 2.0, 3.0]) ** x,
    "scalar /": lambda np, x: numpy.float64(2.0) / x,
    "single scalar -": lambda np, x: numpy.float32(2.0) - x,
    "array <": lambda np, x: np.where(numpy.full(3, 0.5) < x, x, x * x),
    "where": lambda np, x: np.where(x > 0.5, x, 0.0),
    "sum": lambda np, x: np.sum(x),
    "sum axis": lambda np, x: np.sum(x, 0),
    "sum all": lambda np, x: np.sum(x, axis=1, dtype=np.float64, keepdims=True),
    "sum tuple": lambda np, x: np.sum(x, axis=(0, 1)),
    "prod": lambda np, x: np.prod(x, 1),
    "mean": lambda np, x: np.mean(x, 0, keepdims=True),
    "amax": lambda np, x: np.amax(x, axis=1),
    "max": lambda np, x: np.max(x, 0, keepdims=True),
    "min": lambda np, x: np.min(x, 0, None, True),
    "std ddof": lambda np, x: np.std(x, axis=0, ddof=1),
    "var correction": lambda np, x: np.var(x, axis=1, correction=1, keepdims=True),
    "cumsum": lambda np, x: np.cumsum(x, 0),
    "cumprod": lambda np, x: np.cumprod(x, axis=1),
    "diff": lambda np, x: np.diff(x, 2),
    "add.reduce": lambda np, x: np.add.reduce(x),
    "add.reduce axis": lambda np, x: np.add.reduce(x, axis=None),
    "add.reduce keepdims": lambda np, x: np.add.reduce(x, 1, keepdims=True),
    "multiply.reduce": lambda np, x: np.multiply.reduce(x, axis=(0, 1)),
    "maximum.reduce": lambda np, x: np.maximum.reduce(x, 1),
    "logical_and.reduce": lambda np, x: x * np.logical_and.reduce(x > 0.0),
    "add.accumulate": lambda np, x: np.add.accumulate(x),
    "multiply.accumulate": lambda np, x: np.multiply.accumulate(x, axis=1),
    "multiply.outer": lambda np, x: np.multiply.outer(x, x[0, ...]),
    "concatenate": lambda np, x: np.concatenate((x, x * x), 1),
    "concatenate with an array": lambda np, x: np.concatenate([numpy.ones((1, 3)), x], axis=0),
    "stack": lambda np, x: np.stack([x, x * x], -1),
    "hstack": lambda np, x: np.hstack([x, x * x]),
    "hstack vectors": lambda np, x: np.hstack([x[0, ...], 1.0, x[1, ...]]),
    "vstack": lambda np, x: np.vstack([x[0, ...], x]),
    "column_stack": lambda np, x: np.column_stack([x[:, 0], x]),
    "atleast_1d": lambda np, x: np.atleast_1d(np.sum(x)),
    "atleast_2d": lambda np, x: np.atleast_2d(x[0, ...], x)[0],
    "reshape": lambda np, x: np.reshape(x, (3, -1), order="C"),
    "ravel": lambda np, x: np.ravel(x),
    "transpose": lambda np, x: np.transpose(x),
    "swapaxes": lambda np, x: np.swapaxes(x, 0, -1),
    "moveaxis": lambda np, x: np.moveaxis(x, 0, 1),
    "expand_dims": lambda np, x: np.expand_dims(x, 1),
    "squeeze": lambda np, x: np.squeeze(x[None, :, :1]),
    "squeeze axis": lambda np, x: np.squeeze(x[None, :, :1], axis=0),
    "flip": lambda np, x: np.flip(x, 1),
    "roll": lambda np, x: np.roll(x, 1, 0),
    "repeat": lambda np, x: np.repeat(x, 2, 1),
    "tile": lambda np, x: np.tile(x, (2, 1)),
    "take": lambda np, x: np.take(x, numpy.asarray([0, 0, 2]), 1),
    "take_along_axis": lambda np, x: np.take_along_axis(x, numpy.argsort(X, axis=1), 1),
    "sort": lambda np, x: np.sort(x, 0),
    "tril": lambda np, x: np.tril(x, -1),
    "broadcast_to": lambda np, x: np.broadcast_to(x, (4, 2, 3)),
    "broadcast_arrays": lambda np, x: np.broadcast_arrays(x, x[0, ...])[1],
    "meshgrid": lambda np, x: np.meshgrid(x[0, ...], x[1, ...], indexing="ij")[1],
    "real": lambda np, x: np.real(x),
    "copy": lambda np, x: np.copy(x),
    "zeros_like": lambda np, x: x + np.zeros_like(x) + np.full_like(x, 2.0),
    "dot": lambda np, x: np.dot(x, x.T),
    "dot vectors": lambda np, x: np.dot(x[0, ...], x[1, ...]),
    "dot vector": lambda np, x: np.dot(x, x[0, ...]),
    "dot list": lambda np, x: np.dot([1.0, 2.0], x),
    "dot scalar": lambda np, x: np.dot(2.0, x),
    "inner": lambda np, x: np.inner(x, x),
    "outer": lambda np, x: np.outer(x, x),
    "tensordot": lambda np, x: np.tensordot(x, x, 2),
    "vecdot": lambda np, x: np.vecdot(x, x),
    "shape": lambda np, x: x * (np.shape(x)[0] + np.ndim(x) + np.size(x) + np.size(x, 1)),
    "iscomplexobj": lambda np, x: x if np.isrealobj(x) and not np.iscomplexobj(x) else 0.0 * x,
    "linalg.norm": lambda np, x: np.linalg.norm(x),
    "linalg.norm keepdims": lambda np, x: np.linalg.norm(x, keepdims=True),
    "linalg.norm axis": lambda np, x: np.linalg.norm(x, axis=1),
    "linalg.norm order 1": lambda np, x: np.linalg.norm(x, 1, axis=0, keepdims=True),
    "linalg.norm vector": lambda np, x: np.linalg.norm(x[0, ...], 3),
    "linalg.norm nuclear": lambda np, x: np.linalg.norm(x, "nuc"),
    "linalg.norm axes": lambda np, x: np.linalg.norm(x[None, ...], numpy.inf, axis=(0, 2), keepdims=True),
    "fft": lambda np, x: np.abs(np.fft.fft(x, 4, 0, norm=None)),
    "rfftn": lambda np, x: np.abs(np.fft.rfftn(x, norm="ortho")),
    "fftshift": lambda np, x: np.fft.fftshift(x, 1),
}
NUMPY_CALLS_OF_OTHER_SHAPES = {
    "trace": (lambda np, x: np.trace(x), CUBE),
    "trace axes": (lambda np, x: np.trace(x, 1, 2, 1), CUBE),
    "diagonal": (lambda np, x: np.diagonal(x, -1), CUBE),
    "linalg.trace": (lambda np, x: np.linalg.trace(x), CUBE),
    "linalg.diagonal": (lambda np, x: np.linalg.diagonal(x, offset=1), CUBE),
    "linalg.inv": (lambda np, x: np.linalg.inv(x), SQUARE),
    "linalg.det": (lambda np, x: np.linalg.det(x), SQUARE),
    "linalg.solve": (lambda np, x: np.linalg.solve(x, numpy.ones(3)), SQUARE),
    "linalg.cholesky": (lambda np, x: np.linalg.cholesky((x + x.T) / 2), SQUARE),
    "linalg.eigvalsh": (lambda np, x: np.linalg.eigvalsh((x + x.T) / 2, UPLO="L"), SQUARE),
    "linalg.slogdet": (lambda np, x: np.linalg.slogdet(x).logabsdet, SQUARE),
    "linalg.svd": (lambda np, x: np.linalg.svd(x, full_matrices=False).S, X),
    "linalg.qr": (lambda np, x: np.linalg.qr(x, "reduced").R, SQUARE),
    "linalg.cross": (lambda np, x: np.linalg.cross(x, x[:, ::-1]), X),
    "transpose axes": (lambda np, x: np.transpose(x, (2, 0, 1)), CUBE),
    "dot cubes": (lambda np, x: np.dot(x, x[0, ...].T), CUBE),
}
TORCH_CALLS = {
    "sin": lambda t, x: t.sin(input=x),
    "arctan2": lambda t, x: t.arctan2(x, other=x * x),
    "add": lambda t, x: t.add(x, x),
    "sub": lambda t, x: t.sub(t.ones(3, dtype=t.float64), x),
    "div": lambda t, x: t.div(x, 2.0),
    "tensor *": lambda t, x: t.ones(3, dtype=t.float64) * x,
    "tensor -": lambda t, x: t.tensor(2.0) - x,
    "tensor @": lambda t, x: t.ones(2, dtype=t.float64) @ x,
    "tensor >": lambda t, x: t.where(t.full((3,), 0.5, dtype=t.float64) > x, x, x * x),
    "tensor.mul": lambda t, x: t.ones(3, dtype=t.float64).mul(x),
    "clamp": lambda t, x: t.clamp(x, min=0.3),
    "clip": lambda t, x: t.clip(x, 0.3, 0.6),
    "where": lambda t, x: t.where(x > 0.5, x, 0.0),
    "sigmoid": lambda t, x: t.sigmoid(x),
    "special.expit": lambda t, x: t.special.expit(x),
    "relu": lambda t, x: t.relu(x - 0.5),
    "functional.relu": lambda t, x: t.nn.functional.relu(x - 0.5),
    "softmax": lambda t, x: t.softmax(x, 0),
    "functional.softmax": lambda t, x: t.nn.functional.softmax(x, dim=1),
    "log_softmax": lambda t, x: t.nn.functional.log_softmax(x, dim=-1),
    "logsumexp": lambda t, x: t.logsumexp(x, 1, keepdim=True),
    "exp2": lambda t, x: t.exp2(x),
    "sum": lambda t, x: t.sum(x, 1),
    "sum dim": lambda t, x: t.sum(x, dim=(0, 1), keepdim=True),
    "sum all": lambda t, x: t.sum(x),
    "mean": lambda t, x: t.mean(x, 0, True),
    "prod": lambda t, x: t.prod(x, 1),
    "amax": lambda t, x: t.amax(x, dim=1),
    "amin": lambda t, x: t.amin(x, 0, True),
    "max": lambda t, x: t.max(x),
    "max dim": lambda t, x: t.max(x, 1).values,
    "min dim": lambda t, x: t.min(x, dim=0, keepdim=True)[0],
    "max pair": lambda t, x: t.max(x, x * x),
    "std": lambda t, x: t.std(x),
    "var dim": lambda t, x: t.var(x, 1, keepdim=True),
    "var correction": lambda t, x: t.var(x, dim=0, correction=0),
    "cumsum": lambda t, x: t.cumsum(x, dim=1),
    "sort": lambda t, x: t.sort(x, 1, descending=True).values,
    "diff": lambda t, x: t.diff(x, dim=0),
    "cat": lambda t, x: t.cat((x, x * x), 1),
    "cat dim": lambda t, x: t.cat([t.ones((1, 3), dtype=t.float64), x], dim=0),
    "stack": lambda t, x: t.stack([x, x * x], dim=-1),
    "hstack": lambda t, x: t.hstack((x, x)),
    "vstack": lambda t, x: t.vstack((x, x)),
    "reshape": lambda t, x: t.reshape(x, (3, 2)),
    "flatten": lambda t, x: t.flatten(x[None, ...], 1),
    "flatten all": lambda t, x: t.flatten(x[None, ...]),
    "transpose": lambda t, x: t.transpose(x, 0, 1),
    "permute": lambda t, x: t.permute(x, (1, 0)),
    "movedim": lambda t, x: t.movedim(x, 0, 1),
    "unsqueeze": lambda t, x: t.unsqueeze(x, -1),
    "squeeze": lambda t, x: t.squeeze(x[None, :, :1]),
    "squeeze dim": lambda t, x: t.squeeze(x[None, ...], 1),
    "flip": lambda t, x: t.flip(x, (0, 1)),
    "roll": lambda t, x: t.roll(x, shifts=1, dims=1),
    "tile": lambda t, x: t.tile(x, (2, 1)),
    "tril": lambda t, x: t.tril(x, diagonal=-1),
    "unbind": lambda t, x: t.unbind(x, 1)[1],
    "clone": lambda t, x: t.clone(x),
    "mm": lambda t, x: t.mm(x, x.T),
    "mv": lambda t, x: t.mv(x, x[0, ...]),
    "dot": lambda t, x: t.dot(x[0, ...], x[1, ...]),
    "outer": lambda t, x: t.outer(x[0, ...], x[1, ...]),
    "tensordot": lambda t, x: t.tensordot(x, x, dims=2),
    "numel": lambda t, x: x * t.numel(x) if t.is_floating_point(x) and not t.is_complex(x) else x,
    "linalg.norm": lambda t, x: t.linalg.norm(x),
    "linalg.norm dim": lambda t, x: t.linalg.norm(x, 1, dim=0, keepdim=True),
    "linalg.vector_norm": lambda t, x: t.linalg.vector_norm(x, 3, dim=1),
    "linalg.matrix_norm": lambda t, x: t.linalg.matrix_norm(x, ord=1),
    "linalg.inv": lambda t, x: t.linalg.inv(x @ x.T),
    "linalg.cholesky": lambda t, x: t.linalg.cholesky(x @ x.T),
    "linalg.solve": lambda t, x: t.linalg.solve(x @ x.T, x),
    "linalg.svd": lambda t, x: t.linalg.svd(x, full_matrices=False).S,
    "det": lambda t, x: t.det(x @ x.T),
    "fft": lambda t, x: t.abs(t.fft.fft(x, dim=0)),
    "rfftn": lambda t, x: t.abs(t.fft.rfftn(x, dim=(0, 1), norm="ortho")),
    "fftshift": lambda t, x: t.fft.fftshift(x, dim=1),
}


@pytest.mark.parametrize("name", NUMPY_CALLS)
def test_numpy_functions(name):
    check_grads(lambda x: NUMPY_CALLS[name](numpy, x), [X])


@pytest.mark.parametrize("name", NUMPY_CALLS_OF_OTHER_SHAPES)
def test_numpy_functions_of_other_shapes(name):
    call, x = NUMPY_CALLS_OF_OTHER_SHAPES[name]
    check_grads(lambda x: call(numpy, x), [x])


@pytest.mark.parametrize("name", TORCH_CALLS)
def test_torch_functions(name):
    torch = pytest.importorskip("torch")
    check_grads(lambda x: TORCH_CALLS[name](torch, x), [torch.asarray(X)])


REFUSED = {
    "a function without counterpart": (lambda x: numpy.nansum(x), "numpy.nansum is not a function of the standard"),
    "of linalg": (lambda x: numpy.linalg.lstsq(x, x), "numpy.linalg.lstsq is not"),
    "of lib": (lambda x: numpy.lib.scimath.sqrt(x), r"cannot become a NumPy array|numpy.lib.scimath.sqrt is not"),
    "a ufunc": (lambda x: numpy.cbrt(x), "numpy.cbrt is not"),
    "a ufunc of nobody": (lambda x: numpy.frompyfunc(abs, 1, 1)(x), "ufunc.abs .* is not"),
    "a method of a ufunc": (lambda x: numpy.add.reduceat(x, [0]), "numpy.add.reduceat is not"),
    "the method at": (lambda x: numpy.add.at(x, [0], 1.0), "numpy.add.at is not"),
    "a reduction": (lambda x: numpy.hypot.reduce(x), "numpy.hypot.reduce is not"),
    "an argument": (lambda x: numpy.sum(x, initial=1.0), r"numpy.sum .* takes no initial=1.0"),
    "an option": (lambda x: numpy.reshape(x, (6,), order="F"), r"numpy.reshape .* takes no order='F'"),
    "a mask": (lambda x: numpy.sin(x, where=X > 0.5), r"numpy.sin .* takes no where="),
    "a data type": (lambda x: numpy.add(x, x, dtype="float32"), r"numpy.add .* takes no dtype='float32'"),
    "decimals": (lambda x: numpy.round(x, 2), r"numpy.round .* takes no decimals=2"),
    "an unknown argument": (lambda x: numpy.matmul(x, x.T, axes=[0, 1, 2]), r"numpy.matmul .* 'axes'"),
    "out": (lambda x: numpy.add(x, x, out=numpy.ones((2, 3))), r"cannot write into another array.*x = x \+ y"),
    "in place": (lambda x: numpy.ones((2, 3)).__iadd__(x), r"cannot write into another array.*x = x \+ y"),
    "extensor's own functions": (lambda x: extensor.einsum("ij->i", x), "extensor.einsum is not"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_counterpart_is_refused(name):
    call, message = REFUSED[name]
    for transform in (lambda f: grad(f)(X), lambda f: jvp(f, [X], [X])):
        with pytest.raises(TypeError, match=message):
            transform(call)


def test_what_has_no_counterpart_in_torch_is_refused():
    torch = pytest.importorskip("torch")
    x = torch.asarray(X)
    for call, message in (
        (lambda x: torch.erf(x), r"torch\.erf is not"),
        (lambda x: torch.linalg.lstsq(x, x), r"torch\.linalg\.lstsq is not"),
        (lambda x: torch.nn.functional.gelu(x), r"torch\.gelu is not"),
        (lambda x: torch.add(x, x, alpha=2), r"torch\.add .* takes no alpha=2"),
        (lambda x: torch.var(x, False), r"correction=0"),
        (lambda x: torch.ones(2, 3).where(x > 0.5, x), r"torch\.Tensor\.where is not"),
        (lambda x: torch.ones(2, 3).add_(x), r"torch\.Tensor\.add_ is not"),
        (lambda x: torch.ones(2, 3).__setitem__(0, x[0, ...]), r"torch\.Tensor\.__setitem__ is not"),
    ):
        with pytest.raises(TypeError, match=message):
            grad(call)(x)


def test_operands_in_place_of_which_a_wrapped_array_stands():
    def f(x):
        y = numpy.ones(3)
        y += x
        return x.__array_namespace__().sum(y * y)

    with pytest.raises(TypeError, match=r"write x = x \+ y"):
        grad(f)(numpy.ones(3))


def test_scipy_ufuncs():
    special = pytest.importorskip("scipy.special")
    for function in (special.log1p, special.expm1):
        check_grads(lambda x, function=function: function(x), [X])
    with pytest.raises(TypeError, match=r"scipy\.special\.log_expit is not"):
        grad(special.log_expit)(X)


def test_jax_functions_called_by_name_are_refused():
    jax = pytest.importorskip("jax")
    x = jax.numpy.asarray([0.3, 0.6])
    for call in (
        jax.numpy.sin,
        jax.numpy.sum,
        jax.numpy.asarray,
        jax.nn.relu,
        lambda x: jax.numpy.add(x, x),
        lambda x: jax.numpy.stack([x, x]),
        lambda x: jax.numpy.asarray([x[0], x[1]]),
    ):
        with pytest.raises(TypeError, match=r"ReverseArray|autodiff\.Reverse"):
            grad(call)(x)
    assert numpy.allclose(grad(lambda y: (x * y) @ x)(x), x * x)


def test_array_api_strict_on_the_left_is_refused():
    xp = pytest.importorskip("array_api_strict")
    x = xp.asarray([1.0, 2.0])
    with pytest.raises(TypeError, match="Expected Array or Python scalar"):
        grad(lambda y: y.__array_namespace__().sum(x * y))(x)
    found = grad(lambda y: y.__array_namespace__().sum(y.__array_namespace__().multiply(x, y)))(x)
    assert xp.all(found == x)


@pytest.mark.parametrize("library", [NUMPY, TORCH], ids=lambda library: library.name)
def test_tables_name_functions_that_exist(library):
    module = pytest.importorskip(library.name)
    for theirs, ours in library.names.items():
        assert attrgetter(theirs)(module) is not None
        assert ours in spec.BY_NAME or ours in EQUIVALENTS
        assert ours in library.parameters or spec.BY_NAME[ours].chapter == "elementwise"
    for ours in library.parameters:
        names = [theirs for theirs, name in library.names.items() if name == ours]
        assert ours in spec.BY_NAME or ours in EQUIVALENTS
        assert names or attrgetter(ours)(module) is not None


def test_parameters_are_in_the_order_of_numpy():
    checked = 0
    for ours, row in NUMPY.parameters.items():
        for path in [theirs for theirs, name in NUMPY.names.items() if name == ours] or [ours]:
            function = attrgetter(path)(numpy)
            if isinstance(function, numpy.ufunc):
                continue
            try:
                parameters = list(inspect.signature(function).parameters.values())
            except ValueError:  # written in C, by older versions of NumPy
                continue
            order = [
                each.name for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
            ]
            listed = [word.partition("=")[0] for word in row.split()]
            # The name of the first is not read.
            assert order[1:] == listed[1 : len(order)], path
            checked += len(order) > 1
    assert checked > 30
