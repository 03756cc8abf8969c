"""Models that call a nested model several times, as Keras writes them today."""

from __future__ import annotations

import json
from typing import Any

import pytest

from selu_lint.analysis.forecast import Assumptions, forecast
from selu_lint.analysis.noise_repairs import dropouts_behind_selu
from selu_lint.analysis.trainability import judge_signal
from selu_lint.findings import Finding
from selu_lint.linter import lint
from selu_lint.live import built_model
from selu_lint.model.document import Document
from selu_lint.model.graph import ModelGraph
from selu_lint.model.graph_builder import build_graph
from selu_lint.settings import Settings

pytestmark = pytest.mark.keras


def _block(keras: Any, kind: str) -> Any:
    layers = keras.layers
    dense = layers.Dense(64, activation="selu", kernel_initializer="lecun_normal", name="dense")
    drop = layers.AlphaDropout(0.1, name="drop")
    if kind == "sequential":
        return keras.Sequential([keras.Input((64,)), dense, drop], name="block")
    if kind == "unbuilt":
        return keras.Sequential([dense, drop], name="block")
    given = keras.Input((64,))
    if kind == "functional":
        return keras.Model(given, drop(dense(given)), name="block")
    inner = keras.Model(given, drop(dense(given)), name="inner")
    return keras.Model(given, inner(inner(given)), name="block")


def _graphs(model: Any) -> list[ModelGraph]:
    """Return the model as it is saved, and as it is in memory."""
    saved = json.loads(model.to_json())
    version = saved.get("keras_version") or "3.15.1"
    document = Document("model", "architecture-json", version, saved)
    return [build_graph(document), build_graph(built_model.read(model))]


def _excursions(graph: ModelGraph) -> tuple[Finding, ...]:
    findings, _ = lint(graph, Settings(select=("SELU012",)))
    return findings


@pytest.mark.parametrize("kind", ["sequential", "unbuilt", "functional", "nested"])
def test_a_block_in_series_counts_each_time(keras: Any, kind: str) -> None:
    given, block = keras.Input((64,)), _block(keras, kind)
    value = given
    for _ in range(5):
        value = block(value)
    for graph in _graphs(keras.Model(given, value)):
        depth = judge_signal(graph).depth
        assert depth == len(dropouts_behind_selu(graph)) == (10 if kind == "nested" else 5)
        assert graph.outputs[0].layer.path.endswith("drop")
        assert len([each for each in graph.layers if each.applies_selu]) == 1


@pytest.mark.parametrize("kind", ["sequential", "functional"])
def test_each_output_comes_from_its_own_call(keras: Any, kind: str) -> None:
    """One call sees the input, the other one what a ReLU makes of it; the first is left unused."""
    given, block = keras.Input((64,)), _block(keras, kind)
    block(keras.Input((64,)))
    one = block(given)
    other = block(keras.layers.Dense(64, activation="relu", name="relu")(given))
    for graph in _graphs(keras.Model(given, [other, one])):
        before = []
        for call in graph.outputs:
            while call.layer.path.startswith("block"):
                (call,) = call.inputs
            before.append(call.layer.class_name)
        assert before == ["Dense", "InputLayer"]


def test_side_by_side_it_counts_once(keras: Any) -> None:
    given, block = keras.Input((64,)), _block(keras, "functional")
    doubled = keras.layers.Rescaling(2.0)(given)
    model = keras.Model(given, keras.layers.Add()([block(given), block(doubled)]))
    for graph in _graphs(model):
        assert judge_signal(graph).depth == 1
        states = forecast(graph, Assumptions(training=False))
        assert len([call for call in states if call.layer.path == "block/dense"]) == 2


def test_what_a_block_does_to_its_own_output_is_predicted(keras: Any) -> None:
    """A block with gain 2 leaves the domain further at each call."""

    def dense(name: str, gain: float, **more: Any) -> Any:
        drawn = keras.initializers.VarianceScaling(gain, "fan_in", "truncated_normal", seed=0)
        return keras.layers.Dense(64, kernel_initializer=drawn, name=name, **more)

    given = keras.Input((64,))
    block = keras.Sequential([keras.Input((64,)), dense("linear", 2.0)], name="block")
    one = other = given
    for index in range(4):
        one, other = block(one), dense(f"linear_{index}", 2.0)(other)
    found = []
    for value in (one, other):
        last = dense("last", 1.0, activation="selu")(value)
        for graph in _graphs(keras.Model(given, last)):
            (excursion,) = _excursions(graph)
            found.append((excursion.layer, excursion.data["variance"]))
    assert {path for path, _ in found} == {"last"}
    assert [variance for _, variance in found] == pytest.approx([found[-1][1]] * 4)
    assert found[0][1] > 9


def test_nothing_is_predicted_of_sums_over_calls_of_one_kernel(keras: Any) -> None:
    given = keras.Input((64,))
    linear = keras.layers.Dense(64, kernel_initializer="lecun_normal", name="linear")
    block = keras.Model(given, keras.layers.Add()([given, linear(given)]), name="block")
    last = keras.layers.Dense(64, activation="selu", kernel_initializer="lecun_normal")
    for times, found in ((1, 1), (2, 0)):
        value = given
        for _ in range(times):
            value = block(value)
        for graph in _graphs(keras.Model(given, last(value))):
            assert len(_excursions(graph)) == found
