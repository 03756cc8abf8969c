"""Reports as a notebook shows them."""

from __future__ import annotations

import html

from selu_lint.fixing.fix_report import FixReport
from selu_lint.profiles.profiling import Profile
from selu_lint.reports import fix_text, profile_html
from selu_lint.reports.page import escaped

_HEIGHT = 640


def of_fix(report: FixReport) -> str:
    """Return the report of a fix as a fragment of HTML."""
    lines = "\n".join(map(escaped, fix_text.render(report).splitlines()))
    return f"<pre>{lines}</pre>"


def of_profile(profile: Profile) -> str:
    """Return the page of a profile in a frame, so that its style touches nothing else."""
    page = html.escape(profile_html.render([profile]))
    return (
        f'<iframe srcdoc="{page}" sandbox="allow-scripts" title="selu-lint profile" '
        f'style="width: 100%; height: {_HEIGHT}px; border: 0"></iframe>'
    )
