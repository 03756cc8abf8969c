"""SELU010: gates are not hidden layers."""

from __future__ import annotations

import math
from typing import Any

import pytest

from selu_lint.cases import functional, layer, sequential
from selu_lint.linter import lint
from selu_lint.model.document import Document
from selu_lint.model.graph_builder import build_graph
from selu_lint.settings import Settings


def _found(merge: str) -> list[tuple[str, Any]]:
    architecture = functional(
        (layer("InputLayer", "given", batch_shape=[None, 8]), []),
        (layer("Dense", "trunk", units=8, activation="selu"), ["given"]),
        (layer("Dense", "squeeze", units=2, activation="relu"), ["trunk"]),
        (layer("Dense", "excite", units=8, activation="sigmoid"), ["squeeze"]),
        (layer(merge, "merge"), [["trunk", "excite"]]),
        (layer("Dense", "last", units=8, activation="selu"), ["merge"]),
    )
    graph = build_graph(Document("model", "architecture-json", "3.15.1", architecture))
    findings, crashed = lint(graph, Settings(select=("SELU010",)))
    assert not crashed
    return [(finding.layer, finding.data["before"]) for finding in findings]


def test_gates_of_squeeze_and_excitation_are_left_alone() -> None:
    assert _found("Multiply") == []


def test_a_branch_that_is_added_is_not_a_gate() -> None:
    assert _found("Add") == [("squeeze", "last"), ("excite", "last")]


def _told(slope: Any) -> dict[str, Any]:
    layers = [
        layer("LeakyReLU", "leaky", negative_slope=slope),
        layer("Dense", "dense", units=8, activation="selu"),
    ]
    architecture = sequential((8,), layer("Dense", "first", units=8), *layers)
    graph = build_graph(Document("model", "architecture-json", "3.15.1", architecture))
    (finding,), _ = lint(graph, Settings(select=("SELU010",)))
    return dict(finding.data)


def test_moments_are_told_of_a_slope_that_is_known() -> None:
    # Of N(0, 1): mean (1 - a) / sqrt(2 pi), second moment (1 + a * a) / 2.
    told = _told(0.5)
    assert told["mean"] == pytest.approx(0.5 / math.sqrt(2 * math.pi), abs=1e-4)
    assert told["variance"] == pytest.approx(0.625 - 0.25 / (2 * math.pi), abs=1e-4)


@pytest.mark.parametrize("slope", ["steep", {"class_name": "Own"}, 1e200, float("nan")])
def test_no_moments_are_told_of_a_slope_that_is_none(slope: Any) -> None:
    assert "mean" not in _told(slope)
