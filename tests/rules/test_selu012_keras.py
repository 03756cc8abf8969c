"""SELU012's predictions against the activations of real models, over many draws."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from selu_lint.findings import Finding
from selu_lint.linter import lint
from selu_lint.model.document import Document
from selu_lint.model.graph_builder import build_graph
from selu_lint.settings import Settings

pytestmark = pytest.mark.keras
DRAWS = 12


def _selu(keras: Any, **config: Any) -> Any:
    arguments = {"activation": "selu", "kernel_initializer": "lecun_normal", **config}
    return keras.layers.Dense(256, **arguments)


def _residual(keras: Any) -> Any:
    given = keras.Input((256,))
    value = _selu(keras)(given)
    for _ in range(8):
        value = keras.layers.Add()([value, _selu(keras)(value)])
    return keras.Model(given, _selu(keras, name="last")(value))


def _linear(keras: Any) -> Any:
    middle = keras.layers.Dense(1024, kernel_initializer="glorot_uniform")
    layers = [keras.Input((256,)), _selu(keras), middle, _selu(keras, name="last")]
    return keras.Sequential(layers)


def _embedding(keras: Any) -> Any:
    flat = [keras.layers.Embedding(500, 32), keras.layers.Flatten()]
    return keras.Sequential([keras.Input((16,)), *flat, _selu(keras, name="last")])


@pytest.mark.parametrize("build", [_residual, _linear, _embedding])
def test_the_predicted_moments_are_those_of_the_model(build: Callable[[Any], Any]) -> None:
    keras = pytest.importorskip("keras")
    import numpy as np

    keras.utils.set_random_seed(1)
    random = np.random.default_rng(1)
    means, variances = [], []
    for _ in range(DRAWS):
        model = build(keras)
        shape = (64, *model.input_shape[1:])
        integers = model.input_shape == (None, 16)
        given = random.integers(0, 500, shape) if integers else random.standard_normal(shape)
        values = np.asarray(model(given.astype("float32")))
        means.append(float(values.mean()))
        variances.append(float(values.var()))
    found = _excursion(keras, model)
    assert found.data["worst"] == "last"
    assert found.data["worst_variance"] == pytest.approx(np.mean(variances), rel=0.1)
    if found.data["layers"] == 1:
        assert found.data["mean"] == pytest.approx(np.mean(means), abs=0.02)


def _excursion(keras: Any, model: Any) -> Finding:
    architecture = json.loads(model.to_json())
    document = Document("model", "architecture-json", keras.__version__, architecture)
    (found,), _ = lint(build_graph(document), Settings(select=("SELU012",)))
    return found
