"""The errors of the package."""

from __future__ import annotations

import contextlib


class SeluLintError(Exception):
    """A problem that a user can act on: one line that says what is wrong and what to do.

    The path of the file concerned is added by whoever reports it.

    Attributes
    ----------
    details : str
        What else is known, in many lines; for those who ask for it.
    """

    details = ""


class NotAModelError(SeluLintError):
    """The file is whole as far as can be told, but it is no Keras model.

    A hook that is given every file of a kind passes over it.
    """


class SeluLintWarning(UserWarning):
    """What a user of the Python interface should know and no error says."""


def one_line(error: BaseException) -> str:
    """Return the kind of an error and the first line of what it says; of our own, all it says."""
    if isinstance(error, SeluLintError):
        return str(error)
    text = str(error).strip().partition("\n")[0]
    kind = type(error).__name__
    return f"{kind}: {text}"[:300] if text else kind


def unexpected(error: Exception) -> SeluLintError:
    """Return what nobody expected as one line that a user can act on, its traceback as details."""
    if isinstance(error, SeluLintError):
        return error
    if isinstance(error, MemoryError):
        line = "it needs more memory than there is"
    elif isinstance(error, RecursionError):
        line = "it is nested deeper than Python can follow"
    elif isinstance(error, OSError):
        line = f"cannot go on: {error.strerror or type(error).__name__}"
    else:
        kind = type(error).__name__
        line = f"selu-lint itself failed with {kind}: a bug, please report it; -v shows where"
    failure = SeluLintError(line)
    with contextlib.suppress(MemoryError, RecursionError):
        import traceback

        failure.details = "".join(traceback.format_exception(error))
    return failure
