"""The command line as a user meets it: output, options and exit codes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.command import BROKEN, CLEAN, FIXTURES, MODELS, run


def test_findings_give_exit_code_1_and_say_what_where_and_how_much() -> None:
    result = run("check", BROKEN)
    assert result.returncode == 1
    lines = result.stdout.splitlines()
    assert lines[0] == f"{BROKEN}: 4 findings"
    assert "conv" in lines[1]
    assert "SELU001 error" in lines[1]
    assert "GlorotUniform (gain 0.4)" in lines[1]
    assert "LecunNormal (gain 1)" in lines[1]
    assert "[fixable]" in lines[1]
    assert "Dropout(0.25) follows the SELU of conv; use AlphaDropout(0.0753)" in result.stdout
    assert "`selu-lint fix` would repair 4" in lines[-2]
    assert lines[-1] == "For the reasons: `selu-lint rule SELU001` (or SELU002)."
    assert "\x1b" not in result.stdout


def test_a_clean_model_gives_exit_code_0() -> None:
    result = run("check", CLEAN)
    assert result.returncode == 0
    assert "1 file checked" in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--exit-zero"], 0),
        (["--fail-on", "never"], 0),
        (["--select", "SELU003"], 0),
        (["--select", "SELU00", "--ignore", "SELU001,SELU002"], 0),
        (["--ignore", "SELU002"], 1),
        (["--select", "selu002"], 1),
    ],
)
def test_options_that_decide_the_exit_code(options: list[str], code: int) -> None:
    assert run("check", BROKEN, *options).returncode == code


def test_warnings_fail_only_when_asked(tmp_path: Path) -> None:
    path = MODELS / "separable.keras"
    options = ["--select", "SELU003"]
    assert run("check", path, *options).returncode == 0
    assert run("check", path, *options, "--fail-on", "warning").returncode == 1


def test_an_unknown_code_is_refused() -> None:
    result = run("check", BROKEN, "--select", "SELU777")
    assert result.returncode == 2
    assert "SELU777" in result.stderr
    assert "Traceback" not in result.stderr


def test_json_is_the_documented_contract() -> None:
    result = run("check", BROKEN, CLEAN, "--format", "json")
    report = json.loads(result.stdout)
    assert report["version"] == 1
    broken, clean = report["files"]
    assert broken["path"] == str(BROKEN)
    assert broken["format"] == "keras-archive"
    assert broken["keras_version"] == "3.15.1"
    assert broken["error"] is None
    first, second = broken["findings"][:2]
    assert first["layer"] == "conv"
    assert first["data"]["slot"] == "kernel_initializer"
    assert first["data"]["gain"] == pytest.approx(0.4)
    assert first["data"]["fan_in"] == 9
    assert second["data"]["rate"] == 0.25
    assert second["data"]["after"] == ["conv"]
    assert {"code", "name", "severity", "layer", "message", "data", "fixable"} <= set(first)
    assert clean["findings"] == []


def test_standard_input_is_read() -> None:
    result = run("check", "-", stdin=BROKEN.read_bytes())
    assert result.returncode == 1
    assert "4 findings" in result.stdout


def test_a_directory_is_walked(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    shutil.copy(BROKEN, tmp_path / "deep" / "er" / "a.keras")
    shutil.copy(FIXTURES / "models" / "tf2.4" / "cnn_clean.h5", tmp_path / "b.h5")
    (tmp_path / "notes.json").write_text('{"a": 1}')
    result = run("check", tmp_path)
    assert result.returncode == 1
    assert "2 files checked" in result.stdout


def test_bad_files_give_one_line_and_the_others_are_checked(tmp_path: Path) -> None:
    bad = {
        "empty.keras": b"",
        "pointer.h5": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        "cut.keras": BROKEN.read_bytes()[:2000],
        "broken.json": b'{"class_name": ',
        "other.json": b'{"name": "package"}',
        "deep.json": b'{"class_name":' + b"[" * 100_000,
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    result = run("check", *(tmp_path / name for name in bad), tmp_path / "gone.h5", CLEAN)
    assert result.returncode == 2
    assert "Traceback" not in result.stdout + result.stderr
    errors = [line for line in result.stdout.splitlines() if ": error: " in line]
    assert len(errors) == len(bad) + 1
    assert "git lfs pull" in next(line for line in errors if "pointer.h5" in line)
    assert "1 file checked" in result.stdout


def test_a_command_that_is_misspelled_is_answered_with_the_right_one() -> None:
    result = run("chekc", BROKEN)
    assert result.returncode == 2
    assert "Error: chekc is no command; did you mean check?" in result.stderr
    assert "there are check, config, fix" in run("xyz").stderr


def test_check_without_a_path_checks_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(BROKEN, tmp_path)
    assert "./cnn_broken.keras: 4 findings" in run("check").stdout
    assert run("check", "--pass-over").stdout == "0 files checked.\n"


def test_force_color_colours_a_pipe_and_no_color_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    for command in (("check",), ("fix", "--diff"), ("profile",)):
        assert "\x1b[" in run(*command, BROKEN).stdout
    assert "\x1b[" in run("rule", "SELU001").stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("check", BROKEN).stdout


def test_color_only_when_asked() -> None:
    assert "\x1b[" in run("check", BROKEN, "--color", "always").stdout
    assert "\x1b[" not in run("check", BROKEN, "--color", "never").stdout


def test_rule_documentation() -> None:
    listed = run("rule")
    assert listed.returncode == 0
    assert "SELU001" in listed.stdout
    shown = run("rule", "selu002")
    assert "Fix safety" in shown.stdout
    by_name = run("rule", "dropout-after-selu")
    assert by_name.stdout == shown.stdout
    # Code is set off, without the marks of a docstring; a prefix shows every rule that has it.
    assert "\n    AlphaDropout(0.0753)  # injects" in shown.stdout
    assert ">>>" not in shown.stdout
    assert "``" not in shown.stdout
    assert "---" not in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 100
    several = run("rule", "SELU90").stdout
    assert "SELU901 opaque-model (note)" in several
    assert "SELU902 unseen-layer (note)" in several
    unknown = run("rule", "SELU999")
    assert unknown.returncode == 2
    assert "Traceback" not in unknown.stderr


def test_version() -> None:
    assert run("version").stdout == run("--version").stdout
    assert run("--version").stdout.startswith("selu-lint, version ")


def test_what_an_interruption_leaves_half_made_is_no_traceback() -> None:
    code = (
        "from selu_lint import __main__, cli\n"
        "class HalfMade:\n"
        "    def __del__(self): raise AttributeError\n"
        "def main(prog_name):\n"
        "    half_made = HalfMade()\n"
        "    raise KeyboardInterrupt\n"
        "cli.main = main\n"
        "__main__.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")
