"""Applying edits to an architecture: each only where its precondition holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.findings import ABSENT, Edit
from selu_lint.pointers import resolve, tokens


class EditConflictError(SeluLintError):
    """An edit's precondition does not hold: something else stands at its place."""


def apply_edits(architecture: Mapping[str, Any], edits: Iterable[Edit]) -> dict[str, Any]:
    """Return an architecture with edits applied, all of them or none.

    Parameters
    ----------
    architecture : Mapping
        The serialized model; it is not changed, and what no edit touches is shared.
    edits : iterable of Edit
        Applied in order; each precondition is held against the result of those before it. Keys
        keep their order, and an added key comes last.

    Raises
    ------
    EditConflictError
        If a precondition does not hold.
    """
    copied: dict[int, Any] = {}
    root = _own(architecture, copied)
    for edit in edits:
        _apply(root, edit, copied)
    result: dict[str, Any] = root
    return result


def clashes(first: Iterable[Edit], second: Iterable[Edit]) -> str | None:
    """Return the pointer where two groups of edits want different things; None if they agree.

    Edits of which one lies inside the other clash as well.
    """
    wanted = {edit.pointer: edit for edit in first}
    for edit in second:
        same = wanted.get(edit.pointer)
        if same is not None and same != edit:
            return edit.pointer
        parts = edit.pointer.split("/")
        above = {"/".join(parts[:length]) for length in range(1, len(parts))}
        if any(pointer in above for pointer in wanted):
            return edit.pointer
        if any(pointer.startswith(f"{edit.pointer}/") for pointer in wanted):
            return edit.pointer
    return None


def _apply(root: Any, edit: Edit, copied: dict[int, Any]) -> None:
    found = resolve(root, edit.pointer)
    if not _same(found, edit.old):
        raise EditConflictError(
            f"conflict at {edit.pointer}: {_brief(edit.old)} was expected, "
            f"{_brief(found)} stands there"
        )
    *path, last = tokens(edit.pointer) or ["", ""]
    owner = root
    for token in path:
        key: Any = int(token) if isinstance(owner, list) and token.isdecimal() else token
        if resolve(owner, f"/{_escaped(token)}") is ABSENT:
            raise EditConflictError(f"conflict at {edit.pointer}: nothing holds this key")
        owner[key] = _own(owner[key], copied)
        owner = owner[key]
    _set(owner, last, edit)


def _set(owner: Any, token: str, edit: Edit) -> None:
    if isinstance(owner, list) and token.isdecimal() and edit.new is not ABSENT:
        owner[int(token)] = edit.new
    elif isinstance(owner, dict) and edit.new is ABSENT:
        owner.pop(token, None)
    elif isinstance(owner, dict):
        owner[token] = edit.new
    else:
        raise EditConflictError(f"conflict at {edit.pointer}: nothing holds this key")


def _escaped(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")


def _own(value: Any, copied: dict[int, Any]) -> Any:
    """Return a shallow copy of a container, once."""
    if id(value) in copied:
        return value
    if not isinstance(value, Mapping | list):
        return value
    copy = dict(value) if isinstance(value, Mapping) else list(value)
    copied[id(copy)] = copy
    return copy


def _same(found: object, expected: object) -> bool:
    # 1, 1.0 and True are equal in Python and different in JSON.
    if type(found) is not type(expected):
        return False
    if isinstance(found, dict) and isinstance(expected, dict):
        return found.keys() == expected.keys() and all(_same(found[k], expected[k]) for k in found)
    if isinstance(found, list) and isinstance(expected, list):
        pairs = zip(found, expected, strict=False)
        return len(found) == len(expected) and all(_same(a, b) for a, b in pairs)
    return found == expected or (found != found and expected != expected)


def _brief(value: object) -> str:
    if value is ABSENT:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
