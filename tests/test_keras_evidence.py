"""The predictions and verdicts of today, held against what real Keras networks did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from selu_lint.analysis import trainability
from selu_lint.analysis.forecast import Assumptions, forecast
from selu_lint.analysis.inputs import Premise, premises
from selu_lint.model.graph import ModelGraph
from selu_lint.model.layers import Call
from selu_lint.theory.states import State
from tests.benchmarks import predict_keras, train_keras
from tests.benchmarks.keras_networks import graph_of
from tests.benchmarks.train_keras import Trained

Forecast = tuple[ModelGraph, Mapping[Call, State | None], Mapping[Call, Premise]]


@pytest.fixture(scope="module")
def forecasts() -> list[tuple[Trained, Forecast]]:
    """Return what is predicted of each network that was trained."""
    found = []
    for each in train_keras.records():
        graph = graph_of(each.family, each.number)
        taken = premises(graph)
        found.append((each, (graph, forecast(graph, Assumptions(True, taken)), taken)))
    return found


def test_second_moments_are_those_that_keras_computes() -> None:
    rows = [row for each in predict_keras.records() for row in predict_keras.compared(each)]
    assert len({(row.family, row.number) for row in rows}) >= 60
    families: dict[str, list[float | None]] = {}
    for row in rows:
        families.setdefault(row.family, []).append(row.ratio)
    for family, ratios in families.items():
        known = [ratio for ratio in ratios if ratio is not None]
        close = sum(abs(ratio - 1) <= predict_keras.CLOSE for ratio in known)
        assert len(known) >= 0.8 * len(ratios), family
        assert close >= 0.95 * len(known), family
    assert predict_keras.page(rows) == predict_keras.PAGE.read_text(encoding="utf-8")


def test_no_verdict_on_a_network_that_was_trained_is_wrong(
    forecasts: list[tuple[Trained, Forecast]],
) -> None:
    found = [(each, trainability.verdict(*told)) for each, told in forecasts]
    assert len(found) >= 84
    assert train_keras.wrong(found) == []
    counts = Counter(verdict.kind for _, verdict in found)
    assert counts["borderline"] <= 0.2 * len(found)
    assert train_keras.page(found) == train_keras.PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("bound", "moved"),
    [
        ("most_spent", lambda width: 5.0),
        ("most_spent", lambda width: 50.0),
        ("POSSIBLE", (1e-4, 1e4)),
        ("USUAL", (1e-300, 1e300)),
    ],
)
def test_other_bounds_would_be_wrong(
    bound: str,
    moved: object,
    forecasts: list[tuple[Trained, Forecast]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trainability, bound, moved)
    found = [(each, trainability.verdict(*told)) for each, told in forecasts]
    assert train_keras.wrong(found) != []
