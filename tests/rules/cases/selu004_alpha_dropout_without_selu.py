"""Cases of SELU004."""

from __future__ import annotations

from tests.cases import Case, layer, sequential


def _model(activation: str, *behind: dict[str, object]) -> dict[str, object]:
    dense = layer("Dense", "dense", units=8, activation=activation)
    return sequential((8,), dense, *behind)


VALID = (
    Case("behind SELU", _model("selu", layer("AlphaDropout", "drop", rate=0.1))),
    Case("on the model's input", sequential((8,), layer("AlphaDropout", "drop", rate=0.1))),
    Case(
        "behind a linear Activation",
        _model(
            "selu",
            layer("Activation", "cast", activation="linear"),
            layer("AlphaDropout", "drop", rate=0.1),
        ),
    ),
    Case(
        "behind a normalization of the input",
        sequential(
            (8,), layer("BatchNormalization", "bn"), layer("AlphaDropout", "drop", rate=0.1)
        ),
    ),
    Case(
        "behind Normalization",
        sequential((8,), layer("Normalization", "n"), layer("AlphaDropout", "drop", rate=0.1)),
    ),
    Case(
        "between a kernel and SELU",
        _model(
            "linear",
            layer("AlphaDropout", "drop", rate=0.1),
            layer("Activation", "selu", activation="selu"),
        ),
    ),
    Case(
        "behind a custom layer",
        _model("relu", layer("Unknown", "x"), layer("AlphaDropout", "drop", rate=0.1)),
    ),
)


INVALID = (
    Case(
        "behind ReLU",
        _model("relu", layer("AlphaDropout", "drop", rate=0.1, seed=None)),
        ("drop",),
        _model("relu", layer("Dropout", "drop", rate=0.1, seed=None)),
    ),
    Case(
        "behind the gates of a GRU",
        sequential(
            (8, 8),
            layer("GRU", "gru", units=8, activation="selu"),
            layer("AlphaDropout", "drop", rate=0.1),
        ),
        ("drop",),
        sequential(
            (8, 8),
            layer("GRU", "gru", units=8, activation="selu"),
            layer("Dropout", "drop", rate=0.1),
        ),
    ),
    Case(
        "behind a global pooling of SELU's output",
        sequential(
            (8, 8, 3),
            layer("Conv2D", "conv", filters=8, kernel_size=[3, 3], activation="selu"),
            layer("GlobalAveragePooling2D", "pool"),
            layer("AlphaDropout", "drop", rate=0.2),
        ),
        ("drop",),
        sequential(
            (8, 8, 3),
            layer("Conv2D", "conv", filters=8, kernel_size=[3, 3], activation="selu"),
            layer("GlobalAveragePooling2D", "pool"),
            layer("Dropout", "drop", rate=0.2),
        ),
    ),
)
