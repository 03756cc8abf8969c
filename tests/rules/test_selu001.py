"""How much a finding of SELU001 matters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from selu_lint.cases import layer, sequential
from selu_lint.findings import Finding, Severity
from selu_lint.linter import check_document
from selu_lint.model.document import Document
from selu_lint.settings import Settings


def _findings(*layers: dict[str, Any]) -> tuple[Finding, ...]:
    architecture = json.loads(json.dumps(sequential((5, 8), *layers)))
    document = Document("model", "architecture-json", "3.15.1", architecture)
    return check_document(document, Settings(select=("SELU001", "SELU014"))).findings


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "SimpleRNN", "LSTMCell"])
def test_recurrent_layers_keep_their_initializer(kind: str) -> None:
    selu = {"units": 4, "activation": "selu"}
    each = layer(kind, "recurrent", **selu)
    if kind.endswith("Cell"):
        each = layer("RNN", "rnn", cell=each)
    first, second = _findings(each)
    assert (first.code, first.severity, first.fix) == ("SELU001", Severity.INFO, None)
    assert "keep it: LecunNormal lets the state of a recurrent SELU layer grow" in first.message
    assert "or keep GlorotUniform, since LecunNormal lets the state grow" in second.message


def test_another_shape_with_the_same_variance_is_no_error() -> None:
    uniform, normal = _findings(
        layer("Dense", "a", units=8, activation="selu", kernel_initializer="lecun_uniform"),
        layer("Dense", "b", units=8, activation="selu", kernel_initializer="he_normal"),
    )
    assert (uniform.layer, uniform.severity) == ("a", Severity.INFO)
    assert uniform.fix is not None
    assert (normal.layer, normal.severity) == ("b", Severity.ERROR)
