"""The graph: paths, calls, shapes, and what reaches what, in the dialects that write it."""

from __future__ import annotations

from typing import Any

import pytest

from selu_lint.cases import layer, sequential
from selu_lint.errors import SeluLintError
from selu_lint.limits import Limits
from selu_lint.linter import check_document
from selu_lint.model.document import Document, Variable, Weights
from selu_lint.model.graph import ModelGraph
from selu_lint.model.graph_builder import build_graph
from selu_lint.model.layers import Call
from selu_lint.settings import Settings


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
        _node("Average", "mean", ["a", "b"]),
        _node("Dropout", "after_mean", ["mean"], rate=0.1),
    ]
    ends = ["after_both", "after_mixed", "after_product", "after_mean"]
    graph = _graph(_functional(layers, ["x"], ends))
    assert tuple(graph.selu_sources(_call(graph, "after_mean"))) == ("a", "b")
    assert tuple(graph.selu_sources(_call(graph, "after_both"))) == ("a", "b")
    assert tuple(graph.selu_sources(_call(graph, "after_mixed"))) == ()
    assert tuple(graph.selu_sources(_call(graph, "after_product"))) == ()


def _two_ways(takes: Any, gives: Any) -> dict[str, Any]:
    """Return a block with the inputs i and j, behind which r applies ReLU and s SELU."""
    inner = _functional(
        [
            _input("i", 4),
            _input("j", 4),
            _node("Dense", "r", ["i"], units=4, activation="relu"),
            _node("Dense", "s", ["j"], units=4, activation="selu"),
        ],
        [],
        [],
        "block",
    )
    inner["config"] |= {"input_layers": takes, "output_layers": gives}
    return inner


def _tensor(name: str, node: int = 0, tensor: int = 0) -> dict[str, Any]:
    config = {"shape": [None, 4], "dtype": "float32", "keras_history": [name, node, tensor]}
    return {"class_name": "__keras_tensor__", "config": config}


@pytest.mark.parametrize("version", ["2.15.0", "3.15.1"])
@pytest.mark.parametrize(
    ("gives", "selu"),
    [
        ([["r", 0, 0], ["s", 0, 0]], 1),
        ({"z": ["r", 0, 0], "a": ["s", 0, 0]}, 0),
        ({"z": ["r", 0, 0], "a": {"b": ["r", 0, 0], "a": [["r", 0, 0], ["s", 0, 0]]}}, 1),
    ],
    ids=["list", "dict", "nested"],
)
def test_outputs_are_numbered_by_sorted_key(version: str, gives: Any, selu: int) -> None:
    takes = [["i", 0, 0], ["j", 0, 0]]
    block = _two_ways(takes, gives) | {"name": "block"}
    sources = [["x", 0, 0, {}], ["x", 0, 0, {}]]
    block["inbound_nodes"] = [sources]
    drop = _node("Dropout", "drop", rate=0.5) | {"inbound_nodes": [[["block", 1, selu, {}]]]}
    if version == "3.15.1":
        block["inbound_nodes"] = [{"args": [[_tensor("x"), _tensor("x")]], "kwargs": {}}]
        drop["inbound_nodes"] = [{"args": [_tensor("block", 0, selu)], "kwargs": {}}]
    graph = _graph(_functional([_input("x", 4), block, drop], ["x"], ["drop"]), version)
    assert tuple(graph.selu_sources(_call(graph, "drop"))) == ("block/s",)


@pytest.mark.parametrize("keyword", [False, True])
@pytest.mark.parametrize(
    ("takes", "given", "to_selu"),
    [
        ([["i", 0, 0], ["j", 0, 0]], ["x", "y"], "y"),
        ([["i", 0, 0], ["j", 0, 0]], {"j": "x", "i": "y"}, "x"),
        ([["i", 0, 0], ["j", 0, 0]], {"j": "x", "i": "y", "extra": "y"}, "x"),
        ({"z": ["i", 0, 0], "a": ["j", 0, 0]}, {"z": "x", "a": "y"}, "y"),
        ({"z": ["i", 0, 0], "a": ["j", 0, 0]}, {"a": "x", "z": "y"}, "x"),
        ({"z": ["j", 0, 0], "a": {"b": ["i", 0, 0]}}, {"z": "x", "a": {"b": "y"}}, "x"),
    ],
)
def test_inputs_are_connected_by_key(takes: Any, given: Any, to_selu: str, keyword: bool) -> None:
    def written(value: Any, leaf: Any) -> Any:
        if isinstance(value, dict):
            return {key: written(each, leaf) for key, each in value.items()}
        return [written(each, leaf) for each in value] if isinstance(value, list) else leaf(value)

    for version in ("2.15.0", "3.15.1"):
        block = _two_ways(takes, [["s", 0, 0]]) | {"name": "block"}
        if version == "2.15.0":
            block["inbound_nodes"] = [written(given, lambda name: [name, 0, 0, {}])]
        else:
            argument = written(given, _tensor)
            args, kwargs = ([], {"inputs": argument}) if keyword else ([argument], {})
            block["inbound_nodes"] = [{"args": args, "kwargs": kwargs | {"mask": None}}]
        graph = _graph(
            _functional([_input("x", 4), _input("y", 4), block], ["x", "y"], ["block"]), version
        )
        (source,) = _call(graph, "block/s").inputs[0].inputs
        assert source.layer.path == to_selu, version


