"""Imports run in one direction, from room to room and from module to module."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import pytest

from tests.architecture import ALLOWED, ROOT, between_rooms, drawing, imports


def test_no_module_imports_itself_in_a_circle() -> None:
    try:
        TopologicalSorter(imports()).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_each_room_may_import_only_rooms_above_it() -> None:
    above: set[str] = set()
    for name, others in ALLOWED.items():
        assert set(others.split()) <= above, name
        above.add(name)


def test_each_room_imports_only_what_it_may() -> None:
    found = between_rooms(imports())
    assert found.keys() == ALLOWED.keys(), "a new room needs a line in tests/architecture.py"
    wrong = {name: found[name] - set(others.split()) for name, others in ALLOWED.items()}
    assert not any(wrong.values()), {name: others for name, others in wrong.items() if others}


def test_the_drawing_is_current() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert drawing() in page, "run: python -m tests.architecture docs/architecture.md"
