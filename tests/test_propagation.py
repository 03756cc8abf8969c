"""Tests of propagation through kernels, activations, dropouts and noise."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selu_lint.theory.activation_functions import ActivationFunction, activation_function
from selu_lint.theory.borders import Axis
from selu_lint.theory.moments import (
    SATURATION,
    SQUARED_SATURATION,
    alpha_dropout_noise_share,
    signal_spent,
)
from selu_lint.theory.propagation import (
    activation,
    alpha_dropout,
    convolution,
    dropout,
    gaussian_dropout,
    gaussian_noise,
    kernel,
)
from selu_lint.theory.states import State, input_state
from tests.stationary import selu_moments, selu_slopes, stationary_second_moment


def named(name: str) -> ActivationFunction:
    function = activation_function(name)
    assert function is not None
    return function


SELU = named("selu")


def dense(state: State, gain: float = 1.0, name: str = "selu", **options: Any) -> State:
    """Return the state behind a Dense layer with an activation."""
    behind = activation(kernel(state, gain, "dense", **options), named(name))
    assert behind is not None
    return behind


def test_the_fixed_point_is_kept_through_any_depth() -> None:
    state = input_state()
    for _ in range(50):
        state = dense(state)
    assert state.mean == pytest.approx(0, abs=1e-9)
    assert state.second == pytest.approx(1, abs=1e-9)
    assert state.noise_share == pytest.approx(0, abs=1e-9)
    slopes = selu_slopes(1.0)
    a_layer = signal_spent(slopes.mean**2) + signal_spent(slopes.mean**2 / slopes.second)
    assert state.spent == pytest.approx(50 * a_layer, rel=1e-6)


@pytest.mark.parametrize("gain", [0.64, 1.25, 1.5])
def test_a_deep_network_settles_at_the_stationary_second_moment(gain: float) -> None:
    state = input_state()
    for _ in range(200):
        state = dense(state, gain)
    assert state.second == pytest.approx(stationary_second_moment(gain), rel=1e-6)


def test_activations_die_out_and_overflow_without_an_error() -> None:
    quiet = loud = input_state()
    for _ in range(400):
        quiet = dense(quiet, 0.1)
        loud = dense(loud, 4.0)
    assert quiet.second == 0
    assert quiet.spent == math.inf
    assert loud.overflows
    assert loud.variance == math.inf
    bounded = activation(loud, named("tanh"))
    assert bounded is None
    assert dropout(loud, 0.5).overflows
    assert alpha_dropout(gaussian_noise(loud, 1.0), 0.5).overflows
    assert alpha_dropout(quiet, 0.5).second == pytest.approx(
        0.5 * SQUARED_SATURATION / (1 + 0.5 * SQUARED_SATURATION)
    )


def test_a_kernel_forgets_the_distribution_but_not_the_second_moment() -> None:
    state = kernel(dense(input_state(), 1.7), 0.5, "next", bias_variance=0.2, bias_mean=0.3)
    q = 0.5 * selu_moments(1.7).second + 0.2
    assert state.mean == 0.3
    assert state.second == pytest.approx(q + 0.09)
    assert state.origins == {"next"}
    # Biases are common to all inputs.
    assert state.correlations.inputs > dense(input_state(), 1.7).correlations.inputs


def test_a_kernel_of_zeros_leaves_only_its_bias() -> None:
    state = kernel(input_state(), 0.0, "zeros", bias_mean=2.0)
    assert (state.mean, state.second, state.spent) == (2.0, 4.0, math.inf)
    behind = activation(state, named("sigmoid"))
    assert behind is not None
    assert behind.mean == pytest.approx(1 / (1 + math.exp(-2)))
    assert behind.variance == pytest.approx(0, abs=1e-12)
    unbiased = activation(kernel(input_state(), 0.0, "zeros", bias_variance=1.0), SELU)
    assert unbiased is not None
    assert unbiased.second == pytest.approx(1)
    assert unbiased.spent == math.inf


@given(st.floats(0.01, 0.9))
def test_dropouts_have_their_noise_share(rate: float) -> None:
    state = dense(input_state())
    for behind, share in (
        (dropout(state, rate), rate),
        (dropout(state, rate, shared=True), rate),
        (gaussian_dropout(state, rate), rate),
        (alpha_dropout(state, rate), alpha_dropout_noise_share(rate)),
    ):
        assert behind.noise_share == pytest.approx(share, rel=1e-6)
        # On its way back the gradient meets the same factor of each element, and nothing is added.
        spent = signal_spent(1 - share) + signal_spent(1 - rate)
        assert behind.spent - state.spent == pytest.approx(spent, rel=1e-6)
    assert dropout(state, rate).second == pytest.approx(1 / (1 - rate))
    assert gaussian_dropout(state, rate).second == pytest.approx(1 / (1 - rate))
    assert alpha_dropout(state, rate).second == pytest.approx(1, abs=1e-9)
    assert alpha_dropout(state, rate).mean == pytest.approx(0, abs=1e-9)


def test_dropout_over_0_448_makes_a_lecun_network_grow() -> None:
    for rate, grows in ((0.4, False), (0.5, True)):
        state = input_state()
        for _ in range(60):
            state = dropout(dense(state), rate)
        assert (state.second > 1000) is grows


def test_gaussian_noise_adds_its_variance() -> None:
    state = gaussian_noise(dense(input_state()), 0.5)
    assert state.second == pytest.approx(1.25)
    assert state.noise_share == pytest.approx(0.2)
    normal = gaussian_noise(kernel(input_state(), 1.0, "dense"), 0.5)
    behind = activation(normal, SELU)
    assert behind is not None
    assert behind.second == pytest.approx(selu_moments(1.25).second)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["dropout", "alpha", "noise", "twice"])
def test_activations_behind_noise_by_sampling(kind: str) -> None:
    numpy = pytest.importorskip("numpy")
    rng = numpy.random.default_rng(0)
    z = rng.standard_normal((2, 500_000)) * 1.2
    z[1] = 0.6 * z[0] + 0.8 * z[1]
    kept = rng.random(z.shape) < 0.8
    state = kernel(input_state(), 1.44, "dense")._replace(
        correlations=input_state().correlations._replace(repeats=0.6),
    )
    if kind == "dropout":
        x, state = z * kept / 0.8, dropout(state, 0.2)
    elif kind == "alpha":
        a = (0.8 + SQUARED_SATURATION * 0.16) ** -0.5
        x = a * numpy.where(kept, z, SATURATION) - a * SATURATION * 0.2
        state = alpha_dropout(state, 0.2)
    elif kind == "noise":
        x, state = z * 1.0, gaussian_noise(state, 0.5)
        x = x + 0.5 * rng.standard_normal(x.shape)
    else:
        x = numpy.vectorize(SELU.function)(z)
        behind = activation(state, SELU)
        assert behind is not None
        state = behind
    x = numpy.vectorize(SELU.function)(x)
    after = activation(state, SELU)
    assert after is not None
    assert after.mean == pytest.approx(float(x.mean()), abs=0.01)
    assert after.second == pytest.approx(float((x**2).mean()), rel=0.01)
    sampled = float((x[0] * x[1]).mean() / (x**2).mean())
    assert after.correlations.repeats == pytest.approx(sampled, abs=0.02)


def test_noise_of_unknown_shape_ends_the_prediction_of_activations_only() -> None:
    state = gaussian_dropout(dense(input_state()), 0.2)
    assert activation(state, SELU) is None
    assert activation(state, named("linear")) == state
    assert dense(state).second == pytest.approx(selu_moments(1.25).second)


def test_borders_lower_the_gain_of_a_convolution() -> None:
    axis = Axis(4, 3, padding="same")
    state = convolution(input_state(), 1.0, "conv", 8, [axis, axis])
    assert state.second == pytest.approx((10 / 12) ** 2)
    assert [len(profile) for profile in state.profiles] == [4, 4]
    behind = activation(state, SELU)
    assert behind is not None
    # SELU evens out what is loud and what is quiet.
    assert max(behind.profiles[0]) < max(state.profiles[0])
    silent = convolution(input_state(), 0.0, "conv", 8, [axis, axis])
    assert silent.second == 0


def test_finite_width_lowers_the_mean_of_a_network_that_dies_out() -> None:
    narrow, wide = input_state(width=64), input_state()
    for _ in range(32):
        narrow, wide = dense(narrow, 0.45, width=64), dense(wide, 0.45)
    # Simulated with 300 draws: 0.855 ± 0.032 of the prediction for infinite width.
    assert narrow.second / wide.second == pytest.approx(0.855, abs=0.07)
    assert narrow.spread > 0.5
    assert wide.spread == 0


def test_relu_and_he_initialization_keep_the_second_moment() -> None:
    state = input_state(width=64)
    for _ in range(20):
        state = dense(state, 2.0, "relu", width=64)
    assert state.second == pytest.approx(1, rel=1e-6)
    assert state.correlations.inputs > 0.9


def test_inputs_that_are_not_standardized() -> None:
    state = input_state(0.5, 0.25)
    assert (state.second, state.variance) == (0.5, 0.25)
    assert state.correlations.inputs == 0.5
    assert input_state(0.0, 0.0).second == 0
    assert dense(input_state(0.0, 0.0)).second == 0
