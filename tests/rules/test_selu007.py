"""SELU007: the verdict of the profile, and the rate that fits."""

from __future__ import annotations

import math
from typing import Any

import pytest

from selu_lint.analysis.noise_repairs import dropouts_behind_selu
from selu_lint.analysis.trainability import judge_signal
from selu_lint.cases import functional, layer, sequential
from selu_lint.findings import Finding, Severity
from selu_lint.linter import lint
from selu_lint.model.document import Document
from selu_lint.model.graph import ModelGraph
from selu_lint.model.graph_builder import build_graph
from selu_lint.profiles.profiling import predict
from selu_lint.settings import Settings
from selu_lint.theory.moments import alpha_dropout_noise_share


def _graph(architecture: dict[str, Any]) -> ModelGraph:
    return build_graph(Document("model", "architecture-json", "2.15.0", architecture))


def _findings(graph: ModelGraph) -> tuple[Finding, ...]:
    findings, crashed = lint(graph, Settings(select=("SELU007",)))
    assert not crashed
    return findings


def _dense(name: str, **config: Any) -> dict[str, Any]:
    drawn = {"activation": "selu", "kernel_initializer": "lecun_normal"}
    return layer("Dense", name, **{"units": 64, **drawn, **config})


def _chain(depth: int, kind: str, rate: float, width: int = 64) -> dict[str, Any]:
    layers = []
    for index in range(depth):
        layers.append(_dense(f"dense_{index}", units=width))
        layers.append(layer(kind, f"drop_{index}", rate=rate))
    return sequential((width,), *layers)


def _residual(blocks: int, rate: float) -> dict[str, Any]:
    calls = [(layer("InputLayer", "add_0", batch_shape=[None, 64]), list[Any]())]
    for n in range(1, blocks + 1):
        calls.append((_dense(f"dense_{n}"), [f"add_{n - 1}"]))
        calls.append((layer("AlphaDropout", f"drop_{n}", rate=rate), [f"dense_{n}"]))
        calls.append((layer("Add", f"add_{n}"), [[f"drop_{n}", f"add_{n - 1}"]]))
    return functional(*calls)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["AlphaDropout", "Dropout", "SpatialDropout1D"])
@pytest.mark.parametrize("width", [64, 256])
def test_the_profile_says_that_the_advised_rate_trains(kind: str, width: int) -> None:
    (finding,) = _findings(_graph(_chain(24, kind, 0.5, width)))
    rate = finding.data["alpha_rate" if kind == "AlphaDropout" else "dropout_rate"]
    advised = _graph(_chain(24, kind, rate, width))
    assert _findings(advised) == ()
    assert predict(advised).verdict == "trains"
    above = _graph(_chain(24, kind, rate * 1.05, width))
    assert [each.severity for each in _findings(above)] == [Severity.WARNING]
    assert predict(above).trains is None


def test_a_rate_that_did_not_train_is_no_longer_advised() -> None:
    """24 × Dropout(0.197), 64 wide, reached 0.488 on MNIST; without dropout 0.952."""
    (finding,) = _findings(_graph(_chain(24, "Dropout", 0.197)))
    assert finding.data["dropout_rate"] < 0.1
    assert finding.data["spent"] > 15


def test_the_message_tells_where_and_how_much() -> None:
    (finding,) = _findings(_graph(_chain(32, "AlphaDropout", 0.1)))
    assert (finding.layer, finding.severity) == ("", Severity.ERROR)
    assert finding.message == (
        "32 SELU layers with AlphaDropout(0.1): signal lost at drop_28, behind SELU layer 29 of "
        "32, where it has faded by 17.7 nepers; networks of this width and depth train up to 6.0 "
        "and not from 17.5 on; "
        f"AlphaDropout({finding.data['alpha_rate']:g}) or less trains"
    )


def test_rates_that_differ_are_told_as_a_span() -> None:
    chain = _chain(12, "AlphaDropout", 0.4)
    chain["config"]["layers"][2]["config"]["rate"] = 0.3
    chain["config"]["layers"][-1] = layer("Dropout", "last", rate=0.5)
    (finding,) = _findings(_graph(chain))
    told = finding.message.partition(":")[0]
    assert told == "12 SELU layers with AlphaDropout(0.3 to 0.4) and Dropout(0.5)"


