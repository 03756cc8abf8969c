"""Cases of SELU009."""

from __future__ import annotations

from typing import Any

from tests.cases import Case, layer, sequential


def _model(*front: dict[str, Any], dtype: str = "float32") -> dict[str, Any]:
    model = sequential(
        (4, 4, 1),
        *front,
        layer("Flatten", "flatten"),
        layer("Dense", "dense", units=8, activation="selu"),
        layer("Dense", "second", units=8, activation="selu"),
    )
    model["config"]["layers"][0]["config"]["dtype"] = dtype
    return model


def _rescaling(scale: object, offset: object = 0.0) -> dict[str, Any]:
    return layer("Rescaling", "rescaling", scale=scale, offset=offset)


VALID = (
    Case("a float input, of which nothing is known", _model()),
    Case("pixels around 0", _model(_rescaling(1 / 127.5, -1.0), dtype="uint8")),
    Case("pixels standardized", _model(_rescaling(1 / (255 * 0.3081), -0.1307 / 0.3081))),
    Case("a Normalization", _model(_rescaling(1 / 255), layer("Normalization", "normalization"))),
    Case("not of pixels", _model(_rescaling(0.1))),
    Case("unknown numbers", _model(_rescaling(None, [None, "x"]))),
    Case(
        "an Embedding of integers",
        _model(layer("Embedding", "embedding", input_dim=9, output_dim=2), dtype="int32"),
    ),
    Case(
        "behind another kernel",
        _model(_rescaling(1 / 255), layer("Dense", "relu", units=8, activation="relu")),
    ),
)


INVALID = (
    Case("pixels in [0, 1]", _model(_rescaling(1 / 255)), ("rescaling",)),
    Case(
        "rounded, through augmentation",
        _model(_rescaling(0.0039), layer("RandomFlip", "flip")),
        ("rescaling",),
    ),
    Case("a range that is too narrow", _model(_rescaling(1 / 255, -0.5)), ("rescaling",)),
    Case("one channel of three", _model(_rescaling([1 / 255, 1 / 127.5], [0, -1])), ("rescaling",)),
    Case("bytes, whatever the scale", _model(_rescaling(0.01), dtype="uint8"), ("rescaling",)),
    Case("integers", _model(dtype="uint8"), ("input",)),
)
