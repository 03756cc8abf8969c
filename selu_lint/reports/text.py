"""The report for people: findings grouped by file, in aligned columns, with totals at the end."""

from __future__ import annotations

from collections.abc import Iterator

import click

from selu_lint.findings import Finding, Severity
from selu_lint.report import FileReport, Report
from selu_lint.reports import PLAIN, Style
from selu_lint.reports.groups import grouped, whole
from selu_lint.wording import counted, explanation, printable, shortened, to_write, totals

_COLORS = {
    Severity.ERROR: "red",
    Severity.WARNING: "yellow",
    Severity.INFO: "blue",
    Severity.NOTE: "cyan",
}
_WIDEST_LAYER = 40
_NARROWEST_MESSAGE = 40
_WIDEST_MESSAGE_COLUMN = 100


def render(report: Report, style: Style = PLAIN) -> str:
    """Return the report as lines of text; files without findings are only counted."""
    lines = [line for file in report.files for line in _file(file, style)]
    if not style.quiet:
        if lines:
            lines.append("")
        told = wrapped(totals(report), style.width)
        lines += (colored(line, style, bold=True) for line in told)
        if report.findings:
            lines += wrapped(explanation(report.findings), style.width)
    return "".join(line + "\n" for line in lines)


def _file(file: FileReport, style: Style) -> Iterator[str]:
    path = colored(printable(file.path), style, bold=True)
    if file.error is not None:
        yield f"{path}: {colored('error', style, fg='red', bold=True)}: {printable(file.error)}"
    if not file.findings:
        return
    yield f"{path}: {counted(file)}"
    groups = grouped(file.findings)
    names = [shortened(group.layer) or whole(file.format) for group in groups]
    places = [str(group.first.place or "") for group in groups]
    if any(places):
        before = max(map(len, places))
        names = [f"{a:{before}}  {b}" for a, b in zip(places, names, strict=True)]
    severity = max(len(finding.severity.value) for finding in file.findings)
    layer = min(max(map(columns, names)), _WIDEST_LAYER)
    before = 2 + layer + 2 + 7 + 1 + severity + 2
    room = None if style.width is None else style.width - before
    below = room is not None and room < _NARROWEST_MESSAGE
    if below and style.width is not None:
        room = style.width - 4
    texts = [wrapped(shortened(group.message), room) for group in groups]
    ends = [columns(text[-1]) for text in texts]
    end = max((column for column in ends if column <= _WIDEST_MESSAGE_COLUMN), default=0)
    for group, name, text in zip(groups, names, texts, strict=True):
        finding = group.first
        _append_mark(text, mark(finding), end, room, style)
        word = finding.severity.value.ljust(severity)
        word = colored(word, style, fg=_COLORS[finding.severity])
        head = f"  {padded(name, layer)}  {finding.code:7} {word}"
        if below:
            yield head.rstrip()
            yield from (f"    {line}" for line in text)
        else:
            yield f"{head}  {text[0]}"
            yield from (f"{' ' * before}{line}" for line in text[1:])
        indent = " " * (4 if below else before)
        if finding.place is not None:
            yield _source_line(finding.place.text, len(indent), style)
        if group.write:
            word, line = to_write(printable(group.write))
            yield indent + colored(word, style, dim=True) + colored(line, style, fg="green")


def _source_line(text: str, indent: int, style: Style) -> str:
    """Return the line of source below a finding, cut off where the terminal ends."""
    shown = printable(text)
    room = len(shown) if style.width is None else max(style.width - indent - 2, _NARROWEST_MESSAGE)
    if columns(shown) > room:
        shown = f"{shown[: room - 1]}…"
    return " " * indent + colored(f"| {shown}", style, dim=True)


def _append_mark(text: list[str], mark: str, end: int, room: int | None, style: Style) -> None:
    if not mark:
        return
    beside = columns(text[-1]) + 2 + len(mark)
    if room is None or end + 2 + len(mark) <= room:
        text[-1] = f"{padded(text[-1], end)}  {colored(mark, style, dim=True)}"
    elif beside <= room:
        text[-1] += f"  {colored(mark, style, dim=True)}"
    else:
        text.append(colored(mark, style, dim=True))


def mark(finding: Finding) -> str:
    if finding.fix is None:
        return ""
    if not finding.fixable:
        return "[needs --redraw]"
    return "[fixable]" if finding.fix.unsafe is None else "[unsafe fix]"


def wrapped(text: str, room: int | None) -> list[str]:
    if room is None:
        return [text]
    lines: list[str] = []
    for word in text.split(" "):
        if lines and columns(lines[-1]) + 1 + columns(word) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def headed(name: str, text: str, style: Style, fg: str | None = None) -> Iterator[str]:
    """Yield a name in bold and a text about it behind a colon, further lines indented."""
    room = None if style.width is None else style.width - 4
    first, *more = wrapped(f"{printable(name)}: {text}", room)
    shown = printable(name)
    if first.startswith(f"{shown}:"):
        rest = colored(first[len(shown) + 2 :], style, fg=fg, bold=bool(fg))
        first = f"{colored(shown, style, bold=True)}: {rest}".rstrip()
    yield first
    yield from (f"    {colored(line, style, fg=fg, bold=bool(fg))}" for line in more)


def hanging(head: str, text: str, style: Style) -> Iterator[str]:
    """Yield a text behind its head, its further lines below its first, or below the head."""
    indent = columns(head)
    room = None if style.width is None else style.width - indent
    if room is not None and room < min(_NARROWEST_MESSAGE, columns(text)):
        indent, room = 4, max(_NARROWEST_MESSAGE // 2, (style.width or 0) - 4)
        yield head.rstrip()
        head = " " * indent
    first, *more = wrapped(text, room)
    yield head + first
    yield from (" " * indent + line for line in more)


def columns(text: str) -> int:
    """Return how many columns of a terminal a printable text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    others = [c for c in text if not c.isascii()]
    wide = sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in others)
    return len(text) - len(others) + wide


def cut(text: str, width: int) -> str:
    """Cut a printable text to a number of columns; its end stays, which tells layers apart."""
    if columns(text) <= width:
        return text
    while columns(text) >= width:
        text = text[1:]
    return f"…{text}"


def padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def colored(
    text: str,
    style: Style,
    fg: str | None = None,
    bold: bool | None = None,
    dim: bool | None = None,
) -> str:
    plain = not style.color or not (fg or bold or dim)
    return text if plain else click.style(text, fg=fg, bold=bold, dim=dim)
