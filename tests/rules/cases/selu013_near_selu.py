"""Cases of SELU013."""

from __future__ import annotations

from typing import Any

from tests.cases import Case, layer, sequential


def _model(*layers: dict[str, Any]) -> dict[str, Any]:
    return sequential((8,), layer("Dense", "dense", units=8), *layers)


def _function(name: str, registered: str | None = None) -> dict[str, Any]:
    return {"class_name": "function", "config": name, "registered_name": registered}


def _operations(alpha: float, scale: float) -> dict[str, Any]:
    def tensor(name: str) -> dict[str, Any]:
        history = {"shape": [None, 8], "dtype": "float32", "keras_history": [name, 0, 0]}
        return {"class_name": "__keras_tensor__", "config": history}

    def node(each: dict[str, Any], *arguments: Any) -> dict[str, Any]:
        name = each["config"]["name"]
        nodes = [{"args": list(arguments), "kwargs": {}}] if arguments else []
        return {**each, "name": name, "inbound_nodes": nodes}

    layers = [
        node(layer("InputLayer", "input", batch_shape=[None, 8])),
        node(layer("Elu", "elu", alpha=alpha) | {"module": "keras.src.ops.nn"}, tensor("input")),
        node(
            layer("Multiply", "multiply") | {"module": "keras.src.ops.numpy"}, scale, tensor("elu")
        ),
    ]
    ends = {"input_layers": ["input", 0, 0], "output_layers": ["multiply", 0, 0]}
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {"name": "model", "layers": layers, **ends},
        "registered_name": "Functional",
    }


VALID = (
    Case("SELU", _model(layer("Activation", "act", activation="selu"))),
    Case("ELU as Keras has it", _model(layer("ELU", "act", alpha=1.0))),
    Case("an ELU that a branch scales down", _operations(1.0, 0.1)),
    Case("LeakyReLU", _model(layer("LeakyReLU", "act", negative_slope=0.3))),
    Case("an alpha that is no number", _model(layer("ELU", "act", alpha=[1.67]))),
    Case("GELU of the author's", _model(layer("Activation", "act", activation="own>gelu"))),
    Case("CELU of the author's", _model(layer("CELU", "act") | {"module": "own"})),
)


INVALID = (
    Case("ELU with SELU's alpha", _model(layer("ELU", "act", alpha=1.67326)), ("act",)),
    Case(
        "ELU as the activation of a layer",
        _model(layer("Dense", "act", units=8, activation=layer("ELU", "elu", alpha=1.67))),
        ("act",),
    ),
    Case("LeakyReLU with SELU's alpha", _model(layer("LeakyReLU", "act", alpha=1.6733)), ("act",)),
    Case(
        "ELU, rescaled by SELU's scale",
        _model(
            layer("Activation", "act", activation="elu"),
            layer("Rescaling", "scale", scale=1.0507, offset=0.0),
        ),
        ("act",),
    ),
    Case("operations with wrong constants", _operations(1.76, 1.05), ("elu",)),
    Case("operations with the constants swapped", _operations(1.0507, 1.6733), ("elu",)),
    Case("SELU by hand", _operations(1.6732632423543772, 1.0507009873554805), ("elu",)),
    Case(
        "a function of the author's that is called SELU",
        _model(layer("Activation", "act", activation=_function("my_selu", "own>my_selu"))),
        ("act",),
    ),
    Case(
        "a layer of the author's that is called SELU",
        _model(layer("SELU", "act") | {"module": "own", "registered_name": "own>SELU"}),
        ("act",),
    ),
)
