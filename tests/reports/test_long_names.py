"""Names of a model are shortened where people read them, and whole where programs do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import selu_lint
from selu_lint.cases import layer, sequential
from selu_lint.reports import render

LONG = "a" * 30_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "model.json"
    dense = layer("Dense", LONG, units=8, activation="selu")
    file.write_text(json.dumps(sequential((4,), dense, layer("Dropout", f"{LONG}d", rate=0.5))))
    return file


@pytest.mark.parametrize("format", ["text", "concise"])
def test_a_report_for_people_shortens_them(path: Path, format: str) -> None:
    report = render(selu_lint.check(path), format)
    assert f"{LONG[:40]}…{LONG[:39]}d" in report
    assert max(map(len, report.splitlines())) < 1000


def test_the_report_of_a_repair_shortens_them(path: Path) -> None:
    assert max(map(len, str(selu_lint.fix(path)).splitlines())) < 1000


def test_programs_get_them_whole(path: Path) -> None:
    findings = json.loads(render(selu_lint.check(path), "json"))["files"][0]["findings"]
    assert [finding["layer"] for finding in findings] == [LONG, f"{LONG}d"]
