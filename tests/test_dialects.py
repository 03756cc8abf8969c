"""What a file is told by: the release that wrote it, and what stands for a model or activation."""

from __future__ import annotations

from typing import Any

import pytest

from selu_lint.model.dialects import Dialect, read_activation
from selu_lint.model.serialized_layers import is_model


@pytest.mark.parametrize(
    ("version", "architecture", "generation"),
    [
        ("1.2.2", {}, 1),
        ("2.15.0", {"module": "keras"}, 2),
        ("2.15.0-tf", None, 2),
        ("3.15.1", None, 3),
        # Files of architectures alone name no release; Keras 3 writes modules.
        (None, {"module": "keras.src.models", "class_name": "Sequential"}, 3),
        (None, {"module": None, "class_name": "Sequential"}, 3),
        (None, {"module": "keras_core.models", "class_name": "Sequential"}, 3),
        ("0.1.7", {"module": "keras_core.models"}, 3),
    ],
)
def test_the_generation_of_keras(version: str | None, architecture: Any, generation: int) -> None:
    assert Dialect.of(version, architecture).generation == generation


@pytest.mark.parametrize("architecture", [None, {}, {"class_name": "Sequential"}])
def test_what_names_neither_release_nor_module_is_of_before_keras_3(architecture: Any) -> None:
    assert Dialect.of(None, architecture).generation < 3


@pytest.mark.parametrize(
    ("written", "name", "custom"),
    [
        (None, "linear", False),
        ("selu", "selu", False),
        ({"class_name": "function", "config": "selu", "module": "keras.activations",
          "registered_name": "selu"}, "selu", False),
        ({"class_name": "function", "config": "own", "module": "own",
          "registered_name": "function"}, "own", True),
        ({"class_name": "own>own", "config": "own", "module": "own",
          "registered_name": "own>own"}, "own", True),
        ({"class_name": "__lambda__", "config": {}}, "", True),
        ({"class_name": "Activation", "config": {"activation": "selu"}, "module": "keras.layers"},
         "selu", False),
        ({"class_name": "LeakyReLU", "config": {"negative_slope": 0.1}, "module": "keras.layers"},
         "leaky_relu", False),
    ],
)  # fmt: skip
def test_an_activation(written: Any, name: str, custom: bool) -> None:
    found = read_activation(written)
    assert (found.name, found.custom) == (name, custom)


@pytest.mark.parametrize(
    ("version", "written", "lecun", "zeros"),
    [
        ("2.15.0", "glorot_uniform", "lecun_normal", "zeros"),
        ("2.15.0", "GlorotUniform", "LecunNormal", "Zeros"),
        ("2.15.0", {"class_name": "HeNormal", "config": {"seed": 3}},
         {"class_name": "LecunNormal", "config": {"seed": 3}},
         {"class_name": "Zeros", "config": {}}),
        # Keras 2.3 and before have a function of that name, and no class.
        ("2.3.1", {"class_name": "VarianceScaling", "config": {"seed": 3}},
         {"class_name": "VarianceScaling", "config": {"scale": 1.0, "mode": "fan_in",
          "distribution": "normal", "seed": 3}},
         {"class_name": "Zeros", "config": {}}),
    ],
)  # fmt: skip
def test_an_initializer_is_written_in_the_style_of_the_one_it_replaces(
    version: str, written: Any, lecun: Any, zeros: Any
) -> None:
    dialect = Dialect.of(version, {})
    assert dialect.variance_scaling(1.0, written) == lecun
    assert dialect.zeros(written) == zeros


@pytest.mark.parametrize(
    ("class_name", "config", "model"),
    [
        ("Sequential", [], True),
        ("Dense", [], False),
        ("Functional", {"layers": [], "more": 1}, True),
        ("Own", {"layers": [], "input_layers": []}, True),
        ("Own", {"layers": [], "name": "own"}, True),
        # A layer of the author's with other options may list anything under that name.
        ("Own", {"layers": [], "more": 1}, False),
        ("Sequential", {"layers": {}}, False),
        ("Sequential", None, False),
    ],
)
def test_what_lists_its_layers_is_a_model(class_name: str, config: Any, model: bool) -> None:
    assert is_model({"class_name": class_name, "config": config}) is model
