"""The report as workflow commands, which GitHub Actions shows as annotations of the files.

The escapes are those of ``@actions/core``: https://github.com/actions/toolkit, command.ts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from selu_lint.findings import Severity
from selu_lint.report import FileReport, Report
from selu_lint.reports import Style
from selu_lint.wording import posix, printable

if TYPE_CHECKING:
    from selu_lint.reports.descriptions import RuleDescription

_COMMANDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
    Severity.NOTE: "notice",
}
_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_TEXT, ":": "%3A", ",": "%2C"}


def render(report: Report, style: Style, rules: Sequence[RuleDescription] = ()) -> str:
    """Return one workflow command for each finding and each file that could not be checked."""
    return "".join(line + "\n" for file in report.files for line in _file(file))


def _file(file: FileReport) -> Iterator[str]:
    path = _escaped(posix(file.path), _PROPERTY)
    if file.error is not None:
        yield f"::error file={path},title=could not be checked::{_escaped(file.error, _TEXT)}"
    for finding in file.findings:
        title = _escaped(f"{finding.code} {finding.name}", _PROPERTY)
        layer = f"{finding.layer}: " if finding.layer else ""
        place = finding.place
        lines = ""
        if place is not None:
            lines = f",line={place.line},col={place.column},endLine={place.end_line}"
            layer = f"{place}: {layer}" if place.cell is not None else layer
        text = _escaped(layer + finding.message, _TEXT)
        yield f"::{_COMMANDS[finding.severity]} file={path}{lines},title={title}::{text}"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return printable("".join(escapes.get(character, character) for character in text))
