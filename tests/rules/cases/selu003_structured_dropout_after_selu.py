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
    Case("Gaussian noise", _model(layer("GaussianNoise", "noise", stddev=0.1)), ("noise",)),
    Case("Gaussian dropout", _model(layer("GaussianDropout", "noise", rate=0.1)), ("noise",)),
    Case(
        "Keras 2 loses the noise_shape, so no fix",
        _model(layer("SpatialDropout2D", "drop", rate=0.1, noise_shape=None)),
        ("drop",),
        keras_version="2.15.0",
    ),
)
