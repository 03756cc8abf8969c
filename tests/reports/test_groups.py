"""Findings that differ only in the numbers of layers are one entry for people."""

from __future__ import annotations

import json

from selu_lint.report import FileReport, Report
from selu_lint.reports import render
from selu_lint.reports.groups import grouped, spanned
from tests.reports.samples import DROPOUT, GLOROT, OPAQUE, SOURCE


def _deep(count: int) -> FileReport:
    """Return a file in which each of so many layers has two faults, as a deep network has."""
    findings = []
    for number in range(count):
        dense = "dense" if number == 0 else f"dense_{number}"
        findings += [
            GLOROT._replace(layer=dense),
            DROPOUT._replace(
                layer=f"block{number}/drop",
                message=f"Dropout(0.25) follows SELU of {dense}; use AlphaDropout",
            ),
        ]
    return FileReport("deep.keras", format="keras-archive", findings=(*findings, OPAQUE))


DEEP = _deep(150)


def test_equal_findings_are_one_entry_where_the_first_stands():
    groups = grouped(DEEP.findings)
    assert [(group.layer, len(group.findings)) for group in groups] == [
        ("dense … dense_149", 150),
        ("block0/drop … block149/drop", 150),
        ("", 1),
    ]
    assert groups[1].message == (
        "150 layers: Dropout(0.25) follows SELU of dense … dense_149; use AlphaDropout"
    )
    assert [each for group in groups for each in group.findings] != list(DEEP.findings)
    assert {id(each) for group in groups for each in group.findings} == set(map(id, DEEP.findings))


def test_two_are_told_one_by_one_and_other_numbers_keep_them_apart():
    assert len(grouped(_deep(2).findings)) == 5
    gains = [
        GLOROT._replace(layer=f"dense_{n}", message=f"GlorotUniform (gain 0.{n})") for n in range(9)
    ]
    assert len(grouped(gains)) == 9
    severities = [*_deep(4).findings, *(each._replace(fix=None) for each in _deep(4).findings)]
    assert len(grouped(severities)) == 6


def test_what_stands_in_source_code_is_never_grouped():
    assert len(grouped([SOURCE.findings[1]] * 5)) == 5


def test_people_read_groups_and_programs_each_finding():
    report = Report((DEEP,))
    text = render(report)
    assert text.startswith(
        "deep.keras: 301 findings\n  dense … dense_149            SELU001 error "
    )
    assert len(text.splitlines()) == 7
    assert len(render(report, "github").splitlines()) == 3
    assert len([line for line in render(report, "markdown").splitlines() if "SELU" in line]) == 3
    assert len(json.loads(render(report, "json"))["files"][0]["findings"]) == 301
    assert len(json.loads(render(report, "sarif"))["runs"][0]["results"]) == 301


def test_texts_of_other_lengths_are_spanned_word_by_word():
    assert spanned(["a_1 of b", "a_9 of b"]) == "a_1 … a_9 of b"
    assert spanned(["", ""]) == ""
    assert spanned(["Dropout(0.25)"] * 3) == "Dropout(0.25)"
