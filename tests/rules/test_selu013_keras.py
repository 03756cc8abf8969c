"""SELU013 in what Keras writes of a SELU that is put together from operations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from selu_lint.linter import lint
from selu_lint.model.document import Document
from selu_lint.model.graph_builder import build_graph
from selu_lint.settings import Settings

pytestmark = pytest.mark.keras


def _constants(model: Any) -> list[tuple[float | None, float | None]]:
    document = Document("model", "architecture-json", None, json.loads(model.to_json()))
    findings, crashed = lint(build_graph(document), Settings(select=("SELU013",)))
    assert not crashed
    return [(finding.data["alpha"], finding.data["scale"]) for finding in findings]


def test_operations_of_keras_3() -> None:
    keras = pytest.importorskip("keras")
    given = keras.Input((8,))
    value = 1.05 * keras.ops.elu(given, 1.67)
    value = keras.ops.multiply(keras.ops.elu(value, alpha=1.7), 1.06)
    value = keras.ops.leaky_relu(value, 1.67)
    value = keras.ops.elu(value) * 2.0
    assert _constants(keras.Model(given, value)) == [(1.67, 1.05), (1.7, 1.06), (1.67, None)]


def test_operations_of_keras_2() -> None:
    keras = pytest.importorskip("tf_keras")
    tensorflow = pytest.importorskip("tensorflow")
    given = keras.Input((8,))
    value = 1.05 * tensorflow.nn.elu(given)
    value = tensorflow.math.multiply(tensorflow.nn.elu(value), 1.0625)
    value = tensorflow.nn.elu(value) * 2.0
    found = _constants(keras.Model(given, value))
    assert found == [(1.0, pytest.approx(1.05)), (1.0, 1.0625)]
