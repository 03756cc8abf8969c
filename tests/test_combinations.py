"""Tests of propagation through pooling, merges and normalization."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from selu_lint.theory.activation_functions import activation_function
from selu_lint.theory.borders import Axis
from selu_lint.theory.combinations import (
    NormalizationKind,
    average_pooling,
    concatenate,
    flatten,
    linear_combination,
    maximum_pooling,
    normalization,
    rescale,
    zero_padding,
)
from selu_lint.theory.moments import selu
from selu_lint.theory.propagation import activation, alpha_dropout, convolution, dropout, kernel
from selu_lint.theory.states import Correlations, State, input_state
from tests.stationary import selu_moments


def behind(state: State, gain: float, name: str) -> State:
    """Return the state behind a kernel with SELU."""
    function = activation_function("selu")
    assert function is not None
    result = activation(kernel(state, gain, name), function)
    assert result is not None
    return result


LOUD = behind(input_state(), 2.0, "loud")
GRID = [Axis(4, 2, 2), Axis(4, 2, 2)]
OVERFLOWN = kernel(input_state(), 1e80, "overflown")


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
        kernel(input_state(), 2.0, "conv")._replace(correlations=Correlations(0.3, 1.0, 0.3)),
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


def test_average_pooling_keeps_what_neighbours_have_in_common() -> None:
    white = average_pooling(behind(input_state(), 1.0, "c"), 4)
    assert white.second == pytest.approx(0.25)
    assert white.noise_share == 0
    noisy = average_pooling(dropout(behind(input_state(), 1.0, "c"), 0.5), 4)
    assert noisy.noise_share == pytest.approx(0.5)


def test_concatenation_averages_moments() -> None:
    quiet = behind(input_state(), 0.5, "quiet")
    merged = concatenate([(LOUD, 30), (quiet, 10)])
    assert merged is not None
    assert merged.second == pytest.approx(0.75 * LOUD.second + 0.25 * quiet.second)
    assert merged.mean == pytest.approx(0.75 * LOUD.mean + 0.25 * quiet.mean)
    assert merged.distribution is not None
    assert merged.distribution.moments.second == pytest.approx(merged.second, rel=1e-3)
    assert merged.origins == {"loud", "quiet"}
    unknown = concatenate([(LOUD, 1), (quiet._replace(distribution=None), 1)])
    assert unknown is not None
    assert unknown.distribution is None
    assert concatenate([(LOUD, 1), (OVERFLOWN, 1)]) is None
    assert concatenate([(OVERFLOWN, 1), (OVERFLOWN, 1)]) == OVERFLOWN
    with pytest.raises(ValueError, match="channel"):
        concatenate([])


def test_residuals_keep_the_signal() -> None:
    state = behind(input_state(), 1.0, "stem")
    for index in range(20):
        added = linear_combination(
            [state, dropout(behind(state, 1.0, f"block_{index}"), 0.5)], [1, 1]
        )
        assert added is not None
        normalized = normalization(added, "layer")
        assert normalized is not None
        state = normalized
    chain = behind(input_state(), 1.0, "stem")
    for _ in range(20):
        chain = dropout(behind(chain, 1.0, "next"), 0.5)
    assert chain.spent > 14
    assert state.spent < chain.spent


@pytest.mark.slow
@pytest.mark.parametrize("factors", [(1.0, 1.0), (1.0, -1.0), (0.5, 0.5)])
def test_sums_of_independent_values_by_sampling(factors: tuple[float, float]) -> None:
    numpy = pytest.importorskip("numpy")
    other = behind(input_state(), 1.0, "other")
    merged = linear_combination([LOUD, other], factors)
    function = activation_function("selu")
    assert function is not None
    assert merged is not None
    after = activation(merged, function)
    assert after is not None
    rng = numpy.random.default_rng(0)
    z = rng.standard_normal((2, 500_000))
    x = numpy.vectorize(selu)(z * [[math.sqrt(2)], [1.0]])
    total = factors[0] * x[0] + factors[1] * x[1]
    assert merged.mean == pytest.approx(float(total.mean()), abs=0.01)
    assert merged.second == pytest.approx(float((total**2).mean()), rel=0.01)
    total = numpy.vectorize(selu)(total)
    assert after.mean == pytest.approx(float(total.mean()), abs=0.01)
    assert after.second == pytest.approx(float((total**2).mean()), rel=0.01)


def test_sums_of_normal_values_stay_normal() -> None:
    state = input_state()
    total = linear_combination([kernel(state, 0.5, "a"), kernel(state, 1.5, "b")], [1, 1])
    assert total is not None
    function = activation_function("selu")
    assert function is not None
    after = activation(total, function)
    assert after is not None
    assert after.second == pytest.approx(selu_moments(2.0).second, rel=1e-12)


def test_sums_of_dependent_values_are_not_predicted() -> None:
    assert linear_combination([LOUD, dropout(LOUD, 0.1)], [1, 1]) is None
    assert linear_combination([LOUD, OVERFLOWN], [1, 1]) is None
    unknown = linear_combination(
        [LOUD._replace(distribution=None), kernel(LOUD, 1.0, "next")], [1, 1]
    )
    assert unknown is not None
    assert unknown.distribution is None
    with pytest.raises(ValueError, match="factor"):
        linear_combination([LOUD], [1, 1])


def test_rescaling() -> None:
    state = rescale(LOUD, 2.0, -1.0)
    assert state.mean == pytest.approx(2 * LOUD.mean - 1)
    assert state.second == pytest.approx(4 * LOUD.second - 4 * LOUD.mean + 1)
    assert state.distribution is not None
    assert state.distribution.moments.second == pytest.approx(state.second, rel=1e-3)
    assert rescale(LOUD, 1.0) == LOUD
    assert rescale(LOUD, 0.0).second == 0
    assert rescale(OVERFLOWN, 2.0).overflows
    pixels = rescale(input_state(127.0, 75.0**2), 1 / 255)
    assert pixels.mean == pytest.approx(127 / 255)
    assert pixels.correlations.inputs == pytest.approx(
        input_state(127.0, 75.0**2).correlations.inputs
    )


def test_zero_padding_dilutes() -> None:
    state = zero_padding(LOUD, [(4, 1, 1), (4, 1, 1)])
    assert state.second == pytest.approx(LOUD.second * (4 / 6) ** 2)
    assert [len(profile) for profile in state.profiles] == [6, 6]
    assert state.correlations == LOUD.correlations
    assert zero_padding(OVERFLOWN, [(4, 1, 1)]).overflows


@pytest.mark.parametrize(
    ("kind", "mean", "second"),
    [("batch", 0.0, 1.0), ("instance", 0.0, 1.0), ("layer", 0.0, 1.0), ("rms", None, 1.0)],
)
def test_normalizations(kind: NormalizationKind, mean: float | None, second: float) -> None:
    state = normalization(LOUD, kind, epsilon=0.0)
    assert state is not None
    assert state.second == pytest.approx(second)
    expected = LOUD.mean / math.sqrt(LOUD.second) if mean is None else mean
    assert state.mean == pytest.approx(expected)
    scaled = normalization(LOUD, kind, epsilon=0.0, factor=3.0, offset=1.0)
    assert scaled is not None
    assert scaled.mean == pytest.approx(3 * expected + 1)


def test_normalization_by_sampling_a_network() -> None:
    numpy = pytest.importorskip("numpy")
    rng = numpy.random.default_rng(0)
    x = numpy.vectorize(selu)(rng.standard_normal((256, 512)) * math.sqrt(2))
    z = x @ rng.standard_normal((512, 512)) / math.sqrt(512)
    z = (z - z.mean(axis=0)) / numpy.sqrt(z.var(axis=0) + 1e-3)
    relu, function = numpy.maximum(z, 0), activation_function("relu")
    assert function is not None
    normalized = normalization(kernel(LOUD, 1.0, "dense"), "batch")
    assert normalized is not None
    state = activation(normalized, function)
    assert state is not None
    assert state.second == pytest.approx(float((relu**2).mean()), rel=0.02)
    assert state.mean == pytest.approx(float(relu.mean()), rel=0.02)


def test_unit_normalization_needs_the_width() -> None:
    assert normalization(LOUD, "unit") is None
    state = normalization(LOUD._replace(width=100), "unit")
    assert state is not None
    assert state.second == pytest.approx(0.01)
    assert state.mean == pytest.approx(LOUD.mean / math.sqrt(100 * LOUD.second))


def test_what_cannot_be_normalized() -> None:
    assert normalization(OVERFLOWN, "batch") is None
    assert normalization(kernel(input_state(), 0.0, "zeros"), "layer") is None
    assert normalization(kernel(input_state(), 0.0, "zeros", bias_mean=1.0), "layer") is None


def test_epsilon_shows_where_activations_die_out() -> None:
    quiet = kernel(input_state(), 1e-3, "quiet")
    state = normalization(quiet, "batch", epsilon=1e-3)
    assert state is not None
    assert state.second == pytest.approx(0.5)


def test_a_long_row_of_concatenations_does_not_list_all_that_went_in() -> None:
    joined = input_state(name="first", width=4.0)
    kept: dict[int, frozenset[str]] = {}
    for number in range(3000):
        new = input_state(name=f"input {number}", width=4.0)
        state = concatenate([(joined, 4.0), (new, 4.0)])
        assert state is not None
        joined = state
        kept[id(joined.origins)] = joined.origins
    assert max(map(len, kept.values())) == 1001
    assert len(kept) == 1000
    assert linear_combination([joined, input_state(name="last")], [1, 1]) is None


def test_a_sum_of_many_is_what_all_its_pairs_say() -> None:
    chance = random.Random(1)
    for _ in range(50):
        states = [
            input_state(
                mean=chance.uniform(-2, 2),
                variance=chance.uniform(0.1, 3),
                width=chance.choice((1.0, 8.0, 100.0, math.inf)),
                name=f"input {number}",
            )._replace(spread=chance.choice((0.0, 1e-3, 0.5, 20.0, 1e10)))
            for number in range(chance.randrange(2, 12))
        ]
        factors = [chance.choice((1.0, -1.0, 0.25)) for _ in states]
        merged = linear_combination(states, factors)
        assert merged is not None
        second = math.fsum(f**2 * state.second for state, f in zip(states, factors, strict=True))
        crossed = 0.0
        for (x, f), (y, g) in itertools.combinations(zip(states, factors, strict=True), 2):
            alike = math.sqrt(math.log1p(x.spread) * math.log1p(y.spread)) / 4
            second += 2 * f * x.mean * g * y.mean * math.exp(alike)
            crossed += 4 * f**2 * x.variance * g**2 * y.variance / min(x.width, y.width)
        if second < 0:
            continue
        assert merged.second == pytest.approx(second, rel=1e-9, abs=1e-9)
        squares = [f**2 * state.second for state, f in zip(states, factors, strict=True)]
        roots = [math.sqrt(state.spread) for state in states]
        own = math.fsum(square / second * root for square, root in zip(squares, roots, strict=True))
        assert merged.spread == pytest.approx(own**2 + crossed / second**2, rel=1e-6)
