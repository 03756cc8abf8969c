"""Tests of propagation through Concatenate and sums."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from selu_lint.theory.activation_functions import activation_function
from selu_lint.theory.merges import concatenate, linear_combination
from selu_lint.theory.moments import selu
from selu_lint.theory.normalization import normalization
from selu_lint.theory.propagation import activation, dropout, kernel
from selu_lint.theory.states import input_state
from tests.states import LOUD, OVERFLOWN, behind
from tests.stationary import selu_moments


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
