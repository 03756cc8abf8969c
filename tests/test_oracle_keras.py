"""The findings in saved models agree with what the live layers' attributes say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import selu_lint
from selu_lint.report import FileReport
from selu_lint.settings import Settings
from tests.live_oracle import LiveOracle, Row
from tests.random_models import RandomModels

pytestmark = pytest.mark.keras

CODES = tuple(f"SELU00{n}" for n in range(1, 7))
FORMATS = (".keras", ".h5", ".json")
SEEDS = range(24)


def _check(keras: Any, model: Any, path: Path) -> FileReport:
    if path.suffix == ".json":
        path.write_text(model.to_json())
    else:
        model.save(path)
    (file,) = selu_lint.check(path, settings=Settings(select=CODES)).files
    assert file.error is None
    return file


def _rows(file: FileReport) -> set[Row]:
    rows = set()
    for finding in file.findings:
        slot = finding.data["slot"] if finding.code == "SELU001" else ""
        told = finding.code in ("SELU002", "SELU003", "SELU006")
        after = tuple(finding.data.get("after", ())) if told else ()
        rows.add((finding.code, finding.layer, slot, after))
    assert len(rows) == len(file.findings)
    return rows


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", SEEDS)
def test_files_and_live_layers_agree(keras: Any, seed: int, tmp_path: Path) -> None:
    model = RandomModels(keras, seed).build()
    oracle = LiveOracle(keras, model)
    expected = oracle.rows()
    for suffix in FORMATS:
        file = _check(keras, model, tmp_path / f"model{suffix}")
        assert _rows(file) == expected, suffix
        for finding in file.findings:
            gain = finding.data.get("gain")
            if finding.code == "SELU001" and (suffix != ".json" or gain is not None):
                assert gain == pytest.approx(
                    oracle.gain(finding.layer, finding.data["slot"]), rel=0.12, abs=1e-6
                ), (suffix, finding)


def test_the_models_are_varied(keras: Any) -> None:
    found = set()
    for seed in SEEDS:
        found |= {row[0] for row in LiveOracle(keras, RandomModels(keras, seed).build()).rows()}
    assert found == set(CODES)
