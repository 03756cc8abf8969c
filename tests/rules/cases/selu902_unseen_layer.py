"""Cases of SELU902."""

from __future__ import annotations

from typing import Any

from tests.cases import Case, layer, sequential

_CUSTOM = {"module": "blocks", "class_name": "Block", "registered_name": "blocks>Block"}


_DENSE = layer("Dense", "dense", units=8, activation="selu")


def _own(class_name: str, **config: Any) -> dict[str, Any]:
    names = {"class_name": class_name, "registered_name": f"own>{class_name}"}
    return {"module": None, **names, "config": {"name": "own", **config}}


def _operation(module: str, class_name: str) -> dict[str, Any]:
    return {**layer(class_name, "operation"), "module": module, "registered_name": class_name}


def _tensorflow(function: str) -> dict[str, Any]:
    return {"class_name": "TFOpLambda", "config": {"name": "operation", "function": function}}


def _activation(value: object) -> dict[str, Any]:
    return sequential((8,), layer("Dense", "dense", units=8, activation=value))


def _function(name: str) -> dict[str, Any]:
    kind = {"module": "builtins", "class_name": "function", "registered_name": "function"}
    return {**kind, "config": name}


VALID = (
    Case("layers of Keras", sequential((8,), layer("Dense", "dense", units=8))),
    Case(
        "a custom layer that tells its activation and its initializer",
        sequential(
            (8,),
            _CUSTOM
            | {"config": {"name": "b", "activation": "relu", "kernel_initializer": "he_normal"}},
        ),
    ),
    Case("augmentation", sequential((8, 8, 3), layer("RandomFlip", "flip"))),
    Case(
        "augmentation of Keras 2, which writes no modules",
        sequential((8, 8, 3), {"class_name": "RandomWidth", "config": {"name": "width"}}),
        keras_version="2.4.0",
    ),
    Case("an operation", sequential((8,), _operation("keras.src.ops.numpy", "Exp"))),
    Case("one of Keras Core", sequential((8,), _operation("keras_core.src.ops.numpy", "Mean"))),
    Case(
        "a layer of an application",
        sequential((8,), _operation("keras.src.applications.convnext", "LayerScale")),
    ),
    Case("a function of TensorFlow", sequential((8,), _tensorflow("math.reduce_mean"))),
    Case("a function as Keras has it", _activation(_function("gelu"))),
    Case(
        "an activation that is called SELU, which is SELU013's", _activation(_function("my_selu"))
    ),
)


INVALID = (
    Case("a Lambda", sequential((8,), layer("Lambda", "lambda")), ("lambda",)),
    Case("a custom layer", sequential((8,), _CUSTOM | {"config": {"name": "block"}}), ("block",)),
    Case(
        "a layer in the scope of custom objects",
        sequential((8,), _own("Block") | {"registered_name": "Block"}),
        ("own",),
    ),
    Case("a wrapper", sequential((8,), _own("SeluWrap", layer=_DENSE)), ("own",)),
    Case("a subclass of Sequential", sequential((8,), _own("Block", layers=[_DENSE])), ("own",)),
    Case("the model itself", sequential((8,), _DENSE) | {"registered_name": "own>Net"}, ("",)),
    Case(
        "the model itself, in Keras 2",
        {"class_name": "Net", "config": sequential((8,), _DENSE)["config"]},
        ("",),
        keras_version="2.4.0",
    ),
    Case(
        "a class that is called like an operation, in Keras 2",
        sequential((8,), {"class_name": "Exp", "config": {"name": "exp"}}),
        ("exp",),
        keras_version="2.4.0",
    ),
    Case(
        "an operation that applies a function",
        sequential((8,), _operation("keras.src.ops.core", "Map")),
        ("operation",),
    ),
    Case("one of TensorFlow", sequential((8,), _tensorflow("map_fn")), ("operation",)),
    Case(
        "a later layer of Keras",
        sequential((8,), layer("TriangularAttention", "later")),
        ("later",),
    ),
    Case("an activation", _activation(_function("act")), ("dense",)),
    Case("a registered activation", _activation(_function("own>act")), ("dense",)),
    Case("an activation in Keras 2", _activation("act"), ("dense",)),
    Case(
        "an object",
        _activation({"module": None, "class_name": "Act", "config": {}, "registered_name": "Act"}),
        ("dense",),
    ),
    Case("a Lambda as activation", _activation(layer("Lambda", "lambda")), ("dense",)),
    Case("a lambda", _activation({"value": ["4wEA", None, None]}), ("dense",)),
    Case(
        "a lambda of Keras 2",
        _activation({"class_name": "__lambda__", "config": {"value": "4wEA"}}),
        ("dense",),
    ),
    Case(
        "gates",
        sequential((8, 2), layer("LSTM", "lstm", units=8, recurrent_activation="gate")),
        ("lstm",),
    ),
)
