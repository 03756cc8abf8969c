"""Predictions beside what the real model does, through ``selu-lint profile --measure``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from selu_lint.limits import DEFAULT
from selu_lint.live import built_model
from selu_lint.model.graph_builder import build_graph
from selu_lint.profiles.measurement import measure
from selu_lint.profiles.profiling import predict
from tests.commands.command import run

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.keras


def _model(depth: int, width: int) -> keras.Model:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential([keras.Input((width,))])
    for i in range(depth):
        model.add(layers.Dense(width, activation="selu", name=f"dense_{i}"))
        model.add(layers.Dropout(0.1, name=f"drop_{i}"))
    return model


def _profile(*arguments: str | Path) -> dict[str, object]:
    done = run("profile", "--measure", "--format", "json", *arguments)
    assert done.returncode == 0, done.stderr
    data: dict[str, object] = json.loads(done.stdout)
    return data


def test_measured_variances_agree_with_predicted_ones(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    _model(6, 400).save(path)
    data = _profile(path)
    for state in ("before", "after"):
        rows = data[state]["layers"]  # type: ignore[index]
        assert len(rows) == 12
        for row in rows:
            seen = row["measured"]
            assert seen["variance"] == pytest.approx(row["variance"], rel=0.15)
            assert seen["training_variance"] == pytest.approx(row["training_variance"], rel=0.15)


@pytest.mark.usefixtures("keras_here")
def test_own_inputs_are_used(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    _model(1, 50).save(path)
    np.save(tmp_path / "zeros.npy", np.zeros((4, 50)))
    rows = _profile(path, "--data", tmp_path / "zeros.npy")["before"]["layers"]  # type: ignore[index]
    assert rows[0]["measured"]["variance"] == 0


@pytest.mark.usefixtures("keras_here")
def test_inputs_are_drawn_as_the_profile_takes_them(tmp_path: Path) -> None:
    """The tensors of Keras 3 have other names than their layers."""
    layers = keras.layers
    given = keras.Input((20,))
    scaled = layers.Normalization(mean=[3.0] * 20, variance=[4.0] * 20)(given)
    path = tmp_path / "model.keras"
    keras.Model(given, layers.Dense(8, activation="selu")(scaled)).save(path)
    row = _profile(path)["before"]["layers"][0]  # type: ignore[index]
    assert row["measured"]["mean"] == pytest.approx(0, abs=0.1)
    assert row["measured"]["variance"] == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("frozen", [False, True])
def test_batch_normalization_goes_by_the_statistics_that_keras_takes(frozen: bool) -> None:
    """Adapted in front of the model, frozen as built behind it, and never adapted at its end."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    adapted, built = (layers.BatchNormalization(momentum=0.0) for _ in range(2))
    dense = layers.Dense(400, kernel_initializer=keras.initializers.RandomNormal(stddev=0.1))
    selu = layers.Dense(8, activation="selu", kernel_initializer="lecun_normal")
    last = layers.BatchNormalization()
    model = keras.Sequential([keras.Input((50,)), adapted, dense, built, selu, last])
    adapted(np.random.default_rng(0).normal(7, 3, (2000, 50)), training=True)
    adapted.trainable = built.trainable = not frozen
    if frozen:
        adapted.set_weights([np.full(50, 2.0), np.full(50, 0.5), *adapted.get_weights()[2:]])
    predicted = predict(build_graph(built_model.read(model, DEFAULT)))
    (premise,) = predicted.inputs.values()
    assert premise.channels is not None
    assert premise.channels.mean == pytest.approx(7, abs=0.2)
    seen = measure(model, None, {next(iter(predicted.inputs)): premise.channels})
    for row in predicted.layers:
        real = seen[row.layer]
        for told, mean, variance in (
            ((row.mean, row.variance), real.mean, real.variance),
            (
                (row.training_mean, row.training_variance),
                real.training_mean,
                real.training_variance,
            ),
        ):
            assert None not in told
            assert (told[1] or 0) + (told[0] or 0) ** 2 == pytest.approx(
                variance + mean**2, rel=0.15
            ), row.layer
