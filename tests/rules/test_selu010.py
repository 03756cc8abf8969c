"""SELU010: gates are not hidden layers."""

from __future__ import annotations

from typing import Any

from selu_lint.linter import lint
from selu_lint.model.document import Document
from selu_lint.model.graph_builder import build_graph
from selu_lint.settings import Settings


def _node(class_name: str, name: str, *sources: str, **config: Any) -> dict[str, Any]:
    return {
        "class_name": class_name,
        "config": {"name": name, **config},
        "name": name,
        "inbound_nodes": [[[source, 0, 0, {}] for source in sources]] if sources else [],
    }


def _found(merge: str) -> list[tuple[str, Any]]:
    layers = [
        _node("InputLayer", "given", batch_input_shape=[None, 8]),
        _node("Dense", "trunk", "given", units=8, activation="selu"),
        _node("Dense", "squeeze", "trunk", units=2, activation="relu"),
        _node("Dense", "excite", "squeeze", units=8, activation="sigmoid"),
        _node(merge, "merge", "trunk", "excite"),
        _node("Dense", "last", "merge", units=8, activation="selu"),
    ]
    ends = {"input_layers": [["given", 0, 0]], "output_layers": [["last", 0, 0]]}
    config = {"name": "model", "layers": layers, **ends}
    architecture = {"class_name": "Functional", "config": config}
    graph = build_graph(Document("model", "architecture-json", "2.15.0", architecture))
    findings, crashed = lint(graph, Settings(select=("SELU010",)))
    assert not crashed
    return [(finding.layer, finding.data["before"]) for finding in findings]


def test_gates_of_squeeze_and_excitation_are_left_alone() -> None:
    assert _found("Multiply") == []


def test_a_branch_that_is_added_is_not_a_gate() -> None:
    assert _found("Add") == [("squeeze", "last"), ("excite", "last")]
