"""Models without SELU and without the author's code get no note: all of it is Keras's own."""

from __future__ import annotations

from pathlib import Path

import pytest

import selu_lint
from selu_lint.settings import Settings

FILES = sorted((Path(__file__).parents[1] / "fixtures" / "without_selu").glob("*.json"))


def test_there_are_models_of_both_generations() -> None:
    assert len([path for path in FILES if path.name.startswith("keras-")]) == 13
    assert len([path for path in FILES if path.name.startswith("tf_keras-")]) == 12


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_found_in_a_model_without_selu(path: Path) -> None:
    (file,) = selu_lint.check(path, settings=Settings(extend_select=("SELU",))).files
    assert file.error is None
    assert [(finding.code, finding.layer) for finding in file.findings] == []
