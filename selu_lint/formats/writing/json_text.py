"""Changing values inside a JSON text so that every other character stays as it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.findings import Edit
from selu_lint.model.edits import apply_edits
from selu_lint.model.pointers import tokens
from selu_lint.storage import json_spans
from selu_lint.storage.json_spans import Span

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
        start, end = span = json_spans.value(self._text)
        return self._text[:start] + self._value(span, new, wanted) + self._text[end:]

    def _value(self, span: Span, new: Any, wanted: Wanted | None) -> str:
        """Return what replaces the value that stands there."""
        if wanted is None:
            return self._dumps(new)
        if self._text[span[0]] == "{" and isinstance(new, dict):
            return self._object(span, new, wanted)
        if self._text[span[0]] == "[" and isinstance(new, list):
            return self._array(span, new, wanted)
        raise SeluLintError("the architecture's text does not fit its values")

    def _object(self, span: Span, new: dict[str, Any], wanted: Wanted) -> str:
        text, members, gaps, seen = self._text, list[tuple[str, str]](), list[str](), set[str]()
        last = span[0] + 1
        for key, found in json_spans.members(text, span):
            quote = text.index('"', last)
            gaps.append(text[last:quote])
            if key in new:
                value = text[slice(*found)]
                if key in wanted:
                    value = self._value(found, new[key], wanted[key])
                members.append((gaps[-1], text[quote : found[0]] + value))
            seen.add(key)
            last = found[1]
        for key in (key for key in wanted if key not in seen and key in new):
            gap = members[-1][0] if len(members) > 1 else self._comma
            members.append((gap, f"{json.dumps(key)}{self._colon}{self._dumps(new[key])}"))
        end = text[last : span[1] - 1]
        first = gaps[0] if gaps else end
        between = [first] + [gap if "," in gap else f",{gap}" for gap, _ in members[1:]]
        body = "".join(gap + member for gap, (_, member) in zip(between, members, strict=False))
        return f"{{{body}{end}}}"

    def _array(self, span: Span, new: list[Any], wanted: Wanted) -> str:
        text, parts, last = self._text, list[str](), span[0]
        for index, found in enumerate(json_spans.items(text, span)):
            if str(index) in wanted:
                parts += (text[last : found[0]], self._value(found, new[index], wanted[str(index)]))
                last = found[1]
        return "".join([*parts, text[last : span[1]]])

    def _dumps(self, value: Any) -> str:
        return json.dumps(value, separators=(self._comma, self._colon))
