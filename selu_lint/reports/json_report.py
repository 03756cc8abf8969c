"""The report for programs; `docs/json.md` is the contract."""

from __future__ import annotations

from collections import Counter
from typing import Any

from selu_lint.findings import ABSENT, Edit, Finding, Fix, Place, Replacement
from selu_lint.report import FileReport, Report
from selu_lint.reports import Style
from selu_lint.wording import SEVERITIES, as_json, fix_counts, plain

_POSITION = ("line", "column", "end_line", "end_column", "cell", "cell_line", "cell_column")

VERSION = 1
"""Version of the contract; grows only when something that was promised changes or goes."""


def render(report: Report, style: Style) -> str:
    """Return the report as one JSON object, indented by two spaces, in ASCII."""
    return as_json(as_data(report))


def as_data(report: Report) -> dict[str, Any]:
    """Return the report as plain data, as the contract describes it."""
    findings = report.findings
    severities = Counter(finding.severity for finding in findings)
    safe, unsafe = fix_counts(findings)
    return {
        "version": VERSION,
        "files": [_file(file) for file in report.files],
        "summary": {
            "files": len(report.files),
            "files_with_findings": sum(bool(file.findings) for file in report.files),
            "files_with_errors": len(report.errors),
            "findings": len(findings),
            "hidden": sum(len(file.hidden) for file in report.files),
            "fixable": safe,
            "fixable_unsafely": unsafe,
            "severities": {severity.value: severities[severity] for severity in SEVERITIES},
            "codes": dict(sorted(Counter(finding.code for finding in findings).items())),
        },
    }


def _file(file: FileReport) -> dict[str, Any]:
    return {
        "path": file.path,
        "format": file.format,
        "keras_version": file.keras_version,
        "error": file.error,
        "crashed": file.crashed,
        "selu_layers": file.selu_layers,
        "findings": [finding_data(finding) for finding in file.findings],
        "hidden": [finding_data(finding) for finding in file.hidden],
    }


def finding_data(finding: Finding) -> dict[str, Any]:
    """Return one finding as plain data."""
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "layer": finding.layer,
        "message": finding.message,
        "data": plain(finding.data),
        "fixable": finding.fixable,
        "fix": None if finding.fix is None else fix_data(finding.fix),
        "unfixable": finding.unfixable,
        "place": None if finding.place is None else place_data(finding.place),
        "confidence": finding.confidence.value,
        "assumptions": list(finding.assumptions),
        "write": finding.write or None,
    }


def place_data(place: Place) -> dict[str, Any]:
    """Return a place as plain data."""
    related = [{"message": each.message, **_position(each.place)} for each in place.related]
    return {**_position(place), "text": place.text, "scope": place.scope, "related": related}


def _position(place: Place) -> dict[str, int | None]:
    return {name: getattr(place, name) for name in _POSITION}


def fix_data(fix: Fix) -> dict[str, Any]:
    """Return a fix as plain data."""
    return {
        "description": fix.description,
        "unsafe": fix.unsafe,
        "edits": [edit_data(edit) for edit in fix.edits],
        "replacements": [replacement_data(each) for each in fix.replacements],
        "redraws": [
            {"layer": redraw.layer, "slot": redraw.slot, "variance": plain(redraw.variance)}
            for redraw in fix.redraws
        ],
    }


def replacement_data(replacement: Replacement) -> dict[str, Any]:
    """Return a change of source code as plain data."""
    return {
        **_position(replacement.place),
        "old": replacement.old,
        "new": replacement.new,
    }


def edit_data(edit: Edit) -> dict[str, Any]:
    """Return an edit as plain data: no ``old`` where a key is added, no ``new`` where it goes."""
    values = {"old": edit.old, "new": edit.new}
    return {"pointer": edit.pointer} | {
        name: plain(value) for name, value in values.items() if value is not ABSENT
    }
