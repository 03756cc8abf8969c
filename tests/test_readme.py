"""What stands in README.md and ``docs/`` to be typed, typed: every command and every program."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from selu_lint.config.configuration_file import read
from tests.commands.command import BROKEN, CLEAN, FIXTURES, MODELS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Installing is what `.ci/run` does, and the tests are running already.
REPLACED = ("pip", "pytest")
NEEDS_KERAS = re.compile(r"--verify|--measure|selu-lint train|:\w+\s*(#.*)?$")


def blocks(*languages: str) -> list[tuple[str, str]]:
    return [
        (page.relative_to(ROOT).as_posix(), text)
        for page in PAGES
        for language, text in BLOCK.findall(page.read_text(encoding="utf-8"))
        if language in languages
    ]


def commands(text: str) -> list[str]:
    """The commands of a block, without prompts and what they print."""
    lines = text.replace("\\\n", " ").splitlines()
    if any(line.startswith("$ ") for line in lines):
        lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return [line for line in lines if line.strip() and not line.startswith("#")]


COMMANDS = [
    (page, command) for page, text in blocks("bash", "console") for command in commands(text)
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the pages speak of, as in a checkout."""
    work = tmp_path / "work"
    (work / "models").mkdir(parents=True)
    (work / "fixtures").symlink_to(FIXTURES)
    for name in ("model.keras", "models/model.keras", "a.keras"):
        shutil.copy(BROKEN, work / name)
    shutil.copy(CLEAN, work / "models" / "clean.keras")
    for name in ("other.h5", "b.h5"):
        shutil.copy(MODELS / "cnn_broken.h5", work / name)
    shutil.copy(MODELS / "cnn_broken.json", work / "architecture.json")
    (work / "src").mkdir()
    for name in ("train.py", "src/model.py"):
        (work / name).write_text('from keras.layers import Dense\n\nDense(3, activation="selu")\n')
    cell = {"cell_type": "code", "source": "Dense(3, 'selu')", "outputs": [], "metadata": {}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}
    (work / "notebook.ipynb").write_text(json.dumps(notebook))
    (work / "known-findings.json").write_text('{"version": 1, "files": {}}')
    shutil.copy(work / "known-findings.json", work / "known.json")
    for name in ("inputs.npy", "README.md"):
        (work / name).touch()
    return work


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    programs = tmp_path / "bin"
    programs.mkdir()
    scripts = {"selu-lint": f'exec "{sys.executable}" -m selu_lint "$@"'}
    scripts |= {
        "python": f'exec "{sys.executable}" "$@"',
        **dict.fromkeys(REPLACED, 'echo "$0 $@"'),
    }
    for name, script in scripts.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    return {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_command(page: str, command: str, folder: Path, environment: dict[str, str]):
    if NEEDS_KERAS.search(command):
        pytest.skip("needs Keras; its options are tried in another test")
    if "--plot" in command:
        pytest.importorskip("matplotlib")
    if "tests/" in command:
        pytest.skip("a program for developers")
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    for sign in ("Traceback", "Usage:", ": error: "):
        assert sign not in done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", [each for _, each in COMMANDS if re.match(r"selu-lint \w", each)]
)
def test_options(command: str):
    import shlex

    import click

    from selu_lint.cli import main

    name, *words = shlex.split(command.partition(" | ")[0], comments=True)[1:]
    group = click.Context(main, info_name="selu-lint")
    found = main.get_command(group, name)
    assert found is not None
    found.make_context(name, words, parent=group)


@pytest.mark.parametrize(("page", "text"), blocks("python"))
def test_program(page: str, text: str, folder: Path, tmp_path: Path):
    for module in re.findall(r"^(?:import|from) (\w+)", text, re.MULTILINE):
        if module in ("dask", "distributed", "keras", "tensorflow", "tf_keras"):
            pytest.importorskip("distributed" if module == "dask" else module)
    program = tmp_path / "program.py"
    program.write_text(text)
    done = subprocess.run(
        [sys.executable, program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("page", "text"), blocks("toml"))
def test_configuration(page: str, text: str, tmp_path: Path):
    name = "pyproject.toml" if "tool.selu-lint" in text else "selu-lint.toml"
    (tmp_path / name).write_text(text)
    assert read(tmp_path / name) is not None


def test_every_format_is_documented():
    from selu_lint.reports import FORMATS

    page = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(FORMATS)


def test_registry_is_checked_with_dask_as_the_page_shows(folder: Path, tmp_path: Path):
    pytest.importorskip("distributed")
    (text,) = [each for page, each in blocks("python") if "dask" in each]
    (tmp_path / "program.py").write_text(text)
    done = subprocess.run(
        [sys.executable, tmp_path / "program.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "2 models, 4 findings\n"
