"""Tests of the theory against the layers of Keras, by sampling."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from selu_lint.theory import normalization, propagation, spatial
from selu_lint.theory.activation_functions import ActivationFunction, activation_function
from selu_lint.theory.borders import Axis
from selu_lint.theory.moments import (
    alpha_dropout_noise_share,
    dropout_noise_share,
    matched_alpha_rate,
)
from selu_lint.theory.states import State, input_state
from tests.stationary import selu_moments

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras = pytest.importorskip("keras")
numpy = pytest.importorskip("numpy")

pytestmark = pytest.mark.keras


@pytest.fixture(autouse=True)
def _seed() -> None:
    keras.utils.set_random_seed(1)


def sample(q: float = 1.0) -> Any:
    """Return SELU activations of pre-activations N(0, q), as many as half a million."""
    z = numpy.random.default_rng(0).standard_normal((1000, 500)) * q**0.5
    return numpy.asarray(keras.activations.selu(z.astype("float32")))


def passes(layer: Any, x: Any) -> tuple[Any, Any]:
    """Return what a layer makes of one input in two passes of training."""
    return numpy.asarray(layer(x, training=True)), numpy.asarray(layer(x, training=True))


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.25, 0.5])
def test_alpha_dropout_keeps_mean_and_variance(rate: float) -> None:
    x = sample()
    first, second = passes(keras.layers.AlphaDropout(rate), x)
    assert first.mean() == pytest.approx(0, abs=0.01)
    assert first.var() == pytest.approx(1, rel=0.01)
    agreement = float((first * second).mean() / (first**2).mean())
    assert 1 - agreement == pytest.approx(alpha_dropout_noise_share(rate), abs=0.01)


@pytest.mark.parametrize("q", [0.3, 3.0])
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_alpha_dropout_behind_other_variances(q: float, rate: float) -> None:
    moments = selu_moments(q)
    first, second = passes(keras.layers.AlphaDropout(rate), sample(q))
    state = propagation.alpha_dropout(State(moments.mean, moments.second), rate)
    assert first.mean() == pytest.approx(state.mean, abs=0.01)
    assert (first**2).mean() == pytest.approx(state.second, rel=0.01)
    agreement = float((first * second).mean() / (first**2).mean())
    assert agreement == pytest.approx(state.correlations.repeats, abs=0.01)


@pytest.mark.parametrize("name", ["Dropout", "GaussianDropout"])
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_dropout_and_its_noise_share(name: str, rate: float) -> None:
    first, second = passes(getattr(keras.layers, name)(rate), sample())
    assert (first**2).mean() == pytest.approx(1 / (1 - rate), rel=0.01)
    agreement = float((first * second).mean() / (first**2).mean())
    assert 1 - agreement == pytest.approx(dropout_noise_share(rate), abs=0.01)


def test_a_noise_matched_alpha_dropout_is_as_noisy_as_the_dropout() -> None:
    x = sample()
    shares = []
    for layer in (
        keras.layers.Dropout(0.25),
        keras.layers.AlphaDropout(matched_alpha_rate(0.25)),
    ):
        first, second = passes(layer, x)
        shares.append(1 - float((first * second).mean() / (first**2).mean()))
    assert shares[0] == pytest.approx(shares[1], abs=0.01)


def test_gaussian_noise_and_spatial_dropout() -> None:
    x = sample()
    noisy, _ = passes(keras.layers.GaussianNoise(0.5), x)
    assert (noisy**2).mean() == pytest.approx(1.25, rel=0.01)
    images = x.reshape(1000, 5, 5, 20)
    dropped, _ = passes(keras.layers.SpatialDropout2D(0.3), images)
    state = propagation.dropout(input_state(), 0.3, shared=True)
    assert (dropped**2).mean() == pytest.approx(state.second, rel=0.02)


ACTIVATIONS = (
    "selu", "elu", "relu", "leaky_relu", "gelu", "tanh", "sigmoid", "softplus", "softsign", "silu",
    "relu6", "linear",
)  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activation_functions_are_those_of_keras(name: str) -> None:
    x = numpy.linspace(-8, 8, 101)
    expected = numpy.asarray(keras.activations.get(name)(x.astype("float32")))
    assert [named(name).function(value) for value in x] == pytest.approx(
        list(expected), abs=1e-5, rel=1e-5
    )


def named(name: str) -> ActivationFunction:
    """Return the activation function that Keras calls ``name``."""
    function = activation_function(name)
    assert function is not None
    return function


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("stride", [1, 2])
def test_borders_of_real_convolutions(padding: Any, stride: int) -> None:
    x = numpy.random.default_rng(0).standard_normal((200, 9, 8, 4)).astype("float32")
    seconds = []
    for _ in range(40):
        layer = keras.layers.Conv2D(
            32, 3, strides=stride, padding=padding, kernel_initializer="lecun_normal"
        )
        seconds.append((numpy.asarray(layer(x)) ** 2).mean(axis=(0, 2, 3)))
    axes = [Axis(9, 3, stride, padding=padding), Axis(8, 3, stride, padding=padding)]
    state = propagation.convolution(input_state(), 1.0, "conv", 32, axes)
    rows = numpy.mean(seconds, axis=0)
    assert rows.mean() == pytest.approx(state.second, rel=0.05)
    assert list(rows / rows.mean()) == pytest.approx(list(state.profiles[0]), rel=0.08)


def network(training: bool) -> tuple[list[Any], list[Callable[[State], State | None]]]:
    """Return the layers of a small network and how each is predicted."""
    selu = named("selu")

    def dense(gain: float, name: str) -> Callable[[State], State | None]:
        return lambda state: propagation.activation(
            propagation.kernel(state, gain, name, 128), selu
        )

    def noisy(step: Callable[[State], State | None]) -> Callable[[State], State | None]:
        return step if training else lambda state: state

    def same(state: State) -> State:
        axis = Axis(8, 3, padding="same")
        return propagation.convolution(state, 1.0, "conv", 32, [axis, axis])

    layers = keras.layers
    pairs: list[tuple[Any, Callable[[State], State | None]]] = [
        (layers.Conv2D(32, 3, padding="same", kernel_initializer="lecun_normal"), same),
        (layers.Activation("selu"), lambda state: propagation.activation(state, selu)),
        (
            layers.SpatialDropout2D(0.2),
            noisy(lambda state: propagation.dropout(state, 0.2, shared=True)),
        ),
        (
            layers.MaxPooling2D(2),
            lambda state: spatial.maximum_pooling(state, 4, [Axis(8, 2, 2)] * 2),
        ),
        (layers.Flatten(), lambda state: spatial.flatten(state, 16)),
        (layers.Dense(128, "selu", kernel_initializer="lecun_normal"), dense(1.0, "a")),
        (layers.AlphaDropout(0.1), noisy(lambda state: propagation.alpha_dropout(state, 0.1))),
        (layers.Dense(128, "selu", kernel_initializer="he_normal"), dense(2.0, "b")),
        (layers.Dropout(0.3), noisy(lambda state: propagation.dropout(state, 0.3))),
        (layers.Dense(128, "selu", kernel_initializer="glorot_uniform"), dense(1.0, "c")),
        (
            layers.LayerNormalization(),
            lambda state: normalization.normalization(state, "layer", epsilon=1e-3),
        ),
        (
            layers.Dense(128, "gelu", kernel_initializer="lecun_normal"),
            lambda state: propagation.activation(
                propagation.kernel(state, 1.0, "d", 128), named("gelu")
            ),
        ),
    ]
    return [layer for layer, _ in pairs], [step for _, step in pairs]


@pytest.mark.slow
@pytest.mark.parametrize("training", [True, False])
def test_a_real_network_layer_by_layer(training: bool) -> None:
    x = numpy.random.default_rng(0).standard_normal((32, 8, 8, 16)).astype("float32")
    measured = []
    for _ in range(25):
        values, draw = x, []
        for layer in network(training)[0]:
            try:
                values = layer(values, training=training)
            except TypeError:
                values = layer(values)
            draw.append(float((numpy.asarray(values) ** 2).mean()))
        measured.append(draw)
    state: State | None = input_state(width=16)
    for index, step in enumerate(network(training)[1]):
        assert state is not None
        state = step(state)
        assert state is not None
        assert state.second == pytest.approx(numpy.mean(measured, axis=0)[index], rel=0.1), index


@pytest.mark.parametrize(
    ("pooling", "injected"),
    [
        (None, (0.48, 0.58)),
        ("AveragePooling2D", (0.5, 0.64)),
        ("MaxPooling2D", (0.5, 0.62)),
        ("GlobalAveragePooling2D", (0.88, 1.0)),
    ],
)
def test_the_matched_rate_injects_as_much_but_behind_a_global_pooling(
    pooling: str | None, injected: tuple[float, float]
) -> None:
    with numpy.load(Path(__file__).parent.parent / "fixtures" / "mnist_sample.npz") as file:
        pixels = file["x_test"][:128, :, :, None] / 255
    x = ((pixels - pixels.mean()) / pixels.std()).astype("float32")
    for _ in range(2):
        x = keras.layers.Conv2D(32, 3, activation="selu", kernel_initializer="lecun_normal")(x)
    if pooling is not None:
        x = getattr(keras.layers, pooling)(*[] if "Global" in pooling else [2])(x)

    def noise(layer: Any) -> float:
        first, second = passes(layer, x)
        return 1 - float((first * second).mean() / (first**2).mean())

    assert noise(keras.layers.Dropout(0.5)) == pytest.approx(0.5, abs=0.03)
    least, most = injected
    assert least < noise(keras.layers.AlphaDropout(matched_alpha_rate(0.5))) < most
