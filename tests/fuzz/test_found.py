"""What the fuzzing found, each once as a test of its own."""

from __future__ import annotations

import io
import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import selu_lint
from selu_lint.analysis.stored_kernels import measured
from selu_lint.findings import CRASH_CODE
from selu_lint.fixing.training_evidence import looks_drawn
from selu_lint.limits import DEFAULT
from selu_lint.linter import check_document
from selu_lint.model.document import Document
from selu_lint.model.initializers import Initializer
from selu_lint.model.layer_tree import LayerTree
from selu_lint.profiles.profiling import profile_document
from selu_lint.settings import Settings

_BROKEN = Path(__file__).parents[2] / "fixtures" / "models" / "keras3.15-tf" / "cnn_broken.keras"


def _convolution(size: int, **config: Any) -> Document:
    given = {"name": "given", "batch_input_shape": [None, size, 8, 3]}
    own = {"name": "conv", "filters": 4, "kernel_size": [3, 3], "activation": "selu", **config}
    layers = [
        {"class_name": "InputLayer", "config": given},
        {"class_name": "Conv2D", "config": own},
        {"class_name": "ZeroPadding2D", "config": {"name": "pad", "padding": [1, 1]}},
        {"class_name": "MaxPooling2D", "config": {"name": "pool", "pool_size": [2, 2]}},
    ]
    model = {"class_name": "Sequential", "config": {"name": "model", "layers": layers}}
    text = json.dumps(model)
    return Document("m.json", "architecture-json", "2.15.0", json.loads(text), text=text)


@pytest.mark.parametrize("size", [1 << 31, 1 << 63, 10**30])
def test_sizes_that_no_memory_holds_are_not_counted_out(size: int) -> None:
    profile = profile_document(_convolution(size), Settings())
    assert [layer.layer for layer in profile.before.layers] == ["conv", "pad", "pool"]


def test_deviation_whose_square_is_too_large() -> None:
    huge = {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 1e308}}
    document = _convolution(8, kernel_initializer=huge)
    found = check_document(document, Settings()).findings
    assert [each.code for each in found] == ["SELU904"]


def test_kernel_of_an_initializer_that_draws_nothing() -> None:
    nothing = Initializer("VarianceScaling", "normal", scale=0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not looks_drawn(np.ones((4, 4)), (4, 4), nothing)


def test_initializer_under_the_key_of_keras_1_is_no_layer():
    initial = {"module": "keras.initializers", "class_name": "LecunNormal", "config": {}}
    for key in ("init", "inner_init"):
        config = {"name": "dense", "units": 3, key: initial}
        layers = [{"class_name": "Dense", "config": config}]
        tree = LayerTree({"class_name": "Sequential", "config": {"layers": layers}}, DEFAULT)
        assert [list(child.children) for child in tree.root.children] == [[]]


def test_numbers_that_signal_when_they_are_converted() -> None:
    signalling = np.frombuffer(np.array([0x7FA00000] * 4, "<u4").tobytes(), "<f4")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert measured(signalling).size == 4


@pytest.mark.parametrize("units", [1 << 63, 10**30, 10**400], ids=["2^63", "10^30", "10^400"])
@pytest.mark.parametrize("initializer", ["glorot_uniform", "lecun_normal"])
@pytest.mark.parametrize("version", ["2.15.0", "3.8.0"])
def test_biases_that_no_memory_holds_are_not_counted_out(
    units: int, initializer: str, version: str
) -> None:
    layers = [
        {"class_name": "InputLayer", "config": {"name": "given", "batch_input_shape": [None, 8]}},
        {
            "class_name": "Dense",
            "config": {
                "name": "dense",
                "units": units,
                "activation": "selu",
                "bias_initializer": initializer,
                "kernel_initializer": "lecun_normal",
            },
        },
    ]
    model = {"class_name": "Sequential", "config": {"name": "model", "layers": layers}}
    document = Document("m.json", "architecture-json", version, model)
    found = check_document(document, Settings(extend_select=("SELU",))).findings
    assert not [each for each in found if each.code == CRASH_CODE]
    assert profile_document(document, Settings()).before.layers


@pytest.mark.parametrize("mode", [[], {}, ["int"], {"int": 1}], ids=repr)
@pytest.mark.parametrize("kind", ["CategoryEncoding", "StringLookup", "TextVectorization"])
def test_modes_of_categories_that_are_no_text(kind: str, mode: object) -> None:
    configs = {
        "InputLayer": {"name": "given", "batch_input_shape": [None, 8]},
        kind: {"name": "encoding", "num_tokens": 4, "output_mode": mode},
        "Dense": {"name": "dense", "units": 4, "activation": "selu"},
    }
    layers = [{"class_name": name, "config": config} for name, config in configs.items()]
    model = {"class_name": "Sequential", "config": {"name": "model", "layers": layers}}
    document = Document("m.json", "architecture-json", "2.15.0", model)
    found = check_document(document, Settings()).findings
    assert [each.code for each in found] == ["SELU001"]


def test_a_bias_that_no_memory_holds_is_refused_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    weights = io.BytesIO()
    with zipfile.ZipFile(_BROKEN) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with h5py.File(io.BytesIO(members["model.weights.h5"])) as old, h5py.File(weights, "w") as new:
        for name in old:
            old.copy(name, new)
        del new["layers/dense/vars/1"]
        new.create_dataset("layers/dense/vars/1", (1 << 55,), "float32", chunks=(1024,))
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in {**members, "model.weights.h5": weights.getvalue()}.items():
            archive.writestr(name, data)
    (file,) = selu_lint.fix(path, in_place=True).files
    assert file.error is None
    assert not file.details
