"""Tests that predictions hold for simulated random networks, on a small part of the benchmark."""

from __future__ import annotations

import pytest

pytest.importorskip("numpy")

from tests.benchmarks.predict_moments import FAMILIES, report, simulate


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_second_moments_of_random_networks(family: str) -> None:
    networks = [network for _, network in simulate(20, seed=2, only=family)]
    assert len(networks) == 4
    errors = [
        abs(predicted / measured - 1)
        for network in networks
        for _, predicted, measured, _ in network.results
        if predicted is not None
    ]
    assert sum(error <= 0.1 for error in errors) >= 0.95 * len(errors)
    assert f"| {family} (4) | {len(errors)} |" in report(networks)
