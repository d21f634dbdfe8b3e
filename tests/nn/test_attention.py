from __future__ import annotations

import math

import numpy
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import autodiff
import nn
from nn import attention
from nn.activations import ReadsResult

CLOSE = {"rtol": 1e-9, "atol": 1e-11}


def draw(*shape, seed=0):
    return numpy.random.default_rng([seed, *shape]).normal(size=shape)


def arrays(xp, *values):
    return [xp.asarray(value, dtype=None if value.dtype == bool else xp.float64) for value in values]


def with_gradients(xp, f, primals, ct):
    """Result of `f` and its gradients by all of `primals`, as NumPy's."""
    out, pullback = autodiff.vjp(f, *arrays(xp, *primals))
    return [numpy.asarray(x) for x in (out, *pullback(xp.asarray(ct, dtype=xp.float64)))]


def with_gradients_in_torch(f, primals, ct):
    torch = pytest.importorskip("torch")
    tensors = [torch.tensor(x, requires_grad=True) for x in primals]
    out = f(*tensors)
    out.backward(torch.tensor(ct))
    return [x.detach().numpy() for x in (out, *[tensor.grad for tensor in tensors])]


def left_out(*shape):
    """Bools of which about a third are False, and a whole row."""
    mask = draw(*shape, seed=7) > -0.5
    mask[..., 1, :] = False
    return mask


QUERY, KEY, VALUE = (2, 4, 5, 8), (2, 4, 7, 8), (2, 4, 7, 3)

CASES = {
    "plain": (QUERY, KEY, VALUE, {}),
    "without batch": ((5, 8), (7, 8), (7, 3), {}),
    "broadcast": ((2, 1, 5, 8), (4, 7, 8), (2, 4, 7, 3), {}),
    "scale": (QUERY, KEY, VALUE, {"scale": 0.3}),
    "causal": (QUERY, KEY, VALUE, {"is_causal": True}),
    "causal, fewer keys": (KEY, QUERY, (2, 4, 5, 3), {"is_causal": True}),
    "bools": (QUERY, KEY, VALUE, {"mask": left_out(5, 7)}),
    "bools by head": (QUERY, KEY, VALUE, {"mask": left_out(4, 5, 7)}),
    "bools by batch": (QUERY, KEY, VALUE, {"mask": left_out(2, 1, 5, 7)}),
    "bools by key": (QUERY, KEY, VALUE, {"mask": draw(2, 1, 1, 7) > 0}),
    "numbers": (QUERY, KEY, VALUE, {"mask": draw(4, 5, 7)}),
    "numbers and -inf": (QUERY, KEY, VALUE, {"mask": numpy.where(left_out(5, 7), 0.5, -math.inf)}),
    "grouped": (QUERY, (2, 2, 7, 8), (2, 2, 7, 3), {"enable_gqa": True}),
    "grouped, masked": (QUERY, (2, 2, 7, 8), (2, 2, 7, 3), {"enable_gqa": True, "mask": left_out(4, 5, 7)}),
    "one group": (QUERY, (2, 1, 7, 8), (2, 1, 7, 3), {"enable_gqa": True, "is_causal": True}),
    "no batch": ((0, 5, 8), (0, 7, 8), (0, 7, 3), {}),
    "no queries": ((2, 0, 8), (2, 7, 8), (2, 7, 3), {}),
}


@pytest.mark.parametrize("case", CASES)
def test_attention_and_its_gradients_are_those_of_pytorch(case):
    check(numpy, case)


@pytest.mark.parametrize("case", ["plain", "causal", "bools by batch", "numbers and -inf", "grouped, masked"])
def test_attention_on_every_namespace(xp, case):
    check(xp, case)


def check(xp, case):
    torch = pytest.importorskip("torch")
    *shapes, options = CASES[case]
    primals = [draw(*shape, seed=i) for i, shape in enumerate(shapes)]
    ours, theirs = dict(options), dict(options)
    if "mask" in options:
        (ours["mask"],), theirs["attn_mask"] = arrays(xp, options["mask"]), torch.tensor(theirs.pop("mask"))

    def in_torch(*x):
        return torch.nn.functional.scaled_dot_product_attention(*x, **theirs)

    ct = draw(*in_torch(*map(torch.tensor, primals)).shape, seed=9)
    expected = with_gradients_in_torch(in_torch, primals, ct)
    actual = with_gradients(xp, lambda *x: nn.scaled_dot_product_attention(*x, **ours), primals, ct)
    for x, y in zip(actual, expected, strict=True):
        assert_allclose(x, y, **CLOSE)


