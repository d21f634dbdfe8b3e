"""A small transformer learns to write licences, one character after the other, and is compared with a trigram model.

    python examples/language_model.py
    python examples/language_model.py --backend torch --text FILE

The text is that of the licences which Python and Debian carry, or the one that ``--text`` names. The last tenth of each
file is kept for validation; losses are in nats per character of it.
"""

from __future__ import annotations

import argparse
import math
import sys
import sysconfig
import time
from pathlib import Path

import numpy

import nn
from autodiff import import_namespace

LICENCES = [
    (Path("/usr/share/common-licenses"), "*"),
    (Path(sysconfig.get_path("stdlib")), "LICENSE*"),
    (Path(sys.base_prefix), "LICENSE*"),
]


class LanguageModel(nn.Module):
    """Logits of the next symbol after each of a sequence, shape (batch, positions, symbols)."""

    def __init__(self, symbols, *, width, heads, layers, rng, xp):
        drawn = {"rng": rng, "xp": xp}
        self.embedding = nn.Embedding(symbols, width, weight_init=nn.init.normal(0.1), **drawn)
        self.encoder = nn.TransformerEncoder(
            lambda: nn.TransformerEncoderLayer(
                width,
                heads,
                4 * width,
                dropout=0.0,
                norm_first=True,
                batch_first=True,
                rotary=nn.RotaryEmbedding(),
                **drawn,
            ),
            layers,
            nn.LayerNorm(width, xp=xp),
        )
        self.head = nn.Linear(width, symbols, **drawn)

    def __call__(self, symbols, caches=None):
        return self.head(self.encoder(self.embedding(symbols), is_causal=True, caches=caches))


class Trigram:
    """Interpolation of the frequencies of characters, after the last one and after the last two, with add-k smoothing.

    S. F. Chen, J. Goodman, "An empirical study of smoothing techniques for language modeling", 1999, section 2: `k` and
    the interpolation are those that do best on a tenth of the training text.
    """

    def __init__(self, text, symbols):
        self.symbols = symbols
        known, held_out = split(text)
        self.count(known)
        fits = [self.fitted(held_out, k) for k in (1e-4, 1e-3, 1e-2, 1e-1, 1.0)]
        _, self.k, self.weights = min(fits, key=lambda fit: fit[0])
        self.count(text)

    def count(self, text):
        self.counts = []
        for order in range(3):
            counts = numpy.zeros((self.symbols,) * (order + 1))
            numpy.add.at(counts, tuple(text[i : len(text) - order + i] for i in range(order + 1)), 1)
            self.counts.append(counts)

    def probabilities(self, text, k):
        """Of each character from the third on, by each order."""
        rows = []
        for order, counts in enumerate(self.counts):
            history = tuple(text[2 - order + i : len(text) - order + i] for i in range(order))
            seen = counts[history] if order else numpy.broadcast_to(counts, (len(text) - 2, self.symbols))
            hits = seen[numpy.arange(len(text) - 2), text[2:]]
            rows.append((hits + k) / (seen.sum(axis=-1) + k * self.symbols))
        return numpy.stack(rows)

    def fitted(self, text, k):
        """Loss, k, and weights of the orders, found by expectation maximization."""
        each = self.probabilities(text, k)
        weights = numpy.full(3, 1 / 3)
        for _ in range(50):
            shares = weights[:, None] * each
            weights = numpy.mean(shares / shares.sum(axis=0), axis=1)
        return -numpy.mean(numpy.log(weights @ each)), k, weights

    def losses(self, text):
        """Of each character from the third on."""
        return -numpy.log(self.weights @ self.probabilities(text, self.k))


def split(text):
    """The text without its last tenth, and that."""
    cut = len(text) * 9 // 10
    return text[:cut], text[cut:]


def licences():
    """Each file once, also where there are links."""
    paths = {path.resolve() for folder, pattern in LICENCES for path in folder.glob(pattern) if path.is_file()}
    return sorted(paths, key=lambda path: path.name)


def read(paths):
    """Training and validation text as numbers, and the characters that these stand for."""
    parts = [split(path.read_text(encoding="utf-8", errors="replace")) for path in paths]
    texts = ["\n".join(part) for part in zip(*parts, strict=True)]
    characters = sorted(set("".join(texts)))
    number = {character: i for i, character in enumerate(characters)}
    return *[numpy.asarray([number[character] for character in text]) for text in texts], characters


