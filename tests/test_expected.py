"""The models that 14 Keras releases wrote give exactly what a careful reader finds in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import selu_lint
from selu_lint.settings import Settings

MODELS = Path(__file__).parent.parent / "fixtures" / "models"
EXPECTED = json.loads((MODELS / "expected.json").read_text())
CODES = tuple(f"SELU00{n}" for n in range(1, 7))
FILES = sorted(
    path
    for path in MODELS.glob("*/*")
    if path.suffix in (".keras", ".h5", ".json") and path.stem in EXPECTED
)


def _expected(model: str) -> set[tuple[str, str, str, tuple[str, ...]]]:
    """Return (code, layer, slot, after); a slot or an after that is not told is empty."""
    rows = set()
    for code in CODES:
        for entry in EXPECTED[model].get(code, []):
            for slot in entry.get("slots", [""]):
                after = tuple(entry.get("after", ()))
                rows.add((code, entry["layer"], slot, after))
    return rows


def _found(path: Path) -> set[tuple[str, str, str, tuple[str, ...]]]:
    report = selu_lint.check(path, settings=Settings(select=CODES))
    (file,) = report.files
    assert file.error is None
    rows = set()
    for finding in file.findings:
        layer = "bidi/<inner LSTM>" if finding.layer.startswith("bidi/") else finding.layer
        slot = finding.data["slot"] if finding.code == "SELU001" else ""
        told = finding.code in ("SELU002", "SELU003", "SELU006")
        after = tuple(finding.data["after"]) if told else ()
        rows.add((finding.code, layer, slot, after))
    assert len(rows) == len(file.findings)
    return rows


def test_there_are_models_of_fourteen_releases() -> None:
    assert len({path.parent for path in FILES}) == 14


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_findings_are_exactly_the_expected_ones(path: Path) -> None:
    assert _found(path) == _expected(path.stem)


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_release_is_known(path: Path) -> None:
    (file,) = selu_lint.check(path).files
    generation = "3" if path.parent.name.startswith("keras3") else "2"
    assert (file.keras_version or "3")[0] == generation
