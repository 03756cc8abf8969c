"""Reports in several formats; each format is imported only when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from selu_lint.errors import SeluLintError
from selu_lint.findings import Severity
from selu_lint.report import Report

if TYPE_CHECKING:
    from selu_lint.reports.descriptions import RuleDescription

FORMATS: dict[str, str] = {
    "text": "text",
    "concise": "concise",
    "json": "json_report",
    "sarif": "sarif",
    "github": "github",
    "gitlab": "gitlab",
    "junit": "junit",
    "markdown": "markdown",
    "html": "html_report",
}
"""Name of each format on the command line, and the module of this package that writes it."""


class Style(NamedTuple):
    """How a report is laid out, and what it tells besides the findings.

    Attributes
    ----------
    color : bool
        Whether to colour, with ANSI escapes, what is made for people.
    width : int or None
        Columns at which what is made for people wraps; None for no wrapping.
    quiet : bool
        Whether to leave out the totals.
    fail_on : Severity or None
        Least severity of a finding that test results count as failed; None for none.
    rules : sequence of RuleDescription
        The rules that were run, for formats that describe them.
    """

    color: bool = False
    width: int | None = None
    quiet: bool = False
    fail_on: Severity | None = Severity.ERROR
    rules: Sequence[RuleDescription] = ()


PLAIN = Style()


def render(report: Report, format: str = "text", style: Style = PLAIN) -> str:
    """Return a report in one of `FORMATS`: text that ends with a newline, or nothing.

    Raises
    ------
    SeluLintError
        If there is no such format.
    """
    if format not in FORMATS:
        raise SeluLintError(f"no report format {format!r}; there are {', '.join(FORMATS)}")
    writer = importlib.import_module(f"selu_lint.reports.{FORMATS[format]}")
    text: str = writer.render(report, style)
    return text
