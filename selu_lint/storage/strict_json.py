"""JSON as Keras writes it, read strictly: no duplicate keys, bounded in size and depth."""

from __future__ import annotations

import json
import re
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.limits import DEFAULT, LimitError, Limits


def decode(data: bytes, limits: Limits) -> str:
    """Return the text of a JSON file in UTF-8, UTF-16 or UTF-32, without its byte order mark.

    Raises
    ------
    SeluLintError
        If the bytes are too many or no text.
    """
    if len(data) > limits.json_bytes:
        raise _too_large(limits)
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise SeluLintError(f"broken JSON: its bytes are not text in {encoding.upper()}") from None


def parse(text: str, limits: Limits) -> Any:
    """Return the value that a JSON text stands for; NaN and Infinity count, as Keras writes them.

    Raises
    ------
    SeluLintError
        If the text is no JSON, has an object with the same key twice, or passes a limit.
    """
    if len(text) > limits.json_bytes:
        raise _too_large(limits)
    most = limits.json_values
    if _separators(text) > most and _separators(_without_strings(text)) > most:
        raise limits.exceeded("json_values", "the architecture has", "values")
    try:
        value = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise SeluLintError(f"broken JSON: {error.msg} at {place}") from None
    except RecursionError:
        if limits.json_depth > DEFAULT.json_depth:
            raise SeluLintError("the JSON is nested deeper than Python can follow") from None
        raise _too_deep(limits) from None
    except ValueError as error:
        raise SeluLintError(f"broken JSON: {error}") from None
    _check_depth(value, limits)
    return value


def _separators(text: str) -> int:
    """Return a bound on the values in a JSON text, less one: each stands behind one of these."""
    return sum(map(text.count, ",[{"))


def _without_strings(text: str) -> str:
    return re.sub(r'"[^"\\]*(?:\\.[^"\\]*)*"', "", text)


def _too_large(limits: Limits) -> LimitError:
    return limits.exceeded("json_bytes", "the architecture takes")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise SeluLintError(f"broken JSON: the key {key[:80]!r} stands twice in one object")
            seen.add(key)
    return result


def _check_depth(value: Any, limits: Limits) -> None:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(limits.json_depth):
        if not level:
            return
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node)
            if type(child) is dict or type(child) is list
        ]
    if level:
        raise _too_deep(limits)


def _too_deep(limits: Limits) -> LimitError:
    return limits.exceeded("json_depth", "the JSON is nested", "deep")
