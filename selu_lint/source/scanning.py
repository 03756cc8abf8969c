"""The coarse look at Python text that does not parse: strings, comments and brackets by line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<triple>\"{3}|'{3})|(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
    r"""|(?P<comment>\#.*)|(?P<open>[(\[{])|(?P<close>[)\]}])"""
)


class Line(NamedTuple):
    """What is known of a line.

    Attributes
    ----------
    inside : bool
        Whether it begins inside a string, inside brackets or behind a backslash.
    code : str
        Its text without a comment.
    """

    inside: bool
    code: str


def scan(lines: Sequence[str]) -> list[Line]:
    """Return what is known of each line; brackets that are never closed are forgotten."""
    found, quotes, depth, continued = [], "", 0, False
    for text in lines:
        inside = bool(quotes) or depth > 0 or continued
        position, end = 0, len(text)
        while position < end:
            if quotes:
                closing = text.find(quotes, position)
                position = end if closing < 0 else closing + 3
                quotes = quotes if closing < 0 else ""
                continue
            token = _TOKEN.search(text, position)
            if token is None:
                break
            position = token.end()
            if token["triple"]:
                quotes = token["triple"]
            elif token["comment"]:
                end = token.start()
            elif token["open"]:
                depth += 1
            elif token["close"]:
                depth = max(0, depth - 1)
        code = text[:end].rstrip()
        continued = not quotes and code.endswith("\\")
        found.append(Line(inside, code))
    return found


def statement_end(lines: Sequence[Line], start: int) -> int:
    """Return the index of the line behind the statement that begins in a line."""
    end = start + 1
    while end < len(lines) and lines[end].inside:
        end += 1
    return end


def indent_of(line: str) -> str:
    """Return the blank space that a line begins with."""
    return line[: len(line) - len(line.lstrip(" \t\f"))]
