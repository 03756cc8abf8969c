"""The formats of continuous integration services, and the one-line one."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selu_lint.findings import Severity
from selu_lint.report import FileReport, Report
from selu_lint.reports import FORMATS, Style, render
from selu_lint.wording import posix
from tests.reports.samples import CLEAN, GLOROT, REPORT, RULES, report_with_name

HOSTILE = "a\x1b[2J\r\n::error::x,y:%0A|`<b>\u202e]]>"


def test_concise_is_a_line_for_each_finding():
    assert render(REPORT, "concise").splitlines() == [
        "models/two.keras:conv: SELU001 error kernel_initializer is GlorotUniform (gain 0.06); "
        "a SELU layer needs LecunNormal [fixable]",
        "models/two.keras:block/drop_1: SELU002 error Dropout(0.25) follows SELU of conv; "
        "use AlphaDropout [unsafe fix]",
        "one.h5:conv: SELU005 warning bias_initializer is Ones",
        "one.h5: SELU901 note the subclassed model Net does not list its layers",
        "broken.keras: error: the zip archive is cut off; copy the file again",
        render(REPORT).splitlines()[-2],
    ]


def test_github_commands():
    assert render(REPORT, "github").splitlines() == [
        "::error file=models/two.keras,title=SELU001 non-lecun-initializer::models/two.keras: "
        "conv: kernel_initializer is GlorotUniform (gain 0.06); a SELU layer needs LecunNormal",
        "::error file=models/two.keras,title=SELU002 dropout-after-selu::models/two.keras: "
        "block/drop_1: "
        "Dropout(0.25) follows SELU of conv; use AlphaDropout",
        "::warning file=one.h5,title=SELU005 nonzero-bias-initializer::one.h5: conv: "
        "bias_initializer is Ones",
        "::notice file=one.h5,title=SELU901 opaque-model::one.h5: "
        "the subclassed model Net does not list its layers",
        "::error file=broken.keras,title=could not be checked::broken.keras: "
        "the zip archive is cut off; copy the file again",
    ]


def test_github_says_what_it_will_not_annotate():
    def report(count: int) -> Report:
        layers = [chr(ord("a") + number) for number in range(count)]
        return Report(
            (FileReport("m", findings=tuple(GLOROT._replace(layer=name) for name in layers)),)
        )

    # https://github.com/actions/toolkit, docs/problem-matchers.md, "Limitations": 10 of a kind.
    assert render(report(10), "github").count("\n") == 10
    first, *others = render(report(11), "github").splitlines()
    assert first == (
        "::notice title=selu-lint::GitHub annotates 10 of a kind; all 11 are in the log"
    )
    assert len(others) == 11


def test_github_gets_150_alike_findings_as_one_annotation():
    alike = tuple(GLOROT._replace(layer=f"dense_{number}") for number in range(150))
    assert render(Report((FileReport("m", findings=alike),)), "github").count("\n") == 1


def unescaped(text: str, names: dict[str, str]) -> str:
    return re.sub("%(?:25|0D|0A|3A|2C)", lambda match: names[match[0]], text)


@given(st.text(st.characters(categories=["L", "N", "P", "S"], include_characters="\r\n ")))
def test_github_escapes_can_be_undone(name: str):
    finding = GLOROT._replace(layer="", message=name)
    written = render(Report((FileReport(f"m{name}", findings=(finding,)),)), "github")
    assert written.count("\n") == 1
    # What the runner does: split at the first "::" after the command, then at commas.
    head, _, message = written.rstrip("\n").removeprefix("::error ").partition("::")
    properties = dict(part.split("=", 1) for part in head.split(","))
    text = {"%25": "%", "%0D": "\r", "%0A": "\n"}
    assert unescaped(message, text) == f"{posix('m' + name)}: {name}"
    assert unescaped(properties["file"], {**text, "%3A": ":", "%2C": ","}) == f"m{name}"


def test_gitlab_issues():
    issues = json.loads(render(REPORT, "gitlab"))
    assert issues[0].pop("fingerprint")
    assert issues[0] == {
        "description": "conv: kernel_initializer is GlorotUniform (gain 0.06); "
        "a SELU layer needs LecunNormal",
        "check_name": "SELU001",
        "severity": "major",
        "location": {"path": "models/two.keras", "lines": {"begin": 1}},
    }
    severities = [issue["severity"] for issue in issues]
    assert severities == ["major", "major", "minor", "info", "critical"]


def test_gitlab_fingerprints_differ_between_files_and_alike_findings():
    alike = (GLOROT._replace(layer="dense_1"), GLOROT._replace(layer="dense_2"))
    report = Report((FileReport("a", findings=alike), FileReport("b", findings=alike)))
    issues = json.loads(render(report, "gitlab"))
    assert len({issue["fingerprint"] for issue in issues}) == 4
    assert issues == json.loads(render(report, "gitlab"))


def test_gitlab_paths_have_no_leading_dot():
    report = Report((FileReport("./a/b.h5", findings=(GLOROT,)),))
    assert json.loads(render(report, "gitlab"))[0]["location"]["path"] == "a/b.h5"


def junit(report: Report, fail_on: Severity | None = Severity.ERROR) -> ElementTree.Element:
    return ElementTree.fromstring(render(report, "junit", Style(fail_on=fail_on)).encode())


def test_junit_suites():
    root = junit(REPORT)
    assert root.attrib == {
        "name": "selu-lint", "tests": "7", "failures": "2", "errors": "1", "skipped": "1"
    }  # fmt: skip
    suites = {suite.attrib["name"]: suite for suite in root}
    assert list(suites) == ["clean.keras", "models/two.keras", "one.h5", "broken.keras"]
    names = [case.attrib["name"] for case in suites["models/two.keras"]]
    assert names == ["SELU001 conv", "SELU002 block/drop_1", "SELU005 conv"]
    failure = suites["models/two.keras"][0][0]
    assert failure.tag == "failure"
    assert failure.attrib["type"] == "SELU001"
    assert suites["broken.keras"].find("testcase/error") is not None
    assert len(suites["clean.keras"]) == 1


@pytest.mark.parametrize(
    ("fail_on", "failures"), [(Severity.ERROR, "2"), (Severity.WARNING, "3"), (None, "0")]
)
def test_junit_fails_what_the_check_fails(fail_on: Severity | None, failures: str):
    assert junit(REPORT, fail_on).attrib["failures"] == failures


def test_markdown_has_a_table_for_each_file():
    assert render(REPORT, "markdown", Style(quiet=True)) == (
        "## selu-lint\n\n"
        "### `models/two.keras`: 2 findings, 1 hidden\n\n"
        "| layer | rule | severity | finding | fix |\n"
        "|---|---|---|---|---|\n"
        "| `conv` | SELU001 non-lecun-initializer | error | kernel\\_initializer is GlorotUniform "
        "(gain 0.06); a SELU layer needs LecunNormal | set LecunNormal |\n"
        "| `block/drop_1` | SELU002 dropout-after-selu | error | Dropout(0.25) follows SELU of "
        "conv; use AlphaDropout | replace by AlphaDropout(0.0753) (unsafe) |\n\n"
        "### `one.h5`: 2 findings\n\n"
        "| layer | rule | severity | finding | fix |\n"
        "|---|---|---|---|---|\n"
        "| `conv` | SELU005 nonzero-bias-initializer | warning | bias\\_initializer is Ones |  |\n"
        "| (model) | SELU901 opaque-model | note | "
        "the subclassed model Net does not list its layers |  |\n\n"
        "### `broken.keras`\n\n"
        "**Could not be checked:** the zip archive is cut off; copy the file again\n"
    )


def test_markdown_names_cannot_end_their_cell_or_code_span():
    name = "a``b|c`"
    row = render(Report((FileReport("m", findings=(GLOROT._replace(layer=name),)),)), "markdown")
    assert "| ``` a``b\\|c` ``` | SELU001" in row


@pytest.mark.parametrize("format", FORMATS)
def test_no_control_character_leaves_any_format(format: str):
    written = render(report_with_name(HOSTILE), format, Style(rules=RULES))
    assert [c for c in written if not c.isprintable() and c != "\n"] == []
    assert "\n::error::x" not in written


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS)
@given(name=st.text())
def test_any_name_can_be_written_and_encoded(format: str, name: str):
    written = render(report_with_name(name), format).encode()
    if format == "junit":
        ElementTree.fromstring(written)
    elif format in ("json", "sarif", "gitlab"):
        json.loads(written)


@pytest.mark.parametrize("format", FORMATS)
def test_report_ends_with_a_newline(format: str):
    written = render(Report((CLEAN,)), format)
    assert written == "" or written.endswith("\n")
