"""Cases of SELU002."""

from __future__ import annotations

from tests.cases import Case, layer, sequential


def _model(*behind: dict[str, object], activation: str = "selu") -> dict[str, object]:
    dense = layer(
        "Dense", "dense", units=8, activation=activation, kernel_initializer="lecun_normal"
    )
    return sequential((8,), dense, *behind)


def _image(pooling: dict[str, object]) -> dict[str, object]:
    convolution = layer("Conv2D", "conv", filters=8, kernel_size=[3, 3], activation="selu")
    drop = layer("Dropout", "drop", rate=0.5)
    return sequential((8, 8, 3), convolution, pooling, drop)


VALID = (
    Case("behind a global pooling", _image(layer("GlobalAveragePooling2D", "pool"))),
    Case(
        "behind a pooling of the whole image",
        _image(layer("AveragePooling2D", "pool", pool_size=[6, 6])),
    ),
    Case("AlphaDropout", _model(layer("AlphaDropout", "drop", rate=0.1))),
    Case(
        "Dropout behind another activation",
        _model(layer("Dropout", "drop", rate=0.1), activation="relu"),
    ),
    Case("a rate of 0 does nothing", _model(layer("Dropout", "drop", rate=0.0))),
    Case(
        "a normalization in between",
        _model(layer("BatchNormalization", "bn"), layer("Dropout", "drop", rate=0.1)),
    ),
)


INVALID = (
    Case(
        "Dropout behind SELU",
        _model(layer("Dropout", "drop", rate=0.25, seed=3, noise_shape=None)),
        ("drop",),
        _model(layer("AlphaDropout", "drop", rate=0.0753, seed=3, noise_shape=None)),
    ),
    Case(
        "the rate kept",
        _model(layer("Dropout", "drop", rate=0.25)),
        ("drop",),
        _model(layer("AlphaDropout", "drop", rate=0.25)),
        settings={"alpha_rate": "keep"},
    ),
    Case(
        "through layers that keep the distribution",
        _model(
            layer("Reshape", "reshape", target_shape=[2, 4]), layer("Dropout", "drop", rate=0.1)
        ),
        ("drop",),
        _model(
            layer("Reshape", "reshape", target_shape=[2, 4]),
            layer("AlphaDropout", "drop", rate=0.0264),
        ),
    ),
    Case(
        "no AlphaDropout in Keras 3.0.0, so no fix",
        _model(layer("Dropout", "drop", rate=0.1)),
        ("drop",),
        keras_version="3.0.0",
    ),
)
