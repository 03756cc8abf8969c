"""Student's interval is Student's."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selu_lint.reference.estimates import estimate, student_quantile


@pytest.mark.parametrize(
    "freedom, quantile",
    [(1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (9, 2.2622), (10, 2.2281), (30, 2.0423)],
)
def test_quantiles_of_the_tables(freedom: int, quantile: float) -> None:
    assert student_quantile(0.975, freedom) == pytest.approx(quantile, abs=5e-5)


@pytest.mark.slow
@given(st.floats(0.5, 0.999), st.integers(1, 200))
def test_quantiles_agree_with_scipy(probability: float, freedom: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    expected = float(stats.t.ppf(probability, freedom))
    assert student_quantile(probability, freedom) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_estimate_of_three_runs() -> None:
    found = estimate([0.97, 0.98, 0.96])
    assert found is not None
    assert found.n == 3
    assert found.mean == pytest.approx(0.97)
    assert found.sd == pytest.approx(statistics.stdev([0.97, 0.98, 0.96]))
    assert found.high is not None
    assert found.high - found.mean == pytest.approx(4.302653 * 0.01 / math.sqrt(3), rel=1e-6)


def test_one_run_has_no_interval_and_none_has_no_estimate() -> None:
    found = estimate([0.5])
    assert found is not None
    assert (found.n, found.mean, found.sd, found.low) == (1, 0.5, None, None)
    assert estimate([]) is None
