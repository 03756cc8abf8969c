"""Changing values inside a JSON text so that every other character stays as it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.findings import Edit
from selu_lint.model.edits import apply_edits
from selu_lint.model.pointers import tokens

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()

Wanted = dict[str, Any]
"""What changes below a value, by key or index: None for the value itself, else again a Wanted."""


def edit_text(text: str, architecture: Mapping[str, Any], edits: Iterable[Edit]) -> str:
    """Return the text of an architecture with edits applied.

    Where it is written as ``json.dumps`` writes it, which Keras does, so is the result. Any other
    text is patched where a value changes: indents, separators and numbers elsewhere stay.

    Parameters
    ----------
    text : str
        The JSON text that the architecture was parsed from.
    architecture : Mapping
        The architecture.
    edits : iterable of Edit
        Applied in order.

    Raises
    ------
    EditConflictError
        If a precondition does not hold.
    SeluLintError
        If the text cannot be patched.
    """
    edits = tuple(edits)
    edited = apply_edits(architecture, edits)
    if json.dumps(architecture) == text:
        return json.dumps(edited)
    patched = _Patch(text).result(edited, _wanted(edits))
    if json.dumps(json.loads(patched)) != json.dumps(edited):
        raise SeluLintError("the architecture's text cannot be changed without rewriting it whole")
    return patched


def _wanted(edits: Iterable[Edit]) -> Wanted:
    root: Wanted = {}
    for edit in edits:
        node = root
        *path, last = tokens(edit.pointer)
        for token in path:
            below = node.setdefault(token, {})
            if below is None:
                break
            node = below
        else:
            node[last] = None
    return root


class _Patch:
    """One walk through a text that copies what stays and writes anew what changes."""

    def __init__(self, text: str) -> None:
        self._text = text
        compact = '": ' not in text
        self._comma, self._colon = (",", ":") if compact else (", ", ": ")

    def result(self, new: Any, wanted: Wanted) -> str:
        start = self._space(0)
        patched, end = self._value(start, new, wanted)
        return self._text[:start] + patched + self._text[end:]

    def _space(self, position: int) -> int:
        match = _SPACE.match(self._text, position)
        return position if match is None else match.end()

    def _value(self, start: int, new: Any, wanted: Wanted | None) -> tuple[str, int]:
        """Return what replaces the value that starts here, and where that value ends."""
        if wanted is None:
            return self._dumps(new), _DECODER.raw_decode(self._text, start)[1]
        if self._text[start] == "{" and isinstance(new, dict):
            return self._object(start, new, wanted)
        if self._text[start] == "[" and isinstance(new, list):
            return self._array(start, new, wanted)
        raise SeluLintError("the architecture's text does not fit its values")

    def _object(self, start: int, new: dict[str, Any], wanted: Wanted) -> tuple[str, int]:
        text, members, seen = self._text, list[tuple[str, str]](), set[str]()
        position, before = self._space(start + 1), text[start + 1 : self._space(start + 1)]
        while text[position] != "}":
            key, end = _DECODER.raw_decode(text, position)
            value = self._space(self._space(end) + 1)
            seen.add(key)
            if key in wanted and key in new:
                replaced, end = self._value(value, new[key], wanted[key])
                members.append((before, text[position:value] + replaced))
            else:
                end = _DECODER.raw_decode(text, value)[1]
                if key in new:
                    members.append((before, text[position:end]))
            position, before = self._next(end)
        for key in (key for key in wanted if key not in seen and key in new):
            gap = members[-1][0] if len(members) > 1 else self._comma
            members.append((gap, f"{json.dumps(key)}{self._colon}{self._dumps(new[key])}"))
        first = text[start + 1 : self._space(start + 1)]
        gaps = [first] + [gap if "," in gap else f",{gap}" for gap, _ in members[1:]]
        body = "".join(gap + member for gap, (_, member) in zip(gaps, members, strict=False))
        return f"{{{body}{before}}}", position + 1

    def _array(self, start: int, new: list[Any], wanted: Wanted) -> tuple[str, int]:
        text, parts, index = self._text, list[str](), 0
        position, before = self._space(start + 1), text[start + 1 : self._space(start + 1)]
        while text[position] != "]":
            if str(index) in wanted:
                replaced, end = self._value(position, new[index], wanted[str(index)])
            else:
                end = _DECODER.raw_decode(text, position)[1]
                replaced = text[position:end]
            parts.append(before + replaced)
            index += 1
            position, before = self._next(end)
        return f"[{''.join(parts)}{before}]", position + 1

    def _next(self, end: int) -> tuple[int, str]:
        """Return where the next member or the closing bracket stands, and what is before it."""
        position = self._space(end)
        if self._text[position] == ",":
            position = self._space(position + 1)
        return position, self._text[end:position]

    def _dumps(self, value: Any) -> str:
        return json.dumps(value, separators=(self._comma, self._colon))
