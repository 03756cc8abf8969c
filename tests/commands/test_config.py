"""``selu-lint config``, and the options that commands share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import selu_lint
from selu_lint.config.configuration import Configuration
from selu_lint.config.configuration_file import read
from selu_lint.rule_codes import codes_from
from tests.commands.command import BROKEN, run
from tests.test_configuration import FULL


def test_origin_of_each_value(tmp_path: Path):
    (tmp_path / "models").mkdir()
    (tmp_path / "pyproject.toml").write_text(
        "[tool.selu-lint]\nignore = ['SELU006']\nseverity.SELU005 = 'error'\n"
        "limits.json-bytes = 1000"
    )
    result = run("config", "models", "--extend-select", "SELU9", cwd=tmp_path)
    assert result.returncode == 0
    origin = "pyproject.toml"
    lines = result.stdout.splitlines()
    assert "SELU006" not in lines[0]
    assert f'ignore = ["SELU006"]  # {origin}' in lines
    assert 'extend-select = ["SELU9"]  # command line' in lines
    assert 'fail-on = "error"  # default' in lines
    assert f"[severity]  # {origin}" in lines
    assert 'SELU005 = "error"' in lines
    assert "json-bytes = 1_000  # pyproject.toml" in lines
    assert "json-depth = 400  # default" in lines


def test_output_can_be_read_as_a_configuration(tmp_path: Path):
    text = FULL + '[[ignore-layers]]\nlayers = "a\\u0001\\\\\\"\\u00fc"\nreason = "\\t"\n'
    (tmp_path / "selu-lint.toml").write_text(text, encoding="utf-8")
    printed = run("config", "some/model.keras", cwd=tmp_path).stdout
    again = tmp_path / "again" / "selu-lint.toml"
    again.parent.mkdir()
    again.write_text(printed, encoding="utf-8")
    first = read(tmp_path / "selu-lint.toml")
    second = read(again)
    assert first is not None
    assert second is not None
    place = {"path": None, "folder": Path(), "origins": {}}
    assert first._replace(**place) == second._replace(**place)


def test_defaults_can_be_read_too(tmp_path: Path):
    (tmp_path / "selu-lint.toml").write_text(run("config", "--isolated", cwd=tmp_path).stdout)
    found = read(tmp_path / "selu-lint.toml")
    assert found is not None
    assert found.settings == Configuration().settings
    assert found.fail_on is Configuration().fail_on


def test_never_is_printed(tmp_path: Path):
    (tmp_path / "selu-lint.toml").write_text("fail-on = 'never'")
    assert 'fail-on = "never"  # selu-lint.toml' in run("config", cwd=tmp_path).stdout


def test_a_bad_limit_is_one_line_for_every_command(tmp_path: Path):
    (tmp_path / "selu-lint.toml").write_text("[limits]\njson-byte = 5")
    for command in ("check", "fix", "profile", "config"):
        result = run(command, BROKEN, "--config", "selu-lint.toml", cwd=tmp_path)
        assert result.returncode == 2
        assert result.stderr == (
            "Error: selu-lint.toml: unknown limit 'json-byte'; did you mean 'json-bytes'?\n"
        )


def test_unknown_code_names_the_nearest_rule():
    result = run("check", BROKEN, "--select", "SELU0001")
    assert result.returncode == 2
    assert "'SELU0001' is no rule; did you mean SELU001?" in result.stderr
    result = run("check", BROKEN, "--select", "SELU0O1")
    assert "'SELU0O1' is no rule; did you mean SELU001?" in result.stderr


def test_rules_are_selected_by_name_and_all_at_once():
    for word in ("dropout-after-selu", "Dropout-After-SELU", "SELU002"):
        found = json.loads(run("check", BROKEN, "--select", word, "--format", "json").stdout)
        assert found["summary"]["codes"] == {"SELU002": 2}
    assert codes_from(["ALL"]) == ("SELU",)
    assert run("check", BROKEN, "--ignore", "all").returncode == 0
    report = selu_lint.check(BROKEN, select=["ALL"], ignore=["dropout-after-selu", "SELU9"])
    assert {each.code for each in report.findings} == {"SELU001"}


def test_codes_are_completed_by_the_shell():
    environment = {
        **os.environ,
        "_SELU_LINT_COMPLETE": "bash_complete",
        "COMP_WORDS": "selu-lint check --select SELU001,selu00",
        "COMP_CWORD": "3",
    }
    program = "from selu_lint.cli import main; main(prog_name='selu-lint')"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert "plain,SELU001,SELU002" in done.stdout.splitlines()


def test_every_option_is_documented_and_every_command_has_examples():
    import click

    from selu_lint.cli import main

    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        assert command.help
        missing = [
            parameter.name
            for parameter in command.params
            if isinstance(parameter, click.Option) and not parameter.help
        ]
        assert missing == []
        if name != "train":
            assert f"selu-lint {name}" in (command.epilog or "")
