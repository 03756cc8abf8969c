"""What reports say about the rules."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass

from selu_lint.findings import Severity

ADDRESS = "https://example.org/selu-lint"
"""Stands for the address that the project will have."""


@dataclass(frozen=True)
class RuleDescription:
    """What a report may say about a rule.

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

    @property
    def address(self) -> str | None:
        """The address of its page; None for a user's own rule."""
        return f"{ADDRESS}/rules/{self.code}/" if self.code.startswith("SELU") else None

    @property
    def markdown(self) -> str:
        """The documentation as Markdown."""
        return as_markdown(self.documentation)


def descriptions(packages: Sequence[str] = ()) -> tuple[RuleDescription, ...]:
    """Return the description of each rule, including those of a user's packages."""
    from selu_lint.rule import find_rules

    return tuple(
        RuleDescription(
            rule.code, rule.name, rule.severity, rule.is_fixable(), inspect.getdoc(rule) or ""
        )
        for rule in find_rules(packages)
    )


def as_markdown(docstring: str) -> str:
    """Return a rule's docstring as Markdown: headings, examples as code, references as a list."""
    first, *sections = re.split(r"\n(?=[^\n]+\n-{3,}\n)", docstring.strip())
    written = [first.strip()]
    for section in sections:
        title, _, text = section.partition("\n")
        body = text.partition("\n")[2].strip("\n")
        if title == "References":
            body = re.sub(r"(?:^|(?<=\.)\n)(?=\S)", r"\n- ", body).lstrip("\n")
            body = re.sub(r"\n(?!- )", "\n  ", body)
        written.append(f"## {title}\n\n{_with_code(body)}")
    return "\n\n".join(written)


def _with_code(text: str) -> str:
    """Return the text with the lines of a Python prompt in a block, without the prompt."""
    written: list[str] = []
    inside = False
    for line in text.split("\n"):
        prompt = line.startswith((">>> ", "... ")) or line in (">>>", "...")
        if prompt != inside:
            written.append("```python" if prompt else "```")
            inside = prompt
        written.append(line[4:] if prompt else line)
    return "\n".join([*written, "```"] if inside else written)
