"""Tests of propagation through padding, flattening and pooling."""

from __future__ import annotations

import math

import pytest

from selu_lint.theory.activation_functions import activation_function
from selu_lint.theory.borders import Axis
from selu_lint.theory.moments import ALPHA, LAMBDA, selu
from selu_lint.theory.propagation import activation, alpha_dropout, convolution, dropout, kernel
from selu_lint.theory.spatial import average_pooling, flatten, maximum_pooling, zero_padding
from selu_lint.theory.states import Correlations, input_state
from tests.states import LOUD, OVERFLOWN, behind

GRID = [Axis(4, 2, 2), Axis(4, 2, 2)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["average", "maximum"])
@pytest.mark.parametrize("noise", ["none", "dropout", "spatial", "alpha"])
def test_pooling_by_sampling(kind: str, noise: str) -> None:
    numpy = pytest.importorskip("numpy")
    rng = numpy.random.default_rng(0)
    common = rng.standard_normal((200_000, 1))
    z = math.sqrt(0.3) * common + math.sqrt(0.7) * rng.standard_normal((200_000, 4))
    x = numpy.vectorize(selu)(z * math.sqrt(2))
    function = activation_function("selu")
    assert function is not None
    state = activation(
        kernel(input_state(), 2.0, "conv")._replace(correlations=Correlations(0.3, 1.0, 0.3, 0.3)),
        function,
    )
    assert state is not None
    if noise == "spatial":
        x, state = x * (rng.random((len(x), 1)) < 0.7) / 0.7, dropout(state, 0.3, shared=True)
    elif noise == "dropout":
        x, state = x * (rng.random(x.shape) < 0.7) / 0.7, dropout(state, 0.3)
    elif noise == "alpha":
        a = (0.7 + 1.7580993408473766**2 * 0.21) ** -0.5
        x = a * numpy.where(rng.random(x.shape) < 0.7, x, -1.7580993408473766)
        x, state = x + a * 1.7580993408473766 * 0.3, alpha_dropout(state, 0.3)
    pooled = x.mean(axis=1) if kind == "average" else x.max(axis=1)
    after = average_pooling(state, 4) if kind == "average" else maximum_pooling(state, 4)
    assert after is not None
    scale = math.sqrt(after.second)
    assert after.mean == pytest.approx(float(pooled.mean()), abs=0.015 * scale)
    assert after.second == pytest.approx(float((pooled**2).mean()), rel=0.015)
    assert after.spent == state.spent


def test_pooling_of_nothing_changes_nothing() -> None:
    for state in (LOUD, OVERFLOWN):
        assert average_pooling(state, 1) == state
        assert maximum_pooling(state, 1) == state
    assert average_pooling(OVERFLOWN, 4).overflows
    unknown = LOUD._replace(distribution=None)
    assert maximum_pooling(unknown, 4) is None
    assert average_pooling(unknown, 4).second < LOUD.second


def test_pooling_of_many_values_is_normal_again() -> None:
    function = activation_function("tanh")
    assert function is not None
    pooled = average_pooling(LOUD, 49)
    after, few = activation(pooled, function), activation(average_pooling(LOUD, 9), function)
    assert after is not None
    assert few is not None
    assert after.second == pytest.approx(function.moments(pooled.variance, pooled.mean).second)
    constant = maximum_pooling(kernel(input_state(), 0.0, "zeros", bias_mean=1.0), 4)
    assert constant is not None
    assert constant.mean == pytest.approx(1)


def test_pooling_averages_profiles() -> None:
    edge = convolution(input_state(), 1.0, "c", 8, [Axis(4, 3, padding="same")] * 2)
    assert len(average_pooling(edge, 4, GRID).profiles[0]) == 2
    maximum = maximum_pooling(edge, 4, GRID)
    assert maximum is not None
    assert maximum.profiles[1] == pytest.approx((1.0, 1.0))
    assert flatten(edge, 16).profiles == ()
    assert flatten(edge, 16).width == 128


def test_pooling_behind_pooling_by_sampling() -> None:
    """Behind a pooling all positions have much in common, those at padded borders less."""
    numpy = pytest.importorskip("numpy")
    rng = numpy.random.default_rng(0)
    window = numpy.lib.stride_tricks.sliding_window_view
    seen = []
    for _ in range(40):
        x = rng.standard_normal((2, 16, 16, 3))
        for size in (16, 8):
            w = rng.standard_normal((3, 3, x.shape[-1], 64)) / math.sqrt(9 * x.shape[-1])
            x = numpy.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
            z = numpy.tensordot(window(x, (3, 3), axis=(1, 2)), w, ([3, 4, 5], [2, 0, 1]))
            z = z.reshape(2, size // 2, 2, size // 2, 2, 64).max((2, 4))
            x = LAMBDA * numpy.where(z > 0, z, ALPHA * numpy.expm1(z))
        seen.append(float((x**2).mean()))
    state, function = input_state(), activation_function("selu")
    assert function is not None
    for size in (16, 8):
        axes = [Axis(size, 3, padding="same")] * 2
        active = activation(convolution(state, 1.0, f"conv {size}", 64, axes), function)
        assert active is not None
        pooled = maximum_pooling(active, 4, [Axis(size, 2, 2)] * 2)
        assert pooled is not None
        state = pooled
    assert state.second == pytest.approx(sum(seen) / len(seen), rel=0.06)


def test_average_pooling_keeps_what_neighbours_have_in_common() -> None:
    white = average_pooling(behind(input_state(), 1.0, "c"), 4)
    assert white.second == pytest.approx(0.25)
    assert white.noise_share == 0
    noisy = average_pooling(dropout(behind(input_state(), 1.0, "c"), 0.5), 4)
    assert noisy.noise_share == pytest.approx(0.5)


def test_zero_padding_dilutes() -> None:
    state = zero_padding(LOUD, [(4, 1, 1), (4, 1, 1)])
    assert state.second == pytest.approx(LOUD.second * (4 / 6) ** 2)
    assert [len(profile) for profile in state.profiles] == [6, 6]
    assert state.correlations.inputs == LOUD.correlations.inputs
    assert state.correlations.positions == pytest.approx(LOUD.correlations.positions * (4 / 6) ** 2)
    assert zero_padding(OVERFLOWN, [(4, 1, 1)]).overflows