def test_causal_is_the_mask_of_a_lower_triangle(xp):
    q, k, v = arrays(xp, draw(3, 5, 4), draw(3, 6, 4), draw(3, 6, 2))
    mask = xp.asarray(numpy.tril(numpy.ones((5, 6), dtype=bool)))
    assert_allclose(
        numpy.asarray(nn.scaled_dot_product_attention(q, k, v, is_causal=True)),
        numpy.asarray(nn.scaled_dot_product_attention(q, k, v, mask=mask)),
        rtol=1e-14,
    )


def test_a_mask_and_causal_together_leave_what_both_leave(xp):
    q, k, v = arrays(xp, draw(5, 4), draw(5, 4), draw(5, 2))
    mask = left_out(5, 5)
    both = nn.scaled_dot_product_attention(q, k, v, mask=xp.asarray(mask), is_causal=True)
    one = nn.scaled_dot_product_attention(q, k, v, mask=xp.asarray(numpy.tril(mask)))
    assert_allclose(numpy.asarray(both), numpy.asarray(one), rtol=1e-14)


@pytest.mark.parametrize("keys", [4, 0])
def test_a_query_without_keys_gets_zeros_and_gives_no_gradient(xp, keys):
    mask = numpy.zeros((3, keys), dtype=bool)
    primals = draw(3, 2), draw(keys, 2), draw(keys, 2)
    out, *cts = with_gradients(
        xp, lambda q, k, v: nn.scaled_dot_product_attention(q, k, v, mask=xp.asarray(mask)), primals, draw(3, 2)
    )
    for x in (out, *cts):
        assert_array_equal(x, 0)


def test_masks_are_differentiated(xp):
    q, k, v, mask = draw(2, 3, 4), draw(2, 5, 4), draw(2, 5, 4), draw(3, 5)
    functional = pytest.importorskip("torch").nn.functional
    ct = draw(2, 3, 4, seed=1)
    expected = with_gradients_in_torch(
        lambda q, k, v, mask: functional.scaled_dot_product_attention(q, k, v, attn_mask=mask), (q, k, v, mask), ct
    )
    actual = with_gradients(
        xp, lambda q, k, v, mask: nn.scaled_dot_product_attention(q, k, v, mask=mask), (q, k, v, mask), ct
    )
    assert_allclose(actual[-1], expected[-1], **CLOSE)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_large_scores_do_not_overflow(xp, dtype):
    if not hasattr(xp, dtype):
        pytest.skip(f"no {dtype}")
    # Scores of up to 2 * 10 ** 5, beyond float16.
    q, k, v = numpy.eye(4) * 500, numpy.eye(4) * 400, numpy.asarray([[1.0], [2.0], [3.0], [4.0]])
    narrow = [xp.asarray(x, dtype=getattr(xp, dtype)) for x in (q, k, v)]
    out, pullback = autodiff.vjp(lambda *x: nn.scaled_dot_product_attention(*x, scale=1.0), *narrow)
    assert out.dtype == narrow[0].dtype
    assert [float(x) for x in out[:, 0]] == [1.0, 2.0, 3.0, 4.0]
    for ct in pullback(xp.ones_like(out)):
        assert ct.dtype == narrow[0].dtype
        assert bool(xp.all(xp.isfinite(ct)))


def test_derivatives_of_second_order():
    q, k, v, mask = draw(2, 3, 2), draw(2, 4, 2), draw(2, 4, 2), draw(3, 4)
    autodiff.check_grads(
        lambda q, k, v, mask: nn.scaled_dot_product_attention(q, k, v, mask=mask, is_causal=True),
        (q, k, v, mask),
        order=2,
    )


def test_a_wrong_derivative_is_found():
    def without_sum(xp, t, out, _):
        return t * out

    broken = autodiff.primitive(ReadsResult("broken", without_sum, without_sum), {}, definition=attention._weights)
    with pytest.raises(AssertionError, match="forward"):
        autodiff.check_grads(broken, (draw(3, 4),))


@pytest.mark.parametrize(
    ("heads", "slopes"),
    [
        (1, [2.0**-8]),
        (4, [2.0**-2, 2.0**-4, 2.0**-6, 2.0**-8]),
        # The example of the paper, and its code for 6 heads.
        (8, [2.0**-i for i in range(1, 9)]),
        (6, [2.0**-2, 2.0**-4, 2.0**-6, 2.0**-8, 2.0**-1, 2.0**-3]),
    ],
)
def test_linear_biases(xp, heads, slopes):
    bias = nn.alibi_bias(heads, 2, 4, offset=2, xp=xp, dtype=xp.float64)
    expected = -numpy.asarray(slopes)[:, None, None] * [[2, 1, 0, 1], [3, 2, 1, 0]]
    assert_allclose(numpy.asarray(bias), expected, rtol=1e-15)


