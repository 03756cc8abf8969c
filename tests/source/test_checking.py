"""From graphs to findings in source code: places, names, confidence, and each fault once."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from selu_lint.findings import Confidence
from selu_lint.linter import check_file
from selu_lint.model.document import Document
from selu_lint.model.graph_builder import build_graph
from selu_lint.model.source_text import SourceText
from selu_lint.report import FileReport
from selu_lint.settings import Settings
from selu_lint.source import checking
from selu_lint.source.analysis import Analysis, Site, SourceGraph

CODE = """\
import keras

keras.Sequential([
    keras.layers.Dense(8, "selu"),
    keras.layers.Dropout(0.5),
])
"""


def layer(class_name: str, name: str, **config: object) -> dict[str, object]:
    return {
        "module": "keras.layers",
        "class_name": class_name,
        "registered_name": None,
        "config": {"name": name, **config},
    }


def graph(text: SourceText, **sites: object) -> SourceGraph:
    """Return a graph of the two layers; ``sites`` is what the site of Dense or Dropout has."""
    layers = [
        layer("InputLayer", "input", batch_shape=[None, 4]),
        layer("Dense", "a", units=8, activation="selu"),
        layer("Dropout", "b", rate=0.5),
    ]
    document = Document(text.path, text.kind, "3.15.1", layer("Sequential", "model", layers=layers))
    calls = {
        node.func.attr: text.place(node)
        for node in ast.walk(text.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    dense, dropout = (sites.get(name, {}) for name in ("dense", "dropout"))
    assert isinstance(dense, dict)
    assert isinstance(dropout, dict)
    return SourceGraph(
        build_graph(document),
        {
            "a": Site(calls["Dense"], "hidden", **dense),
            "b": Site(calls["Dropout"], "drop", **dropout),
        },
    )


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Check `CODE` as if it built graphs with these sites."""

    def run(*sites: dict[str, object], code: str = CODE, **settings: object) -> FileReport:
        def analyse(text: SourceText, limits: object) -> Analysis:
            return Analysis(tuple(graph(text, **each) for each in sites), ("line 3: too long",))

        monkeypatch.setattr(checking, "analyse", analyse)
        (tmp_path / "train.py").write_text(code)
        return check_file(
            str(tmp_path / "train.py"),
            Settings(select=("SELU001", "SELU002", "SELU907"), **settings),  # type: ignore[arg-type]
        )

    return run


def test_findings_have_places_and_the_users_names(check):
    report = check({})
    unread, kernel, dropout = report.findings
    assert (unread.code, unread.message, unread.place) == ("SELU907", "line 3: too long", None)
    assert (kernel.code, kernel.layer, str(kernel.place)) == ("SELU001", "hidden", "4:5")
    assert kernel.place.text == 'keras.layers.Dense(8, "selu"),'
    assert (dropout.code, dropout.layer) == ("SELU002", "drop")
    assert "follows the SELU of hidden" in dropout.message
    assert [(str(each.place), each.message) for each in dropout.place.related] == [
        ("4:5", "the layer hidden")
    ]
    assert report.format == "python"


def test_a_fault_is_told_once_and_with_the_fewest_assumptions(check):
    likely = {"confidence": Confidence.LIKELY, "assumptions": ("`act` keeps its default 'selu'",)}
    report = check({"dense": likely}, {}, {"dropout": likely})
    assert [finding.code for finding in report.findings] == ["SELU907", "SELU001", "SELU002"]
    assert {finding.confidence for finding in report.findings} == {Confidence.CERTAIN}


def test_a_finding_assumes_what_the_layers_that_it_names_assume(check):
    likely = {"confidence": Confidence.LIKELY, "assumptions": ("`act` keeps its default 'selu'",)}
    report = check({"dense": likely})
    dropout = report.findings[-1]
    assert dropout.confidence is Confidence.LIKELY
    assert dropout.assumptions == ("`act` keeps its default 'selu'",)
    assert dropout.message.endswith(", if `act` keeps its default 'selu'")
    assert report.findings[1].confidence is Confidence.LIKELY


def test_confidence_is_asked_for(check):
    possible = {"dense": {"confidence": Confidence.POSSIBLE}}
    likely = {"dense": {"confidence": Confidence.LIKELY}}

    def codes(sites, confidence):
        found = check(sites, confidence=confidence).findings
        return [finding.code for finding in found if finding.code != "SELU907"]

    assert codes(possible, Confidence.LIKELY) == []
    assert codes(possible, Confidence.POSSIBLE) == ["SELU001", "SELU002"]
    assert codes(likely, Confidence.LIKELY) == ["SELU001", "SELU002"]
    assert codes(likely, Confidence.CERTAIN) == []


def test_what_is_only_possible_never_fails(check):
    possible = {"dense": {"confidence": Confidence.POSSIBLE}}
    report = check(possible, confidence=Confidence.POSSIBLE)
    assert not any(finding.fails(finding.severity) for finding in report.findings[1:])
    assert all(finding.fails(finding.severity) for finding in check({}).findings)


def test_comments_hide_findings(check):
    code = CODE.replace('"selu"),', '"selu"),  # selu-lint: ignore[SELU001] wide')
    report = check({}, code=code)
    assert [finding.code for finding in report.hidden] == ["SELU001"]
    assert report.hidden_reasons == ("ignored in the source: wide",)


def test_code_that_does_not_name_selu_is_clean(check):
    report = check({}, code="import keras\n")
    assert (report.format, report.error, report.findings) == ("python", None, ())


def test_a_finding_about_a_network_stands_where_it_says(check, monkeypatch: pytest.MonkeyPatch):
    from selu_lint import linter

    lint = linter.lint

    def about_all(*arguments, **more):
        findings, crashed = lint(*arguments, **more)
        return tuple(each._replace(layer="", data={"at": each.layer}) for each in findings), crashed

    monkeypatch.setattr(linter, "lint", about_all)
    kernel = check({}).findings[1]
    assert (kernel.code, kernel.layer, str(kernel.place)) == ("SELU001", "", "4:5")


def test_a_layer_that_code_makes_twice_is_named_as_in_the_code_and_once(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(
        "import keras\n"
        "def block(x, act):\n"
        "    return keras.layers.Activation(act)(keras.layers.Dense(8)(x))\n"
        "x = block(block(keras.Input((8,)), 'relu'), 'selu')\n"
        "x = keras.layers.add([x, block(x, 'selu')])\n"
        "x = keras.layers.Dropout(0.5)(x)\n",
        encoding="utf-8",
    )
    told = {each.code: each.message for each in check_file(str(path), Settings()).findings}
    assert "relu stands in front of the SELU of block/Activation 1 and " in told["SELU010"]
    assert "follows the SELU of block/Activation 1; " in told["SELU002"]
    assert not any("#" in message for message in told.values())
