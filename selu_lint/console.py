"""Standard output and standard error: every text can be written, and no failure is a traceback."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys
from collections.abc import Sequence

import click

from selu_lint.errors import SeluLintError

VERBOSE = "selu_lint.verbose"
"""Key of a command's ``context.meta`` that says whether details are wanted."""

_ASCII = {"→": "->", "…": "...", "×": "x", "−": "-", "–": "-", "≤": "<=", "≥": ">="}


def prepare() -> None:
    """Let both streams take every character; what their encoding lacks is spelled in ASCII.

    On Windows a pipe takes the 256 characters of cp1252.
    """
    codecs.register_error("selu_lint.spelled", _spelled)
    for stream in (sys.stdout, sys.stderr):
        # Whoever calls the command from Python may have put in a stream without encoding.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="selu_lint.spelled")


def write(text: str, color: bool | None = None, written: Sequence[str] = ()) -> None:
    """Write to standard output.

    Parameters
    ----------
    text : str
        The text.
    color : bool, optional
        Whether its colours are kept.
    written : sequence of str
        The files that were written before, of which the text tells.

    Raises
    ------
    SeluLintError
        If it is closed; or it cannot be written to, and files were.
    OSError
        If it cannot be written to.
    """
    done = f"; written before: {', '.join(written)}" if written else ""
    if sys.stdout is None:
        raise SeluLintError(f"the report cannot be written: standard output is closed{done}")
    try:
        # Of a stream in ASCII, click would make one in UTF-8.
        click.echo(text, file=sys.stdout, nl=False, color=color)
    except OSError as error:
        if not done:
            raise
        reason = error.strerror or type(error).__name__
        raise SeluLintError(f"the report cannot be written: {reason}{done}") from None


def write_bytes(data: bytes | None) -> None:
    """Write bytes to standard output as they are.

    Raises
    ------
    SeluLintError
        If it is closed.
    OSError
        If it cannot be written to.
    """
    if sys.stdout is None:
        raise SeluLintError("the result cannot be written: standard output is closed")
    click.echo(data or b"", file=sys.stdout.buffer, nl=False)


def is_terminal() -> bool:
    """Whether standard output is shown on a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def colored(choice: str = "auto", to_file: bool = False) -> bool:
    """Return whether to colour: ``always``, ``never``, or ``auto``, which asks the terminal.

    The environment decides for ``auto``: ``NO_COLOR`` before ``FORCE_COLOR``, each where it is not
    empty. Sources: https://no-color.org, https://force-color.org.
    """
    if choice != "auto" or to_file:
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or is_terminal()


def width() -> int | None:
    """Return the columns of the terminal that standard output is shown on; None without one."""
    if not is_terminal():
        return None
    import shutil

    return shutil.get_terminal_size().columns


def say(text: str) -> None:
    """Write a line to standard error, names made safe; there is no way to tell that this failed."""
    from selu_lint.wording import printable

    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            click.echo(printable(text), file=sys.stderr)


def say_details(text: str) -> None:
    """Write lines to standard error, each made safe."""
    for line in text.rstrip().splitlines():
        say(line)


def discard() -> None:
    """Drop what standard output still holds, so that Python does not fail again at its end."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def _spelled(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    lacking = error.object[error.start : error.end]
    spelled = "".join(_ASCII.get(each, ascii(each)[1:-1]) for each in lacking)
    return spelled, error.end
