"""SELU007: what a path spends, and the rate that fits."""

from __future__ import annotations

from typing import Any

import pytest

from selu_lint.document import Document
from selu_lint.findings import Finding
from selu_lint.graph import ModelGraph
from selu_lint.graph_builder import build_graph
from selu_lint.linter import lint
from selu_lint.moments import SIGNAL_BUDGET, largest_trainable_rate, matched_alpha_rate
from selu_lint.settings import Settings
from selu_lint.signal_paths import costliest_path, largest_noise_share
from tests.cases import layer, sequential


def _graph(architecture: dict[str, Any]) -> ModelGraph:
    return build_graph(Document("model", "architecture-json", "2.15.0", architecture))


def _findings(graph: ModelGraph) -> tuple[Finding, ...]:
    findings, crashed = lint(graph, Settings(select=("SELU007",)))
    assert not crashed
    return findings


def _chain(depth: int, every: int, kind: str, rate: float) -> dict[str, Any]:
    layers = []
    for index in range(depth):
        layers.append(layer("Dense", f"dense_{index}", units=8, activation="selu"))
        if index % every == 0:
            layers.append(layer(kind, f"drop_{index}", rate=rate))
    return sequential((8,), *layers)


def _residual(blocks: int, rate: float) -> dict[str, Any]:
    def node(class_name: str, name: str, *sources: str, **config: Any) -> dict[str, Any]:
        return {
            "class_name": class_name,
            "config": {"name": name, **config},
            "name": name,
            "inbound_nodes": [[[source, 0, 0, {}] for source in sources]] if sources else [],
        }

    layers = [node("InputLayer", "add_0", batch_input_shape=[None, 8])]
    for n in range(1, blocks + 1):
        layers.append(node("Dense", f"dense_{n}", f"add_{n - 1}", units=8, activation="selu"))
        layers.append(node("AlphaDropout", f"drop_{n}", f"dense_{n}", rate=rate))
        layers.append(node("Add", f"add_{n}", f"drop_{n}", f"add_{n - 1}"))
    config = {
        "name": "model",
        "layers": layers,
        "input_layers": [["add_0", 0, 0]],
        "output_layers": [[f"add_{blocks}", 0, 0]],
    }
    return {"class_name": "Functional", "config": config}


@pytest.mark.parametrize(("depth", "every"), [(16, 1), (32, 1), (32, 2), (64, 4)])
def test_in_a_chain_the_rate_that_fits_is_the_closed_form(depth: int, every: int) -> None:
    graph = _graph(_chain(depth, every, "AlphaDropout", 0.5))
    share = largest_noise_share(graph)
    assert share is not None
    closed = largest_trainable_rate(depth, "alpha", dropouts=-(-depth // every))
    assert matched_alpha_rate(share) == pytest.approx(closed, rel=1e-9)


@pytest.mark.parametrize("kind", ["AlphaDropout", "Dropout", "SpatialDropout1D"])
def test_the_rate_that_is_advised_is_not_found_again(kind: str) -> None:
    (finding,) = _findings(_graph(_chain(24, 1, kind, 0.5)))
    rate = finding.data["alpha_rate" if kind == "AlphaDropout" else "dropout_rate"]
    assert _findings(_graph(_chain(24, 1, kind, rate))) == ()
    assert _findings(_graph(_chain(24, 1, kind, rate * 1.02)))


def test_the_message_tells_where_and_how_much() -> None:
    (finding,) = _findings(_graph(_chain(32, 1, "AlphaDropout", 0.1)))
    assert finding.layer == ""
    assert finding.message == (
        "32 SELU layers with AlphaDropout(0.1) spend 12.9 of a signal budget of 6: the signal is "
        f"lost at SELU layer 15 (drop_14); AlphaDropout({finding.data['alpha_rate']:g}) and less "
        "trains"
    )


def test_branches_that_skip_layers_keep_signal() -> None:
    chain = costliest_path(_graph(_chain(30, 1, "AlphaDropout", 0.1)))
    residual = costliest_path(_graph(_residual(30, 0.1)))
    assert chain.depth == residual.depth == 30
    assert residual.spent < SIGNAL_BUDGET < chain.spent


def _called_often(times: int, parallel: bool, kind: str) -> dict[str, Any]:
    """Return a model that calls a Dense layer, or a block of one and a dropout, several times."""

    def node(each: dict[str, Any], *calls: tuple[tuple[str, int], ...]) -> dict[str, Any]:
        nodes = [[[name, index, 0, {}] for name, index in sources] for sources in calls]
        return {**each, "name": each["config"]["name"], "inbound_nodes": nodes}

    given = node(layer("InputLayer", "x", batch_input_shape=[None, 8]))
    dense = layer("Dense", "dense", units=8, activation="selu")
    drop = layer("AlphaDropout", "drop", rate=0.1)
    repeated = {"layer": dense, "block": sequential((8,), dense, drop)}[kind]
    repeated["config"]["name"] = "repeated"
    before = (
        [("x", 0)] * times if parallel else [("x", 0), *(("drop", n) for n in range(times - 1))]
    )
    if kind == "block":
        before = [(name.replace("drop", "repeated"), index) for name, index in before]
        layers = [given, node(repeated, *((each,) for each in before))]
    else:
        drops = node(drop, *((("repeated", n),) for n in range(times)))
        layers = [given, node(repeated, *((each,) for each in before)), drops]
    last = layers[-1]["name"]
    layers.append(node(layer("Add", "add"), tuple((last, n) for n in range(times))))
    ends = [["add" if parallel else last, 0 if parallel else times - 1, 0]]
    config = {"name": "m", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": ends}
    return {"class_name": "Functional", "config": config}


@pytest.mark.parametrize("kind", ["layer", "block"])
def test_what_is_called_in_series_counts_each_time_and_side_by_side_once(kind: str) -> None:
    series = costliest_path(_graph(_called_often(30, False, kind)))
    chain = costliest_path(_graph(_chain(30, 1, "AlphaDropout", 0.1)))
    assert (series.depth, len(series.dropouts)) == (30, 30)
    assert series.spent == pytest.approx(chain.spent)
    parallel = costliest_path(_graph(_called_often(30, True, kind)))
    assert (parallel.depth, len(parallel.dropouts)) == (1, 1)
    assert parallel.spent == pytest.approx(chain.spent / 30)


def test_a_dropout_that_never_acts_does_not_count() -> None:
    architecture = _residual(1, 0.5)
    drop = architecture["config"]["layers"][2]
    assert costliest_path(_graph(architecture)).dropouts
    drop["inbound_nodes"] = [[["dense_1", 0, 0, {"training": False}]]]
    assert not costliest_path(_graph(architecture)).dropouts
