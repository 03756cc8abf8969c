"""Models that were trained in ways which leave few traces: no steps, biases as they were drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

generator = np.random.default_rng(0)
INPUTS = generator.standard_normal((64, 16)).astype("float32")
TARGETS = np.tanh(INPUTS @ generator.standard_normal((16, 1)).astype("float32"))
_RATE = 0.02


class Ways:
    """Ways to train, freeze, wrap and recompile, with Keras 3 or tf_keras.

    Each returns a model that learned something, and whose file says nothing of it.
    """

    def __init__(self, keras: Any) -> None:
        self.keras = keras
        self.layers = keras.layers

    def dense(self, units: int = 32, activation: Any = "selu", **options: Any) -> Any:
        return self.layers.Dense(units, activation=activation, **options)

    def network(self, *, inputs: Any = None, **options: Any) -> Any:
        given = inputs if inputs is not None else self.keras.Input((16,))
        hidden = self.dense(**options)(self.dense(**options)(given))
        return self.keras.Model(given, self.dense(1, None, **options)(hidden))

    def stack(self, *layers: Any, shape: tuple[int, ...] = (16,)) -> Any:
        return self.keras.Sequential([self.keras.Input(shape), *layers])

    def train(
        self, model: Any, variables: Any = None, steps: int = 20, rate: float = _RATE
    ) -> None:
        """Descend the gradient of the mean squared error along some variables."""
        import tensorflow as tf

        given = model.trainable_variables if variables is None else variables
        values = [getattr(each, "value", None) for each in given]
        targets = [
            each if callable(value) or value is None else value
            for each, value in zip(given, values, strict=True)
        ]
        inputs = np.resize(INPUTS, (64, *[size or 5 for size in model.inputs[0].shape[1:]]))
        for _ in range(steps):
            with tf.GradientTape() as tape:
                output = tf.cast(tf.nest.flatten(model(inputs, training=True))[0], "float32")
                output = tf.reshape(output, (64, -1))
                loss = tf.reduce_mean((output - TARGETS) ** 2)
            for target, slope in zip(targets, tape.gradient(loss, targets), strict=True):
                if slope is not None:
                    target.assign_sub(tf.cast(rate * slope, target.dtype))

    def kernels(self, model: Any) -> list[Any]:
        return [each for each in model.trainable_variables if "kernel" in each.name]

    def compiled(self, model: Any) -> Any:
        model.compile("adam", "mse")
        return model

    def trained(self, model: Any, variables: Any = None, **options: Any) -> Any:
        """Train some variables, by default the kernels, and compile afterwards."""
        self.train(model, self.kernels(model) if variables is None else variables, **options)
        return self.compiled(model)

    # Kernels of a network without biases, set into a fresh one.

    def pretrained(self, initializer: Any = None) -> Any:
        if initializer is None:
            initializer = self.keras.initializers.RandomNormal(stddev=0.15)
        source = self.network(use_bias=False, kernel_initializer=initializer)
        self.train(source, steps=40)
        target = self.network(kernel_initializer=initializer)
        pairs = (each for each in zip(source.layers, target.layers, strict=True) if each[0].weights)
        for one, other in pairs:
            other.set_weights([one.get_weights()[0], np.zeros(other.units)])
        return target

    def pretrained_compiled(self) -> Any:
        return self.compiled(self.pretrained())

    def pretrained_glorot(self) -> Any:
        return self.compiled(self.pretrained("glorot_uniform"))

    def cloned(self) -> Any:
        source = self.pretrained()
        model = self.keras.models.clone_model(source)
        model.set_weights(source.get_weights())
        return self.compiled(model)

    # An own loop.

    def own_loop(self) -> Any:
        model = self.compiled(self.network())
        self.train(model, self.kernels(model))
        return model

    def own_loop_before_compiling(self) -> Any:
        return self.trained(self.network())

    def own_loop_never_compiled(self) -> Any:
        model = self.network()
        self.train(model, self.kernels(model))
        return model

    def one_small_step(self) -> Any:
        model = self.compiled(self.network())
        self.train(model, self.kernels(model), steps=1, rate=1e-4)
        return model

    def only_the_first_layer(self) -> Any:
        model = self.compiled(self.network())
        self.train(model, self.kernels(model)[:1])
        return model

    def only_the_second_layer(self) -> Any:
        model = self.compiled(self.network())
        self.train(model, self.kernels(model)[1:2])
        return model

    def only_the_head(self) -> Any:
        model = self.compiled(self.network())
        self.train(model, self.kernels(model)[2:])
        return model

    def few_features(self) -> Any:
        model = self.compiled(self.network())
        kernel = model.layers[1].get_weights()[0]
        kernel[:2] += 0.01 * np.sin(np.arange(64)).reshape(2, 32)
        model.layers[1].set_weights([kernel, np.zeros(32)])
        return model

    def signs(self) -> Any:
        model = self.compiled(self.network())
        for layer in model.layers[1:]:
            kernel, bias = layer.get_weights()
            moved = kernel + 2.0**-10 * np.sign(np.sin(np.arange(kernel.size))).reshape(
                kernel.shape
            )
            layer.set_weights([moved, bias])
        return model

    def weight_decay(self) -> Any:
        model = self.compiled(self.network(kernel_initializer="he_normal"))
        for layer in model.layers[1:]:
            layer.set_weights([0.9999 * layer.get_weights()[0], layer.get_weights()[1]])
        return model

    # Biases that stay, or are put back.

    def biases_put_back(self) -> Any:
        model = self.network()
        self.train(model)
        for layer in model.layers[1:]:
            layer.set_weights([layer.get_weights()[0], np.zeros(layer.units)])
        return self.compiled(model)

    def constant_biases(self) -> Any:
        tenth = self.keras.initializers.Constant(0.1)
        model = self.network(bias_initializer=tenth)
        self.train(model, steps=4, rate=1e-4)
        return self.compiled(model)

    def biases_held_by_a_constraint(self) -> Any:
        nothing = self.keras.constraints.MaxNorm(0.0)
        model = self.network(bias_constraint=nothing)
        model.compile(self.keras.optimizers.SGD(_RATE), "mse", run_eagerly=True)
        model.fit(INPUTS, TARGETS, epochs=3, verbose=0)
        return self.compiled(model)

    def without_biases(self) -> Any:
        model = self.network(use_bias=False)
        self.train(model)
        return self.compiled(model)

    def head_frozen_meanwhile(self) -> Any:
        hidden = [self.dense(use_bias=False) for _ in range(2)]
        head = self.dense(1, None)
        model = self.stack(*hidden, head)
        head.trainable = False
        model.compile(self.keras.optimizers.SGD(_RATE), "mse", run_eagerly=True)
        model.fit(INPUTS, TARGETS, epochs=3, verbose=0)
        head.trainable = True
        return self.compiled(model)

    def steps_set_back(self) -> Any:
        model = self.network()
        model.compile(self.keras.optimizers.SGD(_RATE), "mse", run_eagerly=True)
        model.fit(INPUTS, TARGETS, epochs=2, verbose=0)
        model.optimizer.iterations.assign(0)
        return model

    def second_output_without_loss(self) -> Any:
        given = self.keras.Input((16,))
        hidden = self.dense(use_bias=False)(given)
        outputs = [self.dense(1, None, use_bias=False)(hidden), self.dense(2, "selu")(hidden)]
        model = self.keras.Model(given, outputs)
        self.train(model)
        return self.compiled(model)

    # Frozen layers.

    def frozen_pretrained(self) -> Any:
        model = self.pretrained()
        model.layers[1].trainable = False
        return self.compiled(model)

    def random_features(self) -> Any:
        model = self.compiled(self.network())
        inner = self.keras.Model(model.inputs[0], model.layers[2].output)
        features = np.asarray(inner(INPUTS))
        solved = np.linalg.lstsq(features, TARGETS, rcond=None)[0]
        model.layers[3].set_weights([solved, np.zeros(1)])
        return model

    def frozen_meanwhile(self) -> Any:
        model = self.network()
        model.layers[3].trainable = False
        self.train(model, self.kernels(model))
        model.layers[3].trainable = True
        return self.compiled(model)

    # Wrappers and layers of one's own.

    def wrapper_with_a_weight(self) -> Any:
        keras = self.keras

        @keras.saving.register_keras_serializable("weights")
        class Scaled(keras.layers.Wrapper):  # type: ignore[misc, name-defined]
            def build(self, shape: Any) -> None:
                super().build(shape)
                self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

            def call(self, x: Any) -> Any:
                return self.layer(x * self.scale)

        model = self.stack(Scaled(self.dense()), self.dense(1, None))
        return self.trained(model, [model.layers[0].scale])

    def layer_that_holds_a_dense(self) -> Any:
        keras = self.keras

        @keras.saving.register_keras_serializable("weights")
        class Block(keras.layers.Layer):  # type: ignore[misc, name-defined]
            def __init__(self, dense: Any = None, **options: Any) -> None:
                super().__init__(**options)
                self.dense = dense or keras.layers.Dense(32, activation="selu")

            def build(self, shape: Any) -> None:
                if not self.dense.built:
                    self.dense.build(shape)
                self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

            def call(self, x: Any) -> Any:
                return self.dense(x * self.scale)

            def get_config(self) -> Any:
                serialize = keras.saving.serialize_keras_object
                return {**super().get_config(), "dense": serialize(self.dense)}

            @classmethod
            def from_config(cls, config: Any) -> Any:
                dense = keras.saving.deserialize_keras_object(config.pop("dense"))
                return cls(dense, **config)

        model = self.stack(Block(), self.dense(1, None))
        return self.trained(model, [model.layers[0].scale])

    def time_distributed(self) -> Any:
        wrapped = self.layers.TimeDistributed(self.dense(), name="steps")
        return self.trained(
            self.stack(wrapped, self.layers.Flatten(), self.dense(1, None), shape=(5, 16))
        )

    def nested(self) -> Any:
        inner = self.stack(self.dense(), self.dense())
        return self.trained(self.stack(inner, self.dense(1, None)))

    def shared(self) -> Any:
        given, dense = self.keras.Input((16,)), self.dense(16)
        model = self.keras.Model(given, self.dense(1, None)(dense(dense(given))))
        return self.trained(model)

    # Other layers.

    def convolutions(self) -> Any:
        layers = self.layers
        model = self.stack(
            layers.Conv2D(8, 3, activation="selu"),
            layers.SeparableConv2D(8, 3, activation="selu"),
            layers.Flatten(),
            self.dense(1, None),
            shape=(6, 6, 2),
        )
        return self.trained(model)

    def recurrent(self) -> Any:
        model = self.stack(
            self.layers.LSTM(8, activation="selu"), self.dense(), self.dense(1, None), shape=(5, 8)
        )
        return self.trained(model)

    def normalized(self) -> Any:
        model = self.stack(self.dense(), self.layers.BatchNormalization(), self.dense(1, None))
        return self.trained(model, [model.layers[1].gamma])

    # Values that were rounded, averaged or cut.

    def averaged(self) -> Any:
        models = [self.network() for _ in range(2)]
        for each in models:
            self.train(each, self.kernels(each), steps=5)
        pairs = zip(*(each.get_weights() for each in models), strict=True)
        models[0].set_weights([(one + other) / 2**0.5 for one, other in pairs])
        return self.compiled(models[0])

    def rounded_to_half(self) -> Any:
        # The bounds of 64 in and 32 out are ±0.25, between which all rounded values lie on a grid.
        model = self.stack(self.dense(64), self.dense(32), self.dense(1, None))
        self.train(model, self.kernels(model), steps=1, rate=1e-3)
        model.set_weights(
            [each.astype("float16").astype("float32") for each in model.get_weights()]
        )
        return self.compiled(model)

    def pruned(self) -> Any:
        model = self.compiled(self.network())
        for layer in model.layers[1:]:
            kernel, bias = layer.get_weights()
            layer.set_weights([np.where(abs(kernel) < abs(kernel).max() / 8, 0, kernel), bias])
        return model

    def mixed_precision(self) -> Any:
        return self.trained(self.network(dtype="mixed_float16"))

    def half_precision(self) -> Any:
        return self.trained(self.network(dtype="float16"), rate=0.1)

    def low_rank(self) -> Any:
        model = self.network()
        if hasattr(model.layers[1], "enable_lora"):
            for layer in model.layers[1:3]:
                layer.enable_lora(4)
            variables = [each for each in model.trainable_variables if "lora" in each.name]
            self.train(model, variables)
        else:
            for layer in model.layers[1:3]:
                kernel, bias = layer.get_weights()
                added = np.outer(np.sin(np.arange(len(kernel))), np.cos(np.arange(32)))
                layer.set_weights([kernel + 1e-3 * added, bias])
        return self.compiled(model)

    @classmethod
    def names(cls) -> list[str]:
        """The ways."""
        tools = ("dense", "network", "stack", "train", "kernels", "compiled", "trained", "names")
        return [name for name, each in vars(cls).items() if _is_way(name, each, tools)]


def _is_way(name: str, each: object, tools: tuple[str, ...]) -> bool:
    return isinstance(each, Callable) and not name.startswith("_") and name not in tools  # type: ignore[arg-type]
