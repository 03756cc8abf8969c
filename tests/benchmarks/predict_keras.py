"""How far are predicted second moments from those of real Keras networks, layer by layer?

Run by hand: ``python -m tests.benchmarks.predict_keras [--draws 6] [--only WORD]``. 60 networks of
the shapes that people build, ten families of six, are built and drawn several times by Keras; what
each layer puts out, in inference and in training, is held against the prediction. Inputs are drawn
as the profile says that it takes them. Prints Markdown. Needs selu-lint[tensorflow].
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from selu_lint.limits import DEFAULT
from selu_lint.live import built_model
from selu_lint.model.graph_builder import build_graph
from selu_lint.profiles.measurement import measure
from selu_lint.profiles.profiling import predict

BIASES = ("zeros", "ones", "lecun_normal", "glorot_uniform", "he_normal", "random_normal")
KERNELS = ("lecun_normal", "glorot_uniform", "he_normal", "lecun_uniform")
CLOSE = 0.1


class Row(NamedTuple):
    """One layer in one mode: its class, and prediction over measurement; None if unpredicted.

    ``error`` is the relative standard error of the measurement, over draws.
    """

    network: str
    layer: str
    mode: str
    ratio: float | None
    error: float

    @property
    def is_close(self) -> bool:
        """Whether it is within 10 %, or within 2 standard errors."""
        return abs((self.ratio or 0.0) - 1) <= max(CLOSE, 2 * self.error)


class Builder:
    """Builds networks with Keras, each from a number."""

    def __init__(self, keras: Any) -> None:
        self.keras = keras
        self.layers = keras.layers

    def families(self) -> Mapping[str, Callable[[random.Random], Any]]:
        """Return what builds a network of each family."""
        return {
            "dense, tabular": self.tabular,
            "biases of every initializer": self.biased,
            "images with Rescaling": self.rescaled,
            "conv, ReLU, MaxPool": self.relu_images,
            "conv(selu), average pooling": self.averaged,
            "conv, BatchNormalization, pooling": self.normalized,
            "residual": self.residual,
            "depthwise and separable": self.depthwise,
            "embeddings": self.embedded,
            "transfer learning head": self.transfer,
        }

    def _input(self, *shape: int) -> Any:
        return self.keras.Input(shape)

    def _dropped(self, choose: random.Random, x: Any) -> Any:
        kind = choose.choice(["AlphaDropout", "Dropout", None])
        return x if kind is None else getattr(self.layers, kind)(choose.choice([0.05, 0.1, 0.3]))(x)

    def _selu(self, choose: random.Random, x: Any, units: int = 128) -> Any:
        drawn = choose.choice(KERNELS)
        return self.layers.Dense(units, activation="selu", kernel_initializer=drawn)(x)

    def _head(self, x: Any, flat: bool = True) -> Any:
        x = self.layers.Flatten()(x) if flat else x
        x = self.layers.Dense(64, activation="selu", kernel_initializer="lecun_normal")(x)
        return self.layers.Dense(100)(x)

    def tabular(self, choose: random.Random) -> Any:
        given = self._input(20)
        normalization = self.layers.Normalization(mean=[3.0] * 20, variance=[4.0] * 20)
        x = normalization(given)
        for _ in range(choose.randint(2, 8)):
            x = self._dropped(choose, self._selu(choose, x, choose.choice([64, 128, 256])))
        return self.keras.Model(given, self._head(x, flat=False))

    def biased(self, choose: random.Random) -> Any:
        given = x = self._input(64)
        for _ in range(6):
            drawn = {
                "kernel_initializer": "lecun_normal",
                "bias_initializer": choose.choice(BIASES),
            }
            x = self.layers.Dense(128, activation="selu", **drawn)(x)
        return self.keras.Model(given, self._head(x, flat=False))

    def rescaled(self, choose: random.Random) -> Any:
        given = self._input(16, 16, choose.choice([1, 3]))
        scale, offset = choose.choice([(1 / 255, 0.0), (1 / 127.5, -1.0), (1 / 78.6, -0.42)])
        x = self.layers.Rescaling(scale, offset)(given)
        for _ in range(choose.randint(1, 3)):
            padding, kernel = choose.choice(["same", "valid"]), choose.choice(KERNELS)
            x = self.layers.Conv2D(
                48, 3, padding=padding, activation="selu", kernel_initializer=kernel
            )(x)
        return self.keras.Model(given, self._head(self.layers.MaxPooling2D(2)(x)))

    def relu_images(self, choose: random.Random) -> Any:
        given = x = self._input(16, 16, 3)
        for _ in range(choose.randint(1, 2)):
            for _ in range(choose.randint(1, 2)):
                x = self.layers.Conv2D(
                    choose.choice([32, 64, 128]), 3, padding="same", kernel_initializer="he_normal"
                )(x)
                x = self.layers.ReLU()(x)
            x = self.layers.MaxPooling2D(2)(x)
        return self.keras.Model(given, self._head(x))

    def averaged(self, choose: random.Random) -> Any:
        given = x = self._input(16, 16, 3)
        for _ in range(choose.randint(1, 3)):
            x = self.layers.Conv2D(
                64, 3, padding="same", activation="selu", kernel_initializer="lecun_normal"
            )(x)
            x = self.layers.AveragePooling2D(2)(self._dropped(choose, x))
        if choose.random() < 0.5:
            return self.keras.Model(given, self._head(self.layers.GlobalAveragePooling2D()(x)))
        return self.keras.Model(given, self._head(x))

    def normalized(self, choose: random.Random) -> Any:
        given = x = self._input(16, 16, 3)
        pool = choose.choice([self.layers.AveragePooling2D, self.layers.MaxPooling2D])
        behind = choose.random() < 0.5
        for _ in range(choose.randint(1, 3)):
            x = self.layers.Conv2D(64, 3, padding="same", kernel_initializer="lecun_normal")(x)
            if behind:
                x = self.layers.BatchNormalization()(self.layers.Activation("selu")(x))
            else:
                x = self.layers.Activation("selu")(self.layers.BatchNormalization()(x))
            x = pool(2)(x)
        return self.keras.Model(given, self._head(x))

    def residual(self, choose: random.Random) -> Any:
        given = x = self._input(64)
        x = self._selu(choose, x)
        for _ in range(choose.randint(2, 8)):
            inner = self._dropped(choose, self._selu(choose, self._selu(choose, x)))
            x = self.layers.Add()([x, inner])
        return self.keras.Model(given, self._head(x, flat=False))

    def depthwise(self, choose: random.Random) -> Any:
        given = x = self._input(16, 16, 3)
        x = self.layers.Conv2D(64, 3, padding="same", activation="selu")(x)
        for _ in range(choose.randint(1, 3)):
            if choose.random() < 0.5:
                drawn = {"depthwise_initializer": "he_normal", "pointwise_initializer": "he_normal"}
                x = self.layers.SeparableConv2D(64, 3, padding="same", activation="selu", **drawn)(
                    x
                )
            else:
                x = self.layers.DepthwiseConv2D(3, padding="same")(x)
                x = self.layers.Conv2D(64, 1, activation="selu")(x)
        return self.keras.Model(given, self._head(x))

    def embedded(self, choose: random.Random) -> Any:
        given = self.keras.Input((12,), dtype="int32")
        x = self.layers.Embedding(500, choose.choice([32, 64]))(given)
        if choose.random() < 0.5:
            x = self.layers.GlobalAveragePooling1D()(x)
        else:
            x = self.layers.Flatten()(x)
        for _ in range(choose.randint(1, 4)):
            x = self._dropped(choose, self._selu(choose, x))
        return self.keras.Model(given, self._head(x, flat=False))

    def transfer(self, choose: random.Random) -> Any:
        given = x = self._input(16, 16, 3)
        for width in (32, 64):
            x = self.layers.Conv2D(width, 3, strides=2, padding="same", use_bias=False)(x)
            x = self.layers.BatchNormalization()(x)
            x = self.layers.ReLU(6.0)(x) if choose.random() < 0.5 else self.layers.ReLU()(x)
        x = self.layers.GlobalAveragePooling2D()(x)
        for _ in range(choose.randint(1, 3)):
            x = self._dropped(choose, self._selu(choose, x))
        return self.keras.Model(given, self._head(x, flat=False))


def compared(
    keras: Any, name: str, build: Callable[[random.Random], Any], seed: int, draws: int
) -> list[Row]:
    """Return prediction over measurement for the layers of one network, in both modes."""
    seen: dict[tuple[str, str], list[float]] = {}
    prediction = None
    for draw in range(draws):
        keras.utils.clear_session()
        keras.utils.set_random_seed(draw)
        model = build(random.Random(seed))
        if prediction is None:
            prediction = predict(build_graph(built_model.read(model, DEFAULT)))
        premises = {
            path: premise.channels
            for path, premise in prediction.inputs.items()
            if premise.channels is not None
        }
        for layer, each in _measured(model, premises).items():
            seen.setdefault((layer, "inference"), []).append(each.variance + each.mean**2)
            second = each.training_variance + each.training_mean**2
            seen.setdefault((layer, "training"), []).append(second)
    assert prediction is not None
    rows = []
    for layer in prediction.layers:
        told = {
            "inference": (layer.mean, layer.variance),
            "training": (layer.training_mean, layer.training_variance),
        }
        for mode, (mean, variance) in told.items():
            real = float(np.mean(seen[layer.layer, mode]))
            known = mean is not None and variance is not None
            ratio = (variance + mean**2) / real if known and real > 0 else None
            error = float(np.std(seen[layer.layer, mode])) / real / draws**0.5 if real else 0.0
            rows.append(Row(name, layer.class_name, mode, ratio, error))
    return rows


def _measured(model: Any, premises: Mapping[str, Any]) -> Mapping[str, Any]:
    if "int" not in str(model.inputs[0].dtype):
        return measure(model, None, premises)
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".npy") as file:
        tokens = np.random.default_rng(0).integers(0, 500, (256, 12))
        np.save(file.name, tokens)
        return measure(model, file.name)


def table(rows: list[Row]) -> str:
    """Return how close the predictions are, by family, as Markdown."""
    lines = [
        "| family | layers | predicted | within 10 % | or 2 standard errors | median error | 95 % "
        "| farthest |",
        "|---|---|---|---|---|---|---|---|",
    ]
    families = list(dict.fromkeys(row.network for row in rows))
    for family in [*families, "all"]:
        mine = [row for row in rows if family in (row.network, "all")]
        known = [row for row in mine if row.ratio is not None]
        errors = np.abs([(row.ratio or 0.0) - 1 for row in known])
        worst = known[int(errors.argmax())]
        farthest = f"{worst.ratio:.2f}, {worst.layer} in {worst.mode}"
        lines.append(
            f"| {family} | {len(mine)} | {len(known) / len(mine):.0%} "
            f"| {(errors <= CLOSE).mean():.1%} | {np.mean([row.is_close for row in known]):.1%} "
            f"| {np.median(errors):.1%} "
            f"| {np.quantile(errors, 0.95):.1%} | {farthest} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=6)
    parser.add_argument("--networks", type=int, default=6, help="of each family")
    parser.add_argument("--only", default="", help="families with this word in their name")
    parser.add_argument("--verbose", action="store_true", help="print each layer that is off")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    rows: list[Row] = []
    for name, build in Builder(keras).families().items():
        if options.only in name:
            for seed in range(options.networks):
                found = compared(keras, name, build, seed, options.draws)
                rows += found
                off = [row for row in found if row.ratio is None or abs(row.ratio - 1) > CLOSE]
                if options.verbose:
                    print(f"{name} {seed}:", *off, sep="\n  ", flush=True)
    print(table(rows))


if __name__ == "__main__":
    main()
