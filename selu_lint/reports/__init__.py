"""Writing a report in one of several formats; each format is imported only when it is asked for."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

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
    """How a report is laid out; most formats for machines do not look at it.

    Attributes
    ----------
    color : bool
        Whether to colour with ANSI escapes.
    width : int or None
        Columns to wrap at; None for no wrapping.
    quiet : bool
        Whether to leave out the totals.
    fail_on : Severity or None
        Least severity of a finding that fails; None for no failure.
    """

    color: bool = False
    width: int | None = None
    quiet: bool = False
    fail_on: Severity | None = Severity.ERROR


class Writer(Protocol):
    """A module of this package."""

    def render(self, report: Report, style: Style, rules: Sequence[RuleDescription]) -> str:
        """Return the report as text that ends with a newline, or as nothing."""


def render(
    report: Report,
    format: str = "text",
    *,
    color: bool = False,
    width: int | None = None,
    quiet: bool = False,
    fail_on: Severity | None = Severity.ERROR,
    rules: Sequence[RuleDescription] = (),
) -> str:
    """Write a report.

    Parameters
    ----------
    report : Report
        What was found.
    format : str
        One of `FORMATS`.
    color : bool
        Whether to colour the formats made for people.
    width : int, optional
        Columns at which the formats made for people wrap; by default they do not.
    quiet : bool
        Whether to leave the totals out of the formats made for people.
    fail_on : Severity or None
        Least severity of a finding that the formats for test results count as failed.
    rules : sequence of RuleDescription
        The rules that were run, for the formats that describe them.

    Returns
    -------
    str
        The text, ending with a newline unless it is empty.

    Raises
    ------
    SeluLintError
        If there is no such format.
    """
    if format not in FORMATS:
        raise SeluLintError(f"no report format {format!r}; there are {', '.join(FORMATS)}")
    writer = cast("Writer", importlib.import_module(f"selu_lint.reports.{FORMATS[format]}"))
    return writer.render(report, Style(color, width, quiet, fail_on), rules)
