"""``check`` and ``profile`` say the same of every model at hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from selu_lint.analysis.noise_repairs import dropouts_behind_selu
from selu_lint.cases import layer, sequential
from selu_lint.errors import SeluLintError
from selu_lint.findings import Severity
from selu_lint.formats import find_models, read
from selu_lint.limits import DEFAULT
from selu_lint.linter import lint
from selu_lint.model.document import SOURCE_FORMATS, Document
from selu_lint.model.graph_builder import build_graph
from selu_lint.profiles.profiling import predict
from selu_lint.settings import Settings
from tests.quick import one_in

FIXTURES = Path(__file__).parents[1] / "fixtures"
FOLDERS = ("archives", "keras_folder", "models", "saved_models", "without_selu")
SAID = {Severity.ERROR: "signal lost", Severity.WARNING: "borderline"}


def _documents(folder: str) -> Iterator[Document]:
    for path in find_models(str(FIXTURES / folder), DEFAULT, [], []):
        try:
            document = read(path, DEFAULT)
        except SeluLintError:
            continue
        if document.architecture is not None and document.format not in SOURCE_FORMATS:
            yield document


def _chains() -> Iterator[Document]:
    """Yield networks of each verdict."""
    for depth in (4, 16, 32):
        for kind, rate in (("Dropout", 0.1), ("Dropout", 0.5), ("AlphaDropout", 0.05)):
            for initializer in ("lecun_normal", "glorot_uniform", "he_normal"):
                drawn = {"activation": "selu", "kernel_initializer": initializer}
                layers = []
                for index in range(depth):
                    layers.append(layer("Dense", f"dense_{index}", units=96, **drawn))
                    layers.append(layer(kind, f"drop_{index}", rate=rate))
                architecture = json.loads(json.dumps(sequential((20,), *layers)))
                yield Document(f"{depth} × {kind}", "architecture-json", "3.15.1", architecture)


def _told(document: Document) -> tuple[str, str]:
    """Return the kind of verdict that SELU007 stands for, and that of the profile."""
    graph = build_graph(document)
    findings, crashed = lint(graph, Settings(select=("SELU007",)))
    assert not crashed
    said = SAID[findings[0].severity] if findings else ""
    verdict = predict(graph).verdict
    kind = next((each for each in SAID.values() if verdict.startswith(each)), "")
    return said, kind if dropouts_behind_selu(graph) else ""


@pytest.mark.parametrize("folder", one_in(2, FOLDERS))
def test_check_and_profile_agree_on_all_fixtures(folder: str) -> None:
    documents = list(_documents(folder))
    assert documents
    told = {document.path: _told(document) for document in documents}
    assert {path: each for path, each in told.items() if each[0] != each[1]} == {}


@pytest.mark.slow
def test_check_and_profile_agree_on_chains_of_every_verdict() -> None:
    told = [_told(document) for document in _chains()]
    assert [each for each in told if each[0] != each[1]] == []
    assert {kind for _, kind in told} == {"", "borderline", "signal lost"}
