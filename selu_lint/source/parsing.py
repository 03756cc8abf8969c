"""From text to a tree, without a warning, and with one kind of error."""

from __future__ import annotations

import ast
import re
import warnings

from selu_lint.limits import Limits

_TOKEN = re.compile(
    r"\w+|\"{3}.*?\"{3}|'{3}.*?'{3}|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|\S", re.S
)


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
    if len(text) > limits.source_nodes:
        count = sum(1 for _ in _TOKEN.finditer(text))
        if count > limits.source_nodes:
            raise limits.exceeded("source_nodes", "its code has", "names, numbers and signs")
