"""Findings in source code say where they stand, each format in its own way."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from selu_lint.config.baseline import Baseline
from selu_lint.findings import Confidence, Severity
from selu_lint.report import Report
from selu_lint.reports import Style, render
from tests.reports.samples import NOTEBOOK, RULES, SOURCE, SOURCE_REPORT
from tests.reports.test_sarif import run, validate

__all__ = ["validate"]


def test_text_shows_the_line_of_source():
    assert render(SOURCE_REPORT, style=Style(quiet=True)).splitlines() == [
        "train.py: 2 findings",
        "        (file)  SELU907 note   line 3 was not read",
        "  12:9  hidden  SELU001 error  no",
        '                               | keras.layers.Dense(8, "selu"),',
        "nb.ipynb: 1 finding, 1 hidden",
        "  cell 3:2:5  drop  SELU002 error  Dropout follows SELU of hidden",
        "                                   | x = Dropout(0.5)(x)",
    ]


@pytest.mark.parametrize("width", [30, 60, 100])
def test_text_keeps_within_the_terminal(width: int):
    lines = render(SOURCE_REPORT, style=Style(width=width, quiet=True)).splitlines()
    assert max(map(len, lines)) <= max(width, 46)
    assert any(line.strip().startswith("| keras.layers") for line in lines)


def test_concise():
    assert render(SOURCE_REPORT, "concise", Style(quiet=True)).splitlines() == [
        "train.py: SELU907 note line 3 was not read",
        "train.py:12:9: SELU001 error hidden: no",
        "nb.ipynb:cell 3:2:5: SELU002 error drop: Dropout follows SELU of hidden",
    ]


def test_json():
    files = json.loads(render(SOURCE_REPORT, "json"))["files"]
    unread, kernel = files[0]["findings"]
    assert (unread["place"], unread["confidence"]) == (None, "certain")
    assert kernel["place"] == {
        "line": 12,
        "column": 9,
        "end_line": 13,
        "end_column": 20,
        "cell": None,
        "cell_line": None,
        "cell_column": None,
        "text": 'keras.layers.Dense(8, "selu"),',
        "scope": "build",
        "related": [],
    }
    (dropout,) = files[1]["findings"]
    assert (dropout["confidence"], dropout["assumptions"]) == (
        "likely",
        ["`act` keeps its default 'selu'"],
    )
    place = dropout["place"]
    assert (place["cell"], place["cell_line"], place["cell_column"]) == (3, 2, 5)
    (related,) = place["related"]
    assert (related["message"], related["line"]) == ("the layer hidden", 12)


def test_sarif(validate):
    validate(json.loads(render(SOURCE_REPORT, "sarif", Style(rules=RULES))))
    unread, kernel, dropout = run(SOURCE_REPORT)["results"]
    regions = [
        each["locations"][0]["physicalLocation"]["region"] for each in (unread, kernel, dropout)
    ]
    assert regions == [
        {"startLine": 1},
        {"startLine": 12, "startColumn": 9, "endLine": 13, "endColumn": 20},
        {"startLine": 40, "startColumn": 6, "endLine": 40, "endColumn": 18},
    ]
    assert dropout["message"]["text"].startswith("cell 3:2:5: drop: ")
    (related,) = dropout["relatedLocations"]
    assert related["message"]["text"] == "the layer hidden"
    assert related["physicalLocation"]["region"]["startLine"] == 12
    assert dropout["properties"]["confidence"] == "likely"


def test_github():
    assert render(SOURCE_REPORT, "github").splitlines() == [
        "::notice file=train.py,title=SELU907 unread-source::train.py: line 3 was not read",
        "::error file=train.py,line=12,col=9,endLine=13,title=SELU001 non-lecun-initializer::"
        "train.py:12:9: hidden: no",
        "::error file=nb.ipynb,line=40,col=6,endLine=40,title=SELU002 dropout-after-selu::"
        "nb.ipynb: cell 3:2:5: drop: Dropout follows SELU of hidden",
    ]


def test_gitlab():
    issues = json.loads(render(SOURCE_REPORT, "gitlab"))
    assert [issue["location"]["lines"] for issue in issues] == [
        {"begin": 1},
        {"begin": 12, "end": 13},
        {"begin": 40, "end": 40},
    ]


def test_junit():
    cases = ElementTree.fromstring(render(SOURCE_REPORT, "junit")).findall(".//testcase")
    assert [case.get("name") for case in cases] == [
        "SELU907",
        "SELU001 12:9 hidden",
        "SELU002 cell 3:2:5 drop",
        "SELU001 12:9 a",
    ]


def test_markdown():
    text = render(SOURCE_REPORT, "markdown")
    assert "| (file) | SELU907" in text
    assert "| 12:9 `hidden` | SELU001" in text
    assert "| cell 3:2:5 `drop` | SELU002" in text


def test_the_line_number_is_no_part_of_a_baseline(tmp_path):
    place = SOURCE.findings[1].place
    assert place is not None
    moved = SOURCE.findings[1]._replace(layer="renamed", place=place._replace(line=99))
    other = SOURCE.findings[1]._replace(place=place._replace(code='Dense(9,"selu")'))
    elsewhere = SOURCE.findings[1]._replace(place=place._replace(scope="other"))
    file = SOURCE._replace(path=str(tmp_path / "train.py"), findings=(moved, other, elsewhere))
    recorded = SOURCE._replace(path=file.path)
    known = Baseline.record(Report((recorded,)), tmp_path)
    assert known.apply(Report((file,))).report.files[0].findings == (other, elsewhere)


def test_what_is_only_possible_never_fails():
    possible = NOTEBOOK.findings[0]._replace(confidence=Confidence.POSSIBLE)
    report = Report((NOTEBOOK._replace(findings=(possible,)),))
    assert Report((NOTEBOOK,)).exit_code() == 1
    assert report.exit_code() == 0
    assert "<failure" not in render(report, "junit", Style(fail_on=Severity.INFO))
