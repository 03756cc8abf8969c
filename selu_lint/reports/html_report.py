"""The report as a page of HTML that stands alone: searched and filtered in the browser."""

from __future__ import annotations

from collections.abc import Iterator

from selu_lint.findings import Severity
from selu_lint.report import FileReport, Report
from selu_lint.reports import Style
from selu_lint.reports.groups import Group, grouped, whole
from selu_lint.reports.page import escaped, page, search
from selu_lint.reports.text import mark
from selu_lint.wording import counted, totals


def render(report: Report, style: Style) -> str:
    """Return the page: the totals, a form to search, and a table for each file with findings."""
    return page("selu-lint", "\n".join(_body(report)))


def table(report: Report) -> str:
    """Return the tables of all files as a fragment of HTML, for a notebook."""
    return "\n".join(
        ["<div>", f"<p>{escaped(totals(report))}</p>", *map(_file, report.files), "</div>"]
    )


def _body(report: Report) -> Iterator[str]:
    yield f"<h1>selu-lint</h1>\n<p>{escaped(totals(report))}</p>"
    findings = list(report.findings)
    if findings:
        yield search(
            {
                "severity": [s.value for s in Severity if any(f.severity is s for f in findings)],
                "rule": sorted({finding.code for finding in findings}),
            }
        )
    yield from (_file(file) for file in report.files)


def _file(file: FileReport) -> str:
    head = f"<h2>{escaped(file.path)}</h2>"
    if file.error is not None:
        return f'<section>{head}<p class="error">{escaped(file.error)}</p></section>'
    if not file.findings:
        return ""
    rows = "\n".join(_row(group, file.format) for group in grouped(file.findings))
    return (
        f"<section data-group>{head}<p>{counted(file)}</p>"
        "<table><thead><tr><th>layer</th><th>rule</th><th>severity</th><th>finding</th></tr>"
        f"</thead>\n<tbody>\n{rows}\n</tbody></table></section>"
    )


def _row(group: Group, format: str | None) -> str:
    finding = group.first
    severity = finding.severity.value
    layer = f"<code>{escaped(group.layer)}</code>" if group.layer else ""
    layer = f"{finding.place or ''} {layer}".strip() or whole(format)
    if len(group.findings) > 1:
        names = "".join(f"<li><code>{escaped(each.layer)}</code>" for each in group.findings)
        layer += f"<details><summary>all</summary><ul>{names}</ul></details>"
    fix = f' <span class="muted">{escaped(mark(finding))}</span>' if mark(finding) else ""
    source = ""
    if finding.place is not None:
        source = f'<code class="write">{escaped(finding.place.text)}</code>'
    write = f'<code class="write">{escaped(group.write)}</code>' if group.write else ""
    return (
        f'<tr data-text data-severity="{severity}" data-rule="{escaped(finding.code)}">'
        f"<td>{layer}</td><td>{escaped(finding.code)}<br>"
        f'<span class="muted">{escaped(finding.name)}</span></td>'
        f'<td class="{severity}">{severity}</td>'
        f"<td>{escaped(group.message)}{fix}{source}{write}</td></tr>"
    )
