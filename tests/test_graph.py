"""The graph: paths, calls, shapes, and what reaches what, in the dialects that write it."""

from __future__ import annotations

from typing import Any

import pytest

from selu_lint.document import Document, Variable
from selu_lint.errors import SeluLintError
from selu_lint.graph import Call, ModelGraph
from selu_lint.graph_builder import build_graph
from selu_lint.limits import Limits
from selu_lint.linter import check_document
from selu_lint.settings import Settings
from tests.cases import layer, sequential


def _graph(architecture: dict[str, Any], version: str = "2.15.0") -> ModelGraph:
    return build_graph(Document("model", "architecture-json", version, architecture))


def _call(graph: ModelGraph, path: str, index: int = 0) -> Call:
    return [call for call in graph.calls if call.layer.path == path][index]


def _functional(
    layers: list[dict[str, Any]], inputs: list[str], outputs: list[str], name: str = "model"
) -> dict[str, Any]:
    return {
        "class_name": "Functional",
        "config": {
            "name": name,
            "layers": layers,
            "input_layers": [[each, 0, 0] for each in inputs],
            "output_layers": [[each, 0, 0] for each in outputs],
        },
    }


def _input(name: str, *shape: int) -> dict[str, Any]:
    config = {"name": name, "batch_input_shape": [None, *shape]}
    return {"class_name": "InputLayer", "config": config, "name": name, "inbound_nodes": []}


def _node(class_name: str, name: str, *nodes: list[str], **config: Any) -> dict[str, Any]:
    return {
        "class_name": class_name,
        "config": {"name": name, **config},
        "name": name,
        "inbound_nodes": [[[source, 0, 0, {}] for source in sources] for sources in nodes],
    }


def test_sequential_infers_shapes_from_the_declared_input() -> None:
    graph = _graph(
        sequential(
            (28, 28, 1),
            layer("Conv2D", "conv", filters=32, kernel_size=[3, 3], padding="same"),
            layer("MaxPooling2D", "pool", pool_size=[2, 2]),
            layer("Flatten", "flatten"),
            layer("Dense", "dense", units=10),
        )
    )
    assert [call.layer.path for call in graph.calls][1:] == ["conv", "pool", "flatten", "dense"]
    assert _call(graph, "pool").output_shape == (None, 14, 14, 32)
    assert _call(graph, "dense").input_shape == (None, 14 * 14 * 32)
    dense = _call(graph, "dense").layer
    kernel = graph.kernel(dense, dense.kernel_slots[0])
    assert kernel is not None
    assert kernel.shape == (6272, 10)


@pytest.mark.parametrize(
    "model",
    [
        {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {
            "name": "d", "output_dim": 3, "init": "he_normal", "activation": "selu",
            "batch_input_shape": [None, 5]}}]},
        {"class_name": "Sequential", "config": {"name": "s", "build_input_shape": [None, 5],
            "layers": [{"class_name": "Dense", "config": {
                "name": "d", "units": 3, "activation": "selu",
                "kernel_initializer": "he_normal"}}]}},
        {"class_name": "Sequential", "build_config": {"input_shape": [None, 5]},
            "config": {"name": "s", "layers": [{"class_name": "Dense", "config": {
                "name": "d", "units": 3, "kernel_initializer": "he_normal",
                "activation": {"module": "keras.activations", "class_name": "function",
                    "config": "selu", "registered_name": "selu"}}}]}},
    ],
    ids=["Keras 1", "build_input_shape", "build_config"],
)  # fmt: skip
def test_dialects_of_a_sequential(model: dict[str, Any]) -> None:
    graph = _graph(model)
    ((dense, selu),) = graph.selu_kernel_layers
    assert (dense.path, selu) == ("d", "d")
    (slot,) = dense.kernel_slots
    assert (slot.name, slot.initializer.name) == ("kernel_initializer", "HeNormal")
    kernel = graph.kernel(dense, slot)
    assert kernel is not None
    assert kernel.shape == (5, 3)


def test_merges_keep_selu_only_when_every_input_is_selu() -> None:
    layers = [
        _input("x", 4),
        _node("Dense", "a", ["x"], units=4, activation="selu"),
        _node("Dense", "b", ["x"], units=4, activation="selu"),
        _node("Dense", "c", ["x"], units=4, activation="relu"),
        _node("Add", "both", ["a", "b"]),
        _node("Add", "mixed", ["a", "c"]),
        _node("Multiply", "product", ["a", "b"]),
        _node("Dropout", "after_both", ["both"], rate=0.1),
        _node("Dropout", "after_mixed", ["mixed"], rate=0.1),
        _node("Dropout", "after_product", ["product"], rate=0.1),
    ]
    graph = _graph(_functional(layers, ["x"], ["after_both", "after_mixed", "after_product"]))
    assert graph.selu_sources(_call(graph, "after_both")) == ("a", "b")
    assert graph.selu_sources(_call(graph, "after_mixed")) == ()
    assert graph.selu_sources(_call(graph, "after_product")) == ()