def test_vmap_is_one_example_after_the_other(xp):
    primals = arrays(xp, draw(3, 2, 5, 4), draw(3, 2, 6, 4), draw(3, 2, 6, 4))
    mask = xp.asarray(left_out(3, 5, 6))

    def f(q, k, v, mask):
        return nn.scaled_dot_product_attention(q, k, v, mask=mask)

    batched = autodiff.vmap(f)(*primals, mask)
    for i in range(3):
        alone = f(*[x[i, ...] for x in (*primals, mask)])
        assert_allclose(numpy.asarray(batched[i, ...]), numpy.asarray(alone), rtol=1e-12)


def test_dropout_is_by_the_seed_and_keeps_the_mean(xp):
    q, k = arrays(xp, numpy.zeros((1000, 2)), numpy.zeros((40, 2)))
    v = xp.ones((40, 1), dtype=xp.float64)

    def f(seed):
        rng = numpy.random.default_rng(seed)
        return numpy.asarray(nn.scaled_dot_product_attention(q, k, v, dropout_p=0.25, rng=rng))

    assert_array_equal(f(0), f(0))
    assert (f(0) != f(1)).any()
    # Of 40,000 weights the standard error is 0.003.
    assert_allclose(numpy.mean(f(0)), 1.0, atol=0.015)


@pytest.mark.parametrize(
    ("shapes", "options", "message"),
    [
        ([(5, 8), (7, 9), (7, 8)], {}, r"\(\.\.\., L, E\), .* got \(5, 8\), \(7, 9\) and \(7, 8\)"),
        ([(5, 8), (7, 8), (6, 8)], {}, "and .*, got"),
        ([(8,), (7, 8), (7, 8)], {}, "attention takes shapes"),
        ([(4, 5, 8), (2, 7, 8), (2, 7, 8)], {}, "enable_gqa=True lets"),
        ([(4, 5, 8), (3, 7, 8), (3, 7, 8)], {"enable_gqa": True}, "do not broadcast$"),
        ([(5, 8), (7, 8), (7, 8)], {"mask": numpy.ones((7, 5), dtype=bool)}, r"which is \(5, 7\), got shape \(7, 5\)"),
        ([(5, 8), (7, 8), (7, 8)], {"mask": numpy.ones((2, 5, 7), dtype=bool)}, r"got shape \(2, 5, 7\)"),
        ([(5, 8), (7, 8), (7, 8)], {"dropout_p": 0.5}, "needs an rng"),
    ],
)
def test_what_does_not_fit_is_refused(shapes, options, message):
    with pytest.raises(ValueError, match=message):
        nn.scaled_dot_product_attention(*[numpy.ones(shape) for shape in shapes], **options)


def test_a_mask_of_integers_is_refused():
    with pytest.raises(TypeError, match=r"bools, or of floating-point .* got int64; .* mask != 0"):
        nn.scaled_dot_product_attention(*[numpy.ones((3, 2))] * 3, mask=numpy.ones((3, 3), dtype=numpy.int64))


def turned(x, angles, interleaved):
    """Pairs of features as complex numbers, which are multiplied by ``exp(i * angle)``."""
    half = x.shape[-1] // 2
    first, second = (x[..., 0::2], x[..., 1::2]) if interleaved else (x[..., :half], x[..., half:])
    z = (first + 1j * second) * numpy.exp(1j * angles)
    parts = [z.real, z.imag]
    return numpy.stack(parts, axis=-1).reshape(x.shape) if interleaved else numpy.concatenate(parts, axis=-1)


@pytest.mark.parametrize("interleaved", [True, False])
def test_rotary_embedding_multiplies_complex_numbers(xp, interleaved):
    x = draw(2, 5, 6)
    angles = numpy.asarray([[(3 + m) * 100.0 ** (-2 * i / 6) for i in range(3)] for m in range(5)])
    (actual,) = arrays(xp, x)
    actual = nn.rotary_embedding(actual, base=100.0, interleaved=interleaved, offset=3)
    assert_allclose(numpy.asarray(actual), turned(x, angles, interleaved), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("interleaved", [True, False])
def test_products_of_rotary_embeddings_depend_on_the_distance(interleaved):
    q, k = draw(1, 8, seed=1), draw(1, 8, seed=2)

    def product(m, n):
        q_m, k_n = (nn.rotary_embedding(x, interleaved=interleaved, offset=i) for x, i in ((q, m), (k, n)))
        return (q_m @ k_n.T).item()

    assert_allclose(product(3, 1), product(103, 101), rtol=1e-12)
    assert abs(product(3, 1) - product(3, 2)) > 1e-3


def test_rotary_embedding_needs_pairs():
    with pytest.raises(ValueError, match="pairs of features, got 5"):
        nn.rotary_embedding(numpy.ones((3, 5)))
    autodiff.check_grads(nn.rotary_embedding, (draw(3, 4),), order=2)
