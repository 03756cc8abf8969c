"""All seeds at once, as one program, train as ``fit`` trains one after the other."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.keras
pytest.importorskip("jax")

ROOT = Path(__file__).parents[2]


def compared(*options: str) -> dict[str, Any]:
    """Run ``against_fit`` in a process of its own, whose Keras runs on JAX."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.reference.against_fit", *options],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("network", [["--depth", "3", "--width", "32"], ["--convolutional"]])
def test_without_dropout_the_losses_are_those_of_fit(network: list[str]) -> None:
    options = ["--seeds", "2", "--rate", "0", "--epochs", "2" if "--depth" in network else "1"]
    found = compared(*options, *network)
    for one, other in zip(found["fit"]["losses"], found["together"]["losses"], strict=True):
        for by_fit, together in zip(one, other, strict=True):
            assert together == pytest.approx(by_fit, rel=1e-4)
    assert found["together"]["losses"][0] != found["together"]["losses"][1]
    assert found["together"]["accuracies"] == pytest.approx(found["fit"]["accuracies"], abs=2e-3)


def test_with_dropout_they_agree_within_the_spread_of_the_seeds() -> None:
    found = compared("--seeds", "10", "--depth", "2", "--width", "16", "--rate", "0.1")
    fit, together = found["fit"]["accuracies"], found["together"]["accuracies"]
    assert fit != together
    error = ((statistics.variance(fit) + statistics.variance(together)) / 10) ** 0.5
    assert abs(statistics.mean(fit) - statistics.mean(together)) < 3 * error
    assert statistics.mean(together) > 0.4
