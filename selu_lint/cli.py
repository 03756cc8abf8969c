"""The command line; each command is imported only when it is called."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from selu_lint import __version__

_COMMANDS = {
    "check": "selu_lint.commands.check",
    "config": "selu_lint.commands.config",
    "fix": "selu_lint.commands.fix",
    "profile": "selu_lint.commands.profile",
    "rule": "selu_lint.commands.rule",
    "train": "selu_lint.reference.command",
}


class _Group(click.Group):
    """A group that imports a command when it is asked for."""

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        """Read the command line; see `invoke` about Ctrl-C."""
        with _interruptible():
            return super().make_context(*arguments, **more)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an error of the machine that nobody expected is one line."""
        try:
            with _interruptible():
                return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except OSError as error:
            _discard_output()
            click.echo(f"Error: cannot go on: {error.strerror or error}", err=True)
            sys.exit(2)

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

    No model is ever executed: files are read as data, without TensorFlow.
    """
    spare_the_garbage_collector()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Answer Ctrl-C where no command does it; of click it would be exit code 1, as of findings."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        sys.exit(130)


def _discard_output() -> None:
    """Drop what standard output still holds, so that Python does not fail again at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def spare_the_garbage_collector() -> None:
    """Let the cyclic garbage collector run rarely: a check makes many objects and no cycles."""
    gc.set_threshold(100_000, 50, 100)
