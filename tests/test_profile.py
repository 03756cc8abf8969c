"""``selu-lint profile`` as a user meets it, without Keras."""

from __future__ import annotations

import json
import re
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

import selu_lint
from selu_lint import profile
from selu_lint.cases import layer, sequential
from selu_lint.errors import SeluLintError
from selu_lint.limits import Limits
from selu_lint.profiles.profiling import Measured, with_measurements
from selu_lint.reports import Style, profile_plot, profile_text
from selu_lint.reports.text import columns
from selu_lint.settings import Settings
from selu_lint.wording import as_json
from tests.commands import command
from tests.commands.command import MODELS


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return command.run("profile", *arguments)


def test_a_row_a_layer_before_and_after_and_a_verdict_each() -> None:
    result = run(MODELS / "cnn_broken.keras")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert lines[:2] == [f"{MODELS / 'cnn_broken.keras'}: trains", "as fixed: trains"]
    row = next(index for index, line in enumerate(lines) if line.startswith("  conv "))
    assert lines[row].split()[1] == "0.400"
    assert lines[row + 1].split()[:2] == ["fixed", "1.000"]
    assert "no prediction for output" in lines


def test_what_is_not_repaired_is_shown_once() -> None:
    text = run(MODELS / "cnn_clean.keras").stdout
    assert "\nas fixed: the same\n" in text
    assert "  fixed " not in text
    assert "flatten" not in text
    assert "2 layers left out" in text
    every = run("--all", MODELS / "cnn_clean.keras").stdout
    assert "  flatten " in every
    assert re.search(r"e-1\d", every) is None
    assert "  output " in every


def test_what_is_measured_without_end_is_null() -> None:
    found = profile(MODELS / "cnn_broken.keras")
    seen = Measured(0.0, float("inf"), float("nan"), 1.0)
    measured = with_measurements(found.before, {"conv": seen})
    rows = json.loads(as_json(replace(found, before=measured).to_dict()))["before"]["layers"]
    row = next(row for row in rows if row["layer"] == "conv")
    assert list(row["measured"].values()) == [0.0, None, None, 1.0]


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_profile_keeps_within_the_terminal(width: int) -> None:
    found = profile(MODELS / "cnn_broken.keras")
    for name in ("conv", "a" * 90, "層" * 60):
        rows = tuple(replace(row, layer=name) for row in found.before.layers)
        named = replace(found, before=replace(found.before, layers=rows))
        lines = profile_text.render(named, Style(width=width), every=True).splitlines()
        assert max(map(columns, lines[2:])) <= width
        head = next(line for line in lines if line.startswith("  layer"))
        row = lines[lines.index(head) + 1]
        assert name in row if len(name) < 12 else "…" in row


def test_what_leaves_the_healthy_band_is_coloured() -> None:
    text = profile_text.render(profile(MODELS / "cnn_broken.keras"), Style(color=True))
    verdict, _, _, _, _, conv, fixed, *_ = text.splitlines()
    assert verdict.endswith("\x1b[32m\x1b[1mtrains\x1b[0m")
    assert re.search("\x1b\\[31m0\\.4\\d+\x1b\\[0m", conv)
    assert "\x1b[31m" not in fixed


def test_several_models_and_their_exit_code(tmp_path: Path) -> None:
    two = run(MODELS / "cnn_clean.keras", MODELS / "cnn_broken.keras")
    assert two.returncode == 0
    assert two.stdout.count("as fixed: ") == 2
    data = json.loads(run("--format", "json", *[MODELS / "cnn_clean.keras"] * 2).stdout)
    assert [each["before"]["verdict"] for each in data["profiles"]] == ["trains", "trains"]
    assert run("--plot", "x.png", *[MODELS / "cnn_clean.keras"] * 2).returncode == 2
    lost = tmp_path / "lost.json"
    layers = [
        each
        for n in range(60)
        for each in (
            layer("Dense", f"dense_{n}", units=64, activation="selu"),
            layer("Dropout", f"drop_{n}", rate=0.5),
        )
    ]
    lost.write_text(json.dumps(sequential((64,), *layers)))
    assert run(lost).returncode == 0
    assert run("--fail-on", "broken", lost).returncode == 1
    assert run("--fail-on", "borderline", MODELS / "cnn_clean.keras").returncode == 0


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


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["html", "png", "svg"])
def test_plots(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    plot = tmp_path / f"profile.{suffix}"
    assert run("--plot", plot, MODELS / "cnn_broken.keras").returncode == 0
    content = plot.read_bytes()
    assert content.startswith(b"\x89PNG") if suffix == "png" else b"<svg" in content


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dense_{}", "層" * 40 + "_{}", "n" * 300 + "_{}"])
def test_a_plot_is_of_readable_size_and_tells_what_it_shows(name: str) -> None:
    pytest.importorskip("matplotlib")
    found = profile(MODELS / "cnn_broken.keras")
    many = tuple(
        replace(found.before.layers[number % 5], layer=name.format(number)) for number in range(500)
    )
    wide = replace(found, before=replace(found.before, layers=many))
    picture = profile_plot._drawn(wide, ".png")
    width, height = struct.unpack(">II", picture[16:24])
    assert width <= 1400
    assert height <= 900


@pytest.mark.slow
def test_a_plot_says_the_verdicts_and_marks_what_is_healthy(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    profile_plot.write(profile(MODELS / "cnn_broken.keras"), str(tmp_path / "p.svg"))
    svg = (tmp_path / "p.svg").read_text()
    for words in ("as it is: trains", "as fixed: trains", "healthy: 0.8 to 1.5", "borderline: "):
        assert f"<!-- {words}" in svg
    assert "mathdefault" not in svg


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
    assert first.startswith(f"{tmp_path / 'train.py'}:3: ")
    lines = first.splitlines()
    row = next(index for index, line in enumerate(lines) if line.strip().startswith("Dense 1 "))
    assert (lines[row].split()[2], lines[row + 1].split()[1]) == ("1.600", "1.000")
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


@pytest.mark.parametrize("activation", ["relu", "linear"])
def test_of_a_network_without_selu_nothing_is_computed(
    activation: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "model.json"
    dense = layer("Dense", "dense", units=8, activation=activation)
    path.write_text(json.dumps(sequential((8,), dense)))

    def fails(*_: object) -> None:
        raise AssertionError("a forecast takes seconds for a network of images")

    monkeypatch.setattr("selu_lint.profiles.profiling.forecast", fails)
    found = profile(path)
    assert found.verdict == "unknown: no SELU layer was found"
    assert [row.predicted for row in found.before.layers] == [False]
    assert found.after is found.before


def test_a_model_of_too_many_calls_is_refused_with_the_limit(tmp_path: Path) -> None:
    dense = [layer("Dense", f"dense{n}", units=2, activation="selu") for n in range(4)]
    path = tmp_path / "model.json"
    path.write_text(json.dumps(sequential((2,), *dense)))
    settings = Settings(limits=Limits(profile_calls=4))
    assert selu_lint.check(path, settings=settings).files[0].error is None
    with pytest.raises(SeluLintError, match="raise the limit 'profile-calls'"):
        profile(path, settings=settings)
    assert profile(path, settings=Settings(limits=Limits(profile_calls=5))).before.layers
