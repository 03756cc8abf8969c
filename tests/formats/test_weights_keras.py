"""The weights that are read from a file are those of the live layers, for both Keras 2 and 3."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import selu_lint
from selu_lint.formats import read
from selu_lint.formats.weights.deferred import DeferredWeights

pytestmark = pytest.mark.keras
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def live_layers(model: Any, prefix: str = "") -> dict[str, Any]:
    """Return the innermost layers of a live model by path."""
    found: dict[str, Any] = {}
    for layer in model.layers:
        path = prefix + layer.name
        if hasattr(layer, "layers"):
            found.update(live_layers(layer, f"{path}/"))
        elif type(layer).__name__ == "Bidirectional":
            found[f"{path}/{layer.forward_layer.name}"] = layer.forward_layer
            found[f"{path}/{layer.backward_layer.name}"] = layer.backward_layer
        elif type(layer).__name__ == "TimeDistributed":
            inner = layer.layer
            found[f"{path}/{inner.name}"] = inner
        else:
            found[path] = layer
    return found


def nested(keras: Any, repeat_names: bool = False) -> Any:
    layers, models = keras.layers, keras.models

    def block(name: str, width: int, inner: bool) -> Any:
        model = models.Sequential(name=name)
        model.add(keras.Input((width,)))
        own = "" if repeat_names else f"{name}_"
        model.add(layers.Dense(width, activation="selu", name=f"{own}first"))
        model.add(layers.BatchNormalization(name=f"{own}norm"))
        if inner:
            model.add(block(f"{name}_inner", width, inner=False))
        model.add(layers.Dense(width, name=f"{own}second", use_bias=False))
        return model

    given = keras.Input((6,))
    values = block("one", 6, inner=True)(given)
    values = block("two", 6, inner=False)(values)
    values = layers.Add()([values, given])
    return keras.Model(given, layers.Dense(2, name="out")(values))


def nested_with_repeated_names(keras: Any) -> Any:
    return nested(keras, repeat_names=True)


def kinds(keras: Any) -> Any:
    layers = keras.layers
    given = keras.Input((8, 8, 4))
    values = layers.SeparableConv2D(4, 3, padding="same")(given)
    values = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(values)
    values = layers.Conv2DTranspose(4, 3, padding="same")(values)
    values = layers.LayerNormalization(center=False)(values)
    values = layers.PReLU()(values)
    values = layers.TimeDistributed(layers.Conv1D(3, 2, name="inner"), name="steps")(values)
    values = layers.Reshape((8, 21))(values)
    values = layers.Bidirectional(layers.GRU(3, return_sequences=True), name="both")(values)
    values = layers.SimpleRNN(5, return_sequences=True)(values)
    values = layers.EinsumDense("abc,cd->abd", output_shape=(None, 4), bias_axes="d")(values)
    values = layers.Dropout(0.5, seed=1)(values)
    return keras.Model(given, layers.LSTM(3)(values))


def alike(keras: Any) -> Any:
    layers = keras.layers
    shared = layers.Dense(4, name="shared")
    one, two = keras.Input((4,)), keras.Input((4,))
    frozen = layers.Dense(4, name="frozen")
    frozen.trainable = False
    values = layers.Concatenate()([shared(one), frozen(shared(two))])
    for index in range(12):
        values = layers.Dense(8, name=f"dense{index}")(values)
    return keras.Model([one, two], values)


def save(model: Any, tmp_path: Path, suffix: str) -> DeferredWeights:
    path = tmp_path / f"model{suffix}"
    model.save(path)
    weights = read(path).weights
    assert isinstance(weights, DeferredWeights)
    return weights


BUILDERS = [nested, nested_with_repeated_names, kinds, alike]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("build", BUILDERS)
def test_variables_are_those_of_the_live_layers(
    keras: Any, build: Any, suffix: str, tmp_path: Path
) -> None:
    model = build(keras)
    try:
        weights = save(model, tmp_path, suffix)
    except ValueError as error:
        pytest.skip(f"this release cannot save it: {error}")
    compared = 0
    for path, layer in live_layers(model).items():
        live = [np.asarray(value) for value in layer.get_weights()]
        if type(layer).__name__ == "Dropout":
            live = []
        stored = [np.asarray(weights.read(variable)) for variable in weights.variables(path)]
        assert [value.shape for value in stored] == [value.shape for value in live], path
        for ours, theirs in zip(stored, live, strict=True):
            np.testing.assert_array_equal(ours, theirs)
            compared += 1
    assert compared > 10


OPTIMIZERS = [
    ("SGD", {"momentum": 0.9}, 1),
    ("Adam", {}, 2),
    ("AdamW", {}, 2),
    ("RMSprop", {"centered": True, "momentum": 0.5}, 3),
    ("Lion", {}, 1),
]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize(("name", "options", "count"), OPTIMIZERS, ids=lambda value: str(value))
def test_slots_belong_to_their_variable(
    keras: Any, name: str, options: dict[str, Any], count: int, suffix: str, tmp_path: Path
) -> None:
    model = nested(keras)
    optimizer = getattr(keras.optimizers, name)(**options)
    model.compile(optimizer=optimizer, loss="mse", run_eagerly=True)
    model.fit(np.ones((4, 6)), np.ones((4, 2)), verbose=0)
    # Mark every slot with the number of the variable that it belongs to.
    trainable = model.trainable_variables
    for attribute in ("momentums", "_momentums", "_velocities", "_average_gradients"):
        for index, slot in enumerate(getattr(optimizer, attribute, None) or ()):
            slot.assign(np.full(slot.shape, index, "float32"))
    weights = save(model, tmp_path, suffix)
    assert weights.iterations() == 1
    found = 0
    for path, layer in live_layers(model).items():
        for live, variable in zip(layer.weights, weights.variables(path), strict=True):
            slots = weights.optimizer_variables(variable)
            position = next((i for i, v in enumerate(trainable) if v is live), None)
            assert position is not None or slots == ()
            for slot in slots:
                assert np.unique(np.asarray(weights.read(slot))).tolist() == [position]
            found += bool(slots)
            assert len(slots) in (0, count)
    assert found == len(trainable)


def test_bfloat16_is_read_as_float32(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, dtype="bfloat16", name="d")])
    weights = save(model, tmp_path, ".keras")
    kernel, _ = weights.variables("d")
    live = np.asarray(keras.ops.cast(model.layers[0].kernel, "float32"))
    assert kernel.dtype == "bfloat16"
    np.testing.assert_array_equal(np.asarray(weights.read(kernel)), live)


def test_keras_loads_its_shards_into_the_repaired_architecture(keras: Any, tmp_path: Path) -> None:
    if keras.__name__ != "keras":
        pytest.skip("Keras 2 writes no shards")
    model = nested(keras)
    path = tmp_path / "model.json"
    path.write_text(model.to_json())
    model.save_weights(tmp_path / "model.weights.json", max_shard_size=200 / 1024**3)
    assert len(list(tmp_path.glob("model_*.weights.h5"))) > 2
    weights = read(path).weights
    assert weights is not None
    for layer, live in live_layers(model).items():
        for variable, value in zip(weights.variables(layer), live.get_weights(), strict=True):
            np.testing.assert_array_equal(weights.read(variable), value)
    assert selu_lint.fix(path, in_place=True).files[0].applied
    again = keras.models.model_from_json(path.read_text())
    again.load_weights(tmp_path / "model.weights.json")
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
