"""Tests of distributions as points: against sampling."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from selu_lint.theory.distributions import Distribution, Normal, SharedDropout, dropped, mixture
from selu_lint.theory.moments import selu
from tests.stationary import selu_moments

STANDARD = Normal(mean=0.0, variance=1.0)


def test_a_normal_distribution_has_its_moments() -> None:
    shifted = Normal(mean=2.0, variance=9.0)
    assert shifted.moments.mean == pytest.approx(2)
    assert shifted.moments.variance == pytest.approx(9)
    assert STANDARD.fourth_moment == pytest.approx(3)


def test_a_map_agrees_with_the_closed_form() -> None:
    mapped, exact = STANDARD.mapped(selu), selu_moments(1.0)
    assert mapped.moments.mean == pytest.approx(exact.mean, abs=1e-3)
    assert mapped.moments.second == pytest.approx(exact.second, rel=1e-3)
    assert STANDARD.covariance(selu) == pytest.approx(0.98523, rel=1e-3)


def test_dropout_puts_an_atom_at_zero() -> None:
    behind = dropped(STANDARD, 0.25)
    assert behind.moments.second == pytest.approx(1 / 0.75)
    assert sum(weight for value, weight in behind.points if value == 0) > 0.25
    assert SharedDropout(source=STANDARD, rate=0.25).moments == behind.moments


def test_sums_and_averages_of_independent_values() -> None:
    left, right = STANDARD.mapped(selu), Normal(mean=1.0, variance=0.5)
    total = left.plus(right).moments
    assert total.mean == pytest.approx(left.moments.mean + 1, abs=1e-6)
    assert total.variance == pytest.approx(left.moments.variance + 0.5, rel=1e-3)
    mean = left.average(9).moments
    assert mean.mean == pytest.approx(left.moments.mean, abs=1e-6)
    assert mean.variance == pytest.approx(left.moments.variance / 9, rel=1e-3)


def test_the_sum_has_the_right_shape() -> None:
    coin = mixture([(Normal(mean=0.0, variance=0.0), 0.5), (Normal(mean=3.0, variance=0.0), 0.5)])
    total = coin.plus(coin)
    weights = dict(total.points)
    assert weights == pytest.approx({0.0: 0.25, 3.0: 0.5, 6.0: 0.25}, rel=1e-6)


@pytest.mark.parametrize(
    ("count", "mean", "second"), [(2, 0.56419, 1.0), (4, 1.02938, 1.55133), (1, 0.0, 1.0)]
)
def test_maxima_of_independent_normal_values(count: int, mean: float, second: float) -> None:
    # David and Nagaraja (2003), "Order Statistics".
    maximum = STANDARD.maximum(count).moments
    assert maximum.mean == pytest.approx(mean, abs=5e-4)
    assert maximum.second == pytest.approx(second, rel=1e-3)


@pytest.mark.parametrize("function", [selu, lambda x: max(x, 0.0)], ids=["selu", "relu"])
@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.8, 1.0])
def test_maxima_of_correlated_values_by_sampling(
    function: Callable[[float], float], correlation: float
) -> None:
    numpy = pytest.importorskip("numpy")
    rng = numpy.random.default_rng(0)
    common = rng.standard_normal((150_000, 1))
    own = rng.standard_normal((150_000, 8))
    x = numpy.vectorize(function)(
        math.sqrt(correlation) * common + math.sqrt(1 - correlation) * own
    )
    first, second = x[:, :4].max(axis=1), x[:, 4:].max(axis=1)
    alike = float(numpy.corrcoef(x[:, 0], x[:, 4])[0, 1])
    maximum = STANDARD.mapped(function).maximum(4, alike)
    assert maximum.moments.mean == pytest.approx(float(first.mean()), abs=1e-2)
    assert maximum.moments.second == pytest.approx(float((first**2).mean()), rel=2e-2)
    covariance = float(numpy.cov(first, second)[0, 1])
    assert maximum.covariance_of_two == pytest.approx(covariance, abs=1e-2)


def test_the_linear_share_of_a_maximum() -> None:
    # Stein's lemma: the covariance of one of n normal values and their maximum is 1/n.
    variance = 1.55133 - 1.02938**2
    assert STANDARD.maximum_regression(4) == pytest.approx(1 / 4 / variance, rel=1e-2)
    assert STANDARD.maximum_regression(1) == pytest.approx(1, rel=1e-6)


def test_thinning_keeps_moments() -> None:
    many = mixture([(Normal(mean=k / 3, variance=1 + k), 1 / 6) for k in range(6)])
    assert len(many.points) <= 400
    assert many.moments.mean == pytest.approx(5 / 6, rel=1e-6)
    assert many.moments.variance == pytest.approx(3.5 + 35 / 12 / 9, rel=1e-6)
    assert sum(weight for _, weight in many.points) == pytest.approx(1)


@pytest.mark.slow
def test_long_chains_do_not_recurse() -> None:
    result: Distribution = STANDARD
    for _ in range(3000):
        result = result.mapped(lambda x: x * 0.999)
    assert result.moments.variance == pytest.approx(0.999**6000, rel=1e-6)


def test_a_sum_of_thousands_is_computed_only_where_it_is_needed_and_without_recursion() -> None:
    built = []

    def one() -> tuple[tuple[float, float], ...]:
        built.append(1)
        return ((1.0, 1.0),)

    total = Distribution(build=one)
    for _ in range(3000):
        total = total.mapped(lambda x: x + 1)
    assert not built
    assert total.points == ((3001.0, 1.0),)
    assert total.points is total.points
    assert built == [1]
