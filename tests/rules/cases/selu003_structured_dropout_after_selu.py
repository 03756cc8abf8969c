"""Cases of SELU003."""

from __future__ import annotations

from tests.cases import Case, layer, sequential


def _model(*behind: dict[str, object]) -> dict[str, object]:
    convolution = layer(
        "Conv2D",
        "conv",
        filters=4,
        kernel_size=[3, 3],
        activation="selu",
        kernel_initializer="lecun_normal",
    )
    return sequential((8, 8, 1), convolution, *behind)


VALID = (
    Case(
        "AlphaDropout",
        _model(layer("AlphaDropout", "drop", rate=0.1, noise_shape=[None, 1, 1, None])),
    ),
    Case(
        "recurrent and attention layers without dropout, or before SELU",
        sequential(
            (8, 8),
            layer("LSTM", "lstm", units=8, dropout=0.5, recurrent_dropout=0.5),
            layer("Dense", "dense", units=8, activation="selu"),
            layer("GRU", "gru", units=8, dropout=0.0, recurrent_dropout=0.5),
        ),
    ),
    Case("no noise", _model(layer("GaussianNoise", "noise", stddev=0.0))),
)


INVALID = (
    Case(
        "channels last",
        _model(layer("SpatialDropout2D", "drop", rate=0.1, data_format="channels_last")),
        ("drop",),
        _model(layer("AlphaDropout", "drop", rate=0.0264, noise_shape=[None, 1, 1, None])),
    ),
    Case(
        "channels first",
        _model(layer("SpatialDropout2D", "drop", rate=0.1, data_format="channels_first")),
        ("drop",),
        _model(layer("AlphaDropout", "drop", rate=0.0264, noise_shape=[None, None, 1, 1])),
    ),
    Case(
        "dropout arguments of recurrent layers",
        sequential(
            (8, 8),
            layer("Dense", "dense", units=8, activation="selu"),
            layer("LSTM", "lstm", units=8, dropout=0.5, return_sequences=True),
            layer("Dense", "dense_1", units=8, activation="selu"),
            layer("Bidirectional", "both", layer=layer("GRU", "gru", units=8, dropout=0.5)),
        ),
        ("lstm", "both/gru"),
    ),
    Case(
        "the state of a SimpleRNN",
        sequential(
            (8, 8), layer("SimpleRNN", "rnn", units=8, activation="selu", recurrent_dropout=0.2)
        ),
        ("rnn",),
    ),
    Case(
        "dropout of attention",
        _model(layer("MultiHeadAttention", "attention", num_heads=2, key_dim=4, dropout=0.1)),
        ("attention",),
    ),
    Case(
        "in front of SELU",
        sequential(
            (8, 8),
            layer("Dense", "dense", units=8),
            layer("SpatialDropout1D", "drop", rate=0.5),
            layer("Activation", "selu", activation="selu"),
        ),
        ("drop",),
    ),
    Case(
        "Gaussian noise in front of SELU",
        sequential(
            (8,),
            layer("Dense", "dense", units=8),
            layer("GaussianNoise", "noise", stddev=0.5),
            layer("Activation", "selu", activation="selu"),
        ),
        ("noise",),
    ),
    Case("Gaussian noise", _model(layer("GaussianNoise", "noise", stddev=0.1)), ("noise",)),
    Case("Gaussian dropout", _model(layer("GaussianDropout", "noise", rate=0.1)), ("noise",)),
    Case(
        "Keras 2 loses the noise_shape, so no fix",
        _model(layer("SpatialDropout2D", "drop", rate=0.1, noise_shape=None)),
        ("drop",),
        keras_version="2.15.0",
    ),
)
