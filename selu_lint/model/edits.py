"""Applying edits to an architecture: each only where its precondition holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from selu_lint.errors import SeluLintError
from selu_lint.findings import ABSENT, Edit
from selu_lint.model.pointers import resolve, tokens


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


def conflict(architecture: Mapping[str, Any], edits: Sequence[Edit]) -> str | None:
    """Return why edits cannot be applied to an architecture; None if they can.

    What none of them touches is neither copied nor looked at.
    """
    apart = Selection()
    for edit in edits:
        if apart.clash((edit,)) is not None or not apart.add((edit,)):
            break
        try:
            _hold_precondition(architecture, edit)
        except EditConflictError as error:
            return str(error)
    else:
        return None
    # Where one changes what another looks at, only applying them tells.
    try:
        apply_edits(architecture, edits)
    except EditConflictError as error:
        return str(error)
    return None


class Selection:
    """Edits that can be applied together, in order, each once."""

    def __init__(self) -> None:
        self._edits: dict[str, Edit] = {}
        self._above: set[str] = set()

    def __iter__(self) -> Iterator[Edit]:
        return iter(self._edits.values())

    def clash(self, edits: Iterable[Edit]) -> str | None:
        """Return the pointer where edits want something else than those chosen; None if nowhere.

        Edits of which one lies inside the other clash as well.
        """
        for edit in edits:
            chosen = self._edits.get(edit.pointer)
            if chosen is not None and chosen != edit:
                return edit.pointer
            if edit.pointer in self._above or any(map(self._edits.get, _above(edit.pointer))):
                return edit.pointer
        return None

    def add(self, edits: Iterable[Edit]) -> list[Edit]:
        """Choose edits that do not clash, and return those that were not chosen before."""
        new = [edit for edit in edits if edit.pointer not in self._edits]
        for edit in new:
            self._edits[edit.pointer] = edit
            self._above.update(_above(edit.pointer))
        return new


def _above(pointer: str) -> Iterator[str]:
    """Yield the pointers to all that holds the place of a pointer."""
    while pointer:
        pointer = pointer.rpartition("/")[0]
        yield pointer


def _hold_precondition(root: Any, edit: Edit) -> None:
    """Hold an edit against what stands at its place.

    Raises
    ------
    EditConflictError
        If it is something else, or nothing can hold the new value.
    """
    found = resolve(root, edit.pointer)
    if not _same(found, edit.old):
        raise EditConflictError(
            f"conflict at {edit.pointer}: {_brief(edit.old)} was expected, "
            f"{_brief(found)} stands there"
        )
    owner = resolve(root, edit.pointer.rpartition("/")[0])
    in_list = isinstance(owner, list) and found is not ABSENT and edit.new is not ABSENT
    if not edit.pointer or not (in_list or isinstance(owner, Mapping)):
        raise EditConflictError(f"conflict at {edit.pointer}: nothing holds this key")


def _apply(root: Any, edit: Edit, copied: dict[int, Any]) -> None:
    _hold_precondition(root, edit)
    *path, last = tokens(edit.pointer)
    owner = root
    for token in path:
        key: Any = int(token) if isinstance(owner, list) else token
        owner[key] = _own(owner[key], copied)
        owner = owner[key]
    if isinstance(owner, list):
        owner[int(last)] = edit.new
    elif edit.new is ABSENT:
        owner.pop(last, None)
    else:
        owner[last] = edit.new


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