@pytest.mark.parametrize("first", [0, 1])
def test_nested_models_are_walked_and_called_twice(first: int) -> None:
    """Keras counts the nodes of most nested models from one."""
    inner = _functional(
        [_input("i", 4), _node("Dropout", "drop", ["i"], rate=0.5)], ["i"], ["drop"], "block"
    )
    nested = {**inner, "name": "block", "inbound_nodes": [[["r", 0, 0, {}]], [["s", 0, 0, {}]]]}
    layers = [
        _input("x", 4),
        _node("Dense", "r", ["x"], units=4, activation="relu"),
        _node("Dense", "s", ["x"], units=4, activation="selu"),
        nested,
    ]
    model = _functional(layers, ["x"], [])
    model["config"]["output_layers"] = [["block", first + 1, 0], ["block", first, 0]]
    graph = _graph(model)
    assert [each.path for each in graph.layers][-2:] == ["block/i", "block/drop"]
    assert [call.layer.path for call in graph.outputs] == ["block/drop", "block/drop"]
    assert [graph.selu_sources(call) for call in graph.outputs] == [("s",), ()]
    drop = graph.outputs[0].layer
    assert graph.calls_of(drop) == [*reversed(graph.outputs)]
    assert graph.selu_sources_of(drop) == ("s",)
    (dense,) = _call(graph, "s").inputs
    assert [call.inputs[0].inputs[0].layer.path for call in graph.outputs] == ["s", "r"]
    assert dense.layer.path == "x"


def _in_series(times: int, first: int, block: dict[str, Any]) -> dict[str, Any]:
    nodes = [[["x", 0, 0, {}]], *([["block", first + n, 0, {}]] for n in range(times - 1))]
    nested = {**block, "name": "block", "inbound_nodes": nodes}
    model = _functional([_input("x", 4), nested], ["x"], [])
    model["config"]["output_layers"] = [["block", first + times - 1, 0]]
    return model


@pytest.mark.parametrize("first", [0, 1])
def test_a_nested_model_in_series_is_as_deep_as_it_is_called_often(first: int) -> None:
    dense = _node("Dense", "dense", ["i"], units=4, activation="selu")
    inner = _in_series(2, first, _functional([_input("i", 4), dense], ["i"], ["dense"]))
    graph = _graph(_in_series(3, first, {**inner, "config": {**inner["config"], "name": "block"}}))
    depth, call = 0, graph.outputs[0]
    while call.inputs:
        depth += call.layer.applies_selu
        assert call.output_shape == (None, 4)
        (call,) = call.inputs
    assert depth == 6
    assert len([each for each in graph.layers if each.applies_selu]) == 1
    assert call.layer.path == "x"


def test_calls_of_nested_models_may_double_at_each_level_up_to_a_limit() -> None:
    model = _functional([_input("i", 4), _node("Dense", "d", ["i"], units=4)], ["i"], ["d"])
    for _ in range(12):
        model = _in_series(2, 0, model)
    document = Document("model", "architecture-json", "2.15.0", model)
    assert len(build_graph(document).calls) > 4096
    with pytest.raises(SeluLintError, match="calls of nested models repeat more than 4,000 calls"):
        build_graph(document._replace(limits=Limits(repeated_calls=4000)))


def test_a_nested_model_called_on_nothing_that_is_known() -> None:
    inner = _functional([_input("i", 4), _node("Dropout", "drop", ["i"], rate=0.5)], ["i"], [])
    nodes = [[["nobody", 0, 0, {}]], [["block", 9, 9, {}]], [["block", -7, -1, {}]]]
    block = {**inner, "name": "block", "inbound_nodes": nodes}
    model = _functional([_input("x", 4), block], ["x"], ["block"])
    assert len(_graph(model).calls) == 7


def test_time_distributed_hides_the_time_axis_from_the_inner_layer() -> None:
    inner = {"class_name": "Conv2D", "config": {
        "name": "conv", "filters": 4, "kernel_size": [3, 3], "activation": "selu"}}  # fmt: skip
    graph = _graph(
        _functional(
            [
                _input("x", 7, 8, 8, 2),
                _node("TimeDistributed", "td", ["x"], layer=inner),
                _node("Dropout", "drop", ["td"], rate=0.1),
            ],
            ["x"],
            ["drop"],
        )
    )
    call = _call(graph, "td/conv")
    assert call.input_shape == (None, 8, 8, 2)
    assert call.output_shape == (None, 7, 6, 6, 4)
    assert graph.selu_sources(_call(graph, "drop")) == ("td/conv",)


def test_tensorflow_operations_apply_selu_and_end_it() -> None:
    def operation(name: str, function: str, source: str) -> dict[str, Any]:
        return _node("TFOpLambda", name, [source], function=function)

    layers = [
        _input("x", 4),
        _node("Dense", "d", ["x"], units=4, activation="linear"),
        operation("selu", "nn.selu", "d"),
        operation("reshape", "reshape", "selu"),
        _node("Dropout", "drop", ["reshape"], rate=0.1),
        operation("relu", "nn.relu", "selu"),
        _node("Dropout", "other", ["relu"], rate=0.1),
    ]
    graph = _graph(_functional(layers, ["x"], ["drop", "other"]))
    assert [(each.path, selu) for each, selu in graph.selu_kernel_layers] == [("d", "selu")]
    assert graph.selu_sources(_call(graph, "drop")) == ("selu",)
    assert graph.selu_sources(_call(graph, "other")) == ()


