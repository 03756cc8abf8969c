"""Where values stand in a JSON text that was parsed before, and so is known to be valid."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")

Span = tuple[int, int]


def value(text: str, start: int = 0) -> Span:
    """Return the span of the value that follows blanks."""
    begin = _behind_space(text, start)
    return begin, _DECODER.raw_decode(text, begin)[1]


def members(text: str, span: Span) -> Iterator[tuple[str, Span]]:
    """Yield the keys of an object with the spans of their values; nothing for another value."""
    if text[span[0]] != "{":
        return
    position = _behind_space(text, span[0] + 1)
    while text[position] != "}":
        key, end = _DECODER.raw_decode(text, position)
        found = value(text, _behind_space(text, end) + 1)
        yield key, found
        position = _next(text, found[1])


def items(text: str, span: Span) -> Iterator[Span]:
    """Yield the spans of the items of an array; nothing for another value."""
    if text[span[0]] != "[":
        return
    position = _behind_space(text, span[0] + 1)
    while text[position] != "]":
        found = value(text, position)
        yield found
        position = _next(text, found[1])


def decoded(text: str, span: Span) -> Any:
    """Return the value in a span."""
    return _DECODER.raw_decode(text, span[0])[0]


def _next(text: str, end: int) -> int:
    position = _behind_space(text, end)
    return _behind_space(text, position + 1) if text[position] == "," else position


def _behind_space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return position if found is None else found.end()
