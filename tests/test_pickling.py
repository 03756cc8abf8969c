"""Reports travel between processes and machines."""

from __future__ import annotations

import pickle

import pytest

import selu_lint
from tests.commands.command import FIXTURES

MODELS = FIXTURES / "models" / "keras3.15-tf"


@pytest.mark.parametrize("name", ["cnn_broken.keras", "functional.h5", "separable.json"])
def test_report_comes_back_equal(name: str):
    report = selu_lint.check(MODELS / name)
    assert any(report.findings)
    assert pickle.loads(pickle.dumps(report)) == report
