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


def _called(training: object, class_name: str = "Dropout", rate: float = 0.1) -> dict[str, object]:
    """Return a Functional model of Keras 2 whose dropout has a ``training`` argument."""

    def node(name: str, source: str | None, serialized: dict[str, object]) -> dict[str, object]:
        keywords = {"training": training} if name == "drop" else {}
        inbound = [[[source, 0, 0, keywords]]] if source else []
        return {**serialized, "name": name, "inbound_nodes": inbound}

    layers = [
        node("x", None, layer("InputLayer", "x", batch_input_shape=[None, 8])),
        node("dense", "x", layer("Dense", "dense", units=8, activation="selu")),
        node("drop", "dense", layer(class_name, "drop", rate=rate)),
    ]
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [["drop", 0, 0]]}
    return {"class_name": "Functional", "config": {"name": "model", "layers": layers, **ends}}


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
    Case(
        "between a kernel and SELU, AlphaDropout",
        sequential(
            (8,),
            layer("Dense", "dense", units=8),
            layer("AlphaDropout", "drop", rate=0.1),
            layer("Activation", "selu", activation="selu"),
        ),
    ),
    Case(
        "behind the gates of an LSTM",
        sequential(
            (8, 8),
            layer("LSTM", "lstm", units=8, activation="selu"),
            layer("Dropout", "drop", rate=0.1),
        ),
    ),
    Case("called with training=False in Keras 2", _called(False), keras_version="2.15.0"),
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
        "behind a linear Activation, as mixed precision has it",
        _model(
            layer("Activation", "cast", activation="linear", dtype="float32"),
            layer("Dropout", "drop", rate=0.1),
        ),
        ("drop",),
        _model(
            layer("Activation", "cast", activation="linear", dtype="float32"),
            layer("AlphaDropout", "drop", rate=0.0264),
        ),
    ),
    Case(
        "called with training=1 in Keras 2",
        _called(1),
        ("drop",),
        _called(1, "AlphaDropout", 0.0264),
        keras_version="2.15.0",
    ),
    Case(
        "in front of SELU",
        sequential(
            (8,),
            layer("Dense", "dense", units=8),
            layer("Dropout", "drop", rate=0.5),
            layer("Activation", "selu", activation="selu"),
        ),
        ("drop",),
    ),
    Case(
        "no AlphaDropout in Keras 3.0.0, so no fix",
        _model(layer("Dropout", "drop", rate=0.1)),
        ("drop",),
        keras_version="3.0.0",
    ),
)
