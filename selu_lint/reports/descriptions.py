"""What a report tells about the rules."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from selu_lint.findings import Severity


@dataclass(frozen=True)
class RuleDescription:
    """What a report may tell about a rule.

    Attributes
    ----------
    code, name : str
        Such as ``SELU001`` and ``non-lecun-initializer``.
    severity : Severity
        How much its findings matter by default.
    fixable : bool
        Whether some of its findings carry a fix.
    documentation : str
        Its docstring: a first line, then sections in numpy style.
    """

    code: str
    name: str
    severity: Severity
    fixable: bool = False
    documentation: str = ""

    @property
    def summary(self) -> str:
        """The first line of the documentation."""
        return self.documentation.strip().partition("\n")[0]


def descriptions() -> tuple[RuleDescription, ...]:
    """Return what there is to tell about each rule."""
    from selu_lint.rule import find_rules

    return tuple(
        RuleDescription(
            rule.code, rule.name, rule.severity, rule.fixable, inspect.getdoc(rule) or ""
        )
        for rule in find_rules()
    )
