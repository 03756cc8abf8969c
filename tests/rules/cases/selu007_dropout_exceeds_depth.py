"""Cases of SELU007."""

from __future__ import annotations

from typing import Any

from tests.cases import Case, layer, sequential


def _deep(depth: int, kind: str = "AlphaDropout", **config: Any) -> dict[str, Any]:
    layers = []
    for index in range(depth):
        drawn = {"activation": "selu", "kernel_initializer": "lecun_normal"}
        layers.append(layer("Dense", f"dense_{index}", units=64, **drawn))
        layers.append(layer(kind, f"drop_{index}", **config))
    return sequential((64,), *layers)


def _normalized(index: int) -> list[dict[str, Any]]:
    return [
        layer("Dense", f"dense_{index}", units=64, activation="selu"),
        layer("BatchNormalization", f"bn_{index}"),
        layer("AlphaDropout", f"drop_{index}", rate=0.3),
    ]


VALID = (
    Case("few layers", _deep(8, rate=0.1)),
    Case("many layers, little dropout", _deep(32, rate=0.03)),
    Case("many layers without dropout", _deep(40, rate=0.0)),
    Case("a rate that is not known", _deep(32, rate=None)),
    Case("no SELU", sequential((8,), *[layer("Dropout", f"d{n}", rate=0.5) for n in range(40)])),
    Case(
        "a normalization behind each SELU begins anew",
        sequential((64,), *(each for n in range(12) for each in _normalized(n))),
    ),
    Case("no layers", sequential((8,))),
)


INVALID = (
    Case("AlphaDropout at the rate of the paper, 32 layers", _deep(32, rate=0.1), ("",)),
    Case("Dropout", _deep(12, "Dropout", rate=0.5), ("",)),
    Case("Gaussian noise", _deep(12, "GaussianNoise", stddev=1.0), ("",)),
    Case("a depth that is too much by itself", _deep(210, rate=0.01), ("",)),
)
