"""The report as GitLab's Code Quality shows it in a merge request.

The keys are those of https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from selu_lint.config.baseline import fingerprints
from selu_lint.findings import Severity
from selu_lint.report import FileReport, Report
from selu_lint.reports import Style
from selu_lint.wording import as_json, posix

_SEVERITIES = {
    Severity.ERROR: "major",
    Severity.WARNING: "minor",
    Severity.INFO: "info",
    Severity.NOTE: "info",
}

# A model has no lines.
_FIRST_LINE = {"begin": 1}


def render(report: Report, style: Style) -> str:
    """Return a JSON array with one issue for each finding and each unreadable file."""
    issues = [issue for file in report.files for issue in _file(file)]
    return as_json(issues)


def _file(file: FileReport) -> Iterator[dict[str, Any]]:
    path = posix(file.path)
    if file.error is not None:
        yield _issue(path, "unreadable", file.error, "critical", "unreadable")
    for finding, key in zip(file.findings, fingerprints(file.findings), strict=True):
        layer = f"{finding.layer}: " if finding.layer else ""
        place = finding.place
        yield _issue(
            path,
            finding.code,
            layer + finding.message,
            _SEVERITIES[finding.severity],
            key,
            _FIRST_LINE if place is None else {"begin": place.line, "end": place.end_line},
        )


def _issue(
    path: str,
    check: str,
    description: str,
    severity: str,
    key: str,
    lines: Mapping[str, int] = _FIRST_LINE,
) -> dict[str, Any]:
    # GitLab wants fingerprints that differ within the whole report, so the path belongs to them.
    digest = hashlib.sha256(f"{path}\0{key}".encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "description": description,
        "check_name": check,
        "fingerprint": digest[:40],
        "severity": severity,
        "location": {"path": path, "lines": lines},
    }
