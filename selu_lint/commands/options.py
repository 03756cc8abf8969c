"""Options that several commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from selu_lint import console
from selu_lint.config.discovery import Finder
from selu_lint.config.options import OPTIONS, Kind
from selu_lint.errors import SeluLintError, unexpected
from selu_lint.findings import CRASH_CODE, Finding

if TYPE_CHECKING:
    from pathlib import Path

    from selu_lint.fixing.fix_report import FileFix
    from selu_lint.report import FileReport
    from selu_lint.reports import Style

_Command = TypeVar("_Command", bound=Callable[..., Any])
_MANY = 20


class Failure(click.ClickException):
    """One line on standard error, and exit code 2: the tool could not do its work.

    Attributes
    ----------
    details : str
        What else is known, for those who ask with ``-v``.
    """

    exit_code = 2

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details

    @classmethod
    def of(cls, error: Exception, subject: str = "") -> Failure:
        """Return the failure that an error means, the subject before its line."""
        failure = unexpected(error)
        place = f"{subject}: " if subject else ""
        return cls(f"{place}{failure}", failure.details)


class FilePath(click.Path):
    """The path of a file; `pathlib` is imported only where one is given."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return the path."""
        from pathlib import Path

        return Path(os.fsdecode(super().convert(value, param, ctx)))