def test_a_mask_is_no_input_of_a_nested_model() -> None:
    block = _two_ways([["i", 0, 0], ["j", 0, 0]], [["s", 0, 0]]) | {"name": "block"}
    block["inbound_nodes"] = [{"args": [[_tensor("x"), None]], "kwargs": {"mask": _tensor("y")}}]
    layers = [_input("x", 4), _input("y", 4), block]
    graph = _graph(_functional(layers, ["x", "y"], ["block"]), "3.15.1")
    assert [call.layer.path for call in _call(graph, "block/i").inputs] == ["x"]
    assert _call(graph, "block/j").inputs == []


def test_keras_3_counts_the_calls_of_a_block_from_one_only_at_the_ends_of_a_model() -> None:
    inner = _functional(
        [_input("i", 4), _node("Dense", "d", ["i"], units=4, activation="selu")], ["i"], ["d"]
    )
    block = {**inner, "name": "block", "inbound_nodes": [
        {"args": [_tensor(name)], "kwargs": {}} for name in ("x", "y")]}  # fmt: skip
    drop = _node("Dropout", "drop", rate=0.5) | {
        "inbound_nodes": [{"args": [_tensor("block", 1)], "kwargs": {}}]
    }
    model = _functional([_input("x", 4), _input("y", 4), block, drop], ["x", "y"], [])
    model["config"]["output_layers"] = [["block", 1, 0], ["drop", 0, 0]]
    graph = _graph(model, "3.15.1")
    first, second = graph.outputs[0], graph.outputs[1].inputs[0]
    assert [call.inputs[0].inputs[0].layer.path for call in (first, second)] == ["x", "y"]


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
    assert [tuple(graph.selu_sources(call)) for call in graph.outputs] == [("s",), ()]
    drop = graph.outputs[0].layer
    assert graph.calls_of(drop) == [*reversed(graph.outputs)]
    assert tuple(graph.selu_sources_of(drop)) == ("s",)
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
    assert tuple(graph.selu_sources(_call(graph, "drop"))) == ("td/conv",)


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
    assert tuple(graph.selu_sources(_call(graph, "drop"))) == ("selu",)
    assert tuple(graph.selu_sources(_call(graph, "other"))) == ()


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
    with pytest.raises(SeluLintError, match=r"more than 10 layers.* 'layers'"):
        build_graph(document._replace(limits=Limits(layers=10)))
    layers = [_input("x", 4), _node("Add", "add", ["x"] * 5)]
    document = Document("m", "architecture-json", "2.15.0", _functional(layers, ["x"], ["add"]))
    with pytest.raises(SeluLintError, match=r"more than 4 connections.* 'edges'"):
        build_graph(document._replace(limits=Limits(edges=4)))


def test_damaged_weights_leave_the_shape_unknown() -> None:
    class Damaged(Weights):
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


@pytest.mark.parametrize(
    ("outer", "inner", "version", "training"),
    [
        (True, None, "2.15.0", True),
        (1, None, "2.15.0", True),
        (["x", 0, 0], None, "2.15.0", "tensor"),
        (True, False, "2.15.0", False),
        (False, True, "2.15.0", True),
        (False, None, "2.15.0", False),
        (None, 0, "2.15.0", False),
        (True, False, "3.15.1", True),
    ],
)
def test_training_of_a_nested_model_is_that_of_its_layers(
    outer: Any, inner: Any, version: str, training: Any
) -> None:
    drop = _node("Dropout", "drop", rate=0.5)
    drop["inbound_nodes"] = [[["i", 0, 0, {} if inner is None else {"training": inner}]]]
    block = _functional([_input("i", 4), drop], ["i"], ["drop"], "block") | {"name": "block"}
    block["inbound_nodes"] = [[["x", 0, 0, {} if outer is None else {"training": outer}]]]
    graph = _graph(_functional([_input("x", 4), block], ["x"], ["block"]), version)
    assert _call(graph, "block/drop").training == training


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
        ("SELU001", "tail/dense"),
        ("SELU002", "tail/drop"),
    }
    assert "how the 3 parts of Net are connected is not known" in found["SELU905", ""].message
    assert found["SELU905", ""].message.endswith("make sure that no SELU reaches drop")
    # What no file holds cannot be repaired in it.
    assert {each.fix for each in report.findings} == {None}
    assert "own code" in (found["SELU001", "dense"].unfixable or "")


