"""Imports run in one direction, from room to room and from module to module."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.architecture import ALLOWED, ROOT, between_rooms, drawing, files, imports, room


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


def test_keras_is_imported_only_by_programs_that_run_in_processes_of_their_own() -> None:
    backends = re.compile(
        r"^ *(?:import|from) (?:jax|keras|tensorflow|tf_keras|torch)\b", re.MULTILINE
    )
    found = {
        module
        for module, path in files().items()
        if backends.search(path.read_text(encoding="utf-8"))
    }
    # All of `reference` is the trainer, which runs Keras itself.
    assert {module for module in found if room(module) != "reference"} == {
        "fixing.saved_model_building"
    }


def test_the_hdf5_library_is_imported_only_by_programs_that_run_in_processes_of_their_own() -> None:
    library = re.compile(r"^ *(?:import|from) h5py\b", re.MULTILINE)
    found = {
        module
        for module, path in files().items()
        if library.search(path.read_text(encoding="utf-8"))
    }
    assert {module for module in found if room(module) != "reference"} == {
        "processes.hdf5_library",
        "processes.keras_loading",
    }


def test_the_drawing_is_current() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert drawing() in page, "run: python -m tests.architecture docs/architecture.md"