def codes(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the rules' codes of an option that may be repeated and separated by commas."""
    given = tuple(code for value in values for code in value.split(",") if code.strip())
    if not given:
        return ()
    from selu_lint.rule_codes import codes_from

    try:
        return codes_from(given, context.params.get("rules", ()))
    except SeluLintError as error:
        raise click.BadParameter(str(error)) from None


def further_rules(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the packages of ``--rules``; they may lie in the current folder."""
    if not values:
        return ()
    from selu_lint.rule import find_rules

    # Behind all others, so that nothing in the folder stands in for a module of Python's.
    sys.path.append(os.getcwd())
    try:
        find_rules(values)
    except SeluLintError as error:
        raise Failure.of(error) from None
    return values


def complete_codes(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return the codes that a shell offers after what was typed."""
    from selu_lint.rule import find_rules

    before, comma, last = incomplete.rpartition(",")
    return [
        f"{before}{comma}{rule.code}" for rule in find_rules() if rule.code.startswith(last.upper())
    ]


class Setting(click.Option):
    """An option that a configuration may hold as well, or ``--rules``, which none may."""

    def value(self, given: Any) -> Any:
        """Return the value that was given as a configuration has it."""
        option = OPTIONS.get(self.name or "")
        return option.choices[given] if option is not None and option.choices else given


_TAKEN: Mapping[Kind, Mapping[str, Any]] = {
    Kind.CODES: {
        "multiple": True,
        "callback": codes,
        "metavar": "CODES",
        "shell_complete": complete_codes,
    },
    Kind.FLAG: {"is_flag": True},
    Kind.SECONDS: {"type": click.FloatRange(min=0, min_open=True), "metavar": "SECONDS"},
    Kind.FILE: {"type": FilePath(), "metavar": "FILE"},
}


def settings(*names: str) -> Callable[[_Command], _Command]:
    """Add options that a configuration may hold as well, as `OPTIONS` describes them."""

    def add(command: _Command) -> _Command:
        for option in (OPTIONS[name] for name in reversed(names)):
            taken = _TAKEN.get(option.kind) or {"type": click.Choice(list(option.choices))}
            text = option.meaning.replace("`", "")
            if option.default and option.kind in (Kind.CHOICE, Kind.SECONDS):
                text += f"  [default: {option.default}]"
            command = click.option(f"--{option.key}", cls=Setting, help=text, **taken)(command)
        return command

    return add


def selection(command: _Command) -> _Command:
    """Add ``--select``, ``--extend-select``, ``--ignore`` and ``--rules``."""
    command = click.option(
        "--rules",
        cls=Setting,
        multiple=True,
        callback=further_rules,
        is_eager=True,
        metavar="MODULE",
        help="Run the rules of this module or package of yours, too; it is imported.",
    )(command)
    return settings("select", "extend_select", "ignore")(command)


def configuration(command: _Command) -> _Command:
    """Add ``--config`` and ``--isolated``."""
    command = click.option(
        "--isolated", is_flag=True, help="Look for no configuration; use the defaults."
    )(command)
    return click.option(
        "--config",
        "config",
        type=FilePath(),
        metavar="FILE",
        help="Use this configuration for all files, instead of the nearest one of each.",
    )(command)


def coloring(command: _Command) -> _Command:
    """Add ``--color``."""
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Whether to colour; auto asks for a terminal, NO_COLOR and FORCE_COLOR.",
    )(command)


def verbose(command: _Command) -> _Command:
    """Add ``-v``, which the last resort of all commands looks at as well."""

    def remember(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        context.meta[console.VERBOSE] = value

    return click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=remember,
        help="Show the traceback of what failed.",
    )(command)


class FilesCommand(click.Command):
    """A command on files, to which a hook may hand a file that has the name of an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Treat a hook's words that name something on the disk as files."""
        if "--pass-over" in args and "--" not in args:
            named = [word for word in args if word.startswith("-") and os.path.lexists(word)]
            args = [*(word for word in args if word not in named), "--", *named]
        return super().parse_args(ctx, args)


def hook(command: _Command) -> _Command:
    """Add ``--force-exclude`` and ``--pass-over``."""
    command = click.option(
        "--pass-over",
        is_flag=True,
        help="Note files that are no Keras models, and Git LFS pointers, instead of failing: for "
        "hooks, which get every file of a kind.",
    )(command)
    return click.option(
        "--force-exclude", is_flag=True, help="Exclude files even if they are named as PATH."
    )(command)


def finder(context: click.Context) -> Finder:
    """Return the `Finder` of the configurations that a command asks for.

    Raises
    ------
    Failure
        If the configuration cannot be used.
    """
    from selu_lint.config.configuration import Configuration

    config, isolated = context.params["config"], context.params["isolated"]
    if config is not None and isolated:
        raise click.UsageError("--config and --isolated exclude each other")
    given = {
        each.name or "": each.value(context.params[each.name or ""])
        for each in context.command.params
        # Empty values ask for nothing.
        if isinstance(each, Setting) and context.params[each.name or ""] not in ((), None, False)
    }
    if config is None:
        return Finder(Configuration() if isolated else None, given)
    from selu_lint.config.configuration_file import read

    try:
        found = read(config, given.get("rules", ()))
    except SeluLintError as error:
        raise Failure.of(error) from None
    if found is None:
        raise Failure(f"{config}: it has no table [tool.selu-lint]")
    return Finder(found, given)


def tell(notes: Iterable[str]) -> None:
    """Write notes to standard error."""
    for note in notes:
        console.say(f"note: {note}")


def tell_details(
    context: click.Context, files: Iterable[FileReport | FileFix], findings: Iterable[Finding]
) -> None:
    """With ``-v``, write the tracebacks of what failed and of rules that crashed, each once."""
    if not context.meta[console.VERBOSE]:
        return
    for file in files:
        if file.details:
            console.say(f"{file.path}:")
            console.say_details(file.details)
    crashes = [finding for finding in findings if finding.code == CRASH_CODE]
    for text in dict.fromkeys(str(finding.data["traceback"]) for finding in crashes):
        console.say_details(text)


class _Jobs(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A number of processes, or ``auto``."""

    name = "n|auto"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | None:
        """Return the number; None for ``auto``."""
        if value is None or value == "auto":
            return None
        number = int(value) if str(value).isdecimal() and len(str(value)) < 10 else 0
        if number < 1:
            self.fail(f"{value!r} is neither a number of processes nor auto", param, ctx)
        return number


def several_processes(command: _Command) -> _Command:
    """Add ``--jobs``."""
    return click.option(
        "--jobs",
        type=_Jobs(),
        default="auto",
        show_default=True,
        metavar="N|auto",
        help="Number of processes; auto takes several for many files.",
    )(command)


def to_file(command: _Command) -> _Command:
    """Add ``--output-file``, which is None for standard output."""

    def place(
        context: click.Context, parameter: click.Parameter, value: Path | None
    ) -> Path | None:
        return None if value is not None and str(value) == "-" else value

    return click.option(
        "--output-file",
        type=FilePath(),
        callback=place,
        metavar="FILE",
        help="Write the report here instead of to standard output, which - stands for.",
    )(command)


def styled(color: str, output_file: Path | None = None) -> Style:
    """Return how a report is laid out: in colour and wrapped where it goes to a terminal."""
    from selu_lint.reports import Style

    to_file = output_file is not None
    return Style(console.colored(color, to_file), None if to_file else console.width())


def deliver(text: str, style: Style, output_file: Path | None, written: Sequence[str]) -> None:
    """Write a report to a file, or to standard output if that is None.

    Parameters
    ----------
    text : str
        The report.
    style : Style
        How it is laid out.
    output_file : Path or None
        The file.
    written : sequence of str
        Other files that were written, which are named if the report cannot be.
    """
    if output_file is None:
        console.write(text, style.color, written)
        return
    from selu_lint.storage.atomic import write_file

    write_file(output_file, text.encode())


def progress(quiet: bool) -> tuple[Callable[[int, int], None], Callable[[], None]]:
    """Return what shows how many files are done, and what wipes this away."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        return lambda done, total: None, lambda: None
    shown = False

    def show(done: int, total: int) -> None:
        nonlocal shown
        if total >= _MANY and (done % 10 == 0 or done == total):
            shown = True
            click.echo(f"\r{done} of {total} files", nl=False, err=True)

    def clear() -> None:
        if shown:
            click.echo("\r\x1b[K", nl=False, err=True)

    return show, clear
