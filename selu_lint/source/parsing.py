"""From text to a tree, without a warning, and with one kind of error."""

from __future__ import annotations

import ast
import re
import sys
import warnings

from selu_lint.errors import SeluLintError
from selu_lint.limits import Limits

_STRING = r"""\"{3}.*?\"{3}|'{3}.*?'{3}|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'"""
_TOKEN = re.compile(
    rf"(?P<formatted>(?:[fF][rR]?|[rR][fF])(?:{_STRING}))|{_STRING}|#[^\n]*|\w+|[\n\r]|[^\s]", re.S
)
_SHORT = 100_000
_SAFE = 150_000


def parse(text: str) -> ast.Module:
    r"""Return the tree of a text whose lines end with ``\n``.

    Raises
    ------
    SyntaxError
        If it is no Python of the running version, or nested deeper than Python follows.
    """
    with warnings.catch_warnings():
        # Escapes such as "\d" are none of our business.
        warnings.simplefilter("ignore")
        try:
            # To show the line of an error Python opens the file of this name, if there is one.
            return ast.parse(text, filename="")
        except (RecursionError, MemoryError):
            raise SyntaxError("it is nested deeper than Python can follow") from None
        except ValueError as error:
            raise SyntaxError(str(error)) from None


def check_size(text: str, limits: Limits) -> None:
    """Refuse code whose tree would be too large.

    Raises
    ------
    SeluLintError
        If it is past ``source_bytes`` or ``source_nodes``.
    """
    if len(text) > limits.source_bytes:
        raise limits.exceeded("source_bytes", "its code takes")
    # Each node takes a character; only what is long has to be counted.
    if len(text) > min(limits.source_nodes, _SHORT):
        count = sum(map(_weight, _TOKEN.finditer(text)))
        if count > limits.source_nodes:
            raise limits.exceeded("source_nodes", "its code has", "names, numbers, signs and lines")
        # Deeper nests than these may hold overflow the stack, where nothing stops the parser.
        if sys.version_info < (3, 11) and count > _SAFE:
            raise SeluLintError("its code is too long to be parsed safely before Python 3.11")


def _weight(token: re.Match[str]) -> int:
    formatted = token["formatted"]
    if formatted is None:
        return 1
    # Before 3.12 Python looks through all of such a string for each of the values in it.
    return 1 + formatted.count("{") * (1 + len(formatted) // 1024)
