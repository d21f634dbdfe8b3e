"""What a training step of a causal transformer costs, and its attention alone, against PyTorch.

Run with ``python -m benchmarks.transformer``. All compute the same in float32: 2 layers of width 128 with 4 heads, on
16 sequences of 64 characters.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy

import autodiff
import nn

from .harness import compare

BATCH, LENGTH, SYMBOLS, WIDTH, HEADS, LAYERS = 16, 64, 96, 128, 4, 2

NAMESPACES = ("extensor", "numpy", "torch")

Run = Callable[[], object]


def drawn(*shape: int) -> numpy.ndarray:
    return numpy.random.default_rng(0).standard_normal(shape, dtype=numpy.float32)


def batch() -> list[numpy.ndarray]:
    return list(numpy.random.default_rng(0).integers(0, SYMBOLS, (2, BATCH, LENGTH)))


class Model(nn.Module):
    def __init__(self, xp):
        made = {"rng": numpy.random.default_rng(0), "xp": xp}
        self.embedding = nn.Embedding(SYMBOLS, WIDTH, **made)
        options = {"dropout": 0.0, "norm_first": True, "batch_first": True}
        self.encoder = nn.TransformerEncoder(
            lambda: nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, **options, **made), LAYERS
        )
        self.head = nn.Linear(WIDTH, SYMBOLS, **made)

    def __call__(self, symbols):
        return self.head(self.encoder(self.embedding(symbols), is_causal=True))


def ours(name: str) -> Run:
    xp = autodiff.import_namespace(name)
    model = Model(xp)
    optimizer = nn.AdamW(1e-4).attach(model)
    backward = nn.backward(lambda model, inputs, targets: nn.cross_entropy(model(inputs), targets))
    arrays = [xp.asarray(x) for x in batch()]

    def step() -> None:
        backward(model, *arrays)
        optimizer.step()
        model.zero_grad()

    return step


def of_torch() -> Run:
    import torch

    options = {"dropout": 0.0, "norm_first": True, "batch_first": True}
    layer = torch.nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, **options)
    encoder = torch.nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)
    embedding, head = torch.nn.Embedding(SYMBOLS, WIDTH), torch.nn.Linear(WIDTH, SYMBOLS)
    optimizer = torch.optim.AdamW(torch.nn.ModuleList([embedding, encoder, head]).parameters(), lr=1e-4)
    mask = torch.nn.Transformer.generate_square_subsequent_mask(LENGTH)
    inputs, targets = map(torch.tensor, batch())

    def step() -> None:
        optimizer.zero_grad()
        logits = head(encoder(embedding(inputs), mask=mask, is_causal=True))
        torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten()).backward()
        optimizer.step()

    return step


def our_attention(name: str) -> Run:
    xp = autodiff.import_namespace(name)
    operands = [xp.asarray(drawn(BATCH, HEADS, LENGTH, WIDTH // HEADS)) for _ in range(3)]

    def run() -> object:
        out, pullback = autodiff.vjp(lambda *x: nn.scaled_dot_product_attention(*x, is_causal=True), *operands)
        return pullback(out)

    return run


def attention_of_torch() -> Run:
    import torch

    operands = [torch.tensor(drawn(BATCH, HEADS, LENGTH, WIDTH // HEADS), requires_grad=True) for _ in range(3)]

    def run() -> object:
        out = torch.nn.functional.scaled_dot_product_attention(*operands, is_causal=True)
        return torch.autograd.grad(out, operands, out.detach())

    return run


def main() -> None:
    title = f"{BATCH} sequences of {LENGTH}, width {WIDTH}, {HEADS} heads"
    compare(
        f"training step: {LAYERS} layers, {title}",
        {"PyTorch": of_torch(), **{name: ours(name) for name in NAMESPACES}},
        rounds=11,
    )
    compare(
        f"causal attention and its gradients: {title}",
        {"PyTorch": attention_of_torch(), **{name: our_attention(name) for name in NAMESPACES}},
        rounds=11,
    )


if __name__ == "__main__":
    main()
