from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selu_lint.config.baseline import Baseline
from selu_lint.findings import Severity
from selu_lint.report import FileReport, Report
from selu_lint.reports import Style, render
from selu_lint.reports.descriptions import descriptions
from selu_lint.reports.sarif import uri
from tests.reports.samples import CLEAN, DROPOUT, GLOROT, REPORT, RULES, TWO, report_with_name

SCHEMA = Path(__file__).parents[2] / "fixtures" / "sarif" / "sarif-schema-2.1.0.json"


@pytest.fixture(scope="module")
def validate():
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return jsonschema.Draft4Validator(
        schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
    ).validate


def run(report: Report = REPORT, rules=RULES):
    return json.loads(render(report, "sarif", Style(rules=rules)))["runs"][0]


@pytest.mark.parametrize(
    "report", [REPORT, Report(()), Report((CLEAN,)), report_with_name("a b\x1b\u202eé#?%:")]
)
@pytest.mark.parametrize("rules", [RULES, ()])
def test_report_follows_the_published_schema(validate, report: Report, rules):
    validate(json.loads(render(report, "sarif", Style(rules=rules))))


def test_schema_would_refuse_a_broken_report(validate):
    import jsonschema

    log = json.loads(render(REPORT, "sarif", Style(rules=RULES)))
    log["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        validate(log)


def test_rules_are_described():
    rule = run()["tool"]["driver"]["rules"][0]
    assert rule["id"] == "SELU001"
    assert rule["name"] == "NonLecunInitializer"
    assert rule["shortDescription"]["text"] == "SELU layer without LecunNormal."
    assert rule["fullDescription"]["text"] == "It looks."
    assert rule["help"]["markdown"].startswith(
        "SELU layer without LecunNormal.\n\n## What it does\n"
    )
    assert rule["defaultConfiguration"] == {"level": "error"}


def test_results_point_to_their_rules_and_files():
    written = run()
    for result in written["results"]:
        rule = written["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
        location = result["locations"][0]["physicalLocation"]["artifactLocation"]
        assert written["artifacts"][location["index"]]["location"]["uri"] == location["uri"]


def test_layer_is_a_logical_location_and_the_edits_are_properties():
    result = run()["results"][0]
    assert result["message"]["text"].endswith("needs LecunNormal. Fix: set LecunNormal.")
    assert result["locations"][0]["logicalLocations"] == [
        {"name": "conv", "fullyQualifiedName": "conv", "kind": "object"}
    ]
    assert result["properties"]["fix"]["edits"][0]["new"] == "LecunNormal"
    assert result["properties"]["data"]["gain"] == 0.0625


def test_hidden_findings_are_left_out_since_github_shows_suppressed_ones_as_open():
    assert TWO.hidden
    written = run(Report((TWO,)), rules=())
    assert [result["ruleId"] for result in written["results"]] == ["SELU001", "SELU002"]
    assert all("suppressions" not in result for result in written["results"])
    assert [rule["id"] for rule in written["tool"]["driver"]["rules"]] == ["SELU001", "SELU002"]


def test_what_code_scanning_reads_is_there():
    written = run()
    for rule in written["tool"]["driver"]["rules"]:
        assert rule["helpUri"].endswith(f"/rules/{rule['id']}/")
        assert rule["properties"]["problem.severity"] in ("error", "warning", "recommendation")
    for result in written["results"]:
        line = result["partialFingerprints"]["primaryLocationLineHash"]
        assert re.fullmatch("[0-9a-f]{16}:1", line)
        assert line[:16] == result["partialFingerprints"]["seluLint/v1"][:16]


def test_a_rule_of_the_users_own_has_no_page_of_ours():
    own = replace(RULES[0], code="MINE001")
    rules = {rule["id"]: rule for rule in run(rules=(own,))["tool"]["driver"]["rules"]}
    assert "helpUri" not in rules["MINE001"]


def test_unreadable_file_is_a_failed_invocation():
    invocation = run()["invocations"][0]
    assert invocation["executionSuccessful"] is False
    notification = invocation["toolExecutionNotifications"][0]
    assert notification["message"]["text"] == "the zip archive is cut off; copy the file again"


# https://docs.github.com/en/code-security/code-scanning: "SARIF support", "results exceed limit",
# "file too large". What is above the first is refused, what is above the second is not shown.
RUNS, RESULTS, RULES_A_RUN, TAGS, SHOWN_TAGS, LOCATIONS = 20, 25_000, 25_000, 20, 10, 1_000
COMPRESSED_BYTES, NAME, DESCRIPTION = 10_000_000, 255, 1_024


def test_every_rule_keeps_within_what_code_scanning_takes(validate):
    log = json.loads(render(REPORT, "sarif", Style(rules=descriptions())))
    validate(log)
    (written,) = log["runs"]
    rules = written["tool"]["driver"]["rules"]
    assert len(rules) >= len(descriptions())
    for rule in rules:
        assert len(rule["name"]) <= NAME
        assert len(rule["shortDescription"]["text"]) <= DESCRIPTION
        assert len(rule["fullDescription"]["text"]) <= DESCRIPTION
        assert len(rule["properties"]["tags"]) <= SHOWN_TAGS
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
    for result in written["results"]:
        assert 1 <= len(result["locations"]) <= LOCATIONS
        region = result["locations"][0]["physicalLocation"]["region"]
        assert region["startLine"] >= 1


@pytest.mark.slow
def test_of_too_many_findings_the_mildest_are_left_out_and_counted():
    notes = [GLOROT._replace(layer=f"n{n}", severity=Severity.NOTE) for n in range(5)]
    errors = [GLOROT._replace(layer=f"stack/block_{n}/dense") for n in range(RESULTS - 2)]
    report = Report((FileReport("a.keras", findings=(*notes, *errors)),))
    text = render(report, "sarif", Style(rules=descriptions()))
    written = json.loads(text)["runs"][0]
    levels = Counter(result["level"] for result in written["results"])
    assert levels == {"error": RESULTS - 2, "note": 2}
    (told,) = written["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"].startswith("3 findings")
    assert len(gzip.compress(text.encode(), 1)) < COMPRESSED_BYTES


def test_long_names_do_not_fill_the_message_of_an_alert():
    result = run(report_with_name("x" * 20_000))["results"][0]
    assert len(result["message"]["text"]) < DESCRIPTION
    assert len(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"]) == 20_000


def test_fingerprint_survives_renumbering_moving_and_a_baseline():
    def prints(file: FileReport) -> set[str]:
        results = run(Report((file,)))["results"]
        return {result["partialFingerprints"]["seluLint/v1"] for result in results}

    first = FileReport("a.keras", findings=(GLOROT, DROPOUT))
    renumbered = tuple(f._replace(layer=f"{f.layer.removesuffix('_1')}_7") for f in first.findings)
    assert prints(FileReport("moved/b.keras", findings=renumbered)) == prints(first)
    assert len(prints(first)) == 2
    known = Baseline.record(Report((FileReport("a.keras", findings=(GLOROT,)),)), Path())
    left = known.apply(Report((first,))).report.files[0]
    assert prints(left) == prints(FileReport("a.keras", findings=(DROPOUT,)))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("./a b/c.keras", "a%20b/c.keras"),
        ("c:d.keras", "c%3Ad.keras"),
        ("/models/ü.h5", "file:///models/%C3%BC.h5"),
        ("s3://bucket/a b.keras", "s3://bucket/a%20b.keras"),
        ("100%.keras", "100%25.keras"),
    ],
)
def test_uri(path: str, expected: str):
    assert uri(path) == expected


@given(st.text(min_size=1))
def test_uri_is_ascii(path: str):
    assert uri(path).isascii()
