"""``selu-lint profile`` as a user meets it, without Keras."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

MODELS = Path(__file__).parent.parent / "fixtures" / "models" / "keras3.15-tf"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "selu_lint", "profile", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_row_a_layer_before_and_after_and_a_verdict_each() -> None:
    result = run(MODELS / "cnn_broken.keras")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    row = next(line for line in lines if line.strip().startswith("conv "))
    before, _, after = row.partition("|")
    assert before.split()[1] == "0.400"
    assert after.split()[0] == "1.000"
    assert "as it is: trains (no prediction for output)" in result.stdout
    assert "as fixed: trains" in result.stdout


def test_unpredicted_layers_are_named() -> None:
    result = run(MODELS / "functional.keras")
    assert result.returncode == 0
    assert "unknown: no prediction at bidi/forward_lstm" in result.stdout


def test_json() -> None:
    result = run("--format", "json", MODELS / "cnn_broken.keras")
    data = json.loads(result.stdout)
    assert data["version"] == 1
    hidden = next(row for row in data["before"]["layers"] if row["layer"] == "hidden")
    assert hidden["gain"] == pytest.approx(1.8)
    assert hidden["noise_share"] == pytest.approx(0.26, abs=0.05)


@pytest.mark.parametrize("suffix", ["png", "svg", "html"])
def test_plots(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    plot = tmp_path / f"profile.{suffix}"
    assert run("--plot", plot, MODELS / "cnn_broken.keras").returncode == 0
    content = plot.read_bytes()
    assert content.startswith(b"\x89PNG") if suffix == "png" else b"<svg" in content


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--plot", "x.gif", str(MODELS / "cnn_broken.keras")], ".png"),
        (["gone.keras"], "no such file"),
        (["--data", "x.npy", str(MODELS / "cnn_broken.keras")], "x.npy is no .npy file"),
        (["--input", "mean=x", str(MODELS / "cnn_broken.keras")], "mean=NUMBER,std=NUMBER"),
        (["--input", "std=-1", str(MODELS / "cnn_broken.keras")], "a deviation of 0 or more"),
        (["--data", "x.npy", "--input", "std=1", "m.keras"], "give one of them"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], words: str) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


SCRIPT = """\
from keras import Sequential, layers

net = Sequential([layers.Input((64,)), layers.Dense(16, activation="selu"), layers.Dense(10)])


def build(n):
    return Sequential([layers.Dense(n, activation="selu")])
"""


def test_each_model_that_code_builds(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    result = run(tmp_path / "train.py")
    assert result.returncode == 0
    first, _, second = result.stdout.rpartition("\n\n")
    assert first.startswith(f"{tmp_path / 'train.py'}:3\n")
    row = next(line for line in first.splitlines() if line.strip().startswith("Dense 1 "))
    before, _, after = row.partition("|")
    assert (before.split()[2], after.split()[0]) == ("1.600", "1.000")
    assert second.endswith("7 (build): 1 layer, whose sizes do not follow from the code\n")
    data = json.loads(run("--format", "json", tmp_path / "train.py").stdout)
    assert [each["profile"] is None for each in data["models"]] == [False, True]
    assert data["models"][0]["profile"]["after"]["verdict"] == "trains"


def test_code_is_one_model_only_once_it_is_saved(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(SCRIPT)
    result = run("--measure", tmp_path / "train.py")
    assert result.returncode == 2
    assert "take one model; save it first" in result.stderr
    (tmp_path / "empty.py").write_text("import keras\n")
    assert "builds no model with SELU layers" in run(tmp_path / "empty.py").stdout
