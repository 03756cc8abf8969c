"""Cases of SELU002."""

from __future__ import annotations

from tests.cases import Case, layer, sequential


def _model(*behind: dict[str, object], activation: str = "selu") -> dict[str, object]:
    dense = layer(
        "Dense", "dense", units=8, activation=activation, kernel_initializer="lecun_normal"
    )
    return sequential((8,), dense, *behind)


VALID = (
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
