"""The report as SARIF 2.1.0, which code scanning services read.

Layers are logical locations. A fix stands in the result's properties: SARIF's own ``fixes``
replace regions of text, and a model file is an archive.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from selu_lint.config.baseline import fingerprints
from selu_lint.findings import Finding, Fix, Place, Severity
from selu_lint.report import FileReport, Report
from selu_lint.reports import Style
from selu_lint.reports.descriptions import RuleDescription
from selu_lint.reports.json_report import fix_data
from selu_lint.wording import as_json, plain, posix, shortened, to_write

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
    Severity.NOTE: "note",
}

_PROBLEMS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "recommendation",
    Severity.NOTE: "recommendation",
}


MOST_RESULTS = 25_000
"""How many results of a run code scanning takes: it refuses a file with more, and shows 5,000."""


def render(report: Report, style: Style) -> str:
    """Return one run as JSON, without hidden findings: GitHub shows suppressed results as open."""
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(report, style.rules)]}
    return as_json(log)


def _run(report: Report, rules: Sequence[RuleDescription]) -> dict[str, Any]:
    from selu_lint import __version__

    described = _described(report, rules)
    indices = {rule.code: index for index, rule in enumerate(described)}
    found = [
        (finding, key, artifact)
        for artifact, file in enumerate(report.files)
        for finding, key in zip(file.findings, fingerprints(file.findings), strict=True)
    ]
    left_out = len(found) - MOST_RESULTS
    if left_out > 0:
        found = sorted(found, key=lambda each: -each[0].severity.weight)[:MOST_RESULTS]
    return {
        "tool": {
            "driver": {
                "name": "selu-lint",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in described],
            }
        },
        "invocations": [
            {
                "executionSuccessful": not report.errors,
                "toolExecutionNotifications": [
                    {
                        "level": "error",
                        "message": {"text": file.error},
                        "locations": [{"physicalLocation": _physical(file.path, index)}],
                    }
                    for index, file in enumerate(report.files)
                    if file.error is not None
                ]
                + ([_told_of(left_out)] if left_out > 0 else []),
            }
        ],
        "columnKind": "unicodeCodePoints",
        "artifacts": [_artifact(file) for file in report.files],
        "results": [
            _result(finding, report.files[artifact].path, artifact, indices[finding.code], key)
            for finding, key, artifact in found
        ],
    }


def _told_of(left_out: int) -> dict[str, Any]:
    text = f"{left_out} findings, the mildest, are left out: code scanning takes {MOST_RESULTS:,}"
    return {"level": "warning", "message": {"text": text}}


def _described(report: Report, rules: Sequence[RuleDescription]) -> list[RuleDescription]:
    known = {rule.code: rule for rule in rules}
    for file in report.files:
        for finding in file.findings:
            if finding.code not in known:
                known[finding.code] = RuleDescription(
                    finding.code, finding.name, finding.severity, finding.fixable
                )
    return [known[code] for code in sorted(known)]


def _rule(rule: RuleDescription) -> dict[str, Any]:
    text = rule.documentation.strip() or rule.name
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.summary or rule.name},
        "fullDescription": {"text": _paragraph(rule) or rule.name},
        "help": {"text": text, "markdown": rule.markdown or text},
        **({} if rule.address is None else {"helpUri": rule.address}),
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": ["keras", "selu"],
            "fixable": rule.fixable,
            "problem.severity": _PROBLEMS[rule.severity],
        },
    }


def _paragraph(rule: RuleDescription) -> str:
    """Return the section *What it does* on one line, or else the first line."""
    found = re.search(r"What it does\n-+\n(.*?)(?:\n\s*\n|\Z)", rule.documentation, re.DOTALL)
    return " ".join(found[1].split()) if found else rule.summary


def _result(finding: Finding, path: str, artifact: int, rule: int, key: str) -> dict[str, Any]:
    place = finding.place
    location: dict[str, Any] = {"physicalLocation": _physical(path, artifact, place)}
    if finding.layer:
        location["logicalLocations"] = [
            {
                "name": finding.layer.rpartition("/")[2],
                "fullyQualifiedName": finding.layer,
                "kind": "object",
            }
        ]
    layer = f"{finding.layer}: " if finding.layer else ""
    if place is not None and place.cell is not None:
        layer = f"{place}: {layer}"
    repair = f" Fix: {finding.fix.description}." if finding.fix is not None else ""
    if finding.write:
        word, line = to_write(finding.write)
        repair += f" {word.capitalize()}{line}"
    properties: dict[str, Any] = {"layer": finding.layer, "data": plain(finding.data)}
    if finding.fix is not None:
        properties["fix"] = fix_data(finding.fix)
    elif finding.unfixable is not None:
        properties["unfixable"] = finding.unfixable
    digest = hashlib.sha256(_bytes(key)).hexdigest()
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": shortened(f"{layer}{finding.message}.{repair}")},
        "locations": [location],
        # Code scanning reads the first, and makes one of the line otherwise: a model has no lines.
        "partialFingerprints": {
            "primaryLocationLineHash": f"{digest[:16]}:1",
            "seluLint/v1": digest[:40],
        },
        "properties": properties,
    }
    if place is not None:
        properties["confidence"] = finding.confidence.value
        properties["assumptions"] = list(finding.assumptions)
    if place is not None and place.related:
        result["relatedLocations"] = [
            {
                "id": index,
                "message": {"text": each.message},
                "physicalLocation": _physical(path, artifact, each.place),
            }
            for index, each in enumerate(place.related)
        ]
    if finding.fix is not None and finding.fix.replacements and (place is None or not place.cell):
        result["fixes"] = [_fix(finding.fix, path, artifact)]
    return result


def _fix(fix: Fix, path: str, artifact: int) -> dict[str, Any]:
    """Return the repair of a Python file; in a notebook, it would have to be escaped."""
    return {
        "description": {"text": fix.description},
        "artifactChanges": [
            {
                "artifactLocation": _physical(path, artifact)["artifactLocation"],
                "replacements": [
                    {
                        "deletedRegion": _physical(path, artifact, each.place)["region"],
                        "insertedContent": {"text": each.new},
                    }
                    for each in fix.replacements
                ],
            }
        ],
    }


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _artifact(file: FileReport) -> dict[str, Any]:
    properties = {"format": file.format, "kerasVersion": file.keras_version}
    known = {key: value for key, value in properties.items() if value is not None}
    artifact: dict[str, Any] = {
        "location": {"uri": uri(file.path)},
        "roles": ["analysisTarget"],
    }
    return {**artifact, "properties": known} if known else artifact


def _physical(path: str, artifact: int, place: Place | None = None) -> dict[str, Any]:
    # A model has no lines, yet code scanning refuses results without one.
    region = {"startLine": 1}
    if place is not None:
        region = {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        }
    return {"artifactLocation": {"uri": uri(path), "index": artifact}, "region": region}


def uri(path: str) -> str:
    """Return a path as a URI reference, relative where the path is."""
    from urllib.parse import quote

    if "://" in path:
        return quote(path, safe=":/?#[]@!$&'()*+,;=%~")
    text = quote(_bytes(posix(path)), safe="/~")
    return f"file://{text}" if text.startswith("/") else text
