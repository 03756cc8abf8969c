"""Peculiarities of weights in HDF5 files that the released models do not show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from selu_lint.formats import read
from selu_lint.model.document import Weights


def dense(name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": "Dense", "config": {"name": name, "units": 2, "use_bias": True, **config}}


def model(name: str, *layers: dict[str, Any]) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"name": name, "layers": list(layers)}}


def weights_of(path: Path, architecture: dict[str, Any], stored: dict[str, list[str]]) -> Weights:
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(architecture)
        for layer, names in stored.items():
            group = file.create_group(f"model_weights/{layer}")
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name in names:
                shape = (2, 2) if "kernel" in name or "_W" in name else (2,)
                group.create_dataset(name, data=np.zeros(shape, "f4"))
    weights = read(path).weights
    assert weights is not None
    return weights


def places(weights: Weights, layer: str) -> list[str]:
    return [variable.location.split("/", 2)[2] for variable in weights.variables(layer)]


def test_nested_models_by_order_where_names_repeat(tmp_path: Path) -> None:
    architecture = model("m", model("outer", dense("a"), model("inner", dense("a"))))
    names = ["a/kernel:0", "a/bias:0", "a_1/kernel:0", "a_1/bias:0"]
    weights = weights_of(tmp_path / "m.h5", architecture, {"outer": names})
    assert places(weights, "outer/a") == names[:2]
    assert places(weights, "outer/inner/a") == names[2:]


def test_frozen_layers_stand_behind_the_others(tmp_path: Path) -> None:
    architecture = model("m", model("outer", dense("x", trainable=False), dense("y")))
    names = ["p/kernel:0", "p/bias:0", "q/kernel:0", "q/bias:0"]
    weights = weights_of(tmp_path / "m.h5", architecture, {"outer": names})
    assert places(weights, "outer/y") == names[:2]
    assert places(weights, "outer/x") == names[2:]


def test_nothing_is_guessed(tmp_path: Path) -> None:
    architecture = model("m", model("outer", dense("x"), {"class_name": "Own", "config": {}}))
    names = ["p/kernel:0", "p/bias:0", "q/kernel:0"]
    weights = weights_of(tmp_path / "m.h5", architecture, {"outer": names})
    assert weights.variables("outer/x") == ()


def test_names_of_keras_1(tmp_path: Path) -> None:
    architecture = {"class_name": "Sequential", "config": [dense("dense_1"), dense("dense_2")]}
    stored = {f"dense_{i}": [f"dense_{i}_W:0", f"dense_{i}_b:0"] for i in (1, 2)}
    weights = weights_of(tmp_path / "m.h5", architecture, stored)
    assert places(weights, "dense_2") == stored["dense_2"]


def test_layers_with_slashes_in_their_names(tmp_path: Path) -> None:
    names = ["block/one/kernel:0", "block/one/bias:0"]
    weights = weights_of(tmp_path / "m.h5", model("m", dense("block/one")), {"block/one": names})
    assert [variable.shape for variable in weights.variables("block/one")] == [(2, 2), (2,)]


def test_long_lists_of_names_are_split(tmp_path: Path) -> None:
    architecture = model("m", model("outer", *(dense(f"d{i}") for i in range(3))))
    names = [f"d{i}/{kind}:0" for i in range(3) for kind in ("kernel", "bias")]
    path = tmp_path / "m.h5"
    weights_of(path, architecture, {"outer": names})
    with h5py.File(path, "a") as file:
        group = file["model_weights/outer"]
        del group.attrs["weight_names"]
        group.attrs["weight_names0"] = [name.encode() for name in names[:4]]
        group.attrs["weight_names1"] = [name.encode() for name in names[4:]]
    weights = read(path).weights
    assert weights is not None
    assert places(weights, "outer/d2") == names[4:]


def test_names_that_lead_outside_find_nothing(tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    weights_of(path, model("m", dense("d")), {"d": ["d/kernel:0"]})
    with h5py.File(path, "a") as file:
        file["model_weights/d"].attrs["weight_names"] = [b"../../secret", b"/etc/passwd", b""]
        file["secret"] = np.zeros(3)
    weights = read(path).weights
    assert weights is not None
    assert weights.variables("d") == ()
