"""Cases of SELU010."""

from __future__ import annotations

from typing import Any

from tests.cases import Case, layer, sequential


def _model(*middle: dict[str, Any]) -> dict[str, Any]:
    first = layer("Dense", "first", units=8, activation="selu")
    return sequential((8,), first, *middle, layer("Dense", "last", units=8, activation="selu"))


def _dense(activation: object, name: str = "middle") -> dict[str, Any]:
    return layer("Dense", name, units=8, activation=activation)


VALID = (
    Case("SELU only", _model(_dense("selu"))),
    Case("a linear layer", _model(_dense("linear"))),
    Case("a normalization behind it", _model(_dense("relu"), layer("BatchNormalization", "bn"))),
    Case("a recurrent layer", sequential((5, 8), layer("LSTM", "lstm", units=8), _dense("selu"))),
    Case("a head", sequential((8,), _dense("selu"), _dense("relu", "a"), _dense("sigmoid", "b"))),
    Case("no SELU", sequential((8,), _dense("relu"), _dense("relu", "second"))),
    Case("code of the author's", _model(_dense("own>mish"))),
    Case("nearly SELU, which is SELU013's matter", _model(_dense(layer("ELU", "e", alpha=1.67)))),
)


INVALID = (
    Case("ReLU between SELU layers", _model(_dense("relu")), ("middle",)),
    Case("two of them", _model(_dense("relu", "a"), _dense("tanh", "b")), ("a", "b")),
    Case("a layer of its own", _model(_dense(None), layer("LeakyReLU", "leaky")), ("leaky",)),
    Case(
        "the last of a stem",
        sequential((8,), _dense("relu", "a"), _dense("relu", "b"), _dense("selu", "c")),
        ("b",),
    ),
    Case(
        "through layers that keep the distribution",
        sequential(
            (8, 8, 1),
            layer("Conv2D", "conv", filters=2, kernel_size=[3, 3], activation="relu"),
            layer("MaxPooling2D", "pool"),
            layer("Flatten", "flatten"),
            _dense("selu"),
        ),
        ("conv",),
    ),
    Case(
        "an activation whose moments are not predicted",
        _model(layer("ReLU", "relu", max_value=6.0), layer("PReLU", "prelu")),
        ("relu", "prelu"),
    ),
)
