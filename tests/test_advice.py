"""The line of Keras that a finding ends with says what the layer is, repaired."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import selu_lint
from selu_lint.advice import advised
from selu_lint.cases import initializer, layer, sequential
from selu_lint.findings import Edit, Finding, Fix, Severity
from selu_lint.model.document import Document
from selu_lint.model.graph_builder import build_graph
from selu_lint.reports import render
from selu_lint.rule import find_rules
from selu_lint.source.layer_code import line_of
from selu_lint.testing import findings_in

MODELS = Path(__file__).parent.parent / "fixtures" / "models"


def _lines(path: Path) -> dict[tuple[str, str], str]:
    return {(each.code, each.layer): each.write for each in selu_lint.check(path).findings}


def _saved(folder: Path, *layers: dict[str, Any]) -> Path:
    path = folder / "model.json"
    path.write_text(json.dumps(sequential((16,), *layers)))
    return path


def test_each_release_gets_the_line_of_today() -> None:
    for release in sorted(MODELS.iterdir()):
        path = release / "cnn_broken.json"
        if not path.exists():
            continue
        lines = _lines(path)
        assert lines["SELU001", "hidden"] == (
            'Dense(16, activation="selu", kernel_initializer="lecun_normal", name="hidden")'
        )
        assert lines["SELU002", "drop_conv"] == 'AlphaDropout(0.0753, name="drop_conv")'


def test_all_that_is_wrong_in_a_layer_is_repaired_in_one_line(tmp_path: Path) -> None:
    dense = layer(
        "Dense",
        "dense_7",
        units=8,
        activation="selu",
        kernel_initializer=initializer("RandomNormal", mean=0.0, stddev=2.0, seed=None),
        bias_initializer=initializer("Ones"),
        kernel_regularizer={
            "module": "keras.regularizers", "class_name": "L2", "config": {"l2": 0.01}
        },
    )  # fmt: skip
    lines = _lines(_saved(tmp_path, dense))
    assert lines["SELU001", "dense_7"] == lines["SELU005", "dense_7"]
    assert lines["SELU001", "dense_7"] == (
        'Dense(8, activation="selu", kernel_initializer="lecun_normal", '
        "kernel_regularizer=keras.regularizers.L2(l2=0.01))"
    )


def test_of_a_layer_that_no_call_makes_each_finding_has_its_argument(tmp_path: Path) -> None:
    own = {
        **layer(
            "Block",
            "block",
            activation="selu",
            kernel_initializer=initializer("GlorotUniform"),
            bias_initializer=initializer("Ones"),
        ),
        "module": "blocks",
        "registered_name": "blocks>Block",
    }
    lines = _lines(_saved(tmp_path, own))
    assert lines["SELU001", "block"] == 'kernel_initializer="lecun_normal"  # in Block'
    assert lines["SELU005", "block"] == 'bias_initializer="zeros"  # in Block'


@pytest.mark.parametrize("kind", ["Dense", "Block"])
@pytest.mark.parametrize("pointer", ["", "/x", "/config/layers/1", "/config/layers/1/none/deep"])
def test_a_fix_of_a_rule_of_the_users_that_fits_nothing_has_no_line(kind: str, pointer: str):
    layers = sequential((8,), layer(kind, "own", units=3) | {"registered_name": "own>Block"})
    graph = build_graph(Document("case", "architecture-json", "3.15.1", layers))
    fix = Fix("do it", (Edit(pointer, 1, {"class_name": "Dense"}),))
    data = {"slot": "kernel_initializer"}
    (finding,) = advised([Finding("MINE001", "mine", Severity.INFO, "own", "", data, fix)], graph)
    assert "kernel_initializer" not in finding.write


def test_what_moves_the_moments_is_scaled_back_where_it_moves_them(tmp_path: Path) -> None:
    rule = next(rule for rule in find_rules() if rule.code == "SELU012")
    merged = next(case for case in rule.cases().invalid if case.about == "branches averaged")
    (finding,) = findings_in(rule, merged)
    assert finding.write == "Rescaling(1.414)  # behind merge"
    assert "the cause: merge (Average) joins 2 inputs" in finding.message


@pytest.mark.parametrize(
    ("code", "found", "line"),
    [
        (
            "SELU006",
            [("BatchNormalization", {})],
            '# leave out BatchNormalization(name="batchnormalization")',
        ),
        ("SELU010", [("Dense", {"units": 4, "activation": "relu"}), ("Dense", {"units": 4})], None),
        ("SELU013", [("ELU", {"alpha": 1.6733})], None),
        ("SELU003", [("SpatialDropout1D", {"rate": 0.1})], None),
    ],
)
def test_rules_without_a_fix_say_it_too(
    code: str, found: list[tuple[str, dict[str, Any]]], line: str | None, tmp_path: Path
) -> None:
    selu = layer(
        "Dense",
        "first",
        units=16,
        activation="selu",
        kernel_initializer=initializer("LecunNormal"),
    )
    behind = [layer(kind, kind.lower(), **config) for kind, config in found]
    last = layer(
        "Dense", "last", units=4, activation="selu", kernel_initializer=initializer("LecunNormal")
    )
    lines = _lines(_saved(tmp_path, selu, *behind, last))
    mine = [text for (rule, _), text in lines.items() if rule == code]
    if line is not None:
        assert mine == [line]
    assert all(compile(text, "advice", "eval") for text in mine if not text.startswith("#"))


HE_NORMAL = {"module": "keras.initializers", "class_name": "HeNormal"}


@pytest.mark.parametrize(
    ("serialized", "line"),
    [
        (layer("Dense", "dense", units=4, activation="linear"), "Dense(4)"),
        (layer("Dense", 'a"b\n', units=4), 'Dense(4, name="a\\"b\\n")'),
        (
            layer("Conv2D", "conv2d_3", filters=2, kernel_size=[3, 3], strides=[1, 1]),
            "Conv2D(2, 3)",
        ),
        (layer("Conv2D", "c", filters=2, kernel_size=[3, 5]), 'Conv2D(2, (3, 5), name="c")'),
        (
            layer("LeakyReLU", "leaky_re_lu_1", negative_slope=0.25),
            "LeakyReLU(negative_slope=0.25)",
        ),
        (layer("Reshape", "reshape", target_shape=[16]), "Reshape((16,))"),
        (layer("Lambda", "l", function={"class_name": "__lambda__"}), ""),
        (layer("MyLayer", "l", units=3), ""),
        (layer("Dense", "d" * 300, units=3), ""),
        (layer("Dense", "dense", units={"class_name": "unknown", "config": {}}), '"'),
        ({"class_name": "Dense", "config": None}, ""),
        (
            layer("Dense", "dense", units=4, kernel_initializer={**HE_NORMAL, "config": "damaged"}),
            "",
        ),
    ],
)
def test_layers_as_code(serialized: dict[str, Any], line: str) -> None:
    written = line_of(serialized)
    if line != '"':
        assert written == line
    if written:
        compile(written, "line", "eval")


def test_people_see_it_below_the_finding_and_programs_as_a_key() -> None:
    report = selu_lint.check(MODELS / "keras3.15-tf" / "cnn_broken.keras")
    line = 'AlphaDropout(0.0753, name="drop_conv")'
    below = [each.strip() for each in render(report).splitlines()]
    assert f"write {line}" in below
    assert f"; write {line}" in render(report, "github")
    assert f"`{line}`" in render(report, "markdown")
    assert json.loads(render(report, "json"))["files"][0]["findings"][1]["write"] == line
    text = json.loads(render(report, "sarif"))["runs"][0]["results"][1]["message"]["text"]
    assert text.endswith(f"Write {line}")
