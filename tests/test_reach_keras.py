"""What passes SELU on and what ends it, in models that real Keras writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import selu_lint
from selu_lint.settings import Settings

pytestmark = pytest.mark.keras

CODES = ("SELU001", "SELU002", "SELU003", "SELU004")
Build = Callable[[Any, Any], Any]


def _selu(keras: Any, tensor: Any) -> Any:
    return keras.layers.Dense(
        8, activation="selu", kernel_initializer="lecun_normal", name="dense"
    )(tensor)


def _kernels(keras: Any, tensor: Any) -> list[Any]:
    """Return what two kernels give of which one is not LecunNormal."""
    layers = keras.layers
    drawn = {"left": "he_normal", "right": "lecun_normal"}
    return [
        layers.Dense(8, kernel_initializer=each, name=name)(tensor) for name, each in drawn.items()
    ]


def _cell(keras: Any) -> Any:
    return keras.layers.SimpleRNNCell(8, activation="selu", kernel_initializer="lecun_normal")


ROWS: dict[str, tuple[str, Build]] = {
    "Activation('linear')": ("SELU002", lambda k, x: k.layers.Activation("linear")(_selu(k, x))),
    "mixed precision": (
        "SELU002",
        lambda k, x: k.layers.Activation("linear", dtype="float32")(_selu(k, x)),
    ),
    "times one": ("SELU002", lambda k, x: 1.0 * (_selu(k, x) * 1.0)),
    "plus zero": ("SELU002", lambda k, x: _selu(k, x) + 0.0),
    "times two": ("", lambda k, x: _selu(k, x) * 2.0),
    "Average": (
        "SELU002",
        lambda k, x: k.layers.Average()([k.layers.Activation("selu")(x), _selu(k, x)]),
    ),
    "activation is a layer": (
        "SELU002",
        lambda k, x: k.layers.Dense(
            8, activation=k.layers.Activation("selu"), kernel_initializer="lecun_normal"
        )(x),
    ),
    "RNN": ("SELU002", lambda k, x: k.layers.RNN(_cell(k))(x)),
    "StackedRNNCells": (
        "SELU002",
        lambda k, x: k.layers.RNN([k.layers.LSTMCell(8), _cell(k)])(x),
    ),
    "StackedRNNCells without SELU at the end": (
        "",
        lambda k, x: k.layers.RNN([_cell(k), k.layers.LSTMCell(8)])(x),
    ),
    "GRU": (
        "",
        lambda k, x: k.layers.GRU(8, activation="selu", kernel_initializer="lecun_normal")(x),
    ),
}


def _check(keras: Any, model: Any, path: Path) -> list[tuple[str, str]]:
    model.save(path)
    (file,) = selu_lint.check(path, settings=Settings(select=CODES)).files
    assert file.error is None
    return [(each.code, each.layer) for each in file.findings]


@pytest.mark.parametrize("what", ROWS)
def test_dropout_and_alpha_dropout_agree_on_what_is_selu(
    keras: Any, what: str, tmp_path: Path
) -> None:
    code, build = ROWS[what]
    given = keras.Input((4, 8))
    value = build(keras, given)
    drop = keras.layers.Dropout(0.5, name="drop")(value)
    found = _check(keras, keras.Model(given, drop), tmp_path / "model.keras")
    assert [each for each in found if each[0] != "SELU001"] == ([(code, "drop")] if code else [])
    alpha = keras.layers.AlphaDropout(0.1, name="drop")(value)
    found = _check(keras, keras.Model(given, alpha), tmp_path / "alpha.h5")
    ended = what == "GRU" or "without" in what
    assert found == ([("SELU004", "drop")] if ended else [])


@pytest.mark.parametrize("merge", ["Add", "Subtract", "Average", "Multiply", "Maximum"])
def test_kernels_reach_selu_through_merges_and_casts(
    keras: Any, merge: str, tmp_path: Path
) -> None:
    given = keras.Input((8,))
    left, right = _kernels(keras, given)
    cast = keras.layers.Activation("linear", dtype="float32")(left)
    merged = getattr(keras.layers, merge)()([cast, right])
    model = keras.Model(given, keras.layers.Activation("selu")(merged))
    assert _check(keras, model, tmp_path / "model.keras") == [("SELU001", "left")]


def test_adaptive_pooling_is_a_pooling(tmp_path: Path) -> None:
    """Behind windows of one size it is the pooling with that window, to rules and to profile."""
    keras = pytest.importorskip("keras")
    layers = keras.layers
    if not hasattr(layers, "AdaptiveAveragePooling2D"):
        pytest.skip("this Keras has no adaptive pooling")
    found, predicted = [], []
    for pool in (
        layers.AdaptiveAveragePooling2D(2),
        layers.AveragePooling2D(4),
        layers.AdaptiveMaxPooling2D(1),
        layers.MaxPooling2D(8),
        layers.AdaptiveMaxPooling2D(3),
    ):
        given = keras.Input((8, 8, 3))
        convolution = layers.Conv2D(
            8, 3, activation="selu", kernel_initializer="lecun_normal", padding="same"
        )(given)
        model = keras.Model(given, layers.Dropout(0.5, name="drop")(pool(convolution)))
        found.append(_check(keras, model, tmp_path / "model.keras"))
        behind = selu_lint.profile(tmp_path / "model.keras").before.layers[-1]
        predicted.append((behind.mean, behind.variance, behind.training_variance))
    assert found == [[("SELU002", "drop")]] * 2 + [[], []] + [[("SELU002", "drop")]]
    assert predicted[0] == predicted[1] != predicted[2] == predicted[3]
    assert None not in predicted[0]
    assert predicted[4] == (None, None, None)


def test_dropout_arguments_behind_selu_are_named(keras: Any, tmp_path: Path) -> None:
    layers, given = keras.layers, keras.Input((4, 8))
    value = _selu(keras, given)
    attention = layers.MultiHeadAttention(2, 4, dropout=0.1, name="attention")(value, value)
    recurrent = [
        layers.LSTM(8, dropout=0.5, name="lstm")(value),
        layers.GRU(8, dropout=0.5, recurrent_dropout=0.5, name="gru")(value),
        layers.RNN(layers.LSTMCell(8, dropout=0.5, name="cell"), name="rnn")(value),
        layers.LSTM(8, dropout=0.5, name="on_input")(given),
        layers.LSTM(8, recurrent_dropout=0.5, name="on_state")(value),
    ]
    model = keras.Model(given, [attention, *recurrent])
    found = _check(keras, model, tmp_path / "model.keras")
    assert sorted(found) == [("SELU003", name) for name in ("attention", "gru", "lstm", "rnn/cell")]


@pytest.mark.parametrize(
    "build",
    [
        lambda layers: layers.BatchNormalization(),
        lambda layers: layers.Normalization(mean=0.0, variance=1.0),
    ],
)
def test_alpha_dropout_is_right_where_it_keeps_mean_and_variance(
    keras: Any, build: Callable[[Any], Any], tmp_path: Path
) -> None:
    given = keras.Input((8,))
    alpha = keras.layers.AlphaDropout(0.1, name="drop")(build(keras.layers)(given))
    model = keras.Model(given, alpha)
    values = np.random.default_rng(0).standard_normal((4096, 8)).astype("float32")
    behind = np.asarray(model(values, training=True))
    assert (behind.mean(), behind.var()) == pytest.approx((0, 1), abs=0.05)
    assert _check(keras, model, tmp_path / "model.keras") == []


def test_dropout_in_front_of_selu_raises_the_variance_that_it_sees(
    keras: Any, tmp_path: Path
) -> None:
    given = keras.Input((512,))
    dense = keras.layers.Dense(512, kernel_initializer="lecun_normal", name="dense")(given)
    drop = keras.layers.Dropout(0.5, name="drop")(dense)
    model = keras.Model(given, [drop, keras.layers.Activation("selu", name="selu")(drop)])
    assert _check(keras, model, tmp_path / "model.keras") == [("SELU002", "drop")]
    (file,) = selu_lint.check(tmp_path / "model.keras").files
    (message,) = [each.message for each in file.findings if each.code == "SELU002"]
    assert "multiplies the variance on the way there by 2 in training" in message
    values = np.random.default_rng(0).standard_normal((256, 512)).astype("float32")
    seen = np.asarray(model(values, training=True)[0])
    assert seen.var() == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize("seed", [7, None, "generator"])
def test_one_seed_draws_one_kernel(keras: Any, seed: Any, tmp_path: Path) -> None:
    given = seed
    if seed == "generator":
        if not hasattr(keras, "random"):
            pytest.skip("Keras 2 has no generator of seeds")
        given = keras.random.SeedGenerator(7)
    drawn = [keras.initializers.LecunNormal(seed=given) for _ in range(2)]
    dense = [
        keras.layers.Dense(8, activation="selu", kernel_initializer=each, name=name)
        for each, name in zip(drawn, "ab", strict=True)
    ]
    model = keras.Sequential([keras.Input((8,)), *dense])
    first, second = (np.asarray(layer.get_weights()[0]) for layer in dense)
    model.save(tmp_path / "model.keras")
    (file,) = selu_lint.check(
        tmp_path / "model.keras", settings=Settings(select=("SELU015",))
    ).files
    assert [each.layer for each in file.findings] == ["b"] * bool(np.array_equal(first, second))
