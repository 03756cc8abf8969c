"""A model has the same layers, and each the same variables, built and in every format."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from selu_lint.formats import read
from selu_lint.live import built_model
from selu_lint.model.document import Document
from selu_lint.model.graph_builder import build_graph
from tests.random_models import RandomModels

pytestmark = [pytest.mark.keras, pytest.mark.filterwarnings("ignore")]

_FILES = {"keras": ("model.keras", "model.h5"), "tf_keras": ("model.keras", "model.h5", "saved")}


@pytest.fixture(params=sorted(_FILES), scope="module")
def keras(request: pytest.FixtureRequest) -> Any:
    pytest.importorskip(request.param)
    return importlib.import_module(request.param)


def _variables(document: Document) -> dict[str, list[np.ndarray]]:
    assert document.weights is not None
    return {
        each.path: [document.weights.read(one) for one in document.weights.variables(each.path)]
        for each in build_graph(document).layers
        if each.serialized
    }


def _hold_alike(keras: Any, model: Any, folder: Path) -> None:
    built = _variables(built_model.read(model))
    weighty = [each for values in built.values() for each in values]
    assert weighty
    for name in _FILES[keras.__name__]:
        model.save(folder / name)
        stored = _variables(read(folder / name))
        assert list(stored) == list(built)
        for path, values in stored.items():
            # A file may not tell which of two layers in one a variable belongs to.
            if values or not name.endswith(".h5"):
                assert len(values) == len(built[path]), path
                assert all(map(np.array_equal, values, built[path])), path


@pytest.mark.parametrize("seed", range(6))
def test_random_models(keras: Any, seed: int, tmp_path: Path) -> None:
    _hold_alike(keras, RandomModels(keras, seed).build(), tmp_path)


def test_layers_in_layers(keras: Any, tmp_path: Path) -> None:
    layers = keras.layers

    def cells(name: str) -> Any:
        each = [layers.LSTMCell(3, name=f"{name}{n}") for n in range(2)]
        return layers.RNN(layers.StackedRNNCells(each, name=f"{name}_stack"), name=f"{name}_rnn")

    given = keras.Input((4, 3))
    block = keras.Sequential([keras.Input((3,)), layers.Dense(3, name="same")], name="block")
    steps = layers.TimeDistributed(block, name="each")(given)
    both = layers.Bidirectional(cells("cell"), name="both")(steps)
    gated = layers.Bidirectional(layers.GRU(3, name="gru"), name="gated")(steps)
    joined = layers.Concatenate(name="joined")([both, gated])
    inner = layers.Dense(12, name="same")
    again = keras.Sequential([keras.Input((12,)), inner], name="again")
    _hold_alike(keras, keras.Model(given, again(again(joined))), tmp_path)
