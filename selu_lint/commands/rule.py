"""``selu-lint rule``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from selu_lint import console
from selu_lint.commands.options import coloring, complete_codes, styled, verbose
from selu_lint.errors import SeluLintError
from selu_lint.reports import Style
from selu_lint.reports.text import colored, hanging, wrapped
from selu_lint.rule import Rule, find_rules
from selu_lint.rule_codes import codes_from

_WIDTH = 100
_UNDERLINE = re.compile("-{3,}")


@click.command(
    epilog="""
    \b
    Examples:
      selu-lint rule
      selu-lint rule SELU001
      selu-lint rule SELU9
      selu-lint rule dropout-after-selu
    """
)
@click.argument("code", required=False, shell_complete=complete_codes)
@coloring
@verbose
def rule(code: str | None, color: str) -> None:
    """Print the page of a rule, by its code, its name or a prefix, or else the list of rules."""
    style = styled(color)
    rules = find_rules()
    if code is None:
        lines = [line for each in rules for line in _listed(each, style)]
    else:
        try:
            (wanted,) = codes_from([code])
        except SeluLintError as error:
            raise click.BadParameter(str(error), param_hint="CODE") from None
        pages = [list(_page(each, style)) for each in rules if each.code.startswith(wanted)]
        lines = [line for page in pages for line in ([""] if page is not pages[0] else []) + page]
    console.write("".join(f"{line}\n" for line in lines), style.color)


def _listed(rule: type[Rule], style: Style) -> Iterator[str]:
    fixable = "fixable" if rule.is_fixable() else ""
    head = f"{rule.code}  {rule.severity.value:8}{rule.name:32}{fixable:9}"
    yield from hanging(head, (inspect.getdoc(rule) or "").partition("\n")[0], style)


def _page(rule: type[Rule], style: Style) -> Iterator[str]:
    """Yield the lines of a rule's page: paragraphs wrapped, code set off."""
    yield colored(f"{rule.code} {rule.name} ({rule.severity.value})", style, bold=True)
    yield ""
    paragraph: list[str] = []
    title = ""
    lines = (inspect.getdoc(rule) or "").splitlines()
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith((">>> ", "... ")):
            yield from _wrapped(paragraph, style)
            yield colored(f"    {line[4:]}", style, fg="cyan")
        elif _UNDERLINE.fullmatch(below):
            yield from _wrapped(paragraph, style)
            yield colored(line, style, bold=True)
            title = line
        elif _UNDERLINE.fullmatch(line):
            continue
        elif not line.strip():
            yield from _wrapped(paragraph, style)
            yield ""
        else:
            paragraph.append(line.strip())
            if title == "References" and line.endswith("."):
                yield from _wrapped(paragraph, style)
    yield from _wrapped(paragraph, style)


def _wrapped(paragraph: list[str], style: Style) -> list[str]:
    """Return a paragraph in lines, its code without marks, and forget it."""
    text = " ".join(paragraph).replace("``", "")
    paragraph.clear()
    return wrapped(text, style.width or _WIDTH) if text else []