def windows(text, starts, context):
    """Inputs and the characters that follow each."""
    taken = text[starts[:, None] + numpy.arange(context + 1)]
    return taken[:, :-1], taken[:, 1:]


def train(model, text, *, steps, batch, context, learning_rate, rng, xp):
    optimizer = nn.AdamW(nn.cosine_decay(learning_rate, steps), weight_decay=0.1).attach(model)
    loss_and_gradients = nn.backward(lambda model, inputs, targets: nn.cross_entropy(model(inputs), targets))
    begun = time.perf_counter()
    for i in range(1, steps + 1):
        inputs, targets = windows(text, rng.integers(0, len(text) - context, batch), context)
        loss = loss_and_gradients(model, xp.asarray(inputs), xp.asarray(targets))
        optimizer.step()
        model.zero_grad()
        if i % max(1, steps // 10) == 0:
            print(f"step {i:5}  training loss {float(loss):.3f}  {time.perf_counter() - begun:6.1f} s", flush=True)


def validate(model, trigram, text, *, context, batch, xp):
    """Loss of either model on the same characters, of which each has at least half a context before it."""
    half = context // 2
    starts = numpy.arange(0, len(text) - context, half)
    losses = []
    for first in range(0, len(starts), batch):
        inputs, targets = windows(text, starts[first : first + batch], context)
        each = nn.cross_entropy(model(xp.asarray(inputs)), xp.asarray(targets), reduction="none")
        losses.append(numpy.asarray(each)[:, context - half :])
    positions = starts[:, None] + numpy.arange(context - half, context) + 1
    return numpy.mean(numpy.concatenate(losses)), numpy.mean(trigram.losses(text)[positions - 2])


def sample(model, prompt, *, length, context, temperature, rng, xp):
    """Symbols that continue a prompt."""
    text = list(prompt)
    caches, fresh = [], []
    while len(text) < len(prompt) + length:
        if not caches or caches[0].length == context:
            # As far as it was trained; from there on with the latest half.
            caches, fresh = [nn.KeyValueCache() for _ in model.encoder.layers], text[-(context // 2) :]
        logits = model(xp.asarray([fresh]), caches)[0, -1, :]
        scores = numpy.asarray(logits, dtype=numpy.float64) / temperature
        chances = numpy.exp(scores - scores.max())
        fresh = [int(rng.choice(len(chances), p=chances / chances.sum()))]
        text += fresh
    return text


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, help="file to learn from, instead of licences")
    parser.add_argument("--backend", default="extensor", help="array namespace, such as numpy, torch or jax")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="file for the sample")
    sizes = {"width": 96, "heads": 4, "layers": 2, "context": 64, "batch": 16, "sample": 600}
    for name, size in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument("--learning-rate", type=float, default=3e-3)
    parser.add_argument("--temperature", type=float, default=0.7)
    options = parser.parse_args(argv)

    paths = [options.text] if options.text else licences()
    if not paths:
        parser.error("found no licence on this machine; name a text with --text FILE")
    training, validation, characters = read(paths)
    if min(len(training), len(validation)) <= options.context:
        parser.error(f"the text is too short: its last tenth must be longer than --context {options.context}")
    print(f"{len(paths)} files, {len(training)} + {len(validation)} characters, {len(characters)} different")

    xp, rng = import_namespace(options.backend), numpy.random.default_rng(options.seed)
    model = LanguageModel(
        len(characters), width=options.width, heads=options.heads, layers=options.layers, rng=rng, xp=xp
    )
    print(f"{sum(math.prod(p.data.shape) for p in model.parameters())} parameters on {options.backend}")
    shape = {"context": options.context, "batch": options.batch, "xp": xp}
    train(model, training, steps=options.steps, learning_rate=options.learning_rate, rng=rng, **shape)
    model.eval()

    losses = validate(model, Trigram(training, len(characters)), validation, **shape)
    for name, loss in zip(("transformer", "trigram"), losses, strict=True):
        print(f"{name:12} {loss:.3f} nats = {loss / math.log(2):.3f} bits per character")
    prompt = validation[: options.context // 2].tolist()
    written = sample(
        model,
        prompt,
        length=options.sample,
        context=options.context,
        temperature=options.temperature,
        rng=rng,
        xp=xp,
    )
    written = "".join(characters[i] for i in written)
    print(f"\n{written}")
    if options.out:
        options.out.write_text(written, encoding="utf-8")
    return losses


if __name__ == "__main__":
    main()
