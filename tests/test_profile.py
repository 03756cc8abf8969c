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
