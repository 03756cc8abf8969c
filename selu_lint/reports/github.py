"""The report as workflow commands, which GitHub Actions shows as annotations of the files.

The escapes are those of ``@actions/core``: https://github.com/actions/toolkit, command.ts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from selu_lint.findings import Severity
from selu_lint.report import FileReport, Report
from selu_lint.reports import Style
from selu_lint.reports.groups import grouped
from selu_lint.wording import posix, printable, to_write

_COMMANDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
    Severity.NOTE: "notice",
}
MOST_ANNOTATIONS = 10
"""How many errors, warnings and notices of a step GitHub shows as annotations."""

_TEXT = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_TEXT, ":": "%3A", ",": "%2C"}


def render(report: Report, style: Style) -> str:
    """Return a workflow command for each file that could not be checked and each group of findings.

    The log shows only the text of a command, so the text names the file. The first command says
    so where there are more than GitHub annotates.
    """
    commands = [line for file in report.files for line in _file(file)]
    kinds = Counter(command.partition(" ")[0] for command in commands)
    if max(kinds.values(), default=0) > MOST_ANNOTATIONS:
        text = f"GitHub annotates {MOST_ANNOTATIONS} of a kind; all {len(commands)} are in the log"
        commands.insert(0, f"::notice title=selu-lint::{text}")
    return "".join(f"{command}\n" for command in commands)


def _file(file: FileReport) -> Iterator[str]:
    path = _escaped(posix(file.path), _PROPERTY)
    if file.error is not None:
        text = _escaped(f"{posix(file.path)}: {file.error}", _TEXT)
        yield f"::error file={path},title=could not be checked::{text}"
    for group in grouped(file.findings):
        finding = group.first
        title = _escaped(f"{finding.code} {finding.name}", _PROPERTY)
        named, lines = posix(file.path), ""
        place = finding.place
        if place is not None:
            lines = f",line={place.line},col={place.column},endLine={place.end_line}"
            named += f":{place}" if place.cell is None else f": {place}"
        layer = f"{group.layer}: " if group.layer else ""
        write = f"; {''.join(to_write(group.write))}" if group.write else ""
        text = _escaped(f"{named}: {layer}{group.message}{write}", _TEXT)
        yield f"::{_COMMANDS[finding.severity]} file={path}{lines},title={title}::{text}"


def _escaped(text: str, escapes: dict[str, str]) -> str:
    return printable("".join(escapes.get(character, character) for character in text))
