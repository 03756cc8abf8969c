"""``selu-lint rule``."""

from __future__ import annotations

import inspect

import click

from selu_lint import console
from selu_lint.commands.options import complete_codes, verbose
from selu_lint.rule import find_rules


@click.command(
    epilog="""
    \b
    Examples:
      selu-lint rule
      selu-lint rule SELU001
      selu-lint rule dropout-after-selu
    """
)
@click.argument("code", required=False, shell_complete=complete_codes)
@verbose
def rule(code: str | None) -> None:
    """Print the documentation of a rule, or the list of rules."""
    rules = find_rules()
    if code is None:
        for each in rules:
            summary = (inspect.getdoc(each) or "").partition("\n")[0]
            fixable = "fixable" if each.is_fixable() else ""
            head = f"{each.code}  {each.severity.value:8}{each.name:32}{fixable:9}"
            console.write(f"{head}{summary}\n")
        return
    found = next((each for each in rules if code.upper() == each.code or code == each.name), None)
    if found is None:
        raise click.BadParameter(
            f"{code} is no rule; `selu-lint rule` lists them", param_hint="CODE"
        )
    head = f"{found.code} {found.name} ({found.severity.value})"
    console.write(f"{head}\n\n{inspect.getdoc(found)}\n")
