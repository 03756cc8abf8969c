"""Reports as Python shows them: as text, and as HTML in a notebook."""

from __future__ import annotations

import html

from selu_lint.fixing.fix_report import FixReport
from selu_lint.profiles.profiling import Profile
from selu_lint.report import Report
from selu_lint.reports import Style, fix_text, html_report, profile_html, render
from selu_lint.reports.page import escaped

_HEIGHT = 640


def text_of_check(report: Report) -> str:
    """Return the report of a check as the command prints it."""
    return render(report)


def text_of_fix(report: FixReport) -> str:
    """Return the report of a fix as the command prints it."""
    return fix_text.render(report, Style(), dry_run=False)


def of_check(report: Report) -> str:
    """Return the tables of a check, with the code to write, as a fragment of HTML."""
    return f"<div>{html_report.table(report)}</div>"


def of_fix(report: FixReport) -> str:
    """Return the report of a fix as a fragment of HTML."""
    lines = "\n".join(map(escaped, text_of_fix(report).splitlines()))
    return f"<pre>{lines}</pre>"


def of_profile(profile: Profile) -> str:
    """Return the page of a profile in a frame of its own, whose style touches nothing else."""
    page = html.escape(profile_html.render([profile]))
    return (
        f'<iframe srcdoc="{page}" sandbox="allow-scripts" title="selu-lint profile" '
        f'style="width: 100%; height: {_HEIGHT}px; border: 0"></iframe>'
    )
