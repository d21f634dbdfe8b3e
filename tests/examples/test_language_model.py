from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy
import pytest
from numpy.testing import assert_allclose

PATH = Path(__file__).parents[2] / "examples" / "language_model.py"
TINY = "--width 8 --heads 2 --layers 1 --context 8 --batch 4 --steps 3 --sample 20".split()


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("language_model", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("the cat sat on the mat, and the dog sat on the cat. " * 40)
    return path


def test_it_trains_and_writes(example, text, tmp_path, capsys):
    out = tmp_path / "sample.txt"
    losses = example.main([*TINY, "--text", str(text), "--backend", "numpy", "--out", str(out)])
    assert numpy.isfinite(losses).all()
    assert len(out.read_text()) == 4 + 20
    printed = capsys.readouterr().out
    assert out.read_text() in printed
    assert "trigram" in printed


def test_the_seed_says_what_it_writes(example, text):
    def run(seed):
        return example.main([*TINY, "--text", str(text), "--backend", "numpy", "--seed", seed])

    assert run("0") == run("0")
    assert run("0") != run("1")


@pytest.mark.parametrize("backend", ["extensor", "torch", "array-api-strict"])
def test_backends_train_alike(example, text, backend):
    pytest.importorskip(backend.replace("-", "_"))
    alike = [*TINY, "--text", str(text), "--backend"]
    assert_allclose(example.main([*alike, backend]), example.main([*alike, "numpy"]), rtol=1e-4)


def test_the_trigram_model_is_a_distribution(example):
    rng = numpy.random.default_rng(0)
    model = example.Trigram(rng.integers(0, 5, 500), 5)
    assert_allclose(model.weights.sum(), 1)
    losses = [model.losses(numpy.asarray([1, 2, c]))[0] for c in range(5)]
    assert_allclose(numpy.exp(-numpy.asarray(losses)).sum(), 1)


def test_the_trigram_model_finds_what_two_characters_tell(example):
    # After 0 1 comes 0, after 1 0 what came before the last time: a cycle that one character does not tell.
    cycle = numpy.asarray([0, 0, 1, 1] * 200)
    assert example.Trigram(cycle, 2).losses(cycle).mean() < 0.01
    assert example.Trigram(numpy.random.default_rng(0).integers(0, 2, 2000), 2).losses(cycle).mean() > 0.6


def test_a_text_that_is_too_short_is_refused(example, tmp_path, capsys):
    path = tmp_path / "short.txt"
    path.write_text("short")
    with pytest.raises(SystemExit):
        example.main(["--text", str(path)])
    assert "too short: its last tenth must be longer than --context 64" in capsys.readouterr().err


@pytest.mark.slow
def test_a_transformer_learns_more_of_licences_than_a_trigram_model(example):
    if not example.licences():
        pytest.skip("no licence on this machine")
    transformer, trigram = example.main([])
    assert transformer < 0.85 * trigram
