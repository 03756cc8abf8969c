"""`selu-lint train` says in one line what is wrong with its options."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from selu_lint.errors import SeluLintError
from selu_lint.reference import backends, command


def test_an_experiment_needs_a_place_for_its_runs() -> None:
    result = CliRunner().invoke(command.train, ["--experiment", "seed"])
    assert result.exit_code == 2
    assert "--experiment needs --output" in result.output


def test_depth_takes_a_list() -> None:
    result = CliRunner().invoke(command.train, ["--recipe", "deep", "--depth", "4,x"])
    assert result.exit_code == 2
    assert "is no list of numbers" in result.output


def test_an_error_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def choose(*_: object) -> None:
        raise SeluLintError("no loom here")

    monkeypatch.setattr(backends, "choose", choose)
    result = CliRunner().invoke(command.train, ["--output", str(tmp_path)])
    assert (result.exit_code, result.output) == (2, "Error: no loom here\n")


def test_an_interruption_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def choose(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(backends, "choose", choose)
    result = CliRunner().invoke(command.train, ["--output", str(tmp_path)])
    assert result.exit_code == 130
    assert "the same command goes on from there" in result.output


def test_depths_do_not_belong_to_seed() -> None:
    result = CliRunner().invoke(command.train, ["--depth", "4"])
    assert result.exit_code == 2
    assert "belong to deep networks" in result.output
