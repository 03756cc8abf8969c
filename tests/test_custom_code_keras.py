"""The author's own code is never guessed: models that Keras built and saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import selu_lint

pytestmark = pytest.mark.keras


def _findings(keras: Any, path: Path, layers: list[Any]) -> dict[str, list[str]]:
    """Save a model of these layers in both formats; return the codes found in each layer."""
    layers = [keras.Input((8,)), *layers, keras.layers.Dropout(0.5, name="drop")]
    model = keras.Sequential(layers)
    found: dict[str, list[str]] = {}
    for suffix in (".keras", ".h5"):
        model.save(path / f"model{suffix}")
        (file,) = selu_lint.check(path / f"model{suffix}").files
        assert file.error is None
        each: dict[str, list[str]] = {}
        for finding in file.findings:
            each.setdefault(finding.layer, []).append(finding.code)
        assert found in ({}, each)
        found = each
    return found


def _own(keras: Any, name: str, function: Callable[[Any], Any]) -> Any:
    return keras.saving.register_keras_serializable(f"own_{keras.__name__}", name)(function)


def _act(x: Any) -> Any:
    return x


def test_own_activation_functions_are_named(keras: Any, tmp_path: Path) -> None:
    tanh = keras.activations.tanh

    def my_selu(x: Any) -> Any:
        return keras.activations.selu(x)

    def not_selu(x: Any) -> Any:
        return tanh(x)

    for activation, code in (
        (_act, "SELU902"),
        (_own(keras, "act", _act), "SELU902"),
        (lambda x: tanh(x), "SELU902"),
        (my_selu, "SELU013"),
        (_own(keras, "selu", not_selu), "SELU013"),
    ):
        dense = keras.layers.Dense(8, activation=activation, name="dense")
        assert _findings(keras, tmp_path, [dense]) == {"dense": [code]}


def test_subclasses_of_wrappers_and_models_end_what_is_known(keras: Any, tmp_path: Path) -> None:
    relu = keras.activations.relu

    class Scaled(keras.layers.Wrapper):
        def call(self, x: Any) -> Any:
            return relu(self.layer(x))

    class Chain(keras.Sequential):
        def call(self, x: Any, *_: Any, **__: Any) -> Any:
            return relu(super().call(x))

    for kind in (_own(keras, "Scaled", Scaled), _own(keras, "Chain", Chain)):
        inner = keras.layers.Dense(8, activation="selu", name="inner")
        held = inner if kind.__name__ == "Scaled" else [inner]
        own = kind(held, name="own")
        # The Dropout follows ReLU; the kernel inside is still SELU's.
        assert _findings(keras, tmp_path, [own]) == {"own": ["SELU902"], "own/inner": ["SELU001"]}
