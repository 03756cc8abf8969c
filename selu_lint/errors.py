"""The errors of the package."""

from __future__ import annotations


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
