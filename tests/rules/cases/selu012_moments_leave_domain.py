"""Cases of SELU012."""

from __future__ import annotations

from typing import Any

from tests.cases import Case, layer, sequential


def _dense(name: str, activation: str = "selu", units: int = 64, **config: Any) -> dict[str, Any]:
    return layer("Dense", name, units=units, activation=activation, **config)


def _linear(initial: object) -> dict[str, Any]:
    middle = _dense("middle", "linear", 256, kernel_initializer=initial)
    return sequential((64,), _dense("first"), middle, _dense("last"))


def _merged(kind: str, *behind: dict[str, Any]) -> dict[str, Any]:
    def node(each: dict[str, Any], *sources: str) -> dict[str, Any]:
        tensors = [
            {"class_name": "__keras_tensor__", "config": {"keras_history": [source, 0, 0]}}
            for source in sources
        ]
        nodes = [{"args": [tensors], "kwargs": {}}] if sources else []
        return {**each, "name": each["config"]["name"], "inbound_nodes": nodes}

    layers = [
        node(layer("InputLayer", "input", batch_shape=[None, 64])),
        node(_dense("one"), "input"),
        node(_dense("two"), "one"),
        node(layer(kind, "merge"), "one", "two"),
    ]
    for each in behind:
        layers.append(node(each, layers[-1]["name"]))
    ends = {
        "input_layers": ["input", 0, 0],
        "output_layers": [layers[-1]["name"], 0, 0],
    }
    return {
        "module": "keras.src.models.functional",
        "class_name": "Functional",
        "config": {"name": "model", "layers": layers, **ends},
        "registered_name": "Functional",
    }


VALID = (
    Case("SELU layers", sequential((64,), _dense("a"), _dense("b"))),
    Case(
        "an initializer is SELU001's matter",
        sequential((64,), _dense("a", bias_initializer="ones")),
    ),
    Case("a linear layer with gain 1", _linear("lecun_normal")),
    Case("a custom initializer", _linear("own>initializer")),
    Case("branches joined", _merged("Concatenate", _dense("last"))),
    Case("branches multiplied", _merged("Multiply", _dense("last"))),
    Case("no SELU behind the sum", _merged("Add", _dense("last", "softmax"))),
    Case(
        "the sum scaled back",
        _merged("Add", layer("Rescaling", "half", scale=0.5**0.5), _dense("last")),
    ),
    Case("a normalization", _merged("Add", layer("LayerNormalization", "norm"), _dense("last"))),
    Case(
        "a scaled input is SELU009's matter",
        sequential((64,), layer("Rescaling", "r", scale=9.0), _dense("a")),
    ),
)


INVALID = (
    Case("a linear layer with a small gain", _linear("glorot_uniform"), ("last",)),
    Case("branches added", _merged("Add", _dense("last")), ("last",)),
    Case("branches averaged", _merged("Average", _dense("last")), ("last",)),
    Case("one finding for a stretch", _merged("Add", _dense("last"), _dense("next")), ("last",)),
    Case(
        "an embedding as Keras draws it",
        sequential(
            (10,),
            layer("Embedding", "embedding", input_dim=99, output_dim=8),
            layer("Flatten", "flatten"),
            _dense("a"),
        ),
        ("a",),
    ),
)
