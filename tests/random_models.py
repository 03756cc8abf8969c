"""Models of many kinds for tests, built alike with either generation of Keras."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

_INITIALIZERS = (
    None, None, "lecun_normal", "lecun_normal", "glorot_normal", "he_normal", "he_uniform",
    "lecun_uniform", "orthogonal", "unit", "narrow", "scaled", "equal",
)  # fmt: skip


class RandomModels:
    """Builds a model from a seed: the same topology and settings for every Keras.

    Parameters
    ----------
    keras : module
        ``keras`` or ``tf_keras``.
    seed : int
        Which model.
    """

    def __init__(self, keras: Any, seed: int) -> None:
        self.keras = keras
        self.layers = keras.layers
        self.random = random.Random(seed)
        self.count = 0

    def build(self) -> Any:
        """Return a Functional or a Sequential model."""
        shape = self.random.choice([(12,), (12, 6), (12, 12, 3)])
        if self.random.random() < 0.3:
            return self._sequential(shape, self._title("sequential"), 8)
        given = self.keras.Input(shape, name=self._title("input"))
        return self.keras.Model(given, self._chain(given, 12, nested=True), name="model")

    def _title(self, kind: str) -> str:
        self.count += 1
        return f"{kind}_{self.count}"

    def _sequential(self, shape: tuple[int, ...], name: str, length: int) -> Any:
        model = self.keras.Sequential([self.keras.Input(shape)], name=name)
        for _ in range(length):
            rank = len(model.output_shape) if model.layers else len(shape) + 1
            model.add(self._layer(rank))
        return model

    def _chain(self, tensor: Any, length: int, nested: bool) -> Any:
        for _ in range(length):
            way = self.random.random()
            shape = tuple(tensor.shape[1:])
            if way < 0.08 and nested:
                inner = self._nested(shape)
                tensor = inner(tensor)
                if tuple(tensor.shape[1:]) == shape and self.random.random() < 0.5:
                    tensor = inner(tensor)
            elif way < 0.16:
                branches = [self._same_shape(tensor), self._same_shape(tensor)]
                merge = self.random.choice([self.layers.Add, self.layers.Concatenate])
                tensor = merge(name=self._title("merge"))(branches)
            elif way < 0.22 and len(shape) == 1:
                shared = self._dense(units=shape[0])
                tensor = shared(shared(tensor))
            else:
                tensor = self._layer(len(shape) + 1)(tensor)
        return tensor

    def _nested(self, shape: tuple[int, ...]) -> Any:
        if self.random.random() < 0.5:
            return self._sequential(shape, self._title("block"), 3)
        given = self.keras.Input(shape, name=self._title("block_input"))
        output = self._chain(given, 3, nested=False)
        return self.keras.Model(given, output, name=self._title("block"))

    def _same_shape(self, tensor: Any) -> Any:
        kinds: tuple[Callable[[], Any], ...] = (
            lambda: self._activation(),
            lambda: self._dropout(2),
            lambda: self._dense(units=tensor.shape[-1]),
        )
        return self.random.choice(kinds)()(tensor)

    def _layer(self, rank: int) -> Any:
        own = {2: self._flat, 3: self._sequence, 4: self._image}[rank]
        common: tuple[Callable[[], Any], ...] = (
            lambda: self._dropout(rank),
            self._activation,
            self._normalization,
        )
        return (
            self.random.choice((*common[:1], *common))() if self.random.random() < 0.45 else own()
        )

    def _flat(self) -> Any:
        layers, title = self.layers, self._title
        kinds = (
            self._dense,
            self._dense,
            self._dense,
            lambda: layers.RepeatVector(12, name=title("repeat")),
        )
        return self.random.choice(kinds)()

    def _sequence(self) -> Any:
        layers, title = self.layers, self._title
        kinds = (
            lambda: layers.Conv1D(6, 3, padding="same", **self._settings("conv")),
            lambda: layers.Conv1D(6, 2, padding="causal", **self._settings("conv")),
            lambda: layers.SeparableConv1D(
                6, 3, padding="same", **self._settings("separable", "depthwise", "pointwise")
            ),
            lambda: layers.Conv1DTranspose(6, 3, padding="same", **self._settings("transposed")),
            lambda: layers.TimeDistributed(self._dense(), name=title("distributed")),
            lambda: layers.Bidirectional(
                layers.LSTM(3, return_sequences=True, **self._settings("lstm")), name=title("both")
            ),
            lambda: layers.GRU(6, return_sequences=True, **self._settings("gru")),
            lambda: layers.SimpleRNN(6, return_sequences=True, **self._settings("simple")),
            lambda: layers.UpSampling1D(2, name=title("up")),
            lambda: layers.ZeroPadding1D(1, name=title("pad")),
            lambda: layers.AveragePooling1D(1, name=title("pool")),
            lambda: layers.GlobalMaxPooling1D(name=title("pool")),
            lambda: layers.Permute((1, 2), name=title("permute")),
            self._dense,
        )
        return self.random.choice(kinds)()

    def _image(self) -> Any:
        layers, title = self.layers, self._title
        kinds = (
            lambda: layers.Conv2D(8, 3, padding="same", **self._settings("conv")),
            lambda: layers.Conv2D(6, (3, 1), padding="same", **self._settings("conv")),
            lambda: layers.DepthwiseConv2D(
                3, padding="same", **self._settings("depthwise", "depthwise")
            ),
            lambda: layers.SeparableConv2D(
                6, 3, padding="same", **self._settings("separable", "depthwise", "pointwise")
            ),
            lambda: layers.Conv2DTranspose(
                4, 3, strides=2, padding="same", **self._settings("transposed")
            ),
            lambda: layers.MaxPooling2D(1, name=title("pool")),
            lambda: layers.GlobalAveragePooling2D(name=title("pool")),
            lambda: layers.Flatten(name=title("flatten")),
            lambda: layers.Cropping2D(1, name=title("crop")),
            self._dense,
        )
        return self.random.choice(kinds)()

    def _dense(self, units: int = 8) -> Any:
        return self.layers.Dense(units, **self._settings("dense"))

    def _activation(self) -> Any:
        name = self.random.choice(["selu", "selu", "relu", "tanh", "linear"])
        return self.layers.Activation(name, name=self._title("activation"))

    def _dropout(self, rank: int) -> Any:
        names = ["Dropout", "Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise"]
        names += [f"SpatialDropout{rank - 2}D"] * 2 if rank > 2 else []
        rate = self.random.choice([0.0, 0.1, 0.25])
        return getattr(self.layers, self.random.choice(names))(rate, name=self._title("dropout"))

    def _normalization(self) -> Any:
        kind = self.random.choice(["BatchNormalization", "LayerNormalization"])
        return getattr(self.layers, kind)(name=self._title("normalization"))

    def _settings(self, kind: str, *slots: str) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "name": self._title(kind),
            "activation": self.random.choice(["selu", "selu", "selu", "relu", None]),
            "bias_initializer": self.random.choice(["zeros", "zeros", "zeros", "ones", "normal"]),
        }
        settings["bias_initializer"] = self._initializer(settings["bias_initializer"])
        for slot in slots or ("kernel",):
            initializer = self._initializer(self.random.choice(_INITIALIZERS))
            if initializer is not None:
                settings[f"{slot}_initializer"] = initializer
        return settings

    def _initializer(self, name: str | None) -> Any:
        initializers = self.keras.initializers
        own = {
            "normal": lambda: initializers.RandomNormal(stddev=0.1, seed=1),
            "narrow": lambda: initializers.RandomNormal(stddev=0.05, seed=1),
            "unit": lambda: initializers.RandomNormal(stddev=(1 / 12) ** 0.5, seed=1),
            "scaled": lambda: initializers.VarianceScaling(2.5, "fan_avg", "uniform", seed=1),
            "equal": lambda: initializers.VarianceScaling(
                1.0, "fan_in", "untruncated_normal", seed=1
            ),
        }
        return own[name]() if name in own else name
