from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

import nn
from nn import cli

ROOT = Path(__file__).parents[2]
QUICK = ["--epochs=1", "--hidden=8", "--backend=numpy"]


def command(*arguments):
    return [sys.executable, "-c", "from nn.cli import main; raise SystemExit(main())", *map(str, arguments)]


def test_train_writes_weights_and_pictures(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    assert cli.main(["train", *QUICK, "--out", str(tmp_path / "new" / "folder")]) == 0
    written = sorted(os.listdir(tmp_path / "new" / "folder"))
    assert written == ["digits.png", "learning_curve.png", "weights.safetensors"]
    weights = nn.load(tmp_path / "new" / "folder" / "weights.safetensors", xp=numpy)
    assert {name: array.shape for name, array in weights.items()} == {
        "1.weight": (8, 64),
        "1.bias": (8,),
        "3.weight": (10, 8),
        "3.bias": (10,),
    }
    out = capsys.readouterr().out
    assert "epoch 1/1  loss " in out
    assert "\x1b" not in out


def test_train_reads_idx_files(mnist):
    assert cli.main(["train", *QUICK, "--data", str(mnist), "--out", str(mnist / "out")]) == 0
    assert nn.load(mnist / "out" / "weights.safetensors", xp=numpy)["1.weight"].shape == (8, 20)


def test_without_matplotlib_one_line_says_what_to_install(tmp_path, monkeypatch, capsys):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert cli.main(["train", *QUICK, "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "no pictures without matplotlib: pip install extensor[plot]"
    assert os.listdir(tmp_path) == ["weights.safetensors"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--backend", "nowhere"], "no array namespace 'nowhere'"),
        (["train", "--backend", "math"], "module 'math' is not an array namespace"),
        (["train", "--data", "/nowhere"], "/nowhere/train-images-idx3-ubyte: no such file"),
        (["train", "--out", "/dev/null/x"], "/dev/null/x: Not a directory"),
        (["train", "--epochs", "0"], "argument --epochs: 0 is not above 0"),
        (["train", "--epochs", "many"], "argument --epochs: invalid int value: 'many'"),
        (["train", "--learning-rate", "nan"], "argument --learning-rate: nan is not above 0"),
        (["train", "--seed", "-1"], "argument --seed: -1 is below 0"),
        (["train", "--backend"], "argument --backend: expected one argument"),
        (["train", "--colour"], "unrecognized arguments: --colour"),
        (["fly"], "invalid choice: 'fly'"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        cli.main(arguments)
    out, err = capsys.readouterr()
    assert exit_.value.code == 2
    assert message in err
    assert err.startswith("extensor")
    assert (err.count("\n"), out) == (1, "")


def test_truncated_data_is_one_line(tmp_path, capsys):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03\0\0")
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(b"")
    with pytest.raises(SystemExit):
        cli.main(["train", "--backend", "numpy", "--data", str(tmp_path)])
    assert capsys.readouterr().err == (
        f"extensor: {tmp_path}/train-images-idx3-ubyte: ends within its header, 6 bytes, expected at least 16\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_interrupted_training_leaves_a_whole_checkpoint(tmp_path):
    arguments = command("train", "--backend=numpy", "--epochs=100000", "--out", tmp_path)
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        for _ in range(3):
            assert process.stdout.readline().startswith("epoch ")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.count("\n") == 1
    assert err.startswith(f"extensor: interrupted; {tmp_path}/weights.safetensors is whole, from epoch ")
    assert nn.load(tmp_path / "weights.safetensors", xp=numpy)["3.weight"].shape == (10, 512)
    assert os.listdir(tmp_path) == ["weights.safetensors"]


def test_version_and_help(capsys):
    for arguments in (["--version"], ["--help"], ["train", "--help"]):
        with pytest.raises(SystemExit) as exit_:
            cli.main(arguments)
        assert exit_.value.code == 0
    assert "--backend NAME" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGPIPE")
def test_a_reader_who_has_enough_ends_it_quietly(tmp_path):
    arguments = command("train", "--backend=numpy", "--epochs=100000", "--hidden=8", "--out", tmp_path)
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout.readline().startswith("epoch ")
        process.stdout.close()
        assert process.stderr.read() == ""
        process.wait(timeout=30)
    assert process.returncode == 128 + 13
    assert nn.load(tmp_path / "weights.safetensors", xp=numpy)["3.weight"].shape == (10, 8)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_output_that_cannot_be_written_is_one_line(tmp_path):
    with open("/dev/full", "w") as full:
        found = subprocess.run(
            command("train", *QUICK, "--out", tmp_path), stdout=full, stderr=subprocess.PIPE, text=True, cwd=ROOT
        )
    assert (found.returncode, found.stderr) == (1, "extensor: No space left on device\n")


def test_a_picture_that_cannot_be_written_is_one_line(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    (tmp_path / "digits.png").mkdir()
    assert cli.main(["train", *QUICK, "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"extensor: {tmp_path}/digits.png: Is a directory\n"


def test_training_that_diverges_is_one_line(tmp_path, capsys):
    assert cli.main(["train", *QUICK, "--learning-rate=1e30", "--out", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("extensor: the loss is ")
    assert "lower the learning rate" in line
