"""The one error class of the package."""

from __future__ import annotations


class SeluLintError(Exception):
    """A problem that a user can act on: one line that says what is wrong and what to do.

    The path of the file concerned is added by whoever reports it.
    """
