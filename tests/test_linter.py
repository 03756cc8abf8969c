"""What the linter makes of failures: one line each, and the rest goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import selu_lint
from selu_lint import linter
from selu_lint.findings import Finding, Severity
from selu_lint.model.graph import ModelGraph
from selu_lint.rule import SECTIONS, Rule, find_rules
from selu_lint.settings import Settings

BROKEN = Path(__file__).parent.parent / "fixtures/models/keras3.15-tf/cnn_broken.keras"


class _Crashing(Rule):
    __doc__ = "".join(f"{section}\n---\n" for section in SECTIONS)
    code = "SELU777"
    name = "crashing"
    severity = Severity.ERROR

    def check(self, graph: ModelGraph) -> Iterator[Finding]:
        raise ZeroDivisionError("on purpose")
        yield


def test_a_rule_that_crashes_is_told_and_the_others_go_on() -> None:
    rules = [_Crashing, *(rule for rule in find_rules() if rule.code == "SELU001")]
    report = linter.check_file(str(BROKEN), Settings(), rules)
    assert report.crashed
    assert [finding.code for finding in report.findings] == ["SELU900", "SELU001", "SELU001"]
    assert "SELU777 crashed with ZeroDivisionError" in report.findings[0].message


def test_a_bug_outside_of_the_rules_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def build_graph(*arguments: object) -> None:
        raise IndexError("on purpose")

    monkeypatch.setattr(linter, "build_graph", build_graph)
    report = linter.check_file(str(BROKEN), Settings())
    assert report.error is not None
    assert "failed with IndexError" in report.error
    assert "\n" not in report.error


@pytest.mark.parametrize("codes", ["SELU001", "selu002,SELU001", ["SELU001"]])
def test_codes_may_be_one_text(codes: Any) -> None:
    path = "fixtures/models/keras3.15-tf/cnn_broken.keras"
    report = selu_lint.check(path, select=codes, ignore="SELU002")
    assert {finding.code for finding in report.findings} == {"SELU001"}