def test_layers_inside_a_custom_layer_are_seen_without_connections() -> None:
    dense = layer("Dense", "inner", units=4, activation="selu", kernel_initializer="he_normal")
    block = {"module": "own", "class_name": "Block", "registered_name": "own>Block",
             "config": {"name": "block", "dense": dense}}  # fmt: skip
    graph = _graph(sequential((4,), block), "3.15.1")
    assert [(each.path, selu) for each, selu in graph.selu_kernel_layers] == [
        ("block/inner", "block/inner")
    ]
    assert graph.layers[1].opaque


def test_a_cycle_is_refused_in_one_line() -> None:
    layers = [_node("Dense", "a", ["b"], units=1), _node("Dense", "b", ["a"], units=1)]
    with pytest.raises(SeluLintError, match="cycle"):
        _graph(_functional(layers, [], []))


def test_more_layers_or_connections_than_allowed_are_refused() -> None:
    model = sequential((4,), *(layer("Dense", f"d{i}", units=4) for i in range(10)))
    document = Document("model", "architecture-json", "3.15.1", model)
    assert len(build_graph(document._replace(limits=Limits(layers=11))).layers) == 11
    with pytest.raises(SeluLintError, match=r"more than 10 calls.* 'layers'"):
        build_graph(document._replace(limits=Limits(layers=10)))
    layers = [_input("x", 4), _node("Add", "add", ["x"] * 5)]
    document = Document("m", "architecture-json", "2.15.0", _functional(layers, ["x"], ["add"]))
    with pytest.raises(SeluLintError, match=r"more than 4 connections.* 'edges'"):
        build_graph(document._replace(limits=Limits(edges=4)))


def test_damaged_weights_leave_the_shape_unknown() -> None:
    class Damaged:
        def variables(self, layer: str) -> tuple[Variable, ...]:
            raise SeluLintError("damaged")

        def read(self, variable: Variable) -> Any:
            raise AssertionError

        def iterations(self) -> int | None:
            raise AssertionError

    model = sequential((None,), layer("Dense", "d", units=4, activation="selu"))
    graph = build_graph(Document("m", "keras-archive", "3.15.1", model, Damaged()))
    dense = graph.layers[-1]
    assert graph.kernel(dense, dense.kernel_slots[0]) is None


def test_a_damaged_layer_is_named_by_its_place() -> None:
    with pytest.raises(SeluLintError, match="/config/layers/1"):
        _graph({"class_name": "Sequential", "config": {"layers": [layer("Dense", "d"), 7]}})


def test_training_is_read_from_both_kinds_of_nodes() -> None:
    keras_2 = _node("Dropout", "drop", rate=0.1) | {
        "inbound_nodes": [[["x", 0, 0, {"training": True}]]]
    }
    graph = _graph(_functional([_input("x", 4), keras_2], ["x"], ["drop"]))
    assert _call(graph, "drop").training is True
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, 4], "dtype": "float32",
              "keras_history": ["x", 0, 0]}}  # fmt: skip
    keras_3 = _node("Dropout", "drop", rate=0.1) | {
        "inbound_nodes": [{"args": [tensor], "kwargs": {"training": False}}]
    }
    graph = _graph(_functional([_input("x", 4), keras_3], ["x"], ["drop"]), "3.15.1")
    assert _call(graph, "drop").training is False
    assert _call(graph, "drop").input_shape == (None, 4)


def test_layers_of_unknown_connections_are_checked_by_themselves() -> None:
    net = {"class_name": "Net", "config": {"name": "net"}}
    dense = layer("Dense", "dense", units=8, activation="selu", kernel_initializer="he_normal")
    tail = sequential((8,), dense, layer("Dropout", "drop", rate=0.5))
    orphans = {"dense": dense, "drop": layer("Dropout", "drop", rate=0.5), "tail": tail}
    document = Document("model", "saved-model", "2.15.0", net, orphans=orphans)
    report = check_document(document, Settings(select=("SELU00", "SELU905")))
    found = {(each.code, each.layer): each for each in report.findings}
    assert set(found) == {
        ("SELU905", ""),
        ("SELU001", "dense"),
        ("SELU001", "model/dense"),
        ("SELU002", "model/drop"),
    }
    assert "how 3 parts of Net are connected is unknown" in found["SELU905", ""].message
    assert found["SELU905", ""].message.endswith("see that no SELU reaches drop")
    # What no file holds cannot be repaired in it.
    assert {each.fix for each in report.findings} == {None}
    assert "own code" in (found["SELU001", "dense"].unfixable or "")