@pytest.mark.parametrize(
    ("depth", "rate", "width", "severity"),
    [
        (16, 0.05, 64, None),
        (16, 0.1, 64, None),
        (32, 0.05, 64, Severity.WARNING),
        (8, 0.5, 64, Severity.ERROR),
        (8, 0.5, 256, Severity.WARNING),
        (8, 0.5, 512, None),
        (8, 0.25, 256, None),
        (64, 0.0264, 256, Severity.WARNING),
        (16, 0.5, 512, Severity.ERROR),
        (12, 0.36, 256, Severity.WARNING),
        (12, 0.42, 512, Severity.WARNING),
    ],
)
def test_the_severity_is_the_harm_that_was_measured(
    depth: int, rate: float, width: int, severity: Severity | None
) -> None:
    """On MNIST: 0.94, 0.92, 0.31, 0.10, 0.77, 0.95, 0.97, 0.10, 0.35, 0.76, 0.69."""
    found = _findings(_graph(_chain(depth, "AlphaDropout", rate, width)))
    assert [each.severity for each in found] == ([] if severity is None else [severity])


def test_a_signal_that_is_lost_far_from_the_end_is_an_error() -> None:
    (finding,) = _findings(_graph(_chain(40, "Dropout", 0.5)))
    assert finding.severity is Severity.ERROR
    assert "signal lost at drop_9, behind SELU layer 10 of 40" in finding.message


def test_branches_that_skip_layers_keep_signal() -> None:
    assert judge_signal(_graph(_chain(12, "AlphaDropout", 0.3))).kind == "signal lost"
    residual = judge_signal(_graph(_residual(12, 0.3)))
    assert (residual.kind, residual.depth) == ("trains", 12)


def _called_often(times: int, parallel: bool, kind: str) -> dict[str, Any]:
    """Return a model that calls a Dense layer, or a block of one and a dropout, several times."""

    def node(each: dict[str, Any], *calls: tuple[tuple[str, int], ...]) -> dict[str, Any]:
        nodes = [[[name, index, 0, {}] for name, index in sources] for sources in calls]
        return {**each, "name": each["config"]["name"], "inbound_nodes": nodes}

    given = node(layer("InputLayer", "x", batch_input_shape=[None, 64]))
    dense = _dense("dense")
    drop = layer("AlphaDropout", "drop", rate=0.1)
    repeated = {"layer": dense, "block": sequential((64,), dense, drop)}[kind]
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
    layers.append(node(layer("Concatenate", "all"), tuple((last, n) for n in range(times))))
    ends = [["all" if parallel else last, 0 if parallel else times - 1, 0]]
    config = {"name": "m", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": ends}
    return {"class_name": "Functional", "config": config}


@pytest.mark.parametrize("kind", ["layer", "block"])
def test_what_is_called_in_series_counts_each_time_and_side_by_side_once(kind: str) -> None:
    series = judge_signal(_graph(_called_often(30, False, kind)))
    chain = judge_signal(_graph(_chain(30, "AlphaDropout", 0.1)))
    assert (series.kind, series.place, series.depth) == ("signal lost", chain.place, 30)
    assert series.spent == pytest.approx(chain.spent)
    parallel = judge_signal(_graph(_called_often(30, True, kind)))
    assert (parallel.kind, parallel.depth) == ("trains", 1)
    noise = -math.log((1 - alpha_dropout_noise_share(0.1)) * (1 - 0.1))
    assert parallel.spent == pytest.approx(noise, abs=0.15)


def test_a_dropout_that_never_acts_does_not_count() -> None:
    architecture = _residual(1, 0.5)
    drop = architecture["config"]["layers"][2]
    assert dropouts_behind_selu(_graph(architecture))
    drop["inbound_nodes"][0]["kwargs"] = {"training": False}
    assert not dropouts_behind_selu(_graph(architecture))
