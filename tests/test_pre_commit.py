"""The hooks, run by the real pre-commit in a temporary repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.command import BROKEN, CLEAN, FIXTURES, MODELS, POINTER

pytest.importorskip("pre_commit")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
HOOKS = ROOT / ".pre-commit-hooks.yaml"
PACKAGE = ("selu_lint", "rules", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")


def run(
    *command: str, cwd: Path, check: bool = True, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **(env or {})},
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def git_repository(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    run("git", "init", "--quiet", "--initial-branch=main", cwd=folder)
    for key, value in (("user.name", "Somebody"), ("user.email", "somebody@example.org")):
        run("git", "config", key, value, cwd=folder)
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def hooks_of_this_environment() -> str:
    """The published hooks as local ones, with the command that is installed here."""
    import shlex

    import yaml

    hooks = yaml.safe_load(HOOKS.read_text(encoding="utf-8"))
    here = f"{shlex.quote(sys.executable)} -m selu_lint"
    for hook in hooks:
        assert hook["entry"].startswith("selu-lint ")
        hook["entry"] = here + hook["entry"].removeprefix("selu-lint")
        hook["language"] = "system"
    return json.dumps({"repos": [{"repo": "local", "hooks": hooks}]})


@pytest.fixture
def repository(home: Path) -> Path:
    folder = git_repository(home / "project")
    (folder / ".pre-commit-config.yaml").write_text(hooks_of_this_environment())
    run("git", "add", ".", cwd=folder)
    run("git", "commit", "--quiet", "-m", "Start", cwd=folder)
    run(sys.executable, "-m", "pre_commit", "install", cwd=folder)
    return folder


def commit(folder: Path, *skipped: str) -> subprocess.CompletedProcess[str]:
    run("git", "add", ".", cwd=folder)
    return run(
        "git", "commit", "-m", "Change", cwd=folder, check=False, env={"SKIP": ",".join(skipped)}
    )


def test_commit_is_blocked_and_then_repaired_by_the_fix_hook(repository: Path):
    (repository / "models").mkdir()
    shutil.copy(BROKEN, repository / "models" / "a.keras")
    blocked = commit(repository, "selu-lint-fix")
    assert blocked.returncode == 1
    assert "models/a.keras: 4 findings" in blocked.stderr + blocked.stdout
    repaired = commit(repository)
    assert repaired.returncode == 1
    assert "files were modified by this hook" in repaired.stderr + repaired.stdout
    again = commit(repository)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "models/a.keras" in run("git", "show", "--stat", cwd=repository).stdout


def test_files_that_are_no_models_pass(repository: Path):
    (repository / "package.json").write_text('{"name": "package"}')
    (repository / "tsconfig.json").write_text("{// a comment\n}")
    (repository / "pointer.keras").write_bytes(POINTER)
    (repository / "other.pb").write_bytes(b"\x0a\x05hello")
    shutil.copy(CLEAN, repository)
    done = commit(repository)
    assert done.returncode == 0, done.stdout + done.stderr


def test_broken_model_does_not_pass(repository: Path):
    (repository / "cut.h5").write_bytes((MODELS / "cnn_broken.h5").read_bytes()[:4000])
    done = commit(repository)
    assert done.returncode == 1
    assert "cut.h5: error" in done.stdout + done.stderr


def test_saved_model_is_checked_once(repository: Path):
    folder = next(
        path.parent
        for path in sorted(FIXTURES.rglob("keras_metadata.pb"))
        if "broken" in path.parent.name
    )
    shutil.copytree(folder, repository / "saved")
    done = commit(repository)
    assert done.returncode == 1
    assert re.findall(r"^saved: \d+ findings", done.stdout + done.stderr, re.M) != []
    assert "1 file checked" in done.stdout + done.stderr


def test_source_is_checked_by_a_hook_of_its_own(repository: Path):
    code = "import keras\nkeras.layers.Dense(3, 'selu'){}\n"
    (repository / "clean.py").write_text(code.format("  # noqa: SELU001, SELU002"))
    (repository / "tool").write_text(f"#!/usr/bin/env python3\n{code.format('')}")
    (repository / "tool").chmod(0o755)
    cell = {"cell_type": "code", "source": code.format("")}
    (repository / "nb.ipynb").write_text(
        json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4})
    )
    (repository / "broken.py").write_text("selu keras = = 1\n")
    done = commit(repository, "selu-lint-source-fix")
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert re.findall(r"^(\S+): 1 finding", said, re.M) == ["nb.ipynb", "tool"]
    assert "broken.py: passed over" in said


def test_source_is_repaired_by_a_hook_of_its_own(repository: Path):
    code = "import keras\nkeras.layers.Dense(3, 'selu'{})\n"
    (repository / "train.py").write_text(code.format(""))
    (repository / "broken.py").write_text("selu keras = = 1\n")
    blocked = commit(repository)
    assert blocked.returncode == 1
    assert "files were modified by this hook" in blocked.stdout + blocked.stderr
    given = ", kernel_initializer='lecun_normal'"
    assert (repository / "train.py").read_text() == code.format(given)
    again = commit(repository)
    assert again.returncode == 0, again.stdout + again.stderr


def test_configuration_excludes_files_from_the_hook(repository: Path):
    (repository / "selu-lint.toml").write_text("exclude = ['legacy']")
    (repository / "legacy").mkdir()
    shutil.copy(BROKEN, repository / "legacy" / "a.keras")
    done = commit(repository)
    assert done.returncode == 0, done.stdout + done.stderr


_AS_OPTIONS = ("--output-file=report.json", "--write-baseline=known.json", "--config=other.json")


@pytest.mark.parametrize("own", [False, True])
def test_a_file_with_the_name_of_an_option_is_a_file(repository: Path, own: bool):
    if own:
        path = repository / ".pre-commit-config.yaml"
        config = json.loads(path.read_text())
        for each in config["repos"][0]["hooks"]:
            each["args"] = ["--ignore", "SELU9"]
        path.write_text(json.dumps(config))
    (repository / "report.json").write_text("{}")
    for name in _AS_OPTIONS:
        shutil.copy(MODELS / "cnn_broken.json", repository / name)
    done = commit(repository, "selu-lint-fix")
    assert done.returncode == 1
    for name in _AS_OPTIONS:
        assert f"{name}: 4 findings" in done.stdout + done.stderr
    assert (repository / "report.json").read_text() == "{}"
    assert not (repository / "known.json").exists()


def _index_answers() -> bool:
    probe = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "click", "--dest"]
    done = subprocess.run([*probe, os.devnull], capture_output=True, text=True, check=False)
    return "No matching distribution" not in done.stderr


def test_environment_of_the_hook_is_installed_without_tensorflow(home: Path):
    if not _index_answers():
        pytest.skip("the package index does not answer")
    published = git_repository(home / "selu-lint")
    for name in PACKAGE:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, published / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, published / name)
    run("git", "add", ".", cwd=published)
    run("git", "commit", "--quiet", "-m", "Release", cwd=published)
    revision = run("git", "rev-parse", "HEAD", cwd=published).stdout.strip()

    folder = git_repository(home / "project")
    config = {
        "repos": [
            {
                "repo": str(published),
                "rev": revision,
                "hooks": [{"id": "selu-lint-fix"}, {"id": "selu-lint"}],
            }
        ]
    }
    (folder / ".pre-commit-config.yaml").write_text(json.dumps(config))
    run("git", "add", ".", cwd=folder)
    run("git", "commit", "--quiet", "-m", "Start", cwd=folder)
    run(sys.executable, "-m", "pre_commit", "install", "--install-hooks", cwd=folder)
    installed = {path.name for path in (home / "cache").rglob("site-packages/*")}
    assert "click" in installed
    assert not {name for name in installed if name.startswith(("tensorflow", "keras"))}

    shutil.copy(BROKEN, folder / "model.keras")
    blocked = commit(folder)
    assert blocked.returncode == 1
    assert "files were modified by this hook" in blocked.stdout + blocked.stderr
    assert commit(folder).returncode == 0
