from __future__ import annotations

import json

import pytest

from selu_lint.errors import SeluLintError
from selu_lint.report import Report
from selu_lint.reports import Style
from selu_lint.reports.statistics import render
from tests.reports.samples import CLEAN, REPORT


def test_rules_are_counted_most_frequent_first():
    assert render(
        Report((*REPORT.files, REPORT.files[1])), style=Style(quiet=True)
    ).splitlines() == [
        "2  SELU001  non-lecun-initializer     in 2 files  [fixable]",
        "2  SELU002  dropout-after-selu        in 2 files  [2 unsafe]",
        "1  SELU005  nonzero-bias-initializer  in 1 file",
        "1  SELU901  opaque-model              in 1 file",
    ]


def test_totals_follow():
    assert "could not be checked" in render(REPORT).splitlines()[-1]


def test_json():
    assert json.loads(render(REPORT, "json"))[0] == {
        "code": "SELU001",
        "name": "non-lecun-initializer",
        "findings": 1,
        "files": 1,
        "fixable": 1,
        "fixable_unsafely": 0,
    }


def test_clean_report():
    assert render(Report((CLEAN,)), "json") == "[]\n"
    assert render(Report((CLEAN,))) == "1 file checked: no findings.\n"


def test_other_format_is_refused():
    with pytest.raises(SeluLintError, match="as text or json, not as sarif"):
        render(REPORT, "sarif")
