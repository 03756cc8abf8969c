"""The whole path on a small sample: build, save, check, fix, load, train, summary, plots."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from selu_lint.reference import grids
from selu_lint.reference.command import train

from .samples import SAMPLE

pytestmark = pytest.mark.keras
keras = pytest.importorskip("keras")
pytest.importorskip("matplotlib")


def codes(findings: list[dict[str, object]]) -> Counter[object]:
    return Counter(finding["code"] for finding in findings)


def test_the_seed_experiment_runs_through_the_product(tmp_path: Path) -> None:
    options = ["--experiment", "seed", "--epochs", "1", "--data", str(SAMPLE), "--device", "cpu"]
    options += ["--backend", keras.config.backend(), "--output", str(tmp_path)]
    result = CliRunner().invoke(train, options)
    assert result.exit_code == 0, result.output
    assert f"{keras.config.backend()} on cpu: " in result.output
    assert "epoch 1/1: loss " in result.output
    lines = (tmp_path / "runs.jsonl").read_text(encoding="utf-8").splitlines()
    runs = {run["variant"]: run for run in map(json.loads, lines)}
    assert set(runs) == {"broken", "keep", "match"}
    for run in runs.values():
        found = codes(run["findings"])
        assert (found["SELU001"], found["SELU002"]) == (2, 1)
        assert run["test_accuracy"] > 0.4
        assert run["versions"]["keras"] == keras.__version__
        assert run["profile_verdict"]
        remaining = codes(run["findings_as_trained"])
        repaired = run["variant"] != "broken"
        assert (remaining["SELU001"], remaining["SELU002"]) == ((0, 0) if repaired else (2, 1))
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert [group["variant"] for group in summary["groups"]] == ["broken", "keep", "match"]
    assert (tmp_path / "table.md").read_text(encoding="utf-8") in result.output
    assert (tmp_path / "curves.png").stat().st_size > 10_000

    again = CliRunner().invoke(train, options)
    assert again.exit_code == 0, again.output
    assert again.output.count("in runs.jsonl already") == 3
    assert (tmp_path / "runs.jsonl").read_text(encoding="utf-8").splitlines() == lines


def test_keep_is_the_published_recipe_and_kernels_are_drawn_anew(tmp_path: Path) -> None:
    from selu_lint.reference.proof import prepare
    from selu_lint.reference.recipes import build

    networks = {
        variant: prepare(grids.Run(grids.SEED, variant, 3), tmp_path).load()
        for variant in (grids.BROKEN, grids.KEEP, grids.MATCH)
    }
    published = build(grids.SEED, repaired=True)
    for layer, wanted in zip(networks[grids.KEEP].layers, published.layers, strict=True):
        assert type(layer) is type(wanted)
        if hasattr(layer, "kernel_initializer"):
            assert type(layer.kernel_initializer) is type(wanted.kernel_initializer)
    assert networks[grids.KEEP].layers[1].rate == 0.25
    assert networks[grids.MATCH].layers[1].rate == pytest.approx(0.0753, abs=1e-4)
    dense = keras.ops.convert_to_numpy(networks[grids.MATCH].layers[3].kernel)
    assert dense.std() * np.sqrt(dense.shape[0]) == pytest.approx(1, rel=0.02)
    broken = keras.ops.convert_to_numpy(networks[grids.BROKEN].layers[3].kernel)
    assert broken.std() * np.sqrt(broken.shape[0]) > 1.3
    heads = [keras.ops.convert_to_numpy(network.layers[4].kernel) for network in networks.values()]
    np.testing.assert_array_equal(heads[0], heads[1])
    np.testing.assert_array_equal(heads[0], heads[2])


def test_a_single_training_reports_test_loss_and_accuracy() -> None:
    options = ["--recipe", "deep", "--depth", "2", "--width", "16", "--epochs", "1"]
    options += ["--data", str(SAMPLE), "--backend", keras.config.backend(), "--device", "cpu"]
    result = CliRunner().invoke(train, options)
    assert result.exit_code == 0, result.output
    assert "deep · depth 2, rate 0.1 · clean · seed 0" in result.output
    assert "test loss " in result.output
