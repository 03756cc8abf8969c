"""SELU010: gates are not hidden layers."""

from __future__ import annotations

from typing import Any

from selu_lint.cases import functional, layer
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
