"""The assertion for the users' own test suites."""

from __future__ import annotations

from pathlib import Path

import pytest

from selu_lint.settings import Settings
from selu_lint.testing import assert_self_normalizing

MODELS = Path(__file__).parent.parent / "fixtures" / "models" / "keras3.15-tf"


def test_a_model_that_normalizes_itself_passes() -> None:
    report = assert_self_normalizing(MODELS / "cnn_clean.keras")
    assert len(report.files) == 1


def test_one_that_does_not_fails_and_names_each_finding() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_self_normalizing(MODELS / "cnn_broken.keras")
    lines = str(caught.value).splitlines()
    assert lines[0] == "the model does not normalize itself"
    assert len(lines) == 5
    assert "cnn_broken.keras: SELU001 error: conv: kernel_initializer is" in lines[1]


def test_what_counts_can_be_chosen() -> None:
    path = MODELS / "cnn_broken.keras"
    assert_self_normalizing(path, ignore=["SELU00"])
    assert_self_normalizing(path, select=["SELU006"])
    with pytest.raises(AssertionError, match="SELU002"):
        assert_self_normalizing(path, settings=Settings(ignore=("SELU001",)))


def test_the_least_severity_can_be_chosen() -> None:
    path = MODELS / "separable.keras"
    with pytest.raises(AssertionError, match="SELU006 info"):
        assert_self_normalizing(path, select=["SELU006"], fail_on="info")
    assert_self_normalizing(path, select=["SELU006"], fail_on="warning")
    with pytest.raises(ValueError, match="dreadful"):
        assert_self_normalizing(path, fail_on="dreadful")


def test_a_model_that_cannot_be_checked_fails(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(b"")
    with pytest.raises(AssertionError, match="the file is empty"):
        assert_self_normalizing(tmp_path / "model.keras")
