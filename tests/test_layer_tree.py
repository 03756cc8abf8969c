"""The graph and the files of weights know the layers by the same paths."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import h5py
import numpy as np
import pytest

import selu_lint
from selu_lint.cases import layer, sequential
from selu_lint.findings import ABSENT
from selu_lint.formats import read
from selu_lint.model.document import Document
from selu_lint.model.graph_builder import build_graph
from selu_lint.model.layer_tree import LayerTree
from selu_lint.model.pointers import resolve
from selu_lint.model.variables import expected_variables
from tests.fuzz import models

_MODELS = Path(__file__).parents[1] / "fixtures" / "models"
_FOLDERS = sorted(path.parent for path in _MODELS.parent.glob("saved_models/**/saved_model.pb"))
_FILES = sorted(path for path in _MODELS.glob("*/*.*") if path.suffix in (".keras", ".h5", ".json"))


def _dense(name: str = "dense") -> dict[str, Any]:
    return layer("Dense", name, units=4, activation="selu", kernel_initializer="he_normal")


def _hold_same_paths(document: Document) -> int:
    tree = LayerTree.of(document)
    written = {"orphans": document.orphans, **(document.architecture or {})}
    layers = [each for each in build_graph(document).layers if each.pointer]
    assert len({each.path for each in layers}) == len(layers)
    for each in layers:
        places = tree.directions(each.path)
        assert each.serialized is places[0].serialized, each.path
        assert {each.path} == {place.layer for place in places}
        for slot in each.kernel_slots:
            values = [resolve(written, pointer) for pointer in slot.pointers]
            assert not slot.stated or (slot.value == values[0] and ABSENT not in values)
    return len(layers)


@pytest.mark.parametrize("path", _FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_each_layer_of_the_graph_has_a_place_in_the_tree(path: Path) -> None:
    assert _hold_same_paths(read(path))


@pytest.mark.parametrize("path", _FOLDERS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_so_has_each_of_a_saved_model(path: Path) -> None:
    document = read(path)
    for each in LayerTree.of(document).leaves if document.architecture else ():
        expected = expected_variables(each)
        stored = document.weights.variables(each.path) if document.weights else ()
        assert expected is None or len(expected) == len(stored), each.path
    _hold_same_paths(document)


def test_so_has_each_of_random_models() -> None:
    random = Random(0)
    for _ in range(300):
        architecture = models.model(random)
        version = "3.8.0" if "module" in architecture else "2.15.0"
        assert _hold_same_paths(Document("m", "architecture-json", version, architecture))


def test_repeated_names_are_numbered_alike() -> None:
    block = {"class_name": "Own>Block", "config": {"name": "block", "inner": _dense()}}
    nested = {"class_name": "Sequential", "config": {"name": "dense", "layers": [_dense()]}}
    nameless = {"class_name": "Convolution2D", "config": {"filters": 4, "kernel_size": [1, 1]}}
    model = sequential((4,), _dense(), nested, _dense(), block, block, nested, nameless)
    document = Document("m", "architecture-json", "2.15.0", model)
    assert _hold_same_paths(document) == 10
    paths = {each.path for each in build_graph(document).layers if each.serialized}
    assert {"dense", "dense:2/dense", "dense:3", "block:2/dense", "dense:4/dense"} <= paths


def _recurrent(name: str, *cells: str) -> dict[str, Any]:
    each = [layer("LSTMCell", cell, units=4, kernel_initializer="he_normal") for cell in cells]
    stack = layer("StackedRNNCells", f"{name}_cells", cells=each)
    return layer("RNN", name, cell=each[0] if len(each) == 1 else stack)


@pytest.mark.parametrize(
    ("forward", "backward", "pointers"),
    [
        (
            _recurrent("f", "a"),
            _recurrent("b", "b"),
            [("layer/config/cell", "backward_layer/config/cell")],
        ),
        (
            layer("LSTM", "f", units=4),
            _recurrent("b", "b"),
            [("layer", "backward_layer/config/cell")],
        ),
        (
            _recurrent("f", "a"),
            layer("LSTM", "b", units=4),
            [("layer/config/cell", "backward_layer")],
        ),
        (
            _recurrent("f", "a", "b"),
            _recurrent("b", "x", "y"),
            [
                (
                    f"layer/config/cell/config/cells/{n}",
                    f"backward_layer/config/cell/config/cells/{n}",
                )
                for n in (0, 1)
            ],
        ),
    ],
    ids=["cells", "cell backward", "cell forward", "stacks"],
)
def test_both_directions_of_a_bidirectional_are_one_layer_with_two_places(
    forward: dict[str, Any], backward: dict[str, Any], pointers: list[tuple[str, str]]
) -> None:
    around = layer("Bidirectional", "both", layer=forward, backward_layer=backward)
    document = Document("m", "architecture-json", "2.15.0", sequential((4, 4), around))
    found = [
        tuple(pointer.partition("/config/layers/1/config/")[2] for pointer in slot.pointers)
        for each in build_graph(document).layers
        for slot in each.kernel_slots
    ]
    slot = "/config/kernel_initializer"
    assert found == [(one + slot, other + slot) for one, other in pointers]


def test_of_two_layers_of_one_name_each_kernel_is_drawn(tmp_path: Path) -> None:
    # Files of old releases: what is loaded today has names of its own.
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w") as archive:
        model = sequential((4,), _dense(), _dense())
        archive.writestr("config.json", json.dumps(model))
        archive.writestr("metadata.json", '{"keras_version": "2.15.0"}')
        with h5py.File(tmp_path / "weights.h5", "w") as weights:
            for name in ("dense", "dense_1"):
                group = weights.create_group(f"_layer_checkpoint_dependencies/{name}/vars")
                group["0"], group["1"] = np.ones((4, 4), "f4"), np.zeros(4, "f4")
        archive.write(tmp_path / "weights.h5", "model.weights.h5")
    report = selu_lint.fix(path, redraw="always", seed=0).files[0]
    assert [(each.layer, each.redrawn) for each in report.kernels] == [
        ("dense", True),
        ("dense:2", True),
    ]
    with zipfile.ZipFile(str(report.output)) as archive, open(tmp_path / "new.h5", "wb") as file:
        shutil.copyfileobj(archive.open("model.weights.h5"), file)
    with h5py.File(tmp_path / "new.h5") as weights:
        for name in ("dense", "dense_1"):
            assert (weights[f"_layer_checkpoint_dependencies/{name}/vars/0"][()] != 1).all()


def test_a_custom_layer_may_list_the_sizes_of_its_layers() -> None:
    block = layer("Own>Block", "block", layers=[8, 4])
    document = Document("m", "architecture-json", "2.15.0", sequential((4,), block, _dense()))
    assert _hold_same_paths(document) == 3


@pytest.mark.parametrize("orphans", [["dense"], "dense", {"dense": 3}])
def test_orphans_that_are_no_layers_are_none(orphans: Any) -> None:
    model = {**sequential((4,), _dense()), "orphans": orphans}
    assert _hold_same_paths(Document("m", "architecture-json", "2.15.0", model)) == 2
