"""What a file may name when Keras builds its model, as far as that takes no Keras."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from selu_lint.formats import find_models, read
from selu_lint.limits import DEFAULT
from selu_lint.processes.allowlist import code_in

_FIXTURES = Path(__file__).parent.parent / "fixtures"


def _layer(class_name: object, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": {"name": "evil", **config}}


def _model(*layers: Any) -> dict[str, Any]:
    dense = _layer("Dense", name="dense", activation="selu", kernel_initializer="lecun_normal")
    return {"class_name": "Functional", "config": {"layers": [dense, *layers]}}


def _operation(function: str, *call: Any, class_name: str = "TFOpLambda") -> dict[str, Any]:
    return {**_layer(class_name, function=function), "inbound_nodes": [list(call)]}


def _reference(module: str | None, name: Any, class_name: str = "function") -> dict[str, Any]:
    return {"module": module, "class_name": class_name, "config": name, "registered_name": None}


_HARMLESS = [
    _operation("nn.selu", "dense", 0, 0, {"name": None}),
    _operation("math.multiply", "dense", 0, 0, {"y": 2.0, "name": "anything"}),
    _operation("compat.v1.nn.dropout", "dense", 0, 0, {"rate": [0.5, True]}),
    _operation("cast", ["dense", 0, 0, {"dtype": "float32"}]),
    _operation("einsum", "ab,bc->ac", ["dense", 0, 0]),
    _operation("__operators__.getitem", "dense", 0, 0, class_name="SlicingOpLambda"),
    _layer("Activation", activation=_reference("builtins", "selu")),
    _layer("RNN", cell=_layer("LSTMCell", recurrent_activation="hard_sigmoid")),
    _layer("StringLookup", vocabulary=["a", "b"]),
    {"module": "keras.src.ops.numpy", **_layer("Exp"), "registered_name": "Exp"},
    _layer("Dense", name="loss", dtype=_reference("keras", {"name": "float32"}, "DTypePolicy")),
]
_HARMFUL = {
    "TFOpLambda io.write_file": _operation("io.write_file", "evil", 0, 0),
    "TFOpLambda compat.v1.write_file": _operation("compat.v1.write_file", "evil", 0, 0),
    "TFOpLambda load_op_library": _operation("load_op_library", "evil", 0, 0),
    "TFOpLambda keras.utils.get_file": _operation("keras.utils.get_file", "evil", 0, 0),
    "TFOpLambda compat.v1.keras.activations.selu": _operation("compat.v1.keras.activations.selu"),
    "TFOpLambda None": _layer("TFOpLambda"),
    "TFOpLambda list?": _layer("TFOpLambda", function=["nn.selu"]),
    "SlicingOpLambda io.write_file": _operation("io.write_file", class_name="SlicingOpLambda"),
    "the text '/etc/passwd' as an argument": _operation("nn.selu", "/etc/passwd", 0, 0),
    "ClassMethod": _layer("ClassMethod", cls_symbol="RaggedTensor", method_name="from_tensor"),
    "InstanceMethod": _layer("InstanceMethod", attr_name="eval"),
    "InstanceProperty": _layer("InstanceProperty", attr_name="graph"),
    "TensorFlowOpLayer": _layer("TensorFlowOpLayer", node_def={"op": "WriteFile"}),
    "Lambda": _layer("Lambda", function="x"),
    "TFSMLayer": _layer("TFSMLayer", filepath="x"),
    "StringLookup with a file": _layer("StringLookup", vocabulary="/etc/passwd"),
    "TextVectorization with a file": _layer("TextVectorization", vocabulary="http://host/x"),
    "os.system": _reference("os", "system"),
    "keras.utils.get_file": _layer("Activation", activation=_reference("keras.utils", "get_file")),
    "keras.layers.selu": _reference("keras.layers", "selu", "selu"),
    "os.Dense": {"module": "os", **_layer("Dense")},
    "keras.layers.Dense": {"module": "keras.layers", **_layer("Dense"), "registered_name": "a>b"},
    "keras.src.ops.core.Map": {"module": "keras.src.ops.core", **_layer("Map")},
    "own>Block": _layer("own>Block"),
    "Custom>Dense": _layer("Custom>Dense"),
    "__lambda__": _layer("Dense", activation=_layer("__lambda__", value="4wEA")),
    "__typespec__": {"class_name": "__typespec__", "config": [], "spec_name": "os"},
    "deserialize": _layer("Dense", activation="deserialize"),
    "get": _layer("LSTM", recurrent_activation="get"),
    "sys": _layer("Dense", kernel_initializer="sys"),
    "backend": _layer("Dense", bias_regularizer=["backend"]),
    "tf": {"class_name": "Dense", "config": {"class_name": "Dense", "kernel_constraint": "tf"}},
    "a function of its own": _layer("Dense", activation=["4wEA\n=", None, None]),
    "dict?": _layer({"a": 1}),
}


@pytest.mark.parametrize("layer", _HARMLESS)
def test_what_only_computes_is_listed(layer: dict[str, Any]) -> None:
    assert list(code_in(_model(layer))) == []
    assert list(code_in(_model(_layer("TimeDistributed", layer=layer)))) == []


@pytest.mark.parametrize("name", _HARMFUL)
def test_what_may_do_more_is_named(name: str) -> None:
    layer = _HARMFUL[name]
    for whole in (
        _model(layer),
        {"class_name": "Sequential", "config": [layer]},
        _model(_layer("TimeDistributed", layer=_model(layer))),
        _model({**_layer("Dense"), "build_config": {"input_shape": [layer]}}),
    ):
        assert list(code_in(copy.deepcopy(whole))) == [name]


@pytest.mark.parametrize(
    "training, name",
    [
        ({"loss": "sys"}, "sys"),
        ({"loss": {"out": ["mse", "get"]}}, "get"),
        ({"metrics": [[_layer("MeanMetricWrapper", fn="deserialize")]]}, "deserialize"),
        ({"optimizer_config": _layer("Own>Adam")}, "Own>Adam"),
        ({"optimizer_config": _layer("Adam", learning_rate=_layer("Evil"))}, "Evil"),
    ],
)
def test_training_configs_are_looked_into(training: dict[str, Any], name: str) -> None:
    assert list(code_in(_model(), training)) == [name]
    assert list(code_in({**_model(), "compile_config": training})) == [name]


def test_names_of_layers_and_outputs_are_no_functions() -> None:
    training = {
        "loss": {"metrics": "mse", "out": _layer("LossFunctionWrapper", fn="mae", name="sys")},
        "metrics": ["accuracy", {"out": ["AUC", "acc"]}],
        "optimizer_config": _layer("Custom>Adam", learning_rate=0.1),
    }
    model = _model({**_layer("Dense"), "inbound_nodes": [["sys", 0, 0, {"loss": "sys"}]]})
    assert list(code_in(model, training)) == []


def test_long_names_are_shortened() -> None:
    (name,) = code_in(_layer("x" * 10_000))
    assert len(name) < 100


def test_real_files_of_all_releases_are_listed() -> None:
    checked = 0
    for path in find_models(str(_FIXTURES / "models"), DEFAULT):
        assert list(code_in(read(path, DEFAULT).architecture)) == []
        checked += 1
    assert checked > 50
