from __future__ import annotations

import json
from pathlib import Path

from selu_lint.findings import Finding, Severity
from selu_lint.report import FileReport, Report
from selu_lint.reports import render
from tests.reports.samples import REPORT, SOURCE_REPORT, report_with_name

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "json.md"


def read(report: Report = REPORT):
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(render(report, "json"), parse_constant=refuse)


def test_contract():
    assert read()["files"][1] == {
        "path": "models/two.keras",
        "format": "keras-archive",
        "keras_version": "3.15.1",
        "error": None,
        "crashed": False,
        "selu_layers": None,
        "findings": [
            {
                "code": "SELU001",
                "name": "non-lecun-initializer",
                "severity": "error",
                "layer": "conv",
                "message": "kernel_initializer is GlorotUniform (gain 0.06); "
                "a SELU layer needs LecunNormal",
                "data": {
                    "slot": "kernel_initializer",
                    "initializer": "GlorotUniform",
                    "gain": 0.0625,
                    "fan_in": 9,
                },
                "fixable": True,
                "fix": {
                    "description": "set LecunNormal",
                    "unsafe": None,
                    "edits": [
                        {
                            "pointer": "/config/layers/1/config/kernel_initializer/class_name",
                            "old": "GlorotUniform",
                            "new": "LecunNormal",
                        }
                    ],
                    "replacements": [],
                    "redraws": [{"layer": "conv", "slot": "kernel_initializer", "variance": 1 / 9}],
                },
                "unfixable": None,
                "place": None,
                "confidence": "certain",
                "assumptions": [],
                "write": None,
            },
            {
                "code": "SELU002",
                "name": "dropout-after-selu",
                "severity": "error",
                "layer": "block/drop_1",
                "message": "Dropout(0.25) follows SELU of conv; use AlphaDropout",
                "data": {"rate": 0.25, "after": ["conv"]},
                "fixable": True,
                "fix": {
                    "description": "replace by AlphaDropout(0.0753)",
                    "unsafe": "it was called with training=True",
                    "edits": [],
                    "replacements": [],
                    "redraws": [],
                },
                "unfixable": None,
                "place": None,
                "confidence": "certain",
                "assumptions": [],
                "write": None,
            },
        ],
        "hidden": [
            {
                "code": "SELU005",
                "name": "nonzero-bias-initializer",
                "severity": "warning",
                "layer": "conv",
                "message": "bias_initializer is Ones",
                "data": {"initializer": "Ones", "gain": None},
                "fixable": False,
                "fix": None,
                "unfixable": None,
                "place": None,
                "confidence": "certain",
                "assumptions": [],
                "write": None,
            }
        ],
    }


def test_file_that_could_not_be_checked_has_an_error_and_no_findings():
    file = read()["files"][3]
    assert file["error"] == "the zip archive is cut off; copy the file again"
    assert file["findings"] == []
    assert file["format"] is None


def test_summary():
    assert read()["version"] == 1
    assert read()["summary"] == {
        "files": 4,
        "files_with_findings": 2,
        "files_with_errors": 1,
        "findings": 4,
        "hidden": 1,
        "fixable": 1,
        "fixable_unsafely": 1,
        "severities": {"error": 2, "warning": 1, "info": 0, "note": 1},
        "codes": {"SELU001": 1, "SELU002": 1, "SELU005": 1, "SELU901": 1},
    }


def test_names_come_back_unchanged():
    name = "a\x1b[2J\r\nb\u202e密"
    assert read(report_with_name(name))["files"][0]["findings"][0]["layer"] == name
    assert render(report_with_name(name), "json").isascii()


def test_numbers_that_json_does_not_know_become_null():
    data = {"gain": float("inf"), "rates": (0.5, float("nan")), "nested": {"q": float("-inf")}}
    finding = Finding("SELU012", "n", Severity.INFO, "", "m", data=data)
    written = read(Report((FileReport("m", findings=(finding,)),)))["files"][0]["findings"][0]
    assert written["data"] == {"gain": None, "rates": [0.5, None], "nested": {"q": None}}


def test_documentation_names_every_key_and_its_example_is_of_this_version():
    text = DOCUMENTATION.read_text(encoding="utf-8")

    def keys(value: object) -> set[str]:
        if isinstance(value, dict):
            inner = [keys(item) for key, item in value.items() if key not in ("data", "codes")]
            return set(value).union(*inner)
        if isinstance(value, list):
            return set().union(*map(keys, value))
        return set()

    everything = keys(read()) | keys(read(SOURCE_REPORT))
    assert {key for key in everything if f"`{key}`" not in text} == set()
    example = json.loads(text.partition("```json")[2].partition("```")[0])
    assert keys(example) <= keys(read())
    assert set(example) == set(read())
