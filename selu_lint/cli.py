"""The command line: options in, reports and exit codes out."""

from __future__ import annotations

import gc
import sys

import click

from selu_lint import __version__
from selu_lint.findings import Severity
from selu_lint.linter import check_paths
from selu_lint.report import Report
from selu_lint.reports import FORMATS, render
from selu_lint.settings import Settings

_FAIL_ON = [severity.value for severity in reversed(Severity) if severity != Severity.NOTE]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="selu-lint")
def main() -> None:
    """Find, explain and repair what stops SELU networks in Keras models from normalizing.

    No model is ever executed: files are read as data, without TensorFlow.
    """
    spare_the_garbage_collector()


def spare_the_garbage_collector() -> None:
    """Let the cyclic garbage collector run rarely: a check makes many objects and no cycles."""
    gc.set_threshold(100_000, 50, 100)


def _codes(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    from selu_lint.rule import find_rules

    codes = tuple(
        code.strip().upper() for value in values for code in value.split(",") if code.strip()
    )
    known = [rule.code for rule in find_rules()] if codes else []
    for code in codes:
        if not any(rule.startswith(code) for rule in known):
            raise click.BadParameter(f"{code} is no rule; `selu-lint rule` lists them")
    return codes


@main.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--select",
    multiple=True,
    callback=_codes,
    metavar="CODES",
    help="Run only these rules (codes or prefixes, separated by commas).",
)
@click.option(
    "--ignore", multiple=True, callback=_codes, metavar="CODES", help="Do not run these rules."
)
@click.option(
    "--fail-on",
    type=click.Choice([*_FAIL_ON, "never"]),
    default="error",
    show_default=True,
    help="Least severity of a finding that gives exit code 1.",
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="Format of the report.",
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Whether to colour; auto asks for a terminal and for NO_COLOR.",
)
@click.option("-q", "--quiet", is_flag=True, help="Leave out the totals.")
def check(
    paths: tuple[str, ...],
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    fail_on: str,
    exit_zero: bool,
    format_: str,
    color: str,
    quiet: bool,
) -> None:
    """Check saved models: .keras, HDF5, architecture JSON, SavedModel folders, directories.

    A PATH of - reads one model from standard input. Exit code 0: no finding at or above
    --fail-on; 1: such findings; 2: a file could not be linted.
    """
    import os

    files = tuple(check_paths(paths, Settings(select=select, ignore=ignore)))
    report = Report(files)
    terminal = sys.stdout.isatty()
    colored = color == "always" or (color == "auto" and terminal and not os.environ.get("NO_COLOR"))
    width = None
    if terminal:
        import shutil

        width = shutil.get_terminal_size().columns
    click.echo(
        render(report, format_, color=colored, width=width, quiet=quiet), nl=False, color=colored
    )
    code = report.exit_code(None if fail_on == "never" else Severity(fail_on))
    sys.exit(0 if exit_zero and code == 1 else code)


@main.command()
@click.argument("code", required=False)
def rule(code: str | None) -> None:
    """Print the documentation of a rule, or the list of rules."""
    import inspect

    from selu_lint.rule import find_rules

    rules = find_rules()
    if code is None:
        for each in rules:
            summary = (inspect.getdoc(each) or "").partition("\n")[0]
            fixable = "fixable" if each.fixable else ""
            head = f"{each.code}  {each.severity.value:8}{each.name:32}{fixable:9}"
            click.echo(head + summary)
        return
    found = next((each for each in rules if code.upper() == each.code or code == each.name), None)
    if found is None:
        raise click.BadParameter(
            f"{code} is no rule; `selu-lint rule` lists them", param_hint="CODE"
        )
    click.echo(f"{found.code} {found.name} ({found.severity.value})\n")
    click.echo(inspect.getdoc(found))
