"""A rule that crashes costs neither the other rules nor the exit code 2 that it deserves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from selu_lint.cli import main
from selu_lint.linter import selected_rules
from selu_lint.settings import Settings
from tests.commands.command import BROKEN


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that lets a rule raise an exception in the middle of its findings."""

    def let(error: BaseException) -> None:
        rule = next(rule for rule in selected_rules(Settings()) if rule.code == "SELU001")
        check = rule.check

        def failing(self: Any, graph: Any) -> Iterator[Any]:
            yield next(iter(check(self, graph)))
            raise error

        monkeypatch.setattr(rule, "check", failing)

    return let


@pytest.mark.parametrize(
    "error",
    [ZeroDivisionError("1/0"), RecursionError(), MemoryError(), KeyError("a\x1b[2J\nb"), OSError()],
    ids=lambda error: type(error).__name__,
)
def test_check_goes_on_and_exits_with_2(error: Exception, crash: Any) -> None:
    crash(error)
    done = CliRunner().invoke(main, ["check", str(BROKEN), "--format", "json"])
    assert done.exit_code == 2
    codes = [each["code"] for each in json.loads(done.stdout)["files"][0]["findings"]]
    assert "SELU900" in codes
    assert codes.count("SELU002") == 2
    done = CliRunner().invoke(main, ["check", str(BROKEN)])
    assert f"SELU001 crashed with {type(error).__name__}" in done.stdout
    assert "\x1b" not in done.stdout


def test_a_crash_keeps_its_traceback(crash: Any, tmp_path: Path) -> None:
    crash(ZeroDivisionError("1/0"))
    done = CliRunner().invoke(main, ["check", str(BROKEN), "--format", "json"])
    (finding,) = (
        each
        for each in json.loads(done.stdout)["files"][0]["findings"]
        if each["code"] == "SELU900"
    )
    assert finding["data"]["traceback"].startswith("Traceback (most recent call last):")
    assert finding["data"]["traceback"].endswith("ZeroDivisionError: 1/0\n")
    path = str(shutil.copy(BROKEN, tmp_path))
    for command in (["check"], ["fix", "--diff"]):
        assert "Traceback" not in CliRunner().invoke(main, [*command, path]).output
        told = CliRunner().invoke(main, [*command, "-v", path])
        assert "Traceback (most recent call last):" in told.stderr


def test_fix_repairs_the_rest_and_exits_with_2(crash: Any, tmp_path: Path) -> None:
    crash(ZeroDivisionError("1/0"))
    path = shutil.copy(BROKEN, tmp_path)
    done = CliRunner().invoke(main, ["fix", str(path), "--format", "json"])
    assert done.exit_code == 2
    assert (tmp_path / "cnn_broken.fixed.keras").exists()
    assert "SELU900" in done.stdout


def test_ctrl_c_is_no_crash_of_a_rule(crash: Any) -> None:
    crash(KeyboardInterrupt())
    done = CliRunner().invoke(main, ["check", str(BROKEN)])
    assert done.exit_code == 130
    assert "SELU900" not in done.output
