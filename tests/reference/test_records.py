"""Runs are kept as they end and found again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from selu_lint.errors import SeluLintError
from selu_lint.findings import Finding, Fix, Severity
from selu_lint.reference import records
from selu_lint.reference.backends import Backend
from selu_lint.reference.grids import grid
from selu_lint.reference.records import FILE, Records

from .samples import BACKEND, few_images, record

RUNS = list(grid("seed", 2).runs())


def line_of(number: int) -> records.Record:
    run = RUNS[number]
    identity = records.identity(run, BACKEND, few_images())
    return {**record(run.recipe, run.variant, run.seed, 0.9), **identity}


def test_a_record_is_found_again_by_another_process(tmp_path: Path) -> None:
    Records(tmp_path).append(line_of(0))
    again = Records(tmp_path)
    assert again.find(records.identity(RUNS[0], BACKEND, few_images())) == line_of(0)
    assert again.find(records.identity(RUNS[1], BACKEND, few_images())) is None


def test_another_device_is_another_run(tmp_path: Path) -> None:
    store = Records(tmp_path)
    store.append(line_of(0))
    other = Backend("jax", "gpu", "a loom")
    assert store.find(records.identity(RUNS[0], other, few_images())) is None


def test_a_half_written_last_line_is_dropped(tmp_path: Path) -> None:
    store = Records(tmp_path)
    store.append(line_of(0))
    with open(tmp_path / FILE, "a", encoding="utf-8") as file:
        file.write('{"recipe": {"na')
    again = Records(tmp_path)
    again.append(line_of(1))
    lines = (tmp_path / FILE).read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["variant"] for line in lines] == ["broken", "keep"]


@pytest.mark.parametrize("line", ["nonsense", "[]", "{}", "3"])
def test_a_line_that_is_no_run_is_an_error(line: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(line + "\n", encoding="utf-8")
    with pytest.raises(SeluLintError, match=r"line 1 of .* is not a run"):
        Records(tmp_path)


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SeluLintError, match="cannot write to"):
        Records(tmp_path / "file" / "below")


def test_what_json_cannot_hold_becomes_null(tmp_path: Path) -> None:
    diverged = line_of(0) | {"test_loss": float("nan"), "epochs": ({"loss": float("inf")},)}
    written = Records(tmp_path).append(diverged)
    assert written["test_loss"] is None
    assert written["epochs"] == [{"loss": None}]
    assert "NaN" not in (tmp_path / FILE).read_text(encoding="utf-8")


def test_a_finding_keeps_its_numbers() -> None:
    finding = Finding("SELU001", "x", Severity.ERROR, "a/b", "line", {"gain": 1.9}, Fix("set"))
    assert records.described(finding) == {
        "code": "SELU001",
        "name": "x",
        "severity": "error",
        "layer": "a/b",
        "message": "line",
        "data": {"gain": 1.9},
        "fixable": True,
    }
