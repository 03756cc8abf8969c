"""Networks of the shapes that people build, and some that may not train, built by Keras.

Each has a family and a number. The architectures of those that were measured or trained stand in
``docs/evidence/cpu/keras_networks.zip``, so that they are judged anew without Keras.
"""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from selu_lint.model.document import Document
from selu_lint.model.graph import ModelGraph
from selu_lint.model.graph_builder import build_graph

CPU = Path(__file__).parents[2] / "docs" / "evidence" / "cpu"
_ARCHITECTURES = CPU / "keras_networks.zip"
_RELEASE = "3.15.1"

BIASES = ("zeros", "ones", "lecun_normal", "glorot_uniform", "he_normal", "random_normal")
KERNELS = ("lecun_normal", "glorot_uniform", "he_normal", "lecun_uniform")


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


class HardBuilder(Builder):
    """Builds networks that ask more: much dropout, and gains far from 1."""

    def families(self) -> Mapping[str, Callable[[random.Random], Any]]:
        """Return what builds a network of each family."""
        return {
            "dense, much dropout": self.dense,
            "residual, much dropout": self.deep_residual,
            "convolutions, much dropout": self.convolutions,
            "gains far from 1": self.gains,
            "tabular, deep with dropout": self.deep_tabular,
            "images, deep with dropout": self.deep_images,
            "residual, dropout on the sum": self.dropped_sums,
            "gains off, dropout": self.gains_and_dropout,
            "deep, gains far off": self.far_gains,
        }

    def _much(self, choose: random.Random, x: Any) -> Any:
        kind = choose.choice([self.layers.AlphaDropout, self.layers.Dropout])
        return kind(choose.choice([0.1, 0.2, 0.3, 0.5]))(x)

    def dense(self, choose: random.Random) -> Any:
        given = x = self._input(64)
        units = choose.choice([32, 64, 128])
        for _ in range(choose.choice([4, 8, 12, 16, 24])):
            x = self._much(choose, self._selu(choose, x, units))
        return self.keras.Model(given, self.layers.Dense(100)(x))

    def deep_residual(self, choose: random.Random) -> Any:
        given = x = self._input(64)
        x = self._selu(choose, x)
        for _ in range(choose.choice([4, 8, 16, 24])):
            inner = self._much(choose, self._selu(choose, x))
            x = self.layers.Add()([x, self._much(choose, self._selu(choose, inner))])
        return self.keras.Model(given, self.layers.Dense(100)(x))

    def convolutions(self, choose: random.Random) -> Any:
        given = x = self._input(16, 16, 3)
        for index in range(choose.choice([4, 8, 12, 16])):
            x = self._much(choose, self._convolution(x, 1 if index else 2))
        return self.keras.Model(given, self.layers.Dense(100)(self.layers.Flatten()(x)))

    def _convolution(self, x: Any, strides: int = 1) -> Any:
        drawn = {"activation": "selu", "kernel_initializer": "lecun_normal"}
        return self.layers.Conv2D(16, 3, strides=strides, padding="same", **drawn)(x)

    def gains(self, choose: random.Random) -> Any:
        scale = choose.choice([0.05, 0.2, 0.4, 1.7, 2.2, 3.0])
        return self._scaled(choose, scale, [6, 12, 24])

    def far_gains(self, choose: random.Random) -> Any:
        scale = choose.choice([0.001, 0.01, 0.1, 3.0, 10.0, 30.0])
        return self._scaled(choose, scale, [12, 24, 48])

    def gains_and_dropout(self, choose: random.Random) -> Any:
        units, scale = choose.choice([32, 64, 128, 256]), choose.choice([0.4, 0.6, 1.3, 1.7])
        return self._scaled(choose, scale, [6, 12, 24], units, dropped=True)

    def _scaled(
        self,
        choose: random.Random,
        scale: float,
        depths: list[int],
        units: int = 128,
        dropped: bool = False,
    ) -> Any:
        given = x = self._input(64)
        drawn = self.keras.initializers.VarianceScaling(scale, "fan_in", "truncated_normal")
        for _ in range(choose.choice(depths)):
            x = self.layers.Dense(units, activation="selu", kernel_initializer=drawn)(x)
            x = self._much(choose, x) if dropped else x
        return self.keras.Model(given, self.layers.Dense(100)(x))

    def deep_tabular(self, choose: random.Random) -> Any:
        given = self._input(20)
        x = self.layers.Normalization(mean=[3.0] * 20, variance=[4.0] * 20)(given)
        units = choose.choice([32, 64, 128, 256])
        for _ in range(choose.choice([12, 16, 24, 32])):
            x = self._much(choose, self._selu(choose, x, units))
        return self.keras.Model(given, self.layers.Dense(100)(x))

    def deep_images(self, choose: random.Random) -> Any:
        given = self._input(16, 16, 1)
        x = self.layers.Rescaling(1 / 255)(given)
        x = self._convolution(x, 2)
        for _ in range(choose.choice([16, 24, 32])):
            x = self._much(choose, self._convolution(x))
        return self.keras.Model(given, self.layers.Dense(100)(self.layers.Flatten()(x)))

    def dropped_sums(self, choose: random.Random) -> Any:
        given = x = self._input(64)
        units = choose.choice([32, 64, 128])
        x = self._selu(choose, x, units)
        for _ in range(choose.choice([8, 16, 24])):
            inner = self._selu(choose, self._selu(choose, x, units), units)
            x = self._much(choose, self.layers.Add()([x, inner]))
        return self.keras.Model(given, self.layers.Dense(100)(x))


def networks(builder: Builder, count: int) -> dict[tuple[str, int], Callable[[], Any]]:
    """Return what builds so many networks of each family, by its name and their numbers."""

    def built(build: Callable[[random.Random], Any], number: int) -> Callable[[], Any]:
        return lambda: build(random.Random(number))

    return {
        (family, number): built(build, number)
        for number in range(count)
        for family, build in builder.families().items()
    }


def keep(family: str, number: int, model: Any) -> None:
    """Keep the architecture of a network, once."""
    name = _name(family, number)
    with zipfile.ZipFile(_ARCHITECTURES, "a", zipfile.ZIP_DEFLATED) as kept:
        if name not in kept.namelist():
            kept.writestr(zipfile.ZipInfo(name), model.to_json(), zipfile.ZIP_DEFLATED)


def graph_of(family: str, number: int) -> ModelGraph:
    """Return the graph of a network that was kept."""
    name = _name(family, number)
    with zipfile.ZipFile(_ARCHITECTURES) as kept:
        architecture = json.loads(kept.read(name))
    return build_graph(Document(name, "architecture-json", _RELEASE, architecture))


def _name(family: str, number: int) -> str:
    return f"{family}/{number}.json"
