"""The command line; each command is imported only when it is called."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

import click

from selu_lint import __version__, console
from selu_lint.errors import unexpected

_COMMANDS = {
    "check": "selu_lint.commands.check",
    "config": "selu_lint.commands.config",
    "fix": "selu_lint.commands.fix",
    "profile": "selu_lint.commands.profile",
    "rule": "selu_lint.commands.rule",
    "train": "selu_lint.reference.command",
    "version": "selu_lint.commands.version",
}


class _Group(click.Group):
    """A group that imports a command when it is asked for."""

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        """Read the command line."""
        console.prepare()
        with _last_resort():
            return super().make_context(*arguments, **more)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        with _last_resort(ctx):
            return super().invoke(ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is meant; of one that there is not, the error names the nearest.

        Raises
        ------
        click.UsageError
            If there is no such command.
        """
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from selu_lint.wording import nearest

            meant = nearest(args[0], _COMMANDS)
            hint = f"did you mean {meant}?" if meant else f"there are {', '.join(_COMMANDS)}"
            ctx.fail(f"{args[0]} is no command; {hint}")
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of the help."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; None if there is no such one."""
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(importlib.import_module(_COMMANDS[cmd_name]), cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""
    `selu-lint COMMAND --help` shows the options of a command with examples.

    For completion in bash, put this into ~/.bashrc (zsh_source and fish_source are for others):
    eval "$(_SELU_LINT_COMPLETE=bash_source selu-lint)"
    """,
)
@click.version_option(__version__, prog_name="selu-lint")
def main() -> None:
    """Find, explain and repair what stops SELU networks in Keras models from normalizing.

    Files are read as data, without TensorFlow; a model runs only where an option asks for it.
    """


@contextlib.contextmanager
def _last_resort(context: click.Context | None = None) -> Iterator[None]:
    """Turn whatever no command expected into one line and exit code 2, Ctrl-C into 130."""
    try:
        yield
    except (click.exceptions.Exit, click.Abort):
        raise
    except click.ClickException as error:
        _tell(error, context)
    except KeyboardInterrupt:
        # Nothing is imported here: the signal may have come from an import.
        with contextlib.suppress(OSError, AttributeError):
            sys.stderr.write("interrupted\n")
        sys.exit(130)
    except BrokenPipeError:
        # Whoever reads no further, such as `head`, wants to hear no more.
        console.discard()
        sys.exit(2)
    except Exception as error:
        console.discard()
        failure = unexpected(error)
        console.say(f"Error: {failure}")
        _tell_details(failure, context)
        sys.exit(2)


def _tell(error: click.ClickException, context: click.Context | None) -> NoReturn:
    """Say what was wrong with the command line or in the command, its words made safe."""
    from selu_lint.wording import printable

    shown: click.ClickException = error
    # The help, which is shown where no command is named, has many lines.
    if type(error).__name__ != "NoArgsIsHelpError":
        line = printable(error.format_message())
        shown = click.ClickException(line)
        if isinstance(error, click.UsageError):
            shown = click.UsageError(line, error.ctx)
    with contextlib.suppress(OSError):
        shown.show()
    _tell_details(error, context)
    sys.exit(error.exit_code)


def _tell_details(error: Exception, context: click.Context | None) -> None:
    if context is not None and context.meta.get(console.VERBOSE):
        console.say_details(getattr(error, "details", ""))
