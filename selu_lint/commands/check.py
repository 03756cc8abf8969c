"""``selu-lint check``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from selu_lint import console
from selu_lint.code import Piped, from_command_line
from selu_lint.commands.options import (
    Failure,
    FilePath,
    FilesCommand,
    coloring,
    configuration,
    deliver,
    finder,
    hook,
    progress,
    selection,
    settings,
    several_processes,
    styled,
    tell,
    tell_details,
    to_file,
    verbose,
)
from selu_lint.config.project import check as check_project
from selu_lint.errors import SeluLintError
from selu_lint.report import Report
from selu_lint.reports import FORMATS, Style, render

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    cls=FilesCommand,
    epilog="""
    \b
    Examples:
      selu-lint check model.keras models/
      selu-lint check train.py notebook.ipynb src/
      selu-lint check --select SELU001,SELU002 --fail-on warning models/
      selu-lint check --format sarif --output-file selu.sarif models/
      selu-lint check - --stdin-filename train.py < train.py
      selu-lint check --write-baseline known.json models/
      selu-lint check --baseline known.json models/
    """,
)
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@click.option(
    "--stdin-filename",
    metavar="NAME",
    help="What the file is called that comes from standard input, where PATH is -: train.py for "
    "Python code.",
)
@selection
@settings("weights", "build_timeout", "fail_on", "confidence")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even if there are findings.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="Format of the report.",
)
@to_file
@click.option("--statistics", is_flag=True, help="Count the findings of each rule instead.")
@settings("baseline")
@click.option(
    "--write-baseline",
    type=FilePath(),
    metavar="FILE",
    help="Record the findings here; they are known from then on.",
)
@configuration
@hook
@several_processes
@coloring
@click.option("-q", "--quiet", is_flag=True, help="Leave out the totals and the notes.")
@verbose
@click.pass_context
def check(
    context: click.Context,
    /,
    paths: tuple[str, ...],
    stdin_filename: str | None,
    exit_zero: bool,
    format_: str,
    output_file: Path | None,
    statistics: bool,
    write_baseline: Path | None,
    force_exclude: bool,
    pass_over: bool,
    jobs: int | None,
    color: str,
    quiet: bool,
    **given: Any,
) -> None:
    """Check saved models, Python files, notebooks, and directories with any of these.

    Without a PATH it is the working folder. Saved models are .keras, HDF5 and architecture JSON
    files and SavedModel folders. A PATH of - reads one from standard input. Python files and
    notebooks are read, never run. But package.module:build and path/to/file.py:build name a
    function or a model in your own code: it runs, in a process of its own, and what it builds is
    checked. Exit code 0: no finding at or above --fail-on; 1: such findings; 2: a file could not be
    linted, or the command was wrong; 130: interrupted, after a report of what was done.
    """
    if stdin_filename is not None and paths != ("-",):
        raise click.UsageError("--stdin-filename is for a single PATH of -")
    # A hook or a pipe that names no file means none.
    paths = paths or (() if pass_over else (".",))
    if write_baseline is not None and str(write_baseline) == "-":
        raise click.UsageError("--write-baseline takes the name of a file")
    if given["baseline"] is not None and write_baseline is not None:
        raise click.UsageError("--baseline and --write-baseline exclude each other")
    source = finder(context)
    named = list(paths) if pass_over else [from_command_line(path) for path in paths]
    if stdin_filename is not None:
        named = [Piped(stdin_filename)]
    show, clear = progress(quiet)
    try:
        outcome = check_project(
            named,
            source,
            jobs=jobs,
            exclude_named=force_exclude,
            pass_over=pass_over,
            write_baseline=write_baseline,
            progress=show,
        )
        clear()
        style = styled(color, output_file)._replace(quiet=quiet, fail_on=outcome.fail_on)
        text = _report(outcome.report, format_, given["rules"], statistics, style)
        written = [] if write_baseline is None else [str(write_baseline)]
        deliver(text, style, output_file, written)
    except SeluLintError as error:
        clear()
        raise Failure.of(error) from None
    tell(source.notes)
    if not quiet:
        tell(outcome.notes)
    tell_details(context, outcome.report.files, outcome.report.findings)
    if outcome.missing:
        console.say(f"interrupted: {outcome.missing} files were not checked")
        sys.exit(130)
    sys.exit(0 if exit_zero and outcome.exit_code == 1 else outcome.exit_code)


def _report(
    report: Report, format_: str, packages: tuple[str, ...], statistics: bool, style: Style
) -> str:
    if statistics:
        from selu_lint.reports import statistics as counting

        return counting.render(report, format_, style)
    if format_ == "sarif":
        from selu_lint.reports.descriptions import descriptions

        style = style._replace(rules=descriptions(packages))
    return render(report, format_, style)