@pytest.mark.parametrize(
    "between",
    [
        layer("Activation", "between", activation="linear", dtype="float32"),
        layer("Rescaling", "between", scale=1.0, offset=0.0),
        layer("AdaptiveAveragePooling1D", "between", output_size=2),
        layer("RNN", "between", cell=layer("SimpleRNNCell", "cell", units=4, activation="selu")),
        layer("RNN", "between", cell=layer("StackedRNNCells", "stack", cells=[
            layer("LSTMCell", "first", units=4),
            layer("SimpleRNNCell", "last", units=4, activation="selu"),
        ])),
    ],
    ids=lambda each: each["class_name"],
)  # fmt: skip
def test_selu_is_followed_through(between: dict[str, Any]) -> None:
    dense = layer("Dense", "dense", units=4, activation=layer("Activation", "a", activation="selu"))
    graph = _graph(sequential((8, 4), dense, between, layer("Dropout", "drop", rate=0.5)), "3.15.1")
    cells = {"RNN": "between/stack/last" if "cells" in str(between) else "between/cell"}
    assert tuple(graph.selu_sources(_call(graph, "drop"))) == (
        cells.get(between["class_name"], "dense"),
    )


@pytest.mark.parametrize(
    ("kind", "merges"),
    [("Subtract", True), ("Average", True), ("Multiply", True), ("Maximum", True), ("Dot", False)],
)
def test_kernels_reach_selu_through_merges(kind: str, merges: bool) -> None:
    layers = [
        _input("x", 4),
        _node("Dense", "a", ["x"], units=4),
        _node("Activation", "cast", ["a"], activation="linear"),
        _node("Dense", "b", ["x"], units=4),
        _node(kind, "merged", ["cast", "b"]),
        _node("Activation", "selu", ["merged"], activation="selu"),
    ]
    graph = _graph(_functional(layers, ["x"], ["selu"]))
    found = [(each.path, selu) for each, selu in graph.selu_kernel_layers]
    assert found == ([("a", "selu"), ("b", "selu")] if merges else [])


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "ConvLSTM2D", "LSTMCell"])
def test_gates_change_what_selu_gives(kind: str) -> None:
    gated = layer(kind, "gated", units=4, activation="selu")
    graph = _graph(sequential((8, 4), gated, layer("Dropout", "drop", rate=0.5)), "3.15.1")
    assert tuple(graph.selu_sources(_call(graph, "drop"))) == ()


def test_constants_of_one_and_zero_change_nothing() -> None:
    def times(name: str, source: str, function: str, constant: float) -> dict[str, Any]:
        node = _node("TFOpLambda", name, function=function)
        return node | {"inbound_nodes": [[source, 0, 0, {"y": constant, "name": None}]]}

    turned = _node("TFOpLambda", "turned", function="math.multiply") | {
        "inbound_nodes": [["_CONSTANT_VALUE", -1, 1.0, {"y": ["plus", 0, 0], "name": None}]]
    }
    layers = [
        _input("x", 4),
        _node("Dense", "d", ["x"], units=4, activation="selu"),
        times("times", "d", "math.multiply", 1.0),
        times("plus", "times", "__operators__.add", 0.0),
        turned,
        _node("Dropout", "drop", ["turned"], rate=0.1),
        times("double", "d", "math.multiply", 2.0),
        _node("Dropout", "other", ["double"], rate=0.1),
    ]
    graph = _graph(_functional(layers, ["x"], ["drop", "other"]))
    assert tuple(graph.selu_sources(_call(graph, "drop"))) == ("d",)
    assert tuple(graph.selu_sources(_call(graph, "other"))) == ()


@pytest.mark.parametrize("kind", ["Dropout", "Flatten", "Add", "BatchNormalization", "Rescaling"])
def test_layers_that_take_no_activation_apply_none(kind: str) -> None:
    """Keras refuses the argument; SELU002 and SELU004 repaired a dropout in turns."""
    model = sequential((8,), layer(kind, "odd", activation="selu"), layer("Dropout", "d", rate=0.5))
    graph = _graph(model)
    assert not graph.selu_layers
    assert check_document(graph.document, Settings()).findings == ()
