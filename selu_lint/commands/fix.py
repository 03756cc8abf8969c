"""``selu-lint fix``."""

from __future__ import annotations

import contextlib
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from selu_lint import console
from selu_lint.code import from_command_line
from selu_lint.commands.options import (
    Failure,
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
from selu_lint.config.discovery import Finder
from selu_lint.config.project import identity, models, processes
from selu_lint.errors import SeluLintError
from selu_lint.fixing.fix_options import FixOptions
from selu_lint.fixing.fix_report import FileFix, FixReport
from selu_lint.fixing.fixer import fix_models
from selu_lint.fixing.repairs import Checker
from selu_lint.fixing.targets import without_results
from selu_lint.formats.passed_over import PassedOver
from selu_lint.reports import Style
from selu_lint.storage.drafts import tidy_end

if TYPE_CHECKING:
    from pathlib import Path

    from selu_lint.config.baseline import Baseline

# Fixing a file costs more than checking it.
_WORTHWHILE = 16
# What is not repeated in the command for one of the models.
_OF_ALL = ("diff", "jobs", "output_file")


@click.command(
    cls=FilesCommand,
    epilog="""
    \b
    Examples:
      selu-lint fix model.keras    # writes model.fixed.keras
      selu-lint fix --diff model.keras
      selu-lint fix --in-place models/
      selu-lint fix --output fixed/ --redraw untrained a.keras b.h5
      selu-lint fix train.py notebook.ipynb src/    # source code is repaired in place
      selu-lint fix - --stdin-filename train.py < train.py
    """,
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path())
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    help="Write the result here; a folder for several models. Written even where nothing changes.",
)
@click.option(
    "--in-place", is_flag=True, help="Replace the original, as is always done with source code."
)
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@click.option(
    "--diff",
    is_flag=True,
    help="Print what would change and write nothing; exit code 1 if anything would.",
)
@click.option(
    "--stdin-filename",
    metavar="NAME",
    help="What the source code is called that comes from standard input, where PATH is -. The "
    "result goes to standard output, the report to standard error.",
)
@click.option("--unsafe-fixes", is_flag=True, help="Apply unsafe repairs, too.")
@settings("alpha_rate")
@click.option(
    "--redraw",
    type=click.Choice(["never", "untrained", "always"]),
    default="never",
    show_default=True,
    help="Whose kernels are drawn anew: those that the file proves to be untrained, none, or all "
    "whose initializer is repaired. Drawing a trained kernel anew loses what it learned.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**64 - 1),
    help="Seed of the draws; without one, a fresh one is taken and reported.",
)
@click.option(
    "--verify",
    is_flag=True,
    help="Load original and result in Keras, in a process of its own, and compare their outputs.",
)
@click.option(
    "--trust-code",
    is_flag=True,
    help="Let Keras run what the file names, such as the code of a Lambda layer, where a "
    "SavedModel is built anew or --verify loads a model. Without, only names known to be harmless "
    "are used.",
)
@selection
@settings("fail_on", "baseline")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Format of the report.",
)
@to_file
@configuration
@hook
@several_processes
@coloring
@click.option("-q", "--quiet", is_flag=True, help="Leave out the totals.")
@verbose
@click.pass_context
def fix(
    context: click.Context,
    /,
    paths: tuple[str, ...],
    output: str | None,
    in_place: bool,
    force: bool,
    diff: bool,
    stdin_filename: str | None,
    unsafe_fixes: bool,
    redraw: str,
    seed: int | None,
    verify: bool,
    trust_code: bool,
    format_: str,
    output_file: Path | None,
    force_exclude: bool,
    pass_over: bool,
    jobs: int | None,
    color: str,
    quiet: bool,
    **_: Any,
) -> None:
    """Repair saved models, Python files and notebooks. Nothing of them is loaded or run.

    Source code is repaired in place, and --diff shows what would change. The repaired form of a
    model (.keras, HDF5, architecture JSON) is written beside it as NAME.fixed.SUFFIX; SavedModel
    folders of Keras 2 are built anew in tf_keras, as a folder NAME.fixed, or with --output as
    .keras or .h5. Every result is written whole or not at all. What a comment, the configuration or
    a baseline accepts is left as it is. Exit code 0: no finding at or above
    --fail-on stays; 1: such findings stay; 2: a file could not be fixed.
    """
    if in_place and output is not None:
        raise click.UsageError("--in-place and --output exclude each other")
    if stdin_filename is not None and (paths != ("-",) or in_place or output is not None):
        raise click.UsageError("--stdin-filename is for a single PATH of -, and writes no file")
    source = finder(context)
    skipped = PassedOver()
    empty: list[str] = []
    show, clear = progress(quiet)
    try:
        options = FixOptions(
            output=output,
            in_place=in_place,
            force=force,
            redraw=redraw,
            seed=seed,
            unsafe_fixes=unsafe_fixes,
            dry_run=diff,
            verify=verify,
            trust_code=trust_code,
            stdin=stdin_filename is not None,
        )
        check_of = _Checkers(source)
        named = paths if pass_over else [from_command_line(path) for path in paths]
        if stdin_filename is not None:
            found = [(stdin_filename, stdin_filename)]
        else:
            found = without_results(_models(named, source, skipped, empty, force_exclude))
        several = 1 if stdin_filename is not None else processes(jobs, len(found), _WORTHWHILE)
        with _ending_what_is_begun(several) as stopped:
            fixes = fix_models(found, options, check_of, _command, several, stopped)
            files, broken_off = _fixed(fixes, len(found), show)
        missing = len(found) - len(files)
        clear()
    except SeluLintError as error:
        clear()
        raise Failure.of(error) from None
    tell(source.notes)
    passed = tuple(file for file in files if pass_over and file.no_model)
    if not quiet:
        tell([*empty, *skipped.lines])
        tell(f"{file.path}: passed over: {file.error}" for file in passed)
    files = tuple(file for file in files if not (pass_over and file.no_model))
    report = FixReport(files)
    style = styled(color, output_file)._replace(quiet=quiet)
    text = _report(report, format_, diff, style)
    if stdin_filename is not None and not diff:
        console.write_bytes(files[0].result if files else None)
    try:
        if stdin_filename is not None and not diff and output_file is None:
            console.say_details(text)
        else:
            deliver(text, style, output_file, [file.output for file in files if file.output])
    except SeluLintError as error:
        raise Failure.of(error) from None
    tell_details(context, files, [each.finding for each in report.remaining])
    if missing:
        unless = ", unless they had just been written" if broken_off else ""
        console.say(f"interrupted: {missing} files were not fixed and are unchanged{unless}")
        sys.exit(130)
    sys.exit(max((_exit_code(file, source, diff) for file in files), default=0))


