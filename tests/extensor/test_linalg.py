"""The linalg and fft extensions: identities that define each function."""

import cmath

import array_api_strict as strict
import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import extensor as xp
from extensor import fft, linalg

SQUARE = npst.arrays(numpy.float64, st.sampled_from([(3, 3), (2, 2, 2)]), elements=st.integers(-9, 9)).map(xp.asarray)
TALL = npst.arrays(numpy.float64, st.sampled_from([(4, 2), (2, 3, 2), (2, 3)]), elements=st.integers(-9, 9))
TALL = TALL.map(xp.asarray)


def close(x, y):
    numpy.testing.assert_allclose(numpy.asarray(x), numpy.asarray(y), atol=1e-9)


@given(SQUARE)
def test_square_matrices(x):
    n = x.shape[-1]
    safe = x @ x.mT + xp.eye(n)
    close(safe @ linalg.inv(safe), xp.broadcast_to(xp.eye(n), safe.shape))
    close(safe @ linalg.solve(safe, x), x)
    close(safe @ linalg.solve(safe, xp.ones(n))[..., None], xp.ones((*x.shape[:-1], 1)))
    lower, upper = linalg.cholesky(safe), linalg.cholesky(safe, upper=True)
    close(lower @ lower.mT, safe)
    close(upper, lower.mT)
    values, vectors = linalg.eigh(safe)
    close(safe @ vectors, vectors * values[..., None, :])
    close(linalg.eigvalsh(safe), values)
    values, vectors = linalg.eig(x)
    assert values.dtype == vectors.dtype == linalg.eigvals(x).dtype == xp.complex128
    close(x @ vectors, vectors * values[..., None, :])
    sign, logabsdet = linalg.slogdet(safe)
    close(sign * xp.exp(logabsdet) / linalg.det(safe), xp.ones(x.shape[:-2]))
    close(linalg.matrix_power(safe, 3), safe @ safe @ safe)
    close(linalg.trace(x), xp.sum(linalg.diagonal(x), axis=-1))


@given(TALL)
def test_rectangular_matrices(x):
    q, r = linalg.qr(x)
    close(q @ r, x)
    assert linalg.qr(x, mode="complete").Q.shape[-1] == x.shape[-2]
    u, s, vh = linalg.svd(x, full_matrices=False)
    close((u * s[..., None, :]) @ vh, x)
    close(linalg.svdvals(x), s)
    close(x @ linalg.pinv(x) @ x, x)
    close(linalg.matrix_norm(x), linalg.vector_norm(x, axis=(-2, -1)))
    close(linalg.matrix_norm(x, ord=2), xp.max(s, axis=-1))
    ranks = numpy.linalg.matrix_rank(numpy.asarray(x))
    close(linalg.matrix_rank(x), ranks)
    close(linalg.matrix_rank(x, rtol=xp.full(x.shape[:-2], 1e-9)), ranks)


def test_ranks_of_nothing():
    assert int(linalg.matrix_rank(xp.zeros((0, 3)))) == 0


@pytest.mark.parametrize("order", [0, 1, 2, 3.5, xp.inf, -xp.inf, -1])
@pytest.mark.parametrize("axis", [None, 0, (0, 2)])
@pytest.mark.parametrize("keepdims", [True, False])
def test_vector_norms(order, axis, keepdims):
    nd = numpy.arange(1.0, 25).reshape(2, 3, 4)
    ours = linalg.vector_norm(xp.asarray(nd), axis=axis, keepdims=keepdims, ord=order)
    theirs = strict.linalg.vector_norm(strict.asarray(nd), axis=axis, keepdims=keepdims, ord=order)
    assert ours.shape == theirs.shape
    close(ours, theirs)


def test_products():
    a, b = xp.asarray([1, 2, 3]), xp.asarray([[4], [5], [6]])
    close(linalg.cross(a, b[:, 0]), [-3, 6, -3])
    close(linalg.outer(a, b[:, 0]), a[:, None] * b[:, 0])
    assert linalg.trace(xp.ones((2, 2), dtype=xp.uint8)).dtype == xp.uint64


@pytest.mark.parametrize(
    "call",
    [
        lambda: linalg.inv(xp.zeros((2, 2))),
        lambda: linalg.inv(xp.zeros((2, 3))),
        lambda: linalg.cholesky(xp.asarray([[1.0, 2.0], [2.0, 1.0]])),
        lambda: linalg.cross(xp.ones(2), xp.ones(2)),
        lambda: linalg.outer(xp.ones((2, 2)), xp.ones(2)),
        lambda: linalg.qr(xp.ones((2, 2)), mode="r"),
        lambda: linalg.matrix_rank(xp.ones(2)),
        lambda: linalg.diagonal(xp.ones(2)),
        lambda: linalg.matrix_norm(xp.ones(2)),
        lambda: xp.matmul(xp.ones(2), xp.ones(3)),
        lambda: xp.matmul(xp.ones(()), xp.ones(())),
        lambda: xp.vecdot(xp.ones(3), xp.ones(1)),
        lambda: fft.fft(xp.ones(3), n=0),
    ],
)
def test_errors(call):
    with pytest.raises(ValueError):  # noqa: PT011 -- LinAlgError is one, and messages are NumPy's
        call()


@given(st.lists(st.complex_numbers(max_magnitude=1e3), min_size=1, max_size=12))
def test_fft_is_the_sum_that_defines_it(values):
    n = len(values)
    expected = [sum(v * cmath.exp(-2j * cmath.pi * j * k / n) for j, v in enumerate(values)) for k in range(n)]
    x = xp.asarray(values, dtype=xp.complex128)
    numpy.testing.assert_allclose(fft.fft(x), expected, atol=1e-7)
    close(fft.ifft(fft.fft(x)), x)
    close(fft.fft(fft.ifft(x, norm="forward"), norm="forward"), x)


@pytest.mark.parametrize("dtype", [xp.float32, xp.float64], ids=str)
def test_ffts_invert_each_other(dtype):
    x = xp.asarray(numpy.random.default_rng(0).random((3, 4, 6)), dtype=dtype)
    pairs = [(fft.fft, fft.ifft), (fft.rfft, fft.irfft), (fft.fftn, fft.ifftn), (fft.rfftn, fft.irfftn)]
    for forward, inverse in [*pairs, (fft.ihfft, fft.hfft), (fft.fftshift, fft.ifftshift)]:
        back = inverse(forward(x))
        numpy.testing.assert_allclose(numpy.asarray(back).real, x, atol=1e-5)
        assert back.dtype.itemsize in (dtype.itemsize, 2 * dtype.itemsize)
    assert fft.fftn(x, s=(2, 3)).shape == (3, 2, 3)
    assert fft.fftn(x, s=(2,), axes=(0,)).shape == (2, 4, 6)


def test_frequencies():
    assert fft.fftfreq(3, d=0.5, dtype=xp.float32).dtype == xp.float32
    close(fft.fftshift(fft.fftfreq(5)), [-0.4, -0.2, 0, 0.2, 0.4])
    close(fft.rfftfreq(4), [0, 0.25, 0.5])
    with pytest.raises(ValueError, match="gpu"):
        fft.fftfreq(3, device="gpu")
