"""Shapes that are inferred where no Keras of today can build the model."""

from __future__ import annotations

from typing import Any

import pytest

from selu_lint.model.document import Document
from selu_lint.model.graph import ModelGraph
from selu_lint.model.graph_builder import build_graph
from selu_lint.model.kernels import Shape, kernel_shape
from selu_lint.model.shapes import output_shape


def graph_of(model: dict[str, Any]) -> ModelGraph:
    return build_graph(Document("model", "architecture-json", "1.2.2", model))


def dense(name: str, units: int, **config: Any) -> dict[str, Any]:
    given = {"name": name, "output_dim": units, "activation": "selu", "init": "he_normal"}
    return {"class_name": "Dense", "config": {**given, **config}}


def branch(name: str, units: int) -> dict[str, Any]:
    return {
        "class_name": "Sequential",
        "config": [dense(name, units, batch_input_shape=[None, 5])],
    }


MODES = [
    ("concat", (None, 9), 9),
    ("sum", (None, 5), 5),
    ("max", (None, 5), 5),
    ("dot", (None, 1), 1),
]


@pytest.mark.parametrize(("mode", "shape", "fan_in"), MODES)
def test_merge_of_models(mode: str, shape: tuple[int | None, ...], fan_in: int) -> None:
    other = 4 if mode == "concat" else 5
    merge = {
        "class_name": "Merge",
        "config": {
            "name": "merge",
            "mode": mode,
            "concat_axis": -1,
            "dot_axes": -1,
            "layers": [branch("one", 5), branch("two", other)],
        },
    }
    graph = graph_of({"class_name": "Sequential", "config": [merge, dense("behind", 3)]})
    calls = {call.layer.path: call for call in graph.calls}
    assert calls["merge"].output_shape == shape
    assert calls["behind"].input_shape == (None, fan_in)


@pytest.mark.parametrize(("mode", "shape", "fan_in"), MODES)
def test_merge_of_tensors(mode: str, shape: tuple[int | None, ...], fan_in: int) -> None:
    """Of the functional interface, whose Merge holds no models."""
    other = 4 if mode == "concat" else 5
    given = {"batch_input_shape": [None, 5], "name": "x", "input_dtype": "float32"}
    layers: list[dict[str, Any]] = [
        {"class_name": "InputLayer", "config": given, "name": "x", "inbound_nodes": []},
        {**dense("one", 5), "name": "one", "inbound_nodes": [[["x", 0, 0]]]},
        {**dense("two", other), "name": "two", "inbound_nodes": [[["x", 0, 0]]]},
        {
            "class_name": "Merge",
            "config": {"name": "m", "mode": mode, "dot_axes": -1, "concat_axis": -1, "layers": []},
            "name": "m",
            "inbound_nodes": [[["one", 0, 0], ["two", 0, 0]]],
        },
        {**dense("behind", 3), "name": "behind", "inbound_nodes": [[["m", 0, 0]]]},
    ]
    config = {
        "name": "model",
        "layers": layers,
        "input_layers": [["x", 0, 0]],
        "output_layers": [["behind", 0, 0]],
    }
    graph = graph_of({"class_name": "Model", "config": config})
    calls = {call.layer.path: call for call in graph.calls}
    assert calls["m"].output_shape == shape
    assert calls["behind"].input_shape == (None, fan_in)
    assert [call.layer.path for call in calls["m"].inputs] == ["one", "two"]


def test_a_convolutional_lstm_counts_the_channels_behind_the_steps() -> None:
    config = {"filters": 6, "kernel_size": [3, 3], "data_format": "channels_first"}
    shape = (None, 4, 2, 9, 8)
    assert kernel_shape("ConvLSTM2D", config, "kernel_initializer", shape) == (3, 3, 2, 24)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((None, 1, 8), (None, 4, 1), (None, 4, 8)),
        ((None, None, 8), (None, 4, 8), (None, 4, 8)),
        ((None, None, 8), (None, 1, 8), (None, None, 8)),
        ((None, 1), (None, 1), (None, 1)),
        ((None, 4), (None, 5), None),
    ],
)
def test_a_merge_repeats_what_has_size_1(one: Shape, other: Shape, expected: Shape | None) -> None:
    assert output_shape("Add", {}, [one, other]) == expected
    assert output_shape("Multiply", {}, [other, one]) == expected


@pytest.mark.parametrize(
    ("class_name", "config", "given", "expected"),
    [
        ("Conv2D", {"filters": 4, "kernel_size": 3}, (None, None, 9, 3), (None, None, 7, 4)),
        ("Conv2DTranspose", {"filters": 4, "kernel_size": 3, "padding": "same"},
         (None, None, 9, 3), (None, None, 9, 4)),
        ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "odd"}, (None, 9, 3), None),
        ("ZeroPadding1D", {"padding": [1, 2]}, (None, 9, 3), (None, 12, 3)),
        ("ZeroPadding2D", {"padding": [1, 2]}, (None, 9, None, 3), (None, 11, None, 3)),
        ("Cropping2D", {"cropping": [[1, 2], [9, 9]]}, (None, 9, 9, 3), (None, 6, 0, 3)),
        ("ZeroPadding2D", {"padding": [1, 2, 3]}, (None, 9, 9, 3), None),
        ("ZeroPadding2D", {"padding": [[1, "2"], [1, 1]]}, (None, 9, 9, 3), None),
        ("Permute", {"dims": [2, 1]}, (None, 4, 6), (None, 6, 4)),
        ("Permute", {"dims": [2, 2]}, (None, 4, 6), None),
        ("Reshape", {"target_shape": [-1, 3]}, (None, 4, 6), (None, 8, 3)),
        ("Reshape", {"target_shape": [3, -1]}, (None, None, 6), (None, 3, None)),
        ("Reshape", {"target_shape": "3"}, (None, 4, 6), None),
        ("RepeatVector", {"n": 5}, (None, 4), (None, 5, 4)),
        ("Resizing", {"height": 5, "width": 7}, (None, 9, 9, 3), (None, 5, 7, 3)),
        ("Resizing", {"height": 5, "width": 7, "data_format": "channels_first"},
         (None, 3, 9, 9), (None, 3, 5, 7)),
        ("CategoryEncoding", {"num_tokens": 12, "output_mode": "count"}, (None, 9), (None, 12)),
        ("CategoryEncoding", {"num_tokens": 12, "output_mode": "one_hot"}, (None, 9, 1),
         (None, 9, 12)),
        ("Hashing", {"num_bins": 5, "output_mode": "int"}, (None, 9), (None, 9)),
        ("Discretization", {"num_bins": 4, "output_mode": "one_hot"}, (None, 1), (None, 4)),
        ("Discretization", {"bin_boundaries": [0, 1], "output_mode": "one_hot"}, (None, 1),
         (None, 3)),
    ],
)  # fmt: skip
def test_a_layer_that_moves_elements(
    class_name: str, config: dict[str, Any], given: Shape, expected: Shape | None
) -> None:
    assert output_shape(class_name, config, [given]) == expected