def _exit_code(file: FileFix, source: Finder, diff: bool) -> int:
    # Of a file with an error, the configuration may be what is wrong.
    fail_on = None if file.error is not None else source.of(file.path).fail_on
    return FixReport((file,)).exit_code(fail_on, diff)


def _command(model: str, changes: Mapping[str, Any]) -> str:
    """Return the command line for one model: the options that were given, and these."""
    context = click.get_current_context()
    values = {**context.params, **changes}
    words = ["selu-lint", "fix"]
    for parameter in context.command.params:
        name = parameter.name or ""
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        # Options that only change what is told, such as -v, have no value here.
        if not isinstance(parameter, click.Option) or name in _OF_ALL or name not in values:
            continue
        if name not in changes and not given:
            continue
        value, option = values[name], max(parameter.opts, key=len)
        if parameter.is_flag:
            words += [option] * bool(value)
        else:
            for each in value if parameter.multiple else [value]:
                words += [option, str(each)]
    return shlex.join([*words, *["--"] * model.startswith("-"), model])


def _fixed(
    fixes: Iterator[tuple[int, FileFix]], total: int, show: Callable[[int, int], None]
) -> tuple[tuple[FileFix, ...], bool]:
    """Return what became of the models, in order, and whether Ctrl-C broke off one of them."""
    done: dict[int, FileFix] = {}
    broken_off = True
    with contextlib.suppress(KeyboardInterrupt):
        for place, file in fixes:
            done[place] = file
            show(len(done), total)
        broken_off = False
    return tuple(file for _, file in sorted(done.items())), broken_off


@contextlib.contextmanager
def _ending_what_is_begun(processes: int) -> Iterator[Callable[[], bool]]:
    """Let signals leave no draft and, with several processes, no result that is not reported.

    With several processes a first Ctrl-C asks to stop, and a second one breaks off.
    """
    if processes == 1:
        with tidy_end():
            yield lambda: False
        return
    came = False

    def first(*_: object) -> None:
        nonlocal came
        came = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    # A signal that is ignored, as in the background of a shell, or that others handle, stays so.
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, first)
    try:
        yield lambda: came
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _models(
    paths: Sequence[str],
    source: Finder,
    skipped: PassedOver,
    empty: list[str],
    exclude_named: bool,
) -> Iterator[tuple[str, str]]:
    """Yield each model once, with the path that named it."""
    seen: set[str] = set()
    for path in paths:
        for model in models([path], source, skipped, empty, exclude_named=exclude_named):
            if identity(model) not in seen:
                seen.add(identity(model))
                yield model, path


class _Checkers:
    """Checks each model as its configuration asks, less what that or a baseline accepts."""

    def __init__(self, source: Finder) -> None:
        self._source = source
        self._baselines: dict[Path, Baseline] = {}
        own = source.own.baseline
        if own is not None:
            self._baseline(own)

    def __call__(self, model: str) -> Checker:
        try:
            configured = self._source.of(model)
        except SeluLintError as error:
            raise SeluLintError(f"its configuration cannot be used: {error}") from None
        if not configured.suppresses and configured.baseline is None:
            return Checker(configured.settings)
        from selu_lint.config.acceptance import Acceptance

        known = None
        if configured.baseline is not None:
            known = self._baseline(configured.baseline).about(model)
        return Checker(configured.settings, Acceptance(configured, known))

    def _baseline(self, path: Path) -> Baseline:
        if path not in self._baselines:
            from selu_lint.config import baseline

            self._baselines[path] = baseline.read(path)
        return self._baselines[path]


def _report(report: FixReport, format_: str, diff: bool, style: Style) -> str:
    if format_ == "json":
        from selu_lint.reports import fix_json

        return fix_json.render(report, dry_run=diff)
    from selu_lint.reports import fix_text

    return fix_text.render_diff(report, style) if diff else fix_text.render(report, style)
