"""The report as Markdown, for the comment of a pull request or the summary of a job."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selu_lint.report import FileReport, Report
from selu_lint.reports import Style
from selu_lint.reports.groups import grouped, spanned, whole
from selu_lint.wording import counted, printable, totals

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~@&$!])")


def render(report: Report, style: Style) -> str:
    """Return a section with a table for each file that has findings, then the totals."""
    blocks = ["## selu-lint"] if report.files else []
    for file in report.files:
        if file.error is not None:
            blocks.append(f"### {code(file.path)}\n\n**Could not be checked:** {prose(file.error)}")
        elif file.findings:
            blocks.append("\n".join(_table(file)))
    if not style.quiet:
        blocks.append(totals(report))
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _table(file: FileReport) -> Iterator[str]:
    yield f"### {code(file.path)}: {counted(file)}"
    yield ""
    yield "| layer | rule | severity | finding | fix |"
    yield "|---|---|---|---|---|"
    for group in grouped(file.findings):
        finding = group.first
        layer = _cell(group.layer) if group.layer else ""
        layer = f"{finding.place or ''} {layer}".strip() or whole(file.format)
        rule = f"{finding.code} {finding.name}"
        repair = ""
        if finding.fix is not None:
            unsafe = " (unsafe)" if finding.fix.unsafe is not None else ""
            fixes = [each.fix.description for each in group.findings if each.fix is not None]
            repair = prose(spanned(fixes)) + unsafe
        if group.write:
            repair += (": " if repair else "") + _cell(group.write)
        message = prose(group.message)
        yield f"| {layer} | {rule} | {finding.severity.value} | {message} | {repair} |"


def _cell(text: str) -> str:
    """Return text as a code span in a table, where a bar would end the cell."""
    return code(text).replace("|", r"\|")


def prose(text: str) -> str:
    """Return text as Markdown that shows it unchanged, on one line, also in a table."""
    return _SPECIAL.sub(r"\\\1", printable(text))


def code(text: str) -> str:
    """Return text as a code span, on one line."""
    text = printable(text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) or not text else ""
    return f"{fence}{space}{text}{space}{fence}"
