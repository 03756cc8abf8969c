"""The report of one line a finding, for searching and for editors."""

from __future__ import annotations

from collections.abc import Iterator

from selu_lint.report import FileReport, Report
from selu_lint.reports import Style
from selu_lint.reports.text import colored, mark
from selu_lint.wording import printable, shortened, totals


def render(report: Report, style: Style) -> str:
    """Return ``path:layer: CODE severity message`` for each finding, then the totals.

    In source code it is ``path:line:column: CODE severity layer: message``.
    """
    lines = [line for file in report.files for line in _file(file, style)]
    if not style.quiet:
        lines.append(totals(report))
    return "".join(line + "\n" for line in lines)


def _file(file: FileReport, style: Style) -> Iterator[str]:
    path = colored(printable(file.path), style, bold=True)
    if file.error is not None:
        yield f"{path}: {colored('error', style, fg='red')}: {printable(file.error)}"
    for finding in file.findings:
        layer, place = shortened(finding.layer), ""
        if finding.place is not None:
            place, layer = f":{finding.place}", f" {layer}:" if layer else ""
        elif layer:
            place, layer = f":{layer}", ""
        code = colored(finding.code, style, fg="red")
        fixable = f" {mark(finding)}" if finding.fix is not None else ""
        message = shortened(finding.message)
        yield f"{path}{place}: {code} {finding.severity.value}{layer} {message}{fixable}"
