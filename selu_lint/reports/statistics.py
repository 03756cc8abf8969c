"""Counts by rule, instead of the findings themselves."""

from __future__ import annotations

from dataclasses import dataclass

from selu_lint.errors import SeluLintError
from selu_lint.report import Report
from selu_lint.reports import PLAIN, Style
from selu_lint.reports.text import colored
from selu_lint.wording import as_json, fix_counts, totals

FORMATS = ("text", "json")
"""The formats that statistics can be written in."""


@dataclass(frozen=True)
class Count:
    """How often a rule found something.

    Attributes
    ----------
    code, name : str
        The rule.
    findings, files : int
        Number of findings, and of files with one.
    fixable, fixable_unsafely : int
        How many of the findings have a safe fix, and an unsafe one.
    """

    code: str
    name: str
    findings: int
    files: int
    fixable: int
    fixable_unsafely: int


def counts(report: Report) -> list[Count]:
    """Return the counts of each rule that found something, most findings first."""
    rows = []
    for code, name in {finding.code: finding.name for finding in report.findings}.items():
        found = [
            [finding for finding in file.findings if finding.code == code] for file in report.files
        ]
        findings = [finding for file in found for finding in file]
        rows.append(Count(code, name, len(findings), sum(map(bool, found)), *fix_counts(findings)))
    return sorted(rows, key=lambda row: (-row.findings, row.code))


def render(report: Report, format: str = "text", style: Style = PLAIN) -> str:
    """Write the counts as aligned text or as a JSON array.

    Raises
    ------
    SeluLintError
        If the format cannot hold statistics.
    """
    rows = counts(report)
    if format == "json":
        return as_json([vars(row) for row in rows])
    if format not in FORMATS:
        raise SeluLintError(f"statistics are written as {' or '.join(FORMATS)}, not as {format}")
    number = max((len(str(row.findings)) for row in rows), default=0)
    files = max((len(str(row.files)) for row in rows), default=0)
    name = max((len(row.name) for row in rows), default=0)
    lines = []
    for row in rows:
        mark = "fixable" if row.fixable == row.findings else ""
        if 0 < row.fixable < row.findings:
            mark = f"{row.fixable} fixable"
        if row.fixable_unsafely:
            mark += f"{', ' if mark else ''}{row.fixable_unsafely} unsafe"
        noun = "file" if row.files == 1 else "files"
        line = (
            f"{colored(str(row.findings).rjust(number), style, bold=True)}  "
            f"{colored(row.code, style, fg='red')}  {row.name.ljust(name)}  "
            f"in {row.files:{files}} {noun:5}"
        )
        lines.append(f"{line}  [{mark}]" if mark else line.rstrip())
    if not style.quiet:
        lines.append(totals(report))
    return "".join(line + "\n" for line in lines)
