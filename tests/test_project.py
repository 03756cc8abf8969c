"""The files of the project around its code say what is so."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from selu_lint import __version__
from selu_lint.reports.descriptions import ADDRESS, descriptions
from tests.commands.command import BROKEN

ROOT = Path(__file__).parent.parent
yaml = pytest.importorskip("yaml")


def test_the_changelog_begins_with_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+?)[, ]", text, re.MULTILINE)[0] == __version__


def test_the_documentation_is_a_site_without_broken_links(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    done = subprocess.run(
        [*command, "--site-dir", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for rule in descriptions():
        assert rule.address is not None
        page = rule.address.removeprefix(f"{ADDRESS}/")
        assert (tmp_path / page / "index.html").is_file()


def test_the_project_has_one_address() -> None:
    pages = [ROOT / "README.md", ROOT / "pyproject.toml", ROOT / "mkdocs.yml"]
    pages += (ROOT / "docs").glob("*.md")
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"github\.com/selu-lint|pip install selu-lint", text), page


def test_hooks_show_what_they_say_where_they_pass() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert all(hook["verbose"] is True for hook in hooks)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_the_action_checks_and_writes_its_report(tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    step = next(each for each in action["runs"]["steps"] if each["name"] == "Check")
    assert "${{" not in step["run"]
    shutil.copy(BROKEN, tmp_path / "m.keras")
    program = tmp_path / "bin" / "selu-lint"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m selu_lint "$@"\n')
    program.chmod(0o755)
    inputs = {"PATHS": "m.keras; touch hacked", "ARGUMENTS": "--select SELU001"}
    environment = {
        **os.environ,
        **inputs,
        "SARIF": "out.sarif",
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
    }
    for paths, code in (("m.keras", 1), (inputs["PATHS"], 2)):
        done = subprocess.run(
            ["bash", "-c", step["run"]],
            cwd=tmp_path,
            env={**environment, "PATHS": paths},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        assert "::error file=m.keras" in done.stdout
    assert (tmp_path / "out.sarif").is_file()
    assert not (tmp_path / "hacked").exists()
