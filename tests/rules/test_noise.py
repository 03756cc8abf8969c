"""How much noise behind SELU matters, and what SELU002 and SELU003 say in its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from selu_lint.cases import layer, sequential
from selu_lint.findings import Finding, Severity
from selu_lint.linter import check_document
from selu_lint.model.document import Document
from selu_lint.settings import Settings
from tests.stationary import stationary_second_moment


def _finding(kind: str, **config: Any) -> Finding:
    dense = {"units": 8, "activation": "selu", "kernel_initializer": "lecun_normal"}
    model = sequential((8,), layer("Dense", "dense", **dense), layer(kind, "noise", **config))
    document = Document("m", "architecture-json", "3.15.1", json.loads(json.dumps(model)))
    (finding,) = check_document(document, Settings(select=("SELU002", "SELU003"))).findings
    return finding


def test_a_dropout_that_changes_little_in_any_depth_is_a_warning() -> None:
    assert _finding("Dropout", rate=0.05).severity is Severity.WARNING
    assert _finding("Dropout", rate=0.06).severity is Severity.ERROR
    assert _finding("Dropout", rate=0.05).fix is not None
    for rate, second in ((0.05, 1.21), (0.1, 1.47), (0.2, 2.3), (0.25, 3.9)):
        assert stationary_second_moment(1 / (1 - rate)) < second


@pytest.mark.parametrize(
    ("kind", "config", "advice"),
    [
        ("GaussianDropout", {"rate": 0.25}, "AlphaDropout(0.0753) behind SELU"),
        ("GaussianNoise", {"stddev": 1.0}, "AlphaDropout(0.1964) behind SELU"),
        ("GaussianNoise", {"stddev": 1e9}, "AlphaDropout behind SELU"),
        ("GaussianNoise", {"stddev": 1e200}, "AlphaDropout behind SELU"),
        ("GaussianNoise", {"stddev": None}, "AlphaDropout behind SELU"),
    ],
)
def test_gaussian_noise_has_one_that_is_as_noisy_and_the_choice_is_yours(
    kind: str, config: dict[str, Any], advice: str
) -> None:
    finding = _finding(kind, **config)
    assert f"{advice} is as noisy and keeps the variance" in finding.message
    assert finding.fix is None
    assert "the choice is yours" in str(finding.unfixable)
