"""The layers that files keep variables of have the paths that the graph gives them."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import selu_lint
from selu_lint.cases import layer, sequential
from selu_lint.formats import read
from selu_lint.limits import DEFAULT
from selu_lint.model.document import Document
from selu_lint.model.graph_builder import build_graph
from selu_lint.model.layer_tree import LayerTree

_MODELS = Path(__file__).parents[1] / "fixtures" / "models"
_FILES = sorted(path for path in _MODELS.glob("*/*.*") if path.suffix in (".keras", ".h5", ".json"))


def _dense(name: str = "dense") -> dict[str, Any]:
    return layer("Dense", name, units=4, activation="selu", kernel_initializer="he_normal")


def _hold_same_paths(document: Document) -> int:
    tree = LayerTree(document.architecture or {}, DEFAULT)
    layers = [each for each in build_graph(document).layers if each.serialized]
    for each in layers:
        places = tree.find(each.path)
        assert each.config in [place.config for place in places], each.path
    return len(layers)


@pytest.mark.parametrize("path", _FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_each_layer_of_the_graph_has_a_place_in_the_tree(path: Path) -> None:
    document = read(path)
    if "orphans" not in (document.architecture or {}):
        assert _hold_same_paths(document)


def test_repeated_names_are_numbered_alike() -> None:
    block = {"class_name": "Own>Block", "config": {"name": "block", "inner": _dense()}}
    nested = {"class_name": "Sequential", "config": {"name": "dense", "layers": [_dense()]}}
    nameless = {"class_name": "Convolution2D", "config": {"filters": 4, "kernel_size": [1, 1]}}
    model = sequential((4,), _dense(), nested, _dense(), block, block, nested, nameless)
    document = Document("m", "architecture-json", "2.15.0", model)
    assert _hold_same_paths(document) == 10
    paths = {each.path for each in build_graph(document).layers if each.serialized}
    assert {"dense", "dense:2", "dense/dense:2", "block:2", "block/dense:2"} <= paths


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
