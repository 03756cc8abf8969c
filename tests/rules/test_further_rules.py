"""Rules of a user's own beside those of the package, and rules that cannot be loaded."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from selu_lint.cli import main
from selu_lint.rule import SECTIONS, find_rules
from tests.commands.command import BROKEN

_SECTIONS = "".join(f"    {section}\n    ---\n    Text.\n\n" for section in SECTIONS)
_RULE = f'''
from selu_lint.findings import Severity
from selu_lint.rule import Rule

class Wide(Rule):
    """A layer is wide.

{_SECTIONS}    """

    code = "OWN001"
    name = "wide"
    severity = Severity.WARNING

    def check(self, graph):
        for layer in graph.layers:
            if layer.config.get("units", 0) > 8:
                yield self.finding(layer.path, "wide")
'''


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "modules", {**sys.modules})
    (tmp_path / "own.py").write_text(_RULE)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, str(BROKEN)])


def codes(result: Result) -> set[str]:
    return {finding["code"] for finding in json.loads(result.stdout)["files"][0]["findings"]}


def test_further_rules_run_beside_the_others() -> None:
    assert {"OWN001", "SELU001"} <= codes(run("check", "--rules", "own", "--format", "json"))
    assert "OWN001" not in codes(run("check", "--format", "json"))


def test_what_looks_like_a_class_beside_a_rule_is_no_rule(folder: Path) -> None:
    # So `tuple[int]` does in Python 3.10.
    alias = "class _Alias:\n    __class__ = type\n\nFound = _Alias()\nPair = tuple[int]\n"
    (folder / "own.py").write_text(_RULE + alias)
    assert "OWN001" in codes(run("check", "--rules", "own", "--format", "json"))


def test_further_rules_are_selected_by_their_code_whatever_the_order_of_options() -> None:
    given = ("--select", "OWN", "--rules", "own", "--format", "json")
    assert codes(run("check", *given)) == {"OWN001"}
    assert "is no rule" in run("check", "--select", "OWN").stderr


def test_a_configuration_may_name_the_codes_of_further_rules() -> None:
    Path("selu-lint.toml").write_text("severity.OWN001 = 'error'\nselect = ['OWN001']\n")
    given = ("--config", "selu-lint.toml", "--rules", "own")
    result = run("check", *given, "--format", "json")
    (file,) = json.loads(result.stdout)["files"]
    assert {each["severity"] for each in file["findings"]} == {"error"}
    assert result.exit_code == 1
    assert "OWN001" in CliRunner().invoke(main, ["config", "--rules", "own"]).stdout
    assert "no rule" in run("check", "--config", "selu-lint.toml").stderr


def test_a_configuration_names_no_further_rules() -> None:
    Path("selu-lint.toml").write_text("rules = ['own']\n")
    result = run("check", "--config", "selu-lint.toml")
    assert result.exit_code == 2
    assert "unknown key 'rules'" in result.stderr


def test_sarif_describes_further_rules() -> None:
    driver = json.loads(run("check", "--rules", "own", "--format", "sarif").stdout)["runs"][0]
    assert driver["tool"]["driver"]["rules"][0]["id"] == "OWN001"


def test_rules_in_a_package_are_found(folder: Path) -> None:
    (folder / "pack").mkdir()
    (folder / "pack" / "__init__.py").write_text("")
    (folder / "pack" / "own001.py").write_text(_RULE)
    assert "OWN001" in codes(run("check", "--rules", "pack", "--format", "json"))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "the rules of bad cannot be loaded: No module named 'bad'"),
        ("", "there is no rule in bad"),
        ("1 / 0", "the rules of bad cannot be loaded: division by zero"),
        (_RULE.replace("OWN001", "SELU002"), "two rules have the code SELU002: selu_lint.rules."),
        (_RULE.replace('wide"', 'near-selu"'), "two rules have the name OWN001"),
        (_RULE.replace("    code", "    kode"), "the rule Wide has no code"),
    ],
)
def test_rules_that_cannot_be_used_are_one_line(
    folder: Path, text: str | None, problem: str
) -> None:
    if text is not None:
        (folder / "bad.py").write_text(text)
    result = run("check", "--rules", "bad")
    assert result.exit_code == 2
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_module_of_the_current_folder_stands_in_for_none_of_pythons(folder: Path) -> None:
    (folder / "difflib.py").write_text(_RULE)
    assert run("check", "--rules", "difflib").exit_code == 2


def test_a_rule_whose_module_fails_is_told_and_the_others_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import selu_lint.rules

    (folder / "selu777_broken.py").write_text("1 / 0")
    monkeypatch.setattr(selu_lint.rules, "__path__", [*selu_lint.rules.__path__, str(folder)])
    assert "SELU777" in {rule.code for rule in find_rules()}
    result = run("check", "--format", "json")
    assert result.exit_code == 2
    assert {"SELU900", "SELU001"} <= codes(result)
    (crash,) = (
        finding
        for finding in json.loads(result.stdout)["files"][0]["findings"]
        if finding["code"] == "SELU900"
    )
    assert crash["message"].startswith("SELU777 crashed with ZeroDivisionError")


def test_a_package_that_is_named_twice_runs_once() -> None:
    sys.path.append(".")
    assert [rule.code for rule in find_rules(["own", "own"])].count("OWN001") == 1
